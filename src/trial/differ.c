/* Which attribute keeps two ends apart. The diagnosis knows only what the ends say of each other; here both policies
 * are at hand. */
#include "trial/parts.h"

#include <string.h>

static const char *phase1_cause(const struct isakmp_policy *a, const struct isakmp_policy *b, unsigned *count)
{
    const char *cause = "p1_policy_mismatch";

    *count = 0;
    if (a->cipher != b->cipher) {
        bool is_same_family = cipher_info(a->cipher)->kind == cipher_info(b->cipher)->kind &&
                              cipher_info(a->cipher)->block_len == 16 && cipher_info(b->cipher)->block_len == 16;

        cause = is_same_family ? "p1_keylen_mismatch" : "p1_encr_mismatch";
        ++*count;
    }
    if (a->hash != b->hash) {
        cause = "p1_hash_mismatch";
        ++*count;
    }
    if (a->group != b->group) {
        cause = "p1_dh_mismatch";
        ++*count;
    }
    return *count == 1 ? cause : "p1_policy_mismatch";
}

/* The two policies that differ least. */
void differ_phase1(const struct policy *a, const struct policy *b, uint16_t *of_a, uint16_t *of_b, const char **cause)
{
    unsigned best = 4, count;

    *of_a = *of_b = 0;
    *cause = "p1_policy_mismatch";
    for (uint16_t i = 0; i < a->isakmp_policy_count; i++)
        for (uint16_t k = 0; k < b->isakmp_policy_count; k++) {
            const char *this_cause = phase1_cause(&a->isakmp_policies[i], &b->isakmp_policies[k], &count);

            if (count >= best)
                continue;
            best = count;
            *of_a = i;
            *of_b = k;
            *cause = this_cause;
        }
}

static const char *phase2_cause(const struct transform_set *a, const struct transform_set *b, unsigned *count)
{
    const char *cause = "p2_transform_mismatch";

    *count = 0;
    if (a->cipher != b->cipher) {
        cause = "p2_encr_mismatch";
        ++*count;
    }
    if (a->integrity != b->integrity) {
        cause = "p2_hash_mismatch";
        ++*count;
    }
    if (a->is_transport != b->is_transport) {
        cause = "p2_mode_mismatch";
        ++*count;
    }
    if (a->has_esn != b->has_esn) {
        cause = "p2_esn_mismatch";
        ++*count;
    }
    return *count == 1 ? cause : "p2_transform_mismatch";
}

/* NULL: one set is common to both. */
static const char *phase2_of(const struct policy *a, const struct tunnel *at, const struct policy *b,
                             const struct tunnel *bt)
{
    const char *cause = "p2_transform_mismatch";
    unsigned best = 5, count;

    for (uint8_t i = 0; i < at->transform_set_count; i++)
        for (uint8_t k = 0; k < bt->transform_set_count; k++) {
            const char *this_cause = phase2_cause(&a->transform_sets[at->transform_sets[i]],
                                                  &b->transform_sets[bt->transform_sets[k]], &count);

            if (count == 0)
                return NULL;
            if (count < best) {
                best = count;
                cause = this_cause;
            }
        }
    return cause;
}

static void name(struct trial *t, struct trial_attempt *a, const char *cause, const char *why)
{
    a->cause = cause;
    a->family = diag_cause_family(cause);
    a->strength = strength_name(STRENGTH_PROVEN);
    a->sentence = a->why = say_text(t, "%s", why);
}

static bool is_one_of(const char *cause, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(cause, list[i]) == 0)
            return true;
    return false;
}

static const char *esp_name(const struct policy *p, const struct tunnel *t, char space[static 96])
{
    struct text text = text_of(space, 96);

    for (uint8_t i = 0; i < t->transform_set_count; i++) {
        const struct transform_set *set = &p->transform_sets[t->transform_sets[i]];

        text_add(&text, "%s%s/%s", i ? ", " : "", cipher_info(set->cipher)->name, hash_info(set->integrity)->name);
    }
    return space;
}

static void refine_phase1(struct trial *t, unsigned initiator, struct trial_attempt *a)
{
    const struct end *own = &t->ends[initiator], *far = &t->ends[!initiator];
    const struct isakmp_policy *p, *q;
    const char *cause;
    uint16_t i, k;
    char why[300];
    struct text s = text_of(why, sizeof why);

    if (own->policy.isakmp_policy_count == 0 || far->policy.isakmp_policy_count == 0)
        return;
    differ_phase1(&own->policy, &far->policy, &i, &k, &cause);
    p = &own->policy.isakmp_policies[i];
    q = &far->policy.isakmp_policies[k];
    text_add(&s, "phase 1 differs: %s has %s, %s, group %u (policy %u), %s has %s, %s, group %u (policy %u)",
             own->as.name, cipher_info(p->cipher)->name, hash_info(p->hash)->name, group_info(p->group)->number,
             p->priority, far->as.name, cipher_info(q->cipher)->name, hash_info(q->hash)->name,
             group_info(q->group)->number, q->priority);
    name(t, a, cause, why);
}

static void refine_phase2(struct trial *t, unsigned initiator, const struct tunnel *tunnel, struct trial_attempt *a)
{
    const struct end *own = &t->ends[initiator], *far = &t->ends[!initiator];
    struct selector mirror = selector_mirror(a->selector);
    const struct tunnel *other = tunnel_about(far, &mirror);
    const char *cause = other ? phase2_of(&own->policy, tunnel, &far->policy, other) : NULL;
    char why[400], one[96], two[96];
    struct text s = text_of(why, sizeof why);

    if (!other)
        return;
    if (cause) {
        text_add(&s, "phase 2 differs: %s has %s, %s has %s", own->as.name, esp_name(&own->policy, tunnel, one),
                 far->as.name, esp_name(&far->policy, other, two));
        name(t, a, cause, why);
    } else if (tunnel->pfs != other->pfs) {
        text_add(&s, "PFS differs: %s has group %u, %s has group %u (0: none)", own->as.name,
                 group_info(tunnel->pfs)->number, far->as.name, group_info(other->pfs)->number);
        name(t, a, "p2_pfs_mismatch", why);
    }
}

static void refine_selector(struct trial *t, unsigned initiator, struct trial_attempt *a)
{
    char why[400];
    struct text s = text_of(why, sizeof why);
    struct selector mirror = selector_mirror(a->selector);

    text_add(&s, "no line of the crypto ACL of %s mirrors it: ", t->ends[!initiator].as.name);
    text_add_selector(&s, &mirror);
    text_add(&s, " is not there");
    name(t, a, "p2_selector_mismatch", why);
}

void differ_refine(struct trial *t, unsigned initiator, const struct tunnel *tunnel, struct trial_attempt *a)
{
    static const char *const phase1[] = {"p1_policy_mismatch", "p1_encr_mismatch", "p1_keylen_mismatch",
                                         "p1_hash_mismatch", "p1_dh_mismatch"};
    static const char *const phase2[] = {"p2_transform_mismatch", "p2_encr_mismatch", "p2_hash_mismatch",
                                         "p2_mode_mismatch",      "p2_esn_mismatch",  "p2_pfs_mismatch"};

    if (is_one_of(a->cause, phase1, COUNT_OF(phase1)))
        refine_phase1(t, initiator, a);
    else if (is_one_of(a->cause, phase2, COUNT_OF(phase2)))
        refine_phase2(t, initiator, tunnel, a);
    else if (strcmp(a->cause, "p2_selector_mismatch") == 0)
        refine_selector(t, initiator, a);
}
