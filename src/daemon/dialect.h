/* Whose words the log is in: a router's where the configuration was one's. */
#ifndef DAEMON_DIALECT_H
#define DAEMON_DIALECT_H

#include "event/phrases.h"
#include "policy/policy.h"

static inline enum dialect dialect_of_policy(const struct policy *policy)
{
    static const enum dialect ios[] = {[IOS_RELEASE_UNKNOWN] = DIALECT_IOS_OLD,
                                       [IOS_RELEASE_OLD] = DIALECT_IOS_OLD,
                                       [IOS_RELEASE_MIDDLE] = DIALECT_IOS_MIDDLE,
                                       [IOS_RELEASE_NEW] = DIALECT_IOS_NEW};

    return policy->is_ios ? ios[policy->ios_release] : DIALECT_ASA_SYSLOG;
}

#endif
