#!/bin/bash
# Address translation before encryption: both companies have 192.168.1.0/24. West is 10.91.1.0/24 to the other, east is
# 10.92.1.0/24. Pings go through the translated addresses, in the spelling of 8.3 and of 8.2, against ikewise and against
# strongSwan; nothing is left behind.
#
#   tests/peers/nat.sh [NAME]
set -u
cd "$(dirname "$0")" || exit 1
. ./lab.sh
. ./cell.sh
. ./strongswan.sh
. ./ikewise.sh

lab_links="west-host  eth0       192.168.1.10/24   west        inside     192.168.1.1/24
           west       outside    198.51.100.2/24   router      west       198.51.100.1/24
           east       outside    203.0.113.2/24    router      east       203.0.113.1/24
           east-host  eth0       192.168.1.10/24   east        inside     192.168.1.1/24"
declare -A lab_gateway lab_inner_net lab_inner_gateway     # made by lab.sh
lab_gateway[west-host]=192.168.1.1
lab_gateway[east-host]=192.168.1.1
lab_inner_gateway=([west]=192.168.1.1 [east]=192.168.1.1)

# The crypto ACL has the addresses of the wire. By the lines of each name: the far end's network there, and how it is
# called by our hosts.
declare -A called=([west]=10.92.1 [east]=10.91.1)

objects="object network REAL
 subnet 192.168.1.0 255.255.255.0
object network WEST
 subnet 10.91.1.0 255.255.255.0
object network EAST
 subnet 10.92.1.0 255.255.255.0
object network WEB
 host 192.168.1.10"

both_83="nat (inside,outside) source static REAL WEST destination static EAST EAST no-proxy-arp
nat (inside,outside) after-auto source dynamic REAL interface"

both_82="access-list OVERLAP extended permit ip 192.168.1.0 255.255.255.0 10.91.1.0 255.255.255.0
static (inside,outside) 10.92.1.0 access-list OVERLAP
global (outside) 1 interface
nat (inside) 1 192.168.1.0 255.255.255.0"

# The far end translates nothing: our hosts call it by another name.
one_sided="nat (inside,outside) source static REAL WEST destination static EAST REAL no-proxy-arp"

write_configuration() {
    local node=$1 own=$2 far=$3 lines=$4 dir=$lab_dir/ikewised-$1
    mkdir -p "$dir"
    lab_inner_net[$node]=$own lab_inner_net[${lab_across[$node]}]=$far
    { echo "$objects"; ikewise_write_configuration "$node"; echo "$lines"; } >"$dir/ikewise.conf"
}

# reaches FROM TO_ADDRESS AS_ADDRESS: answered, and the far host sees the address that it was told of
reaches() {
    local from=$1 to=$2 as=$3 far=${lab_across[$1]}
    lab_capture seen "$far-host" eth0 "$lab_dir/seen.pcap" icmp
    seen=$(lab_in "$from-host" ping -n -q -W 2 -c 3 -i 0.1 "$to" | grep transmitted)
    lab_stop seen
    echo "${seen%%, time*}"
    [[ $seen == "3 packets transmitted, 3 received, 0% packet loss"* ]] &&
        tcpdump -n -r "$lab_dir/seen.pcap" 2>/dev/null | grep -q "IP $as > 192.168.1.10: ICMP echo request"
}

nothing_in_clear() {
    lab_stop router-clear
    ! tcpdump -n -r "$lab_dir/clear.pcap" 2>/dev/null | grep .
}

watch_clear() {
    lab_capture router-clear router any "$lab_dir/clear.pcap" "net 10.91.1.0/24 or net 10.92.1.0/24 or net 192.168.1.0/24"
}

left_behind() {
    {
        lab_in "$1" nft list tables | grep ikewise
        lab_in "$1" ip neigh show proxy
        lab_in "$1" ip route show proto 228
    } 2>/dev/null | grep . || return 0
    return 1
}

