/* Every check of checks.def against a machine on which the fault was made for real: a network namespace, a mount
 * namespace and a process of its own a case. Wants root. */
#include "doctor/doctor.h"

#include "base/check.h"
#include "conf/conf.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { OUTPUT_SIZE = 16 * 1024, CONFIG_SIZE = 4096 };

/* Where nothing is wrong. */
static const char healthy_machine[] =
    "set -e\n"
    "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1\n"
    "sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0\n"
    "ip link set lo up\n"
    "ip link add outside0 type veth peer name outside1\n"
    "ip link add inside0 type veth peer name inside1\n"
    "ip link add other0 type veth peer name other1\n"
    "for i in outside0 outside1 inside0 inside1 other0 other1; do ip link set $i up; done\n"
    "ip address add 192.0.2.1/24 dev outside0\n"
    "ip address add 10.1.0.1/16 dev inside0\n"
    "ip address add 203.0.113.1/24 dev other0\n"
    "ip route add default via 192.0.2.254\n";

static const char healthy_config[] = "interface GigabitEthernet0/0\n"
                                     " nameif outside\n"
                                     " ip address 192.0.2.1 255.255.255.0\n"
                                     "access-list A extended permit ip 10.1.0.0 255.255.0.0 10.2.0.0 255.255.0.0\n"
                                     "crypto ipsec ikev1 transform-set S esp-aes-256 esp-sha-hmac\n"
                                     "crypto map M 10 match address A\n"
                                     "crypto map M 10 set peer 198.51.100.2\n"
                                     "crypto map M 10 set ikev1 transform-set S\n"
                                     "crypto map M interface outside\n"
                                     "crypto ikev1 enable outside\n"
                                     "crypto ikev1 policy 10\n"
                                     " authentication pre-share\n encryption aes-256\n hash sha\n group 14\n"
                                     "tunnel-group 198.51.100.2 type ipsec-l2l\n"
                                     "tunnel-group 198.51.100.2 ipsec-attributes\n"
                                     " ikev1 pre-shared-key Key-One\n";

/* A second one, whose access-list B a case writes. */
#define SECOND_TUNNEL                                                                                                  \
    "crypto map M 20 match address B\n"                                                                                \
    "crypto map M 20 set peer 198.51.100.3\n"                                                                          \
    "crypto map M 20 set ikev1 transform-set S\n"                                                                      \
    "tunnel-group 198.51.100.3 type ipsec-l2l\n"                                                                       \
    "tunnel-group 198.51.100.3 ipsec-attributes\n"                                                                     \
    " ikev1 pre-shared-key Key-Two\n"

/* The peer's, whose access-list F a case writes. */
#define VPN_FILTER                                                                                                     \
    "group-policy P internal\ngroup-policy P attributes\n vpn-filter value F\n"                                        \
    "tunnel-group 198.51.100.2 general-attributes\n default-group-policy P\n"
#define INSIDE "interface GigabitEthernet0/1\n nameif inside\n ip address 10.1.0.1 255.255.0.0\n"

#define RULES(text) "nft -f - <<'END'\n" text "END\n"
#define INPUT_CHAIN(policy) "type filter hook input priority 0; policy " policy ";\n"

/* ---- Faults that a shell cannot make ---- */

static pid_t listener;

/* A process with that name that has UDP 500 or 4500 of that address. */
static void listen_as(const char *name, const char *address, uint16_t port)
{
    int ready[2];
    char byte;

    CHECK(pipe(ready) == 0);
    listener = fork();
    CHECK(listener >= 0);
    if (listener == 0) {
        struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
        int fd = socket(AF_INET, SOCK_DGRAM, 0);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        prctl(PR_SET_NAME, name);
        CHECK(inet_pton(AF_INET, address, &in.sin_addr) == 1);
        CHECK(bind(fd, (struct sockaddr *)&in, sizeof in) == 0 && write(ready[1], "", 1) == 1);
        for (;;)
            pause();
    }
    CHECK(read(ready[0], &byte, 1) == 1);
}

static void run_charon(void)
{
    listen_as("charon", "0.0.0.0", 500);
}

