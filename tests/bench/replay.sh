#!/bin/sh
# The replay of whole captures: those in $BENCH_CAPTURES, else one made from pcaps/.
set -eu

here=$(dirname "$0")
# shellcheck disable=SC2086 # a list of files
exec python3 "$here/replay.py" "$PINSIGHT" ${BENCH_CAPTURES:-}
