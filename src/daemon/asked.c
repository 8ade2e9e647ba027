#include "daemon/asked.h"

#include "base/check.h"
#include "daemon/access.h"
#include "daemon/adopt.h"
#include "daemon/clock.h"
#include "daemon/conntrack.h"
#include "daemon/enroll.h"
#include "daemon/keypairs.h"
#include "daemon/netlink.h"
#include "doctor/doctor.h"
#include "doctor/parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SENTENCE_SIZE = 1024 };

/* ---- The configuration ---- */

static struct bytes running_of(void *context)
{
    const struct running *running = &((const struct daemon *)context)->config->running;

    return bytes_of(running->text, running->len);
}

/* What is asked of the configuration, and is not a change. */
struct errand {
    struct config_job job;
    struct daemon *daemon;
    struct control_task *task;
    bool ok;
    struct text why;
    char space[SENTENCE_SIZE];
};

static bool show_running(struct errand *e)
{
    struct bytes words[CONTROL_WORDS_MAX];
    struct conf_part part = {.words = words};

    return control_split(bytes_of_text(e->task->words), words, &part.count) &&
           config_show(e->job.in_use, e->task->is_all, part, &e->task->text, &e->why);
}

static bool show_startup(struct errand *e)
{
    struct config *saved = config_load(e->daemon->options->file, &e->why);
    bool ok = saved != NULL && config_show(saved, false, (struct conf_part){0}, &e->task->text, &e->why);

    if (saved != NULL)
        config_free(saved);
    return ok;
}

static bool copy_saved(struct errand *e)
{
    struct config *saved = config_load(e->daemon->options->file, &e->why);
    bool ok = saved != NULL && running_add(&e->task->text, bytes_of(saved->running.text, saved->running.len));

    if (saved != NULL && !ok)
        text_add(&e->why, "there is no memory for it");
    if (saved != NULL)
        config_free(saved);
    return ok;
}

static bool work(struct errand *e)
{
    e->task->work(e->task, &e->job.in_use->conf);
    return true;
}

static bool save(struct errand *e)
{
    return config_save(e->job.in_use, &e->why);
}

static bool erase(struct errand *e)
{
    return config_erase(e->job.in_use, &e->why);
}

static bool make_key(struct errand *e)
{
    return enroll_make_key(e->job.in_use, e->task, &e->why);
}

static bool remove_keys(struct errand *e)
{
    return enroll_remove_keys(e->job.in_use, e->task, &e->why);
}

static bool make_request(struct errand *e)
{
    return enroll_request(e->job.in_use, e->task, &e->why);
}

static bool export_certificate(struct errand *e)
{
    return enroll_export(e->job.in_use, e->task, &e->why);
}

static bool export_pkcs12(struct errand *e)
{
    return enroll_export_pkcs12(e->job.in_use, e->task, &e->why);
}

static bool take_authority(struct errand *e)
{
    return enroll_authority(e->job.in_use, e->task, &e->why);
}

static bool take_certificate(struct errand *e)
{
    return enroll_certificate(e->job.in_use, e->task, &e->why);
}

static bool take_pkcs12(struct errand *e)
{
    return enroll_pkcs12(e->job.in_use, e->task, &e->why);
}

static const struct {
    bool (*run)(struct errand *errand); /* in the thread; NULL: it is a change */
    const char *before, *after;         /* the name of the file in the log, when it is done; NULL: nothing is said */
} errands[] = {
    [CONTROL_TASK_ADD] = {NULL, NULL, NULL},
    [CONTROL_TASK_TAKE_AWAY] = {NULL, NULL, NULL},
    [CONTROL_TASK_RELOAD] = {NULL, NULL, NULL},
    [CONTROL_TASK_RUNNING] = {show_running, NULL, NULL},
    [CONTROL_TASK_STARTUP] = {show_startup, NULL, NULL},
    [CONTROL_TASK_SAVED] = {copy_saved, NULL, NULL},
    [CONTROL_TASK_SAVE] = {save, "what is running has been written to ", ""},
    [CONTROL_TASK_ERASE] = {erase, "", " has been emptied: the next start has no configuration"},
    [CONTROL_TASK_WORK] = {work, NULL, NULL},
    [CONTROL_TASK_MAKE_KEY] = {make_key, NULL, NULL},
    [CONTROL_TASK_REMOVE_KEYS] = {remove_keys, NULL, NULL},
    [CONTROL_TASK_REQUEST] = {make_request, NULL, NULL},
    [CONTROL_TASK_EXPORT] = {export_certificate, NULL, NULL},
    [CONTROL_TASK_EXPORT_PKCS12] = {export_pkcs12, NULL, NULL},
    [CONTROL_TASK_AUTHORITY] = {take_authority, NULL, NULL},
    [CONTROL_TASK_CERTIFICATE] = {take_certificate, NULL, NULL},
    [CONTROL_TASK_PKCS12] = {take_pkcs12, NULL, NULL},
};

