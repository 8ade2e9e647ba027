/* The captures of the lab against their dissections, and what payloads and keys tell. */
#include "source/captures.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
