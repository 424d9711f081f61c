"""Captured connections as templates, and new ones made of them.

A template is one TCP connection of a bundled capture: when each packet came, what it carried. A new
connection keeps its packets, sizes and order, and takes another time, other addresses, another server
name, another ClientHello random, and, where the story says so, another list of ciphers, another
certificate, another distance. No other byte changes. Checksums are left zero: a mirror port often
shows packets whose checksums the sender's card was to fill in.
"""
import heapq
import ipaddress
import json
import os
import struct

SYN, ACK, FIN = 2, 16, 1
HANDSHAKE, CLIENT_HELLO, CERTIFICATE = 22, 1, 11


class Packet:
    """One packet of a template: microseconds after the SYN, direction, TCP header, bytes."""
    __slots__ = ("at", "client", "start", "end", "ack", "flags", "window", "options", "ttl")

    def __init__(self, at, client, flags, window, options, ttl):
        self.at, self.client, self.flags = at, client, flags
        self.window, self.options, self.ttl = window, options, ttl


class Template:
    """packets; streams: the bytes of each direction (client, server); hello: where its parts lie."""

    def __init__(self, packets, streams, flow):
        self.packets, self.streams, self.flow = packets, streams, flow
        self.hello = find_hello(streams[0])
        self.certificate = find_certificate(streams[1])
        self.length = packets[-1].at / 1e6


def read_frames(path):
    with open(path, "rb") as file:
        data = file.read()
    order = "<" if data[:4] == b"\xd4\xc3\xb2\xa1" else ">"
    record, place = struct.Struct(order + "IIII"), 24
    while place + 16 <= len(data):
        seconds, fraction, captured, _ = record.unpack_from(data, place)
        yield seconds * 1000000 + fraction, data[place + 16:place + 16 + captured]
        place += 16 + captured


def parse(frame):
    """(source, destination, ports, sequence, ack, flags, window, options, ttl, payload) or None."""
    kind = frame[12:14]
    if kind == b"\x08\x00" and frame[23] == 6:
        tcp = 14 + (frame[14] & 15) * 4
        end = 14 + struct.unpack_from(">H", frame, 16)[0]
        source, destination, ttl = frame[26:30], frame[30:34], frame[22]
    elif kind == b"\x86\xdd" and frame[20] == 6:
        tcp = 54
        end = tcp + struct.unpack_from(">H", frame, 18)[0]
        source, destination, ttl = frame[22:38], frame[38:54], frame[21]
    else:
        return None
    sport, dport, sequence, ack, offset, flags, window = struct.unpack_from(">HHIIBBH", frame, tcp)
    body = tcp + (offset >> 4) * 4
    return ((source, sport), (destination, dport), sequence, ack, flags, window,
            frame[tcp + 20:body], ttl, frame[body:end])


def text_of(address):
    return str(ipaddress.ip_address(address))


def same_client(label_client, endpoint):
    host, _, port = label_client.rpartition(":")
    if int(port) != endpoint[1]:
        return False
    return host.strip("[]") == text_of(endpoint[0])


def connections(path):
    """Each connection that begins with a SYN: its packets with relative sequence numbers."""
    found, order = {}, []
    for at, frame in read_frames(path):
        got = parse(frame)
        if not got:
            continue
        source, destination, sequence, ack, flags, window, options, ttl, payload = got
        if flags & (SYN | ACK) == SYN:
            if (source, destination) not in found:
                found[source, destination] = [at, source, sequence, None, [], True]
                order.append((source, destination))
        client = (source, destination) in found
        entry = found.get((source, destination) if client else (destination, source))
        if entry is None:
            continue
        if not client and flags & SYN:
            entry[3] = sequence
        if entry[3] is None and not (client and flags & SYN):
            entry[5] = False  # data before the SYN-ACK: not for us
            continue
        own, other = (entry[2], entry[3]) if client else (entry[3], entry[2])
        packet = Packet(at - entry[0], client, flags, window, options, ttl)
        packet.start = (sequence - own) & 0xffffffff
        packet.ack = (ack - other) & 0xffffffff if flags & ACK else None
        packet.end = packet.start + len(payload)
        entry[4].append((packet, payload))
    return [found[key] for key in order]


