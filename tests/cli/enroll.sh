#!/bin/bash
# Key pairs and certificates from the shell: made, asked for, pasted, on a gateway in a network namespace. Wants root. That a tunnel
# comes up by them is shown with a peer: tests/peers/certificates.sh.
#     enroll.sh IKEWISED IKEWISE TYPIST
set -u
ikewised=$(readlink -f "$1")
ikewise=$(readlink -f "$2")
typist=$(readlink -f "$3")
work=$(mktemp -d)
tag=in$$
failed=0
. "$(dirname "$0")/sites.sh"

west() { "$ikewise" -s "$work/w.sock" "$@"; }
typed() { (cd "$work" && "$typist" "$ikewise" -s w.sock) || failed=1; }
pasted() { cat "$1" && echo quit; }
says() { grep -F -- "$1"; }
refused() { # words of the reason, then the command
    local said
    said=$("${@:2}" 2>&1) && return 1
    echo "$said" | says "$1"
}
signs() { # request, certificate: as the authority
    openssl x509 -req -in "$work/$1" -CA "$work/ca.pem" -CAkey "$work/ca.key" -CAcreateserial -days 30 -out "$work/$2" 2>/dev/null
}
authority() { # name
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/$1.key" -out "$work/$1.pem" -subj "/CN=$1" -days 30 2>/dev/null
}

exec 2>"$work/errors"
make_network
write_configs
start w
authority ca
authority stranger
west configure <<'END'
domain-name example.net
crypto ca trustpoint LAB
 enrollment terminal
 subject-name CN=west,O="ikewise tests, Inc"
 keypair WEST
crypto ca trustpoint BARE
END

enroll() { west crypto ca enroll LAB >"$work/shown" && sed -n '/BEGIN/,/END/p' "$work/shown" >"$work/$1"; }
is_private() { [ "$(stat -c %a "$work/w.keys") $(stat -c %a "$work/w.keys/WEST.pem")" = "700 600" ]; }
request_is_ours() { openssl req -in "$work/west.req" -noout -subject -verify 2>&1 | says 'CN = west, O = "ikewise tests, Inc"'; }
request_has_fqdn() { openssl req -in "$work/west.req" -noout -text | says DNS:west.example.net; }

expect "nothing is asked for without a key pair" refused "key pair WEST: there is none of this label" west crypto ca enroll LAB
expect "nor for a trustpoint that names none" refused "names no key pair" west crypto ca enroll BARE
expect "nor for one that is not there" refused "there is no trustpoint NONE" west crypto ca enroll NONE
expect "a key pair is made" west crypto key generate rsa label WEST modulus 2048
expect "which only its owner can read" is_private
expect "it is shown" eval 'west show crypto key mypubkey rsa | says "Key name: WEST"'
expect "with its size" eval 'west show crypto key mypubkey rsa | says "Modulus Size (bits): 2048"'
expect "it is not replaced unasked" refused "there is one of this label" west crypto key generate rsa label WEST
expect "a label is no path" refused "a label has" west crypto key generate rsa label ../WEST
expect "one on an elliptic curve" west crypto key generate ecdsa label CURVE elliptic-curve 384
expect "is shown apart" eval 'west show crypto key mypubkey ecdsa | says "Elliptic Curve Size (bits): 384"'
expect "an RSA key is not among those" not eval 'west show crypto key mypubkey ecdsa | says WEST'
for held in "" "no key at all"; do
    printf 'crypto ca trustpoint BARE\n keypair OTHER\n' | west configure
    install -m 600 <(printf "$held") "$work/w.keys/OTHER.pem"
    expect "a file with \"$held\" in it is no key pair" \
        refused "key pair OTHER: its file holds no private key" west crypto ca enroll BARE
    rm "$work/w.keys/OTHER.pem"
done
expect "the request is made" enroll west.req
expect "it is of our name, and signed by our key" request_is_ours
expect "and has our name for DNS" request_has_fqdn
signs west.req west.pem

expect "our certificate before its authority's is refused" \
    eval 'refused "the trustpoint has no authority yet" west crypto ca import LAB certificate < <(pasted "$work/west.pem")'
expect "an authority that is not accepted is not taken" \
    eval 'refused "it was not accepted" west crypto ca authenticate LAB < <(pasted "$work/ca.pem"; echo no)'
