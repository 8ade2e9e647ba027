#include "crypto/burst.h"

#include "base/check.h"
#include "crypto/evp.h"
#include "crypto/hash.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <string.h>

enum { SPI_LEN = 4, HIGH_LEN = 4 };

/* What packets are passed through: big, and so made with the first packet; most pairs of a large gateway are idle. */
struct engine {
    EVP_CIPHER_CTX *context; /* keyed; a packet gives it its IV and nothing else */
    struct hmac_key integrity;
};

struct burst_key {
    struct engine *engine; /* NULL: no packet yet */
    enum cipher_id cipher;
    enum cipher_kind kind;
    enum hash_id integrity;
    uint8_t block_len, iv_len, icv_len, integrity_key_len;
    bool is_for_sealing;
    bool has_material; /* the keys are still here */
    uint8_t cipher_key[CIPHER_KEY_MAX];
    uint8_t salt[GCM_SALT_LEN]; /* GCM, GMAC */
    uint8_t integrity_key[];    /* CBC, NULL; wiped when the cipher's is */
};

static bool is_possible(const struct cipher_info *info, struct bytes key, enum hash_id integrity, size_t icv_len)
{
    if (info->icv_len > 0)
        return key.len == info->key_len + GCM_SALT_LEN && integrity == HASH_NONE && icv_len == info->icv_len;
    return info->kind != CIPHER_KIND_NONE && key.len == info->key_len && integrity != HASH_NONE && icv_len > 0 &&
           icv_len <= hash_info(integrity)->digest_len;
}

static bool context_make(struct engine *engine, const struct burst_key *key)
{
    uint8_t space[CIPHER_KEY_MAX];
    struct bytes whole_key = evp_key(key->cipher, bytes_of(key->cipher_key, cipher_info(key->cipher)->key_len), space);

    engine->context = EVP_CIPHER_CTX_new();
    bool is_made = engine->context != NULL &&
                   EVP_CipherInit_ex2(engine->context, evp_cipher(key->cipher), whole_key.data, NULL,
                                      key->is_for_sealing, NULL) == 1 &&
                   EVP_CIPHER_CTX_set_padding(engine->context, 0) == 1;
    bytes_wipe(space, sizeof space);
    return is_made;
}

struct burst_key *burst_key_make(enum cipher_id cipher, struct bytes key, enum hash_id integrity,
                                 struct bytes integrity_key, size_t icv_len, bool is_for_sealing)
{
    const struct cipher_info *info = cipher_info(cipher);

    if (!is_possible(info, key, integrity, icv_len) || integrity_key.len > UINT8_MAX)
        return NULL;
    struct burst_key *made = OPENSSL_zalloc(sizeof *made + integrity_key.len);
    if (made == NULL)
        return NULL;
    made->cipher = cipher;
    made->kind = info->kind;
    made->integrity = integrity;
    made->block_len = (uint8_t)info->block_len;
    made->iv_len = (uint8_t)cipher_iv_len(cipher);
    made->icv_len = (uint8_t)icv_len;
    made->integrity_key_len = (uint8_t)integrity_key.len;
    made->is_for_sealing = is_for_sealing;
    made->has_material = true;
    if (info->key_len > 0)
        memcpy(made->cipher_key, key.data, info->key_len);
    if (info->icv_len > 0)
        memcpy(made->salt, key.data + info->key_len, sizeof made->salt);
    if (integrity_key.len > 0)
        memcpy(made->integrity_key, integrity_key.data, integrity_key.len);
    return made;
}

static void wipe_material(struct burst_key *key)
{
    if (!key->has_material)
        return;
    bytes_wipe(key->cipher_key, sizeof key->cipher_key);
    bytes_wipe(key->integrity_key, key->integrity_key_len);
    key->has_material = false;
}

static void make_ready(struct burst_key *key)
{
    if (key->engine != NULL)
        return;
    key->engine = OPENSSL_zalloc(sizeof *key->engine);
    CHECK(key->engine != NULL && context_make(key->engine, key));
    if (key->integrity != HASH_NONE)
        hmac_key_set(&key->engine->integrity, key->integrity, bytes_of(key->integrity_key, key->integrity_key_len));
    if (key->is_for_sealing)
        wipe_material(key);
}

