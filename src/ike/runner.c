/* A step happens whole or not at all: the action works on a draft, the engine commits by one assignment. */
#include "base/check.h"
#include "crypto/hash.h"
#include "ike/engine.h"

#include <string.h>

struct bytes draft_blob(const struct step_work *work, enum blob_id id)
{
    return blob_bytes(work->blobs, work->draft->exchange.blobs[id]);
}

/* Blobs that the draft made are those that the committed exchange does not have. */
static void draft_discard(struct ike *ike, struct draft *draft, const struct exchange *committed)
{
    for (int i = 0; i < BLOB_COUNT; i++)
        if (committed == NULL || !handle_equal(draft->exchange.blobs[i], committed->blobs[i]))
            blob_drop(&ike->blobs, draft->exchange.blobs[i]);
    blob_drop(&ike->blobs, draft->early);
    bytes_wipe(draft, sizeof *draft);
}

bool draft_set(struct step_work *work, enum blob_id id, struct bytes bytes)
{
    struct handle made = blob_make(work->blobs, bytes);

    if (!handle_is_set(made))
        return false;
    const struct exchange *committed = exchange_of(work->ike, work->draft->exchange.self);
    if (committed == NULL || !handle_equal(work->draft->exchange.blobs[id], committed->blobs[id]))
        blob_drop(work->blobs, work->draft->exchange.blobs[id]);
    work->draft->exchange.blobs[id] = made;
    return true;
}

struct intent *draft_intend(struct step_work *work, enum intent_kind kind)
{
    struct draft *draft = work->draft;

    CHECK(draft->intent_count < INTENTS_MAX);
    draft->intents[draft->intent_count] = (struct intent){.kind = kind};
    return &draft->intents[draft->intent_count++];
}

static const enum reason trust_reasons[] = {
    [TRUST_OK] = REASON_OK,
#define TRUST(name, reason, meaning) [TRUST_##name] = REASON_##reason,
#include "crypto/trust.def"
#undef TRUST
};

enum reason reason_of_answer(const struct answer *answer)
{
    switch (answer->fault) {
    case QUESTION_FAULT_NONE: return REASON_OK;
    case QUESTION_FAULT_NO_KEY: return REASON_NO_KEY;
    case QUESTION_FAULT_NO_CREDENTIALS: return REASON_NO_CREDENTIALS;
    case QUESTION_FAULT_NO_TRUSTPOINT: return REASON_NO_TRUSTPOINT;
    case QUESTION_FAULT_CERTIFICATE: return trust_reasons[answer->trust];
    case QUESTION_FAULT_BAD_LENGTH: return REASON_BAD_SHARE_LENGTH;
    case QUESTION_FAULT_BAD_VALUE:
    case QUESTION_FAULT_IDENTITY: return REASON_BAD_SHARE;
    case QUESTION_FAULT_FULL: return REASON_LIMIT;
    case QUESTION_FAULT_NO_SECRET:
    case QUESTION_FAULT_NO_RANDOMNESS:
    case QUESTION_FAULT_COUNT: break;
    }
    return REASON_VAULT_FAILED;
}

/* An informational exchange lives for one message: it is in no pool, and nothing of it is kept. */
static bool is_transient(const struct exchange *exchange)
{
    return !handle_is_set(exchange->self);
}

/* What rests only answers the last message again; what follows may be about what was heard. */
static void keep_for_repeats(struct ike *ike, struct exchange *exchange)
{
    for (int i = 0; i < BLOB_COUNT; i++)
        if (i != BLOB_SENT && i != BLOB_HEARD) {
            blob_drop(&ike->blobs, exchange->blobs[i]);
            exchange->blobs[i] = (struct handle){0, 0};
        }
}

