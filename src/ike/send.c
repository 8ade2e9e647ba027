/* Messages that leave: parts, sealing, datagrams. */
#include "base/check.h"
#include "crypto/hash.h"
#include "ike/engine.h"
#include "wire/payloads.h"
#include "wire/vendor.h"

#include <string.h>

struct build {
    struct ike *ike;
    struct step_work *work;
    struct message_writer m;
    size_t hash_at, hash_mark; /* of PART_QM_HASH */
    bool has_hash;
};

/* As an ASA calls them. */
static const char *const parts[PART_COUNT] = {
#define PART(name, payload, method, asa_name) [PART_##name] = asa_name,
#include "ike/parts.def"
#undef PART
};

static void vendor_add(struct build *b, enum vendor_id id)
{
    struct event *e = tell_sa(b->ike, b->work->out, EV_VENDOR_MADE, &b->work->draft->sa);

    event_add_text(e, FIELD_VENDOR, vendor_asa_name(id));
    vendor_write(payload_begin(&b->m, PL_VID), id);
    payload_end(&b->m);
}

static void build_vids(struct build *b, bool is_offer)
{
    const struct policy *policy = b->ike->policy;
    const struct tunnel *tunnel = tunnel_of(b->ike, b->work->draft->sa.tunnel);
    bool is_natt_on = policy->is_nat_t_on && (tunnel == NULL || !tunnel->is_nat_t_off);

    if (!is_offer && b->work->draft->sa.natt != NATT_NONE)
        vendor_add(b, natt_of(b->work->draft->sa.natt)->vendor);
    for (int v = NATT_NONE + 1; is_offer && is_natt_on && v < NATT_COUNT; v++)
        vendor_add(b, natt_of((enum natt_variant)v)->vendor);
    /* Whoever sends a first message under a forged address shall not get more back than that cost: attack list D04. */
    if (is_offer || b->work->draft->sa.peer_does_dpd)
        vendor_add(b, VENDOR_DPD);
    if (b->work->draft->sa.user_auth != USER_AUTH_NONE)
        vendor_add(b, VENDOR_XAUTH);
    if (b->work->draft->sa.user_auth != USER_AUTH_NONE && (is_offer || b->work->draft->sa.peer_does_unity))
        vendor_add(b, VENDOR_UNITY);
    if (policy->fragment_len != 0 && (is_offer || b->work->draft->sa.peer_takes_fragments))
        vendor_add(b, VENDOR_FRAGMENTATION);
}

/* The other end first, then ours. RFC 3947 section 3.2. */
static void build_nat_d(struct build *b)
{
    const struct isakmp_sa *sa = &b->work->draft->sa;
    const struct endpoint ends[] = {sa->remote, sa->local};

    if (sa->natt == NATT_NONE)
        return;
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        uint8_t space[NAT_D_INPUT_MAX], digest[DIGEST_MAX];
        struct bytes input = nat_d_input(space, sa->cookies, ends[i]);

        message_add(&b->m, natt_of(sa->natt)->nat_d, hash_of(sa->hash, &input, 1, digest));
    }
}

static void build_proof(struct build *b)
{
    uint8_t digest[DIGEST_MAX];

    tell_sa(b->ike, b->work->out, EV_HASH_MADE, &b->work->draft->sa);
    message_add(&b->m, PL_HASH, hash_phase1(b->work, b->work->draft->sa.side, digest));
}

static void build_qm_hash(struct build *b)
{
    b->hash_at = message_add_gap(&b->m, PL_HASH, hash_info(b->work->draft->sa.hash)->digest_len);
    b->hash_mark = message_mark(&b->m);
    b->has_hash = true;
}

static void build_initial_contact(struct build *b)
{
    struct event *e;
    const struct isakmp_sa *sa = &b->work->draft->sa;
    struct notify notify = {.doi = DOI_IPSEC, .protocol = PROTO_ISAKMP, .type = NOTIFY_INITIAL_CONTACT};

    if (sa_up_of(b->ike, sa->peer) != NULL || pair_first_of(b->ike, sa->peer) != NULL)
        return;
    e = tell_sa(b->ike, b->work->out, EV_NOTIFY_SENT, sa);
    event_add_text(e, FIELD_NOTIFY, number_name(SPACE_NOTIFY, notify.type));
    event_add_number(e, FIELD_NOTIFY_NUMBER, notify.type);
    notify.spi = bytes_of(sa->cookies, sizeof sa->cookies);
    notify_write(payload_begin(&b->m, PL_NOTIFY), &notify);
    payload_end(&b->m);
}

