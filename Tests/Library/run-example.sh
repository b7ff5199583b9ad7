#!/usr/bin/env bash
# Builds and runs README's example exactly as it stands there, in a package of its own outside the repository.
set -euo pipefail
repository=$(cd "$(dirname "$0")/../.." && pwd)
swift=${SWIFT:-swift}
package=$(mktemp -d)
trap 'rm -rf "$package"' EXIT

mkdir -p "$package/Sources/Example"
# The block that begins with `import Pellucid`.
awk '/^```swift$/ { inside = 1; text = ""; next }
     /^```$/ { if (inside && text ~ /^import Pellucid\n/) { printf "%s", text; found = 1; exit } inside = 0; next }
     inside { text = text $0 "\n" }
     END { if (!found) { print "README.md has no swift block that begins with import Pellucid" > "/dev/stderr"; exit 1 } }' \
  "$repository/README.md" > "$package/Sources/Example/main.swift"
cat > "$package/Package.swift" <<END
// swift-tools-version: 6.3
import PackageDescription

let package = Package(
  name: "Example", dependencies: [.package(path: "$repository")],
  targets: [
    .executableTarget(
      name: "Example", dependencies: [.product(name: "Pellucid", package: "$(basename "$repository")")])
  ])
END
"$swift" build -c release --package-path "$package" | tail -n 1
program=$("$swift" build -c release --package-path "$package" --show-bin-path)/Example
# The example names the samples from the repository's root; what it writes must not land there.
ln -s "$repository/samples" "$package/samples"
(cd "$package" && unset OMP_WAIT_POLICY && "$program")
test -s "$package/occlusion.nii.gz" && test -s "$package/results/patient_T1_occlusion_regions.tsv"
