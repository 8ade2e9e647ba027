#!/bin/bash
# A thousand peers, one address each, against one ikewised: a thousand ISAKMP SAs and a thousand pairs come up, stay,
# and go again, and nothing is left of them but what a screen shows.
#
#   tests/peers/many.sh [COUNT]
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
. tests/peers/lab.sh
. tests/peers/load.sh

count=${1:-1000}

isakmp_count() {
    load_shell show crypto isakmp sa | grep -c 'MM_ACTIVE'
}

pair_count() {
    load_shell show crypto ipsec sa | grep -c 'inbound esp sas'
}

all_are() {
    local wanted=$1 isakmp pairs
    isakmp=$(isakmp_count)
    pairs=$(pair_count)
    echo "$isakmp ISAKMP SAs, $pairs pairs"
    [ "$isakmp" = "$wanted" ] && [ "$pairs" = "$wanted" ]
}

line_says() {
    local line
    line=$(load_line "$1" 60)
    echo "$line"
    [[ $line == "$2"* ]]
}

rests_for() {
    local before
    before=$(load_cpu_s ikewised-gateway)
    sleep "$1"
    awk -v a="$before" -v b="$(load_cpu_s ikewised-gateway)" -v s="$1" \
        'BEGIN { printf "%.2f s in %d s\n", b - a, s; exit b - a > s / 10 }'
}

answers_at_once() {
    local started=$EPOCHREALTIME
    all_are "$1" >/dev/null
    awk -v a="$started" -v b="$EPOCHREALTIME" 'BEGIN { printf "both screens in %.2f s\n", b - a; exit b - a > 2 }'
}

# a daemon that had to be killed says nothing of its end
ended_well() {
    local log=$lab_dir/ikewised-gateway.log
    grep -q 'all SAs are deleted' "$log" && ! grep -qE 'CHECK failed|ERROR: AddressSanitizer|runtime error' "$log"
}

load_up
# expect runs its command in a subshell, which would keep the daemon's pid to itself
if load_ikewised_start "$count"; then
    ok "a gateway with $count crypto map entries starts"
else
    not_ok "a gateway with $count crypto map entries starts: $(tail -n 3 "$lab_dir/ikewised-gateway.log")"
    lab_finish
fi
load_run --peers "$count" --time 60 --hold 120
expect "$count peers bring their tunnels up" line_says up "up $count failed 0"
expect "the gateway shows all of them" all_are "$count"
expect "and shows them quickly" answers_at_once "$count"
expect "tunnels that stand cost next to no processor time" rests_for 2
lab_stop load
expect "the peers take them down" line_says down "down $count of $count"
expect "the gateway has none left" lab_until 10 all_are 0

load_run --peers "$count" --time 60 --hold 120
expect "all come up again" line_says up "up $count failed 0"
expect "the gateway shows them again" all_are "$count"
lab_stop load INT
pid=${lab_pids[ikewised-gateway]}
lab_stop ikewised-gateway
expect "the gateway says goodbye to peers that are gone, and ends" lab_ended "$pid"
expect "and ended well" ended_well
lab_finish
