#!/bin/bash
# Unpacks strongSwan under build/peers/strongswan, with every library that it needs, libc included: a root folder of its
# own that charon is chrooted into. Nothing is installed, no library version of this machine matters, and charon can
# write no resolv.conf but its own.
#
#   tests/peers/fetch.sh            prints the folder
set -euo pipefail

tree=$(cd "$(dirname "$0")/../.." && pwd)
root=$tree/build/peers/strongswan

strongswan=(libstrongswan libstrongswan-standard-plugins strongswan-libcharon strongswan-charon strongswan-swanctl
    libcharon-extra-plugins libcharon-extauth-plugins)   # kernel-libipsec: ESP in user space; xauth-generic
libraries=(libc6 libgcc-s1 libssl3 libcap2
    libsystemd0 liblzma5 libzstd1 liblz4-1 libgcrypt20 libgpg-error0)     # swanctl is linked with libsystemd

complain() {
    echo "fetch.sh: $*" >&2
    exit 1
}

download() {
    local packages=$1
    shift
    (cd "$packages" && apt-get download -q -o APT::Sandbox::User=root "$@") >"$packages/apt.log" 2>&1
}

# What the loader would not find shows now, by name, and not later as a charon that says nothing.
check_libraries() {
    local new=$1 loader missing
    loader=$(cd "$new" && echo lib*/ld-linux*.so.*)
    missing=$(for program in /usr/lib/ipsec/charon /usr/sbin/swanctl \
                             /usr/lib/ipsec/plugins/libstrongswan-{openssl,vici,kernel-libipsec,kernel-netlink}.so; do
                  chroot "$new" "/$loader" --library-path /usr/lib/ipsec --list "$program" 2>&1
              done)
    ! grep 'not found' <<<"$missing" >&2 || complain "strongSwan lacks these libraries"
}

fetch() {
    local new=$root.new packages=$root.deb deb
    rm -rf "$new" "$packages"
    mkdir -p "$new" "$packages"
    download "$packages" "${strongswan[@]}" "${libraries[@]}" ||
        { apt-get update -qq && download "$packages" "${strongswan[@]}" "${libraries[@]}"; } ||
        { tail -3 "$packages/apt.log" >&2; complain "apt-get download failed"; }
    for deb in "$packages"/*.deb; do
        dpkg -x "$deb" "$new"
    done
    mkdir -p "$new"/{dev,proc,run,peer,var}
    ln -s /run "$new/var/run"
    check_libraries "$new"
    rm -rf "$packages" "$root"
    mv "$new" "$root"
}

[ "$(id -u)" = 0 ] || complain "run as root: charon needs it later anyway"
[ -e "$root/usr/lib/ipsec/plugins/libstrongswan-xauth-generic.so" ] || fetch
echo "$root"
