/* Quick mode. RFC 2409 section 5.5; the rows are in qm.def. */
#include "base/check.h"
#include "base/reader.h"
#include "ike/engine.h"
#include "wire/payloads.h"

#include <string.h>

enum { QM_NONCE_MIN = 16, QM_NONCE_MAX = 32 };

step_action qm_offer, qm_keep_share, qm_choose, qm_take_secret, qm_answer, qm_check_choice, qm_confirm, qm_settle,
    qm_check_confirmation, qm_complete;

/* Of users `pfs enable` of the group-policy; as a user what the gateway says of that. The group is that of phase 1: who
 * was good enough there is it here. */
static enum group_id pfs_of_user(const struct step_work *work)
{
    const struct isakmp_sa *sa = &work->draft->sa;
    const struct session *session = session_of(work->ike, sa->session);
    const struct group_policy *policy = limits_policy_of(work->ike, sa);
    bool is_of_user = sa->tunnel_group < work->ike->policy->tunnel_group_count &&
                      work->ike->policy->tunnel_groups[sa->tunnel_group].is_remote_access;

    bool is_told = session != NULL && session->tunnel != NO_INDEX && session->wants_pfs;

    return is_told || (is_of_user && policy != NULL && policy->wants_pfs) ? sa->group : GROUP_NONE;
}

static struct esp_wish wish_of(const struct step_work *work, const struct tunnel *tunnel)
{
    const struct draft *draft = work->draft;

    return (struct esp_wish){.tunnel = tunnel,
                             .natt = natt_in_use(&draft->sa),
                             .is_between_ends = transport_is_for(&draft->sa, &draft->exchange.quick.selector),
                             .pfs_of_user = pfs_of_user(work)};
}

static void tell_nat_mode(const struct step_work *work, const struct esp_wish *wish)
{
    if (wish->natt != NATT_NONE)
        tell_sa(work->ike, work->out, EV_NAT_MODE_CHOSEN, &work->draft->sa);
}

static uint32_t fresh_spi(struct step_work *work)
{
    uint8_t random[4];
    uint32_t spi;

    do {
        drbg_fill(work->drbg, random, sizeof random);
        spi = (uint32_t)random[0] << 24 | (uint32_t)random[1] << 16 | (uint32_t)random[2] << 8 | random[3];
    } while (spi < 256 || spi_is_taken(work->ike, spi));
    return spi;
}

static void put_spi(uint8_t space[static 4], uint32_t spi)
{
    struct writer w = writer_of(space, 4);

    write_u32(&w, spi);
}

static bool set_sa(struct step_work *work, enum blob_id id, const struct sa_payload *sa)
{
    uint8_t space[BLOB_MAX];
    struct writer w = writer_of(space, sizeof space);

    sa_write(&w, sa);
    return writer_is_ok(&w) && draft_set(work, id, writer_bytes(&w));
}

/* As long as the peer's are: vpnc answers with the rest of ours behind its own twenty bytes, and leaves it out of its
 * keys. */
static bool set_nonce(struct step_work *work, enum blob_id id)
{
    uint8_t nonce[QM_NONCE_MAX];
    size_t len = work->draft->sa.peer_nonce_len;

    len = len < QM_NONCE_MIN ? QM_NONCE_MIN : len > QM_NONCE_MAX ? QM_NONCE_MAX : len;
    drbg_fill(work->drbg, nonce, len);
    return draft_set(work, id, bytes_of(nonce, len));
}

static bool set_proxy(struct step_work *work, enum blob_id blob, struct ip_range range, uint8_t protocol,
                      struct port_range ports)
{
    uint8_t space[64], data[ID_DATA_MAX];
    struct writer w = writer_of(space, sizeof space);
    struct id id = id_of_range(range, protocol, ports.first == ports.last ? ports.first : 0, data);

    id_write(&w, &id);
    return writer_is_ok(&w) && draft_set(work, blob, writer_bytes(&w));
}

