/* How attempts end: who is told, what is noted, what is forgotten, and what begins again. */
#include "two_sites.h"

#include "policy/choose.h"

static const struct isakmp_sa *wait_for(struct sim *sim, uint32_t site, const char *state)
{
    for (int ms = 0; ms < 2000 && !sim_is_in(sim, site, state); ms++)
        sim_run(sim, 1);
    CHECK(sim_is_in(sim, site, state));
    return sa_at(sim, site);
}

static const struct exchange *exchange_at(struct sim *sim, uint32_t site)
{
    const struct ike *ike = sim_ike(sim, site);

    return pool_find(&ike->exchanges, pool_first(&ike->exchanges));
}

static struct policy *policy_at(struct sim *sim, uint32_t site)
{
    return (struct policy *)sim_ike(sim, site)->policy;
}

static struct ike_peer_view peer_at_site(struct sim *sim, uint32_t site)
{
    struct ike_peer_view view;

    CHECK(ike_view_peer(sim_ike(sim, site), sim_now_ms(sim), 0, &view));
    return view;
}

/* East waits for message 5, which was lost, and hears something else from west, under the keys of phase 1. */
static struct sim *half_way(uint64_t seed, struct isakmp_sa *keys)
{
    struct sim *sim = world(seed, &west, &east);

    sim_network(sim)->is_cut[EAST] = false;
    sim_network(sim)->lose_nth[WEST] = 3;
    sim_acquire(sim, WEST, 0);
    wait_for(sim, WEST, "MM_WAIT_MSG6");
    wait_for(sim, EAST, "MM_WAIT_MSG5");
    *keys = *sa_at(sim, WEST);
    memcpy(keys->last_block, exchange_at(sim, WEST)->first_iv, sizeof keys->last_block);
    return sim;
}

