#!/bin/bash
# A remote user with vpnc: aggressive mode with the key of his group, XAUTH, mode config, then ESP in UDP through a NAT
# router, and plain protocol 50 without: the only plain ESP that no peer of this tree has written.
#
#   tests/peers/vpnc.sh            all of it, side by side
#   tests/peers/vpnc.sh NAME...
set -u
cd "$(dirname "$0")" || exit 1
. ./lab.sh
. ./cell.sh
. ./ikewise.sh
. ./successor.sh
. ./user_gateway.sh

# What vpnc hands its script is configured here, and written down: its own would change the machine's resolv.conf.
client_script() {
    cat <<'SCRIPT'
#!/bin/sh
env | grep -E '^(reason|INTERNAL_|CISCO_|TUNDEV|VPNGATEWAY)' | sort >>"$0.seen"
case $reason in
connect)
    ip link set dev "$TUNDEV" up mtu "${INTERNAL_IP4_MTU:-1400}"
    ip addr add "$INTERNAL_IP4_ADDRESS/32" dev "$TUNDEV"
    i=0
    while [ "$i" -lt "${CISCO_SPLIT_INC:-0}" ]; do
        eval "ip route add \$CISCO_SPLIT_INC_${i}_ADDR/\$CISCO_SPLIT_INC_${i}_MASKLEN dev \$TUNDEV"
        i=$((i + 1))
    done
    ;;
disconnect) ip link set dev "$TUNDEV" down ;;
esac
SCRIPT
}

# vpnc_start NAT-T-MODE DPD PASSWORD
vpnc_start() {
    client_script >"$lab_dir/vpnc-script"
    chmod 755 "$lab_dir/vpnc-script"
    cat >"$lab_dir/vpnc.conf" <<CONF
IPSec gateway ${lab_outer[east]}
IPSec ID $group
IPSec secret $cell_key
IKE Authmode $([ -n "$hybrid" ] && echo hybrid || echo psk)
${hybrid:+CA-File $certificates/root.pem}
IKE DH Group dh14
Perfect Forward Secrecy nopfs
NAT Traversal Mode $1
DPD idle timeout (our side) $2
Xauth username $user
Xauth password $3
Script $lab_dir/vpnc-script
CONF
    chmod 600 "$lab_dir/vpnc.conf"
    lab_spawn vpnc west stdbuf -oL env LD_LIBRARY_PATH="$tools_libraries" "$tools/usr/sbin/vpnc" --no-detach --non-inter --debug 2 \
        "$lab_dir/vpnc.conf"
}

says() {
    grep -h -m 1 -o "$2" "$1"
}

address() {
    sed -n 's/^INTERNAL_IP4_ADDRESS=//p' "$lab_dir/vpnc-script.seen" | tail -1
}

given() {
    says "$lab_dir/vpnc-script.seen" "$1"
}

wire() {
    case $1 in
    esp) echo 'ip proto 50' ;;
    udp) echo 'udp port 4500 and udp[8:4] != 0' ;;
    esac
}

carried() {
    local count
    count=$(tcpdump -n -r "$lab_dir/outside.pcap" "$1" 2>/dev/null | wc -l)
    echo "$count packets"
    [ "$count" -ge 80 ]
}

show_logs() {
    [ "$lab_failures" = 0 ] || tail -n 60 "$@" 2>&1 | sed 's/^/  | /'
}

# What vpnc says of its first pair: it has no status to ask.
log_has_spis() {
    local ours
    ours=$(ikewise_current_spis east)
    echo "in and out at east $ours"
    [ -n "${ours// /}" ] && [ "$ours" = "$(spi_of 'local -> remote') $(spi_of 'remote -> local')" ]
}

spi_of() {
    sed -n "s/.*$1 spi: 0x\([0-9a-f]*\).*/\1/p" "$lab_dir/vpnc.log" | tail -1 | awk '{ printf "%8s", $1 }' | tr ' ' 0
}

# What it takes and sends on the wire.
vpnc_current_spis() {
    lab_in west ping -n -q -c 1 -W 1 -I "$(address)" "${lab_host[east]}" >/dev/null
    echo "$(spi_on_wire src) $(spi_on_wire dst)"
}

spi_on_wire() {
    tcpdump -n -r "$lab_dir/outside.pcap" "$1 host ${lab_outer[east]} and (ip proto 50 or udp port 4500)" 2>/dev/null |
        sed -n 's/.*ESP(spi=0x\([0-9a-f]*\),.*/\1/p' | tail -n 1
}

