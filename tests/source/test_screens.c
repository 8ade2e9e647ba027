/* Screens of show commands: what each tells, whole, cut, folded and with the pager in between. */
#include "base/check.h"
#include "source/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "source/told.h"

static char told[4096];

static struct source_summary read_text(const char *text, size_t step)
{
    void *space = malloc(source_space());
    struct arena arena = arena_of(space, source_space());
    struct source *s = source_new(&arena, 0);
    struct bytes rest = bytes_of_text(text);
    struct observation o;

    CHECK(s);
    struct text t = text_of(told, sizeof told);
    while (rest.len > 0) {
        size_t len = rest.len < step ? rest.len : step;

        source_feed(s, bytes_of(rest.data, len));
        while (source_next(s, &o))
            told_add(&t, &o.event);
        rest = bytes_after(rest, len);
    }
    source_end(s);
    while (source_next(s, &o))
        told_add(&t, &o.event);
    struct source_summary sum = source_summary(s);
    free(space);
    return sum;
}

static const struct {
    const char *what, *text, *told;
} screens[] = {
    {"show capture of an ASA: what is as long as before, after a pause, is the same again",
     "2 packets captured\n\n   1: 17:36:05.120322       192.0.2.1.500 > 192.0.2.9.500:  udp 168\n"
     "   2: 17:36:13.120400       192.0.2.1.500 > 192.0.2.9.500:  udp 168 \n2 packets shown\n",
     "packet-seen SOURCE=192.0.2.1 DESTINATION=192.0.2.9 PORT=500 LOCAL_PORT=500 EXCHANGE=MM MESSAGE_ID=0 MESSAGE_NUMBER=1 LENGTH=168 SEALED=0 "
     "TTL=0; packet-seen SOURCE=192.0.2.1 DESTINATION=192.0.2.9 PORT=500 LOCAL_PORT=500 EXCHANGE=MM MESSAGE_ID=0 MESSAGE_NUMBER=1 LENGTH=168 "
     "SEALED=0 TTL=0 COUNT=2"},
    {"tcpdump: what follows an answer at once is the next message, and after a pause the one before",
     "12:34:56.789 IP 192.0.2.1.500 > 192.0.2.9.500: isakmp: phase 1 I ident\n"
     "12:34:56.889 IP 192.0.2.9.500 > 192.0.2.1.500: isakmp: phase 1 R ident\n"
     "12:35:04.789 IP 192.0.2.1.500 > 192.0.2.9.500: isakmp: phase 1 I ident\n"
     "12:35:04.889 IP 192.0.2.9.500 > 192.0.2.1.500: isakmp: phase 1 R ident\n"
     "12:35:04.901 IP 192.0.2.1.500 > 192.0.2.9.500: isakmp: phase 1 I ident\n",
     "packet-seen SOURCE=192.0.2.1 DESTINATION=192.0.2.9 PORT=500 LOCAL_PORT=500 EXCHANGE=MM MESSAGE_ID=0 MESSAGE_NUMBER=1 LENGTH=0 SEALED=0 "
     "TTL=0; packet-seen SOURCE=192.0.2.9 DESTINATION=192.0.2.1 PORT=500 LOCAL_PORT=500 EXCHANGE=MM MESSAGE_ID=0 MESSAGE_NUMBER=2 LENGTH=0 "
     "SEALED=0 TTL=0; packet-seen SOURCE=192.0.2.1 DESTINATION=192.0.2.9 PORT=500 LOCAL_PORT=500 EXCHANGE=MM MESSAGE_ID=0 MESSAGE_NUMBER=1 "
     "LENGTH=0 SEALED=0 TTL=0 COUNT=2; packet-seen SOURCE=192.0.2.9 DESTINATION=192.0.2.1 PORT=500 LOCAL_PORT=500 EXCHANGE=MM MESSAGE_ID=0 "
     "MESSAGE_NUMBER=2 LENGTH=0 SEALED=0 TTL=0 COUNT=2; packet-seen SOURCE=192.0.2.1 DESTINATION=192.0.2.9 PORT=500 LOCAL_PORT=500 "
     "EXCHANGE=MM MESSAGE_ID=0 MESSAGE_NUMBER=3 LENGTH=0 SEALED=0 TTL=0"},
    {"tcpdump -v: the stamp stands above, the notify below; NAT-T, ESP, and an error about one of the ends",
     "07:23:32.300 IP (tos 0x0, ttl 63, id 10649, offset 0, flags [DF], proto UDP (17), length 84)\n"
     "    192.0.2.9.4500 > 192.0.2.1.4500: NONESP-encap: isakmp 1.0 msgid 05c5ed27: phase 2/others R inf:\n"
     "    (n: doi=ipsec proto=isakmp type=NO-PROPOSAL-CHOSEN spi=3f870e5eae9ae022)\n"
     "07:23:33.300 IP 192.0.2.9.4500 > 192.0.2.1.4500: UDP-encap: ESP(spi=0xe0c0839d,seq=0x10), length 136\n"
     "07:23:34.300 IP 192.0.2.7 > 192.0.2.1: ICMP host 192.0.2.9 unreachable - admin prohibited filter, length 36\n"
     "07:23:34.300 IP 192.0.2.7 > 192.0.2.1: ICMP host 192.0.2.99 unreachable, length 36\n",
     "packet-seen SOURCE=192.0.2.9 DESTINATION=192.0.2.1 PORT=4500 LOCAL_PORT=4500 EXCHANGE=INFO MESSAGE_ID=0 LENGTH=0 SEALED=0 TTL=0 "
     "NOTIFY=NO_PROPOSAL_CHOSEN NOTIFY_NUMBER=14; esp-seen SOURCE=192.0.2.9 DESTINATION=192.0.2.1 SPI=3770712989 ESP_SEQUENCE=16 IN_UDP=1 "
     "LENGTH=136; icmp-seen SOURCE=192.0.2.7 PEER=192.0.2.1 DESTINATION=192.0.2.9 PORT=500 LOCAL_PORT=500 PROTOCOL=17 ICMP_TYPE=3 ICMP_CODE=10"},
    {"show interface of an ASA and of a router: what is up, what is down, what is shut",
     "Interface GigabitEthernet0/0 \"outside\", is up, line protocol is up\n  Hardware is i82546GB, BW 1000 Mbps\n"
     "\tIP address 192.0.2.1, subnet mask 255.255.255.0\nInterface GigabitEthernet0/2 \"dmz\", is down, line protocol is down\n"
     "\tIP address 10.3.0.1, subnet mask 255.255.255.0\nGigabitEthernet0/1 is administratively down, line protocol is down \n"
     "  Internet address is 10.1.0.1/24\n",
     "screen-interface RESULT=up INTERFACE=GigabitEthernet0/0 LOCAL=192.0.2.1; screen-interface RESULT=down INTERFACE=GigabitEthernet0/2 "
     "LOCAL=10.3.0.1; screen-interface RESULT=down DETAIL=, line protocol is down LOCAL=10.1.0.1"},
    {"show crypto ipsec stats: what is not zero",
     "IPsec Global Statistics\n-----------------------\nActive tunnels: 2\nInbound\n    Authentication failures: 0\n    Replay failures: 3\n"
     "Outbound\n        Pre-fragmentation successes:988\nMissing SA failures: 4\n",
     "screen-counter STATEMENT=ipsec-stats CAUSE=Active tunnels COUNT=2; screen-counter STATEMENT=ipsec-stats CAUSE=Replay failures COUNT=3; "
     "screen-counter STATEMENT=ipsec-stats CAUSE=Pre-fragmentation successes COUNT=988; screen-counter STATEMENT=ipsec-stats "
     "CAUSE=Missing SA failures COUNT=4"},
    {"ASA 8.4, show crypto ikev1 sa",
     "\nIKEv1 SAs:\n\n   Active SA: 1\n    Rekey SA: 0 (A tunnel will report 1 Active and 1 Rekey SA during rekey)\n"
     "Total IKE SA: 1\n\n1   IKE Peer: 192.0.2.9\n    Type    : L2L             Role    : initiator \n"
     "    Rekey   : no              State   : MM_WAIT_MSG6 \n\nThere are no IKEv2 SAs\n",
     "screen-sa PEER=192.0.2.9 TUNNEL_KIND=L2L ROLE=initiator STATE=MM_WAIT_MSG6"},
    {"ASA, detail, two of them",
     "1   IKE Peer: 192.0.2.9\n    Type    : L2L             Role    : initiator\n"
     "    Rekey   : yes             State   : MM_ACTIVE_REKEY\n    Encrypt : aes-256         Hash    : SHA\n"
     "    Auth    : preshared       Lifetime: 86400\n    Lifetime Remaining: 86205\n2   IKE Peer: 192.0.2.10\n"
     "    Type    : L2L             Role    : responder\n    Rekey   : no              State   : MM_ACTIVE\n",
     "screen-sa PEER=192.0.2.9 TUNNEL_KIND=L2L ROLE=initiator REKEY=1 STATE=MM_ACTIVE_REKEY ENCRYPTION=aes-256 "
     "HASH=SHA AUTHENTICATION=preshared SECONDS=86400; screen-sa PEER=192.0.2.10 TUNNEL_KIND=L2L ROLE=responder "
     "STATE=MM_ACTIVE"},
    {"IOS 15, show crypto isakmp sa",
     "IPv4 Crypto ISAKMP SA\ndst             src             state          conn-id status\n"
     "192.0.2.9       198.51.100.2    QM_IDLE           1001 ACTIVE\n\nIPv6 Crypto ISAKMP SA\n",
     "screen-sa SOURCE=198.51.100.2 DESTINATION=192.0.2.9 IOS_STATE=QM_IDLE CONN_ID=1001"},
    {"IOS 15, detail, with and without a VRF",
     "C-id  Local           Remote          I-VRF  Status Encr Hash   Auth DH Lifetime Cap.\n\n"
     "1001  198.51.100.2    192.0.2.9       RED    ACTIVE aes  sha    psk  14 23:01:47 D\n"
     "       Engine-id:Conn-id =  SW:1\n\n1002  198.51.100.2    192.0.2.10             ACTIVE 3des sha    psk  2  "
     "00:01:12 D\n",
     "screen-sa CONN_ID=1001 LOCAL=198.51.100.2 PEER=192.0.2.9 RESULT=ACTIVE ENCRYPTION=aes HASH=sha "
     "AUTHENTICATION=psk DH_GROUP=14; screen-sa CONN_ID=1002 LOCAL=198.51.100.2 PEER=192.0.2.10 RESULT=ACTIVE "
     "ENCRYPTION=3des HASH=sha AUTHENTICATION=psk DH_GROUP=2"},
    {"ASA 9, show crypto ipsec sa, of a user",
     "interface: outside\n    Crypto map tag: DYN, seq num: 10, local addr: 198.51.100.2\n\n"
     "      local ident (addr/mask/prot/port): (0.0.0.0/0.0.0.0/0/0)\n"
     "      remote ident (addr/mask/prot/port): (10.60.200.11/255.255.255.255/0/0)\n"
     "      current_peer: 192.0.2.9, username: bob\n      dynamic allocated peer ip: 10.60.200.11\n\n"
     "      #pkts encaps: 5, #pkts encrypt: 5, #pkts digest: 5\n",
     "screen-ipsec INTERFACE=outside MAP=DYN SEQUENCE=10 LOCAL=198.51.100.2 LOCAL_PROXY=0.0.0.0/0.0.0.0/0/0 "
     "REMOTE_PROXY=10.60.200.11/255.255.255.255/0/0 PEER=192.0.2.9 USERNAME=bob ENCAPSULATED=5"},
    {"ASA 9, show crypto ipsec sa, two pairs of one entry",
     "interface: outside\n    Crypto map tag: OUT, seq num: 10, local addr: 198.51.100.2\n\n"
     "      access-list VPN extended permit ip 10.1.0.0 255.255.0.0 10.2.0.0 255.255.0.0\n"
     "      local ident (addr/mask/prot/port): (10.1.0.0/255.255.0.0/0/0)\n"
     "      remote ident (addr/mask/prot/port): (10.2.0.0/255.255.0.0/0/0)\n      current_peer: 192.0.2.9\n\n"
     "      #pkts encaps: 5, #pkts encrypt: 5, #pkts digest: 5\n"
     "      #pkts decaps: 0, #pkts decrypt: 0, #pkts verify: 0\n      #send errors: 1, #recv errors: 2\n\n"
     "      local crypto endpt.: 198.51.100.2/4500, remote crypto endpt.: 192.0.2.9/4500\n"
     "      path mtu 1500, ipsec overhead 82(52), media mtu 1500\n      current outbound spi: 50023DDC\n"
     "      current inbound spi : 32F752FF\n\n    inbound esp sas:\n      spi: 0x32F752FF (855069439)\n"
     "         in use settings ={L2L, Tunnel,  NAT-T-Encaps, IKEv1, }\n"
     "      local ident (addr/mask/prot/port): (10.3.0.0/255.255.0.0/0/0)\n"
     "      remote ident (addr/mask/prot/port): (10.2.0.0/255.255.0.0/0/0)\n      current_peer: 192.0.2.9\n"
     "      #pkts encaps: 7, #pkts encrypt: 7, #pkts digest: 7\n",
     "screen-ipsec INTERFACE=outside MAP=OUT SEQUENCE=10 LOCAL=198.51.100.2 LOCAL_PROXY=10.1.0.0/255.255.0.0/0/0 "
     "REMOTE_PROXY=10.2.0.0/255.255.0.0/0/0 PEER=192.0.2.9 ENCAPSULATED=5 DECAPSULATED=0 SEND_ERRORS=1 "
     "RECEIVE_ERRORS=2 MTU=1500 SPI_OUT=1342324188 SPI_IN=855069439 IN_UDP=1; screen-ipsec MAP=OUT LOCAL=198.51.100.2 INTERFACE=outside "
     "LOCAL_PROXY=10.3.0.0/255.255.0.0/0/0 REMOTE_PROXY=10.2.0.0/255.255.0.0/0/0 PEER=192.0.2.9 ENCAPSULATED=7"},
    {"IOS, show crypto ipsec sa: the first spi is the inbound one",
     "    Crypto map tag: OUT, local addr 198.51.100.2\n   protected vrf: (none)\n"
     "   local  ident (addr/mask/prot/port): (10.1.0.0/255.255.0.0/0/0)\n"
     "   remote ident (addr/mask/prot/port): (10.2.0.0/255.255.0.0/0/0)\n   current_peer 192.0.2.9 port 500\n"
     "    #pkts encaps: 4, #pkts encrypt: 4, #pkts digest: 4\n    #send errors 3, #recv errors 0\n"
     "     current outbound spi: 0x397C36EE(964441838)\n     inbound esp sas:\n      spi: 0x658F7C11(1703902225)\n"
     "     outbound esp sas:\n      spi: 0x397C36EE(964441838)\n",
     "screen-ipsec MAP=OUT LOCAL=198.51.100.2 LOCAL_PROXY=10.1.0.0/255.255.0.0/0/0 "
     "REMOTE_PROXY=10.2.0.0/255.255.0.0/0/0 PEER=192.0.2.9 ENCAPSULATED=4 SEND_ERRORS=3 RECEIVE_ERRORS=0 "
     "SPI_OUT=964441838 SPI_IN=1703902225"},
    {"IOS, show crypto session",
     "Crypto session current status\n\nInterface: Tunnel13\nSession status: DOWN-NEGOTIATING\n"
     "Peer: 192.0.2.9 port 500 \n  IKEv1 SA: local 198.51.100.2/500 remote 192.0.2.9/500 Inactive \n"
     "  IPSEC FLOW: permit 47 host 198.51.100.2 host 192.0.2.9 \n        Active SAs: 0, origin: crypto map\n"
     "        Inbound:  #pkts dec'ed 0 drop 0 life (KB/Sec) 0/0\n        Outbound: #pkts enc'ed 0 drop 12 life "
     "(KB/Sec) 0/0\n",
     "screen-session INTERFACE=Tunnel13 STATE=DOWN-NEGOTIATING PEER=192.0.2.9 LOCAL=198.51.100.2 DETAIL=permit 47 host "
     "198.51.100.2 host 192.0.2.9 PAIRS=0 DECAPSULATED=0 ENCAPSULATED=0"},
    {"ASA, show vpn-sessiondb detail l2l",
     "Session Type: LAN-to-LAN Detailed\n\nConnection   : 192.0.2.9\nIndex        : 79                     IP Addr     "
     " "
     ": 192.0.2.9\nProtocol     : IKEv1 IPsec\nBytes Tx     : 10                     Bytes Rx     : 0\nIKEv1 Tunnels: "
     "1\nIKEv1:\n  Tunnel ID    : 79.1\n  D/H Group    : 2\nIPsec:\n  Tunnel ID    : 79.2\n  Local Addr   : "
     "10.1.0.0/255.255.0.0/0/0\n  Remote Addr  : 10.2.0.0/255.255.0.0/0/0\n  Pkts Tx      : 3                Pkts Rx  "
     "    : 0\n",
     "screen-session TUNNEL_KIND=LAN-to-LAN GROUP=192.0.2.9 CONN_ID=79 PEER=192.0.2.9 BYTES_SENT=10 BYTES_RECEIVED=0 "
     "DH_GROUP=2 LOCAL_PROXY=10.1.0.0/255.255.0.0/0/0 REMOTE_PROXY=10.2.0.0/255.255.0.0/0/0 ENCAPSULATED=3 "
     "DECAPSULATED=0"},
    {"strongSwan, swanctl --list-sas",
     "site: #1, ESTABLISHED, IKEv1, 6f2c01d1a9b2c3d4_i* 8d01020304050607_r\n  local  '198.51.100.2' @ "
     "198.51.100.2[500]\n  remote '192.0.2.9' @ 192.0.2.9[500]\n  AES_CBC-256/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_2048\n"
     "  established 12s ago, rekeying in 13000s\n  net: #1, reqid 1, INSTALLED, TUNNEL, "
     "ESP:AES_CBC-256/HMAC_SHA1_96\n    installed 12s ago, rekeying in 3200s\n    in  c1234567,      0 bytes,     0 "
     "packets\n    out c89abcde,    336 bytes,     4 packets,    2s ago\n    local  10.1.0.0/16\n    remote "
     "10.2.0.0/16\n",
     "screen-session CONNECTION=site LOCAL=198.51.100.2 PEER=192.0.2.9 PAIRS=1 DECAPSULATED=0 ENCAPSULATED=4 "
     "LOCAL_PROXY=10.1.0.0/16 REMOTE_PROXY=10.2.0.0/16"},
    {"ASA, show crypto isakmp stats: only what counts",
     "Global IKE Statistics\n  Active Tunnels:                0\n  In Drop Packets:             925\n"
     "  Auth Fails:                    3\n",
     "screen-counter STATEMENT=isakmp-stats CAUSE=In Drop Packets COUNT=925; screen-counter STATEMENT=isakmp-stats "
     "CAUSE=Auth Fails COUNT=3"},
    {"ASA, show asp drop",
     "Frame drop:\n  IPSEC tunnel is down (ipsec-tun-down)                                   231724\n"
     "  Flow is denied by configured rule (acl-drop)                                 0\n\nLast clearing: Never\n\n"
     "Flow drop:\n  NAT reverse path failed (nat-rpf-failed)                                     16\n",
     "screen-counter STATEMENT=asp-drop CAUSE=ipsec-tun-down COUNT=231724; screen-counter STATEMENT=asp-drop "
     "CAUSE=nat-rpf-failed COUNT=16"},
    {"ASA, packet-tracer that is dropped",
     "Phase: 5\nType: NAT\nSubtype: \nResult: ALLOW\nConfig:\nAdditional Information:\n\nPhase: 6\nType: VPN\n"
     "Subtype: encrypt\nResult: DROP\n\nResult:\ninput-interface: inside\ninput-status: up\n"
     "output-interface: outside\nAction: drop\nDrop-reason: (acl-drop) Flow is denied by configured rule\n",
     "screen-trace COUNT=5 DETAIL=NAT RESULT=ALLOW; screen-trace COUNT=6 DETAIL=VPN ATTRIBUTE=encrypt RESULT=DROP; "
     "screen-trace INTERFACE=inside RESULT=drop CAUSE=(acl-drop) Flow is denied by configured rule"},
    {"ASA, show asp table vpn-context detail",
     "VPN CTX  = 0x01177414\n\nPeer IP  = 10.2.0.0\nPointer  = 0xCC11B670\nState    = UP+DIP\n"
     "Flags    = DECR+ESP+NATT\nSA       = 0x0DA8FA2F\nSPI      = 0x4F456306\nPkts     = 8092\nBad Pkts = 1\n",
     "screen-context HANDLE=18314260 REMOTE_ADDRESS=10.2.0.0 STATE=UP+DIP DIRECTION=inbound SPI=1329947398 COUNT=8092 "
     "RECEIVE_ERRORS=1"},
    {"ASA, show access-list",
     "access-list VPN; 1 elements; name hash: 0x3402472e\naccess-list VPN line 1 extended permit ip 10.1.0.0 "
     "255.255.0.0 10.2.0.0 255.255.0.0 (hitcnt=0) 0x7d179db4 \n",
     "screen-acl MAP=VPN DETAIL=line 1 extended permit ip 10.1.0.0 255.255.0.0 10.2.0.0 255.255.0.0 COUNT=0"},
    {"IOS, show access-lists",
     "Extended IP access list 110\n    10 permit ip 10.1.0.0 0.0.255.255 10.2.0.0 0.0.255.255 (15 matches)\n"
     "    20 deny ip any any\n",
     "screen-acl MAP=110 DETAIL=permit ip 10.1.0.0 0.0.255.255 10.2.0.0 0.0.255.255 COUNT=15; screen-acl MAP=110 "
     "DETAIL=deny ip any any COUNT=0"},
    {"IOS, show crypto isakmp policy",
     "Global IKE policy\nProtection suite of priority 10\n        encryption algorithm:   AES - Advanced Encryption "
     "Standard (128 bit keys).\n        hash algorithm:         Secure Hash Standard\n        authentication method:  "
     "Pre-Shared Key\n        Diffie-Hellman group:   #5 (1536 bit)\n        lifetime:               86400 seconds, no "
     "volume limit\nDefault protection suite\n        encryption algorithm:   DES - Data Encryption Standard (56 bit "
     "keys).\n        hash algorithm:         Secure Hash Standard\n        authentication method:  "
     "Rivest-Shamir-Adleman Signature\n        Diffie-Hellman group:   #1 (768 bit)\n        lifetime:               "
     "86400 seconds, no volume limit\n",
     "configured PRIORITY=10 STATEMENT=policy ENCRYPTION=AES - Advanced Encryption Standard (128 bit keys). "
     "HASH=Secure "
     "Hash Standard AUTHENTICATION=Pre-Shared Key DH_GROUP=5 SECONDS=86400; configured STATEMENT=policy ENCRYPTION=DES "
     "- Data Encryption Standard (56 bit keys). HASH=Secure Hash Standard AUTHENTICATION=Rivest-Shamir-Adleman "
     "Signature DH_GROUP=1 SECONDS=86400"},
    {"ikewise, show tunnel",
     "198.51.100.2       UP           crypto map OUTSIDE 10, ACL VPN, interface outside\n"
     "    phase 1    MM_ACTIVE, initiator, for 1h02m\n"
     "    phase 2    1 pair, SPI 0x0A0B0C0D in, 0x11223344 out\n"
     "    traffic    out 100 packets, 8400 bytes; in 0 packets, 0 bytes; errors 0 out, 0 in\n\n"
     "198.51.100.3       DOWN         crypto map OUTSIDE 20, ACL VPN2, interface outside\n"
     "    phase 1    MM_KEY_EXCH (MM_WAIT_MSG6 on an ASA), initiator\n               Sent.\n    proven     the path\n"
     "    last       failed 12s ago in MM_WAIT_MSG6, phase 1: the peer did not reply (NO_ANSWER)\n\n"
     "198.51.100.4       DOWN         crypto map OUTSIDE 30, ACL VPN, interface outside\n"
     "    last       ended 12s ago in MM_ACTIVE, phase 1: it was cleared by hand (DELETED_BY_OPERATOR)\n",
     "screen-sa PEER=198.51.100.2 STATE=MM_ACTIVE; screen-ipsec ENCAPSULATED=100 DECAPSULATED=0; screen-sa "
     "PEER=198.51.100.3 STATE=MM_WAIT_MSG6"},
    {"IOS, show crypto map, unfinished",
     "Crypto Map IPv4 \"OUT\" 10 ipsec-isakmp\n        Peer = 192.0.2.9\n        Extended IP access list 110\n"
     "WARNING: This crypto map is in an incomplete state!\n",
     "screen-map MAP=OUT PEER=192.0.2.9 GROUP=110 RESULT=incomplete"},
    {"ASA and IOS, show route",
     "Gateway of last resort is 198.51.100.1 to network 0.0.0.0\n\nS*    0.0.0.0 0.0.0.0 [1/0] via 198.51.100.1, "
     "outside\nC        10.1.0.0 255.255.0.0 is directly connected, inside\nS    10.2.0.0/16 [1/0] via 10.1.0.9\n",
     "screen-route REMOTE_ADDRESS=0.0.0.0 REMOTE_PREFIX_LEN=0 PEER=198.51.100.1; screen-route REMOTE_ADDRESS=0.0.0.0 "
     "REMOTE_PREFIX_LEN=0 PEER=198.51.100.1 INTERFACE=outside; screen-route REMOTE_ADDRESS=10.1.0.0 "
     "REMOTE_PREFIX_LEN=16 INTERFACE=inside; screen-route REMOTE_ADDRESS=10.2.0.0 REMOTE_PREFIX_LEN=16 "
     "PEER=10.1.0.9"},
    {"IOS 12.3, show crypto engine connections active: a pair is two rows, each with one direction",
     "  ID Interface       IP-Address      State  Algorithm           Encrypt  Decrypt\n"
     "   1 Ethernet0/0     192.0.2.1       set    HMAC_SHA+3DES_56_C        0        0\n"
     "2000 Ethernet0/0     192.0.2.1       set    HMAC_SHA+3DES_56_C        0        0\n"
     "2001 Ethernet0/0     192.0.2.1       set    HMAC_SHA+3DES_56_C       17        0\n"
     "2002 Ethernet0/0     192.0.2.1       set    HMAC_SHA+3DES_56_C        0        4\n"
     "2004 Ethernet0/0     192.0.2.1       set    HMAC_SHA+3DES_56_C        0        5\n",
     "screen-ipsec ENCAPSULATED=17 DECAPSULATED=0 LOCAL=192.0.2.1"},
    {"IOS, show ip arp, show ip interface brief: who does not answer, what is shut",
     "Protocol  Address          Age (min)  Hardware Addr   Type   Interface\nInternet  192.0.2.2               0   Incomplete      ARPA\n"
     "Internet  192.0.2.3              12   ba25.368a.6d92  ARPA   Ethernet0/0\n"
     "Interface                  IP-Address      OK? Method Status                Protocol\n"
     "Ethernet0/0                192.0.2.1       YES NVRAM  administratively down down\nEthernet0/1                unassigned      YES NVRAM  up "
     "                   up\n",
     "screen-neighbour REMOTE_ADDRESS=192.0.2.2 RESULT=incomplete; screen-neighbour REMOTE_ADDRESS=192.0.2.3 INTERFACE=Ethernet0/0 RESULT=known; "
     "screen-interface INTERFACE=Ethernet0/0 LOCAL=192.0.2.1 RESULT=down DETAIL=administratively"},
    {"ping",
     "Type escape sequence to abort.\nSending 5, 100-byte ICMP Echos to 10.2.0.5, timeout is 2 seconds:\n"
     "Packet sent with a source address of 10.1.0.1\n.....\nSuccess rate is 0 percent (0/5)\nfw# ping 10.2.0.6\n"
     "Sending 5, 100-byte ICMP Echos to 10.2.0.6, timeout is 2 seconds:\n.!!!!\n"
     "Success rate is 80 percent (4/5), round-trip min/avg/max = 1/1/4 ms\n",
     "screen-ping REMOTE_ADDRESS=10.2.0.5 LOCAL=10.1.0.1 COUNT=0; screen-ping REMOTE_ADDRESS=10.2.0.6 COUNT=80"},
    {"a name that is broken into several lines", "Certificate\n  Status: Available\n  Subject Name:\n    cn=gw\n    ou=vpn\n  Validity Date:\n",
     "screen-certificate STATEMENT=certificate RESULT=Available ID=cn=gw,ou=vpn"},
    {"nothing there", "There are no ipsec sas\n", "screen-no-ipsec"},
    {"an empty table at the end of a file", "dst             src             state           conn-id    slot\n",
     "screen-no-sa"},
    {"pager of an ASA within a screen",
     "1   IKE Peer: 192.0.2.9\n<--- More --->\r              \r    Type    : L2L             Role    : initiator\n"
     "    Rekey   : no              State   : MM_ACTIVE\n",
     "screen-sa PEER=192.0.2.9 TUNNEL_KIND=L2L ROLE=initiator STATE=MM_ACTIVE"},
    {"pager of a router within a screen",
     "dst             src             state           conn-id    slot\n --More-- \b\b\b\b\b\b\b\b\b        "
     "\b\b\b\b\b\b\b\b\b192.0.2.9       198.51.100.2    MM_NO_STATE           1       0\n",
     "screen-sa SOURCE=198.51.100.2 DESTINATION=192.0.2.9 IOS_STATE=MM_NO_STATE CONN_ID=1"},
    {"a prompt ends the screen, and the log line goes on",
     "1   IKE Peer: 192.0.2.9\n    Rekey   : no              State   : MM_WAIT_MSG2\nfw/act# \n"
     "%ASA-5-713119: Group = 192.0.2.9, IP = 192.0.2.9, PHASE 1 COMPLETED\n",
     "screen-sa PEER=192.0.2.9 STATE=MM_WAIT_MSG2; phase1-completed GROUP=192.0.2.9 PEER=192.0.2.9"},
    {"a log line behind a screen ends it",
     "1   IKE Peer: 192.0.2.9\n    Rekey   : no              State   : MM_WAIT_MSG2\n"
     "%ASA-5-713119: Group = 192.0.2.9, IP = 192.0.2.9, PHASE 1 COMPLETED\n",
     "screen-sa PEER=192.0.2.9 STATE=MM_WAIT_MSG2; phase1-completed GROUP=192.0.2.9 PEER=192.0.2.9"},
    {"a log line in the middle of a screen takes nothing away from it",
     "1   IKE Peer: 192.0.2.9\n%ASA-5-713119: Group = 192.0.2.9, IP = 192.0.2.9, PHASE 1 COMPLETED\n"
     "    Rekey   : no              State   : MM_ACTIVE\n",
     "phase1-completed GROUP=192.0.2.9 PEER=192.0.2.9; screen-sa PEER=192.0.2.9 STATE=MM_ACTIVE"},
    {"debugging within an interface, whose end nothing tells",
     "GigabitEthernet0/1 is up, line protocol is up\n00:01:01: ISAKMP (0:1): SKEYID state generated\n"
     "  Internet address is 198.51.100.2/24\n",
     "keys-made CONN_ID=1; screen-interface RESULT=up LOCAL=198.51.100.2"},
    {"debugging in the middle of a table",
     "dst             src             state           conn-id    slot\n"
     "00:01:01: ISAKMP (0:1): SKEYID state generated\n192.0.2.9       198.51.100.2    MM_KEY_EXCH           1       "
     "0\n",
     "keys-made CONN_ID=1; screen-sa SOURCE=198.51.100.2 DESTINATION=192.0.2.9 IOS_STATE=MM_KEY_EXCH CONN_ID=1"},
};

