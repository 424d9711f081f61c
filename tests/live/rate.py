"""The highest rate without a drop, of pinsight and of libpcap alone: rate.py PROGRAM [CAPTURE...]

Frames go into one end of a veth pair at a fixed rate for some seconds; at the other end, in another
network namespace, one reader at a time captures with the same buffer: a libpcap loop with an empty
callback, pinsight -j 1, pinsight -j 2. The rate is raised until the kernel drops, then the step is
halved. A try counts only when every frame that was sent is accounted for: taken or dropped.

A veth pair has no hardware queue: the kernel's whole way to the ring is walked by the sender's core,
so what is measured ends where the sender does; then the rate has a plus.
"""
import glob
import os
import shutil
import subprocess
import sys
import tempfile

import rewrite
import wire

HERE = os.path.dirname(os.path.abspath(__file__))
BENCH = os.path.join(os.path.dirname(HERE), "bench")
BUFFER = 64 << 20
STEPS = (50000, 100000, 150000, 200000, 300000, 400000, 600000, 800000)
HALVINGS = 3
SECONDS = os.environ.get("SECONDS_EACH", "3")


def build(folder):
    cc = os.environ.get("CC", "cc")
    for name, libraries in (("send", []), ("empty_live", ["-lpcap"])):
        subprocess.run([cc, "-std=c11", "-D_GNU_SOURCE", "-O2", "-o", f"{folder}/{name}",
                        f"{BENCH}/{name}.c", *libraries], check=True)


def make_capture(folder):
    """Many short handshakes of many devices."""
    seeds = [p for p in sorted(glob.glob("pcaps/*.pcap"))
             if "explicit" not in p and "ipv6" not in p]
    path = f"{folder}/handshakes.pcap"
    subprocess.run([os.environ["LOAD"], "storm", path, "100", *seeds], check=True,
                   stderr=subprocess.DEVNULL)
    return path


class EmptyLoop:
    name = "libpcap, empty callback"

    def __init__(self, bench):
        self.process = bench.wire.sensor.start(f"{bench.folder}/empty_live", "mon0", str(BUFFER),
                                               stdout=subprocess.PIPE)
        self.process.stdout.readline()

    def count(self, sent):
        """Frames taken and dropped, when all that was sent has come."""
        del sent
        self.process.terminate()
        frames, dropped = self.process.communicate()[0].split()
        return int(frames), int(dropped)


class Pinsight:
    def __init__(self, bench, workers):
        self.sensor = wire.Sensor(bench.program, bench.wire, "-q", "-i", "mon0", "-j", workers,
                                  "--set", f"capture.buffer={BUFFER}", "--set",
                                  "inspection.segments[+]=10.0.0.0/8")
        if not self.sensor.wait_until_up():
            sys.exit(f"rate: pinsight did not start: {self.sensor.said()}")

    def count(self, sent):
        self.sensor.wait_until(lambda status: status["sources"][0]["frames"]
                               + status["sources"][0]["dropped"] >= sent, 60)
        source = self.sensor.source()
        self.sensor.stop()
        self.sensor.remove()
        return source["frames"], source["dropped"]


class Bench:
    def __init__(self, program, folder):
        self.program, self.folder = os.path.abspath(program), folder
        self.wire = wire.Wire()
        self.readers = ((EmptyLoop.name, lambda: EmptyLoop(self)),
                        ("pinsight -j 1", lambda: Pinsight(self, "1")),
                        ("pinsight -j 2", lambda: Pinsight(self, "2")))

    def attempt(self, start, capture, rate):
        """Rate that was reached, and whether nothing was dropped."""
        reader = start()
        done = self.wire.sender(f"{self.folder}/send", "tap0", str(rate), SECONDS, capture)
        sent, seconds = done.stdout.split()
        frames, dropped = reader.count(int(sent))
        if frames + dropped != int(sent):
            sys.exit(f"rate: {sent} frames were sent, {frames} taken and {dropped} dropped")
        return int(sent) / float(seconds), dropped

    def find(self, start, capture):
        """The highest rate without a drop, and whether the sender could have been the limit."""
        best, worst = 0.0, None
        for rate in STEPS:
            reached, dropped = self.attempt(start, capture, rate)
            if dropped:
                worst = rate
                break
            best = max(best, reached)
            if reached < rate * 0.97:
                return best, True
        for _ in range(HALVINGS if worst else 0):
            middle = (best + worst) / 2
            reached, dropped = self.attempt(start, capture, middle)
            if dropped:
                worst = middle
            else:
                best = max(best, reached)
                if reached < middle * 0.97:
                    return best, True
        return best, worst is None


def bytes_a_frame(path):
    packets = rewrite.read(path)[2]
    return sum(wire_length for _, _, wire_length, _ in packets) / len(packets)


def main(program, *captures):
    why = wire.without_rights()
    if why:
        print(f"rate: cannot be measured: {why}")
        return 1
    folder = tempfile.mkdtemp(prefix="pinsight-rate-")
    bench = None
    try:
        build(folder)
        bench = Bench(program, folder)
        print("| traffic | bytes a frame | reader | frames/s without a drop | Mbit/s |")
        print("|---|---|---|---|---|")
        for capture in captures or (make_capture(folder),):
            size = bytes_a_frame(capture)
            for name, start in bench.readers:
                rate, is_sender = bench.find(start, capture)
                print(f"| {os.path.basename(capture).rsplit('.', 1)[0]} | {size:.0f} | {name} | "
                      f"{rate:,.0f}{'+' if is_sender else ''} | {rate * size * 8 / 1e6:,.0f} |",
                      flush=True)
    finally:
        if bench:
            bench.wire.close()
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
