#!/usr/bin/env python3
"""An app on Python's ssl module: client.py MODE NAME LOCAL-ADDRESS LOCAL-PORT

MODE  trust       ask for one page
      noca        the same; the store in $TRUST lacks the inspection authority
      pin         compare the key with $PIN after the handshake, hang up when it differs
      preconnect  shake hands, wait 0.1 s, close: a health check or a connection never used
$TRUST  PEM file of the authorities the app believes; $TLS 1.2 or 1.3, empty for both;
$CERT, $KEY  client certificate; $PROXY host:port of an explicit proxy.
Prints: outcome, what Python said, TLS version, issuer of the certificate (tab separated).
"""
import hashlib
import os
import socket
import ssl
import sys
import time

from base64 import b64encode
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def context():
    made = ssl.create_default_context(cafile=os.environ["TRUST"])
    made.set_alpn_protocols(["http/1.1"])
    wanted = VERSIONS.get(os.environ.get("TLS", ""))
    if wanted:
        made.minimum_version = made.maximum_version = wanted
    if os.environ.get("CERT"):
        made.load_cert_chain(os.environ["CERT"], os.environ["KEY"])
    return made


def dial(name, local):
    proxy = os.environ.get("PROXY")
    if not proxy:
        return socket.create_connection((name, 443), 15, local)
    host, port = proxy.rsplit(":", 1)
    plain = socket.create_connection((host, int(port)), 15, local)
    plain.sendall(f"CONNECT {name}:443 HTTP/1.1\r\nHost: {name}:443\r\n\r\n".encode())
    if b" 200 " not in plain.recv(4096).split(b"\r\n")[0]:
        raise OSError("the proxy refused CONNECT")
    return plain


def page(tls, name):
    tls.sendall(f"GET /python HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
    reply = b""
    while block := tls.recv(4096):
        reply += block
    return reply.split(b"\r\n")[0].decode(errors="replace")


def use(tls, mode, name, leaf):
    """What the app does once its TLS library is content."""
    spki = leaf.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if mode == "pin" and b64encode(hashlib.sha256(spki).digest()).decode() != os.environ["PIN"]:
        return "rejected-post-handshake", "the app's own check: key differs from the pin"
    if mode == "preconnect":
        time.sleep(0.1)
        return "completed", "handshake done, nothing asked"
    return "completed", page(tls, name)


def visit(mode, name, local):
    plain = dial(name, local)
    version = issuer = ""
    try:
        tls = context().wrap_socket(plain, server_hostname=name)
        leaf = x509.load_der_x509_certificate(tls.getpeercert(binary_form=True))
        issuer = leaf.issuer.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
        version = tls.version()
        outcome, said = use(tls, mode, name, leaf)
        tls.close()
    except ssl.SSLCertVerificationError as error:
        plain.close()
        outcome, said = "rejected-in-handshake", f"SSLCertVerificationError: {error.verify_message}"
    return outcome, said, version, issuer


def main():
    mode, name, address, port = sys.argv[1:]
    try:
        report = visit(mode, name, (address, int(port)))
    except OSError as error:
        report = "failed", f"{type(error).__name__}: {error}", "", ""
    print("\t".join(report))


if __name__ == "__main__":
    main()
