#include "vault/vault.h"

#include "base/check.h"
#include "base/writer.h"
#include "crypto/hash.h"
#include "crypto/kdf.h"
#include "sim/credentials.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { KEYS = 3, SECRETS = 2, PSK_INDEX = 1 };

static const char psk[] = "what nobody else may know";
static uint8_t randomness[VAULT_RANDOM_LEN];

static struct vault *vault_new(void)
{
    struct vault *vault = vault_make(malloc(vault_space(KEYS, SECRETS)), KEYS, SECRETS);

    CHECK(vault_set_key(vault, PSK_INDEX, bytes_of_text(psk)));
    return vault;
}

/* Asks with fresh randomness. */
static enum question_fault ask(struct vault *vault, const struct question *question, struct answer *answer)
{
    for (size_t i = 0; i < sizeof randomness; i++)
        randomness[i] = (uint8_t)(randomness[i] * 5 + i + 1);
    vault_answer(vault, question, BYTES_OF(randomness), answer);
    return answer->fault;
}

static struct question question_of(enum question_kind kind)
{
    struct question q = {.kind = kind, .group = GROUP_ECP256, .key_index = PSK_INDEX, .prf = HASH_SHA1};

    memset(q.cookies, 0xc0, sizeof q.cookies);
    q.nonce_i_len = 20;
    memset(q.nonce_i, 0x11, q.nonce_i_len);
    q.nonce_r_len = 16;
    memset(q.nonce_r, 0x22, q.nonce_r_len);
    return q;
}

static void set_peer(struct question *q, const struct answer *from)
{
    memcpy(q->peer_public, from->public_value, from->public_len);
    q->peer_public_len = from->public_len;
}

static bool holds(const void *space, size_t len, const void *wanted, size_t wanted_len)
{
    return memmem(space, len, wanted, wanted_len) != NULL;
}

static bool is_only_a_fault(struct answer answer)
{
    answer.fault = QUESTION_FAULT_NONE;
    return bytes_are_zero(bytes_of(&answer, sizeof answer));
}

/* What is kept for an autopsy. */
static void forget(struct vault *vault, const struct answer *keys)
{
    struct question q = question_of(QUESTION_FORGET);
    struct answer answer;

    q.secret = keys->secret;
    CHECK(ask(vault, &q, &answer) == QUESTION_FAULT_NONE);
}

static void both_ends_get_the_same_keys(void **state)
{
    (void)state;
    for (unsigned group = GROUP_NONE + 1; group < GROUP_COUNT; group++) {
        struct vault *west = vault_new(), *east = vault_new();
        struct question q = question_of(QUESTION_SHARE);
        struct answer share, responder, initiator;

        q.group = group;
        CHECK(ask(west, &q, &share) == QUESTION_FAULT_NONE && handle_is_set(share.secret));
        CHECK(share.public_len == group_info(group)->public_len && vault_secret_count(west) == 1);

        q.kind = QUESTION_SHARE_AND_SKEYID;
        set_peer(&q, &share);
        CHECK(ask(east, &q, &responder) == QUESTION_FAULT_NONE && vault_secret_count(east) == 1);
        forget(east, &responder);
        CHECK(vault_secret_count(east) == 0);

        q.kind = QUESTION_SKEYID;
        q.secret = share.secret;
        set_peer(&q, &responder);
        CHECK(ask(west, &q, &initiator) == QUESTION_FAULT_NONE && vault_secret_count(west) == 1);
        forget(west, &initiator);
        CHECK(vault_secret_count(west) == 0);

        CHECK(initiator.skeyid_len == 20 && responder.skeyid_len == 20);
        CHECK(memcmp(initiator.skeyid, responder.skeyid, 4 * sizeof initiator.skeyid) == 0);
        CHECK(!bytes_are_zero(bytes_of(initiator.skeyid_e, 20)));
        CHECK(memcmp(initiator.skeyid_d, initiator.skeyid_a, 20) != 0);
        CHECK(initiator.shared_len == 0 && bytes_are_zero(BYTES_OF(initiator.shared)));
        free(west);
        free(east);
    }
}

