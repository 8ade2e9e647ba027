#include "event/event.h"

#include "base/check.h"

#include <string.h>

static const char *const field_names[FIELD_IDS] = {
    [FIELD_NONE] = "none",
#define EVENT(...)
#define FIELD(name, type) [FIELD_##name] = #name,
#include "event/events.def"
#undef EVENT
#undef FIELD
};

/* The name in lower case, with '-' between words, as a constant initializer: the rows are in capitals, and nothing here
 * is written when it runs. An index past the end of the name gives the closing zero. */
enum { EVENT_NAME_MAX = 32 };
#define LOWER(c) ((char)((c) == '_' ? '-' : (c) >= 'A' && (c) <= 'Z' ? (c) + ('a' - 'A') : (c)))
#define AT(name, i) LOWER(name[(i) < sizeof name ? (i) : sizeof name - 1])
#define FOUR(name, i) AT(name, i), AT(name, (i) + 1), AT(name, (i) + 2), AT(name, (i) + 3)
#define LOWER_NAME(name)                                                                                               \
    {                                                                                                                  \
        FOUR(name, 0), FOUR(name, 4), FOUR(name, 8), FOUR(name, 12), FOUR(name, 16), FOUR(name, 20), FOUR(name, 24),   \
            FOUR(name, 28)                                                                                             \
    }

static const struct {
    char name[EVENT_NAME_MAX + 1];
    const char *meaning;
} kinds[EV_COUNT] = {
    [EV_NONE] = {"none", "nothing"},
#define EVENT(name, meaning) [EV_##name] = {LOWER_NAME(#name), meaning},
#define FIELD(...)
#include "event/events.def"
#undef EVENT
#undef FIELD
};

#define EVENT(name, ...) _Static_assert(sizeof #name <= EVENT_NAME_MAX + 1, "a longer name than EVENT_NAME_MAX");
#define FIELD(...)
#include "event/events.def"
#undef EVENT
#undef FIELD

static struct event_field *add_field(struct event *e, enum event_field_id id)
{
    e->has[id / 64] |= (uint64_t)1 << id % 64;
    e->places[id] = e->field_count;
    return &e->fields[e->field_count++];
}

/* The place of a field, new or used before; NULL, and the event says that it is cut, when there is none. */
static struct event_field *place(struct event *e, enum event_field_id id, enum event_field_type type)
{
    struct event_field *field = (struct event_field *)event_find(e, id);

    CHECK(event_field_type(id) == type);
    if (!field) {
        if (e->field_count == EVENT_FIELDS_MAX) {
            e->is_cut = true;
            return NULL;
        }
        field = add_field(e, id);
    }
    memset(field, 0, sizeof *field);
    field->id = (uint8_t)id;
    return field;
}

void event_restore(struct event *e, const struct event_field *fields, size_t count, struct bytes text)
{
    CHECK(count <= EVENT_FIELDS_MAX && text.len <= EVENT_TEXT_SIZE);
    e->field_count = 0;
    memset(e->has, 0, sizeof e->has);
    for (size_t i = 0; i < count; i++)
        *add_field(e, (enum event_field_id)fields[i].id) = fields[i];
    e->text_len = (uint16_t)text.len;
    if (text.len > 0)
        memcpy(e->text, text.data, text.len);
}

void event_copy(struct event *to, const struct event *from)
{
    memcpy(to, from, offsetof(struct event, fields) + from->field_count * sizeof from->fields[0]);
    memcpy(to->text, from->text, from->text_len);
}

void event_add_all(struct event *e, const struct event *from)
{
    size_t room = EVENT_TEXT_SIZE - e->text_len;

    if (e->field_count + from->field_count > EVENT_FIELDS_MAX || from->text_len > room) {
        e->is_cut = true;
        return;
    }
    for (size_t i = 0; i < from->field_count; i++) {
        enum event_field_id id = (enum event_field_id)from->fields[i].id;
        struct event_field *field = add_field(e, id);

        *field = from->fields[i];
        if (event_field_type(id) == FIELD_TYPE_TEXT)
            field->text.at = (uint16_t)(field->text.at + e->text_len);
    }
    memcpy(e->text + e->text_len, from->text, from->text_len);
    e->text_len = (uint16_t)(e->text_len + from->text_len);
    e->is_cut |= from->is_cut;
}

void event_add_number(struct event *e, enum event_field_id id, uint64_t number)
{
    struct event_field *field = place(e, id, FIELD_TYPE_NUMBER);

    if (field)
        field->number = number;
}

void event_add_ip(struct event *e, enum event_field_id id, struct ip ip)
{
    struct event_field *field = place(e, id, FIELD_TYPE_IP);

    if (field)
        field->ip = ip;
}

/* Every text is followed by a zero, so the last byte of the space is only ever a zero. */
static struct text open_text(struct event *e)
{
    return text_of(e->text + e->text_len, EVENT_TEXT_SIZE - e->text_len);
}

static void close_text(struct event *e, struct event_field *field, const struct text *t)
{
    field->text.at = e->text_len;
    field->text.len = (uint16_t)t->len;
    e->is_cut |= t->is_cut;
    e->text_len = (uint16_t)(e->text_len + t->len + 1);
    if (e->text_len >= EVENT_TEXT_SIZE)
        e->text_len = EVENT_TEXT_SIZE - 1;
}

void event_add_bytes(struct event *e, enum event_field_id id, struct bytes text)
{
    struct event_field *field = place(e, id, FIELD_TYPE_TEXT);

    if (field) {
        struct text t = open_text(e);

        t.is_cut = text.len >= t.size;
        t.len = t.is_cut ? t.size - 1 : text.len;
        if (t.len > 0)
            memcpy(t.data, text.data, t.len);
        t.data[t.len] = '\0';
        close_text(e, field, &t);
    }
}

void event_add_text(struct event *e, enum event_field_id id, const char *text)
{
    event_add_bytes(e, id, bytes_of_text(text));
}

void event_add_escaped(struct event *e, enum event_field_id id, struct bytes bytes)
{
    struct event_field *field = place(e, id, FIELD_TYPE_TEXT);

    if (field) {
        struct text t = open_text(e);

        text_add_escaped(&t, bytes);
        close_text(e, field, &t);
    }
}

static bool same_value(const struct event *a, const struct event *b, enum event_field_id id)
{
    if (!event_has(b, id))
        return false;
    switch (event_field_type(id)) {
    case FIELD_TYPE_NUMBER: return event_number(a, id) == event_number(b, id);
    case FIELD_TYPE_IP: return ip_equal(event_ip(a, id), event_ip(b, id));
    case FIELD_TYPE_TEXT: return strcmp(event_text(a, id), event_text(b, id)) == 0;
    }
    return false;
}

bool event_equal(const struct event *a, const struct event *b)
{
    if (a->kind != b->kind || a->field_count != b->field_count)
        return false;
    for (size_t i = 0; i < a->field_count; i++)
        if (!same_value(a, b, (enum event_field_id)a->fields[i].id))
            return false;
    return true;
}

const char *event_name(enum event_kind kind)
{
    return kind < EV_COUNT ? kinds[kind].name : "unknown";
}

const char *event_meaning(enum event_kind kind)
{
    return kind < EV_COUNT ? kinds[kind].meaning : "";
}

const char *event_field_name(enum event_field_id id)
{
    return id < FIELD_IDS ? field_names[id] : "unknown";
}
