/* An array of records in one line is as long as the log that it was exported from: nothing of it is cut. */
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

enum { RECORDS = 300, TEXT_MAX = 256 * 1024, LONG_RECORD = 20000 };

static char text[TEXT_MAX];
static size_t text_len;

static void add(const char *more)
{
    text_len += (size_t)snprintf(text + text_len, sizeof text - text_len, "%s", more);
    CHECK(text_len < sizeof text);
}

/* The peer of each record tells which it is. */
static void add_record(unsigned number)
{
    char record[300];

    snprintf(
        record, sizeof record,
        "{\"host\":{\"name\":\"fw \\\"1\\\" },{\",\"tags\":[{\"a\":1},{\"b\":2}]},\"message\":\"%%ASA-5-713904: IP = "
        "192.0.2.%u, Received an un-encrypted INVALID_COOKIE notify message, dropping\"}",
        number % 250);
    add(record);
}

static void add_array(const char *before, const char *between, const char *behind)
{
    add(before);
    for (unsigned i = 0; i < RECORDS; i++) {
        add(i ? between : "");
        add_record(i);
    }
    add(behind);
}

static void add_long_record(void)
{
    add("{\"message\":\"text },{ \\\\\\\" ");
    for (unsigned i = 0; i < LONG_RECORD; i++)
        add(i % 7 ? "y" : "\\\"");
    add("\"}");
}

struct told {
    unsigned records, next; /* next: of the peers, when all come in order */
    struct source_summary sum;
    bool is_in_order;
};

static void take(struct source *s, struct told *t)
{
    struct observation seen;

    while (source_next(s, &seen)) {
        t->is_in_order &= ip_equal(event_ip(&seen.event, FIELD_PEER), ip_of_v4(0xc0000200 + t->next % 250));
        t->next = (t->next + 1) % RECORDS;
        t->records++;
    }
}

/* In pieces of that many bytes. */
static struct told read_in(size_t piece)
{
    void *space = malloc(source_space());
    struct arena arena = arena_of(space, source_space());
    struct source *s = source_new(&arena, 0);
    struct told t = {.is_in_order = true};

    CHECK(s);
    for (size_t at = 0; at < text_len; at += piece) {
        source_feed(s, bytes_of(text + at, text_len - at < piece ? text_len - at : piece));
        take(s, &t);
    }
    source_end(s);
    take(s, &t);
    t.sum = source_summary(s);
    free(space);
    return t;
}

static const size_t pieces[] = {1, 7, 100, 4096, 8191, 8192, 8193, 65536, TEXT_MAX};

static void an_array_in_one_line_is_read_to_its_end(void **state)
{
    static const struct {
        const char *before, *between, *behind;
    } forms[] = {
        {"[", ",", "]\n"},
        {"[", ", ", "]"},
        {"{\"took\":1,\"hits\":{\"total\":300,\"hits\":[", ",\t", "]}}\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(forms); i++)
        for (size_t k = 0; k < COUNT_OF(pieces); k++) {
            text_len = 0;
            add_array(forms[i].before, forms[i].between, forms[i].behind);
            struct told t = read_in(pieces[k]);

            if (t.records != RECORDS || !t.is_in_order || t.sum.too_long || t.sum.lines != RECORDS)
                fail_msg("form %zu in pieces of %zu: %u records of %u lines, %u too long", i, pieces[k], t.records,
                         t.sum.lines, t.sum.too_long);
        }
}

static void a_record_that_is_too_long_costs_itself_alone(void **state)
{
    (void)state;
    for (size_t k = 0; k < COUNT_OF(pieces); k++) {
        text_len = 0;
        add("[");
        for (unsigned i = 0; i < 3; i++)
            add_record(i), add(",");
        add_long_record();
        for (unsigned i = 3; i < 6; i++)
            add(","), add_record(i);
        add("]\n");
        add_record(6);
        add("\n[");
        add_long_record();
        add("]\n");
        add_record(7);
        struct told t = read_in(pieces[k]);

        if (t.records != 8 || !t.is_in_order || t.sum.too_long != 2)
            fail_msg("in pieces of %zu: %u records, %u too long", pieces[k], t.records, t.sum.too_long);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_array_in_one_line_is_read_to_its_end),
        cmocka_unit_test(a_record_that_is_too_long_costs_itself_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
