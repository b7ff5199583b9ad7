"""Makes Tests/FaithfulnessTests/Fixtures: what the metrics of faithfulness have to give for a small network.

The network (net.onnx) is Conv 3x3x3 of 2 -> 3 channels, Relu, Flatten, Gemm to 2 logits; f is a class's softmax probability, asked of
ONNX Runtime. Metrics are computed here from their papers' definitions in numpy, the imputation of ROAD by SciPy's direct sparse solver,
gradients by central differences of a float64 copy of the network. Random sets, boxes and noises are drawn here and written out.

    python3 Tests/References/make_faithfulness.py

Made with numpy 2.4.6, scipy 1.17.1, onnx 1.23.2, onnxruntime 1.32.0.
"""

import json
import pathlib

import numpy as np
import onnx
import onnxruntime
import scipy.sparse
import scipy.sparse.linalg
from onnx import TensorProto, helper, numpy_helper

OUT = pathlib.Path(__file__).parent.parent / "FaithfulnessTests" / "Fixtures"
C, D, H, W, K = 2, 6, 7, 5, 3
rng = np.random.default_rng(18)
FILL, TARGET = 0.25, 1


def rounded(*shape, scale=1.0):
    return np.round(scale * rng.normal(size=shape), 3).astype(np.float32)


conv, conv_bias = rounded(K, C, 3, 3, 3, scale=0.4), rounded(K, scale=0.2)
dense, dense_bias = rounded(2, K * D * H * W, scale=0.08), rounded(2, scale=0.1)
image = rounded(1, C, D, H, W)


