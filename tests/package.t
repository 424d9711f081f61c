#!/bin/sh
# `make install` and `make deb` put everything in its place; lintian, where it is there, finds no
# error. The package itself is installed by nobody here: that is for a machine of its own.
# shellcheck disable=SC2016,SC2034 # claims are expanded when they are tried
set -eu

cd "$(dirname "$0")/.."
if [ "${PINSIGHT_BUILD:-build/release}" != build/release ]; then
    echo "1..0 # SKIP only the release build is packaged"
    exit
fi
if ! command -v dpkg-shlibdeps >/dev/null; then
    echo "1..0 # SKIP dpkg-dev is missing"
    exit
fi
number=0
failed=0
claim() {
    number=$((number + 1))
    if eval "$2" >"$log" 2>&1; then
        echo "ok $number - $1"
    else
        failed=1
        echo "not ok $number - $1"
        sed 's/^/# /' "$log"
    fi
}

log=$(mktemp)
root=$(mktemp -d)
trap 'rm -rf "$log" "$root"' EXIT
unset MAKEFLAGS MFLAGS

claim "make install" 'make install DESTDIR="$root" PREFIX=/opt/p'
for file in opt/p/bin/pinsight opt/p/share/man/man1/pinsight.1 \
    opt/p/lib/systemd/system/pinsight.service opt/p/lib/systemd/system/pinsight@.service \
    opt/p/lib/sysusers.d/pinsight.conf opt/p/lib/tmpfiles.d/pinsight.conf \
    etc/pinsight/pinsight.yaml etc/default/pinsight etc/logrotate.d/pinsight; do
    claim "installs /$file" 'test -s "$root/$file"'
done
claim "units name the program where it is" \
    'grep -q "^ExecStart=/opt/p/bin/pinsight " "$root"/opt/p/lib/systemd/system/*.service'
claim "the first settings are valid" 'build/pinsight -T -c "$root/etc/pinsight/pinsight.yaml"'
echo "# mine" >>"$root/etc/pinsight/pinsight.yaml"
claim "installing again leaves settings alone" \
    'make install DESTDIR="$root" PREFIX=/opt/p && grep -q "# mine" "$root/etc/pinsight/pinsight.yaml"'
claim "make deb" 'make deb'
package=$(echo build/deb/pinsight_*.deb)
claim "the package has program, units and settings" '
    dpkg-deb -c "$package" >"$root/list" &&
    for name in usr/bin/pinsight pinsight@.service etc/pinsight/pinsight.yaml changelog.gz; do
        grep -q "$name" "$root/list" || exit 1
    done'
if command -v lintian >/dev/null; then
    claim "lintian finds no error" '! lintian --allow-root "$package" | grep "^E:"'
else
    number=$((number + 1))
    echo "ok $number - lintian # SKIP it is missing"
fi
echo "1..$number"
exit "$failed"
