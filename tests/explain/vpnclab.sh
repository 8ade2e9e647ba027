#!/bin/bash
# What vpnc says when a user's tunnel does not form: each fault made anew with it and ikewise in network namespaces. The
# logs of both ends and a capture at the user go to build/vpnclab/NAME, the rates are printed.
#
#   tests/explain/vpnclab.sh [BUILD]             all of them
#   tests/explain/vpnclab.sh BUILD NAME          one
#
# What is worth keeping goes from build/vpnclab to tests/explain/vpnc, with its rows of cases.tsv.
set -u
lab_caller=$PWD
cd "$(dirname "$0")/../peers" || exit 1
IKEWISE_BUILD=$(cd "$lab_caller" && realpath "${1:-build/release}")
export IKEWISE_BUILD
. ./lab.sh
. ./cell.sh
. ./ikewise.sh
. ./user_gateway.sh
out=$lab_tree/build/vpnclab

# debug: vpnc's level. nat: is the user behind a router that translates. Of gateway and user the change is an edit of the
# configuration, of the path what is dropped. What is true of the user's log, of its capture, of both ends' logs.
#
#       name            debug nat  change                              user                                              capture           both
faults="ok              2     west -                                   none                                              none              none
        ok-quiet        0     none -                                   none                                              none              none
        group-key       1     none user/^IPSec.secret/s/$/-typo/       psk_mismatch,psk_not_found                        psk_mismatch      psk_mismatch
        group-name      2     none user/^IPSec.ID/s/STAFF/STAF/        psk_mismatch,psk_not_found,id_mismatch            psk_mismatch      psk_not_found,psk_mismatch,id_mismatch
        password        2     west user/^Xauth.password/s/$/-typo/     xauth_failure                                     xauth_failure     xauth_failure
        dh-group        1     none gateway/^.group.14/s/14/16/         p1_policy_mismatch,p1_dh_mismatch                 p1_policy_mismatch,p1_dh_mismatch p1_dh_mismatch,p1_policy_mismatch
        hash            3     none gateway/^.hash.sha/s/sha/sha256/    p1_policy_mismatch,p1_hash_mismatch               p1_policy_mismatch,p1_hash_mismatch p1_hash_mismatch
        main-mode-only  2     none gateway/am-disable/s/no.//          mode_mismatch,peer_down,p1_policy_mismatch        mode_mismatch,peer_down mode_mismatch
        no-pool         1     none gateway/address-pool/d              modecfg_failure                                   xauth_failure,modecfg_failure modecfg_failure
        esp-hash        2     none gateway/transform-set.TS.esp/s/sha/sha256/ p2_transform_mismatch,p2_hash_mismatch     p2_transform_mismatch,p2_pfs_mismatch,p2_selector_mismatch p2_hash_mismatch,p2_transform_mismatch
        pfs             1     none gateway/dynamic-map.DYN.10/s/.*/&\ncrypto.dynamic-map.DYN.10.set.pfs.group14/ p2_pfs_mismatch,p2_transform_mismatch p2_pfs_mismatch,p2_transform_mismatch p2_pfs_mismatch
        no-daemon       2     none absent                              peer_down                                         peer_down         -
        500-dropped     1     none drop/500                            peer_down,udp500_blocked,udp500_blocked_return,route_missing peer_down,udp500_blocked -
        4500-dropped    3     west drop/4500                           udp4500_blocked,udp4500_blocked_return            udp4500_blocked   udp4500_blocked"

client_script() {
    cat <<'SCRIPT'
#!/bin/sh
[ "$reason" != connect ] || {
    ip link set dev "$TUNDEV" up
    ip addr add "$INTERNAL_IP4_ADDRESS/32" dev "$TUNDEV"
    ip route add 10.2.0.0/24 dev "$TUNDEV"
}
SCRIPT
}

