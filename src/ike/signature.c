/* Phase 1 by signatures: RFC 2409 section 5.1, certificates by the profile of RFC 4945. The rows are in mm.def and
 * am.def.
 *
 * The vault judges a peer's chain, identity and signature in one question: a certificate alone never proves anybody. */
#include "base/check.h"
#include "crypto/certificate.h"
#include "ike/certmap.h"
#include "ike/phase1.h"

#include <string.h>

step_action mm_take_signature, mm_keep_signature, mm_check_link, am_keep_answer, am_take_signature;

enum { ID_TEXT_SIZE = 512 };

static uint16_t group_index(const struct step_work *work)
{
    const struct policy *policy = work->ike->policy;
    const struct isakmp_sa *sa = &work->draft->sa;

    if (sa->tunnel_group != NO_INDEX)
        return sa->tunnel_group;
    if (sa->user_auth == USER_AUTH_HYBRID && sa->mode == EXCHANGE_AM)
        return am_group_to_answer_as(policy, draft_blob(work, BLOB_ID_I), sa->remote.ip);
    return policy_tunnel_group_of(policy, sa->remote.ip);
}

const struct trustpoint *phase1_trustpoint(const struct step_work *work)
{
    return policy_signature_of(work->draft->sa.auth) == SIGNATURE_NONE
               ? NULL
               : policy_trustpoint_of(work->ike->policy, group_index(work));
}

/* Of one that has a trustpoint. */
static const struct tunnel_group *group_of(const struct step_work *work)
{
    return &work->ike->policy->tunnel_groups[group_index(work)];
}

static uint16_t trustpoint_index(const struct step_work *work)
{
    return (uint16_t)(group_of(work)->trustpoint - 1);
}

bool certificate_nth(const struct step_work *work, size_t number, struct cert *cert)
{
    const struct trustpoint *trustpoint = phase1_trustpoint(work);
    size_t count = trustpoint == NULL ? 0 : group_of(work)->sends_chain ? trustpoint->certificate_count : 1;

    if (number >= count)
        return false;
    *cert = (struct cert){.encoding = CERT_X509_SIGNATURE, .data = trustpoint->certificates[number]};
    return true;
}

bool certificate_request_nth(const struct step_work *work, size_t number, struct cert *cr)
{
    const struct trustpoint *trustpoint = phase1_trustpoint(work);

    if (trustpoint == NULL || number >= trustpoint->anchor_count)
        return false;
    *cr = (struct cert){.encoding = CERT_X509_SIGNATURE, .data = trustpoint->anchor_names[number]};
    return true;
}

static bool is_asked_for(const struct trustpoint *trustpoint, struct bytes authority)
{
    for (uint16_t i = 0; i < trustpoint->certificate_count; i++)
        if (bytes_equal(trustpoint->issuer_names[i], authority))
            return true;
    return false;
}

/* We have one certificate for this peer and send it whatever is asked for (RFC 4945 section 3.2.7 has a peer ask for
 * what it can use): when none of the authorities is ours, the log says so before the peer refuses. */
void certificate_take_requests(struct step_work *work)
{
    const struct trustpoint *trustpoint = phase1_trustpoint(work);
    bool is_asked = false, is_found = false;
    struct cert cr;

    if (!is_signer(sa_method(&work->draft->sa), work->draft->sa.side))
        return;
    for (size_t i = 0; trustpoint != NULL && i < message_count(work->in, PL_CR); i++) {
        if (cr_read(&cr, message_nth(work->in, PL_CR, i)->body) != WIRE_OK || cr.encoding != CERT_X509_SIGNATURE)
            continue;
        is_asked = true;
        is_found |= cr.data.len == 0 || is_asked_for(trustpoint, cr.data); /* an empty one: any */
    }
    if (is_asked && !is_found)
        event_add_text(tell_sa(work->ike, work->out, EV_CERTIFICATE_REFUSED, &work->draft->sa), FIELD_CAUSE,
                       "not-found");
}

static void add_name(struct text *text, const struct id *id)
{
    if (id->type == ID_DER_ASN1_DN)
        text_add_name(text, id->data);
    else
        text_add_id(text, id);
}

void certificate_tell_refused(const struct step_work *work, const struct isakmp_sa *sa)
{
    struct event *e = tell_sa(work->ike, work->out, EV_CERTIFICATE_REFUSED, sa);
    char space[ID_TEXT_SIZE], ip[IP_TEXT_SIZE];
    struct text claimed = text_of(space, sizeof space);
    struct id id;

    event_add_text(e, FIELD_CAUSE, "invalid");
    event_add_text(e, FIELD_DETAIL, trust_fault_meaning(work->answer->trust));
    if (!ip_is_set(work->answer->certified) ||
        id_read(&id, draft_blob(work, sa->side == INITIATOR ? BLOB_ID_R : BLOB_ID_I)) != WIRE_OK)
        return;
    add_name(&claimed, &id);
    event_add_text(e, FIELD_OFFERED, space);
    event_add_number(e, FIELD_PAYLOAD_NUMBER, id.type);
    event_add_text(e, FIELD_WANTED, ip_text(work->answer->certified, ip));
}

