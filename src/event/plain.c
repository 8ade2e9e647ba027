#include "event/plain.h"

#include "event/look.h"
#include "event/phrases.h"
#include "event/sure.h"
#include "event/template.h"

/* Eight bytes at a time: most of what is compared is short. */
static inline bool begins_with(struct bytes text, struct bytes words)
{
    const uint8_t *a = text.data, *b = words.data;
    size_t left = words.len;
    uint64_t one, other;

    if (text.len < words.len)
        return false;
    for (; left >= sizeof one; a += sizeof one, b += sizeof one, left -= sizeof one) {
        memcpy(&one, a, sizeof one);
        memcpy(&other, b, sizeof other);
        if (one != other)
            return false;
    }
    while (left > 0 && *a == *b)
        a++, b++, left--;
    return left == 0;
}

/* ---- Which rows ---- */

enum { PLAIN_MAX = 512, PARTS_MAX = 1024, BUCKETS = 512, NO_ROW = 0xffff, SHORT_LINE = 80 };

/* A field, and the words behind it; of a condition there are none. */
struct part {
    struct template_slot slot;
    struct bytes words;
    uint8_t glance, look; /* enum glance, enum look */
    uint8_t anchor;       /* which of the words is looked for: a small letter where there is one */
};

struct plain_rows {
    struct plain {
        uint32_t number;
        enum event_kind kind;
        struct bytes words;                          /* that it begins with, behind the names */
        uint16_t parts, part_count, condition_count; /* the conditions stand first */
        bool has_all_names;                          /* in words of its own, see all_names */
        bool has_look;                               /* its parts tell at a glance how it looks */
        uint16_t next;                               /* of its bucket */
    } plain[PLAIN_MAX];
    uint16_t plain_count, part_count, buckets[BUCKETS];
    struct part parts[PARTS_MAX];
};

size_t plain_rows_space(void)
{
    return sizeof(struct plain_rows) + 64;
}

/* A head that wants all three names; a user without one stands under his address. */
static const char all_names[] = "Group = {GROUP}, Username = {USERNAME|@PEER}, IP = {PEER}, ";

static bool is_read(const struct phrase *p)
{
    return p->family == PHRASE_ASA && p->use != PHRASE_WRITE && p->use != PHRASE_OR_WRITE;
}

/* They differ in a character that is no blank, before one of them ends: no line begins with both. */
static bool differ(struct bytes a, struct bytes b)
{
    for (;; a = bytes_after(a, 1), b = bytes_after(b, 1)) {
        while (a.len > 0 && (a.data[0] == ' ' || a.data[0] == '\n'))
            a = bytes_after(a, 1);
        while (b.len > 0 && (b.data[0] == ' ' || b.data[0] == '\n'))
            b = bytes_after(b, 1);
        if (a.len == 0 || b.len == 0)
            return false;
        if (a.data[0] != b.data[0])
            return true;
    }
}

/* The words that a row begins with, behind its names. */
static struct bytes beginning_of(const char *text)
{
    size_t len = sizeof all_names - 1;

    return template_beginning(strncmp(text, all_names, len) == 0 ? text + len : text);
}

static bool begins_with_names(struct bytes words)
{
    return bytes_begin_with(words, bytes_of_text("Group")) || bytes_begin_with(words, bytes_of_text("Username")) ||
           bytes_begin_with(words, bytes_of_text("IP ="));
}

/* No row that is tried before it reads a line that begins so. */
static bool is_alone(const struct phrase *p, struct bytes words)
{
    for (size_t i = 0; phrase_at(i) != p; i++) {
        if (phrase_at(i)->number != p->number || !is_read(phrase_at(i)))
            continue;
        struct bytes other = beginning_of(phrase_at(i)->text);

        if (begins_with_names(other) || !differ(words, other))
            return false;
    }
    return true;
}

static struct bytes words_at(const char **at)
{
    size_t len = strcspn(*at, "{");

