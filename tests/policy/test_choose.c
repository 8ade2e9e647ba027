/* Which proposal is taken, and why none is. */
#include "base/check.h"
#include "policy/choose.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct isakmp_policy isakmp_policies[] = {
    {10, OAKLEY_AUTH_PSK, CIPHER_AES256_CBC, HASH_SHA256, GROUP_MODP2048, 86400},
    {20, OAKLEY_AUTH_PSK, CIPHER_AES128_CBC, HASH_SHA1, GROUP_MODP2048, 3600},
    {30, OAKLEY_AUTH_PSK, CIPHER_3DES_CBC, HASH_SHA1, GROUP_MODP1024, 0},
};

static const struct transform_set sets[] = {
    {"aes256", CIPHER_AES256_CBC, HASH_SHA256, false, false},
    {"aes128", CIPHER_AES128_CBC, HASH_SHA1, false, false},
    {"gcm", CIPHER_AES256_GCM, HASH_NONE, false, false},
    {"aes128-transport", CIPHER_AES128_CBC, HASH_SHA1, true, false},
};

static struct policy policy = {
    .isakmp_policies = isakmp_policies,
    .isakmp_policy_count = COUNT_OF(isakmp_policies),
    .transform_sets = sets,
    .transform_set_count = COUNT_OF(sets),
};

static const struct sa_transform good = {.id = KEY_IKE,
                                         .encryption = OAKLEY_ENC_AES_CBC,
                                         .key_len = 256,
                                         .hash = OAKLEY_HASH_SHA256,
                                         .auth = OAKLEY_AUTH_PSK,
                                         .group = OAKLEY_GROUP_MODP2048};
static const struct sa_transform second = {.id = KEY_IKE,
                                           .encryption = OAKLEY_ENC_AES_CBC,
                                           .key_len = 128,
                                           .hash = OAKLEY_HASH_SHA1,
                                           .auth = OAKLEY_AUTH_PSK,
                                           .group = OAKLEY_GROUP_MODP2048};
static const struct sa_transform third = {.id = KEY_IKE,
                                          .encryption = OAKLEY_ENC_3DES_CBC,
                                          .hash = OAKLEY_HASH_SHA1,
                                          .auth = OAKLEY_AUTH_PSK,
                                          .group = OAKLEY_GROUP_MODP1024};

static struct sa_payload offer_of(const struct sa_transform *transforms, size_t count)
{
    struct sa_payload offer = sa_begin();

    sa_add_proposal(&offer, 1, PROTO_ISAKMP, bytes_of(NULL, 0));
    for (size_t i = 0; i < count; i++) {
        sa_add_transform(&offer, transforms[i]);
        offer.transforms[i].fault = transforms[i].fault;
    }
    return offer;
}

