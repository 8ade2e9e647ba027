/* What the readers of the kinds share. Not for other layers. */
#ifndef SOURCE_PARTS_H
#define SOURCE_PARTS_H

#include "event/index.h"
#include "event/sight.h"
#include "source/exchange.h"
#include "source/packet.h"
#include "source/said.h"
#include "source/source.h"
#include "source/stamp.h"

enum {
    SAID_AT_ONCE = 32, /* observations of one line or packet */
    READ_AT_ONCE = 32, /* lines and packets are read on until so many stand there */
    QUEUE_MAX = READ_AT_ONCE + SAID_AT_ONCE,
    OWN_TEXTS_MAX = 8,   /* of these, with a text that is not the line's */
    THREADS_MAX = 100,   /* charon numbers its threads with two digits */
    OBJECTS_MAX = 128,   /* of an ASA's configuration, with one network each */
    STATES_MAX = 64,     /* pluto's states whose peer we remember, by number */
    TEXT_PAIRS_MAX = 32, /* of packets shown as text */
};

/* Two ends, as a line before told them: for lines that do not. */
struct ends {
    struct ip peer, local;
    uint16_t port, local_port;
    uint64_t length;
    uint64_t at_ms;
    bool is_received; /* the last message of these was one that came */
    bool is_sealed;
    bool is_resent;
    struct event pending; /* a message that is built and not sent yet, or is half told; EV_NONE */
};

/* Two ends of packets that are shown as text, and how far they have come. */
struct text_pair {
    struct ip initiator, responder;
    uint8_t exchange, number; /* of phase 1: the last, and its message; 0: none */
    uint8_t quick;            /* message of quick mode; 0: none */
    bool has_responder_begun; /* that one */
    uint64_t at_ms;           /* of the last of these */
    uint16_t counts[2][7];    /* how often, of phase 1 and of quick mode, by number */
    uint32_t lengths[2];      /* of the responder's last, and of the initiator's, where these are told alone */
};

/* An observation behind its sight. */
struct queued {
    enum {
        TELL_EVENT,
        TELL_PACKET,
        TELL_PROPOSAL,
        TELL_LINE
    } tell;                           /* how the event is made; TELL_EVENT: it is there */
    const struct packet_seen *packet; /* of TELL_PACKET and TELL_PROPOSAL: where it stood */
    struct bytes of;                  /* that tell it: the message, the SA payload, the line */
    uint8_t transform;                /* which of the payload, from 0 */
    uint8_t own;                      /* 0, or one more than which of `own_texts` is its text */
    struct bytes line;                /* not empty: its text, in `input` */
    struct observation seen;
};

/* In an array of records: what was passed last, outside of strings. */
struct array_place {
    bool is_in_string, is_escaped;
    enum { BEHIND_NOTHING, BEHIND_RECORD, BEHIND_COMMA } behind;
};

struct source {
    uint16_t number;
    struct source_summary sum;

    struct bytes input;                /* what the caller has handed in and we have not looked at */
    struct bytes fed;                  /* all of that */
    const uint8_t *next_sign, *next_k; /* the next % and K in it, where they were looked for */
    bool has_ended;
    enum { FORM_UNKNOWN, FORM_TEXT, FORM_CAPTURE } form;
    uint8_t carry[PACKET_LEN_MAX]; /* the beginning of a line or block whose end has not come */
    size_t carry_len;
    uint8_t early[4];
    bool is_carry_cut;
    struct {
        struct array_place place;
        size_t taken;    /* of `carry`: the part that is read */
        bool is_passing; /* a record was too long: the rest of it is passed over */
    } array;             /* of records, in a line that is too long to be read at once */

    struct sight sights[QUEUE_MAX];
    struct queued queue[QUEUE_MAX];         /* the rest of each */
    struct packet_seen wire[QUEUE_MAX + 1]; /* packets that sights and `queue` refer to, each at the place of its own */
    size_t queue_count, queue_next, queue_end; /* queue_end: so far it may be filled by one line or packet */
    char text[SOURCE_TEXT_SIZE], made_text[SOURCE_TEXT_SIZE];
    struct bytes text_line; /* what `text` is to be once an observation is handed out; empty: it stands there already */
    char own_texts[OWN_TEXTS_MAX][160];
    size_t own_text_count;
    struct phrase_index *index;

    /* The line that is being read. */
    uint32_t line;
    struct stamp stamp;
    enum source_kind kind;
    enum product product;
    char tidy[SOURCE_LINE_MAX + 1];
    uint64_t stamp_before_ms; /* of the last stamp without a year, as it stands */
    uint64_t added_ms;        /* for midnights and New Years since */
    unsigned year;            /* of the last stamp that had one */
    struct {
        uint8_t head[64];
        size_t len;
        struct stamp stamp, read; /* in its place, and as it stands */
        bool is_asa;              /* it stood in front of the tag of an ASA that is none of us */
    } stamped;                    /* the last head that was read: many lines have the same */
    struct said_all said;
    struct {
        uint32_t number;
        uint8_t share;    /* enum asa_share of cisco.c */
    } asa_shares[64];     /* of message numbers that were asked for, each at its place */
    struct bytes skipped; /* the last line of other business that was passed over at once, in `input` */

