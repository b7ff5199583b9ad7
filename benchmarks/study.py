"""A simulated study with a known effect, run with pellucid from scans to groups; then a thousand studies of nothing.

usage: study.py --tool .build/release/pellucid --scan samples/colin27_T1.nii.gz --atlas atlases/aal/aal.nii.gz --out DIR [--nulls 1000]
needs: numpy scipy nibabel onnx

Forty controls and forty patients are one brain at 4 mm, each with its own contrast, bias field and noise. Patients lose tissue in two regions; they
are eight years older, and everybody loses tissue in four further regions with age: the confound. A small network (a convolution, a pooling, a
dense layer fitted by logistic regression to 120 other such people) tells patients from controls.

pellucid cohort explains the eighty, pellucid group compares them with and without age. Then the forty controls, explained once, are divided in two
at random a thousand times: how often anything is found is the false discovery rate of nothing.
"""
import argparse
import json
import multiprocessing.pool
import shutil
import subprocess
import time
from pathlib import Path

import nibabel
import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper
from scipy import ndimage

PLANTED = ("Hippocampus_L", "Temporal_Inf_R")
AGED = ("Frontal_Sup_L", "Frontal_Sup_R", "Parietal_Sup_L", "Parietal_Sup_R")
POOL = 3


def brain(scan, atlas, edge=4):
    """The scan and the atlas's labels on a grid of so many mm, the scan without what is no brain, white matter about 1."""
    image, labels = nibabel.load(scan), nibabel.load(atlas)
    affine = image.affine @ numpy.diag([edge / numpy.linalg.norm(image.affine[:3, 0])] * 3 + [1])
    size = [int(n * numpy.linalg.norm(image.affine[:3, 0]) / edge) for n in image.shape[:3]]
    where = numpy.indices(size).reshape(3, -1)

    def placed(source, order, smooth):
        to = numpy.linalg.inv(source.affine) @ affine
        at = to[:3, :3] @ where + to[:3, 3:]
        values = numpy.asarray(source.dataobj, numpy.float32)
        values = ndimage.gaussian_filter(values, smooth) if smooth else values
        return ndimage.map_coordinates(values, at, order=order).reshape(size)

    values = placed(image, 1, 1)
    return values / numpy.percentile(values[values > 0], 90), numpy.rint(placed(labels, 0, 0)).astype(int), affine


def subject(rng, values, masks, is_patient):
    """A scan and the age of its person; a region that loses a part a of its tissue is darker by a."""
    age = rng.normal(76 if is_patient else 68, 6)
    loss = numpy.zeros_like(values)
    for name, mask in masks.items():
        if name in PLANTED and is_patient:
            loss += mask * max(0, rng.normal(0.18, 0.06))
        elif name in AGED:
            loss += mask * max(0, 0.012 * (age - 55) + rng.normal(0, 0.04))
        else:
            loss += mask * rng.normal(0, 0.03)
    field = ndimage.zoom(rng.normal(0, 0.06, (4, 4, 4)), [n / 4 for n in values.shape], order=3)
    scan = values * (1 - ndimage.gaussian_filter(loss, 0.5)) ** 1.0 * numpy.exp(field) * rng.normal(1, 0.05)
    return (scan + rng.normal(0, 0.03, values.shape) * (values > 0.02)).astype(numpy.float32), age