static void tell_encoding(const struct step_work *work, unsigned encoding)
{
    struct event *e = tell_sa(work->ike, work->out, EV_CERTIFICATE_REFUSED, &work->draft->sa);

    event_add_text(e, FIELD_CAUSE, "encoding");
    event_add_number(e, FIELD_COUNT, encoding);
}

/* Only certificates for signatures: CRLs and what else may travel so is not taken from a peer (attack list C09). */
static enum reason take_certificates(struct step_work *work, struct question *question)
{
    int other = -1;

    for (size_t i = 0; i < message_count(work->in, PL_CERT); i++) {
        struct cert cert;

        if (cert_read(&cert, message_nth(work->in, PL_CERT, i)->body) != WIRE_OK)
            return REASON_CERT_MALFORMED;
        if (cert.encoding != CERT_X509_SIGNATURE) {
            other = cert.encoding;
            continue;
        }
        if (question->certificate_count == CHAIN_MAX)
            return REASON_CERT_MALFORMED;
        question->certificates[question->certificate_count++] = cert.data;
    }
    if (question->certificate_count == 0 && other >= 0)
        tell_encoding(work, (unsigned)other);
    return REASON_OK;
}

static enum subject_kind subject_kind_of(uint8_t id_type)
{
    static const struct {
        uint8_t type;
        enum subject_kind kind;
    } kinds[] = {
        {ID_IPV4_ADDR, SUBJECT_ADDRESS},   {ID_IPV6_ADDR, SUBJECT_ADDRESS}, {ID_FQDN, SUBJECT_FQDN},
        {ID_USER_FQDN, SUBJECT_USER_FQDN}, {ID_DER_ASN1_DN, SUBJECT_NAME},
    };

    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (kinds[i].type == id_type)
            return kinds[i].kind;
    return SUBJECT_OTHER;
}

/* Another identity than the one that the tunnel-group names is refused however good its certificate is. */
static bool is_wanted(struct step_work *work, const struct id *id)
{
    const char *wanted = group_of(work)->peer_identity;
    char space[ID_TEXT_SIZE];
    struct text text = text_of(space, sizeof space);

    add_name(&text, id);
    if (wanted == NULL || (!text.is_cut && strcmp(wanted, space) == 0))
        return true;
    struct event *e = tell_sa(work->ike, work->out, EV_ID_DIFFERS, &work->draft->sa);
    event_add_text(e, FIELD_WANTED, wanted);
    event_add_text(e, FIELD_OFFERED, space);
    return false;
}

/* Is it the peer that it says it is? `id`: what it says. */
static enum reason ask_about(struct step_work *work, const struct id *id, struct question *question)
{
    const struct tunnel_group *group = group_of(work);

    question->trustpoint = trustpoint_index(work);
    question->signature_kind = policy_signature_of(work->draft->sa.auth);
    question->signature = message_body(work->in, PL_SIG);
    question->subject = id->data;
    question->subject_kind = subject_kind_of(id->type);
    if (question->subject_kind == SUBJECT_OTHER)
        event_add_number(tell_payload_fault(work, "identity"), FIELD_PAYLOAD_NUMBER, id->type);
    /* An identity that is named here proves nothing unless the certificate has it. */
    question->identity_check = group->peer_identity != NULL ? IDENTITY_REQUIRED : group->identity_check;
    question->revocation = phase1_trustpoint(work)->revocation;
    question->are_weak_allowed = work->ike->policy->are_weak_allowed;
    enum reason reason = take_certificates(work, question);
    return reason != REASON_OK || is_wanted(work, id) ? reason : REASON_CERT_ID_DIFFERS;
}

/* What HASH_I or HASH_R is made over, besides SKEYID. */
static bool cover(struct step_work *work, enum side side, enum blob_id blob, struct bytes *covered)
{
    struct bytes parts[PHASE1_PARTS];
    uint8_t space[BLOB_MAX];
    struct writer w = writer_of(space, sizeof space);

    phase1_parts(work, side, parts);
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        write_bytes(&w, parts[i]);
    if (!writer_is_ok(&w) || !draft_set(work, blob, writer_bytes(&w)))
        return false;
    *covered = draft_blob(work, blob);
    return true;
}

/* Message 2 of aggressive mode is proved, and message 3 signed, with the keys that are made of it. */
static enum reason ask_about_answer(struct step_work *work, struct question *question)
{
    struct id id;