def save_network():
    nodes = [
        helper.make_node("Conv", ["x", "conv.weight", "conv.bias"], ["c"], "conv", kernel_shape=[3, 3, 3], pads=[1] * 6),
        helper.make_node("Relu", ["c"], ["r"], "relu"),
        helper.make_node("Flatten", ["r"], ["f"], "flatten", axis=1),
        helper.make_node("Gemm", ["f", "dense.weight", "dense.bias"], ["y"], "dense", transB=1),
    ]
    weights = {"conv.weight": conv, "conv.bias": conv_bias, "dense.weight": dense, "dense.bias": dense_bias}
    graph = helper.make_graph(
        nodes, "net", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, C, D, H, W])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 2])],
        [numpy_helper.from_array(value, name) for name, value in weights.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.save(model, OUT / "net.onnx")


OUT.mkdir(parents=True, exist_ok=True)
save_network()
session = onnxruntime.InferenceSession(str(OUT / "net.onnx"))


def logits(x):
    return session.run(None, {"x": x.astype(np.float32)})[0][0].astype(np.float64)


def f(x):
    z = logits(x)
    p = np.exp(z - z.max())
    return float(p[TARGET] / p.sum())


def logit64(x):
    """The target's logit in double precision, for differences."""
    padded = np.pad(x[0].astype(np.float64), ((0, 0), (1, 1), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3, 3), axis=(1, 2, 3))
    out = np.einsum("cdhwijk,ocijk->odhw", windows, conv.astype(np.float64)) + conv_bias[:, None, None, None]
    return float(dense[TARGET].astype(np.float64) @ np.maximum(out, 0).ravel() + dense_bias[TARGET])


def gradient(x, step=1e-5):
    grad = np.zeros(x.size)
    for place in range(x.size):
        moved = x.astype(np.float64).ravel()
        moved[place] += step
        up = logit64(moved.reshape(x.shape))
        moved[place] -= 2 * step
        grad[place] = (up - logit64(moved.reshape(x.shape))) / (2 * step)
    return grad.reshape(x.shape)


assert abs(logit64(image) - logits(image)[TARGET]) < 1e-5

relevance = rounded(1, C, D, H, W)
summed = relevance[0].sum(0)
labels = np.zeros((D, H, W), int)
labels[:3, :4] = 7
labels[3:, 2:, :3] = 2
labels[1:5, 5:, 3:] = 9
REGIONS = [9, 2, 7, 40]


def assignment(kind):
    if kind == "voxels":
        return np.arange(D * H * W).reshape(D, H, W)
    if kind == "regions":
        there = [label for label in REGIONS if (labels == label).any()]
        out = np.full(labels.shape, len(there))
        for place, label in enumerate(there):
            out[labels == label] = place
        return out
    size = int(kind.split(":")[1])
    cells = [-(-extent // size) for extent in (D, H, W)]
    d, h, w = np.indices((D, H, W)) // size
    return (d * cells[1] + h) * cells[2] + w


def filled(mask, x=image, fill=FILL):
    return np.where(mask[None, None], np.float32(fill), x)


def half_up(value):
    return int(np.floor(value + 0.5))


def curve(features, order, steps, putting_back=False):
    n = features.max() + 1
    scores = []
    for step in range(steps + 1):
        chosen = np.isin(features, order[: half_up(step * n / steps)])
        scores.append(f(filled(~chosen if putting_back else chosen)))
    return scores


def area(scores):
    return float(np.mean((np.array(scores[1:]) + scores[:-1]) / 2))


def ranks(values):
    values = np.asarray(values)
    return np.array([(values < v).sum() + ((values == v).sum() + 1) / 2 for v in values])


def pearson(a, b):
    return float(np.corrcoef(a, b)[0, 1])


cases = []
for kind, steps in [("voxels", 7), ("patch:2", 8), ("patch:3", 20), ("regions", 20)]:
    features = assignment(kind)
    n = features.max() + 1
    sums = np.array([summed[features == place].sum(dtype=np.float64) for place in range(n)])
    means = np.array([summed[features == place].mean(dtype=np.float64) for place in range(n)])
    most, least = np.argsort(-means, kind="stable"), np.argsort(means, kind="stable")
    deletion, lerf = curve(features, most, steps), curve(features, least, steps)
    insertion = curve(features, most, steps, putting_back=True)
    whole = f(image)
    sizes = []
    for place in range(12):
        size = max(1, half_up(0.01 * 80 ** (place / 11) * n))
        if not sizes or sizes[-1] != size:
            sizes.append(size)
    sets = [[sorted(rng.choice(n, size, replace=False).tolist()) for _ in range(12)] for size in sizes]
    correlations = []
    for members in sets:
        drops = [whole - f(filled(np.isin(features, own))) for own in members]
        inside = [sums[own].sum() for own in members]
        if np.ptp(inside) > 0 and np.ptp(drops) > 0:
            correlations.append(pearson(inside, drops))
    single = np.array([whole - f(filled(features == place)) for place in range(n)])
    cases.append({
        "features": kind, "count": int(n), "steps": steps, "deletion": deletion, "lerf": lerf, "insertion": insertion,
        "areas": [area(deletion), area(lerf), area(insertion)], "sizes": sizes, "sets": sets,
        "sensitivity_n": float(np.mean(correlations)),
        "monotonicity": pearson(ranks(np.abs(means)), ranks(single**2)),
    })

boxes, b, plain, weighted = [], [], [], []
for _ in range(25):
    box = []
    for extent in (D, H, W):
        edge = rng.integers(max(1, half_up(extent / 8)), max(1, extent // 3) + 1)
        low = rng.integers(0, extent - edge + 1)
        box += [int(low), int(low + edge)]
    mask = np.zeros((D, H, W), bool)
    mask[box[0]:box[1], box[2]:box[3], box[4]:box[5]] = True
    boxes.append(box)
    b.append(f(image) - f(filled(mask)))
    plain.append(summed[mask].sum(dtype=np.float64))
    weighted.append((((image - np.float32(FILL)) * relevance)[0][:, mask]).sum(dtype=np.float64))


def infidelity(a):
    a, own = np.array(a), np.array(b)
    beta = (a * own).sum() / (a * a).sum()
    return float(((beta * a - own) ** 2).mean())


def road(mask, x):
    """Rong et al.'s system with 6 neighbours at 1/12 and 12 at 1/24, divided by the weights that are on the grid."""
    places = np.argwhere(mask)
    number = {tuple(place): row for row, place in enumerate(places)}
    steps = [s - 1 for s in np.ndindex(3, 3, 3) for s in [np.array(s)] if 0 < (abs(s - 1)).sum() < 3 and abs(s - 1).max() == 1]
    matrix = scipy.sparse.lil_matrix((len(places), len(places)))
    right = np.zeros(len(places))
    for row, place in enumerate(places):
        for step in steps:
            other = tuple(place + step)
            if any(o < 0 or o >= e for o, e in zip(other, mask.shape)):
                continue
            weight = 1 / 12 if abs(step).sum() == 1 else 1 / 24
            matrix[row, row] += weight
            if other in number:
                matrix[row, number[other]] -= weight
            else:
                right[row] += weight * x[other]
    out = x.astype(np.float64).copy()
    out[mask] = scipy.sparse.linalg.spsolve(matrix.tocsc(), right)
    return out


hole = rng.random((D, H, W)) < 0.6
hole[:2] = True
imputed = np.stack([road(hole, image[0, channel]) for channel in range(C)])

noises = [np.round(0.02 * np.ptp(image) * (2 * rng.random(image.shape) - 1), 6).astype(np.float32) for _ in range(4)]


def gradient_times_input(x):
    return gradient(x) * x


base = gradient_times_input(image)
changes = [
    float(np.linalg.norm(gradient_times_input((image + noise).astype(np.float64)) - base) / np.linalg.norm(base))
    for noise in noises
]

sizes = np.sort(np.abs(summed.astype(np.float64)).ravel())
share = sizes / sizes.sum()
n = sizes.size
json.dump({
    "shape": [1, C, D, H, W], "fill": FILL, "target": TARGET, "image": image.ravel().tolist(),
    "relevance": relevance.ravel().tolist(), "labels": labels.ravel().tolist(), "regions": REGIONS,
    "score": f(image), "filled_score": f(filled(np.ones((D, H, W), bool))), "cases": cases,
    "sparseness": float(((2 * np.arange(1, n + 1) - n - 1) * sizes).sum() / (n * sizes.sum())),
    "complexity": float(-(share[share > 0] * np.log(share[share > 0])).sum()),
    "effective_complexity": float((sizes > 1e-5 * sizes.max()).mean()),
    "completeness": float((relevance.sum(dtype=np.float64) - (f(image) - f(filled(np.ones((D, H, W), bool)))))
                          / abs(f(image) - f(filled(np.ones((D, H, W), bool))))),
    "completeness_gradient": float((base.sum() - (logits(image)[TARGET] - logits(filled(np.ones((D, H, W), bool)))[TARGET]))
                                   / abs(logits(image)[TARGET] - logits(filled(np.ones((D, H, W), bool)))[TARGET])),
    "boxes": boxes, "infidelity": infidelity(plain), "infidelity_weighted": infidelity(weighted),
    "hole": np.flatnonzero(hole).tolist(), "imputed": np.round(imputed.ravel(), 6).tolist(),
    "noises": [noise.ravel().tolist() for noise in noises], "max_sensitivity": max(changes),
}, open(OUT / "faithfulness.json", "w"))
print("wrote", OUT)
