/* Rules for `nft -j`, put together: the document, matches, and counters that are read back.
 *
 *     struct nft_writing w = nft_begin("ikewise_nat");       the table is made, its rules are thrown away, its counters
 * stay json_t *rule = json_array(); nft_match_address(rule, "saddr", range); nft_accept(rule); nft_add_rule(&w,
 * "chain", rule); char *json = nft_end(&w);                              to be freed; NULL: no memory */
#ifndef DAEMON_NFT_JSON_H
#define DAEMON_NFT_JSON_H

#include "base/selector.h"

#include <jansson.h>

struct nft_writing {
    const char *table; /* of the family inet */
    json_t *list;
};

struct nft_writing nft_begin(const char *table);
char *nft_end(struct nft_writing *w);

/* All of these take what they are given. */
void nft_add(struct nft_writing *w, const char *verb, const char *kind, json_t *object);
void nft_add_chain(struct nft_writing *w, const char *name);
void nft_add_counter(struct nft_writing *w, const char *name);
void nft_add_rule(struct nft_writing *w, const char *chain, json_t *expressions);
/* A chain that packets come to: "nat" or "filter", "forward" and the like, accepting what none of its rules decides. */
void nft_add_hook(struct nft_writing *w, const char *name, const char *type, const char *hook, int priority);

json_t *nft_match(json_t *left, json_t *right);
json_t *nft_payload(const char *protocol, const char *field);
json_t *nft_meta(const char *key);
json_t *nft_range(struct ip_range range); /* an address, a network, or a range */

void nft_match_family(json_t *rule, enum ip_family family);
/* "saddr" or "daddr"; all addresses: nothing. */
void nft_match_address(json_t *rule, const char *field, struct ip_range range);
void nft_match_device(json_t *rule, const char *key, const char *device);
void nft_match_protocol(json_t *rule, uint8_t protocol); /* 0: nothing */
void nft_accept(json_t *rule);
void nft_count(json_t *rule, const char *counter);
void nft_jump(json_t *rule, const char *verb, const char *chain); /* "jump", "goto" */

/* `list` or `reset`: packets by the name of the counter. NULL: they cannot be read. */
json_t *nft_read_counters(const char *verb, const char *table);
json_t *nft_counters_of(const json_t *listing); /* of what `nft -j` has printed */
uint64_t nft_counter_packets(const json_t *counters, const char *name);

#endif
