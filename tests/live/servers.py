#!/usr/bin/env python3
"""The sites that nginx cannot play: servers.py SITES KEYS

mtls12, mtls13  demand a client certificate and end the handshake without one (TLS 1.2, TLS 1.3)
reset           reads the ClientHello and resets the connection
alert           reads the ClientHello and answers with a fatal internal_error in clear
close           reads the ClientHello and closes
"""
import os
import socket
import ssl
import struct
import sys
import threading

from authorities import read_sites

BODY = b"partner service\n" * 24
REPLY = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(BODY), BODY)


def mutual(connection, context):
    with context.wrap_socket(connection, server_side=True) as tls:
        tls.recv(4096)
        tls.sendall(REPLY)


def reset(connection, _):
    connection.recv(4096)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def alert(connection, _):
    connection.recv(4096)
    connection.sendall(bytes((21, 3, 3, 0, 2, 2, 80)))


def close(connection, _):
    connection.recv(4096)


KINDS = {"mtls12": mutual, "mtls13": mutual, "reset": reset, "alert": alert, "close": close}


def mutual_context(site, keys):
    """Only certificates of the vendor's private root get in."""
    path = os.path.join(keys, site["name"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path + ".chain", path + ".key")
    context.load_verify_locations(os.path.join(keys, "private-root.pem"))
    context.verify_mode = ssl.CERT_REQUIRED
    context.num_tickets = 1
    version = ssl.TLSVersion.TLSv1_2 if site["serves"] == "mtls12" else ssl.TLSVersion.TLSv1_3
    context.minimum_version = context.maximum_version = version
    return context


def answer(connection, site, context):
    with connection:
        try:
            KINDS[site["serves"]](connection, context)
        except OSError:
            pass


def listen(site, family, address, context):
    server = socket.create_server((address, 443), family=family)
    while True:
        connection, _ = server.accept()
        threading.Thread(target=answer, args=(connection, site, context), daemon=True).start()


def main():
    threads = []
    for site in read_sites(sys.argv[1]):
        if site["serves"] not in KINDS:
            continue
        context = mutual_context(site, sys.argv[2]) if site["serves"].startswith("mtls") else None
        for family, address in ((socket.AF_INET, site["ipv4"]), (socket.AF_INET6, site["ipv6"])):
            threads.append(threading.Thread(target=listen, args=(site, family, address, context)))
    for thread in threads:
        thread.start()


if __name__ == "__main__":
    main()
