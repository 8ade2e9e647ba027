#include "base/protocol.h"
#include "base/writer.h"
#include "daemon/plane_parts.h"
#include "daemon/plane_socket.h"

#include <stdlib.h>

static void on_notice_timer(uv_timer_t *timer)
{
    plane_notice_all(timer->data);
}

/* The hooks may install, remove and release: so they are never called while a burst is under way, but when the loop
 * comes round. */
void plane_notice_soon(struct plane *plane)
{
    if (!plane->is_ending && !uv_is_active((uv_handle_t *)&plane->notice_timer))
        uv_timer_start(&plane->notice_timer, on_notice_timer, 0, 0);
}

void plane_notice_pair(struct plane *plane, struct plane_pair *pair, uint8_t notice)
{
    pair->notices |= notice;
    if (!pair->is_listed)
        plane->noticed[plane->noticed_count++] = (uint32_t)(pair - plane->pairs);
    pair->is_listed = true;
    plane_notice_soon(plane);
}

void plane_notice_limits(struct plane *plane, struct plane_pair *pair)
{
    bool is_hard = (pair->has_out && esp_sa_is_hard(&pair->out)) || (pair->has_in && esp_sa_is_hard(&pair->in));
    bool is_soft = (pair->has_out && esp_sa_is_soft(&pair->out)) || (pair->has_in && esp_sa_is_soft(&pair->in));
    uint8_t reached = (uint8_t)((is_soft ? NOTICE_SOFT : 0) | (is_hard ? NOTICE_HARD : 0));
    uint8_t fresh = reached & (uint8_t)~pair->told;

    pair->is_stopped |= is_hard;
    if (fresh == 0)
        return;
    pair->told |= fresh;
    plane_notice_pair(plane, pair, fresh);
}

void plane_notice_stranger(struct plane *plane, struct bytes packet, struct ip local, const struct endpoint *remote)
{
    if (plane->stranger_count == PLANE_STRANGERS_MAX)
        return;
    for (size_t i = 0; i < plane->stranger_count; i++)
        if (ip_equal(plane->strangers[i].remote.ip, remote->ip))
            return;
    plane->strangers[plane->stranger_count++] = (struct ike_plane_input){.kind = IKE_PLANE_UNKNOWN_SPI,
                                                                         .spi = esp_spi_of(packet),
                                                                         .sequence = esp_sequence_of(packet),
                                                                         .local = local,
                                                                         .remote = *remote};
    plane_notice_soon(plane);
}

void plane_add_protocol(struct event *event, const struct inner *inner)
{
    char space[16];
    struct text t = text_of(space, sizeof space);

    text_add_protocol(&t, inner->protocol);
    event_add_text(event, FIELD_INNER_PROTOCOL, space);
}

/* As an ASA prints a proxy in 402116: address/mask/protocol/port. */
static void add_proxy(struct event *event, enum event_field_id id, const struct ip_range *range, uint8_t protocol,
                      struct port_range ports)
{
    char space[3 * IP_TEXT_SIZE];
    struct text t = text_of(space, sizeof space);
    int prefix_len = ip_range_prefix_len(*range);

    text_add_ip(&t, range->first);
    if (prefix_len >= 0) {
        text_add(&t, "/");
        text_add_ip(&t, ip_mask(range->first.family, (unsigned)prefix_len));
    } else {
        text_add(&t, "-");
        text_add_ip(&t, range->last);
    }
    text_add(&t, "/%u/%u", protocol, ports.first == ports.last ? ports.first : 0);
    event_add_text(event, id, space);
}

static void add_inner(struct event *event, const struct plane_pair *pair, const struct esp_packet *packet)
{
    const struct selector *s = &pair->selector;

    event_add_number(event, FIELD_ESP_SEQUENCE, packet->sequence);
    if (packet->inner.family == IP_NONE)
        return;
    event_add_ip(event, FIELD_INNER_SOURCE, packet->inner.source);
    event_add_ip(event, FIELD_INNER_DESTINATION, packet->inner.destination);
    plane_add_protocol(event, &packet->inner);
    add_proxy(event, FIELD_LOCAL_PROXY, &s->local, s->protocol, s->local_ports);
    add_proxy(event, FIELD_REMOTE_PROXY, &s->remote, s->protocol, s->remote_ports);
}

