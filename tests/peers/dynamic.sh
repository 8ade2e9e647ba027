#!/bin/bash
# A hub with a dynamic crypto map: strongSwan comes from an address that the hub does not know, through a NAT router or
# not; with a crypto ACL that is wider than what it asks for, and without one. In each cell: pings both ways, the same
# SPIs, a delete that the branch sees; and that after it nothing is left of the branch in the hub's packet filter.
#
#   tests/peers/dynamic.sh [WORD...]      only the cells whose name has all the words: acl nat
set -u
cd "$(dirname "$0")" || exit 1
. ./lab.sh
. ./cell.sh
. ./strongswan.sh
. ./ikewise.sh

words=("$@")

#      nat    lines of the dynamic map
cells="none   open
       west   open
       none   acl
       west   acl"

is_chosen() {
    local word
    for word in "${words[@]}"; do
        [[ " $1 " == *" $word "* ]] || return 1
    done
}

write_hub() {
    local file=$lab_dir/ikewised-east/ikewise.conf match='/match address/d'
    mkdir -p "${file%/*}"
    [ "$1" = open ] || match="s/${lab_inner_net[west]} 255.255.255.0\$/10.0.0.0 255.254.0.0/"
    ikewise_write_configuration east | sed "$match
        /set peer/d
        s/^crypto map OUTSIDE 10 /crypto dynamic-map BRANCHES 10 /
        s/^crypto dynamic-map BRANCHES 10 set ikev1.*/&\\ncrypto dynamic-map BRANCHES 10 set reverse-route/
        s/^crypto map OUTSIDE interface/crypto map OUTSIDE 65535 ipsec-isakmp dynamic BRANCHES\\n&/
        /^tunnel-group .* type/d
        s/^tunnel-group [^ ]* /tunnel-group DefaultL2LGroup /" >"$file"
}

spis_are_equal() {
    local mine theirs
    mine=$(ikewise_spis east) theirs=$(strongswan_spis west)
    echo "in and out here $mine, there $theirs"
    [ -n "$mine" ] && [ "$mine" = "${theirs#* } ${theirs% *}" ]
}

both_are_up() {
    lab_until 5 ikewise_is_up east && lab_until 5 strongswan_is_up west
}

delete_is_seen() {
    ikewise_down east >/dev/null 2>&1
    lab_until 5 ikewise_is_gone east && lab_until 5 strongswan_is_gone west
}

branch_is_steered() {
    lab_in east nft list table inet ikewise | grep -o "saddr 10.2.0.0/24 ip daddr 10.1.0.0/24.*"
}

branch_is_not_steered() {
    ! branch_is_steered
}

kernel_has_route() {
    lab_in east ip route show "${lab_inner_net[west]}/24" dev ikewise0 | grep metric
}

kernel_has_no_route() {
    ! kernel_has_route
}

screen_has_route() {
    ikewise east show route | grep "^V  *${lab_inner_net[west]} 255.255.255.0 connected by VPN"
}

route_is_told() { # Adding or Deleting
    # shellcheck disable=SC2046
    grep -E "$1 static route for L2L peer (coming|that came) in on a dynamic map\. address: ${lab_inner_net[west]}, mask: 255\.255\.255\.0" $(ikewise_logs east)
}

comes_again() {
    strongswan_provoke west >/dev/null 2>&1
    both_are_up && lab_until 3 kernel_has_route
}

a_kill_takes_it_away() {
    lab_stop ikewised-east KILL
    lab_until 3 kernel_has_no_route
}

names_the_dynamic_map() {
    ikewise east show crypto ipsec sa | grep -o 'Crypto map tag: BRANCHES, seq num: 10'
}

