"""Networks with something planted, small scans, and what PyTorch and ONNX Runtime say of them, for NetworkViewsTests.

    python make_views.py        (torch 2.6, onnx, onnxruntime, nibabel, numpy)

Writes Tests/NetworkViewsTests/Fixtures: all of it some 150 kB.

- grids.onnx: strides, pads, dilations and pools on a scan that is stored LPS; `grids_*.yaml` turn it. Expected: each layer's tensor by ONNX
  Runtime on the turned array, and the affine of its cells by the arithmetic of windows, written out here.
- planted.onnx: two attention layers over 27 patches of 8^3 and a class token; queries of the class token look for bright patches.
  twin.onnx: the same with its weights shuffled. Expected: rollout (Abnar & Zuidema 2020), and R = R + A R with A = mean_h max(grad * A, 0)
  (Chefer et al. 2021) of the first logit, both from the class token, by PyTorch's autograd.
- fields.onnx: convolutions with ReLU and a pool. Expected: |d unit / d x| at the scan by PyTorch.
"""

import pathlib

import nibabel
import numpy
import onnx
import onnxruntime
import torch

OUT = pathlib.Path(__file__).parent.parent / "NetworkViewsTests" / "Fixtures"
OUT.mkdir(exist_ok=True)
torch.manual_seed(7)
rng = numpy.random.default_rng(7)


def export(net, shape, name, outputs=("logits",)):
    torch.onnx.export(
        net.eval(), torch.zeros(shape), OUT / f"{name}.onnx", opset_version=17, input_names=["image"],
        output_names=list(outputs), dynamo=False)


def save(array, affine, name, dtype=numpy.float32):
    image = nibabel.Nifti1Image(numpy.asarray(array, dtype), affine)
    image.set_sform(affine, 1)
    image.set_qform(None, 0)
    nibabel.save(image, OUT / f"{name}.nii.gz")


