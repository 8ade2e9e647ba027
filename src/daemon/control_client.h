/* One shell on the control socket, as the handlers of requests see it. Only control*.c include this.
 *
 * An answer is made bit by bit: `produce` is called with a cursor as long as the client reads, so a long answer costs
 * no more memory than a short one, and the gate gets its turns in between. */
#ifndef DAEMON_CONTROL_CLIENT_H
#define DAEMON_CONTROL_CLIENT_H

#include "control/record.h"
#include "daemon/control.h"
#include "daemon/running.h"
#include "ike/view.h"

enum { CONTROL_WHO_SIZE = 64, CONTROL_CONDITIONS_MAX = 16, CONTROL_CONDITION_SIZE = 72 };

struct client;

/* Sends some records; returns false when there is nothing more to send, and `done` follows. */
typedef bool control_producer(struct client *client);

/* What debugging is limited to: one of these. */
struct control_condition {
    struct ip_range peers; /* no family: it is none of peers */
    uint32_t spi;          /* 0: of none */
    enum event_field_id field;
    char name[CONTROL_CONDITION_SIZE]; /* of that field; "": of none */
};

/* By `is_ipsec`: what else is shown. */
struct control_condition_flags {
    bool shows_unmatched[2], shows_errors[2];
};

/* What `up` waits for. */
struct control_watch {
    bool is_on, is_in_command; /* in_command: the engine is being fed for us just now */
    struct ip peer;
    uint16_t tunnel;
    uint64_t begun_ms;
    char heard[128]; /* the last notify or ICMP error; "": none */
};

struct control_debug {
    bool is_on, is_ipsec;
    bool is_log;      /* all that goes to the log */
    uint8_t severity; /* lines up to this one */
    uint16_t level;   /* as it was asked for */
};

struct line_beside; /* control_line.c */
struct statement;   /* conf/statement.h */

/* control_made.c: an answer that takes long to make, and is made beside the loop, one part after the other. Each part
 * is of the configuration that is in use then. */
struct made {
    const struct made_way *way;
    struct control *control;      /* the loop's, but for `hits` */
    struct control_source source; /* for the thread: control's own may have gone */
    struct control_request request;
    const struct conf *conf; /* while a part is made */
    unsigned generation;     /* of that configuration: how many there have been */
    struct running records;  /* of the part, a line each */
    size_t sent;             /* of them, in bytes */
    bool is_unwanted;        /* the shell has gone */
    bool is_over, is_cut;    /* this is the last part; there was no memory for all */
    void *own;               /* the way's; freed by its `forget` */
};

struct made_way {
    void (*look)(struct made *made);                       /* in the loop, before each part; may be NULL */
    void (*make)(struct made *made);                       /* a part, in the thread */
    void (*end)(struct client *client, struct made *made); /* in the loop, when all is sent; may be NULL */
    void (*forget)(void *own);                             /* NULL: it has nothing of its own */
};

struct client {
    struct control *control;
    uv_pipe_t pipe;
    bool is_used, is_closing;
    bool is_admin, is_root;
    bool is_answering;  /* a request has been taken and is not answered whole */
    bool is_last_line;  /* close when all has been written */
    uint64_t active_ms; /* when the shell last sent or took something */

    char *line;                 /* the request so far; on the heap, wiped */
    struct line_beside *beside; /* that is being read; NULL: none */
    size_t line_len, line_room;
    char who[CONTROL_WHO_SIZE]; /* the user at the other end, */
    pid_t pid;                  /* and his shell */

    struct control_request request;
    struct capture_list *list; /* of `show capture ... access-list` */
    struct running lines;      /* what `configure` is to add */
    struct control_task *task; /* that this shell waits for; NULL: none */
    /* What to do when it is done; `why` as of control_task. What the task holds goes afterwards. */
    void (*then)(struct client *client, struct control_task *task, const char *why);
    struct running text;        /* what is being sent, a line at a time; `index` counts its bytes */
    control_producer *producer; /* NULL: a stream, or nothing */
    uint32_t stage, index;      /* the producer's cursor */
    uint32_t number;            /* records of its first kind so far */
    struct made *made;          /* NULL: a part of it is being made, or nothing is */
    uint64_t record_count;
    uint32_t sending_count; /* records that are not written yet */
    struct control_watch watch;
    struct control_debug debug;
};

enum { KEYS_KEPT_MAX = 1024, KEY_ROW_SIZE = 96 };

