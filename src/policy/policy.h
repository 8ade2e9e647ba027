/* The policy: what the configuration means, compiled. Built by conf in an arena, read by the engine, the plane and the
 * shell; never changed once it is built. It holds no secret: pre-shared keys go to the vault under the index of their
 * tunnel group.
 *
 * Indexes (of tunnels, tunnel groups, transform sets) are places in the arrays of one policy; they mean nothing in
 * another one. */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include "base/selector.h"
#include "crypto/algorithm.h"
#include "policy/logging.h"

struct id;          /* wire/payloads.h */
struct nat_rule;    /* policy/nat.h */
struct filter;      /* policy/filter.h */
struct sla_monitor; /* policy/sla.h */
struct track;

enum { PEERS_MAX = 10, TRANSFORM_SETS_MAX = 11, WAITS_MAX = 8, NO_INDEX = 0xffff };

enum schedule_id {
#define SCHEDULE(name, ...) SCHEDULE_##name,
#include "policy/logging.h"
#include "policy/schedule.def"
#undef SCHEDULE
    SCHEDULE_COUNT
};

struct schedule_info {
    const char *name, *word;
    bool do_responders_repeat;   /* by timer, to a peer that is not proved */
    uint8_t answers_after_s;     /* a repeat of the peer's */
    uint8_t rekey_percent[2][2]; /* of the lifetime: of phase 1, 2; when we are its initiator, its responder */
    uint8_t waits_s[WAITS_MAX];  /* ends with 0 */
};

const struct schedule_info *schedule_info(enum schedule_id id);

/* One `crypto ikev1 policy`. */
struct isakmp_policy {
    uint16_t priority; /* 1 to 65535, the lowest is tried first */
    uint16_t auth;     /* RFC 2409 appendix A: 1 is pre-shared key */
    enum cipher_id cipher;
    enum hash_id hash;
    enum group_id group;
    uint32_t lifetime_s; /* 0: none */
};

/* One `crypto ipsec transform-set`. */
struct transform_set {
    const char *name;
    enum cipher_id cipher;
    enum hash_id integrity; /* HASH_NONE with GCM and GMAC */
    bool is_transport;
    bool has_esn; /* extended sequence numbers, RFC 4304 */
};

enum { CRL_URLS_MAX = 4, URL_LEN_MAX = 255 };

/* One `crypto ca trustpoint`, its certificates in DER. The private key is in the vault, under the same index. */
struct trustpoint {
    const char *name;
    const struct bytes *certificates; /* ours, then those between it and the authority */
    const struct bytes *issuer_names; /* of each of them */
    uint16_t certificate_count;
    const struct bytes *anchors; /* the authorities that we trust */
    uint16_t anchor_count;
    const struct bytes *anchor_names; /* their distinguished names: what we ask for */
    const struct bytes *crls;
    uint16_t crl_count;
    const char *other_key;    /* what its private key is, when that is none that is signed with; NULL */
    struct bytes subject;     /* our distinguished name */
    enum signature_kind kind; /* what our key can sign; SIGNATURE_NONE: there is none */
    enum revocation revocation;
    const char *crl_urls[CRL_URLS_MAX]; /* from which CRLs are fetched, in their order; the first NULL ends them */
    uint16_t crl_minutes;               /* after which one is fetched anew, if it is not due before */
    const char *ocsp_url;               /* of the responder; NULL: none is named */
    bool is_nonce_left_out;             /* when it is asked */
};

/* How the user behind a peer proves who he is, after phase 1: not at all; by XAUTH; by XAUTH where phase 1 has proved
 * the gateway alone (hybrid). */
enum user_auth { USER_AUTH_NONE, USER_AUTH_XAUTH, USER_AUTH_HYBRID };

enum { POOLS_PER_GROUP_MAX = 6, SERVERS_MAX = 2, SPLIT_NETWORKS_MAX = 64, USER_NAME_MAX = 64, USER_PASSWORD_MAX = 128 };

/* One `ip local pool`. */
struct address_pool {
    const char *name;
    struct ip_range range;
    struct ip mask; /* not set: nothing is said of it */
};

enum split_tunnel { SPLIT_TUNNEL_ALL, SPLIT_TUNNEL_SPECIFIED, SPLIT_TUNNEL_EXCLUDED };

