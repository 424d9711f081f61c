#!/bin/sh
# A capture gives the same findings and outcomes when its packets come in another order, twice, or
# in segments of one byte, as networks may bring them; and the same bytes each time it is read.
set -eu

cd "$(dirname "$0")/.."
exec python3 tests/lib/transforms.py "${PINSIGHT:-build/pinsight}" pcaps/*.json
