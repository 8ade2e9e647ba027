#!/bin/bash
# Rekeys of both phases, from either side and from both at once, against strongSwan, while hosts behind the gateways
# ping each other both ways: no ping is lost, and afterwards both ends send on the two halves of one pair.
#
#   tests/peers/rekey.sh [--all]           both roles in the first negotiation, side by side
#   tests/peers/rekey.sh [--all] ROLE
#
# --all    also what takes minutes: phase 1 rekeyed by ikewise's clock, alone and together with strongSwan's; what
#          was replaced is gone from both ends
set -u
cd "$(dirname "$0")" || exit 1
. ./lab.sh
. ./cell.sh
. ./strongswan.sh
. ./ikewise.sh

kilobytes=16000         # we rekey at 7/8 of it, or 13/16 when we have begun the pair
lifetime=120            # of phase 1, with --all: the least that an ASA takes; we begin at 95 or 97 hundredths
retired_s=60            # what the other end was to delete is deleted after that

whole=no
[ "${1:-}" != --all ] || { whole=yes; shift; }

# The router loses IKE on both ports, and lets ESP in UDP pass: after the ports of UDP, ESP never has four zeros.
block_ike() {
    lab_in router nft 'add table ip blocked;
        add chain ip blocked forward { type filter hook forward priority 0; };
        add rule ip blocked forward udp dport 500 drop;
        add rule ip blocked forward udp dport 4500 @th,64,32 0 drop'
}

unblock_ike() {
    lab_in router nft delete table ip blocked
}

log_count() {
    grep -c "$1" "$(ikewise_logs "$our_node")"
}

logs_more_than() {
    [ "$(log_count "$2")" -gt "$1" ]
}

# Filling pings wait for their answers: they lose nothing by themselves.
fill_until() {
    local seconds=$1
    shift
    lab_until "$seconds" fill_and "$@"
}

fill_and() {
    lab_answered "$our_node-host" "${lab_host[$their_node]}" 500 -i 0 -s 1300 >>"$lab_dir/filling"
    "$@"
}

they_rekey() {
    swanctl "$their_node" --rekey "$@" | grep -v successful
    return "${PIPESTATUS[0]}"
}

their_child() {
    local before
    before=$(log_count 'PHASE 2 COMPLETED')
    they_rekey --child net && lab_until 10 logs_more_than "$before" 'PHASE 2 COMPLETED'
}

their_isakmp_sa() {
    local before
    before=$(log_count 'PHASE 1 COMPLETED')
    they_rekey --ike site && lab_until 10 logs_more_than "$before" 'PHASE 1 COMPLETED'
}

our_child() {
    local before
    before=$(log_count 'PHASE 2 COMPLETED')
    fill_until 20 logs_more_than "$before" 'PHASE 2 COMPLETED'
}

# Both first messages are lost, so that each end has begun before it hears of the other one.
both_children() {
    local begun before
    begun=$(log_count 'Initiator starting QM') before=$(log_count 'PHASE 2 COMPLETED')
    block_ike
    fill_until 20 logs_more_than "$begun" 'Initiator starting QM' && they_rekey --child net
    unblock_ike
    lab_until 10 logs_more_than $((before + 1)) 'PHASE 2 COMPLETED'
}

our_isakmp_sa() {
    local before
    before=$(log_count 'PHASE 1 COMPLETED')
    lab_until $((lifetime + 5)) logs_more_than "$before" 'PHASE 1 COMPLETED'
}

both_isakmp_sas() {
    local begun before
    begun=$(log_count 'Initiator: New Phase 1') before=$(log_count 'PHASE 1 COMPLETED')
    block_ike
    lab_until $((lifetime + 5)) logs_more_than "$begun" 'Initiator: New Phase 1' && they_rekey --ike site
    unblock_ike
    lab_until 10 logs_more_than $((before + 1)) 'PHASE 1 COMPLETED'
}

start_pings() {
    local from
    for from in west east; do
        lab_spawn "ping-$from" "$from-host" ping -n -q -i 0.02 -W 2 "${lab_host[${lab_across[$from]}]}"
    done
}

stop_pings() {
    local from
    for from in west east; do
        lab_stop "ping-$from" INT
    done
}

# Of so many sent at most the last may be unanswered, since we do not wait for it.
pings_all_came_back() {
    cat "$lab_dir"/ping-{west,east}.log | awk '
        /transmitted/ { print $1 " sent, " $4 " back"; count++; lost += $1 - $4 > 1 || $1 < 50 || / errors/ }
        END { exit lost || count != 2 }'
}

filling_all_came_back() {
    awk '{ back += $1; sent += $5 } END { print sent " sent, " back " back"; exit sent != back }' "$lab_dir/filling"
}

our_pair_stands_there() {
    local ours theirs
    ours=$(ikewise_current_spis "$our_node") theirs=$(strongswan_current_spis "$their_node")
    echo "in and out here $ours, there ${theirs//$'\n'/ and }"
    [ -n "${ours// /}" ] && grep -qx "${ours#* } ${ours% *}" <<<"$theirs"
}

