/* Offers that many negotiations have are kept once (diag/offer.h). Who has them sees the same as if they were its own:
 * when the events come in any order, when two ends say them, and when there is no room for one more. */
#include "base/check.h"
#include "diag/collect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { VIEWS = 400, STEPS = 4, KINDS = 5 };

static void *space;
static struct arena arena;
static struct diag *d;
static struct observation at;

static int begin(void **state)
{
    (void)state;
    space = calloc(1, diag_space(VIEWS));
    CHECK(space);
    arena = arena_of(space, diag_space(VIEWS));
    d = diag_new(&arena, VIEWS);
    CHECK(d);
    return 0;
}

static int end(void **state)
{
    (void)state;
    free(space);
    return 0;
}

static const struct observation *tell(void *of)
{
    (void)of;
    return &at;
}

static struct bytes say(void *of)
{
    (void)of;
    return bytes_of_text("a packet");
}

static struct ip address(unsigned peer, bool is_responder)
{
    return ip_of_v4(0x0a000000u + 2 * peer + is_responder);
}

/* `peer` offers, or answers with, one of `KINDS` transforms, or with one that nobody else has. */
static struct event proposal(unsigned peer, bool is_responder, unsigned number)
{
    static const char *const ciphers[KINDS] = {"AES-CBC", "3DES-CBC", "DES-CBC", "AES-CBC", "AES-CBC"};
    struct event e = event_of(EV_PROPOSAL_SEEN);

    event_add_ip(&e, FIELD_SOURCE, address(peer, is_responder));
    event_add_ip(&e, FIELD_DESTINATION, address(peer, !is_responder));
    event_add_number(&e, FIELD_PHASE, 1);
    event_add_number(&e, FIELD_PROPOSAL, 1);
    event_add_number(&e, FIELD_TRANSFORM, number);
    event_add_text(&e, FIELD_ENCRYPTION, ciphers[number % KINDS]);
    event_add_number(&e, FIELD_DH_GROUP, number % KINDS);
    return e;
}

static void see(unsigned peer, bool is_responder, unsigned number)
{
    static uint32_t line;
    struct teller teller = {tell, say, NULL};

    at = (struct observation){.event = proposal(peer, is_responder, number), .vantage = VANTAGE_WIRE, .line = ++line};
    struct sight sight = sight_of(&at);
    sight.one = address(peer, is_responder);
    sight.other = address(peer, !is_responder);
    sight.look = 2 * (uint64_t)number + 1; /* as the same bytes would look whoever sends them */
    diag_see(d, &sight, &teller);
}

static const struct view *view_of(unsigned peer)
{
    for (size_t i = 0; i < d->view_count; i++) {
        const struct view *v = view_at(d, i);

        if (ip_equal(v->local, address(peer, false)) || ip_equal(v->peer, address(peer, false)))
            return v;
    }
    fail_msg("peer %u has no view", peer);
    return NULL;
}

/* What the peer has said, taken by nobody but itself. */
static struct offers expected_of(unsigned peer, const struct view *v, const unsigned steps[static STEPS])
{
    static struct offers_known alone;
    struct offers o = {0};

    for (unsigned i = 0; i < STEPS; i++) {
        bool is_responder = i % 2 == 1;
        struct event e = proposal(peer, is_responder, steps[i]);
        bool is_initiators = ip_equal(address(peer, is_responder), v->local) == (v->role != ROLE_RESPONDER);

        offers_take(&o, &e, is_initiators ? WHOSE_INITIATORS : WHOSE_RESPONDERS, &alone);
    }
    return o;
}

static bool same(const struct offers *a, const struct offers *b)
{
    bool is_same = a->count == b->count && a->count > 0;

    for (size_t i = 0; is_same && i < a->count; i++)
        is_same = a->list[i].phase == b->list[i].phase && a->list[i].whose == b->list[i].whose &&
                  a->list[i].number == b->list[i].number && a->list[i].holds == b->list[i].holds;
    return is_same;
}

/* Peers take turns; the numbers of peer P at step S are told by `number`. */
static void take_turns(unsigned peers, unsigned (*number)(unsigned peer, unsigned step))
{
    for (unsigned step = 0; step < STEPS; step++)
        for (unsigned peer = 0; peer < peers; peer++)
            see(peer, step % 2 == 1, number(peer, step));
    for (unsigned peer = 0; peer < peers; peer++) {
        unsigned steps[STEPS];

        for (unsigned step = 0; step < STEPS; step++)
            steps[step] = number(peer, step);
        const struct view *v = view_of(peer);
        struct offers expected = expected_of(peer, v, steps);
        if (!same(view_offers(v), &expected))
            fail_msg("peer %u has other offers than it would have alone", peer);
    }
}

static unsigned few(unsigned peer, unsigned step)
{
    return peer % 3 + step * (1 + peer % 2);
}

static unsigned one_of_its_own(unsigned peer, unsigned step)
{
    return peer * STEPS + step;
}

static void offers_that_many_have_stand_in_memory_once(void **state)
{
    (void)state;
    take_turns(300, few);
    assert_true(d->all.offers->shared_count < 40);
    assert_ptr_equal(view_of(0)->offers, view_of(6)->offers);
    assert_ptr_not_equal(view_of(0)->offers, view_of(1)->offers);
}

static void where_there_is_no_room_for_more_a_view_has_its_own(void **state)
{
    (void)state;
    take_turns(300, one_of_its_own);
    assert_int_equal(d->all.offers->shared_count, OFFERS_SHARED);
    assert_ptr_equal(view_of(299)->offers, view_of(299)->own_offers);
    assert_ptr_not_equal(view_of(0)->own_offers, view_of(299)->own_offers);
}

static void what_was_made_of_some_holds_for_those_from_that_sender_alone(void **state)
{
    struct offers_known *known = d->all.offers;
    struct offers own = {.count = 1};
    const struct offers *one = offers_share(&own, known), *other;

    (void)state;
    own.count = 2;
    other = offers_share(&own, known);
    assert_true(one && other && one != other && offers_share(&own, known) == other);
    for (uint64_t look = 1; look < 2000; look += 2) { /* more than there is room for */
        offers_remember(one, look, WHOSE_INITIATORS, other, known);
        assert_ptr_equal(offers_recall(one, look, WHOSE_INITIATORS, known), other);
        assert_null(offers_recall(one, look, WHOSE_RESPONDERS, known));
        assert_null(offers_recall(NULL, look, WHOSE_INITIATORS, known));
        assert_null(offers_recall(other, look, WHOSE_INITIATORS, known));
        assert_null(offers_recall(one, look + 2, WHOSE_INITIATORS, known));
        offers_remember(&own, look, WHOSE_INITIATORS, other, known); /* these change */
        assert_null(offers_recall(&own, look, WHOSE_INITIATORS, known));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(offers_that_many_have_stand_in_memory_once, begin, end),
        cmocka_unit_test_setup_teardown(what_was_made_of_some_holds_for_those_from_that_sender_alone, begin, end),
        cmocka_unit_test_setup_teardown(where_there_is_no_room_for_more_a_view_has_its_own, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