void burst_key_free(struct burst_key *key)
{
    if (key == NULL)
        return;
    if (key->engine != NULL) {
        EVP_CIPHER_CTX_free(key->engine->context); /* wipes its key */
        OPENSSL_clear_free(key->engine, sizeof *key->engine);
    }
    OPENSSL_clear_free(key, sizeof *key + key->integrity_key_len);
}

static uint8_t *iv_of(const struct burst_packet *packet)
{
    return packet->data + packet->aad_len;
}

static uint8_t *text_of_packet(const struct burst_packet *packet)
{
    return iv_of(packet) + packet->iv_len;
}

static uint8_t *icv_of(const struct burst_packet *packet)
{
    return text_of_packet(packet) + packet->text_len;
}

/* The text through the cipher, in place. */
static void pass_text(struct burst_key *key, const struct burst_packet *packet)
{
    int done = 0;

    CHECK(packet->text_len <= INT_MAX);
    if (packet->text_len == 0)
        return;
    CHECK(EVP_CipherUpdate(key->engine->context, text_of_packet(packet), &done, text_of_packet(packet),
                           (int)packet->text_len) == 1);
    CHECK((size_t)done == packet->text_len);
}

static void cbc_pass(struct burst_key *key, const struct burst_packet *packet)
{
    CHECK(packet->iv_len == key->iv_len && packet->text_len % key->block_len == 0);
    if (key->kind == CIPHER_KIND_NULL)
        return;
    CHECK(EVP_CipherInit_ex2(key->engine->context, NULL, NULL, iv_of(packet), -1, NULL) == 1);
    pass_text(key, packet);
}

/* RFC 4303 section 2.8: over the packet from the SPI to the end of the text. */
static struct bytes hmac_icv(const struct burst_key *key, const struct burst_packet *packet, uint8_t *digest)
{
    struct bytes covered[] = {bytes_of(packet->data, packet->aad_len + packet->iv_len + packet->text_len),
                              bytes_of(packet->high, HIGH_LEN)};

    return bytes_of(hmac_with(&key->engine->integrity, covered, packet->high == NULL ? 1 : 2, digest).data,
                    key->icv_len);
}

static void gcm_cover(EVP_CIPHER_CTX *context, struct bytes aad)
{
    int done = 0;

    CHECK(aad.len <= INT_MAX && EVP_CipherUpdate(context, NULL, &done, aad.data, (int)aad.len) == 1);
}

/* The nonce is the salt, then the packet's IV (RFC 4106 section 4). GMAC has nothing to encrypt, and authenticates all
 * that stands before the ICV, the IV too (RFC 4543 section 3.3). */
static void gcm_begin(struct burst_key *key, const struct burst_packet *packet)
{
    uint8_t nonce[GCM_SALT_LEN + GCM_IV_LEN];
    size_t aad_len = packet->aad_len;

    if (key->kind == CIPHER_KIND_GMAC)
        aad_len += packet->iv_len + packet->text_len;
    CHECK(packet->iv_len == GCM_IV_LEN);
    memcpy(nonce, key->salt, GCM_SALT_LEN);
    memcpy(nonce + GCM_SALT_LEN, iv_of(packet), GCM_IV_LEN);
    CHECK(EVP_CipherInit_ex2(key->engine->context, NULL, NULL, nonce, -1, NULL) == 1);
    if (packet->high == NULL) {
        gcm_cover(key->engine->context, bytes_of(packet->data, aad_len));
        return;
    }
    gcm_cover(key->engine->context, bytes_of(packet->data, SPI_LEN));
    gcm_cover(key->engine->context, bytes_of(packet->high, HIGH_LEN));
    gcm_cover(key->engine->context, bytes_of(packet->data + SPI_LEN, aad_len - SPI_LEN));
}

