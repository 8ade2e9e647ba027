# shellcheck shell=bash
# One tunnel of the lab, as both ends must be told it: what strongswan.sh and ikewise.sh write configurations from.
# A driver X has these functions, NODE being west or east:
#
#   X_start NODE          true when it answers             X_stop NODE (it sends deletes)
#   X_logs NODE           the paths of its logs
#   X_provoke NODE        begins the tunnel if X does not do so by itself when traffic comes
#   X_up NODE             brings it up by hand             X_down NODE takes it down by hand
#   X_is_up NODE          X_is_gone NODE                   no SA of either phase is left
#   X_spis NODE           "INBOUND OUTBOUND", hex, lower case, no 0x
#   X_current_spis NODE   the same of the pair that it sends on, when there are several; strongSwan, which does not
#                         say: of each that was not replaced, a line each
#   X_describe NODE       what it says of its SAs, on one line
#   X_describes NODE      prints that; true when it has the algorithms of the cell
#
# What a test may add to its cell, before the start:
#
#   cell[lifetime]        seconds of phase 1, for ikewise             cell[esp_lifetime]  seconds of phase 2
#   cell[kilobytes]       of phase 2                                  cell[keepalive]     "THRESHOLD RETRY [MORE]"
#   cell[dpd]             "DELAY TIMEOUT", seconds, for strongSwan, which then begins anew
#   cell[fragmentation]   strongSwan's: yes, force, no                 cell[fragment_size]  its bytes of a datagram
#   cell[is_written]      yes: the configuration stands there already
#   cell[unique]          strongSwan's rule for a second ISAKMP SA of the same peer        cell[remote_id]  which it asks for

#   cell[method]          of authentication, as ikewise spells it: rsa-sig; with it
#   cell[certificate]     of tests/certificates, after west- or east-: each end has the one of its node
#   cell[mode]            transport: packets of the two gateways themselves; tunnel otherwise
#   cell[esn]             yes: extended sequence numbers
#   cell[subnets]         behind east: 10.2.0.0/24 and so many more less one, an ACE each
#   cell[inner]           6: IPv6 between the inner hosts, cell[outer]: between the gateways; 4 otherwise
#   cell[aggressive]      yes: phase 1 in aggressive mode, from ikewise and from strongSwan
#   cell[self_identity]   ikewise's to this peer alone, with which it begins in aggressive mode
#   cell[key_id]          ikewise's identity, cell[local_id] strongSwan's
#   cell[group_name]      of ikewise's tunnel-group; the peer's address otherwise

cell_key=correct-horse-battery-staple

#       suite   strongSwan's ike          esp            pfs        ASA's encryption  hash    group  transforms                     shown for phase 1                                       for phase 2
suites="strong  aes256-sha256-modp2048    aes256-sha256  modp2048   aes-256           sha256  14     esp-aes-256,esp-sha256-hmac    AES_CBC-256/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_2048  AES_CBC-256/HMAC_SHA2_256_128
        gcm     aes256-sha256-modp2048    aes256gcm16    modp2048   aes-256           sha256  14     esp-gcm-256                    AES_CBC-256/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_2048  AES_GCM_16-256
        gcm8    aes256-sha256-modp2048    aes128gcm8     modp2048   aes-256           sha256  14     esp-gcm8                       AES_CBC-256/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_2048  AES_GCM_8-128
        gcm12   aes256-sha256-modp2048    aes128gcm12    modp2048   aes-256           sha256  14     esp-gcm12                      AES_CBC-256/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_2048  AES_GCM_12-128
        gmac    aes256-sha256-modp2048    aes256gmac     modp2048   aes-256           sha256  14     esp-gmac-256                   AES_CBC-256/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_2048  NULL_AES_GMAC-256
        null    aes256-sha256-modp2048    null-sha1      modp2048   aes-256           sha256  14     esp-null,esp-sha-hmac          AES_CBC-256/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_2048  NULL/HMAC_SHA1_96
        users   aes256-sha1-modp2048      aes256-sha1    modp2048   aes-256           sha     14     esp-aes-256,esp-sha-hmac       AES_CBC-256/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_2048           AES_CBC-256/HMAC_SHA1_96
        weak    aes128-sha1-modp1024      aes128-sha1    modp1024   aes               sha     2      esp-aes,esp-sha-hmac           AES_CBC-128/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_1024           AES_CBC-128/HMAC_SHA1_96"

declare -A cell=()

# cell_choose SUITE PFS(pfs|no-pfs) NAT(west|none)
cell_choose() {
    local row
    read -r -a row < <(awk -v suite="$1" '$1 == suite' <<<"$suites")
    cell=([suite]=$1 [pfs]=$2 [nat]=$3 [ike]=${row[1]} [esp]=${row[2]} [encryption]=${row[4]} [hash]=${row[5]}
          [group]=${row[6]} [transforms]=${row[7]/,/ } [ike_shown]=${row[8]} [esp_shown]=${row[9]})
    if [ "$2" = pfs ]; then
        cell[esp]+=-${row[3]}
        cell[esp_shown]+=/${row[8]##*/}
    fi
}

# What is in the certificate of NODE.
cell_subject() {
    echo "O=ikewise tests, CN=$1"
}

# The networks behind east besides its first.
cell_more_subnets() {
    local number
    for number in $(seq 2 "${cell[subnets]:-1}"); do
        echo "10.2.$number.0"
    done
}

# lab_result PEER COLUMN ROLE RESULT: a cell of docs/interop.md. RESULT is `up`, `up: ` and what the peer does not do all the
# same, `fails`, or why the peer cannot, in its own words; tools/interop.sh makes the page of them.
lab_result() {
    local IFS=$'\t'
    [ -z "${IKEWISE_INTEROP:-}" ] || echo "$*" >>"$IKEWISE_INTEROP"
}

# cell_same_spis DRIVER NODE DRIVER NODE: of the newest pair, in the status of both
cell_same_spis() {
    local here there
    here=$("$1_current_spis" "$2") there=$("$3_current_spis" "$4" | tail -n 1)
    echo "in and out at $2 $here, at $4 $there"
    [ -n "${here// /}" ] && [ "$here" = "${there#* } ${there% *}" ]
}

# The address that NODE must be told for the other end: behind the router's NAT it is the router's.
cell_peer_address() {
    if [ "${cell[outer]:-4}" = 6 ]; then
        cell_outer "${lab_across[$1]}"
    else
        lab_seen_address "${lab_across[$1]}" "${cell[nat]}"
    fi
}

cell_outer() {
    if [ "${cell[outer]:-4}" = 6 ]; then echo "${lab_outer6[$1]}"; else echo "${lab_outer[$1]}"; fi
}

# The network behind NODE, with its prefix length, and the host in it.
cell_network() {
    if [ "${cell[inner]:-4}" = 6 ]; then echo "${lab_inner_net6[$1]}/64"; else echo "${lab_inner_net[$1]}/24"; fi
}

cell_host() {
    if [ "${cell[inner]:-4}" = 6 ]; then echo "${lab_host6[$1]}"; else echo "${lab_host[$1]}"; fi
}
