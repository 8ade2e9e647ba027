/* Text: from bytes to lines, what terminals and web pages made of them undone, each asked who can read it. */
#include "source/parts.h"
#include "source/record.h"

#include <string.h>

static void note_unread(struct source *s, struct bytes line)
{
    s->sum.unread++;
    if (s->unread_count == SOURCE_SAMPLES_MAX)
        return;
    struct text t = text_of(s->unread[s->unread_count].text, SOURCE_SAMPLE_SIZE);
    text_add(&t, "%.*s", (int)(line.len < SOURCE_SAMPLE_SIZE ? line.len : SOURCE_SAMPLE_SIZE), (const char *)line.data);
    s->unread[s->unread_count++].line = s->line;
}

/* The readers in the order in which they are asked: the surest marks first. */
static enum reading (*const readers[])(struct source *, struct bytes) = {
    journal_line_take, asa_line,    ios_line,      charon_line,      pluto_line,  racoon_line,
    vpnc_line,         headed_line, ike_scan_line, packet_text_line, screen_line, configuration_line,
};

static void count_reading(struct source *s, enum reading reading, struct bytes line)
{
    if (reading != READ_NOT_MINE && !s->is_alone) /* it was counted when it was held */
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

static enum reading ask_readers(struct source *s, struct bytes line)
{
    enum reading reading = READ_NOT_MINE;

    s->stamp = (struct stamp){STAMP_NONE, 0, 0, 0};
    s->kind = SOURCE_UNKNOWN;
    s->product = PRODUCT_UNKNOWN;
    s->text_line = line;
    s->text[0] = '\0';
    for (size_t i = 0; i < COUNT_OF(readers) && reading == READ_NOT_MINE && line.len > 0; i++)
        reading = readers[i](s, line);
    return reading;
}

/* A mail or a terminal may have broken it: the next lines may be the rest of it. */
static enum reading hold_broken(struct source *s, struct bytes line)
{
    source_hold(s, line);
    s->broken.part_count = s->held_len > 0;
    s->broken.parts[0] = (uint16_t)s->held_len;
    return s->held_len > 0 ? READ_HELD : READ_UNREAD;
}

static void read_line(struct source *s, struct bytes line)
{
    enum reading reading = ask_readers(s, line);

    if (reading == READ_NOT_MINE && is_prompt(line))
        screen_end(s);
    if (reading == READ_UNREAD && !s->is_alone)
        reading = hold_broken(s, line);
    count_reading(s, reading, line);
}

/* A tag of a device, a thread of charon's, or a stamp stands in front. */
static bool has_own_head(struct bytes line)
{
    enum { TAG_MAX = 120, STAMP_MAX = 48, STAMP_AT_MAX = 6 };
    size_t at, stamp = line.len < STAMP_MAX ? line.len : STAMP_MAX;
    bool is_thread = line.len > 2 && line.data[0] >= '0' && line.data[0] <= '9' && line.data[2] == '[';

    return is_thread || (line_find_tag(line, 0, &at) && at < TAG_MAX) ||
           stamp_place(bytes_of(line.data, stamp)) <= (stamp > STAMP_AT_MAX ? STAMP_AT_MAX : 0);
}

/* A line that continues the one before: it is indented, or is IOS's second half of a deletion or of a notify, and has
 * no stamp. */
static bool is_continuation(const struct source *s, struct bytes line)
{
    static const char *const begins[] = {" ", "state (", "spi ", "authenticated"};

    if (headed_is_below(s))
        return headed_goes_on(line) && !has_own_head(line);
    for (size_t i = 0; i < COUNT_OF(begins); i++)
        if (bytes_begin_with(line, bytes_of_text(begins[i])))
            return true;
    size_t at; /* racoon's place in its source stands in front of the text, and a mail broke the line behind it */
    return s->kind_before == SOURCE_RACOON_LOG && line.len > 0 && !bytes_has(line, "racoon", &at) &&
           !bytes_has(line, ".c:", &at);
}

/* ---- Lines that a mail or a terminal has broken where it liked ---- */

/* A line of a device, or of whoever wrote about it: nothing that stands behind a line break that was no one's. */
static bool begins_anew(struct bytes line)
{
    static const char *const begins[] = {"%",    "ISAKMP",        "IPSEC(",       "ISADB", "crypto",
                                         "OAK_", "return status", "packet from ", "\"",    "["};

    for (size_t i = 0; i < COUNT_OF(begins); i++)
        if (bytes_begin_with(line, bytes_of_text(begins[i])))
            return true;
    return line.len == 0 || is_prompt(line) || has_own_head(line);
}

/* What was held is to be read line by line, as if nothing had been broken: one a step, for each has a text of its own.
 */
static void drop_held(struct source *s)
{
    if (s->broken.part_count == 0) {
        s->broken.part_count = 1;
        s->broken.parts[0] = (uint16_t)s->held_len;
    }
    memcpy(s->dropped.text, s->held, s->held_len);
    memcpy(s->dropped.parts, s->broken.parts, sizeof s->dropped.parts);
    s->dropped.part_count = s->broken.part_count;
    s->dropped.next = s->dropped.at = 0;
    s->held_len = s->broken.part_count = 0;
}

static void read_dropped(struct source *s)
{
    size_t len = s->dropped.parts[s->dropped.next];
    uint32_t here = s->line;

    s->line = s->held_line + (uint32_t)s->dropped.next++;
    s->is_alone = true;
    read_line(s, bytes_of(s->dropped.text + s->dropped.at, len));
    s->is_alone = false;
    s->line = here;
    s->dropped.at += len;
}

/* Joined by `between`, the parts are a line that is understood. */
static bool read_joined(struct source *s, const char *between)
{
    struct text t = text_of(s->joined, sizeof s->joined);
    struct source_summary sum = s->sum;
    size_t at = 0, unread = s->unread_count;
    uint32_t here = s->line;

    for (size_t i = 0; i < s->broken.part_count; at += s->broken.parts[i++])
        text_add(&t, "%s%.*s", i > 0 ? between : "", (int)s->broken.parts[i], s->held + at);
    s->line = s->held_line;
    s->is_alone = true;
    enum reading reading = ask_readers(s, bytes_of(t.data, t.len));
    s->is_alone = false;
    s->line = here;
    s->sum.understood = sum.understood + (reading == READ_SAID ? s->broken.part_count : 0);
    s->unread_count = unread;
    return reading == READ_SAID;
}

static void read_broken(struct source *s, struct bytes line)
{
    memcpy(s->held + s->held_len, line.data, line.len);
    s->held_len += line.len;
    s->broken.parts[s->broken.part_count++] = (uint16_t)line.len;
    if (read_joined(s, " ") || read_joined(s, ""))
        s->held_len = s->broken.part_count = 0;
}

/* The line may be the rest of what is held. */
static bool may_go_on(const struct source *s, struct bytes line)
{
    if (s->broken.part_count == 0)
        return is_continuation(s, line);
    return !begins_anew(line) && s->broken.part_count < COUNT_OF(s->broken.parts) &&
           line.len <= sizeof s->held - s->held_len;
}

static void read_with_held(struct source *s, struct bytes line)
{
    struct text t = text_of(s->joined, sizeof s->joined);

    if (s->broken.part_count > 0) {
        read_broken(s, line);
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

/* Printable ASCII; runs of it are copied whole. */
static struct bytes tidy(struct source *s, struct bytes line)
{
    size_t at;

    if (line.len > 0 && line.data[line.len - 1] == '\r')
        line.len--;
    bool is_page = line.len > 0 && markup_is_in(line);

    if ((line.len >= 80 || !bytes_has(line, "More", &at)) && bytes_are_printable(line) &&
        !is_page) /* nothing to be undone, and no pager */
        return line;
    struct text t = text_of(s->tidy, sizeof s->tidy);

    while (line.len > 0 && !t.is_cut) {
        size_t len = 0, room = t.size - 1 - t.len;

        if (is_page && markup_take(&line, &t))
            continue;
        while (len < line.len && line.data[len] >= ' ' && line.data[len] < 0x7f &&
               !(is_page && len > 0 && (line.data[len] == '&' || line.data[len] == '<')))
            len++;
        if (len > 0) {
            size_t copied = len < room ? len : room;

            memcpy(t.data + t.len, line.data, copied);
            t.len += copied;
            t.data[t.len] = '\0';
            t.is_cut = copied < len;
            line = bytes_after(line, len);
        } else {
            line = line.data[0] < ' ' ? take_control(line, &t) : markup_take_wide(line, &t);
        }
    }
    if (is_pager(&t)) {
        const char *end = strstr(t.data, "--More--") ? strstr(t.data, "--More--") + 8 : strstr(t.data, "More --->") + 9;
        return bytes_of(end, t.len - (size_t)(end - t.data));
    }
    return bytes_of(t.data, t.len);
}

/* ---- Line breaks that were lost ---- */

static const char *const tags[] = {"%ASA-", "%PIX-", "%FTD-", "%IKEWISE-", "[IKEv1", "ISAKMP (0:", "ISAKMP:("};

static bool is_tag(struct bytes line)
{
    for (size_t i = 0; i < COUNT_OF(tags); i++)
        if (line.len > 4 && line.data[1] == (uint8_t)tags[i][1] && bytes_begin_with(line, bytes_of_text(tags[i])))
            return true;
    return false;
}

/* All tags but those with a per cent sign have a K, which few other words have, at one of these places. */
bool line_find_tag(struct bytes line, size_t from, size_t *at)
{
    static const size_t places[] = {2, 3};
    const uint8_t *found;

    *at = line.len;
    for (size_t i = from; i < *at && (found = memchr(line.data + i, '%', *at - i)) != NULL; i++) {
        i = (size_t)(found - line.data);
        if (is_tag(bytes_after(line, i)))
            *at = i;
    }
    for (size_t i = from; i < *at && (found = memchr(line.data + i, 'K', *at - i)) != NULL; i++) {
        i = (size_t)(found - line.data);
        for (size_t k = 0; k < COUNT_OF(places); k++)
            if (i >= from + places[k] && is_tag(bytes_after(line, i - places[k])))
                *at = i - places[k];
    }
    return *at < line.len;
}

/* Where the second header begins; the whole length without one. */
static size_t piece_len(struct bytes line)
{
    enum { HEADER_MAX = 40 };
    size_t first, second;

    if (!line_find_tag(line, 0, &first))
        return headed_piece_len(line);
    if (!line_find_tag(line, first + 5, &second))
        return line.len;
    size_t from = second > first + 5 + HEADER_MAX ? second - HEADER_MAX : first + 5;
    return from + stamp_place(bytes_of(line.data + from, second - from));
}

static void read_piece(struct source *s)
{
    size_t len = piece_len(s->pieces);
    struct bytes piece = bytes_of(s->pieces.data, len);

    if (s->held_len > 0 && !may_go_on(s, piece)) { /* the piece waits */
        drop_held(s);
        return;
    }
    s->pieces = bytes_after(s->pieces, len);
    if (s->held_len > 0)
        read_with_held(s, piece);
    else
        read_line(s, piece);
}

void source_keep(struct source *s)
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
    array_drop_taken(s);
    if (take_early_line(s, line) || array_take_part(s, line))
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
        source_keep(s);
    s->input = rest;
    if (!end && !(s->has_ended && s->carry_len > 0))
        return false;
    *line = bytes_of(s->carry, s->carry_len);
    s->carry_len = 0;
    return true;
}

/* ---- From lines to what they say ---- */

/* Lines that can be read in passing, several at a time: whoever takes them looks ahead. */
static bool read_in_passing(struct source *s)
{
    while (s->queue_count < READ_AT_ONCE && (said_lines(s) || pass_lines(s)))
        ;
    return s->queue_count > 0;
}

static void take_record(struct source *s)
{
    size_t len;

    if (record_next(&s->records, s->record, sizeof s->record, &len))
        s->pieces = bytes_of(s->record, len);
    else
        s->records = (struct bytes){0};
}

/* Each record of a line has a number of its own: they are what a person looks for. */
static void count_record(struct source *s)
{
    s->line += s->pieces.len > 0;
    s->sum.lines += s->pieces.len > 0;
}

/* False: what looked like an export holds no line of a device. */
static bool begin_records(struct source *s)
{
    struct bytes line = s->pieces;

    s->records = line;
    s->pieces = (struct bytes){0};
    take_record(s);
    if (s->pieces.len == 0)
        s->pieces = line;
    return s->pieces.data != line.data;
}

bool text_step(struct source *s)
{
    struct bytes line;

    if (s->dropped.next < s->dropped.part_count) {
        read_dropped(s);
        return true;
    }
    if (s->pieces.len > 0) {
        read_piece(s);
        return true;
    }
    if (s->records.len > 0) {
        take_record(s);
        count_record(s);
        return true;
    }
    if (read_in_passing(s))
        return true;
    if (!take_line(s, &line)) {
        if (s->has_ended && s->held_len > 0) {
            drop_held(s);
            return true;
        }
        if (s->has_ended) {
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
    while (bytes_take(&s->pieces, "> ")) /* quoted in a mail */
        ;
    if (record_is(s->pieces) && begin_records(s))
        return true;
    if (s->pieces.len == 0 && s->held_len > 0 && (s->broken.part_count > 0 || headed_is_below(s)))
        drop_held(s);
    s->is_below_head &= s->pieces.len > 0;
    if (s->pieces.len == 0)
        read_line(s, s->pieces);
    return true;
}
