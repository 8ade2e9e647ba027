/* The gateway as one process: makes its parts in the order that keeps traffic from leaving in clear, joins them, and
 * takes them down again.
 *
 *     struct daemon *daemon = daemon_start(loop, log, config, &options, why);     `config` is the daemon's then, also
 * on failure uv_run(loop, UV_RUN_DEFAULT);                                             until SIGTERM or SIGINT has
 * ended everything daemon_free(daemon);
 *
 * Every arrow between the parts is a value (ike_input, ike_output, event), so that they can become processes. */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include "daemon/config.h"
#include "daemon/config_queue.h"
#include "daemon/control.h"
#include "daemon/crls.h"
#include "daemon/driver.h"
#include "daemon/echo.h"
#include "daemon/hosts.h"
#include "daemon/log_remote.h"
#include "daemon/login.h"
#include "daemon/nat.h"
#include "daemon/ocsp.h"
#include "daemon/options.h"

enum { DAEMON_SIGNALS = 3, DAEMON_LOOK_AGAIN_MS = 5000, DAEMON_WAIT_MS = 500 };

struct daemon {
    uv_loop_t *loop;
    struct log *log;
    const struct options *options;
    struct config *config;
    struct config_queue *configs;
    struct driver *driver;
    struct vault_queue *queue;
    struct log_remote *log_remote;
    struct gate *gate;
    struct plane *plane;
    struct hosts *hosts;
    struct crls *crls;
    struct ocsp *ocsp;
    struct pam *pam;
    struct sla *sla;
    struct echo *echo; /* NULL: none was wanted yet, or none could be had */
    uv_timer_t sla_due;
    struct login login;
    struct nflog *clear_log, *access_log; /* NULL: the kernel shows none */
    struct nat_answers answers;
    struct control *control;
    struct control_source source;
    uv_signal_t signals[DAEMON_SIGNALS];
    uv_timer_t look_again; /* for addresses that were not there at the start */
    uv_timer_t wait;       /* for the last session to end: crypto isakmp reload-wait */
    bool is_closed_up;     /* steering stands */
    bool was_closed_up;    /* and stood before: a crash has left it. It stays until a start succeeds */
    bool is_running;
    struct admission *admission; /* of guests, which waits in `configs`; NULL: none does (steering.c) */
    bool is_host_waiting;        /* a change for another address of a named peer waits in `configs` */
};

/* NULL: what could not be made stands in `why`, and all that had been made is gone again. */
struct daemon *daemon_start(uv_loop_t *loop, struct log *log, struct config *config, const struct options *options,
                            struct text *why);

/* The loop has ended by itself. */
void daemon_free(struct daemon *daemon);

/* `context` is the daemon: a packet of that flow wants its tunnel. */
void daemon_acquire(void *context, uint16_t tunnel, uint16_t ace, const struct flow *flow);

#endif
