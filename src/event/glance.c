/* How a message looks, without a look at what its fields hold in full. */
#include "event/plain_rows.h"

#include "event/look.h"
#include "event/sure.h"

/* ---- What is asked of each part ---- */

static enum glance glance_of_number(enum form form)
{
    switch (form) {
    case FORM_plain: return A_DECIMAL;
    case FORM_hex:
    case FORM_HEX:
    case FORM_hex8:
    case FORM_id:
    case FORM_address: return A_HEX;
    default: return NOTHING;
    }
}

static enum glance glance_of(const struct part *part)
{
    switch (part->slot.id) {
    case FIELD_PEER: return THE_PEER;
    case FIELD_GROUP: return THE_GROUP;
    case FIELD_USERNAME: return THE_USER;
    default: break;
    }
    switch (event_field_type(part->slot.id)) {
    case FIELD_TYPE_NUMBER: return glance_of_number(part->slot.form);
    case FIELD_TYPE_IP: return AN_ADDRESS;
    case FIELD_TYPE_TEXT: return part->slot.form == FORM_plain ? A_TEXT : A_WORD;
    }
    return NOTHING;
}

static bool is_told_twice(const struct plain_rows *rows, const struct plain *row, const struct part *part)
{
    const struct part *parts = &rows->parts[row->parts];

    for (size_t i = 0; i < row->part_count; i++)
        if (&parts[i] != part && parts[i].slot.id == part->slot.id)
            return true;
    return false;
}

/* Words that begin with a character of names are looked for in the value, which is not known to have none of them. */
static bool is_apart(const struct part *part)
{
    return part->glance < THE_PEER || part->words.len == 0 || !names_characters[part->words.data[0]];
}

static bool has_look(struct plain_rows *rows, const struct plain *row)
{
    struct part *parts = &rows->parts[row->parts];

    for (size_t i = 0; i < row->part_count; i++) {
        enum look look = look_of(row->kind, parts[i].slot.id);

        parts[i].look = (uint8_t)look;
        parts[i].glance = (uint8_t)glance_of(&parts[i]);
        if ((look != LOOK_NEVER && look != LOOK_WHETHER && look != LOOK_VALUE) || parts[i].slot.is_peer_else ||
            is_told_twice(rows, row, &parts[i]) ||
            (i >= row->condition_count && (parts[i].glance == NOTHING || !is_apart(&parts[i]))))
            return false;
    }
    return look_of(row->kind, FIELD_GROUP) == LOOK_NEVER && look_of(row->kind, FIELD_USERNAME) == LOOK_NEVER &&
           look_of(row->kind, FIELD_PEER) == LOOK_WHETHER;
}

static bool may_have_more(const struct plain_rows *rows, const struct plain *row)
{
    bool may = memmem(row->words.data, row->words.len, "More", 4) != NULL;

    for (size_t i = row->condition_count; i < row->part_count; i++) {
        const struct part *part = &rows->parts[row->parts + i];

        may |= (part->glance != A_DECIMAL && part->glance != A_HEX && part->glance != THE_PEER) ||
               memmem(part->words.data, part->words.len, "More", 4) != NULL;
    }
    return may;
}

static bool has_words(const struct plain_rows *rows, const struct plain *row)
{
    for (size_t i = row->condition_count; i < row->part_count; i++)
        if (rows->parts[row->parts + i].glance == AN_ADDRESS)
            return false;
    return true;
}

static bool is_text(const struct part *part)
{
    return part->glance == A_TEXT || part->glance == A_WORD || part->glance == AN_ADDRESS;
}

void plain_glance(struct plain_rows *rows, struct plain *row)
{
    row->look = look_mix(1, (uint64_t)(row - rows->plain));
    row->has_look = has_look(rows, row);
    row->may_have_more = may_have_more(rows, row);
    row->has_words = has_words(rows, row);
    for (size_t i = row->condition_count; row->has_look && i < row->part_count; i++)
        if (is_text(&rows->parts[row->parts + i]))
            rows->parts[row->parts + i].texts = rows->text_count++;
    CHECK(rows->text_count <= TEXTS_MAX);
}

