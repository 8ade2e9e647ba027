#!/bin/bash
# Main and aggressive mode by certificates against strongSwan, both ways round: RSA, RSA with an authority between, ECDSA on each curve;
# and certificates that must not be taken, by us and by strongSwan. In each cell: both SAs, equal SPIs, pings both ways,
# a delete that the other end sees; or the reason that our log gives.
#
#   tests/peers/certificates.sh [WORD...]      only the cells whose name has all the words: initiator ecdsa-256
#   tests/peers/certificates.sh --role ROLE [WORD...]
set -u
cd "$(dirname "$0")" || exit 1
. ./lab.sh
. ./cell.sh
. ./strongswan.sh
. ./ikewise.sh

certificates=$lab_tree/tests/certificates
only_role=
if [ "${1:-}" = --role ]; then
    only_role=$2
    shift 2
fi
words=("$@")

#      kind: enrolled: the key is made here, and the certificate of the authority and ours are pasted; imported: PKCS #12 is pasted;
#      am- is aggressive mode, -nat with west behind the router's NAT; url: the CRL is fetched from a server, -down:
#      which is not there, -soft: and that is fine; ocsp: a responder (openssl ocsp) is asked, with the same endings
#      kind         method          ours, theirs: the certificate after west- or east-    what must come of it
cells="rsa          rsa-sig         rsa         rsa         up
       pkcs12       rsa-sig         rsa         rsa         up
       enrolled     rsa-sig         enrolled    rsa         up
       imported     rsa-sig         rsa         rsa         up
       issued       rsa-sig         rsa         issued      up
       ecdsa-256    ecdsa-256-sig   ecdsa-256   ecdsa-256   up
       ecdsa-384    ecdsa-384-sig   ecdsa-384   ecdsa-384   up
       ecdsa-521    ecdsa-521-sig   ecdsa-521   ecdsa-521   up
       am-rsa       rsa-sig         rsa         rsa         up
       am-rsa-nat   rsa-sig         rsa         rsa         up
       am-issued    rsa-sig         rsa         issued      up
       am-ecdsa-384 ecdsa-384-sig   ecdsa-384   ecdsa-384   up
       am-stranger  rsa-sig         rsa         stranger    CERT_UNTRUSTED
       revoked      rsa-sig         rsa         revoked     CERT_REVOKED
       url          rsa-sig         rsa         rsa         up
       url-revoked  rsa-sig         rsa         revoked     CERT_REVOKED
       url-down     rsa-sig         rsa         rsa         CERT_NOT_CHECKED
       url-down-soft rsa-sig        rsa         rsa         up
       ocsp         rsa-sig         rsa         rsa         up
       ocsp-issued  rsa-sig         rsa         issued      CERT_NO_STATUS
       ocsp-revoked rsa-sig         rsa         revoked     CERT_REVOKED
       ocsp-down    rsa-sig         rsa         rsa         CERT_NO_STATUS
       ocsp-down-soft rsa-sig       rsa         rsa         up
       am-ocsp      rsa-sig         rsa         rsa         up
       am-ocsp-revoked rsa-sig      rsa         revoked     CERT_REVOKED
       stranger     rsa-sig         rsa         stranger    CERT_UNTRUSTED"

is_chosen() {
    local word
    for word in "${words[@]}"; do
        [[ " $1 " == *" $word "* ]] || return 1
    done
}

is_pasted() { [[ $kind = enrolled || $kind = imported ]]; }

# What the configuration lacks: key and certificates, by the shell.
enrolls() {
    local request=$lab_dir/own.csr paste=$lab_dir/paste
    is_pasted || return 0
    if [ "$kind" = imported ]; then
        { openssl base64 -in "$certificates/west-rsa.p12"; echo quit; } >"$paste"
        ikewise "$our_node" crypto ca import LAB pkcs12 opensesame <"$paste"
        return
    fi
    { cat "$certificates/root.pem"; echo quit; echo yes; } >"$paste"
    ikewise "$our_node" crypto key generate rsa label LAB modulus 2048 &&
        ikewise "$our_node" crypto ca authenticate LAB <"$paste" &&
        ikewise "$our_node" crypto ca enroll LAB noconfirm | sed -n '/BEGIN/,/END/p' >"$request" &&
        openssl x509 -req -in "$request" -CA "$certificates/root.pem" -CAkey "$certificates/root.key" -set_serial 0x7777 -days 30 \
            -extfile <(printf 'basicConstraints=CA:false\nkeyUsage=digitalSignature\n') -out "$lab_dir/own.pem" 2>/dev/null || return 1
    { cat "$lab_dir/own.pem"; echo quit; } >"$paste"
    ikewise "$our_node" crypto ca import LAB certificate <"$paste"
}

