#!/bin/bash
# Aggressive mode with pre-shared keys against real peers: strongSwan both ways round, through a NAT router or not, the
# tunnel-group chosen by the identity, or ours one of the peer alone; ike-scan, which collects what keys can be tried on; vpnc, as far as phase 1.
#
#   tests/peers/aggressive.sh            all of it, side by side
#   tests/peers/aggressive.sh NAME...
set -u
cd "$(dirname "$0")" || exit 1
. ./lab.sh
. ./cell.sh
. ./strongswan.sh
. ./ikewise.sh

key_id=branch7

shows_phase1() {
    local shown
    shown=$(strongswan_describe "$1")
    echo "$shown"
    [[ $shown == "ESTABLISHED ${cell[ike_shown]} "*" INSTALLED TUNNEL-in-UDP ESP:${cell[esp_shown]}" ]]
}

spis_are_equal() {
    local mine theirs
    mine=$(ikewise_spis "$1") theirs=$(strongswan_spis "$2")
    echo "in and out here $mine, there $theirs"
    [ -n "$mine" ] && [ "$mine" = "${theirs#* } ${theirs% *}" ]
}

says() {
    grep -h -m 1 -o "$2" "$1"
}

both_are_up() {
    lab_until 5 ikewise_is_up "$1" && lab_until 5 strongswan_is_up "$2"
}

show_logs() {
    [ "$lab_failures" = 0 ] || tail -n 25 "$@" 2>&1 | sed 's/^/  | /'
}

# tunnel NAME INITIATOR NAT
tunnel() {
    local name=$1 initiator=$2 nat=$3 ours theirs
    lab_up "$nat"
    cell_choose strong pfs "$nat"
    cell[aggressive]=yes
    if [ "$initiator" = ikewise ]; then
        ours=west theirs=east cell[key_id]=$key_id
    else
        ours=east theirs=west cell[local_id]=keyid:$key_id cell[group_name]=$key_id
    fi
    if both_start "$name" && expect "$name: negotiation" "${initiator}_up" west &&
        expect "$name: both are up" both_are_up "$ours" "$theirs"; then
        expect "$name: pings west to east" lab_ping west east 20
        expect "$name: pings east to west" lab_ping east west 20
        expect "$name: both SAs as strongSwan shows them" shows_phase1 "$theirs"
        expect "$name: the same SPIs at both ends" spis_are_equal "$ours" "$theirs"
        expect "$name: our state" says <(ikewise "$ours" show crypto isakmp sa) 'State *: AM_ACTIVE'
        expect "$name: the exposed key is told" says "$(ikewise_logs "$ours")" 'Aggressive mode with a pre-shared key.*'
        expect "$name: our delete is seen there" ikewise_down "$ours"
        expect "$name: no SA is left there" lab_until 5 strongswan_is_gone "$theirs"
    fi
    # shellcheck disable=SC2046
    show_logs $(ikewise_logs "$ours") $(strongswan_logs "$theirs")
}

# own_name NAME HOW KIND VALUE: what we say to this peer alone that we are, and begin in aggressive mode for its sake; strongSwan takes no
# other name. HOW: in the words of an ASA; the same made a router's; in a router's own words for one peer.
own_name() {
    local name=$1 how=$2 said="$3 $4" ours=west theirs=east dir
    lab_up none
    cell_choose strong no-pfs none
    cell[remote_id]=$4 cell[aggressive]=no
    dir=$lab_dir/ikewised-west
    mkdir -p "$dir"
    [ "$how" = peer ] || cell[self_identity]=$said
    ikewise_write_configuration west >"$dir/asa.conf"
    if [ "$how" = asa ]; then
        mv "$dir/asa.conf" "$dir/ikewise.conf"
    else
        "$lab_build/src/ikewise" convert --to ios "$dir/asa.conf" | sed "s/\*\*\*\*\*/$cell_key/" >"$dir/ikewise.conf"
    fi
    [ "$how" != peer ] || sed -i -e '/^crypto isakmp key/d' -e "1a crypto isakmp peer address $(cell_peer_address west)\\
 set aggressive-mode password $cell_key\\
 set aggressive-mode client-endpoint $said" "$dir/ikewise.conf"
    cell[aggressive]=yes
    if both_start "$name" && expect "$name: negotiation" ikewise_up west &&
        expect "$name: it is up there" lab_until 5 strongswan_is_up east; then
        expect "$name: it knows us by that name" says "$lab_dir/charon-east/charon.log" "established between .*\[$4\]"
        expect "$name: pings west to east" lab_ping west east 10
    fi
    # shellcheck disable=SC2046
    show_logs $(ikewise_logs west) $(strongswan_logs east)
}

starts() {
    "$2_start" "$3" || { not_ok "$1: $2 starts in $3"; return 1; }
}

both_start() {
    starts "$1" strongswan "$theirs" && starts "$1" ikewise "$ours"
}

