"""The sample networks, in PyTorch. Inputs are z-scored scans [N, 1, 91, 109, 91] at 2 mm, or as the class says.

A classifier is `features`, which may run in half precision while it trains, and `head`, which must not: what atrophy changes in
an average over the brain is less than bfloat16's steps. While training, the head also tells each group's severity.
"""
import torch
from torch import nn
from torch.nn import functional


def normalized(convolution, channels, dimensions=3):
    return nn.Sequential(convolution, (nn.BatchNorm3d if dimensions == 3 else nn.BatchNorm2d)(channels))


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
    """A stem, residual blocks, the average over all places, one dense layer: class activation maps are exact here.

    `severities` is a second dense layer on the same averages that only training asks: how strong the atrophy of each of the six
    groups is. The average is over thousands of cells of which few see atrophy, so it hardly differs between subjects; `spread`
    brings it to unit deviation, and `for_export` moves that into the weights of the dense layer.
    """

    def __init__(self, stem=16, stem_stride=2, blocks=((24, 2), (32, 2), (40, 1), (40, 1)), groups=6):
        super().__init__()
        self.stem = normalized(nn.Conv3d(1, stem, 3, stem_stride, 1, bias=False), stem)
        self.blocks = nn.Sequential()
        for channels, stride in blocks:
            self.blocks.append(Residual(stem, channels, stride))
            stem = channels
        self.spread = nn.BatchNorm1d(stem, eps=1e-6, affine=False)
        self.logits, self.severities = nn.Linear(stem, 2), nn.Linear(stem, groups)

    def features(self, x):
        return self.blocks(torch.relu(self.stem(x)))

    def head(self, x):
        x = torch.flatten(functional.adaptive_avg_pool3d(x, 1), 1)
        x = self.spread(x) if self.spread is not None else x
        return (self.logits(x), self.severities(x)) if self.training else self.logits(x)

    def forward(self, x):
        return self.head(self.features(x))

    def for_export(self, soften):
        with torch.no_grad():
            self.logits.weight.div_(torch.sqrt(self.spread.running_var + self.spread.eps))
            self.logits.bias.sub_(self.logits.weight @ self.spread.running_mean)
        self.spread = None
        return softened(self, soften)


def small():
    """For 4 mm, [N, 1, 46, 55, 46]: a fold of the ensemble."""
    return ResNet(stem=8, stem_stride=1, blocks=((12, 2), (20, 2), (20, 1)))


