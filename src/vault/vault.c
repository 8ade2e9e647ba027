#include "vault/vault.h"

#include "base/check.h"
#include "base/pool.h"
#include "crypto/group.h"
#include "crypto/hash.h"
#include "crypto/kdf.h"
#include "vault/autopsy.h"
#include "vault/edit.h"

#include <stdalign.h>
#include <string.h>

struct psk {
    uint16_t len; /* 0: no key */
    uint8_t bytes[PSK_MAX];
};

/* One key pair that waits for its peer; or what became of it, which an autopsy may want. */
struct secret {
    enum group_id group;
    uint16_t shared_len; /* 0: it waits */
    union {
        uint8_t private_value[GROUP_PRIVATE_MAX];
        uint8_t shared[GROUP_SECRET_MAX];
    };
};

/* An autopsy holds a message against so many other keys, and no more: the vault has other questions to answer. */
enum { EARLIER_MAX = 16, OTHER_KEYS_MAX = 1024 };
_Static_assert((int)PSK_MAX <= (int)EDIT_KEY_MAX, "every key can be edited");

struct vault {
    uint32_t key_count;
    struct psk *keys;
    struct pool secrets;
    struct psk earlier[EARLIER_MAX]; /* a ring of keys that gave way to others */
    uint32_t earlier_count;
    const struct trust *trusts[VAULT_TRUSTS_MAX];
    struct users users;
    struct credentials credentials;
    int64_t now_s;
    bool is_asking;
    struct status *open;
};

static size_t padded(size_t len)
{
    size_t step = alignof(max_align_t);

    return (len + step - 1) / step * step;
}

size_t vault_space(uint32_t key_count, uint32_t secret_count)
{
    return padded(sizeof(struct vault)) + padded(sizeof(struct psk) * key_count) +
           pool_space(secret_count, sizeof(struct secret));
}

struct vault *vault_make(void *space, uint32_t key_count, uint32_t secret_count)
{
    uint8_t *at = space;
    struct vault *vault = space;

    CHECK(space != NULL);
    memset(space, 0, vault_space(key_count, secret_count));
    at += padded(sizeof *vault);
    vault->key_count = key_count;
    vault->keys = (struct psk *)(void *)at;
    at += padded(sizeof(struct psk) * key_count);
    vault->secrets = pool_of(at, secret_count, sizeof(struct secret));
    return vault;
}

bool vault_set_key(struct vault *vault, uint32_t index, struct bytes key)
{
    if (index >= vault->key_count || key.len > PSK_MAX)
        return false;

    struct psk *psk = &vault->keys[index];
    if (psk->len > 0 && key.len > 0 && !bytes_equal(bytes_of(psk->bytes, psk->len), key))
        vault->earlier[vault->earlier_count++ % EARLIER_MAX] = *psk;
    bytes_wipe(psk, sizeof *psk);
    if (key.len > 0)
        memcpy(psk->bytes, key.data, key.len);
    psk->len = (uint16_t)key.len;
    return true;
}

bool vault_set_trust(struct vault *vault, uint32_t index, const struct trust *trust)
{
    if (index >= VAULT_TRUSTS_MAX)
        return false;
    vault->trusts[index] = trust;
    return true;
}

void vault_set_users(struct vault *vault, struct users users)
{
    vault->users = users;
}

void vault_set_credentials(struct vault *vault, struct credentials credentials)
{
    vault->credentials = credentials;
}

void vault_set_time(struct vault *vault, int64_t now_s)
{
    vault->now_s = now_s;
}

void vault_set_asking(struct vault *vault, bool is_asking)
{
    vault->is_asking = is_asking;
}

struct status *vault_take_open(struct vault *vault)
{
    struct status *open = vault->open;

    vault->open = NULL;
    return open;
}

uint32_t vault_secret_count(const struct vault *vault)
{
    return vault->secrets.taken_count;
}

void vault_wipe(struct vault *vault)
{
    for (struct handle h = pool_first(&vault->secrets); handle_is_set(h); h = pool_next(&vault->secrets, h))
        pool_give_back(&vault->secrets, h);
    memset(vault->trusts, 0, sizeof vault->trusts);
    status_free(vault_take_open(vault));
    if (vault->key_count > 0)
        bytes_wipe(vault->keys, sizeof(struct psk) * vault->key_count);
    bytes_wipe(vault->earlier, sizeof vault->earlier);
}

