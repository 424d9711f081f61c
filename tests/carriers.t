#!/bin/sh
# Whatever link or tunnel carries a capture, the same sessions and alerts come out; and the tunnel is
# named. Needs python3.
set -eu

cd "$(dirname "$0")/.."
if ! command -v python3 >/dev/null; then
    echo "1..0 # SKIP python3 is missing"
    exit
fi
exec python3 tests/lib/carriers.py "${PINSIGHT:-build/pinsight}"