    CHECK(id_read(&id, draft_blob(work, BLOB_ID_R)) == WIRE_OK);
    if (!cover(work, RESPONDER, BLOB_PROOF, &question->covered_peer) ||
        (is_signer(sa_method(&work->draft->sa), INITIATOR) &&
         !cover(work, INITIATOR, BLOB_SIGNATURE, &question->covered)))
        return REASON_LIMIT;
    return ask_about(work, &id, question);
}

enum reason signature_ask(struct step_work *work, struct question *question)
{
    const struct isakmp_sa *sa = &work->draft->sa;
    bool is_aggressive = sa->mode == EXCHANGE_AM;

    question->signature_kind = policy_signature_of(sa->auth);
    if (question->signature_kind == SIGNATURE_NONE)
        return REASON_OK;
    question->trustpoint = trustpoint_index(work);
    if (sa->side == INITIATOR && is_aggressive)
        return ask_about_answer(work, question);
    if ((sa->side == RESPONDER && !is_aggressive) || !is_signer(sa_method(sa), sa->side))
        return REASON_OK;
    question->is_share_covered = sa->side == RESPONDER; /* it is made with the keys */
    return set_identity(work, sa->side == INITIATOR ? BLOB_ID_I : BLOB_ID_R) &&
                   cover(work, sa->side, BLOB_SIGNATURE, &question->covered)
               ? REASON_OK
               : REASON_LIMIT;
}

enum reason signature_keep(struct step_work *work)
{
    struct bytes signature = bytes_of(work->answer->signature, work->answer->signature_len);

    return signature.len == 0 || draft_set(work, BLOB_SIGNATURE, signature) ? REASON_OK : REASON_LIMIT;
}

static void ask_for_digest(const struct step_work *work, enum side side, uint8_t digest[static DIGEST_MAX],
                           uint16_t *len)
{
    *len = (uint16_t)hash_phase1(work, side, digest).len;
}

/* The peer's own certificate, as it came. */
static bool peer_certificate(const struct step_work *work, struct certificate *certificate)
{
    for (size_t i = 0; i < message_count(work->in, PL_CERT); i++) {
        struct cert cert;

        if (cert_read(&cert, message_nth(work->in, PL_CERT, i)->body) == WIRE_OK &&
            cert.encoding == CERT_X509_SIGNATURE)
            return certificate_read(certificate, cert.data);
    }
    return false;
}

static void tell_unmapped(const struct step_work *work, const struct certificate *certificate)
{
    char space[NAME_DER_MAX];
    struct text name = text_of(space, sizeof space);

    text_add_name(&name, bytes_of(certificate->subject, certificate->subject_len));
    event_add_text(tell_sa(work->ike, work->out, EV_CERTIFICATE_UNMAPPED, &work->draft->sa), FIELD_ID, space);
}

static void tell_no_group(const struct step_work *work, const struct certificate *certificate)
{
    struct event *e = tell_sa(work->ike, work->out, EV_GROUP_MISSING, &work->draft->sa);
    char unit[UNIT_SIZE], space[4 * UNIT_SIZE];
    struct text text = text_of(space, sizeof space);

    if (!certmap_unit(work->ike->policy, certificate, unit))
        return;
    text_add_escaped(&text, bytes_of_text(unit));
    event_add_text(e, FIELD_CAUSE, "unit");
    event_add_text(e, FIELD_ID, space);
}

/* A responder chooses the tunnel-group by the certificate that is shown, and then judges it by what that group wants.
 * A group for users takes no peer without one, nor the other way round (attack list X01). */
static enum reason take_group(struct step_work *work, const struct id *id)
{
    const struct policy *policy = work->ike->policy;
    struct isakmp_sa *sa = &work->draft->sa;
    struct certificate certificate;

    if (sa->side == INITIATOR || !policy_maps_certificates(policy) || !peer_certificate(work, &certificate))
        return REASON_OK; /* without one it is refused for that */
    if (policy->certificate_rule_count > 0 && !certmap_has_rule(policy, &certificate))
        tell_unmapped(work, &certificate);
    uint16_t index = certmap_group(policy, &certificate, id, sa->remote.ip, sa->user_auth);
    if (index == sa->tunnel_group)
        return REASON_OK;
    if (index == NO_INDEX || policy->tunnel_groups[index].user_auth != sa->user_auth ||
        !policy_can_authenticate(policy, index, sa->auth)) {
        tell_no_group(work, &certificate);
        return REASON_NO_TUNNEL_GROUP;
    }
    sa->tunnel_group = index;
    tell_sa(work->ike, work->out, EV_GROUP_FOUND, sa);
    return REASON_OK;
}

