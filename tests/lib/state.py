"""The state database as its users meet it: shown, exported, pruned; set aside when it is none.

state.py PROGRAM
"""
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

from replay import Tap

OPTIONS = ["--inspection-ca", "pcaps/ca/inspection-mitmproxy.pem", "--set",
           "inspection.segments[+]=10.20.0.0/24"]
CAPTURES = ("pinned-go-tls13", "opaque-direct", "no-authority-device")


class Bench:
    def __init__(self, program, scratch):
        self.program = program
        self.scratch = scratch

    def path(self, name):
        return os.path.join(self.scratch, name)

    def run(self, *words):
        return subprocess.run([self.program, *words], capture_output=True, check=False,
                              text=True)

    def replay(self, state, *more, captures=CAPTURES):
        words = [word for name in captures for word in ("-r", f"pcaps/{name}.pcap")]
        return self.run(*OPTIONS, *words, "--state", self.path(state), *more)

    def show(self, state):
        return json.loads(self.run("state", "show", "--json", "--state",
                                   self.path(state)).stdout)

    def export(self, state):
        done = self.run("state", "export", "--state", self.path(state))
        return [json.loads(line) for line in done.stdout.splitlines()]

    def asides(self, state):
        return sorted(name for name in os.listdir(self.scratch)
                      if name.startswith(f"{state}.set-aside"))


def check_show(tap, bench):
    events = [json.loads(line) for line in bench.replay("show.db").stdout.splitlines()]
    wanted = {}
    for event in events:
        wanted[event["pinsight"]["alert_id"]] = event["pinsight"]["state"]
    wanted = {key for key, state in wanted.items() if state in ("open", "updated")}
    told = bench.show("show.db")
    tap.ok({alert["alert_id"] for alert in told["open_alerts"]} == wanted,
           "the open alerts are shown", [str(told["open_alerts"]), str(wanted)])
    tap.ok(told["kinds"]["device"]["rows"] >= 2 and told["bytes"] > 10000,
           "and how much is remembered")
    sessions = bench.run(*OPTIONS, "-q", "--sessions", "-r",
                         f"pcaps/{CAPTURES[-1]}.pcap").stdout.splitlines()
    last = max(json.loads(line)["pinsight"].get("decided", "") for line in sessions)
    tap.ok(told["watermark"] == last, "and until when", [f"{told['watermark']} and {last}"])
    text = bench.run("state", "show", "--state", bench.path("show.db")).stdout
    tap.ok(f"{len(wanted)} open alerts" in text and told["open_alerts"][0]["alert_id"][:8]
           in text, "as text, too")


def check_export(tap, bench):
    rows = bench.export("show.db")
    told = bench.show("show.db")
    counts = {}
    for row in rows:
        counts[row["kind"]] = counts.get(row["kind"], 0) + 1
    hidden = ("position", "outbox")
    tap.ok(all(counts.get(kind, 0) == value["rows"] for kind, value in told["kinds"].items()
               if kind not in hidden), "each record is exported", [str(counts)])
    names = {row.get("name") for row in rows if row["kind"] == "destination"}
    tap.ok("api.bank.example" in names, "a destination by its name")
    devices = {row["address"] for row in rows if row["kind"] == "device"}
    tap.ok({"10.20.0.11", "10.20.0.12"} <= devices, "a device by its address")
    keys = [row for row in rows if row["kind"] == "key" and "suspicion" in row]
    tap.ok(any(len(row["suspicion"]["evidence"]) == row["suspicion"]["refused"] >= 3
               for row in keys if row["suspicion"]["destination"] == "api.bank.example"
               and "refused" in row["suspicion"]),
           "a suspicion with its evidence", [str(keys)[:300]])
    out = bench.path("export.jsonl")
    done = bench.run("state", "export", "--state", bench.path("show.db"), "-o", out)
    with open(out, encoding="utf-8") as file:
        tap.ok(done.returncode == 0 and len(file.readlines()) == len(rows), "into a file, too")


def prune(bench, *words):
    return bench.run("state", "prune", "--state", bench.path("show.db"), *words)


def check_prune(tap, bench):
    before = bench.show("show.db")
    done = prune(bench, "--destination", "api.bank.example", "--dry-run")
    tap.ok(done.returncode == 0 and "would be forgotten" in done.stdout and
           bench.show("show.db")["kinds"] == before["kinds"], "a dry run forgets nothing")
    prune(bench, "--destination", "api.bank.example")
    rows = bench.export("show.db")
    tap.ok("api.bank.example" not in json.dumps(rows), "a destination is forgotten",
           [line for line in map(json.dumps, rows) if "api.bank.example" in line][:2])
    prune(bench, "--device", "10.20.0.12")
    rows = bench.export("show.db")
    device = [row for row in rows if row["kind"] == "device"]
    tap.ok(device and "10.20.0.12" not in [row["address"] for row in device],
           "a device is forgotten")
    alerts = [row["event"] for row in rows if row["kind"] == "alert"]
    tap.ok(alerts and not any("10.20.0.12" in alert["related"]["ip"] for alert in alerts),
           "with its alerts")
    done = prune(bench, "--older-than", "300s")
    left = bench.show("show.db")["kinds"]
    tap.ok(0 < left["key"]["rows"] < before["kinds"]["key"]["rows"],
           "what was not used for long is forgotten", [done.stdout])
    done = bench.replay("show.db", "-q", captures=("direct-by-policy",))
    tap.ok(done.returncode == 0 and not done.stderr and not bench.asides("show.db"),
           "and what is left is gone on with", [done.stderr])


