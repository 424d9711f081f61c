#!/bin/sh
# Two days of a small company: what is planted is alerted once, and nothing else; and its inspection
# boxes are learned where nobody configured them, which takes 200 of some 700 sessions of each network.
# `make story` tells the long ones.
set -eu

cd "$(dirname "$0")/.."
export PYTHONDONTWRITEBYTECODE=1
folder=${PINSIGHT_BUILD:-build/release}/story/small
python3 tests/story/story.py --size small --seed 1 -o "$folder" >/dev/null
exec python3 tests/story/score.py --program "${PINSIGHT:-build/pinsight}" --both --learned 0.85 "$folder"
