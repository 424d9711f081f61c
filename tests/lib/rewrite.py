"""Rewrite captures as networks do: other order, copies, other segments.

rewrite.py WHAT... IN OUT, where each WHAT is applied in turn:

  cut    TCP payload in segments of one byte; PSH and FIN stay on the last one
  copy   each packet twice, the copy beside it or behind the next one
  swap   packets change places with neighbours: at most 3 places and 2 ms away
  same   nothing

The time stamps keep their places, as a capture's do; checksums are not made right. Classic pcap in
microseconds, Ethernet with IPv4 or IPv6; what is anything else stays as it is.
"""
import random
import struct
import sys

PLACES = 3
MICROSECONDS = 2000
TCP = 6
SYN, FIN, RST, PSH = 2, 1, 4, 8


def read(path):
    """File header, byte order and [(seconds, fraction, wire length, bytes)]."""
    with open(path, "rb") as file:
        data = file.read()
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    record = struct.Struct(order + "IIII")
    packets, place = [], 24
    while place + 16 <= len(data):
        seconds, fraction, captured, wire = record.unpack_from(data, place)
        packets.append((seconds, fraction, wire, data[place + 16:place + 16 + captured]))
        place += 16 + captured
    return data[:24], order, packets


def write(path, header, order, packets):
    record = struct.Struct(order + "IIII")
    with open(path, "wb") as file:
        file.write(header)
        file.writelines(record.pack(p[0], p[1], len(p[3]), p[2]) + p[3] for p in packets)


def find_tcp(frame):
    """Places of the IP header, its protocol version, the TCP header and the payload; or None."""
    ip = 14
    kind = frame[12:14]
    while kind in (b"\x81\x00", b"\x88\xa8"):
        kind = frame[ip + 2:ip + 4]
        ip += 4
    if kind == b"\x08\x00" and len(frame) >= ip + 40 and frame[ip + 9] == TCP:
        if struct.unpack_from(">H", frame, ip + 6)[0] & 0x3fff:
            return None
        tcp = ip + (frame[ip] & 15) * 4
        end = ip + struct.unpack_from(">H", frame, ip + 2)[0]
        version = 4
    elif kind == b"\x86\xdd" and len(frame) >= ip + 60 and frame[ip + 6] == TCP:
        tcp = ip + 40
        end = tcp + struct.unpack_from(">H", frame, ip + 4)[0]
        version = 6
    else:
        return None
    payload = tcp + (frame[tcp + 12] >> 4) * 4
    return (ip, version, tcp, payload, end) if payload <= end <= len(frame) else None


def pieces(frame):
    """The frame as frames of one byte of payload each."""
    where = find_tcp(frame)
    if not where:
        return [frame]
    ip, version, tcp, payload, end = where
    flags = frame[tcp + 13]
    if end - payload < 2 or flags & (SYN | RST):
        return [frame]
    head = bytearray(frame[:payload])
    if version == 4:
        struct.pack_into(">H", head, ip + 2, payload - ip + 1)
    else:
        struct.pack_into(">H", head, ip + 4, payload - tcp + 1)
    sequence, = struct.unpack_from(">I", frame, tcp + 4)
    head[tcp + 13] = flags & ~(PSH | FIN)
    before, after = bytes(head[:tcp + 4]), bytes(head[tcp + 8:])
    number = struct.Struct(">I").pack
    cut = [before + number((sequence + i) & 0xffffffff) + after + frame[payload + i:payload + i + 1]
           for i in range(end - payload)]
    last = bytearray(cut[-1])
    last[tcp + 13] = flags
    cut[-1] = bytes(last)
    return cut


def cut_all(packets):
    out = []
    for packet in packets:
        seconds, fraction, wire, frame = packet
        if len(frame) < wire:  # the snap length cut it already
            out.append(packet)
        else:
            out += [(seconds, fraction, len(piece), piece) for piece in pieces(frame)]
    return out


def micros(packet):
    return packet[0] * 1000000 + packet[1]


def copy_all(packets):
    out = []
    for i, packet in enumerate(packets):
        out += [packet, packet]
        if i % 2 and micros(packet) - micros(packets[i - 1]) <= MICROSECONDS:
            out[-3:-1] = [packet, packet[:2] + packets[i - 1][2:]]  # its copy falls behind this one
    return out


def swap_all(packets, seed=1):
    choose = random.Random(seed)
    out, i = [], 0
    while i < len(packets):
        group = [packets[i]]
        while (len(group) <= PLACES and i + len(group) < len(packets)
               and micros(packets[i + len(group)]) - micros(packets[i]) <= MICROSECONDS):
            group.append(packets[i + len(group)])
        size = choose.randint(1, len(group))
        group = group[:size]
        i += size
        choose.shuffle(group)
        out += group
    return [place[:2] + packet[2:] for place, packet in zip(packets, out)]


CHANGES = {"same": list, "cut": cut_all, "copy": copy_all, "swap": swap_all}


def rewrite(changes, source, target):
    header, order, packets = read(source)
    for change in changes:
        packets = CHANGES[change](packets)
    write(target, header, order, packets)


if __name__ == "__main__":
    rewrite(sys.argv[1:-2], sys.argv[-2], sys.argv[-1])
