"""Writes the trained networks as ONNX (opset 17) into the folder of the samples.

usage: export_networks.py --weights DIR [--out DIR] [NAME …]
A classifier's logits are divided by 2 first, so that scores do not saturate, as train.py does; the autoencoder becomes two files.
"""
import argparse
from pathlib import Path

import torch

import networks

SOFTEN = 2.0
NAMES = ["atrophy-resnet", "atrophy-vit", "atrophy-25d", *(f"atrophy-fold-{n}" for n in range(1, 6)), "brain-vae"]
INPUTS = {"atrophy-resnet": (networks.ResNet, (1, 1, 91, 109, 91)), "atrophy-vit": (networks.ViT, (1, 1, 91, 109, 91)),
          "atrophy-25d": (networks.Slices, (1, 55, 91, 91)), "atrophy-fold": (networks.small, (1, 1, 46, 55, 46))}


def written(network, shape, path, inputs, outputs):
    dynamic = {name: {0: "N"} for name in [*inputs, *outputs]}
    torch.onnx.export(
        network, torch.zeros(shape), str(path), dynamo=False, opset_version=17, training=torch.onnx.TrainingMode.PRESERVE,
        do_constant_folding=False, input_names=inputs, output_names=outputs, dynamic_axes=dynamic)


def loaded(name, folder):
    """A trained network as it is exported, in evaluation mode."""
    state = torch.load(folder / f"{name}.pt", map_location="cpu")
    if name.startswith("brain-vae"):
        network = networks.VAE(state["encoder.mean.weight"].shape[0])
        network.load_state_dict(state)
        return network.eval()
    network = INPUTS[name[:12] if "-fold-" in name else name][0]()
    network.load_state_dict(state)
    network = network.eval().for_export(SOFTEN)
    del network.severities                                      # what only training asks
    return network


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent)
    options = parser.parse_args()
    for name in options.names or NAMES:
        network = loaded(name, options.weights)
        if name.startswith("brain-vae"):
            written(network.encoder, (1, 1, 46, 55, 46), options.out / f"{name}-encoder.onnx", ["scan"], ["mu", "logvar"])
            written(network.decoder, (1, network.encoder.mean.out_features), options.out / f"{name}-decoder.onnx", ["z"], ["reconstruction"])
        else:
            shape = INPUTS[name[:12] if "-fold-" in name else name][1]
            written(network, shape, options.out / f"{name}.onnx", ["scan"], ["logits"])


if __name__ == "__main__":
    main()