static void a_delete_under_the_keys_of_phase_1_is_told_and_ends_the_attempt(void **state)
{
    static const struct {
        enum hash_lie lie;
        bool are_cookies_right;
        uint32_t deletes;
        const char *reason, *why;
    } rows[] = {
        {HASH_WRONG, true, 0, "none", "anybody may have sent it"},
        {HASH_RIGHT, false, 0, "none", "another SA is meant"},
        {HASH_RIGHT, true, 1, "DELETED_BY_PEER", "the peer has given up, and knows the key"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct isakmp_sa keys;
        struct sim *sim = half_way(1, &keys);
        uint8_t body[28] = {0, 0, 0, 1, PROTO_ISAKMP, 16, 0, 1};
        struct lie part = {PL_DELETE, bytes_of(body, 24)};

        memcpy(body + 8, keys.cookies, 16);
        body[8] ^= !rows[i].are_cookies_right;
        sim_inject(sim, EAST, end_of(WEST), end_of(EAST),
                   sealed_of(&keys, XCHG_INFORMATIONAL, 77, &part, 1, rows[i].lie));
        if (sim_event_count(sim, EAST, EV_DELETE_RECEIVED) != rows[i].deletes)
            print_error("%s\n", rows[i].why);
        CHECK(sim_event_count(sim, EAST, EV_DELETE_RECEIVED) == rows[i].deletes);
        assert_string_equal(last_reason(sim, EAST, EV_EXCHANGE_FAILED), rows[i].reason);
        CHECK(sim_event_count(sim, EAST, EV_MESSAGE_REFUSED) + rows[i].deletes > 0);
    }
}

static void an_identity_that_cannot_be_used_is_refused_by_a_notify_that_only_the_peer_can_read(void **state)
{
    (void)state;
    for (uint32_t liar = WEST; liar <= EAST; liar++) {
        struct sim *sim = world(2, &west, &east);

        policy_at(sim, liar)->identity = IDENTITY_HOSTNAME;
        policy_at(sim, liar)->fqdn = "";
        sim_acquire(sim, WEST, 0);
        sim_run(sim, 5000);
        assert_string_equal(last_reason(sim, !liar, EV_EXCHANGE_FAILED), "BAD_ID");
        assert_string_equal(event_text(sim_last_event(sim, liar, EV_NOTIFY_RECEIVED), FIELD_NOTIFY),
                            "INVALID_ID_INFORMATION");
        CHECK(sim_event_count(sim, liar, EV_NOTIFY_IN_CLEAR) == 0);
        /* Both ends know now; nobody waits for a deadline, and nobody believes that it is up. */
        CHECK(!sim_is_in(sim, WEST, "MM_WAIT_MSG6") && sim_pairs_up(sim, WEST) == 0);
        struct ike_peer_view view = peer_at_site(sim, liar);
        CHECK(view.sa_count == 0 && !view.outcomes[0].is_success);
        assert_string_equal(view.outcomes[0].reason, liar == WEST ? "NOTIFIED" : "DELETED_BY_PEER");
    }
}

/* Message 5 comes when there is room for `left` more blobs. */
static void a_limit_of_ours_is_not_told_as_a_wrong_key(void **state)
{
    (void)state;
    for (uint32_t left = 0; left < 3; left++) {
        static const uint8_t small[8];
        struct sim *sim = world(3, &west, &east);
        struct blobs *blobs = (struct blobs *)&sim_ike(sim, EAST)->blobs;
        struct handle last[3] = {{0, 0}};

        sim_network(sim)->lose_nth[WEST] = 3;
        sim_acquire(sim, WEST, 0);
        wait_for(sim, EAST, "MM_WAIT_MSG5");
        for (struct handle h; handle_is_set(h = blob_make(blobs, BYTES_OF(small)));) {
            memmove(last + 1, last, 2 * sizeof last[0]);
            last[0] = h;
        }
        for (uint32_t i = 0; i < left; i++)
            blob_drop(blobs, last[i]);
        sim_run(sim, 1500); /* repeated after a second */
        const char *reason = last_reason(sim, EAST, EV_MESSAGE_REFUSED);
        CHECK(strcmp(reason, "LIMIT") == 0 || strcmp(last_reason(sim, EAST, EV_EXCHANGE_FAILED), "LIMIT") == 0);
        CHECK(sim_event_count(sim, EAST, EV_AUTHENTICATION_FAILED) == 0);
    }
}

/* N04: RFC 3947 section 4 knows one place where the port changes, and no way back. */
static void N04_with_NAT_message_5_must_come_by_4500(void **state)
{
    struct sim_site w = west, e = east;

    (void)state;
    w.nat_address = NAT_IP;
    e.peers[0].address = NAT_IP;
    struct sim *sim = world(4, &w, &e);
    sim_network(sim)->lose_nth[WEST] = 3;
    sim_acquire(sim, WEST, 0);
    wait_for(sim, EAST, "MM_WAIT_MSG5");
    wait_for(sim, WEST, "MM_WAIT_MSG6");
    uint32_t last = 0;
    while (sim_datagram(sim, last + 1) != NULL)
        last++;
    CHECK(sim_datagram(sim, last)->site == WEST && sim_datagram(sim, last)->is_lost);
    uint32_t sent = sim_sent(sim, EAST);
    sim_inject(sim, EAST, (struct endpoint){ip_of_v4(NAT_IP), 20500}, end_of(EAST), sim_datagram(sim, last)->data);
    assert_string_equal(last_reason(sim, EAST, EV_MESSAGE_REFUSED), "WRONG_PORT");
    CHECK(sim_is_in(sim, EAST, "MM_WAIT_MSG5") && sim_sent(sim, EAST) == sent);
    CHECK(sim_event_count(sim, EAST, EV_AUTHENTICATION_FAILED) == 0);
    sim_run(sim, 5000);
    CHECK(sim_pairs_up(sim, EAST) == 1 && sim_pairs_agree(sim, WEST, EAST));
}

/* What has waited for phase 1 is forgotten with the command that ends it; the next phase 1 is not asked for it. */
static void nothing_waits_on_after_a_tunnel_is_taken_down(void **state)
{
    static const enum ike_command_kind commands[] = {IKE_DOWN, IKE_CLEAR_ISAKMP, IKE_SHUT_DOWN};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        struct sim *sim = world(5, &west, &east);

        sim_network(sim)->is_cut[WEST] = true;
        sim_acquire(sim, WEST, 0);
        sim_run(sim, 100);
        CHECK(peer_at_site(sim, WEST).waiting_count == 1);
        sim_command(sim, WEST, commands[i]);
        CHECK(peer_at_site(sim, WEST).waiting_count == 0);
        CHECK(peer_at_site(sim, WEST).outcomes[0].is_end); /* for the screens: no failure */
        sim_network(sim)->is_cut[WEST] = false;
        sim_acquire(sim, EAST, 0);
        sim_run(sim, 5000);
        CHECK(sim_pairs_up(sim, WEST) == 1 && sim_event_count(sim, WEST, EV_PHASE2_BEGUN) == 0);
    }
}

