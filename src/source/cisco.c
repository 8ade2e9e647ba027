/* ASA, PIX, FTD, IOS and IOS-XE: which part of a line is stamp, tag and text, in all the forms that releases and relays
 * give it. The texts stand in event/phrases.def and event/readings.def. */
#include "event/phrases.h"
#include "event/readings.h"
#include "event/template.h"
#include "source/parts.h"

#include <string.h>

/* ---- ASA ---- */

/* ASA-5-713041: , %ASA-vpn-5-713041: ; the number, with the text behind it. */
static bool take_asa_tag(struct bytes *line, uint64_t *number)
{
    struct bytes rest = *line;
    size_t dash;

    bytes_take(&rest, "%");
    if (!bytes_take(&rest, "ASA-") && !bytes_take(&rest, "PIX-") && !bytes_take(&rest, "FTD-"))
        return false;
    if (rest.len > 0 && (rest.data[0] < '0' || rest.data[0] > '7')) {
        if (!bytes_has(bytes_of(rest.data, rest.len < 16 ? rest.len : 16), "-", &dash))
            return false;
        rest = bytes_after(rest, dash + 1);
    }
    if (rest.len < 9 || rest.data[1] != '-' || !bytes_number(bytes_of(rest.data + 2, 6), 10, number))
        return false;
    rest = bytes_after(rest, 8);
    bytes_take(&rest, ":");
    *line = bytes_trim(rest);
    return true;
}

static bool find_asa_tag(struct bytes line, size_t *at)
{
    static const char *const names[] = {"ASA-", "PIX-", "FTD-"};
    const uint8_t *sign = line.len ? memchr(line.data, '%', line.len) : NULL;
    uint64_t number;

    if (sign) {
        struct bytes rest = bytes_after(line, *at = (size_t)(sign - line.data));

        if (take_asa_tag(&rest, &number))
            return true;
    }

    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (bytes_has(line, names[i], at)) {
            if (*at > 0 && line.data[*at - 1] == '%')
                --*at;
            struct bytes rest = bytes_after(line, *at);
            return take_asa_tag(&rest, &number);
        }
    return false;
}

/* Messages that may be about VPNs: the classes of a hundred, and single ones, most of which no row of phrases.def has.
 * 750 and 751 are IKEv2. */
static const struct {
    unsigned class;
    bool is_ikev2;
} asa_classes[] = {{713, false}, {714, false}, {715, false}, {602, false}, {402, false}, {404, false},
                   {702, false}, {717, false}, {752, false}, {750, true},  {751, true}};

/* A firewall logs some of these a thousand times a second: only those lines matter that hold the word. `part` is of all
 * words of a number, and is looked for first. */
static const struct {
    uint32_t number;
    const char *part, *word;
} asa_numbers[] = {
    {108004, "", ""},
    {305013, "", ""},
    {507003, "", ""},
    {110003, "NP Identity Ifc", "/500"},
    {110003, "NP Identity Ifc", "/4500"},
    {106023, "50", "/500 "},
    {106023, "50", "/4500 "},
    {106023, "50", "protocol 50"},
    {710003, "50", "/500"},
    {710003, "50", "/4500"},
    {710005, "50", "/500"},
    {710005, "50", "/4500"},
    {710006, "ESP", "ESP "},
    {106102, "", ""},
    {106103, "", ""},
    {106100, "denied", "(500)"},
    {106100, "denied", "(4500)"},
    {113004, "", ""},
    {113005, "", ""},
    {113012, "", ""},
    {113015, "", ""},
};

enum asa_share { SHARE_UNKNOWN, SHARE_NONE, SHARE_SOME, SHARE_ALL };

/* Which lines of that number may be about a VPN. */
static enum asa_share share_of(const struct source *s, uint32_t number)
{
    for (size_t i = 0; i < COUNT_OF(asa_numbers); i++)
        if (number == asa_numbers[i].number)
            return SHARE_SOME;
    if (phrase_index_has_number(s->index, number))
        return SHARE_ALL;
    for (size_t i = 0; i < COUNT_OF(asa_classes); i++)
        if (number / 1000 == asa_classes[i].class)
            return SHARE_ALL;
    return SHARE_NONE;
}

