#!/bin/bash
# What filters, with real packets: the vpn-filter of a group-policy, and lists of interfaces. West filters, east does not;
# both are ikewise. A port where nobody listens answers with a reset: so what arrives is told from what does not. That it
# has not arrived is also held against the counters.
#
#   tests/peers/filter.sh [NAME]
set -u
cd "$(dirname "$0")" || exit 1
. ./lab.sh
. ./cell.sh
. ./ikewise.sh

# Beside the lab: a network behind west that the configuration does not name.
lab_nodes+=(dmz-host)
lab_links="$lab_links
           dmz-host   eth0       10.9.0.10/24      west        dmz        10.9.0.1/24"
lab_gateway[dmz-host]=10.9.0.1

begin() {
    lab_up none
    cell_choose strong pfs none
    lab_in router ip route add 10.1.0.0/24 via 198.51.100.2
    lab_in router ip route add 10.9.0.0/24 via 198.51.100.2
    mkdir -p "$lab_dir/ikewised-west"
    { ikewise_write_configuration west; echo "$1"; } >"$lab_dir/ikewised-west/ikewise.conf"
    if ! ikewise_start west || ! ikewise_start east; then
        cat "$lab_dir"/ikewised-*.log
        not_ok "$name: the gateways start"
    fi
    ikewise_up west >/dev/null || not_ok "$name: the tunnel is up"
}

# traced FROM ADDRESS PORT: what packet-tracer says of such a packet, from the configured networks
traced() {
    case $1 in
    west-host) ikewise west packet-tracer input inside tcp 10.1.0.10 40000 "$2" "$3" ;;
    router) ikewise west packet-tracer input outside tcp 198.51.100.1 40000 "$2" "$3" ;;
    east-host) ikewise west packet-tracer input outside tcp 10.2.0.10 40000 "$2" "$3" decrypted ;;
    *) echo "Action: $4" ;;
    esac
}

# arrives FROM ADDRESS PORT: and packet-tracer says so
arrives() {
    lab_in "$1" timeout 5 bash -c "exec 3<>/dev/tcp/$2/$3" 2>&1 | grep -q refused || return 1
    traced "$@" allow | grep -q "^Action: allow" || { traced "$@" allow; return 1; }
}

# arrives_not FROM ADDRESS PORT: a reset comes from nobody
arrives_not() {
    lab_in "$1" timeout 1 bash -c "exec 3<>/dev/tcp/$2/$3" 2>&1 | grep -q refused && return 1
    traced "$@" drop | grep -q "^Action: drop" || { traced "$@" drop; return 1; }
    traced "$@" drop | sed -n 's/^Why: //p'
}

gateway_reaches() {
    lab_in west timeout 5 bash -c "exec 3<>/dev/tcp/$1/$2" 2>&1 | grep -q refused
}

# hits LIST PART: the counts of its lines with that part
hits() {
    ikewise west show access-list "$1" | grep -F "$2" | sed -n 's/.*(hitcnt=\([0-9]*\)).*/\1/p' | paste -sd ' '
}

has_hits() {
    local seen
    seen=$(hits "$1" "$2")
    echo "$seen"
    [ "${seen%% *}" -gt 0 ]
}

# dropped TEXT
dropped() {
    ikewise west show asp drop | grep -E "$1 \(acl-drop\) +[1-9]"
}

logged() {
    grep -m 1 -E -- "$1" "$lab_dir/ikewised-west.log"
}

shows() {
    local part=$1
    shift
    ikewise west "$@" | grep -m 1 -E "$part"
}

configure() {
    ikewise west configure <<<"$1" || echo "configure: $1"
}

# loses_nothing LINES: these are configured while packets of one connection flow
loses_nothing() {
    local before seen
    before=$(ikewise_spis west)
    lab_spawn pings east-host stdbuf -oL ping -n -c 60 -i 0.02 -W 5 10.1.0.10
    lab_until 10 grep -q "bytes from" "$lab_dir/pings.log"
    configure "$1"
    lab_until 20 lab_ended "${lab_pids[pings]}"
    seen=$(grep transmitted "$lab_dir/pings.log")
    echo "${seen%%, time*}"
    [ "$before" = "$(ikewise_spis west)" ] && [[ $seen == "60 packets transmitted, 60 received"* ]]
}

