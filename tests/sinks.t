#!/bin/sh
# Alerts reach their receivers whatever happens to them: killed and started again in the middle,
# slow, away until the next start; the program killed, the disk full. Needs python3.
set -eu

cd "$(dirname "$0")/.."
if ! command -v python3 >/dev/null; then
    echo "1..0 # SKIP python3 is missing"
    exit
fi
exec python3 tests/lib/sinks.py "${PINSIGHT:-build/pinsight}"
