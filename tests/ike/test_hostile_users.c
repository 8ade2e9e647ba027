/* Users' ends that know the group's key and lie, by rows X of the attack list. */
#include "asa_words.h"

#include "ike/transaction.h"

static struct sim_site of_user(const char *user, const char *password)
{
    struct sim_site w = west;

    w.user = user;
    w.password = password;
    w.key_id = "staff";
    return w;
}

static struct sim_site gateway(void)
{
    struct sim_site e = east;

    e.serves_users = true;
    e.group_name = "staff";
    return e;
}

static struct sim *world_of_user(uint64_t seed, const char *user, const char *password)
{
    struct sim_site w = of_user(user, password), e = gateway();

    return world(seed, &w, &e);
}

static struct sim *world_with_user(uint64_t seed)
{
    struct sim *sim = world_of_user(seed, SIM_USER, SIM_PASSWORD);

    sim_acquire(sim, WEST, 0);
    sim_run(sim, 3000);
    CHECK(sim_pairs_agree(sim, WEST, EAST) && sim_pairs_up(sim, EAST) == 1);
    return sim;
}

/* Phase 1 is up at both ends, the gateway has asked for the user, and nothing of the true one comes any more. */
static struct sim *world_before_user(uint64_t seed)
{
    struct sim *sim = world_of_user(seed, SIM_USER, SIM_PASSWORD);

    sim_acquire(sim, WEST, 0);
    while (!sim_is_in(sim, EAST, "XAUTH_WAIT_REPLY"))
        sim_run(sim, 1);
    sim_network(sim)->is_cut[WEST] = true;
    return sim;
}

static struct isakmp_sa live_sa(struct sim *sim, uint32_t site)
{
    const struct ike *ike = sim_ike(sim, site);

    for (struct handle h = pool_first(&ike->sas); handle_is_set(h); h = pool_next(&ike->sas, h)) {
        const struct isakmp_sa *sa = pool_find(&ike->sas, h);

        if (sa->state == SA_UP)
            return *sa;
    }
    CHECK(!"an SA that is up");
    return (struct isakmp_sa){0};
}

static void inject(struct sim *sim, struct bytes datagram)
{
    sim_inject(sim, EAST, end_of(WEST), end_of(EAST), datagram);
    sim_run(sim, 500);
}

static uint32_t sessions(struct sim *sim)
{
    return sim_ike(sim, EAST)->sessions.taken_count;
}

#define QM_GOOD SA_HEAD "00 00 0020 01 03 04 01 11223344 00 00 0014 01 0c 0000 80040001 80050002 80060080"
#define ANY "04 00 0000 00000000 00000000"
#define CONF_REQUEST "01 00 0007 00010000"

static void quick_mode(struct sim *sim, const char *from)
{
    static struct body sa_body, id_i, id_r;
    static const uint8_t nonce[16] = {1, 2, 3};
    struct isakmp_sa sa = live_sa(sim, EAST);
    const struct lie parts[] = {{PL_SA, hex(&sa_body, QM_GOOD)},
                                {PL_NONCE, BYTES_OF(nonce)},
                                {PL_ID, hex(&id_i, from)},
                                {PL_ID, hex(&id_r, ANY)}};

    inject(sim, sealed_of(&sa, XCHG_QUICK, 0x01020304, parts, COUNT_OF(parts), HASH_RIGHT));
}

static void transaction(struct sim *sim, uint32_t message_id, const char *attributes)
{
    static struct body body;
    struct isakmp_sa sa = live_sa(sim, EAST);
    const struct lie part = {PL_ATTR, hex(&body, attributes)};

    inject(sim, sealed_of(&sa, XCHG_TRANSACTION, message_id, &part, 1, HASH_RIGHT));
}

