/* One line of screens.def with its fields put in. */
#include "base/check.h"
#include "cli/screen.h"

#include <stdlib.h>
#include <string.h>

enum { VALUE_SIZE = 4096 };

static const struct {
    enum screen_block block;
    unsigned dialects;
    enum screen_condition when;
    const char *line;
} lines[] = {
#define ASA DIALECT_ASA
#define ASA8 DIALECT_ASA8
#define IOS DIALECT_IOS
#define IOS12 DIALECT_IOS12
#define IOS124 DIALECT_IOS124
#define ANY_IOS DIALECT_ANY_IOS
#define OURS DIALECT_OURS
#define LINE(block, dialects, when, line) {BLOCK_##block, dialects, SCREEN_##when, line},
#include "cli/screens.def"
#undef LINE
#undef ASA
#undef ASA8
#undef IOS
#undef IOS12
#undef IOS124
#undef ANY_IOS
#undef OURS
};

bool dialect_of_name(const char *name, enum dialect *dialect)
{
    static const struct {
        const char *name;
        enum dialect dialect;
    } names[] = {{"asa", DIALECT_ASA},
                 {"asa8", DIALECT_ASA8},
                 {"ios", DIALECT_IOS},
                 {"ios12", DIALECT_IOS12},
                 {"ios124", DIALECT_IOS124}};

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (strcmp(names[i].name, name) == 0) {
            *dialect = names[i].dialect;
            return true;
        }
    }
    return false;
}

static bool column_of(const struct control_record *r, struct bytes name, enum control_column *column)
{
    enum control_column first;
    size_t count;

    control_record_columns(r->kind, &first, &count);
    for (size_t i = 0; i < count; i++) {
        *column = (enum control_column)((size_t)first + i);
        if (bytes_equal(name, bytes_of_text(control_column_info(*column)->name)))
            return true;
    }
    return false;
}

/* False: that column is not known. */
static bool add_column(struct text *t, struct bytes name, struct bytes form, const struct control_record *r)
{
    enum control_column column;
    bool is_named = r && column_of(r, name, &column);

    CHECK(is_named);
    if (control_column_info(column)->type == COLUMN_TEXT)
        text_add(t, "%s", record_text(r, column));
    else if (form.len && form.data[0] == 'X')
        text_add(t, "%08llX", (unsigned long long)record_number(r, column));
    else
        text_add(t, "%llu", (unsigned long long)record_number(r, column));
    return record_has(r, column);
}

/* `field` is what stands between the braces. */
static bool add_field(struct text *t, struct bytes field, const struct screen_item *item)
{
    char space[VALUE_SIZE];
    struct text value = text_of(space, sizeof space);
    const uint8_t *colon = memchr(field.data, ':', field.len);
    size_t name_len = colon ? (size_t)(colon - field.data) : field.len;
    struct bytes name = bytes_of(field.data, name_len);
    struct bytes form = bytes_after(field, name_len + 1);
    int width = form.len ? atoi((const char *)form.data) : 0; /* stops at the brace */
    bool is_known = true;

    if (name.data[0] == '=') {
        bool is_named = screen_field(&value, bytes_after(name, 1), item);

        CHECK(is_named);
    } else {
        is_known = add_column(&value, name, form, item->record);
    }
    text_add(t, "%*s", width, space);
    return is_known;
}

/* False: some column of the line is not known. "{{" is a brace. */
static bool add_line(struct text *t, const char *line, const struct screen_item *item)
{
    bool are_known = true;

    while (*line) {
        size_t len = strcspn(line, "{");

        text_add(t, "%.*s", (int)len, line);
        line += len;
        if (line[0] == '{' && line[1] == '{') {
            text_add(t, "{");
            line += 2;
        } else if (line[0] == '{') {
            const char *end = strchr(line, '}');

            CHECK(end);
            are_known &= add_field(t, bytes_of(line + 1, (size_t)(end - line - 1)), item);
            line = end + 1;
        }
    }
    return are_known;
}

void screen_block(FILE *out, enum screen_block block, const struct screen_item *item)
{
    char space[SCREEN_LINE_SIZE];

    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct text t = text_of(space, sizeof space);

        if (lines[i].block != block || !(lines[i].dialects & item->view->dialect) || !screen_holds(lines[i].when, item))
            continue;
        if (add_line(&t, lines[i].line, item) || lines[i].when != SCREEN_PRESENT)
            fprintf(out, "%s\n", space);
    }
}