bool asa_is_ours(struct source *s, uint32_t number, struct bytes line)
{
    size_t place = number % COUNT_OF(s->asa_shares), at;

    if (s->asa_shares[place].number != number || s->asa_shares[place].share == SHARE_UNKNOWN) {
        s->asa_shares[place].number = number;
        s->asa_shares[place].share = (uint8_t)share_of(s, number);
    }
    if (s->asa_shares[place].share != SHARE_SOME)
        return s->asa_shares[place].share == SHARE_ALL;
    for (size_t i = 0; i < COUNT_OF(asa_numbers); i++) {
        if (number != asa_numbers[i].number)
            continue;
        if (!bytes_has(line, asa_numbers[i].part, &at))
            return false;
        if (bytes_has(line, asa_numbers[i].word, &at))
            return true;
    }
    return false;
}

/* A comment of whoever wrote about the log, that lost its line break. */
static struct bytes before_comment(struct bytes text)
{
    size_t at;

    return bytes_has(text, "! -", &at) && at > 0 ? bytes_of(text.data, at) : text;
}

/* A release may give a text another number than the one that we know: IKE's own texts are looked for under any. */
static bool read_unnumbered(const struct source *s, struct bytes text, uint64_t number, struct event *e)
{
    char space[SOURCE_LINE_MAX + 16];
    struct text t = text_of(space, sizeof space);
    struct phrase_head head;

    if (number / 1000 < 713 || number / 1000 > 715)
        return false;
    text_add(&t, "[IKEv1]: %.*s", (int)text.len, (const char *)text.data);
    return phrase_read_by(s->index, DIALECT_ASA_CONSOLE_8, bytes_of(t.data, t.len), &head, e);
}

static const struct {
    uint32_t number;
    enum event_kind kind;
    const char *cause;
} asa_messages[] = {
#define MESSAGE(number, event, cause) {number, EV_##event, cause},
#include "source/messages.def"
#undef MESSAGE
};

/* What a message is by its number; whom it is about stands before its text. */
static bool read_by_number(struct bytes text, uint64_t number, struct event *e)
{
    size_t row = 0;

    while (row < COUNT_OF(asa_messages) && asa_messages[row].number != number)
        row++;
    if (row == COUNT_OF(asa_messages))
        return false;
    struct event read = event_of(asa_messages[row].kind);
    if (!template_read("{P}{DETAIL}", NULL, text, &read))
        read = event_of(asa_messages[row].kind);
    if (*asa_messages[row].cause)
        event_add_text(&read, read.kind == EV_PROPOSAL_DIFFERS ? FIELD_ATTRIBUTE : FIELD_CAUSE,
                       asa_messages[row].cause);
    *e = read;
    return true;
}

static bool read_asa_text(struct source *s, struct bytes tagged, struct bytes text, uint64_t number, struct event *e)
{
    char space[SOURCE_LINE_MAX + 2];
    struct text whole = text_of(space, sizeof space);
    struct phrase_head head;

    if (tagged.data[0] != '%' && tagged.data[0] != '[') { /* the per cent sign was lost on the way */
        text_add(&whole, "%%%.*s", (int)tagged.len, (const char *)tagged.data);
        tagged = bytes_of(whole.data, whole.len);
    }
    if (phrase_read_by(s->index, DIALECT_ANY, tagged, &head, e)) {
        said_keep(&s->said, &head, tagged, e);
        return true;
    }
    return reading_read_by(s->index, PRODUCT_ASA, text, e) ||
           phrase_read_by(s->index, DIALECT_ANY, before_comment(tagged), &head, e) ||
           read_unnumbered(s, text, number, e) || read_by_number(text, number, e);
}

static bool goes_on(struct bytes text)
{
    size_t at;

    return (bytes_has(text, "Transmitting Proxy Id:", &at) && !bytes_has(text, "Remote ", &at)) ||
           (bytes_has(text, "ID received", &at) && at + 11 == text.len);
}

static enum reading asa_text(struct source *s, struct bytes tagged, struct bytes text, uint64_t number)
{
    struct event e;

    if (number > 0 && !asa_is_ours(s, (uint32_t)number, text))
        return READ_OTHER;
    if (said_read(&s->said, tagged, &e) || read_asa_text(s, tagged, text, number, &e)) {
        if (e.kind != EV_NONE)
            source_say(s, &e);
        return READ_SAID;
    }
    if (goes_on(text) && !s->is_alone) {
        source_hold(s, bytes_of(tagged.data, tagged.len));
        return READ_HELD;
    }
    for (size_t i = 0; i < COUNT_OF(asa_classes); i++)
        if (number / 1000 == asa_classes[i].class) {
            if (!asa_classes[i].is_ikev2)
                return READ_UNREAD;
            e = event_of(EV_IKEV2_SEEN);
            source_say(s, &e);
            return READ_SAID;
        }
    return number == 0 ? READ_UNREAD : READ_OTHER;
}

