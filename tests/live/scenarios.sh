# shellcheck shell=bash disable=SC2034
# The scenarios: what each capture shows. A twin is the same but for one thing and stays quiet.
#
# name                  proxy       mode         clients              function and arguments
scenario_table() {
    cat <<'EOF'
pinned-curl-tls13       mitmproxy   transparent  curl,python          curl_app pin noca
trusting-curl-tls13     mitmproxy   transparent  curl,python          curl_app trust trust
pinned-go-tls13         mitmproxy   transparent  go,python            go_app pin
trusting-go-tls13       mitmproxy   transparent  go,python            go_app trust
pinned-okhttp-tls13     mitmproxy   transparent  okhttp,python        okhttp_pinner pin
trusting-okhttp-tls13   mitmproxy   transparent  okhttp,python        okhttp_pinner trust
pinned-node-tls13       mitmproxy   transparent  node,python          node_app pin
trusting-node-tls13     mitmproxy   transparent  node,python          node_app trust
pinned-python-tls12     mitmproxy   transparent  python,curl          python_app noca pin
trusting-python-tls12   mitmproxy   transparent  python,curl          python_app trust trust
refused-then-direct     mitmproxy   transparent  go,python            bypass_after refusals
direct-by-policy        mitmproxy   transparent  go,python            bypass_after nothing
refused-then-spliced    mitmproxy   transparent  go,python            splice_after refusals
spliced-by-policy       mitmproxy   transparent  go,python            splice_after nothing
no-authority-device     mitmproxy   transparent  curl,go,python       whole_device noca
onboarded-device        mitmproxy   transparent  curl,go,python       whole_device trust
unused-connections      mitmproxy   transparent  python,curl          unused_connections
explicit-proxy-pinned   mitmproxy   explicit     curl,python          explicit_proxy pin
explicit-proxy-trusting mitmproxy   explicit     curl,python          explicit_proxy trust
opaque-direct           mitmproxy   transparent  go,python            vendor_sync direct
opaque-inspected        mitmproxy   transparent  go,python            vendor_sync inspected
mtls-required           mitmproxy   transparent  curl,python          partner_service without
mtls-provided           mitmproxy   transparent  curl,python          partner_service with
server-fault            mitmproxy   transparent  curl,python          broken_servers
pinned-curl-squid       squid       transparent  curl,python          curl_app pin noca
trusting-curl-squid     squid       transparent  curl,python          curl_app trust trust
pinned-go-sslsplit      sslsplit    transparent  go,python            go_app pin
trusting-go-sslsplit    sslsplit    transparent  go,python            go_app trust
no-inspection           none        none         curl,python,go       plain_browsing
key-rotation-pinned     none        none         go,python,curl       key_rotation pin
key-rotation-trusting   none        none         go,python,curl       key_rotation trust
analysis-proxy          analysis    transparent  curl,python          read_traffic all
analysis-one-site       analysis    transparent  curl,python          read_traffic one
ipv6-pinned             mitmproxy   transparent  go,curl,python       ipv6_app pin
ipv6-trusting           mitmproxy   transparent  go,curl,python       ipv6_app trust
EOF
}

# For the sensor alone: clients whose local ports nobody can choose, so that no label can name their
# connections one by one. The browser takes part where it is installed.
live_table() {
    cat <<'EOF'
pinned-gnutls           mitmproxy   transparent  gnutls,python        store_of_its_own gnutls noca
trusting-gnutls         mitmproxy   transparent  gnutls,python        store_of_its_own gnutls trust
EOF
    ! command -v chromium >/dev/null || cat <<'EOF'
refusing-chromium       mitmproxy   transparent  chromium,python      store_of_its_own chromium noca
trusting-chromium       mitmproxy   transparent  chromium,python      store_of_its_own chromium trust
EOF
}

REFUSES=pinning_suspected,inspection_refused

