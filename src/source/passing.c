/* Lines of other business, which are most of a firewall's log: passed over at once, counted and not read. */
#include "base/wide.h"
#include "source/parts.h"

#include <string.h>

/* The first `c` at `from` or behind it, or the end of the input; `known` is where one was found before. */
static const uint8_t *next_in(const struct source *s, const uint8_t *from, char c, const uint8_t *known)
{
    const uint8_t *end = s->input.data + s->input.len, *found;

    if (known && known >= from)
        return known;
    found = from < end ? memchr(from, c, (size_t)(end - from)) : NULL;
    return found ? found : end;
}

enum bearing { NO_MESSAGE, OTHER_MESSAGE, OUR_MESSAGE };
enum { TAG_LEN = 14 };

/* %ASA-5-713041: the number. */
static bool read_number(const uint8_t *sign, uint32_t *number)
{
    uint32_t others = 0;

    if (sign[4] != '-' || sign[6] != '-' ||
        (memcmp(sign + 1, "ASA", 3) != 0 && memcmp(sign + 1, "FTD", 3) != 0 && memcmp(sign + 1, "PIX", 3) != 0))
        return false;
    *number = 0;
    for (size_t i = 7; i < TAG_LEN - 1; i++) {
        uint32_t digit = (uint32_t)sign[i] - '0';

        others |= digit > 9;
        *number = *number * 10 + digit;
    }
    return others == 0;
}

/* How far it is to the end of the line; whether a second tag may begin before. The whole length: it does not end. */
static size_t line_len(struct bytes rest, bool *may_have_tag)
{
    uint32_t marks = 0;

    for (size_t at = 0; at < rest.len; at += WIDE_LEN) {
        wide w = wide_of(bytes_of(rest.data + at, rest.len - at));
        uint32_t here = wide_bits((wide)(w == '%') | (wide)(w == 'K')), ends = wide_bits((wide)(w == '\n'));

        if (ends != 0) {
            *may_have_tag = (marks | (here & ((ends & -ends) - 1))) != 0;
            return at + (size_t)__builtin_ctz(ends);
        }
        marks |= here;
    }
    return rest.len;
}

/* The next line, where it is a message behind the head that was read last, of a number that is no VPN's, and nothing
 * else: told in one look at it, as is one whose number is a VPN's. NO_MESSAGE: it is to be looked at again. */
static enum bearing passes_by(struct source *s, struct bytes *line)
{
    enum { FIRST_LEN = 5 };
    bool may_have_tag;
    uint32_t number;

    if (!s->stamped.is_asa || s->input.len < s->stamped.len + TAG_LEN ||
        !wide_equal(s->input.data, s->stamped.head, s->stamped.len))
        return NO_MESSAGE;
    const uint8_t *sign = s->input.data + s->stamped.len;
    if (*sign != '%' || !read_number(sign, &number))
        return NO_MESSAGE;
    if (asa_is_ours(s, number, (struct bytes){0}))
        return OUR_MESSAGE;
    struct bytes rest = bytes_after(s->input, s->stamped.len + FIRST_LEN);
    size_t len = line_len(rest, &may_have_tag);

    *line = bytes_of(s->input.data, s->stamped.len + FIRST_LEN + len);
    return len < rest.len && !may_have_tag && line->len <= SOURCE_LINE_MAX && len + FIRST_LEN >= TAG_LEN &&
                   !asa_is_ours(s, number, *line)
               ? OTHER_MESSAGE
               : NO_MESSAGE;
}

/* A message of an ASA whose number is no VPN's, and nothing else in the line: most of what a firewall logs. The input
 * is searched for the next sign and the next K, not each line. */
static enum bearing message_in(struct source *s, struct bytes line)
{
    const uint8_t *end = line.data + line.len, *sign;
    uint32_t number;
    size_t at;

    s->next_sign = sign = next_in(s, line.data, '%', s->next_sign);
    if (sign >= end || end - sign < TAG_LEN || !read_number(sign, &number))
        return NO_MESSAGE;
    if (asa_is_ours(s, number, line))
        return OUR_MESSAGE;
    s->next_sign = next_in(s, sign + 1, '%', s->next_sign);
    s->next_k = next_in(s, sign + 5, 'K', s->next_k);
    return (s->next_sign >= end && s->next_k >= end) || !line_find_tag(line, (size_t)(sign - line.data) + 5, &at)
               ? OTHER_MESSAGE
               : NO_MESSAGE;
}

