#!/bin/bash
# Formats each page of the manual: neither formatter may have anything to say about it.
#
#   manual.sh MAN
set -uo pipefail
number=0 failures=0

ok_or_not() {
    local text=$1 said
    shift
    number=$((number + 1))
    if said=$("$@" 2>&1) && [ -z "$said" ]; then
        echo "ok $number - $text"
    else
        echo "not ok $number - $text"
        head -n 5 <<<"$said"
        failures=$((failures + 1))
    fi
}

for page in "$1"/*.[58]; do
    ok_or_not "${page##*/} is right for mandoc" mandoc -T lint -W warning "$page"
    ok_or_not "${page##*/} is right for groff" groff -m mdoc -ww -T utf8 -z "$page"
done
echo "1..$number"
[ "$number" -gt 0 ] && [ "$failures" = 0 ]
