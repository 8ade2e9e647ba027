#include "daemon/adopt.h"

#include "base/check.h"
#include "daemon/access.h"
#include "daemon/dialect.h"
#include "daemon/listen.h"
#include "daemon/names.h"
#include "daemon/steer.h"
#include "daemon/steering.h"
#include "daemon/watching.h"

#include <stdlib.h>
#include <string.h>

enum { SENTENCE_SIZE = 1024 };

/* ---- The packet filter ---- */

bool adopt_addresses(struct daemon *daemon, struct text *why)
{
    if (config_queue_is_busy(daemon->configs)) /* what is in use is being read: the next look will find them */
        return true;
    if (config_match_interfaces(daemon->config, daemon->log) == 0)
        return listen_open(daemon, why);
    steering_again(daemon, STEERING_INTERFACES);
    return true;
}

/* ---- One configuration after the other ---- */

struct known_host {
    char name[HOSTS_NAME_SIZE];
    struct ip ip;
};

/* One that is to come into use. */
struct adoption {
    struct config_job job;
    struct daemon *daemon;
    const struct way *way;
    struct control_task *task; /* NULL: nobody waits for it */
    struct known_host hosts[CONF_HOSTS_MAX];
    uint32_t host_count;
    struct config *new; /* NULL: it cannot be used, see `why` */
    struct steer_guests guests;
    bool is_filter_touched, is_closed_up;
    struct text why;
    char space[SENTENCE_SIZE];
};

/* Where it comes from. */
struct way {
    struct config *(*read)(struct adoption *adoption); /* in the thread */
    bool is_change;                                    /* of what is running; else it is the file's */
    const char *failed;                                /* to the log, before why */
};

/* The packet filter has its rules. Everything that may fail comes before anything else is changed. */
static bool use_config(struct daemon *daemon, struct config *new, struct text *why)
{
    struct config *old = daemon->config;
    const struct policy *policy = &new->conf.policy;

    if (!nat_open(&daemon->answers, TUN_NAME, policy, why))
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
    log_use_dialect(daemon->log, dialect_of_policy(policy));
    log_use_logging(daemon->log, &policy->logging);
    log_remote_use(daemon->log_remote, &policy->logging, policy->hostname);
    daemon->config = new;
    plane_set_policy(daemon->plane, policy);
    watching_use(daemon, policy);
    driver_feed(daemon->driver, &(struct ike_input){.kind = IKE_IN_POLICY, .policy = policy});
    if (old != NULL && old != new) {
        listen_close_unwanted(daemon, &old->conf.policy, policy);
        config_queue_give_back(daemon->configs, old);
    }
    return true;
}

bool adopt_first(struct daemon *daemon, struct text *why)
{
    const struct policy *policy = &daemon->config->conf.policy;

    return steer_close_up(policy, (struct steer_guests){0}, NULL, why) && nat_close_up(policy, policy, why) &&
           access_close_up(policy, policy, why) && use_config(daemon, daemon->config, why);
}

