#include "daemon/daemon.h"

#include "base/check.h"
#include "daemon/access.h"
#include "daemon/adopt.h"
#include "daemon/asked.h"
#include "daemon/clear_watch.h"
#include "daemon/examine.h"
#include "daemon/listen.h"
#include "daemon/names.h"
#include "daemon/nflog.h"
#include "daemon/reverse_route.h"
#include "daemon/steer.h"
#include "daemon/steering.h"
#include "daemon/watching.h"
#include "ike/view.h"

#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <signal.h>
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

static void on_open(void *context, struct handle exchange, uint32_t ask_number, const struct answer *answer,
                    struct status *status)
{
    struct daemon *daemon = context;

    ocsp_ask(daemon->ocsp, exchange, ask_number, answer, status);
}

static void on_verdict(void *context, struct handle exchange, uint32_t ask_number, const struct question *question,
                       enum password_verdict verdict)
{
    struct daemon *daemon = context;
    bool is_silent = verdict == PASSWORD_UNANSWERED;
    struct question of_local = *question;
    struct answer answer = {.password_verdict = verdict, .is_server_silent = is_silent};

    if (!is_silent || !question->is_local_asked_after) {
        on_answer(daemon, exchange, ask_number, &answer);
        return;
    }
    of_local.is_server_silent = true;
    vault_queue_ask(daemon->queue, exchange, ask_number, &of_local);
}

void daemon_acquire(void *context, uint16_t tunnel, uint16_t ace, const struct flow *flow)
{
    struct daemon *daemon = context;

    driver_feed(daemon->driver,
                &(struct ike_input){.kind = IKE_IN_ACQUIRE, .acquire = {.tunnel = tunnel, .ace = ace, .flow = *flow}});
}

static void on_plane_input(void *context, const struct ike_plane_input *input)
{
    struct daemon *daemon = context;

    driver_feed(daemon->driver, &(struct ike_input){.kind = IKE_IN_PLANE, .plane = *input});
}

static bool is_of_configuration(void *context, struct ip peer)
{
    return policy_names_peer(&((const struct daemon *)context)->config->conf.policy, peer);
}

static void on_event(void *context, const struct event *event)
{
    struct daemon *daemon = context;

    log_event(daemon->log, event);
}

static void on_clear_packet(void *context, const struct nflog_packet *packet)
{
    struct event event;

    if (clear_event(packet->packet, &event))
        on_event(context, &event);
}

static void on_denied_packet(void *context, const struct nflog_packet *packet)
{
    struct daemon *daemon = context;
    char in[IF_NAMESIZE] = "", out[IF_NAMESIZE] = "";
    struct event event;

    (void)if_indextoname(packet->in_device, in); /* gone meanwhile: without its name */
    (void)if_indextoname(packet->out_device, out);
    if (access_event(&daemon->config->conf.policy, packet->prefix, packet->packet, in, out, &event))
        on_event(daemon, &event);
}

static void on_guests_gone(void *context)
{
    steering_again(context, STEERING_MARKS);
}

static void on_reverse_route(void *context, const struct plane_route *route, bool stands)
{
    const struct daemon *daemon = context;
    struct event event;

    reverse_route_set(&daemon->config->conf.policy, route, stands, &event);
    log_event(daemon->log, &event);
}

static bool tell_control(void *context, const struct event *event, struct logging_weight weight, const struct logging_words *line)
{
    struct daemon *daemon = context;

    return daemon->control != NULL && control_on_log(daemon->control, event, weight, line);
}

static void on_install(void *context, const struct ike_install *install)
{
    struct daemon *daemon = context;

    if (daemon->control != NULL)
        control_on_install(daemon->control, install);
}

static void on_drop(void *context, const struct plane_drop *dropped)
{
    struct daemon *daemon = context;

    if (daemon->control != NULL)
        control_on_drop(daemon->control, dropped);
}

static void on_clear(void *context, const struct ike_clear *clear)
{
    struct daemon *daemon = context;

    if (daemon->control != NULL)
        control_on_clear(daemon->control, clear);
}

/* `vpnclient enable` wants the tunnel always; a user who was refused is not named again by itself, lest he be locked
 * out; nor is one whose password nobody has given. */
static void keep_client_up(struct daemon *daemon)
{
    const struct policy *policy = &daemon->config->conf.policy;

    if (daemon->login.is_wanted && daemon->login.password_len == 0)
        return;
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

    keep_client_up(daemon);
    if (!adopt_addresses(daemon, &why))
        log_note(daemon->log, LOG_ERR, "%s", space);
}

/* ---- Start and end ---- */

