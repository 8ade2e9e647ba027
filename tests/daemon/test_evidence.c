#include "daemon/evidence.h"

#include "base/check.h"
#include "sim/sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CONFIGURED = 0x0a000001, OTHER_CONFIGURED = 0x0a000002, STRANGERS = 0x64000000 };

static struct journal journal;
static struct evidence *evidence;
static uint32_t next_conn;

static bool is_configured(void *context, struct ip peer)
{
    (void)context;
    return ip_to_v4(peer) == CONFIGURED || ip_to_v4(peer) == OTHER_CONFIGURED;
}

static int start(void **state)
{
    (void)state;
    memset(&journal, 0, sizeof journal);
    journal.turn = 1;
    next_conn = 0;
    evidence = evidence_create();
    evidence_know(evidence, is_configured, NULL);
    return 0;
}

static int end(void **state)
{
    (void)state;
    evidence_free(evidence);
    return 0;
}

static void end_turn(void)
{
    evidence_take(evidence, &journal);
    journal.turn++;
}

static void tell(enum event_kind kind, uint32_t peer, uint32_t conn, const char *state, const char *detail)
{
    struct event e = event_of(kind);

    event_add_ip(&e, FIELD_PEER, ip_of_v4(peer));
    if (conn != 0)
        event_add_number(&e, FIELD_CONN_ID, conn);
    event_add_text(&e, FIELD_STATE, state);
    if (kind == EV_EXCHANGE_FAILED)
        event_add_text(&e, FIELD_VERDICT, "psk_mismatch");
    event_add_text(&e, FIELD_DETAIL, detail);
    journal_keep_event(&journal, &e, journal.turn);
}

static void message(bool is_sent, uint32_t peer, size_t len)
{
    static uint8_t data[JOURNAL_MESSAGE_MAX];
    struct endpoint local = {ip_of_v4(0x0a0000fe), 500}, remote = {ip_of_v4(peer), 500};

    memset(data, (int)peer, sizeof data);
    journal_keep_message(&journal, is_sent, &local, &remote, bytes_of(data, len), journal.turn);
}

/* First messages from everywhere, all refused; what is still open, times out. */
static void flood(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t stranger = STRANGERS + i, conn = ++next_conn;

        message(false, stranger, 400);
        tell(EV_PHASE1_ASKED, stranger, conn, "MM_START", "");
        tell(EV_MESSAGE_RECEIVED, stranger, conn, "MM_START", "");
        tell(EV_MESSAGE_REFUSED, stranger, i % 2 ? conn : 0, "MM_START", "");
        end_turn();
    }
}

/* We begin, and the peer does not like message 5. */
static void negotiate_in_vain(uint32_t peer, const char *name, uint32_t strangers)
{
    uint32_t conn = ++next_conn;

    journal_keep_input(&journal, "acquire", journal.turn);
    tell(EV_PHASE1_BEGUN, peer, conn, "MM_START", name);
    message(true, peer, 200);
    tell(EV_MESSAGE_SENT, peer, conn, "MM_START", "");
    end_turn();
    flood(strangers);
    message(false, peer, 300);
    tell(EV_MESSAGE_RECEIVED, peer, conn, "MM_WAIT_MSG2", "");
    end_turn();
    flood(strangers);
    journal_keep_input(&journal, "timer", journal.turn);
    tell(EV_EXCHANGE_FAILED, peer, conn, "MM_WAIT_MSG6", name);
    end_turn();
}

/* What can be read of a peer, of journal and evidence. */
struct seen {
    unsigned records, begun, messages, failed, verdicts;
    char last[32], first[32]; /* names of the failures */
};

static struct seen see(uint32_t peer)
{
    struct seen seen = {0};
    struct journal_record r;
    uint64_t serial = UINT64_MAX;

