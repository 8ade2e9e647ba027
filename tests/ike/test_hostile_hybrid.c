/* Hybrid: phase 1 proves the gateway alone, so its other end may be anybody until the user is proved. Attack list C18,
 * X01, X04. */
#include "ike/two_sites.h"
#include "sim/credentials.h"

static struct sim_site user_of(const char *group, const char *password)
{
    struct sim_site w = west;

    w.user = SIM_USER;
    w.password = password;
    w.key_id = group;
    w.credential = credential("west-rsa");
    return w;
}

static struct sim_site gateway(void)
{
    struct sim_site e = east;

    e.serves_users = true;
    e.group_name = "staff";
    e.credential = credential("east-rsa");
    return e;
}

static struct sim *world_of_user(uint64_t seed, const char *group, const char *password)
{
    struct sim_site w = user_of(group, password), e = gateway();

    return world(seed, &w, &e);
}

static const struct isakmp_sa *newest_sa(struct sim *sim)
{
    const struct ike *ike = sim_ike(sim, EAST);
    const struct isakmp_sa *newest = NULL;

    for (struct handle h = pool_first(&ike->sas); handle_is_set(h); h = pool_next(&ike->sas, h)) {
        const struct isakmp_sa *sa = pool_find(&ike->sas, h);

        if (sa->state == SA_UP && (newest == NULL || sa->conn_id > newest->conn_id))
            newest = sa;
    }
    CHECK(newest != NULL);
    return newest;
}

/* Until the gateway has asked for the user; nothing of his true end comes any more. */
static void stop_before_user(struct sim *sim)
{
    sim_acquire(sim, WEST, 0);
    while (!sim_is_in(sim, EAST, "XAUTH_WAIT_REPLY"))
        sim_run(sim, 1);
    sim_network(sim)->is_cut[WEST] = true;
}

static void inject(struct sim *sim, uint8_t kind, uint32_t message_id, const struct lie *parts, size_t count)
{
    sim_inject(sim, EAST, end_of(WEST), end_of(EAST),
               sealed_of(newest_sa(sim), kind, message_id, parts, count, HASH_RIGHT));
    sim_run(sim, 500);
}

#define QM_GOOD SA_HEAD "00 00 0020 01 03 04 01 11223344 00 00 0014 01 0c 0000 80040001 80050002 80060080"

static void X01_with_hybrid_nothing_is_had_before_the_user_is_proved(void **state)
{
    static struct body sa, id_i, id_r, attributes;
    static const uint8_t nonce[16] = {1, 2, 3};
    const struct lie quick[] = {{PL_SA, hex(&sa, QM_GOOD)},
                                {PL_NONCE, BYTES_OF(nonce)},
                                {PL_ID, hex(&id_i, "01 00 0000 0a3cc80a")},
                                {PL_ID, hex(&id_r, "04 00 0000 00000000 00000000")}};
    const struct lie conf = {PL_ATTR, hex(&attributes, "01 00 0007 00010000")};
    struct sim *sim = world_of_user(1, "staff", SIM_PASSWORD);

    (void)state;
    stop_before_user(sim);
    CHECK(sim_ike(sim, EAST)->half_opens.count == 1); /* he takes a place that strangers share */
    inject(sim, XCHG_QUICK, 0x01020304, quick, COUNT_OF(quick));
    assert_string_equal(last_reason(sim, EAST, EV_MESSAGE_REFUSED), "NO_USER");
    inject(sim, XCHG_TRANSACTION, 0x01020305, &conf, 1);
    assert_string_equal(last_reason(sim, EAST, EV_MESSAGE_REFUSED), "NO_USER");
    CHECK(sim_pairs_up(sim, EAST) == 0 && sim_ike(sim, EAST)->sessions.taken_count == 0);
    CHECK(sim_event_count(sim, EAST, EV_ADDRESS_ASSIGNED) == 0);
    sim_run(sim, 300000);
    CHECK(sim_ike(sim, EAST)->sas.taken_count == 0 && sim_ike(sim, EAST)->half_opens.count == 0);
}

/* Alice is there; somebody at her address comes as far as anybody can, and says that what is hers is gone. */
static void X01_whoever_is_not_proved_ends_nothing_of_a_user_who_is(void **state)
{
    struct sim *sim = world_of_user(2, "staff", SIM_PASSWORD);
    uint8_t of_pair[12] = {0, 0, 0, 1, PROTO_ESP, 4, 0, 1}, of_sa[24] = {0, 0, 0, 1, PROTO_ISAKMP, 16, 0, 1};
    struct writer w = writer_of(of_pair + 8, 4);

    (void)state;
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 3000);
    const struct ike *ike = sim_ike(sim, EAST);
    CHECK(sim_pairs_agree(sim, WEST, EAST) && sim_pairs_up(sim, EAST) == 1 && ike->half_opens.count == 0);
    const struct isakmp_sa hers = *newest_sa(sim);
    write_u32(&w, ((const struct pair *)pool_find(&ike->pairs, pool_first(&ike->pairs)))->spi_out);
    memcpy(of_sa + 8, hers.cookies, sizeof hers.cookies);
    sim_crash(sim, WEST, 100);
    sim_run(sim, 200);
    stop_before_user(sim);
    CHECK(newest_sa(sim)->conn_id != hers.conn_id);
    inject(sim, XCHG_INFORMATIONAL, 0x01020304, &(struct lie){PL_DELETE, BYTES_OF(of_pair)}, 1);
    inject(sim, XCHG_INFORMATIONAL, 0x01020305, &(struct lie){PL_DELETE, BYTES_OF(of_sa)}, 1);
    CHECK(sim_pairs_up(sim, EAST) == 1 && sim_event_count(sim, EAST, EV_DELETE_RECEIVED) == 0);
    const struct isakmp_sa *still = pool_find(&ike->sas, hers.self);
    CHECK(still != NULL && still->state == SA_UP);
    /* Its own it may end. */
    memcpy(of_sa + 8, newest_sa(sim)->cookies, sizeof hers.cookies);
    inject(sim, XCHG_INFORMATIONAL, 0x01020306, &(struct lie){PL_DELETE, BYTES_OF(of_sa)}, 1);
    CHECK(newest_sa(sim)->conn_id == hers.conn_id && sim_pairs_up(sim, EAST) == 1);
}

