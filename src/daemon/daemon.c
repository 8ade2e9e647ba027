#include "daemon/daemon.h"

#include "base/check.h"
#include "daemon/clock.h"
#include "daemon/conntrack.h"
#include "daemon/examine.h"
#include "daemon/names.h"
#include "daemon/reverse_route.h"
#include "daemon/steer.h"
#include "doctor/doctor.h"
#include "doctor/owner.h"
#include "doctor/parts.h"

#include <errno.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SENTENCE_SIZE = 1024 };

/* ---- The arrows between the parts ---- */

static void on_datagram(void *context, struct endpoint local, struct endpoint remote, struct bytes data)
{
    struct daemon *daemon = context;

    driver_feed(daemon->driver, &(struct ike_input){.kind = IKE_IN_DATAGRAM,
                                                    .datagram = {.local = local, .remote = remote, .data = data}});
}

static void on_hint(void *context, const struct gate_hint *hint)
{
    struct daemon *daemon = context;

    driver_feed(daemon->driver, &(struct ike_input){.kind = IKE_IN_HINT,
                                                    .hint = {.local = hint->local,
                                                             .remote = hint->remote,
                                                             .icmp_type = hint->icmp_type,
                                                             .icmp_code = hint->icmp_code,
                                                             .error = hint->error,
                                                             .quoted = hint->quoted}});
}

static void on_answer(void *context, struct handle exchange, uint32_t ask_number, const struct answer *answer)
{
    struct daemon *daemon = context;

    driver_feed(daemon->driver,
                &(struct ike_input){.kind = IKE_IN_ANSWER,
                                    .answer = {.exchange = exchange, .ask_number = ask_number, .answer = answer}});
}

static void on_acquire(void *context, uint16_t tunnel, uint16_t ace, const struct flow *flow)
{
    struct daemon *daemon = context;

    driver_feed(daemon->driver,
                &(struct ike_input){.kind = IKE_IN_ACQUIRE, .acquire = {.tunnel = tunnel, .ace = ace, .flow = *flow}});
}

static void on_plane_input(void *context, enum ike_plane_kind kind, struct handle pair, uint32_t spi,
                           const struct endpoint *local, const struct endpoint *remote)
{
    struct daemon *daemon = context;

    (void)local;
    driver_feed(daemon->driver,
                &(struct ike_input){.kind = IKE_IN_PLANE,
                                    .plane = {.kind = kind,
                                              .pair = pair,
                                              .spi = spi,
                                              .remote = remote != NULL ? *remote : (struct endpoint){.port = 0}}});
}

static void on_event(void *context, const struct event *event)
{
    struct daemon *daemon = context;

    log_event(daemon->log, event);
}

/* ---- Sockets ---- */

static bool is_wanted(const struct policy_interface *interface)
{
    return interface->is_ikev1_enabled && ip_is_set(interface->ip) && interface->linux_name[0] != '\0';
}

static void say_why_not_open(struct text *why, const struct policy_interface *interface, int error)
{
    char ip[IP_TEXT_SIZE];
    struct owner owner;

    text_add(why, "UDP 500 and 4500 of %s (%s): %s", ip_text(interface->ip, ip), interface->name, strerror(error));
    if (error != EADDRINUSE)
        return;
    text_add(why, "; another IKE daemon has them");
    if (!owner_find(interface->ip, PORT_ISAKMP, &owner) && !owner_find(interface->ip, PORT_NAT_T, &owner))
        return;
    text_add(why, ": ");
    text_add_escaped(why, bytes_of_text(owner.name));
    text_add(why, ", process %s", owner.pid);
}

static int open_interface(struct daemon *daemon, const struct policy_interface *interface)
{
    char ip[IP_TEXT_SIZE];
    int fd_4500;
    int error = plane_open_local(daemon->plane, interface->ip, &fd_4500);

    if (error != 0)
        return error;
    error = gate_open(daemon->gate, interface->ip, fd_4500);
    if (error != 0) {
        plane_close_local(daemon->plane, interface->ip);
        return error;
    }
    log_note(daemon->log, LOG_INFO, "ISAKMP is enabled on %s: listening on %s, UDP 500 and 4500", interface->name,
             ip_text(interface->ip, ip));
    return 0;
}

