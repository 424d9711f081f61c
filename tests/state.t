#!/bin/sh
# The state database is shown, exported and pruned; what is none, or is damaged, is set aside.
set -eu

cd "$(dirname "$0")/.."
exec python3 tests/lib/state.py "${PINSIGHT:-build/pinsight}"
