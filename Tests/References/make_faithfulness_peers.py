"""Makes Tests/FaithfulnessTests/Fixtures/peers.json: what Captum and Quantus give where their definitions are the papers'.

    python3 Tests/References/make_faithfulness_peers.py        (after make_faithfulness.py, whose network, map, boxes and noises it takes)

Captum: infidelity (normalize=True, which is Yeh's β) over the given boxes, sensitivity_max over the given noises.
Quantus asks for images of two dimensions in most metrics, and fills voxels channel by channel. So it is shown a network of n switches, one
a feature, which are 1 where the feature is as it was and 0 where it is filled. Of its metrics are taken those that are the papers':
PixelFlipping (the curve of deletion; one feature a step), MonotonicityCorrelation, FaithfulnessCorrelation (sensitivity-n of one size) over the
given sets, MaxSensitivity over the given noises, Sparseness, Complexity, EffectiveComplexity.

Made with torch 2.6.0, captum 0.9.0, quantus 0.6.0, onnx 1.23.0, numpy 2.4.6.
"""

import json
import pathlib

import numpy as np
import onnx
import quantus
import torch
from captum.attr import InputXGradient
from captum.metrics import infidelity, sensitivity_max

FOLDER = pathlib.Path(__file__).parent.parent / "FaithfulnessTests" / "Fixtures"
made = json.loads((FOLDER / "faithfulness.json").read_text())
weights = {w.name: torch.tensor(onnx.numpy_helper.to_array(w)) for w in onnx.load(FOLDER / "net.onnx").graph.initializer}
shape, target, fill = made["shape"], made["target"], made["fill"]
image = torch.tensor(made["image"]).reshape(shape).double()
relevance = torch.tensor(made["relevance"]).reshape(shape).double()


class Net(torch.nn.Module):
    def forward(self, x):
        y = torch.nn.functional.conv3d(x, weights["conv.weight"].to(x), weights["conv.bias"].to(x), padding=1)
        return torch.relu(y).flatten(1) @ weights["dense.weight"].to(x).T + weights["dense.bias"].to(x)


net = Net()


def probability(x):
    return torch.softmax(net(x), 1)


# Captum
masks = torch.zeros(len(made["boxes"]), *shape[1:], dtype=torch.double)
for mask, (d0, d1, h0, h1, w0, w1) in zip(masks, made["boxes"]):
    mask[:, d0:d1, h0:h1, w0:w1] = 1


def boxes(weighted):
    """Captum's pair: what the map is multiplied with, and the scan with the box filled."""

    def perturb(x):
        filled = torch.where(masks > 0, torch.tensor(fill).double(), x)
        return (x - filled if weighted else masks), filled

    return perturb


def captum_infidelity(weighted):
    found = infidelity(probability, boxes(weighted), image, relevance, target=target, n_perturb_samples=len(masks), normalize=True)
    return float(found)


noises = torch.tensor(made["noises"]).reshape(-1, *shape[1:]).double()
explained = InputXGradient(net)
captum = {
    "infidelity": captum_infidelity(False), "infidelity_weighted": captum_infidelity(True),
    "sensitivity_max": float(sensitivity_max(
        explained.attribute, image, perturb_func=lambda x: x + noises, n_perturb_samples=len(noises), target=target)),
}

# Quantus
SIZE = 2
cells = [-(-extent // SIZE) for extent in shape[2:]]
d, h, w = np.indices(shape[2:]) // SIZE
features = torch.tensor((d * cells[1] + h) * cells[2] + w)
count = int(features.max()) + 1
summed = relevance[0].sum(0)
sums = np.array([float(summed[features == place].sum()) for place in range(count)])
means = np.array([float(summed[features == place].mean()) for place in range(count)])


class Switches(torch.nn.Module):
    def forward(self, on):
        on = on.double().reshape(on.shape[0], -1)[:, features][:, None]
        return net(on * image + (1 - on) * fill)


x, y = np.ones((1, 1, count)), np.array([target])
off = dict(perturb_func=quantus.functions.perturb_func.batch_baseline_replacement_by_indices, perturb_baseline=0.0)
plain = dict(abs=False, normalise=False, disable_warnings=True)


def ask(metric, a, **more):
    return metric(model=Switches().eval(), x_batch=x.copy(), y_batch=y, a_batch=a.reshape(1, 1, -1).copy(), softmax=True, **more)


case = next(case for case in made["cases"] if case["features"] == f"patch:{SIZE}")
correlations = []
draw = np.random.choice
for size, members in zip(case["sizes"], case["sets"]):
    metric = quantus.FaithfulnessCorrelation(subset_size=size, nr_runs=len(members), similarity_func=quantus.similarity_func.correlation_pearson, **off, **plain)
    rest = iter(members)
    np.random.choice = lambda *_, **__: np.array(next(rest))
    correlations.append(float(ask(metric, sums)[0]))
np.random.choice = draw


def stored_noises():
    rest = iter(noises.numpy())
    return lambda arr, indices, **_: arr + next(rest).reshape(1, -1)


stable = quantus.MaxSensitivity(nr_samples=len(noises), perturb_func=stored_noises(), **plain)
sensitivity = stable(
    model=net.double().eval(), x_batch=image.numpy(), y_batch=y, a_batch=explained.attribute(image, target=target).detach().numpy(),
    channel_first=True, softmax=False,
    explain_func=lambda model, inputs, targets, **_: explained.attribute(torch.tensor(inputs), target=int(targets[0])).detach().numpy())
size = np.abs(summed.numpy()).reshape(1, 1, -1)


def of_map(metric, **options):
    return float(metric(abs=True, normalise=False, disable_warnings=True, **options)(
        model=None, x_batch=np.ones_like(size), y_batch=y, a_batch=size.copy())[0])


json.dump({
    "captum": captum,
    "quantus": {
        "features": f"patch:{SIZE}", "count": count,
        "pixel_flipping": [float(v) for v in ask(quantus.PixelFlipping(features_in_step=1, **off, **plain), means)[0]],
        "monotonicity_correlation": float(ask(quantus.MonotonicityCorrelation(features_in_step=1, nr_samples=1, **off, **plain), np.abs(means))[0]),
        "faithfulness_correlations": correlations,
        "max_sensitivity": float(sensitivity[0]),
        "sparseness": of_map(quantus.Sparseness),
        "complexity": of_map(quantus.Complexity),
        "effective_complexity": of_map(quantus.EffectiveComplexity, eps=1e-5 * size.max()) / size.size,
    },
}, open(FOLDER / "peers.json", "w"), indent=1)
print((FOLDER / "peers.json").read_text())
ours = {key: made[key] for key in ("infidelity", "infidelity_weighted", "max_sensitivity", "sparseness", "complexity", "effective_complexity")}
print("numpy's:", ours, case["monotonicity"], case["sensitivity_n"], np.mean(correlations))
