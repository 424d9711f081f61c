#!/usr/bin/env bash
# The lab: real clients, real inspection proxies, real servers, in network namespaces of their own.
# Makes the project's captures (SCENARIO.pcap, its label SCENARIO.json, ca/*.pem), and with -p lets
# pinsight watch live on the gateway and fails where it says too little, too late or too much.
# shellcheck disable=SC1091,SC2034
set -eu

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
OUT=$HERE/../../pcaps
OKHTTP=/usr/share/java/okhttp.jar:/usr/share/java/okio.jar
LAB_ID=pinlab$$
BACKGROUND=()
NAMESPACES=()
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C TZ=UTC PYTHONDONTWRITEBYTECODE=1
unset TLS CERT KEY PROXY http_proxy https_proxy HTTPS_PROXY ALL_PROXY all_proxy FAMILY

. "$HERE/install.sh"
. "$HERE/network.sh"
. "$HERE/proxies.sh"
. "$HERE/clients.sh"
. "$HERE/scenarios.sh"
. "$HERE/sensor.sh"

say() {
    echo "lab: $*" >&2
}

die() {
    say "$*"
    exit 1
}

usage() {
    cat <<'EOF'
usage: tests/live/lab.sh [-l] [-o FOLDER] [-k] [-p PROGRAM] [SCENARIO...]
  -l  list the scenarios
  -o  write captures and labels here (default: pcaps/)
  -k  keep the temporary folder, with the logs of every program
  -p  let this pinsight watch live, and judge it
Without a SCENARIO all are run; those of clients whose connections cannot be told apart (marked
"live" in the list) only with -p. Needs root; installs what is missing with apt-get.
EOF
}

# What a scenario says of itself; label.py reads it back.
meta() { printf '%s\t%s\n' "$1" "$2" >>"$RUN/meta"; }
shows() { meta shows "$1"; }
listed() { echo "$1" >>"$RUN/listed"; }
finding() { printf '%s\t%s\t%s\n' "$1" "$2" "$3" >>"$RUN/findings"; }
without_authority() { sed -i "s/^\($1\t.*\)\tyes$/\1\tno/" "$RUN/devices"; }

refuses() { # DEVICE NAME...
    local device=$1 name
    shift
    for name in "$@"; do
        finding "$REFUSES" "$device" "$name"
    done
}

# twin_of NAME: the scenario that runs the same function with other arguments.
twin_of() {
    scenario_table | awk -v name="$1" '
        { what[NR] = $5 " " $2; scenario[NR] = $1; if ($1 == name) mine = $5 " " $2 }
        END { for (i = 1; i <= NR; i++) if (what[i] == mine && scenario[i] != name) print scenario[i] }'
}

prepare() {
    mkdir -p "$LAB/bin" "$OUT/ca"
    chmod 755 "$LAB"
    say "making keys"
    python3 "$HERE/authorities.py" "$HERE/sites" "$KEYS"
    cat "$KEYS/public-root.pem" "$KEYS/private-root.pem" >"$LAB/public.pem"
    cp "$LAB/public.pem" "$LAB/upstream.pem"
    cp "$KEYS/public-root.pem" "$KEYS/private-root.pem" "$KEYS"/inspection-*.pem "$OUT/ca/"
}

build_clients() { # CLIENT...
    local client
    for client in "$@"; do
        case $client in
            go) [ -e "$LAB/bin/client" ] || build_go ;;
            okhttp) [ -e "$LAB/bin/Client.class" ] || build_okhttp ;;
        esac
    done
}

describe_run() { # PRODUCT MODE CLIENT...
    local product=$1 mode=$2 device client
    shift 2
    meta scenario "$SCENARIO"
    meta product "$product"
    meta mode "$mode"
    meta proxy "$GATEWAY4:$PROXY_PORT"
    [ -z "$(twin_of "$SCENARIO")" ] || meta twin "$(twin_of "$SCENARIO")"
    for device in $DEVICES; do
        printf '%s\t%s\t%s\tyes\n' "$device" "$(device_address "$device")" "$(device_mac "$device")"
    done >"$RUN/devices"
    for client in "$@"; do
        printf '%s\t%s\n' "$client" "$(version_of "$client")"
    done >"$RUN/versions"
    case $product in squid) product=squid-openssl ;; analysis) product=mitmproxy ;; esac
    printf 'proxy\t%s\n' "$(version_of "$product")" >>"$RUN/versions"
}

