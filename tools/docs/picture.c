/* A ladder as SVG: two life lines, the states in boxes on them, the messages as arrows between. All whole numbers, so
 * that the same table always gives the same file. */
#include "picture.h"

#include "page.h"

#include <string.h>

enum {
    WIDTH = 920,
    LINE_X = 150, /* of the initiator's life line; the responder's is as far from the other edge */
    BOX_WIDTH = 190,
    BOX_HEIGHT = 42,
    TOP = 96,
    GAP = 16,
    MESSAGE_HEIGHT = 44,
    NOTE_HEIGHT = 30,
};

static const char *const sa_colour[] = {
    [SA_NEW] = "#9aa5b1", [SA_NEGOTIATING] = "#d9822b", [SA_UP] = "#1f7a4d", [SA_DEAD] = "#7b1e1e"};
static const char *const clear_colour = "#33475b", *const sealed_colour = "#1f7a4d";

struct canvas {
    FILE *file;
    int y[2]; /* down to where each life line is drawn */
    enum sa_state sa[2];
};

static int line_x(enum side side)
{
    return side == INITIATOR ? LINE_X : WIDTH - LINE_X;
}

static void text(FILE *file, int x, int y, int size, const char *anchor, const char *colour, const char *more,
                 const char *words)
{
    fprintf(file, "<text x=\"%d\" y=\"%d\" font-size=\"%d\" text-anchor=\"%s\" fill=\"%s\"%s>%s</text>\n", x, y, size,
            anchor, colour, more, words);
}

static void line_down(struct canvas *canvas, enum side side, int to)
{
    if (to > canvas->y[side])
        fprintf(canvas->file, "<path d=\"M%d %d V%d\" stroke=\"%s\" stroke-width=\"4\"/>\n", line_x(side),
                canvas->y[side], to, sa_colour[canvas->sa[side]]);
    canvas->y[side] = to;
}

static void box(struct canvas *canvas, enum side side, unsigned state)
{
    const struct state_info *info = state_info(state);
    int x = line_x(side), y = canvas->y[side];
    char second[96];

    fprintf(canvas->file,
            "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"8\" fill=\"#f5f7fa\" stroke=\"%s\" "
            "stroke-width=\"2\"/>\n",
            x - BOX_WIDTH / 2, y, BOX_WIDTH, BOX_HEIGHT, sa_colour[canvas->sa[side]]);
    text(canvas->file, x, y + 18, 14, "middle", "#102a43", " font-weight=\"bold\"", info->asa);
    /* Where the ASA has one name for two states of ours, the tables of the page have ours. */
    if (strcmp(info->name, info->asa) == 0)
        snprintf(second, sizeof second, "%s", info->ios);
    else
        snprintf(second, sizeof second, "%s, here %s", info->ios, info->name);
    text(canvas->file, x, y + 35, 12, "middle", "#627d98", "", second);
    canvas->y[side] += BOX_HEIGHT;
}

static void arrow(struct canvas *canvas, const struct rung *rung)
{
    FILE *file = canvas->file;
    int y = (canvas->y[0] > canvas->y[1] ? canvas->y[0] : canvas->y[1]) + MESSAGE_HEIGHT;
    int way = rung->side == INITIATOR ? 1 : -1;
    int from = line_x(rung->side) + 4 * way, to = WIDTH - line_x(rung->side) - 4 * way;
    const char *colour = rung->is_sealed ? sealed_colour : clear_colour;

    line_down(canvas, INITIATOR, y);
    line_down(canvas, RESPONDER, y);
    fprintf(file, "<path d=\"M%d %d H%d\" stroke=\"%s\" stroke-width=\"2\"/>\n", from, y, to - 10 * way, colour);
    fprintf(file, "<path d=\"M%d %d l%d -6 v12 z\" fill=\"%s\"/>\n", to, y, -12 * way, colour);
    fprintf(file, "<text x=\"%d\" y=\"%d\" font-size=\"14\" text-anchor=\"middle\" fill=\"%s\">", WIDTH / 2, y - 9,
            colour);
    fprintf(file, "<tspan font-weight=\"bold\">%u</tspan>&#160;&#160; HDR%s", rung->number, rung->is_sealed ? "*" : "");
    for (unsigned i = 0; i < rung->part_count; i++) {
        const struct part_shown *part = &rung->parts[i];

        fprintf(file, ", %s%s%s%s", part->is_needed ? "" : "[", payload_name(part->type),
                part->is_several ? " &#8230;" : "", part->is_needed ? "" : "]");
    }
    fprintf(file, "</text>\n");
}

