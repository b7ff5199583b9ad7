"""Small networks that end in probabilities of many makes, and what ONNX Runtime answers: Tests/PellucidTests/Fixtures/head_*.onnx, heads.json.

The scan is the one of `Workbench.scan` in Tests/PellucidTests/Support.swift, 4 × 5 × 6.
"""

import json
import pathlib

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "PellucidTests" / "Fixtures"
i, j, k = numpy.meshgrid(range(4), range(5), range(6), indexing="ij")
SCAN = (((7 * i + 5 * j + 3 * k) % 11) / 4 - 1).astype(numpy.float32)[None, None]


def head(outputs, nodes, constants=None, seed=0, output="y", further=()):
    """Flatten, a dense layer to `z`, and the nodes given."""
    random = numpy.random.default_rng(seed)
    weights = {
        "w": random.normal(size=(120, outputs)).astype(numpy.float32) / 8,
        "b": random.normal(size=outputs).astype(numpy.float32),
    }
    weights |= {name: numpy.asarray(value) for name, value in (constants or {}).items()}
    body = [helper.make_node("Flatten", ["x"], ["f"]), helper.make_node("Gemm", ["f", "w", "b"], ["z"])]
    body += [helper.make_node(kind, inputs, outs, **rest) for kind, inputs, outs, rest in nodes]
    return model(body, weights, [output, *further])


def model(body, weights, outputs):
    graph = helper.make_graph(
        body,
        "head",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, 4, 5, 6])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return onnx.shape_inference.infer_shapes(made)


def number(value):
    return numpy.float32(value)


MODELS = {
    "softmax_clip": head(
        3, [("Softmax", ["z"], ["p"], {}), ("Clip", ["p", "l", "h"], ["y"], {})], {"l": number(1e-7), "h": number(0.9999999)}
    ),
    "softmax_cut": head(
        3, [("Softmax", ["z"], ["p"], {}), ("Clip", ["p", "l", "h"], ["y"], {})], {"l": number(0.01), "h": number(0.9)}
    ),
    "ensemble": head(
        3,
        [
            ("Softmax", ["z"], ["p"], {}),
            ("Mul", ["z", "t"], ["u"], {}),
            ("Softmax", ["u"], ["q"], {}),
            ("Add", ["p", "q"], ["s"], {}),
            ("Div", ["s", "n"], ["y"], {}),
        ],
        {"t": number(-0.4), "n": number(2)},
    ),
    "one_minus_p": head(
        1,
        [
            ("Sigmoid", ["z"], ["p"], {}),
            ("Sub", ["one", "p"], ["r"], {}),
            ("Concat", ["r", "p"], ["y"], {"axis": 1}),
        ],
        {"one": number(1)},
    ),
    "exp_over_sum": head(
        3,
        [
            ("Exp", ["z"], ["e"], {}),
            ("ReduceSum", ["e", "a"], ["s"], {}),
            ("Div", ["e", "s"], ["y"], {}),
        ],
        {"a": numpy.array([1])},
    ),
    "half_tanh": head(
        1,
        [("Tanh", ["z"], ["t"], {}), ("Mul", ["t", "h"], ["u"], {}), ("Add", ["u", "h"], ["y"], {})],
        {"h": number(0.5)},
    ),
    "sigmoid_times_one": head(1, [("Sigmoid", ["z"], ["p"], {}), ("Mul", ["p", "n"], ["y"], {})], {"n": number(1)}),
    "softmax": head(3, [("Softmax", ["z"], ["y"], {})]),
    "sigmoid": head(1, [("Sigmoid", ["z"], ["y"], {})]),
    "logits": head(3, [("Identity", ["z"], ["y"], {})]),
    "rectified": head(3, [("Relu", ["z"], ["y"], {})]),
    "age": head(1, [("Sub", ["z", "n"], ["y"], {})], {"n": number(40)}),
    "two": head(
        3,
        [("Softmax", ["z"], ["y"], {}), ("Gemm", ["f", "v"], ["age"], {}), ("Relu", ["x"], ["map"], {})],
        {"v": numpy.full((120, 1), 0.3, numpy.float32)},
        further=["age", "map"],
    ),
    # A channel's scale is taken out inside: no image of one value has an answer.
    "standardized": model(
        [
            helper.make_node("ReduceMean", ["x"], ["m"], axes=[2, 3, 4]),
            helper.make_node("Sub", ["x", "m"], ["c"]),
            helper.make_node("Mul", ["c", "c"], ["q"]),
            helper.make_node("ReduceMean", ["q"], ["v"], axes=[2, 3, 4]),
            helper.make_node("Sqrt", ["v"], ["s"]),
            helper.make_node("Div", ["c", "s"], ["n"]),
            helper.make_node("Flatten", ["n"], ["f"]),
            helper.make_node("Gemm", ["f", "w"], ["y"]),
        ],
        {"w": numpy.random.default_rng(1).normal(size=(120, 2)).astype(numpy.float32)},
        ["y"],
    ),
    "segmentation": model(
        [
            helper.make_node("Conv", ["x", "w"], ["y"], pads=[1] * 6),
            helper.make_node("Flatten", ["x"], ["f"]),
            helper.make_node("Gemm", ["f", "v"], ["class"]),
        ],
        {
            "w": numpy.random.default_rng(2).normal(size=(3, 1, 3, 3, 3)).astype(numpy.float32),
            "v": numpy.random.default_rng(3).normal(size=(120, 2)).astype(numpy.float32),
        },
        ["y", "class"],
    ),
}

answers = {}
for name, made in MODELS.items():
    onnx.checker.check_model(made)
    path = FIXTURES / f"head_{name}.onnx"
    onnx.save(made, path)
    session = onnxruntime.InferenceSession(path)
    outputs = session.run(None, {"x": SCAN})
    answers[name] = {
        o.name: [float(v) for v in value.ravel()] for o, value in zip(session.get_outputs(), outputs) if value.size < 10
    }
    if name == "segmentation":
        answers[name]["means"] = [float(v) for v in outputs[0].mean((0, 2, 3, 4))]
(FIXTURES / "heads.json").write_text(json.dumps(answers, indent=1) + "\n")
