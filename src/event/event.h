/* What can happen, as values. The engine, the plane and the readers of foreign logs all speak in these; phrases.def
 * says how each dialect writes one, and how it is read back.
 *
 *     struct event e = event_of(EV_MESSAGE_SENT);
 *     event_add_ip(&e, FIELD_PEER, peer);
 *     event_add_number(&e, FIELD_MESSAGE_ID, 0);
 *     event_add_text(&e, FIELD_PAYLOADS, "HDR + SA (1) + ...");      copied; cut when the event is full
 *
 * An event owns all that it holds and has no pointers: it may be copied, queued and compared. Text fields hold what is
 * to be shown: bytes from a peer are put in by event_add_escaped. */
#ifndef EVENT_EVENT_H
#define EVENT_EVENT_H

#include "base/check.h"
#include "base/ip.h"

enum event_kind {
    EV_NONE,
#define EVENT(name, ...) EV_##name,
#define FIELD(...)
#include "event/events.def"
#undef EVENT
#undef FIELD
    EV_COUNT
};

enum event_field_id {
    FIELD_NONE,
#define EVENT(...)
#define FIELD(name, ...) FIELD_##name,
#include "event/events.def"
#undef EVENT
#undef FIELD
    FIELD_IDS /* how many ids there are; FIELD_COUNT is the field COUNT */
};

enum event_field_type { FIELD_TYPE_NUMBER, FIELD_TYPE_IP, FIELD_TYPE_TEXT };

enum { EVENT_FIELDS_MAX = 20, EVENT_TEXT_SIZE = 512, EVENT_WORDS = (FIELD_IDS + 63) / 64 };

struct event_field {
    uint8_t id; /* enum event_field_id */
    union {
        uint64_t number;
        struct ip ip;
        struct {
            uint16_t at, len;
        } text; /* into struct event.text, closed by a zero */
    };
};

/* Asked for fields far more often than it is given any: which it has, and where, is looked up, not looked for. Behind
 * field_count and text_len nothing is written. */
struct event {
    uint16_t kind; /* enum event_kind */
    uint8_t field_count;
    bool is_cut; /* a field or the end of a text did not fit */
    uint16_t text_len;
    uint64_t has[EVENT_WORDS]; /* a bit for each id */
    uint8_t places[FIELD_IDS]; /* in `fields`, of those that it has */
    struct event_field fields[EVENT_FIELDS_MAX];
    char text[EVENT_TEXT_SIZE];
};

static inline void event_begin(struct event *e, enum event_kind kind)
{
    CHECK(kind < EV_COUNT);
    memset(e, 0, offsetof(struct event, places));
    e->kind = (uint16_t)kind;
}

static inline struct event event_of(enum event_kind kind)
{
    struct event e;

    event_begin(&e, kind);
    return e;
}

/* An event of fields that were kept as they stood in another. */
void event_restore(struct event *e, const struct event_field *fields, size_t count, struct bytes text);

/* Adds the fields of another event, which has none of those that `e` has. */
void event_add_all(struct event *e, const struct event *from);

/* What is in use of `from`; the rest of `to` stays as it is, which an assignment would overwrite too. */
void event_copy(struct event *to, const struct event *from);

/* A field stands once: what is added later replaces it. One field too many, or a text longer than the space that is
 * left, leaves the event cut and says so in is_cut. An id of another type is our mistake. */
void event_add_number(struct event *e, enum event_field_id id, uint64_t number);
void event_add_ip(struct event *e, enum event_field_id id, struct ip ip);
void event_add_text(struct event *e, enum event_field_id id, const char *text);
void event_add_bytes(struct event *e, enum event_field_id id, struct bytes text); /* printable ASCII, as it is */
void event_add_escaped(struct event *e, enum event_field_id id, struct bytes bytes);

static inline enum event_field_type event_field_type(enum event_field_id id)
{
    switch (id) {
#define EVENT(...)
#define FIELD(name, type)                                                                                              \
    case FIELD_##name:                                                                                                 \
        return FIELD_TYPE_##type;
#include "event/events.def"
#undef EVENT
#undef FIELD
    case FIELD_NONE:
    case FIELD_IDS: break;
    }
    return FIELD_TYPE_NUMBER;
}

/* NULL without such a field. */
static inline const struct event_field *event_find(const struct event *e, enum event_field_id id)
{
    CHECK(id > FIELD_NONE && id < FIELD_IDS);
    return (e->has[id / 64] >> id % 64 & 1) != 0 ? &e->fields[e->places[id]] : NULL;
}

static inline bool event_has(const struct event *e, enum event_field_id id)
{
    return event_find(e, id) != NULL;
}

/* 0 without such a field */
static inline uint64_t event_number(const struct event *e, enum event_field_id id)
{
    const struct event_field *field = event_find(e, id);

    CHECK(event_field_type(id) == FIELD_TYPE_NUMBER);
    return field ? field->number : 0;
}

/* IP_NONE without such a field */
static inline struct ip event_ip(const struct event *e, enum event_field_id id)
{
    const struct event_field *field = event_find(e, id);

    CHECK(event_field_type(id) == FIELD_TYPE_IP);
    return field ? field->ip : (struct ip){0};
}

/* "" without such a field */
static inline const char *event_text(const struct event *e, enum event_field_id id)
{
    const struct event_field *field = event_find(e, id);

    CHECK(event_field_type(id) == FIELD_TYPE_TEXT);
    return field ? e->text + field->text.at : "";
}

bool event_equal(const struct event *a, const struct event *b); /* same kind and fields, in any order */

const char *event_name(enum event_kind kind);    /* lower case, '-' between words, as in --json */
const char *event_meaning(enum event_kind kind); /* one sentence */
const char *event_field_name(enum event_field_id id);

#endif
