#include "ike/certmap.h"

#include "crypto/name_match.h"
#include "wire/payloads.h"

static bool fits(const struct certificate_rule *rule, const struct certificate *certificate)
{
    for (uint16_t i = 0; i < rule->condition_count; i++) {
        const struct certificate_condition *condition = &rule->conditions[i];
        struct bytes name = condition->is_of_issuer ? bytes_of(certificate->issuer, certificate->issuer_len)
                                                    : bytes_of(certificate->subject, certificate->subject_len);

        if (!name_matches(name, condition->tag, condition->match, condition->value))
            return false;
    }
    return rule->condition_count > 0;
}

static uint16_t group_of_rules(const struct policy *policy, const struct certificate *certificate)
{
    for (uint16_t i = 0; i < policy->certificate_rule_count; i++)
        if (fits(&policy->certificate_rules[i], certificate))
            return policy->certificate_rules[i].tunnel_group;
    return NO_INDEX;
}

bool certmap_has_rule(const struct policy *policy, const struct certificate *certificate)
{
    return group_of_rules(policy, certificate) != NO_INDEX;
}

static uint16_t group_of_unit(const struct policy *policy, const struct certificate *certificate)
{
    char unit[UNIT_SIZE];
    uint16_t index = NO_INDEX;

    for (unsigned i = 0; index == NO_INDEX && name_part(bytes_of(certificate->subject, certificate->subject_len), "ou",
                                                        i, unit, sizeof unit);
         i++)
        index = policy_tunnel_group_of_name(policy, bytes_of_text(unit));
    return index;
}

/* The identity is believed only when the certificate has it: that is looked at next, as the group wants it. */
static uint16_t group_of_identity(const struct policy *policy, const struct id *id)
{
    bool is_name = id->type == ID_FQDN || id->type == ID_USER_FQDN || id->type == ID_KEY_ID;

    return is_name ? policy_tunnel_group_of_name(policy, id->data) : NO_INDEX;
}

uint16_t certmap_group(const struct policy *policy, const struct certificate *certificate, const struct id *id,
                       struct ip remote, enum user_auth user_auth)
{
    uint16_t of_address = policy_tunnel_group_of(policy, remote), index = group_of_rules(policy, certificate);
    bool has_own = of_address != NO_INDEX && ip_is_set(policy->tunnel_groups[of_address].peer);

    if (index != NO_INDEX || has_own)
        return index != NO_INDEX ? index : of_address;
    if (policy->is_group_of_ou)
        index = group_of_unit(policy, certificate);
    if (index == NO_INDEX && policy->is_group_of_identity)
        index = group_of_identity(policy, id);
    if (index == NO_INDEX && policy->certificate_group != 0)
        index = policy->certificate_group - 1;
    if (index != NO_INDEX)
        return index;
    return user_auth == USER_AUTH_NONE ? of_address : policy_remote_group_for_any(policy, user_auth);
}

bool certmap_unit(const struct policy *policy, const struct certificate *certificate, char unit[static UNIT_SIZE])
{
    return policy->is_group_of_ou &&
           name_part(bytes_of(certificate->subject, certificate->subject_len), "ou", 0, unit, UNIT_SIZE);
}
