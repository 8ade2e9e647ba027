/* What makes long logs and captures fast leaves out nothing: lines of other business are passed over unread, and the
 * words of an ASA's message, the payloads of a packet are not read a second time. Every file that is stored for the
 * tests, and a long log made of all their messages with other peers, say the same where none of that is done. */
#include "base/check.h"
#include "source/parts.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FILE_MAX = 4 << 20, SEEN_MAX = 200000, WORDS_SIZE = 4096, PIECE_LEN = 100 };

/* Everything of an observation that somebody may look at, in words; the differences are told by a digest. */
struct seen {
    uint32_t line;
    uint64_t digest;
};

static struct reading_of {
    struct seen seen[SEEN_MAX];
    size_t count;
    struct source_summary sum;
} quick, thorough;

static uint8_t file[FILE_MAX], made[2 * FILE_MAX];
static size_t made_len;
static unsigned files, captures, messages;

static void add_field(struct text *t, const struct event *e, enum event_field_id id)
{
    text_add(t, "%s=", event_field_name(id));
    switch (event_field_type(id)) {
    case FIELD_TYPE_NUMBER: text_add_decimal(t, event_number(e, id)); break;
    case FIELD_TYPE_IP: text_add_ip(t, event_ip(e, id)); break;
    case FIELD_TYPE_TEXT: text_add_words(t, event_text(e, id)); break;
    }
}

static uint64_t digest_of(const struct observation *o, const char *line)
{
    char space[WORDS_SIZE];
    struct text t = text_of(space, sizeof space);
    uint64_t digest = 0xcbf29ce484222325u;

    text_add(&t, "%s %u %u %u %d %llu %u %u %d %s|", event_name((enum event_kind)o->event.kind), o->source, o->line,
             o->record, o->has_time, (unsigned long long)o->time_ms, o->vantage, o->product, o->event.is_cut, line);
    for (enum event_field_id id = FIELD_NONE + 1; id < FIELD_IDS; id++)
        if (event_has(&o->event, id))
            add_field(&t, &o->event, id);
    CHECK(!t.is_cut);
    for (size_t i = 0; i < t.len; i++)
        digest = (digest ^ (uint8_t)space[i]) * 0x100000001b3u;
    return digest;
}

static void take_all(struct reading_of *to, struct source *s)
{
    struct observation o;

    while (source_next(s, &o)) {
        CHECK(to->count < SEEN_MAX);
        to->seen[to->count++] = (struct seen){o.line, digest_of(&o, source_text(s))};
    }
}

static void forget(struct source *s)
{
    memset(s->said.said, 0, sizeof s->said.said);
    memset(s->said.once, 0, sizeof s->said.once);
    s->said.plain = NULL;
    s->stamped.len = 0;
    memset(s->packets.known_sas, 0, sizeof s->packets.known_sas);
}

/* Whole; or each line in two pieces, with nothing remembered: no line is passed over then, and none is known. */
static void read_file(struct reading_of *to, struct bytes all, bool is_thorough)
{
    void *space = malloc(source_space());
    struct arena arena = arena_of(space, source_space());
    struct source *s = source_new(&arena, 0);

    CHECK(s);
    bool is_capture = all.len >= 4 && capture_is(bytes_of(all.data, 4));

    to->count = 0;
    for (struct bytes rest = all; rest.len > 0;) {
        const uint8_t *end = is_thorough ? memchr(rest.data, '\n', rest.len) : NULL;
        size_t next = end ? (size_t)(end - rest.data) + 1 : rest.len; /* where the next line begins */
        const uint8_t *its_end = next < rest.len ? memchr(rest.data + next, '\n', rest.len - next) : NULL;
        size_t len = its_end && its_end > rest.data + next ? next + 1 : next;

        if (is_thorough && rest.data == all.data)
            len = 1;
        if (is_thorough && is_capture)
            len = rest.len < PIECE_LEN ? rest.len : PIECE_LEN;

        if (is_thorough)
            forget(s);
        source_feed(s, bytes_of(rest.data, len));
        take_all(to, s);
        rest = bytes_after(rest, len);
    }
    source_end(s);
    take_all(to, s);
    to->sum = source_summary(s);
    free(space);
}

static uint32_t chance = 1;

static size_t draw(size_t below)
{
    chance = chance * 1664525 + 1013904223;
    return (chance >> 8) % below;
}

