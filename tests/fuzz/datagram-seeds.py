#!/usr/bin/env python3
"""Write the seeds of fuzz_quic, fuzz_dtls and fuzz_rdp_udp: datagram-seeds.py SEEDS_FOLDER

Hellos and all else are made here, byte by byte; fuzz_quic seals what it finds in its script.
"""
import os
import struct
import sys


def vec(width, body):
    return len(body).to_bytes(width, "big") + body


def extension(number, body):
    return struct.pack(">H", number) + vec(2, body)


RANDOM = bytes(range(32))
SNI = extension(0, vec(2, b"\0" + vec(2, b"seed.test")))
GROUPS = extension(10, vec(2, b"\0\x1d"))
SIGNATURES = extension(13, vec(2, b"\x04\x03\x08\x04"))
ALPN = extension(16, vec(2, vec(1, b"h3")))
SHARE = extension(51, vec(2, b"\0\x1d" + vec(2, bytes(32))))
PARAMETERS = extension(57, b"\x01\x04\x80\0\x75\x30")


def versions(number):
    return extension(43, vec(1, number))


def client_hello(legacy, ciphers, extensions, cookie=None):
    body = legacy + RANDOM + vec(1, b"")
    if cookie is not None:
        body += vec(1, cookie)
    return body + vec(2, ciphers) + vec(1, b"\0") + vec(2, extensions)


def server_hello(legacy, cipher, extensions, random=RANDOM):
    return legacy + random + vec(1, b"") + cipher + b"\0" + vec(2, extensions)


def handshake(kind, body):
    return bytes([kind]) + vec(3, body)


# ---- QUIC

INITIAL, HANDSHAKE, SHORT, RAW = range(4)
SERVER, OTHER_ID, GOES_ON = 4, 8, 0x40


def version(index):
    return index << 4


def step(op, body=b""):
    return bytes([op]) + vec(2, body)


def varint(n):
    return bytes([n]) if n < 64 else struct.pack(">H", n | 0x4000)


def crypto(offset, data):
    return b"\x06" + varint(offset) + varint(len(data)) + data


HELLO = handshake(1, client_hello(b"\x03\x03", b"\x13\x01\x13\x02",
                                  SNI + GROUPS + SIGNATURES + ALPN + SHARE +
                                  versions(b"\x03\x04") + PARAMETERS))
ANSWER = handshake(2, server_hello(b"\x03\x03", b"\x13\x01",
                                   extension(43, b"\x03\x04") +
                                   extension(51, b"\0\x1d" + vec(2, bytes(32)))))
RETRY_RANDOM = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
RETRY_REQUEST = handshake(2, server_hello(b"\x03\x03", b"\x13\x01",
                                          extension(43, b"\x03\x04") + extension(51, b"\0\x17"),
                                          RETRY_RANDOM))
ACK = b"\x02\x00\x00\x00\x00"
CLOSE = b"\x1c\x41\x30\x06\x02no"


def pieces(data, size):
    return [crypto(at, data[at:at + size]) for at in range(0, len(data), size)]


