#include "wire/proposal.h"

#include "base/check.h"
#include "base/reader.h"
#include "wire/transform.h"

#include <string.h>

/* Bytes before the SPI of a proposal, and before the attributes of a transform. RFC 2408 sections 3.5 and 3.6. */
enum { PROPOSAL_HEADER_LEN = 8, TRANSFORM_HEADER_LEN = 8, SPI_MIN = 256 };

/* RFC 2408 section 3.5 and RFC 2407 section 4.4.1: in phase 1 the cookies are the SPI, and one may be sent all the
 * same: one cookie, or both. */
static const struct {
    uint8_t protocol, min, max;
} spi_lens[] = {
    {PROTO_ISAKMP, 0, 0}, {PROTO_ISAKMP, 8, 8}, {PROTO_ISAKMP, 16, 16},
    {PROTO_AH, 4, 4},     {PROTO_ESP, 4, 4},    {PROTO_IPCOMP, 2, 4},
};

static enum wire_fault spi_check(uint8_t protocol, struct bytes spi)
{
    bool is_known = false, is_fit = false;

    for (size_t i = 0; i < COUNT_OF(spi_lens); i++) {
        if (spi_lens[i].protocol != protocol)
            continue;
        is_known = true;
        is_fit |= spi.len >= spi_lens[i].min && spi.len <= spi_lens[i].max;
    }
    if (is_known && !is_fit)
        return WIRE_SPI_SIZE;
    if (protocol != PROTO_AH && protocol != PROTO_ESP)
        return WIRE_OK;
    struct reader r = reader_of(spi);
    return read_u32(&r) < SPI_MIN ? WIRE_SPI_RESERVED : WIRE_OK; /* RFC 4303 section 2.1 */
}

/* One transform from the front of `r`; whether another one follows goes to `is_last`. */
static enum wire_fault transform_read(struct reader *r, struct sa_transform *t, uint8_t protocol, bool *is_last)
{
    uint8_t next = read_u8(r);
    uint8_t reserved = read_u8(r);
    uint16_t len = read_u16(r);

    *t = (struct sa_transform){.number = read_u8(r)};
    t->id = read_u8(r);
    uint16_t reserved2 = read_u16(r);

    if (!reader_is_ok(r) || len < TRANSFORM_HEADER_LEN)
        return WIRE_TRANSFORM_LEAVES;
    if (next != PL_NONE && next != PL_T)
        return WIRE_TRANSFORM_NEXT;
    if (reserved != 0 || reserved2 != 0)
        return WIRE_RESERVED;
    struct bytes attributes = read_bytes(r, len - TRANSFORM_HEADER_LEN);
    if (!reader_is_ok(r))
        return WIRE_TRANSFORM_LEAVES;
    *is_last = next == PL_NONE;
    return transform_attributes_read(t, protocol, attributes);
}

static enum wire_fault transforms_read(struct sa_payload *sa, struct sa_proposal *p, struct bytes bytes, uint8_t count)
{
    struct reader r = reader_of(bytes);
    bool is_last = count == 0;

    p->first_transform = sa->transform_count;
    while (!is_last) {
        if (sa->transform_count == SA_TRANSFORMS_MAX)
            return WIRE_TRANSFORMS_TOO_MANY;
        enum wire_fault fault = transform_read(&r, &sa->transforms[sa->transform_count], p->protocol, &is_last);
        if (fault)
            return fault;
        sa->transform_count++;
        p->transform_count++;
    }
    if (count == 0 || p->transform_count != count)
        return WIRE_TRANSFORM_COUNT;
    return reader_is_at_end(&r) ? WIRE_OK : WIRE_TRANSFORM_LEAVES;
}

static enum wire_fault proposal_read(struct reader *r, struct sa_payload *sa, bool *is_last)
{
    struct sa_proposal *p = &sa->proposals[sa->proposal_count];
    uint8_t next = read_u8(r);
    uint8_t reserved = read_u8(r);
    uint16_t len = read_u16(r);

    *p = (struct sa_proposal){.number = read_u8(r)};
    p->protocol = read_u8(r);
    uint8_t spi_len = read_u8(r);
    uint8_t count = read_u8(r);

