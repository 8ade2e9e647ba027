#include "daemon/clear_watch.h"

#include <netinet/in.h>

static const char *protocol_name(uint8_t protocol, char space[static 4])
{
    struct text t = text_of(space, 4);

    switch (protocol) {
    case IPPROTO_ICMP: return "ICMP";
    case IPPROTO_TCP: return "TCP";
    case IPPROTO_UDP: return "UDP";
    default: text_add(&t, "%u", protocol); return space;
    }
}

bool clear_event(struct bytes packet, struct event *event)
{
    struct event e = event_of(EV_PACKET_REFUSED);
    char space[4];

    event_add_text(&e, FIELD_REASON, "IN_CLEAR");
    if (packet.len >= 20 && packet.data[0] >> 4 == 4) {
        event_add_text(&e, FIELD_INNER_PROTOCOL, protocol_name(packet.data[9], space));
        event_add_ip(&e, FIELD_INNER_SOURCE, ip_of_bytes(bytes_of(packet.data + 12, 4)));
        event_add_ip(&e, FIELD_INNER_DESTINATION, ip_of_bytes(bytes_of(packet.data + 16, 4)));
    } else if (packet.len >= 40 && packet.data[0] >> 4 == 6) {
        event_add_text(&e, FIELD_INNER_PROTOCOL, protocol_name(packet.data[6], space));
        event_add_ip(&e, FIELD_INNER_SOURCE, ip_of_bytes(bytes_of(packet.data + 8, 16)));
        event_add_ip(&e, FIELD_INNER_DESTINATION, ip_of_bytes(bytes_of(packet.data + 24, 16)));
    } else {
        return false;
    }
    *event = e;
    return true;
}