static void ask_share(struct step_work *work, enum question_kind kind, enum group_id group, struct bytes peer_share)
{
    struct question *q = work->question;

    *q = (struct question){.kind = kind, .group = group, .secret = work->draft->exchange.secret};
    q->peer_public_len = (uint16_t)peer_share.len;
    if (peer_share.len > 0)
        memcpy(q->peer_public, peer_share.data, peer_share.len);
}

enum reason qm_offer(struct step_work *work)
{
    struct exchange *exchange = &work->draft->exchange;
    struct quick *quick = &exchange->quick;
    const struct tunnel *tunnel = tunnel_of(work->ike, quick->tunnel);
    struct sa_payload offer;
    uint8_t spi[4];

    if (tunnel == NULL || quick->ace >= tunnel->ace_count)
        return REASON_NO_TUNNEL;
    quick->spi_in = fresh_spi(work);
    event_add_number(tell_sa(work->ike, work->out, EV_SPI_MADE, &work->draft->sa), FIELD_SPI_IN, quick->spi_in);
    put_spi(spi, quick->spi_in);
    struct esp_wish wish = wish_of(work, tunnel);
    tell_nat_mode(work, &wish);
    policy_offer_esp(work->ike->policy, &wish, BYTES_OF(spi), &offer);
    if (!set_sa(work, BLOB_SA_I, &offer) || !set_nonce(work, BLOB_NONCE_I) ||
        !set_proxy(work, BLOB_ID_I, quick->selector.local, quick->selector.protocol, quick->selector.local_ports) ||
        !set_proxy(work, BLOB_ID_R, quick->selector.remote, quick->selector.protocol, quick->selector.remote_ports))
        return REASON_LIMIT;
    if (policy_pfs_of(&wish) != GROUP_NONE)
        ask_share(work, QUESTION_SHARE, policy_pfs_of(&wish), bytes_of(NULL, 0));
    return REASON_OK;
}

enum reason qm_keep_share(struct step_work *work)
{
    const struct answer *answer = work->answer;

    if (answer == NULL)
        return REASON_OK;
    work->draft->exchange.secret = answer->secret;
    return draft_set(work, BLOB_SHARE_MINE, bytes_of(answer->public_value, answer->public_len)) ? REASON_OK
                                                                                                : REASON_LIMIT;
}

/* HASH(1), HASH(2): over everything that follows the HASH payload. */
static bool hash_is_right(struct step_work *work, int number)
{
    const struct payload *hash = message_payload(work->in, PL_HASH);
    uint8_t expected[DIGEST_MAX];

    return bytes_equal_secret(hash_quick(work, number, message_after(work->in, hash), expected), hash->body);
}

static enum reason reason_of_refusal(enum esp_refusal refusal)
{
    switch (refusal) {
    case ESP_FITS: return REASON_OK;
    case ESP_NO_TRANSFORM: return REASON_NO_TRANSFORM;
    case ESP_NO_PFS: return REASON_NO_PFS;
    case ESP_OTHER_PFS: return REASON_UNWANTED_PFS;
    case ESP_OTHER_MODE: return REASON_WRONG_MODE;
    }
    return REASON_NO_TRANSFORM;
}

/* Of a range its ends, which are in no order. */
static void tell_proxy_refused(const struct step_work *work, size_t n, struct bytes body, enum wire_fault fault)
{
    struct event *e = tell_identity_refused(work, 2, body, fault);
    struct reader r = reader_of(body);

    if (e == NULL || fault != WIRE_ID_RANGE)
        return;
    read_u32(&r);
    size_t len = r.rest.len / 2;
    event_add_ip(e, n == 0 ? FIELD_REMOTE_ADDRESS : FIELD_LOCAL_ADDRESS, ip_of_bytes(read_bytes(&r, len)));
    event_add_ip(e, n == 0 ? FIELD_REMOTE_LAST : FIELD_LOCAL_LAST, ip_of_bytes(read_bytes(&r, len)));
}

/* Their side of the selector from one ID payload. */
static bool take_proxy(struct step_work *work, size_t n, struct ip_range *range, uint8_t *protocol,
                       struct port_range *ports)
{
    struct bytes body = message_nth(work->in, PL_ID, n)->body;
    struct id id;

