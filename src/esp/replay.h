/* The anti-replay window, RFC 4303 section 3.4.3. Ask before the ICV is checked, move only after it was right. */
#ifndef ESP_REPLAY_H
#define ESP_REPLAY_H

#include <stdint.h>

enum { REPLAY_WINDOW_DEFAULT = 64, REPLAY_WINDOW_MAX = 1024, REPLAY_WORDS = 32 };

struct replay {
    uint32_t top;                /* the highest number accepted; 0: none yet */
    uint16_t size;               /* packets; 0: not checked */
    uint64_t seen[REPLAY_WORDS]; /* a ring: number n is bit n % 64 of word n / 64 % REPLAY_WORDS */
};

enum replay_answer { REPLAY_FRESH, REPLAY_IS_ZERO, REPLAY_IS_OLD, REPLAY_IS_SEEN };

/* More than REPLAY_WINDOW_MAX is taken as that. */
struct replay replay_of(uint16_t size);

enum replay_answer replay_check(const struct replay *r, uint32_t sequence);

/* For a number that replay_check calls fresh, and whose packet is authentic. */
void replay_accept(struct replay *r, uint32_t sequence);

/* The last 64 numbers, bit 0 is `top`: what an ASA shows as the anti-replay bitmap. */
uint64_t replay_bitmap(const struct replay *r);

#endif