# The authority of this run's proxy, which every onboarded device believes.
choose_authority() { # PRODUCT
    cp "$LAB/public.pem" "$LAB/inspected.pem"
    [ "$1" != none ] || return 0
    local path=$KEYS/inspection-$1
    cat "$path.pem" >>"$LAB/inspected.pem"
    printf 'file\tinspection-%s.pem\nsubject\t%s\npin\t%s\n' "$1" \
        "$(openssl x509 -in "$path.pem" -noout -subject -nameopt RFC2253 | sed 's/^subject=//')" \
        "$(cat "$path.pin")" >"$RUN/authority"
}

make_capture() { # NAME PRODUCT MODE CLIENTS FUNCTION ARGUMENT...
    SCENARIO=$1 RUN=$LAB/$1
    local product=$2 mode=$3 clients=${4//,/ }
    shift 4
    mkdir -p "$RUN"
    case $SCENARIO in ipv6-*) FAMILY=6 ;; *) FAMILY=4 ;; esac
    # shellcheck disable=SC2086
    install_groups "$product" $clients
    # shellcheck disable=SC2086
    build_clients $clients
    say "$SCENARIO"
    network_up
    choose_authority "$product"
    # shellcheck disable=SC2086
    describe_run "$product" "$mode" $clients
    start_proxy "$product" "$mode"
    capture_start
    "$@"
    capture_stop
    sensor_stop
    network_down
    sensor_judge
    ! is_live_only "$SCENARIO" || return 0
    python3 "$HERE/label.py" "$RUN" "$HERE/sites" "$RUN/capture.pcap" "$RUN/label.json" ||
        die "$SCENARIO did not go as meant, see $RUN"
    cp "$RUN/capture.pcap" "$OUT/$SCENARIO.pcap"
    cp "$RUN/label.json" "$OUT/$SCENARIO.json"
}

finish() {
    local status=$?
    trap - EXIT
    network_down
    if [ "$KEEP" = yes ] || [ "$status" -ne 0 ]; then
        say "everything is in $LAB"
    else
        rm -rf "$LAB"
    fi
    exit "$status"
}

main() {
    local option row
    KEEP=no PINSIGHT='' RIGHT=0 WRONG=''
    while getopts 'hlko:p:' option; do
        case $option in
            l) list_scenarios; exit 0 ;;
            p) PINSIGHT=$(realpath "$OPTARG") ;;
            o) OUT=$OPTARG ;;
            k) KEEP=yes ;;
            h) usage; exit 0 ;;
            *) usage >&2; exit 2 ;;
        esac
    done
    shift $((OPTIND - 1))
    [ "$(id -u)" -eq 0 ] || die "needs root, because it makes network namespaces and captures in them"
    for row in "$@"; do
        scenarios_now | grep -q "^$row " || die "no scenario named $row; -l lists them"
    done
    LAB=$(mktemp -d "${TMPDIR:-/tmp}/pinlab.XXXXXX")
    KEYS=$LAB/keys
    trap finish EXIT
    trap 'exit 130' INT TERM
    install_groups base
    prepare
    while read -r -a row; do
        case " $* " in '  ' | *" ${row[0]} "*) make_capture "${row[@]}" </dev/null ;; esac
    done < <(scenarios_now)
    # shellcheck disable=SC2046
    python3 "$HERE/readme.py" "$OUT" $(scenario_table | awk '{ print $1 }')
    [ -z "$PINSIGHT" ] || say "pinsight was right in $RIGHT scenarios${WRONG:+ and wrong in:$WRONG}"
    [ -z "$WRONG" ]
}

is_live_only() {
    live_table | grep -q "^$1 "
}

# Without a sensor there is nothing to be seen of what only a sensor watches.
scenarios_now() {
    scenario_table
    [ -z "$PINSIGHT" ] || live_table
}

list_scenarios() {
    scenario_table | awk '{ print $1 }'
    live_table | awk '{ print $1, "(live)" }'
}

main "$@"
