#include "event/packet.h"

#include "event/look.h"
#include "wire/message.h"

#include <string.h>

_Static_assert((size_t)PACKET_COOKIES_LEN == 2 * COOKIE_LEN && (size_t)PACKET_PAYLOADS_MAX == PAYLOADS_MAX,
               "of a message");

static const struct {
    uint8_t number;
    const char *name;
} exchanges[] = {
    {XCHG_MAIN, "MM"},        {XCHG_AGGRESSIVE, "AM"}, {XCHG_QUICK, "QM"}, {XCHG_INFORMATIONAL, "INFO"},
    {XCHG_TRANSACTION, "TM"},
};

const char *packet_exchange(uint8_t exchange)
{
    for (size_t i = 0; i < COUNT_OF(exchanges); i++)
        if (exchanges[i].number == exchange)
            return exchanges[i].name;
    return "";
}

/* ---- As an event ---- */

static void add_ends(struct event *e, enum event_kind kind, const struct packet_seen *p)
{
    event_begin(e, kind);
    event_add_ip(e, FIELD_SOURCE, p->source);
    event_add_ip(e, FIELD_DESTINATION, p->destination);
}

static void add_exchange(struct event *e, const struct packet_seen *p)
{
    char cookies[4 * COOKIE_LEN + 1];
    struct text t = text_of(cookies, sizeof cookies);

    text_add_hex(&t, BYTES_OF(p->cookies));
    if (!bytes_are_zero(BYTES_OF(p->cookies))) /* else it was printed, and they were not */
        event_add_text(e, FIELD_COOKIES, cookies);
    event_add_text(e, FIELD_EXCHANGE, packet_exchange(p->exchange));
    event_add_number(e, FIELD_MESSAGE_ID, p->message_id);
    if (p->number > 0)
        event_add_number(e, FIELD_MESSAGE_NUMBER, p->number);
}

void packet_place(struct event *e, enum event_kind kind, const struct packet_seen *p)
{
    add_ends(e, kind, p);
    add_exchange(e, p);
}

/* "HDR + SA (1) + ...", as message_add_payloads says it of a message. */
static void add_payload_names(struct text *t, const struct packet_seen *p)
{
    text_add_words(t, "HDR");
    for (size_t i = 0; i <= p->payload_count; i++) {
        text_add_words(t, " + ");
        text_add_number(t, SPACE_PL, i < p->payload_count ? p->payloads[i] : PL_NONE);
    }
}

static const char *notify_name(const struct packet_seen *p)
{
    const char *name = number_name(SPACE_NOTIFY, p->notify);

    return name ? name : "UNKNOWN";
}

enum { PAYLOAD_NAMES_SIZE = 320 };

void packet_event(struct event *e, const struct packet_seen *p)
{
    char names[PAYLOAD_NAMES_SIZE];
    struct text t = text_of(names, sizeof names);

    add_ends(e, EV_PACKET_SEEN, p);
    event_add_number(e, FIELD_PORT, p->from);
    event_add_number(e, FIELD_LOCAL_PORT, p->to);
    add_exchange(e, p);
    event_add_number(e, FIELD_LENGTH, p->length);
    event_add_number(e, FIELD_SEALED, p->is_sealed);
    event_add_number(e, FIELD_TTL, p->ttl);
    if (p->count > 1)
        event_add_number(e, FIELD_COUNT, p->count);
    if (p->fragments > 0)
        event_add_number(e, FIELD_FRAGMENTS, p->fragments);
    if (p->cause)
        event_add_text(e, FIELD_CAUSE, p->cause);
    if (p->payload_count > 0) {
        add_payload_names(&t, p);
        event_add_text(e, FIELD_PAYLOADS, names);
    }
    if (p->has_notify) {
        event_add_text(e, FIELD_NOTIFY, notify_name(p));
        event_add_number(e, FIELD_NOTIFY_NUMBER, p->notify);
    }
}

/* ---- As a line ---- */

void packet_add_text(struct text *out, const struct packet_seen *p)
{
    char names[PAYLOAD_NAMES_SIZE];
    struct text t = *out, payloads = text_of(names, sizeof names);

    text_add_endpoint(&t, (struct endpoint){p->source, p->from});
    text_add_words(&t, " > ");
    text_add_endpoint(&t, (struct endpoint){p->destination, p->to});
    text_add_words(&t, " ");
    text_add_words(&t, packet_exchange(p->exchange));
    if (p->number > 0) {
        text_add_words(&t, " ");
        text_add_decimal(&t, p->number);
    }
    text_add_words(&t, ", ");
    text_add_decimal(&t, p->length);
    text_add_words(&t, p->is_sealed ? " bytes, sealed" : " bytes");
    if (p->payload_count > 0) {
        add_payload_names(&payloads, p);
        text_add_words(&t, ", ");
        text_add_words(&t, names);
    }
    if (p->has_notify)
        text_add(&t, ", %s", notify_name(p));
    if (p->count > 1)
        text_add(&t, ", time %u", p->count);
    *out = t;
}

/* ---- As it looks ---- */

static uint64_t word_at(const uint8_t *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof word);
    return word;
}

uint64_t packet_look(const struct packet_seen *p)
{
    uint64_t whole = (uint64_t)p->length << 32 | (uint64_t)p->exchange << 24 | (uint64_t)p->number << 16 |
                     (uint64_t)p->payload_count << 8 | (uint64_t)p->is_sealed << 3 | (uint64_t)p->has_notify << 2 |
                     (uint64_t)(p->message_id != 0) << 1 | (word_at(p->cookies + COOKIE_LEN) != 0);
    uint64_t rest = (uint64_t)p->from << 48 | (uint64_t)p->to << 32 | (uint64_t)p->count << 16 | p->notify;
    uint64_t look = look_mix(look_mix(EV_PACKET_SEEN, whole), rest);

    if (p->payload_count > 0)
        look = look_mix_bytes(look, p->payloads, p->payload_count);
    if (p->cause)
        look = look_mix(look, text_hash(TEXT_HASH_BEGIN, p->cause));
    return look | 1;
}

uint64_t packet_cookie(const struct packet_seen *p)
{
    uint64_t cookie = word_at(p->cookies);

    if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
        cookie = __builtin_bswap64(cookie);
    return cookie != 0 ? cookie : 1;
}