static enum question_fault fault_of(enum group_fault fault)
{
    switch (fault) {
    case GROUP_OK: return QUESTION_FAULT_NONE;
    case GROUP_FAULT_LENGTH: return QUESTION_FAULT_BAD_LENGTH;
    case GROUP_FAULT_RANGE:
    case GROUP_FAULT_NOT_ON_CURVE: return QUESTION_FAULT_BAD_VALUE;
    case GROUP_FAULT_IDENTITY: return QUESTION_FAULT_IDENTITY;
    }
    return QUESTION_FAULT_BAD_VALUE;
}

static const struct trust *trust_of(const struct vault *vault, const struct question *question)
{
    return question->trustpoint < VAULT_TRUSTS_MAX ? vault->trusts[question->trustpoint] : NULL;
}

static bool has_key(const struct vault *vault, uint32_t index)
{
    return index < vault->key_count && vault->keys[index].len > 0;
}

/* What the question needs of us before anything is computed. */
static enum question_fault lacks(const struct vault *vault, const struct question *question)
{
    const struct trust *trust = trust_of(vault, question);
    bool is_for_skeyid = question->kind == QUESTION_SKEYID || question->kind == QUESTION_SHARE_AND_SKEYID;
    bool is_signature_wanted = question->covered.len > 0 || question->digest_mine_len > 0;

    if (question->kind == QUESTION_VERIFY_CHAIN || question->kind == QUESTION_SIGN ||
        (is_for_skeyid && question->signature_kind != SIGNATURE_NONE))
        return trust != NULL && (trust_key(trust) != NULL || !is_signature_wanted) ? QUESTION_FAULT_NONE
                                                                                   : QUESTION_FAULT_NO_TRUSTPOINT;
    if ((is_for_skeyid || question->kind == QUESTION_AUTOPSY) && !question->is_decoy &&
        !has_key(vault, question->key_index))
        return QUESTION_FAULT_NO_KEY;
    return QUESTION_FAULT_NONE;
}

static enum question_fault sign(const struct vault *vault, const struct question *question, struct bytes digest,
                                struct answer *answer)
{
    const struct signing_key *key = trust_key(trust_of(vault, question));

    answer->signature_len = (uint16_t)signature_make(key, question->signature_kind, digest, answer->signature);
    return answer->signature_len > 0 ? QUESTION_FAULT_NONE : QUESTION_FAULT_NO_TRUSTPOINT;
}

/* `digest`: HASH_I or HASH_R, that the peer signed. */
static enum question_fault verify_chain(struct vault *vault, const struct question *question, struct bytes digest,
                                        struct answer *answer)
{
    struct status **open = vault->is_asking ? &vault->open : NULL;
    struct trust_question asked = {
        .certificate_count = question->certificate_count,
        .now_s = vault->now_s,
        .kind = question->signature_kind,
        .digest = digest,
        .signature = question->signature,
        .subject_kind = question->subject_kind,
        .subject = question->subject,
        .identity_check = question->identity_check,
        .revocation = question->revocation,
        .are_weak_allowed = question->are_weak_allowed,
    };

    CHECK(question->certificate_count <= CHAIN_MAX);
    memcpy(asked.certificates, question->certificates, sizeof asked.certificates);
    enum trust_fault fault = trust_check(trust_of(vault, question), &asked, open);
    if (fault != TRUST_OK) {
        answer->trust = fault;
        if (fault == TRUST_OTHER_IDENTITY && question->subject_kind == SUBJECT_ADDRESS)
            answer->certified = trust_address_of(question->certificates[0], ip_of_bytes(question->subject).family);
        return QUESTION_FAULT_CERTIFICATE;
    }
    return QUESTION_FAULT_NONE;
}

static enum question_fault verify_and_sign(struct vault *vault, const struct question *question, struct answer *answer)
{
    enum question_fault fault =
        verify_chain(vault, question, bytes_of(question->digest_peer, question->digest_peer_len), answer);

    if (fault != QUESTION_FAULT_NONE || question->digest_mine_len == 0)
        return fault;
    return sign(vault, question, bytes_of(question->digest_mine, question->digest_mine_len), answer);
}

