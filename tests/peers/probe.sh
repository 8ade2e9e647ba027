#!/bin/bash
# `ikewise probe` against strongSwan and ikewise, through a NAT router or not, over a path that drops fragments of IP, and to an
# address where nobody is: what it says of each, how many messages it takes, and that they go nowhere else.
#
#   tests/peers/probe.sh
set -u
cd "$(dirname "$0")" || exit 1
. ./lab.sh
. ./cell.sh
. ./strongswan.sh
. ./ikewise.sh

watch_s=3

probe() {
    timeout 60 ip netns exec "${lab_prefix}west" "$lab_build/src/ikewise" probe "${lab_outer[east]}" watch $watch_s >"$lab_dir/probe" 2>"$lab_dir/told"
    echo $? >"$lab_dir/status"
}

says() {
    grep -E -o "$1" "$lab_dir/probe" || { cat "$lab_dir/probe"; return 1; }
}

ends_with() {
    [ "$(cat "$lab_dir/status")" = "$1" ] || { cat "$lab_dir/probe" "$lab_dir/told"; return 1; }
}

# To that address alone, and no more than was announced.
keeps_its_word() {
    local announced sent elsewhere
    announced=$(sed -n 's/^Sends at most \([0-9]*\) messages of IKE to 203\.0\.113\.2, UDP 500, .*/\1/p' "$lab_dir/told")
    sent=$(tcpdump -n -r "$lab_dir/wire.pcap" "src host ${lab_outer[west]} and (udp[20:4] != 0 or ip[6:2] & 0x1fff = 0)" 2>/dev/null | wc -l)
    elsewhere=$(tcpdump -n -r "$lab_dir/wire.pcap" "src host ${lab_outer[west]} and not dst host ${lab_outer[east]}" 2>/dev/null | wc -l)
    echo "$sent messages of $announced announced, $elsewhere elsewhere"
    [ "$sent" -le "${announced:-0}" ] && [ "$sent" -gt 0 ] && [ "$elsewhere" = 0 ]
}

drop_fragments() {
    lab_in router nft 'add table ip firewall;
        add chain ip firewall early { type filter hook prerouting priority -450; };
        add rule ip firewall early ip frag-off & 0x3fff != 0 drop'
}

run() {
    lab_capture wire west outside "$lab_dir/wire.pcap" ip
    probe
    lab_stop wire
    expect "$name: it keeps to what it has announced" keeps_its_word
}

with_strongswan() {
    name="probe of strongSwan"
    lab_up none
    cell_choose strong no-pfs none
    strongswan_start east || { not_ok "$name: it starts"; return; }
    run
    expect "$name: what it accepts" says '^AES-256, SHA-256, group 14 +accepted'
    expect "$name: what it does not" says '^AES-128, SHA-1, group 2 +NO.PROPOSAL.CHOSEN \(14\)'
    expect "$name: its vendor IDs" says '^vendor ID +.*Dead Peer.*'
    expect "$name: it never repeats message 2" says '^repeats of message 2 +none in 3 s'
    expect "$name: a large message gets there" says 'fragments of IP get through to it'
    # its user-space ESP has it say that it is behind a NAT always
    expect "$name: what it says of NAT" says '^translation of addresses +at its end'
    expect "$name: exit 0" ends_with 0
    lab_down
}

with_ikewise() {
    name="probe of ikewise"
    lab_up west
    cell_choose strong no-pfs west
    ikewise_start east || { not_ok "$name: it starts"; return; }
    drop_fragments
    run
    expect "$name: what it accepts" says '^AES-256, SHA-256, group 14 +accepted'
    expect "$name: we are behind a NAT" says '^translation of addresses +at our end'
    expect "$name: a large message does not get there" says 'fragments of IP are lost on the way'
    expect "$name: it does not answer aggressive mode" says '^aggressive mode +no answer'
    expect "$name: as JSON" json_has_the_same
    expect "$name: and no state stays" lab_until 5 ikewise_has_no_state
    lab_down
}

json_has_the_same() {
    lab_in west timeout 60 "$lab_build/src/ikewise" --json probe "${lab_outer[east]}" watch 1 2>/dev/null >"$lab_dir/json"
    tr -d '\n' <"$lab_dir/json" | grep -oE '"question": *"translation of addresses", *"answer": *"at our end"'
}

ikewise_has_no_state() {
    ! ikewise east show crypto isakmp sa | grep -q _ACTIVE
}

with_nobody() {
    name="probe of nobody"
    lab_up none
    run
    expect "$name: what it hears" says '^AES-256, SHA-256, group 14 +Connection refused'
    expect "$name: exit 1" ends_with 1
    lab_down
}

strongswan_fetch
with_strongswan
with_ikewise
with_nobody
lab_finish