/* What a `group-policy` allows, and what its users get. Texts are "" when nothing is said. */
struct group_policy {
    const char *name;
    bool is_ikev1_refused; /* `vpn-tunnel-protocol` has other protocols only */
    bool are_logins_limited;
    uint16_t login_limit;                          /* of one user at a time; 0: he is let in nowhere */
    uint32_t session_timeout_s, idle_timeout_s;    /* 0: none */
    struct ip dns[SERVERS_MAX], wins[SERVERS_MAX]; /* the first that is not set ends them */
    const char *banner, *default_domain, *split_dns;
    enum split_tunnel split_tunnel;
    const struct ip_range *split_networks; /* each a prefix */
    uint16_t split_network_count;
    bool may_store_password;
    bool may_extend_network;             /* `nem enable`: a user's end may come with a network of its own behind it */
    bool wants_pfs;                      /* of users: a quick mode without it is refused */
    uint16_t filter;                     /* `vpn-filter`: number of policy.filters, from 1; 0: none */
    uint16_t pools[POOLS_PER_GROUP_MAX]; /* `address-pools`: indexes */
    uint8_t pool_count;
    const char *group_lock; /* the only tunnel-group that its users may come by; NULL: any */
    const char *user;       /* it is one user's: what it is of the name and what his attributes say; NULL: anybody's */
};

/* The attributes of one `username`. */
struct user_rights {
    const char *name;
    bool is_refused;         /* `service-type` is another one than remote-access */
    struct ip address, mask; /* `vpn-framed-ip-address`: his, in a pool or not; not set: one of the pools */
    /* Which group-policy holds for him, as its number, by the number of his tunnel-group's (0: that has none); NULL:
     * that of his tunnel-group. */
    const uint16_t *group_policies;
};

/* One `aaa-server` that is PAM of this machine: who is asked about users. */
struct user_server {
    const char *name, *service; /* `service`: a file of /etc/pam.d */
    uint16_t timeout_s;
};

enum identity_kind { IDENTITY_AUTO, IDENTITY_ADDRESS, IDENTITY_HOSTNAME, IDENTITY_USER_FQDN, IDENTITY_KEY_ID };

/* Who we say that we are. */
struct own_identity {
    enum identity_kind kind;
    const char *name; /* of HOSTNAME, USER_FQDN, KEY_ID */
    struct ip ip;     /* of ADDRESS: it is another than our end's; not set: it is our end's */
};

/* One `tunnel-group` of type ipsec-l2l or remote-access. */
struct tunnel_group {
    const char *name;    /* the peer's address as text, its identity, or DefaultL2LGroup */
    struct ip peer;      /* IP_NONE: for any peer */
    bool is_by_identity; /* only for peers that show its name as their identity in aggressive mode */
    bool has_key;        /* its pre-shared key is in the vault */
    bool is_key_weak;    /* and is too easily guessed to be answered with in aggressive mode */
    bool is_key_hidden;  /* there is one, masked or encrypted in the file: nobody here knows it */
    uint16_t trustpoint; /* number of policy.trustpoints, from 1; 0: none */
    bool sends_chain;    /* and not only our own certificate */
    enum identity_check identity_check;
    const char *peer_identity; /* the only one that is taken, as it is printed; NULL: any that its certificate has */
    bool has_dpd;
    bool dpd_is_on_demand; /* a silent peer is only asked when something has been sent to it */
    bool dpd_restarts;     /* what a dead peer has taken along is begun anew, until it is up */
    uint16_t dpd_threshold_s, dpd_retry_s;
    struct own_identity identity; /* AUTO: what `crypto isakmp identity` says */
    const char *profile;          /* the ISAKMP profile whose settings it has; NULL: none */

    /* remote-access */
    bool is_remote_access;
    enum user_auth user_auth;
    uint16_t user_server;                /* number of policy.user_servers, from 1; 0: the users of the configuration */
    bool is_local_asked_after;           /* those too, when that server cannot be asked */
    uint16_t pools[POOLS_PER_GROUP_MAX]; /* indexes */
    uint8_t pool_count;
    bool is_client;        /* we are the user's end of this peer */
    bool wants_password;   /* of our user: it is not in the configuration */
    uint16_t group_policy; /* number of policy.group_policies, from 1; 0: none */
};

