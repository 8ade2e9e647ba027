/* Drives the engine: gives it what comes in, carries out what it answers, in order, and wakes it when its next deadline
 * is due.
 *
 *     struct driver *driver = driver_create(loop, log);                 NULL: see why
 *     driver->gate = ...; driver->plane = ...; driver->queue = ...;     the hands that carry out
 *     driver_feed(driver, &(struct ike_input){.kind = IKE_IN_POLICY, .policy = policy});
 *
 * What carrying out brings about (an SA that was installed or refused, a datagram that could not be sent) is fed in its
 * turn before driver_feed returns, and so are feeds from inside: the engine is never entered twice. */
#ifndef DAEMON_DRIVER_H
#define DAEMON_DRIVER_H

#include "daemon/client.h"
#include "daemon/gate.h"
#include "daemon/log.h"
#include "daemon/pam.h"
#include "daemon/plane.h"
#include "daemon/vault_queue.h"
#include "ike/ike.h"

#include <uv.h>

enum { DRIVER_WAITING_MAX = 1024, DRIVER_QUOTED_MAX = 64 };

/* An input that waits for its turn. What it points to is copied. */
struct driver_waiting {
    struct ike_input input;
    uint8_t quoted[DRIVER_QUOTED_MAX];
};

struct driver {
    uv_loop_t *loop;
    struct ike *ike;
    struct log *log;
    struct gate *gate;
    struct plane *plane;
    struct vault_queue *queue;
    struct pam *pam;
    void (*on_install)(void *context, const struct ike_install *install); /* before the plane has it; may be NULL */
    /* Sealed messages in clear, while out->wants_clear: what came before what it brought about, what is sent after it
     * has been. May be NULL. */
    void (*on_clear)(void *context, const struct ike_clear *clear);
    /* The plane has a pair whose traffic is not steered yet: the engine hears of it later. NULL: at once. */
    void (*on_guest)(void *context, const struct ike_install *install);
    void *context; /* of all three */

    struct client client;

    void *space;
    size_t space_len;
    struct ike_outputs *out;
    bool is_feeding;
    struct driver_waiting *waiting; /* a ring */
    size_t waiting_first, waiting_count;
    uint64_t lost_input_count; /* the ring was full */

    int timer_fd;
    uv_poll_t timer;
};

/* NULL: no memory, or no randomness (then nothing may start); `why` has the sentence. */
struct driver *driver_create(uv_loop_t *loop, struct log *log, struct text *why);

/* DATAGRAM, ANSWER and POLICY may not be fed from inside: they point to what would be gone when their turn comes. */
void driver_feed(struct driver *driver, const struct ike_input *in);

/* Feeds until nothing is due at this moment: what one feed had no room for. */
void driver_settle(struct driver *driver);

/* No more timers; the handle is closed by the next turn of the loop, and driver_free comes after that. */
void driver_stop(struct driver *driver);
void driver_free(struct driver *driver);

#endif
