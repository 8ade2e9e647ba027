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
crypto ipsec ikev1 transform-set AES esp-aes-256 esp-sha-hmac
crypto map OUT 10 match address VPN
crypto map OUT 10 set peer 192.0.2.1
crypto map OUT 10 set ikev1 transform-set AES
crypto map OUT interface outside
crypto ikev1 enable outside
crypto ikev1 policy 10
 authentication pre-share
 encryption aes-256
 hash sha
 group 14
 lifetime 86400
tunnel-group 192.0.2.1 type ipsec-l2l
tunnel-group 192.0.2.1 ipsec-attributes
 ikev1 pre-shared-key a-key-of-this-test
END
}

restart() { # side
    kill -TERM "$(cat "$work/$1.pid")"
    wait "$(cat "$work/$1.pid")"
    start "$1"
}
