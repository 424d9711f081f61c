"""Tell the session records of a capture again: retell.py STEP... <SESSIONS >SESSIONS

Each STEP adds what it names to what was there before:

  devices=N:SECONDS     the same for N devices in all, each so much later than the one before; their
                        addresses follow that of the original by 16 each

Everything but addresses, times and ids stays as it was captured. Records come out in the order of
their decision; alerts of the run that made them are left out.
"""
import datetime
import json
import sys
import uuid

TIMES = (("@timestamp",), ("event", "start"), ("event", "end"), ("pinsight", "decided"))
FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"


def later(record, seconds):
    for *path, key in TIMES:
        place = record
        for step in path:
            place = place[step]
        moment = datetime.datetime.strptime(place[key], FORMAT)
        place[key] = (moment + datetime.timedelta(seconds=seconds)).strftime(FORMAT)


def copy(record, number, seconds):
    made = json.loads(json.dumps(record))
    later(made, seconds)
    made["event"]["id"] = str(uuid.uuid5(uuid.UUID(record["event"]["id"]), str(number)))
    head, _, last = made["source"]["ip"].rpartition(".")
    made["source"]["ip"] = f"{head}.{int(last) + 16 * number}"
    made["source"].pop("mac", None)
    return made


def step(records, text):
    what, _, rest = text.partition("=")
    if what == "devices":
        count, seconds = rest.split(":")
        return [copy(r, n, n * float(seconds)) if n else r
                for n in range(int(count)) for r in records]
    raise SystemExit(f"retell: no step {what}")


def main():
    records = [json.loads(line) for line in sys.stdin]
    records = [r for r in records if r["event"]["dataset"] == "pinsight.session"]
    for text in sys.argv[1:]:
        records = step(records, text)
    records.sort(key=lambda r: (r["pinsight"]["decided"], r["event"]["id"]))
    for record in records:
        print(json.dumps(record, separators=(",", ":"), ensure_ascii=False))


if __name__ == "__main__":
    main()
