/* Values of fields as they are spelled in a phrase. */
#ifndef EVENT_FORM_H
#define EVENT_FORM_H

#include "event/event.h"

enum form {
#define FORM(name, ...) FORM_##name,
#include "event/forms.def"
#undef FORM
    FORM_COUNT
};

/* FORM_COUNT when there is no such form. */
enum form form_of(struct bytes name);
enum event_field_type form_type(enum form form);

void form_write_number(struct text *t, enum form form, uint64_t number);
void form_write_text(struct text *t, enum form form, const char *value);

/* The whole of `text` must be the value; the result is untouched otherwise. */
bool form_read_number(enum form form, struct bytes text, uint64_t *number);
/* What the field holds for this spelling; false when the form has no such word. */
bool form_read_text(enum form form, struct bytes text, struct bytes *value);

#endif
