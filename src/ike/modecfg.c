/* Mode config, draft-dukes-ike-mode-cfg-02, with the attributes of Cisco's Unity: the gateway gives the user's address
 * and what belongs to it. */
#include "ike/transaction.h"

#include "base/check.h"
#include "wire/print.h"

#include <string.h>

step_action conf_give, conf_ask, conf_take;

/* All of a text attribute: the length of the answer is bounded (attack list X05). */
enum { TEXT_MAX = 1024 };

/* Where the numbers of mode config end; those of XAUTH and of Unity are private. */
enum { PRIVATE_ATTRIBUTES = 16384 };

/* How many attributes of a message are told, and how much of each. */
enum { ATTRIBUTES_TOLD_MAX = 24, VALUE_SIZE = 160, DECIMAL_SIZE = 8 };

struct giving {
    const struct policy *policy;
    const struct group_policy *group; /* nothing in it when the tunnel-group names none */
    const struct user_rights *rights; /* NULL: nothing is said of the user */
    uint16_t tunnel_group;
    struct ip address;
    struct writer w;
};

static void give_ip(struct giving *g, uint16_t type, struct ip ip)
{
    if (ip_is_set(ip))
        attribute_write_long(&g->w, type, ip_bytes(&ip));
}

static void give_text(struct giving *g, uint16_t type, const char *text)
{
    size_t len = text == NULL ? 0 : strlen(text);

    if (len > 0)
        attribute_write_long(&g->w, type, bytes_of(text, len < TEXT_MAX ? len : TEXT_MAX));
}

static void give_address(struct giving *g, uint16_t type)
{
    give_ip(g, type, g->address);
}

static void give_netmask(struct giving *g, uint16_t type)
{
    struct ip mask = ip_mask(IP_V4, 32);

    for (uint16_t i = 0; i < g->policy->pool_count; i++)
        if (ip_range_holds(g->policy->pools[i].range, g->address) && ip_is_set(g->policy->pools[i].mask))
            mask = g->policy->pools[i].mask;
    if (g->rights != NULL && ip_equal(g->rights->address, g->address))
        mask = g->rights->mask;
    give_ip(g, type, mask);
}

static void give_servers(struct giving *g, uint16_t type, const struct ip servers[static SERVERS_MAX])
{
    for (size_t i = 0; i < SERVERS_MAX; i++)
        give_ip(g, type, servers[i]);
}

static void give_dns(struct giving *g, uint16_t type)
{
    give_servers(g, type, g->group->dns);
}

static void give_wins(struct giving *g, uint16_t type)
{
    give_servers(g, type, g->group->wins);
}

static void give_version(struct giving *g, uint16_t type)
{
    give_text(g, type, "ikewise");
}

static void give_banner(struct giving *g, uint16_t type)
{
    give_text(g, type, g->group->banner);
}

static void give_domain(struct giving *g, uint16_t type)
{
    give_text(g, type, g->group->default_domain);
}

static void give_split_dns(struct giving *g, uint16_t type)
{
    give_text(g, type, g->group->split_dns);
}

/* Address, mask, and six bytes of protocol and ports, which nobody uses, for each network. */
static void give_networks(struct giving *g, uint16_t type, enum split_tunnel wanted)
{
    static const uint8_t any[6];
    uint8_t space[SPLIT_NETWORKS_MAX * 14];
    struct writer w = writer_of(space, sizeof space);

    if (g->group->split_tunnel != wanted)
        return;
    for (uint16_t i = 0; i < g->group->split_network_count; i++) {
        struct ip_range range = g->group->split_networks[i];
        struct ip mask = ip_mask(IP_V4, (unsigned)ip_range_prefix_len(range));

        write_bytes(&w, ip_bytes(&range.first));
        write_bytes(&w, ip_bytes(&mask));
        write_bytes(&w, BYTES_OF(any));
    }
    if (writer_is_ok(&w) && writer_bytes(&w).len > 0)
        attribute_write_long(&g->w, type, writer_bytes(&w));
}

static void give_included(struct giving *g, uint16_t type)
{
    give_networks(g, type, SPLIT_TUNNEL_SPECIFIED);
}

static void give_excluded(struct giving *g, uint16_t type)
{
    give_networks(g, type, SPLIT_TUNNEL_EXCLUDED);
}

static void give_save_password(struct giving *g, uint16_t type)
{
    attribute_write_basic(&g->w, type, g->group->may_store_password);
}

