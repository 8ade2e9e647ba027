/* Logs and screens: the header forms, the dialects, what the pages of the web do to them, and what nobody meant. */
#include "base/check.h"
#include "source/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SEEN_MAX = 4000, FILE_MAX = 1 << 20 };

static struct seen {
    struct observation all[SEEN_MAX];
    size_t count;
    struct source_summary sum;
} seen;
static uint8_t file[FILE_MAX];
static char unread[SOURCE_SAMPLES_MAX][SOURCE_SAMPLE_SIZE];
static size_t unread_count;

static void take_all(struct source *s)
{
    struct observation o;

    while (source_next(s, &o)) {
        for (const char *c = source_text(s); *c; c++)
            CHECK(*c >= ' ' && *c < 0x7f);
        if (seen.count < SEEN_MAX)
            seen.all[seen.count++] = o;
    }
}

/* Reads all of it, so many bytes at a time. */
static void read_all(struct bytes all, size_t step)
{
    void *space = malloc(source_space());
    struct arena arena = arena_of(space, source_space());
    struct source *s = source_new(&arena, 3);

    CHECK(s);
    seen.count = 0;
    for (size_t at = 0; at < all.len; at += step) {
        size_t len = all.len - at < step ? all.len - at : step;
        uint8_t *exact = malloc(len); /* a byte too far is found */

        memcpy(exact, all.data + at, len);
        source_feed(s, bytes_of(exact, len));
        take_all(s);
        free(exact);
    }
    source_end(s);
    take_all(s);
    seen.sum = source_summary(s);
    CHECK(seen.sum.bytes == all.len);
    uint32_t line;
    unread_count = 0;
    for (const char *text; (text = source_unread(s, unread_count, &line)) != NULL; unread_count++)
        snprintf(unread[unread_count], sizeof unread[0], "%s", text);
    free(space);
}

static void read_text(const char *text)
{
    read_all(bytes_of_text(text), 4096);
}

static struct bytes load(const char *name)
{
    char path[512];

    snprintf(path, sizeof path, "%s/source/%s", TESTS_DIR, name);
    FILE *in = fopen(path, "rb");
    CHECK(in);
    size_t len = fread(file, 1, sizeof file, in);
    fclose(in);
    return bytes_of(file, len);
}

static size_t count_kind(enum event_kind kind)
{
    size_t count = 0;

    for (size_t i = 0; i < seen.count; i++)
        count += seen.all[i].event.kind == kind;
    return count;
}

static const struct event *first_of(enum event_kind kind)
{
    for (size_t i = 0; i < seen.count; i++)
        if (seen.all[i].event.kind == kind)
            return &seen.all[i].event;
    return NULL;
}

static bool peer_is(const struct event *e, const char *address)
{
    struct ip ip;

    CHECK(ip_parse(&ip, bytes_of_text(address)));
    return e && ip_equal(event_ip(e, FIELD_PEER), ip);
}

/* ---- Header forms ---- */

#define TEXT "IP = 233.22.22.233, Received an un-encrypted INVALID_COOKIE notify message, dropping"

enum { WHOLE, YEARLESS, TIMELESS, UPTIME };

static const struct {
    const char *line;
    int time;
    const char *form;
} headers[] = {
    {"Jun 10 2010 17:36:13: %ASA-5-713904: " TEXT, WHOLE, "the device's own, logging timestamp"},
    {"Jun 10 17:36:13 fw1 %ASA-5-713904: " TEXT, YEARLESS, "RFC 3164 by a relay"},
    {"<165>Jun 10 2010 17:36:13: %ASA-5-713904: " TEXT, WHOLE, "with the priority of RFC 3164"},
    {"<165>:Jun 10 17:36:13 UTC: %ASA-5-713904: " TEXT, YEARLESS, "EMBLEM, with a zone"},
    {"<165>1 2010-06-10T17:36:13Z fw1 - - - - %ASA-5-713904: " TEXT, WHOLE, "RFC 5424"},
    {"<165>1 2010-06-10T19:36:13.000+02:00 fw1 : %ASA-5-713904: " TEXT, WHOLE, "RFC 5424 with an offset"},
    {"2010-06-10T17:36:13.000Z fw1 %ASA-5-713904: " TEXT, WHOLE, "rsyslog's own format"},
    {"Jun 10 17:36:20 relay Jun 10 2010 17:36:13 fw1 : %ASA-5-713904: " TEXT, WHOLE,
     "relay's and device's stamp, the device's counts"},
    {"Jun 10 2010 17:36:13 fw1 : %ASA-5-713904: " TEXT, WHOLE, "with a device id"},
    {"Jun 10 2010 17:36:13 10.0.0.1 %ASA-5-713904: " TEXT, WHOLE, "with an address as name"},
    {"06-10-2010\t17:36:13\tLocal4.Notice\t10.0.0.1\t%ASA-5-713904: " TEXT, WHOLE, "Kiwi syslog, month first"},
    {"2010-06-10 17:36:13 Local4.Notice 10.0.0.1 %ASA-5-713904: " TEXT, WHOLE, "date in figures"},
    {"2010 Jun 10 17:36:13 %PIX-5-713904: " TEXT, WHOLE, "PIX, year first"},
    {"10 Jun 2010 17:36:13 %FTD-5-713904: " TEXT, WHOLE, "FTD, day first"},
    {"Jun 10 2010 17:36:13: %ASA-vpn-5-713904: " TEXT, WHOLE, "with the name of a class"},
    {"Jun 10 2010 17:36:13 fw1 : %FTD-session-5-713904: " TEXT, WHOLE, "FTD with the name of a class"},
    {"%ASA-5-713904: " TEXT, TIMELESS, "no stamp"},
    {"ASA-5-713904: " TEXT, TIMELESS, "per cent sign lost on the way"},
    {"Jun 10 17:36:13 [IKEv1]: " TEXT, YEARLESS, "debug console to 8.4"},
    {"Jun 10 17:36:13 [IKEv1]" TEXT, YEARLESS, "debug console of 9"},
    {"[IKEv1 DEBUG]: " TEXT, TIMELESS, "debug without a stamp"},
    {"Jun 10 2010 17:36:13: %ASA-5-713904: " TEXT "\r", WHOLE, "carriage return at the end"},
    {"<--- More --->\r              \rJun 10 2010 17:36:13: %ASA-5-713904: " TEXT, WHOLE, "after the pager of an ASA"},
    {"\x1b[1mJun 10 2010 17:36:13: %ASA-5-713904: " TEXT "\x1b[0m", WHOLE, "coloured"},
    {"\xef\xbb\xbfJun 10 2010 17:36:13: %ASA-5-713904:  " TEXT, WHOLE, "byte order mark and two blanks"},
};