    enum wire_fault fault = id_read(&id, body);
    if (fault != WIRE_OK || !id_to_range(&id, range)) {
        tell_proxy_refused(work, n, body, fault);
        return false;
    }
    *protocol = id.protocol;
    *ports = id.port == 0 ? (struct port_range){0, 65535} : (struct port_range){id.port, id.port};
    struct event *e = tell_sa(work->ike, work->out, EV_PROXY_RECEIVED, &work->draft->sa);
    int prefix_len = ip_range_prefix_len(*range);
    event_add_ip(e, n == 0 ? FIELD_REMOTE_ADDRESS : FIELD_LOCAL_ADDRESS, range->first);
    if (prefix_len < 0)
        event_add_ip(e, n == 0 ? FIELD_REMOTE_LAST : FIELD_LOCAL_LAST, range->last);
    else if ((size_t)prefix_len < ip_len(range->first) * 8)
        event_add_ip(e, n == 0 ? FIELD_REMOTE_MASK : FIELD_LOCAL_MASK,
                     ip_mask(range->first.family, (unsigned)prefix_len));
    event_add_text(e, FIELD_ID_TYPE, number_name(SPACE_ID, id.type));
    event_add_number(e, FIELD_PROTOCOL, id.protocol);
    event_add_number(e, n == 0 ? FIELD_REMOTE_PROXY_PORT : FIELD_LOCAL_PROXY_PORT, id.port);
    return true;
}

/* Without IDs the ends of the ISAKMP SA are meant. RFC 2409 section 5.5. */
static bool take_proxies(struct step_work *work, struct selector *wanted)
{
    const struct isakmp_sa *sa = &work->draft->sa;
    size_t count = message_count(work->in, PL_ID);
    uint8_t protocols[2];

    *wanted = (struct selector){
        .local = {sa->local.ip, sa->local.ip},
        .remote = {sa->remote.ip, sa->remote.ip},
        .local_ports = {0, 65535},
        .remote_ports = {0, 65535},
    };
    if (count == 0)
        return true;
    if (count != 2 || !take_proxy(work, 0, &wanted->remote, &protocols[0], &wanted->remote_ports) ||
        !take_proxy(work, 1, &wanted->local, &protocols[1], &wanted->local_ports) || protocols[0] != protocols[1])
        return false;
    wanted->protocol = protocols[0];
    return true;
}

/* Why none fits: each crypto map entry of that peer, as the ASA lists them. */
static void tell_maps_checked(struct step_work *work, const struct quick *quick)
{
    const struct policy *policy = work->ike->policy;

    for (uint16_t i = 0; i < policy->tunnel_count; i++) {
        const struct tunnel *tunnel = &policy->tunnels[i];
        bool is_of_peer = false;

        for (uint8_t k = 0; k < tunnel->peer_count; k++)
            is_of_peer = is_of_peer || ip_equal(tunnel->peers[k], work->draft->sa.remote.ip);
        if (!is_of_peer || work->out->event_count > IKE_EVENTS_MAX / 2)
            continue;
        struct event *e = tell_sa(work->ike, work->out, EV_MAP_CHECKED, &work->draft->sa);
        event_add_text(e, FIELD_MAP, tunnel->map_name);
        event_add_number(e, FIELD_SEQUENCE, tunnel->sequence);
        event_add_text(e, FIELD_RESULT,
                       tunnel->parked == NULL        ? "differs"
                       : tunnel->acl_name[0] == '\0' ? "no-acl"
                                                     : "incomplete");
        event_add_proxy(e, FIELD_REMOTE_PROXY, quick->selector.remote, quick->selector.protocol,
                        quick->selector.remote_ports);
        event_add_proxy(e, FIELD_LOCAL_PROXY, quick->selector.local, quick->selector.protocol,
                        quick->selector.local_ports);
    }
}

static bool has_entry(const struct policy *policy, uint16_t interface)
{
    for (uint16_t i = 0; i < policy->tunnel_count; i++)
        if (policy->tunnels[i].interface == interface)
            return true;
    return false;
}

