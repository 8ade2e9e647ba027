#include "base/check.h"
#include "source/parts.h"

#include <string.h>

size_t source_space(void)
{
    return sizeof(struct source) + 64 + phrase_index_space(); /* the arena may have to align */
}

struct source *source_new(struct arena *arena, uint16_t number)
{
    struct source *s = arena_take(arena, sizeof *s);

    if (!s)
        return NULL;
    s->number = number;
    s->index = phrase_index_new(arena);
    return s->index ? s : NULL;
}

void source_wipe(struct source *s)
{
    bytes_wipe(s, sizeof *s);
}

void source_feed(struct source *s, struct bytes bytes)
{
    CHECK(s->input.len == 0 && !s->has_ended);
    s->input = bytes;
    s->sum.bytes += bytes.len;
}

void source_end(struct source *s)
{
    s->has_ended = true;
}

const char *source_text(struct source *s)
{
    struct text t = text_of(s->made_text, sizeof s->made_text);

    if (s->packet_slot == 0)
        return s->text;
    isakmp_add_text(&t, &s->queue[s->packet_slot - 1].event);
    return s->made_text;
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

    for (enum source_kind kind = 0; kind < SOURCE_KINDS; kind++)
        if (sum.kind_lines[kind] > sum.kind_lines[sum.kind])
            sum.kind = kind;
    return sum;
}

void source_is(struct source *s, enum source_kind kind, enum product product)
{
    screen_end(s); /* a screen is over when something else begins */
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
    s->stamp = stamp_read(head, s->year);
    place_stamp(s);
    s->stamped.len = head.len <= sizeof s->stamped.head ? head.len : 0;
    if (s->stamped.len > 0)
        memcpy(s->stamped.head, head.data, head.len);
    s->stamped.stamp = s->stamp;
}

void source_say(struct source *s, const struct event *e)
{
    CHECK(e->kind != EV_NONE);
    if (s->queue_count == QUEUE_MAX)
        return;
    struct observation *o = &s->queue[s->queue_count++];

    event_copy(&o->event, e);
    o->source = s->number;
    o->line = s->line;
    o->record = ++s->sum.records;
    o->has_time = s->stamp.extent != STAMP_NONE;
    o->time_ms = s->stamp.ms;
    o->vantage = s->kind == SOURCE_CAPTURE         ? VANTAGE_WIRE
                 : s->kind == SOURCE_CONFIGURATION ? VANTAGE_CONFIGURATION
                                                   : VANTAGE_DEVICE;
    o->product = (uint8_t)s->product;
    s->sum.ikev2 += e->kind == EV_IKEV2_SEEN;
}

static void note_unread(struct source *s, struct bytes line)
{
    s->sum.unread++;
    if (s->unread_count == SOURCE_SAMPLES_MAX)
        return;
    struct text t = text_of(s->unread[s->unread_count].text, SOURCE_SAMPLE_SIZE);
    text_add(&t, "%.*s", (int)(line.len < SOURCE_SAMPLE_SIZE ? line.len : SOURCE_SAMPLE_SIZE), (const char *)line.data);
    s->unread[s->unread_count++].line = s->line;
}

static void set_text(struct source *s, uint8_t own)
{
    struct bytes text = own ? bytes_of_text(s->own_texts[own - 1]) : s->text_line;
    size_t len = text.len < sizeof s->text ? text.len : sizeof s->text - 1;

    if (text.len == 0)
        return;
    memcpy(s->text, text.data, len);
    s->text[len] = '\0';
}

void source_say_as(struct source *s, const struct event *e, const char *text)
{
    size_t before = s->queue_count, own = s->own_text_count < OWN_TEXTS_MAX ? s->own_text_count++ : OWN_TEXTS_MAX - 1;
    struct text t = text_of(s->own_texts[own], sizeof s->own_texts[0]);

    text_add(&t, "%s", text);
    source_say(s, e);
    if (s->queue_count > before)
        s->own_text[before] = (uint8_t)(own + 1);
}

