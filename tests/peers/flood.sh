#!/bin/bash
# Thousands of first messages a second from addresses that are not their senders', the honest peers' among them: who is honest
# comes up all the same, what stands stays, and the gateway does not grow.
#
#   tests/peers/flood.sh [--all | RATE SECONDS]    5,000 a second for some seconds; with --all 20,000 for ten minutes
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
. tests/peers/lab.sh
. tests/peers/load.sh

seconds=8 rate=5000 before=100 honest=200
[ "${1:-}" != --all ] || set -- 20000 600
[ $# != 2 ] || rate=$1 seconds=$2

line_says() {
    local line
    line=$(load_line "$1" 120)
    echo "$line"
    [[ $line == "$2"* ]]
}

all_are_up() {
    local pairs
    pairs=$(load_shell show crypto ipsec sa | grep -c 'inbound esp sas')
    echo "$pairs pairs"
    [ "$pairs" = "$1" ]
}

has_grown_by_less() {
    local grown=$(($(load_rss_kib ikewised-gateway) - rss_before))
    echo "$grown KiB, $seconds s at $rate a second"
    [ "$grown" -lt "$1" ]
}

was_a_flood() {
    lab_until $((seconds + 60)) lab_ended "${lab_pids[flood]}"
    cat "$lab_dir/flood.log"
    [ "$(sed 's/ .*//' "$lab_dir/flood.log")" -gt $((seconds * rate / 2)) ]
}

load_attribute="isakmp keepalive disable" # the peers of before do not answer any more
load_up
if ! load_ikewised_start $((before + honest)); then
    not_ok "a gateway starts: $(tail -n 3 "$lab_dir/ikewised-gateway.log")"
    lab_finish
fi
load_run --peers $before --first "$(load_address 10.64 $((honest + 1)))" --inner "$(load_address 172.16 $((honest + 1)))" \
    --time 60 --hold 900
expect "$before tunnels stand before the flood" line_says up "up $before failed 0"
lab_stop load INT
rss_before=$(load_rss_kib ikewised-gateway)
lab_spawn flood peers "$lab_build/tests/peers/flood" 198.51.100.2 "$rate" "$seconds"
load_run --peers $honest --time 60 --hold 900
expect "D01 under the flood $honest honest peers come up, whose addresses it uses" line_says up "up $honest failed 0"
expect "D01 what stood before stands" all_are_up $((before + honest))
expect "a flood it was" was_a_flood
expect "D01 the gateway has grown by less than 32 MB and the tunnels" has_grown_by_less $((32768 + honest * 16))
expect "D09 its log has not" test "$(stat -c %s "$lab_dir/ikewised-gateway.log")" -lt 1000000
lab_finish
