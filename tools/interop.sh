#!/bin/bash
# docs/interop.md is made from what the tests with real peers have shown: rows of PEER, COLUMN, ROLE, RESULT with tabs between
# them, as lab_result of tests/peers/cell.sh writes them where IKEWISE_INTEROP says.
#
#   tools/interop.sh RESULTS             prints the page
#   tools/interop.sh --check RESULTS     true when docs/interop.md is that page
#
# A new column or peer is a word in the lists below. What has no row is not tested; when the roles of a cell differ, or
# the peer cannot do it, a note below the table says what was seen.
set -euo pipefail
cd "$(dirname "$0")/.."

columns="main PSK,main RSA,main ECDSA,aggr. PSK,aggr. RSA,hybrid,XAUTH + mode config,NAT-T,fragm.,PFS,DPD,GCM,IPv6,3 ACEs"
peers="strongSwan,libreswan,vpnc,ikewise"
#           what a cell stands for, beside the peer
declare -A about=(
    [strongSwan]="5.9.8, its own ESP in user space: pings both ways in every cell; in those of sites it also rekeyed the ISAKMP SA"
    [libreswan]="4.10. It negotiates; the lab's kernel has no ESP, so one of our ESP packets is decrypted by tshark with the keys that we export"
    [vpnc]="0.5.3, as client only"
    [ikewise]="this version, at both ends"
)

page() {
    cat <<'PAGE'
# Interoperability

Made from the results of `tests/peers` by `tools/interop.sh`; `./check` fails when they differ. Each ✓ is a tunnel that came up in both roles
(i: only with ikewise as initiator, r: only as responder): both ends' status has the same SPIs and the algorithms
that were configured, traffic went through, each side began a rekey of the pair, and a delete by one side was seen by the other. A dash is
a cell that no test has. What a peer cannot do is in the notes.

PAGE
    awk -F '\t' -v columns="$columns" -v peers="$peers" '
        function add_note(text,    i) {
            for (i = 1; i <= note_count; i++) if (notes[i] == text) return i
            notes[++note_count] = text
            return note_count
        }
        function shown(peer, column,    roles, i, role, n, up, words, limit, mark) {
            n = split("initiator responder", roles, " ")
            for (i = 1; i <= n; i++) {
                role = roles[i]
                if (result[peer, column, role] ~ /^up(: |$)/) up = up substr(role, 1, 1)
                else if (result[peer, column, role] != "") words = result[peer, column, role]
                if (sub(/^up: /, "", result[peer, column, role])) limit = result[peer, column, role]
            }
            mark = up == "ir" ? "✓" : up != "" ? "✓ " up : ""
            if (words != "") mark = mark (mark == "" ? "no" : ", no") " [" add_note(peer ", " column ": \"" words "\"") "]"
            if (limit != "") mark = mark " [" add_note(peer ": " limit) "]"
            return mark == "" ? "–" : mark
        }
        BEGIN { column_count = split(columns, column, ","); peer_count = split(peers, peer, ",")
                for (i in column) known[column[i]]; for (i in peer) known[peer[i]] }
        !($1 in known) || !($2 in known) || NF != 4 { print "interop.sh: not a row: " $0 > "/dev/stderr"; bad = 1; exit 1 }
        { if (result[$1, $2, $3] ~ /^(up(: .*)?)?$/ && (result[$1, $2, $3] == "" || $4 != "up")) result[$1, $2, $3] = $4 }
        END {
            if (bad) exit 1
            printf "| |"; for (i = 1; i <= column_count; i++) printf " %s |", column[i]
            printf "\n|---|"; for (i = 1; i <= column_count; i++) printf "---|"
            printf "\n"
            for (p = 1; p <= peer_count; p++) {
                printf "| %s |", peer[p]
                for (i = 1; i <= column_count; i++) printf " %s |", shown(peer[p], column[i])
                printf "\n"
            }
            printf "\n"
            for (i = 1; i <= note_count; i++) printf "[%d] %s\n\n", i, notes[i]
        }' "$1" || return
    local IFS=, peer
    for peer in $peers; do
        echo "- $peer: ${about[$peer]}."
    done
    cat <<'PAGE'

What the peers do that one would not expect:

- libreswan as responder in aggressive mode by certificates makes our distinguished name anew from the text of its `rightid`, with other string types
  than the certificate may have, and then finds our signature wrong. `rightid=%fromcert` avoids it.
- libreswan ends an ISAKMP SA that several connections share only with the connection that began it.
PAGE
}

if [ "${1:-}" = --check ]; then
    diff <(page "$2") docs/interop.md
else
    page "$1"
fi
