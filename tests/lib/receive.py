"""A receiver of events, for tests: receive.py KIND ADDRESS LOG [DELAY]

KIND is unix, datagram, tcp, counted (TCP with octet counting), udp or tls. Every message is one
line of LOG, written through before the next one is read. DELAY in seconds between two messages
makes it a slow receiver. For tls, ADDRESS is PORT,CERTIFICATE,KEY. It runs until it is killed.
"""
import os
import socket
import ssl
import sys
import time


def listen(kind, address):
    if kind in ("unix", "datagram"):
        if os.path.exists(address):
            os.unlink(address)
        family, where = socket.AF_UNIX, address
    else:
        family, where = socket.AF_INET, ("127.0.0.1", int(address))
    stream = kind not in ("datagram", "udp")
    server = socket.socket(family, socket.SOCK_STREAM if stream else socket.SOCK_DGRAM)
    if family == socket.AF_INET:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(where)
    if stream:
        server.listen(4)
    return server


def take_lines(data):
    *lines, rest = data.split(b"\n")
    return lines, rest


def take_counted(data):
    """RFC 6587, 3.4.1: MSG-LEN SP SYSLOG-MSG."""
    lines = []
    while b" " in data[:8]:
        count, rest = data.split(b" ", 1)
        if len(rest) < int(count):
            break
        lines.append(rest[:int(count)])
        data = rest[int(count):]
    return lines, data


def read_stream(connection, take, keep):
    data = b""
    while True:
        try:
            piece = connection.recv(4096)
        except OSError:
            return
        if not piece:
            return
        lines, data = take(data + piece)
        for line in lines:
            keep(line)


def main(kind, address, log, delay="0"):
    tls = None
    if kind == "tls":
        address, certificate, key = address.split(",")
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate, key)
    server = listen(kind, address)
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def keep(line):
        os.write(file, line + b"\n")
        time.sleep(float(delay))

    while kind in ("datagram", "udp"):
        keep(server.recv(65536 * 4))
    while True:
        connection, _ = server.accept()
        try:
            if tls:
                connection = tls.wrap_socket(connection, server_side=True)
        except OSError:
            continue
        read_stream(connection, take_counted if kind in ("counted", "tls") else take_lines, keep)
        connection.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
