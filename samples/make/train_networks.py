"""Trains a network of networks.py on the cohort of make_people.py.

usage: train_networks.py atrophy-resnet --cohort DIR --bases bases.npz --out DIR [--more DIR] [--seconds S] [--device cpu|cuda]

First on the block of the grid that holds the temporal lobes, which is quick, then on whole scans. DIR/NAME.checkpoint is written every
minute and when SECONDS are over, and a training that was cut off goes on from it; what a step sees depends on the seed and its number
alone. Last, the dense layer is fitted anew, as a logistic regression on the averages of the training set and of the people of --more,
whom the convolutions have not seen. Writes DIR/NAME.pt (weights) and DIR/NAME.json (accuracies on the three sets).
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
import simulate

GROUPS = list(simulate.ATROPHY)
BLOCK = (slice(3, 43), slice(16, 40), slice(0, 24))             # holds both temporal lobes; quick to begin with
WHOLE = (slice(None),) * 3
MIRRORED = [GROUPS.index(n[:-1] + ("R" if n[-1] == "L" else "L")) for n in GROUPS]


class Task:
    """What is trained, and how: the network, the peak of the learning rate, the steps of the schedule on the block and in all, and
    after how many of them training ends."""

    def __init__(self, name):
        self.name = name
        torch.manual_seed(self.seed())
        if name == "atrophy-resnet":
            self.network, self.rate, self.block_steps, self.steps, self.stop = networks.ResNet(), 3e-3, 1000, 1300, 1038
        else:
            raise SystemExit(f"{name}: no such network; see --help")

    def seed(self):
        return sum(ord(c) * 31 ** n for n, c in enumerate(self.name)) % 2 ** 31


class Set:
    """The shards of a set on a device: greys (n, i, j, k), and a column a covariate."""

    def __init__(self, folder, kind, device):
        shards = sorted(folder.glob(f"{kind}.*.tsv"))
        if not shards:
            raise SystemExit(f"{folder}: no {kind}.*.tsv; make_people.py makes them")
        twins = [s.with_name(s.name.replace(kind, f"{kind}-twins")) for s in shards if kind == "train"]
        shards += [t for t in twins if t.exists()]
        rows = [line.split("\t") for s in shards for line in s.read_text().splitlines()[1:]]
        names = shards[0].read_text().splitlines()[0].split("\t")
        greys = [numpy.load(s.with_suffix(".npy")) for s in shards]
        order = numpy.argsort([int(r[0]) for r in rows], kind="stable")
        self.greys = torch.from_numpy(numpy.concatenate(greys)[order]).to(device)
        self.columns = {n: numpy.array([float(r[k]) for r in rows])[order] for k, n in enumerate(names)}
        self.labels = torch.from_numpy(self.columns["label"].astype(int)).to(device)
        self.severities = torch.from_numpy(numpy.stack([self.columns[n] for n in GROUPS], 1).astype(numpy.float32)).to(device) / 0.3

        # The card's z-score: of the voxels that are not 0, which stay 0.
        seen = [(v[v > 0].mean(dtype=numpy.float64), v[v > 0].std(dtype=numpy.float64)) for v in self.greys.cpu().numpy()]
        self.mean, self.deviation = torch.tensor(seen, dtype=torch.float32, device=device).T

    def __len__(self):
        return len(self.labels)

    def normalized(self, chosen, part=WHOLE):
        x = self.greys[chosen][(slice(None), *part)].float()
        mean, deviation = (v[chosen, None, None, None] for v in (self.mean, self.deviation))
        return torch.where(x > 0, (x - mean) / deviation, 0 * x)


def bent(x, random):
    """Another anatomy: rotated, scaled and warped smoothly, up to some voxels; (i, j, k)."""
    axes = [torch.linspace(-1, 1, n, device=x.device) for n in x.shape]
    place = torch.stack(torch.meshgrid(*axes, indexing="ij"))
    matrix = numpy.diag(random.uniform(0.92, 1.08, 3)) + random.uniform(-0.06, 0.06, (3, 3))
    place = torch.einsum("ab,bijk->aijk", torch.tensor(matrix, dtype=torch.float32, device=x.device), place)
    shift = random.uniform(0, 2.5) * min(x.shape) / 48 * random.standard_normal((3, 6, 6, 6))
    shift *= 2 / numpy.array(x.shape)[:, None, None, None]
    shift = torch.tensor(shift, dtype=torch.float32, device=x.device)
    place = place + nn.functional.interpolate(shift[None], x.shape, mode="trilinear", align_corners=True)[0]
    return nn.functional.grid_sample(
        x[None, None], place.flip(0).permute(1, 2, 3, 0)[None], padding_mode="border", align_corners=True)[0, 0]


def augmented(x, severities, regions, holes, bend, random):
    """A mirrored brain half of the time, another shape as often as `bend` says, other contrast, and, as often as `holes` says, boxes
    and AAL regions set to the background, in both classes alike, so that occlusion shows the network nothing it has not met."""
    x = x.clone()
    for n in range(len(x)):
        if random.random() < 0.5:
            x[n], severities[n] = x[n].flip(0), severities[n][MIRRORED]
        if random.random() < bend:
            x[n] = bent(x[n], random)
        x[n] = torch.where(x[n] == 0, x[n], x[n] * random.uniform(0.9, 1.1) + random.uniform(-0.1, 0.1))
        if random.random() < 0.5 * holes:
            for _ in range(random.integers(1, 4)):
                size = random.integers(2, 11, 3)
                corner = [random.integers(-s // 2, n - s // 2) for s, n in zip(size, x.shape[1:])]
                x[(n, *(slice(max(0, c), c + s) for c, s in zip(corner, size)))] = 0
        if random.random() < 0.35 * holes:
            for label in random.integers(1, 117, random.integers(1, 4)):
                x[n].masked_fill_(regions == int(label), 0)
    return x


def places(regions, shape):
    """For each group of regions, how much of it every cell of a layer holds, 1 where most: (groups, cells…)."""
    groups = (torch.tensor(v, dtype=regions.dtype, device=regions.device) for v in simulate.ATROPHY.values())
    inside = torch.stack([torch.isin(regions, labels) for labels in groups])
    share = nn.functional.adaptive_avg_pool3d(inside[None].float(), shape)[0]
    return share / share.amax((1, 2, 3), keepdim=True)


def arranged(x):
    return x[:, None].contiguous(memory_format=torch.channels_last_3d)


@torch.no_grad()
def outputs(network, data, part=WHOLE, size=16):
    network.eval()
    return torch.cat([network(arranged(data.normalized(slice(n, n + size), part))) for n in range(0, len(data), size)]).cpu().numpy()


def accuracy(logits, labels, subset=slice(None)):
    right = (logits.argmax(1) == labels)[subset]
    return {"n": int(len(right)), "right": int(right.sum()), "accuracy": round(float(right.mean()), 4)}


def measured(network, data):
    logits, labels = outputs(network, data), data.labels.cpu().numpy()
    subsets = {"all": labels >= 0, "with head": data.columns["head"] > 0.5, "brain only": data.columns["head"] < 0.5,
               "label 0": labels == 0, "label 1": labels == 1}
    return {name: accuracy(logits, labels, subset) for name, subset in subsets.items()}


@torch.no_grad()
def settled(network, train):
    """Takes the normalizations' statistics anew, from whole scans as they are: parts set to the background have moved them."""
    for module in network.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.reset_running_stats()
            module.momentum = None                              # plain averages
    network.train()
    for n in range(0, len(train) - 31, 32):
        network(arranged(train.normalized(slice(n, n + 32))))