static void a_line_says_the_same_in_every_header_form(void **state)
{
    const uint64_t whole_ms = 1276191373000, yearless_ms = (160 * 86400 + 17 * 3600 + 36 * 60 + 13) * 1000ull;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(headers); i++) {
        read_text(headers[i].line);
        const struct observation *o = &seen.all[0];
        bool is_right = seen.count == 1 && o->event.kind == EV_NOTIFY_IN_CLEAR && peer_is(&o->event, "233.22.22.233") &&
                        strcmp(event_text(&o->event, FIELD_NOTIFY), "INVALID_COOKIE") == 0 && o->source == 3 &&
                        o->line == 1 && o->record == 1 && o->product == PRODUCT_ASA && o->vantage == VANTAGE_DEVICE;
        if (!is_right || o->has_time != (headers[i].time != TIMELESS) ||
            (headers[i].time == WHOLE && o->time_ms != whole_ms) ||
            (headers[i].time == YEARLESS && o->time_ms != yearless_ms))
            fail_msg("%s: %s", headers[i].form, headers[i].line);
    }
}

/* What IOS puts in front of a debug line, by `service timestamps`, by a relay, and by a terminal that was copied. */
static const struct {
    const char *head;
    int time;
    const char *form;
} ios_headers[] = {
    {"", TIMELESS, "no service timestamps"},
    {"17:36:13: ", UPTIME, "uptime of less than a day"},
    {"1d02h: ", UPTIME, "of days"},
    {"3w2d: ", UPTIME, "of weeks"},
    {"Jun 10 17:36:13: ", YEARLESS, "datetime"},
    {"Jun 10 17:36:13.000: ", YEARLESS, "datetime msec"},
    {"*Jun 10 17:36:13.000: ", YEARLESS, "a clock that was never set"},
    {".Jun 10 17:36:13.000: ", YEARLESS, "a clock that has lost its server"},
    {"*Jun 10 2010 17:36:13.000 CEST: ", WHOLE, "localtime show-timezone year"},
    {"*Jun 10 2010 17:36:13: ", WHOLE, "year, without milliseconds"},
    {"000123: *Jun 10 17:36:13.000: ", YEARLESS, "service sequence-numbers"},
    {"<191>45: 000123: *Jun 10 17:36:13.000: ", YEARLESS, "with the priority of syslog"},
    {"Jun 10 17:36:20 192.0.2.1 45: *Jun 10 2010 17:36:13.000: ", WHOLE, "by a relay, the device's stamp counts"},
    {"RT2#*Jun 10 17:36:13.000: ", YEARLESS, "behind the prompt of a terminal"},
    {" --More-- \b\b\b\b\b\b\b\b\b\b          \b\b\b\b\b\b\b\b\b\b*Jun 10 17:36:13.000: ", YEARLESS,
     "after the pager of IOS"},
};

static void a_debug_line_of_ios_says_the_same_behind_every_stamp(void **state)
{
    const uint64_t whole_ms = 1276191373000, yearless_ms = (160 * 86400 + 17 * 3600 + 36 * 60 + 13) * 1000ull;
    char space[400];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(ios_headers); i++) {
        snprintf(space, sizeof space, "%sISAKMP (0:1): sending packet to 10.10.10.2 (R) MM_SA_SETUP",
                 ios_headers[i].head);
        read_text(space);
        const struct observation *o = &seen.all[0];

        if (seen.count != 1 || o->event.kind != EV_MESSAGE_SENT || !peer_is(&o->event, "10.10.10.2") ||
            o->product != PRODUCT_IOS || o->has_time != (ios_headers[i].time != TIMELESS) ||
            (ios_headers[i].time == WHOLE && o->time_ms != whole_ms) ||
            (ios_headers[i].time == YEARLESS && o->time_ms != yearless_ms))
            fail_msg("%s: %zu, %llu", ios_headers[i].form, seen.count, (unsigned long long)o->time_ms);
    }
}

/* ---- Dialects ---- */

