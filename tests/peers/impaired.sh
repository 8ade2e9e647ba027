#!/bin/bash
# Messages of ours that go wrong by name (src/sim/faults.def), on the way to strongSwan: what both ends are in then, and
# that the next attempt comes up. Wants the test build of the daemon, and makes it.
#
#   tests/peers/impaired.sh            all of them, side by side
#   tests/peers/impaired.sh NAME
set -u
cd "$(dirname "$0")" || exit 1
. ./lab.sh
. ./cell.sh
. ./strongswan.sh
. ./ikewise.sh

# Our messages are numbered from 1: as initiator 1 to 3 are messages 1, 3, 5 of main mode, 4 and 5 those of quick mode;
# as responder 1 to 3 are messages 2, 4, 6, and 4 is that of quick mode.
#
# ours: the state that we are in 5 s later, or "up"; theirs: what strongSwan says of it, in its list or in its log
#
#    name             role       what goes wrong                             ours          theirs
rows="fifth-lost      initiator  lose_3                                      up            site:.#1,.ESTABLISHED
      fifth-never     initiator  always_lose_3                               MM_WAIT_MSG6  #1,.CONNECTING
      fourth-lost     responder  lose_2                                      up            site:.#1,.ESTABLISHED
      zero-share      initiator  always_zero_the_key_share_of_2              MM_WAIT_MSG4  DH.public.value.is.malformed
      zero-share-back responder  always_zero_the_key_share_of_2              MM_WAIT_MSG5  DH.public.value.is.malformed
      all-twice       initiator  repeat_1,repeat_2,repeat_3,repeat_4,repeat_5  up          site:.#1,.ESTABLISHED
      all-twice-back  responder  repeat_1,repeat_2,repeat_3,repeat_4         up            site:.#1,.ESTABLISHED
      cut-hash        initiator  always_cut_the_hash_of_3                    MM_WAIT_MSG6  N\(AUTH_FAILED\)
      cut-hash-back   responder  always_cut_the_hash_of_3                    MM_ACTIVE     calculated.HASH.does.not.match|N\(AUTH_FAILED\)
      cut-quick-hash  initiator  cut_the_hash_of_4                           MM_ACTIVE     QUICK_MODE.request.*processing.failed
      wrong-iv        initiator  always_use_a_wrong_IV_for_3                 MM_WAIT_MSG6  payload.missing|could.not|invalid.HASH|AUTH_FAILED|PLD_MAL
      late            initiator  hold_back_2                                 up            site:.#1,.ESTABLISHED"

deadline_s=32       # an attempt ends after that

is_in_state() {
    local shown
    if [ "$2" = up ]; then
        ikewise_describe "$1" && ikewise_is_up "$1"
        return
    fi
    shown=$(ikewise "$1" show crypto isakmp sa | grep -o 'MM_[A-Z0-9_]*' | paste -sd ' ')
    echo "$shown"
    grep -qw "$2" <<<"$shown"
}

they_say() {
    local shown
    shown=$({ swanctl "$1" --list-sas; cat "$lab_dir/charon-$1/charon.log"; } | grep -E "$2" | tail -n 1)
    echo "${shown#"${shown%%[! ]*}"}"
    [ -n "$shown" ]
}

# one SA of each kind at both ends, however often everything came
are_single() {
    local ours theirs
    ours=$(ikewise "$1" show crypto ipsec sa | grep -c '^ *spi:')
    theirs=$(swanctl "$2" --list-sas | grep -c 'INSTALLED')
    echo "$ours SAs here, $theirs pair there"
    [ "$ours" = 2 ] && [ "$theirs" = 1 ]
}

was_impaired() {
    grep '^impaired: ' "$(ikewise_logs "$1")" | sort | uniq -c | sed 's/^ *//'
    grep -q '^impaired: ' "$(ikewise_logs "$1")" && ! grep -q '^impaired: .*does not fit' "$(ikewise_logs "$1")"
}

run_row() {
    local name=$1 role=$2 words=${3//_/ } ours=$4 theirs=$5 node=west other=east
    [ "$role" = initiator ] || { node=east other=west; }
    lab_up none
    cell_choose strong pfs none
    if ! strongswan_start "$other" ||
        ! IKEWISE_IMPAIR=$words ikewise_program=$lab_tree/build/impair/src/ikewised-impaired ikewise_start "$node"; then
        not_ok "$name: the daemons start"
        tail -n 5 "$(ikewise_logs "$node")" | sed 's/^/  | /'
        lab_finish
    fi
    if [ "$role" = initiator ]; then
        lab_in west-host ping -n -c 1 -W 1 "${lab_host[east]}" >/dev/null
    else
        strongswan_up west >/dev/null 2>&1 &
    fi
    lab_until 9 is_in_state "$node" "$ours"
    expect "$name: we are at $ours" is_in_state "$node" "$ours"
    lab_until 5 they_say "$other" "$theirs"
    expect "$name: strongSwan says so, too" they_say "$other" "$theirs"
    expect "$name: it did go wrong" was_impaired "$node"
    if [ "$ours" = up ]; then
        expect "$name: one SA of each kind" are_single "$node" "$other"
    elif [ "$ours" != MM_ACTIVE ]; then
        expect "$name: it ends within $((deadline_s + 3)) s" lab_until $((deadline_s + 3)) ikewise_is_gone "$node"
    fi
    [ "$ours" = up ] || [ "$role" = initiator ] || strongswan_up west >/dev/null 2>&1
    expect "$name: the next packets arrive" lab_ping west east 20
    # shellcheck disable=SC2046
    [ "$lab_failures" = 0 ] || tail -n 20 $(ikewise_logs "$node") $(strongswan_logs "$other") | sed 's/^/  | /'
    lab_finish
}

if [ $# = 1 ]; then
    row=$(awk -v name="$1" '$1 == name' <<<"$rows")
    [ -n "$row" ] || lab_die "no row is called $1"
    strongswan_fetch
    # shellcheck disable=SC2086
    run_row $row
fi

built=$(cd "$lab_tree" && cmake --preset impair && cmake --build --preset impair) || lab_die "$built"
strongswan_fetch
failed=0
mapfile -t names < <(lab_names "$rows")
lab_each "${names[@]}" || failed=1
if grep -q IKEWISE_IMPAIR "$lab_build/src/ikewised"; then
    not_ok "the daemon that is installed knows of impairments"
    failed=1
else
    ok "the daemon that is installed knows of no impairment"
fi
exit $failed
