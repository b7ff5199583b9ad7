"""Makes gradients.json and gradients.f32 in Tests/AttributionTests/Fixtures: further gradients and class activation maps of the networks
that make_attribution.py made, whose weights and images are read back from its files.

DeepLIFT, SmoothGrad², VarGrad and expected gradients come from Captum, with the random numbers that Pellucid draws in place of its own.
Weights of class activation maps come from pytorch-grad-cam, whose own forward pass scales every map to 0…1 in float32 and resizes volumes
with another grid; cells are brought to the input by PyTorch's trilinear interpolation instead. Spelled out here, because the reference
cannot give it:

- integrated gradients by the trapezoid: Captum's step is 1/n for n points, so that its weights sum to 1 − 1/n; scaled by n/(n − 1);
- Grad-CAM++: pytorch-grad-cam adds 1e-6 to a denominator of the order of a squared gradient, which decides the map where gradients are
  small; the paper has no such term. XGrad-CAM has 1e-7 in the same way;
- Score-CAM: pytorch-grad-cam's upsampling takes images only;
- Ablation-CAM: pytorch-grad-cam sets a channel to 1e7 below the layer's smallest value unless that is 0; the paper says 0;
- DeepLIFT: where an activation and a pool follow each other directly, Captum's map does not add up to the score's difference (0.56 for
  0.22 on convolution, ReLU, pool, dense); a step that changes nothing is put between them, and the sum is asserted;
- DeepLIFT through overlapping pools: Captum's unpooling keeps one of the values that meet; here they add up. Where windows do not
  overlap, Captum is asked and asserted.

Everything is computed in double with the float32 weights of the exported file.

    python3 Tests/References/make_gradients.py

Made with PyTorch 2.6.0, Captum 0.9.0, grad-cam 1.5.5, numpy 2.4.6.
"""

import copy
import json
import warnings
from unittest import mock

import captum.attr as ca
import numpy as np
import onnx
import pytorch_grad_cam as pgc
import torch
import torch.nn.functional as F
from captum.attr._core.gradient_shap import InputBaselineXGradient
from onnx import numpy_helper
from pytorch_grad_cam.utils.svd_on_activations import get_2d_projection_with_sign_correction

import attribution_networks as networks
from make_attribution import OUT, Maps, Scored
from make_noise import draw

warnings.filterwarnings("ignore")
GRADIENT, OTHER = 1e-4, 1e-3


class SplitMix:
    """Pellucid's uniform random numbers: SplitMix64."""

    def __init__(self, seed):
        self.state = seed

    def bits(self):
        m = (1 << 64) - 1
        self.state = (self.state + 0x9E3779B97F4A7C15) & m
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & m
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & m
        return z ^ (z >> 31)

    def uniform(self):
        return (self.bits() >> 11) / (1 << 53)


def restored(case, image_values):
    """The network with the exported weights, in double, and its image."""
    model = onnx.load(str(OUT / f"{case.name}.onnx"))
    stored = {t.name.removeprefix("net."): torch.from_numpy(numpy_helper.to_array(t).copy()) for t in model.graph.initializer}
    net = case.build().eval()
    own = net.state_dict()
    wanted = {k for k in own if not k.endswith("num_batches_tracked")}
    assert wanted <= set(stored), f"{case.name}: the file lacks {wanted - set(stored)}"
    net.load_state_dict({k: stored[k] if k in wanted else v for k, v in own.items()})
    image = torch.from_numpy(image_values.reshape(case.shape).copy())
    return net.double(), image.double()


