"""Trains a network of networks.py on the cohort of make_people.py.

usage: train_networks.py NAME --cohort DIR --bases bases.npz --out DIR [--steps N] [--seconds S] [--device cpu|cuda] [--wait S]
NAME: atrophy-resnet, atrophy-vit, atrophy-25d, atrophy-fold-1 … atrophy-fold-5, brain-vae, brain-vae-guided, or base-test, which
learns to tell which of the two brains most of a subject is from.

Ends after STEPS, or SECONDS after the start if that is sooner; the learning rate falls to nothing by whichever it will be. DIR/NAME.checkpoint
is written every minute, and a training that was cut off goes on from it; what a step sees depends on the seed and its number alone.
Writes DIR/NAME.pt (weights) and DIR/NAME.json (what was measured on the validation and test sets).
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
MIRRORED = [GROUPS.index(n[:-1] + ("R" if n[-1] == "L" else "L")) for n in GROUPS]


class Task:
    """What is trained, and how: the grid's step (2 mm voxels), the network, batch, rate and steps."""

    def __init__(self, name):
        self.name, self.step, self.plain = name, (1, 1, 1), False
        self.size, self.rate, self.steps, self.decay = 24, 2e-3, 4000, 0.02
        torch.manual_seed(self.seed())
        if name == "atrophy-resnet":
            self.network = networks.ResNet()
        elif name == "atrophy-vit":
            self.network, self.rate = networks.ViT(), 1e-3
        elif name == "atrophy-25d":
            self.network, self.step, self.rate = networks.Slices(), (1, 2, 1), 1.5e-3
        elif name.startswith("atrophy-fold-"):
            self.network, self.step, self.size = networks.small(), (2, 2, 2), 32
        elif name == "base-test":
            self.network = networks.ResNet(groups=1)
        elif name.startswith("brain-vae"):
            self.network, self.step, self.plain, self.size = networks.VAE(), (2, 2, 2), True, 32
        else:
            raise SystemExit(f"{name}: no such network; see --help")

    def seed(self):
        return sum(ord(c) * 31 ** n for n, c in enumerate(self.name)) % 2 ** 31


class Set:
    """The shards of a set on a device: greys (n, i, j, k), and a column a covariate."""

    def __init__(self, folder, kind, device, step, wait=0.0):
        deadline = time.time() + wait
        while True:
            shards = sorted(folder.glob(f"{kind}.*.tsv"))
            expected = int(next(iter((folder / "shards").read_text().split()), 1)) if (folder / "shards").exists() else 1
            if len(shards) >= expected:
                break
            if time.time() > deadline:
                raise SystemExit(f"{folder}: {len(shards)} of {expected} shards of {kind}; make_people.py makes them")
            time.sleep(0.5)
        cut = (slice(None), *(slice(None, None, s) for s in step)) if not kind.startswith("plain") else slice(None)
        rows = [line.split("\t") for s in shards for line in s.read_text().splitlines()[1:]]
        names = shards[0].read_text().splitlines()[0].split("\t")
        greys = [numpy.ascontiguousarray(numpy.load(s.with_suffix(".npy"), mmap_mode="r")[cut]) for s in shards]
        order = numpy.argsort([int(r[0]) for r in rows])
        self.greys = torch.from_numpy(numpy.concatenate(greys)[order]).to(device)
        self.columns = {n: numpy.array([float(r[k]) for r in rows])[order] for k, n in enumerate(names)}
        self.labels = torch.from_numpy(self.columns["label"].astype(int)).to(device)
        self.severities = torch.from_numpy(numpy.stack([self.columns[n] for n in GROUPS], 1).astype(numpy.float32)).to(device) / 0.3

    def __len__(self):
        return len(self.labels)


def normalized(greys):
    """The card's z-score: voxels that are not 0, which stay 0."""
    x, seen = greys.float(), greys > 0
    count = seen.sum((1, 2, 3), keepdim=True)
    mean = (x * seen).sum((1, 2, 3), keepdim=True) / count
    deviation = (((x - mean) ** 2 * seen).sum((1, 2, 3), keepdim=True) / count).sqrt()
    return torch.where(seen, (x - mean) / deviation, torch.zeros_like(x))


