/* ISAKMP messages of a capture: which SA, which message of it, the first or a repeat, and what is in it. */
#include "source/parts.h"
#include "source/seal.h"
#include "wire/fragment.h"
#include "wire/payloads.h"
#include "wire/print.h"
#include "wire/vendor.h"

#include <string.h>

static const struct {
    uint8_t number;
    const char *name;
} exchanges[] = {
    {XCHG_MAIN, "MM"},        {XCHG_AGGRESSIVE, "AM"}, {XCHG_QUICK, "QM"}, {XCHG_INFORMATIONAL, "INFO"},
    {XCHG_TRANSACTION, "TM"},
};

static const char *exchange_name(uint8_t number)
{
    for (size_t i = 0; i < COUNT_OF(exchanges); i++)
        if (exchanges[i].number == number)
            return exchanges[i].name;
    return "";
}

/* As FNV-1a, eight bytes at a time. Not against an enemy: whoever makes two messages of the same digest has one of them
 * called a repeat. */
static uint64_t digest_of(uint64_t digest, struct bytes b)
{
    uint64_t word;

    for (; b.len >= sizeof word; b = bytes_after(b, sizeof word)) {
        memcpy(&word, b.data, sizeof word);
        digest = (digest ^ word) * 0x9e3779b97f4a7c15u;
        digest ^= digest >> 32;
    }
    for (size_t i = 0; i < b.len; i++)
        digest = (digest ^ b.data[i]) * 0x100000001b3u;
    return digest;
}

static struct seen_sa *sa_of(struct source *s, const uint8_t cookie[static 8])
{
    enum { PROBES = 8 };
    uint64_t begin = digest_of(0xcbf29ce484222325u, bytes_of(cookie, 8));
    struct seen_sa *oldest = NULL;

    for (uint64_t i = 0; i < PROBES; i++) {
        struct seen_sa *sa = &s->packets.sas[(begin + i) % SAS_MAX];

        if (sa->is_used && memcmp(sa->cookie, cookie, 8) == 0) {
            sa->last = s->line;
            return sa;
        }
        if (!oldest || !sa->is_used || (oldest->is_used && sa->last < oldest->last))
            oldest = sa;
        if (!sa->is_used)
            break;
    }
    *oldest = (struct seen_sa){.is_used = true, .last = s->line};
    memcpy(oldest->cookie, cookie, 8);
    return oldest;
}

/* How often these bytes came from there, this time included, and as which message. */
static struct seen_message *count_message(struct seen_sa *sa, struct ip source, struct bytes message)
{
    uint64_t digest = digest_of(digest_of(0xcbf29ce484222325u, message), ip_bytes(&source));

    for (size_t i = 0; i < SA_DIGESTS; i++)
        if (sa->messages[i].count > 0 && sa->messages[i].digest == digest) {
            sa->messages[i].count += sa->messages[i].count < UINT16_MAX;
            return &sa->messages[i];
        }
    struct seen_message *m = &sa->messages[sa->message_next];
    *m = (struct seen_message){digest, 1, 0};
    sa->message_next = (uint8_t)((sa->message_next + 1) % SA_DIGESTS);
    return m;
}

static struct seen_exchange *seen_exchange_of(struct seen_sa *sa, uint32_t message_id, struct ip from)
{
    for (size_t i = 0; i < SA_EXCHANGES; i++)
        if (sa->exchanges[i].message_id == message_id && ip_is_set(sa->exchanges[i].first_from))
            return &sa->exchanges[i];
    struct seen_exchange *e = &sa->exchanges[sa->exchange_next];
    sa->exchange_next = (uint8_t)((sa->exchange_next + 1) % SA_EXCHANGES);
    *e = (struct seen_exchange){.message_id = message_id, .first_from = from};
    return e;
}

/* Of quick mode: 1 and 3 come from who began it; a third message is short, and 1 is the first. */
static unsigned quick_number(struct seen_exchange *e, struct ip from, bool is_first)
{
    if (!ip_equal(e->first_from, from))
        return 2;
    return is_first ? 1 : 3;
}

static unsigned phase1_number(const struct seen_sa *sa, const struct message *m, struct ip from, bool is_sealed)
{
    bool is_mm = m->header.exchange == XCHG_MAIN, knows = ip_is_set(sa->initiator);
    unsigned of_responder = ip_equal(sa->initiator, from) ? 0 : 1;

    if (message_payload(m, PL_SA) && !is_sealed)
        return bytes_are_zero(BYTES_OF(m->header.cookies[1])) ? 1 : 2;
    if (!knows)
        return 0;
    if (!is_mm)
        return of_responder ? 0 : 3;
    if (is_sealed)
        return 5 + of_responder;
    return message_payload(m, PL_KE) ? 3 + of_responder : 0;
}

