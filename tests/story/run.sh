#!/bin/sh
# Make the long story in as many variants as there are seeds, and score the program on each, with its
# networks configured and without: run.sh PROGRAM SEED...
set -eu

program=$1
shift
export PYTHONDONTWRITEBYTECODE=1
failed=0
for seed in "$@"; do
    folder=build/story/$seed
    python3 tests/story/story.py --seed "$seed" -o "$folder"
    python3 tests/story/score.py --program "$program" --both "$folder" || failed=1
    rm -f "$folder/story.pcap"
done
# No certificate is ever seen and nothing is configured: the answers alone tell the boxes.
python3 tests/story/story.py --seed "$1" --blind -o build/story/blind
python3 tests/story/score.py --program "$program" --no-segments build/story/blind || failed=1
rm -f build/story/blind/story.pcap
exit "$failed"
