#include "event/rows.h"

#include "event/readings.h"

#include <string.h>

enum { ROWS_MAX = 2048, SLOTS_MAX = 8192, BUCKETS = 1024, NUMBERS = 1000000, NO_ROW = 0xffff, KEY_LEN = 4 };

struct phrase_index {
    struct template_slot slots[SLOTS_MAX];
    size_t slot_count;
    struct indexed {
        uint16_t group;
        uint32_t key;
        uint16_t first_slot;
        struct bytes beginning; /* what a line must begin with behind its head, byte for byte */
        struct bytes ending;    /* and with what it must end */
        uint16_t next;          /* of its chain, by ascending number */
        uint32_t message;       /* message number of an ASA; 0: none */
        uint16_t next_message;  /* of those with the same bucket */
        bool is_apart;          /* {P} stands in front, and no name or address in the text behind it */
    } rows[ROWS_MAX];           /* those of phrases.def, then those of readings.def */
    uint16_t buckets[BUCKETS];
    uint16_t messages[BUCKETS];
    uint16_t open[ROW_GROUPS]; /* rows that do not begin with so many characters of their own */
    uint8_t numbers[NUMBERS / 8];
};

size_t phrase_index_space(void)
{
    return sizeof(struct phrase_index) + 64;
}

bool phrase_index_has_number(const struct phrase_index *index, uint32_t number)
{
    return number < NUMBERS && (index->numbers[number / 8] >> number % 8 & 1) != 0;
}

static bool pass(struct bytes *text, const char *word)
{
    struct bytes wanted = bytes_of_text(word);

    if (!bytes_begin_with(*text, wanted))
        return false;
    *text = bytes_after(*text, wanted.len);
    return true;
}

/* Past the next comma and blank; false without one. */
static bool pass_comma(struct bytes *text)
{
    const uint8_t *comma = text->data;

    while (text->len > 0 && (comma = memchr(text->data, ',', text->len)) != NULL) {
        *text = bytes_after(*text, (size_t)(comma - text->data) + 1);
        if (pass(text, " "))
            return true;
    }
    return false;
}

/* Behind "Group = g, Username = u, IP = p, ". A name may hold a comma, so the address is looked for first. */
static struct bytes behind_names(struct bytes text)
{
    struct bytes rest = text;

    if (!pass(&rest, "Group = ") && !pass(&rest, "Username = ") && !pass(&rest, "IP = "))
        return text;
    rest = text;
    do {
        if (pass(&rest, "IP = "))
            return pass_comma(&rest) ? rest : (struct bytes){0};
    } while (pass_comma(&rest));
    if (pass(&text, "Group = "))
        pass_comma(&text);
    if (pass(&text, "Username = "))
        pass_comma(&text);
    return text;
}

/* Behind that, or "ISAKMP (0:1): ", "ISAKMP: ". */
static struct bytes behind_head(struct bytes text)
{
    if (!pass(&text, "ISAKMP"))
        return behind_names(text);
    const uint8_t *end = text.len > 0 ? memchr(text.data, text.data[0] == ':' ? ':' : ')', text.len) : NULL;
    if (end)
        text = bytes_after(text, (size_t)(end - text.data) + 1);
    pass(&text, ":");
    while (pass(&text, " "))
        ;
    return text;
}

/* 0: too short, or not sure because blanks behind a colon may be missing. */
static uint32_t key_of(struct bytes text)
{
    uint32_t key = 0;

    if (text.len < KEY_LEN || memchr(text.data, ':', KEY_LEN) || memchr(text.data, '\n', KEY_LEN))
        return 0;
    memcpy(&key, text.data, KEY_LEN);
    return key;
}

static size_t bucket_of(uint32_t key, unsigned group)
{
    return (key * 2654435761u ^ group * 40503u) >> 8 & (BUCKETS - 1);
}

/* Up to where blanks may be missing, or several may stand for one. */
static struct bytes firm(struct bytes text)
{
    size_t len = 0;

    while (len < text.len && text.data[len] != ':' && text.data[len] != '\n' &&
           !(text.data[len] == ' ' && (len + 1 == text.len || text.data[len + 1] == ' ' || text.data[len + 1] == '\n')))
        len++;
    return bytes_of(text.data, len);
}

/* What stands behind the last field, from where blanks are sure. */
static struct bytes firm_end(const char *template)
{
    const char *brace = strrchr(template, '}');
    struct bytes text = bytes_of_text(brace ? brace + 1 : template);
    size_t from;