static void X01_without_the_user_there_is_no_quick_mode_and_no_address(void **state)
{
    struct sim *sim = world_before_user(1);

    (void)state;
    quick_mode(sim, "01 00 0000 0a3cc80a");
    assert_string_equal(last_reason(sim, EAST, EV_MESSAGE_REFUSED), "NO_USER");
    CHECK(sim_pairs_up(sim, EAST) == 0 && sessions(sim) == 0);
    transaction(sim, 0x01020305, CONF_REQUEST);
    assert_string_equal(last_reason(sim, EAST, EV_MESSAGE_REFUSED), "NO_USER");
    CHECK(sessions(sim) == 0 && sim_event_count(sim, EAST, EV_ADDRESS_ASSIGNED) == 0);
}

/* The group is for users: whoever offers its key alone, without XAUTH, gets nowhere. */
static void X01_a_peer_without_a_user_is_not_taken_into_a_group_for_users(void **state)
{
    struct sim_site w = west, e = gateway();

    (void)state;
    w.is_aggressive = true;
    w.key_id = "staff";
    struct sim *sim = world(2, &w, &e);
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 5000);
    assert_string_equal(last_reason(sim, EAST, EV_MESSAGE_REFUSED), "NO_POLICY");
    CHECK(sim_ike(sim, EAST)->sas.taken_count == 0 && sim_pairs_up(sim, EAST) == 0);
}

/* A user comes from his address, and from no other. */
static void X01_a_user_gets_no_pair_for_an_address_that_he_was_not_given(void **state)
{
    struct sim *sim = world_with_user(3);

    (void)state;
    quick_mode(sim, "01 00 0000 0a3cc8ff");
    assert_string_equal(last_reason(sim, EAST, EV_MESSAGE_REFUSED), "NO_PROXY_MATCH");
    CHECK(sim_pairs_up(sim, EAST) == 1);
}

static void X03_after_some_wrong_passwords_even_the_right_one_is_refused_for_a_while(void **state)
{
    struct sim *sim = world_of_user(4, SIM_USER, "looking-glass");
    struct sim_site right = of_user(SIM_USER, SIM_PASSWORD);
    uint32_t unheard = 0;

    (void)state;
    for (int i = 0; i < 12; i++) {
        sim_acquire(sim, WEST, 0);
        sim_run(sim, 300);
        const struct event *e = sim_last_event(sim, EAST, EV_USER_REFUSED);
        unheard += e != NULL && strcmp(event_text(e, FIELD_CAUSE), "Too many wrong passwords") == 0;
    }
    CHECK(sim_event_count(sim, EAST, EV_USER_REFUSED) == 12 && unheard > 4);
    sim_site(sim, WEST, &right);
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 300);
    CHECK(sim_event_count(sim, EAST, EV_USER_ACCEPTED) == 0);
    sim_run(sim, 120000);
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 3000);
    CHECK(sim_event_count(sim, EAST, EV_USER_ACCEPTED) == 1 && sim_pairs_agree(sim, WEST, EAST));
}

