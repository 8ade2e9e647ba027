/* The text of one phrase, held against an event or a line. What stands in braces is described in phrases.def. */
#ifndef EVENT_TEMPLATE_H
#define EVENT_TEMPLATE_H

#include "event/event.h"
#include "event/form.h"

/* What stands between two braces. */
struct template_slot {
    enum { SLOT_FIELD, SLOT_CONDITION, SLOT_ABSENT, SLOT_PRESENT, SLOT_PREFIX, SLOT_TAG } kind;
    enum event_field_id id; /* FIELD_NONE: {*} */
    enum form form;
    struct bytes words; /* of a condition: the value; of a field: what is written without it */
    bool has_words, is_peer_else;
    const char *end; /* behind the closing brace */
};

/* The next slot from *at on, which is moved behind it; false when there is none. A slot that names no field of
 * events.def, or a form of another type, is our mistake. */
bool template_next_slot(const char **at, struct template_slot *slot);

/* The event has what the text wants, and the conditions hold. */
bool template_applies(const char *template, const struct event *e);

void template_write(struct text *t, const char *template, const struct event *e);

/* Adds the fields to `e`. `line` is printable ASCII whose blanks stand singly; the whole of it must be the text. `e` is
 * of no use when this is false. `slots` are those of the text in their order; NULL: they are taken from it. */
bool template_read(const char *template, const struct template_slot *slots, struct bytes line, struct event *e);

/* Adds what a slot reads from its part of a line; a field that stands twice in a line must say the same twice. */
bool template_read_field(const struct template_slot *slot, struct bytes text, struct event *e);

/* What a line of this text begins with, behind {P}, {I} and conditions: up to the next field; empty before a field. */
struct bytes template_beginning(const char *template);

#endif
