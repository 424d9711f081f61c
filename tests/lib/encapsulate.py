"""Carry a capture as other links and tunnels do: encapsulate.py KIND IN OUT, or --list.

The packets of a classic Ethernet pcap, IPv4 or IPv6, keep their times and their contents; what
stands before and behind them is as the named carrier puts it. Lengths are right, checksums of the
headers that are put before are 0 (they are not verified unless asked for) except IPv4's.
"""
import struct
import sys

import rewrite

ETHERNET, NULL, PPP, RAW, WIFI, SLL, RADIOTAP, IPV4, PKTAP, SLL2 = (1, 0, 9, 101, 105, 113, 127, 228,
                                                                    258, 276)
UDP, GRE, IP_IN_IP, IPV6_IN_IP = 17, 47, 4, 41
OUTER = ("192.0.2.1", "192.0.2.2")
PIECE = 600  # of a fragmented datagram, a multiple of 8


# ---- what stands before

def u16(*values):
    return struct.pack(f">{len(values)}H", *values)


def u32(*values):
    return struct.pack(f">{len(values)}I", *values)


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total ^ 0xffff


def address4(text):
    return bytes(int(part) for part in text.split("."))


def ipv4(protocol, body, ends=OUTER, identity=0, flags=0x4000):
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(body), identity, flags, 64, protocol, 0,
                       address4(ends[0]), address4(ends[1]))
    return head[:10] + u16(checksum(head)) + head[12:] + body


def ipv6(protocol, body, last=(1, 2)):
    prefix = bytes.fromhex("20010db8000000000000000000")
    return (b"\x60\0\0\0" + u16(len(body)) + bytes([protocol, 64])
            + prefix + bytes([0, 0, last[0]]) + prefix + bytes([0, 0, last[1]]) + body)


def udp(source, destination, body):
    return u16(source, destination, 8 + len(body), 0) + body


def ethernet(kind, body):
    return b"\x02\0\0\0\0\x0b\x02\0\0\0\0\x0a" + u16(kind) + body


def outer(body_of):
    """The frame between the tunnel's ends, of which the client's is the first."""
    return lambda packet: ethernet(0x0800, body_of(packet))


class Packet:
    """A frame of the plain capture: its IP packet, its EtherType and whether the client sent it."""

    def __init__(self, frame, clients):
        self.frame = frame
        self.macs = frame[:12]
        self.kind = struct.unpack(">H", frame[12:14])[0]
        self.ip = frame[14:]
        self.is_v6 = self.kind == 0x86dd
        source = self.ip[8:24] if self.is_v6 else self.ip[12:16]
        self.up = source in clients

    def ends(self):
        return OUTER if self.up else OUTER[::-1]

    def last(self):
        return (1, 2) if self.up else (2, 1)

    def tagged(self, tags):
        """The frame with what `tags` holds between the addresses and the EtherType."""
        return self.macs + tags + self.frame[12:]


def clients_of(packets):
    """Who sent the SYNs."""
    found = set()
    for _, _, _, frame in packets:
        where = rewrite.find_tcp(frame)
        if where and frame[where[2] + 13] & (rewrite.SYN | 0x10) == rewrite.SYN:
            ip, version = where[0], where[1]
            found.add(frame[ip + 8:ip + 24] if version == 6 else frame[ip + 12:ip + 16])
    return found


# ---- carriers

def padded(data, to=4):
    return data + b"\0" * (-len(data) % to)


def pktap(p):
    head = (struct.pack("<III", 156, 1, ETHERNET) + padded(b"en0", 24)
            + struct.pack("<IIIIi", 0, 2, 14, 0, 42) + padded(b"BankApp", 20)
            + struct.pack("<IHHi", 0, 0, 0, 42) + padded(b"BankApp", 20))
    return head + bytes(156 - len(head)) + p.frame


def pcapdroid(p):
    trailer = u32(0x01072021) + u32(10123) + padded(b"org.example.bank", 20)
    return padded(p.frame) + trailer + b"\0\0\0\0"


def wifi(p):
    """A QoS data frame; from the client to the access point, or the other way."""
    to, source = p.macs[:6], p.macs[6:]
    point = b"\x02\0\0\0\0\xaa"
    first, second, third = (point, source, to) if p.up else (to, point, source)
    control = 0x0188 if p.up else 0x0288
    return (struct.pack("<HH", control, 0) + first + second + third + b"\0\0\0\0"
            + b"\xaa\xaa\x03\0\0\0" + p.frame[12:])


