"""Makes Tests/NetworksTests/Fixtures/wide: networks on fewer than three axes, with scores and input gradients by PyTorch.

2D networks over the slices of a volume (mean, maximum, gated attention; slices along any axis), slices as channels, 3D features before
1D convolutions, recurrent layers over slices. Laid out as make_networks.py lays its own.

    python3 Tests/References/make_wide.py

Made with torch 2.6.0, onnx 1.23.2, onnxscript 0.1.0.dev20250114 and protobuf 6.31.1.
"""

import json
import logging
import pathlib
import warnings

import numpy as np
import torch
import torch.nn.functional as F
from make_networks import export, operators_of, stripped
from torch import nn

OUT = pathlib.Path(__file__).parent.parent / "NetworksTests" / "Fixtures" / "wide"
SHAPE = (1, 1, 6, 7, 8)


def seeded(network):
    for module in network.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)):
            module.running_mean.normal_(0, 0.3)
            module.running_var.uniform_(0.5, 2)
        affine = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.GroupNorm, nn.InstanceNorm2d)
        if isinstance(module, affine) and module.weight is not None:
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0, 0.2)
    return network


def features(channels=1, out=8):
    return nn.Sequential(
        nn.Conv2d(channels, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, out, 3), nn.ReLU()
    )  # fmt: skip


class Slices(nn.Module):
    """A 2D network over the slices along an axis of the volume; their features then go through `head`."""

    def __init__(self, encoder, head, axis=2, pool=True):
        super().__init__()
        self.encoder, self.head, self.axis, self.pool = encoder, head, axis, pool

    def forward(self, x):
        others = [axis for axis in (2, 3, 4) if axis != self.axis]
        slices = x.permute(0, self.axis, 1, *others)
        n, s = slices.shape[:2]
        y = self.encoder(slices.reshape(-1, *slices.shape[2:]))
        if self.pool:
            y = F.adaptive_avg_pool2d(y, 1).flatten(1)
        return self.head(y.reshape(-1, s, y.shape[-1]))


class Mean(nn.Module):
    def __init__(self, largest=False):
        super().__init__()
        self.dense, self.largest = nn.Linear(8, 3), largest

    def forward(self, y):
        return self.dense(y.amax(1) if self.largest else y.mean(1))


class Attention(nn.Module):
    """Gated attention over slices (Ilse et al. 2018, arXiv:1802.04712)."""

    def __init__(self):
        super().__init__()
        self.v, self.u, self.w, self.dense = nn.Linear(8, 5), nn.Linear(8, 5), nn.Linear(5, 1), nn.Linear(8, 3)

    def forward(self, y):
        a = torch.softmax(self.w(torch.tanh(self.v(y)) * torch.sigmoid(self.u(y))), dim=1)
        return self.dense((a * y).sum(1))


class Recurrent(nn.Module):
    def __init__(self, layer, last="state"):
        super().__init__()
        self.layer, self.last = layer, last
        self.dense = nn.Linear(5 * (2 if layer.bidirectional else 1), 3)

    def forward(self, y):
        out, state = self.layer(y)
        if self.last == "mean":
            return self.dense(out.mean(1))
        if self.last == "step":
            return self.dense(out[:, -1])
        state = state[0] if isinstance(state, tuple) else state
        if self.layer.bidirectional:
            return self.dense(torch.cat([state[-2], state[-1]], 1))
        return self.dense(state[-1])


class Channels(nn.Module):
    """The slices along D as channels; the input has four axes."""

    def __init__(self):
        super().__init__()
        self.features, self.dense = features(6), nn.Linear(8, 3)

    def forward(self, x):
        return self.dense(F.adaptive_avg_pool2d(self.features(x), 1).flatten(1))


class Rgb(nn.Module):
    """One channel repeated to three, normalizations by slice, transposed convolution and average pool on two axes."""

    def __init__(self):
        super().__init__()
        self.one = nn.Conv2d(3, 4, 3, stride=2, padding=1, bias=False)
        self.two = nn.ConvTranspose2d(4, 8, 3, stride=2, padding=1, output_padding=(0, 1))
        self.norms = nn.ModuleList([nn.InstanceNorm2d(4, affine=True), nn.GroupNorm(2, 8)])

    def forward(self, x):
        y = F.elu(self.norms[0](self.one(x.repeat(1, 3, 1, 1))))
        y = F.avg_pool2d(F.pad(y, (1, 0, 0, 1)), 3, stride=1, padding=1, count_include_pad=False)
        return F.leaky_relu(self.norms[1](self.two(y)))


