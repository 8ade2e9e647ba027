#include "source/said.h"

#include "base/wide.h"
#include "event/look.h"
#include "source/parts.h"

#include <string.h>

/* ---- Tag and names, in front of the words ---- */

/* Eight bytes as a number, the first one its lowest. */
static inline uint64_t word_at(const uint8_t *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof word);
    return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? word : __builtin_bswap64(word);
}

/* Six digits, a colon and a blank; 0 where there is something else. The digits are added up in pairs, all at a time. */
static inline uint32_t number_of(uint64_t word)
{
    const uint64_t figures = 0x303030303030, high = 0xf0f0f0f0f0f0, low = 0x0f0f0f0f0f0f;
    uint64_t digits = word & 0xffffffffffff;

    if (word >> 48 != (' ' << 8 | ':') || (digits & high) != figures || ((digits + 0x060606060606) & high) != figures)
        return 0;
    digits &= low;
    digits = digits * 10 + (digits >> 8);
    return (uint32_t)((digits & 0xff) * 10000 + (digits >> 16 & 0xff) * 100 + (digits >> 32 & 0xff));
}

/* %ASA-5-713041: and a blank */
static inline bool take_tag(struct bytes *line, uint32_t *number)
{
    enum { NUMBER_AT = 7, TAG_LEN = 15 };
    const uint64_t any_level = 0xfff8ffffffffff, begins = 0x2d302d41534125; /* "%ASA-0-", the 0 up to 7 */

    if (line->len <= TAG_LEN || (word_at(line->data) & any_level) != begins || line->data[TAG_LEN] == ' ')
        return false;
    *number = number_of(word_at(line->data + NUMBER_AT));
    *line = bytes_of(line->data + TAG_LEN, line->len - TAG_LEN);
    return *number != 0;
}

/* ---- Words behind the names ---- */

static uint64_t hash_of(uint32_t number, struct bytes words)
{
    uint64_t hash = number, word;

    for (; words.len >= sizeof word; words = bytes_after(words, sizeof word)) {
        memcpy(&word, words.data, sizeof word);
        hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 32;
    }
    for (size_t i = 0; i < words.len; i++)
        hash = (hash ^ words.data[i]) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 32;
}

/* The first of the two places that words have. */
static size_t place_of(uint64_t hash)
{
    return (size_t)hash % (SAID_MAX / 2) * 2;
}

static bool is_of(const struct said *said, uint32_t number, struct bytes words)
{
    return said->number == number && said->len == words.len && memcmp(said->words, words.data, words.len) == 0;
}

/* NULL: they were not said before. */
static const struct said *find_said(const struct said_all *all, uint32_t number, struct bytes text)
{
    const struct said *said = &all->said[place_of(hash_of(number, text))];

    return is_of(said, number, text) ? said : is_of(said + 1, number, text) ? said + 1 : NULL;
}

static bool read_said(const struct said *said, const struct names *names, struct event *e)
{
    event_begin(e, (enum event_kind)said->event.kind);
    names_add(names, e);
    event_add_all(e, &said->event);
    return !e->is_cut;
}

static bool read_behind(const struct said_all *all, uint32_t number, struct bytes text, const struct names *names,
                        struct event *e)
{
    if (all->plain && plain_read(all->plain, number, text, names, e))
        return true;
    const struct said *said = text.len <= SAID_LEN_MAX ? find_said(all, number, text) : NULL;

    return said && read_said(said, names, e);
}

bool said_read(const struct said_all *all, struct bytes text, struct event *e)
{
    struct names names;
    uint32_t number;

    return take_tag(&text, &number) && names_take(&text, &names) && read_behind(all, number, text, &names, e);
}

/* What the message behind tag and names is, of a line that is no plain one. */
static bool glance_behind(const struct said_all *all, uint32_t number, struct bytes text, const struct names *names,
                          struct plain_sight *sight, struct event *e)
{
    const struct said *said = text.len <= SAID_LEN_MAX ? find_said(all, number, text) : NULL;

    if (said && said->look != 0) {
        *sight = (struct plain_sight){(enum event_kind)said->event.kind, said->look, 0};
        return true;
    }
    if (!read_behind(all, number, text, names, e))
        return false;
    *sight = (struct plain_sight){(enum event_kind)e->kind, 0, 0};
    return true;
}

/* A message of which it is known what it tells. */
struct said_sight {
    struct plain_sight plain; /* EV_NONE: nothing; a look of 0: it is not known, and the event is there already */
    struct ip peer;
};

/* As said_read, of a text that goes on behind its line (plain_look), which is moved to the end of the line; where how
 * it looks is enough, without the event. */
static inline bool glance(struct said_all *all, struct bytes *text, struct said_sight *sight, struct event *e)
{
    struct bytes rest = *text, line;
    struct names names;
    uint32_t number;

    if (!take_tag(&rest, &number) || !names_take(&rest, &names))
        return false;
    sight->peer = names.peer;
    if (!all->plain || !plain_look(all->plain, all->texts, number, &rest, &names, &sight->plain)) {
        if (!plain_line(rest, &line) || !glance_behind(all, number, line, &names, &sight->plain, e))
            return false;
        rest = bytes_after(rest, line.len);
    }
    *text = rest;
    return true;
}

