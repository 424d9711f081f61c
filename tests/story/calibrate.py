#!/usr/bin/env python3
"""How far are the probabilities true? calibrate.py [--program PATH] [--set KEY=VALUE] SOURCE...

A SOURCE is a folder of labelled captures (NAME.json beside NAME.pcap*, certificates of authorities in
ca/), or one that story.py wrote. Two tables in Markdown are printed, and the Brier score of each (the
mean square of probability minus truth: 0 is perfect, 0.25 is what "one half" always scores):

  inspection  of each session whose truth is known: the probability that it was inspected
  alerts      of each alert whose truth is known, as it was told last before it ended: the confidence in its claim

The claim of a refusal is true when that client refused that destination by its own trust logic; of a
device or app without the authority, when the device lacked it; of a direct session, when the
connection went past the inspection; of mtls_required, when the server demanded a certificate.
"""
import argparse
import base64
import collections
import hashlib
import ipaddress
import json
import os
import subprocess
import tempfile

REFUSALS = {"inspection_refused", "pinning_suspected", "refused_then_direct", "short_lived_sessions"}
DIRECT = {"opaque_direct", "opaque_direct_beacon"}
LACKING = {"device_not_onboarded", "app_ca_untrusted"}
EDGES = {"inspection": (0, .02, .1, .3, .5, .7, .9, .98, 1), "alerts": (0, .5, .6, .7, .8, .9, .95, 1)}


class Tally:
    def __init__(self, edges):
        self.edges, self.rows = edges, collections.defaultdict(list)

    def add(self, probability, true):
        for low, high in zip(self.edges, self.edges[1:]):
            if probability < high or high == self.edges[-1]:
                self.rows[low, high].append((probability, true))
                return

    def table(self, what):
        lines = [f"| {what} | number | mean | true |", "|---|---:|---:|---:|"]
        for (low, high), ones in sorted(self.rows.items()):
            mean, share = (sum(column) / len(ones) for column in zip(*ones))
            lines.append(f"| {low:.2f} to {high:.2f} | {len(ones)} | {mean:.3f} | {share:.3f} |")
        every = [one for ones in self.rows.values() for one in ones]
        if every:
            lines += ["", f"Brier score {sum((p - t) ** 2 for p, t in every) / len(every):.4f}, of {len(every)}."]
        return lines


def address(text):
    return str(ipaddress.ip_address(text.strip("[]")))


def endpoint(text):
    host, _, port = text.rpartition(":")
    return address(host), int(port)


def pin_of(path):
    """The RFC 7469 pin of a certificate file, by the openssl program."""
    key = subprocess.run(["openssl", "x509", "-in", path, "-noout", "-pubkey"], capture_output=True, check=True)
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=key.stdout, capture_output=True,
                         check=True)
    return base64.b64encode(hashlib.sha256(der.stdout).digest()).decode()


def captures_of(folder):
    """(capture, truth, configuration) of each labelled capture of the folder, or of its story."""
    story = os.path.join(folder, "truth.json")
    if os.path.exists(story):
        with open(story) as file, open(os.path.join(folder, "pinsight.yaml")) as config:
            yield os.path.join(folder, "story.pcap"), story_truth(json.load(file)), config.read()
        return
    ca, pins = os.path.join(folder, "ca"), {}
    for name in sorted(os.listdir(ca)) if os.path.isdir(ca) else []:
        if name.endswith(".pem"):
            pins[pin_of(os.path.join(ca, name))] = os.path.abspath(os.path.join(ca, name))
    names = sorted(os.listdir(folder))
    for name in names:
        capture = [n for n in names if n.startswith(name[:-4]) and not n.endswith(".json")]
        if name.endswith(".json") and capture:
            with open(os.path.join(folder, name)) as file:
                label = json.load(file)
            yield os.path.join(folder, capture[0]), label_truth(label), configuration(label, pins)


def configuration(label, pins):
    inspection = label.get("inspection") or {}
    wanted = [i.get("ca_spki_sha256_b64") for i in (inspection, inspection.get("also") or {})]
    files = [pins[pin] for pin in wanted if pin in pins]
    networks = set()
    for device in label.get("devices", []) if inspection else []:
        for key in ("ip", "ip6"):
            if device.get(key):
                bits = 64 if ":" in device[key] else 16
                networks.add(str(ipaddress.ip_network(f"{device[key]}/{bits}", strict=False)))
    lines = ["inspection:", "  authorities:" if files else "  authorities: []"]
    lines += [f"    - file: {path}" for path in files]
    lines += ["  segments:" if networks else "  segments: []"] + [f'    - "{n}"' for n in sorted(networks)]
    return "\n".join(lines) + "\n"


class Truth:
    def __init__(self):
        self.inspected = collections.defaultdict(list)  # (client, port, server) -> in order of time
        self.devices = {}                               # address -> all of that device
        self.refusing, self.direct, self.mtls = set(), set(), set()  # (address, destination)
        self.lacking, self.open = set(), set()          # addresses; pairs that nobody can tell

    def device(self, texts):
        ours = frozenset(address(text) for text in texts)
        self.devices.update((one, ours) for one in ours)


