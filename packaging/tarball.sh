#!/usr/bin/env bash
# Makes dist/pellucid-VERSION-linux-x86_64.tar.gz of an installation that packaging/static/build.sh made; it runs where it is unpacked.
#
#   packaging/tarball.sh TREE
set -euo pipefail
cd "$(dirname "$0")/.."
tree=$1
name=pellucid-$("$tree/bin/pellucid" --version | cut -d' ' -f2)
mkdir -p dist
rm -f dist/pellucid-*-linux-x86_64.tar.gz
tar -C "$tree" --transform "s,^\.,$name," --sort=name --owner=0 --group=0 --numeric-owner --mtime=@"$(git log -1 --format=%ct)" -czf "dist/$name-linux-x86_64.tar.gz" .
ls -l "dist/$name-linux-x86_64.tar.gz"
