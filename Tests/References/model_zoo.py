"""The 3D classifiers of docs/models.md, with few channels: name → Entry. Written from the papers; MONAI's are MONAI's own."""

import dataclasses
import math
import typing

import torch
import torch.nn.functional as F
from torch import nn


@dataclasses.dataclass
class Entry:
    """A network and how it is asked."""

    build: typing.Callable[[], nn.Module]
    shape: tuple
    #: what turns the network's values into its answer, as its last step
    final: typing.Optional[nn.Module] = None
    #: further inputs, name → value
    inputs: dict = dataclasses.field(default_factory=dict)
    #: names of the outputs, and the one that is explained
    outputs: tuple = ("scores",)
    output: str = "scores"
    #: operator sets of the older exporter
    opsets: tuple = (11, 13, 17)
    seed: int = 1


class Answering(nn.Module):
    """A network with its last activation."""

    def __init__(self, body, final):
        super().__init__()
        self.body, self.final = body, final

    def forward(self, *inputs):
        return self.final(self.body(*inputs))


def block(i, o, kernel=3, activation=nn.ReLU, **options):
    return nn.Sequential(nn.Conv3d(i, o, kernel, **options), nn.BatchNorm3d(o), activation())


# ---- plain convolutional networks


def rieke():
    """Rieke et al. 2018: four blocks of convolution, normalization, ReLU and pooling; pools of 2, 3, 2, 3."""
    layers, last = [], 1
    for width, pool in ((4, 2), (6, 3), (8, 2), (8, 3)):
        layers += [*block(last, width), nn.MaxPool3d(pool)]
        last = width
    return nn.Sequential(
        *layers, nn.Flatten(), nn.Dropout(0.8), nn.Linear(8, 12), nn.ReLU(), nn.Dropout(0.3), nn.Linear(12, 6), nn.ReLU(), nn.Linear(6, 2))