/* `no crypto isakmp disconnect-notify`, of what ends here by our own will; a peer that is silent is another matter. */
static void who_does_not_notify_ends_without_a_word(void **state)
{
    static const enum ike_command_kind commands[] = {IKE_SHUT_DOWN, IKE_DOWN};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        for (int is_quiet = 0; is_quiet < 2; is_quiet++) {
            struct sim *sim = world_up(5);
            struct policy policy = *policy_at(sim, WEST);

            policy.is_disconnect_quiet = is_quiet;
            ((struct ike *)(uintptr_t)sim_ike(sim, WEST))->policy = &policy;
            sim_command_of(sim, WEST, &(struct ike_command){.kind = commands[i], .peer = ip_of_v4(EAST_IP)});
            sim_run(sim, 1000);
            CHECK(sim_pairs_up(sim, WEST) == 0 && sim_event_count(sim, WEST, EV_PHASE1_DELETED) == 1);
            assert_int_equal(sim_event_count(sim, WEST, EV_DELETE_SENT) > 0, !is_quiet);
            assert_int_equal(sim_pairs_up(sim, EAST), is_quiet);
        }
}

/* `crypto isakmp reload-wait`: the gateway ends when the last session has. */
static void a_gateway_that_closes_begins_nothing_new_and_goes_on_with_what_stands(void **state)
{
    struct sim *sim = world(5, &west, &east);

    (void)state;
    sim_command(sim, EAST, IKE_CLOSE);
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 3000);
    assert_string_equal(last_reason(sim, EAST, EV_MESSAGE_REFUSED), "LIMIT");
    sim_acquire(sim, EAST, 0);
    sim_run(sim, 1000);
    assert_string_equal(last_reason(sim, EAST, EV_EXCHANGE_FAILED), "SHUT_DOWN");
    CHECK(sim_pairs_up(sim, EAST) == 0);

    sim = world_up(6);
    sim_command(sim, EAST, IKE_CLOSE);
    sim_command(sim, WEST, IKE_CLEAR_IPSEC);
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 5000);
    CHECK(sim_pairs_up(sim, EAST) == 1 && sim_pairs_agree(sim, WEST, EAST));
}

static void more_acquires_than_may_wait_are_told(void **state)
{
    enum { ACES = WAITING_MAX + 4 };
    static const uint8_t seed[48] = {6};
    static struct ike_outputs out;
    static struct crypto_ace aces[ACES];
    struct sim *sim = world(6, &west, &east);
    struct policy policy = *policy_at(sim, WEST);
    struct tunnel tunnel = policy.tunnels[0];
    void *space = malloc(ike_space(&sim_limits));
    struct ike *ike = ike_make(space, &sim_limits, BYTES_OF(seed));
    uint32_t queued = 0, refused = 0;

    (void)state;
    for (size_t i = 0; i < ACES; i++)
        aces[i] = tunnel.aces[0];
    tunnel.aces = aces;
    tunnel.ace_count = ACES;
    policy.tunnels = &tunnel;
    ike_feed(ike, 1000, &(struct ike_input){.kind = IKE_IN_POLICY, .policy = &policy}, &out);
    for (uint16_t ace = 0; ace < ACES; ace++) {
        ike_feed(ike, 1000, &(struct ike_input){.kind = IKE_IN_ACQUIRE, .acquire = {.ace = ace}}, &out);
        for (size_t i = 0; i < out.event_count; i++) {
            queued += out.events[i].kind == EV_ACQUIRE_QUEUED;
            refused += out.events[i].kind == EV_LIMIT_REACHED;
        }
    }
    CHECK(queued == WAITING_MAX - 1 && refused == ACES - WAITING_MAX);
    free(space);
}

