# shellcheck shell=bash
# Drives strongSwan's charon, with ESP in user space (kernel-libipsec), in a node of the lab. See cell.sh.
# It runs chrooted into what fetch.sh unpacked, with /run and its configuration bound in.

strongswan_root=

strongswan_fetch() {
    strongswan_root=$("$lab_tree/tests/peers/fetch.sh") || lab_die "no strongSwan"
}

# An explicit list of plugins: `resolve` would write resolv.conf, `updown` would run scripts.
# kernel-libipsec goes before kernel-netlink, which then only does addresses and routes.
# What its own ESP has not: then it negotiates, and has no data plane (no_esp.c).
strongswan_negotiates_only() {
    [ "${cell[mode]:-tunnel}" = transport ] || [ "${cell[esn]:-no}" = yes ] || [ "${cell[suite]}" = gmac ]
}

strongswan_kernel() {
    strongswan_negotiates_only && echo kernel-netlink || echo kernel-libipsec kernel-netlink
}

strongswan_write_daemon_conf() {
    cat <<CONF
charon {
    load = random nonce openssl aes sha1 sha2 hmac kdf pem pkcs1 x509 pubkey constraints $(strongswan_kernel) \
        socket-default vici counters ${cell[plugins]:-}
    retransmit_tries = 3
    fragment_size = ${cell[fragment_size]:-1280}
    retransmit_timeout = 1.0
    retransmit_base = 1.6
    i_dont_care_about_security_and_use_aggressive_mode_psk = yes
    filelog {
        log {
            path = /peer/charon.log
            time_format = %H:%M:%S
            time_add_ms = yes
            flush_line = yes
            default = 1
            ike = 2
        }
        keys {
            path = /peer/keys.log
            default = -1
            ike = 4
            flush_line = yes
        }
    }
}
swanctl {
    load = random openssl pem pkcs1 x509 pubkey
}
CONF
}