/* The group of quick mode is in its proposal; the client wants to know whether there is to be one. */
static void give_pfs(struct giving *g, uint16_t type)
{
    struct selector wanted = {.local = ip_range_of_prefix(ip_of_v4(0), 0),
                              .remote = {g->address, g->address},
                              .local_ports = {0, 65535},
                              .remote_ports = {0, 65535}};
    uint16_t ace, tunnel = policy_tunnel_of_user(g->policy, g->tunnel_group, &wanted, &ace);

    attribute_write_basic(&g->w, type,
                          g->group->wants_pfs || (tunnel != NO_INDEX && g->policy->tunnels[tunnel].pfs != GROUP_NONE));
}

static const struct giving_row {
    uint16_t type;
    void (*give)(struct giving *g, uint16_t type);
    const char *name;
} rows[] = {
#define GIVE(attribute, give, name) {CFG_ATTR_##attribute, give, name},
#include "ike/conf.def"
#undef GIVE
};

static const struct giving_row *row_of(uint16_t type)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (rows[i].type == type)
            return &rows[i];
    return NULL;
}

static struct event *tell_attribute(const struct step_work *work, enum event_kind kind, uint16_t type)
{
    struct event *e = tell_sa(work->ike, work->out, kind, &work->draft->sa);
    const struct giving_row *row = row_of(type);
    char space[DECIMAL_SIZE];
    struct text number = text_of(space, sizeof space);

    text_add(&number, "%u", type);
    event_add_text(e, FIELD_ATTRIBUTE, row != NULL ? row->name : space);
    return e;
}

static void tell_values(const struct step_work *work, enum event_kind kind, struct bytes attributes)
{
    struct reader r = reader_of(attributes);
    struct attribute a;

    for (int i = 0; i < ATTRIBUTES_TOLD_MAX && r.rest.len > 0 && attribute_read(&r, &a); i++) {
        char space[VALUE_SIZE];
        struct text value = text_of(space, sizeof space);
        struct event *e = tell_attribute(work, kind, a.type);

        text_add_config_value(&value, &a);
        event_add_text(e, FIELD_DETAIL, space);
    }
}

static void tell_asked(const struct step_work *work, struct bytes attributes)
{
    struct reader r = reader_of(attributes);
    struct attribute a;

    for (int i = 0; i < ATTRIBUTES_TOLD_MAX && r.rest.len > 0 && attribute_read(&r, &a); i++) {
        struct event *e =
            tell_attribute(work, row_of(a.type) != NULL ? EV_CONFIG_ASKED : EV_TRANSACTION_ATTRIBUTE_REFUSED, a.type);

        if (number_name(SPACE_CFG_ATTR, a.type) == NULL)
            event_add_text(e, FIELD_CAUSE, a.type < PRIVATE_ATTRIBUTES ? "unknown-address" : "unknown");
    }
}

/* "Cisco Systems VPN Client 4.8.01:Linux": what it is, and on what. */
static void tell_client(const struct step_work *work, const struct config *asked)
{
    char space[VALUE_SIZE];
    struct text type = text_of(space, sizeof space);
    struct attribute version;

    if (!config_find(asked, CFG_ATTR_APPLICATION_VERSION, &version) || version.is_basic || version.value.len == 0)
        return;
    struct event *e = tell_sa(work->ike, work->out, EV_CLIENT_KNOWN, &work->draft->sa);
    const uint8_t *colon = memchr(version.value.data, ':', version.value.len);
    size_t len = colon == NULL ? version.value.len : (size_t)(colon - version.value.data);

    text_add_escaped(&type, bytes_of(version.value.data, len));
    event_add_text(e, FIELD_VERSION, space);
    type = text_of(space, sizeof space);
    text_add_escaped(&type, colon == NULL ? bytes_of(NULL, 0) : bytes_after(version.value, len + 1));
    event_add_text(e, FIELD_DETAIL, type.len > 0 ? space : "unknown");
}

static void tell_given(const struct step_work *work, const struct writer *reply)
{
    struct config given;

    if (writer_is_ok(reply) && config_read(&given, writer_bytes(reply)) == WIRE_OK)
        tell_values(work, EV_CONFIG_GIVEN, given.attributes);
}

static struct ip wanted_address(const struct config *asked)
{
    struct attribute address;
    struct ip ip = {0};

    if (config_find(asked, CFG_ATTR_IP4_ADDRESS, &address) && !address.is_basic && address.value.len == 4)
        ip = ip_of_bytes(address.value);
    return ip_is_set(ip) && !bytes_are_zero(ip_bytes(&ip)) ? ip : (struct ip){0};
}

enum reason conf_give(struct step_work *work)
{
    static const struct group_policy nothing;
    const struct policy *policy = work->ike->policy;
    const struct isakmp_sa *sa = &work->draft->sa;
    const struct session *session = session_of(work->ike, sa->session);
    struct config asked;
    uint8_t space[BLOB_MAX];
    struct attribute found;
    enum reason reason = transaction_open(work, CFG_REQUEST, &asked);

