#!/bin/sh
# Run fuzz targets, two at a time: run-fuzz.sh BUILD NAME...
#
# Each starts from tests/fuzz/seeds/NAME and keeps what it learns in BUILD/corpus/NAME. One line
# for each; a finding (crash, sanitizer report, hang, memory) fails and its input is kept.
set -eu

seconds=${FUZZ_SECONDS:-60}

# Fuzz one target and tell how it went. The sanitizers need a plain address layout, which kernels
# that randomise more bits than the runtime expects do not give.
one() {
    build=$1
    name=$2
    log=$build/log/$name.log
    mkdir -p "$build/corpus/$name" "$build/findings" "$build/log"
    set -- -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
        -artifact_prefix="$build/findings/$name-"
    [ ! -f "tests/fuzz/$name.dict" ] || set -- "$@" -dict="tests/fuzz/$name.dict"
    set -- "$build/fuzz/fuzz_$name" "$@" "$build/corpus/$name" "tests/fuzz/seeds/$name"
    if setarch -R true 2>/dev/null; then
        set -- setarch -R "$@"
    fi
    if [ -z "$(ls -A "tests/fuzz/seeds/$name" 2>/dev/null)" ]; then
        echo "$name: tests/fuzz/seeds/$name holds no seed"
        return 1
    fi
    if "$@" >"$log" 2>&1; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
        cover=$(sed -n 's/.* cov: \([0-9]*\).*/\1/p' "$log" | tail -n 1)
        echo "$name: no finding in $seconds s, ${runs:-0} runs, ${cover:-0} edges"
    else
        echo "$name: FINDING, see $log"
        grep -E '^(SUMMARY|artifact_prefix|.*Test unit written|==[0-9]+==ERROR)' "$log" | head -n 4
        return 1
    fi
}

if [ "$1" = --one ]; then
    one "$2" "$3"
    exit
fi

build=$1
shift
[ $# -gt 0 ] || { echo "there is no fuzz target" >&2; exit 1; }
printf '%s\n' "$@" | xargs -P 2 -n 1 "$0" --one "$build"
