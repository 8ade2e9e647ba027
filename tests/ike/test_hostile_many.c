/* What comes many times, or to many at once, by the rows of the attack list: failures, and timers. */
#include "hostile.h"

/* One thing that keeps the tunnel from coming up; what is 0 stays as in two_sites.h. */
struct spoilt {
    const char *why;
    const char *east_key;
    enum cipher_id east_cipher, east_esp_cipher;
    enum group_id west_group, east_pfs;
    uint32_t east_remote_net;
    unsigned damage_percent, answer_fails_percent, install_fails_percent;
    uint32_t datagram_max;
    bool is_east_cut, is_west_aggressive, is_east_hollow;
};

static const struct spoilt spoilts[] = {
    {.why = "D07 another key", .east_key = "wrong horse"},
    {.why = "D07 no key", .is_east_hollow = true},
    {.why = "D07 another cipher in phase 1", .east_cipher = CIPHER_AES128_CBC},
    {.why = "D07 another group in phase 1", .west_group = GROUP_ECP384},
    {.why = "D07 another cipher in phase 2", .east_esp_cipher = CIPHER_AES256_CBC},
    {.why = "D07 no group in phase 2 where one is wanted", .east_pfs = GROUP_ECP384},
    {.why = "D07 another network", .east_remote_net = 0x0a030000},
    {.why = "D07 a mode that is not answered", .is_west_aggressive = true},
    {.why = "D07 no answer", .is_east_cut = true},
    {.why = "D07 what is longer than a first message is lost", .datagram_max = 200},
    {.why = "D07 every message is damaged", .damage_percent = 100},
    {.why = "D07 the vault fails", .answer_fails_percent = 100},
    {.why = "D07 the plane refuses", .install_fails_percent = 100},
};

static struct sim *spoilt_world(const struct spoilt *s)
{
    struct sim_site w = west, e = east;

    if (s->east_key != NULL || s->is_east_hollow)
        e.peers[0].key = s->east_key;
    if (s->east_cipher != 0)
        e.cipher = s->east_cipher;
    if (s->east_esp_cipher != 0)
        e.esp_cipher = s->east_esp_cipher;
    if (s->west_group != GROUP_NONE)
        w.group = s->west_group;
    e.peers[0].pfs = s->east_pfs;
    if (s->east_remote_net != 0)
        e.peers[0].remote_net = s->east_remote_net;
    w.is_aggressive = s->is_west_aggressive;
    struct sim *sim = world(70, &w, &e);
    struct sim_network *network = sim_network(sim);
    network->damage_percent = s->damage_percent;
    network->answer_fails_percent = s->answer_fails_percent;
    network->install_fails_percent = s->install_fails_percent;
    network->datagram_max = s->datagram_max;
    network->is_cut[EAST] = s->is_east_cut;
    return sim;
}

static void failures_leave_nothing_behind_however_many(void **state)
{
    enum { ROUNDS = 100, ALL_OVER_MS = 400000 };
    const struct spoilt *spoilt = *state;
    struct sim *sim = spoilt_world(spoilt);
    struct ike_use first[2];

    for (int round = 0; round < ROUNDS; round++) {
        sim_acquire(sim, WEST, 0);
        sim_run(sim, 5000);
        CHECK(sim_pairs_up(sim, WEST) == 0 || sim_pairs_up(sim, EAST) == 0);
        sim_command(sim, WEST, IKE_CLEAR_ISAKMP);
        sim_run(sim, ALL_OVER_MS);
        for (uint32_t site = WEST; site <= EAST; site++) {
            struct ike_use use = ike_view_use(sim_ike(sim, site));

            if (round == 0)
                first[site] = use;
            if (!uses_equal(use, first[site]) || use.exchanges != 0 || use.drafts != 0 || use.sas != 0 ||
                use.pairs != 0)
                fail_msg("round %d, site %u: %u peers, %u SAs, %u exchanges, %u pairs, %u drafts, %u blobs", round,
                         site, use.peers, use.sas, use.exchanges, use.pairs, use.drafts, use.blobs);
        }
        CHECK(sim_fault(sim) == NULL);
    }
}

