"""Makes Tests/AttributionTests/SamplingReference.swift: what LIME, the Shapley methods and RISE have to give for a small network.

The network is 8 voxels -> dense 5 -> tanh -> dense 1, every voxel a feature, the fill 0.25. Exact Shapley values come from all 256
coalitions; the regressions from scikit-learn, given rows, targets and weights that the test has too; the mask from PyTorch's
trilinear interpolation.

    python3 Tests/References/make_sampling.py

Made with numpy 2.4.6, scikit-learn 1.9.1, torch 2.6.0, captum 0.9.0 (which computes in float32).
"""

import itertools
import math
import pathlib

import numpy as np
import torch
from sklearn.linear_model import Ridge

OUT = pathlib.Path(__file__).parent.parent / "AttributionTests" / "SamplingReference.swift"
COUNT, HIDDEN, FILL = 8, 5, 0.25
rng = np.random.default_rng(4)


def rounded(*shape):
    return np.round(rng.normal(size=shape), 3)


first, bias = rounded(HIDDEN, COUNT), rounded(HIDDEN)
second = rounded(1, HIDDEN)
image = rounded(COUNT)


def score(there):
    x = np.where(np.asarray(there, bool), image, FILL)
    return float((second @ np.tanh(first @ x + bias))[0])


def shapley():
    table = {there: score(there) for there in itertools.product((0, 1), repeat=COUNT)}
    values = np.zeros(COUNT)
    for there, value in table.items():
        size = sum(there)
        for i in range(COUNT):
            if not there[i]:
                grown = there[:i] + (1,) + there[i + 1 :]
                weight = math.factorial(size) * math.factorial(COUNT - size - 1) / math.factorial(COUNT)
                values[i] += weight * (table[grown] - value)
    return values, table


values, table = shapley()
assert abs(values.sum() - (score([1] * COUNT) - score([0] * COUNT))) < 1e-12

# Captum agrees, where it is there: all 8! orders are too many for it, so it is asked about the first five voxels.
try:
    from captum.attr import ShapleyValues

    mask = torch.tensor([[0, 1, 2, 3, 4, 4, 4, 4]])
    forward = lambda x: (
        torch.tensor(second) @ torch.tanh(torch.tensor(first) @ x.T + torch.tensor(bias)[:, None])
    )[0]
    theirs = ShapleyValues(forward).attribute(torch.tensor(image)[None], baselines=FILL, feature_mask=mask)[0]
    groups = [[0], [1], [2], [3], [4, 5, 6, 7]]
    own = np.zeros(5)
    for size in range(5):
        for there in itertools.combinations(range(5), size):
            flags = [int(any(v in groups[g] for g in there)) for v in range(COUNT)]
            for i in set(range(5)) - set(there):
                grown = [int(f or v in groups[i]) for v, f in enumerate(flags)]
                weight = math.factorial(size) * math.factorial(4 - size) / math.factorial(5)
                own[i] += weight * (score(grown) - score(flags))
    assert np.abs(own - theirs.numpy()[:5]).max() < 1e-5, (own, theirs)
    print("agrees with Captum")
except ImportError:
    print("Captum is not installed: not compared")

# LIME over every coalition once, so that no random numbers are needed: the kernel of lime_image, Ridge(alpha=1).
rows = np.array(list(table), float)
size = rows.sum(1)
distance = 1 - np.sqrt(size / COUNT)
weights = np.sqrt(np.exp(-(distance**2) / 0.25**2))
lime = Ridge(alpha=1, fit_intercept=True).fit(rows, np.array(list(table.values())), sample_weight=weights)
r2 = lime.score(rows, np.array(list(table.values())), sample_weight=weights)

# RISE's mask: a grid stretched with half-pixel centres and cut out.
grid = (rng.random((3, 3, 3)) < 0.5).astype(np.float32)
extents, shift = [5, 7, 4], [1, 2, 0]
stretched = [4 * math.ceil(e / 3) for e in extents]
large = torch.nn.functional.interpolate(torch.tensor(grid)[None, None], size=stretched, mode="trilinear", align_corners=False)[0, 0]
mask = large[tuple(slice(s, s + e) for s, e in zip(shift, extents))].numpy()


def numbers(name, array, kind):
    flat = [repr(round(float(v), 12)) for v in np.asarray(array).ravel()]
    lines, line = [], "   "
    for text in flat:
        if len(line) + len(text) + 2 > 118:
            lines.append(line)
            line = "   "
        line += f" {text},"
    lines.append(line)
    return f"  static let {name}: [{kind}] = [\n" + "\n".join(lines) + "\n  ]\n"


OUT.write_text(
    "/// Made by Tests/References/make_sampling.py, which says what the values are.\n"
    "enum SamplingReference {\n"
    f"  static let fill: Float = {FILL}\n"
    + numbers("image", image, "Float")
    + numbers("first", first, "Float")
    + numbers("bias", bias, "Float")
    + numbers("second", second, "Float")
    + numbers("shapley", values, "Double")
    + numbers("scores", list(table.values()), "Double")
    + numbers("lime", lime.coef_, "Double")
    + f"  static let limeIntercept = {float(lime.intercept_)!r}\n  static let limeR2 = {float(r2)!r}\n"
    + numbers("riseGrid", grid, "Float")
    + f"  static let riseExtents = {extents}\n  static let riseShift = {shift}\n"
    + numbers("riseMask", mask, "Float")
    + "}\n"
)
