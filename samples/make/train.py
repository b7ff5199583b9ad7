"""Trains the network on the cohort of make_cohort.py and writes atrophy-cnn.onnx.

usage: train.py --cohort DIR [--templates DIR] [--out DIR] [--seed N] [--block-epochs N] [--epochs N] [--threads N]

First on the block of the grid that holds the temporal lobes, which is quick, then on whole scans.
"""
import argparse
import copy
import time
from pathlib import Path

import numpy
import torch
from torch import nn

import preprocess
import simulate

FILTERS = (1, 8, 16, 32, 64)
HIDDEN = 32
CELLS = (5, 6, 5)                                            # the grid after four pools
SOFTEN = 2.0                                                 # divides the trained logits: scores that do not saturate
BLOCK = (slice(0, 80), slice(32, 80), slice(0, 48))          # holds both temporal lobes; training begins with it


class AtrophyNet(nn.Module):
    """Four times convolution, batch normalization, ReLU, max pool; two dense layers: after Rieke et al. 2018.

    While training, each max pool runs before its batch normalization, which is quicker. The scales of the normalizations are
    kept positive, so the trained network computes the same either way: max and an increasing function commute.
    """

    def __init__(self):
        super().__init__()
        self.convolutions = nn.ModuleList(nn.Conv3d(a, b, 3, padding=1) for a, b in zip(FILTERS, FILTERS[1:]))
        self.normalizations = nn.ModuleList(nn.BatchNorm3d(b) for b in FILTERS[1:])
        self.dropout = nn.Dropout(0.2)
        self.hidden = nn.Linear(FILTERS[-1] * int(numpy.prod(CELLS)), HIDDEN)
        self.logits = nn.Linear(HIDDEN, 2)

    def forward(self, x):
        for convolution, normalization in zip(self.convolutions, self.normalizations):
            x = convolution(x)
            if self.training:
                x = torch.relu(normalization(nn.functional.max_pool3d(x, 2)))
            else:
                x = nn.functional.max_pool3d(torch.relu(normalization(x)), 2)
        x = self.dropout(torch.flatten(x, 1))
        return self.logits(self.dropout(torch.relu(self.hidden(x))))

    @torch.no_grad()
    def keep_scales_positive(self):
        for normalization in self.normalizations:
            normalization.weight.clamp_(min=0.05)


def read(folder, kind):
    volumes = [preprocess.normalize(v.astype(numpy.float32)) for v in numpy.load(folder / f"{kind}.npy", mmap_mode="r")]
    rows = (folder / f"{kind}.tsv").read_text().splitlines()[1:]
    return volumes, numpy.array([int(row.split("\t")[1]) for row in rows])