static bool is_between_ends(const struct isakmp_sa *sa, const struct selector *selector)
{
    return ip_range_equal(selector->local, (struct ip_range){sa->local.ip, sa->local.ip}) &&
           ip_range_equal(selector->remote, (struct ip_range){sa->remote.ip, sa->remote.ip});
}

static enum reason tell_map_missing(struct step_work *work, const struct quick *quick)
{
    struct event *e = tell_sa(work->ike, work->out, EV_MAP_MISSING, &work->draft->sa);
    uint16_t interface = policy_interface_of(work->ike->policy, work->draft->sa.local.ip);

    event_add_ip(e, FIELD_LOCAL, work->draft->sa.local.ip);
    event_add_proxy(e, FIELD_REMOTE_PROXY, quick->selector.remote, quick->selector.protocol,
                    quick->selector.remote_ports);
    event_add_proxy(e, FIELD_LOCAL_PROXY, quick->selector.local, quick->selector.protocol, quick->selector.local_ports);
    if (interface != NO_INDEX)
        event_add_text(e, FIELD_INTERFACE, work->ike->policy->interfaces[interface].name);
    if (is_between_ends(&work->draft->sa, &quick->selector))
        event_add_text(e, FIELD_RESULT, "same-addresses");
    if (interface != NO_INDEX && !has_entry(work->ike->policy, interface))
        event_add_text(e, FIELD_CAUSE, "no-map");
    return REASON_NO_PROXY_MATCH;
}

/* The peers of a dynamic entry choose their networks: none gets ours, another peer's, or those of a static entry. */
static bool is_free(const struct step_work *work, const struct quick *quick)
{
    return !tunnel_of(work->ike, quick->tunnel)->is_dynamic ||
           (!policy_is_reserved(work->ike->policy, &quick->selector) &&
            pair_in_the_way(work->ike, work->draft->sa.peer, &quick->selector) == NULL);
}

/* An originate-only entry begins; what stands the peer may rekey. */
static bool may_answer(const struct step_work *work, const struct quick *quick)
{
    const struct tunnel *tunnel = tunnel_of(work->ike, quick->tunnel);

    return tunnel->connection_type != CONNECTION_ORIGINATE_ONLY ||
           pair_for(work->ike, work->draft->sa.peer, quick->tunnel, &quick->selector) != NULL;
}

/* ---- network extension mode: a network behind the user's end, in place of an address of ours or beside it */

static bool may_extend_network(const struct step_work *work)
{
    const struct group_policy *policy = limits_policy_of(work->ike, &work->draft->sa);

    return policy != NULL && policy->may_extend_network;
}

static void tell_extension(struct step_work *work, const struct quick *quick, const char *result)
{
    struct ip_range network = quick->selector.remote;
    struct event *e = tell_sa(work->ike, work->out, EV_NETWORK_EXTENSION, &work->draft->sa);
    int prefix_len = ip_range_prefix_len(network);

    event_add_text(e, FIELD_RESULT, result);
    event_add_ip(e, FIELD_REMOTE_ADDRESS, network.first);
    if (prefix_len >= 0)
        event_add_ip(e, FIELD_REMOTE_MASK, ip_mask(network.first.family, (unsigned)prefix_len));
}

static enum reason extend_network(struct step_work *work, struct quick *quick)
{
    const struct policy *policy = work->ike->policy;
    const struct isakmp_sa *sa = &work->draft->sa;

    if (!may_extend_network(work)) {
        tell_extension(work, quick, "not-allowed");
        return REASON_NO_NETWORK_EXTENSION;
    }
    quick->tunnel = policy_tunnel_of_user(policy, sa->tunnel_group, &quick->selector, &quick->ace);
    if (quick->tunnel == NO_INDEX)
        return tell_map_missing(work, quick);
    if (ip_range_prefix_len(quick->selector.remote) < 0 || !is_free(work, quick) ||
        policy_is_inside(policy, quick->selector.remote, policy->tunnels[quick->tunnel].interface)) {
        tell_extension(work, quick, "taken-already");
        return REASON_NETWORK_TAKEN;
    }
    tell_extension(work, quick, "taken");
    draft_intend(work, INTENT_LEASE)->lease = lease_of_network(work->ike, sa, quick->selector.remote);
    return REASON_OK;
}