static bool make_plane(struct daemon *daemon, struct text *why)
{
    const struct plane_config config = {.loop = daemon->loop,
                                        .tun_name = TUN_NAME,
                                        .pair_limit = ike_limits_default.pairs,
                                        .hooks = {.context = daemon,
                                                  .on_acquire = daemon_acquire,
                                                  .on_input = on_plane_input,
                                                  .on_event = on_event,
                                                  .on_guests_gone = on_guests_gone,
                                                  .on_reverse_route = on_reverse_route,
                                                  .on_drop = on_drop}};
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

/* Those that are fetched are kept beside the socket: that is there until the next boot. */
static struct crls *make_crls(struct daemon *daemon)
{
    static const char name[] = "/crls";
    const char *socket = daemon->options->socket, *slash = strrchr(socket, '/');
    char directory[PATH_MAX];
    struct text text = text_of(directory, sizeof directory);

    if (slash == NULL)
        text_add(&text, ".%s", name);
    else
        text_add(&text, "%.*s%s", (int)(slash - socket), socket, name);
    return crls_create(daemon->loop, daemon->log, daemon->queue, text.is_cut ? NULL : directory);
}

/* The order matters: first what keeps traffic from leaving in clear, then the TUN. */
static bool make_parts(struct daemon *daemon, struct text *why)
{
    daemon->gate = gate_create(daemon->loop, &(struct gate_hooks){daemon, on_datagram, on_hint});
    daemon->log_remote = log_remote_create(daemon->loop);
    CHECK(daemon->log_remote != NULL);
    log_send_to(daemon->log, &(struct log_sink){daemon->log_remote, remote_severity, send_remote});
    daemon->queue =
        vault_queue_create(daemon->loop, VAULT_SECRETS_MAX, &(struct vault_queue_hooks){daemon, on_answer, on_open});
    daemon->ocsp = ocsp_create(daemon->loop, daemon->log, OCSP_PATIENCE_MS, daemon, on_answer);
    daemon->hosts = hosts_create(daemon->loop, daemon->log, daemon, adopt_hosts);
    watching_open(daemon);
    daemon->pam = pam_create(daemon->loop, daemon->log, daemon, on_verdict);
    daemon->crls = daemon->queue == NULL ? NULL : make_crls(daemon);
    daemon->driver = driver_create(daemon->loop, daemon->log, why);
    if (daemon->driver == NULL)
        return false;
    if (daemon->gate == NULL || daemon->queue == NULL || daemon->hosts == NULL || daemon->crls == NULL ||
        daemon->ocsp == NULL || daemon->pam == NULL) {
        text_add(why, "no memory for the gateway");
        return false;
    }
    if (!listen_can_open(daemon, why))
        return false;
    if (!steer_close_up(&daemon->config->conf.policy, (struct steer_guests){0}, &daemon->was_closed_up, why) ||
        !nat_close_up(NULL, &daemon->config->conf.policy, why) ||
        !access_close_up(NULL, &daemon->config->conf.policy, why))
        return false;
    daemon->is_closed_up = !daemon->was_closed_up;
    if (!make_plane(daemon, why) || !listen_open(daemon, why) || !steer_open_tun(TUN_NAME, why))
        return false;
    daemon->clear_log = nflog_open(daemon->loop, CLEAR_LOG_GROUP, daemon, on_clear_packet);
    daemon->access_log = nflog_open(daemon->loop, ACCESS_LOG_GROUP, daemon, on_denied_packet);
    daemon->driver->gate = daemon->gate;
    daemon->driver->plane = daemon->plane;
    daemon->driver->queue = daemon->queue;
    daemon->driver->pam = daemon->pam;
    hosts_want(daemon->hosts, &daemon->config->conf);
    daemon->driver->on_install = on_install;
    daemon->driver->on_clear = on_clear;
    daemon->driver->on_guest = steering_guest;
    daemon->driver->context = daemon;
    return asked_open(daemon, why) && adopt_first(daemon, why);
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
    config_queue_stop(daemon->configs);
    log_know_peers(daemon->log, NULL, NULL);
    log_watch(daemon->log, NULL, NULL);
    if (daemon->look_again.data != NULL)
        uv_close((uv_handle_t *)&daemon->look_again, NULL);
    if (daemon->wait.data != NULL)
        uv_close((uv_handle_t *)&daemon->wait, NULL);
    for (size_t i = 0; i < COUNT_OF(daemon->signals); i++)
        close_signal(&daemon->signals[i]);
    if (daemon->control != NULL)
        control_close(daemon->control);
    daemon->control = NULL;
    if (daemon->clear_log != NULL)
        nflog_close(daemon->clear_log);
    if (daemon->access_log != NULL)
        nflog_close(daemon->access_log);
    watching_close(daemon);
    if (daemon->hosts != NULL)
        hosts_close(daemon->hosts);
    daemon->hosts = NULL;
    if (daemon->crls != NULL)
        crls_close(daemon->crls);
    daemon->crls = NULL;
    if (daemon->driver != NULL)
        driver_stop(daemon->driver);
    if (daemon->driver != NULL && daemon->plane != NULL)
        client_end(&daemon->driver->client, plane_tun_name(daemon->plane));
    if (daemon->queue != NULL)
        vault_queue_stop(daemon->queue);
    if (daemon->ocsp != NULL) /* both are asked by the engine and the vault until here */
        ocsp_close(daemon->ocsp);
    daemon->ocsp = NULL;
    if (daemon->pam != NULL)
        pam_close(daemon->pam);
    daemon->pam = NULL;
    if (daemon->gate != NULL)
        gate_free(daemon->gate);
    if (daemon->plane != NULL)
        plane_free(daemon->plane);
    daemon->plane = NULL;
    nat_answers_free(&daemon->answers);
    log_send_to(daemon->log, NULL);
    log_remote_free(daemon->log_remote);
    daemon->log_remote = NULL;
    if (daemon->is_closed_up && (!access_take_away(&why) || !nat_take_away(&why) || !steer_take_away(&why)))
        log_note(daemon->log, LOG_ERR, "%s", space);
}

static void end(struct daemon *daemon, int number)
{
    log_note(daemon->log, LOG_NOTICE, "signal %d: all SAs are deleted, and what was made here is removed", number);
    driver_feed(daemon->driver, &(struct ike_input){.kind = IKE_IN_COMMAND, .command = {.kind = IKE_SHUT_DOWN}});
    driver_settle(daemon->driver);
    take_down(daemon);
}

static bool has_sessions(const struct daemon *daemon)
{
    struct ike_counts counts = ike_view_counts(daemon->driver->ike);

    return counts.up > 0 || counts.pairs > 0;
}

static void wait_on(uv_timer_t *timer)
{
    struct daemon *daemon = timer->data;

    if (!has_sessions(daemon))
        end(daemon, SIGTERM);
}

/* `crypto isakmp reload-wait`. False: there is nothing to wait for, or somebody does not want to wait. */
static bool waits_for_sessions(struct daemon *daemon, int number)
{
    if (!daemon->config->conf.policy.is_reload_waited || daemon->wait.data != NULL || !has_sessions(daemon))
        return false;
    log_note(daemon->log, LOG_NOTICE,
             "signal %d: no new session is begun, and all ends with the last one (crypto isakmp reload-wait); another "
             "signal ends it now",
             number);
    driver_feed(daemon->driver, &(struct ike_input){.kind = IKE_IN_COMMAND, .command = {.kind = IKE_CLOSE}});
    CHECK(uv_timer_init(daemon->loop, &daemon->wait) == 0);
    daemon->wait.data = daemon;
    CHECK(uv_timer_start(&daemon->wait, wait_on, DAEMON_WAIT_MS, DAEMON_WAIT_MS) == 0);
    return true;
}

static void on_signal(uv_signal_t *signal, int number)
{
    struct daemon *daemon = signal->data;

    if (!daemon->is_running)
        return;
    if (number != SIGHUP && waits_for_sessions(daemon, number))
        return;
    if (number != SIGHUP)
        end(daemon, number);
    else
        adopt_reload(daemon);
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
    daemon->configs = config_queue_create(loop, &daemon->config);
    CHECK(daemon->configs != NULL);
    config_match_interfaces(config, log);
    examine_machine(config, log);
    if (!make_parts(daemon, why)) {
        take_down(daemon);
        uv_run(loop, UV_RUN_DEFAULT);
        daemon_free(daemon);
        return NULL;
    }
    daemon->is_running = true;
    log_know_peers(log, is_of_configuration, daemon);
    log_watch(log, tell_control, daemon);
    watch_signals(daemon);
    CHECK(uv_timer_init(loop, &daemon->look_again) == 0);
    daemon->look_again.data = daemon;
    CHECK(uv_timer_start(&daemon->look_again, look_again, DAEMON_LOOK_AGAIN_MS, DAEMON_LOOK_AGAIN_MS) == 0);
    config_log(config, log);
    listen_warn_of_missing(daemon);
    keep_client_up(daemon);
    return daemon;
}

void daemon_free(struct daemon *daemon)
{
    if (daemon->driver != NULL)
        driver_free(daemon->driver);
    if (daemon->queue != NULL)
        vault_queue_free(daemon->queue);
    config_queue_free(daemon->configs);
    config_free(daemon->config);
    bytes_wipe(&daemon->login, sizeof daemon->login);
    free(daemon);
}
