/* Main mode. RFC 2409 sections 5 and 5.4; the rows are in mm.def, what is of signatures alone in signature.c. */
#include "base/check.h"
#include "crypto/hash.h"
#include "ike/phase1.h"

#include <string.h>

enum { NONCE_LEN = 32 };

step_action mm_offer, mm_keep_share, mm_take_share_r, mm_keep_keys_i;

static bool set_nonce(struct step_work *work, enum blob_id id)
{
    uint8_t nonce[NONCE_LEN];

    drbg_fill(work->drbg, nonce, sizeof nonce);
    return draft_set(work, id, BYTES_OF(nonce));
}

enum reason mm_offer(struct step_work *work)
{
    struct sa_payload offer;

    fill_cookie(work, work->draft->sa.cookies[INITIATOR]);
    policy_offer_isakmp(work->ike->policy, phase1_group_of_address(work), &offer);
    if (offer.transform_count == 0)
        return REASON_NO_POLICY;
    policy_auth_without_user(sa_transform_of(&offer, 0, 0)->auth,
                             &work->draft->sa.user_auth); /* all are alike in that */
    return set_sa(work, BLOB_SA_I, &offer) ? REASON_OK : REASON_LIMIT;
}

static void take_policy(struct step_work *work, uint16_t index, uint32_t lifetime_s)
{
    const struct isakmp_policy *policy = &work->ike->policy->isakmp_policies[index];
    struct isakmp_sa *sa = &work->draft->sa;

    sa->auth = policy->auth;
    sa->policy_priority = policy->priority;
    sa->cipher = policy->cipher;
    sa->hash = policy->hash;
    sa->group = policy->group;
    sa->lifetime_s = lifetime_s;
}

/* As IOS shows each transform that it looks at. */
static void tell_checked(struct step_work *work, const struct sa_transform *transform)
{
    struct event *e = tell_sa(work->ike, work->out, EV_PROPOSAL_CHECKED, &work->draft->sa);
    const struct {
        enum event_field_id field;
        enum number_space names;
        uint16_t number;
    } texts[] = {
        {FIELD_ENCRYPTION, SPACE_OAKLEY_ENC, transform->encryption},
        {FIELD_HASH, SPACE_OAKLEY_HASH, transform->hash},
        {FIELD_AUTHENTICATION, SPACE_OAKLEY_AUTH, transform->auth},
    };

    event_add_number(e, FIELD_TRANSFORM, transform->number);
    event_add_number(e, FIELD_PRIORITY, work->draft->sa.policy_priority);
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (number_name(texts[i].names, texts[i].number) != NULL)
            event_add_text(e, texts[i].field, number_name(texts[i].names, texts[i].number));
    if (transform->key_len != 0)
        event_add_number(e, FIELD_KEY_LENGTH, transform->key_len);
    event_add_number(e, FIELD_DH_GROUP, transform->group);
    if (transform->has_seconds) {
        event_add_text(e, FIELD_LIFE_TYPE, number_name(SPACE_OAKLEY_LIFE, OAKLEY_LIFE_SECONDS));
        event_add_number(e, transform->has_short_seconds ? FIELD_SHORT_SECONDS : FIELD_SECONDS,
                         transform->life_seconds);
    }
}

static void tell_accepted(struct step_work *work, const struct sa_payload *sa, size_t proposal, size_t transform)
{
    tell_checked(work, sa_transform_of(sa, proposal, transform));
    struct event *e = tell_sa(work->ike, work->out, EV_PROPOSAL_ACCEPTED, &work->draft->sa);
    event_add_number(e, FIELD_PROPOSAL, sa->proposals[proposal].number);
    event_add_number(e, FIELD_TRANSFORM, sa_transform_of(sa, proposal, transform)->number);
    event_add_number(e, FIELD_PRIORITY, work->draft->sa.policy_priority);
    e = tell_sa(work->ike, work->out, EV_AUTHENTICATION_CHOSEN, &work->draft->sa);
    event_add_text(
        e, FIELD_AUTHENTICATION,
        number_name(SPACE_OAKLEY_AUTH, policy_auth_with_user(work->draft->sa.auth, work->draft->sa.user_auth)));
    event_add_text(e, FIELD_ID_TYPE, number_name(SPACE_ID, identity_is_subject(work) ? ID_DER_ASN1_DN : ID_IPV4_ADDR));
}

