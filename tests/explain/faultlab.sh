#!/bin/bash
# The fault lab: each fault made anew with real peers in network namespaces, and what explain says of the logs, captures
# and journals that they leave, of one end and of both.
#
#   tests/explain/faultlab.sh [BUILD]             all of them, and the rates
#   tests/explain/faultlab.sh BUILD NAME          one, into build/faultlab/NAME
#   tests/explain/faultlab.sh BUILD --score       the rates of what is there
#
# What is found worth keeping goes from build/faultlab to tests/explain/fresh, with its rows of cases.tsv.
set -u
lab_caller=$PWD
cd "$(dirname "$0")/../peers" || exit 1
IKEWISE_BUILD=$(cd "$lab_caller" && realpath "${1:-build/release}")
export IKEWISE_BUILD
. ./lab.sh
. ./cell.sh
. ./strongswan.sh
. ./ikewise.sh
out=$lab_tree/build/faultlab

# pair: west-east, s strongSwan, i ikewise. nat: behind whose router's NAT. at: which end is changed, or the path.
# change: a line of `change` below. What is true of the files of west, of east, and of both; "." as in the column before,
# "-": that file has nothing of it. A log is the first word, a capture the second, where they differ; of both ends, both
# logs, and all four files.
#
#       name                    pair nat  at    change         west                            east                            both
faults="ok                      s-s  none -     -              none                            .                               .
        ok-ikewise-begins       i-s  none -     -              none                            .                               .
        ok-ikewise-answers      s-i  none -     -              none                            .                               .
        ok-nat                  i-s  west -     -              none                            .                               .
        key-differs             s-s  none east  key            psk_mismatch                    .                               .
        key-differs-begins      i-s  none east  key            psk_mismatch                    .                               .
        key-differs-answers     s-i  none west  key            psk_mismatch,udp4500_blocked    psk_mismatch/psk_mismatch,udp4500_blocked  psk_mismatch
        key-differs-nat         i-s  west east  key            psk_mismatch                    .                               .
        no-key-begins           i-s  none east  no-key         psk_not_found                   .                               .
        no-key-answers          s-i  none east  no-key         psk_not_found,peer_address_wrong  .                             .
        p1-encryption           s-i  none west  p1-aes128      p1_policy_mismatch,p1_keylen_mismatch  p1_keylen_mismatch/p1_policy_mismatch,p1_keylen_mismatch  p1_keylen_mismatch
        p1-group                i-s  none east  p1-modp3072    p1_dh_mismatch,p1_policy_mismatch  p1_dh_mismatch/p1_policy_mismatch,p1_dh_mismatch  p1_dh_mismatch,p1_policy_mismatch
        weak-only               s-i  none both  weak           p1_policy_mismatch,weak_alg_disabled,p1_dh_mismatch  .          .
        p2-encryption           i-s  none east  p2-aes128      p2_transform_mismatch,p2_encr_mismatch  p2_encr_mismatch/p2_transform_mismatch,p2_encr_mismatch,p2_pfs_mismatch,p2_selector_mismatch  p2_encr_mismatch,p2_transform_mismatch
        p2-integrity            s-i  none west  p2-sha1        p2_transform_mismatch,p2_hash_mismatch,p2_pfs_mismatch  p2_transform_mismatch,p2_hash_mismatch/p2_transform_mismatch,p2_hash_mismatch,p2_pfs_mismatch,p2_selector_mismatch  p2_transform_mismatch,p2_hash_mismatch
        pfs-asked               s-i  none east  pfs            p2_pfs_mismatch,p2_transform_mismatch  p2_pfs_mismatch/p2_transform_mismatch,p2_pfs_mismatch,p2_selector_mismatch  p2_pfs_mismatch
        pfs-unasked             i-s  none west  pfs            p2_pfs_mismatch,p2_transform_mismatch  p2_pfs_mismatch/p2_transform_mismatch,p2_pfs_mismatch,p2_selector_mismatch  p2_pfs_mismatch
        networks                s-i  none west  networks       p2_selector_mismatch/p2_selector_mismatch,p2_transform_mismatch,p2_pfs_mismatch  .  p2_selector_mismatch
        identity                s-s  none west  identity       id_mismatch                     id_mismatch/id_mismatch,cert_invalid  id_mismatch
        lifetime                i-s  none east  lifetime       none                            .                               .
        no-algorithm            i-s  none east  esp-96         kernel_or_plugin_missing/kernel_or_plugin_missing,one_way_traffic  .  kernel_or_plugin_missing
        nat-t-off-begins        i-i  west west  no-nat-t       none/none,one_way_traffic,inner_host_unreachable  .  nat_t_problem
        nat-t-off-answers       i-i  west east  no-nat-t       none/none,one_way_traffic,inner_host_unreachable  .  nat_t_problem
        no-esp-begins           s-i  none west  no-esp         kernel_or_plugin_missing        kernel_or_plugin_missing        .
        no-esp-answers          i-s  none east  no-esp         kernel_or_plugin_missing        kernel_or_plugin_missing        .
        no-daemon               i-s  none east  absent         peer_down                       -                               -
        500-dropped             i-s  none path  drop-500       peer_down,udp500_blocked,udp500_blocked_return,route_missing  -  -
        500-dropped-back        s-i  none path  drop-500-back  peer_down,udp500_blocked,udp500_blocked_return,route_missing  udp500_blocked_return,route_missing             .
        4500-dropped            s-i  west path  drop-4500      udp4500_blocked,udp4500_blocked_return  udp4500_blocked         udp4500_blocked
        4500-dropped-back       i-s  west path  drop-4500-back udp4500_blocked,udp4500_blocked_return  udp4500_blocked_return/udp4500_blocked_return,udp4500_blocked,psk_mismatch  udp4500_blocked_return
        no-way-back             i-s  none east  no-route       peer_down,udp500_blocked,udp500_blocked_return,route_missing  route_missing,udp500_blocked_return,local_send_blocked/route_missing,udp500_blocked_return,peer_down  route_missing,udp500_blocked_return"