/* As a responder, of the SA that is being made. Nothing when there is no data. */
static void build_status(struct build *b, uint16_t type, struct bytes data)
{
    const struct isakmp_sa *sa = &b->work->draft->sa;
    bool is_quick = b->work->draft->exchange.kind == EXCHANGE_QM;
    uint8_t spi[SPI_LEN];
    struct writer w = writer_of(spi, sizeof spi);
    struct notify notify = {
        .doi = DOI_IPSEC, .protocol = is_quick ? PROTO_ESP : PROTO_ISAKMP, .type = type, .data = data};

    if (data.len == 0)
        return;
    write_u32(&w, b->work->draft->exchange.quick.spi_in);
    notify.spi = is_quick ? writer_bytes(&w) : bytes_of(sa->cookies, sizeof sa->cookies);
    struct event *e = tell_sa(b->ike, b->work->out, EV_NOTIFY_SENT, sa);
    event_add_text(e, FIELD_NOTIFY, number_name(SPACE_NOTIFY, notify.type));
    event_add_number(e, FIELD_NOTIFY_NUMBER, notify.type);
    notify_write(payload_begin(&b->m, PL_NOTIFY), &notify);
    payload_end(&b->m);
}

static void build_certificates(struct build *b, uint8_t payload,
                               bool (*nth)(const struct step_work *work, size_t number, struct cert *cert))
{
    struct cert cert;

    for (size_t i = 0; nth(b->work, i, &cert); i++) {
        cert_write(payload_begin(&b->m, payload), &cert);
        payload_end(&b->m);
    }
}

static void build_blob(struct build *b, uint8_t payload, enum blob_id id)
{
    struct bytes bytes = draft_blob(b->work, id);

    if (bytes.len > 0)
        message_add(&b->m, payload, bytes);
}

static void build_nat_oa(struct build *b)
{
    struct nat_oa address;

    for (size_t i = 0; transport_address(b->work, i, &address); i++) {
        nat_oa_write(payload_begin(&b->m, natt_of(b->work->draft->sa.natt)->nat_oa), &address);
        payload_end(&b->m);
    }
}

static void build_part(struct build *b, enum part part)
{
    enum side side = b->work->draft->exchange.side;
    uint8_t lifetime[LIFETIME_SPACE], replay_status[REPLAY_STATUS_SPACE];

    switch (part) {
    case PART_SA:
    case PART_QM_SA: build_blob(b, PL_SA, BLOB_SA_I); return;
    case PART_SA_CHOICE:
    case PART_QM_SA_CHOICE: build_blob(b, PL_SA, BLOB_SA_R); return;
    case PART_KE:
    case PART_QM_KE: build_blob(b, PL_KE, BLOB_SHARE_MINE); return;
    case PART_NONCE:
    case PART_QM_NONCE: build_blob(b, PL_NONCE, side == INITIATOR ? BLOB_NONCE_I : BLOB_NONCE_R); return;
    case PART_ID: build_blob(b, PL_ID, side == INITIATOR ? BLOB_ID_I : BLOB_ID_R); return;
    case PART_QM_IDS:
        build_blob(b, PL_ID, BLOB_ID_I);
        build_blob(b, PL_ID, BLOB_ID_R);
        return;
    case PART_HASH: build_proof(b); return;
    case PART_CERT: build_certificates(b, PL_CERT, certificate_nth); return;
    case PART_CERT_REQUEST: build_certificates(b, PL_CR, certificate_request_nth); return;
    case PART_SIG: build_blob(b, PL_SIG, BLOB_SIGNATURE); return;
    case PART_QM_HASH: build_qm_hash(b); return;
    case PART_OFFER_VIDS: build_vids(b, true); return;
    case PART_ANSWER_VIDS: build_vids(b, false); return;
    case PART_LATE_VIDS: vendor_add(b, VENDOR_DPD); return;
    case PART_REASON_VID:
        if (side == INITIATOR || b->work->draft->sa.peer_takes_reasons)
            vendor_add(b, VENDOR_DELETE_REASON);
        return;
    case PART_NAT_D: build_nat_d(b); return;
    case PART_NAT_OA: build_nat_oa(b); return;
    case PART_INITIAL_CONTACT: build_initial_contact(b); return;
    case PART_ATTRIBUTES: build_blob(b, PL_ATTR, BLOB_ATTRIBUTES); return;
    case PART_RESPONDER_LIFETIME:
        build_status(b, NOTIFY_RESPONDER_LIFETIME, lifetime_attributes(b->work, lifetime));
        return;
    case PART_REPLAY_STATUS: build_status(b, NOTIFY_REPLAY_STATUS, replay_status_data(b->work, replay_status)); return;
    case PART_KEEP:
    case PART_END:
    case PART_COUNT: break;
    }
    CHECK(!"a part without a builder");
}

