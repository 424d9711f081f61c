# shellcheck shell=bash
# The inspection proxies on the gateway, each with an authority of its own, and who meets them.

PROXY_PORT=8443

# start_proxy PRODUCT MODE: MODE is transparent or explicit; PRODUCT none inspects nothing.
start_proxy() {
    [ "$1" != none ] || return 0
    "start_$1" "$2"
    wait_for 20 "$1" is_listening gateway "$PROXY_PORT"
    [ "$2" = explicit ] || redirect
}

start_mitmproxy() { # MODE [AUTHORITY]
    local mode=$1 authority=$KEYS/inspection-${2:-mitmproxy}
    [ "$mode" = transparent ] || mode=regular
    mkdir -p "$RUN/mitmproxy"
    cat "$authority.key" "$authority.pem" >"$RUN/mitmproxy/mitmproxy-ca.pem"
    run_mitmproxy --mode "$mode"
}

# The same program as a person uses it to read an app's traffic.
start_analysis() {
    start_mitmproxy "$1" analysis
}

run_mitmproxy() { # OPTION...
    background mitmproxy gateway mitmdump --listen-port "$PROXY_PORT" "$@" \
        --set confdir="$RUN/mitmproxy" --set ssl_verify_upstream_trusted_ca="$LAB/upstream.pem"
    PROXY_PROCESS=${BACKGROUND[-1]}
}

squid_config() {
    cat <<EOF
visible_hostname gateway.corp.example
hosts_file $LAB/hosts
http_port 127.0.0.1:3127
https_port $PROXY_PORT intercept ssl-bump tls-cert=$RUN/squid/ca.pem generate-host-certificates=on
sslcrtd_program /usr/lib/squid/security_file_certgen -s $RUN/squid/db -M 4MB
sslcrtd_children 2
tls_outgoing_options cafile=$LAB/upstream.pem
acl hello at_step SslBump1
ssl_bump peek hello
ssl_bump bump all
http_access allow all
cache deny all
access_log none
cache_log $RUN/squid/cache.log
pid_filename none
shutdown_lifetime 0 seconds
EOF
}

start_squid() {
    mkdir -p "$RUN/squid"
    cat "$KEYS/inspection-squid.pem" "$KEYS/inspection-squid.key" >"$RUN/squid/ca.pem"
    squid_config >"$RUN/squid.conf"
    /usr/lib/squid/security_file_certgen -c -s "$RUN/squid/db" -M 4MB >/dev/null
    chown -R proxy: "$RUN/squid"
    background squid gateway squid -N -f "$RUN/squid.conf"
}

start_sslsplit() {
    background sslsplit gateway sslsplit -u root -e netfilter -k "$KEYS/inspection-sslsplit.key" \
        -c "$KEYS/inspection-sslsplit.pem" https "$GATEWAY4" "$PROXY_PORT"
}

# Port 443 of everyone goes to the proxy, but for destinations in the sets and devices let through.
redirect() {
    in_net gateway nft -f - <<EOF
table inet lab {
    set bypass4 { type ipv4_addr; }
    set bypass6 { type ipv6_addr; }
    set exempt { type ipv4_addr; }
    chain inspect {
        type nat hook prerouting priority dstnat;
        ip daddr @bypass4 accept
        ip6 daddr @bypass6 accept
        ip saddr @exempt accept
        iifname "lan0" tcp dport 443 redirect to :$PROXY_PORT
    }
}
EOF
}

# bypass NAME: from now on connections to this site pass the gateway untouched.
bypass() {
    local ipv4 ipv6
    read -r ipv4 ipv6 < <(awk -v name="$1" '$1 == name { print $2, $3 }' "$HERE/sites")
    in_net gateway nft add element inet lab bypass4 "{ $ipv4 }"
    in_net gateway nft add element inet lab bypass6 "{ $ipv6 }"
    printf '%s\t%s\t%s\n' "$(date +%s.%6N)" '*' "$1" >>"$RUN/policy"
}

# splice NAME: from now on mitmproxy passes this site's TLS through without ending it.
splice() {
    kill "$PROXY_PROCESS"
    wait "$PROXY_PROCESS" || true
    run_mitmproxy --mode transparent --ignore-hosts "^${1//./\\.}(:443)?\$"
    wait_for 20 mitmproxy is_listening gateway "$PROXY_PORT"
    printf '%s\t%s\t%s\n' "$(date +%s.%6N)" '*' "$1" >>"$RUN/policy"
}

# exempt DEVICE: from now on none of this device's connections is inspected.
exempt() {
    in_net gateway nft add element inet lab exempt "{ $(device_address "$1") }"
    printf '%s\t%s\t%s\n' "$(date +%s.%6N)" "$(device_address "$1")" '*' >>"$RUN/policy"
}