/* The vault keeps a private value until it is used, and g^xy of phase 1, until it is told to forget them. */
static void forget(struct handle secret, struct ike_outputs *out)
{
    if (!handle_is_set(secret) || out->question_count == IKE_QUESTIONS_MAX || out->count == IKE_OUTPUTS_MAX)
        return;
    struct question *question = &out->questions[out->question_count++];
    *question = (struct question){.kind = QUESTION_FORGET, .secret = secret};
    out->items[out->count++] = (struct ike_output){.kind = IKE_OUT_ASK, .ask = {.question = question}};
}

static void commit(struct ike *ike, uint64_t now_ms, struct draft *draft, struct ike_outputs *out)
{
    const struct step *step = draft->step;
    struct exchange *exchange = exchange_of(ike, draft->exchange.self);
    struct isakmp_sa *sa = sa_of(ike, draft->sa.self);
    struct handle exchange_h = draft->exchange.self, sa_h = draft->sa.self;
    enum state before = draft->exchange.state;
    bool is_phase1_done = exchange_info(draft->exchange.kind)->phase == 1 && step->sa_to == SA_UP;

    CHECK(exchange != NULL && sa != NULL);
    draft->exchange.state = step->to;
    draft->exchange.answer_count = 0;
    draft->exchange.last_reason = REASON_OK;
    if (is_phase1_done) {
        memcpy(draft->sa.last_block, draft->exchange.iv, sizeof draft->sa.last_block);
        forget(draft->exchange.secret, out);
        draft->exchange.secret = (struct handle){0, 0};
    }
    for (int i = 0; i < BLOB_COUNT; i++)
        if (!handle_equal(exchange->blobs[i], draft->exchange.blobs[i]))
            blob_drop(&ike->blobs, exchange->blobs[i]);
    *exchange = draft->exchange;
    if (state_info(step->to)->waits == WAITS_REST) {
        keep_for_repeats(ike, exchange);
        forget(exchange->secret, out);
        exchange->secret = (struct handle){0, 0};
    }
    exchange_file(ike, exchange);
    if (exchange_info(exchange->kind)->phase == 1) {
        draft->sa.state = step->sa_to;
        *sa = draft->sa;
        sa_file(ike, sa);
    }
    state_enter(ike, now_ms, exchange);
    if (before != exchange->state)
        tell_state(ike, out, sa, exchange, before);
    if (handle_is_set(exchange->blobs[BLOB_SENT]) && step->sends[0] != PART_KEEP)
        message_send(ike, sa, exchange, false, out);
    intents_do(ike, now_ms, draft, exchange_h, sa_h, out);
}

static enum reason finish(struct ike *ike, uint64_t now_ms, struct step_work *work)
{
    struct draft *draft = work->draft;
    const struct step *step = draft->step;
    enum reason reason = step->then == NULL ? REASON_OK : step->then(work);

    if (reason != REASON_OK)
        return reason;
    if (is_transient(&draft->exchange)) {
        intents_do(ike, now_ms, draft, (struct handle){0, 0}, draft->sa.self, work->out);
        return REASON_OK;
    }
    const struct exchange *committed = exchange_of(ike, draft->exchange.self);
    if (step->sends[0] != PART_KEEP) {
        if (!handle_equal(draft->exchange.blobs[BLOB_SENT], committed->blobs[BLOB_SENT]))
            blob_drop(&ike->blobs, draft->exchange.blobs[BLOB_SENT]);
        draft->exchange.blobs[BLOB_SENT] = (struct handle){0, 0};
    }
    if (step->sends[0] != PART_KEEP && step->sends[0] != PART_END) {
        reason = message_build(ike, work);
        if (reason != REASON_OK)
            return reason;
    }
    commit(ike, now_ms, draft, work->out);
    return REASON_OK;
}

/* Whoever has an SA that is up may begin another one: its phase 1 is a rekey, and does not wait for those of the world.
 */
static bool is_of_stranger(const struct ike *ike, const struct isakmp_sa *sa)
{
    return sa->side == RESPONDER && sa->state != SA_UP && sa_up_of(ike, sa->peer) == NULL;
}

