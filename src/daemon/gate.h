/* The gate's sockets: UDP 500 and 4500 of each outer address that we answer on. On 4500 it shares the port with the
 * plane, which has made that socket (plane_open_local); datagrams with the non-ESP marker come here.
 *
 *     struct gate *gate = gate_create(loop, &(struct gate_hooks){...});
 *     int error = gate_open(gate, ip, fd_4500);            the descriptor is the gate's from then on, also on failure
 *     error = gate_send(gate, &local, &remote, has_marker, data);
 *
 * The kernel gives an ICMP error about port 4500 to one of the two sockets by the peer's address and port, not by what
 * it quotes: those that the plane's socket gets are lost. Hints are evidence, and nothing waits for one.
 *
 * Each socket is bound to one address, so what comes in tells where it came to, and an answer leaves from there. */
#ifndef DAEMON_GATE_H
#define DAEMON_GATE_H

#include "base/ip.h"
#include "base/names.h"

#include <uv.h>

struct gate;

/* An ICMP error that quotes our datagram. */
struct gate_hint {
    struct endpoint local, remote;
    uint8_t icmp_type, icmp_code; /* 0, 0: not from ICMP */
    int error;                    /* errno */
    struct bytes quoted;          /* without the marker; as long as the call lasts */
};

struct gate_hooks {
    void *context;
    void (*on_datagram)(void *context, struct endpoint local, struct endpoint remote, struct bytes data);
    void (*on_hint)(void *context, const struct gate_hint *hint);
};

/* NULL: no memory. */
struct gate *gate_create(uv_loop_t *loop, const struct gate_hooks *hooks);

/* Could UDP 500 of this address be opened? 0, or the errno of gate_open. Nothing is left behind. */
int gate_try(struct ip ip);

/* 0, or an errno: EADDRINUSE, EADDRNOTAVAIL, EACCES. */
int gate_open(struct gate *gate, struct ip ip, int fd_4500);
void gate_close(struct gate *gate, struct ip ip);
bool gate_is_open(const struct gate *gate, struct ip ip);

/* 0, or an errno; ENOTCONN when there is no socket for `local`. A datagram that the system has no room for at this
 * moment is lost, as the network may lose it too: 0. */
int gate_send(struct gate *gate, const struct endpoint *local, const struct endpoint *remote, bool has_marker,
              struct bytes data);

/* The sockets are closed at once, the handles by the next turn of the loop. */
void gate_free(struct gate *gate);

#endif