static void add_vendors(struct event *e, const struct message *m)
{
    char space[160];
    struct text t = text_of(space, sizeof space);
    const struct payload *p;

    for (size_t i = 0; (p = message_nth(m, PL_VID, i)) != NULL; i++) {
        struct vendor v = vendor_of(p->body);

        if (*v.meaning && t.len + strlen(v.meaning) + 3 < sizeof space)
            text_add(&t, "%s%s", t.len ? ", " : "", v.meaning);
    }
    if (t.len > 0)
        event_add_text(e, FIELD_VENDOR, space);
}

static void add_notify(struct event *e, struct bytes body)
{
    struct notify n;

    if (body.len == 0 || notify_read(&n, body))
        return;
    const char *name = number_name(SPACE_NOTIFY, n.type);
    event_add_text(e, FIELD_NOTIFY, name ? name : "UNKNOWN");
    event_add_number(e, FIELD_NOTIFY_NUMBER, n.type);
}

/* "HDR + SA (1) + ...", made once for each list that fits. */
static const char *payloads_in_words(struct packets *p, const struct message *m)
{
    uint8_t types[PAYLOADS_MAX];
    uint64_t place = m->payload_count;
    size_t kept = m->payload_count <= PAYLOAD_WORDS_MAX ? m->payload_count : 0;

    for (size_t i = 0; i < m->payload_count; i++) {
        types[i] = m->payloads[i].type;
        place = place * 31 + types[i];
    }
    struct payload_words *list = &p->payload_lists[place % PAYLOAD_LISTS_MAX];
    if (kept == 0 || list->count != kept || memcmp(list->types, types, kept) != 0) {
        struct text t = text_of(list->text, sizeof list->text);

        text_add_message_payloads(&t, m);
        memcpy(list->types, types, kept);
        list->count = (uint8_t)kept;
    }
    return list->text;
}

static void add_payloads(struct packets *p, struct event *e, const struct message *m)
{
    if (m->payload_count == 0)
        return;
    event_add_text(e, FIELD_PAYLOADS, payloads_in_words(p, m));
    add_notify(e, message_body(m, PL_NOTIFY));
}

static void open_sealed(struct source *s, struct seen_sa *sa, struct seen_exchange *exchange, struct message *m,
                        uint8_t space[static OPENED_LEN_MAX], struct event *e)
{
    struct bytes notify;

    switch (seal_open(&s->packets, sa, exchange, m, space, &notify)) {
    case SEAL_NO_KEY: return;
    case SEAL_DOES_NOT_OPEN: event_add_text(e, FIELD_CAUSE, "does-not-open"); return;
    case SEAL_OPENED: add_payloads(&s->packets, e, m); break;
    case SEAL_OPENED_IN_PART:
        event_add_text(e, FIELD_PAYLOADS,
                       notify.len ? "HDR + HASH (8) + NOTIFY (11) + NONE (0)"
                                  : "HDR + HASH (8) + DELETE (12) + NONE (0)");
        add_notify(e, notify);
        break;
    }
    s->sum.opened++;
}

static void begin(struct event *e, enum event_kind kind, const struct datagram *d, uint16_t from, uint16_t to)
{
    event_begin(e, kind);
    event_add_ip(e, FIELD_SOURCE, d->source);
    event_add_ip(e, FIELD_DESTINATION, d->destination);
    event_add_number(e, FIELD_PORT, from);
    event_add_number(e, FIELD_LOCAL_PORT, to);
}

void isakmp_add_text(struct text *out, const struct event *e)
{
    struct text t = *out;

    text_add_endpoint(&t, (struct endpoint){event_ip(e, FIELD_SOURCE), (uint16_t)event_number(e, FIELD_PORT)});
    text_add_words(&t, " > ");
    text_add_endpoint(&t,
                      (struct endpoint){event_ip(e, FIELD_DESTINATION), (uint16_t)event_number(e, FIELD_LOCAL_PORT)});
    text_add_words(&t, " ");
    text_add_words(&t, event_text(e, FIELD_EXCHANGE));
    if (event_has(e, FIELD_MESSAGE_NUMBER)) {
        text_add_words(&t, " ");
        text_add_decimal(&t, event_number(e, FIELD_MESSAGE_NUMBER));
    }
    text_add_words(&t, ", ");
    text_add_decimal(&t, event_number(e, FIELD_LENGTH));
    text_add_words(&t, event_number(e, FIELD_SEALED) ? " bytes, sealed" : " bytes");
    if (event_has(e, FIELD_PAYLOADS)) {
        text_add_words(&t, ", ");
        text_add_words(&t, event_text(e, FIELD_PAYLOADS));
    }
    if (event_has(e, FIELD_NOTIFY))
        text_add(&t, ", %s", event_text(e, FIELD_NOTIFY));
    if (event_has(e, FIELD_COUNT))
        text_add(&t, ", time %u", (unsigned)event_number(e, FIELD_COUNT));
    *out = t;
}