struct text source_text_begin(struct source *s)
{
    s->text_line = (struct bytes){0};
    return text_of(s->text, sizeof s->text);
}

void source_hold(struct source *s, struct bytes line)
{
    size_t len = line.len < sizeof s->held ? line.len : 0;

    memcpy(s->held, line.data, len);
    s->held_len = len;
    s->held_line = s->line;
}

/* The readers in the order in which they are asked: the surest marks first. */
static enum reading (*const readers[])(struct source *, struct bytes) = {
    asa_line, ios_line, charon_line, pluto_line, racoon_line, screen_line, configuration_line,
};

static void count_reading(struct source *s, enum reading reading, struct bytes line)
{
    if (reading != READ_NOT_MINE)
        s->sum.kind_lines[s->kind]++;
    switch (reading) {
    case READ_SAID: s->sum.understood++; return;
    case READ_HELD: return; /* counted with its other half */
    case READ_NOT_MINE:
    case READ_OTHER: s->sum.ignored++; return;
    case READ_UNREAD: note_unread(s, line); return;
    }
}

/* RT2# , asa/act(config)# show version, router> */
static bool is_prompt(struct bytes line)
{
    size_t len = 0;

    while (len < line.len && line.data[len] > ' ' && line.data[len] != '#' && line.data[len] != '>')
        len++;
    return len > 0 && len < 64 && len < line.len && line.data[len] != ' ';
}

static void read_line(struct source *s, struct bytes line)
{
    enum reading reading = READ_NOT_MINE;

    s->stamp = (struct stamp){STAMP_NONE, 0, 0};
    s->kind = SOURCE_UNKNOWN;
    s->product = PRODUCT_UNKNOWN;
    s->text_line = line;
    s->text[0] = '\0';
    for (size_t i = 0; i < COUNT_OF(readers) && reading == READ_NOT_MINE && line.len > 0; i++)
        reading = readers[i](s, line);
    if (reading == READ_NOT_MINE && is_prompt(line))
        screen_end(s);
    count_reading(s, reading, line);
}

/* A line that continues the one before: it is indented, or is IOS's second half of a deletion, and has no stamp. */
static bool is_continuation(struct bytes line)
{
    return bytes_begin_with(line, bytes_of_text("state (")) || bytes_begin_with(line, bytes_of_text("  ")) ||
           bytes_begin_with(line, bytes_of_text("authenticated"));
}

/* The other half did not come. */
static void drop_held(struct source *s)
{
    uint32_t here = s->line;

    if (s->held_len == 0)
        return;
    s->line = s->held_line;
    note_unread(s, bytes_of(s->held, s->held_len));
    s->held_len = 0;
    s->line = here;
}

static void read_with_held(struct source *s, struct bytes line)
{
    char whole[sizeof s->held + SOURCE_LINE_MAX];
    struct text t = text_of(whole, sizeof whole);

    if (!is_continuation(line)) {
        drop_held(s);
        read_line(s, line);
        return;
    }
    text_add(&t, "%.*s %.*s", (int)s->held_len, s->held, (int)line.len, (const char *)line.data);
    s->held_len = 0;
    size_t unread = s->sum.unread, understood = s->sum.understood;
    read_line(s, bytes_of(t.data, t.len));
    s->sum.understood += s->sum.understood - understood; /* both lines */
    s->sum.unread += s->sum.unread - unread;
}

/* ---- From bytes to lines ---- */

/* What web pages make of a log: their typography is undone. */
static const struct {
    const char *from, *to;
} typography[] = {
    {"\xc2\xa0", " "},      {"\xc3\x97", "x"},       {"\xe2\x80\x93>", "-->"}, {"\xe2\x80\x94>", "-->"},
    {"\xe2\x80\x93", "-"},  {"\xe2\x80\x94", "---"}, {"\xe2\x80\x98", "'"},    {"\xe2\x80\x99", "'"},
    {"\xe2\x80\x9c", "\""}, {"\xe2\x80\x9d", "\""},  {"\xe2\x80\xa6", "..."},  {"\xef\xbb\xbf", ""},
};

