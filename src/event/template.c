#include "event/template.h"

#include "base/check.h"
#include "event/withheld.h"

#include <string.h>

static const struct {
    const char *name;
    size_t len;
    enum event_field_id id;
} fields[] = {
#define EVENT(...)
#define FIELD(name, type) {#name, sizeof #name - 1, FIELD_##name},
#include "event/events.def"
#undef EVENT
#undef FIELD
};

static enum event_field_id field_of(struct bytes name)
{
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        if (fields[i].len == name.len && memcmp(fields[i].name, name.data, name.len) == 0)
            return fields[i].id;
    CHECK(!"a field of phrases.def that events.def does not have");
    return FIELD_NONE;
}

static struct bytes take_name(struct bytes *rest)
{
    size_t len = 0;

    while (len < rest->len && !strchr(":=|", rest->data[len]))
        len++;
    struct bytes name = bytes_of(rest->data, len);
    *rest = bytes_after(*rest, len);
    return name;
}

/* Reads the slot at *at, which is an opening brace, and moves *at behind it. */
static struct template_slot take_slot(const char **at)
{
    const char *end = strchr(*at, '}');

    CHECK(**at == '{' && end);
    struct bytes rest = bytes_of(*at + 1, (size_t)(end - *at - 1));
    struct template_slot slot = {.kind = SLOT_FIELD, .form = FORM_plain};

    slot.end = *at = end + 1;
    if (bytes_equal(rest, bytes_of_text("P")) || bytes_equal(rest, bytes_of_text("I"))) {
        slot.kind = rest.data[0] == 'P' ? SLOT_PREFIX : SLOT_TAG;
        return slot;
    }
    if (rest.data[0] == '!' || rest.data[0] == '?') {
        slot.kind = rest.data[0] == '!' ? SLOT_ABSENT : SLOT_PRESENT;
        rest = bytes_after(rest, 1);
    }
    struct bytes name = take_name(&rest);
    slot.id = bytes_equal(name, bytes_of_text("*")) ? FIELD_NONE : field_of(name);
    if (rest.len > 0 && rest.data[0] == ':') {
        rest = bytes_after(rest, 1);
        slot.form = form_of(take_name(&rest));
        CHECK(slot.form < FORM_COUNT && form_type(slot.form) == (slot.id ? event_field_type(slot.id) : FIELD_TYPE_TEXT));
    }
    if (rest.len > 0) {
        slot.kind = rest.data[0] == '=' ? SLOT_CONDITION : slot.kind;
        slot.words = bytes_after(rest, 1);
        slot.has_words = true;
        slot.is_peer_else = bytes_equal(slot.words, bytes_of_text("@PEER"));
    }
    return slot;
}

bool template_next_slot(const char **at, struct template_slot *slot)
{
    const char *brace = strchr(*at, '{');

    if (!brace)
        return false;
    *slot = take_slot(&brace);
    *at = brace;
    return true;
}

static bool read_value(const struct template_slot *slot, struct bytes text, struct event *e);

static bool same_field(const struct event *a, const struct event *b, enum event_field_id id)
{
    switch (event_field_type(id)) {
    case FIELD_TYPE_NUMBER: return event_number(a, id) == event_number(b, id);
    case FIELD_TYPE_IP: return ip_equal(event_ip(a, id), event_ip(b, id));
    case FIELD_TYPE_TEXT: return strcmp(event_text(a, id), event_text(b, id)) == 0;
    }
    return false;
}

static bool value_is(const struct template_slot *slot, struct bytes text, const struct event *e)
{
    struct event other = event_of(EV_NONE);

    return read_value(slot, text, &other) && same_field(e, &other, slot->id);
}

static bool slot_applies(const struct template_slot *slot, const struct event *e)
{
    switch (slot->kind) {
    case SLOT_FIELD: return event_has(e, slot->id) || (slot->is_peer_else ? event_has(e, FIELD_PEER) : slot->has_words);
    case SLOT_CONDITION: return event_has(e, slot->id) && value_is(slot, slot->words, e);
    case SLOT_ABSENT: return !event_has(e, slot->id);
    case SLOT_PRESENT: return event_has(e, slot->id);
    case SLOT_PREFIX: return true;
    case SLOT_TAG: return event_has(e, FIELD_CONN_ID);
    }
    return false;
}

bool template_applies(const char *template, const struct event *e)
{
    const char *at = template;
    struct template_slot slot;

    while (template_next_slot(&at, &slot)) {
        if (!slot_applies(&slot, e))
            return false;
    }
    return true;
}

static void write_prefix(struct text *t, const struct event *e)
{
    if (event_has(e, FIELD_GROUP))
        text_add(t, "Group = %s, ", event_text(e, FIELD_GROUP));
    if (event_has(e, FIELD_USERNAME))
        text_add(t, "Username = %s, ", event_text(e, FIELD_USERNAME));
    if (event_has(e, FIELD_PEER)) {
        text_add(t, "IP = ");
        text_add_ip(t, event_ip(e, FIELD_PEER));
        text_add(t, ", ");
    }
}

