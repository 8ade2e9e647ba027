#include "policy/choose.h"

static const struct {
    uint16_t oakley, oakley_key_len;
    uint16_t esp, esp_key_len;
} cipher_numbers[CIPHER_COUNT] = {
#define OAKLEY_ENC_NONE 0
#define CIPHER_NUMBER(ours, phase1, phase1_key_len, phase2, phase2_key_len)                                            \
    [CIPHER_##ours] = {OAKLEY_ENC_##phase1, phase1_key_len, ESP_TRANSFORM_##phase2, phase2_key_len},
#define HASH_NUMBER(...)
#define SIGNATURE_NUMBER(...)
#define USER_NUMBER(...)
#include "policy/mapping.def"
#undef CIPHER_NUMBER
#undef HASH_NUMBER
#undef SIGNATURE_NUMBER
#undef USER_NUMBER
};

static const struct {
    uint16_t oakley, ipsec;
} hash_numbers[HASH_COUNT] = {
#define CIPHER_NUMBER(...)
#define HASH_NUMBER(ours, phase1, phase2) [HASH_##ours] = {OAKLEY_HASH_##phase1, IPSEC_AUTH_##phase2},
#define SIGNATURE_NUMBER(...)
#define USER_NUMBER(...)
#include "policy/mapping.def"
#undef CIPHER_NUMBER
#undef HASH_NUMBER
#undef SIGNATURE_NUMBER
#undef USER_NUMBER
};

static const uint16_t signature_numbers[SIGNATURE_COUNT] = {
#define CIPHER_NUMBER(...)
#define HASH_NUMBER(...)
#define SIGNATURE_NUMBER(ours, phase1) [SIGNATURE_##ours] = OAKLEY_AUTH_##phase1,
#define USER_NUMBER(...)
#include "policy/mapping.def"
#undef CIPHER_NUMBER
#undef HASH_NUMBER
#undef SIGNATURE_NUMBER
#undef USER_NUMBER
};

/* By enum user_auth; the first is the method itself. */
static const uint16_t user_numbers[][3] = {
#define OAKLEY_AUTH_NONE 0
#define CIPHER_NUMBER(...)
#define HASH_NUMBER(...)
#define SIGNATURE_NUMBER(...)
#define USER_NUMBER(ours, xauth, hybrid) {OAKLEY_AUTH_##ours, OAKLEY_AUTH_##xauth, OAKLEY_AUTH_##hybrid},
#include "policy/mapping.def"
#undef CIPHER_NUMBER
#undef HASH_NUMBER
#undef SIGNATURE_NUMBER
#undef USER_NUMBER
};

uint16_t policy_auth_with_user(uint16_t auth, enum user_auth user_auth)
{
    for (size_t i = 0; i < COUNT_OF(user_numbers); i++)
        if (user_numbers[i][USER_AUTH_NONE] == auth)
            return user_numbers[i][user_auth];
    return user_auth == USER_AUTH_NONE ? auth : 0;
}

uint16_t policy_auth_without_user(uint16_t auth, enum user_auth *user_auth)
{
    *user_auth = USER_AUTH_NONE;
    for (size_t i = 0; i < COUNT_OF(user_numbers); i++)
        for (int by = USER_AUTH_XAUTH; by <= USER_AUTH_HYBRID; by++)
            if (user_numbers[i][by] != 0 && user_numbers[i][by] == auth) {
                *user_auth = (enum user_auth)by;
                return user_numbers[i][USER_AUTH_NONE];
            }
    return auth;
}

enum signature_kind policy_signature_of(uint16_t auth)
{
    for (unsigned kind = SIGNATURE_NONE + 1; kind < SIGNATURE_COUNT; kind++)
        if (signature_numbers[kind] == auth)
            return kind;
    return SIGNATURE_NONE;
}

uint16_t policy_auth_of(enum signature_kind kind)
{
    return kind == SIGNATURE_NONE ? OAKLEY_AUTH_PSK : signature_numbers[kind];
}

bool policy_can_authenticate(const struct policy *policy, uint16_t tunnel_group, uint16_t auth)
{
    const struct trustpoint *trustpoint = policy_trustpoint_of(policy, tunnel_group);
    enum signature_kind kind = policy_signature_of(auth);

    if (tunnel_group >= policy->tunnel_group_count)
        return false;
    const struct tunnel_group *group = &policy->tunnel_groups[tunnel_group];
    if (policy_auth_with_user(auth, group->user_auth) == 0)
        return false;
    if (kind == SIGNATURE_NONE)
        return group->has_key;
    if (trustpoint == NULL)
        return false;
    /* The user's end signs nothing then: it needs to know whom it trusts. */
    return trustpoint->kind == kind || (group->user_auth == USER_AUTH_HYBRID && group->is_client);
}

bool policy_maps_certificates(const struct policy *policy)
{
    return policy->certificate_rule_count > 0 || policy->is_group_of_ou || policy->is_group_of_identity ||
           policy->certificate_group != 0;
}

uint16_t policy_certificate_group_for_any(const struct policy *policy, uint16_t auth)
{
    bool is_asked_for = policy_maps_certificates(policy) && policy_signature_of(auth) != SIGNATURE_NONE;

    for (uint16_t i = 0; is_asked_for && i < policy->tunnel_group_count; i++)
        if (policy->tunnel_groups[i].is_by_identity && policy->tunnel_groups[i].user_auth == USER_AUTH_NONE &&
            policy_can_authenticate(policy, i, auth))
            return i;
    return NO_INDEX;
}

/* A policy by a method that the tunnel group has no means for is left aside, unless all are. */
static bool is_left_aside(const struct policy *policy, uint16_t tunnel_group, uint16_t auth)
{
    if (policy_can_authenticate(policy, tunnel_group, auth))
        return false;
    for (uint16_t i = 0; i < policy->isakmp_policy_count; i++)
        if (policy_can_authenticate(policy, tunnel_group, policy->isakmp_policies[i].auth))
            return true;
    return false;
}

enum cipher_id policy_cipher_of(uint16_t encryption, uint16_t key_len)
{
    for (int id = CIPHER_NONE + 1; id < CIPHER_COUNT; id++)
        if (encryption != 0 && cipher_numbers[id].oakley == encryption && cipher_numbers[id].oakley_key_len == key_len)
            return (enum cipher_id)id;
    return CIPHER_NONE;
}

enum hash_id policy_hash_of(uint16_t hash)
{
    for (int id = HASH_NONE + 1; id < HASH_COUNT; id++)
        if (hash != 0 && hash_numbers[id].oakley == hash)
            return (enum hash_id)id;
    return HASH_NONE;
}

/* How users prove themselves to that group's peer; of one that is unknown, not at all. */
static enum user_auth user_auth_of(const struct policy *policy, uint16_t tunnel_group)
{
    return tunnel_group < policy->tunnel_group_count ? policy->tunnel_groups[tunnel_group].user_auth : USER_AUTH_NONE;
}

/* `only`: with its group and by its method; NULL: all. */
static void offer_isakmp(const struct policy *policy, uint16_t tunnel_group, const struct isakmp_policy *only,
                         struct sa_payload *offer)
{
    *offer = sa_begin();
    sa_add_proposal(offer, 1, PROTO_ISAKMP, bytes_of(NULL, 0));
    for (size_t i = 0; i < policy->isakmp_policy_count && offer->transform_count < SA_TRANSFORMS_MAX; i++) {
        const struct isakmp_policy *p = &policy->isakmp_policies[i];

        if (only == NULL ? is_left_aside(policy, tunnel_group, p->auth)
                         : p->group != only->group || p->auth != only->auth)
            continue;
        sa_add_transform(offer, (struct sa_transform){
                                    .id = KEY_IKE,
                                    .encryption = cipher_numbers[p->cipher].oakley,
                                    .key_len = cipher_numbers[p->cipher].oakley_key_len,
                                    .hash = hash_numbers[p->hash].oakley,
                                    .auth = policy_auth_with_user(p->auth, user_auth_of(policy, tunnel_group)),
                                    .group = group_info(p->group)->number,
                                    .has_seconds = p->lifetime_s != 0,
                                    .life_seconds = p->lifetime_s,
                                });
    }
}

void policy_offer_isakmp(const struct policy *policy, uint16_t tunnel_group, struct sa_payload *offer)
{
    offer_isakmp(policy, tunnel_group, NULL, offer);
}

enum group_id policy_offer_aggressive(const struct policy *policy, uint16_t tunnel_group, enum group_id group,
                                      struct sa_payload *offer)
{
    for (size_t i = 0; i < policy->isakmp_policy_count; i++) {
        const struct isakmp_policy *first = &policy->isakmp_policies[i];

        if ((group != GROUP_NONE && first->group != group) || is_left_aside(policy, tunnel_group, first->auth))
            continue;
        offer_isakmp(policy, tunnel_group, first, offer);
        return first->group;
    }
    return GROUP_NONE;
}

static void say_number(char *space, size_t size, enum number_space names, uint16_t number, uint16_t key_len)
{
    struct text t = text_of(space, size);
    const char *name = number_name(names, number);

    if (name == NULL)
        text_add(&t, number == 0 ? "none" : "%u", number);
    else
        text_add(&t, "%s", name);
    if (key_len != 0)
        text_add(&t, " %u", key_len);
}

static bool say(struct difference *d, const char *attribute, enum number_space names, const uint16_t wanted[2],
                const uint16_t offered[2])
{
    if (wanted[0] == offered[0] && wanted[1] == offered[1])
        return false;
    d->attribute = attribute;
    say_number(d->wanted, sizeof d->wanted, names, wanted[0], wanted[1]);
    say_number(d->offered, sizeof d->offered, names, offered[0], offered[1]);
    return true;
}

bool policy_differs(const struct isakmp_policy *p, enum user_auth user_auth, const struct sa_transform *t,
                    struct difference *d)
{
    const uint16_t cipher[2] = {cipher_numbers[p->cipher].oakley, cipher_numbers[p->cipher].oakley_key_len};

    if (t->fault != WIRE_OK) {
        struct text text = text_of(d->offered, sizeof d->offered);

        d->attribute = "attributes";
        text_add(&text, "%s", wire_fault_name((enum wire_fault)t->fault));
        text_of(d->wanted, sizeof d->wanted);
        return true;
    }
    return say(d, "authentication", SPACE_OAKLEY_AUTH, (uint16_t[]){policy_auth_with_user(p->auth, user_auth), 0},
               (uint16_t[]){t->auth, 0}) ||
           say(d, "encryption", SPACE_OAKLEY_ENC, cipher, (uint16_t[]){t->encryption, t->key_len}) ||
           say(d, "hash", SPACE_OAKLEY_HASH, (uint16_t[]){hash_numbers[p->hash].oakley, 0}, (uint16_t[]){t->hash, 0}) ||
           say(d, "group", SPACE_OAKLEY_GROUP, (uint16_t[]){group_info(p->group)->number, 0},
               (uint16_t[]){t->group, 0});
}

uint16_t policy_of_transform(const struct policy *policy, const struct sa_transform *transform)
{
    struct difference ignored;
    enum user_auth user_auth;

    policy_auth_without_user(transform->auth, &user_auth);
    for (uint16_t i = 0; i < policy->isakmp_policy_count; i++)
        if (!policy_differs(&policy->isakmp_policies[i], user_auth, transform, &ignored))
            return i;
    return NO_INDEX;
}

uint32_t shorter_lifetime(uint32_t ours, uint64_t theirs, uint32_t floor)
{
    if (theirs == 0)
        return ours;
    if (theirs < floor)
        theirs = floor;
    if (ours == 0)
        return theirs > UINT32_MAX ? UINT32_MAX : (uint32_t)theirs;
    return theirs < ours ? (uint32_t)theirs : ours;
}

uint32_t policy_lifetime(uint32_t ours_s, const struct sa_transform *transform)
{
    return shorter_lifetime(ours_s, transform->has_seconds ? transform->life_seconds : 0, LIFETIME_FLOOR_S);
}

/* A group is for peers with users or for peers without. Where the address has no group of its own, the method says
 * which of the two groups for any peer is meant, and that one must have the means. Attack list X01: nobody leaves the
 * user out. */
static bool takes_method(const struct policy *policy, uint16_t tunnel_group, uint16_t auth, enum user_auth user_auth)
{
    bool has_own = tunnel_group < policy->tunnel_group_count && (ip_is_set(policy->tunnel_groups[tunnel_group].peer) ||
                                                                 policy->tunnel_groups[tunnel_group].is_by_identity);

    if (!has_own && user_auth != USER_AUTH_NONE) {
        tunnel_group = policy_remote_group_for_any(policy, user_auth);
        if (tunnel_group == NO_INDEX)
            return false;
    }
    if (user_auth_of(policy, tunnel_group) != user_auth)
        return false;
    return !is_left_aside(policy, tunnel_group, auth) ||
           (!has_own && user_auth == USER_AUTH_NONE && policy_certificate_group_for_any(policy, auth) != NO_INDEX);
}

bool policy_choose_isakmp(const struct policy *policy, uint16_t tunnel_group, const struct sa_payload *offer,
                          struct isakmp_choice *choice)
{
    for (size_t i = 0; i < offer->proposal_count; i++) {
        if (offer->proposals[i].protocol != PROTO_ISAKMP || sa_proposal_is_joined(offer, i))
            continue;
        for (size_t k = 0; k < offer->proposals[i].transform_count; k++) {
            const struct sa_transform *t = sa_transform_of(offer, i, k);
            uint16_t fitting = t->id == KEY_IKE ? policy_of_transform(policy, t) : NO_INDEX;
            enum user_auth user_auth;
            uint16_t auth = policy_auth_without_user(t->auth, &user_auth);

            if (fitting == NO_INDEX || !takes_method(policy, tunnel_group, auth, user_auth))
                continue;
            *choice = (struct isakmp_choice){i, k, fitting, user_auth,
                                             policy_lifetime(policy->isakmp_policies[fitting].lifetime_s, t)};
            return true;
        }
    }
    return false;
}

static uint16_t encapsulation_of(const struct transform_set *set, const struct esp_wish *wish)
{
    bool is_transport = set->is_transport && wish->is_between_ends;

    if (wish->natt == NATT_NONE)
        return is_transport ? IPSEC_ENCAP_TRANSPORT : IPSEC_ENCAP_TUNNEL;
    return is_transport ? natt_of(wish->natt)->udp_transport : natt_of(wish->natt)->udp_tunnel;
}

struct sa_transform policy_transform_of(enum cipher_id cipher, enum hash_id integrity)
{
    return (struct sa_transform){.id = (uint8_t)cipher_numbers[cipher].esp,
                                 .key_len = cipher_numbers[cipher].esp_key_len,
                                 .auth = hash_numbers[integrity].ipsec};
}

enum group_id policy_pfs_of(const struct esp_wish *wish)
{
    return wish->tunnel->pfs != GROUP_NONE ? wish->tunnel->pfs : wish->pfs_of_user;
}

void policy_offer_esp(const struct policy *policy, const struct esp_wish *wish, struct bytes spi,
                      struct sa_payload *offer)
{
    const struct tunnel *tunnel = wish->tunnel;

    *offer = sa_begin();
    for (uint8_t i = 0; i < tunnel->transform_set_count; i++) {
        const struct transform_set *set = &policy->transform_sets[tunnel->transform_sets[i]];

        sa_add_proposal(offer, (uint8_t)(i + 1), PROTO_ESP, spi);
        struct sa_transform t = policy_transform_of(set->cipher, set->integrity);
        t.group = group_info(policy_pfs_of(wish))->number;
        t.encapsulation = encapsulation_of(set, wish);
        t.esn = set->has_esn ? IPSEC_ESN_YES : 0;
        t.has_seconds = tunnel->lifetime_s != 0;
        t.life_seconds = tunnel->lifetime_s;
        t.has_kilobytes = tunnel->lifetime_kb != 0;
        t.life_kilobytes = tunnel->lifetime_kb;
        sa_add_transform(offer, t);
    }
}

static enum esp_refusal pfs_fits(const struct policy *policy, const struct esp_wish *wish, uint16_t number,
                                 bool has_share, enum group_id *group)
{
    const struct tunnel *tunnel = wish->tunnel;

    *group = group_of_number(number);
    if (number == 0)
        return has_share || policy_pfs_of(wish) != GROUP_NONE ? ESP_NO_PFS : ESP_FITS;
    if (*group == GROUP_NONE || !has_share)
        return ESP_OTHER_PFS;
    if (tunnel->pfs != GROUP_NONE)
        return *group == tunnel->pfs ? ESP_FITS : ESP_OTHER_PFS;
    return policy->are_weak_allowed || group_info(*group)->strength == STRENGTH_FIT ? ESP_FITS : ESP_OTHER_PFS;
}

static enum esp_refusal transform_fits(const struct policy *policy, const struct esp_wish *wish,
                                       const struct sa_transform *t, bool has_share, struct esp_choice *choice)
{
    const struct tunnel *tunnel = wish->tunnel;
    enum esp_refusal nearest = ESP_NO_TRANSFORM;

    for (uint8_t i = 0; i < tunnel->transform_set_count; i++) {
        const struct transform_set *set = &policy->transform_sets[tunnel->transform_sets[i]];

        if (t->fault != WIRE_OK || t->id != cipher_numbers[set->cipher].esp ||
            t->key_len != cipher_numbers[set->cipher].esp_key_len || t->auth != hash_numbers[set->integrity].ipsec ||
            (t->esn == IPSEC_ESN_YES) != set->has_esn)
            continue;
        if (t->encapsulation != encapsulation_of(set, wish)) {
            nearest = ESP_OTHER_MODE; /* a later set may have the other mode */
            continue;
        }
        enum esp_refusal refusal = pfs_fits(policy, wish, t->group, has_share, &choice->pfs);
        if (refusal != ESP_FITS)
            return refusal;
        choice->cipher = set->cipher;
        choice->integrity = set->integrity;
        choice->is_transport = set->is_transport && wish->is_between_ends;
        choice->has_esn = set->has_esn;
        choice->is_udp = wish->natt != NATT_NONE;
        choice->lifetime_s =
            shorter_lifetime(tunnel->lifetime_s, t->has_seconds ? t->life_seconds : 0, LIFETIME_FLOOR_S);
        choice->lifetime_kb =
            shorter_lifetime(tunnel->lifetime_kb, t->has_kilobytes ? t->life_kilobytes : 0, LIFETIME_FLOOR_KB);
        return ESP_FITS;
    }
    return nearest;
}

static uint32_t spi_of(struct bytes spi)
{
    return (uint32_t)spi.data[0] << 24 | (uint32_t)spi.data[1] << 16 | (uint32_t)spi.data[2] << 8 | spi.data[3];
}

enum esp_refusal policy_choose_esp(const struct policy *policy, const struct esp_wish *wish,
                                   const struct sa_payload *offer, bool has_share, struct esp_choice *choice)
{
    enum esp_refusal nearest = ESP_NO_TRANSFORM;

    for (size_t i = 0; i < offer->proposal_count; i++) {
        if (offer->proposals[i].protocol != PROTO_ESP || sa_proposal_is_joined(offer, i))
            continue;
        for (size_t k = 0; k < offer->proposals[i].transform_count; k++) {
            struct esp_choice tried = {.proposal = i, .transform = k, .spi = spi_of(offer->proposals[i].spi)};
            enum esp_refusal refusal = transform_fits(policy, wish, sa_transform_of(offer, i, k), has_share, &tried);

            if (refusal == ESP_FITS) {
                *choice = tried;
                return ESP_FITS;
            }
            if (refusal != ESP_NO_TRANSFORM)
                nearest = refusal;
        }
    }
    return nearest;
}
