"""The alerts that docs/explain.md quotes are what the program says, and its other words hold.

explain.py PROGRAM [--update]: with --update the quotes are written anew.
"""
import json
import os
import re
import subprocess
import sys
import tempfile

from replay import Tap

DOCUMENT = "docs/explain.md"
OPTIONS = ["-q", "--inspection-ca", "pcaps/ca/inspection-mitmproxy.pem", "--set",
           "inspection.segments[+]=10.20.0.0/24"]
QUOTE = re.compile(r"    \$ (pinsight -r pcaps/(\S+)\.pcap .*)\n\n((?:    .*\n|\n)*)")
COMMAND = ("    $ pinsight -r pcaps/{0}.pcap --sessions -c site.yaml | "
           "pinsight explain --alerts -\n\n")


class Bench:
    def __init__(self, program, scratch):
        self.program = program
        self.scratch = scratch

    def run(self, *words, data=b""):
        return subprocess.run([self.program, *words], input=data, capture_output=True,
                              check=False)

    def events(self, name, *more):
        done = self.run(*OPTIONS, "--sessions", "-r", f"pcaps/{name}.pcap", *more)
        if done.returncode != 0:
            raise SystemExit(f"Bail out! {name}: {done.stderr.decode()}")
        return done.stdout

    def file(self, name, data):
        path = os.path.join(self.scratch, name)
        with open(path, "wb") as file:
            file.write(data)
        return path

    def explain(self, *words, data=b""):
        return self.run("explain", *words, data=data)


def block(bench, name):
    """As it stands in the document: indented, without the empty line at the end."""
    done = bench.explain("--alerts", "-", data=bench.events(name))
    lines = done.stdout.decode().rstrip("\n").split("\n")
    return "".join(f"    {line}".rstrip() + "\n" for line in lines) + "\n"


def update(bench):
    with open(DOCUMENT, encoding="utf-8") as file:
        text = file.read()
    text = re.sub(r"QUOTE (\S+)\n", lambda m: COMMAND.format(m[1]) + "\n", text)
    text = QUOTE.sub(lambda m: f"    $ {m[1]}\n\n{block(bench, m[2])}", text)
    with open(DOCUMENT, "w", encoding="utf-8") as file:
        file.write(text.rstrip("\n") + "\n")


def check_quotes(tap, bench):
    with open(DOCUMENT, encoding="utf-8") as file:
        quotes = list(QUOTE.finditer(file.read() + "\n"))
    tap.ok(len(quotes) == 3, "three alerts are quoted")
    for quote in quotes:
        wanted = block(bench, quote[2])
        tap.ok(quote[3].strip("\n") == wanted.strip("\n"),
               f"the alert of {quote[2]} is what the program says",
               ["make it anew with python3 tests/lib/explain.py PROGRAM --update"])
        tap.ok(max(len(line) for line in wanted.split("\n") if "pcaps/" not in line) <= 104,
               "its lines fit on a screen")


def check_sum(tap, told):
    """A reader who adds up the lines gets the sum."""
    refused = told["refused"]
    total = sum(line.get("db", 0) for line in refused["lines"])
    tap.ok(abs(total - refused["sum_db"]) < 0.05, "the lines add up to the sum",
           [f"{total} and {refused['sum_db']}"])
    tap.ok(abs(1 / (1 + 10 ** (-refused["sum_db"] / 10)) - refused["probability"]) < 1e-3,
           "the sum is the probability")
    causes = told["causes"]
    shares = {}
    for name in causes["shares"]:
        shares[name] = 1
        for factor in causes["factors"]:
            shares[name] *= factor["of"][name]
    total = sum(shares.values())
    tap.ok(all(abs(shares[name] / total - causes["shares"][name]) < 0.003 for name in shares),
           "the factors multiply to the shares")


def check_exclusion(tap, bench, told):
    path = bench.file("exclusion.yaml", told["exclusion"].encode())
    done = bench.run("-T", "-c", path)
    tap.ok(done.returncode == 0, "the proposed exclusion is a configuration that holds",
           [done.stderr.decode()])
    config = bench.run("--dump-config", "-c", path).stdout.decode()
    tap.ok("api.bank.example" in config and "2027-02-19" in config,
           "with the destination, and an end")


