"""Makes Tests/AttributionTests/Fixtures: small networks, images, and the maps that each method must give for them.

Gradients, Grad-CAM, integrated gradients, guided backpropagation, deconvnet and occlusion come from Captum, relevance propagation from
Zennit; what neither has is spelled out here. Everything is computed in double with the float32 weights of the exported file.
BatchNormalization is merged by this script before relevance is propagated, because Zennit's own merge leaves a factor
(1 + 1e-5)^-1/2 a layer. A seed is taken only if the same code in single precision gives the same maps, so that no ReLU or maximum hangs on
rounding.

    python3 Tests/References/make_attribution.py [NETWORK…]

Writes cases.json, one .onnx and one .f32 (raw little-endian float32) a network, and tiny.onnx and so on for Tests/PellucidTests.
Made with PyTorch 2.6.0, Captum 0.9.0, Zennit 0.5.1, numpy 2.4.6, onnx 1.23.2.
"""

import copy
import json
import pathlib
import sys
import warnings

import captum.attr as ca
import numpy as np
import onnx
import torch
import torch.nn.functional as F
import zennit.composites as zc
from torch import nn
from zennit.attribution import Gradient

import attribution_networks as networks

warnings.filterwarnings("ignore")
TESTS = pathlib.Path(__file__).parent.parent
OUT = TESTS / "AttributionTests" / "Fixtures"
GRADIENT, OTHER = 1e-4, 1e-3


def export(net, image, path, dynamo=False):
    options = {} if dynamo else dict(
        opset_version=17, do_constant_folding=False, training=torch.onnx.TrainingMode.PRESERVE)
    torch.onnx.export(net, (image,), str(path), dynamo=dynamo, input_names=["image"], output_names=["logits"], **options)
    export_clean(path)
    side = pathlib.Path(str(path) + ".data")
    if side.exists():
        side.unlink()


def export_clean(path):
    model = onnx.load(str(path))
    # No paths and no stack traces of the machine that made the file.
    del model.metadata_props[:]
    for node in model.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    for value in list(model.graph.value_info) + list(model.graph.input) + list(model.graph.output):
        del value.metadata_props[:]
    for tensor in model.graph.initializer:
        tensor.doc_string = ""
        del tensor.metadata_props[:]
    del model.graph.metadata_props[:]
    del model.functions[:]
    model.doc_string = model.graph.doc_string = ""
    onnx.save(model, str(path))


def merged(net, image):
    """A copy whose BatchNormalizations stand in the layers before them, and whose sums and means are Zennit's modules."""
    net = copy.deepcopy(net)
    modules = dict(net.named_modules())
    for layer, bn in net.merges:
        layer, norm = modules[layer], modules[bn]
        scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        shape = [-1] + [1] * (layer.weight.dim() - 1)
        bias = torch.zeros_like(norm.bias) if layer.bias is None else layer.bias
        layer.weight = nn.Parameter(layer.weight * scale.view(shape))
        layer.bias = nn.Parameter((bias - norm.running_mean) * scale + norm.bias)
        parent, _, leaf = bn.rpartition(".")
        setattr(modules[parent], leaf, nn.Identity())
    if hasattr(net, "merge_apart"):
        net.merge_apart(image)
    for module in net.modules():
        if hasattr(module, "as_zennit"):
            module.as_zennit()
    return net


