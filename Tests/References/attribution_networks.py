"""The small networks of make_attribution.py: one for each way in which networks that people train differ."""

import dataclasses
import typing

import torch
import torch.nn.functional as F
from torch import nn
from zennit.layer import Sum


def shake(net):
    """Trained-looking parameters: biases and BatchNormalization statistics that are not 0 and 1."""
    for module in net.modules():
        if isinstance(module, (nn.BatchNorm3d, nn.BatchNorm1d)):
            module.weight.data.uniform_(0.6, 1.4)
            module.bias.data.normal_(0, 0.2)
            module.running_mean.normal_(0, 0.2)
            module.running_var.uniform_(0.5, 1.5)


class Add(nn.Module):
    """The sum of two tensors; for Zennit its own module, which it has a rule for."""

    def __init__(self):
        super().__init__()
        self.sum = None

    def as_zennit(self):
        self.sum = Sum()

    def forward(self, a, b):
        return a + b if self.sum is None else self.sum(torch.stack([a, b], -1))


class SpatialMean(nn.Module):
    """ReduceMean over D, H, W; for Zennit the pool that it has a rule for."""

    def __init__(self):
        super().__init__()
        self.pool = None

    def as_zennit(self):
        self.pool = nn.AdaptiveAvgPool3d(1)

    def forward(self, x):
        return x.mean((2, 3, 4)) if self.pool is None else self.pool(x).flatten(1)


class Plain(nn.Module):
    """Convolution, BatchNormalization, ReLU, pool; dense layers with a BatchNormalization of their own."""

    merges = [("conv1", "bn1"), ("conv2", "bn2"), ("fc1", "bn3")]

    def __init__(self):
        super().__init__()
        self.conv1, self.bn1, self.relu1 = nn.Conv3d(1, 4, 3, padding=1), nn.BatchNorm3d(4), nn.ReLU()
        self.pool1 = nn.MaxPool3d(2)
        self.conv2, self.bn2, self.relu2 = nn.Conv3d(4, 6, 3, padding=1, bias=False), nn.BatchNorm3d(6), nn.ReLU()
        self.pool2 = nn.MaxPool3d(3, stride=2)
        self.drop = nn.Dropout()
        self.fc1, self.bn3, self.relu3 = nn.Linear(6 * 2 * 2 * 2, 8), nn.BatchNorm1d(8), nn.ReLU()
        self.fc2 = nn.Linear(8, 3)

    def forward(self, x):
        x = self.pool1(self.relu1(self.bn1(self.conv1(x))))
        x = self.pool2(self.relu2(self.bn2(self.conv2(x))))
        x = self.relu3(self.bn3(self.fc1(self.drop(x.flatten(1)))))
        return self.fc2(x)


class Residual(nn.Module):
    """A ResNet: an identity shortcut, then one with stride and a 1×1×1 convolution; global average pool."""

    merges = [("conv1", "bn1"), ("conv2", "bn2"), ("conv3", "bn3"), ("conv4", "bn4"), ("short", "bns")]

    def __init__(self):
        super().__init__()
        self.conv1, self.bn1, self.relu1 = nn.Conv3d(1, 4, 3, stride=1, padding=1, bias=False), nn.BatchNorm3d(4), nn.ReLU()
        self.conv2, self.bn2, self.relu2 = nn.Conv3d(4, 4, 3, padding=1, bias=False), nn.BatchNorm3d(4), nn.ReLU()
        self.add1 = Add()
        self.conv3, self.bn3, self.relu3 = nn.Conv3d(4, 6, 3, stride=2, padding=1, bias=False), nn.BatchNorm3d(6), nn.ReLU()
        self.short, self.bns = nn.Conv3d(4, 6, 1, stride=2, bias=False), nn.BatchNorm3d(6)
        self.conv4, self.bn4, self.relu4 = nn.Conv3d(6, 6, 3, padding=1, bias=False), nn.BatchNorm3d(6), nn.ReLU()
        self.add2 = Add()
        self.pool = nn.AdaptiveAvgPool3d(1)
        self.fc = nn.Linear(6, 2)

    def forward(self, x):
        x = self.relu1(self.bn1(self.conv1(x)))
        x = self.relu2(self.add1(self.bn2(self.conv2(x)), x))
        y = self.relu3(self.bn3(self.conv3(x)))
        y = self.bn4(self.conv4(y))
        x = self.relu4(self.add2(y, self.bns(self.short(x))))
        return self.fc(self.pool(x).flatten(1))


