#!/bin/sh
# Endurance: soak.sh [MINUTES [live]] (default 30), as root. The program reads packets all the time, while
# it is told to reload each 5 s, its receivers are killed and restarted, the disk of its spool is full now
# and then, its clock steps back (packet time, which is the only one that it judges by), its files are
# renamed; with "live" it captures from an interface, which goes down and up again, with two workers and
# a state file. At the end it says: no crash, how memory grew after the warm-up, and that each receiver
# has every alert of a plain run and no other.
# Needs python3; the small disk is a tmpfs in a mount namespace of its own.
set -eu

cd "$(dirname "$0")/../.."
program=${PINSIGHT:-build/pinsight}
minutes=${1:-30}
if [ "$(id -u)" -ne 0 ]; then
    echo "soak: only root can mount the small disk" >&2
    exit 77
fi
exec unshare --mount --propagation private \
    env PYTHONPATH=tests/lib python3 tests/live/soak.py "$program" "$minutes" "${2:-pipe}"
