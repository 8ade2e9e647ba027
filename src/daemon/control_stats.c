/* What is counted since the start, and the screens that show it. */
#include "base/check.h"
#include "daemon/control_client.h"
#include "ike/view.h"

#include <stdio.h>
#include <string.h>

enum stat_add { STAT_ONE, STAT_LENGTH };

struct stat_condition {
    enum event_field_id field;
    const char *text; /* NULL: none */
};

#define ANY                                                                                                            \
    {                                                                                                                  \
        {0, NULL},                                                                                                     \
        {                                                                                                              \
            0, NULL                                                                                                    \
        }                                                                                                              \
    }
#define WITH(field, text)                                                                                              \
    {                                                                                                                  \
        {FIELD_##field, text},                                                                                         \
        {                                                                                                              \
            0, NULL                                                                                                    \
        }                                                                                                              \
    }
#define WITH2(field, text, other, its_text)                                                                            \
    {                                                                                                                  \
        {FIELD_##field, text},                                                                                         \
        {                                                                                                              \
            FIELD_##other, its_text                                                                                    \
        }                                                                                                              \
    }

static const struct {
    enum control_column column;
    enum event_kind kind;
    enum stat_add add;
    struct stat_condition conditions[2];
} stats[] = {
#define STAT(column, event, add, with) {COL_ike_stats_##column, EV_##event, STAT_##add, with},
#include "daemon/control_stats.def"
#undef STAT
};

static bool holds(const struct stat_condition *condition, const struct event *event)
{
    return !condition->text || strcmp(event_text(event, condition->field), condition->text) == 0;
}

void stats_count(struct control *control, const struct event *event)
{
    for (size_t i = 0; i < COUNT_OF(stats); i++) {
        if (stats[i].kind == event->kind && holds(&stats[i].conditions[0], event) &&
            holds(&stats[i].conditions[1], event))
            control->stats[stats[i].column - COL_ike_stats_active_tunnels] +=
                stats[i].add == STAT_ONE ? 1 : event_number(event, FIELD_LENGTH);
    }
}

static const struct control_source *source_of(const struct client *client)
{
    return client->control->source;
}

static uint64_t randoms_of(const struct control *control)
{
    return ike_view_use(control->source->ike(control->source->context)).randoms;
}

void stats_clear_ike(struct control *control)
{
    control->cleared_randoms = randoms_of(control);
    memset(control->stats, 0, sizeof control->stats);
}

static uint64_t count_live_sas(const struct client *client)
{
    const struct ike *ike = source_of(client)->ike(source_of(client)->context);
    uint64_t now_ms = source_of(client)->now_ms(source_of(client)->context), count = 0;
    struct ike_sa_view view;

    for (uint32_t i = 0; ike_view_sa(ike, now_ms, i, &view); i++)
        count += !view.is_dead && strcmp(view.asa_state, "MM_ACTIVE") == 0;
    return count;
}

bool show_ike_stats(struct client *client)
{
    struct control_record r = control_record_of(RECORD_ike_stats);
    uint64_t active = count_live_sas(client);

    record_set_number(&r, COL_ike_stats_active_tunnels, active);
    for (size_t column = COL_ike_stats_active_tunnels + 1; column <= COL_ike_stats_failed; column++) {
        uint64_t count = client->control->stats[column - COL_ike_stats_active_tunnels];

        if (column == COL_ike_stats_previous_tunnels)
            count = count > active ? count - active : 0;
        record_set_number(&r, (enum control_column)column, count);
    }
    record_set_number(&r, COL_ike_stats_randoms, randoms_of(client->control) - client->control->cleared_randoms);
    client_send(client, &r);
    return false;
}

/* ---- IPsec ---- */

struct esp_tally stats_sum(const struct client *client, struct plane_totals *totals)
{
    const struct plane *plane = source_of(client)->plane(source_of(client)->context);
    const struct ike *ike = source_of(client)->ike(source_of(client)->context);
    uint64_t now_ms = source_of(client)->now_ms(source_of(client)->context);
    struct plane_pair_view plane_view;
    struct ike_pair_view view;
    struct esp_tally sum;

    *totals = (struct plane_totals){0};
    if (!plane)
        return (struct esp_tally){0};
    plane_view_totals(plane, totals);
    sum = totals->tally;
    esp_tally_add(&sum, &totals->ended);
    for (uint32_t i = 0; ike_view_pair(ike, now_ms, i, &view); i++) {
        if (plane_view_pair(plane, view.pair, &plane_view))
            esp_tally_add(&sum, &plane_view.tally);
    }
    return sum;
}

static const struct {
    enum control_column column;
    enum esp_counter counter;
} ipsec_counters[] = {
#define PAIR_COUNTER(column, counter) {COL_ipsec_stats_##column, ESP_COUNTER_##counter},
#include "daemon/control_ipsec_counters.def"
};

static const struct {
    enum control_column column;
    enum esp_drop drop;
} ipsec_drops[] = {
#define DROP_COUNTER(column, drop) {COL_ipsec_stats_##column, ESP_DROP_##drop},
#include "daemon/control_ipsec_counters.def"
};

void stats_clear_ipsec(struct client *client)
{
    struct plane_totals totals;

    client->control->cleared = stats_sum(client, &totals);
    client->control->cleared_pair_count = totals.ended_pair_count;
}

/* What an ASA counts at its crypto engine: an SA is one way of a pair. */
static void set_requests(struct control_record *r, const struct esp_tally *sum, uint64_t pair_count, uint64_t ended)
{
    const uint64_t *counters = sum->counters;

    record_set_number(r, COL_ipsec_stats_hashes_made, counters[ESP_COUNTER_DIGEST] + counters[ESP_COUNTER_VERIFY]);
    record_set_number(r, COL_ipsec_stats_sas_created, 2 * (pair_count + ended));
    record_set_number(r, COL_ipsec_stats_sas_rekeyed, counters[ESP_COUNTER_REKEY_CALLS]);
    record_set_number(r, COL_ipsec_stats_sas_deleted, 2 * ended);
    record_set_number(r, COL_ipsec_stats_failed, counters[ESP_COUNTER_SEND_ERRORS] + counters[ESP_COUNTER_RECV_ERRORS]);
}

bool show_ipsec_stats(struct client *client)
{
    struct control_record r = control_record_of(RECORD_ipsec_stats);
    struct plane_totals totals;
    struct esp_tally sum = stats_sum(client, &totals);
    uint64_t drops[COLUMN_COUNT] = {0};

    for (size_t i = 0; i < ESP_COUNTER_COUNT; i++)
        sum.counters[i] -= client->control->cleared.counters[i];
    for (size_t i = 0; i < ESP_DROP_COUNT; i++)
        sum.drops[i] -= client->control->cleared.drops[i];
    record_set_number(&r, COL_ipsec_stats_active_tunnels, totals.pair_count);
    record_set_number(&r, COL_ipsec_stats_previous_tunnels,
                      totals.ended_pair_count - client->control->cleared_pair_count);
    set_requests(&r, &sum, totals.pair_count, totals.ended_pair_count - client->control->cleared_pair_count);
    for (size_t i = 0; i < COUNT_OF(ipsec_counters); i++)
        record_set_number(&r, ipsec_counters[i].column, sum.counters[ipsec_counters[i].counter]);
    for (size_t i = 0; i < COUNT_OF(ipsec_drops); i++) {
        drops[ipsec_drops[i].column] += sum.drops[ipsec_drops[i].drop];
        record_set_number(&r, ipsec_drops[i].column, drops[ipsec_drops[i].column]);
    }
    client_send(client, &r);
    return false;
}

bool show_all_stats(struct client *client)
{
    return show_ike_stats(client) || show_ipsec_stats(client);
}
