/* The policy that the tests of steering share: two gateways' worth of entries on one outside interface. */
#ifndef TESTS_DAEMON_POLICIES_H
#define TESTS_DAEMON_POLICIES_H

#include "base/check.h"
#include "policy/policy.h"

#include <string.h>

enum { TCP = 6, UDP = 17 };

#define ANY_PORT                                                                                                       \
    {                                                                                                                  \
        0, 65535                                                                                                       \
    }

static inline struct ip_range range(const char *prefix)
{
    const char *slash = strchr(prefix, '/');
    struct ip ip;
    unsigned len = 0;

    CHECK(slash != NULL && ip_parse(&ip, bytes_of(prefix, (size_t)(slash - prefix))));
    for (const char *digit = slash + 1; *digit != '\0'; digit++)
        len = len * 10 + (unsigned)(*digit - '0');
    return ip_range_of_prefix(ip, len);
}

static inline struct crypto_ace ace(bool is_permit, uint8_t protocol, const char *local, const char *remote,
                                    struct port_range remote_ports)
{
    return (struct crypto_ace){.is_permit = is_permit,
                               .selector = {.local = range(local),
                                            .remote = range(remote),
                                            .protocol = protocol,
                                            .local_ports = ANY_PORT,
                                            .remote_ports = remote_ports}};
}

enum { ENTRIES = 5 };

struct steered {
    struct policy policy;
    struct policy_interface interfaces[2];
    struct tunnel tunnels[ENTRIES];
    struct crypto_ace aces[ENTRIES][2];
};

static inline void add_entry(struct steered *s, uint16_t sequence, struct crypto_ace first, struct crypto_ace second,
                             uint16_t count)
{
    uint16_t i = s->policy.tunnel_count++;

    s->aces[i][0] = first;
    s->aces[i][1] = second;
    s->tunnels[i] = (struct tunnel){.map_name = "outside_map",
                                    .sequence = sequence,
                                    .interface = 0,
                                    .acl_name = "acl",
                                    .aces = s->aces[i],
                                    .ace_count = count};
}

static inline void make_steered(struct steered *s)
{
    const struct port_range any = ANY_PORT, http = {80, 80};
    const struct crypto_ace none = {0};

    *s = (struct steered){0};
    s->interfaces[0] = (struct policy_interface){.name = "outside",
                                                 .hardware = "GigabitEthernet0/0",
                                                 .linux_name = "outside0",
                                                 .ip = ip_of_v4(0xc0000201),
                                                 .prefix_len = 24,
                                                 .is_ikev1_enabled = true,
                                                 .map_name = "outside_map"};
    s->interfaces[1] = (struct policy_interface){.name = "inside",
                                                 .hardware = "GigabitEthernet0/1",
                                                 .linux_name = "inside0",
                                                 .ip = ip_of_v4(0x0a010001),
                                                 .prefix_len = 16,
                                                 .map_name = ""};
    add_entry(s, 10, ace(false, 0, "10.1.9.0/24", "10.2.0.0/16", any), ace(true, 0, "10.1.0.0/16", "10.2.0.0/16", any),
              2);
    add_entry(s, 20, ace(true, 0, "10.1.9.0/24", "10.2.9.0/24", any), none, 1);
    add_entry(s, 30, ace(true, TCP, "10.1.0.0/16", "10.3.0.0/16", http), none, 1);
    add_entry(s, 40, ace(true, 0, "10.1.0.0/16", "10.4.0.0/16", any), none, 1);
    /* From one tunnel into another; and what would make a loop if packets that have come in were asked again. */
    add_entry(s, 50, ace(true, 0, "10.2.0.0/16", "10.5.0.0/16", any), ace(true, 0, "10.2.0.0/16", "10.1.77.0/24", any),
              2);
    s->tunnels[3].parked = "its key is masked";
    s->policy.interfaces = s->interfaces;
    s->policy.interface_count = COUNT_OF(s->interfaces);
    s->policy.tunnels = s->tunnels;
}

#endif
