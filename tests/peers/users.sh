#!/bin/bash
# strongSwan as a user's end: XAUTH and mode config, in aggressive and in main mode, behind NAT and not.
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
    [ "$lab_failures" = 0 ] || tail -n 40 "$@" 2>&1 | sed 's/^/  | /'
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
       wrong-password          refused none aggressive looking-glass"

strongswan_fetch

if [ $# = 1 ]; then
    read -r -a row < <(awk -v name="$1" '$1 == name' <<<"$cases")
    [ ${#row[@]} -gt 0 ] || lab_die "no case is called $1"
    "${row[1]}" "${row[0]}" "${row[@]:2}"
    lab_finish
fi

[ $# -gt 0 ] || mapfile -t names < <(awk '{ print $1 }' <<<"$cases")
[ $# = 0 ] || names=("$@")
failed=0
output=$(mktemp -d)
trap 'rm -rf "$output"' EXIT
children=()
for name in "${names[@]}"; do
    "./${0##*/}" "$name" >"$output/$name" 2>&1 </dev/null &
    children+=("$!:$name")
done
for child in "${children[@]}"; do
    wait "${child%%:*}" || failed=1
    cat "$output/${child#*:}"
done
exit $failed
