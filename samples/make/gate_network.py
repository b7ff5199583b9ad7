"""Makes atrophy-gated of atrophy-resnet: an attention gate on its last map, and the dense layer fitted anew.

usage: gate_network.py --cohort DIR --weights DIR [--more DIR]
The gate is not trained further: it is σ(4 (w − ½)), w being what atrophy-resnet's training output `where` tells of a cell's atrophy.
Reads DIR/atrophy-resnet.pt of --weights and writes DIR/atrophy-gated.pt and .json. No random numbers; a minute on one core.
"""
import argparse
import json
from pathlib import Path

import torch

import networks
from train_networks import Set, arranged, measured, refitted, saved

STEEPNESS, MIDDLE = 4.0, 0.5


@torch.no_grad()
def gate(network, sets, size=16):
    """Sets the gate, and the deviations of what it lets pass."""
    network.gate.weight.copy_(STEEPNESS * network.where.weight)
    network.gate.bias.copy_(STEEPNESS * (network.where.bias - MIDDLE))
    network.eval()
    passed = [network.pooled(network.features(arranged(s.normalized(slice(n, n + size))))) for s in sets for n in range(0, len(s), size)]
    passed = torch.cat(passed)
    network.spread.running_mean.copy_(passed.mean(0))
    network.spread.running_var.copy_(passed.var(0))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cohort", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--more", type=Path, help="further people, for the dense layer")
    options = parser.parse_args()
    torch.set_num_threads(1)
    network = networks.ResNet(gated=True).to(memory_format=torch.channels_last_3d)
    network.load_state_dict(torch.load(options.weights / "atrophy-resnet.pt"), strict=False)
    sets = [Set(folder, "train", "cpu") for folder in (options.cohort, options.more) if folder]
    gate(network, sets)
    refitted(network, sets)
    saved(network.state_dict(), options.weights / "atrophy-gated.pt")
    record = {"name": "atrophy-gated", "torch": torch.__version__}
    record |= {kind: measured(network, Set(options.cohort, kind, "cpu")) for kind in ("validation", "test")}
    (options.weights / "atrophy-gated.json").write_text(json.dumps(record, indent=1) + "\n")
    print(json.dumps(record["test"]["all"]))


if __name__ == "__main__":
    main()
