/* Aggressive mode. RFC 2409 sections 5 and 5.4; the rows are in am.def, what is of signatures alone in signature.c.
 * HASH_I and HASH_R cover nothing that is secret but the key: whoever has both first messages can try keys on them. So
 * each use with a pre-shared key is told. */
#include "base/check.h"
#include "ike/phase1.h"

step_action am_offer, am_choose, am_answer, am_check_answer, am_check_proof_r, am_check_proof_i;

static bool is_signed(const struct step_work *work)
{
    return policy_signature_of(work->draft->sa.auth) != SIGNATURE_NONE;
}

static void tell_exposed(struct step_work *work)
{
    tell_sa(work->ike, work->out, EV_KEY_EXPOSED, &work->draft->sa);
}

/* The share and the identity go out with the offer, so there is one group and one method. */
enum reason am_offer(struct step_work *work)
{
    const struct policy *policy = work->ike->policy;
    struct isakmp_sa *sa = &work->draft->sa;
    struct sa_payload offer;

    sa->tunnel_group = policy_tunnel_group_of(policy, sa->remote.ip);
    sa->group = policy_offer_aggressive(policy, sa->tunnel_group, policy->tunnels[sa->tunnel].aggressive_group, &offer);
    if (sa->group == GROUP_NONE)
        return REASON_NO_POLICY;
    sa->auth = policy_auth_without_user(sa_transform_of(&offer, 0, 0)->auth, &sa->user_auth);
    fill_cookie(work, sa->cookies[INITIATOR]);
    if (!is_signed(work))
        tell_exposed(work);
    *work->question = (struct question){.kind = QUESTION_SHARE, .group = sa->group};
    return set_sa(work, BLOB_SA_I, &offer) && set_identity(work, BLOB_ID_I) ? REASON_OK : REASON_LIMIT;
}

/* What is chosen must not show whether there is the group: of one that there is not, it is as of the first for users
 * that there is, or as of the peer's address. */
uint16_t am_group_to_answer_as(const struct policy *policy, struct bytes id_body, struct ip remote)
{
    uint16_t of_address = policy_tunnel_group_of(policy, remote), of_id;
    struct id id;

    CHECK(id_read(&id, id_body) == WIRE_OK);
    of_id = policy_tunnel_group_of_identity(policy, &id, remote);
    if (of_id != NO_INDEX)
        return of_id;
    if (of_address != NO_INDEX && ip_is_set(policy->tunnel_groups[of_address].peer))
        return of_address;
    for (uint16_t i = 0; id.type != ID_DER_ASN1_DN && i < policy->tunnel_group_count; i++)
        if (policy->tunnel_groups[i].is_by_identity && policy->tunnel_groups[i].is_remote_access)
            return i;
    return of_address; /* a distinguished name is of a certificate, and names no group */
}

static void tell_no_group(struct step_work *work, const struct id *id)
{
    char name[256];
    struct text text = text_of(name, sizeof name);
    struct event *e = tell_sa(work->ike, work->out, EV_GROUP_MISSING, &work->draft->sa);

    text_add_id(&text, id);
    event_add_text(e, FIELD_EXCHANGE, exchange_info(EXCHANGE_AM)->name);
    event_add_text(e, FIELD_WANTED, name);
}

/* With hybrid nothing in phase 1 hangs on the group, so without one it goes on to the end, and no user is right. */
enum reason am_choose_hybrid(struct step_work *work, const struct id *id)
{
    const struct policy *policy = work->ike->policy;
    struct isakmp_sa *sa = &work->draft->sa;
    uint16_t index = policy_tunnel_group_of_identity(policy, id, sa->remote.ip);

    if (index == NO_INDEX)
        index = policy_remote_group_for_any(policy, USER_AUTH_HYBRID);
    if (index != NO_INDEX && policy_can_authenticate(policy, index, sa->auth)) {
        sa->tunnel_group = index;
        tell_sa(work->ike, work->out, EV_GROUP_FOUND, sa);
    } else {
        tell_no_group(work, id);
    }
    return phase1_trustpoint(work) == NULL ? REASON_NO_TRUSTPOINT : take_share_of(work, QUESTION_SHARE_AND_SKEYID);
}

/* The group is chosen by the identity. Without one the answer is made all the same, with a key that nobody has: so it
 * cannot be seen from outside which groups there are. */
static void find_group_of(struct step_work *work, const struct id *id)
{
    const struct policy *policy = work->ike->policy;
    struct isakmp_sa *sa = &work->draft->sa;
    uint16_t index = policy_tunnel_group_of_identity(policy, id, sa->remote.ip);

    if (index != NO_INDEX && policy->tunnel_groups[index].has_key && !policy->tunnel_groups[index].is_key_weak) {
        sa->tunnel_group = index;
        tell_sa(work->ike, work->out, EV_GROUP_FOUND, sa);
        tell_exposed(work);
        return;
    }
    tell_no_group(work, id);
}

