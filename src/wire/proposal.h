/* The SA payload: proposals, transforms, attributes. RFC 2408 sections 3.4 to 3.6, 4.2 and 5.4 to 5.6.
 *
 * What is wrong with the payload as such is returned and refuses it whole. What is wrong inside one transform stands in
 * that transform's `fault`: it fits no policy, the others still may.
 *
 *     struct sa_payload sa;
 *     if (!(fault = sa_read(&sa, body)))
 *         for (size_t i = 0; i < sa.proposal_count; i++)
 *             for (size_t k = 0; k < sa.proposals[i].transform_count; k++)
 *                 ... const struct sa_transform *t = sa_transform_of(&sa, i, k); if (t->fault) refused; t->encryption
 * ...
 *
 * To write: sa_begin, sa_add_proposal, sa_add_transform, sa_write. To answer with one of the peer's: sa_choose, then
 * set the SPI. */
#ifndef WIRE_PROPOSAL_H
#define WIRE_PROPOSAL_H

#include "base/text.h"
#include "base/writer.h"
#include "wire/fault.h"
#include "wire/numbers.h"

enum { SA_PROPOSALS_MAX = 16, SA_TRANSFORMS_MAX = 64 /* of all proposals together */ };

/* One transform. An attribute that is missing is 0; `present` tells it from one whose value is 0. Phase 1 (protocol
 * ISAKMP) has encryption, hash, auth, group; phase 2 has the cipher in `id`, and encapsulation, auth, group, esn. */
struct sa_transform {
    uint8_t number;
    uint8_t id;             /* KEY_IKE, ESP_TRANSFORM_*, AH_TRANSFORM_* */
    uint8_t fault;          /* enum wire_fault: ATTRIBUTE_UNKNOWN, _FORM, _TWICE, LIFE_ORDER: must not be chosen */
    uint32_t present;       /* bit n: attribute n (OAKLEY_* or IPSEC_*) is here; see sa_transform_has */
    uint16_t encryption;    /* OAKLEY_ENC_* */
    uint16_t hash;          /* OAKLEY_HASH_* */
    uint16_t auth;          /* phase 1: OAKLEY_AUTH_*, the method; phase 2: IPSEC_AUTH_*, the algorithm */
    uint16_t group;         /* OAKLEY_GROUP_*, any number as it came */
    uint16_t key_len;       /* bits */
    uint16_t encapsulation; /* IPSEC_ENCAP_* */
    uint16_t esn;           /* IPSEC_ESN_* */
    bool has_seconds, has_kilobytes;
    bool has_short_seconds; /* read: they came as two bytes of value */
    uint64_t life_seconds, life_kilobytes; /* as they came, 0 too; larger than 64 bits: UINT64_MAX */
    struct bytes attributes; /* as they came; when not empty, these are what sa_write writes, for an answer repeats the
                                offer's bytes */
};

struct sa_proposal {
    uint8_t number;   /* proposals of one number belong together (AND), different numbers are alternatives (OR) */
    uint8_t protocol; /* PROTO_*, or a number that we do not know (then its transforms have ATTRIBUTE_UNKNOWN) */
    struct bytes spi; /* AH, ESP: 4 bytes from 256 on; IPCOMP: 2 or 4; ISAKMP: 0 to 16 */
    uint8_t first_transform, transform_count; /* in sa_payload.transforms */
};

struct sa_payload {
    uint32_t doi;       /* DOI_IPSEC */
    uint32_t situation; /* SIT_IDENTITY_ONLY */
    uint8_t proposal_count, transform_count;
    struct sa_proposal proposals[SA_PROPOSALS_MAX];
    struct sa_transform transforms[SA_TRANSFORMS_MAX];
};

/* `body` is the payload without its generic header: SAi_b of RFC 2409. Views into it. `sa` is untouched on failure. */
enum wire_fault sa_read(struct sa_payload *sa, struct bytes body);

/* Of a body that sa_read has refused by WIRE_SPI_SIZE: the first proposal with an SPI of a wrong size. False: there is
 * none. */
bool sa_find_spi_size(struct bytes body, uint8_t *protocol, uint8_t *spi_len);

const struct sa_transform *sa_transform_of(const struct sa_payload *sa, size_t proposal, size_t transform);
static inline bool sa_transform_has(const struct sa_transform *t, unsigned attribute)
{
    return attribute < 32 && (t->present >> attribute & 1) != 0;
}

/* Another proposal has the same number: both would have to be taken. */
bool sa_proposal_is_joined(const struct sa_payload *sa, size_t proposal);

/* An empty SA payload of the IPsec DOI. */
struct sa_payload sa_begin(void);

/* The SPI is borrowed until sa_write. More than the limits is our own mistake. `number` counts from 1. */
void sa_add_proposal(struct sa_payload *sa, uint8_t number, uint8_t protocol, struct bytes spi);

/* To the last proposal; numbered from 1 within it. The fields say what is written: a field that is 0 and an absent
 * lifetime are left out, unless `present` has the attribute. */
void sa_add_transform(struct sa_payload *sa, struct sa_transform t);

/* The body of an SA payload. Lifetimes are written long, four bytes, eight when they need it, as Cisco's are. */
void sa_write(struct writer *w, const struct sa_payload *sa);

/* The answer that takes one proposal and one transform of an offer: same numbers, same attribute bytes. RFC 2408
 * section 4.2. */
struct sa_payload sa_choose(const struct sa_payload *offer, size_t proposal, size_t transform, struct bytes spi);

/* Same id and attributes, in any order and form; lifetimes may differ. */
bool sa_transform_equal(const struct sa_transform *a, const struct sa_transform *b);

/* The answer is one proposal with one transform, and that is one of `offer` with the same proposal number and protocol:
 * SAr is covered by no hash, so it is compared. Lifetimes may differ. False, and results untouched, when it is anything
 * else. */
bool sa_find_choice(const struct sa_payload *offer, const struct sa_payload *answer, size_t *proposal,
                    size_t *transform);

/* "ESP AES-256 HMAC-SHA ..." in one line: "encryption AES-CBC (7), key length 256, ...". `protocol` says which phase.
 */
void text_add_transform(struct text *t, uint8_t protocol, const struct sa_transform *transform);

#endif
