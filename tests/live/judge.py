#!/usr/bin/env python3
"""Is what pinsight said of a scenario right? judge.py PROGRAM RUN-FOLDER SITES

The run folder holds what the scenario expects, what the sensor told on the wire and when, and what
was captured beside it. Right is: every finding expected was told, of the right device and
destination, at most PATIENCE seconds after the last session that it rests on; nothing else was told;
and a replay of the capture tells the same alerts with the same ids.
"""
import json
import os
import subprocess
import sys
from datetime import datetime

from label import DETECTIONS, Run

PATIENCE = 10


def told(path):
    """(time of arrival, event) of each alert."""
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            at, text = line.split("\t", 1)
            event = json.loads(text)
            if event["event"]["dataset"] == "pinsight.alert":
                yield float(at), event


def seconds(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def is_of(alert, finding):
    device, destination = finding["device"], finding["destination"]
    devices = {alert.get("source", {}).get("ip"), *alert.get("related", {}).get("ip", [])}
    names = {alert.get("destination", {}).get("domain"), *alert.get("related", {}).get("hosts", [])}
    return (alert["pinsight"]["type"] in finding["type"] and device in devices
            and (destination is None or destination in names))


def is_expected(alert, findings):
    """Who refuses may be told in other words before all is known: other detections of the pair fit."""
    return any(is_of(alert, f) or (DETECTIONS.intersection(f["type"])
                                   and is_of(alert, {**f, "type": DETECTIONS})) for f in findings)


def row(alert):
    return (alert["pinsight"]["alert_id"], alert["pinsight"]["revision"], alert["pinsight"]["type"],
            alert["pinsight"]["state"], alert["message"])


def replayed(program, folder):
    done = subprocess.run([program, "-q", "-c", os.path.join(folder, "pinsight.yaml"), "-o", "-",
                           "-r", os.path.join(folder, "capture.pcap"), "tcp"],
                          capture_output=True, check=False, text=True)
    if done.returncode:
        raise SystemExit(f"judge: the replay ended with {done.returncode}: {done.stderr}")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    return [e for e in events if e["event"]["dataset"] == "pinsight.alert"]


def problems(run, alerts, again):
    for finding in run.found():
        first = next(((at, a) for at, a in alerts if is_of(a, finding)), None)
        what = f"{' or '.join(finding['type'])} of {finding['device']} to {finding['destination']}"
        if not first:
            yield f"not told: {what}"
            continue
        at, alert = first
        times = [e["time"] for e in alert["pinsight"].get("evidence", []) if e["kind"] == "session"]
        late = at - max(map(seconds, times or [alert["event"]["end"]]))
        if not 0 <= late <= PATIENCE:
            yield f"told {late:.1f} s after the last session it rests on: {what}"
        print(f"  told {late:.1f} s after the session that settled it: {alert['message']}")
    for _, alert in alerts:
        if not is_expected(alert, run.found()):
            yield f"nobody expected {alert['pinsight']['type']}: {alert['message']}"
    here, there = [row(a) for _, a in alerts], [row(a) for a in again]
    for one in sorted(set(here) ^ set(there)):
        yield f"{'only live' if one in here else 'only in the replay'}: {' '.join(map(str, one))}"
    if here != there and set(here) == set(there):
        yield "live and replay tell the same alerts in another order"


def main():
    program, folder, sites = sys.argv[1:]
    run = Run(folder, sites)
    alerts = list(told(os.path.join(folder, "told")))
    wrong = list(problems(run, alerts, replayed(program, folder)))
    for problem in wrong:
        print(f"  WRONG {problem}")
    print(f"{'wrong' if wrong else 'right'}: {run.meta['scenario']}", flush=True)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