    *at += len;
    return bytes_of(*at - len, len);
}

/* Where the field ends is not to be taken for a part of it. */
static bool ends_well(const struct part *part)
{
    uint8_t first = part->words.len ? part->words.data[0] : '\0';

    if (part->words.len > 0 && memchr(part->words.data, '\n', part->words.len))
        return false;
    return event_field_type(part->slot.id) == FIELD_TYPE_TEXT ||
           !(first == '.' || first == ':' || (first != ' ' && names_characters[first]));
}

static struct part *new_part(struct plain_rows *rows, struct plain *row)
{
    CHECK(rows->part_count < PARTS_MAX);
    row->part_count++;
    return &rows->parts[rows->part_count++];
}

/* What stands in front of the words; false where these are not the names and conditions alone. */
static bool take_front(struct plain_rows *rows, struct plain *row, const char **at)
{
    struct template_slot slot;
    bool has_names = false;

    if (strncmp(*at, all_names, sizeof all_names - 1) == 0) {
        *at += sizeof all_names - 1;
        return row->has_all_names = true;
    }
    while (**at == '{') {
        template_next_slot(at, &slot);
        if (slot.kind == SLOT_FIELD || slot.kind == SLOT_TAG)
            return false;
        has_names |= slot.kind == SLOT_PREFIX;
        if (slot.kind == SLOT_CONDITION)
            new_part(rows, row)->slot = slot;
    }
    row->condition_count = row->part_count;
    return has_names;
}

static uint8_t anchor_of(struct bytes words)
{
    for (size_t i = 0; i < words.len && i < UINT8_MAX; i++)
        if (words.data[i] >= 'a' && words.data[i] <= 'z')
            return (uint8_t)i;
    return 0;
}

static bool take_fields(struct plain_rows *rows, struct plain *row, const char *at)
{
    while (*at == '{') {
        struct part *part = new_part(rows, row);

        template_next_slot(&at, &part->slot);
        part->words = words_at(&at);
        part->anchor = anchor_of(part->words);
        if (part->slot.kind != SLOT_FIELD || !ends_well(part) || (part->words.len == 0 && *at != '\0'))
            return false;
    }
    return true;
}

static bool compile(struct plain_rows *rows, struct plain *row, const struct phrase *p)
{
    const char *at = p->text;

    *row = (struct plain){.number = p->number, .kind = p->kind, .parts = rows->part_count};
    if (!take_front(rows, row, &at))
        return false;
    row->words = words_at(&at);
    return row->words.len > 0 && !memchr(row->words.data, '\n', row->words.len) && is_alone(p, row->words) &&
           take_fields(rows, row, at);
}

/* ---- At a glance ---- */

/* What is asked of a part before the whole is sure to be read, and the part looks as its words do. */
enum glance { NOTHING, A_DECIMAL, A_HEX, A_TEXT, A_WORD, AN_ADDRESS, THE_PEER, THE_GROUP, THE_USER };

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

static bool has_look(struct plain_rows *rows, const struct plain *row)
{
    struct part *parts = &rows->parts[row->parts];

    for (size_t i = 0; i < row->part_count; i++) {
        enum look look = look_of(row->kind, parts[i].slot.id);

        parts[i].look = (uint8_t)look;
        parts[i].glance = (uint8_t)glance_of(&parts[i]);
        if ((look != LOOK_NEVER && look != LOOK_WHETHER && look != LOOK_VALUE) || parts[i].slot.is_peer_else ||
            is_told_twice(rows, row, &parts[i]) || (i >= row->condition_count && parts[i].glance == NOTHING))
            return false;
    }
    return look_of(row->kind, FIELD_GROUP) == LOOK_NEVER && look_of(row->kind, FIELD_USERNAME) == LOOK_NEVER &&
           look_of(row->kind, FIELD_PEER) == LOOK_WHETHER;
}

struct plain_rows *plain_rows_new(struct arena *arena)
{
    struct plain_rows *rows = arena_take(arena, sizeof *rows);