/* Programs of syslog whose lines are looked at; what begins so is one of them. */
static const char *const programs[] = {"charon",    "pluto",   "racoon",        "ipsec",      "ikewise",
                                       "starter",   "isakmp",  "swanctl",       "strongswan", "vpn",
                                       "libreswan", "nm-vpnc", "NetworkManager"};

/* Jun 10 17:36:13 host , 2010-06-10T17:36:13+02:00 host : what follows it. */
static bool pass_syslog_head(struct bytes *line)
{
    const uint8_t *d = line->data;
    bool is_named = line->len > 32 && d[3] == ' ' && d[6] == ' ' && d[9] == ':' && d[12] == ':' && d[15] == ' ';
    bool is_iso = line->len > 32 && d[4] == '-' && d[7] == '-' && d[10] == 'T' && d[13] == ':' && d[16] == ':';

    if (!is_named && !is_iso)
        return false;
    struct bytes rest = bytes_after(*line, is_named ? 16 : 19);
    for (int blanks = is_named ? 1 : 2; blanks > 0; blanks--) {
        const uint8_t *blank = rest.len ? memchr(rest.data, ' ', rest.len) : NULL;

        if (!blank)
            return false;
        rest = bytes_after(rest, (size_t)(blank - rest.data) + 1);
    }
    *line = rest;
    return true;
}

/* sshd[77]: text, of a program that is none of these; and nothing that a device would say is in the text. */
static bool is_other_program(struct bytes line)
{
    struct bytes rest = line;
    size_t at, len = 0;

    if (!pass_syslog_head(&rest))
        return false;
    while (len < rest.len && rest.data[len] > ' ' && rest.data[len] != ':' && rest.data[len] != '[')
        len++;
    if (len < 3 || rest.data[0] < 'a' || rest.data[0] > 'z' || len + 1 >= rest.len ||
        (rest.data[len] != ':' && rest.data[len] != '['))
        return false;
    for (size_t i = 0; i < COUNT_OF(programs); i++)
        if (bytes_begin_with(rest, bytes_of_text(programs[i])))
            return false;
    return !memchr(rest.data, '%', rest.len) && !bytes_has(rest, "ISAKMP", &at) && !bytes_has(rest, "IPSEC(", &at) &&
           !bytes_has(rest, "ASA-", &at) && !bytes_has(rest, "PIX-", &at) && !bytes_has(rest, "FTD-", &at) &&
           !bytes_has(rest, "[IKE", &at);
}

/* The kind counts line by line, the time is noted once. */
static void note_skipped(struct source *s)
{
    struct bytes line = s->skipped;
    const uint8_t *sign = line.len ? memchr(line.data, '%', line.len) : NULL;

    s->skipped = (struct bytes){0};
    if (line.len == 0)
        return;
    s->stamp = (struct stamp){STAMP_NONE, 0, 0, 0};
    if (sign)
        source_is(s, SOURCE_ASA_LOG, PRODUCT_ASA);
    source_stamp(s, bytes_of(line.data, sign ? (size_t)(sign - line.data) : line.len < 40 ? line.len : 40));
}

/* The times of the first and the last of a run of them are noted, not of each. */
bool pass_lines(struct source *s)
{
    const uint8_t *end;
    struct bytes line;
    enum bearing message;

    if (s->carry_len > 0 || s->held_len > 0 || s->is_carry_cut)
        return false;
    for (;;) {
        if ((message = passes_by(s, &line)) == OUR_MESSAGE)
            break;
        if (message == NO_MESSAGE) {
            if (s->input.len == 0 || (end = memchr(s->input.data, '\n', s->input.len)) == NULL)
                break;
            line = bytes_of(s->input.data, (size_t)(end - s->input.data));
            if (line.len > SOURCE_LINE_MAX || line.len == 0)
                break;
            message = message_in(s, line);
            if (message == OUR_MESSAGE || (message == NO_MESSAGE && !is_other_program(line)))
                break;
        }
        s->input = bytes_after(s->input, line.len + 1);
        bool is_first = s->skipped.len == 0;
        s->skipped = line;
        s->line++;
        s->sum.lines++;
        s->sum.ignored++;
        s->sum.kind_lines[SOURCE_ASA_LOG] += message == OTHER_MESSAGE;
        if (is_first) {
            note_skipped(s);
            s->skipped = line;
        }
    }
    bool is_any = s->skipped.len > 0;
    note_skipped(s);
    return is_any;
}
