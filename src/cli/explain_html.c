/* The report as one page: no script, nothing from a network, every text escaped. */
#include "cli/explain_parts.h"

#include <stdlib.h>
#include <string.h>

enum { LINES_MAX = 160 };

static const char style[] =
    ":root{color-scheme:light dark;--ink:#1c2430;--soft:#5d6878;--rule:#d5dae1;--page:#fff;--box:#f4f6f9;"
    "--bad:#b3261e;--good:#1b6e3c;--link:#1a5fb4}"
    "@media(prefers-color-scheme:dark){:root{--ink:#e4e8ee;--soft:#9aa5b4;--rule:#39424f;--page:#14181e;--box:#1d232c;"
    "--bad:#ff8a80;--good:#7bd69a;--link:#8ab8ff}}"
    "body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--page);max-width:68rem;margin:2rem "
    "auto;padding:0 1rem}"
    "h1{font-size:1.4rem}h2{font-size:1.15rem;margin:2.5rem 0 .3rem;border-top:2px solid "
    "var(--rule);padding-top:1rem}"
    "h3{font-size:.85rem;text-transform:uppercase;letter-spacing:.05em;color:var(--soft);margin:1.4rem 0 .3rem}"
    "a{color:var(--link)}code,pre{font:13px/1.5 ui-monospace,monospace}"
    "pre{background:var(--box);border:1px solid "
    "var(--rule);border-radius:6px;padding:.7rem;margin:.3rem 0;overflow-x:auto;user-select:all;white-space:pre}"
    "table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.2rem .7rem .2rem "
    "0;border-bottom:1px solid var(--rule)}"
    "td code{white-space:pre-wrap;overflow-wrap:anywhere}.soft{color:var(--soft)}.verdict{background:var(--box);"
    "border-left:5px solid var(--bad);border-radius:0 6px 6px 0;padding:.6rem 1rem;margin:.8rem 0}"
    ".verdict.good{border-color:var(--good)}.verdict p{margin:.2rem 0}.verdict b{font-size:1.08rem}"
    "tr:target{background:var(--box);outline:2px solid var(--link)}"
    ".ladder{width:100%;height:auto;display:block;margin:.5rem 0}.ladder text{font:13px "
    "system-ui,sans-serif;fill:var(--ink)}.ladder .small{font-size:11px;fill:var(--soft)}"
    ".ladder .mid{text-anchor:middle}.ladder .end{text-anchor:end}.ladder .life{stroke:var(--rule);stroke-width:2}"
    ".ladder .msg{stroke:var(--ink);stroke-width:1.6}.ladder .tip{fill:var(--ink)}"
    ".ladder .lost{stroke:var(--bad);stroke-dasharray:5 4}.ladder .cross{stroke:var(--bad);stroke-width:2.4}"
    ".ladder .bad{fill:var(--bad)}.ladder .dot{fill:var(--soft)}.ladder a{fill:var(--link);text-decoration:underline}"
    "summary{cursor:pointer;color:var(--soft)}";

/* Printable ASCII, and none of it markup. */
static void put(FILE *out, const char *text)
{
    for (; *text; text++)
        switch (*text) {
        case '&': fputs("&amp;", out); break;
        case '<': fputs("&lt;", out); break;
        case '>': fputs("&gt;", out); break;
        case '"': fputs("&quot;", out); break;
        case '\'': fputs("&#39;", out); break;
        default:
            if ((unsigned char)*text < 0x20 || (unsigned char)*text > 0x7e)
                fprintf(out, "\\x%02x", (unsigned char)*text);
            else
                fputc(*text, out);
        }
}

static void put_ip(FILE *out, struct ip ip, const char *unknown)
{
    char space[IP_TEXT_SIZE];

    put(out, ip_is_set(ip) ? ip_text(ip, space) : unknown);
}

/* ---- lines that are pointed at ---- */

struct line {
    uint16_t source;
    uint32_t number;
    const char *text;
};

struct page {
    FILE *out;
    const struct explain *x;
    size_t index; /* of the negotiation */
    struct line lines[LINES_MAX];
    size_t line_count;
};

