"""Makes monai.json and monai.f32 in Tests/AttributionTests/Fixtures: what MONAI's visualize module gives on networks of make_attribution.py
that it handles rightly: ReLUs are modules called relu…, images are fresh, logits are left as they are, maps are not rescaled, CAM without
the bias that MONAI adds to every cell, and
occlusion's windows tile the image (elsewhere MONAI moves the last one inwards where Pellucid and Captum cut it).

    python3 Tests/References/make_monai.py

Everything is computed in double with the float32 weights of the exported file. Made with PyTorch 2.6.0, MONAI 1.5.2.
"""

import itertools
import json
import warnings
from unittest import mock

import numpy as np
import torch
from monai.visualize import CAM, GradCAM, GuidedBackpropGrad, OcclusionSensitivity, SmoothGrad, VanillaGrad

import attribution_networks as networks
from make_attribution import OUT
from make_gradients import restored
from make_noise import draw

#: network → layer of Grad-CAM: its module and its name in the file; the window of occlusion
CASES = {"plain": ("relu2", "/relu2/Relu", (4, 5, 11)), "residual": ("relu4", "/relu4/Relu", (5, 3, 11))}


def smoothgrad(net, x, target, samples, noise, seed):
    """MONAI's, with the random numbers that Pellucid draws."""
    streams = itertools.count()
    sigma = np.float32(noise) * np.float32(x.max().item() - x.min().item())

    def normal(mean, std, size, **_):
        values = sigma * draw(x.numel(), seed, next(streams))
        return torch.from_numpy(values.reshape(1, *size[2:], size[1])).permute(0, 4, 1, 2, 3)

    with mock.patch("torch.normal", normal):
        return SmoothGrad(net, stdev_spread=noise, n_samples=samples, magnitude=False, verbose=False)(x, index=target)


def main():
    warnings.filterwarnings("ignore")
    stored = {n["name"]: n for n in json.loads((OUT / "cases.json").read_text())["networks"]}
    records, values = [], []
    for name, (module, node, window) in CASES.items():
        case = next(c for c in networks.CASES if c.name == name)
        raw = np.fromfile(OUT / f"{name}.f32", "<f4")
        begin = stored[name]["image"]
        target, count = case.target if name == "plain" else 1, len(stored[name]["logits"])
        fresh = lambda: restored(case, raw[begin:begin + int(np.prod(case.shape))])
        same = dict(postprocessing=lambda found: found)
        (net, x) = fresh()
        maps = [("saliency", {}, 1e-4, VanillaGrad(net)(x, index=target))]
        (net, x) = fresh()
        maps += [("guided-backprop", {}, 1e-4, GuidedBackpropGrad(net)(x, index=target))]
        (net, x) = fresh()
        maps += [("smoothgrad", {"samples": "4", "noise": "0.2", "seed": "5"}, 1e-3, smoothgrad(net, x, target, 4, 0.2, 5))]
        (net, x) = fresh()
        maps += [("grad-cam", {"layer": node}, 1e-3, GradCAM(net, target_layers=module, **same)(x, class_idx=target))]
        if name == "residual":
            net.fc.bias.data.zero_()  # MONAI adds it to every cell
            maps += [("cam", {}, 1e-3, CAM(net, target_layers=module, fc_layers="fc", **same)(x, class_idx=[target]))]
        (net, x) = fresh()
        with torch.no_grad():
            for fill in (0.0, 0.7):
                blanked, _ = OcclusionSensitivity(net, mask_size=window, overlap=0.0, activate=False, mode=fill, verbose=False)(x)
                drop = (net(x)[0, target] - blanked[0, target]).as_tensor()[None, None]
                size = ",".join(map(str, window))
                maps += [("occlusion", {"patch": size, "stride": size, "fill": str(fill)}, 1e-3, drop)]
        made = []
        for method, options, tolerance, found in maps:
            found = np.asarray(found.detach(), np.float64)
            assert np.isfinite(found).all() and np.abs(found).max() > 0, f"{name}: {method}"
            made.append(dict(
                method=method, options=options, score="logit", tolerance=tolerance, weights=[float(k == target) for k in range(count)],
                channels=found.shape[1], offset=sum(v.size for v in values)))
            values.append(found.astype("<f4").ravel())
        records.append(dict(network=name, others=[], maps=made))
        print(f"{name}: {len(made)} maps")
    np.concatenate(values).tofile(OUT / "monai.f32")
    (OUT / "monai.json").write_text(json.dumps(dict(networks=records), separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
