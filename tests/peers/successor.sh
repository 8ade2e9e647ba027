# shellcheck shell=bash
# A successor of the pair, begun by each end in turn. Source it after the drivers of both ends. The peer does it by a command
# of its own; we do it by volume, which takes cell[kilobytes] or the like in our configuration.

successor_kilobytes=2560

# What is poured is thrown away at its end, for an ICMP error would stop it.
successor_sink() {
    local node
    for node; do
        lab_in "$node" nft 'add table inet sink; add chain inet sink input { type filter hook input priority 0; };
            add rule inet sink input udp dport 9 drop'
    done
}

# pour FROM ADDRESS COUNT: datagrams into the tunnel that nobody answers
pour() {
    # shellcheck disable=SC2016
    lab_in "$1" bash -c 'exec 3<>"/dev/udp/$0/9" && dd if=/dev/zero bs=1000 count="$1" >&3 2>/dev/null' "$2" "$3"
}

# Little at a time: with ikewise at both ends the other one begins when 160 kB more have gone.
pour_and() {
    pour "$1" "$2" 100
    "${@:3}"
}

# begun_at NODE WHO: how many quick modes ikewise there has seen that it began (Initiator) or the peer did (Responder)
begun_at() {
    grep -c "IKE $2 starting QM" "$(ikewise_logs "$1")"
}

sends_on_another() {
    [ "$(ikewise_current_spis "$1")" != "$2" ]
}

# Where both ends have begun a successor at once, each of them may for a while prefer its own, and both have both.
both_have_both() {
    local mine theirs
    mine=$(ikewise_current_spis "$1") theirs=$(ikewise_current_spis "$2")
    ikewise_pairs "$2" | grep -qx "${mine#* } ${mine% *}" && ikewise_pairs "$1" | grep -qx "${theirs#* } ${theirs% *}"
}

# successor_stands OUR-NODE PEER THEIR-NODE
successor_stands() {
    cell_same_spis ikewise "$1" "$2" "$3" || { [ "$2" = ikewise ] && both_have_both "$1" "$3"; }
}

# we_rekey OUR-NODE PEER THEIR-NODE FROM ADDRESS: with what is poured from there to that address
we_rekey() {
    local before begun
    before=$(ikewise_current_spis "$1") begun=$(begun_at "$1" Initiator)
    pour "$4" "$5" 1900
    lab_until 15 pour_and "$4" "$5" sends_on_another "$1" "$before"
    [ "$(begun_at "$1" Initiator)" -gt "$begun" ] || { echo "we have begun no quick mode"; return 1; }
    lab_until 10 successor_stands "$1" "$2" "$3"
    successor_stands "$1" "$2" "$3"
}

# they_rekey OUR-NODE PEER THEIR-NODE
they_rekey() {
    local before begun said
    before=$(ikewise_current_spis "$1") begun=$(begun_at "$1" Responder)
    said=$("$2_rekey" "$3" 2>&1)
    lab_until 10 sends_on_another "$1" "$before"
    [ "$(begun_at "$1" Responder)" -gt "$begun" ] || { echo "it has begun no quick mode: $(tail -n 3 <<<"$said")"; return 1; }
    lab_until 10 successor_stands "$1" "$2" "$3"
    successor_stands "$1" "$2" "$3"
}

# begin_anew NODE FROM ADDRESS: the pair, by what is asked from there
begin_anew() {
    local before
    before=$(ikewise_current_spis "$1")
    ikewise "$1" clear crypto ipsec sa spi "0x${before#* }" >/dev/null
    lab_until 10 asks_and_has_another "$@" "$before"
}

asks_and_has_another() {
    lab_in "$2" ping -n -q -c 1 -W 1 "$3" >/dev/null
    [ -n "$(ikewise_current_spis "$1")" ] && sends_on_another "$1" "$4"
}

# each_rekeys NAME OUR-NODE PEER THEIR-NODE OUR-HOST THEIR-ADDRESS [THEIR-HOST OUR-ADDRESS]: the hosts that ask, and who is asked,
# behind the other end. With ikewise at both ends whichever has begun the pair is the first to rekey: so each begins it anew.
each_rekeys() {
    if [ "$3" != ikewise ]; then
        expect "$1: a rekey by us" we_rekey "${@:2:5}" && expect "$1: a rekey by the peer" they_rekey "${@:2:3}"
    else
        expect "$1: the pair is begun anew by us" begin_anew "$2" "$5" "$6" && expect "$1: a rekey by us" we_rekey "${@:2:5}" &&
            expect "$1: the pair is begun anew by the peer" begin_anew "$4" "$7" "$8" &&
            expect "$1: a rekey by the peer" we_rekey "$4" ikewise "$2" "$7" "$8"
    fi && { [ "$3" = libreswan ] || expect "$1: what was rekeyed carries" lab_answered "$5" "$6" 5; }
}

# they_rekey_isakmp OUR-NODE PEER THEIR-NODE
they_rekey_isakmp() {
    local before said
    before=$(phase1_count "$1")
    said=$("$2_rekey_isakmp" "$3" 2>&1)
    lab_until 10 has_phase1_more_than "$1" "$before" || { echo "no phase 1 came up: $(tail -n 3 <<<"$said")"; return 1; }
}

phase1_count() {
    grep -c 'PHASE 1 COMPLETED' "$(ikewise_logs "$1")"
}

has_phase1_more_than() {
    [ "$(phase1_count "$1")" -gt "$2" ]
}
