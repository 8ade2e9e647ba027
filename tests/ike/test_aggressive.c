/* Aggressive mode and those who abuse it: attack list C01, C02, C11, C12, C15, C16, C18, D04, P26, S01. */
#include "ike/two_sites.h"

static const uint8_t cookie[16] = {0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8};
static struct snapshot before;
static const struct endpoint stranger = {{IP_V4, {11, 0, 0, 1}}, 500};

static struct sim_site west_aggressive(void)
{
    struct sim_site w = west;

    w.is_aggressive = true;
    return w;
}

static struct sim_site east_answering(const char *group)
{
    struct sim_site e = east;

    e.is_aggressive_answered = true;
    e.group_name = group;
    return e;
}

static const struct exchange *exchange_at(struct sim *sim, uint32_t site)
{
    return pool_find(&sim_ike(sim, site)->exchanges, pool_first(&sim_ike(sim, site)->exchanges));
}

/* Message 1 as west makes it, of whoever has that cookie and says that he is `id`. */
static struct bytes first_message(const char *id_hex, const char *sa_hex)
{
    static uint8_t space[4096];
    static struct body id, offer;
    struct sim_site w = west_aggressive(), e = east_answering(NULL);
    struct sim *sim = world(7, &w, &e);
    struct message m;
    struct lie parts[HOLDS_MAX];
    size_t count = 0;

    sim_acquire(sim, WEST, 0);
    sim_run(sim, 10);
    CHECK(wire_message_read(&m, sim_datagram(sim, 0)->data) == WIRE_OK);
    for (size_t i = 0; i < m.payload_count; i++) {
        parts[count] = (struct lie){m.payloads[i].type, m.payloads[i].body};
        if (m.payloads[i].type == PL_ID && id_hex != NULL)
            parts[count].body = hex(&id, id_hex);
        if (m.payloads[i].type == PL_SA && sa_hex != NULL)
            parts[count].body = hex(&offer, sa_hex);
        count++;
    }
    struct bytes made = message_of(cookie, XCHG_AGGRESSIVE, 0, parts, count);
    memcpy(space, made.data, made.len);
    return bytes_of(space, made.len);
}

#define KEY_ID_BRANCH7 "0b 11 01f4 6272616e636837"
#define KEY_ID_BRANCH8 "0b 11 01f4 6272616e636838"

/* What an answer shows: its length and the payloads in their order with their lengths. */
static void shape_of(struct sim *sim, uint32_t first, char *shape, size_t size)
{
    struct text text = text_of(shape, size);
    struct message m;

    for (uint32_t i = first; sim_datagram(sim, i) != NULL; i++) {
        struct bytes data = sim_datagram(sim, i)->data;

        CHECK(wire_message_read(&m, data) == WIRE_OK);
        text_add(&text, "%zu:", data.len);
        for (size_t k = 0; k < m.payload_count; k++)
            text_add(&text, " %u/%zu", m.payloads[k].type, m.payloads[k].body.len);
        text_add(&text, "\n");
    }
}

static uint32_t datagrams(struct sim *sim)
{
    uint32_t count = 0;

    while (sim_datagram(sim, count) != NULL)
        count++;
    return count;
}

/* Whoever knows a name cannot learn whether it exists: the same answers to message 1, to its repeats, to a false
 * message 3, for as long. What differs is told here, in the log. */
