#!/bin/sh
# What the program prints for whole captures, sessions included, is what tests/golden/CASE/expect.jsonl
# holds, byte for byte. CASE/case is read by this shell: `capture`, `options`, and where the capture
# alerts `twin`, the case that differs in one thing and is quiet. `carrier` names a link or tunnel of
# tests/lib/encapsulate.py that carries the capture; `sessions=no` leaves the sessions out.
# With `retell`, words for tests/lib/retell.py, the session records of the capture are retold so (more
# devices, days later) and correlated.
#
# run.t [--update] [CASE...]: with --update expect.jsonl is written anew, for a reviewed change.
# $PINSIGHT names the program. The program's version alone is left out of the comparison.
set -eu

cd "$(dirname "$0")/../.."
program=${PINSIGHT:-build/pinsight}
here=tests/golden
update=
if [ "${1:-}" = --update ]; then
    update=yes
    shift
fi
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
number=0

# ok STATUS SENTENCE [FILE]: the file tells what was wrong.
ok() {
    number=$((number + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $number - $2"
    else
        echo "not ok $number - $2"
        [ $# -lt 3 ] || cut -c 1-300 "$3" | head -n 20 | sed 's/^/# /'
    fi
}

# run CASE FILE: the output of the case into the file, what it said beside that into errors.
run() {
    capture='' options='' twin='' carrier='' sessions=yes retell=''
    # shellcheck source=/dev/null
    . "$here/$1/case"
    [ "$sessions" = no ] || options="$options --sessions"
    if [ -n "$carrier" ]; then
        python3 tests/lib/encapsulate.py "$carrier" "$capture" "$room/carried.pcap"
        capture=$room/carried.pcap
    fi
    status=0
    set -f
    # shellcheck disable=SC2086 # options, to be split
    if [ -n "$retell" ]; then
        "$program" $options --sessions -r "$capture" |
            python3 tests/lib/retell.py $retell >"$room/records"
        "$program" correlate $options -r "$room/records" >"$room/raw" 2>"$room/errors" || status=$?
    else
        "$program" $options -r "$capture" >"$room/raw" 2>"$room/errors" || status=$?
    fi
    set +f
    sed 's/\("product":"pinsight","name":"[^"]*","version":\)"[^"]*"/\1"-"/' "$room/raw" >"$2"
}

has_alert() {
    grep -q '"kind":"alert"' "$1"
}

# spread FILE: a line a key, so that a difference tells the key.
spread() {
    sed 's/,"/\
"/g' "$1"
}

check() {
    run "$1" "$room/output"
    [ "$status" -eq 0 ] && [ ! -s "$room/errors" ] && good=0 || good=1
    ok "$good" "$1: ends with 0 and says nothing beside its output" "$room/errors"
    cmp -s "$here/$1/expect.jsonl" "$room/output" && good=0 || good=1
    spread "$here/$1/expect.jsonl" >"$room/wanted"
    spread "$room/output" >"$room/found"
    diff "$room/wanted" "$room/found" >"$room/difference" || true
    ok "$good" "$1: the output is as expected to the byte" "$room/difference"
    if has_alert "$here/$1/expect.jsonl"; then
        [ -n "$twin" ] && [ -f "$here/$twin/expect.jsonl" ] &&
            ! has_alert "$here/$twin/expect.jsonl" && good=0 || good=1
        ok "$good" "$1: has a twin that is quiet"
    fi
}

if [ $# -eq 0 ]; then
    for file in "$here"/*/case; do
        [ ! -f "$file" ] || set -- "$@" "$(basename "$(dirname "$file")")"
    done
fi
for case in "$@"; do
    if [ -n "$update" ]; then
        run "$case" "$room/output"
        cmp -s "$room/output" "$here/$case/expect.jsonl" || echo "changed: $here/$case/expect.jsonl"
        cp "$room/output" "$here/$case/expect.jsonl"
    else
        check "$case"
    fi
done
if [ -z "$update" ]; then
    [ "$number" -gt 0 ] && echo "1..$number" || echo "1..0 # SKIP there is no case"
fi
