#include "wire/payloads.h"

#include "base/check.h"
#include "wire/fragment.h"
#include "wire/layout.h"

/* Pads of mode config that are overlooked: up to the next multiple of four. */
enum { CONFIG_PADDING_MAX = 3 };

static enum wire_fault opaque_read(struct raw *raw, struct bytes body, size_t min, size_t max, enum wire_fault fault)
{
    if (body.len < min || body.len > max)
        return fault;
    return layout_read(LAYOUT_OPAQUE, raw, body);
}

enum wire_fault ke_read(struct raw *ke, struct bytes body)
{
    return opaque_read(ke, body, 1, SIZE_MAX, WIRE_BODY_EMPTY);
}

enum wire_fault nonce_read(struct raw *nonce, struct bytes body)
{
    return opaque_read(nonce, body, NONCE_LEN_MIN, NONCE_LEN_MAX, WIRE_NONCE_LENGTH);
}

enum wire_fault hash_read(struct raw *hash, struct bytes body)
{
    return opaque_read(hash, body, 1, SIZE_MAX, WIRE_BODY_EMPTY);
}

enum wire_fault sig_read(struct raw *sig, struct bytes body)
{
    return opaque_read(sig, body, 1, SIZE_MAX, WIRE_BODY_EMPTY);
}

enum wire_fault vid_read(struct raw *vid, struct bytes body)
{
    return layout_read(LAYOUT_VID, vid, body);
}

enum wire_fault nat_d_read(struct raw *nat_d, struct bytes body)
{
    return layout_read(LAYOUT_NAT_D, nat_d, body);
}

enum wire_fault cert_read(struct cert *cert, struct bytes body)
{
    struct cert draft = {0};
    enum wire_fault fault = layout_read(LAYOUT_CERT, &draft, body);

    if (!fault && draft.data.len == 0)
        fault = WIRE_BODY_EMPTY;
    if (!fault)
        *cert = draft;
    return fault;
}

void cert_write(struct writer *w, const struct cert *cert)
{
    layout_write(w, LAYOUT_CERT, cert);
}

enum wire_fault cr_read(struct cert *cr, struct bytes body)
{
    struct cert draft = {0};
    enum wire_fault fault = layout_read(LAYOUT_CR, &draft, body);

    if (!fault)
        *cr = draft;
    return fault;
}

void cr_write(struct writer *w, const struct cert *cr)
{
    layout_write(w, LAYOUT_CR, cr);
}

/* Peers name either DOI in what is about the ISAKMP SA. */
static enum wire_fault doi_check(uint32_t doi)
{
    return number_name(SPACE_DOI, doi) == NULL ? WIRE_DOI : WIRE_OK;
}

bool notify_is_error(uint16_t type)
{
    enum { FIRST_STATUS = 16384 };

    return type < FIRST_STATUS;
}

enum wire_fault notify_read(struct notify *notify, struct bytes body)
{
    struct notify draft = {0};
    enum wire_fault fault = layout_read(LAYOUT_NOTIFY, &draft, body);

    if (!fault)
        fault = doi_check(draft.doi);
    if (!fault)
        *notify = draft;
    return fault;
}

void notify_write(struct writer *w, const struct notify *notify)
{
    CHECK(notify->spi.len <= UINT8_MAX);
    layout_write(w, LAYOUT_NOTIFY, notify);
}

/* RFC 2408 section 3.15: the SPI of an ISAKMP SA is its pair of cookies. */
static enum wire_fault delete_check(const struct delete *d)
{
    static const struct {
        uint8_t protocol, min, max;
    } spi_lens[] = {{PROTO_ISAKMP, 16, 16}, {PROTO_AH, 4, 4}, {PROTO_ESP, 4, 4}, {PROTO_IPCOMP, 2, 4}};
    bool fits = false;

    for (size_t i = 0; i < COUNT_OF(spi_lens); i++)
        fits = fits ||
               (spi_lens[i].protocol == d->protocol && d->spi_len >= spi_lens[i].min && d->spi_len <= spi_lens[i].max);
    if (!fits)
        return WIRE_SPI_SIZE;
    if (d->spi_count > DELETE_SPIS_MAX)
        return WIRE_DELETE_TOO_MANY;
    return d->spi_count == 0 || (size_t)d->spi_len * d->spi_count != d->spis.len ? WIRE_DELETE_LENGTH : WIRE_OK;
}

enum wire_fault delete_read(struct delete *delete, struct bytes body)
{
    struct delete draft = {0};
    enum wire_fault fault = layout_read(LAYOUT_DELETE, &draft, body);

    if (!fault)
        fault = doi_check(draft.doi);
    if (!fault)
        fault = delete_check(&draft);
    if (!fault)
        *delete = draft;
    return fault;
}

void delete_write(struct writer *w, const struct delete *delete)
{
    CHECK(!delete_check(delete));
    layout_write(w, LAYOUT_DELETE, delete);
}

struct bytes delete_spi(const struct delete *delete, size_t index)
{
    CHECK(index < delete->spi_count);
    return bytes_of(delete->spis.data + index * delete->spi_len, delete->spi_len);
}

/* The attributes without what pads them: whole attributes up to there, and at most three zero bytes after. */
static enum wire_fault attributes_trim(struct bytes *attributes)
{
    struct reader r = reader_of(*attributes);
    struct attribute a;

    while (r.rest.len > CONFIG_PADDING_MAX)
        if (!attribute_read(&r, &a))
            return WIRE_ATTRIBUTE_CUT;
    if (r.rest.len > 0 && !bytes_are_zero(r.rest))
        return WIRE_ATTRIBUTE_CUT;
    attributes->len -= r.rest.len;
    return WIRE_OK;
}

enum wire_fault config_read(struct config *config, struct bytes body)
{
    struct config draft = {0};
    enum wire_fault fault = layout_read(LAYOUT_ATTR, &draft, body);

    if (!fault)
        fault = attributes_trim(&draft.attributes);
    if (!fault)
        *config = draft;
    return fault;
}

void config_write(struct writer *w, const struct config *config)
{
    layout_write(w, LAYOUT_ATTR, config);
}

enum wire_fault nat_oa_read(struct nat_oa *nat_oa, struct bytes body)
{
    struct nat_oa draft = {0};
    enum wire_fault fault = layout_read(LAYOUT_NAT_OA, &draft, body);

    if (!fault && !(draft.type == ID_IPV4_ADDR && draft.data.len == 4) &&
        !(draft.type == ID_IPV6_ADDR && draft.data.len == 16))
        fault = WIRE_NAT_OA_TYPE;
    if (!fault)
        *nat_oa = draft;
    return fault;
}

void nat_oa_write(struct writer *w, const struct nat_oa *nat_oa)
{
    layout_write(w, LAYOUT_NAT_OA, nat_oa);
}

enum wire_fault fragment_read(struct fragment *fragment, struct bytes body)
{
    struct fragment draft = {0};
    enum wire_fault fault = layout_read(LAYOUT_FRAGMENT, &draft, body);

    if (!fault && draft.data.len == 0)
        fault = WIRE_FRAGMENT_SHORT;
    if (!fault && draft.number == 0)
        fault = WIRE_FRAGMENT_NUMBER;
    if (!fault)
        *fragment = draft;
    return fault;
}

void fragment_write(struct writer *w, const struct fragment *fragment)
{
    layout_write(w, LAYOUT_FRAGMENT, fragment);
}
