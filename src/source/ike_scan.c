/* What ike-scan prints of hosts that it asks for message 2 of main or aggressive mode, and goes no further: who
 * answers, which of its offers is taken, which vendor IDs come with it, who refuses, and that nobody answers. With
 * --multiline each part of an answer has a line of its own. */
#include "event/readings.h"
#include "source/parts.h"
#include "wire/numbers.h"
#include "wire/vendor.h"

#include <string.h>

enum { VENDOR_LEN_MAX = 128 };

static const struct {
    const char *says, *exchange;
} answers[] = {{"Main Mode Handshake returned", "MM"}, {"Aggressive Mode Handshake returned", "AM"}};

/* How it spells what is chosen, and what a log of an ASA calls that; others stay as they are. */
static const struct {
    const char *name;
    enum event_field_id field;
    const char *says[6], *means[6];
} attributes[] = {
    {"Enc=", FIELD_ENCRYPTION, {"DES", "3DES", "AES"}, {"DES-CBC", "3DES-CBC", "AES-CBC"}},
    {"Hash=", FIELD_HASH, {"SHA1", "SHA2-256", "SHA2-384", "SHA2-512"}, {"SHA", "SHA256", "SHA384", "SHA512"}},
    {"Auth=", FIELD_AUTHENTICATION, {"PSK", "RSA_Sig"}, {"pre-share", "RSA sig"}},
    {"Group=", FIELD_DH_GROUP, {0}, {0}},
    {"KeyLength=", FIELD_KEY_LENGTH, {0}, {0}},
};

static const enum vendor_id nat_traversal[] = {VENDOR_RFC3947, VENDOR_NATT_03, VENDOR_NATT_02N, VENDOR_NATT_02};

/* ---- an answer, part by part ---- */

static void add_attribute(struct event *e, struct bytes word)
{
    for (size_t i = 0; i < COUNT_OF(attributes); i++) {
        struct bytes value = word;
        uint64_t number;
        size_t k = 0;

        if (!bytes_take(&value, attributes[i].name))
            continue;
        if (event_field_type(attributes[i].field) == FIELD_TYPE_NUMBER) {
            if (bytes_number(bytes_to(value, ":"), 10, &number))
                event_add_number(e, attributes[i].field, number);
            return;
        }
        while (k < COUNT_OF(attributes[i].says) && attributes[i].says[k] &&
               !bytes_equal(value, bytes_of_text(attributes[i].says[k])))
            k++;
        if (k < COUNT_OF(attributes[i].says) && attributes[i].says[k])
            event_add_text(e, attributes[i].field, attributes[i].means[k]);
        else
            event_add_bytes(e, attributes[i].field, value);
    }
}

static struct event answer(const struct source *s, const char *result)
{
    struct event e = event_of(EV_PROBE_ANSWERED);

    event_add_text(&e, FIELD_RESULT, result);
    event_add_text(&e, FIELD_ROLE, "initiator");
    event_add_text(&e, FIELD_EXCHANGE, s->scan.exchange);
    if (ip_is_set(s->scan.peer))
        event_add_ip(&e, FIELD_PEER, s->scan.peer);
    return e;
}

/* SA=(Enc=3DES Hash=SHA1 Auth=PSK Group=2:modp1024 LifeType=Seconds LifeDuration(4)=0x00007080) */
static void say_chosen(struct source *s, struct bytes text)
{
    struct event e = answer(s, "handshake");

    for (struct bytes word; (word = bytes_word(&text)).len > 0;) {
        bool is_last = word.data[word.len - 1] == ')';

        add_attribute(&e, bytes_of(word.data, word.len - is_last));
        if (is_last)
            break;
    }
    source_say(s, &e);
}

/* VID=4a131c81070358455c5728f20e95452f (RFC 3947 NAT-T) */
static void say_vendor(struct source *s, struct bytes digits)
{
    uint8_t body[VENDOR_LEN_MAX];
    size_t len = 0;
    uint64_t byte;
    struct event e;

    while (len < sizeof body && digits.len >= 2 && bytes_number(bytes_of(digits.data, 2), 16, &byte)) {
        body[len++] = (uint8_t)byte;
        digits = bytes_after(digits, 2);
    }
    struct vendor vendor = vendor_of(bytes_of(body, len));
    for (size_t i = 0; i < COUNT_OF(nat_traversal); i++)
        if (vendor.id == nat_traversal[i] && !s->scan.has_nat_traversal) {
            e = answer(s, "nat-traversal");
            source_say(s, &e);
            s->scan.has_nat_traversal = true;
        }
    if (vendor.id == VENDOR_NONE)
        return;
    e = event_of(EV_VENDOR_READ);
    event_add_text(&e, FIELD_VENDOR, vendor.meaning);
    if (ip_is_set(s->scan.peer))
        event_add_ip(&e, FIELD_PEER, s->scan.peer);
    source_say(s, &e);
}

