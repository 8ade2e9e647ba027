/* Captures: those of the lab against their dissections, every link type, fragments, pcapng, and files that are cut. */
#include "base/check.h"
#include "source/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SEEN_MAX = 200, FILE_MAX = 1 << 16 };

static struct seen {
    struct observation all[SEEN_MAX];
    size_t count;
    struct source_summary sum;
} seen;

struct buffer {
    uint8_t data[FILE_MAX];
    size_t len;
};

static void read_all(struct bytes all, size_t step, struct bytes keys)
{
    void *space = malloc(source_space());
    struct arena arena = arena_of(space, source_space());
    struct source *s = source_new(&arena, 0);
    struct observation o;

    source_add_keys(s, keys);
    seen.count = 0;
    for (size_t at = 0, len; at <= all.len; at += len) {
        len = all.len - at < step ? all.len - at : step;
        uint8_t *exact = malloc(len + 1);

        memcpy(exact, all.data + at, len);
        if (len > 0)
            source_feed(s, bytes_of(exact, len));
        else
            source_end(s);
        while (source_next(s, &o)) {
            CHECK(o.vantage == VANTAGE_WIRE && seen.count < SEEN_MAX);
            seen.all[seen.count++] = o;
        }
        free(exact);
        if (len == 0)
            break;
    }
    seen.sum = source_summary(s);
    source_wipe(s);
    free(space);
}

static struct bytes load(const char *folder, const char *name, struct buffer *b)
{
    char path[512];

    snprintf(path, sizeof path, "%s/source/lab/%s/%s", TESTS_DIR, folder, name);
    FILE *in = fopen(path, "rb");
    CHECK(in);
    b->len = fread(b->data, 1, sizeof b->data - 1, in);
    b->data[b->len] = '\0';
    fclose(in);
    return bytes_of(b->data, b->len);
}

static size_t count_kind(enum event_kind kind)
{
    size_t count = 0;

    for (size_t i = 0; i < seen.count; i++)
        count += seen.all[i].event.kind == kind;
    return count;
}

/* ---- The lab ---- */

static const char *const examples[] = {
    "f-cert-expired-responder",
    "f-idr-mismatch",
    "f-no-peer-config",
    "f-no-route-local",
    "f-oneway-esp-return",
    "f-p1-dhgroup",
    "f-p1-encryption",
    "f-p2-encryption",
    "f-p2-pfs-initiator-only",
    "f-p2-ts-remote",
    "f-peer-silent",
    "f-psk-mismatch",
    "f-psk-mismatch-aggr",
    "f-psk-missing-responder",
    "f-responder-restart-invalid-cookie",
    "f-udp4500-drop-nat",
    "f-xauth-wrong-password",
    "ls-f-p1-proposal",
    "ls-f-psk-mismatch",
    "ls-ok-main-psk-initiator",
    "ok-aggr-psk",
    "ok-main-psk",
    "ok-main-psk-libipsec-data",
    "ok-main-rsa",
    "ok-natt-main-psk",
    "ok-xauth-aggr-psk",
};

/* Counts of one end's part of messages.txt. */
struct dissection {
    size_t messages, esp, sealed, repeats;
};

static struct dissection dissect(const char *text, const char *end)
{
    struct dissection d = {0};
    bool is_of_end = false;
    char line[512];

    for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
        snprintf(line, sizeof line, "%.*s", (int)strcspn(text, "\n"), text);
        if (line[0] == '#')
            is_of_end = strstr(line, end) != NULL;
        else if (is_of_end && strstr(line, " ck="))
            d.messages++, d.sealed += strstr(line, " enc ") != NULL,
                d.repeats += strstr(line, "[retransmission]") != NULL;
        else if (is_of_end && strstr(line, "ESP spi"))
            d.esp++;
    }
    return d;
}

