"""Makes Tests/PellucidToolTests/Fixtures: tiny networks, scans and an atlas, good and bad, for the tests that run the tool.

    python Tests/References/make_tool.py

Needs torch, onnx, nibabel and numpy (made with the versions that it prints). Seeds are fixed.
"""

import gzip
import json
import pathlib
import struct

import nibabel
import numpy
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

OUT = pathlib.Path(__file__).resolve().parent.parent / "PellucidToolTests" / "Fixtures"
SHAPE = (12, 14, 10)
AFFINE = numpy.array([[12.0, 0, 0, -66], [0, 12, 0, -84], [0, 0, 12, -54], [0, 0, 0, 1]])


# Networks ------------------------------------------------------------------------------------------------------------

class Net(torch.nn.Module):
    """Two convolutions with BatchNormalization and pooling, global average pooling and a dense layer."""

    def __init__(self, channels=1, further=0):
        super().__init__()
        self.features = torch.nn.Sequential(
            torch.nn.Conv3d(channels, 4, 3, padding=1), torch.nn.BatchNorm3d(4), torch.nn.ReLU(), torch.nn.MaxPool3d(2),
            torch.nn.Conv3d(4, 6, 3, padding=1), torch.nn.BatchNorm3d(6), torch.nn.ReLU())
        self.pool = torch.nn.AdaptiveAvgPool3d(1)
        self.dense = torch.nn.Linear(6 + further, 2)
        for layer in self.features:
            if isinstance(layer, torch.nn.BatchNorm3d):
                layer.running_mean.uniform_(-0.2, 0.2)
                layer.running_var.uniform_(0.5, 1.5)

    def forward(self, x, age=None):
        x = self.pool(self.features(x)).flatten(1)
        return self.dense(x if age is None else torch.cat([x, age], 1))


def export(name, net, inputs, names, **options):
    torch.onnx.export(net.eval(), inputs, OUT / name, input_names=names, output_names=["logits"], opset_version=17,
                      dynamo=False, **options)


def networks():
    torch.manual_seed(1)
    net = Net()
    image = torch.zeros(1, 1, *SHAPE)
    export("cnn.onnx", net, (image,), ["image"], dynamic_axes={"image": {0: "N"}})
    (OUT / "cnn.yaml").write_text(
        "name: tiny-cnn\ninput:\n  orientation: RAS\n  spacing: [12, 12, 12]\n  shape: [12, 14, 10]\n"
        "  normalization: zscore\noutput:\n  name: logits\n  activation: softmax\n  classes: [CN, AD]\n")
    export("bare.onnx", net, (image,), ["image"])
    export("channels.onnx", Net(2), (torch.zeros(1, 2, *SHAPE),), ["image"])
    aged = Net(1, 1)
    export("aged.onnx", aged, (image, torch.zeros(1, 1)), ["image", "age"])
    (OUT / "aged.yaml").write_text("inputs: {age: 73}\noutput: {classes: [CN, AD]}\n")
    return net, aged


def node(kind, inputs, outputs, name, **attributes):
    return helper.make_node(kind, inputs, outputs, name=name, **attributes)


def graph(name, nodes, shape=(1, 1, *SHAPE), weights=(), output=(1, 2)):
    made = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, output)], list(weights))
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], producer_name="make_tool")
    (OUT / name).write_bytes(model.SerializeToString())


def weight(name, *shape):
    return numpy_helper.from_array(numpy.full(shape, 0.1, numpy.float32), name)


