#!/bin/bash
# ikewise against strongSwan, both ways round: strong and weak suite, PFS or not, through a NAT router or not.
# In each cell: both SAs as strongSwan shows them, the SPIs of both ends, pings both ways between hosts behind the
# gateways, a TCP transfer whose checksum holds, a delete from either side.
#
#   tests/peers/strongswan_matrix.sh [--all] [--ours strongswan] [WORD...]
#
# --all                every transfer is 100 MB; without it a few are, and the others 8 MB
# --ours strongswan    strongSwan takes ikewise's place, which tests the lab
# WORD...              only the cells whose name has all the words: initiator weak pfs west
set -u
cd "$(dirname "$0")" || exit 1
. ./lab.sh
. ./cell.sh
. ./strongswan.sh
. ./ikewise.sh

ours=ikewise
whole=no
words=()
while [ $# -gt 0 ]; do
    case $1 in
    --all) whole=yes ;;
    --ours)
        ours=$2
        shift
        ;;
    -*) lab_die "unknown option $1" ;;
    *) words+=("$1") ;;
    esac
    shift
done

#      our role   suite   PFS     behind NAT  MB of the transfer without --all
cells="initiator  strong  pfs     none        100
       initiator  strong  pfs     west        8
       initiator  strong  no-pfs  none        8
       initiator  strong  no-pfs  west        8
       initiator  weak    pfs     none        8
       initiator  weak    pfs     west        8
       initiator  weak    no-pfs  none        8
       initiator  weak    no-pfs  west        100
       responder  strong  pfs     none        8
       responder  strong  pfs     west        100
       responder  strong  no-pfs  none        8
       responder  strong  no-pfs  west        8
       responder  weak    pfs     none        8
       responder  weak    pfs     west        8
       responder  weak    no-pfs  none        100
       responder  weak    no-pfs  west        8
       initiator  gcm8    pfs     none        8
       responder  gcm12   pfs     none        8
       initiator  null    pfs     none        8
       responder  null    no-pfs  none        8"

is_chosen() {
    local word
    for word in "${words[@]}"; do
        [[ " $1 " == *" $word "* ]] || return 1
    done
}

# The west end is always the initiator: behind NAT it is the only one that can be.
sas_as_strongswan_shows() {
    local node=$1 shown
    shown=$(strongswan_describe "$node")
    echo "$shown"
    [[ $shown == "ESTABLISHED ${cell[ike_shown]} "*" INSTALLED TUNNEL-in-UDP ESP:${cell[esp_shown]}" ]]
}

spis_are_equal() {
    local mine theirs
    mine=$("${ours}_spis" "$our_node") theirs=$(strongswan_spis "$their_node")
    echo "in and out here $mine, there $theirs"
    [ -n "$mine" ] && [ "$mine" = "${theirs#* } ${theirs% *}" ]
}

# delete_is_seen FROM-DRIVER FROM-NODE TO-DRIVER TO-NODE
delete_is_seen() {
    "$1_down" "$2" >/dev/null 2>&1 || { echo "the command failed"; return 1; }
    lab_until 5 "$1_is_gone" "$2" || { echo "its own SAs are still there"; return 1; }
    lab_until 5 "$3_is_gone" "$4" || { echo "the other end still has SAs"; return 1; }
    echo "no SA at either end"
}

both_are_up() {
    lab_until 5 "$ours"_is_up "$our_node" && lab_until 5 strongswan_is_up "$their_node"
}

check_traffic() {
    local megabytes=$1
    expect "$name: 20 pings west to east, the first included" lab_ping west east 20 &&
        both_are_up && expect "$name: 20 pings east to west" lab_ping east west 20 &&
        expect "$name: both SAs as strongSwan shows them" sas_as_strongswan_shows "$their_node" &&
        expect "$name: the same SPIs at both ends" spis_are_equal &&
        expect "$name: TCP west to east" lab_transfer west east "$data.$megabytes" &&
        expect "$name: TCP east to west" lab_transfer east west "$data.1"
}

check_deletes() {
    expect "$name: our delete is seen there" delete_is_seen "$ours" "$our_node" strongswan "$their_node" &&
        expect "$name: up again by hand" bring_up_again &&
        expect "$name: their delete is seen here" delete_is_seen strongswan "$their_node" "$ours" "$our_node"
}

bring_up_again() {
    local output
    if output=$("${initiator}_up" west 2>&1) && both_are_up; then
        lab_ping west east 3
    else
        tail -3 <<<"$output"
        return 1
    fi
}

run_cell() {
    local role=$1 suite=$2 pfs=$3 nat=$4 megabytes=$5 failed_before=$lab_failures
    local initiator our_node their_node name data
    name="$ours as $role, $suite, $pfs, NAT $nat"
    [ "$whole" = no ] || megabytes=100
    lab_up "$nat"
    cell_choose "$suite" "$pfs" "$nat"
    if [ "$role" = initiator ]; then
        our_node=west their_node=east initiator=$ours
    else
        our_node=east their_node=west initiator=strongswan
    fi
    data=$lab_dir/data
    head -c 1000000 /dev/urandom >"$data.1"
    head -c "${megabytes}000000" /dev/urandom >"$data.$megabytes"
    if starts strongswan "$their_node" && starts "$ours" "$our_node" &&
        expect "$name: negotiation" provoke "$initiator"; then
        check_traffic "$megabytes" && check_deletes
    fi
    [ "$lab_failures" = "$failed_before" ] || show_logs
    "${ours}_stop" "$our_node"
    strongswan_stop "$their_node"
    lab_down
}

starts() {
    "$1_start" "$2" || { not_ok "$name: $1 starts in $2"; return 1; }
}

provoke() {
    local output
    output=$("$1_provoke" west 2>&1) || { tail -3 <<<"$output"; return 1; }
}

show_logs() {
    # shellcheck disable=SC2046
    tail -n 25 $("${ours}_logs" "$our_node") $(strongswan_logs "$their_node") 2>&1 | sed 's/^/  | /'
}

strongswan_fetch
while read -r -a row; do
    is_chosen "${row[*]}" && run_cell "${row[@]}" </dev/null
done <<<"$cells"
lab_finish
