# shellcheck shell=bash
# Drives ikewised in a node of the lab. See cell.sh. ikewise_program: another daemon than that of the build.

# The interface statements carry the ASA's names; ikewised finds the Linux interfaces by their addresses.
ikewise_write_configuration() {
    local node=$1 other=${lab_across[$1]} peer key=${2:-$cell_key}
    peer=$(cell_peer_address "$node")
    cat <<CONF
hostname $node
!
interface GigabitEthernet0/0
 nameif outside
 security-level 0
 ip address ${lab_outer[$node]} 255.255.255.0
$([ "${cell[outer]:-4}" = 4 ] || echo " ipv6 address ${lab_outer6[$node]}/64")
!
interface GigabitEthernet0/1
 nameif inside
 security-level 100
 ip address ${lab_inner_gateway[$node]} 255.255.255.0
!
$(ikewise_trustpoint "$node")
$(ikewise_first_ace "$node" "$peer")
$(ikewise_more_aces "$node")
!
crypto ipsec ikev1 transform-set TS ${cell[transforms]}
$([ "${cell[mode]:-tunnel}" = tunnel ] || echo "crypto ipsec ikev1 transform-set TS mode ${cell[mode]}")
$([ "${cell[esn]:-no}" = no ] || echo "crypto ipsec ikev1 transform-set TS esn")
crypto map OUTSIDE 10 match address VPN
crypto map OUTSIDE 10 set peer $peer
crypto map OUTSIDE 10 set ikev1 transform-set TS
CONF
    [ "${cell[aggressive]:-no}" = no ] || echo "crypto map OUTSIDE 10 set ikev1 phase1-mode aggressive"
    [ "${cell[pfs]}" = no-pfs ] || echo "crypto map OUTSIDE 10 set pfs group${cell[group]}"
    [ -z "${cell[kilobytes]:-}" ] ||
        echo "crypto map OUTSIDE 10 set security-association lifetime kilobytes ${cell[kilobytes]}"
    [ -z "${cell[esp_lifetime]:-}" ] ||
        echo "crypto map OUTSIDE 10 set security-association lifetime seconds ${cell[esp_lifetime]}"
    echo "crypto map OUTSIDE interface outside"
    echo "!"
    [[ ! ${cell[suite]} =~ ^(weak|null|gmac)$ ]] || echo "crypto ikev1 weak-algorithms"
    [ "${cell[aggressive]:-no}" = no ] || echo "no crypto ikev1 am-disable"
    [ -z "${cell[key_id]:-}" ] || echo "crypto isakmp identity key-id ${cell[key_id]}"
    cat <<CONF
crypto ikev1 enable outside
crypto ikev1 policy 10
 authentication ${cell[method]:-pre-share}
 encryption ${cell[encryption]}
 hash ${cell[hash]}
 group ${cell[group]}
 lifetime ${cell[lifetime]:-86400}
!
tunnel-group ${cell[group_name]:-$peer} type ipsec-l2l
tunnel-group ${cell[group_name]:-$peer} ipsec-attributes
$(ikewise_credential "$other" "$key")
CONF
    [ -z "${cell[self_identity]:-}" ] || printf ' self-identity %s\n initiate mode aggressive\n' "${cell[self_identity]}"
    [ -z "${cell[keepalive]:-}" ] ||
        echo " isakmp keepalive threshold ${cell[keepalive]%% *} retry ${cell[keepalive]#* }"
}

ikewise_network() {
    if [ "${cell[inner]:-4}" = 6 ]; then cell_network "$1"; else echo "${lab_inner_net[$1]} 255.255.255.0"; fi
}

ikewise_trustpoint() {
    local own=$lab_dir/ikewised-$1/own.key folder=$lab_tree/tests/certificates
    [ -n "${cell[certificate]:-}" ] || { echo "!"; return; }
    mkdir -p "${own%/*}"
    install -m 600 "$folder/$1-${cell[certificate]}.key" "$own"
    cat <<CONF
crypto ca trustpoint LAB
 file certificate $folder/$1-${cell[certificate]}.pem
 file key $own
 file ca $folder/root.pem
!
CONF
}

# ikewise_first_ace NODE PEER: of transport mode for the two ends themselves
ikewise_first_ace() {
    if [ "${cell[mode]:-tunnel}" = transport ]; then
        echo "access-list VPN extended permit ip host ${lab_outer[$1]} host $2"
    else
        echo "access-list VPN extended permit ip $(ikewise_network "$1") $(ikewise_network "${lab_across[$1]}")"
    fi
}

