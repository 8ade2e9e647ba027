#!/bin/bash
# A tunnel that measurements (sla monitor) bring up, keep up and bring up again, and what hangs on them (track), between two gateways in
# network namespaces. Wants root.
#     sla.sh IKEWISED
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
 ip address $2 255.255.255.0
interface GigabitEthernet0/1
 nameif inside
 ip address $3 255.255.0.0
access-list VPN extended permit ip host $2 host $7
access-list VPN extended permit ip host $7 host $6
$(tunnel_to "$6")
EOF
}

west() { "${ikewised%d}" -s "$work/w.sock" "$@"; }
configure() { printf '%s\n' "$@" | west configure; }
refuses() { # text, lines...
    not configure "${@:2}" >"$work/refused" 2>&1 && cat "$work/refused" && grep -qF -- "$1" "$work/refused"
}
shows() { # text, words of show...
    west show "${@:2}" >"$work/shown" 2>&1
    cat "$work/shown"
    grep -qF -- "$1" "$work/shown"
}
log_says() { grep -qF -- "$1" "$work/w.log"; }
attempts() { west --json show sla monitor operational-state 1 | tr ',' '\n' | sed -n 's/.*"attempts":\([0-9]*\).*/\1/p'; }
is_open() { # how many raw sockets of ICMP
    # shellcheck disable=SC2016 # awk is to read it
    [ "$(host gw awk '$2 ~ /:0001$/' /proc/net/raw | wc -l)" = "$1" ]
}
has_no_route() { [ -z "$(ip -n "${tag}gw" route show 10.9.0.0/16)" ]; }
passed_the_tunnel() { west show crypto ipsec sa peer 192.0.2.2 | grep -qE '#pkts decaps: [1-9]'; }

exec 2>"$work/errors" # what bash says of killed children
make_network
write_config w 192.0.2.1 10.1.0.1 10.1.0.0 10.2.0.0 192.0.2.2 10.2.0.5
write_config e 192.0.2.2 10.2.0.1 10.2.0.0 10.1.0.0 192.0.2.1 10.2.0.5
start w
start e

expect "nothing is asked, and no socket is there" is_open 0
expect "a measurement without a type is not scheduled" refuses "it has no type" "sla monitor 1" " frequency 1" "sla monitor schedule 1 start-time now"
expect "and nothing of it is there" shows "SA Agent" sla monitor configuration
expect "one is entered, and a route that hangs on it" configure "sla monitor 1" " type echo protocol ipIcmpEcho 10.2.0.5 interface outside" \
    " threshold 500" " timeout 1000" " frequency 1" "track 7 rtr 1 reachability" "route outside 10.9.0.0 255.255.0.0 192.0.2.2 5 track 7"
expect "nothing is asked before it is scheduled" is_open 0
expect "what hangs on it is down" shows "Reachability is Down" track 7
expect "no tunnel is there" shows "There are no IKEv1 SAs" crypto ikev1 sa

expect "it is scheduled" configure "sla monitor schedule 1 life forever start-time now"
expect "and brings up the tunnel" soon shows "MM_ACTIVE" crypto ikev1 sa
expect "and is answered" soon shows "Latest operation return code: OK" sla monitor operational-state 1
expect "through the tunnel" passed_the_tunnel
expect "what hangs on it is up" soon shows "Reachability is Up" track
expect "and says which route that is" shows "route outside 10.9.0.0 255.255.0.0 192.0.2.2 5: wanted" track
expect "the log has the message of an ASA" log_says "ASA-6-622001: Adding tracked route 10.9.0.0 255.255.0.0 192.0.2.2, distance 5, table Default-IP-Routing-Table, on interface outside"
expect "and says why" log_says "Track 7 (rtr 1 reachability) is up: 10.2.0.5 answers after "

expect "what runs is not changed" refuses "Entry already running and cannot be modified" "sla monitor 1" " frequency 2"
expect "and goes on" soon shows "Latest operation return code: OK" sla monitor operational-state 1
expect "another change leaves it alone" configure "hostname west"
expect "it has not begun anew" [ "$(attempts)" -gt 0 ]

west down 192.0.2.2 >/dev/null
expect "a tunnel that ends is brought up again" soon shows "MM_ACTIVE" crypto ikev1 sa

ip -n "${tag}he" link set in0 down
expect "who does not answer takes down what hangs on it" soon shows "Reachability is Down" track 7
expect "and the route with it, as far as the configuration goes" shows "not missed in the kernel while this is down" track 7
expect "the log has that too" log_says "ASA-6-622001: Removing tracked route 10.9.0.0 255.255.0.0 192.0.2.2"
ip -n "${tag}he" link set in0 up
ip -n "${tag}he" route add default via 10.2.0.1
expect "and it comes back" soon shows "Reachability is Up" track 7

expect "it is in what is running" shows "sla monitor schedule 1 life forever start-time now" running-config sla monitor
expect "and so is what hangs on it" shows "track 7 rtr 1 reachability" running-config track
expect "what is taken away is not asked any more" configure "no sla monitor 1"
expect "and its schedule is gone" not shows "schedule" running-config sla
expect "its socket too" soon is_open 0
expect "what hung on it is down" shows "Reachability is Down" track 7
configure "sla monitor 1" " type echo protocol ipIcmpEcho 10.2.0.5 interface outside" "sla monitor schedule 1 start-time now"
expect "all of them at once" west clear configure sla monitor
expect "are gone" not shows "Entry number" sla monitor configuration
expect "there is no route of ours in the kernel" has_no_route

for side in w e; do
    kill -TERM "$(cat "$work/$side.pid")"
    wait "$(cat "$work/$side.pid")"
done
exit "$failed"