static struct header header_of(const struct isakmp_sa *sa, uint8_t exchange, uint32_t message_id)
{
    struct header header = {.exchange = exchange, .message_id = message_id};

    memcpy(header.cookies, sa->cookies, sizeof header.cookies);
    return header;
}

/* HASH(1), (2) or (3): the message's number follows from the step. In a transaction both are made like the first. */
static int quick_number(const struct step *step)
{
    return is_transaction(state_info(step->from)->kind) ? 1
           : step->from == STATE_QM_START               ? 1
           : step->from == STATE_QM_BLD_MSG2            ? 2
                                                        : 3;
}

/* Before it is made, as the devices say it; what is left out of this message is not told. */
static void tell_part(struct build *b, enum part part)
{
    const struct step_work *work = b->work;
    struct cert ignored;
    struct nat_oa none;
    bool is_left_out = (part == PART_CERT_REQUEST && !certificate_request_nth(work, 0, &ignored)) ||
                       (part == PART_QM_KE && draft_blob(work, BLOB_SHARE_MINE).len == 0) ||
                       (part == PART_QM_IDS && draft_blob(work, BLOB_ID_I).len == 0) ||
                       (part == PART_NAT_OA && !transport_address(work, 0, &none)) ||
                       (part == PART_NAT_D && work->draft->sa.natt == NATT_NONE);

    if (parts[part][0] != '\0' && !is_left_out)
        event_add_text(tell_sa(b->ike, work->out, EV_PAYLOAD_MADE, &work->draft->sa), FIELD_PAYLOAD, parts[part]);
}

enum reason message_build(struct ike *ike, struct step_work *work)
{
    struct draft *draft = work->draft;
    const struct step *step = draft->step;
    struct header header = header_of(&draft->sa, exchange_info(draft->exchange.kind)->wire, draft->exchange.message_id);
    struct writer w = writer_of(ike->message_space, sizeof ike->message_space);
    struct build b = {.ike = ike, .work = work, .m = message_begin(&w, &header)};
    struct message built;
    uint8_t digest[DIGEST_MAX];