/* A row of the file, for the journal after its SA has ended. */
struct kept_key {
    uint64_t cookie; /* the initiator's */
    struct ip peer;
    char row[KEY_ROW_SIZE];
};

struct control_keys {
    int fd, esp_fd;        /* -1: off */
    struct kept_key *kept; /* KEYS_KEPT_MAX of the newest rows, a ring in memory of its own; NULL: off */
    size_t kept_count;     /* ever */
};

enum { CONTROL_CAPTURES_MAX = 8 };

struct capture;      /* daemon/control_capture.h */
struct capture_list; /* the same */

/* What was counted of lines and rules, by numbers of their own, when their counters were cleared. */
struct control_hits {
    struct control_hit {
        uint32_t id;
        bool is_used;
        uint64_t cleared;
    } * list;
    size_t count, room; /* room: a power of 2, or 0 */
};

/* When counters were cleared last, and by whom. */
struct control_clearing {
    int64_t at_s; /* 0: never */
    char by[CONTROL_WHO_SIZE];
};

enum { CONTROL_INTERFACES_MAX = 64, CONTROL_INTERFACE_COUNTERS = 16 };

/* What `clear interface` has taken away. */
struct control_cleared_interface {
    char device[16]; /* of Linux; "": free */
    uint64_t counters[CONTROL_INTERFACE_COUNTERS];
};

enum control_session_kind { SESSIONS_L2L, SESSIONS_USERS, SESSIONS_IKE, SESSIONS_PAIRS, SESSIONS_KIND_COUNT };
enum control_counted {
    COUNTED_IKE,
    COUNTED_PAIRS,
    COUNTED_USERS,
    COUNTED_ENDED,
    COUNTED_INCOMING,
    COUNTED_OUTGOING,
    COUNTED_REFUSED,
    COUNTED_NOT_BEGUN,
    COUNTED_COUNT
};

struct control_sessions {
    bool have_changed;
    uint64_t counted[COUNTED_COUNT];
    uint64_t active[SESSIONS_KIND_COUNT], peak[SESSIONS_KIND_COUNT]; /* active: when they were counted last */
};

enum { CONTROL_SHELLS_MAX = 32 };

/* Somebody who has asked something. A shell connects for each command: it is there as long as its process is. */
struct control_shell {
    pid_t pid;          /* 0: free */
    uint64_t begun;     /* of that process, as the kernel counts: another one may get its number */
    uint64_t active_ms; /* when it last asked */
    char who[CONTROL_WHO_SIZE];
};

struct control {
    uv_loop_t *loop;
    const struct control_source *source; /* &kept_source */
    struct control_source kept_source;
    uv_pipe_t listener;
    uv_timer_t tick;
    gid_t group;
    char path[108];
    bool is_closing;
    unsigned handle_count; /* uv handles that are not closed yet */
    struct client clients[CONTROL_CLIENTS_MAX];
    struct control_keys keys;
    struct capture *captures[CONTROL_CAPTURES_MAX]; /* NULL: free */
    struct control_cleared_interface interfaces[CONTROL_INTERFACES_MAX];
    struct control_shell shells[CONTROL_SHELLS_MAX];
    struct control_condition conditions[CONTROL_CONDITIONS_MAX];
    struct control_condition_flags condition_flags;
    size_t condition_count;
    uint64_t stats[COL_ike_stats_failed - COL_ike_stats_active_tunnels + 1];
    struct control_sessions sessions;
    uint64_t connection_peak; /* as often as it was looked */
    uint64_t logged_count;    /* events since `clear logging buffer`; at first more than are kept */
    struct esp_tally dropped; /* what `clear asp drop` has taken away */
    uint64_t dropped_keepalives, dropped_by_access;
    struct control_clearing drops_cleared, rules_cleared;
    unsigned generation;           /* how many policies there have been */
    struct control_hits hits;      /* of `clear access-list counters`; of the thread that makes answers, alone */
    struct control_hits rule_hits; /* of `clear asp table classify` */
    uint64_t cleared_randoms;      /* what `clear crypto protocol statistics ikev1` has taken away of them */
    struct esp_tally cleared;      /* what `clear crypto ipsec stats` has taken away */
    uint64_t cleared_pair_count;
};

/* control.c: the engine's clock, and the memory of a control that is closing, when its last handle has closed. */
uint64_t control_now_ms(const struct control *control);
void control_free_when_closed(struct control *control);

/* Its requests are taken from now on. False: they cannot be read. */
bool client_listen(struct client *client);
void client_drop(struct client *client);

