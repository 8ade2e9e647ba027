/* Messages in fragments, as Cisco and Microsoft send them: cutting ours up, putting the peer's together.
 * [MS-IKEE] section 2.2.2; what strongSwan and libreswan do stands where it says so. */
#include "base/check.h"
#include "base/reader.h"
#include "crypto/hash.h"
#include "ike/engine.h"
#include "wire/natt.h"

#include <string.h>

enum { IPV4_LEN = 20, IPV6_LEN = 40, UDP_LEN = 8, FRAGMENT_HEADER_LEN = 4, KEPT_MS = 30000 };
enum { VENDOR_WORD_AT = 16, IN_MAIN_OR_AGGRESSIVE_MODE = 0x80 };

/* The same for every repeat, so that what has come of an earlier one counts, and another for another message. */
static uint16_t id_of(struct bytes message)
{
    uint8_t digest[DIGEST_MAX];

    hash_of(HASH_SHA256, &message, 1, digest);
    return (uint16_t)(digest[0] << 8 | digest[1] | 1);
}

/* Message 2: its receiver has proved nothing, not even its address, and in fragments it would get more bytes than it
 * sent (attack list D04). */
static bool is_first_answer(struct bytes message)
{
    struct message m;

    return wire_header_read(&m, message) == WIRE_OK && m.header.first_payload == PL_SA && m.header.message_id == 0;
}

struct fragments fragments_of(const struct ike *ike, const struct isakmp_sa *sa, struct bytes message)
{
    struct fragments whole = {.message = message, .part_len = message.len, .count = 1};
    size_t outer_len = (sa->remote.ip.family == IP_V6 ? IPV6_LEN : IPV4_LEN) + UDP_LEN +
                       (sa->local.port == IKE_PORT ? 0 : NON_ESP_MARKER_LEN);
    size_t overhead = outer_len + HEADER_LEN + PAYLOAD_HEADER_LEN + FRAGMENT_HEADER_LEN;

    if (ike->policy == NULL || !sa->peer_takes_fragments || ike->policy->fragment_len <= overhead ||
        message.len + outer_len <= ike->policy->fragment_len || is_first_answer(message))
        return whole;
    size_t part_len = ike->policy->fragment_len - overhead;
    if (part_len * FRAGMENTS_SENT_MAX < message.len)
        part_len = (message.len + FRAGMENTS_SENT_MAX - 1) / FRAGMENTS_SENT_MAX;
    return (struct fragments){.message = message,
                              .part_len = part_len,
                              .id = id_of(message),
                              .exchange = sa->mode == EXCHANGE_AM ? XCHG_AGGRESSIVE : XCHG_MAIN,
                              .count = (unsigned)((message.len + part_len - 1) / part_len)};
}

/* In clear, under phase 1's exchange and message id also when the message is of a later exchange: libreswan looks for
 * the SA by them, and strongSwan does the same. */
static struct header carrier_of(const struct fragments *f)
{
    struct message m;

    CHECK(wire_header_read(&m, f->message) == WIRE_OK);
    m.header.exchange = f->exchange;
    m.header.message_id = 0;
    m.header.flags = 0;
    return m.header;
}

struct bytes fragments_nth(const struct fragments *f, unsigned number, uint8_t space[static FRAGMENT_SPACE])
{
    size_t at = (number - 1) * f->part_len, left = f->message.len - at;
    struct writer w = writer_of(space, FRAGMENT_SPACE);

    if (f->count == 1)
        return f->message;
    struct header header = carrier_of(f);
    struct message_writer m = message_begin(&w, &header);
    fragment_write(payload_begin(&m, PL_FRAGMENT),
                   &(struct fragment){.id = f->id,
                                      .number = (uint8_t)number,
                                      .flags = number == f->count ? FRAGMENT_LAST : 0,
                                      .data = bytes_of(f->message.data + at, left < f->part_len ? left : f->part_len)});
    payload_end(&m);
    struct bytes datagram = message_end(&m);
    CHECK(datagram.len > 0);
    return datagram;
}

