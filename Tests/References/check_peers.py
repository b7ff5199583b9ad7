"""Shows where the reference implementations are not right on 3D networks: each claim of docs/methods.md, run.

    python3 Tests/References/check_peers.py

Prints a line a claim: what was done, what came out, and whether the claim holds with the installed versions.
"""
import contextlib
import io
import tracemalloc
import warnings
from importlib.metadata import version

import numpy
import torch
import torch.nn.functional as F
from scipy import ndimage
from torch import nn

warnings.filterwarnings("ignore")


class Plain(nn.Module):
    """Two convolutions whose ReLUs are modules of the given names, or functions."""

    def __init__(self, names=("relu1", "relu2"), functional=False, channels=1):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv3d(channels, 4, 3, padding=1), nn.Conv3d(4, 6, 3, padding=1)
        self.pool, self.dense = nn.MaxPool3d(2), nn.Linear(6, 2)
        self.functional, self.names = functional, names
        if not functional:
            for name in names:
                setattr(self, name, nn.ReLU())

    def forward(self, x):
        first, second = [F.relu] * 2 if self.functional else [getattr(self, n) for n in self.names]
        x = self.pool(first(self.conv1(x)))
        return self.dense(second(self.conv2(x)).mean((2, 3, 4)))


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem, self.one, self.two = nn.Conv3d(1, 4, 3, padding=1), nn.Conv3d(4, 4, 3, padding=1), nn.Linear(4, 2)
        self.relu1, self.relu2 = nn.ReLU(), nn.ReLU()

    def forward(self, x):
        x = self.relu1(self.stem(x))
        return self.two(self.relu2(x + self.one(x)).mean((2, 3, 4)))


def unbiased(net):
    for module in net.modules():
        if getattr(module, "bias", None) is not None:
            nn.init.zeros_(module.bias)
    return net


def twin(net, **options):
    """A copy with the same weights, built otherwise."""
    other = Plain(**options)
    other.load_state_dict(net.state_dict())
    return other.eval()


def gradient(net, x, target=1):
    x = x.clone().requires_grad_()
    net(x)[0, target].backward()
    return x.grad


def guided(net, x, target=1):
    """Springenberg et al. 2015, spelled out with hooks on module ReLUs."""
    hooks = [m.register_full_backward_hook(lambda m, i, o: (i[0].clamp(min=0),)) for m in net.modules() if isinstance(m, nn.ReLU)]
    out = gradient(net, x, target)
    for hook in hooks:
        hook.remove()
    return out


def away(a, b):
    a, b = (torch.as_tensor(v, dtype=torch.float64).flatten() for v in (a, b))
    return float((a - b).norm() / b.norm())


def say(peer, claim, found, holds):
    print(f"{'holds ' if holds else 'FAILS '} {peer}: {claim}: {found}", flush=True)


def error_of(call):
    try:
        call()
    except Exception as error:  # noqa: BLE001 — whatever the peer raises is the finding
        return f"{type(error).__name__}: {str(error).splitlines()[0][:110]}"
    return None


def captum(x, net):
    import captum.attr as ca
    why = error_of(lambda: ca.LRP(net).attribute(x, target=1))
    say("captum", "LRP refuses Conv3d", why, why is not None and "Conv3d" in why)
    plain = ca.GuidedBackprop(twin(net, functional=True)).attribute(x.clone().requires_grad_(), target=1)
    same = away(plain, gradient(net, x))
    say("captum", "guided backpropagation misses functional ReLUs and returns the gradient", f"differs by {same:.1e}", same < 1e-6)
    right = ca.GuidedBackprop(net).attribute(x.clone().requires_grad_(), target=1)
    same = away(right, guided(net, x))
    say("captum", "guided backpropagation is right with ReLU modules", f"differs by {same:.1e}", same < 1e-6)
    other = twin(net, functional=True)
    x, base = x.clone(), torch.zeros_like(x)
    rescale = ca.DeepLift(net).attribute(x, base, target=1)
    missed = ca.DeepLift(other).attribute(x, base, target=1)
    total = float(net(x)[0, 1] - net(base)[0, 1])
    say("captum", "DeepLIFT misses functional ReLUs: its sum is not the score's difference",
        f"sum {missed.sum():.4f} and {rescale.sum():.4f} with modules; difference {total:.4f}",
        abs(float(missed.sum()) - total) > 1e-3 * abs(total) and abs(float(rescale.sum()) - total) < 1e-3 * abs(total))