# What is on the wire, and not what the daemons say of themselves.
wire_carries_that_pair() {
    local seen
    seen=$(lab_in router timeout 5 tcpdump -n -c 30 -i west udp port 4500 2>/dev/null |
        sed -n 's/.*ESP(spi=0x\([0-9a-f]*\).*/\1/p' | sort -u | paste -sd ' ')
    echo "$seen"
    [ "$seen" = "$(ikewise_current_spis "$our_node" | tr ' ' '\n' | sort | paste -sd ' ')" ]
}

# After a crossing each end may for a while prefer another one of two successors, and both must open both.
rekey() {
    local text=$1 action=$2 crossing=${3:-}
    : >"$lab_dir/filling"
    start_pings
    sleep 0.5
    expect "$name: $text" "$action"
    sleep 0.5
    [ "$crossing" = crossing ] || expect "$name: $text: one pair carries what goes both ways" wire_carries_that_pair
    stop_pings
    expect "$name: $text: no ping is lost" pings_all_came_back
    [ ! -s "$lab_dir/filling" ] || expect "$name: $text: nor one of those that fill" filling_all_came_back
    expect "$name: $text: our pair stands there" our_pair_stands_there
}

# While strongSwan rekeys, and we do by volume: as often as it takes to meet two rekeys, for how many fit into one transfer depends on
# how fast the machine is. strongSwan rekeys all pairs that it has, replaced ones too, so it is told once in a transfer: of the many that it
# makes when it is told again and again it now and then keeps none that it sends on.
transfer_across_rekeys() {
    local from=$1 to=$2 before count=0 transfers=0 transfer
    before=$(log_count 'PHASE 2 COMPLETED')
    while [ "$count" -lt 2 ] && [ "$transfers" -lt 10 ]; do
        lab_transfer "$from" "$to" "$lab_dir/data" >"$lab_dir/transfer" &
        transfer=$!
        sleep 0.3
        they_rekey --child net >/dev/null 2>&1
        wait "$transfer" || { cat "$lab_dir/transfer"; return 1; }
        count=$(($(log_count 'PHASE 2 COMPLETED') - before))
        transfers=$((transfers + 1))
    done
    echo "$(cat "$lab_dir/transfer"), $transfers transfers, $count rekeys"
    [ "$count" -ge 2 ]
}

old_ones_are_gone() {
    local ours theirs
    ours=$(ikewise "$our_node" show crypto ipsec sa | grep -c '^ *spi:')
    theirs=$(swanctl "$their_node" --list-sas | grep -cE 'INSTALLED|REKEYED')
    echo "here $ours SAs, there $theirs pairs, $(swanctl "$their_node" --list-sas | grep -c 'site: #') ISAKMP SAs there"
    [ "$ours" = 2 ] && [ "$theirs" = 1 ] && [ "$(swanctl "$their_node" --list-sas | grep -c 'site: #')" = 1 ]
}

run_role() {
    local role=$1 our_node=west their_node=east initiator=ikewise name
    [ "$role" = initiator ] || { our_node=east their_node=west initiator=strongswan; }
    name="ikewise as $role"
    lab_up none
    cell_choose strong pfs none
    cell[kilobytes]=$kilobytes
    [ "$whole" = no ] || cell[lifetime]=$lifetime
    head -c 40000000 /dev/urandom >"$lab_dir/data"
    if ! strongswan_start "$their_node" || ! ikewise_start "$our_node"; then
        not_ok "$name: the daemons start"
        lab_finish
    fi
    "${initiator}_provoke" west >/dev/null
    expect "$name: the tunnel is up" lab_ping_settled west east 5
    rekey "strongSwan rekeys the pair" their_child
    rekey "strongSwan rekeys the ISAKMP SA" their_isakmp_sa
    rekey "we rekey the pair, by volume" our_child
    rekey "both rekey the pair at once" both_children crossing
    expect "$name: a transfer goes through rekeys" transfer_across_rekeys "$our_node" "$their_node"
    expect "$name: the other way, too" transfer_across_rekeys "$their_node" "$our_node"
    if [ "$whole" = yes ]; then
        rekey "we rekey the ISAKMP SA, by time" our_isakmp_sa
        rekey "both rekey the ISAKMP SA at once" both_isakmp_sas crossing
        expect "$name: what was replaced is gone" lab_until $((retired_s + 10)) old_ones_are_gone
        expect "$name: and what stays" old_ones_are_gone
        expect "$name: carries" lab_ping east west 20
    fi
    if [ "$lab_failures" != 0 ]; then
        # shellcheck disable=SC2046
        tail -n 40 $(ikewise_logs "$our_node") $(strongswan_logs "$their_node") | sed 's/^/  | /'
    fi
    lab_finish
}

strongswan_fetch
[ $# = 0 ] || run_role "$1"

output=$(mktemp -d)
trap 'rm -rf "$output"' EXIT
failed=0 pids=()
flags=()
[ "$whole" = no ] || flags=(--all)
for role in initiator responder; do
    "./${0##*/}" "${flags[@]}" $role >"$output/$role" 2>&1 </dev/null &
    pids+=($!)
done
for pid in "${pids[@]}"; do
    wait "$pid" || failed=1
done
cat "$output"/*
exit $failed
