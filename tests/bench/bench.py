#!/usr/bin/env python3
"""Speed and memory of whole replays beside yardsticks, all on one pinned core, in turn.

    bench.py --tools BUILD/bench --pinsight BUILD/pinsight [--quick] [--pairs N] [--keep FOLDER]

Makes three load captures: a storm of short handshakes, bulk transfers, an office mix; with the load
generator of the detection lab where it lies beside the project, else with tests/bench/load.c and the
captures of pcaps/. A fourth is the storm with the extensions of each ClientHello in an order of its
own. Each program runs next to libpcap's loop with an empty callback; the ratio of the CPU times (user
and system) of such a pair is what counts, since machines are noisy. Prints the lowest, the median and
the highest ratio, what the median time is in packets, bits and sessions a second, the peak memory,
and counts that show that the same work was done.
"""
import argparse, datetime, glob, json, os, platform, re, shutil, statistics, subprocess, sys, tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LAB_LOADS = f"{ROOT}/../shared/tools/loadgen/make-load.sh"
SEGMENT = ["--set", "inspection.segments[+]=10.0.0.0/8"]
NO_CACHE = ["--set", "limits.fingerprints=0", "--set", "limits.certificates=0"]


METER = None


def run(argv, cores):
    """CPU seconds, peak memory in MiB, standard output, wall seconds."""
    mask = sum(1 << core for core in cores)
    with tempfile.TemporaryFile() as out:
        said = subprocess.run([METER, str(mask)] + argv, stdout=out, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        out.seek(0)
        text = out.read().decode(errors="replace")
    cpu, kib, wall, code = said.stderr.split()
    if int(code) not in (0, 4):
        sys.exit(f"bench: {argv[0]} ended with {int(code)}")
    return float(cpu), int(kib) / 1024, text, float(wall)


# ---- captures

def make_captures(args, folder):
    megabytes = args.megabytes or (60 if args.quick else 400)
    paths = {kind: f"{folder}/load-{kind}.pcap" for kind in ("storm", "bulk", "mix")}
    if os.path.exists(LAB_LOADS) and not args.own:
        print("Captures: the lab's load generator.")
        subprocess.run(["sh", LAB_LOADS, folder, str(megabytes)], check=True, stdout=subprocess.DEVNULL)
    else:
        print("Captures: made from pcaps/ by tests/bench/load.c.")
        seeds = [p for p in sorted(glob.glob(f"{ROOT}/pcaps/*.pcap")) if "explicit" not in p and "ipv6" not in p]
        for kind, path in paths.items():
            subprocess.run([f"{args.tools}/load", kind, path, str(megabytes)] + seeds, check=True,
                           stderr=subprocess.DEVNULL)
    paths["storm, hellos permuted"] = f"{folder}/load-permuted.pcap"
    subprocess.run([f"{args.tools}/permute", paths["storm"], paths["storm, hellos permuted"]], check=True,
                   stderr=subprocess.DEVNULL)
    for path in paths.values():  # into the page cache
        with open(path, "rb") as f:
            while f.read(1 << 24):
                pass
    return paths


# ---- programs

def pinsight_rows(args, kind):
    base = [args.pinsight, "-q", "-r"]
    row = lambda name, *more: (name, lambda c: base + [c, "-o", "/dev/null"] + [x for m in more for x in m])
    if kind == "storm, hellos permuted":
        return [row("pinsight"), row("pinsight, caches off", NO_CACHE)]
    rows = [row("pinsight"), row("pinsight --sessions", ["--sessions"])]
    if kind == "storm":
        rows += [row("pinsight, caches off", NO_CACHE),
                 row("pinsight, clients in an inspected segment", SEGMENT)]
    return rows


def yardstick_rows(missing):
    rows = []
    for name, argv in (("tcpdump -w /dev/null", lambda c: ["tcpdump", "-r", c, "-w", "/dev/null"]),
                       ("ndpiReader -q", lambda c: ["ndpiReader", "-q", "-i", c]),
                       ("tshark", lambda c: ["tshark", "-n", "-r", c, "-Y", "tls.handshake", "-T", "fields",
                                             "-e", "tls.handshake.type",
                                             "-e", "tls.handshake.extensions_server_name"])):
        if shutil.which(argv("")[0]):
            rows.append((name, argv))
        elif name not in missing:
            missing.add(name)
            print(f"{name}: not installed, so it is left out (tests/lib/install-deps.sh bench).")
    return rows


def work_of(args, capture):
    text = run([args.pinsight, "-q", "--stats", "-r", capture], {args.core})[2]
    stats = json.loads(text.splitlines()[-1])["pinsight"]["stats"]
    return {"packets": stats["decode"]["frames"], "client hellos": stats["tls"]["client_hellos"],
            "server hellos": stats["tls"]["server_hellos"], "QUIC": stats["quic"]["connections"],
            "certificates": stats["certificate"]["seen"], "sessions": stats["detect"]["sessions"]}


def proof(name, text, capture):
    """What the program itself says of the work it did."""
    if name == "empty loop":
        return f"{int(text):,} packets"
    if name == "tshark":
        types = [t for line in text.splitlines() for t in line.split("\t")[0].split(",")]
        return f"{types.count('1'):,} client hellos"
    if name.startswith("ndpiReader"):
        tls = re.search(r"^\s+TLS\s+packets: (\d+)\s+bytes: \d+\s+flows: (\d+)", text, re.M)
        return f"{int(tls.group(2)):,} flows named TLS, others by site" if tls else "-"
    return "-"


def measure(args, kind, capture, missing, folder):
    work = work_of(args, capture)
    size = os.path.getsize(capture) - 24 - 16 * work["packets"]
    print(f"\n{kind}: {size / 1e6:.0f} MB captured, " + ", ".join(f"{v:,} {k}" for k, v in work.items()))
    print("| program | CPU s | of the empty loop (min, median, max) | Mpackets/s | Gbit/s | "
          "sessions/s | MiB | it says |\n|---|---|---|---|---|---|---|---|")
    result, loops = {}, []
    for name, argv in pinsight_rows(args, kind) + (yardstick_rows(missing) if "," not in kind else []):
        if args.quick and name == "tshark":
            continue
        pairs = args.tshark_pairs if name == "tshark" else args.pairs
        ratios, times, memory = [], [], 0
        for _ in range(pairs):
            loop, _, text, _ = run([f"{args.tools}/empty_loop", capture], {args.core})
            cpu, memory, said, _ = run(argv(capture), {args.core})
            ratios.append(cpu / loop)
            times.append(cpu)
            loops.append(loop)
        cpu = statistics.median(times)
        result[name] = statistics.median(ratios)
        says = proof(name, said, capture)
        if says == "-" and "--sessions" in name:
            out = f"{folder}/sessions.jsonl"
            run([args.pinsight, "-q", "-r", capture, "--sessions", "-o", out], {args.core})
            says = "%d lines" % sum(1 for _ in open(out, "rb"))
            os.remove(out)
        line(name, cpu, ratios, work, size, memory, says)
    cpu = statistics.median(loops)
    line("empty pcap_loop", cpu, [1], work, size, 0, proof("empty loop", text, capture))
    return result


def line(name, cpu, ratios, work, size, memory, says):
    print(f"| {name} | {cpu:.3f} | {min(ratios):.2f}, {statistics.median(ratios):.2f}, {max(ratios):.2f} | "
          f"{work['packets'] / cpu / 1e6:.2f} | {size * 8 / cpu / 1e9:.2f} | {work['sessions'] / cpu:,.0f} | "
          f"{memory or '-' if not memory else f'{memory:.0f}'} | {says} |", flush=True)


def versus(results):
    print("\nMedians of the ratios divided: how many times its CPU time the yardstick takes.\n"
          "| pinsight against | storm | bulk | mix |\n|---|---|---|---|")
    names = [n for n in results["storm"] if not n.startswith("pinsight")]
    for name in names:
        cells = [f"{r[name] / r['pinsight']:.2f}" if name in (r := results[k]) else "-" for k in ("storm", "bulk", "mix")]
        print(f"| {name} | " + " | ".join(cells) + " |")
    cells = [f"{results[k]['pinsight --sessions'] / results[k]['pinsight']:.2f}" for k in ("storm", "bulk", "mix")]
    print("| (with --sessions, of the time without) | " + " | ".join(cells) + " |")


def workers(args, capture):
    """Wall time with one and with two workers: needs two cores that nobody else uses."""
    cores = set(range(os.cpu_count() or 1))
    if len(cores) < 2:
        print("\nTwo workers: this machine has one core, left out.")
        return
    walls = {n: [] for n in (1, 2)}
    cpus = {n: [] for n in (1, 2)}
    for _ in range(args.pairs):
        for n in (1, 2):
            cpu, _, _, wall = run([args.pinsight, "-q", "-j", str(n), "-r", capture, "-o", "/dev/null"], cores)
            walls[n].append(wall)
            cpus[n].append(cpu)
    ratios = [a / b for a, b in zip(walls[1], walls[2])]
    print(f"\nTwo workers on the storm: wall {statistics.median(walls[1]):.2f} s with one, "
          f"{statistics.median(walls[2]):.2f} s with two; {min(ratios):.2f}, {statistics.median(ratios):.2f}, "
          f"{max(ratios):.2f} times as fast; CPU {statistics.median(cpus[1]):.2f} s and "
          f"{statistics.median(cpus[2]):.2f} s. Load of the machine meanwhile: {os.getloadavg()[0]:.1f}.")


STAGES = (("capture", 2), ("decode", 4), ("flow", 20), ("worker", 20), ("hello", 1000), ("prints_known", 1000),
          ("prints_new", 1000), ("detect", 40))


def instructions(args):
    """What a stage costs in instructions: the same on a busy machine as on an idle one."""
    program = f"{args.tools}/bench_stages"
    if not shutil.which("valgrind"):
        print("\nInstructions: valgrind is not installed, so they are not counted.")
        return
    print("\nInstructions of each stage on the bundled captures, by callgrind; flow contains decode, worker all "
          "of the packet side.\n| stage | instructions | for each |\n|---|---|---|")
    for stage, rounds in STAGES:
        done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
                               f"--toggle-collect=stage_{stage}", program, stage, str(rounds)],
                              capture_output=True, text=True, cwd=ROOT)
        collected = re.search(r"Collected : (\d+)", done.stderr)
        items, what = done.stdout.split(maxsplit=1)
        # The worker ran once before, to make the sessions of the others.
        items = int(items) * (rounds + 1) // rounds if stage == "worker" else int(items)
        print(f"| {stage} | {int(collected.group(1)) / items:,.0f} | {what.strip()} |", flush=True)