/* Those that are wanted and not open. False: one could not be opened, and `why` has the sentence of the first of these.
 */
static bool open_interfaces(struct daemon *daemon, struct text *why)
{
    const struct policy *policy = &daemon->config->conf.policy;
    bool ok = true;

    for (uint16_t i = 0; i < policy->interface_count; i++) {
        const struct policy_interface *interface = &policy->interfaces[i];
        if (!is_wanted(interface) || gate_is_open(daemon->gate, interface->ip))
            continue;
        int error = open_interface(daemon, interface);
        /* The address may still come: look_again sees to it. */
        if (error == 0 || error == EADDRNOTAVAIL)
            continue;
        if (ok)
            say_why_not_open(why, interface, error);
        ok = false;
    }
    return ok;
}

/* Asked before anything is made: what another daemon has made must not be touched. */
static bool can_open_interfaces(const struct daemon *daemon, struct text *why)
{
    const struct policy *policy = &daemon->config->conf.policy;

    if (if_nametoindex(TUN_NAME) != 0) {
        text_add(why, "there is a device " TUN_NAME " already: another ikewised runs here");
        return false;
    }
    for (uint16_t i = 0; i < policy->interface_count; i++) {
        const struct policy_interface *interface = &policy->interfaces[i];
        int error = is_wanted(interface) ? gate_try(interface->ip) : 0;
        if (error != 0 && error != EADDRNOTAVAIL) {
            say_why_not_open(why, interface, error);
            return false;
        }
    }
    return true;
}

/* What the new policy does not want any more. Before the old one is thrown away. */
static void close_interfaces(struct daemon *daemon, const struct policy *old, const struct policy *new)
{
    for (uint16_t i = 0; i < old->interface_count; i++) {
        uint16_t index = policy_interface_of(new, old->interfaces[i].ip);
        if (!gate_is_open(daemon->gate, old->interfaces[i].ip) ||
            (index != NO_INDEX && is_wanted(&new->interfaces[index])))
            continue;
        gate_close(daemon->gate, old->interfaces[i].ip);
        plane_close_local(daemon->plane, old->interfaces[i].ip);
    }
}

static void warn_of_missing(struct daemon *daemon)
{
    const struct policy *policy = &daemon->config->conf.policy;
    char ip[IP_TEXT_SIZE];

    for (uint16_t i = 0; i < policy->interface_count; i++) {
        const struct policy_interface *interface = &policy->interfaces[i];
        if (interface->is_ikev1_enabled && !gate_is_open(daemon->gate, interface->ip))
            log_note(daemon->log, LOG_WARNING,
                     "no interface of this machine has the address of %s (%s), %s: it is used as soon as one has",
                     interface->name, interface->hardware,
                     ip_is_set(interface->ip) ? ip_text(interface->ip, ip) : "none");
    }
}

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

static bool on_guest(void *context, const struct selector *guest)
{
    const struct daemon *daemon = context;
    char space[SENTENCE_SIZE];
    struct text why = text_of(space, sizeof space);

    if (steer_add_guest(&daemon->config->conf.policy, guest, &why))
        return true;
    log_note(daemon->log, LOG_ERR, "a peer of a dynamic crypto map is refused: %s", space);
    return false;
}

static void on_guests_gone(void *context)
{
    const struct daemon *daemon = context;
    char space[SENTENCE_SIZE];
    struct text why = text_of(space, sizeof space);

    if (!steer_all(daemon, &daemon->config->conf.policy, &why))
        log_note(daemon->log, LOG_ERR, "%s", space);
}