static void what_pam_says_of_a_user_holds_and_local_is_asked_when_it_says_nothing(void **state)
{
    static const struct {
        enum password_verdict verdict;
        bool is_local_asked_after;
        const char *password;
        bool is_up, is_silent, is_pam_named;
        const char *cause, *why;
    } cases[] = {
        {PASSWORD_RIGHT, false, "anything", true, false, true, NULL,
         "PAM knows him; this configuration has another password"},
        {PASSWORD_WRONG, true, SIM_PASSWORD, false, false, true, "Invalid password", "a no is a no"},
        {PASSWORD_DISABLED, true, SIM_PASSWORD, false, false, true, "Account has been disabled", "so is that"},
        {PASSWORD_EXPIRED, false, SIM_PASSWORD, false, false, true, "Password has expired", "and that"},
        {PASSWORD_UNANSWERED, false, SIM_PASSWORD, false, true, true, "No answer", "nobody else is asked"},
        {PASSWORD_UNANSWERED, true, SIM_PASSWORD, true, true, false, NULL, "LOCAL knows him"},
        {PASSWORD_UNANSWERED, true, "anything", false, true, false, "Invalid password", "LOCAL knows him better"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct sim_site w = of_user(SIM_USER, cases[i].password), e = gateway();

        e.has_pam = true;
        e.pam_verdict = cases[i].verdict;
        e.is_local_asked_after = cases[i].is_local_asked_after;
        struct sim *sim = world(40 + (unsigned)i, &w, &e);
        sim_acquire(sim, WEST, 0);
        sim_run(sim, 3000);
        const struct event *said = sim_last_event(sim, EAST, cases[i].is_up ? EV_USER_ACCEPTED : EV_USER_REFUSED);
        if (said == NULL || (sim_pairs_up(sim, EAST) == 1) != cases[i].is_up ||
            event_has(said, FIELD_AAA_SERVER) != cases[i].is_pam_named ||
            (sim_event_count(sim, EAST, EV_USER_SERVER_SILENT) == 1) != cases[i].is_silent)
            fail_msg("%s", cases[i].why);
        if (cases[i].cause != NULL)
            assert_string_equal(event_text(said, FIELD_CAUSE), cases[i].cause);
    }
}

/* Nobody is kept out later because PAM was away. */
static void a_server_that_does_not_answer_counts_no_wrong_passwords(void **state)
{
    struct sim_site w = of_user(SIM_USER, SIM_PASSWORD), e = gateway();

    (void)state;
    e.has_pam = true;
    e.pam_verdict = PASSWORD_UNANSWERED;
    struct sim *sim = world(50, &w, &e);
    for (int i = 0; i < 12; i++) {
        sim_acquire(sim, WEST, 0);
        sim_run(sim, 300);
    }
    CHECK(sim_event_count(sim, EAST, EV_USER_SERVER_SILENT) == 12);
    assert_string_equal(event_text(sim_last_event(sim, EAST, EV_USER_REFUSED), FIELD_CAUSE), "No answer");
}

/* What leaves the gateway, and when, until it is over. */
static void answers_to(const char *user, const char *password, char *shape, size_t size)
{
    struct sim *sim = world_of_user(5, user, password);
    struct text text = text_of(shape, size);

    sim_acquire(sim, WEST, 0);
    sim_run(sim, 5000);
    for (uint32_t i = 0; sim_datagram(sim, i) != NULL; i++)
        if (sim_datagram(sim, i)->site == EAST)
            text_add(&text, "%llu:%zu ", (unsigned long long)sim_datagram(sim, i)->at_ms,
                     sim_datagram(sim, i)->data.len);
}

static void X04_an_unknown_user_is_answered_like_a_known_one_with_a_wrong_password(void **state)
{
    char known[2048], unknown[2048];

    (void)state;
    answers_to("alice", "looking-glass", known, sizeof known);
    answers_to("aleca", "looking-glass", unknown, sizeof unknown);
    assert_string_equal(known, unknown);
}

static void X05_a_long_banner_is_given_within_bounds(void **state)
{
    static char banner[20000];
    struct group_policy policy = {.name = "long", .banner = banner, .default_domain = "", .split_dns = ""};
    struct sim *sim = world_of_user(6, SIM_USER, SIM_PASSWORD);
    struct policy *p = (struct policy *)(uintptr_t)sim_ike(sim, EAST)->policy;

    (void)state;
    memset(banner, 'x', sizeof banner - 1);
    p->group_policies = &policy;
    p->group_policy_count = 1;
    ((struct tunnel_group *)(uintptr_t)p->tunnel_groups)->group_policy = 1;
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 3000);
    CHECK(sim_pairs_agree(sim, WEST, EAST) && sim_pairs_up(sim, WEST) == 1);
    for (uint32_t i = 0; sim_datagram(sim, i) != NULL; i++)
        CHECK(sim_datagram(sim, i)->data.len < 1400);
}

