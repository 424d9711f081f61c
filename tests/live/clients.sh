# shellcheck shell=bash
# Real clients, each a way that apps are built. Every one gets its local port from here and reports
# how it went in its own words; nothing else goes into a label.
#
# A client function takes DEVICE MODE NAME PORT and prints outcome, words, TLS version and issuer,
# tab separated. MODE is trust, noca (store lacks the inspection authority), pin, or preconnect.
# Set for one call: TLS (1.2, 1.3), CERT and KEY (client certificate), PROXY (host:port).

next_port() {
    (
        flock 9
        local port
        port=$(cat "$RUN/port-$1" 2>/dev/null || echo 40000)
        echo $((port + ${2:-1})) >"$RUN/port-$1"
        echo "$port"
    ) 9>"$RUN/port-lock"
}

trust_store() {
    case $1 in noca) echo "$LAB/public.pem" ;; *) echo "$LAB/inspected.pem" ;; esac
}

pin_of() {
    cat "$KEYS/$1.pin"
}

curl_outcome() {
    case $1 in
        0) echo completed ;;
        60) echo rejected-in-handshake ;;
        90) echo rejected-post-handshake ;;
        *) echo failed ;;
    esac
}

client_curl() {
    local device=$1 mode=$2 name=$3 port=$4 said status=0 issuer
    local -a options=(--silent --show-error --output "$RUN/page" --max-time 20
        --local-port "$port" --cacert "$(trust_store "$mode")")
    [ "$mode" != pin ] || options+=(--pinnedpubkey "sha256//$(pin_of "$name")")
    [ -z "${TLS:-}" ] || options+=("--tlsv$TLS" --tls-max "$TLS")
    [ -z "${PROXY:-}" ] || options+=(--proxy "http://$PROXY")
    [ -z "${CERT:-}" ] || options+=(--cert "$CERT" --key "$KEY")
    said=$(in_net "$device" curl "${options[@]}" --write-out 'HTTP %{http_code}\n%{certs}' \
        "https://$name/curl" 2>&1) || status=$?
    issuer=$(sed -n 's/^Issuer:.*CN *= *//p' <<<"$said" | head -n 1)
    printf '%s\texit %d: %s\t\t%s\n' "$(curl_outcome "$status")" "$status" \
        "$(head -n 1 <<<"$said")" "$issuer"
}

# run_client DEVICE MODE NAME PORT COMMAND...: for clients that take the same arguments.
run_client() {
    local device=$1 mode=$2 name=$3 port=$4
    shift 4
    TRUST=$(trust_store "$mode") PIN=$(pin_of "$name") in_net "$device" \
        "$@" "$mode" "$name" "$(device_address "$device")" "$port"
}

client_python() { run_client "$@" /usr/bin/python3 "$HERE/client.py"; }
client_go() { run_client "$@" "$LAB/bin/client"; }
client_node() { run_client "$@" node "$HERE/client.js"; }