/* Each transform of the peer against each policy of ours: the first attribute that differs. */
static void tell_differences(struct step_work *work, uint16_t group, const struct sa_payload *offer)
{
    const struct policy *policy = work->ike->policy;
    enum user_auth user_auth = group == NO_INDEX ? USER_AUTH_NONE : policy->tunnel_groups[group].user_auth;

    for (size_t i = 0; i < offer->proposal_count; i++)
        for (size_t k = 0; k < offer->proposals[i].transform_count; k++)
            for (size_t n = 0; n < policy->isakmp_policy_count; n++) {
                const struct sa_transform *transform = sa_transform_of(offer, i, k);
                struct difference difference;

                if (work->out->event_count > IKE_EVENTS_MAX / 2 ||
                    !policy_differs(&policy->isakmp_policies[n], user_auth, transform, &difference))
                    continue;
                struct event *e = tell_sa(work->ike, work->out, EV_PROPOSAL_DIFFERS, &work->draft->sa);
                event_add_number(e, FIELD_TRANSFORM, transform->number);
                event_add_number(e, FIELD_PRIORITY, policy->isakmp_policies[n].priority);
                event_add_text(e, FIELD_ATTRIBUTE, difference.attribute);
                event_add_text(e, FIELD_WANTED, difference.wanted);
                event_add_text(e, FIELD_OFFERED, difference.offered);
            }
}

/* IOS looks for the key first of all; a responder in aggressive mode has the identity to look with. */
static void tell_key(struct step_work *work)
{
    const struct policy *policy = work->ike->policy;
    const struct isakmp_sa *sa = &work->draft->sa;
    uint16_t index = policy_tunnel_group_of(policy, sa->remote.ip);

    if (sa->mode == EXCHANGE_AM && sa->side == RESPONDER)
        return;
    if (index != NO_INDEX && policy->tunnel_groups[index].has_key)
        tell_sa(work->ike, work->out, EV_GROUP_FOUND, &work->draft->sa);
}

enum reason mm_choose(struct step_work *work)
{
    return phase1_choose(work, phase1_group_of_address(work));
}

enum reason phase1_choose(struct step_work *work, uint16_t group)
{
    struct isakmp_sa *sa = &work->draft->sa;
    struct bytes body = message_body(work->in, PL_SA);
    struct sa_payload offer, answer;
    struct isakmp_choice choice;
    enum wire_fault fault = sa_read(&offer, body);

    if (fault)
        return malformed(work, PL_SA, fault);
    if (bytes_are_zero(BYTES_OF(work->in->header.cookies[INITIATOR])))
        return REASON_UNKNOWN_COOKIES;
    memcpy(sa->cookies[INITIATOR], work->in->header.cookies[INITIATOR], COOKIE_LEN);
    tell_key(work);
    if (!policy_choose_isakmp(work->ike->policy, group, &offer, &choice)) {
        tell_differences(work, group, &offer);
        struct event *e = tell_sa(work->ike, work->out, EV_PROPOSAL_REFUSED, sa);
        event_add_ip(e, FIELD_LOCAL, sa->local.ip);
        event_add_why_refused(work->ike, e, group, &offer);
        return REASON_NO_POLICY;
    }
    take_policy(work, choice.policy, choice.lifetime_s);
    sa->user_auth = choice.user_auth;
    take_vendors(work, true);
    fill_cookie(work, sa->cookies[RESPONDER]);
    tell_accepted(work, &offer, choice.proposal, choice.transform);
    answer = sa_choose(&offer, choice.proposal, choice.transform, bytes_of(NULL, 0));
    return draft_set(work, BLOB_SA_I, body) && set_sa(work, BLOB_SA_R, &answer) ? REASON_OK : REASON_LIMIT;
}

