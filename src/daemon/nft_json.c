#include "daemon/nft_json.h"

#include "doctor/child.h"
#include "doctor/nft.h"

#include <stdlib.h>
#include <string.h>

enum { COUNTERS_SIZE_MAX = 64 * 1024 * 1024, COUNTERS_LIMIT_MS = 10000 };

#define FAMILY "inet"

/* ---- the document ---- */

void nft_add(struct nft_writing *w, const char *verb, const char *kind, json_t *object)
{
    json_object_set_new(object, "family", json_string(FAMILY));
    json_array_append_new(w->list, json_pack("{s:{s:o}}", verb, kind, object));
}

struct nft_writing nft_begin(const char *table)
{
    struct nft_writing w = {table, json_array()};

    nft_add(&w, "add", "table", json_pack("{s:s}", "name", table));
    nft_add(&w, "flush", "table", json_pack("{s:s}", "name", table));
    return w;
}

char *nft_end(struct nft_writing *w)
{
    json_t *root = json_pack("{s:o}", "nftables", w->list);
    char *text = json_dumps(root, JSON_COMPACT);

    json_decref(root);
    return text;
}

void nft_add_chain(struct nft_writing *w, const char *name)
{
    nft_add(w, "add", "chain", json_pack("{s:s,s:s}", "table", w->table, "name", name));
}

void nft_add_counter(struct nft_writing *w, const char *name)
{
    nft_add(w, "add", "counter", json_pack("{s:s,s:s}", "table", w->table, "name", name));
}

void nft_add_rule(struct nft_writing *w, const char *chain, json_t *expressions)
{
    nft_add(w, "add", "rule", json_pack("{s:s,s:s,s:o}", "table", w->table, "chain", chain, "expr", expressions));
}

void nft_add_hook(struct nft_writing *w, const char *name, const char *type, const char *hook, int priority)
{
    nft_add(w, "add", "chain",
            json_pack("{s:s,s:s,s:s,s:s,s:i,s:s}", "table", w->table, "name", name, "type", type, "hook", hook, "prio",
                      priority, "policy", "accept"));
}

/* ---- matches ---- */

json_t *nft_match(json_t *left, json_t *right)
{
    return json_pack("{s:{s:s,s:o,s:o}}", "match", "op", "==", "left", left, "right", right);
}

json_t *nft_payload(const char *protocol, const char *field)
{
    return json_pack("{s:{s:s,s:s}}", "payload", "protocol", protocol, "field", field);
}

json_t *nft_meta(const char *key)
{
    return json_pack("{s:{s:s}}", "meta", "key", key);
}

json_t *nft_range(struct ip_range range)
{
    char first[IP_TEXT_SIZE], last[IP_TEXT_SIZE];
    int len = ip_range_prefix_len(range);

    ip_text(range.first, first);
    if (len == 8 * (int)ip_len(range.first))
        return json_string(first);
    if (len >= 0)
        return json_pack("{s:{s:s,s:i}}", "prefix", "addr", first, "len", len);
    return json_pack("{s:[s,s]}", "range", first, ip_text(range.last, last));
}

void nft_match_family(json_t *rule, enum ip_family family)
{
    json_array_append_new(rule, nft_match(nft_meta("nfproto"), json_string(family == IP_V6 ? "ipv6" : "ipv4")));
}

void nft_match_address(json_t *rule, const char *field, struct ip_range range)
{
    const char *protocol = range.first.family == IP_V6 ? "ip6" : "ip";

    if (ip_range_prefix_len(range) != 0)
        json_array_append_new(rule, nft_match(nft_payload(protocol, field), nft_range(range)));
}

void nft_match_device(json_t *rule, const char *key, const char *device)
{
    json_array_append_new(rule, nft_match(nft_meta(key), json_string(device)));
}

void nft_match_protocol(json_t *rule, uint8_t protocol)
{
    if (protocol != 0)
        json_array_append_new(rule, nft_match(nft_meta("l4proto"), json_integer(protocol)));
}

void nft_accept(json_t *rule)
{
    json_array_append_new(rule, json_pack("{s:n}", "accept"));
}

void nft_count(json_t *rule, const char *counter)
{
    json_array_append_new(rule, json_pack("{s:s}", "counter", counter));
}

void nft_jump(json_t *rule, const char *verb, const char *chain)
{
    json_array_append_new(rule, json_pack("{s:{s:s}}", verb, "target", chain));
}

/* ---- counters ---- */

json_t *nft_counters_of(const json_t *listing)
{
    json_t *packets = json_object(), *one;
    size_t i;

    json_array_foreach(json_object_get(listing, "nftables"), i, one)
    {
        const json_t *counter = json_object_get(one, "counter");
        const char *name = json_string_value(json_object_get(counter, "name"));

        if (name != NULL)
            json_object_set(packets, name, json_object_get(counter, "packets"));
    }
    return packets;
}

json_t *nft_read_counters(const char *verb, const char *table)
{
    char *const argv[] = {"nft", "-j", (char *)verb, "counters", "table", FAMILY, (char *)table, NULL};
    const char *path = nft_path();
    char *text = path == NULL ? NULL : child_read(path, argv, COUNTERS_SIZE_MAX, COUNTERS_LIMIT_MS);
    json_t *listing = text == NULL ? NULL : json_loads(text, 0, NULL);
    json_t *counters = listing == NULL ? NULL : nft_counters_of(listing);

    json_decref(listing);
    free(text);
    return counters;
}

uint64_t nft_counter_packets(const json_t *counters, const char *name)
{
    return (uint64_t)json_integer_value(json_object_get(counters, name));
}