struct event *plane_notice_event(struct plane *plane, struct ip local, struct ip remote, enum event_kind kind)
{
    if (plane->event_count == PLANE_EVENTS_MAX)
        return NULL;
    struct event *event = &plane->events[plane->event_count++];
    *event = event_of(kind);
    event_add_ip(event, FIELD_PEER, remote);
    event_add_ip(event, FIELD_LOCAL, local);
    plane_notice_soon(plane);
    return event;
}

/* Of a packet that belongs to no pair; NULL: enough has been told in this second. */
static struct event *aside(struct plane *plane, struct ip local, struct ip remote, enum event_kind kind)
{
    if (plane->asides_left == 0)
        return NULL;
    plane->asides_left--;
    return plane_notice_event(plane, local, remote, kind);
}

static const char *interface_name(const struct plane *plane, uint16_t index)
{
    return index < plane->policy->interface_count ? plane->policy->interfaces[index].name : "N/A";
}

void plane_notice_parked(struct plane *plane, const struct tunnel *tunnel, const struct flow *flow)
{
    struct ip local = {0};

    if (tunnel->interface != NO_INDEX)
        local = plane->policy->interfaces[tunnel->interface].ip;
    struct event *event = aside(plane, local, tunnel->peer_count > 0 ? tunnel->peers[0] : local, EV_PACKET_REFUSED);
    if (event == NULL)
        return;
    event_add_text(event, FIELD_DIRECTION, "outbound");
    event_add_text(event, FIELD_REASON, esp_drop_told_as(ESP_DROP_PARKED));
    event_add_text(event, FIELD_DETAIL, esp_drop_meaning(ESP_DROP_PARKED));
    event_add_text(event, FIELD_INTERFACE, interface_name(plane, tunnel->interface));
    event_add_ip(event, FIELD_INNER_SOURCE, flow->local);
    event_add_ip(event, FIELD_INNER_DESTINATION, flow->remote);
}

void plane_notice_keepalive(struct plane *plane, struct ip local, struct endpoint from)
{
    struct event *event = aside(plane, local, from.ip, EV_NAT_KEEPALIVE_RECEIVED);

    if (event == NULL)
        return;
    event_add_number(event, FIELD_PORT, from.port);
    event_add_number(event, FIELD_LOCAL_PORT, PLANE_PORT);
    event_add_text(event, FIELD_INTERFACE, interface_name(plane, policy_interface_of(plane->policy, local)));
}

void plane_notice_drop(struct plane *plane, struct plane_pair *pair, enum esp_drop drop,
                       const struct esp_packet *packet)
{
    uint64_t now_ms = plane_now_ms(plane);

    if (packet != NULL)
        plane_autopsy(plane, pair, drop, packet);
    if (pair->drops == NULL && (pair->drops = calloc(1, sizeof *pair->drops)) == NULL)
        return; /* it is counted all the same */
    struct told_drops *drops = pair->drops;
    bool is_told_lately = drops->event_ms[drop] != 0 && now_ms - drops->event_ms[drop] < PLANE_EVENT_MS;
    drops->untold[drop]++;
    struct event *event = !esp_drop_is_error(drop) || is_told_lately
                              ? NULL
                              : plane_notice_event(plane, pair->local.ip, pair->remote.ip, EV_PACKET_REFUSED);
    if (event == NULL)
        return;
    event_add_text(event, FIELD_DIRECTION, packet != NULL ? "inbound" : "outbound");
    event_add_number(event, FIELD_SPI, packet != NULL ? pair->in.spi : pair->out.spi);
    event_add_text(event, FIELD_REASON, esp_drop_told_as(drop));
    event_add_text(event, FIELD_DETAIL, esp_drop_meaning(drop));
    event_add_number(event, FIELD_SA_CONN_ID, pair->conn_id);
    if (drop == ESP_DROP_WRONG_WRAPPING) {
        event_add_text(event, FIELD_OFFERED, pair->is_udp ? "ESP" : "UDP-encapsulated ESP");
        event_add_text(event, FIELD_WANTED, pair->is_udp ? "UDP-encapsulated ESP" : "ESP");
    }
    event_add_number(event, FIELD_COUNT, drops->untold[drop]);
    if (packet != NULL)
        add_inner(event, pair, packet);
    drops->event_ms[drop] = now_ms;
    drops->untold[drop] = 0;
}

