/* The lists that a packet of packet-tracer meets: those of interfaces, and the vpn-filter. */
#include "daemon/control_trace.h"
#include "daemon/control_words.h"
#include "policy/ace_words.h"

#include <stdlib.h>
#include <string.h>

enum { SPACE = 1024 };

static const char *const ways[] = {
    [ACCESS_IN] = "comes in by", [ACCESS_OUT] = "leaves by", [ACCESS_CONTROL_PLANE] = "comes here by"};

static void add_why(struct trace *t, const struct filter *filter, uint16_t ace)
{
    struct text why = text_of(t->denied_by, sizeof t->denied_by);

    if (ace < filter->ace_count)
        text_add_acl_line(&why, filter->name, &filter->aces[ace]);
    else
        text_add(&why, "no line of it is for that");
    t->list = filter->name;
    t->why = t->denied_by;
}

/* A line for this packet alone, before all others. `is_asked_of_source`: the port that is asked for is the source's, as
 * a vpn-filter has it for what begins here. */
static void add_permit(struct trace *t, const struct filter *filter, struct flow flow, bool is_asked_of_source)
{
    struct crypto_ace ace = {.is_permit = true,
                             .selector = {.local = {flow.local, flow.local},
                                          .remote = {flow.remote, flow.remote},
                                          .protocol = flow.protocol,
                                          .local_ports = {0, UINT16_MAX},
                                          .remote_ports = {0, UINT16_MAX}}};
    char line[200], list[100];
    struct text l = text_of(line, sizeof line), n = text_of(list, sizeof list),
                permit = text_of(t->permit, sizeof t->permit);

    if (flow.protocol == PROTOCOL_ICMP)
        ace.selector.local_ports = (struct port_range){flow.local_port & 0xff00, flow.local_port | 0xff};
    else if (flow.has_ports && is_asked_of_source)
        ace.selector.local_ports = (struct port_range){flow.local_port, flow.local_port};
    else if (flow.has_ports)
        ace.selector.remote_ports = (struct port_range){flow.remote_port, flow.remote_port};
    text_add(&n, "access-list %s ", filter->name);
    text_add_acl_line(&l, filter->name, &ace);
    text_add(&permit, "%sline 1 %s", list, l.len > n.len ? line + n.len : "");
}

/* ---- access-group ---- */

static const char *nameif_of(const struct trace *t, const struct access_group *group)
{
    return group->interface == NO_INDEX ? "any interface" : t->policy->interfaces[group->interface].name;
}

static void add_statement(struct text *s, const struct trace *t, const struct filter_decision *d)
{
    if (d->group->interface == NO_INDEX)
        text_add(s, "access-group %s global", d->filter->name);
    else
        text_add(s, "access-group %s %s interface %s%s", d->filter->name, d->group->way == ACCESS_OUT ? "out" : "in",
                 nameif_of(t, d->group), d->group->way == ACCESS_CONTROL_PLANE ? " control-plane" : "");
    if (d->ace >= d->filter->ace_count)
        return;
    text_add(s, "|");
    text_add_acl_line(s, d->filter->name, &d->filter->aces[d->ace]);
}

bool trace_access_group(struct trace *t, uint16_t interface, enum access_way way)
{
    struct filter_decision d = filter_at(t->policy, interface, way, &t->packet);
    char config[SPACE];
    struct text s = text_of(config, sizeof config);

    if (d.group == NULL) {
        trace_send_phase(t, PHASE_ACCESS_LIST, true, "Implicit Rule", "");
        return true;
    }
    add_statement(&s, t, &d);
    trace_send_phase(t, PHASE_ACCESS_LIST, d.is_permitted, config, "");
    if (!d.is_permitted) {
        add_why(t, d.filter, d.ace);
        add_permit(t, d.filter, t->packet.flow, false);
        t->way = ways[d.group->way];
        t->interface = nameif_of(t, d.group);
    }
    return d.is_permitted;
}

bool trace_decrypted_is_spared(struct trace *t)
{
    if (t->policy->is_decrypted_filtered)
        return false;
    trace_send_phase(t, PHASE_ACCESS_LIST, true, "Implicit Rule",
                     "sysopt connection permit-vpn: lists of interfaces spare what comes out of a tunnel");
    return true;
}

/* ---- vpn-filter ---- */

static const struct filter *filter_of_name(const struct policy *policy, const char *name)
{
    for (uint16_t i = 0; i < policy->filter_count; i++)
        if (strcmp(policy->filters[i].name, name) == 0)
            return &policy->filters[i];
    return NULL;
}

/* As the plane has it; without a plane, of the group that the peer's address leads to. */
static const struct filter *filter_of_pair(const struct trace *t)
{
    if (t->has_plane)
        return t->plane.filter == NULL ? NULL : filter_of_name(t->policy, t->plane.filter);
    return filter_of(t->policy, policy_tunnel_group_of(t->policy, t->peer), "");
}

static void send_group_policy(struct trace *t, const struct filter *filter)
{
    char config[SPACE];
    struct text s = text_of(config, sizeof config);

    for (uint16_t i = 0; i < t->policy->group_policy_count; i++) {
        uint16_t number = t->policy->group_policies[i].filter;

        if (number == 0 || &t->policy->filters[number - 1] != filter)
            continue;
        const struct group_policy *g = &t->policy->group_policies[i];
        text_add(&s, "%s %s attributes| vpn-filter value %s", g->user != NULL ? "username" : "group-policy",
                 g->user != NULL ? g->user : g->name, filter->name);
        break;
    }
    trace_send_phase(t, PHASE_GROUP_POLICY, true, config, "");
}

bool trace_vpn_filter(struct trace *t, bool is_out)
{
    const struct filter *filter = filter_of_pair(t);
    struct filter_packet packet = t->packet;
    char config[SPACE];
    struct text s = text_of(config, sizeof config);
    uint16_t ace;

    if (filter == NULL)
        return true;
    /* addresses as they are in the tunnel */
    packet.flow.local = is_out ? t->match.outer.local : t->match.outer.remote;
    packet.flow.remote = is_out ? t->match.outer.remote : t->match.outer.local;
    if (packet.flow.protocol != PROTOCOL_ICMP) {
        packet.flow.local_port = is_out ? t->match.outer.local_port : t->match.outer.remote_port;
        packet.flow.remote_port = is_out ? t->match.outer.remote_port : t->match.outer.local_port;
    }
    bool is_permitted = filter_permits_in_tunnel(filter, &packet, is_out, &ace);
    if (ace < filter->ace_count)
        text_add_acl_line(&s, filter->name, &filter->aces[ace]);
    send_group_policy(t, filter);
    trace_send_phase(t, PHASE_VPN_FILTER, is_permitted, config, "");
    if (is_permitted)
        return true;
    add_why(t, filter, ace);
    add_permit(t, filter, filter_as_written(&packet, is_out).flow, is_out);
    return false;
}