/* A user's traffic comes from the address that he was given, or from his network, and from nowhere else; where it goes,
 * he says. */
static enum reason choose_tunnel_of_user(struct step_work *work, struct quick *quick)
{
    const struct session *session = session_of(work->ike, work->draft->sa.session);
    struct ip_range own = {session->address, session->address}, remote = quick->selector.remote;
    bool is_ours = session->tunnel != NO_INDEX, is_zero = bytes_are_zero(ip_bytes(&remote.first));

    if (!is_ours && is_zero)
        tell_payload_fault(work, "no-address");
    if (!ip_is_set(session->address) || !ip_range_equal(is_ours ? quick->selector.local : remote, own)) {
        bool is_host = ip_equal(remote.first, remote.last) && ip_is_set(session->address);

        return is_ours || is_zero || (is_host && !may_extend_network(work)) ? tell_map_missing(work, quick)
                                                                            : extend_network(work, quick);
    }
    quick->ace = 0;
    quick->tunnel =
        is_ours ? session->tunnel
                : policy_tunnel_of_user(work->ike->policy, work->draft->sa.tunnel_group, &quick->selector, &quick->ace);
    return quick->tunnel == NO_INDEX || tunnel_of(work->ike, quick->tunnel) == NULL ? tell_map_missing(work, quick)
                                                                                    : REASON_OK;
}

static enum reason take_entry(struct step_work *work, const struct quick *quick)
{
    const struct tunnel *tunnel = tunnel_of(work->ike, quick->tunnel);
    struct pair *gives_way;

    if (!is_free(work, quick))
        return REASON_NETWORK_TAKEN;
    if (!may_answer(work, quick))
        return REASON_MAY_NOT_ANSWER;
    if (!pairs_have_room(work->ike, work->now_ms, work->draft->sa.peer, quick, &gives_way))
        return REASON_TOO_MANY_PAIRS;
    struct event *e = tell_sa(work->ike, work->out, EV_MAP_CHECKED, &work->draft->sa);
    event_add_text(e, FIELD_MAP, tunnel->map_name);
    event_add_number(e, FIELD_SEQUENCE, tunnel->sequence);
    event_add_text(e, FIELD_RESULT, "match");
    event_add_text(tell_sa(work->ike, work->out, EV_MAP_CHOSEN, &work->draft->sa), FIELD_MAP, tunnel->map_name);
    return REASON_OK;
}

static enum reason choose_tunnel(struct step_work *work, const struct sa_payload *offer, struct quick *quick)
{
    if (!take_proxies(work, &quick->selector))
        return REASON_BAD_PROXY;
    transport_see_ends(&work->draft->sa, offer, &quick->selector);
    if (handle_is_set(work->draft->sa.session))
        return choose_tunnel_of_user(work, quick);
    if (policy_match_proxy(work->ike->policy, work->draft->sa.remote.ip, work->draft->sa.tunnel_group, &quick->selector,
                           &quick->tunnel, &quick->ace))
        return take_entry(work, quick);
    tell_maps_checked(work, quick);
    tell_other_peer(work, &quick->selector);
    return tell_map_missing(work, quick);
}

static bool keep_ids(struct step_work *work)
{
    return message_count(work->in, PL_ID) == 0 || (draft_set(work, BLOB_ID_I, message_nth(work->in, PL_ID, 0)->body) &&
                                                   draft_set(work, BLOB_ID_R, message_nth(work->in, PL_ID, 1)->body));
}

enum reason qm_choose(struct step_work *work)
{
    struct exchange *exchange = &work->draft->exchange;
    struct quick *quick = &exchange->quick;
    struct bytes nonce = message_body(work->in, PL_NONCE), share = message_body(work->in, PL_KE);
    struct sa_payload offer, answer;
    uint8_t spi[4];