    if (!rows)
        return NULL;
    memset(rows->buckets, 0xff, sizeof rows->buckets);
    for (size_t i = 0; i < phrase_count(); i++) {
        struct plain *row = &rows->plain[rows->plain_count];
        const struct phrase *p = phrase_at(i);
        uint16_t *bucket = &rows->buckets[p->number % BUCKETS], parts = rows->part_count;

        CHECK(rows->plain_count < PLAIN_MAX);
        if (p->number == 0 || !is_read(p) || !compile(rows, row, p)) {
            rows->part_count = parts;
            continue;
        }
        row->has_look = has_look(rows, row);
        row->next = *bucket;
        *bucket = rows->plain_count++;
    }
    return rows;
}

/* ---- Reading ---- */

/* Up to where the words stand for the first time: looked for by that of their characters which few values have. */
static bool take_value(const struct part *part, struct bytes *text, struct bytes *value)
{
    const uint8_t *end = text->data + text->len, *at = text->data + part->anchor, *words = end;

    if (text->len < part->words.len)
        return false;
    for (; part->words.len > 0; at++) {
        at = at < end ? memchr(at, part->words.data[part->anchor], (size_t)(end - at)) : NULL;
        if (!at)
            return false;
        words = at - part->anchor;
        if (begins_with(bytes_of(words, (size_t)(end - words)), part->words))
            break;
    }
    *value = bytes_of(text->data, (size_t)(words - text->data));
    *text = bytes_after(bytes_of(words, (size_t)(end - words)), part->words.len);
    return value->len > 0;
}

static bool is_peer(struct bytes value, const struct names *names)
{
    struct ip ip;

    if (value.len == names->address.len && begins_with(value, names->address))
        return true;
    return ip_parse(&ip, value) && ip_equal(ip, names->peer);
}

static bool read_part(const struct part *part, struct bytes value, const struct names *names, struct event *e)
{
    if (event_field_type(part->slot.id) == FIELD_TYPE_TEXT && !text_is_sure(value, part->words))
        return false;
    if (part->slot.id == FIELD_PEER || part->slot.is_peer_else) {
        if (is_peer(value, names))
            return true;
        if (part->slot.id == FIELD_PEER)
            return false;
    }
    return template_read_field(&part->slot, value, e);
}

/* The user of a head that wants all names: none where the address stands in his place. */
static bool add_all_names(const struct names *names, struct event *e)
{
    struct names told = *names;

    if (names->group.len == 0 || names->user.len == 0)
        return false;
    if (is_peer(names->user, names))
        told.user = (struct bytes){0};
    names_add(&told, e);
    return true;
}

static bool read_row(const struct plain_rows *rows, const struct plain *row, struct bytes text,
                     const struct names *names, struct event *e)
{
    const struct part *part = &rows->parts[row->parts];
    struct bytes value;

    event_begin(e, row->kind);
    if (!row->has_all_names)
        names_add(names, e);
    else if (!add_all_names(names, e))
        return false;
    for (size_t i = row->condition_count; i < row->part_count; i++)
        if (!take_value(&part[i], &text, &value) || !read_part(&part[i], value, names, e))
            return false;
    for (size_t i = 0; i < row->condition_count; i++)
        if (!template_read_field(&part[i].slot, part[i].slot.words, e))
            return false;
    return text.len == 0 && !e->is_cut;
}

/* In a short line that may be a pager's prompt. */
static bool has_more(struct bytes text)
{
    const uint8_t *at = text.data, *end = text.data + text.len;

    while (text.len < SHORT_LINE && end - at >= 4 && (at = memchr(at, 'M', (size_t)(end - at))) != NULL)
        if (bytes_begin_with(bytes_of(at, (size_t)(end - at)), bytes_of_text("More")))
            return true;
        else
            at++;
    return false;
}

