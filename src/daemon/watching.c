#include "daemon/watching.h"

#include "base/check.h"
#include "crypto/random.h"
#include "daemon/clock.h"

#include <errno.h>
#include <string.h>

enum { CAUSE_SIZE = 128 };

static const struct policy *policy_of(const struct daemon *daemon)
{
    return &daemon->config->conf.policy;
}

/* ---- the log ---- */

static void tell_routes(struct daemon *daemon, const struct sla_tracked *tracked)
{
    const struct policy *policy = policy_of(daemon);

    for (uint16_t i = 0; i < policy->route_count; i++) {
        const struct policy_route *route = &policy->routes[i];
        struct event event = event_of(EV_TRACKED_ROUTE);

        if (route->track != tracked->track.number)
            continue;
        event_add_text(&event, FIELD_RESULT, tracked->is_up ? "up" : "down");
        event_add_ip(&event, FIELD_REMOTE_ADDRESS, route->destination.first);
        event_add_ip(&event, FIELD_REMOTE_MASK,
                     ip_mask((enum ip_family)route->destination.first.family, route->prefix_len));
        event_add_ip(&event, FIELD_GATEWAY, route->gateway);
        event_add_number(&event, FIELD_DISTANCE, route->metric);
        event_add_text(&event, FIELD_INTERFACE, policy->interfaces[route->interface].name);
        log_event(daemon->log, &event);
    }
}

static void add_cause(struct text *t, const struct sla_entry *entry)
{
    char address[IP_TEXT_SIZE];

    if (entry == NULL || entry->code == SLA_UNKNOWN) {
        text_add(t, "nothing is measured any more");
        return;
    }
    text_add(t, "%s ", ip_text(entry->monitor.target, address));
    if (entry->code == SLA_TIMEOUT)
        text_add(t, "does not answer within %u ms", entry->monitor.timeout_ms);
    else if (entry->code == SLA_NO_CONNECTION)
        text_add(t, "cannot be reached");
    else
        text_add(t, "answers after %u ms", entry->answers.last_ms);
}

static void on_track(void *context, const struct sla_tracked *tracked, const struct sla_entry *entry)
{
    struct daemon *daemon = context;
    struct event event = event_of(EV_TRACK_CHANGED);
    char space[CAUSE_SIZE];
    struct text cause = text_of(space, sizeof space);

    add_cause(&cause, entry);
    event_add_number(&event, FIELD_TRACK, tracked->track.number);
    event_add_number(&event, FIELD_SLA, tracked->track.monitor);
    event_add_text(&event, FIELD_RESULT, tracked->is_up ? "up" : "down");
    event_add_text(&event, FIELD_CAUSE, space);
    log_event(daemon->log, &event);
    tell_routes(daemon, tracked);
}

/* ---- the socket and the clocks ---- */

static void arm(struct daemon *daemon);

static void on_answer(void *context, const struct sla_echo *echo)
{
    struct daemon *daemon = context;

    sla_answer(daemon->sla, echo, clock_now_ms());
    arm(daemon);
}

static void on_refused(void *context, const struct sla_echo *echo)
{
    struct daemon *daemon = context;

    sla_refused(daemon->sla, echo, clock_now_ms());
    arm(daemon);
}

static int send_echo(void *context, const struct sla_monitor *monitor, const struct sla_echo *echo)
{
    struct daemon *daemon = context;
    const struct policy_interface *interface = &policy_of(daemon)->interfaces[monitor->interface];

    if (daemon->echo == NULL)
        return ENOTCONN;
    return echo_send(daemon->echo, &(struct echo_packet){.echo = *echo,
                                                         .source = interface->ip,
                                                         .device = interface->linux_name,
                                                         .tos = monitor->tos,
                                                         .size = monitor->size});
}

static uint32_t random_number(void *context)
{
    uint32_t number;

    (void)context;
    CHECK(random_fill((uint8_t *)&number, sizeof number));
    return number;
}

static uint64_t wall_ms(void *context)
{
    (void)context;
    return clock_wall_ms();
}

static void on_due(uv_timer_t *timer)
{
    struct daemon *daemon = timer->data;

    sla_turn(daemon->sla, clock_now_ms());
    arm(daemon);
}

static void arm(struct daemon *daemon)
{
    uint64_t now_ms = clock_now_ms(), due_ms = sla_due_ms(daemon->sla, now_ms);

    if (due_ms == UINT64_MAX)
        uv_timer_stop(&daemon->sla_due);
    else
        CHECK(uv_timer_start(&daemon->sla_due, on_due, due_ms > now_ms ? due_ms - now_ms : 0, 0) == 0);
}

/* ---- with the daemon ---- */

void watching_open(struct daemon *daemon)
{
    const struct sla_hooks hooks = {
        .context = daemon, .send = send_echo, .random = random_number, .wall_ms = wall_ms, .on_track = on_track};

    daemon->sla = sla_create(&hooks);
    CHECK(daemon->sla != NULL);
    CHECK(uv_timer_init(daemon->loop, &daemon->sla_due) == 0);
    daemon->sla_due.data = daemon;
}

/* No socket is there as long as nobody is asked: it wakes us for every echo reply of this machine. */
static void open_or_close(struct daemon *daemon)
{
    bool is_wanted = sla_wants_to_ask(daemon->sla);

    if (is_wanted && daemon->echo == NULL) {
        daemon->echo = echo_open(daemon->loop, daemon, on_answer, on_refused);
        if (daemon->echo == NULL)
            log_note(daemon->log, LOG_ERR, "sla monitor: no address can be asked, there is no socket for ICMP: %s",
                     strerror(errno));
    } else if (!is_wanted && daemon->echo != NULL) {
        echo_close(daemon->echo);
        daemon->echo = NULL;
    }
}

void watching_use(struct daemon *daemon, const struct policy *policy)
{
    sla_use(daemon->sla, policy, clock_now_ms());
    open_or_close(daemon);
    arm(daemon);
}

void watching_close(struct daemon *daemon)
{
    if (daemon->sla == NULL)
        return;
    if (daemon->echo != NULL)
        echo_close(daemon->echo);
    daemon->echo = NULL;
    uv_close((uv_handle_t *)&daemon->sla_due, NULL);
    sla_free(daemon->sla);
    daemon->sla = NULL;
}