def story_truth(story):
    truth = Truth()
    for flow in story["flows"]:
        truth.inspected[flow["client"], flow["port"], flow["server"]].append(flow["inspected"])
        if not flow["inspected"]:
            truth.direct.add((flow["client"], flow["name"] or flow["server"]))
    for event in story["events"]:
        for ours in event["devices"]:
            truth.device(ours)
            for one in ours:
                if set(event["types"]) & REFUSALS:
                    truth.refusing.add((one, event["destination"]))
                if set(event["types"]) & LACKING:
                    truth.lacking.add(one)
    return truth


def label_truth(label):
    truth = Truth()
    for device in label.get("devices", []):
        truth.device([device[key] for key in ("ip", "ip6") if device.get(key)])
    for flow in label.get("flows", []):
        host = flow["client"] if flow["client"].count(":") != 1 else flow["client"].partition(":")[0]
        if flow["outcome"] == "device-untrusted-ca" and not host.startswith("["):
            truth.lacking.add(address(host))
        try:
            client, server = endpoint(flow["client"]), endpoint(flow["server"])
        except ValueError:
            continue  # a client that did not report its port
        judged = isinstance(flow.get("inspected"), bool) and label.get("inspection")
        if judged and flow["outcome"] != "resumed" and flow.get("on_wire") is not False:
            truth.inspected[client[0], client[1], server[0]].append(flow["inspected"])
        names = {flow.get("destination"), flow.get("sni"), server[0]} - {None}
        if flow.get("inspected") is False:
            truth.direct |= {(client[0], name) for name in names}
        if flow["outcome"].startswith("mtls"):
            truth.mtls |= {(client[0], name) for name in names}
    expect = label.get("expect", {})
    for kind in ("pinned", "direct_after_rejection"):
        truth.refusing |= {(address(p["device"]), p["destination"]) for p in expect.get(kind, [])}
    truth.open = {(address(p["device"]), p["destination"]) for p in expect.get("ambiguous", [])}
    return truth


def claim(alert, truth):
    """True or false, None where nobody can tell."""
    kind = alert["pinsight"]["type"]
    of = [alert["source"]["ip"]] if "source" in alert else alert.get("related", {}).get("ip", [])
    ours = {other for one in of for other in truth.devices.get(one, {one})}
    target = alert.get("destination", {})
    names = {target.get("domain"), target.get("ip")} - {None}
    pairs = {(one, name) for one in ours for name in names}
    if pairs & truth.open:
        return None
    for kinds, known in ((REFUSALS, truth.refusing), (DIRECT, truth.direct), ({"mtls_required"}, truth.mtls)):
        if kind in kinds:
            return bool(pairs & known)
    return bool(ours & truth.lacking) if kind in LACKING else None


def measure(args, capture, truth, config, tallies):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(config)
        file.flush()
        command = [args.program, "-c", file.name, "-r", capture, "--sessions", "-o", "-", "-q"]
        for value in args.set:
            command += ["--set", value]
        done = subprocess.run(command, capture_output=True, check=False)
    latest = {}
    for line in done.stdout.splitlines():
        event = json.loads(line)
        if event["event"]["dataset"] == "pinsight.alert":
            if event["pinsight"]["state"] in ("closed", "retracted") and event["pinsight"]["alert_id"] in latest:
                continue  # what ended was true or false while it was told
            latest[event["pinsight"]["alert_id"]] = event
        elif event["event"]["dataset"] == "pinsight.session":
            key = event["source"]["ip"], event["source"]["port"], event["destination"]["ip"]
            known = truth.inspected.get(key)
            if known:
                tallies["inspection"].add(event["pinsight"]["inspection"]["probability"], known.pop(0))
    for alert in latest.values():
        true = claim(alert, truth)
        if true is not None:
            tallies["alerts"].add(alert["pinsight"]["confidence"], true)
            tallies[alert["pinsight"]["type"]].add(alert["pinsight"]["confidence"], true)
            if args.verbose and not true:
                print(os.path.basename(capture), alert["pinsight"]["type"], alert["pinsight"]["confidence"],
                      alert["message"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=os.environ.get("PINSIGHT", "build/pinsight"))
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("-v", "--verbose", action="store_true", help="tell which claims are false")
    parser.add_argument("sources", nargs="+", metavar="SOURCE")
    args = parser.parse_args()
    tallies = collections.defaultdict(lambda: Tally(EDGES["alerts"]))
    tallies["inspection"] = Tally(EDGES["inspection"])
    for folder in args.sources:
        for capture, truth, config in captures_of(folder):
            measure(args, capture, truth, config, tallies)
    print("\n".join(tallies.pop("inspection").table("probability of inspection")) + "\n")
    print("\n".join(tallies.pop("alerts").table("confidence of alerts")) + "\n")
    print("| type | number | mean confidence | true | Brier score |\n|---|---:|---:|---:|---:|")
    for kind, tally in sorted(tallies.items()):
        ones = [one for row in tally.rows.values() for one in row]
        mean, share = (sum(column) / len(ones) for column in zip(*ones))
        print(f"| `{kind}` | {len(ones)} | {mean:.3f} | {share:.3f} | "
              f"{sum((p - t) ** 2 for p, t in ones) / len(ones):.4f} |")


if __name__ == "__main__":
    main()
