/* Records as screens: screens.def has the lines, conditions.def and fields.def what is worked out.
 *
 *     struct reply reply;                    all records of one reply (reply.h)
 *     screen_write(stdout, &reply, &request, &view);
 */
#ifndef CLI_SCREEN_H
#define CLI_SCREEN_H

#include "cli/reply.h"
#include "control/request.h"

#include <stdio.h>

/* Bits of the `dialects` column. */
enum dialect {
    DIALECT_ASA = 1,
    DIALECT_ASA8 = 2,
    DIALECT_IOS = 4,
    DIALECT_IOS12 = 8,
    DIALECT_IOS124 = 16,
    DIALECT_ANY_IOS = DIALECT_IOS | DIALECT_IOS12 | DIALECT_IOS124,
    DIALECT_OURS = DIALECT_ASA | DIALECT_ASA8 | DIALECT_ANY_IOS,
};

/* asa, asa8, ios, ios12, ios124; false: no such dialect. */
bool dialect_of_name(const char *name, enum dialect *dialect);

struct screen_view {
    enum dialect dialect;
    bool is_detail;
    bool is_full; /* of `show vpn-sessiondb full`: a line each */
};

enum screen_block {
#define BLOCK(name) BLOCK_##name,
#include "cli/blocks.def"
#undef BLOCK
    BLOCK_COUNT
};

enum { SCREEN_LINE_SIZE = 8192 };

/* What the lines of one block are about. */
struct screen_item {
    const struct control_record *record;
    const struct screen_view *view;
    bool is_outbound;                       /* IPSEC_SA: which direction */
    unsigned active_count, rekey_count;     /* ISAKMP_HEAD */
    unsigned negotiated_count, dead_count;  /* ISAKMP_COUNT */
    const struct control_record *sa, *pair; /* of a session: the newest; of routes: the default; NULL: none */
    unsigned pair_count, tunnel_number;     /* SESSION, SESSION_IPSEC */
    uint64_t bytes_out, bytes_in;           /* SESSION */
    struct bytes part;                      /* MAP_ACL, MAP_SET */
    struct bytes transform;                 /* MAP_SET */
    unsigned ratio_count, ratio_of;         /* RATIO */
    unsigned packet_count;                  /* CAPTURE_END */
    unsigned running_count, parked_count, error_count, warning_count; /* CHECK_SUM */
};

/* One block, as far as its lines apply. */
void screen_block(FILE *out, enum screen_block block, const struct screen_item *item);

/* A block for each part of a list. */
void screen_parts(FILE *out, enum screen_block block, const char *list, const char *between, struct screen_item item);

/* The whole screen of a reply. `done` and `error` records are not printed. */
void screen_write(FILE *out, const struct reply *reply, const struct control_request *request,
                  const struct screen_view *view);

/* One record of a stream, as it comes. */
void screen_write_record(FILE *out, const struct control_record *r, const struct screen_view *view);

/* fields.c: works out the field with that name; false: there is none. Nothing is added when what it needs is not known.
 */
bool screen_field(struct text *t, struct bytes name, const struct screen_item *item);

void screen_add_upper(struct text *t, const char *word); /* in capitals */

/* The same among these rows. */
struct screen_field_row {
    const char *name;
    void (*add)(struct text *t, const struct screen_item *item);
};

bool screen_field_of(const struct screen_field_row *rows, size_t count, struct text *t, struct bytes name,
                     const struct screen_item *item);

/* sa_fields.c: the same for the rows of sa_fields.def. */
bool screen_sa_field(struct text *t, struct bytes name, const struct screen_item *item);

/* session_fields.c: the same for the rows of session_fields.def. */
bool screen_connection_field(struct text *t, struct bytes name, const struct screen_item *item);
bool screen_pair_field(struct text *t, struct bytes name, const struct screen_item *item);
bool screen_session_field(struct text *t, struct bytes name, const struct screen_item *item);

/* gateway_fields.c: the same for the rows of gateway_fields.def. */
bool screen_gateway_field(struct text *t, struct bytes name, const struct screen_item *item);

/* sla_fields.c: the same for the rows of sla_fields.def. */
bool screen_sla_field(struct text *t, struct bytes name, const struct screen_item *item);

/* drop_fields.c: the same for the fields of drop_fields.def. */
bool screen_drop_field(struct text *t, struct bytes name, const struct screen_item *item);

/* How the log is kept: what stands before its lines. */
void screen_logging(FILE *out, const struct reply *reply, const struct screen_view *view);

/* screen_ipsec.c: show crypto ipsec sa, in all its forms */
void screen_ipsec(FILE *out, const struct reply *reply, const struct control_request *request,
                  const struct screen_view *view);

/* screen_sla.c */
void screen_sla_states(FILE *out, const struct reply *reply, const struct screen_view *view);
void screen_tracks(FILE *out, const struct reply *reply, const struct screen_view *view);

/* screen_sessions.c: the screens that are put together from several records. */
void screen_sessiondb(FILE *out, const struct reply *reply, enum control_session_type type,
                      const struct screen_view *view);
void screen_ratio(FILE *out, const struct reply *reply, bool is_of_protocols, const struct screen_view *view);
void screen_peers(FILE *out, const struct reply *reply, const struct screen_view *view);
void screen_crypto_session_brief(FILE *out, const struct reply *reply, const struct screen_view *view);
void screen_nat(FILE *out, const struct reply *reply, const struct screen_view *view);
void screen_access_lists(FILE *out, const struct reply *reply, const struct screen_view *view);
/* Why it was dropped, or that it was decrypted; nothing of others. */
void screen_packet_note(struct text *t, const struct control_record *packet);
void screen_captures(FILE *out, const struct reply *reply, bool has_packets, const struct screen_view *view);
void screen_trace(FILE *out, const struct reply *reply, const struct screen_view *view);
void screen_conditions(FILE *out, const struct reply *reply, const struct screen_view *view);
void screen_xlates(FILE *out, const struct reply *reply, const struct screen_view *view);
void screen_classify(FILE *out, const struct reply *reply, const struct screen_view *view);
void screen_contexts(FILE *out, const struct reply *reply, const struct screen_view *view);
void screen_crypto_session(FILE *out, const struct reply *reply, const struct screen_view *view);
void screen_connections(FILE *out, const struct reply *reply, const struct screen_view *view);
void screen_drops(FILE *out, const struct reply *reply, enum control_request_id id, const struct screen_view *view);
void screen_policies(FILE *out, const struct reply *reply, const struct screen_view *view);
void screen_routes(FILE *out, const struct reply *reply, const struct screen_view *view);
void screen_maps(FILE *out, const struct reply *reply, bool are_templates, const struct screen_view *view);
/* screen_router.c: what only a router shows */
void screen_nat_statistics(FILE *out, const struct reply *reply, const struct screen_view *view);
void screen_ios_access_lists(FILE *out, const struct reply *reply, const struct screen_view *view);
void screen_failures(FILE *out, const struct reply *reply, bool is_count, const struct screen_view *view);
void screen_transforms(FILE *out, const struct reply *reply, const struct screen_view *view);

/* fields.c */
enum screen_condition {
    SCREEN_ALWAYS,
    SCREEN_PRESENT,
#define CONDITION(name, ...) SCREEN_##name,
#include "cli/conditions.def"
#undef CONDITION
};

/* Where a pair says how many kilobytes its SA of this direction may still take. */
enum control_column screen_remaining_kb(const struct screen_item *item);

/* conditions.c. Not for SCREEN_PRESENT, which is a matter of the line. */
bool screen_holds(enum screen_condition condition, const struct screen_item *item);

#endif
