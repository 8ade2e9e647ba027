# shellcheck shell=bash
# A small internet in network namespaces, for tests with real packets. Source it, then:
#
#   lab_up none|west|east       makes the nodes below; west or east: the router masquerades that side
#   lab_add_ipv6                the same internet with IPv6 beside IPv4
#   lab_in NODE COMMAND...      runs a command there
#   lab_spawn NAME NODE COMMAND...   a daemon there; its output goes to $lab_dir/NAME.log
#   lab_stop NAME [SIGNAL]      ends it, by the pid that was recorded, and waits until it has gone
#   lab_until SECONDS COMMAND...     polls
#   lab_capture NAME NODE INTERFACE FILE   tcpdump that surely listens when this returns; lab_stop NAME ends it
#   lab_transfer FROM TO FILE   a TCP transfer between the two inner hosts; true when the checksum holds
#   ok TEXT / not_ok TEXT / expect TEXT COMMAND...     one line of the report each
#   lab_cases CASES [NAME...]   the rows of a table, side by side; the end of a script
#   lab_down                    also by trap: no namespace, process or file stays
#
#   west-host ---- west ---- router ---- east ---- east-host
#   10.1.0.10  10.1.0.1  198.51.100.2   203.0.113.2  10.2.0.1  10.2.0.10
#
# Names carry our pid, so that labs do not meet; what a killed lab left behind is swept by the next one.

lab_tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
lab_build=${IKEWISE_BUILD:-$lab_tree/build/release}
lab_prefix=ikw-$$-
lab_dir=
lab_failures=0
declare -A lab_pids=()

lab_nodes=(west-host west router east east-host)

#          node       interface  address           other node  interface  address
lab_links="west-host  eth0       10.1.0.10/24      west        inside     10.1.0.1/24
           west       outside    198.51.100.2/24   router      west       198.51.100.1/24
           east       outside    203.0.113.2/24    router      east       203.0.113.1/24
           east-host  eth0       10.2.0.10/24      east        inside     10.2.0.1/24"

declare -A lab_gateway=([west-host]=10.1.0.1 [west]=198.51.100.1 [east]=203.0.113.1 [east-host]=10.2.0.1)
declare -A lab_outer=([west]=198.51.100.2 [east]=203.0.113.2)
declare -A lab_inner_net=([west]=10.1.0.0 [east]=10.2.0.0)                  # each a /24
declare -A lab_inner_gateway=([west]=10.1.0.1 [east]=10.2.0.1)
declare -A lab_host=([west]=10.1.0.10 [east]=10.2.0.10)

declare -A lab_outer6=([west]=2001:db8:1::2 [east]=2001:db8:2::2) lab_router6=([west]=2001:db8:1::1 [east]=2001:db8:2::1)
declare -A lab_inner_net6=([west]=2001:db8:a:: [east]=2001:db8:b::) lab_inner_gateway6=([west]=2001:db8:a::1 [east]=2001:db8:b::1)
declare -A lab_host6=([west]=2001:db8:a::10 [east]=2001:db8:b::10)

declare -A lab_across=([west]=east [east]=west)

lab_die() {
    echo "lab: $*" >&2
    exit 1
}

ok() {
    echo "ok $*"
}

not_ok() {
    echo "not ok $*"
    lab_failures=$((lab_failures + 1))
}

# expect TEXT COMMAND...: what the command printed is what was seen
expect() {
    local text=$1 seen
    shift
    if seen=$("$@" 2>&1); then
        ok "$text${seen:+: ${seen//$'\n'/; }}"
    else
        not_ok "$text${seen:+: ${seen//$'\n'/; }}"
        return 1
    fi
}

lab_in() {
    local node=$1
    shift
    ip netns exec "$lab_prefix$node" "$@"
}

# kill -0 calls a zombie alive, and a zombie stays for seconds where process 1 does not reap
lab_alive() {
    [ -r "/proc/$1/status" ] && ! grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null
}

lab_until() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -le "$deadline" ] || return 1
        sleep 0.05
    done
}

# Each step of the way is an exec, so the recorded pid is the daemon's own. /run is private: fixed paths of
# pid files and sockets do not meet those of this machine, nor those of the other node.
lab_spawn() {
    local name=$1 node=$2
    shift 2
    mkdir -p "$lab_dir/$name.run"
    : >"$lab_dir/$name.log" # now, not when the child comes to it: who waits for a word must not find an earlier run's
    # shellcheck disable=SC2016
    (exec ip netns exec "$lab_prefix$node" unshare -m --propagation private \
        bash -c 'mount --bind "$0" /run && exec "$@"' "$lab_dir/$name.run" "$@") \
        >"$lab_dir/$name.log" 2>&1 </dev/null &
    lab_pids[$name]=$!
}