class Dense(nn.Module):
    """A DenseNet: concatenations, BatchNormalization before convolutions, a transition with an average pool."""

    # The mean of a pool and what scales each channel commute.
    merges = [("conv0", "bn0"), ("conv3", "bn4")]

    def __init__(self):
        super().__init__()
        self.conv0, self.bn0, self.relu0 = nn.Conv3d(1, 4, 3, padding=1, bias=False), nn.BatchNorm3d(4), nn.ReLU()
        self.bn1, self.relu1, self.conv1 = nn.BatchNorm3d(4), nn.ReLU(), nn.Conv3d(4, 3, 3, padding=1, bias=False)
        self.bn2, self.relu2, self.conv2 = nn.BatchNorm3d(7), nn.ReLU(), nn.Conv3d(7, 3, 3, padding=1, bias=False)
        self.bn3, self.relu3, self.conv3 = nn.BatchNorm3d(10), nn.ReLU(), nn.Conv3d(10, 5, 1, bias=False)
        self.pool = nn.AvgPool3d(2)
        self.bn4, self.relu4 = nn.BatchNorm3d(5), nn.ReLU()
        self.gap = nn.AdaptiveAvgPool3d(1)
        self.fc = nn.Linear(5, 2)

    def forward(self, x):
        x = self.relu0(self.bn0(self.conv0(x)))
        x = torch.cat([x, self.conv1(self.relu1(self.bn1(x)))], 1)
        x = torch.cat([x, self.conv2(self.relu2(self.bn2(x)))], 1)
        x = self.pool(self.conv3(self.relu3(self.bn3(x))))
        return self.fc(self.gap(self.relu4(self.bn4(x))).flatten(1))


class Activations(nn.Module):
    """LeakyReLU, ELU, PReLU and a ReLU among them; average pool; a spatial mean at the end."""

    merges = []

    def __init__(self):
        super().__init__()
        self.conv1, self.leaky = nn.Conv3d(1, 4, 3, padding=1), nn.LeakyReLU(0.2)
        self.pool = nn.AvgPool3d(2)
        self.conv2, self.elu = nn.Conv3d(4, 4, 3, padding=1), nn.ELU()
        self.conv3, self.prelu = nn.Conv3d(4, 5, 3, padding=1), nn.PReLU(5)
        self.conv4, self.relu = nn.Conv3d(5, 5, 1), nn.ReLU()
        self.mean = SpatialMean()
        self.fc = nn.Linear(5, 3)

    def forward(self, x):
        x = self.pool(self.leaky(self.conv1(x)))
        x = self.prelu(self.conv3(self.elu(self.conv2(x))))
        return self.fc(self.mean(self.relu(self.conv4(x))))


class Windows(nn.Module):
    """A maximum over tied input voxels; dilated, strided and depthwise convolutions; overlapping pools with padding."""

    merges = []

    def __init__(self):
        super().__init__()
        self.pool0 = nn.MaxPool3d(3, stride=1, padding=1)
        self.conv1, self.relu1 = nn.Conv3d(1, 4, 3, padding=2, dilation=2), nn.ReLU()
        self.conv2, self.relu2 = nn.Conv3d(4, 8, 3, stride=(2, 1, 2), padding=1, groups=4), nn.ReLU()
        self.pool1 = nn.AvgPool3d(3, stride=2, padding=1)
        self.conv3, self.relu3 = nn.Conv3d(8, 4, (1, 3, 2)), nn.ReLU()
        self.pool2 = nn.AvgPool3d(2, stride=1, padding=1, count_include_pad=False)
        self.fc = nn.Linear(4 * 4 * 5 * 3, 2)

    def forward(self, x):
        x = self.relu1(self.conv1(self.pool0(x)))
        x = self.pool1(self.relu2(self.conv2(x)))
        x = self.pool2(self.relu3(self.conv3(x)))
        return self.fc(x.flatten(1))


