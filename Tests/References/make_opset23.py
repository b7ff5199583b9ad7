"""Makes Tests/NetworksTests/Fixtures/opset23: networks with operators that ONNX has since opset 16 to 23 and exporters write of late, with
scores and input gradients by PyTorch.

Attention (also with fewer key heads than query heads, causal, with a mask and a softcap), RMSNormalization and RotaryEmbedding over the
slices and the patches of a volume; TopK over slices; GridSample on three axes by a constant grid and by a spatial transformer (AffineGrid).
PyTorch 2.6 cannot export these, so each network is written twice: as a graph, and in PyTorch.

    python3 Tests/References/make_opset23.py

Made with torch 2.6.0 and onnx 1.23.2.
"""

import json
import pathlib

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import TensorProto, helper, numpy_helper

OUT = pathlib.Path(__file__).parent.parent / "NetworksTests" / "Fixtures" / "opset23"
SHAPE = (1, 1, 6, 7, 8)


class Sketch:
    """A graph and its weights, which PyTorch reads too."""

    def __init__(self, seed):
        self.random, self.nodes, self.weights = np.random.default_rng(seed), [], {}

    def weight(self, *shape, scale=None, around=0.0):
        size = np.prod(shape[1:]) if len(shape) > 1 else 9
        value = self.random.normal(around, scale or 1 / np.sqrt(size), shape).astype(np.float32)
        return self.constant(value)

    def constant(self, value):
        name = f"c{len(self.weights)}"
        self.weights[name] = np.asarray(value)
        return name

    def add(self, kind, *inputs, **attributes):
        name = f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def reshape(self, x, *shape):
        return self.add("Reshape", x, self.constant(np.array(shape, np.int64)))

    def tensor(self, name):
        value = torch.from_numpy(self.weights[name])
        return value.double() if value.is_floating_point() else value

    def save(self, path, output):
        weights = [numpy_helper.from_array(value, name) for name, value in self.weights.items()]
        image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", *SHAPE[1:]])
        graph = helper.make_graph(self.nodes, path.stem, [image], [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["N", None])], weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 23)], ir_version=10)
        onnx.checker.check_model(model)
        onnx.save(model, path)


def rms(x, scale, epsilon):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + epsilon) * scale


def rotated(x, cos, sin, interleaved):
    """x: [N, heads, places, size]; cos, sin: [N, places, turned / 2]."""
    half = cos.shape[-1]
    turned, rest = x[..., : 2 * half], x[..., 2 * half :]
    a, b = (turned[..., 0::2], turned[..., 1::2]) if interleaved else (turned[..., :half], turned[..., half:])
    cos, sin = cos[:, None], sin[:, None]
    pair = (a * cos - b * sin, a * sin + b * cos)
    turned = torch.stack(pair, -1).flatten(-2) if interleaved else torch.cat(pair, -1)
    return torch.cat([turned, rest], -1)


def waves(places, half):
    angles = np.arange(places)[:, None] / 10.0 ** (np.arange(half) / half)
    return np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)


def slices_attention():
    """Slices along D folded into the batch, features of each, rotary self-attention over slices, the mean."""
    s = Sketch(1)
    kernel, bias, scale = s.weight(8, 1, 3, 3, scale=0.6), s.weight(8), s.weight(8, scale=0.2, around=1)
    qkv = [s.weight(8, 8, scale=0.8) for _ in range(3)]
    cos, sin = (s.constant(w) for w in waves(9, 2))
    places = s.constant(np.arange(6, dtype=np.int64)[None])
    dense, dense_bias = s.weight(3, 8), s.weight(3)
    x = s.reshape("image", -1, 1, 7, 8)
    x = s.add("GlobalAveragePool", s.add("Relu", s.add("Conv", x, kernel, bias, pads=[1, 1, 1, 1])))
    tokens = s.reshape(x, -1, 6, 8)
    normal = s.add("RMSNormalization", tokens, scale, axis=-1, epsilon=1e-3)
    q, k, v = (s.add("MatMul", normal, w) for w in qkv)
    q, k = (s.add("RotaryEmbedding", y, cos, sin, places, num_heads=2) for y in (q, k))
    y = s.add("Add", tokens, s.add("Attention", q, k, v, q_num_heads=2, kv_num_heads=2))
    y = s.add("ReduceMean", y, s.constant(np.array([1], np.int64)), keepdims=0)
    output = s.add("Gemm", y, dense, dense_bias, transB=1)

    def run(x):
        t = s.tensor
        y = F.relu(F.conv2d(x.reshape(-1, 1, 7, 8), t(kernel), t(bias), padding=1)).mean((2, 3))
        tokens = y.reshape(-1, 6, 8)
        normal = rms(tokens, t(scale), 1e-3)
        heads = lambda y: y.reshape(-1, 6, 2, 4).transpose(1, 2)
        q, k, v = (heads(normal @ t(w)) for w in qkv)
        c, n = t(cos)[:6][None], t(sin)[:6][None]
        y = F.scaled_dot_product_attention(rotated(q, c, n, False), rotated(k, c, n, False), v)
        y = tokens + y.transpose(1, 2).reshape(-1, 6, 8)
        return F.linear(y.mean(1), t(dense), t(dense_bias))

    return s, output, run