static void check_example(const char *name, const char *file, const char *end)
{
    static struct buffer capture, keys, text;
    size_t sealed = 0, repeats = 0, unnumbered = 0;

    load(name, "messages.txt", &text);
    struct dissection d = dissect((const char *)text.data, end);
    read_all(load(name, file, &capture), 99, load(name, "keys.uat", &keys));
    for (size_t i = 0; i < seen.count; i++) {
        const struct event *e = &seen.all[i].event;
        const char *exchange = event_text(e, FIELD_EXCHANGE);

        sealed += event_number(e, FIELD_SEALED);
        repeats += event_has(e, FIELD_COUNT);
        unnumbered += e->kind == EV_PACKET_SEEN &&
                      (strcmp(exchange, "MM") == 0 || strcmp(exchange, "AM") == 0 || strcmp(exchange, "QM") == 0) &&
                      !event_has(e, FIELD_MESSAGE_NUMBER);
    }
    if (count_kind(EV_PACKET_SEEN) != d.messages || count_kind(EV_ESP_SEEN) != d.esp || sealed != d.sealed ||
        repeats != d.repeats || unnumbered != 0 || seen.sum.is_cut || seen.sum.is_broken)
        fail_msg(
            "%s/%s: messages %zu of %zu, ESP %zu of %zu, sealed %zu of %zu, repeats %zu of %zu, %zu without number",
            name, file, count_kind(EV_PACKET_SEEN), d.messages, count_kind(EV_ESP_SEEN), d.esp, sealed, d.sealed,
            repeats, d.repeats, unnumbered);
}

static void the_labs_captures_hold_what_their_dissections_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(examples); i++) {
        check_example(examples[i], "ini.pcap", "initiator");
        check_example(examples[i], "rsp.pcap", "responder");
    }
}

static const struct {
    const char *name;
    size_t opened, not_opened;
    const char *notify;
    const char *why;
} sealed[] = {
    {"ok-main-psk", 5, 0, "", "main and quick mode"},
    {"ok-main-rsa", 5, 0, "INITIAL_CONTACT", "certificates"},
    {"ok-xauth-aggr-psk", 10, 0, "", "aggressive mode, transactions"},
    {"f-oneway-esp-return", 5, 0, "INITIAL_CONTACT", "port 4500"},
    {"f-psk-mismatch", 1, 4, "", "the responder's notifies do not open with the initiator's key"},
    {"f-psk-mismatch-aggr", 1, 0, "AUTHENTICATION_FAILED", "the initiator's own notify"},
    {"f-p2-encryption", 4, 0, "NO_PROPOSAL_CHOSEN", "a notify of phase 2"},
    {"f-p2-ts-remote", 4, 0, "INVALID_ID_INFORMATION", "a notify of phase 2"},
};

static void what_is_sealed_opens_with_its_key_and_with_no_other(void **state)
{
    static struct buffer capture, keys;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(sealed); i++) {
        size_t shut = 0;
        bool has_notify = !*sealed[i].notify;

        read_all(load(sealed[i].name, "ini.pcap", &capture), 4096, load(sealed[i].name, "keys.uat", &keys));
        for (size_t k = 0; k < seen.count; k++) {
            shut += strcmp(event_text(&seen.all[k].event, FIELD_CAUSE), "does-not-open") == 0;
            has_notify |= strcmp(event_text(&seen.all[k].event, FIELD_NOTIFY), sealed[i].notify) == 0;
        }
        if (seen.sum.opened != sealed[i].opened || shut != sealed[i].not_opened || !has_notify)
            fail_msg("%s: %u opened, %zu not: %s", sealed[i].name, seen.sum.opened, shut, sealed[i].why);
        strchr(strchr((char *)keys.data, '\n'), ',')[1] ^=
            1; /* another key of the same length; the first line is a comment */
        read_all(bytes_of(capture.data, capture.len), 4096, bytes_of(keys.data, keys.len));
        if (seen.sum.opened != 0)
            fail_msg("%s: opened with a wrong key", sealed[i].name);
        read_all(bytes_of(capture.data, capture.len), 4096, (struct bytes){0});
        CHECK(seen.sum.opened == 0);
    }
}