static void gcm_seal(struct burst_key *key, struct burst_packet *packet)
{
    uint8_t unused[CIPHER_BLOCK_MAX];
    int done = 0;

    gcm_begin(key, packet);
    if (key->kind == CIPHER_KIND_GCM)
        pass_text(key, packet);
    CHECK(EVP_CipherFinal_ex(key->engine->context, unused, &done) == 1);
    CHECK(EVP_CIPHER_CTX_ctrl(key->engine->context, EVP_CTRL_AEAD_GET_TAG, (int)key->icv_len, icv_of(packet)) == 1);
}

static bool gcm_open(struct burst_key *key, struct burst_packet *packet)
{
    uint8_t unused[CIPHER_BLOCK_MAX];
    int done = 0;

    gcm_begin(key, packet);
    CHECK(EVP_CIPHER_CTX_ctrl(key->engine->context, EVP_CTRL_AEAD_SET_TAG, (int)key->icv_len, icv_of(packet)) == 1);
    if (key->kind == CIPHER_KIND_GCM)
        pass_text(key, packet);
    bool is_ok = EVP_CipherFinal_ex(key->engine->context, unused, &done) == 1;
    if (!is_ok)
        bytes_wipe(text_of_packet(packet), packet->text_len);
    return is_ok;
}

static void cbc_seal(struct burst_key *key, struct burst_packet *packet)
{
    uint8_t digest[DIGEST_MAX];

    cbc_pass(key, packet);
    memcpy(icv_of(packet), hmac_icv(key, packet, digest).data, key->icv_len);
}

static bool cbc_open(struct burst_key *key, struct burst_packet *packet)
{
    uint8_t digest[DIGEST_MAX];

    if (!bytes_equal_secret(hmac_icv(key, packet, digest), bytes_of(icv_of(packet), key->icv_len)))
        return false;
    cbc_pass(key, packet);
    return true;
}

void burst_seal(struct burst_key *key, struct burst_packet *packets, size_t count)
{
    CHECK(key->is_for_sealing);
    make_ready(key);
    for (size_t i = 0; i < count; i++)
        if (key->integrity == HASH_NONE)
            gcm_seal(key, &packets[i]);
        else
            cbc_seal(key, &packets[i]);
}

/* A text that cannot be of this cipher (a part of a block, an IV of another length) came from the peer: not ok, and no
 * mistake of ours. */
static bool has_right_lengths(const struct burst_key *key, const struct burst_packet *packet)
{
    return packet->iv_len == key->iv_len && (key->integrity == HASH_NONE || packet->text_len % key->block_len == 0);
}

void burst_open(struct burst_key *key, struct burst_packet *packets, size_t count)
{
    CHECK(!key->is_for_sealing);
    make_ready(key);
    for (size_t i = 0; i < count; i++) {
        struct burst_packet *packet = &packets[i];

        packet->is_ok = has_right_lengths(key, packet) &&
                        (key->integrity == HASH_NONE ? gcm_open(key, packet) : cbc_open(key, packet));
        if (packet->is_ok)
            wipe_material(key);
    }
}

static const uint8_t no_high_half[HIGH_LEN];

static bool hmac_fits(const struct burst_key *key, struct bytes covered, struct bytes icv, bool has_more)
{
    const struct bytes parts[] = {covered, bytes_of(no_high_half, has_more ? sizeof no_high_half : 0)};
    uint8_t digest[DIGEST_MAX];

    if (icv.len > hash_info(key->integrity)->digest_len)
        return false;
    struct bytes whole = hmac_with(&key->engine->integrity, parts, COUNT_OF(parts), digest);
    return bytes_equal_secret(bytes_of(whole.data, icv.len), icv);
}

/* What it decrypts to is thrown away, piece by piece. */
static void gcm_pass(EVP_CIPHER_CTX *context, struct bytes text)
{
    enum { PIECE = 1024 };
    uint8_t space[PIECE];

    while (text.len > 0) {
        size_t len = text.len < PIECE ? text.len : PIECE;
        int done = 0;

        CHECK(EVP_CipherUpdate(context, space, &done, text.data, (int)len) == 1);
        text = bytes_after(text, len);
    }
    bytes_wipe(space, sizeof space);
}

