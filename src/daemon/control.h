/* The control socket: shells ask (control/request.h), records come back (control/record.h), one line of JSON each.
 *
 *     struct control_source source = {.context = daemon, .ike = ..., ...};            what answers are made from; must
 * outlive the control int error = control_open(&control, loop, &source, options.socket);              0, or an errno
 *     control_on_event(control, event);        every event of the engine and the plane: what `up` waits for
 *     control_on_log(control, event, severity, line);     every line of the log: what `debug` shows
 *     control_close(control);                  the socket file goes at once, the handles by the next turns of the loop
 *
 * A client that is slow, silent or hostile costs a bounded amount of memory and no time: requests are at most
 * CONTROL_LINE_MAX bytes, at most CONTROL_CLIENTS_MAX are connected, and one that does not read what it asked for is
 * dropped. Nothing here blocks. */
#ifndef DAEMON_CONTROL_H
#define DAEMON_CONTROL_H

#include "conf/conf.h"
#include "control/request.h"
#include "daemon/journal.h"
#include "daemon/log_remote.h"
#include "daemon/plane.h"
#include "daemon/running.h"
#include "ike/ike.h"

#include <uv.h>

enum {
    CONTROL_CLIENTS_MAX = 16,
    CONTROL_BACKLOG_MAX = 4 * 1024 * 1024, /* bytes that wait for one shell */
    CONTROL_UP_MS = 45 * 1000, /* `up` gives its verdict after this at the latest: phase 1 gives up after 32 s */
};

enum control_task_kind {
    CONTROL_TASK_ADD,       /* these lines, to what is running */
    CONTROL_TASK_TAKE_AWAY, /* statements that begin with these words (none: all) from what is running */
    CONTROL_TASK_RELOAD,    /* reads the configuration file again */
    CONTROL_TASK_RUNNING,   /* text: what is running, without keys; only those that begin with these words */
    CONTROL_TASK_STARTUP,   /* text: what the next start would read, without keys */
    CONTROL_TASK_SAVED,     /* text: the same with the keys that stand in it */
    CONTROL_TASK_SAVE,
    CONTROL_TASK_ERASE, /* the file is empty from now on, what runs stays */
    CONTROL_TASK_WORK,  /* what its maker does with the configuration that is in use, and does not change it */
    /* daemon/enroll.h */
    CONTROL_TASK_MAKE_KEY,
    CONTROL_TASK_REMOVE_KEYS,
    CONTROL_TASK_REQUEST,
    CONTROL_TASK_EXPORT,
    CONTROL_TASK_EXPORT_PKCS12,
    CONTROL_TASK_AUTHORITY, /* from here on `lines` is what was pasted */
    CONTROL_TASK_CERTIFICATE,
    CONTROL_TASK_PKCS12,
};

/* What is asked for by `crypto key` and `crypto ca`. */
struct control_enrollment {
    enum signature_kind kind;
    uint32_t bits;
    char label[CONTROL_WORD_SIZE], trustpoint[CONTROL_WORD_SIZE];
    char passphrase[CONTROL_WORD_SIZE]; /* wiped with the task */
    bool may_replace;
};

/* What takes the daemon long: it is done beside the loop, one task after the other, and answered later. Its maker has
 * it for himself again when `done` is called. */
struct control_task {
    enum control_task_kind kind;
    struct running lines;
    bool is_ios;                   /* lines: in the words of a router, as far as those have some for it */
    bool is_all;                   /* also what nobody has typed */
    char words[CONTROL_REST_SIZE]; /* a blank between them */
    struct running text;
    /* Of CONTROL_TASK_WORK: in the loop, just before, what only the loop may look at; in the thread, with what is the
     * task's own; and `own` when nobody takes it out. */
    void (*look)(struct control_task *task);
    void (*work)(struct control_task *task, const struct conf *conf);
    void (*forget)(void *own);
    void *own;
    struct control_enrollment enroll;
    /* In the loop, before `done`: faults of the lines, and what follows from the change. */
    void (*tell)(struct control_task *task, const struct conf_finding *finding);
    /* In the loop. NULL: it is done. Else nothing has changed, and this sentence, or without one what was told, says
     * why. */
    void (*done)(struct control_task *task, const char *why);
    void *context;
};

struct doctor_report; /* doctor/doctor.h */
struct connection;    /* daemon/conntrack.h */
struct nat_counts;    /* daemon/nat.h */
struct neighbour;     /* daemon/netlink.h */
struct crls_view;     /* daemon/crls.h */
struct keypair_shown; /* daemon/keypairs.h */
struct sla;           /* daemon/sla.h */

