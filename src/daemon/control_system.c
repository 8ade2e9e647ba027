/* What the system says of routes, neighbours and interfaces, by the names of the configuration: show route, show arp,
 * show interface. */
#include "conf/statement.h"
#include "daemon/control_client.h"
#include "daemon/names.h"
#include "daemon/netlink.h"
#include "policy/filter.h"

#include <net/if.h>
#include <net/route.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_SIZE = 512, NAME_SIZE = 64, ADDRESS_SIZE = 64 };

static const struct policy *policy_of(const struct client *client)
{
    return client->control->source->policy(client->control->source->context);
}

/* nameif, else Linux's own name. */
static const char *name_of(const struct client *client, const char *linux_name)
{
    const struct policy *policy = policy_of(client);

    for (uint16_t i = 0; i < policy->interface_count; i++)
        if (strcmp(policy->interfaces[i].linux_name, linux_name) == 0)
            return policy->interfaces[i].name;
    return linux_name;
}

/* The kernel prints addresses as the machine keeps them. */
static struct ip ip_of_hex(const char *hex)
{
    uint32_t word = (uint32_t)strtoul(hex, NULL, 16);

    return ip_of_bytes(bytes_of(&word, sizeof word));
}

struct read_route {
    char device[NAME_SIZE];
    struct ip network, mask, gateway;
    unsigned flags, metric;
};

static void send_route(struct client *client, const struct read_route *route)
{
    struct control_record r = control_record_of(RECORD_route);

    record_set_ip(&r, COL_route_network, route->network);
    record_set_ip(&r, COL_route_mask, route->mask);
    record_set_number(&r, COL_route_prefix_len, (uint64_t)ip_mask_len(route->mask));
    if (route->flags & RTF_GATEWAY)
        record_set_ip(&r, COL_route_gateway, route->gateway);
    record_set_text(&r, COL_route_interface, name_of(client, route->device));
    record_set_number(&r, COL_route_metric, route->metric);
    if (strcmp(route->device, TUN_NAME) == 0)
        record_set_flag(&r, COL_route_vpn, true);
    client_send(client, &r);
}

/* A table of /proc, behind its line of headings. */
static FILE *open_table(const char *path)
{
    char heading[LINE_SIZE];
    FILE *file = fopen(path, "re");

    if (file && !fgets(heading, sizeof heading, file)) {
        fclose(file);
        return NULL;
    }
    return file;
}

static bool is_of_interface(const struct client *client, const struct read_route *route)
{
    const char *wanted = client->request.packet.nameif;

    return *wanted == '\0' || strcmp(wanted, name_of(client, route->device)) == 0;
}

static bool has_interface(const struct client *client, const char *name)
{
    const struct policy *policy = policy_of(client);

    for (uint16_t i = 0; i < policy->interface_count; i++)
        if (strcmp(policy->interfaces[i].name, name) == 0)
            return true;
    return false;
}

static bool holds(const struct read_route *route, struct ip ip)
{
    return ip.family == IP_V4 &&
           ip_range_holds(ip_range_of_prefix(route->network, (unsigned)ip_mask_len(route->mask)), ip);
}

static bool next_route(FILE *file, struct read_route *route)
{
    char line[LINE_SIZE], destination[16], gateway[16], mask[16];

    while (fgets(line, sizeof line, file)) {
        if (sscanf(line, "%63s %15s %15s %x %*s %*s %u %15s", route->device, destination, gateway, &route->flags,
                   &route->metric, mask) != 6 ||
            !(route->flags & RTF_UP))
            continue;
        route->network = ip_of_hex(destination);
        route->gateway = ip_of_hex(gateway);
        route->mask = ip_of_hex(mask);
        return true;
    }
    return false;
}

/* With an address, the route that a packet to it takes: the longest that holds it. */
bool show_routes(struct client *client)
{
    FILE *file = open_table("/proc/net/route");
    struct ip wanted = client->request.peer;
    struct read_route route, best;
    int best_len = -1;

    while (file && next_route(file, &route)) {
        if (!is_of_interface(client, &route))
            continue;
        client->number++;
        if (!ip_is_set(wanted)) {
            send_route(client, &route);
        } else if (holds(&route, wanted) && ip_mask_len(route.mask) > best_len) {
            best = route;
            best_len = ip_mask_len(route.mask);
        }
    }
    if (best_len >= 0)
        send_route(client, &best);
    if (file)
        fclose(file);
    if (client->number == 0 && client->request.packet.nameif[0] != '\0' &&
        !has_interface(client, client->request.packet.nameif))
        client_fail(client, CONTROL_ERROR_NO_SUCH_INTERFACE, NULL);
    return false;
}

/* 02:fc:00:00:00:05 becomes 02fc.0000.0005. */
static void set_mac(struct control_record *r, enum control_column column, const char *mac)
{
    char space[ADDRESS_SIZE];
    struct text t = text_of(space, sizeof space);
    unsigned digits = 0;

    for (; *mac && *mac != '\n'; mac++) {
        if (*mac == ':')
            continue;
        text_add(&t, "%s%c", digits > 0 && digits % 4 == 0 ? "." : "", *mac);
        digits++;
    }
    record_set_text(r, column, space);
}