static void the_keys_are_made_of_psk_nonces_secret_and_cookies(void **state)
{
    struct vault *vault = vault_new();
    struct question share = question_of(QUESTION_SHARE), q = question_of(QUESTION_SECRET);
    struct answer peer, ours, secret, keys;
    uint8_t expected[4][DIGEST_MAX];

    (void)state;
    CHECK(ask(vault, &share, &peer) == QUESTION_FAULT_NONE);
    set_peer(&q, &peer);

    /* The same randomness twice: the same private value, once to see g^xy, once to see what becomes of it. */
    vault_answer(vault, &share, BYTES_OF(randomness), &ours);
    q.secret = ours.secret;
    CHECK(ask(vault, &q, &secret) == QUESTION_FAULT_NONE && secret.shared_len == 32 && secret.skeyid_len == 0);

    q.kind = QUESTION_SKEYID;
    q.secret = peer.secret;
    set_peer(&q, &ours);
    CHECK(ask(vault, &q, &keys) == QUESTION_FAULT_NONE);

    struct bytes shared = bytes_of(secret.shared, secret.shared_len), cookies = BYTES_OF(q.cookies);
    struct bytes skeyid =
        skeyid_psk(HASH_SHA1, bytes_of_text(psk), bytes_of(q.nonce_i, 20), bytes_of(q.nonce_r, 16), expected[0]);
    struct bytes d = skeyid_d(HASH_SHA1, skeyid, shared, cookies, expected[1]);
    struct bytes a = skeyid_a(HASH_SHA1, skeyid, d, shared, cookies, expected[2]);
    struct bytes e = skeyid_e(HASH_SHA1, skeyid, a, shared, cookies, expected[3]);
    CHECK(memcmp(keys.skeyid, skeyid.data, 20) == 0 && memcmp(keys.skeyid_d, d.data, 20) == 0);
    CHECK(memcmp(keys.skeyid_a, a.data, 20) == 0 && memcmp(keys.skeyid_e, e.data, 20) == 0);
    free(vault);
}

static void quick_mode_secrets_agree(void **state)
{
    struct vault *vault = vault_new();
    struct question q = question_of(QUESTION_SHARE);
    struct answer share, responder, initiator;

    (void)state;
    q.key_index = KEYS; /* no key is needed */
    CHECK(ask(vault, &q, &share) == QUESTION_FAULT_NONE);
    q.kind = QUESTION_SHARE_AND_SECRET;
    set_peer(&q, &share);
    CHECK(ask(vault, &q, &responder) == QUESTION_FAULT_NONE && responder.public_len == 64);
    q.kind = QUESTION_SECRET;
    q.secret = share.secret;
    set_peer(&q, &responder);
    CHECK(ask(vault, &q, &initiator) == QUESTION_FAULT_NONE);
    CHECK(initiator.shared_len == 32 && memcmp(initiator.shared, responder.shared, 32) == 0);
    free(vault);
}

static void a_secret_serves_once(void **state)
{
    static const enum question_kind uses[] = {QUESTION_SECRET, QUESTION_SKEYID};
    struct vault *vault = vault_new();

    (void)state;
    for (size_t first = 0; first < 2; first++)
        for (size_t second = 0; second < 2; second++) {
            struct question q = question_of(QUESTION_SHARE);
            struct answer peer, answer;

            CHECK(ask(vault, &q, &peer) == QUESTION_FAULT_NONE);
            q.secret = peer.secret;
            set_peer(&q, &peer);
            q.kind = uses[first];
            CHECK(ask(vault, &q, &answer) == QUESTION_FAULT_NONE);
            forget(vault, &answer);
            q.kind = uses[second];
            CHECK(ask(vault, &q, &answer) == QUESTION_FAULT_NO_SECRET && is_only_a_fault(answer));
            CHECK(vault_secret_count(vault) == 0);
        }
    free(vault);
}