static void C01_an_unknown_group_is_answered_like_a_known_one(void **state)
{
    static const struct {
        const char *id;
        bool is_weak, is_known;
    } rows[] = {{KEY_ID_BRANCH7, false, true}, {KEY_ID_BRANCH8, false, false}, {KEY_ID_BRANCH7, true, false}};
    char shapes[COUNT_OF(rows)][2048];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct bytes message = first_message(rows[i].id, NULL);
        struct sim_site w = west, e = east_answering("branch7");
        struct sim *sim = world(8, &w, &e);
        static const uint8_t false_hash[32] = {1};

        ((struct tunnel_group *)(uintptr_t)sim_ike(sim, EAST)->policy->tunnel_groups)->is_key_weak = rows[i].is_weak;
        for (int repeat = 0; repeat < 9; repeat++) {
            sim_inject(sim, EAST, stranger, end_of(EAST), message);
            sim_run(sim, 100);
        }
        CHECK(sim_event_count(sim, EAST, EV_GROUP_FOUND) == rows[i].is_known);
        CHECK(sim_event_count(sim, EAST, EV_KEY_EXPOSED) == rows[i].is_known);
        CHECK(sim_event_count(sim, EAST, EV_GROUP_MISSING) == !rows[i].is_known);
        struct lie hash = {PL_HASH, BYTES_OF(false_hash)};
        sim_inject(sim, EAST, stranger, end_of(EAST),
                   message_of((const uint8_t *)sa_at(sim, EAST)->cookies, XCHG_AGGRESSIVE, 0, &hash, 1));
        assert_string_equal(last_reason(sim, EAST, EV_MESSAGE_REFUSED), "BAD_HASH");
        CHECK(exchange_at(sim, EAST)->state == STATE_AM_WAIT_MSG3);
        sim_run(sim, 40000);
        CHECK(sim_ike(sim, EAST)->exchanges.taken_count == 0);
        shape_of(sim, 0, shapes[i], sizeof shapes[i]);
        CHECK(datagrams(sim) == 1 + RESENDS_OF_ANSWER_MAX); /* D04: repeats are answered so often, and no timer sends */
        assert_string_equal(shapes[i], shapes[0]);
    }
}

static void C01_nothing_is_answered_unless_it_is_switched_on(void **state)
{
    struct bytes message = first_message(KEY_ID_BRANCH7, NULL);
    struct sim_site w = west, e = east;

    (void)state;
    e.group_name = "branch7";
    struct sim *sim = world(9, &w, &e);
    sim_inject(sim, EAST, stranger, end_of(EAST), message);
    sim_run(sim, 40000);
    assert_string_equal(last_reason(sim, EAST, EV_MESSAGE_REFUSED), "AGGRESSIVE_OFF");
    CHECK(datagrams(sim) == 0 && sim_ike(sim, EAST)->sas.taken_count == 0);
}

/* The message is refused before the vault is asked; NO_POLICY is told, as in main mode, for it says nothing of groups.
 */
