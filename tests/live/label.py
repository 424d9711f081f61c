#!/usr/bin/env python3
"""Write the label of a capture: label.py RUN-FOLDER SITES CAPTURE LABEL

The run folder holds what the scenario said of itself and what each client reported. The capture is
only used to check them: every connection in it belongs to one report and carries its name, every
report is in it, and what should be refused was refused by the word of the client.
"""
import json
import os
import re
import socket
import struct
import sys
from collections import defaultdict

from authorities import read_sites

MAX_BYTES = 150 * 1024
REFUSED = ("rejected-in-handshake", "rejected-post-handshake")
DETECTIONS = {"inspection_refused", "pinning_suspected", "refused_then_direct", "short_lived_sessions"}
FAILED = {"mtls12": "mtls-failure", "mtls13": "mtls-failure",
          "reset": "server-fault", "alert": "server-fault", "close": "server-fault"}


def rows(folder, name):
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        return []
    with open(path) as lines:
        return [line.rstrip("\n").split("\t") for line in lines]


def tcp_segments(capture):
    """(source, destination, flags, payload) of each TCP segment of an Ethernet capture."""
    with open(capture, "rb") as source:
        data = source.read()
    at = 24
    while at < len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        frame, at = data[at + 16:at + 16 + size], at + 16 + size
        if frame[12:14] == b"\x08\x00":
            ip = frame[14:14 + struct.unpack_from("!H", frame, 16)[0]]
            family, addresses, tcp = socket.AF_INET, (ip[12:16], ip[16:20]), ip[(ip[0] & 15) * 4:]
        elif frame[12:14] == b"\x86\xdd":
            ip = frame[14:54 + struct.unpack_from("!H", frame, 18)[0]]
            family, addresses, tcp = socket.AF_INET6, (ip[8:24], ip[24:40]), ip[40:]
        else:
            continue
        ends = [endpoint(socket.inet_ntop(family, a), p)
                for a, p in zip(addresses, struct.unpack_from("!HH", tcp))]
        yield ends[0], ends[1], tcp[13], tcp[(tcp[12] >> 4) * 4:]


def endpoint(address, port):
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def connections(capture):
    """Client -> (server, bytes the client sent, first 4 KB)."""
    found = {}
    for source, target, flags, payload in tcp_segments(capture):
        if flags & 0x12 == 0x02:
            found.setdefault(source, (target, bytearray()))
        elif source in found and len(found[source][1]) < 4096:
            found[source][1].extend(payload)
    return found


class Run:
    def __init__(self, folder, sites):
        self.sites = {s["name"]: s for s in read_sites(sites)}
        self.meta = dict(rows(folder, "meta"))
        self.devices = {r[0]: dict(zip(("ip", "mac", "authority"), r[1:])) for r in rows(folder, "devices")}
        self.policy = [(float(t), ip, name) for t, ip, name in rows(folder, "policy")]
        self.rotations = [(float(t), name) for t, name in rows(folder, "rotations")]
        self.listed = [r[0] for r in rows(folder, "listed")]
        self.findings = rows(folder, "findings")
        self.versions = {name: text for name, text in rows(folder, "versions")}
        self.authority = dict(rows(folder, "authority"))
        self.flows = sorted((self.flow(*r) for r in rows(folder, "reports")), key=lambda f: f["time"])

    def inspected(self, when, ip, name):
        return self.meta["product"] != "none" and not any(
            when >= since and who in ("*", ip) and what in ("*", name) for since, who, what in self.policy)

    def flow(self, when, device, port, client, mode, name, outcome, said, version="", issuer=""):
        site, me = self.sites[name], self.devices[device]
        server = endpoint(site["ipv6" if ":" in me["ip"] else "ipv4"], 443)
        if self.meta["mode"] == "explicit":
            server = self.meta["proxy"]
        if outcome == "failed":
            outcome = FAILED.get(site["serves"], "failed")
        if outcome in REFUSED and me["authority"] == "no":
            outcome = "device-untrusted-ca"
        flow = {"client": endpoint(me["ip"], port), "server": server, "sni": name, "destination": name,
                "device": me["ip"], "inspected": self.inspected(float(when), me["ip"], name),
                "outcome": outcome, "client_impl": client, "client_mode": mode,
                "client_reported": said.strip(), "tls_version": version or None,
                "issuer_reported": issuer or None, "time": round(float(when), 3)}
        return {key: value for key, value in flow.items() if value is not None}

    def found(self):
        """The findings to expect, by address."""
        return [{"type": types.split(","), "device": self.devices[device]["ip"],
                 "destination": name if name != "-" else None} for types, device, name in self.findings]

    def pairs(self, types):
        return [{"device": f["device"], "destination": f["destination"]} for f in self.found()
                if f["destination"] and types & set(f["type"])]

    def expect(self):
        pinned = self.pairs(DETECTIONS)
        opaque = self.pairs({"opaque_direct", "opaque_direct_beacon"})
        seen = []
        for flow in self.flows:
            pair = {"device": flow["device"], "destination": flow["destination"]}
            if pair not in seen + pinned + opaque:
                seen.append(pair)
        return {"pinned": pinned, "not_pinned": seen,
                "direct_after_rejection": self.pairs({"refused_then_direct"}),
                "opaque_direct": opaque, "ambiguous": [], "no_other_alerts": True}

    def configuration(self):
        """What an operator of this network would tell pinsight; files as seen from pcaps/."""
        if self.meta["product"] in ("none", "analysis"):
            return {"inspection": {}}
        inspection = {"authorities": [{"file": "ca/" + self.authority["file"]}],
                      "segments": ["10.20.0.0/24", "fd20::/64"]}
        if self.listed:
            inspection["bypass"] = self.listed
        if self.meta["mode"] == "explicit":
            inspection["proxies"] = [self.meta["proxy"]]
        return {"inspection": inspection}

    def label(self):
        return {
            "scenario": self.meta["scenario"], "shows": self.meta["shows"], "twin": self.meta.get("twin"),
            "clients": [self.versions[c] for c in sorted({f["client_impl"] for f in self.flows})],
            "inspection": None if self.meta["product"] == "none" else {
                "product": self.versions["proxy"], "mode": self.meta["mode"],
                "ca_subject": self.authority["subject"], "ca_spki_sha256_b64": self.authority["pin"]},
            "configuration": self.configuration(),
            "devices": [{"name": n, "ip": d["ip"], "mac": d["mac"], "has_authority": d["authority"] == "yes"}
                        for n, d in self.devices.items() if d["ip"] in {f["device"] for f in self.flows}],
            "policy": [{"from_time": round(t, 3), "device": ip, "destination": name}
                       for t, ip, name in self.policy],
            **({"rotations": [{"time": round(t, 3), "destination": name} for t, name in self.rotations]}
               if self.rotations else {}),
            "findings": self.found(), "expect": self.expect(), "flows": self.flows}


