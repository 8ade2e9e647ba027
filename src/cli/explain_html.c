/* The report as one page: no script, nothing from a network, every text escaped. */
#include "cli/explain_page.h"

#include <stdlib.h>
#include <string.h>

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
    "summary{cursor:pointer;color:var(--soft)}details.message{border-bottom:1px solid var(--rule)}"
    "details.message summary{color:var(--ink);padding:.2rem 0}details.message "
    "pre{white-space:pre-wrap;overflow-wrap:anywhere}"
    "details:target-within,pre:target{outline:2px solid "
    "var(--link)}pre.sheet{white-space:pre-wrap;overflow-wrap:anywhere}"
    "@media print{details,h3.tools{display:none}a{color:inherit;text-decoration:none}}";

void page_put(FILE *out, const char *text)
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

void page_put_ip(FILE *out, struct ip ip, const char *unknown)
{
    char space[IP_TEXT_SIZE];

    page_put(out, ip_is_set(ip) ? ip_text(ip, space) : unknown);
}

/* ---- lines that are pointed at ---- */

static void note_line(struct page *p, uint16_t source, uint32_t number, const char *text)
{
    size_t at = 0;

    if (number == 0 || !*text || p->line_count == PAGE_LINES_MAX)
        return;
    while (at < p->line_count &&
           (p->lines[at].source < source || (p->lines[at].source == source && p->lines[at].number < number)))
        at++;
    if (at < p->line_count && p->lines[at].source == source && p->lines[at].number == number)
        return;
    memmove(&p->lines[at + 1], &p->lines[at], (p->line_count - at) * sizeof *p->lines);
    p->lines[at] = (struct page_line){source, number, text};
    p->line_count++;
}

static void collect_lines(struct page *p, const struct report_negotiation *n)
{
    p->line_count = 0;
    for (size_t i = 0; i < n->step_count; i++)
        note_line(p, n->steps[i].source, n->steps[i].line, report_text(n->steps[i].text));
    for (size_t c = 0; c < n->cause_count; c++) {
        const struct report_cause *cause = &n->causes[c];

        for (size_t i = 0; i < cause->evidence_count; i++)
            note_line(p, cause->evidence[i].source, cause->evidence[i].line, report_text(cause->evidence[i].text));
        for (size_t i = 0; i < cause->against_count; i++)
            note_line(p, cause->against[i].source, cause->against[i].line, report_text(cause->against[i].text));
    }
}

static bool has_line(const struct page *p, uint16_t source, uint32_t number)
{
    for (size_t i = 0; i < p->line_count; i++)
        if (p->lines[i].source == source && p->lines[i].number == number)
            return true;
    return false;
}

void page_put_where(struct page *p, const char *name, uint16_t source, uint32_t line, uint32_t last, uint32_t count)
{
    bool is_link = has_line(p, source, line);

    if (line == 0)
        return;
    if (is_link)
        fprintf(p->out, "<a href=\"#n%zu-f%u-l%u\">", p->index, source, line);
    page_put(p->out, name);
    fprintf(p->out, " %s %u", p->x->files[source].sum.kind == SOURCE_CAPTURE ? "packet" : "line", line);
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
        page_put(p->out, p->x->files[p->lines[i].source].name);
        fprintf(p->out, "</td><td class=\"soft\">%u</td><td><code>", p->lines[i].number);
        page_put(p->out, p->lines[i].text);
        fputs("</code></td></tr>\n", p->out);
    }
    fputs("</table>\n", p->out);
}

/* ---- the verdict ---- */

/* What several files tell is one row, with the place in each. */
static void write_evidence(struct page *p, const char *word, const struct report_evidence *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && strcmp(list[i].sentence, list[i - 1].sentence) == 0) {
            fputs("; ", p->out);
        } else {
            fprintf(p->out, "%s<tr><td class=\"soft\">%s</td><td>", i > 0 ? "</td></tr>\n" : "", word);
            page_put(p->out, list[i].sentence);
            if (list[i].count > 1)
                fprintf(p->out, " (%u times)", list[i].count);
            fputs("</td><td>", p->out);
        }
        page_put_where(p, p->x->files[list[i].source].name, list[i].source, list[i].line, list[i].last_line,
                       list[i].count);
    }
    if (count > 0)
        fputs("</td></tr>\n", p->out);
}

static void write_repair(struct page *p, const char *where, const char *const *lines, size_t count)
{
    if (count == 0)
        return;
    fprintf(p->out, "<h3>%s</h3>\n<pre title=\"one click takes it all\">", where);
    for (size_t i = 0; i < count; i++) {
        page_put(p->out, lines[i]);
        fputs(i + 1 < count ? "\n" : "</pre>\n", p->out);
    }
}

