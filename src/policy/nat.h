/* Address translation, as an ASA does it before it asks the crypto ACLs. Pure.
 *
 * The rules stand in the order in which they are asked, and the first that fits a connection holds for all of it:
 *
 *     from 8.3 on    manual (section 1), of objects (section 2), manual after those (section 3)
 *     before 8.3     exemptions, static, dynamic of an access-list, dynamic
 *
 * `inner` is how the hosts behind the interface `from` see a packet, `outer` how it is beyond the interface `to`. On
 * its way out the source becomes `mapped` and the destination `real_peer`; on its way in the other way round. Crypto
 * ACLs have the outer addresses. */
#ifndef POLICY_NAT_H
#define POLICY_NAT_H

#include "policy/policy.h"

enum nat_kind {
    NAT_IDENTITY, /* the address stays what it is: an exemption from what comes after it */
    NAT_STATIC,   /* one to one, in both directions */
    NAT_DYNAMIC,  /* several behind some, only from inside */
};

enum { NAT_ANY_INTERFACE = 0xffff, NAT_NO_INTERFACE = 0xfffe /* its name is no interface's: the rule never fits */ };

/* What one rule does with one pair of networks, IPv4. Of static rules, `real` and `mapped` have as many addresses; so
 * have `mapped_peer` and `real_peer`. */
struct nat_row {
    struct ip_range real, mapped, mapped_peer, real_peer;
    bool is_deny;                             /* a line of an access-list: this rule is not for that */
    uint8_t protocol;                         /* 0: any */
    struct port_range real_port, mapped_port; /* of our end; other than any only with a protocol that has ports */
};

struct nat_rule {
    enum nat_kind kind;
    uint8_t section;   /* 1 to 3; before 8.3 0 */
    uint16_t from, to; /* interfaces; NAT_ANY_INTERFACE, NAT_NO_INTERFACE */
    const struct nat_row *rows;
    uint16_t row_count;
    bool is_interface;  /* `mapped` is the address of `to` */
    bool is_outgoing;   /* unidirectional: only for connections from inside */
    bool has_proxy_arp; /* the mapped addresses are answered for */
    const char *text;   /* "source static LAN MAPPED   destination static FAR FAR no-proxy-arp" */
    const char *config; /* its statement, after that of its object and a line break */
    uint32_t line;
};

/* A connection that the rule and the row are for. */
struct nat_match {
    uint16_t rule, row; /* NO_INDEX: no rule is for it */
    struct flow inner, outer;
};

/* A connection from inside: `inner.local` is the source as the host has written it. False: no rule is for it, and
 * match->outer is match->inner. The port of dynamic rules and the address of a pool are the system's choice: the first
 * address and the same port stand for them. `to` may be NAT_ANY_INTERFACE: where it leaves is not known. */
bool nat_out(const struct policy *policy, uint16_t from, uint16_t to, const struct flow *inner,
             struct nat_match *match);

/* A connection from outside: `outer.local` is the destination as it stands in the packet. */
bool nat_in(const struct policy *policy, uint16_t to, const struct flow *outer, struct nat_match *match);

/* What of a selector with outer addresses comes out of this row, in the addresses of the hosts before source
 * translation (destinations are those of the wire). False: nothing. */
bool nat_before(const struct nat_rule *rule, const struct nat_row *row, const struct selector *outer,
                struct selector *inner);

/* The rule that gives all of this traffic other addresses, so that a line of a crypto ACL that is written with its own
 * never sees it; NO_INDEX: none does, or the line is written with addresses that a rule translates to. */
uint16_t nat_takes_away(const struct policy *policy, uint16_t to, const struct selector *outer);

/* The address that takes the same place in the other range; the last one when that is shorter. */
struct ip nat_move(struct ip ip, struct ip_range from, struct ip_range to);

/* A part of a static row whose ends are networks of one size, for packet filters that translate by mask. */
struct nat_block {
    struct ip real, mapped;
    uint8_t prefix_len;
};

enum { NAT_BLOCKS_MAX = 64 };

/* Splits; false: it takes more than NAT_BLOCKS_MAX. */
bool nat_blocks(struct ip_range real, struct ip_range mapped, struct nat_block blocks[static NAT_BLOCKS_MAX],
                uint16_t *count);

/* The same translation in another policy: nothing of it has to be made anew. */
bool nat_is_same(const struct policy *a, const struct policy *b);

#endif
