#!/bin/bash
# strongSwan as a user's end, and ikewise as one of strongSwan and of ikewise: XAUTH and mode config, in aggressive and in
# main mode, behind NAT and not; by the key of a group, and hybrid.
#
#   tests/peers/users.sh            all of it, side by side
#   tests/peers/users.sh NAME...
set -u
cd "$(dirname "$0")" || exit 1
. ./lab.sh
. ./cell.sh
. ./strongswan.sh
. ./ikewise.sh
. ./user_gateway.sh

strongswan_write_connections() {
    [ "$1" = west ] || { strongswan_gateway; return; }
    cat <<CONF
connections {
    site {
        version = 1
        aggressive = ${cell[aggressive]:-no}
        local_addrs = ${lab_outer[west]}
        remote_addrs = ${lab_outer[east]}
        proposals = aes256-sha1-modp2048
        vips = 0.0.0.0
$(strongswan_user)
        children {
            net {
                remote_ts = ${lab_inner_net[east]}/24
                esp_proposals = aes256-sha1
            }
        }
    }
}
secrets {
    ike-site {
        secret = "$cell_key"
    }
    xauth-$user {
        id = $user
        secret = "${cell[password]:-$password}"
    }
}
CONF
}

strongswan_user() {
    local shows="${cell[local_id]:+id = ${cell[local_id]}}"
    if [ -n "$hybrid" ]; then
        cat <<CONF
        local-1 {
            auth = xauth
            xauth_id = $user
            $shows
        }
        remote-1 {
            auth = pubkey
            id = "$(cell_subject east)"
        }
CONF
        return
    fi
    cat <<CONF
        local-1 {
            auth = psk
            $shows
        }
        local-2 {
            auth = xauth
            xauth_id = $user
        }
        remote-1 {
            auth = psk
            id = %any
        }
CONF
}

strongswan_proof() {
    if [ -n "$hybrid" ]; then
        cat <<CONF
        local-1 {
            auth = pubkey
            certs = own.pem
            id = "$(cell_subject east)"
        }
        remote-1 {
            auth = xauth
        }
CONF
        return
    fi
    cat <<CONF
        local-1 {
            auth = psk
        }
        remote-1 {
            auth = psk
            id = keyid:$group
        }
        remote-2 {
            auth = xauth
        }
CONF
}

strongswan_gateway() {
    cat <<CONF
connections {
    site {
        version = 1
        aggressive = ${cell[aggressive]:-no}
        local_addrs = ${lab_outer[east]}
        remote_addrs = %any
        proposals = aes256-sha1-modp2048
        pools = users
$(strongswan_proof)
        children {
            net {
                local_ts = 0.0.0.0/0
                esp_proposals = aes256-sha1
            }
        }
    }
}
pools {
    users {
        addrs = $pool.10-$pool.20
        dns = 10.2.0.53
        split_include = ${lab_inner_net[east]}/24
    }
}
secrets {
    ike-site {
        secret = "$cell_key"
    }
    xauth-$user {
        id = $user
        secret = "$password"
    }
}
CONF
}

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
vpnclient username $user password ${cell[password]:-$password}
vpnclient enable
CONF
}

