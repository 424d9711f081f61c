#!/bin/sh
# A running pinsight says how it is: at its control socket, to Prometheus, and at the end of a
# replay. Needs python3.
set -eu

cd "$(dirname "$0")/.."
if ! command -v python3 >/dev/null; then
    echo "1..0 # SKIP python3 is missing"
    exit
fi
exec python3 tests/lib/health.py "${PINSIGHT:-build/pinsight}"
