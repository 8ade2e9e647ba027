#!/bin/bash
# The attack list: each row that concerns what is built has a test that is called by it. Rows P are the parser's, C those of
# keys, certificates and signatures, S the state machine's, Q quick mode's, X those of users (XAUTH, mode config), F those of
# messages in fragments, D floods and the loss of means, N NAT traversal's, E the data plane's, T those of logs, files and the
# shell. A test's name has the row's id in it (P03_..., "P03 ...", ..._E06), so whoever looks for a row finds its tests with
# grep, and a row whose last test was renamed away is named here. What no source may call is looked for in the sources.
#
#   tests/attacks.sh          one line a row: how many tests are called by it
set -u
cd "$(dirname "$0")" || exit 1

#    row  what comes
rows="P01  the length of the header is not that of the datagram
      P02  a payload longer than the datagram
      P03  a payload length below four
      P04  more payloads than are looked at
      P05  hundreds of payloads in an answer
      P06  SPI sizes in phase 1
      P07  proposals and transforms that were not announced
      P08  an attribute that is cut
      P09  the wrong form of an attribute
      P10  key lengths
      P11  an attribute twice
      P12  lifetimes
      P13  groups of the peer's own
      P14  unassigned DOI or situation
      P15  payload numbers that drafts gave
      P16  payloads of IKEv2
      P17  versions
      P18  exchange types, at each state
      P19  payloads in the wrong order or number
      P20  key shares
      P21  nonces
      P22  identities
      P23  certificates and requests
      P24  deletes
      P25  notifies
      P26  hashes and signatures of any size
      P27  vendor IDs
      P28  encrypted bodies
      P29  what comes to port 4500
      P30  what is sent of memory
      C01  a hash of the key for whoever asks in aggressive mode
      C02  keys that can be guessed
      C03  RSA encryption
      C04  a key that serves for more than signing
      C05  signatures that are made up
      C06  moduli and exponents
      C07  a certificate without its signature
      C08  chains to the peer's own authority
      C09  where a certificate says that more is
      C10  chains without end
      C11  identities that are not in the certificate
      C12  shares of small groups, and of no curve
      C13  weak groups
      C14  secrets and shares with leading zeros
      C15  the signature of the other role
      C16  cookies
      C17  a choice that was not offered
      C18  another method than the agreed one
      C19  how long a comparison takes
      C20  padding that tells something
      C21  IVs after what was spoilt or repeated
      C22  keys longer than the hash
      C23  weak keys of DES
      C24  no randomness
      C25  whose key is taken
      S01  messages out of order
      S02  a way to an established SA without a proof
      S03  error replies that leave state
      S04  liveness questions
      S05  duplicates
      S06  sealed messages without any state
      S07  informational before there are keys
      S08  deletes and notifies in clear
      S09  deletes without a right hash
      S10  deletes of what is gone
      S11  deletes of another peer's, and under any SA of the same
      S12  INITIAL-CONTACT
      S13  forged errors
      S14  main mode against an established peer
      S15  replays of quick mode
      S16  the commit flag
      S17  the authentication-only flag
      S18  exchanges without end under one SA
      S19  both begin, rekey or delete at once
      S20  takeover from another address
      S21  repeats of repeats
      S22  lifetimes
      S23  clocks
      S24  errors at home in mid-exchange
      S25  what tells a scanner who we are
      Q01  identities that are no networks, or one alone
      Q02  ESP transforms that protect nothing
      Q03  SPIs
      Q04  PFS that differs
      Q05  selectors wider than the policy, or another peer's
      Q06  encapsulation modes
      Q07  encryption without integrity
      Q08  proposals that belong together
      Q09  a third message that is lost
      Q10  NAT payloads where none belong
      Q11  two SA payloads
      D01  first messages from addresses that are not theirs
      D02  Diffie-Hellman for whoever asks
      D03  and in aggressive mode at once
      D04  repeats to an address that is not proved
      D05  answers that are worth something to others
      D06  cookies and SPIs that are chosen to meet
      D07  failures without end
      D08  means that run out
      D09  a line of the log for each bad message
      D10  local clients that are slow
      D11  timers that are due at one instant
      N01  games with NAT-D
      N02  a mapping that somebody else moves
      N03  ESP that is played again from elsewhere
      N04  where the port changes
      N05  markers
      N06  several clients behind one NAT, with the same networks too
      N07  checksums and addresses of transport mode
      X01  what comes before the user is proved, or after he is refused
      X02  a group's key that many have, and passwords behind it
      X03  passwords that are tried out
      X04  answers that tell groups or users apart
      X05  what is long in a configuration
      X06  a gateway's words that a shell would run
      X07  padding, trailing bytes, what nobody asked for
      X08  addresses of others
      X09  answers by another method, odd names
      F01  fragments shorter than their header
      F02  fragments in the worst order
      F03  fragments without data, or without a state
      F04  honest loss, reordering and repeats of fragments
      F05  fragment ids without end
      F06  games with a set of fragments
      F07  what fragments make is not what carried them
      F08  a first message in fragments
      E01  short packets
      E02  the replay window
      E03  forged high numbers
      E04  the last sequence number
      E05  trailers
      E06  ICVs
      E07  inner packets
      E08  a flood of unknown SPIs
      E09  in clear, what should be protected
      E10  nothing leaves in clear when SA, TUN or daemon has gone
      E11  forged path MTUs
      E12  IVs and nonces
      E13  volume
      E14  ESP routed into its own TUN
      E15  hand-over at a rekey
      E16  outer fragments
      E17  byte counters
      T01  escapes for the terminal
      T03  lines that are forged
      T04  formats in names
      T05  secrets in logs, screens and memory
      T06  captures that are cut or lie
      T07  messages that crash who prints them
      T08  files that are no text
      T09  markup in reports, and names of files
      T10  configurations of others, or without end
      T11  who may say what to the socket"

#        row  what no source calls
nowhere="T02  system|popen|execlp|execvp"

# The names of all tests: functions that cmocka calls, rows of tables that begin with an id, titles of scenarios.
names=$({
    grep -hoE '^static void [A-Za-z0-9_]+\(void \*\*state\)' ./*/test_*.c | sed 's/^static void //; s/(.*//'
    grep -hoE '"([A-Z][0-9]{2} )+[^"]*"' ./*/test_*.c
    sed -n 's/^scenario: //p' scenarios/*.txt
    grep -hoE '(expect|fail) "([A-Z][0-9]{2} )+[^"]*"' ./*/*.sh
} | sort -u)

number=0 failed=0
echo "1..$(cat <<<"$rows"$'\n'"$nowhere" | wc -l)"
while read -r row what; do
    number=$((number + 1))
    count=$(grep -ciE "(^|[^a-z0-9])${row}([^a-z0-9]|\$)" <<<"$names")
    if [ "$count" -gt 0 ]; then
        echo "ok $number - $row $what: $count tests"
    else
        echo "not ok $number - $row $what: no test is called by it"
        failed=1
    fi
done <<<"$rows"
while read -r row calls; do
    number=$((number + 1))
    if found=$(grep -rnwE "($calls) *\(" ../src); then
        echo "not ok $number - $row $found"
        failed=1
    else
        echo "ok $number - $row no source calls $calls"
    fi
done <<<"$nowhere"
exit $failed
