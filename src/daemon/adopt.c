#include "daemon/adopt.h"

#include "daemon/access.h"
#include "daemon/listen.h"
#include "daemon/names.h"
#include "daemon/steer.h"

#include <stdlib.h>
#include <string.h>

enum { SENTENCE_SIZE = 1024 };

/* ---- The packet filter ---- */

/* The packet filter for that policy, and for the pairs that there are of open tunnels. */
static bool steer_all(const struct daemon *daemon, const struct policy *policy, struct text *why)
{
    struct selector *list = NULL;
    struct steer_guests guests = {NULL, daemon->plane == NULL ? 0 : plane_guests(daemon->plane, &list)};

    guests.list = list;
    bool ok = steer_close_up(policy, guests, NULL, why);
    free(list);
    return ok;
}

bool adopt_steer(const struct daemon *daemon, struct text *why)
{
    return steer_all(daemon, &daemon->config->conf.policy, why);
}

bool adopt_addresses(struct daemon *daemon, struct text *why)
{
    const struct policy *policy = &daemon->config->conf.policy;

    if (config_match_interfaces(daemon->config, daemon->log) > 0 &&
        (!adopt_steer(daemon, why) || !nat_close_up(policy, policy, why) || !access_close_up(policy, policy, why) ||
         !nat_open(&daemon->answers, TUN_NAME, policy, why)))
        return false;
    return listen_open(daemon, why);
}

/* ---- One configuration after the other ---- */

/* A change that leaves the marks as they are does not wait for the packet filter: nor does the traffic. The marks come
 * first: what is translated anew must not be taken for what goes in clear. */
static bool close_up(const struct daemon *daemon, const struct config *new, bool is_change, struct text *why)
{
    const struct policy *before = &daemon->config->conf.policy, *now = &new->conf.policy;

    if (!(is_change && steer_is_same(before, now)) && !steer_all(daemon, now, why))
        return false;
    if (!(is_change && nat_is_same(before, now)) && !nat_close_up(before, now, why))
        return false;
    return (is_change && access_is_same(before, now)) || access_close_up(before, now, why);
}

/* The words of the console. */
static enum dialect dialect_of(const struct policy *policy)
{
    static const enum dialect ios[] = {[IOS_RELEASE_UNKNOWN] = DIALECT_IOS_OLD,
                                       [IOS_RELEASE_OLD] = DIALECT_IOS_OLD,
                                       [IOS_RELEASE_MIDDLE] = DIALECT_IOS_MIDDLE,
                                       [IOS_RELEASE_NEW] = DIALECT_IOS_NEW};

    return policy->is_ios ? ios[policy->ios_release] : DIALECT_ASA_SYSLOG;
}

/* Everything that may fail comes before anything is changed. */
static bool use_config(struct daemon *daemon, struct config *new, bool is_change, struct text *why)
{
    struct config *old = daemon->config;
    const struct policy *policy = &new->conf.policy;

    if (!close_up(daemon, new, is_change, why) || !nat_open(&daemon->answers, TUN_NAME, policy, why))
        return false;
    daemon->is_closed_up = true;
    if (!vault_queue_set_keys(daemon->queue, new->conf.keys, new->conf.key_count)) {
        text_add(why, "more than %u tunnel-groups", (unsigned)VAULT_KEYS_MAX);
        return false;
    }
    if (!vault_queue_set_trusts(daemon->queue, &new->conf)) {
        text_add(why, "no memory for the trustpoints");
        return false;
    }
    if (!vault_queue_set_users(daemon->queue, new->conf.users, new->conf.user_count)) {
        text_add(why, "no memory for the users");
        return false;
    }
    login_fill(&daemon->login, new->conf.credentials, new->conf.credential_count);
    if (!vault_queue_set_credentials(daemon->queue, new->conf.credentials, new->conf.credential_count)) {
        text_add(why, "no memory for our own user");
        return false;
    }
    conf_wipe(&new->conf);

    crls_use(daemon->crls, policy);
    log_use_dialect(daemon->log, dialect_of(policy));
    log_use_logging(daemon->log, &policy->logging);
    log_remote_use(daemon->log_remote, &policy->logging, policy->hostname);
    daemon->config = new;
    plane_set_policy(daemon->plane, policy);
    driver_feed(daemon->driver, &(struct ike_input){.kind = IKE_IN_POLICY, .policy = policy});
    if (old != NULL && old != new) {
        listen_close_unwanted(daemon, &old->conf.policy, policy);
        config_free(old);
    }
    return true;
}