/* Message 3 with a share: what costs most. */
static void D02_what_is_computed_for_strangers_is_marked(void **state)
{
    static const struct {
        const char *why;
        bool is_up;
        uint32_t ip;
        bool is_strangers;
    } cases[] = {
        {"a peer that has no SA", false, WEST_IP, true},
        {"one that has: it rekeys", true, WEST_IP, false},
        {"another one meanwhile", true, WEST_IP + 1, true},
    };
    static struct ike_outputs out;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct sim_site e = east;
        struct body b;
        uint8_t share[64] = {1}, nonce[16] = {2};
        struct lie first = {PL_SA, hex(&b, GOOD_SA)}, third[] = {{PL_KE, BYTES_OF(share)}, {PL_NONCE, BYTES_OF(nonce)}};
        struct endpoint from = {ip_of_v4(cases[i].ip), 500};

        e.takes_any_peer = true;
        struct sim *sim = world(72, &west, &e);
        struct ike *ike = (struct ike *)(uintptr_t)sim_ike(sim, EAST);
        if (cases[i].is_up) {
            sim_acquire(sim, WEST, 0);
            sim_run(sim, 5000);
            CHECK(sim_pairs_up(sim, EAST) == 1);
        }
        ike_feed(ike, 10000,
                 &(struct ike_input){
                     .kind = IKE_IN_DATAGRAM,
                     .datagram = {end_of(EAST), from, message_of(stranger_cookies, XCHG_MAIN, 0, &first, 1)}},
                 &out);
        const struct isakmp_sa *sa = NULL;
        for (struct handle h = pool_first(&ike->sas); handle_is_set(h); h = pool_next(&ike->sas, h))
            if (sa == NULL || ((const struct isakmp_sa *)pool_find(&ike->sas, h))->conn_id > sa->conn_id)
                sa = pool_find(&ike->sas, h);
        CHECK(sa != NULL && sa->state == SA_NEGOTIATING);
        uint8_t cookies[16];
        memcpy(cookies, sa->cookies, sizeof cookies);
        ike_feed(ike, 10000,
                 &(struct ike_input){
                     .kind = IKE_IN_DATAGRAM,
                     .datagram = {end_of(EAST), from, message_of(cookies, XCHG_MAIN, 0, third, COUNT_OF(third))}},
                 &out);
        const struct question *asked = NULL;
        for (size_t k = 0; k < out.count; k++)
            if (out.items[k].kind == IKE_OUT_ASK)
                asked = out.items[k].ask.question;
        if (asked == NULL || asked->is_strangers != cases[i].is_strangers)
            fail_msg("%s", cases[i].why);
    }
}

/* All are done in pieces: between two of them there is room for whatever else comes. */
static void D11_SAs_that_expire_at_one_instant_do_not_hold_up_the_rest(void **state)
{
    enum { MANY = 20000, NOW = 2000 };
    static const struct ike_limits limits = {
        .peers = MANY + 1, .sas = MANY + 1, .exchanges = 16, .pairs = 1, .blobs = 64, .half_open = 8};
    static const uint8_t seed[48] = {4};
    static struct ike_outputs out;
    struct sim *sim = world(71, &west, &east);
    void *space = malloc(ike_space(&limits));
    struct ike *ike = ike_make(space, &limits, BYTES_OF(seed));
    uint32_t up = MANY, feeds = 0;

    (void)state;
    ike_feed(ike, 1000, &(struct ike_input){.kind = IKE_IN_POLICY, .policy = sim_ike(sim, EAST)->policy}, &out);
    for (uint32_t i = 0; i < MANY; i++) {
        struct endpoint remote = {ip_of_v4(0x0b000000 + i), 500};
        struct isakmp_sa *sa =
            sa_make(ike, 1000, EXCHANGE_MM, RESPONDER, peer_make(ike, remote.ip), end_of(EAST), remote);

        exchange_free(ike, exchange_of(ike, sa->phase1), &out);
        sa->state = SA_UP;
        sa->up_ms = sa->heard_ms = 1000;
        sa->expires_ms = NOW;
        put_u32(sa->cookies[RESPONDER], i + 1);
        sa_file(ike, sa);
    }
    do {
        struct body b;
        struct lie part = {PL_SA, hex(&b, GOOD_SA)};
        uint32_t before = up;

        ike_feed(ike, NOW, &(struct ike_input){.kind = IKE_IN_TIMER}, &out);
        CHECK(out.lost_event_count == 0 && feeds < MANY);
        up = 0;
        for (struct handle h = pool_first(&ike->sas); handle_is_set(h); h = pool_next(&ike->sas, h))
            up += ((const struct isakmp_sa *)pool_find(&ike->sas, h))->state == SA_UP;
        CHECK(before - up <= IKE_OUTPUTS_MAX);
        if (feeds++ > 0)
            continue;
        struct ike_input in = {
            .kind = IKE_IN_DATAGRAM,
            .datagram = {end_of(EAST), end_of(WEST), message_of(stranger_cookies, XCHG_MAIN, 0, &part, 1)}};
        ike_feed(ike, NOW, &in, &out);
        bool is_answered = false;
        for (size_t i = 0; i < out.count; i++)
            is_answered |= out.items[i].kind == IKE_OUT_DATAGRAM;
        CHECK(is_answered && up > 0);
    } while (ike_deadline_ms(ike) <= NOW);
    CHECK(up == 0 && feeds > MANY / IKE_OUTPUTS_MAX);
    free(space);
}

int main(void)
{
    static struct row_tests list;

    ADD_ROWS(&list, failures_leave_nothing_behind_however_many, spoilts);
    ADD_TEST(&list, D02_what_is_computed_for_strangers_is_marked);
    ADD_TEST(&list, D11_SAs_that_expire_at_one_instant_do_not_hold_up_the_rest);
    return run_listed("hostile_many", &list);
}
