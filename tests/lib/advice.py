"""What pinsight tells its operator on standard error, as TAP: advice.py PROGRAM.

The sessions are those of bundled captures, and copies of one of them that are re-addressed.
"""
import copy
import datetime
import json
import subprocess
import sys
import uuid

import replay

AUTHORITY = ["--inspection-ca", "pcaps/ca/inspection-mitmproxy.pem"]
SEGMENT = ["--set", "inspection.segments[+]=10.20.0.0/16"]
QUIET_CAPTURE = "pcaps/no-inspection.pcap"
SHIPPED = "of platform-services.yaml"  # its entries do not outlive the authority
START = datetime.datetime(2026, 11, 21, 8, 0, 0)


class Run:
    def __init__(self, program, *words, stdin=None):
        done = subprocess.run([program, *words], capture_output=True, check=False, input=stdin)
        self.code = done.returncode
        lines = done.stderr.decode(errors="replace").splitlines()
        self.errors = [line for line in lines if line.startswith("pinsight: ")]
        self.events = [json.loads(line) for line in done.stdout.splitlines()]

    def said(self, words):
        return sum(words in line for line in self.errors)


def stamp(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def copies(record, count, clients=1, apps=1, names=40, start=START):
    """Sessions like that one, a second apart; servers answer as many machines do."""
    lines = []
    for i in range(count):
        event = copy.deepcopy(record)
        begin = start + datetime.timedelta(seconds=i)
        name = f"www.site{i % names}.example"
        decided = stamp(begin + datetime.timedelta(milliseconds=60))
        event["@timestamp"] = event["pinsight"]["decided"] = decided
        event["event"].update(id=str(uuid.UUID(int=i + 1)), start=stamp(begin),
                              end=stamp(begin + datetime.timedelta(milliseconds=90)))
        event["source"]["ip"] = f"10.20.{i % clients // 200}.{1 + i % clients % 200}"
        event["destination"].update(domain=name, ip=f"198.{18 + i % names % 2}.{i % names}.9")
        event["tls"]["client"]["server_name"] = name
        event["pinsight"]["app"]["key"] = f"{i % apps:016x}"
        event["pinsight"]["hello"]["random_prefix"] = f"{i:016x}"
        event["pinsight"]["path"]["syn_ack"].update(ttl=40 + i % names % 20, mss=1400 + i % names)
        lines.append(json.dumps(event, separators=(",", ":")))
    return "\n".join(lines).encode() + b"\n"


class Suite:
    def __init__(self, program):
        self.program = program
        self.tap = replay.Tap()
        run = Run(program, "-q", "-r", QUIET_CAPTURE, "--sessions")
        self.record = next(e for e in run.events if e["pinsight"].get("outcome") == "accepted")

    def run(self, *words, stdin=None):
        return Run(self.program, *words, stdin=stdin)

    def correlate(self, records, *words):
        return self.run("correlate", *words, "-r", "-", stdin=records)

    def once(self, run, words, sentence):
        others = [line for line in run.errors if words not in line and SHIPPED not in line]
        self.tap.ok(run.said(words) == 1 and not others, sentence, run.errors)

    def never(self, run, sentence):
        self.tap.ok(not run.errors, sentence, run.errors)

    def test_unconfigured(self):
        words = "no inspection authority, segment or bypass is configured"
        self.once(self.run("-r", QUIET_CAPTURE), words, "nothing is configured: said once")
        self.never(self.run(*SEGMENT, "-r", QUIET_CAPTURE), "with a segment: not")
        self.never(self.run("-q", "-r", QUIET_CAPTURE), "nor to who wants quiet")

    def test_authority(self):
        words = "no certificate of a configured inspection authority was seen in 1000 sessions"
        many = copies(self.record, 1300, clients=50, apps=7)
        few = copies(self.record, 950, clients=50, apps=7)
        seen = self.run("-q", *AUTHORITY, "-r", "pcaps/pinned-python-tls12.pcap", "--sessions")
        shown = [e for e in seen.events if e["pinsight"].get("certificates")][:1]
        self.tap.ok(len(shown) == 1, "a session shows the authority's certificate")
        self.once(self.correlate(many, *AUTHORITY, *SEGMENT), words,
                  "an authority that 1,000 sessions do not show: said once")
        self.never(self.correlate(few, *AUTHORITY, *SEGMENT), "too early for it")
        self.never(self.correlate(many, *SEGMENT), "no authority, nothing to miss")
        self.never(self.correlate(json.dumps(shown[0]).encode() + b"\n" + many, *AUTHORITY,
                                  *SEGMENT), "it was seen")

    def test_expiry(self):
        words = "expires within 30 days"
        late = datetime.datetime(2043, 12, 20)
        few = copies(self.record, 20, apps=3, start=late)
        self.once(self.correlate(few, *AUTHORITY, *SEGMENT), words,
                  "an authority that ends within 30 days: said once")
        slow = copies(self.record, 20, apps=3, start=late - datetime.timedelta(days=60)) + few
        self.once(self.correlate(slow, *AUTHORITY, *SEGMENT), words,
                  "and when the day comes, though it began long before")
        over = copies(self.record, 20, apps=3, start=late + datetime.timedelta(days=60))
        self.once(self.correlate(over, *AUTHORITY, *SEGMENT), "has expired", "it has ended")
        self.never(self.correlate(copies(self.record, 20, apps=3), *AUTHORITY, *SEGMENT),
                   "years before: not")

    def test_upstream(self):
        words = "the sensor seems to stand behind the inspection"
        one = copies(self.record, 400, clients=60, apps=1)
        run = self.correlate(one, *SEGMENT, "--stats")
        self.once(run, words, "many clients with one hello: said once")
        stats = run.events[-1]["pinsight"]["stats"]
        self.tap.ok(stats["detect"]["behind_inspection"] > 250, "what is not judged is counted",
                    [json.dumps(stats["detect"])])
        self.never(self.correlate(copies(self.record, 400, clients=60, apps=5), *SEGMENT),
                   "with many hellos: not")

    def test_lists(self):
        words = "has expired and no longer holds: the first is old.example of AllowedDestinationList"
        old = ["--set", "rules.AllowedDestinationList="
               "[{match: old.example, owner: network team, expires: 2026-01-31}]"]
        new = ["--set", "rules.AllowedDestinationList="
               "[{match: old.example, owner: network team, expires: 2027-01-31}]"]
        run = self.run(*SEGMENT, *old, "-r", QUIET_CAPTURE, "--stats")
        self.once(run, words, "an entry that has run out: said once")
        entry = run.events[-1]["pinsight"]["lists"][0]
        self.tap.ok(entry["match"] == "old.example" and entry["expired"] and entry["hits"] == 0,
                    "and listed in the statistics", [json.dumps(entry)])
        run = self.run(*SEGMENT, *new, "-r", QUIET_CAPTURE, "--stats")
        self.never(run, "one that holds: not")
        entry = run.events[-1]["pinsight"]["lists"][0]
        self.tap.ok(not entry["expired"], "it is listed since nobody had any use of it",
                    [json.dumps(entry)])
        run = self.run("-v", *SEGMENT, *new, "-r", QUIET_CAPTURE)
        self.tap.ok(run.said("had no use, the first: old.example") == 1,
                    "which is said at the end to who asks for more", run.errors)

    def main(self):
        self.test_unconfigured()
        self.test_authority()
        self.test_expiry()
        self.test_upstream()
        self.test_lists()
        return self.tap.end()


if __name__ == "__main__":
    sys.exit(Suite(sys.argv[1]).main())
