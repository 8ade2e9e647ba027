#!/bin/bash
# Holds the pages and pictures of docs/ and man/ that are made from tables against what the tables say today.
#
#   pages.sh IKEWISE-DOCS DOCS
set -uo pipefail
program=$1 docs=$2 tree=$2/..
fresh_tree=$(mktemp -d)
trap 'rm -rf "$fresh_tree"' EXIT
fresh=$fresh_tree/docs
mkdir "$fresh"
number=0 failures=0

not_ok() {
    echo "not ok $number - $1"
    failures=$((failures + 1))
}

if ! "$program" "$fresh" "$docs/samples" "$tree/tools/docs/prose"; then
    echo "not ok 1 - the pages can be made from the tables"
    exit 1
fi
while read -r page; do
    number=$((number + 1))
    text="$page says what the tables say"
    if difference=$(diff -u "$tree/$page" "$fresh_tree/$page" 2>&1); then
        echo "ok $number - $text"
    else
        not_ok "$text"
        head -n 20 <<<"$difference"
        echo "To make it say so: cmake --build --preset debug --target docs"
    fi
done < <(cd "$fresh_tree" && find . -type f | sed 's|^\./||' | sort)

number=$((number + 1))
left=$(cd "$docs" && comm -13 <(cd "$fresh" && find exchanges -type f | sort) <(find exchanges -type f | sort))
if [ -z "$left" ]; then
    echo "ok $number - no picture is left of an exchange that the tables do not have"
else
    not_ok "no picture is left of an exchange that the tables do not have"
    echo "$left"
fi
echo "1..$number"
[ "$failures" = 0 ]