static bool gcm_fits(const struct burst_key *key, struct bytes covered, struct bytes icv, bool has_more)
{
    enum { HEADER_LEN = 8 };
    EVP_CIPHER_CTX *context = key->engine->context;
    uint8_t nonce[GCM_SALT_LEN + GCM_IV_LEN], tag[CIPHER_BLOCK_MAX], unused[CIPHER_BLOCK_MAX];
    bool is_gmac = key->kind == CIPHER_KIND_GMAC;
    int done = 0;

    if (covered.len < HEADER_LEN + GCM_IV_LEN || icv.len > sizeof tag)
        return false;
    memcpy(nonce, key->salt, GCM_SALT_LEN);
    memcpy(nonce + GCM_SALT_LEN, covered.data + HEADER_LEN, GCM_IV_LEN);
    memcpy(tag, icv.data, icv.len);
    CHECK(EVP_CipherInit_ex2(context, NULL, NULL, nonce, 0, NULL) == 1);
    CHECK(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, (int)icv.len, tag) == 1);
    gcm_cover(context, bytes_of(covered.data, SPI_LEN));
    if (has_more)
        gcm_cover(context, BYTES_OF(no_high_half));
    gcm_cover(context, bytes_of(covered.data + SPI_LEN, is_gmac ? covered.len - SPI_LEN : HEADER_LEN - SPI_LEN));
    if (!is_gmac)
        gcm_pass(context, bytes_after(covered, HEADER_LEN + GCM_IV_LEN));
    bool is_fit = EVP_CipherFinal_ex(context, unused, &done) == 1;
    CHECK(EVP_CipherInit_ex2(context, NULL, NULL, NULL, key->is_for_sealing, NULL) == 1);
    return is_fit;
}

bool burst_icv_fits(struct burst_key *key, struct bytes packet, size_t icv_len, bool has_more)
{
    if (icv_len == 0 || packet.len <= icv_len)
        return false;
    struct bytes covered = bytes_of(packet.data, packet.len - icv_len), icv = bytes_after(packet, covered.len);

    make_ready(key);
    return key->integrity == HASH_NONE ? gcm_fits(key, covered, icv, has_more) : hmac_fits(key, covered, icv, has_more);
}

/* Of the same kind, but for the length of its key. */
static enum cipher_id shorter_cipher(const struct cipher_info *of, size_t key_len)
{
    for (int id = CIPHER_NONE + 1; id < CIPHER_COUNT; id++) {
        const struct cipher_info *info = cipher_info((enum cipher_id)id);

        if (info->kind == of->kind && info->block_len == of->block_len && info->icv_len == of->icv_len &&
            info->key_len == key_len && key_len < of->key_len)
            return (enum cipher_id)id;
    }
    return CIPHER_NONE;
}

struct burst_key *burst_key_shorter(const struct burst_key *key, size_t key_len)
{
    const struct cipher_info *info = cipher_info(key->cipher);
    enum cipher_id cipher = shorter_cipher(info, key_len);
    uint8_t keymat[CIPHER_KEY_MAX + UINT8_MAX];
    size_t more_len = key->integrity == HASH_NONE ? GCM_SALT_LEN : key->integrity_key_len;

    if (cipher == CIPHER_NONE || !key->has_material)
        return NULL;
    memcpy(keymat, key->cipher_key, info->key_len);
    memcpy(keymat + info->key_len, key->integrity == HASH_NONE ? key->salt : key->integrity_key, more_len);
    bool is_gcm = key->integrity == HASH_NONE;
    struct burst_key *made =
        burst_key_make(cipher, bytes_of(keymat, key_len + (is_gcm ? GCM_SALT_LEN : 0)), key->integrity,
                       bytes_of(keymat + key_len, is_gcm ? 0 : more_len), key->icv_len, key->is_for_sealing);
    bytes_wipe(keymat, sizeof keymat);
    return made;
}
