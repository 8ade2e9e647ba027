/* What has happened lately, for whoever asks later: the newest events, the messages of the wire and the inputs that
 * made the engine do something, as many as their ring holds. Each is kept as long as it is, so that a thousand of them
 * cost what a hundred of the longest would. */
#ifndef DAEMON_JOURNAL_H
#define DAEMON_JOURNAL_H

#include "base/ip.h"
#include "event/event.h"

enum { JOURNAL_RECORDS_MAX = 8000, JOURNAL_BYTES = 2 * 1024 * 1024, JOURNAL_MESSAGE_MAX = 8 * 1024 };

struct journal {
    uint64_t kept_count; /* ever */
    uint32_t turn;       /* of the engine, from 1: what one input has brought about. Counted by whoever keeps */
    uint32_t at[JOURNAL_RECORDS_MAX]; /* where in `bytes`; a ring, the newest before `next` */
    uint32_t next, count;
    uint32_t end; /* behind the newest */
    uint8_t bytes[JOURNAL_BYTES];
};

enum journal_record_kind { JOURNAL_IS_EVENT, JOURNAL_IS_MESSAGE, JOURNAL_IS_INPUT };

/* What can be asked of a record without reading it. */
struct journal_head {
    uint64_t serial; /* from 0, in the order in which they were kept */
    struct ip peer;  /* whom it is about; IP_NONE: nobody in particular */
    uint32_t turn, conn_id;
    uint8_t kind; /* enum journal_record_kind */
};

struct journal_record {
    struct journal_head head;
    uint8_t kind;   /* enum journal_record_kind */
    uint64_t at_ms; /* wall time */
    union {
        struct event event;
        struct {
            bool is_sent, is_cut;
            struct endpoint local, remote;
            struct bytes data; /* in the journal, until something is kept there */
        } message;
        char input[32];
    };
};

void journal_keep_event(struct journal *j, const struct event *event, uint64_t at_ms);

/* A message of the wire without the non-ESP marker; of one that is longer than JOURNAL_MESSAGE_MAX, its beginning. */
void journal_keep_message(struct journal *j, bool is_sent, const struct endpoint *local, const struct endpoint *remote,
                          struct bytes data, uint64_t at_ms);
void journal_keep_input(struct journal *j, const char *name, uint64_t at_ms);

/* The newest is 0. False, and `record` untouched: there are no more. */
bool journal_read(const struct journal *j, uint32_t index, struct journal_record *record);

/* The same as bytes that outlive it, when they are copied. */
struct bytes journal_bytes(const struct journal *j, uint32_t index);
struct journal_head journal_head(struct bytes bytes);
void journal_read_bytes(struct bytes bytes, struct journal_record *record);

/* Whom it is about; IP_NONE: nobody in particular. */
struct ip journal_peer(const struct journal_record *record);

#endif