/* Whoever sent the peer's value may not have been the peer: aggressive mode learns it from the answer. */
static void a_secret_that_is_kept_is_used_again_until_it_is_forgotten(void **state)
{
    struct vault *vault = vault_new();
    struct question q = question_of(QUESTION_SHARE);
    struct answer peer, first, second;

    (void)state;
    CHECK(ask(vault, &q, &peer) == QUESTION_FAULT_NONE);
    q.secret = peer.secret;
    set_peer(&q, &peer);
    q.kind = QUESTION_SKEYID;
    q.is_secret_kept = true;
    CHECK(ask(vault, &q, &first) == QUESTION_FAULT_NONE && ask(vault, &q, &second) == QUESTION_FAULT_NONE);
    CHECK(memcmp(first.skeyid_d, second.skeyid_d, sizeof first.skeyid_d) == 0 && vault_secret_count(vault) == 1);
    q.kind = QUESTION_FORGET;
    ask(vault, &q, &second);
    CHECK(vault_secret_count(vault) == 0);
    free(vault);
}

/* Of this thread, so that another one does not count. */
static double work_ms(struct vault *vault, const struct question *q)
{
    struct timespec begun, ended;
    struct answer answer;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begun);
    CHECK(ask(vault, q, &answer) == QUESTION_FAULT_NONE);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ended);
    return (double)(ended.tv_sec - begun.tv_sec) * 1e3 + (double)(ended.tv_nsec - begun.tv_nsec) / 1e6;
}

/* What else runs makes single answers dearer, and none cheaper: the cheapest of both come together, sooner or later, if
 * they are the same work. */
static bool is_as_much_work(struct vault *vault, const struct question *a, const struct question *b)
{
    enum { AT_LEAST = 60, AT_MOST = 4000 };
    double least_a = 1e9, least_b = 1e9;
    int i = 0;

    for (; i < AT_LEAST || (i < AT_MOST && (least_a > 1.25 * least_b || least_b > 1.25 * least_a)); i++) {
        double a_ms = work_ms(vault, a), b_ms = work_ms(vault, b);

        least_a = a_ms < least_a ? a_ms : least_a;
        least_b = b_ms < least_b ? b_ms : least_b;
    }
    print_message("after %d: %.4f ms and %.4f ms\n", i, least_a, least_b);
    return i < AT_MOST;
}

/* Attack list C01: neither by what it is nor by when it comes can an answer for a group that does not exist be told. */
static void a_decoy_is_like_any_answer_and_takes_as_long(void **state)
{
    struct vault *vault = vault_new();
    struct question share = question_of(QUESTION_SHARE), q = question_of(QUESTION_SHARE_AND_SKEYID), decoy;
    struct answer peer, known, unknown, again;

    (void)state;
    CHECK(ask(vault, &share, &peer) == QUESTION_FAULT_NONE);
    set_peer(&q, &peer);
    decoy = q;
    decoy.is_decoy = true;
    decoy.key_index = KEYS; /* no such group: nothing of it is looked at */
    CHECK(ask(vault, &q, &known) == QUESTION_FAULT_NONE && ask(vault, &decoy, &unknown) == QUESTION_FAULT_NONE);
    CHECK(known.public_len == unknown.public_len && known.skeyid_len == unknown.skeyid_len &&
          memcmp(known.skeyid, unknown.skeyid, known.skeyid_len) != 0);
    randomness[VAULT_RANDOM_LEN - 1] ^= 1; /* it is another key each time */
    CHECK(ask(vault, &decoy, &again) == QUESTION_FAULT_NONE &&
          memcmp(again.skeyid, unknown.skeyid, known.skeyid_len) != 0);
    CHECK(is_as_much_work(vault, &q, &decoy));
    free(vault);
}

