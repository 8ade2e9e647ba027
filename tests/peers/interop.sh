#!/bin/bash
# What ikewise does with each peer, both ways round: the cells of docs/interop.md that are alike for all of them. In each
# cell: both SAs, the algorithms of both phases as the peer's own status has them, the SPIs of both ends; pings both ways and the same SPIs on
# the wire, or where the peer has no data plane one of our ESP packets that tshark decrypts with the keys that we export; a rekey of the pair by each
# side; a delete by one side that the other sees.
#
#   tests/peers/interop.sh [PEER] [WORD...]     strongswan, libreswan or ikewise; only cells with all the words
#   tests/peers/interop.sh PEER --role ROLE [WORD...]
#
# Peers and roles are run side by side. The results go to the file that IKEWISE_INTEROP names, see lab_result.
set -u
cd "$(dirname "$0")" || exit 1
. ./lab.sh
. ./cell.sh
. ./strongswan.sh
. ./libreswan.sh
. ./ikewise.sh
. ./decrypt.sh
. ./successor.sh

#       column       what is set in the cell
columns="main_PSK
         main_RSA     method=rsa-sig certificate=rsa
         main_ECDSA   method=ecdsa-256-sig certificate=ecdsa-256 libreswan_authby=ecdsa
         aggr._PSK    aggressive=yes
         aggr._RSA    aggressive=yes method=rsa-sig certificate=rsa
         NAT-T        nat=west
         fragm.       method=rsa-sig certificate=rsa4096 fragmentation=force
         PFS          pfs=pfs
         DPD          keepalive=10,2 dpd=1,5
         GCM          suite=gcm
         3_ACEs       subnets=3"

declare -A title=([strongswan]=strongSwan [libreswan]=libreswan [ikewise]=ikewise)

peers=("${!title[@]}")
[ -z "${title[${1:-none}]:-}" ] || { peers=("$1"); shift; }
peer=${peers[0]}
only_role=
[ "${1:-}" != --role ] || { only_role=$2; shift 2; }
words=("$@")

is_chosen() {
    local word
    for word in "${words[@]}"; do
        [[ " $1 " == *" $word "* ]] || return 1
    done
}

set_cell() {
    local setting
    cell_choose "$(setting_of suite strong "$@")" "$(setting_of pfs no-pfs "$@")" "$(setting_of nat none "$@")"
    for setting in "$@"; do
        cell[${setting%%=*}]=$(tr ',' ' ' <<<"${setting#*=}")
    done
}

# setting_of NAME DEFAULT SETTING...
setting_of() {
    local name=$1 value=$2 setting
    shift 2
    for setting in "$@"; do
        [ "${setting%%=*}" != "$name" ] || value=${setting#*=}
    done
    echo "$value"
}

both_are_up() {
    lab_until 5 ikewise_is_up "$our_node" && lab_until 5 "${peer}_is_up" "$their_node"
}

spis_are_equal() {
    cell_same_spis ikewise "$our_node" "$peer" "$their_node"
}

carries_traffic() {
    if [ "$peer" = libreswan ]; then
        expect "$name: tshark decrypts our ESP with the keys that we export" \
            decrypt_request "$our_node" "$our_node-host" "${lab_host[$their_node]}" "$peer" "$their_node"
    else
        lab_capture wire "$our_node" outside "$lab_dir/wire.pcap" esp or udp port 4500
        expect "$name: 20 pings west to east" lab_ping west east 20 && expect "$name: 20 pings east to west" lab_ping east west 20
        lab_stop wire
        expect "$name: the same SPIs on the wire" wire_has_those_spis
    fi
}

# Those of both directions, and no others.
wire_has_those_spis() {
    local seen
    seen=$(tcpdump -n -r "$lab_dir/wire.pcap" 2>/dev/null | sed -n 's/.*ESP(spi=0x\([0-9a-f]*\).*/\1/p' | sort -u | paste -sd ' ')
    echo "$seen"
    [ "$seen" = "$(ikewise_current_spis "$our_node" | tr ' ' '\n' | sort | paste -sd ' ')" ]
}

# libreswan does not when it is told to, and says so: once is enough.
rekeys_isakmp() {
    case $peer:$column in
    strongswan:*) expect "$name: a rekey of the ISAKMP SA by the peer" they_rekey_isakmp "$our_node" "$peer" "$their_node" ;;
    libreswan:main_PSK)
        said=$(libreswan_rekey_isakmp "$their_node" 2>&1 | sed -n 's/^[0-9]* \(cannot .*\)/\1/p')
        expect "$name: it rekeys no ISAKMP SA by command, and says so" test -n "$said"
        note="told to rekey an ISAKMP SA it says \"$said\"" ;;
    esac
}

# The pairs of the other ACEs.
other_pairs() {
    ikewise_current_pairs "$our_node" | grep -v "(${lab_inner_net[east]}/" | sort
}

keeps_pairs() {
    other_pairs
    [ "$(other_pairs)" = "$1" ] && [ "$(pairs)" = 3 ]
}

# As initiator we say it, as responder the peer does.
delete_is_seen() {
    if [ "$role" = initiator ]; then
        ikewise_down "$our_node" >/dev/null 2>&1
    else
        "${peer}_down" "$their_node" >/dev/null 2>&1
    fi
    lab_until 5 ikewise_is_gone "$our_node" && lab_until 5 "${peer}_is_gone" "$their_node"
}

