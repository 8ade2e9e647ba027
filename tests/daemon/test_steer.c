/* Steering on a real kernel, in a network namespace of this process alone. The inside, the outside and the tunnel are
 * TUN devices whose other ends are here: packets are put in at one and looked for at all. Wants root. */
#include "daemon/steer.h"

#include "doctor/child.h"
#include "daemon/names.h"
#include "daemon/plane.h"
#include "policies.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum place { INSIDE, OUTSIDE, TUNNEL, PLACES, NOWHERE = PLACES };

static const char *const names[PLACES + 1] = {"inside0", "outside0", TUN_NAME, "nowhere"};
static int fds[PLACES];

static void ip_command(const char *words)
{
    char copy[200], space[400];
    char *argv[20] = {"ip"}, *rest = copy;
    struct text printed = text_of(space, sizeof space);

    snprintf(copy, sizeof copy, "%s", words);
    for (size_t i = 1; i < COUNT_OF(argv) - 1 && (argv[i] = strsep(&rest, " ")) != NULL; i++) {
    }
    if (child_run("/sbin/ip", argv, bytes_of(NULL, 0), &printed) != 0)
        fail_msg("ip %s: %s", words, space);
}

static int open_tun(const char *name)
{
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);

    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    CHECK(fd >= 0 && ioctl(fd, TUNSETIFF, &request) == 0);
    return fd;
}

static void set(const char *path, const char *value)
{
    int fd = open(path, O_WRONLY);

    CHECK(fd >= 0 && write(fd, value, strlen(value)) > 0);
    close(fd);
}

static int make_network(void **state)
{
    (void)state;
    if (unshare(CLONE_NEWNET) != 0) {
        fprintf(stderr, "this test makes a network namespace, for which it wants root\n");
        return -1;
    }
    set("/proc/sys/net/ipv4/ip_forward", "1");
    set("/proc/sys/net/ipv4/conf/all/rp_filter", "0");
    set("/proc/sys/net/ipv4/conf/default/rp_filter", "0");
    fds[INSIDE] = open_tun(names[INSIDE]);
    fds[OUTSIDE] = open_tun(names[OUTSIDE]);
    ip_command("link set lo up");
    ip_command("addr add 10.1.0.1/16 dev inside0");
    ip_command("link set inside0 up");
    ip_command("addr add 192.0.2.1/24 dev outside0");
    ip_command("link set outside0 up");
    ip_command("route add default via 192.0.2.254");
    return 0;
}

static void open_tunnel(void)
{
    char space[200];
    struct text why = text_of(space, sizeof space);

    fds[TUNNEL] = open_tun(TUN_NAME);
    ip_command("link set " TUN_NAME " up");
    if (!steer_open_tun(TUN_NAME, &why))
        fail_msg("%s", space);
}

static bool close_up(void)
{
    bool has_stood = false;
    char space[400];
    struct text why = text_of(space, sizeof space);
    struct steered s;

    make_steered(&s);
    if (!steer_close_up(&s.policy, (struct steer_guests){0}, &has_stood, &why))
        fail_msg("%s", space);
    return has_stood;
}

static uint16_t header_checksum(const uint8_t *header)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < 20; i += 2)
        sum += (uint32_t)header[i] << 8 | header[i + 1];
    while (sum > 0xffff)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

/* Twenty-eight bytes: an IPv4 header, two ports, four bytes of anything. */
static void send_packet(enum place at, const char *from, const char *to, uint8_t protocol, uint16_t port,
                        uint16_t fragment)
{
    uint8_t packet[28] = {0x45, 0, 0, 28, 0, 7, (uint8_t)(fragment >> 8), (uint8_t)fragment, 64, protocol};

    CHECK(inet_pton(AF_INET, from, packet + 12) == 1 && inet_pton(AF_INET, to, packet + 16) == 1);
    uint16_t sum = header_checksum(packet);
    packet[10] = (uint8_t)(sum >> 8);
    packet[11] = (uint8_t)sum;
    packet[20] = 0x80;
    packet[22] = (uint8_t)(port >> 8);
    packet[23] = (uint8_t)port;
    packet[25] = 8; /* as a UDP length; no checksum */
    CHECK(write(fds[at], packet, sizeof packet) == sizeof packet);
}

/* Where the packet from `from` to `to` comes out. Other packets (IPv6 of the kernel, ICMP errors) are passed over. */
static enum place place_of(const char *from, const char *to)
{
    uint8_t ends[8], packet[2000];
    struct pollfd polls[PLACES];

