#include "doctor/filter.h"

#include "base/names.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 16 }; /* the kernel's own limit of jumps */

struct filter {
    json_t *root;
    const json_t *objects; /* the list of tables, chains, sets and rules */
};

/* ---- What is true of a packet ---- */

enum truth { NO, YES, UNKNOWN };

static enum truth truth_of(bool is_true)
{
    return is_true ? YES : NO;
}

static enum truth not(enum truth truth) { return truth == UNKNOWN ? UNKNOWN : truth == YES ? NO : YES; }

/* What the left side of a match has as its value in our packet. */
struct value {
    enum { VALUE_UNKNOWN, VALUE_ABSENT, VALUE_TEXT, VALUE_NUMBER, VALUE_IP } kind;
    const char *text;
    int64_t number;
    struct ip ip;
};

static struct value value_of_text(const char *text)
{
    return (struct value){.kind = VALUE_TEXT, .text = text};
}

static struct value value_of_ip(struct ip ip)
{
    return ip_is_set(ip) ? (struct value){.kind = VALUE_IP, .ip = ip} : (struct value){.kind = VALUE_UNKNOWN};
}

static bool is_v6(const struct filter_packet *p)
{
    return p->peer.family == IP_V6;
}

static struct value device_value(const struct filter_packet *p, enum filter_way way)
{
    if (p->way != way)
        return value_of_text("");
    return p->device[0] != '\0' ? value_of_text(p->device) : (struct value){.kind = VALUE_UNKNOWN};
}

static struct value protocol_value(const struct filter_packet *p)
{
    return value_of_text(p->port != 0 ? "udp" : "esp");
}

static struct value source_value(const struct filter_packet *p)
{
    return value_of_ip(p->way == FILTER_IN ? p->peer : p->local);
}

static struct value destination_value(const struct filter_packet *p)
{
    return value_of_ip(p->way == FILTER_IN ? p->local : p->peer);
}

static struct value in_device_value(const struct filter_packet *p)
{
    return device_value(p, FILTER_IN);
}

static struct value out_device_value(const struct filter_packet *p)
{
    return device_value(p, FILTER_OUT);
}

static struct value family_value(const struct filter_packet *p)
{
    return value_of_text(is_v6(p) ? "ipv6" : "ipv4");
}

static struct value ether_value(const struct filter_packet *p)
{
    return value_of_text(is_v6(p) ? "ip6" : "ip");
}

static struct value state_value(const struct filter_packet *p)
{
    return value_of_text(p->age == FILTER_NEW ? "new" : "established");
}

static struct value port_value(const struct filter_packet *p)
{
    return p->port != 0 ? (struct value){.kind = VALUE_NUMBER, .number = p->port}
                        : (struct value){.kind = VALUE_ABSENT};
}

/* Which end a packet that comes in goes to is us; where one that leaves goes to is not asked of the routes here. */
static struct value destination_type_value(const struct filter_packet *p)
{
    return p->way == FILTER_IN ? value_of_text("local") : (struct value){.kind = VALUE_UNKNOWN};
}

static const struct {
    const char *kind, *protocol, *key;
    struct value (*value)(const struct filter_packet *packet);
} keys[] = {
    {"meta", NULL, "iif", in_device_value},           {"meta", NULL, "iifname", in_device_value},
    {"meta", NULL, "oif", out_device_value},          {"meta", NULL, "oifname", out_device_value},
    {"meta", NULL, "l4proto", protocol_value},        {"meta", NULL, "nfproto", family_value},
    {"meta", NULL, "protocol", ether_value},          {"ct", NULL, "state", state_value},
    {"payload", "ip", "protocol", protocol_value},    {"payload", "ip6", "nexthdr", protocol_value},
    {"payload", "ip", "saddr", source_value},         {"payload", "ip6", "saddr", source_value},
    {"payload", "ip", "daddr", destination_value},    {"payload", "ip6", "daddr", destination_value},
    {"payload", "udp", "sport", port_value},          {"payload", "udp", "dport", port_value},
    {"payload", "th", "sport", port_value},           {"payload", "th", "dport", port_value},
    {"fib", "daddr", "type", destination_type_value},
};

/* A header that our packet does not have: the rule does not match. */
static bool is_header_absent(const struct filter_packet *p, const char *protocol)
{
    static const char *const others[] = {"tcp",  "sctp", "dccp", "udplite", "icmp", "icmpv6",
                                         "igmp", "ah",   "comp", "arp",     "vlan"};

    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (strcmp(protocol, others[i]) == 0)
            return true;
    return strcmp(protocol, is_v6(p) ? "ip" : "ip6") == 0 || strcmp(protocol, p->port != 0 ? "esp" : "udp") == 0;
}

static const char *text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text != NULL ? text : "";
}

/* "daddr" of {"fib": {"result": "type", "flags": ["daddr"]}}: only the plain one. */
static const char *fib_flag(const json_t *fib)
{
    const json_t *flags = json_object_get(fib, "flags");
    const char *text =
        json_string_value(json_is_array(flags) && json_array_size(flags) == 1 ? json_array_get(flags, 0) : flags);

    return text != NULL ? text : "";
}