/* What of the peer's choice is not as in the first of our policies, from which all that it could choose follows. */
static void tell_not_offered(const struct step_work *work, const struct sa_payload *answer)
{
    const struct policy *policy = work->ike->policy;
    struct difference difference = {.attribute = "proposal"};

    if (answer->transform_count == 0 || policy->isakmp_policy_count == 0)
        return;
    policy_differs(&policy->isakmp_policies[0], work->draft->sa.user_auth, &answer->transforms[0], &difference);
    event_add_text(tell_payload_fault(work, "choice"), FIELD_ATTRIBUTE, difference.attribute);
}

/* Nothing protects the peer's choice by a hash, so it is held against the offer. */
enum reason mm_check_choice(struct step_work *work)
{
    struct isakmp_sa *sa = &work->draft->sa;
    struct sa_payload offer, answer;
    size_t proposal, transform;
    enum wire_fault fault = sa_read(&answer, message_body(work->in, PL_SA));

    if (fault)
        return malformed(work, PL_SA, fault);
    if (bytes_are_zero(BYTES_OF(work->in->header.cookies[RESPONDER])))
        return REASON_UNKNOWN_COOKIES;
    if (memcmp(work->in->header.cookies[RESPONDER], sa->cookies[INITIATOR], COOKIE_LEN) == 0)
        return REASON_REFLECTED;
    CHECK(sa_read(&offer, draft_blob(work, BLOB_SA_I)) == WIRE_OK);
    if (!sa_find_choice(&offer, &answer, &proposal, &transform)) {
        tell_not_offered(work, &answer);
        return REASON_NOT_OUR_OFFER;
    }
    const struct sa_transform *chosen = sa_transform_of(&answer, 0, 0);
    uint16_t index = policy_of_transform(work->ike->policy, chosen);
    if (index == NO_INDEX)
        return REASON_NOT_OUR_OFFER;
    take_policy(work, index, policy_lifetime(work->ike->policy->isakmp_policies[index].lifetime_s, chosen));
    policy_auth_without_user(chosen->auth, &sa->user_auth);
    tell_key(work);
    take_vendors(work, true);
    memcpy(sa->cookies[RESPONDER], work->in->header.cookies[RESPONDER], COOKIE_LEN);
    tell_accepted(work, &answer, 0, 0);
    *work->question = (struct question){.kind = QUESTION_SHARE, .group = sa->group};
    return REASON_OK;
}

enum reason mm_keep_share(struct step_work *work)
{
    work->draft->exchange.secret = work->answer->secret;
    return draft_set(work, BLOB_SHARE_MINE, bytes_of(work->answer->public_value, work->answer->public_len)) &&
                   set_nonce(work, BLOB_NONCE_I)
               ? REASON_OK
               : REASON_LIMIT;
}

enum reason take_share_of(struct step_work *work, enum question_kind kind)
{
    struct isakmp_sa *sa = &work->draft->sa;
    struct exchange *exchange = &work->draft->exchange;
    struct bytes share = message_body(work->in, PL_KE), nonce = message_body(work->in, PL_NONCE);

    if (nonce.len < NONCE_MIN || nonce.len > NONCE_MAX)
        return REASON_BAD_NONCE;
    if (share.len != group_info(sa->group)->public_len)
        return REASON_BAD_SHARE_LENGTH;
    if (bytes_equal(share, draft_blob(work, BLOB_SHARE_MINE)) || bytes_equal(nonce, draft_blob(work, BLOB_NONCE_I)))
        return REASON_REFLECTED;
    sa->peer_nonce_len = (uint16_t)nonce.len;
    if (!draft_set(work, BLOB_SHARE_PEER, share) ||
        !draft_set(work, sa->side == INITIATOR ? BLOB_NONCE_R : BLOB_NONCE_I, nonce) ||
        (sa->side == RESPONDER && !set_nonce(work, BLOB_NONCE_R)))
        return REASON_LIMIT;

    struct question *q = work->question;
    struct bytes nonce_i = draft_blob(work, BLOB_NONCE_I), nonce_r = draft_blob(work, BLOB_NONCE_R);
    *q = (struct question){
        .kind = kind,
        .group = sa->group,
        .secret = exchange->secret,
        .key_index = sa->tunnel_group,
        .prf = sa->hash,
        .nonce_i_len = (uint16_t)nonce_i.len,
        .nonce_r_len = (uint16_t)nonce_r.len,
        .peer_public_len = (uint16_t)share.len,
    };
    memcpy(q->cookies, sa->cookies, sizeof q->cookies);
    memcpy(q->nonce_i, nonce_i.data, nonce_i.len);
    memcpy(q->nonce_r, nonce_r.data, nonce_r.len);
    memcpy(q->peer_public, share.data, share.len);
    return signature_ask(work, q);
}