/* `a->new` is the daemon's then, also on failure. */
static bool take_over(struct adoption *a)
{
    struct daemon *daemon = a->daemon;
    struct config *new = a->new;
    char space[SENTENCE_SIZE];
    struct text not_open = text_of(space, sizeof space);

    hosts_want(daemon->hosts, &new->conf);
    if (!a->is_closed_up || !use_config(daemon, new, &a->why)) {
        config_queue_give_back(daemon->configs, new);
        hosts_want(daemon->hosts, &daemon->config->conf);
        steering_again(daemon, STEERING_RESTORED);
        return false;
    }
    if (!a->way->is_change) {
        config_log_interfaces(new, daemon->log);
        config_log(new, daemon->log);
    }
    if (!listen_open(daemon, &not_open))
        log_note(daemon->log, LOG_ERR, "%s", space);
    if (!a->way->is_change)
        listen_warn_of_missing(daemon);
    if (daemon->control != NULL)
        control_on_policy(daemon->control);
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
static void tell_news(const struct config *old, const struct config *new, struct control_task *task)
{
    for (uint32_t i = 0; i < new->conf.finding_count; i++) {
        struct conf_finding finding = new->conf.findings[i];

        if (finding.severity == CONF_NOTE || is_known_finding(&old->conf, &finding))
            continue;
        finding.line = finding.column = 0;
        task->tell(task, &finding);
    }
}

/* ---- in the thread ---- */

static struct config *read_file(struct adoption *a)
{
    return config_load(a->daemon->options->file, &a->why);
}

static struct config *read_added(struct adoption *a)
{
    struct running *lines = &a->task->lines;

    return config_changed(a->job.in_use, bytes_of(lines->text, lines->len), a->task->is_ios, &a->why);
}

static struct config *read_rest(struct adoption *a)
{
    struct bytes words[CONTROL_WORDS_MAX];
    size_t count = 0;

    CHECK(control_split(bytes_of_text(a->task->words), words, &count));
    return config_without(a->job.in_use, words, count, &a->why);
}

static struct config *read_same(struct adoption *a)
{
    return config_again(a->job.in_use, &a->why);
}

static bool set_hosts(struct adoption *a)
{
    struct conf_host list[CONF_HOSTS_MAX];

    for (uint32_t i = 0; i < a->host_count; i++)
        list[i] = (struct conf_host){bytes_of_text(a->hosts[i].name), a->hosts[i].ip};
    return config_set_hosts(a->new, list, a->host_count, &a->why);
}

/* A change that leaves the marks as they are does not touch the packet filter. The marks come first: what is translated
 * anew must not be taken for what goes in clear. Until the loop puts the rest to use the rules are ahead of it: what
 * has a mark and no tunnel yet goes nowhere. */
static bool close_up(struct adoption *a)
{
    const struct policy *before = &a->job.in_use->conf.policy, *now = &a->new->conf.policy;
    bool is_change = a->way->is_change;

    a->is_filter_touched = true;
    if (!(is_change && steer_is_same(before, now)) && !steer_close_up(now, a->guests, NULL, &a->why))
        return false;
    if (!(is_change && nat_is_same(before, now)) && !nat_close_up(before, now, &a->why))
        return false;
    return (is_change && access_is_same(before, now)) || access_close_up(before, now, &a->why);
}

static void read_new(struct config_job *job)
{
    struct adoption *a = (struct adoption *)job;

    a->new = a->way->read(a);
    if (a->new == NULL || a->new->fault_count > 0)
        return;
    if (!set_hosts(a)) {
        config_free(a->new);
        a->new = NULL;
        return;
    }
    config_match_interfaces(a->new, NULL);
    a->is_closed_up = close_up(a);
}

/* ---- in the loop ---- */

/* What the thread is to know. A host that gets another address meanwhile is another change, after this one. */
static void note_surroundings(struct config_job *job)
{
    struct adoption *a = (struct adoption *)job;
    struct conf_host list[CONF_HOSTS_MAX];

    if (a->way->read == read_same)
        a->daemon->is_host_waiting = false;
    a->guests = steering_guests(a->daemon);
    a->host_count = hosts_list(a->daemon->hosts, list);
    for (uint32_t i = 0; i < a->host_count; i++) {
        struct text name = text_of(a->hosts[i].name, sizeof a->hosts[i].name);

        text_add(&name, "%.*s", (int)list[i].name.len, (const char *)list[i].name.data);
        a->hosts[i].ip = list[i].ip;
    }
}

static bool put_to_use(struct adoption *a)
{
    if (a->new == NULL)
        return false;
    for (uint32_t i = 0; i < a->new->fault_count; i++)
        a->task->tell(a->task, &a->new->faults[i]);
    if (a->new->fault_count > 0) {
        config_queue_give_back(a->daemon->configs, a->new);
        return false;
    }
    if (a->way->is_change && a->task != NULL)
        tell_news(a->daemon->config, a->new, a->task);
    if (!take_over(a))
        return false;
    if (a->way->is_change)
        return true;
    hosts_again(a->daemon->hosts);
    crls_again(a->daemon->crls, NULL);
    log_note(a->daemon->log, LOG_NOTICE, "%s has been read again and is in use", a->new->path);
    return true;
}

/* The daemon has taken its rules away meanwhile, and some have come again. */
static void drop(struct adoption *a)
{
    if (a->is_filter_touched)
        steering_take_away(a->daemon);
    if (a->new != NULL)
        config_free(a->new);
    text_add(&a->why, "the gateway ends");
}

static void adopted(struct config_job *job, bool is_dropped)
{
    struct adoption *a = (struct adoption *)job;
    bool ok = !is_dropped && put_to_use(a);

    if (is_dropped)
        drop(a);
    free((void *)a->guests.list);
    if (a->task != NULL)
        a->task->done(a->task, ok ? NULL : a->space);
    else if (!ok && !is_dropped)
        log_note(a->daemon->log, LOG_ERR, "%s: %s", a->way->failed, a->space);
    free(a);
}

static const struct way file_again = {read_file, false, "the configuration stays as it was"};
static const struct way same_again = {read_same, true, "the peers stay where they were"};
static const struct way lines_added = {read_added, true, NULL};
static const struct way words_taken_away = {read_rest, true, NULL};

static void adopt(struct daemon *daemon, const struct way *way, struct control_task *task)
{
    struct adoption *a = calloc(1, sizeof *a);

    CHECK(a != NULL);
    a->job = (struct config_job){.begin = note_surroundings, .run = read_new, .done = adopted};
    a->daemon = daemon;
    a->way = way;
    a->task = task;
    a->why = text_of(a->space, sizeof a->space);
    config_queue_add(daemon->configs, &a->job);
}

void adopt_task(struct daemon *daemon, struct control_task *task)
{
    switch (task->kind) {
    case CONTROL_TASK_ADD: adopt(daemon, &lines_added, task); return;
    case CONTROL_TASK_TAKE_AWAY: adopt(daemon, &words_taken_away, task); return;
    case CONTROL_TASK_RELOAD: adopt(daemon, &file_again, task); return;
    default: CHECK(!"a task that changes nothing");
    }
}

void adopt_reload(struct daemon *daemon)
{
    adopt(daemon, &file_again, NULL);
}

void adopt_hosts(void *context)
{
    struct daemon *daemon = context;

    if (!daemon->is_running || daemon->is_host_waiting)
        return;
    daemon->is_host_waiting = true;
    adopt(daemon, &same_again, NULL);
}
