#!/bin/bash
# IKE's own fragments against strongSwan, on a path whose firewall drops the fragments of IP: group 16 makes messages 3
# and 4 larger than the path. Both roles come up with fragmentation, and neither does without; what is announced and sent
# is seen on the wire.
#
#   tests/peers/fragments.sh
set -u
cd "$(dirname "$0")" || exit 1
. ./lab.sh
. ./cell.sh
. ./strongswan.sh
. ./ikewise.sh

path_mtu=576
payload_fragment=132     # the first payload, in the header: 16 bytes behind that of UDP

# Smaller than messages 3 and 4 of group 16, which have 600 bytes and more; and fragments of IP do not pass. Before
# priority -400, where they would be put together.
make_path_narrow() {
    local node
    for node in west east; do
        lab_in "$node" ip link set outside mtu "$path_mtu"
        lab_in router ip link set "$node" mtu "$path_mtu"
    done
    lab_in router nft 'add table ip firewall;
        add chain ip firewall early { type filter hook prerouting priority -450; };
        add rule ip firewall early ip frag-off & 0x3fff != 0 counter drop'
}

dropped_fragments() {
    lab_in router nft list table ip firewall | sed -n 's/.*counter packets \([0-9]*\).*/\1/p'
}

# A statement more than the cell has.
start_both() {
    mkdir -p "$lab_dir/ikewised-$our_node"
    { ikewise_write_configuration "$our_node"; echo "$1"; } >"$lab_dir/ikewised-$our_node/ikewise.conf"
    strongswan_start "$their_node" && ikewise_start "$our_node"
}

stop_both() {
    strongswan_stop "$their_node"
    ikewise_stop "$our_node"
    rm -rf "$lab_dir/charon-$their_node" "$lab_dir/ikewised-$our_node"
}

begin() {
    if [ "$role" = initiator ]; then
        timeout 10 "$lab_build/src/ikewise" -s "$lab_dir/ikewised-$our_node/control" up "${lab_outer[$their_node]}"
    else
        swanctl "$their_node" --initiate --child net --timeout 6
    fi >"$lab_dir/begun" 2>&1 &
}

comes_up() {
    begin
    lab_until 8 strongswan_is_up "$their_node" && lab_ping west east 5
    local status=$?
    wait $!
    return "$status"
}

our_log_has() {
    grep -m1 -o "$1" "$(ikewise_logs "$our_node")"
}

fragments_seen() {
    local count
    count=$(tcpdump -n -r "$lab_dir/wire.pcap" "src host $1 and udp port 500 and udp[24] = $payload_fragment" 2>/dev/null | wc -l)
    echo "$count from $1"
    [ "$count" -ge 2 ]
}

with_fragments() {
    local says=$1
    lab_capture wire router west "$lab_dir/wire.pcap"
    expect "$name, $says: it is up, and pings pass" comes_up
    lab_stop wire
    expect "$name, $says: message 3 or 4 left us in fragments" fragments_seen "${lab_outer[$our_node]}"
    expect "$name, $says: and strongSwan" fragments_seen "${lab_outer[$their_node]}"
    expect "$name, $says: what came is told" our_log_has 'Successfully assembled .*'
    expect "$name, $says: the capability is on the screen" shows_capability
}

shows_capability() {
    ikewise "$our_node" show crypto session detail | grep -o -m1 'Capabilities:D*N*F .*'
}

never_comes_up() {
    local before
    before=$(dropped_fragments)
    begin
    sleep 3
    echo "$(($(dropped_fragments) - before)) fragments of IP dropped"
    ! strongswan_is_up "$their_node" && [ "$(dropped_fragments)" -gt "$before" ]
}

run_role() {
    role=$1 our_node=west their_node=east
    [ "$role" = initiator ] || our_node=east their_node=west
    cell[fragmentation]=$2
    name="ikewise as $role"
    if start_both "crypto ikev1 fragmentation mtu $path_mtu"; then
        with_fragments "fragmentation = $2"
    else
        not_ok "$name: the daemons start"
    fi
    stop_both
    cell[fragmentation]=yes         # force sends fragments to who does not take them, and those pass
    if start_both "no crypto ikev1 fragmentation"; then
        expect "$name, no crypto ikev1 fragmentation: it does not come up" never_comes_up
    else
        not_ok "$name: the daemons start"
    fi
    stop_both
}

strongswan_fetch
lab_up none
make_path_narrow
cell_choose strong no-pfs none
cell[ike]=aes256-sha256-modp4096 cell[group]=16 cell[fragment_size]=$path_mtu
run_role initiator yes
run_role responder force
lab_finish
