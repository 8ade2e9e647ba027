/* Main mode. RFC 2409 sections 5 and 5.4; the rows are in mm.def, what is of signatures alone in signature.c. */
#include "base/check.h"
#include "crypto/certificate.h"
#include "crypto/hash.h"
#include "ike/phase1.h"
#include "wire/vendor.h"

#include <string.h>

enum { NONCE_LEN = 32 };

step_action mm_offer, mm_keep_share, mm_take_share_r, mm_keep_keys_i;

void fill_cookie(struct step_work *work, uint8_t cookie[static COOKIE_LEN])
{
    do
        drbg_fill(work->drbg, cookie, COOKIE_LEN);
    while (bytes_are_zero(bytes_of(cookie, COOKIE_LEN)));
}

static bool set_nonce(struct step_work *work, enum blob_id id)
{
    uint8_t nonce[NONCE_LEN];

    drbg_fill(work->drbg, nonce, sizeof nonce);
    return draft_set(work, id, BYTES_OF(nonce));
}

bool set_sa(struct step_work *work, enum blob_id id, const struct sa_payload *sa)
{
    uint8_t space[BLOB_MAX];
    struct writer w = writer_of(space, sizeof space);

    sa_write(&w, sa);
    return writer_is_ok(&w) && draft_set(work, id, writer_bytes(&w));
}

static uint16_t group_index(const struct step_work *work)
{
    return policy_tunnel_group_of(work->ike->policy, work->draft->sa.remote.ip);
}

enum reason mm_offer(struct step_work *work)
{
    struct sa_payload offer;

    fill_cookie(work, work->draft->sa.cookies[INITIATOR]);
    policy_offer_isakmp(work->ike->policy, group_index(work), &offer);
    if (offer.transform_count == 0)
        return REASON_NO_POLICY;
    policy_auth_without_user(sa_transform_of(&offer, 0, 0)->auth,
                             &work->draft->sa.user_auth); /* all are alike in that */
    return set_sa(work, BLOB_SA_I, &offer) ? REASON_OK : REASON_LIMIT;
}

/* The vendor IDs. `are_methods`: those of messages 1 and 2, where NAT-T is agreed: the best variant of both. DPD counts
 * in any message: an ASA announces it in message 5 or 6. */
