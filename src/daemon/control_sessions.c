/* How many sessions and tunnels there are, were, and were at once: show vpn-sessiondb summary, show crypto call
 * admission statistics. They are counted when something has changed, four times a second at most: a peak that was
 * shorter is not seen. */
#include "daemon/control_client.h"
#include "ike/view.h"

static const struct {
    enum event_kind kind;
    enum control_counted counted;
} counted_events[] = {
    {EV_PHASE1_COMPLETED, COUNTED_IKE},  {EV_PHASE2_COMPLETED, COUNTED_PAIRS}, {EV_USER_ACCEPTED, COUNTED_USERS},
    {EV_SESSION_ENDED, COUNTED_ENDED},   {EV_PHASE1_ASKED, COUNTED_INCOMING},  {EV_PHASE1_BEGUN, COUNTED_OUTGOING},
    {EV_LIMIT_REACHED, COUNTED_REFUSED},
};

/* By enum control_session_kind. */
static const struct {
    enum control_column active, cumulative, peak;
} columns[] = {
#define COLUMNS(kind)                                                                                                  \
    {                                                                                                                  \
        COL_session_summary_##kind##_active, COL_session_summary_##kind##_cumulative,                                  \
            COL_session_summary_##kind##_peak                                                                          \
    }
    [SESSIONS_L2L] = COLUMNS(l2l),
    [SESSIONS_USERS] = COLUMNS(ra),
    [SESSIONS_IKE] = COLUMNS(ikev1),
    [SESSIONS_PAIRS] = COLUMNS(ipsec),
#undef COLUMNS
};

/* Which limit it was is told where a peer is refused, what could not be begun where we are. */
static bool is_ours(const struct event *event)
{
    return event->kind == EV_LIMIT_REACHED && event_has(event, FIELD_DETAIL);
}

void sessions_count(struct control *control, const struct event *event)
{
    for (size_t i = 0; i < COUNT_OF(counted_events); i++) {
        if (counted_events[i].kind != event->kind)
            continue;
        control->sessions.counted[is_ours(event) ? COUNTED_NOT_BEGUN : counted_events[i].counted]++;
        control->sessions.have_changed = true;
    }
}

static struct ike_counts count_now(struct control *control)
{
    struct ike_counts now = ike_view_counts(control->source->ike(control->source->context));
    const uint64_t active[SESSIONS_KIND_COUNT] = {[SESSIONS_L2L] = now.others,
                                                  [SESSIONS_USERS] = now.users,
                                                  [SESSIONS_IKE] = now.up,
                                                  [SESSIONS_PAIRS] = now.pairs};

    for (size_t i = 0; i < SESSIONS_KIND_COUNT; i++) {
        control->sessions.active[i] = active[i];
        if (control->sessions.peak[i] < active[i])
            control->sessions.peak[i] = active[i];
    }
    control->sessions.have_changed = false;
    return now;
}

void sessions_look(struct control *control)
{
    if (control->sessions.have_changed)
        count_now(control);
}

/* Those that have ended and those that there are; never less than were there at once. */
static uint64_t cumulative_of(const struct control *control, enum control_session_kind kind)
{
    const uint64_t *counted = control->sessions.counted, *active = control->sessions.active;
    uint64_t all = counted[COUNTED_ENDED] + active[SESSIONS_L2L] + active[SESSIONS_USERS], sum = 0;

    switch (kind) {
    case SESSIONS_L2L: sum = all > counted[COUNTED_USERS] ? all - counted[COUNTED_USERS] : 0; break;
    case SESSIONS_USERS: sum = counted[COUNTED_USERS]; break;
    case SESSIONS_IKE: sum = counted[COUNTED_IKE]; break;
    case SESSIONS_PAIRS: sum = counted[COUNTED_PAIRS]; break;
    case SESSIONS_KIND_COUNT: break;
    }
    return sum < control->sessions.peak[kind] ? control->sessions.peak[kind] : sum;
}

static void send_summary(struct client *client)
{
    struct control_record r = control_record_of(RECORD_session_summary);

    count_now(client->control);
    for (size_t i = 0; i < SESSIONS_KIND_COUNT; i++) {
        record_set_number(&r, columns[i].active, client->control->sessions.active[i]);
        record_set_number(&r, columns[i].cumulative, cumulative_of(client->control, (enum control_session_kind)i));
        record_set_number(&r, columns[i].peak, client->control->sessions.peak[i]);
    }
    record_set_number(&r, COL_session_summary_capacity, client->control->source->limits->sas);
    client_send(client, &r);
}

bool show_session_summary(struct client *client)
{
    send_summary(client);
    return false;
}

/* The sum, then what it is made of. */
bool show_session_ratio(struct client *client)
{
    if (client->stage == 0 && client->index == 0)
        send_summary(client);
    return show_sessions(client);
}

bool show_admission(struct client *client)
{
    struct control_record r = control_record_of(RECORD_admission);
    const uint64_t *counted = client->control->sessions.counted;
    struct ike_counts now = count_now(client->control);

    record_set_number(&r, COL_admission_limit, client->control->source->limits->sas);
    record_set_number(&r, COL_admission_negotiating_limit, client->control->source->limits->half_open);
    record_set_number(&r, COL_admission_active, now.up);
    record_set_number(&r, COL_admission_negotiating, now.negotiating);
    record_set_number(&r, COL_admission_incoming, counted[COUNTED_INCOMING]);
    record_set_number(&r, COL_admission_outgoing, counted[COUNTED_OUTGOING]);
    record_set_number(&r, COL_admission_not_begun, counted[COUNTED_NOT_BEGUN]);
    record_set_number(&r, COL_admission_rejected, counted[COUNTED_REFUSED]);
    client_send(client, &r);
    return false;
}
