# shellcheck shell=bash
# ikewise in east as a gateway for users: one group by its name in aggressive mode, the default one in main mode.
# Source it after lab.sh, cell.sh and ikewise.sh.
#
#   hybrid=CERTIFICATE       there is no key: the gateway is proved by east-CERTIFICATE of tests/certificates

group=STAFF
user=alice
password=wonderland-is-far
pool=10.60.200
hybrid=
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
username $user password $password
tunnel-group $group type remote-access
tunnel-group $group general-attributes
 address-pool RA
 default-group-policy STAFF
tunnel-group $group ipsec-attributes
$(gateway_authentication)
 isakmp keepalive threshold 10 retry 2
tunnel-group DefaultRAGroup general-attributes
 address-pool RA
 default-group-policy STAFF
tunnel-group DefaultRAGroup ipsec-attributes
$(gateway_authentication)
CONF
}

gateway_start() {
    mkdir -p "$lab_dir/ikewised-east"
    gateway_configuration >"$lab_dir/ikewised-east/ikewise.conf"
    ikewise_start east || { not_ok "$1: ikewise starts"; return 1; }
}

# pings FROM ADDRESS [SOURCE]
pings() {
    lab_answered "$1" "$2" 20 ${3:+-I "$3"}
}
