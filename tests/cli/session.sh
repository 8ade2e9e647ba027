#!/bin/bash
# The shell on a terminal, on two gateways with a host behind each, in network namespaces. Wants root.
#     session.sh IKEWISED IKEWISE TYPIST
set -u
ikewised=$(readlink -f "$1")
ikewise=$(readlink -f "$2")
typist=$(readlink -f "$3")
work=$(mktemp -d)
stored=$(readlink -f "$(dirname "$0")/..")
tag=is$$
failed=0
. "$(dirname "$0")/sites.sh"

status() { local wanted=$1; shift; "$@" >/dev/null 2>&1; [ $? = "$wanted" ]; }
typed() { (cd "$work" && "$typist" "$ikewise" -s w.sock) || failed=1; }
west() { "$ikewise" -s "$work/w.sock" "$@"; }
pings() { host hw ping -c "$1" -i 0.2 -W 3 10.2.0.5 | grep -q " $1 received"; }

exec 2>"$work/errors" # what bash says of killed children
make_network
write_configs
start w
start e
cp "$stored/explain/seeds/3-msg4-log.txt" "$work/msg4.log"
cp "$stored/twoends/asa.cfg" "$stored/twoends/fits.cfg" "$stored/twoends/responder.cfg" "$work"
cp "$stored/source/lab/f-p1-encryption/ini.pcap" "$work/ini.pcap"