/* The texts go to the log, and the servers nowhere: no part of it meets a shell. */
static void X06_what_a_gateway_says_comes_as_text_and_as_addresses_of_hosts(void **state)
{
    struct group_policy policy = {.name = "shell",
                                  .banner = "$(reboot) `id`; rm -rf / | sh\n\x1b[2J\x07",
                                  .default_domain = "example.net\nnameserver 192.0.2.66",
                                  .split_dns = "",
                                  .dns = {ip_of_v4(0x7f000001), ip_of_v4(0x0a020035)}};
    struct sim *sim = world_of_user(6, SIM_USER, SIM_PASSWORD);
    struct policy *p = (struct policy *)(uintptr_t)sim_ike(sim, EAST)->policy;

    (void)state;
    p->group_policies = &policy;
    p->group_policy_count = 1;
    ((struct tunnel_group *)(uintptr_t)p->tunnel_groups)->group_policy = 1;
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 3000);
    const struct ike_client *given = sim_given(sim, WEST);
    CHECK(given->is_up && sim_pairs_up(sim, WEST) == 1);
    assert_string_equal(given->banner, "$(reboot) `id`; rm -rf / | sh\\x0a\\x1b[2J\\x07");
    assert_string_equal(given->domain, "example.net\\x0anameserver 192.0.2.66");
    CHECK(ip_equal(given->dns[0], policy.dns[1]) && !ip_is_set(given->dns[1])); /* none of its own */
}

static void X07_padding_is_overlooked_and_what_does_not_belong_there_is_not(void **state)
{
    static const struct {
        const char *attributes, *reason, *why;
    } cases[] = {
        {CONF_REQUEST, "none", "an address, as it should be asked for"},
        {CONF_REQUEST "00", "none", "one byte of padding"},
        {CONF_REQUEST "000000", "none", "three"},
        {CONF_REQUEST "00000000", "none", "four are an attribute of type 0, which nobody knows"},
        {CONF_REQUEST "0001", "MALFORMED", "half an attribute"},
        {CONF_REQUEST "7abc0002ffff f001 1234", "none", "attributes that nobody knows"},
        {"03 00 0007 00010004 0a3cc80b", "BAD_TRANSACTION", "SET, which nobody asked for"},
        {"02 00 0007 00010004 0a3cc80b", "BAD_TRANSACTION", "an answer without a question"},
        {"03 00 0007 c08f0001", "BAD_TRANSACTION", "a user's end that says that its user is accepted"},
        {"01 00 0007 40890000 408a0000", "BAD_TRANSACTION", "a user's end that asks the gateway for a password"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct sim *sim = world_with_user(7);
        uint32_t refused = sim_event_count(sim, EAST, EV_MESSAGE_REFUSED);

        transaction(sim, 0x0a0b0c00 + (uint32_t)i, cases[i].attributes);
        bool is_refused = sim_event_count(sim, EAST, EV_MESSAGE_REFUSED) > refused;
        if (is_refused != (strcmp(cases[i].reason, "none") != 0))
            print_error("%s: %s\n", cases[i].why, last_reason(sim, EAST, EV_MESSAGE_REFUSED));
        CHECK(is_refused == (strcmp(cases[i].reason, "none") != 0));
        if (is_refused)
            assert_string_equal(last_reason(sim, EAST, EV_MESSAGE_REFUSED), cases[i].reason);
        CHECK(sim_fault(sim) == NULL && sim_pairs_up(sim, EAST) == 1 && sessions(sim) == 1);
    }
}

/* He may ask for it; he gets another one. With his own name, from his own address, he gets his own again. */
static void X08_nobody_gets_the_address_of_another_user(void **state)
{
    struct sim *sim = world_with_user(8);
    struct ike *ike = (struct ike *)(uintptr_t)sim_ike(sim, EAST);
    struct isakmp_sa sa = live_sa(sim, EAST);
    const struct session *alice = session_of(ike, sa.session);
    struct ip hers = alice->address, outside = ip_of_v4(0x0a010101);
    static const struct {
        const char *user;
        bool is_hers;
    } cases[] = {{"bob", false}, {"alic", false}, {"alice", true}};
    static struct ike_outputs out;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct session *other = session_make(ike, 0, &sa, bytes_of_text(cases[i].user));
        struct isakmp_sa asks = sa;

        asks.session = other->self;
        struct lease lease = lease_find(ike, &asks, hers, &out);
        CHECK(ip_is_set(lease.address) && ip_equal(lease.address, hers) == cases[i].is_hers);
        CHECK(handle_equal(lease.session, sa.session) == cases[i].is_hers);
        lease = lease_find(ike, &asks, outside, &out);
        CHECK(ip_is_set(lease.address) && !ip_equal(lease.address, outside) && !ip_equal(lease.address, hers));
        pool_give_back(&ike->sessions, other->self);
    }
}