def template_of(entry, flow):
    """None for a connection with lost or repeated bytes."""
    streams = [bytearray(b"\0"), bytearray(b"\0")]  # the place of the SYN
    if not entry[5] or entry[3] is None:
        return None
    for packet, payload in entry[4]:
        stream = streams[not packet.client]
        if not payload:
            continue
        if packet.start != len(stream):
            return None
        stream += payload
    return Template([packet for packet, _ in entry[4]], [bytes(s) for s in streams], flow)


def load(folder, names):
    """Templates of the captures, each with the label of its flow."""
    templates = []
    for name in names:
        with open(os.path.join(folder, name + ".json")) as file:
            label = json.load(file)
        product = ((label.get("inspection") or {}).get("product") or "none").split(" ")[0]
        for entry in connections(os.path.join(folder, name + ".pcap")):
            for flow in label["flows"]:
                if same_client(flow["client"], entry[1]):
                    template = template_of(entry, dict(flow, product=product, capture=name))
                    if template and template.hello:
                        templates.append(template)
    return templates


# ---- where things lie in the bytes

def find_hello(stream):
    """Places in the client's stream: random, ciphers, extensions, the server name; None without."""
    at = 1
    if len(stream) < at + 50 or stream[at] != HANDSHAKE or stream[at + 5] != CLIENT_HELLO:
        return None
    hello = {"record": at, "message": at + 5, "random": at + 11}
    place = at + 43
    place += 1 + stream[place]
    hello["ciphers"] = place
    place += 2 + int.from_bytes(stream[place:place + 2], "big")
    place += 1 + stream[place]
    hello["extensions"] = place
    end = place + 2 + int.from_bytes(stream[place:place + 2], "big")
    place += 2
    while place + 4 <= end:
        kind, length = struct.unpack_from(">HH", stream, place)
        if kind == 0:
            hello["name"] = (place, length)
        place += 4 + length
    return hello


def find_certificate(stream):
    """The Certificate message of TLS 1.2: its record, which must hold nothing else, as (start, end)."""
    place = 1
    while place + 9 <= len(stream) and stream[place] == HANDSHAKE:
        length = int.from_bytes(stream[place + 3:place + 5], "big")
        message = int.from_bytes(stream[place + 6:place + 9], "big")
        if stream[place + 5] == CERTIFICATE and message + 4 == length:
            return place, place + 5 + length
        place += 5 + length
    return None


# ---- new bytes

def resized(stream, place, size, change):
    old = int.from_bytes(stream[place:place + size], "big")
    return place, size, (old + change).to_bytes(size, "big")


def hello_edits(template, name, random, without):
    """Edits of the client's stream: (place, old length, new bytes), in order."""
    stream, hello = template.streams[0], template.hello
    edits, change = [(hello["random"], 32, random)], 0
    if without is not None:
        place = hello["ciphers"]
        count = int.from_bytes(stream[place:place + 2], "big") // 2
        kept = [stream[place + 2 + 2 * i:place + 4 + 2 * i] for i in range(count)]
        # The first ones are what servers choose from.
        del kept[count - 1 - without % (count - 6)]
        body = b"".join(kept)
        edits.append((place, 2 + 2 * count, len(body).to_bytes(2, "big") + body))
        change -= 2
    if "name" in hello:
        place, length = hello["name"]
        text = name.encode()
        body = struct.pack(">HHHBH", 0, len(text) + 5, len(text) + 3, 0, len(text)) + text
        if not name:
            body = b""
        edits.append(resized(stream, hello["extensions"], 2, len(body) - length - 4))
        edits.append((place, length + 4, body))
        change += len(body) - length - 4
    edits.append(resized(stream, hello["record"] + 3, 2, change))
    edits.append(resized(stream, hello["message"] + 1, 3, change))
    return sorted(edits)


def certificate_edits(template, chain):
    start, end = template.certificate
    body = b"".join(len(c).to_bytes(3, "big") + c for c in chain)
    body = len(body).to_bytes(3, "big") + body
    message = bytes([CERTIFICATE]) + len(body).to_bytes(3, "big") + body
    record = template.streams[1][start:start + 3] + len(message).to_bytes(2, "big") + message
    return [(start, end - start, record)]


def chain_of(template):
    """The certificates of a TLS 1.2 template."""
    start, end = template.certificate
    body, chain = template.streams[1][start + 12:end], []
    while body:
        length = int.from_bytes(body[:3], "big")
        chain.append(body[3:3 + length])
        body = body[3 + length:]
    return chain