QUIC = {
    "plain": step(INITIAL, crypto(0, HELLO)) + step(INITIAL | SERVER, ACK + crypto(0, ANSWER)) +
             step(HANDSHAKE) + step(SHORT) + step(SHORT | SERVER),
    "version-2": step(INITIAL | version(1), crypto(0, HELLO)) +
                 step(INITIAL | SERVER | version(1), crypto(0, ANSWER)),
    "pieces": step(INITIAL, b"".join(reversed(pieces(HELLO, 13)))),
    "pieces-of-two-packets": step(INITIAL | GOES_ON, b"".join(pieces(HELLO, 9)[1::2])) +
                             step(INITIAL, b"".join(pieces(HELLO, 9)[::2])),
    "retry-request": step(INITIAL, crypto(0, HELLO)) +
                     step(INITIAL | SERVER, crypto(0, RETRY_REQUEST)) +
                     step(INITIAL | SERVER, crypto(len(RETRY_REQUEST), ANSWER)),
    "another-id": step(INITIAL, crypto(0, HELLO[:50])) + step(INITIAL | OTHER_ID, crypto(0, HELLO)) +
                  step(INITIAL | SERVER | OTHER_ID, crypto(0, ANSWER)),
    "negotiation": step(INITIAL | version(3), crypto(0, HELLO)) +
                   step(RAW | SERVER, b"\x80\0\0\0\0" + vec(1, b"client") + vec(1, b"original") +
                        b"\0\0\0\x01") + step(INITIAL, crypto(0, HELLO)),
    "compatible": step(INITIAL, crypto(0, HELLO)) +
                  step(INITIAL | SERVER | version(1), crypto(0, ANSWER)),
    "negotiation-half": step(RAW, b"\x80\0\0\0\0" + vec(1, b"client") + vec(1, b"") + b"\0\0\0"),
    "close": step(INITIAL, crypto(0, HELLO) + CLOSE) + step(INITIAL | SERVER, CLOSE),
    "far-away": step(INITIAL, crypto(16000, HELLO)),
    "raw": step(RAW, b"\xc0\0\0\0\x01" + vec(1, b"original") + vec(1, b"client") + b"\0" +
                varint(40) + bytes(40)),
}

# ---- DTLS

DTLS10, DTLS12, DTLS13 = b"\xfe\xff", b"\xfe\xfd", b"\xfe\xfc"
CLIENT = 0


def record(kind, body, epoch=0, number=DTLS12):
    return bytes([kind]) + number + struct.pack(">H", epoch) + bytes(6) + vec(2, body)


def fragment(kind, number, body, start=0, end=None):
    end = len(body) if end is None else end
    return (bytes([kind]) + len(body).to_bytes(3, "big") + struct.pack(">H", number) +
            start.to_bytes(3, "big") + vec(3, body[start:end]))


def message(kind, number, body, **places):
    return record(22, fragment(kind, number, body, **places))


def datagram(side, *records):
    return bytes([side]) + vec(2, b"".join(records))


DTLS_HELLO = client_hello(DTLS12, b"\xc0\x2b\xc0\x2f", SNI + GROUPS + SIGNATURES, b"")
DTLS_COOKIE = client_hello(DTLS12, b"\xc0\x2b\xc0\x2f", SNI + GROUPS + SIGNATURES, b"cookie")
DTLS13_HELLO = client_hello(DTLS12, b"\x13\x01", SNI + SHARE + versions(DTLS13), b"")
VERIFY = DTLS10 + vec(1, b"cookie")
DTLS_ANSWER = server_hello(DTLS12, b"\xc0\x2b", extension(0xff01, b"\0"))
DTLS13_ANSWER = server_hello(DTLS12, b"\x13\x01", extension(43, DTLS13))
CERTIFICATE = vec(3, vec(3, bytes(range(200))))
CHANGE = record(20, b"\x01")

