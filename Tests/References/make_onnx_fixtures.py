"""Makes the model files that Tests/OnnxFilesTests reads: one small 3D network as PyTorch's two exporters write it, with its
weights in float16 and in a file of its own, and one with a local function.

    python3 Tests/References/make_onnx_fixtures.py

Made with torch 2.6.0, onnx 1.23.2, onnxscript; expected values are printed and stand in the tests. old_conv3d.onnx is
pytorch-converted/test_Conv3d of Debian's libonnx-testdata 1.12.0-2 (see NOTICE).
"""

import pathlib
import shutil
import tempfile

import numpy
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

OUT = pathlib.Path(__file__).parent.parent / "OnnxFilesTests" / "Fixtures"


def network():
    torch.manual_seed(0)
    net = torch.nn.Sequential(
        torch.nn.Conv3d(1, 2, 3), torch.nn.ReLU(), torch.nn.MaxPool3d(2), torch.nn.Flatten(),
        torch.nn.Linear(2 * 27, 2),
    )  # fmt: skip
    return net.eval()


def without_traces(model):
    """Takes out the exporter's stack traces, which name folders of the machine that it ran on."""
    for node in model.graph.node:
        kept = [entry for entry in node.metadata_props if "stack_trace" not in entry.key]
        del node.metadata_props[:]
        node.metadata_props.extend(kept)
    return model


def half(model):
    for tensor in model.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT:
            values = numpy_helper.to_array(tensor).astype(numpy.float16)
            tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
    return model


def with_function():
    """y = Shift(Scale(x)) where Shift calls Scale too: functions in functions, with an attribute by reference and a default."""
    scale = helper.make_function(
        "own", "Scale", ["a"], ["b"],
        [
            helper.make_node("Constant", [], ["c"]),
            helper.make_node("Mul", ["a", "c"], ["b"], name="product"),
        ],
        [helper.make_opsetid("", 18)], attribute_protos=[helper.make_attribute("factor", 2.0)],
    )  # fmt: skip
    reference = onnx.AttributeProto(name="value_float", type=onnx.AttributeProto.FLOAT, ref_attr_name="factor")
    scale.node[0].attribute.append(reference)
    shift = helper.make_function(
        "own", "Shift", ["a"], ["b"],
        [helper.make_node("Scale", ["a"], ["s"], domain="own"), helper.make_node("Add", ["s", "a"], ["b"])],
        [helper.make_opsetid("", 18), helper.make_opsetid("own", 1)],
    )  # fmt: skip
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 1, 2, 2, 2])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 1, 2, 2, 2])
    nodes = [
        helper.make_node("Scale", ["x"], ["m"], domain="own", name="first", factor=3.0),
        helper.make_node("Shift", ["m"], ["y"], domain="own", name="second"),
    ]
    graph = helper.make_graph(nodes, "calls", [x], [y])
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("own", 1)]
    return helper.make_model(graph, functions=[scale, shift], opset_imports=opsets, ir_version=9)


def main():
    net, x = network(), torch.zeros(1, 1, 8, 8, 8)
    with tempfile.TemporaryDirectory() as folder:
        plain = pathlib.Path(folder) / "plain.onnx"
        torch.onnx.export(net, x, plain, input_names=["input"], output_names=["logits"], opset_version=11, dynamo=False)
        shutil.copy(plain, OUT / "script_opset11.onnx")
        dynamo = pathlib.Path(folder) / "dynamo.onnx"
        torch.onnx.export(net, (x,), dynamo, opset_version=18, dynamo=True, external_data=False)
        onnx.save(without_traces(onnx.load(dynamo)), OUT / "dynamo_opset18.onnx")
        model = onnx.load(plain)
    onnx.save(half(onnx.load(OUT / "script_opset11.onnx")), OUT / "float16_weights.onnx")
    (OUT / "external.weights").unlink(missing_ok=True)
    onnx.save(
        model, OUT / "external.onnx", save_as_external_data=True, location="external.weights", size_threshold=0,
        convert_attribute=False,
    )  # fmt: skip
    (OUT / "external.weights").chmod(0o644)
    onnx.save(with_function(), OUT / "functions.onnx")
    for tensor in onnx.load(OUT / "script_opset11.onnx").graph.initializer:
        values = numpy_helper.to_array(tensor)
        print(tensor.name, list(tensor.dims), values.flat[0], values.flat[-1], values.sum(dtype=numpy.float64))


if __name__ == "__main__":
    main()
