"""Makes the networks with something planted, and crp.json, in Tests/NetworkViewsTests/Fixtures: what zennit's hooks make of relevance that
goes through some channels of a layer alone.

    python3 Tests/References/make_inside_study.py

- planted_study.onnx: two filters, of brightness and of edges along W; the second class hangs on brightness alone. Nothing is padded: at the border
  the filter of edges would see brightness.
- vae.onnx, encoder.onnx, decoder.onnx: factor 0 draws the upper half of an octant's box, factor 1 the box opposite; means are those boxes' means.
- vae_added.onnx: the same, of which the reconstruction is made of means plus deviations, as MONAI's VarAutoEncoder in evaluation.
- crp.onnx: convolutions with random weights, and crp.json.

Made with PyTorch 2.6.0, zennit 0.5.1, onnx 1.23.2.
"""

import json
import pathlib

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from zennit.composites import EpsilonPlus

OUT = pathlib.Path(__file__).parent.parent / "NetworkViewsTests" / "Fixtures"
EXTENT = 8
# Where each factor draws: d, h, w.
BOXES = [(slice(1, 3), slice(1, 4), slice(1, 4)), (slice(4, 7), slice(4, 7), slice(5, 7))]


def save(name, nodes, inputs, outputs, constants):
    graph = helper.make_graph(
        nodes, name, [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in inputs],
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in outputs],
        [numpy_helper.from_array(v, n) for n, v in constants.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    (OUT / f"{name}.onnx").write_bytes(model.SerializeToString())


def planted():
    bright, edge = np.zeros((3, 3, 3)), np.zeros((3, 3, 3))
    bright[:] = 1 / 27
    edge[1, 1] = [-1, 0, 1]
    weights = np.stack([bright, edge])[:, None].astype(np.float32)
    save(
        "planted_study",
        [helper.make_node("Conv", ["x", "w"], ["filters"], "conv"),
         helper.make_node("Relu", ["filters"], ["seen"], "relu"),
         helper.make_node("GlobalAveragePool", ["seen"], ["pooled"], "pool"),
         helper.make_node("Flatten", ["pooled"], ["flat"], "flatten"),
         helper.make_node("Gemm", ["flat", "head", "offset"], ["logits"], "head", transB=1)],
        [("x", [1, 1, EXTENT, EXTENT, EXTENT])], [("logits", [1, 2])],
        {"w": weights, "head": np.array([[0, 0], [3, 0]], np.float32), "offset": np.array([0, -1], np.float32)})


def boxes():
    masks = np.zeros((2, EXTENT, EXTENT, EXTENT), np.float32)
    for mask, box in zip(masks, BOXES):
        mask[box] = 1
    return masks.reshape(2, -1)


def autoencoders():
    masks = boxes()
    means = (masks / masks.sum(1, keepdims=True)).astype(np.float32)
    image, shape = [1, 1, EXTENT, EXTENT, EXTENT], np.array([-1, 1, EXTENT, EXTENT, EXTENT], np.int64)
    encode = [
        helper.make_node("Flatten", ["x"], ["voxels"], "flatten"),
        helper.make_node("Gemm", ["voxels", "means"], ["mu"], "mean", transB=1),
        helper.make_node("Gemm", ["voxels", "spreads", "low"], ["logvar"], "spread", transB=1)]
    decode = lambda z: [
        helper.make_node("MatMul", [z, "masks"], ["drawn"], "draw"),
        helper.make_node("Reshape", ["drawn", "shape"], ["reconstruction"], "reshape")]
    constants = {"means": means, "spreads": 0.1 * means, "low": np.array([-2, -3], np.float32)}
    drawing = {"masks": masks, "shape": shape}
    factors = [("mu", [1, 2]), ("logvar", [1, 2])]
    save("encoder", encode, [("x", image)], factors, constants)
    save("decoder", decode("z"), [("z", [1, 2])], [("reconstruction", image)], drawing)
    save("vae", encode + decode("mu"), [("x", image)], [("reconstruction", image)] + factors, constants | drawing)
    added = [
        helper.make_node("Mul", ["logvar", "half"], ["halved"], "halve"), helper.make_node("Exp", ["halved"], ["sd"], "exp"),
        helper.make_node("Add", ["mu", "sd"], ["z"], "add")]
    save("vae_added", encode + added + decode("z"), [("x", image)], [("reconstruction", image)] + factors,
         constants | drawing | {"half": np.array(0.5, np.float32)})
    save("decoder_of_three", [
        helper.make_node("MatMul", ["z", "masks"], ["drawn"], "draw"),
        helper.make_node("Reshape", ["drawn", "shape"], ["reconstruction"], "reshape")], [("z", [1, 3])],
        [("reconstruction", image)], {"masks": np.concatenate([masks, masks[:1]]), "shape": shape})


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.relu1 = nn.Conv3d(1, 4, 3, padding=1), nn.ReLU()
        self.conv2, self.norm2, self.relu2 = nn.Conv3d(4, 6, 3, stride=2), nn.BatchNorm3d(6), nn.ReLU()
        self.pool, self.flat, self.head = nn.MaxPool3d(2), nn.Flatten(), nn.Linear(6, 3)

    def forward(self, x):
        x = self.relu2(self.norm2(self.conv2(self.relu1(self.conv1(x)))))
        return self.head(self.flat(self.pool(x)))


def crp():
    from zennit.torchvision import SequentialMergeBatchNorm

    torch.manual_seed(5)
    net = Net().eval()
    net.norm2.running_mean.uniform_(-0.3, 0.3)
    net.norm2.running_var.uniform_(0.5, 2)
    i, j, k = np.meshgrid(np.arange(7), np.arange(7), np.arange(7), indexing="ij")
    image = torch.from_numpy((((7 * i + 5 * j + 3 * k) % 11) / 4 - 1).astype(np.float32))[None, None]
    torch.onnx.export(net, (image,), str(OUT / "crp.onnx"), dynamo=False, opset_version=17, input_names=["x"], output_names=["logits"])
    net = net.double()
    image = image.double()
    cases = []
    for layer, channels in [("conv1", [2]), ("conv1", [0, 3]), ("conv2", [1]), ("conv2", [0, 2]), ("relu1", [1])]:
        for target in (0, 2):
            kept = {}
            # zennit-crp masks the gradient of the layer's output before the layer's own rule sees it (its MaskHook).
            with EpsilonPlus(canonizers=[SequentialMergeBatchNorm()]).context(net) as changed:
                def mask(module, arguments, output):
                    def masked(gradient):
                        kept["relevance"] = gradient.detach().clone()
                        keep = torch.zeros(gradient.shape[1], dtype=gradient.dtype)
                        keep[channels] = 1
                        return gradient * keep[None, :, None, None, None]

                    output.register_hook(masked)

                handle = getattr(net, layer).register_forward_hook(mask)
                x = image.clone().requires_grad_(True)
                out = changed(x)
                start = torch.zeros_like(out)
                start[0, target] = out[0, target].detach()
                (found,) = torch.autograd.grad(out, x, start)
                handle.remove()
            cases.append({
                "layer": f"/{layer}/{'Relu' if layer.startswith('relu') else 'Conv'}", "channels": channels, "target": target,
                "map": [float(f"{v:.7g}") for v in found.flatten().tolist()],
                "sums": [float(f"{v:.9g}") for v in kept["relevance"].sum((0, 2, 3, 4)).tolist()]})
    (OUT / "crp.json").write_text(json.dumps({"cases": cases}))


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    planted()
    autoencoders()
    crp()


main()