DTLS = {
    "plain": datagram(CLIENT, message(1, 0, DTLS_HELLO)) + datagram(1, message(3, 0, VERIFY)) +
             datagram(CLIENT, message(1, 1, DTLS_COOKIE)) +
             datagram(1, message(2, 1, DTLS_ANSWER), message(11, 2, CERTIFICATE),
                      message(14, 3, b"")) +
             datagram(CLIENT, message(16, 2, bytes(33)), CHANGE, record(22, bytes(40), 1)) +
             datagram(1, CHANGE, record(22, bytes(40), 1)) +
             datagram(CLIENT, record(23, bytes(60), 1)) + datagram(1, record(23, bytes(60), 1)),
    "fragments": datagram(CLIENT, message(1, 0, DTLS_HELLO, start=20, end=70)) +
                 datagram(CLIENT, message(1, 0, DTLS_HELLO, start=60),
                          message(1, 0, DTLS_HELLO, end=30)),
    "interleaved": datagram(1, message(2, 0, DTLS_ANSWER, end=20),
                            message(11, 1, CERTIFICATE, start=100)) +
                   datagram(1, message(11, 1, CERTIFICATE, end=100),
                            message(2, 0, DTLS_ANSWER, start=20)),
    "resumed": datagram(CLIENT, message(1, 0, DTLS_HELLO)) +
               datagram(1, message(2, 0, DTLS_ANSWER), CHANGE, record(22, bytes(40), 1)),
    "version-13": datagram(CLIENT, message(1, 0, DTLS13_HELLO)) +
                  datagram(1, message(2, 0, DTLS13_ANSWER), b"\x2e\0\0" + vec(2, bytes(90))) +
                  datagram(CLIENT, b"\x2e\0\0" + vec(2, bytes(61)) + b"\x2f\0\0" + vec(2, bytes(44))) +
                  datagram(1, b"\x23\x05" + bytes(80)) + datagram(CLIENT, b"\x3b\xc1\xc2" + bytes(30)),
    "alert": datagram(CLIENT, message(1, 0, DTLS_HELLO)) + datagram(1, record(21, b"\x02\x28")),
    "old": datagram(CLIENT, record(22, fragment(1, 0, DTLS_HELLO), number=b"\x01\x00")),
    "media": datagram(CLIENT, message(1, 0, DTLS_HELLO), record(22, bytes(40), 1)) +
             datagram(CLIENT | 2, b"\x80\0"),
    "connection-id": datagram(1, record(25, bytes(50), 1)),
}


# ---- TLS in RDP's transport over UDP

SYN = (bytes.fromhex("ffffffff00400001bbff568704d004d0")).ljust(1232, b"\0")
SYN_ANSWER = bytes.fromhex("bbff5687004010054d67796604d004d000010101").ljust(1232, b"\0")
SYN_ANSWER_1 = bytes.fromhex("bbff5687004000054d67796604d004d0").ljust(1232, b"\0")
TLS_HELLO = b"\x16\x03\x01" + vec(2, handshake(1, client_hello(b"\x03\x03", b"\xc0\x2b", SNI)))


def exchanged(packet):
    return packet[7:8] + packet[1:7] + packet[:1] + packet[8:]


def packet3(number, data):
    return exchanged(bytes.fromhex("e014c101f40164006500") + struct.pack("<H", number) + data)


def packet1(number, data):
    return bytes.fromhex("000000640400000c0001010000000001") + struct.pack(">I", number) + data


RDP_UDP = {
    "version-3": datagram(CLIENT, SYN) + datagram(1, SYN_ANSWER) +
                 datagram(CLIENT, packet3(1, TLS_HELLO[:40])) +
                 datagram(CLIENT, packet3(2, TLS_HELLO[40:])) +
                 datagram(1, packet3(1, b"\x15\x03\x03\0\x02\x02\x28")),
    "version-1": datagram(CLIENT, SYN) + datagram(1, SYN_ANSWER_1) +
                 datagram(CLIENT, packet1(1, TLS_HELLO)) + datagram(CLIENT, packet1(3, b"\x17\x03")),
    "acknowledged": datagram(CLIENT, SYN) + datagram(1, SYN_ANSWER) +
                    datagram(CLIENT, exchanged(bytes.fromhex(
                        "e05dc16400030100010 2aabb0a01f40164006500640083112233 44aabbcc0300"
                        .replace(" ", "")) + TLS_HELLO)),
}


def main():
    for name, seeds in (("quic", QUIC), ("dtls", DTLS), ("rdp_udp", RDP_UDP)):
        folder = os.path.join(sys.argv[1], name)
        os.makedirs(folder, exist_ok=True)
        for seed, data in seeds.items():
            with open(os.path.join(folder, seed), "wb") as out:
                out.write(data)


if __name__ == "__main__":
    main()
