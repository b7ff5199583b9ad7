"""Makes the networks with gates, and gates.json, in Tests/NetworkViewsTests/Fixtures: what ONNX Runtime says that each gate lets pass.

    python3 Tests/References/make_gates.py        (torch, onnx, onnxruntime, numpy)

- se.onnx: squeeze-and-excitation (Hu et al. 2018) between two convolutions, one of which is followed by SiLU, which is no gate.
- cbam.onnx: CBAM (Woo et al. 2018): channels by the mean and the largest value through one perceptron, then places by both over channels.
- attention_gate.onnx: an attention gate (Oktay et al. 2018) on a map of stride 1, by a signal of stride 2 that is brought up to it. It is planted
  to pass where the scan is bright.

The scan is that of `GateTests`: steps of a quarter, (7 d + 5 h + 3 w) mod 11, and for the attention gate a bright box.
Made with PyTorch 2.6.0, onnx 1.23.2, ONNX Runtime 1.23.
"""

import json
import pathlib

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn
from torch.nn import functional as F

OUT = pathlib.Path(__file__).parent.parent / "NetworkViewsTests" / "Fixtures"
EXTENTS = (12, 10, 14)
torch.manual_seed(19)


class SE(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv3d(1, 6, 3, stride=2, padding=1), nn.Conv3d(6, 4, 3)
        self.squeeze, self.excite, self.head = nn.Linear(6, 3), nn.Linear(3, 6), nn.Linear(4, 2)

    def forward(self, x):
        x = F.relu(self.first(x))
        gate = torch.sigmoid(self.excite(F.relu(self.squeeze(x.mean(dim=(2, 3, 4))))))
        x = x * gate[:, :, None, None, None]
        return self.head(F.silu(self.second(x)).mean(dim=(2, 3, 4))), gate


class CBAM(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv3d(1, 6, 3, stride=(2, 1, 2), padding=1)
        self.squeeze, self.excite = nn.Conv3d(6, 2, 1, bias=False), nn.Conv3d(2, 6, 1, bias=False)
        self.places, self.head = nn.Conv3d(2, 1, 5, padding=2), nn.Linear(6, 2)

    def forward(self, x):
        x = F.relu(self.first(x))
        both = [F.adaptive_avg_pool3d(x, 1), F.adaptive_max_pool3d(x, 1)]
        channels = torch.sigmoid(sum(self.excite(F.relu(self.squeeze(pooled))) for pooled in both))
        x = x * channels
        places = torch.sigmoid(self.places(torch.cat([x.mean(1, keepdim=True), x.max(1, keepdim=True).values], 1)))
        return self.head((x * places).mean(dim=(2, 3, 4))), channels, places


class AttentionGate(nn.Module):
    def __init__(self):
        super().__init__()
        self.skip, self.deep = nn.Conv3d(1, 4, 3, padding=1), nn.Conv3d(1, 4, 2, stride=2)
        self.of_skip, self.of_deep, self.joined = nn.Conv3d(4, 3, 1), nn.Conv3d(4, 3, 1), nn.Conv3d(3, 1, 1)
        self.head = nn.Linear(4, 2)
        with torch.no_grad():
            for layer in (self.skip, self.deep):
                layer.weight[0], layer.bias[0] = 1 / layer.weight[0].numel(), 0
            for layer in (self.of_skip, self.of_deep):
                layer.weight.mul_(0.1)
                layer.weight[0, 0] = 1
            self.joined.weight.mul_(0.1)
            self.joined.weight[0, 0] = 1
            self.joined.bias.fill_(-5)

    def forward(self, x):
        own, signal = F.relu(self.skip(x)), self.of_deep(F.relu(self.deep(x)))
        signal = F.interpolate(signal, size=EXTENTS, mode="trilinear", align_corners=False)
        gate = torch.sigmoid(self.joined(F.relu(self.of_skip(own) + signal)))
        return self.head((own * gate).mean(dim=(2, 3, 4))), gate


d, h, w = np.meshgrid(*(np.arange(n) for n in EXTENTS), indexing="ij")
scan = (((7 * d + 5 * h + 3 * w) % 11) / 4 - 1).astype(np.float32)
bright = scan.copy()
bright[2:6, 5:9, 3:8] += 6

expected = {}
for name, net, image in [("se", SE(), scan), ("cbam", CBAM(), scan), ("attention_gate", AttentionGate(), bright)]:
    path = OUT / f"{name}.onnx"
    torch.onnx.export(
        net.eval(), torch.zeros((1, 1) + EXTENTS), path, opset_version=17, input_names=["image"], dynamo=False)
    model = onnx.load(path)
    # The gates are asked for by name; the network has one output.
    gates = [output.name for output in model.graph.output][1:]
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    found = session.run(gates, {"image": image[None, None]})
    del model.graph.output[1:]
    onnx.checker.check_model(model)
    onnx.save(model, path)
    expected[name] = [{"tensor": gate, "values": [float(f"{v:.8g}") for v in value.ravel()]} for gate, value in zip(gates, found)]
(OUT / "gates.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")
