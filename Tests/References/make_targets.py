"""Makes encoder.onnx and targets.json in Tests/PellucidTests/Fixtures: a VAE encoder with a head of age bins, and what PyTorch's autograd
says of a latent factor's divergence, a feature channel, a class of a further output and an expectation over bins.

    python3 Tests/References/make_targets.py

Made with PyTorch 2.6.0, onnx 1.23.2.
"""

import json
import pathlib

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

OUT = pathlib.Path(__file__).parent.parent / "PellucidTests" / "Fixtures"
BINS = [42.0, 52.0, 62.0, 72.0, 82.0]


class Encoder(nn.Module):
    """Two convolutions, then means and log-variances of three factors, and five bins."""

    def __init__(self):
        super().__init__()
        self.conv1, self.relu1 = nn.Conv3d(1, 4, 3, padding=1), nn.ReLU()
        self.conv2, self.relu2 = nn.Conv3d(4, 3, 3, stride=2, padding=1), nn.ReLU()
        self.mu, self.logvar, self.bins = nn.Linear(3 * 2 * 3 * 3, 3), nn.Linear(3 * 2 * 3 * 3, 3), nn.Linear(3 * 2 * 3 * 3, 5)

    def forward(self, x):
        x = self.relu2(self.conv2(self.relu1(self.conv1(x)))).flatten(1)
        return F.log_softmax(3 * self.bins(x), 1), self.mu(x), self.logvar(x)


def main():
    torch.manual_seed(2)
    net = Encoder().eval()
    i, j, k = np.meshgrid(np.arange(4), np.arange(5), np.arange(6), indexing="ij")
    image = torch.from_numpy((((7 * i + 5 * j + 3 * k) % 11) / 4 - 1).astype(np.float32))[None, None]
    torch.onnx.export(net, (image,), str(OUT / "encoder.onnx"), dynamo=False, opset_version=17, input_names=["image"],
                      output_names=["bins", "z_mean", "z_logvar"])
    clean(OUT / "encoder.onnx")
    net = net.double()
    image = image.double().requires_grad_(True)
    kept = {}
    net.conv1.register_forward_hook(lambda m, a, o: kept.__setitem__("conv1", o))
    net.conv2.register_forward_hook(lambda m, a, o: kept.__setitem__("conv2", o))
    bins, mu, logvar = net(image)
    divergence = 0.5 * (mu**2 + logvar.exp() - logvar - 1)
    scores = {
        "latent:1": divergence[0, 1],
        "unit:/conv1/Conv:2": kept["conv1"][0, 2].mean(),
        "output:z_mean:2": mu[0, 2],
        "expectation": (bins.exp()[0] * torch.tensor(BINS, dtype=torch.float64)).sum(),
    }
    cases = []
    for target, score in scores.items():
        g = torch.autograd.grad(score, image, retain_graph=True)[0]
        case = dict(target=target, score=score.item(), gradient=rounded(g))
        if not target.startswith("unit"):
            a = kept["conv2"]
            w = torch.autograd.grad(score, a, retain_graph=True)[0].mean((2, 3, 4), keepdim=True)
            cam = F.relu((w * a).sum(1, keepdim=True))
            case["grad_cam"] = rounded(F.interpolate(cam, image.shape[2:], mode="trilinear", align_corners=False))
        cases.append(case)
    (OUT / "targets.json").write_text(json.dumps(dict(bins=BINS, cases=cases), separators=(",", ":")) + "\n")


def rounded(tensor):
    return [float(f"{v:.7g}") for v in tensor.detach().flatten().tolist()]


def clean(path):
    import onnx

    model = onnx.load(str(path))
    model.doc_string = model.graph.doc_string = ""
    for node in model.graph.node:
        node.doc_string = ""
    onnx.save(model, str(path))


if __name__ == "__main__":
    main()
