#include "control/record.h"

#include "base/check.h"

#include <string.h>

static const struct {
    const char *name, *list, *meaning;
} kinds[] = {
#define RECORD(name, list, meaning) {#name, list, meaning},
#define COLUMN(...)
#include "control/records.def"
#undef RECORD
#undef COLUMN
};

static const struct control_column_info columns[] = {
#define RECORD(...)
#define COLUMN(record, name, type, meaning) {#name, COLUMN_##type, RECORD_##record, meaning},
#include "control/records.def"
#undef RECORD
#undef COLUMN
};

struct control_record control_record_of(enum control_record_kind kind)
{
    CHECK(kind < RECORD_COUNT);
    return (struct control_record){.kind = kind};
}

const char *control_record_name(enum control_record_kind kind)
{
    CHECK(kind < RECORD_COUNT);
    return kinds[kind].name;
}

const char *control_record_list(enum control_record_kind kind)
{
    CHECK(kind < RECORD_COUNT);
    return kinds[kind].list;
}

const char *control_record_meaning(enum control_record_kind kind)
{
    CHECK(kind < RECORD_COUNT);
    return kinds[kind].meaning;
}

bool control_record_kind_of(const char *name, enum control_record_kind *kind)
{
    for (size_t i = 0; i < RECORD_COUNT; i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            *kind = (enum control_record_kind)i;
            return true;
        }
    }
    return false;
}

void control_record_columns(enum control_record_kind kind, enum control_column *first, size_t *count)
{
    size_t begin = 0, end;

    while (begin < COLUMN_COUNT && columns[begin].record != kind)
        begin++;
    for (end = begin; end < COLUMN_COUNT && columns[end].record == kind;)
        end++;
    CHECK(end - begin <= RECORD_COLUMNS_MAX);
    *first = (enum control_column)begin;
    *count = end - begin;
}

const struct control_column_info *control_column_info(enum control_column column)
{
    CHECK(column < COLUMN_COUNT);
    return &columns[column];
}

/* The place of a column in its record. */
static size_t place_of(const struct control_record *r, enum control_column column)
{
    enum control_column first;
    size_t count;

    CHECK(column < COLUMN_COUNT && columns[column].record == r->kind);
    control_record_columns(r->kind, &first, &count);
    return (size_t)column - (size_t)first;
}

void record_set_number(struct control_record *r, enum control_column column, uint64_t number)
{
    size_t place = place_of(r, column);

    CHECK(columns[column].type == COLUMN_NUMBER || columns[column].type == COLUMN_SPI);
    r->numbers[place] = number;
    r->is_set[place] = true;
}

void record_set_flag(struct control_record *r, enum control_column column, bool flag)
{
    size_t place = place_of(r, column);

    CHECK(columns[column].type == COLUMN_FLAG);
    r->numbers[place] = flag;
    r->is_set[place] = true;
}

/* Texts of events and findings are escaped already: the backslash stays as it is. */
static void add_printable(struct text *t, const char *text)
{
    for (; *text; text++) {
        uint8_t byte = (uint8_t)*text;

        text_add(t, byte >= 0x20 && byte < 0x7f ? "%c" : "\\x%02x", byte);
    }
}

void record_set_text(struct control_record *r, enum control_column column, const char *text)
{
    size_t place = place_of(r, column);
    size_t room = sizeof r->text - r->text_len;

    CHECK(columns[column].type == COLUMN_TEXT && !r->is_set[place]);
    if (!text)
        return;
    if (room == 0) {
        r->is_cut = true;
        return;
    }
    struct text t = text_of(r->text + r->text_len, room);

    add_printable(&t, text);
    r->texts[place].at = r->text_len;
    r->texts[place].len = (uint16_t)t.len;
    r->text_len = (uint16_t)(r->text_len + t.len + 1);
    r->is_cut |= t.is_cut;
    r->is_set[place] = true;
}

void record_set_ip(struct control_record *r, enum control_column column, struct ip ip)
{
    char space[IP_TEXT_SIZE];

    if (ip_is_set(ip))
        record_set_text(r, column, ip_text(ip, space));
}

bool record_has(const struct control_record *r, enum control_column column)
{
    return r->is_set[place_of(r, column)];
}

uint64_t record_number(const struct control_record *r, enum control_column column)
{
    size_t place = place_of(r, column);

    CHECK(columns[column].type != COLUMN_TEXT);
    return r->numbers[place];
}

bool record_flag(const struct control_record *r, enum control_column column)
{
    return record_number(r, column) != 0;
}

const char *record_text(const struct control_record *r, enum control_column column)
{
    size_t place = place_of(r, column);

    CHECK(columns[column].type == COLUMN_TEXT);
    return r->is_set[place] ? r->text + r->texts[place].at : "";
}

static void add_json_text(struct text *t, const char *text)
{
    text_add(t, "\"");
    for (; *text; text++)
        text_add(t, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
    text_add(t, "\"");
}

void text_add_record(struct text *t, const struct control_record *r)
{
    enum control_column first;
    size_t count;

    control_record_columns(r->kind, &first, &count);
    text_add(t, "{\"record\":\"%s\"", kinds[r->kind].name);
    for (size_t i = 0; i < count; i++) {
        if (!r->is_set[i])
            continue;
        text_add(t, ",\"%s\":", columns[first + i].name);
        switch (columns[first + i].type) {
        case COLUMN_NUMBER: text_add(t, "%llu", (unsigned long long)r->numbers[i]); break;
        case COLUMN_FLAG: text_add(t, r->numbers[i] ? "true" : "false"); break;
        case COLUMN_SPI: text_add(t, "\"0x%08llx\"", (unsigned long long)r->numbers[i]); break;
        case COLUMN_TEXT: add_json_text(t, r->text + r->texts[i].at); break;
        }
    }
    text_add(t, "}");
}
