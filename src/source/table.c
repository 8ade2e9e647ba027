/* Tables on screens: a head, and rows below it until a line is no row. Some lines tell what they are without a head. */
#include "event/template.h"
#include "source/rows.h"

#include <string.h>

static enum reading rows_of_def(struct source *s, struct bytes line);

enum screen_table {
    NO_TABLE,
#define TABLE(name, reader) name,
#define HEAD(...)
#define ROW(...)
#include "source/tables.def"
#undef TABLE
};

static enum reading (*const readers[])(struct source *s, struct bytes line) = {
#define TABLE(name, reader) [name] = reader,
#include "source/tables.def"
#undef TABLE
#undef HEAD
};

static const struct {
    const char *words;
    enum screen_table table;
} heads[] = {
#define TABLE(...)
#define HEAD(words, table) {words, table},
#include "source/tables.def"
#undef HEAD
#undef ROW
};

static const struct row {
    uint8_t table, product;
    uint16_t kind;
    const char *text;
} rows[] = {
#define HEAD(...)
#define ROW(table, product, text, event) {table, PRODUCT_##product, EV_##event, text},
#include "source/tables.def"
#undef TABLE
#undef HEAD
#undef ROW
};

/* ---- Rows by their texts ---- */

static void say_row(struct source *s, const struct row *row, const struct event *e)
{
    if (row->kind != EV_NONE && !(row->kind == EV_SCREEN_COUNTER && event_number(e, FIELD_COUNT) == 0))
        source_say_screen(s, (enum product)row->product, e);
}

/* Up to the first brace; what follows is template_read's, also a blank that is missing behind a colon. Most lines are no
 * row: this tells it without a look at the fields. */
static bool may_be(const char *template, struct bytes text)
{
    size_t len = 0;

    while (len < text.len && template[len] == (char)text.data[len] && template[len] != '{')
        len++;
    return template[len] == '{' || template[len] == '\0' || template[len] == ' ';
}

static enum reading row_of_table(struct source *s, enum screen_table table, struct bytes line)
{
    struct bytes text = bytes_trim(line);
    bool has_number_first = text.len > 0 && text.data[0] >= '0' && text.data[0] <= '9';

    for (const struct row *row = rows; row < rows + COUNT_OF(rows) && text.len > 0; row++) {
        if (row->table != table || !may_be(row->text, text) ||
            (table == ANYWHERE && row->text[0] == '{' && !has_number_first))
            continue;
        struct event e = event_of((enum event_kind)row->kind);

        if (!template_read(row->text, NULL, text, &e))
            continue;
        say_row(s, row, &e);
        return READ_SAID;
    }
    return READ_NOT_MINE;
}

static enum reading rows_of_def(struct source *s, struct bytes line)
{
    return row_of_table(s, (enum screen_table)s->table, line);
}

/* ---- Which ---- */

/* The head of a table; what follows its words may be the name of the table. */
static bool is_head(struct bytes line, const char *words, struct bytes *rest)
{
    struct bytes wanted = bytes_of_text(words), word;

    while ((word = bytes_word(&wanted)).len > 0)
        if (!bytes_equal(word, bytes_word(&line)))
            return false;
    *rest = bytes_trim(line);
    return true;
}

static bool begins_table(struct source *s, struct bytes line)
{
    struct bytes rest;

    for (size_t i = 0; i < COUNT_OF(heads); i++)
        if (heads[i].words[0] == (char)line.data[0] && is_head(line, heads[i].words, &rest)) {
            struct text t = text_of(s->table_name, sizeof s->table_name);

            text_add(&t, "%.*s", (int)(rest.len < sizeof s->table_name ? rest.len : 0), (const char *)rest.data);
            s->table = heads[i].table;
            s->table_rows = 0;
            s->engine_half.id = 0;
            return true;
        }
    return false;
}

/* "------" */
static bool is_ruled(struct bytes line)
{
    size_t len = 0;

    while (len < line.len && line.data[len] == '-')
        len++;
    return len > 3 && len == line.len;
}

void table_end(struct source *s)
{
    if (s->table == IOS_SA && s->table_rows == 0) {
        struct event e = event_of(EV_SCREEN_NO_SA);

        source_say_screen(s, PRODUCT_IOS, &e);
    }
    s->table = NO_TABLE;
}

enum reading table_line(struct source *s, struct bytes line)
{
    static enum reading (*const without_head[])(struct source *, struct bytes) = {asa_acl_row, route_row, asa_arp_row};
    enum reading reading = READ_NOT_MINE;

    if (is_ruled(bytes_trim(line)))
        return s->table != NO_TABLE ? READ_SAID : READ_NOT_MINE;
    if (s->table != NO_TABLE)
        reading = line.len == 0 ? READ_SAID : readers[s->table](s, line);
    if (reading == READ_SAID) {
        s->table_rows += line.len > 0;
        return reading;
    }
    if (line.len == 0)
        return reading;
    if (s->table != NO_TABLE)
        table_end(s);
    if (begins_table(s, line))
        return READ_SAID;
    for (size_t i = 0; i < COUNT_OF(without_head) && reading == READ_NOT_MINE; i++)
        reading = without_head[i](s, line);
    return reading == READ_NOT_MINE ? row_of_table(s, ANYWHERE, line) : reading;
}