def zennit(x):
    from zennit.attribution import Gradient
    from zennit.composites import EpsilonPlus
    from zennit.canonizers import SequentialMergeBatchNorm
    net = unbiased(Residual()).eval()
    score = float(net(x)[0, 1])

    def total(composite):
        with Gradient(model=net, composite=composite) as attributor:
            out, relevance = attributor(x.clone(), lambda y: y * torch.eye(2)[[1]])
        return float(relevance.sum())
    leak = total(EpsilonPlus())
    say("zennit", "a residual sum written as x + y has no rule: relevance is not kept",
        f"score {score:.4f}, sum of relevance {leak:.4f} (no biases)", abs(leak - score) > 0.05 * abs(score))
    torch.manual_seed(3)
    merged = nn.Sequential(nn.Conv3d(1, 3, 3), nn.BatchNorm3d(3)).eval()
    merged[1].running_var.uniform_(0.5, 1.5)
    before = merged(x)
    SequentialMergeBatchNorm().apply(merged)
    factor = float((merged(x) / before).mean())
    say("zennit", "merging BatchNormalization leaves a factor (1 + 1e-5)^-1/2 a layer",
        f"output changes by the factor {factor:.7f}; (1 + 1e-5)^-1/2 = {(1 + 1e-5) ** -0.5:.7f}",
        abs(factor - (1 + 1e-5) ** -0.5) < 1e-6)
    torch.manual_seed(3)
    late = nn.Sequential(nn.BatchNorm3d(1), nn.Conv3d(1, 3, 3)).eval()
    late[0].running_var.uniform_(0.5, 1.5)
    late[0].running_mean.uniform_(-0.5, 0.5)
    kind = type(SequentialMergeBatchNorm().apply(late) or []).__name__
    still = isinstance(late[0], nn.BatchNorm3d) and float(late[0].running_mean.abs().max()) > 0
    say("zennit", "BatchNormalization before a convolution is not merged", f"running mean kept ({kind})", still)


