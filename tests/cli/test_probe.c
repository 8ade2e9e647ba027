/* The messages of `ikewise probe`, and what is made of the answers. */
#include "base/check.h"
#include "cli/probe_message.h"
#include "wire/payloads.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t cookies[2][COOKIE_LEN] = {{1, 2, 3, 4, 5, 6, 7, 8}, {9, 9, 9, 9, 9, 9, 9, 9}};
static const uint8_t first_cookies[2][COOKIE_LEN] = {{1, 2, 3, 4, 5, 6, 7, 8}};
static const struct endpoint west = {{IP_V4, {192, 0, 2, 1}}, 500}, east = {{IP_V4, {198, 51, 100, 2}}, 500};

static void each_offer_is_one_transform_of_one_lawful_message(void **state)
{
    uint8_t space[PROBE_MESSAGE_MAX];
    struct message m;
    struct sa_payload sa;
    size_t i;

    (void)state;
    for (i = 0; probe_offer(i) != NULL; i++) {
        struct bytes message = probe_first(space, first_cookies, probe_offer(i), 0);

        CHECK(wire_message_read(&m, message) == WIRE_OK && m.payloads[0].type == PL_SA && message.len < 512);
        CHECK(sa_read(&sa, message_body(&m, PL_SA)) == WIRE_OK && sa.transform_count == 1);
        CHECK(sa_transform_of(&sa, 0, 0)->fault == WIRE_OK && probe_natt_of(&m) != NATT_NONE);
    }
    CHECK(2 * i + 12 <= 32); /* each twice, and what comes after them: the budget that is announced */
}

static void the_large_one_does_not_fit_a_frame_of_ethernet(void **state)
{
    uint8_t space[PROBE_MESSAGE_MAX];
    struct message m;

    (void)state;
    struct bytes message = probe_first(space, first_cookies, probe_offer(0), 1800);
    CHECK(message.len > 1500 && wire_message_read(&m, message) == WIRE_OK);
}

static void what_an_answer_is(void **state)
{
    uint8_t space[PROBE_MESSAGE_MAX];
    struct bytes third, aggressive;

    (void)state;
    CHECK(probe_answer_of(probe_first(space, cookies, probe_offer(0), 0)).kind == PROBE_ACCEPTS);
    CHECK(probe_third(space, cookies, probe_offer(0), NATT_NONE, west, east, &third));
    CHECK(probe_answer_of(third).kind == PROBE_GOES_ON);
    CHECK(probe_first_aggressive(space, first_cookies, probe_offer(0), west.ip, &aggressive));
    CHECK(probe_answer_of(aggressive).kind == PROBE_ACCEPTS);
    space[17] = 0x20;
    CHECK(probe_answer_of(aggressive).kind == PROBE_OTHER); /* IKEv2 */
    CHECK(probe_answer_of(bytes_of(space, 3)).kind == PROBE_OTHER);

    struct header header = {.exchange = XCHG_INFORMATIONAL};
    struct writer w = writer_of(space, sizeof space);
    memcpy(header.cookies, first_cookies, sizeof header.cookies);
    struct message_writer m = message_begin(&w, &header);
    notify_write(payload_begin(&m, PL_NOTIFY),
                 &(struct notify){.doi = DOI_IPSEC, .protocol = PROTO_ISAKMP, .type = NOTIFY_NO_PROPOSAL_CHOSEN});
    payload_end(&m);
    struct probe_answer answer = probe_answer_of(message_end(&m));
    CHECK(answer.kind == PROBE_NOTIFIES && answer.notify == NOTIFY_NO_PROPOSAL_CHOSEN);
}

/* The peer's message 4 is our message 3 with the ends exchanged: the first hash is for the one it goes to. */
static void translation_is_seen_from_both_ends(void **state)
{
    static const struct endpoint translated = {{IP_V4, {203, 0, 113, 9}}, 4711};
    static const struct {
        const struct endpoint *us, *them; /* as the peer sees them */
        bool at_ours, at_theirs;
    } rows[] = {{&west, &east, false, false},
                {&translated, &east, true, false},
                {&west, &translated, false, true},
                {&translated, &translated, true, true}};
    uint8_t space[PROBE_MESSAGE_MAX];
    bool at_ours, at_theirs;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct bytes message;

        CHECK(probe_third(space, cookies, probe_offer(0), NATT_RFC3947, *rows[i].us, *rows[i].them, &message));
        struct probe_answer answer = probe_answer_of(message);
        CHECK(probe_nat_of(&answer.message, NATT_RFC3947, probe_offer(0), east, west, &at_ours, &at_theirs));
        CHECK(at_ours == rows[i].at_ours && at_theirs == rows[i].at_theirs);
        CHECK(!probe_nat_of(&answer.message, NATT_NONE, probe_offer(0), east, west, &at_ours, &at_theirs));
    }
}

static void products_are_told_by_their_repeats(void **state)
{
    static const struct {
        unsigned first, second;
        const char *who;
    } rows[] = {
        {80, 160, "an ASA, a PIX 7 or a VPN 3000"},
        {82, 0, "an ASA, a PIX 7 or a VPN 3000"},
        {100, 0, "IOS, or racoon"},
        {101, 302, "the FreeS/WAN family"},
        {5, 15, "libreswan"},
        {300, 600, NULL},
        {80, 400, NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *who = probe_who_repeats(rows[i].first, rows[i].second);

        if ((who == NULL) != (rows[i].who == NULL) || (who != NULL && strcmp(who, rows[i].who) != 0))
            fail_msg("%u and %u: %s", rows[i].first, rows[i].second, who == NULL ? "nobody" : who);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_offer_is_one_transform_of_one_lawful_message),
        cmocka_unit_test(the_large_one_does_not_fit_a_frame_of_ethernet),
        cmocka_unit_test(what_an_answer_is),
        cmocka_unit_test(translation_is_seen_from_both_ends),
        cmocka_unit_test(products_are_told_by_their_repeats),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