static void what_cannot_be_answered_has_a_fault_and_nothing_else(void **state)
{
    static const struct {
        enum question_kind kind;
        uint32_t key_index;
        enum group_id group; /* of the question; the secret is of ECP256 */
        int len_change;      /* of the peer's value */
        uint8_t last_change;
        bool has_randomness;
        enum question_fault fault;
        const char *why;
    } cases[] = {
        {QUESTION_SKEYID, 0, GROUP_ECP256, 0, 0, true, QUESTION_FAULT_NO_KEY, "a tunnel-group without a key"},
        {QUESTION_SKEYID, KEYS, GROUP_ECP256, 0, 0, true, QUESTION_FAULT_NO_KEY, "no such tunnel-group"},
        {QUESTION_SHARE_AND_SKEYID, 0, GROUP_ECP256, 0, 0, true, QUESTION_FAULT_NO_KEY, "the same for a responder"},
        {QUESTION_SKEYID, PSK_INDEX, GROUP_ECP256, -1, 0, true, QUESTION_FAULT_BAD_LENGTH, "a byte short"},
        {QUESTION_SECRET, PSK_INDEX, GROUP_ECP256, 1, 0, true, QUESTION_FAULT_BAD_LENGTH, "a byte long"},
        {QUESTION_SHARE_AND_SKEYID, PSK_INDEX, GROUP_ECP256, -1, 0, true, QUESTION_FAULT_BAD_LENGTH, "for a responder"},
        {QUESTION_SKEYID, PSK_INDEX, GROUP_ECP256, 0, 1, true, QUESTION_FAULT_BAD_VALUE, "not on the curve"},
        {QUESTION_SHARE_AND_SECRET, PSK_INDEX, GROUP_ECP256, 0, 1, true, QUESTION_FAULT_BAD_VALUE, "for a responder"},
        {QUESTION_SECRET, PSK_INDEX, GROUP_ECP384, 0, 0, true, QUESTION_FAULT_NO_SECRET, "a secret of another group"},
        {QUESTION_SHARE, PSK_INDEX, GROUP_ECP256, 0, 0, false, QUESTION_FAULT_NO_RANDOMNESS,
         "C24 no pair without randomness"},
        {QUESTION_SHARE_AND_SKEYID, PSK_INDEX, GROUP_ECP256, 0, 0, false, QUESTION_FAULT_NO_RANDOMNESS, "nor here"},
        {QUESTION_SEED, PSK_INDEX, GROUP_ECP256, 0, 0, false, QUESTION_FAULT_NO_RANDOMNESS,
         "C24 no seed without randomness"},
    };
    struct vault *vault = vault_new();
    struct question share = question_of(QUESTION_SHARE);
    struct answer peer, answer;

    (void)state;
    CHECK(ask(vault, &share, &peer) == QUESTION_FAULT_NONE);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct question q = question_of(cases[i].kind);

        q.key_index = cases[i].key_index;
        q.group = cases[i].group;
        q.secret = peer.secret;
        set_peer(&q, &peer);
        q.peer_public_len = (uint16_t)(q.peer_public_len + cases[i].len_change);
        q.peer_public[63] ^= cases[i].last_change;
        memset(&answer, 0xee, sizeof answer);
        vault_answer(vault, &q, bytes_of(randomness, cases[i].has_randomness ? VAULT_RANDOM_LEN : 0), &answer);
        if (answer.fault != cases[i].fault || !is_only_a_fault(answer))
            fail_msg("%s: %s", cases[i].why, question_fault_name(answer.fault));
        CHECK(vault_secret_count(vault) == 1);
    }

    /* None of them has cost the secret. */
    struct question q = question_of(QUESTION_SKEYID);
    q.secret = peer.secret;
    set_peer(&q, &peer);
    CHECK(ask(vault, &q, &answer) == QUESTION_FAULT_NONE);
    free(vault);
}

static void a_value_that_gives_the_secret_away_is_refused(void **state)
{
    struct vault *vault = vault_new();
    struct question q = question_of(QUESTION_SHARE_AND_SECRET);
    struct answer answer;

    (void)state;
    q.group = GROUP_MODP2048;
    q.peer_public_len = 256; /* y = 0, then y = 1 */
    CHECK(ask(vault, &q, &answer) == QUESTION_FAULT_BAD_VALUE);
    q.peer_public[255] = 1;
    CHECK(ask(vault, &q, &answer) == QUESTION_FAULT_BAD_VALUE && is_only_a_fault(answer));
    free(vault);
}