static void the_first_transform_of_the_peer_that_fits_is_taken(void **state)
{
    struct sa_transform unfit = good, faulty = good, keyed = third, other_id = good;

    (void)state;
    unfit.group = OAKLEY_GROUP_MODP768;
    faulty.fault = WIRE_ATTRIBUTE_TWICE;
    keyed.key_len = 192;
    other_id.id = 2;
    const struct {
        struct sa_transform offer[3];
        bool fits;
        size_t transform;
        uint16_t policy;
        const char *why;
    } cases[] = {
        {{good, second, third}, true, 0, 0, "the first of both"},
        {{third, second, good}, true, 0, 2, "the peer's order counts, not ours"},
        {{unfit, second, good}, true, 1, 1, "the first fits nothing"},
        {{faulty, unfit, good}, true, 2, 0, "a faulty one is not taken, whatever it says"},
        {{faulty, unfit, keyed}, false, 0, 0, "3DES has no key length"},
        {{other_id, unfit, faulty}, false, 0, 0, "not KEY_IKE"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct sa_payload offer = offer_of(cases[i].offer, 3);
        struct isakmp_choice choice = {.policy = 77};

        CHECK(policy_choose_isakmp(&policy, NO_INDEX, &offer, &choice) == cases[i].fits);
        if (cases[i].fits)
            CHECK(choice.proposal == 0 && choice.transform == cases[i].transform && choice.policy == cases[i].policy);
        else
            CHECK(choice.policy == 77); /* untouched */
    }
}

static void joined_proposals_and_other_protocols_are_passed_over(void **state)
{
    struct sa_payload offer = sa_begin();
    struct isakmp_choice choice;

    (void)state;
    for (uint8_t i = 0; i < 2; i++) {
        sa_add_proposal(&offer, 1, PROTO_ISAKMP, bytes_of(NULL, 0));
        sa_add_transform(&offer, good);
    }
    CHECK(!policy_choose_isakmp(&policy, NO_INDEX, &offer, &choice));
    sa_add_proposal(&offer, 2, PROTO_ESP, bytes_of(NULL, 0));
    sa_add_transform(&offer, good);
    CHECK(!policy_choose_isakmp(&policy, NO_INDEX, &offer, &choice));
    sa_add_proposal(&offer, 3, PROTO_ISAKMP, bytes_of(NULL, 0));
    sa_add_transform(&offer, second);
    CHECK(policy_choose_isakmp(&policy, NO_INDEX, &offer, &choice) && choice.proposal == 3 && choice.policy == 1);
}

static void the_shorter_lifetime_holds(void **state)
{
    static const struct {
        uint32_t ours;
        bool has_theirs;
        uint64_t theirs;
        uint32_t both;
        const char *why;
    } cases[] = {
        {86400, true, 3600, 3600, "theirs is shorter"},
        {3600, true, 86400, 3600, "ours is shorter"},
        {3600, false, 0, 3600, "they say nothing"},
        {3600, true, 0, 3600, "0 counts as nothing: no storm of rekeys"},
        {0, true, 7200, 7200, "we have none"},
        {0, false, 0, 0, "nobody has one"},
        {3600, true, UINT64_MAX, 3600, "longer than we can count"},
        {0, true, UINT64_MAX, UINT32_MAX, "as long as we can count"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct sa_transform t = {.has_seconds = cases[i].has_theirs, .life_seconds = cases[i].theirs};

        CHECK(policy_lifetime(cases[i].ours, &t) == cases[i].both);
    }
}

static void the_first_attribute_that_differs_is_named(void **state)
{
    struct sa_transform auth = good, cipher = good, key = good, hash = good, group = good, all = third, fault = good;

    (void)state;
    auth.auth = OAKLEY_AUTH_XAUTH_INIT_PSK;
    cipher.encryption = OAKLEY_ENC_3DES_CBC;
    key.key_len = 128;
    hash.hash = OAKLEY_HASH_MD5;
    group.group = 9999;
    all.auth = OAKLEY_AUTH_RSA_SIG;
    fault.fault = WIRE_ATTRIBUTE_FORM;
    const struct {
        const struct sa_transform *transform;
        const char *attribute, *why;
    } cases[] = {
        {&good, NULL, "equal"},
        {&auth, "authentication", "XAUTH is no PSK"},
        {&cipher, "encryption", "3DES"},
        {&key, "encryption", "another key length"},
        {&hash, "hash", "MD5"},
        {&group, "group", "a number that nobody has"},
        {&all, "authentication", "the first of many"},
        {&fault, "attributes", "a fault goes before all"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct difference d = {.attribute = NULL};

        CHECK(policy_differs(&isakmp_policies[0], USER_AUTH_NONE, cases[i].transform, &d) ==
              (cases[i].attribute != NULL));
        if (cases[i].attribute != NULL) {
            assert_string_equal(d.attribute, cases[i].attribute);
            CHECK(d.offered[0] != '\0' && memchr(d.offered, 0, sizeof d.offered) != NULL &&
                  memchr(d.wanted, 0, sizeof d.wanted) != NULL);
        }
    }
}

static void what_we_offer_is_what_we_choose(void **state)
{
    struct sa_payload offer;
    struct isakmp_choice choice;
    uint8_t space[2048];

    (void)state;
    policy_offer_isakmp(&policy, NO_INDEX, &offer);
    CHECK(offer.proposal_count == 1 && offer.transform_count == COUNT_OF(isakmp_policies));
    struct writer w = writer_of(space, sizeof space);
    sa_write(&w, &offer);
    CHECK(sa_read(&offer, writer_bytes(&w)) == WIRE_OK);
    CHECK(policy_choose_isakmp(&policy, NO_INDEX, &offer, &choice) && choice.policy == 0 && choice.lifetime_s == 86400);
    for (size_t i = 0; i < COUNT_OF(isakmp_policies); i++)
        CHECK(policy_of_transform(&policy, sa_transform_of(&offer, 0, i)) == i);
}

static void aggressive_mode_offers_one_group(void **state)
{
    struct sa_payload offer;

    (void)state;
    CHECK(policy_offer_aggressive(&policy, NO_INDEX, GROUP_NONE, &offer) == isakmp_policies[0].group);
    for (size_t k = 0; k < COUNT_OF(isakmp_policies); k++) {
        enum group_id group = isakmp_policies[k].group;
        size_t count = 0;

        for (size_t i = 0; i < COUNT_OF(isakmp_policies); i++)
            count += isakmp_policies[i].group == group;
        CHECK(policy_offer_aggressive(&policy, NO_INDEX, group, &offer) == group && offer.transform_count == count);
        for (size_t i = 0; i < count; i++)
            CHECK(sa_transform_of(&offer, 0, i)->group == group_info(group)->number);
    }
    CHECK(policy_offer_aggressive(&policy, NO_INDEX, GROUP_MODP8192, &offer) == GROUP_NONE);
}

static void aggressive_mode_offers_one_method(void **state)
{
    static const struct isakmp_policy mixed[] = {
        {10, OAKLEY_AUTH_RSA_SIG, CIPHER_AES256_CBC, HASH_SHA256, GROUP_MODP2048, 86400},
        {20, OAKLEY_AUTH_PSK, CIPHER_AES256_CBC, HASH_SHA256, GROUP_ECP256, 86400},
        {30, OAKLEY_AUTH_RSA_SIG, CIPHER_AES128_CBC, HASH_SHA1, GROUP_MODP2048, 3600},
        {40, OAKLEY_AUTH_PSK, CIPHER_AES128_CBC, HASH_SHA1, GROUP_MODP2048, 3600},
    };
    static const struct trustpoint trustpoint = {.kind = SIGNATURE_RSA};
    static const struct tunnel_group groups[] = {
        {.trustpoint = 1, .has_key = true}, {.has_key = true}, {.trustpoint = 1}};
    static const struct policy of_both = {.isakmp_policies = mixed,
                                          .isakmp_policy_count = COUNT_OF(mixed),
                                          .tunnel_groups = groups,
                                          .tunnel_group_count = COUNT_OF(groups),
                                          .trustpoints = &trustpoint,
                                          .trustpoint_count = 1};
    static const struct {
        uint16_t tunnel_group;
        enum group_id wanted, group;
        uint16_t auth;
        size_t count;
        const char *why;
    } rows[] = {
        {0, GROUP_NONE, GROUP_MODP2048, OAKLEY_AUTH_RSA_SIG, 2, "the first policy decides, a key beside or not"},
        {1, GROUP_NONE, GROUP_ECP256, OAKLEY_AUTH_PSK, 1, "the first that the tunnel-group has the means for"},
        {1, GROUP_MODP2048, GROUP_MODP2048, OAKLEY_AUTH_PSK, 1, "the first of the group that is asked for"},
        {2, GROUP_ECP256, GROUP_NONE, 0, 0, "none of that group"},
    };
    struct sa_payload offer;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        enum group_id group = policy_offer_aggressive(&of_both, rows[i].tunnel_group, rows[i].wanted, &offer);

        if (group != rows[i].group || (group != GROUP_NONE && offer.transform_count != rows[i].count))
            fail_msg("%s", rows[i].why);
        for (size_t k = 0; group != GROUP_NONE && k < offer.transform_count; k++)
            CHECK(sa_transform_of(&offer, 0, k)->auth == rows[i].auth);
    }
}

/* ---- ESP */
static const uint8_t spi[4] = {0x11, 0x22, 0x33, 0x44};

struct esp_case {
    uint8_t id;
    uint16_t key_len, auth, encapsulation, group;
    bool has_share;
    enum group_id pfs; /* of the tunnel */
    enum natt_variant natt;
    enum esp_refusal result;
    const char *why;
};

static const struct esp_case esp_cases[] = {
    {ESP_TRANSFORM_AES, 256, IPSEC_AUTH_HMAC_SHA2_256, 1, 0, false, GROUP_NONE, NATT_NONE, ESP_FITS, "the first set"},
    {ESP_TRANSFORM_AES, 128, IPSEC_AUTH_HMAC_SHA, 1, 0, false, GROUP_NONE, NATT_NONE, ESP_FITS, "the second set"},
    {ESP_TRANSFORM_AES, 128, IPSEC_AUTH_HMAC_SHA, 2, 0, false, GROUP_NONE, NATT_NONE, ESP_FITS,
     "the same algorithms in a later set, in transport mode"},
    {ESP_TRANSFORM_AES_GCM_16, 256, 0, 1, 0, false, GROUP_NONE, NATT_NONE, ESP_FITS, "GCM has no integrity of its own"},
    {ESP_TRANSFORM_AES_GCM_16, 256, IPSEC_AUTH_HMAC_SHA, 1, 0, false, GROUP_NONE, NATT_NONE, ESP_NO_TRANSFORM,
     "GCM with integrity is nothing"},
    {ESP_TRANSFORM_AES_GCM_8, 256, 0, 1, 0, false, GROUP_NONE, NATT_NONE, ESP_NO_TRANSFORM,
     "the ICV of the set is longer"},
    {ESP_TRANSFORM_AES_GCM_12, 256, 0, 1, 0, false, GROUP_NONE, NATT_NONE, ESP_NO_TRANSFORM,
     "and this one is too short"},
    {ESP_TRANSFORM_AES_GMAC, 256, 0, 1, 0, false, GROUP_NONE, NATT_NONE, ESP_NO_TRANSFORM,
     "no set is without encryption"},
    {ESP_TRANSFORM_AES, 256, 0, 1, 0, false, GROUP_NONE, NATT_NONE, ESP_NO_TRANSFORM,
     "encryption only is refused (Q07)"},
    {ESP_TRANSFORM_NULL, 0, 0, 1, 0, false, GROUP_NONE, NATT_NONE, ESP_NO_TRANSFORM, "neither (Q02)"},
    {ESP_TRANSFORM_AES, 0, IPSEC_AUTH_HMAC_SHA, 1, 0, false, GROUP_NONE, NATT_NONE, ESP_NO_TRANSFORM,
     "AES without a key length (P10)"},
    {ESP_TRANSFORM_AES, 192, IPSEC_AUTH_HMAC_SHA, 1, 0, false, GROUP_NONE, NATT_NONE, ESP_NO_TRANSFORM,
     "another key length"},
    {ESP_TRANSFORM_AES, 256, IPSEC_AUTH_HMAC_SHA2_256, 2, 0, false, GROUP_NONE, NATT_NONE, ESP_OTHER_MODE, "transport"},
    {ESP_TRANSFORM_AES, 256, IPSEC_AUTH_HMAC_SHA2_256, 3, 0, false, GROUP_NONE, NATT_NONE, ESP_OTHER_MODE,
     "UDP without NAT (Q06)"},
    {ESP_TRANSFORM_AES, 256, IPSEC_AUTH_HMAC_SHA2_256, 1, 0, false, GROUP_NONE, NATT_RFC3947, ESP_OTHER_MODE,
     "no UDP behind NAT"},
    {ESP_TRANSFORM_AES, 256, IPSEC_AUTH_HMAC_SHA2_256, 3, 0, false, GROUP_NONE, NATT_RFC3947, ESP_FITS,
     "UDP by the RFC"},
    {ESP_TRANSFORM_AES, 256, IPSEC_AUTH_HMAC_SHA2_256, 61443, 0, false, GROUP_NONE, NATT_RFC3947, ESP_OTHER_MODE,
     "the draft's number under the RFC"},
    {ESP_TRANSFORM_AES, 256, IPSEC_AUTH_HMAC_SHA2_256, 61443, 0, false, GROUP_NONE, NATT_DRAFT_03, ESP_FITS,
     "the draft's number under the draft"},
    {ESP_TRANSFORM_AES, 256, IPSEC_AUTH_HMAC_SHA2_256, 3, 0, false, GROUP_NONE, NATT_DRAFT_02N, ESP_OTHER_MODE,
     "the RFC's under the draft"},
    {ESP_TRANSFORM_AES, 128, IPSEC_AUTH_HMAC_SHA, 4, 0, false, GROUP_NONE, NATT_RFC3947, ESP_FITS,
     "transport mode in UDP by the RFC"},
    {ESP_TRANSFORM_AES, 128, IPSEC_AUTH_HMAC_SHA, 61444, 0, false, GROUP_NONE, NATT_DRAFT_02, ESP_FITS,
     "and by the draft"},
    {ESP_TRANSFORM_AES, 128, IPSEC_AUTH_HMAC_SHA, 2, 0, false, GROUP_NONE, NATT_RFC3947, ESP_OTHER_MODE,
     "transport mode across a NAT without UDP"},
    {ESP_TRANSFORM_AES, 128, IPSEC_AUTH_HMAC_SHA, 4, 0, false, GROUP_NONE, NATT_NONE, ESP_OTHER_MODE,
     "transport mode in UDP without NAT"},
    {ESP_TRANSFORM_AES, 256, IPSEC_AUTH_HMAC_SHA2_256, 0, 0, false, GROUP_NONE, NATT_NONE, ESP_OTHER_MODE, "no mode"},
    {ESP_TRANSFORM_AES, 256, IPSEC_AUTH_HMAC_SHA2_256, 1, 14, true, GROUP_MODP2048, NATT_NONE, ESP_FITS,
     "PFS as we want it"},
    {ESP_TRANSFORM_AES, 256, IPSEC_AUTH_HMAC_SHA2_256, 1, 14, true, GROUP_NONE, NATT_NONE, ESP_FITS,
     "PFS that we did not ask for is welcome"},
    {ESP_TRANSFORM_AES, 256, IPSEC_AUTH_HMAC_SHA2_256, 1, 2, true, GROUP_NONE, NATT_NONE, ESP_OTHER_PFS,
     "but not in a weak group"},
    {ESP_TRANSFORM_AES, 256, IPSEC_AUTH_HMAC_SHA2_256, 1, 5, true, GROUP_MODP2048, NATT_NONE, ESP_OTHER_PFS,
     "nor in another"},
    {ESP_TRANSFORM_AES, 256, IPSEC_AUTH_HMAC_SHA2_256, 1, 0, false, GROUP_MODP2048, NATT_NONE, ESP_NO_PFS,
     "PFS is never dropped"},
    {ESP_TRANSFORM_AES, 256, IPSEC_AUTH_HMAC_SHA2_256, 1, 14, false, GROUP_MODP2048, NATT_NONE, ESP_OTHER_PFS,
     "a group without a share (Q04)"},
    {ESP_TRANSFORM_AES, 256, IPSEC_AUTH_HMAC_SHA2_256, 1, 0, true, GROUP_NONE, NATT_NONE, ESP_NO_PFS,
     "a share without a group (Q04)"},
    {ESP_TRANSFORM_AES, 256, IPSEC_AUTH_HMAC_SHA2_256, 1, 24, true, GROUP_NONE, NATT_NONE, ESP_OTHER_PFS,
     "a group that we do not have"},
};

static struct tunnel tunnel_of_case(enum group_id pfs)
{
    return (struct tunnel){.transform_sets = {0, 1, 2, 3},
                           .transform_set_count = 4,
                           .pfs = pfs,
                           .lifetime_s = 28800,
                           .lifetime_kb = 4608000};
}

static bool is_transport(uint16_t encapsulation)
{
    return encapsulation == IPSEC_ENCAP_TRANSPORT || encapsulation == IPSEC_ENCAP_UDP_TRANSPORT ||
           encapsulation == IPSEC_ENCAP_UDP_TRANSPORT_DRAFT;
}

static void each_row_of_quick_mode_is_judged_as_it_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(esp_cases); i++) {
        const struct esp_case *c = &esp_cases[i];
        struct tunnel tunnel = tunnel_of_case(c->pfs);
        struct esp_wish wish = {&tunnel, c->natt, true, GROUP_NONE};
        struct sa_payload offer = sa_begin();
        struct esp_choice choice = {.spi = 99};

        sa_add_proposal(&offer, 1, PROTO_ESP, BYTES_OF(spi));
        sa_add_transform(&offer, (struct sa_transform){.id = c->id,
                                                       .key_len = c->key_len,
                                                       .auth = c->auth,
                                                       .encapsulation = c->encapsulation,
                                                       .group = c->group,
                                                       .has_seconds = true,
                                                       .life_seconds = 3600});
        enum esp_refusal result = policy_choose_esp(&policy, &wish, &offer, c->has_share, &choice);
        if (result != c->result)
            print_error("%s: %d\n", c->why, result);
        CHECK(result == c->result);
        CHECK(choice.spi == (result == ESP_FITS ? 0x11223344 : 99));
        if (result == ESP_FITS)
            CHECK(choice.lifetime_s == 3600 && choice.lifetime_kb == 4608000 &&
                  choice.is_udp == (c->natt != NATT_NONE) && choice.is_transport == is_transport(c->encapsulation));
    }
}

