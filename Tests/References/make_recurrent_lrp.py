"""Makes Tests/AttributionTests/Fixtures/recurrent: recurrent networks with their relevance by numpy, as Arras et al. 2017 define it.

A product of gate and signal hands all to the signal (arXiv:1706.07206, section 3.2), a weighted sum shares by the epsilon rule with its
bias taking part, tanh passes. PyTorch makes and exports the networks; nothing here is Pellucid's or Zennit's.

    python3 Tests/References/make_recurrent_lrp.py

Made with torch 2.6.0, numpy 2.4.6 and onnx 1.23.2.
"""

import json
import pathlib
import warnings

import numpy as np
import torch
from torch import nn

OUT = pathlib.Path(__file__).parent.parent / "AttributionTests" / "Fixtures" / "recurrent"
SHAPE = (1, 1, 7, 2, 3)
HIDDEN = 5
EPSILON = 1e-6


class Slices(nn.Module):
    """The values of each slice along D as a step of the layer."""

    def __init__(self, layer, reads):
        super().__init__()
        self.layer, self.reads = layer, reads
        self.dense = nn.Linear(HIDDEN * (2 if layer.bidirectional else 1), 3)

    def forward(self, x):
        y, _ = self.layer(x.reshape(-1, SHAPE[2], SHAPE[3] * SHAPE[4]))
        return self.dense(y.mean(1) if self.reads == "mean" else y[:, -1])


def stabilized(z):
    return z + EPSILON * np.where(z < 0, -1.0, 1.0)


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def linear(weights, x, z, relevance):
    """What each x is due of the relevance of z = weights·x + …"""
    return x * (weights.T @ (relevance / stabilized(z)))


class Direction:
    def __init__(self, layer, number, isReverse):
        suffix = f"_l{number}" + ("_reverse" if isReverse else "")
        self.w, self.u, self.b, self.c = (
            getattr(layer, name + suffix).detach().double().numpy() for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )
        self.isReverse = isReverse

    def gate(self, matrix, number):
        return matrix[number * HIDDEN : (number + 1) * HIDDEN]

    def order(self, steps):
        return range(steps)[::-1] if self.isReverse else range(steps)


class LSTM(Direction):
    def forward(self, x):
        self.x, self.kept = x, {}
        h = c = np.zeros(HIDDEN)
        states = np.zeros((len(x), HIDDEN))
        for t in self.order(len(x)):
            a = self.w @ x[t] + self.b + self.u @ h + self.c
            i, f, g, o = sigmoid(a[:HIDDEN]), sigmoid(self.gate(a, 1)), np.tanh(self.gate(a, 2)), sigmoid(self.gate(a, 3))
            after = f * c + i * g
            self.kept[t] = (h, c, i, f, g, self.gate(a, 2), after)
            c, h = after, o * np.tanh(after)
            states[t] = h
        return states

    def backward(self, relevance):
        to_x = np.zeros_like(self.x)
        to_h = to_c = np.zeros(HIDDEN)
        for t in reversed(self.order(len(self.x))):
            h, c, i, f, g, a, after = self.kept[t]
            # The output gate's signal is tanh of the cell, which passes.
            cell = relevance[t] + to_h + to_c
            candidate = i * g / stabilized(after) * cell
            to_c = f * c / stabilized(after) * cell
            to_x[t] = linear(self.gate(self.w, 2), self.x[t], a, candidate)
            to_h = linear(self.gate(self.u, 2), h, a, candidate)
        return to_x


