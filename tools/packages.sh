#!/bin/bash
# The Debian 12 packages that each thing needs, said once. Installs what is missing, and nothing if nothing is.
#
#   tools/packages.sh GROUP...       build, run, test, fuzz, root
#
# It installs no daemon: the peers of the tests are unpacked under build/ by tests/peers/fetch.sh.
set -euo pipefail

packages_of() {
    case $1 in
    build) echo gcc libc6-dev cmake ninja-build pkg-config libssl-dev libcrypt-dev libuv1-dev libmnl-dev libpam0g-dev libjansson-dev zlib1g-dev libcmocka-dev \
        libedit-dev ;;
    run) echo nftables iproute2 curl procps iputils-ping traceroute ethtool ;;
    test) echo tcpdump tshark openssl ca-certificates chromium python3-textfsm tmux mandoc groff-base ;;
    fuzz) echo clang-14 libclang-rt-14-dev ;;
    root) echo debootstrap git ;;
    *)
        echo "packages.sh: no group of packages is called '$1'" >&2
        return 2
        ;;
    esac
}

missing_of() {
    local package
    for package in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
    done
}

command -v apt-get >/dev/null || { echo "packages.sh: this needs Debian 12 (there is no apt-get here)" >&2; exit 1; }
wanted=()
for group in "$@"; do
    list=$(packages_of "$group")
    read -r -a more <<<"$list"
    wanted+=("${more[@]}")
done
mapfile -t missing < <(missing_of "${wanted[@]}")
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" != 0 ]; then
    echo "Please run this as root: it would install ${missing[*]}." >&2
    exit 1
fi
echo "Installing ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get update -q && apt-get install -q -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 </dev/null; then
    tail -15 "$log" >&2
    echo "packages.sh: apt-get could not install ${missing[*]}" >&2
    exit 1
fi
