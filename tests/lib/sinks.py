"""Sinks end to end: sinks.py PROGRAM, in the project's folder. Writes TAP."""
import glob
import json
import os
import re
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

import replay
import rewrite

HOUR = 3600
CHUNK_FRAMES = 400
# As rsyslog reads it: RFC 5424 with nil process id and structured data, then the cookie.
SYSLOG = re.compile(rb"<(\d{1,3})>1 (\S+) (\S+) pinsight - (\S{1,32}) - @cee: (\{.*\})")


def load_captures():
    """All bundled captures, an hour apart, as one: the header and its packets as bytes."""
    header, pieces, start = b"", [], 1700000000
    for path in sorted(glob.glob("pcaps/*.pcap")):
        header, order, packets = rewrite.read(path)
        first = packets[0][0]
        for seconds, fraction, wire, data in packets:
            pieces.append(struct.pack(order + "IIII", start + seconds - first, fraction,
                                      len(data), wire) + data)
        start += packets[-1][0] - first + HOUR
    return header, pieces


def configuration():
    words = ["-q"]
    for path in sorted(glob.glob("pcaps/ca/inspection-*.pem")):
        words += ["--inspection-ca", path]
    networks = set()
    for path in sorted(glob.glob("pcaps/*.json")):
        with open(path, encoding="utf-8") as file:
            networks.update(json.load(file)["configuration"]["inspection"].get("segments", []))
    for network in sorted(networks):
        words += ["--set", f"inspection.segments[+]={network}"]
    return words


class Receiver:
    def __init__(self, kind, address, log, delay=0):
        self.words = [sys.executable, "tests/lib/receive.py", kind, address, log, str(delay)]
        self.address, self.log, self.kind = address, log, kind
        self.process = None

    def start(self):
        self.process = subprocess.Popen(self.words)
        for _ in range(500):
            if self.is_there():
                return
            time.sleep(0.01)

    def is_there(self):
        if self.kind in ("unix", "datagram"):
            kind = socket.SOCK_STREAM if self.kind == "unix" else socket.SOCK_DGRAM
            with socket.socket(socket.AF_UNIX, kind) as probe:
                return probe.connect_ex(self.address) == 0
        port = f":{int(self.address.split(',')[0]):04X}"
        table = "udp" if self.kind == "udp" else "tcp"
        with open(f"/proc/net/{table}", encoding="ascii") as file:
            rows = [line.split() for line in file]
        return any(row[1].endswith(port) and (table == "udp" or row[3] == "0A") for row in rows)

    def kill(self):
        if self.process:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        self.process = None

    def lines(self):
        if not os.path.exists(self.log):
            return []
        with open(self.log, "rb") as file:
            return file.read().split(b"\n")[:-1]


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def ids_of(lines):
    """The ids of alerts, in the order in which they first came."""
    ids = {}
    for line in lines:
        found = SYSLOG.fullmatch(line)
        event = json.loads(found.group(5) if found else line)
        if event["event"]["kind"] == "alert":
            ids.setdefault(event["event"]["id"])
    return list(ids)