class Maps:
    """The maps of one network in one precision."""

    def __init__(self, net, image, dtype):
        self.net = net.to(dtype)
        self.image = image.to(dtype)
        self.merged = merged(self.net, self.image)
        with torch.no_grad():
            assert torch.allclose(self.merged(self.image), self.net(self.image), atol=1e-5), "merging changed the network"

    def logits(self, x):
        return self.net(x).flatten(1)

    def probabilities(self, x):
        z = self.logits(x)
        return torch.sigmoid(z) if z.shape[1] == 1 else torch.softmax(z, 1)

    def weights(self, target):
        k = self.logits(self.image).shape[1]
        if isinstance(target, int):
            target = [float(i == target) for i in range(k)]
        return torch.tensor(target, dtype=self.image.dtype)

    def score(self, target, kind="logit"):
        w = self.weights(target)
        outputs = self.logits if kind == "logit" else self.probabilities
        return lambda x: (outputs(x) * w).sum(1)

    def module(self, name):
        return dict(self.net.named_modules())[name]

    # The methods: each returns [1, C, D, H, W].

    def saliency(self, target, kind="logit"):
        return ca.Saliency(self.score(target, kind)).attribute(self.image, abs=False)

    def gradient_x_input(self, target):
        return ca.InputXGradient(self.score(target)).attribute(self.image)

    def integrated_gradients(self, target, steps, baseline):
        return ca.IntegratedGradients(self.score(target)).attribute(
            self.image, baselines=baseline, n_steps=steps, method="gausslegendre")

    def wrapped(self, target):
        return Scored(self.net, self.weights(target))

    def guided_backprop(self, target):
        return ca.GuidedBackprop(self.wrapped(target)).attribute(self.image)

    def deconvnet(self, target):
        return ca.Deconvolution(self.wrapped(target)).attribute(self.image)

    def grad_cam(self, target, layer):
        wrapped = self.wrapped(target)
        cam = ca.LayerGradCam(wrapped, self.module(layer)).attribute(self.image, relu_attributions=True)
        return F.interpolate(cam, self.image.shape[2:], mode="trilinear", align_corners=False)

    def guided_grad_cam(self, target, layer):
        return ca.GuidedGradCam(self.wrapped(target), self.module(layer)).attribute(
            self.image, interpolate_mode="trilinear")

    def cam(self, target, layer, dense):
        kept = []
        handle = self.module(layer).register_forward_hook(lambda m, i, o: kept.append(o))
        self.net(self.image)
        handle.remove()
        w = self.weights(target) @ self.module(dense).weight.flatten(1)
        cam = (kept[0] * w.view(1, -1, 1, 1, 1)).sum(1, keepdim=True)
        return F.interpolate(cam, self.image.shape[2:], mode="trilinear", align_corners=False)

    def lrp(self, target, composite, start="logit", epsilon=1e-6, gamma=0.25, low=None, high=None):
        x = self.image.clone().requires_grad_(True)
        w = self.weights(target)
        z = self.merged(x).flatten(1).detach()
        if start == "logit":
            begin = w * z
        elif start == "one":
            begin = w.expand_as(z)
        elif start == "contrastive":
            k = z.shape[1]
            begin = (w * z).flatten() @ ((1 + 1 / (k - 1)) * torch.eye(k, dtype=z.dtype) - 1 / (k - 1))
        else:
            y = torch.softmax(z, 1)
            begin = y * (w - (w * y).sum(1, keepdim=True))
        bounds = dict(low=torch.full_like(x, x.min().item() if low is None else low).detach(),
                      high=torch.full_like(x, x.max().item() if high is None else high).detach())
        made = {
            "epsilon": lambda: Epsilon(epsilon),
            "epsilon-plus": lambda: zc.EpsilonPlus(epsilon=epsilon),
            "epsilon-alpha2-beta1": lambda: zc.EpsilonAlpha2Beta1(epsilon=epsilon),
            "epsilon-gamma-box": lambda: zc.EpsilonGammaBox(epsilon=epsilon, gamma=gamma, **bounds),
            "epsilon-plus-flat": lambda: zc.EpsilonPlusFlat(epsilon=epsilon),
            "epsilon-alpha2-beta1-flat": lambda: zc.EpsilonAlpha2Beta1Flat(epsilon=epsilon),
            "excitation-backprop": lambda: zc.ExcitationBackprop(),
            "deep-taylor": lambda: DeepTaylor(**bounds),
        }[composite]()
        shape = self.merged(x).shape
        with Gradient(self.merged, made) as attributor:
            return attributor(x, begin.view(shape).detach())[1]

    def occlusion(self, target, patch, stride, fill, kind="probability"):
        """The definition; equal to Captum's, which is asserted where Captum takes the patch."""
        f = self.score(target, kind)
        x = self.image
        base = f(x)
        total = torch.zeros_like(x[:, :1])
        count = torch.zeros_like(total)
        spans = []
        for n, p, s in zip(x.shape[2:], patch, stride):
            size = min(p, n)
            steps = -(-(n - size) // s) + 1
            spans.append([slice(i * s, min(i * s + size, n)) for i in range(steps) if i * s < n])
        for a in spans[0]:
            for b in spans[1]:
                for c in spans[2]:
                    changed = x.clone()
                    changed[:, :, a, b, c] = fill
                    total[:, :, a, b, c] += base - f(changed)
                    count[:, :, a, b, c] += 1
        mine = total / count.clamp(min=1)
        if all(p <= n and s <= p for n, p, s in zip(x.shape[2:], patch, stride)):
            c = x.shape[1]
            captum = ca.Occlusion(f).attribute(x, (c, *patch), (c, *stride), baselines=fill)[:, :1].to(x.dtype)
            # Captum keeps its sums in single precision.
            assert (captum - mine).norm() < 1e-4 * mine.norm(), "not Captum's occlusion"
        return mine

    def region_occlusion(self, target, labels, fill, kind="probability"):
        f = self.score(target, kind)
        x = self.image
        out = torch.zeros_like(x[:, :1])
        for label in np.unique(labels[labels > 0]):
            where = torch.from_numpy(labels == label)
            changed = x.clone()
            changed[:, :, where] = fill
            out[:, :, where] = f(x) - f(changed)
        return out


class Scored(nn.Module):
    """The weighted sum of a network's outputs, as a module that Captum can hook."""

    def __init__(self, net, weights):
        super().__init__()
        self.net, self.w = net, weights

    def forward(self, x):
        return (self.net(x).flatten(1) * self.w).sum(1)


class Epsilon(zc.LayerMapComposite):
    """ε for every linear layer; 1e-6 in convolutions and in BatchNormalization that is not merged. Zennit has no such composite by name."""

    def __init__(self, epsilon):
        from zennit.rules import Epsilon as Rule
        from zennit.types import BatchNorm, Convolution, Linear

        super().__init__(layer_map=[(BatchNorm, Rule(1e-6))] + zc.layer_map_base() + [(Convolution, Rule(1e-6)), (Linear, Rule(epsilon))])


class DeepTaylor(zc.SpecialFirstLayerMapComposite):
    """zᴮ for the first linear layer, z⁺ without bias for the others. Zennit has no such composite by name."""

    def __init__(self, low, high):
        from zennit.rules import ZBox, ZPlus
        from zennit.types import Linear

        super().__init__(
            layer_map=zc.layer_map_base() + [(Linear, ZPlus(zero_params="bias"))],
            first_map=[(Linear, ZBox(low, high))])


def labels_for(shape):
    """Three regions: a ball, a slab at the far end, and a single voxel; label 2 does not occur."""
    d, h, w = np.meshgrid(*[np.arange(n) for n in shape], indexing="ij")
    out = np.zeros(shape, int)
    out[(d - 4) ** 2 + (h - 4) ** 2 + (w - 4) ** 2 <= 9] = 1
    out[d >= shape[0] - 2] = 7
    out[6, 1, shape[2] - 1] = 4
    return out


def plan(case):
    """The maps wanted of a network: method, options on the command line, target, score, and how to make it."""
    t, layer = case.target, case.layer
    g = lambda method, options, make, target=None, tolerance=GRADIENT, score="logit": dict(
        method=method, options=options, target=t if target is None else target, score=score, tolerance=tolerance, make=make)
    if case.lrp_only:
        for composite in ("epsilon-plus", *case.composites):
            yield g("lrp", {"composite": composite}, lambda m, c=composite: m.lrp(t, c), tolerance=OTHER)
        return
    yield g("saliency", {}, lambda m: m.saliency(t))
    yield g("gradient-x-input", {}, lambda m: m.gradient_x_input(t))
    yield g("guided-backprop", {}, lambda m: m.guided_backprop(t))
    yield g("deconvnet", {}, lambda m: m.deconvnet(t))
    yield g("integrated-gradients", {"steps": "12"}, lambda m: m.integrated_gradients(t, 12, 0.0), tolerance=OTHER)
    yield g("grad-cam", {}, lambda m: m.grad_cam(t, layer), tolerance=OTHER)
    if case.relevance:
        yield g("lrp", {}, lambda m: m.lrp(t, "epsilon-plus"), tolerance=OTHER)
    for composite in case.composites:
        yield g("lrp", {"composite": composite}, lambda m, c=composite: m.lrp(t, c), tolerance=OTHER)
    if case.name == "plain":
        other = [0.5, -1.0, 0.25]
        yield g("saliency", {"postprocess": "square"}, lambda m: m.saliency(t) ** 2, tolerance=2 * GRADIENT)
        yield g("saliency", {}, lambda m: m.saliency(t, "probability"), score="probability")
        yield g("saliency", {}, lambda m: m.saliency(other), target=other)
        yield g("integrated-gradients", {"steps": "7", "baseline": "-0.4"},
                lambda m: m.integrated_gradients(t, 7, -0.4), tolerance=OTHER)
        yield g("lrp", {}, lambda m: m.lrp(other, "epsilon-plus"), target=other, tolerance=OTHER)
        yield g("lrp", {"relevance-start": "one"}, lambda m: m.lrp(t, "epsilon-plus", "one"), tolerance=OTHER)
        yield g("lrp", {"relevance-start": "softmax-gradient"},
                lambda m: m.lrp(t, "epsilon-plus", "softmax-gradient"), tolerance=OTHER)
        yield g("lrp", {"relevance-start": "contrastive"},
                lambda m: m.lrp(t, "epsilon-plus", "contrastive"), tolerance=OTHER)
        yield g("lrp", {"relevance-start": "contrastive"},
                lambda m: m.lrp(other, "epsilon-plus", "contrastive"), target=other, tolerance=OTHER)
        yield g("lrp", {"epsilon": "0.1", "composite": "epsilon"}, lambda m: m.lrp(t, "epsilon", epsilon=0.1), tolerance=OTHER)
        yield g("lrp", {"gamma": "0.5", "low": "-4", "high": "5", "composite": "epsilon-gamma-box"},
                lambda m: m.lrp(t, "epsilon-gamma-box", gamma=0.5, low=-4, high=5), tolerance=OTHER)
        yield g("grad-cam", {"layer": case.other_layer[1]}, lambda m: m.grad_cam(t, case.other_layer[0]), tolerance=OTHER)
        yield g("occlusion", {"patch": "4"}, lambda m: m.occlusion(t, [4] * 3, [2] * 3, 0.0),
                tolerance=OTHER, score="probability")
        yield g("occlusion", {"patch": "5,3,4", "stride": "3,3,2", "fill": "0.7"},
                lambda m: m.occlusion(t, [5, 3, 4], [3, 3, 2], 0.7, "logit"), tolerance=OTHER)
        yield g("occlusion", {"patch": "3,40,2", "stride": "5,5,3"},
                lambda m: m.occlusion(t, [3, 40, 2], [5, 5, 3], 0.0), tolerance=OTHER, score="probability")
    if case.name in ("plain", "twochannel"):
        labels = labels_for(case.shape[2:])
        yield g("region-occlusion", {"fill": "0.3"}, lambda m: m.region_occlusion(t, labels, 0.3),
                tolerance=OTHER, score="probability")
    if case.name == "twochannel":
        yield g("occlusion", {"patch": "6"}, lambda m: m.occlusion(t, [6] * 3, [3] * 3, 0.0),
                tolerance=OTHER, score="probability")
    if case.name in ("residual", "twochannel"):
        yield g("guided-grad-cam", {}, lambda m: m.guided_grad_cam(t, layer), tolerance=OTHER)
    if case.name == "residual":
        yield g("cam", {}, lambda m: m.cam(t, "relu4", "fc"), tolerance=OTHER)


def make(case):
    """Tries seeds until single and double precision agree; writes the model and the values."""
    for seed in range(case.seed, case.seed + 200):
        torch.manual_seed(seed)
        net = case.build().eval()
        networks.shake(net)
        image = case.image(case.shape)
        double = Maps(copy.deepcopy(net), image, torch.float64)
        single = Maps(copy.deepcopy(net), image, torch.float32)
        maps, worst = [], 0.0
        for entry in plan(case):
            exact = entry["make"](double).detach()
            rough = entry["make"](single).detach().double()
            if exact.norm() < 1e-6:
                worst = np.inf
                break
            worst = max(worst, float((rough - exact).norm() / exact.norm()) / entry["tolerance"])
            if worst > 0.2:
                break
            maps.append((entry, exact))
        if worst <= 0.2:
            break
    else:
        raise SystemExit(f"{case.name}: no seed gives stable maps, the last missed by {worst}")
    export(case.exported(net), image, OUT / f"{case.name}.onnx", case.dynamo)
    values, records = [], []
    position = 0

    def add(array):
        nonlocal position
        flat = np.ascontiguousarray(np.asarray(array, np.float64)).astype("<f4").ravel()
        values.append(flat)
        begin, position = position, position + flat.size
        return begin

    at = add(image)
    labels = labels_for(case.shape[2:])
    for entry, exact in maps:
        records.append(dict(
            method=entry["method"], options=entry["options"], score=entry["score"], tolerance=entry["tolerance"],
            weights=[float(v) for v in double.weights(entry["target"])], channels=exact.shape[1], offset=add(exact)))
    with torch.no_grad():
        logits = double.logits(double.image)[0].tolist()
        probabilities = double.probabilities(double.image)[0].tolist()
    np.concatenate(values).tofile(OUT / f"{case.name}.f32")
    print(f"{case.name}: seed {seed}, {len(records)} maps, single precision {worst:.2f} of the tolerance")
    return dict(
        name=case.name, shape=list(case.shape), image=at, logits=logits, probabilities=probabilities, target=case.target,
        labels=labels.ravel().tolist() if case.name in ("plain", "twochannel") else None, maps=records)


def quadrature():
    """Nodes and weights on [0, 1] from numpy."""
    out = []
    for n in (1, 2, 3, 7, 20, 50):
        x, w = np.polynomial.legendre.leggauss(n)
        out.append(dict(count=n, places=((1 + x) / 2).tolist(), weights=(w / 2).tolist()))
    return out


def main(names):
    """Makes all networks, or those named; what cases.json says of the others stays."""
    OUT.mkdir(parents=True, exist_ok=True)
    file = OUT / "cases.json"
    kept = {case["name"]: case for case in json.loads(file.read_text())["networks"]} if names else {}
    cases = [kept[case.name] if names and case.name not in names else make(case) for case in networks.CASES]
    file.write_text(json.dumps(dict(networks=cases, quadrature=quadrature()), separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