    for (uint32_t i = 0;
         journal_read(&journal, i, &r) || evidence_read(evidence, &journal, i - (uint32_t)journal.count, &r); i++) {
        CHECK(r.head.serial < serial); /* the newest first, and none twice */
        serial = r.head.serial;
        if (ip_to_v4(journal_peer(&r)) != peer)
            continue;
        seen.records++;
        seen.messages += r.kind == JOURNAL_IS_MESSAGE;
        if (r.kind != JOURNAL_IS_EVENT)
            continue;
        seen.begun += r.event.kind == EV_PHASE1_BEGUN;
        if (r.event.kind != EV_EXCHANGE_FAILED)
            continue;
        if (seen.failed++ == 0)
            snprintf(seen.last, sizeof seen.last, "%s", event_text(&r.event, FIELD_DETAIL));
        snprintf(seen.first, sizeof seen.first, "%s", event_text(&r.event, FIELD_DETAIL));
        seen.verdicts += strcmp(event_text(&r.event, FIELD_VERDICT), "psk_mismatch") == 0;
    }
    return seen;
}

static void the_last_twenty_outlive_whatever_strangers_send(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 25; i++) {
        char name[32];

        snprintf(name, sizeof name, "number %u", i);
        negotiate_in_vain(CONFIGURED, name, i % 8 == 0 ? 2500 : 10); /* more than the journal holds */
    }
    flood(2500);

    struct seen seen = see(CONFIGURED);

    CHECK(seen.failed == EVIDENCE_PER_PEER && seen.verdicts == seen.failed && seen.begun == seen.failed);
    CHECK(seen.messages == 2 * EVIDENCE_PER_PEER);
    assert_string_equal(seen.last, "number 24");
    assert_string_equal(seen.first, "number 5");
}

static void strangers_that_name_a_peer_have_one_place_among_his(void **state)
{
    (void)state;
    for (unsigned i = 0; i < EVIDENCE_PER_PEER - 1; i++)
        negotiate_in_vain(CONFIGURED, "true", 0);
    for (unsigned i = 0; i < 500; i++) {
        uint32_t conn = ++next_conn;

        message(false, CONFIGURED, 400);
        tell(EV_PHASE1_ASKED, CONFIGURED, conn, "MM_START", "");
        tell(EV_MESSAGE_RECEIVED, CONFIGURED, conn, "MM_START", "");
        end_turn();
        tell(EV_EXCHANGE_FAILED, CONFIGURED, conn, "MM_WAIT_MSG3", "forged");
        end_turn();
    }
    flood(2500);

    struct seen seen = see(CONFIGURED);

    CHECK(seen.failed == EVIDENCE_PER_PEER && seen.begun == EVIDENCE_PER_PEER - 1);
    assert_string_equal(seen.last, "forged");
    assert_string_equal(seen.first, "true");
}

/* They hear us, and get as far as anybody may: their messages fill all that there is room for. */
static void strangers_that_hear_us_give_way_to_the_peers_of_the_configuration(void **state)
{
    (void)state;
    negotiate_in_vain(CONFIGURED, "first", 0);
    for (uint32_t i = 0; i < 2500; i++) {
        uint32_t stranger = STRANGERS + i, conn = ++next_conn;

        message(false, stranger, JOURNAL_MESSAGE_MAX);
        tell(EV_PHASE1_ASKED, stranger, conn, "MM_START", "");
        end_turn();
        message(false, stranger, JOURNAL_MESSAGE_MAX);
        tell(EV_MESSAGE_RECEIVED, stranger, conn, "MM_WAIT_MSG3", "");
        end_turn();
        tell(EV_EXCHANGE_FAILED, stranger, conn, "MM_WAIT_MSG5", "");
        end_turn();
    }
    negotiate_in_vain(OTHER_CONFIGURED, "second", 0);
    flood(2500);
    CHECK(see(CONFIGURED).failed == 1 && see(OTHER_CONFIGURED).failed == 1);
    CHECK(see(STRANGERS).records == 0 && see(STRANGERS + 2499).failed == 1);
}

