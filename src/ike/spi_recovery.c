/* `crypto isakmp invalid-spi-recovery`: ESP in an SA that we do not have comes from a peer that does not know. In an
 * ISAKMP SA it is told by a Delete; where there is none, one is begun, whose INITIAL-CONTACT says that there is nothing
 * older. Who sends ESP is not proved, so it is done for peers of the configuration alone, and seldom. */
#include "ike/engine.h"
#include "wire/payloads.h"

enum { RECOVERED_AGAIN_MS = 10000 };

static bool may_begin(const struct ike *ike, const struct peer *peer, const struct tunnel *tunnel)
{
    return sa_begun_of(ike, peer->self) == NULL && tunnel->connection_type != CONNECTION_ANSWER_ONLY &&
           !tunnel->is_client && ip_is_set(ike->policy->interfaces[tunnel->interface].ip) &&
           !limits_refuse_ikev1(ike, policy_tunnel_group_of(ike->policy, peer->remote));
}

void spi_recover(struct ike *ike, uint64_t now_ms, struct ip from, uint32_t spi, struct ike_outputs *out)
{
    const struct policy *policy = ike->policy;
    uint16_t index = policy == NULL || !policy->is_spi_recovered ? NO_INDEX : policy_tunnel_of_peer(policy, from);
    struct peer *peer = index == NO_INDEX || ike->is_closing ? NULL : peer_make(ike, from);
    uint8_t bytes[SPI_LEN];
    struct writer w = writer_of(bytes, sizeof bytes);

    if (peer == NULL || (peer->recovered_ms != 0 && now_ms - peer->recovered_ms < RECOVERED_AGAIN_MS))
        return;
    const struct tunnel *tunnel = &policy->tunnels[index];
    const struct isakmp_sa *sa = sa_up_of(ike, peer->self);
    peer->recovered_ms = now_ms;
    write_u32(&w, spi);
    if (sa != NULL)
        delete_send(ike, sa, PROTO_ESP, writer_bytes(&w), REASON_OK, out);
    else if (may_begin(ike, peer, tunnel))
        phase1_begin(ike, now_ms, peer, index, NULL,
                     (struct endpoint){policy->interfaces[tunnel->interface].ip, IKE_PORT},
                     (struct endpoint){peer->remote, IKE_PORT}, out);
}