static void C11_C12_C18_what_cannot_be_right_is_refused_by_name(void **state)
{
    static const struct {
        const char *id, *sa, *reason, *why;
        bool is_told;
    } rows[] = {
        {"02 11 01f4 6272616e00636837", NULL, "MALFORMED", "C11 a zero byte in a name", false},
        {"0b 11 01f4", NULL, "MALFORMED", "C11 an empty identity", false},
        {"01 11 01f4 0a0101", NULL, "MALFORMED", "C11 an address of three bytes", false},
        {"0b 06 0050 6272616e636837", NULL, "BAD_ID", "C11 an identity with TCP port 80", true},
        {NULL,
         SA_HEAD "00 00 0030 01 01 00 01 00 00 0028 01 01 0000 80010007 800e0100 80020004 8003fde9 80040013 "
                 "800b0001 000c0004 00015180",
         "NO_POLICY", "C18 XAUTH", true},
        {NULL,
         SA_HEAD "00 00 0030 01 01 00 01 00 00 0028 01 01 0000 80010007 800e0100 80020004 80030004 80040013 "
                 "800b0001 000c0004 00015180",
         "NO_POLICY", "C03 RSA encryption", true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct bytes message = first_message(rows[i].id, rows[i].sa);
        struct sim_site w = west, e = east_answering("branch7");
        struct sim *sim = world(10, &w, &e);

        sim_inject(sim, EAST, stranger, end_of(EAST), message);
        sim_run(sim, 100);
        if (strcmp(last_reason(sim, EAST, EV_MESSAGE_REFUSED), rows[i].reason) != 0)
            print_error("%s: %s\n", rows[i].why, last_reason(sim, EAST, EV_MESSAGE_REFUSED));
        assert_string_equal(last_reason(sim, EAST, EV_MESSAGE_REFUSED), rows[i].reason);
        CHECK(datagrams(sim) == rows[i].is_told && sim_ike(sim, EAST)->sas.taken_count == 0);
    }
}

/* Somebody at west's address, which has a tunnel-group of its own, names another one: with that one's key he would get
 * west's tunnels. */
static void C11_an_address_with_a_group_of_its_own_gets_no_other(void **state)
{
    struct bytes message = first_message(KEY_ID_BRANCH7, NULL);
    struct sim_site w = west, e = east_answering(NULL);
    struct sim *sim = world(11, &w, &e);

    (void)state;
    sim_inject(sim, EAST, end_of(WEST), end_of(EAST), message);
    sim_run(sim, 100);
    CHECK(sim_event_count(sim, EAST, EV_GROUP_MISSING) == 1 && sim_event_count(sim, EAST, EV_GROUP_FOUND) == 0);
}

/* What comes spoilt is refused, and the true one that comes after is taken: nothing was used up. */
static void C12_C15_P26_a_spoilt_message_ends_nothing(void **state)
{
    static const struct {
        uint32_t site, nth;
        enum impairment impairment;
        const char *reason;
    } rows[] = {
        {EAST, 1, IMPAIR_ZERO_SHARE, "BAD_SHARE"},
        {EAST, 1, IMPAIR_CUT_SHARE, "BAD_SHARE_LENGTH"},
        {EAST, 1, IMPAIR_DROP_SHARE, "UNEXPECTED_PAYLOAD"},
        {EAST, 1, IMPAIR_CHANGE_NONCE, "BAD_HASH"},
        {EAST, 1, IMPAIR_CHANGE_HASH, "BAD_HASH"},
        {EAST, 1, IMPAIR_CUT_HASH, "BAD_HASH"},
        {EAST, 1, IMPAIR_DROP_HASH, "UNEXPECTED_PAYLOAD"},
        {EAST, 1, IMPAIR_CHANGE_IDENTITY, "BAD_HASH"},
        {WEST, 2, IMPAIR_CHANGE_HASH, "BAD_HASH"},
        {WEST, 2, IMPAIR_CUT_HASH, "DOES_NOT_OPEN"},
        {WEST, 2, IMPAIR_DROP_HASH, "DOES_NOT_OPEN"},
        {WEST, 2, IMPAIR_WRONG_IV, "DOES_NOT_OPEN"},
        {WEST, 2, IMPAIR_CUT, NULL},
        {WEST, 2, IMPAIR_WRONG_EXCHANGE, NULL},
        {WEST, 2, IMPAIR_TAIL, NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sim_site w = west_aggressive(), e = east_answering(NULL);
        struct sim *sim = world(12, &w, &e);

        sim_impair(sim, rows[i].site, rows[i].nth, rows[i].impairment, false);
        sim_acquire(sim, WEST, 0);
        sim_run(sim, 8000);
        const char *reason = last_reason(sim, !rows[i].site, EV_MESSAGE_REFUSED);
        bool is_up = sim_pairs_up(sim, WEST) == 1 && sim_pairs_agree(sim, WEST, EAST) && sim_fault(sim) == NULL;
        if (!is_up || (rows[i].reason != NULL && strcmp(reason, rows[i].reason) != 0))
            print_error("row %zu: %s, %s\n", i, reason, sim_fault(sim) == NULL ? "" : sim_fault(sim));
        CHECK(is_up && (rows[i].reason == NULL || strcmp(reason, rows[i].reason) == 0));
    }
}

static void P26_a_hash_of_another_length_never_equals(void **state)
{
    static const uint8_t zero[64];
    struct bytes message = first_message(NULL, NULL);
    struct sim_site w = west, e = east_answering(NULL);
    struct sim *sim = world(18, &w, &e);

    (void)state;
    sim_inject(sim, EAST, end_of(WEST), end_of(EAST), message);
    sim_run(sim, 100);
    for (size_t len = 0; len <= sizeof zero; len++) {
        struct lie hash = {PL_HASH, bytes_of(zero, len)};

        sim_inject(sim, EAST, end_of(WEST), end_of(EAST),
                   message_of((const uint8_t *)sa_at(sim, EAST)->cookies, XCHG_AGGRESSIVE, 0, &hash, 1));
        assert_string_equal(last_reason(sim, EAST, EV_MESSAGE_REFUSED), "BAD_HASH");
        CHECK(exchange_at(sim, EAST)->state == STATE_AM_WAIT_MSG3);
    }
}

static void C15_our_own_values_in_message_2_are_refused(void **state)
{
    (void)state;
    for (int what = 0; what < 3; what++) {
        struct sim_site w = west_aggressive(), e = east_answering(NULL);
        struct sim *sim = world(13, &w, &e);
        struct message m;
        struct lie parts[HOLDS_MAX];
        uint8_t cookies[16];
        static const uint8_t other[64] = {4, 5, 6};
        size_t count = 0;

        sim_acquire(sim, WEST, 0);
        sim_run(sim, 0);
        CHECK(wire_message_read(&m, sim_datagram(sim, 0)->data) == WIRE_OK);
        if (what == 2) {
            sim_inject(sim, WEST, end_of(EAST), end_of(WEST), sim_datagram(sim, 0)->data);
        } else {
            for (size_t i = 0; i < m.payload_count; i++) {
                uint8_t type = m.payloads[i].type;
                bool is_changed = (what == 0 && type == PL_NONCE) || (what == 1 && type == PL_KE);

                parts[count++] =
                    (struct lie){type, is_changed ? bytes_of(other, type == PL_KE ? 64 : 32) : m.payloads[i].body};
            }
            parts[count++] = (struct lie){PL_HASH, bytes_of(other, 32)};
            memcpy(cookies, sa_at(sim, WEST)->cookies, 16);
            memset(cookies + 8, 0x77, 8);
            sim_inject(sim, WEST, end_of(EAST), end_of(WEST), message_of(cookies, XCHG_AGGRESSIVE, 0, parts, count));
        }
        assert_string_equal(last_reason(sim, WEST, EV_MESSAGE_REFUSED), what == 2 ? "AGGRESSIVE_OFF" : "REFLECTED");
        sim_run(sim, 5000);
        CHECK(sim_pairs_up(sim, WEST) == 1 && sim_pairs_agree(sim, WEST, EAST));
    }
}

/* Under the cookies of one mode nothing of the other is taken. */
static void S01_the_modes_do_not_mix(void **state)
{
    struct bytes message = first_message(NULL, NULL);
    static const uint8_t hash[32] = {1};

    (void)state;
    for (int is_aggressive = 0; is_aggressive < 2; is_aggressive++) {
        struct sim_site w = west, e = east_answering(NULL);
        struct sim *sim = world(14, &w, &e);
        struct lie part = {PL_HASH, BYTES_OF(hash)};

        sim_network(sim)->lose_nth[WEST] = 2;
        if (is_aggressive)
            sim_inject(sim, EAST, end_of(WEST), end_of(EAST), message);
        else
            sim_acquire(sim, WEST, 0);
        sim_run(sim, 500);
        snapshot_take(&before, sim_ike(sim, EAST));
        CHECK(sa_at(sim, EAST)->state == SA_NEGOTIATING);
        sim_inject(sim, EAST, end_of(WEST), end_of(EAST),
                   message_of((const uint8_t *)sa_at(sim, EAST)->cookies, is_aggressive ? XCHG_MAIN : XCHG_AGGRESSIVE,
                              0, &part, 1));
        assert_string_equal(last_reason(sim, EAST, EV_MESSAGE_REFUSED), "WRONG_EXCHANGE");
        CHECK(snapshot_differs(&before, sim_ike(sim, EAST)) == NULL);
    }
}

/* A successor's message 2 is repeated by the timer to the peer that is proved; but only for one negotiation, for any
 * more may be begun in its name. */
static void D04_only_one_negotiation_of_a_proved_peer_is_repeated(void **state)
{
    struct bytes message = first_message(NULL, NULL);
    uint8_t copy[4096];
    struct sim_site w = west_aggressive(), e = east_answering(NULL);
    struct sim *sim = world(15, &w, &e);

    (void)state;
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 5000);
    CHECK(sim_pairs_up(sim, WEST) == 1);
    uint32_t sent = sim_sent(sim, EAST);
    sim_network(sim)->is_cut[WEST] = true;
    for (uint8_t i = 0; i < 5; i++) {
        memcpy(copy, message.data, message.len);
        copy[7] = i;
        sim_inject(sim, EAST, end_of(WEST), end_of(EAST), bytes_of(copy, message.len));
        sim_run(sim, 1);
    }
    CHECK(sim_sent(sim, EAST) == sent + 5);
    sim_run(sim, 40000);
    CHECK(sim_sent(sim, EAST) == sent + 5 + 6);
    CHECK(sim_pairs_up(sim, EAST) == 1);
}

/* The last message is ours, so a peer that says nothing may know nothing of the SA. */
static void an_initiator_that_hears_nothing_does_not_keep_the_sa(void **state)
{
    struct sim_site w = west_aggressive(), e = east_answering(NULL);
    struct sim *sim = world(16, &w, &e);

    (void)state;
    sim_impair(sim, WEST, 2, IMPAIR_LOSE, true);
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 1000);
    CHECK(sa_at(sim, WEST)->state == SA_UP && sa_is_unheard(sa_at(sim, WEST)));
    sim_run(sim, 45000);
    CHECK(sa_at(sim, WEST)->state == SA_DEAD && sim_event_count(sim, WEST, EV_DPD_SENT) > 0);
}

