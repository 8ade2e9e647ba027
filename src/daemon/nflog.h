/* Packets that rules of the packet filter show to a group of nfnetlink_log, one by one and only their beginning. A
 * kernel without it still does with them what the rules say.
 *
 *     struct nflog *log = nflog_open(loop, CLEAR_LOG_GROUP, context, take);       NULL: the kernel does not show them
 *     nflog_close(log);                                  its handle goes with the next turn of the loop */
#ifndef DAEMON_NFLOG_H
#define DAEMON_NFLOG_H

#include "base/bytes.h"

#include <stdint.h>
#include <uv.h>

struct nflog_packet {
    struct bytes prefix, packet;    /* of the rule; from its IP header on. Both only until `take` returns */
    uint32_t in_device, out_device; /* indexes of links; 0: none */
};

typedef void nflog_taker(void *context, const struct nflog_packet *packet);

struct nflog;

struct nflog *nflog_open(uv_loop_t *loop, uint16_t group, void *context, nflog_taker *take);
void nflog_close(struct nflog *log);

#endif
