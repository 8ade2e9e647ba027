#include "doctor/filter.h"

#include "base/names.h"
#include "doctor/filter_match.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 16 }; /* the kernel's own limit of jumps */

struct filter {
    json_t *root;
    const json_t *objects; /* the list of tables, chains, sets and rules */
};

/* ---- Through the chains ---- */

enum effect { NOTHING, ACCEPT, DROP, CALL, GO, RETURN, MAYBE, DIVERT, FOREIGN };

static const struct {
    const char *word;
    enum effect effect;
} statements[] = {
#define STATEMENT(word, effect) {word, effect},
#define HOOK(...)
#include "doctor/filter.def"
#undef STATEMENT
#undef HOOK
};

static const struct {
    const char *name;
    enum filter_way way;
} hooks[] = {
#define STATEMENT(...)
#define HOOK(name, way) {name, FILTER_##way},
#include "doctor/filter.def"
#undef STATEMENT
#undef HOOK
};

enum step { GOES_ON, LEAVES_CHAIN, ACCEPTED, DROPPED };

struct walk {
    struct filter_place place;
    const struct filter_packet *packet;
    unsigned depth, doubts; /* doubts: inside so many rules of which it is not known whether they match */
    const json_t *dropped_by, *may_be_dropped_by;
    bool may_be_accepted;
};

static enum effect effect_of(const char *word)
{
    for (size_t i = 0; i < COUNT_OF(statements); i++)
        if (strcmp(statements[i].word, word) == 0)
            return statements[i].effect;
    return MAYBE;
}

static void note_doubt(struct walk *walk, const json_t *rule)
{
    if (walk->may_be_dropped_by == NULL)
        walk->may_be_dropped_by = rule;
}

static enum step walk_chain(struct walk *walk, const char *chain);

static enum step call(struct walk *walk, const char *chain, bool comes_back)
{
    enum step step = GOES_ON;

    walk->depth++;
    if (walk->depth <= DEPTH_MAX)
        step = walk_chain(walk, chain);
    walk->depth--;
    return step != GOES_ON ? step : comes_back ? GOES_ON : LEAVES_CHAIN;
}

/* A verdict of a rule that matches for certain, or may (walk->doubts). */
static enum step take_effect(struct walk *walk, const json_t *rule, enum effect effect, const json_t *argument)
{
    bool is_sure = walk->doubts == 0;

    switch (effect) {
    case NOTHING:
    case MAYBE: return GOES_ON;
    case ACCEPT: walk->may_be_accepted |= !is_sure; return is_sure ? ACCEPTED : GOES_ON;
    case DROP:
        if (is_sure)
            walk->dropped_by = rule;
        else
            note_doubt(walk, rule);
        return is_sure ? DROPPED : GOES_ON;
    case CALL: return call(walk, filter_text(argument, "target"), true);
    case GO: return call(walk, filter_text(argument, "target"), !is_sure);
    case RETURN: return is_sure ? LEAVES_CHAIN : GOES_ON;
    case DIVERT: note_doubt(walk, rule); return is_sure ? ACCEPTED : GOES_ON;
    case FOREIGN:
        if (strcmp(filter_text(argument, "type"), "match") != 0)
            note_doubt(walk, rule);
        return GOES_ON;
    }
    return GOES_ON;
}

static enum step take_verdict(struct walk *walk, const json_t *rule, const json_t *verdict)
{
    const char *word = json_object_iter_key(json_object_iter((json_t *)verdict));

    return word == NULL ? GOES_ON : take_effect(walk, rule, effect_of(word), json_object_get(verdict, word));
}

/* {"vmap": {"key": ..., "data": {"set": [[value, verdict], ...]} or "@name"}} */
static enum step take_map(struct walk *walk, const json_t *rule, const json_t *map)
{
    struct filter_value value = filter_value(walk->packet, json_object_get(map, "key"));
    const json_t *data = json_object_get(map, "data"), *pairs = json_object_get(data, "set");
    const char *name = json_string_value(data);
    enum step step = GOES_ON;
    size_t i;
    json_t *pair;

    if (name != NULL && name[0] == '@')
        pairs = json_object_get(filter_object(&walk->place, "map", name + 1), "elem");
    if (pairs == NULL)
        note_doubt(walk, rule);
    json_array_foreach(pairs, i, pair)
    {
        enum filter_truth truth = filter_is(&walk->place, value, json_array_get(pair, 0));
        if (truth == NO)
            continue;
        walk->doubts += truth == UNKNOWN;
        step = take_verdict(walk, rule, json_array_get(pair, 1));
        walk->doubts -= truth == UNKNOWN;
        if (truth == YES)
            return step;
    }
    return GOES_ON;
}

/* One that is not a match, and of which it is not known whether it holds. */
static bool is_condition(const char *word)
{
    bool is_judged = strcmp(word, "match") == 0 || strcmp(word, "vmap") == 0;

    return !is_judged && (effect_of(word) == MAYBE || effect_of(word) == FOREIGN);
}