/* A group that does not exist: the same bytes at the same times, up to the refusal of the user. */
static void answers_to(const char *group, char *shape, size_t size)
{
    struct sim *sim = world_of_user(5, group, "looking-glass");
    struct text text = text_of(shape, size);

    sim_acquire(sim, WEST, 0);
    sim_run(sim, 5000);
    for (uint32_t i = 0; sim_datagram(sim, i) != NULL; i++)
        if (sim_datagram(sim, i)->site == EAST)
            text_add(&text, "%llu:%zu ", (unsigned long long)sim_datagram(sim, i)->at_ms,
                     sim_datagram(sim, i)->data.len);
}

static void X04_with_hybrid_an_unknown_group_is_answered_like_a_known_one(void **state)
{
    char known[2048], unknown[2048];

    (void)state;
    answers_to("staff", known, sizeof known);
    answers_to("stuff", unknown, sizeof unknown);
    assert_string_equal(known, unknown);
    CHECK(strlen(known) > 30);
}

static void X04_no_user_of_a_group_that_does_not_exist_is_let_in(void **state)
{
    struct sim *sim = world_of_user(6, "stuff", SIM_PASSWORD);

    (void)state;
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 5000);
    CHECK(sim_event_count(sim, EAST, EV_USER_ACCEPTED) == 0 && sim_pairs_up(sim, EAST) == 0);
    assert_string_equal(event_text(sim_last_event(sim, EAST, EV_USER_REFUSED), FIELD_CAUSE),
                        "No tunnel-group of that name");
    CHECK(sim_ike(sim, EAST)->sas.taken_count <= 1 && sim_ike(sim, EAST)->half_opens.count == 0);
}

/* Transforms that differ from what hybrid wants in the method alone. */
static void C18_a_group_for_hybrid_takes_no_other_method(void **state)
{
    static const struct {
        const char *auth, *why;
        bool is_taken;
    } cases[] = {
        {"fadd", "HybridInitRSA", true},
        {"fade", "HybridRespRSA: the gateway would be the user", false},
        {"fadf", "HybridInitDSS", false},
        {"fae0", "HybridRespDSS", false},
        {"0001", "a key, which is not there", false},
        {"0003", "a certificate of the user's end, without a user", false},
        {"fde9", "XAUTHInitPreShared", false},
        {"fded", "XAUTHInitRSA: nobody asks for its certificate", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        static struct body sa, ke, id;
        static const uint8_t nonce[16] = {1, 2, 3}, cookies[16] = {1};
        char transform[200];
        struct sim *sim = world_of_user(7, "staff", SIM_PASSWORD);

        snprintf(transform, sizeof transform,
                 SA_HEAD "00 00 0030 01 01 00 01  00 00 0028 01 01 0000 80010007 800e0100 80020004 8003%s 80040013 "
                         "800b0001 000c0004 00015180",
                 cases[i].auth);
        /* The base point of P-256. */
        const struct lie parts[] = {
            {PL_SA, hex(&sa, transform)},
            {PL_KE, hex(&ke, "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
                             "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5")},
            {PL_NONCE, BYTES_OF(nonce)},
            {PL_ID, hex(&id, "0b 00 0000 7374616666")}};
        sim_inject(sim, EAST, end_of(WEST), end_of(EAST),
                   message_of(cookies, XCHG_AGGRESSIVE, 0, parts, COUNT_OF(parts)));
        sim_run(sim, 500);
        bool is_taken = sim_ike(sim, EAST)->sas.taken_count == 1;
        if (is_taken != cases[i].is_taken ||
            (!is_taken && strcmp(last_reason(sim, EAST, EV_MESSAGE_REFUSED), "NO_POLICY") != 0))
            fail_msg("%s: %s", cases[i].why, last_reason(sim, EAST, EV_MESSAGE_REFUSED));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(X01_with_hybrid_nothing_is_had_before_the_user_is_proved),
        cmocka_unit_test(X01_whoever_is_not_proved_ends_nothing_of_a_user_who_is),
        cmocka_unit_test(X04_with_hybrid_an_unknown_group_is_answered_like_a_known_one),
        cmocka_unit_test(X04_no_user_of_a_group_that_does_not_exist_is_let_in),
        cmocka_unit_test(C18_a_group_for_hybrid_takes_no_other_method),
    };

    return cmocka_run_group_tests(tests, NULL, world_end);
}