static void a_full_vault_says_so_and_forgets_on_demand(void **state)
{
    struct vault *vault = vault_new();
    struct question q = question_of(QUESTION_SHARE);
    struct answer first, answer;

    (void)state;
    CHECK(ask(vault, &q, &first) == QUESTION_FAULT_NONE && ask(vault, &q, &answer) == QUESTION_FAULT_NONE);
    CHECK(ask(vault, &q, &answer) == QUESTION_FAULT_FULL && is_only_a_fault(answer));

    q.kind = QUESTION_FORGET;
    q.secret = first.secret;
    CHECK(ask(vault, &q, &answer) == QUESTION_FAULT_NONE && vault_secret_count(vault) == 1);
    CHECK(ask(vault, &q, &answer) == QUESTION_FAULT_NONE && vault_secret_count(vault) == 1); /* twice is harmless */

    q.kind = QUESTION_SHARE;
    CHECK(ask(vault, &q, &answer) == QUESTION_FAULT_NONE && !handle_equal(answer.secret, first.secret));
    free(vault);
}

static void T05_nothing_secret_is_left_behind(void **state)
{
    size_t len = vault_space(KEYS, SECRETS);
    struct vault *vault = vault_new();
    struct question q = question_of(QUESTION_SHARE);
    struct answer share, answer;

    (void)state;
    q.group = GROUP_MODP2048; /* its private value is the randomness, but for the first bit */
    CHECK(ask(vault, &q, &share) == QUESTION_FAULT_NONE);
    uint8_t private_value[31];
    memcpy(private_value, randomness + 1, sizeof private_value);
    CHECK(holds(vault, len, private_value, sizeof private_value));
    q.kind = QUESTION_FORGET;
    q.secret = share.secret;
    CHECK(ask(vault, &q, &answer) == QUESTION_FAULT_NONE);
    CHECK(!holds(vault, len, private_value, sizeof private_value));

    q.kind = QUESTION_SHARE;
    CHECK(ask(vault, &q, &share) == QUESTION_FAULT_NONE);
    memcpy(private_value, randomness + 1, sizeof private_value);
    q.kind = QUESTION_SECRET;
    q.secret = share.secret;
    set_peer(&q, &share);
    CHECK(ask(vault, &q, &answer) == QUESTION_FAULT_NONE);
    CHECK(!holds(vault, len, private_value, sizeof private_value));

    CHECK(holds(vault, len, psk, sizeof psk - 1));
    CHECK(vault_set_key(vault, PSK_INDEX, bytes_of(NULL, 0)) && !holds(vault, len, psk, sizeof psk - 1));
    CHECK(vault_set_key(vault, PSK_INDEX, bytes_of_text("an earlier one")));
    CHECK(vault_set_key(vault, PSK_INDEX, bytes_of_text("short")) && holds(vault, len, "short", 5));
    q.kind = QUESTION_SHARE;
    CHECK(ask(vault, &q, &share) == QUESTION_FAULT_NONE);
    memcpy(private_value, randomness + 1, sizeof private_value);
    vault_wipe(vault);
    CHECK(!holds(vault, len, "short", 5) && !holds(vault, len, "an earlier one", 14));
    CHECK(!holds(vault, len, private_value, sizeof private_value));
    CHECK(vault_secret_count(vault) == 0);
    free(vault);
}

static void an_empty_key_takes_the_key_away(void **state)
{
    uint8_t long_key[PSK_MAX + 1] = {1};
    struct vault *vault = vault_new();
    struct question share = question_of(QUESTION_SHARE), q = question_of(QUESTION_SHARE_AND_SKEYID);
    struct answer peer, answer;

    (void)state;
    CHECK(ask(vault, &share, &peer) == QUESTION_FAULT_NONE);
    set_peer(&q, &peer);
    CHECK(!vault_set_key(vault, KEYS, bytes_of_text(psk)));
    CHECK(!vault_set_key(vault, PSK_INDEX, BYTES_OF(long_key)));
    CHECK(ask(vault, &q, &answer) == QUESTION_FAULT_NONE); /* the old one still stands */
    CHECK(vault_set_key(vault, PSK_INDEX, bytes_of(long_key, PSK_MAX)));
    CHECK(ask(vault, &q, &answer) == QUESTION_FAULT_NONE);
    CHECK(vault_set_key(vault, PSK_INDEX, bytes_of(NULL, 0)));
    CHECK(ask(vault, &q, &answer) == QUESTION_FAULT_NO_KEY);
    free(vault);
}

