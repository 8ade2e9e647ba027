/* Access-lists that let nothing through of what a crypto ACL protects: the vpn-filter of the peer, and the lists of the
 * interfaces. Judged from the policy alone. What only some of the lines say is for packet-tracer. */
#include "doctor/parts.h"
#include "policy/filter.h"

void examine_lists(struct doctor *doctor);

static void find_list(struct doctor *doctor, enum doctor_check check, const struct tunnel *tunnel,
                      const struct crypto_ace *ace, const char *list, const char *interface)
{
    struct place place;

    place_of(&place, doctor, tunnel, ace);
    place.fields.list = list;
    place.fields.interface = interface;
    doctor_find(doctor, check, &place.fields);
}

static void examine_filter(struct doctor *doctor, const struct tunnel *tunnel, const struct crypto_ace *ace)
{
    const struct policy *policy = doctor->policy;
    const struct filter *filter =
        tunnel->peer_count == 0 ? NULL : filter_of(policy, policy_tunnel_group_of(policy, tunnel->peers[0]), "");
    struct selector mirror = selector_mirror(ace->selector);

    if (filter != NULL && filter_reach(filter, &mirror) != FILTER_LETS_SOME)
        find_list(doctor, DOCTOR_FILTER_DENIES, tunnel, ace, filter->name, NULL);
}

/* ---- the lists of interfaces ---- */

/* Where the hosts of that network are: behind the interface whose network, or a route of which, has some of it. */
static bool is_behind(const struct policy *policy, uint16_t index, struct ip_range network)
{
    const struct policy_interface *interface = &policy->interfaces[index];
    struct ip_range both;

    if (ip_is_set(interface->ip) &&
        ip_range_intersect(ip_range_of_prefix(ip_first(interface->ip, interface->prefix_len), interface->prefix_len),
                           network, &both))
        return true;
    for (uint16_t i = 0; i < policy->route_count; i++)
        if (policy->routes[i].interface == index && policy->routes[i].prefix_len > 0 &&
            ip_range_intersect(policy->routes[i].destination, network, &both))
            return true;
    return false;
}

static void examine_way(struct doctor *doctor, enum doctor_check check, const struct tunnel *tunnel,
                        const struct crypto_ace *ace, uint16_t interface, enum access_way way,
                        const struct selector *traffic)
{
    const struct filter *filter = filter_that_stops(doctor->policy, interface, way, traffic);

    if (filter != NULL)
        find_list(doctor, check, tunnel, ace, filter->name, doctor->policy->interfaces[interface].name);
}

static void examine_interfaces(struct doctor *doctor, const struct tunnel *tunnel, const struct crypto_ace *ace)
{
    const struct policy *policy = doctor->policy;
    struct selector mirror = selector_mirror(ace->selector);

    for (uint16_t i = 0; i < policy->interface_count; i++)
        if (i != tunnel->interface && is_behind(policy, i, ace->selector.local)) {
            examine_way(doctor, DOCTOR_LIST_DENIES_IN, tunnel, ace, i, ACCESS_IN, &ace->selector);
            examine_way(doctor, DOCTOR_LIST_DENIES_OUT, tunnel, ace, i, ACCESS_OUT, &mirror);
        }
    if (policy->is_decrypted_filtered)
        examine_way(doctor, DOCTOR_LIST_DENIES_DECRYPTED, tunnel, ace, tunnel->interface, ACCESS_IN, &mirror);
}

void examine_lists(struct doctor *doctor)
{
    const struct policy *policy = doctor->policy;

    for (uint16_t i = 0; policy != NULL && policy->filter_count > 0 && i < policy->tunnel_count; i++) {
        const struct tunnel *tunnel = &policy->tunnels[i];

        for (uint16_t j = 0; interface_of_tunnel(policy, tunnel) != NULL && !tunnel->is_open && j < tunnel->ace_count;
             j++)
            if (tunnel->aces[j].is_permit) {
                examine_filter(doctor, tunnel, &tunnel->aces[j]);
                examine_interfaces(doctor, tunnel, &tunnel->aces[j]);
            }
    }
}
