#include "sim/faults.h"

#include "crypto/cipher.h"
#include "wire/message.h"

#include <string.h>

enum operation {
    OP_NONE,
    OP_LOSE,
    OP_REPEAT,
    OP_LATE,
    OP_CUT,
    OP_FLIP,
    OP_APPEND,
    OP_COOKIE,
    OP_ID,
    OP_EXCHANGE,
    OP_WRONG_IV,
    OP_OPEN,
    OP_ZERO,
    OP_SHORTEN,
    OP_RENAME,
    OP_CHANGE,
    OP_OTHER,
};

static const struct {
    const char *words;
    enum operation operation;
    uint8_t payload;
} impairments[IMPAIR_COUNT] = {
    [IMPAIR_NONE] = {"", OP_NONE, PL_NONE},
#define FAULT(name, words, operation, payload) [IMPAIR_##name] = {words, OP_##operation, PL_##payload},
#include "sim/faults.def"
#undef FAULT
};

/* Places in the ISAKMP header, RFC 2408 section 3.1. */
enum { COOKIE_AT = 7, FIRST_PAYLOAD_AT = 16, EXCHANGE_AT = 18, FLAGS_AT = 19, ID_AT = 23, LENGTH_AT = 24 };

const char *impairment_words(enum impairment impairment)
{
    return impairments[impairment].words;
}

static bool is_sealed(const struct impaired *d)
{
    return d->len >= HEADER_LEN && (d->data[FLAGS_AT] & FLAG_ENCRYPTION) != 0;
}

static void set_length(struct impaired *d)
{
    for (int i = 0; i < 4; i++)
        d->data[LENGTH_AT + i] = (uint8_t)(d->len >> (24 - 8 * i));
}

static bool seal_or_open(const struct impair_keys *keys, struct impaired *d, bool is_opening)
{
    size_t block_len = cipher_info(keys->cipher)->block_len, len = d->len - HEADER_LEN;
    struct bytes key = bytes_of(keys->key, cipher_info(keys->cipher)->key_len), iv = bytes_of(keys->iv, block_len);

    if (keys->cipher == CIPHER_NONE || len == 0 || len % block_len != 0)
        return false;
    (is_opening ? cbc_decrypt : cbc_encrypt)(keys->cipher, key, iv, d->data + HEADER_LEN, len);
    return true;
}

/* The generic header of the payload of that type, and where the number stands that says so; 0: there is none. */
static size_t find_payload(const struct impaired *d, uint8_t type, size_t *named_at)
{
    size_t at = HEADER_LEN;
    uint8_t next = d->data[FIRST_PAYLOAD_AT];

    *named_at = FIRST_PAYLOAD_AT;
    while (next != PL_NONE && at + PAYLOAD_HEADER_LEN <= d->len) {
        size_t len = (size_t)d->data[at + 2] << 8 | d->data[at + 3];

        if (len < PAYLOAD_HEADER_LEN || at + len > d->len)
            return 0;
        if (next == type)
            return at;
        *named_at = at;
        next = d->data[at];
        at += len;
    }
    return 0;
}

/* To half of its bytes, and at most to 4. */
static void shorten(struct impaired *d, size_t at)
{
    size_t len = (size_t)d->data[at + 2] << 8 | d->data[at + 3], body = len - PAYLOAD_HEADER_LEN;
    size_t less = body > 8 ? body - 4 : body / 2;

    memmove(d->data + at + len - less, d->data + at + len, d->len - at - len);
    d->len -= less;
    len -= less;
    d->data[at + 2] = (uint8_t)(len >> 8);
    d->data[at + 3] = (uint8_t)len;
}

enum { PAYLOAD_UNKNOWN = 120 };

/* Its attribute, in two bytes and two (RFC 2409 appendix A), in each transform. */
static bool change_hash_algorithm(struct impaired *d, size_t body, size_t body_len)
{
    bool is_found = false;

    for (size_t i = body; i + 4 <= body + body_len; i++) {
        if (d->data[i] != 0x80 || d->data[i + 1] != OAKLEY_HASH || d->data[i + 2] != 0)
            continue;
        d->data[i + 3] ^= 1;
        is_found = true;
    }
    return is_found;
}

