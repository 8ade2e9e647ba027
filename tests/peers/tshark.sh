#!/bin/bash
# A captured negotiation as Wireshark sees it: every message on 500 and 4500 is dissected without a complaint, and with
# the keys that ikewised exports the sealed ones show their payloads.
#
#   tests/peers/tshark.sh [--ours strongswan]
set -u
cd "$(dirname "$0")" || exit 1
. ./lab.sh
. ./cell.sh
. ./strongswan.sh
. ./ikewise.sh

ours=ikewise
[ "${1:-}" != --ours ] || ours=$2

#          message           is exchange  sealed  to port  and shows these payloads (RFC 2408 3.1), at least
messages="main-mode-1        2            0       500      1
          main-mode-2        2            0       500      1
          main-mode-3        2            0       500      4,10,20,20
          main-mode-4        2            0       500      4,10,20,20
          main-mode-5        2            1       4500     5,8
          main-mode-6        2            1       4500     5,8
          quick-mode-1       32           1       4500     8,1,10,4,5,5
          quick-mode-2       32           1       4500     8,1,10,4,5,5
          quick-mode-3       32           1       4500     8
          delete             5            1       4500     8,12"

# The profile folder is ours, so the table that we exported is used as a user would use it, and nobody's settings are.
shark() {
    XDG_CONFIG_HOME=$lab_dir/profile HOME=$lab_dir tshark -r "$lab_dir/negotiation.pcap" "$@" 2>>"$lab_dir/tshark.log"
}

count_messages() {
    local count
    count=$(shark -Y isakmp -T fields -e frame.number | wc -l)
    echo "$count messages"
    [ "$count" -ge 10 ]
}

nothing_to_complain() {
    local complaints
    complaints=$(shark -Y '_ws.malformed || _ws.expert' -T fields -e frame.number -e _ws.expert.message)
    echo "$complaints"
    [ -z "$complaints" ]
}

# Takes the messages in the order of the table; others (a notify, a keepalive) may stand between.
all_payloads_shown() {
    shark -Y isakmp -T fields -E separator=' ' -e isakmp.exchangetype -e isakmp.flag_e -e udp.dstport \
        -e isakmp.typepayload >"$lab_dir/dissected"
    awk 'function has_all(shown, wanted,    s, w, i, left) {
             split(shown, s, ","); split(wanted, w, ",")
             for (i in s) left[s[i]]++
             for (i in w) if (left[w[i]]-- <= 0) return 0
             return 1
         }
         NR == FNR { name[++rows] = $1; head[rows] = $2 " " $3 " " $4; payloads[rows] = $5; next }
         next_row < rows && $1 " " $2 " " $3 == head[next_row + 1] && has_all($4, payloads[next_row + 1]) {
             next_row++; list = list name[next_row] " " $4 "  " }
         END { print list (next_row < rows ? "but no " name[next_row + 1] : ""); exit next_row < rows }' \
        <(echo "$messages") "$lab_dir/dissected"
}

# $1: the role of ours. The initiator is always the west end.
run_role() {
    local node=west other=east initiator=$ours
    [ "$1" = initiator ] || { node=east other=west initiator=strongswan; }
    name="$ours as $1"
    lab_up none
    cell_choose strong pfs none
    mkdir -p "$lab_dir/profile/wireshark"
    if strongswan_start "$other" && "${ours}_start" "$node"; then
        lab_capture capture "$node" outside "$lab_dir/negotiation.pcap" udp port 500 or udp port 4500
        "${initiator}_provoke" west >/dev/null
        expect "$name: ping" lab_ping west east 5
        expect "$name: keys are exported" "${ours}_export_keys" "$node" "$lab_dir/profile/wireshark/ikev1_decryption_table"
        "${ours}_down" "$node" >/dev/null
        lab_until 5 strongswan_is_gone "$other"
        lab_stop capture
        expect "$name: captured" count_messages
        expect "$name: tshark complains of nothing" nothing_to_complain
        expect "$name: every message shows its payloads" all_payloads_shown || sed 's/^/  | /' "$lab_dir/dissected"
    else
        not_ok "$name: the daemons start"
    fi
    lab_down
}

strongswan_fetch
run_role initiator
run_role responder
lab_finish
