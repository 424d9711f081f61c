#!/usr/bin/env python3
"""Write the seeds of fuzz_layout: layout-seeds.py SEEDS_FOLDER DATABASE...

A database is one that `pinsight --state` has made. Of each kind the shortest row and the longest
below SIZE_MAX are taken. They are of the layout of the program that made them: after a change of the
records, make them anew (for LABEL.pcap in pcaps/, `pinsight -r LABEL.pcap --state LABEL.db` with its
authority and segment).
"""
import os
import sqlite3
import sys

SIZE_MAX = 700
KINDS = list(range(1, 12)) + [15, 16, 17, 18, 19, 20, 21]  # enum state_kind of detect/state.h


def main(folder, paths):
    rows = {}
    for path in paths:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
            for kind, value in database.execute("SELECT kind, value FROM row"):
                if kind in KINDS and len(value) <= SIZE_MAX:
                    rows.setdefault(kind, set()).add(bytes(value))
    for kind, values in rows.items():
        values = sorted(values, key=lambda value: (len(value), value))
        for value in {values[0], values[-1]}:
            with open(os.path.join(folder, f"{kind}-{len(value)}"), "wb") as file:
                file.write(bytes([kind]) + value)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit("usage: layout-seeds.py SEEDS_FOLDER DATABASE...")
    main(sys.argv[1], sys.argv[2:])
