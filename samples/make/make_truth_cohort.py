"""Makes simulated patients whose changed voxels and regions are known, for `pellucid evaluate truth`.

usage: make_truth_cohort.py [--out DIR] [--subjects N] [--baselines N] [--templates DIR] [--nilearn DIR] [--workers N]

The patients are the first N of the test set (make_cohort.py, seed 303), which the network has not seen. Each is made twice from
the same random numbers, with the atrophy of its class and without; the truth is where the two differ, before noise, by more than
half a grey level (white matter is 110), closed by one voxel. What else befell the subject (warp, loss of tissue elsewhere,
contrast, bias field, blur) is in both and so not in the truth.

Writes into DIR, for subject n: test-n_T1.nii.gz, test-n_truth.nii.gz, test-n_labels.nii.gz (AAL, carried along with the
subject's anatomy) and last cohort.tsv: image, truth, labels, regions (the AAL regions that lost tissue), base, and each
group's severity. DIR/baselines gets the first healthy subjects of the same set, for expected gradients.
"""
import argparse
import itertools
import multiprocessing
from pathlib import Path

import nibabel
import numpy
from scipy import ndimage

import make_cohort
import preprocess
import simulate
from make_patient import save


def patients(count):
    """Numbers of the first patients of the test set."""
    return list(itertools.islice((n for n in itertools.count() if make_cohort.is_patient(n)), count))


def healthy(count):
    """Numbers of the first subjects of the test set that are not patients."""
    return list(itertools.islice((n for n in itertools.count() if not make_cohort.is_patient(n)), count))


def make_healthy(number):
    draw = make_cohort.draw_subject("test", number)
    values, _ = make_cohort.anatomy(draw, make_cohort.fields[draw.base], draw.severities)
    return number, draw, numpy.rint(make_cohort.photograph(draw, values, make_cohort.white_of(values))).astype(numpy.uint8)


def make_subject(number):
    draw = make_cohort.draw_subject("test", number)
    unit = make_cohort.fields[draw.base]
    ill, at = make_cohort.anatomy(draw, unit, draw.severities)
    well, _ = make_cohort.anatomy(draw, unit, {})
    white = make_cohort.white_of(ill)
    scan = numpy.rint(make_cohort.photograph(draw, ill, white)).astype(numpy.uint8)
    clean = [make_cohort.photograph(draw, values, white, noise=False) for values in (ill, well)]
    changed = numpy.abs(clean[0] - clean[1]) > 0.5
    truth = changed | ndimage.binary_closing(changed)
    labels = ndimage.map_coordinates(unit.labels, at, order=0, mode="constant", cval=0)
    return number, draw, scan, truth.astype(numpy.uint8), labels.astype(numpy.uint8)


def network_affine(unit):
    affine = unit.affine @ numpy.diag([2, 2, 2, 1])
    affine[:3, 3] = unit.affine[:3, :3] @ (unit.centre - 2 * unit.half) + unit.affine[:3, 3]
    return affine


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, default=Path.home() / ".cache" / "pellucid-cohort")
    parser.add_argument("--subjects", type=int, default=24)
    parser.add_argument("--baselines", type=int, default=6)
    parser.add_argument("--templates", type=Path, default=Path("/usr/share/mricron/templates"))
    parser.add_argument("--nilearn", type=Path, help="nilearn's folder datasets/data; default: the installed package's")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    if not (options.templates / "ch2.nii.gz").exists():
        raise SystemExit(f"{options.templates}: no ch2.nii.gz; install Debian's mricron-data, or name its folder with --templates")
    options.out.mkdir(parents=True, exist_ok=True)
    make_cohort.load_bases(options)
    lines = (options.templates / "aal.nii.txt").read_text().split("\n")
    names = {int(line.split()[0]): line.split()[1] for line in lines if line.strip()}

    def write(name, values, unit, what):
        image = nibabel.Nifti1Image(values, network_affine(unit))
        image.header["descrip"] = what
        image.header.set_xyzt_units("mm")
        save(image, options.out / name)
        return name

    rows = ["\t".join(["image", "truth", "labels", "regions", "base", *simulate.ATROPHY])]
    with multiprocessing.get_context("fork").Pool(options.workers) as pool:
        for number, draw, scan, truth, labels in pool.imap(make_subject, patients(options.subjects)):
            unit, stem = make_cohort.fields[draw.base], f"test-{number:03d}"
            hit = sorted(label for group in draw.severities for label in simulate.ATROPHY[group])
            rows.append("\t".join([
                write(f"{stem}_T1.nii.gz", scan, unit, b"SIMULATED atrophy; not a patient"),
                write(f"{stem}_truth.nii.gz", truth, unit, b"1 = voxels that the atrophy changed"),
                write(f"{stem}_labels.nii.gz", labels, unit, b"AAL in the subject's own space"),
                ";".join(names[label] for label in hit), draw.base,
                *(f"{draw.severities.get(group, (0.0, 0.0))[0]:.3f}" for group in simulate.ATROPHY)]))
            print(f"{stem}: {draw.base}, {int(truth.sum())} voxels changed, {len(hit)} regions", flush=True)
        (options.out / "baselines").mkdir(exist_ok=True)
        for number, draw, scan in pool.imap(make_healthy, healthy(options.baselines)):
            write(f"baselines/test-{number:03d}_T1.nii.gz", scan, make_cohort.fields[draw.base], b"SIMULATED; not a patient")
    partial = options.out / "cohort.tsv.partial"
    partial.write_text("\n".join(rows) + "\n")
    partial.rename(options.out / "cohort.tsv")


if __name__ == "__main__":
    main()
