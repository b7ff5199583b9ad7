"""Makes mace.json, place.onnx in Tests/NetworkViewsTests/Fixtures: one step of training of a concept extractor (MACE), as PyTorch makes it.

    python3 Tests/References/make_mace.py

- mace.json: weights, values of five scans, what the network answers, and after one step of Adam (rate 1e-4): the parts of the loss, the slopes and
  the weights; in double. A softmax of two classes behind a dense layer with a rectifier, and a sigmoid that stands for two classes.
- place.onnx: two filters, of brightness and of edges along W; the second class hangs on one box of an eighth of the voxels being brighter than
  the box opposite.

The loss is that of Kumar et al. 2020, arXiv:2011.01472, and of the authors' program. Made with PyTorch 2.6.0, onnx 1.23.2.
"""

import json
import pathlib

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from torch.nn import functional as F

OUT = pathlib.Path(__file__).parent.parent / "NetworkViewsTests" / "Fixtures"
SCANS, CHANNELS, PLACES, CONCEPTS, CLASSES, WIDTHS = 5, 3, 12, 4, 2, (7, 6, 5)
LEAST = 1e-7
# The cells of the layer (6³, of 3³ filters on 8³ voxels) that speak for the second class, and against it.
BOXES = (slice(0, 3), slice(0, 3), slice(3, 6)), (slice(3, 6), slice(3, 6), slice(0, 3))


class Extractor(nn.Module):
    def __init__(self, row, rectified):
        super().__init__()
        self.rectified = rectified
        self.maps = nn.Linear(CHANNELS, CLASSES * CONCEPTS)
        widths = (PLACES,) + WIDTHS
        self.embeddings = nn.ModuleList(
            nn.ModuleList(nn.Linear(widths[n], widths[n + 1]) for n in range(3)) for _ in range(CLASSES))
        self.relevances = nn.ModuleList(nn.Linear(CONCEPTS * WIDTHS[2], 1) for _ in range(CLASSES))
        self.output = nn.Linear(CLASSES * CONCEPTS * WIDTHS[2], row)

    def forward(self, x):  # scans × places × channels
        maps = torch.relu(self.maps(x)).transpose(1, 2).unflatten(1, (CLASSES, CONCEPTS))
        embeddings, relevances = [], []
        for c in range(CLASSES):
            h = maps[:, c]
            for layer, activation in zip(self.embeddings[c], (torch.relu, torch.relu, torch.tanh)):
                h = activation(layer(h))
            embeddings.append(F.normalize(h, dim=-1, eps=1e-6))
            relevances.append(torch.sigmoid(self.relevances[c](embeddings[c].flatten(1))))
        relevance = torch.cat(relevances, 1)
        weighted = relevance[:, :, None] * torch.stack([e.flatten(1) for e in embeddings], 1)
        row = self.output(weighted.flatten(1))
        return torch.relu(row) if self.rectified else row, relevance, embeddings


def entropy(p, q):
    q = q.clamp(LEAST, 1 - LEAST)
    return -(p * q.log() + (1 - p) * (1 - q).log()).mean()


def triplet(e):
    same = e.transpose(0, 1)
    positive = (same[:, :, None] - same[:, None]).square().sum(-1).mean(-1).transpose(0, 1)
    apart = (e[:, :, None] - e[:, None]).square().sum(-1)
    negative = torch.where(apart > positive[..., None], apart, torch.full_like(apart, 4 + 1e-6)).min(-1).values
    return torch.relu(positive - negative + 1).mean()


def case(rectified, sigmoid):
    width = 6 if rectified else 1
    net = Extractor(width, rectified).double()
    for p in net.parameters():  # biases, too, are to matter
        nn.init.uniform_(p, -0.5, 0.5)
    head = nn.Linear(6, 2).double() if rectified else nn.Identity()
    x = torch.rand(SCANS, PLACES, CHANNELS, dtype=torch.double) * 2 - 0.5
    x = x.float().double()
    wanted = torch.rand(SCANS, width, dtype=torch.double)
    p = torch.rand(SCANS, 1, dtype=torch.double)
    p = torch.cat([1 - p, p], 1)
    start = {k: v.detach().clone() for k, v in net.named_parameters()}
    row, relevance, embeddings = net(x)
    logits = head(row)
    q = torch.cat([torch.sigmoid(-logits), torch.sigmoid(logits)], 1) if sigmoid else logits.softmax(1)
    parts = {"row": F.mse_loss(row, wanted), "answer": entropy(p, q), "relevance": entropy(p, relevance),
             "triplet": sum(triplet(e) for e in embeddings)}
    loss = parts["row"] + parts["answer"] + parts["relevance"] + 0.1 * parts["triplet"]
    adam = torch.optim.Adam(net.parameters(), lr=1e-4)
    loss.backward()
    slopes = {k: v.grad.detach().clone() for k, v in net.named_parameters()}
    adam.step()
    flat = lambda t: [float(f"{v:.12g}") for v in t.detach().flatten().tolist()]
    return {
        "scans": SCANS, "channels": CHANNELS, "places": PLACES, "concepts": CONCEPTS, "widths": WIDTHS, "row": width,
        "rectified": rectified, "sigmoid": sigmoid, "values": [flat(s) for s in x], "rows": flat(wanted),
        "probabilities": flat(p), "head": flat(head.weight) if rectified else [], "head_bias": flat(head.bias) if rectified else [],
        "weights": {k: flat(v) for k, v in start.items()}, "loss": {k: float(v) for k, v in parts.items()},
        "slopes": {k: flat(v) for k, v in slopes.items()},
        "after": {k: flat(v) for k, v in net.named_parameters()}}


def place():
    bright, edge = np.full((3, 3, 3), 1 / 27), np.zeros((3, 3, 3))
    edge[1, 1] = [-1, 0, 1]
    weights = np.stack([bright, edge])[:, None].astype(np.float32)
    head = np.zeros((2, 2, 6, 6, 6), np.float32)
    for box, sign in zip(BOXES, (1, -1)):
        head[1, 0][box] = sign * 4 / 27
        head[0, 0][box] = -sign * 4 / 27
    graph = helper.make_graph(
        [helper.make_node("Conv", ["x", "w"], ["filters"], "conv"), helper.make_node("Relu", ["filters"], ["seen"], "relu"),
         helper.make_node("Flatten", ["seen"], ["flat"], "flatten"),
         helper.make_node("Gemm", ["flat", "head", "offset"], ["logits"], "head", transB=1)],
        "place", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, 8, 8, 8])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, 2])],
        [numpy_helper.from_array(v, n) for n, v in {
            "w": weights, "head": head.reshape(2, -1), "offset": np.zeros(2, np.float32)}.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    (OUT / "place.onnx").write_bytes(model.SerializeToString())


torch.manual_seed(11)
(OUT / "mace.json").write_text(json.dumps({"cases": [case(True, False), case(False, True)]}))
place()