static void note_line(struct page *p, uint16_t source, uint32_t number, const char *text)
{
    size_t at = 0;

    if (number == 0 || !*text || p->line_count == LINES_MAX)
        return;
    while (at < p->line_count &&
           (p->lines[at].source < source || (p->lines[at].source == source && p->lines[at].number < number)))
        at++;
    if (at < p->line_count && p->lines[at].source == source && p->lines[at].number == number)
        return;
    memmove(&p->lines[at + 1], &p->lines[at], (p->line_count - at) * sizeof *p->lines);
    p->lines[at] = (struct line){source, number, text};
    p->line_count++;
}

static void collect_lines(struct page *p, const struct report_negotiation *n)
{
    p->line_count = 0;
    for (size_t i = 0; i < n->step_count; i++)
        note_line(p, n->steps[i].source, n->steps[i].line, n->steps[i].text);
    for (size_t c = 0; c < n->cause_count; c++) {
        const struct report_cause *cause = &n->causes[c];

        for (size_t i = 0; i < cause->evidence_count; i++)
            note_line(p, cause->evidence[i].source, cause->evidence[i].line, cause->evidence[i].text);
        for (size_t i = 0; i < cause->against_count; i++)
            note_line(p, cause->against[i].source, cause->against[i].line, cause->against[i].text);
    }
}

static bool has_line(const struct page *p, uint16_t source, uint32_t number)
{
    for (size_t i = 0; i < p->line_count; i++)
        if (p->lines[i].source == source && p->lines[i].number == number)
            return true;
    return false;
}

/* "asa.log line 9..27", a link to the line below. */
static void put_where(struct page *p, uint16_t source, uint32_t line, uint32_t last, uint32_t count)
{
    const struct explain_file *file = &p->x->files[source];
    bool is_link = has_line(p, source, line);

    if (line == 0)
        return;
    if (is_link)
        fprintf(p->out, "<a href=\"#n%zu-f%u-l%u\">", p->index, source, line);
    put(p->out, file->name);
    fprintf(p->out, " %s %u", file->sum.kind == SOURCE_CAPTURE ? "packet" : "line", line);
    if (last > line)
        fprintf(p->out, "%s%u", count > 2 ? ".." : ",", last);
    if (is_link)
        fputs("</a>", p->out);
}

static void write_lines(struct page *p)
{
    if (p->line_count == 0)
        return;
    fputs("<h3>The lines</h3>\n<table>\n", p->out);
    for (size_t i = 0; i < p->line_count; i++) {
        fprintf(p->out, "<tr id=\"n%zu-f%u-l%u\"><td class=\"soft\">", p->index, p->lines[i].source,
                p->lines[i].number);
        put(p->out, p->x->files[p->lines[i].source].name);
        fprintf(p->out, "</td><td class=\"soft\">%u</td><td><code>", p->lines[i].number);
        put(p->out, p->lines[i].text);
        fputs("</code></td></tr>\n", p->out);
    }
    fputs("</table>\n", p->out);
}

/* ---- the ladder ---- */

enum { WIDTH = 1080, TIME_X = 104, LEFT_X = 150, RIGHT_X = 400, TEXT_X = 424, HEAD = 46, ROW = 40, GAP_MS = 1000 };

static const char *clock_of(const struct page *p, const struct report_step *s, char space[static EXPLAIN_TIME_SIZE])
{
    const char *clock = s->has_time ? explain_time(p->x, s->source, s->time_ms, space) : "";
    const char *day = strrchr(clock, ' ');

    return day ? day + 1 : clock;
}

/* The arrow of a message; what is lost ends half way. */
static void put_arrow(FILE *out, const struct report_step *s, int y)
{
    bool is_lost = *s->fate != '\0', is_both = strcmp(s->name, "TM") == 0;
    int from = s->is_from_initiator ? LEFT_X : RIGHT_X, to = s->is_from_initiator ? RIGHT_X : LEFT_X;
    int step = s->is_from_initiator ? 1 : -1, tip = is_lost ? from + (to - from) * 3 / 4 : to;

    fprintf(out, "<line class=\"msg%s\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>", is_lost ? " lost" : "", from, y,
            tip - 3 * step, y);
    if (is_lost)
        fprintf(out, "<path class=\"cross\" d=\"M%d %dl12 12m0 -12l-12 12\"/>", tip - 6, y - 6);
    else
        fprintf(out, "<path class=\"tip\" d=\"M%d %dl%d -4v8z\"/>", tip - step, y, -8 * step);
    if (is_both)
        fprintf(out, "<path class=\"tip\" d=\"M%d %dl%d -4v8z\"/>", from + step, y, 8 * step);
    fprintf(out, "<text class=\"mid\" x=\"%d\" y=\"%d\">", (LEFT_X + RIGHT_X) / 2, y - 6);
    put(out, s->name);
    if (s->count > 1)
        fprintf(out, " (%u times)", s->count);
    fputs("</text>", out);
}

