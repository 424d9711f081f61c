#!/bin/sh
# Killed at random moments of a replay with a state database and started again, the program writes
# what it writes undisturbed, to the byte. CRASH_POINTS=100 tests/crash.t takes more moments.
set -eu

cd "$(dirname "$0")/.."
exec python3 tests/lib/crash.py "${PINSIGHT:-build/pinsight}" "${CRASH_POINTS:-12}" pcaps/*.pcap