static void write_cause(struct page *p, const struct report_negotiation *n)
{
    const struct report_cause *c = &n->causes[0];

    fprintf(p->out, "<div class=\"verdict%s\"><p class=\"soft\">", explain_is_trouble(n) ? "" : " good");
    if (n->is_guess)
        fputs(explain_is_trouble(n) ? "not known" : "so far", p->out);
    else
        fprintf(p->out, "%s, %.2f", strength_name(c->strength), c->score);
    fputs("</p><p><b>", p->out);
    page_put(p->out, c->sentence);
    fputs("</b>", p->out);
    if (!n->is_guess) {
        fputs(" <code>", p->out);
        page_put(p->out, c->id);
        fputs("</code>", p->out);
    }
    fputs("</p></div>\n", p->out);
    page_write_ladder(p, n);
    page_write_messages(p, n);
    if (c->evidence_count + c->against_count > 0) {
        fputs("<h3>Why</h3>\n<table>\n", p->out);
        write_evidence(p, "for", c->evidence, c->evidence_count);
        write_evidence(p, "against", c->against, c->against_count);
        fputs("</table>\n", p->out);
    }
    for (size_t i = 1; i < n->cause_count; i++) {
        fputs(i == 1 ? "<h3>Or else</h3>\n<table>\n" : "", p->out);
        fprintf(p->out, "<tr><td class=\"soft\">%.2f</td><td>", n->causes[i].score);
        page_put(p->out, n->causes[i].sentence);
        fputs(" <code>", p->out);
        page_put(p->out, n->causes[i].id);
        fputs(i + 1 == n->cause_count ? "</code></td></tr>\n</table>\n" : "</code></td></tr>\n", p->out);
    }
    if (!explain_is_trouble(n))
        return;
    if (c->next_test && *c->next_test) {
        fputs("<h3>What decides</h3>\n<p>", p->out);
        page_put(p->out, c->next_test);
        fputs("</p>\n", p->out);
    }
    write_repair(p, "Repair at this end", c->this_end, c->this_end_count);
    write_repair(p, c->this_end_count ? "Or repair at the other end" : "Repair at the other end", c->that_end,
                 c->that_end_count);
    page_write_sheet(p, n);
}

static void write_list(struct page *p, const char *word, const char *const *lines, size_t count)
{
    if (count == 0)
        return;
    fprintf(p->out, "<h3>%s</h3>\n<ul>\n", word);
    for (size_t i = 0; i < count; i++) {
        fputs("<li>", p->out);
        page_put(p->out, lines[i]);
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
        page_put(p->out, p->x->files[n->clocks[i].source].name);
        fprintf(p->out, " is %lld ms %s that of ", (long long)(ahead < 0 ? -ahead : ahead),
                ahead < 0 ? "behind" : "ahead of");
        page_put(p->out, p->x->files[n->clocks[i].than].name);
        fputs("</p>\n", p->out);
    }
}

static void write_translation(struct page *p, const struct report_negotiation *n)
{
    const struct translation *t = &n->translation;

    if (!n->joined)
        return;
    fputs("<p class=\"soft\">NAT stands between the files: the initiator is ", p->out);
    page_put_ip(p->out, t->before, "");
    fputs(" in ", p->out);
    page_put(p->out, p->x->files[t->source_before].name);
    fputs(", and ", p->out);
    page_put_ip(p->out, t->after, "");
    fputs(" in ", p->out);
    page_put(p->out, p->x->files[t->source_after].name);
    fprintf(p->out, "; it is one negotiation, for %s</p>\n", n->joined);
}

static void write_negotiation(struct page *p, const struct report_negotiation *n)
{
    collect_lines(p, n);
    fputs("<section>\n<h2>", p->out);
    page_put_ip(p->out, n->local, "this end");
    fputs(n->role == ROLE_RESPONDER ? " &larr; " : " &rarr; ", p->out);
    page_put_ip(p->out, n->peer, "the peer");
    fprintf(p->out, "</h2>\n<p class=\"soft\">%s, %s mode, %s, %s (IOS: %s)", role_name(n->role), mode_name(n->mode),
            outcome_name(n->outcome), n->stage.asa, n->stage.ios);
    if (n->attempts > 1)
        fprintf(p->out, ", %u attempts", n->attempts);
    fputs("</p>\n", p->out);
    for (size_t i = 0; n->end_count > 1 && i < n->end_count; i++)
        fprintf(p->out, "<p class=\"soft\">The %s's end: %s (IOS: %s)</p>\n", role_name(n->ends[i].role),
                n->ends[i].stage.asa, n->ends[i].stage.ios);
    write_clocks(p, n);
    write_translation(p, n);
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
        page_put(p->out, f->name);
        fputs("</code></td><td>", p->out);
        page_put(p->out, f->error && !f->source ? f->error : source_kind_meaning(f->sum.kind));
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
