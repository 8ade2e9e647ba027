/* From a frame to what matters of it: ISAKMP, ESP, ICMP errors about either. */
#include "source/packet.h"

#include "base/reader.h"
#include "source/parts.h"
#include "wire/natt.h"

#include <string.h>

enum { ETHERTYPE_IPV4 = 0x0800, ETHERTYPE_IPV6 = 0x86dd, ETHERTYPE_PPPOE = 0x8864 };

/* ---- Links ---- */

static const struct {
    uint16_t link_type; /* LINKTYPE_ of pcap */
    uint8_t head_len;   /* bytes before the network layer's packet */
    int8_t type_at;     /* where the ethertype stands; -1: the packet tells itself by its first four bits */
} links[] = {
    {1, 14, 12},   /* ETHERNET */
    {113, 16, 14}, /* LINUX_SLL */
    {276, 20, 0},  /* LINUX_SLL2 */
    {101, 0, -1},  /* RAW */
    {12, 0, -1},   /* RAW of some systems */
    {14, 0, -1},   /* RAW of OpenBSD */
    {228, 0, -1},  /* IPV4 */
    {229, 0, -1},  /* IPV6 */
    {0, 4, -1},    /* NULL */
    {108, 4, -1},  /* LOOP */
    {109, 12, -1}, /* ENC: inside IPsec, in clear */
};

static uint16_t u16_at(struct bytes b, size_t at)
{
    return at + 2 <= b.len ? (uint16_t)(b.data[at] << 8 | b.data[at + 1]) : 0;
}

static bool pass_link(uint32_t link_type, struct bytes *frame)
{
    for (size_t i = 0; i < COUNT_OF(links); i++) {
        if (links[i].link_type != link_type)
            continue;
        if (links[i].type_at < 0) {
            *frame = bytes_after(*frame, links[i].head_len);
            return frame->len > 0;
        }
        uint16_t type = u16_at(*frame, (size_t)links[i].type_at);
        *frame = bytes_after(*frame, links[i].head_len);
        while ((type == 0x8100 || type == 0x88a8 || type == 0x9100) && frame->len >= 4) { /* VLAN tags */
            type = u16_at(*frame, 2);
            *frame = bytes_after(*frame, 4);
        }
        if (type == ETHERTYPE_PPPOE && frame->len >= 8) {
            type = u16_at(*frame, 6) == 0x0021 ? ETHERTYPE_IPV4 : u16_at(*frame, 6) == 0x0057 ? ETHERTYPE_IPV6 : 0;
            *frame = bytes_after(*frame, 8);
        }
        return type == ETHERTYPE_IPV4 || type == ETHERTYPE_IPV6;
    }
    return false;
}

/* ---- IP ---- */

static bool ipv4_of(struct bytes packet, struct datagram *d, uint32_t *id, uint32_t *at, bool *has_more)
{
    if (packet.len < 20)
        return false;
    size_t head_len = (size_t)(packet.data[0] & 15) * 4, len = u16_at(packet, 2);

    if (head_len < 20 || head_len > packet.len)
        return false;
    if (len == 0) /* the network card cuts it into pieces after the capture */
        len = packet.len;
    if (len < head_len)
        return false;
    d->is_cut = len > packet.len;
    packet.len = len < packet.len ? len : packet.len;
    d->source = ip_of_bytes(bytes_of(packet.data + 12, 4));
    d->destination = ip_of_bytes(bytes_of(packet.data + 16, 4));
    d->protocol = packet.data[9];
    d->ttl = packet.data[8];
    *id = u16_at(packet, 4);
    *at = (uint32_t)(u16_at(packet, 6) & 0x1fff) * 8;
    *has_more = (u16_at(packet, 6) & 0x2000) != 0;
    d->body = bytes_after(packet, head_len);
    return true;
}