/* The same of one whose hashes are made with the SKEYID that is known only now. */
static enum question_fault prove(struct vault *vault, const struct question *question, struct bytes skeyid,
                                 struct answer *answer)
{
    enum hash_id hash = signature_hash(question->signature_kind, question->prf);
    enum question_fault fault = QUESTION_FAULT_NONE;
    uint8_t digest[DIGEST_MAX];

    if (question->covered_peer.len > 0)
        fault = verify_chain(vault, question, hmac_of(hash, skeyid, &question->covered_peer, 1, digest), answer);
    if (fault != QUESTION_FAULT_NONE || question->covered.len == 0)
        return fault;

    struct bytes share = bytes_of(answer->public_value, question->is_share_covered ? answer->public_len : 0);
    const struct bytes covered[] = {share, question->covered};
    return sign(vault, question, hmac_of(hash, skeyid, covered, COUNT_OF(covered), digest), answer);
}

static enum question_fault make_pair(enum group_id group, struct bytes randomness, struct secret *secret,
                                     struct answer *answer)
{
    if (randomness.len == 0)
        return QUESTION_FAULT_NO_RANDOMNESS;
    CHECK(group_random_len(group) <= randomness.len);
    secret->group = group;
    group_private(group, randomness.data, secret->private_value);
    group_public(group, secret->private_value, answer->public_value);
    answer->public_len = (uint16_t)group_info(group)->public_len;
    return QUESTION_FAULT_NONE;
}

static enum question_fault agree(const struct question *question, const struct secret *secret, struct answer *answer)
{
    struct bytes peer_public = bytes_of(question->peer_public, question->peer_public_len);
    enum question_fault fault =
        fault_of(group_shared(secret->group, secret->private_value, peer_public, answer->shared));

    if (fault == QUESTION_FAULT_NONE)
        answer->shared_len = (uint16_t)group_info(secret->group)->secret_len;
    return fault;
}

/* For an autopsy, until it is forgotten: half of the room is left to those who wait for their peers. */
static void keep_shared(struct vault *vault, enum group_id group, struct answer *answer)
{
    bool is_room = vault->secrets.taken_count < vault->secrets.count / 2;
    struct handle h = is_room ? pool_take(&vault->secrets) : (struct handle){0, 0};
    struct secret *secret = pool_find(&vault->secrets, h);

    if (secret == NULL)
        return;
    secret->group = group;
    secret->shared_len = answer->shared_len;
    memcpy(secret->shared, answer->shared, answer->shared_len);
    answer->secret = h;
}

/* The key of the group; for one that does not exist, one that nobody has. A responder works that out for groups that do
 * exist, too: so it takes no time that could be seen. */
static struct bytes key_of(const struct vault *vault, const struct question *question, struct bytes randomness,
                           uint8_t decoy[static DIGEST_MAX])
{
    const struct bytes label = bytes_of_text("no such tunnel-group");
    struct bytes made = {0};

    if (question->kind == QUESTION_SHARE_AND_SKEYID)
        made = hmac_of(HASH_SHA256, randomness, &label, 1, decoy);
    if (question->is_decoy || question->signature_kind != SIGNATURE_NONE)
        return made;
    const struct psk *psk = &vault->keys[question->key_index];
    return bytes_of(psk->bytes, psk->len);
}

/* g^xy becomes the four keys; itself it does not leave. */
static enum question_fault derive(struct vault *vault, const struct question *question, struct bytes randomness,
                                  struct answer *answer)
{
    uint8_t decoy[DIGEST_MAX];
    struct bytes key = key_of(vault, question, randomness, decoy);
    bool is_signed = question->signature_kind != SIGNATURE_NONE;

    CHECK(question->nonce_i_len <= NONCE_MAX && question->nonce_r_len <= NONCE_MAX);
    struct bytes shared = bytes_of(answer->shared, answer->shared_len);
    struct bytes cookies = BYTES_OF(question->cookies);
    struct bytes nonce_i = bytes_of(question->nonce_i, question->nonce_i_len);
    struct bytes nonce_r = bytes_of(question->nonce_r, question->nonce_r_len);
    struct bytes skeyid = is_signed ? skeyid_signature(question->prf, nonce_i, nonce_r, shared, answer->skeyid)
                                    : skeyid_psk(question->prf, key, nonce_i, nonce_r, answer->skeyid);
    struct bytes d = skeyid_d(question->prf, skeyid, shared, cookies, answer->skeyid_d);
    struct bytes a = skeyid_a(question->prf, skeyid, d, shared, cookies, answer->skeyid_a);

