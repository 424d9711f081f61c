#!/bin/sh
# What explain says can be redone by hand, leads to the packets, and is what docs/explain.md quotes.
set -eu

cd "$(dirname "$0")/.."
exec python3 tests/lib/explain.py "${PINSIGHT:-build/pinsight}"
