"""Floods, as TAP: floods.py PROGRAM CAPTURE

Each flood is made here and fed through a pipe, in two halves; the resident memory is read after each
half, while the program still runs. Limits are small, so that the tables are full long before the first
half ends: the second half must then cost nothing, and the counters of what was shed must be those of
the flood's own kind. CAPTURE has a handshake of TLS 1.2 with a certificate, for the flood of those.

A million handshakes that begin and go no further, under the limits as shipped, are the last case: what
they take at most is written down in docs/memory.md.
"""
import json
import os
import struct
import subprocess
import sys
import tempfile
import time

import replay

def hello_of(name):
    """A ClientHello of TLS 1.2 with one suite, in a record."""
    names = b"\0" + struct.pack(">H", len(name)) + name
    extensions = struct.pack(">HHH", 0, len(names) + 2, len(names)) + names
    extensions += bytes.fromhex("000a00040002001d" + "000b00020100" + "000d00040002" + "0403")
    body = b"\3\3" + bytes(32) + b"\0" + b"\0\2\xc0\x2f" + b"\1\0" + struct.pack(">H", len(extensions)) + extensions
    message = b"\1" + struct.pack(">I", len(body))[1:] + body
    return b"\x16\3\1" + struct.pack(">H", len(message)) + message


HELLO = hello_of(b"n000000000.flood.example")
HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
SLACK_KIB = 1536  # of the heap, and what the tables' indices still touch


def frame(number, payload, flags, seq, client, sport, microseconds, from_server=False, ack=0):
    """A pcap record with a TCP segment between `client` and 203.0.113.7:443."""
    server = 0xCB007107
    source, target = (server, client) if from_server else (client, server)
    ports = (443, sport) if from_server else (sport, 443)
    total = 40 + len(payload)
    packet = (b"\x02\0\0\0\0\1\x02\0\0\0\0\2\x08\0" +
              struct.pack(">BBHHHBBHII", 0x45, 0, total, number & 0xFFFF, 0, 64, 6, 0, source, target) +
              struct.pack(">HHIIBBHHH", *ports, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, 0x50, flags, 64240, 0, 0) + payload)
    return struct.pack("<IIII", 1760000000 + microseconds // 1000000, microseconds % 1000000,
                       len(packet), len(packet)) + packet


def client_of(i, devices):
    return 0x0A000000 + i % devices, 1024 + i // devices % 60000


def syns(count, devices=60000):
    for i in range(count):
        yield frame(i, b"", 2, i, *client_of(i, devices), i * 50)


def hellos(count, devices=60000, names=1):
    at = HELLO.index(b"n000000000")
    for i in range(count):
        name = b"n%09d" % (i % names)
        hello = HELLO[:at] + name + HELLO[at + 10:]
        random = struct.pack(">I", i)
        hello = hello[:11] + random + hello[15:]
        client = client_of(i, devices)
        yield frame(i, b"", 2, i, *client, i * 400)
        yield frame(i, hello, 0x18, i + 1, *client, i * 400 + 10, ack=1)


def flow_of_capture(path):
    """Time, direction and TCP bytes of the packets of the first connection."""
    data = open(path, "rb").read()
    at, first, packets = 24, None, []
    while at < len(data):
        s, us, length, _ = struct.unpack_from("<IIII", data, at)
        packet = data[at + 16:at + 16 + length]
        at += 16 + length
        ends = (packet[26:30] + packet[34:36], packet[30:34] + packet[36:38])
        if first is None and packet[47] & 0x12 == 2:
            first, began = ends, s * 1000000 + us
        if first and ends in (first, first[::-1]):
            packets.append((s * 1000000 + us - began, bytearray(packet), ends == first))
    return packets


def serial_of(packets):
    """Packet and offset of the leaf's serial number: 02 length value behind version 3 (a0 03 02 01 02)."""
    for n, (_, packet, _) in enumerate(packets):
        at = packet.find(b"\xa0\x03\x02\x01\x02\x02")
        if at > 0:
            return n, at + 7
    raise SystemExit("floods: the capture shows no certificate")


