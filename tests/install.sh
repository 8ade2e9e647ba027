#!/bin/bash
# ./install puts each file where it should be, with the rights it should have, and keeps a configuration that is there.
set -u
cd "$(dirname "$0")/.." || exit 1
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
failures=0

is() {
    if [ "$2" = "$3" ]; then
        echo "ok $1"
    else
        echo "not ok $1: $2, not $3"
        failures=$((failures + 1))
    fi
}

rights() {
    stat -c %a "$root$1" 2>&1
}

says_of_itself() {
    "$root/usr/local/bin/ikewise" check "$root/etc/ikewise/ikewise.conf" >"$root/check.log" 2>&1
    echo $?
}

DESTDIR=$root ./install >"$root/install.log" 2>&1 || { echo "not ok ./install"; sed 's/^/  | /' "$root/install.log"; exit 1; }
is "the gateway can be run" "$(rights /usr/local/sbin/ikewised)" 755
is "so can its helper for users whom PAM knows" "$(rights /usr/local/sbin/ikewised-pam)" 755
is "the shell can be run" "$(rights /usr/local/bin/ikewise)" 755
is "only root reads the configuration" "$(rights /etc/ikewise/ikewise.conf)" 600
is "only root looks into its folder" "$(rights /etc/ikewise)" 700
is "the manual has its pages" "$(find "$root/usr/local/share/man" -name "*.[58]" | wc -l)" "$(find man -type f | wc -l)"
is "each screen's template is there" "$(find "$root/usr/local/share/ikewise/textfsm" -type f | wc -l)" \
    "$(find packaging/textfsm -type f | wc -l)"
is "the unit starts what was installed" \
    "$(sed -n 's/^ExecStart=\([^ ]*\).*/\1/p' "$root/usr/local/lib/systemd/system/ikewised.service")" /usr/local/sbin/ikewised
is "ikewise check takes the configuration as installed" "$(says_of_itself)" 0

echo "! mine" >"$root/etc/ikewise/ikewise.conf"
DESTDIR=$root ./install >/dev/null 2>&1
is "a configuration that is there stays" "$(cat "$root/etc/ikewise/ikewise.conf")" "! mine"

DESTDIR=$root ./install --remove >/dev/null 2>&1
is "--remove leaves the configuration and nothing else" "$(find "$root/usr" "$root/etc" -type f | sed "s|$root||")" \
    /etc/ikewise/ikewise.conf
[ $failures = 0 ]
