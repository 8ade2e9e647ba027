/* What a text tells, as one line of text: "2 phase1-completed 192.0.2.9; ...", line, event and its peer. */
#ifndef TESTS_SOURCE_TEXTS_H
#define TESTS_SOURCE_TEXTS_H

#include "base/check.h"
#include "source/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char told[4096];

static void take_told(struct source *s, struct text *t)
{
    struct observation seen;

    while (source_next(s, &seen)) {
        text_add(t, "%s%u %s", t->len ? "; " : "", seen.line, event_name((enum event_kind)seen.event.kind));
        if (event_has(&seen.event, FIELD_PEER)) {
            text_add(t, " ");
            text_add_ip(t, event_ip(&seen.event, FIELD_PEER));
        }
    }
}

/* In pieces of that many bytes. */
static struct source_summary read_told(const char *text, size_t piece)
{
    void *space = malloc(source_space());
    struct arena arena = arena_of(space, source_space());
    struct source *s = source_new(&arena, 0);
    struct text t = text_of(told, sizeof told);
    size_t len = strlen(text);

    told[0] = '\0';
    for (size_t at = 0; at < len; at += piece) {
        source_feed(s, bytes_of(text + at, len - at < piece ? len - at : piece));
        take_told(s, &t);
    }
    source_end(s);
    take_told(s, &t);
    struct source_summary sum = source_summary(s);
    free(space);
    return sum;
}

struct told_text {
    const char *text, *tells;
    enum source_kind kind;
    const char *why;
};

/* However the pieces are cut. */
static void check_told(const struct told_text *texts, size_t count)
{
    unsigned failures = 0;

    for (size_t i = 0; i < count; i++)
        for (size_t piece = 1; piece < 4000; piece = piece * 3 + 1) {
            struct source_summary sum = read_told(texts[i].text, piece);

            if (strcmp(told, texts[i].tells) == 0 && sum.kind == texts[i].kind)
                continue;
            print_error("%s, in pieces of %zu:\n  %s\n  as %s\n", texts[i].why, piece, told,
                        source_kind_name(sum.kind));
            failures++;
        }
    CHECK(failures == 0);
}

#endif