static void an_informational_opens_in_part_although_its_iv_is_not_known(void **state)
{
    static struct buffer capture, keys;
    size_t at = 24, records = 0;

    (void)state;
    load("f-psk-mismatch-aggr", "ini.pcap", &capture);
    while (at < capture.len && records < 4) { /* ARP twice, and the first two messages go: no SA, no shares, no IV */
        uint32_t len;

        memcpy(&len, capture.data + at + 8, 4);
        at += 16 + len;
        records++;
    }
    memmove(capture.data + 24, capture.data + at, capture.len - at);
    capture.len -= at - 24;
    read_all(bytes_of(capture.data, capture.len), 4096, load("f-psk-mismatch-aggr", "keys.uat", &keys));
    CHECK(seen.count == 1 && seen.sum.opened == 1);
    CHECK(strcmp(event_text(&seen.all[0].event, FIELD_NOTIFY), "AUTHENTICATION_FAILED") == 0);
}

/* charon tells a key in its log at level 4, and not whose it is. */
static void add_charon_dump(struct buffer *log, const char *hex)
{
    size_t len = strcspn(hex, "\n") / 2;
    char line[200];

    log->len = (size_t)snprintf((char *)log->data, sizeof log->data,
                                "Nov 21 02:08:21 05[IKE] shared Diffie Hellman secret => 256 bytes @ 0x7f00\n"
                                "Nov 21 02:08:21 05[IKE]    0: 00 11 22 33 44 55 66 77 88 99 AA BB CC DD EE FF  ....\n"
                                "Nov 21 02:08:21 05[IKE] encryption key Ka => %zu bytes @ 0x7f0c2c0010a0\n",
                                len);
    for (size_t at = 0; at < len; at += 16) {
        int used = snprintf(line, sizeof line, "Nov 21 02:08:21 05[IKE] <site|1> %4zu:", at);

        for (size_t i = at; i < len && i < at + 16; i++)
            used += snprintf(line + used, sizeof line - (size_t)used, " %.2s", hex + 2 * i);
        log->len += (size_t)snprintf((char *)log->data + log->len, sizeof log->data - log->len,
                                     "%s  ................\nNov 21 02:08:21 06[NET] another thread's line\n", line);
    }
}

static void a_key_of_charons_log_opens_its_sa_and_says_nothing_of_others(void **state)
{
    static struct buffer capture, keys, log;

    (void)state;
    load("ok-main-psk", "keys.uat", &keys);
    add_charon_dump(&log, strchr(strchr((char *)keys.data, '\n'), ',') + 1);
    read_all(load("ok-main-psk", "ini.pcap", &capture), 4096, bytes_of(log.data, log.len));
    CHECK(seen.sum.opened == 5);
    read_all(load("ok-main-rsa", "ini.pcap", &capture), 4096, bytes_of(log.data, log.len));
    CHECK(seen.sum.opened == 0);
    for (size_t i = 0; i < seen.count; i++)
        CHECK(!event_has(&seen.all[i].event, FIELD_CAUSE));
}

static const struct {
    const char *name, *key, *result;
} tested[] = {
    {"ok-aggr-psk", "psk,correct-horse-battery-staple\n", "fits"},
    {"ok-aggr-psk", "psk,\"correct-horse-battery-staple\"", "fits"},
    {"ok-aggr-psk", "psk,another\npsk,correct-horse-battery-staple\n", "fits"},
    {"ok-aggr-psk", "psk,correct-horse-battery-stapl\n", "differs"},
    {"f-psk-mismatch-aggr", "psk,correct-horse-battery-staple\n", "fits"}, /* the responder's key, whose hash it is */
    {"f-psk-mismatch-aggr", "psk,wrong-key-on-this-side\n", "differs"},
    {"ok-main-psk", "psk,correct-horse-battery-staple\n", NULL}, /* main mode cannot be tested */
};

