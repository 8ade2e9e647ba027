/* What main mode and aggressive mode have in common: who the peer is and who we are, NAT on the way, vendor IDs. */
#include "ike/phase1.h"

#include "base/check.h"
#include "crypto/certificate.h"
#include "crypto/hash.h"
#include "wire/vendor.h"

#include <string.h>

void fill_cookie(struct step_work *work, uint8_t cookie[static COOKIE_LEN])
{
    do
        drbg_fill(work->drbg, cookie, COOKIE_LEN);
    while (bytes_are_zero(bytes_of(cookie, COOKIE_LEN)));
}

bool set_sa(struct step_work *work, enum blob_id id, const struct sa_payload *sa)
{
    uint8_t space[BLOB_MAX];
    struct writer w = writer_of(space, sizeof space);

    sa_write(&w, sa);
    return writer_is_ok(&w) && draft_set(work, id, writer_bytes(&w));
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

uint16_t phase1_group_of_address(const struct step_work *work)
{
    return policy_tunnel_group_of(work->ike->policy, work->draft->sa.remote.ip);
}

/* The method says which of the groups for any peer is meant: that for users, or that for sites. */
static uint16_t group_of_method(const struct step_work *work)
{
    const struct policy *policy = work->ike->policy;
    const struct isakmp_sa *sa = &work->draft->sa;
    uint16_t index = phase1_group_of_address(work);
    bool has_own = index != NO_INDEX && ip_is_set(policy->tunnel_groups[index].peer);

    if (!has_own && sa->side == RESPONDER && sa->user_auth == USER_AUTH_NONE &&
        !policy_can_authenticate(policy, index, sa->auth)) {
        uint16_t of_certificate = policy_certificate_group_for_any(policy, sa->auth); /* it shows later which */

        index = of_certificate != NO_INDEX ? of_certificate : index;
    }
    return has_own || sa->user_auth == USER_AUTH_NONE ? index : policy_remote_group_for_any(policy, sa->user_auth);
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
        else if (index == NO_INDEX)
            event_add_text(e, FIELD_CAUSE, "certificate");
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

static struct own_identity own_identity(const struct step_work *work)
{
    return policy_identity_to(work->ike->policy, work->draft->sa.tunnel_group);
}

/* `crypto isakmp identity auto`: with certificates our distinguished name. */
bool identity_is_subject(const struct step_work *work)
{
    return own_identity(work).kind == IDENTITY_AUTO && policy_signature_of(work->draft->sa.auth) != SIGNATURE_NONE;
}

/* `data` is where an address is written. */
static struct id own_id(const struct step_work *work, uint8_t data[static ID_DATA_MAX])
{
    static const uint8_t types[] = {
        [IDENTITY_HOSTNAME] = ID_FQDN, [IDENTITY_USER_FQDN] = ID_USER_FQDN, [IDENTITY_KEY_ID] = ID_KEY_ID};
    struct own_identity own = own_identity(work);
    const struct trustpoint *trustpoint = phase1_trustpoint(work);
    struct ip ip = ip_is_set(own.ip) ? own.ip : work->draft->sa.local.ip;

    if (identity_is_subject(work) && trustpoint != NULL)
        return (struct id){.type = ID_DER_ASN1_DN, .data = trustpoint->subject};
    if (own.kind == IDENTITY_AUTO || own.kind == IDENTITY_ADDRESS)
        return id_of_range((struct ip_range){ip, ip}, 17, IKE_PORT, data);
    return (struct id){.type = types[own.kind], .data = bytes_of_text(own.name)};
}

/* IDii or IDir: what the tunnel-group says, else `crypto isakmp identity`. */
bool set_identity(struct step_work *work, enum blob_id blob)
{
    uint8_t space[ID_LEN_MAX + 8], data[ID_DATA_MAX];
    struct writer w = writer_of(space, sizeof space);
    struct id id = own_id(work, data);

    id_write(&w, &id);
    tell_identity(work, &id);
    return writer_is_ok(&w) && draft_set(work, blob, writer_bytes(&w));
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