def monai(x, net):
    from monai.visualize import CAM, GuidedBackpropGrad, OcclusionSensitivity, VanillaGrad
    right = guided(net, x)
    for name, other in (("act1, act2", twin(net, names=("act1", "act2"))), ("functions", twin(net, functional=True))):
        found = GuidedBackpropGrad(other)(x.clone(), 1)
        same = away(found, gradient(net, x))
        say("monai", f"guided backpropagation returns the plain gradient where ReLUs are {name}", f"differs by {same:.1e}", same < 1e-6)
    found = GuidedBackpropGrad(twin(net))(x.clone(), 1)
    say("monai", "guided backpropagation is right where the modules are called relu…", f"differs by {away(found, right):.1e}",
        away(found, right) < 1e-6)
    other = twin(net)
    maps = []
    for bias in (float(net.dense.bias[1]), 0.0):
        other.dense.bias.data[1] = bias
        maps.append(CAM(other, target_layers="conv2", fc_layers="dense", postprocessing=lambda map: map)(x, class_idx=[1]))
    added = maps[0] - maps[1]
    say("monai", "CAM adds the dense layer's bias to every cell", f"{float(added.min()):.4f} to {float(added.max()):.4f}, bias {float(net.dense.bias[1]):.4f}",
        float((added - net.dense.bias[1]).abs().max()) < 1e-5)
    image, grad = x.clone(), VanillaGrad(net)
    first = grad(image, 1).clone()
    second = grad(image, 1)
    say("monai", "a second gradient of the same tensor is added to the first", f"second / first = {float(second.norm() / first.norm()):.3f}",
        abs(float(second.norm() / first.norm()) - 2) < 1e-3)
    with contextlib.redirect_stderr(io.StringIO()):
        occluded, _ = OcclusionSensitivity(net, mask_size=x.shape[-1], n_batch=4, overlap=0.0, verbose=False, mode=0.0)(x.clone())
    sigmoid, softmax = (f(net(torch.zeros_like(x))) for f in (torch.sigmoid, lambda z: z.softmax(1)))
    values = occluded[0, :, x.shape[2] // 2, x.shape[3] // 2, x.shape[4] // 2]
    say("monai", "occlusion takes a sigmoid of two logits when the image has one channel",
        f"map {values.tolist()}, sigmoid {sigmoid[0].tolist()}, softmax {softmax[0].tolist()}",
        away(values, sigmoid[0].detach()) < 0.05 and away(values, softmax[0].detach()) > 0.05)


def monai_shortcut():
    """The slope along a direction against differences of the score."""
    from monai.networks.nets import resnet18
    own = torch.random.get_rng_state()
    torch.manual_seed(2)
    net = resnet18(spatial_dims=3, n_input_channels=1, num_classes=2, shortcut_type="A", bias_downsample=False).double().eval()
    x, along, h = torch.randn(1, 1, 32, 32, 32).double(), torch.randn(1, 1, 32, 32, 32).double(), 1e-6
    torch.random.set_rng_state(own)
    with torch.no_grad():
        change = float((net(x + h * along) - net(x - h * along))[0, 1]) / (2 * h)
    slope = float((gradient(net, x) * along).sum())
    say("monai", "ResNet's shortcut A (`.data`) keeps the gradient from passing", f"slope {slope:.4f}, by differences {change:.4f}",
        abs(slope / change - 1) > 0.01)


def grad_cam(x, net):
    import pytorch_grad_cam as pgc
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
    targets = [ClassifierOutputTarget(1)]
    for name in ("GradCAM", "GradCAMPlusPlus", "HiResCAM", "LayerCAM", "XGradCAM", "EigenCAM", "ScoreCAM", "AblationCAM"):
        made, fresh = {}, twin(net)

        def run():
            with contextlib.redirect_stderr(io.StringIO()):
                made["map"] = getattr(pgc, name)(model=fresh, target_layers=[fresh.conv2])(input_tensor=x.clone(), targets=targets)
        why = error_of(run)
        if name in ("ScoreCAM", "AblationCAM"):
            say("pytorch-grad-cam", f"{name} crashes on a 3D network", why, why is not None)
        else:
            low, high = (None, None) if why else (float(made["map"].min()), float(made["map"].max()))
            say("pytorch-grad-cam", f"{name} rescales its map to 0…1", why or f"range {low:.4f} to {high:.4f}",
                why is None and low == 0 and abs(high - 1) < 1e-3)
    activations = {}
    hooks = [net.conv2.register_forward_hook(lambda m, i, o: (activations.update(a=o), o.register_hook(lambda g: activations.update(g=g)))[0])]
    net(x)[0, 1].backward()
    hooks[0].remove()
    raw = (activations["g"].mean((2, 3, 4), keepdim=True) * activations["a"]).sum(1, keepdim=True).clamp(min=0).detach()
    raw = raw - raw.min()
    linear = F.interpolate(raw / raw.max(), size=x.shape[2:], mode="trilinear")[0, 0]
    spline = ndimage.zoom((raw / raw.max())[0, 0].numpy(), 2, order=3)
    found = pgc.GradCAM(model=net, target_layers=[net.conv2])(input_tensor=x.clone(), targets=targets)[0]
    spline = spline.clip(0) - spline.clip(0).min()
    far, near = away(found, linear), away(found, spline / spline.max())
    say("pytorch-grad-cam", "maps are enlarged by a cubic spline between the corners' centres, not trilinearly over half pixels",
        f"differs by {far:.2f} from trilinear, {near:.1e} from the spline", far > 0.1 and near < 1e-3)
    from pytorch_grad_cam.utils.svd_on_activations import get_2d_projection
    tracemalloc.start()
    get_2d_projection(numpy.random.default_rng(0).standard_normal((1, 4, 16, 16, 16)).astype(numpy.float32))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    say("pytorch-grad-cam", "EigenCAM makes a matrix of voxels × voxels", f"{peak / 2 ** 20:.0f} MiB for a layer of 4 × 16³ (256 KiB)",
        peak >= 4096 ** 2 * 4)
    box = torch.randn(1, 1, 8, 10, 12)
    other = Plain().eval()
    made = {}
    why = error_of(lambda: made.update(map=pgc.GradCAM(model=other, target_layers=[other.conv2])(input_tensor=box, targets=targets)))
    shape = None if why else made["map"].shape[1:]
    say("pytorch-grad-cam", "the map of an image of unequal sides has its shape", f"{shape} for an image of (8, 10, 12) {why or ''}",
        shape == (8, 10, 12))


def main():
    for name in ("torch", "captum", "zennit", "monai", "grad-cam"):
        print(name, version(name))
    torch.manual_seed(1)
    net = Plain().eval()
    x = torch.randn(1, 1, 8, 8, 8)
    captum(x, net)
    zennit(x)
    monai(x, net)
    monai_shortcut()
    grad_cam(x, net)


if __name__ == "__main__":
    main()
