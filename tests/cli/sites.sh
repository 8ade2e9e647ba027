# shellcheck shell=bash
# The sites of ../sites.sh, the west one nearly without a configuration.
# shellcheck disable=SC2154 # set by the script
. "$(dirname "${BASH_SOURCE[0]}")/../sites.sh"

# East is configured by a file; west has an address and a name, and gets the rest from the shell.
write_configs() {
    (umask 077; cat >"$work/w.conf") <<END
ASA Version 9.1(2)
hostname west
interface GigabitEthernet0/0
 nameif outside
 security-level 0
 ip address 192.0.2.1 255.255.255.0
END
    (umask 077; cat >"$work/e.conf") <<END
ASA Version 9.1(2)
hostname east
interface GigabitEthernet0/0
 nameif outside
 security-level 0
 ip address 192.0.2.2 255.255.255.0
access-list VPN extended permit ip 10.2.0.0 255.255.0.0 10.1.0.0 255.255.0.0
$(tunnel_to 192.0.2.1)
END
}

restart() { # side
    kill -TERM "$(cat "$work/$1.pid")"
    wait "$(cat "$work/$1.pid")"
    start "$1"
}