static void send_neighbour(void *context, const struct neighbour *n)
{
    struct client *client = context;
    struct control_record r = control_record_of(RECORD_arp);
    char device[IF_NAMESIZE], mac[ADDRESS_SIZE];

    if (!n->is_known || !n->has_mac || if_indextoname(n->link, device) == NULL)
        return;
    snprintf(mac, sizeof mac, "%02x%02x.%02x%02x.%02x%02x", n->mac[0], n->mac[1], n->mac[2], n->mac[3], n->mac[4],
             n->mac[5]);
    record_set_ip(&r, COL_arp_address, n->ip);
    record_set_text(&r, COL_arp_mac, mac);
    record_set_text(&r, COL_arp_interface, name_of(client, device));
    if (!n->is_static)
        record_set_number(&r, COL_arp_age_s, n->age_s);
    client_send(client, &r);
}

bool show_arp(struct client *client)
{
    const struct control_source *source = client->control->source;

    if (source->each_neighbour != NULL)
        source->each_neighbour(source->context, client, send_neighbour);
    return false;
}

/* ---- interfaces ---- */

static bool read_word(const char *linux_name, const char *what, char word[static ADDRESS_SIZE])
{
    char path[128];
    FILE *file;
    bool is_read;

    snprintf(path, sizeof path, "/sys/class/net/%.32s/%s", linux_name, what);
    file = strchr(linux_name, '/') ? NULL : fopen(path, "re");
    is_read = file && fgets(word, ADDRESS_SIZE, file);
    if (file)
        fclose(file);
    return is_read;
}

/* clang-format off */
static const struct {
    enum control_column column;
    const char *what;
} counters[CONTROL_INTERFACE_COUNTERS] = {
    {COL_interface_packets_in,    "statistics/rx_packets"},
    {COL_interface_bytes_in,      "statistics/rx_bytes"},
    {COL_interface_dropped_in,    "statistics/rx_dropped"},
    {COL_interface_multicast_in,  "statistics/multicast"},
    {COL_interface_errors_in,     "statistics/rx_errors"},
    {COL_interface_giants_in,     "statistics/rx_length_errors"},
    {COL_interface_crc_in,        "statistics/rx_crc_errors"},
    {COL_interface_frame_in,      "statistics/rx_frame_errors"},
    {COL_interface_overruns_in,   "statistics/rx_over_errors"},
    {COL_interface_packets_out,   "statistics/tx_packets"},
    {COL_interface_bytes_out,     "statistics/tx_bytes"},
    {COL_interface_errors_out,    "statistics/tx_errors"},
    {COL_interface_underruns_out, "statistics/tx_fifo_errors"},
    {COL_interface_collisions,    "statistics/collisions"},
    {COL_interface_missed_in,     "statistics/rx_missed_errors"},
    {COL_interface_carrier_lost,  "carrier_down_count"},
};
/* clang-format on */

static bool read_number(const char *linux_name, const char *what, uint64_t *number)
{
    char word[ADDRESS_SIZE];
    bool is_read = read_word(linux_name, what, word);

    if (is_read)
        *number = strtoull(word, NULL, 10);
    return is_read;
}

/* NULL: nothing of it was ever cleared. */
static struct control_cleared_interface *cleared_of(struct control *control, const char *linux_name)
{
    for (size_t i = 0; i < CONTROL_INTERFACES_MAX; i++) {
        if (strcmp(control->interfaces[i].device, linux_name) == 0)
            return &control->interfaces[i];
    }
    return NULL;
}

static void set_counters(struct control_record *r, struct control *control, const char *linux_name)
{
    const struct control_cleared_interface *cleared = cleared_of(control, linux_name);
    uint64_t number;

    for (size_t i = 0; i < COUNT_OF(counters); i++) {
        uint64_t before = cleared ? cleared->counters[i] : 0;

        if (read_number(linux_name, counters[i].what, &number))
            record_set_number(r, counters[i].column, number > before ? number - before : 0);
    }
    if (read_number(linux_name, "mtu", &number))
        record_set_number(r, COL_interface_mtu, number);
}

/* A link without a speed says nothing, or -1. */
static void set_link(struct control_record *r, const char *linux_name)
{
    char word[ADDRESS_SIZE];

    if (read_word(linux_name, "speed", word) && word[0] >= '1' && word[0] <= '9')
        record_set_number(r, COL_interface_speed_mbps, strtoull(word, NULL, 10));
    if (read_word(linux_name, "duplex", word) && (strncmp(word, "full", 4) == 0 || strncmp(word, "half", 4) == 0))
        record_set_text(r, COL_interface_duplex, word[0] == 'f' ? "Full" : "Half");
}

static void clear_interface(struct control *control, const char *linux_name)
{
    struct control_cleared_interface *cleared = cleared_of(control, linux_name);

    if (cleared == NULL)
        cleared = cleared_of(control, ""); /* a free one */
    if (cleared == NULL || strlen(linux_name) >= sizeof cleared->device)
        return;
    memcpy(cleared->device, linux_name, strlen(linux_name) + 1);
    for (size_t i = 0; i < COUNT_OF(counters); i++)
        read_number(linux_name, counters[i].what, &cleared->counters[i]);
}

