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

const char *number_name(enum number_space space, uint32_t number)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (rows[i].space == space && rows[i].number == number)
            return rows[i].name;
    return NULL;
}

bool number_of_name(enum number_space space, struct bytes name, uint32_t *number)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (rows[i].space == space && bytes_equal(bytes_of_text(rows[i].name), name)) {
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

    text_add(t, "%s (%u)", name == NULL ? "UNKNOWN" : name, (unsigned)number);
}