/* In pieces that end anywhere, each in memory that ends there. */
static void read_pieces(struct reading_of *to, struct bytes all)
{
    enum { PIECE_MAX = 4000 };
    void *space = malloc(source_space());
    struct arena arena = arena_of(space, source_space());
    struct source *s = source_new(&arena, 0);

    CHECK(s);
    to->count = 0;
    for (struct bytes rest = all; rest.len > 0;) {
        size_t len = 1 + draw(rest.len < PIECE_MAX ? rest.len : PIECE_MAX);
        uint8_t *piece = malloc(len);

        CHECK(piece);
        memcpy(piece, rest.data, len);
        source_feed(s, bytes_of(piece, len));
        take_all(to, s);
        rest = bytes_after(rest, len);
        free(piece);
    }
    source_end(s);
    take_all(to, s);
    to->sum = source_summary(s);
    free(space);
}

static void hold_against_each_other(const char *name)
{
    for (size_t i = 0; i < quick.count && i < thorough.count; i++)
        if (quick.seen[i].digest != thorough.seen[i].digest)
            fail_msg("%s: line %u, or line %u, says something else when it is read in passing", name,
                     quick.seen[i].line, thorough.seen[i].line);
    if (quick.count != thorough.count)
        fail_msg("%s: %zu observations in passing, %zu otherwise", name, quick.count, thorough.count);
    if (quick.sum.lines != thorough.sum.lines || quick.sum.understood != thorough.sum.understood ||
        quick.sum.ignored != thorough.sum.ignored || quick.sum.unread != thorough.sum.unread ||
        quick.sum.kind != thorough.sum.kind || quick.sum.product != thorough.sum.product ||
        quick.sum.first_ms != thorough.sum.first_ms || quick.sum.last_ms != thorough.sum.last_ms ||
        memcmp(quick.sum.kind_lines, thorough.sum.kind_lines, sizeof quick.sum.kind_lines) != 0)
        fail_msg("%s: the summary is another one in passing", name);
}

static void both_ways(const char *name, struct bytes text)
{
    read_file(&quick, text, false);
    read_file(&thorough, text, true);
    hold_against_each_other(name);
}

/* And in pieces. */
static void all_ways(const char *name, struct bytes text)
{
    both_ways(name, text);
    read_pieces(&thorough, text);
    hold_against_each_other(name);
}

static struct bytes load(const char *path)
{
    FILE *in = fopen(path, "rb");
    size_t len = in ? fread(file, 1, sizeof file, in) : 0;

    CHECK(in && len < sizeof file);
    fclose(in);
    return bytes_of(file, len);
}

static int take_file(const char *path, const struct stat *about, int kind, struct FTW *place)
{
    (void)about;
    (void)place;
    if (kind != FTW_F)
        return 0;
    struct bytes text = load(path);

    both_ways(path, text);
    files++;
    captures += quick.sum.kind == SOURCE_CAPTURE;
    return 0;
}

static const char *const folders[] = {"explain", "event", "source"};

static void walk(int (*take)(const char *, const struct stat *, int, struct FTW *))
{
    char path[512];

    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        snprintf(path, sizeof path, "%s/%s", TESTS_DIR, folders[i]);
        CHECK(nftw(path, take, 16, FTW_PHYS) == 0);
    }
}

static void what_is_passed_over_in_a_stored_file_says_nothing(void **state)
{
    (void)state;
    files = captures = 0;
    walk(take_file);
    CHECK(files > 300 && captures > 20);
}

/* Of what is only written some lines may be passed over: 106023 is about IKE or ESP once in a thousand times. */
static void no_number_that_the_tables_know_is_passed_over(void **state)
{
    static const uint32_t numbers[] = {
#define MESSAGE(number, event, cause) number,
#include "source/messages.def"
#undef MESSAGE
    };
    void *space = malloc(source_space());
    struct arena arena = arena_of(space, source_space());
    struct source *s = source_new(&arena, 0);

    (void)state;
    CHECK(s);
    for (size_t i = 0; i < phrase_count(); i++)
        if (phrase_at(i)->number != 0 && phrase_at(i)->use != PHRASE_WRITE && phrase_at(i)->use != PHRASE_OR_WRITE &&
            !asa_is_ours(s, phrase_at(i)->number, (struct bytes){0}))
            fail_msg("phrases.def has %u", phrase_at(i)->number);
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        if (!asa_is_ours(s, numbers[i], (struct bytes){0}))
            fail_msg("messages.def has %u", numbers[i]);
    free(space);
}

