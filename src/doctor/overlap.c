/* Networks that stand where they cannot both be. Judged from the policy alone. */
#include "doctor/parts.h"

void examine_overlaps(struct doctor *doctor);

/* Everything, or so much of it that nobody means it as one network. */
static bool is_any(struct ip_range range)
{
    return ip_range_prefix_len(range) == 0;
}

static void examine_ends(struct doctor *doctor, const struct tunnel *tunnel, const struct crypto_ace *ace)
{
    struct ip_range local = ace->selector.local, remote = ace->selector.remote, both;
    struct place place;

    /* any at one end is how a hub is written */
    if (is_any(local) || is_any(remote) || !ip_range_intersect(local, remote, &both))
        return;
    place_of(&place, doctor, tunnel, ace);
    doctor_find(doctor, ip_range_equal(local, remote) ? DOCTOR_SAME_NETWORK : DOCTOR_NETWORKS_OVERLAP, &place.fields);
}

static void examine_peers_of(struct doctor *doctor, const struct tunnel *tunnel, const struct crypto_ace *ace)
{
    struct ip_range remote = ace->selector.remote;
    char peer[IP_TEXT_SIZE];
    struct place place;

    for (uint8_t i = 0; i < tunnel->peer_count; i++)
        if (!is_any(remote) && ip_range_holds(remote, tunnel->peers[i])) {
            place_of(&place, doctor, tunnel, ace);
            place.fields.peer = ip_text(tunnel->peers[i], peer);
            place.fields.network = place.other;
            doctor_find(doctor, DOCTOR_PEER_INSIDE, &place.fields);
        }
}

/* ---- Two tunnels: the first entry that matches is taken ---- */

/* The line of the earlier tunnel that catches some of what the later one wants. A deny before it that holds all of it
 * lets it through to the later one. */
static const struct crypto_ace *catcher_in(const struct tunnel *earlier, const struct selector *wanted)
{
    for (uint16_t i = 0; i < earlier->ace_count; i++) {
        const struct crypto_ace *ace = &earlier->aces[i];
        if (!ace->is_permit && selector_contains(&ace->selector, wanted))
            return NULL;
        if (ace->is_permit && selector_overlaps(&ace->selector, wanted))
            return ace;
    }
    return NULL;
}

static void examine_pair(struct doctor *doctor, const struct tunnel *earlier, const struct tunnel *later,
                         const struct crypto_ace *ace)
{
    const struct crypto_ace *catcher = catcher_in(earlier, &ace->selector);
    char first_line[NUMBER_SIZE];
    struct place place;

    if (catcher == NULL)
        return;
    bool is_hidden = selector_contains(&catcher->selector, &ace->selector);
    /* The narrow one first and the wide one behind it is how an exception is written. */
    if (!is_hidden && selector_contains(&ace->selector, &catcher->selector))
        return;
    place_of(&place, doctor, later, ace);
    place.fields.first_line = number_text(catcher->line, first_line);
    doctor_find(doctor, is_hidden ? DOCTOR_TUNNEL_HIDDEN : DOCTOR_TUNNELS_OVERLAP, &place.fields);
}

static bool is_same_peer(const struct tunnel *a, const struct tunnel *b)
{
    return a->peer_count > 0 && b->peer_count > 0 && ip_equal(a->peers[0], b->peers[0]);
}

static void examine_against_earlier(struct doctor *doctor, uint16_t later, const struct crypto_ace *ace)
{
    const struct tunnel *tunnels = doctor->policy->tunnels;

    for (uint16_t i = 0; i < later; i++)
        if (interface_of_tunnel(doctor->policy, &tunnels[i]) != NULL && !is_same_peer(&tunnels[i], &tunnels[later]))
            examine_pair(doctor, &tunnels[i], &tunnels[later], ace);
}

void examine_overlaps(struct doctor *doctor)
{
    const struct policy *policy = doctor->policy;

    for (uint16_t i = 0; policy != NULL && i < policy->tunnel_count; i++) {
        const struct tunnel *tunnel = &policy->tunnels[i];
        for (uint16_t j = 0; interface_of_tunnel(policy, tunnel) != NULL && j < tunnel->ace_count; j++) {
            if (!tunnel->aces[j].is_permit)
                continue;
            examine_ends(doctor, tunnel, &tunnel->aces[j]);
            examine_peers_of(doctor, tunnel, &tunnel->aces[j]);
            examine_against_earlier(doctor, i, &tunnel->aces[j]);
        }
    }
}
