# shellcheck shell=bash disable=SC2034
# The lab's network, in namespaces of its own that nothing outside can reach:
#
#   devices a, b, c --- lan0 (bridge, capture point) [gateway, proxies] wan0 --- wan0 [internet]
#
# A device is 10.20.0.N and fd20::N; the gateway is 10.20.0.1 and fd20::1 and routes, or hands
# port 443 to a proxy; the internet holds every address of the sites file.

DEVICES="a b c"
GATEWAY4=10.20.0.1
GATEWAY6=fd20::1

device_number() {
    case $1 in a) echo 11 ;; b) echo 12 ;; c) echo 13 ;; *) die "no device named $1" ;; esac
}

device_mac() { # documentation range of RFC 7042: global, and nobody's
    echo "00:00:5e:00:53:$(device_number "$1")"
}

device_address() {
    case ${FAMILY:-4} in
        4) echo "10.20.0.$(device_number "$1")" ;;
        6) echo "fd20::$(device_number "$1")" ;;
    esac
}

# become_in_net NAMESPACE COMMAND...: turn this shell into a command there, which sees the lab's
# host names.
become_in_net() {
    local space=$1
    shift
    # shellcheck disable=SC2016
    exec nsenter --net="/run/netns/$LAB_ID-$space" unshare --mount \
        sh -c 'mount --bind "$1" /etc/hosts; shift; exec "$@"' sh "$LAB/hosts" "$@"
}

in_net() {
    (become_in_net "$@")
}

# background NAME NAMESPACE COMMAND...: keeps running until the network goes down.
background() {
    local name=$1
    shift
    become_in_net "$@" >"$RUN/$name.log" 2>&1 &
    BACKGROUND+=("$!")
}

# wait_for SECONDS WHAT COMMAND...: until the command succeeds.
wait_for() {
    local tries=$(($1 * 10)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || die "$what did not come up, see $RUN"
        sleep 0.1
    done
}

is_listening() { # NAMESPACE PORT
    in_net "$1" ss -Hltn "sport = :$2" | grep -q LISTEN
}

write_hosts() {
    local name ipv4 ipv6 rest
    printf '127.0.0.1 localhost\n' >"$LAB/hosts"
    while read -r name ipv4 ipv6 rest; do
        case $name in '' | '#') continue ;; esac
        case ${FAMILY:-4} in
            4) printf '%s %s\n' "$ipv4" "$name" ;;
            6) printf '%s %s\n' "$ipv6" "$name" ;;
        esac
    done <"$HERE/sites" >>"$LAB/hosts"
}

add_namespace() {
    ip netns add "$LAB_ID-$1"
    NAMESPACES+=("$LAB_ID-$1")
    in_net "$1" sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
    ip -n "$LAB_ID-$1" link set lo up
}

add_gateway() {
    add_namespace gateway
    in_net gateway sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
    # Where bridges pass through netfilter, the capture would see addresses already redirected.
    in_net gateway sysctl -qw net.bridge.bridge-nf-call-iptables=0 \
        net.bridge.bridge-nf-call-ip6tables=0 2>/dev/null || true
    ip -n "$LAB_ID-gateway" link add lan0 address 00:00:5e:00:53:01 type bridge
    ip -n "$LAB_ID-gateway" address add "$GATEWAY4/24" dev lan0
    ip -n "$LAB_ID-gateway" address add "$GATEWAY6/64" dev lan0
    ip -n "$LAB_ID-gateway" link set lan0 up
    in_net gateway ethtool -K lan0 tx off tso off gso off >/dev/null 2>&1
}

# Checksums and segments are made by the kernel, as they look on a wire, not left to a device.
add_device() {
    local number
    number=$(device_number "$1")
    add_namespace "$1"
    ip link add eth0 netns "$LAB_ID-$1" address "$(device_mac "$1")" type veth \
        peer name "port-$1" netns "$LAB_ID-gateway"
    ip -n "$LAB_ID-gateway" link set "port-$1" master lan0 up
    in_net "$1" ethtool -K eth0 tx off tso off gso off >/dev/null 2>&1
    ip -n "$LAB_ID-$1" address add "10.20.0.$number/24" dev eth0
    ip -n "$LAB_ID-$1" address add "fd20::$number/64" dev eth0
    ip -n "$LAB_ID-$1" link set eth0 up
    ip -n "$LAB_ID-$1" route add default via "$GATEWAY4"
    ip -n "$LAB_ID-$1" route add default via "$GATEWAY6"
}

