"""Makes Tests/NetworksTests/Fixtures/quantized: small networks quantized by ONNX Runtime, with its scores.

The 3D network of `features` is exported by PyTorch and quantized in three ways: QDQ (QuantizeLinear and DequantizeLinear around float
steps), operators on integers (QLinearConv), and dynamically (ConvInteger, MatMulInteger). `scores.json` holds the image (row-major) and the
scores of ONNX Runtime for each file.

    python3 Tests/References/make_quantized.py

Made with torch 2.6.0, onnx 1.23.2 and onnxruntime 1.32.0.
"""

import json
import pathlib
import tempfile

import numpy as np
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
    (OUT / "scores.json").write_text(json.dumps({"image": x.ravel().tolist(), "scores": made}) + "\n")


if __name__ == "__main__":
    main()