static const struct {
    const char *text;
    enum event_kind kind; /* the first observation; EV_NONE: understood, and says nothing */
    enum source_kind source;
    const char *peer; /* NULL: none */
    const char *why;
} lines[] = {
    {"00:01:01: ISAKMP (0:1): sending packet to 10.10.10.2 (R) MM_SA_SETUP", EV_MESSAGE_SENT, SOURCE_IOS_LOG,
     "10.10.10.2", "IOS 12.3"},
    {"*Mar  1 00:55:40.775: ISAKMP:(0:1:SW:1): sending packet to 10.10.10.2 my_port 500 peer_port 500 (I) MM_NO_STATE",
     EV_MESSAGE_SENT, SOURCE_IOS_LOG, "10.10.10.2", "IOS 12.4"},
    {"*Oct 25 18:53:16.485: ISAKMP:(1001): sending packet to 10.10.10.2 my_port 500 peer_port 500 (I) MM_KEY_EXCH",
     EV_MESSAGE_SENT, SOURCE_IOS_LOG, "10.10.10.2", "IOS 15"},
    {"*Oct 25 18:53:16.485: ISAKMP-PAK: (1001):sending packet to 10.10.10.2 my_port 500 peer_port 500 (I) MM_KEY_EXCH",
     EV_MESSAGE_SENT, SOURCE_IOS_LOG, "10.10.10.2", "IOS-XE 16"},
    {"*Oct 25 18:53:16.485: ISAKMP-PAK: (0):received packet from 10.10.10.2 dport 500 sport 500 Global (N) NEW SA",
     EV_PHASE1_ASKED, SOURCE_IOS_LOG, "10.10.10.2", "IOS-XE 16"},
    {"Oct 25 18:53:16.485 CEST: ISAKMP:(1001):Old State = IKE_I_MM3  New State = IKE_I_MM4 ", EV_STATE_CHANGED,
     SOURCE_IOS_LOG, NULL, "with a zone"},
    {"1d02h: ISAKMP:(0):Hash algorithm offered does not match policy!", EV_PROPOSAL_DIFFERS, SOURCE_IOS_LOG, NULL,
     "uptime in days"},
    {"ISAKMP-ERROR: (1002):deleting node -1219563224 error TRUE reason \"QM rejected\"", EV_EXCHANGE_FAILED,
     SOURCE_IOS_LOG, NULL, "IOS-XE, negative id"},
    {"%CRYPTO-4-IKMP_BAD_MESSAGE: IKE message from 10.10.10.2 failed its sanity check or is malformed",
     EV_AUTHENTICATION_FAILED, SOURCE_IOS_LOG, "10.10.10.2", "IOS syslog"},
    {"IPSEC(ipsec_process_proposal): proxy identities not supported", EV_PROXY_MISSING, SOURCE_IOS_LOG, NULL,
     "debug crypto ipsec"},
    {"%ASA-4-750003: Local:10.9.1.2:500 Remote:10.9.2.2:500 Negotiation aborted", EV_IKEV2_SEEN, SOURCE_ASA_LOG, NULL,
     "an ASA's IKEv2"},
    {"02:08:21.893 05[IKE] giving up after 3 retransmits", EV_EXCHANGE_FAILED, SOURCE_CHARON_LOG, NULL,
     "charon to a file"},
    {"Nov 21 02:08:21 gw charon: 05[IKE1] <site|1> initiating Main Mode IKE_SA site[1] to 10.9.2.2", EV_PHASE1_BEGUN,
     SOURCE_CHARON_LOG, "10.9.2.2", "charon to syslog, with level and SA"},
    {"2026-11-21T02:08:21 gw charon-systemd[77]: 12[IKE] no IKE config found for 10.9.2.2...10.9.1.2, sending "
     "NO_PROPOSAL_CHOSEN",
     EV_PEER_UNKNOWN, SOURCE_CHARON_LOG, "10.9.1.2", "charon in the journal"},
    {"02:08:21.893 05[ENC] parsed IKE_SA_INIT response 0 [ SA KE No ]", EV_IKEV2_SEEN, SOURCE_CHARON_LOG, NULL,
     "charon's IKEv2"},
    {"Nov 21 02:12:03.7: \"net\" #1: probable authentication failure (mismatch of preshared secrets?): malformed "
     "payload in packet",
     EV_AUTHENTICATION_FAILED, SOURCE_PLUTO_LOG, NULL, "libreswan to a file"},
    {"Nov 21 02:12:03 gw pluto[99]: \"net\"[2] 10.9.1.2 #1: no acceptable Oakley Transform", EV_PROPOSAL_REFUSED,
     SOURCE_PLUTO_LOG, "10.9.1.2", "libreswan to syslog, a template's instance"},
    {"Nov 21 02:12:03 gw pluto[99]: packet from 10.9.1.2:500: initial Main Mode message received on 10.9.2.2:500 but "
     "no connection has been authorized with policy PSK",
     EV_PEER_UNKNOWN, SOURCE_PLUTO_LOG, "10.9.1.2", "before there is a state"},
    {"104 \"net\" #5: STATE_MAIN_I1: initiate", EV_MESSAGE_SENT, SOURCE_PLUTO_LOG, NULL, "what ipsec auto --up prints"},
    {"2010-06-10 17:36:05: ERROR: phase1 negotiation failed due to time up. 0123456789abcdef:0000000000000000",
     EV_EXCHANGE_FAILED, SOURCE_RACOON_LOG, NULL, "racoon to a file"},
    {"Jun 10 17:36:05 gw racoon: INFO: initiate new phase 1 negotiation: 10.9.1.2[500]<=>10.9.2.2[500]",
     EV_PHASE1_BEGUN, SOURCE_RACOON_LOG, "10.9.2.2", "racoon to syslog"},
    {"Jun 10 17:36:05 gw racoon: [10.9.2.2] ERROR: couldn't find the pskey for 10.9.2.2.", EV_GROUP_MISSING,
     SOURCE_RACOON_LOG, NULL, "racoon names the peer"},
    {"/usr/sbin/vpnc: can't send packet: Network is unreachable", EV_SEND_FAILED, SOURCE_VPNC_LOG, NULL,
     "vpnc on a terminal"},
    {"Nov 21 19:07:19 laptop nm-vpnc-service[99]: vpnc: unknown host `gw.example.net'", EV_FIELD_NOTE, SOURCE_VPNC_LOG,
     NULL, "vpnc of a desktop"},
    {"Nov 21 19:07:19 laptop vpnc[4711]: can't initialise tunnel interface: No such file or directory",
     EV_SA_INSTALL_FAILED, SOURCE_VPNC_LOG, NULL, "vpnc to syslog"},
    {"vpnc version 0.5.3r550-3", EV_STARTED, SOURCE_VPNC_LOG, NULL, "vpnc --debug 1"},
    {"Gateway of last resort is not set", EV_NO_DEFAULT_ROUTE, SOURCE_SCREEN, NULL, "show ip route"},
    {"There are no IKEv1 SAs", EV_SCREEN_NO_SA, SOURCE_SCREEN, NULL, "ASA 8.4 and later"},
    {"crypto map outside_map 10 set peer 10.9.2.2", EV_CONFIGURED, SOURCE_CONFIGURATION, "10.9.2.2",
     "ASA configuration"},
    {"asa(config)# tunnel-group 10.9.2.2 type ipsec-l2l", EV_CONFIGURED, SOURCE_CONFIGURATION, "10.9.2.2",
     "typed at a prompt"},
    {"%ASA-4-106023: Deny udp src outside:192.0.2.9/500 dst inside:198.51.100.2/500 by access-group \"in\" [0x0, 0x0]",
     EV_FIELD_NOTE, SOURCE_ASA_LOG, "192.0.2.9", "a firewall on the way refuses IKE"},
    {"%ASA-4-106023: Deny protocol 50 src outside:192.0.2.9 dst inside:198.51.100.2 by access-group \"in\" [0x0, 0x0]",
     EV_FIELD_NOTE, SOURCE_ASA_LOG, "192.0.2.9", "and ESP"},
    {"%ASA-4-106100: access-list in denied udp outside/192.0.2.9(500) -> inside/198.51.100.2(500) hit-cnt 1 first hit "
     "[0x0, 0x0]",
     EV_FIELD_NOTE, SOURCE_ASA_LOG, "192.0.2.9", "the same of a line that is logged"},
    {"%ASA-4-106103: access-list F denied tcp for user '192.0.2.9' outside/10.2.0.9(5000) -> inside/10.1.0.9(22) "
     "hit-cnt 7 "
     "300-second interval [0x3ac4ebbe, 0x0]",
     EV_PACKET_DENIED, SOURCE_ASA_LOG, "192.0.2.9", "a vpn-filter"},
    {"%ASA-7-710005: UDP request discarded from 192.0.2.9/500 to outside:198.51.100.2/500", EV_FIELD_NOTE,
     SOURCE_ASA_LOG, "192.0.2.9", "IKE is not enabled on that interface"},
    {"%ASA-3-717027: Certificate chain failed validation. No suitable trustpoint was found", EV_CERTIFICATE_REFUSED,
     SOURCE_ASA_LOG, NULL, "the PKI class"},
    {"Nov 21 02:12:03 gw pluto[99]: ERROR: asynchronous network error report on eth0 (10.9.1.2:500) for message to "
     "10.9.2.2 port 500, complainant 10.9.2.2: Connection refused [errno 111, origin ICMP type 3 code 3 (not "
     "authenticated)]",
     EV_HINT, SOURCE_PLUTO_LOG, "10.9.2.2", "nothing listens there"},
    {"%ASA-3-713098: Aborting: No identity cert specified in IPSec SA (Default)!", EV_CERTIFICATE_REFUSED,
     SOURCE_ASA_LOG, NULL, "by its number"},
    {"%ASA-3-713060: Group = g, Username = u, IP = 192.0.2.9, words of another release", EV_USER_REFUSED,
     SOURCE_ASA_LOG, "192.0.2.9", "by its number, whatever the words"},
    {"ASA-4-108004: ESMTP Classification: Dropped connection for ESMTP Request", EV_FIELD_NOTE, SOURCE_ASA_LOG, NULL,
     "seed 2: inspection"},
};