typed <<'END'
# the prompt has the name of the gateway
= west> 
# what only looks is there at once
> show version
= ikewise
= west> 
# what changes something is not
> configure terminal
= ERROR: % Invalid input detected at '^' marker.
= west> 
# nor is anything written to a file
> show version | redirect w.txt
=                      ^
= ERROR: % Invalid input detected at '^' marker.
=   expected here: begin, include, exclude, grep, section or count
= west> 
# enable is for root, and asks for no password
> enable
= west# 
# the caret stands under the wrong word, wherever the prompt ends
> show crypto foo sa
=                   ^
= ERROR: % Invalid input detected at '^' marker.
=   expected here: isakmp, ikev1, ikev2, ipsec
# an ambiguous word is named
> show crypto i sa
= ERROR: % Ambiguous command:  "show crypto i"
# an incomplete command too
> show crypto
= ERROR: % Incomplete command
# a question mark says what can follow, with a line about each word, and leaves the line as it was
^ show crypto ?
= exec mode commands/options:
=   ikev1            IKE version 1
=   ipsec            IPsec, phase 2
=   isakmp           ISAKMP, phase 1
= west# show crypto 
# in the middle of a word it says which words begin so
^ is?
=   isakmp  ISAKMP, phase 1
! ipsec
= west# show crypto is
# Tab writes the rest of the word
^ \tsa\x0d
= akmp sa
= There are no IKEv1 SAs
= west# 
# the commands of before come again
^ \x10\x0d
= There are no IKEv1 SAs
= west# 
> show history
=   show crypto isakmp sa
= west# 
> show curpriv
= Current privilege level : 15
= Current Mode/s : P_PRIV
= west# 
> show terminal
= , no monitor
= terminal interactive
= west# 
# configuration has its own prompt
> conf t
= west(config)# 
> show curpriv
= Current Mode/s : P_PRIV P_CONF
= west(config)# 
> show privilege
= Current privilege level is 15
= west(config)# 
# statements that have others below them have one too
> crypto ikev1 policy 10
= west(config-ikev1-policy)# 
> authentication pre-share
= west(config-ikev1-policy)# 
> encr aes-256
= west(config-ikev1-policy)# 
> hash sha
= west(config-ikev1-policy)# 
# a word that is wrong in a statement has the caret under it, and what could stand there
> group 26
=                                  ^
= ERROR: % Invalid input detected at '^' marker.
= west(config-ikev1-policy)# 
^ group 1?
=   1   768-bit MODP (weak)
=   14  2048-bit MODP
= west(config-ikev1-policy)# group 1
^ 4\x0d
= west(config-ikev1-policy)# 
> lifetime 86400
= west(config-ikev1-policy)# 
# a statement of the outer mode leaves the inner one by itself
> crypto ikev1 enable outside
= west(config)# 
> access-list VPN extended permit ip 10.1.0.0 255.255.0.0 10.2.0.0 255.255.0.0
= west(config)# 
> crypto ipsec ikev1 transform-set AES esp-aes-256 esp-sha-hmac
= west(config)# 
# a tunnel that is not whole yet says what it lacks
> crypto map OUT 10 match address VPN
= WARNING: crypto map OUT 10 is parked
= west(config)# 
> crypto map OUT 10 set peer 192.0.2.2
= west(config)# 
> crypto map OUT 10 set ikev1 transform-set AES
= west(config)# 
> crypto map OUT interface outside
= west(config)# 
> tunnel-group 192.0.2.2 type ipsec-l2l
= west(config)# 
> tunnel-group 192.0.2.2 ipsec-attributes
= west(config-tunnel-ipsec)# 
> ikev1 pre-shared-key a-key-of-this-test
= west(config-tunnel-ipsec)# 
# commands work in configuration too, and the key is never shown
> sh run tunnel-group
=  ikev1 pre-shared-key *****
= west(config-tunnel-ipsec)# 
# exit goes one step out, end all of them
> exit
= west(config)# 
# an interface may be short, and is the same
> interface gi 0/0
= west(config-if)# 
# what is measured has a prompt of its own
> sla monitor 7
= west(config-sla-monitor)# 
> type echo protocol ipIcmpEcho 192.0.2.2 interface outside
= west(config-sla-monitor-echo)# 
> no sla monitor 7
= west(config)# 
> interface gi 0/0
= west(config-if)# 
# in a block help is about the block
^ ?
= security-level
! packet-tracer
= exit
! packet-tracer
= west(config-if)# 
> do show interface g 0/0
= Interface GigabitEthernet0/0 "outside"
= west(config-if)# 
# help and Tab know what interfaces are called, and that a number follows
^ show run int g\t?
= gigabitEthernet 
= NUMBER  the number in the interface's name
= west(config-if)# 
^ \x15interface g\t?
= NUMBER  the number in the interface's name
= west(config-if)# interface gigabitEthernet 
^ 0/0\x0d
= west(config-if)# 
> do show run | grep ^interface
! 0/0
= interface GigabitEthernet0/0
! interface gi
> end
= west# 
# what has been typed is in use
> up 192.0.2.2
= 192.0.2.2 is up: MM_ACTIVE
= west# 
# a filter shows the lines that match
> show run | include map OUT 10
= crypto map OUT 10 match address VPN
= crypto map OUT 10 set peer 192.0.2.2
! hostname
= west# 
^ show run | tee ?
=   FILE  a file of this machine, by its path
= west# show run | tee 
^ \x15show run | a?
=   append  write it to the end of FILE
^ \x15\x0d
= west# 
> debug crypto ikev1 | redirect debug.txt
= ERROR: what goes on behind the prompt is written to no file
= west# 
> show run | exclude .
= west# 
> show run | grep -v crypto|access|tunnel|^ |^!|^:
= ASA Version 9.1(2)
= hostname west
= interface
= west# 
> show run | begin tunnel-group
= tunnel-group 192.0.2.2 type ipsec-l2l
! crypto
= west# 
> show run | count crypto map
= Number of lines which match regexp = 4
= west# 
> show run | wrong x
=                  ^
= begin, include, exclude, grep, section, count, redirect, tee or append
= west# 
# help that is too long for the terminal stops, too, and ends where somebody wants no more of it
^ ?
= capture
= <--- More --->
! write the configuration
^ q
! write the configuration
= west# 
^ ?
= <--- More --->
^ \x03
= west# 
# a page is as long as the terminal is then
~ 60 120
^ ?
= capture
! More
= write the configuration
= west# 
# also when it has become smaller between two pages
~ 12 120
> show run
= <--- More --->
~ 4 120
^  
= <--- More --->
! tunnel-group
^ q
= west# 
# a line that the terminal folds is two rows of the page
~ 4 40
> show run | include access-list|crypto map
= access-list
= <--- More --->
^  
= crypto map OUT 10 set peer
^ q
= west# 
~ 24 120
# a screen that is too long stops, and goes on by a page, a line, or not at all
> terminal pager 10
= west# 
> show run
= nameif outside
= <--- More --->
! crypto
^ \x0d
= <--- More --->
^  
= access-list
= <--- More --->
^ q
= west# 
> terminal pager 0
= west# 
> show run
= : end
= west# 
# the log comes while something is typed, and the line is drawn again
> terminal monitor
= west# 
^ clear crypto
= clear crypto
^  ipsec sa\x0d
= west# 
= executed the 'clear crypto ipsec sa' command.
= west# 
# in the words of the log, each message with its number
> up 192.0.2.2
= is up: MM_ACTIVE
= %ASA-5-713120: Group = 192.0.2.2, IP = 192.0.2.2, PHASE 2 COMPLETED
> terminal no monitor
= terminal no monitor
# debug has those of the console, with its breaks
> clear crypto isakmp sa
= west# 
> debug crypto ikev1 127
= west# 
> up 192.0.2.2
= [IKEv1 DEBUG]: Group = 192.0.2.2, IP = 192.0.2.2, Transmitting Proxy Id:
=   Local subnet:  10.1.0.0
= [IKEv1]: Group = 192.0.2.2, IP = 192.0.2.2, PHASE 2 COMPLETED
= west# 
> undebug all
= west# 
> show crypto ikev1 debug-log peer 192.0.2.2 | include Transmitting
= %ASA-7-713906: Group = 192.0.2.2, IP = 192.0.2.2, Transmitting Proxy Id:   Local subnet:  10.1.0.0
! x0a
= west# 
> show version
= configuration
= west# 
# the keys of the devices: Ctrl-W and Ctrl-U take away, Ctrl-A and Ctrl-E go to the ends, Ctrl-R shows the line again
^ show nonsense\x17version\x0d
= configuration
= west# 
^ nonsense\x15show version\x0d
= configuration
= west# 
^ ow versio\x01sh\x05n\x0d
= configuration
= west# 
^ show ver
= show ver
^ \x12
= show ver
^ \x0d
= configuration
= west# 
# a question in the middle of a word says how it may go on
^ show ver?
= version
= the gateway's version
^ \x0d
= configuration
= west# 
# Ctrl-C gives up a line, Ctrl-Z leaves configuration
^ this is nothing\x03
= west# 
> conf t
= west(config)# 
^ \x1a
= west# 
# what needs no gateway is there too, and takes filters: a log explained
> explain msg4.log | include Most likely
= (psk_not_found)
! MM_SA_SETUP
= west# 
# more than one file, and options between them
> explain --ladder msg4.log asa.cfg | count ikewise
= Number of lines which match regexp = 0
= west# 
^ explain msg4.log ?
=   WORD ...  files, and options between them
=   <cr>
= west# explain msg4.log 
^ \x03
= west# 
> explain nothing.log
= nothing.log: No such file or directory
= west# 
# a long one stops at the page's end
> terminal pager 10
= west# 
> explain msg4.log
= stuck at MM_WAIT_MSG4
= <--- More --->
! Most likely
^ q
= west# 
> terminal pager 0
= west# 
# one configuration alone, two against each other, and a capture against another configuration
> check fits.cfg | include errors
= tunnels can run
= west# 
> check asa.cfg fits.cfg | grep comes up from
= The tunnel comes up from whichever end begins.
= west# 
> replay ini.pcap --config responder.cfg | include would have
= With this configuration it would have stopped at MM_WAIT_MSG2: 
= west# 
# how the log is kept, and then its lines
> show logging
= Syslog logging: disabled
=     Buffer logging: level
= PHASE 1 COMPLETED
= west# 
# who is there: this shell, at its terminal
> who
= 	0: 
= this shell
= west# 
# emptying the file is asked for
^ write erase\x0d
= Erase configuration in flash memory? [confirm] 
^ n\x0d
= Erase is aborted
= west# 
# so is the end of sessions
^ vpn-sessiondb logoff tunnel-group 192.0.2.77\x0d
= Do you want to logoff the VPN session(s)? [confirm] 
^ \x0d
= INFO: Number of sessions from TunnelGroup "192.0.2.77" logged off : 0
= west# 
# it says where nothing can follow
^ show version ?
=   <cr>
= west# show version 
^ \x0d
= ikewise
# exit leaves
> exit
END