/* [IKEv1], [IKEv1 DEBUG], [IKEv1 DECODE]; show crypto protocol statistics begins with [IKEv1 statistics]. */
static bool find_debug_tag(struct bytes line, size_t *at)
{
    return bytes_has(line, "[IKEv1", at) && !bytes_begin_with(bytes_after(line, *at), bytes_of_text("[IKEv1 stat"));
}

enum reading asa_line(struct source *s, struct bytes line)
{
    size_t at;
    uint64_t number = 0;

    if (!find_debug_tag(line, &at) && !find_asa_tag(line, &at))
        return READ_NOT_MINE;
    struct bytes head = bytes_of(line.data, at), tagged = bytes_after(line, at), text = tagged;
    bool is_ours = s->journal.is_one || bytes_has(head, "ikewised", &at);

    source_is(s, is_ours ? SOURCE_IKEWISE_LOG : SOURCE_ASA_LOG, is_ours ? PRODUCT_IKEWISE : PRODUCT_ASA);
    source_stamp(s, head);
    s->stamped.is_asa = !is_ours && tagged.data[0] == '%' && s->stamped.len > 0 && !memchr(head.data, '%', head.len);
    if (!take_asa_tag(&text, &number) && bytes_has(text, "]", &at)) {
        text = bytes_after(text, at + 1);
        bytes_take(&text, ":");
        text = bytes_trim(text);
    }
    return asa_text(s, tagged, text, number);
}

/* ---- IOS ---- */

/* (0:1): , (1001): , (0:1:SW:1): : the number of the ISAKMP SA; false without one. */
static bool take_connection(struct bytes *text, uint64_t *connection)
{
    struct bytes rest = bytes_trim(*text), inside, number;
    size_t end;
    bool has_number = false;

    bytes_take(&rest, ":");
    rest = bytes_trim(rest);
    *connection = 0;
    if (rest.len > 0 && rest.data[0] == '(' && bytes_has(rest, ")", &end) && end < 24) {
        inside = bytes_of(rest.data + 1, end - 1);
        size_t colon;
        if (bytes_has(inside, ":", &colon))
            inside = bytes_after(inside, colon + 1);
        number = bytes_to(inside, ":");
        has_number = bytes_number(number, 10, connection) || number.len == 1; /* (0:X): somebody tells of a line */
        if (has_number)
            rest = bytes_after(rest, end + 1);
        bytes_take(&rest, ":");
    }
    *text = bytes_trim(rest);
    return has_number;
}

static const char *const ios_tags[] = {"ISAKMP-PAK", "ISAKMP-ERROR", "ISAKMP-INFO", "ISAKMP-EVENT", "ISAKMP"};

/* "ISAKMP" in running text of a device is followed by something else than a colon or a bracket. */
static bool find_isakmp(struct bytes line, size_t *at, size_t *text_at)
{
    for (size_t from = 0, found; bytes_has(bytes_after(line, from), "ISAKMP", &found); from += found + 6) {
        *at = from + found;
        if (*at > 0 && line.data[*at - 1] != ' ' && line.data[*at - 1] != ':')
            continue; /* PROTO_ISAKMP */
        for (size_t i = 0; i < COUNT_OF(ios_tags); i++) {
            struct bytes rest = bytes_after(line, *at);

            if (!bytes_take(&rest, ios_tags[i]))
                continue;
            *text_at = line.len - rest.len;
            rest = bytes_trim(rest);
            if (rest.len > 1 &&
                (rest.data[0] == ':' || (rest.data[0] == '(' && rest.data[1] >= '0' && rest.data[1] <= '9')))
                return true;
        }
    }
    return false;
}

static bool ios_goes_on(struct bytes text)
{
    size_t at;

    return (bytes_has(text, "deleting SA reason \"", &at) && !bytes_has(text, " state (", &at)) ||
           (bytes_has(text, "NOTIFY PROPOSAL_NOT_CHOSEN", &at) && !bytes_has(text, "spi ", &at)) ||
           (bytes_has(text, "authentication status:", &at) && !bytes_has(text, "authenticated", &at));
}

