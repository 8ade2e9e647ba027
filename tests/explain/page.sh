#!/bin/bash
# Writes docs/explain.md: what explain says of ten real mistakes, and how often it is right.
#
#   tests/explain/page.sh BUILD > docs/explain.md
build=$(realpath "$1") && cd "$(dirname "$0")" || exit 2

# said TITLE WHAT-WAS-WRONG FILE...
said() {
    printf '\n## %s\n\n%s\n\n    $ ikewise explain' "$1" "$2"
    shift 2
    printf ' %s' "${@##*/}"
    printf '\n'
    "$build/src/ikewise" explain "$@" 2>&1 | sed -E "s#(\.\./[a-z]+/lab|lab|cisco|seeds)/([^ :]*/)?([a-z0-9-]+\.)#\3#g; s/^/    /; s/ +$//"
}

cat <<'EOF'
# Why the tunnel does not form: `ikewise explain`

    ikewise explain [--json] [--html PAGE] [--redact] [--ladder] [-v] [--keys FILE] FILE...

Give it what you have: a log or debug of an ASA, PIX, FTD or IOS router, of strongSwan, libreswan, racoon or vpnc,
of a VPN 3000 Concentrator or Cisco's VPN Client, what ike-scan has printed, a capture, what tcpdump or an ASA's `show capture`
has printed of one, `show` output, a configuration; of your end, of the other end, or of both, in any mix; compressed with gzip too, and as a store of logs exports it (JSON or CSV of Splunk,
Elasticsearch, Graylog, the journal, ASDM or FMC). What a file is, it finds out by looking. It needs no gateway, and the machine
may be another one.

For each negotiation it draws the messages, and says

- the cause that is most likely, with a number: of the verdicts at 0.9, nine in ten are right. *Proven* is said only where a device says it itself,
  or both ends do;
- the lines for it, the lines against it, what else it may be, and the one test that decides between the first two;
- what to type, at this end or at that end, with the values of the other end where the files tell them;
- what is proven and what is open.

`--html PAGE` writes the same as one page that needs no network and runs no script: the ladder as a drawing, each message with what is in it (of a
capture or a journal every payload; what is sealed too, with `--keys`), the lines that the verdict rests on, and a sheet for the other company, which
quotes no log and holds no secret. `--redact` puts address-1, name-1, file-1 and so on in
place of addresses, of names of groups, users, hosts and connections, and of files, in all of it.

`--keys FILE` opens what is sealed in a capture: FILE is Wireshark's `ikev1_decryption_table`, what `ikewise copy journal PEER session-keys` writes,
or the log of a charon that tells its keys (a `filelog` of `strongswan.conf` with `ike = 4`; only for as long as it is needed). A refusal of phase 2 that
says nothing sealed then names what it refuses. A line `psk,KEY` in it tests aggressive mode against that key.

A running gateway says the same of itself: `ikewise show tunnel PEER why`. And it keeps a **journal**: the newest 2 MB of the messages that came and left,
what else moved it, and its log in full; and, whatever strangers send meanwhile, all that belongs to the last 20 negotiations of each peer that did not come up. `ikewise copy journal [PEER] FILE` writes it (mode 0600); `explain` reads it anywhere, alone or beside the other
end's files, and `ikewise replay FILE --config OTHER` runs its negotiation against another configuration. What was sealed on the wire is sealed in it, and
no pre-shared key is ever in it; a hash of aggressive mode is, as on the wire, and keys can be tried on that. `ikewise copy journal [PEER] session-keys FILE`,
for root alone, adds the keys of the ISAKMP SAs that there are at that moment, and while `debug crypto ikev1 keys` is on also of those that have ended since:
then `explain` and `replay` read phase 2 as well.

One end's file often cannot tell two causes apart: an initiator that hears nothing does not know whether its question or the answer was lost. Then
both stand there, and the test that splits them. The other end's file settles it: give both.

Of a device's screens it takes, beside the SAs and their counters, what `packet-tracer` stops at (the route, an access-list, NAT, the filter of a
group-policy, VPN encrypt), `show crypto map` of a router, `show asp table vpn-context`, `show asp drop` and the statistics of IKE and IPsec; beside the crypto map
also whether its access-list was ever hit, and where the routes to the peer and to the networks behind it lead. What is counted since the counters
were cleared is never a fault by itself: it is set beside what else the file shows, or told as a note with what to do. Certificates, revocation
lists and trustpoints, translations (`show xlate`, `show ip nat translations`), what IOS's engine sealed and opened, neighbours, interfaces, watched
hosts (sla, track), rules of the fast path, licenses and admission are held against it in the same way. Of the screens of ASA and IOS that ikewise prints, each line is known.

A negotiation that is under way where the file ends is not called a fault. One that goes on no more, though the file does for three minutes or shows
another attempt, has stopped: where nothing speaks for any cause, that is said, with what to record of the next attempt.

Files of both ends are put together by cookies, message IDs and SPIs, whatever NAT has made of the addresses; else by the addresses. Where only the
responder's address is the same and nobody tells of NAT, order and times of the messages must fit, and there must be no other negotiation that it can
be. Then it says that NAT stands between the files, which address is which, and how far the clocks are apart. Two logs of which each names only its
peer have no address in common; they are taken for both ends when one asks and one answers, their clocks are not more than five minutes apart, nothing
came that was not sent, and each is the only one that it can be. What may be any of several is joined with none, and is counted.

Folklore says that messages 3 and 4 carry the hash of the pre-shared key. They carry the Diffie-Hellman values and the nonces (RFC 2409 section 5.4);
the hashes travel, encrypted, in 5 and 6. The key is *needed* for message 4, and that is why a responder without a key falls silent there.