static void run_unknown(void)
{
    listen_as("a b;c", "192.0.2.1", 4500);
}

static void run_ikewised(void)
{
    listen_as("ikewised", "192.0.2.1", 500);
}

static void run_elsewhere(void)
{
    listen_as("charon", "10.1.0.1", 500);
}

/* The same port of three addresses: only the middle one is ours. */
static void run_three(void)
{
    listen_as("charon", "10.1.0.1", 500);
    listen_as("mine", "192.0.2.1", 500);
    pid_t mine = listener;
    listen_as("pluto", "203.0.113.1", 500);
    listener = mine;
}

/* A socket that is on its way between two processes, in the hands of none. */
static void hide_socket(void)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(500)};
    int fd = socket(AF_INET, SOCK_DGRAM, 0), pair[2];
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof fd)] = {0};
    struct iovec vector = {"", 1};
    struct msghdr message = {
        .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);

    CHECK(bind(fd, (struct sockaddr *)&in, sizeof in) == 0 && socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(c), &fd, sizeof fd);
    CHECK(sendmsg(pair[0], &message, 0) == 1);
    close(fd);
}

static void lose_capability(void)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];

    CHECK(syscall(SYS_capget, &header, data) == 0);
    data[0].effective &= ~(1U << CAP_NET_RAW);
    CHECK(syscall(SYS_capset, &header, data) == 0);
}

static void be_nobody(void)
{
    CHECK(setgid(65534) == 0 && setuid(65534) == 0);
}

/* Whoever asks for a table of iptables makes it. */
static void use_old_filter(void)
{
    struct ipt_getinfo info = {.name = "filter"};
    socklen_t len = sizeof info;
    int fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);

    CHECK(getsockopt(fd, IPPROTO_IP, IPT_SO_GET_INFO, &info, &len) == 0);
    close(fd);
}

/* ---- Cases ---- */

