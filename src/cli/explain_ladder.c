/* The messages of a negotiation: drawn between both ends, and one by one with what is in them. */
#include "cli/explain_messages.h"
#include "cli/explain_page.h"

#include <string.h>

enum { WIDTH = 1080, TIME_X = 104, LEFT_X = 150, RIGHT_X = 400, TEXT_X = 424, HEAD = 46, ROW = 40, GAP_MS = 1000 };

static const char *clock_of(const struct page *p, const struct report_step *s, char space[static EXPLAIN_TIME_SIZE])
{
    const char *clock = s->has_time ? explain_time(p->x, s->source, s->time_ms, space) : "";
    const char *day = strrchr(clock, ' ');

    return day ? day + 1 : clock;
}

enum { NAME_MAX_SHOWN = 36 };

/* Without its folder, and of a long one the end: a drawing does not break its lines. */
static const char *short_name(const char *name, char space[static NAME_MAX_SHOWN + 1])
{
    const char *slash = strrchr(name, '/');
    size_t len;

    name = slash && slash[1] ? slash + 1 : name;
    len = strlen(name);
    snprintf(space, NAME_MAX_SHOWN + 1, "%s%s", len > NAME_MAX_SHOWN ? "..." : "",
             len > NAME_MAX_SHOWN ? name + len - (NAME_MAX_SHOWN - 3) : name);
    return space;
}

/* Where what is in a message stands: of negotiation and step. */
#define PLACE "n%zu-m%zu"

enum { PLACE_SIZE = 48 };

/* The message itself is in one of the files, or at least the line of a log that lists what is in it. */
static bool has_contents(const struct page *p, const struct report_negotiation *n, const struct report_step *s)
{
    return (*s->name && *report_text(s->text)) || explain_message_of(p->x->messages, n, s);
}

/* The arrow of a message; what is lost ends half way. */
static void put_arrow(FILE *out, const struct report_step *s, const char *link, int y)
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
    if (*link)
        fprintf(out, "<a href=\"#%s\">", link);
    page_put(out, s->name);
    if (s->count > 1)
        fprintf(out, " (%u times)", s->count);
    fputs(*link ? "</a></text>" : "</text>", out);
}

/* `link`: the place of its contents; "" when it has none. */
static void put_step(struct page *p, const struct report_step *s, const struct report_step *before, const char *link,
                     int y)
{
    char space[EXPLAIN_TIME_SIZE], name[NAME_MAX_SHOWN + 1];
    FILE *out = p->out;

    fprintf(out, "<g><text class=\"end\" x=\"%d\" y=\"%d\">", TIME_X, y + 4);
    page_put(out, clock_of(p, s, space));
    fputs("</text>", out);
    if (before && before->has_time && s->has_time && before->source == s->source &&
        s->time_ms >= before->time_ms + GAP_MS)
        fprintf(out, "<text class=\"small end\" x=\"%d\" y=\"%d\">+%.1f s</text>", TIME_X, y + 18,
                (double)(s->time_ms - before->time_ms) / 1000);
    if (*s->name)
        put_arrow(out, s, link, y);
    else
        fprintf(out, "<circle class=\"dot\" cx=\"%d\" cy=\"%d\" r=\"3.5\"/>", (LEFT_X + RIGHT_X) / 2, y);
    fprintf(out, "<text x=\"%d\" y=\"%d\">", TEXT_X, y - 1);
    page_put(out, s->sentence);
    fprintf(out, "</text><text class=\"small\" x=\"%d\" y=\"%d\">", TEXT_X, y + 14);
    if (*s->fate) {
        fputs("<tspan class=\"bad\">", out);
        page_put(out, s->fate);
        fputs("</tspan> ", out);
    }
    page_put_where(p, short_name(p->x->files[s->source].name, name), s->source, s->line, s->last_line, s->count);
    fputs("</text></g>\n", out);
}

