/* What is offered: phase 1 policies and transform-sets. */
#include "conf/compile.h"

#include "base/check.h"
#include "policy/choose.h"

#include <string.h>

enum { AUTH_NONE = 0, LIFETIME_S = 86400 };

enum group_id group_of_words(struct bytes word, uint16_t *number)
{
    uint32_t n = 0;

    while (word.len > 0 && (word.data[0] < '0' || word.data[0] > '9'))
        word = bytes_after(word, 1);
    if (!bytes_decimal(word, UINT32_MAX, &n))
        n = 0;
    *number = (uint16_t)n;
    return group_of_number((uint16_t)n);
}

static enum cipher_id cipher_of_word(struct bytes word)
{
    for (unsigned id = CIPHER_NONE + 1; id < CIPHER_COUNT; id++)
        if (bytes_equal(bytes_of_text(cipher_info(id)->asa_name), word))
            return id;
    return CIPHER_NONE;
}

static enum hash_id hash_of_word(struct bytes word)
{
    for (unsigned id = HASH_NONE + 1; id < HASH_COUNT; id++)
        if (bytes_equal(bytes_of_text(hash_info(id)->asa_name), word))
            return id;
    return HASH_NONE;
}

/* ---- phase 1 ---- */

struct policy_reading {
    struct isakmp_policy policy;
    uint16_t group_number;
    bool has_cipher, has_hash, has_group, has_lifetime;
};

static uint16_t auth_of_word(struct bytes word)
{
    for (unsigned kind = SIGNATURE_NONE + 1; kind < SIGNATURE_COUNT; kind++)
        if (bytes_equal(bytes_of_text(signature_info(kind)->asa_name), word))
            return policy_auth_of(kind);
    return bytes_equal(word, bytes_of_text("pre-share")) ? policy_auth_of(SIGNATURE_NONE) : AUTH_NONE;
}

static void read_value(struct policy_reading *r, const struct statement *s)
{
    struct bytes choice = statement_choice(s);

    switch ((int)s->row->kind) {
    case STATEMENT_authentication: r->policy.auth = auth_of_word(choice); break;
    case STATEMENT_encryption:
        r->policy.cipher = cipher_of_word(choice);
        r->has_cipher = true;
        break;
    case STATEMENT_hash:
        r->policy.hash = hash_of_word(choice);
        r->has_hash = true;
        break;
    case STATEMENT_group:
        r->policy.group = group_of_words(choice, &r->group_number);
        r->has_group = true;
        break;
    case STATEMENT_lifetime:
        r->policy.lifetime_s = statement_has(s, "none") ? 0 : statement_number(s, "seconds");
        r->has_lifetime = true;
        break;
    }
}

static void read_policy(struct compiler *c, const struct statement *s, struct policy_reading *r)
{
    *r = (struct policy_reading){
        .policy = {.priority = (uint16_t)statement_number(s, "priority"),
                   .auth = policy_auth_of(SIGNATURE_NONE),
                   .cipher = c->defaults->cipher,
                   .hash = c->defaults->hash,
                   .group = c->defaults->group,
                   .lifetime_s = LIFETIME_S},
    };
    for (const struct statement *child = NULL; (child = next_child(c, s, child)) != NULL;)
        if (child->state == STATEMENT_IS_KNOWN)
            read_value(r, child);
}

static void say_defaults(struct compiler *c, const struct statement *s, const struct policy_reading *r)
{
    char space[SENTENCE_SIZE];
    struct text t = text_of(space, sizeof space);

    if (r->has_cipher && r->has_hash && r->has_group)
        return;
    text_add(&t, "policy %u leaves out", r->policy.priority);
    if (!r->has_cipher)
        text_add(&t, " encryption (%s is taken)", cipher_info(r->policy.cipher)->asa_name);
    if (!r->has_hash)
        text_add(&t, " hash (%s is taken)", hash_info(r->policy.hash)->asa_name);
    if (!r->has_group)
        text_add(&t, " group (%u is taken)", group_info(r->policy.group)->number);
    text_add(&t, ", as in %s", c->defaults->release);
    say(c, CONF_NOTE, s, "%s", space);
}

static const char *weak_part(struct compiler *c, const struct isakmp_policy *p)
{
    if (cipher_info(p->cipher)->strength == STRENGTH_WEAK)
        return cipher_info(p->cipher)->asa_name;
    if (hash_info(p->hash)->strength == STRENGTH_WEAK)
        return hash_info(p->hash)->asa_name;
    if (group_info(p->group)->strength == STRENGTH_WEAK)
        return text_in_arena(c, "group %u", group_info(p->group)->number);
    return NULL;
}

/* Why this policy is not offered; NULL: it is. */
static const char *why_not_offered(struct compiler *c, const struct statement *s, const struct policy_reading *r)
{
    const struct isakmp_policy *p = &r->policy;
    uint32_t wrong = wrong_line_under(c, s);

    if (wrong != 0)
        return text_in_arena(c, "line %u is not understood", wrong);
    if (p->auth == AUTH_NONE)
        return "ikewise authenticates by pre-shared keys and by signatures only";
    if (p->group == GROUP_NONE)
        return text_in_arena(c, "ikewise does not compute in group %u", r->group_number);
    if (weak_part(c, p) != NULL && !c->conf->policy.are_weak_allowed)
        return text_in_arena(c, "%s is weak, and there is no `crypto ikev1 weak-algorithms`", weak_part(c, p));
    return NULL;
}

