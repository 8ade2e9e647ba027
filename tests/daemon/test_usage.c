/* What went through the pairs of a peer that have gone. */
#include "daemon/usage.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { PEERS = 10000 };

static bool is_taken(struct usage *usage, struct usage_session session, uint64_t sent, uint64_t received)
{
    struct usage_bytes bytes = usage_take(usage, &session);

    return bytes.sent == sent && bytes.received == received;
}

static void what_went_through_several_pairs_is_told_once(void **state)
{
    struct usage *usage = usage_open();
    struct usage_session east = {ip_of_v4(0xc6336402), 0}, west = {ip_of_v4(0xc6336403), 0};

    (void)state;
    CHECK(usage != NULL && is_taken(usage, east, 0, 0));
    usage_add(usage, &east, (struct usage_bytes){100, 1});
    usage_add(usage, &west, (struct usage_bytes){7, 8});
    usage_add(usage, &east, (struct usage_bytes){UINT32_MAX, 2});
    CHECK(is_taken(usage, east, (uint64_t)UINT32_MAX + 100, 3));
    CHECK(is_taken(usage, east, 0, 0));
    CHECK(is_taken(usage, west, 7, 8));
    usage_close(usage);
}

/* Two users behind the address of one NAT. */
static void users_of_one_address_are_told_apart(void **state)
{
    struct usage *usage = usage_open();
    struct usage_session alice = {ip_of_v4(0xc6336402), 1}, bob = {ip_of_v4(0xc6336402), 2};

    (void)state;
    usage_add(usage, &alice, (struct usage_bytes){100, 1});
    usage_add(usage, &bob, (struct usage_bytes){7, 8});
    CHECK(is_taken(usage, alice, 100, 1) && is_taken(usage, alice, 0, 0) && is_taken(usage, bob, 7, 8));
    usage_close(usage);
}

static void peers_are_told_apart_however_many_there_are(void **state)
{
    struct usage *usage = usage_open();

    (void)state;
    for (uint32_t i = 0; i < PEERS; i++)
        usage_add(usage, &(struct usage_session){ip_of_v4(0x0a000000 + i), 0}, (struct usage_bytes){i, 2 * i});
    for (uint32_t i = 0; i < PEERS; i += 2)
        CHECK(is_taken(usage, (struct usage_session){ip_of_v4(0x0a000000 + i), 0}, i, 2 * i));
    for (uint32_t i = 0; i < PEERS; i++)
        CHECK(is_taken(usage, (struct usage_session){ip_of_v4(0x0a000000 + i), 0}, i % 2 * i, i % 2 * 2 * i));
    usage_close(usage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_went_through_several_pairs_is_told_once),
        cmocka_unit_test(users_of_one_address_are_told_apart),
        cmocka_unit_test(peers_are_told_apart_however_many_there_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
