#!/bin/bash
# Two gateways and a host behind each, in network namespaces: what the daemon makes, keeps and takes away. Wants root.
#     two_gateways.sh IKEWISED
set -u
ikewised=$(readlink -f "$1")
work=$(mktemp -d)
tag=iw$$
failed=0

. "$(dirname "$0")/../sites.sh"

write_config() { # side, ours, inside, our network, their network, peer
    (umask 077; cat >"$work/$1.conf") <<EOF
ASA Version 9.1(2)
hostname $1
interface GigabitEthernet0/0
 nameif outside
 security-level 0
 ip address $2 255.255.255.0
interface GigabitEthernet0/1
 nameif inside
 security-level 100
 ip address $3 255.255.0.0
access-list VPN extended permit ip $4 255.255.0.0 $5 255.255.0.0
$(tunnel_to "$6")
EOF
}

send_signal() { kill "-$2" "$(cat "$work/$1.pid")"; }

stop() { # side, signal; the exit code is the daemon's
    send_signal "$1" "$2"
    wait "$(cat "$work/$1.pid")"
}

log_says() { # side, text
    for _ in $(seq 300); do
        grep -qF -- "$2" "$work/$1.log" && return
        sleep 0.1
    done
    tail -n 5 "$work/$1.log"
    return 1
}

has_read() { # side, how often since its start it has read its file again, and taken it
    for _ in $(seq 300); do
        [ "$(grep -cF "has been read again and is in use" "$work/$1.log")" = "$2" ] && return
        sleep 0.1
    done
    tail -n 5 "$work/$1.log"
    return 1
}

session_is_told() { # side, peer
    grep -q "Group = $2, Username = $2, IP = $2, Session disconnected\. Session Type: LAN-to-LAN, Duration: 0h:0.m:..s, Bytes xmt: [1-9][0-9]*, Bytes rcv: [1-9][0-9]*, Reason: " "$work/$1.log" && return
    grep -F "Session disconnected" "$work/$1.log"
    return 1
}

is_said_before() { # side, text, later text
    awk -v first="$2" -v later="$3" 'index($0, first) && !f { f = NR } index($0, later) && !l { l = NR }
        END { exit !(f && l && f < l) }' "$work/$1.log"
}
is_0() { [ "$1" = 0 ]; }

