#include "daemon/clear_watch.h"

#include "base/protocol.h"

/* An ASA has it in capitals there. */
static void add_protocol(struct event *e, uint8_t protocol)
{
    char space[16];
    struct text t = text_of(space, sizeof space);

    text_add_protocol(&t, protocol);
    for (char *at = space; *at != '\0'; at++)
        *at = *at >= 'a' && *at <= 'z' ? (char)(*at - 'a' + 'A') : *at;
    event_add_text(e, FIELD_INNER_PROTOCOL, space);
    event_add_number(e, FIELD_PROTOCOL, protocol);
}

bool clear_event(struct bytes packet, struct event *event)
{
    struct event e = event_of(EV_PACKET_REFUSED);

    event_add_text(&e, FIELD_REASON, "IN_CLEAR");
    if (packet.len >= 20 && packet.data[0] >> 4 == 4) {
        add_protocol(&e, packet.data[9]);
        event_add_ip(&e, FIELD_INNER_SOURCE, ip_of_bytes(bytes_of(packet.data + 12, 4)));
        event_add_ip(&e, FIELD_INNER_DESTINATION, ip_of_bytes(bytes_of(packet.data + 16, 4)));
    } else if (packet.len >= 40 && packet.data[0] >> 4 == 6) {
        add_protocol(&e, packet.data[6]);
        event_add_ip(&e, FIELD_INNER_SOURCE, ip_of_bytes(bytes_of(packet.data + 8, 16)));
        event_add_ip(&e, FIELD_INNER_DESTINATION, ip_of_bytes(bytes_of(packet.data + 24, 16)));
    } else {
        return false;
    }
    *event = e;
    return true;
}
