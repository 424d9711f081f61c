#!/bin/sh
# What shows only over time: direct sessions that are as regular as a beacon, and a device that gets
# another address. Each beside a quiet twin that differs in one thing. Needs python3.
set -eu

cd "$(dirname "$0")/.."
if ! command -v python3 >/dev/null; then
    echo "1..0 # SKIP python3 is missing"
    exit
fi
exec python3 tests/lib/behaviour.py "${PINSIGHT:-build/pinsight}"
