/* The statements of an ASA and of a router that have to do with tunnels, one by one: which act, which are taken and
 * said to be ignored, which are refused, and why. */
#include "conf/reading.h"
#include "conf/statement.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum taken { ACTS, QUIET, IGNORED, REFUSED };

static const char *const taken_names[] = {"acts", "there is nothing to do", "is said to be ignored", "is refused"};

struct row {
    const char *block, *statement; /* the block that it stands in; "": none */
    enum taken taken;
    const char *why; /* a part of what is said when it is refused */
};

#define POLICY "crypto ikev1 policy 10"
#define IPSEC "tunnel-group 192.0.2.9 ipsec-attributes"
#define GENERAL "tunnel-group STAFF general-attributes"
#define AAA "aaa-server USERS protocol pam"
#define GP "group-policy GP attributes"
#define USER "username alice attributes"
#define TP "crypto ca trustpoint TP"
#define IFC "interface GigabitEthernet0/0"
#define OBJECT "object network O"
#define GROUP "object-group network G"
#define SERVICE "object service S"
#define SLA "sla monitor 1"
#define SERVICES "object-group service S"

static const struct row asa[] = {
    /* phase 1 */
    {"", "crypto isakmp policy 10", ACTS, NULL},
    {"", "crypto ikev1 policy 65535", ACTS, NULL},
    {"", "crypto ikev1 policy 0", REFUSED, "\"0\" is not understood"},
    {POLICY, "authentication pre-share", ACTS, NULL},
    {POLICY, "authentication rsa-sig", ACTS, NULL},
    {POLICY, "authentication crack", REFUSED, "by pre-shared keys and by signatures only"},
    {POLICY, "encryption des", ACTS, NULL},
    {POLICY, "encryption 3des", ACTS, NULL},
    {POLICY, "encryption aes", ACTS, NULL},
    {POLICY, "encryption aes-192", ACTS, NULL},
    {POLICY, "encryption aes-256", ACTS, NULL},
    {POLICY, "hash md5", ACTS, NULL},
    {POLICY, "hash sha", ACTS, NULL},
    {POLICY, "group 1", ACTS, NULL},
    {POLICY, "group 2", ACTS, NULL},
    {POLICY, "group 5", ACTS, NULL},
    {POLICY, "group 7", REFUSED, "group 7"},
    {POLICY, "group 14", ACTS, NULL},
    {POLICY, "lifetime 120", ACTS, NULL},
    {POLICY, "lifetime 119", REFUSED, "\"119\" is not understood"},
    {POLICY, "lifetime none", ACTS, NULL},
    {"", "crypto ikev1 enable outside", ACTS, NULL},
    {"", "crypto isakmp enable outside", ACTS, NULL},
    {"", "crypto ikev1 am-disable", ACTS, NULL},
    {"", "crypto isakmp am-disable", ACTS, NULL},
    {"", "crypto ikev1 limit max-in-negotiation-sa 50", ACTS, NULL},
    {"", "crypto isakmp limit max-in-negotiation-sa 50", ACTS, NULL},
    {"", "crypto ikev1 limit max-in-negotiation-sa 101", REFUSED, "\"101\" is not understood"},
    {"", "crypto ikev1 limit in-negotiation-sa 1000", ACTS, NULL},
    {"", "crypto ikev1 limit max-sa 5000", ACTS, NULL},
    {"", "crypto ikev1 limit max-sa 0", REFUSED, "\"0\" is not understood"},
    {"", "crypto isakmp identity address", ACTS, NULL},
    {"", "crypto isakmp identity hostname", ACTS, NULL},
    {"", "crypto isakmp identity key-id west", ACTS, NULL},
    {"", "crypto isakmp identity auto", ACTS, NULL},
    {"", "crypto isakmp nat-traversal", ACTS, NULL},
    {"", "crypto isakmp nat-traversal 20", ACTS, NULL},
    {"", "no crypto isakmp nat-traversal", ACTS, NULL},
    {"", "crypto isakmp disconnect-notify", ACTS, NULL},
    {"", "no crypto isakmp disconnect-notify", ACTS, NULL},
    {"", "crypto isakmp reload-wait", ACTS, NULL},
    {"", "crypto isakmp invalid-spi-recovery", ACTS, NULL},
    {"", "crypto ikev1 ipsec-over-tcp port 10000", IGNORED, NULL},
    {"", "crypto isakmp ipsec-over-tcp", IGNORED, NULL},
    /* phase 2 */
    {"", "crypto ipsec transform-set T esp-des esp-md5-hmac", ACTS, NULL},
    {"", "crypto ipsec ikev1 transform-set T esp-3des esp-sha-hmac", ACTS, NULL},
    {"", "crypto ipsec ikev1 transform-set T esp-aes esp-none", ACTS, NULL}, /* a crypto map with it is parked */
    {"", "crypto ipsec ikev1 transform-set T esp-aes-192 esp-sha-hmac", ACTS, NULL},
    {"", "crypto ipsec ikev1 transform-set T esp-aes-256 esp-sha-hmac", ACTS, NULL},
    {"", "crypto ipsec ikev1 transform-set T esp-null esp-sha-hmac", ACTS, NULL},
    {"", "crypto ipsec ikev1 transform-set T mode transport", ACTS, NULL},
    {"", "crypto ipsec security-association lifetime seconds 28800", ACTS, NULL},
    {"", "crypto ipsec security-association lifetime kilobytes 4608000", ACTS, NULL},
    {"", "crypto ipsec security-association lifetime kilobytes unlimited", ACTS, NULL},
    {"", "crypto ipsec security-association pmtu-aging infinite", QUIET, NULL},
    {"", "crypto ipsec security-association replay window-size 1024", ACTS, NULL},
    {"", "crypto ipsec security-association replay window-size 65", REFUSED, "65"},
    {"", "crypto ipsec security-association replay disable", ACTS, NULL},
    {"", "crypto ipsec df-bit clear-df outside", ACTS, NULL},
    {"", "crypto ipsec fragmentation before-encryption outside", ACTS, NULL},
    {"", "crypto ipsec fragmentation after-encryption outside", ACTS, NULL},
    {"", "sysopt connection permit-vpn", ACTS, NULL},
    {"", "no sysopt connection permit-vpn", ACTS, NULL},
    {"", "sysopt connection tcpmss 1350", ACTS, NULL},
    {"", "sysopt connection tcpmss 0", ACTS, NULL},
    {"", "sysopt connection tcpmss minimum 500", IGNORED, NULL},
    {"", "sysopt connection reclassify-vpn", IGNORED, NULL},
    {"", "sysopt connection preserve-vpn-flows", IGNORED, NULL},
    /* crypto maps */
    {"", "crypto map M 10 match address A", ACTS, NULL},
    {"", "crypto map M 65536 match address A", REFUSED, "\"65536\" is not understood"},
    {"", "crypto map M 10 set peer 192.0.2.9 192.0.2.10", ACTS, NULL},
    {"", "crypto map M 10 set transform-set T U", ACTS, NULL},
    {"", "crypto map M 10 set ikev1 transform-set T U", ACTS, NULL},
    {"", "crypto map M 10 set pfs", ACTS, NULL},
    {"", "crypto map M 10 set pfs group5", ACTS, NULL},
    {"", "crypto map M 10 set security-association lifetime seconds 3600", ACTS, NULL},
    {"", "crypto map M 10 set security-association lifetime kilobytes 10000", ACTS, NULL},
    {"", "crypto map M 10 set security-association lifetime seconds 3600 kilobytes 10000", ACTS, NULL},
    {"", "crypto map M 10 set connection-type bidirectional", ACTS, NULL},
    {"", "crypto map M 10 set connection-type originate-only", ACTS, NULL},
    {"", "crypto map M 10 set connection-type answer-only", ACTS, NULL},
    {"", "crypto map M 10 set phase1-mode aggressive group2", ACTS, NULL},
    {"", "crypto map M 10 set ikev1 phase1-mode main", ACTS, NULL},
    {"", "crypto map M 10 set nat-t-disable", ACTS, NULL},
    {"", "crypto map M 10 set reverse-route", ACTS, NULL},
    {"", "crypto map M 10 set reverse-route dynamic", ACTS, NULL},
    {"", "crypto map M 10 set trustpoint TP chain", ACTS, NULL},
    {"", "crypto map M 10 set df-bit set-df", ACTS, NULL},
    {"", "crypto map M 10 set inheritance rule", ACTS, NULL},
    {"", "crypto map M 10 set inheritance data", ACTS, NULL},
    {"", "crypto map M 10 set inheritance host", REFUSED, "\"host\""},
    {"", "crypto dynamic-map D 10 set inheritance data", QUIET, NULL}, /* it only answers: as its peers ask */
    {"", "crypto map M 10 set security-association idle-time 600", ACTS, NULL},
    {"", "crypto map M 10 set security-association idle-time 59", REFUSED, "\"59\" is not understood"},
    {"", "crypto dynamic-map D 10 set security-association idle-time 600", ACTS, NULL},
    {"", "crypto ipsec security-association idle-time 86400", ACTS, NULL},
    {"", "crypto ipsec security-association idle-time 86401", REFUSED, "\"86401\" is not understood"},
    {"", "crypto map M 65535 ipsec-isakmp dynamic D", ACTS, NULL},
    {"", "crypto map M interface outside", ACTS, NULL},
    {"", "crypto dynamic-map D 10 match address A", ACTS, NULL},
    {"", "crypto dynamic-map D 10 set transform-set T", ACTS, NULL},
    {"", "crypto dynamic-map D 10 set ikev1 transform-set T", ACTS, NULL},
    {"", "crypto dynamic-map D 10 set pfs group2", ACTS, NULL},
    {"", "crypto dynamic-map D 10 set reverse-route", ACTS, NULL},
    /* tunnel groups and group policies */
    {"", "tunnel-group 192.0.2.9 type ipsec-l2l", ACTS, NULL},
    {"", "tunnel-group STAFF type remote-access", ACTS, NULL},
    {"", "tunnel-group STAFF type ipsec-ra", ACTS, NULL},
    {GENERAL, "default-group-policy GP", ACTS, NULL},
    {GENERAL, "address-pool POOL", ACTS, NULL},
    {GENERAL, "address-pool (outside) POOL", ACTS, NULL},
    {GENERAL, "authentication-server-group LOCAL", ACTS, NULL},
    {GENERAL, "authentication-server-group (outside) RADIUS LOCAL", ACTS, NULL},
    {"", "aaa-server USERS protocol pam", ACTS, NULL},
    {AAA, "pam-service ikewise", ACTS, NULL},
    {AAA, "timeout 10", ACTS, NULL},
    {"", "aaa-server FAR protocol radius", IGNORED, NULL},
    {"", "aaa authentication ssh console LOCAL", IGNORED, NULL},
    {"", "aaa-server FAR (inside) host 10.1.0.9", IGNORED, NULL},
    {IPSEC, "pre-shared-key a-key-of-32-characters-or-so", ACTS, NULL},
    {IPSEC, "ikev1 pre-shared-key a-key-of-32-characters-or-so", ACTS, NULL},
    {IPSEC, "ikev1 trust-point TP", ACTS, NULL},
    {IPSEC, "trust-point TP", ACTS, NULL},
    {IPSEC, "chain", ACTS, NULL},
    {IPSEC, "peer-id-validate req", ACTS, NULL},
    {IPSEC, "peer-id-validate cert", ACTS, NULL},
    {IPSEC, "peer-id-validate nocheck", ACTS, NULL},
    {IPSEC, "self-identity address", ACTS, NULL},
    {IPSEC, "self-identity address 192.0.2.7", ACTS, NULL},
    {IPSEC, "self-identity fqdn", ACTS, NULL},
    {IPSEC, "self-identity user-fqdn west@example.net", ACTS, NULL},
    {IPSEC, "self-identity key-id west", ACTS, NULL},
    {IPSEC, "initiate mode aggressive", ACTS, NULL},
    {IPSEC, "initiate mode main", REFUSED, "is not understood"},
    {IPSEC, "isakmp keepalive threshold 10 retry 2", ACTS, NULL},
    {IPSEC, "isakmp keepalive threshold infinite", ACTS, NULL},
    {IPSEC, "isakmp keepalive threshold 10 retry 11", REFUSED, "is not understood"},
    {IPSEC, "isakmp keepalive disable", ACTS, NULL},
    {IPSEC, "isakmp ikev1-user-authentication none", ACTS, NULL},
    {IPSEC, "ikev1 user-authentication xauth", ACTS, NULL},
    {IPSEC, "ikev1 user-authentication (outside) xauth", ACTS, NULL},
    {"", "tunnel-group-map enable rules", ACTS, NULL},
    {"", "tunnel-group-map default-group DefaultL2LGroup", ACTS, NULL},
    {"", "tunnel-group-map PEERS 10 192.0.2.9", ACTS, NULL},
    {"", "crypto ca certificate map PEERS 10", ACTS, NULL},
    {"", "group-policy GP internal", ACTS, NULL},
    {GP, "vpn-tunnel-protocol ikev1", ACTS, NULL},
    {GP, "vpn-tunnel-protocol IPSec", ACTS, NULL},
    {GP, "vpn-idle-timeout 30", ACTS, NULL},
    {GP, "vpn-session-timeout none", ACTS, NULL},
    {GP, "vpn-session-timeout 10080", ACTS, NULL},
    {GP, "vpn-idle-timeout 35791394", ACTS, NULL},
    {GP, "group-lock value STAFF", ACTS, NULL},
    {GP, "group-lock none", ACTS, NULL},
    {GP, "vpn-filter value A", ACTS, NULL},
    {GP, "vpn-filter value NOBODY", REFUSED, "there is no extended access-list NOBODY"},
    {GP, "vpn-filter none", ACTS, NULL},
    {GP, "dns-server value 10.1.0.53 10.1.0.54", ACTS, NULL},
    {GP, "default-domain value example.net", ACTS, NULL},
    {GP, "split-tunnel-policy tunnelspecified", ACTS, NULL},
    {GP, "split-tunnel-network-list value A", ACTS, NULL},
    {GP, "address-pools value POOL", ACTS, NULL},
    {GP, "pfs enable", ACTS, NULL},
    {GP, "ipsec-udp enable", IGNORED, NULL},
    {GP, "ipsec-udp-port 10000", IGNORED, NULL},
    {GP, "nem enable", ACTS, NULL},
    {GP, "nem disable", ACTS, NULL},
    {GP, "nem maybe", REFUSED, "\"maybe\""},
    {GP, "re-xauth enable", QUIET, NULL},
    {"", "ip local pool POOL 10.9.0.1-10.9.0.9 mask 255.255.255.0", ACTS, NULL},
    /* users get no addresses of IPv6 */
    {"", "ipv6 local pool POOL6 2001:db8:9::10/64 100", IGNORED, NULL},
    {GENERAL, "ipv6-address-pool POOL6", IGNORED, NULL},
    {GP, "ipv6-address-pools value POOL6", IGNORED, NULL},
    {"", "username alice password Wonder-1 privilege 0", ACTS, NULL},
    {"", "username alice attributes", ACTS, NULL},
    {USER, "vpn-group-policy GP", ACTS, NULL},
    {USER, "vpn-group-policy none", ACTS, NULL},
    {USER, "vpn-filter value A", ACTS, NULL},
    {USER, "vpn-filter value NOBODY", REFUSED, "there is no extended access-list NOBODY"},
    {USER, "vpn-filter none", ACTS, NULL},
    {USER, "vpn-framed-ip-address 10.9.0.77 255.255.255.0", ACTS, NULL},
    {USER, "vpn-framed-ip-address 2001:db8::1", REFUSED, "only an IPv4 address and its mask"},
    {USER, "vpn-framed-ip-address 10.9.0.77 255.0.255.0", REFUSED, "only an IPv4 address and its mask"},
    {USER, "vpn-idle-timeout 30", ACTS, NULL},
    {USER, "vpn-session-timeout 35791394", ACTS, NULL},
    {USER, "vpn-session-timeout 35791395", REFUSED, "\"35791395\" is not understood"},
    {USER, "vpn-simultaneous-logins 1", ACTS, NULL},
    {USER, "vpn-tunnel-protocol ikev1", ACTS, NULL},
    {USER, "group-lock value STAFF", ACTS, NULL},
    {USER, "password-storage enable", ACTS, NULL},
    {USER, "service-type remote-access", ACTS, NULL},
    {USER, "service-type admin", ACTS, NULL},
    {USER, "memberof engineers", IGNORED, NULL},
    {USER, "vpn-access-hours value WORK", IGNORED, NULL},
    {USER, "webvpn", IGNORED, NULL},
    /* access-lists and objects */
    {"", "access-list A extended permit ip any4 10.1.0.0 255.255.0.0", ACTS, NULL},
    {"", "access-list A permit tcp host 10.1.0.1 eq 443 any", ACTS, NULL},
    {"", "access-list A line 1 extended deny udp any range 1 9 host 10.1.0.1 log inactive", ACTS, NULL},
    {"", "access-list A extended permit ip object-group G object O", ACTS, NULL},
    {"", "access-list A standard permit host 10.1.0.1", ACTS, NULL},
    {"", "access-list A remark what it is for", QUIET, NULL},
    {"", "access-group A in interface outside", ACTS, NULL},
    {"", "access-group A out interface outside", ACTS, NULL},
    {"", "access-group A in interface outside control-plane", ACTS, NULL},
    {"", "access-group A global", ACTS, NULL},
    {"", "access-group A in interface nowhere", REFUSED, "there is no interface with the nameif nowhere"},
    {OBJECT, "host 10.1.0.1", ACTS, NULL},
    {OBJECT, "subnet 10.1.0.0 255.255.0.0", ACTS, NULL},
    {OBJECT, "range 10.1.0.1 10.1.0.9", ACTS, NULL},
    {OBJECT, "fqdn v4 www.example.net", ACTS, NULL},
    {OBJECT, "nat (inside,outside) static 198.51.100.9 dns", ACTS, NULL},
    {OBJECT, "nat (inside,outside) dynamic interface", ACTS, NULL},
    {GROUP, "network-object host 10.1.0.1", ACTS, NULL},
    {GROUP, "network-object 10.1.0.0 255.255.0.0", ACTS, NULL},
    {GROUP, "group-object G2", ACTS, NULL},
    {"", "object service WEB", ACTS, NULL},
    {SERVICE, "service tcp source gt 1023 destination eq https", ACTS, NULL},
    {SERVICE, "service icmp echo 0", ACTS, NULL},
    {SERVICE, "service gre", ACTS, NULL},
    {SERVICE, "service nothing", REFUSED, "\"nothing\" is not understood"},
    {"", "object-group service WEB", ACTS, NULL},
    {"", "object-group service WEB tcp", ACTS, NULL},
    {"", "object-group service WEB tcp-udp", ACTS, NULL},
    {"", "object-group service WEB gre", REFUSED, "\"gre\" is not understood"},
    {SERVICES, "port-object eq www", ACTS, NULL},
    {SERVICES, "port-object range 8000 8080", ACTS, NULL},
    {SERVICES, "port-object gt 8000", REFUSED, "\"gt\" is not understood"},
    {SERVICES, "group-object OTHERS", ACTS, NULL},
    {SERVICES, "service-object tcp destination eq https", ACTS, NULL},
    {SERVICES, "service-object udp source range 1 9 destination neq 53", ACTS, NULL},
    {SERVICES, "service-object tcp eq https", ACTS, NULL},
    {SERVICES, "service-object tcp-udp destination eq domain", ACTS, NULL},
    {SERVICES, "service-object icmp echo", ACTS, NULL},
    {SERVICES, "service-object 47", ACTS, NULL},
    {SERVICES, "service-object object WEB", ACTS, NULL},
    {"", "object-group protocol TCPUDP", ACTS, NULL},
    {"object-group protocol P", "protocol-object udp", ACTS, NULL},
    {"", "object-group icmp-type PINGS", ACTS, NULL},
    {"object-group icmp-type I", "icmp-object echo", ACTS, NULL},
    {"", "object-group user STAFF", IGNORED, NULL},
    {"", "access-list A extended permit object-group S any any", ACTS, NULL},
    {"", "access-list A extended permit object WEB any any", ACTS, NULL},
    {"", "access-list A extended permit tcp any object-group P any object-group Q", ACTS, NULL},
    {"", "name 192.0.2.9 partner", ACTS, NULL},
    /* address translation */
    {"", "nat (inside,outside) source static O O destination static O O no-proxy-arp route-lookup", ACTS, NULL},
    {"", "nat (inside,outside) after-auto source dynamic any interface", ACTS, NULL},
    {"", "nat (inside) 0 access-list A", ACTS, NULL},
    {"", "nat (inside) 1 10.1.0.0 255.255.0.0", ACTS, NULL},
    {"", "global (outside) 1 interface", ACTS, NULL},
    {"", "static (inside,outside) 198.51.100.9 10.1.0.9 netmask 255.255.255.255", ACTS, NULL},
    {"", "nat-control", IGNORED, NULL},
    /* interfaces and the box */
    {IFC, "nameif outside", ACTS, NULL},
    {IFC, "security-level 0", QUIET, NULL},
    {IFC, "ip address 192.0.2.1 255.255.255.0 standby 192.0.2.2", ACTS, NULL},
    {IFC, "ip address dhcp setroute", ACTS, NULL},
    {IFC, "no shutdown", ACTS, NULL},
    {"", "route outside 0 0 192.0.2.254", ACTS, NULL},
    {"", "route outside 10.0.0.0 255.0.0.0 192.0.2.254 5 track 1", ACTS, NULL},
    {"", "arp permit-nonconnected", ACTS, NULL},
    {"", "arp timeout 60", IGNORED, NULL},
    {"", "logging class vpn buffered debugging trap 4", ACTS, NULL},
    {"", "logging console critical", IGNORED, NULL},
    {"", "logging buffer-size 65536", IGNORED, NULL},
    {"", "logging debug-trace", IGNORED, NULL},
    {"", "same-security-traffic permit intra-interface", IGNORED, NULL},
    {"", "management-access inside", IGNORED, NULL},
    {"", "sla monitor 1", ACTS, NULL},
    {"", "sla monitor 0", REFUSED, "\"0\" is not understood"},
    {SLA, "type echo protocol ipIcmpEcho 10.2.0.1 interface outside", ACTS, NULL},
    {SLA, "type dhcp", REFUSED, "\"dhcp\" is not understood"},
    {SLA, "num-packets 100", ACTS, NULL},
    {SLA, "num-packets 101", REFUSED, "\"101\" is not understood"},
    {SLA, "request-data-size 16384", ACTS, NULL},
    {SLA, "tos 255", ACTS, NULL},
    {SLA, "threshold 0", ACTS, NULL},
    {SLA, "timeout 604800000", ACTS, NULL},
    {SLA, "frequency 604800", ACTS, NULL},
    {SLA, "frequency 0", REFUSED, "\"0\" is not understood"},
    {"", "sla monitor schedule 1 life forever start-time now", REFUSED, "there is none of that number"},
    {"", "track 1 rtr 1 reachability", ACTS, NULL},
    {"", "track 501 rtr 1 reachability", REFUSED, "\"501\" is not understood"},
    /* certificates */
    {"", "crypto key generate rsa label L modulus 2048", IGNORED, NULL}, /* in a file; typed it is a command */
    {"", "crypto ca trustpoint TP", ACTS, NULL},
    {TP, "enrollment terminal", QUIET, NULL},
    {TP, "fqdn none", ACTS, NULL},
    {TP, "subject-name CN=west,O=Example", ACTS, NULL},
    {TP, "keypair L", ACTS, NULL},
    {TP, "revocation-check crl none", ACTS, NULL},
    {TP, "revocation-check ocsp none", ACTS, NULL},
    {TP, "ocsp url http://ocsp.example.net/", ACTS, NULL},
    {TP, "ocsp disable-nonce", ACTS, NULL},
    {TP, "id-usage ssl-ipsec", QUIET, NULL},
    {TP, "validation-usage ipsec-client ssl-client", QUIET, NULL},
    {"", "crypto ca authenticate TP", IGNORED, NULL},
    {"", "crypto ca enroll TP noconfirm", IGNORED, NULL},
    {"", "crypto ca import TP pkcs12 a-passphrase", IGNORED, NULL},
    {"", "crypto ca export TP identity-certificate", IGNORED, NULL},
    {"", "crypto ca certificate chain TP", ACTS, NULL},
};

