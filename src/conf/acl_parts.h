/* What acl.c and service.c share: one line of an access-list, as it is read. Not for others. */
#ifndef CONF_ACL_PARTS_H
#define CONF_ACL_PARTS_H

#include "conf/compile.h"

enum {
    RANGES_MAX = 512,    /* of addresses, or of ports, of one side of one line */
    SERVICES_MAX = 4096, /* of one line */
};

struct ports {
    struct port_range ranges[RANGES_MAX]; /* of the source of ICMP: types and codes (policy/filter.h) */
    uint16_t count;
};

/* One side of a line. */
struct side {
    struct ip_range ranges[RANGES_MAX];
    uint16_t range_count;
    struct ports ports;
    bool is_any; /* of whichever family the other side has */
};

struct service {
    uint8_t protocol;
    struct port_range source, destination;
};

/* Work space: what a line stands for is each service between each pair of addresses. */
struct acl_space {
    struct side source, destination;
    struct ports own_source, own_destination; /* of one service of an object */
    struct service services[SERVICES_MAX];
    uint16_t service_count;
    bool are_whole; /* they say their ports themselves */
};

struct ace_reading {
    struct compiler *c;
    struct acl_space *space;
    const struct statement *s;
    uint16_t at;      /* the next word */
    uint32_t members; /* lines of groups that were looked at */
    bool is_filter;   /* ICMP types are told apart, and `any` is of both families */
    const char *why;  /* NULL: no fault */
};

/* acl.c: the first fault is the one that is told. */
bool fault(struct ace_reading *r, const char *why);

/* One word after the other; the grammar has seen to it that they are in order. */
bool next_is(const struct ace_reading *r, const char *word);
bool take_word(struct ace_reading *r, const char *word);
struct bytes take_argument(struct ace_reading *r);

/* What a kind of group holds. `add`: one line of it, for that side of the line that names the group. */
struct group_form {
    enum statement_kind group, nested;
    const char *word;
    bool (*add)(struct ace_reading *r, struct side *side, const struct statement *s);
};

/* All that the group of that name stands for, with those that are in it. */
bool add_group(struct ace_reading *r, const struct group_form *form, struct side *side, struct bytes name);

/* service.c: */
/* What stands in the place of the protocol: one, an object or a group. */
bool read_protocol(struct ace_reading *r);
/* The ports behind the addresses of a side, which may be a group's; none: any. */
bool read_source_ports(struct ace_reading *r);
bool read_destination_ports(struct ace_reading *r); /* or types of ICMP; then protocols and ports are put together */

#endif