static void write_field(struct text *t, const struct template_slot *slot, const struct event *e)
{
    if (!event_has(e, slot->id)) {
        if (slot->is_peer_else)
            text_add_ip(t, event_ip(e, FIELD_PEER));
        else
            text_add(t, "%.*s", (int)slot->words.len, (const char *)slot->words.data);
        return;
    }
    switch (event_field_type(slot->id)) {
    case FIELD_TYPE_NUMBER: form_write_number(t, slot->form, event_number(e, slot->id)); return;
    case FIELD_TYPE_IP: text_add_ip(t, event_ip(e, slot->id)); return;
    case FIELD_TYPE_TEXT: form_write_text(t, slot->form, event_text(e, slot->id)); return;
    }
}

/* Only a template breaks a line: what somebody calls himself begins none. */
static void drop_breaks(struct text *t, size_t from)
{
    for (size_t i = from; i < t->len; i++)
        if (t->data[i] == '\n')
            t->data[i] = ' ';
}

void template_write(struct text *t, const char *template, const struct event *e)
{
    while (*template) {
        size_t len = strcspn(template, "{");

        text_add(t, "%.*s", (int)len, template);
        template += len;
        if (*template != '{')
            continue;
        struct template_slot slot = take_slot(&template);
        size_t begin = t->len;

        if (slot.kind == SLOT_FIELD)
            write_field(t, &slot, e);
        else if (slot.kind == SLOT_PREFIX)
            write_prefix(t, e);
        else if (slot.kind == SLOT_TAG)
            text_add(t, "ISAKMP (0:%llu): ", (unsigned long long)event_number(e, FIELD_CONN_ID));
        drop_breaks(t, begin);
    }
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\n';
}

/* Passes over the literal at the beginning of `template`, up to the next brace or the end; false when the line goes on
 * otherwise. The blanks of a literal are one blank of the line; behind a colon, and at the end of both, that one may be
 * missing. */
static bool take_literal(const char *template, struct bytes *line)
{
    const uint8_t *at = line->data;
    size_t left = line->len;
    char before = '\0';

    while (*template && *template != '{') {
        if (is_blank(*template)) {
            while (is_blank(*template))
                template ++;
            if (left > 0 && *at == ' ')
                at++, left--;
            else if (before != ':' && !(*template == '\0' && left == 0))
                return false;
            before = ' ';
            continue;
        }
        if (left == 0 || *at != (uint8_t) * template)
            return false;
        before = *template ++;
        at++, left--;
    }
    *line = bytes_of(at, left);
    return *template == '{' || left == 0;
}

/* The bytes before the next literal; the last literal must end the line. */
static bool take_to_literal(const char *template, struct bytes *line, struct bytes *taken)
{
    for (size_t len = *template ? 0 : line->len; len <= line->len; len++) {
        if (*template && *template != '{' && !is_blank(*template)) { /* the next place where it may stand */
            const uint8_t *from = len < line->len ? memchr(line->data + len, *template, line->len - len) : NULL;

            if (!from)
                return false;
            len = (size_t)(from - line->data);
        }
        struct bytes after = bytes_after(*line, len);

        if (take_literal(template, &after)) {
            *taken = bytes_of(line->data, len);
            *line = bytes_after(*line, len);
            return true;
        }
    }
    return false;
}

static bool read_value(const struct template_slot *slot, struct bytes text, struct event *e)
{
    uint64_t number;
    struct ip ip;

    switch (event_field_type(slot->id)) {
    case FIELD_TYPE_NUMBER:
        if (!form_read_number(slot->form, text, &number))
            return false;
        event_add_number(e, slot->id, number);
        return true;
    case FIELD_TYPE_IP:
        if (!ip_parse(&ip, text))
            return address_is_withheld(text);
        event_add_ip(e, slot->id, ip);
        return true;
    case FIELD_TYPE_TEXT:
        if (!form_read_text(slot->form, text, &text))
            return false;
        event_add_bytes(e, slot->id, text);
        return true;
    }
    return false;
}

bool template_read_field(const struct template_slot *slot, struct bytes text, struct event *e)
{
    if (slot->id == FIELD_NONE)
        return form_read_text(slot->form, text, &text);
    if (event_has(e, slot->id))
        return value_is(slot, text, e);
    if (slot->kind == SLOT_FIELD && slot->has_words && !slot->is_peer_else && bytes_equal(slot->words, text))
        return true;
    return read_value(slot, text, e);
}

static size_t find_text(struct bytes line, const char *what)
{
    struct bytes wanted = bytes_of_text(what);
    const uint8_t *from = line.data, *end = line.data + line.len;

    while (from < end && (from = memchr(from, wanted.data[0], (size_t)(end - from))) != NULL) {
        if (bytes_begin_with(bytes_of(from, (size_t)(end - from)), wanted))
            return (size_t)(from - line.data);
        from++;
    }
    return line.len;
}

