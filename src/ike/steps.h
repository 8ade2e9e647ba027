/* The steps of all exchanges as rows: mm.def, am.def, qm.def, info.def. What no row allows is refused. */
#ifndef IKE_STEPS_H
#define IKE_STEPS_H

#include "ike/objects.h"

/* DUE: the moment of a state that settles is over. */
enum step_input { INPUT_BEGIN, INPUT_MESSAGE, INPUT_INSTALLED, INPUT_DUE };
enum sealing { CLEAR, SEALED };

/* How many payloads of one type a message holds. The first of a row that is marked `is_first` must be the message's
 * first. */
struct payload_count {
    uint8_t type, min, max;
    bool is_first;
};

/* What is put into a message, in this order. Each part has a builder: send.c. */
enum part {
    PART_END,
#define PART(name, ...) PART_##name,
#include "ike/parts.def"
#undef PART
    PART_COUNT
};

struct step_work;
typedef enum reason step_action(struct step_work *work);

/* In place of a method: every one of policy_signature_of. */
enum { AUTH_SIGNED = 0xffff };

/* Of which messages a part is: by what its sender, or the other side, proves itself with. */
enum part_of { PART_OF_ANY, PART_OF_HASHED, PART_OF_SIGNED, PART_OF_PEER_SIGNED };

enum { HOLDS_MAX = 12, SENDS_MAX = 12 };

struct step {
    enum state from;
    enum side side;
    enum sa_state sa; /* of the ISAKMP SA */
    enum step_input input;
    uint16_t auth; /* as of sa_method, AUTH_SIGNED; 0: any */
    enum sealing sealing;
    struct payload_count holds[HOLDS_MAX]; /* ends with max 0 */
    step_action *act;
    step_action *then; /* after the answer, when `act` asked; at once when it did not. NULL: nothing more */
    enum sealing sends_sealed;
    enum part sends[SENDS_MAX]; /* ends with PART_END; empty: nothing is sent */
    enum state to;
    enum sa_state sa_to;
};

/* The method that rows are chosen by, OAKLEY_AUTH_*: that of the policy, where users change who proves what (hybrid)
 * theirs. */
uint16_t sa_method(const struct isakmp_sa *sa);

/* A row for `wanted` (of struct step) is one for that method of an SA. */
bool step_auth_fits(uint16_t wanted, uint16_t method);

/* By that method this side proves itself by a signature, and not by a hash. */
bool is_signer(uint16_t method, enum side side);

/* A part that the messages of this side hold by that method. */
bool part_is_of(enum part part, uint16_t method, enum side side);

/* All rows of all exchanges: index 0, 1, ... until NULL. */
const struct step *step_row(size_t index);

/* The one row that fits; NULL, and `why`, when there is none. `in` is NULL for other inputs than messages. */
const struct step *step_find(enum state from, enum side side, enum sa_state sa, enum step_input input, uint16_t method,
                             enum sealing sealing, const struct message *in, enum reason *why);

/* Of a message that lacks one: the first payload that is missing in what is waited for; 0: none is. */
uint8_t step_missing(enum state from, enum side side, uint16_t method, const struct message *in);

#endif