    CHECK(inet_pton(AF_INET, from, ends) == 1 && inet_pton(AF_INET, to, ends + 4) == 1);
    for (size_t i = 0; i < PLACES; i++)
        polls[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
    while (poll(polls, PLACES, 100) > 0)
        for (size_t i = 0; i < PLACES; i++) {
            if (!(polls[i].revents & POLLIN))
                continue;
            ssize_t len = read(fds[i], packet, sizeof packet);
            if (len >= 20 && packet[0] == 0x45 && memcmp(packet + 12, ends, sizeof ends) == 0)
                return (enum place)i;
        }
    return NOWHERE;
}

static void expect(enum place at, const char *from, const char *to, uint8_t protocol, uint16_t port, uint16_t fragment,
                   enum place expected, const char *why)
{
    send_packet(at, from, to, protocol, port, fragment);
    enum place place = place_of(from, to);
    if (place != expected)
        fail_msg("%s: from %s, %s to %s comes out at %s, not at %s", why, names[at], from, to, names[place],
                 names[expected]);
}

static const struct {
    enum place at;
    const char *from, *to;
    uint8_t protocol;
    uint16_t port, fragment;
    enum place expected;
    const char *why;
} cases[] = {
    {INSIDE, "10.1.0.5", "10.2.0.5", UDP, 9, 0, TUNNEL, "an entry permits it"},
    {INSIDE, "10.1.9.5", "10.2.0.5", UDP, 9, 0, OUTSIDE, "a deny, and no other entry: in clear, as on an ASA"},
    {INSIDE, "10.1.9.5", "10.2.9.5", UDP, 9, 0, TUNNEL, "a deny, and the next entry permits it"},
    {INSIDE, "10.1.0.5", "10.3.0.5", TCP, 80, 0, TUNNEL, "protocol and port fit"},
    {INSIDE, "10.1.0.5", "10.3.0.5", TCP, 81, 0, OUTSIDE, "another port"},
    {INSIDE, "10.1.0.5", "10.3.0.5", UDP, 80, 0, OUTSIDE, "another protocol"},
    {INSIDE, "10.1.0.5", "10.3.0.6", TCP, 0, 5, TUNNEL, "a later fragment of that protocol is never sent in clear"},
    {INSIDE, "10.1.0.5", "10.4.0.5", UDP, 9, 0, TUNNEL, "the traffic of a parked entry is not sent in clear"},
    {INSIDE, "10.1.0.5", "203.0.113.9", UDP, 9, 0, OUTSIDE, "no entry speaks of it"},
    {OUTSIDE, "10.2.0.5", "10.1.0.5", UDP, 9, 0, NOWHERE, "in clear from outside, what should have been protected"},
    {OUTSIDE, "10.2.0.5", "10.1.9.5", UDP, 9, 0, INSIDE, "a deny is a deny on the way in too"},
    {OUTSIDE, "10.3.0.5", "10.1.0.5", TCP, 81, 0, INSIDE, "the port of that rule is on the other side"},
    {OUTSIDE, "203.0.113.9", "10.1.0.5", UDP, 9, 0, INSIDE, "no entry speaks of it"},
    {TUNNEL, "10.2.0.5", "10.1.0.5", UDP, 9, 0, INSIDE, "what was protected goes in"},
    {TUNNEL, "10.2.0.5", "10.5.0.5", UDP, 9, 0, TUNNEL, "from one tunnel into another"},
    {TUNNEL, "10.2.0.5", "203.0.113.9", UDP, 9, 0, OUTSIDE, "from a tunnel to where no entry speaks of"},
    {TUNNEL, "10.2.0.5", "10.1.77.5", UDP, 9, 0, INSIDE,
     "nothing that comes out of the TUN for the inside is asked again"},
};

static void packets_go_where_the_crypto_acls_say_E09_E14(void **state)
{
    (void)state;
    CHECK(!close_up());
    open_tunnel();
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        expect(cases[i].at, cases[i].from, cases[i].to, cases[i].protocol, cases[i].port, cases[i].fragment,
               cases[i].expected, cases[i].why);
}

/* errno of a datagram of this host, or 0. */
static int send_from_here(const char *from, const char *to, int mark, uint16_t source_port)
{
    struct sockaddr_in source = {.sin_family = AF_INET, .sin_port = htons(source_port)},
                       destination = {.sin_family = AF_INET, .sin_port = htons(9)};
    int fd = socket(AF_INET, SOCK_DGRAM, 0), error = 0;

    inet_pton(AF_INET, from, &source.sin_addr);
    inet_pton(AF_INET, to, &destination.sin_addr);
    CHECK(setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof mark) == 0);
    CHECK(bind(fd, (struct sockaddr *)&source, sizeof source) == 0);
    if (sendto(fd, "x", 1, 0, (struct sockaddr *)&destination, sizeof destination) < 0)
        error = errno;
    close(fd);
    return error;
}

