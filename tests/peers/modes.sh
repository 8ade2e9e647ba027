#!/bin/bash
# What ESP may be besides tunnel mode with short numbers. Transport mode: packets of the two gateways themselves, with and
# without a NAT between them; between two ikewise with data, TCP and UDP among it, whose checksums have the addresses of the
# other side of the NAT in them. Extended sequence numbers, and AES-GMAC. With strongSwan and libreswan the negotiation of these, for neither
# has such ESP here.
#
#   tests/peers/modes.sh            all of it, side by side
#   tests/peers/modes.sh NAME...
set -u
cd "$(dirname "$0")" || exit 1
. ./lab.sh
. ./cell.sh
. ./strongswan.sh
. ./libreswan.sh
. ./ikewise.sh

#      name                      function  peer        who begins  NAT before
cases="ikewise                   data      ikewise     west        none
       ikewise-nat               data      ikewise     west        west
       strongswan-answers        agree     strongswan  west        none
       strongswan-begins         agree     strongswan  east        none
       strongswan-answers-nat    agree     strongswan  west        west
       strongswan-begins-nat     agree     strongswan  east        east
       libreswan-answers         agree     libreswan   west        none
       libreswan-begins          agree     libreswan   east        none
       esn-ikewise               inner     ikewise     west        none
       esn-strongswan-answers    agree     strongswan  west        none
       esn-strongswan-begins     agree     strongswan  east        none
       gmac-ikewise              inner     ikewise     west        none
       gmac-strongswan-answers   agree     strongswan  west        none
       gmac-strongswan-begins    agree     strongswan  east        none"

begin() {
    local peer=$1 nat=$2
    lab_up "$nat"
    case $name in
    esn-*)
        cell_choose strong no-pfs "$nat"
        cell[esn]=yes ;;
    gmac-*) cell_choose gmac no-pfs "$nat" ;;
    *)
        cell_choose strong no-pfs "$nat"
        cell[mode]=transport ;;
    esac
    "${peer}_start" east && ikewise_start west && return
    not_ok "$name: the daemons start"
    finish "$peer"
}

finish() {
    if [ "$lab_failures" != 0 ]; then
        # shellcheck disable=SC2046
        tail -n 60 $(ikewise_logs west) $("$1_logs" east) | sed 's/^/  | /'
    fi
    lab_finish
}

# The gateways to each other, by the addresses that each sees.
pings() {
    local from=$1 to=$2 seen
    seen=$(lab_in "$from" ping -n -q -W 2 -c 20 -i 0.05 -s "${3:-56}" "$to" | grep transmitted)
    echo "${seen%%, time*}"
    [[ $seen == *" 0% packet loss"* ]]
}

# stream FROM TO-NODE TO-ADDRESS PROTOCOL: some bytes to a socket there, by the kernels' TCP or UDP
stream() {
    local from=$1 to=$2 address=$3 protocol=$4 port=7009 sink=sink-$4-from-$1
    lab_spawn "$sink" "$to" timeout 10 python3 -c '
import socket, sys
udp = sys.argv[1] == "udp"
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if udp else socket.SOCK_STREAM)
s.bind(("0.0.0.0", int(sys.argv[2])))
if not udp:
    s.listen(1)
print("listening", flush=True)
if not udp:
    s = s.accept()[0]
seen = 0
while seen < 3000:
    data = s.recv(65536)
    if not data:
        break
    seen += len(data)
print("seen", seen, flush=True)' "$protocol" "$port"
    lab_until 5 grep -q listening "$lab_dir/$sink.log" || return 1
    lab_in "$from" timeout 10 python3 -c '
import socket, sys
udp = sys.argv[1] == "udp"
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if udp else socket.SOCK_STREAM)
s.connect((sys.argv[3], int(sys.argv[2])))
for i in range(3):
    s.send(b"x" * 1000)' "$protocol" "$port" "$address"
    lab_until 8 grep -q 'seen 3000' "$lab_dir/$sink.log"
}