/* Under the IVs of the exchange that waits for it. */
static struct bytes reply_of(struct sim *sim, const char *attributes)
{
    const struct ike *ike = sim_ike(sim, EAST);
    static struct body body;
    struct isakmp_sa sa = live_sa(sim, EAST);
    struct exchange exchange = {0};
    struct writer w = writer_of(lie_space, sizeof lie_space);
    uint8_t digest[DIGEST_MAX], id[4];
    struct writer id_w = writer_of(id, sizeof id);

    for (struct handle h = pool_first(&ike->exchanges); handle_is_set(h); h = pool_next(&ike->exchanges, h))
        if (((const struct exchange *)pool_find(&ike->exchanges, h))->state == STATE_XAUTH_WAIT_REPLY)
            exchange = *(const struct exchange *)pool_find(&ike->exchanges, h);
    struct header header = {.exchange = XCHG_TRANSACTION, .message_id = exchange.message_id};
    memcpy(header.cookies, sa.cookies, sizeof header.cookies);
    write_u32(&id_w, exchange.message_id);
    struct message_writer m = message_begin(&w, &header);
    size_t hash_at = message_add_gap(&m, PL_HASH, hash_info(sa.hash)->digest_len), mark = message_mark(&m);
    hex(&body, attributes);
    body.bytes[2] = (uint8_t)(exchange.transaction.id >> 8);
    body.bytes[3] = (uint8_t)exchange.transaction.id;
    message_add(&m, PL_ATTR, bytes_of(body.bytes, body.len));
    const struct bytes covered[] = {BYTES_OF(id), message_since(&m, mark)};
    message_fill(&m, hash_at, hash_phase2(&sa, covered, COUNT_OF(covered), digest));
    message_seal(&m, cipher_info(sa.cipher)->block_len);
    struct bytes datagram = message_end(&m);
    message_close(&sa, &exchange, &m);
    return datagram;
}

#define REPLY "02 00 0000"
#define TYPE(n) "c088" n
#define ALICE "40890005 616c696365"
#define WONDERLAND "408a000a 776f6e6465726c616e64"

static void X09_only_a_name_and_a_password_answer_the_question_for_them(void **state)
{
    static const struct {
        const char *attributes, *why;
        bool is_accepted;
    } cases[] = {
        {REPLY TYPE("0000") ALICE WONDERLAND, "the honest one", true},
        {REPLY ALICE WONDERLAND, "the type may be left out", true},
        {REPLY TYPE("0001") ALICE WONDERLAND, "CHAP", false},
        {REPLY TYPE("0002") ALICE WONDERLAND, "a one-time password", false},
        {REPLY ALICE WONDERLAND "408b0004 31323334", "a passcode besides", false},
        {REPLY WONDERLAND, "no name", false},
        {REPLY ALICE, "no password", false},
        {REPLY "40890000" WONDERLAND, "an empty name", false},
        {REPLY "40890006 616c69636500" WONDERLAND, "a name with a zero byte, behind which another could hide", false},
        {REPLY "c0896162" WONDERLAND, "a name in the short form", false},
        {REPLY "40890041 "
               "6161616161616161616161616161616161616161616161616161616161616161616161616161616161616161"
               "616161616161616161616161616161616161616161" WONDERLAND,
         "a name of 65 bytes", false},
        {REPLY ALICE "408a0000", "an empty password", false},
        {"01 00 0000" ALICE WONDERLAND, "a question for an answer", false},
        {REPLY ALICE WONDERLAND "c08f0001", "he says himself that he is accepted", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct sim *sim = world_before_user(9);

        inject(sim, reply_of(sim, cases[i].attributes));
        if ((sim_event_count(sim, EAST, EV_USER_ACCEPTED) == 1) != cases[i].is_accepted)
            print_error("%s: %s\n", cases[i].why, last_reason(sim, EAST, EV_MESSAGE_REFUSED));
        CHECK((sim_event_count(sim, EAST, EV_USER_ACCEPTED) == 1) == cases[i].is_accepted);
        CHECK((sessions(sim) == 1) == cases[i].is_accepted && sim_fault(sim) == NULL);
    }
}

static void a_name_that_is_too_long_is_said_in_the_words_of_an_ASA(void **state)
{
    static char attributes[300] = "02 00 0000 4089 0041 ";
    struct sim *sim = world_before_user(32);
    size_t len = strlen(attributes);

    (void)state;
    memset(attributes + len, '6', 2 * (USER_NAME_MAX + 1)); /* 408a: the password */
    strcpy(attributes + len + 2 * (USER_NAME_MAX + 1), "408a 0001 61");
    listen_to_asa(sim);
    inject(sim, reply_of(sim, attributes));
    expect_said("713185: Error: Username too long - connection aborted");
}

static void a_list_of_networks_that_is_wanted_and_not_there_is_said_in_the_words_of_an_ASA(void **state)
{
    struct sim_site w = of_user(SIM_USER, SIM_PASSWORD), e = gateway();

    (void)state;
    e.group_policy = (struct group_policy){
        .name = "split", .banner = "", .default_domain = "", .split_dns = "", .split_tunnel = SPLIT_TUNNEL_SPECIFIED};
    struct sim *sim = world(31, &w, &e);
    listen_to_asa(sim);
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 3000);
    expect_said("713140: Split Tunneling Policy requires network list but none configured");
}

