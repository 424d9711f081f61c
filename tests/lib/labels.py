"""Compare what the program says of captures with their labels, as TAP: labels.py PROGRAM LABEL...

A label is what tests/live/ wrote beside NAME.pcap: the findings to expect (any one of the types), and
every connection with what its client reported. Each expected finding must be there, no other one may
be, and each connection has one session event with an outcome and an inspection state that fit.
"""
import collections
import ipaddress
import json
import os
import sys

import replay

REJECTED = {"rejected_alert", "rejected_encrypted_alert", "rejected_close",
            "rejected_after_handshake", "rejected_after_handshake_weak"}
FITTING = {  # what the client reported -> pinsight.outcome
    "completed": {"accepted", "resumed", "server_closed", "idle_unused"},
    "resumed": {"resumed", "accepted"},
    "rejected-in-handshake": REJECTED | {"certificate_expired"},
    "rejected-post-handshake": {"rejected_after_handshake", "rejected_close"},
    "device-untrusted-ca": REJECTED,
}
UNUSED = {"rejected_after_handshake", "rejected_after_handshake_weak", "superseded"}


def fits_finding(alert, finding):
    pinsight = alert["pinsight"]
    devices = {alert.get("source", {}).get("ip")} | set(alert.get("related", {}).get("ip", []))
    domain = alert.get("destination", {}).get("domain")
    return (pinsight["type"] in finding["type"] and pinsight["state"] != "retracted"
            and finding["device"] in devices and finding["destination"] in (None, domain))


def describe(alert):
    return "%s %s %s: %s" % (alert["pinsight"]["type"], alert.get("source", {}).get("ip", "-"),
                             alert.get("destination", {}).get("domain", "-"), alert["message"])


def check_findings(tap, name, label, alerts):
    last = {a["pinsight"]["alert_id"]: a for a in alerts}  # the last revision counts
    for finding in label["findings"]:
        found = any(fits_finding(a, finding) for a in last.values())
        tap.ok(found, f"{name}: {' or '.join(finding['type'])} for {finding['device']} and "
               f"{finding['destination'] or 'all destinations'}")
    extra = [a for a in last.values() if not any(fits_finding(a, f) for f in label["findings"])]
    tap.ok(not extra, f"{name}: {'no other alert' if label['findings'] else 'no alert at all'}",
           map(describe, extra))


def endpoint(text):
    host, _, port = text.rpartition(":")
    return str(ipaddress.ip_address(host.strip("[]"))), int(port)


def sessions_by_ends(events):
    sessions = collections.defaultdict(list)
    for e in events:
        ends = [(str(ipaddress.ip_address(e[s]["ip"])), e[s]["port"])
                for s in ("source", "destination")]
        sessions[tuple(ends)].append(e["pinsight"])
    return sessions


def complaint(flow, found, is_inspected_place):
    """What is wrong with the session events of one connection, None when nothing is."""
    fitting = FITTING.get(flow["outcome"])
    if fitting is None:
        return None
    if flow.get("client_mode") == "preconnect":
        fitting = fitting | UNUSED
    if len(found) != 1:
        return f"{len(found)} session events"
    if found[0]["outcome"] not in fitting:
        return f"outcome {found[0]['outcome']} where the client reported {flow['outcome']}"
    state = found[0].get("inspection", {}).get("state", "unknown")
    wrong = {"no"} if flow["inspected"] else {"yes", "likely"}
    if is_inspected_place and flow["outcome"] != "resumed" and state in wrong:
        return f"inspection {state}, in truth {flow['inspected']}"
    return None


def check_sessions(tap, name, label, events):
    sessions = sessions_by_ends(events)
    wrong = []
    for flow in label["flows"]:
        ends = endpoint(flow["client"]), endpoint(flow["server"])
        # Where the operator tells nothing, inspection is not known from the first session on.
        what = complaint(flow, sessions.get(ends, []), bool(label["configuration"]["inspection"]))
        if what:
            wrong.append(f"{flow['client']} to {flow['sni']}: {what}")
    tap.ok(not wrong, f"{name}: each connection has one session event that fits", wrong)


def main():
    tap = replay.Tap()
    for path in sys.argv[2:]:
        name = os.path.basename(path)[:-len(".json")]
        with open(path, encoding="utf-8") as file:
            label = json.load(file)
        folder = os.path.dirname(path)
        events = replay.run(sys.argv[1], label, folder, os.path.join(folder, name + ".pcap"),
                            "--sessions")
        check_findings(tap, name, label, [e for e in events if e["event"]["kind"] == "alert"])
        check_sessions(tap, name, label, [e for e in events if e["event"]["kind"] == "event"])
    return tap.end()


sys.exit(main())