    skeyid_e(question->prf, skeyid, a, shared, cookies, answer->skeyid_e);
    answer->skeyid_len = (uint16_t)skeyid.len;
    if (!question->is_decoy && !question->is_secret_kept && !is_signed)
        keep_shared(vault, question->group, answer);
    bytes_wipe(answer->shared, sizeof answer->shared);
    answer->shared_len = 0;
    bytes_wipe(decoy, sizeof decoy);
    return is_signed ? prove(vault, question, skeyid, answer) : QUESTION_FAULT_NONE;
}

static enum question_fault share(struct vault *vault, const struct question *question, struct bytes randomness,
                                 struct answer *answer)
{
    struct handle h = pool_take(&vault->secrets);

    if (!handle_is_set(h))
        return QUESTION_FAULT_FULL;
    enum question_fault fault = make_pair(question->group, randomness, pool_find(&vault->secrets, h), answer);
    if (fault != QUESTION_FAULT_NONE) {
        pool_give_back(&vault->secrets, h);
        return fault;
    }
    answer->secret = h;
    return QUESTION_FAULT_NONE;
}

/* A peer's value that is refused costs nothing: the true one may still come, and whoever sent the false one shall not
 * have ended the exchange. Once a secret has been computed with, it is gone. */
static enum question_fault use_secret(struct vault *vault, const struct question *question, struct answer *answer)
{
    const struct secret *secret = pool_find(&vault->secrets, question->secret);

    if (secret == NULL || secret->shared_len > 0 || secret->group != question->group)
        return QUESTION_FAULT_NO_SECRET;
    enum question_fault fault = agree(question, secret, answer);
    if (!question->is_secret_kept && (fault == QUESTION_FAULT_NONE || fault == QUESTION_FAULT_IDENTITY))
        pool_give_back(&vault->secrets, question->secret);
    return fault;
}

/* A responder's pair: made and used at once, kept nowhere. The peer's value is looked at first, being cheap to refuse.
 */
static enum question_fault share_and_use(const struct question *question, struct bytes randomness,
                                         struct answer *answer)
{
    struct secret secret = {0};
    enum question_fault fault =
        fault_of(group_check(question->group, bytes_of(question->peer_public, question->peer_public_len)));

    if (fault == QUESTION_FAULT_NONE)
        fault = make_pair(question->group, randomness, &secret, answer);
    if (fault == QUESTION_FAULT_NONE)
        fault = agree(question, &secret, answer);
    bytes_wipe(&secret, sizeof secret);
    return fault;
}

static bool is_key_of_message(const struct question *question, struct bytes shared, const struct psk *psk)
{
    return psk->len > 0 && autopsy_opens(question, shared, bytes_of(psk->bytes, psk->len));
}

static enum hypothesis look_at_other_keys(const struct vault *vault, const struct question *question,
                                          struct bytes shared, uint32_t *key_index)
{
    uint32_t tried = 0;

    for (uint32_t i = 0; i < vault->key_count && tried < OTHER_KEYS_MAX; i++) {
        if (i == question->key_index || vault->keys[i].len == 0)
            continue;
        tried++;
        if (is_key_of_message(question, shared, &vault->keys[i])) {
            *key_index = i;
            return HYPOTHESIS_OTHER_GROUP;
        }
    }
    for (size_t i = 0; i < EARLIER_MAX; i++)
        if (is_key_of_message(question, shared, &vault->earlier[i]))
            return HYPOTHESIS_EARLIER;
    return HYPOTHESIS_NONE;
}

static enum question_fault autopsy(const struct vault *vault, const struct question *question, struct answer *answer)
{
    const struct secret *secret = pool_find(&vault->secrets, question->secret);

