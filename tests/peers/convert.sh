#!/bin/bash
# What `ikewise convert` writes, given to the programs that it is for: strongSwan loads it and comes up against ikewised,
# which runs the sample that is the other end of it; libreswan's own checker takes it. And what could not be carried is said.
#
#   tests/peers/convert.sh
set -u
cd "$(dirname "$0")" || exit 1
. ./lab.sh
. ./cell.sh
. ./strongswan.sh
. ./ikewise.sh

samples=$lab_tree/tests/conf/samples
key=S3cret-01         # of samples 01, 02 and 11

# The samples are of the nineties; one line allows it.
sample() {
    echo "crypto ikev1 weak-algorithms"
    cat "$samples"/"$1"
}

# Keys are not written: whoever takes the file puts them in.
converted() {
    sample "$2" >"$lab_dir/$2"
    "$lab_build/src/ikewise" convert --to "$1" "$lab_dir/$2" | sed "s/\*\*\*\*\*/$key/"
}

# In place of the lab's own connection.
strongswan_write_connections() {
    converted strongswan "$their_sample"
}

# Quick mode of strongSwan is begun by the child that has the networks of the line.
strongswan_provoke() {
    swanctl "$1" --initiate --child line-1 --timeout 15
}

# Without what it prints when all is well.
quietly() {
    local said
    said=$("$@" 2>&1) || { echo "$said"; return 1; }
}

spis_are_equal() {
    local mine theirs
    mine=$(ikewise_spis west) theirs=$(strongswan_spis east)
    echo "in and out here $mine, there $theirs"
    [ -n "$mine" ] && [ "$mine" = "${theirs#* } ${theirs% *}" ]
}

both_are_up() {
    lab_until 5 ikewise_is_up west && lab_until 5 strongswan_is_up east
}

# Not by expect, in whose subshell the daemon's pid would be lost.
starts() {
    if "$2"_start "$3"; then
        ok "$1: $2 takes its file"
    else
        not_ok "$1: $2 takes its file"
        return 1
    fi
}

# Every sample that has a tunnel to be written, into a charon that runs.
strongswan_takes() {
    local node=$1 conf said
    conf=$(converted strongswan "$2")
    printf '%s\n' "$conf" >"$lab_dir/charon-$node/swanctl.conf"
    said=$(swanctl "$node" --load-all --noprompt 2>&1) || { echo "$said"; return 1; }
    [ "$(grep -c "^loaded connection" <<<"$said")" = "$(grep -c 'version = 1' <<<"$conf")" ] || { echo "$said"; return 1; }
    echo "$(grep -c 'version = 1' <<<"$conf") connections"
}

# tunnel NAME SAMPLE: ours is 01, theirs is made of SAMPLE
tunnel() {
    local name=$1
    their_sample=$2
    lab_up none
    cell_choose weak no-pfs none
    mkdir -p "$lab_dir/ikewised-west"
    sample 01-asa84-l2l-basic.cfg >"$lab_dir/ikewised-west/ikewise.conf"
    if starts "$name" strongswan east && starts "$name" ikewise west; then
        expect "$name: we bring it up" quietly ikewise_up west
        expect "$name: both are up" both_are_up
        expect "$name: the same SPIs at both ends" spis_are_equal
        quietly lab_ping west east 1 >/dev/null # charon may be putting its half in place
        expect "$name: pings west to east" lab_ping west east 5
        expect "$name: we take it down" ikewise_down west
        expect "$name: no SA is left there" lab_until 5 strongswan_is_gone east
        expect "$name: strongSwan brings it up" quietly strongswan_provoke east
        expect "$name: both are up again" both_are_up
        for file in ${3:-}; do
            expect "strongSwan takes swanctl.conf of ${file##*/}" strongswan_takes east "${file##*/}"
        done
    fi
    # shellcheck disable=SC2046
    [ "$lab_failures" = 0 ] || tail -n 25 $(ikewise_logs west) $(strongswan_logs east) | sed 's/^/  | /'
    lab_down
}

# Every sample that has a tunnel, through libreswan's own reader of ipsec.conf.
libreswan_takes() {
    local root=$1 file=$2 name conf said
    name=${file##*/}
    conf=$(converted libreswan "$name")
    grep -q '^conn ' <<<"$conf" || { echo "no tunnel to be written"; return; }
    printf '%s\n' "$conf" >"$root/tmp/convert-$$.conf"
    said=$(chroot "$root" /usr/libexec/ipsec/addconn --config "/tmp/convert-$$.conf" --checkconfig 2>&1) || { echo "$said"; return 1; }
    echo "$(grep -c '^conn ' <<<"$conf") connections"
}

strongswan_fetch
tunnel "ASA 8.2 as swanctl.conf" 02-asa82-l2l-nat0.cfg
tunnel "IOS as swanctl.conf" 11-ios-l2l-basic.cfg "$(echo "$samples"/*.cfg)"

lab_dir=$(mktemp -d)
if root=$("$lab_tree/tests/peers/fetch_libreswan.sh"); then
    for file in "$samples"/*.cfg; do
        expect "libreswan takes ipsec.conf of ${file##*/}" libreswan_takes "$root" "$file"
    done
    # It must be able to fail.
    printf 'conn x\n    left=1.2.3.4\n    no-such-option=1\n' >"$root/tmp/convert-$$.conf"
    if chroot "$root" /usr/libexec/ipsec/addconn --config "/tmp/convert-$$.conf" --checkconfig >/dev/null 2>&1; then
        not_ok "libreswan refuses what it does not know"
    else
        ok "libreswan refuses what it does not know"
    fi
    rm -f "$root/tmp/convert-$$.conf"
else
    not_ok "libreswan can be unpacked"
fi
expect "what could not be carried is said" grep -q '^# not carried: .*nat (inside,outside)' <(converted strongswan 01-asa84-l2l-basic.cfg)
rm -rf "$lab_dir"
[ "$lab_failures" = 0 ]
