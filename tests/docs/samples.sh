#!/bin/bash
# Every configuration that the documentation shows must be one that ikewise runs whole: those of docs/samples, and the blocks
# marked ```conf of the pages. That something weak is switched on is all that it may warn of.
#
#   samples.sh IKEWISE TREE
set -uo pipefail
program=$1 tree=$2
shown=$(mktemp -d)
trap 'rm -rf "$shown"' EXIT
number=0 failures=0

# The files that they name, made from the certificates of the tests.
etc=$shown/etc
mkdir "$etc"
for name in west east; do
    cp "$tree/tests/certificates/$name-rsa.pem" "$etc/$name.pem"
    install -m 600 "$tree/tests/certificates/$name-rsa.key" "$etc/$name.key"
done
cp "$tree/tests/certificates/west-ecdsa-256.pem" "$etc/west-ecdsa.pem"
install -m 600 "$tree/tests/certificates/west-ecdsa-256.key" "$etc/west-ecdsa.key"
cp "$tree/tests/certificates/root.pem" "$etc/authority.pem"
cp "$tree/tests/certificates/root.crl" "$etc/authority.crl"

# is_whole NAME FILE
is_whole() {
    local said
    number=$((number + 1))
    sed "s#/etc/ikewise/#$etc/#" "$2" >"$shown/read"
    if said=$("$program" check "$shown/read" 2>&1) && grep -q ' can run, 0 parked, 0 errors' <<<"$said" &&
        ! grep -q '^0 tunnels' <<<"$said" && ! grep ': warning: ' <<<"$said" | grep -qvE ' is weak|aggressive mode|stand in for this gateway'; then
        echo "ok $number - $1 runs"
    else
        echo "not ok $number - $1 runs"
        echo "$said"
        failures=$((failures + 1))
    fi
}

for sample in "$tree"/docs/samples/*.conf; do
    is_whole "docs/samples/${sample##*/}" "$sample"
done
for page in "$tree"/README.md "$tree"/docs/*.md; do
    awk -v prefix="$shown/${page##*/}" '
        /^```conf$/ { file = prefix "-" ++count; next }
        /^```$/ { file = "" }
        file { print > file }' "$page"
done
for block in "$shown"/*.md-*; do
    [ -e "$block" ] || continue
    is_whole "the configuration in ${block##*/}" "$block"
done
echo "1..$number"
[ "$number" -gt 0 ] && [ "$failures" = 0 ]
