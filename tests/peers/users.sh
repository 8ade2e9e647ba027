#!/bin/bash
# strongSwan and libreswan as a user's end, and ikewise as one of each of them and of ikewise: XAUTH and mode config, in
# aggressive and in main mode, behind NAT and not; by the key of a group, and hybrid.
#
#   tests/peers/users.sh            all of it, side by side
#   tests/peers/users.sh NAME...
set -u
cd "$(dirname "$0")" || exit 1
. ./lab.sh
. ./cell.sh
. ./strongswan.sh
. ./libreswan.sh
. ./ikewise.sh
. ./decrypt.sh
. ./successor.sh
. ./user_gateway.sh
. ./users_peers.sh

client_proof() {
    [ "${cell[aggressive]:-no}" = yes ] || echo "vpnclient phase1-mode main"
    [ -n "$hybrid" ] || { echo "vpnclient vpngroup $group password $cell_key"; return; }
    cat <<CONF
crypto ca trustpoint GATEWAYS
 file ca $certificates/root.pem
vpnclient vpngroup $group
vpnclient hybrid GATEWAYS
vpnclient peer-identity O = ikewise tests, CN = east
CONF
}

client_configuration() {
    cat <<CONF
hostname west
interface GigabitEthernet0/0
 nameif outside
 security-level 0
 ip address ${lab_outer[west]} 255.255.255.0
crypto ipsec ikev1 transform-set TS esp-aes-256 esp-sha-hmac
crypto ipsec security-association lifetime kilobytes $successor_kilobytes
crypto ikev1 enable outside
crypto ikev1 policy 10
 authentication $(gateway_method)
 encryption aes-256
 hash sha
 group 14
 lifetime 86400
vpnclient server ${lab_outer[east]}
vpnclient mode client-mode
$(client_proof)
vpnclient username $user${cell[password]- password $password}
CONF
}

client_start() {
    mkdir -p "$lab_dir/ikewised-west"
    client_configuration >"$lab_dir/ikewised-west/ikewise.conf"
    ikewise_start west || { not_ok "$1: ikewise starts as a client"; return 1; }
    decrypt_begin west # before there is a pair: its keys are told once
    ikewise west configure <<<"vpnclient enable" >/dev/null || { not_ok "$1: the client is enabled"; return 1; }
}

client_address() {
    lab_in west ip -4 -o addr show dev ikewise0 | grep -m 1 -o "$pool\\.[0-9]*"
}

given_twice() {
    [ "$(grep -c 'given us the address' "$(ikewise_logs west)")" = 2 ]
}

has_route() {
    lab_in west ip route get "${lab_host[east]}" | grep -o "dev ikewise0.*src $pool\\.[0-9]*"
}

# carries_traffic NAME PEER PEER-NODE: between the user in west, who has that address, and the host behind east
carries_traffic() {
    local ours=${lab_across[$3]}
    if [ "$2" != libreswan ]; then
        expect "$1: 20 pings from the user" pings west "${lab_host[east]}" "$address"
        expect "$1: 20 pings to the user" pings east-host "$address"
    elif [ "$ours" = west ]; then
        expect "$1: tshark decrypts our ESP with the keys that we export" decrypt_request west west "${lab_host[east]}" "$2" "$3"
    else
        expect "$1: tshark decrypts our ESP with the keys that we export" decrypt_request east east-host "$address" "$2" "$3"
    fi
}

# both_agree NAME PEER PEER-NODE: each from the peer's own status
both_agree() {
    expect "$1: both are up" lab_until 15 are_up "$2" "$3"
    expect "$1: the algorithms in the peer's status" "$2_describes" "$3"
    expect "$1: the same SPIs at both ends" cell_same_spis ikewise "${lab_across[$3]}" "$2" "$3"
}

are_up() {
    ikewise_is_up "${lab_across[$2]}" && "$1_is_up" "$2"
}

# libreswan as a user's end begins anew at once.
has_ended() {
    [ "$("$1_current_spis" west)" != "$2" ]
}

# A cell of docs/interop.md.
note_result() {
    local result=up
    [ "$lab_failures" = 0 ] || result=fails
    lab_result "$1" "$([ -n "$hybrid" ] && echo hybrid || echo "XAUTH + mode config")" "$2" "$result"
}

