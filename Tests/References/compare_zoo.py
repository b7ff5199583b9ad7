"""Gradients, class activation maps and relevance of every network of model_zoo.py against PyTorch, Captum and relevance_reference.py: the
table of docs/methods.md.

    python3 Tests/References/compare_zoo.py --tool .build/release/pellucid --work FOLDER [NAME…]

Each network is exported by PyTorch's older exporter at operator set 17 (by the newer one where that fails) and explained for its second
class. Gradients come from autograd, integrated gradients from Captum, guided backpropagation and deconvnet from autograd with their rule
at every ReLU of the graph, Grad-CAM from the activations of the last convolution, relevance from relevance_reference.py, all in double.
That reference is itself held against Zennit's maps of make_attribution.py first. Figures are relative L2 errors; "single" is what Captum's
integrated gradients, and relevance_reference.py with ε, differ by between single and double precision: where a unit's input is 0 but for
rounding, or two values under a pool are equal but for it, the gradient is one or the other. "against single" are integrated gradients
against Captum's in single precision. Networks and references are kept in FOLDER.

Made with torch 2.6.0, captum 0.9.0, monai 1.5.2, onnx 1.23.2.
"""

import argparse
import json
import logging
import pathlib
import subprocess
import sys
import warnings

import captum.attr as ca
import monai.networks.nets
import nibabel as nib
import numpy as np
import torch
import torch.nn.functional as F

import relevance_reference as reference
from make_models import file_name
from model_zoo import ZOO, Answering, settled

A = torch.ops.aten
COMPOSITES = tuple(reference.COMPOSITES)
STEPS = 50


def check_reference():
    """The reference against Zennit's maps of the small networks."""
    import attribution_networks as networks
    import make_attribution as attribution
    from compare_zennit import weights

    records = json.loads((attribution.OUT / "cases.json").read_text())["networks"]
    worst = {}
    for case in networks.CASES:
        if case.name in ("apart", "dense"):  # normalization behind the pool and before the layer is not merged by the reference
            continue
        record = next(r for r in records if r["name"] == case.name)
        values = np.fromfile(attribution.OUT / f"{case.name}.f32", "<f4")
        size = int(np.prod(case.shape))
        image = torch.from_numpy(values[record["image"]:record["image"] + size].reshape(case.shape)).double()
        net = weights(case.build().eval(), case.name)
        if net is None:
            continue
        module = reference.exported(net.double(), (image,))
        for entry in record["maps"]:
            composite = entry["options"].get("composite", "epsilon-plus")
            if entry["method"] != "lrp" or composite not in COMPOSITES or not set(entry["options"]) <= {"composite"} or sum(
                    v != 0 for v in entry["weights"]) != 1:
                continue
            wanted = values[entry["offset"]:entry["offset"] + size].reshape(case.shape)
            found, _ = reference.relevance(module, (image,), 0, int(np.argmax(entry["weights"])), composite)
            worst[case.name] = max(worst.get(case.name, 0), error(found.numpy(), wanted))
    print("reference against Zennit:", ", ".join(f"{k} {v:.0e}" for k, v in worst.items()), flush=True)
    assert max(worst.values()) < 1e-3


def shortcut_a(self, x, planes, stride, spatial_dims=3):
    """MONAI's shortcut A without its `.data`, which hides the shortcut from autograd and from torch.export."""
    out = F.avg_pool3d(x, 1, stride)
    return F.pad(out, [0] * 6 + [0, planes - out.shape[1]])


monai.networks.nets.ResNet._downsample_basic_block = shortcut_a


def error(a, b):
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


class Rectified(reference.Relevance):
    """The gradient, with a rule at every ReLU."""

    def __init__(self, module, image, rule):
        super().__init__(module, image, "epsilon")
        self.rule = rule

    def run_node(self, node):
        if node.op == "call_function" and getattr(node.target, "overloadpacket", None) in (A.relu, A.relu_):
            (x,), _ = self.fetch_args_kwargs_from_env(node)
            return reference.Handing.apply(torch.relu, self.rule, x)
        return torch.fx.Interpreter.run_node(self, node)


