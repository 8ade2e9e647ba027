/* Two files of one negotiation become one, whatever NAT made of the addresses; two alike never do. */
#include "diag/diag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VIEWS = 64, FILE_MAX = 3 };

#define INSIDE_A 0x0a010001u /* behind NAT_A */
#define INSIDE_B 0x0a020001u
#define NAT_A 0xc6336401u
#define NAT_B 0xc6336402u
#define HUB 0xcb007101u
#define HUB_INSIDE 0xc0a80105u /* where the hub's router forwards to it */
#define DAYS 86400000u
#define NOBODY 0u /* the log does not tell */

/* What one file has of one negotiation: messages of main mode up to `reached`, each `apart_ms` after the one before,
 * and quick mode where it has an ID. A file with a cookie is a capture. */
struct heard {
    uint32_t local, peer;
    char role; /* 'i', 'r'; '\0': no more */
    unsigned reached;
    uint64_t begin_ms, apart_ms; /* without a year */
    uint32_t message_id;
    const char *cookie;
};

/* clang-format off */
static const struct {
    const char *why;
    struct heard first[FILE_MAX], second[FILE_MAX];
    size_t negotiations, doubtful;
    uint32_t before, after; /* the translation of the first negotiation; 0: none is told */
    int64_t ahead_ms;
} rows[] = {
    {"one message ID, and no address in common: both ends stand behind NAT",
     {{INSIDE_A, HUB, 'i', 6, 10000, 20, 0x8a1b2c3d, NULL}}, {{HUB_INSIDE, NAT_A, 'r', 6, 47010, 20, 0x8a1b2c3d, NULL}},
     1, 0, INSIDE_A, NAT_A, 37010},
    {"of two alike the one with the message ID",
     {{INSIDE_A, HUB, 'i', 6, 10000, 20, 0x8a1b2c3d, NULL}},
     {{HUB, NAT_B, 'r', 6, 10000, 20, 0x11223344, NULL}, {HUB, NAT_A, 'r', 6, 10000, 20, 0x8a1b2c3d, NULL}},
     2, 0, INSIDE_A, NAT_A, 0},
    {"small numbers are no sign",
     {{INSIDE_A, HUB, 'i', 2, 10000, 20, 7, NULL}}, {{HUB_INSIDE, NAT_A, 'r', 2, 10000, 20, 7, NULL}},
     2, 0, 0, 0, 0},
    {"a cookie is the same whatever the addresses are",
     {{INSIDE_A, HUB, 'i', 4, 10000, 20, 0, "1122334455667788"}}, {{NAT_A, HUB_INSIDE, 'i', 4, 19000, 20, 0, "1122334455667788"}},
     1, 0, INSIDE_A, NAT_A, 9000},
    {"another cookie is another negotiation",
     {{INSIDE_A, HUB, 'i', 4, 10000, 20, 0, "1122334455667788"}}, {{INSIDE_A, HUB, 'i', 4, 10000, 20, 0, "1122334455667799"}},
     2, 0, 0, 0, 0},
    {"the responder is the same, and so are order and times: NAT follows",
     {{INSIDE_A, HUB, 'i', 5, 10000, 20, 0, NULL}}, {{HUB, NAT_A, 'r', 5, 12010, 20, 0, NULL}},
     1, 0, INSIDE_A, NAT_A, 2010},
    {"a capture at the hub and the log of who asks",
     {{INSIDE_A, HUB, 'i', 5, 10000, 20, 0, NULL}}, {{NAT_A, HUB, 'i', 5, 12000, 20, 0, "1122334455667788"}},
     1, 0, INSIDE_A, NAT_A, 2000},
    {"two alike at the same time, and nothing tells which: none is taken",
     {{INSIDE_A, HUB, 'i', 5, 10000, 20, 0, NULL}},
     {{HUB, NAT_A, 'r', 5, 12000, 20, 0, NULL}, {HUB, NAT_B, 'r', 5, 14000, 20, 0, NULL}},
     3, 2, 0, 0, 0},
    {"two ask alike, and the hub heard of one",
     {{INSIDE_A, HUB, 'i', 5, 10000, 20, 0, "1122334455667788"}, {INSIDE_B, HUB, 'i', 5, 11000, 20, 0, "1122334455667799"}},
     {{HUB, NAT_A, 'r', 5, 12000, 20, 0, NULL}},
     3, 1, 0, 0, 0},
    {"other intervals are other messages",
     {{INSIDE_A, HUB, 'i', 5, 10000, 20, 0, NULL}}, {{HUB, NAT_A, 'r', 5, 10000, 4000, 0, NULL}},
     2, 0, 0, 0, 0},
    {"clocks that are an hour apart prove nothing",
     {{INSIDE_A, HUB, 'i', 5, 10000, 20, 0, NULL}}, {{HUB, NAT_A, 'r', 5, 3610000, 20, 0, NULL}},
     2, 0, 0, 0, 0},
    {"an answer came that this responder never sent",
     {{INSIDE_A, HUB, 'i', 6, 10000, 20, 0, NULL}}, {{HUB, NAT_A, 'r', 5, 10000, 20, 0, NULL}},
     2, 0, 0, 0, 0},
    {"message 1 alone is like any other",
     {{INSIDE_A, HUB, 'i', 1, 10000, 20, 0, NULL}}, {{HUB, NAT_A, 'r', 1, 10000, 20, 0, NULL}},
     2, 0, 0, 0, 0},
    {"another responder is another negotiation, however alike",
     {{INSIDE_A, HUB, 'i', 5, 10000, 20, 0, NULL}}, {{HUB_INSIDE, NAT_A, 'r', 5, 10000, 20, 0, NULL}},
     2, 0, 0, 0, 0},
    {"logs that tell the peer alone: there is one that it can be",
     {{NOBODY, HUB, 'i', 5, 10000, 20, 0, NULL}}, {{NOBODY, NAT_A, 'r', 5, 910000, 20, 0, NULL}},
     1, 0, 0, 0, 900000},
    {"on one day, four minutes apart",
     {{NOBODY, HUB, 'i', 5, UINT64_C(100) * DAYS, 20, 0, NULL}}, {{NOBODY, NAT_A, 'r', 5, UINT64_C(100) * DAYS + 240000, 20, 0, NULL}},
     1, 0, 0, 0, 240000},
    {"on one day, and at another time of it",
     {{NOBODY, HUB, 'i', 5, UINT64_C(100) * DAYS, 20, 0, NULL}}, {{NOBODY, NAT_A, 'r', 5, UINT64_C(100) * DAYS + 900000, 20, 0, NULL}},
     2, 0, 0, 0, 0},
    {"one answers a message that the other never sent",
     {{NOBODY, HUB, 'i', 1, 10000, 20, 0, NULL}}, {{NOBODY, NAT_A, 'r', 5, 10000, 20, 0, NULL}},
     2, 0, 0, 0, 0},
    {"numbers that both have prove it at any time of a day",
     {{NOBODY, HUB, 'i', 6, UINT64_C(100) * DAYS, 20, 0x8a1b2c3d, NULL}}, {{NOBODY, NAT_A, 'r', 6, UINT64_C(100) * DAYS + 900000, 20, 0x8a1b2c3d, NULL}},
     1, 0, 0, 0, 900000},
    {"two that begin, each to somebody else",
     {{NOBODY, HUB, 'i', 5, 10000, 20, 0, NULL}}, {{NOBODY, NAT_A, 'i', 5, 10000, 20, 0, NULL}},
     2, 0, 0, 0, 0},
    {"logs of different days that have no address in common",
     {{NOBODY, HUB, 'i', 5, UINT64_C(100) * DAYS, 20, 0, NULL}}, {{NOBODY, NAT_A, 'r', 5, UINT64_C(103) * DAYS, 20, 0, NULL}},
     2, 0, 0, 0, 0},
    {"of two the one whose clock fits",
     {{NOBODY, HUB, 'i', 5, 10000, 20, 0, NULL}},
     {{NOBODY, NAT_B, 'r', 5, 910000, 20, 0, NULL}, {NOBODY, NAT_A, 'r', 5, 11000, 20, 0, NULL}},
     2, 0, 0, 0, 1000},
    {"of two neither, where the clocks fit both",
     {{NOBODY, HUB, 'i', 5, 10000, 20, 0, NULL}},
     {{NOBODY, NAT_B, 'r', 5, 15000, 20, 0, NULL}, {NOBODY, NAT_A, 'r', 5, 11000, 20, 0, NULL}},
     3, 2, 0, 0, 0},
};
/* clang-format on */

