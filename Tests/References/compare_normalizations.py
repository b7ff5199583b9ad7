"""What a BatchNormalization between a concatenation and a ReLU should do with relevance: the table of docs/composites.md.

    python3 Tests/References/compare_normalizations.py [--seeds N] [--subjects N] [--preactivation]

Trains a small 3D DenseNet (or a pre-activation ResNet) to find a dark spot at one of four places in smooth noise, and measures for new
images which part of the k voxels of largest |R| lies in the spot (of k voxels), for three ways to cross such a step. Networks are trained
from several seeds; a line has the mean over them, and each.

- pass: relevance is handed on unchanged (Zennit);
- share: by contribution to s·x + t, which is the ε rule; t takes its share;
- threshold: merged into the convolution behind the ReLU, which becomes max(x, −t/s) (Pahde et al. 2023, arXiv:2211.17174).

Made with torch 2.6.0.
"""

import argparse

import torch
import torch.nn.functional as F
from torch import nn

import relevance_reference as reference

A = torch.ops.aten
SIZE = 20
GRID = torch.meshgrid(*[torch.arange(SIZE).float()] * 3, indexing="ij")
PLACES = ([5, 5, 5], [14, 5, 9], [6, 14, 12], [14, 13, 6])
SPOTS = torch.stack([torch.exp(-sum((a - b) ** 2 for a, b in zip(GRID, place)) / 6.76) for place in PLACES])


class Layer(nn.Module):
    """BN → ReLU → convolution, twice; concatenated or added."""

    def __init__(self, channels, growth):
        super().__init__()
        middle = 2 * growth if growth else channels
        self.bn1, self.conv1 = nn.BatchNorm3d(channels), nn.Conv3d(channels, middle, 1 if growth else 3, padding=0 if growth else 1, bias=False)
        self.bn2, self.conv2 = nn.BatchNorm3d(middle), nn.Conv3d(middle, growth or channels, 3, padding=1, bias=False)
        self.joins = growth > 0

    def forward(self, x):
        y = self.conv2(F.relu(self.bn2(self.conv1(F.relu(self.bn1(x))))))
        return torch.cat([x, y], 1) if self.joins else x + y


