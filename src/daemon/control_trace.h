/* A packet on its way through packet-tracer: control_trace.c leads it, control_trace_tunnel.c through the tunnel,
 * control_trace_end.c says what it comes to. */
#ifndef DAEMON_CONTROL_TRACE_H
#define DAEMON_CONTROL_TRACE_H

#include "daemon/control_client.h"
#include "ike/view.h"
#include "policy/filter.h"
#include "policy/nat.h"

enum trace_phase {
#define PHASE(name, type, subtype) PHASE_##name,
#define END(...)
#include "daemon/trace.def"
#undef PHASE
#undef END
};

enum trace_end {
#define PHASE(...)
#define END(name, ...) END_##name,
#include "daemon/trace.def"
#undef PHASE
#undef END
};

enum { TRACE_SPACE = 1024 };

/* How far the packet has come. */
struct trace {
    struct client *client;
    const struct policy *policy;
    uint16_t input, output; /* interfaces; NO_INDEX: none that the configuration has */
    const char *output_name;
    struct flow given;             /* as it comes in, `local` our side */
    struct nat_match match;        /* how it is translated */
    uint16_t tunnel, ace;          /* NO_INDEX: no line is for it */
    struct ip peer;                /* of the tunnel */
    const struct crypto_ace *line; /* that decided, where no line is for it */
    const char *list;
    struct ike_pair_view pair;
    struct plane_pair_view plane;
    bool has_pair, has_plane, has_route;
    struct control_route route;
    unsigned phase_count;
    const char *state, *why;     /* of phase 1, or of the list */
    const char *way, *interface; /* of the list that denies */
    struct filter_packet packet; /* as lists of interfaces see it */
    char denied_by[256], permit[256];
    bool was_asked;
    bool is_examined; /* the machine is, and the tunnel */
};

struct control_record trace_phase_of(struct trace *t, enum trace_phase phase, bool is_allowed, const char *config,
                                     const char *information);
/* One phase: its record, sent. */
void trace_send_phase(struct trace *t, enum trace_phase phase, bool is_allowed, const char *config,
                      const char *information);

const struct nat_rule *trace_rule(const struct trace *t); /* that translates it; NULL: none */
/* "object network WEB" and its line stand for two lines of the screen. */
const char *trace_config(const struct nat_rule *rule, char space[static TRACE_SPACE]);
const char *trace_domain(bool is_out);                    /* what a device calls the rules of crypto ACLs */
uint32_t trace_number(const char *text, uint32_t number); /* stands for a place in a device's memory */

/* control_trace_tunnel.c: the phase of the line of a crypto ACL that t->tunnel and t->ace name. */
void trace_crypto_rule(struct trace *t, enum trace_phase phase, bool is_out, bool is_allowed);
void trace_find_pair(struct trace *t, const struct flow *flow); /* that line's newest for it; NULL: for any */
/* All that it meets from there on. The last of a trace. */
void trace_tunnel(struct trace *t);

/* control_trace_filter.c: the phase of a list, whose verdict they return. */
bool trace_access_group(struct trace *t, uint16_t interface, enum access_way way);
bool trace_decrypted_is_spared(struct trace *t);
/* Of the pair, `is_out`: to the peer. */
bool trace_vpn_filter(struct trace *t, bool is_out);

/* What it comes to, and what repairs it. The last of a trace. */
void trace_finish(struct trace *t, enum trace_end end);

/* The end of the answer: behind what has been sent, where the packet is not in a tunnel, what of this machine keeps it
 * from being there. */
void trace_examine(struct trace *t);

#endif
