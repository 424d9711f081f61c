#!/bin/sh
# What an operator should know about the sensor's place is said once, in one sentence, and not where
# all is well. Needs python3.
set -eu

cd "$(dirname "$0")/.."
if ! command -v python3 >/dev/null; then
    echo "1..0 # SKIP python3 is missing"
    exit
fi
exec python3 tests/lib/advice.py "${PINSIGHT:-build/pinsight}"