def guided(step, r, x):
    return (torch.where(x > 0, r.clamp(min=0), 0),)


def zeiler(step, r, x):
    return (r.clamp(min=0),)


class Watching(torch.fx.Interpreter):
    """Keeps the output of the last convolution of more than one voxel that leads to an output, behind the BatchNormalization that
    exporters merge into it."""

    def __init__(self, module, output):
        super().__init__(module)
        answers = next(n for n in module.graph.nodes if n.op == "output").args[0]
        open = [answers[output] if isinstance(answers, (tuple, list)) else answers]
        self.leading = set()
        while open:
            node = open.pop()
            if node not in self.leading:
                self.leading.add(node)
                open += node.all_input_nodes

    def run_node(self, node):
        value = super().run_node(node)
        kind = getattr(node.target, "overloadpacket", None)
        if kind in reference.CONVOLUTIONS and value[0, 0].numel() > 1 and node in self.leading:
            self.node, self.layer = node, value
        elif kind == A.batch_norm and node.args[0] is self.node and len(self.node.users) == 1:
            self.layer = value
        # What follows may change the value in place.
        return value.clone() if value is self.layer else value

    node = layer = None


def made(name, entry, folder):
    """Exports a network and makes its maps, unless that was done; gives the file."""
    files = [folder / "script17.onnx", folder / "dynamo18.onnx"]
    path = next((f for f in files if f.exists()), None)
    if (folder / "maps.npz").exists() and path:
        return path
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(entry.seed)
    body = settled(entry.build())
    network = Answering(body, entry.final).eval() if entry.final else body
    x = torch.randn(entry.shape)
    further = tuple(torch.full((1,) if isinstance(v, int) else (1, 1), v) for v in entry.inputs.values())
    names = ["image", *entry.inputs]
    try:
        path = files[0]
        torch.onnx.export(network, (x, *further), str(path), dynamo=False, opset_version=17, input_names=names, output_names=list(entry.outputs))
    except Exception:
        files[0].unlink(missing_ok=True)
        path = files[1]
        torch.onnx.export(network, (x, *further), dynamo=True, verbose=False, input_names=names, output_names=list(entry.outputs)).save(str(path))
    body.double()
    x = x.double()
    inputs = (x, *[f.double() if f.is_floating_point() else f for f in further])
    at = entry.outputs.index(entry.output)

    def scores(net, image):
        answer = net(image, *inputs[1:])
        return (answer[at] if isinstance(answer, (tuple, list)) else answer).flatten(1)

    target = min(1, scores(body, x).shape[1] - 1)
    module = reference.exported(body, inputs)
    image = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(scores(body, image)[0, target], image)
    maps = {"image": x.float(), "target": torch.tensor(target), "saliency": gradient, "gradient-x-input": gradient * x}
    score = lambda i: torch.cat([scores(body, one[None])[:, target] for one in i])
    integrated = lambda i: ca.IntegratedGradients(score).attribute(i, n_steps=STEPS, method="gausslegendre", internal_batch_size=1)
    maps["integrated-gradients"] = integrated(x)
    for method, rule in (("guided-backprop", guided), ("deconvnet", zeiler)):
        image = x.clone().requires_grad_()
        run = Rectified(module, x, rule).run
        (maps[method],) = torch.autograd.grad(scores(run, image)[0, target], image)
    watching = Watching(module, at)
    image = x.clone().requires_grad_()
    z = scores(watching.run, image)[0, target]
    if watching.layer is not None:
        (slope,) = torch.autograd.grad(z, watching.layer)
        weights = slope.mean((2, 3, 4), keepdim=True)
        # Behind an instance normalization the mean of the gradient is 0, and so is Grad-CAM, but for rounding.
        weights = torch.where(weights.abs().max() < 1e-9 * slope.abs().max(), 0, weights)
        cells = torch.relu((weights * watching.layer).sum(1, keepdim=True)).detach()
        maps["grad-cam"] = F.interpolate(cells, x.shape[2:], mode="trilinear", align_corners=False)
    for composite in COMPOSITES:
        maps[f"lrp {composite}"], _ = reference.relevance(module, inputs, at, target, composite)
    # What single precision does to the references themselves.
    body.float()
    inputs = (x.float(), *further)
    own = {"integrated-gradients": integrated(inputs[0]),
           "lrp epsilon": reference.relevance(reference.exported(body, inputs), inputs, at, target, "epsilon")[0]}
    maps |= {f"single {k}": torch.tensor(error(v.detach().double().numpy(), maps[k].detach().numpy())) for k, v in own.items()}
    maps["against single"] = own["integrated-gradients"]
    np.savez(folder / "part.npz", **{k: v.detach().numpy() for k, v in maps.items()})
    (folder / "part.npz").rename(folder / "maps.npz")
    return path


