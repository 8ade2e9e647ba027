/* ISAKMP messages of a capture: which SA, which message of it, the first or a repeat, and what is in it. */
#include "event/look.h"
#include "source/parts.h"
#include "source/seal.h"
#include "wire/fragment.h"
#include "wire/payloads.h"
#include "wire/print.h"
#include "wire/vendor.h"

#include <string.h>

static struct seen_sa *sa_of(struct source *s, const uint8_t cookie[static 8])
{
    enum { PROBES = 8 };
    struct seen_sa *oldest = NULL, *last = s->packets.last_sa;

    if (last && memcmp(last->cookie, cookie, 8) == 0) {
        last->last = s->line;
        return last;
    }
    uint64_t begin = look_mix_bytes(0, cookie, 8);

    for (uint64_t i = 0; i < PROBES; i++) {
        struct seen_sa *sa = &s->packets.sas[(begin + i) % SAS_MAX];

        if (sa->is_used && memcmp(sa->cookie, cookie, 8) == 0) {
            sa->last = s->line;
            return s->packets.last_sa = sa;
        }
        if (!oldest || !sa->is_used || (oldest->is_used && sa->last < oldest->last))
            oldest = sa;
        if (!sa->is_used)
            break;
    }
    memset(oldest, 0, offsetof(struct seen_sa, messages)); /* of these, message_count are written */
    memset(&oldest->message_next, 0, sizeof *oldest - offsetof(struct seen_sa, message_next));
    oldest->is_used = true;
    oldest->last = s->line;
    memcpy(oldest->cookie, cookie, 8);
    return s->packets.last_sa = oldest;
}

/* How often these bytes came from there, this time included, and as which message. Whoever makes two messages of the
 * same digest has one of them called a repeat. */
static struct seen_message *count_message(struct seen_sa *sa, struct ip source, struct bytes message)
{
    uint64_t digest = look_mix_bytes(look_mix_bytes(0, message.data, message.len), &source, sizeof source);

    for (size_t i = 0; i < sa->message_count; i++)
        if (sa->messages[i].digest == digest) {
            sa->messages[i].count += sa->messages[i].count < UINT16_MAX;
            return &sa->messages[i];
        }
    struct seen_message *m = &sa->messages[sa->message_next];
    *m = (struct seen_message){digest, 1, 0};
    sa->message_next = (uint8_t)((sa->message_next + 1) % SA_DIGESTS);
    sa->message_count += sa->message_count < SA_DIGESTS;
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

static void take_notify(struct packet_seen *p, struct bytes body)
{
    struct notify n;

    if (body.len == 0 || notify_read(&n, body))
        return;
    p->has_notify = true;
    p->notify = n.type;
}

static void take_payloads(struct packet_seen *p, const struct message *m)
{
    p->payload_count = m->payload_count;
    for (size_t i = 0; i < m->payload_count; i++)
        p->payloads[i] = m->payloads[i].type;
    take_notify(p, message_body(m, PL_NOTIFY));
}

static void open_sealed(struct source *s, struct seen_sa *sa, struct seen_exchange *exchange, struct message *m,
                        uint8_t space[static OPENED_LEN_MAX], struct packet_seen *p)
{
    struct bytes notify;

    switch (seal_open(&s->packets, sa, exchange, m, space, &notify)) {
    case SEAL_NO_KEY: return;
    case SEAL_DOES_NOT_OPEN: p->cause = "does-not-open"; return;
    case SEAL_OPENED: take_payloads(p, m); break;
    case SEAL_OPENED_IN_PART:
        p->payload_count = 2;
        p->payloads[0] = PL_HASH;
        p->payloads[1] = notify.len ? PL_NOTIFY : PL_DELETE;
        take_notify(p, notify);
        break;
    }
    s->sum.opened++;
}

/* The header as it stands, also of a message that was not captured whole. */
static void header_of(struct bytes message, struct message *m)
{
    memset(m, 0, offsetof(struct message, payloads));
    m->datagram = message;
    wire_header_fields(&m->header, message.data);
}

/* In clear the payloads too. */
static enum wire_fault read_bytes_of(struct message *m, struct bytes bytes)
{
    bool is_sealed = (bytes.data[19] & FLAG_ENCRYPTION) != 0;