# change NODE WHAT: before the daemons start, their configurations stand
change() {
    local swan=$lab_dir/charon-$1/swanctl.conf daemon=$lab_dir/charon-$1/strongswan.conf conf=$lab_dir/ikewised-$1/ikewise.conf
    case $2 in
    key) edit 's/correct-horse-battery-staple/another-horse/' "$swan" "$conf" ;;
    no-key) edit '/^secrets/,$d; /tunnel-group/d; /pre-shared-key/d' "$swan" "$conf" ;;
    p1-aes128) edit 's/proposals = aes256-sha256-modp2048/proposals = aes128-sha256-modp2048/' "$swan" ;;
    p1-modp3072) edit 's/proposals = aes256-sha256-modp2048/proposals = aes256-sha256-modp3072/' "$swan" ;;
    weak) edit 's/proposals = aes256-sha256-modp2048/proposals = aes128-sha1-modp1024/; s/^ group 14/ group 2/' "$swan" "$conf" ;;
    p2-aes128) edit 's/esp_proposals = aes256/esp_proposals = aes128/' "$swan" ;;
    p2-sha1) edit 's/esp_proposals = aes256-sha256/esp_proposals = aes256-sha1/' "$swan" ;;
    esp-96) edit 's/esp_proposals = .*/&\n                sha256_96 = yes/' "$swan" ;;
    pfs) edit 's/\(crypto map OUTSIDE 10 set ikev1 transform-set TS\)/\1\ncrypto map OUTSIDE 10 set pfs group14/' "$conf" ;;
    networks) edit 's/remote_ts = 10.2.0.0/remote_ts = 10.9.0.0/' "$swan" ;;
    identity) edit 's/id = %any/id = somebody.example/' "$swan" ;;
    lifetime) edit 's/rekey_time = 24h/rekey_time = 1h/' "$swan" ;;
    no-nat-t) # and the router that translates passes no protocol 50, as many do
        echo 'no crypto isakmp nat-traversal' >>"$conf"
        drop west ip protocol esp
        ;;
    no-esp) edit 's/kernel-libipsec //' "$daemon" ;;
    drop-500) drop west udp dport 500 ;;
    drop-500-back) drop east udp sport 500 ;;
    drop-4500) drop west udp dport 4500 ;;
    drop-4500-back) drop east udp sport 4500 ;;
    no-route) lab_in "$1" ip route del default && lab_in "$1" ip route add unreachable default ;;
    absent | -) ;;
    *) lab_die "no change is called $2" ;;
    esac
}

edit() {
    local file
    for file in "${@:2}"; do
        [ ! -e "$file" ] || sed -i "$1" "$file"
    done
}

drop() { # FROM MATCH...: on the router, what comes from that side
    lab_in router nft -f - <<NFT
table ip faults {
    chain forward {
        type filter hook forward priority -200;
        iifname "$1" ${*:2} drop
    }
}
NFT
}

write_configuration() {
    case $2 in
    s)
        mkdir -p "$lab_dir/charon-$1"
        strongswan_write_daemon_conf >"$lab_dir/charon-$1/strongswan.conf"
        strongswan_write_connections "$1" >"$lab_dir/charon-$1/swanctl.conf"
        ;;
    i)
        mkdir -p "$lab_dir/ikewised-$1"
        ikewise_write_configuration "$1" >"$lab_dir/ikewised-$1/ikewise.conf"
        ;;
    esac
}

