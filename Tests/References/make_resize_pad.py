"""What ONNX Runtime makes of Resize (nearest), Pad (also with negative pads) and ConvTranspose (also where the input does not reach).

Writes Tests/NetworksTests/Fixtures/resize_nearest.tsv, resize_old.tsv (Upsample, and Resize of opset 10), pad_modes.tsv and conv_transpose.tsv. Made with onnxruntime 1.32.0 and onnx 1.23.2.
"""
import pathlib

import numpy as np
import onnxruntime
from onnx import TensorProto, helper

OUT = pathlib.Path(__file__).parents[1] / "NetworksTests" / "Fixtures"


def run(node, x, constants, opset=19):
    graph = helper.make_graph(
        [node], "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    model.ir_version = 9
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(model.SerializeToString(), options).run(None, {"x": x})[0]


def resize(rng):
    lines = ["coordinates\trounding\textent\tscale\tsize\tinputs"]
    for coordinates in ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "tf_half_pixel_for_nn"]:
        for rounding in ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]:
            for turn in range(12):
                extent = int(rng.integers(2, 40))
                x = np.arange(extent, dtype=np.float32).reshape(1, 1, 1, 1, -1)
                node = dict(mode="nearest", coordinate_transformation_mode=coordinates, nearest_mode=rounding)
                if turn % 3:
                    scale, size = round(float(rng.uniform(0.3, 3.5)), 1 if turn % 2 else 2), 0
                    names, given = ["x", "", "s"], helper.make_tensor("s", TensorProto.FLOAT, [5], [1, 1, 1, 1, scale])
                else:
                    scale, size = 0, int(rng.integers(1, 80))
                    names, given = ["x", "", "", "s"], helper.make_tensor("s", TensorProto.INT64, [5], [1, 1, 1, 1, size])
                y = run(helper.make_node("Resize", names, ["y"], **node), x, [given]).ravel()
                lines.append("\t".join(map(str, [
                    coordinates, rounding, extent, scale, size, " ".join(str(int(v)) for v in y)])))
    (OUT / "resize_nearest.tsv").write_text("\n".join(lines) + "\n")


def old(rng):
    lines = ["operator\topset\textent\tscale\tinputs"]
    for turn in range(60):
        kind, opset = ("Upsample", 9) if turn % 3 == 0 else ("Resize", 10)
        extent = int(rng.integers(2, 40))
        scale = round(float(rng.uniform(1 if kind == "Upsample" else 0.3, 3.5)), 1 if turn % 2 else 2)
        if extent * scale < 1:
            continue
        x = np.arange(extent, dtype=np.float32).reshape(1, 1, 1, 1, -1)
        scales = helper.make_tensor("s", TensorProto.FLOAT, [5], [1, 1, 1, 1, scale])
        y = run(helper.make_node(kind, ["x", "s"], ["y"], mode="nearest"), x, [scales], opset).ravel()
        lines.append("\t".join(map(str, [kind, opset, extent, scale, " ".join(str(int(v)) for v in y)])))
    (OUT / "resize_old.tsv").write_text("\n".join(lines) + "\n")


def pad(rng):
    lines = ["mode\tshape\tpads\toutput_shape\tvalues"]
    for mode in ["constant", "edge", "reflect", "wrap"]:
        made = 0
        while made < 20:
            shape = rng.integers(2, 5, 3)
            pads = [0, 0, *rng.integers(-2, 4, 3), 0, 0, *rng.integers(-2, 4, 3)]
            x = np.arange(np.prod(shape), dtype=np.float32).reshape(1, 1, *shape)
            node = helper.make_node("Pad", ["x", "p"], ["y"], mode=mode)
            left = [n + min(0, b) + min(0, a) for n, b, a in zip(shape, pads[2:5], pads[7:])]
            if min(left) < 1 or (mode == "reflect" and any(
                    max(b, a) >= n for n, b, a in zip(left, pads[2:5], pads[7:]))):
                continue
            y = run(node, x, [helper.make_tensor("p", TensorProto.INT64, [10], [int(p) for p in pads])])
            made += 1
            lines.append("\t".join([
                mode, " ".join(map(str, x.shape)), " ".join(map(str, pads)), " ".join(map(str, y.shape)),
                " ".join(str(int(v)) for v in y.ravel())]))
    (OUT / "pad_modes.tsv").write_text("\n".join(lines) + "\n")


def conv_transpose(rng):
    lines = ["kernel\tstrides\tdilations\tpads\toutput_padding\tinput\tweights\toutput_shape\tvalues"]
    while len(lines) < 25:
        kernel, strides, dilations = rng.integers(1, 4, 3), rng.integers(1, 4, 3), rng.integers(1, 4, 3)
        more = [int(rng.integers(0, max(s, d))) for s, d in zip(strides, dilations)]
        pads = rng.integers(0, 2, 6)
        x = rng.integers(-3, 4, (1, 2, *rng.integers(1, 4, 3))).astype(np.float32)
        w = rng.integers(-3, 4, (2, 1, *kernel)).astype(np.float32)
        node = helper.make_node(
            "ConvTranspose", ["x", "w"], ["y"], kernel_shape=kernel.tolist(), strides=strides.tolist(),
            dilations=dilations.tolist(), pads=pads.tolist(), output_padding=more)
        try:
            y = run(node, x, [helper.make_tensor("w", TensorProto.FLOAT, w.shape, w.ravel())])
        except Exception:
            continue
        if y.size == 0 or y.size > 600:
            continue
        lines.append("\t".join(" ".join(str(int(v)) for v in np.ravel(part)) for part in [
            kernel, strides, dilations, pads, more, [*x.shape, *x.ravel()], w, y.shape, y]))
    (OUT / "conv_transpose.tsv").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    resize(np.random.default_rng(14))
    old(np.random.default_rng(17))
    pad(np.random.default_rng(15))
    conv_transpose(np.random.default_rng(16))