# Two apps on curl on device a. One compares the key after the handshake (Finished, close_notify,
# close: S4), one has a store of its own (an alert in clear, even in TLS 1.3: S1).
curl_app() {
    if [ "$1" = trust ]; then
        shows "quiet twin: the same apps accept the inspection authority"
    else
        shows "curl --pinnedpubkey (S4) and curl with a store of its own (S1) refuse inspection; all TLS 1.3"
        refuses a api.bank.example pay.wallet.example
    fi
    local gap
    browse a:curl:www.news.example b:python:cdn.shop.example a:python:mail.corp.example b:python:api.bank.example
    for gap in 2.1 3.4 1.7 2.6 1.2; do
        visit a curl "$1" api.bank.example
        sleep 0.7
        visit a curl "$2" pay.wallet.example
        [ "$gap" != 3.4 ] || browse a:curl:maps.travel.example b:python:img.social.example
        sleep "$gap"
    done
    browse a:curl:video.stream.example b:python:pay.wallet.example
}

# An app on Go checks the key inside the handshake: its alert is the first encrypted record (S2).
go_app() {
    if [ "$1" = trust ]; then
        shows "quiet twin: the same app without the check"
    else
        shows "a Go app that checks the key in VerifyPeerCertificate refuses with an encrypted alert (S2)"
        refuses a api.bank.example
    fi
    local gap
    browse a:go:cdn.shop.example b:python:www.news.example a:go:img.social.example b:python:api.bank.example
    for gap in 2.2 4.1 3.0 5.2 1.5; do
        visit a go "$1" api.bank.example
        [ "$gap" != 3.0 ] || browse a:go:maps.travel.example b:python:mail.corp.example
        sleep "$gap"
    done
    browse a:go:video.stream.example b:python:cdn.shop.example
}

# One OkHttp client with a CertificatePinner for one host. JSSE pads its records by 16 bytes and
# says user_canceled and close_notify after its Finished (S4). Device b has old software (TLS 1.2).
okhttp_pinner() {
    if [ "$1" = trust ]; then
        shows "quiet twin: the same app without a pinner"
    else
        shows "OkHttp's CertificatePinner refuses after the handshake (S4, padded records); another device speaks TLS 1.2"
        refuses a api.bank.example
    fi
    TLS=1.2 browse b:python:www.news.example
    okhttp_app a "$1" api.bank.example 2300 cdn.shop.example img.social.example api.bank.example \
        api.bank.example maps.travel.example api.bank.example api.bank.example api.bank.example \
        mail.corp.example &
    local app=$!
    sleep 4
    TLS=1.2 browse b:python:cdn.shop.example b:python:api.bank.example
    wait "$app"
    TLS=1.2 browse b:python:maps.travel.example
}

# Node.js finds out before its Finished has left: nothing but a FIN is on the wire (S3).
node_app() {
    if [ "$1" = trust ]; then
        shows "quiet twin: the same app without the check"
    else
        shows "Node.js refuses a key by a bare FIN after the server's flight (S3); another device speaks TLS 1.2"
        refuses a api.bank.example
    fi
    local gap
    browse a:node:cdn.shop.example a:node:www.news.example
    TLS=1.2 browse b:python:api.bank.example b:python:img.social.example
    for gap in 2.2 3.1 1.4 2.8 3.6 2.0; do
        visit a node "$1" api.bank.example
        [ "$gap" != 1.4 ] || browse a:node:maps.travel.example b:python:mail.corp.example
        sleep "$gap"
    done
    browse a:node:video.stream.example
}

