/* What the makers of changes share: change.c and networks.c. Not for others. */
#ifndef TRIAL_CHANGING_H
#define TRIAL_CHANGING_H

#include "trial/parts.h"
#include "trial/values.h"

struct changing {
    struct trial *trial;
    struct end *own, *far;
    const struct tunnel *t, *other; /* the entries of both; NULL: none */
    struct selector selector;       /* seen from `own` */
    bool is_initiator;              /* `own` is */
    bool is_refusing;               /* `own` is the end that refuses */
    const char *expects;            /* the identity that `own` wants from now on; NULL: as it is */
    struct values *v;
};

/* Under names that begin with `prefix`, which is a literal. */
#define PUT_SELECTOR(v, prefix, s)                                                                                     \
    do {                                                                                                               \
        values_put_network(v, prefix "LOCAL", (s)->local);                                                             \
        values_put_network(v, prefix "REMOTE", (s)->remote);                                                           \
        values_put_ports(v, prefix "LOCAL_PORT", (s)->local_ports);                                                    \
        values_put_ports(v, prefix "REMOTE_PORT", (s)->remote_ports);                                                  \
        values_put_protocol(v, prefix "PROTOCOL", (s)->protocol);                                                      \
    } while (0)

/* MAP and SEQUENCE; false: this end has no such entry. */
bool changing_put_entry(struct changing *c);

/* networks.c. Each puts the values of its kind of changes.def; false: this end cannot be changed so. */
bool changing_selector(struct changing *c);
bool changing_exempt(struct changing *c);
bool changing_overlap(struct changing *c);

#endif
