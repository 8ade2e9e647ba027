/* What the packet filter has translated: show nat, show ip nat statistics. */
#include "daemon/control_client.h"
#include "daemon/nat.h"
#include "policy/nat.h"

#include <stdlib.h>

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

/* The rules with their counters, then the connections that they have translated. */
bool show_nat_statistics(struct client *client)
{
    struct control_record met = control_record_of(RECORD_nat_met);
    struct connections listing;

    send_rules(client, &met);
    listing = connections_send(client);
    record_set_number(&met, COL_nat_met_static, listing.static_count);
    record_set_number(&met, COL_nat_met_dynamic, listing.count - listing.static_count);
    client_send(client, &met);
    return false;
}