add_internet() {
    local name ipv4 ipv6 rest
    add_namespace internet
    while read -r name ipv4 ipv6 rest; do
        case $name in '' | '#') continue ;; esac
        ip -n "$LAB_ID-internet" address add "$ipv4/32" dev lo
        ip -n "$LAB_ID-internet" address add "$ipv6/128" dev lo
    done <"$HERE/sites"
}

add_distance() {
    local space
    python3 "$HERE/wan.py" "$HERE/sites" "/run/netns/$LAB_ID-gateway" \
        "/run/netns/$LAB_ID-internet" >"$RUN/wan.log" 2>&1 &
    BACKGROUND+=("$!")
    wait_for 10 "the distance to the internet" grep -q ready "$RUN/wan.log"
    for space in gateway internet; do
        ip -n "$LAB_ID-$space" link set wan0 up
        ip -n "$LAB_ID-$space" route add default dev wan0
        ip -n "$LAB_ID-$space" -6 route add default dev wan0
    done
    ip -n "$LAB_ID-gateway" address add 198.51.100.1/32 dev wan0
    ip -n "$LAB_ID-gateway" address add 3fff:a00::1/128 dev wan0
}

site_config() { # NAME IPV4 IPV6 SERVES LINES
    local h2='' page
    [ "$4" = h2 ] && h2=' http2'
    page=$(printf "$1 has nothing new to tell%.0s, " $(seq "$5"))
    cat <<EOF
server {
    listen $2:443 ssl$h2;
    listen [$3]:443 ssl$h2;
    server_name $1;
    ssl_certificate $KEYS/$1.chain;
    ssl_certificate_key $KEYS/$1.key;
    location / { return 200 "$page and says so.\n"; }
}
EOF
}

web_config() {
    local name ipv4 ipv6 serves rtt rest kind
    cat <<EOF
daemon off;
pid $RUN/nginx.pid;
error_log $RUN/nginx.error warn;
worker_processes 1;
events { worker_connections 256; }
http {
    access_log off;
    default_type text/plain;
    ssl_protocols TLSv1.2 TLSv1.3;
EOF
    for kind in client_body proxy fastcgi uwsgi scgi; do
        echo "    ${kind}_temp_path $RUN/$kind;"
    done
    while read -r name ipv4 ipv6 _ _ serves rtt rest; do
        case $name in '' | '#') continue ;; esac
        case $serves in http1 | h2) site_config "$name" "$ipv4" "$ipv6" "$serves" $((rtt / 3)) ;; esac
    done <"$HERE/sites"
    echo '}'
}

start_sites() {
    web_config >"$RUN/nginx.conf"
    background nginx internet nginx -p "$RUN" -c "$RUN/nginx.conf"
    background servers internet python3 "$HERE/servers.py" "$HERE/sites" "$KEYS"
    wait_for 10 "the web server" is_listening internet 443
    wait_for 10 "the other servers" server_answers
}

# rotate NAME: the site has a new key and certificate of the same authority from now on.
rotate() {
    sed -i "s#$KEYS/$1\.\(chain\|key\);#$KEYS/$1.next.\1;#" "$RUN/nginx.conf"
    kill -HUP "$(cat "$RUN/nginx.pid")"
    sleep 1
    printf '%s\t%s\n' "$(date +%s.%6N)" "$1" >>"$RUN/rotations"
}

server_answers() {
    in_net internet ss -Hltn 'sport = :443' | grep -qF "$(awk '$1 == "close.broken.example" { print $2 }' "$HERE/sites"):443"
}

network_up() {
    local device
    write_hosts
    add_gateway
    add_internet
    for device in $DEVICES; do
        add_device "$device"
    done
    add_distance
    start_sites
}

network_down() {
    local process space
    for process in "${BACKGROUND[@]:+${BACKGROUND[@]}}"; do
        kill "$process" 2>/dev/null || true
    done
    for process in "${BACKGROUND[@]:+${BACKGROUND[@]}}"; do
        wait "$process" 2>/dev/null || true
    done
    for space in "${NAMESPACES[@]:+${NAMESPACES[@]}}"; do
        ip netns delete "$space" 2>/dev/null || true
    done
    BACKGROUND=() NAMESPACES=()
}

capture_start() {
    background tcpdump gateway tcpdump -i lan0 -s 0 -U -Z root -w "$RUN/capture.pcap" tcp
    CAPTURE=${BACKGROUND[-1]}
    wait_for 10 tcpdump grep -q 'listening on' "$RUN/tcpdump.log"
}

capture_stop() {
    sleep 1.5 # the last connections close, and tcpdump gets its buffer
    kill "$CAPTURE"
    wait "$CAPTURE" || true
}