pings() { host hw ping -c "$1" -i 0.2 -W 6 10.2.0.5 | grep -q " $1 received"; }
reaches_nobody() { not host hw ping -c 1 -W 1 10.2.0.5; }
rule_stands() { ip -n "${tag}g$1" rule | grep -q '^450:'; }
nothing_is_left() {
    [ -z "$(host "g$1" nft list ruleset)" ] && not rule_stands "$1" && [ -z "$(ip -n "${tag}g$1" route show table 4500 2>/dev/null)" ] &&
        not ip -n "${tag}g$1" link show ikewise0 && [ ! -e "$work/$1.sock" ]
}
replays() { # with session keys or not: what phase 2 asked for is read, or assumed
    local ikewise=${ikewised%d}
    rm -f "$work/journal"
    "$ikewise" -s "$work/w.sock" copy journal ${1:+"$1"} "$work/journal" && "$ikewise" explain "$work/journal" &&
        "$ikewise" replay "$work/journal" --config "$work/w.conf" >"$work/replayed" &&
        cat "$work/replayed" && [ "$(grep -c 'in phase 2 is sealed' "$work/replayed")" = "$2" ]
}
decodes() { # text: in what ISAKMP says
    west show capture ike decode | grep -qF -- "$1"
}
is_followed_by_its_copy() { # quick mode, sealed, then in clear; an answer may come before the copy of what was asked
    west show capture ike decode | awk '/quick mode .*encrypted/ { sealed++; next }
        /quick mode/ { early += ++copies > sealed } END { exit early || copies != 3 }'
}
sees() { # capture, text: on its screen
    # shellcheck disable=SC2086
    "${ikewised%d}" -s "$work/w.sock" show capture $1 | tee /dev/stderr | grep -qE -- "$2"
}
west() { "${ikewised%d}" -s "$work/w.sock" "$@"; }
refuses() { # text, words...
    not west "${@:2}" >"$work/refused" 2>&1 && cat "$work/refused" && grep -qF -- "$1" "$work/refused"
}
copies() { # capture
    rm -f "$work/$1.pcapng"
    west copy "/pcap" "capture:$1" "$work/$1.pcapng" && [ "$(stat -c %a "$work/$1.pcapng")" = 600 ] &&
        "${ikewised%d}" explain "$work/$1.pcapng" >"$work/explained" && cat "$work/explained" && not grep -q times "$work/explained"
}
dissects() { # filter, frames: what tshark finds in the copy of ISAKMP
    [ "$(tshark -r "$work/ike.pcapng" -Y "$1" 2>/dev/null | wc -l)" = "$2" ]
}
keys_in_journal() { # how many
    rm -f "$work/journal"
    west copy journal session-keys "$work/journal" && [ "$(grep -c 'Z key ' "$work/journal")" = "$1" ]
}
keys_in_logs() {
    cut -d, -f2 "$work/keys" | grep -F -f - "$work/w.log" "$work/e.log"
}
stranger() { # ESP of no SA
    # shellcheck disable=SC2016 # the inner shell is to read it
    host ge bash -c 'printf "\0\0\1\0\0\0\0\1abcdefgh" >/dev/udp/192.0.2.1/4500'
}
inside_mtu() { ip -n "${tag}gw" link set in0 mtu "$1" && ip -n "${tag}hw" link set in0 mtu "$1"; }
has_last_byte() { # of a ping of 4000 bytes the last is 0x9f
    [ "$(tcpdump -n -r "$work/whole.pcapng" -v 2>/dev/null | grep -c 'ICMP echo request.*length 4008$')" = 1 ] &&
        tcpdump -n -r "$work/whole.pcapng" -x -c 1 2>/dev/null | grep -q '0x0fb0: .*9c9d 9e9f$'
}
packet_sockets() { [ "$(host gw awk 'NR > 1' /proc/net/packet | wc -l)" = "$1" ]; }
is_up() { west up 192.0.2.2; }
starts_again() { # side: a second daemon with the same file, which has to give up by itself
    timeout 10 ip netns exec "${tag}g$1" "$ikewised" -f "$work/$1.conf" -s "$work/second.sock"
}

exec 2>"$work/errors" # what bash says of killed children
make_network
write_config w 192.0.2.1 10.1.0.1 10.1.0.0 10.2.0.0 192.0.2.2
write_config e 192.0.2.2 10.2.0.1 10.2.0.0 10.1.0.0 192.0.2.1
echo "crypto isakmp reload-wait" >>"$work/e.conf"

expect "a file can be tested without being root of anything" "$ikewised" -t -f "$work/w.conf"
start w
start e
expect "the log says which interface is which" log_says w "interface outside (GigabitEthernet0/0), 192.0.2.1, is out0 of this machine"
expect "every ping arrives, the first included" pings 5

expect "the journal of a tunnel that is up is healthy, and comes up again" replays "" 1
expect "with session keys phase 2 is read in it" replays session-keys 0

expect "keys are written while that is asked for" west debug crypto ikev1 keys "$work/keys"
west down 192.0.2.2 >/dev/null
west up 192.0.2.2 >/dev/null
expect "the file has those of the SA that was there, and of the new one" [ "$(wc -l <"$work/keys")" = 2 ]
expect "the journal too, though one of them has ended" keys_in_journal 2
expect "no log has a key" not keys_in_logs
west undebug all >/dev/null
expect "afterwards it has only those that are there" keys_in_journal 1

expect "without a capture there is no packet socket" packet_sockets 0
expect "a capture on the inside" west capture in interface inside match icmp host 10.1.0.5 any
expect "one on the outside" west capture out interface outside match host 192.0.2.2 and esp
expect "one of what nobody sends" west capture none interface outside match ip host 192.0.2.77 any
expect "one of ISAKMP" west capture ike type isakmp interface outside
expect "one that holds little" west capture small buffer 1534 interface inside
expect "has a socket each" packet_sockets 5
expect "one that keeps the newest, its words in another order" \
    west capture ring interface inside packet-length 64 circular-buffer buffer 1534 match icmp any any
