/* Which of our packets the packet filter of this machine lets through: the rules are judged by filter.c. */
#include "base/names.h"
#include "doctor/filter.h"
#include "doctor/child.h"
#include "doctor/nft.h"
#include "doctor/parts.h"

#include <stdlib.h>
#include <string.h>

enum { PEERS_JUDGED = 16, RULES_MAX = 64 * 1024 * 1024, RULES_WAIT_MS = 5000 };

void examine_filter(struct doctor *doctor);
void examine_filter_legacy(struct doctor *doctor);

static const struct {
    enum filter_way way;
    uint16_t port;
    const char *what, *match;
} packets[] = {
    {FILTER_IN, PORT_ISAKMP, "UDP 500", "udp dport 500"},
    {FILTER_IN, PORT_NAT_T, "UDP 4500", "udp dport 4500"},
    {FILTER_IN, 0, "ESP", "meta l4proto esp"},
    {FILTER_OUT, PORT_ISAKMP, "UDP 500", "udp sport 500"},
    {FILTER_OUT, PORT_NAT_T, "UDP 4500", "udp sport 4500"},
    {FILTER_OUT, 0, "ESP", "meta l4proto esp"},
};

static void say(struct doctor *doctor, enum doctor_check check, size_t index, struct ip peer,
                const struct filter_verdict *verdict)
{
    char address[IP_TEXT_SIZE];

    doctor_find(doctor, check,
                &(struct fields){.what = packets[index].what,
                                 .match = packets[index].match,
                                 .way = packets[index].way == FILTER_IN ? "from" : "to",
                                 .peer = ip_is_set(peer) ? ip_text(peer, address) : "any peer",
                                 .rule = verdict->rule,
                                 .family = verdict->family,
                                 .table = verdict->table,
                                 .chain = verdict->chain});
}

static void examine_packets(struct doctor *doctor, const struct filter *filter, struct filter_packet packet)
{
    for (size_t i = 0; i < COUNT_OF(packets); i++) {
        packet.way = packets[i].way;
        packet.port = packets[i].port;
        packet.age = FILTER_NEW;
        struct filter_verdict verdict = filter_judge(filter, &packet);
        if (verdict.end == FILTER_PASSES)
            continue;
        if (verdict.end == FILTER_DOUBT) {
            say(doctor, DOCTOR_FILTER_UNSURE, i, packet.peer, &verdict);
            continue;
        }
        packet.age = FILTER_ESTABLISHED;
        bool is_one_way = filter_judge(filter, &packet).end == FILTER_PASSES;
        say(doctor, is_one_way ? DOCTOR_FILTER_ONE_WAY : DOCTOR_FILTER_DROPS, i, packet.peer, &verdict);
    }
}

/* Without a configuration addresses and device are not known, and what asks for them cannot be judged. */
static void examine_rules(struct doctor *doctor, const struct filter *filter)
{
    const struct policy *policy = doctor->policy;
    unsigned peer_count = 0;

    if (policy == NULL)
        examine_packets(doctor, filter, (struct filter_packet){.device = ""});
    for (uint16_t i = 0; policy != NULL && i < policy->tunnel_count; i++) {
        const struct policy_interface *interface = interface_of_tunnel(policy, &policy->tunnels[i]);
        struct address here = {.device = ""};
        if (interface == NULL)
            continue;
        address_find(interface->ip, &here);
        for (uint8_t j = 0; j < policy->tunnels[i].peer_count && peer_count < PEERS_JUDGED; j++, peer_count++)
            examine_packets(doctor, filter,
                            (struct filter_packet){
                                .local = interface->ip, .peer = policy->tunnels[i].peers[j], .device = here.device});
    }
}

void examine_filter(struct doctor *doctor)
{
    const char *path = nft_path();

    if (path == NULL) {
        doctor_find(doctor, DOCTOR_NO_NFT, &(struct fields){0});
        return;
    }
    char *rules = child_read(path, (char *[]){"nft", "-j", "list", "ruleset", NULL}, RULES_MAX, RULES_WAIT_MS);
    struct filter *filter = rules != NULL ? filter_read(rules) : NULL;
    if (filter != NULL) {
        examine_rules(doctor, filter);
        filter_free(filter);
    } else {
        doctor_find(doctor, DOCTOR_FILTER_UNREAD, &(struct fields){0});
    }
    free(rules);
}

/* The tables of iptables that are not nft's: known to the kernel from their first use on. */
void examine_filter_legacy(struct doctor *doctor)
{
    static const char *const lists[] = {"/proc/net/ip_tables_names", "/proc/net/ip6_tables_names"};

    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        char table[64];
        if (line_find(lists[i], "", table, sizeof table) && table[0] != '\0')
            doctor_find(doctor, DOCTOR_FILTER_LEGACY, &(struct fields){.table = table});
    }
}
