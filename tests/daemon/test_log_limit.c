#include "daemon/log_limit.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct log_limit limit;

static unsigned allowed_of(enum event_kind kind, uint32_t first_peer, uint32_t peer_step, unsigned count,
                           uint64_t now_ms)
{
    unsigned allowed = 0;
    uint32_t kept_back;

    for (unsigned i = 0; i < count; i++) {
        struct event e = event_of(kind);
        event_add_ip(&e, FIELD_PEER, ip_of_v4(first_peer + i * peer_step));
        allowed += log_limit_allows(&limit, &e, now_ms, &kept_back);
    }
    return allowed;
}

static int begin(void **state)
{
    (void)state;
    memset(&limit, 0, sizeof limit);
    return 0;
}

static void what_a_proven_peer_causes_is_never_kept_back(void **state)
{
    (void)state;
    CHECK(allowed_of(EV_PHASE1_COMPLETED, 0xc0000201, 0, 1000, 5) == 1000);
}

static void D09_one_prefix_gets_its_burst_and_then_its_rate(void **state)
{
    (void)state;
    CHECK(allowed_of(EV_MESSAGE_REFUSED, 0xc0000201, 0, 1000, 1000) == 10);
    CHECK(allowed_of(EV_MESSAGE_REFUSED, 0xc0000201, 0, 1000, 2999) == 0);
    CHECK(allowed_of(EV_MESSAGE_REFUSED, 0xc0000201, 0, 1000, 3000) == 1);
}

static void addresses_of_one_prefix_share_a_bucket(void **state)
{
    (void)state;
    CHECK(allowed_of(EV_MESSAGE_REFUSED, 0xc0000200, 1, 256, 1000) == 10);
}

static void another_prefix_still_speaks(void **state)
{
    (void)state;
    CHECK(allowed_of(EV_MESSAGE_REFUSED, 0xc0000201, 0, 1000, 1000) == 10);
    CHECK(allowed_of(EV_MESSAGE_REFUSED, 0xcb007101, 0, 1, 1000) == 1);
}

static void D09_forged_prefixes_meet_the_bucket_of_all(void **state)
{
    (void)state;
    CHECK(allowed_of(EV_MESSAGE_REFUSED, 0x0a000001, 256, 50000, 1000) == 80);
}

static void what_was_kept_back_is_told_with_the_next_line(void **state)
{
    struct event e = event_of(EV_INBOUND_UNKNOWN_SPI);
    uint32_t kept_back;

    (void)state;
    CHECK(log_limit_allows(&limit, &e, 1000, &kept_back) && kept_back == 0);
    CHECK(!log_limit_allows(&limit, &e, 1001, &kept_back));
    CHECK(!log_limit_allows(&limit, &e, 1002, &kept_back));
    CHECK(log_limit_allows(&limit, &e, 6000, &kept_back) && kept_back == 2);
    CHECK(limit.kept_back_count == 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_a_proven_peer_causes_is_never_kept_back, begin),
        cmocka_unit_test_setup(D09_one_prefix_gets_its_burst_and_then_its_rate, begin),
        cmocka_unit_test_setup(addresses_of_one_prefix_share_a_bucket, begin),
        cmocka_unit_test_setup(another_prefix_still_speaks, begin),
        cmocka_unit_test_setup(D09_forged_prefixes_meet_the_bucket_of_all, begin),
        cmocka_unit_test_setup(what_was_kept_back_is_told_with_the_next_line, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
