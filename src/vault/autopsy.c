#include "vault/autopsy.h"

#include "base/check.h"
#include "base/reader.h"
#include "base/writer.h"
#include "crypto/cipher.h"
#include "crypto/hash.h"
#include "crypto/kdf.h"
#include "vault/edit.h"

#include <string.h>

/* The payload types that the proof is about, RFC 2408 section 3.1; the vault reads nothing else of a message. */
enum { PAYLOAD_ID = 5, PAYLOAD_HASH = 8, PAYLOAD_HEADER_LEN = 4, PAYLOADS_MAX = 32 };

struct keys {
    uint8_t skeyid[DIGEST_MAX], d[DIGEST_MAX], a[DIGEST_MAX], e[DIGEST_MAX], cipher[CIPHER_KEY_MAX];
    size_t len;
};

static void make_keys(const struct question *q, struct bytes shared, struct bytes key, struct keys *keys)
{
    struct bytes cookies = BYTES_OF(q->cookies);
    struct bytes skeyid = skeyid_psk(q->prf, key, bytes_of(q->nonce_i, q->nonce_i_len),
                                     bytes_of(q->nonce_r, q->nonce_r_len), keys->skeyid);
    struct bytes d = skeyid_d(q->prf, skeyid, shared, cookies, keys->d);
    struct bytes a = skeyid_a(q->prf, skeyid, d, shared, cookies, keys->a);
    struct bytes e = skeyid_e(q->prf, skeyid, a, shared, cookies, keys->e);

    isakmp_key(q->prf, e, q->cipher, keys->cipher);
    keys->len = skeyid.len;
}

/* What stands in the opened message: the payloads that the hash is made of, and what follows the HASH payload. */
struct found {
    struct bytes id, hash, after_hash;
};

/* False: no chain of payloads, so the message is not open. */
static bool read_payloads(uint8_t type, struct bytes opened, struct found *found)
{
    struct reader r = reader_of(opened);
    size_t end = 0, hash_end = 0;

    *found = (struct found){0};
    for (int i = 0; type != 0; i++) {
        uint8_t next = read_u8(&r), reserved = read_u8(&r);
        uint16_t len = read_u16(&r);

        if (!reader_is_ok(&r) || reserved != 0 || len < PAYLOAD_HEADER_LEN || i == PAYLOADS_MAX)
            return false;
        struct bytes body = read_bytes(&r, len - PAYLOAD_HEADER_LEN);
        if (!reader_is_ok(&r))
            return false;
        end += len;
        if (type == PAYLOAD_ID)
            found->id = body;
        if (type == PAYLOAD_HASH) {
            found->hash = body;
            hash_end = end;
        }
        type = next;
    }
    found->after_hash = bytes_of(opened.data + hash_end, end - hash_end);
    return found->hash.len > 0;
}

static bool hash_fits(const struct question *q, const struct keys *keys, const struct found *found)
{
    uint8_t expected[DIGEST_MAX], id[4];
    struct writer w = writer_of(id, sizeof id);
    struct bytes covered = bytes_of(q->evidence.bytes, q->evidence.covered_len);
    const struct bytes phase1[] = {covered, found->id}, notify[] = {BYTES_OF(id), found->after_hash};
    bool is_phase1 = q->evidence.message_id == 0;

    write_u32(&w, q->evidence.message_id);
    struct bytes hash = hmac_of(q->prf, bytes_of(is_phase1 ? keys->skeyid : keys->a, keys->len),
                                is_phase1 ? phase1 : notify, 2, expected);
    bool do_fit = bytes_equal_secret(hash, found->hash);
    bytes_wipe(expected, sizeof expected);
    return do_fit;
}

static bool opens_with(const struct question *q, const struct keys *keys, const uint8_t *iv)
{
    const struct evidence *evidence = &q->evidence;
    const struct cipher_info *cipher = cipher_info(q->cipher);
    uint8_t opened[EVIDENCE_MAX], derived[CIPHER_BLOCK_MAX];
    struct bytes first = bytes_of(iv, cipher->block_len);
    struct found found;

    memcpy(opened, evidence->bytes + evidence->covered_len, evidence->sealed_len);
    if (evidence->message_id != 0)
        first = phase2_iv(q->prf, first, evidence->message_id, q->cipher, derived);
    cbc_decrypt(q->cipher, bytes_of(keys->cipher, cipher->key_len), first, opened, evidence->sealed_len);
    bool is_open = read_payloads(evidence->first_payload, bytes_of(opened, evidence->sealed_len), &found) &&
                   hash_fits(q, keys, &found);
    bytes_wipe(opened, evidence->sealed_len);
    return is_open;
}

bool autopsy_opens(const struct question *question, struct bytes shared, struct bytes key)
{
    const struct evidence *evidence = &question->evidence;
    struct keys keys;
    bool is_open = false;

    CHECK(evidence->covered_len + evidence->sealed_len <= EVIDENCE_MAX);
    CHECK(evidence->sealed_len % cipher_info(question->cipher)->block_len == 0);
    make_keys(question, shared, key, &keys);
    for (size_t i = 0; i < EVIDENCE_IVS && !is_open; i++)
        is_open = opens_with(question, &keys, evidence->ivs[i]);
    bytes_wipe(&keys, sizeof keys);
    return is_open;
}

static const struct {
    enum edit edit;
    struct bytes text;
} edits[] = {
#define HYPOTHESIS(name, how, text, meaning)                                                                           \
    [HYPOTHESIS_##name] = {EDIT_##how, {(const uint8_t *)(text), sizeof(text) - 1}},
#include "policy/hypothesis.def"
#undef HYPOTHESIS
};

enum hypothesis autopsy_of_edits(const struct question *question, struct bytes shared, struct bytes key)
{
    enum hypothesis found = HYPOTHESIS_NONE;
    uint8_t space[EDIT_SPACE];
    struct bytes edited;

    for (unsigned h = HYPOTHESIS_NONE + 1; h < HYPOTHESIS_COUNT && found == HYPOTHESIS_NONE; h++)
        if (key_edit(edits[h].edit, edits[h].text, key, space, &edited) && autopsy_opens(question, shared, edited))
            found = h;
    bytes_wipe(space, sizeof space);
    return found;
}
