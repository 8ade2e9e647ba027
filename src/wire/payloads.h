/* The bodies of the payloads, but for SA (wire/proposal.h). Each is a struct of numbers and views, read and written by
 * the rows of layouts.def. The views live as long as the body that was read. On a fault the struct is untouched.
 *
 *     struct notify n;
 *     if (!(fault = notify_read(&n, message_body(&m, PL_NOTIFY)))) ... n.type, n.spi, n.data
 *     notify_write(payload_begin(&out, PL_NOTIFY), &n), payload_end(&out);
 */
#ifndef WIRE_PAYLOADS_H
#define WIRE_PAYLOADS_H

#include "base/selector.h"
#include "base/text.h"
#include "base/writer.h"
#include "wire/attribute.h"
#include "wire/fault.h"
#include "wire/numbers.h"

enum {
    NONCE_LEN_MIN = 8, /* RFC 2409 section 5 */
    NONCE_LEN_MAX = 256,
    DELETE_SPIS_MAX = 128, /* SPIs of one Delete payload that we look at */
    ID_DATA_MAX = 32,      /* what an address identity needs: two IPv6 addresses */
    ID_LEN_MAX =
        2048, /* bytes of an identity that we look at; a distinguished name is the longest that means something */
};

/* KE, HASH, SIG, NONCE, VID, NAT-D: bytes without structure. */
struct raw {
    struct bytes data;
};

/* KE, HASH and SIG are not empty, a nonce has 8 to 256 bytes, VID and NAT-D may have any length. How long a KE or a
 * HASH has to be, the group and the hash know. */
enum wire_fault ke_read(struct raw *ke, struct bytes body);
enum wire_fault nonce_read(struct raw *nonce, struct bytes body);
enum wire_fault hash_read(struct raw *hash, struct bytes body);
enum wire_fault sig_read(struct raw *sig, struct bytes body);
enum wire_fault vid_read(struct raw *vid, struct bytes body);
enum wire_fault nat_d_read(struct raw *nat_d, struct bytes body);

/* RFC 2407 section 4.6.2. The whole body, from `type` on, is IDii_b of RFC 2409. */
struct id {
    uint8_t type;     /* ID_* */
    uint8_t protocol; /* 0: any */
    uint16_t port;    /* 0: any */
    struct bytes data;
};

/* Addresses have the exact length of their type, masks no holes, ranges an order, names at least one byte and no zero
 * byte. An unknown type is kept as it is. */
enum wire_fault id_read(struct id *id, struct bytes body);
void id_write(struct writer *w, const struct id *id);

/* The addresses of an address identity; false, and `range` untouched, for every other type. `id` must have come from
 * id_read or id_of_range. */
bool id_to_range(const struct id *id, struct ip_range *range);

/* ADDR for one address, SUBNET where a prefix is that range, RANGE otherwise. `space` holds the data and must outlive
 * the identity. */
struct id id_of_range(struct ip_range range, uint8_t protocol, uint16_t port, uint8_t space[static ID_DATA_MAX]);

/* 0/0, 17/500, and 17/0 and 17/4500, which peers behind NAT send: what phase 1 may name. RFC 2407 section 4.6.2, RFC
 * 3947 section 4. */
bool id_port_fits_phase1(const struct id *id);

/* Same type, protocol, port and data. */
bool id_equal(const struct id *a, const struct id *b);

/* The identity alone, without type, protocol and port: 10.1.0.0/16, gw.example.com; keys and names in hexadecimal where
 * not printable. */
void text_add_id(struct text *t, const struct id *id);

/* CERT and CR. An empty body of a CR (any authority) is well formed, an empty certificate is not. RFC 2408 sections 3.9
 * and 3.10. */
struct cert {
    uint8_t encoding; /* CERT_* */
    struct bytes data;
};

enum wire_fault cert_read(struct cert *cert, struct bytes body);
void cert_write(struct writer *w, const struct cert *cert);
enum wire_fault cr_read(struct cert *cr, struct bytes body);
void cr_write(struct writer *w, const struct cert *cr);

/* RFC 2408 section 3.14. */
struct notify {
    uint32_t doi;
    uint8_t protocol;
    uint16_t type; /* NOTIFY_* */
    struct bytes spi;
    struct bytes data;
};

/* Any SPI size that the payload holds, any protocol and type: an error must be readable whatever it is about. DOI 0
 * or 1. */
enum wire_fault notify_read(struct notify *notify, struct bytes body);
bool notify_is_error(uint16_t type); /* else a status: RFC 2408 section 3.14.1 */
void notify_write(struct writer *w, const struct notify *notify);

/* RFC 2408 section 3.15. */
struct delete
{
    uint32_t doi;
    uint8_t protocol;
    uint8_t spi_len;    /* 16 for ISAKMP (both cookies), 4 for AH and ESP */
    uint16_t spi_count; /* at least 1, at most DELETE_SPIS_MAX */
    struct bytes spis;  /* spi_len * spi_count bytes */
};

enum wire_fault delete_read(struct delete *delete, struct bytes body);
void delete_write(struct writer *w, const struct delete *delete);
struct bytes delete_spi(const struct delete *delete, size_t index);

/* Mode config and XAUTH, draft-dukes-ike-mode-cfg-02 section 3.2. */
struct config {
    uint8_t type; /* CFG_* */
    uint16_t id;
    struct bytes attributes; /* whole attributes only; walk them with attribute_read */
};

/* Up to three zero bytes after the last attribute are overlooked, as some peers pad the payload. */
enum wire_fault config_read(struct config *config, struct bytes body);
void config_write(struct writer *w, const struct config *config);

/* RFC 3947 section 5.2. */
struct nat_oa {
    uint8_t type; /* ID_IPV4_ADDR or ID_IPV6_ADDR */
    struct bytes data;
};

enum wire_fault nat_oa_read(struct nat_oa *nat_oa, struct bytes body);
void nat_oa_write(struct writer *w, const struct nat_oa *nat_oa);

#endif