# client NAME NAT GATEWAY [MODE]
client() {
    local name=$1 address
    lab_up "$2"
    cell_choose users no-pfs "$2"
    cell[plugins]="xauth-generic attr unity"
    [ "${4:-aggressive}" = main ] || cell[aggressive]=yes
    unset "cell[password]"
    if [ "$3" = ikewise ]; then
        gateway_start "$name" || return
    else
        [ "$3" != strongswan ] || strongswan_certificates east
        "$3_start" east || { not_ok "$name: $3 starts"; return; }
    fi
    client_start "$name" || return
    successor_sink west east-host
    if expect "$name: we have an address" lab_until 15 client_address; then
        address=$(client_address)
        expect "$name: and a route" has_route
        expect "$name: we say that we have it" says "$(ikewise_logs west)" "the gateway has given us the address $pool.*"
        both_agree "$name" "$3" east
        carries_traffic "$name" "$3" east
        each_rekeys "$name" west "$3" east west "${lab_host[east]}" east-host "$address"
        if [ "$3" = ikewise ]; then
            expect "$name: its delete" quietly ikewise east clear crypto isakmp sa
        else
            expect "$name: its delete" quietly "$3_down" east
        fi
        expect "$name: and we begin anew" lab_until 20 given_twice
        lab_until 10 are_up "$3" east
        expect "$name: our end" quietly ikewise_stop west
        expect "$name: leaves no rule" [ -z "$(lab_in west ip rule | grep -E '^45[0-9]:')" ]
        expect "$name: and no SA there" lab_until 5 "${3}_is_gone" east
    fi
    expect "$name: no log has the password" [ "$(grep -c "$password" "$(ikewise_logs west)")" = 0 ]
    note_result "${title[$3]}" initiator
    [ "$3" != ikewise ] || note_result ikewise responder
    # shellcheck disable=SC2046
    show_logs "$(ikewise_logs west)" $("${3}_logs" east)
}

quietly() {
    "$@" >/dev/null 2>&1
}

says() {
    grep -h -m 1 -o "$2" "$1"
}

show_logs() {
    [ "$lab_failures" = 0 ] || tail -n 60 "$@" 2>&1 | sed 's/^/  | /'
}

# up_typing PASSWORD
up_typing() {
    ./typed.py 'Password for' "$1" ip netns exec "${lab_prefix}west" "$lab_build/src/ikewise" -s "$lab_dir/ikewised-west/control" up "${lab_outer[east]}"
}

# asked NAME: no password is in the file; whoever brings the tunnel up is asked for it, and it is kept for the next time
asked() {
    local shown
    lab_up none
    cell_choose users no-pfs none
    cell[aggressive]=yes cell[password]=
    gateway_start "$1" || return
    client_start "$1" || return
    shown=$(ikewise west up "${lab_outer[east]}" </dev/null 2>&1) && not_ok "$1: a tunnel without a password"
    expect "$1: a script is told why not" grep -o 'the password of the user is not in the configuration.*' <<<"$shown"
    expect "$1: nothing is begun by itself" [ "$(grep -c 'IKE Initiator' "$(ikewise_logs west)")" = 0 ]
    shown=$(up_typing looking-glass) && not_ok "$1: a tunnel with a wrong password"
    expect "$1: a wrong one is refused" grep -o 'USER_NOT_TAKEN' <<<"$shown"
    lab_until 5 ikewise_is_gone west
    shown=$(up_typing "$password") || not_ok "$1: the right one: $shown"
    expect "$1: nothing of it is shown" [ "$(grep -c "$password" <<<"$shown")" = 0 ]
    expect "$1: we have an address" lab_until 15 client_address
    expect "$1: who is up is asked nothing" quietly ikewise west up "${lab_outer[east]}"
    expect "$1: the gateway's delete" quietly ikewise east clear crypto isakmp sa
    expect "$1: and we begin anew, with what was typed" lab_until 20 given_twice
    expect "$1: no log has the password" [ "$(cat "$(ikewise_logs west)" "$(ikewise_logs east)" | grep -c "$password")" = 0 ]
    expect "$1: nor has what is running" [ "$(ikewise west more system:running-config | grep -c "$password")" = 0 ]
    show_logs "$(ikewise_logs west)" "$(ikewise_logs east)"
}

# begin NAME NAT MODE PEER [PASSWORD]
begin() {
    lab_up "$2"
    cell_choose users no-pfs "$2"
    cell[plugins]="xauth-generic attr"
    [ "$3" = main ] || cell[aggressive]=yes cell[local_id]=keyid:$group
    cell[password]=${5:-$password}
    gateway_start "$1" || return
    successor_sink west east-host
    decrypt_begin east
    [ "$4" != strongswan ] || strongswan_certificates west
    "$4_start" west || { not_ok "$1: $4 starts"; return 1; }
}

