/* What is said of single users. */
#include "policy/policy.h"

#include <string.h>

const struct user_rights *policy_user(const struct policy *policy, const char *name)
{
    uint32_t first = 0, end = policy->user_count;

    while (first < end) {
        uint32_t middle = first + (end - first) / 2;
        int order = strcmp(name, policy->users[middle].name);

        if (order == 0)
            return &policy->users[middle];
        if (order < 0)
            end = middle;
        else
            first = middle + 1;
    }
    return NULL;
}

uint16_t policy_group_policy_of(const struct policy *policy, uint16_t tunnel_group, const char *user)
{
    uint16_t number = tunnel_group >= policy->tunnel_group_count ? 0 : policy->tunnel_groups[tunnel_group].group_policy;
    const struct user_rights *rights = *user == '\0' ? NULL : policy_user(policy, user);

    return rights == NULL || rights->group_policies == NULL ? number : rights->group_policies[number];
}
