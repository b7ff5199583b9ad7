#!/usr/bin/env bash
# Makes dist/pellucid_VERSION_amd64.deb of an installation that packaging/static/build.sh made.
#
#   packaging/deb/build.sh TREE
#
# oneDNN comes along (trixie has another version than bookworm), so one package installs on both.
set -euo pipefail
cd "$(dirname "$0")/../.."
tree=$1
version=$("$tree/bin/pellucid" --version | cut -d' ' -f2)
maintainer=${MAINTAINER:-$(git log -1 --format="%an <%ae>")}
stage=.build/deb root=.build/deb/debian/pellucid
rm -rf "$stage"
mkdir -p "$root/DEBIAN" "$root/usr" dist
cp -R "$tree"/{bin,lib,share} "$root/usr/"
find "$root" -type d -exec chmod 755 {} +
find "$root" -type f ! -path '*/bin/*' -exec chmod 644 {} +

# Debian's places and forms.
doc=$root/usr/share/doc/pellucid
install -d "$doc" "$root/usr/share/lintian/overrides"
cp packaging/deb/overrides "$root/usr/share/lintian/overrides/pellucid"
{
  echo "Upstream: Pellucid. Its own licence, then those of what the program contains or brings along."
  for licence in "$root"/usr/share/pellucid/licences/*; do
    printf '\n==== %s ====\n\n' "$(basename "$licence")"
    # Policy wants the Apache licence referred to; what Swift adds to it stands.
    if grep -q 'TERMS AND CONDITIONS FOR USE, REPRODUCTION' "$licence"; then
      echo "Apache License 2.0: /usr/share/common-licenses/Apache-2.0"
      sed -n '/Runtime Library Exception/,$p' "$licence"
    else
      cat "$licence"
    fi
  done
  printf '\n==== atlases and samples ====\n\n'
  cat "$root"/usr/share/pellucid/atlases/NOTICE* "$root/usr/share/pellucid/samples/NOTICE"
} > "$doc/copyright"
rm -r "$root/usr/share/pellucid/licences"
gzip -9nc CHANGELOG.md > "$doc/changelog.gz"
gzip -9n > "$doc/changelog.Debian.gz" <<EOF
pellucid ($version-1) unstable; urgency=medium

  * Made by packaging/deb/build.sh from the project's own sources.

 -- $maintainer  $(git log -1 --format=%cD)
EOF
find "$root/usr/share/man" -name '*.1' -exec gzip -9n {} +
# The fonts are Debian's own.
rm "$root"/usr/share/pellucid/fonts/*.ttf
sed -i 's|<dir prefix="relative">.</dir>|<dir>/usr/share/fonts/truetype/dejavu</dir>|' "$root/usr/share/pellucid/fonts/fonts.conf"

printf 'Source: pellucid\n\nPackage: pellucid\nArchitecture: amd64\n' > "$stage/debian/control"
depends=$(cd "$stage" && dpkg-shlibdeps --ignore-missing-info -ldebian/pellucid/usr/lib/pellucid -O \
  debian/pellucid/usr/bin/pellucid debian/pellucid/usr/lib/pellucid/* 2> shlibdeps.log | sed 's/^shlibs:Depends=//')
[ -n "$depends" ] || { cat "$stage/shlibdeps.log" >&2; exit 1; }
cat > "$root/DEBIAN/control" <<EOF
Package: pellucid
Version: $version-1
Architecture: amd64
Maintainer: $maintainer
Installed-Size: $(du -sk "$root/usr" | cut -f1)
Depends: $depends, fonts-dejavu-core
Section: science
Priority: optional
Description: explain 3D MRI classifiers: relevance maps, region tables, pictures
 From a trained network (ONNX) and a brain scan (NIfTI) to the voxels and the
 brain regions that made the network decide as it did: gradients, class
 activation maps, layer-wise relevance propagation, occlusion, on the scan's
 own grid, with tables by region and pictures.
EOF
(cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum > DEBIAN/md5sums)
rm -f dist/pellucid_*.deb
dpkg-deb --root-owner-group -Zxz --build "$root" "dist/pellucid_${version}-1_amd64.deb"
ls -l dist/*.deb