static void on_reverse_route(void *context, struct ip_range network, struct ip peer, bool stands)
{
    const struct daemon *daemon = context;

    reverse_route_set(&daemon->config->conf.policy, network, peer, stands, daemon->log);
}

/* `vpnclient enable` wants the tunnel always; a user who was refused is not named again by itself, lest he be locked
 * out. */
static void keep_client_up(struct daemon *daemon)
{
    const struct policy *policy = &daemon->config->conf.policy;

    for (uint16_t i = 0; i < policy->tunnel_count; i++)
        if (policy->tunnels[i].is_client && ike_client_wants_up(daemon->driver->ike, i))
            driver_feed(daemon->driver,
                        &(struct ike_input){.kind = IKE_IN_COMMAND, .command = {.kind = IKE_UP, .tunnel = i}});
}

static void look_again(uv_timer_t *timer)
{
    struct daemon *daemon = timer->data;
    char space[SENTENCE_SIZE];
    struct text why = text_of(space, sizeof space);

    const struct policy *policy = &daemon->config->conf.policy;
    bool is_new = config_match_interfaces(daemon->config, daemon->log) > 0;

    keep_client_up(daemon);
    if ((is_new && (!steer_all(daemon, policy, &why) || !nat_close_up(policy, policy, &why) ||
                    !nat_open(&daemon->answers, TUN_NAME, policy, &why))) ||
        !open_interfaces(daemon, &why))
        log_note(daemon->log, LOG_ERR, "%s", space);
}

/* ---- The configuration ---- */

/* A change that leaves the marks as they are does not wait for the packet filter: nor does the traffic. The marks come
 * first: what is translated anew must not be taken for what goes in clear. */
static bool close_up(const struct daemon *daemon, const struct config *new, bool is_change, struct text *why)
{
    const struct policy *before = &daemon->config->conf.policy, *now = &new->conf.policy;

    if (!(is_change && steer_is_same(before, now)) && !steer_all(daemon, now, why))
        return false;
    return (is_change && nat_is_same(before, now)) || nat_close_up(before, now, why);
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
    if (!vault_queue_set_credentials(daemon->queue, new->conf.credentials, new->conf.credential_count)) {
        text_add(why, "no memory for our own user");
        return false;
    }
    conf_wipe(&new->conf);

    log_use_dialect(daemon->log, dialect_of(policy));
    log_remote_use(daemon->log_remote, &policy->logging, policy->hostname);
    daemon->config = new;
    plane_set_policy(daemon->plane, policy);
    driver_feed(daemon->driver, &(struct ike_input){.kind = IKE_IN_POLICY, .policy = policy});
    if (old != NULL && old != new) {
        close_interfaces(daemon, &old->conf.policy, policy);
        config_free(old);
    }
    return true;
}

/* The names that it has are looked up from now on; the addresses that are known are taken at once. */
static bool take_hosts(struct daemon *daemon, struct config *new, struct text *why)
{
    struct conf_host list[CONF_HOSTS_MAX];

    hosts_want(daemon->hosts, &new->conf);
    return config_set_hosts(new, list, hosts_list(daemon->hosts, list), why);
}

/* `new` is the daemon's then, also on failure. */
static bool take_config(struct daemon *daemon, struct config *new, bool is_change, struct text *why)
{
    char space[SENTENCE_SIZE];
    struct text not_open = text_of(space, sizeof space), not_restored = text_of(space, sizeof space);

    bool has_hosts = take_hosts(daemon, new, why);
    config_match_interfaces(new, is_change ? NULL : daemon->log);
    if (!has_hosts || !use_config(daemon, new, is_change, why)) {
        config_free(new);
        hosts_want(daemon->hosts, &daemon->config->conf);
        if (!steer_all(daemon, &daemon->config->conf.policy, &not_restored) ||
            !nat_close_up(NULL, &daemon->config->conf.policy, &not_restored))
            log_note(daemon->log, LOG_ERR, "%s", space);
        return false;
    }
    if (!is_change)
        config_log(new, daemon->log);
    if (!open_interfaces(daemon, &not_open))
        log_note(daemon->log, LOG_ERR, "%s", space);
    if (!is_change)
        warn_of_missing(daemon);
    if (daemon->control != NULL)
        control_on_policy(daemon->control);
    return true;
}