/* One sequence of a `crypto ca certificate map` that a tunnel-group is named for: whose certificate fits all of it. */
struct certificate_condition {
    bool is_of_issuer;
    const char *tag; /* of crypto/name_tags.def; "": the whole name */
    enum name_match match;
    const char *value;
};

struct certificate_rule {
    const struct certificate_condition *conditions;
    uint16_t condition_count;
    uint16_t tunnel_group; /* index */
};

enum connection_type { CONNECTION_BIDIRECTIONAL, CONNECTION_ORIGINATE_ONLY, CONNECTION_ANSWER_ONLY };
enum df_policy { DF_COPY, DF_SET, DF_CLEAR };

/* One line of a crypto ACL, objects resolved: one SA pair. `local` is the ACL's source. Lists that filter have the same
 * lines (policy/filter.h). */
struct crypto_ace {
    struct selector selector;
    bool is_permit;
    uint32_t line; /* of the configuration file */
};

/* One crypto map entry on one interface. In order of sequence within one map. An entry that names a dynamic map is one
 * tunnel for each of that one's entries, which only answers: peers share it, each with pairs of its own, narrower than
 * the lines as a rule. */
struct tunnel {
    const char *map_name; /* of a dynamic entry: the dynamic map's */
    uint16_t sequence;
    bool is_dynamic;
    const char
        *profile; /* of a dynamic entry: only for peers whose tunnel-group has that ISAKMP profile; NULL: for any */
    bool is_open; /* dynamic, and without an ACL: `aces` permits all; only what has a pair is steered */
    uint16_t interface; /* index; NO_INDEX: the map is on no interface (then the tunnel is parked) */
    const char *acl_name;
    const struct crypto_ace *aces;
    uint16_t ace_count;
    struct ip peers[PEERS_MAX];                  /* in order of preference */
    uint8_t peer_count;                          /* 0 of a dynamic entry: any peer that no static entry names */
    uint16_t transform_sets[TRANSFORM_SETS_MAX]; /* indexes, in order of preference */
    uint8_t transform_set_count;
    enum group_id pfs;                /* GROUP_NONE: off */
    uint32_t lifetime_s, lifetime_kb; /* 0: none */
    uint32_t idle_time_s;             /* a pair that nothing goes through for so long is deleted; 0: it stays */
    enum connection_type connection_type;
    bool is_client;                 /* we are the user of this tunnel's peer, which gives us an address */
    bool is_aggressive;             /* how we begin phase 1 */
    enum group_id aggressive_group; /* GROUP_NONE: that of the first policy */
    bool is_nat_t_off;
    bool has_reverse_route; /* while a pair stands, this machine has a route to its peer's networks */
    enum df_policy df;
    bool is_per_host;     /* a pair for each two hosts with traffic between them, and not one for the whole line */
    bool is_split_sealed; /* what is too long for the path and may be split goes in fragments of ESP, not in ESP each */
    bool is_weak;         /* uses an algorithm of strength WEAK */
    const char *parked;   /* why this tunnel is not run, one sentence with the line; NULL: it runs */
    const char *parked_for; /* of that, what an ASA has a message for: no-transform-set, own-address; NULL: nothing */
    uint32_t line;
};

enum { MSS_AS_AN_ASA = 0, MSS_ANY = 0xffff };

struct policy_interface {
    const char *name;       /* nameif */
    const char *hardware;   /* as in `interface GigabitEthernet0/0` */
    const char *linux_name; /* "" until the daemon has matched it */
    struct ip ip;
    uint8_t prefix_len;
    bool is_ikev1_enabled;
    bool is_by_dhcp;      /* its address is not the configuration's */
    const char *map_name; /* "" without a crypto map */
};

enum access_way { ACCESS_IN, ACCESS_OUT, ACCESS_CONTROL_PLANE };

/* One `access-group`: what comes in by an interface or leaves by it to go on, or comes for this machine itself. */
struct access_group {
    uint16_t filter;    /* index of policy.filters */
    uint16_t interface; /* index; NO_INDEX: what comes in by any, where the list of its own does not say */
    enum access_way way;
    uint32_t line;
};

struct policy_route {
    uint16_t interface;
    struct ip_range destination;
    uint8_t prefix_len;
    struct ip gateway;
    uint16_t metric;
    uint32_t track; /* number of policy.tracks: what it hangs on; 0: nothing */
};

