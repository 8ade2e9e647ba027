#!/bin/bash
# What needs no gateway needs none for a filter either: ikewise -c 'explain ... | include ...' with nobody at the socket.
#
#   tests/explain/filter.sh BUILD
ikewise=$(realpath "$1")/src/ikewise && cd "$(dirname "$0")" || exit 2
failed=0

# says STATUS WHAT LINE: of -c LINE without a gateway
says() {
    said=$("$ikewise" -s /nonexistent/socket -c "$3" 2>&1)
    code=$?
    if [ "$code" != "$1" ] || ! grep -qE "$2" <<<"$said"; then
        printf 'not so: "%s" says "%s" and exits %s, but %s:\n%s\n' "$3" "$2" "$1" "$code" "$said"
        failed=1
    fi
}

says 1 'Proven.*psk_not_found' "explain holdout/charon-own-key-missing.txt | include Proven"
says 1 'regexp = 1$' "explain holdout/charon-own-key-missing.txt | count psk_not_found"
says 0 'regexp = 0$' "help | count nothing-of-this"
says 2 'expected here: begin' "explain holdout/charon-own-key-missing.txt | inklude Proven"
says 2 'is not running' "show version | include Software"
exit $failed
