# shellcheck shell=bash
# Drives libreswan's pluto in a node of the lab, chrooted into what fetch_libreswan.sh unpacked. See cell.sh. The kernel may
# be one without ESP: its SAs and policies are not installed (no_esp.c), so it negotiates and has no data plane.
#

libreswan_root=

#                suite   ike                         esp              shown for phase 1                   for phase 2
libreswan_suites="strong  aes256-sha2_256;modp2048    aes256-sha2_256  AES_CBC_256-HMAC_SHA2_256-MODP2048  AES_CBC_256-HMAC_SHA2_256_128
                  gcm     aes256-sha2_256;modp2048    aes_gcm256       AES_CBC_256-HMAC_SHA2_256-MODP2048  AES_GCM_16_256-NONE
                  users   aes256-sha1;modp2048        aes256-sha1      AES_CBC_256-HMAC_SHA1-MODP2048      AES_CBC_256-HMAC_SHA1_96"

# The row of the cell's suite, into `suite`.
libreswan_suite() {
    read -r -a suite < <(awk -v suite="${cell[suite]}" '$1 == suite' <<<"$libreswan_suites")
}

libreswan_fetch() {
    libreswan_root=$("$lab_tree/tests/peers/fetch_libreswan.sh") || lab_die "no libreswan"
}

libreswan_write_conf() {
    local node=$1 other=${lab_across[$1]} peer suite
    peer=$(cell_peer_address "$node")
    libreswan_suite
    cat <<CONF
config setup
    ikev1-policy=accept
    plutodebug=none

conn site
    keyexchange=ike
    ikev2=no
    type=${cell[mode]:-tunnel}
    left=$(cell_outer "$node")
    right=$peer
$([ "${cell[mode]:-tunnel}" = transport ] ||
    printf '    leftsubnet=%s\n    rightsubnet=%s' "$(cell_network "$node")" "$(cell_network "$other")")
    ike=${suite[1]}
    esp=${suite[2]}$([ "${cell[pfs]}" = no-pfs ] || echo ";modp2048")
    pfs=$([ "${cell[pfs]}" = pfs ] && echo yes || echo no)
    aggressive=${cell[aggressive]:-no}
    fragmentation=${cell[fragmentation]:-yes}
    rekey=no
    leftupdown=%disabled
    auto=add
CONF
    [ -z "${cell[dpd]:-}" ] ||
        printf '    dpddelay=%s\n    dpdtimeout=%s\n    dpdaction=clear\n' "${cell[dpd]% *}" "${cell[dpd]#* }"
    if [ -n "${cell[certificate]:-}" ]; then
        cat <<CONF
    authby=${cell[libreswan_authby]:-rsasig}
    leftcert=own
    leftsendcert=always
    leftid=%fromcert
    rightid=%fromcert
    rightca=%any
CONF
    else
        echo "    authby=secret"
        [ -z "${cell[local_id]:-}" ] || echo "    leftid=${cell[local_id]}"
        # behind the NAT the peer's identity is not the address that we see
        [ "$other" != "${cell[nat]}" ] || echo "    rightid=${cell[remote_id]:-${lab_outer[$other]}}"
    fi
    libreswan_more_subnets "$node"
}

libreswan_more_subnets() {
    local net
    for net in $(cell_more_subnets); do
        printf '\nconn site-%s\n    also=site\n' "$net"
        if [ "$1" = east ]; then
            echo "    leftsubnet=$net/24"
        else
            echo "    rightsubnet=$net/24"
        fi
    done
}

libreswan_in_root() {
    local dir=$1
    shift
    # shellcheck disable=SC2016
    unshare -m --propagation private bash -c 'mount --bind "$1" "$0/peer" && mount --rbind /dev "$0/dev" && shift && exec chroot "$0" "$@"' \
        "$libreswan_root" "$dir" "$@"
}

libreswan_loader() {
    echo "$libreswan_root"/lib*/ld-linux*.so.* | sed "s|^$libreswan_root||"
}

libreswan_make_database() {
    local node=$1 dir=$2 folder=$lab_tree/tests/certificates
    mkdir -p "$dir/nss"
    libreswan_in_root "$dir" certutil -N -d sql:/peer/nss --empty-password || return
    [ -n "${cell[certificate]:-}" ] || return 0
    openssl pkcs12 -export -name own -in "$folder/$node-${cell[certificate]}.pem" -inkey "$folder/$node-${cell[certificate]}.key" \
        -certfile "$folder/root.pem" -passout pass: -out "$dir/own.p12" &&
        libreswan_in_root "$dir" pk12util -i /peer/own.p12 -d sql:/peer/nss -W "" &&
        cp "$folder/root.pem" "$dir/" &&
        libreswan_in_root "$dir" certutil -A -n root -t CT,, -d sql:/peer/nss -i /peer/root.pem
}

