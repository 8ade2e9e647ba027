/* `show sla monitor` and `show track`. */
#include "daemon/control_client.h"
#include "daemon/sla.h"

static const struct policy *policy_of(const struct client *client)
{
    return client->control->source->policy(client->control->source->context);
}

static const struct sla *sla_of_client(const struct client *client)
{
    const struct control_source *source = client->control->source;

    return source->sla == NULL ? NULL : source->sla(source->context);
}

static uint64_t now_ms(const struct client *client)
{
    return client->control->source->now_ms(client->control->source->context);
}

static const char *code_name(enum sla_code code)
{
    static const char *const names[] = {[SLA_UNKNOWN] = "Unknown",
                                        [SLA_OK] = "OK",
                                        [SLA_OVER_THRESHOLD] = "Over threshold",
                                        [SLA_TIMEOUT] = "Timeout",
                                        [SLA_NO_CONNECTION] = "No connection"};

    return names[code];
}

static const char *start_name(const struct sla_entry *entry)
{
    if (entry->monitor.schedule.start == SLA_UNSCHEDULED)
        return "none";
    if (entry->state == SLA_IDLE)
        return "pending";
    return entry->state == SLA_WAITING ? "waiting" : "passed";
}

static const char *state_name(enum sla_state state)
{
    return state == SLA_ACTIVE ? "Active" : state == SLA_WAITING ? "Pending" : "Inactive";
}

static uint64_t seconds_until(uint64_t ms, uint64_t now)
{
    return ms > now ? (ms - now + 999) / 1000 : 0;
}

static void set_configuration(struct control_record *r, const struct sla_entry *entry, const struct policy *policy)
{
    const struct sla_monitor *m = &entry->monitor;

    record_set_number(r, COL_sla_monitor_number, m->number);
    if (ip_is_set(m->target))
        record_set_ip(r, COL_sla_monitor_target, m->target);
    if (m->interface < policy->interface_count)
        record_set_text(r, COL_sla_monitor_interface, policy->interfaces[m->interface].name);
    record_set_number(r, COL_sla_monitor_packets, m->packet_count);
    record_set_number(r, COL_sla_monitor_size, m->size);
    record_set_number(r, COL_sla_monitor_timeout_ms, m->timeout_ms);
    record_set_number(r, COL_sla_monitor_threshold_ms, m->threshold_ms);
    record_set_number(r, COL_sla_monitor_tos, m->tos);
    record_set_number(r, COL_sla_monitor_frequency_s, m->frequency_s);
    record_set_text(r, COL_sla_monitor_start, start_name(entry));
    if (m->schedule.life_s > 0)
        record_set_number(r, COL_sla_monitor_life_s, m->schedule.life_s);
    record_set_number(r, COL_sla_monitor_ageout_s, m->schedule.ageout_s);
    record_set_flag(r, COL_sla_monitor_recurring, m->schedule.is_recurring);
}

static void set_times(struct control_record *r, const struct sla_entry *entry, uint64_t now, uint64_t wall_ms)
{
    if (entry->state == SLA_WAITING)
        record_set_number(r, COL_sla_monitor_start_in_s,
                          entry->monitor.schedule.start == SLA_AT ? seconds_until(entry->begin_wall_ms, wall_ms)
                                                                  : seconds_until(entry->begin_ms, now));
    if (entry->monitor.schedule.life_s > 0)
        record_set_number(r, COL_sla_monitor_left_s,
                          entry->state == SLA_ACTIVE  ? seconds_until(entry->end_ms, now)
                          : entry->state == SLA_ENDED ? 0
                                                      : entry->monitor.schedule.life_s);
    record_set_number(r, COL_sla_monitor_modified_ms, entry->modified_wall_ms);
    if (entry->begun_wall_ms > 0)
        record_set_number(r, COL_sla_monitor_begun_ms, entry->begun_wall_ms);
}

