#include "daemon/capture.h"

#include "base/check.h"
#include "base/protocol.h"
#include "base/writer.h"

#include <string.h>

enum { PORT_IKE = 500, PORT_IKE_NAT = 4500 };

/* ---- packets ---- */

bool capture_has_ports(uint8_t protocol)
{
    return protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP;
}

static uint16_t u16_at(struct bytes b, size_t at)
{
    return (uint16_t)(b.data[at] << 8 | b.data[at + 1]);
}

static uint32_t u32_at(struct bytes b, size_t at)
{
    return (uint32_t)u16_at(b, at) << 16 | u16_at(b, at + 2);
}

/* `body`: what follows the IP header; empty in a later fragment. False: no whole IP header. */
static bool flow_of(struct bytes packet, struct flow *flow, struct bytes *body, bool *is_later_fragment)
{
    size_t header;

    *flow = (struct flow){0};
    *is_later_fragment = false;
    if (packet.len >= 20 && packet.data[0] >> 4 == 4) {
        header = 4 * (size_t)(packet.data[0] & 15);
        flow->protocol = packet.data[9];
        flow->local = ip_of_bytes(bytes_of(packet.data + 12, 4));
        flow->remote = ip_of_bytes(bytes_of(packet.data + 16, 4));
        *is_later_fragment = u16_at(packet, 6) & 0x1fff;
    } else if (packet.len >= 40 && packet.data[0] >> 4 == 6) {
        header = 40;
        flow->protocol = packet.data[6];
        flow->local = ip_of_bytes(bytes_of(packet.data + 8, 16));
        flow->remote = ip_of_bytes(bytes_of(packet.data + 24, 16));
        if (flow->protocol == 44 && packet.len >= 48) { /* the fragment header, RFC 8200 section 4.5 */
            flow->protocol = packet.data[40];
            *is_later_fragment = u16_at(packet, 42) & 0xfff8;
            header = 48;
        }
    } else {
        return false;
    }
    *body = *is_later_fragment ? bytes_of(packet.data, 0) : bytes_after(packet, header);
    if (capture_has_ports(flow->protocol) && body->len >= 4) {
        flow->has_ports = true;
        flow->local_port = u16_at(*body, 0);
        flow->remote_port = u16_at(*body, 2);
    }
    return true;
}

bool capture_match_holds(const struct capture_match *match, struct bytes packet)
{
    struct flow flow;
    struct bytes body;
    bool is_later_fragment;

    if (match->count == 0)
        return true;
    if (!flow_of(packet, &flow, &body, &is_later_fragment))
        return false;
    for (size_t i = 0; i < match->count; i++) {
        struct selector back = selector_mirror(match->any_of[i]);

        if (selector_matches(&match->any_of[i], &flow) || selector_matches(&back, &flow))
            return true;
    }
    return false;
}

bool capture_list_permits(const struct filter *list, struct bytes packet)
{
    struct filter_packet asked = {0};
    struct bytes body;
    uint16_t ace;

    if (!flow_of(packet, &asked.flow, &body, &asked.is_later_fragment))
        return false;
    if ((asked.flow.protocol == PROTOCOL_ICMP || asked.flow.protocol == PROTOCOL_ICMP6) && body.len >= 2) {
        asked.flow.has_ports = true;
        asked.flow.local_port = filter_icmp_port(body.data[0], body.data[1]);
    }
    return filter_permits(list, &asked, &ace);
}

struct bytes capture_isakmp(struct bytes packet)
{
    struct flow flow;
    struct bytes body;
    bool is_later_fragment;

    if (!flow_of(packet, &flow, &body, &is_later_fragment) || flow.protocol != PROTOCOL_UDP || !flow.has_ports)
        return (struct bytes){0};
    if (flow.local_port == PORT_IKE || flow.remote_port == PORT_IKE)
        return bytes_after(body, 8);
    if ((flow.local_port == PORT_IKE_NAT || flow.remote_port == PORT_IKE_NAT) && body.len >= 12 &&
        u32_at(body, 8) == 0) /* the non-ESP marker, RFC 3948 section 2.2 */
        return bytes_after(body, 12);
    return (struct bytes){0};
}