/* `pfs enable` of a group-policy; the tunnel's own group goes before it. */
static void a_user_of_whom_PFS_is_wanted_does_not_go_without(void **state)
{
    static const struct {
        enum group_id tunnel;
        uint16_t group;
        enum esp_refusal result;
        uint16_t offered;
    } cases[] = {
        {GROUP_NONE, 0, ESP_NO_PFS, 19},      {GROUP_NONE, 19, ESP_FITS, 19},      {GROUP_NONE, 14, ESP_FITS, 19},
        {GROUP_NONE, 2, ESP_OTHER_PFS, 19},   {GROUP_MODP2048, 14, ESP_FITS, 14},  {GROUP_MODP2048, 19, ESP_OTHER_PFS, 14},
        {GROUP_MODP2048, 0, ESP_NO_PFS, 14},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct tunnel tunnel = tunnel_of_case(cases[i].tunnel);
        struct esp_wish wish = {&tunnel, NATT_NONE, true, GROUP_ECP256};
        struct sa_payload offer;
        struct esp_choice choice;

        policy_offer_esp(&policy, &wish, BYTES_OF(spi), &offer);
        CHECK(offer.transforms[0].group == cases[i].offered);
        for (size_t k = 0; k < offer.transform_count; k++)
            offer.transforms[k].group = cases[i].group;
        CHECK(policy_choose_esp(&policy, &wish, &offer, cases[i].group != 0, &choice) == cases[i].result);
    }
}