/* Messages 3 and 4. */
static enum reason take_share(struct step_work *work, enum question_kind kind)
{
    enum reason reason = phase1_find_group(work);

    if (reason == REASON_OK) {
        certificate_take_requests(work);
        reason = take_share_of(work, kind);
    }
    if (reason != REASON_OK)
        return reason;
    take_vendors(work, false);
    detect_nat(work);
    return REASON_OK;
}

enum reason mm_take_share_r(struct step_work *work)
{
    return take_share(work, QUESTION_SHARE_AND_SKEYID);
}

enum reason mm_take_share_i(struct step_work *work)
{
    return take_share(work, QUESTION_SKEYID);
}

enum reason mm_keep_keys_r(struct step_work *work)
{
    if (!draft_set(work, BLOB_SHARE_MINE, bytes_of(work->answer->public_value, work->answer->public_len)))
        return REASON_LIMIT;
    if (!keys_take(work, draft_blob(work, BLOB_SHARE_PEER), draft_blob(work, BLOB_SHARE_MINE)))
        return REASON_WEAK_KEY;
    work->draft->exchange.secret = work->answer->secret;
    tell_sa(work->ike, work->out, EV_KEYS_MADE, &work->draft->sa);
    return REASON_OK;
}

enum reason mm_keep_keys_i(struct step_work *work)
{
    struct isakmp_sa *sa = &work->draft->sa;

    work->draft->exchange.secret = work->answer->secret; /* the one before has been used up */
    if (!keys_take(work, draft_blob(work, BLOB_SHARE_MINE), draft_blob(work, BLOB_SHARE_PEER)))
        return REASON_WEAK_KEY;
    tell_sa(work->ike, work->out, EV_KEYS_MADE, sa);
    /* From message 5 on the negotiation is on port 4500. RFC 3947 section 4. */
    if (sa->we_are_behind_nat || sa->peer_is_behind_nat)
        sa->local.port = sa->remote.port = NATT_PORT;
    return set_identity(work, BLOB_ID_I) ? signature_keep(work) : REASON_LIMIT;
}

/* It proves itself by the key, and shows a certificate that nobody looks at. */
static void tell_certificate_unasked(const struct step_work *work)
{
    struct event *e = tell_payload_fault(work, "certificate");
    uint16_t method = policy_auth_with_user(work->draft->sa.auth, work->draft->sa.user_auth);

    event_add_text(e, FIELD_AUTHENTICATION, number_name(SPACE_OAKLEY_AUTH, method));
    event_add_number(e, FIELD_COUNT, method);
}

/* Messages 5 and 6: the peer proves that it knows the key. */
enum reason mm_check_proof(struct step_work *work)
{
    struct isakmp_sa *sa = &work->draft->sa;
    enum side peer_side = !sa->side;
    struct bytes body = message_body(work->in, PL_ID);
    uint8_t expected[DIGEST_MAX];
    struct id id;

    enum wire_fault fault = id_read(&id, body);
    if (!draft_set(work, peer_side == INITIATOR ? BLOB_ID_I : BLOB_ID_R, body))
        return REASON_LIMIT;
    tell_sa(work->ike, work->out, EV_HASH_MADE, sa);
    if (!bytes_equal_secret(hash_phase1(work, peer_side, expected), message_body(work->in, PL_HASH)))
        return REASON_BAD_HASH;
    enum reason reason = follow_port(work);
    if (reason != REASON_OK)
        return reason;
    work->draft->is_authenticated = true;
    if (message_count(work->in, PL_CERT) > 0)
        tell_certificate_unasked(work);
    if (fault != WIRE_OK || !id_port_fits_phase1(&id)) {
        tell_identity_refused(work, 1, body, fault);
        return REASON_BAD_ID;
    }
    return phase1_take_peer(work, &id);
}
