"""Replay captures as links and tunnels carry them, as TAP: carriers.py PROGRAM, in the project's folder.

Whatever carries a capture, each session of it is told as without the carrier, but for what the
carrier itself changes: link addresses, the names of its tunnel, and ids that depend on them.
"""
import json
import os
import sys
import tempfile

import encapsulate
import replay

PLAIN = {"4": ("pinned-go-tls13", "trusting-go-tls13"), "6": ("ipv6-pinned", "ipv6-trusting")}
NAMED = {"pktap": "BankApp", "pcapdroid": "org.example.bank"}


def facts(event):
    """What a session says that a carrier must not change."""
    told = event["pinsight"]
    ends = [event[side].get(key) for side in ("source", "destination")
            for key in ("ip", "port", "domain", "packets")]
    return json.dumps([ends, event["event"]["start"], event["event"]["end"], event["tls"],
                       told["ja4"], told["outcome"], told["outcome_reason"], told["inspection"],
                       told.get("records"), told["server_flight"], told.get("alerts"),
                       told["path"], told.get("close"), told["app"]["key"]], sort_keys=True)


def finding(event):
    return (event["source"]["ip"], event["destination"]["domain"], event["pinsight"]["type"],
            event["pinsight"]["state"], event["pinsight"]["confidence"],
            [(e["time"], e["outcome"], e["weight_db"]) for e in event["pinsight"]["evidence"]
             if "weight_db" in e and "outcome" in e])


def parts(events):
    sessions = [e for e in events if e["event"]["dataset"] == "pinsight.session"]
    return sessions, [e for e in events if e["event"]["kind"] == "alert"]


class Plain:
    """A bundled capture, its label and what it gives as it is."""

    def __init__(self, program, name):
        self.program, self.name = program, name
        self.capture = f"pcaps/{name}.pcap"
        with open(f"pcaps/{name}.json", encoding="utf-8") as file:
            self.label = json.load(file)
        self.sessions, self.alerts = parts(self.run(self.capture))

    def run(self, capture):
        return replay.run(self.program, self.label, "pcaps", capture, "--sessions")


def check_tunnel(tap, name, sessions, kind):
    want = encapsulate.KINDS[kind][3]
    told = [s["pinsight"]["capture"].get("tunnel") for s in sessions]
    if want is None:
        tap.ok(not any(told), f"{name}: no tunnel is named")
        return
    ends = {(t["source"], t["destination"]) for t in told if t}
    tap.ok(all(t and (t["kind"], t["id"]) == want for t in told) and len(ends) == 1,
           f"{name}: each session names the tunnel, as the client's packets did",
           [json.dumps(told[0])])


def check(tap, plain, kind, room):
    name = f"{plain.name} over {kind}"
    changed = os.path.join(room, "carried.pcap")
    encapsulate.encapsulate(kind, plain.capture, changed)
    sessions, alerts = parts(plain.run(changed))
    want, got = [facts(s) for s in plain.sessions], [facts(s) for s in sessions]
    tap.ok(got == want, f"{name}: the same sessions", [f"wanted {a}\n# got    {b}" for a, b in
                                                       zip(want, got) if a != b][:1]
           or [f"wanted {len(want)}, got {len(got)}"])
    tap.ok([finding(a) for a in alerts] == [finding(a) for a in plain.alerts],
           f"{name}: {len(plain.alerts)} alert(s), the same")
    check_tunnel(tap, name, sessions, kind)
    if kind in NAMED:
        tap.ok(all(s["pinsight"]["app"].get("package") == NAMED[kind] for s in sessions),
               f"{name}: the process is named", [json.dumps(sessions[0]["pinsight"]["app"])])


def check_overlap(tap, plain, room):
    """Two subscribers with one address, behind two gateways, at the same time."""
    one, two, both = (os.path.join(room, name) for name in ("one", "two", "both"))
    encapsulate.encapsulate("gtpu", plain.capture, one)
    saved = encapsulate.OUTER
    encapsulate.OUTER = ("192.0.2.1", "192.0.2.3")
    try:
        encapsulate.encapsulate("gtpu", plain.capture, two)
    finally:
        encapsulate.OUTER = saved
    header, order, first = encapsulate.rewrite.read(one)
    second = encapsulate.rewrite.read(two)[2]
    mixed = [packet for pair in zip(first, second) for packet in pair]
    encapsulate.rewrite.write(both, header, order, mixed)
    sessions, alerts = parts(plain.run(both))
    ids = {s["event"]["id"] for s in sessions}
    tap.ok(len(sessions) == 2 * len(plain.sessions) == len(ids),
           f"{plain.name}: one address behind two gateways is two devices", [str(len(sessions))])
    tap.ok(len({a["pinsight"]["alert_id"] for a in alerts}) ==
           2 * len({a["pinsight"]["alert_id"] for a in plain.alerts}),
           f"{plain.name}: and each has its alerts")


def main(program):
    tap = replay.Tap()
    with tempfile.TemporaryDirectory() as room:
        for version, (pinned, trusting) in PLAIN.items():
            plain, twin = Plain(program, pinned), Plain(program, trusting)
            tap.ok(plain.alerts and not twin.alerts, f"{pinned} alerts, {trusting} is quiet")
            for kind, row in encapsulate.KINDS.items():
                if version in row[2]:
                    check(tap, plain, kind, room)
                    check(tap, twin, kind, room)
        check_overlap(tap, Plain(program, PLAIN["4"][0]), room)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
