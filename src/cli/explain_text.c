/* The report for a person at a terminal. */
#include "cli/explain_parts.h"

#include <string.h>

/* Thousands of negotiations are written: what stands in nearly every line is put together here, without a format. */
struct paper {
    FILE *out;
    size_t len;
    char space[16 * 1024];
};

static void begin(struct paper *p, FILE *out)
{
    p->out = out;
    p->len = 0;
}

static void hand_out(struct paper *p)
{
    fwrite_unlocked(p->space, 1, p->len, p->out);
    p->len = 0;
}

static void put_bytes(struct paper *p, const char *text, size_t len)
{
    if (sizeof p->space - p->len < len)
        hand_out(p);
    if (len > sizeof p->space) {
        fwrite_unlocked(text, 1, len, p->out);
        return;
    }
    memcpy(p->space + p->len, text, len);
    p->len += len;
}

static void put(struct paper *p, const char *text)
{
    put_bytes(p, text, strlen(text));
}

static void put_wide(struct paper *p, const char *text, size_t width)
{
    static const char blanks[] = "                        ";
    size_t len = strlen(text);

    put_bytes(p, text, len);
    if (len < width)
        put_bytes(p, blanks, width - len);
}

static void put_number(struct paper *p, uint32_t number)
{
    char space[24];
    struct text t = text_of(space, sizeof space);

    text_add_decimal(&t, number);
    put_bytes(p, space, t.len);
}

static void __attribute__((format(printf, 2, 3))) put_format(struct paper *p, const char *format, ...)
{
    va_list arguments;

    hand_out(p);
    va_start(arguments, format);
    vfprintf(p->out, format, arguments);
    va_end(arguments);
}

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

static void write_file(FILE *out, const struct explain *x, size_t index)
{
    const struct explain_file *f = &x->files[index];
    char first[EXPLAIN_TIME_SIZE], last[EXPLAIN_TIME_SIZE];

    fprintf(out, "%s: ", f->name);
    if (f->error && !f->source) {
        fprintf(out, "%s\n", f->error);
        return;
    }
    fprintf(out, "%s, %u %s%s", source_kind_meaning(f->sum.kind), f->sum.lines,
            f->sum.kind == SOURCE_CAPTURE ? "packet" : "line", plural(f->sum.lines));
    if (f->sum.has_time)
        fprintf(out, ", %s to %s", explain_time(x, (uint16_t)index, f->sum.first_ms, first),
                explain_time(x, (uint16_t)index, f->sum.last_ms, last));
    if (!explain_is_usable(f))
        fputs(": nothing usable in it", out);
    else if (f->sum.records == 0)
        fputs(": nothing of IKE or ESP in it", out);
    if (f->sum.unread)
        fprintf(out, "; %u line%s not understood%s", f->sum.unread, plural(f->sum.unread),
                x->is_verbose ? "" : " (-v shows them)");
    if (f->error)
        fprintf(out, "; read no further: %s", f->error);
    else if (f->sum.is_broken)
        fputs("; its structure is lost, what follows was not read", out);
    else if (f->sum.is_cut)
        fputs("; its end is missing", out);
    fputc('\n', out);
    if (x->is_verbose) {
        const char *text;
        uint32_t line;

        fprintf(out, "  understood %u, other business %u, too long %u\n", f->sum.understood, f->sum.ignored,
                f->sum.too_long);
        for (size_t i = 0; f->source && (text = source_unread(f->source, i, &line)); i++)
            fprintf(out, "  not understood, line %u: %s\n", line, text);
    }
}

