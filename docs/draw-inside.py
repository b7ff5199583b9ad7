#!/usr/bin/env python3
"""Draws the pictures of docs/inside.md: what the views show of the sample networks. usage: docs/draw-inside.py TOOL [PICTURE…]

Needs numpy, scipy, nibabel, onnx and Pillow; a few minutes. Views that take a study look at 40 simulated people: each a blend of
the sample's control and patient at 2 mm, moved by up to a voxel, with contrast and noise of its own; `age` goes with the part of the
patient. The latent factors are those of a linear autoencoder, the probabilistic principal components (Tipping & Bishop 1999) of these
people.
"""

import pathlib
import subprocess
import sys
import tempfile

import nibabel
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from scipy import ndimage

ROOT = pathlib.Path(__file__).resolve().parent.parent
SAMPLES, OUT = ROOT / "samples", ROOT / "docs" / "images"
PEOPLE, FACTORS = 40, 4
CNN = f"--model {SAMPLES}/atrophy-cnn.onnx"
GATED = f"--model {SAMPLES}/atrophy-gated.onnx"
PATIENT = f"{SAMPLES}/patient_T1.nii.gz"

# Each picture: the command without --out, and the file of it that is shown.
PICTURES = {
    "features": (f"features {PATIENT} {CNN} --layer /Relu_2 --channels top:8", "patient_T1_features_Relu_2.png"),
    "separation": (f"features {PATIENT} {CNN} --layer /Relu_1 --hues 6", "patient_T1_features_Relu_1_separation.png"),
    "filters": (f"filters {SAMPLES}/atrophy-cnn.onnx --layer /convolutions.0/Conv", "atrophy-cnn_filters_convolutions.0-Conv.png"),
    "field": (
        f"receptive-field {SAMPLES}/atrophy-cnn.onnx --layer /convolutions.2/Conv --image {PATIENT}",
        "patient_T1_receptive-field_convolutions.2-Conv.png",
    ),
    "maximize": (
        f"maximize {SAMPLES}/atrophy-cnn.onnx --target AD-CN --from {SAMPLES}/colin27_T1.nii.gz --bound 0.5 --steps 64",
        "atrophy-cnn_maximize_AD-CN.png",
    ),
    "invert": (f"invert {PATIENT} {CNN} --layer all", "patient_T1_invert.png"),
    "cascade": (f"cascade {PATIENT} {CNN} --target AD", "patient_T1_cascade.png"),
    "attention": (f"attention {PATIENT} {GATED}", "patient_T1_attention_gate-0.png"),
    "latents": ("latents people/39.nii.gz --model vae.onnx --factor 0,1", "39_latents.png"),
    "relmax": (
        f"concepts crp {' '.join(f'people/{n:02}.nii.gz' for n in range(34, 40))} {CNN} --layer /Relu_3 --channels top:4 "
        "--target AD --references 6",
        "relmax_Relu_3.png",
    ),
    "tcav": (f"concepts tcav ill {CNN} --target AD --random people --atlas aal --region Hippocampus_L --region Calcarine_L", "tcav.png"),
    "manifold": (f"manifold people.tsv {CNN}", "people_manifold.png"),
}


def people(folder):
    """Writes the people and their table, and returns their images as the network takes them."""
    rng = np.random.default_rng(19)
    control, patient = (nibabel.load(SAMPLES / f"{name}_T1.nii.gz") for name in ("colin27", "patient"))
    ends = [ndimage.gaussian_filter(image.get_fdata(dtype=np.float32), 0.6)[::2, ::2, ::2] for image in (control, patient)]
    mask = (control.get_fdata(dtype=np.float32) > 0)[::2, ::2, ::2]
    affine = control.affine @ np.diag([2, 2, 2, 1])
    (folder / "people").mkdir()
    (folder / "ill").mkdir()
    rows, inputs = ["participant_id\timage\tgroup\tage"], []
    for person in range(PEOPLE):
        part = person / (PEOPLE - 1)
        image = ends[0] + part * (ends[1] - ends[0])
        move = rng.uniform(-1, 1, 3)
        image, head = ndimage.shift(image, move, order=1), ndimage.shift(mask.astype(np.float32), move, order=1) > 0.5
        image = image ** rng.uniform(0.95, 1.05) * rng.uniform(0.9, 1.1) + 3 * rng.standard_normal(image.shape)
        image = np.where(head, np.clip(image, 1, None), 0).astype(np.float32)
        nibabel.save(nibabel.Nifti1Image(image, affine), folder / "people" / f"{person:02}.nii.gz")
        if person >= PEOPLE - 10:
            (folder / "ill" / f"{person:02}.nii.gz").symlink_to(folder / "people" / f"{person:02}.nii.gz")
        rows.append(f"sub-{person:02}\tpeople/{person:02}.nii.gz\t{'AD' if part > 0.5 else 'CN'}\t{55 + 30 * part + rng.normal(0, 2):.1f}")
        inputs.append(np.where(head, (image - image[head].mean()) / image[head].std(), 0))
    (folder / "people.tsv").write_text("\n".join(rows) + "\n")
    return np.stack(inputs).astype(np.float32)