static void each_screen_tells_what_it_shows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(screens); i++)
        for (size_t step = 1; step < 100000; step *= 300) {
            struct source_summary sum = read_text(screens[i].text, step);

            if (strcmp(told, screens[i].told) != 0 || sum.unread != 0)
                fail_msg("%s:\n%s\nnot\n%s", screens[i].what, told, screens[i].told);
        }
}

static void each_line_of_a_trace_is_known(void **state)
{
    (void)state;
    struct source_summary sum = read_text(
        "Phase: 1\nType: ROUTE-LOOKUP\nSubtype: Resolve Egress Interface\nResult: ALLOW\nConfig:\n"
        "Additional Information:\nfound next-hop 192.0.2.2 using egress ifc  outside\nPhase: 2\nType: ACCESS-LIST\n"
        "Subtype:\nResult: ALLOW\nConfig:\nImplicit Rule\nAdditional Information:\nPhase: 3\nType: NAT\nSubtype:\n"
        "Result: ALLOW\nConfig:\nAdditional Information:\nDynamic translate 10.1.0.5/0 to 192.0.2.1/1024\n",
        4096);
    assert_int_equal(sum.ignored, 0);
    assert_int_equal(sum.understood, sum.lines);
}

static void a_key_that_is_shown_is_not_told(void **state)
{
    static const char screen[] = "Keyring      Hostname/Address                            Preshared Key\n\n"
                                 "default      192.0.2.9        [255.255.255.255]          GeheimWort\n"
                                 "branches     192.0.2.10                                  GeheimWort\nR1#show clock\n";
    size_t space = source_space();
    struct arena arena = arena_of(malloc(space), space);
    struct source *s = source_new(&arena, 0);
    struct text t = text_of(told, sizeof told);
    struct observation o;

    (void)state;
    source_feed(s, bytes_of_text(screen));
    while (source_next(s, &o)) {
        told_add(&t, &o.event);
        text_add(&t, " (%s)", source_text(s));
    }
    assert_string_equal(told, "configured GROUP=192.0.2.9 KEY=present STATEMENT=key PEER=192.0.2.9 (a pre-shared key); "
                              "configured GROUP=192.0.2.10 KEY=present STATEMENT=key PEER=192.0.2.10 (a pre-shared key)");
    free(arena.data);
}

static void prose_is_no_screen(void **state)
{
    static const char *const lines[] = {
        "MM_WAIT_MSG4 Initiator Initiator is sending the Pre-Shared-Key hash to its peer.\n",
        "Phase 1 has completed. Type: anything. State : of mind\n",
        "Peer: review is due; Interface of the house\n",
        "current_peer is what the screen calls it\n",
        "Certificate\n",
        "Track 5 the packet, please\n",
        "Trustpoint LAB has expired\n",
        "we saw 192.0.2.1 at ba25.368a 3\n",
        "Interface: the one that we broke\n",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        read_text(lines[i], 4096);
        if (*told)
            fail_msg("%s: %s", lines[i], told);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_screen_tells_what_it_shows),
        cmocka_unit_test(each_line_of_a_trace_is_known),
        cmocka_unit_test(a_key_that_is_shown_is_not_told),
        cmocka_unit_test(prose_is_no_screen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
