#include "daemon/steer.h"

#include "daemon/names.h"
#include "daemon/netlink.h"
#include "doctor/nft.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const enum ip_family families[] = {IP_V4, IP_V6};

/* A kernel without IPv6 has nothing to steer there. */
static bool is_absent(int error)
{
    return error == EAFNOSUPPORT || error == EOPNOTSUPP;
}

static bool refused(struct text *why, const char *what, int error)
{
    text_add(why, "%s: %s", what, strerror(error));
    return false;
}

static bool run_nft(struct bytes rules, struct text *why)
{
    return nft_run(rules, false, "packet filter rules", "keeps what is to be encrypted from leaving in clear", why);
}

bool steer_add_guests(const struct policy *policy, struct steer_guests guests, struct text *why)
{
    size_t size = guests.count * steer_rules_guest_size(policy);
    char *space = malloc(size);

    if (space == NULL)
        return refused(why, "memory for the packet filter rules", ENOMEM);
    struct text rules = text_of(space, size);
    for (size_t i = 0; i < guests.count; i++)
        steer_rules_write_guest(&rules, policy, &guests.list[i]);
    bool ok = run_nft(bytes_of(rules.data, rules.len), why);
    free(space);
    return ok;
}

static bool write_rules(const struct policy *policy, struct steer_guests guests, bool has_log, struct text *why)
{
    size_t size = steer_rules_size(policy, guests);
    char *space = malloc(size);

    if (space == NULL)
        return refused(why, "memory for the packet filter rules", ENOMEM);
    struct text rules = text_of(space, size);
    steer_rules_write(&rules, policy, guests, has_log);
    bool ok = run_nft(bytes_of(rules.data, rules.len), why);
    free(space);
    return ok;
}

bool steer_is_same(const struct policy *a, const struct policy *b)
{
    struct steer_guests none = {0};
    size_t size_a = steer_rules_size(a, none), size_b = steer_rules_size(b, none);
    char *space_a = malloc(size_a), *space_b = malloc(size_b);
    bool is_same = false;

    if (space_a != NULL && space_b != NULL) {
        struct text rules_a = text_of(space_a, size_a), rules_b = text_of(space_b, size_b);

        steer_rules_write(&rules_a, a, none, true);
        steer_rules_write(&rules_b, b, none, true);
        is_same = strcmp(space_a, space_b) == 0;
    }
    free(space_a);
    free(space_b);
    return is_same;
}

bool steer_close_up(const struct policy *policy, struct steer_guests guests, bool *has_stood, struct text *why)
{
    bool stands = false;

    /* The routes first, then the marks: what is marked must never fall through to another table. */
    for (size_t i = 0; i < COUNT_OF(families); i++) {
        int error = netlink_closed_route_add(families[i]);
        if (error == 0)
            error = netlink_rule_add(families[i], &stands);
        if (error != 0 && !is_absent(error))
            return refused(why, "the rule that keeps traffic from leaving in clear", error);
    }
    if (has_stood != NULL && stands)
        *has_stood = true;
    char first_try[400];
    struct text without_log = text_of(first_try, sizeof first_try);
    return write_rules(policy, guests, true, &without_log) || write_rules(policy, guests, false, why);
}

/* What comes out of the TUN comes from addresses that the main table knows elsewhere, or not at all. The kernel takes
 * the greater of this setting and the one for all interfaces: 0 checks nothing, 1 is strict, and 2 (loose: any route
 * will do) makes a 1 of the other harmless. */
static void loosen_reverse_path(const char *tun_name)
{
    char path[80], for_all = '0';
    int fd = open("/proc/sys/net/ipv4/conf/all/rp_filter", O_RDONLY | O_CLOEXEC);

    if (fd >= 0) {
        if (read(fd, &for_all, 1) != 1)
            for_all = '1';
        close(fd);
    }
    snprintf(path, sizeof path, "/proc/sys/net/ipv4/conf/%s/rp_filter", tun_name);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    /* /proc/sys may be read-only in a container; the doctor tells what follows from it. */
    (void)!write(fd, for_all == '0' ? "0" : "2", 1);
    close(fd);
}

bool steer_open_tun(const char *tun_name, struct text *why)
{
    unsigned link = if_nametoindex(tun_name);

    if (link == 0)
        return refused(why, tun_name, errno);
    loosen_reverse_path(tun_name);
    for (size_t i = 0; i < COUNT_OF(families); i++) {
        int error = netlink_tun_route_add(families[i], link);
        /* EACCES, EINVAL: IPv6 is switched off for this interface. What is marked stays unreachable. */
        if (error != 0 &&
            !(families[i] == IP_V6 && (is_absent(error) || error == EACCES || error == EINVAL || error == ENODEV)))
            return refused(why, "the route to the TUN", error);
    }
    return true;
}

bool steer_take_away(struct text *why)
{
    char space[128];
    struct text rules = text_of(space, sizeof space);
    bool ok;

    steer_rules_write_removal(&rules);
    ok = run_nft(bytes_of(rules.data, rules.len), why);
    for (size_t i = 0; i < COUNT_OF(families); i++) {
        int error = netlink_closed_route_remove(families[i]);
        if (error == 0)
            error = netlink_rule_remove(families[i]);
        if (error != 0 && !is_absent(error))
            ok = refused(why, "the rule that keeps traffic from leaving in clear", error);
    }
    int error = netlink_client_rules_remove();
    if (error != 0 && !is_absent(error))
        ok = refused(why, "the rule of vpnclient", error);
    return ok;
}