    if (draft->exchange.kind == EXCHANGE_QM)
        event_add_number(tell_exchange(ike, work->out, EV_QUICK_MODE_BUILDING, &draft->sa, &draft->exchange),
                         FIELD_MESSAGE_NUMBER, (uint64_t)quick_number(step));
    for (size_t i = 0; i < SENDS_MAX && step->sends[i] != PART_END; i++) {
        if (!part_is_of(step->sends[i], sa_method(&draft->sa), draft->sa.side))
            continue;
        tell_part(&b, step->sends[i]);
        build_part(&b, step->sends[i]);
    }
    if (!writer_is_ok(&w))
        return REASON_LIMIT;
    if (b.has_hash)
        message_fill(&b.m, b.hash_at, hash_quick(work, quick_number(step), message_since(&b.m, b.hash_mark), digest));
    struct bytes datagram = message_end(&b.m);
    CHECK(wire_message_read(&built, datagram) == WIRE_OK);
    if (draft->exchange.kind == EXCHANGE_QM)
        event_add_number(tell_exchange(ike, work->out, EV_QUICK_MODE_STEP, &draft->sa, &draft->exchange),
                         FIELD_MESSAGE_NUMBER, (uint64_t)quick_number(step));
    struct exchange after = draft->exchange;
    after.state = step->to; /* the devices name the state that the message leads to */
    tell_message(ike, work->out, EV_MESSAGE_SENT, &draft->sa, &after, &built);
    if (step->sends_sealed == SEALED) {
        tell_clear(work->out, true, draft->sa.local, draft->sa.remote, &built);
        message_seal(&b.m, cipher_info(draft->sa.cipher)->block_len);
        datagram = message_end(&b.m);
        if (datagram.len == 0)
            return REASON_LIMIT;
        message_close(&draft->sa, &draft->exchange, &b.m);
    }
    return draft_set(work, BLOB_SENT, datagram) ? REASON_OK : REASON_LIMIT;
}

static void datagram_to(struct endpoint local, struct endpoint remote, bool has_marker, struct bytes data,
                        struct ike_outputs *out)
{
    CHECK(out->count < IKE_OUTPUTS_MAX && data.len <= sizeof out->space - out->space_len);
    uint8_t *copy = out->space + out->space_len;

    memcpy(copy, data.data, data.len);
    out->space_len += data.len;
    out->items[out->count++] = (struct ike_output){
        .kind = IKE_OUT_DATAGRAM,
        .datagram = {local, remote, has_marker, bytes_of(copy, data.len)},
    };
}

void datagram_out(const struct ike *ike, const struct isakmp_sa *sa, struct bytes data, struct ike_outputs *out)
{
    struct fragments fragments = fragments_of(ike, sa, data);
    uint8_t space[FRAGMENT_SPACE];

    if (fragments.count > 1) {
        struct event *e = tell_sa(ike, out, EV_MESSAGE_FRAGMENTED, sa);
        event_add_number(e, FIELD_FRAGMENTS, fragments.count);
        event_add_number(e, FIELD_LENGTH, data.len);
    }
    for (unsigned number = 1; number <= fragments.count; number++)
        datagram_to(sa->local, sa->remote, sa->local.port != IKE_PORT, fragments_nth(&fragments, number, space), out);
}

void keepalive_send(const struct isakmp_sa *sa, struct ike_outputs *out)
{
    const uint8_t keepalive[] = {KEEPALIVE_BYTE};

    datagram_to(sa->local, sa->remote, false, BYTES_OF(keepalive), out);
}

void message_send(struct ike *ike, const struct isakmp_sa *sa, const struct exchange *exchange, bool is_again,
                  struct ike_outputs *out)
{
    struct bytes sent = blob_bytes(&ike->blobs, exchange->blobs[BLOB_SENT]);

    if (is_again) {
        struct event *e = tell_exchange(ike, out, EV_MESSAGE_RESENT, sa, exchange);
        struct message m;
        char payloads[EVENT_TEXT_SIZE / 2];
        struct text text = text_of(payloads, sizeof payloads);

        if (wire_message_read(&m, sent) == WIRE_OK) { /* a sealed one is told without its payloads */
            text_add_message_payloads(&text, &m);
            event_add_text(e, FIELD_PAYLOADS, payloads);
        }
        event_add_number(e, FIELD_TRY, exchange->resend_count + exchange->answer_count);
        event_add_number(e, FIELD_LENGTH, sent.len);
        event_add_number(e, FIELD_PORT, sa->remote.port);
    }
    datagram_out(ike, sa, sent, out);
}

struct bytes info_send(struct ike *ike, const struct isakmp_sa *sa, const struct info_part *bodies, size_t count,
                       struct ike_outputs *out)
{
    struct exchange exchange = {.kind = EXCHANGE_INFO, .state = STATE_INFO_START, .sa = sa->self};
    struct writer w = writer_of(ike->message_space, sizeof ike->message_space);
    uint8_t digest[DIGEST_MAX], id[4];
    struct message built;