static void say_connected(struct source *s, struct event *e, uint64_t connection)
{
    if (e->kind == EV_NONE)
        return;
    if (connection != 0)
        event_add_number(e, FIELD_CONN_ID, connection);
    source_say(s, e);
}

/* IOS-XE puts the number of the SA also before the attributes, which older releases name without one. */
static bool read_unconnected(struct source *s, struct bytes text, struct event *e)
{
    char space[SOURCE_LINE_MAX + 32];
    struct text old = text_of(space, sizeof space);
    struct phrase_head head;

    text_add(&old, "ISAKMP: ");
    text_add_plain(&old, text);
    return phrase_read_by(s->index, DIALECT_IOS_OLD, bytes_of(old.data, old.len), &head, e);
}

static enum reading isakmp_text(struct source *s, struct bytes whole, struct bytes text)
{
    char space[SOURCE_LINE_MAX + 32];
    struct text old = text_of(space, sizeof space);
    struct phrase_head head;
    uint64_t connection;
    struct event e;

    bool has_number = take_connection(&text, &connection);
    if (text.len == 0)
        return READ_OTHER;
    text_add(&old, has_number ? "ISAKMP (0:" : "ISAKMP: ");
    if (has_number) {
        text_add_decimal(&old, connection);
        text_add(&old, "): ");
    }
    text_add_plain(&old, text);
    if (phrase_read_by(s->index, DIALECT_IOS_OLD, bytes_of(old.data, old.len), &head, &e)) {
        source_say(s, &e);
        return READ_SAID;
    }
    if (ios_goes_on(text) && !s->is_alone) {
        source_hold(s, whole);
        return READ_HELD;
    }
    if (!reading_read_by(s->index, PRODUCT_IOS, text, &e) && !(has_number && read_unconnected(s, text, &e)))
        return READ_UNREAD;
    say_connected(s, &e, connection);
    return READ_SAID;
}

static enum reading ios_other(struct source *s, struct bytes line, size_t at)
{
    struct bytes text = bytes_after(line, at);
    struct phrase_head head;
    struct event e;

    source_is(s, SOURCE_IOS_LOG, PRODUCT_IOS);
    source_stamp(s, bytes_of(line.data, at));
    if (!phrase_read_by(s->index, DIALECT_IOS_OLD, text, &head, &e) &&
        !reading_read_by(s->index, PRODUCT_IOS, text, &e))
        return READ_UNREAD;
    say_connected(s, &e, 0);
    return READ_SAID;
}

/* %LINK-5-CHANGED: the rest of the device's log. */
static bool is_ios_syslog(struct bytes line, size_t *at)
{
    if (!bytes_has(line, "%", at))
        return false;
    struct bytes rest = bytes_after(line, *at + 1);
    size_t upper = 0;
    while (upper < rest.len && ((rest.data[upper] >= 'A' && rest.data[upper] <= 'Z') || rest.data[upper] == '_'))
        upper++;
    return upper >= 3 && rest.len > upper + 3 && rest.data[upper] == '-' && rest.data[upper + 1] >= '0' &&
           rest.data[upper + 1] <= '7' && rest.data[upper + 2] == '-';
}

static const char *const ios_others[] = {"%CRYPTO-", "%IPSEC-", "IPSEC(", "map_db_find_best"};

enum reading ios_line(struct source *s, struct bytes line)
{
    size_t at, text_at;

    if (find_isakmp(line, &at, &text_at)) {
        source_is(s, SOURCE_IOS_LOG, PRODUCT_IOS);
        source_stamp(s, bytes_of(line.data, at));
        return isakmp_text(s, line, bytes_after(line, text_at));
    }
    for (size_t i = 0; i < COUNT_OF(ios_others); i++)
        if (bytes_has(line, ios_others[i], &at))
            return ios_other(s, line, at);
    if (bytes_has(line, "IKEv2:", &at) && at < 64) {
        struct event e = event_of(EV_IKEV2_SEEN);

        source_is(s, SOURCE_IOS_LOG, PRODUCT_IOS);
        source_stamp(s, bytes_of(line.data, at));
        reading_read_by(s->index, PRODUCT_IOS, bytes_after(line, at), &e);
        source_say(s, &e);
        return READ_SAID;
    }
    if (!is_ios_syslog(line, &at))
        return READ_NOT_MINE;
    source_is(s, SOURCE_IOS_LOG, PRODUCT_IOS);
    return READ_OTHER;
}