def boehle():
    """Böhle et al. 2019: as Rieke's, pools that look one voxel past the border, and normalization after the dense layers."""
    layers, last = [], 1
    for width, pool in ((4, 2), (6, 3), (8, 2), (8, 3)):
        layers += [*block(last, width, padding=1), nn.MaxPool3d(pool, stride=2 if pool == 2 else 3, padding=pool // 3)]
        last = width
    return nn.Sequential(
        *layers, nn.Flatten(), nn.Linear(8, 12), nn.BatchNorm1d(12), nn.ReLU(), nn.Dropout(0.4), nn.Linear(12, 2))


def voxcnn():
    """Korolev et al. 2017: ten convolutions between four pools, then dense layers with normalization."""
    layers, last = [], 1
    for width, count in ((4, 2), (6, 2), (8, 3), (8, 3)):
        for turn in range(count):
            layers += [nn.Conv3d(last, width, 3, padding=1), nn.ReLU()]
            last = width
        layers += [nn.MaxPool3d(2)]
    return nn.Sequential(
        *layers, nn.Flatten(), nn.Linear(8 * 8, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.7), nn.Linear(16, 8), nn.ReLU(),
        nn.Linear(8, 2))  # fmt: skip


class PaddedMaxPool(nn.Module):
    """A pool behind zeros in front of each axis whose extent is odd, worked out from the extents as it runs."""

    def __init__(self, size):
        super().__init__()
        self.size, self.pool = size, nn.MaxPool3d(size, size)

    def forward(self, x):
        front = [(self.size - x.shape[axis] % self.size) % self.size for axis in (4, 3, 2)]
        return self.pool(F.pad(x, (front[0], 0, front[1], 0, front[2], 0)))


def clinicadl(blocks, activation):
    def build():
        layers, last = [], 1
        for place in range(blocks):
            layers += [*block(last, 4 + place, padding=1, activation=activation), PaddedMaxPool(2)]
            last = 4 + place
        size = nn.Sequential(*layers).eval()(torch.zeros(1, 1, 33, 38, 35)).numel()
        return nn.Sequential(
            *layers, nn.Flatten(), nn.Dropout(0.5), nn.Linear(size, 20), nn.ReLU(), nn.Linear(20, 10), nn.ReLU(), nn.Linear(10, 2))
    return build


def sfcn():
    """Peng et al. 2021: normalization, then the pool, then ReLU; ages in bins at [N, 40, 1, 1, 1]."""
    layers, last = [], 1
    for width in (4, 6, 8, 8, 8):
        layers += [nn.Conv3d(last, width, 3, padding=1), nn.BatchNorm3d(width), nn.MaxPool3d(2, stride=2), nn.ReLU()]
        last = width
    layers += [nn.Conv3d(last, 6, 1), nn.BatchNorm3d(6), nn.ReLU(), nn.AvgPool3d((1, 2, 1)), nn.Dropout(0.5), nn.Conv3d(6, 40, 1)]
    return nn.Sequential(*layers)


class DesignForAD(nn.Module):
    """Liu et al. 2020: small first kernels, dilation, instance normalization, and the age as a row of waves, added to the features."""

    def __init__(self, ages=240, width=16):
        super().__init__()
        layers, last = [], 1
        for channels, kernel, padding, dilation, pool in ((2, 1, 0, 1, 3), (6, 3, 0, 2, 3), (8, 5, 2, 2, 3), (8, 3, 1, 2, 5)):
            layers += [
                nn.Conv3d(last, channels, kernel, padding=padding, dilation=dilation), nn.InstanceNorm3d(channels), nn.ReLU(),
                nn.MaxPool3d(pool, stride=2)]
            last = channels
        self.features = nn.Sequential(*layers)
        self.dense = nn.Linear(8, width)
        place = torch.arange(ages)[:, None] * torch.exp(torch.arange(0, width, 2) * (-math.log(10000.0) / width))
        self.register_buffer("waves", torch.stack([torch.sin(place), torch.cos(place)], 2).reshape(ages, width))
        self.age = nn.Sequential(nn.Linear(width, width), nn.LayerNorm(width), nn.ReLU(), nn.Linear(width, width))
        self.head = nn.Linear(width, 3)

    def forward(self, x, age):
        z = self.dense(self.features(x).flatten(1))
        return self.head(F.relu(z + self.age(self.waves[age])))


class WithAge(nn.Module):
    """The age as one more number beside the pooled features."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(*block(1, 4), nn.MaxPool3d(2), *block(4, 6), nn.AdaptiveAvgPool3d(1), nn.Flatten())
        self.head = nn.Linear(8, 2)

    def forward(self, x, age, sex):
        return self.head(torch.cat([self.features(x), (age - 70) / 10, sex], 1))


def brain2020():
    """Qiu et al. 2020: a fully convolutional network on patches; its first pool has stride 1, normalization follows the pools."""
    widths = (3, 4, 6, 8)
    return nn.Sequential(
        nn.Conv3d(1, widths[0], 4), nn.MaxPool3d(2, stride=1), nn.BatchNorm3d(widths[0]), nn.LeakyReLU(), nn.Dropout(0.1),
        nn.Conv3d(widths[0], widths[1], 4), nn.MaxPool3d(2, stride=2), nn.BatchNorm3d(widths[1]), nn.LeakyReLU(), nn.Dropout(0.1),
        nn.Conv3d(widths[1], widths[2], 3), nn.MaxPool3d(2, stride=2), nn.BatchNorm3d(widths[2]), nn.LeakyReLU(), nn.Dropout(0.1),
        nn.Conv3d(widths[2], widths[3], 3), nn.MaxPool3d(2, stride=1), nn.BatchNorm3d(widths[3]), nn.LeakyReLU(), nn.Dropout(0.1),
        nn.Conv3d(widths[3], 6, 6), nn.LeakyReLU(), nn.Conv3d(6, 2, 1))  # fmt: skip


# ---- residual networks


class Basic(nn.Module):
    """He et al. 2016 in three dimensions; a shortcut is a convolution (B), or strides and zero channels (A)."""

    def __init__(self, i, o, stride, dilation, shortcut):
        super().__init__()
        self.body = nn.Sequential(
            *block(i, o, stride=stride, dilation=dilation, padding=dilation, bias=False),
            nn.Conv3d(o, o, 3, dilation=dilation, padding=dilation, bias=False), nn.BatchNorm3d(o))
        self.extra, self.stride = o - i, stride
        self.shortcut = (
            nn.Sequential(nn.Conv3d(i, o, 1, stride=stride, bias=False), nn.BatchNorm3d(o)) if shortcut == "B" else None)

    def forward(self, x):
        if self.shortcut is not None:
            along = self.shortcut(x)
        else:
            along = F.avg_pool3d(x, kernel_size=1, stride=self.stride)
            zeros = torch.zeros(along.size(0), self.extra, along.size(2), along.size(3), along.size(4), dtype=x.dtype)
            along = torch.cat([along, zeros], dim=1) if self.extra else along
        return F.relu(self.body(x) + along)


class MedicalNet(nn.Module):
    """Chen et al. 2019: the last two stages are dilated instead of strided."""

    def __init__(self, counts=(1, 1, 1, 1), shortcut="A"):
        super().__init__()
        self.stem = nn.Sequential(*block(1, 4, 7, stride=2, padding=3, bias=False), nn.MaxPool3d(3, stride=2, padding=1))
        stages, last = [], 4
        for count, width, stride, dilation in zip(counts, (4, 6, 8, 10), (1, 2, 1, 1), (1, 1, 2, 4)):
            for turn in range(count):
                needed = last != width or (turn == 0 and stride != 1)
                stages.append(Basic(last, width, stride if turn == 0 else 1, dilation, shortcut if needed else "A"))
                last = width
        self.stages, self.head = nn.Sequential(*stages), nn.Linear(last, 2)

    def forward(self, x):
        return self.head(F.adaptive_avg_pool3d(self.stages(self.stem(x)), (1, 1, 1)).view(x.size(0), -1))


# ---- attention


class Gate(nn.Module):
    """Schlemper et al. 2019: a grid attention gate; the coarser signal is brought to the finer grid."""

    def __init__(self, fine, coarse, middle):
        super().__init__()
        self.theta = nn.Conv3d(fine, middle, 2, stride=2, bias=False)
        self.phi, self.psi = nn.Conv3d(coarse, middle, 1), nn.Conv3d(middle, 1, 1)
        self.out = nn.Sequential(nn.Conv3d(fine, fine, 1), nn.BatchNorm3d(fine))

    def forward(self, x, signal):
        theta = self.theta(x)
        up = F.interpolate(self.phi(signal), size=theta.shape[2:], mode="trilinear", align_corners=False)
        gate = torch.sigmoid(self.psi(F.relu(theta + up)))
        gate = F.interpolate(gate, size=x.shape[2:], mode="trilinear", align_corners=False)
        return self.out(gate.expand_as(x) * x)


class AttentionGated(nn.Module):
    """A convolutional network whose two last stages are gated by the deepest."""

    def __init__(self):
        super().__init__()
        self.one = nn.Sequential(*block(1, 4, padding=1), nn.MaxPool3d(2))
        self.two = nn.Sequential(*block(4, 6, padding=1), nn.MaxPool3d(2))
        self.three = nn.Sequential(*block(6, 8, padding=1), nn.MaxPool3d(2))
        self.gates = nn.ModuleList([Gate(4, 8, 4), Gate(6, 8, 4)])
        self.head = nn.Linear(18, 2)

    def forward(self, x):
        a = self.one(x)
        b = self.two(a)
        c = self.three(b)
        pooled = [self.gates[0](a, c), self.gates[1](b, c), c]
        return self.head(torch.cat([F.adaptive_avg_pool3d(p, 1).flatten(1) for p in pooled], 1))


class VisionTransformer(nn.Module):
    """Dosovitskiy et al. 2021 on cubes, with PyTorch's own encoder layer."""

    def __init__(self, width=12, heads=3, depth=2):
        super().__init__()
        self.patch = nn.Conv3d(1, width, 4, stride=4)
        self.token = nn.Parameter(torch.randn(1, 1, width) * 0.2)
        self.place = nn.Parameter(torch.randn(1, 19, width) * 0.2)
        layer = nn.TransformerEncoderLayer(width, heads, 2 * width, activation="gelu", batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, depth, norm=nn.LayerNorm(width), enable_nested_tensor=False)
        self.head = nn.Linear(width, 3)

    def forward(self, x):
        tokens = self.patch(x).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.token.expand(x.shape[0], -1, -1), tokens], 1) + self.place
        return self.head(self.encoder(tokens)[:, 0])


