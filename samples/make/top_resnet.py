"""Makes atrophy-resnet of atrophy-trunk and the folds of their own trunks (train_resnets.py): a 1³ convolution to 16 channels behind the
blocks, averaged over the whole scan.

usage: top_resnet.py NAME … --features DIR … --out DIR [--threads N]
NAME: atrophy-resnet; atrophy-fold-1 … atrophy-fold-5, each, like its trunk, without a fifth of the people, 100 steps.
The trunk's average over a whole scan drowns what its map shows at few cells; so channels that are nearly 0 elsewhere are made, beginning
with max(0, w − t), w what the trunk's training output `where` tells of a cell and t from 0.3 to 1. The trunk stays as it is; its maps of
each training scan, as it is and mirrored with holes, are computed once (OUT/TRUNK.maps.npy, 1 GB, of a fold ½ GB). 200 steps of twelve
people, twins together; no checkpoint, some minutes. In the end the dense layer is fitted anew, a logistic regression on the averages. Seed
5, of fold N 50 + N.
Writes OUT/NAME.pt and .json (accuracy on the validation set, and on the people left out, for each folder of features).
"""
import argparse
import math
import time
from pathlib import Path

import numpy
import torch
from torch import nn

import networks
from train_resnets import Maps, accuracy, arranged, fold_of, recorded, refitted, saved, trains

SEED, STEPS, RATE = 5, 200, 1e-2
PAIRS, SINGLES = 8, 4


@torch.no_grad()
def cached(trunk, maps, path, size=16):
    """The trunk's maps of all rows, persons in their order and twins together: (2, rows, channels, cells), and severities and labels."""
    if path.with_suffix(".npz").exists():
        table = numpy.load(path.with_suffix(".npz"))
        return numpy.load(path, mmap_mode="r"), torch.from_numpy(table["severities"]), torch.from_numpy(table["labels"])
    rows = [(c, r) for c, pair in maps.people for r in pair]
    kept, done = numpy.lib.format.open_memmap(path, "w+", numpy.float16, (2, len(rows), trunk.where.in_channels, 22 * 27 * 22)), []
    for variant in range(2):
        for n in range(0, len(rows), size):
            found = [maps.views(c, [r], "whole", variant) for c, r in rows[n:n + size]]
            kept[variant, n:n + size] = trunk.blocks(arranged(numpy.concatenate([f[0] for f in found]))).flatten(2).half().numpy()
            done.append([numpy.concatenate([f[k] for f in found]) for k in (1, 2)])
    severities, labels = (torch.from_numpy(numpy.concatenate(v)).unflatten(0, (2, len(rows))) for v in zip(*done))
    kept.flush()
    numpy.savez(path.with_suffix(".npz"), severities=severities.numpy(), labels=labels.long().numpy())
    return kept, severities, labels.long()


def started(trunk, blocks):
    """A network with the trunk's weights, and channels to begin with."""
    width, network = trunk.where.in_channels, networks.ResNet(blocks, top=networks.TOP)
    state = {k: v for k, v in trunk.state_dict().items() if not k.startswith(("spread", "logits", "severities"))}
    network.load_state_dict(state, strict=False)
    with torch.no_grad():
        weight, bias = torch.randn(networks.TOP, width) * 0.05, torch.zeros(networks.TOP)
        weight[:8] += trunk.where.weight.reshape(width)
        bias[:8] = trunk.where.bias - torch.linspace(0.3, 1.0, 8)
        network.top.weight.copy_(weight.reshape(networks.TOP, width, 1, 1, 1))
        network.top.bias.copy_(bias)
    return network


def trained(network, first, twins, kept, severities, labels, steps, seed):
    """Steps on the people whose rows begin at `first`; `twins` says who has one, in the next row."""
    part = [p for module in (network.top, network.logits, network.severities) for p in module.parameters()]
    optimizer, random, begun = torch.optim.AdamW(part, lr=RATE, weight_decay=0.01), numpy.random.default_rng(seed), time.time()
    pairs, singles = first[twins], first[~twins]
    network.train()
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = RATE * min(1.0, (step + 1) / 15) * 0.5 * (1 + math.cos(math.pi * step / steps))
        variants = random.integers(2, size=PAIRS + SINGLES)
        rows = [r for row in random.choice(pairs, PAIRS, replace=False) for r in (row, row + 1)] + list(random.choice(singles, SINGLES, replace=False))
        variants = numpy.concatenate([numpy.repeat(variants[:PAIRS], 2), variants[PAIRS:]])
        x = torch.from_numpy(kept[variants, rows].astype(numpy.float32)).unflatten(2, (22, 27, 22))
        logits, strengths = network.head(x)
        loss = (nn.functional.cross_entropy(logits, labels[variants, rows], label_smoothing=0.05)
                + 0.3 * nn.functional.mse_loss(strengths, severities[variants, rows]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 50 == 49:
            print(f"step {step + 1}, {time.time() - begun:.0f} s, loss {float(loss):.3f}", flush=True)
    return round(time.time() - begun)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="+")
    parser.add_argument("--features", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    maps = Maps(options.features, "train")
    first = numpy.cumsum([0] + [len(pair) for _, pair in maps.people[:-1]])
    for name in options.names:
        fold = fold_of(name)
        steps, seed, blocks = (STEPS // 2, 50 + fold, networks.FOLD_BLOCKS) if fold else (STEPS, SEED, networks.BLOCKS)
        below = f"atrophy-trunk-{fold}" if fold else "atrophy-trunk"
        trunk = networks.ResNet(blocks).to(memory_format=torch.channels_last_3d)
        trunk.load_state_dict(torch.load(options.out / f"{below}.pt"))
        kept, severities, labels = cached(trunk.eval(), maps, options.out / f"{below}.maps.npy")
        torch.manual_seed(seed)
        network, inside = started(trunk, blocks), trains(len(first), fold)
        seconds = trained(network, first[inside], maps.paired[inside], kept, severities, labels, steps, seed)
        with torch.no_grad():
            x = torch.cat([network.pooled(torch.from_numpy(kept[0, n:n + 16].astype(numpy.float32)).unflatten(2, (22, 27, 22)))
                           for n in range(0, kept.shape[1], 16)])
        here = torch.from_numpy(numpy.repeat(inside, [len(pair) for _, pair in maps.people]))
        refitted(network, x[here], labels[0, here])
        saved(network.state_dict(), options.out / f"{name}.pt")
        record = {"name": name, "steps": steps, "seconds": seconds, "torch": torch.__version__, "subjects": int(here.sum()),
                  "parameters": sum(p.numel() for n, p in network.named_parameters() if not n.startswith(("where", "severities")))}
        network.eval()
        if fold:
            cohorts = torch.tensor([c for c, pair in maps.people for _ in pair])
            for c, folder in enumerate(options.features):
                with torch.no_grad():
                    out = ~here & (cohorts == c)
                    record[f"left out, {folder.name}"] = accuracy(network.logits(network.spread(x[out])), labels[0, out])
        recorded(record, network, options)


if __name__ == "__main__":
    main()