static const struct plain *row_of(const struct plain_rows *rows, uint32_t number, struct bytes text)
{
    for (uint16_t i = rows->buckets[number % BUCKETS]; i != NO_ROW; i = rows->plain[i].next)
        if (rows->plain[i].number == number && begins_with(text, rows->plain[i].words))
            return has_more(text) ? NULL : &rows->plain[i];
    return NULL;
}

bool plain_read(const struct plain_rows *rows, uint32_t number, struct bytes text, const struct names *names,
                struct event *e)
{
    const struct plain *row = row_of(rows, number, text);

    return row && read_row(rows, row, bytes_after(text, row->words.len), names, e);
}

/* 1: a decimal digit; 2: one of hexadecimal alone. */
static const uint8_t digits[256] = {['0' ... '9'] = 1, ['a' ... 'f'] = 2, ['A' ... 'F'] = 2};

/* So many digits of any base fit. No words begin with one. */
static bool take_digits(const struct part *part, struct bytes *text, struct bytes *value)
{
    enum { SURE_LEN = 16 };
    uint8_t highest = part->glance == A_HEX ? 2 : 1;
    size_t len = 0;

    while (len < text->len && (uint8_t)(digits[text->data[len]] - 1) < highest)
        len++;
    *value = bytes_of(text->data, len);
    *text = bytes_after(*text, len);
    if (len == 0 || len > SURE_LEN || !begins_with(*text, part->words) || (part->words.len == 0 && text->len > 0))
        return false;
    *text = bytes_after(*text, part->words.len);
    return true;
}

static bool is_sure_at_a_glance(const struct part *part, struct bytes value, const struct names *names)
{
    struct bytes word;
    struct ip ip;

    switch ((enum glance)part->glance) {
    case A_DECIMAL:
    case A_HEX: return true; /* take_digits */
    case A_TEXT: return text_is_sure(value, part->words);
    case A_WORD: return text_is_sure(value, part->words) && form_read_text(part->slot.form, value, &word);
    case AN_ADDRESS: return ip_parse(&ip, value);
    case THE_PEER: return bytes_equal(value, names->address);
    case THE_GROUP: return bytes_equal(value, names->group);
    case THE_USER: return bytes_equal(value, names->user);
    case NOTHING: break;
    }
    return false;
}

static bool is_something(const struct part *part, struct bytes value)
{
    if (event_field_type(part->slot.id) != FIELD_TYPE_NUMBER)
        return !part->slot.has_words || !bytes_equal(value, part->slot.words);
    for (size_t i = 0; i < value.len; i++)
        if (value.data[i] != '0')
            return true;
    return false;
}

/* A field that is never looked at must be what it should be, and nothing more. */
bool plain_look(const struct plain_rows *rows, uint32_t number, struct bytes text, const struct names *names,
                enum event_kind *kind, uint64_t *look)
{
    enum { SURE_LEN = 300 }; /* an event has room for what stands in so long a line */
    const struct plain *row = row_of(rows, number, text);
    struct bytes value;

    if (!row || !row->has_look || text.len + names->group.len + names->user.len > SURE_LEN ||
        (row->has_all_names && (names->group.len == 0 || names->user.len == 0)))
        return false;
    *kind = row->kind;
    *look = look_mix(1, (uint64_t)number << 16 | (uint64_t)(row - rows->plain));
    text = bytes_after(text, row->words.len);
    for (size_t i = row->condition_count; i < row->part_count; i++) {
        const struct part *part = &rows->parts[row->parts + i];

        bool is_number = part->glance == A_DECIMAL || part->glance == A_HEX;

        if (!(is_number ? take_digits(part, &text, &value) : take_value(part, &text, &value)) ||
            !is_sure_at_a_glance(part, value, names))
            return false;
        if (part->look == LOOK_VALUE)
            *look = look_mix_bytes(*look, value.data, value.len);
        else if (part->look == LOOK_WHETHER)
            *look = look_mix(*look, is_something(part, value));
    }
    *look |= 1;
    return text.len == 0;
}