static void a_given_key_is_held_against_aggressive_mode(void **state)
{
    static struct buffer capture;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(tested); i++) {
        size_t count = 0;

        read_all(load(tested[i].name, "ini.pcap", &capture), 4096, bytes_of_text(tested[i].key));
        for (size_t k = 0; k < seen.count; k++) {
            const struct event *e = &seen.all[k].event;

            if (e->kind != EV_KEY_TESTED)
                continue;
            count++;
            if (!tested[i].result || strcmp(event_text(e, FIELD_RESULT), tested[i].result) != 0)
                fail_msg("%s, %s: %s", tested[i].name, tested[i].key, event_text(e, FIELD_RESULT));
        }
        CHECK(count == (tested[i].result != NULL));
    }
}

/* ---- What the payloads hold ---- */

static const struct event *find(enum event_kind kind, uint64_t message_number, uint64_t phase)
{
    for (size_t i = 0; i < seen.count; i++) {
        const struct event *e = &seen.all[i].event;

        if (e->kind == kind && event_number(e, FIELD_MESSAGE_NUMBER) == message_number &&
            (phase == 0 || event_number(e, FIELD_PHASE) == phase))
            return e;
    }
    return NULL;
}

static void proposals_identities_and_selectors_are_told(void **state)
{
    static struct buffer capture, keys;

    (void)state;
    read_all(load("ok-main-psk", "ini.pcap", &capture), 4096, load("ok-main-psk", "keys.uat", &keys));
    const struct event *offer = find(EV_PROPOSAL_SEEN, 1, 1), *choice = find(EV_PROPOSAL_SEEN, 2, 1);
    CHECK(offer && choice && event_number(offer, FIELD_KEY_LENGTH) == 256);
    CHECK(strcmp(event_text(offer, FIELD_ENCRYPTION), "AES-CBC") == 0);
    CHECK(strcmp(event_text(offer, FIELD_AUTHENTICATION), "pre-share") == 0);
    CHECK(event_number(choice, FIELD_DH_GROUP) == 14 && event_number(choice, FIELD_SECONDS) > 0);
    const struct event *esp = find(EV_PROPOSAL_SEEN, 1, 2);
    CHECK(esp && strcmp(event_text(esp, FIELD_ENCRYPTION), "ESP_AES") == 0 && event_number(esp, FIELD_SPI) > 255);
    const struct event *id = find(EV_ID_SEEN, 5, 1), *proxies = find(EV_ID_SEEN, 1, 2);
    CHECK(id && *event_text(id, FIELD_ID) && *event_text(id, FIELD_ID_TYPE));
    CHECK(proxies && strcmp(event_text(proxies, FIELD_LOCAL_PROXY), "10.1.0.0/16") == 0);
    CHECK(strcmp(event_text(proxies, FIELD_REMOTE_PROXY), "10.2.0.0/16") == 0);
    read_all(bytes_of(capture.data, capture.len), 4096, (struct bytes){0});
    CHECK(!find(EV_ID_SEEN, 5, 1) && find(EV_PROPOSAL_SEEN, 1, 1)); /* without keys: what is in clear */
    read_all(load("f-idr-mismatch", "ini.pcap", &capture), 4096, load("f-idr-mismatch", "keys.uat", &keys));
    CHECK(count_kind(EV_DELETE_SEEN) == 1 && event_number(find(EV_DELETE_SEEN, 0, 0), FIELD_PROTOCOL) == 1);
}

static const struct {
    const char *name, *file;
    unsigned source_3, destination_3, source_4, destination_4;
    const char *why;
} rewritten[] = {
    {"ok-natt-main-psk", "rsp.pcap", 1, 0, 0, 0, "the initiator is behind NAT: its packets come from elsewhere"},
    {"ok-natt-main-psk", "ini.pcap", 0, 0, 0, 1, "seen before the NAT, it is the answer that was rewritten"},
    {"ok-main-psk", "rsp.pcap", 0, 0, 0, 0, "no NAT"},
};