class GRU(Direction):
    def forward(self, x):
        self.x, self.kept = x, {}
        h = np.zeros(HIDDEN)
        states = np.zeros((len(x), HIDDEN))
        for t in self.order(len(x)):
            a, q = self.w @ x[t] + self.b, self.u @ h + self.c
            r, z = sigmoid(self.gate(a, 0) + self.gate(q, 0)), sigmoid(self.gate(a, 1) + self.gate(q, 1))
            before = self.gate(a, 2) + r * self.gate(q, 2)
            n = np.tanh(before)
            after = (1 - z) * n + z * h
            self.kept[t] = (h, r, z, n, before, self.gate(q, 2), after)
            h = after
            states[t] = h
        return states

    def backward(self, relevance):
        to_x = np.zeros_like(self.x)
        to_h = np.zeros(HIDDEN)
        for t in reversed(self.order(len(self.x))):
            h, r, z, n, before, q, after = self.kept[t]
            state = relevance[t] + to_h
            candidate = (1 - z) * n / stabilized(after) * state
            kept = z * h / stabilized(after) * state
            to_x[t] = linear(self.gate(self.w, 2), self.x[t], before, candidate)
            recurrent = r * q / stabilized(before) * candidate
            to_h = kept + linear(self.gate(self.u, 2), h, q, recurrent)
        return to_x


def relevance(network, x, target):
    """Relevance of each value of the sequence x, [steps, features], for a logit; and the logits."""
    kind = LSTM if isinstance(network.layer, nn.LSTM) else GRU
    layers, y = [], x
    for number in range(network.layer.num_layers):
        directions = [kind(network.layer, number, isReverse) for isReverse in ([False, True] if network.layer.bidirectional else [False])]
        layers.append(directions)
        y = np.concatenate([direction.forward(y) for direction in directions], 1)
    read = y.mean(0) if network.reads == "mean" else y[-1]
    w, b = network.dense.weight.detach().double().numpy(), network.dense.bias.detach().double().numpy()
    logits = w @ read + b
    start = np.zeros(3)
    start[target] = logits[target]
    upper = linear(w, read, logits, start)
    r = np.zeros_like(y)
    if network.reads == "mean":
        r = y / len(y) / stabilized(read) * upper
    else:
        r[-1] = upper
    for directions in reversed(layers):
        parts = np.split(r, len(directions), 1)
        r = sum(direction.backward(part) for direction, part in zip(directions, parts))
    return r, logits


NETWORKS = {
    "lstm": (lambda size: nn.LSTM(size, HIDDEN, batch_first=True), "last"),
    "lstm_stacked_both": (lambda size: nn.LSTM(size, HIDDEN, num_layers=2, bidirectional=True, batch_first=True), "mean"),
    "gru": (lambda size: nn.GRU(size, HIDDEN, batch_first=True), "last"),
    "gru_stacked_both": (lambda size: nn.GRU(size, HIDDEN, num_layers=2, bidirectional=True, batch_first=True), "mean"),
}


def main():
    warnings.filterwarnings("ignore")
    OUT.mkdir(parents=True, exist_ok=True)
    index = []
    for number, (name, (layer, reads)) in enumerate(NETWORKS.items()):
        torch.manual_seed(300 + number)
        network = Slices(layer(SHAPE[3] * SHAPE[4]), reads).eval()
        for parameter in network.parameters():
            nn.init.normal_(parameter, 0, 0.6)
        x = torch.randn(SHAPE)
        torch.onnx.export(
            network, x, str(OUT / f"{name}.onnx"), dynamo=False, opset_version=17, input_names=["image"], output_names=["y"],
            dynamic_axes={"image": {0: "N"}, "y": {0: "N"}})  # fmt: skip
        target = number % 3
        r, logits = relevance(network, x.double().numpy().reshape(SHAPE[2], -1), target)
        wanted = network.double()(x.double()).detach().numpy()[0]
        assert np.abs(logits - wanted).max() < 1e-12, "the forward pass is not PyTorch's"
        index.append({
            "name": name, "target": target, "input": x.numpy().ravel().tolist(), "logits": logits.tolist(), "relevance": r.ravel().tolist(),
        })  # fmt: skip
        print(name, logits.round(4), "sum of relevance", r.sum().round(4), "of", logits[target].round(4))
    (OUT / "index.json").write_text("[\n" + ",\n".join(json.dumps(entry) for entry in index) + "\n]\n")


if __name__ == "__main__":
    main()
