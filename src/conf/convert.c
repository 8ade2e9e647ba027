#include "conf/convert.h"

#include "base/check.h"
#include "conf/convert_parts.h"

#include <string.h>

const struct convert_names convert_ciphers[] = {
#define CIPHER_AS(id, ios, ios_transform, strongswan, libreswan)                                                       \
    [CIPHER_##id] = {ios, ios_transform, strongswan, libreswan},
#define HASH_AS(...)
#define GROUP_AS(...)
#include "conf/convert.def"
#undef CIPHER_AS
#undef HASH_AS
};

const struct convert_names convert_hashes[] = {
#define CIPHER_AS(...)
#define HASH_AS(id, ios, ios_transform, strongswan, libreswan)                                                         \
    [HASH_##id] = {ios, ios_transform, strongswan, libreswan},
#include "conf/convert.def"
#undef HASH_AS
#undef GROUP_AS
};

const struct convert_names convert_groups[] = {
#define HASH_AS(...)
#define GROUP_AS(id, strongswan, libreswan) [GROUP_##id] = {NULL, NULL, strongswan, libreswan},
#include "conf/convert.def"
#undef CIPHER_AS
#undef HASH_AS
#undef GROUP_AS
};

static struct ip local_of(const struct converting *c, const struct tunnel *tunnel)
{
    return tunnel->interface < c->policy->interface_count ? c->policy->interfaces[tunnel->interface].ip : (struct ip) {
        0
    };
}

bool convert_is_carried(const struct tunnel *tunnel, enum conf_language language)
{
    return tunnel->parked == NULL && (tunnel->is_dynamic ? language == CONF_TO_IOS : tunnel->peer_count > 0);
}

const struct tunnel_group *convert_group_of(const struct converting *c, const struct tunnel *tunnel)
{
    uint16_t index = tunnel->peer_count > 0 ? policy_tunnel_group_of(c->policy, tunnel->peers[0]) : NO_INDEX;

    return index == NO_INDEX ? NULL : &c->policy->tunnel_groups[index];
}

struct own_identity convert_identity_of(const struct converting *c, const struct tunnel *tunnel)
{
    uint16_t index = tunnel->peer_count > 0 ? policy_tunnel_group_of(c->policy, tunnel->peers[0]) : NO_INDEX;

    return policy_identity_to(c->policy, index);
}

/* ---- strongSwan and libreswan ---- */

static bool is_strongswan(enum conf_language language)
{
    return language == CONF_TO_STRONGSWAN;
}

static const char *name_in(const struct convert_names *names, enum conf_language language)
{
    return is_strongswan(language) ? names->strongswan : names->libreswan;
}

static void add_phase1(const struct converting *c, enum conf_language language)
{
    for (uint16_t i = 0; i < c->policy->isakmp_policy_count; i++) {
        const struct isakmp_policy *p = &c->policy->isakmp_policies[i];

        text_add(c->t, "%s%s-%s%s%s",
                 i == 0                    ? ""
                 : is_strongswan(language) ? ", "
                                           : ",",
                 name_in(&convert_ciphers[p->cipher], language), name_in(&convert_hashes[p->hash], language),
                 is_strongswan(language) ? "-" : ";", name_in(&convert_groups[p->group], language));
    }
}

static void add_phase2(const struct converting *c, const struct tunnel *tunnel, enum conf_language language)
{
    for (uint8_t i = 0; i < tunnel->transform_set_count; i++) {
        const struct transform_set *set = &c->policy->transform_sets[tunnel->transform_sets[i]];

        text_add(c->t, "%s%s",
                 i == 0                    ? ""
                 : is_strongswan(language) ? ", "
                                           : ",",
                 name_in(&convert_ciphers[set->cipher], language));
        if (set->integrity != HASH_NONE)
            text_add(c->t, "-%s", name_in(&convert_hashes[set->integrity], language));
        if (tunnel->pfs != GROUP_NONE)
            text_add(c->t, "%s%s", is_strongswan(language) ? "-" : ";",
                     name_in(&convert_groups[tunnel->pfs], language));
        if (set->has_esn && is_strongswan(language))
            text_add(c->t, "-esn");
    }
}

/* They have one lifetime for all proposals. */
static uint32_t phase1_lifetime_s(const struct converting *c)
{
    return c->policy->isakmp_policy_count > 0 ? c->policy->isakmp_policies[0].lifetime_s : 0;
}

static void add_range(struct text *t, struct ip_range range)
{
    int prefix_len = ip_range_prefix_len(range);

    text_add_ip(t, range.first);
    if (prefix_len >= 0) {
        text_add(t, "/%d", prefix_len);
        return;
    }
    text_add(t, "-");
    text_add_ip(t, range.last);
}

static bool is_any(struct port_range ports)
{
    return ports.first == 0 && ports.last == 65535;
}

/* 10.1.0.0/16[6/443] */
static void add_swan_selector(struct text *t, struct ip_range range, uint8_t protocol, struct port_range ports)
{
    add_range(t, range);
    if (protocol == 0)
        return;
    text_add(t, "[%u", protocol);
    if (ports.first == ports.last)
        text_add(t, "/%u", ports.first);
    else if (!is_any(ports))
        text_add(t, "/%u-%u", ports.first, ports.last);
    text_add(t, "]");
}

/* leftprotoport=6/443. It takes one port or all. */
static void add_libreswan_port(struct text *t, const char *side, uint8_t protocol, struct port_range ports)
{
    if (protocol == 0)
        return;
    if (ports.first == ports.last)
        text_add(t, "    %sprotoport=%u/%u\n", side, protocol, ports.first);
    else
        text_add(t, "    %sprotoport=%u/%%any%s\n", side, protocol,
                 is_any(ports) ? "" : " # not carried: a range of ports");
}

/* They have one for all proposals of a connection. */
static const char *mode_of(const struct converting *c, const struct tunnel *tunnel)
{
    return tunnel->transform_set_count > 0 && c->policy->transform_sets[tunnel->transform_sets[0]].is_transport
               ? "transport"
               : "tunnel";
}

static void add_swan_children(const struct converting *c, const struct tunnel *tunnel)
{
    text_add(c->t, "        children {\n");
    for (uint16_t i = 0; i < tunnel->ace_count; i++) {
        const struct selector *s = &tunnel->aces[i].selector;

        if (!tunnel->aces[i].is_permit)
            continue;
        text_add(c->t, "            line-%u {\n                local_ts = ", i + 1);
        add_swan_selector(c->t, s->local, s->protocol, s->local_ports);
        text_add(c->t, "\n                remote_ts = ");
        add_swan_selector(c->t, s->remote, s->protocol, s->remote_ports);
        text_add(c->t, "\n                esp_proposals = ");
        add_phase2(c, tunnel, CONF_TO_STRONGSWAN);
        text_add(c->t, "\n                mode = %s\n                start_action = %s\n", mode_of(c, tunnel),
                 tunnel->connection_type == CONNECTION_ANSWER_ONLY ? "none" : "trap");
        if (convert_group_of(c, tunnel) != NULL && convert_group_of(c, tunnel)->dpd_restarts)
            text_add(c->t, "                dpd_action = restart\n");
        if (tunnel->lifetime_s != 0)
            text_add(c->t, "                life_time = %us\n", tunnel->lifetime_s);
        if (tunnel->lifetime_kb != 0)
            text_add(c->t, "                life_bytes = %llu\n", tunnel->lifetime_kb * 1000ULL);
        if (tunnel->idle_time_s != 0)
            text_add(c->t, "                inactivity = %us\n", tunnel->idle_time_s);
        text_add(c->t, "                replay_window = %u\n            }\n", c->policy->replay_window);
    }
    text_add(c->t, "        }\n");
}

/* As each of them spells it; an address as any address. */
static void add_identity(const struct converting *c, const struct tunnel *tunnel, enum conf_language language)
{
    struct own_identity own = convert_identity_of(c, tunnel);

    switch (own.kind) {
    case IDENTITY_AUTO:
    case IDENTITY_ADDRESS: text_add_ip(c->t, ip_is_set(own.ip) ? own.ip : local_of(c, tunnel)); break;
    case IDENTITY_HOSTNAME: text_add(c->t, "%s%s", is_strongswan(language) ? "" : "@", own.name); break;
    case IDENTITY_USER_FQDN: text_add(c->t, "%s", own.name); break;
    case IDENTITY_KEY_ID: text_add(c->t, is_strongswan(language) ? "keyid:%s" : "@[%s]", own.name); break;
    }
}

static void add_swan_connection(const struct converting *c, const struct tunnel *tunnel)
{
    const struct tunnel_group *group = convert_group_of(c, tunnel);
    char local[IP_TEXT_SIZE], peer[IP_TEXT_SIZE];

    ip_text(local_of(c, tunnel), local);
    ip_text(tunnel->peers[0], peer);
    text_add(
        c->t,
        "    %s-%u {\n        version = 1\n        local_addrs = %s\n        remote_addrs = %s\n        proposals = ",
        tunnel->map_name, tunnel->sequence, local, peer);
    add_phase1(c, CONF_TO_STRONGSWAN);
    text_add(c->t, "\n");
    if (tunnel->is_aggressive)
        text_add(c->t, "        aggressive = yes\n");
    if (phase1_lifetime_s(c) != 0)
        text_add(c->t, "        rekey_time = %us\n", phase1_lifetime_s(c));
    if (group != NULL && group->has_dpd)
        text_add(c->t, "        dpd_delay = %us\n", group->dpd_threshold_s);
    text_add(c->t, "        local {\n            auth = psk\n            id = ");
    add_identity(c, tunnel, CONF_TO_STRONGSWAN);
    text_add(c->t, "\n        }\n        remote {\n            auth = psk\n            id = %s\n        }\n", peer);
    add_swan_children(c, tunnel);
    text_add(c->t, "    }\n");
}

static void add_more_peers(const struct converting *c, const struct tunnel *tunnel)
{
    char ip[IP_TEXT_SIZE];

    for (uint8_t i = 1; i < tunnel->peer_count; i++)
        text_add(c->t, "# not carried: backup peer %s of crypto map %s %u\n", ip_text(tunnel->peers[i], ip),
                 tunnel->map_name, tunnel->sequence);
}

static void convert_to_strongswan(const struct converting *c)
{
    char ip[IP_TEXT_SIZE];

    text_add(c->t, "# swanctl.conf. Keys are not written: put them in place of *****\nconnections {\n");
    for (uint16_t i = 0; i < c->policy->tunnel_count; i++)
        if (convert_is_carried(&c->policy->tunnels[i], CONF_TO_STRONGSWAN))
            add_swan_connection(c, &c->policy->tunnels[i]);
    text_add(c->t, "}\nsecrets {\n");
    for (uint16_t i = 0; i < c->policy->tunnel_group_count; i++) {
        text_add(c->t, "    ike-%u {\n", i + 1);
        if (ip_is_set(c->policy->tunnel_groups[i].peer))
            text_add(c->t, "        id = %s\n", ip_text(c->policy->tunnel_groups[i].peer, ip));
        text_add(c->t, "        secret = \"*****\"\n    }\n");
    }
    text_add(c->t, "}\n");
    for (uint16_t i = 0; i < c->policy->tunnel_count; i++)
        if (convert_is_carried(&c->policy->tunnels[i], CONF_TO_STRONGSWAN))
            add_more_peers(c, &c->policy->tunnels[i]);
    convert_add_remarks(c, "#", CONF_TO_STRONGSWAN);
}

static void add_libreswan_connection(const struct converting *c, const struct tunnel *tunnel, uint16_t line)
{
    const struct selector *s = &tunnel->aces[line].selector;
    const struct tunnel_group *group = convert_group_of(c, tunnel);
    char ip[IP_TEXT_SIZE];

    text_add(c->t, "conn %s-%u-%u\n    ikev2=no\n    authby=secret\n    type=%s\n    left=%s\n    leftsubnet=",
             tunnel->map_name, tunnel->sequence, line + 1, mode_of(c, tunnel), ip_text(local_of(c, tunnel), ip));
    add_range(c->t, s->local);
    if (convert_identity_of(c, tunnel).kind != IDENTITY_AUTO) {
        text_add(c->t, "\n    leftid=");
        add_identity(c, tunnel, CONF_TO_LIBRESWAN);
    }
    text_add(c->t, "\n    right=%s\n    rightsubnet=", ip_text(tunnel->peers[0], ip));
    add_range(c->t, s->remote);
    text_add(c->t, "\n");
    add_libreswan_port(c->t, "left", s->protocol, s->local_ports);
    add_libreswan_port(c->t, "right", s->protocol, s->remote_ports);
    text_add(c->t, "    ike=");
    add_phase1(c, CONF_TO_LIBRESWAN);
    if (tunnel->is_aggressive)
        text_add(c->t, "\n    aggressive=yes");
    text_add(c->t, "\n    esp=");
    add_phase2(c, tunnel, CONF_TO_LIBRESWAN);
    text_add(c->t, "\n    pfs=%s\n", tunnel->pfs == GROUP_NONE ? "no" : "yes");
    if (phase1_lifetime_s(c) != 0)
        text_add(c->t, "    ikelifetime=%us\n", phase1_lifetime_s(c) > 86400 ? 86400 : phase1_lifetime_s(c));
    if (tunnel->lifetime_s != 0)
        text_add(c->t, "    salifetime=%us\n", tunnel->lifetime_s);
    text_add(c->t, "    replay-window=%u\n", c->policy->replay_window);
    if (group != NULL && group->has_dpd)
        text_add(c->t, "    dpddelay=%u\n    dpdtimeout=%u\n    dpdaction=restart\n", group->dpd_threshold_s,
                 group->dpd_threshold_s + 3u * group->dpd_retry_s);
    text_add(c->t, "    auto=%s\n\n", tunnel->connection_type == CONNECTION_ANSWER_ONLY ? "add" : "ondemand");
}

static void convert_to_libreswan(const struct converting *c)
{
    char ip[IP_TEXT_SIZE];

    text_add(c->t,
             "# ipsec.conf; below it, as remarks, ipsec.secrets. Keys are not written: put them in place of *****\n\n");
    for (uint16_t i = 0; i < c->policy->tunnel_count; i++) {
        const struct tunnel *tunnel = &c->policy->tunnels[i];

        for (uint16_t line = 0; convert_is_carried(tunnel, CONF_TO_LIBRESWAN) && line < tunnel->ace_count; line++)
            if (tunnel->aces[line].is_permit)
                add_libreswan_connection(c, tunnel, line);
        if (convert_is_carried(tunnel, CONF_TO_LIBRESWAN))
            add_more_peers(c, tunnel);
    }
    for (uint16_t i = 0; i < c->policy->tunnel_group_count; i++)
        text_add(c->t, "# %%any %s : PSK \"*****\"\n",
                 ip_is_set(c->policy->tunnel_groups[i].peer) ? ip_text(c->policy->tunnel_groups[i].peer, ip) : "%any");
    convert_add_remarks(c, "#", CONF_TO_LIBRESWAN);
}

void conf_convert(const struct conf *conf, enum conf_language language, struct text *text)
{
    const struct converting c = {conf, &conf->policy, text};

    switch (language) {
    case CONF_TO_ASA: convert_to_asa(&c); return;
    case CONF_TO_IOS: convert_to_ios(&c); return;
    case CONF_TO_STRONGSWAN: convert_to_strongswan(&c); return;
    case CONF_TO_LIBRESWAN: convert_to_libreswan(&c); return;
    }
    CHECK(!"a language that is not there");
}