/* We have asked the vault for our share, and the configuration is read anew. */
static void a_reload_ends_a_quick_mode_that_we_begin_only_when_its_tunnel_has_changed(void **state)
{
    static const struct {
        uint32_t esp_lifetime_s;
        const char *reason;
    } rows[] = {{28800, "none"}, {3600, "POLICY_CHANGED"}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sim_site w = west, e = east;

        w.peers[0].pfs = e.peers[0].pfs = GROUP_ECP256;
        struct sim *sim = world(7, &w, &e);
        sim_network(sim)->answer_min_ms = sim_network(sim)->answer_max_ms = 50;
        sim_acquire(sim, WEST, 0);
        wait_for(sim, WEST, "QM_START");
        w.esp_lifetime_s = rows[i].esp_lifetime_s;
        sim_site(sim, WEST, &w);
        sim_run(sim, 5000);
        assert_string_equal(last_reason(sim, WEST, EV_EXCHANGE_FAILED), rows[i].reason);
        CHECK(sim_pairs_up(sim, WEST) == (i == 0) && sim_fault(sim) == NULL);
    }
}

static void an_originate_only_entry_answers_no_quick_mode_but_a_rekey(void **state)
{
    struct sim *sim = world(8, &west, &east);

    (void)state;
    ((struct tunnel *)policy_at(sim, EAST)->tunnels)[0].connection_type = CONNECTION_ORIGINATE_ONLY;
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 5000);
    assert_string_equal(last_reason(sim, EAST, EV_EXCHANGE_FAILED), "MAY_NOT_ANSWER");
    assert_string_equal(last_reason(sim, WEST, EV_EXCHANGE_FAILED), "NOTIFIED");
    CHECK(sim_pairs_up(sim, EAST) == 0);
    sim_acquire(sim, EAST, 0);
    sim_run(sim, 5000);
    CHECK(sim_pairs_up(sim, EAST) == 1 && sim_pairs_agree(sim, WEST, EAST));
    sim_soft_limit(sim, WEST);
    sim_run(sim, 5000);
    CHECK(sim_event_count(sim, EAST, EV_PHASE2_COMPLETED) == 2);
}

/* Anybody can send first messages in a peer's name. */
static void forged_attempts_do_not_push_out_what_is_known_of_a_peer(void **state)
{
    static const char *const offers[] = {GOOD_SA,
                                         SA_HEAD "00 00 0030 01 01 00 01 00 00 0028 01 01 0000 80010007 800e0100 "
                                                 "80020002 80030001 80040013 800b0001 000c0004 00015180"};
    struct sim *sim = world_up(9);
    struct ike_peer_view view;
    uint32_t forged_count = 0, success_count = 0;

    (void)state;
    for (uint32_t n = 0; n < 200; n++) {
        uint8_t cookies[16] = {9, (uint8_t)n, 1};
        struct body b;
        struct lie part = {PL_SA, hex(&b, offers[n % 2])};

        sim_inject(sim, EAST, end_of(WEST), end_of(EAST), message_of(cookies, XCHG_MAIN, 0, &part, 1));
        sim_run(sim, 20000);
    }
    CHECK(sim_event_count(sim, EAST, EV_PROPOSAL_REFUSED) == 100 &&
          sim_event_count(sim, EAST, EV_EXCHANGE_FAILED) >= 90);
    view = peer_at_site(sim, EAST);
    for (uint8_t i = 0; i < view.outcome_count; i++) {
        success_count += view.outcomes[i].is_success;
        forged_count += !view.outcomes[i].is_success;
    }
    CHECK(success_count == 2 && forged_count == 2);
    CHECK(view.outcomes[0].at_ms + 60000 > sim_now_ms(sim)); /* the last of each kind is kept */
}

/* The plane has used the last sequence number, or the last kilobyte: the pair is gone at both ends, and the next packet
 * asks for another. */
