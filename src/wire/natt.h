/* NAT traversal as bytes: variants, what NAT-D hashes, and telling datagrams on port 4500 apart. RFC 3947, RFC 3948. */
#ifndef WIRE_NATT_H
#define WIRE_NATT_H

#include "base/ip.h"
#include "base/writer.h"
#include "wire/numbers.h"
#include "wire/vendor.h"

/* In the order of natt.def: when both sides know several, the lowest is used. */
enum natt_variant {
    NATT_NONE,
#define NATT(name, ...) NATT_##name,
#include "wire/natt.def"
#undef NATT
    NATT_COUNT
};

struct natt {
    const char *name;
    const char *asa_name; /* in "NAT-Traversal VID ver RFC" */
    enum vendor_id vendor;
    uint8_t nat_d, nat_oa;              /* PL_* */
    uint16_t udp_tunnel, udp_transport; /* IPSEC_ENCAP_* */
};

/* NULL for NATT_NONE. */
const struct natt *natt_of(enum natt_variant variant);

/* The variant that a vendor ID announces; NATT_NONE for all others. */
enum natt_variant natt_of_vendor(enum vendor_id vendor);

/* What a NAT-D payload is the hash of: CKY-I | CKY-R | IP | Port. RFC 3947 section 3.2. `cookies` is that of the
 * header. */
enum { NAT_D_INPUT_MAX = 16 + 16 + 2 };
struct bytes nat_d_input(uint8_t space[static NAT_D_INPUT_MAX], const uint8_t cookies[2][8], struct endpoint endpoint);

enum { IKE_PORT = 500, NATT_PORT = 4500, NON_ESP_MARKER_LEN = 4, KEEPALIVE_BYTE = 0xff };

/* What a datagram on port 4500 is. RFC 3948 section 2. */
enum natt_datagram {
    DATAGRAM_JUNK,      /* empty, or too short for anything */
    DATAGRAM_KEEPALIVE, /* one byte 0xff: to be ignored, it creates and renews nothing */
    DATAGRAM_IKE,       /* behind a marker of four zero bytes */
    DATAGRAM_ESP,       /* an SPI that is not zero, and at least a sequence number */
};

/* `inner` is what is to be handed on: without the marker for IKE, the whole for ESP, empty for the others. */
enum natt_datagram natt_classify(struct bytes datagram, struct bytes *inner);

/* The marker goes before an IKE message that travels on port 4500. */
void non_esp_marker_write(struct writer *w);

#endif
