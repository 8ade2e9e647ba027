#!/bin/bash
# What does not come up stays where an ASA would stay, ends by its deadline, and is remembered with its reason.
#
#   tests/peers/faults.sh            all of them, side by side, for each waits for its deadline
#   tests/peers/faults.sh NAME
set -u
cd "$(dirname "$0")" || exit 1
. ./lab.sh
. ./cell.sh
. ./strongswan.sh
. ./ikewise.sh

#       name                        our node  the peer     its fault         our state      what is said of it        the verdict
faults="wrong-key-as-initiator      west      strongswan   wrong-key         MM_WAIT_MSG6   pre-shared.keys.differ    psk_mismatch
        wrong-key-as-responder      east      strongswan   wrong-key         MM_WAIT_MSG5   pre-shared.keys.differ    psk_mismatch
        blank-as-initiator          west      strongswan   blank-at-end      MM_WAIT_MSG6   with.a.blank.at.its.end   psk_mismatch
        blank-as-responder          east      strongswan   blank-at-end      MM_WAIT_MSG5   with.a.blank.at.its.end   psk_mismatch
        no-tunnel-group             west      ikewise      no-tunnel-group   MM_WAIT_MSG4   did.not.answer            psk_not_found
        silence                     west      nobody       all-dropped       MM_WAIT_MSG2   did.not.answer            peer_down"

deadline_s=32       # an ASA gives up after that

start_peer() {
    local driver=$1 node=$2 fault=$3
    case $fault in
    wrong-key) cell_key=not-the-same-horse "${driver}_start" "$node" ;;
    blank-at-end) cell_key="$cell_key " "${driver}_start" "$node" ;;
    no-tunnel-group)
        mkdir -p "$lab_dir/ikewised-$node"
        ikewise_write_configuration "$node" | grep -v 'tunnel-group\|pre-shared-key' \
            >"$lab_dir/ikewised-$node/ikewise.conf"
        ikewise_start "$node"
        ;;
    all-dropped) 
        lab_in router nft 'add table ip silence;
            add chain ip silence forward { type filter hook forward priority 0; policy drop; }'
        ;;
    esac
}

state_is() {
    ikewise "$1" show crypto isakmp sa | grep -o 'MM_[A-Z0-9_]*' | paste -sd ' '
    ikewise "$1" show crypto isakmp sa | grep -qw "$2"
}

is_remembered() {
    local shown
    shown=$(ikewise "$1" show tunnel "$(cell_peer_address "$1")")
    echo "$shown"
    grep -qw "$2" <<<"$shown" && grep -q "$3" <<<"$shown"
}

why_is() {
    local shown
    shown=$(ikewise "$1" show tunnel "$(cell_peer_address "$1")" why)
    echo "$shown"
    grep -q "$2" <<<"$shown" && { [ -z "$3" ] || grep -q "$3" <<<"$shown"; }
}

# The journal as it may go to whoever helps: private, and explained there as here, without a gateway.
journal_says() {
    local file=$lab_dir/$1.journal mode first
    ikewise "$1" copy journal "$(cell_peer_address "$1")" "$file" || return
    mode=$(stat -c %a "$file")
    [ "$mode" = 600 ] || { echo "its mode is $mode"; return 1; }
    first=$("$lab_build/src/ikewise" explain --json "$file" | sed -n 's/^ *"id": "\([a-z0-9_]*\)".*/\1/p' | head -n 1)
    echo "$first"
    [ "$first" = "$2" ]
}

# Run again with this gateway's own configuration and any key, and with one that offers another cipher.
journal_is_replayed() {
    local file=$lab_dir/$1.journal conf=$lab_dir/ikewised-$1/ikewise.conf
    "$lab_build/src/ikewise" replay "$file" --config "$conf" | tail -n 1
    [ "${PIPESTATUS[0]}" = 0 ] || return
    sed '/^crypto ikev1 policy/,/^!/s/^ encryption aes-256/ encryption aes/' "$conf" >"$conf.other"
    "$lab_build/src/ikewise" replay "$file" --config "$conf.other" | grep '^With this configuration it would'
}

# Neither in what is logged nor in what is shown, nor in the journal.
no_key_is_told() {
    ! { cat "$(ikewise_logs "$1")" "$lab_dir/$1.journal"; ikewise "$1" show tunnel "$(cell_peer_address "$1")"
         ikewise "$1" show tunnel "$(cell_peer_address "$1")" why; } | grep -F "$cell_key"
}

run_fault() {
    local name=$1 node=$2 peer=$3 fault=$4 state=$5 said=$6 verdict=$7 other=${lab_across[$2]}
    [ "$peer" != strongswan ] || strongswan_fetch
    lab_up none
    cell_choose strong pfs none
    if start_peer "$peer" "$other" "$fault" && ikewise_start "$node"; then
        if [ "$node" = west ]; then
            lab_in west-host ping -n -c 1 -W 1 "${lab_host[east]}" >/dev/null
        else
            "${peer}_up" west >/dev/null 2>&1 &
        fi
        lab_until 5 state_is "$node" "$state"
        expect "$name: we are at $state" state_is "$node" "$state"
        expect "$name: it ends within $((deadline_s + 3)) s" lab_until $((deadline_s + 3)) ikewise_is_gone "$node"
        expect "$name: the outcome is remembered" is_remembered "$node" "$state" "$said"
        expect "$name: show tunnel why says so too" why_is "$node" "$verdict" \
            "$([ "$fault" != blank-at-end ] || echo "autopsy: .*$said")"
        expect "$name: its journal says so elsewhere" journal_says "$node" "$verdict"
        [ "$fault" = all-dropped ] || expect "$name: and is replayed there" journal_is_replayed "$node"
        expect "$name: no key is told" no_key_is_told "$node"
    else
        not_ok "$name: the daemons start"
    fi
    [ "$lab_failures" = 0 ] || tail -n 20 "$(ikewise_logs "$node")" | sed 's/^/  | /'
    lab_finish
}

if [ $# = 1 ]; then
    row=$(awk -v name="$1" '$1 == name' <<<"$faults")
    [ -n "$row" ] || lab_die "no fault is called $1"
    # shellcheck disable=SC2086
    run_fault $row
fi

strongswan_fetch
mapfile -t names < <(lab_names "$faults")
lab_each "${names[@]}"
