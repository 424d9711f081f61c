"""Connections of bundled captures, repeated and re-addressed over hours, as TAP: behaviour.py PROGRAM.
"""
import json
import os
import struct
import subprocess
import sys
import tempfile

import replay
import rewrite

OPTIONS = ["-q", "--inspection-ca", "pcaps/ca/inspection-mitmproxy.pem",
           "--set", "inspection.segments[+]=10.20.0.0/24"]
DEVICE = bytes([10, 20, 0, 11])
OTHER_ADDRESS = bytes([10, 20, 0, 99])
OTHER_MAC = bytes.fromhex("00005e005399")
SECOND = 1000000


def micros(packet):
    return packet[0] * SECOND + packet[1]


def moved(packet, seconds, frame=None):
    at = micros(packet) + int(seconds * SECOND)
    return (at // SECOND, at % SECOND, packet[2], packet[3] if frame is None else frame)


class Packet:
    """Whose connection an IPv4 packet over Ethernet belongs to; None stands for anything else."""

    def __init__(self, frame, device):
        where = rewrite.find_tcp(frame)
        self.frame, self.side = frame, None
        if where and where[1] == 4:
            ip, _, tcp = where[:3]
            for side in (0, 1):
                if frame[ip + 12 + 4 * side:ip + 16 + 4 * side] == device:
                    self.side, self.ip, self.tcp = side, ip, tcp

    def port(self):
        return None if self.side is None else struct.unpack_from(
            ">H", self.frame, self.tcp + 2 * self.side)[0]

    def change(self, port=None, address=None, mac=None):
        """The frame with another client port, address, hardware address; checksums stay wrong."""
        frame = bytearray(self.frame)
        if port:
            struct.pack_into(">H", frame, self.tcp + 2 * self.side, port)
        if address:
            frame[self.ip + 12 + 4 * self.side:self.ip + 16 + 4 * self.side] = address
        if mac:
            frame[6 * (1 - self.side):6 * (1 - self.side) + 6] = mac
        return bytes(frame)


class Suite:
    def __init__(self, program):
        self.program = program
        self.tap = replay.Tap()
        self.folder = None

    def run(self, name, header, order, packets, *options):
        path = os.path.join(self.folder, name + ".pcap")
        rewrite.write(path, header, order, sorted(packets, key=micros))
        command = [self.program, *OPTIONS, *options, "-r", path]
        done = subprocess.run(command, capture_output=True, check=False)
        events = [json.loads(line) for line in done.stdout.splitlines()]
        self.tap.ok(done.returncode == 0 and not done.stderr, f"{name}: the program reads it",
                    [done.stderr.decode(errors="replace")])
        again = subprocess.run([self.program, "correlate", *OPTIONS, "-r", "-"], check=False,
                               capture_output=True, input=subprocess.run(
                                   [*command, "--sessions"], capture_output=True,
                                   check=False).stdout)
        self.tap.ok(again.stdout == done.stdout, f"{name}: its session records give the same")
        return [e for e in events if e["event"]["dataset"] == "pinsight.alert"]

    def beacon(self, name, times):
        """One direct connection again at each of these times, beside the capture that it is of."""
        header, order, packets = rewrite.read("pcaps/opaque-direct.pcap")
        one = [p for p in packets if Packet(p[3], DEVICE).port() == 40004]
        for number, seconds in enumerate(times):
            packets += [moved(p, seconds, Packet(p[3], DEVICE).change(port=41000 + number))
                        for p in one]
        return [a for a in self.run(name, header, order, packets)
                if a["destination"]["domain"] == "sync.vendor.example"]

    def test_beacon(self):
        alerts = self.beacon("beacon", [300 * i + 7 * (i % 3) for i in range(1, 15)])
        last = alerts[-1]["pinsight"]
        self.tap.ok(last["type"] == "opaque_direct_beacon" and last["state"] == "updated",
                    "every five minutes: a beacon", [json.dumps(last)])
        self.tap.ok(any(c["name"] == "beacon_strong" for c in last["risk"]["contributors"]),
                    "which is a risk", [json.dumps(last["risk"])])
        self.tap.ok(len({a["pinsight"]["alert_id"] for a in alerts}) == 1, "all of it one alert")
        times = [40, 400, 460, 1300, 1330, 1400, 2900, 3500, 3520, 3700, 6000, 6100, 6900, 9000]
        alerts = self.beacon("person", times)
        self.tap.ok([a["pinsight"]["type"] for a in alerts] == ["opaque_direct"],
                    "as often, but as a person does it: none",
                    [json.dumps(a["pinsight"]["risk"]) for a in alerts])

    def lease(self, name, mac):
        """The device refuses twice, falls silent, and has another address when it does again."""
        header, order, packets = rewrite.read("pcaps/pinned-curl-tls13.pcap")
        out = []
        for packet in packets:
            one = Packet(packet[3], DEVICE)
            port = one.port()
            if port is None or port < 40007:
                out.append(packet)
            elif port in (40007, 40008, 40013):
                out.append(moved(packet, 400, one.change(address=OTHER_ADDRESS, mac=mac)))
        return self.run(name, header, order, out)

    def test_lease(self):
        alerts = self.lease("lease", None)
        found = {a["destination"]["domain"]: a for a in alerts}
        self.tap.ok(set(found) == {"api.bank.example", "pay.wallet.example"},
                    "refusals before and after a new lease are one device's", [str(set(found))])
        device = found["api.bank.example"]["pinsight"]["device"]
        self.tap.ok(device["basis"] == "mac" and device["other_ips"] == ["10.20.0.11"],
                    "by its MAC, and the address before is told", [json.dumps(device)])
        related = found["api.bank.example"]["related"]["ip"]
        self.tap.ok({"10.20.0.11", "10.20.0.99"} <= set(related), "both addresses are named",
                    [str(related)])
        alerts = self.lease("stranger", OTHER_MAC)
        self.tap.ok(not alerts, "behind another MAC it is another device: nothing is found",
                    [a["message"] for a in alerts])

    def main(self):
        with tempfile.TemporaryDirectory(prefix="pinsight-behaviour-") as self.folder:
            self.test_beacon()
            self.test_lease()
        return self.tap.end()


if __name__ == "__main__":
    sys.exit(Suite(sys.argv[1]).main())
