#!/bin/sh
# Context feeds as the program takes them: files, folders, standard input, sockets, broken ones; the
# same alerts from packets by any number of workers and from session records; live, what comes later.
# Needs python3; the live part needs root.
set -eu

cd "$(dirname "$0")/.."
if ! command -v python3 >/dev/null; then
    echo "1..0 # SKIP python3 is missing"
    exit
fi
exec python3 tests/lib/context.py "${PINSIGHT:-build/pinsight}"