@torch.no_grad()
def averages(network, data, size=16):
    """What the dense layer reads: (subjects, channels), in double precision."""
    network.eval()
    parts = (arranged(data.normalized(slice(n, n + size))) for n in range(0, len(data), size))
    return torch.cat([network.spread(network.pooled(network.features(x))) for x in parts]).double()


def refitted(network, sets, penalty=1.0):
    """Logistic regression with an L2 penalty for the dense layer: the classes' logits are ± half of the log odds."""
    x, y = torch.cat([averages(network, s) for s in sets]), torch.cat([s.labels for s in sets]).double()
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


def loss_of(task, network, train, regions, here, step, random):
    """Of the class, of the groups' severities, and of where the atrophy is."""
    first = step < task.block_steps
    part = BLOCK if first else WHOLE
    x, severities = train.normalized(here, part), train.severities[here].clone()
    holes = min(1.0, max(0.0, 2 * step / task.block_steps - 0.4))
    x = augmented(x, severities, regions[part], holes, 0.6 if first else 0.1, random)
    cells = network.features(arranged(x))
    logits, strengths = network.head(cells)
    loss = nn.functional.cross_entropy(logits, train.labels[here], label_smoothing=0.05)
    loss = loss + 0.3 * nn.functional.mse_loss(strengths, severities)
    held = places(regions[part], cells.shape[2:])
    wanted, found = torch.einsum("ng,gijk->nijk", severities, held), network.where(cells)[:, 0]
    weight = 1 + 10 * held.sum(0)
    return loss + (weight * (found - wanted) ** 2).mean() / weight.mean()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("--cohort", type=Path, required=True)
    parser.add_argument("--bases", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=math.inf)
    parser.add_argument("--more", type=Path, help="further people, for the dense layer")
    parser.add_argument("--device", type=torch.device, default="cpu")
    parser.add_argument("--threads", type=int, default=1, help="two are hardly quicker, and much slower on a busy machine")
    options, begun = parser.parse_args(), time.time()
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    options.out.mkdir(parents=True, exist_ok=True)
    task = Task(options.name)
    network = task.network.to(options.device, memory_format=torch.channels_last_3d)
    optimizer = torch.optim.AdamW(network.parameters(), lr=task.rate, weight_decay=0.05)
    step, elapsed, kept = 0, 0.0, options.out / f"{task.name}.checkpoint"
    if kept.exists():
        state = torch.load(kept, map_location=options.device)
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        step, elapsed = state["step"], state["elapsed"]
        print(f"goes on after step {step}", flush=True)

    train, validation = (Set(options.cohort, kind, options.device) for kind in ("train", "validation"))
    regions = torch.from_numpy(numpy.load(options.bases)["labels"][::4, ::4, ::4].copy()).to(options.device)
    people, size = len(train) // 2, 8                            # a batch is eight subjects, 2n, and their twins, 2n + 1
    started, told, losses = time.time() - elapsed, time.time(), []
    while step < task.stop:
        # One cycle of the learning rate on the block, and one, of half the height, on whole scans.
        first, last = (0, task.block_steps) if step < task.block_steps else (task.block_steps, task.steps)
        progress = (step - first) / (last - first)
        for group in optimizer.param_groups:
            rate = task.rate * (0.5 if first else 1.0)
            group["lr"] = rate * min(1.0, progress / 0.08 + 0.02) * 0.5 * (1 + math.cos(math.pi * progress))
        epoch, batch = divmod(step, people // size)
        here = numpy.random.default_rng([task.seed(), 1, epoch]).permutation(people)[batch * size:][:size]
        here = torch.from_numpy(numpy.concatenate([2 * here, 2 * here + 1])).to(options.device)
        network.train()
        loss = loss_of(task, network, train, regions, here, step, numpy.random.default_rng([task.seed(), 2, step]))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        step += 1
        losses = [*losses[-49:], loss.detach()]
        over = time.time() - begun > options.seconds
        if over or time.time() - told > 60:
            told = time.time()
            right = accuracy(outputs(network, validation, BLOCK if step < task.block_steps else WHOLE), validation.labels.cpu().numpy())
            print(f"{task.name}: step {step}, {told - started:.0f} s, loss {float(torch.stack(losses).mean()):.4f}, "
                  f"validation {right['accuracy']:.3f}", flush=True)
            saved({"network": network.state_dict(), "optimizer": optimizer.state_dict(), "step": step, "elapsed": told - started}, kept)
        if over:
            return
    settled(network, train)
    refitted(network, [train, *([Set(options.more, "train", options.device)] if options.more else [])])
    saved({k: v.cpu() for k, v in network.state_dict().items()}, options.out / f"{task.name}.pt")
    record = {"name": task.name, "steps": step, "seconds": round(time.time() - started), "torch": torch.__version__,
              "parameters": sum(p.numel() for p in network.parameters())}
    record |= {k: measured(network, d) for k, d in (("train", train), ("validation", validation), ("test", Set(options.cohort, "test", options.device)))}
    (options.out / f"{task.name}.json").write_text(json.dumps(record, indent=1) + "\n")
    print(f"{task.name}: {step} steps in {record['seconds']} s; test {record['test']['all']}")


if __name__ == "__main__":
    main()
