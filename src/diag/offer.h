/* What an end offers or is configured for, phase 1 and phase 2, gathered from proposals in captures, from logs that
 * list them, and from configurations. algorithms.def says how they are spelled. */
#ifndef DIAG_OFFER_H
#define DIAG_OFFER_H

#include "event/observation.h"

enum algorithm {
#define ALGORITHM(attribute, id, ...) ALGORITHM_##id,
#define SPELLED(...)
#include "diag/algorithms.def"
#undef ALGORITHM
#undef SPELLED
    ALGORITHM_COUNT
};

enum attribute { ATTRIBUTE_ENCRYPTION, ATTRIBUTE_HASH, ATTRIBUTE_GROUP, ATTRIBUTE_METHOD, ATTRIBUTE_COUNT };

typedef uint64_t algorithm_set; /* a bit for each */

enum whose { WHOSE_OWN, WHOSE_PEERS, WHOSE_INITIATORS, WHOSE_RESPONDERS };

struct offer {
    uint8_t phase, whose;
    uint16_t number;     /* of the transform, or of the policy of a configuration */
    algorithm_set holds; /* any of these would do; of an attribute none: it is not known */
};

enum {
    OFFERS_MAX = 12,
    OFFER_NAME_SIZE = 32,
    OFFER_WORD_SIZE = 32,
    OFFERS_KNOWN = 16,
    OFFERS_SHARED = 128,
    OFFERS_TURNS = 64
};

struct offers {
    uint8_t count;
    uint8_t open;              /* from 1: whose attributes the next lines tell */
    uint32_t sequence;         /* of the crypto map entry; 0 is not known */
    algorithm_set pfs;         /* of that entry */
    char acl[OFFER_NAME_SIZE]; /* which it matches */
    struct offer list[OFFERS_MAX];
};

/* Many negotiations offer the same: what was looked up and put together for one of them holds for the others. */
struct offers_known {
    struct offer_known {
        char encryption[OFFER_WORD_SIZE], hash[OFFER_WORD_SIZE], method[OFFER_WORD_SIZE];
        uint64_t key_len, group;
        algorithm_set holds;    /* 0: nothing is known */
    } transforms[OFFERS_KNOWN]; /* of packets, each at its place */
    struct offers shared[OFFERS_SHARED];
    uint8_t shared_count, slots[2 * OFFERS_SHARED]; /* by digest: which of them, from 1; 0: free */
    struct offers_turn {
        const struct offers *from, *to; /* of `shared`; from NULL: there were none */
        uint64_t look;                  /* of the sight that told it; 0: none */
        uint8_t sender;
    } turns[OFFERS_TURNS]; /* each at its place */
};

/* Takes what the event tells of offers; other events tell nothing. `sender` is whose the proposals of a packet are. */
void offers_take(struct offers *o, const struct event *e, enum whose sender, struct offers_known *known);

/* These as all may have them, who never change them; they live as long as `known`. NULL: there is no room. */
const struct offers *offers_share(const struct offers *o, struct offers_known *known);

/* What becomes of shared offers (NULL: of none) by EV_PROPOSAL_SEEN of that look, which is not 0, where an event of
 * that look did it before with offers_remember; else NULL. */
const struct offers *offers_recall(const struct offers *from, uint64_t look, enum whose sender,
                                   const struct offers_known *known);
/* Nothing is remembered of offers that are not shared: they change. */
void offers_remember(const struct offers *from, uint64_t look, enum whose sender, const struct offers *to,
                     struct offers_known *known);

/* All algorithms of an attribute. */
algorithm_set algorithms_of(enum attribute attribute);

#endif