expect "nor one whose paste has no end" \
    eval 'refused "it has no end" west crypto ca authenticate LAB <"$work/ca.pem"'
expect "nor half a certificate" \
    eval 'refused "this is no certificate" west crypto ca authenticate LAB < <(head -n 5 "$work/ca.pem"; echo quit; echo yes)'
expect "nor one that is no authority's" \
    eval 'refused "no certificate of an authority" west crypto ca authenticate LAB nointeractive < <(pasted "$work/west.pem")'
expect "after all of that it has none" eval 'west show crypto ca trustpoints LAB | says "Not authenticated."'

# On a terminal: the paste is broken off, then whole.
fingerprint=$(openssl x509 -in "$work/ca.pem" -noout -fingerprint -sha256 | sed 's/.*=//; s/://g' | tr A-F a-f | fold -w 8 | paste -sd ' ')
{
    cat <<'END'
# a paste is broken off by ^C
> enable
= west# 
> crypto ca authenticate LAB
= End with the word "quit" on a line by itself
> MIIC
^ \x03
= nothing has changed
= west# 
# in configuration it is a command as well
> configure terminal
= west(config)# 
> crypto ca authenticate LAB
= End with the word "quit" on a line by itself
END
    sed 's/^/> /' "$work/ca.pem"
    echo "> quit"
    echo "= $fingerprint"
    cat <<'END'
= Do you accept this certificate? [yes/no]: 
> yes
= % Certificate successfully imported
= west(config)# 
> crypto key generate rsa label WEST
= Do you really want to replace it? [yes/no]: 
> no
= nothing has changed
= west(config)# 
> cry ca exp WHOLE pk thirdsesame
= there is no trustpoint WHOLE
= west(config)# 
> crypto ca import OTHER pkcs12 opensesame
= End with the word "quit" on a line by itself
> quit
= nothing was pasted
= west(config)# 
> end
= west# 
> show history
! opensesame
! thirdsesame
= west# 
> exit
END
} | typed
expect "the authority is there" eval 'west show crypto ca certificates LAB | says "CN = ca"'
expect "a second one is refused" \
    eval 'refused "has the certificate of an authority" west crypto ca authenticate LAB nointeractive < <(pasted "$work/stranger.pem")'
openssl x509 -req -in "$work/west.req" -CA "$work/stranger.pem" -CAkey "$work/stranger.key" -days 30 -out "$work/other.pem" 2>/dev/null
expect "a certificate of somebody else's authority is refused" \
    eval 'refused "not issued by" west crypto ca import LAB certificate < <(pasted "$work/other.pem")'
expect "one of another key is refused" \
    eval 'refused "not of the trustpoint" west crypto ca import LAB certificate < <(pasted "$work/ca.pem")'
expect "our own is taken, without the lines of PEM too" \
    eval 'grep -v -- ----- "$work/west.pem" >"$work/bare"; west crypto ca import LAB certificate < <(pasted "$work/bare")'
expect "it is shown" eval 'west show crypto ca certificates LAB | says "CN = west, O = \"ikewise tests, Inc\""'
expect "with its key" eval 'west show crypto ca trustpoints LAB | says "Certificate configured."'
signs west.req again.pem
expect "another one of the same key takes its place" \
    eval 'west crypto ca import LAB certificate < <(pasted "$work/again.pem") && [ "$(west show running-config crypto ca | grep -c "^ certificate")" = 2 ]'

openssl req -newkey rsa:2048 -nodes -keyout "$work/p12.key" -out "$work/p12.req" -subj /CN=whole 2>/dev/null
signs p12.req p12.pem
openssl pkcs12 -export -in "$work/p12.pem" -inkey "$work/p12.key" -certfile "$work/ca.pem" -passout pass:opensesame -out "$work/p12"
openssl base64 -in "$work/p12" >"$work/p12.txt"
expect "what does not open leaves nothing" \
    eval 'refused "the passphrase is wrong" west crypto ca import WHOLE pkcs12 wrongsesame < <(pasted "$work/p12.txt"); not ls "$work/w.keys/WHOLE.pem"'