static void whose_address_was_rewritten_is_told(void **state)
{
    static struct buffer capture;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rewritten); i++) {
        read_all(load(rewritten[i].name, rewritten[i].file, &capture), 4096, (struct bytes){0});
        const struct event *third = find(EV_NAT_D_SEEN, 3, 0), *fourth = find(EV_NAT_D_SEEN, 4, 0);
        if (!third || !fourth || event_number(third, FIELD_SOURCE_REWRITTEN) != rewritten[i].source_3 ||
            event_number(third, FIELD_DESTINATION_REWRITTEN) != rewritten[i].destination_3 ||
            event_number(fourth, FIELD_SOURCE_REWRITTEN) != rewritten[i].source_4 ||
            event_number(fourth, FIELD_DESTINATION_REWRITTEN) != rewritten[i].destination_4)
            fail_msg("%s/%s: %s", rewritten[i].name, rewritten[i].file, rewritten[i].why);
    }
}

/* ---- Packets of our own ---- */

static void add(struct buffer *b, const void *data, size_t len)
{
    memcpy(b->data + b->len, data, len);
    b->len += len;
}

static void add_u16(struct buffer *b, unsigned n)
{
    add(b, (uint8_t[]){(uint8_t)(n >> 8), (uint8_t)n}, 2);
}

static void add_u32(struct buffer *b, uint32_t n)
{
    add_u16(b, n >> 16);
    add_u16(b, n & 0xffff);
}

/* An INVALID-COOKIE in clear: header and notify. */
static void add_message(struct buffer *b)
{
    static const uint8_t message[] = {
        1, 2, 3, 4, 5, 6, 7, 8,  9, 9, 9, 9,  9, 9, 9, 9, 11, 0x10, 5, 0,
        0, 0, 0, 0, 0, 0, 0, 40, 0, 0, 0, 12, 0, 0, 0, 1, 1,  0,    0, 4,
    };

    add(b, message, sizeof message);
}

static void add_udp(struct buffer *b, unsigned from, unsigned to)
{
    size_t at = b->len;

    add_u16(b, from);
    add_u16(b, to);
    add_u32(b, 0);
    if (from == 4500)
        add_u32(b, 0);
    add_message(b);
    b->data[at + 5] = (uint8_t)(b->len - at);
}

static void add_ipv4(struct buffer *b, uint8_t protocol, struct bytes body, unsigned fragment)
{
    add_u16(b, 0x4500);
    add_u16(b, (unsigned)(20 + body.len));
    add_u16(b, 77);
    add_u16(b, fragment);
    add(b, (uint8_t[]){64, protocol, 0, 0, 10, 9, 2, 2, 10, 9, 1, 2}, 12);
    add(b, body.data, body.len);
}

static void begin_pcap(struct buffer *b, uint32_t link_type)
{
    b->len = 0;
    add_u32(b, 0xa1b2c3d4); /* big-endian; the lab's are little-endian */
    add_u32(b, 0x00020004);
    add_u32(b, 0);
    add_u32(b, 0);
    add_u32(b, 65535);
    add_u32(b, link_type);
}

static void add_record(struct buffer *b, const struct buffer *frame)
{
    add_u32(b, 1276191373);
    add_u32(b, 500000);
    add_u32(b, (uint32_t)frame->len);
    add_u32(b, (uint32_t)frame->len);
    add(b, frame->data, frame->len);
}

static const struct {
    uint32_t link_type;
    uint8_t head[32];
    size_t head_len;
    bool is_v6;
    const char *why;
} frames[] = {
    {1, {[12] = 8, 0}, 14, false, "Ethernet"},
    {1, {[12] = 0x81, 0, 0, 5, 8, 0}, 18, false, "VLAN"},
    {1, {[12] = 0x88, 0xa8, 0, 5, 0x81, 0, 0, 6, 8, 0}, 22, false, "VLAN in VLAN"},
    {1, {[12] = 0x88, 0x64, 0x11, 0, 0, 1, 0, 80, 0, 0x21}, 22, false, "PPPoE"},
    {1, {[12] = 0x86, 0xdd}, 14, true, "IPv6"},
    {101, {0}, 0, false, "raw IP"},
    {101, {0}, 0, true, "raw IPv6"},
    {113, {[14] = 8, 0}, 16, false, "Linux cooked"},
    {276, {8, 0}, 20, false, "Linux cooked, version 2"},
    {0, {2}, 4, false, "loopback of BSD"},
};