static void what_a_client_asks_for_in_vain_is_said_in_the_words_of_an_ASA(void **state)
{
    struct sim *sim = world_with_user(30);

    (void)state;
    listen_to_asa(sim);
    quick_mode(sim, "01 00 0000 00000000");
    expect_said("713238: Invalid source proxy address: 0.0.0.0! Check private address on remote client");
    expect_said("713061: Rejecting IPSec tunnel: no matching crypto map entry for remote proxy 0.0.0.0/");
    transaction(sim, 0x01020306, "01 00 0007 00010000 00200000 7fff0000 70090000");
    expect_said("713250: Received unknown Internal Address attribute: 32");
    expect_said("713131: Received unknown transaction mode attribute: 32767");
    expect_said("713130: Received unsupported transaction mode attribute: 28681");
    transaction(sim, 0x01020308, "01 00 0007 00010000 0007 000c 436c69656e7420343a4f531b");
    expect_said("713184: Client Type: OS\\x1b  Client Application Version: Client 4");
    transaction(sim, 0x01020307, "02 00 0007 00010000");
    expect_said("713129: Received unexpected Transaction Exchange payload type: 2");
}

/* `pfs enable`: a user's end that has not asked whether it is wanted comes without it. */
static void Q04_a_user_without_pfs_is_refused_where_his_group_policy_wants_it(void **state)
{
    struct sim_site w = of_user(SIM_USER, SIM_PASSWORD), e = gateway();

    (void)state;
    e.group_policy =
        (struct group_policy){.name = "GP", .banner = "", .default_domain = "", .split_dns = "", .wants_pfs = true};
    struct sim *sim = world(33, &w, &e);
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 3000);
    CHECK(sim_pairs_agree(sim, WEST, EAST) && sim_pairs_up(sim, EAST) == 1); /* ours asks */
    char own[32];
    snprintf(own, sizeof own, "01 00 0000 %02x%02x%02x%02x", 0x0a, 0x3c, 0xc8, sim_given(sim, WEST)->address.octets[3]);
    quick_mode(sim, own);
    assert_string_equal(last_reason(sim, EAST, EV_MESSAGE_REFUSED), "NO_PFS");
    CHECK(sim_pairs_up(sim, EAST) == 1);
}

/* ---- network extension mode */
static struct sim *world_with_extension(uint64_t seed, bool is_allowed)
{
    struct sim_site w = of_user(SIM_USER, SIM_PASSWORD), e = gateway();

