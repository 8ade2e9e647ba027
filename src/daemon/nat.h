/* Address translation in the kernel: the rules (nat_rules.h), answers to ARP, and the connections that stand.
 *
 *     nat_close_up(old, policy, why)     after the marks of steer.h: the rules stand. `old` NULL: at the start
 *     nat_open(&nat, tun_name, policy, why)   the TUN stands: ARP is answered, for what an earlier call answered no
 * more nat_take_away(why)                 at the end; also what a crash has left
 *
 * A change leaves every connection alone that it translates as before; the others begin anew. Each function is false
 * when the system refuses, and then says what in `why`. */
#ifndef DAEMON_NAT_H
#define DAEMON_NAT_H

#include "base/text.h"
#include "daemon/nat_rules.h"

struct nat_answers {
    struct {
        unsigned link;
        struct ip ip;
    } * list;
    size_t count;
};

bool nat_close_up(const struct policy *old, const struct policy *policy, struct text *why);
bool nat_open(struct nat_answers *answers, const char *tun_name, const struct policy *policy, struct text *why);
void nat_answers_free(struct nat_answers *answers);
bool nat_take_away(struct text *why);

/* Since the start, or since nat_clear_counters. */
struct nat_counts {
    uint64_t *translated, *untranslated; /* connections, of each rule: the caller's */
    uint64_t hits;                       /* packets of connections that were translated already */
};

/* False: they cannot be read. */
bool nat_read_counters(const struct policy *policy, struct nat_counts *counts);
bool nat_clear_counters(void);

#endif