static void make_frame(struct buffer *frame, size_t row, unsigned port)
{
    static struct buffer udp;

    udp.len = frame->len = 0;
    add_udp(&udp, port, port);
    add(frame, frames[row].head, frames[row].head_len);
    if (frames[row].is_v6) {
        add_u32(frame, 0x60000000);
        add_u16(frame, (unsigned)udp.len);
        add(frame, (uint8_t[]){17, 64, [2] = 0x20, 1, [17] = 2, 0x20, 1, [33] = 1}, 34);
        add(frame, udp.data, udp.len);
    } else {
        add_ipv4(frame, 17, bytes_of(udp.data, udp.len), 0);
    }
}

static bool is_our_message(void)
{
    const struct event *e = &seen.all[0].event;

    return seen.count == 1 && e->kind == EV_PACKET_SEEN && strcmp(event_text(e, FIELD_NOTIFY), "INVALID_COOKIE") == 0 &&
           strcmp(event_text(e, FIELD_EXCHANGE), "INFO") == 0 && event_number(e, FIELD_LENGTH) == 40 &&
           strcmp(event_text(e, FIELD_COOKIES), "01020304050607080909090909090909") == 0 &&
           ip_is_set(event_ip(e, FIELD_SOURCE));
}

static void every_link_type_leads_to_the_message(void **state)
{
    static struct buffer file, frame;

    (void)state;
    for (size_t row = 0; row < COUNT_OF(frames); row++)
        for (unsigned port = 500; port <= 4500; port += 4000) {
            begin_pcap(&file, frames[row].link_type);
            make_frame(&frame, row, port);
            add_record(&file, &frame);
            read_all(bytes_of(file.data, file.len), 13, (struct bytes){0});
            if (!is_our_message() || seen.all[0].time_ms != 1276191373500 ||
                event_number(&seen.all[0].event, FIELD_PORT) != port)
                fail_msg("%s, port %u", frames[row].why, port);
        }
}

static void a_capture_that_is_cut_anywhere_ends_and_says_so(void **state)
{
    static struct buffer file, frame;

    (void)state;
    begin_pcap(&file, 1);
    make_frame(&frame, 0, 500);
    add_record(&file, &frame);
    for (size_t len = 4; len <= file.len; len++) {
        read_all(bytes_of(file.data, len), 7, (struct bytes){0});
        CHECK(seen.count == (len == file.len));
        CHECK(len == 24 || len == file.len || len == 4 || seen.sum.is_cut);
    }
    for (size_t cut = 1; cut < frame.len; cut++) { /* the snap length cuts packets, not the file */
        begin_pcap(&file, 1);
        frame.len--;
        add_record(&file, &frame);
        read_all(bytes_of(file.data, file.len), 4096, (struct bytes){0});
        CHECK(!seen.sum.is_cut && seen.count <= 1);
        if (seen.count == 1)
            CHECK(strcmp(event_text(&seen.all[0].event, FIELD_CAUSE), "captured-in-part") == 0);
    }
    begin_pcap(&file, 1);
    make_frame(&frame, 0, 500);
    add_record(&file, &frame);
    file.data[24 + 8] = 0x7f; /* a length that cannot be */
    read_all(bytes_of(file.data, file.len), 4096, (struct bytes){0});
    CHECK(seen.count == 0 && seen.sum.is_broken);
}

static void a_capture_without_a_packet_is_a_capture(void **state)
{
    static struct buffer file;

    (void)state;
    begin_pcap(&file, 1);
    read_all(bytes_of(file.data, file.len), 5, (struct bytes){0});
    CHECK(seen.count == 0 && seen.sum.kind == SOURCE_CAPTURE && !seen.sum.is_cut);
}

