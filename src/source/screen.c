/* Screens of show commands, read back by the labels of screens.def. */
#include "source/parts.h"

#include "base/check.h"

#include <string.h>

enum screen_block {
    BLOCK_NONE,
#define BLOCK(block, ...) BLOCK_##block,
#define CARRIES(...)
#define LABEL(...)
#define MEANS(...)
#define SENTENCE(...)
#include "source/screens.def"
#undef BLOCK
#undef CARRIES
#undef LABEL
};

enum role { OPENS, BEGINS, AGAIN, ADDS };
enum place { AT, IN, IS };
enum value {
    NONE,
    WORD,
    ADDRESS,
    NUMBER,
    HEX,
    FIRST_HEX,
    REST,
    IDENT,
    YES,
    FLAG,
    QUOTED,
    ENDPOINT,
    PACKETS,
    FIRST,
    LEADING,
    NAMED,
    ALGORITHM,
    BELOW,
    DATE,
    MEANING
};

static const struct {
    enum event_kind kind;
    enum event_field_id needs, whole;
    enum product product;
} blocks[] = {
    [BLOCK_NONE] = {EV_NONE, FIELD_NONE, FIELD_NONE, PRODUCT_UNKNOWN},
#define BLOCK(block, event, needs, whole, product)                                                                     \
    [BLOCK_##block] = {EV_##event, FIELD_##needs, FIELD_##whole, PRODUCT_##product},
#define CARRIES(...)
#define LABEL(...)
#include "source/screens.def"
#undef BLOCK
#undef CARRIES
#undef LABEL
};

static const struct {
    uint8_t block;
    enum event_field_id field;
} carried[] = {
#define BLOCK(...)
#define CARRIES(block, field) {BLOCK_##block, FIELD_##field},
#define LABEL(...)
#include "source/screens.def"
#undef CARRIES
#undef LABEL
#undef MEANS
};

static const struct label {
    uint8_t block, role, place, value;
    enum event_field_id field;
    const char *text, *meaning; /* of MEANS; else NULL */
} labels[] = {
#define CARRIES(...)
#define LABEL(block, role, place, label, field, value) {BLOCK_##block, role, place, value, FIELD_##field, label, NULL},
#define MEANS(block, role, place, label, field, words) {BLOCK_##block, role, place, MEANING, FIELD_##field, label, words},
#include "source/screens.def"
#undef LABEL
#undef MEANS
#undef SENTENCE
};

static const struct {
    const char *words;
    enum event_kind kind;
} sentences[] = {
#define LABEL(...)
#define MEANS(...)
#define SENTENCE(words, event) {words, EV_##event},
#include "source/screens.def"
#undef SENTENCE
};

#undef BLOCK
#undef CARRIES
#undef LABEL
#undef MEANS

/* ---- Values ---- */

static struct bytes word_of(struct bytes rest)
{
    struct bytes word = bytes_word(&rest);

    while (word.len > 0 && strchr(",;)", word.data[word.len - 1]))
        word.len--;
    return word;
}

/* 3DES; "IKEv1: (1)3DES IPsec: (1)3DES" */
static struct bytes algorithm_of(struct bytes rest)
{
    struct bytes word = word_of(rest), behind;

    if (word.len > 0 && word.data[word.len - 1] == ':') {
        bytes_word(&rest);
        word = word_of(rest);
    }
    behind = bytes_to(word, ")");
    return behind.len < word.len ? bytes_after(word, behind.len + 1) : word;
}

/* 10.9.1.2/500, and where a line break was lost 11.11.11.11local, 22.22.22.22#pkts; "202.2.202.2." */
static bool read_address(struct bytes word, struct ip *ip)
{
    size_t len = 0;

    while (len < word.len && !strchr("/#l,[", word.data[len]))
        len++;
    while (len > 0 && word.data[len - 1] == '.')
        len--;
    return ip_parse(ip, bytes_of(word.data, len));
}

bool source_read_number(struct bytes word, unsigned base, uint64_t *number)
{
    size_t len = 0;
    uint64_t digit;

    if (base == 16)
        bytes_take(&word, "0x");
    while (len < word.len && bytes_number(bytes_of(word.data + len, 1), base, &digit))
        len++;
    return bytes_number(bytes_of(word.data, len), base, number);
}

/* "4 packets, 2s ago": the number before that word. */
static bool read_packets(struct bytes line, uint64_t *number)
{
    size_t at, from;

    if (!bytes_has(line, " packets", &at))
        return false;
    for (from = at; from > 0 && line.data[from - 1] >= '0' && line.data[from - 1] <= '9';)
        from--;
    return bytes_number(bytes_of(line.data + from, at - from), 10, number);
}

/* 00:00:00 UTC Jan 1 2026; what the zone is called is passed over: a day more or less is what such dates are good for. */
static bool read_date(struct bytes text, uint64_t *seconds)
{
    char space[64];
    struct text t = text_of(space, sizeof space);
    struct bytes clock = bytes_word(&text);

    bytes_word(&text); /* zone */
    text_add(&t, "%.*s %.*s", (int)text.len, (const char *)text.data, (int)clock.len, (const char *)clock.data);
    struct stamp stamp = stamp_read(bytes_of(t.data, t.len), 0);
    *seconds = stamp.ms / 1000;
    return stamp.extent == STAMP_WHOLE;
}

static void add_value(struct event *e, const struct label *l, struct bytes line, struct bytes rest)
{
    struct bytes word = word_of(rest);
    uint64_t number;
    struct ip ip;
    size_t at;

    switch ((enum value)l->value) {
    case NONE:
    case BELOW: return;
    case WORD:
        if (word.len > 0 && word.data[0] != '\'') /* an identity stands in quotes, and is ENDPOINT's */
            event_add_bytes(e, l->field, word);
        return;
    case ALGORITHM: event_add_bytes(e, l->field, algorithm_of(rest)); return;
    case QUOTED: event_add_bytes(e, l->field, bytes_to(rest, "\"")); return;
    case FIRST: event_add_bytes(e, l->field, bytes_to(line, ":")); return;
    case REST:
        if (bytes_trim(rest).len > 0)
            event_add_bytes(e, l->field, bytes_trim(rest));
        return;
    case IDENT: event_add_bytes(e, l->field, bytes_after(word, word.len > 0 && word.data[0] == '(')); return;
    case ENDPOINT:
        if (!bytes_has(rest, " @ ", &at))
            return;
        word = bytes_after(rest, at + 3);
        __attribute__((fallthrough));
    case ADDRESS:
        if (read_address(word, &ip))
            event_add_ip(e, l->field, ip);
        return;
    case LEADING:
        if (read_address(word_of(line), &ip))
            event_add_ip(e, l->field, ip);
        return;
    case FIRST_HEX:
        if (event_has(e, l->field))
            return;
        __attribute__((fallthrough));
    case NUMBER:
    case HEX:
        if (source_read_number(word, l->value == NUMBER ? 10 : 16, &number))
            event_add_number(e, l->field, number);
        return;
    case PACKETS:
        if (read_packets(rest, &number))
            event_add_number(e, l->field, number);
        return;
    case YES:
        if (word.len == 0 || word.data[0] != 'y')
            return;
        __attribute__((fallthrough));
    case FLAG: event_add_number(e, l->field, 1); return;
    case MEANING: event_add_text(e, l->field, l->meaning); return;
    case NAMED: event_add_bytes(e, l->field, bytes_to(rest, ":")); return;
    case DATE:
        if (read_date(rest, &number))
            event_add_number(e, l->field, number);
        return;
    }
}

/* ---- Blocks ---- */

enum reading source_say_screen(struct source *s, enum product product, const struct event *e)
{
    s->kind = SOURCE_SCREEN;
    s->product = product;
    source_say(s, e);
    return READ_SAID;
}

/* What stood in several lines, in one. */
static void add_screen_text(struct text *t, const struct event *e)
{
    char peer[IP_TEXT_SIZE];

    text_add(t, "%s", event_name((enum event_kind)e->kind));
    if (event_has(e, FIELD_PEER))
        text_add(t, " %s", ip_text(event_ip(e, FIELD_PEER), peer));
    if (event_has(e, FIELD_ROLE))
        text_add(t, ", %s", event_text(e, FIELD_ROLE));
    if (event_has(e, FIELD_STATE))
        text_add(t, ", %s", event_text(e, FIELD_STATE));
    if (event_has(e, FIELD_ENCAPSULATED) || event_has(e, FIELD_DECAPSULATED))
        text_add(t, ": %llu packets encapsulated, %llu decapsulated",
                 (unsigned long long)event_number(e, FIELD_ENCAPSULATED),
                 (unsigned long long)event_number(e, FIELD_DECAPSULATED));
    if (event_has(e, FIELD_STATEMENT))
        text_add(t, " %s %llu: %s, %s, group %llu", event_text(e, FIELD_STATEMENT),
                 (unsigned long long)event_number(e, FIELD_PRIORITY), event_text(e, FIELD_ENCRYPTION),
                 event_text(e, FIELD_HASH), (unsigned long long)event_number(e, FIELD_DH_GROUP));
    if (event_has(e, FIELD_RESULT))
        text_add(t, ", %s %s", event_text(e, FIELD_DETAIL), event_text(e, FIELD_RESULT));
}

/* Said where the block began, whatever line is being read now. */
static void say_block(struct source *s, struct event *e)
{
    uint32_t here = s->line;
    enum source_kind kind = s->kind;
    enum product product = s->product;
    struct stamp stamp = s->stamp;
    char space[160];
    struct text text = text_of(space, sizeof space);

    s->line = s->screen_line;
    s->stamp = (struct stamp){STAMP_NONE, 0, 0, 0};
    s->kind = SOURCE_SCREEN;
    s->product = blocks[s->block].product;
    add_screen_text(&text, e);
    source_say_as(s, e, space);
    s->line = here;
    s->kind = kind;
    s->product = product;
    s->stamp = stamp;
}

void screen_end(struct source *s)
{
    struct ip peer;

    if (s->screen.kind == EV_NONE)
        return;
    struct event e = s->screen;
    s->screen = event_of(EV_NONE);
    s->screen_goes_on = FIELD_NONE;
    if (event_has(&e, FIELD_GROUP) && !event_has(&e, FIELD_PEER) &&
        ip_parse(&peer, bytes_of_text(event_text(&e, FIELD_GROUP)))) /* a LAN-to-LAN tunnel-group is named so */
        event_add_ip(&e, FIELD_PEER, peer);
    if (event_has(&e, FIELD_VALID_UNTIL) && s->sum.has_year && event_number(&e, FIELD_VALID_UNTIL) < s->sum.last_ms / 1000)
        event_add_text(&e, FIELD_CAUSE, "expired");
    if (event_has(&e, blocks[s->block].needs))
        say_block(s, &e);
}

void screen_interrupted(struct source *s)
{
    enum event_field_id whole = blocks[s->block].whole;

    if (s->screen.kind != EV_NONE && whole != FIELD_NONE && event_has(&s->screen, whole))
        screen_end(s);
}

static void carry(const struct event *from, uint8_t block, struct event *to)
{
    for (size_t i = 0; i < COUNT_OF(carried); i++) {
        enum event_field_id id = carried[i].field;

        if (carried[i].block != block || !event_has(from, id))
            continue;
        if (event_field_type(id) == FIELD_TYPE_IP)
            event_add_ip(to, id, event_ip(from, id));
        else
            event_add_text(to, id, event_text(from, id));
    }
}

static void begin_block(struct source *s, const struct label *l)
{
    struct event before = s->screen;
    bool is_same = before.kind != EV_NONE && s->block == l->block;

    screen_end(s);
    s->block = l->block;
    s->screen = event_of(blocks[l->block].kind);
    if (is_same && l->role == OPENS && l->field != FIELD_NONE) {
        carry(&before, l->block, &s->screen);
        s->screen_line = s->line;
    }
}

static bool stands(const struct label *l, struct bytes line, size_t *at)
{
    struct bytes text = bytes_of_text(l->text);

    switch ((enum place)l->place) {
    case AT: return bytes_begin_with(line, text);
    case IS: return bytes_equal(bytes_trim(line), text);
    case IN: return bytes_has(line, l->text, at);
    }
    return false;
}

/* True when the line has the label and is of this block. */
static bool take_label(struct source *s, const struct label *l, struct bytes line)
{
    size_t at = 0;
    bool is_open = s->screen.kind != EV_NONE && s->block == l->block;

    if (!is_open && l->role >= AGAIN)
        return false;
    if (!stands(l, line, &at))
        return false;
    if (l->role == BEGINS || l->role == AGAIN ||
        (l->role == OPENS && (!is_open || l->field == FIELD_NONE || event_has(&s->screen, l->field))))
        begin_block(s, l);
    if (s->screen.field_count == 0)
        s->screen_line = s->line;
    add_value(&s->screen, l, line, bytes_after(line, at + strlen(l->text)));
    s->screen_goes_on = l->value == BELOW ? l->field : FIELD_NONE;
    return true;
}

/* A line below a label that has its value there: a name is broken into several. */
static bool take_below(struct source *s, struct bytes line)
{
    char space[EVENT_TEXT_SIZE];
    struct text t = text_of(space, sizeof space);
    const char *before = event_text(&s->screen, s->screen_goes_on);

    while (line.len > 0 && strchr(" ,", line.data[line.len - 1]))
        line.len--;
    text_add(&t, "%s%s%.*s", before, *before ? "," : "", (int)line.len, (const char *)line.data);
    event_add_text(&s->screen, s->screen_goes_on, space);
    return true;
}

/* The labels of the block that is open, or those of all others. */
static bool take_labels_of(struct source *s, struct bytes line, bool is_of_open)
{
    uint8_t open = s->screen.kind != EV_NONE ? s->block : BLOCK_NONE;
    bool is_mine = false;

    for (const struct label *l = labels; l < labels + COUNT_OF(labels); l++)
        if ((l->block == open) == is_of_open && !(l->value == NONE && is_mine))
            is_mine |= take_label(s, l, line);
    return is_mine;
}

/* A line of the block that is open begins no other. */
static bool take_labels(struct source *s, struct bytes line, bool is_indented)
{
    if ((s->screen.kind != EV_NONE && take_labels_of(s, line, true)) || take_labels_of(s, line, false))
        return true;
    return is_indented && s->screen.kind != EV_NONE && s->screen_goes_on != FIELD_NONE && take_below(s, bytes_trim(line));
}

/* ---- Lines ---- */

static struct bytes squeeze(struct bytes line, char space[static SOURCE_LINE_MAX + 1])
{
    size_t len = 0;

    for (size_t i = 0; i < line.len && len < SOURCE_LINE_MAX; i++)
        if (line.data[i] != ' ' || (len > 0 && space[len - 1] != ' '))
            space[len++] = (char)line.data[i];
    return bytes_of(space, len);
}

enum reading screen_line(struct source *s, struct bytes line)
{
    char space[SOURCE_LINE_MAX + 1];
    struct bytes single = squeeze(line, space);
    bool is_indented = line.data[0] == ' ';
    enum reading reading;
    size_t at;

    s->kind = SOURCE_SCREEN;
    for (size_t i = 0; i < COUNT_OF(sentences); i++)
        if (bytes_has(single, sentences[i].words, &at)) {
            struct event e = event_of(sentences[i].kind);

            return source_say_screen(s, PRODUCT_UNKNOWN, &e);
        }
    if (s->screen.kind == EV_SCREEN_MAP && take_labels(s, single, is_indented)) /* it names lists as a screen of theirs does */
        return READ_SAID;
    if ((reading = table_line(s, single)) != READ_NOT_MINE)
        return reading;
    if (take_labels(s, single, is_indented))
        return READ_SAID;
    s->kind = SOURCE_UNKNOWN;
    return READ_NOT_MINE;
}
