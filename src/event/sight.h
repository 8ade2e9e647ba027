/* What of an observation is known before it is told in full: where it stands, which negotiation it is of, and how it
 * looks. Two of the same look tell two negotiations in the same situation the same, so of most no more is needed. */
#ifndef EVENT_SIGHT_H
#define EVENT_SIGHT_H

#include "event/observation.h"
#include "event/packet.h"

struct sight {
    struct ip one, other;  /* of a packet its source and destination; of a log, with a look, the peer and none */
    uint16_t source, kind; /* enum event_kind */
    uint8_t vantage, product;
    bool has_time;
    uint8_t number;  /* of EV_PACKET_SEEN: which message of its exchange; 0: not sure */
    uint64_t look;   /* never the same for two that differ in what looks.def looks at, ends apart; 0: that is
                        not known */
    uint64_t words;  /* the same for two lines that tell the same in words, names and numbers apart; 0: not known */
    uint64_t cookie; /* the initiator's, as packet_cookie gives it; 0: none */
    uint64_t time_ms;
    uint32_t line, record;
    const struct packet_seen *packet; /* that it is of: its line; NULL: the line is a text */
};

/* What its event tells of a sight without a look: ends, number and cookie. */
void sight_take(struct sight *at, const struct event *e);

/* Of an observation that is told already; without a look. */
struct sight sight_of(const struct observation *o);

#endif
