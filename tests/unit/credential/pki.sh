#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes the certificates and keys of the tests in the directory $1. A judge none of us wrote makes
# them, at run time, so that none of them is ever out of date.
set -eu
cd "$1"

cat > ca.cnf <<'CNF'
[ca]
default_ca = it
[it]
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
copy_extensions = none
email_in_dn = no
[any]
commonName = optional
organizationName = optional
countryName = optional
[req]
distinguished_name = dn
prompt = no
[dn]
CN = unused
CNF
: > index.txt

key() { # NAME [rsa BITS]
    if [ "${2:-}" = rsa ]; then
        openssl genrsa -out "$1.key" "$3"
    else
        openssl ecparam -name "${2:-prime256v1}" -genkey -noout -out "$1.key"
    fi
}

# issue NAME ISSUER SUBJECT DIGEST START END EXTENSION...
issue() {
    name=$1 issuer=$2 subject=$3 digest=$4 start=$5 end=$6
    shift 6
    [ -e "$name.key" ] || key "$name"
    { echo '[ext]'; for line; do echo "$line"; done; } > "$name.ext"
    openssl req -new -config ca.cnf -utf8 -key "$name.key" -subj "$subject" -out "$name.csr"
    if [ "$issuer" = self ]; then
        set -- -selfsign -keyfile "$name.key"
    else
        set -- -cert "$issuer.pem" -keyfile "$issuer.key"
    fi
    openssl ca -batch -notext -config ca.cnf -md "$digest" -startdate "$start" -enddate "$end" \
        -extfile "$name.ext" -extensions ext -in "$name.csr" -out "$name.pem" "$@"
    openssl x509 -in "$name.pem" -outform DER -out "$name.der"
}

past=20200101000000Z
soon=20210101000000Z
today=20220101000000Z
later=20491231235959Z
ca='basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign'
leaf='basicConstraints=CA:FALSE'
serves='extendedKeyUsage=serverAuth'
here='subjectAltName=DNS:localhost,DNS:dm.opa.example,DNS:*.wild.example,IP:127.0.0.1,IP:::1'

{
    issue ca self '/CN=Test CA/O=dmsc' sha256 $today $later "$ca"
    issue other self '/CN=Other CA/O=dmsc' sha256 $today $later "$ca"
    issue middle ca '/CN=Middle CA/O=dmsc' sha256 $today $later "$ca"

    issue server ca '/CN=dm.opa.example' sha256 $today $later "$leaf" "$serves" "$here"
    issue below middle '/CN=dm.opa.example' sha256 $today $later "$leaf" "$serves" "$here"
    issue stranger other '/CN=dm.opa.example' sha256 $today $later "$leaf" "$serves" "$here"
    issue alone self '/CN=dm.opa.example' sha256 $today $later "$leaf" "$serves" "$here"
    issue expired ca '/CN=dm.opa.example' sha256 $past $soon "$leaf" "$serves" "$here"
    issue future ca '/CN=dm.opa.example' sha256 20480101000000Z $later "$leaf" "$serves" "$here"
    issue elsewhere ca '/CN=localhost' sha256 $today $later "$leaf" "$serves" \
        subjectAltName=DNS:elsewhere.example
    issue cn ca '/CN=localhost' sha256 $today $later "$leaf" "$serves"
    issue wrong-use ca '/CN=dm.opa.example' sha256 $today $later "$leaf" \
        extendedKeyUsage=clientAuth "$here"
    issue sha1 ca '/CN=dm.opa.example' sha1 $today $later "$leaf" "$serves" "$here"
    issue not-ca server '/CN=dm.opa.example' sha256 $today $later "$leaf" "$serves" "$here"
    key rsa rsa 2048
    issue rsa ca '/CN=dm.opa.example/C=DE' sha256 $today $later "$leaf" "$serves" "$here"
    key short rsa 1024
    issue short ca '/CN=dm.opa.example' sha256 $today $later "$leaf" "$serves" "$here"
    key p384 secp384r1
    issue p384 ca '/CN=dm.opa.example' sha384 $today $later "$leaf" "$serves" "$here"

    issue client ca '/CN=IMEI:490154203237518/O=dmsc' sha256 $today $later "$leaf" \
        extendedKeyUsage=clientAuth
    issue foreign other '/CN=IMEI:490154203237518/O=dmsc' sha256 $today $later "$leaf" \
        extendedKeyUsage=clientAuth

    cat below.pem middle.pem > chain.pem
    cat server.key > chain.key
    openssl pkcs8 -topk8 -nocrypt -in server.key -out server.pk8
    openssl pkcs8 -topk8 -nocrypt -in server.key -outform DER -out server.pk8.der
    openssl ec -in server.key -outform DER -out server.key.der
    openssl pkcs8 -topk8 -v2 aes-256-cbc -passout pass:secret -in server.key -out server.locked
    for name in server rsa p384; do
        openssl pkey -in "$name.key" -pubout -out "$name.pub"
        openssl pkey -in "$name.key" -pubout -outform DER -out "$name.spki"
    done
} > openssl.log 2>&1 || { tail -n 20 openssl.log >&2; exit 1; }
