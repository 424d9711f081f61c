#!/usr/bin/env python3
"""Speed of a whole replay beside yardsticks, all on one pinned core, in turn, as ratios of CPU time.

    replay.py PINSIGHT [--pairs N] [--megabytes N] [CAPTURE...]

Without captures it makes one from pcaps/ (tests/bench/load.c): many short handshakes. Each program
is run next to libpcap's loop with an empty callback; the ratio of the two CPU times (user and
system) of such a pair is what counts, since machines are noisy. It prints the lowest, the median
and the highest ratio, what that is in packets and bits a second, peak memory, and counts that show
that the work is done.
"""
import argparse, glob, json, os, shutil, statistics, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


def run(argv, core):
    """CPU seconds, peak memory in MiB, standard output."""
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen(argv, stdout=out, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
                                 preexec_fn=lambda: os.sched_setaffinity(0, {core}))
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read().decode(errors="replace")
    if child.returncode not in (0, 4):
        sys.exit(f"replay: {argv[0]} ended with {child.returncode}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, text


def build(folder):
    cc = os.environ.get("CC", "cc")
    for name, libraries in (("empty_loop", ["-lpcap"]), ("load", [])):
        subprocess.run([cc, "-std=c11", "-D_GNU_SOURCE", "-O2", "-o", f"{folder}/{name}",
                        f"{HERE}/{name}.c"] + libraries, check=True)


def make_capture(folder, megabytes):
    seeds = [p for p in sorted(glob.glob(f"{ROOT}/pcaps/*.pcap"))
             if "explicit" not in p and "ipv6" not in p]
    path = f"{folder}/storm.pcap"
    subprocess.run([f"{folder}/load", path, str(megabytes), "2000", "20000"] + seeds, check=True,
                   stderr=subprocess.DEVNULL)
    return path


def programs(pinsight):
    base = [pinsight, "-q", "--set", "inspection.segments[+]=10.0.0.0/8", "-r"]
    rows = [("pinsight", lambda c: base + [c, "-o", "/dev/null"]),
            ("pinsight --sessions", lambda c: base + [c, "--sessions", "-o", "/dev/null"]),
            ("pinsight, no fingerprint cache", lambda c: base + [
                c, "--set", "limits.fingerprints=0", "-o", "/dev/null"])]
    for name, argv in (("tcpdump -w /dev/null", lambda c: ["tcpdump", "-r", c, "-w", "/dev/null"]),
                       ("ndpiReader -q", lambda c: ["ndpiReader", "-q", "-i", c]),
                       ("tshark", lambda c: ["tshark", "-n", "-r", c, "-Y", "tls.handshake", "-T", "fields",
                                             "-e", "tls.handshake.extensions_server_name"])):
        if shutil.which(argv("")[0]):
            rows.append((name, argv))
        else:
            print(f"{name}: not installed, left out")
    return rows


def counts(pinsight, capture, core):
    _, _, text = run([pinsight, "-q", "--stats", "--set", "inspection.segments[+]=10.0.0.0/8",
                      "-r", capture], core)
    stats = json.loads(text.splitlines()[-1])["pinsight"]["stats"]
    return stats["decode"]["frames"], stats["detect"]["sessions"], sum(stats["findings"].values())


def measure(args, folder, capture):
    frames, sessions, findings = counts(args.pinsight, capture, args.core)
    size = os.path.getsize(capture) - 24 - 16 * frames
    print(f"\n{os.path.basename(capture)}: {frames:,} packets, {size / 1e6:.0f} MB, "
          f"{sessions:,} TLS sessions, {findings:,} alerts")
    print("| program | CPU s | of the empty loop (min, median, max) | Mpackets/s | Gbit/s | "
          "sessions/s | MiB |\n|---|---|---|---|---|---|---|")
    for name, argv in programs(args.pinsight):
        pairs = 1 if name == "tshark" else args.pairs
        ratios, times, memory = [], [], 0
        for _ in range(pairs):
            loop, _, _ = run([f"{folder}/empty_loop", capture], args.core)
            cpu, memory, _ = run(argv(capture), args.core)
            ratios.append(cpu / loop)
            times.append(cpu)
        cpu = statistics.median(times)
        print(f"| {name} | {cpu:.2f} | {min(ratios):.2f}, {statistics.median(ratios):.2f}, "
              f"{max(ratios):.2f} | {frames / cpu / 1e6:.2f} | {size * 8 / cpu / 1e9:.2f} | "
              f"{sessions / cpu:,.0f} | {memory:.0f} |", flush=True)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("pinsight")
    ap.add_argument("captures", nargs="*")
    ap.add_argument("--pairs", type=int, default=5)
    ap.add_argument("--megabytes", type=int, default=300)
    ap.add_argument("--core", type=int, default=0)
    args = ap.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        build(folder)
        for capture in args.captures or [make_capture(folder, args.megabytes)]:
            measure(args, folder, capture)


if __name__ == "__main__":
    main()
