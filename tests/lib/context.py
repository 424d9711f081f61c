"""Context feeds of the whole program: context.py PROGRAM, in the project's folder; TAP."""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import replay

CASE = "tests/golden/pinned-with-context"
WORDS = ["--inspection-ca", "pcaps/ca/inspection-mitmproxy.pem",
         "--set", "inspection.segments[+]=10.20.0.0/24"]
FEEDS = ["dnsmasq.leases", "devices.json", "records.ndjson"]
CAPTURE = "pcaps/pinned-okhttp-tls13.pcap"


class Suite:
    def __init__(self, program):
        self.program = program
        self.tap = replay.Tap()
        self.folder = tempfile.mkdtemp(prefix="pinsight-context-")
        os.chmod(self.folder, 0o755)

    def path(self, name):
        return os.path.join(self.folder, name)

    def run(self, *words, stdin=None, first=None):
        done = subprocess.run([self.program, *(first or []), *WORDS, *words], stdin=stdin,
                              capture_output=True, timeout=60)
        return done.returncode, done.stdout, done.stderr.decode()

    def alerts(self, out):
        return [line for line in out.splitlines() if b'"kind":"alert"' in line]

    def feeds(self, how=lambda path: ["--context", path]):
        return [word for name in FEEDS for word in how(os.path.join(CASE, name))]

    def same_alerts(self):
        _, out, _ = self.run("-r", CAPTURE, "--sessions", *self.feeds())
        wanted = self.alerts(out)
        self.tap.ok(len(wanted) == 2, "an alert and the revision for what became known late")
        _, many, _ = self.run("-r", CAPTURE, "-j", "3", *self.feeds())
        self.tap.ok(self.alerts(many) == wanted, "three workers give the same bytes")
        with open(self.path("sessions.jsonl"), "wb") as records:
            records.write(b"\n".join(line for line in out.splitlines()
                                     if b'"kind":"alert"' not in line) + b"\n")
        _, again, _ = self.run("-r", self.path("sessions.jsonl"), *self.feeds(),
                               first=["correlate"])
        self.tap.ok(self.alerts(again) == wanted, "and so do the session records")
        return wanted

    def facts(self, out):
        alerts = [json.loads(line)["pinsight"] for line in self.alerts(out)]
        return [[(c["kind"], c["fact"], c["used"]) for c in a.get("context", [])] for a in alerts]

    def same_by_other_ways(self, wanted):
        facts = self.facts(b"\n".join(wanted))
        _, out, _ = self.run("-r", CAPTURE, "--context", self.path("folder"))
        self.tap.ok(sorted(map(sorted, self.facts(out))) == sorted(map(sorted, facts)),
                    "a folder gives what its files give")
        with open(os.path.join(CASE, "records.ndjson"), "rb") as records:
            _, out, _ = self.run("-r", CAPTURE, "--context", os.path.join(CASE, FEEDS[0]),
                                 "--context", os.path.join(CASE, FEEDS[1]), "--context", "-",
                                 stdin=records)
        self.tap.ok(self.facts(out) == facts, "standard input does")
        self.tap.ok(b"stdin:1" in out, "and is named as the origin")
        out = self.by_socket()
        self.tap.ok(self.facts(out) == facts, "a Unix socket does, until it is closed")

    def listen(self):
        if os.path.exists(self.path("feed.sock")):
            os.unlink(self.path("feed.sock"))
        server = socket.socket(socket.AF_UNIX)
        server.bind(self.path("feed.sock"))
        server.listen(1)
        return server

    def serve(self, server, text):
        """To the next caller, then hang up."""
        def answer():
            client, _ = server.accept()
            client.sendall(text)
            client.close()

        thread = threading.Thread(target=answer)
        thread.start()
        return thread

    def by_socket(self):
        server = self.listen()

        def serve():
            client, _ = server.accept()
            with open(os.path.join(CASE, "records.ndjson"), "rb") as records:
                for line in records:
                    client.sendall(line[:20])
                    time.sleep(0.02)
                    client.sendall(line[20:])
            client.close()

        thread = threading.Thread(target=serve)
        thread.start()
        _, out, _ = self.run("-r", CAPTURE, "--context", os.path.join(CASE, FEEDS[0]),
                             "--context", os.path.join(CASE, FEEDS[1]),
                             "--context", self.path("feed.sock"))
        thread.join()
        server.close()
        return out

    def broken(self):
        code, _, err = self.run("-r", CAPTURE, "--context", self.path("nowhere"))
        self.tap.ok(code == 3 and "nowhere cannot be read" in err and err.count("\n") == 1,
                    "a feed that is not there: exit 3 and one sentence")
        with open(self.path("broken.ndjson"), "w") as feed:
            feed.write('{"kind":"lease","device":{"ip":"10.20.0.11"\n')
            feed.write('{"kind":"edr","device":{"id":"3f2a"},"edr":{"custom_trust":true}}\n')
            feed.write('{"kind":"lease","ts":"2026-11-21T07:00:00Z","device":{"ip":"10.20.0.11",'
                       '"hostname":"known"}}\n')
        code, out, err = self.run("-r", CAPTURE, "--context", self.path("broken.ndjson"))
        self.tap.ok(code == 0 and b'"hostname":"known"' in out, "broken lines cost themselves alone")
        self.tap.ok("broken.ndjson:1: malformed JSON" in err
                    and "broken.ndjson:2: a record of kind edr has no time" in err
                    and err.count("\n") == 2, "each told with file and line")

    def broken_socket(self):
        server = self.listen()
        thread = self.serve(server, b'{"kind":"lease","device":\n\xff\x00\n\n' + b"x" * 3000000 +
                            b'\n{"kind":"lease","ts":"2026-11-21T07:00:00Z","device":{"ip":'
                            b'"10.20.0.11","hostname":"known"}}\n{"kind":"lea')
        code, out, err = self.run("-r", CAPTURE, "--context", self.path("feed.sock"))
        thread.join()
        server.close()
        self.tap.ok(code == 0 and b'"hostname":"known"' in out,
                    "malformed, endless and unfinished lines of a socket cost themselves alone",
                    [err])
        self.tap.ok(all(f"feed.sock:{line}: " in err for line in (1, 2, 4, 6))
                    and err.count("\n") == 4, "each told with its line", [err])
        code, _, err = self.run("-r", CAPTURE, "--context", self.path("feed.sock"))
        self.tap.ok(code == 3 and "feed.sock cannot be connected to: Connection refused" in err
                    and err.count("\n") == 1, "a socket that nobody listens on: exit 3", [err])

    def counters(self):
        done = subprocess.run([self.program, "status", "--json", "--control", self.path("control")],
                              capture_output=True, timeout=20)
        if done.returncode:
            return {}
        whole = json.loads(done.stdout)
        return whole["stats"].get("context", {})

    def wait_for(self, key, value):
        for _ in range(100):
            if self.counters().get(key) == value:
                return True
            time.sleep(0.1)
        return False

    def write(self, name, text, mode="w"):
        with open(self.path(name), mode) as feed:
            feed.write(text)

    def live_socket(self):
        lease = b'{"kind":"lease","ts":"2026-11-21T03:00:00Z","device":{"ip":"10.0.0.%d"}}\n'
        server = self.listen()
        thread = self.serve(server, lease % 1)
        process = subprocess.Popen([self.program, "-i", "lo", "-q", "-o", self.path("out.jsonl"),
                                    "--state", ":memory:", "--set",
                                    "stats.control=" + self.path("control"),
                                    "--context", self.path("feed.sock")],
                                   stderr=subprocess.DEVNULL)
        try:
            self.tap.ok(self.wait_for("lease", 1), "live: a socket is read as it comes")
            thread.join()
            self.serve(server, b"no record\n" + lease % 2).join()
            self.tap.ok(self.wait_for("lease", 2), "and connected to again when it was closed")
            server.close()
            time.sleep(1.5)
            server = self.listen()
            os.chmod(self.path("feed.sock"), 0o666)
            self.serve(server, lease % 3).join()
            self.tap.ok(self.wait_for("lease", 3) and self.counters().get("malformed") == 1,
                        "and when another one listens in its place")
        finally:
            server.close()
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=20)

    def live(self):
        lease = '{"kind":"lease","ts":"2026-11-21T03:00:00Z","device":{"ip":"10.0.0.%d"}}\n'
        os.mkdir(self.path("live"))
        self.write("grows.ndjson", lease % 1)
        process = subprocess.Popen([self.program, "-i", "lo", "-q", "-o", self.path("out.jsonl"),
                                    "--state", ":memory:", "--set",
                                    "stats.control=" + self.path("control"),
                                    "--context", self.path("grows.ndjson"),
                                    "--context", self.path("live")], stderr=subprocess.DEVNULL)
        try:
            self.tap.ok(self.wait_for("lease", 1), "live: what is there at the start is read")
            self.write("grows.ndjson", lease % 2, "a")
            self.tap.ok(self.wait_for("lease", 2), "then what is appended")
            self.write("live/dnsmasq.leases", "1795261500 02:00:00:00:00:05 10.0.0.5 a *\n")
            self.tap.ok(self.wait_for("lease", 3), "and a new file of a folder")
            self.write("live/dnsmasq.leases", "1795261500 02:00:00:00:00:05 10.0.0.5 a *\n"
                       "1795261500 02:00:00:00:00:06 10.0.0.6 b *\n")
            self.tap.ok(self.wait_for("lease", 4), "and one that is written anew")
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=20)
        self.tap.ok(process.returncode == 0, "it ends with 0")

    def all(self):
        os.mkdir(self.path("folder"))
        for name in FEEDS:
            shutil.copy(os.path.join(CASE, name), self.path("folder"))
        self.same_by_other_ways(self.same_alerts())
        self.broken()
        self.broken_socket()
        if os.geteuid() == 0:
            self.live()
            self.live_socket()
        shutil.rmtree(self.folder)
        return self.tap.end()


if __name__ == "__main__":
    sys.exit(Suite(sys.argv[1]).all())