    if (!hash_is_right(work, 1))
        return REASON_BAD_HASH;
    work->draft->is_authenticated = true;
    tell_exchange(work->ike, work->out, EV_PHASE2_ASKED, &work->draft->sa, exchange);
    enum wire_fault fault = sa_read(&offer, message_body(work->in, PL_SA));
    if (fault)
        return malformed(work, PL_SA, fault);
    tell_transforms(work, &offer);
    if (nonce.len < NONCE_MIN || nonce.len > NONCE_MAX)
        return REASON_BAD_NONCE;
    enum reason reason = choose_tunnel(work, &offer, quick);
    if (reason != REASON_OK)
        return reason;
    const struct tunnel *tunnel = tunnel_of(work->ike, quick->tunnel);
    struct esp_wish wish = wish_of(work, tunnel);
    tell_nat_mode(work, &wish);
    enum esp_refusal refusal = policy_choose_esp(work->ike->policy, &wish, &offer, share.len > 0, &quick->choice);
    if (refusal != ESP_FITS) {
        tell_no_transform(work, &offer, refusal);
        event_add_ip(tell_exchange(work->ike, work->out, EV_TRANSFORM_REFUSED, &work->draft->sa, exchange), FIELD_LOCAL,
                     work->draft->sa.local.ip);
        return reason_of_refusal(refusal);
    }
    struct event *e = tell_exchange(work->ike, work->out, EV_TRANSFORM_ACCEPTED, &work->draft->sa, exchange);
    event_add_number(e, FIELD_PROPOSAL, offer.proposals[quick->choice.proposal].number);
    event_add_number(e, FIELD_TRANSFORM,
                     sa_transform_of(&offer, quick->choice.proposal, quick->choice.transform)->number);
    event_add_number(e, FIELD_SEQUENCE, tunnel->sequence);
    tell_choice(work);
    if (share.len > 0 && share.len != group_info(quick->choice.pfs)->public_len)
        return REASON_BAD_SHARE_LENGTH;
    if (pair_of_spi_out(work->ike, work->draft->sa.peer, quick->choice.spi) != NULL)
        return REASON_BAD_SPI;
    quick->spi_in = fresh_spi(work);
    quick->spi_out = quick->choice.spi;
    put_spi(spi, quick->spi_in);
    answer = sa_choose(&offer, quick->choice.proposal, quick->choice.transform, BYTES_OF(spi));
    if (!set_sa(work, BLOB_SA_R, &answer) || !draft_set(work, BLOB_NONCE_I, nonce) || !set_nonce(work, BLOB_NONCE_R) ||
        !keep_ids(work))
        return REASON_LIMIT;
    if (share.len > 0)
        ask_share(work, QUESTION_SHARE_AND_SECRET, quick->choice.pfs, share);
    return REASON_OK;
}

/* Both roles: the keys of the pair, with g(qm)^xy when there is PFS. Where they are weak the message is refused:
 * repeated to a responder it makes others. */
enum reason qm_take_secret(struct step_work *work)
{
    struct exchange *exchange = &work->draft->exchange;
    const struct answer *answer = work->answer;
    struct bytes shared = answer == NULL ? bytes_of(NULL, 0) : bytes_of(answer->shared, answer->shared_len);

    if (exchange->side == INITIATOR)
        exchange->secret = (struct handle){0, 0};
    else if (answer != NULL && !draft_set(work, BLOB_SHARE_MINE, bytes_of(answer->public_value, answer->public_len)))
        return REASON_LIMIT;
    tell_exchange(work->ike, work->out, EV_QUICK_MODE_KEYS_MADE, &work->draft->sa, exchange);
    struct pair_keys keys = keys_make_pair(&work->draft->sa, &exchange->quick, shared, draft_blob(work, BLOB_NONCE_I),
                                           draft_blob(work, BLOB_NONCE_R));
    bool is_weak = keys_of_pair_are_weak(exchange->quick.choice.cipher, &keys);
    bool is_kept = draft_set(work, BLOB_KEYS, bytes_of(&keys, sizeof keys));
    bytes_wipe(&keys, sizeof keys);
    if (is_weak)
        return REASON_WEAK_KEY;
    draft_intend(work, INTENT_INSTALL_INBOUND);
    return is_kept ? REASON_OK : REASON_LIMIT;
}

enum reason qm_answer(struct step_work *work)
{
    (void)work; /* all that message 2 holds was made before the plane was asked */
    return REASON_OK;
}

