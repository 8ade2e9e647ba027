#include "cli/probe_message.h"

#include "base/check.h"
#include "crypto/group.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "policy/choose.h"
#include "wire/payloads.h"
#include "wire/vendor.h"

#include <string.h>

enum { NONCE_LEN = 32, FILLING_LEN = 200 };

static const struct probe_offer offers[] = {
#define OFFER(cipher, bits, hash_name, method, group_name, name)                                                       \
    {{.id = KEY_IKE,                                                                                                   \
      .encryption = OAKLEY_ENC_##cipher,                                                                               \
      .key_len = bits,                                                                                                 \
      .hash = OAKLEY_HASH_##hash_name,                                                                                 \
      .auth = OAKLEY_AUTH_##method,                                                                                    \
      .group = OAKLEY_GROUP_##group_name,                                                                              \
      .has_seconds = true,                                                                                             \
      .life_seconds = 28800},                                                                                          \
     name},
#define REPEATS(...)
#include "cli/probe.def"
#undef OFFER
#undef REPEATS
};

static const struct {
    uint16_t first, second;
    const char *product;
} repeats[] = {
#define OFFER(...)
#define REPEATS(...) {__VA_ARGS__},
#include "cli/probe.def"
#undef OFFER
#undef REPEATS
};

const struct probe_offer *probe_offer(size_t index)
{
    return index < COUNT_OF(offers) ? &offers[index] : NULL;
}

/* A tenth of the time and half a second: clocks and networks differ. */
static bool is_near(unsigned seen, unsigned known)
{
    unsigned distance = seen > known ? seen - known : known - seen;

    return distance <= known / 10 + 2;
}

const char *probe_who_repeats(unsigned first, unsigned second)
{
    for (size_t i = 0; i < COUNT_OF(repeats); i++)
        if (is_near(first, repeats[i].first) && (second == 0 || is_near(second, repeats[i].second)))
            return repeats[i].product;
    return NULL;
}

static void add_offer(struct message_writer *m, const struct probe_offer *offer)
{
    struct sa_payload sa = sa_begin();

    sa_add_proposal(&sa, 1, PROTO_ISAKMP, bytes_of(NULL, 0));
    sa_add_transform(&sa, offer->transform);
    sa_write(payload_begin(m, PL_SA), &sa);
    payload_end(m);
}

static void add_vendors(struct message_writer *m)
{
    for (int variant = NATT_NONE + 1; variant < NATT_COUNT; variant++) {
        vendor_write(payload_begin(m, PL_VID), natt_of((enum natt_variant)variant)->vendor);
        payload_end(m);
    }
    static const enum vendor_id others[] = {VENDOR_DPD, VENDOR_FRAGMENTATION};

    for (size_t i = 0; i < COUNT_OF(others); i++) {
        vendor_write(payload_begin(m, PL_VID), others[i]);
        payload_end(m);
    }
}

static struct header header_of(const uint8_t cookies[2][COOKIE_LEN], uint8_t exchange)
{
    struct header header = {.exchange = exchange};

    memcpy(header.cookies, cookies, sizeof header.cookies);
    return header;
}

struct bytes probe_first(uint8_t space[static PROBE_MESSAGE_MAX], const uint8_t cookies[2][COOKIE_LEN],
                         const struct probe_offer *offer, size_t filling)
{
    static const uint8_t nobody[FILLING_LEN] = "this is only to see whether a message of this size gets through";
    struct writer w = writer_of(space, PROBE_MESSAGE_MAX);
    struct header header = header_of(cookies, XCHG_MAIN);
    struct message_writer m = message_begin(&w, &header);

    add_offer(&m, offer);
    add_vendors(&m);
    for (size_t done = 0; done < filling; done += FILLING_LEN)
        message_add(&m, PL_VID, BYTES_OF(nobody));
    return message_end(&m);
}

static bool add_share_and_nonce(struct message_writer *m, const struct probe_offer *offer)
{
    enum group_id group = group_of_number(offer->transform.group);
    uint8_t random[GROUP_RANDOM_MAX], own[GROUP_PRIVATE_MAX], share[GROUP_PUBLIC_MAX], nonce[NONCE_LEN];

    if (!random_fill(random, group_random_len(group)) || !random_fill(nonce, sizeof nonce))
        return false;
    group_private(group, random, own);
    group_public(group, own, share);
    bytes_wipe(own, sizeof own);
    bytes_wipe(random, sizeof random);
    message_add(m, PL_KE, bytes_of(share, group_info(group)->public_len));
    message_add(m, PL_NONCE, BYTES_OF(nonce));
    return true;
}

