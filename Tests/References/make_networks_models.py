"""The networks of make_networks.py: name → (a function that builds network and scores, input shape)."""

import torch
import torch.nn.functional as F
from torch import nn


class Function(nn.Module):
    """A function of the input and of parameters, as a network."""

    def __init__(self, body, **parameters):
        super().__init__()
        self.body = body
        for name, value in parameters.items():
            self.register_parameter(name, nn.Parameter(value))

    def forward(self, x):
        return self.body(self, x)


def of(body, **shapes):
    """A network of one function, its parameters random with these shapes."""
    return lambda: (Function(body, **{k: torch.randn(s) for k, s in shapes.items()}), answer)


def answer(y, network, x):
    return y


def seeded(network):
    """Statistics and affine parameters of normalizations that are not those of a fresh layer."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm3d):
            module.running_mean.normal_(0, 0.3)
            module.running_var.uniform_(0.5, 2)
        if isinstance(module, (nn.BatchNorm3d, nn.InstanceNorm3d, nn.GroupNorm, nn.LayerNorm)) and module.weight is not None:
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0, 0.2)
    return network


def layer(make):
    return lambda: (seeded(make()), answer)


X = (1, 2, 5, 6, 7)
T = (1, 6, 4, 1, 1)

OPERATORS = {
    # convolutions
    "conv_padded": (layer(lambda: nn.Conv3d(2, 3, 3, padding=1)), X),
    "conv_strides": (layer(lambda: nn.Conv3d(2, 4, (3, 2, 1), stride=(2, 1, 3), padding=(1, 0, 0))), X),
    "conv_dilated": (layer(lambda: nn.Conv3d(2, 3, (2, 3, 3), dilation=(3, 2, 1), padding=(1, 2, 0), bias=False)), X),
    "conv_groups": (layer(lambda: nn.Conv3d(4, 6, 3, groups=2, padding=1)), (1, 4, 4, 5, 3)),
    "conv_depthwise": (layer(lambda: nn.Conv3d(4, 8, 3, groups=4, stride=2)), (1, 4, 5, 5, 5)),
    "conv_same": (layer(lambda: nn.Conv3d(2, 3, (2, 3, 4), padding="same")), X),
    "conv_pointwise": (layer(lambda: nn.Conv3d(2, 5, 1)), X),
    "conv_one_channel": (layer(lambda: nn.Conv3d(1, 3, 3, padding=1)), (1, 1, 6, 5, 4)),
    "conv_wide": (layer(lambda: nn.Conv3d(16, 16, 3, padding=1)), (1, 16, 3, 3, 3)),
    # pads
    "pad_zero": (of(lambda m, x: F.pad(x, (1, 0, 0, 2, 1, 1))), X),
    "pad_value": (of(lambda m, x: F.pad(x, (1, 2, 0, 0, 0, 1), value=0.5)), X),
    "pad_crop": (of(lambda m, x: F.pad(x, (-1, 2, 0, -2, 1, -1))), X),
    "pad_replicate": (of(lambda m, x: F.pad(x, (1, 2, 2, 0, 0, 1), mode="replicate")), X),
    "pad_reflect": (of(lambda m, x: F.pad(x, (1, 2, 2, 0, 0, 1), mode="reflect")), X),
    "pad_circular": (of(lambda m, x: F.pad(x, (1, 2, 2, 0, 0, 1), mode="circular")), X),
    # normalizations
    "batchnorm": (layer(lambda: nn.BatchNorm3d(2)), X),
    "instancenorm": (layer(lambda: nn.InstanceNorm3d(2, affine=True)), X),
    "instancenorm_plain": (layer(lambda: nn.InstanceNorm3d(2)), X),
    "groupnorm": (layer(lambda: nn.GroupNorm(2, 4)), (1, 4, 3, 4, 2)),
    "layernorm": (layer(lambda: nn.LayerNorm(7)), X),
    # activations
    "relu": (layer(nn.ReLU), X),
    "leaky_relu": (layer(lambda: nn.LeakyReLU(0.2)), X),
    "elu": (layer(lambda: nn.ELU(0.7)), X),
    "prelu": (layer(lambda: nn.PReLU(2, 0.3)), X),
    "prelu_single": (layer(lambda: nn.PReLU(1, 0.3)), X),
    "sigmoid": (of(lambda m, x: torch.sigmoid(x) * 2), X),
    "tanh": (layer(nn.Tanh), X),
    "softplus": (layer(nn.Softplus), X),
    "silu": (layer(nn.SiLU), X),
    "relu6": (of(lambda m, x: F.relu6(4 * x)), X),
    "clamp": (of(lambda m, x: x.clamp(max=0.3)), X),
    "gelu_tanh": (layer(lambda: nn.GELU(approximate="tanh")), X),
    "softmax_channels": (of(lambda m, x: torch.softmax(x, 1) * 3), X),
    "softmax_last": (of(lambda m, x: torch.softmax(x, -1) * 3), X),
    "log_softmax": (of(lambda m, x: torch.log_softmax(x, 2) * 3), X),
    # arithmetic
    "abs": (of(lambda m, x: x.abs()), X),
    "sqrt": (of(lambda m, x: (x * x + 1).sqrt()), X),
    "exp": (of(lambda m, x: x.exp()), X),
    "log": (of(lambda m, x: (x * x + 1).log()), X),
    "powers": (of(lambda m, x: x**2 + 0.1 * x**3 + (x * x + 1) ** 0.5 + (x * x + 1) ** -1.5), X),
    "products": (of(lambda m, x: x * m.a * x[:, :1] + m.b - x, a=(2, 1, 1, 1), b=(7,)), X),
    "quotients": (of(lambda m, x: x / (2 + x[:, :, 1:2] ** 2) + 3 / (1 + x * x) - x / 4, a=(1,)), X),
    "from_constant": (of(lambda m, x: 2 - x), X),
    "maximum": (of(lambda m, x: torch.maximum(x[:, :1], x[:, 1:]) + torch.minimum(x, m.a), a=(2, 1, 1, 1)), X),
    # pools
    "maxpool": (layer(lambda: nn.MaxPool3d(2)), X),
    "maxpool_overlap": (layer(lambda: nn.MaxPool3d(3, stride=2, padding=1)), X),
    "maxpool_stride1": (layer(lambda: nn.MaxPool3d((2, 3, 1), stride=1)), X),
    "maxpool_dilated": (layer(lambda: nn.MaxPool3d(2, stride=(1, 2, 1), dilation=(3, 2, 1), padding=1)), X),
    "maxpool_ceil": (layer(lambda: nn.MaxPool3d(2, ceil_mode=True)), X),
    "avgpool": (layer(lambda: nn.AvgPool3d(2)), X),
    "avgpool_padded": (layer(lambda: nn.AvgPool3d(3, stride=2, padding=1)), X),
    "avgpool_unpadded_count": (layer(lambda: nn.AvgPool3d((3, 2, 3), stride=(2, 1, 1), padding=1, count_include_pad=False)), X),
    "avgpool_ceil": (layer(lambda: nn.AvgPool3d(2, ceil_mode=True, count_include_pad=False)), X),
    "adaptive_average": (layer(lambda: nn.AdaptiveAvgPool3d(1)), X),
    "adaptive_average_grid": (layer(lambda: nn.AdaptiveAvgPool3d((5, 3, 1))), X),
    "adaptive_maximum": (layer(lambda: nn.AdaptiveMaxPool3d(1)), X),
    # reductions
    "mean": (of(lambda m, x: x.mean((2, 3, 4))), X),
    "mean_channels": (of(lambda m, x: x.mean(1, keepdim=True)), X),
    "sum": (of(lambda m, x: x.sum((1, 3))), X),
    "amax": (of(lambda m, x: x.amax((2, 4))), X),
    "norm": (of(lambda m, x: x.norm(dim=4)), X),
    # dense layers and products
    "linear": (layer(lambda: nn.Sequential(nn.Flatten(), nn.Linear(420, 5))), X),
    "linear_no_bias": (layer(lambda: nn.Sequential(nn.Flatten(), nn.Linear(420, 5, bias=False))), X),
    "linear_last_axis": (layer(lambda: nn.Linear(7, 3)), X),
    "matmul": (of(lambda m, x: x @ x.transpose(3, 4)), X),
    "matmul_broadcast": (of(lambda m, x: x @ m.a + m.b @ x[:, :, :, :, :3], a=(5, 7, 3), b=(6, 6)), X),
    # moving values
    "flatten": (of(lambda m, x: torch.flatten(x, 1)), X),
    "transpose": (of(lambda m, x: x.permute(0, 2, 3, 4, 1).relu()), X),
    "transpose_all": (of(lambda m, x: x.permute(0, 4, 1, 3, 2).contiguous().relu()), X),
    "view_of_sizes": (of(lambda m, x: x.view(x.shape[0], x.shape[1], -1).transpose(1, 2)), X),
    "squeeze": (of(lambda m, x: x.mean((3, 4), keepdim=True).squeeze(4).squeeze(3).unsqueeze(1)), X),
    "concat": (of(lambda m, x: torch.cat([x, x.relu(), x[:, :1]], 1)), X),
    "concat_constant": (of(lambda m, x: torch.cat([m.a, x], 3), a=(1, 2, 5, 1, 7)), X),
    "slice": (of(lambda m, x: x[:, :, 1:4:2, -5:, ::3]), X),
    "flip": (of(lambda m, x: x.flip((2, 4))), X),
    "roll": (of(lambda m, x: torch.roll(x, (1, -2), (2, 4))), X),
    "chunk": (of(lambda m, x: (lambda a, b: a * torch.sigmoid(b))(*x.chunk(2, 1))), X),
    "split": (of(lambda m, x: (lambda a, b, c: a + b * c[:, :, :, :, :1])(*x.split([3, 3, 1], 4))), X),
    "index": (of(lambda m, x: x[:, :, 3] + x[:, 1:, [0, 4, 4]].sum(2)), X),
    "channel_shuffle": (of(lambda m, x: x.view(-1, 2, 2, 3, 4, 2).transpose(1, 2).reshape(-1, 4, 3, 4, 2)), (1, 4, 3, 4, 2)),
    "windows": (of(lambda m, x: x.view(-1, 2, 2, 2, 3, 2, 2, 2).permute(0, 2, 4, 6, 3, 5, 7, 1).reshape(-1, 8, 2)), (1, 2, 4, 6, 4)),
    "class_token": (of(lambda m, x: torch.cat([m.a.expand(x.shape[0], -1, -1), x.flatten(2)], 2), a=(1, 2, 1)), X),
}


def conv_block(i, o, stride=1):
    return nn.Sequential(nn.Conv3d(i, o, 3, stride=stride, padding=1, bias=False), nn.BatchNorm3d(o), nn.ReLU())


class Residual(nn.Module):
    """A basic block with a projection, as MONAI's and MedicalNet's ResNets have."""

    def __init__(self, i, o, stride):
        super().__init__()
        self.a = conv_block(i, o, stride)
        self.b = nn.Sequential(nn.Conv3d(o, o, 3, padding=1, bias=False), nn.BatchNorm3d(o))
        self.c = nn.Sequential(nn.Conv3d(i, o, 1, stride=stride, bias=False), nn.BatchNorm3d(o))

    def forward(self, x):
        return F.relu(self.b(self.a(x)) + self.c(x))


class Dense(nn.Module):
    """A densely connected layer: normalization and ReLU before the convolution."""

    def __init__(self, i, growth):
        super().__init__()
        self.body = nn.Sequential(nn.BatchNorm3d(i), nn.ReLU(), nn.Conv3d(i, growth, 3, padding=1, bias=False))

    def forward(self, x):
        return torch.cat([x, self.body(x)], 1)


class SqueezeExcite(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.gate = nn.Sequential(nn.Linear(c, c // 2), nn.ReLU(), nn.Linear(c // 2, c), nn.Sigmoid())

    def forward(self, x):
        g = self.gate(F.adaptive_avg_pool3d(x, 1).view(x.shape[0], -1))
        return x * g.view(x.shape[0], -1, 1, 1, 1)


class Attention(nn.Module):
    """A pre-norm transformer block."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.normA, self.normB = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(approximate="tanh"), nn.Linear(2 * width, width))

    def forward(self, x):
        n, t, w = x.shape
        q, k, v = self.qkv(self.normA(x)).view(n, t, 3, self.heads, w // self.heads).permute(2, 0, 3, 1, 4)
        a = torch.softmax(q @ k.transpose(-2, -1) * (w // self.heads) ** -0.5, -1)
        x = x + self.out((a @ v).transpose(1, 2).reshape(n, t, w))
        return x + self.mlp(self.normB(x))


class Transformer(nn.Module):
    """Patches, a class token, positions, two blocks."""

    def __init__(self):
        super().__init__()
        self.patch = nn.Conv3d(1, 8, 4, stride=4)
        self.token, self.place = nn.Parameter(torch.randn(1, 1, 8)), nn.Parameter(torch.randn(1, 9, 8))
        self.blocks = nn.Sequential(Attention(8, 2), Attention(8, 2))
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        t = self.patch(x).flatten(2).transpose(1, 2)
        t = torch.cat([self.token.expand(x.shape[0], -1, -1), t], 1) + self.place
        return self.head(self.blocks(t)[:, 0])


class Gated(nn.Module):
    """An attention gate over voxels from a deeper stage."""

    def __init__(self):
        super().__init__()
        self.a, self.b = conv_block(1, 4), nn.Sequential(nn.MaxPool3d(2), conv_block(4, 4))
        self.theta, self.psi = nn.Conv3d(4, 4, 2, stride=2), nn.Conv3d(4, 1, 1)
        self.head = nn.Linear(8, 2)

    def forward(self, x):
        a = self.a(x)
        b = self.b(a)
        gate = torch.sigmoid(self.psi(F.relu(self.theta(a) + b)))
        gated = F.max_pool3d(a, 2) * gate
        return self.head(torch.cat([gated.mean((2, 3, 4)), b.flatten(2).max(2)[0]], 1))


def rieke():
    return nn.Sequential(
        conv_block(1, 4), nn.MaxPool3d(2), conv_block(4, 6), nn.MaxPool3d(3, padding=1), nn.Flatten(), nn.Dropout(0.5),
        nn.Linear(24, 8), nn.ReLU(), nn.Linear(8, 2))  # fmt: skip


def sfcn():
    return nn.Sequential(
        nn.Conv3d(1, 4, 3, padding=1), nn.BatchNorm3d(4), nn.MaxPool3d(2), nn.ReLU(), nn.Conv3d(4, 6, 1), nn.BatchNorm3d(6), nn.ReLU(),
        nn.AvgPool3d((3, 4, 3)), nn.Dropout(0.5), nn.Conv3d(6, 5, 1), nn.LogSoftmax(1))  # fmt: skip


def before_softmax(y, network, x):
    """The values before a last layer that normalizes."""
    return network[:-1](x)


NETWORKS = {
    "rieke": (layer(rieke), (1, 1, 8, 7, 8)),
    "sfcn": (lambda: (seeded(sfcn()), before_softmax), (1, 1, 6, 8, 6)),
    "resnet": (layer(lambda: nn.Sequential(
        conv_block(1, 4, 2), nn.MaxPool3d(3, 2, 1), Residual(4, 4, 1), Residual(4, 6, 2), nn.AdaptiveAvgPool3d(1), nn.Flatten(),
        nn.Linear(6, 3))), (1, 1, 16, 13, 15)),
    "densenet": (lambda: (seeded(nn.Sequential(
        nn.Conv3d(2, 4, 3, padding=1), Dense(4, 3), Dense(7, 3), nn.BatchNorm3d(10), nn.ReLU(), nn.Conv3d(10, 5, 1), nn.AvgPool3d(2),
        Dense(5, 2), nn.AdaptiveAvgPool3d(1), nn.Flatten(1), nn.Linear(7, 2), nn.Softmax(1))), before_softmax), (1, 2, 6, 7, 6)),
    "se_resnet": (layer(lambda: nn.Sequential(
        conv_block(1, 4), SqueezeExcite(4), Residual(4, 6, 2), SqueezeExcite(6), nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Linear(6, 2))),
        (1, 1, 6, 6, 6)),
    "conv_padded_pools": (layer(lambda: nn.Sequential(
        nn.Conv3d(1, 4, 3, padding=1), nn.BatchNorm3d(4), nn.LeakyReLU(), nn.ConstantPad3d((0, 1, 0, 0, 0, 1), 0), nn.MaxPool3d(2, 2),
        nn.Conv3d(4, 4, 3, padding=1), nn.BatchNorm3d(4), nn.ReLU(), nn.Flatten(), nn.Linear(144, 5), nn.ReLU(), nn.Linear(5, 2))),
        (1, 1, 5, 6, 7)),
    "instance_dilated": (layer(lambda: nn.Sequential(
        nn.Conv3d(1, 4, 3, dilation=2), nn.InstanceNorm3d(4, affine=True), nn.ReLU(), nn.Conv3d(4, 4, 3, dilation=2, padding=2),
        nn.InstanceNorm3d(4), nn.ELU(), nn.GroupNorm(2, 4), nn.AdaptiveMaxPool3d(1), nn.Flatten(), nn.Linear(4, 2))), (1, 1, 8, 7, 9)),
    "sigmoid_end": (lambda: (seeded(nn.Sequential(
        conv_block(1, 3), nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Linear(3, 1), nn.Sigmoid())), before_softmax), (1, 1, 4, 5, 6)),
    "transformer": (layer(Transformer), (1, 1, 8, 8, 8)),
    "gated": (layer(Gated), (1, 1, 6, 6, 8)),
}  # fmt: skip

# Operators that came later: at the end, so that the seeds of the others stay.
FURTHER = {
    "conv_transpose": (layer(lambda: nn.ConvTranspose3d(2, 3, (3, 2, 3), stride=2, padding=1, output_padding=(1, 0, 1))), (1, 2, 3, 4, 3)),
    "conv_transpose_groups": (layer(lambda: nn.Sequential(
        nn.ConvTranspose3d(4, 6, 2, groups=2, dilation=(2, 1, 1)), nn.BatchNorm3d(6))), (1, 4, 3, 2, 3)),
    "gelu": (layer(nn.GELU), X),
    "hardsigmoid": (of(lambda m, x: F.hardsigmoid(3 * x) * 2), X),
    "hardswish": (of(lambda m, x: F.hardswish(2 * x)), X),
    "selu": (layer(nn.SELU), X),
    "celu": (layer(lambda: nn.CELU(0.7)), X),
    "mish": (layer(nn.Mish), X),
    "softsign": (layer(nn.Softsign), X),
    "negative": (of(lambda m, x: -x + torch.reciprocal(x * x + 1)), X),
    "erf": (of(lambda m, x: torch.erf(x)), X),
    "layernorm_two": (layer(lambda: nn.LayerNorm((6, 7))), X),
    "groupnorm_wide": (layer(lambda: nn.GroupNorm(3, 6)), (1, 6, 3, 4, 2)),
    "upsample_nearest": (layer(lambda: nn.Upsample(scale_factor=2)), (1, 2, 3, 4, 2)),
    "upsample_linear": (layer(lambda: nn.Upsample(scale_factor=(2, 1, 3), mode="trilinear")), (1, 2, 3, 4, 2)),
    "upsample_corners": (layer(lambda: nn.Upsample(size=(5, 7, 4), mode="trilinear", align_corners=True)), (1, 2, 3, 4, 2)),
    "interpolate_down": (of(lambda m, x: F.interpolate(x, size=(3, 4, 3), mode="trilinear")), X),
    "expand": (of(lambda m, x: x.mean((2, 3, 4), keepdim=True).expand(-1, -1, 3, 2, 4) * m.a, a=(3, 2, 4)), X),
    "tile": (of(lambda m, x: x.repeat(1, 2, 1, 3, 1)), (1, 2, 3, 2, 2)),
    "einsum": (of(lambda m, x: torch.einsum("bhxyd,bhzyd->bhyxz", x, x) @ torch.einsum("ij,jk->ik", m.a, m.b), a=(5, 3), b=(3, 4)), X),
    "einsum_constant": (of(lambda m, x: torch.einsum("bcdhw,ck->bkwd", x, m.a), a=(2, 3)), X),
    "where": (of(lambda m, x: torch.where(m.a > 0, x, x * x) + torch.where(m.a > 1, m.a, x), a=(6, 7)), X),
    "where_of_itself": (of(lambda m, x: torch.where(x > 0.2, x, 0.3 * x)), X),
    "masked_attention": (of(lambda m, x: torch.softmax(x.masked_fill(m.a < -1, -1e4), -1) * 3, a=(6, 7)), X),
    "triangle": (of(lambda m, x: x * torch.tril(m.a), a=(7, 7)), (1, 2, 3, 7, 7)),
    "amin": (of(lambda m, x: x.amin((2, 4))), X),
}  # fmt: skip
