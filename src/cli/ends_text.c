/* What would happen, and what to change, for a person at a terminal. */
#include "cli/ends_parts.h"

#include <string.h>

enum { LINE_SIZE = 200 };

static void write_capture(FILE *out, const struct ends_file *f)
{
    char space[FILE_PATH_SIZE];
    struct text name = text_of(space, sizeof space);

    text_add_escaped(&name, bytes_of_text(f->name));
    fprintf(out, "%s, as far as %s tells", f->title, space);
}

static void write_end(FILE *out, const struct ends *x, unsigned i)
{
    const struct ends_file *f = &x->files[i];
    const struct trial_result *r = x->result;
    char ip[IP_TEXT_SIZE], seen[IP_TEXT_SIZE];

    if (f->kind == SOURCE_CAPTURE)
        write_capture(out, f);
    else
        fprintf(out, "%s: %s", f->title, ends_product(f->product));
    if (ip_is_set(r->addresses[i]))
        fprintf(out, ", %s", ip_text(r->addresses[i], ip));
    if (!ip_equal(r->addresses[i], r->seen_as[i]))
        fprintf(out, " behind %s", ip_text(r->seen_as[i], seen));
    if (f->errors || f->warnings)
        fprintf(out, "; %u error%s and %u warning%s of its own (ikewise check %s)", f->errors,
                f->errors == 1 ? "" : "s", f->warnings, f->warnings == 1 ? "" : "s", f->title);
    fputc('\n', out);
}

static void write_assumed(FILE *out, const struct ends *x)
{
    const char *word = "assumed: ";

    for (unsigned i = 0; i < 2; i++)
        for (size_t k = 0; x->files[i].foreign && !x->files[i].is_own_language && k < x->files[i].foreign->note_count;
             k++)
            fprintf(out, "%s%s: %s\n", word, x->files[i].title, x->files[i].foreign->notes[k]);
    for (size_t i = 0; i < x->result->note_count; i++)
        fprintf(out, "%s%s\n", word, x->result->notes[i]);
}

static void write_stop(FILE *out, const struct ends *x, const struct trial_attempt *a, unsigned end)
{
    const struct trial_stop *s = &a->stops[end];

    fprintf(out, "      %s: ", x->files[end].title);
    if (strcmp(s->asa, "none") == 0)
        fputs("no message came to it", out);
    else if (strcmp(s->ios, "none") == 0)
        fprintf(out, "%s", s->asa);
    else
        fprintf(out, "%s (IOS: %s)", s->asa, s->ios);
    if (*s->meaning)
        fprintf(out, ", %s", s->meaning);
    fputc('\n', out);
}

static void write_failure(FILE *out, const struct ends *x, const struct trial_attempt *a)
{
    fprintf(out, "      %s (%s): %s\n", a->cause, a->strength, *a->why ? a->why : a->sentence);
    if (!a->is_begun || a->is_agreed)
        return;
    for (unsigned end = 0; end < 2; end++)
        write_stop(out, x, a, end);
    for (size_t i = 0; i < a->evidence_count && !*a->why; i++)
        fprintf(out, "      seen at %s: %s\n", x->files[a->evidence_ends[i]].title, a->evidence[i]);
}

static bool is_same_failure(const struct trial_attempt *a, const struct trial_attempt *b)
{
    return strcmp(a->cause, b->cause) == 0 && strcmp(a->why, b->why) == 0 &&
           strcmp(a->stops[0].asa, b->stops[0].asa) == 0 && strcmp(a->stops[1].asa, b->stops[1].asa) == 0;
}