static void fragments_are_put_together_in_any_order(void **state)
{
    static struct buffer file, frame, udp;
    static const unsigned orders[][3] = {{0, 1, 2}, {2, 1, 0}, {1, 2, 0}};

    (void)state;
    udp.len = 0;
    add_udp(&udp, 500, 500);
    for (size_t o = 0; o < COUNT_OF(orders); o++) {
        begin_pcap(&file, 101);
        for (size_t i = 0; i < 3; i++) {
            size_t at = orders[o][i] * 16, len = orders[o][i] == 2 ? udp.len - at : 16;

            frame.len = 0;
            add_ipv4(&frame, 17, bytes_of(udp.data + at, len), (orders[o][i] == 2 ? 0 : 0x2000) | (unsigned)at / 8);
            add_record(&file, &frame);
        }
        read_all(bytes_of(file.data, file.len), 4096, (struct bytes){0});
        CHECK(is_our_message());
    }
}

/* Fragments of IKE's own: the message's bytes in pieces behind a header each. */
static void add_ike_fragment(struct buffer *b, struct bytes piece, uint8_t number, bool is_last)
{
    size_t at = b->len;

    add_u16(b, 500), add_u16(b, 500), add_u32(b, 0);
    add(b, (uint8_t[]){1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9, 9, 9, 9, 9, 132, 0x10, 5, 0}, 20);
    add_u32(b, 0), add_u32(b, (uint32_t)(28 + 8 + piece.len));
    add_u16(b, 0), add_u16(b, (unsigned)(8 + piece.len));
    add(b, (uint8_t[]){0, 7, number, is_last}, 4);
    add(b, piece.data, piece.len);
    b->data[at + 5] = (uint8_t)(b->len - at);
}

static void fragments_of_ike_are_put_together_in_any_order(void **state)
{
    static struct buffer file, frame, message, udp;
    static const uint8_t orders[][3] = {{1, 2, 3}, {3, 1, 2}, {3, 2, 1}};

    (void)state;
    message.len = 0;
    add_message(&message);
    for (size_t o = 0; o < COUNT_OF(orders); o++) {
        begin_pcap(&file, 101);
        for (size_t i = 0; i < 3; i++) {
            uint8_t number = orders[o][i];

            udp.len = frame.len = 0;
            add_ike_fragment(&udp, bytes_of(message.data + (number - 1) * 16, number == 3 ? 8 : 16), number,
                             number == 3);
            add_ipv4(&frame, 17, bytes_of(udp.data, udp.len), 0);
            add_record(&file, &frame);
        }
        read_all(bytes_of(file.data, file.len), 4096, (struct bytes){0});
        CHECK(seen.count == 4);
        const struct event *whole = &seen.all[3].event;
        CHECK(event_number(whole, FIELD_FRAGMENTS) == 3 && seen.all[3].line == 3);
        CHECK(strcmp(event_text(whole, FIELD_NOTIFY), "INVALID_COOKIE") == 0);
        CHECK(strstr(event_text(&seen.all[0].event, FIELD_PAYLOADS), "(132)"));
    }
}

static void an_icmp_error_names_the_packet_that_it_is_about(void **state)
{
    static struct buffer file, frame, udp, icmp;

    (void)state;
    udp.len = icmp.len = frame.len = 0;
    add_udp(&udp, 500, 500);
    add_u32(&icmp, 0x03030000);
    add_u32(&icmp, 0);
    add_ipv4(&icmp, 17, bytes_of(udp.data, udp.len), 0);
    add_ipv4(&frame, 1, bytes_of(icmp.data, 8 + 20 + 8), 0);
    begin_pcap(&file, 101);
    add_record(&file, &frame);
    read_all(bytes_of(file.data, file.len), 4096, (struct bytes){0});
    CHECK(seen.count == 1 && seen.all[0].event.kind == EV_ICMP_SEEN);
    const struct event *e = &seen.all[0].event;
    CHECK(event_number(e, FIELD_ICMP_TYPE) == 3 && event_number(e, FIELD_ICMP_CODE) == 3 &&
          event_number(e, FIELD_LOCAL_PORT) == 500);
    CHECK(ip_to_v4(event_ip(e, FIELD_DESTINATION)) == 0x0a090102);
}