static void write_head(struct paper *p, const struct report_negotiation *n)
{
    char local[IP_TEXT_SIZE], peer[IP_TEXT_SIZE];
    const char *arrow = n->role == ROLE_RESPONDER ? " <- " : " -> ";

    put(p, "\n"), put(p, ip_is_set(n->local) ? ip_text(n->local, local) : "this end");
    put(p, arrow), put(p, ip_is_set(n->peer) ? ip_text(n->peer, peer) : "the peer");
    put(p, "   "), put(p, n->role == ROLE_UNKNOWN ? "role not told" : role_name(n->role));
    put(p, ", "), put(p, n->mode == MODE_UNKNOWN ? "unknown" : mode_name(n->mode)), put(p, " mode, ");
    if (n->outcome == OUTCOME_UP && strcmp(n->stage.asa, "none") == 0)
        put(p, "up");
    else if (n->outcome == OUTCOME_UP)
        put_format(p, "up: %s (IOS: %s)", n->stage.asa, n->stage.ios);
    else if (n->phase == 2 && strcmp(n->stage.asa, "none") == 0)
        put(p, "an SA pair stands and does not carry");
    else if (n->phase == 2)
        put_format(p, "phase 1 is up (%s, IOS: %s), phase 2 fails or does not carry", n->stage.asa, n->stage.ios);
    else if (strcmp(n->stage.asa, "none") == 0)
        put(p, "no SA was formed");
    else
        put(p, n->outcome == OUTCOME_IN_PROGRESS ? "at " : "stuck at "), put(p, n->stage.asa), put(p, " (IOS: "),
            put(p, n->stage.ios), put(p, ")");
    if (n->attempts > 1)
        put(p, ", "), put_number(p, n->attempts), put(p, " attempts");
    put(p, "\n");
    for (size_t i = 0; n->end_count > 1 && i < n->end_count; i++)
        put_format(p, "  the %s's end: %s (IOS: %s)\n", role_name(n->ends[i].role), n->ends[i].stage.asa,
                   n->ends[i].stage.ios);
}

static void write_clocks(struct paper *p, const struct explain *x, const struct report_negotiation *n)
{
    for (size_t i = 0; i < n->clock_count; i++) {
        int64_t ahead = n->clocks[i].ahead_ms;

        if (ahead != 0)
            put_format(p, "  the clock of %s is %lld ms %s that of %s\n", x->files[n->clocks[i].source].name,
                       (long long)(ahead < 0 ? -ahead : ahead), ahead < 0 ? "behind" : "ahead of",
                       x->files[n->clocks[i].than].name);
    }
}

static void write_translation(struct paper *p, const struct explain *x, const struct report_negotiation *n)
{
    const struct translation *t = &n->translation;
    char before[IP_TEXT_SIZE], after[IP_TEXT_SIZE];

    if (n->joined)
        put_format(
            p,
            "  NAT stands between the files: the initiator is %s in %s, and %s in %s; it is one negotiation, for %s\n",
            ip_text(t->before, before), x->files[t->source_before].name, ip_text(t->after, after),
            x->files[t->source_after].name, n->joined);
}

static const char *arrow_of(const struct report_step *s, const struct report_negotiation *n)
{
    bool is_ours = s->is_from_initiator == (n->role != ROLE_RESPONDER);

    if (!*s->name)
        return "   ";
    if (strcmp(s->name, "TM") == 0)
        return "<->";
    return is_ours ? "-->" : "<--";
}

static void write_where(struct paper *p, const struct explain *x, uint16_t source, uint32_t line, uint32_t last,
                        uint32_t count)
{
    const char *unit = x->files[source].sum.kind == SOURCE_CAPTURE ? "packet" : "line";

    if (line == 0)
        return;
    put(p, "   [");
    if (x->file_count > 1)
        put(p, x->files[source].name), put(p, " ");
    put(p, unit), put(p, " "), put_number(p, line);
    if (last > line)
        put(p, count > 2 ? ".." : ","), put_number(p, last);
    put(p, "]");
}

static void write_ladder(struct paper *p, const struct explain *x, const struct report_negotiation *n)
{
    char time[EXPLAIN_TIME_SIZE];

    put(p, "\n");
    for (size_t i = 0; i < n->step_count; i++) {
        const struct report_step *s = &n->steps[i];
        put(p, "  "), put_wide(p, s->has_time ? explain_clock(s->time_ms, time) : "", 12);
        put(p, "  "), put_wide(p, arrow_of(s, n), 3);
        put(p, " "), put_wide(p, s->name, 5);
        put(p, " "), put(p, s->sentence);
        if (s->count > 1)
            put(p, ", "), put_number(p, s->count), put(p, " times");
        if (*s->fate)
            put(p, "; "), put(p, s->fate);
        write_where(p, x, s->source, s->line, s->last_line, s->count);
        put(p, "\n");
    }
    if (n->outcome != OUTCOME_UP && *n->story)
        put(p, "  "), put(p, n->stage.asa), put(p, ": "), put(p, n->story), put(p, "\n");
    put(p, "\n");
}

static void write_evidence(struct paper *p, const struct explain *x, const char *word,
                           const struct report_evidence *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        put(p, "  "), put_wide(p, i == 0 ? word : "", 8);
        put(p, " "), put(p, list[i].sentence);
        if (list[i].count > 1)
            put(p, " ("), put_number(p, list[i].count), put(p, " times)");
        write_where(p, x, list[i].source, list[i].line, list[i].last_line, list[i].count);
        put(p, "\n");
    }
}

