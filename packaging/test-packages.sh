#!/usr/bin/env bash
# Installs dist/'s wheel, archive and Debian package into fresh Debian systems without compiler, Swift or this repository, and compares values there
# with PyTorch's. As root; debootstrap is installed where it is missing.
#
#   packaging/test-packages.sh RELEASE...       bookworm, trixie
set -euo pipefail
cd "$(dirname "$0")/.."
command -v debootstrap >/dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends debootstrap; }
mkdir -p .build/roots
root=
trap '[ -z "$root" ] || umount "$root/proc" 2>/dev/null || true' EXIT
for release in "$@"; do
  base=.build/roots/$release
  root=.build/roots/$release.used
  umount "$root/proc" 2>/dev/null || true
  if [ ! -e "$base/.complete" ]; then
    rm -rf "$base"
    debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates "$release" "$base" > "$base.log" || { tail "$base.log"; exit 1; }
    touch "$base/.complete"
  fi
  rm -rf "$root"
  cp -a --reflink=auto "$base" "$root"
  # The loader finds the program's own libraries by /proc; it ends with the script.
  mount -t proc proc "$root/proc"
  cp /etc/resolv.conf "$root/etc/"
  # Certificates of a proxy that this machine trusts.
  cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
  [ ! -e /etc/pip.conf ] || cp /etc/pip.conf "$root/etc/"
  mkdir "$root/given"
  cp dist/pellucid-*.whl dist/pellucid-*.tar.gz dist/pellucid_*.deb packaging/ten_lines.py "$root/given/"
  cp Tests/PellucidToolTests/Fixtures/{scan.nii.gz,cnn.onnx,cnn.yaml,expected.json} "$root/given/"
  # A kit of reference maps, where there is one.
  kit=${KIT:-}
  [ ! -f "${kit:+$kit/check.py}" ] || cp -R "$kit" "$root/given/kit"
  in_root() { chroot "$root" /usr/bin/env -i PATH=/usr/local/bin:/usr/bin:/usr/sbin:/bin:/sbin HOME=/root LANG=C.UTF-8 ${PIP_INDEX_URL:+PIP_INDEX_URL=$PIP_INDEX_URL} "$@"; }

  echo "== $release: the wheel, in a fresh environment"
  in_root sh -ec 'python3 -m venv /venv; /venv/bin/pip install -q /given/*.whl; cd /tmp; /venv/bin/python /given/ten_lines.py /given; /venv/bin/pellucid --version'
  if [ -e "$root/given/kit" ]; then
    in_root sh -ec 'cd /tmp; /venv/bin/python /given/kit/check.py --tool /venv/bin/pellucid /given/kit/public | tail -n 1'
  fi

  echo "== $release: the archive"
  in_root sh -ec 'mkdir /opt/p; tar -xzf /given/*.tar.gz -C /opt/p --strip-components 1; cd /tmp; /opt/p/bin/pellucid predict /given/scan.nii.gz --model /given/cnn.onnx
    /opt/p/bin/pellucid explain /opt/p/share/pellucid/samples/patient_T1.nii.gz --model /opt/p/share/pellucid/samples/atrophy-cnn.onnx --method lrp --atlas aal --out r > /dev/null
    ls r | wc -l'

  echo "== $release: the Debian package"
  in_root sh -ec 'export DEBIAN_FRONTEND=noninteractive; apt-get update -qq; apt-get install -y -qq --no-install-recommends /given/*.deb > /given/apt.log 2>&1 || { tail /given/apt.log; exit 1; }
    cd /tmp; rm -rf r; pellucid predict /given/scan.nii.gz --model /given/cnn.onnx
    pellucid explain /usr/share/pellucid/samples/patient_T1.nii.gz --model /usr/share/pellucid/samples/atrophy-cnn.onnx --method lrp --atlas aal --out r > /dev/null
    ls r | wc -l; apt-get remove -y -qq pellucid > /dev/null; ! test -e /usr/share/pellucid'
  umount "$root/proc"
  rm -rf "$root"
done