void take_vendors(struct step_work *work, bool are_methods)
{
    struct isakmp_sa *sa = &work->draft->sa;
    const struct policy *policy = work->ike->policy;
    const struct tunnel *tunnel = tunnel_of(work->ike, sa->tunnel);
    bool is_natt_on = policy->is_nat_t_on && (tunnel == NULL || !tunnel->is_nat_t_off);

    for (size_t i = 0; i < message_count(work->in, PL_VID); i++) {
        struct vendor vendor = vendor_of(message_nth(work->in, PL_VID, i)->body);
        enum natt_variant natt = natt_of_vendor(vendor.id);

        if (vendor.id == VENDOR_NONE)
            continue;
        const char *name = vendor.id == VENDOR_KNOWN ? vendor.meaning : vendor_asa_name(vendor.id);
        struct event *e = tell_sa(work->ike, work->out, EV_VENDOR_READ, sa);
        event_add_text(e, FIELD_VENDOR, name);
        if (vendor.id == VENDOR_DPD)
            sa->peer_does_dpd = true;
        if (vendor.id == VENDOR_UNITY)
            sa->peer_does_unity = true;
        if (vendor.id == VENDOR_DELETE_REASON)
            sa->peer_takes_reasons = true;
        if (vendor.id == VENDOR_FRAGMENTATION)
            fragmentation_heard(work, message_nth(work->in, PL_VID, i)->body, e);
        if (are_methods && is_natt_on && natt != NATT_NONE && (sa->natt == NATT_NONE || natt < sa->natt))
            sa->natt = natt;
    }
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

/* `crypto isakmp identity auto`: with certificates our distinguished name. */
static bool is_named_by_subject(const struct step_work *work)
{
    return work->ike->policy->identity == IDENTITY_AUTO && policy_signature_of(work->draft->sa.auth) != SIGNATURE_NONE;
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
    event_add_text(e, FIELD_ID_TYPE, number_name(SPACE_ID, is_named_by_subject(work) ? ID_DER_ASN1_DN : ID_IPV4_ADDR));
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

/* The method says which of the groups for any peer is meant: that for users, or that for sites. */
static uint16_t group_of_method(const struct step_work *work)
{
    const struct policy *policy = work->ike->policy;
    const struct isakmp_sa *sa = &work->draft->sa;
    uint16_t index = group_index(work);
    bool has_own = index != NO_INDEX && ip_is_set(policy->tunnel_groups[index].peer);

    if (!has_own && sa->side == RESPONDER && sa->user_auth == USER_AUTH_NONE &&
        !policy_can_authenticate(policy, index, sa->auth)) {
        uint16_t of_certificate = policy_certificate_group_for_any(policy, sa->auth); /* it shows later which */

        index = of_certificate != NO_INDEX ? of_certificate : index;
    }
    return has_own || sa->user_auth == USER_AUTH_NONE ? index : policy_remote_group_for_any(policy, sa->user_auth);
}

enum reason mm_choose(struct step_work *work)
{
    return phase1_choose(work, group_index(work));
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

/* NAT-D payloads say what the peer sees: the first is for us, the others are the peer's addresses. RFC 3947
 * section 3.2. A missing or odd payload means NAT: that changes the encapsulation and never whom we trust. */
void detect_nat(struct step_work *work)
{
    struct isakmp_sa *sa = &work->draft->sa;
    uint8_t type = sa->natt == NATT_NONE ? 0 : natt_of(sa->natt)->nat_d;
    size_t count = sa->natt == NATT_NONE ? 0 : message_count(work->in, type);

    if (count < 2) {
        if (sa->natt != NATT_NONE) /* the peer announced it and does not do it */
            tell_sa(work->ike, work->out, EV_NAT_D_MISSING, sa);
        sa->natt = NATT_NONE;
        return;
    }
    uint8_t space[NAT_D_INPUT_MAX], mine[DIGEST_MAX], theirs[DIGEST_MAX];
    struct bytes input = nat_d_input(space, sa->cookies, work->to);
    struct bytes my_hash = hash_of(sa->hash, &input, 1, mine);
    input = nat_d_input(space, sa->cookies, work->from);
    struct bytes their_hash = hash_of(sa->hash, &input, 1, theirs);

    sa->we_are_behind_nat = !bytes_equal(my_hash, message_nth(work->in, type, 0)->body);
    sa->peer_is_behind_nat = true;
    for (size_t i = 1; i < count; i++)
        if (bytes_equal(their_hash, message_nth(work->in, type, i)->body))
            sa->peer_is_behind_nat = false;
    struct event *e = tell_sa(work->ike, work->out, EV_NAT_DETECTED, sa);
    event_add_number(e, FIELD_THEY_ARE_BEHIND_NAT, sa->peer_is_behind_nat);
    event_add_number(e, FIELD_WE_ARE_BEHIND_NAT, sa->we_are_behind_nat);
    event_add_number(e, FIELD_PAYLOAD_NUMBER, type);
}

/* Whose crypto map entry it is, where we have begun. */
static void add_map(const struct step_work *work, struct event *e)
{
    const struct tunnel *tunnel = tunnel_of(work->ike, work->draft->sa.tunnel);

    if (tunnel != NULL && work->draft->sa.side == INITIATOR)
        event_add_text(e, FIELD_MAP, tunnel->map_name);
}

enum reason phase1_find_group(struct step_work *work)
{
    const struct policy *policy = work->ike->policy;
    struct isakmp_sa *sa = &work->draft->sa;
    uint16_t index = group_of_method(work);
    bool is_signed = policy_signature_of(sa->auth) != SIGNATURE_NONE;

    if (index == NO_INDEX || !policy_can_authenticate(policy, index, sa->auth)) {
        struct event *e = tell_sa(work->ike, work->out,
                                  index == NO_INDEX || !is_signed ? EV_GROUP_MISSING : EV_CERTIFICATE_REFUSED, sa);
        if (!is_signed)
            event_add_text(e, FIELD_AUTHENTICATION, number_name(SPACE_OAKLEY_AUTH, sa->auth));
        if (index != NO_INDEX && is_signed) {
            event_add_text(e, FIELD_GROUP, policy->tunnel_groups[index].name);
            event_add_text(e, FIELD_CAUSE, "no-trustpoint");
            add_map(work, e);
        }
        return index == NO_INDEX ? REASON_NO_TUNNEL_GROUP : is_signed ? REASON_NO_TRUSTPOINT : REASON_NO_KEY;
    }
    sa->tunnel_group = index;
    if (!is_signed && !ip_is_set(policy->tunnel_groups[index].peer))
        tell_sa(work->ike, work->out, EV_GROUP_DEFAULTED, sa);
    tell_sa(work->ike, work->out, EV_GROUP_FOUND, sa);
    return REASON_OK;
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

/* IDii or IDir: what `crypto isakmp identity` says; with a pre-shared key "auto" is the address. */
bool set_identity(struct step_work *work, enum blob_id blob)
{
    const struct policy *policy = work->ike->policy;
    uint8_t space[ID_LEN_MAX + 8], data[ID_DATA_MAX];
    struct writer w = writer_of(space, sizeof space);
    const struct trustpoint *trustpoint = phase1_trustpoint(work);
    struct ip local = work->draft->sa.local.ip;
    struct id id;

    uint16_t group = work->draft->sa.tunnel_group;
    if (group < policy->tunnel_group_count && policy->tunnel_groups[group].client_identity != NULL)
        id = (struct id){.type = ID_KEY_ID, .data = bytes_of_text(policy->tunnel_groups[group].client_identity)};
    else if (is_named_by_subject(work) && trustpoint != NULL)
        id = (struct id){.type = ID_DER_ASN1_DN, .data = trustpoint->subject};
    else if (policy->identity == IDENTITY_HOSTNAME)
        id = (struct id){.type = ID_FQDN, .data = bytes_of_text(policy->fqdn)};
    else if (policy->identity == IDENTITY_KEY_ID)
        id = (struct id){.type = ID_KEY_ID, .data = bytes_of_text(policy->key_id)};
    else
        id = id_of_range((struct ip_range){local, local}, 17, IKE_PORT, data);
    id_write(&w, &id);
    tell_identity(work, &id);
    return writer_is_ok(&w) && draft_set(work, blob, writer_bytes(&w));
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

/* RFC 3947 section 4: the responder follows the initiator to 4500, and to whatever port a NAT makes of it there. */
enum reason follow_port(struct step_work *work)
{
    struct isakmp_sa *sa = &work->draft->sa;

    if (work->to.port == IKE_PORT && (sa->we_are_behind_nat || sa->peer_is_behind_nat))
        return REASON_WRONG_PORT;
    if (endpoint_equal(work->from, sa->remote) && endpoint_equal(work->to, sa->local))
        return REASON_OK;
    if (sa->side == INITIATOR || sa->natt == NATT_NONE || work->to.port != NATT_PORT ||
        !ip_equal(work->from.ip, sa->remote.ip))
        return REASON_OUT_OF_STEP;
    sa->remote = work->from;
    sa->local = work->to;
    return REASON_OK;
}

void take_notifies(struct step_work *work)
{
    for (size_t i = 0; i < message_count(work->in, PL_NOTIFY); i++) {
        struct notify notify;

        if (notify_read(&notify, message_nth(work->in, PL_NOTIFY, i)->body) == WIRE_OK &&
            notify.type == NOTIFY_INITIAL_CONTACT)
            draft_intend(work, INTENT_INITIAL_CONTACT);
    }
}

void tell_id(struct step_work *work, const struct id *id)
{
    char name[256];
    struct text text = text_of(name, sizeof name);
    uint8_t digest[DIGEST_MAX];
    struct ip_range range;

    tell_identity(work, id);
    struct event *e = tell_sa(work->ike, work->out, EV_ID_RECEIVED, &work->draft->sa);

    hash_of(HASH_SHA256, (struct bytes[]){bytes_of(&id->type, sizeof id->type), id->data}, 2, digest);
    memcpy(work->draft->sa.peer_identity, digest, sizeof work->draft->sa.peer_identity);
    const char *type = number_name(SPACE_ID, id->type);

    if (id->type == ID_DER_ASN1_DN)
        text_add_name(&text, id->data);
    else
        text_add_id(&text, id);
    event_add_text(e, FIELD_ID_TYPE, type == NULL ? "unknown" : type);
    event_add_text(e, FIELD_ID, name);
    if (!id_to_range(id, &range)) /* an ASA shows the bytes of names */
        event_add_number(e, FIELD_LENGTH, id->data.len);
}

enum reason phase1_take_peer(struct step_work *work, const struct id *id)
{
    tell_id(work, id);
    take_vendors(work, false);
    take_notifies(work);
    if (work->draft->sa.side == INITIATOR && work->draft->exchange.kind == EXCHANGE_MM)
        lifetime_take(work);
    draft_intend(work, INTENT_PHASE1_UP);
    return work->draft->sa.side == INITIATOR || set_identity(work, BLOB_ID_R) ? REASON_OK : REASON_LIMIT;
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
