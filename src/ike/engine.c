#include "ike/engine.h"
#include "base/check.h"

#include <string.h>

/* Room for ten thousand tunnels that come up within a minute, and then rekey. */
const struct ike_limits ike_limits_default = {
    .peers = 24576, .sas = 32768, .exchanges = 40960, .pairs = 24576, .blobs = 81920, .half_open = 8192};

/* Messages in fragments at a time: 6.3 MB. One an ISAKMP SA, so more are of no use. */
enum { ASSEMBLIES_MAX = 768 };

static uint32_t assemblies_of(const struct ike_limits *limits)
{
    return limits->sas < ASSEMBLIES_MAX ? limits->sas : ASSEMBLIES_MAX;
}

enum { DRAFTS_SHARE = 8 }; /* one draft that waits for the vault for so many exchanges */

static uint32_t drafts_of(const struct ike_limits *limits)
{
    return limits->exchanges / DRAFTS_SHARE + 1;
}

static size_t padded(size_t len)
{
    return (len + 63) / 64 * 64;
}

/* Parts of the space, one behind the other. Nothing is zeroed here: what is never used is never touched. */
static void *cut(uint8_t **at, size_t len)
{
    void *part = *at;

    *at += padded(len);
    return part;
}

static struct pool cut_pool(uint8_t **at, uint32_t count, size_t place_len)
{
    return pool_of(cut(at, pool_space(count, place_len)), count, place_len);
}

static struct index cut_index(uint8_t **at, uint32_t count)
{
    return index_of(cut(at, index_space(count)), count);
}

static size_t heard_ids_len(const struct ike_limits *limits)
{
    return sizeof(uint32_t) * HEARD_KINDS * HEARD_IDS_MAX * limits->sas;
}

static size_t heard_counts_len(const struct ike_limits *limits)
{
    return sizeof(uint32_t) * HEARD_KINDS * limits->sas;
}

size_t ike_space(const struct ike_limits *limits)
{
    return padded(sizeof(struct ike)) + padded(pool_space(limits->peers, sizeof(struct peer))) +
           padded(pool_space(limits->sas, sizeof(struct isakmp_sa))) +
           padded(pool_space(limits->exchanges, sizeof(struct exchange))) +
           padded(pool_space(limits->pairs, sizeof(struct pair))) +
           padded(pool_space(drafts_of(limits), sizeof(struct draft))) +
           padded(pool_space(assemblies_of(limits), sizeof(struct assembling))) +
           padded(pool_space(limits->sas, sizeof(struct session))) + padded(index_space(limits->sas)) +
           padded(sizeof(struct handle) * limits->sas) + padded(blobs_space(limits->blobs)) +
           padded(heard_ids_len(limits)) + padded(heard_counts_len(limits)) + padded(half_opens_space(limits->sas)) +
           padded(due_space(limits->peers)) + padded(index_space(limits->peers)) +
           2 * padded(index_space(limits->sas)) + 2 * padded(index_space(limits->exchanges)) +
           2 * padded(index_space(limits->pairs));
}

struct ike *ike_make(void *space, const struct ike_limits *limits, struct bytes seed)
{
    uint8_t *at = space;
    struct ike *ike = cut(&at, sizeof *ike);