expect "one of what is dropped" west capture lost type asp-drop
expect "and of what is dropped for one reason" west capture stranger type asp-drop np-sp-invalid-spi
expect "these need no socket" packet_sockets 6
expect "a reason that there is not is refused" refuses "nothing is dropped for foo" capture x type asp-drop foo
expect "what is dropped is of no interface" refuses "leave out interface inside" capture x type asp-drop interface inside
expect "the rest is of one" refuses "a nameif are missing" capture x type isakmp
expect "there is an end of captures" refuses "8 captures already" capture nine type asp-drop
expect "the same name again is refused" refuses "no capture in ends it" capture in interface inside
expect "a nameif that there is not is refused" refuses "no interface has this nameif" capture x interface dmz
expect "a wrong match is refused by its word" refuses "'foo' where" capture x interface inside match foo
pings 10
west down 192.0.2.2 >/dev/null
west up 192.0.2.2 >/dev/null
expect "pings are captured, both ways" sees in "^ +1: [0-9:.]{15} +10\\.1\\.0\\.5 > 10\\.2\\.0\\.5: icmp: echo request "
expect "answers too" sees in "10\\.2\\.0\\.5 > 10\\.1\\.0\\.5: icmp: echo reply "
expect "all of them" sees in "^20 packets shown"
expect "outside they are ESP" sees out "192\\.0\\.2\\.1 > 192\\.0\\.2\\.2:  ip-proto-50, length [0-9]+"
expect "what does not match is not kept" sees none "^0 packet captured"
expect "ISAKMP is kept apart" sees ike "192\\.0\\.2\\.1\\.500 > 192\\.0\\.2\\.2\\.500:  udp"
expect "what it says is shown" decodes "SA (1), 60 bytes: DOI IPSEC (1)"
expect "also what was sealed" decodes "type IPV4_ADDR_SUBNET (4), protocol 0, port 0, 10.1.0.0/16"
expect "behind the message that it was in" is_followed_by_its_copy
expect "and no ESP" not sees ike "ip-proto"
expect "a full buffer is said" sees "" "^capture small type raw-data interface inside \\[Buffer Full - 1[0-9]{3} bytes\\]"
expect "in a circular one the oldest make room" sees ring "icmp: echo"
expect "and the newest come" sees "" "^capture ring type raw-data interface inside circular-buffer \\[Capturing - 1[0-9]{3} bytes\\]"
stranger
expect "what is dropped is kept with its reason" soon sees lost \
    "192\\.0\\.2\\.2\\.[0-9]+ > 192\\.0\\.2\\.1\\.4500:  udp 16 Drop-reason: \\(np-sp-invalid-spi\\) Invalid SPI"
expect "also where one reason is asked for" sees stranger "^1 packet captured"
expect "and what the others match" sees "" "^  match icmp host 10\\.1\\.0\\.5 any"
expect "a copy is a file that explain reads, and only its owner" copies ike
if command -v tcpdump >/dev/null; then
    west copy capture:in "$work/in.pcapng"
    expect "and tcpdump" is_0 "$(($(tcpdump -n -r "$work/in.pcapng" 2>/dev/null | grep -c 'ICMP echo') - 20))"
fi
if command -v tshark >/dev/null; then
    expect "Wireshark reads quick mode in clear" dissects 'frame.comment == "decrypted copy" && isakmp.exchangetype == 32 && isakmp.hash' 3
    expect "and finds no fault in it" dissects '_ws.malformed || (_ws.expert.severity == error)' 0
fi
expect "a file that is there is left alone" refuses "File exists" copy capture:ike "$work/ike.pcapng"
expect "a capture that there is not has no file" refuses "no capture has this name" copy capture:x "$work/x.pcapng"
expect "nor an empty one" not [ -e "$work/x.pcapng" ]
west clear capture in
expect "a capture that is cleared begins anew" sees in "^0 packet captured"
for name in in out none ike small ring lost stranger; do west no capture $name; done
expect "with the last one their sockets go" packet_sockets 0