/* ---- A long log ---- */

static void make(const char *head, struct bytes line, const char *address)
{
    size_t at, digits;

    CHECK(made_len + line.len + 80 < sizeof made);
    made_len += (size_t)sprintf((char *)made + made_len, "%s", head);
    if (*address && bytes_has(line, "IP = ", &at)) {
        digits = at + 5;
        while (digits < line.len && strchr("0123456789.", line.data[digits]))
            digits++;
        memcpy(made + made_len, line.data, at + 5);
        made_len += at + 5;
        made_len += (size_t)sprintf((char *)made + made_len, "%s", address);
        line = bytes_after(line, digits);
    }
    memcpy(made + made_len, line.data, line.len);
    made_len += line.len;
    made[made_len++] = '\n';
}

/* Each message as it stands, twice with another peer, and with an end that a relay may have left. */
static int take_messages(const char *path, const struct stat *about, int kind, struct FTW *place)
{
    static const char *const heads[] = {"Jun 10 2010 17:36:05 fw1 : ", "Jun 10 2010 17:36:06: "};
    size_t at;

    (void)about;
    (void)place;
    if (kind != FTW_F)
        return 0;
    for (struct bytes rest = load(path); rest.len > 0 && made_len < FILE_MAX / 2;) {
        const uint8_t *end = memchr(rest.data, '\n', rest.len);
        struct bytes line = bytes_of(rest.data, end ? (size_t)(end - rest.data) : rest.len);

        rest = bytes_after(rest, line.len + 1);
        if (!bytes_has(line, "%ASA-", &at) || line.len > 400)
            continue;
        line = bytes_after(line, at);
        make(heads[0], line, "");
        make(heads[0], line, "198.51.100.77");
        make(heads[messages % 7 == 0], line, "203.0.113.200");
        make(heads[0], line, "192.0.2.300"); /* no address */
        messages++;
    }
    return 0;
}

