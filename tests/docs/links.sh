#!/bin/bash
# Every link of the documentation to a file of the tree leads to one.
#
#   links.sh TREE
set -uo pipefail
cd "$1" || exit 1
number=0 failures=0

for page in *.md docs/*.md; do
    number=$((number + 1))
    broken=
    while read -r target; do
        case $target in
        http://* | https://* | '#'*) continue ;;
        esac
        [ -e "$(dirname "$page")/${target%%#*}" ] || broken+=" $target"
    done < <(grep -oE '\]\([^)]+\)' "$page" | sed 's/^](//; s/)$//')
    if [ -z "$broken" ]; then
        echo "ok $number - the links of $page lead somewhere"
    else
        echo "not ok $number - the links of $page lead somewhere"
        echo "not there:$broken"
        failures=$((failures + 1))
    fi
done
echo "1..$number"
[ "$failures" = 0 ]