static bool ipv6_of(struct bytes packet, struct datagram *d, uint32_t *id, uint32_t *at, bool *has_more)
{
    if (packet.len < 40)
        return false;
    size_t len = (size_t)u16_at(packet, 4) + 40;
    uint8_t next = packet.data[6];

    d->is_cut = len > packet.len;
    d->ttl = packet.data[7];
    packet.len = len < packet.len ? len : packet.len;
    d->source = ip_of_bytes(bytes_of(packet.data + 8, 16));
    d->destination = ip_of_bytes(bytes_of(packet.data + 24, 16));
    d->body = bytes_after(packet, 40);
    while ((next == 0 || next == 43 || next == 60 || next == PROTOCOL_FRAGMENT) && d->body.len >= 8) {
        size_t head_len = next == PROTOCOL_FRAGMENT ? 8 : ((size_t)d->body.data[1] + 1) * 8;

        if (next == PROTOCOL_FRAGMENT) {
            *at = u16_at(d->body, 2) & 0xfff8u;
            *has_more = (d->body.data[3] & 1) != 0;
            *id = (uint32_t)u16_at(d->body, 4) << 16 | u16_at(d->body, 6);
        }
        next = d->body.data[0];
        d->body = bytes_after(d->body, head_len);
    }
    d->protocol = next;
    return true;
}

bool datagram_of(struct bytes packet, struct datagram *d, uint32_t *id, uint32_t *at, bool *has_more)
{
    *d = (struct datagram){0};
    *id = *at = 0;
    *has_more = false;
    if (packet.len == 0)
        return false;
    return packet.data[0] >> 4 == 4   ? ipv4_of(packet, d, id, at, has_more)
           : packet.data[0] >> 4 == 6 ? ipv6_of(packet, d, id, at, has_more)
                                      : false;
}

/* ---- Fragments ---- */

static struct fragmented *fragmented_of(struct source *s, const struct datagram *d, uint32_t id)
{
    struct fragmented *oldest = s->packets.fragmented;

    for (struct fragmented *f = s->packets.fragmented; f < s->packets.fragmented + FRAGMENTED_MAX; f++) {
        if (f->is_used && f->id == id && f->protocol == d->protocol && ip_equal(f->source, d->source) &&
            ip_equal(f->destination, d->destination))
            return f;
        if (!f->is_used || (oldest->is_used && f->last < oldest->last))
            oldest = f;
    }
    *oldest = (struct fragmented){
        .source = d->source, .destination = d->destination, .id = id, .protocol = d->protocol, .is_used = true};
    return oldest;
}

static bool is_whole(const struct fragmented *f)
{
    if (f->len == 0)
        return false;
    for (size_t i = 0; i < ((size_t)f->len + 7) / 8; i++)
        if ((f->have[i / 8] >> i % 8 & 1) == 0)
            return false;
    return true;
}

/* Adds a fragment; true when the datagram is whole now, and its body stands in d. */
static bool put_together(struct source *s, struct datagram *d, uint32_t id, uint32_t at, bool has_more)
{
    if (d->is_cut || d->body.len == 0 || at + d->body.len > FRAGMENTED_LEN_MAX || (has_more && d->body.len % 8 != 0))
        return false;
    struct fragmented *f = fragmented_of(s, d, id);

    f->last = s->line;
    memcpy(f->data + at, d->body.data, d->body.len);
    for (size_t i = at / 8; i < (at + d->body.len + 7) / 8; i++)
        f->have[i / 8] |= (uint8_t)(1u << i % 8);
    if (!has_more)
        f->len = (uint16_t)(at + d->body.len);
    if (!is_whole(f))
        return false;
    d->body = bytes_of(f->data, f->len);
    f->is_used = false;
    return true;
}

/* ---- What it carries ---- */

static void say_text(struct source *s, const struct datagram *d, const char *what, size_t len)
{
    struct text t = source_text_begin(s);

    text_add_ip(&t, d->source);
    text_add(&t, " > ");
    text_add_ip(&t, d->destination);
    text_add(&t, " %s, %zu bytes", what, len);
}

static void esp_read(struct source *s, const struct datagram *d, struct bytes body, bool is_in_udp)
{
    struct reader r = reader_of(body);
    struct event e = event_of(EV_ESP_SEEN);

    event_add_ip(&e, FIELD_SOURCE, d->source);
    event_add_ip(&e, FIELD_DESTINATION, d->destination);
    event_add_number(&e, FIELD_SPI, read_u32(&r));
    event_add_number(&e, FIELD_ESP_SEQUENCE, read_u32(&r));
    event_add_number(&e, FIELD_IN_UDP, is_in_udp);
    event_add_number(&e, FIELD_LENGTH, body.len);
    say_text(s, d, is_in_udp ? "ESP in UDP" : "ESP", body.len);
    source_say(s, &e);
}

