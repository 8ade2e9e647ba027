/* Transport mode in quick mode. Across a NAT each end has another address for one of the two: the identities name what
 * the initiator sees, and NAT-OA payloads tell what each end sees (RFC 3947 section 5.2), for peers that mend checksums
 * with them. The plane makes checksums anew and does not ask for the peer's. */
#include "ike/engine.h"
#include "wire/payloads.h"

enum natt_variant natt_in_use(const struct isakmp_sa *sa)
{
    return sa->peer_is_behind_nat || sa->we_are_behind_nat ? sa->natt : NATT_NONE;
}

static bool is_host(struct ip_range range)
{
    return ip_equal(range.first, range.last);
}

bool transport_is_for(const struct isakmp_sa *sa, const struct selector *selector)
{
    return is_host(selector->local) && is_host(selector->remote) && ip_equal(selector->local.first, sa->local.ip) &&
           ip_equal(selector->remote.first, sa->remote.ip);
}

static bool offers_transport(const struct sa_payload *sa, uint16_t encapsulation)
{
    for (size_t i = 0; i < sa->transform_count; i++)
        if (sa->transforms[i].encapsulation == encapsulation)
            return true;
    return false;
}

void transport_see_ends(const struct isakmp_sa *sa, const struct sa_payload *offer, struct selector *wanted)
{
    enum natt_variant natt = natt_in_use(sa);

    if (natt == NATT_NONE || !offers_transport(offer, natt_of(natt)->udp_transport))
        return;
    if (sa->peer_is_behind_nat && is_host(wanted->remote))
        wanted->remote = (struct ip_range){sa->remote.ip, sa->remote.ip};
    if (sa->we_are_behind_nat && is_host(wanted->local))
        wanted->local = (struct ip_range){sa->local.ip, sa->local.ip};
}

bool transport_is_same_end(struct bytes theirs, struct bytes ours)
{
    struct id their_id, our_id;
    struct ip_range their_range;

    return id_read(&their_id, theirs) == WIRE_OK && id_read(&our_id, ours) == WIRE_OK &&
           id_to_range(&their_id, &their_range) && is_host(their_range) && their_id.protocol == our_id.protocol &&
           their_id.port == our_id.port;
}

bool transport_address(const struct step_work *work, size_t number, struct nat_oa *address)
{
    const struct isakmp_sa *sa = &work->draft->sa;
    enum side side = work->draft->exchange.side;
    enum natt_variant natt = natt_in_use(sa);
    struct sa_payload ours;

    if (number > RESPONDER || natt == NATT_NONE ||
        sa_read(&ours, draft_blob(work, side == INITIATOR ? BLOB_SA_I : BLOB_SA_R)) != WIRE_OK ||
        !offers_transport(&ours, natt_of(natt)->udp_transport))
        return false;
    const struct ip *ip = number == side ? &sa->local.ip : &sa->remote.ip;
    *address = (struct nat_oa){.type = ip->family == IP_V6 ? ID_IPV6_ADDR : ID_IPV4_ADDR, .data = ip_bytes(ip)};
    return true;
}