/* What is found is written as lines: check: sentence => repair. */
static const struct test_case {
    const char *why;
    const char *script;
    void (*fault)(void);
    const char *more_config;
    const char *expected;
} cases[] = {
    {"nothing is wrong", "", NULL, "", ""},

    /* ports */
    {"another IKE daemon has UDP 500", "", run_charon, "",
     "port-of-service: UDP 500 of 192.0.2.1 belongs to charon (process PID), another IKE daemon"
     " => systemctl disable --now strongswan-starter\n"},
    {"something else has UDP 4500, and a name made for a shell", "", run_unknown, "",
     "port-of-process: UDP 4500 of 192.0.2.1 belongs to a b;c (process PID) => kill PID\n"},
    {"ikewised itself has UDP 500", "", run_ikewised, "", ""},
    {"another IKE daemon has an address that we do not want", "", run_elsewhere, "", ""},
    {"others have the same port of other addresses", "", run_three, "",
     "port-of-process: UDP 500 of 192.0.2.1 belongs to mine (process PID) => kill PID\n"},
    {"who has UDP 500 cannot be seen", "", hide_socket, "",
     "port-taken: UDP 500 of 192.0.2.1 is taken, by what cannot be seen from here => ss -aunp 'sport = :500'\n"},

    /* the machine */
    {"a capability was taken away", "", lose_capability, "",
     "capability: this process lacks CAP_NET_RAW, and what it is started from cannot give it to ikewised"
     " => docker run --cap-add CAP_NET_RAW ...\n"},
    {"somebody else than root asks", "", be_nobody, "",
     "not-root: this is not run as root: other programs, the packet filter and /dev/net/tun cannot be judged"
     " => sudo ikewise doctor\n"
     "filter-unread: cannot judge the packet filter: its rules cannot be read => nft list ruleset\n"},
    {"no device, though the kernel has the module", "mount -t tmpfs none /dev/net\n", NULL, "",
     "no-tun-device: there is no /dev/net/tun, though the kernel could serve it"
     " => mkdir -p /dev/net && mknod -m 600 /dev/net/tun c 10 200\n"},
    {"no device and no module", "mount -t tmpfs none /dev/net\nmount --bind /dev/null /proc/misc\n", NULL, "",
     "no-tun-module: there is no /dev/net/tun, and the kernel has not loaded its module => modprobe tun\n"},
    {"a device that may not be used", "mount -t tmpfs -o nodev none /dev/net\nmknod /dev/net/tun c 10 200\n", NULL, "",
     "tun-refused: /dev/net/tun cannot be opened: Permission denied => docker run --device /dev/net/tun ...\n"},
    {"no nft", "mount -t tmpfs none /usr/sbin\n", NULL, "",
     "no-nft: there is no nft program, with which ikewised leads traffic into tunnels => apt-get install nftables\n"},

    /* settings */
    {"no forwarding", "sysctl -qw net.ipv4.ip_forward=0\n", NULL, "",
     "no-forwarding: this machine does not forward IPv4 (net.ipv4.ip_forward is 0): 10.1.0.0/16 cannot use its tunnel"
     " => sysctl -w net.ipv4.ip_forward=1\n"},
    {"no forwarding, and another tunnel for this machine alone", "sysctl -qw net.ipv4.ip_forward=0\n", NULL,
     SECOND_TUNNEL "access-list B extended permit ip host 10.1.0.1 10.3.0.0 255.255.0.0\n",
     "no-forwarding: this machine does not forward IPv4 (net.ipv4.ip_forward is 0): 10.1.0.0/16 cannot use its tunnel"
     " => sysctl -w net.ipv4.ip_forward=1\n"},
    {"no forwarding of IPv6", "sysctl -qw net.ipv6.conf.all.forwarding=0\n", NULL,
     SECOND_TUNNEL "access-list B extended permit ip host 2001:db8:1::5 host 2001:db8:2::5\n",
     "no-forwarding-v6: this machine does not forward IPv6 (net.ipv6.conf.all.forwarding is 0): 2001:db8:1::5 cannot "
     "use "
     "its tunnel => sysctl -w net.ipv6.conf.all.forwarding=1\n"},
    {"strict, and the way to the peer is another",
     "sysctl -qw net.ipv4.conf.all.rp_filter=1\n"
     "ip route add 198.51.100.2 via 203.0.113.254\n",
     NULL, "",
     "strict-path: outside0 drops what comes from 198.51.100.2 (rp_filter is strict there), for the way back to it "
     "leads "
     "through other0 => sysctl -w net.ipv4.conf.all.rp_filter=2\n"},
    {"loose, and the way to the peer is another",
     "sysctl -qw net.ipv4.conf.all.rp_filter=2\n"
     "ip route add 198.51.100.2 via 203.0.113.254\n",
     NULL, "", ""},
    {"strict, and the way to the peer is the same", "sysctl -qw net.ipv4.conf.all.rp_filter=1\n", NULL, "", ""},
    {"strict by default, and ikewised may not change it",
     "sysctl -qw net.ipv4.conf.default.rp_filter=1\n"
     "mount --bind /proc/sys /proc/sys\nmount -o remount,bind,ro /proc/sys\n",
     NULL, "",
     "strict-tun: ikewise0 drops what comes out of the tunnels (rp_filter is strict there), and ikewised cannot change "
     "it: /proc/sys is read-only => docker run --sysctl net.ipv4.conf.all.rp_filter=2 ...\n"},
    {"strict by default, which ikewised changes for its device", "sysctl -qw net.ipv4.conf.default.rp_filter=1\n", NULL,
     "", ""},
    {"checked at all, and no route to the far network",
     "sysctl -qw net.ipv4.conf.all.rp_filter=1\nip route del default\n"
     "ip route add 198.51.100.2 via 192.0.2.254\n",
     NULL, "",
     "loose-tun: what comes from 10.2.0.0/16 out of its tunnel is dropped: rp_filter wants a route to it, any will do, "
     "and "
     "there is none => sysctl -w net.ipv4.conf.all.rp_filter=0\n"},

    /* addresses and routes */
    {"no address",
     "ip address del 192.0.2.1/24 dev outside0\nip address add 192.0.2.7/24 dev outside0\n"
     "ip route replace default via 192.0.2.254\n",
     NULL, "",
     "no-address: no interface of this machine has 192.0.2.1, the address of outside"
     " => ip address add 192.0.2.1/24 dev outside0\n"},
    {"an interface that is down", "ip link set outside0 down\nip route add default via 203.0.113.254\n", NULL, "",
     "interface-down: outside0, which has the address of outside, is down => ip link set outside0 up\n"},
    {"no route", "ip route del default\n", NULL, "",
     "no-route: there is no route to 198.51.100.2, the peer of crypto map M 10"
     " => ip route add 198.51.100.2 via GATEWAY dev outside0\n"},
    {"a route that refuses", "ip route add unreachable 198.51.100.2\n", NULL, "",
     "no-route: there is no route to 198.51.100.2, the peer of crypto map M 10"
     " => ip route add 198.51.100.2 via GATEWAY dev outside0\n"},
    {"no route, though the configuration has one", "ip route del default\n", NULL,
     "route outside 198.51.100.0 255.255.255.0 192.0.2.254 1\n",
     "no-route-as-written: there is no route to 198.51.100.2, the peer of crypto map M 10, though the configuration "
     "has "
     "one => ip route add 198.51.100.0/24 via 192.0.2.254\n"},
    {"no route, and that of the configuration is tracked: it may be away", "ip route del default\n", NULL,
     "route outside 198.51.100.0 255.255.255.0 192.0.2.254 1 track 1\n",
     "no-route: there is no route to 198.51.100.2, the peer of crypto map M 10"
     " => ip route add 198.51.100.2 via GATEWAY dev outside0\n"},
    {"the narrowest route of the configuration", "ip route del default\n", NULL,
     "route outside 0.0.0.0 0.0.0.0 192.0.2.9 1\nroute outside 198.51.100.0 255.255.255.0 192.0.2.254 1\n",
     "no-route-as-written: there is no route to 198.51.100.2, the peer of crypto map M 10, though the configuration "
     "has "
     "one => ip route add 198.51.100.0/24 via 192.0.2.254\n"},
    {"a small MTU", "ip link set outside0 mtu 1000\n", NULL, "",
     "small-mtu: the MTU of outside0, the way to 198.51.100.2, is 1000: less than the 1280 bytes that many networks "
     "rely "
     "on => ip link set outside0 mtu 1500\n"},

    /* access-lists */
    {"a vpn-filter with its ends the wrong way round", "", NULL,
     VPN_FILTER "access-list F extended permit ip 10.1.0.0 255.255.0.0 10.2.0.0 255.255.0.0\n",
     "filter-denies: the vpn-filter F lets nothing through of 10.1.0.0/16 -> 10.2.0.0/16 of crypto map M 10"
     " => editor +4 'my file.conf'\n"},
    {"a vpn-filter that denies all before it permits some", "", NULL,
     VPN_FILTER "access-list F extended deny ip any any\n"
                "access-list F extended permit tcp 10.2.0.0 255.255.0.0 any eq 80\n",
     "filter-denies: the vpn-filter F lets nothing through of 10.1.0.0/16 -> 10.2.0.0/16 of crypto map M 10"
     " => editor +4 'my file.conf'\n"},
    {"a vpn-filter that lets a port through", "", NULL,
     VPN_FILTER "access-list F extended deny udp any any\n"
                "access-list F extended permit tcp 10.2.0.0 255.255.0.0 any eq 80\n",
     ""},
    {"a list of the inner interface that has other networks", "", NULL,
     INSIDE "access-list I extended permit ip 10.1.0.0 255.255.0.0 192.0.2.0 255.255.255.0\n"
            "access-group I in interface inside\n",
     "list-denies-in: the access-list I lets nothing of 10.1.0.0/16 -> 10.2.0.0/16 of crypto map M 10 in at inside: "
     "hosts "
     "there can answer, and not begin => editor +4 'my file.conf'\n"},
    {"the same, with one for any interface that has them", "", NULL,
     INSIDE "access-list I extended permit ip 10.1.0.0 255.255.0.0 192.0.2.0 255.255.255.0\n"
            "access-group I in interface inside\n"
            "access-list G extended permit ip any any\naccess-group G global\n",
     ""},
    {"a list of what leaves to the inner network", "", NULL,
     INSIDE "access-list O extended deny ip 10.2.0.0 255.254.0.0 any\naccess-list O extended permit ip any any\n"
            "access-group O out interface inside\n",
     "list-denies-out: the access-list O lets nothing of 10.2.0.0/16 -> 10.1.0.0/16 out of the tunnel of crypto map M "
     "10 "
     "to inside: hosts there can begin, and not be asked => editor +4 'my file.conf'\n"},
    {"a list of the outer interface, which decrypted packets pass", "", NULL,
     "access-list X extended permit icmp any host 192.0.2.1\naccess-group X in interface outside\n", ""},
    {"the same without permit-vpn", "", NULL,
     "access-list X extended permit icmp any host 192.0.2.1\naccess-group X in interface outside\n"
     "no sysopt connection permit-vpn\n",
     "list-denies-decrypted: without sysopt connection permit-vpn the access-list X of outside lets nothing of "
     "10.2.0.0/16 "
     "-> 10.1.0.0/16 of crypto map M 10 through: the far end can answer, and not begin => editor +4 'my file.conf'\n"},

    /* networks that overlap */
    {"the same network at both ends", "", NULL,
     "access-list A extended permit ip 10.9.0.0 255.255.0.0 10.9.0.0 255.255.0.0\n",
     "same-network: crypto map M 10 has 10.9.0.0/16 at both ends: hosts there ask their own network, never the tunnel"
     " => editor +19 'my file.conf'\n"},
    {"one network within the other", "", NULL,
     "access-list A extended permit ip 10.0.0.0 255.0.0.0 10.9.0.0 255.255.0.0\n",
     "networks-overlap: crypto map M 10 has 10.0.0.0/8 at this end and 10.9.0.0/16 at the far end: what both hold is "
     "sent "
     "into the tunnel => editor +19 'my file.conf'\n"},
    {"a hub, with any at one end", "", NULL, "access-list A extended permit ip any 10.9.0.0 255.255.0.0\n", ""},
    {"the peer inside its own network", "", NULL,
     "access-list A extended permit ip 10.1.0.0 255.255.0.0 198.51.100.0 255.255.255.0\n",
     "peer-inside: crypto map M 10 has 198.51.100.2 as its peer, inside 198.51.100.0/24 behind it: all but IKE and ESP "
     "to "
     "it goes into the tunnel => editor +19 'my file.conf'\n"},
    {"the second tunnel wants what the first one takes", "", NULL,
     SECOND_TUNNEL "access-list B extended permit ip 10.1.0.0 255.255.0.0 10.2.3.0 255.255.255.0\n",
     "tunnel-hidden: 10.1.0.0/16 -> 10.2.3.0/24 of crypto map M 20 is never used: line 4 catches all of it for another "
     "peer"
     " => editor +25 'my file.conf'\n"},
    {"the second tunnel wants some of what the first one takes", "", NULL,
     SECOND_TUNNEL "access-list B extended permit ip 10.0.0.0 255.0.0.0 10.2.3.0 255.255.255.0\n",
     "networks-overlap: crypto map M 20 has 10.0.0.0/8 at this end and 10.2.3.0/24 at the far end: what both hold is "
     "sent "
     "into the tunnel => editor +25 'my file.conf'\n"
     "tunnels-overlap: 10.0.0.0/8 -> 10.2.3.0/24 of crypto map M 20 is used in part: line 4 catches some of it for "
     "another "
     "peer => editor +25 'my file.conf'\n"},
    {"the second tunnel is the wide one behind an exception", "", NULL,
     SECOND_TUNNEL "access-list B extended permit ip 10.1.0.0 255.255.0.0 10.2.0.0 255.254.0.0\n", ""},

    {"a deny of the first tunnel leaves it to the second", "", NULL,
     "access-list A extended deny ip 10.1.0.0 255.255.0.0 10.2.3.0 255.255.255.0\n"
     "access-list A extended permit ip 10.1.0.0 255.255.0.0 10.2.0.0 255.255.0.0\n" SECOND_TUNNEL
     "access-list B extended permit ip 10.1.0.0 255.255.0.0 10.2.3.0 255.255.255.0\n",
     ""},
    {"two entries for one peer", "", NULL,
     "crypto map M 20 match address B\ncrypto map M 20 set peer 198.51.100.2\n"
     "crypto map M 20 set ikev1 transform-set S\n"
     "access-list B extended permit ip 10.1.0.0 255.255.0.0 10.2.3.0 255.255.255.0\n",
     ""},

    /* the packet filter */
    {"UDP 4500 is dropped", RULES("table inet f {\nchain i {\n" INPUT_CHAIN("accept") "udp dport 4500 drop\n}\n}\n"),
     NULL, "",
     "filter-drops: UDP 4500 from 198.51.100.2 is dropped by the rule with handle 2 of chain inet f i"
     " => nft insert rule inet f i 'udp dport 4500' accept\n"},
    {"ESP is rejected on its way out",
     RULES("table ip f {\nchain o {\ntype filter hook output priority 0;\n"
           "ip protocol esp reject\n}\n}\n"),
     NULL, "",
     "filter-drops: ESP to 198.51.100.2 is dropped by the rule with handle 2 of chain ip f o"
     " => nft insert rule ip f o 'meta l4proto esp' accept\n"},
    {"a policy of drop with room for IKE but not for ESP",
     RULES("table inet f {\nchain i {\n" INPUT_CHAIN(
         "drop") "iifname \"lo\" accept\niifname \"outside0\" udp dport { 500, 4500 } accept\n}\n}\n"),
     NULL, "",
     "filter-drops: ESP from 198.51.100.2 is dropped by the policy of chain inet f i"
     " => nft insert rule inet f i 'meta l4proto esp' accept\n"},
    {"only answers are let in",
     RULES("table inet f {\nchain i {\n" INPUT_CHAIN(
         "drop") "ct state established,related accept\nudp dport { 500, 4500 } accept\n}\n}\n"),
     NULL, "",
     "filter-one-way: ESP from 198.51.100.2 is dropped by the policy of chain inet f i unless it belongs to what the "
     "other end was first asked => nft insert rule inet f i 'meta l4proto esp' accept\n"},
    {"a rule that asks for what cannot be seen",
     RULES("table inet f {\nchain i {\n" INPUT_CHAIN("accept") "udp dport 500 limit rate over 5/second drop\n}\n}\n"),
     NULL, "",
     "filter-unsure: cannot judge whether the rule with handle 2 of chain inet f i drops UDP 500 from 198.51.100.2"
     " => nft -a list chain inet f i\n"},
    {"a list of peers that are let in, with ours",
     RULES("table inet f {\nset peers { type ipv4_addr; flags interval; "
           "elements = { 198.51.100.0/24 }; }\nchain i {\n" INPUT_CHAIN("drop") "ip saddr @peers accept\n}\n}\n"),
     NULL, "", ""},
    {"a list of enemies, with our peer, in a chain of its own",
     RULES(
         "table inet f {\nset enemies { type ipv4_addr; "
         "elements = { 198.51.100.2 }; }\nchain e {\nip saddr @enemies udp dport 500 drop\n}\nchain i {\n" INPUT_CHAIN(
             "accept") "jump e\n}\n}\n"),
     NULL, "",
     "filter-drops: UDP 500 from 198.51.100.2 is dropped by the rule with handle 4 of chain inet f i"
     " => nft insert rule inet f i 'udp dport 500' accept\n"},
    {"rules for other ports, protocols, interfaces and families",
     RULES("table inet f {\nchain i {\n" INPUT_CHAIN(
         "accept") "tcp dport 500 drop\nudp dport 53 drop\niifname \"inside0\" drop\nmeta nfproto ipv6 drop\nip "
                   "protocol 51 drop\n"
                   "ip saddr 203.0.113.0/24 drop\nct state invalid drop\n}\n}\n"
                   "table ip6 g {\nchain i {\ntype filter hook input priority 0; policy drop;\n}\n}\n"),
     NULL, "", ""},
    {"a map of ports",
     RULES("table inet f {\nchain i {\n" INPUT_CHAIN("accept") "udp dport vmap { 53 : accept, 500 : drop }\n}\n}\n"),
     NULL, "",
     "filter-drops: UDP 500 from 198.51.100.2 is dropped by the rule with handle 3 of chain inet f i"
     " => nft insert rule inet f i 'udp dport 500' accept\n"},
    {"dropped before it is routed",
     RULES("table inet f {\nchain p {\ntype filter hook prerouting priority -300;\n"
           "udp dport 500 drop\n}\n}\n"),
     NULL, "",
     "filter-drops: UDP 500 from 198.51.100.2 is dropped by the rule with handle 2 of chain inet f p"
     " => nft insert rule inet f p 'udp dport 500' accept\n"},
    {"what ikewised has left is no fault",
     RULES("table inet ikewise {\nchain o {\ntype filter hook output priority 0; "
           "policy drop;\n}\n}\n"),
     NULL, "", ""},
    {"the old packet filter is in use", "", use_old_filter, "",
     "filter-legacy: cannot judge the old packet filter: its table filter is in use, and nft does not show it"
     " => iptables-legacy -t filter -S\n"},
};