    CHECK(space != NULL && seed.len >= DRBG_SEED_LEN);
    memset(ike, 0, sizeof *ike);
    ike->limits = *limits;
    drbg_seed(&ike->drbg, seed);
    drbg_fill(&ike->drbg, (uint8_t *)&ike->index_secret, sizeof ike->index_secret);
    ike->peers = cut_pool(&at, limits->peers, sizeof(struct peer));
    ike->sas = cut_pool(&at, limits->sas, sizeof(struct isakmp_sa));
    ike->exchanges = cut_pool(&at, limits->exchanges, sizeof(struct exchange));
    ike->pairs = cut_pool(&at, limits->pairs, sizeof(struct pair));
    ike->drafts = cut_pool(&at, drafts_of(limits), sizeof(struct draft));
    ike->assemblies = cut_pool(&at, assemblies_of(limits), sizeof(struct assembling));
    ike->sessions = cut_pool(&at, limits->sas, sizeof(struct session));
    ike->assembly_of_sa = cut(&at, sizeof(struct handle) * limits->sas);
    memset(ike->assembly_of_sa, 0, sizeof(struct handle) * limits->sas);
    ike->blobs = blobs_of(cut(&at, blobs_space(limits->blobs)), limits->blobs);
    ike->heard.ids = cut(&at, heard_ids_len(limits));
    ike->heard.counts = cut(&at, heard_counts_len(limits));
    ike->half_opens = half_opens_of(cut(&at, half_opens_space(limits->sas)), limits->sas);
    ike->due = due_of(cut(&at, due_space(limits->peers)), limits->peers);
    ike->peers_by_ip = cut_index(&at, limits->peers);
    ike->sas_by_peer = cut_index(&at, limits->sas);
    ike->sas_by_cookie = cut_index(&at, limits->sas);
    ike->exchanges_by_sa = cut_index(&at, limits->exchanges);
    ike->exchanges_by_spi = cut_index(&at, limits->exchanges);
    ike->pairs_by_peer = cut_index(&at, limits->pairs);
    ike->pairs_by_spi = cut_index(&at, limits->pairs);
    ike->sessions_by_address = cut_index(&at, limits->sas);
    CHECK(at == (uint8_t *)space + ike_space(limits));
    return ike;
}

void ike_wipe(struct ike *ike)
{
    pool_wipe(&ike->peers);
    pool_wipe(&ike->sas);
    pool_wipe(&ike->exchanges);
    pool_wipe(&ike->pairs);
    pool_wipe(&ike->drafts);
    pool_wipe(&ike->assemblies);
    pool_wipe(&ike->sessions);
    blobs_wipe(&ike->blobs);
    bytes_wipe(ike, sizeof *ike);
}

static void outputs_begin(struct ike_outputs *out)
{
    out->count = out->event_count = out->question_count = out->install_count = out->client_count = out->space_len = 0;
    out->lost_event_count = out->clear_count = out->clear_len = out->lost_clear_count = 0;
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
        if (!autopsy_answer(ike, in->answer.exchange, in->answer.ask_number, in->answer.answer, out))
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
    case IKE_IN_ACQUIRE:
        acquire_take(
            ike, now_ms,
            &(struct want){in->acquire.tunnel, in->acquire.ace, in->acquire.flow.local, in->acquire.flow.remote},
            (struct ip){0}, out);
        break;
    case IKE_IN_ANSWER: answer_take(ike, now_ms, in, out); break;
    case IKE_IN_COMMAND: command_take(ike, now_ms, in, out); break;
    case IKE_IN_POLICY: policy_take(ike, now_ms, in->policy, out); break;
    case IKE_IN_PLANE: plane_take(ike, now_ms, in, out); break;
    case IKE_IN_HINT: hint_take(ike, now_ms, in, out); break;
    }
    timers_settle(ike);
    reseed(ike, out);
    bytes_wipe(&ike->draft.exchange, sizeof ike->draft.exchange); /* what was committed has its keys elsewhere */
    bytes_wipe(&ike->draft.sa, sizeof ike->draft.sa);
}

uint64_t ike_deadline_ms(const struct ike *ike)
{
    return due_ms(&ike->due);
}

void ike_outputs_wipe(struct ike_outputs *out)
{
    bytes_wipe(out->installs, out->install_count * sizeof out->installs[0]);
    bytes_wipe(out->questions, out->question_count * sizeof out->questions[0]);
    bytes_wipe(out->space, out->space_len);
    bytes_wipe(out->clear_space, out->clear_len);
    outputs_begin(out);
}
