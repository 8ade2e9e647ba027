/* What the tests of captures share: a capture read in pieces, and what it told. */
#ifndef TESTS_SOURCE_CAPTURES_H
#define TESTS_SOURCE_CAPTURES_H

#include "base/check.h"
#include "source/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEEN_MAX = 200, FILE_MAX = 1 << 16 };

static struct seen {
    struct observation all[SEEN_MAX];
    size_t count;
    struct source_summary sum;
} seen;

struct buffer {
    uint8_t data[FILE_MAX];
    size_t len;
};

static inline void read_all(struct bytes all, size_t step, struct bytes keys)
{
    void *space = malloc(source_space());
    struct arena arena = arena_of(space, source_space());
    struct source *s = source_new(&arena, 0);
    struct observation o;

    source_add_keys(s, keys);
    seen.count = 0;
    for (size_t at = 0, len; at <= all.len; at += len) {
        len = all.len - at < step ? all.len - at : step;
        uint8_t *exact = malloc(len + 1);

        memcpy(exact, all.data + at, len);
        if (len > 0)
            source_feed(s, bytes_of(exact, len));
        else
            source_end(s);
        while (source_next(s, &o)) {
            CHECK(o.vantage == VANTAGE_WIRE && seen.count < SEEN_MAX);
            seen.all[seen.count++] = o;
        }
        free(exact);
        if (len == 0)
            break;
    }
    seen.sum = source_summary(s);
    source_wipe(s);
    free(space);
}

#endif