static void note(struct canvas *canvas, const struct rung *rung)
{
    int way = rung->side == INITIATOR ? 1 : -1;
    int y = canvas->y[rung->side] + NOTE_HEIGHT;

    line_down(canvas, rung->side, y);
    fprintf(canvas->file, "<circle cx=\"%d\" cy=\"%d\" r=\"5\" fill=\"#ffffff\" stroke=\"%s\" stroke-width=\"2\"/>\n",
            line_x(rung->side), y - 8, clear_colour);
    text(canvas->file, line_x(rung->side) + 14 * way, y - 4, 13, way > 0 ? "start" : "end", "#486581",
         " font-style=\"italic\"", input_words(rung->input));
}

static void rung_draw(struct canvas *canvas, const struct rung *rung)
{
    if (rung->is_message)
        arrow(canvas, rung);
    else
        note(canvas, rung);
    for (int side = 0; side < 2; side++) {
        canvas->sa[side] = rung->sa[side];
        if (!rung->has_changed[side])
            continue;
        line_down(canvas, side, canvas->y[side] + (rung->is_message ? GAP : 2));
        box(canvas, side, rung->after[side]);
    }
}

static int height_of(const struct ladder *ladder)
{
    int y[2] = {TOP, TOP};

    for (int side = 0; side < 2; side++)
        if (ladder->from[side] != NO_STATE)
            y[side] += BOX_HEIGHT;
    for (unsigned i = 0; i < ladder->rung_count; i++) {
        const struct rung *rung = &ladder->rungs[i];

        if (rung->is_message)
            y[0] = y[1] = (y[0] > y[1] ? y[0] : y[1]) + MESSAGE_HEIGHT;
        else
            y[rung->side] += NOTE_HEIGHT;
        for (int side = 0; side < 2; side++)
            if (rung->has_changed[side])
                y[side] += (rung->is_message ? GAP : 2) + BOX_HEIGHT;
    }
    return (y[0] > y[1] ? y[0] : y[1]) + 2 * GAP;
}

/* What the colours and brackets mean, in one line at the foot. */
static void legend(FILE *file, int y)
{
    static const struct {
        enum sa_state sa;
        int x;
        const char *words;
    } rows[] = {{SA_NEW, 24, "no ISAKMP SA yet"}, {SA_NEGOTIATING, 170, "negotiating"}, {SA_UP, 280, "ISAKMP SA up"}};

    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        fprintf(file, "<rect x=\"%d\" y=\"%d\" width=\"14\" height=\"6\" fill=\"%s\"/>\n", rows[i].x, y - 8,
                sa_colour[rows[i].sa]);
        text(file, rows[i].x + 20, y, 12, "start", "#486581", "", rows[i].words);
    }
    text(file, WIDTH - 24, y, 12, "end", "#486581", "",
         "HDR* encrypted &#160; [ ] may be absent &#160; &#8230; may stand more than once");
}

void picture_draw(const char *name, const char *title, const char *const heads[2], const struct ladder *ladder)
{
    int height = height_of(ladder), foot = height + 40;
    struct canvas canvas = {.file = file_begin(name), .y = {TOP, TOP}, .sa = {ladder->sa[0], ladder->sa[1]}};

    fprintf(canvas.file,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
            "font-family=\"Helvetica, Arial, 'DejaVu Sans', sans-serif\" fill=\"none\">\n"
            "<title>%s</title>\n"
            "<rect x=\"1\" y=\"1\" width=\"%d\" height=\"%d\" rx=\"10\" fill=\"#ffffff\" stroke=\"#d9e2ec\"/>\n",
            WIDTH, foot, WIDTH, foot, title, WIDTH - 2, foot - 2);
    text(canvas.file, WIDTH / 2, 34, 18, "middle", "#102a43", " font-weight=\"bold\"", title);
    for (int side = 0; side < 2; side++) {
        text(canvas.file, line_x(side), TOP - 28, 15, "middle", "#102a43", "", heads[side]);
        if (ladder->from[side] != NO_STATE)
            text(canvas.file, line_x(side), TOP - 10, 12, "middle", "#627d98", "", "state on an ASA, on IOS");
    }
    for (int side = 0; side < 2; side++)
        if (ladder->from[side] != NO_STATE)
            box(&canvas, side, ladder->from[side]);
    for (unsigned i = 0; i < ladder->rung_count; i++)
        rung_draw(&canvas, &ladder->rungs[i]);
    for (int side = 0; side < 2; side++)
        line_down(&canvas, side, height - GAP);
    legend(canvas.file, foot - 18);
    fprintf(canvas.file, "</svg>\n");
    page_end(canvas.file);
}