    e.group_policy = (struct group_policy){
        .name = "GP", .banner = "", .default_domain = "", .split_dns = "", .may_extend_network = is_allowed};
    struct sim *sim = world(seed, &w, &e);
    sim_acquire(sim, WEST, 0);
    while (sessions(sim) == 0) /* who he is is known; that he gets an address is lost */
        sim_run(sim, 1);
    sim_network(sim)->is_cut[WEST] = true;
    sim_run(sim, 100);
    listen_to_asa(sim);
    return sim;
}

static const struct {
    const char *why, *network, *reason, *said;
    bool is_allowed;
} extensions[] = {
    {"nem enable lets a network in", "04 00 0000 0a090000 ffffff00", "none",
     "713233: (VPN-Primary) Remote network (10.9.0.0/255.255.255.0) validated for network extension mode.", true},
    {"a single host is a network, too", "01 00 0000 0a090007", "none",
     "713233: (VPN-Primary) Remote network (10.9.0.7/255.255.255.255) validated for network extension mode.", true},
    {"without it the network is refused by name", "04 00 0000 0a090000 ffffff00", "NO_NETWORK_EXTENSION",
     "713174: Hardware Client connection rejected!  Network Extension Mode is not allowed for this group!", false},
    {"Q05 addresses of our users are nobody's network", "04 00 0000 0a3cc800 ffffff00", "NETWORK_TAKEN",
     "713902: Network extension mode: 10.60.200.0/255.255.255.0 is ours or another peer's", true},
    {"Q05 nor is the network of an interface of ours", "04 00 0000 c6336480 ffffff80", "NETWORK_TAKEN",
     "713902: Network extension mode: 198.51.100.128/255.255.255.128 is ours", true},
};

static void Q05_a_users_network_is_taken_or_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(extensions); i++) {
        struct sim *sim = world_with_extension(40 + i, extensions[i].is_allowed);
        bool is_taken = strcmp(extensions[i].reason, "none") == 0;

        quick_mode(sim, extensions[i].network);
        if (strcmp(last_reason(sim, EAST, EV_MESSAGE_REFUSED), extensions[i].reason) != 0)
            fail_msg("%s: %s", extensions[i].why, last_reason(sim, EAST, EV_MESSAGE_REFUSED));
        expect_said(extensions[i].said);
        CHECK(ike_view_use(sim_ike(sim, EAST)).pairs == is_taken);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(X01_without_the_user_there_is_no_quick_mode_and_no_address),
        cmocka_unit_test(X01_a_peer_without_a_user_is_not_taken_into_a_group_for_users),
        cmocka_unit_test(X01_a_user_gets_no_pair_for_an_address_that_he_was_not_given),
        cmocka_unit_test(X03_after_some_wrong_passwords_even_the_right_one_is_refused_for_a_while),
        cmocka_unit_test(what_pam_says_of_a_user_holds_and_local_is_asked_when_it_says_nothing),
        cmocka_unit_test(a_server_that_does_not_answer_counts_no_wrong_passwords),
        cmocka_unit_test(X04_an_unknown_user_is_answered_like_a_known_one_with_a_wrong_password),
        cmocka_unit_test(X05_a_long_banner_is_given_within_bounds),
        cmocka_unit_test(X06_what_a_gateway_says_comes_as_text_and_as_addresses_of_hosts),
        cmocka_unit_test(X07_padding_is_overlooked_and_what_does_not_belong_there_is_not),
        cmocka_unit_test(X08_nobody_gets_the_address_of_another_user),
        cmocka_unit_test(a_name_that_is_too_long_is_said_in_the_words_of_an_ASA),
        cmocka_unit_test(a_list_of_networks_that_is_wanted_and_not_there_is_said_in_the_words_of_an_ASA),
        cmocka_unit_test(what_a_client_asks_for_in_vain_is_said_in_the_words_of_an_ASA),
        cmocka_unit_test(Q04_a_user_without_pfs_is_refused_where_his_group_policy_wants_it),
        cmocka_unit_test(Q05_a_users_network_is_taken_or_refused),
        cmocka_unit_test(X09_only_a_name_and_a_password_answer_the_question_for_them),
    };

    return cmocka_run_group_tests(tests, NULL, world_end);
}