class Suite:
    def __init__(self, program):
        self.program = program
        self.tap = replay.Tap()
        self.folder = tempfile.mkdtemp(prefix="pinsight-sinks-")
        self.header, self.pieces = load_captures()
        self.words = configuration()
        self.number = 0
        self.plain = []

    def path(self, name):
        return os.path.join(self.folder, name)

    def begin(self, *more, output=None, **popen):
        """Start the program on a capture that comes through a pipe."""
        self.number += 1
        output = output or self.path(f"out-{self.number}")
        command = [self.program, *self.words, "-r", "-", "-o", output, *more]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, **popen)
        process.stdin.write(self.header)
        return process, output

    def feed(self, process, pieces, pause=0.02):
        """Packets, with time between them for what else happens."""
        for at in range(0, len(pieces), CHUNK_FRAMES):
            process.stdin.write(b"".join(pieces[at:at + CHUNK_FRAMES]))
            process.stdin.flush()
            time.sleep(pause)

    def end(self, process):
        process.stdin.close()
        text = process.stderr.read().decode(errors="replace")
        process.stderr.close()
        return process.wait(), text

    def run(self, *more, **popen):
        process, output = self.begin(*more, **popen)
        self.feed(process, self.pieces, 0)
        code, text = self.end(process)
        with open(output, "rb") as file:
            return code, text, file.read().split(b"\n")[:-1]

    def spool(self, name):
        return ["--set", f"output.spool.path={self.path(name)}"]

    def check(self, receiver, sentence):
        ids = ids_of(receiver.lines())
        self.tap.ok(ids == self.plain, sentence,
                    [f"missing: {len(set(self.plain) - set(ids))}",
                     f"unknown: {len(set(ids) - set(self.plain))}",
                     f"of {len(self.plain)}, {len(receiver.lines())} lines came"])

    # ---- tests

    def test_plain(self):
        code, text, lines = self.run()
        self.plain = ids_of(lines)
        self.tap.ok(code == 0 and not text and len(self.plain) > 20,
                    f"a plain run writes {len(self.plain)} alerts", [text])

    def restarts(self, name, receiver, *options):
        """Kill the receiver in the middle, start it again later."""
        third = len(self.pieces) // 3
        receiver.start()
        process, _ = self.begin(*self.spool(f"spool-{name}"), *options)
        self.feed(process, self.pieces[:third])
        seen = len(ids_of(receiver.lines()))
        receiver.kill()
        self.feed(process, self.pieces[third:2 * third])
        receiver.start()
        self.feed(process, self.pieces[2 * third:])
        code, text = self.end(process)
        receiver.kill()
        self.tap.ok(code == 0, f"{name}: the program ends well", [text])
        self.tap.ok(0 < seen < len(self.plain), f"{name}: the receiver dies in the middle",
                    [f"it had {seen} of {len(self.plain)} alerts"])
        self.check(receiver, f"{name}: it has every alert, in order, and no other")

    def socket_options(self, address):
        return ["--set", f"output.socket.address={address}"]

    def syslog_options(self, address, transport):
        return ["--set", f"output.syslog.address={address}",
                "--set", f"output.syslog.transport={transport}"]

    def test_restarts(self):
        for name, kind in (("unix stream", "unix"), ("unix datagram", "datagram")):
            address = self.path(f"{kind}.socket")
            self.restarts(name, Receiver(kind, address, self.path(f"{kind}.log")),
                          *self.socket_options(address))
        port = free_port()
        self.restarts("tcp", Receiver("tcp", port, self.path("tcp.log")), "-j", "2",
                      *self.socket_options(f"127.0.0.1:{port}"))
        port = free_port()
        self.restarts("syslog over tcp", Receiver("counted", port, self.path("counted.log")),
                      *self.syslog_options(f"127.0.0.1:{port}", "tcp"))
        address = self.path("log")
        self.restarts("syslog socket", Receiver("datagram", address, self.path("devlog.log")),
                      *self.syslog_options(address, "unix"))

    def test_tls(self):
        if not shutil.which("openssl"):
            self.tap.ok(True, "syslog over tls # SKIP openssl is missing")
            return
        key, certificate = self.path("key.pem"), self.path("certificate.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", certificate,
                        "-days", "2", "-subj", "/CN=log", "-addext",
                        "subjectAltName=DNS:localhost,IP:127.0.0.1"],
                       check=True, capture_output=True)
        port = free_port()
        receiver = Receiver("tls", f"{port},{certificate},{key}", self.path("tls.log"))
        trust = ["--set", f"output.syslog.authorities={certificate}"]
        self.restarts("syslog over tls", receiver, *trust,
                      *self.syslog_options(f"127.0.0.1:{port}", "tls"))
        receiver.log = receiver.words[5] = self.path("tls-unknown.log")
        receiver.start()
        code, text, _ = self.run(*self.spool("spool-unknown"),
                                 *self.syslog_options(f"127.0.0.1:{port}", "tls"))
        self.tap.ok(code == 0 and not receiver.lines(),
                    "a receiver whose certificate nobody trusts gets nothing", [text])
        receiver.kill()

    def test_udp(self):
        port = free_port(socket.SOCK_DGRAM)
        receiver = Receiver("udp", port, self.path("udp.log"))
        receiver.start()
        process, _ = self.begin(*self.spool("spool-udp"),
                                *self.syslog_options(f"127.0.0.1:{port}", "udp"))
        self.feed(process, self.pieces)
        self.end(process)
        time.sleep(0.2)
        receiver.kill()
        lines = receiver.lines()
        self.check(receiver, "syslog over udp: every alert comes")
        self.tap.ok(all(SYSLOG.fullmatch(line) and len(line) <= 8192 for line in lines),
                    "each message is one that rsyslog can read")

    def test_all_at_once(self):
        """File, socket and syslog, with every session."""
        stream = Receiver("unix", self.path("all.socket"), self.path("all.log"), 0.0005)
        port = free_port()
        syslog = Receiver("counted", port, self.path("all-syslog.log"))
        stream.start()
        syslog.start()
        code, text, lines = self.run("--sessions=full", *self.spool("spool-all"),
                                     *self.socket_options(stream.address),
                                     *self.syslog_options(f"127.0.0.1:{port}", "tcp"))
        stream.kill()
        syslog.kill()
        self.tap.ok(code == 0 and not text, "three sinks at once", [text])
        self.tap.ok(stream.lines() == lines, "the socket gets what the file gets, though slowly",
                    [f"{len(stream.lines())} of {len(lines)} lines"])
        self.check(syslog, "syslog gets the alerts")

    def test_next_start(self):
        receiver = Receiver("unix", self.path("later.socket"), self.path("later.log"))
        options = [*self.spool("spool-later"), *self.socket_options(receiver.address)]
        began = time.monotonic()
        code, text, _ = self.run(*options)
        self.tap.ok(code == 0 and time.monotonic() - began < 6,
                    "without a receiver the program ends all the same", [text])
        receiver.start()
        process, _ = self.begin(*options)
        code, text = self.end(process)
        receiver.kill()
        self.tap.ok(code == 0, "the next start has nothing to read", [text])
        self.check(receiver, "and delivers what the last one left")

    def test_killed(self):
        receiver = Receiver("unix", self.path("killed.socket"), self.path("killed.log"))
        options = [*self.spool("spool-killed"), *self.socket_options(receiver.address)]
        receiver.start()
        process, _ = self.begin(*options)
        self.feed(process, self.pieces[:len(self.pieces) // 2])
        process.kill()
        self.end(process)
        seen = len(ids_of(receiver.lines()))
        self.tap.ok(0 < seen < len(self.plain), "the program is killed in the middle")
        code, text, _ = self.run(*options)
        receiver.kill()
        self.tap.ok(code == 0, "it is started again on the same capture", [text])
        self.check(receiver, "the receiver has every alert, in order, and no other")

    def test_disk_full(self):
        receiver = Receiver("unix", self.path("full.socket"), self.path("full.log"))
        receiver.start()

        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

        code, text, _ = self.run(*self.spool("spool-full"),
                                 *self.socket_options(receiver.address),
                                 output="/dev/null", preexec_fn=limit)
        receiver.kill()
        self.tap.ok(code == 0, "the spool's disk is full", [text])
        self.check(receiver, "and every alert arrives")

    def test_correlate(self):
        """Sessions in place of packets, to a socket."""
        receiver = Receiver("unix", self.path("correlate.socket"), self.path("correlate.log"))
        sessions = self.path("sessions.jsonl")
        process, _ = self.begin("--sessions=full", output=sessions)
        self.feed(process, self.pieces, 0)
        self.end(process)
        receiver.start()
        done = subprocess.run([self.program, "correlate", *self.words, "-r", sessions,
                               "-o", "/dev/null", *self.spool("spool-correlate"),
                               *self.socket_options(receiver.address)],
                              capture_output=True, check=False)
        receiver.kill()
        self.tap.ok(done.returncode == 0, "correlate has sinks too", [done.stderr.decode()])
        self.check(receiver, "and the receiver has every alert")

    def test_rotation(self):
        os.mkdir(self.path("rotated"))
        events = self.path("rotated/events")
        _, _, lines = self.run("--sessions")
        process, _ = self.begin("--sessions", "--set", "output.rotate.size=64KiB", "--set",
                                "output.rotate.interval=6h", output=events)
        self.feed(process, self.pieces, 0)
        self.end(process)
        files = sorted(glob.glob(events + ".*"), key=os.path.getmtime) + [events]
        text = b"".join(open(name, "rb").read() for name in files)
        self.tap.ok(len(files) > 5 and text.split(b"\n")[:-1] == lines,
                    f"{len(files)} rotated files have what one has", files)
        self.tap.ok(all(os.path.getsize(name) <= 65536 for name in files),
                    "none is larger than it may be")

    def test_settings(self):
        for words, sentence in (
                (["output.socket.address=/run/x"], "output.spool.path: name a folder"),
                (["output.syslog.address=h:1", "output.syslog.transport=unix"],
                 "output.syslog.address: h:1: a Unix socket is given by its path")):
            sets = [word for setting in words for word in ("--set", setting)]
            done = subprocess.run([self.program, *self.words, "-r", "-", *sets], input=b"",
                                  capture_output=True, check=False)
            self.tap.ok(done.returncode == 3 and sentence in done.stderr.decode(),
                        f"what is wrong is said: {sentence}", [done.stderr.decode()])


def main(program):
    suite = Suite(os.path.abspath(program))
    try:
        for name in [name for name in Suite.__dict__ if name.startswith("test_")]:
            getattr(suite, name)()
    finally:
        shutil.rmtree(suite.folder)
    return suite.tap.end()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