client_start() {
    mkdir -p "$lab_dir/ikewised-west"
    client_configuration >"$lab_dir/ikewised-west/ikewise.conf"
    ikewise_start west || { not_ok "$1: ikewise starts as a client"; return 1; }
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

# What strongSwan is given beside its configuration, as a gateway and as a user.
strongswan_certificates() {
    local dir=$lab_dir/charon-$1
    [ -n "$hybrid" ] || return 0
    mkdir -p "$dir"/{x509,x509ca,private}
    cp "$certificates/root.pem" "$dir/x509ca/"
    [ "$1" = west ] && return
    cp "$certificates/east-$hybrid.pem" "$dir/x509/own.pem"
    cp "$certificates/east-$hybrid.key" "$dir/private/own.key"
}

# client NAME NAT GATEWAY [MODE]
client() {
    local name=$1
    lab_up "$2"
    cell_choose strong no-pfs "$2"
    cell[aggressive]=$([ "${4:-aggressive}" = main ] && echo no || echo yes)
    cell[plugins]="xauth-generic attr unity"
    if [ "$3" = strongswan ]; then
        strongswan_certificates east
        strongswan_start east || { not_ok "$name: strongSwan starts"; return; }
    else
        gateway_start "$name" || return
    fi
    client_start "$name" || return
    if expect "$name: we have an address" lab_until 15 client_address; then
        expect "$name: of the pool" client_address
        expect "$name: and a route" has_route
        expect "$name: 20 pings from the user" pings west "${lab_host[east]}"
        expect "$name: 20 pings to the user" pings east-host "$(client_address)"
        expect "$name: we say that we have it" says "$(ikewise_logs west)" "the gateway has given us the address $pool.*"
        if [ "$3" = strongswan ]; then
            expect "$name: its delete" quietly strongswan_down east
        else
            expect "$name: its delete" quietly ikewise east clear crypto isakmp sa
        fi
        expect "$name: and we begin anew" lab_until 20 given_twice
        lab_until 10 both_know "$3"
        expect "$name: our end" quietly ikewise_stop west
        expect "$name: leaves no rule" [ -z "$(lab_in west ip rule | grep -E '^45[0-9]:')" ]
        expect "$name: and no SA there" lab_until 5 "${3}_is_gone" east
    fi
    expect "$name: no log has the password" [ "$(grep -c "$password" "$(ikewise_logs west)")" = 0 ]
    # shellcheck disable=SC2046
    show_logs "$(ikewise_logs west)" $("${3}_logs" east)
}

both_know() {
    "${1}_is_up" east
}

quietly() {
    "$@" >/dev/null
}

says() {
    grep -h -m 1 -o "$2" "$1"
}

address() {
    swanctl west --list-sas | sed -n "s/.*\\[\\($pool\\.[0-9]*\\)\\].*/\\1/p" | head -1
}

pings() {
    lab_in "$1" ping -n -q -c 20 -i 0.05 -W 2 -w 30 ${3:+-I "$3"} "$2" | grep -o '20 packets transmitted, 20 received'
}

show_logs() {
    [ "$lab_failures" = 0 ] || tail -n 60 "$@" 2>&1 | sed 's/^/  | /'
}

begin() {
    lab_up "$2"
    cell_choose strong no-pfs "$2"
    cell[plugins]="xauth-generic attr"
    [ "$3" = main ] || cell[aggressive]=yes cell[local_id]=keyid:$group
    cell[password]=${4:-$password}
    gateway_start "$1" || return
    strongswan_certificates west
    strongswan_start west || { not_ok "$1: strongSwan starts"; return 1; }
}

# tunnel NAME NAT MODE
tunnel() {
    local name=$1 log
    begin "$@" || return
    log=$(ikewise_logs east)
    if expect "$name: the user's tunnel" quietly strongswan_up west; then
        expect "$name: we say who he is" says "$log" "User ($user) authenticated."
        expect "$name: and which address he has" says "$log" "Assigned private IP address $(address) to remote user"
        expect "$name: 20 pings from the user" pings west "${lab_host[east]}" "$(address)"
        expect "$name: 20 pings to the user" pings east-host "$(address)"
        expect "$name: his delete" quietly strongswan_down west
        expect "$name: leaves no SA here" lab_until 5 ikewise_is_gone east
        expect "$name: again" quietly strongswan_up west
        expect "$name: our delete" ikewise east clear crypto isakmp sa
        expect "$name: leaves no SA there" lab_until 5 strongswan_is_gone west
    fi
    # shellcheck disable=SC2046
    show_logs "$log" $(strongswan_logs west)
}

# refused NAME NAT MODE PASSWORD
refused() {
    begin "$@" || return
    strongswan_up west >/dev/null 2>&1 && not_ok "$1: strongSwan has a tunnel"
    expect "$1: strongSwan is refused" says "$lab_dir/charon-west/charon.log" "XAuth authentication of '$user' (myself) failed"
    expect "$1: we say why" says "$(ikewise_logs east)" "AAA user authentication Rejected : reason = Invalid password.*"
    expect "$1: no SA is left" lab_until 5 ikewise_is_gone east
    # shellcheck disable=SC2046
    show_logs "$(ikewise_logs east)" $(strongswan_logs west)
}

# with NAME CERTIFICATE FUNCTION WORDS...: hybrid, by that certificate of the gateway
with() {
    hybrid=$2
    "$3" "$1" "${@:4}"
}

# shown NAME PEER ROLE FUNCTION WORDS...: hybrid, as a cell of docs/interop.md
shown() {
    with "$1" rsa "${@:4}"
    lab_result "$2" hybrid "$3" "$([ "$lab_failures" = 0 ] && echo up || echo fails)"
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

#     name                    what
cases="aggressive              tunnel none aggressive
       aggressive-nat          tunnel west aggressive
       main                    tunnel none main
       wrong-password          refused none aggressive looking-glass
       client-of-strongswan    client none strongswan
       client-of-ikewise       client none ikewise
       client-nat              client west ikewise
       hybrid-main             shown strongSwan responder tunnel none main
       hybrid-aggressive       shown strongSwan responder tunnel west aggressive
       hybrid-wrong-password   with rsa refused none aggressive looking-glass
       hybrid-client-main      shown strongSwan initiator client none strongswan main
       hybrid-client           shown strongSwan initiator client west strongswan aggressive
       hybrid-ikewise-main     shown ikewise initiator client none ikewise main
       hybrid-ikewise          shown ikewise responder client west ikewise aggressive
       hybrid-stranger         with stranger distrusted .*CERT_UNTRUSTED.*
       hybrid-other            with other distrusted .*CERT_ID_DIFFERS.*"

strongswan_fetch

lab_cases "$cases" "$@"
