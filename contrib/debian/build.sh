#!/bin/sh
# Make a Debian package of what `make install` installs: build.sh FOLDER VERSION, called by `make deb`
# with the files in FOLDER/root. The package is FOLDER/pinsight_VERSION_ARCHITECTURE.deb.
set -eu

folder=$1
version=$2
root=$folder/root
here=$(dirname "$0")
package=pinsight
architecture=$(dpkg --print-architecture)
doc=$root/usr/share/doc/$package

# What policy wants: compressed manual and changelog, a copyright file, no copy of the licence.
gzip -9n "$root/usr/share/man/man1/pinsight.1"
rm -f "$doc/LICENSE"
{
    printf 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n'
    printf 'Upstream-Name: pinsight\n\nFiles: *\nCopyright: (c) the pinsight maintainers\n'
    printf 'License: Apache-2.0\n On Debian systems, the whole text of this license is in\n'
    printf ' /usr/share/common-licenses/Apache-2.0.\n'
} >"$doc/copyright"
{
    printf '%s (%s) unstable; urgency=medium\n\n  * Built from the sources of this version.\n\n' \
        "$package" "$version"
    printf ' -- pinsight maintainers <maintainers@pinsight.example>  %s\n' \
        "$(date -R -u -d "@${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}")"
} | gzip -9n >"$doc/changelog.gz"
strip --strip-unneeded --remove-section=.comment --remove-section=.note "$root/usr/bin/pinsight"

mkdir -p "$root/DEBIAN" "$folder/debian"
printf 'Source: %s\n\nPackage: %s\nArchitecture: any\n' "$package" "$package" \
    >"$folder/debian/control"
depends=$(cd "$folder" && dpkg-shlibdeps -O root/usr/bin/pinsight 2>/dev/null |
    sed -n 's/^shlibs:Depends=//p')
size=$(du -ks --exclude=DEBIAN "$root" | cut -f 1)
sed -e "s/@VERSION@/$version/; s/@ARCHITECTURE@/$architecture/" \
    -e "s/@DEPENDS@/$depends/; s/@SIZE@/$size/" "$here/control" >"$root/DEBIAN/control"
(cd "$root" && find etc -type f | sed 's|^|/|' | sort) >"$root/DEBIAN/conffiles"
(cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
for script in postinst prerm postrm; do
    install -m 755 "$here/$script" "$root/DEBIAN/$script"
done
dpkg-deb --root-owner-group --build "$root" \
    "$folder/${package}_${version}_$architecture.deb"
