/* Settings of the kernel that are the administrator's, and that stop traffic through a gateway. */
#include "base/names.h"
#include "doctor/parts.h"

#include <net/if.h>
#include <string.h>
#include <unistd.h>

enum { OFF = 0, STRICT = 1, LOOSE = 2 };

void examine_forwarding(struct doctor *doctor);
void examine_reverse_path(struct doctor *doctor);

/* ---- Forwarding ---- */

static bool is_this_host(struct ip_range range)
{
    struct address address;

    return ip_equal(range.first, range.last) && address_find(range.first, &address);
}

static void examine_forwarding_of(struct doctor *doctor, const struct tunnel *tunnel)
{
    for (uint16_t i = 0; i < tunnel->ace_count; i++) {
        struct ip_range local = tunnel->aces[i].selector.local;
        bool is_v6 = local.first.family == IP_V6;
        int setting = is_v6 ? setting_read("ipv6/conf/all/forwarding") : setting_read("ipv4/ip_forward");
        char network[RANGE_SIZE];

        if (tunnel->aces[i].is_permit && setting == 0 && !is_this_host(local))
            doctor_find(doctor, is_v6 ? DOCTOR_NO_FORWARDING_V6 : DOCTOR_NO_FORWARDING,
                        &(struct fields){.network = range_text(local, network)});
    }
}

void examine_forwarding(struct doctor *doctor)
{
    const struct policy *policy = doctor->policy;

    for (uint16_t i = 0; policy != NULL && i < policy->tunnel_count; i++)
        if (interface_of_tunnel(policy, &policy->tunnels[i]) != NULL)
            examine_forwarding_of(doctor, &policy->tunnels[i]);
}

/* ---- Reverse path filter: only IPv4 has one ---- */

/* The kernel takes the greater of the two. */
static int reverse_path_of(const char *device)
{
    int for_all = setting_read("ipv4/conf/all/rp_filter"), own = setting_read("ipv4/conf/%s/rp_filter", device);

    return for_all > own ? for_all : own;
}

static void examine_path(struct doctor *doctor, const struct policy_interface *interface, struct ip peer)
{
    struct address here;
    struct route back;
    char address[IP_TEXT_SIZE];

    if (peer.family != IP_V4 || !address_find(interface->ip, &here) || reverse_path_of(here.device) != STRICT ||
        route_find(peer, interface->ip, &back) != 0 || strcmp(back.device, here.device) == 0)
        return;
    doctor_find(doctor, DOCTOR_STRICT_PATH,
                &(struct fields){.device = here.device, .peer = ip_text(peer, address), .other = back.device});
}

/* ikewised makes its device loose, where it may; a new device gets the default. */
static int reverse_path_of_tun(void)
{
    if (if_nametoindex(TUN_NAME) != 0)
        return reverse_path_of(TUN_NAME);
    if (access("/proc/sys/net/ipv4/conf/default/rp_filter", W_OK) != 0)
        return reverse_path_of("default");
    return setting_read("ipv4/conf/all/rp_filter") == OFF ? OFF : LOOSE;
}

static void examine_way_back(struct doctor *doctor, const struct tunnel *tunnel)
{
    for (uint16_t i = 0; i < tunnel->ace_count; i++) {
        struct ip_range remote = tunnel->aces[i].selector.remote;
        char network[RANGE_SIZE];
        struct route route;

        if (tunnel->aces[i].is_permit && remote.first.family == IP_V4 &&
            route_find(remote.last, (struct ip){0}, &route) != 0)
            doctor_find(doctor, DOCTOR_LOOSE_TUN, &(struct fields){.network = range_text(remote, network)});
    }
}

void examine_reverse_path(struct doctor *doctor)
{
    const struct policy *policy = doctor->policy;
    int of_tun = reverse_path_of_tun();

    if (of_tun == STRICT)
        doctor_find(doctor, DOCTOR_STRICT_TUN, &(struct fields){.device = TUN_NAME});
    for (uint16_t i = 0; policy != NULL && i < policy->tunnel_count; i++) {
        const struct tunnel *tunnel = &policy->tunnels[i];
        const struct policy_interface *interface = interface_of_tunnel(policy, tunnel);
        for (uint8_t j = 0; interface != NULL && j < tunnel->peer_count; j++)
            examine_path(doctor, interface, tunnel->peers[j]);
        if (interface != NULL && of_tun == LOOSE)
            examine_way_back(doctor, tunnel);
    }
}
