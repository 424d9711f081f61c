#!/bin/sh
# What is encrypted by its looks on the port of HTTPS, and no TLS, is told; its quiet twins are not. Needs
# python3.
set -eu

cd "$(dirname "$0")/.."
if ! command -v python3 >/dev/null; then
    echo "1..0 # SKIP python3 is missing"
    exit
fi
exec python3 tests/lib/unidentified.py "${PINSIGHT:-build/pinsight}"
