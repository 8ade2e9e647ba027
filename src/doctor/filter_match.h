/* What a rule of nft's JSON says of a packet of ours. Not for other files than filter.c. */
#ifndef DOCTOR_FILTER_MATCH_H
#define DOCTOR_FILTER_MATCH_H

#include "doctor/filter.h"

#include <jansson.h>

enum filter_truth { NO, YES, UNKNOWN };

/* What the left side of a match has as its value in our packet. */
struct filter_value {
    enum { VALUE_UNKNOWN, VALUE_ABSENT, VALUE_TEXT, VALUE_NUMBER, VALUE_IP } kind;
    const char *text;
    int64_t number;
    struct ip ip;
};

/* Where a rule stands: the names in it belong to this table. */
struct filter_place {
    const json_t *objects; /* the list of tables, chains, sets and rules */
    const char *family, *table;
};

/* The text of a key; "" when there is none. */
const char *filter_text(const json_t *object, const char *key);

/* A set or map of that place; NULL: there is none. */
const json_t *filter_object(const struct filter_place *place, const char *kind, const char *name);

bool filter_is_v6(const struct filter_packet *packet);
struct filter_value filter_value(const struct filter_packet *packet, const json_t *left);
enum filter_truth filter_is(const struct filter_place *place, struct filter_value value, const json_t *right);
enum filter_truth filter_match(const struct filter_place *place, const struct filter_packet *packet,
                               const json_t *match);

#endif