# Two apps on Python in TLS 1.2, where the forged certificate can be read: one with a store of its
# own (alert in clear: S1), one that compares the key afterwards and hangs up without a word (S5).
python_app() {
    if [ "$1" = trust ]; then
        shows "quiet twin: the same apps accept the inspection authority"
    else
        shows "Python in TLS 1.2: an app with a store of its own (S1) and one that checks the key after the handshake (S5)"
        refuses a api.bank.example pay.wallet.example
    fi
    local gap
    local -x TLS=1.2
    browse a:python:www.news.example b:curl:cdn.shop.example a:python:mail.corp.example b:curl:pay.wallet.example
    for gap in 1.2 2.4 1.7 3.1 0.9 2.2 1.3; do
        [ "$gap" = 0.9 ] || [ "$gap" = 1.3 ] || visit a python "$1" api.bank.example
        sleep 0.6
        visit a python "$2" pay.wallet.example
        [ "$gap" != 1.7 ] || browse a:python:maps.travel.example b:curl:api.bank.example
        sleep "$gap"
    done
    browse a:python:video.stream.example b:curl:img.social.example
}

# A pinned app refuses, then the operator lets its destination through and the app works. In the
# twin the destination was let through from the start, and the operator's list says so.
refused_then() { # refusals|nothing, bypass|splice, how in words
    local gap
    if [ "$1" = refusals ]; then
        shows "a Go app refuses five times, then $3 and it works directly"
        finding refused_then_direct a api.bank.example
    else
        shows "quiet twin: from the start $3, and the list of bypasses names it"
        "$2" api.bank.example
        listed api.bank.example
    fi
    browse a:go:cdn.shop.example a:go:www.news.example
    TLS=1.2 browse b:python:img.social.example b:python:maps.travel.example
    for gap in 1.6 2.7 1.9 3.2 1.1; do
        visit a go pin api.bank.example
        [ "$gap" != 1.9 ] || browse a:go:img.social.example b:python:mail.corp.example
        sleep "$gap"
    done
    [ "$1" != refusals ] || "$2" api.bank.example
    for gap in 1.3 2.9 2.2 3.4; do
        visit a go pin api.bank.example
        sleep "$gap"
    done
    browse a:go:video.stream.example b:python:cdn.shop.example
}

bypass_after() {
    refused_then "$1" bypass "the gateway routes its destination past the proxy"
}

# The TCP connection still ends at the proxy, so only the server's TLS answer tells the difference.
splice_after() {
    refused_then "$1" splice "the proxy passes its destination's TLS through untouched"
}

# A device without the inspection authority refuses whatever it visits, with every stack.
whole_device() {
    local site mode=$1
    if [ "$mode" = trust ]; then
        shows "quiet twin: the same device with the authority installed"
    else
        shows "a device without the inspection authority refuses every destination with two stacks; its neighbour does not"
        without_authority a
        finding device_not_onboarded a -
    fi
    TLS=1.2 browse b:python:www.news.example
    for site in www.news cdn.shop img.social mail.corp maps.travel video.stream; do
        visit a curl "$mode" "$site.example"
        sleep 0.8
        visit a go "$mode" "$site.example"
        sleep 0.9
    done
    browse b:curl:cdn.shop.example b:python:mail.corp.example b:python:maps.travel.example
    for site in www.news cdn.shop maps.travel; do
        visit a curl "$mode" "$site.example"
        sleep 0.7
    done
}

# Health checks and spare connections: handshakes that look exactly like a pin check after the
# handshake, but the same app also gets its data from the same place.
unused_connections() {
    shows "health checks close right after the handshake, while the same app gets data from the same destination: quiet"
    local gap
    browse a:python:www.news.example b:curl:cdn.shop.example b:curl:maps.travel.example
    for gap in 1.1 2.0 1.4 2.6 1.2 1.9 2.2; do
        visit a python preconnect api.bank.example
        [ "$gap" != 2.0 ] || browse a:python:api.bank.example a:python:img.social.example
        [ "$gap" != 1.2 ] || browse a:python:api.bank.example b:curl:mail.corp.example
        sleep "$gap"
    done
    browse a:python:api.bank.example a:python:cdn.shop.example
}