# Certificates west-X are ours and east-X strongSwan's, wherever each stands in the lab.
write_our_configuration() {
    local file=$lab_dir/ikewised-$our_node/ikewise.conf own=$lab_dir/own
    mkdir -p "${file%/*}"
    is_pasted || install -m 600 "$certificates/west-$our_certificate.key" "$own.key"
    {
        echo "crypto ca trustpoint LAB"
        echo " revocation-check crl"
        if is_pasted; then
            printf '%s\n' " enrollment terminal" " fqdn none" " subject-name O=ikewise tests,CN=west" " keypair LAB"
        elif [ "$kind" = pkcs12 ]; then
            install -m 600 "$certificates/west-$our_certificate.p12" "$own.p12"
            echo " file pkcs12 $own.p12"
            echo " pkcs12-passphrase opensesame"
        else
            echo " file certificate $certificates/west-$our_certificate.pem"
            echo " file key $own.key"
            echo " file ca $certificates/root.pem"
        fi
        if [[ $kind = url* ]]; then
            printf '%s\n' " crl configure" "  policy static" "  url 1 http://127.0.0.1:8080/root.crl"
        elif [[ $kind = *ocsp* ]]; then
            printf '%s\n' " revocation-check ocsp$([[ $kind != *-soft ]] || echo " none")" " ocsp url http://127.0.0.1:8081/"
        else
            echo " file crl $certificates/root.crl"
        fi
        [[ $kind != url*-soft ]] || echo " revocation-check crl none"
        [[ $kind != *issued || $kind = ocsp* ]] || echo " revocation-check crl none"    # there is no CRL of the authority between
        echo "!"
        ikewise_write_configuration "$our_node" | sed "s/authentication pre-share/authentication $method/
            s/ikev1 pre-shared-key .*/ikev1 trust-point LAB/"
        echo " peer-identity O = ikewise tests, CN = east"
    } >"$file"
}

write_their_certificates() {
    local dir=$lab_dir/charon-$their_node
    mkdir -p "$dir"/{x509,x509ca,private}
    cp "$certificates/east-$their_certificate.pem" "$dir/x509/own.pem"
    cp "$certificates/east-$their_certificate.key" "$dir/private/own.key"
    cp "$certificates/root.pem" "$dir/x509ca/"
    [[ $kind != *issued ]] || cp "$certificates/issuing.pem" "$dir/x509ca/"
}

# strongswan_start writes it by this name.
eval "$(declare -f strongswan_write_connections | sed '1s/strongswan_write_connections/psk_connections/')"
strongswan_write_connections() {
    psk_connections "$1" | sed '/local-1 {/,/}/s/auth = psk/auth = pubkey\n            certs = own.pem\n            id = "O=ikewise tests, CN=east"/
        /remote-1 {/,/}/{s/auth = psk/auth = pubkey/;s/id = .*/id = "O=ikewise tests, CN=west"/}'
}

# The server, and that its CRL is there before anybody is judged by it; or that there is none.
has_crl() {
    local log
    log=$(ikewise_logs "$our_node")
    [[ $kind = url* ]] || return 0
    if [[ $kind = *-down* ]]; then
        lab_until 10 grep -q 'gets no CRL from http://127.0.0.1:8080/root.crl: nobody answers there' "$log"
    else
        lab_until 10 grep -q 'trustpoint LAB has the CRL of http://127.0.0.1:8080/root.crl' "$log"
    fi
}

serve_crl() {
    [[ $kind = url* && $kind != *-down* ]] || return 0
    lab_spawn server "$our_node" "$lab_build/tests/peers/serve_file" 8080 "$certificates/root.crl"
    lab_until 5 grep -q listening "$lab_dir/server.log"
}

# Of the root: it knows nothing of the authority below.
serve_ocsp() {
    [[ $kind = *ocsp* && $kind != *-down* ]] || return 0
    local name
    for name in rsa revoked; do
        printf '%s\t21191231235959Z\t%s\t%s\tunknown\t/CN=east\n' \
            "$([ "$name" = revoked ] && echo R || echo V)" "$([ "$name" = revoked ] && echo 240101000000Z)" \
            "$(openssl x509 -in "$certificates/east-$name.pem" -noout -serial | sed 's/.*=//')"
    done >"$lab_dir/index"
    lab_spawn responder "$our_node" openssl ocsp -index "$lab_dir/index" -port 8081 -CA "$certificates/root.pem" \
        -rsigner "$certificates/responder.pem" -rkey "$certificates/responder.key"
    lab_until 5 grep -q ACCEPT "$lab_dir/responder.log"
}

# What the log says of it, and what it does not say where nobody is asked.
says_who_was_asked() {
    local said='717032|OCSP status check failed'
    [ "$outcome" = CERT_NO_STATUS ] || [[ $kind = *-down* ]] || said='717033|OCSP response status - Successful'
    grep -m1 -oE "($said).*" "$(ikewise_logs "$our_node")" | cut -c1-200
}

spis_are_equal() {
    local mine theirs
    mine=$(ikewise_spis "$our_node") theirs=$(strongswan_spis "$their_node")
    echo "in and out here $mine, there $theirs"
    [ -n "$mine" ] && [ "$mine" = "${theirs#* } ${theirs% *}" ]
}

