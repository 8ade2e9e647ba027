#include "impair/orders.h"

#include <stdlib.h>
#include <string.h>

#define ALWAYS "always "

/* The impairment whose words `words` begins with, the longest first: "cut the hash of" before "cut". */
static enum impairment find(const char *words, size_t *len)
{
    enum impairment found = IMPAIR_NONE;

    *len = 0;
    for (int i = IMPAIR_NONE + 1; i < IMPAIR_COUNT; i++) {
        size_t its_len = strlen(impairment_words((enum impairment)i));

        if (its_len > *len && strncmp(words, impairment_words((enum impairment)i), its_len) == 0 &&
            words[its_len] == ' ') {
            found = (enum impairment)i;
            *len = its_len;
        }
    }
    return found;
}

static bool read_one(const char *words, size_t len, struct order *order)
{
    char copy[128], *end;
    const char *at = copy;
    size_t words_len;

    if (len >= sizeof copy)
        return false;
    memcpy(copy, words, len);
    copy[len] = '\0';
    order->are_repeats_too = strncmp(at, ALWAYS, strlen(ALWAYS)) == 0;
    if (order->are_repeats_too)
        at += strlen(ALWAYS);
    order->impairment = find(at, &words_len);
    if (order->impairment == IMPAIR_NONE)
        return false;
    unsigned long number = strtoul(at + words_len, &end, 10);
    order->number = (uint32_t)number;
    return number > 0 && number <= UINT32_MAX && *end == '\0';
}

bool orders_read(const char *words, struct order orders[static ORDERS_MAX], size_t *count, struct text *why)
{
    for (*count = 0; *words != '\0'; ++*count) {
        words += strspn(words, " ");
        size_t len = strcspn(words, ",");

        if (*count == ORDERS_MAX || !read_one(words, len, &orders[*count])) {
            text_add(why, "not understood: ");
            text_add_escaped(why, bytes_of(words, len));
            return false;
        }
        words += len + (words[len] == ',');
    }
    return true;
}