/* `before`: the attempt that was written last, whose reason need not be said twice; NULL */
static void write_attempt(FILE *out, const struct ends *x, const struct trial_attempt *a,
                          const struct trial_attempt *before, unsigned initiator)
{
    char space[LINE_SIZE];
    struct text line = text_of(space, sizeof space);

    if (ip_is_set(a->selector.local.first))
        text_add_selector(&line, &a->selector);
    else
        text_add(&line, "any traffic");
    fprintf(out, "  %s", space);
    if (*a->map)
        fprintf(out, " (crypto map %s %u)", a->map, a->sequence);
    if (a->is_up)
        fputs(": comes up\n", out);
    else if (before && is_same_failure(before, a))
        fputs(": the same\n", out);
    else if (!a->is_begun)
        fputs(": nothing is sent\n", out);
    else if (a->is_agreed)
        fputs(": comes up, and carries nothing\n", out);
    else
        fprintf(out, ": stops at %s\n", a->stops[initiator].asa);
    if (!a->is_up && !(before && is_same_failure(before, a)))
        write_failure(out, x, a);
}

static void write_attempts(FILE *out, const struct ends *x, unsigned end)
{
    const struct trial_result *r = x->result;

    if (r->attempt_counts[end] == 0)
        return;
    fprintf(out, "\n%s begins:\n", x->files[end].title);
    for (size_t i = 0; i < r->attempt_counts[end]; i++)
        write_attempt(out, x, &r->attempts[end][i], i ? &r->attempts[end][i - 1] : NULL, end);
    if (r->left_out[end])
        fprintf(out, "  %u more lines were not tried\n", r->left_out[end]);
}

static void write_change(FILE *out, const struct ends *x, const struct trial_change *c, unsigned end, const char *word)
{
    fprintf(out, "     %s %s (%s)\n", word, x->files[end].title,
            x->files[end].kind == SOURCE_CAPTURE ? "in the ASA's words" : ends_product(x->files[end].product));
    for (size_t i = 0; i < c->own_count; i++)
        fprintf(out, "        %s\n", c->own[i]);
}

static void write_steps(FILE *out, const struct ends *x)
{
    const struct trial_result *r = x->result;

    if (r->step_count)
        fputs("\nTo change, each tried in the simulator:\n", out);
    for (size_t i = 0; i < r->step_count; i++) {
        const struct trial_step *s = &r->steps[i];

        fprintf(out, "  %zu. %s\n", i + 1, s->cause);
        write_change(out, x, &s->changes[s->chosen], s->chosen, "at");
        if (s->changes[!s->chosen].is_possible)
            write_change(out, x, &s->changes[!s->chosen], !s->chosen, "or at");
    }
}

static void write_verdict(FILE *out, const struct ends *x)
{
    const struct trial_result *r = x->result;
    const struct trial_attempt *a = NULL;
    unsigned initiator = 0;

    for (unsigned end = 0; end < 2; end++)
        for (size_t i = 0; i < r->attempt_counts[end] && !a; i++)
            if (!r->attempts[end][i].is_up) {
                a = &r->attempts[end][i];
                initiator = end;
            }
    fputc('\n', out);
    if (r->is_up && x->is_replay)
        fputs("With this configuration it would have come up.\n", out);
    else if (r->is_up && r->attempt_counts[0] && r->attempt_counts[1])
        fputs("The tunnel comes up from whichever end begins.\n", out);
    else if (r->is_up)
        fprintf(out, "The tunnel comes up when %s begins.\n", x->files[r->attempt_counts[0] == 0].title);
    else if (x->is_replay && a && a->is_agreed)
        fprintf(out, "With this configuration it would have come up, and carried nothing: %s.\n", a->cause);
    else if (x->is_replay && a)
        fprintf(out, "With this configuration it would have stopped at %s: %s.\n", a->stops[initiator].asa, a->cause);
    if (!r->is_up)
        fputs(r->is_repaired       ? "With these changes the tunnel comes up.\n"
              : r->step_count == 0 ? "No change of these files alone was found that repairs it.\n"
                                   : "With these changes it gets further, and does not come up yet.\n",
              out);
}

void ends_write_text(FILE *out, const struct ends *x)
{
    for (unsigned i = 0; i < 2; i++)
        write_end(out, x, i);
    write_assumed(out, x);
    for (unsigned end = 0; end < 2; end++)
        write_attempts(out, x, end);
    write_steps(out, x);
    write_verdict(out, x);
}
