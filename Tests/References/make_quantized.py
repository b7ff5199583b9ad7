"""Makes Tests/NetworksTests/Fixtures/quantized: small networks quantized by ONNX Runtime, with its scores.

The 3D network of `features` is exported by PyTorch and quantized in three ways: QDQ (QuantizeLinear and DequantizeLinear around float
steps), operators on integers (QLinearConv), and dynamically (ConvInteger, MatMulInteger). `scores.json` holds the image (row-major), the
scores of ONNX Runtime for each file, and the gradient of the first score in PyTorch, whose fake quantization passes gradients straight through, of the first two files.

    python3 Tests/References/make_quantized.py

Made with torch 2.6.0, onnx 1.23.2 and onnxruntime 1.32.0.
"""

import json
import pathlib
import tempfile

import numpy as np
import onnx
import onnxruntime
import torch
from make_networks import stripped
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from torch import nn

OUT = pathlib.Path(__file__).parent.parent / "NetworksTests" / "Fixtures" / "quantized"
SHAPE = (1, 1, 7, 8, 9)


class Reader(CalibrationDataReader):
    def __init__(self):
        self.images = iter({"x": image(seed)} for seed in range(8))

    def get_next(self):
        return next(self.images, None)


def image(seed):
    return np.random.default_rng(seed).standard_normal(SHAPE).astype(np.float32)


def gradient(path, x):
    """The first score's gradient with every rounding PyTorch's `fake_quantize_per_tensor_affine`; a quantized value is kept as what it stands for."""
    model = onnx.load(path)
    values = {tensor.name: torch.tensor(onnx.numpy_helper.to_array(tensor).copy()) for tensor in model.graph.initializer}
    leaf = values["x"] = torch.tensor(x, requires_grad=True)

    def scaled(whole, scale, zero):
        shape = [-1] + [1] * (whole.dim() - 1) if scale.numel() > 1 else []
        return (whole.float() - zero.float().reshape(shape)) * scale.reshape(shape)

    def rounded(value, scale, zero):
        return torch.fake_quantize_per_tensor_affine(value, scale.item(), int(zero), 0, 255)

    for node in model.graph.node:
        given = [values[name] for name in node.input]
        kind = node.op_type
        if kind == "QuantizeLinear":
            out = rounded(*given)
        elif kind == "DequantizeLinear":
            out = given[0] if given[0].is_floating_point() else scaled(*given)
        elif kind == "Conv":
            out = torch.conv3d(*given, padding=1)
        elif kind == "QLinearConv":
            bias = given[8].float() * given[1] * given[4].reshape(-1)
            out = rounded(torch.conv3d(given[0], scaled(*given[3:6]), bias, padding=1), *given[6:8])
        elif kind == "Gemm":
            out = given[0] @ given[1].T + given[2]
        else:
            simple = {"Relu": torch.relu, "MaxPool": lambda v: torch.max_pool3d(v, 2), "Flatten": lambda v: v.flatten(1),
                      "GlobalAveragePool": lambda v: v.mean((2, 3, 4), keepdim=True)}  # fmt: skip
            out = simple[kind](given[0])
        values[node.output[0]] = out
    values["y"][0, 0].backward()
    return values["y"].detach().ravel().tolist(), leaf.grad.ravel().tolist()


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(7)
    network = nn.Sequential(
        nn.Conv3d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool3d(2), nn.Conv3d(4, 8, 3, padding=1), nn.ReLU(),
        nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Linear(8, 3)
    ).eval()  # fmt: skip
    x = image(100)
    made = {}
    with tempfile.TemporaryDirectory() as folder:
        plain, ready = f"{folder}/plain.onnx", f"{folder}/ready.onnx"
        torch.onnx.export(
            network, (torch.tensor(x),), plain, dynamo=False, opset_version=17, input_names=["x"], output_names=["y"])
        quant_pre_process(plain, ready)
        options = {"activation_type": QuantType.QUInt8, "weight_type": QuantType.QInt8}
        quantize_static(ready, OUT / "qdq.onnx", Reader(), quant_format=QuantFormat.QDQ, per_channel=True, **options)
        quantize_static(
            ready, OUT / "integer.onnx", Reader(), quant_format=QuantFormat.QOperator, op_types_to_quantize=["Conv"], **options)
        quantize_dynamic(ready, OUT / "dynamic.onnx", weight_type=QuantType.QUInt8)
    for file in sorted(OUT.glob("*.onnx")):
        model = stripped(file)
        session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
        made[file.name] = session.run(None, {"x": x})[0].ravel().tolist()
        print(file.name, made[file.name], sorted({node.op_type + "/" + node.domain for node in model.graph.node}))
    with torch.no_grad():
        print("float", network(torch.tensor(x)).ravel().tolist())
    gradients = {}
    for name in ("qdq.onnx", "integer.onnx"):
        scores, gradients[name] = gradient(OUT / name, x)
        print(name, "in PyTorch", scores)
    (OUT / "scores.json").write_text(
        json.dumps({"image": x.ravel().tolist(), "scores": made, "gradients": gradients}) + "\n")


if __name__ == "__main__":
    main()
