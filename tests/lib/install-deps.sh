#!/bin/sh
# Install what this project needs and this machine lacks: install-deps.sh GROUP...
#
# The one list of Debian packages for building and testing (tests/live/ has its own for the lab). When nothing is missing, nothing is asked of the network and no
# rights are needed.
set -eu

packages_of() {
    case $1 in
    build)
        echo gcc libc6-dev make pkg-config libpcap-dev libndpi-dev libjson-c-dev libyaml-dev \
            libssl-dev libmicrohttpd-dev libcap-ng-dev libseccomp-dev libsqlite3-dev zlib1g-dev libzstd-dev uthash-dev libxxhash-dev
        ;;
    check) echo binutils dpkg-dev iproute2 perl procps python3 tcpdump ;;
    lint) echo clang-format clang-tidy shellcheck ;;
    bench) echo python3 tcpdump libndpi-bin tshark valgrind ;;
    fuzz) echo clang libclang-rt-14-dev llvm ;;
    *)
        echo "install-deps.sh: no group is called $1" >&2
        exit 2
        ;;
    esac
}

if ! command -v dpkg-query >/dev/null; then
    echo "This is no Debian, so nothing is installed here; tests/lib/install-deps.sh lists what is needed." >&2
    exit 0
fi

# One at a time: apt has no patience with another apt, and make may run several of us.
exec 9<"$0"
flock 9

wanted=
for group in "$@"; do
    wanted="$wanted $(packages_of "$group")"
done

# shellcheck disable=SC2086 # a list of names, to be split
installed=" $(dpkg-query -W -f '${Package}/${db:Status-Status} ' $wanted 2>/dev/null || true)"
missing=
for package in $wanted; do
    case $installed in
    *" $package/installed "*) ;;
    *) missing="$missing $package" ;;
    esac
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "Missing packages, and neither root nor sudo to install them:$missing" >&2
        exit 1
    fi
    as_root=sudo
fi
echo "installing:$missing"
$as_root apt-get update -q -o Acquire::Retries=3
# shellcheck disable=SC2086 # a list of names, to be split
$as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y -o Acquire::Retries=3 --no-install-recommends $missing
