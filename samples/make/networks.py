"""Residual networks with global average pooling. Inputs are z-scored scans [N, 1, 46, 55, 46] at 4 mm."""
import torch
from torch import nn
from torch.nn import functional


def normalized(convolution, channels):
    return nn.Sequential(convolution, nn.BatchNorm3d(channels))


class Residual(nn.Module):
    """Two convolutions and a way past them, after He et al. 2016; a 1³ convolution where the number of channels or the grid changes."""

    def __init__(self, incoming, channels, stride):
        super().__init__()
        self.first = normalized(nn.Conv3d(incoming, channels, 3, stride, 1, bias=False), channels)
        self.second = normalized(nn.Conv3d(channels, channels, 3, 1, 1, bias=False), channels)
        self.past = None
        if stride > 1 or incoming != channels:
            self.past = normalized(nn.Conv3d(incoming, channels, 1, stride, bias=False), channels)

    def forward(self, x):
        past = x if self.past is None else self.past(x)
        return torch.relu(self.second(torch.relu(self.first(x))) + past)


class ResNet(nn.Module):
    """A stem, residual blocks, the average over all places, one dense layer: class activation maps are exact here. If `gated`, an
    attention gate (Oktay et al. 2018), a 1³ convolution and a sigmoid, weighs the places before they are averaged.

    `where` and `severities` are for training alone: `where` tells at each cell how strong the atrophy is there; `severities` is a
    second dense layer on the same averages: how strong the atrophy of each of the six groups is. The average is over 2016 cells of
    which few see atrophy, so it hardly differs between subjects; `spread` brings it to unit deviation, and `for_export` moves that
    into the weights of the dense layer.
    """

    def __init__(self, stem=16, stem_stride=2, blocks=((32, 2), (32, 1), (32, 1)), groups=6, gated=False):
        super().__init__()
        self.stem = normalized(nn.Conv3d(1, stem, 3, stem_stride, 1, bias=False), stem)
        self.blocks = nn.Sequential()
        for channels, stride in blocks:
            self.blocks.append(Residual(stem, channels, stride))
            stem = channels
        self.spread = nn.BatchNorm1d(stem, eps=1e-6, affine=False)
        self.logits, self.severities, self.where = nn.Linear(stem, 2), nn.Linear(stem, groups), nn.Conv3d(stem, 1, 1)
        self.gate = nn.Conv3d(stem, 1, 1) if gated else None

    def features(self, x):
        return self.blocks(torch.relu(self.stem(x)))

    def pooled(self, x):
        if self.gate is not None:
            x = x * torch.sigmoid(self.gate(x))
        return torch.flatten(functional.adaptive_avg_pool3d(x, 1), 1)

    def head(self, x):
        x = self.pooled(x)
        x = self.spread(x) if self.spread is not None else x
        return (self.logits(x), self.severities(x)) if self.training else self.logits(x)

    def forward(self, x):
        return self.head(self.features(x))

    def for_export(self, soften):
        with torch.no_grad():
            self.logits.weight.div_(torch.sqrt(self.spread.running_var + self.spread.eps))
            self.logits.bias.sub_(self.logits.weight @ self.spread.running_mean)
            self.logits.weight.div_(soften)
            self.logits.bias.div_(soften)
        self.spread = None
        del self.severities, self.where
        return self
