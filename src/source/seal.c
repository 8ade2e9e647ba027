#include "source/seal.h"

#include "base/reader.h"
#include "crypto/cipher.h"
#include "crypto/hash.h"
#include "event/look.h"
#include "wire/payloads.h"
#include "wire/proposal.h"

#include <string.h>

static const struct {
    uint16_t encryption;
    uint8_t key_len;
    enum cipher_id cipher;
} ciphers[] = {
    {OAKLEY_ENC_DES_CBC, 8, CIPHER_DES_CBC},     {OAKLEY_ENC_3DES_CBC, 24, CIPHER_3DES_CBC},
    {OAKLEY_ENC_AES_CBC, 16, CIPHER_AES128_CBC}, {OAKLEY_ENC_AES_CBC, 24, CIPHER_AES192_CBC},
    {OAKLEY_ENC_AES_CBC, 32, CIPHER_AES256_CBC},
};

static const struct {
    uint16_t number;
    enum hash_id hash;
} hashes[] = {
    {OAKLEY_HASH_MD5, HASH_MD5},       {OAKLEY_HASH_SHA1, HASH_SHA1},     {OAKLEY_HASH_SHA256, HASH_SHA256},
    {OAKLEY_HASH_SHA384, HASH_SHA384}, {OAKLEY_HASH_SHA512, HASH_SHA512},
};

static void read_sa(struct known_sa *known, struct bytes body)
{
    struct sa_payload read;

    if (sa_read(&read, body) || read.transform_count == 0)
        return;
    const struct sa_transform *t = &read.transforms[0];
    known->count = read.transform_count;
    for (size_t i = 0; i < COUNT_OF(hashes); i++)
        if (hashes[i].number == t->hash)
            known->hash = hashes[i].hash;
    for (size_t i = 0; i < COUNT_OF(ciphers); i++)
        if (ciphers[i].encryption == t->encryption && (t->key_len == 0 || t->key_len == ciphers[i].key_len * 8)) {
            known->cipher = ciphers[i].cipher;
            break;
        }
}

const struct known_sa *known_sa_of(struct packets *p, struct bytes body)
{
    uint64_t look = look_mix_bytes(0, body.data, body.len) | 1;
    struct known_sa *known = &p->known_sas[(look >> 1) % KNOWN_SAS];

    if (known->look == look && bytes_equal(body, bytes_of(known->body, known->len)))
        return known;
    bool is_long = body.len > KNOWN_SA_LEN;
    known = is_long ? &p->long_sa : known;
    memset(known, 0, offsetof(struct known_sa, body));
    known->look = look;
    if (!is_long) {
        known->len = (uint16_t)body.len;
        memcpy(known->body, body.data, body.len);
    }
    read_sa(known, body);
    return known;
}

static void learn_algorithms(struct packets *p, struct seen_sa *sa, struct bytes body)
{
    const struct known_sa *known = known_sa_of(p, body);

    sa->hash = known->hash != HASH_NONE ? known->hash : sa->hash;
    sa->cipher = known->cipher != CIPHER_NONE ? known->cipher : sa->cipher;
}

static struct opener *opener_of(struct packets *p, const uint8_t cookie[static 8], size_t *from)
{
    for (; *from < p->opener_count; ++*from)
        if (p->openers[*from].is_any || memcmp(p->openers[*from].cookie, cookie, 8) == 0)
            return &p->openers[(*from)++];
    return NULL;
}

/* The one that is kept for this SA, or the place of the oldest. */
static struct share *share_of(struct packets *p, const struct seen_sa *sa)
{
    struct share *oldest = p->shares;

    for (struct share *share = p->shares; share < p->shares + SHARES_MAX; share++) {
        if (share->len > 0 && memcmp(share->cookie, sa->cookie, sizeof share->cookie) == 0)
            return share;
        if (share->last < oldest->last)
            oldest = share;
    }
    oldest->len = 0;
    return oldest;
}

