#!/bin/sh
# A flood of any kind sheds the oldest of its own kind, is counted, and leaves the memory flat.
set -eu

cd "$(dirname "$0")/.."
exec python3 tests/lib/floods.py "${PINSIGHT:-build/pinsight}" pcaps/pinned-python-tls12.pcap