class TwoChannels(nn.Module):
    """Two channels in, one logit out."""

    merges = [("conv2", "bn2")]

    def __init__(self):
        super().__init__()
        self.conv1, self.relu1 = nn.Conv3d(2, 4, 3, padding=1), nn.ReLU()
        self.pool1 = nn.MaxPool3d(2)
        self.conv2, self.bn2, self.relu2 = nn.Conv3d(4, 4, 3, padding=1), nn.BatchNorm3d(4), nn.ReLU()
        self.pool2 = nn.AvgPool3d(2)
        self.fc = nn.Linear(4 * 3 * 2 * 2, 1)

    def forward(self, x):
        x = self.pool1(self.relu1(self.conv1(x)))
        x = self.pool2(self.relu2(self.bn2(self.conv2(x))))
        return self.fc(x.flatten(1))


class FullyConvolutional(nn.Module):
    """An SFCN: pools before ReLUs, a 1×1×1 convolution as the head, outputs of shape [N, K, 1, 1, 1]."""

    merges = [("conv1", "bn1"), ("conv2", "bn2"), ("conv3", "bn3")]

    def __init__(self):
        super().__init__()
        self.conv1, self.bn1, self.pool1, self.relu1 = nn.Conv3d(1, 4, 3, padding=1), nn.BatchNorm3d(4), nn.MaxPool3d(2), nn.ReLU()
        self.conv2, self.bn2, self.pool2, self.relu2 = nn.Conv3d(4, 6, 3, padding=1), nn.BatchNorm3d(6), nn.MaxPool3d(2), nn.ReLU()
        self.conv3, self.bn3, self.relu3 = nn.Conv3d(6, 5, 1), nn.BatchNorm3d(5), nn.ReLU()
        self.pool3 = nn.AvgPool3d((3, 2, 2))
        self.head = nn.Conv3d(5, 4, 1)

    def forward(self, x):
        x = self.relu1(self.pool1(self.bn1(self.conv1(x))))
        x = self.relu2(self.pool2(self.bn2(self.conv2(x))))
        return self.head(self.pool3(self.relu3(self.bn3(self.conv3(x)))))


class Vgg(nn.Module):
    """A VGG: pairs of 3×3×3 convolutions without BatchNormalization, three dense layers."""

    merges = []

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv3d(1, 4, 3, padding=1), nn.ReLU(), nn.Conv3d(4, 4, 3, padding=1), nn.ReLU(), nn.MaxPool3d(2),
            nn.Conv3d(4, 6, 3, padding=1), nn.ReLU(), nn.Conv3d(6, 6, 3, padding=1), nn.ReLU(), nn.MaxPool3d(2))
        self.dense = nn.Sequential(
            nn.Linear(6 * 2 * 2 * 2, 12), nn.ReLU(), nn.Dropout(), nn.Linear(12, 8), nn.ReLU(), nn.Linear(8, 3))

    def forward(self, x):
        return self.dense(self.features(x).flatten(1))


class OffsetConvolution(nn.Conv3d):
    """A convolution whose bias differs from place to place: what a BatchNormalization before a padded one becomes."""

    def forward(self, x):
        return F.conv3d(x, self.weight, None, self.stride, self.padding, self.dilation, self.groups) + self.bias


