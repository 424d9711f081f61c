#!/usr/bin/env python3
"""How time and memory grow with flows, devices, destinations and days: a table and a plot.

    growth.py --pinsight BUILD/pinsight --meter BUILD/bench/meter [--svg FILE] [--quick]

Each row makes a capture of complete TLS 1.2 handshakes (hello, answer, certificate, data both ways)
that differs from the others in one number alone, and replays it with the limits raised so that no
table sheds. CPU is user and system time less that of a capture of one packet; the least of three.
"""
import argparse, os, struct, subprocess, sys, tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, f"{ROOT}/tests/lib")
import floods  # noqa: E402

SEED = f"{ROOT}/pcaps/trusting-python-tls12.pcap"
LIMITS = ["flows=4194304", "handshakes=65536", "devices=2097152", "keys=8388608", "memory=4GiB"]
DAY_US = 86400 * 1000000


class Maker:
    """Repeats the first connection of the seed; its server name begins with a number of five digits."""

    def __init__(self):
        self.packets = floods.flow_of_capture(SEED)
        self.parts = [(us, bytes(packet), forward) for us, packet, forward in self.packets]
        self.hello_number = self.hello()
        self.name_at = self.find_name(self.parts[self.hello_number][1])

    def hello(self):
        for n, (_, packet, _) in enumerate(self.packets):
            at = 14 + 20 + (packet[46] >> 4) * 4
            if packet[at:at + 1] == b"\x16" and packet[at + 5:at + 6] == b"\x01":
                return n
        raise SystemExit("growth: the seed has no hello")

    @staticmethod
    def find_name(packet):
        """Where the name stands: behind type 0, two lengths and name type 0."""
        at = 0
        while True:
            at = packet.index(b"\x00\x00", at)
            whole, inner, kind, length = struct.unpack_from(">HHBH", packet, at + 2)
            if whole == inner + 2 and inner == length + 3 and kind == 0 and b"." in packet[at + 9:at + 9 + length]:
                return at + 9
            at += 1

    def write(self, path, flows, devices, destinations, spread_us):
        with open(path, "wb") as out:
            out.write(floods.HEADER)
            records = []
            for i in range(flows):
                self.add(records, i, devices, destinations, i * spread_us // flows if spread_us else i * 500)
                if len(records) > 200000:
                    self.flush(out, records, i * spread_us // flows if spread_us else i * 500)
            self.flush(out, records, None)

    def add(self, records, i, devices, destinations, start):
        client = struct.pack(">I", 0x0A000000 + i % devices)
        port = struct.pack(">H", 1024 + i // devices % 60000)
        for n, (us, packet, forward) in enumerate(self.parts):
            copy = bytearray(packet)
            copy[26 if forward else 30:30 if forward else 34] = client
            copy[34 if forward else 36:36 if forward else 38] = port
            if n == self.hello_number:
                copy[self.name_at:self.name_at + 5] = b"%05d" % (i * 7919 % destinations)
                at = 14 + 20 + (copy[46] >> 4) * 4 + 11
                copy[at:at + 4] = struct.pack(">I", i)
            records.append((start + us, bytes(copy)))

    @staticmethod
    def flush(out, records, until):
        records.sort(key=lambda r: r[0])
        keep = len(records)
        while until is not None and keep and records[keep - 1][0] >= until:
            keep -= 1
        for us, packet in records[:keep]:
            out.write(struct.pack("<IIII", 1760000000 + us // 1000000, us % 1000000, len(packet), len(packet)))
            out.write(packet)
        del records[:keep]


def measure(args, path):
    argv = [args.meter, "0x2" if (os.cpu_count() or 1) > 1 else "1", args.pinsight, "-q", "-r", path,
            "-o", "/dev/null", "--set", "inspection.segments[+]=10.0.0.0/8"]
    for limit in LIMITS:
        argv += ["--set", "limits." + limit]
    best = None
    for _ in range(3):
        said = subprocess.run(argv, stderr=subprocess.PIPE, check=True).stderr.split()
        if said[3] != b"0":
            sys.exit(f"growth: pinsight ended with {said[3].decode()}")
        best = min(best or (1e9, 0), (float(said[0]), int(said[1])))
    return best


def series(scale):
    """Title, what is varied, and (label, flows, devices, destinations, microseconds)."""
    n = int(20000 * scale)
    return [
        ("flows", [(f, f, 2000, 100, 0) for f in (n, 2 * n, 4 * n, 8 * n)]),
        ("devices", [(d, 2 * n, d, 100, 0) for d in (n // 8, n // 4, n // 2, n)]),
        ("destinations", [(d, 2 * n, 1000, d, 0) for d in (n // 8, n // 4, n // 2, n)]),
        ("days", [(d, 2 * n, 2000, 100, d * DAY_US) for d in (1, 2, 4, 8)]),
    ]


def plot(rows, path):
    """Four panels, CPU a session (left) and memory (right) against what grows."""
    width, height, out = 720, 560, []
    for index, (title, points) in enumerate(rows):
        x0, y0, w, h = 60 + index % 2 * 350, 40 + index // 2 * 270, 250, 190
        top_cpu = max(p[1] for p in points) * 1.25
        top_mib = max(p[2] for p in points) * 1.25
        most = max(p[0] for p in points)
        place = lambda x, y, top: f"{x0 + w * x / most:.1f},{y0 + h - h * y / top:.1f}"
        out.append(f'<rect x="{x0}" y="{y0}" width="{w}" height="{h}" fill="none" stroke="#999"/>')
        out.append(f'<text x="{x0 + w / 2}" y="{y0 - 12}" text-anchor="middle">{title}</text>')
        for column, top, colour in ((1, top_cpu, "#1f5fa8"), (2, top_mib, "#b3470d")):
            line = " ".join(place(p[0], p[column], top) for p in points)
            out.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
            out += [f'<circle cx="{c.split(",")[0]}" cy="{c.split(",")[1]}" r="3" fill="{colour}"/>' for c in line.split()]
        out.append(f'<text x="{x0 - 6}" y="{y0 + 10}" text-anchor="end" fill="#1f5fa8">{top_cpu:.2f} s</text>')
        out.append(f'<text x="{x0 + w + 6}" y="{y0 + 10}" fill="#b3470d">{top_mib:.0f} MiB</text>')
        out.append(f'<text x="{x0 - 6}" y="{y0 + h}" text-anchor="end">0</text>')
        out.append(f'<text x="{x0 + w}" y="{y0 + h + 18}" text-anchor="end">{most:,}</text>')
    with open(path, "w") as f:
        f.write(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
                'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="#fff"/>\n' +
                "\n".join(out) + '\n<text x="60" y="545"><tspan fill="#1f5fa8">CPU seconds</tspan>, '
                '<tspan fill="#b3470d">peak memory</tspan>; both axes begin at 0</text></svg>\n')


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--pinsight", required=True)
    ap.add_argument("--meter", required=True)
    ap.add_argument("--svg")
    ap.add_argument("--quick", action="store_true", help="a tenth of the flows")
    args = ap.parse_args()
    maker = Maker()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/growth.pcap"
        maker.write(path, 1, 1, 1, 0)
        idle_cpu, idle_kib = measure(args, path)
        print(f"One connection: {idle_cpu:.3f} s, {idle_kib / 1024:.0f} MiB; taken off below.\n")
        print("| grows | to | flows | CPU s | us a flow | MiB | bytes a flow |\n|---|---|---|---|---|---|---|")
        for title, steps in series(0.1 if args.quick else 1):
            points = []
            for label, flows, devices, destinations, spread in steps:
                maker.write(path, flows, devices, destinations, spread)
                cpu, kib = measure(args, path)
                cpu, kib = max(cpu - idle_cpu, 0), max(kib - idle_kib, 0)
                points.append((label, cpu, kib / 1024))
                print(f"| {title} | {label:,} | {flows:,} | {cpu:.2f} | {cpu / flows * 1e6:.1f} | {kib / 1024:.0f} | "
                      f"{kib * 1024 / flows:.0f} |", flush=True)
            rows.append((title, points))
    if args.svg:
        plot(rows, args.svg)


if __name__ == "__main__":
    main()
