"""Makes patient_T1.nii.gz and patient_truth.nii.gz from Colin27's T1.

usage: make_patient.py [--templates DIR] [--out DIR]
Nothing here is random.
"""
import argparse
import gzip
import shutil
from pathlib import Path

import nibabel
import numpy
from scipy import ndimage

import simulate

# log(volume before / volume after) of the tissue, and the part of it that turns to fluid besides
SEVERITY = {
    "hippocampus+amygdala L": (0.75, 0.30), "hippocampus+amygdala R": (0.60, 0.25),
    "parahippocampal L": (0.45, 0.25), "parahippocampal R": (0.40, 0.20),
    "inferior temporal L": (0.35, 0.25), "inferior temporal R": (0.30, 0.20),
}


def save(image, path):
    """gzip without a time stamp, so that the same voxels give the same file."""
    with open(path, "wb") as raw, gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=9, mtime=0) as packed:
        packed.write(image.to_bytes())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--templates", type=Path, default=Path("/usr/share/mricron/templates"))
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent)
    options = parser.parse_args()
    scan = options.templates / "ch2.nii.gz"
    brain = simulate.load_brain("colin27", scan, options.templates / "aal.nii.gz")

    velocity = numpy.zeros((3, *brain.values.shape), numpy.float32)
    kept = numpy.ones(brain.values.shape, numpy.float32)
    for name, (shrink, loss) in SEVERITY.items():
        field, thinning = simulate.atrophy_field(brain, simulate.ATROPHY[name])
        velocity += shrink * field
        kept *= 1 - loss * thinning
    back = simulate.integrate(-velocity)                        # patient voxel → where its value comes from
    length = numpy.sqrt((back ** 2).sum(0))
    back *= numpy.maximum(length - 0.15, 0) / numpy.maximum(length, 1e-6)  # below 0.15 mm nothing moves
    at = simulate.grid(brain.values.shape) + back
    moved = (back != 0).any(0)
    values = brain.values.copy()
    smooth = ndimage.spline_filter(brain.values, order=3, output=numpy.float32)
    values[moved] = ndimage.map_coordinates(smooth, at[:, moved], order=3, prefilter=False)
    lost = 1 - simulate.sample(kept, at)
    values = simulate.thin(values, lost, brain.fluid_value)
    patient = numpy.clip(numpy.rint(values), 0, 254).astype(numpy.uint8)
    changed = patient != brain.values.astype(numpy.uint8)
    truth = changed | ndimage.binary_closing(changed)

    source = nibabel.load(scan)
    header = source.header.copy()
    header["descrip"] = b"SIMULATED atrophy made from Colin27; not a patient"
    save(nibabel.Nifti1Image(patient, source.affine, header), options.out / "patient_T1.nii.gz")
    header = source.header.copy()
    header["descrip"] = b"1 = voxels of patient_T1 that differ from colin27_T1"
    header["cal_min"], header["cal_max"] = 0, 1
    save(nibabel.Nifti1Image(truth.astype(numpy.uint8), source.affine, header), options.out / "patient_truth.nii.gz")
    shutil.copyfile(scan, options.out / "colin27_T1.nii.gz")

    jacobian = numpy.linalg.det(numpy.moveaxis(numpy.stack(
        [numpy.stack(numpy.gradient(component)) for component in back]), (0, 1), (-2, -1)) + numpy.eye(3))
    tissue_after = simulate.sample(1 - brain.fluid, at) * (1 - lost)
    label_after = numpy.where(moved, ndimage.map_coordinates(brain.labels, at, order=0), brain.labels)
    print(f"changed voxels {int(truth.sum())}, largest move {numpy.sqrt((back ** 2).sum(0)).max():.2f} mm, "
          f"smallest Jacobian {jacobian.min():.3f}")
    for name, labels in simulate.ATROPHY.items():
        before = ((1 - brain.fluid) * numpy.isin(brain.labels, labels)).sum()
        after = (tissue_after * numpy.isin(label_after, labels)).sum()
        print(f"{name}: tissue {before:.0f} → {after:.0f} mm³ ({100 * (after / before - 1):+.0f} %)")


if __name__ == "__main__":
    main()
