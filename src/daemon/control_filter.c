/* What the packet filter and the crypto ACLs have seen: show nat, show conn, show access-list, and their counters. */
#include "conf/statement.h"
#include "daemon/conntrack.h"
#include "daemon/control_client.h"
#include "daemon/control_words.h"
#include "ike/view.h"
#include "policy/nat.h"

#include <stdlib.h>
#include <string.h>

enum { LINE_SIZE = 1024 };

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
    struct ip ip = client->request.peer;

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

/* ---- show access-list ---- */

static uint32_t hash_of(const char *text)
{
    uint32_t hash = 2166136261u;

    for (; *text != '\0'; text++)
        hash = (hash ^ (uint8_t)*text) * 16777619u; /* FNV-1a */
    return hash;
}

/* Packets that its pairs have taken; of a line that denies nothing is counted. */
static uint64_t packets_of(const struct client *client, uint16_t tunnel, uint16_t ace)
{
    const struct control_source *source = source_of(client);
    const struct plane *plane = source->plane(source->context);
    uint64_t now_ms = source->now_ms(source->context), sum = 0;
    struct plane_pair_view plane_view;
    struct ike_pair_view view;

    for (uint32_t i = 0; plane != NULL && ike_view_pair(source->ike(source->context), now_ms, i, &view); i++)
        if (view.tunnel == tunnel && view.ace == ace && plane_view_pair(plane, view.pair, &plane_view))
            sum += plane_view.tally.counters[ESP_COUNTER_ENCAPS];
    return sum;
}

/* What was counted when the counters were cleared, by the line's own number. */
static uint64_t *cleared_of(struct control *control, uint32_t hash)
{
    struct control_hits *hits = &control->hits;

    for (size_t i = 0; i < hits->count; i++)
        if (hits->list[i].hash == hash)
            return &hits->list[i].cleared;
    if (hits->count == CONTROL_HITS_MAX)
        return NULL;
    hits->list[hits->count].hash = hash;
    hits->list[hits->count].cleared = 0;
    return &hits->list[hits->count++].cleared;
}

static bool is_first_with_list(const struct policy *policy, uint16_t tunnel)
{
    for (uint16_t i = 0; i < tunnel; i++)
        if (strcmp(policy->tunnels[i].acl_name, policy->tunnels[tunnel].acl_name) == 0)
            return false;
    return true;
}

static uint64_t hits_of(struct client *client, uint16_t tunnel, uint16_t ace, uint32_t hash)
{
    const struct policy *policy = policy_of(client);
    const char *name = policy->tunnels[tunnel].acl_name;
    uint64_t hits = 0, *cleared = cleared_of(client->control, hash);

    for (uint16_t i = tunnel; i < policy->tunnel_count; i++)
        if (strcmp(policy->tunnels[i].acl_name, name) == 0 && ace < policy->tunnels[i].ace_count)
            hits += packets_of(client, i, ace);
    if (client->request.id == CONTROL_CLEAR_ACCESS_LIST && cleared != NULL)
        *cleared = hits;
    return cleared == NULL || *cleared > hits ? hits : hits - *cleared;
}

static void send_line(struct client *client, const char *text, unsigned line, uint64_t hits, uint32_t hash,
                      bool is_element)
{
    struct control_record r = control_record_of(RECORD_acl_line);

    record_set_number(&r, COL_acl_line_line, line);
    record_set_text(&r, COL_acl_line_text, text);
    record_set_number(&r, COL_acl_line_hits, hits);
    record_set_number(&r, COL_acl_line_number, hash);
    record_set_flag(&r, COL_acl_line_element, is_element);
    client_send(client, &r);
}

/* "permit ip object LAN object FAR" of a statement of the list. */
static void add_statement(struct text *t, const struct statement *s)
{
    bool is_begun = false;

    for (uint16_t i = 0; i < s->word_count; i++) {
        struct grammar_item item = s->words[i].item;

        is_begun |= item_is_word(item, "permit") || item_is_word(item, "deny");
        if (!is_begun)
            continue;
        text_add(t, "%s", t->len > 0 ? " " : "");
        if (item.at[0] == '<')
            text_add_escaped(t, s->words[i].text);
        else
            text_add(t, "%.*s", item.len, item.at);
    }
}

