/* What the packet filter has seen: show nat, show conn, and their counters. */
#include "daemon/conntrack.h"
#include "daemon/control_client.h"
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

bool show_nat(struct client *client)
{
    const struct policy *policy = policy_of(client);
    uint64_t *counts = calloc(2 * (size_t)policy->nat_rule_count + 1, sizeof *counts);
    unsigned number = 0;

    if (counts != NULL && policy->nat_rule_count > 0 && source_of(client)->nat_counters != NULL)
        source_of(client)->nat_counters(source_of(client)->context, counts, counts + policy->nat_rule_count);
    for (uint16_t i = 0; counts != NULL && i < policy->nat_rule_count; i++) {
        const struct nat_rule *rule = &policy->nat_rules[i];
        struct control_record r = control_record_of(RECORD_nat_rule);

        number = i > 0 && rule->section == policy->nat_rules[i - 1].section ? number + 1 : 1;
        record_set_number(&r, COL_nat_rule_section, rule->section);
        record_set_number(&r, COL_nat_rule_number, number);
        record_set_text(&r, COL_nat_rule_from, interface_name(policy, rule->from));
        record_set_text(&r, COL_nat_rule_to, interface_name(policy, rule->to));
        record_set_text(&r, COL_nat_rule_text, rule->text);
        record_set_number(&r, COL_nat_rule_translated, counts[i]);
        record_set_number(&r, COL_nat_rule_untranslated, counts[policy->nat_rule_count + i]);
        record_set_number(&r, COL_nat_rule_line, rule->line);
        client_send(client, &r);
    }
    free(counts);
    return false;
}

/* ---- show conn ---- */

enum { CONNECTIONS_MAX = 2000 };

struct listing {
    struct client *client;
    unsigned count;
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

static bool send_connection(void *context, const struct connection *c)
{
    struct listing *listing = context;
    struct control_record r = control_record_of(RECORD_connection);
    char space[8];
    struct text protocol = text_of(space, sizeof space);

    if (!is_wanted(listing->client, c))
        return true;
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

bool show_connections(struct client *client)
{
    struct listing listing = {client, 0};
    struct control_record r = control_record_of(RECORD_connection_count);

    if (source_of(client)->each_connection != NULL)
        source_of(client)->each_connection(source_of(client)->context, &listing, send_connection);
    record_set_number(&r, COL_connection_count_count, listing.count);
    client_send(client, &r);
    return false;
}

/* The rules with their counters, then the connections that they have translated. */
bool show_nat_statistics(struct client *client)
{
    show_nat(client);
    return show_connections(client);
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
    struct listing listing = {client, 0};

    if (source_of(client)->each_connection != NULL)
        source_of(client)->each_connection(source_of(client)->context, &listing, forget_connection);
}