static bool is_interface_asked_for(const struct client *client, const struct policy_interface *interface)
{
    const char *name = client->request.packet.nameif;

    return name[0] == '\0' || strcmp(name, interface->name) == 0 || strcasecmp(name, interface->hardware) == 0;
}

bool clear_interfaces(struct client *client)
{
    const struct policy *policy = policy_of(client);
    bool is_found = client->request.packet.nameif[0] == '\0';

    for (uint16_t i = 0; i < policy->interface_count; i++) {
        if (!is_interface_asked_for(client, &policy->interfaces[i]))
            continue;
        is_found = true;
        clear_interface(client->control, policy->interfaces[i].linux_name);
    }
    return is_found;
}

uint64_t interface_security(const struct statements *statements, const struct policy_interface *interface)
{
    const struct statement *block = NULL, *s = NULL;

    while (statements != NULL && (block = statements_next(statements, block, STATEMENT_interface)) != NULL &&
           !bytes_equal(statement_argument(block, "hardware", 0), bytes_of_text(interface->hardware)))
        ;
    while (block != NULL && (s = statements_next(statements, s, STATEMENT_security_level)) != NULL)
        if (s->parent == statement_index(statements, block))
            return statement_number(s, "security-level");
    return strcmp(interface->name, "inside") == 0 ? 100 : 0;
}

static void set_crypto(struct control_record *r, const struct statements *statements,
                       const struct policy_interface *interface)
{
    struct bytes name = bytes_of_text(interface->name);
    const struct statement *df = NULL, *fragmentation = NULL;

    if (statements != NULL) {
        df = statements_of_interface(statements, STATEMENT_ipsec_df_bit, STATEMENT_ipsec_df_bit_all, name);
        fragmentation = statements_of_interface(statements, STATEMENT_fragmentation, STATEMENT_fragmentation_all, name);
    }

    bool is_after = fragmentation != NULL && statement_has(fragmentation, "after-encryption");

    record_set_text(r, COL_interface_df_bit,
                    df == NULL                      ? "copy"
                    : statement_has(df, "set-df")   ? "set"
                    : statement_has(df, "clear-df") ? "clear"
                                                    : "copy");
    record_set_text(r, COL_interface_fragmentation, is_after ? "after-encryption" : "before-encryption");
}

static const char *list_at(const struct policy *policy, uint16_t interface, enum access_way way)
{
    uint16_t group = filter_group_at(policy, interface, way);

    return group < policy->access_group_count ? policy->filters[policy->access_groups[group].filter].name : NULL;
}

static void set_lists(struct control_record *r, const struct policy *policy, const struct policy_interface *interface)
{
    uint16_t index = (uint16_t)(interface - policy->interfaces);

    record_set_text(r, COL_interface_list_in, list_at(policy, index, ACCESS_IN));
    record_set_text(r, COL_interface_list_out, list_at(policy, index, ACCESS_OUT));
    if (interface->map_name != NULL && *interface->map_name)
        record_set_text(r, COL_interface_map, interface->map_name);
}

static void send_interface(struct client *client, const struct policy_interface *interface)
{
    struct control_record r = control_record_of(RECORD_interface);
    char word[ADDRESS_SIZE];

    record_set_flag(&r, COL_interface_dhcp, interface->is_by_dhcp);
    record_set_text(&r, COL_interface_hardware, interface->hardware);
    record_set_text(&r, COL_interface_name, interface->name);
    if (*interface->linux_name)
        record_set_text(&r, COL_interface_device, interface->linux_name);
    record_set_flag(&r, COL_interface_up,
                    read_word(interface->linux_name, "operstate", word) && strncmp(word, "down", 4) != 0);
    record_set_ip(&r, COL_interface_address, interface->ip);
    if (ip_is_set(interface->ip)) {
        record_set_ip(&r, COL_interface_mask, ip_mask((enum ip_family)interface->ip.family, interface->prefix_len));
        record_set_number(&r, COL_interface_prefix_len, interface->prefix_len);
    }
    if (read_word(interface->linux_name, "address", word))
        set_mac(&r, COL_interface_mac, word);
    set_link(&r, interface->linux_name);
    set_counters(&r, client->control, interface->linux_name);
    set_lists(&r, policy_of(client), interface);
    record_set_number(
        &r, COL_interface_security,
        interface_security(client->control->source->conf(client->control->source->context)->statements, interface));
    set_crypto(&r, client->control->source->conf(client->control->source->context)->statements, interface);
    client_send(client, &r);
}

bool show_interfaces(struct client *client)
{
    const struct policy *policy = policy_of(client);

    while (client->index < policy->interface_count) {
        const struct policy_interface *interface = &policy->interfaces[client->index++];

        if (!is_interface_asked_for(client, interface))
            continue;
        client->number++;
        send_interface(client, interface);
        return true;
    }
    if (client->number == 0 && client->request.packet.nameif[0] != '\0')
        client_fail(client, CONTROL_ERROR_NO_SUCH_INTERFACE, NULL);
    return false;
}