def certificates(count, path):
    packets = flow_of_capture(path)
    where, offset = serial_of(packets)
    for i in range(count):
        client, port = client_of(i, 60000)
        for n, (us, packet, forward) in enumerate(packets):
            copy = bytearray(packet)
            if n == where:
                copy[offset + 1:offset + 5] = struct.pack(">I", i + 1)
            copy[26 if forward else 30:30 if forward else 34] = struct.pack(">I", client)
            copy[34 if forward else 36:36 if forward else 38] = struct.pack(">H", port)
            t = i * 20000 + us
            yield struct.pack("<IIII", 1760000000 + t // 1000000, t % 1000000, len(copy), len(copy)) + bytes(copy)


def in_order(frames):
    """Replies of one connection may come after the next one's beginning."""
    return sorted(frames, key=lambda f: struct.unpack_from("<II", f))


def resident_kib(pid):
    with open(f"/proc/{pid}/status") as f:
        fields = dict(line.split(":", 1) for line in f)
    return int(fields["VmRSS"].split()[0]), int(fields["VmHWM"].split()[0])


def settle(pid):
    """Wait until the pipe was read: the process does no more work."""
    before = -1
    while True:
        with open(f"/proc/{pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        used = int(fields[11]) + int(fields[12])
        if used == before and fields[0] == "S":
            return
        before = used
        time.sleep(0.15)


def feed(program, limits, halves):
    """Memory after each half in KiB, the peak, and the counters at the end."""
    argv = [program, "-q", "--stats", "-r", "-"]
    for limit in limits:
        argv += ["--set", "limits." + limit]
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=out)
        child.stdin.write(HEADER)
        memory = []
        for half in halves:
            child.stdin.write(half)
            child.stdin.flush()
            settle(child.pid)
            now, peak = resident_kib(child.pid)
            memory.append(now)
        child.stdin.close()
        code = child.wait()
        out.seek(0)
        stats = json.loads(out.read().splitlines()[-1])["pinsight"]["stats"]
    return memory, peak, stats, code


def halves_of(frames):
    frames = list(frames)
    middle = len(frames) // 2
    return b"".join(frames[:middle]), b"".join(frames[middle:])


def counter(stats, path):
    for part in path.split("."):
        stats = stats[part]
    return stats


# Name, frames, limits, counters that must rise, counters that must not
SMALL = ["flows=4096", "handshakes=256", "devices=512", "keys=1024", "certificates=64"]
CASES = [
    ("SYNs", lambda path: syns(120000), ["flow.evicted"],
     ["flow.connections_evicted", "tables.devices_dropped", "tables.keys_dropped"]),
    ("ClientHellos of few devices to one name", lambda path: hellos(40000, devices=100),
     ["flow.connections_evicted"], ["tables.devices_dropped", "tables.destinations_dropped"]),
    ("names", lambda path: hellos(40000, devices=100, names=40000),
     ["tables.destinations_dropped", "tables.keys_dropped"], ["tables.devices_dropped"]),
    ("devices", lambda path: hellos(40000, devices=40000), ["tables.devices_dropped"],
     ["tables.destinations_dropped", "tables.apps_dropped"]),
    ("certificates", lambda path: in_order(certificates(4000, path)), ["certificate.evicted"],
     ["flow.evicted", "flow.connections_evicted"]),
]


def of_memory(tap, held, sentence):
    """A claim of the program's own memory: a sanitizer has more of its own than it leaves."""
    if os.environ.get("PINSIGHT_BUILD", "build/release") != "build/release":
        tap.skip(sentence, "only the release build is weighed")
    else:
        tap.ok(held, sentence)


def check(tap, program, path, case):
    name, make, must, must_not = case
    memory, _, stats, code = feed(program, SMALL, halves_of(make(path)))
    tap.ok(code == 0, f"a flood of {name} is survived")
    for counted in must:
        tap.ok(counter(stats, counted) > 0, f"{name}: {counted} says {counter(stats, counted)}")
    for other in must_not:
        tap.ok(counter(stats, other) == 0, f"{name}: {other} says {counter(stats, other)}")
    grown = memory[1] - memory[0]
    of_memory(tap, grown <= SLACK_KIB,
              f"{name}: resident memory is flat, {memory[0]} and {memory[1]} KiB")


def check_million(tap, program):
    def piece(start, count):
        for i in range(start, start + count):
            client = client_of(i, 60000)
            yield frame(i, b"", 2, i, *client, i * 20)
            yield frame(i, HELLO, 0x18, i + 1, *client, i * 20 + 5, ack=1)
    pieces = (b"".join(piece(n * 100000, 100000)) for n in range(10))
    _, peak, stats, code = feed(program, [], pieces)
    tap.ok(code == 0 and stats["tls"]["client_hellos"] == 1000000, "a million hellos without an answer are read")
    of_memory(tap, peak <= 400 * 1024, f"under the limits as shipped they take {peak // 1024} MiB at most")
    tap.ok(stats["flow"]["connections_evicted"] > 900000,
           f"{stats['flow']['connections_evicted']} of them gave way to younger ones, and are counted")


def main():
    program, path = sys.argv[1:]
    tap = replay.Tap()
    for case in CASES:
        check(tap, program, path, case)
    check_million(tap, program)
    sys.exit(tap.end())


if __name__ == "__main__":
    main()