/* The header as it stands, also of a message that was not captured whole. */
static bool header_of(struct bytes message, struct message *m)
{
    if (message.len < HEADER_LEN)
        return false;
    memset(m, 0, offsetof(struct message, payloads));
    m->datagram = message;
    memcpy(m->header.cookies, message.data, 16);
    m->header.first_payload = message.data[16];
    m->header.exchange = message.data[18];
    m->header.flags = message.data[19];
    m->header.message_id = (uint32_t)message.data[20] << 24 | (uint32_t)message.data[21] << 16 |
                           (uint32_t)message.data[22] << 8 | message.data[23];
    m->header.length = (uint32_t)message.data[24] << 24 | (uint32_t)message.data[25] << 16 |
                       (uint32_t)message.data[26] << 8 | message.data[27];
    return true;
}

/* Which exchange under the SA it is of, and whether it is the first message of that. */
static struct seen_exchange *exchange_of(struct seen_sa *sa, const struct message *m, const struct datagram *d,
                                         bool *is_first)
{
    *is_first = m->header.exchange == XCHG_QUICK || m->header.exchange == XCHG_TRANSACTION;
    if (!*is_first)
        return NULL;
    for (size_t i = 0; i < SA_EXCHANGES; i++)
        *is_first &= !(ip_is_set(sa->exchanges[i].first_from) && sa->exchanges[i].message_id == m->header.message_id);
    return seen_exchange_of(sa, m->header.message_id, d->source);
}

static void learn(struct source *s, struct seen_sa *sa, const struct message *m, const struct datagram *d)
{
    if (message_payload(m, PL_SA) && bytes_are_zero(BYTES_OF(m->header.cookies[1])))
        sa->initiator = d->source;
    seal_learn(&s->packets, sa, m, ip_equal(sa->initiator, d->source));
}

static void set_number(struct seen_sa *sa, const struct message *m, const struct datagram *d, bool is_sealed,
                       struct seen_exchange *exchange, bool is_first, struct seen_message *seen)
{
    if (m->header.exchange == XCHG_MAIN || m->header.exchange == XCHG_AGGRESSIVE)
        seen->number = (uint8_t)phase1_number(sa, m, d->source, is_sealed);
    else if (m->header.exchange == XCHG_QUICK && seen->count == 1)
        seen->number = (uint8_t)quick_number(exchange, d->source, is_first);
}

static void print(struct text *t, const struct message *m, enum wire_fault fault)
{
    *t = text_of(t->data, t->size);
    text_add_message(t, m);
    if (fault && fault != WIRE_SEALED)
        text_add(t, "\n  %s", wire_fault_meaning(fault));
    else if (m->payload_count == 0)
        text_add(t, "\n  sealed: no key that is known opens it");
}

/* What the message holds goes into the event of the packet, and behind it into the queue. */
static void read_contents(struct source *s, struct seen_sa *sa, struct message *m, const struct datagram *d,
                          struct seen_message *seen, struct event *e)
{
    uint8_t space[OPENED_LEN_MAX];
    bool is_sealed = (m->header.flags & FLAG_ENCRYPTION) != 0, is_first;
    enum wire_fault fault = is_sealed ? wire_header_read(m, m->datagram) : wire_message_read(m, m->datagram);
    struct seen_exchange *exchange = exchange_of(sa, m, d, &is_first);
    size_t slot = s->queue_count;

    if (!is_sealed && !fault && (m->header.exchange == XCHG_MAIN || m->header.exchange == XCHG_AGGRESSIVE))
        learn(s, sa, m, d);
    set_number(sa, m, d, is_sealed, exchange, is_first, seen);
    if (seen->number > 0)
        event_add_number(e, FIELD_MESSAGE_NUMBER, seen->number);
    if (fault && fault != WIRE_SEALED)
        event_add_text(e, FIELD_CAUSE, wire_fault_name(fault));
    else if (!is_sealed)
        add_payloads(&s->packets, e, m), add_vendors(e, m);
    else if (seen->count == 1)
        open_sealed(s, sa, exchange, m, space, e);
    if (s->packets.print)
        print(s->packets.print, m, fault);
    source_say(s, e);
    if (seen->count == 1 && m->payload_count > 0 && slot < s->queue_count)
        contents_say(s, m, e, (enum hash_id)sa->hash), psk_test(s, sa, m, e);
    if (is_sealed && s->packets.opener_count > 0)
        bytes_wipe(space, sizeof space);
}

/* ---- Fragments of IKE's own, payload 132 ---- */