start() {
    local node
    for node in "$@"; do
        ikewise_start "$node" || { cat "$lab_dir/ikewised-$node.log"; not_ok "$name: ikewised starts at $node"; }
    done
}

begin() {
    lab_up none
    cell_choose strong pfs none
}

both_spellings() {
    begin
    write_configuration west 10.91.1.0 10.92.1.0 "$both_83"
    write_configuration east 10.92.1.0 10.91.1.0 "$both_82"
    start west east
    watch_clear
    expect "$name: west reaches east" reaches west 10.92.1.10 10.91.1.10
    expect "$name: east reaches west" reaches east 10.91.1.10 10.92.1.10
    expect "$name: nothing of it is seen in clear" nothing_in_clear
    expect "$name: what goes elsewhere has the address of the interface" outside_is_reached
    expect "$name: another rule, and no packet is lost" live_change
    expect "$name: the rule is gone, and so is the traffic" rule_taken_away
    ikewise_stop west
    expect "$name: nothing is left of a gateway that ended" left_behind west
    lab_down
}

outside_is_reached() {
    local seen
    lab_capture seen router west "$lab_dir/seen.pcap" icmp
    lab_answered west-host 198.51.100.1 1
    seen=$?
    lab_stop seen
    [ "$seen" = 0 ] &&
        tcpdump -n -r "$lab_dir/seen.pcap" 2>/dev/null | grep -q "IP 198.51.100.2 > 198.51.100.1: ICMP echo request"
}

live_change() {
    local before after seen
    before=$(ikewise_spis west)
    lab_spawn pings west-host ping -n -q -c 60 -i 0.02 -W 1 10.92.1.10
    sleep 0.2
    ikewise west configure <<<$'object network OTHER\n host 192.168.1.77\n nat (inside,outside) static 22.22.22.77' || return 1
    ikewise west configure <<<$'no object network OTHER' || return 1
    lab_until 10 lab_ended "${lab_pids[pings]}"
    after=$(ikewise_spis west)
    seen=$(grep transmitted "$lab_dir/pings.log")
    echo "${seen%%, time*}"
    [ "$before" = "$after" ] && [[ $seen == "60 packets transmitted, 60 received"* ]]
}

# Without it 192.168.1.10 is behind the address of the interface, and that is in no crypto ACL.
rule_taken_away() {
    ikewise west configure <<<"no ${both_83%%$'\n'*}" || return 1
    ! lab_in west-host ping -n -q -W 1 -c 1 10.92.1.10 >/dev/null
}

killed() {
    begin
    write_configuration west 10.91.1.0 10.92.1.0 "$both_83"
    write_configuration east 10.92.1.0 10.91.1.0 "$both_82"
    start west east
    expect "$name: west reaches east" reaches west 10.92.1.10 10.91.1.10
    lab_stop ikewised-west KILL 2>/dev/null
    watch_clear
    lab_in west-host ping -n -q -W 1 -c 1 10.92.1.10 >/dev/null
    expect "$name: nothing goes in clear while there is no gateway" nothing_in_clear
    start west
    expect "$name: the next start translates again" lab_until 10 reaches west 10.92.1.10 10.91.1.10
    lab_stop ikewised-west KILL 2>/dev/null
    lab_in west "$lab_build/src/ikewised" --cleanup
    expect "$name: --cleanup takes all of it away" left_behind west
    lab_down
}

strongswan_far() {
    begin
    write_configuration west 10.91.1.0 192.168.1.0 "$one_sided"
    lab_inner_net=([west]=10.91.1.0 [east]=192.168.1.0)
    strongswan_start east || lab_die "no strongSwan at east"
    start west
    watch_clear
    expect "$name: west reaches east by the name that it has here" reaches west 10.92.1.10 10.91.1.10
    expect "$name: nothing of it is seen in clear" nothing_in_clear
    expect "$name: east reaches west" reaches east 10.91.1.10 10.92.1.10
    lab_down
}

