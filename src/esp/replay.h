/* The anti-replay window, RFC 4303 section 3.4.3. Ask before the ICV is checked, move only after it was right. */
#ifndef ESP_REPLAY_H
#define ESP_REPLAY_H

#include <stdint.h>

enum { REPLAY_WINDOW_DEFAULT = 64, REPLAY_WINDOW_MAX = 1024, REPLAY_NEAR_WORDS = 2, REPLAY_WORDS = 32 };

struct replay {
    uint64_t top;  /* the highest number accepted; 0: none yet */
    uint16_t size; /* packets; 0: not checked */
    uint64_t near[REPLAY_NEAR_WORDS];
    uint64_t *far; /* the caller's, for windows above the default: each pair has a window, and few a large one */
};

enum replay_answer { REPLAY_FRESH, REPLAY_IS_ZERO, REPLAY_IS_OLD, REPLAY_IS_SEEN };

/* More than REPLAY_WINDOW_MAX is taken as that. `far`: REPLAY_WORDS zeros, that live as long as the window; or NULL,
 * then more than REPLAY_WINDOW_DEFAULT is taken as that. */
struct replay replay_of(uint16_t size, uint64_t *far);

enum replay_answer replay_check(const struct replay *r, uint64_t sequence);

/* For a number that replay_check calls fresh, and whose packet is authentic. */
void replay_accept(struct replay *r, uint64_t sequence);

/* The number that has these 32 bits and lies nearest to the window: of extended sequence numbers only the low half is
 * sent (RFC 4303 appendix A2). 0: there is none. */
uint64_t replay_number(const struct replay *r, uint32_t low);

/* The last 64 numbers, bit 0 is `top`: what an ASA shows as the anti-replay bitmap. */
uint64_t replay_bitmap(const struct replay *r);

#endif