    struct bytes records; /* of an export: what is left of a line of it */
    char record[SOURCE_LINE_MAX + 64];
    struct bytes pieces; /* of a line in which line breaks were lost: what is left of it */
    char held[1024];     /* a line that goes on in the next one: seen with IOS and ASA */
    size_t held_len;
    uint32_t held_line;
    struct { /* of a held line that is not understood: this part of it, and those below it that may be its rest */
        size_t part_count;
        uint16_t parts[8];
    } broken;
    struct { /* what was held, and is read line by line */
        char text[1024];
        size_t part_count, next, at;
        uint16_t parts[8];
    } dropped;
    bool is_alone; /* the line that is read is the first half of two, and the second did not come */
    char joined[1024 + SOURCE_LINE_MAX]; /* both; its text is asked for later */

    enum source_kind kind_before; /* of the last line that told its kind */
    struct ends last;             /* of the file */
    struct event sent;            /* charon's last message that left; the VPN Client's */
    struct ends threads[THREADS_MAX];
    struct ends states[STATES_MAX];
    struct payload_list payloads; /* of pluto's message that is half told */
    struct {
        struct event event; /* EV_NONE: none */
        struct stamp stamp;
        uint32_t line;
        char text[160];
    } notified; /* pluto's notification, whose bytes may follow */
    struct {
        uint8_t step;   /* how far it is known to have come: of vpnc.c */
        bool is_natted; /* NAT was found: it has moved to UDP 4500 */
    } vpnc;
    bool is_below_head;    /* of headed.c: a text goes on until an empty line */
    uint32_t headed_lines; /* of the text that is held */
    struct {
        struct ip peer;
        uint16_t port; /* that it has moved to; 0: none */
        bool is_up, is_carrying, has_failed;
    } client; /* of vpn_client.c */
    struct {
        struct ip peer;
        const char *exchange; /* of the answer whose parts follow; NULL: none */
        bool is_aggressive, has_nat_traversal;
    } scan; /* of ike_scan.c */
    struct text_pair text_pairs[TEXT_PAIRS_MAX];
    size_t text_pair_next;
    struct stamp text_stamp;  /* of the line above, which has the packet's own */
    struct event text_notify; /* a message whose notify is in a line below; EV_NONE */
    struct event screen;      /* of a screen that takes several lines; EV_NONE */
    uint32_t screen_line;
    uint8_t block; /* enum screen_block of it, or of the last one */
    uint8_t table; /* enum screen_table: its rows follow */
    uint32_t table_rows;
    char table_name[64];
    struct engine_half { /* one direction of a pair; id 0: none */
        uint64_t id, encrypted, decrypted;
    } engine_half;
    uint8_t screen_goes_on; /* enum event_field_id that the next line of the block adds to; FIELD_NONE */
    uint8_t subnet_len; /* of the routes that follow: IOS says it once */

    /* A configuration: what is being told over several lines, and names that stand for networks. */
    struct event block_event; /* EV_NONE: nothing */
    const char *block_statement;
    uint8_t block_product; /* enum product */
    uint32_t block_line;
    char block_text[104];
    struct {
        char name[48], text[80];
    } objects[OBJECTS_MAX];
    size_t object_count;
    struct {
        uint8_t sections[8], depth; /* of swanctl.conf; braces that are deeper than that are not counted */
        bool is_of_secrets;
        uint8_t product;                /* of ipsec.conf: enum product; UNKNOWN: nothing has told it */
        struct event connection, child; /* EV_NONE: none is open */
        struct event defaults; /* of ipsec.conf: what holds for each connection that does not say it; EV_NONE */
        uint32_t connection_line;
    } swan;

    struct {
        uint32_t line;
        char text[SOURCE_SAMPLE_SIZE];
    } unread[SOURCE_SAMPLES_MAX];
    size_t unread_count;

    struct packets packets;

    struct {
        bool is_one; /* the file began as a journal */
        struct journal_message {
            size_t have;
            uint8_t data[16 * 1024];
        } message; /* that is being put together */
    } journal;
};

/* One line's reader: how it was understood. */
enum reading {
    READ_NOT_MINE, /* no line of this kind */
    READ_SAID,     /* understood */
    READ_OTHER,    /* of this kind, other business */
    READ_HELD,     /* the first half of what the next line may end */
    READ_UNREAD,   /* about a VPN, not understood */
};

/* The stamp in front of the present line. */
void source_stamp(struct source *s, struct bytes head);

/* What the present line is of; before source_say. */
void source_is(struct source *s, enum source_kind kind, enum product product);

/* Says what the packet or the lines at hand are, in one line, instead of the line itself. */
struct text source_text_begin(struct source *s);

/* The number that a word begins with; of base 16 behind 0x, or without it. False: with none, or with one that is too
 * large. */
bool source_read_number(struct bytes word, unsigned base, uint64_t *number);

/* Keeps a line that goes on in the next. */
void source_hold(struct source *s, struct bytes line);

