"""Makes patients of people.py whose changed voxels and regions are known, for `pellucid evaluate truth`.

usage: make_varied_truth.py --bases bases.npz [--out DIR] [--subjects N] [--baselines N] [--templates DIR]

As make_truth_cohort.py, but for the cohort of more varied anatomy: the first N patients of its test set, which no network has seen, each
with and without the atrophy of its class. Files and columns are the same; `colin27` is the part of the brain that is Colin27's.
"""
import argparse
from pathlib import Path

import nibabel
import numpy
import torch
from scipy import ndimage

import people
import simulate
from make_patient import save

AFFINE = numpy.array([[2, 0, 0, -90], [0, 2, 0, -125], [0, 0, 2, -71], [0, 0, 0, 1.0]])


def grey(values):
    return torch.round(values).to(torch.uint8).cpu().numpy()


def make_subject(person, bases):
    ill, at, part = people.anatomy(person, bases)
    well, _, _ = people.anatomy(person, bases, severities={})
    clean = [people.photographed(person, v, bases, noise=False) for v in (ill, well)]
    changed = ((clean[0] - clean[1]).abs() > 0.5).cpu().numpy()
    labels = people.sampled(bases.labels[None].float(), at, mode="nearest")[0]
    return grey(people.photographed(person, ill, bases)), changed | ndimage.binary_closing(changed), grey(labels), part


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bases", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path.home() / ".cache" / "pellucid-varied")
    parser.add_argument("--subjects", type=int, default=24)
    parser.add_argument("--baselines", type=int, default=6)
    parser.add_argument("--templates", type=Path, default=Path("/usr/share/mricron/templates"))
    options = parser.parse_args()
    (options.out / "baselines").mkdir(parents=True, exist_ok=True)
    bases = people.Bases(options.bases, "cpu")
    lines = (options.templates / "aal.nii.txt").read_text().split("\n")
    names = {int(line.split()[0]): line.split()[1] for line in lines if line.strip()}

    def write(name, values, what):
        image = nibabel.Nifti1Image(values.astype(numpy.uint8), AFFINE)
        image.header["descrip"] = what
        image.header.set_xyzt_units("mm")
        save(image, options.out / name)
        return name

    rows = ["\t".join(["image", "truth", "labels", "regions", "colin27", "age", "head", *simulate.ATROPHY])]
    with torch.no_grad():
        for number in range(1, 2 * options.subjects, 2):
            person, stem = people.draw("test", number), f"varied-{number:03d}"
            scan, truth, labels, part = make_subject(person, bases)
            hit = sorted(label for group in person.severities for label in simulate.ATROPHY[group])
            rows.append("\t".join([
                write(f"{stem}_T1.nii.gz", scan, b"SIMULATED atrophy; not a patient"),
                write(f"{stem}_truth.nii.gz", truth, b"1 = voxels that the atrophy changed"),
                write(f"{stem}_labels.nii.gz", labels, b"AAL in the subject's own space"),
                ";".join(names[label] for label in hit), f"{part:.3f}", f"{person.age:.3f}", str(int(person.head)),
                *(f"{person.severities.get(group, (0.0, 0.0))[0]:.3f}" for group in simulate.ATROPHY)]))
            print(f"{stem}: {part:.0%} Colin27, {int(truth.sum())} voxels changed, {len(hit)} regions", flush=True)
        for number in range(0, 2 * options.baselines, 2):
            values, _ = people.scan(people.draw("test", number), bases)
            write(f"baselines/varied-{number:03d}_T1.nii.gz", values.numpy(), b"SIMULATED; not a patient")
    partial = options.out / "cohort.tsv.partial"
    partial.write_text("\n".join(rows) + "\n")
    partial.rename(options.out / "cohort.tsv")


if __name__ == "__main__":
    main()
