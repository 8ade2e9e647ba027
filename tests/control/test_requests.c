#include "base/check.h"
#include "control/record.h"
#include "control/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static bool parse(const char *line, struct control_request *request, struct control_parse *result)
{
    struct bytes words[CONTROL_WORDS_MAX];
    size_t count;

    CHECK(control_split(bytes_of_text(line), words, &count));
    return control_request_parse(request, words, count, result);
}

static void commands_are_understood(void **state)
{
    static const struct {
        const char *line;
        enum control_request_id id;
        bool is_detail;
        const char *peer, *file;
        uint16_t level;
        const char *why;
    } cases[] = {
        {"show crypto isakmp sa", CONTROL_SHOW_ISAKMP_SA, false, "", "", 0, "in full"},
        {"sh cry isa sa", CONTROL_SHOW_ISAKMP_SA, false, "", "", 0, "as it is typed"},
        {"  sh\tcry isa sa  ", CONTROL_SHOW_ISAKMP_SA, false, "", "", 0, "blanks do not matter"},
        {"show crypto isakmp sa detail", CONTROL_SHOW_ISAKMP_SA, true, "", "", 0, "with its option"},
        {"sh cry ikev1 sa d", CONTROL_SHOW_IKEV1_SA, true, "", "", 0, "with its option, short"},
        {"sh isa sa", CONTROL_SHOW_ISAKMP_SA, false, "", "", 0, "the shorter spelling"},
        {"sh cry ip sa", CONTROL_SHOW_IPSEC_SA, false, "", "", 0, "phase 2"},
        {"sh cry ip sa p 192.0.2.1", CONTROL_SHOW_IPSEC_SA, false, "192.0.2.1", "", 0, "one peer"},
        {"sh cry ip sa p 192.0.2.1 d", CONTROL_SHOW_IPSEC_SA, true, "192.0.2.1", "", 0, "both options"},
        {"sh cry ip sa d", CONTROL_SHOW_IPSEC_SA, true, "", "", 0, "the later option alone"},
        {"sh tu", CONTROL_SHOW_TUNNEL, false, "", "", 0, "ours"},
        {"sh tu 2001:db8::1", CONTROL_SHOW_TUNNEL, false, "2001:db8::1", "", 0, "IPv6"},
        {"clear crypto ikev1 sa", CONTROL_CLEAR_ISAKMP_SA, false, "", "", 0, "8.4 spelling"},
        {"cl cry isa sa 192.0.2.1", CONTROL_CLEAR_ISAKMP_SA, false, "192.0.2.1", "", 0, "one peer"},
        {"clear ipsec sa", CONTROL_CLEAR_IPSEC_SA, false, "", "", 0, "short spelling"},
        {"clear ipsec sa peer 192.0.2.1", CONTROL_CLEAR_IPSEC_SA, false, "192.0.2.1", "", 0, "one peer"},
        {"debug crypto ikev1 127", CONTROL_DEBUG_IKEV1, false, "", "", 127, "with a level"},
        {"debug crypto isakmp", CONTROL_DEBUG_IKEV1, false, "", "", 0, "8.2 spelling, no level"},
        {"debug crypto ikev1 0", CONTROL_DEBUG_IKEV1, false, "", "", 0, "the lowest level that a device takes"},
        {"debug crypto ipsec 255", CONTROL_DEBUG_IPSEC, false, "", "", 255, "the highest level"},
        {"debug crypto ikev1 keys /tmp/k", CONTROL_DEBUG_KEYS, false, "", "/tmp/k", 0, "a file name"},
        {"debug crypto ipsec keys /tmp/k", CONTROL_DEBUG_ESP_KEYS, false, "", "/tmp/k", 0, "of the data plane"},
        {"probe 192.0.2.1 watch 3", CONTROL_PROBE, false, "192.0.2.1", "", 0, "how long to watch"},
        {"show crypto ca certificates", CONTROL_SHOW_CERTIFICATES, false, "", "", 0, "an ASA's"},
        {"show crypto ca crls", CONTROL_SHOW_CRLS, false, "", "", 0, "of all"},
        {"sh crypto ca crls LAB", CONTROL_SHOW_CRLS, false, "", "", 0, "of one trustpoint"},
        {"crypto ca crl request LAB", CONTROL_FETCH_CRLS, false, "", "", 0, "an ASA's"},
        {"clear crypto ca crls", CONTROL_CLEAR_CRLS, false, "", "", 0, "all"},
        {"sh j", CONTROL_SHOW_JOURNAL, false, "", "", 0, "ours"},
        {"sh journal 192.0.2.1", CONTROL_SHOW_JOURNAL, false, "192.0.2.1", "", 0, "of one peer"},
        {"sh journal 192.0.2.1 session-keys", CONTROL_SHOW_JOURNAL_KEYS, false, "192.0.2.1", "", 0, "with keys"},
        {"copy journal /tmp/j", CONTROL_COPY_JOURNAL, false, "", "/tmp/j", 0, "to a file"},
        {"copy journal 192.0.2.1 j", CONTROL_COPY_JOURNAL, false, "192.0.2.1", "j", 0, "of one peer"},
        {"copy journal session-keys j", CONTROL_COPY_JOURNAL_KEYS, false, "", "j", 0, "with keys"},
        {"copy capture:c running", CONTROL_COPY_CAPTURE, false, "", "running", 0, "to a file"},
        {"copy /pcap capture:c c.pcapng", CONTROL_COPY_CAPTURE, false, "", "c.pcapng", 0, "as on an ASA"},
        {"copy c running", CONTROL_COPY_FROM, false, "", "c", 0, "a file is no capture"},
        {"cap c int outside", CONTROL_CAPTURE, false, "", "", 0, "every packet"},
        {"cap c int outside match ip any any", CONTROL_CAPTURE, false, "", "", 0, "some"},
        {"capture c type raw buffer 1534 int outside match host 192.0.2.1 and port 500", CONTROL_CAPTURE, false, "", "",
         0, "all that can be said"},
        {"capture c type isakmp interface outside", CONTROL_CAPTURE, false, "", "", 0, "of one kind"},
        {"capture c interface outside circ packet 100 buffer 2000 type isa", CONTROL_CAPTURE, false, "", "", 0,
         "in another order"},
        {"capture c type asp-drop", CONTROL_CAPTURE, false, "", "", 0, "what is dropped"},
        {"capture c type asp-drop all buffer 2000", CONTROL_CAPTURE, false, "", "", 0, "for any reason"},
        {"capture c type asp-drop np-sp-invalid-spi match ip any any", CONTROL_CAPTURE, false, "", "", 0, "for one"},
        {"sh int", CONTROL_SHOW_INTERFACE, false, "", "", 0, "interfaces begins with interface, which is meant"},
        {"sh interfaces", CONTROL_SHOW_INTERFACE, false, "", "", 0, "as on a router"},
        {"sh cap", CONTROL_SHOW_CAPTURE, false, "", "", 0, "all of them"},
        {"sh cap c", CONTROL_SHOW_CAPTURE, false, "", "", 0, "one"},
        {"sh cap c decode", CONTROL_SHOW_CAPTURE_DECODE, false, "", "", 0, "what they say"},
        {"sh cap c det", CONTROL_SHOW_CAPTURE_DECODE, true, "", "", 0, "another word for it"},
        {"sh cap c dump", CONTROL_SHOW_CAPTURE_DUMP, false, "", "", 0, "its bytes"},
        {"cap c access-list CAP int inside", CONTROL_CAPTURE, false, "", "", 0, "what a list permits"},
        {"sh cap c count 5 packet-number 7 dump", CONTROL_SHOW_CAPTURE_DUMP, false, "", "", 0, "some of them"},
        {"sh cap c decode access-list CAP count 5", CONTROL_SHOW_CAPTURE_DECODE, false, "", "", 0, "of those"},
        {"sh cap c packet-number 7", CONTROL_SHOW_CAPTURE, false, "", "", 0, "from that one on"},
        {"cap c stop", CONTROL_STOP_CAPTURE, false, "", "", 0, "no more"},
        {"no cap c int inside", CONTROL_STOP_CAPTURE, false, "", "", 0, "as an ASA says it"},
        {"no cap c stop", CONTROL_RESUME_CAPTURE, false, "", "", 0, "on with it"},
        {"no cap c access-list CAP", CONTROL_NO_CAPTURE_LIST, false, "", "", 0, "all packets again"},
        {"no capture c", CONTROL_NO_CAPTURE, false, "", "", 0, "its end"},
        {"clear cap c", CONTROL_CLEAR_CAPTURE, false, "", "", 0, "anew"},
        {"undebug all", CONTROL_UNDEBUG, false, "", "", 0, "in full"},
        {"no debug all", CONTROL_UNDEBUG, false, "", "", 0, "the other spelling"},
        {"up 192.0.2.1", CONTROL_UP, false, "192.0.2.1", "", 0, "a keyword in full wins over undebug"},
        {"down 192.0.2.1", CONTROL_DOWN, false, "192.0.2.1", "", 0, "in full"},
        {"secret 192.0.2.1 a.conf", CONTROL_SECRET, false, "192.0.2.1", "a.conf", 0, "both arguments"},
        {"secret 192.0.2.1", CONTROL_SECRET, false, "192.0.2.1", "", 0, "without the file"},
        {"convert --to asa help", CONTROL_CONVERT_ASA, false, "", "help", 0, "a file may be called like a command"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct control_request request;
        struct control_parse result;
        char peer[IP_TEXT_SIZE];

        if (!parse(cases[i].line, &request, &result))
            fail_msg("%s: %s", cases[i].line, cases[i].why);
        assert_int_equal(request.id, cases[i].id);
        CHECK(request.is_detail == cases[i].is_detail);
        CHECK(ip_is_set(request.peer) == (*cases[i].peer != '\0'));
        if (*cases[i].peer)
            assert_string_equal(ip_text(request.peer, peer), cases[i].peer);
        assert_string_equal(request.file, cases[i].file);
        assert_int_equal(request.level, cases[i].level);
    }
}

static void what_is_not_understood_is_explained(void **state)
{
    static const struct {
        const char *line;
        enum control_parse_result result;
        const char *text, *why;
    } cases[] = {
        {"show crypto foo sa", CONTROL_INVALID,
         "show crypto foo sa\n            ^\nERROR: % Invalid input detected at '^' marker.\n"
         "  expected here: isakmp, ikev1, ikev2, ipsec, protocol, session, call, engine, map, "
         "dynamic-map, ca, key, debug-condition or pki\n",
         "an unknown word has a caret under it"},
        {"foo", CONTROL_INVALID, NULL, "the first word too"},
        {"show crypto i sa", CONTROL_AMBIGUOUS,
         "ERROR: % Ambiguous command:  \"show crypto i\"\n  it may be: isakmp, ikev1, ikev2 or ipsec\n",
         "all choices are named"},
        {"d 192.0.2.1", CONTROL_INVALID, NULL, "of debug, down and doctor the devices have the first"},
        {"c 192.0.2.1", CONTROL_AMBIGUOUS,
         "ERROR: % Ambiguous command:  \"c\"\n  it may be: capture, clear, copy, configure or crypto\n",
         "neither check nor convert: they are ours"},
        {"debug", CONTROL_INCOMPLETE, "ERROR: % Incomplete command\n  what can follow: crypto\n", "words are missing"},
        {"up", CONTROL_INCOMPLETE, "ERROR: % Incomplete command\n  what can follow: the peer's address\n",
         "an argument is missing"},
        {"up 192.0.2.256", CONTROL_INVALID,
         "up 192.0.2.256\n   ^\nERROR: % Invalid input detected at '^' marker.\n  expected here: the peer's address\n",
         "not an address"},
        {"debug crypto ikev1 256", CONTROL_INVALID, NULL, "a level above 255"},
        {"debug crypto ikev1 0x7f", CONTROL_INVALID, NULL, "a level in hexadecimal"},
        {"capture c packet-length 63 interface outside", CONTROL_INVALID, NULL, "no header fits"},
        {"capture c buffer 1533 interface outside", CONTROL_INVALID, NULL, "a buffer that holds no packet"},
        {"capture abcdefghijklmnopqrstuvwxyzabcdef interface outside", CONTROL_INVALID, NULL, "a name too long"},
        {"copy capture: file", CONTROL_INVALID, NULL, "a capture without a name"},
        {"ping 10.2.0.5 size 35", CONTROL_INVALID, NULL, "smaller than its headers"},
        {"ping 10.2.0.5 data 12345", CONTROL_INVALID, NULL, "more than 16 bits"},
        {"ping 10.2.0.5 data xyz", CONTROL_INVALID, NULL, "no hex digits"},
        {"ping 10.2.0.5 timeout 0", CONTROL_INVALID, NULL, "no answer is that fast"},
        {"clear ipsec sa spi 0x", CONTROL_INVALID, NULL, "an SPI without digits"},
        {"clear ipsec sa spi 0x123456789", CONTROL_INVALID, NULL, "an SPI of more than 32 bits"},
        {"clear ipsec sa spi 4294967296", CONTROL_INVALID, NULL, "the same in decimal"},
        {"clear ipsec sa spi A40D0530", CONTROL_INVALID, NULL, "hex without 0x: it might be decimal"},
        {"clear ipsec sa spi 0", CONTROL_INVALID, NULL, "no SPI is 0"},
        {"clear crypto isakmp 0", CONTROL_INVALID, NULL, "they are counted from 1"},
        {"clear ipsec sa entry 192.0.2.1 0x1", CONTROL_INVALID, NULL, "esp is missing"},
        {"reload now", CONTROL_INVALID,
         "reload now\n       ^\nERROR: % Invalid input detected at '^' marker.\n  nothing can follow here\n",
         "one word too many"},
        {"showw version", CONTROL_INVALID, NULL, "longer than the keyword"},
        {"SHOW version", CONTROL_INVALID, NULL, "keywords are small"},
        {"debug \x1b[2J", CONTROL_INVALID,
         "debug \\x1b[2J\n      ^\nERROR: % Invalid input detected at '^' marker.\n"
         "  expected here: crypto\n",
         "what was typed is escaped"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct control_request request;
        struct control_parse result;
        struct bytes words[CONTROL_WORDS_MAX];
        char space[1024];
        struct text t = text_of(space, sizeof space);
        size_t count;

        CHECK(!parse(cases[i].line, &request, &result));
        assert_int_equal(result.result, cases[i].result);
        CHECK(control_split(bytes_of_text(cases[i].line), words, &count));
        control_parse_explain(&result, words, count, &t);
        CHECK(!t.is_cut && t.len > 0);
        if (cases[i].text)
            assert_string_equal(space, cases[i].text);
    }
}

static const char *const examples[][2] = {{"PEER", "192.0.2.1"},
                                          {"LEVEL", "127"},
                                          {"FILE", "/tmp/file"},
                                          {"FILES", "/tmp/file"},
                                          {"LINES", "24"},
                                          {"ADDRESS", "192.0.2.1"},
                                          {"TIMES", "3"},
                                          {"SOURCE", "eth0"},
                                          {"STATEMENT", "crypto"},
                                          {"NAMEIF", "inside"},
                                          {"ACL", "VPN"},
                                          {"FROM", "10.1.0.1"},
                                          {"TO", "10.2.0.1"},
                                          {"TYPE", "8"},
                                          {"CODE", "0"},
                                          {"IDENT", "7"},
                                          {"PORT", "1000"},
                                          {"TOPORT", "80"},
                                          {"ENDPORT", "443"},
                                          {"PROTOCOL", "47"},
                                          {"SECONDS", "11"},
                                          {"CAPTURE", "cap"},
                                          {"CAPTURED", "capture:cap"},
                                          {"BUFFER", "2000"},
                                          {"LENGTH", "100"},
                                          {"COLUMNS", "80"},
                                          {"PROBES", "1"},
                                          {"HOP", "1"},
                                          {"LASTHOP", "5"},
                                          {"INNER", "10.9.0.1"},
                                          {"MASK", "255.255.255.0"},
                                          {"LOCAL", "192.0.2.1"},
                                          {"KIND", "IPsec"},
                                          {"DOMAIN", "encrypt"},
                                          {"CIPHER", "AES256"},
                                          {"PACKETS", "5"},
                                          {"PACKET", "7"},
                                          {"DROP", "no-adjacency"},
                                          {"MATCH", "udp"},
                                          {"SIZE", "1400"},
                                          {"TIMEOUT", "1"},
                                          {"PATTERN", "abcd"},
                                          {"BITS", "2048"},
                                          {"CURVE", "384"},
                                          {"CONNID", "7"},
                                          {"OBJECT", "LAN"},
                                          {"SLA", "7"},
                                          {"TRACK", "8"},
                                          {"SPI", "0xA40D0530"},
                                          {"MAP", "OUT"},
                                          {"GROUP", "STAFF"},
                                          {"USER", "anna"},
                                          {"INTERFACE", "outside"}};

static const struct control_scope everywhere = {.is_session = true, .is_admin = true, .is_configuring = true};

static const char *example_of(const char *word)
{
    for (size_t i = 0; i < COUNT_OF(examples); i++) {
        if (strcmp(examples[i][0], word) == 0)
            return examples[i][1];
    }
    return NULL;
}

/* The words of a row with all its options, arguments as an example; `prefix_len` of keyword `which` are typed. */
static size_t words_of(const char *row, char spaces[CONTROL_WORDS_MAX][32], struct bytes words[CONTROL_WORDS_MAX])
{
    size_t count = 0;

    while (*row) {
        size_t len = strcspn(row, " []{}");

        if (len > 0) {
            memcpy(spaces[count], row, len);
            spaces[count][len] = '\0';
            if (example_of(spaces[count]))
                strcpy(spaces[count], example_of(spaces[count]));
            words[count] = bytes_of_text(spaces[count]);
            count++;
        }
        row += len + (row[len] != '\0');
    }
    return count;
}

static void every_command_is_reached_by_its_words_in_full_and_as_short_as_they_are_unique(void **state)
{
    const char *row;
    enum control_request_id id;

    (void)state;
    for (size_t i = 0; (row = control_spelling(i, &id)); i++) {
        char spaces[CONTROL_WORDS_MAX][32];
        struct bytes words[CONTROL_WORDS_MAX];
        struct control_request request;
        struct control_parse result;
        size_t count = words_of(row, spaces, words);

        if (!control_request_parse_in(everywhere, &request, words, count, &result) || request.id != id)
            fail_msg("in full: %s", row);
        for (size_t word = 0; word < count; word++) {
            size_t full = words[word].len;

            for (words[word].len = 1; words[word].len < full; words[word].len++) {
                bool is_parsed = control_request_parse_in(everywhere, &request, words, count, &result);

                if (is_parsed && request.id == id)
                    break;
                /* Too short: it is said that it may be more than one thing, and which. */
                if (!is_parsed && result.word == word && result.result == CONTROL_AMBIGUOUS)
                    CHECK(result.expected_count >= 2);
            }
        }
        if (!control_request_parse_in(everywhere, &request, words, count, &result) || request.id != id)
            fail_msg("short: %s", row);
    }
}

static void a_session_has_more_commands_when_it_is_enabled(void **state)
{
    static const struct {
        const char *line;
        bool once, looks, changes;
        const char *why;
    } cases[] = {
        {"show tunnel", true, true, true, "everybody looks, everywhere"},
        {"enable", false, true, true, "means something to a session only"},
        {"configure terminal", false, false, true, "and only to one that may"},
        {"write memory", true, false, true, "a command of its own is allowed or not by the gateway"},
        {"terminal pager 0", false, true, true, "whose terminal it is"},
        {"terminal pager 100001", false, false, false, "nobody has such a page"},
        {"en", false, true, false, "as long as nobody configures there is no end"},
        {"end", false, false, true, "and then there is"},
        {"ex", false, true, true, "explain is ours: what the devices have wins"},
        {"expl a", true, true, true, "unless only ours begins so"},
        {"dis", false, false, true, "an abbreviation is as long as the rows that there are need it"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct bytes words[CONTROL_WORDS_MAX];
        struct control_request request;
        struct control_parse result;
        size_t count;

        CHECK(control_split(bytes_of_text(cases[i].line), words, &count));
        if (control_request_parse(&request, words, count, &result) != cases[i].once ||
            control_request_parse_in((struct control_scope){.is_session = true}, &request, words, count, &result) !=
                cases[i].looks ||
            control_request_parse_in(everywhere, &request, words, count, &result) != cases[i].changes)
            fail_msg("%s: %s", cases[i].line, cases[i].why);
    }
}

static void the_words_that_are_left_go_to_the_last_argument(void **state)
{
    static const struct {
        const char *line, *rest, *spelled;
        bool is_all;
    } cases[] = {
        {"sh run", "", "show running-config", false},
        {"sh run all", "", "show running-config all", true},
        {"sh run cry map OUT 10", "cry map OUT 10", "show running-config cry map OUT 10", false},
        {"sh run all all", "all", "show running-config all all", true},
        {"clear conf tunnel-group 192.0.2.9", "tunnel-group 192.0.2.9", "clear configure tunnel-group 192.0.2.9",
         false},
        {"check help", "help", "check help", false},
        {"ex a.log --keys k b.pcap", "a.log --keys k b.pcap", "explain a.log --keys k b.pcap", false},
        {"rep --config detail a.pcap", "--config detail a.pcap", "replay --config detail a.pcap", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct bytes words[CONTROL_WORDS_MAX];
        struct control_request request;
        struct control_parse result;
        char space[256];
        struct text spelled = text_of(space, sizeof space);
        size_t count;

        CHECK(control_split(bytes_of_text(cases[i].line), words, &count));
        CHECK(control_request_parse(&request, words, count, &result));
        for (size_t word = 0; word < count; word++)
            text_add(&spelled, "%s%.*s", word ? " " : "", (int)result.spelled[word].len,
                     (const char *)result.spelled[word].data);
        assert_string_equal(request.rest, cases[i].rest);
        assert_string_equal(space, cases[i].spelled);
        CHECK(request.is_all == cases[i].is_all && result.takes_rest == (*request.rest != '\0'));
    }
}

static void a_number_goes_where_its_command_looks_for_it(void **state)
{
    static const struct {
        const char *line;
        uint32_t repeat_count, watch_s, buffer_size;
    } cases[] = {{"ping 192.0.2.1 repeat 7", 7, 0, 0},
                 {"probe 192.0.2.1 watch 7", 0, 7, 0},
                 {"capture c buffer 2000 interface outside", 0, 0, 2000}};
    struct control_request packets;
    struct control_parse parsed;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct control_request request;
        struct control_parse result;

        CHECK(parse(cases[i].line, &request, &result));
        CHECK(request.repeat_count == cases[i].repeat_count && request.watch_s == cases[i].watch_s);
        CHECK(request.buffer_size == cases[i].buffer_size);
    }
    CHECK(parse("show capture c packet-number 7 count 5", &packets, &parsed));
    CHECK(packets.packet_number == 7 && packets.packet_count == 5);
}

static void ports_and_protocols_have_the_names_of_the_devices(void **state)
{
    static const struct {
        const char *line;
        uint8_t protocol;
        uint16_t numbers[2];
        const char *why;
    } cases[] = {
        {"packet-tracer input inside tcp 10.1.0.5 1024 10.2.0.5 www", 6, {1024, 80}, "a destination port"},
        {"packet-tracer input inside udp 10.1.0.5 domain 10.2.0.5 ntp", 17, {53, 123}, "both ports"},
        {"packet-tracer input inside icmp 10.1.0.5 echo 0 10.2.0.5", 1, {8, 0}, "a type of ICMP"},
        {"packet-tracer input inside icmp 2001:db8::5 echo 0 2001:db8::6",
         1,
         {128, 0},
         "that of IPv6 has other numbers"},
        {"packet-tracer input inside rawip 10.1.0.5 gre 10.2.0.5", 47, {0, 0}, "a protocol"},
        {"packet-tracer input inside rawip 10.1.0.5 50 10.2.0.5", 50, {0, 0}, "numbers are taken as well"},
    };
    struct control_request request;
    struct control_parse result;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (!parse(cases[i].line, &request, &result))
            fail_msg("%s: %s", cases[i].line, cases[i].why);
        assert_int_equal(request.packet.protocol, cases[i].protocol);
        assert_int_equal(request.packet.numbers[0], cases[i].numbers[0]);
        assert_int_equal(request.packet.numbers[1], cases[i].numbers[1]);
    }
    assert_false(parse("packet-tracer input inside tcp 10.1.0.5 1024 10.2.0.5 wwww", &request, &result));
    assert_false(parse("packet-tracer input inside tcp 10.1.0.5 1024 10.2.0.5 65536", &request, &result));
}

static void a_mask_has_its_ones_in_front(void **state)
{
    struct control_request request;
    struct control_parse result;

    (void)state;
    assert_true(parse("debug crypto condition peer 192.0.2.0 255.255.255.0", &request, &result));
    assert_int_equal(ip_mask_len(request.mask), 24);
    assert_false(parse("debug crypto condition peer 192.0.2.0 255.0.255.0", &request, &result));
    assert_int_equal(result.word, 5);
}

static void help_says_what_can_follow(void **state)
{
    static const struct {
        const char *line, *prefix, *expected;
        bool may_end;
    } cases[] = {
        {"show crypto", "i", "isakmp ikev1 ikev2 ipsec ", false},
        {"show crypto", "is", "isakmp ", false},
        {"show crypto isakmp sa", "", "active nat detail count ", true},
        {"show crypto isakmp sa", "d", "detail ", false},
        {"show tunnel", "", "PEER ", true},
        {"show tunnel", "1", "", false},
        {"show tunnel 192.0.2.1", "", "why history ", true},
        {"show run", "", "all STATEMENT ", true},
        {"show interface gi", "", "PLACE detail stats ", true},
        {"show interface gi 0/1", "", "detail stats ", true},
        {"show interface inside", "", "detail stats ", true},
        {"explain", "", "FILES ", false},
        {"explain a.log", "", "FILES ", true},
        {"explain a.log", "b", "", false},
        {"capture c interface outside match udp", "", "MATCH ", true},
        {"capture c interface outside", "", "type interface access-list buffer circular-buffer packet-length match ",
         true},
        {"capture c buffer 2000 type", "", "raw-data isakmp asp-drop ", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct bytes words[CONTROL_WORDS_MAX];
        struct control_parse result;
        char space[256];
        struct text expected = text_of(space, sizeof space);
        size_t count;
        bool may_end;

        CHECK(control_split(bytes_of_text(cases[i].line), words, &count));
        CHECK(control_request_next(everywhere, words, count, bytes_of_text(cases[i].prefix), &result, &may_end));
        for (size_t k = 0; k < result.expected_count; k++)
            text_add(&expected, "%.*s ", result.expected_len[k], result.expected[k]);
        assert_string_equal(space, cases[i].expected);
        CHECK(may_end == cases[i].may_end);
    }
}

static void an_interface_may_be_typed_in_two_words(void **state)
{
    static const struct {
        const char *line;
        enum control_request_id id;
        const char *interface, *peer, *why;
    } cases[] = {
        {"show interface g 0/0", CONTROL_SHOW_INTERFACE, "g 0/0", NULL, "a letter and its number"},
        {"show interface g0/0", CONTROL_SHOW_INTERFACE, "g0/0", NULL, "one word"},
        {"show int gigabitethernet 0/0 detail", CONTROL_SHOW_INTERFACE, "gigabitethernet 0/0", NULL, "in full"},
        {"show interface s 0/0/0 stats", CONTROL_SHOW_INTERFACE, "s 0/0/0", NULL, "a letter that begins a keyword"},
        {"show ip interface vlan 10", CONTROL_SHOW_IP_INTERFACE, "vlan 10", NULL, "a number alone"},
        {"show crypto map interface gi 0/1 tag M", CONTROL_SHOW_MAP, "gi 0/1", NULL, "more behind it"},
        {"show route e 192.0.2.1", CONTROL_SHOW_ROUTE, "e", "192.0.2.1", "an address is no number of it"},
        {"show route e 0/1 192.0.2.1", CONTROL_SHOW_ROUTE, "e 0/1", "192.0.2.1", "both"},
        {"clear interface gi 0/1", CONTROL_CLEAR_INTERFACE, "gi 0/1", NULL, "to change something"},
        {"show interface inside 0/1", CONTROL_REQUEST_COUNT, "", NULL, "a nameif has no number"},
        {"show interface gi 0/", CONTROL_REQUEST_COUNT, "", NULL, "half a number"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct control_request request;
        struct control_parse result;
        struct ip peer = {0};

        CHECK(cases[i].peer == NULL || ip_parse(&peer, bytes_of_text(cases[i].peer)));
        if (parse(cases[i].line, &request, &result) != (cases[i].id != CONTROL_REQUEST_COUNT))
            fail_msg("%s: %s", cases[i].line, cases[i].why);
        if (cases[i].id == CONTROL_REQUEST_COUNT)
            continue;
        CHECK(request.id == cases[i].id && ip_equal(request.peer, peer));
        assert_string_equal(request.packet.nameif, cases[i].interface);
    }
}

static void every_word_of_a_command_has_its_help(void **state)
{
    const char *row;

    (void)state;
    for (size_t i = 0; (row = control_spelling(i, NULL)); i++) {
        for (size_t len; *row; row += len + (row[len] != '\0')) {
            len = strcspn(row, " []{}");
            if (len > 0 && !control_argument_meaning(bytes_of(row, len)))
                CHECK(control_word_meaning(bytes_of(row, len))[0] != '\0');
        }
    }
}

static void no_two_commands_have_the_same_words(void **state)
{
    const char *one, *other;
    enum control_request_id id, other_id;

    (void)state;
    for (size_t i = 0; (one = control_spelling(i, &id)); i++) {
        for (size_t k = i + 1; (other = control_spelling(k, &other_id)); k++)
            CHECK(strcmp(one, other) != 0);
    }
}

static void hostile_words_are_refused(void **state)
{
    struct control_request request;
    struct control_parse result;
    struct bytes words[CONTROL_WORDS_MAX];
    char long_word[600];
    size_t count;
    const struct {
        struct bytes word;
        const char *why;
    } cases[] = {
        {bytes_of("", 0), "an empty word is no abbreviation of anything"},
        {bytes_of("\0", 1), "a zero byte"},
        {bytes_of("\xff\xfe", 2), "binary"},
        {bytes_of(long_word, sizeof long_word), "longer than a word may be"},
    };

    (void)state;
    memset(long_word, 'a', sizeof long_word);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct bytes check[] = {bytes_of_text("check"), cases[i].word},
                           second[] = {check[0], bytes_of_text("a.cfg"), cases[i].word};

        CHECK(!control_request_parse(&request, &cases[i].word, 1, &result));
        /* Binary is a fine name for a file; the rest is none. */
        CHECK(control_request_parse(&request, check, 2, &result) == (i == 2));
        CHECK(control_request_parse(&request, second, 3, &result) == (i == 0 || i == 2));
    }
    CHECK(!control_request_parse(&request, words, 0, &result) && result.result == CONTROL_INCOMPLETE);
    CHECK(!control_split(bytes_of_text("a b c d e f g h i j k l m n o p q r s t u v w x y z 1 2 3 4 5 6 7"), words,
                         &count));
}

static void the_help_names_every_command(void **state)
{
    static char space[64 * 1024];
    struct text t = text_of(space, sizeof space);
    const char *row;

    (void)state;
    control_help(&t);
    CHECK(!t.is_cut);
    for (size_t i = 0; (row = control_spelling(i, NULL)); i++)
        assert_non_null(strstr(space, row));
}

static void a_record_holds_what_was_set(void **state)
{
    struct control_record r = control_record_of(RECORD_isakmp_sa);
    char space[RECORD_LINE_SIZE];
    struct text t = text_of(space, sizeof space);

    (void)state;
    record_set_number(&r, COL_isakmp_sa_number, 7);
    record_set_flag(&r, COL_isakmp_sa_rekey, true);
    record_set_text(&r, COL_isakmp_sa_state, "MM_\"\x1b\\");
    CHECK(!record_has(&r, COL_isakmp_sa_hash) && record_number(&r, COL_isakmp_sa_number) == 7);
    assert_string_equal(record_text(&r, COL_isakmp_sa_hash), "");
    text_add_record(&t, &r);
    assert_string_equal(space,
                        "{\"record\":\"isakmp_sa\",\"number\":7,\"rekey\":true,\"state\":\"MM_\\\"\\\\x1b\\\\\"}");
}

static void a_text_that_does_not_fit_is_cut_and_says_so(void **state)
{
    struct control_record r = control_record_of(RECORD_tunnel);
    static char text[2 * RECORD_TEXT_SIZE];

    (void)state;
    memset(text, '\\', sizeof text - 1);
    record_set_text(&r, COL_tunnel_parked, text);
    record_set_text(&r, COL_tunnel_sentence, text);
    CHECK(r.is_cut && strlen(record_text(&r, COL_tunnel_parked)) == RECORD_TEXT_SIZE - 1);

    static char space[RECORD_LINE_SIZE];
    struct text t = text_of(space, sizeof space);

    text_add_record(&t, &r);
    CHECK(!t.is_cut);
}

static void every_kind_of_record_has_columns_that_fit(void **state)
{
    (void)state;
    for (size_t kind = 0; kind < RECORD_COUNT; kind++) {
        enum control_column first;
        enum control_record_kind found;
        size_t count;

        control_record_columns((enum control_record_kind)kind, &first, &count);
        CHECK(count > 0 && count <= RECORD_COLUMNS_MAX);
        CHECK(control_record_kind_of(control_record_name((enum control_record_kind)kind), &found) && found == kind);
        for (size_t a = 0; a < count; a++) {
            for (size_t b = a + 1; b < count; b++)
                CHECK(strcmp(control_column_info(first + a)->name, control_column_info(first + b)->name) != 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_are_understood),
        cmocka_unit_test(what_is_not_understood_is_explained),
        cmocka_unit_test(every_command_is_reached_by_its_words_in_full_and_as_short_as_they_are_unique),
        cmocka_unit_test(a_session_has_more_commands_when_it_is_enabled),
        cmocka_unit_test(an_interface_may_be_typed_in_two_words),
        cmocka_unit_test(the_words_that_are_left_go_to_the_last_argument),
        cmocka_unit_test(a_number_goes_where_its_command_looks_for_it),
        cmocka_unit_test(ports_and_protocols_have_the_names_of_the_devices),
        cmocka_unit_test(a_mask_has_its_ones_in_front),
        cmocka_unit_test(help_says_what_can_follow),
        cmocka_unit_test(every_word_of_a_command_has_its_help),
        cmocka_unit_test(no_two_commands_have_the_same_words),
        cmocka_unit_test(hostile_words_are_refused),
        cmocka_unit_test(the_help_names_every_command),
        cmocka_unit_test(a_record_holds_what_was_set),
        cmocka_unit_test(a_text_that_does_not_fit_is_cut_and_says_so),
        cmocka_unit_test(every_kind_of_record_has_columns_that_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