def radiotap(p):
    return b"\0\0" + struct.pack("<HI", 12, 1 << 2) + b"\x02\0\0\0" + wifi(p)


def sll(p):
    return u16(4 if p.up else 0, 1, 6) + p.macs[6:] + b"\0\0" + u16(p.kind) + p.ip


def sll2(p):
    return u16(p.kind, 0) + u32(2) + u16(1) + bytes([4 if p.up else 0, 6]) + p.macs[6:] + b"\0\0" + p.ip


def ppp(p):
    return b"\xff\x03" + u16(0x0057 if p.is_v6 else 0x0021) + p.ip


def pppoe(p):
    body = u16(0x0057 if p.is_v6 else 0x0021) + p.ip
    return p.macs + u16(0x8864) + b"\x11\0" + u16(0x77, len(body)) + body


def gre(flags, kind, more=b""):
    return lambda p: ethernet(0x0800, ipv4(GRE, u16(flags, kind or p.kind) + more
                                           + (p.frame if kind else p.ip), p.ends()))


def erspan(version, head):
    kind = 0x22eb if version == 2 else 0x88be
    flags, more = (0, b"") if version == 0 else (0x1000, u32(7))
    return lambda p: ethernet(0x0800, ipv4(GRE, u16(flags, kind) + more + head + p.frame, p.ends()))


def over_udp(port, head, what=lambda p: p.frame):
    return lambda p: ethernet(0x0800, ipv4(UDP, udp(port + 1000, port, head + what(p)), p.ends()))


def gtpu_body(p, more=b""):
    flags = 0x34 if more else 0x30
    teid = 0x1001 if p.up else 0x2002
    return bytes([flags, 255]) + u16(len(more) + len(p.ip)) + u32(teid) + more + p.ip


def gtpu(p):
    return ethernet(0x0800, ipv4(UDP, udp(2152, 2152, gtpu_body(p)), p.ends()))


def gtpu_pdu(p):
    """Sequence number, no N-PDU, next extension 0x85: PDU session container of 4 bytes, no more."""
    more = u16(9) + b"\0\x85" + b"\x01" + (b"\x10\x09" if p.up else b"\0\x09") + b"\0"
    return ethernet(0x0800, ipv4(UDP, udp(2152, 2152, gtpu_body(p, more)), p.ends()))


def gtpu_over_ipv6(p):
    return ethernet(0x86dd, ipv6(UDP, udp(2152, 2152, gtpu_body(p)), p.last()))


def nested(p):
    """VLAN, MPLS, IPv4, GRE with a key, Ethernet, IPv4, VXLAN, Ethernet."""
    inner = ipv4(UDP, udp(5000, 4789, b"\x08\0\0\0" + b"\0\0\x2a\0" + p.frame), p.ends())
    outside = ipv4(GRE, u16(0x2000, 0x6558) + u32(99) + ethernet(0x0800, inner),
                   ("198.51.100.1", "198.51.100.2") if p.up else ("198.51.100.2", "198.51.100.1"))
    return ethernet(0x8100, u16(7, 0x8847) + u32(16 << 12 | 1 << 8 | 64) + outside)