    if (!reader_is_ok(r) || len < PROPOSAL_HEADER_LEN)
        return WIRE_PROPOSAL_LEAVES;
    if (next != PL_NONE && next != PL_P)
        return WIRE_PROPOSAL_NEXT;
    if (reserved != 0)
        return WIRE_RESERVED;
    struct bytes rest = read_bytes(r, len - PROPOSAL_HEADER_LEN);
    if (!reader_is_ok(r))
        return WIRE_PROPOSAL_LEAVES;
    if (spi_len > rest.len)
        return WIRE_SPI_SIZE;
    p->spi = bytes_of(rest.data, spi_len);
    *is_last = next == PL_NONE;
    enum wire_fault fault = spi_check(p->protocol, p->spi);
    return fault ? fault : transforms_read(sa, p, bytes_after(rest, spi_len), count);
}

static enum wire_fault proposals_read(struct sa_payload *sa, struct reader *r)
{
    bool is_last = false;

    if (r->rest.len == 0)
        return WIRE_NO_PROPOSALS;
    while (!is_last) {
        if (sa->proposal_count == SA_PROPOSALS_MAX)
            return WIRE_PROPOSALS_TOO_MANY;
        enum wire_fault fault = proposal_read(r, sa, &is_last);
        if (fault)
            return fault;
        sa->proposal_count++;
    }
    return reader_is_at_end(r) ? WIRE_OK : WIRE_PROPOSAL_LEAVES;
}

bool sa_find_spi_size(struct bytes body, uint8_t *protocol, uint8_t *spi_len)
{
    struct reader r = reader_of(body);

    read_u32(&r);
    read_u32(&r);
    while (reader_is_ok(&r) && r.rest.len > 0) {
        read_u16(&r);
        uint16_t len = read_u16(&r);
        read_u8(&r);
        *protocol = read_u8(&r);
        *spi_len = read_u8(&r);
        read_u8(&r);
        if (!reader_is_ok(&r) || len < PROPOSAL_HEADER_LEN)
            return false;
        struct bytes rest = read_bytes(&r, len - PROPOSAL_HEADER_LEN);
        if (!reader_is_ok(&r))
            return false;
        if (*spi_len > rest.len || spi_check(*protocol, bytes_of(rest.data, *spi_len)) == WIRE_SPI_SIZE)
            return true;
    }
    return false;
}

enum wire_fault sa_read(struct sa_payload *sa, struct bytes body)
{
    struct reader r = reader_of(body);
    struct sa_payload draft; /* large: no more of it is written and copied than there is */

    draft.doi = read_u32(&r);
    draft.situation = read_u32(&r);
    draft.proposal_count = draft.transform_count = 0;
    if (!reader_is_ok(&r))
        return WIRE_BODY_SHORT;
    if (draft.doi != DOI_IPSEC)
        return WIRE_DOI;
    if (draft.situation != SIT_IDENTITY_ONLY)
        return WIRE_SITUATION;
    enum wire_fault fault = proposals_read(&draft, &r);
    if (fault)
        return fault;
    memcpy(sa, &draft, offsetof(struct sa_payload, proposals));
    memcpy(sa->proposals, draft.proposals, draft.proposal_count * sizeof draft.proposals[0]);
    memcpy(sa->transforms, draft.transforms, draft.transform_count * sizeof draft.transforms[0]);
    return WIRE_OK;
}

const struct sa_transform *sa_transform_of(const struct sa_payload *sa, size_t proposal, size_t transform)
{
    CHECK(proposal < sa->proposal_count && transform < sa->proposals[proposal].transform_count);
    return &sa->transforms[sa->proposals[proposal].first_transform + transform];
}

bool sa_proposal_is_joined(const struct sa_payload *sa, size_t proposal)
{
    CHECK(proposal < sa->proposal_count);
    for (size_t i = 0; i < sa->proposal_count; i++)
        if (i != proposal && sa->proposals[i].number == sa->proposals[proposal].number)
            return true;
    return false;
}

struct sa_payload sa_begin(void)
{
    return (struct sa_payload){.doi = DOI_IPSEC, .situation = SIT_IDENTITY_ONLY};
}