static void this_hosts_own_packets_are_steered_too_but_not_the_gateways(void **state)
{
    (void)state;
    CHECK(send_from_here("10.1.0.1", "10.2.0.5", 0, 0) == 0);
    CHECK(place_of("10.1.0.1", "10.2.0.5") == TUNNEL);
    CHECK(send_from_here("10.1.0.1", "10.2.0.5", PLANE_MARK, 0) == 0);
    CHECK(place_of("10.1.0.1", "10.2.0.5") == OUTSIDE);
    CHECK(send_from_here("192.0.2.1", "10.2.0.5", 0, 0) == 0);
    CHECK(place_of("192.0.2.1", "10.2.0.5") == OUTSIDE);
}

static void a_mark_from_elsewhere_does_not_open_the_tunnel(void **state)
{
    (void)state;
    CHECK(send_from_here("10.1.0.1", "203.0.113.9", MARK_STEERED, 0) == 0);
    CHECK(place_of("10.1.0.1", "203.0.113.9") == OUTSIDE);
}

static void a_new_policy_replaces_the_old_one(void **state)
{
    char space[400];
    struct text why = text_of(space, sizeof space);
    struct steered s;

    (void)state;
    make_steered(&s);
    s.policy.tunnel_count = 1;
    CHECK(steer_close_up(&s.policy, (struct steer_guests){0}, NULL, &why));
    expect(INSIDE, "10.1.0.5", "10.2.0.5", UDP, 9, 0, TUNNEL, "the entry that is left");
    expect(INSIDE, "10.1.0.5", "10.4.0.5", UDP, 9, 0, OUTSIDE, "an entry that has gone");
    close_up();
}

static void without_the_tun_nothing_leaves_in_clear_E10(void **state)
{
    (void)state;
    close(fds[TUNNEL]);
    fds[TUNNEL] = -1;
    expect(INSIDE, "10.1.0.5", "10.2.0.5", UDP, 9, 0, NOWHERE, "the TUN has gone, the rule stands");
    CHECK(send_from_here("10.1.0.1", "10.2.0.5", 0, 0) != 0);
    expect(INSIDE, "10.1.0.5", "203.0.113.9", UDP, 9, 0, OUTSIDE, "what no entry speaks of goes on");
}

static void a_start_takes_over_what_a_crash_has_left(void **state)
{
    (void)state;
    CHECK(close_up());
    open_tunnel();
    expect(INSIDE, "10.1.0.5", "10.2.0.5", UDP, 9, 0, TUNNEL, "as at the first start");
    close(fds[TUNNEL]);
    fds[TUNNEL] = -1;
}

static void what_was_made_is_taken_away_whole(void **state)
{
    char space[400];
    struct text why = text_of(space, sizeof space), printed = text_of(space, sizeof space);

    (void)state;
    CHECK(steer_take_away(&why));
    expect(INSIDE, "10.1.0.5", "10.2.0.5", UDP, 9, 0, OUTSIDE, "no steering any more");
    CHECK(child_run("/usr/sbin/nft", (char *[]){"nft", "list", "ruleset", NULL}, bytes_of(NULL, 0), &printed) == 0);
    CHECK(printed.len == 0);
    CHECK(child_run("/sbin/ip", (char *[]){"ip", "rule", "list", "priority", "450", NULL}, bytes_of(NULL, 0),
                    &printed) == 0);
    CHECK(printed.len == 0);
    CHECK(steer_take_away(&why)); /* and once more does no harm */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_go_where_the_crypto_acls_say_E09_E14),
        cmocka_unit_test(this_hosts_own_packets_are_steered_too_but_not_the_gateways),
        cmocka_unit_test(a_mark_from_elsewhere_does_not_open_the_tunnel),
        cmocka_unit_test(a_new_policy_replaces_the_old_one),
        cmocka_unit_test(without_the_tun_nothing_leaves_in_clear_E10),
        cmocka_unit_test(a_start_takes_over_what_a_crash_has_left),
        cmocka_unit_test(what_was_made_is_taken_away_whole),
    };

    return cmocka_run_group_tests(tests, make_network, NULL);
}
