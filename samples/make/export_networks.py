"""Writes networks of train_resnets.py, top_resnet.py and train_25d.py as ONNX (opset 17) into the folder of the samples.

usage: export_networks.py --weights DIR [--out DIR] NAME …
The logits are divided by 2 or 4 first, so that scores do not saturate, as train.py does.
"""
import argparse
from pathlib import Path

import torch

import networks

SOFTEN = {"atrophy-25d": 2.0}                                   # by 4 where not said: logits that are fitted anew are larger


def untrained(name):
    """The module that NAME's weights belong to, and an input for it."""
    if name == "atrophy-25d":
        return networks.Slices(), torch.zeros(1, 24, 91, 91)
    if name == "atrophy-gated":
        network = networks.ResNet(gated=True)
    else:
        network = networks.ResNet(networks.FOLD_BLOCKS if name.startswith("atrophy-fold-") else networks.BLOCKS, top=networks.TOP)
    return network, torch.zeros(1, 1, 91, 109, 91)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="+")
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent)
    options = parser.parse_args()
    for name in options.names:
        network, x = untrained(name)
        network.load_state_dict(torch.load(options.weights / f"{name}.pt"))
        torch.onnx.export(
            network.eval().for_export(SOFTEN.get(name, 4.0)), x, str(options.out / f"{name}.onnx"), dynamo=False,
            opset_version=17, training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False,   # as in train.py
            input_names=["scan"], output_names=["logits"], dynamic_axes={"scan": {0: "N"}, "logits": {0: "N"}})


if __name__ == "__main__":
    main()
