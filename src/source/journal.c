/* The journal of ikewised (event/journal.h): messages of the wire, among lines of its log. */
#include "event/journal.h"

#include "source/parts.h"

#include <string.h>

static bool is_head(struct bytes line)
{
    return bytes_begin_with(line, bytes_of_text(JOURNAL_HEAD));
}

/* A piece of a message; true when the message is here as far as it was kept. */
static bool take_piece(struct source *s, const struct journal_line *line)
{
    struct journal_message *m = &s->journal.message;

    if (line->at == 0)
        m->have = 0;
    if (line->at != m->have || m->have == sizeof m->data)
        return false; /* the one before it is missing */
    m->have += journal_piece(line->rest, m->data + m->have, sizeof m->data - m->have);
    return m->have == line->len || line->rest.len < 2 * JOURNAL_PIECE_LEN;
}

static enum reading message_read(struct source *s, const struct journal_line *line)
{
    struct journal_message *m = &s->journal.message;
    struct datagram d = {.source = line->from.ip, .destination = line->to.ip};

    if (line->rest.len == 0)
        return READ_UNREAD;
    if (!take_piece(s, line))
        return READ_SAID;
    s->kind = SOURCE_CAPTURE; /* for what is said of it: nobody tells it, it was so */
    s->text[0] = '\0';
    isakmp_read(s, &d, line->from.port, line->to.port, bytes_of(m->data, m->have), m->have < line->len);
    s->kind = SOURCE_JOURNAL;
    return READ_SAID;
}

enum reading journal_line_take(struct source *s, struct bytes line)
{
    struct bytes stamp = bytes_to(line, " ");
    struct journal_line found;

    if (!s->journal.is_one) {
        if (!is_head(line))
            return READ_NOT_MINE;
        s->journal.is_one = true;
        source_is(s, SOURCE_JOURNAL, PRODUCT_IKEWISE);
        return READ_OTHER;
    }
    if (!journal_line_read(&found, bytes_after(line, stamp.len + 1)))
        return READ_NOT_MINE;
    source_is(s, SOURCE_JOURNAL, PRODUCT_IKEWISE);
    switch (found.kind) {
    case JOURNAL_IN:
    case JOURNAL_OUT: source_stamp(s, stamp); return message_read(s, &found);
    case JOURNAL_KEY: source_add_keys(s, found.rest); break;
    case JOURNAL_INPUT:
    case JOURNAL_KINDS: break;
    }
    return READ_OTHER;
}
