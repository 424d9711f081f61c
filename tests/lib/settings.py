"""Every setting and rule that may be written is read by the program: settings.py PROGRAM, as TAP.

A row of a table in src/config/*_keys.c names the member of the struct that it fills. Somewhere in
src/, outside of the tables and of the declarations, that member has to be read, or the setting would
do nothing.
"""
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

from replay import Tap

# The call is matched, so that definitions of the macros, whose member is no word of ours, are not.
ROW = re.compile(r'(?:offsetof\(struct \w+, |\bAT\()((?:\w+\.)*\w+)')
NAMED = re.compile(r'\b(?:DB|SECONDS|HOURS|SHARE|COUNT|COUNT_TO|POINTS|FLAG)\(\s*"[\w.]+",\s*'
                   r'((?:\w+\.)*\w+)')
# The place that an entry stands at is filled for messages, and `member` is a macro's parameter.
# How an entry of a shipped list is known (`grade`) is said to who reads the list.
# Names of the published defaults that do nothing here say so in their help.
NO_SETTINGS = {"member", "place", "grade", "stall_db", "device_half_life_h", "app_dest_half_life_d"}


def members():
    found = {}
    for path in sorted(glob.glob("src/config/*_keys.c")):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for row in (*ROW.finditer(text), *NAMED.finditer(text)):
            name = row[1].rsplit(".", 1)[-1]
            if name not in NO_SETTINGS:
                found.setdefault(name, f"{path}: {row[1]}")
    return found


def reads():
    """Members that any source uses, but for those that are only written."""
    found = set()
    for path in glob.glob("src/**/*.c", recursive=True):
        if path.endswith("_keys.c"):
            continue
        with open(path, encoding="utf-8") as file:
            found.update(re.findall(r"(?:->|\.)(\w+)(?!\w*\s*=[^=])", file.read()))
    return found


def outcomes(program, *options):
    """Of a capture without the packets by which most servers answer."""
    command = [program, "-q", "-r", "pcaps/trusting-go-tls13.pcap", "--sessions", *options]
    command.append("not (src port 443 and greater 300)")
    lines = subprocess.run(command, capture_output=True, check=True).stdout.splitlines()
    return [json.loads(line)["pinsight"]["outcome"] for line in lines]


def check_silence(tap, program):
    limit = ("--set", "limits.handshake_timeout=1s")
    usual, limited = outcomes(program), outcomes(program, *limit)
    with tempfile.TemporaryDirectory() as folder:
        with open("rules/det0646.yaml", encoding="utf-8") as file:
            text = file.read()
        with open(os.path.join(folder, "det0646.yaml"), "w", encoding="utf-8") as file:
            file.write(text.replace("stall_s: 30", "stall_s: 1"))
        by_rule = outcomes(program, "--rules", folder, "--set", "limits.handshake_timeout=1h")
    tap.ok(limited != usual, "a silent handshake is given up after limits.handshake_timeout",
           [f"{usual} and {limited}"])
    tap.ok(limited == by_rule, "or after tuning.stall_s, whichever is shorter",
           [f"{limited} and {by_rule}"])


def main():
    program = sys.argv[1]
    tap = Tap()
    named, used = members(), reads()
    unread = [where for name, where in sorted(named.items()) if name not in used]
    tap.ok(len(named) > 150, "the tables of settings are found", [f"{len(named)} members"])
    tap.ok(not unread, "each setting is read somewhere", unread)
    check_silence(tap, program)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
