#!/bin/bash
# Unpacks libreswan under build/peers/libreswan, with every library that it needs: a root folder of its own that pluto is
# chrooted into, as fetch.sh does it for strongSwan. Beside it, the shim that lets it believe its SAs installed.
#
#   tests/peers/fetch_libreswan.sh            prints the folder
set -euo pipefail

tree=$(cd "$(dirname "$0")/../.." && pwd)
root=$tree/build/peers/libreswan

# What libreswan depends on as libraries; those that they depend on in turn are asked for.
libraries=(libaudit1 libc6 libcap-ng0 libcrypt1 libcurl3-nss libevent-core-2.1-7 libevent-pthreads-2.1-7 libldap-2.5-0 libldns3
    libnspr4 libnss3 libnss3-tools libpam0g libselinux1 libsystemd0 libunbound8)

complain() {
    echo "fetch_libreswan.sh: $*" >&2
    exit 1
}

whole_list() {
    apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances \
        "${libraries[@]}" | grep -xE '(lib|nss-plugin|gcc-[0-9]+-base|zlib1g)[^ ]*' | sort -u
}

download() {
    local list
    mapfile -t list < <(whole_list)
    [ ${#list[@]} -ge ${#libraries[@]} ] &&
        (cd "$root.deb" && apt-get download -q -o APT::Sandbox::User=root libreswan "${list[@]}") >"$root.deb/apt.log" 2>&1
}

# What the loader would not find shows now, by name, and not later as a pluto that says nothing.
check_libraries() {
    local loader missing
    loader=$(cd "$1" && echo lib*/ld-linux*.so.*)
    missing=$(for program in /usr/libexec/ipsec/{pluto,whack,addconn} /usr/bin/{certutil,pk12util}; do
                  chroot "$1" "/$loader" --list "$program" 2>&1
              done)
    ! grep 'not found' <<<"$missing" >&2 || complain "libreswan lacks these libraries"
}

fetch() {
    local new=$root.new deb
    rm -rf "$new" "$root.deb"
    mkdir -p "$new" "$root.deb"
    download || { apt-get update -qq && download; } || { tail -3 "$root.deb/apt.log" >&2; complain "apt-get download failed"; }
    for deb in "$root.deb"/*.deb; do
        dpkg -x "$deb" "$new"
    done
    mkdir -p "$new"/{dev,proc,run,peer,tmp,var/lib}
    ln -sf /run "$new/var/run"
    check_libraries "$new"
    cc -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -shared -fPIC -o "$new/no_esp.so" "$tree/tests/peers/no_esp.c" || complain "the shim does not compile"
    rm -rf "$root.deb" "$root"
    mv "$new" "$root"
}

[ "$(id -u)" = 0 ] || complain "run as root: pluto needs it later anyway"
[ "$root/no_esp.so" -nt "$tree/tests/peers/no_esp.c" ] || fetch
echo "$root"