# It cannot be given a local port, so its connections cannot be told apart in a capture.
client_gnutls() {
    local device=$1 mode=$2 name=$3 said status=0
    said=$({ printf 'GET /gnutls HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$name"; sleep 2; } |
        in_net "$device" timeout 20 gnutls-cli --x509cafile "$(trust_store "$mode")" --port 443 \
            --sni-hostname "$name" "$name" 2>&1) || status=$?
    if grep -q '^HTTP/1.1 200' <<<"$said"; then
        printf 'completed\tHTTP 200\n'
    else
        printf 'rejected-in-handshake\texit %s: %s\n' "$status" "$(grep '^\*\*\*' <<<"$said" | head -n 1)"
    fi
}

# A browser opens as many connections as it likes. Its store is a folder that certutil fills.
client_chromium() {
    local device=$1 mode=$2 name=$3 home=$RUN/chromium-$1-$2 said
    if [ ! -e "$home" ]; then
        mkdir -p "$home/.pki/nssdb"
        certutil -d "sql:$home/.pki/nssdb" -N --empty-password
        certutil -d "sql:$home/.pki/nssdb" -A -t C,, -n public -i "$KEYS/public-root.pem"
        [ "$mode" = noca ] || certutil -d "sql:$home/.pki/nssdb" -A -t C,, -n inspection \
            -i "$KEYS/$(sed -n 's/^file\t//p' "$RUN/authority")"
    fi
    said=$(HOME=$home in_net "$device" timeout 40 chromium --headless --no-sandbox --disable-gpu \
        --disable-quic --no-first-run --disable-background-networking --disable-component-update \
        --disable-sync --user-data-dir="$home/profile" --dump-dom "https://$name/chromium" 2>/dev/null) || true
    if grep -q 'and says so' <<<"$said"; then
        printf 'completed\tthe page is there\n'
    else
        printf 'rejected-in-handshake\tno page\n'
    fi
}

build_go() {
    GO111MODULE=off GOCACHE=$LAB/go-cache GOPATH=$LAB/go go build -o "$LAB/bin/client" "$HERE/client.go"
}

build_okhttp() {
    javac -d "$LAB/bin" -cp "$OKHTTP" "$HERE/Client.java"
}

# Versions of what took part, for the label.
version_of() {
    case $1 in
        curl) curl --version | awk 'NR == 1 { print $1, $2, $5 }' ;;
        python) /usr/bin/python3 -c 'import platform, ssl
print("Python", platform.python_version(), "ssl,", " ".join(ssl.OPENSSL_VERSION.split()[:2]))' ;;
        go) go version | awk '{ print "Go", substr($3, 3), "net/http" }' ;;
        node) node -p 'const v = process.versions; "Node.js " + v.node + " https, OpenSSL " + v.openssl' ;;
        gnutls) gnutls-cli --version | awk 'NR == 1 { print $1, $2 }' ;;
        chromium) chromium --version 2>/dev/null | awk '{ print $1, $2 }' ;;
        okhttp) echo "OkHttp $(dpkg-query -Wf '${Version}' libokhttp-java | cut -d- -f1), OpenJDK $(
            dpkg-query -Wf '${Version}' openjdk-17-jdk-headless | cut -d+ -f1)" ;;
        mitmproxy | squid-openssl | sslsplit) dpkg-query -Wf '${Package} ${Version}' "$1" | sed 's/-[^-]*$//' ;;
        none) echo none ;;
    esac
}

report() { # TIME DEVICE PORT CLIENT MODE NAME SAID
    local IFS=$'\t'
    echo "$*" >>"$RUN/reports"
}

# visit DEVICE CLIENT MODE NAME: one request on a connection of its own.
visit() {
    local device=$1 client=$2 mode=$3 name=$4 port when said
    sensor_start
    port=$(next_port "$device")
    when=$(date +%s.%6N)
    said=$("client_$client" "$device" "$mode" "$name" "$port")
    report "$when" "$device" "$port" "$client" "$mode" "$name" "$said"
}

# browse DEVICE:CLIENT:NAME...: ordinary use, one after the other.
browse() {
    local device client name
    for one in "$@"; do
        IFS=: read -r device client name <<<"$one"
        visit "$device" "$client" trust "$name"
        sleep 0.4
    done
}

# okhttp_app DEVICE MODE PINNED GAP NAME...: one app, which asks each NAME in turn.
okhttp_app() {
    local device=$1 mode=$2 pinned=$3 gap=$4 port when rest name said
    shift 4
    port=$(next_port "$device" $#)
    TRUST=$(trust_store "$mode") PIN=$(pin_of "$pinned") PINNED=$pinned in_net "$device" \
        java -cp "$LAB/bin:$OKHTTP" Client "$mode" "$(device_address "$device")" "$port" "$gap" "$@" |
        while IFS=$'\t' read -r when port name rest; do
            said=$mode
            [ "$mode" != pin ] || [ "$name" = "$pinned" ] || said=trust
            report "$when" "$device" "$port" okhttp "$said" "$name" "$rest"
        done
}