lab_stop() {
    local name=$1 signal=${2:-TERM} pid=${lab_pids[$1]:-}
    [ -n "$pid" ] || return 0
    kill "-$signal" "$pid" 2>/dev/null
    lab_until 5 lab_ended "$pid" || kill -KILL "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    unset "lab_pids[$name]"
}

lab_ended() {
    ! lab_alive "$1"
}

lab_is_running() {
    [ -n "${lab_pids[$1]:-}" ] && lab_alive "${lab_pids[$1]}"
}

lab_remove_namespaces() {
    local prefix=$1 name pid
    for name in $(ip netns list | awk -v prefix="$prefix" 'index($1, prefix) == 1 { print $1 }'); do
        # a namespace that still has a process would live on without a name
        for pid in $(ip netns pids "$name" 2>/dev/null); do
            kill -KILL "$pid" 2>/dev/null
        done
        ip netns del "$name" 2>/dev/null
    done
}

lab_sweep() {
    local owner
    for owner in $({ ip netns list; ls /tmp; } | sed -n 's/^ikw-\([0-9]*\)-.*/\1/p' | sort -u); do
        [ -d "/proc/$owner" ] || { lab_remove_namespaces "ikw-$owner-"; rm -rf "/tmp/ikw-$owner-"*; }
    done
}

lab_down() {
    local name
    [ -n "$lab_dir" ] || return 0
    for name in "${!lab_pids[@]}"; do
        lab_stop "$name"
    done
    lab_remove_namespaces "$lab_prefix"
    rm -rf "$lab_dir"
    lab_dir=
}

# Offloads off: else captures show bad checksums, and packets are larger than the MTU says.
lab_quiet_interface() {
    lab_in "$1" ethtool -K "$2" tx off tso off gso off gro off >/dev/null 2>&1
}

lab_make_node() {
    local node=$1
    ip netns add "$lab_prefix$node" || lab_die "cannot make network namespaces here"
    ip -n "$lab_prefix$node" link set lo up
    lab_in "$node" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 \
        net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 \
        net.ipv4.conf.all.accept_redirects=0 net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.default.send_redirects=0
    case $node in
    *-host) ;;
    *) lab_in "$node" sysctl -qw net.ipv4.ip_forward=1 ;;
    esac
}

lab_make_link() {
    ip -n "$lab_prefix$1" link add "$2" mtu 1500 type veth peer name "$5" mtu 1500 netns "$lab_prefix$4"
    ip -n "$lab_prefix$1" addr add "$3" dev "$2"
    ip -n "$lab_prefix$4" addr add "$6" dev "$5"
    ip -n "$lab_prefix$1" link set "$2" up
    ip -n "$lab_prefix$4" link set "$5" up
    lab_quiet_interface "$1" "$2"
    lab_quiet_interface "$4" "$5"
}

lab_masquerade() {
    local out=${lab_across[$1]}
    lab_in router nft -f - <<NFT
table ip nat {
    chain postrouting {
        type nat hook postrouting priority 100;
        oifname "$out" masquerade
    }
}
NFT
}

lab_up() {
    local nat=${1:-none} node link
    [ "$(id -u)" = 0 ] || lab_die "network namespaces need root"
    [ -c /dev/net/tun ] || lab_die "no /dev/net/tun here"
    trap lab_down EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    lab_sweep
    lab_dir=$(mktemp -d "/tmp/${lab_prefix}XXXXXX")     # short: a socket's path has 107 characters
    for node in "${lab_nodes[@]}"; do
        lab_make_node "$node"
    done
    while read -r -a link; do
        lab_make_link "${link[@]}"
    done <<<"$lab_links"
    for node in "${!lab_gateway[@]}"; do
        ip -n "$lab_prefix$node" route add default via "${lab_gateway[$node]}"
    done
    [ "$nat" = none ] || lab_masquerade "$nat"
}

lab_add_ipv6() {
    local node side
    for node in "${lab_nodes[@]}"; do
        lab_in "$node" sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0 \
            net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
        [[ $node == *-host ]] || lab_in "$node" sysctl -qw net.ipv6.conf.all.forwarding=1
    done
    for side in west east; do
        ip -n "$lab_prefix$side" addr add "${lab_outer6[$side]}/64" dev outside nodad
        ip -n "$lab_prefix$side" addr add "${lab_inner_gateway6[$side]}/64" dev inside nodad
        ip -n "${lab_prefix}router" addr add "${lab_router6[$side]}/64" dev "$side" nodad
        ip -n "$lab_prefix$side-host" addr add "${lab_host6[$side]}/64" dev eth0 nodad
        ip -n "$lab_prefix$side" route add default via "${lab_router6[$side]}"
        ip -n "$lab_prefix$side-host" route add default via "${lab_inner_gateway6[$side]}"
    done
}