/* control_line.c: what a line says. */
struct control_line {
    bool is_good; /* else `why`, or without it that it is no request */
    char why[128];
    struct bytes words[CONTROL_WORDS_MAX]; /* views into `root` */
    size_t count;
    struct running lines;
    struct json_t *root;
};

void control_line_read(struct control_line *line, char *text, size_t len); /* the text is wiped */
void control_line_free(struct control_line *line);
void client_read_beside(struct client *client); /* client->line; then client_take_line */
void client_forget_line(struct client *client);
void client_take_line(struct client *client, struct control_line *line);

/* A record of the log for each line of the text. */
void client_send_lines(struct client *client, const char *words);

/* Queues one record. A client that is closing gets nothing. */
void client_send(struct client *client, const struct control_record *r);
void client_send_line(struct client *client, struct bytes line); /* one that is written out, with its end */

/* The producer begins, or goes on. */
void client_go_on(struct client *client);

/* control_task.c: has a copy of it done for this shell, which waits; its texts go with the copy, its words are the rest
 * of the request. It goes on when the shell does not wait any longer. */
void client_begin(struct client *client, struct control_task *task,
                  void (*then)(struct client *client, struct control_task *task, const char *why));
void client_forget_task(struct client *client);

/* control_made.c. `own`: the way's, which has it from here on; may be NULL. */
void client_make(struct client *client, const struct made_way *way, void *own);
void client_forget_made(struct client *client);
void made_add(struct made *made, const struct control_record *r);
extern const struct made_way made_access_lists, made_acl_clearing;             /* control_acl.c */
extern const struct made_way made_connections, made_clearing_of_connections;   /* control_connections.c */
extern const struct made_way made_nat, made_nat_statistics, made_nat_clearing; /* control_filter.c */
extern const struct made_way made_drops, made_clearing_of_drops;               /* control_drops.c */

/* Ends the answer. `sentence` NULL: that of the error's row. */
void client_done(struct client *client);
void client_fail(struct client *client, enum control_error error, const char *sentence);

/* control_bind.c: a bound socket that does not listen yet, and the group that owns its file. 0, or an errno; see
 * control_open. */
int control_bind(const char *path, const char *group, gid_t *gid, int *bound_fd);

/* control_show.c: records from what the engine, the plane and the policy show. */
void client_send_gateway(struct client *client);
bool show_isakmp_sas(struct client *client);
bool show_ipsec_pairs(struct client *client);
bool show_findings(struct client *client);
/* What the plane counts of a pair; false: there is no plane, or it does not have it. */
bool client_view_plane(const struct client *client, struct handle pair, struct plane_pair_view *view);
bool show_sessions(struct client *client); /* ISAKMP SAs, then pairs */

/* control_tunnels.c */
bool show_tunnels(struct client *client);
bool show_failures(struct client *client);

/* control_sessions.c */
void sessions_count(struct control *control, const struct event *event);
void sessions_look(struct control *control); /* when it is time; does nothing when nothing has changed */
bool show_session_summary(struct client *client);
bool show_session_ratio(struct client *client);
bool show_admission(struct client *client);

/* control_policy.c */
bool show_policies(struct client *client);
bool show_map(struct client *client);
bool show_keys(struct client *client);
bool show_profiles(struct client *client);
bool show_lifetime(struct client *client);
bool show_transforms(struct client *client);

/* control_certificates.c */
bool show_certificates(struct client *client);
bool show_trustpoints(struct client *client);
bool show_crls(struct client *client);
bool show_sla(struct client *client); /* control_sla.c */
bool show_tracks(struct client *client);
void do_crls(struct client *client);

/* control_enroll.c */
bool show_keypairs(struct client *client);
void do_enroll(struct client *client);

/* control_system.c */
bool show_routes(struct client *client);
bool show_arp(struct client *client);
bool show_interfaces(struct client *client);
bool clear_interfaces(struct client *client); /* false: there is none of that name */
/* What is said of it, else what an ASA takes: only what is called inside is trusted. */
uint64_t interface_security(const struct statements *statements, const struct policy_interface *interface);

/* control_connections.c */
struct connections {
    unsigned count, static_count; /* translated by static rules */
};

void connections_look(struct control *control);                   /* for the most that there were */
void connections_add(struct made *made, struct connections *sum); /* those asked for */
void connections_send_count(struct client *client, struct connections sum);

