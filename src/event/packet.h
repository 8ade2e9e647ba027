/* An ISAKMP message on the wire as EV_PACKET_SEEN tells it, before it is an event. A capture has millions of them, and
 * of most no more is asked than which negotiation they are of and how they look: the event and the line for a person
 * are made for whoever wants them. */
#ifndef EVENT_PACKET_H
#define EVENT_PACKET_H

#include "event/event.h"

enum { PACKET_COOKIES_LEN = 16, PACKET_PAYLOADS_MAX = 40 }; /* as wire/message.h has them */

struct packet_seen {
    struct ip source, destination;
    uint8_t cookies[PACKET_COOKIES_LEN]; /* the initiator's, then the responder's */
    uint16_t from, to;                   /* ports */
    uint32_t message_id, length;
    const char *cause; /* why no more of it was read, a text that stays; NULL: it was */
    uint16_t count;    /* how often these bytes came from there, this time included */
    uint16_t notify;   /* of the first Notify in it */
    uint8_t exchange;  /* XCHG_ */
    uint8_t number;    /* of its exchange; 0: not sure */
    uint8_t ttl;
    uint8_t fragments; /* that it came in; 0: whole */
    bool is_sealed, has_notify;
    uint8_t payload_count;
    uint8_t payloads[PACKET_PAYLOADS_MAX]; /* PL_; last, for what stands behind payload_count is not written */
};

/* "MM", "AM", "QM", "INFO", "TM"; "" for others. */
const char *packet_exchange(uint8_t exchange);

/* The event begins with where the packet is of: addresses, cookies, exchange, message ID, number. */
void packet_place(struct event *e, enum event_kind kind, const struct packet_seen *p);

/* The whole event, but for what it says in words of its own (VENDOR). */
void packet_event(struct event *e, const struct packet_seen *p);

/* In one line. */
void packet_add_text(struct text *out, const struct packet_seen *p);

/* Equal for packets that differ, to looks.def, in nothing but the ends that it knows as END. Never 0. */
uint64_t packet_look(const struct packet_seen *p);

/* The initiator's cookie as a number, never 0. */
uint64_t packet_cookie(const struct packet_seen *p);

#endif
