"""Encrypted traffic on the port of HTTPS that is not TLS, as TAP: unidentified.py PROGRAM.

A device of an inspected segment talks to one server on port 443. Where it is encrypted by its looks,
in no protocol that is known, its connections are sessions and an alert comes of them; each quiet twin
differs in one thing, and nothing comes of it.
"""
import base64
import json
import os
import random
import struct
import subprocess
import sys
import tempfile

import replay

DEVICE, SERVER = "10.20.0.11", "203.0.113.77"
SEGMENT = ["--set", "inspection.segments[+]=10.20.0.0/24"]
SYN, ACK, FIN, PSH = 2, 16, 1, 8


class Capture:
    """Frames of TCP connections, with sequence numbers as they should be."""

    def __init__(self):
        self.now, self.frames = 1_763_711_000.0, []
        self.dice = random.Random(7)

    def frame(self, way, ports, sequence, flags, payload):
        ends = [DEVICE, SERVER] if way == 0 else [SERVER, DEVICE]
        source, destination = (bytes(map(int, end.split("."))) for end in ends)
        tcp = struct.pack(">HHIIBBHHH", ports[way], ports[1 - way], sequence[way],
                          0 if flags == SYN else sequence[1 - way], 5 << 4, flags, 65000, 0, 0)
        ip = struct.pack(">BBHHHBBH", 0x45, 0, 40 + len(payload), 0, 0x4000, 64, 6, 0)
        macs = [bytes.fromhex("00005e005311"), bytes.fromhex("00005e005301")]
        ethernet = macs[1 - way] + macs[way] + b"\x08\x00"
        self.now += 0.004
        self.frames.append((self.now, ethernet + ip + source + destination + tcp + payload))
        sequence[way] += len(payload) + (1 if flags & (SYN | FIN) else 0)

    def connection(self, client_port, talk, port=443, begins=True, loses=None):
        """`talk` is [(way, bytes)]; `loses` is the number of a message that is not captured."""
        ports, sequence = [client_port, port], [1000, 900000]
        opening = [(0, SYN), (1, SYN | ACK), (0, ACK)]
        for way, flags in opening:
            self.frame(way, ports, sequence, flags, b"")
        if not begins:
            del self.frames[-3:]
        for i, (way, payload) in enumerate(talk):
            self.frame(way, ports, sequence, ACK | PSH, payload)
            if i == loses:
                self.frames.pop()
        for way in (0, 1):
            self.frame(way, ports, sequence, FIN | ACK, b"")
        self.frame(0, ports, sequence, ACK, b"")
        self.now += 20

    def write(self, path):
        with open(path, "wb") as file:
            file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
            for at, frame in self.frames:
                file.write(struct.pack("<IIII", int(at), int(at % 1 * 1e6), len(frame), len(frame))
                           + frame)


def random_talk(dice, messages=8, size=300):
    return [(i % 2, dice.randbytes(size)) for i in range(messages)]


def text_talk(dice):
    return [(i % 2, base64.b64encode(dice.randbytes(300))) for i in range(8)]


def ssh_talk(dice):
    banner = [(1, b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"), (0, b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")]
    return banner + random_talk(dice)


def capture(talk=random_talk, **how):
    made = Capture()
    for i in range(5):
        made.connection(41000 + i, talk(made.dice), **how)
    return made


QUIET = {
    "text": {"talk": text_talk},
    "a protocol that nDPI knows": {"talk": ssh_talk},
    "another port": {"port": 4443},
    "a connection whose beginning is not captured": {"begins": False},
    "a connection that lost a segment": {"loses": 0},
    "a server that never answers": {"talk": lambda dice: [(0, dice.randbytes(900))] * 4},
    "too little": {"talk": lambda dice: random_talk(dice, 4, 40)},
}


class Suite:
    def __init__(self, program, room):
        self.tap, self.program, self.room = replay.Tap(), program, room
        self.path = os.path.join(room, "other.pcap")

    def run(self, *words, verb=("-r",), path=None):
        done = subprocess.run([self.program, *verb, path or self.path, "-q", *words],
                              capture_output=True, check=True)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def shown(self, made, *words):
        made.write(self.path)
        events = self.run("--sessions=full", *words)
        return ([e for e in events if e["event"]["dataset"] == "pinsight.session"],
                [e for e in events if e["event"]["kind"] == "alert"], events)

    def test_alert(self):
        sessions, alerts, events = self.shown(capture(), *SEGMENT)
        self.tap.ok(len(sessions) == 5 and all(
            s["network"]["protocol"] == "unidentified" and "tls" not in s
            and s["pinsight"]["outcome"] == "accepted"
            and s["pinsight"]["inspection"]["state"] == "no"
            and s["pinsight"]["inspection"]["basis"] == "unidentified" for s in sessions),
            "each connection is a session that nobody inspected", sessions[:1])
        self.tap.ok([a["pinsight"]["type"] for a in alerts[:1]] == ["opaque_direct"]
                    and {a["pinsight"]["alert_id"] for a in alerts} ==
                    {alerts[0]["pinsight"]["alert_id"]}, "one alert comes of them", alerts[:1])
        self.tap.ok("encrypted protocol that is neither TLS nor known" in alerts[0]["message"]
                    and alerts[0]["destination"]["ip"] == SERVER
                    and "key" not in alerts[0]["pinsight"].get("app", {}),
                    "which says what it is and whereto, and names no app", alerts[:1])
        ends = [e for e in events if e["event"]["dataset"] == "pinsight.session_end"]
        self.tap.ok([e["pinsight"]["session_id"] for e in ends] == [s["event"]["id"]
                                                                   for s in sessions]
                    and all(e["source"]["packets"] == 7 for e in ends), "each has its totals",
                    ends[:1])
        again = os.path.join(self.room, "sessions.jsonl")
        with open(again, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(e) + "\n" for e in events if e["event"]["kind"] == "event")
        told = [e for e in self.run(*SEGMENT, verb=("correlate", "-r"), path=again)
                if e["event"]["kind"] == "alert"]
        self.tap.ok(told == alerts, "correlate tells the same from the sessions")
        told = self.run("--sessions=full", "-j", "2", *SEGMENT)
        self.tap.ok(told == events, "and so do two workers")
        made = self.shown(capture())
        self.tap.ok(made[:2] == ([], []), "where nobody said that TLS is inspected, it is nobody's "
                                          "business", made[0][:1])

    def test_quiet(self):
        for name, how in QUIET.items():
            sessions, alerts, _ = self.shown(capture(**how), *SEGMENT)
            self.tap.ok(not sessions and not alerts, f"nothing is said of {name}", sessions[:1])


def main(program):
    with tempfile.TemporaryDirectory() as room:
        suite = Suite(program, room)
        suite.test_alert()
        suite.test_quiet()
    return suite.tap.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
