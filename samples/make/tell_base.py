"""Asks whether a network can tell which of the two brains a person of make_people.py is more of.

usage: tell_base.py --cohort DIR --out DIR [--steps N] [--threads N]
Controls only (of each patient of the training set, its twin), at 4 mm: three quarters of the training set to train a small residual
network with global average pooling from nothing (strided convolutions of 16 and 32, a block of 32; AdamW; mirrored, shifted by up to
a voxel, other contrast), the other quarter and the controls of validation and test set to test. Prints, and writes into DIR/tell-base.json,
how often it is right, beside the part of the commoner brain. Seed 9.
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
from evaluate import interval
from subjects import Set

SEED, SIZE, RATE = 9, 16, 2e-3


def controls(folder, kind):
    """Z-scored scans of one control a person, and whether most of the brain is Colin27's."""
    data = Set([folder], kind)
    pairs = (([first, twin] if twin >= 0 else [first]) for first, twin in zip(data.first, data.twin))
    rows = [r for pair in pairs for r in pair if data.labels[r] == 0]
    order = numpy.argsort([int(data.rows[r]["number"]) for r in rows], kind="stable")
    rows = [rows[n] for n in order]
    return data.normalized(torch.tensor(rows)), torch.tensor([int(float(data.rows[r]["colin27"]) > 0.5) for r in rows])


def network():
    return nn.Sequential(
        networks.normalized(nn.Conv3d(1, 16, 3, 2, 1, bias=False), 16), nn.ReLU(), networks.normalized(nn.Conv3d(16, 32, 3, 2, 1, bias=False), 32),
        nn.ReLU(), networks.Residual(32, 32, 1), nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.BatchNorm1d(32), nn.Linear(32, 2))


def view(x, random):
    if random.random() < 0.5:
        x = x.flip(0)
    x = torch.roll(x, tuple(int(v) for v in random.integers(-1, 2, 3)), (0, 1, 2))
    return torch.where(x == 0, x, x * random.uniform(0.9, 1.1) + random.uniform(-0.1, 0.1))


@torch.no_grad()
def right(model, x, truth):
    model.eval()
    return int(sum((model(v[:, None]).argmax(1) == t).sum() for v, t in zip(x.split(16), truth.split(16))))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cohort", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--threads", type=int, default=2)
    options, started = parser.parse_args(), time.time()
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(SEED)
    sets = [controls(options.cohort, kind) for kind in ("train", "validation", "test")]
    count = len(sets[0][0]) * 3 // 4
    x, y = (v[:count] for v in sets[0])
    test = [torch.cat([sets[0][n][count:], sets[1][n], sets[2][n]]) for n in (0, 1)]
    model = network()
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.05)
    for step in range(options.steps):
        random, progress = numpy.random.default_rng([SEED, step]), step / options.steps
        for group in optimizer.param_groups:
            group["lr"] = RATE * min(1.0, progress / 0.08 + 0.02) * 0.5 * (1 + math.cos(math.pi * progress))
        here = random.choice(count, SIZE, replace=False)
        model.train()
        loss = nn.functional.cross_entropy(model(torch.stack([view(x[n], random) for n in here])[:, None]), y[here])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 50 == 49:
            print(f"step {step + 1}, {time.time() - started:.0f} s, loss {float(loss.detach()):.3f}, test {right(model, *test)} of {len(test[1])}", flush=True)
    hits, n = right(model, *test), len(test[1])
    share = float(test[1].float().mean())
    record = {"steps": options.steps, "seconds": round(time.time() - started), "train": f"{right(model, x, y)} of {count}",
              "test": f"{hits} of {n}", "95 %": [round(v, 3) for v in interval(hits, n)], "commoner brain": round(max(share, 1 - share), 3)}
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "tell-base.json").write_text(json.dumps(record, indent=1) + "\n")
    print(json.dumps(record))


if __name__ == "__main__":
    main()
