/* Logs in which a text stands below its head, in one line or several, up to an empty line or the next head: of the VPN
 * 3000 Concentrator and of Cisco's VPN Client.
 *
 *     45 03/22/2006 14:05:09.123 SEV=4 IKE/97 RPT=12 192.0.2.9
 *     12     14:05:09.123  03/22/06  Sev=Info/4 IKE/0x63000013
 *
 * A syslog has both in one line, and so they are read: what stands below a head is joined to it first. */
#include "event/phrases.h"
#include "event/readings.h"
#include "source/parts.h"

#include <string.h>

struct text_head {
    bool is_clients;
    bool is_told; /* of IKE, and of some weight: a text that is not understood is named */
    size_t len;   /* up to the severity: number and stamp */
    struct ip peer;
    struct bytes text;
};

/* ---- the head ---- */

/* Behind SEV=: 4 IKE/97 RPT=12 192.0.2.9 */
static bool take_concentrators(struct bytes rest, struct text_head *h)
{
    struct bytes severity = bytes_word(&rest), class = bytes_word(&rest), repeats = bytes_word(&rest);
    struct bytes behind = rest;
    size_t slash;

    if (severity.len != 1 || !bytes_has(class, "/", &slash) || !bytes_begin_with(repeats, bytes_of_text("RPT=")))
        return false;
    h->is_told = bytes_begin_with(class, bytes_of_text("IKE/")) && severity.data[0] <= '5';
    h->text = bytes_trim(ip_parse(&h->peer, bytes_word(&behind)) ? behind : rest);
    return true;
}

/* Behind Sev=: Info/4 IKE/0x63000013 */
static bool take_clients(struct bytes rest, struct text_head *h)
{
    struct bytes level = bytes_word(&rest), class = bytes_word(&rest);
    size_t at;

    if (!bytes_has(level, "/", &at) || !bytes_has(class, "/0x", &at))
        return false;
    h->is_clients = true;
    h->is_told = bytes_begin_with(class, bytes_of_text("IKE/")) && !bytes_begin_with(level, bytes_of_text("Info"));
    h->text = bytes_trim(rest);
    return true;
}

/* What the client tells its user in a window, as users tell it. */
static bool is_window(struct bytes line)
{
    return bytes_begin_with(line, bytes_of_text("Secure VPN Connection terminated "));
}

/* " SEV=" or " Sev=", from `from` on: where the letters stand. */
static bool find_severity(struct bytes line, size_t from, size_t *at)
{
    const uint8_t *sign = line.data + from, *end = line.data + line.len;

    for (; sign < end && (sign = memchr(sign, '=', (size_t)(end - sign))) != NULL; sign++) {
        *at = (size_t)(sign - line.data);
        if (*at >= 4 && (memcmp(sign - 4, " SEV", 4) == 0 || memcmp(sign - 4, " Sev", 4) == 0)) {
            *at -= 3;
            return true;
        }
    }
    return false;
}

static bool find_head(struct bytes line, struct text_head *h)
{
    enum { HEAD_MAX = 160, SIGN_LEN = 4 };
    size_t at;

    *h = (struct text_head){.is_clients = true, .text = line};
    if (is_window(line))
        return true;
    if (!find_severity(bytes_of(line.data, line.len < HEAD_MAX ? line.len : HEAD_MAX), 0, &at))
        return false;
    *h = (struct text_head){.len = at - 1};
    struct bytes rest = bytes_after(line, at + SIGN_LEN);
    return line.data[at + 1] == 'E' ? take_concentrators(rest, h) : take_clients(rest, h);
}

/* In front of the severity stand a number, a date and a time. */
size_t headed_piece_len(struct bytes line)
{
    size_t first, at;

    if (!find_severity(line, 0, &first) || !find_severity(line, first + 4, &at))
        return line.len;
    for (int words = 3; words > 0; words--) {
        while (at > first && line.data[at - 1] == ' ')
            at--;
        while (at > first && line.data[at - 1] != ' ')
            at--;
    }
    return at > first ? at : line.len;
}

/* The client has the date behind the time, and of the year two figures. */
static void stamp_clients(struct source *s, struct bytes head)
{
    char space[48];
    struct text t = text_of(space, sizeof space);
    struct bytes number, clock, date;

    number = bytes_word(&head);
    clock = bytes_word(&head);
    date = bytes_word(&head);
    if (number.len == 0 || date.len < 8)
        return;
    text_add_plain(&t, bytes_of(date.data, date.len - 2));
    text_add(&t, "%s", date.len == 8 ? "20" : "");
    text_add_plain(&t, bytes_after(date, date.len - 2));
    text_add(&t, " ");
    text_add_plain(&t, clock);
    source_stamp(s, bytes_of(t.data, t.len));
}

bool headed_goes_on(struct bytes line)
{
    struct text_head unused;

    return bytes_trim(line).len > 0 && !find_head(line, &unused);
}

bool headed_is_below(const struct source *s)
{
    return s->is_below_head && (s->kind_before == SOURCE_VPN3000_LOG || s->kind_before == SOURCE_VPN_CLIENT_LOG);
}

/* ---- the concentrator's texts: the ASA has them from it, and only the names in front are spelled otherwise ---- */