def fragments(p, number=[0]):
    """The GTP-U datagram in pieces, the last one first."""
    number[0] = number[0] % 65535 + 1
    datagram = udp(2152, 2152, gtpu_body(p))
    pieces = [ethernet(0x0800, ipv4(UDP, datagram[at:at + PIECE], p.ends(), number[0],
                                    at // 8 | (0x2000 if at + PIECE < len(datagram) else 0)))
              for at in range(0, len(datagram), PIECE)]
    return pieces[::-1]


def fragments6(p, number=[0]):
    number[0] += 1
    datagram = udp(2152, 2152, gtpu_body(p))
    return [ethernet(0x86dd, ipv6(44, bytes([UDP, 0]) + u16(at | (at + PIECE < len(datagram)))
                                  + u32(number[0]) + datagram[at:at + PIECE], p.last()))
            for at in range(0, len(datagram), PIECE)]


# Name: link type, how a packet is carried, versions of IP inside, what capture.tunnel says.
KINDS = {
    "vlan": (ETHERNET, lambda p: p.tagged(u16(0x8100, 42)), "46", None),
    "qinq": (ETHERNET, lambda p: p.tagged(u16(0x88a8, 7, 0x8100, 42)), "46", None),
    "mpls": (ETHERNET, lambda p: p.macs + u16(0x8847) + u32(16 << 12 | 64)
             + u32(17 << 12 | 1 << 8 | 64) + p.ip, "46", None),
    "pppoe": (ETHERNET, pppoe, "46", None),
    "ppp": (PPP, ppp, "46", None),
    "raw": (RAW, lambda p: p.ip, "46", None),
    "raw-ipv4": (IPV4, lambda p: p.ip, "4", None),
    "loopback": (NULL, lambda p: struct.pack("<I", 30 if p.is_v6 else 2) + p.ip, "46", None),
    "cooked": (SLL, sll, "46", None),
    "cooked-2": (SLL2, sll2, "46", None),
    "wifi": (WIFI, wifi, "46", None),
    "radiotap": (RADIOTAP, radiotap, "46", None),
    "pktap": (PKTAP, pktap, "46", None),
    "pcapdroid": (ETHERNET, pcapdroid, "46", None),
    "gre": (ETHERNET, gre(0, 0), "46", ("gre", 0)),
    "gre-key": (ETHERNET, gre(0x3000, 0x6558, u32(5) + u32(1)), "46", ("gre", 5)),
    "erspan-1": (ETHERNET, erspan(0, b""), "46", ("erspan", 0)),
    "erspan-2": (ETHERNET, erspan(1, u16(1 << 12 | 42, 9) + u32(0)), "46", ("erspan", 9)),
    "erspan-3": (ETHERNET, erspan(2, u16(2 << 12 | 42, 9) + u32(0) + u32(0)), "46", ("erspan", 9)),
    "vxlan": (ETHERNET, over_udp(4789, b"\x08\0\0\0\0\0\x2a\0"), "46", ("vxlan", 42)),
    "geneve": (ETHERNET, over_udp(6081, b"\x01\0\x65\x58\0\0\x2a\0" + u16(0x0102) + b"\x80\0"), "46",
               ("geneve", 42)),
    "ip-in-ip": (ETHERNET, outer(lambda p: ipv4(IP_IN_IP, p.ip, p.ends())), "4", ("ipip", 0)),
    "ip-in-ipv6": (ETHERNET, lambda p: ethernet(0x86dd, ipv6(IPV6_IN_IP if p.is_v6 else IP_IN_IP, p.ip,
                                                            p.last())), "46", ("ipip", 0)),
    "6in4": (ETHERNET, outer(lambda p: ipv4(IPV6_IN_IP, p.ip, p.ends())), "6", ("ipip", 0)),
    "teredo": (ETHERNET, lambda p: ethernet(0x0800, ipv4(UDP, udp(*((40000, 3544) if p.up else
                                                                    (3544, 40000)), p.ip), p.ends())),
               "6", ("teredo", 0)),
    "gtpu": (ETHERNET, gtpu, "46", ("gtpu", 0x1001)),
    "gtpu-pdu": (ETHERNET, gtpu_pdu, "46", ("gtpu", 0x1001)),
    "gtpu-over-ipv6": (ETHERNET, gtpu_over_ipv6, "46", ("gtpu", 0x1001)),
    "nested": (ETHERNET, nested, "46", ("vxlan", 42)),
    "fragments": (ETHERNET, fragments, "46", ("gtpu", 0x1001)),
    "fragments-ipv6": (ETHERNET, fragments6, "46", ("gtpu", 0x1001)),
}


def encapsulate(kind, source, target):
    link_type, carry, _, _ = KINDS[kind]
    header, order, packets = rewrite.read(source)
    clients = clients_of(packets)
    out = []
    for seconds, fraction, _, frame in packets:
        carried = carry(Packet(frame, clients))
        for one in carried if isinstance(carried, list) else [carried]:
            out.append((seconds, fraction, len(one), one))
    snap_length = struct.pack(order + "I", 65535)
    rewrite.write(target, header[:16] + snap_length + struct.pack(order + "I", link_type), order, out)


if __name__ == "__main__":
    if sys.argv[1:] == ["--list"]:
        print("\n".join(f"{name} {row[2]}" for name, row in KINDS.items()))
    else:
        encapsulate(*sys.argv[1:])
