/* ICMP echos of ours and what comes back, by one raw socket. Whose answer it is, is for the taker to know: every echo
 * reply that reaches this machine comes by here.
 *
 *     echo = echo_open(loop, context, on_answer, on_refused)      NULL: may not (EPERM in errno), or no descriptor
 *     error = echo_send(echo, &packet)                            never waits
 *     echo_close(echo)                                            its handle goes with the next turns of the loop */
#ifndef DAEMON_ECHO_H
#define DAEMON_ECHO_H

#include "daemon/sla.h"

#include <uv.h>

struct echo;

/* `on_refused`: somebody on the way says that it cannot be reached. */
typedef void echo_taker(void *context, const struct sla_echo *echo);

struct echo *echo_open(uv_loop_t *loop, void *context, echo_taker *on_answer, echo_taker *on_refused);

struct echo_packet {
    struct sla_echo echo;
    struct ip source;
    const char *device; /* of Linux: the way out, whatever the routes say. A packet that goes into a tunnel is led there
                         * all the same: that is asked after its way is known */
    uint8_t tos;
    uint16_t size; /* bytes behind the ICMP header */
};

/* 0, or an errno: EADDRNOTAVAIL without a source, ENODEV without the device. */
int echo_send(struct echo *echo, const struct echo_packet *packet);
void echo_close(struct echo *echo);

#endif