/* Adds an observation of the present line. Where one line or packet has said all that it may, it is left out. */
void source_say(struct source *s, const struct event *e);
bool source_is_full(const struct source *s);

/* The same, without the event: it stands in `seen` already, or is told how to make. There is room. */
struct queued *source_enqueue(struct source *s, enum event_kind kind);

/* What every sight has of where it stands. */
static inline struct queued *source_enqueue_as(struct source *s, enum event_kind kind, enum vantage vantage)
{
    struct queued *q = &s->queue[s->queue_count];
    struct sight *at = &s->sights[s->queue_count++];

    at->packet = NULL;
    at->source = s->number;
    at->kind = (uint16_t)kind;
    at->line = s->line;
    at->record = ++s->sum.records;
    at->has_time = s->stamp.extent != STAMP_NONE;
    at->time_ms = s->stamp.ms;
    at->vantage = (uint8_t)vantage;
    at->product = (uint8_t)s->product;
    at->number = 0;
    at->cookie = 0;
    q->tell = TELL_EVENT;
    q->own = 0;
    return q;
}

/* The bytes stay where they are until the queue is handed out: what is made of them can wait. */
bool source_has(const struct source *s, struct bytes bytes);

/* One of the queue in full. */
const struct observation *source_told(struct source *s, size_t index);

/* True when a step was taken; false when more bytes are needed. */
bool source_step(struct source *s);

/* The same, with a text of its own in place of the line: what stood in several lines, or may not be shown. */
void source_say_as(struct source *s, const struct event *e, const char *text);

/* `line` is printable ASCII. */
enum reading journal_line_take(struct source *s, struct bytes line);
enum reading asa_line(struct source *s, struct bytes line);
enum reading ios_line(struct source *s, struct bytes line);
enum reading charon_line(struct source *s, struct bytes line);
enum reading pluto_line(struct source *s, struct bytes line);
bool asa_is_ours(struct source *s, uint32_t number, struct bytes line); /* it may be about a VPN */
enum reading racoon_line(struct source *s, struct bytes line);
enum reading vpnc_line(struct source *s, struct bytes line);
enum reading headed_line(struct source *s, struct bytes line);
bool headed_is_below(const struct source *s); /* the last line was a head, or of the text below one */
bool headed_goes_on(struct bytes line);       /* it is more of such a text */
size_t headed_piece_len(struct bytes line);   /* where a second head begins; the whole length without one */
enum reading vpn_client_text(struct source *s, struct bytes text);
enum reading ike_scan_line(struct source *s, struct bytes line);
enum reading packet_text_line(struct source *s, struct bytes line);
enum reading screen_line(struct source *s, struct bytes line);
enum reading configuration_line(struct source *s, struct bytes line);
void configuration_end(struct source *s);
/* `text` as for source_say_as; NULL: the line's, unless the event tells of a key. */
void configuration_say(struct source *s, const char *statement, enum product product, struct event *e,
                       const char *text);
/* Takes the fields of `from` over; a peer that is there stays. */
void configuration_merge(struct event *to, const struct event *from);
enum reading swan_line(struct source *s, struct bytes line);
void swan_end(struct source *s);
void screen_end(struct source *s);
void screen_interrupted(struct source *s); /* by a line of a log: a screen of which more is to come stays open */

/* A line within a table, or the head of one. `line` has single blanks. */
enum reading table_line(struct source *s, struct bytes line);
void table_end(struct source *s);
enum reading source_say_screen(struct source *s, enum product product, const struct event *e);
void pluto_end(struct source *s);

/* True when a step was taken; false when more bytes are needed. */
bool text_step(struct source *s);
bool capture_step(struct source *s);
/* Lines from here on that are of other business, where several can be passed over at once; false: the next is none. */
bool pass_lines(struct source *s);

/* The first tag of a device at `from` or behind it; without one, `at` is the length. */
bool line_find_tag(struct bytes line, size_t from, size_t *at);
void source_keep(struct source *s);  /* the beginning of a line whose end has not come */
bool capture_is(struct bytes first); /* four bytes */

/* A part of an array of records in one line, where that is too long to be read as one: false where it is no such line,
 * or more bytes are needed. It stays until array_drop_taken. */
bool array_take_part(struct source *s, struct bytes *part);
void array_drop_taken(struct source *s);

/* The line has what the source of a web page has for other characters; takes such a thing from its beginning. */
bool markup_is_in(struct bytes line);
bool markup_take(struct bytes *line, struct text *to);

/* A byte that is no ASCII, or the character of typography that begins with it, as ASCII: what is left of the line. */
struct bytes markup_take_wide(struct bytes line, struct text *to);

/* Small things that the readers of lines need. */
bool bytes_has(struct bytes line, const char *what, size_t *at);
bool bytes_take(struct bytes *line, const char *what);
struct bytes bytes_to(struct bytes line, const char *stop); /* up to `stop`, or the whole */
struct bytes bytes_word(struct bytes *line);                /* takes blanks and a word */
bool bytes_number(struct bytes text, unsigned base, uint64_t *number);

#endif