expect "PKCS #12 brings key, certificate and authority" west crypto ca import WHOLE pkcs12 opensesame < <(pasted "$work/p12.txt")
expect "the trustpoint has them" eval 'west show crypto ca trustpoints WHOLE | says "Certificate of CN = whole"'
expect "in a script the lines that are pasted are no commands" \
    eval 'west < <(echo "clear configure crypto ca trustpoint WHOLE"; echo "clear configure crypto ca certificate chain WHOLE"
        echo "crypto key zeroize rsa label WHOLE noconfirm"; echo "crypto ca import WHOLE pkcs12 opensesame"; pasted "$work/p12.txt"
        echo "show crypto ca trustpoints WHOLE") | says "Certificate of CN = whole"'
expect "the record of commands has no passphrase" not grep -e opensesame -e wrongsesame "$work/w.log"
expect "but who has used one" grep "crypto ca import WHOLE pkcs12 \*\*\*\*\*" "$work/w.log"
exports() { west crypto ca export "$@" >"$work/exported"; }
is_sealed_by() { # passphrase: openssl opens it, and it is the key of before
    sed '1,/BEGIN PKCS12/d;/END PKCS12/,$d' "$work/exported" | openssl base64 -d >"$work/exported.p12"
    openssl pkcs12 -in "$work/exported.p12" -passin "pass:$1" -nodes -nocerts 2>/dev/null | openssl pkey -pubout >"$work/exported.pub" &&
        openssl pkey -in "$work/p12.key" -pubout | cmp - "$work/exported.pub"
}
throw_away() { # trustpoint
    west clear configure crypto ca certificate chain "$1" && west clear configure crypto ca trustpoint "$1" &&
        west crypto key zeroize rsa label "$1"
}
admin() { # of the socket's group, and not root
    chmod 711 "$work"
    setpriv --reuid=65534 --regid=0 --clear-groups "$ikewise" -s "$work/w.sock" "$@"
}
expect "our certificate is exported" exports WHOLE identity-certificate
expect "in the words of an ASA" says "The PEM encoded identity certificate follows:" <"$work/exported"
expect "and is that" eval 'openssl x509 -in "$work/exported" | cmp - "$work/p12.pem"'
expect "it has no private key" not grep -q PRIVATE "$work/exported"
expect "key and certificates are exported under a passphrase" exports WHOLE pkcs12 closesesame
expect "with their lines" says "-----BEGIN PKCS12-----" <"$work/exported"
expect "others open it, and it is the same key" is_sealed_by closesesame
expect "not with another passphrase" not is_sealed_by opensesame
cp "$work/exported" "$work/exported.txt"
expect "an export of nothing is refused" refused "there is no trustpoint NONE" west crypto ca export NONE pkcs12 closesesame
expect "nor without a certificate" refused "has no certificate of ours" west crypto ca export BARE identity-certificate
expect "who may change things gets the certificate" admin crypto ca export WHOLE identity-certificate
expect "who may change things and not see keys gets none" refused "needs to be asked by root" admin crypto ca export WHOLE pkcs12 closesesame
expect "it is thrown away" throw_away WHOLE
expect "what was exported is imported as it stands, under another name" \
    west crypto ca import AGAIN pkcs12 closesesame < <(pasted "$work/exported.txt")
expect "and is whole" eval 'west show crypto ca trustpoints AGAIN | says "Certificate of CN = whole"'
expect "with its authority" eval 'west show crypto ca certificates AGAIN | says "CN = ca"'
expect "and exported once more is the same key" eval 'exports AGAIN pkcs12 closesesame && is_sealed_by closesesame'
expect "no record has the passphrase" not grep -e closesesame "$work/w.log"
expect "but who has used one" grep "crypto ca export WHOLE pkcs12 \*\*\*\*\*" "$work/w.log"
expect "no private key stands in the configuration" not eval 'west more system:running-config | grep -e PRIVATE -e opensesame'

expect "it is written" west write memory
restart w
expect "and there after a restart" eval 'west show crypto ca trustpoints LAB | says "Certificate configured."'
expect "a key pair is thrown away" west crypto key zeroize rsa label WEST
expect "and its file" not ls "$work/w.keys/WEST.pem"
expect "then the certificate is of no use" eval 'west show crypto ca trustpoints LAB | says "No certificate with a private key."'
expect "all others of RSA" west crypto key zeroize rsa
expect "but not that of the curve" eval '[ "$(ls "$work/w.keys")" = CURVE.pem ]'
expect "there is none any more" refused "there is no such key pair" west crypto key zeroize rsa
[ "$failed" = 0 ] || tail -n 20 "$work/errors" "$work/w.log"
exit "$failed"
