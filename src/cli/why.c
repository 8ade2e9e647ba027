#include "cli/why.h"

#include "base/text.h"
#include "cli/explain_parts.h"

#include <stdlib.h>
#include <string.h>

enum { NEGOTIATIONS_MAX = 64 };

struct why {
    struct explain x;
    struct diag *diag;
    struct arena diag_arena; /* stays where it is */
    void *diag_space, *source_space, *report_space;
    char error[256];
    char found[256]; /* by an autopsy; "" */
};

struct why *why_new(void)
{
    struct why *why = calloc(1, sizeof *why);

    if (why == NULL)
        return NULL;
    size_t diag_len = diag_space(NEGOTIATIONS_MAX), source_len = source_space();
    why->diag_space = calloc(1, diag_len);
    why->source_space = calloc(1, source_len);
    why->diag_arena = arena_of(why->diag_space, why->diag_space ? diag_len : 0);
    struct arena source_arena = arena_of(why->source_space, why->source_space ? source_len : 0);
    why->diag = diag_new(&why->diag_arena, NEGOTIATIONS_MAX);
    why->x.files[0] = (struct explain_file){.name = "log", .source = source_new(&source_arena, 0)};
    why->x.file_count = 1;
    if (why->diag == NULL || why->x.files[0].source == NULL) {
        why_free(why);
        return NULL;
    }
    diag_add_file(why->diag, 0, VANTAGE_DEVICE);
    return why;
}

void why_free(struct why *why)
{
    if (why == NULL)
        return;
    free(why->diag_space);
    free(why->source_space);
    free(why->report_space);
    free(why);
}

/* What an autopsy has found out of the peer holds until phase 1 shows that the keys are the same now. */
static void keep_finding(struct why *why, const struct event *event)
{
    bool is_finding = (event->kind == EV_KEY_AUTOPSY && strcmp(event_text(event, FIELD_CAUSE), "NONE") != 0) ||
                      event->kind == EV_ESP_AUTOPSY;

    if (is_finding)
        snprintf(why->found, sizeof why->found, "%s%s%s", event_text(event, FIELD_DETAIL),
                 event_has(event, FIELD_WANTED) ? ": tunnel-group " : "", event_text(event, FIELD_WANTED));
    else if (event->kind == EV_PHASE1_COMPLETED)
        *why->found = '\0';
}

static void drain(struct why *why)
{
    struct observation seen;

    while (source_next(why->x.files[0].source, &seen)) {
        keep_finding(why, &seen.event);
        diag_add(why->diag, &seen, source_text(why->x.files[0].source));
    }
}

static void feed(struct why *why, const char *text)
{
    source_feed(why->x.files[0].source, bytes_of_text(text));
    drain(why);
}

void why_take(void *context, const struct control_record *r)
{
    struct why *why = context;

    if (r->kind == RECORD_error)
        snprintf(why->error, sizeof why->error, "%s", record_text(r, COL_error_sentence));
    if (r->kind != RECORD_log_line)
        return;
    feed(why, record_text(r, COL_log_line_text));
    feed(why, "\n");
}

const char *why_error(const struct why *why)
{
    return why->error;
}

bool why_write(FILE *out, struct why *why, bool is_json)
{
    source_end(why->x.files[0].source);
    drain(why);
    why->x.files[0].sum = source_summary(why->x.files[0].source);
    size_t len = diag_report_space(why->diag);
    why->report_space = calloc(1, len);
    struct arena arena = arena_of(why->report_space, why->report_space ? len : 0);
    why->x.report = diag_report(why->diag, &arena);
    if (why->x.report == NULL) {
        fputs("no memory\n", stderr);
        return false;
    }
    const struct report *report = why->x.report;
    const struct report_negotiation *newest = NULL;
    for (size_t i = 0; i < report->negotiation_count; i++)
        if (newest == NULL || report->negotiations[i].last_ms >= newest->last_ms)
            newest = &report->negotiations[i];
    if (is_json)
        explain_write_json(out, &why->x);
    else if (newest == NULL)
        fputs("Nothing has happened with that peer lately.\n", out);
    else
        explain_write_negotiation(out, &why->x, newest);
    if (!is_json && *why->found)
        fprintf(out, "Found by autopsy: %s.\n", why->found);
    return newest != NULL && strcmp(newest->causes[0].family, "none") != 0;
}