static void a_seed_is_randomness_and_never_the_same(void **state)
{
    struct vault *vault = vault_new();
    struct question q = question_of(QUESTION_SEED);
    struct answer first, second;

    (void)state;
    CHECK(ask(vault, &q, &first) == QUESTION_FAULT_NONE && ask(vault, &q, &second) == QUESTION_FAULT_NONE);
    CHECK(!bytes_are_zero(BYTES_OF(first.seed)) && memcmp(first.seed, second.seed, sizeof first.seed) != 0);
    free(vault);
}

static void questions_and_faults_have_names(void **state)
{
    (void)state;
    assert_string_equal(question_name(QUESTION_NONE), "NONE");
    assert_string_equal(question_name(QUESTION_SHARE_AND_SKEYID), "SHARE_AND_SKEYID");
    for (unsigned fault = 0; fault < QUESTION_FAULT_COUNT; fault++)
        CHECK(strlen(question_fault_name(fault)) > 0 && strlen(question_fault_meaning(fault)) > 0);
}

/* ---- signatures */

static struct question signed_question(enum question_kind kind, struct bytes covered)
{
    struct question q = question_of(kind);

    q.signature_kind = SIGNATURE_ECDSA_256;
    q.trustpoint = 1;
    q.covered = covered;
    return q;
}

static void with_signatures_both_ends_make_the_same_keys_and_the_initiator_signs(void **state)
{
    const struct sim_credential *west_end = credential("west-ecdsa-256"), *east_end = credential("east-ecdsa-256");
    struct vault *west = vault_new(), *east = vault_new();
    struct bytes covered = bytes_of_text("what HASH_I covers");
    struct answer share, responder, initiator, judged;
    uint8_t digest[DIGEST_MAX];

    (void)state;
    vault_set_time(east, 1800000000);
    CHECK(vault_set_trust(west, 1, west_end->trust) && vault_set_trust(east, 1, east_end->trust));
    CHECK(!vault_set_trust(west, VAULT_TRUSTS_MAX, west_end->trust));
    struct question q = question_of(QUESTION_SHARE);
    CHECK(ask(west, &q, &share) == QUESTION_FAULT_NONE);
    q = signed_question(QUESTION_SHARE_AND_SKEYID, bytes_of(NULL, 0));
    set_peer(&q, &share);
    CHECK(ask(east, &q, &responder) == QUESTION_FAULT_NONE && responder.signature_len == 0);
    q = signed_question(QUESTION_SKEYID, covered);
    q.secret = share.secret;
    set_peer(&q, &responder);
    CHECK(ask(west, &q, &initiator) == QUESTION_FAULT_NONE && initiator.signature_len == 64);
    CHECK(initiator.skeyid_len == responder.skeyid_len &&
          memcmp(initiator.skeyid_e, responder.skeyid_e, initiator.skeyid_len) == 0);

    /* The HMAC is SHA-256's, which ECDSA on P-256 is tied to, though SHA-1 was agreed. */
    struct bytes hash = hmac_of(HASH_SHA256, bytes_of(initiator.skeyid, initiator.skeyid_len), &covered, 1, digest);
    struct question v = signed_question(QUESTION_VERIFY_CHAIN, bytes_of(NULL, 0));
    v.certificates[0] = west_end->trustpoint.certificates[0];
    v.certificate_count = 1;
    v.signature = bytes_of(initiator.signature, initiator.signature_len);
    v.subject = west_end->trustpoint.subject;
    v.subject_kind = SUBJECT_NAME;
    memcpy(v.digest_peer, hash.data, hash.len);
    v.digest_peer_len = (uint16_t)hash.len;
    v.digest_mine_len = 32;
    CHECK(ask(east, &v, &judged) == QUESTION_FAULT_NONE && judged.signature_len == 64);
    v.digest_peer[0] ^= 1;
    CHECK(ask(east, &v, &judged) == QUESTION_FAULT_CERTIFICATE && judged.trust == TRUST_BAD_SIGNATURE);
    CHECK(judged.signature_len == 0); /* whoever is not believed gets nothing signed */
    v.digest_peer[0] ^= 1;
    vault_set_time(east, 0);
    CHECK(ask(east, &v, &judged) == QUESTION_FAULT_CERTIFICATE && judged.trust == TRUST_NOT_YET_VALID);
    free(west);
    free(east);
}