/* Of the interfaces that are connected to it; "inside": none is. */
static const char *interface_towards(const struct policy *policy, struct ip ip)
{
    for (uint16_t i = 0; i < policy->interface_count; i++) {
        const struct policy_interface *interface = &policy->interfaces[i];

        if (ip_is_set(interface->ip) && interface->ip.family == ip.family &&
            ip_range_holds(ip_range_of_prefix(interface->ip, interface->prefix_len), ip))
            return interface->name;
    }
    return "inside";
}

static const char *interface_of_pair(const struct policy *policy, const struct plane_pair *pair)
{
    uint16_t interface = pair->tunnel >= policy->tunnel_count ? NO_INDEX : policy->tunnels[pair->tunnel].interface;

    return interface >= policy->interface_count ? "outside" : policy->interfaces[interface].name;
}

static void add_filtered(const struct plane *plane, struct event *event, const struct plane_pair *pair,
                         const struct inner *inner, bool is_out)
{
    const char *far = interface_of_pair(plane->policy, pair);
    const char *near = interface_towards(plane->policy, is_out ? inner->source : inner->destination);

    event_add_text(event, FIELD_REASON, "VPN_FILTER");
    event_add_text(event, FIELD_FILTER, pair->filter == NULL ? "unknown" : pair->filter->name);
    event_add_text(event, FIELD_DIRECTION, is_out ? "outbound" : "inbound");
    plane_add_protocol(event, inner);
    event_add_text(event, FIELD_INTERFACE, is_out ? near : far);
    event_add_ip(event, FIELD_INNER_SOURCE, inner->source);
    event_add_number(event, FIELD_INNER_SOURCE_PORT, inner->has_ports ? inner->source_port : 0);
    event_add_text(event, FIELD_INTERFACE_TO, is_out ? far : near);
    event_add_ip(event, FIELD_INNER_DESTINATION, inner->destination);
    event_add_number(event, FIELD_INNER_DESTINATION_PORT, inner->has_ports ? inner->destination_port : 0);
}

/* As an ASA's 106103: the first one, then how many since. */
void plane_notice_filtered(struct plane *plane, struct plane_pair *pair, const struct inner *inner, bool is_out)
{
    enum esp_drop drop = is_out ? ESP_DROP_FILTERED_OUT : ESP_DROP_FILTERED_IN;
    uint64_t now_ms = plane_now_ms(plane);

    if (plane->policy == NULL || (pair->drops == NULL && (pair->drops = calloc(1, sizeof *pair->drops)) == NULL))
        return; /* it is counted all the same */
    uint64_t last_ms = pair->drops->event_ms[drop];
    pair->drops->untold[drop]++;
    struct event *event = last_ms != 0 && now_ms - last_ms < PLANE_EVENT_MS
                              ? NULL
                              : plane_notice_event(plane, pair->local.ip, pair->remote.ip, EV_PACKET_DENIED);
    if (event == NULL)
        return;
    add_filtered(plane, event, pair, inner, is_out);
    event_add_number(event, FIELD_COUNT, pair->drops->untold[drop]);
    if (last_ms != 0)
        event_add_number(event, FIELD_SECONDS, (now_ms - last_ms) / 1000);
    pair->drops->event_ms[drop] = now_ms;
    pair->drops->untold[drop] = 0;
}

void plane_notice_dropped(struct plane *plane, const struct plane_drop *dropped)
{
    if (plane->hooks.on_drop != NULL)
        plane->hooks.on_drop(plane->hooks.context, dropped);
}

/* It has been opened where it lay, and is no IP packet. */
static bool is_opened_in_vain(enum esp_drop drop)
{
    return drop == ESP_DROP_BAD_PADDING || drop == ESP_DROP_BAD_NEXT_HEADER || drop == ESP_DROP_DUMMY ||
           drop == ESP_DROP_INNER_MALFORMED;
}

