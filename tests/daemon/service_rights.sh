#!/bin/bash
# What the service file leaves to ikewised is enough for what it does: tests that need root pass with no more than that.
#
#   service_rights.sh SERVICE TEST...
set -u
service=$1
shift
rights=$(sed -n 's/^CapabilityBoundingSet=//p' "$service" | tr ' [:upper:]' '\n[:lower:]' | sed 's/^cap_/+/' | paste -sd,)
[ -n "$rights" ] || { echo "not ok $service has no CapabilityBoundingSet"; exit 1; }
[ "$(id -u)" = 0 ] || { echo "must be root"; exit 1; }
failed=0
for test in "$@"; do
    if output=$(timeout 60 setpriv --bounding-set="-all,$rights" "$test" 2>&1); then
        echo "ok ${test##*/} with $rights"
    else
        echo "not ok ${test##*/} with $rights"
        printf '%s\n' "$output" | tail -n 20
        failed=1
    fi
done
exit $failed
