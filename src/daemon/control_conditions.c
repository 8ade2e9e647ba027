/* debug crypto condition: whose lines a shell is shown that debugs. What fits any of the conditions is shown. */
#include "daemon/control_client.h"

#include <string.h>

enum { SEVERITY_WARNING = 4 };

/* ---- whether it is shown ---- */

static bool is_of_spi(const struct event *event, uint32_t spi)
{
    static const enum event_field_id fields[] = {FIELD_SPI, FIELD_SPI_IN, FIELD_SPI_OUT};

    for (size_t i = 0; i < COUNT_OF(fields); i++)
        if (event_has(event, fields[i]) && event_number(event, fields[i]) == spi)
            return true;
    return false;
}

static bool meets(const struct control_condition *c, const struct event *event)
{
    if (c->spi != 0)
        return is_of_spi(event, c->spi);
    if (c->name[0] != '\0')
        return event_has(event, c->field) && strcmp(event_text(event, c->field), c->name) == 0;
    return event_has(event, FIELD_PEER) && ip_range_holds(c->peers, event_ip(event, FIELD_PEER));
}

static bool names_somebody(const struct event *event)
{
    return event_has(event, FIELD_PEER) || event_has(event, FIELD_GROUP) || event_has(event, FIELD_USERNAME);
}

bool meets_condition(const struct control *control, const struct event *event, bool is_ipsec, uint8_t severity)
{
    const struct control_condition_flags *flags = &control->condition_flags;

    for (size_t i = 0; event != NULL && i < control->condition_count; i++)
        if (meets(&control->conditions[i], event))
            return true;
    return control->condition_count == 0 || (flags->shows_errors[is_ipsec] && severity <= SEVERITY_WARNING) ||
           (flags->shows_unmatched[is_ipsec] && (event == NULL || !names_somebody(event)));
}

/* ---- what is asked for ---- */

/* False: the name is longer than any. */
static bool condition_of(const struct control_request *request, struct control_condition *c)
{
    const char *name = request->group[0] != '\0' ? request->group : request->user;
    int prefix_len = ip_is_set(request->mask) ? ip_mask_len(request->mask) : -1;

    memset(c, 0, sizeof *c);
    c->spi = request->spi;
    c->field = request->group[0] != '\0' ? FIELD_GROUP : FIELD_USERNAME;
    if (ip_is_set(request->peer))
        c->peers = prefix_len < 0 || request->mask.family != request->peer.family
                       ? (struct ip_range){request->peer, request->peer}
                       : ip_range_of_prefix(request->peer, (unsigned)prefix_len);
    if (strlen(name) >= sizeof c->name)
        return false;
    memcpy(c->name, name, strlen(name) + 1);
    return true;
}

static bool is_same(const struct control_condition *a, const struct control_condition *b)
{
    return ip_equal(a->peers.first, b->peers.first) && ip_equal(a->peers.last, b->peers.last) && a->spi == b->spi &&
           a->field == b->field && strcmp(a->name, b->name) == 0;
}

void do_condition(struct client *client)
{
    struct control *control = client->control;
    bool is_no = client->request.id == CONTROL_NO_CONDITION;
    struct control_condition condition;
    size_t at = 0;

    if (!condition_of(&client->request, &condition)) {
        client_fail(client, CONTROL_ERROR_BAD_REQUEST, "no name is that long");
        return;
    }
    while (at < control->condition_count && !is_same(&control->conditions[at], &condition))
        at++;
    if (!is_no && at == CONTROL_CONDITIONS_MAX) {
        client_fail(client, CONTROL_ERROR_TOO_MANY_CONDITIONS, NULL);
        return;
    }
    if (is_no && at < control->condition_count)
        control->conditions[at] = control->conditions[--control->condition_count];
    else if (!is_no && at == control->condition_count)
        control->conditions[control->condition_count++] = condition;
    client_done(client);
}

/* Neither named: of both. */
void do_condition_flags(struct client *client)
{
    const struct control_request *r = &client->request;
    struct control_condition_flags *flags = &client->control->condition_flags;
    bool is_on = r->id == CONTROL_DEBUG_UNMATCHED || r->id == CONTROL_DEBUG_ERRORS;
    bool is_error = r->id == CONTROL_DEBUG_ERRORS || r->id == CONTROL_NO_ERRORS, are_both = !r->is_ike && !r->is_ipsec;
    bool *which = is_error ? flags->shows_errors : flags->shows_unmatched;

    if (r->is_ike || are_both)
        which[false] = is_on;
    if (r->is_ipsec || are_both)
        which[true] = is_on;
    client_done(client);
}

void do_all_peers(struct client *client)
{
    client->control->condition_count = 0;
    client->control->condition_flags = (struct control_condition_flags){0};
    client_done(client);
}

static void send_flags(struct client *client)
{
    const struct control_condition_flags *flags = &client->control->condition_flags;
    struct control_record r = control_record_of(RECORD_condition_flags);

    record_set_flag(&r, COL_condition_flags_ike_unmatched, flags->shows_unmatched[false]);
    record_set_flag(&r, COL_condition_flags_ipsec_unmatched, flags->shows_unmatched[true]);
    record_set_flag(&r, COL_condition_flags_ike_errors, flags->shows_errors[false]);
    record_set_flag(&r, COL_condition_flags_ipsec_errors, flags->shows_errors[true]);
    client_send(client, &r);
}

static void send_condition(struct client *client, const struct control_condition *c)
{
    struct control_record r = control_record_of(RECORD_condition);
    char space[CONTROL_CONDITION_SIZE * 4];
    struct text name = text_of(space, sizeof space);

    text_add_escaped(&name, bytes_of_text(c->name));
    if (c->spi != 0)
        record_set_number(&r, COL_condition_spi, c->spi);
    else if (c->name[0] != '\0')
        record_set_text(&r, c->field == FIELD_GROUP ? COL_condition_group : COL_condition_user, space);
    else {
        record_set_ip(&r, COL_condition_peer, c->peers.first);
        record_set_ip(&r, COL_condition_mask,
                      ip_mask((enum ip_family)c->peers.first.family, (unsigned)ip_range_prefix_len(c->peers)));
    }
    client_send(client, &r);
}

bool show_conditions(struct client *client)
{
    if (client->index == 0)
        send_flags(client);
    if (client->index >= client->control->condition_count)
        return false;
    send_condition(client, &client->control->conditions[client->index++]);
    return true;
}