static void what_came_up_is_not_kept_and_what_failed_later_is(void **state)
{
    uint32_t conn = ++next_conn;

    (void)state;
    tell(EV_PHASE1_BEGUN, CONFIGURED, conn, "MM_START", "");
    end_turn();
    tell(EV_PHASE1_COMPLETED, CONFIGURED, conn, "MM_ACTIVE", "");
    tell(EV_PHASE2_BEGUN, CONFIGURED, conn, "QM_START", "");
    end_turn();
    tell(EV_PHASE2_COMPLETED, CONFIGURED, conn, "QM_ACTIVE", "");
    end_turn();
    flood(2500);
    CHECK(see(CONFIGURED).records == 0);

    tell(EV_PHASE2_ASKED, CONFIGURED, conn, "QM_START", "");
    end_turn();
    tell(EV_EXCHANGE_FAILED, CONFIGURED, conn, "QM_WAIT_MSG3", "the second");
    end_turn();
    tell(EV_PHASE2_BEGUN, CONFIGURED, conn, "QM_START", "");
    end_turn();
    tell(EV_PHASE2_COMPLETED, CONFIGURED, conn, "QM_ACTIVE", "");
    end_turn();
    flood(2500);
    CHECK(see(CONFIGURED).records == 2 && see(CONFIGURED).failed == 1);
}

/* Of one that stays up and never asks for phase 2 nothing tells that it is done. */
static void what_is_up_does_not_push_out_what_has_failed(void **state)
{
    (void)state;
    negotiate_in_vain(CONFIGURED, "the one", 0);
    for (unsigned i = 0; i < 2 * EVIDENCE_PER_PEER; i++) {
        uint32_t conn = ++next_conn;

        tell(EV_PHASE1_BEGUN, CONFIGURED, conn, "MM_START", "");
        tell(EV_PHASE1_COMPLETED, CONFIGURED, conn, "MM_ACTIVE", "");
        end_turn();
    }
    flood(2500);
    assert_string_equal(see(CONFIGURED).last, "the one");
}

static void of_two_quick_modes_the_one_that_fails_is_kept(void **state)
{
    uint32_t conn = ++next_conn, stranger = STRANGERS - 1;
    struct event failed = event_of(EV_EXCHANGE_FAILED);

    (void)state;
    tell(EV_PHASE2_ASKED, stranger, conn, "QM_START", "");
    tell(EV_PHASE2_ASKED, stranger, conn, "QM_START", "");
    end_turn();
    tell(EV_PHASE2_COMPLETED, stranger, conn, "QM_ACTIVE", "");
    end_turn();
    event_add_ip(&failed, FIELD_PEER, ip_of_v4(stranger));
    event_add_number(&failed, FIELD_CONN_ID, conn);
    event_add_number(&failed, FIELD_PHASE, 2);
    journal_keep_event(&journal, &failed, journal.turn);
    end_turn();
    flood(2500);
    CHECK(see(stranger).records == 4 && see(stranger).failed == 1);
}

static void of_a_first_message_that_is_refused_all_is_kept(void **state)
{
    uint32_t conn = ++next_conn;

    (void)state;
    message(false, CONFIGURED, 400);
    tell(EV_PHASE1_ASKED, CONFIGURED, conn, "MM_START", "");
    tell(EV_PROPOSAL_REFUSED, CONFIGURED, conn, "MM_START", "");
    tell(EV_MESSAGE_REFUSED, CONFIGURED, conn, "MM_START", "NO_POLICY");
    message(true, CONFIGURED, 100);
    end_turn();
    flood(2500);
    CHECK(see(CONFIGURED).records == 5 && see(CONFIGURED).messages == 2);
}

static void of_one_that_goes_on_and_on_the_end_is_kept(void **state)
{
    uint32_t conn = ++next_conn;

    (void)state;
    tell(EV_PHASE1_BEGUN, CONFIGURED, conn, "MM_START", "");
    end_turn();
    for (unsigned i = 0; i < 100; i++) {
        message(false, CONFIGURED, 4000);
        tell(EV_MESSAGE_REPEATED, CONFIGURED, conn, "MM_WAIT_MSG2", "");
        end_turn();
    }
    tell(EV_EXCHANGE_FAILED, CONFIGURED, conn, "MM_WAIT_MSG2", "at last");
    end_turn();
    flood(2500);

    struct seen seen = see(CONFIGURED);

    CHECK(seen.failed == 1 && seen.begun == 0 && seen.messages > 10 && seen.messages <= EVIDENCE_ATTEMPT_MAX / 4000);
}

/* ---- by the events of real engines ---- */

enum { HERE, THERE };

static void hear(void *context, uint32_t site, uint64_t at_ms, const struct event *event)
{
    (void)context;
    if (site != HERE)
        return;
    journal_keep_event(&journal, event, at_ms);
    next_conn = (uint32_t)event_number(event, FIELD_CONN_ID) + 1000;
    end_turn();
}

