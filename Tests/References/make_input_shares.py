"""Makes shares.json, concat_after_stem.onnx and scalar_factor.onnx in Tests/PellucidTests/Fixtures/shares: what PyTorch says, in double, of the
slope and the share of a number beside the image that enters otherwise than at the head: as maps beside those of a convolutional stem, and as a
factor of maps.

    python3 Tests/References/make_input_shares.py

Made with PyTorch 2.6.0.
"""

import json
import pathlib

import numpy as np
import torch
from torch import nn

OUT = pathlib.Path(__file__).parent.parent / "PellucidTests" / "Fixtures" / "shares"
SHAPE = (9, 10, 8)


class ConcatAfterStem(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem, self.body, self.head = nn.Conv3d(1, 3, 3, padding=1), nn.Conv3d(4, 5, 3), nn.Linear(5, 2)

    def forward(self, image, age):
        x = torch.relu(self.stem(image))
        x = torch.cat([x, age[:, :, None, None, None].expand(-1, -1, *x.shape[2:])], 1)
        return self.head(torch.tanh(self.body(x)).mean((2, 3, 4)))


class ScalarFactor(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem, self.gain, self.body, self.head = nn.Conv3d(1, 4, 3), nn.Linear(1, 4), nn.Conv3d(4, 4, 3), nn.Linear(4, 2)

    def forward(self, image, age):
        x = torch.relu(self.stem(image)) * torch.sigmoid(self.gain(age))[:, :, None, None, None]
        return self.head(torch.relu(self.body(x)).mean((2, 3, 4)) * age)


def main():
    OUT.mkdir(exist_ok=True)
    i, j, k = np.indices(SHAPE)
    image = torch.from_numpy(((i * 7 + j * 5 + k * 3) % 11).astype(np.float32) / 11 - np.float32(0.4))[None, None]
    rows = []
    for name, kind in (("concat_after_stem", ConcatAfterStem), ("scalar_factor", ScalarFactor)):
        torch.manual_seed(3)
        net = kind().eval()
        age = torch.tensor([[0.7]])
        torch.onnx.export(net, (image, age), OUT / f"{name}.onnx", input_names=["image", "age"], output_names=["scores"], opset_version=17,
                          dynamo=False)
        net, x = net.double(), image.double()
        slope = age.double().requires_grad_()
        scores = net(x, slope)
        scores[0, 1].backward()
        with torch.no_grad():
            without = net(x, torch.zeros(1, 1, dtype=torch.float64))
        rows.append(dict(network=name, score=scores[0, 1].item(), gradient=slope.grad.item(), drop=(scores - without)[0, 1].item()))
        assert abs(rows[-1]["gradient"]) > 1e-3 and abs(rows[-1]["drop"]) > 1e-3, rows[-1]
    (OUT / "shares.json").write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
