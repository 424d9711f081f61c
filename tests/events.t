#!/bin/sh
# Every key that the sources write into an event stands in docs/events.md, and none else does.
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

# And the reverse: each part of a key in the first column of a table is a word of the program's text,
# that of its settings and its command line left aside.
number=$((number + 1))
words=$(mktemp)
trap 'rm -f "$words"' EXIT
find src -name '*.c' ! -path 'src/config/*' ! -name 'cli*.c' -exec grep -ohE '"[^"\\]+"' {} + |
    tr -d '"' | sort -u >"$words"
# shellcheck disable=SC2016 # a backquote as such
unwritten=$(grep -E '^\| `' docs/events.md | cut -d'|' -f2 | grep -oE '`[^`]+`' | tr -d '`[]' | tr . '\n' |
    grep . | sort -u | grep -vxF -f "$words" | tr '\n' ' ' || true)
if [ -z "$unwritten" ]; then
    echo "ok $number - the program writes every key that docs/events.md explains"
else
    echo "not ok $number - the program writes every key that docs/events.md explains"
    echo "# not written: $unwritten"
fi
echo "1..$number"