only_esp_passes() {
    lab_stop passing
    local all clear
    all=$(tcpdump -n -r "$lab_dir/passing.pcap" 2>/dev/null | wc -l)
    clear=$(tcpdump -n -r "$lab_dir/passing.pcap" 'not udp port 500 and not udp port 4500 and not esp and not arp and ip[6:2] & 0x1fff = 0' 2>/dev/null | wc -l)
    echo "$all packets, $clear of them neither IKE nor ESP"
    [ "$all" -gt 40 ] && [ "$clear" = 0 ]
}

# What an ESP packet adds: had it the header in it twice, it would be 20 bytes more.
says_transport() {
    ikewise "$1" show crypto ipsec sa | grep -q 'in use settings ={L2L, Transport'
}

says_mode() {
    case $name in
    esn-*) ikewise "$1" --json show crypto ipsec sa | grep -o '"esn": *true' ;;
    gmac-*) ikewise "$1" show crypto ipsec sa | grep -m 1 -o 'esp-aes-gmac-256' ;;
    *) says_transport "$1" ;;
    esac
}

inner() {
    local name=$1 peer=$2
    begin "$peer" none
    expect "$name: the first packet brings it up" lab_until 20 lab_ping west east 1
    expect "$name: 20 pings" lab_ping west east 20
    expect "$name: and back" lab_ping east west 20
    expect "$name: it says so, here" says_mode west
    expect "$name: and there" says_mode east
    finish "$peer"
}

tracer_goes_in() {
    ikewise west packet-tracer input inside icmp "${lab_outer[west]}" 8 0 "$1" | grep 'transport mode'
}

data() {
    local name=$1 peer=$2 nat=$4 east west
    begin "$peer" "$nat"
    east=$(cell_peer_address west) west=$(cell_peer_address east)
    lab_capture passing router west "$lab_dir/passing.pcap" host "${lab_outer[west]}"
    expect "$name: the first packet brings it up" lab_until 20 lab_in west ping -n -c 1 -W 1 "$east"
    expect "$name: and says so, here" says_transport west
    expect "$name: and there" says_transport east
    expect "$name: west to east" pings west "$east"
    expect "$name: east to west" pings east "$west"
    expect "$name: packets that fill the link" pings west "$east" 1472
    expect "$name: TCP west to east" stream west east "$east" tcp
    expect "$name: UDP west to east" stream west east "$east" udp
    if [ "$nat" = none ]; then
        expect "$name: TCP east to west" stream east west "$west" tcp
    fi
    expect "$name: UDP east to west" stream east west "$west" udp
    expect "$name: packet-tracer says where it goes" tracer_goes_in "$east"
    expect "$name: nothing in clear" only_esp_passes
    finish "$peer"
}

both_have_the_pair() {
    local ours theirs
    ours=$(ikewise_spis west) theirs=$("$1_spis" east)
    echo "$ours here, $theirs there"
    [ -n "$ours" ] && [ "${ours#* } ${ours% *}" = "$theirs" ]
}

they_say() {
    case $1 in
    strongswan) swanctl east --list-sas | grep -o 'AES_CBC.*/ESN\|NULL_AES_GMAC.*' || swanctl east --list-sas | grep -o 'INSTALLED, TRANSPORT[^,]*' ;;
    libreswan) whack east --trafficstatus >/dev/null; grep -o -m 1 'IPsec SA established transport mode' "$(libreswan_logs east)" ;;
    esac
}

both_tell_addresses() {
    grep -o 'parsed QUICK_MODE.*NAT-OA NAT-OA' "$lab_dir/charon-east/charon.log" | cut -d' ' -f1,2,4-
}

agree() {
    local name=$1 peer=$2 who=$3 nat=$4
    begin "$peer" "$nat"
    if [ "$who" = west ]; then
        ikewise_up west >/dev/null
    else
        "${peer}_up" east >"$lab_dir/up.log" 2>&1
    fi
    expect "$name: both have the pair" lab_until 20 both_have_the_pair "$peer"
    expect "$name: they say" lab_until 5 they_say "$peer"
    expect "$name: we say so, too" says_mode west
    [ "$nat" = none ] || expect "$name: NAT-OA both ways" both_tell_addresses
    finish "$peer"
}

[ "$(id -u)" = 0 ] || lab_die "must be root"
strongswan_fetch
libreswan_fetch
lab_cases "$cases" "$@"
