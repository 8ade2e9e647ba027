/* The connections that the kernel follows (ctnetlink), IPv4. */
#ifndef DAEMON_CONNTRACK_H
#define DAEMON_CONNTRACK_H

#include "base/selector.h"

/* `source` and `destination` are those of the first packet as it came; `back_source` and `back_destination` those of an
 * answer as it comes: other than `destination` and `source` where they are translated. */
struct connection {
    uint8_t protocol;
    struct ip source, destination, back_source, back_destination;
    uint16_t source_port, destination_port, back_source_port, back_destination_port; /* 0: the protocol has none */
    uint8_t icmp_type, icmp_code;
    uint16_t icmp_id;
    uint8_t tcp_state;             /* TCP_CONNTRACK_* */
    bool is_counted;               /* the system counts bytes and packets (net.netfilter.nf_conntrack_acct) */
    uint64_t bytes[2], packets[2]; /* of the first packet's way, and back */
    uint32_t left_s, timeout_s;    /* until it is forgotten, if nothing comes: now, and after a packet; 0: not known */
    uint32_t status;
    const void *orig; /* as the kernel wrote it, for conntrack_remove; valid during the call */
    size_t orig_len;
};

/* As its first packet came, if that came from our side; connection_flow_back: if it came from the other. */
static inline struct flow connection_flow(const struct connection *c)
{
    return (struct flow){c->source,           c->destination, c->protocol,
                         c->source_port != 0, c->source_port, c->destination_port};
}

static inline struct flow connection_flow_back(const struct connection *c)
{
    return (struct flow){c->destination,      c->source,           c->protocol,
                         c->source_port != 0, c->destination_port, c->source_port};
}

/* False ends it. */
typedef bool connection_taker(void *context, const struct connection *connection);

/* 0, or an errno. */
int conntrack_each(void *context, connection_taker *take);
int conntrack_remove(const struct connection *connection);

/* How many there are, also those of IPv6; 0: not known. */
uint64_t conntrack_count(void);

#endif