static struct bytes take_wide(struct bytes line, struct text *t)
{
    for (size_t i = 0; i < COUNT_OF(typography); i++)
        if (bytes_begin_with(line, bytes_of_text(typography[i].from))) {
            text_add(t, "%s", typography[i].to);
            return bytes_after(line, strlen(typography[i].from));
        }
    text_add(t, "\\x%02x", line.data[0]);
    return bytes_after(line, 1);
}

/* ESC [ ... letter: colours and cursor movements of a terminal. */
static struct bytes pass_escape(struct bytes line)
{
    size_t len = 1;

    if (line.len > 1 && line.data[1] == '[') {
        len = 2;
        while (len < line.len && len < 16 && (line.data[len] < '@' || line.data[len] > '~'))
            len++;
        len++;
    }
    return bytes_after(line, len < line.len ? len : line.len);
}

static bool is_pager(const struct text *t)
{
    return t->len < 80 && (strstr(t->data, "--More--") || strstr(t->data, "<--- More --->"));
}

static struct bytes take_control(struct bytes line, struct text *t)
{
    uint8_t c = line.data[0];

    if (c == 0x1b)
        return pass_escape(line);
    if (c == '\b' && t->len > 0)
        t->data[--t->len] = '\0';
    else if (c == '\r' && is_pager(t))
        t->data[t->len = 0] = '\0';
    else if (c == '\t' || (c == '\r' && line.len > 1))
        text_add(t, " ");
    else if (c != '\r' && c != '\0' && c != '\b') /* a zero is every second byte of text in two-byte characters */
        text_add(t, "\\x%02x", c);
    return bytes_after(line, 1);
}

/* Nothing to be undone, and no pager: a view of the line itself will do. */
static bool is_plain(struct bytes line)
{
    unsigned faults = 0;

    for (size_t i = 0; i < line.len; i++)
        faults |= line.data[i] < ' ' || line.data[i] >= 0x7f;
    return faults == 0;
}

/* Printable ASCII; runs of it are copied whole. */
static struct bytes tidy(struct source *s, struct bytes line)
{
    if (line.len > 0 && line.data[line.len - 1] == '\r')
        line.len--;
    if (line.len >= 80 && is_plain(line))
        return line;
    struct text t = text_of(s->tidy, sizeof s->tidy);

    while (line.len > 0 && !t.is_cut) {
        size_t len = 0, room = t.size - 1 - t.len;

        while (len < line.len && line.data[len] >= ' ' && line.data[len] < 0x7f)
            len++;
        if (len > 0) {
            size_t copied = len < room ? len : room;

            memcpy(t.data + t.len, line.data, copied);
            t.len += copied;
            t.data[t.len] = '\0';
            t.is_cut = copied < len;
            line = bytes_after(line, len);
        } else {
            line = line.data[0] < ' ' ? take_control(line, &t) : take_wide(line, &t);
        }
    }
    if (is_pager(&t)) {
        const char *end = strstr(t.data, "--More--") ? strstr(t.data, "--More--") + 8 : strstr(t.data, "More --->") + 9;
        return bytes_of(end, t.len - (size_t)(end - t.data));
    }
    return bytes_of(t.data, t.len);
}

/* ---- Line breaks that were lost ---- */

static const char *const tags[] = {"%ASA-", "%PIX-", "%FTD-", "[IKEv1", "ISAKMP (0:", "ISAKMP:("};

static bool is_tag(struct bytes line)
{
    for (size_t i = 0; i < COUNT_OF(tags); i++)
        if (line.len > 4 && line.data[1] == (uint8_t)tags[i][1] && bytes_begin_with(line, bytes_of_text(tags[i])))
            return true;
    return false;
}