/* One rule, statement by statement. What is not known of it puts what follows in doubt. */
static enum step walk_rule(struct walk *walk, const json_t *rule)
{
    unsigned doubts_before = walk->doubts;
    enum step step = GOES_ON;
    size_t i;
    json_t *statement;

    json_array_foreach(json_object_get(rule, "expr"), i, statement)
    {
        const char *word = json_object_iter_key(json_object_iter(statement));
        const json_t *what = word != NULL ? json_object_get(statement, word) : NULL;
        enum filter_truth truth = YES;

        if (word == NULL)
            continue;
        if (strcmp(word, "match") == 0)
            truth = filter_match(&walk->place, walk->packet, what);
        else if (strcmp(word, "vmap") == 0)
            step = take_map(walk, rule, what);
        else
            step = take_effect(walk, rule, effect_of(word), what);
        if (is_condition(word))
            truth = UNKNOWN;
        walk->doubts += truth == UNKNOWN;
        if (truth == NO || step != GOES_ON)
            break;
    }
    walk->doubts = doubts_before;
    return step;
}

static enum step walk_chain(struct walk *walk, const char *chain)
{
    size_t i;
    json_t *one;

    json_array_foreach(walk->place.objects, i, one)
    {
        const json_t *rule = json_object_get(one, "rule");
        if (rule == NULL || strcmp(filter_text(rule, "chain"), chain) != 0 ||
            strcmp(filter_text(rule, "family"), walk->place.family) != 0 ||
            strcmp(filter_text(rule, "table"), walk->place.table) != 0)
            continue;
        enum step step = walk_rule(walk, rule);
        if (step == LEAVES_CHAIN)
            return GOES_ON;
        if (step != GOES_ON)
            return step;
    }
    return GOES_ON;
}

/* ---- Base chains ---- */

static bool is_on_the_way(const json_t *chain, const struct filter_packet *packet)
{
    const char *family = filter_text(chain, "family"), *hook = filter_text(chain, "hook"),
               *device = filter_text(chain, "dev");

    if (strcmp(filter_text(chain, "table"), NFT_TABLE) == 0)
        return false;
    if (strcmp(family, filter_is_v6(packet) ? "ip6" : "ip") != 0 && strcmp(family, "inet") != 0 &&
        strcmp(family, "netdev") != 0)
        return false;
    if (device[0] != '\0' && packet->device[0] != '\0' && strcmp(device, packet->device) != 0)
        return false;
    for (size_t i = 0; i < COUNT_OF(hooks); i++)
        if (strcmp(hooks[i].name, hook) == 0)
            return hooks[i].way == packet->way;
    return false;
}

static void name_rule(struct filter_verdict *verdict, const json_t *rule)
{
    struct text t = text_of(verdict->rule, sizeof verdict->rule);

    if (rule == NULL)
        text_add(&t, "the policy");
    else
        text_add(&t, "the rule with handle %lld", (long long)json_integer_value(json_object_get(rule, "handle")));
}

static struct filter_verdict judge_chain(const struct filter *filter, const json_t *chain,
                                         const struct filter_packet *packet)
{
    struct walk walk = {.place = {filter->objects, filter_text(chain, "family"), filter_text(chain, "table")},
                        .packet = packet};
    struct filter_verdict verdict = {.end = FILTER_PASSES,
                                     .family = walk.place.family,
                                     .table = walk.place.table,
                                     .chain = filter_text(chain, "name")};
    enum step step = walk_chain(&walk, verdict.chain);

    if (step == GOES_ON && strcmp(filter_text(chain, "policy"), "drop") == 0)
        step = DROPPED;
    if (step == DROPPED)
        verdict.end = walk.may_be_accepted ? FILTER_DOUBT : FILTER_DROPPED;
    else if (walk.may_be_dropped_by != NULL)
        verdict.end = FILTER_DOUBT;
    name_rule(&verdict, step == DROPPED ? walk.dropped_by : walk.may_be_dropped_by);
    return verdict;
}

struct filter_verdict filter_judge(const struct filter *filter, const struct filter_packet *packet)
{
    struct filter_verdict worst = {.end = FILTER_PASSES};
    size_t i;
    json_t *one;

    json_array_foreach(filter->objects, i, one)
    {
        const json_t *chain = json_object_get(one, "chain");
        if (chain == NULL || !is_on_the_way(chain, packet))
            continue;
        struct filter_verdict verdict = judge_chain(filter, chain, packet);
        if (verdict.end == FILTER_DROPPED)
            return verdict;
        if (verdict.end == FILTER_DOUBT && worst.end == FILTER_PASSES)
            worst = verdict;
    }
    return worst;
}

struct filter *filter_read(const char *json)
{
    struct filter *filter = calloc(1, sizeof *filter);

    if (filter == NULL)
        return NULL;
    filter->root = json_loads(json, 0, NULL);
    filter->objects = json_object_get(filter->root, "nftables");
    if (json_is_array(filter->objects))
        return filter;
    filter_free(filter);
    return NULL;
}

void filter_free(struct filter *filter)
{
    json_decref(filter->root);
    free(filter);
}