def features(scan, kernel):
    """What the dense layer sees: a convolution's answers above 0, averaged over cells of 3³."""
    padded = numpy.pad(scan, 1)
    out = sum(kernel[i, j, k] * padded[i:i + scan.shape[0], j:j + scan.shape[1], k:k + scan.shape[2]]
              for i in range(3) for j in range(3) for k in range(3))
    size = [n // POOL for n in scan.shape]
    cut = numpy.maximum(out, 0)[tuple(slice(0, POOL * n) for n in size)]
    return cut.reshape(size[0], POOL, size[1], POOL, size[2], POOL).mean((1, 3, 5)).ravel()


def logistic(x, y, c=1e-3, steps=60):
    """Weights of the dense layer: logistic regression with a penalty, by Newton's steps over the subjects."""
    mean, scale = x.mean(0), x.std(0) + 1e-3
    z = (x - mean) / scale
    gram = z @ z.T * c
    alpha, b = numpy.zeros(len(y)), 0.0
    for _ in range(steps):
        score = gram @ alpha + b
        p = 1 / (1 + numpy.exp(-score))
        w = numpy.maximum(p * (1 - p), 1e-6)
        right = score + (y - p) / w
        system = gram + numpy.diag(1 / w)
        one, other = numpy.linalg.solve(system, right), numpy.linalg.solve(system, numpy.ones(len(y)))
        b = one.sum() / other.sum()
        alpha = one - b * other
    weights = c * z.T @ alpha / scale
    return weights.astype(numpy.float32), float(b - weights @ mean)


def network(path, shape, kernel, weights, bias):
    nodes = [
        helper.make_node("Conv", ["input", "kernel"], ["c"], kernel_shape=[3, 3, 3], pads=[1] * 6),
        helper.make_node("Relu", ["c"], ["r"]),
        helper.make_node("AveragePool", ["r"], ["p"], kernel_shape=[POOL] * 3, strides=[POOL] * 3),
        helper.make_node("Flatten", ["p"], ["f"]),
        helper.make_node("Gemm", ["f", "weights", "bias"], ["logits"], transB=1)]
    constants = {"kernel": kernel[None, None].astype(numpy.float32), "weights": numpy.stack([-weights, weights]) / 2,
                 "bias": numpy.array([-bias, bias], numpy.float32) / 2}
    graph = helper.make_graph(
        nodes, "study", [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 1, *shape])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", 2])],
        [numpy_helper.from_array(v.astype(numpy.float32), k) for k, v in constants.items()])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    path.with_suffix(".yaml").write_text("name: study\noutput: {classes: [CN, AD]}\n")