driver_of() {
    [ "$1" = s ] && echo strongswan || echo ikewise
}

take_log() { # NODE LETTER FOLDER
    case $2 in
    s)
        cp "$lab_dir/charon-$1/charon.log" "$3/$1.log"
        cp "$lab_dir/charon-$1/keys.log" "$3/$1.keys" # for --keys
        ;;
    i)
        ikewise "$1" copy journal "$3/$1.journal"
        cp "$lab_dir/ikewised-$1.log" "$3/$1.log"
        ;;
    esac 2>/dev/null
}

run_fault() {
    local name=$1 pair=$2 nat=$3 at=$4 change=$5 west=${2%-*} east=${2#*-} folder=$out/$1 node letter
    rm -rf "$folder" && mkdir -p "$folder"
    strongswan_fetch
    lab_up "$nat"
    cell_choose strong no-pfs "$nat"
    write_configuration west "$west"
    write_configuration east "$east"
    cell[is_written]=yes
    for node in west east; do
        [ "$at" != "$node" ] && [ "$at" != both ] || change "$node" "$change"
        lab_capture "tcpdump-$node" "$node" outside "$folder/$node.pcap" 'udp or icmp or esp or udp[0] = 0'
    done
    [ "$at" != path ] || change - "$change"
    [ "$change" = absent ] || "$(driver_of "$east")_start" east || lab_die "$name: east does not start"
    "$(driver_of "$west")_start" west || lab_die "$name: west does not start"
    lab_in west-host ping -n -c 3 -i 0.3 -W 1 "${lab_host[east]}" >/dev/null 2>&1 &
    "$(driver_of "$west")_up" west >/dev/null 2>&1 &
    lab_until 12 lab_ended $!
    sleep 0.3
    lab_in west-host ping -n -c 3 -i 0.2 -W 1 "${lab_host[east]}" >/dev/null 2>&1
    lab_stop tcpdump-west
    lab_stop tcpdump-east
    take_log west "$west" "$folder"
    [ "$change" = absent ] || take_log east "$east" "$folder"
    lab_down
}

# The rows of cases.tsv for what one fault has left.
rows_of() {
    local name=$1 west=$6 east=$7 both=$8 end truth log capture file
    [ "$east" != . ] || east=$west
    [ "$both" != . ] || both=$west
    [ "$both" != - ] || both=
    for end in west east; do
        truth=${!end}
        [ "$truth" != - ] || continue
        log=${truth%/*} capture=${truth#*/}
        for file in log journal pcap; do
            [ ! -s "$out/$name/$end.$file" ] || row "lab, one $file" "$name/$end.$file" "$([ $file = pcap ] && echo "$capture" || echo "$log")"
        done
    done
    [ -z "$both" ] || row "lab, both ends" "$name/west.log $name/east.log" "${both%/*}"
    [ -z "$both" ] || row "lab, both ends" "$name/west.log $name/east.log $name/west.pcap $name/east.pcap" "${both#*/}"
}

row() { # KIND FILES TRUTH
    local first=${3%%,*}
    printf '%s\t%s\t%s\t%s\t%s\t-\n' "$1" "$2" "$2" "$3" "$(family_of "$first")"
}

family_of() {
    sed -n "s/^CAUSE($1, *\([a-z0-9_]*\),.*/\1/p" "$lab_tree/src/diag/causes.def"
}

if [ $# = 2 ] && [ "$2" != --score ]; then
    found=$(awk -v name="$2" '$1 == name' <<<"$faults")
    [ -n "$found" ] || lab_die "no fault is called $2"
    # shellcheck disable=SC2086
    run_fault $found
    exit
fi

strongswan_fetch
mkdir -p "$out"
: >"$out/cases.tsv"
running=()
while read -r name _; do
    [ $# -lt 2 ] || break
    "$lab_tree/tests/explain/faultlab.sh" "$IKEWISE_BUILD" "$name" >"$out/$name.said" 2>&1 </dev/null &
    running+=($!)
    [ ${#running[@]} -lt 6 ] || { wait "${running[0]}"; running=("${running[@]:1}"); }
done <<<"$faults"
wait
while read -r -a fields; do
    rows_of "${fields[@]}" >>"$out/cases.tsv"
done <<<"$faults"
cd "$out" && score=$(find "$IKEWISE_BUILD" "$lab_tree/build/debug" -name explain_score -type f 2>/dev/null | head -n 1)
"$score" "$IKEWISE_BUILD/src/ikewise" cases.tsv