is_reached() {
    lab_in router timeout 5 bash -c "exec 3<>/dev/tcp/198.51.100.2/23" 2>&1 | grep -q refused
}

left_behind() {
    ! lab_in west nft list tables | grep ikewise
}

vpn_filter() {
    local name=$1
    begin "access-list PARTNER extended permit icmp 10.2.0.0 255.255.255.0 10.1.0.0 255.255.255.0 echo
object-group protocol TCPUDP
 protocol-object udp
 protocol-object tcp
object-group service WEB tcp-udp
 port-object eq www
access-list PARTNER extended permit object-group TCPUDP 10.2.0.0 255.255.255.0 host 10.1.0.10 object-group WEB
access-list PARTNER extended permit tcp 10.2.0.0 255.255.255.0 eq 8443 10.1.0.0 255.255.255.0
access-list PARTNER extended deny tcp any any eq telnet
group-policy PARTNER internal
group-policy PARTNER attributes
 vpn-filter value PARTNER
tunnel-group 203.0.113.2 general-attributes
 default-group-policy PARTNER"
    expect "$name: a ping from the far end is answered" lab_ping east west 5
    expect "$name: and one to it" lab_ping west east 5
    expect "$name: the far end reaches the permitted port" arrives east-host 10.1.0.10 80
    expect "$name: no other" arrives_not east-host 10.1.0.10 81
    expect "$name: nor the one that is denied by name" arrives_not east-host 10.1.0.10 23
    expect "$name: a port of the far end that stands as source is reached" arrives west-host 10.2.0.10 8443
    expect "$name: the web server's port at the far end is not" arrives_not west-host 10.2.0.10 80
    expect "$name: lines count what they have permitted" has_hits PARTNER "permit tcp 10.2.0.0 255.255.255.0 host"
    expect "$name: and denied" has_hits PARTNER "deny tcp"
    expect "$name: show asp drop counts it" dropped "Flow is denied by configured rule"
    expect "$name: the log names the list" lab_until 5 logged "4-106103: access-list PARTNER denied tcp for user '203.0.113.2' outside/10.2.0.10\([0-9]+\) -> inside/10.1.0.10\(81\) hit-cnt 1 first hit"
    expect "$name: the session names it" shows "Filter Name  : PARTNER" show vpn-sessiondb detail l2l
    expect "$name: and the context" shows "VPN Filter = PARTNER" show asp table vpn-context detail
    expect "$name: another line in the list, and no packet is lost" loses_nothing "access-list PARTNER line 1 extended permit tcp any any eq 81"
    expect "$name: it holds at once" arrives east-host 10.1.0.10 81
    expect "$name: the lines behind it count on" has_hits PARTNER "permit tcp 10.2.0.0 255.255.255.0 host"
    expect "$name: without a filter everything passes" loses_nothing $'group-policy PARTNER attributes\n vpn-filter none'
    expect "$name: both ways" arrives west-host 10.2.0.10 80
    lab_down
}

