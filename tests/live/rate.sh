#!/bin/sh
# The highest rate that live capture takes without a drop: rate.sh [CAPTURE...]; root. Needs a C
# compiler, libpcap, iproute2, python3. PINSIGHT is the program, LOAD what makes captures
# (tests/bench/load.c), SECONDS_EACH how long each try lasts.
set -eu

cd "$(dirname "$0")/../.."
exec env PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=tests/lib python3 tests/live/rate.py \
    "${PINSIGHT:-build/pinsight}" "$@"
