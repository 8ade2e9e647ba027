/* One direction of an SA pair, as a value: RFC 4303, tunnel and transport mode. Counters and reasons are tables:
 * counters.def, drops.def.
 *
 * The keyed context is owned by whoever makes the SA (the plane); nothing here allocates, reads a clock or sends. */
#ifndef ESP_SA_H
#define ESP_SA_H

#include "base/selector.h"
#include "crypto/burst.h"
#include "esp/replay.h"

enum esp_counter {
#define COUNTER(name, ...) ESP_COUNTER_##name,
#include "esp/counters.def"
#undef COUNTER
    ESP_COUNTER_COUNT
};

enum esp_drop {
    ESP_PASS, /* nothing is wrong */
#define DROP(name, ...) ESP_DROP_##name,
#include "esp/drops.def"
#undef DROP
    ESP_DROP_COUNT
};

struct esp_tally {
    uint64_t counters[ESP_COUNTER_COUNT];
    uint64_t drops[ESP_DROP_COUNT];
};

const char *esp_counter_asa_name(enum esp_counter counter); /* "#pkts encaps" */
const char *esp_counter_meaning(enum esp_counter counter);  /* one sentence */
const char *esp_drop_name(enum esp_drop drop);              /* "REPLAY_OLD" */
const char *esp_drop_told_as(enum esp_drop drop);           /* "REPLAY": the reason in events */
bool esp_drop_is_error(enum esp_drop drop);
const char *esp_drop_meaning(enum esp_drop drop); /* one sentence */

/* Counts the packet and the error counter that the reason adds to. */
void esp_tally_drop(struct esp_tally *tally, enum esp_drop drop);
void esp_tally_add(struct esp_tally *to, const struct esp_tally *from);

/* The lengths that algorithms and encapsulation ask for. */
struct esp_shape {
    enum cipher_id cipher;
    enum hash_id integrity; /* HASH_NONE with GCM and GMAC */
    bool is_udp;            /* RFC 3948 */
    bool is_transport;      /* the inner packet's IP header is not sent */
    bool is_extended;       /* sequence numbers of 64 bits, whose high half is not sent: RFC 4303 section 2.2.1 */
    uint8_t iv_len, icv_len;
    uint8_t block_len; /* what text and trailer are padded to: never below 4 (RFC 4303 2.4) */
};

/* ICV: 96 bits of HMAC-MD5 and HMAC-SHA-1 (RFC 2403, 2404), half the digest of HMAC-SHA-2 (RFC 4868), 16, 12
 * or 8 bytes of GCM (RFC 4106), 16 of GMAC (RFC 4543). */
struct esp_shape esp_shape_of(enum cipher_id cipher, enum hash_id integrity, bool is_udp);

/* Where an SA must be replaced (soft) and where it stops (hard). */
struct esp_limits {
    uint64_t soft_bytes, hard_bytes; /* UINT64_MAX: none */
    uint32_t soft_sequence; /* the hard one is 2^32-1: the last number that may be used. Extended ones have none */
};

enum { ESP_SOFT_SEQUENCE = 0xf0000000 };

/* Lifetime 0: none. Ciphers with blocks of 64 bits never get more than 8 GiB under one key (attack list E13). The soft
 * limit is 7/8; 13/16 for the end that began the SA, so that both do not begin its successor at the same packet. */
struct esp_limits esp_limits_of(enum cipher_id cipher, uint32_t lifetime_kb, bool is_begun_here);

/* Of transport mode: what the header of an opened packet says. */
struct esp_ends {
    struct ip local, remote;
    bool are_natted; /* the peer has other addresses for them: TCP and UDP get new checksums (RFC 3948 section 3.1.2) */
};

struct esp_sa {
    uint32_t spi;
    struct esp_shape shape;
    struct esp_ends ends;            /* inbound, transport mode */
    struct burst_key *key;           /* owned by the caller */
    const struct selector *selector; /* the caller's: from our side, in both directions */
    struct esp_limits limits;
    uint64_t bytes;       /* inner bytes so far */
    uint64_t sequence;    /* outbound: the last number used */
    struct replay replay; /* inbound */
};

/* The number of the next packet that goes out with `len` inner bytes, which are counted. Numbers rise by one and no SA
 * has one twice (RFC 4303 section 3.3.3): past the last one, or past the hard limit of bytes, there is none, and
 * *sequence is untouched. */
enum esp_drop esp_sa_number(struct esp_sa *sa, size_t len, uint64_t *sequence);

/* Outbound and inbound: a limit is reached. The caller tells it once. */
bool esp_sa_is_soft(const struct esp_sa *sa);
bool esp_sa_is_hard(const struct esp_sa *sa);

#endif