def wire_problems(run, capture):
    seen = connections(capture)
    flows = {f["client"]: f for f in run.flows}
    for client in sorted(set(seen) ^ set(flows)):
        yield f"{client} is in the {'capture' if client in seen else 'reports'} only"
    for client in set(seen) & set(flows):
        server, sent = seen[client]
        if server != flows[client]["server"]:
            yield f"{client} went to {server}, not to {flows[client]['server']}"
        if flows[client]["sni"].encode() not in sent:
            yield f"{client} does not name {flows[client]['sni']}"
    if os.path.getsize(capture) > MAX_BYTES:
        yield f"the capture has {os.path.getsize(capture)} bytes, more than {MAX_BYTES}"


def report_problems(run):
    for flow in run.flows:
        issuer, who = flow.get("issuer_reported"), f"{flow['client']} {flow['client_impl']} {flow['sni']}"
        if issuer and bool(re.search("TLS Inspection|mitmproxy", issuer)) != flow["inspected"]:
            yield f"{who} saw a certificate of {issuer}, inspected is {flow['inspected']}"
        asked = any("mtls_required" in f["type"] and f["destination"] == flow["destination"] for f in run.found())
        if flow["outcome"] == "failed" or asked != (flow["outcome"] == "mtls-failure"):
            yield f"{who} failed: {flow['client_reported']}"
        refusing = flow["outcome"] in REFUSED
        another_key = flow["inspected"] or any(
            t <= flow["time"] and name == flow["destination"] for t, name in run.rotations)
        if refusing != (another_key and flow["client_mode"] in ("pin", "noca")
                        and flow["outcome"] != "device-untrusted-ca"):
            yield f"{who} in mode {flow['client_mode']} reported {flow['client_reported']}"


def finding_problems(run):
    by_pair = defaultdict(list)
    for flow in run.flows:
        by_pair[flow["device"], flow["destination"]].append(flow)
    for pair in run.expect()["pinned"]:
        flows = [f for f in by_pair[pair["device"], pair["destination"]] if f["inspected"]]
        if len([f for f in flows if f["outcome"] in REFUSED]) < 3:
            yield f"{pair} was refused less than 3 times"
        if any(f["outcome"] == "completed" for f in flows):
            yield f"{pair} completed under inspection"
    for pair in run.expect()["direct_after_rejection"] + run.expect()["opaque_direct"]:
        flows = by_pair[pair["device"], pair["destination"]]
        if len([f for f in flows if f["outcome"] == "completed" and not f["inspected"]]) < 3:
            yield f"{pair} completed direct less than 3 times"


def write_label(label, out):
    """Each member on lines of its own, each entry of a list on one."""
    members = []
    for key, value in label.items():
        if isinstance(value, list) and value:
            text = "[\n  " + ",\n  ".join(json.dumps(entry) for entry in value) + "\n ]"
        elif key == "expect":
            text = "{\n  " + ",\n  ".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in value.items()) + "\n }"
        else:
            text = json.dumps(value)
        members.append(f" {json.dumps(key)}: {text}")
    with open(out, "w") as target:
        target.write("{\n" + ",\n".join(members) + "\n}\n")


def main():
    folder, sites, capture, out = sys.argv[1:]
    run = Run(folder, sites)
    problems = [*wire_problems(run, capture), *report_problems(run), *finding_problems(run)]
    write_label(run.label(), out)
    for problem in problems:
        print(problem, file=sys.stderr)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