commands_as_json() {
    printf '%s\n' "explain $work/msg4.log" "check $work/fits.cfg" "check $work/asa.cfg $work/fits.cfg" \
        "replay $work/ini.pcap --config $work/responder.cfg" | west --json | python3 -c '
import json, sys
rest = sys.stdin.read()
seen = []
while rest.strip():
    value, end = json.JSONDecoder().raw_decode(rest.lstrip())
    rest = rest.lstrip()[end:]
    seen.append(value["schema"])
print(seen)
sys.exit(seen != ["ikewise-explain/1", "ikewise-show/1", "ikewise-check/1", "ikewise-replay/1"])'
}
expect "files are explained in JSON, in a session as by the command" commands_as_json
expect "what was typed carries traffic" pings 3
expect "nothing has been written to the file yet" not grep -q "crypto map" "$work/w.conf"
expect "write memory writes it" west write memory
expect "with the keys, for its owner only" test "$(grep -c 'a-key-of-this-test' "$work/w.conf") $(stat -c %a "$work/w.conf")" = "1 600"
expect "nobody is there any more, but whoever asks" not grep -v "this shell" <(west who)
expect "write erase empties the file" west write erase noconfirm
expect "of which nothing is left" not grep -q "crypto\|a-key" "$work/w.conf"
expect "and who could read it is as before" test "$(stat -c %a "$work/w.conf")" = 600
expect "what runs stays" pings 2
expect "and is written again" west write memory
restart w
expect "so that it holds after a restart" pings 3
expect "a router shows the lists with what each line has met" grep -qxE "    10 permit ip 10.1.0.0 0.0.255.255 10.2.0.0 0.0.255.255 \([0-9]+ matches\)" <(west show ip access-lists VPN)
expect "and the tunnel-groups as profiles" grep -qx "IKEv1 PROFILE 192.0.2.2" <(west show crypto isakmp profile)
expect "of which one is asked for" test -z "$(west show crypto isakmp profile tag nobody)"
expect "there are no default policies" grep -q "There are no default policies" <(west show crypto isakmp default policy)
expect "what was translated is summed up" grep -qx "Total active translations: 0 (0 static, 0 dynamic; 0 extended)" <(west show ip nat statistics)
context_of() { west show asp table classify domain "$1" | sed -n 's/.*user_data=0x\([0-9a-f]*\),.*/\1/p' | tr a-f A-F; }
expect "the rules lead to the contexts" grep -q "^VPN CTX=0x00*$(context_of encrypt), .* ENCR" <(west show asp table vpn-context)
expect "both ways" grep -q "^VPN CTX=0x00*$(context_of ipsec-tunnel-flow), .* DECR" <(west show asp table vpn-context)
expect "a session fits a line" grep -qE "^Session Type: LAN-to-LAN \| Connection: 192.0.2.2 \| .* \|\|$" <(west show vpn-sessiondb full l2l)
expect "and how many there may be" grep -qE "^Other VPN  .*:      1 :" <(west show vpn-sessiondb license-summary)
expect "what has failed can be counted" grep -qE "^Exit Path Table - status: enable, current entry [0-9]+," <(west show crypto isakmp diag error count)
west show running-config >"$work/running"
west show startup-config >"$work/startup"
expect "what is running is what will start" cmp <(grep -v ^: "$work/running") <(grep -v ^: "$work/startup")