static bool is_ike_port(uint16_t port)
{
    return port == IKE_PORT || port == NATT_PORT;
}

static bool udp_read(struct source *s, const struct datagram *d)
{
    struct reader r = reader_of(d->body);
    uint16_t from = read_u16(&r), to = read_u16(&r), len = read_u16(&r);
    struct bytes inner;

    read_u16(&r);
    if (r.is_short || (!is_ike_port(from) && !is_ike_port(to)))
        return false;
    struct bytes body = read_rest(&r);
    bool is_cut = d->is_cut || (len >= 8 && (size_t)len - 8 > body.len);
    if (len >= 8 && (size_t)len - 8 < body.len)
        body.len = (size_t)len - 8;
    if (from != NATT_PORT && to != NATT_PORT) {
        isakmp_read(s, d, from, to, body, is_cut);
        return true;
    }
    switch (natt_classify(body, &inner)) {
    case DATAGRAM_IKE: isakmp_read(s, d, from, to, inner, is_cut); return true;
    case DATAGRAM_ESP: esp_read(s, d, inner, true); return true;
    case DATAGRAM_KEEPALIVE: return true;
    case DATAGRAM_JUNK: return false;
    }
    return false;
}

/* An error quotes the packet that it is about: the IP header and eight bytes at least. RFC 792, RFC 4443. */
static bool icmp_read(struct source *s, const struct datagram *d)
{
    bool is_v6 = d->protocol == PROTOCOL_ICMPV6;
    struct event e = event_of(EV_ICMP_SEEN);
    uint32_t id, at;
    bool has_more;
    struct datagram quoted;

    if (d->body.len < 8)
        return false;
    uint8_t type = d->body.data[0];
    if (is_v6 ? type < 1 || type > 4 : type != 3 && type != 11 && type != 12)
        return false;
    if (!datagram_of(bytes_after(d->body, 8), &quoted, &id, &at, &has_more))
        return false;
    uint16_t from = u16_at(quoted.body, 0), to = u16_at(quoted.body, 2);
    bool is_udp = quoted.protocol == PROTOCOL_UDP && (is_ike_port(from) || is_ike_port(to));
    if (!is_udp && quoted.protocol != PROTOCOL_ESP)
        return false;
    event_add_ip(&e, FIELD_SOURCE, d->source);
    event_add_ip(&e, FIELD_PEER, d->destination);
    event_add_ip(&e, FIELD_DESTINATION, quoted.destination);
    if (is_udp) {
        event_add_number(&e, FIELD_PORT, from);
        event_add_number(&e, FIELD_LOCAL_PORT, to);
    }
    event_add_number(&e, FIELD_PROTOCOL, quoted.protocol);
    event_add_number(&e, FIELD_ICMP_TYPE, type);
    event_add_number(&e, FIELD_ICMP_CODE, d->body.data[1]);
    if (!is_v6 && type == 3 && d->body.data[1] == 4)
        event_add_number(&e, FIELD_MTU, u16_at(d->body, 6));
    if (is_v6 && type == 2)
        event_add_number(&e, FIELD_MTU, (uint32_t)u16_at(d->body, 4) << 16 | u16_at(d->body, 6));
    say_text(s, d, "ICMP error", d->body.len);
    source_say(s, &e);
    return true;
}

bool frame_read(struct source *s, uint32_t link_type, struct bytes frame)
{
    struct datagram d;
    uint32_t id, at;
    bool has_more;

    if (!pass_link(link_type, &frame) || !datagram_of(frame, &d, &id, &at, &has_more))
        return false;
    if ((at > 0 || has_more) && !put_together(s, &d, id, at, has_more))
        return false;
    switch (d.protocol) {
    case PROTOCOL_UDP: return udp_read(s, &d);
    case PROTOCOL_ICMP:
    case PROTOCOL_ICMPV6: return icmp_read(s, &d);
    case PROTOCOL_ESP:
        if (d.body.len < 8)
            return false;
        esp_read(s, &d, d.body, false);
        return true;
    default: return false;
    }
}
