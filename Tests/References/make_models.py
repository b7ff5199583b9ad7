"""Writes the table of docs/models.md: every network of model_zoo.py and model_zoo_tensorflow.py, exported, run by Pellucid, and compared.

    python3 Tests/References/make_models.py --tool .build/release/pellucid --work FOLDER [--tensorflow PYTHON] [NAME…]

Each PyTorch network is exported by the older exporter (dynamo=False) at operator sets 11, 13 and 17 and by the newer one (dynamo=True);
TensorFlow's by tf2onnx. Compared are the scores before a final softmax, and ∂score/∂input of the second class (the first where there is
one), with those of PyTorch and TensorFlow in float64: the largest difference over the largest value, and the difference's L2 norm
over the value's. Networks and references are kept in FOLDER; only what is not there is made. With names, only those are run and nothing is written.

The smallest are kept as fixtures of the tests, Tests/NetworksTests/Fixtures/zoo, in the form of make_networks.py's.

Made with torch 2.6.0, monai 1.5.2, onnx 1.23.2, onnxscript 0.1.0.dev20250114; TensorFlow 2.16.2 and tf2onnx 1.16.1.
"""

import argparse
import json
import logging
import pathlib
import re
import subprocess
import sys
import warnings

import nibabel as nib
import numpy as np
import onnx

ROOT = pathlib.Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "models.md"
MARK = re.compile(r"(<!-- table -->\n).*?(<!-- end -->)", re.DOTALL)
LIMIT = 1e-4
FIXTURES = PAGE.parent.parent / "Tests" / "NetworksTests" / "Fixtures" / "zoo"
#: networks whose files are small, and which of them
KEPT = {
    "Features with age and sex": ("script17", "dynamo18"), "Attention-gated CNN": ("script17",), "3D ViT": ("script17",),
    "TensorFlow plain CNN": ("tf2onnx17",), "TensorFlow dense CNN, two channels": ("tf2onnx13",),
    "TensorFlow gated CNN": ("tf2onnx17",), "TensorFlow ViT": ("tf2onnx17",),
}  # fmt: skip
#: operators that every network has
USUAL = set("Conv Relu MaxPool Gemm Flatten Add Constant Identity Reshape GlobalAveragePool BatchNormalization Shape Gather Concat "
            "Unsqueeze Cast Transpose MatMul Mul AveragePool Squeeze Slice Dropout ReduceMean Sub Div Range".split())  # fmt: skip


def file_name(name):
    return re.sub(r"[^a-z0-9]+", "_", name.lower().replace("ö", "oe")).strip("_")


def made(name, entry, folder):
    """Exports a network, unless that was done; gives the files."""
    import torch
    from model_zoo import Answering, settled

    files = {(exporter, opset): folder / f"{exporter}{opset}.onnx"
             for exporter, opset in [("script", o) for o in entry.opsets] + [("dynamo", 18)]}  # fmt: skip
    if (folder / "reference.npz").exists():
        return {key: path for key, path in files.items() if path.exists()}
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(entry.seed)
    body = settled(entry.build())
    network = Answering(body, entry.final).eval() if entry.final else body
    x = torch.randn(entry.shape)
    further = tuple(torch.full((1,) if isinstance(v, int) else (1, 1), v) for v in entry.inputs.values())
    names = ["image", *entry.inputs]
    for (exporter, opset), path in files.items():
        try:
            if exporter == "dynamo":
                torch.onnx.export(network, (x, *further), dynamo=True, verbose=False, input_names=names, output_names=list(entry.outputs)).save(str(path))
            else:
                torch.onnx.export(network, (x, *further), str(path), dynamo=False, opset_version=opset, input_names=names, output_names=list(entry.outputs),
                                  dynamic_axes={"image": {0: "N"}})  # fmt: skip
        except Exception as error:
            (folder / f"{path.stem}.txt").write_text(str(error))
            print(f"{name}: {path.stem}: not exported: {str(error).strip().splitlines()[0][:150]}", flush=True)
            path.unlink(missing_ok=True)
    body.double()
    x = x.double().requires_grad_()
    answer = body(x, *[f.double() if f.is_floating_point() else f for f in further])
    scores = (answer[entry.outputs.index(entry.output)] if isinstance(answer, (tuple, list)) else answer).reshape(-1)
    (gradient,) = torch.autograd.grad(scores[min(1, len(scores) - 1)], x)
    np.savez(folder / "reference.npz", image=x.detach().float()[0], scores=scores.detach(), gradient=gradient[0])
    return {key: path for key, path in files.items() if path.exists()}


