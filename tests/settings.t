#!/bin/sh
# No setting is without effect: each key of the configuration and of the rules is read by the program.
set -eu

cd "$(dirname "$0")/.."
exec python3 tests/lib/settings.py "${PINSIGHT:-build/pinsight}"
