#include "event/plain_rows.h"

#include "event/phrases.h"
#include "event/sure.h"

enum { SHORT_LINE = 80 };

/* ---- Which rows ---- */

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
        if (part->words.len <= WIDE_LEN) {
            memcpy(part->first, part->words.data, part->words.len);
            part->first_bits = (uint16_t)((1u << part->words.len) - 1);
        }
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

struct plain_rows *plain_rows_new(struct arena *arena)
{
    struct plain_rows *rows = arena_take(arena, sizeof *rows);

    if (!rows)
        return NULL;
    for (size_t i = 0; i < phrase_count(); i++) {
        struct plain *row = &rows->plain[rows->plain_count];
        const struct phrase *p = phrase_at(i);
        const struct plain **bucket = &rows->buckets[p->number % BUCKETS];
        uint16_t parts = rows->part_count;

        CHECK(rows->plain_count < PLAIN_MAX);
        if (p->number == 0 || !is_read(p) || !compile(rows, row, p)) {
            rows->part_count = parts;
            continue;
        }
        row->last_words = plain_last(row->words);
        plain_glance(rows, row);
        row->next = *bucket;
        *bucket = row;
        rows->plain_count++;
    }
    return rows;
}

/* ---- Reading ---- */

/* How far the words stand behind the beginning: they are looked for by that of their characters which few values have.
 * The whole length, where they do not stand in it. */
static size_t place_of(struct bytes words, size_t anchor, struct bytes text)
{
    for (size_t at = 0; at + words.len <= text.len; at += WIDE_LEN) {
        struct bytes from = bytes_after(text, at + anchor);

        for (uint32_t bits = wide_bits((wide)(wide_of(from) == words.data[anchor])); bits != 0; bits &= bits - 1) {
            size_t place = at + (size_t)__builtin_ctz(bits);

            if (plain_begins(bytes_after(text, place), words))
                return place;
        }
    }
    return text.len;
}

bool plain_take_value(const struct part *part, struct bytes *text, struct bytes *value)
{
    size_t len = part->words.len > 0 ? place_of(part->words, part->anchor, *text) : text->len;

    if (len == 0 || (len == text->len && part->words.len > 0))
        return false;
    *value = bytes_of(text->data, len);
    *text = bytes_after(*text, len + part->words.len);
    return true;
}

static bool is_peer(struct bytes value, const struct names *names)
{
    struct ip ip;

    if (value.len == names->address.len && plain_begins(value, names->address))
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
        if (!plain_take_value(&part[i], &text, &value) || !read_part(&part[i], value, names, e))
            return false;
    for (size_t i = 0; i < row->condition_count; i++)
        if (!template_read_field(&part[i].slot, part[i].slot.words, e))
            return false;
    return text.len == 0 && !e->is_cut;
}

bool plain_has_more(struct bytes text)
{
    const uint8_t *at = text.data, *end = text.data + text.len;

    while (text.len < SHORT_LINE && end - at >= 4 && (at = memchr(at, 'M', (size_t)(end - at))) != NULL)
        if (bytes_begin_with(bytes_of(at, (size_t)(end - at)), bytes_of_text("More")))
            return true;
        else
            at++;
    return false;
}

bool plain_read(const struct plain_rows *rows, uint32_t number, struct bytes text, const struct names *names,
                struct event *e)
{
    const struct plain *row = plain_row(rows, number, text);

    return row && !plain_has_more(text) && read_row(rows, row, bytes_after(text, row->words.len), names, e);
}