bool capture_is_isakmp(struct bytes packet)
{
    return capture_isakmp(packet).data != NULL;
}

/* ---- the buffer ---- */

struct head {
    uint64_t at_us;
    uint32_t len;
    uint16_t kept_len;
    uint8_t drop, is_opened;
};

_Static_assert(ESP_DROP_COUNT <= UINT8_MAX && CAPTURE_PACKET_MAX <= UINT16_MAX, "a head has room for them");
_Static_assert(sizeof(struct head) == CAPTURE_HEAD_LEN, "as capture.h says");

static struct head head_at(const struct capture_buffer *buffer, size_t at)
{
    struct head head;

    memcpy(&head, buffer->data + at, sizeof head);
    return head;
}

/* At least an eighth at once, so that a packet does not cost a move of all that are kept. */
static void forget_oldest(struct capture_buffer *buffer, size_t wanted)
{
    size_t at = 0, least = wanted < buffer->size / 8 ? buffer->size / 8 : wanted;

    while (at < buffer->len && at < least) {
        at += sizeof(struct head) + head_at(buffer, at).kept_len;
        buffer->count--;
    }
    buffer->len -= at;
    memmove(buffer->data, buffer->data + at, buffer->len);
    bytes_wipe(buffer->data + buffer->len, at);
}

void capture_keep(struct capture_buffer *buffer, const struct captured *kept)
{
    struct head head = {kept->at_us, kept->len, (uint16_t)kept->packet.len, (uint8_t)kept->drop, kept->is_opened};
    size_t len = sizeof head + kept->packet.len, room = buffer->size - buffer->len;

    CHECK(kept->packet.len <= CAPTURE_PACKET_MAX && len <= buffer->size);
    buffer->is_full |= room < len;
    if (buffer->is_full && !buffer->is_circular)
        return;
    if (room < len)
        forget_oldest(buffer, len - room);
    memcpy(buffer->data + buffer->len, &head, sizeof head);
    memcpy(buffer->data + buffer->len + sizeof head, kept->packet.data, kept->packet.len);
    buffer->len += len;
    buffer->count++;
}

bool capture_next(const struct capture_buffer *buffer, size_t *at, struct captured *kept)
{
    if (*at >= buffer->len)
        return false;

    struct head head = head_at(buffer, *at);

    *kept = (struct captured){head.at_us, head.len, (enum esp_drop)head.drop, head.is_opened,
                              bytes_of(buffer->data + *at + sizeof head, head.kept_len)};
    *at += sizeof head + head.kept_len;
    return true;
}

/* ---- envelopes ---- */

/* What no header can say is at least no other length. */
static uint16_t u16_at_most(size_t len)
{
    return len < UINT16_MAX ? (uint16_t)len : UINT16_MAX;
}

struct bytes capture_envelop(uint8_t *space, size_t size, struct endpoint from, struct endpoint to, bool is_udp,
                             bool has_marker, struct bytes data, uint32_t *len)
{
    struct writer w = writer_of(space, size);
    size_t udp_len = (is_udp ? 8 : 0) + (has_marker ? 4 : 0) + data.len;
    size_t ip_len = (from.ip.family == IP_V4 ? 20 : 0) + udp_len;
    uint8_t protocol = is_udp ? PROTOCOL_UDP : PROTOCOL_ESP;

    CHECK(size >= CAPTURE_ENVELOPE_MAX && from.ip.family == to.ip.family);
    if (from.ip.family == IP_V4) {
        write_u16(&w, 0x4500);
        write_u16(&w, u16_at_most(ip_len));
        write_u32(&w, 0);
        write_u16(&w, (uint16_t)(64 << 8 | protocol));
        write_u16(&w, 0);
    } else {
        write_u32(&w, 0x60000000);
        write_u16(&w, u16_at_most(ip_len));
        write_u16(&w, (uint16_t)(protocol << 8 | 64));
    }
    write_bytes(&w, ip_bytes(&from.ip));
    write_bytes(&w, ip_bytes(&to.ip));
    if (is_udp) {
        write_u16(&w, from.port);
        write_u16(&w, to.port);
        write_u16(&w, u16_at_most(udp_len));
        write_u16(&w, 0);
    }
    if (has_marker)
        write_u32(&w, 0);

    size_t room = size - writer_bytes(&w).len;

    *len = (uint32_t)(writer_bytes(&w).len + data.len);
    write_bytes(&w, bytes_of(data.data, data.len < room ? data.len : room));
    return writer_bytes(&w);
}