write_user() {
    client_script >"$lab_dir/vpnc-script"
    chmod 755 "$lab_dir/vpnc-script"
    cat >"$lab_dir/vpnc.conf" <<CONF
IPSec gateway ${lab_outer[east]}
IPSec ID $group
IPSec secret $cell_key
IKE Authmode psk
IKE DH Group dh14
Perfect Forward Secrecy nopfs
NAT Traversal Mode natt
Xauth username $user
Xauth password $password
Script $lab_dir/vpnc-script
CONF
}

change() {
    local gateway=$lab_dir/ikewised-east/ikewise.conf
    case $1 in
    user/*) sed -i "${1#user}" "$lab_dir/vpnc.conf" ;;
    gateway/*) sed -i "${1#gateway}" "$gateway" && sed -i '/^crypto.dynamic-map.DYN.10.set.pfs/s/\./ /g' "$gateway" ;;
    drop/*)
        lab_in router nft -f - <<NFT
table ip faults {
    chain forward {
        type filter hook forward priority -200;
        iifname "west" udp dport ${1#drop/} drop
    }
}
NFT
        ;;
    esac
}

run_fault() {
    local name=$1 debug=$2 nat=$3 change=$4 folder=$out/$1
    rm -rf "$folder" && mkdir -p "$folder"
    lab_up "$nat"
    mkdir -p "$lab_dir/ikewised-east"
    gateway_configuration >"$lab_dir/ikewised-east/ikewise.conf"
    write_user
    change "$change"
    [ "$change" = absent ] || ikewise_start east || lab_die "$name: ikewise does not start"
    lab_capture tcpdump-west west outside "$folder/west.pcap" 'udp or icmp or esp or udp[0] = 0'
    lab_spawn vpnc west stdbuf -oL env LD_LIBRARY_PATH="$tools_libraries" "$tools/usr/sbin/vpnc" --no-detach --non-inter \
        --debug "$debug" "$lab_dir/vpnc.conf"
    lab_until 40 is_settled
    lab_stop tcpdump-west
    lab_stop vpnc
    sed "s#$tools##" "$lab_dir/vpnc.log" >"$folder/west.log" # as it says it where it is installed
    [ "$change" = absent ] || cp "$lab_dir/ikewised-east.log" "$folder/east.log"
    lab_down
}

# It has given up, or it carries.
is_settled() {
    lab_ended "${lab_pids[vpnc]}" || lab_in west ping -n -c 1 -W 1 "${lab_host[east]}"
}

row() { # KIND FILES TRUTH
    local first=${3%%,*}
    printf '%s\t%s\t%s\t%s\t%s\t-\n' "$1" "$2" "$2" "$3" "$(sed -n "s/^CAUSE($first, *\([a-z0-9_]*\),.*/\1/p" "$lab_tree/src/diag/causes.def")"
}

tools=$(./fetch_tools.sh) || lab_die "no vpnc"
tools_libraries=$tools/usr/lib/$(uname -m)-linux-gnu
if [ $# = 2 ]; then
    found=$(awk -v name="$2" '$1 == name' <<<"$faults")
    [ -n "$found" ] || lab_die "no fault is called $2"
    # shellcheck disable=SC2086
    run_fault $found
    exit
fi

mkdir -p "$out"
: >"$out/cases.tsv"
running=()
while read -r name _; do
    "$lab_tree/tests/explain/vpnclab.sh" "$IKEWISE_BUILD" "$name" >"$out/$name.said" 2>&1 </dev/null &
    running+=($!)
    [ ${#running[@]} -lt 4 ] || { wait "${running[0]}"; running=("${running[@]:1}"); }
done <<<"$faults"
wait
while read -r name _ _ _ user capture both; do
    row "vpnc, one log" "$name/west.log" "$user"
    row "vpnc, one capture" "$name/west.pcap" "$capture"
    [ "$both" = - ] || row "vpnc, both ends" "$name/west.log $name/east.log" "$both"
done <<<"$faults" >"$out/cases.tsv"
cd "$out" && score=$(find "$IKEWISE_BUILD" "$lab_tree/build/debug" -name explain_score -type f 2>/dev/null | head -n 1)
"$score" "$IKEWISE_BUILD/src/ikewise" cases.tsv
