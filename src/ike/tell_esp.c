/* What phase 2 is about, as IOS's debug shows it: each transform that is looked at, and what an SA is made of. */
#include "base/reader.h"
#include "event/form.h"
#include "ike/engine.h"

#include <string.h>

enum { WORD_SIZE = 64, PROXY_SIZE = 96 };

/* IOS numbers why its IPsec part refuses what IKE has read. */
enum { ERROR_NO_MATCH = 64, ERROR_NO_TRANSFORM = 256 };

/* A length of 128 bits goes without saying. */
static void add_set(struct event *e, uint16_t id, uint16_t key_len, uint16_t auth)
{
    const char *esp = number_name(SPACE_ESP_TRANSFORM, id), *hmac = number_name(SPACE_IPSEC_AUTH, auth);
    char space[WORD_SIZE];
    struct text text = text_of(space, sizeof space);

    form_write_text(&text, FORM_ios_esp, esp != NULL ? esp : "unknown");
    if (key_len != 0 && key_len != 128)
        text_add(&text, " %u", key_len);
    if (auth != 0) {
        text_add(&text, " ");
        form_write_text(&text, FORM_ios_hmac, hmac != NULL ? hmac : "unknown");
    }
    event_add_text(e, FIELD_TRANSFORM_SET, space);
}

static void add_name(struct event *e, enum event_field_id field, enum number_space names, uint16_t number)
{
    char space[WORD_SIZE];
    struct text text = text_of(space, sizeof space);
    const char *name = number_name(names, number);

    if (number == 0)
        return;
    if (name != NULL)
        text_add(&text, "%s", name);
    else
        text_add(&text, "%u", number);
    event_add_text(e, field, space);
}

static void add_lifetimes(struct event *e, const struct sa_transform *t)
{
    if (t->has_seconds)
        event_add_number(e, t->has_short_seconds ? FIELD_SHORT_SECONDS : FIELD_SECONDS, t->life_seconds);
    if (t->has_kilobytes)
        event_add_number(e, FIELD_KILOBYTES, t->life_kilobytes);
}

static void tell_transform(const struct step_work *work, const struct sa_proposal *proposal,
                           const struct sa_transform *t)
{
    struct event *e = tell_sa(work->ike, work->out, EV_TRANSFORM_CHECKED, &work->draft->sa);
    struct reader spi = reader_of(proposal->spi);

    event_add_number(e, FIELD_PROPOSAL, proposal->number);
    if (number_name(SPACE_PROTO, proposal->protocol) != NULL)
        event_add_text(e, FIELD_IPSEC_PROTOCOL, number_name(SPACE_PROTO, proposal->protocol));
    event_add_number(e, FIELD_PROTOCOL, proposal->protocol);
    if (proposal->spi.len == 4)
        event_add_number(e, FIELD_SPI, read_u32(&spi));
    event_add_number(e, FIELD_TRANSFORM, t->number);
    add_name(e, FIELD_ENCRYPTION, proposal->protocol == PROTO_AH ? SPACE_AH_TRANSFORM : SPACE_ESP_TRANSFORM, t->id);
    add_name(e, FIELD_ENCAPSULATION, SPACE_IPSEC_ENCAP, t->encapsulation);
    add_lifetimes(e, t);
    add_name(e, FIELD_HASH, SPACE_IPSEC_AUTH, t->auth);
    if (t->key_len != 0)
        event_add_number(e, FIELD_KEY_LENGTH, t->key_len);
    if (t->group != 0)
        event_add_number(e, FIELD_DH_GROUP, t->group);
    event_add_text(e, FIELD_RESULT, t->fault == WIRE_OK ? "match" : "differs");
}

static bool has_room(const struct step_work *work)
{
    return work->out->event_count <= IKE_EVENTS_MAX / 2;
}

/* One that nobody has is told to everybody. */
static bool is_told(const struct step_work *work, const struct sa_proposal *proposal)
{
    return work->out->wants_esp || number_name(SPACE_PROTO, proposal->protocol) == NULL;
}

void tell_transforms(const struct step_work *work, const struct sa_payload *sa)
{
    for (size_t i = 0; i < sa->proposal_count; i++)
        for (size_t k = 0; k < sa->proposals[i].transform_count && has_room(work) && is_told(work, &sa->proposals[i]);
             k++)
            tell_transform(work, &sa->proposals[i], sa_transform_of(sa, i, k));
}