static void each_dialect_is_told_by_content_and_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        read_text(lines[i].text);
        if (seen.count != 1 || seen.all[0].event.kind != lines[i].kind || seen.sum.kind != lines[i].source ||
            (lines[i].peer && !peer_is(&seen.all[0].event, lines[i].peer)))
            fail_msg("%s: %zu observations, %s, %s", lines[i].text, seen.count, event_name(seen.all[0].event.kind),
                     source_kind_name(seen.sum.kind));
    }
}

static void a_notification_of_pluto_takes_its_protocol_from_the_bytes_that_follow(void **state)
{
    static const struct {
        const char *why, *after;
        int protocol; /* -1: not told */
    } rows[] = {
        {"for an SA of ESP", "| ISAKMP Notification Payload\n|   00 00 00 10  00 00 00 01  03 04 00 0e\n", 3},
        {"for the ISAKMP SA", "| ISAKMP Notification Payload\n|   00 00 00 0c  00 00 00 01  01 00 00 0e\n", 1},
        {"cut within the bytes", "| ISAKMP Notification Payload\n|   00 00 00 10  00 00 00 01\n", -1},
        {"bytes of something else", "| ISAKMP Notification Payload\n|   zz 00 00 10  00 00 00 01  03 04\n", -1},
        {"without bytes", "\"net\" #1: received and ignored informational message\n", -1},
        {"the last line of the file", "", -1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[400];

        snprintf(text, sizeof text,
                 "\"net\" #1: ignoring informational payload NO_PROPOSAL_CHOSEN, msgid=00000000, length=16\n%s"
                 "\"net\" #1: received Delete SA payload: self-deleting ISAKMP State #1\n",
                 rows[i].after);
        if (!*rows[i].after)
            *(strchr(text, '\n') + 1) = '\0';
        read_text(text);
        const struct event *e = &seen.all[0].event;

        if (seen.count == 0 || e->kind != EV_NOTIFY_IN_CLEAR || seen.all[0].line != 1 ||
            event_has(e, FIELD_PROTOCOL) != (rows[i].protocol >= 0) ||
            (rows[i].protocol >= 0 && event_number(e, FIELD_PROTOCOL) != (uint64_t)rows[i].protocol))
            fail_msg("%s: %zu events", rows[i].why, seen.count);
        CHECK(seen.count == (*rows[i].after ? 2 : 1));
    }
}

/* ---- What is no VPN's, and what is and is not understood ---- */

static void the_counts_tell_other_business_from_what_is_not_understood(void **state)
{
    (void)state;
    read_text("%ASA-4-106023: Deny tcp src outside:192.0.2.9/5000 dst inside:198.51.100.2/23 by access-group \"in\"\n"
              "%ASA-7-710005: UDP request discarded from 192.0.2.9/137 to outside:198.51.100.255/137\n");
    CHECK(seen.sum.lines == 2 && seen.sum.ignored == 2 && seen.count == 0);
    read_text("%ASA-6-302013: Built inbound TCP connection 1 for outside:1.2.3.4/5\n"
              "Router#show clock\n"
              "some prose\n"
              "%ASA-5-713999: a message that no release has \x1b]0;x\x07\n"
              "%ASA-5-713119: Group = 1.2.3.4, IP = 1.2.3.4, PHASE 1 COMPLETED\n");
    CHECK(seen.sum.lines == 5 && seen.sum.ignored == 3 && seen.sum.unread == 1 && seen.sum.understood == 1);
    CHECK(unread_count == 1 && strstr(unread[0], "713999") && !strchr(unread[0], 0x1b));
    CHECK(count_kind(EV_PHASE1_COMPLETED) == 1 && seen.sum.kind == SOURCE_ASA_LOG);
}

static void other_programs_of_a_syslog_are_passed_over_and_a_relayed_device_is_not(void **state)
{
    (void)state;
    read_text("Jun 10 17:36:12 gw sshd[77]: Accepted publickey for root from 192.0.2.9 port 5000 ssh2\n"
              "2010-06-10T17:36:12+02:00 gw kernel: eth0: link up\n"
              "Jun 10 17:36:13 gw charon: 05[IKE] giving up after 3 retransmits\n"
              "Jun 10 17:36:13 gw relay: %ASA-5-713119: Group = 1.2.3.4, IP = 1.2.3.4, PHASE 1 COMPLETED\n"
              "Jun 10 17:36:13 gw relay: *Jun 10 17:36:12: ISAKMP:(1001): SKEYID state generated\n"
              "Jun 10 17:36:14 gw cron[9]: (root) CMD (true)\n");
    CHECK(seen.sum.lines == 6 && seen.sum.ignored == 3 && seen.sum.understood == 3 && seen.count == 3);
    CHECK(seen.all[0].event.kind == EV_EXCHANGE_FAILED && seen.all[1].event.kind == EV_PHASE1_COMPLETED);
    CHECK(seen.all[2].event.kind == EV_KEYS_MADE && seen.all[2].line == 5 && seen.sum.has_time);
}

static void lines_that_lost_their_breaks_are_split_again(void **state)
{
    (void)state;
    read_text("Jun 10 2010 17:36:05: %ASA-7-715046: IP = 1.2.3.4, constructing ke payloadJun 10 2010 17:36:06: "
              "%ASA-7-715046: "
              "IP = 1.2.3.4, constructing nonce payload%ASA-5-713119: IP = 1.2.3.4, PHASE 1 COMPLETED! \xe2\x80\x94 "
              "what luck");
    CHECK(seen.count == 3);
    CHECK(strcmp(event_text(&seen.all[0].event, FIELD_PAYLOAD), "ke") == 0);
    CHECK(strcmp(event_text(&seen.all[1].event, FIELD_PAYLOAD), "nonce") == 0);
    CHECK(seen.all[1].time_ms == seen.all[0].time_ms + 1000);
    CHECK(seen.all[2].event.kind == EV_PHASE1_COMPLETED && seen.all[2].line == 1);
}

/* Most lines of a firewall are passed over unread; what stands behind a lost break in one of them is not. */
static void a_line_of_other_business_is_passed_over_unless_a_vpns_stands_in_it(void **state)
{
    static const char other[] = "%ASA-6-302014: Teardown TCP connection 7 for outside:198.51.100.9/443 to "
                                "inside:10.1.2.3/5000 SYN ACK ";
    static const struct {
        const char *behind;
        size_t count;
        const char *why;
    } rows[] = {
        {"", 0, "nothing"},
        {"ISAKMP spoken of, 100 % KO", 0, "letters and signs of a tag"},
        {"Jun 10 17:36:13 [IKEv1]: IP = 1.2.3.4, PHASE 1 COMPLETED", 1, "the console's form"},
        {"Jun 10 2010 17:36:13: %ASA-5-713119: IP = 1.2.3.4, PHASE 1 COMPLETED", 1, "syslog's form"},
        {"*Jun 10 17:36:13.000: ISAKMP:(1001): SKEYID state generated", 1, "a line of IOS"},
        {"*Jun 10 17:36:13.000: ISAKMP (0:1): SKEYID state generated", 1, "a line of an older IOS"},
    };
    char space[4000];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (size_t before = 0; before < 3; before++) {
            snprintf(space, sizeof space, "%s%s%s%s%s%s\n%s\n", before > 0 ? other : "", before > 0 ? "\n" : "",
                     before > 1 ? other : "", before > 1 ? "OK\n" : "", other, rows[i].behind, other);
            read_text(space);
            if (seen.count != rows[i].count || (seen.count > 0 && seen.all[0].line != before + 1))
                fail_msg("%s: %zu observations, %zu lines before", rows[i].why, seen.count, before);
        }
}

static void typography_of_the_web_is_undone(void **state)
{
    (void)state;
    read_text("Jun 10 2010 17:36:05: %ASA-7-715077: Pitcher: received a key acquire message, spi 0\xc3\x97"
              "0");
    CHECK(seen.count == 1 && seen.all[0].event.kind == EV_ACQUIRE);
}

static void a_line_that_goes_on_in_the_next_is_joined(void **state)
{
    (void)state;
    read_text("00:02:02: ISAKMP (0:1): deleting SA reason \"death by retransmission P1\"\n"
              "state (R) MM_SA_SETUP (peer 10.10.10.2) input queue 0\n");
    CHECK(seen.count == 1 && seen.all[0].event.kind == EV_PHASE1_DELETED && peer_is(&seen.all[0].event, "10.10.10.2"));
    CHECK(strcmp(event_text(&seen.all[0].event, FIELD_REASON), "NO_ANSWER") == 0);
    read_text("00:02:02: ISAKMP (0:1): deleting SA reason \"death by retransmission P1\"\n"
              "00:02:03: ISAKMP (0:2): SKEYID state generated\n");
    CHECK(seen.count == 1 && seen.sum.unread == 1); /* the second half never came, and takes nothing with it */
}

static void midnight_does_not_turn_time_back(void **state)
{
    (void)state;
    read_text(
        "23:59:59.900 05[IKE] giving up after 3 retransmits\n00:00:01.100 05[IKE] giving up after 3 retransmits\n");
    CHECK(seen.count == 2 && seen.all[1].time_ms == seen.all[0].time_ms + 1200);
}

/* ---- Files ---- */

static void every_line_of_the_seeds_logs_becomes_an_observation(void **state)
{
    static const struct {
        const char *name;
        size_t joined; /* lines that are the second half of another */
    } seeds[] = {{"../event/seed2.txt", 0}, {"../event/seed3.txt", 0}, {"../event/seed5.txt", 2}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(seeds); i++) {
        struct bytes text = load(seeds[i].name);
        size_t filled = 0;

        for (size_t at = 0; at < text.len; at++)
            filled += text.data[at] != '\n' && (at == 0 || text.data[at - 1] == '\n');
        read_all(text, 100);
        if (seen.count + seeds[i].joined != filled || seen.sum.unread != 0)
            fail_msg("%s: %zu observations of %zu lines, %u unread: %s", seeds[i].name, seen.count, filled,
                     seen.sum.unread, unread_count ? unread[0] : "");
    }
}

static void charon_tells_each_message_with_its_ends(void **state)
{
    (void)state;
    read_all(load("lab/ok-main-psk/ini.log"), 1000);
    CHECK(seen.sum.kind == SOURCE_CHARON_LOG && seen.sum.product == PRODUCT_STRONGSWAN && seen.sum.unread == 0);
    unsigned expected_sent[] = {1, 3, 5, 1, 3}, expected_received[] = {2, 4, 6, 2}, sent = 0, received = 0;
    for (size_t i = 0; i < seen.count; i++) {
        const struct event *e = &seen.all[i].event;

        if (e->kind != EV_MESSAGE_SENT && e->kind != EV_MESSAGE_RECEIVED)
            continue;
        if (strcmp(event_text(e, FIELD_EXCHANGE), "INFO") == 0)
            continue;
        CHECK(peer_is(e, "10.9.2.2") && event_number(e, FIELD_LENGTH) > 0 && event_number(e, FIELD_PORT) == 500);
        if (e->kind == EV_MESSAGE_SENT)
            CHECK(event_number(e, FIELD_MESSAGE_NUMBER) == expected_sent[sent++]);
        else
            CHECK(event_number(e, FIELD_MESSAGE_NUMBER) == expected_received[received++]);
    }
    CHECK(sent == COUNT_OF(expected_sent) && received == COUNT_OF(expected_received));
    CHECK(count_kind(EV_PHASE1_COMPLETED) == 1 && count_kind(EV_PHASE2_COMPLETED) == 1);
    CHECK(count_kind(EV_MESSAGE_SENT) + count_kind(EV_MESSAGE_RECEIVED) == 11); /* and two that delete the SAs */
    CHECK(strcmp(event_text(first_of(EV_PHASE2_COMPLETED), FIELD_LOCAL_PROXY), "10.1.0.0/16") == 0);
}

static const struct {
    const char *log;
    enum event_kind kind;
    size_t count;
    const char *why;
} told[] = {
    {"lab/f-psk-mismatch/rsp.log", EV_AUTHENTICATION_FAILED, 4, "every repeat of message 5 fails again"},
    {"lab/f-psk-mismatch/ini.log", EV_MESSAGE_UNREADABLE, 8, "the responder's notifies: not decrypted, not parsed"},
    {"lab/f-psk-mismatch/ini.log", EV_MESSAGE_RESENT, 3, "retransmissions"},
    {"lab/f-psk-mismatch/ini.log", EV_EXCHANGE_FAILED, 2, "giving up, and establishing failed"},
    {"lab/f-p2-ts-remote/rsp.log", EV_PROXY_MISSING, 1, "no child config"},
    {"lab/f-p2-ts-remote/ini.log", EV_NOTIFY_RECEIVED, 1, "told once, although two lines tell it"},
    {"lab/f-udp4500-drop-nat/ini.log", EV_NAT_DETECTED, 1, "behind NAT"},
    {"lab/ok-xauth-aggr-psk/rsp.log", EV_USER_ACCEPTED, 1, "XAUTH"},
    {"lab/ok-xauth-aggr-psk/rsp.log", EV_ADDRESS_ASSIGNED, 1, "mode config"},
    {"lab/ls-f-psk-mismatch/rsp.log", EV_AUTHENTICATION_FAILED, 4, "libreswan, message 5"},
    {"lab/ls-f-psk-mismatch/rsp.log", EV_MESSAGE_RESENT, 4, "libreswan repeats message 4"},
    {"lab/ls-f-psk-mismatch/rsp.log", EV_MESSAGE_RECEIVED, 5, "put together from debugging lines"},
};

static void a_packet_that_goes_to_nobody_is_not_understood(void **state)
{
    (void)state;
    read_text("Oct  9 21:00:01 attic charon: 06[NET] received packet: from 192.0.2.1[500] to (40 bytes)\n");
    CHECK(seen.count == 0 && seen.sum.unread == 1);
}

static void a_message_that_leaves_again_is_named(void **state)
{
    (void)state;
    read_all(load("lab/f-psk-mismatch/ini.log"), 4096);
    CHECK(event_number(first_of(EV_MESSAGE_RESENT), FIELD_MESSAGE_NUMBER) == 5);
    CHECK(strcmp(event_text(first_of(EV_MESSAGE_RESENT), FIELD_EXCHANGE), "MM") == 0);
}

static void logs_of_the_lab_tell_what_happened(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(told); i++) {
        read_all(load(told[i].log), 777);
        if (count_kind(told[i].kind) != told[i].count)
            fail_msg("%s: %zu of %s, not %zu: %s", told[i].log, count_kind(told[i].kind), event_name(told[i].kind),
                     told[i].count, told[i].why);
        const struct event *e = first_of(told[i].kind);
        if (!ip_is_set(event_ip(e, FIELD_PEER)))
            fail_msg("%s: %s without a peer", told[i].log, event_name(told[i].kind));
    }
}

