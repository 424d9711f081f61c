#!/bin/sh
# The house rules hold in src/, and the script that says so sees each kind of breach.
set -eu

here=$(pwd)
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
number=0

ok() {
    number=$((number + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $number - $2"
    else
        echo "not ok $number - $2"
        sed 's/^/# /' "$room/answer"
    fi
}

# breach SENTENCE FILE LINE: the file with this one line in it is refused.
breach() {
    rm -rf "$room/src"
    mkdir -p "$room/src/$(dirname "$2")"
    printf '/* A file. */\n%s\n' "$3" >"$room/src/$2"
    (cd "$room" && "$here/tests/layers.sh") >"$room/answer" && status=1 || status=0
    [ "$status" -ne 0 ] || grep -q "^src/$2:" "$room/answer" || status=1
    ok "$status" "refused: $1"
}

# innocent SENTENCE FILE LINE: the file with this line is let through.
innocent() {
    rm -rf "$room/src"
    mkdir -p "$room/src/$(dirname "$2")"
    printf '/* A file. */\n%s\n' "$3" >"$room/src/$2"
    (cd "$room" && "$here/tests/layers.sh") >"$room/answer" && status=0 || status=1
    ok "$status" "let through: $1"
}

# lines N: that many lines of a statement.
lines() {
    awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++) print "    f();" }'
}

objects=
if [ "${PINSIGHT_BUILD:-}" = build/release ]; then
    objects=build/release/obj
fi
# shellcheck disable=SC2086 # no object folder, no argument
tests/layers.sh $objects >"$room/answer" && status=0 || status=1
ok "$status" "src/ keeps the house rules"

breach "a header of a later stage" decode/a.c '#include "flow/table.h"'
breach "a header from above the stages" decode/a.c '#include "sensor.h"'
breach "a folder that is no stage" packets/a.c '#include "base/span.h"'
breach "libpcap outside capture" decode/a.c '#include <pcap/pcap.h>'
breach "nDPI outside its one file" flow/table.c '#include <ndpi_api.h>'
breach "libcrypto outside crypto" tls/x509.c '#include <openssl/x509.h>'
breach "a copy without a bound" base/a.c '    strcpy(a, b);'
breach "a look at the clock" detect/a.c '    clock_gettime(CLOCK_REALTIME, &now);'
breach "ntohs" decode/a.c '    port = ntohs(header->port);'
breach "a goto backwards" base/a.c "$(printf '{\nagain:\n    goto again;\n}')"
breach "a fourth level of nesting" base/a.c '                if (deep)'
breach "a function of 61 lines" base/a.c "$(echo '{'; lines 61; echo '}')"
breach "a file of 501 lines" base/a.c "$(lines 500)"

innocent "a header of an earlier stage" flow/a.c '#include "decode/packet.h"'
innocent "all headers for a file above the stages" sensor.c '#include "alert/alert.h"'
innocent "a banned name in a comment" base/a.c '/* unlike strcpy() and time() */'
innocent "a banned name in a text" base/a.c '    puts("time() is 12 o'"'"'clock");'
innocent "a name that ends like a banned one" base/a.c '    nanotime(1); my_sprintf(2);'
innocent "the clock in loop.c" loop.c '    now = time(NULL);'
innocent "a goto forward" base/a.c "$(printf '{\n    goto out;\nout:\n    f();\n}')"
innocent "a third level of nesting" base/a.c '            if (deep)'
innocent "a function of 60 lines" base/a.c "$(echo '{'; lines 60; echo '}')"

if command -v objdump >/dev/null && command -v "${CC:-gcc}" >/dev/null; then
    rm -rf "$room/src"
    mkdir -p "$room/src/base" "$room/obj/base"
    printf 'static int hits;\nint hit(void);\nint hit(void)\n{\n    return ++hits;\n}\n' \
        >"$room/src/base/a.c"
    "${CC:-gcc}" -c -o "$room/obj/base/a.o" "$room/src/base/a.c"
    (cd "$room" && "$here/tests/layers.sh" obj) >"$room/answer" && status=1 || status=0
    grep -q '^src/base/a.c:1: hits ' "$room/answer" || status=1
    ok "$status" "refused: a variable that outlives a call"

    printf 'int f(void);\nstatic int (*const table[])(void) = {f};\nint g(int);\nint g(int i)\n{\n    return table[i]();\n}\n' \
        >"$room/src/base/a.c"
    "${CC:-gcc}" -fPIE -c -o "$room/obj/base/a.o" "$room/src/base/a.c"
    (cd "$room" && "$here/tests/layers.sh" obj) >"$room/answer" && status=0 || status=1
    ok "$status" "let through: a constant table of addresses"
fi

echo "1..$number"
