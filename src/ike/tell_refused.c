/* What is wrong with a payload that is refused, where an ASA has a message for it: beside the reason, which no device
 * has. */
#include "base/reader.h"
#include "crypto/algorithm.h"
#include "ike/engine.h"

struct event *tell_payload_fault(const struct step_work *work, const char *cause)
{
    struct event *e = tell_sa(work->ike, work->out, EV_PAYLOAD_FAULT, &work->draft->sa);

    event_add_text(e, FIELD_CAUSE, cause);
    return e;
}

/* ---- What a fault of the wire is about ---- */

static void add_doi(struct event *e, struct bytes body)
{
    struct reader r = reader_of(body);

    event_add_number(e, FIELD_COUNT, read_u32(&r));
}

static void add_spi_size(struct event *e, struct bytes body)
{
    uint8_t protocol, spi_len;

    if (!sa_find_spi_size(body, &protocol, &spi_len) || number_name(SPACE_PROTO, protocol) == NULL)
        return;
    event_add_text(e, FIELD_IPSEC_PROTOCOL, number_name(SPACE_PROTO, protocol));
    event_add_number(e, FIELD_COUNT, spi_len);
}

static const struct {
    enum wire_fault fault;
    void (*add)(struct event *e, struct bytes body);
} details[] = {{WIRE_DOI, add_doi}, {WIRE_SPI_SIZE, add_spi_size}};

enum reason malformed(const struct step_work *work, uint8_t payload, enum wire_fault fault)
{
    struct event *e = tell_exchange(work->ike, work->out, EV_MESSAGE_REFUSED, &work->draft->sa, &work->draft->exchange);

    event_add_text(e, FIELD_REASON, reason_info(REASON_MALFORMED)->name);
    event_add_text(e, FIELD_DETAIL, wire_fault_meaning(fault));
    event_add_text(e, FIELD_CAUSE, wire_fault_name(fault));
    event_add_number(e, FIELD_FAULTY_PAYLOAD, payload);
    for (size_t i = 0; i < COUNT_OF(details); i++)
        if (details[i].fault == fault)
            details[i].add(e, message_body(work->in, payload));
    return REASON_MALFORMED;
}

/* ---- Identities ---- */

enum { ID_HEAD_LEN = 4 }; /* type, protocol, port: RFC 2407 section 4.6.2 */

/* Why an identity does not belong where it stands; NULL: for another reason than these. */
static const char *identity_cause(unsigned phase, struct bytes body, enum wire_fault fault)
{
    uint8_t type = body.len > 0 ? body.data[0] : 0;

    if (body.len <= ID_HEAD_LEN)
        return "empty";
    if (body.len > ID_HEAD_LEN + ID_LEN_MAX)
        return "too-long";
    if (number_name(SPACE_ID, type) == NULL)
        return "unknown";
    if (fault == WIRE_ID_RANGE)
        return "range";
    if (fault != WIRE_OK)
        return NULL;
    if (phase == 2)
        return "unsupported";
    return body.data[1] != 0 && body.data[1] != 17 ? "protocol" : "port";
}

struct event *tell_identity_refused(const struct step_work *work, unsigned phase, struct bytes body,
                                    enum wire_fault fault)
{
    const char *cause = identity_cause(phase, body, fault);

    if (cause == NULL)
        return NULL;
    struct event *e = tell_sa(work->ike, work->out, EV_IDENTITY_REFUSED, &work->draft->sa);
    event_add_text(e, FIELD_CAUSE, cause);
    event_add_number(e, FIELD_PHASE, phase);
    event_add_number(e, FIELD_PAYLOAD_NUMBER, body.len > 0 ? body.data[0] : 0);
    if (body.len < ID_HEAD_LEN)
        return e;
    event_add_number(e, FIELD_PROTOCOL, body.data[1]);
    event_add_number(e, FIELD_PORT, (uint64_t)body.data[2] << 8 | body.data[3]);
    event_add_number(e, FIELD_LENGTH, body.len - ID_HEAD_LEN);
    return e;
}

/* ---- Offers of phase 1 ---- */

/* No transform of the offer brings a user, whom the group wants. */
static bool lacks_user(const struct sa_payload *offer)
{
    for (size_t i = 0; i < offer->transform_count; i++) {
        enum user_auth user_auth;

        policy_auth_without_user(offer->transforms[i].auth, &user_auth);
        if (user_auth != USER_AUTH_NONE)
            return false;
    }
    return true;
}

/* No transform is authenticated by what the group has. */
static bool lacks_method(const struct policy *policy, uint16_t group, const struct sa_payload *offer)
{
    for (size_t i = 0; i < offer->transform_count; i++) {
        enum user_auth user_auth;

        if (policy_can_authenticate(policy, group, policy_auth_without_user(offer->transforms[i].auth, &user_auth)))
            return false;
    }
    return true;
}

void event_add_why_refused(const struct ike *ike, struct event *e, uint16_t group, const struct sa_payload *offer)
{
    const struct tunnel_group *wanted = group == NO_INDEX ? NULL : &ike->policy->tunnel_groups[group];

    for (size_t i = 0; i < offer->transform_count; i++)
        if (offer->transforms[i].fault == WIRE_OK && offer->transforms[i].group != 0 &&
            group_of_number(offer->transforms[i].group) == GROUP_NONE) {
            event_add_number(e, FIELD_DH_GROUP, offer->transforms[i].group);
            break;
        }
    if (wanted != NULL && wanted->user_auth != USER_AUTH_NONE && lacks_user(offer))
        event_add_text(e, FIELD_CAUSE, "no-user");
    else if (wanted != NULL && lacks_method(ike->policy, group, offer))
        event_add_text(e, FIELD_CAUSE, "method");
}

/* ---- Networks ---- */

static const struct tunnel *entry_with(const struct policy *policy, const struct selector *wanted)
{
    for (uint16_t i = 0; i < policy->tunnel_count; i++) {
        const struct tunnel *tunnel = &policy->tunnels[i];

        for (uint16_t k = 0; !tunnel->is_dynamic && tunnel->peer_count > 0 && k < tunnel->ace_count; k++)
            if (tunnel->aces[k].is_permit && selector_equal(&tunnel->aces[k].selector, wanted))
                return tunnel;
    }
    return NULL;
}

void tell_other_peer(const struct step_work *work, const struct selector *wanted)
{
    const struct tunnel *tunnel = entry_with(work->ike->policy, wanted);

    if (tunnel == NULL)
        return;
    struct event *e = tell_sa(work->ike, work->out, EV_MAP_CHECKED, &work->draft->sa);
    event_add_text(e, FIELD_RESULT, "other-peer");
    event_add_ip(e, FIELD_NEXT_PEER, tunnel->peers[0]);
}
