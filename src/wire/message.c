#include "wire/message.h"

#include "base/check.h"
#include "base/reader.h"

#include <string.h>

enum { FLAGS_KNOWN = FLAG_ENCRYPTION | FLAG_COMMIT | FLAG_AUTHENTICATION_ONLY };

/* RFC 2408 section 3.1: the message ID is zero in phase 1. Exchanges inside phase 1's protection need one to be told
 * apart; an informational in clear may have either. */
static bool message_id_fits(const struct header *h)
{
    switch (h->exchange) {
    case XCHG_BASE:
    case XCHG_MAIN:
    case XCHG_AUTH_ONLY:
    case XCHG_AGGRESSIVE: return h->message_id == 0;
    case XCHG_QUICK:
    case XCHG_NEW_GROUP:
    case XCHG_TRANSACTION: return h->message_id != 0;
    default: return true;
    }
}

static uint32_t u32_at(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

void wire_header_fields(struct header *h, const uint8_t bytes[static HEADER_LEN])
{
    memcpy(h->cookies, bytes, sizeof h->cookies);
    h->first_payload = bytes[16];
    h->minor_version = bytes[17] & 0x0f;
    h->exchange = bytes[18];
    h->flags = bytes[19];
    h->message_id = u32_at(bytes + 20);
    h->length = u32_at(bytes + 24);
}

enum wire_fault wire_header_read(struct message *m, struct bytes datagram)
{
    struct header *h = &m->header;

    m->datagram = datagram;
    m->sealed = m->chain = m->padding = (struct bytes){0};
    m->payload_count = 0;
    if (datagram.len < HEADER_LEN) {
        *h = (struct header){0};
        return WIRE_TOO_SHORT;
    }
    wire_header_fields(h, datagram.data);
    if (h->length != datagram.len)
        return WIRE_LENGTH;
    if (datagram.data[17] >> 4 != 1)
        return WIRE_VERSION;
    if (bytes_are_zero(BYTES_OF(h->cookies[0])))
        return WIRE_COOKIE_ZERO;
    if (number_name(SPACE_XCHG, h->exchange) == NULL)
        return WIRE_EXCHANGE_UNKNOWN;
    if ((h->flags & ~FLAGS_KNOWN) != 0)
        return WIRE_FLAGS;
    if (!message_id_fits(h))
        return WIRE_MESSAGE_ID;
    if ((h->flags & FLAG_ENCRYPTION) != 0)
        m->sealed = bytes_after(datagram, HEADER_LEN);
    return WIRE_OK;
}

/* One payload from the front of `r`; `type` becomes that of the next one. */
static enum wire_fault payload_read(struct reader *r, struct payload *p, uint8_t *type, bool reserved_is_any)
{
    p->type = *type;
    if (p->type == PL_P || p->type == PL_T)
        return WIRE_PAYLOAD_NESTED;
    *type = read_u8(r);
    uint8_t reserved = read_u8(r);
    uint16_t len = read_u16(r);
    if (!reader_is_ok(r))
        return WIRE_PAYLOAD_LEAVES;
    if (reserved != 0 && !reserved_is_any)
        return WIRE_RESERVED;
    if (len < PAYLOAD_HEADER_LEN)
        return WIRE_PAYLOAD_LENGTH;
    p->body = read_bytes(r, len - PAYLOAD_HEADER_LEN);
    return reader_is_ok(r) ? WIRE_OK : WIRE_PAYLOAD_LEAVES;
}

/* RFC 2408 section 3: messages are aligned at multiples of four bytes. libreswan fills them up with zeros; most peers,
 * and we, leave them as they are. */
static bool is_alignment(struct bytes padding, size_t chain_len)
{
    enum { ALIGNMENT = 4 };

    return padding.len < ALIGNMENT && (HEADER_LEN + chain_len) % ALIGNMENT == 0 && bytes_are_zero(padding);
}

static enum wire_fault chain_read(struct message *m, uint8_t type, struct bytes chain, struct allowance allowance)
{
    struct reader r = reader_of(chain);

    if (type == PL_NONE)
        return WIRE_NO_PAYLOADS;
    while (type != PL_NONE) {
        if (m->payload_count == PAYLOADS_MAX)
            return WIRE_PAYLOADS_TOO_MANY;
        struct payload *p = &m->payloads[m->payload_count];
        p->at = chain.len - r.rest.len;
        enum wire_fault fault = payload_read(&r, p, &type, allowance.reserved_is_any);
        if (fault)
            return fault;
        m->payload_count++;
    }
    m->chain = bytes_of(chain.data, chain.len - r.rest.len);
    m->padding = r.rest;
    if (m->padding.len <= allowance.padding_max)
        return WIRE_OK;
    if (allowance.padding_max > 0)
        return WIRE_PADDING_TOO_LONG;
    return is_alignment(m->padding, chain.len) ? WIRE_OK : WIRE_TRAILING;
}

enum wire_fault wire_payloads_read(struct message *m, uint8_t first_payload, struct bytes chain,
                                   struct allowance allowance)
{
    m->payload_count = 0;
    enum wire_fault fault = chain_read(m, first_payload, chain, allowance);
    if (fault) {
        m->payload_count = 0;
        m->chain = m->padding = (struct bytes){0};
    }
    return fault;
}

enum wire_fault wire_message_read(struct message *m, struct bytes datagram)
{
    enum wire_fault fault = wire_header_read(m, datagram);

    if (fault)
        return fault;
    if ((m->header.flags & FLAG_ENCRYPTION) != 0)
        return WIRE_SEALED;
    return wire_payloads_read(m, m->header.first_payload, bytes_after(datagram, HEADER_LEN), (struct allowance){0});
}

const struct payload *message_nth(const struct message *m, uint8_t type, size_t n)
{
    for (size_t i = 0; i < m->payload_count; i++)
        if (m->payloads[i].type == type && n-- == 0)
            return &m->payloads[i];
    return NULL;
}

const struct payload *message_payload(const struct message *m, uint8_t type)
{
    return message_nth(m, type, 0);
}

size_t message_count(const struct message *m, uint8_t type)
{
    size_t count = 0;

    while (message_nth(m, type, count) != NULL)
        count++;
    return count;
}

struct bytes message_body(const struct message *m, uint8_t type)
{
    const struct payload *p = message_payload(m, type);

    return p == NULL ? (struct bytes){0} : p->body;
}

struct bytes message_raw(const struct message *m, const struct payload *p)
{
    return bytes_of(m->chain.data + p->at, PAYLOAD_HEADER_LEN + p->body.len);
}

struct bytes message_after(const struct message *m, const struct payload *p)
{
    return bytes_after(m->chain, p->at + PAYLOAD_HEADER_LEN + p->body.len);
}

bool message_equal(const struct message *a, const struct message *b)
{
    const struct header *x = &a->header, *y = &b->header;

    if (memcmp(x->cookies, y->cookies, sizeof x->cookies) != 0 || x->minor_version != y->minor_version ||
        x->exchange != y->exchange || x->flags != y->flags || x->message_id != y->message_id ||
        a->payload_count != b->payload_count)
        return false;
    for (size_t i = 0; i < a->payload_count; i++)
        if (a->payloads[i].type != b->payloads[i].type || !bytes_equal(a->payloads[i].body, b->payloads[i].body))
            return false;
    return true;
}

void text_add_message_payloads(struct text *t, const struct message *m)
{
    text_add(t, "HDR");
    for (size_t i = 0; i < m->payload_count; i++) {
        text_add(t, " + ");
        text_add_number(t, SPACE_PL, m->payloads[i].type);
    }
    text_add(t, " + ");
    text_add_number(t, SPACE_PL, PL_NONE);
}