def describe_machine(args):
    model = next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), "unknown")
    version = lambda *argv: (subprocess.run(argv, capture_output=True, text=True).stdout.splitlines() or ["-"])[0]
    print(f"Date: {datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M} UTC")
    print(f"Machine: {model}, {os.cpu_count()} cores, Linux {platform.release().split('-')[0]}, "
          f"load {os.getloadavg()[0]:.1f} at the start")
    print(f"Program: {version(args.pinsight, '--version')}, revision "
          f"{version('git', '-C', ROOT, 'rev-parse', '--short', 'HEAD')}")
    print(f"Each figure: CPU time, user and system, on core {args.core}; {args.pairs} pairs "
          f"(tshark {args.tshark_pairs}); files in the page cache; -j 1, settings as shipped.")


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--pinsight", required=True)
    ap.add_argument("--tools", required=True, help="folder with load, permute, empty_loop and meter")
    ap.add_argument("--quick", action="store_true", help="small captures, 3 pairs, no tshark")
    ap.add_argument("--own", action="store_true", help="captures from pcaps/ even where the lab's generator is there")
    ap.add_argument("--pairs", type=int)
    ap.add_argument("--tshark-pairs", type=int, default=1)
    ap.add_argument("--megabytes", type=int)
    ap.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)))
    ap.add_argument("--keep", help="folder for the captures, which are kept there")
    args = ap.parse_args()
    global METER
    METER = f"{args.tools}/meter"
    args.pairs = args.pairs or (3 if args.quick else 5)
    describe_machine(args)
    with tempfile.TemporaryDirectory(dir=args.keep) as temporary:
        folder = args.keep or temporary
        paths = make_captures(args, folder)
        missing = set()
        results = {kind: measure(args, kind, path, missing, temporary) for kind, path in paths.items()}
        versus(results)
        workers(args, paths["storm"])
    instructions(args)


if __name__ == "__main__":
    main()