bool adopt_first(struct daemon *daemon, struct text *why)
{
    return use_config(daemon, daemon->config, false, why);
}

/* The names that it has are looked up from now on; the addresses that are known are taken at once. */
static bool take_hosts(struct daemon *daemon, struct config *new, struct text *why)
{
    struct conf_host list[CONF_HOSTS_MAX];

    hosts_want(daemon->hosts, &new->conf);
    return config_set_hosts(new, list, hosts_list(daemon->hosts, list), why);
}

/* `new` is the daemon's then, also on failure. */
static bool take_over(struct daemon *daemon, struct config *new, bool is_change, struct text *why)
{
    char space[SENTENCE_SIZE];
    struct text not_open = text_of(space, sizeof space), not_restored = text_of(space, sizeof space);

    bool has_hosts = take_hosts(daemon, new, why);
    config_match_interfaces(new, is_change ? NULL : daemon->log);
    if (!has_hosts || !use_config(daemon, new, is_change, why)) {
        config_free(new);
        hosts_want(daemon->hosts, &daemon->config->conf);
        if (!adopt_steer(daemon, &not_restored) || !nat_close_up(NULL, &daemon->config->conf.policy, &not_restored) ||
            !access_close_up(NULL, &daemon->config->conf.policy, &not_restored))
            log_note(daemon->log, LOG_ERR, "%s", space);
        return false;
    }
    if (!is_change)
        config_log(new, daemon->log);
    if (!listen_open(daemon, &not_open))
        log_note(daemon->log, LOG_ERR, "%s", space);
    if (!is_change)
        listen_warn_of_missing(daemon);
    if (daemon->control != NULL)
        control_on_policy(daemon->control);
    return true;
}

void adopt_hosts(void *context)
{
    struct daemon *daemon = context;
    char space[SENTENCE_SIZE];
    struct text why = text_of(space, sizeof space);
    struct config *new = daemon->is_running ? config_again(daemon->config, &why) : NULL;

    if (daemon->is_running && (new == NULL || !take_over(daemon, new, true, &why)))
        log_note(daemon->log, LOG_ERR, "the peers stay where they were: %s", space);
}

bool adopt_reload(void *context, struct text *why)
{
    struct daemon *daemon = context;
    struct config *new = config_load(daemon->options->file, why);

    if (new == NULL || !take_over(daemon, new, false, why))
        return false;
    hosts_again(daemon->hosts);
    crls_again(daemon->crls, NULL);
    log_note(daemon->log, LOG_NOTICE, "%s has been read again and is in use", new->path);
    return true;
}

static bool is_known_finding(const struct conf *conf, const struct conf_finding *finding)
{
    for (uint32_t i = 0; i < conf->finding_count; i++)
        if (strcmp(conf->findings[i].sentence, finding->sentence) == 0)
            return true;
    return false;
}

/* What the change has brought about; notes stay in the log. */
static void tell_news(const struct config *old, const struct config *new, const struct control_change *change)
{
    for (uint32_t i = 0; i < new->conf.finding_count; i++) {
        struct conf_finding finding = new->conf.findings[i];

        if (finding.severity == CONF_NOTE || is_known_finding(&old->conf, &finding))
            continue;
        finding.line = finding.column = 0;
        change->tell(change->context, &finding);
    }
}

bool adopt_change(void *context, const struct control_change *change, struct text *why)
{
    struct daemon *daemon = context;
    struct config *old = daemon->config;
    struct config *new = change->lines.len > 0
                             ? config_changed(old, change->lines, change->is_ios, change->tell, change->context, why)
                             : config_without(old, change->taken_away, change->taken_away_count, why);

    if (new == NULL)
        return false;
    tell_news(old, new, change);
    return take_over(daemon, new, true, why);
}