static void a_set_of_transport_mode_is_one_of_tunnel_mode_for_other_packets_than_the_ends_own(void **state)
{
    struct tunnel tunnel = {.transform_sets = {3}, .transform_set_count = 1}; /* aes128-transport */

    (void)state;
    for (int is_between = 0; is_between < 2; is_between++) {
        struct esp_wish wish = {&tunnel, NATT_NONE, is_between, GROUP_NONE};
        struct sa_payload offer;
        struct esp_choice choice;

        policy_offer_esp(&policy, &wish, BYTES_OF(spi), &offer);
        CHECK(offer.transforms[0].encapsulation == (is_between ? IPSEC_ENCAP_TRANSPORT : IPSEC_ENCAP_TUNNEL));
        CHECK(policy_choose_esp(&policy, &wish, &offer, false, &choice) == ESP_FITS);
        CHECK(choice.is_transport == is_between);
        wish.is_between_ends = !is_between;
        CHECK(policy_choose_esp(&policy, &wish, &offer, false, &choice) == ESP_OTHER_MODE);
    }
}

static void a_weak_pfs_group_is_taken_where_weak_algorithms_are_allowed(void **state)
{
    struct policy weak = policy;
    struct tunnel tunnel = tunnel_of_case(GROUP_NONE);
    struct esp_wish wish = {&tunnel, NATT_NONE, false, GROUP_NONE};
    struct sa_payload offer = sa_begin();
    struct esp_choice choice;

    (void)state;
    weak.are_weak_allowed = true;
    sa_add_proposal(&offer, 1, PROTO_ESP, BYTES_OF(spi));
    sa_add_transform(
        &offer,
        (struct sa_transform){
            .id = ESP_TRANSFORM_AES, .key_len = 256, .auth = IPSEC_AUTH_HMAC_SHA2_256, .encapsulation = 1, .group = 2});
    CHECK(policy_choose_esp(&policy, &wish, &offer, true, &choice) == ESP_OTHER_PFS);
    CHECK(policy_choose_esp(&weak, &wish, &offer, true, &choice) == ESP_FITS && choice.pfs == GROUP_MODP1024);
}