static void begin_errand(struct config_job *job)
{
    struct errand *e = (struct errand *)job;

    if (e->task->look != NULL)
        e->task->look(e->task);
}

static void run_errand(struct config_job *job)
{
    struct errand *e = (struct errand *)job;

    e->ok = errands[e->task->kind].run(e);
}

static void errand_done(struct config_job *job, bool is_dropped)
{
    struct errand *e = (struct errand *)job;
    enum control_task_kind kind = e->task->kind;

    if (e->ok && errands[kind].before != NULL)
        log_note(e->daemon->log, LOG_NOTICE, "%s%s%s", errands[kind].before, e->job.in_use->path, errands[kind].after);
    if (is_dropped && !e->ok)
        text_add(&e->why, "the gateway ends");
    e->task->done(e->task, e->ok ? NULL : e->space);
    free(e);
}

static void begin(void *context, struct control_task *task)
{
    struct daemon *daemon = context;

    if (errands[task->kind].run == NULL) {
        adopt_task(daemon, task);
        return;
    }
    struct errand *e = calloc(1, sizeof *e);
    CHECK(e != NULL);
    e->job = (struct config_job){.begin = begin_errand, .run = run_errand, .done = errand_done};
    e->daemon = daemon;
    e->task = task;
    e->why = text_of(e->space, sizeof e->space);
    config_queue_add(daemon->configs, &e->job);
}

static bool past(void *context, uint32_t index, struct journal_record *record)
{
    return log_past(((const struct daemon *)context)->log, index, record);
}

static void log_tally(void *context, uint8_t host, struct log_remote_tally *tally)
{
    *tally = log_remote_tally(((struct daemon *)context)->log_remote, host);
}

static void clear_counters(void *context)
{
    plane_clear_counters(((struct daemon *)context)->plane);
}

static bool give_password(void *context, struct bytes password)
{
    struct daemon *daemon = context;

    if (!login_give(&daemon->login, password))
        return false;

    const struct conf_credential credential = login_credential(&daemon->login);

    return vault_queue_set_credentials(daemon->queue, &credential, 1);
}

static void want_clear(void *context, bool is_wanted)
{
    ((struct daemon *)context)->driver->out->wants_clear = is_wanted;
}

static bool crl_of(void *context, size_t nth, struct crls_view *view)
{
    return crls_nth(((struct daemon *)context)->crls, nth, view);
}

static size_t fetch_crls(void *context, const char *trustpoint, bool is_kept)
{
    struct daemon *daemon = context;

    return (is_kept ? crls_again : crls_forget)(daemon->crls, *trustpoint == '\0' ? NULL : trustpoint);
}

static const struct sla *sla_of_daemon(void *context)
{
    return ((const struct daemon *)context)->sla;
}

static bool keypair_of(void *context, size_t nth, struct keypair_shown *shown)
{
    return keypair_nth(((struct daemon *)context)->config->path, nth, shown);
}

static void forget_keypair(void *context, const char *label)
{
    keypair_remove(((struct daemon *)context)->config->path, bytes_of_text(label));
}

static void tell_event(void *context, const struct event *event)
{
    log_event(((struct daemon *)context)->log, event);
}

/* ---- This machine, and what goes on ---- */

static uint64_t now_ms(void *context)
{
    (void)context;
    return clock_now_ms();
}

static const struct ike *ike_of(void *context)
{
    return ((struct daemon *)context)->driver->ike;
}

