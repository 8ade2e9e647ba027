/* Certificate maps, and which tunnel-groups certificates are mapped to. */
#include "conf/compile.h"
#include "crypto/name_match.h"

static bool is_enabled(const struct compiler *c, const char *method)
{
    for (const struct statement *s = NULL; (s = statements_next(c->statements, s, STATEMENT_map_enable)) != NULL;)
        if (statement_has(s, method))
            return true;
    return false;
}

static bool names(const struct compiler *c, enum statement_kind kind, struct bytes group)
{
    for (const struct statement *s = NULL; (s = statements_next(c->statements, s, kind)) != NULL;)
        if (bytes_equal(statement_argument(s, "tunnel-group", 0), group))
            return true;
    return false;
}

bool certmap_restricts(const struct compiler *c, struct bytes group)
{
    return is_enabled(c, "rules") && names(c, STATEMENT_map_rule, group);
}

bool certmap_leads_to(const struct compiler *c, struct bytes group)
{
    return certmap_restricts(c, group) || names(c, STATEMENT_map_default, group) || is_enabled(c, "ou") ||
           is_enabled(c, "ike-id");
}

static uint16_t group_of_name(const struct compiler *c, struct bytes name)
{
    for (uint16_t i = 0; i < c->group_count; i++)
        if (bytes_equal(bytes_of_text(c->groups[i].group.name), name))
            return i;
    return NO_INDEX;
}

static const struct statement *map_of(const struct compiler *c, struct bytes name, uint32_t sequence)
{
    for (const struct statement *s = NULL; (s = statements_next(c->statements, s, STATEMENT_certificate_map)) != NULL;)
        if (bytes_equal(statement_argument(s, "certificate-map", 0), name) &&
            statement_number(s, "sequence") == sequence)
            return s;
    return NULL;
}

static const struct {
    const char *word;
    enum name_match match;
} matches[] = {{"eq", NAME_EQUAL}, {"ne", NAME_DIFFERS}, {"co", NAME_CONTAINS}, {"nc", NAME_LACKS}};

/* Why the map cannot be used; NULL: it can. */
static const char *take_condition(struct compiler *c, const struct statement *s, struct certificate_condition *made)
{
    struct bytes tag = statement_argument(s, "name-part", 0);

    if (tag.len > 0 && !name_tag_is_known(tag))
        return "it has a part of a name that is not known here";
    *made = (struct certificate_condition){.is_of_issuer = statement_has(s, "issuer-name"),
                                           .tag = arena_copy_text(c->arena, tag),
                                           .value = arena_copy_text(c->arena, statement_argument(s, "text", 0))};
    for (size_t i = 0; i < COUNT_OF(matches); i++)
        if (statement_has(s, matches[i].word))
            made->match = matches[i].match;
    return NULL;
}

/* A condition that is left out would let in more than was meant: then the whole map is. */
static const char *take_map(struct compiler *c, const struct statement *block, struct certificate_rule *rule)
{
    struct certificate_condition *conditions;
    const char *why = wrong_line_under(c, block) != 0 ? "one of its lines is not understood" : NULL;
    uint16_t count = 0;

    for (const struct statement *s = NULL; (s = next_child(c, block, s)) != NULL;)
        count += s->state == STATEMENT_IS_KNOWN;
    conditions = arena_take(c->arena, (count + 1u) * sizeof *conditions);
    if (conditions == NULL)
        return "there is no memory";
    for (const struct statement *s = NULL; why == NULL && (s = next_child(c, block, s)) != NULL;)
        if (s->state == STATEMENT_IS_KNOWN)
            why = take_condition(c, s, &conditions[rule->condition_count++]);
    rule->conditions = conditions;
    return why != NULL ? why : count == 0 ? "it is empty, and every certificate would fit it" : NULL;
}

static void take_rule(struct compiler *c, const struct statement *s, struct certificate_rule *rules,
                      uint32_t *sequences)
{
    struct bytes map = statement_argument(s, "certificate-map", 0), group = statement_argument(s, "tunnel-group", 0);
    uint32_t sequence = statement_number(s, "sequence");
    const struct statement *block = map_of(c, map, sequence);
    struct certificate_rule rule = {.tunnel_group = group_of_name(c, group)};
    uint16_t place = c->conf->policy.certificate_rule_count;

    if (rule.tunnel_group == NO_INDEX) {
        say(c, CONF_ERROR, s, "no certificate is mapped to tunnel-group %.64s: there is none of that name",
            name_of(c, group));
        return;
    }
    const char *why = block == NULL ? "there is none of that name and number" : take_map(c, block, &rule);
    if (why != NULL) {
        say(c, CONF_ERROR, s, "certificate map %.64s %u is not used: %s", name_of(c, map), sequence, why);
        return;
    }
    for (; place > 0 && sequences[place - 1] > sequence; place--) {
        rules[place] = rules[place - 1];
        sequences[place] = sequences[place - 1];
    }
    rules[place] = rule;
    sequences[place] = sequence;
    c->conf->policy.certificate_rule_count++;
}

void compile_certificate_maps(struct compiler *c)
{
    uint32_t count = statement_count(c->statements, STATEMENT_map_rule);
    struct certificate_rule *rules = arena_take(c->arena, (count + 1) * sizeof *rules);
    uint32_t *sequences = arena_take(c->arena, (count + 1) * sizeof *sequences);
    struct policy *p = &c->conf->policy;
    const struct statement *others = statements_next(c->statements, NULL, STATEMENT_map_default), *s = NULL;

    if (rules == NULL || sequences == NULL || count >= NO_INDEX)
        return;
    p->certificate_rules = rules;
    while ((s = statements_next(c->statements, s, STATEMENT_map_rule)) != NULL)
        if (is_enabled(c, "rules"))
            take_rule(c, s, rules, sequences);
        else
            say(c, CONF_NOTE, s,
                "rules of certificate maps are not asked: there is no `tunnel-group-map enable rules`");
    p->is_group_of_ou = is_enabled(c, "ou");
    p->is_group_of_identity = is_enabled(c, "ike-id");
    uint16_t group = others == NULL ? NO_INDEX : group_of_name(c, statement_argument(others, "tunnel-group", 0));
    if (group != NO_INDEX)
        p->certificate_group = group + 1;
}