def augment(x, labels, block, random, holes):
    """A mirrored brain half of the time, other contrast, and, as often as `holes` says, parts set to the background, in both
    classes alike, so that occlusion shows the network nothing it has not met."""
    x = (x[::-1] if random.random() < 0.5 else x)[block]
    x = numpy.where(x == 0, 0, x * numpy.float32(random.uniform(0.9, 1.1)) + numpy.float32(random.uniform(-0.1, 0.1)))
    if random.random() < 0.6 * holes:
        for _ in range(random.integers(1, 4)):
            size = random.integers(4, 21, 3)
            corner = [random.integers(-s // 2, n - s // 2) for s, n in zip(size, x.shape)]
            x[tuple(slice(max(0, c), c + s) for c, s in zip(corner, size))] = 0
    if random.random() < 0.4 * holes:
        for label in random.integers(1, 117, random.integers(1, 4)):
            x[labels[block] == label] = 0
    return x


def tensor(volumes):
    return torch.from_numpy(numpy.stack(volumes)[:, None]).contiguous(memory_format=torch.channels_last_3d)


@torch.no_grad()
def score(network, volumes, truth, block):
    network.eval()
    logits = torch.cat([network(tensor([v[block] for v in volumes[n:n + 10]])) for n in range(0, len(volumes), 10)])
    loss = nn.functional.cross_entropy(logits, torch.as_tensor(truth)).item()
    return loss, (logits.argmax(1).numpy() == truth).mean()


def cells(network, block):
    """Makes the network for a block of its input: the dense layer keeps only the weights of the cells the block covers.

    The four pools halve the grid four times, so 16 voxels make a cell of the last map.
    """
    part = copy.deepcopy(network)
    covered = [(b.stop - b.start) // 16 for b in block]
    part.hidden = nn.Linear(FILTERS[-1] * int(numpy.prod(covered)), HIDDEN)
    return part


def widen(part, network, block):
    """Puts what the part has learnt into the whole network; elsewhere the dense layer starts at nearly nothing."""
    state = part.state_dict()
    weight = network.hidden.weight.detach().mul_(0.02).view(HIDDEN, FILTERS[-1], *CELLS)
    where = tuple(slice(b.start // 16, b.stop // 16) for b in block)
    shape = [w.stop - w.start for w in where]
    weight[(slice(None), slice(None), *where)] = state["hidden.weight"].view(HIDDEN, FILTERS[-1], *shape)
    state["hidden.weight"] = weight.reshape(HIDDEN, -1)
    network.load_state_dict(state)
    return network


def fit(network, sets, labels, block, epochs, rate, holes, random):
    """Trains with AdamW and one cycle of the learning rate; returns the network of the best validation loss.
    `holes(epoch)` says how often parts of the scans are set to the background."""
    volumes, truth, held, held_truth = sets
    network = network.to(memory_format=torch.channels_last_3d)
    optimizer = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=0.01)
    size = 10
    steps = epochs * -(-len(truth) // size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps, pct_start=0.2)
    best, state, started = numpy.inf, None, time.time()
    for epoch in range(epochs):
        network.train()
        total = 0.0
        order = random.permutation(len(truth))
        for chosen in (order[n:n + size] for n in range(0, len(order), size)):
            logits = network(tensor([augment(volumes[n], labels, block, random, holes(epoch)) for n in chosen]))
            loss = nn.functional.cross_entropy(logits, torch.as_tensor(truth[chosen]), label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            network.keep_scales_positive()
            total += loss.item() * len(chosen)
        held_loss, accuracy = score(network, held, held_truth, block)
        print(f"epoch {epoch + 1}: loss {total / len(truth):.3f}, validation {held_loss:.3f}, accuracy {accuracy:.3f}, "
              f"{time.time() - started:.0f} s", flush=True)
        if held_loss <= best and holes(epoch) == holes(epochs - 1):
            best, state = held_loss, copy.deepcopy(network.state_dict())
    network.load_state_dict(state)
    return network


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cohort", type=Path, required=True)
    parser.add_argument("--templates", type=Path, default=Path("/usr/share/mricron/templates"))
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--block-epochs", type=int, default=20)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    random = numpy.random.default_rng(options.seed)

    sets = *read(options.cohort, "train"), *read(options.cohort, "validation")
    labels = simulate.labels_on(preprocess.network_affine(options.templates / "ch2.nii.gz"), preprocess.SHAPE,
                                options.templates / "aal.nii.gz")
    network = AtrophyNet()
    ramp = options.block_epochs / 2
    part = fit(cells(network, BLOCK), sets, labels, BLOCK, options.block_epochs, 1e-3,
               lambda epoch: min(1.0, max(0.0, epoch / ramp - 0.3)), random)
    network = widen(part, network, BLOCK)
    network = fit(network, sets, labels, (slice(None),) * 3, options.epochs, 3e-4, lambda _: 1.0, random)

    network.eval().to(memory_format=torch.contiguous_format)
    with torch.no_grad():
        network.logits.weight.div_(SOFTEN)
        network.logits.bias.div_(SOFTEN)
    torch.save(network.state_dict(), options.cohort / "network.pt")
    torch.onnx.export(
        network, torch.zeros(1, 1, *preprocess.SHAPE), str(options.out / "atrophy-cnn.onnx"), dynamo=False, opset_version=17,
        training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False,      # BatchNormalization stays a node of its own
        input_names=["scan"], output_names=["logits"], dynamic_axes={"scan": {0: "N"}, "logits": {0: "N"}})


if __name__ == "__main__":
    main()