static void the_hard_limit_of_the_plane_ends_the_pair_at_both_ends(void **state)
{
    static struct ike_outputs out;
    struct sim *sim = world_up(13);
    struct ike *ike = (struct ike *)sim_ike(sim, WEST);
    const struct pair *pair = pool_find(&ike->pairs, pool_first(&ike->pairs));
    struct ike_input in = {.kind = IKE_IN_PLANE, .plane = {.kind = IKE_PLANE_HARD, .pair = pair->self}};
    unsigned removes = 0;

    (void)state;
    ike_feed(ike, sim_now_ms(sim), &in, &out);
    for (size_t i = 0; i < out.count; i++) {
        removes += out.items[i].kind == IKE_OUT_REMOVE;
        if (out.items[i].kind == IKE_OUT_DATAGRAM)
            sim_inject(sim, EAST, end_of(WEST), end_of(EAST), out.items[i].datagram.data);
    }
    CHECK(removes == 1 && ike_view_use(ike).pairs == 0);
    assert_string_equal(peer_at_site(sim, WEST).outcomes[0].reason, "VOLUME");
    CHECK(peer_at_site(sim, WEST).outcomes[0].is_end);
    assert_string_equal(peer_at_site(sim, EAST).outcomes[0].reason, "DELETED_BY_PEER");
    CHECK(sim_pairs_up(sim, EAST) == 0);
}

