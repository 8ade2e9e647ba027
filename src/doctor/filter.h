/* Judges the packet filter of this machine: a packet of ours is led through the rules that `nft -j list ruleset` shows,
 * as the kernel would lead it. What cannot be known of a packet or a rule makes the verdict a doubt, never a guess.
 *
 *     struct filter *filter = filter_read(text);       NULL: this is not nft's JSON
 *     struct filter_verdict verdict = filter_judge(filter, &packet);
 *     filter_free(filter);                             then the texts of verdicts are gone too */
#ifndef DOCTOR_FILTER_H
#define DOCTOR_FILTER_H

#include "base/ip.h"

struct filter;

struct filter *filter_read(const char *json);
void filter_free(struct filter *filter);

enum filter_way { FILTER_IN, FILTER_OUT };

/* The first of a connection, or one of a connection that has seen both ways. */
enum filter_age { FILTER_NEW, FILTER_ESTABLISHED };

struct filter_packet {
    enum filter_way way;
    enum filter_age age;
    uint16_t port; /* UDP, at both ends; 0: the packet is ESP */
    struct ip local, peer;
    const char *device; /* "": not known */
};

enum filter_end { FILTER_PASSES, FILTER_DROPPED, FILTER_DOUBT };

struct filter_verdict {
    enum filter_end end;
    const char *family, *table, *chain; /* the base chain to repair; NULL when it passes */
    char rule[64];                      /* "its policy", "the rule with handle 7" */
};

struct filter_verdict filter_judge(const struct filter *filter, const struct filter_packet *packet);

#endif
