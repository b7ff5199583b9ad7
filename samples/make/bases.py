"""Prepares the two brains that make_people.py mixes: bases.npz, which needs neither templates nor nibabel any more.

usage: bases.py --out bases.npz [--templates DIR] [--nilearn DIR]

Colin27 (with its head apart) and the MNI152 template, on Colin27's 1 mm grid, their greys brought to one scale: fluid, grey and
white matter, as the template's tissue maps mark them, get the same values in both. With them AAL's labels and, for every group
of regions and each brain, the velocity (mm) and thinning of simulate.atrophy_field on every other voxel.
"""
import argparse
from pathlib import Path

import nibabel
import numpy
from scipy import ndimage

import simulate

BRAINS = ("colin27", "mni152")
WHITE = 170                                                    # the stored grey of white matter; 1.0 when read
FLUID, GREY = 0.33, 0.75                                       # of white matter


def tissue(folder, name):
    return on_colin(nibabel.load(folder / f"mni_icbm152_{name}_tal_nlin_sym_09a_converted.nii.gz"))


def on_colin(image, shape=(181, 217, 181), corner=(-90, -125, -71)):
    """The part of a 1 mm RAS image in MNI space that Colin27's grid covers; both have whole millimetres."""
    low = [int(round(c - o)) for c, o in zip(corner, image.affine[:3, 3])]
    values = numpy.asarray(image.dataobj, dtype=numpy.float32)
    return values[tuple(slice(a, a + n) for a, n in zip(low, shape))]


def one_scale(values, fluid, grey, white):
    """Piecewise linear: fluid, grey and white matter to their common values, 0 to 0."""
    scaled = numpy.interp(values, [0, fluid, grey, white], [0, FLUID, GREY, 1.0])
    return numpy.where(values > white, 1 + (values - white) / white, scaled)


def packed(fields):
    """Name → box and float16 values, so that a group's field, nought at 12 mm from it, takes no more room than it fills."""
    arrays = {}
    for name, field in fields.items():
        box = [numpy.nonzero(numpy.any(field != 0, axis=tuple(a for a in range(4) if a != axis + 1)))[0] for axis in range(3)]
        low, high = [int(b[0]) for b in box], [int(b[-1]) + 1 for b in box]
        part = field[(slice(None), *(slice(a, b) for a, b in zip(low, high)))]
        arrays[f"field {name}"] = part.astype(numpy.float16)
        arrays[f"low {name}"] = numpy.array(low)
    return arrays


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--templates", type=Path, default=Path("/usr/share/mricron/templates"))
    parser.add_argument("--nilearn", type=Path, help="nilearn's folder datasets/data; default: the installed package's")
    options = parser.parse_args()
    if options.nilearn is None:
        import nilearn
        options.nilearn = Path(nilearn.__file__).parent / "datasets" / "data"
    atlas = options.templates / "aal.nii.gz"
    grey, white = tissue(options.nilearn, "gm") > 0.8 * 255, tissue(options.nilearn, "wm") > 0.95 * 255
    mask = on_colin(nibabel.load(options.templates / "ch2bet.nii.gz")) > 0
    mask = ndimage.binary_fill_holes(ndimage.binary_closing(mask, iterations=4))
    volumes, fields = {}, {}
    for name in BRAINS:
        path = options.templates / "ch2.nii.gz"
        if name == "mni152":
            path = options.nilearn / "mni_icbm152_t1_tal_nlin_sym_09a_converted.nii.gz"
        brain = simulate.load_brain(name, path, atlas)
        greys = brain.fluid_value, float(numpy.median(on_colin(nibabel.load(path))[grey])), float(numpy.median(on_colin(nibabel.load(path))[white]))
        print(name, "fluid, grey and white matter:", greys, flush=True)
        volumes[name] = one_scale(on_colin(nibabel.load(path)), *greys)
        low = [int(round(c - o)) for c, o in zip((-90, -125, -71), brain.affine[:3, 3])]
        cut = tuple(slice(a, a + n, 2) for a, n in zip(low, (181, 217, 181)))
        for group, labels in {**simulate.ATROPHY, **simulate.ELSEWHERE}.items():
            velocity, thinning = simulate.atrophy_field(brain, labels)
            fields[f"{name} {group}"] = numpy.concatenate([velocity, thinning[None]])[(slice(None), *cut)]
    head = numpy.where(mask, FLUID, volumes["colin27"])         # what is free of brain within the skull is fluid
    head[ndimage.binary_erosion(mask, iterations=1) & (volumes["colin27"] > 0)] = FLUID
    stack = numpy.stack([volumes["colin27"] * mask, volumes["mni152"], head])
    labels = numpy.asarray(nibabel.load(atlas).dataobj).astype(numpy.uint8)
    numpy.savez_compressed(options.out, volumes=numpy.clip(numpy.rint(stack * WHITE), 0, 255).astype(numpy.uint8),
                           labels=labels, **packed(fields))


if __name__ == "__main__":
    main()
