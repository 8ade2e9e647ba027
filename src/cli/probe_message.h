/* The messages of `ikewise probe`, as bytes: what it asks, and what an answer is. */
#ifndef CLI_PROBE_MESSAGE_H
#define CLI_PROBE_MESSAGE_H

#include "wire/message.h"
#include "wire/natt.h"
#include "wire/proposal.h"

enum { PROBE_MESSAGE_MAX = 4096 };

struct probe_offer {
    struct sa_transform transform;
    const char *name;
};

/* Index 0, 1, ...; NULL: no more. */
const struct probe_offer *probe_offer(size_t index);

/* Who repeats so, tenths of a second after message 2; `second` 0: it was not waited for. NULL: nobody that we know. */
const char *probe_who_repeats(unsigned first, unsigned second);

/* Message 1 with one transform. `filling`: so many bytes more, in vendor IDs of nobody's. */
struct bytes probe_first(uint8_t space[static PROBE_MESSAGE_MAX], const uint8_t cookies[2][COOKIE_LEN],
                         const struct probe_offer *offer, size_t filling);
/* Message 1 of aggressive mode, in the name of that address; false: no randomness. */
bool probe_first_aggressive(uint8_t space[static PROBE_MESSAGE_MAX], const uint8_t cookies[2][COOKIE_LEN],
                            const struct probe_offer *offer, struct ip identity, struct bytes *message);
/* Message 3 of main mode; with NAT-D of both ends when the variant is one. */
bool probe_third(uint8_t space[static PROBE_MESSAGE_MAX], const uint8_t cookies[2][COOKIE_LEN],
                 const struct probe_offer *offer, enum natt_variant natt, struct endpoint remote, struct endpoint local,
                 struct bytes *message);

enum probe_answer_kind { PROBE_NOTHING, PROBE_ACCEPTS, PROBE_GOES_ON, PROBE_NOTIFIES, PROBE_OTHER };

struct probe_answer {
    enum probe_answer_kind kind;
    uint16_t notify;
    struct message message; /* views into the datagram */
};

/* GOES_ON: a key share, and no proposal. Of what is not one of these messages: OTHER. */
struct probe_answer probe_answer_of(struct bytes datagram);

/* The best that its vendor IDs announce. */
enum natt_variant probe_natt_of(const struct message *m);

/* Does message 4 say that somebody translates addresses on the way, at our end or at theirs? False: it does not say. */
bool probe_nat_of(const struct message *m, enum natt_variant natt, const struct probe_offer *offer,
                  struct endpoint remote, struct endpoint local, bool *at_ours, bool *at_theirs);

#endif