def asked(tool, path, folder, entry_inputs, output):
    """What Pellucid answers: scores, gradient."""
    reference = np.load(folder / "reference.npz")
    image = reference["image"]
    volume = np.moveaxis(image, 0, -1) if len(image) > 1 else image[0]
    nib.save(nib.Nifti1Image(volume.astype(np.float32), np.eye(4)), folder / "image.nii")
    options = ["--model", str(path)]
    if output:
        (folder / "card.yaml").write_text(f"output: {{name: {output}}}\n")
        options += ["--card", str(folder / "card.yaml")]
    for name, value in entry_inputs.items():
        options += ["--input", f"{name}={value}"]
    done = subprocess.run([tool, "predict", str(folder / "image.nii"), *options], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    scores = np.array(json.loads(done.stdout)["scores"])
    target = str(min(1, len(scores) - 1))
    out = folder / "out"
    done = subprocess.run([tool, "explain", str(folder / "image.nii"), *options, "--method", "saliency", "--target", target, "--out", str(out)],
                          capture_output=True, text=True)  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    gradient = np.asarray(nib.load(out / "image_saliency.nii.gz").dataobj)
    gradient = np.moveaxis(gradient, -1, 0) if len(image) > 1 else gradient[None]
    layers = subprocess.run([tool, "inspect", str(path), *options[2:], "--json"], capture_output=True, text=True)
    if layers.returncode:
        raise RuntimeError(layers.stderr.strip())
    wanted = reference["gradient"]
    return (np.abs(scores - reference["scores"]).max() / np.abs(reference["scores"]).max(),
            np.linalg.norm(gradient - wanted) / np.linalg.norm(wanted), json.loads(layers.stdout)["parameters"])  # fmt: skip


def operators(path):
    """Operator types in a file, also inside functions and branches."""
    model, found = onnx.load(path, load_external_data=False), set()

    def walk(nodes):
        for node in nodes:
            if node.domain in ("", "ai.onnx"):
                found.add(node.op_type)
            for attribute in node.attribute:
                if attribute.HasField("g"):
                    walk(attribute.g.node)

    walk(model.graph.node)
    for function in model.functions:
        walk(function.node)
    opset = next(o.version for o in model.opset_import if o.domain in ("", "ai.onnx"))
    return sorted(found - USUAL), opset


def keep(work, inputs):
    """Copies the kept networks and their references to the tests."""
    from make_networks import operators_of, stripped

    FIXTURES.mkdir(parents=True, exist_ok=True)
    for old in FIXTURES.glob("*.onnx"):
        old.unlink()
    values, index = [], []

    def place(array):
        at = sum(v.size for v in values)
        values.append(np.ascontiguousarray(array, dtype="<f4").ravel())
        return {"shape": list(array.shape), "at": at}

    for name, stems in KEPT.items():
        folder, reference, files = work / file_name(name), np.load(work / file_name(name) / "reference.npz"), []
        for stem in stems:
            path = FIXTURES / f"{file_name(name)}_{stem}.onnx"
            path.write_bytes((folder / f"{stem}.onnx").read_bytes())
            files.append({"file": path.name, "operators": operators_of(stripped(path))})
        scores = reference["scores"]
        upstream = np.eye(len(scores))[min(1, len(scores) - 1)]
        arrays = {"input": reference["image"][None], "scores": scores, "upstream": upstream, "gradient": reference["gradient"][None]}
        index.append({"name": name, "files": files, "inputs": inputs.get(name, {})} | {k: place(v) for k, v in arrays.items()})
    np.concatenate(values).tofile(FIXTURES / "values.f32")
    (FIXTURES / "index.json").write_text("[\n" + ",\n".join(json.dumps(entry) for entry in index) + "\n]\n")


def main():
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tool", required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--tensorflow", help="a Python with TensorFlow and tf2onnx")
    parser.add_argument("names", nargs="*")
    a = parser.parse_args()
    rows, failures = [], 0

    def compare(name, exporter, path, inputs, output):
        nonlocal failures
        found, opset = operators(path)
        try:
            scores, gradient, parameters = asked(a.tool, path, path.parent, inputs, output)
        except RuntimeError as error:
            failures += 1
            print(f"{name}: {exporter}{opset}: {error}", flush=True)
            return
        bad = not (scores < LIMIT and gradient < LIMIT)
        failures += bad
        print(f"{name}: {exporter}{opset}: {scores:.1e} {gradient:.1e}{'   TOO FAR' if bad else ''}", flush=True)
        rows.append((name, exporter, opset, parameters, scores, gradient, found))

    from model_zoo import ZOO

    for name, entry in ZOO.items():
        if a.names and name not in a.names:
            continue
        folder = a.work / file_name(name)
        for (exporter, opset), path in made(name, entry, folder).items():
            compare(name, exporter, path, entry.inputs, entry.output if len(entry.outputs) > 1 else None)
    if a.tensorflow and not a.names:
        subprocess.run([a.tensorflow, str(pathlib.Path(__file__).with_name("model_zoo_tensorflow.py")), str(a.work)], check=True)
        for path in sorted(a.work.glob("tensorflow_*/tf2onnx*.onnx")):
            compare((path.parent / "name.txt").read_text(), "tf2onnx", path, {}, None)
    print(f"{len(rows)} files compared, {failures} failed")
    if not a.names:
        keep(a.work, {name: entry.inputs for name, entry in ZOO.items()})
        lines = ["| network | exporter | opset | parameters | scores | gradient | operators besides the usual |",
                 "| --- | --- | ---: | ---: | ---: | ---: | --- |"]  # fmt: skip
        for name, exporter, opset, parameters, scores, gradient, found in rows:
            lines.append(f"| {name} | {exporter} | {opset} | {parameters:,} | {scores:.0e} | {gradient:.0e} | {' '.join(found)} |")
        PAGE.write_text(MARK.sub(lambda m: m[1] + "\n".join(lines) + "\n" + m[2], PAGE.read_text()))
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
