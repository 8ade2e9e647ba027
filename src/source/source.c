#include "base/check.h"
#include "source/parts.h"

#include <string.h>

size_t source_space(void)
{
    return sizeof(struct source) + 64 + phrase_index_space() + plain_rows_space() +
           plain_memory_space(); /* the arena may have to align */
}

struct source *source_new(struct arena *arena, uint16_t number)
{
    struct source *s = arena_take(arena, sizeof *s);

    if (!s)
        return NULL;
    s->number = number;
    s->index = phrase_index_new(arena);
    s->said.plain = plain_rows_new(arena);
    s->said.texts = plain_memory_new(arena);
    return s->index && s->said.plain && s->said.texts ? s : NULL;
}

void source_wipe(struct source *s)
{
    bytes_wipe(s, sizeof *s);
}

void source_print_to(struct source *s, struct text *to)
{
    s->packets.print = to;
}

void source_feed(struct source *s, struct bytes bytes)
{
    CHECK(s->input.len == 0 && !s->has_ended);
    s->input = s->fed = bytes;
    s->next_sign = s->next_k = NULL;
    s->sum.bytes += bytes.len;
}

void source_end(struct source *s)
{
    s->has_ended = true;
}

const char *source_unread(const struct source *s, size_t index, uint32_t *line)
{
    if (index >= s->unread_count)
        return NULL;
    *line = s->unread[index].line;
    return s->unread[index].text;
}

struct source_summary source_summary(const struct source *s)
{
    struct source_summary sum = s->sum;

    if (s->form == FORM_CAPTURE) /* also without a packet */
        sum.kind = SOURCE_CAPTURE;
    if (s->journal.is_one)
        sum.kind_lines[sum.kind = SOURCE_JOURNAL] = sum.lines;
    for (enum source_kind kind = 0; kind < SOURCE_KINDS; kind++)
        if (sum.kind_lines[kind] > sum.kind_lines[sum.kind])
            sum.kind = kind;
    return sum;
}

void source_is(struct source *s, enum source_kind kind, enum product product)
{
    screen_interrupted(s);
    if (kind != SOURCE_CONFIGURATION)
        configuration_end(s);
    s->kind = kind;
    s->product = product;
    s->kind_before = kind;
    s->sum.product = product != PRODUCT_UNKNOWN ? product : s->sum.product;
}

static void note_time(struct source *s, uint64_t ms)
{
    if (!s->sum.has_time || ms < s->sum.first_ms)
        s->sum.first_ms = ms;
    if (!s->sum.has_time || ms > s->sum.last_ms)
        s->sum.last_ms = ms;
    s->sum.has_time = true;
}

/* A stamp that does not tell the day, or the year, goes back at midnight, or at New Year. */
static void place_stamp(struct source *s)
{
    const uint64_t day_ms = 86400000, year_ms = 365 * day_ms;

    if (s->stamp.extent == STAMP_WHOLE) {
        s->year = s->stamp.year;
        s->sum.has_year = true;
    } else if (s->stamp.extent != STAMP_NONE) {
        uint64_t span = s->stamp.extent == STAMP_TIME ? day_ms : year_ms;

        if (s->stamp_before_ms < span && s->stamp_before_ms > s->stamp.ms + span / 2)
            s->added_ms += span;
        s->stamp_before_ms = s->stamp.ms;
        s->stamp.ms += s->added_ms;
    }
    if (s->stamp.extent != STAMP_NONE)
        note_time(s, s->stamp.ms);
}

void source_stamp(struct source *s, struct bytes head)
{
    if (s->stamped.len > 0 && bytes_equal(head, bytes_of(s->stamped.head, s->stamped.len))) {
        s->stamp = s->stamped.stamp;
        return;
    }
    if (s->stamped.len == 0 || !stamp_follow(&s->stamped.read, bytes_of(s->stamped.head, s->stamped.len), head))
        s->stamped.read = stamp_read(head, s->year);
    s->stamp = s->stamped.read;
    place_stamp(s);
    s->stamped.len = head.len <= sizeof s->stamped.head ? head.len : 0;
    if (s->stamped.len > 0)
        memcpy(s->stamped.head, head.data, head.len);
    s->stamped.stamp = s->stamp;
    s->stamped.is_asa = false;
}

void source_hold(struct source *s, struct bytes line)
{
    size_t len = line.len < sizeof s->held ? line.len : 0;

    memcpy(s->held, line.data, len);
    s->held_len = len;
    s->held_line = s->line;
}

/* ---- What kind of file it is ---- */

/* The first four bytes tell a capture; they may come one by one. */
static bool form_step(struct source *s)
{
    uint8_t first[4];
    size_t carried = s->carry_len, more = sizeof first - carried;

    if (s->input.len < more && !s->has_ended) {
        source_keep(s);
        return false;
    }
    memcpy(first, s->carry, carried);
    if (s->input.len >= more) {
        memcpy(first + carried, s->input.data, more);
        s->form = capture_is(BYTES_OF(first)) ? FORM_CAPTURE : FORM_TEXT;
    } else {
        s->form = FORM_TEXT;
    }
    return true;
}

bool source_step(struct source *s)
{
    switch (s->form) {
    case FORM_UNKNOWN: return form_step(s);
    case FORM_TEXT: return text_step(s);
    case FORM_CAPTURE: return capture_step(s);
    }
    return false;
}

const char *source_kind_name(enum source_kind kind)
{
    static const char *const names[] = {
#define KIND(name, json, ...) json,
#include "source/kinds.def"
#undef KIND
    };

    return names[kind];
}

const char *source_kind_meaning(enum source_kind kind)
{
    static const char *const meanings[] = {
#define KIND(name, json, product, vantage, meaning) meaning,
#include "source/kinds.def"
#undef KIND
    };

    return meanings[kind];
}
