#!/bin/sh
# The findings for each bundled capture are those that its label expects; the label was written when
# the capture was made, from what the clients themselves reported.
set -eu

cd "$(dirname "$0")/.."
exec python3 tests/lib/labels.py "${PINSIGHT:-build/pinsight}" pcaps/*.json