/* Whose words an IOS router has: up to 12.3, then to 15.x, then IOS-XE. */
enum ios_release { IOS_RELEASE_UNKNOWN, IOS_RELEASE_OLD, IOS_RELEASE_MIDDLE, IOS_RELEASE_NEW };

struct policy {
    const char *hostname;
    const struct policy_interface *interfaces;
    uint16_t interface_count;
    const struct isakmp_policy *isakmp_policies; /* by priority */
    uint16_t isakmp_policy_count;
    const struct transform_set *transform_sets;
    uint16_t transform_set_count;
    const struct tunnel_group *tunnel_groups;
    uint16_t tunnel_group_count;
    /* Which tunnel-group a peer's certificate is of, in the order in which that is asked; then the one of its address.
     */
    const struct certificate_rule *certificate_rules;
    uint16_t certificate_rule_count;
    bool is_group_of_ou;        /* the one that an organizational unit of its subject names */
    bool is_group_of_identity;  /* the one that its identity names */
    uint16_t certificate_group; /* number, from 1, of the one for all others; 0: none */
    const struct trustpoint *trustpoints;
    uint16_t trustpoint_count;
    const struct address_pool *pools;
    uint16_t pool_count;
    const struct group_policy *group_policies;
    uint16_t group_policy_count;
    const struct user_rights *users; /* those with attributes, by name */
    uint32_t user_count;
    const struct user_server *user_servers;
    uint16_t user_server_count;
    uint32_t ipsec_lifetime_s, ipsec_lifetime_kb; /* where an entry says nothing; 0: none */
    uint32_t ipsec_idle_time_s;                   /* the same */
    const struct tunnel *tunnels;                 /* by map, then by sequence; the parked ones too */
    uint16_t tunnel_count;
    const struct policy_route *routes;
    uint16_t route_count;
    const struct sla_monitor *monitors; /* sla.h */
    uint16_t monitor_count;
    const struct track *tracks;
    uint16_t track_count;
    const struct nat_rule *nat_rules; /* nat.h: in the order in which they are asked */
    uint16_t nat_rule_count;
    const struct filter *filters; /* filter.h: the lists that filter something */
    uint16_t filter_count;
    const struct access_group *access_groups; /* one at most of an interface and a way */
    uint16_t access_group_count;
    bool is_decrypted_filtered; /* `no sysopt connection permit-vpn`: what comes out of tunnels is not spared */
    bool is_arp_permitted;      /* `arp permit-nonconnected`: from who is of no network of the interface */
    enum identity_kind identity;
    const char *fqdn;   /* IDENTITY_HOSTNAME: hostname and domain-name */
    const char *key_id; /* IDENTITY_KEY_ID */
    bool is_aggressive_answered;
    bool is_nat_t_on;
    uint16_t nat_keepalive_s;
    uint16_t tcp_mss;       /* TCP through tunnels is made to send segments no larger; MSS_AS_AN_ASA: as an ASA */
    uint16_t fragment_len;  /* IKE messages go in fragments of so many bytes, IP and UDP headers included; 0: never, and
                             * none are taken */
    uint32_t half_open_max; /* ISAKMP SAs of others that are not proved yet; beyond it no one may begin another */
    uint8_t half_open_percent; /* the same, of those that there is room for; 0 both: the oldest gives way */
    uint32_t sa_max;           /* ISAKMP SAs; beyond it no one may begin another; 0: as there is room for */
    bool is_disconnect_quiet;  /* peers are not told that we disconnect: the gateway ends, or somebody clears an SA */
    bool is_spi_recovered;     /* who sends in an SA that we do not have is told so, if need be in a new ISAKMP SA */
    bool is_reload_waited;     /* the gateway ends when the last session has */
    enum schedule_id schedule;
    bool are_weak_allowed;
    uint16_t replay_window; /* packets; 0: checking is off */
    bool is_ios;            /* the dialect that debug lines and screens use */
    enum ios_release ios_release;
    bool has_tunnel_manager; /* of an ASA from 8.4 on: it tells which crypto map entry begins and ends */
    struct logging logging;
};

/* The tunnel group whose pre-shared key belongs to this peer: its address, else the first for any peer that has a key
 * or a trustpoint, else the first for any; NO_INDEX. It may lack a key. */
uint16_t policy_tunnel_group_of(const struct policy *policy, struct ip peer);