void plane_notice_dropped_in(struct plane *plane, const struct plane_pair *pair, enum esp_drop drop,
                             const struct esp_packet *packet, struct endpoint from)
{
    struct plane_drop dropped = {.drop = drop,
                                 .is_outside = packet->inner.family == IP_NONE || is_opened_in_vain(drop),
                                 .is_udp = pair->is_udp != (drop == ESP_DROP_WRONG_WRAPPING),
                                 .from = from,
                                 .to = pair->local,
                                 .packet = bytes_of(packet->data + packet->at, packet->len),
                                 .len = packet->len};
    uint8_t header[ESP_HEADER_LEN];
    struct writer w = writer_of(header, sizeof header);

    if (is_opened_in_vain(drop)) {
        write_u32(&w, pair->in.spi);
        write_u32(&w, packet->sequence);
        dropped.packet = writer_bytes(&w);
    }
    plane_notice_dropped(plane, &dropped);
}

static void tell(struct plane *plane, enum ike_plane_kind kind, const struct plane_pair *pair,
                 const struct endpoint *remote)
{
    if (plane->hooks.on_input != NULL)
        plane->hooks.on_input(
            plane->hooks.context,
            &(struct ike_plane_input){
                .kind = kind, .pair = pair->handle, .spi = pair->in.spi, .local = pair->local.ip, .remote = *remote});
}

/* clang-format off */
static const struct { uint8_t notice; enum ike_plane_kind kind; } kinds[] = {
    {NOTICE_USED, IKE_PLANE_USED},
    {NOTICE_NEW_ENDPOINT, IKE_PLANE_NEW_ENDPOINT},
    {NOTICE_SENT, IKE_PLANE_SENT},
    {NOTICE_SOFT, IKE_PLANE_SOFT},
    {NOTICE_HARD, IKE_PLANE_HARD},
};
/* clang-format on */

static void tell_pair(struct plane *plane, struct handle handle, uint8_t notices)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        const struct plane_pair *pair = plane_pair_find(plane, handle);
        if (pair == NULL)
            return;
        if ((notices & kinds[i].notice) != 0)
            tell(plane, kinds[i].kind, pair,
                 kinds[i].notice == NOTICE_NEW_ENDPOINT ? &pair->new_remote : &pair->remote);
    }
}

static void tell_acquires(struct plane *plane)
{
    for (size_t i = 0; i < PLANE_HOLDS_MAX; i++) {
        struct plane_hold *hold = &plane->holds[i];
        if (hold->count == 0 || !hold->wants_acquire)
            continue;
        struct flow flow = hold->flow;
        hold->wants_acquire = false;
        if (plane->hooks.on_acquire != NULL)
            plane->hooks.on_acquire(plane->hooks.context, hold->tunnel, hold->ace, &flow);
    }
}

static void tell_strangers(struct plane *plane)
{
    struct ike_plane_input told[PLANE_STRANGERS_MAX];
    size_t count = plane->stranger_count;

    if (count == 0 || plane_now_ms(plane) - plane->stranger_ms < PLANE_NOTICE_MS)
        return; /* the timer of the second comes back to them */
    for (size_t i = 0; i < count; i++)
        told[i] = plane->strangers[i];
    plane->stranger_count = 0;
    plane->stranger_ms = plane_now_ms(plane);
    for (size_t i = 0; i < count && plane->hooks.on_input != NULL; i++)
        plane->hooks.on_input(plane->hooks.context, &told[i]);
}

static void tell_events(struct plane *plane)
{
    for (size_t i = 0; i < plane->event_count; i++) {
        struct event event = plane->events[i];
        if (plane->hooks.on_event != NULL)
            plane->hooks.on_event(plane->hooks.context, &event);
    }
    plane->event_count = 0;
}

void plane_notice_all(struct plane *plane)
{
    tell_events(plane);
    tell_acquires(plane);
    while (plane->noticed_count > 0) {
        struct plane_pair *pair = &plane->pairs[plane->noticed[--plane->noticed_count]];
        uint8_t notices = pair->notices;
        pair->notices = 0;
        pair->is_listed = false;
        tell_pair(plane, pair->handle, notices);
    }
    tell_strangers(plane);
}
