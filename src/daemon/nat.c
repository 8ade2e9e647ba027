#include "daemon/nat.h"

#include "base/names.h"
#include "daemon/conntrack.h"
#include "daemon/netlink.h"
#include "daemon/nft_json.h"
#include "doctor/nft.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

static bool refused(struct text *why, const char *what, int error)
{
    text_add(why, "%s: %s", what, strerror(error));
    return false;
}

static bool run_nft(const char *json, struct text *why)
{
    return nft_run(bytes_of_text(json), true, "rules of address translation", "translates addresses", why);
}

/* ---- connections that stand ---- */

struct ends {
    struct ip source, destination;
};

/* Between which addresses a connection goes on; as it came when no rule is for it. */
static struct ends translated(const struct policy *policy, const struct connection *c)
{
    struct flow out = connection_flow(c), in = connection_flow_back(c);
    struct nat_match match;

    if (nat_out(policy, NAT_ANY_INTERFACE, NAT_ANY_INTERFACE, &out, &match))
        return (struct ends){match.outer.local, match.outer.remote};
    if (nat_in(policy, NAT_ANY_INTERFACE, &in, &match))
        return (struct ends){match.inner.remote, match.inner.local};
    return (struct ends){c->source, c->destination};
}

static bool is_same(struct ends a, struct ends b)
{
    return ip_equal(a.source, b.source) && ip_equal(a.destination, b.destination);
}

struct change {
    const struct policy *old, *new;
};

/* The kernel translates a connection as its first packet was, for as long as it lasts. */
static bool forget_changed(void *context, const struct connection *c)
{
    const struct change *change = context;
    struct ends before = {c->source, c->destination}, now = translated(change->new, c);

    if (change->old != NULL)
        before = translated(change->old, c);
    else if (!ip_equal(c->back_source, c->destination) || !ip_equal(c->back_destination, c->source))
        return true; /* it is translated, and was before we came */
    if (!is_same(before, now))
        conntrack_remove(c);
    return true;
}

bool nat_close_up(const struct policy *old, const struct policy *policy, struct text *why)
{
    struct change change = {old, policy};

    if (policy->nat_rule_count == 0 && old != NULL && old->nat_rule_count == 0)
        return true;
    if (policy->nat_rule_count == 0) {
        if (!run_nft(nat_rules_removal, why))
            return false;
    } else {
        char *json = nat_rules_json(policy);
        bool ok = json == NULL ? refused(why, "the rules of address translation", ENOMEM) : run_nft(json, why);

        free(json);
        if (!ok)
            return false;
    }
    if (policy->nat_rule_count > 0 || old != NULL)
        conntrack_each(&change, forget_changed);
    return true;
}

/* ---- ARP ---- */

static bool is_among(const struct nat_answers *answers, unsigned link, struct ip ip)
{
    for (size_t i = 0; i < answers->count; i++)
        if (answers->list[i].link == link && ip_equal(answers->list[i].ip, ip))
            return true;
    return false;
}

/* As the policy wants them; false: no memory. */
static bool wanted_answers(struct nat_answers *wanted, const struct policy *policy)
{
    struct nat_proxy *proxies = malloc(NAT_PROXIES_MAX * sizeof *proxies);
    size_t proxy_count = proxies == NULL ? 0 : nat_proxies(policy, proxies);

    *wanted = (struct nat_answers){malloc((proxy_count + 1) * sizeof *wanted->list), 0};
    for (size_t i = 0; wanted->list != NULL && i < proxy_count; i++) {
        unsigned link = if_nametoindex(policy->interfaces[proxies[i].interface].linux_name);

        if (link == 0 || is_among(wanted, link, proxies[i].ip))
            continue;
        wanted->list[wanted->count].link = link;
        wanted->list[wanted->count++].ip = proxies[i].ip;
    }
    free(proxies);
    return proxies != NULL && wanted->list != NULL;
}

/* Linux answers for an address only while it would send it elsewhere: to the TUN, where nothing comes of it. */
bool nat_open(struct nat_answers *answers, const char *tun_name, const struct policy *policy, struct text *why)
{
    struct nat_answers wanted;
    unsigned tun = if_nametoindex(tun_name);
    int error = answers->list == NULL ? netlink_proxies_remove() : 0;

    if (!wanted_answers(&wanted, policy))
        error = ENOMEM;
    for (size_t i = 0; error == 0 && i < answers->count; i++) {
        if (is_among(&wanted, answers->list[i].link, answers->list[i].ip))
            continue;
        netlink_host_route_remove(tun, answers->list[i].ip);
        error = netlink_proxy_remove(answers->list[i].link, answers->list[i].ip);
    }
    for (size_t i = 0; error == 0 && i < wanted.count; i++) {
        if (is_among(answers, wanted.list[i].link, wanted.list[i].ip))
            continue;
        error = netlink_host_route_add(tun, wanted.list[i].ip);
        error = error == 0 ? netlink_proxy_add(wanted.list[i].link, wanted.list[i].ip) : error;
    }
    if (error != 0) {
        free(wanted.list);
        return refused(why, "answers to ARP for translated addresses", error);
    }
    free(answers->list);
    *answers = wanted;
    return true;
}

void nat_answers_free(struct nat_answers *answers)
{
    free(answers->list);
    *answers = (struct nat_answers){0};
}

bool nat_take_away(struct text *why)
{
    int error = netlink_proxies_remove();

    if (error != 0)
        return refused(why, "answers to ARP for translated addresses", error);
    return run_nft(nat_rules_removal, why);
}

/* ---- counters ---- */

bool nat_read_counters(const struct policy *policy, struct nat_counts *counts)
{
    json_t *root = nft_read_counters("list", NFT_NAT_TABLE);
    char name[NAT_COUNTER_SIZE];

    for (uint16_t i = 0; root != NULL && i < policy->nat_rule_count; i++) {
        counts->translated[i] = nft_counter_packets(root, nat_counter_name(policy, i, NAT_WAY_OUT, name));
        counts->untranslated[i] = nft_counter_packets(root, nat_counter_name(policy, i, NAT_WAY_IN, name));
    }
    if (root != NULL)
        counts->hits = nft_counter_packets(root, NAT_HITS);
    json_decref(root);
    return root != NULL;
}

bool nat_clear_counters(void)
{
    json_t *root = nft_read_counters("reset", NFT_NAT_TABLE);

    json_decref(root);
    return root != NULL;
}