static const char router[] =
    "version 15.2\nhostname router\ncrypto isakmp key a-key-of-a-router address 203.0.113.77\n";

#define MAP "crypto map M 10 ipsec-isakmp"

static const struct row ios[] = {
    {"", "crypto isakmp enable", ACTS, NULL},
    {"", "crypto isakmp policy 10", ACTS, NULL},
    {"crypto isakmp policy 10", "encr aes 256", ACTS, NULL},
    {"crypto isakmp policy 10", "encryption 3des", ACTS, NULL},
    {"crypto isakmp policy 10", "hash sha256", ACTS, NULL},
    {"crypto isakmp policy 10", "authentication pre-share", ACTS, NULL},
    {"crypto isakmp policy 10", "authentication rsa-sig", ACTS, NULL},
    {"crypto isakmp policy 10", "authentication ecdsa-sig", ACTS, NULL},
    {"crypto isakmp policy 10", "authentication rsa-encr", REFUSED, "rsa-encr"},
    {"crypto isakmp policy 10", "group 14", ACTS, NULL},
    {"crypto isakmp policy 10", "lifetime 86400", ACTS, NULL},
    {"", "crypto isakmp key a-key address 192.0.2.9", ACTS, NULL},
    {"", "crypto isakmp key 0 a-key address 192.0.2.9 255.255.255.255 no-xauth", ACTS, NULL},
    {"", "crypto isakmp key 6 ABCDEF address 192.0.2.9", ACTS, NULL},
    {"", "crypto isakmp key a-key hostname east.example.net", ACTS, NULL},
    {"", "crypto isakmp key 6 ABCDEF hostname east.example.net no-xauth", ACTS, NULL},
    {"", "crypto isakmp keepalive 10", ACTS, NULL},
    {"", "crypto isakmp keepalive 10 3 periodic", ACTS, NULL},
    {"", "crypto isakmp nat keepalive 20", ACTS, NULL},
    {"", "crypto isakmp identity address", ACTS, NULL},
    {"", "crypto isakmp identity hostname", ACTS, NULL},
    {"", "crypto isakmp identity dn", REFUSED, "dn"},
    {"", "crypto isakmp invalid-spi-recovery", ACTS, NULL},
    {"", "logging on", ACTS, NULL},
    {"", "logging host 10.1.0.9", ACTS, NULL},
    {"", "logging host 10.1.0.9 transport tcp port 1470", ACTS, NULL},
    {"", "logging 10.1.0.9", ACTS, NULL},
    {"", "logging buffered 64000 informational", ACTS, NULL},
    {"", "logging monitor warnings", ACTS, NULL},
    {"", "logging console critical", IGNORED, NULL},
    {"", "logging trap notifications", ACTS, NULL},
    {"", "logging facility local5", ACTS, NULL},
    {"", "logging facility kern", IGNORED, NULL},
    {"", "logging source-interface Loopback0", IGNORED, NULL},
    {"", "logging origin-id string west", ACTS, NULL},
    {"", "service timestamps log datetime msec", ACTS, NULL},
    {"", "service timestamps log uptime", IGNORED, NULL},
    {"", "service timestamps debug datetime", ACTS, NULL},
    {"", "crypto isakmp aggressive-mode disable", ACTS, NULL},
    {"", "no crypto isakmp aggressive-mode disable", ACTS, NULL},
    {"", "crypto call admission limit ike sa 500", ACTS, NULL},
    {"", "crypto call admission limit ike in-negotiation-sa 50", ACTS, NULL},
    {"", "crypto isakmp peer address 192.0.2.9", ACTS, NULL},
    {"", "crypto isakmp peer address 192.0.2.9 vrf RED", ACTS, NULL},
    {"", "crypto isakmp peer hostname east.example.net", ACTS, NULL},
    {"crypto isakmp peer address 192.0.2.9", "description the far end", ACTS, NULL},
    {"crypto isakmp peer address 192.0.2.9", "set aggressive-mode password a-key", ACTS, NULL},
    {"crypto isakmp peer address 192.0.2.9", "set aggressive-mode client-endpoint ipv4-address 192.0.2.1", ACTS, NULL},
    {"crypto isakmp peer address 192.0.2.9", "set aggressive-mode client-endpoint fqdn west.example.net", ACTS, NULL},
    {"crypto isakmp peer address 192.0.2.9", "set aggressive-mode client-endpoint user-fqdn a@example.net", ACTS, NULL},
    {"", "crypto keyring K", ACTS, NULL},
    {"crypto keyring K", "pre-shared-key address 192.0.2.9 key a-key", ACTS, NULL},
    {"", "crypto isakmp profile P", ACTS, NULL},
    {"crypto isakmp profile P", "keyring K", QUIET, NULL},
    {"crypto isakmp profile P", "match identity address 192.0.2.9 255.255.255.255", ACTS, NULL},
    {"crypto isakmp profile P", "match identity host east.example.net", ACTS, NULL},
    {"crypto isakmp profile P", "match identity host domain example.net", ACTS, NULL},
    {"crypto isakmp profile P", "match identity user east@example.net", ACTS, NULL},
    {"crypto isakmp profile P", "match identity user domain example.net", ACTS, NULL},
    {"crypto isakmp profile P", "match identity group STAFF", ACTS, NULL},
    {"crypto isakmp profile P", "match identity address 192.0.2.9 255.0.255.0", REFUSED, "255.0.255.0 is no mask"},
    {"crypto isakmp profile P", "self-identity address", ACTS, NULL},
    {"crypto isakmp profile P", "self-identity fqdn", ACTS, NULL},
    {"crypto isakmp profile P", "self-identity fqdn west.example.net", ACTS, NULL},
    {"crypto isakmp profile P", "self-identity user-fqdn west@example.net", ACTS, NULL},
    {"crypto isakmp profile P", "initiate mode aggressive", ACTS, NULL},
    {"crypto isakmp profile P", "keepalive 10 retry 3", ACTS, NULL},
    {"crypto isakmp profile P", "keepalive 5 retry 3", REFUSED, "\"5\" is not understood"},
    {"crypto isakmp profile P", "client authentication list USERS", ACTS, NULL},
    {"crypto isakmp profile P", "isakmp authorization list GROUPS", ACTS, NULL},
    {"crypto isakmp profile P", "client configuration address respond", ACTS, NULL},
    {"crypto isakmp profile P", "client configuration address initiate", ACTS, NULL},
    {"crypto isakmp profile P", "local-address 192.0.2.1", ACTS, NULL},
    {"crypto isakmp profile P", "accounting USERS", IGNORED, NULL},
    {"", "crypto isakmp client configuration group STAFF", ACTS, NULL},
    {"crypto isakmp client configuration group STAFF", "key a-key-of-the-group", ACTS, NULL},
    {"crypto isakmp client configuration group STAFF", "key 6 ABCDEF", ACTS, NULL},
    {"crypto isakmp client configuration group STAFF", "pool RA", ACTS, NULL},
    {"crypto isakmp client configuration group STAFF", "dns 10.2.0.53 10.2.0.54", ACTS, NULL},
    {"crypto isakmp client configuration group STAFF", "wins 10.2.0.55", ACTS, NULL},
    {"crypto isakmp client configuration group STAFF", "domain example.net", ACTS, NULL},
    {"crypto isakmp client configuration group STAFF", "split-dns example.net", ACTS, NULL},
    {"crypto isakmp client configuration group STAFF", "acl 101", ACTS, NULL},
    {"crypto isakmp client configuration group STAFF", "save-password", ACTS, NULL},
    {"crypto isakmp client configuration group STAFF", "pfs", ACTS, NULL},
    {"crypto isakmp client configuration group STAFF", "max-logins 3", ACTS, NULL},
    {"crypto isakmp client configuration group STAFF", "banner ^CBe kind.^C", ACTS, NULL},
    {"", "banner motd ^CKeep out.^C", QUIET, NULL},
    {"", "banner login ^CKeep out.^C", QUIET, NULL},
    {"", "banner exec ^CKeep out.^C", QUIET, NULL},
    {"", "banner incoming ^CKeep out.^C", QUIET, NULL},
    {"crypto isakmp client configuration group STAFF", "max-users 10", IGNORED, NULL},
    {"crypto isakmp client configuration group STAFF", "netmask 255.255.255.0", IGNORED, NULL},
    {"crypto isakmp client configuration group STAFF", "include-local-lan", IGNORED, NULL},
    {"crypto isakmp client configuration group STAFF", "group-lock", IGNORED, NULL},
    {"crypto isakmp client configuration group STAFF", "backup-gateway 192.0.2.7", IGNORED, NULL},
    {"", "crypto isakmp client configuration address-pool local RA", IGNORED, NULL},
    {"", "crypto map M isakmp-profile P", ACTS, NULL},
    {"", "crypto map M client authentication list USERS", ACTS, NULL},
    {"", "crypto map M isakmp authorization list GROUPS", ACTS, NULL},
    {"", "crypto map M client configuration address respond", ACTS, NULL},
    {"", "aaa new-model", QUIET, NULL},
    {"", "aaa authentication login USERS local", ACTS, NULL},
    {"", "aaa authentication login USERS group radius local", ACTS, NULL},
    {"", "aaa authentication ppp default local", IGNORED, NULL},
    {"", "aaa authorization network GROUPS local", ACTS, NULL},
    {"", "aaa session-id common", IGNORED, NULL},
    {"", "ip local pool RA 10.60.0.10 10.60.0.20", ACTS, NULL},
    {"", "ip local pool RA 10.60.0.10", ACTS, NULL},
    {"", "username alice password 0 Wonder-1", ACTS, NULL},
    {"", "username alice password 7 08701E1D", ACTS, NULL},
    {"", "username alice privilege 1 secret 5 $1$salt$hash", ACTS, NULL},
    {"", "username alice secret 9 $9$salt$hash", ACTS, NULL},
    {"", "crypto ipsec transform-set T esp-aes 256 esp-sha-hmac", ACTS, NULL},
    {"", "crypto ipsec transform-set T ah-sha-hmac", REFUSED, "ah-sha-hmac"},
    {"crypto ipsec transform-set T esp-aes esp-sha-hmac", "mode tunnel", ACTS, NULL},
    {"crypto ipsec transform-set T esp-aes esp-sha-hmac", "mode transport", ACTS, NULL},
    {"", "crypto ipsec security-association lifetime seconds 3600", ACTS, NULL},
    {"", "crypto ipsec security-association lifetime kilobytes 4608000", ACTS, NULL},
    {"", "crypto ipsec security-association replay disable", ACTS, NULL},
    {"", "crypto ipsec security-association replay window-size 128", ACTS, NULL},
    {"", "crypto ipsec df-bit clear", ACTS, NULL},
    {"", "crypto ipsec fragmentation after-encryption", ACTS, NULL},
    {"", "crypto ipsec fragmentation before-encryption", ACTS, NULL},
    {"", "crypto map M 10 ipsec-isakmp dynamic D", ACTS, NULL},
    {MAP, "description the far end", ACTS, NULL},
    {MAP, "set peer 192.0.2.9 default", ACTS, NULL},
    {MAP, "set peer east.example.net dynamic", ACTS, NULL},
    {MAP, "set transform-set T", ACTS, NULL},
    {MAP, "set pfs group14", ACTS, NULL},
    {MAP, "set pfs", ACTS, NULL},
    {MAP, "set security-association lifetime seconds 3600", ACTS, NULL},
    {MAP, "set security-association idle-time 600", ACTS, NULL},
    {MAP, "set security-association idle-time 600 default", ACTS, NULL},
    {MAP, "set security-association level per-host", ACTS, NULL},
    {"", "crypto ipsec security-association idle-time 600", ACTS, NULL},
    {MAP, "set isakmp-profile P", ACTS, NULL},
    {MAP, "match address 101", ACTS, NULL},
    {MAP, "reverse-route static", ACTS, NULL},
    {"", "crypto map M local-address Loopback0", ACTS, NULL},
    {"", "crypto dynamic-map D 10", ACTS, NULL},
    {"interface FastEthernet0/0", "crypto map M", ACTS, NULL},
    {"crypto dynamic-map D 10", "set pfs", ACTS, NULL},
    {"crypto dynamic-map D 10", "set isakmp-profile P", ACTS, NULL},
    {"interface FastEthernet0/0", "ip address dhcp", ACTS, NULL},
    {"interface FastEthernet0/0", "ip access-group 101 in", ACTS, NULL},
    {"interface FastEthernet0/0", "ip access-group VPN out", ACTS, NULL},
    {"interface FastEthernet0/0", "crypto ipsec df-bit set", ACTS, NULL},
    {"interface FastEthernet0/0", "crypto ipsec fragmentation after-encryption", ACTS, NULL},
    {"", "ip access-list extended VPN", ACTS, NULL},
    {"ip access-list extended VPN", "permit ip 10.1.0.0 0.0.255.255 any", ACTS, NULL},
    {"", "access-list 101 permit ip 10.1.0.0 0.0.255.255 10.2.0.0 0.0.255.255", ACTS, NULL},
    {"", "ip route 0.0.0.0 0.0.0.0 192.0.2.254", ACTS, NULL},
    {"", "ip route 0.0.0.0 0.0.0.0 192.0.2.254 track 1", ACTS, NULL},
    {"", "ip sla 1", ACTS, NULL},
    {"ip sla 1", "icmp-echo 10.2.0.1 source-interface FastEthernet0/0", ACTS, NULL},
    {"ip sla 1", "icmp-echo 10.2.0.1", IGNORED, NULL},
    {"ip sla 1", "frequency 5", ACTS, NULL},
    {"ip sla 1", "timeout 1000", ACTS, NULL},
    {"ip sla 1", "threshold 500", ACTS, NULL},
    {"ip sla 1", "request-data-size 64", ACTS, NULL},
    {"ip sla 1", "tos 184", ACTS, NULL},
    {"ip sla monitor 1", "type echo protocol ipIcmpEcho 10.2.0.1 source-interface FastEthernet0/0", ACTS, NULL},
    {"", "ip sla schedule 1 life forever start-time now", REFUSED, "there is none of that number"},
    {"", "ip sla reaction-configuration 1 react timeout", IGNORED, NULL},
    {"", "track 1 ip sla 1 reachability", ACTS, NULL},
    {"", "track 1 interface FastEthernet0/0 line-protocol", IGNORED, NULL},
};