/* Messages 5 and 6. Nothing that is said here is believed before the vault's answer. */
enum reason mm_take_signature(struct step_work *work)
{
    struct isakmp_sa *sa = &work->draft->sa;
    enum side peer_side = !sa->side;
    struct bytes body = message_body(work->in, PL_ID);
    struct question *q = work->question;
    struct id id;

    if (phase1_trustpoint(work) == NULL)
        return REASON_NO_TRUSTPOINT;
    enum wire_fault fault = id_read(&id, body);
    if (fault != WIRE_OK || !id_port_fits_phase1(&id)) {
        tell_identity_refused(work, 1, body, fault);
        return REASON_BAD_ID;
    }
    if (!draft_set(work, peer_side == INITIATOR ? BLOB_ID_I : BLOB_ID_R, body))
        return REASON_LIMIT;
    enum reason reason = take_group(work, &id);
    if (reason == REASON_OK)
        reason = ask_about(work, &id, q);
    if (reason == REASON_OK)
        reason = follow_port(work);
    if (reason == REASON_OK)
        reason = phase1_take_peer(work, &id);
    if (reason != REASON_OK)
        return reason;
    q->kind = QUESTION_VERIFY_CHAIN;
    ask_for_digest(work, peer_side, q->digest_peer, &q->digest_peer_len);
    if (sa->side == RESPONDER)
        ask_for_digest(work, RESPONDER, q->digest_mine, &q->digest_mine_len);
    return REASON_OK;
}

/* Message 5 in hybrid: whoever exchanged the keys has sent it. Who that is, its user proves afterwards. */
enum reason mm_check_link(struct step_work *work)
{
    struct question *q = work->question;

    if (phase1_trustpoint(work) == NULL)
        return REASON_NO_TRUSTPOINT;
    enum reason reason = mm_check_proof(work);
    if (reason != REASON_OK)
        return reason;
    q->kind = QUESTION_SIGN;
    q->trustpoint = trustpoint_index(work);
    q->signature_kind = policy_signature_of(work->draft->sa.auth);
    ask_for_digest(work, RESPONDER, q->digest_mine, &q->digest_mine_len);
    return REASON_OK;
}

static void tell_accepted(struct step_work *work)
{
    char name[ID_TEXT_SIZE];
    struct text text = text_of(name, sizeof name);
    struct id id;

    CHECK(id_read(&id, draft_blob(work, work->draft->sa.side == INITIATOR ? BLOB_ID_R : BLOB_ID_I)) == WIRE_OK);
    text_add(&text, "Peer certificate of: ");
    add_name(&text, &id);
    event_add_text(tell_sa(work->ike, work->out, EV_CERTIFICATE_ACCEPTED, &work->draft->sa), FIELD_DETAIL, name);
}

enum reason mm_keep_signature(struct step_work *work)
{
    work->draft->is_authenticated = true;
    tell_accepted(work);
    return signature_keep(work);
}

/* Whoever asks gets our certificate and a signature for its message: that is aggressive mode, which is off unless the
 * configuration says otherwise. The tunnel-group is that of the address, as in main mode. */
enum reason am_choose_signed(struct step_work *work)
{
    enum reason reason = phase1_find_group(work);

    if (reason != REASON_OK)
        return reason;
    certificate_take_requests(work);
    return take_share_of(work, QUESTION_SHARE_AND_SKEYID);
}

enum reason am_keep_answer(struct step_work *work)
{
    if (!keys_take(work, draft_blob(work, BLOB_SHARE_MINE), draft_blob(work, BLOB_SHARE_PEER)))
        return REASON_WEAK_KEY;
    tell_sa(work->ike, work->out, EV_KEYS_MADE, &work->draft->sa);
    tell_accepted(work);
    am_is_answered(work);
    return signature_keep(work);
}

/* Message 3; the identity came with message 1. */
enum reason am_take_signature(struct step_work *work)
{
    struct question *q = work->question;
    struct id id;

    if (phase1_trustpoint(work) == NULL)
        return REASON_NO_TRUSTPOINT;
    CHECK(id_read(&id, draft_blob(work, BLOB_ID_I)) == WIRE_OK);
    enum reason reason = take_group(work, &id);
    if (reason == REASON_OK)
        reason = ask_about(work, &id, q);
    detect_nat(work);
    if (reason == REASON_OK)
        reason = follow_port(work);
    if (reason != REASON_OK)
        return reason;
    take_vendors(work, false);
    if (work->in->header.flags & FLAG_ENCRYPTION)
        take_notifies(work);
    draft_intend(work, INTENT_PHASE1_UP);
    q->kind = QUESTION_VERIFY_CHAIN;
    ask_for_digest(work, INITIATOR, q->digest_peer, &q->digest_peer_len);
    return REASON_OK;
}