# A change of one tunnel while another is busy.
cat >"$work/other.txt" <<'END'
access-list OTHER extended permit ip 10.1.0.0 255.255.0.0 10.9.0.0 255.255.0.0
crypto map OUT 20 match address OTHER
crypto map OUT 20 set peer 192.0.2.9
crypto map OUT 20 set ikev1 transform-set AES
tunnel-group 192.0.2.9 type ipsec-l2l
tunnel-group 192.0.2.9 ipsec-attributes
 ikev1 pre-shared-key another-key
END
host hw ping -q -c 600 -i 0.005 10.2.0.5 >"$work/pings" &
pinging=$!
for _ in 1 2 3 4 5; do
    west copy "$work/other.txt" running-config
    west -c 'clear configure crypto map OUT 20'
    west -c 'clear configure tunnel-group 192.0.2.9'
done >"$work/changes" 2>&1
west -c 'show running-config crypto map OUT 20' >"$work/gone"
wait $pinging
expect "a change loses no packet of the tunnels that it does not concern" grep -q "600 packets transmitted, 600 received" "$work/pings"
expect "and what was taken away is gone" test ! -s "$work/gone"

expect "ping goes through the tunnel" grep -q "Success rate is 100 percent (3/3)" <(host gw "$ikewise" ping 10.2.0.5 repeat 3 source 10.1.0.1)
expect "with options in any order, as on a router" grep -q "Success rate is 100 percent (2/2)" \
    <(host gw "$ikewise" ping ip 10.2.0.5 df-bit size 1000 source 10.1.0.1 timeout 3 repeat 2 data abcd)
