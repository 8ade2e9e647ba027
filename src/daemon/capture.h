/* What a capture takes and keeps: which packets match, and a buffer of them. No socket: that is control_capture.c.
 *
 *     struct capture_match match;
 *     if (!capture_match_read(&match, "udp host 192.0.2.1 any eq 500", &why)) ...
 *     if (capture_match_holds(&match, packet))
 *         capture_keep(&buffer, packet, at_us);
 *     for (size_t at = 0; capture_next(&buffer, &at, &kept);)
 *
 * As on an ASA a buffer that is full stays as it is: what began the trouble is worth more than what came last. In a
 * circular one the oldest eighth makes room. */
#ifndef DAEMON_CAPTURE_H
#define DAEMON_CAPTURE_H

#include "base/selector.h"
#include "base/text.h"
#include "esp/sa.h"
#include "policy/filter.h"

enum {
    CAPTURE_BUFFER_DEFAULT = 512 * 1024, /* bytes, also of what stands before each packet */
    CAPTURE_PACKET_DEFAULT = 1518,       /* bytes of one packet that are kept, if nothing else is asked for */
    CAPTURE_PACKET_MAX = 65535,
    CAPTURE_HEAD_LEN = 16,     /* what stands before each in a buffer */
    CAPTURE_ENVELOPE_MAX = 52, /* what capture_envelop puts before a message */
    CAPTURE_MATCH_MAX = 16,
};

/* A packet is taken when one of these is it, in either direction. None: every packet. */
struct capture_match {
    struct selector any_of[CAPTURE_MATCH_MAX];
    size_t count;
};

/* Of its protocols a capture knows the ports of these. */
bool capture_has_ports(uint8_t protocol);

/* capture_match.c: an ASA's `PROTOCOL SOURCE [eq PORT] DESTINATION [eq PORT]`, or tcpdump's host, net, port and proto
 * joined by `and`. Added to what `match` has. False, and `match` untouched: `why` names the word. */
bool capture_match_read(struct capture_match *match, struct bytes words, struct text *why);

/* `packet` begins with its IP header. What is no whole header matches only where every packet does. */
bool capture_match_holds(const struct capture_match *match, struct bytes packet);

/* As an ASA asks it for a capture: only in the direction of its lines, and what none of them permits is not kept. */
bool capture_list_permits(const struct filter *list, struct bytes packet);

/* UDP 500, or UDP 4500 with the non-ESP marker. */
bool capture_is_isakmp(struct bytes packet);
/* The message in such a packet, as far as it is there; without `data`: it is no such packet. */
struct bytes capture_isakmp(struct bytes packet);

struct capture_buffer {
    uint8_t *data; /* the caller's; room for one packet as large as they are kept, and its head */
    size_t size, len;
    uint32_t count;
    bool is_circular;
    bool is_full; /* one did not fit: none is kept any more, or the oldest have gone */
};

struct captured {
    uint64_t at_us;     /* wall time */
    uint32_t len;       /* of the packet as it was; `packet` may be shorter */
    enum esp_drop drop; /* why it was dropped; ESP_PASS */
    bool is_opened;     /* not from the wire: an ISAKMP message in clear, with headers of our making */
    struct bytes packet;
};

/* `kept->packet` has at most CAPTURE_PACKET_MAX bytes. */
void capture_keep(struct capture_buffer *buffer, const struct captured *kept);

/* The one at `*at`, which then is the place of the next. False: there are no more. */
bool capture_next(const struct capture_buffer *buffer, size_t *at, struct captured *kept);

/* The headers that carried `data`, as far as they are known: IP, and UDP with `is_udp`; with `has_marker` the non-ESP
 * marker too. Writes them and as much of `data` as there is room for; `*len` becomes what it was all together.
 * Checksums are 0: of UDP that is none. */
struct bytes capture_envelop(uint8_t *space, size_t size, struct endpoint from, struct endpoint to, bool is_udp,
                             bool has_marker, struct bytes data, uint32_t *len);

/* 192.0.2.1.500 > 192.0.2.2.500:  udp 132 */
void text_add_captured(struct text *t, struct bytes packet);

#endif