/* ---- One case in a process of its own ---- */

/* What a command alone repairs, here. */
static const char *const runnable[] = {"sysctl ", "ip ", "nft insert ", "kill ", "mkdir "};

struct shared {
    unsigned repaired_count;
    unsigned others_count; /* findings of other tunnels than the one that was asked for */
    bool is_provoked[DOCTOR_CHECK_COUNT];
    char output[OUTPUT_SIZE];
};

static struct shared *shared;

static void run_script(const char *script)
{
    FILE *shell = popen("exec sh 2>&1 >/dev/null", "w");

    CHECK(shell != NULL && fputs(script, shell) >= 0);
    CHECK(pclose(shell) == 0);
}

static struct conf read_config(const char *more)
{
    static char text[CONFIG_SIZE];
    const char *replaced = strncmp(more, "access-list A ", 14) == 0 ? strstr(healthy_config, "access-list A") : NULL;
    struct arena arena;
    struct conf conf;

    /* A case's list A takes the place of the healthy one, whose line becomes a remark. */
    if (replaced != NULL)
        snprintf(text, sizeof text, "%.*s!%s%s", (int)(replaced - healthy_config), healthy_config,
                 strchr(replaced, '\n'), more);
    else
        snprintf(text, sizeof text, "%s%s", healthy_config, more);
    size_t size = conf_space(strlen(text));
    arena = arena_of(malloc(size), size);
    CHECK(conf_read(&conf, bytes_of_text(text), "my file.conf", &arena));
    for (uint32_t i = 0; i < conf.finding_count; i++)
        if (conf.findings[i].severity == CONF_ERROR)
            fprintf(stderr, "%u: %s\n", conf.findings[i].line, conf.findings[i].sentence);
    CHECK(conf.error_count == 0 && conf.parked_count == 0);
    return conf;
}