    if (secret == NULL || secret->shared_len == 0)
        return QUESTION_FAULT_NO_SECRET;
    const struct psk *ours = &vault->keys[question->key_index];
    struct bytes shared = bytes_of(secret->shared, secret->shared_len);
    answer->hypothesis = autopsy_of_edits(question, shared, bytes_of(ours->bytes, ours->len));
    if (answer->hypothesis == HYPOTHESIS_NONE)
        answer->hypothesis = look_at_other_keys(vault, question, shared, &answer->key_index);
    return QUESTION_FAULT_NONE;
}

static enum question_fault seed(struct bytes randomness, struct answer *answer)
{
    if (randomness.len == 0)
        return QUESTION_FAULT_NO_RANDOMNESS;
    memcpy(answer->seed, randomness.data, sizeof answer->seed);
    return QUESTION_FAULT_NONE;
}

static enum question_fault credentials(const struct vault *vault, const struct question *question,
                                       struct answer *answer)
{
    for (uint32_t i = 0; i < vault->credentials.count; i++) {
        const struct credential *c = &vault->credentials.list[i];

        if (c->key_index != question->key_index || c->user.len == 0 || c->user.len > sizeof answer->user ||
            c->password.len == 0 || c->password.len > sizeof answer->password)
            continue;
        memcpy(answer->user, c->user.data, c->user.len);
        answer->user_len = (uint16_t)c->user.len;
        memcpy(answer->password, c->password.data, c->password.len);
        answer->password_len = (uint16_t)c->password.len;
        return QUESTION_FAULT_NONE;
    }
    return QUESTION_FAULT_NO_CREDENTIALS;
}

static enum question_fault answer_it(struct vault *vault, const struct question *question, struct bytes randomness,
                                     struct answer *answer)
{
    switch (question->kind) {
    case QUESTION_SHARE: return share(vault, question, randomness, answer);
    case QUESTION_SECRET:
    case QUESTION_SKEYID: return use_secret(vault, question, answer);
    case QUESTION_SHARE_AND_SECRET:
    case QUESTION_SHARE_AND_SKEYID: return share_and_use(question, randomness, answer);
    case QUESTION_AUTOPSY: return autopsy(vault, question, answer);
    case QUESTION_VERIFY_CHAIN: return verify_and_sign(vault, question, answer);
    case QUESTION_SIGN:
        return sign(vault, question, bytes_of(question->digest_mine, question->digest_mine_len), answer);
    case QUESTION_FORGET: pool_give_back(&vault->secrets, question->secret); return QUESTION_FAULT_NONE;
    case QUESTION_SEED: return seed(randomness, answer);
    case QUESTION_CREDENTIALS: return credentials(vault, question, answer);
    case QUESTION_PASSWORD:
        answer->password_verdict =
            users_password_verdict(&vault->users, question->user, question->password, question->is_decoy);
        answer->is_server_silent = question->is_server_silent;
        return QUESTION_FAULT_NONE;
    case QUESTION_NONE:
    case QUESTION_COUNT: break;
    }
    CHECK(!"a question that the vault knows");
    return QUESTION_FAULT_NO_SECRET;
}

void vault_answer(struct vault *vault, const struct question *question, struct bytes randomness, struct answer *answer)
{
    bool is_for_skeyid = question->kind == QUESTION_SKEYID || question->kind == QUESTION_SHARE_AND_SKEYID;
    enum question_fault fault;

    CHECK(randomness.len == 0 || randomness.len == VAULT_RANDOM_LEN);
    CHECK(vault->open == NULL);
    *answer = (struct answer){0};
    fault = lacks(vault, question);
    if (fault == QUESTION_FAULT_NONE)
        fault = answer_it(vault, question, randomness, answer);
    if (fault == QUESTION_FAULT_NONE && is_for_skeyid)
        fault = derive(vault, question, randomness, answer);
    if (fault != QUESTION_FAULT_NONE) {
        enum trust_fault trust = answer->trust;
        struct ip certified = answer->certified;

        answer_wipe(answer);
        answer->trust = trust;
        answer->certified = certified;
        status_free(vault_take_open(vault));
    }
    if (vault->open != NULL) {
        fault = QUESTION_FAULT_CERTIFICATE;
        answer->trust = TRUST_NO_STATUS;
    }
    answer->fault = fault;
}
