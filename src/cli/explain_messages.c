#include "cli/explain_messages.h"

#include "base/text.h"
#include "cli/file.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
    MESSAGES_MAX = 2000,
    BY_NAME_MAX = 64, /* negotiations: with more of them each message would be held against too many */
    PRINT_SIZE = 16 * 1024,
    READ_SIZE = 256 * 1024,
    KEYS_SIZE = 1024 * 1024
};

struct message_kept {
    uint16_t source;
    uint32_t line;
    char name[8]; /* as the ladder names it: "3", "QM 1"; "" */
    struct ip from, to;
    char *text;
};

struct place {
    uint16_t source;
    uint32_t line;
};

struct explain_messages {
    const struct explain *x;
    struct place *told; /* the lines of all ladders, sorted */
    size_t told_count;
    struct message_kept kept[MESSAGES_MAX];
    size_t count;
    char print[PRINT_SIZE];
    uint8_t buffer[READ_SIZE];
};

/* ---- which of them the report tells of ---- */

static void add_name(struct text *t, const struct event *e)
{
    const char *exchange = event_text(e, FIELD_EXCHANGE);

    if (event_has(e, FIELD_MESSAGE_NUMBER))
        text_add(t, "%s%s%u", strcmp(exchange, "MM") == 0 ? "" : exchange, strcmp(exchange, "MM") == 0 ? "" : " ",
                 (unsigned)event_number(e, FIELD_MESSAGE_NUMBER));
}

static bool is_between(const struct report_negotiation *n, struct ip from, struct ip to)
{
    return (ip_equal(n->local, from) && ip_equal(n->peer, to)) || (ip_equal(n->local, to) && ip_equal(n->peer, from));
}

static const struct message_kept *find(const struct explain_messages *ms, const struct report_negotiation *n,
                                       const struct report_step *s)
{
    for (size_t i = 0; i < ms->count; i++)
        if (ms->kept[i].source == s->source && ms->kept[i].line == s->line)
            return &ms->kept[i];
    for (size_t i = 0; i < ms->count && *s->name; i++)
        if (strcmp(ms->kept[i].name, s->name) == 0 && is_between(n, ms->kept[i].from, ms->kept[i].to))
            return &ms->kept[i];
    return NULL;
}

static int compare(const void *a, const void *b)
{
    const struct place *one = a, *two = b;

    if (one->source != two->source)
        return one->source < two->source ? -1 : 1;
    return one->line < two->line ? -1 : one->line > two->line;
}

static bool note_told(struct explain_messages *ms)
{
    const struct report *r = ms->x->report;
    size_t count = 0;

    for (size_t i = 0; i < r->negotiation_count; i++)
        count += r->negotiations[i].step_count;
    ms->told = calloc(count + 1, sizeof *ms->told);
    for (size_t i = 0; ms->told && i < r->negotiation_count; i++)
        for (size_t k = 0; k < r->negotiations[i].step_count; k++)
            ms->told[ms->told_count++] =
                (struct place){r->negotiations[i].steps[k].source, r->negotiations[i].steps[k].line};
    if (ms->told)
        qsort(ms->told, ms->told_count, sizeof *ms->told, compare);
    return ms->told != NULL;
}

/* A line of a log tells the same message, and no file has shown it yet. */
static bool is_told_by_name(const struct explain_messages *ms, const struct message_kept *m)
{
    const struct report *r = ms->x->report;

    for (size_t i = 0; *m->name && r->negotiation_count <= BY_NAME_MAX && i < r->negotiation_count; i++)
        for (size_t k = 0; k < r->negotiations[i].step_count; k++)
            if (strcmp(r->negotiations[i].steps[k].name, m->name) == 0 &&
                is_between(&r->negotiations[i], m->from, m->to) &&
                !find(ms, &r->negotiations[i], &r->negotiations[i].steps[k]))
                return true;
    return false;
}

static bool is_wanted(const struct explain_messages *ms, const struct message_kept *m)
{
    const struct place place = {m->source, m->line};

    return bsearch(&place, ms->told, ms->told_count, sizeof place, compare) != NULL || is_told_by_name(ms, m);
}

static void take(struct explain_messages *ms, const struct observation *seen, const char *print)
{
    const struct event *e = &seen->event;
    struct message_kept m = {.source = seen->source,
                             .line = seen->line,
                             .from = event_ip(e, FIELD_SOURCE),
                             .to = event_ip(e, FIELD_DESTINATION)};
    struct text name = text_of(m.name, sizeof m.name);

    add_name(&name, e);
    if (ms->count == MESSAGES_MAX || !is_wanted(ms, &m))
        return;
    m.text = strdup(print);
    if (m.text)
        ms->kept[ms->count++] = m;
}

/* ---- reading ---- */

static void add_keys(struct source *s, const char *path)
{
    struct file keys;

    if (!path || file_read(&keys, path, KEYS_SIZE) != 0)
        return; /* explain has said so */
    source_add_keys(s, bytes_of(keys.data, keys.len));
    file_free(&keys);
}

static void drain(struct explain_messages *ms, struct source *s, struct text *print)
{
    struct observation seen;

    while (source_next(s, &seen))
        if (seen.event.kind == EV_PACKET_SEEN) {
            take(ms, &seen, print->data);
            *print = text_of(ms->print, sizeof ms->print);
        }
}

static void read_again(struct explain_messages *ms, uint16_t index, const char *keys)
{
    const char *name = ms->x->files[index].name;
    gzFile in = strcmp(name, "-") == 0 ? NULL : gzopen(name, "rbe");
    void *space = malloc(source_space());
    struct arena arena = arena_of(space, space ? source_space() : 0);
    struct source *s = source_new(&arena, index);
    struct text print = text_of(ms->print, sizeof ms->print);
    int len;

    if (in && s) {
        add_keys(s, keys);
        source_print_to(s, &print);
        while ((len = gzread(in, ms->buffer, sizeof ms->buffer)) > 0) {
            source_feed(s, bytes_of(ms->buffer, (size_t)len));
            drain(ms, s, &print);
        }
        source_end(s);
        drain(ms, s, &print);
        source_wipe(s);
    }
    if (in)
        gzclose(in);
    free(space);
}

struct explain_messages *explain_messages_read(const struct explain *x, const char *keys)
{
    struct explain_messages *ms = calloc(1, sizeof *ms);

    if (!ms)
        return NULL;
    ms->x = x;
    if (!note_told(ms)) {
        free(ms);
        return NULL;
    }
    for (size_t i = 0; i < x->file_count; i++)
        if (x->files[i].sum.kind == SOURCE_CAPTURE || x->files[i].sum.kind == SOURCE_JOURNAL)
            read_again(ms, (uint16_t)i, keys);
    return ms;
}

void explain_messages_free(struct explain_messages *ms)
{
    for (size_t i = 0; ms && i < ms->count; i++)
        free(ms->kept[i].text);
    if (ms)
        free(ms->told);
    free(ms);
}

const char *explain_message_of(const struct explain_messages *ms, const struct report_negotiation *n,
                               const struct report_step *s)
{
    const struct message_kept *m = ms ? find(ms, n, s) : NULL;

    return m ? m->text : NULL;
}
