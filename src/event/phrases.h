/* The catalogue of phrases, used both ways: how each dialect says an event, and which event a line of a log is.
 *
 *     struct phrase_head head;
 *     for (unsigned i = 0; ; i++) {
 *         struct text line = text_of(space, sizeof space);
 *         if (!phrase_write(DIALECT_ASA_SYSLOG, &event, i, &head, &line))
 *             break;                                              an event may be no line, one, or several
 *         ... put a time stamp and phrase_add_tag(&out, head) in front
 *     }
 *
 *     if (phrase_read(DIALECT_ANY, line, &head, &event)) ...      whatever stands before the tag is passed over
 *
 * Texts that are read are made printable first; a line that is no phrase of the catalogue, or too long for one, is not
 * read. */
#ifndef EVENT_PHRASES_H
#define EVENT_PHRASES_H

#include "event/event.h"

enum dialect {
    DIALECT_ASA_SYSLOG,    /* %ASA-5-713041: text */
    DIALECT_ASA_CONSOLE_8, /* [IKEv1]: text       debug crypto isakmp, to 8.4 */
    DIALECT_ASA_CONSOLE_9, /* [IKEv1]text */
    DIALECT_IOS_OLD,       /* ISAKMP (0:1): text */
    DIALECT_IOS_MIDDLE,    /* ISAKMP:(1001): text     12.4T, 15.x; only written (later.def) */
    DIALECT_IOS_NEW,       /* ISAKMP: (1001):text     IOS-XE; only written */
    DIALECT_COUNT,
    DIALECT_ANY = DIALECT_COUNT /* for reading */
};

enum phrase_mark { PHRASE_SEEN, PHRASE_RECALLED, PHRASE_INFERRED };

/* Longest line, tag and text, that is read or written. */
enum { PHRASE_LINE_SIZE = 1024 };

struct phrase_head {
    uint16_t row;
    uint8_t dialect;  /* enum dialect */
    uint8_t severity; /* 1 to 7; IOS debug has 7 */
    uint32_t number;  /* the ASA's message number; 0 in other dialects */
    bool is_apart; /* of what was read with an index: the names in front of the text (group, user, address) had no say
                      in how the rest was read */
};

/* Line `index`, from 0, of the event in this dialect, without time stamp and tag. False, and nothing is written, when
 * the event has no such line. */
bool phrase_write(enum dialect dialect, const struct event *e, unsigned index, struct phrase_head *head,
                  struct text *t);

bool phrase_is_ios(enum dialect dialect);

/* Message numbers 713 to 715 are what IKE says on an ASA; its debug console shows those alone. */
bool phrase_is_of_ike(uint32_t number);

/* Where the device breaks its message: a line of the log is one line. */
void phrase_join_lines(char *line);

/* "%ASA-5-713041: ", "[IKEv1 DEBUG]: ", or nothing where the tag is a part of the text. */
void phrase_add_tag(struct text *t, struct phrase_head head);

/* "%IKEWISE-4-713903: ": in a router's log, an ASA's line of what IOS has no words for. It is read as the ASA's. */
void phrase_add_own_tag(struct text *t, struct phrase_head head);

/* `line` may have a line break inside, where the device breaks its message. Both results are untouched when it is not
 * read. Takes time in proportion to the length of the line. */
bool phrase_read(enum dialect dialect, struct bytes line, struct phrase_head *head, struct event *e);

/* The least severe lines (7 is least) that `debug crypto ikev1 LEVEL` shows. 0: none. Inferred. */
unsigned phrase_debug_severity(unsigned level);

struct phrase_stamp {
    uint16_t year;
    uint8_t month, day, hour, minute, second; /* month and day from 1 */
};

/* "Jun 10 2010 17:36:05: " as an ASA's syslog has it, "Jun 10 17:36:13 " on its console. */
void phrase_add_stamp(struct text *t, enum dialect dialect, struct phrase_stamp stamp);
/* "00:01:01: ", from a day on "1d02h: ", from a week on "1w2d: ". */
void phrase_add_uptime(struct text *t, uint64_t seconds);

/* The table, for tests and tools. */
struct phrase {
    enum phrase_use { PHRASE_LINE, PHRASE_OR, PHRASE_READ, PHRASE_WRITE, PHRASE_OR_WRITE } use;
    enum phrase_family { PHRASE_ASA, PHRASE_IOS } family;
    uint8_t severity;
    uint32_t number;
    const char *text;
    enum event_kind kind;
    enum phrase_mark mark;
    const char *source;
};
size_t phrase_count(void);
const struct phrase *phrase_at(size_t row);

#endif