def check_aside(tap, bench):
    """Each is kept beside, with one sentence, and a new database serves."""
    cases = {}
    with open(bench.path("notes.db"), "w", encoding="utf-8") as file:
        file.write("somebody's notes\n" * 20)
    cases["notes.db"] = "is no state database of pinsight"
    other = sqlite3.connect(bench.path("other.db"))
    other.execute("CREATE TABLE letters (text)")
    other.commit()
    other.close()
    cases["other.db"] = "is no state database of pinsight"
    for name, change, sentence in (
            ("newer.db", "PRAGMA user_version = 9", "of another version of pinsight"),
            ("layout.db", "UPDATE about SET version = 'later'", "whose records lie otherwise"),
            ("changed.db", "UPDATE row SET value = zeroblob(length(value)) WHERE kind = 2",
             "is damaged")):
        bench.replay(name, "-q")
        database = sqlite3.connect(bench.path(name))
        database.execute(change)
        database.commit()
        database.close()
        cases[name] = sentence
    bench.replay("torn.db", "-q")
    os.truncate(bench.path("torn.db"), os.path.getsize(bench.path("torn.db")) // 2)
    cases["torn.db"] = "is damaged"
    plain = bench.run(*OPTIONS, "-q", *[w for n in CAPTURES
                                        for w in ("-r", f"pcaps/{n}.pcap")]).stdout
    for name, sentence in cases.items():
        with open(bench.path(name), "rb") as file:
            old = file.read()
        done = bench.replay(name)
        said = [line for line in done.stderr.splitlines() if bench.path(name) in line]
        tap.ok(len(said) == 1 and sentence in said[0] and "set-aside" in said[0],
               f"{name}: one sentence says that it {sentence}", [done.stderr])
        with open(bench.path(f"{name}.set-aside"), "rb") as file:
            kept = file.read()
        tap.ok(kept == old, f"{name}: it is kept as it was")
        tap.ok(done.returncode == 0 and done.stdout == plain,
               f"{name}: a new database serves as if there had been none")
        shown = bench.run("state", "show", "--state", bench.path(f"{name}.set-aside"))
        tap.ok(shown.returncode == 4 or sentence == "is damaged",
               f"{name}: nothing is shown of the old one")


def check_held(tap, bench):
    """While one runs, another does not take its database, but can look."""
    words = [bench.program, *OPTIONS, "-q", "-r", "-", "--state", bench.path("held.db")]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as first:
        with open("pcaps/pinned-go-tls13.pcap", "rb") as file:
            first.stdin.write(file.read()[:60000])
        first.stdin.flush()
        for _ in range(100):
            shown = bench.run("state", "show", "--state", bench.path("held.db"))
            if shown.returncode == 0:
                break
            time.sleep(0.02)
        tap.ok(shown.returncode == 0, "it can be looked at while it is used", [shown.stderr])
        done = bench.replay("held.db")
        tap.ok(done.returncode == 3 and "another pinsight uses it" in done.stderr,
               "a second program does not take it", [done.stderr])
        done = bench.run("state", "prune", "--state", bench.path("held.db"), "--device",
                         "10.0.0.1")
        tap.ok(done.returncode == 1 and "another pinsight uses it" in done.stderr,
               "and it is not pruned meanwhile", [done.stderr])
        first.send_signal(signal.SIGKILL)
        first.stdin.close()
    done = bench.replay("held.db", "-q")
    tap.ok(done.returncode == 0, "when it is gone, it is free")


def check_memory(tap, bench):
    done = bench.run(*OPTIONS, "-q", "-r", "pcaps/pinned-go-tls13.pcap", "--state",
                     ":memory:")
    tap.ok(done.returncode == 0 and not os.path.exists(":memory:"),
           ":memory: keeps nothing")


def check_errors(tap, bench):
    with open(bench.path("none.txt"), "w", encoding="utf-8") as file:
        file.write("no database")
    cases = (
        (4, "no database", ("show", "--state", bench.path("absent.db")), "No such file"),
        (4, "a foreign file", ("export", "--state", bench.path("none.txt")),
         "is no state database"),
        (4, "nothing to prune", ("prune", "--device", "10.0.0.1", "--state",
                                 bench.path("absent.db")), "No such file"),
        (2, "nothing said", ("prune", "--state", bench.path("show.db")), "say what to forget"),
        (2, "no address", ("prune", "--device", "phone", "--state", bench.path("show.db")),
         "expected an address"),
        (2, "no duration", ("prune", "--older-than", "old", "--state", bench.path("show.db")),
         "expected a duration"),
        (2, "no such word", ("list",), "unexpected"),
        (2, "no word", (), "show, export or prune"),
        (1, "no place", ("export", "--state", bench.path("show.db"), "-o", "/none/x"),
         "/none/x"),
    )
    for code, what, words, sentence in cases:
        done = bench.run("state", *words)
        tap.ok(done.returncode == code and sentence in done.stderr and
               done.stderr.count("\n") == 1, f"{what}: exit {code} and one sentence",
               [f"exit {done.returncode}: {done.stderr.strip()}"])
    tap.ok(not os.path.exists(bench.path("absent.db")), "looking makes no database")
    for words in (("state",), ("state", "show"), ("state", "export"), ("state", "prune")):
        done = bench.run(*words, "--help")
        tap.ok(done.returncode == 0 and done.stdout.startswith(f"pinsight {' '.join(words)}"),
               f"{' '.join(words)} has a help of its own")
    done = bench.replay("none/x.db")
    tap.ok(done.returncode == 3 and "none/x.db: No such file" in done.stderr,
           "a folder that is not there is an error of the settings", [done.stderr])


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(sys.argv[1], scratch)
        check_show(tap, bench)
        check_export(tap, bench)
        check_prune(tap, bench)
        check_aside(tap, bench)
        check_held(tap, bench)
        check_memory(tap, bench)
        check_errors(tap, bench)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
