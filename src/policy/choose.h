/* Proposals: what we offer, which of the peer's we take, and where they differ when none fits. */
#ifndef POLICY_CHOOSE_H
#define POLICY_CHOOSE_H

#include "policy/policy.h"
#include "wire/natt.h"
#include "wire/proposal.h"

/* The authentication method and the kind of signature that it is made of; SIGNATURE_NONE: by pre-shared keys, or none
 * that we do. */
enum signature_kind policy_signature_of(uint16_t auth);
uint16_t policy_auth_of(enum signature_kind kind);

/* A method and how users prove themselves besides, as one number of the wire (XAUTHInitPreShared); 0: there is none.
 * And the other way round: the method of phase 1 itself. */
uint16_t policy_auth_with_user(uint16_t auth, enum user_auth user_auth);
uint16_t policy_auth_without_user(uint16_t auth, enum user_auth *user_auth);

/* A certificate may say which tunnel-group its owner is of. */
bool policy_maps_certificates(const struct policy *policy);

/* The first group that is chosen by the peer's name, for peers without users, and can sign by that method: as it a peer
 * is asked for its certificate that no group is for. NO_INDEX: none, or no certificate is mapped to a group. */
uint16_t policy_certificate_group_for_any(const struct policy *policy, uint16_t auth);

/* The tunnel group has what that method needs: a pre-shared key, or a trustpoint with a key of that kind. */
bool policy_can_authenticate(const struct policy *policy, uint16_t tunnel_group, uint16_t auth);

/* Our ISAKMP policies in order of priority, as one proposal: those by methods that the tunnel group has the means for,
 * all when it has none (NO_INDEX too). */
void policy_offer_isakmp(const struct policy *policy, uint16_t tunnel_group, struct sa_payload *offer);

/* Those of them with the group and by the method of the first that has that group (any, when GROUP_NONE is asked for):
 * aggressive mode sends its share and its identity with the offer. Returns the group; GROUP_NONE: there is none. */
enum group_id policy_offer_aggressive(const struct policy *policy, uint16_t tunnel_group, enum group_id group,
                                      struct sa_payload *offer);

struct isakmp_choice {
    size_t proposal, transform; /* of the offer */
    uint16_t policy;            /* index */
    enum user_auth user_auth;   /* besides the policy's method */
    uint32_t lifetime_s;        /* the shorter of both; 0: none */
};

/* The peer's transforms in its order, each against our policies by priority, as they would be offered. `choice` is
 * untouched when none fits. */
bool policy_choose_isakmp(const struct policy *policy, uint16_t tunnel_group, const struct sa_payload *offer,
                          struct isakmp_choice *choice);

/* What an accepted transform means: the policy of ours that it equals, users aside. NO_INDEX: none. */
uint16_t policy_of_transform(const struct policy *policy, const struct sa_transform *transform);

/* The shorter of ours and the peer's; 0: none. What a peer asks for below `floor` counts as the floor: it shall not
 * make us negotiate without end. It ends its own SA when it likes. Our own may be shorter. The floors are the least
 * that can be configured on IOS. */
enum { LIFETIME_FLOOR_S = 60, LIFETIME_FLOOR_KB = 2560 };
uint32_t shorter_lifetime(uint32_t ours, uint64_t theirs, uint32_t floor);

/* Lifetime in seconds out of ours and the peer's: the shorter; 0 counts as none. */
uint32_t policy_lifetime(uint32_t ours_s, const struct sa_transform *transform);

/* The first attribute in which a transform differs from a policy. */
struct difference {
    const char *attribute;
    char wanted[32], offered[32]; /* our word, the peer's */
};

/* `user_auth`: what is wanted besides the policy's method. */
bool policy_differs(const struct isakmp_policy *policy, enum user_auth user_auth, const struct sa_transform *transform,
                    struct difference *d);

/* Of a transform of phase 2 what says the algorithms: id, key_len, auth. */
struct sa_transform policy_transform_of(enum cipher_id cipher, enum hash_id integrity);

/* What quick mode is for, and under what it runs. */
struct esp_wish {
    const struct tunnel *tunnel;
    enum natt_variant natt; /* in use */
    bool is_between_ends;   /* packets of the two ends themselves: for others a set of transport mode is one of tunnel
                               mode */
    enum group_id pfs_of_user; /* `pfs enable` of his group-policy: where the tunnel asks for no PFS we offer this group,
                                  and refuse to go without one; GROUP_NONE: without it */
};

/* The group that is offered; GROUP_NONE: no PFS. */
enum group_id policy_pfs_of(const struct esp_wish *wish);

/* The transform sets of a tunnel in order, one proposal each, with our SPI and the PFS group of the tunnel. */
void policy_offer_esp(const struct policy *policy, const struct esp_wish *wish, struct bytes spi,
                      struct sa_payload *offer);

enum esp_refusal { ESP_FITS, ESP_NO_TRANSFORM, ESP_NO_PFS, ESP_OTHER_PFS, ESP_OTHER_MODE };

struct esp_choice {
    size_t proposal, transform;
    enum cipher_id cipher;
    enum hash_id integrity; /* HASH_NONE with GCM and GMAC */
    enum group_id pfs;
    bool is_transport, is_udp, has_esn;
    uint32_t lifetime_s, lifetime_kb; /* the shorter of both; 0: none */
    uint32_t spi;                     /* the peer's */
};

/* The peer's proposals in its order. `has_share`: the message holds a KE payload. A peer that wants PFS where the
 * tunnel asks for none gets it, in a group that is not weak or when weak ones are allowed. On refusal the reason that
 * came nearest to fitting; `choice` is untouched. */
enum esp_refusal policy_choose_esp(const struct policy *policy, const struct esp_wish *wish,
                                   const struct sa_payload *offer, bool has_share, struct esp_choice *choice);

/* "3des-cbc", "sha", as the wire has them, for logs. */
enum cipher_id policy_cipher_of(uint16_t encryption, uint16_t key_len);
enum hash_id policy_hash_of(uint16_t hash);

#endif