/* Group [x] as an ASA has it: Group = x, */
static void turn_name(struct bytes *text, const char *name, struct text *t)
{
    struct bytes rest = *text;
    size_t end;

    if (!bytes_take(&rest, name) || !bytes_take(&rest, " [") || !bytes_has(rest, "]", &end))
        return;
    text_add(t, "%s = ", strcmp(name, "User") == 0 ? "Username" : name);
    text_add_plain(t, bytes_of(rest.data, end));
    text_add(t, ", ");
    *text = bytes_trim(bytes_after(rest, end + 1));
}

/* The lines of a history, newest first, as an ASA puts them behind each other: MM_DONE, EV_ERROR-->MM_WAIT_MSG3,
 * EV_TIMEOUT */
static void add_history(struct text *t, struct bytes pairs)
{
    for (struct bytes word; (word = bytes_word(&pairs)).len > 0;) {
        text_add_plain(t, word);
        if (bytes_trim(pairs).len > 0)
            text_add(t, "%s", word.data[word.len - 1] == ',' ? " " : "-->");
    }
}

static bool read_text(const struct source *s, struct bytes named, struct bytes text, struct event *e)
{
    char space[SOURCE_LINE_MAX + 64];
    struct text tagged = text_of(space, sizeof space);
    struct phrase_head head;

    text_add(&tagged, "[IKEv1]: ");
    text_add_plain(&tagged, named);
    return reading_read_by(s->index, PRODUCT_VPN3000, named, e) ||
           phrase_read_by(s->index, DIALECT_ASA_CONSOLE_8, bytes_of(tagged.data, tagged.len), &head, e) ||
           reading_read_by(s->index, PRODUCT_ASA, named, e) || reading_read_by(s->index, PRODUCT_ASA, text, e);
}

/* `names`: of group, user and peer, as an ASA has them. */
static enum reading say_text(struct source *s, const struct text_head *h, const struct text *names, struct bytes text)
{
    static const char events[] = "<event>:";
    char space[SOURCE_LINE_MAX + 64];
    struct text t = text_of(space, sizeof space);
    struct event e;
    size_t at;

    text_add(&t, "%s", names->data);
    if (bytes_has(text, events, &at)) {
        at += strlen(events);
        text_add_plain(&t, bytes_of(text.data, at));
        text_add(&t, "  ");
        add_history(&t, bytes_after(text, at));
    } else {
        text_add_plain(&t, text);
    }
    if (!read_text(s, bytes_of(t.data, t.len), text, &e))
        return READ_UNREAD;
    if (e.kind == EV_NONE)
        return READ_SAID;
    if (ip_is_set(h->peer) && !event_has(&e, FIELD_PEER))
        event_add_ip(&e, FIELD_PEER, h->peer);
    source_say(s, &e);
    return READ_SAID;
}

/* Of a transform that fits no policy each of these has its share of one text. */
static struct bytes take_share(struct bytes *text)
{
    static const char begin[] = "Phase 1 failure ";
    size_t at, from = bytes_begin_with(*text, bytes_of_text(begin)) ? strlen(begin) : 0;
    size_t len = bytes_has(bytes_after(*text, from), begin, &at) ? from + at : text->len;
    struct bytes share = bytes_trim(bytes_of(text->data, len));

    *text = bytes_after(*text, len);
    return share;
}

static enum reading concentrators_text(struct source *s, const struct text_head *h)
{
    char space[512];
    struct text names = text_of(space, sizeof space);
    struct bytes text = h->text;
    enum reading reading = READ_UNREAD;

    turn_name(&text, "Group", &names);
    if (names.len > 0)
        turn_name(&text, "User", &names);
    if (ip_is_set(h->peer)) {
        text_add(&names, "IP = ");
        text_add_ip(&names, h->peer);
        text_add(&names, ", ");
    }
    while (text.len > 0)
        if (say_text(s, h, &names, take_share(&text)) == READ_SAID)
            reading = READ_SAID;
    return reading;
}

/* ---- a line ---- */

/* All lines of a text are counted as it is understood. */
static enum reading count_lines(struct source *s, enum reading reading)
{
    uint32_t more = s->headed_lines > 0 ? s->headed_lines - 1 : 0;

    if (reading == READ_SAID)
        s->sum.understood += more;
    else
        s->sum.ignored += more;
    s->headed_lines = 0;
    return reading;
}

enum reading headed_line(struct source *s, struct bytes line)
{
    struct text_head h;

    if (!find_head(line, &h)) {
        if (!headed_is_below(s))
            return READ_NOT_MINE;
        source_is(s, s->kind_before, s->sum.product); /* the rest of a text that is too long */
        return READ_OTHER;
    }
    s->is_below_head = !s->is_alone;
    source_is(s, h.is_clients ? SOURCE_VPN_CLIENT_LOG : SOURCE_VPN3000_LOG,
              h.is_clients ? PRODUCT_VPN_CLIENT : PRODUCT_VPN3000);
    if (!s->is_alone && line.len < sizeof s->held) {
        source_hold(s, line);
        s->headed_lines++;
        return READ_HELD;
    }
    if (h.is_clients)
        stamp_clients(s, bytes_of(line.data, h.len));
    else
        source_stamp(s, bytes_of(line.data, h.len));
    enum reading reading = h.is_clients ? vpn_client_text(s, h.text) : concentrators_text(s, &h);
    return count_lines(s, reading == READ_UNREAD && !(h.is_told && h.text.len > 0) ? READ_OTHER : reading);
}
