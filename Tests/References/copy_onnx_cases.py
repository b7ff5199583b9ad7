"""Copies ONNX's own node tests for the operators that Pellucid runs into Tests/Fixtures/onnx-node.

The newest version of each case is made by the PyPI wheel `onnx` (its test cases are Python code, Apache-2.0); where Debian's
`libonnx-testdata` (ONNX 1.12) holds a case of the same name whose node is written otherwise, for an older version of the operator
set, that one is copied too, as NAME_opset13, and so are cases that it alone has. Left out are cases with types that Pellucid
does not read, in training mode, with sequences, and large ones (but where an operator has no other, the smallest is taken).

    python3 Tests/References/copy_onnx_cases.py [DEBIAN_NODE_FOLDER]

Made with onnx 1.23.2 and libonnx-testdata 1.12.0-2.
"""

import collections
import pathlib
import shutil
import sys

import onnx
from onnx import TensorProto, numpy_helper
from onnx.backend.test.case.node import collect_testcases

OPERATORS = """
Abs Add AveragePool BatchNormalization Cast Ceil Celu Clip Concat Constant ConstantOfShape Conv ConvTranspose Cos CumSum DepthToSpace Div
Dropout Einsum Elu Equal Erf Exp Expand Flatten Floor Gather GatherElements GatherND Gelu Gemm GlobalAveragePool GlobalMaxPool GroupNormalization
HardSigmoid HardSwish Identity IsInf IsNaN InstanceNormalization LayerNormalization LeakyRelu Log LogSoftmax MatMul Max MaxPool Mean Min Mish Mul
GRU LSTM RNN AffineGrid Attention GridSample RMSNormalization RotaryEmbedding TopK
LpNormalization Neg OneHot PRelu Pad Pow Range Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceSum Relu Reshape Resize Round ScatterND Selu Shape Sigmoid Sign Sin Size
Slice Softmax Softplus Softsign SpaceToDepth Split Sqrt Squeeze Sub Sum Tanh Tile Transpose Trilu Unsqueeze Upsample Where Xor
""".split()
LARGEST_CASE = 30_000  # bytes of all files
PER_OPERATOR = 40  # cases of the newest version; the first by name
MORE = {"Attention": 100}  # forms that no other case has
READABLE = {
    TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.BFLOAT16, TensorProto.BOOL, TensorProto.INT8,
    TensorProto.INT16, TensorProto.INT32, TensorProto.INT64, TensorProto.UINT8, TensorProto.UINT16, TensorProto.UINT32,
    TensorProto.UINT64,
}  # fmt: skip
OUT = pathlib.Path(__file__).parent.parent / "Fixtures" / "onnx-node"


def wanted(name, model):
    """Whether a case is one of a single, wanted operator on tensors of readable types."""
    if "training" in name or "expanded" in name or len(model.graph.node) != 1:
        return False
    node = model.graph.node[0]
    values = [*model.graph.input, *model.graph.output]
    return (
        node.op_type in OPERATORS
        and opset(model) >= 7
        and node.domain in ("", "ai.onnx")
        and all(v.type.HasField("tensor_type") and v.type.tensor_type.elem_type in READABLE for v in values)
    )


def opset(model):
    return next(o.version for o in model.opset_import if o.domain in ("", "ai.onnx"))


def size(files):
    return sum(map(len, files.values()))


def tensor_bytes(value, name):
    if not isinstance(value, TensorProto):
        value = numpy_helper.from_array(value, name)
    return value.SerializeToString()


def newest():
    """Yields the wheel's cases: name, model, files."""
    for case in sorted(collect_testcases(None), key=lambda case: case.name):
        if case.kind != "node" or not wanted(case.name, case.model):
            continue
        inputs, outputs = case.data_sets[0]
        files = {"model.onnx": case.model.SerializeToString()}
        for stem, values, infos in (("input", inputs, case.model.graph.input), ("output", outputs, case.model.graph.output)):
            for i, (value, info) in enumerate(zip(values, infos, strict=True)):
                files[f"test_data_set_0/{stem}_{i}.pb"] = tensor_bytes(value, info.name)
        yield case.name, case.model, files


def older(folder):
    """Yields Debian's cases: name, model, files."""
    for path in sorted(folder.glob("*/model.onnx")):
        model = onnx.load(path)
        if wanted(path.parent.name, model):
            data = sorted((path.parent / "test_data_set_0").glob("*.pb"))
            files = {"model.onnx": path.read_bytes()}
            files |= {f"test_data_set_0/{file.name}": file.read_bytes() for file in data}
            yield path.parent.name, model, files


def main():
    debian = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "/usr/share/libonnx-testdata/data/node")
    shutil.rmtree(OUT, ignore_errors=True)
    rows, known, counts, total, spare = [], {}, collections.Counter(), 0, {}

    def copy(name, model, files):
        operator = model.graph.node[0].op_type
        folder = f"{name}_opset{opset(model)}" if name in known else name
        known.setdefault(name, model.graph.node[0].SerializeToString())
        counts[operator, opset(model)] += 1
        rows.append((folder, operator, str(opset(model))))
        for file, content in files.items():
            (OUT / folder / file).parent.mkdir(parents=True, exist_ok=True)
            (OUT / folder / file).write_bytes(content)
        return size(files)

    for source in (newest(), older(debian)):
        for name, model, files in source:
            operator = model.graph.node[0].op_type
            if known.get(name) == model.graph.node[0].SerializeToString():
                continue
            if size(files) > LARGEST_CASE:
                if operator not in spare or size(files) < size(spare[operator][2]):
                    spare[operator] = (name, model, files)
            elif counts[operator, opset(model)] < MORE.get(operator, PER_OPERATOR):
                total += copy(name, model, files)
    for operator in sorted(spare.keys() - {row[1] for row in rows}):
        total += copy(*spare[operator])
    rows.sort()
    (OUT / "cases.tsv").write_text("name\toperator\topset\n" + "".join("\t".join(row) + "\n" for row in rows))
    (OUT / "NOTICE").write_text(
        "The node tests in this folder come from ONNX (https://github.com/onnx/onnx), Copyright (c) ONNX Project Contributors,\n"
        "licensed under the Apache License, Version 2.0 (https://www.apache.org/licenses/LICENSE-2.0).\n"
        "Tests/References/copy_onnx_cases.py chose and wrote them; only cases.tsv and this notice were added.\n"
    )
    print(f"{len(rows)} cases, {total} bytes")
    by_operator = collections.Counter(row[1] for row in rows)
    print(" ".join(f"{operator} {by_operator[operator]}" for operator in OPERATORS))


if __name__ == "__main__":
    main()