    if (reason != REASON_OK)
        return reason;
    if (is_client(sa))
        return REASON_BAD_TRANSACTION;
    if (session == NULL)
        return REASON_NO_USER;
    tell_asked(work, asked.attributes);
    tell_client(work, &asked);
    uint16_t number = policy_group_policy_of(policy, session->tunnel_group, session->user);
    /* With a network of his own he needs none. */
    bool needs_none = number != 0 && policy->group_policies[number - 1].may_extend_network &&
                      !config_find(&asked, CFG_ATTR_IP4_ADDRESS, &found);
    struct lease lease = {.session = sa->session};
    if (!needs_none)
        lease = lease_find(work->ike, sa, wanted_address(&asked), work->out);
    if (!needs_none && !ip_is_set(lease.address))
        return REASON_NO_ADDRESS_LEFT;
    struct giving g = {.policy = policy,
                       .group = number == 0 ? &nothing : &policy->group_policies[number - 1],
                       .rights = policy_user(policy, session->user),
                       .tunnel_group = sa->tunnel_group,
                       .address = lease.address,
                       .w = attributes_begin(space, CFG_REPLY, asked.id)};
    if (g.group->split_tunnel != SPLIT_TUNNEL_ALL && g.group->split_network_count == 0)
        event_add_text(tell_sa(work->ike, work->out, EV_CONFIG_LACKING, sa), FIELD_CAUSE, "split-list");
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (config_find(&asked, rows[i].type, &found))
            rows[i].give(&g, rows[i].type);
    draft_intend(work, INTENT_LEASE)->lease = lease;
    tell_given(work, &g.w);
    return attributes_keep(work, &g.w);
}

void user_leased(struct ike *ike, uint64_t now_ms, struct isakmp_sa *sa, const struct lease *lease,
                 struct ike_outputs *out)
{
    lease_take(ike, now_ms, sa, lease, out);
    if (ip_is_set(lease->address))
        event_add_ip(tell_sa(ike, out, EV_ADDRESS_ASSIGNED, sa), FIELD_INNER_SOURCE, lease->address);
}

/* ---- the client */

enum reason conf_ask(struct step_work *work)
{
    static const uint16_t wanted[] = {CFG_ATTR_IP4_NETMASK,
                                      CFG_ATTR_IP4_DNS,
                                      CFG_ATTR_IP4_NBNS,
                                      CFG_ATTR_UNITY_BANNER,
                                      CFG_ATTR_UNITY_DEFAULT_DOMAIN,
                                      CFG_ATTR_UNITY_SPLIT_INCLUDE,
                                      CFG_ATTR_UNITY_PFS};
    const struct isakmp_sa *sa = &work->draft->sa;
    const struct session *before = session_of_tunnel(work->ike, sa->peer, sa->tunnel);
    uint8_t space[BLOB_MAX];
    struct writer w = attributes_begin(space, CFG_REQUEST, work->draft->exchange.transaction.id);

    /* With a new ISAKMP SA the address stays, and with it the pairs. */
    attribute_write_long(&w, CFG_ATTR_IP4_ADDRESS, before == NULL ? bytes_of(NULL, 0) : ip_bytes(&before->address));
    for (size_t i = 0; i < COUNT_OF(wanted); i++)
        attribute_write_long(&w, wanted[i], bytes_of(NULL, 0));
    return attributes_keep(work, &w);
}

static bool read_address(const struct config *config, uint16_t type, struct ip *ip)
{
    struct attribute found;

    if (!config_find(config, type, &found) || found.is_basic || found.value.len != 4)
        return false;
    *ip = ip_of_bytes(found.value);
    return true;
}

/* An address that a host may have. */
static bool is_host(struct ip ip)
{
    return ip.octets[0] != 0 && ip.octets[0] != 127 && ip.octets[0] < 224;
}

enum reason conf_take(struct step_work *work)
{
    struct config config;
    struct ip address;
    enum reason reason = transaction_open(work, CFG_REPLY, &config);

    if (reason != REASON_OK)
        return reason;
    if (!is_client(&work->draft->sa))
        return REASON_BAD_TRANSACTION;
    if (!read_address(&config, CFG_ATTR_IP4_ADDRESS, &address) || !is_host(address))
        return REASON_NO_ADDRESS_GIVEN;
    draft_intend(work, INTENT_CONFIGURED);
    tell_values(work, EV_CONFIG_TAKEN, config.attributes);
    return draft_set(work, BLOB_HEARD, message_body(work->in, PL_ATTR)) ? REASON_OK : REASON_LIMIT;
}

/* Attack list X05, X06: what a gateway says is taken by its type, within bounds, and goes through no shell. */
static void read_text(const struct config *config, uint16_t type, char *space, size_t size)
{
    struct attribute found;
    struct text text = text_of(space, size);

    if (config_find(config, type, &found) && !found.is_basic)
        text_add_escaped(&text, found.value);
}

