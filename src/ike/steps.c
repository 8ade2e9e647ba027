#include "ike/engine.h"

/* clang-format off */
static const struct state_info states[STATE_COUNT] = {
#define STATE(name, kind, asa, ios, waits, story, proven, open) \
    [STATE_##name] = {#name, EXCHANGE_##kind, asa, ios, WAITS_##waits, story, proven, open},
#include "ike/states.def"
#undef STATE
};

static const char *const passings[STATE_COUNT] = {
#define PASSING(into, ios, meaning) [STATE_##into] = ios,
#include "ike/passings.def"
#undef PASSING
};

static const struct exchange_info exchanges[EXCHANGE_COUNT] = {
#define EXCHANGE(name, wire, phase, start, done, title) \
    [EXCHANGE_##name] = {#name, title, XCHG_##wire, phase, STATE_##start, STATE_##done},
#include "ike/exchanges.def"
#undef EXCHANGE
};

static const struct reason_info reasons[REASON_COUNT] = {
#define REASON(name, notify, payload, meaning) [REASON_##name] = {#name, notify, PL_##payload, meaning},
#include "ike/reasons.def"
#undef REASON
};

static const struct {
    enum reason reason;
    int where;
    uint16_t told; /* 0: whatever the peer's notify is, if there was one */
    bool is_signed;
    const char *cause;
} verdicts[] = {
#define STATE_ANYWHERE STATE_COUNT
#define VERDICT(reason, where, cause) {REASON_##reason, STATE_##where, 0, false, cause},
#define TOLD(reason, notify, where, cause) {REASON_##reason, STATE_##where, NOTIFY_##notify, false, cause},
#define SIGNED(reason, where, cause) {REASON_##reason, STATE_##where, 0, true, cause},
#include "ike/verdicts.def"
#undef SIGNED
#undef TOLD
#undef VERDICT
#undef STATE_ANYWHERE
};

#define STEP(from, side, sa, input, auth, sealing, holds, act, then, ...) step_action act;
#include "ike/mm.def"
#include "ike/am.def"
#include "ike/qm.def"
#include "ike/tm.def"
#include "ike/info.def"
#undef STEP
step_action signature_keep, mm_keep_signature, mm_keep_share, mm_keep_keys_i, mm_keep_keys_r, am_answer, am_check_proof_r, am_keep_answer,
    qm_keep_share, qm_take_secret, xauth_judge, xauth_answer;

#define OAKLEY_AUTH_ANY 0
#define OAKLEY_AUTH_SIGNED AUTH_SIGNED
#define OAKLEY_AUTH_HYBRID OAKLEY_AUTH_HYBRID_INIT_RSA
#define HOLDS(...) {__VA_ARGS__}
#define NOTHING {0}
#define FIRST(type) {PL_##type, 1, 1, true}
#define ONE(type) {PL_##type, 1, 1, false}
#define UP_TO(count, type) {PL_##type, 0, count, false}
#define SENDS(...) {__VA_ARGS__}
static const struct step steps[] = {
#define STEP(from, side, sa, input, auth, sealing, holds, act, then, sends_sealed, sends, to, sa_to) \
    {STATE_##from, side, sa, INPUT_##input, OAKLEY_AUTH_##auth, sealing, holds, act, then, sends_sealed, sends, STATE_##to, sa_to},
#include "ike/mm.def"
#include "ike/am.def"
#include "ike/qm.def"
#include "ike/tm.def"
#include "ike/info.def"
#undef STEP
};

static const enum part_of part_kinds[PART_COUNT] = {
#define PART(name, payload, of, ...) [PART_##name] = PART_OF_##of,
#include "ike/parts.def"
#undef PART
};
/* clang-format on */

const struct exchange_info *exchange_info(enum exchange_kind kind)
{
    return &exchanges[kind];
}

const struct state_info *state_info(enum state state)
{
    return &states[state];
}

const char *state_passing(enum state into)
{
    return passings[into];
}

const struct reason_info *reason_info(enum reason reason)
{
    return &reasons[reason];
}

const char *verdict_of(enum reason reason, enum state where, uint16_t told, bool is_signed)
{
    for (size_t i = 0; i < COUNT_OF(verdicts); i++)
        if (verdicts[i].reason == reason && (verdicts[i].where == STATE_COUNT || verdicts[i].where == (int)where) &&
            (verdicts[i].told == 0 || verdicts[i].told == told) && (!verdicts[i].is_signed || is_signed))
            return verdicts[i].cause;
    return NULL;
}

const struct step *step_row(size_t index)
{
    return index < COUNT_OF(steps) ? &steps[index] : NULL;
}

uint16_t sa_method(const struct isakmp_sa *sa)
{
    return sa->user_auth == USER_AUTH_HYBRID ? policy_auth_with_user(sa->auth, sa->user_auth) : sa->auth;
}

bool step_auth_fits(uint16_t wanted, uint16_t method)
{
    if (wanted == AUTH_SIGNED)
        return policy_signature_of(method) != SIGNATURE_NONE;
    return wanted == OAKLEY_AUTH_ANY || wanted == method;
}

bool is_signer(uint16_t method, enum side side)
{
    if (method == OAKLEY_AUTH_HYBRID)
        return side == RESPONDER;
    return policy_signature_of(method) != SIGNATURE_NONE;
}

bool part_is_of(enum part part, uint16_t method, enum side side)
{
    switch (part_kinds[part]) {
    case PART_OF_ANY: return true;
    case PART_OF_HASHED: return !is_signer(method, side);
    case PART_OF_SIGNED: return is_signer(method, side);
    case PART_OF_PEER_SIGNED: return is_signer(method, !side);
    }
    return false;
}

static const struct payload_count *count_of(const struct step *step, uint8_t type)
{
    for (size_t i = 0; i < HOLDS_MAX && step->holds[i].max > 0; i++)
        if (step->holds[i].type == type)
            return &step->holds[i];
    return NULL;
}

static enum reason payloads_fit(const struct step *step, const struct message *in)
{
    if (step->holds[0].is_first && (in->payload_count == 0 || in->payloads[0].type != step->holds[0].type))
        return REASON_WRONG_ORDER;
    for (size_t i = 0; i < in->payload_count; i++) {
        const struct payload_count *count = count_of(step, in->payloads[i].type);

        if (count == NULL || message_count(in, in->payloads[i].type) > count->max)
            return REASON_UNEXPECTED_PAYLOAD;
    }
    for (size_t i = 0; i < HOLDS_MAX && step->holds[i].max > 0; i++)
        if (message_count(in, step->holds[i].type) < step->holds[i].min)
            return REASON_MISSING_PAYLOAD;
    return REASON_OK;
}

uint8_t step_missing(enum state from, enum side side, uint16_t method, const struct message *in)
{
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        const struct step *step = &steps[i];

        if (step->from != from || step->side != side || step->input != INPUT_MESSAGE ||
            !step_auth_fits(step->auth, method))
            continue;
        for (size_t k = 0; k < HOLDS_MAX && step->holds[k].max > 0; k++)
            if (message_count(in, step->holds[k].type) < step->holds[k].min)
                return step->holds[k].type;
    }
    return 0;
}

const struct step *step_find(enum state from, enum side side, enum sa_state sa, enum step_input input, uint16_t method,
                             enum sealing sealing, const struct message *in, enum reason *why)
{
    *why = REASON_OUT_OF_STEP;
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        const struct step *step = &steps[i];

        if (step->from != from || step->side != side || step->sa != sa || step->input != input ||
            !step_auth_fits(step->auth, method))
            continue;
        if (in != NULL && step->sealing != sealing) {
            *why = sealing == CLEAR ? REASON_NOT_SEALED : REASON_SEALED_TOO_EARLY;
            continue;
        }
        *why = in == NULL ? REASON_OK : payloads_fit(step, in);
        if (*why == REASON_OK)
            return step;
    }
    return NULL;
}