/* ---- Screens ---- */

static void screens_of_sas_are_read_back(void **state)
{
    (void)state;
    read_text(
        "ciscoasa# show crypto isakmp sa\n   Active SA: 1\n1   IKE Peer: 233.22.22.233\n"
        "    Type    : user            Role    : initiator \n    Rekey   : no              State   : MM_WAIT_MSG4\n");
    CHECK(seen.count == 1 && seen.all[0].event.kind == EV_SCREEN_SA && peer_is(&seen.all[0].event, "233.22.22.233"));
    CHECK(strcmp(event_text(&seen.all[0].event, FIELD_STATE), "MM_WAIT_MSG4") == 0 && seen.all[0].line == 3);
    CHECK(strcmp(event_text(&seen.all[0].event, FIELD_ROLE), "initiator") == 0);
    read_text("dst             src             state           conn-id    slot\n"
              "11.11.11.2      10.10.10.2      MM_SA_SETUP           2       0\n"
              "11.11.11.2      10.10.10.2      MM_NO_STATE           1       0   (deleted)\n\nRT2#\n");
    CHECK(count_kind(EV_SCREEN_SA) == 2 && count_kind(EV_SCREEN_NO_SA) == 0);
    CHECK(strcmp(event_text(&seen.all[1].event, FIELD_CAUSE), "deleted") == 0);
    CHECK(event_number(&seen.all[0].event, FIELD_CONN_ID) == 2);
    read_text("dst             src             state           conn-id    slot\n\nRT2#\n");
    CHECK(seen.count == 1 && seen.all[0].event.kind == EV_SCREEN_NO_SA);
}