# Any remote identity is taken, unless the cell says one: behind the NAT the peer's is not the address that we see.
strongswan_write_connections() {
    local node=$1 other=${lab_across[$1]} peer key=${2:-$cell_key} dpd="" action=""
    peer=$(cell_peer_address "$node")
    if [ -n "${cell[dpd]:-}" ]; then
        dpd=$'dpd_delay = '${cell[dpd]% *}$'s\n        dpd_timeout = '${cell[dpd]#* }s action="dpd_action = start"
    fi
    cat <<CONF
connections {
    site {
        version = 1
        aggressive = ${cell[aggressive]:-no}
        local_addrs = $(cell_outer "$node")
        remote_addrs = $peer
        proposals = ${cell[ike]}
        rekey_time = 24h
        unique = ${cell[unique]:-no}
        fragmentation = ${cell[fragmentation]:-yes}
        $dpd
$(strongswan_authentication "$node")
        children {
$(strongswan_child "$node" net "$(cell_network east)")
$(for net in $(cell_more_subnets); do strongswan_child "$node" "net-${net//./-}" "$net/24"; done)
        }
    }
}
secrets {
    ike-site {
        secret = "$key"
    }
}
CONF
}

strongswan_authentication() {
    if [ -n "${cell[certificate]:-}" ]; then
        cat <<CONF
        local-1 {
            auth = pubkey
            certs = own.pem
            id = "$(cell_subject "$1")"
        }
        remote-1 {
            auth = pubkey
            id = "$(cell_subject "${lab_across[$1]}")"
        }
CONF
    else
        cat <<CONF
        local-1 {
            auth = psk
            ${cell[local_id]:+id = ${cell[local_id]}}
        }
        remote-1 {
            auth = psk
            id = ${cell[remote_id]:-%any}
        }
CONF
    fi
}

# strongswan_child NODE NAME EAST-NETWORK
strongswan_child() {
    local mine theirs=$3
    mine=$(cell_network west)
    [ "$1" = west ] || theirs=$mine mine=$3
    if [ "${cell[mode]:-tunnel}" = transport ]; then
        mine="dynamic" theirs="dynamic"
    fi
    cat <<CONF
            $2 {
                mode = ${cell[mode]:-tunnel}
                local_ts = $mine
                remote_ts = $theirs
                esp_proposals = ${cell[esp]}$([ "${cell[esn]:-no}" = no ] || echo -esn)
                rekey_time = 8h
                $action
            }
CONF
}

strongswan_start() {
    local node=$1 dir=$lab_dir/charon-$1
    mkdir -p "$dir"/{x509,x509ca,x509ocsp,x509aa,x509ac,x509crl,pubkey,private,rsa,ecdsa,bliss,pkcs8,pkcs12}  # or it complains of each
    if [ -n "${cell[certificate]:-}" ]; then
        cp "$lab_tree/tests/certificates/$node-${cell[certificate]}.pem" "$dir/x509/own.pem"
        cp "$lab_tree/tests/certificates/$node-${cell[certificate]}.key" "$dir/private/own.key"
        cp "$lab_tree/tests/certificates/root.pem" "$dir/x509ca/"
    fi
    if [ -z "${cell[is_written]:-}" ]; then
        strongswan_write_daemon_conf >"$dir/strongswan.conf"
        strongswan_write_connections "$node" >"$dir/swanctl.conf"
    fi
    local loader=()
    if strongswan_negotiates_only; then
        cc -D_GNU_SOURCE -O2 -shared -fPIC -o "$dir/no_esp.so" "$lab_tree/tests/peers/no_esp.c" || return 1
        loader=("$(echo "$strongswan_root"/lib*/ld-linux*.so.* | sed "s|^$strongswan_root||")" --preload /peer/no_esp.so)
    fi
    # shellcheck disable=SC2016
    lab_spawn "charon-$node" "$node" bash -c '
        mount --bind "$1" "$0/peer" && mount --rbind /run "$0/run" && mount --rbind /dev "$0/dev" &&
            mount -t proc proc "$0/proc" && shift && STRONGSWAN_CONF=/peer/strongswan.conf exec chroot "$0" "$@"' \
        "$strongswan_root" "$dir" "${loader[@]}" /usr/lib/ipsec/charon
    lab_until 10 swanctl "$node" --stats && swanctl "$node" --load-all --noprompt >>"$lab_dir/charon-$node.log" 2>&1
}

# swanctl NODE COMMAND...: inside the daemon's own root, where its socket has the path it expects.
swanctl() {
    local pid=${lab_pids[charon-$1]}
    shift
    lab_alive "$pid" && SWANCTL_DIR=/peer STRONGSWAN_CONF=/peer/strongswan.conf \
        nsenter --target "$pid" --mount --root /usr/sbin/swanctl "$@"
}

strongswan_stop() {
    lab_stop "charon-$1"
}

strongswan_logs() {
    echo "$lab_dir/charon-$1.log $lab_dir/charon-$1/charon.log"
}

strongswan_up() {
    local net
    swanctl "$1" --initiate --child net --timeout 15 || return
    for net in $(cell_more_subnets); do
        swanctl "$1" --initiate --child "net-${net//./-}" --timeout 15 || return
    done
}

strongswan_provoke() {
    strongswan_up "$1"
}

strongswan_down() {
    swanctl "$1" --terminate --ike site --timeout 10
}

strongswan_is_up() {
    swanctl "$1" --list-sas | grep -q 'INSTALLED'
}

strongswan_is_gone() {
    local sas
    sas=$(swanctl "$1" --list-sas) && [ -z "$sas" ]
}

strongswan_spis() {
    swanctl "$1" --list-sas | awk '$1 == "in" && !i { i = $2 } $1 == "out" && !o { o = $2 }
                                   END { gsub(",", "", i); gsub(",", "", o); print i, o }'
}

# It keeps the pairs that were replaced, as REKEYED, until their lifetime ends or the peer deletes them. When both ends
# began a successor, both are INSTALLED, and it sends on the one that was up last.
strongswan_current_spis() {
    swanctl "$1" --list-sas | awk '
        /: #[0-9]/ { is_current = / net: #.*INSTALLED/ }
        { gsub(",", "") }
        is_current && $1 == "in" { i = $2 }
        is_current && $1 == "out" { print i, $2 }'
}

strongswan_describe() {
    swanctl "$1" --list-sas | awk '/ESTABLISHED/ { gsub(",", ""); print $3 }
                                   /^ +AES|^ +3DES/ { print $1 }
                                   /INSTALLED/ { sub(/^ *net: /, ""); gsub(",", ""); print }' | paste -sd ' '
}

strongswan_describes() {
    local shown
    shown=$(strongswan_describe "$1")
    echo "$shown"
    [[ $shown == *"${cell[ike_shown]}"* && $shown == *"ESP:${cell[esp_shown]}"* ]]
}

# Of the SA that stands: "COOKIE,KEY", a row of Wireshark's ikev1_decryption_table.
strongswan_export_keys() {
    local node=$1 file=$2 cookie key
    cookie=$(swanctl "$node" --list-sas | sed -n 's/.*IKEv1, \([0-9a-f]*\)_i.*/\1/p')
    key=$(awk '/encryption key Ka =>/ { key = ""; in_key = 1; next }
               in_key && match($0, / [0-9]+: ([0-9A-F][0-9A-F] )+/) {
                   row = substr($0, RSTART, RLENGTH); sub(/.*:/, "", row); gsub(/ /, "", row); key = key row; next }
               { in_key = 0 }
               END { print tolower(key) }' "$lab_dir/charon-$node/keys.log")
    echo "$cookie,$key" >"$file"
}

strongswan_rekey() {
    swanctl "$1" --rekey --child net
}

strongswan_rekey_isakmp() {
    swanctl "$1" --rekey --ike site
}