def bad_networks():
    tail = [node("GlobalAveragePool", ["c"], ["p"], "pool"), node("Flatten", ["p"], ["logits"], "flat")]
    graph("bad_cyclic.onnx", [
        node("Add", ["image", "b"], ["a"], "first"), node("Relu", ["a"], ["b"], "second"),
        node("Conv", ["b", "w"], ["c"], "conv"), *tail], weights=[weight("w", 2, 1, 3, 3, 3)])
    graph("bad_dangling.onnx", [node("Conv", ["image", "nowhere"], ["c"], "conv"), *tail])
    graph("bad_unsupported.onnx", [
        node("Conv", ["image", "w"], ["a"], "conv"), node("Det", ["a"], ["b"], "determinant"),
        node("NonMaxSuppression", ["b", "b"], ["d"], "boxes"), node("Relu", ["d"], ["c"], "relu"), *tail],
        weights=[weight("w", 2, 1, 3, 3, 3)])
    graph("bad_flat.onnx", [node("Conv", ["image", "w"], ["c"], "conv"), *tail], shape=(1, 12, 14),
          weights=[weight("w", 2, 1, 3, 3)])
    outside = weight("w", 2, 1, 3, 3, 3)
    outside.ClearField("raw_data")
    outside.data_location = TensorProto.EXTERNAL
    for key, value in (("location", "../outside.bin"), ("offset", "0"), ("length", "216")):
        entry = outside.external_data.add()
        entry.key, entry.value = key, value
    graph("bad_external.onnx", [node("Conv", ["image", "w"], ["c"], "conv"), *tail], weights=[outside])
    missing = weight("w", 2, 1, 3, 3, 3)
    missing.CopyFrom(outside)
    missing.external_data[0].value = "missing.bin"
    graph("bad_external_missing.onnx", [node("Conv", ["image", "w"], ["c"], "conv"), *tail], weights=[missing])
    huge = weight("w", 1)
    huge.dims[:] = [1 << 20, 1 << 20, 1 << 20]
    graph("bad_huge_weight.onnx", [node("Conv", ["image", "w"], ["c"], "conv"), *tail], weights=[huge])
    graph("flattened.onnx", [
        node("Conv", ["image", "w"], ["a"], "conv", strides=[4, 4, 4]), node("Relu", ["a"], ["b"], "relu"),
        node("Flatten", ["b"], ["f"], "flat"), node("Gemm", ["f", "d"], ["logits"], "dense")],
        weights=[weight("w", 2, 1, 3, 3, 3), weight("d", 36, 2)])
    # The slope of a root at 0 is infinite, and times the factor 0 it is no number.
    nothing = numpy_helper.from_array(numpy.zeros((1, 2, 1, 1, 1), numpy.float32), "z")
    graph("bad_slope.onnx", [
        node("Conv", ["image", "w"], ["a"], "conv"), node("Relu", ["a"], ["b"], "relu"), node("Mul", ["b", "z"], ["m"], "gain"),
        node("Sqrt", ["m"], ["c"], "root"), *tail], weights=[weight("w", 2, 1, 3, 3, 3), nothing])


# Scans ---------------------------------------------------------------------------------------------------------------

def save(name, values, affine=AFFINE, kind=numpy.int16, **more):
    image = nibabel.Nifti1Image(values.astype(kind) if kind else values, affine)
    image.header.set_xyzt_units("mm")
    for key, value in more.items():
        image.header[key] = value
    nibabel.save(image, OUT / name)
    return image


def brain():
    i, j, k = numpy.meshgrid(*[numpy.arange(n) for n in SHAPE], indexing="ij")
    centre = [(n - 1) / 2 for n in SHAPE]
    r = ((i - centre[0]) / 5) ** 2 + ((j - centre[1]) / 6) ** 2 + ((k - centre[2]) / 4.5) ** 2
    values = numpy.where(r < 1, 600 + 200 * numpy.cos(i / 2) + 100 * (j > 8) - 150 * (r < 0.1), 0)
    return values + numpy.where(r < 1, numpy.random.default_rng(7).normal(0, 20, SHAPE), 0)


