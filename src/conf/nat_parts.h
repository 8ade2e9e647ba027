/* How statements of address translation become rules: what nat.c and nat_old.c, the spelling before 8.3, share. A
 * function that is false has said why the statement is left out. */
#ifndef CONF_NAT_PARTS_H
#define CONF_NAT_PARTS_H

#include "conf/compile.h"
#include "policy/nat.h"

enum { PIECES_MAX = 512 };

/* Where a rule stands among the others: by rank, then by `within`, then as in the file. */
enum rank {
    RANK_EXEMPTION,   /* before 8.3: nat (inside) 0 access-list */
    RANK_OLD_STATIC,  /* static */
    RANK_OLD_POLICY,  /* nat (inside) N access-list */
    RANK_OLD_DYNAMIC, /* nat (inside) N network: the longest prefix first */
    RANK_MANUAL,      /* from 8.3 on, section 1 */
    RANK_OBJECT_STATIC,
    RANK_OBJECT_DYNAMIC,
    RANK_AFTER_AUTO,
};

/* A rule on its way into the policy. */
struct draft {
    struct nat_rule rule;
    enum rank rank;
    uint64_t within;
};

struct making {
    struct compiler *c;
    struct draft *drafts;
    uint32_t count;
    const struct statement *s;
    struct draft *draft; /* that of `s` */
};

struct pieces {
    struct ip_range list[PIECES_MAX];
    uint16_t count;
};

/* Warns that the statement is left out; false. */
bool nat_make_leave_out(struct making *m, const char *why);
/* A nameif, or any. One that no interface has is warned of. */
uint16_t nat_make_interface_named(struct making *m, struct bytes name);
/* (inside,outside); empty: any to any. */
void nat_make_read_pair(struct making *m, struct bytes pair);
/* The address of the mapped interface. */
bool nat_make_pieces_of_interface(struct making *m, struct pieces *pieces);
struct ip_range nat_make_range_of_ip(struct ip ip);
struct ip_range nat_make_any_range(void);
uint64_t nat_make_size_of(struct ip_range range);
/* So many addresses of a range, from one on. */
struct ip_range nat_make_part_of(struct ip_range range, uint64_t from, uint64_t count);
bool nat_make_add_row(struct making *m, struct nat_row row);
/* Every pair of the source with every pair of the destination. */
bool nat_make_add_rows(struct making *m, const struct pieces *real, const struct pieces *mapped,
                       const struct pieces *mapped_peer, const struct pieces *real_peer);
/* Sets the kind by what becomes of the source, and cuts both into pieces of one size. */
bool nat_make_pair_sources(struct making *m, bool is_dynamic, struct pieces *real, struct pieces *mapped);
/* A draft for this statement; false: there are too many. */
bool nat_make_begin(struct making *m, const struct statement *s, enum rank rank);
/* It becomes a rule; `text` as show nat has it. */
void nat_make_finish(struct making *m, const char *text);

/* nat_old.c: nat, global and static */
void nat_make_old(struct making *m);

#endif