    do {
        drbg_fill(&ike->drbg, id, sizeof id);
        exchange.message_id = (uint32_t)id[0] << 24 | (uint32_t)id[1] << 16 | (uint32_t)id[2] << 8 | id[3];
    } while (exchange.message_id == 0 || message_id_was_heard(ike, sa, EXCHANGE_INFO, exchange.message_id));
    message_id_keep(ike, sa, EXCHANGE_INFO, exchange.message_id);
    struct header header = header_of(sa, XCHG_INFORMATIONAL, exchange.message_id);
    struct message_writer m = message_begin(&w, &header);
    size_t hash_at = message_add_gap(&m, PL_HASH, hash_info(sa->hash)->digest_len);
    size_t mark = message_mark(&m);

    for (size_t i = 0; i < count; i++)
        message_add(&m, bodies[i].payload, bodies[i].body);
    CHECK(writer_is_ok(&w));
    const struct bytes covered[] = {BYTES_OF(id), message_since(&m, mark)};
    message_fill(&m, hash_at, hash_phase2(sa, covered, COUNT_OF(covered), digest));
    CHECK(wire_message_read(&built, message_end(&m)) == WIRE_OK);
    tell_message(ike, out, EV_MESSAGE_SENT, sa, &exchange, &built);
    tell_clear(out, true, sa->local, sa->remote, &built);
    message_seal(&m, cipher_info(sa->cipher)->block_len);
    struct bytes datagram = message_end(&m);
    CHECK(datagram.len > 0);
    iv_begin(sa, &exchange);
    message_close(sa, &exchange, &m);
    datagram_out(ike, sa, datagram, out);
    return datagram;
}

void notify_send(struct ike *ike, const struct isakmp_sa *sa, uint16_t type, uint8_t protocol, struct bytes spi,
                 struct bytes data, struct ike_outputs *out)
{
    uint8_t space[256];
    struct writer w = writer_of(space, sizeof space);
    struct notify notify = {.doi = DOI_IPSEC, .protocol = protocol, .type = type, .spi = spi, .data = data};
    struct event *e = tell_sa(ike, out, EV_NOTIFY_SENT, sa);

    event_add_number(e, FIELD_NOTIFY_NUMBER, type);
    event_add_text(e, FIELD_NOTIFY, number_name(SPACE_NOTIFY, type));
    notify_write(&w, &notify);
    CHECK(writer_is_ok(&w));
    info_send(ike, sa, &(struct info_part){PL_NOTIFY, writer_bytes(&w)}, 1, out);
}

/* At most ten such answers a second, all strangers together. */
enum { STRANGER_COST_MS = 100, STRANGER_BURST_MS = 1000 };

void notify_stranger(struct ike *ike, uint64_t now_ms, const struct header *asked, uint16_t type, struct endpoint to,
                     struct endpoint from, size_t max_len, struct ike_outputs *out)
{
    struct writer w = writer_of(ike->message_space, sizeof ike->message_space);
    struct header header = {.exchange = XCHG_INFORMATIONAL};
    struct notify notify = {.doi = DOI_IPSEC, .protocol = PROTO_ISAKMP, .type = type};

    if (ike->notify_tokens_ms + STRANGER_COST_MS > now_ms + STRANGER_BURST_MS)
        return;
    /* The responder's cookie stays zero: there is nothing here that it could name (attack list S03). */
    memcpy(header.cookies[INITIATOR], asked->cookies[INITIATOR], COOKIE_LEN);
    struct message_writer m = message_begin(&w, &header);
    notify_write(payload_begin(&m, PL_NOTIFY), &notify);
    payload_end(&m);
    struct bytes datagram = message_end(&m);
    if (datagram.len == 0 || datagram.len > max_len)
        return;
    if (ike->notify_tokens_ms < now_ms)
        ike->notify_tokens_ms = now_ms;
    ike->notify_tokens_ms += STRANGER_COST_MS;
    struct event *e = tell(out, EV_NOTIFY_SENT, from.ip);
    event_add_number(e, FIELD_NOTIFY_NUMBER, type);
    event_add_text(e, FIELD_NOTIFY, number_name(SPACE_NOTIFY, type));
    datagram_to(to, from, to.port != IKE_PORT, datagram, out);
}