# In the log of who did not delete.
reason_is_told() {
    local other=$their_node
    [ "$role" = initiator ] || other=$our_node
    lab_until 2 grep -m1 'says why it deletes: Administrator Reset' "$(ikewise_logs "$other")"
}

# Ikewise asks after ten seconds of silence, the least that an ASA can be told; the others each second.
liveness_is_asked() {
    lab_until 14 answers_more_than 1
    answers
}

answers() {
    ikewise "$our_node" show crypto session detail >/dev/null
    grep -cE 'R.?U.?THERE' "$(ikewise_logs "$our_node")"
}

answers_more_than() {
    [ "$(answers)" -gt "$1" ]
}

fragments_were_seen() {
    grep -m1 -o 'Successfully assembled .*' "$(ikewise_logs "$our_node")"
}

every_ace_is_up() {
    local net number=0
    for net in $(cell_more_subnets); do
        if [ "$initiator" = ikewise ]; then
            lab_in west-host ping -n -q -c 3 -i 0.05 -W 1 "${net%.0}.10" >/dev/null
        fi
    done
    lab_until 5 has_pairs 3 && number=$(pairs)
    echo "$number pairs"
    [ "$number" = 3 ]
}

pairs() {
    ikewise "$our_node" show crypto ipsec sa | grep -c 'inbound esp sas'
}

has_pairs() {
    [ "$(pairs)" = "$1" ]
}

# The networks behind east have a host.
prepare_hosts() {
    local net
    successor_sink west-host east-host
    for net in $(cell_more_subnets); do
        lab_in east ip route add "$net/24" via 10.2.0.10
        lab_in east-host ip addr add "${net%.0}.10/32" dev lo
    done
}

check_cell() {
    local others said
    "${initiator}_provoke" west >/dev/null 2>&1
    [ "$initiator" != ikewise ] || lab_in west-host ping -n -q -c 2 -i 0.1 -W 2 "${lab_host[east]}" >/dev/null
    expect "$name: both are up" both_are_up &&
        expect "$name: the algorithms in the peer's status" "${peer}_describes" "$their_node" &&
        expect "$name: the same SPIs at both ends" spis_are_equal || return
    carries_traffic || return
    case $column in
    fragm.) expect "$name: a message came in fragments" fragments_were_seen ;;
    DPD) expect "$name: questions and answers" liveness_is_asked ;;
    3_ACEs) expect "$name: each ACE has a pair" every_ace_is_up ;;
    esac
    others=$(other_pairs)
    each_rekeys "$name" "$our_node" "$peer" "$their_node" "$our_node-host" "${lab_host[$their_node]}" \
        "$their_node-host" "${lab_host[$our_node]}"
    [ "$column" != 3_ACEs ] || expect "$name: the other ACEs keep their pairs" keeps_pairs "$others"
    rekeys_isakmp
    expect "$name: a delete is seen at the other end" delete_is_seen
    [ "$peer" != ikewise ] || expect "$name: the other end knows why" reason_is_told
}

# Of a peer that cannot: its own words, empty when it can.
words_of_refusal() {
    [ "$peer $column" != "libreswan main_ECDSA" ] ||
        sed -n "s/^addconn, in config '[^']*', //p" "$(libreswan_logs "$their_node")"
}

run_cell() {
    local role=$1 column=$2 failed_before=$lab_failures our_node=west their_node=east initiator=ikewise name refusal note=
    shift 2
    name="${title[$peer]}, ${column//_/ }, ikewise as $role"
    set_cell "$@"
    cell[kilobytes]=$successor_kilobytes
    [ "$role" = initiator ] || our_node=east their_node=west initiator=$peer
    lab_up "${cell[nat]}"
    prepare_hosts
    if ! "${peer}_start" "$their_node" || ! ikewise_start "$our_node"; then
        not_ok "$name: the daemons start"
    elif refusal=$(words_of_refusal) && [ -n "$refusal" ]; then
        ok "$name: it cannot, and says: $refusal"
    else
        decrypt_begin "$our_node"
        check_cell
    fi
    if [ "$lab_failures" -gt "$failed_before" ]; then
        # shellcheck disable=SC2046
        tail -n 25 $(ikewise_logs "$our_node") $("${peer}_logs" "$their_node") | sed 's/^/  | /'
        refusal=fails
    fi
    lab_result "${title[$peer]}" "${column//_/ }" "$role" "${refusal:-up${note:+: $note}}"
    lab_down
}

run_role() {
    local row
    while read -r -u 3 -a row; do
        ! is_chosen "$1 ${row[*]}" || run_cell "$1" "${row[@]}"
    done 3<<<"$columns"
    return "$((lab_failures > 0))"
}

[ "$(id -u)" = 0 ] || lab_die "must be root"
if [ -n "$only_role" ]; then
    libreswan_root=$lab_tree/build/peers/libreswan strongswan_root=$lab_tree/build/peers/strongswan
    run_role "$only_role"
    exit
fi
for peer in "${peers[@]}"; do
    [ "$peer" = ikewise ] || "${peer}_fetch"
done
failed=0
output=$(mktemp -d)
trap 'rm -rf "$output"' EXIT
children=()
for peer in "${peers[@]}"; do
    for role in initiator responder; do
        ./interop.sh "$peer" --role "$role" "${words[@]}" >"$output/$peer-$role" 2>&1 </dev/null &
        children+=("$!:$peer-$role")
    done
done
for child in "${children[@]}"; do
    wait "${child%%:*}" || failed=1
    cat "$output/${child#*:}"
done
exit "$failed"