static struct sim_site site_of(uint32_t address, uint32_t peer)
{
    return (struct sim_site){.address = address,
                             .cipher = CIPHER_AES256_CBC,
                             .hash = HASH_SHA1,
                             .group = GROUP_MODP2048,
                             .esp_cipher = CIPHER_AES256_CBC,
                             .esp_integrity = HASH_SHA1,
                             .lifetime_s = 86400,
                             .esp_lifetime_s = 28800,
                             .peers = {{.address = peer,
                                        .key = "the same key at both ends, long enough",
                                        .local_net = address << 8,
                                        .remote_net = peer << 8}}};
}

static void nothing_is_wrong(struct sim_site *there)
{
    (void)there;
}

static void another_key(struct sim_site *there)
{
    there->peers[0].key = "another key than the one over there";
}

static void another_cipher(struct sim_site *there)
{
    there->cipher = CIPHER_AES128_CBC;
}

static void another_acl(struct sim_site *there)
{
    there->peers[0].remote_net ^= 0x100;
}

static void what_engines_tell_is_kept_when_they_fail(void **state)
{
    static const struct {
        void (*set)(struct sim_site *there);
        enum event_kind kept; /* the last that must be there after the flood; EV_COUNT: nothing may be */
        bool is_begun_there;
        const char *why;
    } cases[] = {
        {nothing_is_wrong, EV_COUNT, false, "it came up"},
        {nothing_is_wrong, EV_COUNT, true, "it came up"},
        {another_key, EV_EXCHANGE_FAILED, false, "nobody answers message 5"},
        {another_key, EV_EXCHANGE_FAILED, true, "message 5 does not open"},
        {another_cipher, EV_EXCHANGE_FAILED, false, "message 1 is not answered"},
        {another_cipher, EV_PROPOSAL_REFUSED, true, "message 1 is refused, and nothing of it kept by the engine"},
        {another_acl, EV_EXCHANGE_FAILED, false, "quick mode is refused"},
        {another_acl, EV_EXCHANGE_FAILED, true, "quick mode is refused here"},
    };
    void *space = malloc(sim_space(2));

    CHECK(space != NULL);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct sim_site here = site_of(OTHER_CONFIGURED, CONFIGURED), there = site_of(CONFIGURED, OTHER_CONFIGURED);
        struct journal_record r;
        bool is_there = false;
        uint32_t records = 0;

        end(state);
        start(state);
        cases[i].set(&there);
        struct sim *sim = sim_make(space, 2, 1);
        sim_listen(sim, hear, NULL);
        sim_site(sim, HERE, &here);
        sim_site(sim, THERE, &there);
        sim_acquire(sim, cases[i].is_begun_there ? THERE : HERE, 0);
        sim_run(sim, 40000);
        flood(2500);
        while (evidence_read(evidence, &journal, records, &r)) {
            records++;
            is_there |= r.kind == JOURNAL_IS_EVENT && r.event.kind == cases[i].kept;
        }
        if (cases[i].kept == EV_COUNT ? records > 0 : !is_there)
            fail_msg("%zu: %u records (%s)", i, records, cases[i].why);
    }
    free(space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_last_twenty_outlive_whatever_strangers_send, start, end),
        cmocka_unit_test_setup_teardown(strangers_that_name_a_peer_have_one_place_among_his, start, end),
        cmocka_unit_test_setup_teardown(strangers_that_hear_us_give_way_to_the_peers_of_the_configuration, start, end),
        cmocka_unit_test_setup_teardown(what_came_up_is_not_kept_and_what_failed_later_is, start, end),
        cmocka_unit_test_setup_teardown(what_is_up_does_not_push_out_what_has_failed, start, end),
        cmocka_unit_test_setup_teardown(of_two_quick_modes_the_one_that_fails_is_kept, start, end),
        cmocka_unit_test_setup_teardown(of_a_first_message_that_is_refused_all_is_kept, start, end),
        cmocka_unit_test_setup_teardown(of_one_that_goes_on_and_on_the_end_is_kept, start, end),
        cmocka_unit_test_setup_teardown(what_engines_tell_is_kept_when_they_fail, start, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