void tell_no_transform(const struct step_work *work, const struct sa_payload *sa, enum esp_refusal refusal)
{
    for (size_t i = 0; i < sa->proposal_count; i++)
        for (size_t k = 0; work->out->wants_esp && k < sa->proposals[i].transform_count && has_room(work); k++) {
            const struct sa_transform *t = sa_transform_of(sa, i, k);
            struct event *e = tell_sa(work->ike, work->out, EV_TRANSFORM_DIFFERS, &work->draft->sa);

            add_set(e, t->id, t->key_len, t->auth);
            event_add_number(e, FIELD_ERRNO, refusal == ESP_NO_TRANSFORM ? ERROR_NO_TRANSFORM : ERROR_NO_MATCH);
        }
}

static void add_proxy(struct text *t, struct ip_range range, uint8_t protocol, struct port_range ports)
{
    int prefix_len = ip_range_prefix_len(range);

    text_add_ip(t, range.first);
    text_add(t, "/");
    text_add_ip(t, prefix_len < 0 ? range.last : ip_mask(range.first.family, (unsigned)prefix_len));
    text_add(t, "/%u/%u", protocol, ports.first == ports.last ? ports.first : 0);
}

void event_add_proxy(struct event *e, enum event_field_id field, struct ip_range range, uint8_t protocol,
                     struct port_range ports)
{
    char space[PROXY_SIZE];
    struct text text = text_of(space, sizeof space);

    add_proxy(&text, range, protocol, ports);
    event_add_text(e, field, space);
}

static unsigned id_type_of(struct ip_range range)
{
    int prefix_len = ip_range_prefix_len(range);
    bool is_v6 = range.first.family == IP_V6;

    if (prefix_len < 0)
        return is_v6 ? ID_IPV6_ADDR_RANGE : ID_IPV4_ADDR_RANGE;
    if ((size_t)prefix_len == ip_len(range.first) * 8)
        return is_v6 ? ID_IPV6_ADDR : ID_IPV4_ADDR;
    return is_v6 ? ID_IPV6_ADDR_SUBNET : ID_IPV4_ADDR_SUBNET;
}

/* "10.1.0.0/255.255.0.0/0/0 (type=4)" */
static void add_typed_proxy(struct event *e, enum event_field_id field, struct ip_range range, uint8_t protocol,
                            struct port_range ports)
{
    char space[PROXY_SIZE];
    struct text text = text_of(space, sizeof space);

    add_proxy(&text, range, protocol, ports);
    text_add(&text, " (type=%u)", id_type_of(range));
    event_add_text(e, field, space);
}

static void add_sides(struct event *e, const struct selector *selector)
{
    add_typed_proxy(e, FIELD_LOCAL_PROXY, selector->local, selector->protocol, selector->local_ports);
    add_typed_proxy(e, FIELD_REMOTE_PROXY, selector->remote, selector->protocol, selector->remote_ports);
}

/* `mode`: IPSEC_ENCAP_*. */
static void add_esp(struct event *e, enum cipher_id cipher, enum hash_id integrity, uint16_t mode)
{
    struct sa_transform t = policy_transform_of(cipher, integrity);

    add_set(e, t.id, t.key_len, t.auth);
    if (t.key_len != 0)
        event_add_number(e, FIELD_KEY_LENGTH, t.key_len);
    add_name(e, FIELD_ENCAPSULATION, SPACE_IPSEC_ENCAP, mode);
}

void tell_request(const struct ike *ike, struct ike_outputs *out, const struct tunnel *tunnel, uint16_t ace,
                  struct ip peer)
{
    for (uint8_t i = 0; out->wants_esp && i < tunnel->transform_set_count; i++) {
        const struct transform_set *set = &ike->policy->transform_sets[tunnel->transform_sets[i]];
        struct event *e = tell(out, EV_SA_DESCRIBED, peer);

        event_add_text(e, FIELD_STAGE, "request");
        event_add_ip(e, FIELD_LOCAL, ike->policy->interfaces[tunnel->interface].ip);
        add_sides(e, &tunnel->aces[ace].selector);
        add_esp(e, set->cipher, set->integrity, set->is_transport ? IPSEC_ENCAP_TRANSPORT : IPSEC_ENCAP_TUNNEL);
        event_add_number(e, FIELD_SECONDS, tunnel->lifetime_s);
        event_add_number(e, FIELD_KILOBYTES, tunnel->lifetime_kb);
    }
}

