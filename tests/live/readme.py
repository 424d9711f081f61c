#!/usr/bin/env python3
"""Write README.md of a folder of captures from their labels: readme.py FOLDER NAME..."""
import json
import os
import sys

HEAD = """# Captures

Made by `tests/live/lab.sh`: real clients meet real inspection proxies and real servers in network
namespaces; nothing in them comes from anywhere else and no packet was changed. Captured on the
clients' side of the gateway. `NAME.json` beside each is its label: devices, policy, what every client
reported of every connection (its exit code or exception), a configuration that fits (`configuration`,
files as seen from here) and the findings to expect (`findings`, any one of the types). `ca/` holds the
authorities: what the proxies sign with, the root the devices and proxies trust, the private one.

A capture that should alert has a twin that differs in one thing and should stay quiet.
`S1` to `S5` are the shapes of a refusal: alert in clear, encrypted alert in the handshake, bare close
in the handshake, Finished and then an alert, Finished and then a bare close.

Tests also read them as 31 links and tunnels carry them; `tests/lib/encapsulate.py KIND IN OUT` writes
such a capture, `--list` names the kinds.

Make them again, all or some, as root on Debian 12: `tests/live/lab.sh [NAME...]`.
"""


def made(label):
    proxy = label["inspection"]
    how = f"{proxy['product']}, {proxy['mode']}" if proxy else "no proxy"
    return "; ".join(label["clients"] + [how])


def expected(label):
    found = [f"{f['type'][0]} ({f['destination'] or f['device']})" for f in label["findings"]]
    return ", ".join(found) or "nothing"


def main():
    folder, names = sys.argv[1], sys.argv[2:]
    with open(os.path.join(folder, "README.md"), "w") as out:
        out.write(HEAD + "\n| Capture | Shows | Expect | Made with | KiB |\n|---|---|---|---|---|\n")
        for name in names:
            path = os.path.join(folder, name)
            if not os.path.exists(path + ".json"):
                continue
            with open(path + ".json") as source:
                label = json.load(source)
            size = round(os.path.getsize(path + ".pcap") / 1024)
            out.write(f"| `{name}` | {label['shows']} | {expected(label)} | {made(label)} | {size} |\n")


if __name__ == "__main__":
    main()