/* ---- Texts that were there before ---- */

enum { TEXT_MAX = 111, TEXT_PLACES = 2 };

/* Of a value: what is mixed into the look and the words of the message. */
struct digest {
    uint64_t look, words;
};

/* The last two of each field, the later one first: a text, with the words behind it, that was sure. */
struct plain_memory {
    struct remembered {
        struct digest digest;
        uint8_t len;
        uint8_t text[TEXT_MAX];
    } texts[TEXTS_MAX][TEXT_PLACES];
};

size_t plain_memory_space(void)
{
    return sizeof(struct plain_memory) + 16;
}

struct plain_memory *plain_memory_new(struct arena *arena)
{
    return arena_take(arena, sizeof(struct plain_memory));
}

/* ---- Looking ---- */

bool plain_line(struct bytes text, struct bytes *line)
{
    const uint8_t *end = text.len > 0 ? memchr(text.data, '\n', text.len) : NULL;

    if (!end)
        return false;
    *line = bytes_of(text.data, (size_t)(end - text.data));
    if (line->len > 0 && line->data[line->len - 1] == '\r')
        line->len--;
    return true;
}

static inline bool ends_line(struct bytes text)
{
    return text.len > 0 && (text.data[0] == '\n' || (text.data[0] == '\r' && text.len > 1 && text.data[1] == '\n'));
}

static inline bool is_it(const struct remembered *r, const struct part *part, struct bytes text)
{
    return r->len > 0 && text.len >= r->len && wide_equal(text.data, r->text, r->len) &&
           (part->words.len > 0 || ends_line(bytes_of(text.data + r->len, text.len - r->len)));
}

static bool is_something(const struct part *part, struct bytes value)
{
    return !part->slot.has_words || !bytes_equal(value, part->slot.words);
}

static uint64_t look_at(const struct part *part, struct bytes value)
{
    switch ((enum look)part->look) {
    case LOOK_VALUE: return look_mix_bytes(1, value.data, value.len);
    case LOOK_WHETHER: return is_something(part, value);
    default: return 0;
    }
}

/* Past the words behind a value; where there are none, it ends the line. */
static inline bool take_words(const struct part *part, struct bytes *text)
{
    if (text->len < WIDE_LEN || part->words.len > WIDE_LEN) {
        if (!plain_begins(*text, part->words))
            return false;
    } else if ((part->first_bits & ~wide_bits((wide)(wide_at(text->data) == wide_at(part->first)))) != 0) {
        return false;
    }
    *text = bytes_of(text->data + part->words.len, text->len - part->words.len);
    return true;
}

/* Of the first `len` digits: their digest, or whether one is not zero. */
static inline uint64_t look_at_digits(enum look look, wide digits, size_t len)
{
    static const uint8_t ones_and_zeros[2 * WIDE_LEN] = {[0 ... WIDE_LEN - 1] = 0xff};
    uint64_t words[2];

    if (look == LOOK_WHETHER)
        return wide_run(wide_bits((wide)(digits == '0'))) < len;
    digits &= wide_at(ones_and_zeros + WIDE_LEN - len);
    memcpy(words, &digits, sizeof words);
    return look_mix(look_mix(len, words[0]), words[1]);
}

/* So many digits of any base fit. No words begin with one. */
static inline bool take_number(const struct part *part, struct bytes *text, struct digest *digest)
{
    wide w = wide_of(*text);
    uint32_t digits = wide_bits(part->glance == A_HEX ? wide_within(w, '0', '9') | wide_within(w | 0x20, 'a', 'f')
                                                      : wide_within(w, '0', '9'));
    size_t len = wide_run(digits);

    if (part->look != LOOK_NEVER)
        digest->look = look_at_digits((enum look)part->look, w, len);
    *text = bytes_of(text->data + len, text->len - len);
    return len > 0 && take_words(part, text);
}