expect "and says what was asked for" diff <(host gw "$ikewise" -s "$work/w.sock" ping outside 192.0.2.2 repeat 1 timeout 1 df-bit | head -n 4) <(echo "Type escape sequence to abort.
Sending 1, 100-byte ICMP Echos to 192.0.2.2, timeout is 1 second:
Packet sent with a source address of 192.0.2.1 
Packet sent with the DF bit set")
expect "what does not fit is M" grep -qx MM <(host gw "$ikewise" ping 192.0.2.2 repeat 2 size 1600 df-bit)
expect "and says so when nothing comes" grep -qxE "(\\.|U){2}" <(host gw "$ikewise" ping 192.0.2.77 repeat 2)
west show route >"$work/routes"
expect "routes have the names of the configuration" grep -qx "S\*       0.0.0.0 0.0.0.0 \[1/0\] via 192.0.2.2, outside" "$work/routes"
expect "and nothing else" test "$(wc -l <"$work/routes")" = 6
expect "an address has the route that a packet to it takes" grep -qx "Routing entry for 192.0.2.0 255.255.255.0" <(west show route 192.0.2.77)
expect "without a longer one the last resort" grep -qx "Routing entry for 0.0.0.0/0" <(west --ios show ip route 8.8.8.8)
expect "an interface has its own" test "$(west show route inside | grep -c ' directly connected, inside$')" = "$(west show route inside | grep -c '^[CSV]')"
expect "a section is a line and what is indented below it" test "$(west -c 'show running-config | section ^tunnel-group .* ipsec-attributes' | grep -vc '^tunnel-group\|^ ')" = 0
expect "with what is indented" grep -q "^ ikev1 pre-shared-key" <(west -c 'show running-config | section ipsec-attributes')
expect "what IP does is shown as on a router" grep -qx "  Internet address is 192.0.2.1/24" <(west show ip interface outside)
expect "addresses are listed as on an ASA" grep -qx "GigabitEthernet0/0       outside                192.0.2.1       255.255.255.0   manual" <(west show ip)
expect "an interface may be short, as everywhere" grep -qx "GigabitEthernet0/0       outside                192.0.2.1       255.255.255.0   manual" <(west show ip address gi0/0)
expect "and names with their levels" grep -qx "GigabitEthernet0/0       outside                    0" <(west show nameif)
expect "what leaves there has the DF bit of the packet inside" grep -qx "df-bit outside copy" <(west show crypto ipsec df-bit outside)
expect "and is fragmented before it is encrypted" grep -qx "fragmentation outside before-encryption" <(west show ipsec fragmentation outside)
expect "where there is no such interface it is said" status 2 west show crypto ipsec df-bit nowhere
expect "IPsec is counted as an ASA's engine does" grep -qxE "   SA creation requests: [1-9][0-9]*" <(west show crypto protocol statistics ipsec)
expect "the clock is this machine's" grep -qE "^[0-9:]{8}\.[0-9]{3} [A-Z]+ [A-Z][a-z]{2} [A-Z][a-z]{2} [0-9]+ 20" <(west show clock)
expect "what is translated is shown" grep -qE "^[0-9]+ in use" <(west show xlate)
expect "also as on a router" grep -q "^Pro Inside global" <(west show ip nat translations)
expect "what no statement begins with is refused" status 2 west show running-config nonsense
expect "where it would be taken away, too" status 2 west clear configure nonsense
expect "what could stand there may be missing" status 0 west show running-config username
expect "a list that there is not is told" status 2 west show access-list NOBODY
expect "an interface that there is not, too" status 2 west show route nowhere
commands() { printf '%s\n' "$@" | "$ikewise" -s "$work/w.sock"; }
expect "commands come from standard input" status 0 commands "show tunnel" "configure terminal" "hostname west" "end"
expect "and one that is wrong is told by the exit status" status 2 commands "show tunnel" "shwo tunnel"
expect "the others are done all the same" grep -q "^ikewise" <(commands "shwo tunnel" "show version" 2>/dev/null)
long=$(printf '%060000d' 0)
many_long_lines() { (echo "configure terminal"; for _ in $(seq 220); do echo "access-list LONG remark $long"; done) | "$ikewise" -s "$work/w.sock"; }
expect "more lines than one request may hold are several" status 0 many_long_lines
expect "and none is lost" test "$(west -c "show running-config | count LONG")" = "Number of lines which match regexp = 1"
west -c "clear configure access-list LONG"
printf '%s\n' "object network LAN" " subnet 10.1.0.0 255.255.0.0" "object service WEB" " service tcp destination eq https" \
    "object-group network NETS" " network-object object LAN" "object-group service PORTS tcp" " port-object eq www" | west configure
shown() { # lines | words...
    cmp <(west show "${@:2}") <(printf '%s\n' "$1" | tr '|' '\n')
}
expect "the objects are shown" shown 'object network LAN| subnet 10.1.0.0 255.255.0.0|!|object service WEB| service tcp destination eq https' object
expect "those of addresses" shown 'object network LAN| subnet 10.1.0.0 255.255.0.0' object network
expect "one by its name" shown 'object service WEB| service tcp destination eq https' object id WEB
expect "groups of them apart" shown 'object-group network NETS| network-object object LAN|!|object-group service PORTS tcp| port-object eq www' object-group
expect "those of one kind" shown 'object-group service PORTS tcp| port-object eq www' object-group service
expect "one of them by its name" shown 'object-group network NETS| network-object object LAN' object-group id NETS
expect "one that there is not is refused" status 2 west show object id NETS
expect "of a kind that has none nothing is shown" test -z "$(west show object-group protocol)"
west clear configure object-group
west clear configure object
expect "-c takes a filter" grep -q "^1" <(west -c "show running-config | include hostname" | wc -l)
expect "a screen goes to a file" status 0 west -c "show running-config | redirect $work/screen.txt"
expect "as it would have been shown" cmp <(west show running-config) "$work/screen.txt"
expect "which its owner reads" test "$(stat -c %a "$work/screen.txt")" = 600
expect "and not to the terminal" test -z "$(west -c "show nameif | redirect $work/names.txt")"
expect "what is there is not written over" status 2 west -c "show version | redirect $work/screen.txt"
expect "and stays" cmp <(west show running-config) "$work/screen.txt"
expect "nor does tee" grep -q "screen.txt: File exists" <(west -c "show version | tee $work/screen.txt" 2>&1)
expect "append writes behind it" status 0 west -c "show nameif | append $work/screen.txt"
expect "all of it" cmp <(west show running-config; cat "$work/names.txt") "$work/screen.txt"
expect "tee shows it, too" cmp <(west show nameif) <(west -c "show nameif | tee /append $work/names.txt")
expect "and writes it" cmp <(west show nameif; west show nameif) "$work/names.txt"
for place in tftp://192.0.2.9/x flash:x; do
    expect "$place is no file of this machine" grep -q "$place: files are of this machine only" <(west -c "show version | append $place" 2>&1)
done
expect "a device is no file" grep -q "/dev/null: this is no file" <(west -c "show version | append /dev/null" 2>&1)
expect "a file has one name" grep -q "nothing behind the name of the file" <(west -c "show version | tee a b" 2>&1)
expect "and has to have one" grep -q "expected here: the name of a file" <(west -c "show version | redirect" 2>&1)
expect "what helps goes to a file as an ASA says it" status 0 west show tech-support file "$work/tech.txt"
expect "all of it, too" grep -q "^--* show running-config all --*$" "$work/tech.txt"
expect "--json has the lines as records" grep -q '"text":"hostname west"' <(west --json -c "show running-config")
printf 'hostname north\ncrypto map OUT 30 set peer\n' >"$work/wrong.txt"
west show running-config >"$work/before"
expect "what will start is added to what is running" status 0 west -c "copy startup-config running-config"
expect "and what is there already is there once" cmp <(grep -v ^: "$work/before") <(west show running-config | grep -v ^:)
expect "it can be written to a file" status 0 west copy startup-config "$work/startup.txt"
expect "without its keys" grep -qx " ikev1 pre-shared-key \*\*\*\*\*" "$work/startup.txt"
for place in tftp://192.0.2.9/x flash:/x disk0:x tftp; do
    expect "$place is no file" grep -q "^$place: files are of this machine only" <(west copy running-config "$place" 2>&1)
    expect "nor can it be read" status 2 west copy "$place" running-config
done
expect "interfaces fit a line each" grep -qx "GigabitEthernet0/0         192.0.2.1       YES manual up                    up  " <(west show ip interface brief)
expect "there are no SAs of IKEv2" grep -qx "There are no IKEv2 SAs" <(west show crypto ikev2 sa)
expect "drops can be asked for by section" test "$(west show asp drop flow | head -n 2 | tail -n 1)" = "Flow drop:"
expect "a file with a wrong line changes nothing" status 2 west copy "$work/wrong.txt" running-config
expect "and says which" grep -q "^line:2:.*ends too early" <(west copy "$work/wrong.txt" running-config 2>&1)
expect "not even what was right" grep -q "hostname west" <(west show running-config)
expect "who did what is in the log" grep -q "User '.*' executed the 'crypto map OUT 20 set peer 192.0.2.9' command" "$work/w.log"
expect "and no key is" not grep -q "a-key-of-this-test\|another-key" "$work/w.log"

# Two people who type and write at once: nothing of either is lost, and the file is whole at any time.
types() { # who
    local i
    for i in $(seq 12); do
        printf '%s\n' "configure terminal" "object network $1$i" "host 10.9.0.$i" "end" "write memory"
    done | "$ikewise" -s "$work/w.sock" >/dev/null 2>&1
}
types ANNA &
anna=$!
types BERT &
bert=$!
for _ in $(seq 20); do
    "$ikewise" check "$work/w.conf" >/dev/null 2>&1 || echo "not whole" >>"$work/torn"
    sleep 0.02
done
wait "$anna" "$bert"
expect "of two who write at once neither loses a line" test "$(grep -cE '^object network (ANNA|BERT)' "$work/w.conf")" = 24
expect "and the file is whole all the while" test ! -e "$work/torn"
for who in ANNA BERT; do west -c "show running-config object network ${who}12"; done >"$work/both"
expect "what is running has both" test "$(grep -c '^ host 10.9.0.12' "$work/both")" = 2

# The same tunnel again, as on a router.
for words in "crypto map OUT" "tunnel-group 192.0.2.2" "access-list VPN" "crypto ikev1 policy 10" "crypto ipsec ikev1 transform-set AES"; do
    west -c "clear configure $words" >/dev/null
done
expect "without its statements the tunnel is gone" not grep -q 192.0.2.2 <(west show tunnel)
typed <<'END'
# the words of a router are typed when that is asked for
> enable
= west# 
> terminal dialect ios
= west# 
~ 6 120
> show run
=  --More-- 
^ q
= west# 
~ 24 120
> debug crypto isakmp
= Crypto ISAKMP debugging is on
= west# 
> undebug crypto isakmp
= Crypto ISAKMP debugging is off
= west# 
> conf t
= west(config)# 
# they may be left short, and have a router's prompts
> cry isa pol 10
= west(config-isakmp)# 
^ enc
^ \t
= encryption
> aes 256
= west(config-isakmp)# 
> authentication pre-share
= west(config-isakmp)# 
> group 14
= west(config-isakmp)# 
> cry isa key a-key-of-this-test address 192.0.2.2
= west(config)# 
> cry ips transform-set AES esp-aes 256 esp-sha-hmac
= west(cfg-crypto-trans)# 
# wildcards are wildcards
> access-list 101 permit ip 10.1.0.0 0.0.255.255 10.2.0.0 0.0.255.255
= west(config)# 
> cry map OUT 10 ipsec-isakmp
= % NOTE: This new crypto map will remain disabled until a peer
=         and a valid access list have been configured.
= west(config-crypto-map)# 
# once: an entry that is begun and has no line yet is no new one
> exit
= west(config)# 
> cry map OUT 10 ipsec-isakmp
? west(config-crypto-map)# 
! NOTE
= west(config-crypto-map)# 
> no cry map OUT 10
= west(config)# 
> cry map OUT 10 ipsec-isakmp
= % NOTE: This new crypto map will remain disabled until a peer
= west(config-crypto-map)# 
# help says what can follow
^ set ?
= peer
= transform-set
> peer 192.0.2.2
= west(config-crypto-map)# 
> set transform-set AES
= west(config-crypto-map)# 
> match address 101
= west(config-crypto-map)# 
^ int g?
=   GigabitEthernet  an interface of that kind
= west(config-crypto-map)# int g
^ \t?
= NUMBER  the number in the interface's name
= west(config-crypto-map)# int gigabitEthernet 
^ 0/0\x0d
= west(config-if)# 
> crypto map OUT
= west(config-if)# 
> no shut
= west(config-if)# 
# what is measured has a prompt of its own
> ip sla 8
= west(config-ip-sla)# 
> icmp-echo 192.0.2.2 source-interface gi0/0
= west(config-ip-sla-echo)# 
> frequency 30
= west(config-ip-sla-echo)# 
> no ip sla 8
= west(config)# 
# a wrong word has its caret
> crypto isakmp foo
=                             ^
= Invalid input detected
# an ASA's statements are understood where a router has none
> tunnel-group 192.0.2.2 general-attributes
= west(config-tunnel-general)# 
> exit
= west(config)# 
# show running-config is an ASA's
> do sh run crypto map
= crypto map OUT 10 match address 101
= crypto map OUT 10 set peer 192.0.2.2
= crypto map OUT interface outside
= west(config)# 
# what belongs to a name goes with it
> cry map OUT 20 ipsec-isakmp
= % NOTE: This new crypto map will remain disabled until a peer
= west(config-crypto-map)# 
> match address NOTHING
= west(config-crypto-map)# 
> ip access-list extended NOTHING
= west(config-ext-nacl)# 
> permit ip any any
= west(config-ext-nacl)# 
> no crypto map OUT 20 ipsec-isakmp
= west(config)# 
> no ip access-list extended NOTHING
= west(config)# 
# a profile stays one, and may come after the entry that names it
> cry map OUT 10 ipsec-isakmp
= west(config-crypto-map)# 
> set isakmp-profile EAST
= west(config-crypto-map)# 
> cry isa profile EAST
= west(conf-isa-prof)# 
> self-identity fqdn gw.example.net
= west(conf-isa-prof)# 
> keepalive 30 retry 3
= west(conf-isa-prof)# 
> no self-identity fqdn gw.example.net
= west(conf-isa-prof)# 
> do sh run crypto isakmp profile
= crypto isakmp profile EAST
=  keepalive 30 retry 3
= west(conf-isa-prof)# 
> no crypto isakmp profile EAST
= west(config)# 
> cry map OUT 10 ipsec-isakmp
= west(config-crypto-map)# 
> no set isakmp-profile EAST
= west(config-crypto-map)# 
> ip route 10.77.0.0 255.255.0.0 192.0.2.2
= west(config)# 
> do sh run route
= route outside 10.77.0.0 255.255.0.0 192.0.2.2
= west(config)# 
> no ip route 10.77.0.0 255.255.0.0 192.0.2.2
= west(config)# 
> end
= west# 
> terminal dialect asa
= west# 
> exit
END
expect "what was typed as on a router carries traffic" pings 2
expect "traceroute goes through the tunnel" grep -qE "^ [0-9]+  10\\.2\\.0\\.5 [0-9]+ msec" <(host gw "$ikewise" -s "$work/w.sock" traceroute 10.2.0.5 source 10.1.0.1 numeric ttl 1 5)
expect "ping asks for what it is not told" grep -q "Success rate is 100 percent (2/2)" \
    <(printf '%s\n' ping 10.2.0.5 2 "" "" y 10.1.0.1 "" "" "" "" "" | host gw "$ikewise" -s "$work/w.sock")
expect "what was taken back is gone" not grep -qE "10\\.77|NOTHING" <(west show running-config)
printf '%s\n' 'crypto isakmp key another-of-this-test address 192.0.2.9' 'access-list 110 permit ip host 10.1.0.9 10.9.0.0 0.0.255.255' >"$work/router.txt"
expect "lines of a router come from a file too" status 0 west copy "$work/router.txt" running-config
expect "as an ASA's" grep -qx "access-list 110 extended permit ip host 10.1.0.9 10.9.0.0 255.255.0.0" <(west show running-config access-list)
printf '%s\n' 'crypto isakmp key k address 192.0.2.9' 'hostname' >"$work/router.txt"
west copy "$work/router.txt" running-config >"$work/said" 2>&1
expect "and what is wrong has the line of the file" grep -q "line:2:" "$work/said"
west -c "clear configure tunnel-group 192.0.2.9" >/dev/null
west -c "clear configure access-list 110" >/dev/null

# A gateway that ends.
debugs() { west show debugging | grep -q ikev1; }
(until debugs; do sleep 0.1; done; kill -TERM "$(cat "$work/w.pid")") &
typed <<'END'
# who watches is told when the gateway ends, and the shell stays
> enable
= west# 
> debug crypto ikev1
= west# 
= % ikewised shows no more of its log here
= west# 
> show version
= ikewised is not running
= west# 
END
wait "$(cat "$work/w.pid")"
start w

# A disk that is full.
if mount -t tmpfs -o size=16k,mode=0700 none "$work" 2>/dev/null; then
    umount "$work"
    mkdir "$work/small"
    mount -t tmpfs -o size=8k,mode=0700 none "$work/small"
    cp "$work/w.conf" "$work/small/w.conf"
    cp "$work/small/w.conf" "$work/before"
    kill -TERM "$(cat "$work/w.pid")"
    wait "$(cat "$work/w.pid")"
    ip netns exec "${tag}gw" "$ikewised" -f "$work/small/w.conf" -s "$work/w.sock" -d >"$work/w.log" 2>&1 &
    echo $! >"$work/w.pid"
    for _ in $(seq 50); do
        grep -q "tunnels run" "$work/w.log" && break
        sleep 0.1
    done
    seq -f "access-list BIG extended permit ip host 10.1.0.%g any" 1 200 >"$work/big.txt"
    west copy "$work/big.txt" running-config >/dev/null 2>&1
    expect "a full disk is told" status 2 west write memory
    expect "and leaves the old file" cmp "$work/before" "$work/small/w.conf"
    expect "and nothing else" test "$(ls "$work/small")" = w.conf
    kill -TERM "$(cat "$work/w.pid")"
    wait "$(cat "$work/w.pid")"
    umount "$work/small"
fi

exit $failed