class Attention(nn.Module):
    """A transformer's block with the normalizations in front (Vaswani et al. 2017; Dosovitskiy et al. 2021)."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.before, self.behind = nn.LayerNorm(width), nn.LayerNorm(width)
        self.queries, self.keys, self.values = (nn.Linear(width, width) for _ in range(3))
        self.mixed = nn.Linear(width, width)
        self.wide, self.narrow = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)

    def split(self, x):
        return x.reshape(x.shape[0], x.shape[1], self.heads, x.shape[2] // self.heads).transpose(1, 2)

    def forward(self, x):
        y = self.before(x)
        q, k, v = self.split(self.queries(y)), self.split(self.keys(y)), self.split(self.values(y))
        attention = torch.softmax(q @ k.transpose(2, 3) * (q.shape[3] ** -0.5), dim=-1)
        x = x + self.mixed((attention @ v).transpose(1, 2).reshape(x.shape))
        return x + self.narrow(functional.gelu(self.wide(self.behind(x))))


class ViT(nn.Module):
    """A hybrid vision transformer: four convolutions of stride 2 make 6×7×6 tokens, each of 32 mm; a class token answers."""

    def __init__(self, width=48, heads=4, depth=3, groups=6):
        super().__init__()
        self.stem = nn.Sequential()
        incoming = 1
        for channels in (12, 24, 40, width):
            self.stem.append(normalized(nn.Conv3d(incoming, channels, 3, 2, 1, bias=False), channels))
            self.stem.append(nn.ReLU())
            incoming = channels
        self.stem.append(nn.Conv3d(width, width, 1))
        self.token = nn.Parameter(torch.randn(1, 1, width) * 0.02)
        self.places = nn.Parameter(torch.randn(1, 6 * 7 * 6 + 1, width) * 0.02)
        self.blocks = nn.Sequential(*(Attention(width, heads) for _ in range(depth)))
        self.norm = nn.LayerNorm(width)
        self.logits, self.severities = nn.Linear(width, 2), nn.Linear(width, groups)

    def features(self, x):
        x = torch.flatten(self.stem(x), 2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], dim=1) + self.places
        return self.norm(self.blocks(x)[:, 0])

    def head(self, x):
        return (self.logits(x), self.severities(x)) if self.training else self.logits(x)

    def forward(self, x):
        return self.head(self.features(x))

    def for_export(self, soften):
        return softened(self, soften)


class Slices(nn.Module):
    """2.5D: a 2D network for each of 55 coronal slices, [N, 55, 91, 91] (2 mm in the slice, 4 mm between), and gated attention
    over the slices (Ilse et al. 2018)."""
    COUNT = 55

    def __init__(self, groups=6):
        super().__init__()
        self.stem, incoming = nn.Sequential(), 1
        for channels, stride in ((12, 2), (24, 2), (32, 2), (48, 1), (48, 2), (64, 1)):
            self.stem.append(normalized(nn.Conv2d(incoming, channels, 3, stride, 1, bias=False), channels, 2))
            self.stem.append(nn.ReLU())
            incoming = channels
        self.dense = nn.Linear(incoming, 48)
        self.what, self.gate, self.weight = nn.Linear(48, 32), nn.Linear(48, 32), nn.Linear(32, 1)
        self.logits, self.severities = nn.Linear(48, 2), nn.Linear(48, groups)

    def features(self, x):
        return self.stem(x.reshape(-1, 1, x.shape[2], x.shape[3]))

    def head(self, x):
        x = torch.relu(self.dense(torch.flatten(functional.adaptive_avg_pool2d(x, 1), 1)))
        x = x.reshape(-1, self.COUNT, 48)
        attention = torch.softmax(self.weight(torch.tanh(self.what(x)) * torch.sigmoid(self.gate(x))), dim=1)
        x = (attention * x).sum(1)
        return (self.logits(x), self.severities(x)) if self.training else self.logits(x)

    def forward(self, x):
        return self.head(self.features(x))

    def for_export(self, soften):
        return softened(self, soften)


def softened(network, soften):
    with torch.no_grad():
        network.logits.weight.div_(soften)
        network.logits.bias.div_(soften)
    return network


class Encoder(nn.Module):
    """The mean and log-variance of each latent factor of a scan [N, 1, 46, 55, 46] at 4 mm."""

    def __init__(self, latents):
        super().__init__()
        self.stem, incoming = nn.Sequential(), 1
        for channels in (12, 24, 40):
            self.stem.append(normalized(nn.Conv3d(incoming, channels, 3, 2, 1, bias=False), channels))
            self.stem.append(nn.ReLU())
            incoming = channels
        self.stem.append(nn.Conv3d(incoming, 8, 1))
        self.mean, self.log_variance = nn.Linear(8 * 6 * 7 * 6, latents), nn.Linear(8 * 6 * 7 * 6, latents)

    def forward(self, x):
        x = torch.flatten(self.stem(x), 1)
        return self.mean(x), self.log_variance(x)


class Decoder(nn.Module):
    """A scan from latent factors."""

    def __init__(self, latents):
        super().__init__()
        self.cells = nn.Linear(latents, 8 * 6 * 7 * 6)
        self.steps = nn.Sequential(
            nn.Conv3d(8, 40, 1), nn.ReLU(),
            nn.ConvTranspose3d(40, 24, 2, 2), nn.ReLU(),                                        # 12 × 14 × 12
            nn.ConvTranspose3d(24, 16, 3, 2, 1, output_padding=(0, 1, 0)), nn.ReLU(),           # 23 × 28 × 23
            nn.ConvTranspose3d(16, 12, 3, 2, 1, output_padding=(1, 0, 1)), nn.ReLU(),           # 46 × 55 × 46
            nn.Conv3d(12, 1, 3, 1, 1))

    def forward(self, z):
        return self.steps(self.cells(z).reshape(-1, 8, 6, 7, 6))


class VAE(nn.Module):
    """Kingma & Welling 2014; the decoder's variance is the residuals' own (Rybkin et al. 2021)."""

    def __init__(self, latents=12):
        super().__init__()
        self.encoder, self.decoder = Encoder(latents), Decoder(latents)

    def forward(self, x):
        mean, log_variance = self.encoder(x)
        z = mean
        if self.training:
            z = mean + torch.randn_like(mean) * torch.exp(log_variance / 2)
        return self.decoder(z), mean, log_variance