# All through CONNECT: the address on the wire is the proxy's.
explicit_proxy() {
    if [ "$1" = trust ]; then
        shows "quiet twin: the same without the pin"
    else
        shows "apps behind an explicit proxy (HTTP CONNECT), one of which pins its key (S4)"
        refuses a api.bank.example
    fi
    local gap
    local -x PROXY=$GATEWAY4:$PROXY_PORT
    browse a:curl:www.news.example a:curl:cdn.shop.example
    TLS=1.2 browse b:python:img.social.example b:python:api.bank.example
    for gap in 2.3 3.1 1.8 4.0 2.4; do
        visit a curl "$1" api.bank.example
        [ "$gap" != 1.8 ] || browse a:curl:maps.travel.example b:python:mail.corp.example
        sleep "$gap"
    done
    browse a:curl:video.stream.example b:python:cdn.shop.example
}

# Two destinations that only one device uses and that nobody listed pass the gateway uninspected:
# one in TLS 1.3, where only the answering machine differs, one in TLS 1.2 with a private issuer.
vendor_sync() {
    local gap
    if [ "$1" = direct ]; then
        shows "a device reaches two destinations of a private authority directly, past the inspection (TLS 1.3 and 1.2)"
        finding opaque_direct a sync.vendor.example
        finding opaque_direct a relay.vendor.example
        bypass sync.vendor.example
        bypass relay.vendor.example
    else
        shows "quiet twin: the same destinations are inspected like any other"
    fi
    browse a:go:cdn.shop.example a:go:www.news.example b:python:cdn.shop.example
    TLS=1.2 browse b:python:www.news.example
    for gap in 3.1 2.2 3.8 2.6 1.9; do
        visit a go trust sync.vendor.example
        sleep 0.8
        TLS=1.2 visit a go trust relay.vendor.example
        [ "$gap" != 3.8 ] || browse a:go:maps.travel.example b:python:mail.corp.example
        sleep "$gap"
    done
    browse a:go:img.social.example b:python:maps.travel.example
}

# Servers that ask for a client certificate and end the handshake without one; as no proxy can
# supply it, they are on the list of bypasses.
partner_service() {
    local gap
    local -x CERT='' KEY=''
    if [ "$1" = without ]; then
        shows "servers demand a client certificate (TLS 1.2 and 1.3, direct by policy) and the client has none"
        finding mtls_required a gw.partner.example
        finding mtls_required a b2b.partner.example
    else
        shows "quiet twin: the same clients with their certificate"
    fi
    bypass gw.partner.example
    bypass b2b.partner.example
    listed '*.partner.example'
    browse a:curl:www.news.example b:python:cdn.shop.example
    TLS=1.2 browse b:python:img.social.example
    [ "$1" = without ] || CERT=$KEYS/partner-client.pem KEY=$KEYS/partner-client.key
    for gap in 1.6 2.4 1.3 2.9; do
        visit a curl trust gw.partner.example
        sleep 0.7
        visit a curl trust b2b.partner.example
        sleep 0.6
        [ "$gap" = 1.6 ] || [ "$gap" = 1.3 ] || visit a python trust b2b.partner.example
        sleep "$gap"
    done
    CERT='' KEY=''
    browse a:curl:maps.travel.example b:python:mail.corp.example
}

# Servers that reset, alert or close in the handshake: through the proxy (device a) and, for
# device b, which is exempt, directly. None of it is the client's doing.
broken_servers() {
    shows "servers that reset, alert or close in the handshake, through the proxy and directly: quiet"
    local gap site
    exempt b
    browse a:curl:www.news.example a:python:cdn.shop.example
    TLS=1.2 browse a:python:mail.corp.example
    for gap in 0.9 1.7 2.1 1.2; do
        for site in reset alert close; do
            visit a curl trust "$site.broken.example"
            sleep 0.5
            visit b python trust "$site.broken.example"
            sleep 0.6
        done
        sleep "$gap"
    done
    browse a:curl:maps.travel.example a:curl:img.social.example
}

