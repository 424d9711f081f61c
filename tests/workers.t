#!/bin/sh
# Several workers give the bytes that one gives, on every bundled capture and on all in one run.
set -eu

program=${PINSIGHT:-build/pinsight}
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
number=0

authorities=
for file in pcaps/ca/inspection-*.pem; do
    authorities="$authorities --inspection-ca $file"
done

# replay WORKERS OUTPUT ARGUMENT...: what it says on standard error is not compared.
replay() {
    workers=$1
    output=$2
    shift 2
    # shellcheck disable=SC2086 # a list of options
    "$program" -q -j "$workers" $authorities --sessions=full --set output.informational=yes \
        -o "$output" "$@" 2>"$room/errors" || {
        cat "$room/errors" >&2
        return 1
    }
}

# same WORKERS SENTENCE ARGUMENT...
same() {
    workers=$1
    sentence=$2
    shift 2
    number=$((number + 1))
    if replay 1 "$room/one" "$@" && replay "$workers" "$room/several" "$@" &&
        [ -s "$room/one" ] && cmp "$room/one" "$room/several" >"$room/difference" 2>&1; then
        echo "ok $number - $sentence"
    else
        echo "not ok $number - $sentence"
        sed 's/^/# /' "$room/difference"
    fi
}

for file in pcaps/*.pcap; do
    same 2 "two workers, $file" -r "$file"
done
for workers in 2 3 4 7; do
    same "$workers" "$workers workers, all captures" -r pcaps
done
same 2 "two workers, a capture twice: its clock steps back" -r pcaps -r pcaps/mtls-required.pcap
same 3 "three workers, a filter and checksums" -r pcaps -k all tcp port 443
same 2 "two workers, the first 3000 packets" -r pcaps -n 3000

number=$((number + 1))
if ! "$program" -q -r pcaps -j 2 -o "$room/gone/events" 2>/dev/null; then
    echo "ok $number - an output that cannot be opened is refused"
else
    echo "not ok $number - an output that cannot be opened is refused"
fi

number=$((number + 1))
"$program" -q -r pcaps --stats -o "$room/one"
"$program" -q -r pcaps --stats -j 3 -o "$room/several"
count='s/.*"frames":\([0-9]*\).*"client_hellos":\([0-9]*\).*/\1 \2/p'
if [ "$(tail -n 1 "$room/one" | sed -n "$count")" = \
    "$(tail -n 1 "$room/several" | sed -n "$count")" ]; then
    echo "ok $number - the counters of several workers add up"
else
    echo "not ok $number - the counters of several workers add up"
fi

number=$((number + 1))
"$program" -j 2 -r - <pcaps/mtls-required.pcap --sessions -o "$room/piped" 2>"$room/errors"
if [ -s "$room/piped" ] && grep -q 'one worker reads' "$room/errors"; then
    echo "ok $number - standard input is read by one worker, and that is said"
else
    echo "not ok $number - standard input is read by one worker, and that is said"
fi

if [ -w /dev/full ]; then
    number=$((number + 1))
    status=0
    timeout 60 "$program" -q -j 3 -r pcaps --sessions -o /dev/full 2>"$room/errors" || status=$?
    if [ "$status" -eq 1 ]; then
        echo "ok $number - an output that is full ends all workers"
    else
        echo "not ok $number - an output that is full ends all workers"
        echo "# exit code $status"
    fi
fi

echo "1..$number"
