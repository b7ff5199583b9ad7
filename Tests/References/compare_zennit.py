"""Relevance propagation by Pellucid, by Zennit on exactly merged networks, and by Zennit with its own canonizer: the table of docs/methods.md.

    python3 Tests/References/compare_zennit.py .build/release/pellucid

Uses the fixtures of make_attribution.py. For each network: the largest relative L2 error over its composites of Pellucid against Zennit on the
network whose BatchNormalizations are merged exactly, and of Zennit with SequentialMergeBatchNorm on the network as it was trained.
"""

import copy
import json
import pathlib
import subprocess
import sys
import tempfile

import nibabel
import numpy as np
import torch
import zennit.composites as zc
from zennit.attribution import Gradient
from zennit.canonizers import SequentialMergeBatchNorm

import attribution_networks as networks
import make_attribution as attribution

FIXTURES = attribution.OUT
ZENNIT = {
    "epsilon-plus": zc.EpsilonPlus, "epsilon-alpha2-beta1": zc.EpsilonAlpha2Beta1, "epsilon-plus-flat": zc.EpsilonPlusFlat,
    "epsilon-alpha2-beta1-flat": zc.EpsilonAlpha2Beta1Flat,
}


def error(a, b):
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


def pellucid(tool, folder, name, image, composite, target):
    """Pellucid's map of an image [1, C, D, H, W], [C, D, H, W]."""
    path = folder / f"{name}.nii"
    nibabel.save(nibabel.Nifti1Image(np.moveaxis(image[0], 0, -1).squeeze(-1) if image.shape[1] == 1 else np.moveaxis(image[0], 0, -1),
                                     np.eye(4)), path)
    subprocess.run(
        [tool, "explain", path, "--model", FIXTURES / f"{name}.onnx", "--method", "lrp", "--composite", composite, "--target",
         str(target), "--out", folder], check=True, capture_output=True)
    found = np.asarray(nibabel.load(folder / f"{name}_lrp.nii.gz").dataobj, np.float64)
    return found[None] if found.ndim == 3 else np.moveaxis(found, -1, 0)


def canonized(net, image, composite, target):
    """Zennit's map of the network as trained, with its own merging of BatchNormalization; None where Zennit fails."""
    net = copy.deepcopy(net).double()
    for module in net.modules():
        if hasattr(module, "as_zennit"):
            module.as_zennit()
    x = torch.from_numpy(image).double().requires_grad_(True)
    try:
        made = ZENNIT[composite](canonizers=[SequentialMergeBatchNorm()])
        with Gradient(net, made) as attributor:
            z = net(x).detach()
            begin = torch.zeros_like(z)
            begin.view(-1)[target] = z.flatten()[target]
            return attributor(x, begin)[1].detach().numpy()[0]
    except RuntimeError as fault:
        print("   ", str(fault).splitlines()[0])
        return None


def weights(net, name):
    """The parameters of the exported network, by PyTorch's names."""
    import onnx

    model = onnx.load(FIXTURES / f"{name}.onnx")
    constants = {t.name: onnx.numpy_helper.to_array(t) for t in model.graph.initializer}
    own = net.state_dict()
    found = {k: torch.from_numpy(np.array(constants[k])) for k in own if k in constants}
    missing = [k for k in own if k not in found and not k.endswith("num_batches_tracked")]
    if missing:
        return None
    net.load_state_dict(found, strict=False)
    return net


def main():
    tool = pathlib.Path(sys.argv[1]).resolve()
    records = json.loads((FIXTURES / "cases.json").read_text())["networks"]
    for case in networks.CASES:
        record = next(r for r in records if r["name"] == case.name)
        values = np.fromfile(FIXTURES / f"{case.name}.f32", "<f4")
        size = int(np.prod(case.shape))
        image = values[record["image"]:record["image"] + size].reshape(case.shape)
        net = weights(case.build().eval(), case.name)
        ours, theirs = {}, {}
        with tempfile.TemporaryDirectory() as folder:
            for entry in record["maps"]:
                plain = set(entry["options"]) <= {"composite"} and sum(v != 0 for v in entry["weights"]) == 1
                if entry["method"] != "lrp" or not plain or entry["score"] != "logit":
                    continue
                composite = entry["options"].get("composite", "epsilon-plus")
                wanted = values[entry["offset"]:entry["offset"] + size].reshape(case.shape)[0].astype(np.float64)
                found = pellucid(tool, pathlib.Path(folder), case.name, image, composite, case.target)
                ours[composite] = error(found, wanted)
                if net is not None and composite in ZENNIT:
                    peer = canonized(net, image, composite, case.target)
                    theirs[composite] = None if peer is None else error(peer, wanted)
        peer = "not compared" if not theirs else " ".join(f"{k}={'fails' if v is None else format(v, '.1e')}" for k, v in theirs.items())
        print(f"{case.name}: {len(ours)} composites, Pellucid within {max(ours.values()):.1e}; Zennit with its canonizer: {peer}")


if __name__ == "__main__":
    main()