def check_filters(tap, bench, told):
    done = bench.run(*OPTIONS, "-r", "pcaps/pinned-go-tls13.pcap", "--sessions",
                     told["packets"]["capture_filter"])
    found = {json.loads(line)["network"]["community_id"] for line in done.stdout.splitlines()
             if b'"dataset":"pinsight.session"' in line}
    tap.ok(set(told["packets"]["community_id"]) <= found,
           "the capture filter finds the sessions")
    tap.ok(told["packets"]["files"] == ["pcaps/pinned-go-tls13.pcap"], "the capture is named")


def check_selection(tap, bench):
    both = bench.file("both.jsonl", bench.events("pinned-go-tls13") +
                      bench.events("refused-then-direct"))
    all_told = [json.loads(line) for line in
                bench.explain("--alerts", both, "--json").stdout.splitlines()]
    tap.ok(len(all_told) == 2 and all_told[1]["revision"] == 2,
           "each alert once, of its latest revision")
    one = bench.explain(all_told[1]["alert_id"][:6], "--alerts", both, "--format", "json")
    tap.ok(json.loads(one.stdout)["alert_id"] == all_told[1]["alert_id"],
           "the first digits of an id select")
    pair = bench.explain("10.20.0.11", "api.bank.example", "--alerts", both, "--json")
    tap.ok(len(pair.stdout.splitlines()) == 2, "a device and a destination select")
    packed = bench.file("both.jsonl.gz", subprocess.run(
        ["gzip", "-c", both], capture_output=True, check=True).stdout)
    tap.ok(len(bench.explain("--alerts", packed, "--json").stdout.splitlines()) == 2,
           "a packed file is read")


def check_state(tap, bench):
    path = os.path.join(bench.scratch, "explain.db")
    bench.events("no-authority-device", "--state", path)
    done = bench.explain("--state", path, "--json")
    told = json.loads(done.stdout)
    tap.ok(told["type"] == "device_not_onboarded", "open alerts come from the state database")
    closed = os.path.join(bench.scratch, "closed.db")
    for name in ("no-authority-device", "trusting-curl-tls13"):
        bench.events(name, "--state", closed)
    again = bench.explain("10.20.0.11", "-q", "--state", closed)
    tap.ok(again.returncode == 1, "an address alone is no alert's id")
    tap.ok(bench.explain(told["alert_id"], "--state", path, "--json").returncode == 0,
           "and by id")


def check_pair(tap, bench):
    """Why there is an alert, and why there is none."""
    sessions = bench.file("sessions.jsonl", bench.events("pinned-go-tls13"))
    state = os.path.join(bench.scratch, "pair.db")
    bench.events("pinned-go-tls13", "--state", state)

    def ask(device, destination, *more):
        words = (device, destination, "--json", *OPTIONS[1:], *more)
        return json.loads(bench.explain(*words).stdout)

    told = ask("10.20.0.11", "api.bank.example", "-r", sessions)
    tap.ok([alert["type"] for alert in told["alerts"]] == ["pinning_suspected"] and
           told["sessions"] == 5 and told["apps"][0]["type"] == "pinning_suspected",
           "a device and a destination with an alert")
    tap.ok(all(asked["holds"] for asked in told["apps"][0]["asked"]) and
           len(told["apps"][0]["asked"]) == 7, "each condition holds")
    remembered = ask("10.20.0.11", "api.bank.example", "--state", state)
    tap.ok(remembered["apps"][0]["asked"][1:] == told["apps"][0]["asked"][1:] and
           remembered["alerts"] == told["alerts"], "memory says the same",
           [str(remembered), str(told)])
    told = ask("10.20.0.12", "api.bank.example", "-r", sessions)
    tap.ok(told["alerts"] == [] and told["sessions"] >= 1 and told["apps"] == [],
           "one that accepts has none")
    told = ask("10.20.0.11", "api.bank.example", "-r", sessions, "--set",
               "rules.InspectionFailureThreshold=9")
    missing = [asked["text"] for asked in told["apps"][0]["asked"] if not asked["holds"]]
    tap.ok(told["alerts"] == [] and len(missing) == 1 and "asks for 9" in missing[0],
           "where a condition is not met, it says which", [str(told)])
    text = bench.explain("10.20.0.11", "api.bank.example", "-r", sessions, *OPTIONS[1:])
    tap.ok(b"yes  the sum is +30.0 dB" in text.stdout, "as text, too")
    check_pair_parties(tap, bench, ask)
    done = bench.explain("phone", "api.bank.example", "-r", sessions)
    tap.ok(done.returncode == 2 and b"address of a device" in done.stderr,
           "a device is an address")


