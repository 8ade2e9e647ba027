#include "policy/logging.h"

#include "base/check.h"

#include <string.h>

enum { LEAST_SEVERE = 7 };

static const struct {
    const char *class;
    uint16_t digits;
} classes[] = {
#define CLASS(class, digits) {#class, digits},
#include "policy/logging.def"
#undef CLASS
};

const char *logging_class_of(struct bytes word)
{
    for (size_t i = 0; i < COUNT_OF(classes); i++)
        if (bytes_equal(bytes_of_text(classes[i].class), word))
            return classes[i].class;
    return NULL;
}

static bool is_of_class(const char *class, uint32_t number)
{
    for (size_t i = 0; i < COUNT_OF(classes); i++)
        if (classes[i].digits == number / 1000 && strcmp(classes[i].class, class) == 0)
            return true;
    return false;
}

bool logging_severity(const struct logging *logging, uint32_t number, uint8_t *severity)
{
    for (uint8_t i = 0; i < logging->message_count; i++)
        if (logging->messages[i].number == number)
            *severity = logging->messages[i].level;
    return *severity != LOGGING_OFF;
}

static bool is_listed(const struct logging *logging, uint8_t list, uint32_t number, uint8_t severity)
{
    for (uint8_t i = 0; i < logging->item_count; i++) {
        const struct logging_item *item = &logging->items[i];

        if (item->list == list && (item->level == LOGGING_OFF || severity <= item->level) &&
            (item->class == NULL || is_of_class(item->class, number)) &&
            (item->first == 0 || (number >= item->first && number <= item->last)))
            return true;
    }
    return false;
}

/* What a class says goes before what is said for all. */
bool logging_takes(const struct logging *logging, enum logging_target target, uint32_t number, uint8_t severity)
{
    for (uint8_t i = 0; i < logging->class_count; i++) {
        uint8_t level = logging->classes[i].levels[target];

        if (level != LOGGING_OFF && is_of_class(logging->classes[i].name, number))
            return severity <= level;
    }
    if (logging->lists[target] != 0)
        return is_listed(logging, logging->lists[target], number, severity);
    return logging->levels[target] != LOGGING_OFF && severity <= logging->levels[target];
}

uint8_t logging_least(const struct logging *logging, enum logging_target target)
{
    return logging->lists[target] != 0 || logging->class_count > 0 ? LEAST_SEVERE : logging->levels[target];
}
