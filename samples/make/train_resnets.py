"""Trains a residual network of networks.py on what atrophy-cnn's first two stages make of simulated subjects (stem_features.py).

usage: train_resnets.py NAME … --features DIR … --bases bases.npz --out DIR [--samples DIR] [--seconds S] [--threads N]
NAME: atrophy-trunk, of which top_resnet.py makes atrophy-resnet; atrophy-gated, made of OUT/atrophy-trunk.pt; atrophy-trunk-1 to -5, smaller
and never seeing a fifth of the people, of which top_resnet.py makes atrophy-fold-1 to -5.

The stages keep atrophy-cnn's weights; the blocks and the dense layer are trained, on the block of the grid that holds both temporal lobes
and, for where the atrophy is, on blocks of other places; last on whole scans. DIR/NAME.checkpoint is written every minute and when
SECONDS are over, and a training that was cut off goes on from it; what a step sees depends on the seed and its number alone. In the end
the normalizations take their statistics from whole scans, and the dense layer is fitted anew, a logistic regression on the averages of
the training set. Writes DIR/NAME.pt (weights) and DIR/NAME.json (accuracies on the validation sets, and on the people left out).
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
from compare_torch import weights
from stem_features import BLOCK
from subjects import places

TRUNK_SEED, FOLDS = 99792295, 5                                # fold N: N more
PAIRS, SINGLES, ELSEWHERE = (6, 2), (8, 4), (4, 0)              # people with twins, people without, blocks of other places; late: whole scans
STEEPNESS, MIDDLE = 4.0, 0.5                                    # of the gate


def fold_of(name):
    """1 to 5, or 0 where nobody is left out."""
    return int(name[-1]) if name[-1] in "12345" else 0


def trains(count, fold):
    """Who of the people is not left out: (count,)."""
    return numpy.arange(count) % FOLDS != fold - 1


class Task:
    """What is trained, and how: the network, the peak of the learning rate, the steps on the block and in all."""

    def __init__(self, name):
        self.name, self.fold = name, fold_of(name)
        self.seed, self.rate, self.block_steps, self.steps = TRUNK_SEED + self.fold, 2e-3, 760, 800
        torch.manual_seed(self.seed)
        if name == "atrophy-trunk":
            self.network = networks.ResNet()
        elif name == "atrophy-gated":
            self.network, self.block_steps, self.steps = networks.ResNet(gated=True), 0, 0
        elif name == f"atrophy-trunk-{self.fold}":
            self.network, self.block_steps, self.steps = networks.ResNet(networks.FOLD_BLOCKS), 500, 540
        else:
            raise SystemExit(f"{name}: no such network; see --help")

    def learning_rate(self, step):
        """One cycle on the block, and one, of a third of the height, on whole scans."""
        first, last = (0, self.block_steps) if step < self.block_steps else (self.block_steps, self.steps)
        progress = (step - first) / (last - first)
        rate = self.rate / 3 if first else self.rate
        return rate * min(1.0, progress / 0.08 + 0.02) * 0.5 * (1 + math.cos(math.pi * progress))


class Maps:
    """The maps of some cohorts as one set. A person is (cohort, rows): one row, or two with the twin."""

    def __init__(self, folders, kind):
        self.tables = [dict(numpy.load(f / f"{kind}.npz")) for f in folders]
        self.maps = [{n: numpy.load(f / f"{kind}.{n}.npy", mmap_mode="r") for n in ("whole", "block")} for f in folders]
        self.people = [(c, [r for r in (first, twin) if r >= 0]) for c, t in enumerate(self.tables) for first, twin in zip(t["first"], t["twin"])]
        self.paired = numpy.array([len(rows) > 1 for _, rows in self.people])

    def views(self, cohort, rows, kind, variant):
        """Maps, severities and labels."""
        table = self.tables[cohort]
        return self.maps[cohort][kind][rows, variant], table[kind][rows, variant], table["labels"][rows]

    def whole(self, people, size=16):
        """All rows of some people as they are, in batches: maps and labels."""
        rows = [(c, r) for c, pair in people for r in pair]
        for n in range(0, len(rows), size):
            found = [self.views(c, [r], "whole", 0) for c, r in rows[n:n + size]]
            yield arranged(numpy.concatenate([f[0] for f in found])), torch.from_numpy(numpy.concatenate([f[2] for f in found]))


def arranged(maps):
    return torch.from_numpy(maps.astype(numpy.float32)).contiguous(memory_format=torch.channels_last_3d)


def started_from(network, path):
    """The stages of atrophy-cnn, which stay; its third convolution is where the first block begins."""
    stored = weights(path)
    with torch.no_grad():
        for n, (convolution, normalization) in enumerate(zip(network.convolutions, network.normalizations)):
            convolution.load_state_dict({k: stored[f"convolutions.{n}.{k}"] for k in ("weight", "bias")})
            keys = ("weight", "bias", "running_mean", "running_var")
            normalization.load_state_dict({k: stored[f"normalizations.{n}.{k}"] for k in keys}, strict=False)
        wanted = network.blocks[0].first[0].weight
        wanted.copy_(stored["convolutions.2.weight"][:len(wanted)])


def accuracy(logits, labels):
    right = (logits.argmax(1) == labels).float()
    return {"n": len(right), "right": int(right.sum()), "accuracy": round(float(right.mean()), 4),
            "controls": round(float(right[labels == 0].mean()), 4), "patients": round(float(right[labels == 1].mean()), 4)}


@torch.no_grad()
def averages(network, maps, people):
    """What the dense layer reads, not yet spread, and the labels: (subjects, channels)."""
    network.eval()
    found = [(network.pooled(network.blocks(x)), y) for x, y in maps.whole(people)]
    return [torch.cat(v) for v in zip(*found)]


def measured(network, maps, people):
    x, y = averages(network, maps, people)
    return accuracy(network.logits(network.spread(x)), y)


@torch.no_grad()
def settled(network, maps, people, count=400):
    """Takes the normalizations' statistics anew, from whole scans as they are: parts set to the background have moved them."""
    for module in network.blocks.modules():
        if isinstance(module, nn.BatchNorm3d):
            module.reset_running_stats()
            module.momentum = None                              # plain averages
    network.train()
    for x, _ in maps.whole([people[n] for n in numpy.random.default_rng(0).permutation(len(people))[:count]]):
        network.blocks(x)


