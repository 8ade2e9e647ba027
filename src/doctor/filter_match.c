#include "doctor/filter_match.h"

#include <string.h>

/* ---- What is true of a packet ---- */

static enum filter_truth truth_of(bool is_true)
{
    return is_true ? YES : NO;
}

static enum filter_truth not(enum filter_truth truth) { return truth == UNKNOWN ? UNKNOWN : truth == YES ? NO : YES; }

static struct filter_value value_of_text(const char *text)
{
    return (struct filter_value){.kind = VALUE_TEXT, .text = text};
}

static struct filter_value value_of_ip(struct ip ip)
{
    return ip_is_set(ip) ? (struct filter_value){.kind = VALUE_IP, .ip = ip}
                         : (struct filter_value){.kind = VALUE_UNKNOWN};
}

bool filter_is_v6(const struct filter_packet *p)
{
    return p->peer.family == IP_V6;
}

static struct filter_value device_value(const struct filter_packet *p, enum filter_way way)
{
    if (p->way != way)
        return value_of_text("");
    return p->device[0] != '\0' ? value_of_text(p->device) : (struct filter_value){.kind = VALUE_UNKNOWN};
}

static struct filter_value protocol_value(const struct filter_packet *p)
{
    return value_of_text(p->port != 0 ? "udp" : "esp");
}

static struct filter_value source_value(const struct filter_packet *p)
{
    return value_of_ip(p->way == FILTER_IN ? p->peer : p->local);
}

static struct filter_value destination_value(const struct filter_packet *p)
{
    return value_of_ip(p->way == FILTER_IN ? p->local : p->peer);
}

static struct filter_value in_device_value(const struct filter_packet *p)
{
    return device_value(p, FILTER_IN);
}

static struct filter_value out_device_value(const struct filter_packet *p)
{
    return device_value(p, FILTER_OUT);
}

static struct filter_value family_value(const struct filter_packet *p)
{
    return value_of_text(filter_is_v6(p) ? "ipv6" : "ipv4");
}

static struct filter_value ether_value(const struct filter_packet *p)
{
    return value_of_text(filter_is_v6(p) ? "ip6" : "ip");
}

static struct filter_value state_value(const struct filter_packet *p)
{
    return value_of_text(p->age == FILTER_NEW ? "new" : "established");
}

static struct filter_value port_value(const struct filter_packet *p)
{
    return p->port != 0 ? (struct filter_value){.kind = VALUE_NUMBER, .number = p->port}
                        : (struct filter_value){.kind = VALUE_ABSENT};
}

/* Which end a packet that comes in goes to is us; where one that leaves goes to is not asked of the routes here. */
static struct filter_value destination_type_value(const struct filter_packet *p)
{
    return p->way == FILTER_IN ? value_of_text("local") : (struct filter_value){.kind = VALUE_UNKNOWN};
}

static const struct {
    const char *kind, *protocol, *key;
    struct filter_value (*value)(const struct filter_packet *packet);
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
    return strcmp(protocol, filter_is_v6(p) ? "ip" : "ip6") == 0 || strcmp(protocol, p->port != 0 ? "esp" : "udp") == 0;
}

const char *filter_text(const json_t *object, const char *key)
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

struct filter_value filter_value(const struct filter_packet *p, const json_t *left)
{
    const char *kind = json_object_iter_key(json_object_iter((json_t *)left));
    const json_t *what = kind != NULL ? json_object_get(left, kind) : NULL;
    bool is_fib = kind != NULL && strcmp(kind, "fib") == 0;
    const char *protocol = is_fib ? fib_flag(what) : filter_text(what, "protocol");
    const char *key = is_fib ? filter_text(what, "result")
                             : filter_text(what, kind != NULL && strcmp(kind, "payload") == 0 ? "field" : "key");

    if (kind != NULL && strcmp(kind, "payload") == 0 && is_header_absent(p, protocol))
        return (struct filter_value){.kind = VALUE_ABSENT};
    for (size_t i = 0; kind != NULL && i < COUNT_OF(keys); i++)
        if (strcmp(keys[i].kind, kind) == 0 && strcmp(keys[i].key, key) == 0 &&
            (keys[i].protocol == NULL || strcmp(keys[i].protocol, protocol) == 0))
            return keys[i].value(p);
    return (struct filter_value){.kind = VALUE_UNKNOWN};
}

/* ---- Is it what the right side says? ---- */

