/* An ISAKMP message: header and chain of payloads. RFC 2408 sections 3.1, 3.2 and 5.1 to 5.3.
 *
 * Reading. A message in clear:
 *
 *     struct message m;
 *     enum wire_fault fault = wire_message_read(&m, datagram);         views into the datagram
 *     struct bytes nonce = message_body(&m, PL_NONCE);                 empty when there is none
 *
 * A sealed one: the header tells whose it is; the caller opens m.sealed into space of its own, and then
 *
 *     fault = wire_header_read(&m, datagram);
 *     fault = wire_payloads_read(&m, m.header.first_payload, opened, (struct allowance){.padding_max = block_len});
 *     struct bytes covered = message_after(&m, hash);                  what HASH(1) covers, without padding
 *
 * Writing. The caller owns the space; payloads follow each other, lengths and next-payload fields are filled in:
 *
 *     struct writer w = writer_of(space, sizeof space);
 *     struct message_writer out = message_begin(&w, &header);
 *     size_t hash_at = message_add_gap(&out, PL_HASH, hash_len);
 *     size_t mark = message_mark(&out);
 *     sa_write(payload_begin(&out, PL_SA), &sa), payload_end(&out);
 *     message_add(&out, PL_NONCE, nonce);
 *     hash(message_since(&out, mark)) ... message_fill(&out, hash_at, digest);
 *     message_seal(&out, block_len);                                   pads with zeros and sets flag E
 *     struct bytes datagram = message_end(&out);                       empty when the space was too small
 *     encrypt(message_seal_space(&out, &len), len);                    in place
 */
#ifndef WIRE_MESSAGE_H
#define WIRE_MESSAGE_H

#include "base/bytes.h"
#include "base/text.h"
#include "base/writer.h"
#include "wire/fault.h"
#include "wire/numbers.h"

enum {
    COOKIE_LEN = 8,
    HEADER_LEN = 28,         /* ISAKMP header */
    PAYLOAD_HEADER_LEN = 4,  /* generic payload header */
    PAYLOADS_MAX = 40,       /* payloads of one message that we look at */
    MESSAGE_LEN_MAX = 65507, /* what one UDP datagram can hold */
};

struct header {
    uint8_t cookies[2][COOKIE_LEN]; /* the initiator's, the responder's */
    uint8_t first_payload;          /* filled in when writing */
    uint8_t minor_version;          /* the major version is 1 */
    uint8_t exchange;               /* XCHG_* */
    uint8_t flags;                  /* FLAG_* */
    uint32_t message_id;
    uint32_t length; /* bytes, the header included; filled in when writing */
};

struct payload {
    uint8_t type; /* PL_*, or a number that we do not know */
    size_t at;    /* bytes from the beginning of `chain` to this payload's generic header */
    struct bytes body;
};

/* Views: they live as long as the datagram, or the opened bytes. */
struct message {
    struct header header;
    struct bytes datagram;
    struct bytes sealed;  /* with FLAG_ENCRYPTION: what follows the header; else empty */
    struct bytes chain;   /* the payloads with their headers, without padding */
    struct bytes padding; /* what followed them in a sealed message; in clear at most three zeros */
    uint8_t payload_count;
    struct payload payloads[PAYLOADS_MAX];
};

/* What a reader may overlook. All zero: nothing. */
struct allowance {
    size_t padding_max;   /* bytes after the last payload of a sealed message, of any value: some peers pad with noise,
                           * and by a whole   block when none is needed */
    bool reserved_is_any; /* reserved bytes of generic payload headers need not be zero (RFC 2408 section 5.3 says they
                             must) */
};

/* What stands in the bytes of a header, of whatever length or version it tells. */
void wire_header_fields(struct header *h, const uint8_t bytes[static HEADER_LEN]);

/* The header alone, RFC 2408 section 5.2: length, version, cookie, exchange, flags, message ID. `m` has no payloads
 * then. Whether an assigned exchange is one that we take part in is not asked here. */
enum wire_fault wire_header_read(struct message *m, struct bytes datagram);

/* The chain, RFC 2408 section 5.3. The header of `m` stays. Numbers of payloads that we do not know are kept: whoever
 * has the table of steps says what may be in a message. On a fault `m` has no payloads. */
enum wire_fault wire_payloads_read(struct message *m, uint8_t first_payload, struct bytes chain,
                                   struct allowance allowance);

/* Both, strictly, for a message in clear; a sealed one is WIRE_SEALED (its header is in `m`). */
enum wire_fault wire_message_read(struct message *m, struct bytes datagram);

const struct payload *message_payload(const struct message *m, uint8_t type);       /* the first; NULL */
const struct payload *message_nth(const struct message *m, uint8_t type, size_t n); /* from 0; NULL */
size_t message_count(const struct message *m, uint8_t type);
struct bytes message_body(const struct message *m, uint8_t type); /* of the first; empty without one */

/* The payload with its generic header. */
struct bytes message_raw(const struct message *m, const struct payload *p);

/* All payloads after `p` with their generic headers, without padding: what HASH(1) and HASH(2) of quick mode and the
 * HASH of informational and transaction cover after their own prefix. RFC 2409 section 5.5. */
struct bytes message_after(const struct message *m, const struct payload *p);

/* Same header and the same payloads, wherever the bytes stand. */
bool message_equal(const struct message *a, const struct message *b);

/* "HDR + SA (1) + VENDOR (13) + NONE (0)", as an ASA's IKE_DECODE has it. */
void text_add_message_payloads(struct text *t, const struct message *m);

struct message_writer {
    struct writer *w;
    size_t header_at;  /* where in the writer the header begins */
    size_t next_at;    /* the next-payload field that waits for a number */
    size_t payload_at; /* the payload that is being written */
    uint8_t flags;
};

struct message_writer message_begin(struct writer *w, const struct header *header);

/* A whole payload. */
void message_add(struct message_writer *m, uint8_t type, struct bytes body);

/* A payload whose body is written in place: between the two, write to what payload_begin gives. */
struct writer *payload_begin(struct message_writer *m, uint8_t type);
void payload_end(struct message_writer *m);

/* A payload of zeros that message_fill overwrites later; the place of its body. */
size_t message_add_gap(struct message_writer *m, uint8_t type, size_t len);
void message_fill(struct message_writer *m, size_t at, struct bytes bytes);

/* Where the next payload will begin, and all payloads written since. The view lives until the next write. */
size_t message_mark(const struct message_writer *m);
struct bytes message_since(const struct message_writer *m, size_t mark);

/* Sets flag E and adds zeros until what follows the header fills whole blocks (RFC 2409 appendix B). No payload may
 * follow. */
void message_seal(struct message_writer *m, size_t block_len);

/* Fills in the length. The whole message; empty when it did not fit. */
struct bytes message_end(struct message_writer *m);

/* What follows the header, to be encrypted in place after message_end. */
uint8_t *message_seal_space(const struct message_writer *m, size_t *len);

#endif
