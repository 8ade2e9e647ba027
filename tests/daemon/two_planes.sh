#!/bin/bash
# Two planes with static keys, a router between them: plain ESP and UDP encapsulation, the first ping held, 1500-byte packets with and without DF,
# packets in many fragments, fragmented before encryption or after it, and a path that becomes narrower. Wants root. Usage: two_planes.sh PLANE_PAIR
set -u
plane_pair=$1
work=$(mktemp -d)
a=plane-a-$$ b=plane-b-$$ r=plane-r-$$
pids=()

clean_up() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null; done
    wait
    for n in $a $b $r; do ip netns del $n 2>/dev/null; done
    rm -rf "$work"
}
trap clean_up EXIT

fail() {
    echo "failed: $*"
    cat "$work"/*.log
    exit 1
}

if [ "$(id -u)" != 0 ]; then
    echo "this test wants root: it makes network namespaces"
    exit 1
fi

set_up() {
    for n in $a $b $r; do ip netns add $n && ip -n $n link set lo up || fail "namespace $n"; done
    ip -n $a link add out type veth peer name to-a netns $r
    ip -n $b link add out type veth peer name to-b netns $r
    ip -n $a addr add 192.0.2.1/24 dev out
    ip -n $r addr add 192.0.2.254/24 dev to-a
    ip -n $b addr add 198.51.100.2/24 dev out
    ip -n $r addr add 198.51.100.254/24 dev to-b
    for n in $a $b; do
        ip -n $n link set out up
        ip netns exec $n sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
    done
    ip -n $r link set to-a up
    ip -n $r link set to-b up
    ip -n $a route add default via 192.0.2.254
    ip -n $b route add default via 198.51.100.254
    ip netns exec $r sysctl -qw net.ipv4.ip_forward=1
    ip -n $a addr add 10.1.0.1/32 dev lo
    ip -n $b addr add 10.2.0.1/32 dev lo
}

# wait_for FILE WORD
wait_for() {
    for _ in $(seq 600); do
        grep -q "$2" "$1" && return
        sleep 0.05
    done
    fail "no '$2' in $1"
}

start() {
    ip netns exec $a "$plane_pair" a 192.0.2.1 198.51.100.2 10.1.0.0/16 10.2.0.0/16 "$@" >"$work/a.log" 2>&1 &
    pids=($!)
    ip netns exec $b "$plane_pair" b 198.51.100.2 192.0.2.1 10.2.0.0/16 10.1.0.0/16 "$@" >"$work/b.log" 2>&1 &
    pids+=($!)
    wait_for "$work/a.log" ready
    wait_for "$work/b.log" ready
    ip -n $a route add 10.2.0.0/16 dev ikewise0 src 10.1.0.1
    ip -n $b route add 10.1.0.0/16 dev ikewise0 src 10.2.0.1
}

stop() {
    kill "${pids[@]}"
    wait "${pids[@]}" || fail "a plane did not end well"
    pids=()
}

# ping_all COUNT OPTIONS...: all must come back, however long that takes. They leave at once; one that follows because an
# answer is late does not count.
ping_all() {
    local count=$1
    shift
    ip netns exec $a ping -c "$count" -l "$count" -i 1 -w 30 "$@" 10.2.0.1 >"$work/ping.log" 2>&1
    for sequence in $(seq "$count"); do
        grep -q "icmp_seq=$sequence ttl" "$work/ping.log" || fail "ping $*: no answer to $sequence"
    done
}

# ping_told MTU OPTIONS...: the sender must be told that MTU, by the second packet at the latest: the first may be what
# finds out. What says so may come late, and one more packet shows it.
ping_told() {
    local mtu=$1
    shift
    for _ in $(seq 30); do
        ip netns exec $a ping -c 2 -i 0.1 -W 1 -M do "$@" 10.2.0.1 >"$work/ping.log" 2>&1
        grep -q "mtu *= *$mtu" "$work/ping.log" && return
    done
    fail "ping $*: no mtu $mtu"
}

# round INNER_MTU INNER_MTU_OF_1300 WRAPPING CIPHER HASH
round() {
    local mtu=$1 narrow=$2
    shift 2
    start "$@"
    ping_all 5
    wait_for "$work/a.log" acquire
    ping_all 3 -s 1472 -M dont
    ping_all 2 -s 20000 -M dont
    ping_told "$mtu" -s 1472
    ping_all 2 -s $((mtu - 28)) -M do
    ip -n $r link set to-b mtu 1300
    ip -n $b link set out mtu 1300
    ping_told "$narrow" -s $((mtu - 28))
    ping_all 2 -s $((narrow - 28)) -M do
    ip -n $r link set to-b mtu 1500
    ip -n $b link set out mtu 1500
    ip -n $a route flush cache
    ip -n $b route flush cache
    stop
    grep -q "#pre-frag successes: [1-9]" "$work/a.log" || fail "nothing was split"
    grep -q "#PMTUs rcvd: [1-9]" "$work/a.log" || fail "the narrow path was not noticed"
    grep -q "#send errors: 0" "$work/a.log" && grep -q "#recv errors: 0" "$work/b.log" || fail "errors were counted"
    echo "$*: passed"
}

# after INNER_MTU WRAPPING CIPHER HASH: fragmented after encryption, ESP comes in fragments of IP, and the packet in it is whole
after() {
    local mtu=$1
    shift
    start "$@" after
    ip netns exec $r nft "add table ip count; add chain ip count early { type filter hook prerouting priority -450; }; \
        add rule ip count early ip saddr 192.0.2.1 ip frag-off & 0x3fff != 0 counter"
    ping_all 3 -s 1472 -M dont
    ping_told "$mtu" -s 1472
    ping_all 2 -s $((mtu - 28)) -M do
    stop
    ip netns exec $r nft list table ip count | grep -q "counter packets 6 " || fail "not three packets in two fragments each"
    ip netns exec $r nft delete table ip count
    grep -q "#pre-frag successes: 0" "$work/a.log" || fail "something was split before it was sealed"
    grep -q "Post-fragmentation successes: 3" "$work/a.log" || fail "not three were split afterwards"
    grep -q "#send errors: 0" "$work/a.log" && grep -q "#recv errors: 0" "$work/b.log" || fail "errors were counted"
    echo "$* after encryption: passed"
}

set_up
after 1438 esp AES128_CBC SHA1
after 1422 udp AES256_CBC SHA256
round 1438 1230 esp AES128_CBC SHA1
round 1446 1246 esp AES128_GCM none
round 1422 1230 udp AES256_CBC SHA256