static enum reason take_id(struct step_work *work, enum blob_id blob, struct id *id)
{
    struct bytes body = message_body(work->in, PL_ID);
    enum wire_fault fault = id_read(id, body);

    if (fault || !id_port_fits_phase1(id))
        tell_identity_refused(work, 1, body, fault);
    if (fault)
        return malformed(work, PL_ID, fault);
    if (!id_port_fits_phase1(id))
        return REASON_BAD_ID;
    return draft_set(work, blob, body) ? REASON_OK : REASON_LIMIT;
}

enum reason am_choose(struct step_work *work)
{
    struct id id;
    enum reason reason = take_id(work, BLOB_ID_I, &id);

    if (reason == REASON_OK)
        reason = phase1_choose(
            work, am_group_to_answer_as(work->ike->policy, draft_blob(work, BLOB_ID_I), work->draft->sa.remote.ip));
    if (reason != REASON_OK)
        return reason;
    tell_id(work, &id);
    if (work->draft->sa.user_auth == USER_AUTH_HYBRID)
        return am_choose_hybrid(work, &id);
    if (is_signed(work))
        return am_choose_signed(work);
    find_group_of(work, &id);
    reason = take_share_of(work, QUESTION_SHARE_AND_SKEYID);
    work->question->is_decoy = work->draft->sa.tunnel_group == NO_INDEX;
    return reason;
}

enum reason am_answer(struct step_work *work)
{
    enum reason reason = mm_keep_keys_r(work);

    if (reason != REASON_OK)
        return reason;
    if (is_signed(work))
        return signature_keep(work);
    return set_identity(work, BLOB_ID_R) ? REASON_OK : REASON_LIMIT;
}

/* Until the proof is checked anybody may have sent this, so our private value stays for the true message 2. */
enum reason am_check_answer(struct step_work *work)
{
    struct id id;
    enum reason reason = mm_check_choice(work);

    if (reason == REASON_OK)
        reason = take_id(work, BLOB_ID_R, &id);
    if (reason == REASON_OK)
        reason = mm_take_share_i(work);
    if (reason != REASON_OK)
        return reason;
    tell_id(work, &id);
    work->question->is_secret_kept = true;
    if (is_signed(work))
        return REASON_OK;
    return draft_set(work, BLOB_PROOF, message_body(work->in, PL_HASH)) ? REASON_OK : REASON_LIMIT;
}

static bool is_proved(struct step_work *work, enum side side, struct bytes proof)
{
    uint8_t expected[DIGEST_MAX];

    tell_sa(work->ike, work->out, EV_HASH_MADE, &work->draft->sa);
    return bytes_equal_secret(hash_phase1(work, side, expected), proof);
}

enum reason am_check_proof_r(struct step_work *work)
{
    struct isakmp_sa *sa = &work->draft->sa;

    if (!keys_take(work, draft_blob(work, BLOB_SHARE_MINE), draft_blob(work, BLOB_SHARE_PEER)))
        return REASON_WEAK_KEY;
    tell_sa(work->ike, work->out, EV_KEYS_MADE, sa);
    if (!is_proved(work, RESPONDER, draft_blob(work, BLOB_PROOF))) {
        tell_unproved(work->ike, work->out, sa, &work->draft->exchange, REASON_BAD_HASH,
                      reason_info(REASON_BAD_HASH)->meaning);
        return REASON_BAD_HASH;
    }
    am_is_answered(work);
    return REASON_OK;
}

void am_is_answered(struct step_work *work)
{
    struct isakmp_sa *sa = &work->draft->sa;

    work->draft->is_authenticated = true;
    /* From message 3 on the negotiation is on port 4500. RFC 3947 section 4. */
    if (sa->we_are_behind_nat || sa->peer_is_behind_nat)
        sa->local.port = sa->remote.port = NATT_PORT;
    draft_intend(work, INTENT_PHASE1_UP);
}

enum reason am_check_proof_i(struct step_work *work)
{
    enum reason reason;

    if (!is_proved(work, INITIATOR, message_body(work->in, PL_HASH)))
        return REASON_BAD_HASH;
    detect_nat(work);
    reason = follow_port(work);
    if (reason != REASON_OK)
        return reason;
    work->draft->is_authenticated = true;
    take_vendors(work, false);
    if (work->in->header.flags & FLAG_ENCRYPTION)
        take_notifies(work);
    draft_intend(work, INTENT_PHASE1_UP);
    return REASON_OK;
}