/* What a responder has to be asked is the caller's affair; one who does not ask believes nobody. */
static void an_answer_that_is_left_open_refuses_until_somebody_has_asked(void **state)
{
    const struct sim_credential *west_end = credential("west-ecdsa-256");
    struct vault *vault = vault_new();
    struct trust *trust = trust_make();
    uint8_t signature[SIGNATURE_MAX];
    struct answer judged;
    struct question v = signed_question(QUESTION_VERIFY_CHAIN, bytes_of(NULL, 0));

    (void)state;
    CHECK(trust != NULL && trust_add_anchor(trust, west_end->trustpoint.anchors[0]));
    CHECK(trust_set_responder(trust, "LAB", "http://ocsp.example.net/", false) && vault_set_trust(vault, 1, trust));
    vault_set_time(vault, 1800000000);
    v.certificates[0] = west_end->trustpoint.certificates[0];
    v.certificate_count = 1;
    v.digest_peer_len = 32;
    v.signature = bytes_of(signature, signature_make(trust_key(west_end->trust), SIGNATURE_ECDSA_256,
                                                     bytes_of(v.digest_peer, 32), signature));
    v.identity_check = IDENTITY_UNCHECKED;
    v.revocation = REVOCATION_OCSP_IF_ANY;
    CHECK(ask(vault, &v, &judged) == QUESTION_FAULT_NONE && vault_take_open(vault) == NULL);
    v.revocation = REVOCATION_OCSP;
    CHECK(ask(vault, &v, &judged) == QUESTION_FAULT_CERTIFICATE && judged.trust == TRUST_NO_STATUS);
    CHECK(vault_take_open(vault) == NULL);
    vault_set_asking(vault, true);
    CHECK(ask(vault, &v, &judged) == QUESTION_FAULT_CERTIFICATE && judged.trust == TRUST_NO_STATUS);
    struct status *open = vault_take_open(vault);
    CHECK(open != NULL && vault_take_open(vault) == NULL);
    status_free(open);
    v.digest_mine_len = 32; /* there is no key to sign with: nobody needs to be asked */
    CHECK(ask(vault, &v, &judged) == QUESTION_FAULT_NO_TRUSTPOINT && vault_take_open(vault) == NULL);
    v.digest_mine_len = 0;
    CHECK(ask(vault, &v, &judged) == QUESTION_FAULT_CERTIFICATE);
    vault_wipe(vault); /* with what was not taken */
    trust_free(trust);
    free(vault);
}

/* Aggressive mode: the responder signs with a share that it makes for the answer, and the initiator judges and signs at
 * once. */
