"""Trains atrophy-25d (networks.Slices) on the subjects of make_cohort.py and make_people.py together.

usage: train_25d.py --cohort DIR … --bases bases.npz --out DIR [--seconds S] [--threads N]

First on the part of the slices that holds the temporal lobes, which is quick, then on whole slices; z-scored within the slab of slices, and
in the last 80 steps over the whole head before the slab is cut out, as Pellucid does it. DIR/atrophy-25d.checkpoint is written
every minute and when SECONDS are over, and a training that was cut off goes on from it; what a step sees depends on the seed and its
number alone. Last, the normalizations take their statistics from whole slices. Writes DIR/atrophy-25d.pt (weights) and .json (what was
done, accuracy on the validation sets).
"""
import argparse
import json
import math
import time
from pathlib import Path

import numpy
import torch
from torch import nn

import networks
from subjects import Set, changed, places
from train_resnets import accuracy, saved

NAME, SEED, RATE = "atrophy-25d", 25, 3e-3
BLOCK_STEPS, SLAB_STEPS, STEPS = 700, 800, 880
PAIRS, SINGLES = 4, 8                                           # in a batch: people with their twins, and people without
SLICES = slice(31, 78, 2)                                       # what the card's spacing and shape leave of a grid of 2 mm
SLAB = (slice(None), SLICES, slice(None))
HEAD = (slice(None), slice(1, 109, 2), slice(None))             # all slices, which the z-score is of
BLOCK = (slice(6, 86), SLICES, slice(0, 48))


def learning_rate(step):
    """One cycle on the block, and two, of a third of the height, on whole slices."""
    ends = (0, BLOCK_STEPS, SLAB_STEPS, STEPS)
    first, last = next((a, b) for a, b in zip(ends, ends[1:]) if step < b)
    progress = (step - first) / (last - first)
    return (RATE / 3 if first else RATE) * min(1.0, progress / 0.08 + 0.02) * 0.5 * (1 + math.cos(math.pi * progress))


@torch.no_grad()
def outputs(network, data, part, size=8):
    network.eval()
    return torch.cat([network(network.arranged(data.normalized(slice(n, n + size), part))) for n in range(0, len(data), size)])


def validated(network, sets, part):
    return {name: accuracy(outputs(network, data, part), data.labels) for name, data in sets.items()}


@torch.no_grad()
def settled(network, train, count=384, size=16):
    """Takes the normalizations' statistics anew, from whole slices as they are: parts set to the background have moved them."""
    for module in network.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.reset_running_stats()
            module.momentum = None                              # plain averages
    network.train()
    chosen = torch.from_numpy(numpy.random.default_rng(0).permutation(len(train))[:count])
    for rows in chosen.split(size):
        network(network.arranged(train.normalized(rows, SLAB)))


def loss_of(network, train, regions, held, step):
    """Of the class, of the groups' severities, and of where the atrophy is."""
    part, random = BLOCK if step < BLOCK_STEPS else SLAB, numpy.random.default_rng([SEED, 7, step])
    holes, bend = min(1.0, max(0.0, 2 * step / BLOCK_STEPS - 0.4)), 0.6 if step < BLOCK_STEPS else 0.1
    people = train.batches(SEED, step, PAIRS, SINGLES)
    views = [changed(train.normalized(torch.tensor(rows), part), train.severities[rows], regions[part], holes, bend, random) for rows in people]
    x, severities = (torch.cat(v) for v in zip(*views))
    labels = train.labels[sum(people, [])]
    cells = network.features(network.arranged(x))
    logits, strengths = network.head(cells)
    found = network.found(cells)
    if found.shape[1:] not in held:
        held[found.shape[1:]] = places(regions[part].transpose(0, 1), found.shape[1:])
    share = held[found.shape[1:]]
    wanted, weight = torch.einsum("ng,gijk->nijk", severities, share), 1 + 10 * share.sum(0)
    return (nn.functional.cross_entropy(logits, labels, label_smoothing=0.05)
            + 0.3 * nn.functional.mse_loss(strengths, severities)
            + (weight * (found - wanted) ** 2).mean() / weight.mean())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cohort", type=Path, nargs="+", required=True)
    parser.add_argument("--bases", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=math.inf)
    parser.add_argument("--threads", type=int, default=2)
    options, begun = parser.parse_args(), time.time()
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(SEED)
    options.out.mkdir(parents=True, exist_ok=True)
    network = networks.Slices().to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=0.05)
    step, elapsed, kept = 0, 0.0, options.out / f"{NAME}.checkpoint"
    if kept.exists():
        state = torch.load(kept)
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        step, elapsed = state["step"], state["elapsed"]
        print(f"goes on after step {step}", flush=True)
    train, held_out = Set(options.cohort, "train", SLAB), {f.name: Set([f], "validation", SLAB) for f in options.cohort if [*f.glob("validation.*")]}
    regions = torch.from_numpy(numpy.load(options.bases)["labels"][::2, ::2, ::2].copy())
    first = step
    started, told, losses, held = time.time() - elapsed, time.time(), [], {}
    while step < STEPS:
        if step == max(first, SLAB_STEPS):
            for data in (train, *held_out.values()):
                data.scale(HEAD)
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step)
        network.train()
        loss = loss_of(network, train, regions, held, step)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        step += 1
        losses = [*losses[-49:], loss.detach()]
        over = time.time() - begun > options.seconds
        if over or time.time() - told > 60:
            told = time.time()
            saved({"network": network.state_dict(), "optimizer": optimizer.state_dict(), "step": step, "elapsed": told - started}, kept)
            right = validated(network, held_out, BLOCK if step < BLOCK_STEPS else SLAB)
            print(f"{NAME}: step {step}, {told - started:.0f} s, loss {float(torch.stack(losses).mean()):.4f}, {right}", flush=True)
        if over:
            return
    seconds = round(time.time() - started)
    settled(network, train)
    saved(network.state_dict(), options.out / f"{NAME}.pt")
    record = {"name": NAME, "steps": step, "seconds": seconds, "torch": torch.__version__, "subjects": len(train),
              "parameters": sum(p.numel() for p in network.parameters()), "validation": validated(network, held_out, SLAB)}
    (options.out / f"{NAME}.json").write_text(json.dumps(record, indent=1) + "\n")
    print(json.dumps(record), flush=True)


if __name__ == "__main__":
    main()