class Line(nn.Module):
    """3D features, pooled over planes, then convolutions along D alone."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv3d(1, 4, 3, padding=1), nn.ReLU())
        self.line = nn.Sequential(
            nn.Conv1d(4, 8, 3, padding=1), nn.BatchNorm1d(8), nn.ReLU(), nn.MaxPool1d(2), nn.Conv1d(8, 8, 2, dilation=1),
            nn.AvgPool1d(2, stride=1, padding=1), nn.ConvTranspose1d(8, 8, 2)
        )  # fmt: skip
        self.dense = nn.Linear(8, 3)

    def forward(self, x):
        return self.dense(self.line(self.features(x).mean((3, 4))).mean(2))


class Volume(nn.Module):
    """A 2D encoder of slices, then a 3D convolution over the volume of their features."""

    def __init__(self):
        super().__init__()
        self.encoder = features()
        self.head, self.dense = nn.Conv3d(8, 8, (3, 1, 2)), nn.Linear(8, 3)

    def forward(self, x):
        n, c, d, h, w = x.shape
        y = self.encoder(x.transpose(1, 2).reshape(-1, 1, h, w))
        y = y.reshape(-1, d, *y.shape[1:]).transpose(1, 2)
        return self.dense(F.relu(self.head(y)).amax((2, 3, 4)))


class OneByOne(nn.Module):
    """Slices cut out one by one, through one network."""

    def __init__(self):
        super().__init__()
        self.encoder, self.head = features(), Mean()

    def forward(self, x):
        parts = [F.adaptive_avg_pool2d(self.encoder(x[:, :, :, i]), 1).flatten(1) for i in range(x.shape[3])]
        return self.head(torch.stack(parts, 1))


class Siamese(nn.Module):
    """One encoder for two images; their features' difference answers. The values are of both images joined along the channels."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv3d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool3d(2), nn.Conv3d(4, 8, 3), nn.ReLU())
        self.dense = nn.Linear(8, 3)

    def forward(self, x, y=None):
        x, y = (x[:, :1], x[:, 1:]) if y is None else (x, y)
        return self.dense((self.encoder(x) - self.encoder(y)).mean((2, 3, 4)))


NETWORKS = {
    "slices_mean": lambda: Slices(features(), Mean()),
    "slices_mean_j": lambda: Slices(features(), Mean(), axis=3),
    "slices_mean_k": lambda: Slices(features(), Mean(), axis=4),
    "slices_max": lambda: Slices(features(), Mean(largest=True), axis=4),
    "slices_attention": lambda: Slices(features(), Attention(), axis=3),
    "slices_rgb": lambda: Slices(Rgb(), Mean()),
    "slices_channels": Channels,
    "slices_volume": Volume,
    "slices_one_by_one": OneByOne,
    "line": Line,
    "lstm": lambda: Slices(features(), Recurrent(nn.LSTM(8, 5, batch_first=True))),
    "lstm_both": lambda: Slices(
        features(), Recurrent(nn.LSTM(8, 5, num_layers=2, bidirectional=True, batch_first=True), "mean"), axis=4),
    "gru": lambda: Slices(features(), Recurrent(nn.GRU(8, 5, batch_first=True), "step"), axis=3),
    "gru_both": lambda: Slices(features(), Recurrent(nn.GRU(8, 5, bidirectional=True, batch_first=True))),
    "rnn": lambda: Slices(features(), Recurrent(nn.RNN(8, 5, nonlinearity="relu", batch_first=True), "mean")),
    "siamese": Siamese,
}  # fmt: skip


def export_two(network, x, path, dynamo):
    parts = (x[:, :1], x[:, 1:])
    if dynamo:
        torch.onnx.export(network, parts, dynamo=True, verbose=False).save(str(path))
    else:
        torch.onnx.export(
            network, parts, str(path), dynamo=False, opset_version=17, input_names=["image", "later"], output_names=["y"],
            dynamic_axes={name: {0: "N"} for name in ("image", "later", "y")})  # fmt: skip
    return stripped(path)


def main():
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    OUT.mkdir(parents=True, exist_ok=True)
    for old in OUT.glob("*.onnx"):
        old.unlink()
    values, index = [], []

    def place(array, shape=None):
        at = sum(v.size for v in values)
        values.append(np.ascontiguousarray(array, dtype="<f4").ravel())
        return {"shape": list(shape or array.shape), "at": at}

    for number, (name, build) in enumerate(NETWORKS.items()):
        torch.manual_seed(100 + number)
        network = seeded(build()).eval()
        shape = SHAPE[:1] + SHAPE[2:] if name == "slices_channels" else SHAPE
        if name == "siamese":
            shape = (1, 2, *SHAPE[2:])
        x = torch.randn(shape)
        for parameter in network.parameters():
            parameter.requires_grad_(False)
        files = []
        for dynamo, opset in [(False, (13, 17, 11)[number % 3]), (True, 18)]:
            file = f"{name}_{'dynamo' if dynamo else 'script'}{opset}.onnx"
            try:
                model = export_two(network, x, OUT / file, dynamo) if name == "siamese" else export(network, x, OUT / file, dynamo, opset)
            except Exception as error:  # an exporter may refuse a network: then there is nothing to test
                print(f"{file}: not exported: {str(error).splitlines()[0][:120]}")
                (OUT / file).unlink(missing_ok=True)
                continue
            version = next(o.version for o in model.opset_import if o.domain == "")
            files.append({"file": file, "opset": version, "operators": operators_of(model)})
        network.double()
        x64 = x.double().requires_grad_(True)
        scores = network(x64).reshape(-1)
        upstream = torch.cos(torch.arange(scores.numel(), dtype=torch.float64) + 1)
        (gradient,) = torch.autograd.grad((scores * upstream).sum(), x64)
        entry = {"name": name, "files": files}
        # An input of four axes is an image of one channel.
        for key, value in [("input", x), ("scores", scores), ("upstream", upstream), ("gradient", gradient)]:
            entry[key] = place(value.detach().numpy(), SHAPE if name == "slices_channels" and value.numel() == x.numel() else None)
        index.append(entry)
        print(name, [f["file"] for f in files], sorted({o for f in files for o in f["operators"]}), flush=True)
    np.concatenate(values).tofile(OUT / "values.f32")
    (OUT / "index.json").write_text("[\n" + ",\n".join(json.dumps(entry) for entry in index) + "\n]\n")


if __name__ == "__main__":
    main()