/* The number of a process is another one each time. */
static void add_without_pid(struct text *t, const char *line)
{
    char pid[24];
    size_t len = (size_t)snprintf(pid, sizeof pid, "%d", (int)listener);

    for (const char *at; listener != 0 && (at = strstr(line, pid)) != NULL; line = at + len)
        text_add(t, "%.*sPID", (int)(at - line), line);
    text_add(t, "%s", line);
}

static bool is_runnable(const char *command)
{
    for (size_t i = 0; i < COUNT_OF(runnable); i++)
        if (strncmp(command, runnable[i], strlen(runnable[i])) == 0)
            return strstr(command, "GATEWAY") == NULL;
    return false;
}

/* Runs the commands as they are printed, and asks again. */
static void repair(const struct doctor_report *report, const struct conf *conf)
{
    bool was_killed = false;

    for (size_t i = 0; i < report->count; i++)
        if (is_runnable(report->findings[i].repair)) {
            run_script(report->findings[i].repair);
            was_killed |= strncmp(report->findings[i].repair, "kill ", 5) == 0;
            shared->repaired_count++;
        }
    if (was_killed)
        CHECK(waitpid(listener, NULL, 0) == listener);
    else if (listener != 0)
        kill(listener, SIGKILL);
    struct doctor_report *again = doctor_examine(&conf->policy, conf->file_name);
    for (size_t i = 0; i < report->count; i++)
        for (size_t j = 0; j < again->count; j++)
            if (is_runnable(report->findings[i].repair) &&
                strcmp(report->findings[i].sentence, again->findings[j].sentence) == 0) {
                fprintf(stderr, "not repaired: %s => %s\n", again->findings[j].sentence, again->findings[j].repair);
                _exit(1);
            }
    free(again);
}