/* Where the system would send something. */
struct control_route {
    char device[16];   /* of Linux */
    struct ip gateway; /* IP_NONE: it is a neighbour */
};

/* What the daemon lends. All pointers of functions are set, unless they say otherwise. */
struct control_source {
    void *context;
    uint64_t (*now_ms)(void *context); /* the engine's clock */
    const struct ike *(*ike)(void *context);
    const struct policy *(*policy)(void *context);
    const struct conf *(*conf)(void *context);
    const struct ike_limits *limits;             /* of that engine */
    const struct plane *(*plane)(void *context); /* NULL: there is none (counters are left out) */

    /* Feeds the engine and carries its outputs out before it returns. */
    void (*command)(void *context, const struct ike_command *command);

    /* Of our own user, who has none in the configuration. False: it cannot be taken. */
    bool (*give_password)(void *context, struct bytes password);

    /* Carries it out beside the loop; what it has begun ends, also when nobody waits for it any more. */
    void (*begin)(void *context, struct control_task *task);

    struct bytes (*running)(void *context);                                     /* with its keys */
    void (*tell)(void *context, const struct event *event);                     /* to the log */
    bool (*past)(void *context, uint32_t index, struct journal_record *record); /* the newest is 0, false: no more */
    void (*log_tally)(void *context, uint8_t host, struct log_remote_tally *tally); /* of `logging host` */
    void (*clear_counters)(void *context);             /* of pairs: what was counted is kept for the totals */
    void (*want_clear)(void *context, bool is_wanted); /* control_on_clear from now on; may be NULL */
    uint64_t started_ms;

    /* For packet-tracer and the packet filter; each may be NULL: then nothing is known of it. */
    void (*acquire)(void *context, uint16_t tunnel, uint16_t ace, const struct flow *flow);
    bool (*route)(void *context, struct ip to, struct control_route *route);
    bool (*is_up)(void *context, const char *device);
    /* These take long, and are asked in the thread of CONTROL_TASK_WORK. Hits: by filter.h's places. */
    bool (*nat_counters)(void *context, const struct policy *policy, struct nat_counts *counts);
    bool (*access_counters)(void *context, const struct policy *policy, uint64_t *hits, uint64_t *dropped);
    void (*clear_nat)(void *context);
    void (*each_connection)(void *context, void *taker, bool (*take)(void *taker, const struct connection *connection));
    void (*forget_connection)(void *context, const struct connection *connection);
    /* doctor_examine_tunnel of that configuration; to be freed; NULL: no memory. */
    struct doctor_report *(*examine)(void *context, const struct conf *conf, uint16_t tunnel);

    uint64_t (*connection_count)(void *context); /* 0: not known */
    int (*each_neighbour)(void *context, void *taker, void (*take)(void *taker, const struct neighbour *neighbour));
    const struct sla *(*sla)(void *context);                        /* may be NULL */
    void (*clear_arp)(void *context);                               /* neighbours that nobody has configured */
    bool (*crl)(void *context, size_t nth, struct crls_view *view); /* as crls_nth */
    /* Of a trustpoint, or of all ("") fetched now; what was there before is kept or not. How many that are. */
    size_t (*fetch_crls)(void *context, const char *trustpoint, bool is_kept);
    /* The nth key pair of ours; may be NULL. And one of them goes. */
    bool (*keypair)(void *context, size_t nth, struct keypair_shown *shown);
    void (*forget_keypair)(void *context, const char *label);
};

struct control;

/* The directory of `path` is made (0755) when it is not there; a socket that nobody listens on is taken over. The
 * socket is 0660, root's group unless `group` names one (may be NULL). 0, or an errno: EADDRINUSE when another daemon
 * answers there. */
int control_open(struct control **control, uv_loop_t *loop, const struct control_source *source, const char *path,
                 const char *group);

void control_on_event(struct control *control, const struct event *event);
/* An SA is put in place: its keys may have been asked for. */
void control_on_install(struct control *control, const struct ike_install *install);

/* A sealed message in clear, before or after it has been on the wire. */
void control_on_clear(struct control *control, const struct ike_clear *clear);

/* What the plane drops; from inside a burst. */
void control_on_drop(struct control *control, const struct plane_drop *dropped);

/* log_watcher of daemon/log.h with the control as its context. Without a line it is the event itself, and goes to
 * control_on_event. */
bool control_on_log(void *control, const struct event *event, struct logging_weight weight,
                    const struct logging_words *line);

/* The policy has been exchanged: indexes of tunnels that are remembered are looked up again. */
void control_on_policy(struct control *control);

void control_close(struct control *control);

#endif
