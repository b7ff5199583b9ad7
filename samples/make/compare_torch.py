"""Holds the tool against PyTorch on the sample networks: scores, and the gradient of the score at every voxel.

usage: compare_torch.py --tool PELLUCID [--samples DIR] [--scan SCAN] NAME …
The weights are read out of the ONNX files into the modules of networks.py, so nothing but the files in the samples' folder is needed.
Differences are relative to the largest value; more than 1e-4 ends with status 1.
"""
import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import nibabel
import numpy
import onnx
import torch
from onnx import numpy_helper

import preprocess
from export_networks import untrained


def weights(path):
    """Parameters by their names in the module. The exporter keeps equal ones once (two normalizations that are added up have equal
    shifts) and hands them on by an Identity."""
    graph = onnx.load(path).graph
    stored = {i.name: torch.from_numpy(numpy_helper.to_array(i).copy()) for i in graph.initializer}
    stored |= {n.output[0]: stored[n.input[0]] for n in graph.node if n.op_type == "Identity" and n.input[0] in stored}
    return stored


def module(name, path):
    network = untrained(name)[0].without_training()             # `spread` is in the dense layer's weights
    missing = network.load_state_dict(weights(path), strict=False).missing_keys
    if any(not m.endswith("num_batches_tracked") for m in missing):
        raise SystemExit(f"{path}: no {missing}")
    return network.eval()


def asked(tool, *arguments):
    return subprocess.run([tool, *map(str, arguments)], check=True, capture_output=True, text=True).stdout


def apart(found, wanted):
    return float(numpy.abs(found - wanted).max() / numpy.abs(wanted).max())


def compared(name, options, folder):
    path, stem = options.samples / f"{name}.onnx", options.scan.name.removesuffix(".nii.gz")
    network = module(name, path)
    if name == "atrophy-25d":                                   # slices 4 mm apart, cut off after the z-score
        values = preprocess.crop_or_pad(preprocess.normalize(preprocess.grid(options.scan, (2, 4, 2), (91, 54, 91))), (91, 24, 91))
    else:
        values = preprocess.normalize(preprocess.grid(options.scan))
    x = torch.from_numpy(values).requires_grad_()
    scores = network(network.arranged(x[None]))[0]
    scores[1].backward()
    told = json.loads(asked(options.tool, "predict", options.scan, "--model", path))["scores"]
    asked(options.tool, "explain", options.scan, "--model", path, "--method", "saliency", "--target", "AD", "--space", "model", "--out", folder)
    found = numpy.asarray(nibabel.load(folder / f"{stem}_saliency.nii.gz").dataobj)
    return apart(numpy.array(told), scores.detach().numpy()), apart(found, x.grad.numpy())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="+")
    parser.add_argument("--tool", required=True)
    parser.add_argument("--samples", type=Path, default=Path(__file__).parent.parent)
    parser.add_argument("--scan", type=Path)
    options = parser.parse_args()
    options.scan = options.scan or options.samples / "patient_T1.nii.gz"
    worst = 0.0
    print("| network | scores | gradient |\n| --- | --- | --- |")
    for name in options.names:
        with tempfile.TemporaryDirectory() as folder:
            scores, gradient = compared(name, options, Path(folder))
        worst = max(worst, scores, gradient)
        print(f"| {name} | {scores:.0e} | {gradient:.0e} |", flush=True)
    sys.exit(worst > 1e-4)


if __name__ == "__main__":
    main()
