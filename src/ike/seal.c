/* Keys, IV chains and hashes. RFC 2409 section 5 and appendix B. */
#include "base/check.h"
#include "base/writer.h"
#include "crypto/cipher.h"
#include "crypto/hash.h"
#include "crypto/kdf.h"
#include "ike/engine.h"

#include <string.h>

static struct bytes cipher_key(const struct isakmp_sa *sa)
{
    return bytes_of(sa->cipher_key, cipher_info(sa->cipher)->key_len);
}

struct bytes exchange_iv(const struct isakmp_sa *sa, const struct exchange *exchange)
{
    return bytes_of(exchange->iv, cipher_info(sa->cipher)->block_len);
}

void iv_begin(const struct isakmp_sa *sa, struct exchange *exchange)
{
    size_t block_len = cipher_info(sa->cipher)->block_len;

    phase2_iv(sa->hash, bytes_of(sa->last_block, block_len), exchange->message_id, sa->cipher, exchange->iv);
}

struct bytes message_open(const struct isakmp_sa *sa, struct exchange *exchange, const struct message *m,
                          uint8_t *space, size_t size)
{
    size_t block_len = cipher_info(sa->cipher)->block_len;
    uint8_t last_block[CIPHER_BLOCK_MAX];

    if (m->sealed.len == 0 || m->sealed.len > size || m->sealed.len % block_len != 0)
        return bytes_of(space, 0);
    memcpy(space, m->sealed.data, m->sealed.len);
    memcpy(last_block, m->sealed.data + m->sealed.len - block_len, block_len);
    cbc_decrypt(sa->cipher, cipher_key(sa), exchange_iv(sa, exchange), space, m->sealed.len);
    memcpy(exchange->iv, last_block, block_len);
    return bytes_of(space, m->sealed.len);
}

void message_close(const struct isakmp_sa *sa, struct exchange *exchange, struct message_writer *m)
{
    size_t block_len = cipher_info(sa->cipher)->block_len, len = 0;
    uint8_t *sealed = message_seal_space(m, &len);

    cbc_encrypt(sa->cipher, cipher_key(sa), exchange_iv(sa, exchange), sealed, len);
    memcpy(exchange->iv, sealed + len - block_len, block_len);
}

struct bytes hash_phase2(const struct isakmp_sa *sa, const struct bytes *parts, size_t count,
                         uint8_t digest[static DIGEST_MAX])
{
    return hmac_of(sa->hash, bytes_of(sa->skeyid_a, sa->skeyid_len), parts, count, digest);
}

/* HASH_I = prf(SKEYID, g^xi | g^xr | CKY-I | CKY-R | SAi_b | IDii_b), HASH_R the other way round, with SAi_b all the
 * same. */
void phase1_parts(const struct step_work *work, enum side side, struct bytes parts[static PHASE1_PARTS])
{
    const struct isakmp_sa *sa = &work->draft->sa;
    struct bytes mine = draft_blob(work, BLOB_SHARE_MINE), theirs = draft_blob(work, BLOB_SHARE_PEER);
    bool is_mine = side == sa->side;
    const struct bytes all[PHASE1_PARTS] = {
        is_mine ? mine : theirs,     is_mine ? theirs : mine,
        BYTES_OF(sa->cookies[side]), BYTES_OF(sa->cookies[!side]),
        draft_blob(work, BLOB_SA_I), draft_blob(work, side == INITIATOR ? BLOB_ID_I : BLOB_ID_R),
    };

    memcpy(parts, all, sizeof all);
}

struct bytes hash_phase1(const struct step_work *work, enum side side, uint8_t digest[static DIGEST_MAX])
{
    const struct isakmp_sa *sa = &work->draft->sa;
    struct bytes parts[PHASE1_PARTS];

    phase1_parts(work, side, parts);
    return hmac_of(signature_hash(policy_signature_of(sa->auth), sa->hash), bytes_of(sa->skeyid, sa->skeyid_len), parts,
                   COUNT_OF(parts), digest);
}