static void put_step(struct page *p, const struct report_step *s, const struct report_step *before, int y)
{
    char space[EXPLAIN_TIME_SIZE];
    FILE *out = p->out;

    fprintf(out, "<g><text class=\"end\" x=\"%d\" y=\"%d\">", TIME_X, y + 4);
    put(out, clock_of(p, s, space));
    fputs("</text>", out);
    if (before && before->has_time && s->has_time && before->source == s->source &&
        s->time_ms >= before->time_ms + GAP_MS)
        fprintf(out, "<text class=\"small end\" x=\"%d\" y=\"%d\">+%.1f s</text>", TIME_X, y + 18,
                (double)(s->time_ms - before->time_ms) / 1000);
    if (*s->name)
        put_arrow(out, s, y);
    else
        fprintf(out, "<circle class=\"dot\" cx=\"%d\" cy=\"%d\" r=\"3.5\"/>", (LEFT_X + RIGHT_X) / 2, y);
    fprintf(out, "<text x=\"%d\" y=\"%d\">", TEXT_X, y - 1);
    put(out, s->sentence);
    fprintf(out, "</text><text class=\"small\" x=\"%d\" y=\"%d\">", TEXT_X, y + 14);
    if (*s->fate) {
        fputs("<tspan class=\"bad\">", out);
        put(out, s->fate);
        fputs("</tspan> ", out);
    }
    put_where(p, s->source, s->line, s->last_line, s->count);
    fputs("</text></g>\n", out);
}

/* "MM_WAIT_MSG4": the message that never came, unless the ladder has it. False when the stage waits for none. */
static bool find_missing(const struct report_negotiation *n, struct report_step *missing, char name[static 2])
{
    const char *at = strstr(n->stage.asa, "_WAIT_MSG");

    if (n->outcome != OUTCOME_FAILED || !at || at[9] < '1' || at[9] > '6' || strncmp(n->stage.asa, "MM_", 3) != 0)
        return false;
    name[0] = at[9];
    name[1] = '\0';
    *missing = (struct report_step){.name = name,
                                    .sentence = "never came",
                                    .fate = "missing",
                                    .text = "",
                                    .is_from_initiator = (at[9] - '0') % 2 == 1};
    for (size_t i = 0; i < n->step_count; i++)
        if (strcmp(n->steps[i].name, name) == 0)
            return false;
    return true;
}

static void write_ladder(struct page *p, const struct report_negotiation *n)
{
    bool is_ours = n->role != ROLE_RESPONDER;
    struct ip left = is_ours ? n->local : n->peer, right = is_ours ? n->peer : n->local;
    struct report_step missing;
    char name[2];
    bool is_missing = find_missing(n, &missing, name);
    int height = HEAD + (int)(n->step_count + is_missing + 1) * ROW;

    if (n->step_count == 0)
        return;
    fprintf(p->out,
            "<svg class=\"ladder\" viewBox=\"0 0 %d %d\" role=\"img\"><title>The messages, in order</title>\n"
            "<text class=\"mid\" x=\"%d\" y=\"14\">initiator</text><text class=\"mid\" x=\"%d\" y=\"14\">responder"
            "</text>\n<text class=\"small mid\" x=\"%d\" y=\"29\">",
            WIDTH, height, LEFT_X, RIGHT_X, LEFT_X);
    put_ip(p->out, left, "");
    fprintf(p->out, "</text><text class=\"small mid\" x=\"%d\" y=\"29\">", RIGHT_X);
    put_ip(p->out, right, "");
    fprintf(p->out,
            "</text>\n<line class=\"life\" x1=\"%d\" y1=\"36\" x2=\"%d\" y2=\"%d\"/>"
            "<line class=\"life\" x1=\"%d\" y1=\"36\" x2=\"%d\" y2=\"%d\"/>\n",
            LEFT_X, LEFT_X, height - ROW, RIGHT_X, RIGHT_X, height - ROW);
    for (size_t i = 0; i < n->step_count; i++)
        put_step(p, &n->steps[i], i ? &n->steps[i - 1] : NULL, HEAD + (int)i * ROW + ROW / 2);
    if (is_missing)
        put_step(p, &missing, NULL, HEAD + (int)n->step_count * ROW + ROW / 2);
    fprintf(p->out, "<text x=\"%d\" y=\"%d\"%s>", LEFT_X - 46, height - 12,
            n->outcome == OUTCOME_UP ? "" : " class=\"bad\"");
    put(p->out, n->stage.asa);
    if (*n->story && n->outcome != OUTCOME_UP) {
        fputs(": ", p->out);
        put(p->out, n->story);
    }
    fputs("</text>\n</svg>\n", p->out);
}

