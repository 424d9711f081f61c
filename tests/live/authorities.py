#!/usr/bin/env python3
"""Make the lab's keys and certificates: authorities.py SITES FOLDER

Every key comes from a public phrase and every date and serial number is fixed, so that each run
of the lab signs with the same authorities, a single capture can be made again without the others,
and no private key is stored anywhere. Such keys are worthless outside the lab, which is their point.
"""
import base64
import datetime
import hashlib
import math
import os
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

FROM = datetime.datetime(2024, 1, 1)
UNTIL = datetime.datetime(2044, 1, 1)
SMALL = [n for n in range(3, 4000, 2) if all(n % d for d in range(3, math.isqrt(n) + 1, 2))]


def stream(phrase, size):
    """Bytes that depend on the phrase alone, without end."""
    counter = 0
    while True:
        block = b""
        while len(block) < size:
            block += hashlib.sha256(f"{phrase}/{counter}".encode()).digest()
            counter += 1
        yield block[:size]


def is_prime(n):
    """Miller-Rabin with fixed bases, after the small divisors."""
    if any(n % d == 0 for d in SMALL):
        return False
    odd, twos = n - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for base in SMALL[:24]:
        x = pow(base, odd, n)
        if x in (1, n - 1):
            continue
        if not any((x := x * x % n) == n - 1 for _ in range(twos - 1)):
            return False
    return True


def prime(phrase, e):
    for block in stream(phrase, 128):
        n = int.from_bytes(block, "big") | (3 << 1022) | 1
        if n % e != 1 and is_prime(n):
            return n


def rsa_key(phrase):
    e = 65537
    p, q = prime(phrase + "/p", e), prime(phrase + "/q", e)
    d = pow(e, -1, math.lcm(p - 1, q - 1))
    public = rsa.RSAPublicNumbers(e, p * q)
    return rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public).private_key()


def ecdsa_key(phrase):
    secret = int.from_bytes(next(stream(phrase, 32)), "big") >> 1
    return ec.derive_private_key(secret, ec.SECP256R1())


def name(common, organization):
    return x509.Name([
        x509.NameAttribute(NameOID.COUNTRY_NAME, "ZZ"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
        x509.NameAttribute(NameOID.COMMON_NAME, common),
    ])


class Party:
    """A key with its certificate and the certificates between it and its root."""

    def __init__(self, folder, label, subject, issuer=None, kind="rsa", extensions=()):
        phrase = "pinsight lab " + label
        self.key = rsa_key(phrase) if kind == "rsa" else ecdsa_key(phrase)
        self.subject, self.path = subject, os.path.join(folder, label)
        signer = issuer or self
        serial = int.from_bytes(hashlib.sha256(phrase.encode()).digest()[:15], "big")
        builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(signer.subject)
                   .public_key(self.key.public_key()).serial_number(serial)
                   .not_valid_before(FROM).not_valid_after(UNTIL))
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        builder = builder.add_extension(
            x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), False)
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key()), False)
        self.certificate = builder.sign(signer.key, hashes.SHA256())
        self.issuer = issuer
        self.chain = [self] + [p for p in (issuer.chain if issuer else []) if p.issuer]

    def pem(self):
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def pin(self):
        """The RFC 7469 pin: base64 of the SHA-256 of the public key."""
        spki = self.key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(hashlib.sha256(spki).digest())

    def save(self):
        key = self.key.private_bytes(serialization.Encoding.PEM,
                                     serialization.PrivateFormat.TraditionalOpenSSL,
                                     serialization.NoEncryption())
        for suffix, content in ((".key", key), (".pem", self.pem()), (".pin", self.pin()),
                                (".chain", b"".join(p.pem() for p in self.chain))):
            with open(self.path + suffix, "wb") as out:
                out.write(content)
        return self


def authority(folder, label, subject, issuer=None, depth=None):
    usage = x509.KeyUsage(digital_signature=False, content_commitment=False, key_encipherment=False,
                          data_encipherment=False, key_agreement=False, key_cert_sign=True,
                          crl_sign=True, encipher_only=False, decipher_only=False)
    return Party(folder, label, subject, issuer, "rsa",
                 [(x509.BasicConstraints(True, depth), True), (usage, True)]).save()


def leaf(folder, label, subject, issuer, kind, names, purpose):
    extensions = [(x509.BasicConstraints(False, None), True),
                  (x509.ExtendedKeyUsage([purpose]), False)]
    if names:
        extensions.append((x509.SubjectAlternativeName(names), False))
    return Party(folder, label, subject, issuer, kind, extensions).save()


def read_sites(path):
    with open(path) as lines:
        rows = [line.split() for line in lines if line.strip() and not line.startswith("#")]
    return [dict(zip(("name", "ipv4", "ipv6", "key", "issuer", "serves", "rtt", "hops"), r)) for r in rows]


def main():
    sites, folder = read_sites(sys.argv[1]), sys.argv[2]
    os.makedirs(folder, exist_ok=True)
    root = authority(folder, "public-root", name("Lab Public Root", "Lab Trust Services"))
    issuing = authority(folder, "public-issuing", name("Lab Public TLS Issuing 1", "Lab Trust Services"), root, 0)
    private = authority(folder, "private-root", name("Vendor Device Root", "Vendor"))
    for product in ("mitmproxy", "squid", "sslsplit"):
        authority(folder, "inspection-" + product,
                  name(f"Corp TLS Inspection ({product})", "Example Corp"))
    # As the tool names it when nobody does: someone reads an app's traffic.
    authority(folder, "inspection-analysis", name("mitmproxy", "mitmproxy"))
    for site in sites:
        leaf(folder, site["name"], name(site["name"], "Example Site"),
             issuing if site["issuer"] == "public" else private, site["key"],
             [x509.DNSName(site["name"])], ExtendedKeyUsageOID.SERVER_AUTH)
        if site["issuer"] == "public":  # what the site will use once its key is renewed
            leaf(folder, site["name"] + ".next", name(site["name"], "Example Site"), issuing, site["key"],
                 [x509.DNSName(site["name"])], ExtendedKeyUsageOID.SERVER_AUTH)
    leaf(folder, "partner-client", name("partner 17", "Example Corp"), private, "ecdsa", [],
         ExtendedKeyUsageOID.CLIENT_AUTH)


if __name__ == "__main__":
    main()