# Seed 2: networks that are routed to us, and are on no interface.
arp() {
    begin
    write_configuration west 10.91.1.0 10.92.1.0 $'object network WEB\n nat (inside,outside) static 22.22.22.22\nobject network REAL2\n host 192.168.1.10\n'
    start west
    lab_in router ip route add 22.22.22.0/24 dev west
    expect "$name: from 8.3 on an address of no interface is not answered for" answers_not
    ikewise west configure <<<"arp permit-nonconnected"
    expect "$name: with arp permit-nonconnected it is, and reaches its host" lab_until 5 answers
    ikewise west configure <<<"no arp permit-nonconnected"
    expect "$name: without it no more" answers_not
    ikewise west configure <<<$'no object network WEB\nstatic (inside,outside) 22.22.22.22 192.168.1.10 netmask 255.255.255.255'
    expect "$name: before 8.3 it always is" lab_until 5 answers
    ikewise west configure <<<$'no static (inside,outside) 22.22.22.22 192.168.1.10 netmask 255.255.255.255\nobject network WEB\n host 192.168.1.10\n nat (inside,outside) static 198.51.100.22'
    expect "$name: an address of the interface's network is" lab_until 5 lab_in router ping -n -q -W 1 -c 1 198.51.100.22
    ikewise_stop west
    expect "$name: nothing is left of it" left_behind west
    lab_down
}

# packet-tracer of an echo from our host to the other end's
traced() {
    ikewise west packet-tracer input inside icmp 192.168.1.10 8 0 "${1:-10.92.1.10}" detailed
}

trace_ends() {
    traced "${2:-}" | grep -qE "^Why: $1"
}

# The number that packet-tracer leads to is the context's; its SPI and its packets are those of the pair.
same_everywhere() {
    local data context spi sa
    data=$(traced | awk 'sub(/.*user_data=0x/, "") && !seen++ { sub(/,.*/, ""); print toupper($0) }')
    context=$(ikewise west -c "show asp table vpn-context detail | begin $data")
    spi=$(sed -n 's/^SPI  *= 0x//p' <<<"$context" | head -1)
    sa=$(ikewise west show crypto ipsec sa)
    echo "user_data $data, SPI $spi, $(sed -n 's/^Pkts  *= //p' <<<"$context" | head -1) packets"
    grep -q "current outbound spi: $spi" <<<"$sa" &&
        grep -q "#pkts encaps: $(sed -n 's/^Pkts  *= //p' <<<"$context" | head -1)," <<<"$sa" &&
        [ "$(traced | sed -n 's/.*hits=\([0-9]*\),.*/\1/p' | head -1)" = "$(sed -n 's/^Pkts  *= //p' <<<"$context" | head -1)" ]
}

tracer() {
    begin
    write_configuration west 10.91.1.0 10.92.1.0 "$both_83"
    write_configuration east 10.92.1.0 10.91.1.0 "$both_82"
    start west
    expect "$name: nobody answers: no SA, and the trace asks for the tunnel" trace_ends "there is no SA"
    expect "$name: then it waits in the state of phase 1" lab_until 5 trace_ends "there is no SA yet: phase 1 with 203.0.113.2 is in MM_WAIT_MSG2"
    start east
    expect "$name: the tunnel that it asked for comes up" lab_until 15 trace_ends "it goes into the tunnel with 203.0.113.2"
    expect "$name: packets pass" reaches west 10.92.1.10 10.91.1.10
    expect "$name: one SPI, one context, one count" same_everywhere
    expect "$name: what is for no tunnel goes in clear" trace_ends "it leaves in clear by outside: no line" 198.51.100.77
    ikewise west configure <<<"no ${both_83%%$'\n'*}" || not_ok "$name: the exemption is taken away"
    expect "$name: without its rule it is translated away" trace_ends "it leaves in clear by outside: "
    lab_down
}