static bool edit_payload(enum operation operation, uint8_t type, struct impaired *d)
{
    size_t named_at, at = find_payload(d, type, &named_at);
    size_t body = at + PAYLOAD_HEADER_LEN;

    if (at == 0)
        return false;
    size_t body_len = ((size_t)d->data[at + 2] << 8 | d->data[at + 3]) - PAYLOAD_HEADER_LEN;
    if (operation == OP_ZERO)
        memset(d->data + body, 0, body_len);
    else if (operation == OP_CHANGE && body_len > 0)
        d->data[body + body_len - 1] ^= 1;
    else if (operation == OP_OTHER)
        return change_hash_algorithm(d, body, body_len);
    else if (operation == OP_SHORTEN)
        shorten(d, at);
    else if (operation == OP_RENAME)
        d->data[named_at] = PAYLOAD_UNKNOWN;
    return true;
}

/* Whole blocks again: what is cut from a payload leaves room for padding. */
static bool pad(const struct impair_keys *keys, struct impaired *d)
{
    size_t block_len = cipher_info(keys->cipher)->block_len;

    while ((d->len - HEADER_LEN) % block_len != 0) {
        if (d->len == sizeof d->data)
            return false;
        d->data[d->len++] = 0;
    }
    return true;
}

static bool edit(enum operation operation, uint8_t payload, const struct impair_keys *keys, struct impaired *d)
{
    bool was_sealed = is_sealed(d);

    if (d->len < HEADER_LEN || (was_sealed && !seal_or_open(keys, d, true)))
        return false;
    bool is_done = edit_payload(operation, payload, d);
    if (was_sealed && (!pad(keys, d) || !seal_or_open(keys, d, false)))
        return false;
    set_length(d);
    return is_done;
}

static bool reseal_wrongly(const struct impair_keys *keys, struct impaired *d)
{
    struct impair_keys wrong = *keys;

    wrong.iv[0] ^= 1;
    return is_sealed(d) && seal_or_open(keys, d, true) && seal_or_open(&wrong, d, false);
}

/* As if it had never been sealed: without the padding. */
static bool open_up(const struct impair_keys *keys, struct impaired *d)
{
    struct message m;

    if (!is_sealed(d) || !seal_or_open(keys, d, true))
        return false;
    if (wire_header_read(&m, bytes_of(d->data, d->len)) != WIRE_OK ||
        wire_payloads_read(&m, m.header.first_payload, bytes_of(d->data + HEADER_LEN, d->len - HEADER_LEN),
                           (struct allowance){.padding_max = CIPHER_BLOCK_MAX}) != WIRE_OK)
        return false;
    d->len -= m.padding.len;
    d->data[FLAGS_AT] &= (uint8_t)~FLAG_ENCRYPTION;
    set_length(d);
    return true;
}

bool impair(enum impairment impairment, const struct impair_keys *keys, struct impaired *d)
{
    if (d->len < HEADER_LEN)
        return false;
    switch (impairments[impairment].operation) {
    case OP_NONE: return false;
    case OP_LOSE: d->copies = 0; return true;
    case OP_REPEAT: d->copies *= 2; return true;
    case OP_LATE: d->late_ms = IMPAIRED_LATE_MS; return true;
    case OP_CUT: d->len /= 2; return true;
    case OP_FLIP: d->data[d->len - 1] ^= 0x10; return true;
    case OP_APPEND:
        if (d->len == sizeof d->data)
            return false;
        d->data[d->len++] = 0;
        return true;
    case OP_COOKIE: d->data[COOKIE_AT] ^= 1; return true;
    case OP_ID: d->data[ID_AT] ^= 1; return true;
    case OP_EXCHANGE: d->data[EXCHANGE_AT] = XCHG_AGGRESSIVE; return true;
    case OP_WRONG_IV: return reseal_wrongly(keys, d);
    case OP_OPEN: return open_up(keys, d);
    case OP_ZERO:
    case OP_SHORTEN:
    case OP_RENAME:
    case OP_CHANGE:
    case OP_OTHER: {
        struct impaired before = *d;

        if (edit(impairments[impairment].operation, impairments[impairment].payload, keys, d))
            return true;
        *d = before;
        return false;
    }
    }
    return false;
}