void compile_isakmp_policies(struct compiler *c)
{
    uint32_t count = statement_count(c->statements, STATEMENT_policy);
    struct isakmp_policy *policies = arena_take(c->arena, count * sizeof *policies);
    struct policy *p = &c->conf->policy;
    const struct statement *last = NULL;

    if (policies == NULL)
        return;
    p->isakmp_policies = policies;
    for (const struct statement *s = NULL; (s = statements_next(c->statements, s, STATEMENT_policy)) != NULL;
         last = s) {
        struct policy_reading r;

        read_policy(c, s, &r);

        const char *why = why_not_offered(c, s, &r);

        if (why != NULL) {
            say(c, CONF_WARNING, s, "policy %u is not offered: %s", r.policy.priority, why);
            c->why_no_policy = text_in_arena(c, "no phase 1 policy is left: policy %u (line %u) is not offered: %s",
                                             r.policy.priority, s->line, why);
            continue;
        }
        say_defaults(c, s, &r);
        if (weak_part(c, &r.policy) != NULL) {
            c->is_phase1_weak = true;
            say(c, CONF_WARNING, s, "policy %u is weak (%s)", r.policy.priority, weak_part(c, &r.policy));
        }
        policies[p->isakmp_policy_count++] = r.policy;
    }
    if (p->isakmp_policy_count > 0)
        c->why_no_policy = NULL;
    else if (last == NULL)
        c->why_no_policy = "there is no phase 1 policy (crypto ikev1 policy)";
}

/* ---- phase 2 ---- */

static const struct {
    const char *word;
    enum cipher_id cipher;
} esp_ciphers[] = {
#define ESP_CIPHER(word, cipher) {word, CIPHER_##cipher},
#define ESP_HASH(...)
#include "conf/esp.def"
#undef ESP_CIPHER
#undef ESP_HASH
};

static const struct {
    const char *word;
    enum hash_id hash;
} esp_hashes[] = {
#define ESP_CIPHER(...)
#define ESP_HASH(word, hash) {word, HASH_##hash},
#include "conf/esp.def"
#undef ESP_CIPHER
#undef ESP_HASH
};

static void read_transforms(const struct statement *s, struct transform_set *set)
{
    for (size_t i = 0; i < COUNT_OF(esp_ciphers); i++)
        if (statement_has(s, esp_ciphers[i].word))
            set->cipher = esp_ciphers[i].cipher;
    for (size_t i = 0; i < COUNT_OF(esp_hashes); i++)
        if (statement_has(s, esp_hashes[i].word))
            set->integrity = esp_hashes[i].hash;
}

bool set_is_weak(const struct transform_set *set)
{
    return cipher_info(set->cipher)->strength == STRENGTH_WEAK ||
           (set->integrity != HASH_NONE && hash_info(set->integrity)->strength == STRENGTH_WEAK);
}

static const char *why_not_usable(struct compiler *c, const struct transform_set *set, struct bytes name)
{
    uint32_t wrong = wrong_line_of(c, FAMILY_TRANSFORM, name);
    bool is_combined = cipher_is_combined(set->cipher);

    if (wrong != 0)
        return text_in_arena(c, "line %u is not understood", wrong);
    /* RFC 4303 section 3.3.3: without a window nobody knows which half a number is of */
    if (set->has_esn && statements_next(c->statements, NULL, STATEMENT_replay_disable) != NULL)
        return "its extended sequence numbers want a replay window, and there is `crypto ipsec security-association "
               "replay disable`";
    if (!is_combined && set->integrity == HASH_NONE)
        return "it does not authenticate: it has no hmac";
    if (is_combined && set->integrity != HASH_NONE)
        return text_in_arena(c, "esp-%s authenticates by itself: leave the hmac out",
                             cipher_info(set->cipher)->asa_name + strlen("aes-"));
    if (set_is_weak(set) && !c->conf->policy.are_weak_allowed)
        return "it is weak, and there is no `crypto ikev1 weak-algorithms`";
    return "";
}

static bool is_transport(const struct compiler *c, struct bytes name)
{
    const struct statement *mode = statements_next_named(c->statements, NULL, STATEMENT_transform_mode, name);

    return mode != NULL && bytes_equal(statement_choice(mode), bytes_of_text("transport"));
}

static bool has_esn(const struct compiler *c, struct bytes name)
{
    return statements_next_named(c->statements, NULL, STATEMENT_transform_esn, name) != NULL;
}

void compile_transform_sets(struct compiler *c)
{
    uint32_t count = statement_count(c->statements, STATEMENT_transform_set);
    struct usable_set *usable = arena_take(c->arena, count * sizeof *usable);
    struct transform_set *sets = arena_take(c->arena, count * sizeof *sets);

    if (usable == NULL || sets == NULL)
        return;
    c->sets = usable;
    c->conf->policy.transform_sets = sets;
    for (const struct statement *s = NULL; (s = statements_next(c->statements, s, STATEMENT_transform_set)) != NULL;) {
        if (c->set_count == NO_INDEX)
            break;

        struct transform_set *set = &sets[c->set_count];

        set->name = name_of(c, first_argument(s));
        set->is_transport = is_transport(c, first_argument(s));
        set->has_esn = has_esn(c, first_argument(s));
        read_transforms(s, set);
        usable[c->set_count++] = (struct usable_set){*set, why_not_usable(c, set, first_argument(s)), s->line};
    }
    c->conf->policy.transform_set_count = c->set_count;
}