static bool find_tag(struct bytes line, size_t from, size_t *at)
{
    static const char firsts[] = "%[I"; /* of the tags */

    *at = line.len;
    for (const char *first = firsts; *first && from < line.len; first++)
        for (size_t i = from; i < *at; i++) {
            const uint8_t *found = memchr(line.data + i, *first, *at - i);

            if (!found)
                break;
            i = (size_t)(found - line.data);
            if (is_tag(bytes_after(line, i))) {
                *at = i;
                break;
            }
        }
    return *at < line.len;
}

/* Where the second header begins; the whole length without one. */
static size_t piece_len(struct bytes line)
{
    enum { HEADER_MAX = 40 };
    size_t first, second;

    if (!find_tag(line, 0, &first) || !find_tag(line, first + 5, &second))
        return line.len;
    size_t from = second > first + 5 + HEADER_MAX ? second - HEADER_MAX : first + 5;
    return from + stamp_place(bytes_of(line.data + from, second - from));
}

static void read_piece(struct source *s)
{
    size_t len = piece_len(s->pieces);
    struct bytes piece = bytes_of(s->pieces.data, len);

    s->pieces = bytes_after(s->pieces, len);
    if (s->held_len > 0)
        read_with_held(s, piece);
    else
        read_line(s, piece);
}

static void keep_for_later(struct source *s)
{
    size_t room = SOURCE_LINE_MAX - s->carry_len;
    size_t len = s->input.len < room ? s->input.len : room;

    memcpy(s->carry + s->carry_len, s->input.data, len);
    s->carry_len += len;
    s->is_carry_cut |= len < s->input.len;
    s->input = (struct bytes){0};
}

/* The bytes that were kept until the kind of file was known may hold whole lines. */
static bool take_early_line(struct source *s, struct bytes *line)
{
    const uint8_t *end =
        s->carry_len > 0 && s->carry_len < sizeof s->early ? memchr(s->carry, '\n', s->carry_len) : NULL;

    if (!end)
        return false;
    size_t len = (size_t)(end - s->carry);
    memcpy(s->early, s->carry, len);
    *line = bytes_of(s->early, len);
    s->carry_len -= len + 1;
    memmove(s->carry, end + 1, s->carry_len);
    return true;
}

static bool take_line(struct source *s, struct bytes *line)
{
    if (take_early_line(s, line))
        return true;
    const uint8_t *end = s->input.len ? memchr(s->input.data, '\n', s->input.len) : NULL;
    bool is_all_here = end && s->carry_len == 0 && !s->is_carry_cut;
    struct bytes first = bytes_of(s->input.data, end ? (size_t)(end - s->input.data) : 0);

    if (is_all_here) {
        s->is_carry_cut = first.len > SOURCE_LINE_MAX;
        *line = bytes_of(first.data, s->is_carry_cut ? SOURCE_LINE_MAX : first.len);
        s->input = bytes_after(s->input, first.len + 1);
        return true;
    }
    struct bytes rest = end ? bytes_after(s->input, first.len + 1) : (struct bytes){0};
    if (end)
        s->input = first;
    if (s->input.len > 0)
        keep_for_later(s);
    s->input = rest;
    if (!end && !(s->has_ended && s->carry_len > 0))
        return false;
    *line = bytes_of(s->carry, s->carry_len);
    s->carry_len = 0;
    return true;
}

/* ---- Lines that are passed over at once ---- */