static struct ike_fragments *fragments_of(struct source *s, const struct message *m, struct ip source, uint16_t id)
{
    struct ike_fragments *all = s->packets.ike_fragments, *oldest = all;

    for (struct ike_fragments *f = all; f < all + IKE_FRAGMENTED_MAX; f++) {
        if (f->is_used && f->id == id && memcmp(f->cookie, m->header.cookies[0], sizeof f->cookie) == 0 &&
            ip_equal(f->source, source))
            return f;
        if (!f->is_used || (oldest->is_used && f->last < oldest->last))
            oldest = f;
    }
    oldest->is_used = true;
    oldest->id = id;
    oldest->source = source;
    memcpy(oldest->cookie, m->header.cookies[0], sizeof oldest->cookie);
    oldest->count = 0;
    oldest->have = 0;
    return oldest;
}

/* Keeps one; the number of all when the message is whole now, and its bytes in `whole`. */
static unsigned put_together(struct source *s, const struct message *m, struct ip source,
                             uint8_t whole[static IKE_FRAGMENTS_MAX * IKE_FRAGMENT_LEN_MAX], size_t *len)
{
    struct fragment fragment;

    if (fragment_read(&fragment, message_body(m, PL_FRAGMENT)) || fragment.number == 0 ||
        fragment.number > IKE_FRAGMENTS_MAX || fragment.data.len > IKE_FRAGMENT_LEN_MAX)
        return 0;
    struct ike_fragments *f = fragments_of(s, m, source, fragment.id);
    unsigned at = fragment.number - 1u;
    f->last = s->line;
    f->have |= 1u << at;
    f->lens[at] = (uint16_t)fragment.data.len;
    memcpy(f->data[at], fragment.data.data, fragment.data.len);
    if (fragment.flags & FRAGMENT_LAST)
        f->count = fragment.number;
    if (f->count == 0 || f->have != (uint32_t)((1ull << f->count) - 1))
        return 0;
    *len = 0;
    for (unsigned i = 0; i < f->count; i++) {
        memcpy(whole + *len, f->data[i], f->lens[i]);
        *len += f->lens[i];
    }
    f->is_used = false;
    return f->count;
}

static void read_message(struct source *s, const struct datagram *d, uint16_t from, uint16_t to, struct bytes bytes,
                         bool is_cut, unsigned fragments)
{
    struct message m;
    struct event e;
    char cookies[40];
    struct text t = text_of(cookies, sizeof cookies);

    if (!header_of(bytes, &m))
        return;
    if (bytes.data[17] >> 4 != 1) {
        begin(&e, EV_IKEV2_SEEN, d, from, to);
        source_say(s, &e);
        return;
    }
    begin(&e, EV_PACKET_SEEN, d, from, to);
    struct seen_sa *sa = sa_of(s, m.header.cookies[0]);
    struct seen_message *seen = count_message(sa, d->source, bytes);

    text_add_hex(&t, bytes_of(m.header.cookies, sizeof m.header.cookies));
    event_add_text(&e, FIELD_COOKIES, cookies);
    event_add_text(&e, FIELD_EXCHANGE, exchange_name(m.header.exchange));
    event_add_number(&e, FIELD_MESSAGE_ID, m.header.message_id);
    event_add_number(&e, FIELD_LENGTH, m.header.length);
    event_add_number(&e, FIELD_SEALED, (m.header.flags & FLAG_ENCRYPTION) != 0);
    event_add_number(&e, FIELD_TTL, d->ttl);
    if (seen->count > 1)
        event_add_number(&e, FIELD_COUNT, seen->count);
    if (fragments > 0)
        event_add_number(&e, FIELD_FRAGMENTS, fragments);
    if (is_cut) {
        event_add_text(&e, FIELD_CAUSE, "captured-in-part");
        source_say(s, &e);
    } else {
        read_contents(s, sa, &m, d, seen, &e);
    }
    if (fragments == 0 && !is_cut && m.header.first_payload == PL_FRAGMENT && m.payload_count == 1) {
        uint8_t whole[IKE_FRAGMENTS_MAX * IKE_FRAGMENT_LEN_MAX];
        size_t len;
        unsigned count = put_together(s, &m, d->source, whole, &len);

        if (count > 0)
            read_message(s, d, from, to, bytes_of(whole, len), false, count);
    }
}

void isakmp_read(struct source *s, const struct datagram *d, uint16_t from, uint16_t to, struct bytes bytes,
                 bool is_cut)
{
    size_t first = s->queue_count;

    read_message(s, d, from, to, bytes, is_cut, 0);
    for (size_t i = first; i < s->queue_count && s->queue[first].event.kind == EV_PACKET_SEEN; i++)
        s->texts[i].packet = (uint8_t)(first + 1);
}