/* ---- the verdict ---- */

static void write_evidence(struct page *p, const char *word, const struct report_evidence *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        fprintf(p->out, "<tr><td class=\"soft\">%s</td><td>", word);
        put(p->out, list[i].sentence);
        if (list[i].count > 1)
            fprintf(p->out, " (%u times)", list[i].count);
        fputs("</td><td>", p->out);
        put_where(p, list[i].source, list[i].line, list[i].last_line, list[i].count);
        fputs("</td></tr>\n", p->out);
    }
}

static void write_repair(struct page *p, const char *where, const char *const *lines, size_t count)
{
    if (count == 0)
        return;
    fprintf(p->out, "<h3>Repair %s</h3>\n<pre title=\"one click takes it all\">", where);
    for (size_t i = 0; i < count; i++) {
        put(p->out, lines[i]);
        fputs(i + 1 < count ? "\n" : "</pre>\n", p->out);
    }
}

static void write_cause(struct page *p, const struct report_negotiation *n)
{
    const struct report_cause *c = &n->causes[0];
    bool is_fault = strcmp(c->family, "none") != 0;

    fprintf(p->out, "<div class=\"verdict%s\"><p class=\"soft\">%s, %.2f</p><p><b>", is_fault ? "" : " good",
            strength_name(c->strength), c->score);
    put(p->out, c->sentence);
    fputs("</b> <code>", p->out);
    put(p->out, c->id);
    fputs("</code></p></div>\n", p->out);
    write_ladder(p, n);
    if (c->evidence_count + c->against_count > 0) {
        fputs("<h3>Why</h3>\n<table>\n", p->out);
        write_evidence(p, "for", c->evidence, c->evidence_count);
        write_evidence(p, "against", c->against, c->against_count);
        fputs("</table>\n", p->out);
    }
    for (size_t i = 1; i < n->cause_count; i++) {
        fputs(i == 1 ? "<h3>Or else</h3>\n<table>\n" : "", p->out);
        fprintf(p->out, "<tr><td class=\"soft\">%.2f</td><td>", n->causes[i].score);
        put(p->out, n->causes[i].sentence);
        fputs(" <code>", p->out);
        put(p->out, n->causes[i].id);
        fputs(i + 1 == n->cause_count ? "</code></td></tr>\n</table>\n" : "</code></td></tr>\n", p->out);
    }
    if (!is_fault)
        return;
    if (c->next_test && *c->next_test) {
        fputs("<h3>What decides</h3>\n<p>", p->out);
        put(p->out, c->next_test);
        fputs("</p>\n", p->out);
    }
    write_repair(p, "at this end", c->this_end, c->this_end_count);
    write_repair(p, c->this_end_count ? "or at the other end" : "at the other end", c->that_end, c->that_end_count);
}

static void write_list(struct page *p, const char *word, const char *const *lines, size_t count)
{
    if (count == 0)
        return;
    fprintf(p->out, "<h3>%s</h3>\n<ul>\n", word);
    for (size_t i = 0; i < count; i++) {
        fputs("<li>", p->out);
        put(p->out, lines[i]);
        fputs("</li>\n", p->out);
    }
    fputs("</ul>\n", p->out);
}