/* A pager's prompt is cut off a short line, so words that may hold one are not for all lines. */
static bool may_stand_alone(struct bytes words)
{
    size_t at;

    return words.len > 0 && words.len <= SAID_LEN_MAX && !bytes_has(words, "More", &at);
}

/* Many words hold a number that does not come again: of those that come once, only the hash is kept. */
static bool have_come_before(struct said_all *all, uint64_t hash)
{
    uint16_t *once = &all->once[hash % SAID_ONCE], mark = (uint16_t)(hash >> 48);
    bool is_known = *once == mark;

    *once = mark;
    return is_known;
}

/* 0 where the names, which are not among the words, would show in it. */
static uint64_t look_without_names(const struct event *e)
{
    enum event_kind kind = (enum event_kind)e->kind;
    static const struct ip nowhere;
    bool is_apart = look_of(kind, FIELD_GROUP) == LOOK_NEVER && look_of(kind, FIELD_USERNAME) == LOOK_NEVER &&
                    look_of(kind, FIELD_PEER) == LOOK_WHETHER;

    for (size_t i = 0; i < e->field_count; i++)
        is_apart &= look_of(kind, (enum event_field_id)e->fields[i].id) != LOOK_END;
    return is_apart ? event_look(e, &nowhere) : 0;
}

void said_keep(struct said_all *all, const struct phrase_head *head, struct bytes text, const struct event *e)
{
    struct names names;
    struct event told = event_of(EV_NONE), rest = event_of((enum event_kind)e->kind);
    uint32_t number;

    if (!head->is_apart || e->is_cut || !take_tag(&text, &number) || !names_take(&text, &names) ||
        !may_stand_alone(text))
        return;
    names_add(&names, &told);
    uint64_t hash = hash_of(number, text);
    if (!have_come_before(all, hash))
        return;
    for (size_t i = 0; i < e->field_count; i++) {
        enum event_field_id id = (enum event_field_id)e->fields[i].id;

        if (event_has(&told, id))
            continue;
        switch (event_field_type(id)) {
        case FIELD_TYPE_NUMBER: event_add_number(&rest, id, event_number(e, id)); break;
        case FIELD_TYPE_IP: event_add_ip(&rest, id, event_ip(e, id)); break;
        case FIELD_TYPE_TEXT: event_add_text(&rest, id, event_text(e, id)); break;
        }
    }
    struct said *said = &all->said[place_of(hash)];

    said[1] = said[0];
    said->number = number;
    said->len = (uint8_t)text.len;
    memcpy(said->words, text.data, text.len);
    event_copy(&said->event, &rest);
    said->look = look_without_names(e);
}

/* ---- Lines ---- */

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* The head that was read last but for digits: another time. */
static bool has_like_head(const struct source *s, struct bytes line)
{
    const uint8_t *head = s->stamped.head;

    for (size_t i = 0; i < s->stamped.len; i++)
        if (line.data[i] != head[i] && (!is_digit(line.data[i]) || !is_digit(head[i])))
            return false;
    return true;
}

/* As source_enqueue, of a line of an ASA. */
static inline void say_line(struct source *s, const struct said_sight *sight, struct bytes line)
{
    struct sight *at = &s->sights[s->queue_count];

    CHECK(!source_is_full(s));
    at->one = sight->peer;
    at->other = (struct ip){0};
    at->look = sight->plain.look;
    at->words = sight->plain.words;
    s->sum.ikev2 += sight->plain.kind == EV_IKEV2_SEEN;
    struct queued *q = source_enqueue_as(s, sight->plain.kind, VANTAGE_DEVICE);
    q->line = line;
    if (sight->plain.look == 0)
        return;
    q->tell = TELL_LINE;
    q->of = bytes_of(line.data + s->stamped.len, line.len - s->stamped.len);
}

static bool is_between_lines(const struct source *s)
{
    return s->carry_len == 0 && s->held_len == 0 && !s->is_carry_cut;
}

bool said_lines(struct source *s)
{
    struct bytes line = {0};
    struct said_sight sight;
    uint32_t count = 0;

    if (!s->stamped.is_asa || !is_between_lines(s))
        return false;
    while (s->queue_count < READ_AT_ONCE && s->input.len > s->stamped.len) {
        size_t head_len = s->stamped.len;
        bool is_same_head = wide_equal(s->input.data, s->stamped.head, head_len);
        struct bytes rest = bytes_of(s->input.data + head_len, s->input.len - head_len);

        if (!is_same_head && !has_like_head(s, s->input))
            break;
        if (!glance(&s->said, &rest, &sight, &s->queue[s->queue_count].seen.event) ||
            rest.data - s->input.data >= SOURCE_LINE_MAX)
            break;
        line = bytes_of(s->input.data, (size_t)(rest.data - s->input.data));
        s->input = bytes_after(rest, rest.data[0] == '\r' ? 2 : 1);
        s->line++;
        if (count == 0)
            source_is(s, SOURCE_ASA_LOG, PRODUCT_ASA);
        if (count++ == 0 || !is_same_head)
            source_stamp(s, bytes_of(line.data, head_len));
        s->stamped.is_asa = true;
        if (sight.plain.kind != EV_NONE)
            say_line(s, &sight, line);
    }
    s->sum.lines += count;
    s->sum.understood += count;
    s->sum.kind_lines[SOURCE_ASA_LOG] += count;
    if (count > 0) {
        s->text_line = line;
        s->text[0] = '\0';
    }
    return count > 0;
}