ikewise_more_aces() {
    local net
    for net in $(cell_more_subnets); do
        if [ "$1" = east ]; then
            echo "access-list VPN extended permit ip $net 255.255.255.0 ${lab_inner_net[west]} 255.255.255.0"
        else
            echo "access-list VPN extended permit ip ${lab_inner_net[west]} 255.255.255.0 $net 255.255.255.0"
        fi
    done
}

ikewise_credential() {
    if [ -n "${cell[certificate]:-}" ]; then
        printf ' ikev1 trust-point LAB\n peer-identity %s\n' "$(cell_subject "$1" | sed 's/=/ = /g')"
    else
        echo " ikev1 pre-shared-key $2"
    fi
}

ikewise_start() {
    local node=$1 dir=$lab_dir/ikewised-$1
    mkdir -p "$dir"
    [ -e "$dir/ikewise.conf" ] || ikewise_write_configuration "$node" >"$dir/ikewise.conf"
    chmod 600 "$dir/ikewise.conf"
    lab_spawn "ikewised-$node" "$node" "${ikewise_program:-$lab_build/src/ikewised}" -f "$dir/ikewise.conf" -s "$dir/control" -d
    lab_until 10 ikewise_answers_or_died "$node" && lab_is_running "ikewised-$node"
}

ikewise_answers_or_died() {
    ! lab_is_running "ikewised-$1" || ikewise "$1" show crypto isakmp sa
}

# ikewise NODE COMMAND...: the shell on the gateway of that node
ikewise() {
    local node=$1
    shift
    lab_is_running "ikewised-$node" && timeout 60 "$lab_build/src/ikewise" -s "$lab_dir/ikewised-$node/control" "$@"
}

ikewise_stop() {
    lab_stop "ikewised-$1"
}

ikewise_logs() {
    echo "$lab_dir/ikewised-$1.log"
}

ikewise_up() {
    ikewise "$1" up "$(cell_peer_address "$1")"
}

# Traffic brings the tunnel up: the first ping of the test must be answered too.
ikewise_provoke() {
    :
}

ikewise_down() {
    ikewise "$1" down "$(cell_peer_address "$1")"
}

ikewise_is_up() {
    ikewise "$1" show crypto isakmp sa | grep -q '[AM]M_ACTIVE' && [ -n "$(ikewise_spis "$1")" ]
}

ikewise_is_gone() {
    local isakmp
    isakmp=$(ikewise "$1" show crypto isakmp sa) && ! grep -qE 'MM_|AM_' <<<"$isakmp" && [ -z "$(ikewise_spis "$1")" ]
}

ikewise_spis() {
    ikewise "$1" show crypto ipsec sa | awk '
        /(in|out)bound esp sas/ { way = $1 }
        way && $1 == "spi:" { spi[way] = sprintf("%8s", tolower(substr($2, 3))); gsub(/ /, "0", spi[way]) ; way = "" }
        END { if (spi["inbound"]) print spi["inbound"], spi["outbound"] }'
}

# Of each ACE the pair that it sends on, a line each: the two networks, the SPIs in and out.
ikewise_current_pairs() {
    ikewise "$1" show crypto ipsec sa | awk '
        /local ident/ { local = $NF }
        /remote ident/ { remote = $NF }
        /current (in|out)bound spi/ { spi[$2] = sprintf("%8s", tolower($NF)); gsub(/ /, "0", spi[$2]); count++ }
        count == 2 { print local, remote, spi["inbound"], spi["outbound"]; count = 0 }'
}

# Of several ACEs that of the first network behind east.
ikewise_current_spis() {
    ikewise_current_pairs "$1" | awk -v net="${cell[subnets]:+(${lab_inner_net[east]}/}" 'index($0, net) { spis = $3 " " $4 } END { print spis }'
}

# A line for each pair: the SPIs in and out.
ikewise_pairs() {
    ikewise "$1" show crypto ipsec sa | awk '
        /(in|out)bound esp sas:/ { half = $1; count[half] = 0 }
        $1 == "spi:" { spi[half, ++count[half]] = sprintf("%08s", substr(tolower($2), 3)); gsub(/ /, "0", spi[half, count[half]]) }
        half == "outbound" && $1 == "spi:" { print spi["inbound", count[half]], spi[half, count[half]] }'
}

ikewise_describe() {
    ikewise "$1" show crypto isakmp sa | sed -n 's/^ *\(.*State *: *[A-Z_0-9]*\).*/\1/p' | tr -s ' ' | paste -sd ' '
}

# Its algorithms are what the peer's status is held against.
ikewise_describes() {
    local shown
    shown=$(ikewise_describe "$1")
    echo "$shown"
    [[ $shown == *_ACTIVE* ]]
}

ikewise_export_keys() {
    ikewise "$1" debug crypto ikev1 keys "$2"
}
