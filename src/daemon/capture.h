/* What a capture takes and keeps: which packets match, and a buffer of them. No socket: that is control_capture.c.
 *
 *     struct capture_match match;
 *     if (!capture_match_read(&match, "udp host 192.0.2.1 any eq 500", &why)) ...
 *     if (capture_match_holds(&match, packet))
 *         capture_keep(&buffer, packet, at_us);
 *     for (size_t at = 0; capture_next(&buffer, &at, &kept);)
 *
 * As on an ASA a buffer that is full stays as it is: what began the trouble is worth more than what came last. */
#ifndef DAEMON_CAPTURE_H
#define DAEMON_CAPTURE_H

#include "base/selector.h"
#include "base/text.h"

enum {
    CAPTURE_BUFFER_DEFAULT = 512 * 1024, /* bytes, also of what stands before each packet */
    CAPTURE_PACKET_MAX = 1518,           /* bytes of one packet that are kept */
    CAPTURE_MATCH_MAX = 2,
};

/* A packet is taken when one of these is it, in either direction. None: every packet. */
struct capture_match {
    struct selector any_of[CAPTURE_MATCH_MAX];
    size_t count;
};

/* An ASA's `PROTOCOL SOURCE [eq PORT] DESTINATION [eq PORT]`, or tcpdump's host, net, port and proto joined by `and`.
 * False, and `match` untouched: `why` names the word. */
bool capture_match_read(struct capture_match *match, struct bytes words, struct text *why);

/* `packet` begins with its IP header. What is no whole header matches only where every packet does. */
bool capture_match_holds(const struct capture_match *match, struct bytes packet);

/* UDP 500, or UDP 4500 with the non-ESP marker. */
bool capture_is_isakmp(struct bytes packet);

struct capture_buffer {
    uint8_t *data; /* the caller's */
    size_t size, len;
    uint32_t count;
    bool is_full; /* one did not fit: none is kept any more */
};

struct captured {
    uint64_t at_us; /* wall time */
    uint32_t len;   /* of the packet as it was; `packet` may be shorter */
    struct bytes packet;
};

/* `packet` has at most CAPTURE_PACKET_MAX bytes of a packet of `len`. */
void capture_keep(struct capture_buffer *buffer, struct bytes packet, uint32_t len, uint64_t at_us);

/* The one at `*at`, which then is the place of the next. False: there are no more. */
bool capture_next(const struct capture_buffer *buffer, size_t *at, struct captured *kept);

/* 192.0.2.1.500 > 192.0.2.2.500:  udp 132 */
void text_add_captured(struct text *t, struct bytes packet);

#endif
