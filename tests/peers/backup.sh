#!/bin/bash
# More than one peer in an entry, and a peer known by its name, against strongSwan: the first address does not answer and
# the next is tried; the first dies in use and the next takes over; the name gets its address late, and then another one.
#
#   tests/peers/backup.sh            all of it, side by side
#   tests/peers/backup.sh NAME...
set -u
cd "$(dirname "$0")" || exit 1
. ./lab.sh
. ./cell.sh
. ./strongswan.sh
. ./ikewise.sh

nobody=203.0.113.99 first=${lab_outer[east]} second=203.0.113.3

# strongSwan answers at both of its addresses. strongswan_start writes it by this name.
eval "$(declare -f strongswan_write_connections | sed '1s/strongswan_write_connections/one_address/')"
strongswan_write_connections() {
    one_address "$1" | sed 's/local_addrs = .*/local_addrs = %any/'
}

# begin PEERS...: as the entry names them
begin() {
    local file
    lab_up none
    ip -n "${lab_prefix}east" addr add "$second/24" dev outside
    cell_choose strong pfs none
    cell[keepalive]="10 2"
    file=$lab_dir/ikewised-west/ikewise.conf
    mkdir -p "${file%/*}"
    ikewise_write_configuration west | sed "s/set peer .*/set peer $*/
        /^tunnel-group .* type/d
        s/^tunnel-group [^ ]* /tunnel-group DefaultL2LGroup /" >"$file"
    strongswan_start east
}

ping_once() {
    lab_in west-host ping -c 1 -W 1 "${lab_host[east]}"
}

is_up_with() {
    ikewise west show crypto isakmp sa | grep -A 2 -F "$1" | grep -q MM_ACTIVE
}

tells() {
    grep -h -m 1 -o "$1" "$(ikewise_logs west)"
}

show_logs() {
    # shellcheck disable=SC2046
    [ "$lab_failures" = 0 ] || tail -n 25 $(ikewise_logs west) $(strongswan_logs east) 2>&1 | sed 's/^/  | /'
}

first_dead() {
    if ! begin "$nobody" "$first" || ! ikewise_start west; then
        not_ok "first dead: the daemons start"
        return
    fi
    expect "first dead: traffic gets through by the next peer" lab_until 45 ping_once
    expect "first dead: the switch is told" tells "trying the next peer $first"
    expect "first dead: 5 pings" lab_ping_settled west east 5
    expect "first dead: up with the second" is_up_with "$first"
}

dies() {
    if ! begin "$first" "$second" || ! ikewise_start west; then
        not_ok "dies in use: the daemons start"
        return
    fi
    expect "dies in use: 5 pings by the first peer" lab_ping_settled west east 5
    expect "dies in use: up with the first" is_up_with "$first"
    ip -n "${lab_prefix}east" addr del "$first/24" dev outside
    ip -n "${lab_prefix}east" addr add "$second/24" dev outside 2>/dev/null
    ip -n "${lab_prefix}east" route replace default via "${lab_gateway[east]}"
    expect "dies in use: traffic gets through by the next peer" lab_until 40 ping_once
    expect "dies in use: DPD has found it" tells 'IKE lost contact with remote peer[^.]*'
    expect "dies in use: up with the second" is_up_with "$second"
}

name() {
    begin east.example.net || { not_ok "by name: strongSwan starts"; return; }
    echo "127.0.0.1 localhost" >"$lab_dir/hosts"
    # shellcheck disable=SC2016
    lab_spawn ikewised-west west bash -c 'mount --bind "$0" /etc/hosts && exec "$@"' "$lab_dir/hosts" \
        "$lab_build/src/ikewised" -f "$lab_dir/ikewised-west/ikewise.conf" -s "$lab_dir/ikewised-west/control" -d
    chmod 600 "$lab_dir/ikewised-west/ikewise.conf"
    expect "by name: ikewised starts" lab_until 10 ikewise west show crypto isakmp sa
    expect "by name: without an address it says so" lab_until 5 tells 'peer east.example.net has no address in DNS'
    expect "by name: and an ASA's words" tells 'DNS lookup for Peer Server \[east.example.net\] failed!'
    echo "$first east.example.net" >>"$lab_dir/hosts"
    expect "by name: it gets its address" lab_until 10 tells "peer east.example.net is at $first"
    expect "by name: and an ASA's words" tells \
        'DNS lookup for Primary VPN Server \[east.example.net\] successfully resolved after a previous failure'
    expect "by name: 5 pings" lab_ping_settled west east 5
    expect "by name: up with that address" is_up_with "$first"
    echo "$second east.example.net" >"$lab_dir/hosts"     # in place: the daemon has the file, not its name
    expect "by name: another address, looked up again on reload" another_address
    expect "by name: traffic goes there" lab_until 10 ping_once
    expect "by name: up with the new address" is_up_with "$second"
}

another_address() {
    ikewise west reload >/dev/null
    lab_until 5 tells "peer east.example.net is at $second, no longer at $first"
}

[ "$(id -u)" = 0 ] || lab_die "must be root"
strongswan_fetch
if [ $# -gt 1 ] || [ $# = 0 ]; then
    names=("$@")
    [ $# -gt 0 ] || names=(first_dead dies name)
    for one in "${names[@]}"; do
        ./backup.sh "$one" >"/tmp/backup.$$.$one" 2>&1 &
    done
    failed=0
    for job in $(jobs -p); do wait "$job" || failed=1; done
    for one in "${names[@]}"; do cat "/tmp/backup.$$.$one"; rm -f "/tmp/backup.$$.$one"; done
    exit "$failed"
fi
"$1"
show_logs
lab_down
exit "$((lab_failures > 0))"
