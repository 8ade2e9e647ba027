/* Sealing and opening for ESP: a keyed context made once per SA, used for bursts of packets.
 *
 * A context lives outside the SA (design: no EVP context in the objects of the engine); the plane owns it and frees it.
 * One context serves one direction of one SA and one thread. */
#ifndef CRYPTO_BURST_H
#define CRYPTO_BURST_H

#include "crypto/algorithm.h"

struct burst_key; /* opaque: keyed cipher and keyed HMAC */

/* `key`: the cipher's key, for GCM followed by its salt (RFC 4106 section 8.1). `integrity`: HASH_NONE for GCM, whose
 * icv_len is 8, 12 or 16 (RFC 4106 section 6), else HMAC truncated to icv_len bytes (RFC 2403, RFC 2404: 12; RFC 4868:
 * half the digest). NULL when a length is wrong or there is no memory. What libcrypto needs for it, a kilobyte or two,
 * is taken with the first packet. The keys themselves are wiped then; of a key for opening with the first packet that
 * opens, as an autopsy may want them until then. */
struct burst_key *burst_key_make(enum cipher_id cipher, struct bytes key, enum hash_id integrity,
                                 struct bytes integrity_key, size_t icv_len, bool is_for_sealing);
void burst_key_free(struct burst_key *key); /* wipes; NULL is fine */

/* One packet of a burst. Layout of `data`, in place:
 *
 *     aad (ESP header: SPI, sequence) | iv | text (block aligned, with trailer) | icv
 *
 * The ICV of an HMAC covers all that stands before it; that of GCM covers aad and text. CBC: iv_len is the block
 * length. GCM: iv_len is 8. */
struct burst_packet {
    uint8_t *data;
    const uint8_t
        *high; /* NULL, or the 4 bytes of an extended sequence number that are covered by the ICV and not sent:
                * by an HMAC behind the rest (RFC 4303 section 2.2.1), by GCM behind the SPI (RFC 4106 5) */
    size_t aad_len, iv_len, text_len;
    bool is_ok; /* out, of burst_open: the ICV was right and the text is plain now */
};

/* Encrypts and writes ICVs. The IVs stand in the packets already: unpredictable for CBC, never repeated for GCM. */
void burst_seal(struct burst_key *key, struct burst_packet *packets, size_t count);

/* Checks ICVs in constant time and sets is_ok of every packet. HMAC: only texts whose ICV is right are decrypted, the
 * others stay as they came. GCM decrypts while it checks: the text of a packet whose ICV is wrong is zeroed. */
void burst_open(struct burst_key *key, struct burst_packet *packets, size_t count);

/* Would `packet`, from the SPI to its ICV of `icv_len` bytes, open with this key, of whichever direction? For packets
 * that were not sealed as agreed: nothing is opened, and the packet stays as it came. `has_more`: with the high half of
 * an extended number, still 0, behind what the HMAC covers (RFC 4303 section 2.2.1), or before the low half in what GCM
 * covers (RFC 4106 section 5). */
bool burst_icv_fits(struct burst_key *key, struct bytes packet, size_t icv_len, bool has_more);

/* The key of a peer who takes a cipher key of `key_len` bytes, fewer than agreed, from the same KEYMAT (RFC 2409
 * section 5.5: cipher key, then salt or HMAC key). The caller's to free. NULL: no such cipher is of this kind, or the
 * keys are wiped. */
struct burst_key *burst_key_shorter(const struct burst_key *key, size_t key_len);

#endif