def windows(x, size):
    """[N, D, H, W, C] → [N·windows, size³, C]."""
    n, d, h, w, c = x.shape
    x = x.view(n, d // size, size, h // size, size, w // size, size, c)
    return x.permute(0, 1, 3, 5, 2, 4, 6, 7).reshape(-1, size**3, c)


def joined(parts, size, d, h, w):
    """The inverse of windows()."""
    c = parts.shape[-1]
    x = parts.view(-1, d // size, h // size, w // size, size, size, size, c)
    return x.permute(0, 1, 4, 2, 5, 3, 6, 7).reshape(-1, d, h, w, c)


class ShiftedWindows(nn.Module):
    """A block of Liu et al. 2021 in three dimensions: attention in windows, every other time shifted by half a window."""

    def __init__(self, width, heads, size, grid, shift):
        super().__init__()
        self.size, self.heads, self.shift, self.grid = size, heads, shift, grid
        self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))
        self.table = nn.Parameter(torch.randn((2 * size - 1) ** 3, heads) * 0.1)
        at = torch.stack(torch.meshgrid(*[torch.arange(size)] * 3, indexing="ij")).flatten(1)
        apart = (at[:, :, None] - at[:, None, :]).permute(1, 2, 0) + size - 1
        self.register_buffer("index", (apart[..., 0] * (2 * size - 1) + apart[..., 1]) * (2 * size - 1) + apart[..., 2])

    def mask(self, like):
        """−100 between voxels that only the shift made neighbours; written slice by slice, as the paper's code does."""
        d, h, w = self.grid
        image = torch.zeros((1, d, h, w, 1), dtype=like.dtype)
        cuts = (slice(-self.size), slice(-self.size, -self.shift), slice(-self.shift, None))
        count = 0
        for a in cuts:
            for b in cuts:
                for c in cuts:
                    image[:, a, b, c, :] = count
                    count += 1
        parts = windows(image, self.size).squeeze(-1)
        apart = parts.unsqueeze(1) - parts.unsqueeze(2)
        return apart.masked_fill(apart != 0, -100.0).masked_fill(apart == 0, 0.0)

    def forward(self, x):
        n, d, h, w, c = x.shape
        y = self.first(x)
        if self.shift:
            y = torch.roll(y, (-self.shift,) * 3, (1, 2, 3))
        parts = windows(y, self.size)
        b, t, _ = parts.shape
        q, k, v = self.qkv(parts).reshape(b, t, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        scores = q @ k.transpose(-2, -1) * (c // self.heads) ** -0.5
        scores = scores + self.table[self.index.reshape(-1)].reshape(t, t, -1).permute(2, 0, 1).unsqueeze(0)
        if self.shift:
            mask = self.mask(x)
            count = mask.shape[0]
            scores = scores.view(b // count, count, self.heads, t, t) + mask.unsqueeze(1).unsqueeze(0)
            scores = scores.view(-1, self.heads, t, t)
        parts = self.out((torch.softmax(scores, -1) @ v).transpose(1, 2).reshape(b, t, c))
        y = joined(parts, self.size, d, h, w)
        if self.shift:
            y = torch.roll(y, (self.shift,) * 3, (1, 2, 3))
        x = x + y
        return x + self.mlp(self.second(x))


class Merging(nn.Module):
    """Eight neighbours become one with twice the channels."""

    def __init__(self, width):
        super().__init__()
        self.norm, self.reduce = nn.LayerNorm(8 * width), nn.Linear(8 * width, 2 * width, bias=False)

    def forward(self, x):
        parts = [x[:, i::2, j::2, k::2, :] for i in (0, 1) for j in (0, 1) for k in (0, 1)]
        return self.reduce(self.norm(torch.cat(parts, -1)))


class Swin(nn.Module):
    """A small shifted-window transformer."""

    def __init__(self, width=8):
        super().__init__()
        self.patch = nn.Conv3d(1, width, 2, stride=2)
        self.one = nn.Sequential(*[ShiftedWindows(width, 2, 4, (8, 8, 8), shift) for shift in (0, 2)])
        self.merge = Merging(width)
        self.two = nn.Sequential(*[ShiftedWindows(2 * width, 4, 2, (4, 4, 4), shift) for shift in (0, 1)])
        self.norm, self.head = nn.LayerNorm(2 * width), nn.Linear(2 * width, 2)

    def forward(self, x):
        y = self.patch(x).permute(0, 2, 3, 4, 1)
        y = self.two(self.merge(self.one(y)))
        return self.head(self.norm(y).mean((1, 2, 3)))


# ---- MONAI's own


def monai(name, **options):
    def build():
        import monai.networks.nets as nets

        return getattr(nets, name)(**options)
    return build


def monai_efficientnet():
    network = monai("EfficientNetBN", model_name="efficientnet-b0", pretrained=False, spatial_dims=3, in_channels=1, num_classes=2)()
    network.set_swish(False)  # its other form keeps memory in training and cannot be exported
    return network


class BottleneckOf(nn.Module):
    """The features of a U-Net's way down, pooled and classified."""

    def __init__(self):
        super().__init__()
        import monai.networks.nets as nets

        net = nets.BasicUNet(spatial_dims=3, in_channels=1, out_channels=2, features=(4, 4, 6, 8, 8, 4), act="mish")
        self.stages = nn.Sequential(net.conv_0, net.down_1, net.down_2, net.down_3, net.down_4)
        self.head = nn.Linear(8, 2)

    def forward(self, x):
        return self.head(self.stages(x).mean((2, 3, 4)))


class WholeOf(nn.Module):
    """A U-Net whose map of classes is averaged: skips, transposed convolutions or resampling on the way up."""

    def __init__(self, name, **options):
        super().__init__()
        self.net = monai(name, spatial_dims=3, in_channels=1, out_channels=2, **options)()

    def forward(self, x):
        return self.net(x).mean((2, 3, 4))


class SwinOf(nn.Module):
    """MONAI's Swin transformer (the encoder of SwinUNETR), its last stage pooled and classified."""

    def __init__(self):
        super().__init__()
        from monai.networks.nets.swin_unetr import SwinTransformer

        self.net = SwinTransformer(
            in_chans=1, embed_dim=6, window_size=(4, 4, 4), patch_size=(2, 2, 2), depths=(2, 2, 2, 2),
            num_heads=(2, 3, 4, 6), spatial_dims=3)
        self.head = nn.Linear(96, 2)

    def forward(self, x):
        return self.head(self.net(x)[-1].mean((2, 3, 4)))


class ViTOf(nn.Module):
    """MONAI's ViT: its first answer, and the hidden states beside it as further outputs."""

    def __init__(self, **options):
        super().__init__()
        self.net = monai("ViT", in_channels=1, img_size=(16, 16, 16), patch_size=(8, 8, 8), hidden_size=24, mlp_dim=48, num_layers=2,
                         num_heads=3, classification=True, num_classes=3, **options)()  # fmt: skip

    def forward(self, x):
        scores, hidden = self.net(x)
        return scores, hidden[0], hidden[1]


RESNET = dict(spatial_dims=3, n_input_channels=1, num_classes=3, widen_factor=0.125)
ZOO = {
    "MONAI DenseNet121": Entry(monai("DenseNet121", spatial_dims=3, in_channels=1, out_channels=2, init_features=8, growth_rate=4), (1, 1, 33, 40, 36)),
    "MONAI ResNet10": Entry(monai("resnet10", **RESNET), (1, 1, 24, 33, 28)),
    "MONAI ResNet18": Entry(monai("resnet18", **RESNET), (1, 1, 32, 33, 28)),
    "MONAI ResNet50": Entry(monai("resnet50", **RESNET), (1, 1, 32, 33, 28)),
    "MONAI ResNet18, shortcut A": Entry(monai("resnet18", shortcut_type="A", bias_downsample=False, **RESNET), (1, 1, 24, 33, 28)),
    "MONAI SEResNet50": Entry(monai("SEResNet50", spatial_dims=3, in_channels=1, num_classes=2), (1, 1, 32, 32, 32), opsets=(11, 17)),
    "MONAI EfficientNet-B0": Entry(monai_efficientnet, (1, 1, 32, 36, 32)),
    "MONAI ViT": Entry(ViTOf, (1, 1, 16, 16, 16), outputs=("scores", "hidden0", "hidden1")),
    "MONAI ViT, perceptron patches": Entry(lambda: ViTOf(proj_type="perceptron", pos_embed_type="sincos"), (1, 1, 16, 16, 16), outputs=("scores", "hidden0", "hidden1")),
    "MONAI Classifier": Entry(monai("Classifier", in_shape=(1, 16, 20, 16), classes=3, channels=(4, 8), strides=(2, 2)), (1, 1, 16, 20, 16), final=nn.Softmax(1)),
    "MONAI Regressor": Entry(monai("Regressor", in_shape=(1, 16, 20, 16), out_shape=(1,), channels=(4, 8), strides=(2, 2)), (1, 1, 16, 20, 16)),
    "MONAI VarAutoEncoder": Entry(monai("VarAutoEncoder", spatial_dims=3, in_shape=(1, 16, 16, 16), out_channels=1, latent_size=5, channels=(4, 8), strides=(2, 2)), (1, 1, 16, 16, 16), outputs=("reconstruction", "mu", "logvar", "z"), output="mu"),
    "MONAI BasicUNet's encoder": Entry(BottleneckOf, (1, 1, 32, 32, 32)),
    "MONAI UNet": Entry(lambda: WholeOf("UNet", channels=(4, 6, 8), strides=(2, 2), num_res_units=1), (1, 1, 16, 16, 16)),
    "MONAI BasicUNet, resampled": Entry(lambda: WholeOf("BasicUNet", features=(4, 4, 6, 8, 8, 4), upsample="nontrainable"), (1, 1, 32, 32, 32)),
    "MONAI SegResNet": Entry(lambda: WholeOf("SegResNet", init_filters=4, norm=("GROUP", {"num_groups": 2})), (1, 1, 16, 16, 16)),
    "MONAI Swin transformer": Entry(SwinOf, (1, 1, 32, 32, 32)),
    "MedicalNet ResNet10, shortcut A": Entry(MedicalNet, (1, 1, 28, 33, 30)),
    "MedicalNet ResNet18, shortcut B": Entry(lambda: MedicalNet((2, 2, 2, 2), "B"), (1, 1, 28, 33, 30)),
    "ClinicaDL Conv4_FC3": Entry(clinicadl(4, nn.ReLU), (1, 1, 33, 38, 35)),
    "ClinicaDL Conv5_FC3": Entry(clinicadl(5, nn.LeakyReLU), (1, 1, 33, 38, 35)),
    "Rieke": Entry(rieke, (1, 1, 78, 90, 80)),
    "Böhle": Entry(boehle, (1, 1, 36, 42, 38), final=nn.Softmax(1)),
    "VoxCNN": Entry(voxcnn, (1, 1, 32, 36, 37), final=nn.Softmax(1)),
    "SFCN": Entry(sfcn, (1, 1, 33, 64, 40), final=nn.LogSoftmax(1)),
    "CNN_design_for_AD": Entry(DesignForAD, (1, 1, 87, 96, 90), inputs={"age": 137}),
    "Features with age and sex": Entry(WithAge, (1, 1, 12, 14, 12), inputs={"age": 73.5, "sex": 1.0}),
    # with some seeds two voxels of a pool differ by rounding alone, and PyTorch's float32 gradient is 1e-3 from its float64
    "brain2020 FCN": Entry(brain2020, (1, 1, 47, 47, 47), seed=12),
    "Attention-gated CNN": Entry(AttentionGated, (1, 1, 16, 24, 18)),
    "3D ViT": Entry(VisionTransformer, (1, 1, 8, 12, 12)),
    "Swin": Entry(Swin, (1, 1, 16, 16, 16)),
}  # fmt: skip


def settled(network):
    """Statistics and parameters of normalizations that are not those of a fresh layer."""
    for module in network.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.running_mean.normal_(0, 0.2)
            module.running_var.uniform_(0.5, 1.5)
        if isinstance(module, (nn.modules.batchnorm._BatchNorm, nn.InstanceNorm3d, nn.GroupNorm, nn.LayerNorm)) and module.weight is not None:
            nn.init.uniform_(module.weight, 0.7, 1.3)
            nn.init.normal_(module.bias, 0, 0.1)
    for parameter in network.parameters():
        parameter.requires_grad_(False)
    return network.eval()
