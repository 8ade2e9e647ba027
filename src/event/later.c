#include "event/later.h"

#include "event/template.h"

#include <string.h>

enum tag { TAG, TIGHT, PAK_IN, PAK_OUT, FAULT, SPACED, EARLY, MIDDLE, KEYS, NEW, BARE };

/* Before, and between the number and the text; of middle releases, then of new ones. Without `after` there is no
 * number; without `before` they say nothing. */
static const struct {
    const char *before, *after;
} tags[][2] = {
    [TAG] = {{"ISAKMP:(", "): "}, {"ISAKMP: (", "):"}},
    [TIGHT] = {{"ISAKMP:(", "):"}, {"ISAKMP: (", "):"}},
    [PAK_IN] = {{"ISAKMP (0:", "): "}, {"ISAKMP-PAK: (", "):"}},
    [PAK_OUT] = {{"ISAKMP:(", "): "}, {"ISAKMP-PAK: (", "):"}},
    [FAULT] = {{"ISAKMP:(", "): "}, {"ISAKMP-ERROR: (", "):"}},
    [SPACED] = {{"ISAKMP (0:", "): "}, {"ISAKMP: (", "):"}},
    [EARLY] = {{"ISAKMP:", NULL}, {"ISAKMP: (", "):"}},
    [MIDDLE] = {{"ISAKMP (0:", "): "}, {NULL, NULL}},
    [KEYS] = {{"ISAKMP: ", NULL}, {NULL, NULL}},
    [NEW] = {{NULL, NULL}, {"ISAKMP: (", "):"}},
    [BARE] = {{"", NULL}, {"", NULL}},
};

static const struct {
    enum event_kind kind;
    enum tag tag;
    const char *text;
} rows[] = {
#define LATER(kind, tag, text, mark, source) {EV_##kind, tag, text},
#include "event/later.def"
#undef LATER
};

/* Events that tell no state, and come before the keys are made. */
static bool is_early(const struct event *e)
{
    const char *state = event_text(e, FIELD_IOS_STATE);

    if (event_has(e, FIELD_IOS_STATE))
        return strcmp(state, "MM_NO_STATE") == 0 || strcmp(state, "MM_SA_SETUP") == 0 ||
               strcmp(state, "AG_NO_STATE") == 0;
    if (strncmp(event_text(e, FIELD_STATE), "QM", 2) == 0 || event_number(e, FIELD_MESSAGE_ID) != 0 ||
        e->kind == EV_ACQUIRE_DEQUEUED)
        return false;
    return e->kind < EV_KEYS_MADE || e->kind == EV_PROPOSAL_CHECKED || e->kind == EV_PROPOSAL_FAILED ||
           e->kind == EV_AUTHENTICATION_CHOSEN;
}

/* The number of an SA is known when its keys are; SAs are numbered from 1001. */
static void add_tag(struct text *t, enum dialect dialect, enum tag tag, const struct event *e)
{
    bool is_new = dialect == DIALECT_IOS_NEW;

    text_add(t, "%s", tags[tag][is_new].before);
    if (tags[tag][is_new].after != NULL)
        text_add(t, "%llu%s", is_early(e) ? 0 : 1000 + (unsigned long long)event_number(e, FIELD_CONN_ID),
                 tags[tag][is_new].after);
}

void later_add_tag(struct text *t, enum dialect dialect, const struct event *e)
{
    add_tag(t, dialect, TAG, e);
}

bool later_has(const struct event *e)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (rows[i].kind == (enum event_kind)e->kind)
            return true;
    return false;
}

const char *later_text(size_t row, enum event_kind *kind)
{
    if (row >= COUNT_OF(rows))
        return NULL;
    *kind = rows[row].kind;
    return rows[row].text;
}

bool later_write(enum dialect dialect, const struct event *e, unsigned index, struct text *t)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (rows[i].kind != (enum event_kind)e->kind || tags[rows[i].tag][dialect == DIALECT_IOS_NEW].before == NULL ||
            !template_applies(rows[i].text, e) || index-- > 0)
            continue;
        add_tag(t, dialect, rows[i].tag, e);
        template_write(t, rows[i].text, e);
        return true;
    }
    return false;
}