static bool take_text(struct bytes *line, const char *what)
{
    struct bytes wanted = bytes_of_text(what);

    if (!bytes_begin_with(*line, wanted))
        return false;
    *line = bytes_after(*line, wanted.len);
    return true;
}

/* A name may hold a comma, so it ends where the next part of the prefix begins, and at a comma only without one. */
static bool take_prefix_name(struct bytes *line, const char *title, enum event_field_id id, struct event *e)
{
    struct template_slot slot = {.id = id, .form = FORM_plain};

    if (!take_text(line, title))
        return true;
    size_t len = find_text(*line, ", IP = ");
    size_t len_to_user = id == FIELD_GROUP ? find_text(*line, ", Username = ") : line->len;

    if (len_to_user < len)
        len = len_to_user;
    if (len == line->len)
        len = find_text(*line, ", ");
    struct bytes name = bytes_of(line->data, len);
    *line = bytes_after(*line, len);
    return take_text(line, ", ") && template_read_field(&slot, name, e);
}

static bool read_prefix(struct bytes *line, struct event *e)
{
    struct template_slot peer = {.id = FIELD_PEER, .form = FORM_plain};

    if (!take_prefix_name(line, "Group = ", FIELD_GROUP, e) ||
        !take_prefix_name(line, "Username = ", FIELD_USERNAME, e))
        return false;
    if (!take_text(line, "IP = "))
        return true;
    struct bytes ip = bytes_of(line->data, find_text(*line, ", "));
    *line = bytes_after(*line, ip.len);
    return take_text(line, ", ") && template_read_field(&peer, ip, e);
}

static bool read_tag(struct bytes *line, struct event *e)
{
    struct template_slot conn_id = {.id = FIELD_CONN_ID, .form = FORM_plain};

    if (!take_text(line, "ISAKMP (0:"))
        return false;
    struct bytes number = bytes_of(line->data, find_text(*line, "): "));
    *line = bytes_after(*line, number.len);
    return take_text(line, "): ") && template_read_field(&conn_id, number, e);
}

/* A peer that has no name of its own stands under its address, and that may be the only place where the line has it. */
static bool read_peer_else(const struct template_slot *slot, struct bytes text, struct event *e)
{
    struct template_slot peer = {.id = FIELD_PEER, .form = FORM_plain};

    if (event_has(e, FIELD_PEER) ? value_is(&peer, text, e) : read_value(&peer, text, e))
        return true;
    return template_read_field(slot, text, e);
}

/* The slot whose brace is the next from *at on, from the list where there is one. */
static bool pass_slot(const char **at, const struct template_slot **slots, struct template_slot *slot)
{
    if (!*slots)
        return template_next_slot(at, slot);
    *at += strcspn(*at, "{");
    if (**at == '\0')
        return false;
    *slot = *(*slots)++;
    *at = slot->end;
    return true;
}

static bool read_conditions(const char *template, const struct template_slot *slots, struct event *e)
{
    const char *at = template;
    struct template_slot slot;

    while (pass_slot(&at, &slots, &slot)) {
        if (slot.kind == SLOT_CONDITION && !template_read_field(&slot, slot.words, e))
            return false;
    }
    return true;
}

struct bytes template_beginning(const char *template)
{
    struct template_slot slot = {.kind = SLOT_PREFIX};

    while (*template == '{' && slot.kind != SLOT_FIELD)
        template_next_slot(&template, &slot);
    return bytes_of(template, slot.kind == SLOT_FIELD ? 0 : strcspn(template, "{"));
}

bool template_read(const char *template, const struct template_slot *slots, struct bytes line, struct event *e)
{
    const char *at = template;
    const struct template_slot *next = slots;
    struct template_slot peer_else = {.id = FIELD_NONE};
    struct bytes peer_else_text = {0};

    for (;;) {
        if (*at != '{' && (!take_literal(at, &line) || *(at += strcspn(at, "{")) == '\0'))
            break;
        struct template_slot slot;
        struct bytes value;

        if (!pass_slot(&at, &next, &slot))
            return false;
        if (slot.kind == SLOT_CONDITION || slot.kind == SLOT_ABSENT || slot.kind == SLOT_PRESENT)
            continue;
        if (slot.kind == SLOT_PREFIX || slot.kind == SLOT_TAG) {
            if (!(slot.kind == SLOT_PREFIX ? read_prefix(&line, e) : read_tag(&line, e)))
                return false;
            continue;
        }
        if (!take_to_literal(at, &line, &value))
            return false;
        if (slot.is_peer_else) {
            peer_else = slot; /* the peer may stand later in the line */
            peer_else_text = value;
        } else if (!template_read_field(&slot, value, e)) {
            return false;
        }
    }
    return *at == '\0' && line.len == 0 && read_conditions(template, slots, e) &&
           (peer_else.id == FIELD_NONE || read_peer_else(&peer_else, peer_else_text, e));
}
