# shellcheck shell=bash
# ikewise in east as a gateway for users: one group by its name in aggressive mode, the default one in main mode.
# Source it after lab.sh, cell.sh, ikewise.sh and successor.sh.
#
#   known_to=pam             his password is in a shadow file, which PAM asks; another one stands in the configuration
#   hybrid=CERTIFICATE       there is no key: the gateway is proved by east-CERTIFICATE of tests/certificates

group=STAFF
user=alice
password=wonderland-is-far
pool=10.60.200
hybrid=
known_to=local
certificates=$lab_tree/tests/certificates

gateway_trustpoint() {
    [ -n "$hybrid" ] || return
    install -m 600 "$certificates/east-$hybrid.key" "$lab_dir/own.key"
    cat <<CONF
crypto ca trustpoint LAB
 file certificate $certificates/east-$hybrid.pem
 file key $lab_dir/own.key
 file ca $certificates/root.pem
CONF
}

gateway_authentication() {
    if [ -z "$hybrid" ]; then
        echo " ikev1 pre-shared-key $cell_key"
        echo " ikev1 user-authentication xauth"
    else
        echo " ikev1 trust-point LAB"
        echo " isakmp ikev1-user-authentication hybrid"
    fi
}

# gateway_users: and what the tunnel-groups say of them goes to gateway_servers
gateway_users() {
    [ "$known_to" = pam ] || { echo "username $user password $password"; return; }
    cat <<CONF
username $user password not-the-one-that-pam-has
aaa-server MACHINE protocol pam
 timeout 20
CONF
}

gateway_servers() {
    [ "$known_to" = pam ] && echo " authentication-server-group MACHINE LOCAL"
}

# gateway_shadow EXPIRES: that user's line, written in place; the day on which his account is over, or nothing
gateway_shadow() {
    (umask 077 && echo "$user:$(openssl passwd -6 "$password"):20000:0:99999:7::$1:" >"$lab_dir/etc/shadow")
}

# gateway_machine: another /etc/passwd, shadow and pam.d than those of this machine, for that daemon alone
gateway_machine() {
    local etc=$lab_dir/etc
    mkdir -p "$etc/pam.d"
    { grep '^root:' /etc/passwd; echo "$user:x:65000:65000::/nonexistent:/usr/sbin/nologin"; } >"$etc/passwd"
    gateway_shadow ""
    printf 'auth required pam_unix.so\naccount required pam_unix.so\n' >"$etc/pam.d/ikewise"
    cat >"$lab_dir/machine" <<SCRIPT
#!/bin/sh
for name in passwd shadow pam.d; do
    mount --bind "$etc/\$name" "/etc/\$name" || exit 1
done
exec "$lab_build/src/ikewised" "\$@"
SCRIPT
    chmod 755 "$lab_dir/machine"
    ikewise_program=$lab_dir/machine
}

gateway_method() {
    if [ -z "$hybrid" ]; then echo pre-share; else echo rsa-sig; fi
}

gateway_configuration() {
    cat <<CONF
hostname east
interface GigabitEthernet0/0
 nameif outside
 security-level 0
 ip address ${lab_outer[east]} 255.255.255.0
interface GigabitEthernet0/1
 nameif inside
 security-level 100
 ip address ${lab_inner_gateway[east]} 255.255.255.0
$(gateway_trustpoint)
access-list SPLIT standard permit ${lab_inner_net[east]} 255.255.255.0
ip local pool RA $pool.10-$pool.20 mask 255.255.255.0
crypto ipsec ikev1 transform-set TS esp-aes-256 esp-sha-hmac
crypto dynamic-map DYN 10 set ikev1 transform-set TS
crypto dynamic-map DYN 10 set security-association lifetime kilobytes $successor_kilobytes
crypto map OUTSIDE 65535 ipsec-isakmp dynamic DYN
crypto map OUTSIDE interface outside
no crypto ikev1 am-disable
crypto ikev1 enable outside
crypto ikev1 policy 10
 authentication $(gateway_method)
 encryption aes-256
 hash sha
 group 14
 lifetime 86400
group-policy STAFF internal
group-policy STAFF attributes
 banner value be kind
 dns-server value 10.2.0.53
 default-domain value example.net
 split-tunnel-policy tunnelspecified
 split-tunnel-network-list value SPLIT
$(gateway_users)
tunnel-group $group type remote-access
tunnel-group $group general-attributes
 address-pool RA
 default-group-policy STAFF
$(gateway_servers)
tunnel-group $group ipsec-attributes
$(gateway_authentication)
 isakmp keepalive threshold 10 retry 2
tunnel-group DefaultRAGroup general-attributes
 address-pool RA
 default-group-policy STAFF
$(gateway_servers)
tunnel-group DefaultRAGroup ipsec-attributes
$(gateway_authentication)
CONF
}

gateway_start() {
    mkdir -p "$lab_dir/ikewised-east"
    gateway_configuration >"$lab_dir/ikewised-east/ikewise.conf"
    [ "$known_to" = local ] || gateway_machine
    ikewise_start east || { not_ok "$1: ikewise starts"; return 1; }
}

# pings FROM ADDRESS [SOURCE]
pings() {
    lab_answered "$1" "$2" 20 ${3:+-I "$3"}
}
