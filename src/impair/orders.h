/* What the test build of the daemon is to do to its messages, in the words of faults.def:
 *
 *     lose 3, always zero the key share of 2, repeat 1
 *
 * A number says which of the messages that the daemon sends, from 1; repeats of a message have its number, and are
 * impaired only with "always". */
#ifndef IMPAIR_ORDERS_H
#define IMPAIR_ORDERS_H

#include "base/text.h"
#include "sim/faults.h"

enum { ORDERS_MAX = 16 };

struct order {
    enum impairment impairment;
    uint32_t number;
    bool are_repeats_too;
};

/* False, and `why` says which order is not understood. */
bool orders_read(const char *words, struct order orders[static ORDERS_MAX], size_t *count, struct text *why);

#endif