struct joined {
    void *memory;
    struct arena arena;
    struct diag *d;
    uint32_t line;
};

static void tell_packet(struct observation *seen, const struct heard *h, unsigned number)
{
    bool is_initiators = number % 2 == 1;
    char cookies[40];

    seen->vantage = VANTAGE_WIRE;
    seen->event = event_of(EV_PACKET_SEEN);
    event_add_ip(&seen->event, FIELD_SOURCE, ip_of_v4(is_initiators ? h->local : h->peer));
    event_add_ip(&seen->event, FIELD_DESTINATION, ip_of_v4(is_initiators ? h->peer : h->local));
    snprintf(cookies, sizeof cookies, "%s%016x", h->cookie, number > 1);
    event_add_text(&seen->event, FIELD_COOKIES, cookies);
}

static void tell_line(struct observation *seen, const struct heard *h, unsigned number)
{
    bool is_sent = (number % 2 == 1) == (h->role == 'i');

    seen->vantage = VANTAGE_DEVICE;
    seen->event = event_of(is_sent ? EV_MESSAGE_SENT : EV_MESSAGE_RECEIVED);
    event_add_ip(&seen->event, FIELD_PEER, ip_of_v4(h->peer));
    if (h->local != NOBODY)
        event_add_ip(&seen->event, FIELD_LOCAL, ip_of_v4(h->local));
    event_add_text(&seen->event, FIELD_ROLE, h->role == 'i' ? "initiator" : "responder");
}