inside_mtu 9000
west capture whole interface inside packet-length 9000 match icmp any any
west capture part interface inside match icmp any any
host hw ping -c 1 -W 3 -s 4000 10.1.0.1 >/dev/null
expect "a packet is kept as long as that was asked for" soon sees whole "icmp: echo request *$"
expect "what is not kept of another is told" sees part "icmp: echo request +\\[1518 of 4028 bytes kept\\]"
west copy capture:whole "$work/whole.pcapng"
expect "and a copy has all of it" has_last_byte
expect "a buffer that has no room for one is refused" refuses "has no room for a packet of 9000" \
    capture x interface inside buffer 2000 packet-length 9000
for name in whole part; do west no capture $name; done
inside_mtu 1500

expect "a list that there is not is refused" refuses "there is no extended access-list CAP" \
    capture listed access-list CAP interface inside
printf '%s\n' "access-list CAP extended permit icmp host 10.1.0.5 any echo" | west configure
expect "a capture by a list of the configuration" west capture listed access-list CAP interface inside
expect "and one that is going to be stopped" west capture halted interface inside match icmp any any
pings 5
expect "has packets the way that the list says" soon sees listed "^5 packets captured"
expect "and none of the answers" not sees listed "echo reply"
expect "it is shown with its list" sees "" "^capture listed type raw-data access-list CAP interface inside \\[Capturing"
printf '%s\n' "access-list CAP extended permit icmp any host 10.1.0.5 echo-reply" | west configure
expect "a capture that is stopped" west capture halted stop
expect "says so" sees "" "^capture halted type raw-data interface inside \\[Stopped"
pings 5
expect "a list that has changed holds at once" soon sees listed "^15 packets captured"
expect "and what is stopped keeps what it has" sees halted "^10 packets captured"
expect "its interface once more" west capture halted interface inside
expect "another match is added" west capture halted match udp any any eq 9
pings 5
expect "goes on with it, without what came meanwhile" soon sees halted "^20 packets captured"
expect "both are shown" sees "" "^  match udp any any eq 9"
expect "some of them are shown" sees "halted count 3 packet-number 4" "^3 packets shown"
expect "from the one that was asked for" sees "halted count 3 packet-number 4" "^ +4: "
expect "those that a list permits" sees "listed access-list CAP" "^25 packets shown"
expect "not those of a list that there is not" refuses "there is no extended access-list NONE" show capture listed access-list NONE
expect "a capture has the list that it has" refuses "is not of the access-list OTHER" no capture listed access-list OTHER
expect "which can be taken from it" west no capture listed access-list CAP
expect "and is not shown any more" sees "" "^capture listed type raw-data interface inside"
for name in listed halted; do west no capture $name; done

