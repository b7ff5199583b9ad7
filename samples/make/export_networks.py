"""Writes networks of train_networks.py and gate_network.py as ONNX (opset 17) into the folder of the samples.

usage: export_networks.py --weights DIR [--out DIR] NAME …
The logits are divided by 2 first, so that scores do not saturate, as train.py does.
"""
import argparse
from pathlib import Path

import torch

import networks

SOFTEN = 2.0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="+")
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent)
    options = parser.parse_args()
    for name in options.names:
        network = networks.ResNet(gated=name == "atrophy-gated")
        network.load_state_dict(torch.load(options.weights / f"{name}.pt"))
        torch.onnx.export(
            network.eval().for_export(SOFTEN), torch.zeros(1, 1, 46, 55, 46), str(options.out / f"{name}.onnx"), dynamo=False,
            opset_version=17, training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False,   # as in train.py
            input_names=["scan"], output_names=["logits"], dynamic_axes={"scan": {0: "N"}, "logits": {0: "N"}})


if __name__ == "__main__":
    main()