/* "access-list VPN line 1 extended permit ip 10.1.0.0 255.255.0.0 10.2.0.0 255.255.0.0" */
static const char *element_text(const struct tunnel *t, uint16_t ace, unsigned line, char space[static LINE_SIZE])
{
    char plain[LINE_SIZE];
    struct text p = text_of(plain, sizeof plain), s = text_of(space, LINE_SIZE);
    size_t begin = strlen("access-list ") + strlen(t->acl_name);

    text_add_acl_line(&p, t->acl_name, &t->aces[ace]);
    text_add(&s, "access-list %s line %u%s", t->acl_name, line, begin < p.len ? plain + begin : "");
    return space;
}

/* The statement of that line of the file is the nth of the list, from 1. */
static unsigned line_of(const struct conf *conf, const char *list, uint32_t file_line)
{
    unsigned line = 0;

    for (const struct statement *s = NULL;
         conf->statements != NULL && (s = statements_next(conf->statements, s, STATEMENT_acl_extended)) != NULL;) {
        line += bytes_equal(statement_argument(s, "acl", 0), bytes_of_text(list));
        if (s->line == file_line)
            break;
    }
    return line;
}

/* One statement and the lines that its objects make of it. */
static void send_statement(struct client *client, uint16_t tunnel, const struct statement *s, unsigned line)
{
    const struct tunnel *t = &policy_of(client)->tunnels[tunnel];
    char as_written[LINE_SIZE], element[LINE_SIZE], text[LINE_SIZE];
    struct text written = text_of(as_written, sizeof as_written), whole = text_of(text, sizeof text);
    uint64_t sum = 0;
    uint16_t first = t->ace_count, count = 0;

    add_statement(&written, s);
    for (uint16_t i = 0; i < t->ace_count; i++)
        if (t->aces[i].line == s->line) {
            first = count == 0 ? i : first;
            count++;
        }
    for (uint16_t i = first; i < first + count; i++)
        sum += hits_of(client, tunnel, i, hash_of(element_text(t, i, line, element)));
    text_add(&whole, "access-list %s line %u extended %s", t->acl_name, line, as_written);
    send_line(client, text, line, sum, hash_of(text), false);
    for (uint16_t i = first; i < first + count && count > 1; i++) {
        uint32_t hash = hash_of(element_text(t, i, line, element));

        send_line(client, element, line, hits_of(client, tunnel, i, hash), hash, true);
    }
}

static void send_list(struct client *client, uint16_t tunnel)
{
    const struct conf *conf = source_of(client)->conf(source_of(client)->context);
    const struct tunnel *t = &policy_of(client)->tunnels[tunnel];
    struct control_record r = control_record_of(RECORD_acl);
    unsigned line = 0;

    record_set_text(&r, COL_acl_name, t->acl_name);
    record_set_number(&r, COL_acl_elements, t->ace_count);
    record_set_number(&r, COL_acl_number, hash_of(t->acl_name));
    client_send(client, &r);
    for (const struct statement *s = NULL;
         conf->statements != NULL && (s = statements_next(conf->statements, s, STATEMENT_acl_extended)) != NULL;)
        if (bytes_equal(statement_argument(s, "acl", 0), bytes_of_text(t->acl_name)))
            send_statement(client, tunnel, s, ++line);
}

static bool is_asked_for(const struct client *client, const char *name)
{
    return client->request.acl[0] == '\0' || strcmp(client->request.acl, name) == 0;
}

bool show_access_lists(struct client *client)
{
    const struct policy *policy = policy_of(client);

    while (client->index < policy->tunnel_count) {
        uint16_t tunnel = (uint16_t)client->index++;
        const char *name = policy->tunnels[tunnel].acl_name;

        if (name == NULL || name[0] == '\0' || !is_first_with_list(policy, tunnel) || !is_asked_for(client, name))
            continue;
        send_list(client, tunnel);
        return true;
    }
    return false;
}

void clear_access_lists(struct client *client)
{
    const struct conf *conf = source_of(client)->conf(source_of(client)->context);
    const struct policy *policy = policy_of(client);

    for (uint16_t i = 0; i < policy->tunnel_count; i++) {
        const struct tunnel *t = &policy->tunnels[i];

        for (uint16_t k = 0; t->acl_name != NULL && is_first_with_list(policy, i) &&
                             is_asked_for(client, t->acl_name) && k < t->ace_count;
             k++) {
            char element[LINE_SIZE];
            unsigned line = line_of(conf, t->acl_name, t->aces[k].line);

            hits_of(client, i, k, hash_of(element_text(t, k, line, element)));
        }
    }
}
