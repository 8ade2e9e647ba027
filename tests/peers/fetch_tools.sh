#!/bin/bash
# Unpacks ike-scan and vpnc, and the libraries that they need beside libc, under build/peers/tools. Nothing is installed.
#
#   tests/peers/fetch_tools.sh            prints the folder
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)/build/peers/tools
packages=(ike-scan vpnc libssl3 libgcrypt20 libgpg-error0 libgnutls30 libp11-kit0 libidn2-0 libunistring2 libtasn1-6 libnettle8
    libhogweed6 libgmp10 libffi8)

download() {
    (cd "$root.deb" && apt-get download -q -o APT::Sandbox::User=root "${packages[@]}") >"$root.deb/apt.log" 2>&1
}

fetch() {
    local deb
    rm -rf "$root.new" "$root.deb"
    mkdir -p "$root.new" "$root.deb"
    download || { apt-get update -qq && download; } || { tail -3 "$root.deb/apt.log" >&2; exit 1; }
    for deb in "$root.deb"/*.deb; do
        dpkg -x "$deb" "$root.new"
    done
    rm -rf "$root.deb" "$root"
    mv "$root.new" "$root"
}

[ -x "$root/usr/sbin/vpnc" ] || fetch
echo "$root"