def der(data, place):
    """(start of content, end) of the element at `place`."""
    length, start = data[place + 1], place + 2
    if length & 0x80:
        size = length & 0x7f
        length, start = int.from_bytes(data[start:start + size], "big"), start + size
    return start, start + length


def with_key(certificate, key):
    """The certificate with another public key and serial number, both made of the bytes `key`."""
    data = bytearray(certificate)
    place = der(data, der(data, 0)[0])[0]
    fields = []
    while len(fields) < 8 and place < len(data):
        fields.append(place)
        place = der(data, place)[1]
    if data[fields[0]] != 0xa0:
        fields.insert(0, None)
    serial = der(data, fields[1])
    data[serial[1] - 4:serial[1]] = key[:4]
    end = der(data, fields[6])[1]
    # The exponent of an RSA key stands last, so the bytes before it are changed.
    data[end - 40:end - 8] = (key * 2)[:32]
    return bytes(data)


class Edited:
    """A stream after its edits, and where each place of it went."""

    def __init__(self, stream, edits):
        self.steps, parts, last, shift = [], [], 0, 0
        for place, length, new in edits:
            parts += [stream[last:place], new]
            last = place + length
            shift += len(new) - length
            self.steps.append((place, last, shift))
        self.bytes = b"".join(parts) + stream[last:]

    def at(self, place):
        shift = 0
        for start, end, after in self.steps:
            if place <= start:
                break
            if place < end:
                return min(place + shift, end + after)
            shift = after
        return place + shift


def frames(template, at, client, server, change):
    """(microseconds, frame) of a new connection at `at`; client and server: (mac, address, port).

    change: name, random, and maybe without (a cipher), chain (certificates), extra_us (distance: each
    answer to the client comes so much later), ttl (of the server's packets).
    """
    streams = (Edited(template.streams[0], hello_edits(template, change["name"], change["random"],
                                                       change.get("without"))),
               Edited(template.streams[1], certificate_edits(template, change["chain"])
                      if change.get("chain") else []))
    first = (int.from_bytes(change["random"][:4], "big"), int.from_bytes(change["random"][4:8], "big"))
    late, last_client, extra = 0, False, change.get("extra_us", 0)
    for packet in template.packets:
        if last_client and not packet.client:
            late += extra
        last_client = packet.client
        side = 0 if packet.client else 1
        here, there = (client, server) if packet.client else (server, client)
        start, end = streams[side].at(packet.start), streams[side].at(packet.end)
        payload = streams[side].bytes[start:end] if packet.end > packet.start else b""
        ack = 0
        if packet.ack is not None:
            ack = (first[1 - side] + streams[1 - side].at(packet.ack)) & 0xffffffff
        options, window = packet.options, packet.window
        if packet.flags & SYN and len(here[1]) == 16 and options[:4] == b"\2\4\5\xb4":
            # The largest segment is what the header leaves, and the first window a multiple of it.
            options, window = b"\2\4\5\xa0" + options[4:], 64800
        tcp = struct.pack(">HHIIBBHHH", here[2], there[2], (first[side] + start) & 0xffffffff, ack,
                          (20 + len(options)) << 2, packet.flags, window, 0, 0)
        tcp += options + payload
        ttl = packet.ttl if packet.client else change.get("ttl", packet.ttl)
        if len(here[1]) == 4:
            ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0x4000, ttl, 6, 0,
                             here[1], there[1])
            kind = b"\x08\x00"
        else:
            ip = struct.pack(">IHBB16s16s", 0x60000000, len(tcp), 6, ttl, here[1], there[1])
            kind = b"\x86\xdd"
        yield at + packet.at + late, there[0] + here[0] + kind + ip + tcp


class Writer:
    """A capture file, written in the order of time."""

    def __init__(self, path):
        self.file, self.waiting, self.number = open(path, "wb"), [], 0
        self.file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))

    def add(self, packets):
        for at, frame in packets:
            heapq.heappush(self.waiting, (at, self.number, frame))
            self.number += 1

    def flush(self, until):
        """Write what comes before `until`: nothing earlier may be added any more."""
        while self.waiting and self.waiting[0][0] < until:
            at, _, frame = heapq.heappop(self.waiting)
            self.file.write(struct.pack("<IIII", at // 1000000, at % 1000000, len(frame), len(frame)) + frame)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.flush(1 << 62)
        self.file.close()