# Grids: strides, pads, dilations, pools; a scan stored LPS and turned to RAS.
class Grids(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first = torch.nn.Conv3d(1, 3, (3, 5, 3), stride=(2, 1, 2), padding=(1, 2, 0))
        self.second = torch.nn.Conv3d(3, 2, 3, padding=(0, 1, 2), dilation=(1, 2, 2), stride=(1, 2, 1))
        self.pool = torch.nn.MaxPool3d((2, 2, 1), stride=(2, 1, 1), padding=(0, 1, 0))
        self.mean = torch.nn.AvgPool3d((1, 2, 3), stride=(1, 2, 2))
        self.head = torch.nn.Linear(2, 2)

    def forward(self, x):
        x = torch.relu(self.first(x))
        x = self.pool(self.second(x))
        x = self.mean(x)
        return self.head(x.mean(dim=(2, 3, 4)))


def windows(steps, shape):
    """Jump and centre of cell 0 along each axis: centre += ((k - 1) d / 2 - p) jump; jump *= stride."""
    jump, centre = [1.0] * 3, [0.0] * 3
    for kernel, stride, pad, dilation in steps:
        for axis in range(3):
            centre[axis] += ((kernel[axis] - 1) * dilation[axis] / 2 - pad[axis]) * jump[axis]
            jump[axis] *= stride[axis]
    cells = numpy.eye(4)
    for axis in range(3):
        cells[axis, axis], cells[axis, 3] = jump[axis], centre[axis]
    return cells


scan = rng.integers(0, 16, (13, 18, 15)).astype(numpy.uint8)
angle = 0.2
turn = numpy.array([[numpy.cos(angle), -numpy.sin(angle), 0], [numpy.sin(angle), numpy.cos(angle), 0], [0, 0, 1]])
affine = numpy.eye(4)
affine[:3, :3] = turn @ numpy.diag([-2.0, -1.5, 3.0])  # LPS
affine[:3, 3] = [20, 11, -17]
save(scan, affine, "grids_scan", numpy.uint8)
grids = Grids()
STEPS = {
    "first": [((3, 5, 3), (2, 1, 2), (1, 2, 0), (1, 1, 1))],
    "second": [((3, 3, 3), (1, 2, 1), (0, 1, 2), (1, 2, 2))],
    "pool": [((2, 2, 1), (2, 1, 1), (0, 1, 0), (1, 1, 1))],
    "mean": [((1, 2, 3), (1, 2, 2), (0, 0, 0), (1, 1, 1))],
}
CARDS = {"stored": "", "ras": "orientation: RAS", "kji": "orientation: RAS\n  axes: kji"}
# D, H, W of the network's input for each card, from the stored array, and their indices in the world.
for card, text in CARDS.items():
    (OUT / f"grids_{card}.yaml").write_text(f"input:\n  {text}\n" if text else "input: {}\n")
    array, own = scan.astype(numpy.float32), affine.copy()
    if card != "stored":
        array = array[::-1, ::-1]
        flip = numpy.eye(4)
        flip[0, 0], flip[0, 3], flip[1, 1], flip[1, 3] = -1, scan.shape[0] - 1, -1, scan.shape[1] - 1
        own = affine @ flip
    if card == "kji":
        array = array.transpose(2, 1, 0)
        own = own[:, [2, 1, 0, 3]]
    if card == "stored":
        export(grids, (1, 1) + array.shape, "grids")
        model = onnx.load(OUT / "grids.onnx")
        # All tensors as outputs, any extents.
        for axis, name in [(2, "d"), (3, "h"), (4, "w")]:
            model.graph.input[0].type.tensor_type.shape.dim[axis].dim_param = name
        del model.graph.value_info[:]
        onnx.save(model, OUT / "grids.onnx")
        for node in model.graph.node:
            model.graph.output.extend([onnx.helper.make_tensor_value_info(node.output[0], onnx.TensorProto.FLOAT, None)])
        session = onnxruntime.InferenceSession(model.SerializeToString())
        names = [node.output[0] for node in model.graph.node]
    found = dict(zip(names, session.run(names, {"image": numpy.ascontiguousarray(array)[None, None]})))
    steps = []
    for layer, more in STEPS.items():
        steps += more
        kind = {"first": "Conv", "second": "Conv", "pool": "MaxPool", "mean": "AveragePool"}[layer]
        tensor = next(name for name in names if f"/{layer}/{kind}" in name)
        save(numpy.moveaxis(found[tensor][0], 0, -1), own @ windows(steps, None), f"grids_{card}_{layer}")


# Attention that looks for bright patches.
class Planted(torch.nn.Module):
    def __init__(self, heads=2, size=8):
        super().__init__()
        self.heads, self.size = heads, size
        self.patches = torch.nn.Conv3d(1, size, 8, stride=8)
        self.token = torch.nn.Parameter(torch.zeros(1, 1, size))
        self.layers = torch.nn.ModuleList(
            torch.nn.ModuleDict({name: torch.nn.Linear(size, size) for name in "qkvo"}) for _ in range(2))
        self.head = torch.nn.Linear(size, 2)

    def plant(self):
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.copy_(0.05 * torch.randn(parameter.shape))
            # Feature 0 and 4, one a head, are the patch's mean; the class token asks for them.
            for feature in (0, 4):
                self.patches.weight[feature] = 1 / 512
                self.patches.bias[feature] = 0
                self.token[0, 0, feature] = 3.0
                for layer in self.layers:
                    for name in "qkv":
                        layer[name].weight[feature] = 0
                        layer[name].weight[feature, feature] = 1.5
                self.head.weight[0, feature] = 1.0

    def attend(self, x, layer, keep):
        n, t, e = x.shape
        q, k, v = (layer[name](x).reshape(n, t, self.heads, e // self.heads).transpose(1, 2) for name in "qkv")
        a = torch.softmax(q @ k.transpose(-1, -2) / (e // self.heads) ** 0.5, dim=-1)
        if keep is not None:
            a.retain_grad()
            keep.append(a)
        return x + layer["o"]((a @ v).transpose(1, 2).reshape(n, t, e))

    def forward(self, x, keep=None):
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1)
        for layer in self.layers:
            x = self.attend(x, layer, keep)
        return self.head(x[:, 0])


planted = Planted()
planted.plant()
twin = Planted()
with torch.no_grad():
    for own, other in zip(twin.parameters(), planted.parameters()):
        own.copy_(other.flatten()[torch.randperm(other.numel())].reshape(other.shape))
export(planted, (1, 1, 24, 24, 24), "planted")
export(twin, (1, 1, 24, 24, 24), "twin")
(OUT / "planted.yaml").write_text("input:\n  orientation: RAS\noutput:\n  activation: softmax\n")
(OUT / "twin.yaml").write_text("input:\n  orientation: RAS\noutput:\n  activation: softmax\n")
for case, patch in enumerate([(0, 2, 1), (2, 0, 0), (1, 1, 2)]):
    values = rng.integers(0, 2, (24, 24, 24)).astype(numpy.uint8)
    d, h, w = (8 * p for p in patch)
    values[d + 1 : d + 7, h + 1 : h + 7, w + 1 : w + 7] += 8
    own = numpy.diag([2.0, 2.0, 2.0, 1.0])
    own[:3, 3] = [-24, -30, -20]
    flipped = own.copy()
    flipped[0, 0], flipped[0, 3] = -2, own[0, 3] + 2 * 23
    save(values[::-1], flipped, f"bright_{case}", numpy.uint8)
    for name, net in [("planted", planted), ("twin", twin)]:
        keep = []
        net.zero_grad()
        x = torch.tensor(values.astype(numpy.float32))[None, None].requires_grad_()
        logits = net(x, keep)
        logits[0, 0].backward()
        tokens = keep[0].shape[-1]
        rollout, relevance = torch.eye(tokens), torch.eye(tokens)
        for a in keep:
            mean = a[0].detach().mean(0) + torch.eye(tokens)
            rollout = (mean / mean.sum(-1, keepdim=True)) @ rollout
            weighed = (a.grad[0] * a[0].detach()).clamp(min=0).mean(0)
            relevance = relevance + weighed @ relevance
        both = torch.stack([rollout[0, 1:], relevance[0, 1:]]).reshape(2, 3, 3, 3).numpy()
        cells = own @ numpy.array([[8, 0, 0, 3.5], [0, 8, 0, 3.5], [0, 0, 8, 3.5], [0, 0, 0, 1]])
        save(numpy.moveaxis(both, 0, -1), cells, f"bright_{case}_{name}")


# Fields.
class Fields(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first = torch.nn.Conv3d(1, 4, 3, padding=1)
        self.second = torch.nn.Conv3d(4, 4, 3, padding=1)
        self.third = torch.nn.Conv3d(4, 3, 3)
        self.head = torch.nn.Linear(3, 2)

    def forward(self, x):
        x = torch.relu(self.first(x))
        x = torch.nn.functional.max_pool3d(x, 2)
        x = torch.relu(self.second(x))
        self.layer = self.third(x)
        return self.head(self.layer.mean(dim=(2, 3, 4)))


fields = Fields().eval()
export(fields, (1, 1, 24, 24, 24), "fields")
x = torch.tensor(nibabel.load(OUT / "bright_0.nii.gz").get_fdata(dtype=numpy.float32))[None, None].requires_grad_()
fields(x)
own = nibabel.load(OUT / "bright_0.nii.gz").affine
gradients = []
for unit in [fields.layer[0, 1, 4, 5, 3], fields.layer[0, :, 5, 5, 5].sum()]:
    gradients.append(torch.autograd.grad(unit, x, retain_graph=True)[0][0, 0].abs().numpy())
save(numpy.stack(gradients, -1), own, "fields_expected")


# Sums over windows: what is seen of a blob lies where the blob is.
class Blob(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first = torch.nn.Conv3d(1, 1, (3, 5, 3), stride=(2, 1, 1), padding=(1, 0, 2), bias=False)
        self.second = torch.nn.Conv3d(1, 1, 3, padding=(0, 1, 2), dilation=(1, 2, 1), stride=(1, 2, 2), bias=False)
        for layer in (self.first, self.second):
            torch.nn.init.constant_(layer.weight, 0.1)

    def forward(self, x):
        return torch.nn.functional.avg_pool3d(self.second(self.first(x)), (2, 1, 1), stride=1).mean(dim=(2, 3, 4))


export(Blob(), (1, 1, 30, 30, 30), "blob")
model = onnx.load(OUT / "blob.onnx")
for axis, name in [(2, "d"), (3, "h"), (4, "w")]:
    model.graph.input[0].type.tensor_type.shape.dim[axis].dim_param = name
del model.graph.value_info[:]
onnx.save(model, OUT / "blob.onnx")