/* A peer has another address: a change as any other. */
static void on_hosts(void *context)
{
    struct daemon *daemon = context;
    char space[SENTENCE_SIZE];
    struct text why = text_of(space, sizeof space);
    struct config *new = daemon->is_running ? config_again(daemon->config, &why) : NULL;

    if (daemon->is_running && (new == NULL || !take_config(daemon, new, true, &why)))
        log_note(daemon->log, LOG_ERR, "the peers stay where they were: %s", space);
}

static bool reload(void *context, struct text *why)
{
    struct daemon *daemon = context;
    struct config *new = config_load(daemon->options->file, why);

    if (new == NULL || !take_config(daemon, new, false, why))
        return false;
    hosts_again(daemon->hosts);
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

static bool change_config(void *context, const struct control_change *change, struct text *why)
{
    struct daemon *daemon = context;
    struct config *old = daemon->config;
    struct config *new = change->lines.len > 0 ? config_changed(old, change->lines, change->tell, change->context, why)
                                               : config_without(old, change->taken_away, change->taken_away_count, why);

    if (new == NULL)
        return false;
    tell_news(old, new, change);
    return take_config(daemon, new, true, why);
}

static bool save_config(void *context, struct text *why)
{
    const struct daemon *daemon = context;

    if (!config_save(daemon->config, why))
        return false;
    log_note(daemon->log, LOG_NOTICE, "what is running has been written to %s", daemon->config->path);
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

static void tell_event(void *context, const struct event *event)
{
    log_event(((struct daemon *)context)->log, event);
}

/* ---- What the control asks for ---- */

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

static void command(void *context, enum ike_command_kind kind, uint16_t tunnel, struct ip peer)
{
    struct daemon *daemon = context;

    driver_feed(daemon->driver,
                &(struct ike_input){.kind = IKE_IN_COMMAND, .command = {.kind = kind, .tunnel = tunnel, .peer = peer}});
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

static bool nat_counters(void *context, uint64_t *translated, uint64_t *untranslated)
{
    return nat_read_counters(&((const struct daemon *)context)->config->conf.policy, translated, untranslated);
}

static void clear_nat(void *context)
{
    (void)context;
    nat_clear_counters();
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

static bool tell_control(void *context, const struct event *event, uint8_t severity, const char *line)
{
    struct daemon *daemon = context;

    return daemon->control != NULL && control_on_log(daemon->control, event, severity, line);
}

static void on_install(void *context, const struct ike_install *install)
{
    struct daemon *daemon = context;

    if (daemon->control != NULL)
        control_on_install(daemon->control, install);
}

static bool open_control(struct daemon *daemon, struct text *why)
{
    daemon->source = (struct control_source){.context = daemon,
                                             .now_ms = now_ms,
                                             .ike = ike_of,
                                             .policy = policy_of,
                                             .conf = conf_of,
                                             .plane = plane_of,
                                             .command = command,
                                             .reload = reload,
                                             .change = change_config,
                                             .save = save_config,
                                             .running = running_of,
                                             .add_running = add_running,
                                             .add_startup = add_startup,
                                             .tell = tell_event,
                                             .past = past,
                                             .log_tally = log_tally,
                                             .clear_counters = clear_counters,
                                             .acquire = on_acquire,
                                             .route = route_of,
                                             .is_up = is_device_up,
                                             .examine = examine,
                                             .nat_counters = nat_counters,
                                             .clear_nat = clear_nat,
                                             .each_connection = each_connection,
                                             .forget_connection = forget_connection,
                                             .started_ms = clock_now_ms()};
    int error = control_open(&daemon->control, daemon->loop, &daemon->source, daemon->options->socket, NULL);

    if (error == 0)
        return true;
    text_add(why, "control socket ");
    text_add_escaped(why, bytes_of_text(daemon->options->socket));
    text_add(why, ": %s", error == EADDRINUSE ? "another ikewised answers there" : strerror(error));
    return false;
}

/* ---- Start and end ---- */

static bool make_plane(struct daemon *daemon, struct text *why)
{
    const struct plane_config config = {.loop = daemon->loop,
                                        .tun_name = TUN_NAME,
                                        .pair_limit = ike_limits_default.pairs,
                                        .hooks = {.context = daemon,
                                                  .on_acquire = on_acquire,
                                                  .on_input = on_plane_input,
                                                  .on_event = on_event,
                                                  .on_guest = on_guest,
                                                  .on_guests_gone = on_guests_gone,
                                                  .on_reverse_route = on_reverse_route}};
    int error = plane_create(&daemon->plane, &config);

    if (error == 0)
        return true;
    text_add(why, "TUN device %s: %s", TUN_NAME, strerror(error));
    if (error == EBUSY)
        text_add(why, "; another ikewised has it");
    return false;
}

static int remote_severity(void *context)
{
    return log_remote_severity(context);
}

static void send_remote(void *context, int severity, uint32_t message_number, const char *line)
{
    log_remote_send(context, severity, message_number, line);
}

/* The order matters: first what keeps traffic from leaving in clear, then the TUN. */
static bool make_parts(struct daemon *daemon, struct text *why)
{
    daemon->gate = gate_create(daemon->loop, &(struct gate_hooks){daemon, on_datagram, on_hint});
    daemon->log_remote = log_remote_create(daemon->loop);
    CHECK(daemon->log_remote != NULL);
    log_send_to(daemon->log, &(struct log_sink){daemon->log_remote, remote_severity, send_remote});
    daemon->queue = vault_queue_create(daemon->loop, VAULT_SECRETS_MAX, &(struct vault_queue_hooks){daemon, on_answer});
    daemon->hosts = hosts_create(daemon->loop, daemon->log, daemon, on_hosts);
    daemon->driver = driver_create(daemon->loop, daemon->log, why);
    if (daemon->driver == NULL)
        return false;
    if (daemon->gate == NULL || daemon->queue == NULL || daemon->hosts == NULL) {
        text_add(why, "no memory for the gateway");
        return false;
    }
    if (!can_open_interfaces(daemon, why))
        return false;
    if (!steer_close_up(&daemon->config->conf.policy, (struct steer_guests){0}, &daemon->was_closed_up, why) ||
        !nat_close_up(NULL, &daemon->config->conf.policy, why))
        return false;
    daemon->is_closed_up = !daemon->was_closed_up;
    if (!make_plane(daemon, why) || !open_interfaces(daemon, why) || !steer_open_tun(TUN_NAME, why))
        return false;
    daemon->clear_watch = clear_watch_open(daemon->loop, daemon, on_event);
    daemon->driver->gate = daemon->gate;
    daemon->driver->plane = daemon->plane;
    daemon->driver->queue = daemon->queue;
    hosts_want(daemon->hosts, &daemon->config->conf);
    daemon->driver->on_install = on_install;
    daemon->driver->context = daemon;
    return open_control(daemon, why) && use_config(daemon, daemon->config, false, why);
}

static void close_signal(uv_signal_t *signal)
{
    if (signal->data != NULL)
        uv_close((uv_handle_t *)signal, NULL);
}

/* In the reverse order. What is closed here leaves the loop in its next turns, and the loop then ends by itself. */
static void take_down(struct daemon *daemon)
{
    char space[SENTENCE_SIZE];
    struct text why = text_of(space, sizeof space);

    daemon->is_running = false;
    log_watch(daemon->log, NULL, NULL);
    if (daemon->look_again.data != NULL)
        uv_close((uv_handle_t *)&daemon->look_again, NULL);
    for (size_t i = 0; i < COUNT_OF(daemon->signals); i++)
        close_signal(&daemon->signals[i]);
    if (daemon->control != NULL)
        control_close(daemon->control);
    daemon->control = NULL;
    if (daemon->clear_watch != NULL)
        clear_watch_close(daemon->clear_watch);
    if (daemon->hosts != NULL)
        hosts_close(daemon->hosts);
    daemon->hosts = NULL;
    if (daemon->driver != NULL)
        driver_stop(daemon->driver);
    if (daemon->driver != NULL && daemon->plane != NULL)
        client_end(&daemon->driver->client, plane_tun_name(daemon->plane));
    if (daemon->queue != NULL)
        vault_queue_stop(daemon->queue);
    if (daemon->gate != NULL)
        gate_free(daemon->gate);
    if (daemon->plane != NULL)
        plane_free(daemon->plane);
    daemon->plane = NULL;
    nat_answers_free(&daemon->answers);
    log_send_to(daemon->log, NULL);
    log_remote_free(daemon->log_remote);
    daemon->log_remote = NULL;
    if (daemon->is_closed_up && (!nat_take_away(&why) || !steer_take_away(&why)))
        log_note(daemon->log, LOG_ERR, "%s", space);
}

static void end(struct daemon *daemon, int number)
{
    log_note(daemon->log, LOG_NOTICE, "signal %d: all SAs are deleted, and what was made here is removed", number);
    driver_feed(daemon->driver, &(struct ike_input){.kind = IKE_IN_COMMAND, .command = {.kind = IKE_SHUT_DOWN}});
    driver_settle(daemon->driver);
    take_down(daemon);
}

static void on_signal(uv_signal_t *signal, int number)
{
    struct daemon *daemon = signal->data;
    char space[SENTENCE_SIZE];
    struct text why = text_of(space, sizeof space);

    if (!daemon->is_running)
        return;
    if (number != SIGHUP)
        end(daemon, number);
    else if (!reload(daemon, &why))
        log_note(daemon->log, LOG_ERR, "the configuration stays as it was: %s", space);
}

static void watch_signals(struct daemon *daemon)
{
    static const int numbers[DAEMON_SIGNALS] = {SIGTERM, SIGINT, SIGHUP};

    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        CHECK(uv_signal_init(daemon->loop, &daemon->signals[i]) == 0);
        daemon->signals[i].data = daemon;
        CHECK(uv_signal_start(&daemon->signals[i], on_signal, numbers[i]) == 0);
    }
    signal(SIGPIPE, SIG_IGN);
}

struct daemon *daemon_start(uv_loop_t *loop, struct log *log, struct config *config, const struct options *options,
                            struct text *why)
{
    struct daemon *daemon = calloc(1, sizeof *daemon);

    CHECK(daemon != NULL);
    daemon->loop = loop;
    daemon->log = log;
    daemon->config = config;
    daemon->options = options;
    config_match_interfaces(config, log);
    examine_machine(config, log);
    if (!make_parts(daemon, why)) {
        take_down(daemon);
        uv_run(loop, UV_RUN_DEFAULT);
        daemon_free(daemon);
        return NULL;
    }
    daemon->is_running = true;
    log_watch(log, tell_control, daemon);
    watch_signals(daemon);
    CHECK(uv_timer_init(loop, &daemon->look_again) == 0);
    daemon->look_again.data = daemon;
    CHECK(uv_timer_start(&daemon->look_again, look_again, DAEMON_LOOK_AGAIN_MS, DAEMON_LOOK_AGAIN_MS) == 0);
    config_log(config, log);
    warn_of_missing(daemon);
    keep_client_up(daemon);
    return daemon;
}

void daemon_free(struct daemon *daemon)
{
    if (daemon->driver != NULL)
        driver_free(daemon->driver);
    if (daemon->queue != NULL)
        vault_queue_free(daemon->queue);
    config_free(daemon->config);
    free(daemon);
}
