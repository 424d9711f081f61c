#!/bin/sh
# The units: little is left open around the service, they are valid, and the program tells systemd
# how it is (a python3 script listens in its place).
set -eu

cd "$(dirname "$0")/.."
if ! command -v python3 >/dev/null; then
    echo "1..0 # SKIP python3 is missing"
    exit
fi
exec python3 tests/lib/systemd.py "${PINSIGHT:-build/pinsight}"
