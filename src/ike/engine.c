#include "ike/engine.h"
#include "base/arena.h"
#include "base/check.h"

#include <string.h>

const struct ike_limits ike_limits_default = {
    .peers = 2048, .sas = 2048, .exchanges = 2048, .pairs = 4096, .blobs = 8192, .half_open = 1024};

enum { DRAFTS_SHARE = 8 }; /* one draft that waits for the vault for so many exchanges */

static uint32_t drafts_of(const struct ike_limits *limits)
{
    return limits->exchanges / DRAFTS_SHARE + 1;
}

static size_t padded(size_t len)
{
    return (len + 63) / 64 * 64;
}

size_t ike_space(const struct ike_limits *limits)
{
    return padded(sizeof(struct ike)) + padded(pool_space(limits->peers, sizeof(struct peer))) +
           padded(pool_space(limits->sas, sizeof(struct isakmp_sa))) +
           padded(pool_space(limits->exchanges, sizeof(struct exchange))) +
           padded(pool_space(limits->pairs, sizeof(struct pair))) +
           padded(pool_space(drafts_of(limits), sizeof(struct draft))) + padded(blobs_space(limits->blobs)) +
           padded(limits->sas * sizeof(struct heard_ids)) + 64;
}

struct ike *ike_make(void *space, const struct ike_limits *limits, struct bytes seed)
{
    struct arena arena = arena_of(space, ike_space(limits));
    struct ike *ike = arena_take(&arena, sizeof *ike);

    CHECK(ike != NULL && seed.len >= DRBG_SEED_LEN);
    ike->limits = *limits;
    drbg_seed(&ike->drbg, seed);
    ike->peers =
        pool_of(arena_take(&arena, pool_space(limits->peers, sizeof(struct peer))), limits->peers, sizeof(struct peer));
    ike->sas = pool_of(arena_take(&arena, pool_space(limits->sas, sizeof(struct isakmp_sa))), limits->sas,
                       sizeof(struct isakmp_sa));
    ike->exchanges = pool_of(arena_take(&arena, pool_space(limits->exchanges, sizeof(struct exchange))),
                             limits->exchanges, sizeof(struct exchange));
    ike->pairs =
        pool_of(arena_take(&arena, pool_space(limits->pairs, sizeof(struct pair))), limits->pairs, sizeof(struct pair));
    ike->drafts = pool_of(arena_take(&arena, pool_space(drafts_of(limits), sizeof(struct draft))), drafts_of(limits),
                          sizeof(struct draft));
    ike->blobs = blobs_of(arena_take(&arena, blobs_space(limits->blobs)), limits->blobs);
    ike->heard = arena_take(&arena, limits->sas * sizeof(struct heard_ids));
    CHECK(!arena.is_full);
    return ike;
}

static void outputs_begin(struct ike_outputs *out)
{
    out->count = out->event_count = out->question_count = out->install_count = out->space_len = 0;
    out->lost_event_count = 0;
}

/* The engine's generator asks for fresh randomness like any other secret work. */
static void reseed(struct ike *ike, struct ike_outputs *out)
{
    if (ike->is_seed_asked || !drbg_wants_seed(&ike->drbg) || out->question_count == IKE_QUESTIONS_MAX ||
        out->count == IKE_OUTPUTS_MAX)
        return;
    struct question *q = &out->questions[out->question_count++];
    *q = (struct question){.kind = QUESTION_SEED};
    out->items[out->count++] = (struct ike_output){.kind = IKE_OUT_ASK, .ask = {.question = q}};
    ike->is_seed_asked = true;
}

static void answer_take(struct ike *ike, uint64_t now_ms, const struct ike_input *in, struct ike_outputs *out)
{
    if (handle_is_set(in->answer.exchange)) {
        step_answer(ike, now_ms, in->answer.exchange, in->answer.ask_number, in->answer.answer, out);
        return;
    }
    ike->is_seed_asked = false;
    if (in->answer.answer->fault == QUESTION_FAULT_NONE)
        drbg_reseed(&ike->drbg, BYTES_OF(in->answer.answer->seed));
}

void ike_feed(struct ike *ike, uint64_t now_ms, const struct ike_input *in, struct ike_outputs *out)
{
    outputs_begin(out);
    switch (in->kind) {
    case IKE_IN_DATAGRAM: datagram_take(ike, now_ms, in, out); break;
    case IKE_IN_TIMER: timers_do(ike, now_ms, out); break;
    case IKE_IN_ACQUIRE: acquire_take(ike, now_ms, in->acquire.tunnel, in->acquire.ace, out); break;
    case IKE_IN_ANSWER: answer_take(ike, now_ms, in, out); break;
    case IKE_IN_COMMAND: command_take(ike, now_ms, in, out); break;
    case IKE_IN_POLICY: policy_take(ike, now_ms, in->policy, out); break;
    case IKE_IN_PLANE: plane_take(ike, now_ms, in, out); break;
    case IKE_IN_HINT: hint_take(ike, now_ms, in, out); break;
    }
    reseed(ike, out);
}

uint64_t ike_deadline_ms(const struct ike *ike)
{
    return timers_next_ms(ike);
}

void ike_outputs_wipe(struct ike_outputs *out)
{
    bytes_wipe(out->installs, out->install_count * sizeof out->installs[0]);
    bytes_wipe(out->questions, out->question_count * sizeof out->questions[0]);
    bytes_wipe(out->space, out->space_len);
    outputs_begin(out);
}