/* Else the peer would say all that it has to say under an ISAKMP SA that nobody opens: Deletes of pairs, too. */
static void a_delete_of_an_isakmp_sa_that_was_lost_is_said_again_when_the_peer_uses_it(void **state)
{
    static const struct {
        bool is_sealed, is_from_peer, is_known;
        uint32_t times, answers;
        const char *why;
    } rows[] = {
        {true, true, true, 1, 1, "the peer does not know that it is gone"},
        {true, true, true, 9, 2, "anybody may repeat what he has heard: that is answered twice"},
        {true, false, true, 1, 0, "from elsewhere: what is sent to the peer would be anybody's to cause"},
        {true, true, false, 1, 0, "cookies that were never ours"},
        {false, true, true, 1, 0, "in clear nobody goes on with an SA that is up"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sim *sim = world_up(14);
        struct isakmp_sa keys = *sa_at(sim, WEST);
        struct lie part = {PL_NOTIFY, bytes_of((const uint8_t *)"later", 5)};
        uint8_t datagram[256];

        sim_network(sim)->is_cut[EAST] = true;
        sim_command(sim, EAST, IKE_CLEAR_ISAKMP);
        sim_run(sim, 500);
        sim_network(sim)->is_cut[EAST] = false;
        CHECK(sim_pairs_up(sim, EAST) == 0 && sa_at(sim, EAST)->state == SA_DEAD && sa_at(sim, WEST)->state == SA_UP);
        keys.cookies[INITIATOR][0] ^= !rows[i].is_known;
        struct bytes sent = sealed_of(&keys, XCHG_INFORMATIONAL, 78, &part, 1, HASH_RIGHT);
        memcpy(datagram, sent.data, sent.len);
        datagram[19] &= rows[i].is_sealed ? 0xff : (uint8_t)~FLAG_ENCRYPTION;
        uint32_t said = sim_event_count(sim, EAST, EV_DELETE_SENT);
        for (uint32_t n = 0; n < rows[i].times; n++)
            sim_inject(sim, EAST, rows[i].is_from_peer ? end_of(WEST) : (struct endpoint){ip_of_v4(0x0a000001), 500},
                       end_of(EAST), bytes_of(datagram, sent.len));
        sim_run(sim, 1000);
        if (sim_event_count(sim, EAST, EV_DELETE_SENT) != said + rows[i].answers)
            print_error("%s\n", rows[i].why);
        CHECK(sim_event_count(sim, EAST, EV_DELETE_SENT) == said + rows[i].answers);
        CHECK((sa_at(sim, WEST)->state == SA_DEAD) == (rows[i].answers > 0) && sim_fault(sim) == NULL);
    }
}

static void no_key_is_left_in_the_working_space_of_a_step(void **state)
{
    static const struct draft zero;
    struct sim *sim = world(10, &west, &east);

    (void)state;
    sim_acquire(sim, WEST, 0);
    for (int ms = 0; ms < 1000; ms++) {
        sim_run(sim, 1);
        for (uint32_t site = WEST; site <= EAST; site++) {
            const struct draft *draft = &sim_ike(sim, site)->draft;

            CHECK(memcmp(&draft->exchange, &zero.exchange, sizeof zero.exchange) == 0);
            CHECK(memcmp(&draft->sa, &zero.sa, sizeof zero.sa) == 0);
        }
    }
    CHECK(sim_pairs_up(sim, WEST) == 1);
}

/* East's message 2 of quick mode again, with one payload more, under a right hash. */
static struct bytes with_payload(struct sim *sim, struct bytes datagram, const struct lie *more)
{
    static uint8_t opened[2048];
    const struct ike *ike = sim_ike(sim, WEST);
    const struct isakmp_sa *sa = sa_at(sim, WEST);
    struct message m;
    uint8_t digest[DIGEST_MAX], id[4];
    struct writer w = writer_of(lie_space, sizeof lie_space), id_w = writer_of(id, sizeof id);

    CHECK(wire_header_read(&m, datagram) == WIRE_OK);
    struct exchange open = *exchange_of_message(ike, sa->self, m.header.message_id), seal = open;
    struct bytes plain = message_open(sa, &open, &m, opened, sizeof opened);
    CHECK(wire_payloads_read(&m, m.header.first_payload, plain, (struct allowance){.padding_max = 16}) == WIRE_OK);
    write_u32(&id_w, m.header.message_id);
    struct message_writer out =
        message_begin(&w, &(struct header){.exchange = XCHG_QUICK, .message_id = m.header.message_id});
    memcpy(lie_space, sa->cookies, 16);
    size_t hash_at = message_add_gap(&out, PL_HASH, hash_info(sa->hash)->digest_len), mark = message_mark(&out);
    for (size_t i = 1; i < m.payload_count; i++)
        message_add(&out, m.payloads[i].type, m.payloads[i].body);
    message_add(&out, more->type, more->body);
    const struct bytes covered[] = {BYTES_OF(id), blob_bytes(&ike->blobs, seal.blobs[BLOB_NONCE_I]),
                                    message_since(&out, mark)};
    message_fill(&out, hash_at, hash_phase2(sa, covered, COUNT_OF(covered), digest));
    message_seal(&out, cipher_info(sa->cipher)->block_len);
    struct bytes sealed = message_end(&out);
    message_close(sa, &seal, &out);
    return sealed;
}

/* West's pair, after an answer of quick mode with that notify in it. */
static struct ike_pair_view pair_told(struct bytes body)
{
    struct sim *sim = world(11, &west, &east);
    struct lie notify = {PL_NOTIFY, body};
    struct ike_pair_view view;
    uint32_t last = 0;

    sim_acquire(sim, WEST, 0);
    wait_for(sim, WEST, "QM_WAIT_MSG2");
    sim_network(sim)->is_cut[EAST] = true;
    wait_for(sim, EAST, "QM_WAIT_MSG3");
    while (sim_datagram(sim, last + 1) != NULL)
        last++;
    CHECK(sim_datagram(sim, last)->site == EAST && sim_datagram(sim, last)->is_lost);
    sim_inject(sim, WEST, end_of(EAST), end_of(WEST), with_payload(sim, sim_datagram(sim, last)->data, &notify));
    sim_run(sim, 500);
    CHECK(ike_view_pair(sim_ike(sim, WEST), sim_now_ms(sim), 0, &view));
    return view;
}

static void a_peers_lifetime_of_a_second_is_not_taken_as_it_is(void **state)
{
    static const struct {
        uint8_t seconds[4];
        uint32_t agreed;
        const char *why;
    } rows[] = {
        {{0, 0, 0, 1}, LIFETIME_FLOOR_S, "a second: we would negotiate without end"},
        {{0, 0, 0, 60}, 60, "the least that a router can be told"},
        {{0, 0, 0x0e, 0x10}, 3600, "an hour"},
        {{0, 1, 0x51, 0x80}, 28800, "longer than ours"},
        {{0, 0, 0, 0}, 28800, "none"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint8_t body[] = {0, 0, 0, 1, PROTO_ESP, 0, 0x60, 0, 0x80, 1, 0, 1, 0, 2, 0, 4, 0, 0, 0, 0};

        memcpy(body + 16, rows[i].seconds, 4);
        struct ike_pair_view view = pair_told(BYTES_OF(body));
        if (view.lifetime_s != rows[i].agreed)
            print_error("%s: %u\n", rows[i].why, view.lifetime_s);
        CHECK(view.lifetime_s == rows[i].agreed);
    }
}

/* RFC 2407 section 4.6.3.2. */
static void a_responder_that_takes_what_comes_again_says_so(void **state)
{
    static const struct {
        uint8_t body[16];
        size_t len;
        bool is_off;
        const char *why;
    } rows[] = {
        {{0, 0, 0, 1, PROTO_ESP, 0, 0x60, 1, 0, 0, 0, 0}, 12, true, "disabled"},
        {{0, 0, 0, 1, PROTO_ESP, 0, 0x60, 1, 0, 0, 0, 1}, 12, false, "enabled"},
        {{0, 0, 0, 1, PROTO_ESP, 4, 0x60, 1, 1, 2, 3, 4, 0, 0, 0, 0}, 16, true, "with an SPI, as it should be"},
        {{0, 0, 0, 1, PROTO_ISAKMP, 0, 0x60, 1, 0, 0, 0, 0}, 12, false, "of another SA"},
        {{0, 0, 0, 1, PROTO_ESP, 0, 0x60, 1, 0, 0}, 10, false, "too short"},
        {{0, 0, 0, 1, PROTO_ESP, 0, 0x60, 1}, 8, false, "empty"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct ike_pair_view view = pair_told(bytes_of(rows[i].body, rows[i].len));

        if (view.is_peer_replay_off != rows[i].is_off)
            print_error("%s\n", rows[i].why);
        CHECK(view.is_peer_replay_off == rows[i].is_off);
    }
}

static void a_first_message_that_is_late_begins_nothing(void **state)
{
    (void)state;
    for (int is_nat = 0; is_nat < 2; is_nat++) {
        struct sim_site w = west, e = east;

        if (is_nat) {
            w.nat_address = NAT_IP;
            e.peers[0].address = NAT_IP;
        }
        struct sim *sim = world(12, &w, &e);
        struct endpoint from = is_nat ? (struct endpoint){ip_of_v4(NAT_IP), 20500} : end_of(WEST);
        sim_acquire(sim, WEST, 0);
        sim_run(sim, 5000);
        for (int late = 0; late < 2; late++) { /* while the exchange is kept, and after it is forgotten */
            struct ike_use use = ike_view_use(sim_ike(sim, EAST));
            uint32_t sent = sim_sent(sim, EAST);

            sim_inject(sim, EAST, from, end_of(EAST), sim_datagram(sim, 0)->data);
            assert_string_equal(last_reason(sim, EAST, EV_MESSAGE_REFUSED), "OUT_OF_STEP");
            CHECK(uses_equal(use, ike_view_use(sim_ike(sim, EAST))) && sim_sent(sim, EAST) == sent);
            sim_run(sim, 100000);
        }
        CHECK(sim_pairs_up(sim, EAST) == 1 && sim_fault(sim) == NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_delete_under_the_keys_of_phase_1_is_told_and_ends_the_attempt),
        cmocka_unit_test(an_identity_that_cannot_be_used_is_refused_by_a_notify_that_only_the_peer_can_read),
        cmocka_unit_test(a_limit_of_ours_is_not_told_as_a_wrong_key),
        cmocka_unit_test(N04_with_NAT_message_5_must_come_by_4500),
        cmocka_unit_test(nothing_waits_on_after_a_tunnel_is_taken_down),
        cmocka_unit_test(who_does_not_notify_ends_without_a_word),
        cmocka_unit_test(a_gateway_that_closes_begins_nothing_new_and_goes_on_with_what_stands),
        cmocka_unit_test(more_acquires_than_may_wait_are_told),
        cmocka_unit_test(a_reload_ends_a_quick_mode_that_we_begin_only_when_its_tunnel_has_changed),
        cmocka_unit_test(an_originate_only_entry_answers_no_quick_mode_but_a_rekey),
        cmocka_unit_test(forged_attempts_do_not_push_out_what_is_known_of_a_peer),
        cmocka_unit_test(the_hard_limit_of_the_plane_ends_the_pair_at_both_ends),
        cmocka_unit_test(a_delete_of_an_isakmp_sa_that_was_lost_is_said_again_when_the_peer_uses_it),
        cmocka_unit_test(no_key_is_left_in_the_working_space_of_a_step),
        cmocka_unit_test(a_peers_lifetime_of_a_second_is_not_taken_as_it_is),
        cmocka_unit_test(a_responder_that_takes_what_comes_again_says_so),
        cmocka_unit_test(a_first_message_that_is_late_begins_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, world_end);
}