# It rekeys no pair by itself. When its pair is deleted it begins a quick mode, but goes on with the old keys: what it sends
# under the new SPI is not authentic.
vpnc_cannot_rekey() {
    local begun
    begun=$(begun_at east Responder)
    ikewise east clear crypto ipsec sa >/dev/null
    lab_until 10 has_begun_more_than "$begun" || { echo "it begins no quick mode either"; return 1; }
    lab_until 10 sends_what_is_not_authentic
    says "$(ikewise_logs east)" "ESP packet (SPI= 0x[0-9A-F]*, .* failed authentication"
}

has_begun_more_than() {
    [ "$(begun_at east Responder)" -gt "$1" ]
}

sends_what_is_not_authentic() {
    lab_in west ping -n -q -c 1 -W 1 -I "$(address)" "${lab_host[east]}" >/dev/null
    says "$(ikewise_logs east)" 'failed authentication'
}

# dpd_seen WHOSE: a question of ours, or of theirs, and the answer to it
dpd_seen() {
    local ask=Received answer=Sending
    [ "$1" = theirs ] || ask=Sending answer=Received
    awk -v ask="$ask keep-alive of type DPD R-U-THERE (" -v answer="$answer keep-alive of type DPD R-U-THERE-ACK" '
        index($0, ask) { is_asked = 1 }
        is_asked && (at = index($0, answer)) { print substr($0, at); is_answered = 1; exit }
        END { exit !is_answered }' "$(ikewise_logs east)"
}

# delete_is_seen NAME WHOSE
delete_is_seen() {
    if [ "$2" = ours ]; then
        expect "$1: our delete" ikewise east clear crypto isakmp sa
        expect "$1: ends vpnc" lab_until 5 lab_ended "${lab_pids[vpnc]}"
    else
        kill -TERM "${lab_pids[vpnc]}"
        expect "$1: its delete leaves no SA here" lab_until 5 ikewise_is_gone east
    fi
}

vpnc_limit='up: it answers a rekey, and begins none; a quick mode that it begins when its pair is deleted comes up, but it uses the old keys'

# tunnel NAME NAT NAT-T-MODE WIRE WHO: who asks by DPD, and deletes at last: ours or theirs. From a vpnc that asks often
# ikewise hears enough to ask nothing itself; one that never asks does not say that it can answer.
tunnel() {
    local name=$1 log dpd=60 column result=$vpnc_limit
    [ "$5" = ours ] || dpd=10
    lab_up "$2"
    gateway_start "$name" || return
    log=$(ikewise_logs east)
    successor_sink west
    lab_capture outside east outside "$lab_dir/outside.pcap"
    vpnc_start "$3" "$dpd" "$password"
    if expect "$name: the user has an address" lab_until 15 given "INTERNAL_IP4_ADDRESS=$pool\\.[0-9]*"; then
        expect "$name: of the pool" given "INTERNAL_IP4_ADDRESS=$pool\\.1[0-9]"
        expect "$name: and the name server" given 'INTERNAL_IP4_DNS=10.2.0.53'
        expect "$name: and the domain" given 'CISCO_DEF_DOMAIN=example.net'
        expect "$name: and the banner" given 'CISCO_BANNER=be kind'
        expect "$name: and the networks" given 'CISCO_SPLIT_INC_0_ADDR=10.2.0.0'
        expect "$name: we say who he is" says "$log" "User ($user) authenticated."
        expect "$name: and which address he has" says "$log" "Assigned private IP address $(address) to remote user"
        expect "$name: the algorithms of phase 1 in its log" lab_until 5 says "$lab_dir/vpnc.log" "IKE SA selected $([ -n "$hybrid" ] && echo 'hybrid(rsa)' || echo psk+xauth)-aes256-sha1"
        expect "$name: and of phase 2" lab_until 5 says "$lab_dir/vpnc.log" 'IPSEC SA selected aes256-sha1'
        lab_until 10 log_has_spis
        expect "$name: the same SPIs in its log" log_has_spis
        expect "$name: 20 pings from the user" pings west "${lab_host[east]}" "$(address)"
        expect "$name: 20 pings to the user" pings east-host "$(address)"
        expect "$name: a rekey by us" we_rekey east vpnc west east-host "$(address)"
        expect "$name: after it 20 pings from the user" pings west "${lab_host[east]}" "$(address)"
        expect "$name: and to the user" pings east-host "$(address)"
        lab_until 25 dpd_seen "$5"
        expect "$name: DPD" dpd_seen "$5"
        expect "$name: a rekey by vpnc: it cannot" vpnc_cannot_rekey
        delete_is_seen "$name" "$5"
        lab_stop outside
        expect "$name: all went as $4" carried "$(wire "$4")"
    fi
    expect "$name: no log has the password" [ "$(grep -c "$password" "$log")" = 0 ]
    [ "$lab_failures" = 0 ] || result=fails
    if [ -n "$hybrid" ]; then
        lab_result vpnc hybrid responder "$result"
    else
        for column in "aggr. PSK" "XAUTH + mode config" DPD ${2/none/}; do
            lab_result vpnc "${column/#west/NAT-T}" responder "$result"
        done
    fi
    show_logs "$log" "$lab_dir/vpnc.log"
}