static void keep_share(struct packets *p, const struct seen_sa *sa, struct bytes data)
{
    struct share *share = share_of(p, sa);

    memcpy(share->cookie, sa->cookie, sizeof share->cookie);
    memcpy(share->data, data.data, data.len);
    share->len = (uint16_t)data.len;
    share->last = sa->last;
}

static void begin_chain(struct packets *p, struct seen_sa *sa, struct bytes data)
{
    const struct share *share = share_of(p, sa);
    struct bytes parts[] = {bytes_of(share->data, share->len), data};
    uint8_t digest[DIGEST_MAX];

    if (sa->has_iv || sa->hash == HASH_NONE || share->len == 0)
        return;
    hash_of((enum hash_id)sa->hash, parts, COUNT_OF(parts), digest);
    memcpy(sa->iv, digest, sizeof sa->iv); /* the first block_len bytes of it; MD5 has as many as AES needs */
    sa->has_iv = true;
}

void seal_learn(struct packets *p, struct seen_sa *sa, const struct message *m, bool is_from_initiator)
{
    struct bytes body = message_body(m, PL_SA), share = message_body(m, PL_KE);

    if (body.len > 0 && !is_from_initiator)
        learn_algorithms(p, sa, body);
    if (p->opener_count == 0 || share.len == 0 || share.len > GROUP_PUBLIC_MAX)
        return;
    if (is_from_initiator)
        keep_share(p, sa, share);
    else
        begin_chain(p, sa, share);
}

/* Cipher by the length of the key, where the capture does not hold message 2. */
static enum cipher_id cipher_for(const struct seen_sa *sa, const struct opener *o)
{
    if (sa->cipher != CIPHER_NONE && cipher_info((enum cipher_id)sa->cipher)->key_len == o->key_len)
        return (enum cipher_id)sa->cipher;
    for (size_t i = 0; i < COUNT_OF(ciphers); i++)
        if (ciphers[i].key_len == o->key_len)
            return ciphers[i].cipher;
    return CIPHER_NONE;
}

/* IV of phase 2 and of informationals: hash of the last block of phase 1 and the message ID. */
static void iv_for(const struct seen_sa *sa, uint32_t message_id, uint8_t iv[static CIPHER_BLOCK_MAX], size_t block_len)
{
    uint8_t digest[DIGEST_MAX], id[4] = {(uint8_t)(message_id >> 24), (uint8_t)(message_id >> 16),
                                         (uint8_t)(message_id >> 8), (uint8_t)message_id};
    struct bytes parts[] = {bytes_of(sa->iv, block_len), BYTES_OF(id)};

    hash_of((enum hash_id)sa->hash, parts, COUNT_OF(parts), digest);
    memcpy(iv, digest, CIPHER_BLOCK_MAX);
}

/* Behind a spoiled first block: HASH of one of the lengths there are, then a Notify or a Delete that fills the rest up
 * to the padding. A Delete is told from a Notify by its length: 12 and the SPIs. */
static bool read_behind(struct bytes opened, size_t block_len, struct bytes *notify)
{
    for (enum hash_id hash = HASH_NONE + 1; hash < HASH_COUNT; hash++) {
        struct reader r = reader_of(bytes_after(opened, PAYLOAD_HEADER_LEN + hash_info(hash)->digest_len));
        uint8_t next = read_u8(&r), reserved = read_u8(&r);
        uint16_t len = read_u16(&r);
        uint32_t doi = read_u32(&r);
        uint8_t protocol = read_u8(&r), spi_len = read_u8(&r);
        uint16_t type = read_u16(&r);
        size_t left = opened.len - (PAYLOAD_HEADER_LEN + hash_info(hash)->digest_len);

        if (r.is_short || next != 0 || reserved != 0 || doi > 1 || protocol > 4 || len < 12 || len > left ||
            left - len > block_len)
            continue;
        bool is_delete = type > 0 && len == 12 + (size_t)type * spi_len && (spi_len == 4 || spi_len == 16);
        *notify = is_delete
                      ? (struct bytes){0}
                      : bytes_of(opened.data + PAYLOAD_HEADER_LEN + hash_info(hash)->digest_len + PAYLOAD_HEADER_LEN,
                                 (size_t)len - PAYLOAD_HEADER_LEN);
        return true;
    }
    return false;
}

