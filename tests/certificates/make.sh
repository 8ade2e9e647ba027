#!/bin/bash
# Makes the certificates, CRL and keys of this folder anew. The keys are for tests and known to everybody.
# Everything is valid from 2020 to 2119 unless its name says otherwise.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rm -f -- *.pem *.key *.p12 *.crl

cat >"$work/ca.conf" <<CONF
[ca]
default_ca = any
[any]
database = $work/index
serial = $work/serial
new_certs_dir = $work
default_md = sha256
policy = whatever
unique_subject = no
crl_number = $work/crlnumber
[whatever]
organizationName = optional
organizationalUnitName = optional
commonName = supplied
[root]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
CONF
: >"$work/index"
echo 1000 >"$work/serial"
echo 01 >"$work/crlnumber"

# key NAME rsa:BITS|CURVE
key() {
    case $2 in
    rsa:*) openssl genpkey -quiet -algorithm RSA -pkeyopt "rsa_keygen_bits:${2#rsa:}" -out "$1.key" 2>/dev/null ||
        openssl genpkey -algorithm RSA -pkeyopt "rsa_keygen_bits:${2#rsa:}" -out "$1.key" 2>/dev/null ;;
    *) openssl genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:$2" -out "$1.key" ;;
    esac
}

# certificate NAME CN|/SUBJECT ISSUER EXTENSIONS [FROM TO] [digest]
certificate() {
    local extensions=$work/$1.ext from=${5:-20200101000000Z} to=${6:-21191231235959Z}
    printf '%s\n' "[ext]" "$4" >"$extensions"
    local subject=$2
    [[ $subject = /* ]] || subject="/O=ikewise tests/CN=$2"
    openssl req -new -key "$1.key" -subj "$subject" -out "$work/$1.csr"
    if [ "$3" = self ]; then
        openssl ca -batch -notext -config "$work/ca.conf" -selfsign -keyfile "$1.key" -in "$work/$1.csr" \
            -extfile "$extensions" -extensions ext -startdate "$from" -enddate "$to" -md "${7:-sha256}" -out "$1.pem" 2>/dev/null
    else
        openssl ca -batch -notext -config "$work/ca.conf" -cert "$3.pem" -keyfile "$3.key" -in "$work/$1.csr" \
            -extfile "$extensions" -extensions ext -startdate "$from" -enddate "$to" -md "${7:-sha256}" -out "$1.pem" 2>/dev/null
    fi
}

authority="basicConstraints=critical,CA:true
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash"
leaf() { # leaf NAMES [more]
    printf '%s\n' "basicConstraints=CA:false" "keyUsage=${3:-digitalSignature}" "subjectAltName=$1" ${2:+"$2"}
}

key root rsa:2048;      certificate root "Test Root" self "$authority"
key stranger rsa:2048;  certificate stranger "Test Root" self "$authority"
key issuing rsa:2048;   certificate issuing "Test Issuing" root "$authority"

west="DNS:west.example.net,email:west@example.net,IP:192.0.2.1,IP:198.51.100.2"
east="DNS:east.example.net,email:east@example.net,IP:192.0.2.2,IP:203.0.113.2"
for end in west east; do
    key $end-rsa rsa:2048;         certificate $end-rsa $end root "$(leaf "${!end}")"
    key $end-rsa4096 rsa:4096;     certificate $end-rsa4096 $end root "$(leaf "${!end}")"
    key $end-ecdsa-256 P-256;      certificate $end-ecdsa-256 $end root "$(leaf "${!end}")"
    key $end-ecdsa-384 P-384;      certificate $end-ecdsa-384 $end root "$(leaf "${!end}")"
    key $end-ecdsa-521 P-521;      certificate $end-ecdsa-521 $end root "$(leaf "${!end}")"
done
for end in cert-fw lab-fw; do    # of tests/conf/samples/07 and its mirror
    key $end rsa:2048;    certificate $end "/O=Example/OU=gateways/CN=$end.example.net" root "$(leaf "DNS:$end.example.net")"
done
key east-issued rsa:2048;    certificate east-issued east issuing "$(leaf "$east")"
key east-other rsa:2048;     certificate east-other other root "$(leaf "DNS:other.example.net,IP:192.0.2.9")"
key east-expired rsa:2048;   certificate east-expired east root "$(leaf "$east")" 20200101000000Z 20210101000000Z
key east-early rsa:2048;     certificate east-early east root "$(leaf "$east")" 21100101000000Z 21191231235959Z
key east-revoked rsa:2048;   certificate east-revoked east root "$(leaf "$east")"
key east-stranger rsa:2048;  certificate east-stranger east stranger "$(leaf "$east")"
key east-code rsa:2048;      certificate east-code east root "$(leaf "$east" "extendedKeyUsage=codeSigning")"
key east-cipher rsa:2048;    certificate east-cipher east root "$(leaf "$east" "" keyEncipherment)"
key east-short rsa:1024;     certificate east-short east root "$(leaf "$east")"
key east-sha1 rsa:2048;      certificate east-sha1 east root "$(leaf "$east")" "" "" sha1
key east-wild rsa:2048;      certificate east-wild east root "$(leaf "DNS:*.example.net")"
key east-url rsa:2048;       certificate east-url east root "$(leaf "$east" "crlDistributionPoints=URI:http://192.0.2.66/steal.crl")"
# east.example.net, a zero byte, .evil.example
key east-nul rsa:2048;       certificate east-nul east root "basicConstraints=CA:false
subjectAltName=DER:30:20:82:1e:65:61:73:74:2e:65:78:61:6d:70:6c:65:2e:6e:65:74:00:2e:65:76:69:6c:2e:65:78:61:6d:70:6c:65"
# a leaf that signs another: no authority
key east-self rsa:2048;      certificate east-self east east-rsa "$(leaf "$east")"
# who may answer for an authority (OCSP): and one whose time is over, and one of another authority
charged="basicConstraints=CA:false
keyUsage=digitalSignature
extendedKeyUsage=OCSPSigning
noCheck=ignored"
key responder rsa:2048;           certificate responder responder root "$charged"
key responder-expired rsa:2048;   certificate responder-expired responder root "$charged" 20200101000000Z 20210101000000Z
key responder-stranger rsa:2048;  certificate responder-stranger responder stranger "$charged"
# e = 3
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_pubexp:3 -out east-three.key 2>/dev/null
certificate east-three east root "$(leaf "$east")"

openssl ca -config "$work/ca.conf" -cert root.pem -keyfile root.key -revoke east-revoked.pem 2>/dev/null
openssl ca -config "$work/ca.conf" -cert root.pem -keyfile root.key -gencrl -crldays 36000 -out root.crl 2>/dev/null
openssl ca -config "$work/ca.conf" -cert root.pem -keyfile root.key -gencrl -crl_lastupdate 20200101000000Z \
    -crl_nextupdate 20200201000000Z -out root-old.crl 2>/dev/null
openssl pkcs12 -export -inkey west-rsa.key -in west-rsa.pem -certfile root.pem -passout pass:opensesame -out west-rsa.p12
chmod 644 -- *.pem *.crl *.key *.p12
