# shellcheck shell=bash
# The sensor under test: pinsight live on the mirror, configured as the operator of this network
# would. It starts with the first connection of a scenario, when the scenario has said what the
# operator knows, and is judged when the capture has stopped (judge.py).

SENSOR_WORKERS=2

sensor_config() {
    local name
    echo "inspection:"
    if [ -e "$RUN/authority" ] && [ "$(awk '$1 == "product" { print $2 }' "$RUN/meta")" != analysis ]; then
        printf '  authorities: [{file: %s}]\n' "$KEYS/$(sed -n 's/^file\t//p' "$RUN/authority")"
        echo '  segments: [10.20.0.0/24, "fd20::/64"]'
    else
        echo '  segments: []'
    fi
    if [ -e "$RUN/listed" ]; then
        echo "  bypass:"
        while read -r name; do echo "    - \"$name\""; done <"$RUN/listed"
    fi
    [ "$(awk '$1 == "mode" { print $2 }' "$RUN/meta")" != explicit ] ||
        printf '  proxies: ["%s:%s"]\n' "$GATEWAY4" "$PROXY_PORT"
}

sensor_start() {
    [ -n "$PINSIGHT" ] && [ -z "${SENSOR:-}" ] || return 0
    sensor_config >"$RUN/pinsight.yaml"
    mkfifo "$RUN/events"
    python3 "$HERE/stamp.py" <"$RUN/events" >"$RUN/told" &
    STAMP=$!
    (become_in_net gateway "$PINSIGHT" -c "$RUN/pinsight.yaml" -i lan0 -j "$SENSOR_WORKERS" -q \
        --sessions --state :memory: --set stats.control="$RUN/control" -o - tcp) \
        >"$RUN/events" 2>"$RUN/pinsight.log" &
    SENSOR=$!
    BACKGROUND+=("$SENSOR" "$STAMP")
    wait_for 10 pinsight "$PINSIGHT" status --control "$RUN/control"
}

# It is told to end, and says what it still has to say.
sensor_stop() {
    local status=0
    [ -n "${SENSOR:-}" ] || return 0
    kill -TERM "$SENSOR"
    wait "$SENSOR" || status=$?
    wait "$STAMP" || true
    SENSOR=
    if [ "$status" -ne 0 ] || [ -s "$RUN/pinsight.log" ]; then
        die "$SCENARIO: pinsight ended with $status: $(cat "$RUN/pinsight.log")"
    fi
}

# One scenario is right or wrong; the others go on.
sensor_judge() {
    [ -n "$PINSIGHT" ] || return 0
    if python3 "$HERE/judge.py" "$PINSIGHT" "$RUN" "$HERE/sites"; then
        RIGHT=$((RIGHT + 1))
    else
        WRONG="$WRONG $SCENARIO"
    fi
}