static void words_that_were_read_before_say_the_same_of_another_peer(void **state)
{
    static const char *const odd[] = {
        /* in a short line, a pager's prompt */
        "%ASA-7-713906: Group = a-group-with-a-long-name-indeed, IP = 192.0.2.1, ID_--More-- ID received, len 4",
        "%ASA-7-713906: IP = 192.0.2.1, ID_--More-- ID received, len 4",
        /* names that are more than a word */
        "%ASA-5-713119: Group = a, IP = b, IP = 192.0.2.1, PHASE 1 COMPLETED",
        "%ASA-5-713119: Group = a  b, IP = 192.0.2.1, PHASE 1 COMPLETED",
        "%ASA-5-713119: Group = , IP = 192.0.2.1, PHASE 1 COMPLETED",
        "%ASA-5-713119: IP = 192.0.2.1, PHASE 1 COMPLETED\r",
        "%ASA-5-713119: IP = 192.0.2.1, PHASE 1 COMPLETED\r\r",
        "%ASA-5-713119: IP = 192.0.2.1, PHASE 1 COMPLETED ",
        "%ASA-5-713119 IP = 192.0.2.1, PHASE 1 COMPLETED",
        "%ASA-5-713120: IP = 192.0.2.1, PHASE 1 COMPLETED",
        "%ASA-5-713119: IP = 192.0.2.1, PHASE 1 COMPLETED%ASA-5-713119: IP = 192.0.2.2, PHASE 1 COMPLETED",
        /* of other business, and what lost its line break behind it */
        "%ASA-6-302015: Built outbound UDP connection 1 for outside:192.0.2.1/500 (192.0.2.1/500) to identity",
        "%ASA-6-302015: Built outbound UDP connection 1 for outside:%ASA-5-713119: IP = 192.0.2.1, PHASE 1 COMPLETED",
        "%ASA-6-302015: Built [IKEv1]: Group = 192.0.2.1, IP = 192.0.2.1, PHASE 1 COMPLETED",
        "%ASA-4-106023: Deny udp src outside:192.0.2.1/500 dst inside:192.0.2.2/500 by access-group \"a\" [0x0, 0x0]",
        "%ASA-4-106023: Deny tcp src outside:192.0.2.1/1250 dst inside:192.0.2.2/23 by access-group \"a\" [0x0, 0x0]",
        "%ASA-6-000000: no number",
        /* fields that a row on its own may not take */
        "%ASA-5-713041: IP = 192.0.2.1, IKE Initiator: New Phase 1, Intf inside, IKE Peer 192.0.2.2  local Proxy "
        "Address "
        "N/A, remote Proxy Address N/A,  Crypto map (N/A)",
        "%ASA-5-713041: IP = 192.0.2.1, IKE Initiator: New Phase 1, Intf in  side, IKE Peer 192.0.2.1 local Proxy "
        "Address "
        "N/A, remote Proxy Address  N/A, Crypto map (N/A)",
        "%ASA-5-713041: IP = 192.0.2.1, IKE Initiator:New Phase 1, Intf inside, IKE Peer 192.0.2.1  local Proxy "
        "Address "
        "N/A, remote Proxy Address N/A,  Crypto map (N/A)",
        "%ASA-7-713236: IP = 192.0.2.1, IKE_DECODE SENDING Message (msgid=0) with payloads :HDR total length :1 total "
        "length : 84",
        "%ASA-7-713236: IP = 192.0.2.1, IKE_DECODE SENDING Message (msgid=0) with payloads : HDR%ASA-5-713119: IP = "
        "192.0.2.1, PHASE 1 COMPLETED total length : 84",
        "%ASA-7-713236: IP = 192.0.2.1, IKE_DECODE SENDING Message (msgid=1ffffffffffffffff) with payloads : HDR total "
        "length : 84",
        "%ASA-7-713236: IP = 192.0.2.1, IKE_DECODE SENDING Message (msgid=) with payloads : HDR total length : 84 ",
        "%ASA-5-713049: Group = a, IP = 192.0.2.1, Security negotiation complete for LAN-to-LAN Group (b)  Initiator, "
        "Inbound SPI = 0x1, Outbound SPI = 0x2",
        "%ASA-5-713049: Group = a, IP = 192.0.2.1, Security negotiation complete for LAN-to-LAN Group (a)  initiator, "
        "Inbound SPI = 0x1, Outbound SPI = 0x2",
        "%ASA-4-113019: Group = a, Username = 2001:db8::1, IP = 2001:db8:0::1, Session disconnected. Session Type: "
        "IKE, "
        "Duration: 1h:02m:03s, Bytes xmt: 1, Bytes rcv: 2, Reason: User Requested",
        "%ASA-4-113019: Group = a, Username = 192.0.2.1, IP = 192.0.2.1, Session disconnected. Session Type: "
        "LAN-to-LAN, "
        "Duration: 1h:02m:03s, Bytes xmt: 1, Bytes rcv: 2, Reason: User Requested",
        "%ASA-4-113019: Group = a, IP = 192.0.2.1, Session disconnected. Session Type: LAN-to-LAN, Duration: ISAKMP:(, "
        "Bytes xmt:, Bytes xmt: 1, Bytes rcv: 2, Reason: User Requested",
    };

    (void)state;
    made_len = messages = 0;
    walk(take_messages);
    CHECK(messages > 500);
    for (size_t i = 0; i < COUNT_OF(odd); i++) {
        make("a ", bytes_of_text(odd[i]), "");
        make("Jun 10 2010 17:36:07: ", bytes_of_text("%ASA-5-713119: IP = 192.0.2.1, PHASE 1 COMPLETED"), "");
        make("Jun 10 2010 17:36:08: ", bytes_of_text(odd[i]), ""); /* behind a head that is known but for the time */
        make("Jun 10 2010 17:36:08: ", bytes_of_text("%ASA-5-713119: IP = 192.0.2.1, PHASE 1 COMPLETED"), "");
        make("Jun 10 2010 17:36:08: ", bytes_of_text(odd[i]), ""); /* behind one that is known */
    }
    all_ways("all messages", bytes_of(made, made_len));
    CHECK(quick.count > messages);
}

/* ---- Lines that are nearly those of an ASA ---- */

/* What decides how a line is read, put in or left out somewhere behind the tag. */
static struct bytes spoil(struct bytes line, uint8_t space[static 512])
{
    static const char *const odd[] = {" ",   "  ",   ",",        ", ",   ":",     "K", "%", "[", "\\",
                                      "0",   "9",    "f",        "\x01", "\x80",  "(", ")", ".", "..",
                                      "999", "More", "--More--", "\r",   "IP = ", "",  "",  ""};
    const char *put = odd[draw(COUNT_OF(odd))];
    size_t tag_len = 8, at = tag_len + draw(line.len - tag_len), left_out = draw(3) == 0 ? draw(8) : draw(2);
    struct bytes rest = bytes_after(line, at + left_out);