/* control_captures.c, control_capture_show.c */
void do_capture(struct client *client);
void do_change_capture(struct client *client);     /* no capture, clear capture, capture NAME stop ... */
void captures_take_lists(struct control *control); /* of the configuration that is in use now */
bool show_captures(struct client *client);
void captures_close(struct control *control); /* control_capture.c */

/* control_trace.c: packet-tracer, whole; control_trace_tunnel.c */
void do_trace(struct client *client);
bool show_classify(struct client *client);
void clear_classify(struct client *client);

/* control_cleared.c */
void clearing_note(const struct client *client, struct control_clearing *clearing); /* now */
void clearing_send(struct client *client, const struct control_clearing *clearing); /* never: nothing */
void hits_clear(struct control_hits *hits, uint32_t id, uint64_t counted);
uint64_t hits_since(const struct control_hits *hits, uint32_t id, uint64_t counted);
void hits_free(struct control_hits *hits);

/* control_stats.c */
void stats_count(struct control *control, const struct event *event);
void stats_clear_ike(struct control *control);
void stats_clear_ipsec(struct client *client);
/* All that has been counted: pairs that are there, those that have gone, and packets of none. */
struct esp_tally stats_sum(const struct client *client, struct plane_totals *totals);
bool show_ike_stats(struct client *client);
bool show_ipsec_stats(struct client *client);
bool show_all_stats(struct client *client); /* both */
void set_finding(struct control_record *r, const struct conf_finding *finding);

/* control_drops.c: also the name and the words that an ASA has for a drop, or ours. */
void text_add_drop_name(struct text *t, enum esp_drop drop);
void text_add_drop_text(struct text *t, enum esp_drop drop);
bool drop_is_called(enum esp_drop drop, const char *name);

/* control_past.c */
bool show_logging(struct client *client);
bool show_why(struct client *client);
bool show_states(struct client *client);
bool show_journal(struct client *client);

/* control_clear.c */
void do_clear_sas(struct client *client);
void do_logoff(struct client *client);
void do_clear_counted(struct client *client);
/* By peer, map and SPI of the request, as far as they are given. */
bool is_pair_asked_for(const struct control_request *request, const struct policy *policy,
                       const struct ike_pair_view *view);

/* control_answers.c: once a request, already allowed. Only those that the gateway does are answered. */
bool control_is_answered(enum control_request_id id);
void handle_request(struct client *client);

/* control_do.c: tunnels by hand */
void do_up(struct client *client);
void do_down(struct client *client);
void do_reload(struct client *client);
void watch_event(struct client *client, const struct event *event);
void watch_look(struct client *client); /* is it up, has it failed, is it time */

/* control_debug.c */
void do_debug(struct client *client);
void do_undebug(struct client *client);
void do_keys(struct client *client);
void do_monitor(struct client *client);
bool show_debugging(struct client *client);
void watch_log(struct client *client, const struct event *event, struct logging_weight weight,
               const struct logging_words *line);

/* control_conditions.c: debug crypto condition */
void do_condition(struct client *client);
void do_condition_flags(struct client *client);
void do_all_peers(struct client *client);
bool show_conditions(struct client *client);
/* Nothing is limited, or the event is among what is shown; `severity` as in syslog. */
bool meets_condition(const struct control *control, const struct event *event, bool is_ipsec, uint8_t severity);

/* control_config.c: the configuration, shown and changed. */
void handle_configuration(struct client *client);
void client_send_text(struct client *client, struct control_task *task); /* task->text, line by line */
/* Who gave this command, for the log. `is_change`: it may change something. */
void tell_command(struct client *client, struct bytes command, bool is_change);
void tell_words(struct client *client, struct bytes command, bool is_change); /* none of it is a secret */

/* control_who.c: the name of a user of this machine, printable. */
void name_user(char who[static CONTROL_WHO_SIZE], uid_t uid, pid_t pid);
void note_shell(struct client *client); /* it has asked something */
bool show_shells(struct client *client);

/* control_keys.c */
bool keys_open(struct control *control, const char *path, struct text *why);
bool keys_open_esp(struct control *control, const char *path, struct text *why);
void keys_write_new(struct control *control);
/* Calls `take` with each row whose SA is there, and with those that have ended since keys_open. */
void keys_each(const struct control *control, void *context,
               void (*take)(void *context, struct ip peer, const char *row));
void keys_close(struct control *control);

/* control_state.c: what is told about a state of an ISAKMP SA, by its ASA name; NULL: no such state. */
struct control_state {
    const char *asa, *ios, *story, *proven, *open;
};

const struct control_state *control_state_of(const char *asa_state);

#endif
