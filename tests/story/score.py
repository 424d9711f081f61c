#!/usr/bin/env python3
"""Score the program on a story: score.py [--no-segments] [--program PATH] FOLDER...

Each FOLDER is what story.py wrote. The program runs on its capture with its configuration; with
--no-segments neither networks nor authorities are named to it, so that it must learn the boxes.

  events      each planted event is alerted with the right type on each device that it names, and once:
              no device is told of it by two alerts that nothing superseded; a fleet alert counts for
              its members
  strangers   nothing else has severity 47 or more, retracted alerts included
  inspection  share of the connections of which the program says rightly whether they were inspected

Without segments the events are not asked for, only that the boxes are learned.
Writes TAP; the figures of each story stand in a line of comment as JSON.
"""
import argparse
import collections
import json
import os
import subprocess
import sys

LOUD = 47


def run(program, folder, no_segments):
    command = [program, "-r", os.path.join(folder, "story.pcap"), "--sessions", "-o", "-", "-q"]
    command += ["-c", "/dev/null"] if no_segments else ["-c", os.path.join(folder, "pinsight.yaml")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        sessions, alerts = {}, collections.OrderedDict()
        for line in child.stdout:
            event = json.loads(line)
            if event["event"]["dataset"] == "pinsight.session":
                sessions[event["source"]["ip"], event["source"]["port"], event["destination"]["ip"],
                         event["event"]["start"]] = event["pinsight"]["inspection"]
            elif event["event"]["dataset"] == "pinsight.alert":
                alerts.setdefault(event["pinsight"]["alert_id"], []).append(event)
        complaint = child.stderr.read().decode()
    return sessions, list(alerts.values()), complaint if child.returncode else ""


def judged(truth, sessions):
    """(right, wrong claims, all) connections, by whether they were inspected."""
    by_port = collections.defaultdict(list)
    for (client, port, server, start), inspection in sessions.items():
        by_port[client, port, server].append((start, inspection))
    right = wrong = missing = 0
    for flow in truth["flows"]:
        found = by_port.get((flow["client"], flow["port"], flow["server"]))
        if not found:
            missing += 1
            continue
        found.sort(key=lambda one: one[0])
        state = found.pop(0)[1]["state"]
        right += state in (("yes", "likely") if flow["inspected"] else ("no", "unknown"))
        wrong += state in (("no",) if flow["inspected"] else ("yes", "likely"))
    return right, wrong, missing


def destination_of(alert):
    return (alert.get("destination") or {}).get("domain") or (alert.get("destination") or {}).get("ip")


def concerns(alert, addresses):
    named = set(alert.get("related", {}).get("ip", [])) | {(alert.get("source") or {}).get("ip")}
    return bool(named & set(addresses))


class Story:
    def __init__(self, folder, alerts, without=()):
        with open(os.path.join(folder, "truth.json")) as file:
            self.truth = json.load(file)
        self.truth["events"] = [e for e in self.truth["events"] if not {e["kind"], *e["types"]} & set(without)]
        self.histories = alerts
        self.problems = []
        self.of_events = set()

    def of_event(self, event, addresses):
        """Alerts of a right type that tell of the event on this device."""
        found = []
        for number, history in enumerate(self.histories):
            last = history[-1]
            if last["pinsight"]["type"] not in event["types"] or not concerns(last, addresses):
                continue
            if event["destination"] and destination_of(last) != event["destination"]:
                continue
            found.append((number, last))
        return found

    def check_event(self, event):
        for addresses in event["devices"]:
            found = self.of_event(event, addresses)
            self.of_events |= {number for number, _ in found}
            held = [a for _, a in found if not a["pinsight"].get("superseded_by")
                    and a["pinsight"]["state"] != "retracted"]
            if len(held) != 1:
                self.problems.append(f"{event['kind']}: {len(held)} alerts of {'/'.join(event['types'])} for "
                                     f"{addresses[0]} and {event['destination']}")

    def check(self):
        for event in self.truth["events"]:
            self.check_event(event)
        strangers = 0
        for number, history in enumerate(self.histories):
            loudest = max(history, key=lambda a: a["event"]["severity"])
            if number in self.of_events or loudest["event"]["severity"] < LOUD:
                continue
            strangers += 1
            self.problems.append("nobody planted " + told(loudest))
        return strangers


def told(alert):
    return (f"{alert['pinsight']['type']} ({alert['event']['severity']}, {alert['pinsight']['state']}) at "
            f"{alert['@timestamp']}: {alert['message']}")


class Tap:
    def __init__(self):
        self.number = self.failed = 0

    def ok(self, held, sentence, notes=()):
        self.number += 1
        self.failed += not held
        print(f"{'ok' if held else 'not ok'} {self.number} - {sentence}")
        if not held:
            for note in notes:
                print(f"# {note}")


def score(tap, args, folder, no_segments):
    sessions, alerts, complaint = run(args.program, folder, no_segments)
    story = Story(folder, alerts, args.without)
    strangers = 0 if no_segments else story.check()
    right, wrong, missing = judged(story.truth, sessions)
    count = len(story.truth["flows"])
    name = os.path.basename(folder) + (", nothing configured" if no_segments else "")
    tap.ok(not complaint, f"{name}: the program reads it", [complaint])
    tap.ok(missing == 0, f"{name}: every connection is a session", [f"{missing} are none"])
    tap.ok(right / count >= args.learned, f"{name}: what was inspected is told", [f"of {right / count:.4f}"])
    if not no_segments:
        tap.ok(not story.problems, f"{name}: what was planted is told once, and nothing else", story.problems)
    figures = {"connections": count, "devices": story.truth["devices"], "missing": missing,
               "inspection_accuracy": round(right / count, 4), "inspection_wrong_share": round(wrong / count, 4)}
    if not no_segments:
        figures.update(events=len(story.truth["events"]), strangers=strangers, alerts=len(alerts))
    print("# " + json.dumps(figures), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=os.environ.get("PINSIGHT", "build/pinsight"))
    parser.add_argument("--no-segments", action="store_true")
    parser.add_argument("--both", action="store_true", help="with segments and without")
    parser.add_argument("--learned", type=float, default=0.95, metavar="SHARE",
                        help="of the connections, that must be judged rightly (0.95)")
    parser.add_argument("--without", action="append", default=[], metavar="KIND",
                        help="leave out what is planted of this kind, or should raise this type of alert")
    parser.add_argument("folders", nargs="+", metavar="FOLDER")
    args = parser.parse_args()
    tap = Tap()
    for folder in args.folders:
        if args.both or not args.no_segments:
            score(tap, args, folder, False)
        if args.both or args.no_segments:
            score(tap, args, folder, True)
    print(f"1..{tap.number}")
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
