#!/bin/sh
# Every key that the sources write into an event stands in docs/events.md.
set -eu

number=0
for file in src/session/*.c src/alert/*.c src/stats.c; do
    [ -f "$file" ] || continue
    keys=$(grep -oE '(json_out_[a-z]+\([a-z_>-]+, |json_object_object_add\([a-z_>-]+, |event_(uuid|mac)\()"[^"]+"' "$file" |
        sed 's/.*"\(.*\)"/\1/' | sort -u)
    [ -n "$keys" ] || continue
    number=$((number + 1))
    missing=
    for key in $keys; do
        grep -qE "[\`.\"]${key}[\`.\"]" docs/events.md || missing="$missing $key"
    done
    if [ -z "$missing" ]; then
        echo "ok $number - docs/events.md explains every key of $file"
    else
        echo "not ok $number - docs/events.md explains every key of $file"
        echo "# not explained:$missing"
    fi
done
if [ "$number" -eq 0 ]; then
    echo "1..0 # SKIP nothing writes events yet"
    exit
fi
echo "1..$number"
