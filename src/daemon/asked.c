#include "daemon/asked.h"

#include "daemon/access.h"
#include "daemon/adopt.h"
#include "daemon/clock.h"
#include "daemon/conntrack.h"
#include "daemon/netlink.h"
#include "doctor/doctor.h"
#include "doctor/parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---- The configuration ---- */

static bool save_config(void *context, struct text *why)
{
    const struct daemon *daemon = context;

    if (!config_save(daemon->config, why))
        return false;
    log_note(daemon->log, LOG_NOTICE, "what is running has been written to %s", daemon->config->path);
    return true;
}

static bool erase_config(void *context, struct text *why)
{
    const struct daemon *daemon = context;

    if (!config_erase(daemon->config, why))
        return false;
    log_note(daemon->log, LOG_NOTICE, "%s has been emptied: the next start has no configuration", daemon->config->path);
    return true;
}

static struct bytes running_of(void *context)
{
    const struct running *running = &((const struct daemon *)context)->config->running;

    return bytes_of(running->text, running->len);
}

static bool add_running(void *context, bool is_all, struct conf_part part, struct running *text, struct text *why)
{
    return config_show(((const struct daemon *)context)->config, is_all, part, text, why);
}

static bool add_startup(void *context, struct running *text, struct text *why)
{
    const struct daemon *daemon = context;
    struct config *saved = config_load(daemon->options->file, why);

    if (saved == NULL)
        return false;

    bool ok = config_show(saved, false, (struct conf_part){0}, text, why);

    config_free(saved);
    return ok;
}

static bool add_saved(void *context, struct running *text, struct text *why)
{
    const struct daemon *daemon = context;
    struct config *saved = config_load(daemon->options->file, why);

    if (saved == NULL)
        return false;

    bool ok = running_add(text, bytes_of(saved->running.text, saved->running.len));

    config_free(saved);
    if (!ok)
        text_add(why, "there is no memory for it");
    return ok;
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

static bool nat_counters(void *context, struct nat_counts *counts)
{
    return nat_read_counters(&((const struct daemon *)context)->config->conf.policy, counts);
}

static bool access_counters(void *context, uint64_t *hits, uint64_t *dropped)
{
    return access_read_counters(&((const struct daemon *)context)->config->conf.policy, hits, dropped);
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

static void forget_connection(void *context, const struct connection *connection)
{
    (void)context;
    conntrack_remove(connection);
}

static struct doctor_report *examine(void *context)
{
    const struct config *config = ((struct daemon *)context)->config;

    return doctor_examine(&config->conf.policy, config->path);
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
                                             .reload = adopt_reload,
                                             .change = adopt_change,
                                             .save = save_config,
                                             .erase = erase_config,
                                             .running = running_of,
                                             .add_running = add_running,
                                             .add_startup = add_startup,
                                             .add_saved = add_saved,
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
                                             .forget_connection = forget_connection,
                                             .crl = crl_of,
                                             .fetch_crls = fetch_crls,
                                             .started_ms = clock_now_ms()};
    int error = control_open(&daemon->control, daemon->loop, &daemon->source, daemon->options->socket, NULL);

    if (error == 0)
        return true;
    text_add(why, "control socket ");
    text_add_escaped(why, bytes_of_text(daemon->options->socket));
    text_add(why, ": %s", error == EADDRINUSE ? "another ikewised answers there" : strerror(error));
    return false;
}