    memcpy(space, line.data, at);
    memcpy(space + at, put, strlen(put));
    memcpy(space + at + strlen(put), rest.data, rest.len);
    return bytes_of(space, at + strlen(put) + rest.len);
}

static int take_spoilt(const char *path, const struct stat *about, int kind, struct FTW *place)
{
    enum { WAYS = 3 };
    uint8_t space[512];
    size_t at;

    (void)about;
    (void)place;
    if (kind != FTW_F)
        return 0;
    for (struct bytes rest = load(path); rest.len > 0 && made_len < FILE_MAX / 8;) {
        const uint8_t *end = memchr(rest.data, '\n', rest.len);
        struct bytes line = bytes_of(rest.data, end ? (size_t)(end - rest.data) : rest.len);

        rest = bytes_after(rest, line.len + 1);
        if (!bytes_has(line, "%ASA-", &at) || line.len > 400 || draw(4) != 0)
            continue;
        line = bytes_after(line, at);
        for (size_t i = 0; i < WAYS && line.len > 16; i++) {
            make("Jun 10 2010 17:36:07: ", line, "");
            make("Jun 10 2010 17:36:07: ", spoil(line, space), "");
            make("Jun 10 2010 17:36:08: ", spoil(spoil(line, space), (uint8_t[512]){0}), "");
        }
        messages++;
    }
    return 0;
}

static void a_line_that_is_nearly_a_message_says_the_same_when_it_is_read_in_passing(void **state)
{
    (void)state;
    made_len = messages = 0;
    walk(take_spoilt);
    CHECK(messages > 100);
    all_ways("spoilt messages", bytes_of(made, made_len));
}

/* Behind heads in which the time goes on, which is read from its figures alone then, and now and then something else
 * does. */
static void a_time_that_goes_on_is_the_same_as_one_that_is_read_anew(void **state)
{
    static const char *const forms[] = {"Mar %2u %02u:%02u:%02u fw1 ",
                                        "Mar %2u 2010 %02u:%02u:%02u fw1 : ",
                                        "Mar %u %02u:%02u:%02u.%u fw1 ",
                                        "2010-03-%02uT%02u:%02u:%02u+02:00 fw1 ",
                                        "1970-01-%02u %02u:%02u:%02u fw1 ",
                                        "Mar %2u 2010 %02u:%02u:%02u relay Mar 1 2010 10:00:00: ",
                                        "Mar %2u 10:00:00 2010 %02u:%02u:%02u: ",
                                        "a %2u %02u:%02u:%02u: ",
                                        "a %2u %u:%u:%u: ",
                                        "2010 Mar %u %02u:%02u:%02u 17:36:05 : "};
    enum { LINES = 3000, SECONDS_MAX = 61 };
    unsigned day = 1, second = 86300;
    char head[80];

    (void)state;
    made_len = 0;
    for (unsigned i = 0, form = 0; i < LINES; i++) {
        form = draw(40) == 0 ? (unsigned)draw(COUNT_OF(forms)) : form;
        second += (unsigned)draw(3) * (draw(50) == 0 ? 1000 : 1);
        day = day + second / 86400 > 28 ? 1 : day + second / 86400;
        second %= 86400;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(head, sizeof head, forms[form], day, draw(60) == 0 ? 24 : second / 3600, second / 60 % 60,
                 draw(60) == 0 ? SECONDS_MAX : second % 60, second % 10);
#pragma GCC diagnostic pop
        make(head,
             bytes_of_text(draw(9) == 0 ? "%ASA-6-302013: Built outbound TCP connection 1 for outside"
                                        : "%ASA-5-713119: Group = 192.0.2.1, IP = 192.0.2.1, PHASE 1 COMPLETED"),
             "");
    }
    all_ways("times", bytes_of(made, made_len));
    CHECK(quick.sum.has_time && quick.count > LINES / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_passed_over_in_a_stored_file_says_nothing),
        cmocka_unit_test(no_number_that_the_tables_know_is_passed_over),
        cmocka_unit_test(words_that_were_read_before_say_the_same_of_another_peer),
        cmocka_unit_test(a_line_that_is_nearly_a_message_says_the_same_when_it_is_read_in_passing),
        cmocka_unit_test(a_time_that_goes_on_is_the_same_as_one_that_is_read_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
