#!/bin/bash
# IPv6 outside and inside: IPv6 in IPv6, IPv4 in IPv6, IPv6 in IPv4, both ways round against strongSwan (its ESP goes in UDP), and
# between two of our own, where ESP is protocol 50. In each cell: pings both ways, the same SPIs, the first ping included, large
# pings that must be cut up, a delete that the other end sees.
#
#   tests/peers/ipv6.sh [WORD...]      only the cells whose name has all the words: strongswan 6in6
set -u
cd "$(dirname "$0")" || exit 1
. ./lab.sh
. ./cell.sh
. ./strongswan.sh
. ./ikewise.sh

words=("$@")

declare -A outer6=([west]=2001:db8:1::2 [east]=2001:db8:2::2) router6=([west]=2001:db8:1::1 [east]=2001:db8:2::1)
declare -A net6=([west]=2001:db8:a:: [east]=2001:db8:b::) gateway6=([west]=2001:db8:a::1 [east]=2001:db8:b::1)
declare -A host6=([west]=2001:db8:a::10 [east]=2001:db8:b::10)

#      west         east         inner in outer
cells="ikewise      ikewise      6in6
       ikewise      ikewise      4in6
       ikewise      ikewise      6in4
       ikewise      strongswan   6in6
       strongswan   ikewise      6in6
       ikewise      strongswan   4in6
       strongswan   ikewise      6in4"

is_chosen() {
    local word
    for word in "${words[@]}"; do
        [[ " $1 " == *" $word "* ]] || return 1
    done
}

# The same internet as with IPv4.
add_ipv6() {
    local node side
    for node in "${lab_nodes[@]}"; do
        lab_in "$node" sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0 \
            net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
        [[ $node == *-host ]] || lab_in "$node" sysctl -qw net.ipv6.conf.all.forwarding=1
    done
    for side in west east; do
        ip -n "$lab_prefix$side" addr add "${outer6[$side]}/64" dev outside nodad
        ip -n "$lab_prefix$side" addr add "${gateway6[$side]}/64" dev inside nodad
        ip -n "${lab_prefix}router" addr add "${router6[$side]}/64" dev "$side" nodad
        ip -n "$lab_prefix$side-host" addr add "${host6[$side]}/64" dev eth0 nodad
        ip -n "$lab_prefix$side" route add default via "${router6[$side]}"
        ip -n "$lab_prefix$side-host" route add default via "${gateway6[$side]}"
    done
}

write_ours() {
    local node=$1 other=${lab_across[$1]} file=$lab_dir/ikewised-$1/ikewise.conf
    mkdir -p "${file%/*}"
    ikewise_write_configuration "$node" | sed "
        $([ "$outer" = 4 ] || echo "s/${lab_outer[$other]}\$/${outer6[$other]}/; s/tunnel-group ${lab_outer[$other]} /tunnel-group ${outer6[$other]} /")
        s/^ ip address ${lab_outer[$node]} .*/&\\n ipv6 address ${outer6[$node]}\\/64/
        $([ "$inner" = 4 ] || echo "s/^access-list VPN .*/access-list VPN extended permit ip ${net6[$node]}\\/64 ${net6[$other]}\\/64/")" >"$file"
}

# strongswan_start writes it by this name.
eval "$(declare -f strongswan_write_connections | sed '1s/strongswan_write_connections/of_ipv4/')"
strongswan_write_connections() {
    local other=${lab_across[$1]}
    of_ipv4 "$1" | sed "
        $([ "$outer" = 4 ] || echo "s/local_addrs = .*/local_addrs = ${outer6[$1]}/; s/remote_addrs = .*/remote_addrs = ${outer6[$other]}/")
        $([ "$inner" = 4 ] || echo "s/local_ts = .*/local_ts = ${net6[$1]}\\/64/; s/remote_ts = .*/remote_ts = ${net6[$other]}\\/64/")"
}

start() {
    [ "$1" = strongswan ] || write_ours "$2"
    "$1_start" "$2"
}

pings() {
    local from=$1 to=${host6[$2]} size=$3
    [ "$inner" = 6 ] || to=${lab_host[$2]}
    lab_in "$from-host" ping -q -c 5 -i 0.1 -W 2 -s "$size" "$to" | grep -o '5 received'
}

# A host learns of the path from the answer to its first large packet.
large_pings() {
    pings west east 3000 >/dev/null
    pings west east 3000
}

# The router says so, by ICMPv6: the first packets are lost to that.
narrower_path() {
    ip -n "${lab_prefix}router" route replace 2001:db8:2::/64 dev east proto kernel metric 256 mtu lock 1350
    lab_until 5 pings west east 1300
}

spis_are_equal() {
    local here there
    here=$("${ends[west]}_spis" west) there=$("${ends[east]}_spis" east)
    echo "west in and out $here, east $there"
    [ -n "$here" ] && [ "$here" = "${there#* } ${there% *}" ]
}

delete_is_seen() {
    local ours=west peer
    [ "${ends[west]}" = ikewise ] || ours=east
    peer=${outer6[${lab_across[$ours]}]}
    [ "$outer" = 6 ] || peer=${lab_outer[${lab_across[$ours]}]}
    ikewise "$ours" down "$peer" >/dev/null 2>&1
    lab_until 5 "${ends[west]}_is_gone" west && lab_until 5 "${ends[east]}_is_gone" east
}

run_cell() {
    local inner=${3%in*} outer=${3#*in} failed_before=$lab_failures name="$1 to $2, IPv${3%in*} in IPv${3#*in}"
    declare -gA ends=([west]=$1 [east]=$2)
    lab_up none
    add_ipv6
    cell_choose strong pfs none
    if ! start "$2" east || ! start "$1" west; then
        not_ok "$name: the daemons start"
    else
        "$1_provoke" west >/dev/null 2>&1
        expect "$name: 5 pings west to east, the first included" pings west east 56 &&
            expect "$name: 5 pings east to west" pings east west 56 &&
            expect "$name: 5 pings that are too large for one packet" large_pings &&
            { [ "$1$2$3" != ikewiseikewise6in6 ] ||
                expect "$name: and when the path becomes narrower" narrower_path; } &&
            expect "$name: the same SPIs at both ends" spis_are_equal &&
            expect "$name: our delete is seen there" delete_is_seen
    fi
    if [ "$lab_failures" -gt "$failed_before" ]; then
        # shellcheck disable=SC2046
        tail -n 25 $("$1_logs" west) $("$2_logs" east) | sed 's/^/# /'
    fi
    lab_down
}

[ "$(id -u)" = 0 ] || lab_die "must be root"
strongswan_fetch
while read -r -u 3 -a row; do
    is_chosen "${row[*]}" && run_cell "${row[@]}"
done 3<<<"$cells"
exit "$((lab_failures > 0))"