both_are_up() {
    lab_until 5 ikewise_is_up "$our_node" && lab_until 5 strongswan_is_up "$their_node"
}

delete_is_seen() {
    ikewise_down "$our_node" >/dev/null 2>&1
    lab_until 5 ikewise_is_gone "$our_node" && lab_until 5 strongswan_is_gone "$their_node"
}

shows_certificate() {
    ikewise "$our_node" show crypto ca certificates | grep -A9 '^Certificate' | grep -m1 -o 'CN = west'
}

crl_screen_has() {
    ikewise "$our_node" show crypto ca crls LAB | grep -m1 -E "$1"
}

# It is fetched anew when it is asked for, and once more when it was thrown away; a server that has gone is told of. What there
# was before is used on, also when we have been away meanwhile; until it is thrown away.
crls_are_shown_and_fetched_anew() {
    crl_screen_has 'Revoked certificates: 1' && crl_screen_has 'Fetched again in: [0-9]{4} s' || return 1
    ikewise "$our_node" clear crypto ca crls LAB && lab_until 5 crl_screen_has 'Status: Available' || return 1
    ! ikewise "$our_node" crypto ca crl request OTHER || return 1
    lab_stop server
    ikewise "$our_node" crypto ca crl request LAB && lab_until 5 crl_screen_has 'Last attempt: nobody answers there' || return 1
    ikewise_stop "$our_node" && ikewise_start "$our_node" && crl_screen_has 'Status: Available' || return 1
    ikewise "$our_node" clear crypto ca crls && lab_until 5 crl_screen_has 'Status: None'
}

is_refused() {
    "${initiator}_up" west >/dev/null 2>&1 &
    lab_until 8 grep -q "$outcome" "$(ikewise_logs "$our_node")" || return 1
    grep -m1 -E '717027|IKMP_INVAL_CERT' "$(ikewise_logs "$our_node")" | cut -c1-120
    [[ $kind != *ocsp* ]] || says_who_was_asked || return 1
    ! ikewise_is_up "$our_node"
}

check_up() {
    expect "$name: 5 pings west to east, the first included" lab_ping west east 5 && both_are_up &&
        expect "$name: 5 pings east to west" lab_ping east west 5 &&
        { [[ $kind != *ocsp* ]] || expect "$name: who was asked, and what was said" says_who_was_asked; } &&
        expect "$name: both SAs there" strongswan_describe "$their_node" &&
        expect "$name: the same SPIs at both ends" spis_are_equal &&
        expect "$name: our certificate on the screen" shows_certificate &&
        { [ "$kind" != rsa ] || expect "$name: the CRL of a file on the screen" crl_screen_has 'Revoked certificates: 1'; } &&
        expect "$name: our delete is seen there" delete_is_seen &&
        { [ "$kind" != url ] || expect "$name: CRLs on the screen, fetched anew, and kept" crls_are_shown_and_fetched_anew; }
}

run_cell() {
    local role=$1 kind=$2 method=$3 our_certificate=$4 their_certificate=$5 outcome=$6 failed_before=$lab_failures
    local initiator our_node their_node name nat=none
    name="ikewise as $role, $kind"
    [[ $kind != *-nat ]] || nat=west
    lab_up "$nat"
    cell_choose strong no-pfs "$nat"
    [[ $kind != am-* ]] || cell[aggressive]=yes
    if [ "$role" = initiator ]; then
        our_node=west their_node=east initiator=ikewise
    else
        our_node=east their_node=west initiator=strongswan
    fi
    write_our_configuration
    write_their_certificates
    if ! serve_crl || ! serve_ocsp || ! strongswan_start "$their_node" || ! ikewise_start "$our_node" ||
        ! enrolls >"$lab_dir/enrolled.log" 2>&1 || ! has_crl; then
        not_ok "$name: the daemons start"
    elif [ "$outcome" = up ]; then
        "${initiator}_provoke" west >/dev/null 2>&1
        check_up
    else
        expect "$name: refused, $outcome" is_refused
    fi
    if [ "$lab_failures" -gt "$failed_before" ]; then
        # shellcheck disable=SC2046
        tail -n 25 $(ikewise_logs "$our_node") $(strongswan_logs "$their_node") | sed 's/^/# /'
    fi
    lab_down
}

run_role() {
    local row
    while read -r -u 3 -a row; do
        is_chosen "$1 ${row[0]}" && run_cell "$1" "${row[@]}"
    done 3<<<"$cells"
    return "$((lab_failures > 0))"
}

[ "$(id -u)" = 0 ] || lab_die "must be root"
strongswan_fetch
if [ -n "$only_role" ]; then
    run_role "$only_role"
    exit
fi
# Side by side: a lab has names of its own.
./certificates.sh --role initiator "${words[@]}" >"/tmp/certificates.$$" 2>&1 &
first=$!
./certificates.sh --role responder "${words[@]}"
failed=$?
wait "$first" || failed=1
cat "/tmp/certificates.$$"
rm -f "/tmp/certificates.$$"
exit "$failed"