static enum reason park(struct ike *ike, struct step_work *work)
{
    struct exchange *exchange = exchange_of(ike, work->draft->exchange.self);
    struct handle h = pool_take(&ike->drafts);
    struct ike_outputs *out = work->out;

    CHECK(exchange != NULL && !handle_is_set(exchange->parked));
    if (!handle_is_set(h) || out->question_count == IKE_QUESTIONS_MAX || out->count == IKE_OUTPUTS_MAX) {
        pool_give_back(&ike->drafts, h);
        return REASON_LIMIT;
    }
    *(struct draft *)pool_find(&ike->drafts, h) = *work->draft;
    exchange->parked = h;
    exchange->ask_number = ++ike->last_ask_number;
    size_t views_len = question_views_len(work->question);
    CHECK(views_len <= sizeof out->space - out->space_len);
    out->questions[out->question_count] = *work->question;
    out->questions[out->question_count].is_strangers = is_of_stranger(ike, &work->draft->sa);
    question_keep(&out->questions[out->question_count], out->space + out->space_len);
    out->space_len += views_len;
    out->items[out->count++] = (struct ike_output){
        .kind = IKE_OUT_ASK,
        .ask = {exchange->self, exchange->ask_number, &out->questions[out->question_count]},
    };
    out->question_count++;
    return REASON_OK;
}

static struct step_work work_of(struct ike *ike, struct draft *draft, uint64_t now_ms, struct ike_outputs *out)
{
    bytes_wipe(&ike->question, sizeof ike->question);
    return (struct step_work){
        .ike = ike,
        .drbg = &ike->drbg,
        .blobs = &ike->blobs,
        .draft = draft,
        .question = &ike->question,
        .out = out,
        .now_ms = now_ms,
    };
}

static void digest_of(struct bytes datagram, uint8_t digest[static 16])
{
    uint8_t whole[DIGEST_MAX];

    hash_of(HASH_SHA256, &datagram, 1, whole);
    memcpy(digest, whole, 16);
}

enum reason step_run(struct ike *ike, uint64_t now_ms, const struct step *step, struct exchange *exchange,
                     struct isakmp_sa *sa, const struct message *in, struct endpoint to, struct endpoint from,
                     struct ike_outputs *out)
{
    struct draft *draft = &ike->draft;
    struct step_work work = work_of(ike, draft, now_ms, out);
    const struct exchange *committed = exchange_of(ike, exchange->self);

    *draft = (struct draft){.exchange = *exchange, .sa = *sa, .step = step};
    draft->exchange.parked = (struct handle){0, 0};
    work.in = in;
    work.to = to;
    work.from = from;
    if (in != NULL) {
        digest_of(in->datagram, draft->exchange.heard_digest);
        draft->exchange.has_heard = true;
    }
    enum reason reason = step->act(&work);
    work.in = NULL;
    if (reason == REASON_OK)
        reason = work.question->kind == QUESTION_NONE ? finish(ike, now_ms, &work) : park(ike, &work);
    bytes_wipe(&ike->question, sizeof ike->question);
    if (reason != REASON_OK) {
        bool is_authenticated = draft->is_authenticated;

        draft_discard(ike, draft, committed);
        draft->is_authenticated = is_authenticated; /* whoever fails the exchange asks for it */
    }
    return reason;
}

void draft_drop(struct ike *ike, struct exchange *exchange)
{
    struct draft *draft = pool_find(&ike->drafts, exchange->parked);

    if (draft != NULL) {
        draft_discard(ike, draft, exchange);
        pool_give_back(&ike->drafts, exchange->parked);
    }
    exchange->parked = (struct handle){0, 0};
}

static void take_early(struct ike *ike, uint64_t now_ms, struct handle sa_h, struct handle early, struct endpoint to,
                       struct endpoint from, struct ike_outputs *out)
{
    const struct ike_input in = {
        .kind = IKE_IN_DATAGRAM,
        .datagram = {.local = to, .remote = from, .data = blob_bytes(&ike->blobs, early)},
    };