static void write_clocks(struct page *p, const struct report_negotiation *n)
{
    for (size_t i = 0; i < n->clock_count; i++) {
        int64_t ahead = n->clocks[i].ahead_ms;

        if (ahead == 0)
            continue;
        fputs("<p class=\"soft\">The clock of ", p->out);
        put(p->out, p->x->files[n->clocks[i].source].name);
        fprintf(p->out, " is %lld ms %s that of ", (long long)(ahead < 0 ? -ahead : ahead),
                ahead < 0 ? "behind" : "ahead of");
        put(p->out, p->x->files[n->clocks[i].than].name);
        fputs("</p>\n", p->out);
    }
}

static void write_negotiation(struct page *p, const struct report_negotiation *n)
{
    collect_lines(p, n);
    fputs("<section>\n<h2>", p->out);
    put_ip(p->out, n->local, "this end");
    fputs(n->role == ROLE_RESPONDER ? " &larr; " : " &rarr; ", p->out);
    put_ip(p->out, n->peer, "the peer");
    fprintf(p->out, "</h2>\n<p class=\"soft\">%s, %s mode, %s, %s (IOS: %s)", role_name(n->role), mode_name(n->mode),
            outcome_name(n->outcome), n->stage.asa, n->stage.ios);
    if (n->attempts > 1)
        fprintf(p->out, ", %u attempts", n->attempts);
    fputs("</p>\n", p->out);
    for (size_t i = 0; n->end_count > 1 && i < n->end_count; i++)
        fprintf(p->out, "<p class=\"soft\">The %s's end: %s (IOS: %s)</p>\n", role_name(n->ends[i].role),
                n->ends[i].stage.asa, n->ends[i].stage.ios);
    write_clocks(p, n);
    write_cause(p, n);
    write_list(p, "Proven", n->proven, n->proven_count);
    write_list(p, "Open", n->open, n->open_count);
    if (n->excluded_count > 0) {
        fprintf(p->out, "<details><summary>%zu causes are excluded</summary>\n", n->excluded_count);
        write_list(p, "Excluded", n->excluded, n->excluded_count);
        fputs("</details>\n", p->out);
    }
    write_list(p, "Odd, and harmless", n->herrings, n->herring_count);
    write_lines(p);
    fputs("</section>\n", p->out);
}

static void write_files(struct page *p)
{
    fputs("<table>\n", p->out);
    for (size_t i = 0; i < p->x->file_count; i++) {
        const struct explain_file *f = &p->x->files[i];

        fputs("<tr><td><code>", p->out);
        put(p->out, f->name);
        fputs("</code></td><td>", p->out);
        put(p->out, f->error && !f->source ? f->error : source_kind_meaning(f->sum.kind));
        fprintf(p->out, "</td><td class=\"soft\">%u %ss%s</td></tr>\n", f->sum.lines,
                f->sum.kind == SOURCE_CAPTURE ? "packet" : "line",
                explain_is_usable(f) ? "" : ", nothing usable in it");
    }
    fputs("</table>\n", p->out);
}

void explain_write_html(FILE *out, const struct explain *x)
{
    static struct page p;

    p = (struct page){.out = out, .x = x};
    fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
          "<meta name=\"viewport\" content=\"width=device-width\">\n<title>Why the tunnel does not form</title>\n"
          "<style>",
          out);
    fputs(style, out);
    fputs("</style></head><body>\n<h1>Why the tunnel does not form</h1>\n", out);
    write_files(&p);
    for (p.index = 0; p.index < x->report->negotiation_count; p.index++)
        write_negotiation(&p, &x->report->negotiations[p.index]);
    if (x->report->negotiation_count == 0)
        fputs("<p>No negotiation was found in it.</p>\n", out);
    write_list(&p, "Beside IKE", x->report->notes, x->report->note_count);
    if (x->report->ikev2)
        fprintf(out, "<p>IKEv2: %u messages or lines were seen, and not judged.</p>\n", x->report->ikev2);
    if (x->report->dropped)
        fprintf(out, "<p>%u attempts were left out: there was no room.</p>\n", x->report->dropped);
    fputs("</body></html>\n", out);
}
