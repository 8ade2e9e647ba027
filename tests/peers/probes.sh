#!/bin/bash
# ike-scan's malformed first messages, each of which some gateway answers with a handshake: what we answer, and that none
# but the honest ones leaves anything behind.
#
#   tests/peers/probes.sh [NAME]
set -u
cd "$(dirname "$0")" || exit 1
. ./lab.sh
. ./cell.sh
. ./ikewise.sh

# handshake: one message 2, and no repeat; a number: a notify of that type, and no state; silence: nothing. Where two are
# given, either is right.
#
#       name                 ike-scan's switches          what comes back
probes="plain                --quiet                                              handshake
        minor-version-1      --headerver=17                  handshake
        commit-flag          --hdrflags=2                    handshake
        header-length-less   --headerlen=-1                  silence
        header-length-more   --headerlen=+1                  silence
        header-length-200    --headerlen=+200                silence
        reserved-bytes       --mbz=255                       silence,16
        major-version-3      --headerver=48                  5
        doi                  --doi=255                       silence,2,16
        situation            --situation=255                 silence,3,16
        transform-id         --transid=255                   silence,14
        spi-size-1           --spisize=1                     silence,16
        spi-size-255         --spisize=255                   silence,16
        protocol-255         --protocol=255                  silence,14
        weak-transform       --trans=1,1,1,1                                      14
        message-id           --hdrmsgid=255                  silence
        all-flags            --hdrflags=255                  silence
        encryption-flag      --hdrflags=1                    silence
        cookie-zero          --cookie=0000000000000000       silence
        cookie-of-responder  --rcookie=1122334455667788      silence
        exchange-1           --exchange=1                    silence
        exchange-3           --exchange=3                    silence
        exchange-5           --exchange=5                    silence
        exchange-32          --exchange=32                   silence
        exchange-240         --exchange=240                  silence
        payload-4            --nextpayload=4                 silence,1
        payload-255          --nextpayload=255               silence,1
        payload-132          --nextpayload=132               silence
        ikev2                --ikev2                                              5
        aggressive           --aggressive --id=east --dhgroup=14    silence"

# What came back, as the table says it; the number of packets that did.
answer_to() {
    lab_in west env LD_LIBRARY_PATH="$tools_libraries" "$tools/usr/bin/ike-scan" --retry=1 --timeout=400 \
        --vidpatterns="$tools/usr/share/ike-scan/ike-vendor-ids" "$@" "${lab_outer[east]}" >"$lab_dir/answer" 2>&1
    awk '/Handshake returned/ { print "handshake"; found = 1 }
         /Notify message/ { match($0, /Notify message [0-9]+/); print substr($0, RSTART + 15, RLENGTH - 15); found = 1 }
         END { if (!found) print "silence" }' "$lab_dir/answer"
}

states() {
    ikewise east show crypto isakmp sa detail | grep -cE 'MM_|AM_'
}

is_answered() {
    local wanted=$1 before answer after
    shift
    before=$(states)
    answer=$(answer_to "$@")
    after=$(states)
    echo "$answer"
    [[ ,$wanted, == *,$answer,* ]] || { cat "$lab_dir/answer"; return 1; }
    [ "$((after - before))" = "$([ "$answer" = handshake ] && echo 1 || echo 0)" ] || { echo "states: $before, then $after"; return 1; }
}

# ike-scan would say so: it stays for a minute more with --showbackoff; the capture is cheaper.
message_2_came_once() {
    local count
    count=$(tcpdump -n -r "$lab_dir/wire.pcap" "src host ${lab_outer[east]} and udp[26] = 2" 2>/dev/null | wc -l)
    echo "$count messages of main mode for $handshakes handshakes"
    [ "$count" = "$handshakes" ]
}

tools=$(./fetch_tools.sh) || lab_die "no ike-scan"
tools_libraries=$tools/usr/lib/$(uname -m)-linux-gnu
lab_up none
cell_choose strong no-pfs none
# what ike-scan offers by itself: 3DES or DES with SHA-1 or MD5, groups 1 and 2
mkdir -p "$lab_dir/ikewised-east"
{
    ikewise_write_configuration east
    printf '%s\n' '!' 'crypto ikev1 weak-algorithms' 'crypto ikev1 policy 20' ' authentication pre-share' ' encryption 3des' ' hash sha' ' group 2'
} >"$lab_dir/ikewised-east/ikewise.conf"
ikewise_start east || lab_die "ikewised does not start"
lab_capture wire west outside "$lab_dir/wire.pcap" udp port 500
handshakes=0
while read -r -u 3 -a row; do
    [ -z "${1:-}" ] || [ "$1" = "${row[0]}" ] || continue
    outcome=${row[-1]}
    unset 'row[-1]'
    [ "$outcome" != handshake ] || handshakes=$((handshakes + 1))
    expect "ike-scan, ${row[0]}: ${outcome//,/ or }" is_answered "$outcome" "${row[@]:1}" ||
        grep -v 111009 "$(ikewise_logs east)" | tail -n 5 | sed 's/^/  | /'
done 3<<<"$probes"
sleep 1.2       # a second after the last of them a timer would have repeated it
lab_stop wire
expect "ike-scan: no message 2 is repeated to a stranger" message_2_came_once
lab_finish