/* Windows sends no capability word, and takes fragments all the same. */
void fragmentation_heard(struct step_work *work, struct bytes vendor_id, struct event *e)
{
    bool has_word = vendor_id.len > VENDOR_WORD_AT;
    bool is_able = !has_word || (vendor_id.data[VENDOR_WORD_AT] & IN_MAIN_OR_AGGRESSIVE_MODE) != 0;

    work->draft->sa.peer_takes_fragments = is_able;
    if (has_word) {
        event_add_number(e, FIELD_IN_MAIN_MODE, is_able);
        event_add_number(e, FIELD_IN_AGGRESSIVE_MODE, is_able);
    }
}

/* ---- Those of the peer */

static struct assembling *assembling_of(const struct ike *ike, const struct isakmp_sa *sa)
{
    return pool_find(&ike->assemblies, ike->assembly_of_sa[sa->self.index]);
}

static void drop(struct ike *ike, struct assembling *assembling)
{
    struct handle *h = &ike->assembly_of_sa[assembling->sa.index];
    struct handle dropped = *h;

    *h = (struct handle){0, 0};
    bytes_wipe(assembling, sizeof *assembling);
    pool_give_back(&ike->assemblies, dropped);
}

void fragments_forget(struct ike *ike, const struct isakmp_sa *sa)
{
    struct assembling *assembling = assembling_of(ike, sa);

    if (assembling != NULL)
        drop(ike, assembling);
}

uint64_t fragments_next_ms(const struct ike *ike, const struct isakmp_sa *sa)
{
    const struct assembling *assembling = assembling_of(ike, sa);

    return assembling == NULL ? UINT64_MAX : assembling->deadline_ms;
}

void fragments_due(struct ike *ike, const struct isakmp_sa *sa, struct ike_outputs *out)
{
    struct assembling *assembling = assembling_of(ike, sa);

    if (assembly_is_open(&assembling->assembly))
        tell_sa(ike, out, EV_FRAGMENTS_MISSING, sa);
    drop(ike, assembling);
}

/* When all places are taken, what was whole goes; and for an SA that is up, or that we began, what belongs to a peer
 * that has proved nothing: so whoever floods keeps no tunnel out. Of several the one that would go first. */
static void make_room(struct ike *ike, const struct isakmp_sa *sa)
{
    struct assembling *least = NULL;
    bool is_stranger = is_half_open(ike, sa->self);

    for (struct handle h = pool_first(&ike->assemblies); handle_is_set(h); h = pool_next(&ike->assemblies, h)) {
        struct assembling *assembling = pool_find(&ike->assemblies, h);
        bool may_go =
            !assembly_is_open(&assembling->assembly) || (!is_stranger && is_half_open(ike, assembling->sa));

        if (may_go && (least == NULL || assembling->deadline_ms < least->deadline_ms))
            least = assembling;
    }
    if (least != NULL) {
        timers_note(ike, sa_of(ike, least->sa)->peer);
        drop(ike, least);
    }
}

static struct assembling *assembling_make(struct ike *ike, const struct isakmp_sa *sa)
{
    struct assembling *assembling = assembling_of(ike, sa);

    if (assembling != NULL)
        return assembling;
    if (ike->assemblies.taken_count == ike->assemblies.count)
        make_room(ike, sa);
    struct handle h = pool_take(&ike->assemblies);
    assembling = pool_find(&ike->assemblies, h);
    if (assembling == NULL)
        return NULL;
    assembling->sa = sa->self;
    ike->assembly_of_sa[sa->self.index] = h;
    return assembling;
}

/* One payload and nothing else; some peers set flag E although it is in clear. */
static enum wire_fault fragment_of(struct fragment *fragment, const struct message *carrier)
{
    struct message m = *carrier;
    enum wire_fault fault = wire_payloads_read(
        &m, PL_FRAGMENT, bytes_of(carrier->datagram.data + HEADER_LEN, carrier->datagram.len - HEADER_LEN),
        (struct allowance){0});