/* The vault's pool would run dry. */
static void the_private_value_goes_when_the_peer_is_proved(void **state)
{
    struct sim_site w = west_aggressive(), e = east_answering(NULL);
    struct sim *sim = world(17, &w, &e);

    (void)state;
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 5000);
    CHECK(sim_pairs_up(sim, WEST) == 1 && sim_fault(sim) == NULL);
    CHECK(vault_secret_count(sim_vault(sim, WEST)) == 0 && vault_secret_count(sim_vault(sim, EAST)) == 0);
}

/* RFC 2407 4.6.2: type, protocol and port, then the name or the address. */
static void the_identity_is_that_of_the_peers_tunnel_group(void **state)
{
    static const struct {
        struct own_identity identity;
        const char *id_hex;
    } rows[] = {
        {{.kind = IDENTITY_AUTO}, "0b 00 0000 616c6c"},
        {{.kind = IDENTITY_HOSTNAME, .name = "west.example"}, "02 00 0000 776573742e6578616d706c65"},
        {{.kind = IDENTITY_USER_FQDN, .name = "west@example"}, "03 00 0000 77657374406578616d706c65"},
        {{.kind = IDENTITY_KEY_ID, .name = "branch7"}, "0b 00 0000 6272616e636837"},
        {{.kind = IDENTITY_ADDRESS, .ip = {IP_V4, {192, 0, 2, 7}}}, "01 11 01f4 c0000207"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sim_site w = west_aggressive(), e = east_answering(NULL);
        struct body expected;
        struct message m;

        w.key_id = "all";
        w.identity = rows[i].identity;
        struct sim *sim = world(7, &w, &e);
        sim_acquire(sim, WEST, 0);
        sim_run(sim, 10);
        CHECK(wire_message_read(&m, sim_datagram(sim, 0)->data) == WIRE_OK);
        CHECK(bytes_equal(message_body(&m, PL_ID), hex(&expected, rows[i].id_hex)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_identity_is_that_of_the_peers_tunnel_group),
        cmocka_unit_test(C01_an_unknown_group_is_answered_like_a_known_one),
        cmocka_unit_test(C01_nothing_is_answered_unless_it_is_switched_on),
        cmocka_unit_test(C11_C12_C18_what_cannot_be_right_is_refused_by_name),
        cmocka_unit_test(C11_an_address_with_a_group_of_its_own_gets_no_other),
        cmocka_unit_test(C12_C15_P26_a_spoilt_message_ends_nothing),
        cmocka_unit_test(P26_a_hash_of_another_length_never_equals),
        cmocka_unit_test(C15_our_own_values_in_message_2_are_refused),
        cmocka_unit_test(S01_the_modes_do_not_mix),
        cmocka_unit_test(D04_only_one_negotiation_of_a_proved_peer_is_repeated),
        cmocka_unit_test(an_initiator_that_hears_nothing_does_not_keep_the_sa),
        cmocka_unit_test(the_private_value_goes_when_the_peer_is_proved),
    };

    return cmocka_run_group_tests(tests, NULL, world_end);
}
