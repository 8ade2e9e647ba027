/* Impairments as functions of one datagram: faults.def. Pure, so that the simulator and a test build of the daemon use
 * the same.
 *
 *     struct impaired d = {.len = datagram.len, .copies = 1};
 *     memcpy(d.data, datagram.data, datagram.len);
 *     if (!impair(IMPAIR_ZERO_SHARE, keys, &d)) ...       it has no such payload, or no key opens it: d is untouched
 */
#ifndef SIM_FAULTS_H
#define SIM_FAULTS_H

#include "crypto/algorithm.h"

enum impairment {
    IMPAIR_NONE,
#define FAULT(name, ...) IMPAIR_##name,
#include "sim/faults.def"
#undef FAULT
    IMPAIR_COUNT
};

enum { IMPAIRED_MAX = 4096, IMPAIRED_LATE_MS = 5000 };

struct impaired {
    uint8_t data[IMPAIRED_MAX];
    size_t len;
    uint32_t late_ms; /* how much later it comes than it would */
    uint8_t copies;   /* 0: lost */
};

/* What opens a sealed datagram, and seals it again: the cipher's key and the IV that it was sealed with. */
struct impair_keys {
    enum cipher_id cipher; /* NONE: there are none, or the datagram is in clear */
    uint8_t key[CIPHER_KEY_MAX], iv[CIPHER_BLOCK_MAX];
};

const char *impairment_words(enum impairment impairment);
bool impair(enum impairment impairment, const struct impair_keys *keys, struct impaired *d);

#endif
