"""Live capture: capture.py PROGRAM, in the project's folder; TAP."""
import collections
import os
import signal
import subprocess
import sys
import tempfile
import time

import replay
import sinks
import wire

# What happened, without where and when the sensor saw it.
ALERT = "pinsight.alert"


def load_frames():
    _, pieces = sinks.load_captures()
    return [piece[16:] for piece in pieces]


def findings(events):
    """Each revision of each alert with its id, kind, state and who, in order."""
    return [(e["pinsight"]["alert_id"], e["pinsight"]["revision"], e["pinsight"]["type"],
             e["pinsight"]["state"], e.get("source", {}).get("ip"),
             e.get("destination", {}).get("domain"), e["message"])
            for e in events if e["event"]["dataset"] == ALERT]


def sessions(events):
    return collections.Counter(
        (e["event"]["id"], e["pinsight"]["outcome"], e["pinsight"]["inspection"]["state"])
        for e in events if e["event"]["dataset"] == "pinsight.session")


class Suite:
    def __init__(self, program):
        self.program = os.path.abspath(program)
        self.tap = replay.Tap()
        self.frames = load_frames()
        self.words = sinks.configuration()[1:] + ["--sessions"]
        self.wire = None
        self.sensors = []

    def start(self, *words):
        sensor = wire.Sensor(self.program, self.wire, *self.words, *words)
        self.sensors.append(sensor)
        return sensor

    def replay(self, path, workers="1"):
        done = subprocess.run([self.program, "-q", *self.words, "-r", path, "-j", workers],
                              capture_output=True, check=True)
        return [replay.json.loads(line) for line in done.stdout.splitlines()]

    # ---- tests

    def test_like_a_replay(self):
        """What tcpdump captured beside it gives the same when it is replayed."""
        for workers in ("1", "2"):
            sensor = self.start("-i", "mon0", "-j", workers)
            self.tap.ok(sensor.wait_until_up(), f"-j {workers}: it captures", [sensor.said()])
            path = os.path.join(sensor.folder, "beside.pcap")
            beside = self.wire.record(path)
            self.wire.send(self.frames, pause=0.002)
            self.tap.ok(sensor.wait_for_frames(len(self.frames)),
                        f"-j {workers}: every frame is taken", [str(sensor.source())])
            time.sleep(1.5)
            self.tap.ok(sensor.stop() == 0, f"-j {workers}: TERM ends it")
            beside.terminate()
            beside.wait()
            beside.stderr.close()
            live, replayed = sensor.events(), self.replay(path)
            self.tap.ok(findings(live) and findings(live) == findings(replayed),
                        f"-j {workers}: the findings and their ids are those of a replay",
                        [f"{a}\n# {b}" for a, b in zip(findings(live), findings(replayed))
                         if a != b] + [f"{len(findings(live))} {len(findings(replayed))}"])
            self.tap.ok(sessions(live) == sessions(replayed) and len(sessions(live)) > 100,
                        f"-j {workers}: so are the sessions",
                        [str(sessions(live) - sessions(replayed)),
                         str(sessions(replayed) - sessions(live))])
            self.tap.ok(not sensor.said().strip() or "blind spots" in sensor.said(),
                        f"-j {workers}: nothing is complained of", [sensor.said()])

    def test_drops(self):
        """It is stopped while more comes than a small buffer holds."""
        for workers in ("1", "2"):
            sensor = self.start("-i", "mon0", "-j", workers, "--set", "capture.buffer=1MiB",
                                "--stats")
            sensor.wait_until_up()
            sensor.process.send_signal(signal.SIGSTOP)
            sent = 0
            while sent < 40000:
                self.wire.send(self.frames)
                sent += len(self.frames)
            sensor.process.send_signal(signal.SIGCONT)
            sensor.wait_until(lambda status: status["sources"][0]["frames"] > 0
                              and status["sources"][0]["received"] >= sent)
            time.sleep(0.5)
            self.tap.ok(sensor.stop() == 0, f"-j {workers}: it ends well")
            last = [e for e in sensor.events()
                    if e["event"]["dataset"] == "pinsight.stats"][-1]["pinsight"]
            source = last["sources"][0]
            self.tap.ok(source["dropped"] > 0, f"-j {workers}: the kernel had to drop",
                        [str(source)])
            self.tap.ok(source["received"] == sent,
                        f"-j {workers}: what was sent is what came and what was dropped",
                        [f"sent {sent} {source}"])
            self.tap.ok(source["frames"] + source["dropped"] == sent
                        and last["stats"]["decode"]["frames"] == source["frames"],
                        f"-j {workers}: seen and dropped are all that was sent",
                        [f"sent {sent} {source} {last['stats']['decode']}"])
            self.tap.ok(sensor.said().count("the kernel dropped") == 1,
                        f"-j {workers}: which is said once", [sensor.said()])

    def test_down_and_up(self):
        sensor = self.start("-i", "mon0", "-j", "2")
        sensor.wait_until_up()
        half = len(self.frames) // 2
        self.wire.send(self.frames[:half], pause=0.001)
        sensor.wait_for_frames(half)
        self.wire.sensor.link("set", "mon0", "down")
        self.tap.ok(sensor.wait_until(lambda status: not status["sources"][0]["up"]),
                    "an interface that goes down is told", [sensor.said()])
        self.wire.sensor.link("set", "mon0", "up")
        self.wire.wait_for_carrier(0)
        self.tap.ok(sensor.wait_until_up(), "and so is that it is up again")
        self.wire.send(self.frames[half:], pause=0.001)
        self.tap.ok(sensor.wait_for_frames(len(self.frames)), "capture goes on",
                    [str(sensor.source())])
        self.tap.ok(sensor.source()["outages"] == 1, "it was down once", [str(sensor.source())])
        self.tap.ok(sensor.stop() == 0, "it ends well")
        self.tap.ok(sensor.said().count("is down") == 1
                    and sensor.said().count("capture goes on") == 1, "each is said once",
                    [sensor.said()])
        self.tap.ok(len(findings(sensor.events())) > 5, "and there are findings")

    def test_removed(self):
        """The interface goes and another one of its name comes."""
        self.wire.add_pair(1)
        sensor = self.start("-i", "mon1", "-j", "2")
        sensor.wait_until_up("mon1")
        half = len(self.frames) // 2
        self.wire.send(self.frames[:half], 1, 0.001)
        sensor.wait_for_frames(half, "mon1")
        self.wire.remove_pair(1)
        self.tap.ok(sensor.wait_until(lambda status: not status["sources"][0]["up"]),
                    "an interface that is removed is told", [sensor.said()])
        time.sleep(1)
        self.wire.add_pair(1)
        self.tap.ok(sensor.wait_until_up("mon1"), "it is opened anew when it is there",
                    [sensor.said()])
        time.sleep(0.3)
        self.wire.send(self.frames[half:], 1, 0.001)
        self.tap.ok(sensor.wait_for_frames(len(self.frames), "mon1"), "capture goes on",
                    [str(sensor.source("mon1"))])
        self.tap.ok(sensor.source("mon1")["outages"] == 1, "it was gone once")
        self.tap.ok(sensor.stop() == 0, "it ends well", [sensor.said()])
        self.wire.remove_pair(1)

    def test_appears_later(self):
        sensor = self.start("-i", "mon2", "-j", "1")
        self.tap.ok(sensor.process.wait() == 4 and "mon2: there is no such interface"
                    in sensor.said(), "an interface that is not there ends it", [sensor.said()])
        sensor = self.start("-i", "mon2", "-j", "2", "--set", "capture.wait=yes")
        self.tap.ok(sensor.wait_until(lambda status: not status["sources"]
                                      or not status["sources"][0]["up"]),
                    "unless it is to be waited for", [sensor.said()])
        time.sleep(0.5)
        self.wire.add_pair(2)
        self.tap.ok(sensor.wait_until_up("mon2"), "then it is opened when it appears",
                    [sensor.said()])
        time.sleep(0.3)
        self.wire.send(self.frames, 2, 0.001)
        self.tap.ok(sensor.wait_for_frames(len(self.frames), "mon2"), "and captured from")
        self.tap.ok(sensor.said().count("mon2") == 2, "both are said once", [sensor.said()])
        self.tap.ok(sensor.stop() == 0, "it ends well")
        self.wire.remove_pair(2)

    def test_term_drains(self):
        """TERM comes with the last frame: what was captured until then counts."""
        sensor = self.start("-i", "mon0", "-j", "2", "--stats")
        sensor.wait_until_up()
        self.wire.send(self.frames)
        self.tap.ok(sensor.stop() == 0, "TERM ends it")
        last = [e for e in sensor.events() if e["event"]["dataset"] == "pinsight.stats"][-1]
        source = last["pinsight"]["sources"][0]
        self.tap.ok(source["frames"] == len(self.frames),
                    "every frame that came before is taken", [str(source)])
        self.tap.ok(len(findings(sensor.events())) > 5, "and what is pending is written")

    def test_second_signal(self):
        """It is at work on much when TERM comes twice."""
        sensor = self.start("-i", "mon0", "-j", "1")
        sensor.wait_until_up()
        sensor.process.send_signal(signal.SIGSTOP)
        for _ in range(4):
            self.wire.send(self.frames)
        for how in (signal.SIGTERM, signal.SIGINT, signal.SIGCONT):
            sensor.process.send_signal(how)
        asked = time.monotonic()
        self.tap.ok(sensor.process.wait(timeout=10) == 1 and time.monotonic() - asked < 2,
                    "a second signal ends it at once")

    def test_one_direction(self):
        """A mirror that shows what clients send, and nothing of servers."""
        sensor = self.start("-i", "mon0", "-j", "2", "--set", "output.sessions=yes")
        sensor.wait_until_up()
        ports = (b"\x01\xbb", b"\x20\xfb") # 443, and the explicit proxy's 8443
        half = [f for f in self.frames if f[36:38] in ports or f[56:58] in ports]
        self.wire.send(half, pause=0.001)
        self.tap.ok(sensor.wait_for_frames(len(half)), "one direction is captured")
        self.tap.ok(sensor.wait_until(lambda status: "show one direction only" in sensor.said(),
                                      60), "a mirror of one direction is said", [sensor.said()])
        self.tap.ok(sensor.stop() == 0 and sensor.said().count("one direction only") == 1, "once",
                    [sensor.said()])
        self.tap.ok(not findings(sensor.events()), "and nothing is found in it")

    def test_oversize(self):
        """A driver that merges segments shows more than the interface could carry."""
        self.wire.sensor.link("set", "mon0", "mtu", "1000")
        sensor = self.start("-i", "mon0", "-j", "1", "--stats")
        sensor.wait_until_up()
        self.wire.sensor.link("set", "mon0", "mtu", "9000")
        self.wire.send(self.frames, pause=0.001)
        sensor.wait_for_frames(len(self.frames))
        time.sleep(2.5)
        self.tap.ok(sensor.stop() == 0 and sensor.said().count("driver has merged") == 1,
                    "merged frames are said once", [sensor.said()])
        stats = [e for e in sensor.events() if e["event"]["dataset"] == "pinsight.stats"]
        merged = sum(1 for f in self.frames if len(f) > 1040)
        self.tap.ok(merged > 0 and stats[-1]["pinsight"]["sources"][0]["oversize"] == merged,
                    "and counted", [f"{merged} {stats[-1]['pinsight']['sources']}"])
        self.tap.ok(len(findings(sensor.events())) > 5, "what is in them is found all the same")

    def test_two_interfaces(self):
        """A tap: each direction at an interface of its own, one of which was down in between."""
        self.wire.add_pair(1)
        sensor = self.start("-i", "mon0", "-i", "mon1", "-j", "2")
        sensor.wait_until_up("mon0")
        sensor.wait_until_up("mon1")
        self.wire.sensor.link("set", "mon1", "down")
        sensor.wait_until(lambda status: any(not s["up"] for s in status["sources"]))
        self.wire.sensor.link("set", "mon1", "up")
        self.wire.wait_for_carrier(1)
        sensor.wait_until_up("mon1")
        path = os.path.join(sensor.folder, "beside.pcap")
        beside = self.wire.record(path, "any")
        for number, frame in enumerate(self.frames):
            self.wire.send([frame], int(frame[6:12] < frame[:6]))
            if number % 16 == 15:
                time.sleep(0.002)
        self.tap.ok(sensor.wait_until(lambda status: sum(
            s["frames"] for s in status["sources"]) >= len(self.frames)),
            "both are captured from", [str(sensor.status() and sensor.status()["sources"])])
        time.sleep(1.5)
        beside.terminate()
        beside.wait()
        beside.stderr.close()
        self.tap.ok(sensor.stop() == 0, "it ends well", [sensor.said()])
        live, replayed = sensor.events(), self.replay(path)
        self.tap.ok(findings(live) and findings(live) == findings(replayed),
                    "two interfaces: the findings are those of a replay",
                    [f"{len(findings(live))} {len(findings(replayed))}"])
        self.tap.ok(sessions(live) == sessions(replayed), "and so are the sessions",
                    [str(sessions(live) - sessions(replayed)),
                     str(sessions(replayed) - sessions(live))])
        self.wire.remove_pair(1)

    def test_options(self):
        sensor = self.start("-i", "mon0", "-j", "2", "-n", "500", "--stats")
        sensor.wait_until_up()
        self.wire.send(self.frames[:2000])
        self.tap.ok(sensor.process.wait(timeout=20) == 0, "-n ends it")
        last = [e for e in sensor.events() if e["event"]["dataset"] == "pinsight.stats"][-1]
        self.tap.ok(last["pinsight"]["stats"]["decode"]["frames"] == 500,
                    "after so many packets", [str(last["pinsight"]["stats"]["decode"])])
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("tcp port 443 # and no more\n")
            file.flush()
            sensor = self.start("-i", "mon0", "-F", file.name, "--stats=1", "--set",
                                "capture.immediate=yes", "--set", "capture.pin=0", "-j", "1")
            sensor.wait_until_up()
        self.wire.send(self.frames, pause=0.001)
        matched = sum(1 for f in self.frames if is_https(f))
        self.tap.ok(sensor.wait_for_frames(matched), "a filter from a file holds")
        time.sleep(1.5)
        sensor.process.send_signal(signal.SIGUSR1)
        time.sleep(0.5)
        source = sensor.source()
        self.tap.ok(source["frames"] == source["received"] == matched, "in the kernel",
                    [f"{matched} {source}"])
        self.tap.ok(sensor.stop(signal.SIGINT) == 0, "INT ends it", [sensor.said()])
        stats = [e for e in sensor.events() if e["event"]["dataset"] == "pinsight.stats"]
        self.tap.ok(len(stats) >= 3 and stats[-1]["pinsight"]["sources"][0]["name"] == "mon0",
                    "stats events come by the clock, at USR1 and at the end", [str(len(stats))])
        sensor = self.start("-i", "mon0", "tcp", "prot", "443")
        self.tap.ok(sensor.process.wait() == 4 and "filter" in sensor.said(),
                    "a filter that is none ends it", [sensor.said()])

    def test_snaplen(self):
        sensor = self.start("-i", "mon0", "-j", "1", "--set", "capture.snaplen=200")
        sensor.wait_until_up()
        self.wire.send(self.frames, pause=0.001)
        sensor.wait_for_frames(len(self.frames))
        cut = sum(1 for f in self.frames if len(f) > 200)
        self.tap.ok(sensor.wait_until(lambda status: status["sources"][0]["cut"] == cut),
                    "what the snap length cuts is counted", [f"{cut} {sensor.source()}"])
        time.sleep(1.2)
        sensor.stop()
        self.tap.ok(sensor.said().count("capture.snaplen is 200") == 1
                    and sensor.said().count("were cut") == 1, "and said", [sensor.said()])

    def test_forbidden(self):
        """Without CAP_NET_RAW it says what is missing."""
        done = self.wire.sensor("setpriv", "--bounding-set", "-net_raw", "--inh-caps", "-all",
                                "sh", "-c", 'exec "$0" -i mon0 -o /dev/null --state :memory:',
                                self.program,
                                check=False)
        text = done.stderr.decode()
        self.tap.ok(done.returncode == 4 and "CAP_NET_RAW" in text and text.count("\n") == 1,
                    "without the right it is one sentence", [str(done.returncode), text])

    def close(self):
        for sensor in self.sensors:
            sensor.remove()
        if self.wire:
            self.wire.close()


def is_https(frame):
    kind = frame[12:14]
    if kind == b"\x08\x00":
        at = 14 + (frame[14] & 15) * 4
        return frame[23] == 6 and b"\x01\xbb" in (frame[at:at + 2], frame[at + 2:at + 4])
    return kind == b"\x86\xdd" and frame[20] == 6 and b"\x01\xbb" in (frame[54:56], frame[56:58])


def main(program):
    why = wire.without_rights()
    if why:
        print(f"1..0 # SKIP {why}")
        return 0
    suite = Suite(program)
    try:
        suite.wire = wire.Wire()
        for name in [name for name in Suite.__dict__ if name.startswith("test_")]:
            getattr(suite, name)()
    finally:
        suite.close()
    return suite.tap.end()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
