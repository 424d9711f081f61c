#!/bin/sh
# A reload changes all or nothing and loses nothing, and goes on working without privileges. Needs
# python3; as root it also looks at what the process may still do.
set -eu

cd "$(dirname "$0")/.."
if ! command -v python3 >/dev/null; then
    echo "1..0 # SKIP python3 is missing"
    exit
fi
exec python3 tests/lib/reload.py "${PINSIGHT:-build/pinsight}"
