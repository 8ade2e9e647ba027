#!/bin/bash
# What is cleared is gone from the screen that showed it, on two gateways with a host behind each, in network namespaces. Wants root.
#     clears.sh IKEWISED IKEWISE
set -u
ikewised=$(readlink -f "$1")
ikewise=$(readlink -f "$2")
work=$(mktemp -d)
tag=ic$$
failed=0
. "$(dirname "$0")/sites.sh"

west() { "$ikewise" -s "$work/w.sock" "$@"; }
pings() { host hw ping -c 3 -i 0.2 -W 3 10.2.0.5 >/dev/null; }

exec 2>"$work/errors"
make_network
write_configs
(umask 077; sed 's/10\.2\.0\.0/@/; s/10\.1\.0\.0/10.2.0.0/; s/@/10.1.0.0/
    s/192\.0\.2\.2/@/; s/192\.0\.2\.1/192.0.2.2/; s/@/192.0.2.1/; s/hostname east/hostname west/' "$work/e.conf" >"$work/w.conf")
start w
start e

# The first field of the first line of a screen that fits; nothing: there is none.
seen() { # screen, expression with a group that begins a word
    # shellcheck disable=SC2086 # options and words
    west $1 | sed -nE "s/^(.*[^0-9A-Za-z])?$2.*/\2/p" | head -n 1
}

# A row: what brings something onto the screen, the screen, what of it is looked at, what clears it. Before, the screen has a value other
# than 0 there; afterwards another one, or none.
bring_up() { pings || pings; }
anew() { west clear crypto isakmp sa && bring_up; }
busy() { host hw ping -q -c 40 -i 0.01 -W 3 10.2.0.5; }
neighbours() {
    ip -n "${tag}gw" neigh replace 192.0.2.77 lladdr 02:00:00:00:00:77 dev out0 nud reachable
    ip -n "${tag}gw" neigh replace 192.0.2.78 lladdr 02:00:00:00:00:78 dev out0 nud permanent
}
captured() {
    west capture packets interface outside match icmp any any
    host gw ping -c 1 -W 3 192.0.2.2
}

row() { # brings, screen, expression, clear
    local before after
    $1 >/dev/null 2>&1
    before=$(seen "$2" "$3")
    west -c "$4" >"$work/out" 2>&1
    local status=$?
    after=$(seen "$2" "$3")
    if [ -n "$before" ] && [ "$before" != 0 ] && [ $status = 0 ] && [ "$after" != "$before" ]; then
        echo "ok      $4: $before becomes ${after:-nothing}"
    else
        echo "FAILED  $4: exit $status, before '$before', after '$after'"
        tail -n 5 "$work/out" "$work/errors" "$work/w.log"
        failed=1
    fi
}

peer=192.0.2.2
row bring_up "show crypto isakmp sa" "IKE Peer: (.*)" "clear crypto isakmp sa"
row bring_up "show crypto ikev1 sa" "IKE Peer: (.*)" "clear crypto ikev1 sa $peer"
row bring_up "-i show crypto isakmp sa" "QM_IDLE +([0-9]+)" "clear crypto isakmp $(bring_up; seen "-i show crypto isakmp sa" "QM_IDLE +([0-9]+)")"
row bring_up "show crypto ipsec sa" "current outbound spi: (.*)" "clear crypto ipsec sa"
row bring_up "show crypto ipsec sa entry" "current outbound spi: (.*)" "clear crypto ipsec sa peer $peer"
row bring_up "show crypto ipsec sa map outside_map" "current outbound spi: (.*)" "clear crypto ipsec sa map outside_map"
bring_up
row bring_up "show crypto ipsec sa" "current outbound spi: (.*)" "clear crypto ipsec sa entry $peer esp 0x$(seen "show crypto ipsec sa" "current outbound spi: (.*)")"
bring_up
row bring_up "show crypto ipsec sa identity" "current outbound spi: (.*)" "clear crypto ipsec sa spi 0x$(seen "show crypto ipsec sa" "current inbound spi : (.*)")"
row bring_up "show crypto ipsec sa" "#pkts encaps: ([0-9]+)" "clear crypto ipsec sa counters"
row bring_up "show crypto session" "Session status: (UP-ACTIVE)" "clear crypto session remote $peer"
row bring_up "show vpn-sessiondb l2l" "Index +: ([0-9]+)" "vpn-sessiondb logoff tunnel-group $peer noconfirm"
row bring_up "show asp table vpn-context" "pk=0*([0-9]+)" "clear crypto ipsec sa counters"
row bring_up "show asp table classify crypto" "hits=([0-9]+)" "clear asp table classify"
row bring_up "show access-list VPN" "hitcnt=([0-9]+)" "clear access-list VPN counters"
row bring_up "show crypto ikev1 stats" "In Packets: +([0-9]+)" "clear crypto ikev1 stats"
row bring_up "show crypto ipsec stats" "Packets: ([0-9]+)" "clear crypto ipsec stats"
row anew "show crypto protocol statistics ikev1" "SA creation requests: ([0-9]+)" "clear crypto protocol statistics ikev1"
row busy "show interface outside" "([0-9]+) packets input" "clear interface outside"
row busy "show interface" "([0-9]+) packets input" "clear counters"
[ "$(seen "show asp table classify crypto" "Last clearing of hits counters: ([A-Z0-9].*)")" != Never ] || { echo "FAILED  the clearing of rules has its time"; failed=1; }
neighbours
case $(west show arp) in
*192.0.2.77\ 0200.0000.0077\ [0-9]*192.0.2.78\ 0200.0000.0078\ -*) ;;
*192.0.2.78\ 0200.0000.0078\ -*192.0.2.77\ 0200.0000.0077\ [0-9]*) ;;
*) west show arp; echo "FAILED  what was learned has an age, what somebody has configured none"; failed=1 ;;
esac
row neighbours "show arp" "(192\.0\.2\.77)" "clear arp"
[ "$(seen "show arp" "(192\.0\.2\.78)")" = 192.0.2.78 ] || { echo "FAILED  what somebody has configured stays"; failed=1; }
row neighbours "show arp" "(192\.0\.2\.77)" "clear arp-cache"
row captured "show capture packets" "^([0-9]+) packets? captured" "clear capture /all"
row captured "show capture packets" "^([0-9]+) packets? captured" "clear capture packets"
row bring_up "show logging" "Buffer logging: level [a-z0-9]+, ([0-9]+)" "clear logging buffer"

exit $failed
