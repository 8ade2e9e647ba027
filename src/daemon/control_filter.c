/* What the packet filter has translated: show nat, show ip nat statistics. */
#include "daemon/control_client.h"
#include "daemon/nat.h"
#include "policy/nat.h"

#include <stdlib.h>

static const char *interface_name(const struct policy *policy, uint16_t interface)
{
    return interface < policy->interface_count ? policy->interfaces[interface].name : "any";
}

/* ---- show nat ---- */

static void add_rule(struct made *made, const struct nat_rule *rule, unsigned number, uint64_t translated,
                     uint64_t untranslated)
{
    const struct policy *policy = &made->conf->policy;
    struct control_record r = control_record_of(RECORD_nat_rule);

    record_set_number(&r, COL_nat_rule_section, rule->section);
    record_set_number(&r, COL_nat_rule_number, number);
    record_set_text(&r, COL_nat_rule_from, interface_name(policy, rule->from));
    record_set_text(&r, COL_nat_rule_to, interface_name(policy, rule->to));
    record_set_text(&r, COL_nat_rule_text, rule->text);
    record_set_number(&r, COL_nat_rule_translated, translated);
    record_set_number(&r, COL_nat_rule_untranslated, untranslated);
    record_set_number(&r, COL_nat_rule_line, rule->line);
    made_add(made, &r);
}

/* What all rules together have met. An exemption translates nothing. */
struct met {
    uint64_t hits, misses;
    struct connections listing;
};

static void add_rules(struct made *made, struct met *met)
{
    const struct policy *policy = &made->conf->policy;
    uint64_t *space = calloc(2 * (size_t)policy->nat_rule_count + 1, sizeof *space);
    struct nat_counts counts = {.translated = space, .untranslated = space + policy->nat_rule_count};
    unsigned number = 0;

    made->is_cut |= space == NULL;
    if (space != NULL && policy->nat_rule_count > 0 && made->source.nat_counters != NULL)
        made->source.nat_counters(made->source.context, policy, &counts);
    for (uint16_t i = 0; space != NULL && i < policy->nat_rule_count; i++) {
        const struct nat_rule *rule = &policy->nat_rules[i];

        number = i > 0 && rule->section == policy->nat_rules[i - 1].section ? number + 1 : 1;
        add_rule(made, rule, number, counts.translated[i], counts.untranslated[i]);
        met->misses += rule->kind == NAT_IDENTITY ? 0 : counts.translated[i] + counts.untranslated[i];
    }
    met->hits = counts.hits;
    free(space);
}

static void make(struct made *made)
{
    struct met met = {0};

    made->is_over = true;
    add_rules(made, &met);
}

const struct made_way made_nat = {.make = make};

/* The rules with their counters, then the connections that they have translated. */
static void make_statistics(struct made *made)
{
    struct met *met = made->own = calloc(1, sizeof *met);

    made->is_over = true;
    if (met == NULL) {
        made->is_cut = true;
        return;
    }
    add_rules(made, met);
    connections_add(made, &met->listing);
}

static void end_statistics(struct client *client, struct made *made)
{
    const struct met *met = made->own;
    struct control_record r = control_record_of(RECORD_nat_met);

    connections_send_count(client, met->listing);
    record_set_number(&r, COL_nat_met_hits, met->hits);
    record_set_number(&r, COL_nat_met_misses, met->misses);
    record_set_number(&r, COL_nat_met_static, met->listing.static_count);
    record_set_number(&r, COL_nat_met_dynamic, met->listing.count - met->listing.static_count);
    client_send(client, &r);
}

const struct made_way made_nat_statistics = {.make = make_statistics, .end = end_statistics, .forget = free};

static void make_clearing(struct made *made)
{
    made->is_over = true;
    if (made->source.clear_nat != NULL)
        made->source.clear_nat(made->source.context);
}

const struct made_way made_nat_clearing = {.make = make_clearing};
