#!/bin/bash
# What a stranger does: a fresh Debian 12 with only git in it, clone, ./demo, ./check. In a folder under build/, with
# mounts, processes and /run of its own; nothing of it stays but the cached Debian.
#
#   tests/clean_root.sh [--working-tree] [--fresh] [COMMAND]
#
# --working-tree    what is in the folder now, instead of what is committed
# --fresh           makes the cached Debian anew
# COMMAND           instead of "./demo && ./check", in the clone
set -euo pipefail
tree=$(cd "$(dirname "$0")/.." && pwd)
cache=$tree/build/clean_root
command='./demo && ./check'
working_tree=no

complain() {
    echo "clean_root.sh: $*" >&2
    exit 1
}

while [ $# -gt 0 ]; do
    case $1 in
    --working-tree) working_tree=yes ;;
    --fresh) rm -f "$cache/debian.tar" ;;
    -*) complain "unknown option $1" ;;
    *) command=$1 ;;
    esac
    shift
done
[ "$(id -u)" = 0 ] || complain "please run this as root: it makes a Debian and mounts things in it"

# The mirror, proxies and retries of this machine, as they are; third parties' package sources stay out.
copy_apt_settings() {
    local root=$1 file
    rm -f "$root/etc/apt/sources.list"
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
        ! grep -qs 'debian\.org\|debian-archive-keyring' "$file" || cp "$file" "$root$file"
    done
    for file in /etc/apt/apt.conf $(grep -lisE 'proxy|check-valid|check-date|retries' /etc/apt/apt.conf.d/*); do
        [ ! -e "$file" ] || cp "$file" "$root$file"
    done
    cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
}

mirror() {
    # shellcheck disable=SC2046
    sed -nE 's,^(URIs: *|deb .*)(https?://[^ ]*/debian/?)( .*|$),\2,p' \
        $(find /etc/apt/sources.list /etc/apt/sources.list.d -type f 2>/dev/null) </dev/null | sed -n 1p
}

make_debian() {
    local root=$cache/new from
    from=$(mirror)
    rm -rf --one-file-system "$root"
    mkdir -p "$cache"
    "$tree/tools/packages.sh" root
    echo "Making a Debian 12 from ${from:=http://deb.debian.org/debian}"
    debootstrap --variant=minbase --include=git bookworm "$root" "$from" >"$cache/debootstrap.log" 2>&1 ||
        { tail -n 5 "$cache/debootstrap.log" >&2; complain "debootstrap failed"; }
    copy_apt_settings "$root"
    tar -C "$root" -cf "$cache/debian.tar.new" .
    mv "$cache/debian.tar.new" "$cache/debian.tar"
    rm -rf --one-file-system "$root"
}

# A repository of its own with one commit of the folder as it is.
commit_working_tree() {
    local to=$1
    mkdir -p "$to"
    (cd "$tree" && git ls-files -z --cached --others --exclude-standard |
        while IFS= read -r -d '' file; do [ ! -e "$file" ] || printf '%s\0' "$file"; done |
        tar --null -T - -cf -) | tar -C "$to" -xf -
    git -C "$to" init -q -b main
    git -C "$to" add -A
    git -C "$to" -c user.name=check -c user.email=check@localhost commit -q -m 'The working tree'
}

[ -e "$cache/debian.tar" ] || make_debian
place=$(mktemp -d "$cache/run.XXXXXX")
trap 'rm -rf --one-file-system "$place"' EXIT
root=$place/root source=$place/source
mkdir "$root"
tar -C "$root" -xf "$cache/debian.tar"
if [ "$working_tree" = yes ]; then
    commit_working_tree "$source"
else # the history of a linked worktree stands outside of it
    git clone -q --bare "$tree" "$source"
fi
mkdir -p "$root/mnt/source"

# In a PID namespace of its own: when this ends, so does all that was started. The root must be a mount point,
# for `ip netns exec` changes the propagation of "/".
# shellcheck disable=SC2016
unshare --mount --pid --fork --kill-child --propagation private bash -euc '
    root=$1 source=$2 command=$3
    mount --bind "$root" "$root"
    mount --bind -o ro "$source" "$root/mnt/source"
    mount -t proc proc "$root/proc"
    mount --rbind /sys "$root/sys"
    mount --rbind /dev "$root/dev"
    mount -t tmpfs tmpfs "$root/run"
    chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM="${TERM:-dumb}" LC_ALL=C.UTF-8 \
        bash -euc "git clone -q /mnt/source /root/ikewise; cd /root/ikewise; $command"
' clean_root "$root" "$source" "$command"
