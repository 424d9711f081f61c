#!/bin/sh
# Live capture on a veth pair between two network namespaces. Needs root, iproute2, tcpdump, python3.
set -eu

cd "$(dirname "$0")/../.."
if ! command -v python3 >/dev/null; then
    echo "1..0 # SKIP python3 is missing"
    exit
fi
exec env PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=tests/lib python3 tests/live/capture.py \
    "${PINSIGHT:-build/pinsight}"