Ten mistakes, made with real peers or taken from the field, follow; then how often the first cause is right.
EOF
said "1. The far end has no key for us" "The far end's tunnel-group is named after another address." seeds/3-msg4-log.txt
said "2. Our answers do not arrive" "The router has no default route. The log is of the responder." seeds/5-ios-mm-sa-setup.txt
said "3. The pre-shared keys differ, seen from one end" "strongSwan answers each message 5 with a notify that the initiator cannot open." ../source/lab/f-psk-mismatch/ini.pcap
said "4. The pre-shared keys differ, seen from both ends" "Each end says that it cannot open what the other seals: that is a proof." lab/f-psk-mismatch/ini.log lab/f-psk-mismatch/rsp.log
said "5. UDP 4500 is blocked" "There is NAT on the path, so message 5 goes to UDP 4500." lab/f-udp4500-drop-nat/ini.log
said "6. The phase 1 policies differ" "The responder's log names the attribute." lab/f-p1-dhgroup/rsp.log
said "7. The crypto ACLs do not mirror each other" "An ASA as responder." cisco/asa-p2-acl.txt
said "8. PFS at one end only" "The responder is strongSwan, which refuses what it did not ask for." lab/f-p2-pfs-initiator-only/rsp.log
said "9. A certificate has expired" "The initiator does not accept what message 6 holds." lab/f-cert-expired-responder/ini.log
said "10. The tunnel is up and the traffic goes one way" "Counters that move in one direction." cisco/asa-one-way.txt

cat <<'EOF'

## How often it is right

Stored files with their truth stand in `tests/explain`; `tests/explain/score.sh` prints this table, `./check explain` holds the aims. *first*: the
first cause is the true one; *in three*: it is among the first three; *family*: the first cause is of the right family (key, phase 1 policy, path ...).
*alarms*: a fault was named in what is healthy; *missed*: no fault was named where there is one. Where the files cannot tell two causes apart, both count
as true. Real peers are strongSwan and libreswan. *Cisco wordings* and *pluto wordings* are log lines put together from wordings that are known, not whole logs
of one; rates of different kinds say different things and are not averaged. *Fresh* are thirty negotiations of strongSwan that were made when the
rules stood: on first sight the first cause was the true one in twenty of twenty-five with everything of both ends given; what was wrong then was
repaired, so their rates above are no longer those of a first sight. *ikewise* are negotiations of ikewise with strongSwan, from the fault lab
(`tests/explain/faultlab.sh` makes all its faults anew): on first sight of it right first were 74 % of single logs, 84 % of single captures, 66 % of
journals and 76 % of both ends; half of what was wrong was the truth written too narrow, half was mended. *Hold-out texts* are logs in the forms and words
of releases that no row was written for (PIX 6.3, ASA 7 and 9, IOS 12 and 15, charon in the journal and on a terminal, pluto 3 and 4, racoon), written
with their truth before `explain` had read one: on first sight the first cause was the true one in 9 of 17, the family the right one in 10, and of 4
nothing was said. They were mended by rows; of sixteen more, written after that, 13 were right on first sight. Then came texts from the
field: logs and screens of 67 people who asked for help in public (forums, reports of bugs, manuals), with addresses struck out, lines run together or
broken by a mail, of RouterOS, Meraki and clouds beside the rest. On first sight the first cause was right in 38, among the first three in 40, 21 told
nothing, and one proof was wrong. They were mended, and of 24 others, taken after that, the first cause was right on first sight in 15; 5 told nothing,
and no proof was wrong. What was missed of both stands here retyped, as hold-out texts, but for one that still tells nothing (three lines
without a beginning). Last, 40 texts of ASA, IOS, strongSwan, libreswan, racoon and vpnc, 22 of them with both ends, some inside exports and mails: on
first sight the first cause was right in 55 of 62 files alone and in 17 of the 22 pairs; of twelve more, in 19 of 20 and in 8 of 8. No proof was wrong. The latest 44 were written of what the references know and no text had shown (single lines of
a syslog, PIX 6, IOS 12 to IOS-XE, screens, retyped, folded, the source of a page): on first sight the first cause was right in 33 of 47 files alone and
in 2 of 3 pairs, 6 told nothing, and one proof was wrong; of three the truth had been written too narrow, one is a note beside IKE now, the others were
mended by rows. After those, 98 texts of public pages, reports and
documentation (of 77 faults: some have both ends, alone and together), 36 that were written, and 24 written when these had been seen to: on first sight
the first cause was the true one, or one that the text cannot tell from it, in 80, in 25 and in 19; no proof was wrong, one healthy text had a fault
beside it, a refused quick mode was called healthy, and of the first two lots 18 told nothing, six of them of programs that were not read then (VPN 3000,
the VPN Client, ike-scan, tcpdump's text). What was missed of the others stands here in words of our own. *Screens* are screens
of devices as such, sick and healthy, written with their truth before there was a rule for them. *vpnc* are negotiations of vpnc with
ikewise (`tests/explain/vpnclab.sh`). *VPN Client* and *VPN 3000* were written by those who wrote their rows, of wordings that
are remembered: no such device was there, and nothing more is to be concluded from their rates. *ike-scan* was run against ikewise and strongSwan. A fault that nobody here has seen is recognised less
often than the table says.

EOF
"$build/tests/explain/explain_score" "$build/src/ikewise" cases.tsv | sed -n '/^kind of input/,$p' | sed 's/^/    /; s/ *$//'
