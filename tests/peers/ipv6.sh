#!/bin/bash
# IPv6 outside and inside: IPv6 in IPv6, IPv4 in IPv6, IPv6 in IPv4, both ways round against strongSwan (its ESP goes in UDP), and
# between two of our own, where ESP is protocol 50; IPv6 in IPv6 against libreswan, which negotiates. In each cell: pings both ways, the
# first included, large pings that must be cut up, or one that tshark decrypts; the algorithms in the peer's status, the same SPIs, in
# IPv6 in IPv6 a rekey by each side, a delete that the other end sees.
#
#   tests/peers/ipv6.sh            all of it, side by side
#   tests/peers/ipv6.sh NAME...
set -u
cd "$(dirname "$0")" || exit 1
. ./lab.sh
. ./cell.sh
. ./strongswan.sh
. ./libreswan.sh
. ./ikewise.sh
. ./decrypt.sh
. ./successor.sh

# pings FROM TO COUNT SIZE
pings() {
    lab_answered "$1-host" "$(cell_host "$2")" "$3" -s "$4"
}

# A host learns of the path from what comes back for its first large packet.
large_pings() {
    lab_until 10 pings west east 2 3000
    pings west east 5 3000
}

# The router says so, by ICMPv6: the first packets are lost to that.
narrower_path() {
    ip -n "${lab_prefix}router" route replace 2001:db8:2::/64 dev east proto kernel metric 256 mtu lock 1350
    lab_until 5 pings west east 5 1300
}

# libreswan as initiator begins anew when it is us who delete.
delete_is_seen() {
    "${ends[west]}_down" west >/dev/null 2>&1
    lab_until 5 "${ends[west]}_is_gone" west && lab_until 5 "${ends[east]}_is_gone" east
}

carries_traffic() {
    if [ "$peer" = libreswan ]; then
        expect "$name: tshark decrypts our ESP with the keys that we export" \
            decrypt_request "$ours" "$ours-host" "$(cell_host "$theirs")" "$peer" "$theirs"
        return
    fi
    # the others lose what comes before their half of a new pair is in place, when they are kept from their processor
    [ "$peer" = ikewise ] || lab_until 10 pings west east 1 56
    expect "$name: 5 pings west to east$([ "$peer" != ikewise ] || echo ", the first included")" pings west east 5 56 &&
        expect "$name: 20 pings west to east" pings west east 20 56 &&
        expect "$name: 20 pings east to west" pings east west 20 56 &&
        expect "$name: 5 pings that are too large for one packet" large_pings &&
        { [ "$peer$inner$outer" != ikewise66 ] ||
            expect "$name: and when the path becomes narrower" narrower_path; }
}

are_up() {
    "${ends[west]}_is_up" west && "${ends[east]}_is_up" east
}

check_cell() {
    "${ends[west]}_provoke" west >/dev/null 2>&1
    [ "${ends[west]}$peer" != ikewiselibreswan ] || lab_in west-host ping -n -q -c 2 -i 0.1 -W 2 "$(cell_host east)" >/dev/null
    [ "$peer" != libreswan ] || expect "$name: both are up" lab_until 10 are_up || return
    carries_traffic &&
        expect "$name: the algorithms in the peer's status" "${peer}_describes" "$theirs" &&
        expect "$name: the same SPIs at both ends" cell_same_spis "${ends[west]}" west "${ends[east]}" east &&
        { [ "$inner$outer" != 66 ] ||
            each_rekeys "$name" "$ours" "$peer" "$theirs" "$ours-host" "$(cell_host "$theirs")" "$theirs-host" "$(cell_host "$ours")"; } &&
        expect "$name: a delete is seen at the other end" delete_is_seen
}

# The cell of docs/interop.md is IPv6 outside and inside.
note_result() {
    local role result=up
    [ "$lab_failures" = 0 ] || result=fails
    [ "$inner$outer" = 66 ] || return 0
    for role in initiator responder; do
        [[ $role == initiator && ${ends[west]} != ikewise || $role == responder && ${ends[east]} != ikewise ]] ||
            lab_result "${title[$peer]}" IPv6 "$role" "$result"
    done
}

# tunnel NAME WEST EAST INNER OUTER
tunnel() {
    local name=$1 inner=$4 outer=$5 ours=west theirs=east peer=$3
    declare -gA ends=([west]=$2 [east]=$3)
    [ "$2" = ikewise ] || ours=east theirs=west peer=$2
    lab_up none
    lab_add_ipv6
    cell_choose strong pfs none
    cell[inner]=$inner cell[outer]=$outer cell[kilobytes]=$successor_kilobytes
    successor_sink west-host east-host
    if "$3_start" east && "$2_start" west; then
        decrypt_begin "$ours"
        check_cell
    else
        not_ok "$name: the daemons start"
    fi
    note_result
    # shellcheck disable=SC2046
    [ "$lab_failures" = 0 ] || tail -n 25 $("$2_logs" west) $("$3_logs" east) | sed 's/^/  | /'
}

declare -A title=([strongswan]=strongSwan [libreswan]=libreswan [ikewise]=ikewise)

#     name                       what   west        east        inner, outer
cases="ikewise-6in6               tunnel ikewise     ikewise     6 6
       ikewise-4in6               tunnel ikewise     ikewise     4 6
       ikewise-6in4               tunnel ikewise     ikewise     6 4
       to-strongswan-6in6         tunnel ikewise     strongswan  6 6
       of-strongswan-6in6         tunnel strongswan  ikewise     6 6
       to-strongswan-4in6         tunnel ikewise     strongswan  4 6
       of-strongswan-6in4         tunnel strongswan  ikewise     6 4
       to-libreswan-6in6          tunnel ikewise     libreswan   6 6
       of-libreswan-6in6          tunnel libreswan   ikewise     6 6"

strongswan_fetch
libreswan_fetch

lab_cases "$cases" "$@"