/* In aggressive mode: the group whose name is the identity that the peer shows. With an address for an identity it is
 * the group of that address, else the one for any peer. A peer at an address that has a group of its own gets no other:
 * who it is decides which tunnels it may ask for. NO_INDEX: none. */
uint16_t policy_tunnel_group_of_identity(const struct policy *policy, const struct id *id, struct ip peer);

/* The group of that name that is chosen by the peer's name; NO_INDEX. */
uint16_t policy_tunnel_group_of_name(const struct policy *policy, struct bytes name);

/* The group for peers at any address whose users prove themselves like that: DefaultRAGroup; NO_INDEX. */
uint16_t policy_remote_group_for_any(const struct policy *policy, enum user_auth user_auth);

/* The running dynamic tunnel, and its line, for a user of that group who wants that traffic; NO_INDEX. */
uint16_t policy_tunnel_of_user(const struct policy *policy, uint16_t tunnel_group, const struct selector *wanted,
                               uint16_t *ace);

/* Who we are to the peers of that tunnel group; NO_INDEX: to whom has none. AUTO: our address, or of a certificate its
 * name. */
struct own_identity policy_identity_to(const struct policy *policy, uint16_t tunnel_group);

/* The trustpoint of a tunnel group; NULL: it has none. */
const struct trustpoint *policy_trustpoint_of(const struct policy *policy, uint16_t tunnel_group);

/* A static entry names this peer, a parked one too. */
bool policy_names_peer(const struct policy *policy, struct ip peer);

/* The first running tunnel that names this peer; NO_INDEX. */
uint16_t policy_tunnel_of_peer(const struct policy *policy, struct ip peer);

/* The interface with that address where ISAKMP is enabled; NO_INDEX. */
uint16_t policy_interface_of(const struct policy *policy, struct ip local);

/* An address of one of our interfaces, whether ISAKMP is enabled there or not. */
bool policy_is_own(const struct policy *policy, struct ip ip);

/* Which tunnel and ACE an outgoing packet belongs to: entries by sequence, lines in order, the first match wins, a deny
 * goes on with the next entry. False: the packet goes in clear. Parked tunnels match too, so that their traffic is not
 * sent in clear; open ones do not: there it is the pair that decides. */
bool policy_steer(const struct policy *policy, const struct flow *flow, uint16_t *tunnel, uint16_t *ace);

/* Between which networks a packet of that line wants a pair. The flow may name no hosts: then of all of the line. */
struct selector policy_selector_for(const struct tunnel *tunnel, uint16_t ace, const struct flow *flow);

/* The running tunnel and ACE with that peer whose selector is exactly this one (seen from our side); else the first
 * with a permit line that holds all of it: whoever asks for less has less. A peer that no static entry names gets a
 * dynamic one, of those for his tunnel-group (NO_INDEX: he has none). */
bool policy_match_proxy(const struct policy *policy, struct ip peer, uint16_t tunnel_group,
                        const struct selector *wanted, uint16_t *tunnel, uint16_t *ace);

/* Whether a static entry permits traffic of that selector's, or the selector holds an address of ours: what no peer of
 * a dynamic entry gets. */
bool policy_is_reserved(const struct policy *policy, const struct selector *selector);

/* Some of it is ours: of the network of an interface, of what a route leads elsewhere than by that interface, or of a
 * pool of users. */
bool policy_is_inside(const struct policy *policy, struct ip_range network, uint16_t interface);

/* NULL: nothing is said of him. */
const struct user_rights *policy_user(const struct policy *policy, const char *name);

/* The number of the group-policy that holds for that user of the tunnel-group, from 1; 0: none. `user` "": nobody, so
 * that it is the tunnel-group's. */
uint16_t policy_group_policy_of(const struct policy *policy, uint16_t tunnel_group, const char *user);

/* The tunnel group of the same name in another policy, for a peer at that address; NO_INDEX: it has another one now. */
uint16_t policy_same_tunnel_group(const struct policy *from, uint16_t group, struct ip peer, const struct policy *to);

/* The same tunnel in another policy: equal in all that its SAs were made from; a reverse route is not of that.
 * NO_INDEX: it is gone or has changed. */
uint16_t policy_same_tunnel(const struct policy *from, uint16_t tunnel, const struct policy *to);

#endif
