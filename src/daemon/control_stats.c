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

void stats_clear_ike(struct control *control)
{
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
    client_send(client, &r);
    return false;
}

/* ---- IPsec ---- */

/* All that has been counted: pairs that are there, those that have gone, and packets of none. */
static struct esp_tally sum_of(const struct client *client, struct plane_totals *totals)
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

    client->control->cleared = sum_of(client, &totals);
    client->control->cleared_pair_count = totals.ended_pair_count;
}

bool show_ipsec_stats(struct client *client)
{
    struct control_record r = control_record_of(RECORD_ipsec_stats);
    struct plane_totals totals;
    struct esp_tally sum = sum_of(client, &totals);
    uint64_t drops[COLUMN_COUNT] = {0};

    for (size_t i = 0; i < ESP_COUNTER_COUNT; i++)
        sum.counters[i] -= client->control->cleared.counters[i];
    for (size_t i = 0; i < ESP_DROP_COUNT; i++)
        sum.drops[i] -= client->control->cleared.drops[i];
    record_set_number(&r, COL_ipsec_stats_active_tunnels, totals.pair_count);
    record_set_number(&r, COL_ipsec_stats_previous_tunnels,
                      totals.ended_pair_count - client->control->cleared_pair_count);
    for (size_t i = 0; i < COUNT_OF(ipsec_counters); i++)
        record_set_number(&r, ipsec_counters[i].column, sum.counters[ipsec_counters[i].counter]);
    for (size_t i = 0; i < COUNT_OF(ipsec_drops); i++) {
        drops[ipsec_drops[i].column] += sum.drops[ipsec_drops[i].drop];
        record_set_number(&r, ipsec_drops[i].column, drops[ipsec_drops[i].column]);
    }
    client_send(client, &r);
    return false;
}

/* ---- drops ---- */

enum section { FRAME, FLOW };

static const struct {
    enum esp_drop drop;
    enum section section;
    const char *text, *name;
} drop_rows[] = {
#define DROP(drop, section, text, name) {ESP_DROP_##drop, section, text, name},
#include "daemon/control_drops.def"
#undef DROP
};

static void send_drop(struct client *client, enum section section, const char *text, const char *name, uint64_t count)
{
    struct control_record r = control_record_of(RECORD_drop);

    record_set_flag(&r, COL_drop_is_flow, section == FLOW);
    record_set_text(&r, COL_drop_text, text);
    record_set_text(&r, COL_drop_name, name);
    record_set_number(&r, COL_drop_count, count);
    if (count > 0)
        client_send(client, &r);
}

/* Ours: DOES_NOT_FIT becomes does-not-fit. */
static void send_own_drop(struct client *client, enum esp_drop drop, uint64_t count)
{
    char name[64], sentence[160];
    struct text t = text_of(name, sizeof name), s = text_of(sentence, sizeof sentence);
    const char *meaning = esp_drop_meaning(drop);

    for (const char *at = esp_drop_name(drop); *at; at++)
        text_add(&t, "%c", *at == '_' ? '-' : *at >= 'A' && *at <= 'Z' ? *at + 32 : *at);
    text_add(&s, "%.*s", (int)strcspn(meaning, ":("), meaning);
    while (s.len > 0 && s.data[s.len - 1] == ' ')
        s.data[--s.len] = '\0';
    send_drop(client, FRAME, sentence, name, count);
}

static bool is_first_of_name(size_t row)
{
    for (size_t i = 0; i < row; i++) {
        if (strcmp(drop_rows[i].name, drop_rows[row].name) == 0)
            return false;
    }
    return true;
}

static uint64_t count_of_name(const struct esp_tally *sum, const char *name)
{
    uint64_t count = 0;

    for (size_t i = 0; i < COUNT_OF(drop_rows); i++)
        count += strcmp(drop_rows[i].name, name) == 0 ? sum->drops[drop_rows[i].drop] : 0;
    return count;
}

static bool has_asa_name(size_t drop)
{
    for (size_t i = 0; i < COUNT_OF(drop_rows); i++) {
        if (drop_rows[i].drop == drop)
            return true;
    }
    return false;
}

void stats_clear_drops(struct client *client)
{
    struct control *control = client->control;
    struct plane_totals totals;

    control->dropped = sum_of(client, &totals);
    control->dropped_keepalives = totals.keepalives;
    control->dropped_at_s = time(NULL);
    snprintf(control->dropped_by, sizeof control->dropped_by, "%s", client->who);
}

static void send_last_clearing(struct client *client)
{
    struct control_record r = control_record_of(RECORD_drops_cleared);

    if (client->control->dropped_at_s == 0)
        return;
    record_set_number(&r, COL_drops_cleared_at, (uint64_t)client->control->dropped_at_s);
    record_set_text(&r, COL_drops_cleared_by, client->control->dropped_by);
    client_send(client, &r);
}

bool show_drops(struct client *client)
{
    struct plane_totals totals;
    struct esp_tally sum = sum_of(client, &totals);

    for (size_t i = 0; i < ESP_DROP_COUNT; i++)
        sum.drops[i] -= client->control->dropped.drops[i];
    totals.keepalives -= client->control->dropped_keepalives;
    send_last_clearing(client);

    for (int section = FRAME; section <= FLOW; section++) {
        for (size_t i = 0; i < COUNT_OF(drop_rows); i++) {
            if (drop_rows[i].section == (enum section)section && is_first_of_name(i))
                send_drop(client, drop_rows[i].section, drop_rows[i].text, drop_rows[i].name,
                          count_of_name(&sum, drop_rows[i].name));
        }
        for (size_t drop = ESP_PASS + 1; section == FRAME && drop < ESP_DROP_COUNT; drop++) {
            if (!has_asa_name(drop))
                send_own_drop(client, (enum esp_drop)drop, sum.drops[drop]);
        }
    }
    send_drop(client, FRAME, "NAT-T keepalive message", "natt-keepalive", totals.keepalives);
    return false;
}