# tunnel NAME NAT MODE PEER
tunnel() {
    local name=$1 peer=$4 log address before
    begin "$@" || return
    log=$(ikewise_logs east)
    if expect "$name: the user's tunnel" quietly "${peer}_up" west; then
        expect "$name: we say who he is" says "$log" "User ($user) authenticated."
        address=$("${peer}_user_address")
        expect "$name: and which address he has" says "$log" "Assigned private IP address ${address:-?} to remote user"
        both_agree "$name" "$peer" west
        carries_traffic "$name" "$peer" west
        each_rekeys "$name" east "$peer" west east-host "$address"
        expect "$name: his delete" quietly "${peer}_down" west
        expect "$name: leaves no SA here" lab_until 5 ikewise_is_gone east
        expect "$name: again" quietly "${peer}_up" west
        both_agree "$name" "$peer" west
        before=$("${peer}_current_spis" west)
        expect "$name: our delete" quietly ikewise_down east
        expect "$name: is seen there" lab_until 5 has_ended "$peer" "$before"
    fi
    expect "$name: no log has the password" [ "$(grep -c "$password" "$log")" = 0 ]
    note_result "${title[$peer]}" responder
    # shellcheck disable=SC2046
    show_logs "$log" $("${peer}_logs" west)
}

# refused NAME NAT MODE PEER PASSWORD
refused() {
    begin "$@" || return
    strongswan_up west >/dev/null 2>&1 && not_ok "$1: strongSwan has a tunnel"
    expect "$1: strongSwan is refused" says "$lab_dir/charon-west/charon.log" "XAuth authentication of '$user' (myself) failed"
    expect "$1: we say why" says "$(ikewise_logs east)" "AAA user authentication Rejected : reason = Invalid password.*"
    expect "$1: no SA is left" lab_until 5 ikewise_is_gone east
    # shellcheck disable=SC2046
    show_logs "$(ikewise_logs east)" $(strongswan_logs west)
}

has_said() { # log, text, how often
    [ "$(grep -c "$2" "$1")" = "$3" ]
}

has_one_session() {
    ikewise "$1" show vpn-sessiondb ra-ikev1-ipsec >"$lab_dir/sessions"
    [ "$(grep -c "^Username     : $user" "$lab_dir/sessions")" = 1 ] && grep -q "Network Ext. : " "$lab_dir/sessions"
}

# extension NAME: a user's end that comes with the network behind it, and asks for no address
extension() {
    local log
    lab_up none
    cell_choose users no-pfs none
    cell[plugins]="xauth-generic attr"
    cell[aggressive]=yes cell[local_id]=keyid:$group cell[password]=$password cell[extends]=${lab_inner_net[west]}/24
    gateway_start "$1" || return
    log=$(ikewise_logs east)
    strongswan_start west || { not_ok "$1: strongSwan starts"; return 1; }
    strongswan_up west >/dev/null 2>&1 && not_ok "$1: a network without nem"
    expect "$1: without nem it is refused by name" says "$log" "Hardware Client connection rejected!  Network Extension Mode is not allowed for this group!"
    strongswan_down west >/dev/null 2>&1
    ikewise east configure >/dev/null <<<"group-policy STAFF attributes
 nem enable
crypto dynamic-map DYN 10 set reverse-route" || not_ok "$1: nem is enabled"
    expect "$1: with it there is a tunnel" quietly strongswan_up west
    expect "$1: the network is told" says "$log" "Remote network (${lab_inner_net[west]}/255.255.255.0) validated for network extension mode."
    expect "$1: it has a route" lab_until 5 says "$log" "Detected Hardware Client in network extension mode, adding static route for address: ${lab_inner_net[west]}, mask: 255.255.255.0"
    expect "$1: 20 pings from the network" pings west-host "${lab_host[east]}"
    expect "$1: 20 pings to it" pings east-host "${lab_host[west]}"
    ikewise east show vpn-sessiondb ra-ikev1-ipsec >"$lab_dir/sessions"
    expect "$1: the session shows it" says "$lab_dir/sessions" "Network Ext. : ${lab_inner_net[west]}/24"
    expect "$1: and what went through" says "$lab_dir/sessions" "Bytes Tx     : [1-9][0-9]* .*"
    quietly swanctl west --rekey --ike site || not_ok "$1: his phase 1 anew"
    lab_until 10 has_said "$log" "User ($user) authenticated" 3 || not_ok "$1: he is asked anew"
    quietly swanctl west --rekey --child net
    expect "$1: with a new phase 1 and a new pair it is one session" lab_until 10 has_one_session east
    expect "$1: 20 pings from the network still" pings west-host "${lab_host[east]}"
    expect "$1: his delete" quietly strongswan_down west
    expect "$1: leaves no SA here" lab_until 5 ikewise_is_gone east
    expect "$1: and no route" lab_until 5 says "$log" "Terminating tunnel to Hardware Client in network extension mode, deleting static route for address: ${lab_inner_net[west]}, mask: 255.255.255.0"
    # shellcheck disable=SC2046
    show_logs "$log" $(strongswan_logs west)
}

