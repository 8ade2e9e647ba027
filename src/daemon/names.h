/* The names and numbers that ikewised takes in the system, all in one place: what stands here is what a crash may leave
 * behind, what the next start takes over, and what --cleanup removes. */
#ifndef DAEMON_NAMES_H
#define DAEMON_NAMES_H

#include "base/names.h"

enum {
    /* An `ip rule` on the mark, looked at after the local table (0), so that what is for this host stays here, and
       before all others. */
    STEER_RULE_PRIORITY = 450,
    STEER_ROUTE_TABLE = 4500,
    /* In that table: to the TUN while it stands, else unreachable, never on to another table. */
    STEER_TUN_METRIC = 10,
    STEER_CLOSED_METRIC = 0x7fffffff,

    /* As a client: what goes to the gateway's networks, but for our own sockets' (PLANE_MARK). When everything goes
       there, routes of the main table other than its default ones are asked first. */
    CLIENT_MAIN_PRIORITY = 451,
    CLIENT_RULE_PRIORITY = 452,
    CLIENT_ROUTE_TABLE = 4501,

    /* Routes of the main table to the networks of peers (`set reverse-route`): behind any that somebody else has made
       for the same network. */
    REVERSE_ROUTE_METRIC = 10,

    /* Who has made a route, or an answer to ARP for a translated address (RTA_PROTOCOL; IANA has no such number). */
    NAT_ROUTE_PROTOCOL = 0xe4,

    /* Where the packet filter shows what it refused in clear (nfnetlink_log). */
    CLEAR_LOG_GROUP = 4500,
    ACCESS_LOG_GROUP = 4501, /* and what an access-group denies */

    /* Four bits of the mark are ours; others' bits are left alone. */
    MARK_MASK = 0x0f000000,
    MARK_STEERED = 0x01000000, /* matches a crypto ACL */
};

#endif
