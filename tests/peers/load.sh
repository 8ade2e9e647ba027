# shellcheck shell=bash
# One gateway and many peers with an address each, in two network namespaces. Source it after lab.sh, then:
#
#   load_up                          the two nodes: peers and gateway
#   load_shell WORDS...              the shell on that ikewised
#   load_key_file                    prints where the key is
#   load_ikewised_start COUNT        a gateway with COUNT crypto map entries; load_attribute: a line more of each tunnel-group
#   load_charon_start                strongSwan: one connection for any peer
#   load_run OPTIONS...              ikewise-load against the gateway, in the background; load_line waits for its report
#   load_line up|down                prints the line of that word, or fails when ikewise-load ended without it
#   load_cpu_s NAME / load_rss_kib NAME      of a daemon that lab_spawn started
#
# The peers' addresses are 10.64.0.1 and up, all of 10.64.0.0/16 being local to that node.

load_key=many-peers-one-key

# shellcheck disable=SC2034
load_up() {
    lab_nodes=(peers gateway)
    lab_links="peers eth0 198.51.100.1/24 gateway outside 198.51.100.2/24"
    lab_gateway=()
    lab_up none
    ip -n "${lab_prefix}peers" route add local 10.64.0.0/16 dev lo
    ip -n "${lab_prefix}gateway" route add 10.64.0.0/16 via 198.51.100.1
    ip -n "${lab_prefix}gateway" addr add 10.2.0.1/32 dev lo
    (umask 077 && echo "$load_key" >"$lab_dir/key")
}

load_key_file() {
    echo "$lab_dir/key"
}

# 10.64.0.0 or 172.16.0.0 plus N
load_address() {
    echo "$1.$(($2 / 256)).$(($2 % 256))"
}

load_ikewised_configuration() {
    local count=$1 group=${2:-14}
    cat <<CONF
hostname gateway
!
interface GigabitEthernet0/0
 nameif outside
 security-level 0
 ip address 198.51.100.2 255.255.255.0
!
crypto ipsec ikev1 transform-set TS esp-aes-256 esp-sha256-hmac
crypto ikev1 enable outside
crypto ikev1 policy 10
 authentication pre-share
 encryption aes-256
 hash sha256
 group $group
 lifetime 86400
!
CONF
    [ "$group" != 2 ] || echo "crypto ikev1 weak-algorithms"
    seq "$count" | awk -v key="$load_key" -v attribute="${load_attribute:-}" '{
        peer = sprintf("10.64.%d.%d", $1 / 256, $1 % 256)
        printf "access-list VPN%d extended permit ip 10.2.0.0 255.255.255.0 host 172.16.%d.%d\n", $1, $1 / 256, $1 % 256
        printf "crypto map OUTSIDE %d match address VPN%d\n", $1, $1
        printf "crypto map OUTSIDE %d set peer %s\n", $1, peer
        printf "crypto map OUTSIDE %d set ikev1 transform-set TS\n", $1
        printf "tunnel-group %s type ipsec-l2l\n", peer
        printf "tunnel-group %s ipsec-attributes\n ikev1 pre-shared-key %s\n", peer, key
        if (attribute) print " " attribute }'
    echo "crypto map OUTSIDE interface outside"
}

load_ikewised_start() {
    local dir=$lab_dir/ikewised-gateway
    mkdir -p "$dir"
    (umask 077 && load_ikewised_configuration "$@" >"$dir/ikewise.conf")
    lab_spawn ikewised-gateway gateway "$lab_build/src/ikewised" -f "$dir/ikewise.conf" -s "$dir/control"
    lab_until 30 load_ikewised_answers && lab_is_running ikewised-gateway
}

load_ikewised_answers() {
    ! lab_is_running ikewised-gateway || load_shell show crypto isakmp sa
}

load_shell() {
    timeout 60 "$lab_build/src/ikewise" -s "$lab_dir/ikewised-gateway/control" "$@"
}

# Nothing is logged, and the table of SAs is a hash table: charon at its best.
strongswan_write_daemon_conf() {
    cat <<CONF
charon {
    load = random nonce openssl aes sha1 sha2 hmac kdf pem pkcs1 x509 pubkey constraints kernel-libipsec kernel-netlink \
        socket-default vici counters
    threads = 16
    dos_protection = no
    ikesa_table_size = 4096
    ikesa_table_segments = 16
    filelog {
        log {
            path = /peer/charon.log
            default = -1
        }
    }
}
swanctl {
    load = random openssl pem pkcs1 x509 pubkey
}
CONF
}

strongswan_write_connections() {
    cat <<CONF
connections {
    any {
        version = 1
        local_addrs = 198.51.100.2
        remote_addrs = %any
        proposals = aes256-sha256-modp${load_modp:-2048}
        rekey_time = 24h
        local-1 {
            auth = psk
        }
        remote-1 {
            auth = psk
            id = %any
        }
        children {
            net {
                local_ts = 10.2.0.0/24
                remote_ts = 172.16.0.0/12
                esp_proposals = aes256-sha256
                rekey_time = 24h
            }
        }
    }
}
secrets {
    ike-any {
        secret = "$load_key"
    }
}
CONF
}

load_charon_start() {
    strongswan_fetch
    strongswan_start gateway
}

load_run() {
    lab_spawn load peers "$lab_build/src/ikewise-load" --target 198.51.100.2 --key-file "$(load_key_file)" "$@"
}

load_line_or_end() {
    grep -q "^$1 " "$lab_dir/load.log" || ! lab_is_running load
}

load_line() {
    lab_until "${2:-120}" load_line_or_end "$1"
    grep "^$1 " "$lab_dir/load.log" || { cat "$lab_dir/load.log"; return 1; }
}

load_cpu_s() {
    awk -v hz="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); print ($12 + $13) / hz }' "/proc/${lab_pids[$1]}/stat"
}

load_rss_kib() {
    awk '/^VmRSS:/ { print $2 }' "/proc/${lab_pids[$1]}/status"
}