    while (text.len > 0 && (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\n'))
        text.len--;
    for (from = text.len; from > 0 && text.data[from - 1] != ':' && text.data[from - 1] != '\n' &&
                          !(text.data[from - 1] == ' ' && (from < 2 || text.data[from - 2] <= ' '));)
        from--;
    return bytes_of(text.data + from, text.len - from);
}

static bool begins_with_head(struct bytes text)
{
    return pass(&text, "Group = ") || pass(&text, "Username = ") || pass(&text, "IP = ");
}

/* What {P} reads and nothing else. */
static bool has_name(const struct template_slot *slot)
{
    return slot->is_peer_else || slot->id == FIELD_GROUP || slot->id == FIELD_USERNAME || slot->id == FIELD_PEER;
}

static bool is_apart(const char *text)
{
    struct template_slot slot;
    bool has_prefix = false, is_in_front = *text == '{';

    for (const char *at = text; template_next_slot(&at, &slot); is_in_front &= *at == '{' && slot.kind != SLOT_FIELD) {
        if (slot.kind == SLOT_PREFIX ? has_prefix || !is_in_front : has_name(&slot))
            return false;
        has_prefix |= slot.kind == SLOT_PREFIX;
    }
    return has_prefix;
}

static void add_row(struct phrase_index *index, uint16_t number, unsigned group, const char *text)
{
    struct indexed *row = &index->rows[number];
    struct bytes beginning = template_beginning(text);
    struct template_slot slot;

    row->group = (uint16_t)group;
    row->beginning = begins_with_head(beginning) ? (struct bytes){0} : firm(behind_head(beginning));
    row->key = key_of(row->beginning);
    row->ending = firm_end(text);
    row->is_apart = is_apart(text);
    row->first_slot = (uint16_t)index->slot_count;
    while (index->slot_count < SLOTS_MAX && template_next_slot(&text, &slot))
        index->slots[index->slot_count++] = slot;
}

/* Put in front of its chain, so the last row goes first. */
static void chain_row(struct phrase_index *index, uint16_t number)
{
    struct indexed *row = &index->rows[number];
    uint16_t *head = row->key ? &index->buckets[bucket_of(row->key, row->group)] : &index->open[row->group];

    row->next = *head;
    *head = number;
    if (row->message != 0) {
        row->next_message = index->messages[row->message % BUCKETS];
        index->messages[row->message % BUCKETS] = number;
    }
}

struct phrase_index *phrase_index_new(struct arena *arena)
{
    struct phrase_index *index = arena_take(arena, sizeof *index);
    enum product product;
    enum event_kind kind;
    uint16_t count = 0;
    const char *text;

    if (!index)
        return NULL;
    memset(index->buckets, 0xff, sizeof index->buckets);
    memset(index->open, 0xff, sizeof index->open);
    memset(index->messages, 0xff, sizeof index->messages);
    for (size_t i = 0; i < phrase_count(); i++) {
        const struct phrase *p = phrase_at(i);

        index->rows[count].message = p->number;
        add_row(index, count++, GROUP_PHRASES + p->family, p->text);
        if (p->number < NUMBERS)
            index->numbers[p->number / 8] |= (uint8_t)(1u << p->number % 8);
    }
    for (size_t i = 0; (text = reading_at(i, &product, &kind)) != NULL; i++)
        add_row(index, count++, GROUP_READINGS + product, text);
    while (count-- > 0)
        chain_row(index, count);
    return index;
}

static uint16_t first_of(enum row_group group)
{
    return group < GROUP_READINGS ? 0 : (uint16_t)phrase_count();
}

struct rows rows_for(const struct phrase_index *index, enum row_group group, uint32_t number, struct bytes line,
                     uint16_t count)
{
    struct rows rows = {.index = index, .group = group, .number = number, .count = count, .is_apart = index != NULL};

    if (!index)
        return rows;
    rows.line = behind_head(line);
    rows.key = key_of(rows.line);
    if (number != 0) {
        rows.keyed = index->messages[number % BUCKETS];
        rows.open = NO_ROW;
        return rows;
    }
    rows.keyed = rows.key ? index->buckets[bucket_of(rows.key, group)] : NO_ROW;
    rows.open = index->open[group];
    return rows;
}

static bool may_be(const struct rows *rows, const struct indexed *row)
{
    size_t len = row->ending.len;

    if (rows->number != 0 ? row->message != rows->number : row->key != 0 && row->key != rows->key)
        return false;
    return (row->group == rows->group || rows->number != 0) && bytes_begin_with(rows->line, row->beginning) &&
           len <= rows->line.len && bytes_equal(bytes_after(rows->line, rows->line.len - len), row->ending);
}

/* Moves to the first row of a chain from there on that the line may be. */
static void pass_others(const struct rows *rows, uint16_t *from)
{
    const struct indexed *all = rows->index->rows;

    while (*from != NO_ROW && !may_be(rows, &all[*from]))
        *from = rows->number != 0 ? all[*from].next_message : all[*from].next;
}

bool rows_next(struct rows *rows, uint16_t *row, const struct template_slot **slots)
{
    if (!rows->index) {
        *row = rows->next++;
        *slots = NULL;
        return *row < rows->count;
    }
    pass_others(rows, &rows->keyed);
    pass_others(rows, &rows->open);
    uint16_t *from = rows->open < rows->keyed ? &rows->open : &rows->keyed; /* NO_ROW is greater than any */
    if (*from == NO_ROW)
        return false;
    uint16_t number = *from;
    *from = rows->number != 0 ? rows->index->rows[number].next_message : rows->index->rows[number].next;
    rows->is_apart &= rows->index->rows[number].is_apart;
    *row = (uint16_t)(number - first_of(rows->group));
    *slots = rows->index->slots + rows->index->rows[number].first_slot;
    return true;
}
