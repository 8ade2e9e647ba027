#!/bin/bash
# What `ikewise convert` makes of each sample, read by our own readers and run against the sample's other end: the tunnel comes
# up as the sample's own does. What has no tunnel to be written says what was not carried.
#
#   convert.sh IKEWISE
set -uo pipefail
ikewise=$(realpath "$1")
cd "$(dirname "$0")/../conf" || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0 failures=0

result() { # fault or nothing, what
    number=$((number + 1))
    [ -z "$1" ] && { echo "ok $number - $2"; return; }
    echo "not ok $number - $2: $1"
    failures=$((failures + 1))
}

# The samples are of the nineties; one line allows it.
sample() {
    echo "crypto ikev1 weak-algorithms"
    cat "$1"
}

# Keys are not written: whoever takes the file puts them in.
converted() { # language, file, key
    "$ikewise" convert --to "$1" "$2" | sed "s/\*\*\*\*\*/$3/"
}

declare -A files=([asa]=out.cfg [ios]=out-ios.cfg [strongswan]=out-swanctl.conf [libreswan]=out-ipsec.conf)

# other end, sample, key, languages in which it comes up as it does itself
while IFS=$'\t' read -r other name key languages; do
    [[ $other == '#'* ]] && continue
    sample "$other" >"$work/other.cfg"
    sample "$name" >"$work/sample.cfg"
    expected=$("$ikewise" check "$work/other.cfg" "$work/sample.cfg" 2>&1 | tail -n 1)
    [[ $expected == "The tunnel comes up"* ]] || result "it does not come up itself: $expected" "$name"
    for language in $languages; do
        out=$work/${files[$language]}
        { [ "$language" = asa ] && echo "crypto ikev1 weak-algorithms"; converted "$language" "$work/sample.cfg" "$key"; } >"$out"
        said=$("$ikewise" check "$work/other.cfg" "$out" 2>&1 | tail -n 1)
        [[ $said == "The tunnel comes up"* ]] && said=
        result "$said" "${name#*/} as $language comes up with ${other#*/}"
    done
done <<'EOF'
# other end	sample	key	languages
samples/02-asa82-l2l-nat0.cfg	samples/01-asa84-l2l-basic.cfg	S3cret-01	asa ios strongswan libreswan
samples/01-asa84-l2l-basic.cfg	samples/02-asa82-l2l-nat0.cfg	S3cret-01	asa ios strongswan libreswan
mirrors/03-partner.cfg	samples/03-asa84-objectgroups-pfs-filter.cfg	Partner-PSK-03	asa ios strongswan libreswan
samples/06-asa84-backup-peers.cfg	samples/12-ios-profile-keyring-backup.cfg	Core-A	asa ios strongswan libreswan
mirrors/09-partner.cfg	samples/09-asa84-overlap-policy-nat.cfg	Overlap-09	asa ios strongswan libreswan
mirrors/10-spoke-a.cfg	samples/10-asa84-hub-hairpin-nonconnected.cfg	Spoke-A-10	asa ios strongswan libreswan
samples/01-asa84-l2l-basic.cfg	samples/11-ios-l2l-basic.cfg	S3cret-01	asa ios strongswan libreswan
EOF

# What a name has of control bytes stays in a file, and reaches no terminal.
printf 'hostname a\033[31mb\n' >"$work/control.cfg"
"$ikewise" convert --to asa "$work/control.cfg" | grep -q $'a\x1b\\[31mb' || fault="it is lost in a file"
script -qec "'$ikewise' convert --to asa '$work/control.cfg'" /dev/null </dev/null | grep -q $'\x1b' && fault="it reaches the terminal"
result "${fault:-}" "a control byte in a name"

# These have no tunnel that can be said there (users, certificates, an address by DHCP), and say so.
while IFS=$'\t' read -r name language words; do
    [[ $name == '#'* ]] && continue
    sample "$name" >"$work/sample.cfg"
    out=$("$ikewise" convert --to "$language" "$work/sample.cfg")
    grep -qE "^[#!] not carried: .*$words" <<<"$out" && out=
    result "${out:+it does not say: $words}" "${name#*/} as $language says what it lacks"
done <<'EOF'
# sample	language	what is said
samples/04-asa84-dynamic-peer-hub.cfg	strongswan	dynamic
samples/05-asa84-dynamic-branch-aggressive.cfg	ios	OUTMAP 10
samples/06-asa84-backup-peers.cfg	ios	that it only begins
samples/07-asa84-l2l-certificates.cfg	ios	no certificate with a private key
samples/07-asa84-l2l-certificates.cfg	libreswan	tunnel-group-map PEERS 10 LAB-CERT
samples/05-asa84-dynamic-branch-aggressive.cfg	strongswan	crypto isakmp disconnect-notify
samples/08-asa84-remote-access-xauth.cfg	strongswan	ip local pool
samples/13-ios-dynamic-hub.cfg	strongswan	dynamic
EOF

echo "1..$number"
[ "$failures" = 0 ]