static void set_answers(struct control_record *r, const struct sla_entry *entry)
{
    record_set_text(r, COL_sla_monitor_state, state_name(entry->state));
    record_set_number(r, COL_sla_monitor_attempts, entry->attempt_count);
    record_set_number(r, COL_sla_monitor_skipped, entry->skipped_count);
    record_set_text(r, COL_sla_monitor_code, code_name(entry->code));
    if (entry->answers.count > 0)
        record_set_number(r, COL_sla_monitor_rtt_ms, entry->answers.last_ms);
    record_set_number(r, COL_sla_monitor_rtt_min_ms, entry->answers.least_ms);
    record_set_number(r, COL_sla_monitor_rtt_max_ms, entry->answers.most_ms);
    record_set_number(r, COL_sla_monitor_rtt_avg_ms,
                      entry->answers.count == 0 ? 0 : entry->answers.sum / entry->answers.count);
    record_set_number(r, COL_sla_monitor_rtt_count, entry->answers.count);
    record_set_number(r, COL_sla_monitor_rtt_sum, entry->answers.sum);
    record_set_number(r, COL_sla_monitor_rtt_sum2, entry->answers.sum2);
}

static bool is_wanted(const struct client *client, uint32_t number)
{
    return client->request.watched == 0 || client->request.watched == number;
}

bool show_sla(struct client *client)
{
    const struct sla *sla = sla_of_client(client);
    const struct sla_entry *entry = sla == NULL ? NULL : sla_nth(sla, client->index++);
    struct control_record r = control_record_of(RECORD_sla_monitor);

    if (entry == NULL)
        return false;
    if (!is_wanted(client, entry->monitor.number))
        return true;
    set_configuration(&r, entry, policy_of(client));
    set_times(&r, entry, now_ms(client), sla_wall_ms(sla));
    set_answers(&r, entry);
    client_send(client, &r);
    return true;
}

static void send_routes(struct client *client, const struct sla_tracked *tracked)
{
    const struct policy *policy = policy_of(client);

    for (uint16_t i = 0; i < policy->route_count; i++) {
        const struct policy_route *route = &policy->routes[i];
        struct control_record r = control_record_of(RECORD_tracked_route);

        if (route->track != tracked->track.number)
            continue;
        record_set_number(&r, COL_tracked_route_track, route->track);
        record_set_text(&r, COL_tracked_route_interface, policy->interfaces[route->interface].name);
        record_set_ip(&r, COL_tracked_route_network, route->destination.first);
        record_set_ip(&r, COL_tracked_route_mask,
                      ip_mask((enum ip_family)route->destination.first.family, route->prefix_len));
        record_set_ip(&r, COL_tracked_route_gateway, route->gateway);
        record_set_number(&r, COL_tracked_route_metric, route->metric);
        record_set_flag(&r, COL_tracked_route_up, tracked->is_up);
        client_send(client, &r);
    }
}

bool show_tracks(struct client *client)
{
    const struct sla *sla = sla_of_client(client);
    const struct sla_tracked *tracked = sla == NULL ? NULL : sla_tracked_nth(sla, client->index++);
    struct control_record r = control_record_of(RECORD_track);

    if (tracked == NULL)
        return false;
    if (!is_wanted(client, tracked->track.number))
        return true;

    const struct sla_entry *entry = sla_of(sla, tracked->track.monitor);

    record_set_number(&r, COL_track_number, tracked->track.number);
    record_set_number(&r, COL_track_monitor, tracked->track.monitor);
    record_set_flag(&r, COL_track_up, tracked->is_up);
    record_set_number(&r, COL_track_changes, tracked->change_count);
    record_set_number(&r, COL_track_changed_s, (now_ms(client) - tracked->changed_ms) / 1000);
    record_set_text(&r, COL_track_code, code_name(entry == NULL ? SLA_UNKNOWN : entry->code));
    if (entry != NULL && entry->answers.count > 0)
        record_set_number(&r, COL_track_rtt_ms, entry->answers.last_ms);
    client_send(client, &r);
    send_routes(client, tracked);
    return true;
}
