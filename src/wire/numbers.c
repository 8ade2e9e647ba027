#include "wire/numbers.h"

struct row {
    enum number_space space;
    uint32_t number;
    const char *name;
};

static const struct row rows[] = {
#define SPACE(...)
#define NUMBER(space, name, number, printed) {SPACE_##space, number, printed},
#include "wire/numbers.def"
#undef SPACE
#undef NUMBER
};

/* The rows stand by space, in the order of the spaces: where those of one begin. What each header is asked for stands
 * first. */
static size_t first_row(enum number_space space)
{
    size_t from = 0, to = space == rows[0].space ? 0 : COUNT_OF(rows);

    while (from < to) {
        size_t middle = (from + to) / 2;

        if (rows[middle].space < space)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

const char *number_name(enum number_space space, uint32_t number)
{
    for (size_t i = first_row(space); i < COUNT_OF(rows) && rows[i].space == space; i++)
        if (rows[i].number == number)
            return rows[i].name;
    return NULL;
}

bool number_of_name(enum number_space space, struct bytes name, uint32_t *number)
{
    for (size_t i = first_row(space); i < COUNT_OF(rows) && rows[i].space == space; i++) {
        if (name.len > 0 && rows[i].name[0] == (char)name.data[0] && bytes_equal(bytes_of_text(rows[i].name), name)) {
            *number = rows[i].number;
            return true;
        }
    }
    return false;
}

const char *number_space_name(enum number_space space)
{
    static const char *const names[] = {
#define SPACE(space, name) name,
#define NUMBER(...)
#include "wire/numbers.def"
#undef SPACE
#undef NUMBER
    };

    return space < COUNT_OF(names) ? names[space] : "number";
}

const char *number_row(enum number_space space, size_t index, uint32_t *number)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (rows[i].space != space)
            continue;
        if (index == 0) {
            *number = rows[i].number;
            return rows[i].name;
        }
        index--;
    }
    return NULL;
}

void text_add_number(struct text *t, enum number_space space, uint32_t number)
{
    const char *name = number_name(space, number);

    text_add_plain(t, bytes_of_text(name == NULL ? "UNKNOWN" : name));
    text_add(t, " (");
    text_add_decimal(t, number);
    text_add(t, ")");
}
