/* A journal: what a gateway's engine was fed and what it did, for explain and replay, here or elsewhere. Lines of text:
 *
 *     ikewise-journal/1
 *     2026-11-21T09:30:00.123Z input acquire
 *     2026-11-21T09:30:00.124Z out 198.51.100.2 500 203.0.113.1 500 148 0 1f2e3d...
 *     2026-11-21T09:30:00.124Z %ASA-7-713236: IP = 203.0.113.1, IKE_DECODE SENDING Message ...
 *
 * The messages are as they were on the wire without the non-ESP marker: what was sealed is sealed. A long one takes
 * several lines, each with the offset of its first byte. What happened stands in the words of the log.
 *
 *     struct text line = text_of(space, JOURNAL_LINE_SIZE);
 *     journal_add_time(&line, stamp, 123);
 *     journal_add_message(&line, JOURNAL_OUT, from, to, message, 0);           the first JOURNAL_PIECE_LEN bytes */
#ifndef EVENT_JOURNAL_H
#define EVENT_JOURNAL_H

#include "event/phrases.h"

#define JOURNAL_HEAD "ikewise-journal/1"

enum journal_kind {
#define JOURNAL(name, ...) JOURNAL_##name,
#include "event/journal.def"
#undef JOURNAL
    JOURNAL_KINDS
};

enum { JOURNAL_PIECE_LEN = 1024, JOURNAL_LINE_SIZE = 2 * JOURNAL_PIECE_LEN + 192 };

struct journal_line {
    enum journal_kind kind;
    struct endpoint from, to; /* of IN and OUT */
    uint32_t len, at;         /* of the message; where the piece begins in it */
    struct bytes rest;        /* of IN and OUT the digits of the piece, else the words */
};

/* "2026-11-21T09:30:00.123Z " */
void journal_add_time(struct text *t, struct phrase_stamp stamp, unsigned ms);

/* The piece of `message` that begins at `at`. */
void journal_add_message(struct text *t, enum journal_kind kind, struct endpoint from, struct endpoint to,
                         struct bytes message, size_t at);
void journal_add_words(struct text *t, enum journal_kind kind, const char *words);

/* A line without its time. False, and `line` untouched: it is no such line. `rest` is a part of `text`. */
bool journal_line_read(struct journal_line *line, struct bytes text);

/* The digits as bytes; 0: they are none, or more than `max`. */
size_t journal_piece(struct bytes digits, uint8_t *to, size_t max);

#endif
