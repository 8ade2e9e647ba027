/* Sealing and opening, in place, in bursts of packets of one SA.
 *
 *     packets[i].data, size      a buffer of the caller; the inner packet lies ESP_HEADROOM bytes from its beginning
 *     esp_seal(&sa, &drbg, packets, count, &tally);
 *     for each with drop == ESP_PASS: send packets[i].data + packets[i].at, packets[i].len
 *
 *     packets[i].at, len         what came from outside: ESP header to ICV
 *     esp_open(&sa, packets, count, &tally);
 *     for each with drop == ESP_PASS: the inner packet is at packets[i].at, len
 *
 * In transport mode what is sealed has no IP header any more (esp/transport.h), and what is opened gets one: so
 * ESP_HEADROOM bytes are free before the ESP header. */
#ifndef ESP_PACKET_H
#define ESP_PACKET_H

#include "crypto/drbg.h"
#include "esp/inner.h"
#include "esp/sa.h"

enum {
    ESP_HEADER_LEN = 8,                                   /* SPI and sequence number */
    ESP_HEADROOM = 32,                                    /* header and IV fit before the inner packet */
    ESP_TAILROOM = CIPHER_BLOCK_MAX + 2 + DIGEST_MAX / 2, /* padding, trailer and ICV fit behind it */
    ESP_BURST_MAX = 32,
};

struct esp_packet {
    uint8_t *data;
    size_t size;
    size_t at, len;
    uint8_t next_header; /* to be sealed: of transport mode; 0: an IP packet, which says so itself */
    enum esp_drop drop;  /* out */
    struct inner
        inner; /* out, of esp_open, when the inner packet could be read: also of those that the selector refuses */
    uint64_t sequence; /* out: its number */
};

/* Each inner packet becomes ESP header, IV, padded text and ICV; at and len are changed to that. Sequence numbers are
 * used up in order; past the last one, or past the hard limit of bytes, packets are dropped and nothing is reused. At
 * most ESP_BURST_MAX packets. The padding, trailer and ICV must fit (ESP_TAILROOM). CBC's IVs are taken from `drbg`;
 * GCM's are the sequence number. */
void esp_seal(struct esp_sa *sa, struct drbg *drbg, struct esp_packet *packets, size_t count, struct esp_tally *tally);

/* Length, replay (RFC 4303 3.4.3), ICV, padding, next header, inner packet and its selector, in this order; the window
 * moves when the ICV was right. at and len are changed to the inner packet. The SPI is the caller's to have looked up.
 * At most ESP_BURST_MAX packets. */
void esp_open(struct esp_sa *sa, struct esp_packet *packets, size_t count, struct esp_tally *tally);

/* The SPI of an ESP packet; 0 for what is too short to have one. */
uint32_t esp_spi_of(struct bytes packet);
uint32_t esp_sequence_of(struct bytes packet); /* of 64 bits the lower half */

#endif