static void counters_are_read_although_line_breaks_were_lost(void **state)
{
    (void)state;
    read_text("Crypto map tag: MAP-OUTSIDE, seq num: 200, local addr: 11.11.11.11local ident (addr/mask/prot/port): "
              "(192.168.11.0/255.255.255.0/0/0)\nremote ident (addr/mask/prot/port): (172.16.22.0/255.255.255.0/0/0)\n"
              "current_peer: 22.22.22.22#pkts encaps: 61, #pkts encrypt: 61, #pkts digest: 61\n"
              "#pkts decaps: 0, #pkts decrypt: 0, #pkts verify: 0\n");
    CHECK(seen.count == 1 && seen.all[0].event.kind == EV_SCREEN_IPSEC && seen.all[0].line == 1);
    const struct event *e = &seen.all[0].event;
    CHECK(peer_is(e, "22.22.22.22") && ip_to_v4(event_ip(e, FIELD_LOCAL)) == 0x0b0b0b0b);
    CHECK(event_number(e, FIELD_ENCAPSULATED) == 61 && event_has(e, FIELD_DECAPSULATED));
    CHECK(event_number(e, FIELD_DECAPSULATED) == 0 && event_number(e, FIELD_SEQUENCE) == 200);
    CHECK(strcmp(event_text(e, FIELD_REMOTE_PROXY), "172.16.22.0/255.255.255.0/0/0") == 0);
}

