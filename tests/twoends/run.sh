#!/bin/bash
# What `ikewise check` and `replay` say of stored files: cases.tsv against expected/.
#
#   run.sh IKEWISE           compares
#   run.sh IKEWISE --write   writes expected/ anew: read the difference
set -uo pipefail
ikewise=$(realpath "$1")
cd "$(dirname "$0")" || exit 1
number=0 failures=0

while IFS=$'\t' read -r name status arguments; do
    [[ $name == '#'* ]] && continue
    number=$((number + 1))
    read -ra words <<<"${arguments//'{lab}'/../source/lab}"
    said=$("$ikewise" "${words[@]}" 2>&1)
    result=$?
    if [ "${2:-}" = --write ]; then
        echo "$said" >"expected/$name.txt"
    fi
    if grep -qE 'an-old-key-of|another-long-key|correct-horse' <<<"$said"; then
        echo "not ok $number - $name: a key is shown"
        failures=$((failures + 1))
    elif [ "$result" != "$status" ]; then
        echo "not ok $number - $name: exit status $result instead of $status"
        echo "$said"
        failures=$((failures + 1))
    elif difference=$(diff -u "expected/$name.txt" <(echo "$said")); then
        echo "ok $number - $name"
    else
        echo "not ok $number - $name"
        echo "$difference"
        failures=$((failures + 1))
    fi
done <cases.tsv
echo "1..$number"
[ "$failures" = 0 ]