# with NAME CERTIFICATE FUNCTION WORDS...: hybrid, by that certificate of the gateway
with() {
    hybrid=$2
    "$3" "$1" "${@:4}"
}

# by_pam NAME FUNCTION WORDS...: his password is PAM's
by_pam() {
    known_to=pam
    "$2" "$1" "${@:3}"
    says "$(ikewise_logs east)" "AAA user authentication Successful : server = MACHINE : user = $user" >/dev/null ||
        not_ok "$1: it was PAM that knew him"
}

# disabled NAME: PAM says no for another reason than the password; and then it is not there at all, and LOCAL is asked
disabled() {
    known_to=pam
    lab_up none
    cell_choose users no-pfs none
    cell[plugins]="xauth-generic attr"
    cell[aggressive]=yes cell[local_id]=keyid:$group cell[password]=$password
    gateway_start "$1" || return
    strongswan_start west || { not_ok "$1: strongSwan starts"; return 1; }
    gateway_shadow 1
    strongswan_up west >/dev/null 2>&1 && not_ok "$1: a user whose account is over has a tunnel"
    expect "$1: we say why" says "$(ikewise_logs east)" "AAA user authentication Rejected : reason = Account has been disabled : server = MACHINE.*"
    rm "$lab_dir/etc/pam.d/ikewise"
    strongswan_up west >/dev/null 2>&1 && not_ok "$1: a user with another password than LOCAL has a tunnel"
    expect "$1: without its service PAM is not asked" says "$(ikewise_logs east)" "PAM service ikewise cannot be asked: /etc/pam.d/ikewise: No such file.*"
    expect "$1: nor is the service \`other\`" says "$(ikewise_logs east)" "AAA authentication server not accessible : server = MACHINE.*"
    expect "$1: but LOCAL" says "$(ikewise_logs east)" "reason = Invalid password : local database.*"
    expect "$1: no log has the password" [ "$(grep -c "$password" "$(ikewise_logs east)")" = 0 ]
    # shellcheck disable=SC2046
    show_logs "$(ikewise_logs east)" $(strongswan_logs west)
}

# distrusted NAME WHY: a gateway with a certificate that is not the one that the client wants gets no password
distrusted() {
    lab_up none
    cell_choose strong no-pfs none
    cell[aggressive]=yes
    gateway_start "$1" || return
    client_start "$1" || return
    expect "$1: we say why" lab_until 10 says "$(ikewise_logs west)" "$2"
    expect "$1: no user is heard of" [ "$(grep -c 'User (' "$(ikewise_logs east)")" = 0 ]
    expect "$1: there is no address" [ -z "$(client_address)" ]
    show_logs "$(ikewise_logs west)" "$(ikewise_logs east)"
}

declare -A title=([strongswan]=strongSwan [libreswan]=libreswan [ikewise]=ikewise)

#     name                    what
cases="aggressive              tunnel none aggressive strongswan
       aggressive-nat          tunnel west aggressive strongswan
       main                    tunnel none main strongswan
       libreswan               tunnel none aggressive libreswan
       libreswan-nat           tunnel west aggressive libreswan
       wrong-password          refused none aggressive strongswan looking-glass
       pam                     by_pam tunnel none aggressive strongswan
       pam-disabled            disabled
       extension               extension
       client-of-strongswan    client none strongswan
       client-of-libreswan     client none libreswan
       client-of-ikewise       client none ikewise
       client-nat              client west ikewise
       client-asked            asked
       hybrid-main             with rsa tunnel none main strongswan
       hybrid-aggressive       with rsa tunnel west aggressive strongswan
       hybrid-wrong-password   with rsa refused none aggressive strongswan looking-glass
       hybrid-client-main      with rsa client none strongswan main
       hybrid-client           with rsa client west strongswan aggressive
       hybrid-ikewise-main     with rsa client none ikewise main
       hybrid-ikewise          with rsa client west ikewise aggressive
       hybrid-stranger         with stranger distrusted .*CERT_UNTRUSTED.*
       hybrid-other            with other distrusted .*CERT_ID_DIFFERS.*"

strongswan_fetch
libreswan_fetch

lab_cases "$cases" "$@"
