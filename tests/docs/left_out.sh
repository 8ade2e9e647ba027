#!/bin/bash
# What docs/left-out.md says is left out is refused by its word, or listed as not used.
#
#   left_out.sh IKEWISE TREE
set -u
program=$1 page=$2/docs/left-out.md
file=$(mktemp)
trap 'rm -f "$file"' EXIT
number=0 failures=0

#     word on the page   the statement                                                what is said of it
rows='rsa-encr           crypto ikev1 policy 20,authentication rsa-encr               "rsa-encr" is not understood here
      DSS                crypto ikev1 policy 20,authentication dsa-sig                "dsa-sig" is not understood here
      CRACK              crypto ikev1 policy 20,authentication crack                  by pre-shared keys and by signatures only
      22                 crypto ikev1 policy 20,group 22                              "22" is not understood here
      group~24           crypto ikev1 policy 20,group 24                              does not compute in group 24
      31                 crypto ikev1 policy 20,group 31                              "31" is not understood here
      EC2N               crypto ikev1 policy 20,group 3                               "3" is not understood here
      Blowfish           crypto ikev1 policy 20,encryption blowfish                   "blowfish" is not understood here
      CAST               crypto ikev1 policy 20,encryption cast                       "cast" is not understood here
      Camellia           crypto ikev1 policy 20,encryption camellia                   "camellia" is not understood here
      AH                 crypto ipsec ikev1 transform-set OLD ah-sha-hmac             "ah-sha-hmac" is not understood here
      comp-lzs           crypto ipsec ikev1 transform-set OLD esp-aes esp-sha-hmac comp-lzs   "comp-lzs" is not understood here
      ipsec-over-tcp     crypto ikev1 ipsec-over-tcp port 10000                       not used here: crypto ikev1 ipsec-over-tcp: NAT-T has replaced it'

while read -r word rest; do
    number=$((number + 1))
    statement=$(sed 's/   *.*//' <<<"$rest") said=$(sed 's/.*[^ ]   *//' <<<"$rest")
    sed 's/,/\n /' <<<"$statement" >"$file"
    found=$("$program" check "$file" 2>&1)
    if [[ $found == *"$said"* ]] && grep -qF -- "${word//\~/ }" "$page"; then
        echo "ok $number - $word"
    else
        echo "not ok $number - $word"
        sed 's/^/  | /' <<<"$found"
        failures=1
    fi
done <<<"$rows"
echo "1..$number"
exit $failures
