/* Files become observations: logs, screens, captures and configurations, recognised by content, streamed, in bounded
 * memory.
 *
 *     struct arena arena = arena_of(space, source_space());
 *     struct source *s = source_new(&arena, 0);                    0: the number of this file in its observations
 *     while ((len = read(...)) > 0) {
 *         source_feed(s, bytes_of(buffer, len));
 *         while (source_next(s, &seen))
 *             ... seen.event, seen.line, seen.time_ms; source_text(s) is the line that it stands in
 *     }
 *     source_end(s);
 *     while (source_next(s, &seen)) ...                            what waited for more bytes
 *     struct source_summary sum = source_summary(s);
 *
 * One line may give no observation, one, or several. Nothing in a file is believed to be well formed: a line that is
 * too long, a file that is cut, or bytes that are no text cost counts in the summary, nothing else. All texts that come
 * out are printable ASCII.
 *
 * What the events hold, beside what events.def says:
 *   logs       PEER wherever the line, or the lines of the same thread or connection before it, tell it
 *   MESSAGE_*  of charon, pluto, racoon: EXCHANGE "MM|AM|QM|INFO|TM", MESSAGE_ID, PAYLOADS in the ASA's spelling
 *              ("HDR + KE (4) + NONCE (10) + NONE (0)"), MESSAGE_NUMBER where it is sure; PEER, PORT, LOCAL,
 * LOCAL_PORT, LENGTH IOS        CONN_ID joins the lines of an SA captures   EV_PACKET_SEEN, EV_ESP_SEEN, EV_ICMP_SEEN,
 * EV_IKEV2_SEEN: see events.def; COOKIES joins the packets of an SA screens    EV_SCREEN_* of events.def */
#ifndef SOURCE_SOURCE_H
#define SOURCE_SOURCE_H

#include "base/arena.h"
#include "event/sight.h"

/* The comment of a packet of pcapng that was never on the wire: a sealed message in clear. It is not read: the sealed
 * one stands before it. */
#define SOURCE_DECRYPTED_COPY "decrypted copy"

enum source_kind {
#define KIND(name, ...) SOURCE_##name,
#include "source/kinds.def"
#undef KIND
    SOURCE_KINDS
};

const char *source_kind_name(enum source_kind kind);    /* "asa-log" */
const char *source_kind_meaning(enum source_kind kind); /* "syslog or debug of an ASA, PIX or FTD" */

enum {
    SOURCE_LINE_MAX = 8192, /* bytes of a line that are looked at */
    SOURCE_TEXT_SIZE = 1024,
    SOURCE_SAMPLES_MAX = 16, /* lines not understood that are kept */
    SOURCE_SAMPLE_SIZE = 160,
    SOURCE_KEYS_MAX = 128,
};

struct source_summary {
    enum source_kind kind; /* of most of what was understood */
    enum product product;
    uint64_t bytes;
    uint32_t lines;      /* of a capture, packets */
    uint32_t understood; /* gave an observation, or are a known part of one: a head of a table, a payload list */
    uint32_t ignored;    /* other business: prompts, prose, the rest of a device's log, packets that are no VPN's */
    uint32_t unread;     /* say that they are of a VPN, and are not understood */
    uint32_t too_long;   /* lines cut at SOURCE_LINE_MAX */
    uint32_t records;    /* observations */
    uint32_t ikev2;      /* messages and log lines of IKEv2: recognised, not judged */
    uint32_t opened;     /* sealed messages that opened with the keys handed in */
    bool is_cut;         /* the file ends within a packet or a block */
    bool is_broken;      /* a capture whose structure is lost; what follows was not read */
    bool has_time;
    bool has_year; /* false: the times count from the beginning of their year, or from the start of the device */
    uint64_t first_ms, last_ms;
    uint32_t kind_lines[SOURCE_KINDS];
};

struct source;

/* Bytes of memory that one source needs. */
size_t source_space(void);

/* NULL when the arena has not that much left. `number` goes into the observations. */
struct source *source_new(struct arena *arena, uint16_t number);

/* Wireshark's ikev1_decryption_table, which ikewise exports too, "initiator-cookie,key" in hex a line; or charon's log
 * at level 4 (`ike = 4`); a line "psk,TEXT" is a pre-shared key that aggressive mode is tested with. Before the first
 * feed. The number of keys that are now known; lines of another form are passed over. The keys stay in the source's
 * memory until source_wipe. */
size_t source_add_keys(struct source *s, struct bytes table);
void source_wipe(struct source *s);

/* From now on each message of the wire is also printed for a person (wire/print.h: no key, hash or password), with what
 * opens of it: `to`, which stays the caller's, has the message that the observations at hand are of. */
void source_print_to(struct source *s, struct text *to);

/* Hands in the next bytes. They must stay where they are until source_next has said false; feeding before that is our
 * mistake. Empty bytes mean nothing. */
void source_feed(struct source *s, struct bytes bytes);

/* No more bytes: what is unfinished is read as it is. */
void source_end(struct source *s);

/* The next observation; false when more bytes are needed (after source_end: when there is nothing left). */
bool source_next(struct source *s, struct observation *out);

/* The same as a sight, until the next call; NULL when more bytes are needed. Most need not be told in full: source_tell
 * does it for the last one. */
const struct sight *source_glance(struct source *s);
const struct observation *source_tell(struct source *s);

/* How many are read already and not handed out: their sights stand behind the last one, in their order. */
size_t source_waiting(const struct source *s);

/* The line, or one line about the packet, that the last observation stands in: escaped, cut to SOURCE_TEXT_SIZE. Until
 * the next call of source_next. */
const char *source_text(struct source *s);

/* The same where it stands already, without a zero behind it. */
struct bytes source_line(struct source *s);

struct source_summary source_summary(const struct source *s);

/* Line `index`, from 0, of the first ones that were not understood, escaped; NULL when there are no more. `line` is its
 * number. */
const char *source_unread(const struct source *s, size_t index, uint32_t *line);

#endif