static void in_aggressive_mode_each_end_has_all_in_one_answer(void **state)
{
    const struct sim_credential *west_end = credential("west-ecdsa-256"), *east_end = credential("east-ecdsa-256");
    struct vault *west = vault_new(), *east = vault_new();
    struct bytes rest = bytes_of_text("what HASH_R covers after g^xr");
    struct answer share, responder, initiator;
    uint8_t whole[GROUP_PUBLIC_MAX + 64];
    struct writer w = writer_of(whole, sizeof whole);

    (void)state;
    vault_set_time(west, 1800000000);
    CHECK(vault_set_trust(west, 1, west_end->trust) && vault_set_trust(east, 1, east_end->trust));
    struct question q = question_of(QUESTION_SHARE);
    CHECK(ask(west, &q, &share) == QUESTION_FAULT_NONE);
    q = signed_question(QUESTION_SHARE_AND_SKEYID, rest);
    q.is_share_covered = true;
    set_peer(&q, &share);
    CHECK(ask(east, &q, &responder) == QUESTION_FAULT_NONE && responder.signature_len == 64);

    write_bytes(&w, bytes_of(responder.public_value, responder.public_len));
    write_bytes(&w, rest);
    q = signed_question(QUESTION_SKEYID, bytes_of_text("what HASH_I covers"));
    q.covered_peer = writer_bytes(&w);
    q.secret = share.secret;
    q.is_secret_kept = true;
    q.certificates[0] = east_end->trustpoint.certificates[0];
    q.certificate_count = 1;
    q.signature = bytes_of(responder.signature, responder.signature_len);
    q.subject = east_end->trustpoint.subject;
    q.subject_kind = SUBJECT_NAME;
    set_peer(&q, &responder);
    whole[0] ^= 1;
    CHECK(ask(west, &q, &initiator) == QUESTION_FAULT_CERTIFICATE && initiator.trust == TRUST_BAD_SIGNATURE);
    CHECK(initiator.signature_len == 0 && initiator.skeyid_len == 0);
    whole[0] ^= 1;
    CHECK(ask(west, &q, &initiator) == QUESTION_FAULT_NONE && initiator.signature_len == 64);
    CHECK(memcmp(initiator.skeyid_e, responder.skeyid_e, initiator.skeyid_len) == 0);
    free(west);
    free(east);
}

static void without_a_trustpoint_nothing_is_signed_and_nobody_believed(void **state)
{
    struct vault *vault = vault_new();
    struct answer answer, share;
    struct question q = signed_question(QUESTION_VERIFY_CHAIN, bytes_of(NULL, 0));

    (void)state;
    CHECK(ask(vault, &q, &answer) == QUESTION_FAULT_NO_TRUSTPOINT);
    q.trustpoint = VAULT_TRUSTS_MAX;
    CHECK(ask(vault, &q, &answer) == QUESTION_FAULT_NO_TRUSTPOINT);
    struct question s = question_of(QUESTION_SHARE);
    CHECK(ask(vault, &s, &share) == QUESTION_FAULT_NONE);
    q = signed_question(QUESTION_SKEYID, bytes_of_text("covered"));
    q.secret = share.secret;
    set_peer(&q, &share);
    CHECK(ask(vault, &q, &answer) == QUESTION_FAULT_NO_TRUSTPOINT && is_only_a_fault(answer));
    CHECK(vault_secret_count(vault) == 1); /* it waits for the true question */
    vault_wipe(vault);
    free(vault);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_signatures_both_ends_make_the_same_keys_and_the_initiator_signs),
        cmocka_unit_test(an_answer_that_is_left_open_refuses_until_somebody_has_asked),
        cmocka_unit_test(in_aggressive_mode_each_end_has_all_in_one_answer),
        cmocka_unit_test(without_a_trustpoint_nothing_is_signed_and_nobody_believed),
        cmocka_unit_test(both_ends_get_the_same_keys),
        cmocka_unit_test(the_keys_are_made_of_psk_nonces_secret_and_cookies),
        cmocka_unit_test(quick_mode_secrets_agree),
        cmocka_unit_test(a_secret_serves_once),
        cmocka_unit_test(a_secret_that_is_kept_is_used_again_until_it_is_forgotten),
        cmocka_unit_test(a_decoy_is_like_any_answer_and_takes_as_long),
        cmocka_unit_test(what_cannot_be_answered_has_a_fault_and_nothing_else),
        cmocka_unit_test(a_value_that_gives_the_secret_away_is_refused),
        cmocka_unit_test(a_full_vault_says_so_and_forgets_on_demand),
        cmocka_unit_test(T05_nothing_secret_is_left_behind),
        cmocka_unit_test(an_empty_key_takes_the_key_away),
        cmocka_unit_test(a_seed_is_randomness_and_never_the_same),
        cmocka_unit_test(questions_and_faults_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