    return is_sealed ? wire_header_read(m, bytes) : wire_message_read(m, bytes);
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

/* ---- What is said of it ---- */

void isakmp_tell(struct queued *q)
{
    struct message m;

    packet_event(&q->seen.event, q->packet);
    if (!q->packet->is_sealed && !wire_message_read(&m, q->of))
        add_vendors(&q->seen.event, &m);
}

static void say_packet(struct source *s, const struct packet_seen *p, struct bytes message)
{
    if (source_is_full(s))
        return;
    size_t index = s->queue_count;
    struct queued *q = source_enqueue(s, EV_PACKET_SEEN);
    struct sight *at = &s->sights[index];

    at->one = p->source;
    at->other = p->destination;
    at->look = packet_look(p);
    at->cookie = packet_cookie(p);
    at->number = p->number;
    q->tell = TELL_PACKET;
    q->packet = p;
    q->of = message;
    if (!source_has(s, message))
        source_told(s, index);
}

/* What the message holds goes into what is said of the packet, and behind it into the queue. */
static void read_contents(struct source *s, struct seen_sa *sa, struct message *m, enum wire_fault fault,
                          const struct datagram *d, struct seen_message *seen, struct packet_seen *p)
{
    uint8_t space[OPENED_LEN_MAX];
    bool is_sealed = (m->header.flags & FLAG_ENCRYPTION) != 0, is_first;
    struct seen_exchange *exchange = exchange_of(sa, m, d, &is_first);
    size_t slot = s->queue_count;

    if (!is_sealed && !fault && (m->header.exchange == XCHG_MAIN || m->header.exchange == XCHG_AGGRESSIVE))
        learn(s, sa, m, d);
    set_number(sa, m, d, is_sealed, exchange, is_first, seen);
    p->number = seen->number;
    if (fault && fault != WIRE_SEALED)
        p->cause = wire_fault_name(fault);
    else if (!is_sealed)
        take_payloads(p, m);
    else if (seen->count == 1)
        open_sealed(s, sa, exchange, m, space, p);
    if (s->packets.print)
        print(s->packets.print, m, fault);
    say_packet(s, p, m->datagram);
    if (seen->count == 1 && m->payload_count > 0 && slot < s->queue_count)
        contents_say(s, m, p, s->sights[slot].look, (enum hash_id)sa->hash);
    if (seen->count == 1 && m->payload_count > 0 && slot < s->queue_count && s->packets.psk_count > 0)
        psk_test(s, sa, m, p);
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

/* What the header tells. */
static void take_header(struct packet_seen *p, const struct message *m, const struct datagram *d, uint16_t from,
                        uint16_t to)
{
    memset(p, 0, offsetof(struct packet_seen, payloads));
    p->source = d->source;
    p->destination = d->destination;
    memcpy(p->cookies, m->header.cookies, sizeof p->cookies);
    p->from = from;
    p->to = to;
    p->message_id = m->header.message_id;
    p->length = m->header.length;
    p->exchange = m->header.exchange;
    p->ttl = d->ttl;
    p->is_sealed = (m->header.flags & FLAG_ENCRYPTION) != 0;
}

/* RFC 7296 section 3.1: what answers has the response flag; what refuses at once holds a notify first. */
static void say_ikev2(struct source *s, const struct datagram *d, uint16_t from, uint16_t to, struct bytes bytes)
{
    enum { FIRST_PAYLOAD_AT = 16, FLAGS_AT = 19, FLAG_RESPONSE = 0x20, PAYLOAD_NOTIFY = 41 };
    struct event e = event_of(EV_IKEV2_SEEN);

    if (bytes.data[FLAGS_AT] & FLAG_RESPONSE)
        event_add_text(&e, FIELD_RESULT, bytes.data[FIRST_PAYLOAD_AT] == PAYLOAD_NOTIFY ? "refused" : "taken");

    event_add_ip(&e, FIELD_SOURCE, d->source);
    event_add_ip(&e, FIELD_DESTINATION, d->destination);
    event_add_number(&e, FIELD_PORT, from);
    event_add_number(&e, FIELD_LOCAL_PORT, to);
    source_say(s, &e);
}

static void read_message(struct source *s, const struct datagram *d, uint16_t from, uint16_t to, struct bytes bytes,
                         bool is_cut, unsigned fragments)
{
    struct packet_seen *p = &s->wire[s->queue_count];
    enum wire_fault fault = WIRE_OK;
    struct message m;

    if (bytes.len < HEADER_LEN)
        return;
    if (bytes.data[17] >> 4 != 1) {
        say_ikev2(s, d, from, to, bytes);
        return;
    }
    if (is_cut)
        header_of(bytes, &m);
    else
        fault = read_bytes_of(&m, bytes);
    struct seen_sa *sa = sa_of(s, m.header.cookies[0]);
    struct seen_message *seen = count_message(sa, d->source, bytes);

    take_header(p, &m, d, from, to);
    p->count = seen->count;
    p->fragments = (uint8_t)fragments;
    if (is_cut) {
        p->cause = "captured-in-part";
        say_packet(s, p, bytes);
    } else {
        read_contents(s, sa, &m, fault, d, seen, p);
    }
    if (fragments == 0 && !is_cut && m.header.first_payload == PL_FRAGMENT && m.payload_count == 1) {
        uint8_t whole[IKE_FRAGMENTS_MAX * IKE_FRAGMENT_LEN_MAX];
        size_t len;
        unsigned count = put_together(s, &m, d->source, whole, &len);

        if (count > 0)
            read_message(s, d, from, to, bytes_of(whole, len), false, count);
    }
}

/* Its line is the line of all that it says. */
void isakmp_read(struct source *s, const struct datagram *d, uint16_t from, uint16_t to, struct bytes bytes,
                 bool is_cut)
{
    size_t first = s->queue_count;

    read_message(s, d, from, to, bytes, is_cut, 0);
    for (size_t i = first; i < s->queue_count && s->sights[first].kind == EV_PACKET_SEEN; i++)
        s->sights[i].packet = &s->wire[first];
}