def run(tool, *arguments):
    done = subprocess.run([tool, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"pellucid {' '.join(map(str, arguments))}: {done.stderr}")
    return done.stdout


def rows(path):
    lines = [line.split("\t") for line in Path(path).read_text().splitlines() if not line.startswith("#")]
    return [dict(zip(lines[0], line)) for line in lines[1:]]


def found(path):
    return [row["region"] for row in rows(path) if row["q"] not in ("n/a", "") and float(row["q"]) <= 0.05]


def null(job):
    """One division of the controls; how many regions are found, and the smallest p."""
    options, seed = job
    rng = numpy.random.default_rng(seed)
    folder = options.out / "nulls" / str(seed)
    folder.mkdir(parents=True, exist_ok=True)
    derivatives = options.out / "controls"
    predictions = (derivatives / "predictions.tsv").read_text().splitlines()
    place = predictions[0].split("\t").index("group")
    groups = rng.permutation(["A"] * 20 + ["B"] * 20)
    lines = [predictions[0]]
    for line, group in zip(predictions[1:], groups):
        cells = line.split("\t")
        cells[place] = group
        lines.append("\t".join(cells))
    (folder / "predictions.tsv").write_text("\n".join(lines) + "\n")
    for name in ("participants.tsv", "regions.tsv"):
        shutil.copy(derivatives / name, folder / name)
    run(options.tool, "group", folder, "--compare", "A,B", "--covariates", "age", "--threads", "1", "--out", folder / "groups")
    table = rows(folder / "groups" / "group_regions.tsv")
    values = [(float(row["p"]), float(row["q"])) for row in table if row["p"] not in ("n/a", "")]
    shutil.rmtree(folder)
    return sum(q <= 0.05 for _, q in values), sum(p <= 0.05 for p, _ in values) / len(values)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tool", required=True)
    parser.add_argument("--scan", required=True)
    parser.add_argument("--atlas", required=True)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--nulls", type=int, default=1000)
    options = parser.parse_args()
    options.tool = str(Path(options.tool).resolve())
    shutil.rmtree(options.out, ignore_errors=True)
    options.out.mkdir(parents=True)
    begin = time.monotonic()

    values, labels, affine = brain(options.scan, options.atlas)
    table = Path(options.atlas).with_name("labels.tsv")
    names = {row["name"]: int(row["index"]) for row in rows(table)}
    masks = {name: labels == index for name, index in names.items()}
    rng = numpy.random.default_rng(20)
    kernel = numpy.full((3, 3, 3), 1 / 27)
    people = [(subject(rng, values, masks, n % 2 == 1), n % 2) for n in range(120)]
    x = numpy.stack([features(scan, kernel) for (scan, _), _ in people])
    weights, bias = logistic(x, numpy.array([kind for _, kind in people], float))
    network(options.out / "study.onnx", values.shape, kernel, weights, bias)

    lines = ["participant_id\timage\tgroup\tage"]
    (options.out / "scans").mkdir()
    for n in range(80):
        kind = n % 2
        scan, age = subject(rng, values, masks, kind == 1)
        name = f"sub-{n + 1:02d}"
        nibabel.save(nibabel.Nifti1Image(scan, affine), options.out / "scans" / f"{name}.nii.gz")
        lines.append(f"{name}\tscans/{name}.nii.gz\t{'AD' if kind else 'CN'}\t{age:.1f}")
    (options.out / "study.tsv").write_text("\n".join(lines) + "\n")
    controls = [lines[0]] + [line for line in lines[1:] if "\tCN\t" in line]
    (options.out / "controls.tsv").write_text("\n".join(controls) + "\n")
    made = time.monotonic()

    common = ["--model", options.out / "study.onnx", "--method", "gradient-x-input", "--target", "AD", "--atlas", "aal", "--keep", "tables", "--jobs", 2]
    for study in ("study", "controls"):
        run(options.tool, "cohort", options.out / f"{study}.tsv", *common, "--out", options.out / study)
    explained = time.monotonic()
    run(options.tool, "group", options.out / "study", "--compare", "AD,CN", "--by", "sum", "--out", options.out / "plain")
    run(options.tool, "group", options.out / "study", "--compare", "AD,CN", "--by", "sum", "--covariates", "age", "--bootstrap", 2000,
        "--out", options.out / "adjusted")
    performance = {row["measure"]: float(row["value"]) for row in rows(options.out / "plain" / "group_performance.tsv")}
    plain, adjusted = (found(options.out / study / "group_regions.tsv") for study in ("plain", "adjusted"))
    grouped = time.monotonic()

    with multiprocessing.pool.ThreadPool(2) as pool:
        nulls = pool.map(null, [(options, seed) for seed in range(options.nulls)])
    end = time.monotonic()
    any_found = sum(count > 0 for count, _ in nulls)
    result = {
        "auc": performance.get("auc"), "balanced_accuracy": performance.get("balanced_accuracy"),
        "planted": PLANTED, "aged": AGED, "found": plain, "found_with_age": adjusted,
        "null_studies": len(nulls), "null_studies_with_a_discovery": any_found,
        "part_of_null_p_below_0.05": sum(part for _, part in nulls) / max(1, len(nulls)),
        "seconds": {"simulated": made - begin, "explained": explained - made, "compared": grouped - explained, "nulls": end - grouped}}
    (options.out / "result.json").write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))
    missed = [name for name in PLANTED if name not in adjusted]
    if missed:
        raise SystemExit(f"not found: {', '.join(missed)}")
    # Under no effect at all a discovery is a false one; what chance adds to 5 % is three standard errors.
    if nulls and any_found / len(nulls) > 0.05 + 3 * (0.05 * 0.95 / len(nulls)) ** 0.5:
        raise SystemExit(f"{any_found} of {len(nulls)} studies of nothing found something")


main()