def scans():
    values = brain()
    image = save("scan.nii.gz", values)
    lia = nibabel.orientations.ornt_transform(nibabel.io_orientation(AFFINE), nibabel.orientations.axcodes2ornt("LIA"))
    turned = image.as_reoriented(lia)
    turned.header.set_xyzt_units("mm")
    nibabel.save(turned, OUT / "scan_LIA.nii.gz")
    save("gm.nii.gz", values / 10)
    save("two.nii.gz", numpy.stack([values, values / 10], -1))
    save("plain.nii", values)
    (OUT / "packed_text.nii.gz").write_bytes(gzip.compress(b"neither scan nor model\n" * 40, mtime=0))
    save("small.nii.gz", values[:9])
    nibabel.save(nibabel.Spm2AnalyzeImage(values.astype(numpy.int16), AFFINE), OUT / "pair.img")
    (OUT / "pair.mat").unlink(missing_ok=True)

    save("bad_series.nii.gz", numpy.stack([values] * 5, -1))
    holes = values.astype(numpy.float32)
    holes[3, 4, 5] = numpy.nan
    holes[3, 4, 6] = numpy.inf
    save("bad_nan.nii.gz", holes, kind=numpy.float32)
    colours = numpy.zeros(SHAPE, dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])
    save("bad_rgb.nii.gz", colours, kind=None)
    waves = values.astype(numpy.complex64)
    save("bad_complex.nii.gz", waves, kind=None)
    save("bad_constant.nii.gz", numpy.full(SHAPE, 7))

    raw = bytearray(gzip.decompress((OUT / "scan.nii.gz").read_bytes()))

    def changed(name, *edits):
        copy = bytearray(raw)
        for offset, form, *numbers in edits:
            struct.pack_into("<" + form, copy, offset, *numbers)
        (OUT / name).write_bytes(gzip.compress(bytes(copy), mtime=0))

    changed("bad_singular.nii.gz", (254, "h", 2), (252, "h", 0), (280, "4f", 12, 0, 0, -66), (296, "4f", 12, 0, 0, -84))
    changed("bad_sizes.nii.gz", (40, "8h", 3, 3000, 3000, 300, 1, 1, 1, 1))
    changed("bad_negative.nii.gz", (40, "8h", 3, -12, 14, 10, 1, 1, 1, 1))
    changed("bad_overflow.nii.gz", (40, "8h", 7, 32767, 32767, 32767, 32767, 32767, 32767, 32767))
    changed("bad_datatype.nii.gz", (70, "h", 77))
    changed("bad_offset.nii.gz", (108, "f", 1e12))


# An atlas on a grid of its own ---------------------------------------------------------------------------------------

def atlas():
    affine = numpy.array([[-8.0, 0, 0, 64], [0, 8, 0, -88], [0, 0, 8, -56], [0, 0, 0, 1]])
    shape = (17, 22, 15)
    i, j, k = numpy.meshgrid(*[numpy.arange(n) for n in shape], indexing="ij")
    x, y, z = (numpy.stack([i, j, k], -1) @ affine[:3, :3].T + affine[:3, 3]).transpose(3, 0, 1, 2)
    inside = (x / 55) ** 2 + (y / 65) ** 2 + (z / 48) ** 2 < 1
    labels = numpy.where(inside, 1 + (x > 0) + 2 * (y > 0) + 10 * (z > 20), 0)
    save("quarters.nii.gz", labels, affine, numpy.uint8)
    rows = [(1, "Back_L", "L"), (2, "Back_R", "R"), (3, "Front_L", "L"), (4, "Front_R", "R"), (11, "Top_back_L", "L"),
            (12, "Top_back_R", "R"), (13, "Top_front_L", "L"), (14, "Top_front_R", "R")]
    table = "index\tname\themisphere\n" + "".join(f"{i}\t{n}\t{h}\n" for i, n, h in rows)
    (OUT / "quarters.tsv").write_text(table)
    (OUT / "quarters_missing.tsv").write_text("".join(line + "\n" for line in table.splitlines()[:6]))
    (OUT / "quarters_twice.tsv").write_text(table + "3\tFront_again\tL\n")
    (OUT / "quarters_words.tsv").write_text(table + "twenty\tTop\tL\n")
    away = affine.copy()
    away[:3, 3] += 1000
    save("bad_away.nii.gz", labels, away, numpy.uint8)
    save("bad_empty_atlas.nii.gz", labels * 0, affine, numpy.uint8)


def expected(net, aged):
    """What PyTorch says of the scan, prepared as the cards say."""
    image = numpy.asarray(nibabel.load(OUT / "scan.nii.gz").dataobj, dtype=numpy.float64)
    scaled = torch.from_numpy(((image - image.mean()) / image.std())[None, None].astype(numpy.float32))
    plain = torch.from_numpy(image[None, None].astype(numpy.float32))
    with torch.no_grad():
        values = {"cnn": net(scaled)[0].tolist()}
        for age in (73, 20):
            values[f"aged {age}"] = aged(plain, torch.tensor([[float(age)]]))[0].tolist()
    (OUT / "expected.json").write_text(json.dumps(values, indent=1) + "\n")


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    print(f"torch {torch.__version__}, onnx {onnx.__version__}, nibabel {nibabel.__version__}, numpy {numpy.__version__}")
    net, aged = networks()
    bad_networks()
    scans()
    expected(net, aged)
    atlas()