    const struct isakmp_sa *sa = sa_of(ike, sa_h);
    struct message m;

    if (!handle_is_set(early))
        return;
    if (wire_header_read(&m, in.datagram.data) == WIRE_OK && m.header.exchange == XCHG_QUICK && sa != NULL)
        tell_sa(ike, out, EV_QUICK_MODE_RESUMED, sa);
    datagram_take(ike, now_ms, &in, out);
    blob_drop(&ike->blobs, early);
}

void step_answer(struct ike *ike, uint64_t now_ms, struct handle exchange_h, uint32_t ask_number,
                 const struct answer *answer, struct ike_outputs *out)
{
    struct exchange *exchange = exchange_of(ike, exchange_h);
    struct draft *parked = exchange == NULL ? NULL : pool_find(&ike->drafts, exchange->parked);
    struct draft *draft = &ike->draft;

    if (parked == NULL || exchange->ask_number != ask_number) {
        forget(answer->secret, out);
        return;
    }
    timers_note(ike, sa_of(ike, exchange->sa)->peer);
    *draft = *parked;
    bytes_wipe(parked, sizeof *parked);
    pool_give_back(&ike->drafts, exchange->parked);
    exchange->parked = (struct handle){0, 0};

    struct step_work work = work_of(ike, draft, now_ms, out);
    work.answer = answer;
    enum reason reason = reason_of_answer(answer);
    struct handle early = draft->early, sa_h = draft->sa.self;
    struct endpoint early_to = draft->early_to, early_from = draft->early_from;
    if (reason == REASON_OK)
        reason = finish(ike, now_ms, &work);
    if (reason == REASON_OK) {
        take_early(ike, now_ms, sa_h, early, early_to, early_from, out);
        return;
    }
    exchange->quick.spi_out = draft->exchange.quick.spi_out; /* a refusal names it */
    bool is_final = draft->is_authenticated || state_info(draft->exchange.state)->waits == WAITS_NOTHING;
    if (answer->fault == QUESTION_FAULT_CERTIFICATE)
        certificate_tell_refused(&work, sa_of(ike, exchange->sa));
    draft_discard(ike, draft, exchange);
    forget(answer->secret, out);
    exchange->last_reason = reason;
    if (answer->fault == QUESTION_FAULT_NO_TRUSTPOINT)
        event_add_text(tell_sa(ike, out, EV_CERTIFICATE_REFUSED, sa_of(ike, exchange->sa)), FIELD_CAUSE, "missing-own");
    struct event *e = tell_exchange(ike, out, EV_MESSAGE_REFUSED, sa_of(ike, exchange->sa), exchange);
    event_add_reason(e, reason);
    event_add_text(e, FIELD_DETAIL, reason_info(reason)->meaning);
    struct isakmp_sa *sa = sa_of(ike, exchange->sa);
    if (sa->state == SA_NEW && sa->side == RESPONDER)
        phase1_forget(ike, now_ms, sa, reason, out);
    else if (is_final)
        exchange_fail(ike, now_ms, exchange, reason, out);
}

enum reason step_take(struct ike *ike, uint64_t now_ms, enum step_input input, struct exchange *exchange,
                      struct isakmp_sa *sa, struct ike_outputs *out)
{
    enum reason reason;
    const struct step *step =
        step_find(exchange->state, exchange->side, sa->state, input, sa_method(sa), CLEAR, NULL, &reason);

    if (step != NULL)
        reason = step_run(ike, now_ms, step, exchange, sa, NULL, sa->local, sa->remote, out);
    if (reason != REASON_OK)
        exchange_fail(ike, now_ms, exchange, reason, out);
    return reason;
}

void exchange_free(struct ike *ike, struct exchange *exchange, struct ike_outputs *out)
{
    draft_drop(ike, exchange);
    for (int i = 0; i < BLOB_COUNT; i++)
        blob_drop(&ike->blobs, exchange->blobs[i]);
    forget(exchange->secret, out);
    exchange_give_back(ike, exchange);
}
