/* What the braces of changes.def stand for, in the words of each product.
 *
 *     struct values v = {.count = 0};
 *     values_put_number(&v, "PRIORITY", 10);
 *     values_fill(&v, "crypto ikev1 policy {PRIORITY}", WORDS_ASA, false, &line);
 *
 * Names are borrowed: they are literals. */
#ifndef TRIAL_VALUES_H
#define TRIAL_VALUES_H

#include "base/text.h"
#include "diag/words.h"
#include "policy/policy.h"

enum { VALUES_MAX = 40, VALUE_SIZE = 160 };

struct value {
    const char *name;
    char text[WORDS_COUNT][VALUE_SIZE];
};

struct values {
    struct value list[VALUES_MAX];
    size_t count;
    struct bytes key; /* what {KEY} stands for when a line is applied */
};

/* With empty texts, for the caller to write. */
struct value *values_add(struct values *v, const char *name);
void values_put(struct values *v, const char *name, const char *text);
void values_put_number(struct values *v, const char *name, unsigned number);
/* libreswan writes a name behind an @, else it looks it up. */
void values_put_identity(struct values *v, const char *name, const char *id);
void values_put_ip(struct values *v, const char *name, struct ip ip);

/* SUITE, and of ENC, HASH and GROUP those that are asked for. */
void values_put_phase1(struct values *v, const struct isakmp_policy *p, bool has_cipher, bool has_hash, bool has_group);
/* ESP and ESP_SUITE. */
void values_put_esp(struct values *v, const struct transform_set *set, enum group_id pfs);
void values_put_pfs(struct values *v, const char *name, enum group_id pfs);

/* What is not one IPv4 network, as a range, is not put. */
void values_put_network(struct values *v, const char *name, struct ip_range range);
void values_put_subnet(struct values *v, const char *name, struct ip_range range); /* address and mask */
void values_put_ports(struct values *v, const char *name, struct port_range ports);
void values_put_protocol(struct values *v, const char *name, uint8_t protocol);

/* False: a value is not there, which takes its line with it. `is_applied`: keys as they are, for the eyes of nobody. */
bool values_fill(const struct values *v, const char *line, enum words words, bool is_applied, struct text *out);

#endif
