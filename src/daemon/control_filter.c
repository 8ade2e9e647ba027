/* What the packet filter has seen: show nat, show conn, and their counters. */
#include "daemon/conntrack.h"
#include "daemon/control_client.h"
#include "daemon/nat.h"
#include "policy/nat.h"

#include <stdlib.h>
#include <string.h>

static const struct control_source *source_of(const struct client *client)
{
    return client->control->source;
}

static const struct policy *policy_of(const struct client *client)
{
    return source_of(client)->policy(source_of(client)->context);
}

static const char *interface_name(const struct policy *policy, uint16_t interface)
{
    return interface < policy->interface_count ? policy->interfaces[interface].name : "any";
}

/* ---- show nat ---- */

static void send_rule(struct client *client, const struct nat_rule *rule, unsigned number, uint64_t translated,
                      uint64_t untranslated)
{
    const struct policy *policy = policy_of(client);
    struct control_record r = control_record_of(RECORD_nat_rule);

    record_set_number(&r, COL_nat_rule_section, rule->section);
    record_set_number(&r, COL_nat_rule_number, number);
    record_set_text(&r, COL_nat_rule_from, interface_name(policy, rule->from));
    record_set_text(&r, COL_nat_rule_to, interface_name(policy, rule->to));
    record_set_text(&r, COL_nat_rule_text, rule->text);
    record_set_number(&r, COL_nat_rule_translated, translated);
    record_set_number(&r, COL_nat_rule_untranslated, untranslated);
    record_set_number(&r, COL_nat_rule_line, rule->line);
    client_send(client, &r);
}

/* `met`: what its statistics begin with; NULL: they are not asked for. An exemption translates nothing. */
static void send_rules(struct client *client, struct control_record *met)
{
    const struct policy *policy = policy_of(client);
    uint64_t *space = calloc(2 * (size_t)policy->nat_rule_count + 1, sizeof *space), misses = 0;
    struct nat_counts counts = {.translated = space, .untranslated = space + policy->nat_rule_count};
    unsigned number = 0;

    if (space != NULL && policy->nat_rule_count > 0 && source_of(client)->nat_counters != NULL)
        source_of(client)->nat_counters(source_of(client)->context, &counts);
    for (uint16_t i = 0; space != NULL && i < policy->nat_rule_count; i++) {
        const struct nat_rule *rule = &policy->nat_rules[i];

        number = i > 0 && rule->section == policy->nat_rules[i - 1].section ? number + 1 : 1;
        send_rule(client, rule, number, counts.translated[i], counts.untranslated[i]);
        misses += rule->kind == NAT_IDENTITY ? 0 : counts.translated[i] + counts.untranslated[i];
    }
    if (met != NULL) {
        record_set_number(met, COL_nat_met_hits, counts.hits);
        record_set_number(met, COL_nat_met_misses, misses);
    }
    free(space);
}

bool show_nat(struct client *client)
{
    send_rules(client, NULL);
    return false;
}

/* ---- show conn ---- */

enum { CONNECTIONS_MAX = 2000 };

struct listing {
    struct client *client;
    unsigned count, static_count;
};

static bool is_wanted(const struct client *client, const struct connection *c)
{
    enum control_request_id id = client->request.id;
    struct ip ip = client->request.peer;

    if ((id == CONTROL_SHOW_XLATE || id == CONTROL_SHOW_TRANSLATIONS || id == CONTROL_SHOW_NAT_STATISTICS) &&
        ip_equal(c->back_destination, c->source) && ip_equal(c->back_source, c->destination))
        return false;
    return !ip_is_set(ip) || ip_equal(ip, c->source) || ip_equal(ip, c->destination) || ip_equal(ip, c->back_source) ||
           ip_equal(ip, c->back_destination);
}

/* The rule that has translated it; NULL: none of the present ones is for it. Interfaces are not known, so a rule for
 * all that comes from inside would fit what comes from outside, too: that one keeps its source. */
static const struct nat_rule *rule_of(const struct policy *policy, const struct connection *c)
{
    struct flow out = connection_flow(c), in = connection_flow_back(c);
    bool keeps_source = ip_equal(c->back_destination, c->source);
    struct nat_match match;

    if ((keeps_source && nat_in(policy, NAT_ANY_INTERFACE, &in, &match)) ||
        nat_out(policy, NAT_ANY_INTERFACE, NAT_ANY_INTERFACE, &out, &match))
        return &policy->nat_rules[match.rule];
    return NULL;
}

static bool send_connection(void *context, const struct connection *c)
{
    struct listing *listing = context;
    struct control_record r = control_record_of(RECORD_connection);
    char space[8];
    struct text protocol = text_of(space, sizeof space);

    if (!is_wanted(listing->client, c))
        return true;
    const struct nat_rule *rule = rule_of(policy_of(listing->client), c);

    listing->static_count += rule != NULL && rule->kind == NAT_STATIC;
    if (listing->count++ >= CONNECTIONS_MAX)
        return true;
    text_add(&protocol, "%s%.0u",
             c->protocol == 1    ? "ICMP"
             : c->protocol == 6  ? "TCP"
             : c->protocol == 17 ? "UDP"
                                 : "IP ",
             c->protocol == 1 || c->protocol == 6 || c->protocol == 17 ? 0u : c->protocol);
    record_set_text(&r, COL_connection_protocol, space);
    record_set_ip(&r, COL_connection_source, c->source);
    record_set_number(&r, COL_connection_source_port, c->source_port);
    record_set_ip(&r, COL_connection_destination, c->destination);
    record_set_number(&r, COL_connection_destination_port, c->destination_port);
    if (!ip_equal(c->back_destination, c->source))
        record_set_ip(&r, COL_connection_source_as, c->back_destination);
    if (!ip_equal(c->back_source, c->destination))
        record_set_ip(&r, COL_connection_destination_as, c->back_source);
    record_set_number(&r, COL_connection_left_s, c->left_s);
    record_set_number(&r, COL_connection_bytes, c->bytes);
    client_send(listing->client, &r);
    return true;
}

static struct listing send_connections(struct client *client)
{
    struct listing listing = {.client = client};
    struct control_record r = control_record_of(RECORD_connection_count);

    if (source_of(client)->each_connection != NULL)
        source_of(client)->each_connection(source_of(client)->context, &listing, send_connection);
    record_set_number(&r, COL_connection_count_count, listing.count);
    client_send(client, &r);
    return listing;
}

bool show_connections(struct client *client)
{
    send_connections(client);
    return false;
}

/* The rules with their counters, then the connections that they have translated. */
bool show_nat_statistics(struct client *client)
{
    struct control_record met = control_record_of(RECORD_nat_met);
    struct listing listing;

    send_rules(client, &met);
    listing = send_connections(client);
    record_set_number(&met, COL_nat_met_static, listing.static_count);
    record_set_number(&met, COL_nat_met_dynamic, listing.count - listing.static_count);
    client_send(client, &met);
    return false;
}

static bool forget_connection(void *context, const struct connection *c)
{
    struct listing *listing = context;

    if (is_wanted(listing->client, c) && source_of(listing->client)->forget_connection != NULL)
        source_of(listing->client)->forget_connection(source_of(listing->client)->context, c);
    return true;
}

void clear_connections(struct client *client)
{
    struct listing listing = {.client = client};

    if (source_of(client)->each_connection != NULL)
        source_of(client)->each_connection(source_of(client)->context, &listing, forget_connection);
}