/* What a message of this exchange begins with, when it has opened. */
static bool begins_right(const struct message *m)
{
    static const struct {
        uint8_t exchange, first;
    } firsts[] = {{XCHG_QUICK, PL_HASH}, {XCHG_INFORMATIONAL, PL_HASH}, {XCHG_TRANSACTION, PL_HASH}};

    if (m->payload_count == 0)
        return false;
    for (size_t i = 0; i < COUNT_OF(firsts); i++)
        if (firsts[i].exchange == m->header.exchange && firsts[i].first != m->payloads[0].type)
            return false;
    for (size_t i = 0; i < m->payload_count; i++)
        if (m->payloads[i].type == PL_NONE || !number_name(SPACE_PL, m->payloads[i].type))
            return false;
    return true;
}

static enum seal_result open_with(const struct seen_sa *sa, const struct opener *o, const uint8_t *iv,
                                  struct message *m, uint8_t *space, struct bytes *notify)
{
    enum cipher_id cipher = cipher_for(sa, o);
    static const uint8_t any[CIPHER_BLOCK_MAX];

    if (cipher == CIPHER_NONE || m->sealed.len == 0 || m->sealed.len > OPENED_LEN_MAX)
        return SEAL_DOES_NOT_OPEN;
    size_t block_len = cipher_info(cipher)->block_len;
    if (m->sealed.len % block_len != 0)
        return SEAL_DOES_NOT_OPEN;
    memcpy(space, m->sealed.data, m->sealed.len);
    cbc_decrypt(cipher, bytes_of(o->key, o->key_len), bytes_of(iv ? iv : any, block_len), space, m->sealed.len);
    struct bytes opened = bytes_of(space, m->sealed.len);
    if (iv &&
        !wire_payloads_read(m, m->header.first_payload, opened, (struct allowance){.padding_max = 2 * block_len}) &&
        begins_right(m))
        return SEAL_OPENED;
    m->payload_count = 0;
    if (m->header.exchange == XCHG_INFORMATIONAL && read_behind(opened, block_len, notify))
        return SEAL_OPENED_IN_PART;
    return SEAL_DOES_NOT_OPEN;
}

enum seal_result seal_open(struct packets *p, struct seen_sa *sa, struct seen_exchange *exchange, struct message *m,
                           uint8_t space[static OPENED_LEN_MAX], struct bytes *notify)
{
    enum seal_result result = SEAL_NO_KEY;
    uint8_t iv[CIPHER_BLOCK_MAX];
    const uint8_t *known = sa->has_iv ? iv : NULL;
    size_t from = 0, block_len = sa->cipher ? cipher_info((enum cipher_id)sa->cipher)->block_len : CIPHER_BLOCK_MAX;

    *notify = (struct bytes){0};
    if (sa->has_iv && exchange && exchange->is_begun)
        memcpy(iv, exchange->iv, sizeof iv);
    else if (sa->has_iv && m->header.message_id != 0)
        iv_for(sa, m->header.message_id, iv, block_len);
    else
        memcpy(iv, sa->iv, sizeof iv);
    for (struct opener *o;
         result != SEAL_OPENED && result != SEAL_OPENED_IN_PART && (o = opener_of(p, sa->cookie, &from));) {
        enum seal_result tried = open_with(sa, o, known, m, space, notify);

        if (o->is_any && tried == SEAL_OPENED) { /* now it is known whose it is */
            o->is_any = false;
            memcpy(o->cookie, sa->cookie, sizeof o->cookie);
        }
        result = o->is_any ? result : tried;
    }
    if (result == SEAL_NO_KEY || m->sealed.len < block_len || m->header.exchange == XCHG_INFORMATIONAL)
        return result;
    uint8_t *last = exchange ? exchange->iv : sa->iv;
    memcpy(last, m->sealed.data + m->sealed.len - block_len, block_len);
    if (exchange)
        exchange->is_begun = true;
    return result;
}
