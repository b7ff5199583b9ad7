#!/usr/bin/env bash
# Builds the library's documentation with DocC, which comes with the toolchain: .build/docs. A warning is an error.
set -euo pipefail
cd "$(dirname "$0")/.."
swift=${SWIFT:-swift}
graphs=.build/docs-graphs
rm -rf "$graphs" .build/docs && mkdir -p "$graphs"

# Those of the ordinary build, as make gives them.
flags=${OPTIONS:--c release}
"$swift" build $flags --product pellucid >/dev/null
"$swift" build $flags --target Pellucid >/dev/null
products=$("$swift" build $flags --show-bin-path)
# The C modules behind the rooms; those without a map of their own have one among the products.
maps=()
for map in "$products"/CPellucid*.build/module.modulemap Sources/*/module.modulemap Sources/*/include/module.modulemap \
  .build/checkouts/*/Sources/*/include/module.modulemap; do
  if [ -f "$map" ]; then maps+=(-Xcc "-fmodule-map-file=$map"); fi
done
for flag in $(pkg-config --cflags libpng cairo); do maps+=(-Xcc "$flag"); done

# What `Pellucid` re-exports is documented as its own.
exported=$(sed -n 's/^@_exported public import //p' Sources/Pellucid/Pellucid.swift | paste -sd, -)
target=$("$swift" -print-target-info | sed -n 's/^ *"unversionedTriple": "\(.*\)",*$/\1/p' | head -n 1)
swift-symbolgraph-extract -module-name Pellucid -I "$products/Modules" -target "$target" "${maps[@]}" \
  -minimum-access-level public -skip-synthesized-members -experimental-allowed-reexported-modules="$exported" \
  -output-dir "$graphs"
docc convert Sources/Pellucid/Pellucid.docc --additional-symbol-graph-dir "$graphs" \
  --fallback-display-name Pellucid --fallback-bundle-identifier pellucid --output-path .build/docs --warnings-as-errors
echo "the documentation is in .build/docs"