/* What was said of a line when it was read: what its entry still lacks does not count. */
static const char *fault_of(const struct conf *conf, uint32_t line)
{
    for (uint32_t i = 0; i < conf->findings_of_reading_count; i++)
        if (conf->findings_of_reading[i].severity == CONF_ERROR && conf->findings_of_reading[i].line == line)
            return conf->findings_of_reading[i].sentence;
    return NULL;
}

/* Anywhere: a proposal is refused as a whole. */
static bool is_said(const struct conf *conf, const char *why)
{
    for (uint32_t i = 0; i < conf->finding_count; i++)
        if (strstr(conf->findings[i].sentence, why) != NULL)
            return true;
    return false;
}

static const struct conf_unused *listed(const struct conf *conf, uint32_t line)
{
    for (uint32_t i = 0; i < conf->unused_count; i++)
        if (conf->unused[i].line <= line && line < conf->unused[i].line + conf->unused[i].line_count)
            return &conf->unused[i];
    return NULL;
}

static bool is_quiet(const struct conf *conf, uint32_t line)
{
    for (uint32_t i = 0; i < conf->statements->count; i++) {
        const struct statement *s = &conf->statements->list[i];

        if (s->line == line && s->state == STATEMENT_IS_KNOWN && s->row->effect == EFFECT_QUIET)
            return true;
    }
    return false;
}