def autoencoder(folder, images):
    """Writes vae.onnx: x = W z + mean, and of an image the mean and variance of its z."""
    rows, shape = images.reshape(len(images), -1).astype(np.float64), list(images.shape[1:])
    mean = rows.mean(0)
    values, vectors = np.linalg.eigh((rows - mean) @ (rows - mean).T / len(rows))
    values, vectors = values[::-1], vectors[:, ::-1]
    noise = values[FACTORS:-1].sum() / (rows.shape[1] - FACTORS)
    axes = (rows - mean).T @ vectors[:, :FACTORS] / np.sqrt(values[:FACTORS] * len(rows))
    loads = axes * np.sqrt(values[:FACTORS] - noise)
    back = loads / values[:FACTORS]
    constants = {
        "encode": back.T,
        "offset": -back.T @ mean,
        "flat": np.zeros((FACTORS, 1)),
        "spread": np.log(noise / values[:FACTORS]),
        "draw": loads.T,
        "mean": mean,
    }
    constants = {name: numpy_helper.from_array(np.ascontiguousarray(value, np.float32), name) for name, value in constants.items()}
    constants["shape"] = numpy_helper.from_array(np.array([-1, 1] + shape, np.int64), "shape")
    graph = helper.make_graph(
        [
            helper.make_node("Flatten", ["x"], ["voxels"]),
            helper.make_node("Gemm", ["voxels", "encode", "offset"], ["mu"], transB=1),
            helper.make_node("ReduceMean", ["voxels"], ["one"], axes=[1], keepdims=1),
            helper.make_node("Gemm", ["one", "flat", "spread"], ["logvar"], transB=1),
            helper.make_node("MatMul", ["mu", "draw"], ["drawn"]),
            helper.make_node("Add", ["drawn", "mean"], ["image"]),
            helper.make_node("Reshape", ["image", "shape"], ["reconstruction"]),
        ],
        "vae",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1] + shape)],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, extents)
            for name, extents in [("reconstruction", [1, 1] + shape), ("mu", [1, FACTORS]), ("logvar", [1, FACTORS])]
        ],
        list(constants.values()),
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), folder / "vae.onnx")
    card = (SAMPLES / "atrophy-cnn.yaml").read_text().split("output:")[0]
    (folder / "vae.yaml").write_text(card.replace("atrophy-cnn", "vae"))


def shrunk(source, target, width=720):
    """Fewer pixels and colours: some 100 kB."""
    picture = Image.open(source).convert("RGB")
    if picture.width > width:
        picture = picture.resize((width, round(picture.height * width / picture.width)), Image.Resampling.LANCZOS)
    # Coverage, or the few coloured pixels of a grey picture would turn grey.
    picture.quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(target, optimize=True)
    print(f"{target.relative_to(ROOT)}: {target.stat().st_size // 1024} KiB")


def main():
    tool, wanted = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2:] or list(PICTURES)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        if {"latents", "relmax", "tcav", "manifold"} & set(wanted):
            autoencoder(folder, people(folder))
        for picture in wanted:
            command, file = PICTURES[picture]
            subprocess.run([tool, *command.split(), "--out", picture], cwd=folder, check=True, stdout=subprocess.DEVNULL)
            shrunk(folder / picture / file, OUT / f"inside_{picture}.png")


if __name__ == "__main__":
    main()