    if (fault == WIRE_OK && m.payload_count != 1)
        fault = WIRE_TRAILING;
    return fault == WIRE_OK ? fragment_read(fragment, m.payloads[0].body) : fault;
}

/* What the fragments made, held against what carried them (attack list F07). strongSwan's carriers are always phase
 * 1's. */
static const char *whole_fault(const struct header *carrier, struct bytes whole)
{
    struct message m;
    enum wire_fault fault = wire_header_read(&m, whole);
    bool is_phase1 =
        carrier->message_id == 0 && (carrier->exchange == XCHG_MAIN || carrier->exchange == XCHG_AGGRESSIVE);

    if (fault)
        return wire_fault_meaning(fault);
    if (m.header.first_payload == PL_FRAGMENT)
        return "a fragment within fragments";
    if (memcmp(m.header.cookies, carrier->cookies, sizeof carrier->cookies) != 0)
        return "the message has other cookies than its fragments";
    if (!is_phase1 && (m.header.exchange != carrier->exchange || m.header.message_id != carrier->message_id))
        return "the message is of another exchange than its fragments";
    return NULL;
}

/* Told when the exchange dies of the rest that never came. */
static void note_missing(const struct ike *ike, const struct isakmp_sa *sa, bool is_open)
{
    struct exchange *phase1 = exchange_of(ike, sa->phase1);

    if (phase1 != NULL && (is_open || phase1->last_reason == REASON_FRAGMENTS_MISSING))
        phase1->last_reason = is_open ? REASON_FRAGMENTS_MISSING : REASON_OK;
}

static enum reason result_take(struct ike *ike, const struct isakmp_sa *sa, enum assembly_result result,
                               struct assembling *assembling, struct bytes *whole, const char **detail,
                               struct ike_outputs *out)
{
    switch (result) {
    case ASSEMBLY_WAITS: return REASON_OK;
    case ASSEMBLY_ANOTHER: tell_sa(ike, out, EV_FRAGMENTS_REPLACED, sa); return REASON_OK;
    case ASSEMBLY_MIXED:
        tell_sa(ike, out, EV_FRAGMENTS_MISSING, sa);
        *detail = "it contradicts the fragments before it, which are dropped";
        return REASON_BAD_FRAGMENTS;
    case ASSEMBLY_TOO_MANY: *detail = "its number is too high"; return REASON_BAD_FRAGMENTS;
    case ASSEMBLY_TOO_LONG: *detail = "the message is too long"; return REASON_BAD_FRAGMENTS;
    case ASSEMBLY_WHOLE: break;
    }
    *whole = assembly_write(&assembling->assembly, ike->whole_space);
    *detail = whole_fault(&assembling->assembly.carrier, *whole);
    if (*detail != NULL) {
        drop(ike, assembling);
        return REASON_BAD_FRAGMENTS;
    }
    struct event *e = tell_sa(ike, out, EV_FRAGMENTS_ASSEMBLED, sa);
    event_add_number(e, FIELD_FRAGMENTS, assembling->assembly.count);
    event_add_number(e, FIELD_LENGTH, whole->len);
    return REASON_OK;
}

enum reason fragment_take(struct ike *ike, uint64_t now_ms, const struct isakmp_sa *sa, const struct message *carrier,
                          struct bytes *whole, const char **detail, struct ike_outputs *out)
{
    struct fragment fragment;
    enum wire_fault fault = fragment_of(&fragment, carrier);

    *whole = (struct bytes){0};
    if (fault) {
        *detail = wire_fault_meaning(fault);
        return REASON_MALFORMED;
    }
    struct assembling *assembling = assembling_make(ike, sa);
    if (assembling == NULL) {
        *detail = reason_info(REASON_LIMIT)->meaning;
        return REASON_LIMIT;
    }
    enum assembly_result result = assembly_add(&assembling->assembly, &carrier->header, &fragment);
    assembling->deadline_ms = now_ms + KEPT_MS;
    note_missing(ike, sa, assembly_is_open(&assembling->assembly));
    return result_take(ike, sa, result, assembling, whole, detail, out);
}