static bool is_same_proxy(struct step_work *work, size_t n, enum blob_id ours)
{
    const struct esp_choice *choice = &work->draft->exchange.quick.choice;
    struct bytes theirs = message_nth(work->in, PL_ID, n)->body;

    return bytes_equal(theirs, draft_blob(work, ours)) ||
           (choice->is_transport && choice->is_udp && transport_is_same_end(theirs, draft_blob(work, ours)));
}

/* The peer may leave both IDs out only where they say no more than the ends themselves; otherwise they are ours again.
 */
static bool proxies_are_ours(struct step_work *work)
{
    return message_count(work->in, PL_ID) == 2 && is_same_proxy(work, 0, BLOB_ID_I) &&
           is_same_proxy(work, 1, BLOB_ID_R);
}

enum reason qm_check_choice(struct step_work *work)
{
    struct exchange *exchange = &work->draft->exchange;
    struct quick *quick = &exchange->quick;
    const struct tunnel *tunnel = tunnel_of(work->ike, quick->tunnel);
    struct bytes nonce = message_body(work->in, PL_NONCE), share = message_body(work->in, PL_KE);
    struct sa_payload offer, answer;
    size_t proposal, transform;

    if (!hash_is_right(work, 2))
        return REASON_BAD_HASH;
    work->draft->is_authenticated = true;
    enum wire_fault fault = sa_read(&answer, message_body(work->in, PL_SA));
    if (fault)
        return malformed(work, PL_SA, fault);
    tell_transforms(work, &answer);
    CHECK(sa_read(&offer, draft_blob(work, BLOB_SA_I)) == WIRE_OK);
    if (nonce.len < NONCE_MIN || nonce.len > NONCE_MAX || bytes_equal(nonce, draft_blob(work, BLOB_NONCE_I)))
        return REASON_BAD_NONCE;
    if (tunnel == NULL)
        return REASON_NO_TUNNEL;
    if (!sa_find_choice(&offer, &answer, &proposal, &transform))
        return REASON_NOT_OUR_OFFER;
    struct esp_wish wish = wish_of(work, tunnel);
    enum reason reason =
        reason_of_refusal(policy_choose_esp(work->ike->policy, &wish, &answer, share.len > 0, &quick->choice));
    if (reason != REASON_OK)
        return reason;
    if (!proxies_are_ours(work))
        return REASON_PROXY_CHANGED;
    tell_choice(work);
    if (share.len > 0 && (share.len != group_info(quick->choice.pfs)->public_len ||
                          bytes_equal(share, draft_blob(work, BLOB_SHARE_MINE))))
        return REASON_BAD_SHARE;
    if (quick->choice.spi == quick->spi_in ||
        pair_of_spi_out(work->ike, work->draft->sa.peer, quick->choice.spi) != NULL)
        return REASON_BAD_SPI;
    quick->spi_out = quick->choice.spi;
    lifetime_take(work);
    replay_status_take(work);
    if (!draft_set(work, BLOB_NONCE_R, nonce))
        return REASON_LIMIT;
    if (share.len > 0)
        ask_share(work, QUESTION_SECRET, quick->choice.pfs, share);
    return REASON_OK;
}

enum reason qm_confirm(struct step_work *work)
{
    (void)work; /* message 3 is a hash over what is known */
    return REASON_OK;
}

enum reason qm_settle(struct step_work *work)
{
    draft_intend(work, INTENT_INSTALL_OUTBOUND);
    return REASON_OK;
}

enum reason qm_check_confirmation(struct step_work *work)
{
    uint8_t expected[DIGEST_MAX];

    if (!bytes_equal_secret(hash_quick(work, 3, bytes_of(NULL, 0), expected), message_body(work->in, PL_HASH)))
        return REASON_BAD_HASH;
    work->draft->is_authenticated = true;
    draft_intend(work, INTENT_INSTALL_OUTBOUND);
    return REASON_OK;
}

enum reason qm_complete(struct step_work *work)
{
    draft_intend(work, INTENT_PAIR_UP);
    return REASON_OK;
}