def refitted(network, x, y, penalty=1.0):
    """Logistic regression with an L2 penalty for the dense layer on averages x: the classes' logits are ± half of the log odds."""
    network.spread.running_mean.copy_(x.mean(0))
    network.spread.running_var.copy_(x.var(0))
    x, y = network.spread.eval()(x).double(), y.double()
    weight = torch.zeros(x.shape[1] + 1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([weight], max_iter=500, tolerance_grad=1e-9, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        odds = x @ weight[:-1] + weight[-1]
        loss = nn.functional.binary_cross_entropy_with_logits(odds, y, reduction="sum") + penalty / 2 * (weight[:-1] ** 2).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    half = weight.detach().float() / 2
    with torch.no_grad():
        network.logits.weight.copy_(torch.stack([-half[:-1], half[:-1]]))
        network.logits.bias.copy_(torch.stack([-half[-1], half[-1]]))


def saved(value, path):
    partial = path.with_name(path.name + ".partial")
    torch.save(value, partial)
    partial.rename(path)


def recorded(record, network, options):
    """Writes DIR/NAME.json, with the accuracies on the validation sets."""
    for folder in (f for f in options.features if (f / "validation.npz").exists()):
        held_out = Maps([folder], "validation")
        record[f"validation, {folder.name}"] = measured(network, held_out, held_out.people)
    (options.out / f"{record['name']}.json").write_text(json.dumps(record, indent=1) + "\n")
    print(json.dumps(record), flush=True)


class Lesson:
    """What a step asks: the class, the groups' severities, and where the atrophy is; of blocks of other places only the last, so that a
    network learns before it sees whole scans that there is nothing to find there."""

    def __init__(self, task, maps, people, regions):
        self.task, self.maps, self.regions, self.held = task, maps, regions, {}
        self.pairs, self.singles = ([p for p in people if (len(p[1]) > 1) == paired] for paired in (True, False))

    def shares(self, kind, shape):
        """Where the groups are on the cells of a layer, on the grid of the stages' maps: (groups, cells…)."""
        if kind not in self.held:
            part = self.regions[BLOCK] if kind == "block" else self.regions[:88, :108, :88]
            self.held[kind] = places(part, shape)
        return self.held[kind]

    def loss(self, step):
        task, network, late = self.task, self.task.network, int(step >= self.task.block_steps)
        random, kind = numpy.random.default_rng([task.seed, step]), ("block", "whole")[late]
        views = []
        for people, size in ((self.pairs, PAIRS[late]), (self.singles, SINGLES[late])):
            for n in random.choice(len(people), min(size, len(people)), replace=False):
                variant = int(random.integers(len(self.maps.maps[0][kind][0])))
                views.append(self.maps.views(*people[n], kind, variant))
        x, severities, labels = (numpy.concatenate(v) for v in zip(*views))
        whole = self.shares("whole", (22, 27, 22))
        held = whole if late else self.shares("block", (20, 12, 12))
        held = [held] * len(x)
        for _ in range(ELSEWHERE[late]):
            cohort, rows = (self.pairs + self.singles)[random.integers(len(self.pairs) + len(self.singles))]
            values, strengths, _ = self.maps.views(cohort, rows[:1], "whole", int(random.integers(2)))
            low = [2 * int(random.integers((n - b) // 2 + 1)) for n, b in zip((22, 27, 22), (20, 12, 12))]
            x = numpy.concatenate([x, values[(slice(None), slice(None), *(slice(a, a + b) for a, b in zip(low, (20, 12, 12))))]])
            severities = numpy.concatenate([severities, strengths])
            held.append(whole[(slice(None), *(slice(a, a + b) for a, b in zip(low, (20, 12, 12))))])
        severities, labels, held = torch.from_numpy(severities), torch.from_numpy(labels), torch.stack(held)
        cells = network.blocks(arranged(x))
        logits, strengths = network.head(cells[:len(labels)])
        wanted, weight = torch.einsum("ng,ngijk->nijk", severities, held), 1 + 10 * held.sum(1)
        return (nn.functional.cross_entropy(logits, labels, label_smoothing=0.05)
                + 0.3 * nn.functional.mse_loss(strengths, severities[:len(labels)])
                + (weight * (network.found(cells) - wanted) ** 2).mean() / weight.mean())


def trained(task, maps, people, regions, options, begun):
    """Steps, from the checkpoint on; the seconds that they took in all, or None if time was over."""
    network, kept = task.network, options.out / f"{task.name}.checkpoint"
    part = [p for n, p in network.named_parameters() if not n.startswith(("convolutions", "normalizations"))]
    optimizer = torch.optim.AdamW(part, lr=task.rate, weight_decay=0.05)
    step, elapsed = 0, 0.0
    if kept.exists():
        state = torch.load(kept)
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        step, elapsed = state["step"], state["elapsed"]
        print(f"goes on after step {step}", flush=True)
    lesson = Lesson(task, maps, people, regions)
    started, told, losses = time.time() - elapsed, time.time(), []
    while step < task.steps:
        for group in optimizer.param_groups:
            group["lr"] = task.learning_rate(step)
        network.train()
        loss = lesson.loss(step)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(part, 5.0)
        optimizer.step()
        step += 1
        losses = [*losses[-49:], float(loss)]
        over = time.time() - begun > options.seconds
        if over or time.time() - told > 60:
            told = time.time()
            saved({"network": network.state_dict(), "optimizer": optimizer.state_dict(), "step": step, "elapsed": told - started}, kept)
            print(f"{task.name}: step {step}, {told - started:.0f} s, loss {numpy.mean(losses):.4f}", flush=True)
        if over:
            return None
    return round(time.time() - started)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="+")
    parser.add_argument("--features", type=Path, nargs="+", required=True)
    parser.add_argument("--bases", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--samples", type=Path, default=Path(__file__).parent.parent)
    parser.add_argument("--seconds", type=float, default=math.inf)
    parser.add_argument("--threads", type=int, default=2)
    options, begun = parser.parse_args(), time.time()
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    options.out.mkdir(parents=True, exist_ok=True)
    regions = torch.from_numpy(numpy.load(options.bases)["labels"][::2, ::2, ::2].copy())
    maps = Maps(options.features, "train")
    for name in options.names:
        task = Task(name)
        network, inside = task.network.to(memory_format=torch.channels_last_3d), trains(len(maps.people), task.fold)
        people, left_out = ([p for p, i in zip(maps.people, inside) if i == wanted] for wanted in (True, False))
        started_from(network, options.samples / "atrophy-cnn.onnx")
        if network.gate is None:
            seconds = trained(task, maps, people, regions, options, begun)
            if seconds is None:
                return
            settled(network, maps, people)
        else:
            seconds = 0
            network.load_state_dict(torch.load(options.out / "atrophy-trunk.pt"), strict=False)
            with torch.no_grad():                               # σ(4 (w − ½)), w being what the training output says of a cell
                network.gate.weight.copy_(STEEPNESS * network.where.weight)
                network.gate.bias.copy_(STEEPNESS * (network.where.bias - MIDDLE))
        refitted(network, *averages(network, maps, people))
        saved(network.state_dict(), options.out / f"{name}.pt")
        record = {"name": name, "steps": task.steps, "seconds": seconds, "torch": torch.__version__,
                  "people": len(people), "subjects": sum(len(rows) for _, rows in people),
                  "parameters": sum(p.numel() for n, p in network.named_parameters() if not n.startswith(("where", "severities")))}
        if left_out:
            record["left out"] = measured(network, maps, left_out)
        recorded(record, network, options)


if __name__ == "__main__":
    main()
