/* What is cleared, and which SAs a command means: by the number of an ISAKMP SA, an SPI, a crypto map, or the session
 * that they belong to. */
#include "base/check.h"
#include "daemon/control_client.h"
#include "ike/view.h"

#include <stdlib.h>
#include <string.h>

static const struct control_source *source_of(const struct client *client)
{
    return client->control->source;
}

static uint64_t now_of(const struct client *client)
{
    return source_of(client)->now_ms(source_of(client)->context);
}

static const struct ike *ike_of(const struct client *client)
{
    return source_of(client)->ike(source_of(client)->context);
}

static void command(const struct client *client, const struct ike_command *command)
{
    source_of(client)->command(source_of(client)->context, command);
}

/* ---- SAs ---- */

static bool find_sa(const struct client *client, uint32_t conn_id)
{
    struct ike_sa_view view;

    for (uint32_t i = 0; ike_view_sa(ike_of(client), now_of(client), i, &view); i++) {
        if (view.conn_id == conn_id && !view.is_dead)
            return true;
    }
    return false;
}

/* By its nameif, or as the configuration calls it. */
static bool is_of_interface(const struct policy *policy, uint16_t tunnel, const char *name)
{
    uint16_t interface = tunnel < policy->tunnel_count ? policy->tunnels[tunnel].interface : NO_INDEX;

    return interface < policy->interface_count && (strcmp(policy->interfaces[interface].name, name) == 0 ||
                                                   strcmp(policy->interfaces[interface].hardware, name) == 0);
}

bool is_pair_asked_for(const struct control_request *request, const struct policy *policy,
                       const struct ike_pair_view *view)
{
    const char *map = view->tunnel < policy->tunnel_count ? policy->tunnels[view->tunnel].map_name : "";

    return (!ip_is_set(request->peer) || ip_equal(request->peer, view->remote.ip)) &&
           (request->packet.nameif[0] == '\0' || is_of_interface(policy, view->tunnel, request->packet.nameif)) &&
           (request->map[0] == '\0' || strcmp(request->map, map) == 0) &&
           (request->spi == 0 || request->spi == view->spi_in || request->spi == view->spi_out);
}

/* With an address the half that goes there; without, either. 0: there is none. */
static uint32_t inbound_spi_of(const struct client *client)
{
    const struct control_request *request = &client->request;
    struct ike_pair_view view;

    for (uint32_t i = 0; ike_view_pair(ike_of(client), now_of(client), i, &view); i++) {
        if ((request->spi == view.spi_in && (!ip_is_set(request->peer) || ip_equal(request->peer, view.local.ip))) ||
            (request->spi == view.spi_out && (!ip_is_set(request->peer) || ip_equal(request->peer, view.remote.ip))))
            return view.spi_in;
    }
    return 0;
}

static bool clear_sa(struct client *client)
{
    bool is_found = find_sa(client, client->request.conn_id);

    if (is_found)
        command(client, &(struct ike_command){.kind = IKE_CLEAR_SA, .number = client->request.conn_id});
    return is_found;
}

static bool clear_pair(struct client *client)
{
    uint32_t spi_in = inbound_spi_of(client);

    if (spi_in != 0)
        command(client, &(struct ike_command){.kind = IKE_CLEAR_PAIR, .number = spi_in});
    return spi_in != 0;
}

static bool clear_map(struct client *client)
{
    const struct policy *policy = source_of(client)->policy(source_of(client)->context);
    bool is_found = false;

    for (uint16_t i = 0; i < policy->tunnel_count; i++) {
        if (strcmp(policy->tunnels[i].map_name, client->request.map) != 0)
            continue;
        is_found = true;
        command(client, &(struct ike_command){.kind = IKE_CLEAR_TUNNEL, .tunnel = i});
    }
    return is_found;
}

void do_clear_sas(struct client *client)
{
    enum control_error error = CONTROL_ERROR_NO_SUCH_SA;
    bool is_done = true;

    switch (client->request.id) {
    case CONTROL_CLEAR_SA: is_done = clear_sa(client); break;
    case CONTROL_CLEAR_PAIR: is_done = clear_pair(client); break;
    case CONTROL_CLEAR_MAP:
        is_done = clear_map(client);
        error = CONTROL_ERROR_NO_SUCH_MAP;
        break;
    case CONTROL_CLEAR_ISAKMP_SA:
        command(client, &(struct ike_command){.kind = IKE_CLEAR_ISAKMP, .peer = client->request.peer});
        break;
    default: command(client, &(struct ike_command){.kind = IKE_CLEAR_IPSEC, .peer = client->request.peer}); break;
    }
    if (is_done)
        client_done(client);
    else
        client_fail(client, error, NULL);
}

