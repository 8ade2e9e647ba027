# shellcheck shell=bash
# Two gateways with a host behind each, in network namespaces, for a script that has set $ikewised, $work (a folder), $tag and $failed.
# Wants root.
# shellcheck disable=SC2034,SC2154 # set by the script, and read there

host() { ip netns exec "$tag$1" "${@:2}"; }

clean_up() {
    for side in w e; do
        [ -f "$work/$side.pid" ] && kill -KILL "$(cat "$work/$side.pid")" 2>/dev/null
    done
    for n in hw gw ge he; do ip netns del "$tag$n" 2>/dev/null; done
    rm -rf "$work"
}
trap clean_up EXIT

make_network() {
    for n in hw gw ge he; do
        ip netns add "$tag$n" || exit 1
        ip -n "$tag$n" link set lo up
    done
    ip link add out0 netns "${tag}gw" type veth peer name out0 netns "${tag}ge"
    ip link add in0 netns "${tag}gw" type veth peer name in0 netns "${tag}hw"
    ip link add in0 netns "${tag}ge" type veth peer name in0 netns "${tag}he"
    ip -n "${tag}gw" addr add 192.0.2.1/24 dev out0
    ip -n "${tag}ge" addr add 192.0.2.2/24 dev out0
    ip -n "${tag}gw" addr add 10.1.0.1/16 dev in0
    ip -n "${tag}ge" addr add 10.2.0.1/16 dev in0
    ip -n "${tag}hw" addr add 10.1.0.5/16 dev in0
    ip -n "${tag}he" addr add 10.2.0.5/16 dev in0
    for n in gw ge; do
        ip -n "$tag$n" link set out0 up
        host $n sysctl -qw net.ipv4.ip_forward=1
    done
    for n in hw gw ge he; do ip -n "$tag$n" link set in0 up; done
    ip -n "${tag}hw" route add default via 10.1.0.1
    ip -n "${tag}he" route add default via 10.2.0.1
    ip -n "${tag}gw" route add default via 192.0.2.2
    ip -n "${tag}ge" route add default via 192.0.2.1
}

expect() { # sentence, command...
    if "${@:2}" >"$work/out" 2>&1; then
        echo "ok      $1"
    else
        echo "FAILED  $1"
        sed 's/^/        /' "$work/out" | tail -n 20
        failed=1
    fi
}

not() { ! "$@"; }

soon() { # words...: true within five seconds
    for _ in $(seq 50); do
        "$@" && return
        sleep 0.1
    done
    return 1
}

tunnel_to() { # peer: the lines of a configuration that has an access-list VPN
    cat <<EOF
crypto ipsec ikev1 transform-set AES esp-aes-256 esp-sha-hmac
crypto map outside_map 10 match address VPN
crypto map outside_map 10 set peer $1
crypto map outside_map 10 set ikev1 transform-set AES
crypto map outside_map interface outside
crypto ikev1 enable outside
crypto ikev1 policy 10
 authentication pre-share
 encryption aes-256
 hash sha
 group 14
 lifetime 86400
tunnel-group $1 type ipsec-l2l
tunnel-group $1 ipsec-attributes
 ikev1 pre-shared-key a-key-of-this-test
EOF
}

start() { # side
    : >"$work/$1.log"
    ip netns exec "${tag}g$1" "$ikewised" -f "$work/$1.conf" -s "$work/$1.sock" -d >"$work/$1.log" 2>&1 &
    echo $! >"$work/$1.pid"
    for _ in $(seq 300); do
        grep -q "tunnels run" "$work/$1.log" && return
        sleep 0.1
    done
}
