"""Makes Tests/NetworkViewsTests/Fixtures/maximize.json and small networks: what maximize, invert and cascade have to give.

- `reference.onnx`: Conv 1 -> 4, Relu, MaxPool, Conv 4 -> 6, Relu, Flatten, Gemm to 2 logits. Gradients, ascents and objectives are
  PyTorch's in float64 (torch.optim.Adam; momentum, blur and clearing from their definitions); relevance is Zennit's EpsilonPlus.
- `ball.onnx`: the first channel of its convolution is a bright ball's matched filter, the second one random.
- `half.onnx`: a convolution whose 8 filters keep all of the image, of which the half w < 4 is then multiplied with 0.
- `hanging.onnx`: three channels; the class "yes" hangs on the third one alone.

    python3 Tests/References/make_maximize.py

Made with numpy 2.4.6, torch 2.6.0, zennit 0.5.1, onnx 1.23.2.
"""

import json
import pathlib

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

OUT = pathlib.Path(__file__).parent.parent / "NetworkViewsTests" / "Fixtures"
D, H, W = 8, 9, 7
rng = np.random.default_rng(19)


def rounded(*shape, scale=1.0):
    return np.round(scale * rng.normal(size=shape), 3).astype(np.float32)


def save(name, nodes, weights, outputs, shape=(1, 1, D, H, W)):
    graph = helper.make_graph(
        nodes, name, [helper.make_tensor_value_info("x", TensorProto.FLOAT, list(shape))],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, outputs])],
        [numpy_helper.from_array(value, key) for key, value in weights.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    onnx.save(model, OUT / f"{name}.onnx")


def conv(inputs, output, name, size=3):
    return helper.make_node("Conv", inputs, [output], name, kernel_shape=[size] * 3, pads=[size // 2] * 6)


# ---- the reference network

pooled = [D // 2, H // 2, W // 2]
weights = {
    "w1": rounded(4, 1, 3, 3, 3, scale=0.4), "b1": rounded(4, scale=0.1), "w2": rounded(6, 4, 3, 3, 3, scale=0.25),
    "b2": rounded(6, scale=0.1), "w3": rounded(2, 6 * int(np.prod(pooled)), scale=0.1), "b3": rounded(2, scale=0.1)}
save(
    "reference", [
        conv(["x", "w1", "b1"], "c1", "conv1"), helper.make_node("Relu", ["c1"], ["r1"], "relu1"),
        helper.make_node("MaxPool", ["r1"], ["p1"], "pool1", kernel_shape=[2] * 3, strides=[2] * 3),
        conv(["p1", "w2", "b2"], "c2", "conv2"), helper.make_node("Relu", ["c2"], ["r2"], "relu2"),
        helper.make_node("Flatten", ["r2"], ["f"], "flatten", axis=1),
        helper.make_node("Gemm", ["f", "w3", "b3"], ["y"], "dense", transB=1)], weights, 2)
t = {key: torch.from_numpy(value).double() for key, value in weights.items()}


def layers(x):
    c1 = torch.nn.functional.conv3d(x, t["w1"], t["b1"], padding=1)
    r1 = torch.relu(c1)
    p1 = torch.nn.functional.max_pool3d(r1, 2)
    c2 = torch.nn.functional.conv3d(p1, t["w2"], t["b2"], padding=1)
    r2 = torch.relu(c2)
    return {"c1": c1, "r1": r1, "p1": p1, "c2": c2, "r2": r2, "y": r2.flatten(1) @ t["w3"].T + t["b3"]}


def listed(a):
    return [round(float(v), 7) for v in np.asarray(a.detach() if torch.is_tensor(a) else a).ravel()]


scan = torch.from_numpy(rounded(1, 1, D, H, W)).double()
here = torch.from_numpy(rounded(1, 1, D, H, W)).double()
out = {"shape": [1, 1, D, H, W], "scan": listed(scan), "image": listed(here), "objectives": [], "ascents": []}

# ---- inversion's objective

for layer, channel, alpha, beta, norm, variation in [
        ("r2", None, 6, 2, 0.01, 0.01), ("c1", None, 2, 1.5, 0.3, 0.7), ("c2", 3, 3.5, 1, 2.0, 0.1), ("y", None, 6, 2, 0, 0)]:
    x = here.clone().requires_grad_()
    pick = (lambda a: a) if channel is None else (lambda a: a[:, channel])
    target = pick(layers(scan)[layer]).detach()
    error = ((pick(layers(x)[layer]) - target) ** 2).sum() / (target ** 2).sum()
    mean = scan.mean()
    reach, n = (scan - mean).abs().max(), scan.numel()
    steps = [torch.zeros_like(x) for _ in range(3)]
    steps[0] = torch.cat([x[:, :, 1:] - x[:, :, :-1], torch.zeros_like(x[:, :, :1])], 2)
    steps[1] = torch.cat([x[:, :, :, 1:] - x[:, :, :, :-1], torch.zeros_like(x[:, :, :, :1])], 3)
    steps[2] = torch.cat([x[..., 1:] - x[..., :-1], torch.zeros_like(x[..., :1])], 4)
    square = sum(s ** 2 for s in steps)
    # Where no next voxel is left the root has no slope, and no part in the sum.
    total = square[square > 0]
    value = error + norm / (n * reach ** alpha) * ((x - mean).abs() ** alpha).sum() + variation / (
        n * (reach / 6.5) ** beta) * (total ** (beta / 2)).sum()
    value.backward()
    out["objectives"].append({
        "layer": layer, "channel": channel, "alpha": alpha, "beta": beta, "norm": norm, "variation": variation,
        "error": float(error), "total": float(value), "gradient": listed(x.grad)})

# ---- ascents


def blurred(x, sigma):
    for axis, n in enumerate([D, H, W]):
        away = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
        window = np.where(away <= int(3 * sigma + 0.5), np.exp(-away ** 2 / (2 * sigma ** 2)), 0)
        window /= window.sum(1, keepdims=True)
        x = torch.movedim(torch.tensordot(torch.from_numpy(window), x, dims=([1], [axis + 2])), 0, axis + 2)
    return x


def ascend(layer, channel, steps=60, rate=0.05, optimizer="adam", momentum=0.0, normalize=False, decay=0.0, blur=0.0,
           every=4, small_norm=0.0, small_contribution=0.0):
    x = here.clone().mul(0.1)
    velocity = torch.zeros_like(x)
    adam = torch.optim.Adam([x], lr=rate, maximize=True)
    course = []
    goal = lambda v: layers(v)[layer][0, channel].mean()
    for step in range(steps):
        x.requires_grad_(True)
        x.grad = None
        value = goal(x)
        course.append(float(value))
        value.backward()
        g = x.grad
        if normalize:
            g = g / (g ** 2).mean().sqrt()
        with torch.no_grad():
            x.requires_grad_(False)
            if optimizer == "adam":
                x.grad = g
                adam.step()
            else:
                velocity = momentum * velocity + rate * g
                x += velocity
            x *= 1 - decay
            if blur and (step + 1) % every == 0:
                x.copy_(blurred(x, blur))
            for part, size in [(small_norm, x.abs()), (small_contribution, (x * g).abs())]:
                if part:
                    threshold = size.flatten().sort().values[int(part * size.numel())]
                    x[size < threshold] = 0
                    size = None
    course.append(float(goal(x)))
    return course


for name, unit, settings in [
        ("plain", ("c2", 2), {}), ("plain", ("y", 1), {}), ("momentum", ("c1", 1), dict(optimizer="momentum", momentum=0.9, normalize=True)),
        ("blur", ("c2", 4), dict(optimizer="momentum", normalize=True, rate=0.2, blur=0.5, small_norm=0.5)),
        ("decay", ("c2", 0), dict(optimizer="momentum", normalize=True, rate=1, decay=0.3, small_norm=0.2)),
        ("smooth", ("y", 0), dict(optimizer="momentum", normalize=True, rate=0.2, decay=0.0001, blur=1.0)),
        ("contribution", ("c2", 2), dict(optimizer="momentum", normalize=True, rate=0.2, blur=0.5, small_contribution=0.9))]:
    out["ascents"].append({"preset": name, "layer": unit[0], "channel": unit[1], "course": ascend(*unit, **settings)})

# ---- relevance at the stages, and along a path, by Zennit

from zennit.composites import EpsilonPlus  # noqa: E402


class Reference(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = torch.nn.Conv3d(1, 4, 3, padding=1), torch.nn.Conv3d(4, 6, 3, padding=1)
        self.relu1, self.relu2, self.pool = torch.nn.ReLU(), torch.nn.ReLU(), torch.nn.MaxPool3d(2)
        self.dense = torch.nn.Linear(weights["w3"].shape[1], 2)
        for layer, n in [(self.conv1, 1), (self.conv2, 2), (self.dense, 3)]:
            layer.weight.data, layer.bias.data = t[f"w{n}"].clone(), t[f"b{n}"].clone()

    def forward(self, x, seen):
        a = self.relu1(self.conv1(x))
        seen(a)
        b = self.relu2(self.conv2(self.pool(a)))
        seen(b)
        return self.dense(b.flatten(1))


def relevance(path):
    net, kept, picks = Reference(), [], []

    def seen(a):
        kept.append(a)
        a.retain_grad()
        if path:
            def only(g):
                sums = g.sum((0, 2, 3, 4))
                best = int(sums.argmax())
                picks.append({"channel": best, "part": float(sums[best] / sums.sum())})
                mask = torch.zeros_like(g)
                mask[:, best] = 1
                return g * mask
            a.register_hook(only)

    with EpsilonPlus(epsilon=1e-6).context(net) as wrapped:
        x = scan.clone().requires_grad_()
        y = wrapped(x, seen)
        start = torch.zeros_like(y)
        start[0, 1] = y[0, 1].detach()
        y.backward(start)
    return x.grad, [a.grad.sum((0, 2, 3, 4)) for a in kept], picks[::-1]


image, stages, _ = relevance(False)
along, _, picks = relevance(True)
out["cascade"] = {
    "relevance": [listed(s) for s in stages], "image": listed(image), "path": listed(along), "picks": picks}
(OUT / "maximize.json").write_text(json.dumps(out) + "\n")

# ---- networks in which something is planted

size = 5
grid = np.mgrid[-2:3, -2:3, -2:3]
ball = ((grid ** 2).sum(0) <= 5).astype(np.float32)
ball = ball - ball.mean()
ball /= np.linalg.norm(ball)
noise = rounded(size, size, size)
noise -= noise.mean()
noise /= np.linalg.norm(noise)
save(
    "ball", [
        conv(["x", "w"], "c", "conv", size), helper.make_node("Relu", ["c"], ["r"], "relu"),
        helper.make_node("GlobalAveragePool", ["r"], ["g"], "pool"), helper.make_node("Flatten", ["g"], ["y"], "flatten")],
    {"w": np.stack([ball, noise])[:, None].astype(np.float32)}, 2, (1, 1, 12, 12, 12))

full = rounded(8, 1, 3, 3, 3, scale=0.3)
full[:, 0, 1, 1, 1] += 1
mask = np.ones((1, 1, 1, 1, 8), np.float32)
mask[..., 4:] = 0
save(
    "half", [
        conv(["x", "w"], "c", "conv"), helper.make_node("Mul", ["c", "m"], ["h"], "half"),
        helper.make_node("GlobalAveragePool", ["h"], ["g"], "pool"), helper.make_node("Flatten", ["g"], ["y"], "flatten")],
    {"w": full, "m": mask}, 8, (1, 1, 8, 8, 8))

hanging = rounded(3, 1, 3, 3, 3, scale=0.2)
hanging[2, 0] = 1 / 27
head = np.zeros((2, 3), np.float32)
head[1, 2] = 1
head[0] = [0.3, 0.2, 0]
save(
    "hanging", [
        conv(["x", "w"], "c", "conv"), helper.make_node("Relu", ["c"], ["r"], "relu"),
        helper.make_node("GlobalAveragePool", ["r"], ["g"], "pool"), helper.make_node("Flatten", ["g"], ["f"], "flatten"),
        helper.make_node("Gemm", ["f", "d"], ["y"], "dense", transB=1)], {"w": hanging, "d": head}, 2, (1, 1, 8, 8, 8))
