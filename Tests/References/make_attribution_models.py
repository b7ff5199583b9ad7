"""Makes Tests/PellucidTests/Fixtures: three tiny models whose answers the tests work out by hand.

    linear.onnx   [1, 1, 4, 5, 6]  z_0 = Σ (0.1 − (n + 1)/240)·x_n + 0.25,  z_1 = Σ (n + 1)/120·x_n − 0.5,  n counting in D, H, W order
    open.onnx     [N, 1, D, H, W]  convolution, ReLU, global average pool, dense, Softmax; extents left open
    pair.onnx     [1, 2, 4, 5, 6]  1×1×1 convolution, ReLU, global average pool, dense, Sigmoid: two channels in, one probability out

    python3 Tests/References/make_attribution_models.py

Made with onnx 1.23.2 and numpy 2.4.6.
"""

import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OUT = pathlib.Path(__file__).parent.parent / "PellucidTests" / "Fixtures"
RNG = np.random.default_rng(11)


def save(name, shape, nodes, outputs, **constants):
    graph = helper.make_graph(
        nodes, name, [helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(nodes[-1].output[0], TensorProto.FLOAT, [shape[0], outputs])],
        [numpy_helper.from_array(np.asarray(v, np.float32), k) for k, v in constants.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="by hand")
    onnx.checker.check_model(model)
    onnx.save(model, OUT / f"{name}.onnx")


def node(operation, inputs, output, **attributes):
    return helper.make_node(operation, inputs, [output], name=operation.lower(), **attributes)


def pooled(activation):
    return [
        node("Relu", ["made"], "active"), node("GlobalAveragePool", ["active"], "pooled"), node("Flatten", ["pooled"], "flat"),
        node("Gemm", ["flat", "wd", "bd"], "logits", transB=1), node(activation, ["logits"], "probabilities")]


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    n = np.arange(1, 121)
    save("linear", [1, 1, 4, 5, 6],
         [node("Flatten", ["image"], "flat"), node("Gemm", ["flat", "w", "b"], "logits", transB=1)], 2,
         w=np.stack([0.1 - n / 240, n / 120]), b=[0.25, -0.5])
    save("open", ["N", 1, "D", "H", "W"],
         [node("Conv", ["image", "w", "bias"], "made", pads=[1] * 6, kernel_shape=[3] * 3)] + pooled("Softmax"), 2,
         w=RNG.normal(0, 0.4, (3, 1, 3, 3, 3)), bias=RNG.normal(0, 0.1, 3), wd=RNG.normal(0, 1, (2, 3)), bd=[0.1, -0.1])
    save("pair", [1, 2, 4, 5, 6], [node("Conv", ["image", "w", "bias"], "made", kernel_shape=[1] * 3)] + pooled("Sigmoid"), 1,
         w=RNG.normal(0, 0.8, (3, 2, 1, 1, 1)), bias=RNG.normal(0, 0.1, 3), wd=RNG.normal(0, 1, (1, 3)), bd=[0.2])


if __name__ == "__main__":
    main()