libreswan_write_secrets() {
    echo ": PSK \"$cell_key\""
}

libreswan_start() {
    local node=$1 dir=$lab_dir/pluto-$1
    mkdir -p "$dir"
    libreswan_write_conf "$node" >"$dir/ipsec.conf"
    (umask 077 && libreswan_write_secrets "$node" >"$dir/ipsec.secrets")
    libreswan_make_database "$node" "$dir" >"$dir/database.log" 2>&1 || { cat "$dir/database.log" >&2; return 1; }
    # shellcheck disable=SC2016
    lab_spawn "pluto-$node" "$node" bash -c '
        mount --bind "$1" "$0/peer" && mount --rbind /run "$0/run" && mount --rbind /dev "$0/dev" && mount -t proc proc "$0/proc" &&
            mkdir -p /run/pluto && exec chroot "$0" "$2" --preload /no_esp.so /usr/libexec/ipsec/pluto --nofork --stderrlog \
            --config /peer/ipsec.conf --secretsfile /peer/ipsec.secrets --nssdir /peer/nss --ipsecdir /peer --rundir /run/pluto' \
        "$libreswan_root" "$dir" "$(libreswan_loader)"
    # it loads its connections by itself, and only then listens
    lab_until 10 grep -q 'listening for IKE messages' "$lab_dir/pluto-$node.log"
}

libreswan_inside() {
    local pid=${lab_pids[pluto-$1]}
    shift
    lab_alive "$pid" && nsenter --target "$pid" --mount --root "$@"
}

whack() {
    local node=$1
    shift
    libreswan_inside "$node" /usr/libexec/ipsec/whack --rundir /run/pluto "$@"
}

libreswan_stop() {
    [ -z "${lab_pids[pluto-$1]:-}" ] || whack "$1" --shutdown >/dev/null 2>&1
    lab_stop "pluto-$1"
}

libreswan_logs() {
    echo "$lab_dir/pluto-$1.log"
}

libreswan_connections() {
    echo site
    cell_more_subnets | sed 's/^/site-/'
}

libreswan_up() {
    local connection
    for connection in $(libreswan_connections); do
        timeout 15 nsenter --target "${lab_pids[pluto-$1]}" --mount --root /usr/libexec/ipsec/whack --rundir /run/pluto \
            --name "$connection" --initiate || return
    done
}

libreswan_provoke() {
    libreswan_up "$1"
}

# The same quick mode once more; what it replaces goes when its time is over.
libreswan_rekey() {
    whack "$1" --name site --initiate
}

libreswan_rekey_isakmp() {
    whack "$1" --name site --rekey-ike
}

libreswan_down() {
    local connection
    for connection in $(libreswan_connections | tac); do            # the first one has the ISAKMP SA
        whack "$1" --name "$connection" --terminate
    done
}

libreswan_is_up() {
    whack "$1" --trafficstatus | grep -q 'type=ESP'
}

libreswan_is_gone() {
    ! whack "$1" --showstates | grep -q 'STATE_'
}

# Of the newest pair of the first network: it prints esp.SPI@ADDRESS, and esp:SPI@ADDRESS with IPv6.
libreswan_spis() {
    whack "$1" --showstates | awk -v own="$(cell_outer "$1")" '
        /"site"/ && / esp[.:][0-9a-f]+@/ {
            i = o = ""
            for (f = 1; f <= NF; f++)
                if ($f ~ /^esp[.:]/) {
                    spi = $f; sub(/^esp[.:]/, "", spi); sub(/@.*/, "", spi)
                    if ($f ~ "@" own "$") i = spi; else o = spi
                }
            if (i && o) { split($1, n, "[#:]"); if (n[2] + 0 >= newest) { newest = n[2] + 0; spis = padded(i) " " padded(o) } }
        }
        function padded(spi) { spi = sprintf("%8s", spi); gsub(/ /, "0", spi); return spi }
        END { print spis }'
}

libreswan_describe() {
    whack "$1" --status | sed -n 's/^.*IKEv1 algorithm newest: */ISAKMP /p; s/^.*ESP algorithm newest: */ESP /p' | sort -ru | paste -sd ' '
}

libreswan_describes() {
    local shown suite pfs='<N/A>'
    libreswan_suite
    [ "${cell[pfs]}" = no-pfs ] || pfs=MODP2048
    shown=$(libreswan_describe "$1")
    echo "$shown"
    [[ $shown == *"${suite[3]}"*"${suite[4]}"*"pfsgroup=$pfs"* ]]
}

# libreswan_has_spi NODE SPI: of one of its inbound SAs
libreswan_has_spi() {
    whack "$1" --showstates | grep -qE " esp[.:]$(printf %x "0x$2")@$(cell_outer "$1") "
}

libreswan_current_spis() {
    libreswan_spis "$1"
}