/* False: it is not taken as the row says. */
static bool holds(const struct row *row, const char *before, uint32_t line)
{
    char text[1024];
    struct reading r;
    bool is_in_block = row->block[0] != '\0';

    snprintf(text, sizeof text, "%s%s%s%s%s\n", before, row->block, is_in_block ? "\n" : "", is_in_block ? " " : "",
             row->statement);
    line += is_in_block;
    reading_of(&r, text);
    CHECK(r.is_ok);

    const char *fault = fault_of(&r.conf, line);
    const struct conf_unused *unused = listed(&r.conf, line);
    enum taken taken = fault != NULL || (row->why != NULL && is_said(&r.conf, row->why)) ? REFUSED
                       : unused != NULL                                                  ? IGNORED
                       : is_quiet(&r.conf, line)                                         ? QUIET
                                                                                         : ACTS;

    bool ok = taken == row->taken && (row->why == NULL || is_said(&r.conf, row->why)) &&
              (taken != IGNORED || strstr(unused->why, "does not know") == NULL);

    if (!ok)
        print_error("%s%s%s: %s (%s)\n", row->block, is_in_block ? ": " : "", row->statement, taken_names[taken],
                    fault == NULL ? "" : fault);
    reading_end(&r);
    return ok;
}

static void every_statement_of_an_ASA_is_taken_as_its_row_says(void **state)
{
    unsigned wrong = 0;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(asa); i++)
        wrong += !holds(&asa[i], "ASA Version 9.1(2)\n", 2);
    assert_int_equal(wrong, 0);
}

static void every_line_of_a_router_is_taken_as_its_row_says(void **state)
{
    unsigned wrong = 0;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(ios); i++)
        wrong += !holds(&ios[i], router, 4);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_statement_of_an_ASA_is_taken_as_its_row_says),
        cmocka_unit_test(every_line_of_a_router_is_taken_as_its_row_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
