#!/bin/sh
# Draws the picture of docs/fills.md: the sample patient's occlusion map by every fill. usage: docs/draw-fills.sh TOOL
set -eu
cd "$(dirname "$0")/.."
tool=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
set --
for fill in background mean blur noise mirror samples/colin27_T1.nii.gz; do
  name=$(basename "$fill" .nii.gz)
  "$tool" explain samples/patient_T1.nii.gz --model samples/atrophy-cnn.onnx --target AD --method occlusion --patch 12 --fill "$fill" \
    --out "$work/$name" </dev/null >/dev/null
  set -- "$@" --overlay "$name=$work/$name/patient_T1_occlusion.nii.gz"
done
"$tool" montage samples/patient_T1.nii.gz "$@" --scale own --sign signed --plane axial --at -24,-12,0 --title "occlusion by fill" --subtitle "" \
  --width 140 --dpi 110 --out docs/images/fills.png </dev/null
