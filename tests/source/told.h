/* What is read of a text, as a test shows it: an event in a line, "screen-sa PEER=192.0.2.9 STATE=MM_ACTIVE". */
#ifndef TESTS_SOURCE_TOLD_H
#define TESTS_SOURCE_TOLD_H

#include "base/text.h"
#include "event/event.h"

/* Behind "; " where something stands there already. */
static inline void told_add(struct text *t, const struct event *e)
{
    char ip[IP_TEXT_SIZE];

    text_add(t, "%s%s", t->len > 0 ? "; " : "", event_name((enum event_kind)e->kind));
    for (size_t i = 0; i < e->field_count; i++) {
        enum event_field_id id = e->fields[i].id;

        text_add(t, " %s=", event_field_name(id));
        switch (event_field_type(id)) {
        case FIELD_TYPE_NUMBER: text_add(t, "%llu", (unsigned long long)event_number(e, id)); break;
        case FIELD_TYPE_IP: text_add(t, "%s", ip_text(event_ip(e, id), ip)); break;
        case FIELD_TYPE_TEXT: text_add(t, "%s", event_text(e, id)); break;
        }
    }
}

#endif
