# shellcheck shell=bash
# What the lab needs from the distribution, in groups, so that a scenario installs only its own.

packages_of() {
    case $1 in
        base) echo ca-certificates ethtool iproute2 nftables nginx-light openssl procps \
                  python3 python3-cryptography tcpdump util-linux ;;
        mitmproxy | analysis) echo mitmproxy ;;
        squid) echo squid-openssl ;;
        sslsplit) echo sslsplit ;;
        curl) echo curl ;;
        python) echo python3 python3-cryptography ;;
        go) echo golang-go ;;
        node) echo nodejs ;;
        okhttp) echo openjdk-17-jdk-headless libokhttp-java ;;
        gnutls) echo gnutls-bin ;;
        chromium) echo chromium libnss3-tools ;;
        none) ;;
        *) die "no package group named $1" ;;
    esac
}

is_installed() {
    dpkg-query --show --showformat='${db:Status-Abbrev}' "$1" 2>/dev/null | grep -q '^ii'
}

# Packages of proxies and servers start a daemon at once; in the lab only the namespaces may.
without_daemons() {
    local policy=/usr/sbin/policy-rc.d status=0
    if [ -e "$policy" ]; then
        "$@"
        return
    fi
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
    "$@" || status=$?
    rm -f "$policy"
    return "$status"
}

# install_groups GROUP...: every missing package of these groups, in one go.
install_groups() {
    local group package missing=()
    for group in "$@"; do
        for package in $(packages_of "$group"); do
            is_installed "$package" || missing+=("$package")
        done
    done
    [ "${#missing[@]}" -gt 0 ] || return 0
    say "installing ${missing[*]}"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive without_daemons \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >"$LAB/install.log" 2>&1 ||
        die "apt-get could not install ${missing[*]}: $(tail -n 1 "$LAB/install.log")"
    for package in nginx squid; do
        if [[ " ${missing[*]} " == *" $package"[-\ ]* ]] && command -v systemctl >/dev/null; then
            systemctl disable --quiet "$package" 2>/dev/null || true
        fi
    done
}