static struct value value_of_left(const struct filter_packet *p, const json_t *left)
{
    const char *kind = json_object_iter_key(json_object_iter((json_t *)left));
    const json_t *what = kind != NULL ? json_object_get(left, kind) : NULL;
    bool is_fib = kind != NULL && strcmp(kind, "fib") == 0;
    const char *protocol = is_fib ? fib_flag(what) : text_at(what, "protocol");
    const char *key = is_fib ? text_at(what, "result")
                             : text_at(what, kind != NULL && strcmp(kind, "payload") == 0 ? "field" : "key");

    if (kind != NULL && strcmp(kind, "payload") == 0 && is_header_absent(p, protocol))
        return (struct value){.kind = VALUE_ABSENT};
    for (size_t i = 0; kind != NULL && i < COUNT_OF(keys); i++)
        if (strcmp(keys[i].kind, kind) == 0 && strcmp(keys[i].key, key) == 0 &&
            (keys[i].protocol == NULL || strcmp(keys[i].protocol, protocol) == 0))
            return keys[i].value(p);
    return (struct value){.kind = VALUE_UNKNOWN};
}

/* ---- Is it what the right side says? ---- */

/* Where a rule stands: the names in it belong to this table. */
struct place {
    const struct filter *filter;
    const char *family, *table;
};

static const json_t *object_find(const struct place *place, const char *kind, const char *name)
{
    size_t i;
    json_t *one;

    json_array_foreach(place->filter->objects, i, one)
    {
        const json_t *object = json_object_get(one, kind);
        if (object != NULL && strcmp(text_at(object, "family"), place->family) == 0 &&
            strcmp(text_at(object, "table"), place->table) == 0 && strcmp(text_at(object, "name"), name) == 0)
            return object;
    }
    return NULL;
}

static bool ip_of_json(const json_t *json, struct ip *ip)
{
    const char *text = json_string_value(json);

    return text != NULL && ip_parse(ip, bytes_of_text(text));
}

static enum truth is_text(const char *value, const char *wanted)
{
    size_t len = strlen(wanted);

    if (len > 0 && wanted[len - 1] == '*')
        return truth_of(strncmp(value, wanted, len - 1) == 0);
    return truth_of(strcmp(value, wanted) == 0);
}

/* Protocols are numbers as often as names. */
static enum truth is_protocol(const char *value, int64_t wanted)
{
    return strcmp(value, "udp") == 0   ? truth_of(wanted == 17)
           : strcmp(value, "esp") == 0 ? truth_of(wanted == 50)
                                       : UNKNOWN;
}

static enum truth is_single(struct value value, const json_t *right)
{
    struct ip ip;

    if (value.kind == VALUE_TEXT)
        return json_is_string(right)    ? is_text(value.text, json_string_value(right))
               : json_is_integer(right) ? is_protocol(value.text, json_integer_value(right))
                                        : UNKNOWN;
    if (value.kind == VALUE_NUMBER)
        return json_is_integer(right) ? truth_of(value.number == json_integer_value(right)) : UNKNOWN;
    return ip_of_json(right, &ip) ? truth_of(ip_equal(value.ip, ip)) : UNKNOWN;
}

static enum truth is_in_range(struct value value, const json_t *range)
{
    const json_t *from = json_array_get(range, 0), *to = json_array_get(range, 1);
    struct ip first, last;

    if (value.kind == VALUE_NUMBER && json_is_integer(from) && json_is_integer(to))
        return truth_of(value.number >= json_integer_value(from) && value.number <= json_integer_value(to));
    if (value.kind == VALUE_IP && ip_of_json(from, &first) && ip_of_json(to, &last))
        return truth_of(first.family == value.ip.family && ip_compare(value.ip, first) >= 0 &&
                        ip_compare(value.ip, last) <= 0);
    return UNKNOWN;
}

static enum truth is_in_prefix(struct value value, const json_t *prefix)
{
    struct ip ip;
    json_int_t len = json_integer_value(json_object_get(prefix, "len"));

    if (value.kind != VALUE_IP || !ip_of_json(json_object_get(prefix, "addr"), &ip) || len < 0 ||
        len > 8 * (json_int_t)ip_len(ip))
        return UNKNOWN;
    return truth_of(ip.family == value.ip.family &&
                    ip_equal(ip_first(ip, (unsigned)len), ip_first(value.ip, (unsigned)len)));
}

static enum truth is_right(const struct place *place, struct value value, const json_t *right);

static enum truth is_any_of(const struct place *place, struct value value, const json_t *list)
{
    enum truth any = NO;
    size_t i;
    json_t *one;

    json_array_foreach(list, i, one)
    {
        enum truth truth = is_right(place, value, one);
        if (truth == YES)
            return YES;
        if (truth == UNKNOWN)
            any = UNKNOWN;
    }
    return any;
}