# The address under which NODE is seen from the other side, behind the router's NAT if there is one.
lab_seen_address() {
    local node=$1 nat=$2
    if [ "$node" = "$nat" ]; then
        echo "${lab_gateway[${lab_across[$node]}]}"
    else
        echo "${lab_outer[$node]}"
    fi
}

lab_capture() {
    local name=$1 node=$2 interface=$3 file=$4
    shift 4
    lab_spawn "$name" "$node" tcpdump --immediate-mode -U -Z root -n -s 0 -i "$interface" -w "$file" "$@"
    lab_until 5 grep -q 'listening on' "$lab_dir/$name.log" || lab_die "tcpdump: $(cat "$lab_dir/$name.log")"
}

# lab_answered NODE ADDRESS COUNT [OPTION...]: the first COUNT echo requests, all answered, however late. ping alone would not do: it
# waits for the last answers no longer than twice the time that the others took, and with -w it sends more than COUNT when
# they are late.
lab_answered() {
    local node=$1 address=$2 count=$3
    shift 3
    lab_in "$node" ping -n -i 0.05 -c "$count" -w $((count / 5 + 6)) "$@" "$address" | awk -v count="$count" '
        match($0, /icmp_seq=[0-9]+/) && /bytes from/ { is_answered[substr($0, RSTART + 9, RLENGTH - 9) + 0] = 1 }
        END { for (i = 1; i <= count; i++) answers += is_answered[i]
              print answers + 0 " of the first " count " pings answered"
              exit answers != count }'
}

# lab_ping FROM TO COUNT [INTERVAL]: so between inner hosts.
lab_ping() {
    lab_answered "$1-host" "${lab_host[$2]}" "$3" -i "${4:-0.05}"
}

# So, once one has come back: of what comes before its half of a new pair is in place, a peer that is kept from its processor may
# lose some. For labs that are about something else.
lab_ping_settled() {
    lab_until 10 lab_ping "$1" "$2" 1
    lab_ping "$@"
}

# The receiver's checksum against the file's. Prints the size and the speed.
lab_transfer() {
    local from=$1 to=$2 file=$3 port=7001 name=tcp-$1-$2 program=$lab_build/tests/peers/tcp_copy
    local started ended sent received
    sent=$(sha256sum <"$file")
    lab_spawn "$name" "$to-host" bash -c "timeout 180 '$program' receive $port | sha256sum"
    lab_until 5 grep -q listening "$lab_dir/$name.log" || { echo "no receiver: $(cat "$lab_dir/$name.log")"; return 1; }
    started=$(date +%s%N)
    lab_in "$from-host" timeout 180 "$program" send "${lab_host[$to]}" $port <"$file" ||
        { echo "the sender failed"; return 1; }
    lab_until 180 lab_ended "${lab_pids[$name]}"
    ended=$(date +%s%N)
    lab_stop "$name"
    received=$(grep -v listening "$lab_dir/$name.log")
    awk -v size="$(stat -c %s "$file")" -v ns=$((ended - started)) \
        'BEGIN { printf "%.1f MB, %.0f Mbit/s, ", size / 1e6, size * 8000 / ns }'
    if [ "$sent" = "$received" ]; then
        echo "SHA-256 ${sent:0:12} at both ends"
    else
        echo "SHA-256 ${sent:0:12} sent, ${received:0:12} received"
        return 1
    fi
}

lab_finish() {
    lab_down
    [ "$lab_failures" = 0 ]
    exit
}

# lab_each NAME...: this script once with each name, each in a process and a lab of its own, side by side. False: one failed.
lab_each() {
    local name child output failed=0 children=()
    output=$(mktemp -d)
    for name in "$@"; do
        "./${0##*/}" "$name" >"$output/$name" 2>&1 </dev/null &
        children+=("$!:$name")
    done
    for child in "${children[@]}"; do
        wait "${child%%:*}" || failed=1
        cat "$output/${child#*:}"
    done
    rm -rf "$output"
    return $failed
}

# lab_names ROWS: the first word of each.
lab_names() {
    awk '{ print $1 }' <<<"$1"
}

# lab_cases CASES [NAME...]: CASES has a row each: its name, the function that runs it, its words. One name: that one, in
# this process. Several, or none for all: lab_each.
lab_cases() {
    local cases=$1 names row
    shift
    names=("$@")
    if [ $# = 1 ]; then
        read -r -a row < <(awk -v name="$1" '$1 == name' <<<"$cases")
        [ ${#row[@]} -gt 0 ] || lab_die "no case is called $1"
        "${row[1]}" "${row[0]}" "${row[@]:2}"
        lab_finish
    fi
    [ $# -gt 0 ] || mapfile -t names < <(lab_names "$cases")
    lab_each "${names[@]}"
    exit
}