run_cell() {
    local nat=$1 lines=$2 failed_before=$lab_failures name="hub, $2"
    [ "$nat" = none ] || name+=", branch behind NAT"
    lab_up "$nat"
    cell_choose strong pfs "$nat"
    write_hub "$lines"
    if ! strongswan_start west || ! ikewise_start east; then
        not_ok "$name: the daemons start"
    else
        strongswan_provoke west >/dev/null 2>&1
        expect "$name: 5 pings branch to hub, the first included" lab_ping west east 5 && both_are_up &&
            expect "$name: 5 pings hub to branch" lab_ping east west 5 &&
            expect "$name: the same SPIs at both ends" spis_are_equal &&
            expect "$name: the screen names the dynamic map" names_the_dynamic_map &&
            { [ "$lines" = acl ] || expect "$name: the branch's network is steered" branch_is_steered; } &&
            expect "$name: a reverse route to the branch" kernel_has_route &&
            expect "$name: and show route has it" screen_has_route &&
            expect "$name: and the log tells it" route_is_told Adding &&
            expect "$name: our delete is seen there" delete_is_seen &&
            expect "$name: and the route has gone" lab_until 3 kernel_has_no_route &&
            expect "$name: and the log tells that, too" lab_until 3 route_is_told Deleting &&
            { [ "$lines" = acl ] || expect "$name: and is steered no more" lab_until 3 branch_is_not_steered; } &&
            { [ "$nat $lines" != "none open" ] ||
                { expect "$name: the branch comes again, and so does the route" comes_again &&
                    expect "$name: which no crash leaves behind" a_kill_takes_it_away; }; }
    fi
    if [ "$lab_failures" -gt "$failed_before" ]; then
        # shellcheck disable=SC2046
        tail -n 25 $(ikewise_logs east) $(strongswan_logs west) | sed 's/^/# /'
    fi
    lab_down
}

# Behind the same NAT: strongSwan on west, and ikewise on the host behind it, with a network of its own.
write_second_branch() {
    local file=$lab_dir/ikewised-west-host/ikewise.conf
    mkdir -p "${file%/*}"
    ikewise_write_configuration west | sed "s/${lab_inner_gateway[west]} /10.9.0.1 /
        s/${lab_outer[west]} /${lab_host[west]} /
        s/${lab_inner_net[west]} /10.9.0.0 /" >"$file"
    ip -n "${lab_prefix}west-host" addr add 10.9.0.1/32 dev lo
    ip -n "${lab_prefix}router" route add "${lab_inner_net[west]}/24" via "${lab_outer[west]}"
}

ping_of_second() {
    lab_answered west-host "${lab_host[east]}" 5 -I 10.9.0.1
}

ping_of_first() {
    lab_answered west "${lab_host[east]}" 5 -I "${lab_inner_gateway[west]}"
}

ports_of_hub() {
    ikewise east show crypto ipsec sa | sed -n 's/.*remote crypto endpt.: //p' | sort -u
    [ "$(ikewise east show crypto ipsec sa | sed -n 's/.*remote crypto endpt.: //p' | sort -u | wc -l)" = 2 ]
}

run_two() {
    local name="hub, two branches behind one NAT"
    lab_up west
    cell_choose strong pfs west
    write_hub open
    write_second_branch
    if ! strongswan_start west || ! ikewise_start east || ! ikewise_start west-host; then
        not_ok "$name: the daemons start"
    else
        strongswan_provoke west >/dev/null 2>&1
        expect "$name: 5 pings of the second" ping_of_second
        lab_in west ping -c 1 -W 3 -I "${lab_inner_gateway[west]}" "${lab_host[east]}" >/dev/null
        expect "$name: 5 pings of the first" ping_of_first
        expect "$name: and again of the second" ping_of_second
        expect "$name: each at its port" ports_of_hub
    fi
    [ "$lab_failures" = 0 ] || tail -n 25 "$(ikewise_logs east)" "$(ikewise_logs west-host)" | sed 's/^/# /'
    lab_down
}

[ "$(id -u)" = 0 ] || lab_die "must be root"
strongswan_fetch
while read -r -u 3 -a row; do
    is_chosen "nat-${row[0]} ${row[1]}" && run_cell "${row[@]}"
done 3<<<"$cells"
is_chosen "nat-west two" && run_two
exit "$((lab_failures > 0))"