# Seed 2: the far end gets what we send, and its answers go nowhere.
trace() { west packet-tracer input inside icmp 10.1.0.5 8 0 10.2.0.5 detailed; }
context() { # user_data of the trace, name: a value of the context that it leads to
    west -c "show asp table vpn-context detail | begin 0x$(printf %08X "0x$1")" | sed -n "/^$2 *= /{s/.*= //p;q}"
}
pair() { # text: what stands behind it on the pair's screen
    west show crypto ipsec sa peer 192.0.2.2 | sed -n "/$1/{s/.*$1//;s/[, ].*//;p;q}"
}
leads_to() { # line of the trace (1 what goes, 2 what comes), text before the counter of the pair, its SPI, how many
    local line data
    line=$(trace | grep -E 'hits=[0-9]+, user_data=0x' | sed -n "$1p")
    data=${line#*user_data=0x}
    data=${data%%,*}
    echo "$line: SPI $(context "$data" SPI) and packets $(context "$data" Pkts) in the context, $3 and $(pair "$2") in the pair"
    [[ $line == *"hits=$4,"* ]] && [ "$(context "$data" Pkts)" = "$4" ] && [ "$(pair "$2")" = "$4" ] &&
        [ "$(context "$data" SPI)" = "0x$3" ]
}
host he ip route del default
west clear crypto ipsec sa counters
host hw ping -c 4 -i 0.2 -W 1 10.2.0.5 >/dev/null
expect "what goes out counts alike in the trace, its context and its pair" leads_to 1 "#pkts encaps: " "$(pair 'current outbound spi: ')" 4
expect "and nothing comes back" leads_to 2 "#pkts decaps: " "$(west show crypto ipsec sa peer 192.0.2.2 | sed -n '/inbound esp/,/spi:/s/.*spi: 0x\([0-9A-F]*\).*/\1/p')" 0
host he ip route add default via 10.2.0.1

# Each two hosts have a pair of their own; the far end, which says nothing of that, takes it.
cp -p "$work/w.conf" "$work/w.good"
echo "crypto map outside_map 10 set inheritance data" >>"$work/w.conf"
west clear crypto ipsec sa
ip -n "${tag}hw" addr add 10.1.0.6/16 dev in0
send_signal w HUP
pairs_of() { # side, ident of a host there, how many
    local n
    n=$("${ikewised%d}" -s "$work/$1.sock" show crypto ipsec sa | grep -cF "local ident (addr/mask/prot/port): ($2/255.255.255.255/0/0)")
    echo "$n pairs of $2"
    [ "$n" = "$3" ]
}
of_host() { host hw ping -c 2 -i 0.2 -W 3 -I "$1" 10.2.0.5 | grep -q ' 2 received'; }
traced() { # host, text
    west packet-tracer input inside icmp "$1" 8 0 10.2.0.5 detailed | tee /dev/stderr | grep -qF -- "$2"
}
expect "inheritance data is read" has_read w 1
west clear crypto isakmp sa
up_says() { west up 192.0.2.2 | tee /dev/stderr | grep -q -- "$1"; }
expect "with inheritance data a tunnel is up with its phase 1" up_says "192.0.2.2 is up: .*; its pairs come with the traffic of their hosts"
expect "every ping arrives, too" of_host 10.1.0.5
expect "and of another host" of_host 10.1.0.6
expect "each has a pair" pairs_of w 10.1.0.5 1
expect "of its own" pairs_of w 10.1.0.6 1
expect "at the far end as well" soon pairs_of e 10.2.0.5 2
expect "the trace finds it" traced 10.1.0.6 "outbound spi: 0x"
expect "and of a third host that it has none" traced 10.1.0.7 "nobody has asked for it until now"
ip -n "${tag}hw" addr del 10.1.0.6/16 dev in0
cp -p "$work/w.good" "$work/w.conf"
send_signal w HUP
expect "and read again without it" has_read w 2
expect "the line has one pair again" pings 2

# The key of both ends, as it is and as somebody might write it, in all that the gateway has said at its fullest.
canaries() {
    local key=a-key-of-this-test hex
    hex=$(printf %s "$key" | od -An -tx1 | tr -d ' \n')
    printf '%s\n' "$key" "$hex" "${hex^^}" "$(sed 's/../& /g; s/ $//' <<<"$hex")" "$(sed 's/../&:/g; s/:$//' <<<"$hex")" \
        "$(printf %s "$key" | base64)" "$(printf %s "$key" | od -An -w64 -tu1 | tr -s ' ' | sed 's/^ //')"
}
says_no_key() {
    canaries >"$work/canaries"
    { west show tech-support; west show crypto ikev1 debug-log peer 192.0.2.2; west show running-config
      west show logging; west show tunnel 192.0.2.2 why; west copy journal "$work/told"; cat "$work/told" "$work/w.log"; } >"$work/said" 2>&1
    grep -c . "$work/said"
    [ "$(grep -c . "$work/said")" -gt 300 ] && not grep -naFf "$work/canaries" "$work/said"
}
expect "T05 no log, no screen and no journal has a key, whatever way it is written" says_no_key

expect "a second daemon gives up" not starts_again w
expect "and has harmed nothing" pings 2

cp -p "$work/w.conf" "$work/w.good"
printf 'a zero byte \0 here\n' >"$work/w.conf"
send_signal w HUP
expect "a file that cannot be used says why" log_says w "the configuration stays as it was"
expect "and changes nothing" pings 2
cp -p "$work/w.good" "$work/w.conf"
chmod 644 "$work/w.conf"
send_signal w HUP
expect "a file with keys that everybody may read is not used" log_says w "chmod 600"
chmod 600 "$work/w.conf"
send_signal w HUP
expect "a good file is used at once" has_read w 3
expect "and the tunnel lives on" pings 2

ip -n "${tag}ge" rule del priority 450
expect "what comes in clear and should have been protected does not get in" not host he ping -c 1 -W 1 10.1.0.5
expect "and is logged as on an ASA" log_says w "Received a non-IPSec packet (protocol= ICMP) from 10.2.0.5 to 10.1.0.5"
send_signal e HUP
expect "a reload makes whole what somebody has removed" has_read e 1
expect "pings again" pings 2

stop w KILL
expect "a crash leaves the rule" rule_stands w
expect "and nothing leaves in clear" reaches_nobody
start w
expect "the next start takes it over" pings 2
stop w KILL
expect "--cleanup removes what a crash has left" host gw "$ikewised" --cleanup
rm -f "$work/w.sock"
expect "all of it" nothing_is_left w

ip -n "${tag}gw" addr del 192.0.2.1/24 dev out0
host gw sysctl -qw net.ipv4.ip_forward=0
start w
expect "what is wrong with the machine is said at the start" log_says w "this machine does not forward IPv4 (net.ipv4.ip_forward is 0)"
expect "with the command that repairs it" log_says w "; repair: sysctl -w net.ipv4.ip_forward=1"
expect "also of the address that is missing" log_says w "; repair: ip address add 192.0.2.1/24 dev"
expect "before the gateway runs" is_said_before w "; repair: " "tunnels run"
expect "and nothing is changed unasked" is_0 "$(host gw sysctl -n net.ipv4.ip_forward)"
host gw sysctl -qw net.ipv4.ip_forward=1
expect "an address that is missing is waited for" log_says w "it is used as soon as one has"
expect "and nothing leaves in clear meanwhile" reaches_nobody
ip -n "${tag}gw" addr add 192.0.2.1/24 dev out0
ip -n "${tag}gw" route add default via 192.0.2.2
for _ in 1 2 3; do log_says w "listening on 192.0.2.1" >/dev/null && break; done
expect "when it comes it is used" log_says w "listening on 192.0.2.1"
expect "and the tunnel comes up" pings 2

stop w TERM
sed -i 's/^ ip address 192.0.2.1 .*/ ip address dhcp setroute\n linux-interface out0/' "$work/w.conf"
ip -n "${tag}gw" addr del 192.0.2.1/24 dev out0
start w
expect "without a lease a tunnel is parked" log_says w "interface outside has no address; one by DHCP is that of the device out0"
expect "and nothing leaves in clear" reaches_nobody
ip -n "${tag}gw" addr add 192.0.2.1/24 dev out0
ip -n "${tag}gw" route add default via 192.0.2.2
for _ in 1 2 3 4; do log_says w "listening on 192.0.2.1" >/dev/null && break; done
expect "the address of a lease is taken" log_says w "device out0 has 192.0.2.1"
expect "and is used" log_says w "listening on 192.0.2.1"
expect "and the tunnel of it comes up" pings 2
ip -n "${tag}gw" addr del 192.0.2.1/24 dev out0
for _ in 1 2 3 4; do log_says w "device out0 has no address any more" >/dev/null && break; done
expect "a lease that ends is seen" log_says w "device out0 has no address any more"
ip -n "${tag}gw" addr add 192.0.2.1/24 dev out0
ip -n "${tag}gw" route add default via 192.0.2.2
for _ in 1 2 3; do soon is_up >/dev/null && break; done
expect "with the next one the tunnel is there again" pings 2
send_signal e TERM
expect "with reload-wait SIGTERM waits for the last session" log_says e "all ends with the last one"
expect "and that session goes on" pings 2
expect "SIGINT ends the daemon without a complaint" stop w INT
expect "and leaves nothing behind" nothing_is_left w
expect "the peer was told" log_says e "processing delete"
expect "and what went through the session is in its log, as on an ASA" session_is_told e 192.0.2.1
expect "SIGTERM has ended the other one, too, now that its session is over" wait "$(cat "$work/e.pid")"
expect "and leaves nothing behind either" nothing_is_left e

exit $failed
