/* What ios.c, which reads a router's lines, and ios_calls.c, which writes what no template can, share. */
#ifndef CONF_IOS_PARTS_H
#define CONF_IOS_PARTS_H

#include "base/selector.h"
#include "conf/grammar.h"
#include "conf/ios.h"
#include "conf/line.h"
#include "policy/logging.h"

enum ios_mode {
    IOS_GLOBAL,
    IOS_POLICY,
    IOS_KEYRING,
    IOS_PROFILE,
    IOS_USERS,
    IOS_PEER,
    IOS_TRANSFORM,
    IOS_MAP,
    IOS_DYNAMIC,
    IOS_INTERFACE,
    IOS_ACL,
    IOS_ROUTE_MAP,
    IOS_SLA
};

enum {
    PARTS_MAX = 10,
    GROUPS_MAX = 1024,
    MAPS_MAX = 64,
    INTERFACES_MAX = 128,
    ROUTES_MAX = 256,
    NATS_MAX = 64,
    GROWTH = 12
};

struct ios_row {
    enum ios_mode mode;
    const char *pattern;
    enum ios_mode enters;
    const char *becomes;
};

const struct ios_row *ios_row(size_t index); /* NULL: no more */
/* encr.yption: from the dot on it may be left out. */
bool ios_is_word(const char *pattern, size_t len, struct bytes text);

/* What the $ of a pattern stood for. */
struct parts {
    struct bytes list[PARTS_MAX]; /* 1 to 9; 0: the rest of the line */
};

struct ios_interface {
    struct bytes name;
    struct ip_range network;
};

struct translation {
    struct arena *arena;
    const struct conf *running; /* that the lines are added to; NULL: they are a configuration of their own */
    bool is_no;                 /* the line began with it */
    bool is_taken_back;         /* what was written of it says so already */
    struct text text;
    uint32_t *lines, line_count, line_max;
    uint32_t number; /* of the line that is translated */
    enum ios_mode mode;
    struct parts header;
    struct bytes groups[GROUPS_MAX], keepalive[3];
    struct {
        struct bytes map, interface;
        bool is_no;
    } local_addresses[MAPS_MAX], applied[MAPS_MAX];
    struct ios_interface interfaces[INTERFACES_MAX];
    struct {
        struct parts parts;
        bool is_no;
        uint32_t number;
    } routes[ROUTES_MAX];
    struct {
        struct bytes acl, interface;
        bool is_route_map; /* `acl` is the name of one */
        bool is_no;
        bool is_dropped; /* added and taken back by these lines */
        uint32_t number;
    } nats[NATS_MAX];
    struct {
        struct bytes name, acl;
    } route_maps[MAPS_MAX];
    struct {
        struct bytes address, port; /* port empty: the usual one */
        bool is_tcp, is_no;
        uint32_t number;
    } log_hosts[LOGGING_HOSTS_MAX];
    size_t log_host_count;
    bool is_log_off;
    struct {
        struct bytes group, domain;
        bool is_no;
        uint32_t number;
    } split_dns[MAPS_MAX];
    size_t split_dns_count;
    struct {
        struct bytes peer, keyring, key;
    } keyed[GROUPS_MAX]; /* by keyrings */
    size_t keyed_count;
    struct bytes ahead; /* the lines behind the one that is translated */
    struct {
        bool is_open, is_of_group;
        struct bytes of, mark; /* the group, or which one of the router's; what its text ends with */
    } banner;
    size_t first_nat; /* pools of addresses that are taken */
    size_t group_count, local_count, applied_count, interface_count, route_count, nat_count, route_map_count;
};

/* Room for a text of that length; NULL: the arena is full. */
struct translation *ios_begin(size_t len, struct arena *arena);
/* Interfaces by their names in full. */
void ios_spell_devices(const struct translation *t, struct token *tokens, uint16_t count);
/* A line of that block; false: no row knows it. */
bool ios_take(struct translation *t, enum ios_mode mode, const struct token *tokens, uint16_t count);

/* ios_change.c: what is running, or the lines before `len` of the text, have a statement that begins so. */
bool ios_is_known(const struct translation *t, struct bytes statement, size_t len);
/* The nameif of an interface that is running; else the name itself. */
struct bytes ios_nameif(const struct translation *t, struct bytes interface);
/* What new peers get when nobody says how they are to be kept alive. */
void ios_add_known_keepalive(struct translation *t, struct bytes group);

/* Add to the ASA's text; a line remembers which of the router's it stands for. */
void ios_put(struct translation *t, struct bytes bytes);
void ios_end_line(struct translation *t);
void ios_put_line(struct translation *t, const char *begin, struct bytes one, const char *middle, struct bytes two);

/* What $1, $* of this line, or %1 of its block's header stands for. */
struct bytes ios_part(const struct translation *t, const struct parts *parts, const char *at);

/* The same, with $1, %1 and &1 put in: one line at least. */
void ios_put_template(struct translation *t, const char *becomes, const struct parts *parts);
/* The tunnel-group of a peer as a router has it, and its `ipsec-attributes`; what is put next stands there. */
void ios_put_group(struct translation *t, struct bytes peer);

/* ios_type7.c: what that password of type 7 stands for; ***** when it is none. */
void ios_put_type_7(struct translation *t, struct bytes typed);

/* ios_calls.c: what a keyring has for a peer; false: another keyring of these lines has another key for him, and that
 * is told. */
bool ios_take_keyring_key(struct translation *t, struct bytes keyring, struct bytes peer, struct bytes key);

/* ios_calls.c: "@address %1 $1 $2", a function with its arguments. */
void ios_call(struct translation *t, const char *becomes, const struct parts *parts);
/* What can only be said when all lines are known. */
void ios_add_remembered(struct translation *t);

/* ios_groups.c: groups of users; false: it is none of its calls. */
bool ios_call_groups(struct translation *t, struct bytes name, const struct bytes *arguments);
void ios_add_split_dns(struct translation *t);

/* ios_banner.c; false: it is none of its calls. */
bool ios_call_banner(struct translation *t, struct bytes name, const struct bytes *arguments,
                     const struct parts *parts);
/* A line of a text that is not ended; false: there is none. */
bool ios_take_banner(struct translation *t, const struct line *line);

/* ios_logging.c: `logging ...`; false: it is none of its calls. */
bool ios_call_logging(struct translation *t, struct bytes name, const struct bytes *arguments);
void ios_add_log_hosts(struct translation *t);

#endif