access_group() {
    local name=$1
    begin "access-list FROM-INSIDE extended permit tcp 10.1.0.0 255.255.255.0 any eq www
access-list FROM-INSIDE extended permit icmp any any echo
object service FILTERED
 service icmp unreachable 13
object-group service WEB tcp
 port-object eq https
 port-object range 8443 8444
access-list FROM-OUTSIDE extended permit tcp any host 10.1.0.10 object-group WEB
access-list FROM-OUTSIDE extended permit object FILTERED any any
access-list FROM-OUTSIDE extended deny tcp any any eq 444
access-group FROM-INSIDE in interface inside
access-group FROM-OUTSIDE in interface outside"
    expect "$name: into the tunnel what the inside's list permits" arrives west-host 10.2.0.10 80
    expect "$name: and nothing else" arrives_not west-host 10.2.0.10 81
    expect "$name: the same in clear" arrives west-host 198.51.100.1 80
    expect "$name: and nothing else" arrives_not west-host 198.51.100.1 81
    expect "$name: from outside what that list permits" arrives router 10.1.0.10 443
    expect "$name: and the other port of the group" arrives router 10.1.0.10 8444
    expect "$name: and nothing else" arrives_not router 10.1.0.10 444
    expect "$name: what comes out of the tunnel is spared" arrives east-host 10.1.0.10 444
    expect "$name: and so are the answers to it" lab_ping east west 5
    expect "$name: an interface without a list is left alone" arrives dmz-host 198.51.100.1 81
    expect "$name: lines count what they have permitted" has_hits FROM-INSIDE "permit tcp"
    expect "$name: and denied" has_hits FROM-OUTSIDE "deny tcp"
    expect "$name: show asp drop counts it" dropped "Flow is denied by access rule"
    expect "$name: the log names the list" lab_until 5 logged '4-106023: Deny tcp src outside:198.51.100.1/[0-9]+ dst inside:10.1.0.10/444 by access-group "FROM-OUTSIDE"'
    expect "$name: decrypted traffic is asked too, and what stands goes on" loses_nothing "no sysopt connection permit-vpn"
    expect "$name: the outside's list holds for the tunnel" arrives_not east-host 10.1.0.10 444
    expect "$name: what it permits comes in" arrives east-host 10.1.0.10 443
    configure "sysopt connection permit-vpn"
    expect "$name: and spared again" arrives east-host 10.1.0.10 444
    configure $'access-list TO-INSIDE extended deny tcp any any eq 445\naccess-list TO-INSIDE extended permit ip any any\naccess-group TO-INSIDE out interface inside'
    expect "$name: what leaves for the inside is asked of its own list" arrives_not dmz-host 10.1.0.10 445
    expect "$name: which permits the rest" arrives dmz-host 10.1.0.10 446
    configure $'no access-group FROM-INSIDE in interface inside\naccess-list TO-OUTSIDE extended permit tcp any any eq 80\naccess-group TO-OUTSIDE out interface outside'
    expect "$name: what goes into the tunnel leaves by the interface of its map" arrives_not west-host 10.2.0.10 81
    expect "$name: its list permits this" arrives west-host 10.2.0.10 80
    ikewise_stop west
    expect "$name: nothing is left of a gateway that ended" left_behind
    lab_down
}

# The gateway itself, and any interface.
control_plane() {
    local name=$1
    begin "access-list HERE extended permit udp any any eq isakmp
access-list HERE extended permit esp any any
access-list HERE extended permit tcp any any eq 22
access-list ANY extended permit icmp any any
access-group HERE in interface outside control-plane
access-group ANY global"
    expect "$name: the tunnel is up and carries" lab_ping west east 5
    expect "$name: what the gateway's list permits reaches it" arrives router 198.51.100.2 22
    expect "$name: nothing else does" arrives_not router 198.51.100.2 23
    expect "$name: the log says so" lab_until 5 logged '3-710003: TCP access denied by ACL from 198.51.100.1/[0-9]+ to outside:198.51.100.2/23'
    expect "$name: its own connections are answered" gateway_reaches 198.51.100.1 23
    expect "$name: the list of all interfaces holds for the inside" arrives_not west-host 198.51.100.1 80
    expect "$name: and not for others" arrives dmz-host 198.51.100.1 80
    lab_stop ikewised-west KILL 2>/dev/null
    lab_in west "$lab_build/src/ikewised" --cleanup
    expect "$name: --cleanup takes it away after a crash" left_behind
    expect "$name: and then nothing is filtered" is_reached
    lab_down
}

lab_cases "vpn-filter    vpn_filter
access-group  access_group
control-plane control_plane" "$@"