class Apart(nn.Module):
    """BatchNormalization after a ReLU, after a pool, and before a dense layer: none right behind a convolution."""

    merges = []

    def __init__(self):
        super().__init__()
        self.conv1, self.relu1, self.bn1 = nn.Conv3d(1, 4, 3, padding=1), nn.ReLU(), nn.BatchNorm3d(4)
        self.conv2, self.pool2, self.bn2, self.relu2 = nn.Conv3d(4, 5, 3, padding=1), nn.MaxPool3d(2), nn.BatchNorm3d(5), nn.LeakyReLU(0.1)
        self.conv3, self.relu3, self.pool3, self.bn3 = nn.Conv3d(5, 4, 2), nn.ReLU(), nn.AvgPool3d(2), nn.BatchNorm3d(4)
        self.fc1, self.relu4, self.bn4 = nn.Linear(4 * 2 * 1 * 1, 6), nn.ReLU(), nn.BatchNorm1d(6)
        self.fc2 = nn.Linear(6, 2)

    def forward(self, x):
        x = self.conv2(self.bn1(self.relu1(self.conv1(x))))
        x = self.relu2(self.bn2(self.pool2(x)))
        x = self.bn3(self.pool3(self.relu3(self.conv3(x))))
        return self.fc2(self.bn4(self.relu4(self.fc1(x.flatten(1)))))

    def merge_apart(self, image):
        """Each BatchNormalization goes, exactly, into the linear layer behind it or before the pool before it."""
        def affine(norm):
            scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            return scale, norm.bias - scale * norm.running_mean

        scale, shift = affine(self.bn2)
        self.conv2.weight = nn.Parameter(self.conv2.weight * scale.view(-1, 1, 1, 1, 1))
        self.conv2.bias = nn.Parameter(self.conv2.bias * scale + shift)
        with torch.no_grad():
            inner = self.relu1(self.conv1(image))
            scale, shift = affine(self.bn1)
            offset = self.conv2(torch.zeros_like(inner) + shift.view(1, -1, 1, 1, 1))
        whole = OffsetConvolution(4, 5, 3, padding=1).to(image.dtype)
        whole.weight = nn.Parameter(self.conv2.weight * scale.view(1, -1, 1, 1, 1))
        whole.bias = nn.Parameter(offset[0])
        self.conv2 = whole
        for norm, dense, each in ((self.bn3, self.fc1, 2), (self.bn4, self.fc2, 1)):
            scale, shift = (v.repeat_interleave(each) for v in affine(norm))
            dense.bias = nn.Parameter(dense.bias + dense.weight @ shift)
            dense.weight = nn.Parameter(dense.weight * scale)
        self.bn1 = self.bn2 = self.bn3 = self.bn4 = nn.Identity()


class Ending(nn.Module):
    """A network with its output activation, as it is exported."""

    def __init__(self, net, activation):
        super().__init__()
        self.net, self.activation = net, activation

    def forward(self, x):
        return self.activation(self.net(x))


def noise(shape):
    return torch.randn(shape)


def steps(shape):
    """Whole numbers: many voxels are equal, so that maxima tie."""
    return torch.randint(-2, 3, shape).float()


@dataclasses.dataclass
class Case:
    name: str
    build: typing.Callable
    shape: tuple
    target: int
    layer: str
    composites: tuple = ()
    ending: nn.Module = None
    dynamo: bool = False
    image: typing.Callable = noise
    other_layer: tuple = None
    lrp_only: bool = False
    relevance: bool = True
    seed: int = 1

    def exported(self, net):
        return (net if self.ending is None else Ending(net, self.ending)).eval()


ALL = (
    "epsilon", "epsilon-alpha2-beta1", "epsilon-gamma-box", "epsilon-plus-flat", "epsilon-alpha2-beta1-flat",
    "excitation-backprop", "deep-taylor")
CASES = [
    Case("plain", Plain, (1, 1, 12, 10, 11), 1, "conv2", ALL, other_layer=("relu1", "/relu1/Relu")),
    Case("residual", Residual, (1, 1, 10, 9, 11), 0, "short", ALL),
    Case("dense", Dense, (1, 1, 10, 8, 11), 1, "conv3", relevance=False),
    Case("activations", Activations, (1, 1, 10, 9, 8), 2, "conv4", ALL, dynamo=True),
    Case("windows", Windows, (1, 1, 12, 11, 10), 0, "conv3", ("epsilon-alpha2-beta1", "epsilon-gamma-box"), image=steps),
    Case("twochannel", TwoChannels, (1, 2, 12, 9, 8), 0, "conv2", ("epsilon-gamma-box", "epsilon-plus-flat"), ending=nn.Sigmoid()),
    Case("fcn", FullyConvolutional, (1, 1, 12, 8, 9), 3, "conv3", ("epsilon", "epsilon-plus-flat"), ending=nn.LogSoftmax(1)),
    Case("vgg", Vgg, (1, 1, 10, 9, 8), 2, "features.7", ALL, lrp_only=True),
    Case("apart", Apart, (1, 1, 10, 7, 6), 1, "conv3", ALL, lrp_only=True),
    # The network of "dense" with another seed, of which the ε rule makes stable maps.
    Case("transition", Dense, (1, 1, 10, 8, 11), 1, "conv3", ALL, seed=2),
]