/* What is in the set at this moment. */
static enum truth is_in_named_set(const struct place *place, struct value value, const char *name)
{
    const json_t *set = object_find(place, "set", name);

    return set == NULL ? UNKNOWN : is_any_of(place, value, json_object_get(set, "elem"));
}

static enum truth is_right(const struct place *place, struct value value, const json_t *right)
{
    const char *text = json_string_value(right);
    const json_t *inner;

    if (value.kind == VALUE_ABSENT)
        return NO;
    if (value.kind == VALUE_UNKNOWN)
        return UNKNOWN;
    if (text != NULL && text[0] == '@')
        return is_in_named_set(place, value, text + 1);
    if (text != NULL && strcmp(text, "*") == 0)
        return YES;
    if (json_is_array(right))
        return is_any_of(place, value, right);
    if ((inner = json_object_get(right, "set")) != NULL)
        return is_any_of(place, value, inner);
    if ((inner = json_object_get(right, "elem")) != NULL)
        return is_right(place, value, json_object_get(inner, "val"));
    if ((inner = json_object_get(right, "range")) != NULL)
        return is_in_range(value, inner);
    if ((inner = json_object_get(right, "prefix")) != NULL)
        return is_in_prefix(value, inner);
    return is_single(value, right);
}

static enum truth is_in_order(const char *op, struct value value, const json_t *right)
{
    json_int_t wanted = json_integer_value(right);

    if (value.kind == VALUE_ABSENT)
        return NO;
    if (value.kind != VALUE_NUMBER || !json_is_integer(right))
        return UNKNOWN;
    bool is_less = op[0] == '<' && value.number < wanted, is_more = op[0] == '>' && value.number > wanted;
    return truth_of(is_less || is_more || (op[1] == '=' && value.number == wanted));
}

static enum truth is_match(const struct place *place, const struct filter_packet *packet, const json_t *match)
{
    const char *op = text_at(match, "op");
    const json_t *right = json_object_get(match, "right");
    struct value value = value_of_left(packet, json_object_get(match, "left"));

    if (strcmp(op, "==") == 0 || strcmp(op, "in") == 0)
        return is_right(place, value, right);
    /* Of a header that is not there nothing is true, also not that it is something else. */
    if (strcmp(op, "!=") == 0)
        return value.kind == VALUE_ABSENT ? NO : not(is_right(place, value, right));
    return op[0] == '<' || op[0] == '>' ? is_in_order(op, value, right) : UNKNOWN;
}

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
    struct place place;
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
    case CALL: return call(walk, text_at(argument, "target"), true);
    case GO: return call(walk, text_at(argument, "target"), !is_sure);
    case RETURN: return is_sure ? LEAVES_CHAIN : GOES_ON;
    case DIVERT: note_doubt(walk, rule); return is_sure ? ACCEPTED : GOES_ON;
    case FOREIGN:
        if (strcmp(text_at(argument, "type"), "match") != 0)
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
    struct value value = value_of_left(walk->packet, json_object_get(map, "key"));
    const json_t *data = json_object_get(map, "data"), *pairs = json_object_get(data, "set");
    const char *name = json_string_value(data);
    enum step step = GOES_ON;
    size_t i;
    json_t *pair;

    if (name != NULL && name[0] == '@')
        pairs = json_object_get(object_find(&walk->place, "map", name + 1), "elem");
    if (pairs == NULL)
        note_doubt(walk, rule);
    json_array_foreach(pairs, i, pair)
    {
        enum truth truth = is_right(&walk->place, value, json_array_get(pair, 0));
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
        enum truth truth = YES;

        if (word == NULL)
            continue;
        if (strcmp(word, "match") == 0)
            truth = is_match(&walk->place, walk->packet, what);
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

    json_array_foreach(walk->place.filter->objects, i, one)
    {
        const json_t *rule = json_object_get(one, "rule");
        if (rule == NULL || strcmp(text_at(rule, "chain"), chain) != 0 ||
            strcmp(text_at(rule, "family"), walk->place.family) != 0 ||
            strcmp(text_at(rule, "table"), walk->place.table) != 0)
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
    const char *family = text_at(chain, "family"), *hook = text_at(chain, "hook"), *device = text_at(chain, "dev");

    if (strcmp(text_at(chain, "table"), NFT_TABLE) == 0)
        return false;
    if (strcmp(family, is_v6(packet) ? "ip6" : "ip") != 0 && strcmp(family, "inet") != 0 &&
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
    struct walk walk = {.place = {filter, text_at(chain, "family"), text_at(chain, "table")}, .packet = packet};
    struct filter_verdict verdict = {
        .end = FILTER_PASSES, .family = walk.place.family, .table = walk.place.table, .chain = text_at(chain, "name")};
    enum step step = walk_chain(&walk, verdict.chain);

    if (step == GOES_ON && strcmp(text_at(chain, "policy"), "drop") == 0)
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
