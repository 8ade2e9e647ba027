/* What the parts of map share. Not for other files. */
#ifndef CONF_MAP_PARTS_H
#define CONF_MAP_PARTS_H

#include "conf/compile.h"

/* The statements of one entry, of a crypto map or of a dynamic map. */
struct entry {
    enum grammar_family family;
    struct bytes map;
    uint16_t sequence;
    uint32_t line; /* of the first of them */
    const struct statement *match, *pfs, *connection, *transform, *df, *nat_t, *dynamic, *phase1_mode, *reverse_route,
        *inheritance, *profile;
    const struct statement *first, *end; /* they stand together in the order of writing; `end` is not one of them */
};

/* map.c: the next entry of that family, from a place of the order of writing, which moves on; false: no more. */
bool map_next_entry(const struct compiler *c, enum grammar_family family, uint32_t *at, struct entry *e);

/* map.c: of that entry, the one after `from`, which is NULL for the first; NULL: no more. */
const struct statement *map_next_of_entry(const struct compiler *c, const struct entry *e,
                                          const struct statement *from);

/* map.c: the first reason stays with the tunnel; every one is found. */
void map_park(struct compiler *c, struct tunnel *t, uint32_t line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* map.c: the same, with what struct tunnel calls it in parked_for; NULL: nothing. */
void map_park_for(struct compiler *c, struct tunnel *t, uint32_t line, const char *cause, const char *why);

/* map.c: what is wrong with an entry that runs all the same. */
void map_warn(struct compiler *c, const struct tunnel *t, uint32_t line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* map_peers.c */
void map_take_peers(struct compiler *c, struct tunnel *t, const struct entry *e);

#endif
