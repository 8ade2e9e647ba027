#!/bin/bash
# What explain makes of files as they come: unusable ones among others, cut, mixed, shuffled, doubled, binary, without an end.
#
#   tests/explain/badinput.sh BUILD
ikewise=$(realpath "$1")/src/ikewise && cd "$(dirname "$0")" || exit 2
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
failed=0

# fails WHY: shows what was said
fails() {
    printf 'not so: %s\n' "$1"
    cat "$place/said"
    failed=1
}

# explain FILE...: into $place/said; a crash, a leak or an escape is a failure by itself
explain() {
    "$ikewise" explain "$@" >"$place/said" 2>&1
    code=$?
    if [ "$code" -gt 2 ] || grep -q 'Sanitizer\|runtime error' "$place/said"; then
        fails "it ends in order: $*"
    fi
    ! grep -q $'\x1b' "$place/said" || fails "what is understood is printed escaped: $*"
}

# names CAUSE...: the first causes, in whatever order the negotiations stand
names() {
    for cause; do
        grep -qE "^(Proven|Most likely|Possibly|Certain)[^:]*: .*\\($cause\\)$" "$place/said" || return 1
    done
}

head -c 5000 /dev/urandom | tr -d '%' >"$place/noise.bin"
explain seeds/5-ios-mm-sa-setup.txt "$place/noise.bin" cisco/asa-p2-acl.txt "$place/absent.txt" lab/f-psk-mismatch/ini.log
names route_missing p2_selector_mismatch psk_mismatch || fails "of five files the three that can be used are explained"
grep -q "noise.bin: .*nothing usable" "$place/said" || fails "the one without anything of a VPN is named"
grep -q "absent.txt: No such file" "$place/said" || fails "the one that is not there is named"
[ "$code" = 1 ] || fails "a fault was found: exit 1"
explain "$place/noise.bin" "$place/absent.txt"
[ "$code" = 2 ] || fails "nothing usable in any: exit 2"

begun() {
    local number=0 payloads
    for payloads in "SENDING SA (1)" "RECEIVED SA (1)" "SENDING KE (4) + NONCE (10)" "RECEIVED KE (4) + NONCE (10)" \
        "SENDING ID (5) + HASH (8)" "RECEIVED ID (5) + HASH (8)"; do
        printf 'Nov 22 2026 07:00:0%d: %%ASA-7-713236: IP = 203.0.113.9, IKE_DECODE %s Message (msgid=0) with payloads : HDR + %s + NONE (0) total length : 148\n' \
            $((++number)) "${payloads%% *}" "${payloads#* }"
    done
}
begun >"$place/begun"
explain "$place/begun"
[ "$code" = 0 ] && grep -q "^So far: it is under way" "$place/said" || fails "what is under way where the file ends is no fault: exit 0"
{ begun; echo "Nov 22 2026 07:09:00: %ASA-6-302013: Built inbound TCP connection 5 for outside:192.0.2.7/55 (192.0.2.7/55) to inside:10.1.0.1/80 (10.1.0.1/80)"; } >"$place/stopped"
explain "$place/stopped"
[ "$code" = 1 ] && grep -q "^Not known: it stopped there" "$place/said" || fails "what has stopped for no reason that is told is not healthy: exit 1"

log=seeds/3-msg4-log.txt
printf 'BZh91AY&SY\n' >"$place/log.bz2"
printf '\xfd7zXZ\0\n' >"$place/log.xz"
explain "$place/log.bz2" "$place/log.xz" "$log"
names psk_not_found || fails "beside files that are packed the others are explained"
grep -q "log.bz2: compressed with bzip2" "$place/said" || fails "what is packed is named, and how it is unpacked"
grep -q "log.xz: compressed with xz" "$place/said" || fails "and the other, too"
{ head -n 10 "$log" | gzip; tail -n +11 "$log" | gzip; } >"$place/two-members.gz"
explain "$place/two-members.gz"
names psk_not_found || fails "gzip in several members is read whole"
{ printf '\xff\xfe'; iconv -t UTF-16LE "$log"; } >"$place/utf16"
explain "$place/utf16"
names psk_not_found || fails "text in two-byte characters, as editors of Windows save it"
{ printf '\xfe\xff'; sed 's/$/\r/' "$log" | iconv -t UTF-16BE; } >"$place/utf16be"
explain "$place/utf16be"
names psk_not_found || fails "and in the other order, with the ends of lines of Windows"
tr '\n' '\r' <"$log" >"$place/cr"
explain "$place/cr"
names psk_not_found || fails "lines that end in a carriage return alone"
awk '{ print; print }' "$log" >"$place/doubled"
explain "$place/doubled"
names psk_not_found || fails "each line twice: the same cause"
paste -d '\n' "$log" cisco/asa-p2-acl.txt >"$place/interleaved"
explain "$place/interleaved"
names psk_not_found p2_selector_mismatch || fails "two logs, line by line in turn: both causes"
awk 'NR % 2 { held = $0; next } { print; print held } END { if (NR % 2) print held }' "$log" >"$place/reordered"
explain "$place/reordered"
names psk_not_found || fails "each pair of lines exchanged: the same cause"
tac "$log" >"$place/backwards"
explain "$place/backwards"
sed 's/IP = /\x1b]0;x\x07\x1b[31mIP = /; s/tunnel_group/\x1b[2J/' "$log" >"$place/escapes"
explain "$place/escapes"
{ cat "$log"; head -c 20000 /dev/urandom; echo; cat cisco/asa-p2-acl.txt; } >"$place/binary"
explain "$place/binary"
names psk_not_found p2_selector_mismatch || fails "binary between two logs: both causes"

capture=../source/lab/f-psk-mismatch/ini.pcap
for file in "$log" "$capture"; do
    size=$(stat -c %s "$file")
    for part in 1 7 23 24 25 40 41 $((size / 3)) $((size / 2)) $((size - 1)); do
        head -c "$part" "$file" >"$place/cut"
        explain "$place/cut"
    done
done
names psk_mismatch || fails "a capture that lacks its last byte: the same cause"

# 1 GB without a newline: what it takes of memory, in KB
head -c 1000000000 /dev/zero | tr '\0' a | {
    "$ikewise" explain /dev/stdin >"$place/said" 2>&1 &
    most=0
    while now=$(awk '/^VmRSS/ { print $2 }' /proc/$!/status 2>/dev/null) && [ -n "$now" ]; do
        most=$((now > most ? now : most))
        sleep 0.1
    done
    wait $!
    echo "$? $most" >"$place/code"
} </dev/stdin
read -r code most <"$place/code"
[ "$code" = 2 ] || fails "1 GB without a newline is nothing usable: exit 2, not $code"
grep -q ", 1 line: nothing usable" "$place/said" || fails "it is one line, and not of a VPN"
[ "$most" -gt 0 ] || fails "its memory was seen"
[ "$most" -lt 200000 ] || fails "it takes bounded memory, not $most KB"
echo "1 GB without a newline: $most KB"
exit $failed
