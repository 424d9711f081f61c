"""Replay captures as they are and rewritten, as TAP: transforms.py PROGRAM LABEL..."""
import json
import os
import sys
import tempfile

import replay
import rewrite

VARIANTS = {
    "as it is": ["same"],
    "in another order": ["swap"],
    "with each packet twice": ["copy"],
    "in segments of one byte": ["cut"],
    "cut, in another order, twice": ["cut", "swap", "copy"],
}


def ends(event):
    return (event.get("source", {}).get("ip", ""), event.get("source", {}).get("port", 0),
            event.get("destination", {}).get("domain", ""))


def findings(events):
    """Device, destination, type and state of each alert by its last revision; each outcome."""
    last = {e["pinsight"]["alert_id"]: e for e in events if e["event"]["kind"] == "alert"}
    alerts = [(*ends(e), e["pinsight"]["type"], e["pinsight"]["state"]) for e in last.values()]
    return sorted(alerts + [(*ends(e), "session", e["pinsight"]["outcome"])
                            for e in events if e["event"]["kind"] == "event"])


def check(tap, program, path, room):
    name = os.path.basename(path)[:-len(".json")]
    folder = os.path.dirname(path)
    capture = os.path.join(folder, name + ".pcap")
    with open(path, encoding="utf-8") as file:
        label = json.load(file)
    first = replay.output(program, label, folder, capture, "--sessions=full", "--stats")
    again = replay.output(program, label, folder, capture, "--sessions=full", "--stats")
    tap.ok(first == again, f"{name}: two runs print the same bytes")
    want = findings(replay.run(program, label, folder, capture, "--sessions"))
    for what, changes in VARIANTS.items():
        changed = os.path.join(room, "changed.pcap")
        rewrite.rewrite(changes, capture, changed)
        got = findings(replay.run(program, label, folder, changed, "--sessions"))
        tap.ok(got == want, f"{name}: the same findings and outcomes {what}",
               [f"only as it is: {w}" for w in want if w not in got] +
               [f"only rewritten: {g}" for g in got if g not in want])


def main():
    tap = replay.Tap()
    with tempfile.TemporaryDirectory() as room:
        for path in sys.argv[2:]:
            check(tap, sys.argv[1], path, room)
    return tap.end()


sys.exit(main())
