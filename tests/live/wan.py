#!/usr/bin/env python3
"""The distance between gateway and internet: wan.py SITES GATEWAY-NAMESPACE INTERNET-NAMESPACE

Hands IP packets from a tun device in one namespace to one in the other, each after half of the
round-trip time of the site it comes from or goes to, and takes that site's hops off its TTL. So a
connection that ends at the gateway's proxy is answered in microseconds with the proxy's TTL, and one
that goes direct looks as far away as it is. Replaces tc netem, which not every kernel has.
"""
import ctypes
import fcntl
import heapq
import os
import select
import socket
import struct
import sys
import time

from authorities import read_sites

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
CLONE_NEWNET = 0x40000000


def open_tun(namespace):
    """A tun device called wan0 inside the named network namespace."""
    with open(namespace) as handle:
        if ctypes.CDLL(None, use_errno=True).setns(handle.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"cannot enter {namespace}")
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", b"wan0", IFF_TUN | IFF_NO_PI))
    return tun


def checksum(header):
    total = sum(struct.unpack(f"!{len(header) // 2}H", header))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def travel(packet, sites, outbound):
    """Seconds under way, and the packet as it arrives; None when its time to live runs out."""
    six = packet[0] >> 4 == 6
    first, size = (24, 16) if six else (16, 4)
    if not outbound:
        first -= size
    delay, hops = sites.get(bytes(packet[first:first + size]), (0.01, 4))
    ttl = 7 if six else 8
    if packet[ttl] <= hops:
        return delay, None
    packet[ttl] -= hops
    if not six:
        packet[10:12] = b"\0\0"
        packet[10:12] = struct.pack("!H", checksum(bytes(packet[:(packet[0] & 15) * 4])))
    return delay, packet


def take(tun, other, outbound, sites, queue):
    while True:
        try:
            packet = bytearray(os.read(tun, 65536))
        except BlockingIOError:
            return
        delay, packet = travel(packet, sites, outbound)
        if packet:
            take.count += 1
            heapq.heappush(queue, (time.monotonic() + delay, take.count, other, packet))


take.count = 0


def main():
    sites = {}
    for site in read_sites(sys.argv[1]):
        far = (int(site["rtt"]) / 2000, int(site["hops"]))
        sites[socket.inet_pton(socket.AF_INET, site["ipv4"])] = far
        sites[socket.inet_pton(socket.AF_INET6, site["ipv6"])] = far
    gateway, internet = open_tun(sys.argv[2]), open_tun(sys.argv[3])
    print("ready", flush=True)
    queue = []
    while True:
        wait = max(0, queue[0][0] - time.monotonic()) if queue else None
        readable = select.select([gateway, internet], [], [], wait)[0]
        if gateway in readable:
            take(gateway, internet, True, sites, queue)
        if internet in readable:
            take(internet, gateway, False, sites, queue)
        while queue and queue[0][0] <= time.monotonic():
            _, _, tun, packet = heapq.heappop(queue)
            os.write(tun, packet)


if __name__ == "__main__":
    main()