/* HASH(1) = prf(SKEYID_a, M-ID | rest), HASH(2) = prf(SKEYID_a, M-ID | Ni_b | rest),
 * HASH(3) = prf(SKEYID_a, 0 | M-ID | Ni_b | Nr_b). RFC 2409 section 5.5. */
struct bytes hash_quick(const struct step_work *work, int number, struct bytes rest, uint8_t digest[static DIGEST_MAX])
{
    uint8_t space[5];
    struct writer w = writer_of(space, sizeof space);
    struct bytes nonce_i = draft_blob(work, BLOB_NONCE_I), nonce_r = draft_blob(work, BLOB_NONCE_R);

    if (number == 3)
        write_u8(&w, 0);
    write_u32(&w, work->draft->exchange.message_id);

    const struct bytes parts[] = {
        writer_bytes(&w),
        number == 1 ? bytes_of(NULL, 0) : nonce_i,
        number == 3 ? nonce_r : rest,
    };
    return hash_phase2(&work->draft->sa, parts, COUNT_OF(parts), digest);
}

bool keys_take(struct step_work *work, struct bytes share_i, struct bytes share_r)
{
    struct isakmp_sa *sa = &work->draft->sa;
    struct exchange *exchange = &work->draft->exchange;
    const struct answer *answer = work->answer;

    CHECK(answer != NULL && answer->skeyid_len <= DIGEST_MAX);
    sa->skeyid_len = (uint8_t)answer->skeyid_len;
    memcpy(sa->skeyid, answer->skeyid, answer->skeyid_len);
    memcpy(sa->skeyid_d, answer->skeyid_d, answer->skeyid_len);
    memcpy(sa->skeyid_a, answer->skeyid_a, answer->skeyid_len);
    isakmp_key(sa->hash, bytes_of(answer->skeyid_e, answer->skeyid_len), sa->cipher, sa->cipher_key);
    if (cipher_key_is_weak(sa->cipher, cipher_key(sa)))
        return false;
    phase1_iv(sa->hash, share_i, share_r, sa->cipher, exchange->iv);
    memcpy(exchange->first_iv, exchange->iv, sizeof exchange->iv);
    sa->has_keys = true;
    return true;
}

static void keymat_of(const struct isakmp_sa *sa, const struct pair_keys *keys, uint32_t spi, struct bytes shared,
                      struct bytes nonce_i, struct bytes nonce_r, uint8_t *key, uint8_t *integrity_key)
{
    uint8_t material[sizeof keys->key_in + DIGEST_MAX], spi_bytes[4];
    struct writer w = writer_of(spi_bytes, sizeof spi_bytes);
    size_t len = (size_t)keys->key_len + keys->integrity_len;

    write_u32(&w, spi);
    keymat(sa->hash, bytes_of(sa->skeyid_d, sa->skeyid_len), shared, PROTO_ESP, writer_bytes(&w), nonce_i, nonce_r,
           material, len);
    memcpy(key, material, keys->key_len);
    memcpy(integrity_key, material + keys->key_len, keys->integrity_len);
    bytes_wipe(material, sizeof material);
}

struct pair_keys keys_make_pair(const struct isakmp_sa *sa, const struct quick *quick, struct bytes shared,
                                struct bytes nonce_i, struct bytes nonce_r)
{
    struct pair_keys keys = {
        .key_len = (uint8_t)(cipher_info(quick->choice.cipher)->key_len + cipher_salt_len(quick->choice.cipher)),
        .integrity_len = (uint8_t)hash_info(quick->choice.integrity)->digest_len,
    };

    keymat_of(sa, &keys, quick->spi_in, shared, nonce_i, nonce_r, keys.key_in, keys.integrity_in);
    keymat_of(sa, &keys, quick->spi_out, shared, nonce_i, nonce_r, keys.key_out, keys.integrity_out);
    return keys;
}

bool keys_of_pair_are_weak(enum cipher_id cipher, const struct pair_keys *keys)
{
    size_t len = cipher_info(cipher)->key_len;

    return cipher_key_is_weak(cipher, bytes_of(keys->key_in, len)) ||
           cipher_key_is_weak(cipher, bytes_of(keys->key_out, len));
}