def compare(tool, path, folder, entry):
    """Relative L2 error of every map."""
    maps = np.load(folder / "maps.npz")
    image = maps["image"][0]
    nib.save(nib.Nifti1Image((np.moveaxis(image, 0, -1) if len(image) > 1 else image[0]).astype(np.float32), np.eye(4)), folder / "image.nii")
    options = ["--model", str(path), "--target", str(int(maps["target"])), "--out", str(folder / "out")]
    if len(entry.outputs) > 1:
        (folder / "card.yaml").write_text(f"output: {{name: {entry.output}}}\n")
        options += ["--card", str(folder / "card.yaml")]
    for name, value in entry.inputs.items():
        options += ["--input", f"{name}={value}"]
    found = {}
    for what in maps.files:
        if what in ("image", "target", "against single") or what.startswith("single "):
            continue
        wanted = maps[what][0]
        if not np.linalg.norm(wanted) > 0:
            continue  # a map of zeros has no relative error
        method, *composite = what.split(" ")
        more = ["--composite", *composite] if composite else ["--steps", str(STEPS)] if method == "integrated-gradients" else []
        done = subprocess.run([tool, "explain", str(folder / "image.nii"), *options, "--method", method, *more], capture_output=True, text=True)
        if done.returncode:
            found[what] = done.stderr.strip()
            continue
        map = np.asarray(nib.load(folder / "out" / f"image_{method}.nii.gz").dataobj, np.float64)
        map = np.moveaxis(map, -1, 0) if map.ndim == 4 else map[None]
        found[what] = error(map, wanted)
        if method == "integrated-gradients":
            found["against single"] = error(map, maps["against single"][0])
    found |= {k: float(maps[k]) for k in maps.files if k.startswith("single ")}
    return found


def main():
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tool", required=True, type=pathlib.Path)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("names", nargs="*")
    a = parser.parse_args()
    if not a.names:
        check_reference()
    every = {}
    for name, entry in ZOO.items():
        if a.names and name not in a.names:
            continue
        folder = a.work / file_name(name)
        try:
            every[name] = compare(a.tool.resolve(), made(name, entry, folder), folder, entry)
        except Exception as fault:
            print(f"{name}: {type(fault).__name__}: {str(fault)[:200]}", flush=True)
            continue
        print(f"{name}: " + ", ".join(f"{k} {v if isinstance(v, str) else format(v, '.0e')}" for k, v in every[name].items()), flush=True)
    print("\n| method | networks | worst | where |\n| --- | --- | --- | --- |")
    for what in dict.fromkeys(k for found in every.values() for k in found):
        values = {n: f[what] for n, f in every.items() if isinstance(f.get(what), float)}
        worst = max(values, key=values.get)
        print(f"| `{what}` | {len(values)} | {values[worst]:.0e} | {worst} |")


if __name__ == "__main__":
    sys.exit(main())
