"""Makes planted_filter.onnx in Tests/NetworkViewsTests/Fixtures: a layer of eight filters of 5^3, of which the fourth is a hook.

    python3 Tests/References/make_planted_filter.py        (numpy, onnx)

The hook runs along D, then H, then W; all kernels have mean 0 and norm 1, the others are random. The bias of -6 keeps the layer shut where
there is no more than noise. Made with onnx 1.23.2.
"""

import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OUT = pathlib.Path(__file__).parent.parent / "NetworkViewsTests" / "Fixtures"
HOOK = [(0, 2, 2), (1, 2, 2), (2, 2, 2), (3, 2, 2), (4, 2, 2), (4, 3, 2), (4, 4, 2), (4, 4, 3), (4, 4, 4)]
PLACE = 3

weights = np.random.default_rng(19).standard_normal((8, 1, 5, 5, 5))
weights[PLACE] = 0
for voxel in HOOK:
    weights[PLACE, 0][voxel] = 1
weights -= weights.mean((1, 2, 3, 4), keepdims=True)
weights /= np.sqrt((weights**2).sum((1, 2, 3, 4), keepdims=True))
head = np.zeros((2, 8), np.float32)
head[1, PLACE] = 50

graph = helper.make_graph(
    [helper.make_node("Conv", ["x", "w", "b"], ["filters"], "conv"),
     helper.make_node("Relu", ["filters"], ["seen"], "relu"),
     helper.make_node("GlobalAveragePool", ["seen"], ["pooled"], "pool"),
     helper.make_node("Flatten", ["pooled"], ["flat"], "flatten"),
     helper.make_node("Gemm", ["flat", "head"], ["logits"], "head", transB=1)],
    "planted_filter", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, 20, 18, 22])],
    [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, 2])],
    [numpy_helper.from_array(weights.astype(np.float32), "w"), numpy_helper.from_array(np.full(8, -6, np.float32), "b"),
     numpy_helper.from_array(head, "head")])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
onnx.checker.check_model(model)
(OUT / "planted_filter.onnx").write_bytes(model.SerializeToString())
