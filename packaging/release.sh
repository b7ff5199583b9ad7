#!/usr/bin/env bash
# Writes dist/SHA256SUMS and dist/pellucid-VERSION.spdx.json: what the packages contain, with versions and licences' places.
#
#   packaging/release.sh TREE
set -euo pipefail
cd "$(dirname "$0")/.."
tree=$1
version=$("$tree/bin/pellucid" --version | cut -d' ' -f2)
VERSION=$version TREE=$tree python3 - <<'EOF'
import hashlib
import json
import os
import subprocess
from datetime import datetime, timezone
from pathlib import Path

version = os.environ["VERSION"]
debian = (
    "libdnnl2 libeigen3-dev libgomp1 ocl-icd-libopencl1 libcairo2 libpixman-1-0 libfontconfig1 libfreetype6 libexpat1 libbrotli1 libpng16-16 "
    "zlib1g libdeflate0 libisal2 libnifti2-2 libznz3 libstdc++6 fonts-dejavu-core"
).split()
parts = []
for name in debian:
    found = subprocess.run(["dpkg-query", "-W", "-f=${Version}", name], check=True, capture_output=True, text=True).stdout
    parts.append((name, found, f"pkg:deb/debian/{name}@{found}"))
for pin in json.loads(Path("Package.resolved").read_text())["pins"]:
    parts.append((pin["identity"], pin["state"]["version"], f"pkg:swift/{pin['location'].removeprefix('https://')}@{pin['state']['version']}"))
swift = subprocess.run(["swift", "--version"], check=True, capture_output=True, text=True).stdout.split()[2]
parts.append(("swift-runtime", swift, f"pkg:generic/swift@{swift}"))
packages = [
    {
        "SPDXID": "SPDXRef-" + "".join(c if c.isalnum() else "-" for c in name), "name": name, "versionInfo": number,
        "downloadLocation": "NOASSERTION", "filesAnalyzed": False,
        "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl}],
    }
    for name, number, purl in [("pellucid", version, f"pkg:generic/pellucid@{version}"), *parts]
]
document = {
    "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": f"pellucid-{version}",
    "documentNamespace": f"urn:pellucid:{version}:" + hashlib.sha256(Path(os.environ["TREE"], "bin/pellucid").read_bytes()).hexdigest(),
    "creationInfo": {"created": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"), "creators": ["Tool: packaging/release.sh"]},
    "packages": packages,
    "relationships": [
        {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-pellucid"},
        *({"spdxElementId": "SPDXRef-pellucid", "relationshipType": "CONTAINS", "relatedSpdxElement": part["SPDXID"]} for part in packages[1:]),
    ],
}
Path(f"dist/pellucid-{version}.spdx.json").write_text(json.dumps(document, indent=1) + "\n")
EOF
(cd dist && rm -f SHA256SUMS && sha256sum pellucid* > SHA256SUMS && cat SHA256SUMS)