/* A message of an ASA whose number is no VPN's, and nothing else in the line: most of what a firewall logs. */
static bool is_other_message(const struct source *s, struct bytes line)
{
    const uint8_t *sign = memchr(line.data, '%', line.len);
    uint32_t number = 0;
    size_t at;

    if (!sign || line.len - (size_t)(sign - line.data) < 14 || sign[4] != '-' || sign[6] != '-' ||
        (memcmp(sign + 1, "ASA", 3) != 0 && memcmp(sign + 1, "FTD", 3) != 0 && memcmp(sign + 1, "PIX", 3) != 0))
        return false;
    for (size_t i = 7; i < 13; i++) {
        if (sign[i] < '0' || sign[i] > '9')
            return false;
        number = number * 10 + (uint32_t)(sign[i] - '0');
    }
    return !asa_is_ours(s, number, line) && !find_tag(line, (size_t)(sign - line.data) + 5, &at);
}

static void note_skipped(struct source *s)
{
    struct bytes line = s->skipped;

    s->skipped = (struct bytes){0};
    if (line.len == 0)
        return;
    const uint8_t *sign = memchr(line.data, '%', line.len);
    s->stamp = (struct stamp){STAMP_NONE, 0, 0};
    source_is(s, SOURCE_ASA_LOG, PRODUCT_ASA);
    source_stamp(s, bytes_of(line.data, (size_t)(sign - line.data)));
}

/* The times of the first and the last of a run of them are noted, not of each. */
static void skip_lines(struct source *s)
{
    const uint8_t *end;
    struct bytes line;

    if (s->carry_len > 0 || s->held_len > 0 || s->is_carry_cut)
        return;
    while (s->input.len > 0 && (end = memchr(s->input.data, '\n', s->input.len)) != NULL) {
        line = bytes_of(s->input.data, (size_t)(end - s->input.data));
        if (line.len > SOURCE_LINE_MAX || !is_other_message(s, line))
            break;
        s->input = bytes_after(s->input, line.len + 1);
        bool is_first = s->skipped.len == 0;
        s->skipped = line;
        s->line++;
        s->sum.lines++;
        s->sum.ignored++;
        s->sum.kind_lines[SOURCE_ASA_LOG]++;
        if (is_first) {
            note_skipped(s);
            s->skipped = line;
        }
    }
    note_skipped(s);
}

static bool text_step(struct source *s)
{
    struct bytes line;

    if (s->pieces.len > 0) {
        read_piece(s);
        return true;
    }
    skip_lines(s);
    if (!take_line(s, &line)) {
        if (s->has_ended) {
            drop_held(s);
            table_end(s);
            screen_end(s);
            configuration_end(s);
            swan_end(s);
            pluto_end(s);
        }
        return false;
    }
    s->line++;
    s->sum.lines++;
    s->sum.too_long += s->is_carry_cut;
    s->is_carry_cut = false;
    s->pieces = tidy(s, line);
    if (s->pieces.len == 0)
        read_line(s, s->pieces);
    return true;
}

/* ---- What kind of file it is ---- */

/* The first four bytes tell a capture; they may come one by one. */
static bool form_step(struct source *s)
{
    uint8_t first[4];
    size_t carried = s->carry_len, more = sizeof first - carried;

    if (s->input.len < more && !s->has_ended) {
        keep_for_later(s);
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

static bool step(struct source *s)
{
    switch (s->form) {
    case FORM_UNKNOWN: return form_step(s);
    case FORM_TEXT: return text_step(s);
    case FORM_CAPTURE: return capture_step(s);
    }
    return false;
}

bool source_next(struct source *s, struct observation *out)
{
    while (s->queue_next == s->queue_count) {
        s->queue_next = s->queue_count = 0;
        s->own_text_count = 0;
        s->packet_slot = 0;
        memset(s->own_text, 0, sizeof s->own_text);
        if (!step(s) && s->queue_count == 0)
            return false;
    }
    set_text(s, s->own_text[s->queue_next]);
    const struct observation *o = &s->queue[s->queue_next++];
    event_copy(&out->event, &o->event);
    memcpy((uint8_t *)out + sizeof out->event, (const uint8_t *)o + sizeof o->event, sizeof *out - sizeof out->event);
    return true;
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