/* ---- a line for each ---- */

static const struct {
    uint8_t type;
    const char *name;
} icmp_types[] = {{0, "echo reply"},        {3, "unreachable"},  {4, "source quench"},
                  {5, "redirect"},          {8, "echo request"}, {11, "time exceeded in-transit"},
                  {12, "parameter problem"}};

static void add_icmp(struct text *t, struct bytes body)
{
    text_add(t, "icmp: ");
    for (size_t i = 0; i < COUNT_OF(icmp_types); i++) {
        if (body.data[0] == icmp_types[i].type) {
            text_add(t, "%s", icmp_types[i].name);
            return;
        }
    }
    text_add(t, "type %u code %u", body.data[0], body.data[1]);
}

static void add_tcp(struct text *t, struct bytes body, size_t wire_len)
{
    static const struct {
        uint8_t bit;
        char letter;
    } flags[] = {{0x02, 'S'}, {0x01, 'F'}, {0x08, 'P'}, {0x04, 'R'}};
    size_t header = 4 * (size_t)(body.data[12] >> 4);
    size_t data_len = wire_len > header ? wire_len - header : 0;
    bool has_flag = false;

    for (size_t i = 0; i < COUNT_OF(flags); i++) {
        if (body.data[13] & flags[i].bit) {
            text_add(t, "%c", flags[i].letter);
            has_flag = true;
        }
    }
    if (!has_flag)
        text_add(t, ".");
    if (has_flag || data_len > 0)
        text_add(t, " %u:%u(%zu)", u32_at(body, 4), (uint32_t)(u32_at(body, 4) + data_len), data_len);
    if (body.data[13] & 0x10)
        text_add(t, " ack %u", u32_at(body, 8));
    text_add(t, " win %u", u16_at(body, 14));
}

void text_add_captured(struct text *t, struct bytes packet)
{
    struct flow flow;
    struct bytes body;
    bool is_later_fragment;

    if (!flow_of(packet, &flow, &body, &is_later_fragment)) {
        text_add(t, "no IP packet");
        return;
    }

    size_t ip_len = packet.data[0] >> 4 == 4 ? u16_at(packet, 2) : 40u + u16_at(packet, 4);
    size_t header = packet.len - body.len, wire_len = ip_len > header ? ip_len - header : 0;

    text_add_ip(t, flow.local);
    if (flow.has_ports)
        text_add(t, ".%u", flow.local_port);
    text_add(t, " > ");
    text_add_ip(t, flow.remote);
    if (flow.has_ports)
        text_add(t, ".%u", flow.remote_port);
    text_add(t, ": ");
    if (flow.protocol == PROTOCOL_TCP && body.len >= 20)
        add_tcp(t, body, wire_len);
    else if (flow.protocol == PROTOCOL_UDP && body.len >= 8)
        text_add(t, " udp %u", u16_at(body, 4) >= 8 ? u16_at(body, 4) - 8u : 0u);
    else if (flow.protocol == PROTOCOL_ICMP && body.len >= 2)
        add_icmp(t, body);
    else if (is_later_fragment)
        text_add(t, " ip-proto-%u, a later fragment", flow.protocol);
    else
        text_add(t, " ip-proto-%u, length %zu", flow.protocol, wire_len);
}