/* Of one tunnel, or of none, only what names no other is found. */
static void examine_each_alone(const struct doctor_report *all, const struct conf *conf)
{
    for (uint32_t tunnel = 0; tunnel <= conf->policy.tunnel_count; tunnel++) {
        bool is_none = tunnel == conf->policy.tunnel_count;
        struct doctor_report *alone =
            doctor_examine_tunnel(&conf->policy, is_none ? NO_INDEX : (uint16_t)tunnel, conf->file_name);
        char own[80] = "";

        if (!is_none)
            snprintf(own, sizeof own, "crypto map %s %u", conf->policy.tunnels[tunnel].map_name,
                     conf->policy.tunnels[tunnel].sequence);
        for (size_t i = 0; i < alone->count; i++)
            CHECK(strstr(alone->findings[i].sentence, "crypto map ") == NULL ||
                  (!is_none && strstr(alone->findings[i].sentence, own) != NULL));
        CHECK(alone->count <= all->count);
        shared->others_count += (unsigned)(all->count - alone->count);
        free(alone);
    }
}

static void examine(const struct test_case *one)
{
    struct conf conf = read_config(one->more_config);
    struct text output = text_of(shared->output, sizeof shared->output);

    CHECK(unshare(CLONE_NEWNET | CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
    run_script(healthy_machine);
    run_script(one->script);
    if (one->fault != NULL)
        one->fault();
    struct doctor_report *report = doctor_examine(&conf.policy, conf.file_name);
    CHECK(report != NULL && report->left_out == 0);
    for (size_t i = 0; i < report->count; i++) {
        const struct doctor_finding *finding = &report->findings[i];
        shared->is_provoked[finding->check] = true;
        text_add(&output, "%s: ", doctor_check_name(finding->check));
        add_without_pid(&output, finding->sentence);
        text_add(&output, " => ");
        add_without_pid(&output, finding->repair);
        text_add(&output, "\n");
    }
    if (conf.policy.tunnel_count > 1)
        examine_each_alone(report, &conf);
    repair(report, &conf);
    free(report);
}

static bool run_case(const struct test_case *one)
{
    int status;

    shared->output[0] = '\0';
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        examine(one);
        _exit(0);
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    bool ok = status == 0 && strcmp(shared->output, one->expected) == 0;
    if (!ok)
        print_error("%s:\n  expected: %s\n  found:    %s\n", one->why, one->expected, shared->output);
    return ok;
}

static void each_fault_is_found_and_named_with_its_repair(void **state)
{
    unsigned failures = 0;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        failures += !run_case(&cases[i]);
    assert_int_equal(failures, 0);
}

static void the_commands_repair_what_they_are_for(void **state)
{
    (void)state; /* each case ran its own: one that did not help has failed it */
    assert_in_range(shared->repaired_count, 15, 100);
}

static void each_row_of_the_table_was_provoked(void **state)
{
    (void)state;
    for (size_t i = 0; i < DOCTOR_CHECK_COUNT; i++)
        if (!shared->is_provoked[i])
            fail_msg("%s was not", doctor_check_name((enum doctor_check)i));
}

static void what_other_tunnels_lack_is_not_found_of_one(void **state)
{
    (void)state; /* each case with several has asked of each */
    assert_in_range(shared->others_count, 5, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fault_is_found_and_named_with_its_repair),
        cmocka_unit_test(the_commands_repair_what_they_are_for),
        cmocka_unit_test(what_other_tunnels_lack_is_not_found_of_one),
        cmocka_unit_test(each_row_of_the_table_was_provoked),
    };

    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(shared != MAP_FAILED);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