/* ---- What nobody meant ---- */

static void the_pieces_in_which_a_file_comes_change_nothing(void **state)
{
    static const char *const names[] = {"../event/seed5.txt", "lab/f-psk-mismatch/ini.log",
                                        "lab/ls-f-psk-mismatch/rsp.log"};
    static struct seen whole;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct bytes text = load(names[i]);

        read_all(text, text.len);
        whole = seen;
        read_all(text, 1);
        CHECK(seen.count == whole.count && seen.sum.understood == whole.sum.understood);
        for (size_t k = 0; k < seen.count; k++)
            CHECK(event_equal(&seen.all[k].event, &whole.all[k].event) && seen.all[k].line == whole.all[k].line);
    }
}

/* Each observation has the text of the line that it stands in, also of one that was held and had no rest. */
static void a_line_that_has_no_rest_keeps_its_text(void **state)
{
    static const char text[] =
        "Oct  9 21:00:01 attic charon: 06[NET] received packet: from 192.0.2.1[500] to 192.0.2.2[500] (40 bytes)\n"
        "Oct  9 21:00:01 attic charon: 06[ENC] parsed ID_PROT request 0 [ SA V\n"
        "Oct  9 21:00:01 attic charon: 06[IKE] 192.0.2.1 is initiating a Main Mode IKE_SA\n";
    void *memory = calloc(1, source_space());
    struct arena arena = arena_of(memory, source_space());
    struct source *s = source_new(&arena, 0);
    struct observation read;
    size_t count = 0;

    (void)state;
    source_feed(s, bytes_of_text(text));
    while (source_next(s, &read)) {
        if (read.event.kind == EV_MESSAGE_RECEIVED)
            assert_non_null(strstr(source_text(s), "[ENC] parsed ID_PROT"));
        count++;
    }
    assert_int_equal(count, 2);
    free(memory);
}