counters_tell() {
    begin
    write_configuration west 10.91.1.0 10.92.1.0 "$both_83"
    write_configuration east 10.92.1.0 10.91.1.0 "$both_82"
    start west east
    reaches west 10.92.1.10 10.91.1.10 >/dev/null || not_ok "$name: west reaches east"
    lab_in west-host ping -n -q -c 1 -W 1 198.51.100.1 >/dev/null
    expect "$name: show nat counts connections by rule" nat_counts 1 1
    expect "$name: show conn has each, and what it is translated to" connections_are_listed
    expect "$name: a router's words tell new translations from packets of old ones" translations_met 4 2 1
    lab_in west-host ping -n -q -c 3 -i 0.2 -W 1 198.51.100.1 >/dev/null
    expect "$name: further packets are hits" translations_met 8 3 2
    expect "$name: show access-list counts what went into the tunnel" acl_counts 3
    ikewise west clear access-list VPN counters
    ikewise west clear nat counters
    ikewise west clear conn
    expect "$name: clear lets each count from 0" acl_counts 0
    expect "$name: and forgets connections" nat_counts 0 0
    expect "$name: what was forgotten begins anew" reaches west 10.92.1.10 10.91.1.10
    lab_down
}

nat_counts() {
    local seen
    seen=$(ikewise west show nat | sed -n 's/.*translate_hits = \([0-9]*\), untranslate.*/\1/p' | paste -sd ' ')
    echo "$seen"
    [ "$seen" = "$1 $2" ]
}

# Of each ping but the first packet is a hit.
translations_met() { # hits at least, misses, connections of the dynamic rule
    local seen
    seen=$(ikewise west show ip nat statistics)
    echo "$seen"
    grep -q "(1 static, $3 dynamic; $(($3 + 1)) extended)" <<<"$seen" && grep -q "  Misses: $2\$" <<<"$seen" &&
        [ "$(sed -n 's/^Hits: \([0-9]*\) .*/\1/p' <<<"$seen")" -ge "$1" ]
}

# By interface, whom the gateway trusts less first.
connections_are_listed() {
    local seen
    seen=$(ikewise west show conn)
    echo "$seen"
    grep -qE '^[0-9]+ in use, [1-9][0-9]* most used' <<<"$seen" &&
        grep -qE '^ICMP outside 10.92.1.10:0 inside 192.168.1.10:[0-9]+, idle 0:00:[0-9]+, bytes ([0-9]+|-), flags -' <<<"$seen" &&
        ikewise west show conn address 198.51.100.1 detail |
        grep -qE '^ICMP outside:198.51.100.1/0 inside:192.168.1.10/[0-9]+ \(198.51.100.2/[0-9]+\),' &&
        [ "$(ikewise west show conn address 198.51.100.1 | grep -c '^ICMP ')" = 1 ] &&
        [ "$(ikewise west show conn protocol udp address 198.51.100.1 | grep -c inside)" = 0 ] &&
        ikewise west show conn all | grep -q '^UDP outside 203.0.113.2:500 NP Identity Ifc 198.51.100.2:500, ' &&
        ikewise west show xlate |
        grep -qE '^ICMP PAT from inside:192.168.1.10/[0-9]+ to outside:198.51.100.2/[0-9]+ flags ri idle 0:00:[0-9]+ timeout 0:00:30' &&
        ikewise west show xlate | grep -q '^NAT from inside:192.168.1.10 to outside:10.91.1.10'
}

acl_counts() {
    ikewise west show access-list | grep -q "^access-list VPN line 1 extended permit ip 10.91.1.0 255.255.255.0 10.92.1.0 255.255.255.0 (hitcnt=$1) 0x"
}

answers() {
    lab_in router ip neigh flush dev west
    lab_in router ping -n -q -W 1 -c 1 22.22.22.22
}

answers_not() {
    lab_in router ip neigh flush dev west
    ! lab_in router ping -n -q -W 1 -c 1 22.22.22.22 >/dev/null
}

strongswan_fetch
for name in ${1:-both_spellings killed strongswan_far arp tracer counters_tell}; do
    "$name"
done
[ "$lab_failures" = 0 ]