static uint16_t mode_of(bool is_transport, bool is_udp)
{
    return is_transport ? (is_udp ? IPSEC_ENCAP_UDP_TRANSPORT : IPSEC_ENCAP_TRANSPORT)
                        : (is_udp ? IPSEC_ENCAP_UDP_TUNNEL : IPSEC_ENCAP_TUNNEL);
}

void tell_choice(const struct step_work *work)
{
    const struct isakmp_sa *sa = &work->draft->sa;
    const struct quick *quick = &work->draft->exchange.quick;

    if (!work->out->wants_esp)
        return;
    struct event *e = tell_sa(work->ike, work->out, EV_SA_DESCRIBED, sa);

    event_add_text(e, FIELD_STAGE, "check");
    event_add_ip(e, FIELD_LOCAL, sa->local.ip);
    add_sides(e, &quick->selector);
    add_esp(e, quick->choice.cipher, quick->choice.integrity,
            mode_of(quick->choice.is_transport, quick->choice.is_udp));
}

/* What IOS tells of both directions of a pair. */
static void tell_direction(const struct ike *ike, struct ike_outputs *out, const struct isakmp_sa *sa,
                           const struct pair *pair, const char *stage, bool is_inbound)
{
    enum event_kind kind = strcmp(stage, "keys") == 0 ? EV_SA_KEYED : EV_SA_DESCRIBED;
    struct event *e = sa != NULL ? tell_sa(ike, out, kind, sa) : tell(out, kind, pair->remote.ip);

    event_add_text(e, FIELD_STAGE, stage);
    event_add_text(e, FIELD_DIRECTION, is_inbound ? "inbound" : "outbound");
    event_add_ip(e, FIELD_LOCAL, pair->local.ip);
    event_add_ip(e, FIELD_LOCAL_ADDRESS, pair->selector.local.first);
    event_add_ip(e, FIELD_REMOTE_ADDRESS, pair->selector.remote.first);
    add_sides(e, &pair->selector);
    add_esp(e, pair->cipher, pair->integrity, mode_of(pair->is_transport, pair->is_udp));
    event_add_number(e, FIELD_SECONDS, pair->lifetime_s);
    event_add_number(e, FIELD_KILOBYTES, pair->lifetime_kb);
    event_add_number(e, FIELD_SPI, is_inbound ? pair->spi_in : pair->spi_out);
    event_add_number(e, FIELD_SA_CONN_ID, pair->conn_id);
    const struct tunnel *tunnel = tunnel_of(ike, pair->tunnel);
    if (tunnel != NULL)
        event_add_text(e, FIELD_INTERFACE, ike->policy->interfaces[tunnel->interface].name);
}

void tell_pair(const struct ike *ike, struct ike_outputs *out, const struct isakmp_sa *sa, const struct pair *pair,
               const char *stage)
{
    if (!out->wants_esp)
        return;
    tell_direction(ike, out, sa, pair, stage, true);
    tell_direction(ike, out, sa, pair, stage, false);
}

void tell_identity(const struct step_work *work, const struct id *id)
{
    if (!work->out->wants_esp)
        return;
    struct event *e = tell_sa(work->ike, work->out, EV_IDENTITY_SPELLED, &work->draft->sa);
    bool is_signed = policy_signature_of(work->draft->sa.auth) != SIGNATURE_NONE;
    char space[ID_LEN_MAX + 1];
    struct text text = text_of(space, sizeof space);

    text_add_id(&text, id);
    add_name(e, FIELD_ID_TYPE, SPACE_ID, id->type);
    event_add_text(e, FIELD_ID, space);
    event_add_number(e, FIELD_NEXT_PAYLOAD, is_signed ? PL_CERT : PL_HASH);
    event_add_number(e, FIELD_PAYLOAD_NUMBER, id->type);
    event_add_number(e, FIELD_PROTOCOL, id->protocol);
    event_add_number(e, FIELD_PORT, id->port);
    event_add_number(e, FIELD_LENGTH, PAYLOAD_HEADER_LEN + id->data.len + 4);
}