static void read_servers(const struct config *config, struct ip servers[static SERVERS_MAX])
{
    struct reader r = reader_of(config->attributes);
    struct attribute a;
    size_t count = 0;

    while (r.rest.len > 0 && attribute_read(&r, &a))
        if (a.type == CFG_ATTR_IP4_DNS && !a.is_basic && a.value.len == 4 && count < SERVERS_MAX &&
            is_host(ip_of_bytes(a.value)))
            servers[count++] = ip_of_bytes(a.value);
}

static void read_networks(const struct config *config, struct ike_client *client)
{
    struct attribute found;

    if (!config_find(config, CFG_ATTR_UNITY_SPLIT_INCLUDE, &found) || found.is_basic)
        return;
    struct reader r = reader_of(found.value);
    while (r.rest.len >= 14 && client->network_count < SPLIT_NETWORKS_MAX) {
        struct ip network = ip_of_bytes(read_bytes(&r, 4)), mask = ip_of_bytes(read_bytes(&r, 4));
        int prefix_len = ip_mask_len(mask);

        read_bytes(&r, 6);
        if (prefix_len >= 0)
            client->networks[client->network_count++] =
                ip_range_of_prefix(ip_first(network, (unsigned)prefix_len), (unsigned)prefix_len);
    }
}

static bool read_flag(const struct config *config, uint16_t type)
{
    struct attribute found;

    return config_find(config, type, &found) && attribute_number(&found) == 1;
}

static struct session *session_for(struct ike *ike, uint64_t now_ms, struct isakmp_sa *sa, struct ip address,
                                   struct ike_outputs *out)
{
    struct session *session = session_of_tunnel(ike, sa->peer, sa->tunnel);

    if (session == NULL || !ip_equal(session->address, address)) {
        session = session_make(ike, now_ms, sa, bytes_of(NULL, 0));
        if (session == NULL)
            return NULL;
        session->address = address;
    }
    session_join(ike, now_ms, sa, session->self, out);
    return session;
}

bool ike_client_wants_up(const struct ike *ike, uint16_t tunnel_index)
{
    const struct tunnel *tunnel = tunnel_of(ike, tunnel_index);
    const struct peer *peer = tunnel == NULL || tunnel->peer_count == 0 ? NULL : peer_of_ip(ike, tunnel->peers[0]);

    if (peer == NULL)
        return tunnel != NULL;
    for (EACH_SA_OF(ike, peer->self, sa))
        if (sa->state != SA_DEAD && sa->tunnel == tunnel_index)
            return false;
    return peer->outcome_count == 0 || peer->outcomes[0].reason != REASON_USER_NOT_TAKEN;
}

void client_quick_begin(struct ike *ike, uint64_t now_ms, struct isakmp_sa *sa, const struct session *session,
                        struct ike_outputs *out)
{
    const struct tunnel *tunnel = tunnel_of(ike, session->tunnel);

    if (tunnel == NULL)
        return;
    struct selector selector = tunnel->aces[0].selector;
    selector.local = (struct ip_range){session->address, session->address};
    if (pair_for(ike, sa->peer, session->tunnel, &selector) == NULL)
        quick_begin(ike, now_ms, sa, session->tunnel, 0, &selector, out);
}

void client_configured(struct ike *ike, uint64_t now_ms, const struct exchange *exchange, struct isakmp_sa *sa,
                       struct ike_outputs *out)
{
    struct config config;
    struct ike_client client = {.tunnel = sa->tunnel};

    CHECK(config_read(&config, blob_bytes(&ike->blobs, exchange->blobs[BLOB_HEARD])) == WIRE_OK);
    read_address(&config, CFG_ATTR_IP4_ADDRESS, &client.address);
    read_servers(&config, client.dns);
    read_text(&config, CFG_ATTR_UNITY_BANNER, client.banner, sizeof client.banner);
    read_text(&config, CFG_ATTR_UNITY_DEFAULT_DOMAIN, client.domain, sizeof client.domain);
    read_networks(&config, &client);
    struct session *session = session_for(ike, now_ms, sa, client.address, out);
    client.is_up = true;
    if (session == NULL || !client_out(&client, out)) {
        sa_end(ike, now_ms, sa, REASON_LIMIT, true, out);
        return;
    }
    session->wants_pfs = read_flag(&config, CFG_ATTR_UNITY_PFS);
    sa->user_due_ms = 0;
    event_add_ip(tell_sa(ike, out, EV_ADDRESS_ASSIGNED, sa), FIELD_INNER_SOURCE, client.address);
    client_quick_begin(ike, now_ms, sa, session, out);
}
