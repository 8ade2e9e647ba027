/* Why packets were dropped, in an ASA's words where it has some: the counters of `show asp drop`, and names for a
 * capture of them. */
#include "base/check.h"
#include "daemon/control_client.h"
#include "policy/filter.h"

#include <stdlib.h>
#include <string.h>

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

/* The first row; NULL: it has no name there. */
static const char *asa_name_of(size_t drop)
{
    for (size_t i = 0; i < COUNT_OF(drop_rows); i++) {
        if (drop_rows[i].drop == drop)
            return drop_rows[i].name;
    }
    return NULL;
}

static const char *asa_text_of(enum esp_drop drop)
{
    for (size_t i = 0; i < COUNT_OF(drop_rows); i++) {
        if (drop_rows[i].drop == drop)
            return drop_rows[i].text;
    }
    return NULL;
}

/* Ours: DOES_NOT_FIT becomes does-not-fit. */
void text_add_drop_name(struct text *t, enum esp_drop drop)
{
    const char *name = asa_name_of(drop);

    if (name != NULL) {
        text_add(t, "%s", name);
        return;
    }
    for (const char *at = esp_drop_name(drop); *at; at++)
        text_add(t, "%c", *at == '_' ? '-' : *at >= 'A' && *at <= 'Z' ? *at + 32 : *at);
}

/* Of our sentences as much as fits a screen. */
void text_add_drop_text(struct text *t, enum esp_drop drop)
{
    const char *meaning = esp_drop_meaning(drop), *text = asa_text_of(drop);
    size_t len = strcspn(meaning, ":(");

    while (len > 0 && meaning[len - 1] == ' ')
        len--;
    text_add(t, "%.*s", text != NULL ? (int)strlen(text) : (int)len, text != NULL ? text : meaning);
}

bool drop_is_called(enum esp_drop drop, const char *name)
{
    char space[64];
    struct text t = text_of(space, sizeof space);

    text_add_drop_name(&t, drop);
    return strcmp(space, name) == 0;
}

static void send_own_drop(struct client *client, enum esp_drop drop, uint64_t count)
{
    char name[64], sentence[160];
    struct text t = text_of(name, sizeof name), s = text_of(sentence, sizeof sentence);

    text_add_drop_name(&t, drop);
    text_add_drop_text(&s, drop);
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

/* What lists of interfaces have denied, since the packet filter has them: it is asked for that in the thread. */
static void make(struct made *made)
{
    const struct policy *policy = &made->conf->policy;
    uint64_t *hits = calloc(filter_hit_count(policy) + 1, sizeof *hits), *denied = calloc(1, sizeof *denied);

    made->is_over = true;
    made->own = denied;
    made->is_cut = hits == NULL || denied == NULL;
    if (!made->is_cut && policy->access_group_count > 0 && made->source.access_counters != NULL)
        made->source.access_counters(made->source.context, policy, hits, denied);
    free(hits);
}

static void end_clearing(struct client *client, struct made *made)
{
    struct control *control = client->control;
    struct plane_totals totals;

    control->dropped = stats_sum(client, &totals);
    control->dropped_keepalives = totals.keepalives;
    control->dropped_by_access = *(const uint64_t *)made->own;
    clearing_note(client, &control->drops_cleared);
}

static void end(struct client *client, struct made *made)
{
    uint64_t denied = *(const uint64_t *)made->own, before = client->control->dropped_by_access;
    struct plane_totals totals;
    struct esp_tally sum = stats_sum(client, &totals);

    for (size_t i = 0; i < ESP_DROP_COUNT; i++)
        sum.drops[i] -= client->control->dropped.drops[i];
    totals.keepalives -= client->control->dropped_keepalives;
    clearing_send(client, &client->control->drops_cleared);

    for (int section = FRAME; section <= FLOW; section++) {
        for (size_t i = 0; i < COUNT_OF(drop_rows); i++) {
            if (drop_rows[i].section == (enum section)section && is_first_of_name(i))
                send_drop(client, drop_rows[i].section, drop_rows[i].text, drop_rows[i].name,
                          count_of_name(&sum, drop_rows[i].name));
        }
        for (size_t drop = ESP_PASS + 1; section == FRAME && drop < ESP_DROP_COUNT; drop++) {
            if (asa_name_of(drop) == NULL)
                send_own_drop(client, (enum esp_drop)drop, sum.drops[drop]);
        }
    }
    send_drop(client, FLOW, "Flow is denied by access rule", "acl-drop", denied >= before ? denied - before : denied);
    send_drop(client, FRAME, "NAT-T keepalive message", "natt-keepalive", totals.keepalives);
}

const struct made_way made_drops = {.make = make, .end = end, .forget = free};
const struct made_way made_clearing_of_drops = {.make = make, .end = end_clearing, .forget = free};