def patches_grouped():
    """Patches of the volume as tokens, four query heads to two key heads, causal, a mask that hides places, a softcap."""
    s = Sketch(2)
    kernel, bias = s.weight(16, 1, 2, 3, 4, scale=0.4), s.weight(16)
    qkv = [s.weight(16, 16), s.weight(16, 8), s.weight(16, 8)]
    scale = s.weight(16, scale=0.2, around=1)
    mask = np.ones((12, 12), bool)
    mask[3:7, 2:4] = mask[9, 5] = False
    hidden = s.constant(mask)
    cos, sin = (s.constant(w[None]) for w in waves(12, 1))
    dense, dense_bias = s.weight(3, 16), s.weight(3)
    x = s.add("Conv", "image", kernel, bias, strides=[2, 3, 4])
    tokens = s.add("Transpose", s.reshape(x, 0, 16, 12), perm=[0, 2, 1])
    q, k, v = (s.add("MatMul", tokens, w) for w in qkv)
    q, k, v = (s.add("Transpose", s.reshape(y, 0, 12, n, 4), perm=[0, 2, 1, 3]) for y, n in ((q, 4), (k, 2), (v, 2)))
    q, k = (s.add("RotaryEmbedding", y, cos, sin, interleaved=1, rotary_embedding_dim=2) for y in (q, k))
    y = s.add("Attention", q, k, v, hidden, is_causal=1, softcap=1.5, scale=0.7)
    y = s.reshape(s.add("Transpose", y, perm=[0, 2, 1, 3]), 0, 12, 16)
    y = s.add("RMSNormalization", s.add("Add", y, tokens), scale)
    y = s.add("ReduceMax", y, s.constant(np.array([1], np.int64)), keepdims=0)
    output = s.add("Gemm", y, dense, dense_bias, transB=1)

    def run(x):
        t = s.tensor
        tokens = F.conv3d(x, t(kernel), t(bias), stride=(2, 3, 4)).flatten(2).transpose(1, 2)
        q, k, v = ((tokens @ t(w)).reshape(-1, 12, n, 4).transpose(1, 2) for w, n in zip(qkv, (4, 2, 2)))
        q, k = (rotated(y, t(cos), t(sin), True) for y in (q, k))
        k, v = (y.repeat_interleave(2, 1) for y in (k, v))
        scores = 1.5 * torch.tanh(0.7 * q @ k.transpose(2, 3) / 1.5)
        seen = torch.tensor(mask) & torch.ones(12, 12).tril().bool()
        y = torch.softmax(scores.masked_fill(~seen, -torch.inf), -1) @ v
        y = rms(y.transpose(1, 2).reshape(-1, 12, 16) + tokens, t(scale), 1e-5)
        return F.linear(y.amax(1), t(dense), t(dense_bias))

    return s, output, run


def best_slices():
    """Each slice's own scores; of each class the mean of the two highest."""
    s = Sketch(3)
    kernel, bias, dense = s.weight(6, 1, 3, 3), s.weight(6), s.weight(6, 3, scale=1)
    x = s.reshape(s.add("Transpose", "image", perm=[0, 4, 1, 2, 3]), -1, 1, 6, 7)
    x = s.add("GlobalAveragePool", s.add("Relu", s.add("Conv", x, kernel, bias)))
    scores = s.add("MatMul", s.reshape(x, -1, 8, 6), dense)
    k = s.constant(np.array([2], np.int64))
    s.nodes.append(helper.make_node("TopK", [scores, k], ["best", "places"], name="best", axis=1))
    output = s.add("ReduceMean", "best", s.constant(np.array([1], np.int64)), keepdims=0)

    def run(x):
        t = s.tensor
        y = x.permute(0, 4, 1, 2, 3).reshape(-1, 1, 6, 7)
        y = F.relu(F.conv2d(y, t(kernel), t(bias))).mean((2, 3)).reshape(-1, 8, 6)
        return (y @ t(dense)).topk(2, dim=1).values.mean(1)

    return s, output, run


