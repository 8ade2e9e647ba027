/* From statements to the policy. conf_compile makes the whole of it; the others are its parts, one noun a file. */
#ifndef CONF_COMPILE_H
#define CONF_COMPILE_H

#include "conf/finding.h"
#include "conf/statement.h"

struct defaults {
    uint8_t from_major, from_minor;
    enum cipher_id cipher;
    enum hash_id hash;
    enum group_id group, pfs;
    bool is_nat_t_on, has_tunnel_manager;
    const char *release;
};

/* A key of the secrets file. */
struct secret {
    struct bytes peer, key;
    uint32_t line;
};

struct secrets {
    const struct secret *list;
    uint32_t count;
    const char *file_name;
};

/* A transform-set and why it cannot be used ("": it can). */
struct usable_set {
    struct transform_set set;
    const char *why_not;
    uint32_t line;
};

enum { NAME_SIZE = 256 };

enum key_state { KEY_NONE, KEY_IS_MASKED, KEY_IS_ENCRYPTED, KEY_IS_TOO_LONG, KEY_IS_THERE };

/* A tunnel-group, and what became of its key. */
struct keyed_group {
    struct tunnel_group group;
    struct bytes key;
    enum key_state key_state;
    uint32_t line, key_line;
    const struct statement *initiate_mode; /* NULL: nothing is said */
    bool gives_no_address;                 /* to its users, whatever pools it has */
};

struct profile_member; /* profile.c */

struct compiler {
    struct conf *conf;
    const struct statements *statements;
    struct finder finder;
    struct arena *arena;
    const struct defaults *defaults;
    struct secrets secrets;
    struct usable_set *sets;
    struct keyed_group *groups;
    bool are_unread[CONF_TRUSTPOINTS_MAX]; /* by trustpoint: its files have not been looked at */
    uint16_t set_count, group_count;
    bool *interfaces_are_down; /* by interface */
    const char *why_no_policy; /* no phase 1 proposal is left: the reason of every tunnel; NULL: there is one */
    bool is_phase1_weak;       /* one that is offered is */
    struct crypto_ace *aces;   /* of all access-lists, one after the other */
    struct filter *filters;    /* conf->policy.filters */
    uint32_t ace_total;
    struct acl_space *acl_space;    /* acl_parts.h */
    struct profile_member *members; /* of all profiles */
    uint32_t member_count;
    uint32_t group_members;   /* lines of object-groups that were looked at */
    struct nat_row *nat_rows; /* of all rules, one after the other */
    uint32_t nat_row_total;
};

/* False: the arena is full. Replaces conf->policy and all findings but those of reading. */
bool conf_compile(struct conf *conf, const struct statements *statements, struct secrets secrets, struct arena *arena);

/* compile.c */
const struct defaults *conf_defaults(const struct conf *conf); /* of its release */
uint32_t statement_count(const struct statements *statements, enum statement_kind kind);
/* The line of the first statement of that family and name (of its first argument) that was not understood; 0: none. */
uint32_t wrong_line_of(const struct compiler *c, enum grammar_family family, struct bytes name);
/* The statements below another one, in their order; NULL: no more. */
const struct statement *next_child(const struct compiler *c, const struct statement *parent,
                                   const struct statement *from);