/* ---- sessions ---- */

struct session {
    struct ip peer;
    uint32_t conn_id;
    bool is_user;
};

static bool is_in(const char *word, const char *name)
{
    return word[0] == '\0' || (name != NULL && strcmp(word, name) == 0);
}

/* Of an ISAKMP SA that is being replaced the new one is the session. */
static bool is_session_asked_for(const struct control_request *request, const struct ike_sa_view *view)
{
    return !view->is_dead && !view->is_rekeying &&
           (!ip_is_set(request->peer) || ip_equal(request->peer, view->remote.ip) ||
            ip_equal(request->peer, view->assigned)) &&
           (request->conn_id == 0 || request->conn_id == view->conn_id) && is_in(request->group, view->tunnel_group) &&
           (request->user[0] == '\0' || (view->user != NULL && strcmp(request->user, view->user) == 0)) &&
           (request->session_type == CONTROL_SESSION_ANY ||
            view->is_user == (request->session_type == CONTROL_SESSION_USER));
}

static size_t find_sessions(const struct client *client, struct session *found)
{
    struct ike_sa_view view;
    size_t count = 0;

    for (uint32_t i = 0; ike_view_sa(ike_of(client), now_of(client), i, &view); i++) {
        if (!is_session_asked_for(&client->request, &view))
            continue;
        if (found != NULL)
            found[count] = (struct session){view.remote.ip, view.conn_id, view.is_user};
        count++;
    }
    return count;
}

/* Behind the address of a user there may be others. */
static void end_session(const struct client *client, const struct session *session)
{
    if (session->is_user)
        command(client, &(struct ike_command){.kind = IKE_CLEAR_SA, .number = session->conn_id});
    else
        command(client, &(struct ike_command){.kind = IKE_DOWN, .peer = session->peer});
}

/* As an ASA names them; nothing for all. */
static void set_which(struct control_record *r, const struct control_request *request)
{
    char space[5 * CONTROL_WORD_SIZE], ip[IP_TEXT_SIZE];
    struct text t = text_of(space, sizeof space);

    if (request->group[0] != '\0' || request->user[0] != '\0') {
        text_add(&t, request->group[0] != '\0' ? "from TunnelGroup \"" : "with name \"");
        text_add_escaped(&t, bytes_of_text(request->group[0] != '\0' ? request->group : request->user));
        text_add(&t, "\"");
    } else if (request->conn_id != 0)
        text_add(&t, "with Index \"%u\"", request->conn_id);
    else if (ip_is_set(request->peer))
        text_add(&t, "with IP address \"%s\"", ip_text(request->peer, ip));
    else if (request->session_type != CONTROL_SESSION_ANY)
        text_add(&t, "of type \"%s\"", request->session_type == CONTROL_SESSION_L2L ? "l2l" : "ra-ikev1-ipsec");
    if (t.len > 0)
        record_set_text(r, COL_logged_off_which, space);
}

void do_logoff(struct client *client)
{
    struct control_record r = control_record_of(RECORD_logged_off);
    size_t count = find_sessions(client, NULL);
    struct session *sessions = calloc(count + 1, sizeof *sessions);

    CHECK(sessions);
    find_sessions(client, sessions);
    for (size_t i = 0; i < count; i++)
        end_session(client, &sessions[i]);
    free(sessions);
    set_which(&r, &client->request);
    record_set_number(&r, COL_logged_off_sessions, count);
    client_send(client, &r);
    client_done(client);
}

/* ---- counters, and what is kept ---- */

static void clear_arp(struct client *client)
{
    if (source_of(client)->clear_arp != NULL)
        source_of(client)->clear_arp(source_of(client)->context);
}

void do_clear_counted(struct client *client)
{
    switch (client->request.id) {
    case CONTROL_CLEAR_COUNTERS: source_of(client)->clear_counters(source_of(client)->context); break;
    case CONTROL_CLEAR_LOGGING: client->control->logged_count = 0; break;
    case CONTROL_CLEAR_IPSEC_STATS: stats_clear_ipsec(client); break;
    case CONTROL_CLEAR_ALL_STATS:
        stats_clear_ike(client->control);
        stats_clear_ipsec(client);
        break;
    case CONTROL_CLEAR_CLASSIFY: clear_classify(client); break;
    case CONTROL_CLEAR_ARP: clear_arp(client); break;
    case CONTROL_CLEAR_INTERFACE:
        if (clear_interfaces(client))
            break;
        client_fail(client, CONTROL_ERROR_NO_SUCH_INTERFACE, NULL);
        return;
    default: stats_clear_ike(client->control); break;
    }
    client_done(client);
}
