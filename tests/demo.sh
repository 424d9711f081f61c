#!/bin/sh
# Replay bundled captures so that a newcomer sees what pinsight says: demo.sh PROGRAM
#
# Exits 1 when an alert that should be there is missing, or one is there that should not.
set -eu

if [ $# -ne 1 ]; then
    echo "usage: tests/demo.sh PROGRAM   (or: make demo)" >&2
    exit 2
fi
program=$1
cd "$(dirname "$0")/.."

output=$(mktemp)
trap 'rm -f "$output"' EXIT
missing=0

# The same of every capture here: who signs for the inspection, and whose TLS it is to inspect.
policy="--inspection-ca pcaps/ca/inspection-mitmproxy.pem --set inspection.segments[+]=10.20.0.0/24"

line() {
    printf '%s\n' \
        '----------------------------------------------------------------------------------------------------'
}

heading() {
    line
    printf '%s\n' "$@"
    line
    echo
}

# replay NAME: what pinsight says of pcaps/NAME.pcap, as text.
replay() {
    echo "\$ $program $policy \\" | sed 's/ --set/ \\\n      --set/'
    echo "      -r pcaps/$1.pcap --format text"
    echo
    # shellcheck disable=SC2086 # options, to be split
    "$program" $policy -r "pcaps/$1.pcap" --format text >"$output"
    cat "$output"
}

expect() {
    if ! grep -q "$1" "$output"; then
        echo "demo: expected \"$1\" here" >&2
        missing=1
    fi
}

cat <<'END'

pinsight watches TLS from outside and tells who refuses to be inspected. The captures below are real
clients before a real inspection proxy; every alert names the sessions it rests on.

END

heading "1. An app accepts the certificate of the real server only: it hangs up on the inspection's"
replay pinned-go-tls13
expect 'Pinning suspected  10.20.0.11 -> api.bank.example'

heading "2. The same app without that check: nothing to report"
replay trusting-go-tls13
if [ -s "$output" ]; then
    echo "demo: expected no alert here" >&2
    missing=1
else
    echo "(no alert)"
    echo
fi

heading "3. An app refuses, and then its traffic goes past the inspection: the alert is updated"
replay refused-then-direct
expect 'Refused, then direct  10.20.0.11 -> api.bank.example'

heading "4. A device that was never given the inspection's authority: one notice, not an alert for each app"
replay no-authority-device
expect 'Device not onboarded  10.20.0.11'

heading "5. The last alert of 3. once more, as a SIEM gets it (one JSON line, here spread out)"
# shellcheck disable=SC2086 # options, to be split
"$program" $policy -r pcaps/refused-then-direct.pcap | tail -n 1 >"$output"
expect '"type":"refused_then_direct"'
if command -v python3 >/dev/null; then
    python3 tests/lib/spread.py "$output"
else
    cat "$output"
fi
echo

if [ "$missing" -ne 0 ]; then
    echo "demo: not all that should be reported was reported" >&2
    exit 1
fi
line
echo "Try your own:  $program --inspection-ca YOUR-CA.pem --set 'inspection.segments[+]=YOUR-NETWORK' -r FILE.pcap"
echo "Settings and rules: docs/, rules/; every option: $program --help"