static void repeats_are_counted_and_a_message_of_ikev2_is_named(void **state)
{
    static struct buffer file, frame;

    (void)state;
    begin_pcap(&file, 101);
    make_frame(&frame, 5, 500);
    add_record(&file, &frame);
    add_record(&file, &frame);
    frame.data[20 + 8 + 17] = 0x20;
    add_record(&file, &frame);
    read_all(bytes_of(file.data, file.len), 4096, (struct bytes){0});
    CHECK(seen.count == 3 && !event_has(&seen.all[0].event, FIELD_COUNT));
    CHECK(event_number(&seen.all[1].event, FIELD_COUNT) == 2 && seen.all[1].line == 2);
    CHECK(seen.all[2].event.kind == EV_IKEV2_SEEN && seen.sum.ikev2 == 1);
}

static void add_le32(struct buffer *b, uint32_t n)
{
    add(b, (uint8_t[]){(uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16), (uint8_t)(n >> 24)}, 4);
}

static void a_pcapng_file_says_the_same(void **state)
{
    static struct buffer file, frame;
    uint64_t ns = 1276191373500000000ull;

    (void)state;
    make_frame(&frame, 0, 4500);
    file.len = 0;
    add_le32(&file, 0x0a0d0d0a), add_le32(&file, 28), add_le32(&file, 0x1a2b3c4d), add_le32(&file, 1);
    add_le32(&file, UINT32_MAX), add_le32(&file, UINT32_MAX), add_le32(&file, 28);
    add_le32(&file, 1), add_le32(&file, 28), add_le32(&file, 1), add_le32(&file, 0); /* Ethernet */
    add_le32(&file, 0x00010009), add_le32(&file, 9), add_le32(&file, 28);            /* nanoseconds */
    add_le32(&file, 4), add_le32(&file, 16), add_le32(&file, 0),
        add_le32(&file, 16); /* a block that says nothing to us */
    size_t padded = (frame.len + 3) & ~(size_t)3;
    add_le32(&file, 6), add_le32(&file, (uint32_t)(32 + padded)), add_le32(&file, 0);
    add_le32(&file, (uint32_t)(ns >> 32)), add_le32(&file, (uint32_t)ns);
    add_le32(&file, (uint32_t)frame.len), add_le32(&file, (uint32_t)frame.len);
    add(&file, frame.data, frame.len);
    add(&file, (uint8_t[4]){0}, padded - frame.len);
    add_le32(&file, (uint32_t)(32 + padded));
    for (size_t step = 1; step < 40; step += 3) {
        read_all(bytes_of(file.data, file.len), step, (struct bytes){0});
        CHECK(is_our_message() && seen.all[0].time_ms == 1276191373500 && !seen.sum.is_cut && !seen.sum.is_broken);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_labs_captures_hold_what_their_dissections_say),
        cmocka_unit_test(what_is_sealed_opens_with_its_key_and_with_no_other),
        cmocka_unit_test(an_informational_opens_in_part_although_its_iv_is_not_known),
        cmocka_unit_test(a_key_of_charons_log_opens_its_sa_and_says_nothing_of_others),
        cmocka_unit_test(a_given_key_is_held_against_aggressive_mode),
        cmocka_unit_test(proposals_identities_and_selectors_are_told),
        cmocka_unit_test(whose_address_was_rewritten_is_told),
        cmocka_unit_test(fragments_of_ike_are_put_together_in_any_order),
        cmocka_unit_test(every_link_type_leads_to_the_message),
        cmocka_unit_test(a_capture_that_is_cut_anywhere_ends_and_says_so),
        cmocka_unit_test(a_capture_without_a_packet_is_a_capture),
        cmocka_unit_test(fragments_are_put_together_in_any_order),
        cmocka_unit_test(an_icmp_error_names_the_packet_that_it_is_about),
        cmocka_unit_test(repeats_are_counted_and_a_message_of_ikev2_is_named),
        cmocka_unit_test(a_pcapng_file_says_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
