#!/bin/bash
# Writes docs/check.md, or holds it against what the program says.
#
#   tests/twoends/page.sh IKEWISE > docs/check.md
#   tests/twoends/page.sh IKEWISE docs/check.md
ikewise=$(realpath "$1")
held=${2:+$(realpath "$2")}
cd "$(dirname "$0")" || exit 2

# said TITLE TEXT WORD...
said() {
    printf '\n## %s\n\n%s\n\n    $ ikewise %s\n' "$1" "$2" "${*:3}" | sed 's#\.\./source/lab/[a-z0-9-]*/##g'
    "$ikewise" "${@:3}" 2>&1 | sed -E 's#\.\./source/lab/[a-z0-9-]*/##g; s/^/    /; s/ +$//'
}

page() {
    cat <<'EOF'
# Before it fails: `ikewise check` and `ikewise replay`

    ikewise check FILE
    ikewise check [--json] A B
    ikewise replay [--json] [--keys FILE] --config FILE CAPTURE|JOURNAL

None of them needs a gateway, or sends anything.

**One file** is read and reviewed: what is not understood, tunnels that would be parked (no tunnel-group, a masked key, no transform set, an entry
that is incomplete, a map on no interface), lines that another crypto map entry takes first, lines that the other end cannot mirror, networks that
overlap, traffic that NAT changes before the crypto ACL is asked, weak algorithms. Exit status 0: nothing is in error; 1: something is; 2: the file
cannot be read.

**Two files** are run against each other by the engine of the gateway in a simulated network, each line of each crypto ACL with its own end as
initiator. So what is said is not an opinion: it is what happened. ASA, IOS, `swanctl.conf` and `ipsec.conf` may meet in any mix. What a file does
not tell is assumed, and each assumption is a line: a masked key is taken to be that of the other end; a private address that the other end names
otherwise is behind NAT; a device (a file with an `ASA Version` line) takes weak algorithms. Exit status 0: all lines come up; 1: not; 2: not done.

**To change**: for what stops it, the change at either end, made of the values of both files, in the words of that end. Each was put behind the
statements of its file and tried: what does not lead on is not printed. A key is never printed, and never in the JSON.

**A capture, or a gateway's journal,** shows what a peer proposes. `replay` puts a configuration in the place of its own end and runs the negotiation again. What cannot be
seen is assumed and said: the key (nobody can read it from a capture), and, without `--keys`, what phase 2 asks for, which is encrypted. The
journal is what `ikewise copy journal FILE` writes; one with session keys needs no `--keys`.

What is not tried: aggressive mode, certificates, IPv6 outside, identities other than addresses. IKE alone is run: routes, filters and translation of
the traffic inside are looked at in the review of one file.
EOF
    said "One file" "Three crypto map entries; the first one is too wide." check faults.cfg
    said "An ASA and an IOS router" "Three differences, one behind the other: a log would show only the first." check asa.cfg ios.cfg
    said "An ASA and strongSwan" "" check asa.cfg swanctl.conf
    said "Two files that fit" "" check asa.cfg fits.cfg
    said "A capture, with another configuration" "The peer offered AES-128; the configuration to be tried wants AES-256." replay ../source/lab/f-p1-encryption/ini.pcap --config responder.cfg
}

if [ -n "$held" ]; then
    diff "$held" <(page) || {
        echo "docs/check.md differs: tests/twoends/page.sh build/debug/src/ikewise > docs/check.md"
        exit 1
    }
else
    page
fi