/* "MM_WAIT_MSG4": the message that never came, unless the ladder has it. False when the stage waits for none. */
static bool find_missing(const struct report_negotiation *n, struct report_step *missing, char name[static 2])
{
    const char *at = strstr(n->stage.asa, "_WAIT_MSG");

    if (!explain_is_trouble(n) || !at || at[9] < '1' || at[9] > '6' || strncmp(n->stage.asa, "MM_", 3) != 0)
        return false;
    name[0] = at[9];
    name[1] = '\0';
    *missing = (struct report_step){
        .name = name, .sentence = "never came", .fate = "missing", .is_from_initiator = (at[9] - '0') % 2 == 1};
    for (size_t i = 0; i < n->step_count; i++)
        if (strcmp(n->steps[i].name, name) == 0)
            return false;
    return true;
}

void page_write_ladder(struct page *p, const struct report_negotiation *n)
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
    page_put_ip(p->out, left, "");
    fprintf(p->out, "</text><text class=\"small mid\" x=\"%d\" y=\"29\">", RIGHT_X);
    page_put_ip(p->out, right, "");
    fprintf(p->out,
            "</text>\n<line class=\"life\" x1=\"%d\" y1=\"36\" x2=\"%d\" y2=\"%d\"/>"
            "<line class=\"life\" x1=\"%d\" y1=\"36\" x2=\"%d\" y2=\"%d\"/>\n",
            LEFT_X, LEFT_X, height - ROW, RIGHT_X, RIGHT_X, height - ROW);
    for (size_t i = 0; i < n->step_count; i++) {
        char link[PLACE_SIZE] = "";

        if (has_contents(p, n, &n->steps[i]))
            snprintf(link, sizeof link, PLACE, p->index, i);
        put_step(p, &n->steps[i], i ? &n->steps[i - 1] : NULL, link, HEAD + (int)i * ROW + ROW / 2);
    }
    if (is_missing)
        put_step(p, &missing, NULL, "", HEAD + (int)n->step_count * ROW + ROW / 2);
    fprintf(p->out, "<text x=\"%d\" y=\"%d\"%s>", LEFT_X - 46, height - 12,
            n->outcome == OUTCOME_UP ? "" : " class=\"bad\"");
    page_put(p->out, n->stage.asa);
    if (*n->story && n->outcome != OUTCOME_UP) {
        fputs(": ", p->out);
        page_put(p->out, n->story);
    }
    fputs("</text>\n</svg>\n", p->out);
}

/* ---- one by one ---- */

static void put_lines(FILE *out, const char *text)
{
    char line[1024];

    while (*text) {
        size_t len = strcspn(text, "\n"), shown = len < sizeof line ? len : sizeof line - 1;

        memcpy(line, text, shown);
        line[shown] = '\0';
        page_put(out, line);
        text += shown;
        if (*text == '\n') {
            fputc('\n', out);
            text++;
        }
    }
}

static void write_message(struct page *p, const struct report_negotiation *n, size_t index)
{
    const struct report_step *s = &n->steps[index];
    const char *decoded = explain_message_of(p->x->messages, n, s);
    char space[EXPLAIN_TIME_SIZE];

    fputs("<details class=\"message\"><summary>", p->out);
    page_put(p->out, clock_of(p, s, space));
    fputs(s->is_from_initiator ? " &rarr; " : " &larr; ", p->out);
    page_put(p->out, s->sentence);
    fprintf(p->out, "</summary><pre id=\"" PLACE "\">", p->index, index);
    put_lines(p->out, decoded ? decoded : report_text(s->text));
    fputs("</pre></details>\n", p->out);
}

void page_write_messages(struct page *p, const struct report_negotiation *n)
{
    bool is_any = false;

    for (size_t i = 0; i < n->step_count; i++) {
        if (!has_contents(p, n, &n->steps[i]))
            continue;
        fputs(is_any ? "" : "<h3>The messages, opened by a click</h3>\n", p->out);
        is_any = true;
        write_message(p, n, i);
    }
}