static void a_faulty_transform_a_joined_proposal_and_ESN_are_passed_over(void **state)
{
    struct tunnel tunnel = tunnel_of_case(GROUP_NONE);
    struct esp_wish wish = {&tunnel, NATT_NONE, false, GROUP_NONE};
    const struct sa_transform fits = {
        .id = ESP_TRANSFORM_AES, .key_len = 256, .auth = IPSEC_AUTH_HMAC_SHA2_256, .encapsulation = 1};
    struct sa_transform long_numbers = fits;
    struct esp_choice choice;

    (void)state;
    long_numbers.esn = IPSEC_ESN_YES;
    struct sa_payload offer = sa_begin();
    sa_add_proposal(&offer, 1, PROTO_ESP, BYTES_OF(spi));
    sa_add_transform(&offer, fits);
    offer.transforms[0].fault = WIRE_ATTRIBUTE_TWICE;
    sa_add_transform(&offer, long_numbers);
    CHECK(policy_choose_esp(&policy, &wish, &offer, false, &choice) == ESP_NO_TRANSFORM);
    sa_add_proposal(&offer, 2, PROTO_AH, BYTES_OF(spi)); /* ESP and AH: both or none */
    sa_add_transform(&offer, fits);
    sa_add_proposal(&offer, 2, PROTO_ESP, BYTES_OF(spi));
    sa_add_transform(&offer, fits);
    CHECK(policy_choose_esp(&policy, &wish, &offer, false, &choice) == ESP_NO_TRANSFORM);
    sa_add_proposal(&offer, 3, PROTO_ESP, BYTES_OF(spi));
    sa_add_transform(&offer, fits);
    CHECK(policy_choose_esp(&policy, &wish, &offer, false, &choice) == ESP_FITS && choice.proposal == 3);
}