void sa_add_proposal(struct sa_payload *sa, uint8_t number, uint8_t protocol, struct bytes spi)
{
    CHECK(sa->proposal_count < SA_PROPOSALS_MAX && spi.len <= UINT8_MAX);
    sa->proposals[sa->proposal_count++] = (struct sa_proposal){
        .number = number, .protocol = protocol, .spi = spi, .first_transform = sa->transform_count};
}

void sa_add_transform(struct sa_payload *sa, struct sa_transform t)
{
    CHECK(sa->proposal_count > 0 && sa->transform_count < SA_TRANSFORMS_MAX);
    struct sa_proposal *p = &sa->proposals[sa->proposal_count - 1];

    t.number = ++p->transform_count;
    t.fault = WIRE_OK;
    t.attributes = (struct bytes){0};
    sa->transforms[sa->transform_count++] = t;
}

static void transform_write(struct writer *w, const struct sa_transform *t, uint8_t protocol, bool is_last)
{
    size_t begin = w->len;

    write_u8(w, is_last ? PL_NONE : PL_T);
    write_u8(w, 0);
    size_t len_at = write_gap(w, 2);
    write_u8(w, t->number);
    write_u8(w, t->id);
    write_u16(w, 0);
    if (t->attributes.len > 0)
        write_bytes(w, t->attributes);
    else
        transform_attributes_write(w, protocol, t);
    patch_u16(w, len_at, (uint16_t)(w->len - begin));
}

void sa_write(struct writer *w, const struct sa_payload *sa)
{
    write_u32(w, sa->doi);
    write_u32(w, sa->situation);
    for (size_t i = 0; i < sa->proposal_count; i++) {
        const struct sa_proposal *p = &sa->proposals[i];
        size_t begin = w->len;

        write_u8(w, i + 1 == sa->proposal_count ? PL_NONE : PL_P);
        write_u8(w, 0);
        size_t len_at = write_gap(w, 2);
        write_u8(w, p->number);
        write_u8(w, p->protocol);
        write_u8(w, (uint8_t)p->spi.len);
        write_u8(w, p->transform_count);
        write_bytes(w, p->spi);
        for (size_t k = 0; k < p->transform_count; k++)
            transform_write(w, sa_transform_of(sa, i, k), p->protocol, k + 1 == p->transform_count);
        patch_u16(w, len_at, (uint16_t)(w->len - begin));
    }
}

struct sa_payload sa_choose(const struct sa_payload *offer, size_t proposal, size_t transform, struct bytes spi)
{
    struct sa_payload choice = sa_begin();
    const struct sa_proposal *p = &offer->proposals[proposal];

    choice.transforms[0] = *sa_transform_of(offer, proposal, transform);
    choice.transform_count = 1;
    choice.proposals[0] =
        (struct sa_proposal){.number = p->number, .protocol = p->protocol, .spi = spi, .transform_count = 1};
    choice.proposal_count = 1;
    return choice;
}

/* The number that the peer kept is the better witness; a peer that counts anew is understood by the attributes alone.
 */
static bool find_transform(const struct sa_payload *offer, size_t proposal, const struct sa_transform *chosen,
                           size_t *transform)
{
    bool is_found = false;

    for (size_t k = 0; k < offer->proposals[proposal].transform_count; k++) {
        const struct sa_transform *t = sa_transform_of(offer, proposal, k);
        if (!sa_transform_equal(t, chosen))
            continue;
        if (t->number == chosen->number || !is_found)
            *transform = k;
        if (t->number == chosen->number)
            return true;
        is_found = true;
    }
    return is_found;
}

bool sa_find_choice(const struct sa_payload *offer, const struct sa_payload *answer, size_t *proposal,
                    size_t *transform)
{
    if (answer->proposal_count != 1 || answer->transform_count != 1)
        return false;
    for (size_t i = 0; i < offer->proposal_count; i++) {
        if (offer->proposals[i].number != answer->proposals[0].number ||
            offer->proposals[i].protocol != answer->proposals[0].protocol)
            continue;
        if (find_transform(offer, i, &answer->transforms[0], transform)) {
            *proposal = i;
            return true;
        }
    }
    return false;
}
