#!/bin/sh
# Session events give the alerts that the packets gave, and are written again as they were, to the
# byte: for each bundled capture, from one file, from several, packed, and beside broken lines.
set -eu

cd "$(dirname "$0")/.."
exec python3 tests/lib/correlate.py "${PINSIGHT:-build/pinsight}" pcaps/*.json