# Nobody inspects anything.
plain_browsing() {
    shows "ordinary clients of three devices where nothing is inspected: quiet"
    local site
    for site in www.news cdn.shop img.social maps.travel; do
        browse "a:curl:$site.example" "b:python:$site.example" "c:go:$site.example"
    done
    TLS=1.2 browse a:curl:api.bank.example b:python:mail.corp.example c:go:pay.wallet.example
}

# A site gets a new key, signed as before. An app on two devices that pins the old one breaks until
# it is updated; nothing is inspected.
key_rotation() {
    local gap
    if [ "$1" = pin ]; then
        shows "nothing is inspected; a site renews its key, and a Go app that pins the old one refuses the genuine certificate on two devices until it is updated"
        finding pin_rotation_breakage a api.bank.example
    else
        shows "quiet twin: the same app pins nothing and accepts the new key"
    fi
    browse a:python:www.news.example b:curl:cdn.shop.example
    local -x TLS=1.2
    visit a go "$1" api.bank.example
    visit b go "$1" api.bank.example
    browse c:python:api.bank.example
    rotate api.bank.example
    for gap in 1.4 2.1 1.2; do
        visit a go "$1" api.bank.example
        sleep 0.8
        visit b go "$1" api.bank.example
        [ "$gap" != 2.1 ] || browse c:python:api.bank.example a:curl:maps.travel.example
        sleep "$gap"
    done
    visit b go trust api.bank.example
    sleep 0.5
    visit a go trust api.bank.example
    browse a:python:img.social.example
}

# Somebody reads the traffic with an analysis proxy that no operator knows of.
read_traffic() {
    local site
    local -a sites=(www.news cdn.shop img.social mail.corp maps.travel video.stream)
    local -x TLS=1.2
    if [ "$1" = all ]; then
        shows "an analysis proxy that nobody configured forges the certificates of six sites"
        finding unknown_interceptor a -
    else
        shows "quiet twin: the same with one site, which might have a private authority"
        sites=(www.news www.news www.news www.news www.news www.news)
    fi
    for site in "${sites[@]}"; do
        browse "a:curl:$site.example" "b:python:$site.example"
    done
}

# Everything over IPv6.
ipv6_app() {
    local mode=$1 other=trust gap
    [ "$mode" = trust ] || other=noca
    if [ "$mode" = trust ]; then
        shows "quiet twin: the same apps accept the inspection authority"
    else
        shows "over IPv6: a Go app that checks the key (S2) and curl with a store of its own (S1) refuse inspection"
        refuses a api.bank.example pay.wallet.example
    fi
    browse a:go:cdn.shop.example a:curl:www.news.example
    TLS=1.2 browse b:python:img.social.example b:python:api.bank.example
    for gap in 2.1 1.4 3.3 2.2 1.8; do
        visit a go "$mode" api.bank.example
        sleep 0.8
        visit a curl "$other" pay.wallet.example
        [ "$gap" != 3.3 ] || browse a:go:maps.travel.example b:python:mail.corp.example
        sleep "$gap"
    done
    browse a:curl:video.stream.example b:python:pay.wallet.example
}

# An app of one device on this client does not believe the inspection authority when it talks to its
# bank, while the device's other traffic, that of the same client included, is inspected.
store_of_its_own() { # CLIENT noca|trust
    local client=$1 mode=$2 gap
    shows "an app on $client that has a store of its own for one destination ($mode)"
    [ "$mode" = trust ] || refuses a api.bank.example
    browse "a:$client:www.news.example" b:python:cdn.shop.example a:python:mail.corp.example \
        b:python:api.bank.example
    for gap in 2.1 3.4 1.7 2.6 1.2; do
        visit a "$client" "$mode" api.bank.example
        [ "$gap" != 3.4 ] || browse "a:$client:maps.travel.example" b:python:img.social.example
        sleep "$gap"
    done
    browse "a:$client:video.stream.example"
}