# The identity has no tunnel-group: we answer all the same, and the peer finds the hash wrong, as with a wrong key.
unknown_group() {
    lab_up none
    cell_choose strong no-pfs none
    cell[aggressive]=yes cell[local_id]=keyid:branch8 cell[group_name]=$key_id
    local ours=east theirs=west
    both_start "$1" || return
    strongswan_up west >/dev/null 2>&1
    expect "$1: we say it" says "$(ikewise_logs east)" 'Received ISAKMP Aggressive Mode message 1 with unknown tunnel group name branch8'
    expect "$1: and answer" says "$(ikewise_logs east)" 'Sending spoofed ISAKMP Aggressive Mode message 2.*'
    expect "$1: strongSwan finds the hash wrong" says "$lab_dir/charon-west/charon.log" 'calculated HASH does not match HASH payload'
    # shellcheck disable=SC2046
    show_logs $(ikewise_logs east) $(strongswan_logs west)
}

# scan GROUP: what ike-scan sees, without what differs from one time to the next
scan() {
    lab_in west env LD_LIBRARY_PATH="$tools_libraries" "$tools/usr/bin/ike-scan" --aggressive --id="$1" --dhgroup=14 --trans=7/256,4,1,14 --retry=1 \
        --timeout=1500 --vidpatterns="$tools/usr/share/ike-scan/ike-vendor-ids" "${lab_outer[east]}" |
        sed -n 's/^[0-9.]*\t//p' | sed 's/CKY-R=[0-9a-f]*/CKY-R/'
}

# What an attacker does: asks in a name, and tries keys on the hash. A name that does not exist gives the same answer.
ike_scan() {
    local known unknown
    lab_up none
    cell_choose strong no-pfs none
    cell[aggressive]=yes cell[group_name]=$key_id
    starts "$1" ikewise east || return
    lab_capture capture west outside "$lab_dir/scan.pcap" udp port 500
    known=$(scan "$key_id")
    unknown=$(scan nobody)
    lab_stop capture
    expect "$1: it gets a hash to try keys on" says <(echo "$known") 'Aggressive Mode Handshake.*Hash([0-9]* bytes)'
    expect "$1: in the name of a group that does not exist it sees the same" [ "$known" = "$unknown" ]
    expect "$1: both answers are equally long" two_of_one_length "$lab_dir/scan.pcap"
    sed -i '/am-disable/d' "$lab_dir/ikewised-east/ikewise.conf"
    ikewise_stop east
    starts "$1" ikewise east && expect "$1: without it being switched on there is no answer" [ -z "$(scan "$key_id")" ]
    show_logs "$(ikewise_logs east)"
}

two_of_one_length() {
    local lengths
    lengths=$(tcpdump -n -v -r "$1" 'src host 203.0.113.2' 2>/dev/null | sed -n 's/.* length \([0-9]*\))$/\1 bytes/p')
    echo "$lengths"
    [ "$(sort -u <<<"$lengths" | wc -l)" = 1 ] && [ "$(wc -l <<<"$lengths")" = 2 ]
}

# vpnc wants XAUTH after phase 1, which our side does not begin: phase 1 is what is shown.
vpnc_client() {
    lab_up none
    cell_choose strong no-pfs none
    cell[aggressive]=yes cell[group_name]=$key_id cell[hash]=sha
    starts "$1" ikewise east || return
    cat >"$lab_dir/vpnc.conf" <<CONF
IPSec gateway ${lab_outer[east]}
IPSec ID $key_id
IPSec secret $cell_key
IKE Authmode psk
IKE DH Group dh14
Xauth username nobody
Xauth password nothing
CONF
    lab_spawn vpnc west stdbuf -oL env LD_LIBRARY_PATH="$tools_libraries" "$tools/usr/sbin/vpnc" --no-detach --non-inter --debug 2 \
        "$lab_dir/vpnc.conf"
    expect "$1: phase 1 is up here" lab_until 10 grep -q 'PHASE 1 COMPLETED' "$(ikewise_logs east)"
    expect "$1: with the group that it named" says "$(ikewise_logs east)" "Connection landed on tunnel_group $key_id"
    expect "$1: it has taken our hash" lab_until 5 grep -q 'S4.5 AM_packet3' "$lab_dir/vpnc.log"
    show_logs "$(ikewise_logs east)" "$lab_dir/vpnc.log"
}

#     name                     what
cases="ikewise-begins           tunnel ikewise none
       ikewise-begins-nat       tunnel ikewise west
       strongswan-begins        tunnel strongswan none
       strongswan-begins-nat    tunnel strongswan west
       name-fqdn                own_name asa fqdn west7.example.net
       name-user-fqdn           own_name asa user-fqdn west@example.net
       name-address             own_name asa address 192.0.2.77
       name-profile             own_name profile user-fqdn west@example.net
       name-peer                own_name peer fqdn west7.example.net
       unknown-group            unknown_group
       ike-scan                 ike_scan
       vpnc                     vpnc_client"

strongswan_fetch
tools=$(./fetch_tools.sh) || lab_die "no ike-scan and vpnc"
tools_libraries=$tools/usr/lib/$(uname -m)-linux-gnu

lab_cases "$cases" "$@"
