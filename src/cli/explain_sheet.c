/* What goes to the other company: plain text within the page, to be taken by one click and mailed. It quotes no line of
 * a log: names of groups and users stand there. No key is in a repair; with --redact no address and no name is either. */
#include "cli/explain_page.h"

#include <string.h>

static void put_time(struct page *p, const struct report_negotiation *n)
{
    char first[EXPLAIN_TIME_SIZE], last[EXPLAIN_TIME_SIZE];
    uint16_t source = n->step_count ? n->steps[0].source : 0;

    if (!n->has_time)
        return;
    fputs("When:     ", p->out);
    page_put(p->out, explain_time(p->x, source, n->first_ms, first));
    fputs(" to ", p->out);
    page_put(p->out, explain_time(p->x, source, n->last_ms, last));
    if (n->attempts > 1)
        fprintf(p->out, ", %u attempts", n->attempts);
    fputs(", by our clock\n", p->out);
}

static void put_state(struct page *p, const struct report_negotiation *n)
{
    fprintf(p->out, "State:    %s (IOS: %s)", n->stage.asa, n->stage.ios);
    if (*n->story) {
        fputs(": ", p->out);
        page_put(p->out, n->story);
    }
    fputc('\n', p->out);
}

static void put_all(struct page *p, const char *word, const char *const *lines, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        fprintf(p->out, "%-9s ", i == 0 ? word : "");
        page_put(p->out, lines[i]);
        fputc('\n', p->out);
    }
}

static void put_belief(struct page *p, const struct report_cause *c)
{
    fprintf(p->out, "Cause:    ");
    page_put(p->out, c->sentence);
    fprintf(p->out, " (%s, %.2f)\n", strength_name(c->strength), c->score);
    for (size_t i = 0; i < c->evidence_count; i++) {
        if (i > 0 && strcmp(c->evidence[i].sentence, c->evidence[i - 1].sentence) == 0)
            continue; /* another file tells it, too */
        fprintf(p->out, "%-9s ", i == 0 ? "Because:" : "");
        page_put(p->out, c->evidence[i].sentence);
        if (c->evidence[i].count > 1)
            fprintf(p->out, " (%u times)", c->evidence[i].count);
        fputc('\n', p->out);
    }
}

/* The end whose log was given is ours; of both or of none, the one that the report calls this end. */
static bool is_ours_the_peer(const struct page *p, const struct report_negotiation *n)
{
    bool has_local = false, has_peer = false;

    for (size_t i = 0; i < n->end_count; i++)
        for (size_t k = 0; k < n->ends[i].source_count; k++)
            if (p->x->files[n->ends[i].sources[k]].sum.kind != SOURCE_CAPTURE)
                *(n->ends[i].role == n->role ? &has_local : &has_peer) = true;
    return has_peer && !has_local;
}

static void put_tunnel(struct page *p, const struct report_negotiation *n, bool is_swapped)
{
    bool do_we_begin = (n->role == ROLE_INITIATOR) != is_swapped;

    page_put_ip(p->out, is_swapped ? n->peer : n->local, "our end");
    fputs(" (ours), ", p->out);
    page_put_ip(p->out, is_swapped ? n->local : n->peer, "your end");
    fprintf(p->out, " (yours); IKEv1, %s mode, %s\n", mode_name(n->mode),
            n->role == ROLE_UNKNOWN ? "who begins is not known"
            : do_we_begin           ? "our end begins"
                                    : "your end begins");
}

void page_write_sheet(struct page *p, const struct report_negotiation *n)
{
    const struct report_cause *c = &n->causes[0];
    bool is_swapped = is_ours_the_peer(p, n);

    fputs("<h3>For the other company</h3>\n<pre class=\"sheet\">Tunnel:   ", p->out);
    put_tunnel(p, n, is_swapped);
    put_time(p, n);
    put_state(p, n);
    put_all(p, "Proven:", n->proven, n->proven_count);
    put_all(p, "Open:", n->open, n->open_count);
    put_belief(p, c);
    for (size_t i = 1; i < n->cause_count; i++) {
        fprintf(p->out, "%-9s ", i == 1 ? "Or else:" : "");
        page_put(p->out, n->causes[i].sentence);
        fprintf(p->out, " (%.2f)\n", n->causes[i].score);
    }
    if (*c->missing)
        put_all(p, "Please:", &c->missing, 1);
    put_all(p, "Yours:", is_swapped ? c->this_end : c->that_end, is_swapped ? c->this_end_count : c->that_end_count);
    fputs("</pre>\n", p->out);
}
