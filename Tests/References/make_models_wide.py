"""Writes the second table of docs/models.md: 2.5D and recurrent networks, several images, and the operators of ONNX's newest sets.

    python3 Tests/References/make_models_wide.py --tool .build/release/pellucid

The networks are the tests' own fixtures (make_wide.py, make_opset23.py), with the scores and input gradients that PyTorch gave in float64;
Pellucid is asked as a user would. The gradient is of the weighted sum of scores that the fixture names.
"""

import argparse
import json
import pathlib
import re
import subprocess
import tempfile

import nibabel as nib
import numpy as np
from make_models import LIMIT, PAGE, ROOT, operators

FIXTURES = ROOT / "Tests" / "NetworksTests" / "Fixtures"
MARK = re.compile(r"(<!-- wide -->\n).*?(<!-- end of wide -->)", re.DOTALL)
KINDS = {
    "slices_mean": "2D network over slices, mean", "slices_mean_j": "the same along j", "slices_mean_k": "the same along k",
    "slices_max": "2D network over slices, maximum", "slices_attention": "2D network over slices, gated attention",
    "slices_rgb": "2D network over slices repeated to three channels", "slices_channels": "slices as channels",
    "slices_volume": "2D encoder, 3D convolution over its features", "slices_one_by_one": "slices cut out one by one",
    "line": "3D features, 1D convolutions", "lstm": "LSTM over slices", "lstm_both": "LSTM, stacked, both directions", "gru": "GRU over slices",
    "gru_both": "GRU, both directions", "rnn": "RNN over slices", "siamese": "two images, one encoder", "patches_grouped": "grouped attention over patches",
    "best_slices": "best slices of each class", "spatial_transformer": "spatial transformer", "warped_linear": "fixed warp, reflected at edges",
    "warped_border": "fixed warp, held at edges", "warped_nearest": "fixed warp, nearest",
}  # fmt: skip


def asked(tool, model, image, weights, folder):
    """Scores and the gradient of their weighted sum."""
    volume = image[0, 0] if image.shape[1] == 1 else np.moveaxis(image[0], 0, -1)
    nib.save(nib.Nifti1Image(np.ascontiguousarray(volume, dtype=np.float32), np.eye(4)), folder / "image.nii")

    def run(*arguments):
        done = subprocess.run([tool, *arguments, "--model", str(model)], capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{model.name}: {done.stderr.strip()}")
        return done.stdout

    scores = np.array(json.loads(run("predict", str(folder / "image.nii")))["scores"])
    target = "".join(f"{weight:+.9g}*{index}" for index, weight in enumerate(weights)).lstrip("+")
    run("explain", str(folder / "image.nii"), "--method", "saliency", "--target", target, "--score", "logit", "--out", str(folder / "out"))
    gradient = np.asarray(nib.load(folder / "out" / "image_saliency.nii.gz").dataobj)
    return scores, (np.moveaxis(gradient, -1, 0) if image.shape[1] > 1 else gradient[None])[None]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tool", required=True)
    tool = parser.parse_args().tool
    lines = ["| network | file | opset | scores | gradient | operators besides the usual |", "| --- | --- | ---: | ---: | ---: | --- |"]
    worst = 0
    for name in ("wide", "opset23"):
        values = np.fromfile(FIXTURES / name / "values.f32", "<f4")
        for entry in json.loads((FIXTURES / name / "index.json").read_text()):

            def read(key):
                place = entry[key]
                return values[place["at"] : place["at"] + int(np.prod(place["shape"]))].reshape(place["shape"])

            for file in entry["files"]:
                path = FIXTURES / name / file["file"]
                with tempfile.TemporaryDirectory() as folder:
                    scores, gradient = asked(tool, path, read("input"), read("upstream"), pathlib.Path(folder))
                apart = np.abs(scores - read("scores")).max() / np.abs(read("scores")).max()
                off = np.linalg.norm(gradient - read("gradient")) / np.linalg.norm(read("gradient"))
                worst = max(worst, apart, off)
                found, opset = operators(path)
                kind = "attention over slices, rotary" if (name, entry["name"]) == ("opset23", "slices_attention") else KINDS[entry["name"]]
                exporter = re.search(r"_([a-z]+)\d+\.onnx", file["file"])[1]
                lines.append(f"| {kind} | {exporter} | {opset} | {apart:.0e} | {off:.0e} | {' '.join(found)} |")
                print(lines[-1], flush=True)
    if worst >= LIMIT:
        raise SystemExit(f"{worst:.1e} is too far")
    PAGE.write_text(MARK.sub(lambda m: m[1] + "\n".join(lines) + "\n" + m[2], PAGE.read_text()))


if __name__ == "__main__":
    main()