def augmented(x, severities, regions, step, holes, random):
    """A mirrored brain half of the time, other contrast, and, as often as `holes` says, boxes and AAL regions set to the background,
    in both classes alike, so that occlusion shows the network nothing it has not met."""
    x = x.clone()
    for n in range(len(x)):
        if random.random() < 0.5:
            x[n], severities[n] = x[n].flip(0), severities[n][MIRRORED]
        x[n] = torch.where(x[n] == 0, x[n], x[n] * random.uniform(0.9, 1.1) + random.uniform(-0.1, 0.1))
        if random.random() < 0.5 * holes:
            for _ in range(random.integers(1, 4)):
                size = [max(1, int(v) // s) for v, s in zip(random.integers(4, 21, 3), step)]
                corner = [int(random.integers(-s // 2, n - s // 2)) for s, n in zip(size, x.shape[1:])]
                x[(n, *(slice(max(0, c), c + s) for c, s in zip(corner, size)))] = 0
        if random.random() < 0.35 * holes:
            for label in random.integers(1, 117, random.integers(1, 4)):
                x[n].masked_fill_(regions == int(label), 0)
    return x


def arranged(x, task):
    """(n, i, j, k) as the network takes it."""
    if task.name == "atrophy-25d":
        return x.permute(0, 2, 1, 3).contiguous()
    return x[:, None].contiguous(memory_format=torch.channels_last_3d) if x.is_cuda and not task.plain else x[:, None]


def loss_of_vae(network, x, truth, guided, progress):
    """Half the number of voxels times the log of the mean square error, and the KL divergence: per voxel of the brain."""
    rebuilt, mean, log_variance = network(x)
    mean, log_variance = mean.float(), log_variance.float()
    voxels = (x != 0).sum() / len(x)
    error = ((rebuilt.float() - x) ** 2).sum() / (voxels * len(x))
    divergence = -0.5 * (1 + log_variance - mean ** 2 - log_variance.exp()).sum(1).mean()
    loss = 0.5 * torch.log(error + 1e-4) + 4 * min(1, 2 * progress) * divergence / voxels
    if guided:
        loss = loss + 0.02 * ((mean[:, :2] - truth) ** 2).sum(1).mean()
    return loss


def factors(data):
    """Atrophy and age of the plain sets, of unit variance about 0."""
    atrophy = data.columns[GROUPS[0]] / 0.9
    return numpy.stack([(v - 0.5) * math.sqrt(12) for v in (atrophy, data.columns["age"])], 1)


@torch.no_grad()
def outputs(network, data, task, size=16):
    network.eval()
    torch.backends.cudnn.benchmark = False                      # every size of a batch would be tried out
    results = [network(arranged(normalized(data.greys[n:n + size]), task)) for n in range(0, len(data), size)]
    torch.backends.cudnn.benchmark = True
    return torch.cat(results).float().cpu().numpy()


def accuracy(logits, labels, subset=None):
    right = (logits.argmax(1) == labels)
    right = right if subset is None else right[subset]
    return {"n": int(len(right)), "right": int(right.sum()), "accuracy": round(float(right.mean()), 4)}


def measured(network, task, data, labels):
    """Accuracies of a classifier on a set."""
    logits = outputs(network, data, task)
    found = {"all": accuracy(logits, labels), "with head": accuracy(logits, labels, data.columns["head"] > 0.5),
             "brain only": accuracy(logits, labels, data.columns["head"] < 0.5),
             "label 1": accuracy(logits, labels, labels == 1), "label 0": accuracy(logits, labels, labels == 0),
             "controls": accuracy(logits, labels, data.columns["label"] < 0.5)}
    return found | {"logits": [[round(float(v), 4) for v in row] for row in logits]}


@torch.no_grad()
def measured_vae(network, train, test):
    network.eval()
    average, rows, codes = None, [], []
    for data in (train, test):
        x = [normalized(data.greys[n:n + 32]) for n in range(0, len(data), 32)]
        average = torch.cat(x).mean(0) if average is None else average
        codes.append(torch.cat([network.encoder(v[:, None])[0] for v in x]).double().cpu().numpy())
        error = sum(float(((network.decoder(network.encoder(v[:, None])[0])[:, 0] - v) ** 2).sum()) for v in x)
        spread = sum(float(((v - average) ** 2).sum()) for v in x)
        brain = sum(int((v != 0).sum()) for v in x)
        rows.append({"rms error per brain voxel (sd)": math.sqrt(error / brain), "of the variance about the mean scan": 1 - error / spread})
    truth = [factors(train), factors(test)]
    found = {"train": rows[0], "test": rows[1]}
    with_one = [numpy.hstack([c, numpy.ones((len(c), 1))]) for c in codes]
    for k, name in enumerate(("atrophy", "age")):
        weights = numpy.linalg.lstsq(with_one[0], truth[0][:, k], rcond=None)[0]
        rest = truth[1][:, k] - with_one[1] @ weights
        found[name] = {"R2 of a linear probe, held out": 1 - float((rest ** 2).sum() / ((truth[1][:, k] - truth[1][:, k].mean()) ** 2).sum()),
                       "correlation of each factor": [round(float(numpy.corrcoef(c, truth[1][:, k])[0, 1]), 3) for c in codes[1].T]}
    found["deviation of each factor"] = [round(float(v), 3) for v in codes[1].std(0)]
    return found


def saved(value, path):
    partial = path.with_name(path.name + ".partial")
    torch.save(value, partial)
    partial.rename(path)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("--cohort", type=Path, required=True)
    parser.add_argument("--bases", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--seconds", type=float, default=math.inf)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precise", action="store_true", help="on a GPU, too, float32 throughout")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--wait", type=float, default=0.0, help="seconds to wait for the cohort")
    options, begun = parser.parse_args(), time.time()
    torch.set_num_threads(options.threads)
    torch.backends.cudnn.benchmark = True
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    options.out.mkdir(parents=True, exist_ok=True)
    task, device = Task(options.name), torch.device(options.device)
    gpu = device.type == "cuda"
    fast = gpu and not options.precise
    network = task.network
    network.to(device)
    if fast and task.name != "atrophy-25d" and not task.plain:
        network.to(memory_format=torch.channels_last_3d)
    steps = options.steps or task.steps
    optimizer = torch.optim.AdamW(network.parameters(), lr=task.rate, weight_decay=task.decay)
    began, kept = 0, options.out / f"{task.name}.checkpoint"
    elapsed = 0.0
    if kept.exists():
        state = torch.load(kept, map_location=device)
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        began, elapsed = state["step"], state["elapsed"]
        print(f"goes on after step {began}", flush=True)

    kinds = ("plain-train", "plain-test", "plain-test") if task.plain else ("train", "validation", "test")
    train, validation = (Set(options.cohort, k, device, task.step, options.wait) for k in kinds[:2])
    regions = torch.from_numpy(numpy.load(options.bases)["labels"][tuple(slice(None, None, 2 * s) for s in task.step)]).to(device)
    chosen = numpy.arange(len(train))
    if "-fold-" in task.name:                                    # pairs of a control and a patient, in turns
        chosen = chosen[(chosen // 2) % 5 != int(task.name[-1]) - 1]
    if task.name == "base-test":
        for data in (train, validation):
            data.labels = torch.from_numpy((data.columns["colin27"] > 0.5).astype(int)).to(device)
            data.severities = torch.from_numpy((data.columns["colin27"][:, None] - 0.5).astype(numpy.float32) * 10).to(device)
    truth = torch.from_numpy(factors(train).astype(numpy.float32)).to(device) if task.plain else None

    started, told = time.time() - elapsed, time.time()
    limit = options.seconds - (time.time() - begun)
    losses, step, order, epoch = [], began, None, -1
    batches = len(chosen) // task.size
    while step < steps and time.time() - started < limit:
        progress = max(step / steps, (time.time() - started) / limit)
        for group in optimizer.param_groups:
            group["lr"] = task.rate * min(1.0, progress / 0.08 + 0.02) * 0.5 * (1 + math.cos(math.pi * progress))
        if step // batches != epoch:
            epoch = step // batches
            order = numpy.random.default_rng([task.seed(), 1, epoch]).permutation(chosen)
        here = torch.from_numpy(order[(step % batches) * task.size:][:task.size]).to(device)
        random = numpy.random.default_rng([task.seed(), 2, step])
        torch.manual_seed(task.seed() + step)
        network.train()
        x = normalized(train.greys[here])
        if task.plain:
            loss = loss_of_vae(network, arranged(x, task), truth[here], "guided" in task.name, progress)
        else:
            severities = train.severities[here].clone()
            if task.name != "base-test":
                x = augmented(x, severities, regions, task.step, min(1.0, max(0.0, 2 * progress - 0.2)), random)
            with torch.autocast(device.type, torch.bfloat16, enabled=fast):
                cells = network.features(arranged(x, task))
            logits, strengths = network.head(cells.float())
            loss = nn.functional.cross_entropy(logits, train.labels[here], label_smoothing=0.05)
            loss = loss + 0.3 * nn.functional.mse_loss(strengths, severities)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        step += 1
        losses.append(loss.detach())
        if time.time() - told > (15 if gpu else 60) or step == began + 20:
            told, line = time.time(), f"step {step}, {time.time() - started:.0f} s, loss {float(torch.stack(losses[-50:]).mean()):.4f}"
            if not task.plain:
                line += f", validation {accuracy(outputs(network, validation, task), validation.labels.cpu().numpy())['accuracy']:.3f}"
            print(f"{task.name}: {line}", flush=True)
            saved({"network": network.state_dict(), "optimizer": optimizer.state_dict(), "step": step,
                   "elapsed": time.time() - started}, kept)
            saved({k: v.cpu() for k, v in network.state_dict().items()}, options.out / f"{task.name}.pt")
    seconds = time.time() - started
    saved({k: v.cpu() for k, v in network.state_dict().items()}, options.out / f"{task.name}.pt")
    record = {"name": task.name, "steps": step, "batch": task.size, "seconds": round(seconds, 1), "device": torch.cuda.get_device_name() if gpu else "cpu",
              "torch": torch.__version__, "parameters": sum(p.numel() for p in network.parameters())}
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    if task.plain:
        record |= measured_vae(network, train, validation)
    else:
        record["validation"] = measured(network, task, validation, validation.labels.cpu().numpy())
        test = Set(options.cohort, "test", device, task.step, options.wait)
        labels = (test.columns["colin27"] > 0.5).astype(int) if task.name == "base-test" else test.labels.cpu().numpy()
        record["test"] = measured(network, task, test, labels)
        record["train"] = {k: v for k, v in measured(network, task, train, train.labels.cpu().numpy()).items() if k != "logits"}
    (options.out / f"{task.name}.json").write_text(json.dumps(record) + "\n")
    print(f"{task.name}: {step} steps in {seconds:.0f} s;", json.dumps({k: record.get(k, {}).get("all", record.get(k)) for k in ("validation", "test", "train")}), flush=True)


if __name__ == "__main__":
    main()