# hybrid NAME NAT NAT-T-MODE WIRE WHO
hybrid() {
    hybrid=rsa
    tunnel "$@"
}

# refused NAME: what becomes of a wrong password
refused() {
    lab_up none
    gateway_start "$1" || return
    vpnc_start none 0 looking-glass
    expect "$1: vpnc is refused" lab_until 15 lab_ended "${lab_pids[vpnc]}"
    expect "$1: it says why" says "$lab_dir/vpnc.log" 'authentication unsuccessful\|Authentication unsuccessful\|xauth.*failed\|auth.*reject.*'
    expect "$1: so do we" says "$(ikewise_logs east)" "AAA user authentication Rejected : reason = Invalid password : local database : user = $user .*"
    expect "$1: no SA is left" lab_until 5 ikewise_is_gone east
    expect "$1: no log has the password" [ "$(grep -c looking-glass "$(ikewise_logs east)")" = 0 ]
    show_logs "$(ikewise_logs east)" "$lab_dir/vpnc.log"
}

# The same gateway, as somebody says it who has a router.
router_configuration() {
    cat <<CONF
version 15.2
hostname east
aaa new-model
aaa authentication login USERS local
aaa authorization network GROUPS local
username $user privilege 0 password 0 $password
crypto isakmp policy 10
 encr aes 256
 authentication pre-share
 group 14
crypto isakmp client configuration group $group
 key $cell_key
 dns 10.2.0.53
 domain example.net
 pool RA
 acl 110
crypto isakmp profile USERS
 match identity group $group
 client authentication list USERS
 isakmp authorization list GROUPS
 client configuration address respond
crypto ipsec transform-set TS esp-aes 256 esp-sha-hmac
crypto dynamic-map DYN 10
 set transform-set TS
 set isakmp-profile USERS
crypto map OUTSIDE 65535 ipsec-isakmp dynamic DYN
interface GigabitEthernet0/0
 ip address ${lab_outer[east]} 255.255.255.0
 crypto map OUTSIDE
interface GigabitEthernet0/1
 ip address ${lab_inner_gateway[east]} 255.255.255.0
ip local pool RA $pool.10 $pool.20
access-list 110 permit ip ${lab_inner_net[east]} 0.0.0.255 any
CONF
}

# router NAME: a user of that gateway
router() {
    lab_up none
    gateway_configuration() { router_configuration; }
    gateway_start "$1" || return
    vpnc_start none 0 "$password"
    if expect "$1: the user has an address" lab_until 15 given "INTERNAL_IP4_ADDRESS=$pool\\.1[0-9]"; then
        expect "$1: and the name server" given 'INTERNAL_IP4_DNS=10.2.0.53'
        expect "$1: and the domain" given 'CISCO_DEF_DOMAIN=example.net'
        expect "$1: and the networks" given 'CISCO_SPLIT_INC_0_ADDR=10.2.0.0'
        expect "$1: we say who he is" says "$(ikewise_logs east)" "User ($user) authenticated."
        expect "$1: 20 pings from the user" pings west "${lab_host[east]}" "$(address)"
    fi
    expect "$1: no log has the password" [ "$(grep -c "$password" "$(ikewise_logs east)")" = 0 ]
    show_logs "$(ikewise_logs east)" "$lab_dir/vpnc.log"
}

#     name             what
cases="plain            tunnel none none esp ours
       nat              tunnel west natt udp theirs
       hybrid           hybrid none none esp theirs
       hybrid-nat       hybrid west natt udp ours
       wrong-password   refused
       router           router"

tools=$(./fetch_tools.sh) || lab_die "no vpnc"
tools_libraries=$tools/usr/lib/$(uname -m)-linux-gnu

lab_cases "$cases" "$@"