def spatial_transformer():
    """A small network turns and shifts the image before another reads it."""
    s = Sketch(4)
    look, pose = s.weight(4, 1, 3, 3, 3), s.weight(12, 4, scale=0.15)
    still = s.constant(np.eye(3, 4, dtype=np.float32).ravel() + 0.02)
    kernel, bias, dense = s.weight(5, 1, 3, 3, 3), s.weight(5), s.weight(3, 5)
    size = s.constant(np.array([1, 1, 5, 6, 7], np.int64))
    features = s.add("Flatten", s.add("GlobalAveragePool", s.add("Tanh", s.add("Conv", "image", look))))
    theta = s.reshape(s.add("Gemm", features, pose, still, transB=1), -1, 3, 4)
    grid = s.add("AffineGrid", theta, size, align_corners=0)
    moved = s.add("GridSample", "image", grid, mode="linear", padding_mode="zeros", align_corners=0)
    y = s.add("Flatten", s.add("GlobalAveragePool", s.add("Relu", s.add("Conv", moved, kernel, bias))))
    output = s.add("Gemm", y, dense, transB=1)

    def run(x):
        t = s.tensor
        features = torch.tanh(F.conv3d(x, t(look))).mean((2, 3, 4))
        theta = F.linear(features, t(pose), t(still)).reshape(-1, 3, 4)
        moved = F.grid_sample(x, F.affine_grid(theta, (x.shape[0], 1, 5, 6, 7), align_corners=False), align_corners=False)
        y = F.relu(F.conv3d(moved, t(kernel), t(bias))).mean((2, 3, 4))
        return F.linear(y, t(dense))

    return s, output, run


def warped(mode, padding, corners):
    """The image read through a fixed field that reaches beyond its edges."""
    s = Sketch(5)
    grid = np.stack(np.meshgrid(*(np.linspace(-1.2, 1.15, n) for n in (5, 6, 7)), indexing="ij")[::-1], -1)[None]
    grid = s.constant((grid + s.random.normal(0, 0.05, grid.shape)).astype(np.float32))
    kernel, bias, dense = s.weight(5, 1, 3, 3, 3), s.weight(5), s.weight(3, 5)
    moved = s.add("GridSample", "image", grid, mode=mode, padding_mode=padding, align_corners=int(corners))
    y = s.add("Flatten", s.add("GlobalAveragePool", s.add("Elu", s.add("Conv", moved, kernel, bias))))
    output = s.add("Gemm", y, dense, transB=1)

    def run(x):
        t = s.tensor
        name = {"linear": "bilinear"}.get(mode, mode)
        field = t(grid).expand(x.shape[0], -1, -1, -1, -1)
        moved = F.grid_sample(x, field, mode=name, padding_mode=padding, align_corners=corners)
        y = F.elu(F.conv3d(moved, t(kernel), t(bias))).mean((2, 3, 4))
        return F.linear(y, t(dense))

    return s, output, run


NETWORKS = {
    "slices_attention": slices_attention,
    "patches_grouped": patches_grouped,
    "best_slices": best_slices,
    "spatial_transformer": spatial_transformer,
    "warped_linear": lambda: warped("linear", "reflection", False),
    "warped_border": lambda: warped("linear", "border", True),
    "warped_nearest": lambda: warped("nearest", "zeros", True),
}


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    for old in OUT.glob("*.onnx"):
        old.unlink()
    values, index = [], []

    def place(array):
        at = sum(v.size for v in values)
        values.append(np.ascontiguousarray(array, dtype="<f4").ravel())
        return {"shape": list(array.shape), "at": at}

    for number, (name, build) in enumerate(NETWORKS.items()):
        torch.manual_seed(200 + number)
        sketch, output, run = build()
        file = f"{name}_written23.onnx"
        sketch.save(OUT / file, output)
        x = torch.randn(SHAPE)
        x64 = x.double().requires_grad_(True)
        scores = run(x64).reshape(-1)
        upstream = torch.cos(torch.arange(scores.numel(), dtype=torch.float64) + 1)
        (gradient,) = torch.autograd.grad((scores * upstream).sum(), x64)
        operators = sorted({node.op_type for node in sketch.nodes})
        entry = {"name": name, "files": [{"file": file, "opset": 23, "operators": operators}]}
        for key, value in [("input", x), ("scores", scores), ("upstream", upstream), ("gradient", gradient)]:
            entry[key] = place(value.detach().numpy())
        index.append(entry)
        print(name, scores.detach().numpy().round(4), operators)
    np.concatenate(values).tofile(OUT / "values.f32")
    (OUT / "index.json").write_text("[\n" + ",\n".join(json.dumps(entry) for entry in index) + "\n]\n")


if __name__ == "__main__":
    main()