/* Older releases name the attributes without the number of the SA. */
static void iosxe_numbers_the_attributes_too(void **state)
{
    (void)state;
    read_text(
        "ISAKMP: (0):Checking ISAKMP transform 1 against priority 20 policy\n"
        "ISAKMP: (0):      encryption AES-CBC\nISAKMP: (0):      keylength of 256\nISAKMP: (0):      hash SHA256\n"
        "ISAKMP: (0):      default group 14\nISAKMP: (0):      auth pre-share\n");
    const struct event *e = first_of(EV_PROPOSAL_CHECKED);
    CHECK(e && seen.sum.unread == 0 && seen.sum.understood == 6);
}

/* What stands below a line that nobody understands may be the rest of it; what is not is read for itself. */
static void a_line_that_was_broken_is_read_with_its_rest(void **state)
{
    static const char text[] = "Aug 21 14:02:07 [IKEv1]: IP = 203.0.113.61, IKE_DECODE SENDING Message\n"
                               "(msgid=0) with payloads : HDR + SA (1) +\n"
                               "NONE (0) total length : 104\n"
                               "Aug 21 14:02:08 [IKEv1]: IP = 203.0.113.61, something that nobody has\n"
                               "ever said\n"
                               "There are no ipsec sas\n"
                               "*Sep  4 03:10:20.515: ISAKMP:(1008): IPSec policy invalidate\n"
                               "d proposal with error 256\n";

    (void)state;
    for (size_t step = 1; step <= sizeof text; step += sizeof text - 1) {
        read_all(bytes_of_text(text), step);
        assert_int_equal(count_kind(EV_MESSAGE_SENT), 1);
        assert_int_equal(seen.all[0].line, 1);
        assert_int_equal(count_kind(EV_SCREEN_NO_IPSEC), 1);
        assert_int_equal(count_kind(EV_TRANSFORM_REFUSED), 1);
        assert_int_equal(seen.sum.unread, 1);
        assert_int_equal(seen.sum.understood, 6);
        assert_int_equal(unread[0][0], 'A');
        assert_int_equal(seen.sum.lines, 8);
    }
}

static void T08_a_line_without_an_end_is_cut_and_the_next_is_read(void **state)
{
    static uint8_t text[200000];
    const char *last = "\n%ASA-5-713119: IP = 1.2.3.4, PHASE 1 COMPLETED\n";

    (void)state;
    memset(text, '[', sizeof text);
    memcpy(text + sizeof text - strlen(last), last, strlen(last));
    read_all(BYTES_OF(text), 5000);
    CHECK(seen.sum.lines == 2 && seen.sum.too_long == 1 && count_kind(EV_PHASE1_COMPLETED) == 1);
    read_all(BYTES_OF(text), sizeof text);
    CHECK(seen.sum.lines == 2 && seen.sum.too_long == 1 && count_kind(EV_PHASE1_COMPLETED) == 1);
}

static void bytes_that_are_no_text_are_ignored(void **state)
{
    static uint8_t noise[50000];
    uint32_t random = 1;

    (void)state;
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (uint8_t)((random = random * 1664525 + 1013904223) >> 24);
    read_all(BYTES_OF(noise), 4096);
    CHECK(seen.count == 0);
    read_text("");
    CHECK(seen.count == 0 && seen.sum.lines == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_says_the_same_in_every_header_form),
        cmocka_unit_test(a_debug_line_of_ios_says_the_same_behind_every_stamp),
        cmocka_unit_test(a_line_of_other_business_is_passed_over_unless_a_vpns_stands_in_it),
        cmocka_unit_test(each_dialect_is_told_by_content_and_read),
        cmocka_unit_test(a_notification_of_pluto_takes_its_protocol_from_the_bytes_that_follow),
        cmocka_unit_test(the_counts_tell_other_business_from_what_is_not_understood),
        cmocka_unit_test(other_programs_of_a_syslog_are_passed_over_and_a_relayed_device_is_not),
        cmocka_unit_test(lines_that_lost_their_breaks_are_split_again),
        cmocka_unit_test(typography_of_the_web_is_undone),
        cmocka_unit_test(a_line_that_goes_on_in_the_next_is_joined),
        cmocka_unit_test(midnight_does_not_turn_time_back),
        cmocka_unit_test(every_line_of_the_seeds_logs_becomes_an_observation),
        cmocka_unit_test(charon_tells_each_message_with_its_ends),
        cmocka_unit_test(a_packet_that_goes_to_nobody_is_not_understood),
        cmocka_unit_test(a_message_that_leaves_again_is_named),
        cmocka_unit_test(logs_of_the_lab_tell_what_happened),
        cmocka_unit_test(screens_of_sas_are_read_back),
        cmocka_unit_test(counters_are_read_although_line_breaks_were_lost),
        cmocka_unit_test(the_pieces_in_which_a_file_comes_change_nothing),
        cmocka_unit_test(a_line_that_has_no_rest_keeps_its_text),
        cmocka_unit_test(iosxe_numbers_the_attributes_too),
        cmocka_unit_test(a_line_that_was_broken_is_read_with_its_rest),
        cmocka_unit_test(T08_a_line_without_an_end_is_cut_and_the_next_is_read),
        cmocka_unit_test(bytes_that_are_no_text_are_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