def check_pair_parties(tap, bench, ask):
    """The app that the capture names, and the destination's own certificates."""
    lines = []
    for line in bench.events("pinned-go-tls13").splitlines():
        event = json.loads(line)
        if event["event"]["dataset"] == "pinsight.session":
            event["pinsight"]["app"].update(package="com.example.bank", package_source="pktap")
            lines.append(json.dumps(event))
    named = bench.file("named.jsonl", "\n".join(lines).encode())
    app = ask("10.20.0.11", "api.bank.example", "-r", named)["apps"][0]
    tap.ok((app["package"], app["package_source"]) == ("com.example.bank", "pktap"),
           "the app that a capture names", [str(app)])
    text = bench.explain("10.20.0.11", "api.bank.example", "-r", named, *OPTIONS[1:]).stdout
    tap.ok(b" = com.example.bank (pktap), judged last at 2026-11-21T07:45:24Z" in b" ".join(text.split()),
           "and in the text, with a time that has a zone")
    sessions = bench.file("rotation.jsonl", bench.events("key-rotation-pinned"))
    state = os.path.join(bench.scratch, "rotation.db")
    bench.events("key-rotation-pinned", "--state", state)
    told = ask("10.20.0.11", "api.bank.example", "-r", sessions)
    kept = ask("10.20.0.11", "api.bank.example", "--state", state)
    tap.ok(told["pin"]["certificate"]["sha256"] != told["pin"]["previous"]["sha256"],
           "the destination's certificates are told, by session events")
    tap.ok(kept["pin"] == told["pin"], "and by memory, though no key is left", [str(kept)])


def check_errors(tap, bench):
    empty = bench.file("empty.jsonl", b"")
    broken = bench.file("broken.jsonl", b'{"event":\n' + bench.events("pinned-go-tls13"))
    cases = (
        (1, "no alert", ("abcd", "--alerts", empty), "there is no alert abcd"),
        (4, "no file", ("--alerts", "/none.jsonl"), "/none.jsonl: No such file"),
        (4, "a broken line", ("--alerts", broken), "1 lines of the alerts"),
        (4, "no database", ("--state", "/none.db"), "state /none.db: No such file"),
        (2, "too many words", ("a", "b", "c", "--alerts", empty), "unexpected"),
        (2, "sessions without a pair", ("abcd", "-r", empty), "goes with the address"),
        (4, "no sessions", ("10.0.0.1", "a", "-r", "/none.jsonl"), "/none.jsonl"),
        (2, "another format", ("--alerts", empty, "--format", "xml"), "text or json"),
        (2, "an option of another verb", ("--alerts", empty, "-n", "1"), "does not take"),
    )
    for code, what, words, sentence in cases:
        done = bench.explain(*words)
        tap.ok(done.returncode == code and sentence in done.stderr.decode(),
               f"{what}: exit {code} and a sentence",
               [f"exit {done.returncode}: {done.stderr.decode().strip()}"])
    done = bench.explain("--help")
    tap.ok(done.returncode == 0 and done.stdout.startswith(b"pinsight explain"),
           "it has a help of its own")


def main():
    program = sys.argv[1]
    tap = Tap()
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(program, scratch)
        if "--update" in sys.argv:
            update(bench)
            return 0
        check_quotes(tap, bench)
        told = json.loads(bench.explain("--alerts", "-", "--json",
                                        data=bench.events("pinned-go-tls13")).stdout)
        check_sum(tap, told)
        check_exclusion(tap, bench, told)
        check_filters(tap, bench, told)
        check_selection(tap, bench)
        check_state(tap, bench)
        check_pair(tap, bench)
        check_errors(tap, bench)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
