"""See soak.sh: soak.py PROGRAM MINUTES [live]. Writes TAP, with the figures."""
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

import replay
import rewrite
import sinks
import wire

HOUR = 3600
DAY = 24 * HOUR
ROUND_S = 1.0
RELOAD_S = 5
AWAY_S = 3
FULL_S = 4
DISK = "8m"
SPOOL = "5MiB"
PORTS = 32768  # clients' ports are from here on
STEP_BACK_ROUNDS = 20
WARM_UP = 0.25  # of the time
FLAP_S = 29
DOWN_S = 2
GROWTH_MOST_KB = 4096


class Traffic:
    """The bundled captures again and again, a day and a half apart, each time from other ports."""

    def __init__(self):
        self.header, pieces = sinks.load_captures()
        self.packets = []
        for piece in pieces:
            seconds, fraction, captured, wire = struct.unpack_from("<IIII", piece)
            data = piece[16:]
            self.packets.append((seconds, fraction, wire, data, self.client_port(data)))
            assert captured == len(data)

    @staticmethod
    def client_port(data):
        """Where the client's port stands in a TCP segment; None in what is anything else."""
        found = rewrite.find_tcp(data)
        if not found:
            return None
        for place in (found[2], found[2] + 2):
            if struct.unpack_from(">H", data, place)[0] >= PORTS:
                return place
        return None

    def round(self, number):
        """One pass; now and then an hour before the end of the one before: a clock that steps."""
        shift = number * 36 * HOUR - (number // STEP_BACK_ROUNDS) * 20 * HOUR
        pieces = []
        for seconds, fraction, wire, data, place in self.packets:
            if place is not None:
                port = PORTS + (struct.unpack_from(">H", data, place)[0] - PORTS
                                + 7 * number) % (65536 - PORTS)
                data = data[:place] + struct.pack(">H", port) + data[place + 2:]
            pieces.append(struct.pack("<IIII", seconds + shift, fraction, len(data), wire) + data)
        return pieces


class Soak:
    def __init__(self, program, minutes):
        self.program, self.seconds = program, minutes * 60
        self.tap = replay.Tap()
        self.folder = tempfile.mkdtemp(prefix="pinsight-soak-")
        self.traffic = Traffic()
        self.rounds = 0
        self.memory = []
        self.counts = {"reloads": 0, "kills": 0, "full": 0, "renames": 0}
        self.disk = self.path("disk")
        os.mkdir(self.disk)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "soak", self.disk], check=True)
        self.config = self.path("pinsight.yaml")
        self.write_config()

    def path(self, name):
        return os.path.join(self.folder, name)

    def write_config(self):
        lines = ["inspection:", "  authorities:"]
        words = sinks.configuration()
        lines += [f"    - file: {os.path.abspath(w)}" for w in words if w.endswith(".pem")]
        lines += ["  segments:"]
        lines += [f"    - {w.partition('=')[2]}" for w in words if "segments" in w]
        lines += ["    - 10.20.0.0/16"]
        lines += ["rules: {TimeWindow: 15m}", ""]
        with open(self.config, "w", encoding="utf-8") as file:
            file.write("\n".join(lines))

    def start(self, *more):
        command = [self.program, "-q", "-c", self.config, "-r", "-", *more]
        process = subprocess.Popen(command, stdin=subprocess.PIPE)
        process.stdin.write(self.traffic.header)
        return process

    def feed(self, process, pieces):
        process.stdin.write(b"".join(pieces))
        process.stdin.flush()

    def finish(self, process):
        """All was fed; returns how the program ends."""
        process.stdin.close()
        return process.wait()

    def replay(self, output):
        """The same packets without any trouble."""
        process = self.start("-o", output)
        for number in range(self.rounds):
            self.feed(process, self.traffic.round(number))
        return self.finish(process)

    def plain(self):
        output = self.path("plain.jsonl")
        code = self.replay(output)
        with open(output, "rb") as file:
            return code, sinks.ids_of(file.read().split(b"\n")[:-1])

    # ---- trouble

    def fill_disk(self, filler):
        """All but nothing of the small disk."""
        try:
            with open(filler, "wb") as file:
                while True:
                    file.write(bytes(65536))
        except OSError:
            self.counts["full"] += 1

    def trouble(self, process, receivers, now, state):
        if now >= state["reload"]:
            state["reload"] = now + RELOAD_S
            process.send_signal(signal.SIGHUP)
            self.counts["reloads"] += 1
        name = ("stream", "syslog")[self.counts["kills"] % 2]
        if now >= state["kill"]:
            state["kill"] = now + 11
            receivers[name].kill()
            state["back"][name] = now + AWAY_S
            self.counts["kills"] += 1
        for name, when in list(state["back"].items()):
            if now >= when:
                receivers[name].start()
                del state["back"][name]
        filler = os.path.join(self.disk, "filler")
        if state["filled"] and now >= state["filled"]:
            state["filled"] = 0
            os.unlink(filler)
        elif now >= state["fill"]:
            state["fill"] = now + 23
            self.fill_disk(filler)
            state["filled"] = now + FULL_S
        if now >= state["rename"]:
            state["rename"] = now + 17
            self.counts["renames"] += 1
            os.rename(self.path("events.jsonl"), self.path(f"events.{self.counts['renames']:06}"))

    def note_memory(self, process, at):
        with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
            for line in file:
                if line.startswith("VmRSS:"):
                    self.memory.append((at, int(line.split()[1])))

    def run(self):
        port = sinks.free_port()
        receivers = {"stream": sinks.Receiver("unix", self.path("stream"), self.path("stream.log")),
                     "syslog": sinks.Receiver("counted", port, self.path("syslog.log"))}
        for receiver in receivers.values():
            receiver.start()
        process = self.start(
            "--sessions", "-o", self.path("events.jsonl"), "--set", f"output.spool.path={self.disk}/spool",
            "--set", f"output.spool.size={SPOOL}",
            "--set", f"output.socket.address={receivers['stream'].address}",
            "--set", f"output.syslog.address=127.0.0.1:{port}", "--set", "output.syslog.transport=tcp")
        began = time.monotonic()
        state = {"reload": began + 2, "kill": began + 7, "back": {}, "fill": began + 13, "filled": 0,
                 "rename": began + 9}
        while time.monotonic() - began < self.seconds and process.poll() is None:
            pieces = self.traffic.round(self.rounds)
            self.rounds += 1
            step = len(pieces) // 10 + 1
            for at in range(0, len(pieces), step):
                self.feed(process, pieces[at:at + step])
                self.trouble(process, receivers, time.monotonic(), state)
                time.sleep(ROUND_S / 10)
            self.note_memory(process, time.monotonic() - began)
        for name in state["back"]:
            receivers[name].start()
        if state["filled"]:
            os.unlink(os.path.join(self.disk, "filler"))
        code = self.finish(process)
        time.sleep(0.5)
        for receiver in receivers.values():
            receiver.kill()
        return code, receivers

    def is_much(self, alerts):
        """As many as there are rounds, each a day and a half behind the one before."""
        return len(alerts) > self.rounds

    def close(self):
        """For what lives outside the folder."""

    # ---- what is claimed

    def check_memory(self):
        warm = [kb for at, kb in self.memory if at >= self.seconds * WARM_UP]
        half = len(warm) // 2
        before, after = max(warm[:half]), max(warm[half:])
        self.tap.ok(after - before <= GROWTH_MOST_KB,
                    f"memory is flat after the warm-up: at most {before} KB in the first half, "
                    f"{after} KB in the second")

    def check_sink(self, name, receiver, plain):
        lines = receiver.lines()
        ids = sinks.ids_of(lines)
        alerts = sum(b'"kind":"alert"' in line for line in lines)
        self.tap.ok(ids == plain, f"{name}: all {len(plain)} alerts of the plain run, in order and no "
                    f"other ({alerts - len(ids)} came again after a lost connection)",
                    [f"missing {len(set(plain) - set(ids))}, unknown {len(set(ids) - set(plain))}",
                     *(line.decode()[:700] for line in lines
                       if any(i.encode() in line for i in set(ids) - set(plain)))][:6])

    def check_files(self, plain):
        lines = []
        for name in sorted(os.listdir(self.folder)):
            if name.startswith("events.") and name != "events.jsonl":
                with open(self.path(name), "rb") as file:
                    lines += file.read().split(b"\n")[:-1]
        if os.path.exists(self.path("events.jsonl")):  # no signal came after the last rename
            with open(self.path("events.jsonl"), "rb") as file:
                lines += file.read().split(b"\n")[:-1]
        alerts = [line for line in lines if b'"kind":"alert"' in line]
        self.tap.ok(sinks.ids_of(alerts) == plain and len(alerts) == len(plain),
                    f"{self.counts['renames'] + 1} files: every alert once")
        return sum(b'"pinsight.config"' in line for line in lines)

    def test(self):
        code, receivers = self.run()
        self.tap.ok(code == 0, f"no crash in {self.seconds} s, {self.rounds} rounds: "
                    + ", ".join(f"{n} {what}" for what, n in self.counts.items()), [code])
        self.check_memory()
        code, plain = self.plain()
        self.tap.ok(code == 0 and self.is_much(plain), f"a plain run gives {len(plain)} alerts")
        for name, receiver in receivers.items():
            self.check_sink(name, receiver, plain)
        configs = self.check_files(plain)
        self.tap.ok(configs > self.counts["reloads"] // 2, f"{configs} configurations were loaded")


class LiveSoak(Soak):
    """From an interface, which goes down now and then. Nothing is sent while it is away, and what
    came by is recorded beside the sensor: the plain run is the replay of that."""

    def __init__(self, program, minutes):
        self.wire = wire.Wire()
        self.wire.enter()  # where the receivers have to be as well
        super().__init__(program, minutes)
        self.counts["flaps"] = 0
        self.pieces, self.recorder, self.flap_at, self.lost = [], None, 0, 0
        self.control = self.path("control")

    def start(self, *more):
        process = subprocess.Popen([self.program, "-q", "-c", self.config, "-i", "mon0", "-j", "2",
                                    "--state", self.path("state.db"), "--set",
                                    f"stats.control={self.control}", *more])
        self.come_up()
        self.flap_at = time.monotonic() + FLAP_S
        return process

    def status(self):
        done = wire.run(self.program, "status", "--json", "--control", self.control, check=False)
        return wire.json.loads(done.stdout) if done.returncode == 0 else {"sources": []}

    def wait_for(self, holds):
        for _ in range(1000):
            if any(holds(source) for source in self.status()["sources"]):
                return
            time.sleep(0.02)
        raise RuntimeError(f"the sensor does not come: {self.status()}")

    def come_up(self):
        self.wire.wait_for_carrier(0)
        self.wait_for(lambda source: source["up"])
        self.pieces.append(self.path(f"beside{len(self.pieces):04}.pcap"))
        self.recorder = self.wire.record(self.pieces[-1])
        time.sleep(0.2)

    def stop_recording(self):
        time.sleep(0.5)
        self.recorder.terminate()
        said = self.recorder.stderr.read().decode()
        self.recorder.wait()
        self.recorder.stderr.close()
        self.lost += int(re.search(r"(\d+) packets? dropped by kernel", said).group(1))

    def flap(self):
        self.counts["flaps"] += 1
        self.stop_recording()
        self.wire.sensor.link("set", "mon0", "down")
        self.wait_for(lambda source: not source["up"])
        time.sleep(DOWN_S)
        self.wire.sensor.link("set", "mon0", "up")
        self.come_up()

    def feed(self, process, pieces):
        del process
        if time.monotonic() >= self.flap_at:
            self.flap()
            self.flap_at = time.monotonic() + FLAP_S
        self.wire.send([self.of_others(piece[16:]) for piece in pieces], pause=0.002)

    def of_others(self, frame):
        """The same frame from devices that are others in each round: alerts go on being raised."""
        number = self.rounds % 60 + 1
        links = frame[:12].replace(b"\x00\x00\x5e\x00\x53", bytes((2, 0, 0x5e, 0, number)))
        return links + frame[12:34].replace(b"\x0a\x14\x00", bytes((10, 20, number))) + frame[34:]

    def finish(self, process):
        self.stop_recording()
        time.sleep(1)
        process.send_signal(signal.SIGTERM)
        return process.wait()

    def replay(self, output):
        self.tap.ok(self.lost == 0, f"what was recorded beside it is whole, {len(self.pieces)} pieces",
                    [f"tcpdump lost {self.lost} packets"])
        return subprocess.run([self.program, "-q", "-c", self.config, "-o", output,
                               *(word for piece in self.pieces for word in ("-r", piece))],
                              check=False).returncode

    def is_much(self, alerts):
        """All is of one day: what many devices have in common is one alert."""
        return len(alerts) > 20

    def close(self):
        self.wire.close()


def main(program, minutes, how="pipe"):
    kind = LiveSoak if how == "live" else Soak
    soak = kind(os.path.abspath(program), float(minutes))
    try:
        soak.test()
    finally:
        subprocess.run(["umount", soak.disk], check=False)
        shutil.rmtree(soak.folder)
        soak.close()
    return soak.tap.end()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
