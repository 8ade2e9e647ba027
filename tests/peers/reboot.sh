#!/bin/bash
# Peers that die, boot again or fall silent, ikewise against strongSwan: each time the tunnel comes back by itself, soon
# enough, when a host behind one of the gateways wants it, and no packet of ours passes the router in clear.
#
#   tests/peers/reboot.sh            all of them, side by side, for most wait for DPD
#   tests/peers/reboot.sh NAME
set -u
cd "$(dirname "$0")" || exit 1
. ./lab.sh
. ./cell.sh
. ./strongswan.sh
. ./ikewise.sh

# Our DPD: 10 2 is the least that an ASA takes: dead after 10 + 4 * 2 s.
#       name                     what happens       their DPD  traffic then comes from  is back within s  our DPD
events="we-boot-and-speak        kill_ours          4 9        west                     8                 10 2
        we-boot-and-they-speak   kill_ours          4 9        east                     25                10 2
        they-boot                kill_theirs        4 9        west                     30                10 2
        they-boot-and-begin      kill_theirs_begin  4 9        east                     3                 10 2
        they-boot-we-restart     boot_unspoken      4 9        east                     3                 10 2 action restart
        silence                  silence            4 9        west                     10                10 2
        silence-on-demand        silence            4 9        west                     10                10 2 on-demand
        idle-and-we-ask          we_ask             0 0        west                     2                 10 2
        idle-and-they-ask        they_ask           4 9        west                     2                 10 2"

clear_filter="net 10.1.0.0/24 or net 10.2.0.0/24"       # inner addresses; in the tunnel they cannot be seen

kill_ours() {
    lab_stop ikewised-west KILL 2>/dev/null
    leak_attempts
    ikewise_start west
}

kill_theirs() {
    lab_stop charon-east KILL 2>/dev/null
    leak_attempts
    strongswan_start east
}

# Nothing is sent, and the tunnel is up again all the same.
boot_unspoken() {
    lab_stop charon-east KILL 2>/dev/null
    expect "$name: we find that the peer is dead" lab_until 25 has_no_pair
    strongswan_start east
    expect "$name: we begin by ourselves" lab_until 40 both_have_it
}

has_no_pair() {
    [ -z "$(ikewise_spis west)" ]
}

# For longer than either DPD waits.
silence() {
    lab_in router nft 'add table ip silence;
        add chain ip silence forward { type filter hook forward priority 0; policy drop; }'
    leak_attempts
    expect "$name: we find that the peer is dead" lab_until 25 ikewise_is_gone west
    leak_attempts
    lab_in router nft delete table ip silence
}

# Without these strongSwan sends no INITIAL-CONTACT.
kill_theirs_begin() {
    cell[unique]=replace cell[remote_id]=${lab_outer[west]}
    kill_theirs && expect "$name: it begins" they_begin
}

they_begin() {
    strongswan_up east | tail -1
}

# strongSwan says of each message what is in it.
we_ask() {
    expect "$name: we ask and they answer" lab_until 15 their_log_has 'parsed INFORMATIONAL_V1.*N(DPD) ]' \
        'generating INFORMATIONAL_V1.*N(DPD_ACK) ]'
    stays_up
}

they_ask() {
    expect "$name: they ask and we answer" lab_until 15 their_log_has 'generating INFORMATIONAL_V1.*N(DPD) ]' \
        'parsed INFORMATIONAL_V1.*N(DPD_ACK) ]'
    stays_up
}

# For longer than either end would wait for an answer.
stays_up() {
    sleep 12
    expect "$name: nobody was declared dead" none_was_replaced
}

their_log_has() {
    local pattern
    for pattern in "$@"; do
        grep -q "$pattern" "$lab_dir/charon-east/charon.log" || return 1
    done
}

none_was_replaced() {
    [ "$(grep -c 'PHASE 1 COMPLETED' "$(ikewise_logs west)")" = 1 ] && both_have_it
}

# Only our side: what strongSwan's host sends in clear while charon is dead is not ours to stop.
leak_attempts() {
    lab_in west-host ping -n -q -c 10 -i 0.05 -W 1 "${lab_host[east]}" >/dev/null
}

comes_back() {
    local from=$1 seconds=$2 started=$SECONDS
    lab_until "$seconds" lab_in "$from-host" ping -n -c 1 -W 1 "${lab_host[${lab_across[$from]}]}" ||
        { echo "not after $seconds s"; return 1; }
    echo "after $((SECONDS - started)) s"
}

one_isakmp_sa_stands() {
    local ours theirs
    ours=$(ikewise west show crypto isakmp sa | grep -c MM_ACTIVE) theirs=$(swanctl east --list-sas | grep -c 'site: #')
    echo "$ours here, $theirs there"
    [ "$ours $theirs" = "1 1" ]
}

both_have_it() {
    local ours theirs
    ours=$(ikewise_current_spis west) theirs=$(strongswan_current_spis east)
    echo "in and out here $ours, there ${theirs//$'\n'/ and }"
    [ -n "${ours// /}" ] && grep -qx "${ours#* } ${ours% *}" <<<"$theirs"
}

nothing_in_clear() {
    lab_stop clear
    local count
    count=$(tcpdump -n -r "$lab_dir/clear.pcap" 2>/dev/null | wc -l)
    echo "$count packets"
    [ "$count" = 0 ]
}

run_event() {
    local name=$1 action=$2 dpd="$3 $4" from=$5 seconds=$6 keepalive="${*:7}"
    lab_up none
    cell_choose strong pfs none
    cell[keepalive]=$keepalive cell[dpd]=$dpd
    if ! strongswan_start east || ! ikewise_start west; then
        not_ok "$name: the daemons start"
        lab_finish
    fi
    lab_capture clear router west "$lab_dir/clear.pcap" "$clear_filter"
    expect "$name: the tunnel is up" lab_until 20 lab_ping west east 1
    "$action"
    expect "$name: traffic from $from brings it back" comes_back "$from" "$seconds"
    expect "$name: and it carries both ways" lab_ping east west 20
    expect "$name: and that way" lab_ping west east 20
    expect "$name: both ends have that pair" both_have_it
    expect "$name: one ISAKMP SA" one_isakmp_sa_stands
    expect "$name: nothing in clear" nothing_in_clear
    if [ "$lab_failures" != 0 ]; then
        # shellcheck disable=SC2046
        tail -n 40 $(ikewise_logs west) $(strongswan_logs east) | sed 's/^/  | /'
    fi
    lab_finish
}

strongswan_fetch
if [ $# = 1 ]; then
    row=$(awk -v name="$1" '$1 == name' <<<"$events")
    [ -n "$row" ] || lab_die "no event is called $1"
    # shellcheck disable=SC2086
    run_event $row
fi

mapfile -t names < <(lab_names "$events")
lab_each "${names[@]}"
