#include "source/suite.h"

#include "source/parts.h"

#include <string.h>

static const struct {
    const char *word;
    enum event_field_id field;
    const char *name;
    unsigned key_len;
} suites[] = {
#define SUITE(word, field, name, key_len) {word, FIELD_##field, name, key_len},
#include "source/suites.def"
#undef SUITE
};

static bool is_word(struct bytes word, const char *wanted)
{
    size_t len = strlen(wanted);

    if (word.len != len)
        return false;
    for (size_t i = 0; i < len; i++)
        if ((word.data[i] >= 'A' && word.data[i] <= 'Z' ? word.data[i] + ('a' - 'A') : word.data[i]) != wanted[i])
            return false;
    return true;
}

bool suite_add(struct event *e, struct bytes word)
{
    uint64_t number;

    for (size_t i = 0; i < COUNT_OF(suites); i++) {
        if (!is_word(word, suites[i].word))
            continue;
        if (event_field_type(suites[i].field) == FIELD_TYPE_NUMBER &&
            bytes_number(bytes_of_text(suites[i].name), 10, &number))
            event_add_number(e, suites[i].field, number);
        else
            event_add_text(e, suites[i].field, suites[i].name);
        if (suites[i].key_len > 0)
            event_add_number(e, FIELD_KEY_LENGTH, suites[i].key_len);
        return true;
    }
    return false;
}
