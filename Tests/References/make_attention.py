"""Makes attention.json in Tests/AttributionTests/Fixtures, with vit.onnx, vit14.onnx, swin.onnx and a .f32 each: relevance of two small
transformers of model_zoo.py by relevance_reference.py, in double with the float32 weights of the exported file.

    python3 Tests/References/make_attention.py [--lxt]

vit14 is vit at operator set 14, whose layer normalizations are written out. With --lxt the reference is first held against lxt, AttnLRP's
own implementation, on the ViT: its matrix products, softmaxes, sums and layer normalizations, with this reference's patch convolution.

Made with torch 2.6.0, onnx 1.23.2; checked with lxt 2.1 (pip install --no-deps lxt).
"""

import json
import sys
import warnings

import numpy as np
import torch

import relevance_reference as reference
from make_attribution import OUT, export_clean
from model_zoo import ZOO, settled

CASES = {"vit": ("3D ViT", 17, 1), "vit14": ("3D ViT", 14, 1), "swin": ("Swin", 17, 0)}
COMPOSITES = ("epsilon-plus", "epsilon", "epsilon-gamma-box")


def lxt_map(net, x, target, eps=1e-12):
    """The ViT's relevance under the ε rule by lxt, whose stabilizers have no sign: as good as none."""
    import functools

    import lxt.explicit.functional as lf

    add2, matmul, linear = (functools.partial(f, epsilon=eps) for f in (lf.add2, lf.matmul, lf.linear_epsilon))

    image = x.clone().requires_grad_()
    run = lambda i, w, b: torch.conv3d(i, w, b, stride=4)
    patch = reference.Layer(run, net.patch.weight, net.patch.bias, reference.epsilon)
    tokens = reference.Handing.apply(patch, patch.rule, image).flatten(2).transpose(1, 2)
    y = add2(torch.cat([net.token.expand(1, -1, -1), tokens], 1), net.place)
    norm = lambda v, n: lf.layer_norm_grad_fn.apply(v, n.weight, n.bias, n.eps, eps)
    dense = lambda v, layer: linear(v, layer.weight, layer.bias)
    for layer in net.encoder.layers:
        at = layer.self_attn
        h = linear(norm(y, layer.norm1), at.in_proj_weight, at.in_proj_bias)
        heads = lambda v: v.unflatten(-1, (at.num_heads, -1)).transpose(1, 2)
        q, k, v = (heads(part) for part in h.chunk(3, -1))
        scores = lf.mul2(matmul(q, k.transpose(-2, -1)), torch.tensor(q.shape[-1] ** -0.5, dtype=q.dtype))
        mixed = matmul(lf.softmax(scores, -1), v).transpose(1, 2).flatten(2)
        y = add2(y, dense(mixed, at.out_proj))
        h = dense(norm(y, layer.norm2), layer.linear1)
        h = reference.Handing.apply(torch.nn.functional.gelu, reference.passed, h)
        y = add2(y, dense(h, layer.linear2))
    z = dense(norm(y, net.encoder.norm)[:, 0], net.head)
    (found,) = torch.autograd.grad(z[0, target], image, z[0, target].detach())
    return found.detach()


def main():
    warnings.filterwarnings("ignore")
    records = []
    for name, (of, opset, target) in CASES.items():
        entry = ZOO[of]
        torch.manual_seed(entry.seed)
        net = settled(entry.build())
        x = torch.randn(entry.shape)
        torch.onnx.export(net, (x,), str(OUT / f"{name}.onnx"), dynamo=False, opset_version=opset, input_names=["image"], output_names=["logits"])
        export_clean(OUT / f"{name}.onnx")
        net, x = net.double(), x.double()
        module = reference.exported(net, (x,))
        values, maps = [x.float().numpy().ravel()], []
        for composite in COMPOSITES:
            found, z = reference.relevance(module, (x,), 0, target, composite)
            print(f"{name} {composite}: score {z[target]:.4f}, ΣR {found.sum():.4f}, Σ|R| {found.abs().sum():.4f}")
            if composite == "epsilon" and "--lxt" in sys.argv and name == "vit":
                theirs = lxt_map(net, x, target)
                reference.EPS, usual = 1e-12, reference.EPS
                own, _ = reference.relevance(module, (x,), 0, target, composite)
                reference.EPS = usual
                for label, map in (("without stabilizers", own), ("with this reference's", found)):
                    print(f"   lxt, {label}: relative L2 difference {float((map - theirs).norm() / theirs.norm()):.1e}")
            weights = [float(k == target) for k in range(len(z))]
            maps.append(dict(
                method="lrp", options={"composite": composite}, score="logit", tolerance=1e-3, weights=weights, channels=1,
                offset=sum(v.size for v in values)))
            values.append(found.float().numpy().ravel())
        np.concatenate(values).astype("<f4").tofile(OUT / f"{name}.f32")
        records.append(dict(
            name=name, shape=list(entry.shape), image=0, logits=z.tolist(), probabilities=torch.softmax(z, 0).tolist(), target=target,
            labels=None, maps=maps))
    (OUT / "attention.json").write_text(json.dumps(dict(networks=records, quadrature=[]), separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
