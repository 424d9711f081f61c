#!/bin/sh
# Makes the certificates of the tests anew: certificates.sh [FOLDER], by default the one it lies in.
# The keys are thrown away, so all of them change together. Dates are fixed: 2024-03-01 to 2034-03-01.
set -eu

out=$(cd "${1:-$(dirname "$0")}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cat >ca.cnf <<'EOF'
[ca]
default_ca = default
[default]
database = index.txt
new_certs_dir = .
serial = serial.txt
default_md = sha256
policy = anything
unique_subject = no
[anything]
countryName = optional
stateOrProvinceName = optional
localityName = optional
organizationName = optional
organizationalUnitName = optional
commonName = optional
emailAddress = optional
[req]
distinguished_name = empty
string_mask = utf8only
utf8 = yes
[empty]
[authority]
basicConstraints = critical, CA:TRUE
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
[leaf]
basicConstraints = CA:FALSE
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
subjectAltName = email:info@example.org, DNS:www.example.org, IP:192.0.2.1, DNS:example.org
[logged]
basicConstraints = CA:FALSE
subjectAltName = DNS:logged.example.org
1.3.6.1.4.1.11129.2.4.2 = ASN1:FORMAT:HEX,OCT:0000
[bare]
EOF
: >index.txt
echo 1000 >serial.txt

key() { # NAME ALGORITHM OPTIONS...
    name=$1
    algorithm=$2
    shift 2
    openssl genpkey -quiet -algorithm "$algorithm" "$@" -out "$name.key" 2>/dev/null ||
        openssl genpkey -algorithm "$algorithm" "$@" -out "$name.key"
}

certificate() { # NAME SUBJECT SECTION ISSUER OPTIONS...; ISSUER equal to NAME: self-signed
    name=$1
    subject=$2
    section=$3
    issuer=$4
    shift 4
    openssl req -new -config ca.cnf -key "$name.key" -subj "$subject" -multivalue-rdn -utf8 \
        -out "$name.csr"
    if [ "$issuer" = "$name" ]; then
        signer="-selfsign -keyfile $name.key"
    else
        signer="-cert $issuer.pem -keyfile $issuer.key"
    fi
    # shellcheck disable=SC2086 # options, in words
    openssl ca -batch -notext -config ca.cnf -preserveDN -extensions "$section" \
        -startdate 20240301120000Z -enddate 20340301120000Z $signer "$@" \
        -in "$name.csr" -out "$name.pem" 2>ca.log || { cat ca.log >&2; exit 1; }
    openssl x509 -in "$name.pem" -outform DER -out "$out/$name.der"
}

p256="EC -pkeyopt ec_paramgen_curve:P-256"
for name in authority sub leaf leaf-of-sub stranger impostor leaf-of-impostor logged issuing-leaf \
    leaf-of-leaf; do
    # shellcheck disable=SC2086
    key $name $p256
done
key rsa-authority RSA -pkeyopt rsa_keygen_bits:2048
key pss-leaf RSA -pkeyopt rsa_keygen_bits:1024
key ed25519-authority ED25519
cp sub.key ed25519-leaf.key
cp sub.key old.key
cp authority.key renamed.key

box='/C=US/O=Example, Inc./CN=Example Inspection CA'
certificate authority "$box" authority authority
certificate renamed '/CN=The same key under another name' authority renamed
certificate sub '/C=US/O=Example, Inc./OU=Branch+CN=Example Inspection Sub-CA' authority authority
certificate leaf '/CN=www.example.org' leaf authority
certificate leaf-of-sub '/CN=sub.example.org' leaf sub
certificate stranger '/C=DE/O=Somebody else/CN=Somebody' authority stranger
certificate impostor "$box" authority impostor
certificate leaf-of-impostor '/CN=www.example.org' leaf impostor
certificate issuing-leaf '/CN=no CA at all' leaf authority
certificate leaf-of-leaf '/CN=below a leaf' leaf issuing-leaf
certificate logged '/CN=logged.example.org' logged stranger
certificate rsa-authority '/CN=Example RSA CA' authority rsa-authority
certificate pss-leaf '/CN=pss.example.org' leaf rsa-authority -sigopt rsa_padding_mode:pss
certificate ed25519-authority '/CN=Example Ed25519 CA' authority ed25519-authority -md null
certificate ed25519-leaf '/CN=ed25519.example.org' leaf ed25519-authority -md null

# Version 1, without extensions.
certificate old '/CN=old.example.org' bare stranger

openssl pkey -in leaf.key -pubout -outform DER -out "$out/leaf-key.der"
cat authority.pem rsa-authority.pem >"$out/authorities.pem"