static void tell_message(struct joined *j, const struct heard *h, uint16_t source, const char *exchange,
                         unsigned number, uint32_t id, uint64_t at_ms)
{
    struct observation seen = {
        .source = source, .line = ++j->line, .record = j->line, .has_time = true, .time_ms = at_ms};

    (h->cookie ? tell_packet : tell_line)(&seen, h, number);
    event_add_text(&seen.event, FIELD_EXCHANGE, exchange);
    event_add_number(&seen.event, FIELD_MESSAGE_NUMBER, number);
    if (id)
        event_add_number(&seen.event, FIELD_MESSAGE_ID, id);
    diag_add(j->d, &seen, "a line");
}

static void tell_file(struct joined *j, const struct heard *file, uint16_t source)
{
    diag_add_file(j->d, source, file->cookie ? VANTAGE_WIRE : VANTAGE_DEVICE);
    for (size_t i = 0; i < FILE_MAX && file[i].role; i++) {
        for (unsigned number = 1; number <= file[i].reached; number++)
            tell_message(j, &file[i], source, "MM", number, 0, file[i].begin_ms + number * file[i].apart_ms);
        if (file[i].message_id)
            tell_message(j, &file[i], source, "QM", 1, file[i].message_id, file[i].begin_ms + 7 * file[i].apart_ms);
    }
}

static struct report *report_of(struct joined *j, const struct heard *first, const struct heard *second)
{
    size_t size = diag_space(VIEWS) + 4 * 1024 * 1024;
    struct report *report;

    *j = (struct joined){.memory = calloc(1, size)};
    j->arena = arena_of(j->memory, size);
    j->d = diag_new(&j->arena, VIEWS);
    assert_non_null(j->d);
    diag_expect_several(j->d);
    tell_file(j, first, 0);
    tell_file(j, second, 1);
    report = diag_report(j->d, &j->arena);
    assert_non_null(report);
    return report;
}

/* The one that both files have. */
static const struct report_negotiation *joined_of(const struct report *r)
{
    for (size_t i = 0; i < r->negotiation_count; i++)
        if (r->negotiations[i].clock_count > 0)
            return &r->negotiations[i];
    return NULL;
}

static void is_joined_as_it_should(size_t row, const struct report *r)
{
    const struct report_negotiation *n = joined_of(r);
    size_t count = 0;

    for (size_t i = 0; i < r->negotiation_count; i++)
        count += r->negotiations[i].attempts;
    if (count != rows[row].negotiations || r->doubtful != rows[row].doubtful)
        fail_msg("%s: %zu negotiations, %u doubtful", rows[row].why, count, r->doubtful);
    if (!n && (rows[row].before || rows[row].ahead_ms))
        fail_msg("%s: they are not joined", rows[row].why);
    if (n && (!rows[row].before != !n->joined || n->clocks[0].ahead_ms != rows[row].ahead_ms))
        fail_msg("%s: %s, %lld ms ahead", rows[row].why, n->joined ? n->joined : "no NAT",
                 (long long)n->clocks[0].ahead_ms);
    if (rows[row].before) {
        assert_true(ip_equal(n->translation.before, ip_of_v4(rows[row].before)));
        assert_true(ip_equal(n->translation.after, ip_of_v4(rows[row].after)));
    }
}

static void files_of_one_negotiation_are_joined_and_no_others(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct joined j;

        is_joined_as_it_should(i, report_of(&j, rows[i].first, rows[i].second));
        free(j.memory);
    }
}

static void it_does_not_matter_which_file_comes_first(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct joined j;
        const struct report *r = report_of(&j, rows[i].second, rows[i].first);
        size_t count = 0;

        for (size_t k = 0; k < r->negotiation_count; k++)
            count += r->negotiations[k].attempts;
        if (count != rows[i].negotiations)
            fail_msg("%s, the other way round: %zu of %zu", rows[i].why, count, r->negotiation_count);
        free(j.memory);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_of_one_negotiation_are_joined_and_no_others),
        cmocka_unit_test(it_does_not_matter_which_file_comes_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