static void extended_numbers_are_agreed_to_by_both_or_by_none(void **state)
{
    struct transform_set with = sets[0];
    struct policy other = policy;
    struct tunnel tunnel = {.transform_set_count = 1};
    struct esp_wish wish = {&tunnel, NATT_NONE, false, GROUP_NONE};
    struct sa_payload offer;
    struct esp_choice choice;

    (void)state;
    with.has_esn = true;
    other.transform_sets = &with;
    policy_offer_esp(&other, &wish, BYTES_OF(spi), &offer);
    CHECK(offer.transforms[0].esn == IPSEC_ESN_YES);
    CHECK(policy_choose_esp(&other, &wish, &offer, false, &choice) == ESP_FITS && choice.has_esn);
    CHECK(policy_choose_esp(&policy, &wish, &offer, false, &choice) == ESP_NO_TRANSFORM);
    policy_offer_esp(&policy, &wish, BYTES_OF(spi), &offer);
    CHECK(offer.transforms[0].esn == IPSEC_ESN_NO);
    CHECK(policy_choose_esp(&other, &wish, &offer, false, &choice) == ESP_NO_TRANSFORM);
}

static void what_we_offer_in_quick_mode_fits_ourselves_under_each_kind_of_NAT_T(void **state)
{
    (void)state;
    for (int natt = NATT_NONE; natt < NATT_COUNT; natt++) {
        struct tunnel tunnel = tunnel_of_case(GROUP_MODP2048);
        struct esp_wish wish = {&tunnel, (enum natt_variant)natt, natt % 2 == 0, GROUP_NONE};
        struct sa_payload offer;
        struct esp_choice choice;

        policy_offer_esp(&policy, &wish, BYTES_OF(spi), &offer);
        CHECK(offer.proposal_count == COUNT_OF(sets));
        CHECK(policy_choose_esp(&policy, &wish, &offer, true, &choice) == ESP_FITS);
        CHECK(choice.proposal == 0 && choice.cipher == CIPHER_AES256_CBC && choice.pfs == GROUP_MODP2048);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_transform_of_the_peer_that_fits_is_taken),
        cmocka_unit_test(joined_proposals_and_other_protocols_are_passed_over),
        cmocka_unit_test(the_shorter_lifetime_holds),
        cmocka_unit_test(the_first_attribute_that_differs_is_named),
        cmocka_unit_test(what_we_offer_is_what_we_choose),
        cmocka_unit_test(aggressive_mode_offers_one_group),
        cmocka_unit_test(aggressive_mode_offers_one_method),
        cmocka_unit_test(each_row_of_quick_mode_is_judged_as_it_says),
        cmocka_unit_test(a_set_of_transport_mode_is_one_of_tunnel_mode_for_other_packets_than_the_ends_own),
        cmocka_unit_test(a_user_of_whom_PFS_is_wanted_does_not_go_without),
        cmocka_unit_test(a_weak_pfs_group_is_taken_where_weak_algorithms_are_allowed),
        cmocka_unit_test(a_faulty_transform_a_joined_proposal_and_ESN_are_passed_over),
        cmocka_unit_test(extended_numbers_are_agreed_to_by_both_or_by_none),
        cmocka_unit_test(what_we_offer_in_quick_mode_fits_ourselves_under_each_kind_of_NAT_T),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