static void say_parts(struct source *s, struct bytes text)
{
    size_t at;

    if (bytes_has(text, "SA=(", &at))
        say_chosen(s, bytes_after(text, at + 4));
    while (bytes_has(text, "VID=", &at)) {
        text = bytes_after(text, at + 4);
        say_vendor(s, bytes_to(text, " "));
    }
}

/* ---- what is asked, and what comes of it ---- */

static void say_asked(struct source *s)
{
    struct event e = event_of(EV_MESSAGE_SENT);

    event_add_text(&e, FIELD_EXCHANGE, s->scan.is_aggressive ? "AM" : "MM");
    event_add_number(&e, FIELD_MESSAGE_NUMBER, 1);
    event_add_text(&e, FIELD_ROLE, "initiator");
    if (ip_is_set(s->scan.peer))
        event_add_ip(&e, FIELD_PEER, s->scan.peer);
    source_say(s, &e);
}

/* Notify message 14 (NO-PROPOSAL-CHOSEN) */
static void say_refused(struct source *s, struct bytes text)
{
    struct event e = event_of(EV_NOTIFY_IN_CLEAR);
    uint64_t number;

    if (!bytes_number(bytes_word(&text), 10, &number) || number > UINT16_MAX)
        return;
    const char *name = number_name(SPACE_NOTIFY, (uint32_t)number);

    say_asked(s);
    if (name)
        event_add_text(&e, FIELD_NOTIFY, name);
    event_add_number(&e, FIELD_NOTIFY_NUMBER, number);
    event_add_ip(&e, FIELD_PEER, s->scan.peer);
    source_say(s, &e);
}

/* 192.0.2.9 Main Mode Handshake returned ... */
static bool read_answer(struct source *s, struct bytes line)
{
    struct bytes text = line;
    struct ip peer;

    if (!ip_parse(&peer, bytes_word(&text)))
        return false;
    text = bytes_trim(text);
    for (size_t i = 0; i < COUNT_OF(answers); i++)
        if (bytes_take(&text, answers[i].says)) {
            source_is(s, SOURCE_IKE_SCAN, PRODUCT_IKE_SCAN);
            s->scan.peer = peer;
            s->scan.exchange = answers[i].exchange;
            s->scan.has_nat_traversal = false;
            say_parts(s, text);
            return true;
        }
    if (!bytes_take(&text, "Notify message "))
        return false;
    source_is(s, SOURCE_IKE_SCAN, PRODUCT_IKE_SCAN);
    s->scan.peer = peer;
    say_refused(s, text);
    return true;
}

/* Of a network nothing follows from those that do not answer; of one host all does. */
static enum reading read_frame(struct source *s, struct bytes line)
{
    struct event e;

    if (!reading_read_by(s->index, PRODUCT_IKE_SCAN, line, &e))
        return READ_NOT_MINE;
    source_is(s, SOURCE_IKE_SCAN, PRODUCT_IKE_SCAN);
    if (e.kind != EV_NONE) {
        say_asked(s);
        if (ip_is_set(s->scan.peer))
            event_add_ip(&e, FIELD_PEER, s->scan.peer);
        source_say(s, &e);
    }
    if (bytes_begin_with(line, bytes_of_text("Ending")))
        memset(&s->scan, 0, sizeof s->scan);
    return READ_SAID;
}

/* How it was called, as somebody shows it: $ ike-scan --aggressive --id=staff 192.0.2.9 */
static bool is_command(struct source *s, struct bytes line)
{
    enum { PROMPT_MAX = 60 };
    struct bytes word;
    size_t at;

    if (!bytes_has(bytes_of(line.data, line.len < PROMPT_MAX ? line.len : PROMPT_MAX), "ike-scan ", &at) ||
        (at > 0 && line.data[at - 1] != ' ' && line.data[at - 1] != '/' && line.data[at - 1] != '#'))
        return false;
    struct bytes words = bytes_after(line, at + 9);
    memset(&s->scan, 0, sizeof s->scan);
    while ((word = bytes_word(&words)).len > 0) {
        s->scan.is_aggressive |=
            bytes_equal(word, bytes_of_text("-A")) || bytes_equal(word, bytes_of_text("--aggressive"));
        ip_parse(&s->scan.peer, word);
    }
    return ip_is_set(s->scan.peer) || s->scan.is_aggressive;
}

enum reading ike_scan_line(struct source *s, struct bytes line)
{
    uint8_t first = line.data[0];

    if (first == ' ' && s->kind_before == SOURCE_IKE_SCAN && s->scan.exchange) {
        source_is(s, SOURCE_IKE_SCAN, PRODUCT_IKE_SCAN);
        say_parts(s, line);
        return READ_SAID;
    }
    if (((first >= '0' && first <= '9') || (first >= 'a' && first <= 'f')) && read_answer(s, line))
        return READ_SAID;
    if (first == 'S' || first == 'E')
        return read_frame(s, line);
    if (!is_command(s, line))
        return READ_NOT_MINE;
    source_is(s, SOURCE_IKE_SCAN, PRODUCT_IKE_SCAN);
    return READ_OTHER;
}
