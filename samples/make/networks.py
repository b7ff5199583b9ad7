"""The sample networks but for atrophy-cnn, in PyTorch. Inputs are z-scored scans, as each class says."""
import torch
from torch import nn
from torch.nn import functional

STEM = (1, 8, 16)                                               # channels of atrophy-cnn's first stages
TOP = 16                                                        # channels that are averaged
BLOCKS, FOLD_BLOCKS = ((32, 1), (32, 1)), ((16, 1), (16, 1))    # channels and strides of the residual blocks


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
    """The first two stages of atrophy-cnn, residual blocks, a 1³ convolution to `top` channels, the average over all places, one dense
    layer: class activation maps are exact here. If `gated`, an attention gate (Oktay et al. 2018), a 1³ convolution and a sigmoid, weighs
    the places before they are averaged. For scans [N, 1, 91, 109, 91] at 2 mm; a cell of the last map is 8 mm wide, or more with strides.

    `where` and `severities` are for training alone: `where` tells at each cell how strong the atrophy is there; `severities` is a
    second dense layer on the same averages: how strong the atrophy of each of the six groups is. The average is over 13,068 cells of
    which few see atrophy, so it hardly differs between subjects; `spread` brings it to unit deviation, and `for_export` moves that
    into the weights of the dense layer.
    """

    def __init__(self, blocks=BLOCKS, groups=6, gated=False, top=0):
        super().__init__()
        self.convolutions = nn.ModuleList(nn.Conv3d(a, b, 3, padding=1) for a, b in zip(STEM, STEM[1:]))
        self.normalizations = nn.ModuleList(nn.BatchNorm3d(b) for b in STEM[1:])
        self.blocks, channels = nn.Sequential(), STEM[-1]
        for wanted, stride in blocks:
            self.blocks.append(Residual(channels, wanted, stride))
            channels = wanted
        self.where = nn.Conv3d(channels, 1, 1)
        self.gate = nn.Conv3d(channels, 1, 1) if gated else None
        self.top = nn.Conv3d(channels, top, 1) if top else None
        channels = top or channels
        self.spread = nn.BatchNorm1d(channels, eps=1e-6, affine=False)
        self.logits, self.severities = nn.Linear(channels, 2), nn.Linear(channels, groups)

    @staticmethod
    def arranged(x):
        """Scans (n, i, j, k) as the network takes them."""
        return x[:, None].contiguous(memory_format=torch.channels_last_3d)

    def stem(self, x):
        for convolution, normalization in zip(self.convolutions, self.normalizations):
            x = functional.max_pool3d(torch.relu(normalization(convolution(x))), 2)
        return x

    def features(self, x):
        return self.blocks(self.stem(x))

    def found(self, cells):
        """`where` of each cell: (n, cells…)."""
        return self.where(cells)[:, 0]

    def pooled(self, x):
        if self.gate is not None:
            x = x * torch.sigmoid(self.gate(x))
        if self.top is not None:
            x = torch.relu(self.top(x))
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
        return self.without_training()

    def without_training(self):
        self.spread = None
        del self.severities, self.where
        return self


class Slices(nn.Module):
    """2.5D: one 2D network for each of 24 coronal slices 4 mm apart, [N, 24, 91, 91] at 2 mm, and gated attention over the slices (Ilse
    et al. 2018).

    `where`, `severities` and `spread` as in ResNet.
    """
    COUNT = 24

    def __init__(self, layers=((8, 2), (16, 2), (24, 1), (32, 2), (32, 1)), width=32, groups=6):
        super().__init__()
        self.stem, incoming = nn.Sequential(), 1
        for channels, stride in layers:
            self.stem.append(nn.Sequential(nn.Conv2d(incoming, channels, 3, stride, 1, bias=False), nn.BatchNorm2d(channels)))
            self.stem.append(nn.ReLU())
            incoming = channels
        self.spread = nn.BatchNorm1d(incoming, eps=1e-6, affine=False)
        self.dense = nn.Linear(incoming, width)
        self.what, self.gate, self.weight = nn.Linear(width, 16), nn.Linear(width, 16), nn.Linear(16, 1)
        self.logits, self.severities, self.where = nn.Linear(width, 2), nn.Linear(width, groups), nn.Conv2d(incoming, 1, 1)

    @staticmethod
    def arranged(x):
        return x.permute(0, 2, 1, 3).contiguous()

    def features(self, x):
        return self.stem(x.reshape(-1, 1, x.shape[2], x.shape[3]).contiguous(memory_format=torch.channels_last))

    def found(self, cells):
        return self.where(cells).reshape(-1, self.COUNT, *cells.shape[2:])

    def head(self, x):
        x = torch.flatten(functional.adaptive_avg_pool2d(x, 1), 1)
        x = torch.relu(self.dense(self.spread(x) if self.spread is not None else x))
        weight = self.weight(torch.tanh(self.what(x)) * torch.sigmoid(self.gate(x)))
        attention = torch.softmax(weight.reshape(-1, self.COUNT, 1), dim=1)
        x = (attention * x.reshape(-1, self.COUNT, self.dense.out_features)).sum(1)
        return (self.logits(x), self.severities(x)) if self.training else self.logits(x)

    def forward(self, x):
        return self.head(self.features(x))

    def for_export(self, soften):
        with torch.no_grad():
            self.dense.weight.div_(torch.sqrt(self.spread.running_var + self.spread.eps))
            self.dense.bias.sub_(self.dense.weight @ self.spread.running_mean)
            self.logits.weight.div_(soften)
            self.logits.bias.div_(soften)
        return self.without_training()

    without_training = ResNet.without_training