class Net(nn.Module):
    def __init__(self, growth):
        super().__init__()
        self.stem, channels, layers = nn.Sequential(nn.Conv3d(1, 8, 3, padding=1, bias=False), nn.BatchNorm3d(8)), 8, []
        for block in range(2):
            for _ in range(3):
                layers.append(Layer(channels, growth))
                channels += growth
            if block == 0:
                layers += [nn.BatchNorm3d(channels), nn.ReLU(), nn.Conv3d(channels, channels // 2, 1, bias=False), nn.AvgPool3d(2)]
                channels //= 2
        self.body, self.norm, self.head = nn.Sequential(*layers), nn.BatchNorm3d(channels), nn.Linear(channels, 2)

    def forward(self, x):
        x = F.max_pool3d(F.relu(self.stem(x)), 2)
        return self.head(F.relu(self.norm(self.body(x))).mean((2, 3, 4)))


def batch(count):
    """Images, classes and places."""
    x = F.avg_pool3d(torch.randn(count, 1, SIZE + 4, SIZE + 4, SIZE + 4), 5, 1) * 3 + 1
    y, place = torch.randint(0, 2, (count,)), torch.randint(0, 4, (count,))
    x = x - 1.2 * (SPOTS[place] * y[:, None, None, None])[:, None]
    return x + 0.3 * torch.randn_like(x), y, place


class Threshold(reference.Relevance):
    """Merges BN → ReLU → convolution behind max(x, −t/s)."""

    def read(self, graph):
        super().read(graph)
        self.relus, self.convolutions = {}, {}
        for node in graph.nodes:
            if getattr(node.target, "overloadpacket", None) != A.batch_norm or node in self.merged.values():
                continue
            relu = next(iter(node.users))
            layer = next(iter(relu.users))
            if len(relu.users) == 1 and getattr(layer.target, "overloadpacket", None) in reference.CONVOLUTIONS:
                self.relus[relu], self.convolutions[layer] = node, node

    def run_node(self, node):
        if node in self.relus.values():
            return self.fetch_args_kwargs_from_env(node)[0][0]
        if node not in self.relus:
            return super().run_node(node)
        (x,), _ = self.fetch_args_kwargs_from_env(node)
        scale, shift = (v.view(1, -1, 1, 1, 1) for v in self.affine(self.relus[node]))
        step = lambda v: torch.where(scale > 0, torch.maximum(v, -shift / scale), torch.minimum(v, -shift / scale))
        return reference.Handing.apply(step, reference.passed, x)

    def linear(self, node, kind, args, kwargs):
        if node not in self.convolutions:
            return super().linear(node, kind, args, kwargs)
        x, weight, rest = args[0], args[1], args[3:]
        offset = torch.zeros(len(weight), dtype=x.dtype)
        if node in self.merged:
            scale, offset = self.affine(self.merged[node])
            weight = weight * scale.view(-1, 1, 1, 1, 1)
        scale, shift = (v.view(1, -1, 1, 1, 1) for v in self.affine(self.convolutions[node]))
        bias = kind(shift.expand_as(x), weight, offset, *rest, **kwargs)  # differs at the border
        run = lambda v, w, b: kind(v, w, None, *rest, **kwargs) + (0 if b is None else b)
        layer = reference.Layer(run, weight * scale, bias, self.composite[0])
        return reference.Handing.apply(layer, layer.rule, x)


def ranks(seed, subjects, growth):
    """By way of propagation: the mean part of the top voxels in the spot."""
    torch.manual_seed(seed)
    net = Net(growth)
    optimizer = torch.optim.Adam(net.parameters(), 3e-3)
    for _ in range(300):
        x, y, _ = batch(16)
        optimizer.zero_grad()
        F.cross_entropy(net(x), y).backward()
        optimizer.step()
    x, y, place = batch(200)
    net.eval().requires_grad_(False)
    print(f"seed {seed}: accuracy {float((net(x).argmax(1) == y).float().mean()):.3f}", flush=True)
    net.double()
    module = reference.exported(net, (x[:1].double(),))
    found = {}
    for subject in (y == 1).nonzero().flatten()[:subjects].tolist():
        image, spot = x[subject:subject + 1].double(), SPOTS[place[subject]] > 0.3
        leaf = image.clone().requires_grad_()
        maps = {"gradient-x-input": torch.autograd.grad(net(leaf)[0, 1], leaf)[0] * image}
        for composite in reference.COMPOSITES:
            for way, kind, normalization in (
                    ("pass", reference.Relevance, "pass"), ("share", reference.Relevance, "share"), ("threshold", Threshold, "pass")):
                leaf = image.clone().requires_grad_()
                z = kind(module, image, composite, normalization).run(leaf)
                z = (z[0] if isinstance(z, (tuple, list)) else z).flatten()[1]
                maps[f"{composite} {way}"] = torch.autograd.grad(z, leaf, z.detach())[0]
        for name, map in maps.items():
            top = map.abs().flatten().topk(int(spot.sum())).indices
            found.setdefault(name, []).append(float(spot.flatten()[top].float().mean()))
    return {name: sum(values) / len(values) for name, values in found.items()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--subjects", type=int, default=40)
    parser.add_argument("--preactivation", action="store_true")
    a = parser.parse_args()
    every = [ranks(seed, a.subjects, 0 if a.preactivation else 6) for seed in range(a.seeds)]
    for name in every[0]:
        values = [found[name] for found in every]
        print(f"{name:34s} {sum(values) / len(values):.2f}   " + " ".join(f"{v:.2f}" for v in values))
    print(f"chance {float((SPOTS > 0.3).float().mean()):.3f}")


if __name__ == "__main__":
    main()