uint32_t wrong_line_under(const struct compiler *c, const struct statement *parent);
const char *text_in_arena(struct compiler *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
void say(struct compiler *c, enum conf_severity severity, const struct statement *where, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* interface.c */
/* A name from the file for the policy and for sentences: printable, cut at NAME_SIZE. Ours have no other characters. */
const char *name_of(struct compiler *c, struct bytes text);
/* write.c: one statement with its newline, keys as *****. */
void conf_write_line(const struct conf *conf, const struct statement *s, struct text *text);
/* logging.c */
void compile_logging(struct compiler *c, struct policy *p);

void compile_interfaces(struct compiler *c);
void compile_routes(struct compiler *c);
/* sla.c: after the interfaces and the routes */
void compile_sla(struct compiler *c);
void compile_sla_review(struct compiler *c); /* after compile_tunnels */
/* As DNS would know it: some labels, the last of which is no number. */
bool is_dns_name(struct bytes text);
bool is_wanted_host(const struct compiler *c, struct bytes name); /* an entry has a peer of that name */
void compile_hosts(struct compiler *c);
/* The same interface with its address of the other family; NO_INDEX: it has one address. */
uint16_t interface_twin(const struct compiler *c, uint16_t index);
uint16_t interface_of_name(const struct compiler *c, struct bytes name);
/* An address, or the `name` given to one, or the name of a peer that has been looked up. */
bool resolve_host(const struct compiler *c, struct bytes text, struct ip *ip);

/* proposal.c */
void compile_isakmp_policies(struct compiler *c);
void compile_transform_sets(struct compiler *c);
/* Why that set of transport mode cannot be this tunnel's, whose lines and peers are known; NULL: it can. */
const char *compile_transport(struct compiler *c, const struct tunnel *t, const struct usable_set *set);
bool set_is_weak(const struct transform_set *set);
enum group_id group_of_words(struct bytes word, uint16_t *number); /* "14" or "group14" */

/* peer.c */
bool text_is_masked_key(
    struct bytes text); /* nothing but asterisks: what show running-config writes in place of a key */
void compile_tunnel_groups(struct compiler *c);
bool is_group_of_users(const struct statements *statements, struct bytes name); /* by its `type` */
void compile_self_identity(struct compiler *c, struct keyed_group *g, const struct statement *s);

/* unused.c: into conf->unused, once all statements are there */
void list_unused(struct conf *conf, const struct statements *st, struct arena *arena);

/* profile.c: ISAKMP profiles, whose settings hold for their peers whatever the tunnel-groups say */
void compile_profiles(struct compiler *c); /* before the tunnel-groups */
void compile_profile_of(struct compiler *c, struct keyed_group *g);
/* What a router's profile, or its crypto map (NULL), says of a group of users. */
void compile_profile_users(struct compiler *c, struct keyed_group *g, const struct statement *profile);
const struct statement *compile_profile_named(const struct compiler *c, struct bytes name); /* NULL: there is none */
bool compile_profile_is_at(const struct compiler *c, const struct statement *local, uint16_t interface);
/* The nth peer that a profile or an entry with one names, from 0; false: no more. */
bool compile_profile_peer(const struct compiler *c, uint32_t nth, struct bytes *peer, uint32_t *line);

/* certmap.c: which groups certificates are mapped to */
void compile_certificate_maps(struct compiler *c);                    /* after the tunnel-groups */
bool certmap_leads_to(const struct compiler *c, struct bytes group);  /* one of that name may be chosen so */
bool certmap_restricts(const struct compiler *c, struct bytes group); /* by a rule that says whose certificates */

/* remote.c */
void compile_pools(struct compiler *c);
void compile_group_policies(struct compiler *c); /* after the pools */
/* What the lines of a block of attributes say. */
void compile_attributes(struct compiler *c, struct group_policy *g, const struct statement *block);
uint16_t compile_policy_number(const struct compiler *c, struct bytes name); /* from 1; 0: there is none of that name */
/* After the group-policies, to which it adds those that are one user's: `room` is what is left for them. */
void compile_user_rights(struct compiler *c, struct group_policy *list, uint16_t room);
uint32_t compile_user_policies(const struct compiler *c); /* how many that may be */
/* By `default-group-policy` of its general-attributes, else of its default group's, else DfltGrpPolicy. NULL: nothing
 * is said. */
void compile_group_policy(struct compiler *c, struct tunnel_group *group, const struct statement *general,
                          const struct statement *of_default);
/* What `general-attributes` says of a group for users beside that; NULL: nothing. */
void compile_remote_group(struct compiler *c, struct tunnel_group *group, const struct statement *general);
bool compile_serves_users(const struct compiler *c); /* some tunnel-group has addresses for them */

/* users.c */
struct bytes first_word(struct bytes *text); /* takes it off the text, and the blanks behind it */
void compile_user_servers(struct compiler *c);
void compile_users(struct compiler *c);
/* `authentication-server-group`: who knows the users of the group; after compile_user_servers. */
void compile_servers_of_users(struct compiler *c, struct tunnel_group *group, const struct statement *s);

/* client.c */
void compile_client_group(struct compiler *c);                    /* the last of the groups */
void compile_client_tunnel(struct compiler *c, struct tunnel *t); /* the last of the tunnels, at that place */

/* aggressive.c */
unsigned key_bits_at_most(struct bytes key);
void compile_aggressive_answers(struct compiler *c); /* after the groups are read, before they are copied */
/* Why that entry cannot begin phase 1 as it says; NULL: it can. `s`: its `set phase1-mode`, or NULL. */
const char *compile_phase1_mode(struct compiler *c, struct tunnel *t, const struct statement *s);
/* Some group can be chosen by an identity. */
bool compile_answers_by_identity(const struct compiler *c);

/* trustpoint.c */
void compile_trustpoints(struct compiler *c);
uint16_t trustpoint_number(const struct compiler *c, struct bytes name); /* from 1; 0: there is none of that name */

/* acl.c: the lines of a crypto access-list, objects resolved. *why NULL: all of them; otherwise why the list cannot be
 * used, and those that were understood come all the same: their traffic must not go in clear. */
bool compile_acl_room(struct compiler *c); /* once, before; false: the arena is full */
const struct crypto_ace *compile_acl(struct compiler *c, struct bytes name, uint16_t *ace_count, const char **why);

/* The lines of a list that filters (policy/filter.h); NULL: there is no extended one of that name. A line that cannot
 * be used is left out with an error, and where it denies, or cannot be read, so is all behind it: a fault lets nothing
 * through that the list would not. */
const struct crypto_ace *compile_filter_acl(struct compiler *c, struct bytes name, uint16_t *ace_count);

/* filter.c */
void compile_filters_room(struct compiler *c);
/* The filter of that list, for what `of` says: number, from 1. */
uint16_t compile_filter(struct compiler *c, const struct statement *of, struct bytes list);
void compile_access_groups(struct compiler *c); /* after the interfaces */

/* The addresses of the object, the object-group, or `any` of that name, in its order; *why as above. They stand until
 * the next call of this file. */
const struct ip_range *compile_ranges(struct compiler *c, struct bytes name, uint16_t *count, const char **why);

/* nat.c: after compile_tunnels. A rule that cannot be run is left out with a warning. */
void compile_nat(struct compiler *c);

/* map.c */
void compile_tunnels(struct compiler *c);

/* review.c: after compile_tunnels */
void compile_review(struct compiler *c);

#endif