class More(Maps):
    """Further maps."""

    def __init__(self, net, image):
        self.net, self.image, self.merged = net, image, None

    def trapezoid(self, target, steps, baseline=0.0):
        return ca.IntegratedGradients(self.score(target)).attribute(
            self.image, baselines=baseline, n_steps=steps, method="riemann_trapezoid") * (steps / (steps - 1))

    def integrated(self, target, steps, baseline):
        return ca.IntegratedGradients(self.score(target)).attribute(
            self.image, baselines=baseline, n_steps=steps, method="gausslegendre")

    def noisy(self, target, kind, samples, noise, seed):
        x = self.image
        sigma = np.float32(noise) * np.float32(x.max().item() - x.min().item())
        drawn = []
        for sample in range(samples):
            values = sigma * draw(x.numel(), seed, sample)
            shape = (1, *x.shape[2:], x.shape[1])
            drawn.append(torch.from_numpy(values.reshape(shape)).permute(0, 4, 1, 2, 3))
        # In float32, as the images are.
        images = torch.cat([d + x.float() for d in drawn]).double()
        normal = lambda mean, std: images - x
        with mock.patch("torch.normal", normal):
            return ca.NoiseTunnel(ca.Saliency(self.score(target))).attribute(
                x, nt_type=kind, nt_samples=samples, stdevs=float(sigma), abs=False)

    def expected(self, target, others, samples, seed):
        places = -(-samples // len(others))
        random = SplitMix(seed)
        t = np.array([(i + random.uniform()) / places for _ in others for i in range(places)], np.float32)
        base = torch.cat([o.expand(places, -1, -1, -1, -1) for o in others])
        inputs = self.image.expand(len(t), -1, -1, -1, -1).clone()
        with mock.patch("numpy.random.uniform", lambda *a: t):
            each = InputBaselineXGradient(self.score(target)).attribute(inputs, baselines=base)
        return each.mean(0, keepdim=True)

    def deeplift(self, target, baseline):
        base = torch.full_like(self.image, baseline) if isinstance(baseline, float) else baseline
        with Overlapping():
            # Its hooks stay behind.
            net = apart(copy.deepcopy(self.net))
            map = ca.DeepLift(Scored(net, self.weights(target))).attribute(self.image, base)
        score = self.score(target)
        change = (score(self.image) - score(base)).item()
        assert abs(map.sum().item() - change) < 1e-9, "Captum's map does not add up"
        return map

    def layer_values(self, target, layer):
        """Activations of a layer and the score's gradient there."""
        kept = []
        handle = self.module(layer).register_forward_hook(lambda m, i, o: kept.append(o))
        score = self.score(target)(self.image)
        handle.remove()
        g = torch.autograd.grad(score.sum(), kept[-1])[0]
        return kept[-1].detach().numpy(), g.numpy()

    def cells(self, method, target, layer):
        a, g = self.layer_values(target, layer)
        axes = (2, 3, 4)
        if method == "grad-cam":
            w = pgc.GradCAM.get_cam_weights(None, None, None, None, a, g)
        elif method == "grad-cam-plus-plus":
            denominator = 2 * g**2 + a.sum(axes, keepdims=True) * g**3
            alpha = np.where(g != 0, g**2 / np.where(denominator == 0, 1, denominator), 0)
            w = (np.maximum(g, 0) * alpha).sum(axes)
            theirs = pgc.GradCAMPlusPlus.get_cam_weights(None, None, None, None, a * 1e3, g * 1e3)
            mine_scaled = (np.maximum(g * 1e3, 0) * np.where(
                g != 0, 1 / np.where(2 + a.sum(axes, keepdims=True) * g * 1e6 == 0, 1, 2 + a.sum(axes, keepdims=True) * g * 1e6), 0)).sum(axes)
            assert np.allclose(theirs, mine_scaled, rtol=1e-3, atol=1e-6 * np.abs(theirs).max()), "not pytorch-grad-cam's weights"
        elif method == "xgrad-cam":
            total = a.sum(axes)
            w = np.where(total != 0, (g * a).sum(axes) / np.where(total == 0, 1, total), 0)
            theirs = pgc.XGradCAM.get_cam_weights(None, None, None, None, a, g)
            assert np.allclose(theirs, w, rtol=1e-4, atol=1e-6), "not pytorch-grad-cam's weights"
        elif method == "hirescam":
            return np.maximum(pgc.HiResCAM.get_cam_image(None, None, None, None, a, g, False), 0)[:, None]
        elif method == "layercam":
            return np.maximum(pgc.LayerCAM.get_cam_image(None, None, None, None, a, g, False), 0)[:, None]
        elif method == "eigen-cam":
            # Rounded to float32 by pytorch-grad-cam.
            return np.maximum(get_2d_projection_with_sign_correction(a), 0).astype(np.float64)[:, None]
        elif method == "ablation-cam":
            w = self.ablation(target, layer, a)
        elif method == "score-cam":
            w = self.masked(target, a)
        return np.maximum((w[:, :, None, None, None] * a).sum(1, keepdims=True), 0)

    def ablation(self, target, layer, a):
        score = self.score(target)
        y = score(self.image).item()
        w = []
        for k in range(a.shape[1]):
            def without(module, i, o, k=k):
                o = o.clone()
                o[:, k] = 0
                return o
            handle = self.module(layer).register_forward_hook(without)
            w.append((y - score(self.image).item()) / abs(y))
            handle.remove()
        return np.array([w])

    def masked(self, target, a):
        up = F.interpolate(torch.from_numpy(a), self.image.shape[2:], mode="trilinear", align_corners=False)[0]
        low, high = up.amin((1, 2, 3), keepdim=True), up.amax((1, 2, 3), keepdim=True)
        up = torch.where(high > low, (up - low) / torch.where(high > low, high - low, 1.0), 0.0)
        scores = self.score(target)(self.image * up[:, None])
        return torch.softmax(scores, 0)[None].detach().numpy()

    def cam_of(self, method, target, *layers):
        maps = [F.interpolate(torch.from_numpy(self.cells(method, target, layer)), self.image.shape[2:], mode="trilinear",
                              align_corners=False) for layer in layers]
        return sum(maps) / len(maps)


class Apart(torch.nn.Module):
    def forward(self, x):
        return x * 1


def apart(net):
    """The network with a step of its own before every activation and pool: where two of them share a tensor, Captum's hooks meet on it
    and its map no longer adds up to the score's difference."""
    for module in list(net.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, (torch.nn.ReLU, torch.nn.MaxPool3d)):
                setattr(module, name, torch.nn.Sequential(Apart(), child))
    return net


class Overlapping:
    """Captum's unpooling with values added where windows overlap; equal to its own where they do not."""

    def __enter__(self):
        captum = F.max_unpool3d

        def unpool(values, indices, kernel, stride, padding, size):
            flat = torch.zeros(*size[:2], int(np.prod(size[2:])), dtype=values.dtype)
            flat.scatter_add_(2, indices.flatten(2), values.flatten(2))
            added = flat.view(*size)
            own = captum(values, indices, kernel, stride, padding, size)
            if max(np.atleast_1d(kernel)) <= min(np.atleast_1d(stride)):
                assert torch.allclose(own, added)
            return added

        self.patch = mock.patch("torch.nn.functional.max_unpool3d", unpool)
        self.patch.__enter__()

    def __exit__(self, *error):
        self.patch.__exit__(*error)


CAMS = ("grad-cam-plus-plus", "hirescam", "layercam", "xgrad-cam", "eigen-cam", "score-cam", "ablation-cam")
# A layer's module and its name in the file, behind a ReLU or not.
LAYERS = {
    "plain": ("relu2", "/relu2/Relu"), "residual": ("relu4", "/relu4/Relu"), "dense": ("relu4", "/relu4/Relu"),
    "twochannel": ("relu1", "/net/relu1/Relu"), "fcn": ("relu3", "/net/relu3/Relu"),
}
EARLIER = {"plain": ("conv1", "/conv1/Conv"), "residual": ("relu3", "/relu3/Relu")}


def plan(case):
    t, name = case.target, case.name
    g = lambda method, options, make, tolerance=OTHER, target=t: dict(
        method=method, options=options, tolerance=tolerance, make=make, target=target)
    if name != "windows":
        yield g("deeplift", {}, lambda m, o: m.deeplift(t, 0.0), GRADIENT)
    if name in ("plain", "residual", "twochannel"):
        yield g("deeplift", {"baseline": "other/0.nii"}, lambda m, o: m.deeplift(t, o[0]), GRADIENT)
        noise = {"samples": "4", "noise": "0.2", "seed": "5"}
        for method, kind in (("smoothgrad", "smoothgrad"), ("smoothgrad-squared", "smoothgrad_sq"), ("vargrad", "vargrad")):
            yield g(method, noise, lambda m, o, kind=kind: m.noisy(t, kind, 4, 0.2, 5), OTHER)
        yield g("expected-gradients", {"baselines": "other", "samples": "8", "seed": "3"},
                lambda m, o: m.expected(t, o, 8, 3), OTHER)
    if name in ("plain", "fcn"):
        yield g("integrated-gradients", {"steps": "9", "quadrature": "trapezoid"}, lambda m, o: m.trapezoid(t, 9))
        yield g("integrated-gradients", {"steps": "6", "baseline": "other/0.nii"}, lambda m, o: m.integrated(t, 6, o[0]))
    # A class of which the maps are not 0 everywhere behind their ReLU.
    shown = {"residual": 1, "dense": 0, "fcn": 0}.get(name, t)
    if name in LAYERS:
        module, node = LAYERS[name]
        for method in CAMS:
            yield g(method, {"layer": node}, lambda m, o, method=method, module=module: m.cam_of(method, shown, module), target=shown)
    if name in EARLIER:
        module, node = EARLIER[name]
        both = {"layer": f"{LAYERS[name][1]},{node}"}
        for method in ("grad-cam", "hirescam", "ablation-cam"):
            yield g(method, both, lambda m, o, method=method, module=module: m.cam_of(
                method, shown, LAYERS[name][0], module), target=shown)


def main():
    stored = {n["name"]: n for n in json.loads((OUT / "cases.json").read_text())["networks"]}
    values, records, position = [], [], 0

    def add(array):
        nonlocal position
        flat = np.ascontiguousarray(np.asarray(array, np.float64)).astype("<f4").ravel()
        values.append(flat)
        begin, position = position, position + flat.size
        return begin

    for case in networks.CASES:
        if case.dynamo:
            continue
        own = stored[case.name]
        raw = np.fromfile(OUT / f"{case.name}.f32", "<f4")
        net, image = restored(case, raw[own["image"]:own["image"] + int(np.prod(case.shape))])
        maps = More(net, image)
        logits = maps.logits(image)[0].tolist()
        assert np.allclose(logits, own["logits"], rtol=1e-6), f"{case.name}: not the network of cases.json"
        torch.manual_seed(11)
        others = [(torch.randn(case.shape) * 0.7).double() for _ in range(3)]
        entries = list(plan(case))
        if not entries:
            continue
        places = [add(o) for o in others] if any("other" in str(e["options"]) for e in entries) else []
        made = []
        for entry in entries:
            exact = entry["make"](maps, others).detach()
            assert torch.isfinite(exact).all()
            if exact.norm() < 1e-9:
                print(f"{case.name}: {entry['method']} {entry['options']} is 0 everywhere and left out")
                continue
            made.append(dict(
                method=entry["method"], options=entry["options"], score="logit", tolerance=entry["tolerance"],
                weights=[float(v) for v in maps.weights(entry["target"])], channels=exact.shape[1], offset=add(exact)))
        records.append(dict(network=case.name, others=places, maps=made))
        print(f"{case.name}: {len(made)} maps")
    np.concatenate(values).tofile(OUT / "gradients.f32")
    (OUT / "gradients.json").write_text(json.dumps(dict(networks=records), separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