const json_t *filter_object(const struct filter_place *place, const char *kind, const char *name)
{
    size_t i;
    json_t *one;

    json_array_foreach(place->objects, i, one)
    {
        const json_t *object = json_object_get(one, kind);
        if (object != NULL && strcmp(filter_text(object, "family"), place->family) == 0 &&
            strcmp(filter_text(object, "table"), place->table) == 0 && strcmp(filter_text(object, "name"), name) == 0)
            return object;
    }
    return NULL;
}

static bool ip_of_json(const json_t *json, struct ip *ip)
{
    const char *text = json_string_value(json);

    return text != NULL && ip_parse(ip, bytes_of_text(text));
}

static enum filter_truth is_text(const char *value, const char *wanted)
{
    size_t len = strlen(wanted);

    if (len > 0 && wanted[len - 1] == '*')
        return truth_of(strncmp(value, wanted, len - 1) == 0);
    return truth_of(strcmp(value, wanted) == 0);
}

/* Protocols are numbers as often as names. */
static enum filter_truth is_protocol(const char *value, int64_t wanted)
{
    return strcmp(value, "udp") == 0   ? truth_of(wanted == 17)
           : strcmp(value, "esp") == 0 ? truth_of(wanted == 50)
                                       : UNKNOWN;
}

static enum filter_truth is_single(struct filter_value value, const json_t *right)
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

static enum filter_truth is_in_range(struct filter_value value, const json_t *range)
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

static enum filter_truth is_in_prefix(struct filter_value value, const json_t *prefix)
{
    struct ip ip;
    json_int_t len = json_integer_value(json_object_get(prefix, "len"));

    if (value.kind != VALUE_IP || !ip_of_json(json_object_get(prefix, "addr"), &ip) || len < 0 ||
        len > 8 * (json_int_t)ip_len(ip))
        return UNKNOWN;
    return truth_of(ip.family == value.ip.family &&
                    ip_equal(ip_first(ip, (unsigned)len), ip_first(value.ip, (unsigned)len)));
}

enum filter_truth filter_is(const struct filter_place *place, struct filter_value value, const json_t *right);

static enum filter_truth is_any_of(const struct filter_place *place, struct filter_value value, const json_t *list)
{
    enum filter_truth any = NO;
    size_t i;
    json_t *one;

    json_array_foreach(list, i, one)
    {
        enum filter_truth truth = filter_is(place, value, one);
        if (truth == YES)
            return YES;
        if (truth == UNKNOWN)
            any = UNKNOWN;
    }
    return any;
}

/* What is in the set at this moment. */
static enum filter_truth is_in_named_set(const struct filter_place *place, struct filter_value value, const char *name)
{
    const json_t *set = filter_object(place, "set", name);

    return set == NULL ? UNKNOWN : is_any_of(place, value, json_object_get(set, "elem"));
}

enum filter_truth filter_is(const struct filter_place *place, struct filter_value value, const json_t *right)
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
        return filter_is(place, value, json_object_get(inner, "val"));
    if ((inner = json_object_get(right, "range")) != NULL)
        return is_in_range(value, inner);
    if ((inner = json_object_get(right, "prefix")) != NULL)
        return is_in_prefix(value, inner);
    return is_single(value, right);
}

static enum filter_truth is_in_order(const char *op, struct filter_value value, const json_t *right)
{
    json_int_t wanted = json_integer_value(right);

    if (value.kind == VALUE_ABSENT)
        return NO;
    if (value.kind != VALUE_NUMBER || !json_is_integer(right))
        return UNKNOWN;
    bool is_less = op[0] == '<' && value.number < wanted, is_more = op[0] == '>' && value.number > wanted;
    return truth_of(is_less || is_more || (op[1] == '=' && value.number == wanted));
}

enum filter_truth filter_match(const struct filter_place *place, const struct filter_packet *packet,
                               const json_t *match)
{
    const char *op = filter_text(match, "op");
    const json_t *right = json_object_get(match, "right");
    struct filter_value value = filter_value(packet, json_object_get(match, "left"));

    if (strcmp(op, "==") == 0 || strcmp(op, "in") == 0)
        return filter_is(place, value, right);
    /* Of a header that is not there nothing is true, also not that it is something else. */
    if (strcmp(op, "!=") == 0)
        return value.kind == VALUE_ABSENT ? NO : not(filter_is(place, value, right));
    return op[0] == '<' || op[0] == '>' ? is_in_order(op, value, right) : UNKNOWN;
}