static const struct policy *policy_of(void *context)
{
    return &((struct daemon *)context)->config->conf.policy;
}

static const struct conf *conf_of(void *context)
{
    return &((struct daemon *)context)->config->conf;
}

static const struct plane *plane_of(void *context)
{
    return ((struct daemon *)context)->plane;
}

static void command(void *context, const struct ike_command *command)
{
    struct daemon *daemon = context;

    driver_feed(daemon->driver, &(struct ike_input){.kind = IKE_IN_COMMAND, .command = *command});
}

static bool route_of(void *context, struct ip to, struct control_route *found)
{
    struct route route;

    (void)context;
    if (route_find(to, (struct ip){0}, &route) != 0 || route.device[0] == '\0')
        return false;
    memcpy(found->device, route.device, sizeof found->device);
    found->gateway = route.gateway;
    return true;
}

static bool is_device_up(void *context, const char *device)
{
    char first[16];
    char path[64];

    (void)context;
    snprintf(path, sizeof path, "/sys/class/net/%.16s/operstate", device);
    return device[0] != '\0' && strchr(device, '/') == NULL && line_find(path, "", first, sizeof first) &&
           strcmp(first, "down") != 0;
}

static bool nat_counters(void *context, const struct policy *policy, struct nat_counts *counts)
{
    (void)context;
    return nat_read_counters(policy, counts);
}

static bool access_counters(void *context, const struct policy *policy, uint64_t *hits, uint64_t *dropped)
{
    (void)context;
    return access_read_counters(policy, hits, dropped);
}

static void clear_nat(void *context)
{
    (void)context;
    nat_clear_counters();
}

static int each_neighbour(void *context, void *taker, neighbour_taker *take)
{
    (void)context;
    return netlink_neighbours_each(taker, take);
}

static void clear_arp(void *context)
{
    (void)context;
    netlink_neighbours_forget();
}

static void each_connection(void *context, void *taker, connection_taker *take)
{
    (void)context;
    conntrack_each(taker, take);
}

/* Nothing is followed for us where nothing is translated. */
static uint64_t connection_count(void *context)
{
    return ((const struct daemon *)context)->config->conf.policy.nat_rule_count == 0 ? 0 : conntrack_count();
}

static void forget_connection(void *context, const struct connection *connection)
{
    (void)context;
    conntrack_remove(connection);
}

static struct doctor_report *examine(void *context, const struct conf *conf, uint16_t tunnel)
{
    (void)context;
    return doctor_examine_tunnel(&conf->policy, tunnel, conf->file_name);
}

bool asked_open(struct daemon *daemon, struct text *why)
{
    daemon->source = (struct control_source){.context = daemon,
                                             .now_ms = now_ms,
                                             .ike = ike_of,
                                             .policy = policy_of,
                                             .conf = conf_of,
                                             .limits = &ike_limits_default,
                                             .plane = plane_of,
                                             .command = command,
                                             .begin = begin,
                                             .running = running_of,
                                             .tell = tell_event,
                                             .past = past,
                                             .give_password = give_password,
                                             .log_tally = log_tally,
                                             .clear_counters = clear_counters,
                                             .want_clear = want_clear,
                                             .acquire = daemon_acquire,
                                             .route = route_of,
                                             .is_up = is_device_up,
                                             .examine = examine,
                                             .nat_counters = nat_counters,
                                             .access_counters = access_counters,
                                             .clear_nat = clear_nat,
                                             .each_neighbour = each_neighbour,
                                             .clear_arp = clear_arp,
                                             .each_connection = each_connection,
                                             .connection_count = connection_count,
                                             .forget_connection = forget_connection,
                                             .crl = crl_of,
                                             .fetch_crls = fetch_crls,
                                             .sla = sla_of_daemon,
                                             .keypair = keypair_of,
                                             .forget_keypair = forget_keypair,
                                             .started_ms = clock_now_ms()};
    int error = control_open(&daemon->control, daemon->loop, &daemon->source, daemon->options->socket, NULL);

    if (error == 0)
        return true;
    text_add(why, "control socket ");
    text_add_escaped(why, bytes_of_text(daemon->options->socket));
    text_add(why, ": %s", error == EADDRINUSE ? "another ikewised answers there" : strerror(error));
    return false;
}
