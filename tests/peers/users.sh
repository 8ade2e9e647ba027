#!/bin/bash
# strongSwan as a user's end, and ikewise as one of strongSwan and of ikewise: XAUTH and mode config, in aggressive and in
# main mode, behind NAT and not.
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
        local-1 {
            auth = psk
            ${cell[local_id]:+id = ${cell[local_id]}}
        }
        local-2 {
            auth = xauth
            xauth_id = $user
        }
        remote-1 {
            auth = psk
            id = %any
        }
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

strongswan_gateway() {
    cat <<CONF
connections {
    site {
        version = 1
        aggressive = yes
        local_addrs = ${lab_outer[east]}
        remote_addrs = %any
        proposals = aes256-sha1-modp2048
        pools = users
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
 authentication pre-share
 encryption aes-256
 hash sha
 group 14
 lifetime 86400
vpnclient server ${lab_outer[east]}
vpnclient mode client-mode
vpnclient vpngroup $group password $cell_key
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

# client NAME NAT GATEWAY
client() {
    local name=$1
    lab_up "$2"
    cell_choose strong no-pfs "$2"
    cell[plugins]="xauth-generic attr unity"
    if [ "$3" = strongswan ]; then
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

#     name                    what
cases="aggressive              tunnel none aggressive
       aggressive-nat          tunnel west aggressive
       main                    tunnel none main
       wrong-password          refused none aggressive looking-glass
       client-of-strongswan    client none strongswan
       client-of-ikewise       client none ikewise
       client-nat              client west ikewise"

strongswan_fetch

lab_cases "$cases" "$@"