static void write_lines(struct paper *p, const char *word, const char *where, const char *const *lines, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        put(p, "  "), put_wide(p, i == 0 ? word : "", 8);
        put(p, " "), put_wide(p, i == 0 ? where : "", 22);
        put(p, lines[i]), put(p, "\n");
    }
}

static void write_verdict(struct paper *p, const struct explain *x, const struct report_negotiation *n)
{
    const struct report_cause *c = &n->causes[0];
    const char *how = c->strength == STRENGTH_PROVEN   ? "Proven"
                      : c->strength == STRENGTH_LIKELY ? "Most likely"
                                                       : "Possibly";

    if (n->is_guess)
        put_format(p, "%s: %s\n", explain_is_trouble(n) ? "Not known" : "So far", c->sentence);
    else
        put_format(p, "%s (%.2f): %s (%s)\n", how, c->score, c->sentence, c->id);
    write_evidence(p, x, "for", c->evidence, c->evidence_count);
    write_evidence(p, x, "against", c->against, c->against_count);
    for (size_t i = 1; i < n->cause_count; i++)
        put_format(p, "  %-8s %s (%s, %.2f)\n", i == 1 ? "or else" : "", n->causes[i].sentence, n->causes[i].id,
                   n->causes[i].score);
    if (!explain_is_trouble(n))
        return;
    if (*c->missing)
        put_format(p, "  missing  %s\n", c->missing);
    if (c->next_test && *c->next_test)
        put_format(p, "  decide   %s\n", c->next_test);
    write_lines(p, "repair", "at this end:          ", c->this_end, c->this_end_count);
    write_lines(p, c->this_end_count ? "or" : "repair", "at the other end:     ", c->that_end, c->that_end_count);
}

static void write_list(struct paper *p, const char *word, const char *const *lines, size_t count)
{
    if (count == 0)
        return;
    put(p, word), put(p, " ");
    for (size_t i = 0; i < count; i++)
        put(p, lines[i]), put(p, i + 1 < count ? ", " : ".\n");
}

static void write_negotiation(struct paper *p, const struct explain *x, const struct report_negotiation *n)
{
    write_head(p, n);
    write_clocks(p, x, n);
    write_translation(p, x, n);
    write_ladder(p, x, n);
    if (!x->is_ladder_only)
        write_verdict(p, x, n);
    for (size_t i = 0; i < n->herring_count; i++)
        put_format(p, "Harmless: %s.\n", n->herrings[i]);
    write_list(p, "Proven:", n->proven, n->proven_count);
    write_list(p, "Open:", n->open, n->open_count);
    if (x->is_ladder_only || x->is_verbose)
        for (size_t i = 0; i < n->excluded_count; i++)
            put_format(p, "Excluded: %s\n", n->excluded[i]);
}

void explain_write_negotiation(FILE *out, const struct explain *x, const struct report_negotiation *n)
{
    struct paper p;

    begin(&p, out);
    write_negotiation(&p, x, n);
    hand_out(&p);
}

void explain_write_text(FILE *out, const struct explain *x)
{
    const struct report *r = x->report;
    struct paper p;

    begin(&p, out);

    for (size_t i = 0; i < x->file_count; i++)
        write_file(out, x, i);
    for (size_t i = 0; i < r->negotiation_count; i++)
        write_negotiation(&p, x, &r->negotiations[i]);
    hand_out(&p);
    if (r->negotiation_count == 0)
        fputs("\nNo negotiation was found in it.\n", out);
    for (size_t i = 0; i < r->note_count; i++)
        fprintf(out, "\nBeside IKE: %s\n", r->notes[i]);
    if (r->ikev2)
        fprintf(out, "\nIKEv2: %u message%s or line%s seen, not judged.\n", r->ikev2, plural(r->ikev2),
                plural(r->ikev2));
    if (r->doubtful)
        fprintf(out,
                "\n%u negotiation%s of one file may be any of several of another: %s not joined, for no message ID, "
                "cookie or clock tells which.\n",
                r->doubtful, plural(r->doubtful), r->doubtful == 1 ? "it is" : "they are");
    if (r->dropped)
        fprintf(out, "\n%u attempts were left out: there was no room.\n", r->dropped);
}