/* A name that stands in front of the message as well, and no other. It has no character that words begin with. */
static inline bool take_name(const struct part *part, struct bytes name, struct bytes *text, struct digest *digest)
{
    if (part->look != LOOK_NEVER)
        digest->look = look_at(part, name);
    if (name.len == 0 || !plain_begins(*text, name))
        return false;
    *text = bytes_of(text->data + name.len, text->len - name.len);
    return take_words(part, text);
}

/* A text that is looked for, and sure to be read. */
static bool take_new(const struct part *part, struct bytes *text, struct digest *digest)
{
    struct bytes line, value, word;
    struct ip ip;

    if (!plain_line(*text, &line) || !plain_take_value(part, &line, &value))
        return false;
    *text = bytes_after(*text, (size_t)(line.data - text->data));
    digest->words = look_mix_bytes(1, value.data, value.len);
    digest->look = part->look == LOOK_VALUE ? digest->words : look_at(part, value);
    if (part->glance == AN_ADDRESS)
        return ip_parse(&ip, value);
    return text_is_sure(value, part->words) &&
           (part->glance == A_TEXT || form_read_text(part->slot.form, value, &word));
}

static void remember(struct remembered places[static TEXT_PLACES], struct bytes text, struct digest digest)
{
    if (text.len > TEXT_MAX)
        return;
    places[1] = places[0];
    places[0].digest = digest;
    places[0].len = (uint8_t)text.len;
    memcpy(places[0].text, text.data, text.len);
}

/* The same, of one that was there before without another look at it. */
static inline bool take_text(const struct part *part, struct plain_memory *memory, struct bytes *text,
                             struct digest *digest)
{
    struct remembered *r = memory->texts[part->texts];
    struct bytes rest = *text;

    for (size_t i = 0; i < TEXT_PLACES; i++)
        if (is_it(&r[i], part, rest)) {
            *digest = r[i].digest;
            *text = bytes_of(rest.data + r[i].len, rest.len - r[i].len);
            return true;
        }
    if (!take_new(part, text, digest))
        return false;
    remember(r, bytes_of(rest.data, rest.len - text->len), *digest);
    return true;
}

/* What stands there, where it must be what it should be and nothing more. */
static inline bool take_part(const struct part *part, struct plain_memory *memory, const struct names *names,
                             struct bytes *text, struct digest *digest)
{
    if (part->glance == A_HEX || part->glance == A_DECIMAL)
        return take_number(part, text, digest);
    if (part->glance < THE_PEER)
        return take_text(part, memory, text, digest);
    return take_name(part,
                     part->glance == THE_PEER    ? names->address
                     : part->glance == THE_GROUP ? names->group
                                                 : names->user,
                     text, digest);
}

bool plain_look(const struct plain_rows *rows, struct plain_memory *memory, uint32_t number, struct bytes *text,
                const struct names *names, struct plain_sight *sight)
{
    enum { SURE_LEN = 300 }; /* an event has room for what stands in so long a line */
    const struct plain *row = plain_row(rows, number, *text);

    if (!row || !row->has_look || (row->has_all_names && (names->group.len == 0 || names->user.len == 0)))
        return false;
    uint64_t look = row->look, words = row->look;
    struct bytes rest = bytes_of(text->data + row->words.len, text->len - row->words.len);
    const struct part *part = &rows->parts[row->parts], *end = part + row->part_count;

    for (part += row->condition_count; part < end; part++) {
        struct digest digest = {0};

        if (!take_part(part, memory, names, &rest, &digest))
            return false;
        if (part->look != LOOK_NEVER)
            look = look_mix(look, digest.look);
        if (digest.words != 0)
            words = look_mix(words, digest.words);
    }
    struct bytes line = bytes_of(text->data, text->len - rest.len);

    if (!ends_line(rest) || line.len + names->group.len + names->user.len > SURE_LEN ||
        (row->may_have_more && plain_has_more(line)))
        return false;
    *sight = (struct plain_sight){row->kind, look | 1, row->has_words && names->user.len == 0 ? words | 1 : 0};
    *text = rest;
    return true;
}
