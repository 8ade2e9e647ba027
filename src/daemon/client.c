#include "daemon/client.h"

#include "daemon/names.h"
#include "daemon/netlink.h"

#include <net/if.h>
#include <string.h>
#include <syslog.h>

/* Without a list everything goes to the gateway. */
static const struct ip_range *networks_of(const struct ike_client *given, struct ip_range *everything, uint16_t *count)
{
    *everything = ip_range_of_prefix(ip_of_v4(0), 0);
    *count = given->network_count > 0 ? given->network_count : 1;
    return given->network_count > 0 ? given->networks : everything;
}

static int make(const struct ike_client *given, unsigned link)
{
    struct ip_range everything;
    uint16_t count;
    const struct ip_range *networks = networks_of(given, &everything, &count);
    int error = netlink_address_add(link, given->address);

    for (uint16_t i = 0; error == 0 && i < count; i++)
        error = netlink_client_route_add(link, networks[i].first, (uint8_t)ip_range_prefix_len(networks[i]),
                                         given->address);
    return error == 0 ? netlink_client_rules_add(given->network_count == 0) : error;
}

static void unmake(const struct ike_client *given, unsigned link)
{
    struct ip_range everything;
    uint16_t count;
    const struct ip_range *networks = networks_of(given, &everything, &count);

    netlink_client_rules_remove();
    for (uint16_t i = 0; i < count; i++)
        netlink_client_route_remove(link, networks[i].first, (uint8_t)ip_range_prefix_len(networks[i]));
    netlink_address_remove(link, given->address);
}

static void tell(struct log *log, const struct ike_client *given)
{
    char address[IP_TEXT_SIZE], first[IP_TEXT_SIZE], second[IP_TEXT_SIZE];

    log_note(log, LOG_NOTICE, "the gateway has given us the address %s and %u networks",
             ip_text(given->address, address), given->network_count);
    if (ip_is_set(given->dns[0]))
        log_note(log, LOG_NOTICE, "its name servers are %s %s, for %s: they are not used by themselves",
                 ip_text(given->dns[0], first), ip_is_set(given->dns[1]) ? ip_text(given->dns[1], second) : "",
                 given->domain[0] != '\0' ? given->domain : "any domain");
    if (given->banner[0] != '\0')
        log_note(log, LOG_NOTICE, "it says: %s", given->banner);
}

void client_take(struct client *client, const char *tun_name, struct log *log, const struct ike_client *given)
{
    unsigned link = if_nametoindex(tun_name);

    if (client->given.is_up && given->is_up && memcmp(&client->given, given, sizeof *given) == 0)
        return;
    /* With a new ISAKMP SA the address stays as a rule; what is over may be an address that was given up before. */
    if (client->given.is_up && (given->is_up || ip_equal(given->address, client->given.address))) {
        unmake(&client->given, link);
        client->given.is_up = false;
    }
    if (!given->is_up)
        return;
    int error = make(given, link);
    if (error != 0) {
        unmake(given, link);
        log_note(log, LOG_ERR, "the address that the gateway has given us: %s", strerror(error));
        return;
    }
    client->given = *given;
    tell(log, given);
}

void client_end(struct client *client, const char *tun_name)
{
    if (client->given.is_up)
        unmake(&client->given, if_nametoindex(tun_name));
    client->given.is_up = false;
}
