#!/bin/sh
# Draws the pictures of docs/methods.md: the sample patient by every method. usage: docs/draw-methods.sh TOOL [METHOD…]
set -eu
cd "$(dirname "$0")/.."
tool=$1
shift
out=docs/images/methods
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out" "$work/baselines"
cp samples/colin27_T1.nii.gz "$work/baselines/"
for method in "${@:-$("$tool" methods | sed -n 's/^\([a-z0-9+-]*\): .*/\1/p')}"; do echo "$method"; done | tr ' ' '\n' | while read -r method; do
  set -- --method "$method"
  [ "$method" = expected-gradients ] && set -- "$@" --baselines "$work/baselines"
  # A method that does not fit the sample network has no picture.
  "$tool" explain samples/patient_T1.nii.gz --model samples/atrophy-cnn.onnx --target AD --atlas aal --out "$work" "$@" \
    </dev/null >/dev/null || { [ $? = 65 ] && continue; exit 1; }
  "$tool" montage samples/patient_T1.nii.gz --overlay "$work/patient_T1_$method.nii.gz" --plane axial --at -24,-16,-8 \
    --title "$method" --dpi 66 --out "$out/$method.png" </dev/null
  echo "$out/$method.png"
done