bool probe_first_aggressive(uint8_t space[static PROBE_MESSAGE_MAX], const uint8_t cookies[2][COOKIE_LEN],
                            const struct probe_offer *offer, struct ip identity, struct bytes *message)
{
    struct writer w = writer_of(space, PROBE_MESSAGE_MAX);
    struct header header = header_of(cookies, XCHG_AGGRESSIVE);
    struct message_writer m = message_begin(&w, &header);
    uint8_t data[ID_DATA_MAX];
    struct id id = id_of_range((struct ip_range){identity, identity}, 17, IKE_PORT, data);

    add_offer(&m, offer);
    if (!add_share_and_nonce(&m, offer))
        return false;
    id_write(payload_begin(&m, PL_ID), &id);
    payload_end(&m);
    add_vendors(&m);
    *message = message_end(&m);
    return true;
}

static struct bytes nat_d_of(const uint8_t cookies[2][COOKIE_LEN], const struct probe_offer *offer,
                             struct endpoint endpoint, uint8_t digest[static DIGEST_MAX])
{
    uint8_t space[NAT_D_INPUT_MAX];
    struct bytes input = nat_d_input(space, cookies, endpoint);

    return hash_of(policy_hash_of(offer->transform.hash), &input, 1, digest);
}

bool probe_third(uint8_t space[static PROBE_MESSAGE_MAX], const uint8_t cookies[2][COOKIE_LEN],
                 const struct probe_offer *offer, enum natt_variant natt, struct endpoint remote, struct endpoint local,
                 struct bytes *message)
{
    struct writer w = writer_of(space, PROBE_MESSAGE_MAX);
    struct header header = header_of(cookies, XCHG_MAIN);
    struct message_writer m = message_begin(&w, &header);
    uint8_t digest[DIGEST_MAX];

    if (!add_share_and_nonce(&m, offer))
        return false;
    if (natt != NATT_NONE) {
        message_add(&m, natt_of(natt)->nat_d, nat_d_of(cookies, offer, remote, digest));
        message_add(&m, natt_of(natt)->nat_d, nat_d_of(cookies, offer, local, digest));
    }
    *message = message_end(&m);
    return true;
}

struct probe_answer probe_answer_of(struct bytes datagram)
{
    struct probe_answer answer = {.kind = PROBE_OTHER};
    struct notify notify;

    if (wire_message_read(&answer.message, datagram) != WIRE_OK)
        return answer;
    if (notify_read(&notify, message_body(&answer.message, PL_NOTIFY)) == WIRE_OK &&
        answer.message.header.exchange == XCHG_INFORMATIONAL) {
        answer.kind = PROBE_NOTIFIES;
        answer.notify = notify.type;
    } else if (message_payload(&answer.message, PL_SA) != NULL) {
        answer.kind = PROBE_ACCEPTS;
    } else if (message_payload(&answer.message, PL_KE) != NULL) {
        answer.kind = PROBE_GOES_ON;
    }
    return answer;
}

enum natt_variant probe_natt_of(const struct message *m)
{
    enum natt_variant best = NATT_NONE;

    for (size_t i = 0; i < message_count(m, PL_VID); i++) {
        enum natt_variant natt = natt_of_vendor(vendor_of(message_nth(m, PL_VID, i)->body).id);

        if (natt != NATT_NONE && (best == NATT_NONE || natt < best))
            best = natt;
    }
    return best;
}

bool probe_nat_of(const struct message *m, enum natt_variant natt, const struct probe_offer *offer,
                  struct endpoint remote, struct endpoint local, bool *at_ours, bool *at_theirs)
{
    uint8_t type = natt == NATT_NONE ? 0 : natt_of(natt)->nat_d, digest[DIGEST_MAX];
    size_t count = natt == NATT_NONE ? 0 : message_count(m, type);

    if (count < 2)
        return false;
    struct bytes mine = nat_d_of(m->header.cookies, offer, local, digest);
    *at_ours = !bytes_equal(mine, message_nth(m, type, 0)->body);
    struct bytes theirs = nat_d_of(m->header.cookies, offer, remote, digest);
    *at_theirs = true;
    for (size_t i = 1; i < count; i++)
        *at_theirs &= !bytes_equal(theirs, message_nth(m, type, i)->body);
    return true;
}
