"""Makes Sources/Atlases/Alignment/StandardHead.swift: a head in MNI space, 8 mm, 16 grey levels, in and close to the brain.

    pip install numpy nibabel scipy
    python3 Tests/References/make_standard_head.py        (Debian package mricron-data installed)
"""
import pathlib

import nibabel
import numpy
from scipy import ndimage

TEMPLATES = "/usr/share/mricron/templates/"
OUT = pathlib.Path(__file__).resolve().parents[2] / "Sources/Atlases/Alignment/StandardHead.swift"
STEP = 8.0
x, y, z = (numpy.arange(*r, STEP) for r in ((-80, 81), (-112, 81), (-64, 89)))
points = numpy.stack(numpy.meshgrid(x, y, z, indexing="ij"), -1)


def coarse(image, values):
    """The image's values at the points, after a Gaussian of (8 / voxel − 1) / 2 voxels."""
    sizes = image.header.get_zooms()[:3]
    smooth = ndimage.gaussian_filter(values.astype(float), [(STEP / s - 1) / 2 for s in sizes])
    voxels = nibabel.affines.apply_affine(numpy.linalg.inv(image.affine), points)
    return ndimage.map_coordinates(smooth, voxels.reshape(-1, 3).T, order=1).reshape(points.shape[:-1])


head, brain = nibabel.load(TEMPLATES + "ch2.nii.gz"), nibabel.load(TEMPLATES + "ch2bet.nii.gz")
grey = coarse(head, head.get_fdata())
inside = coarse(brain, brain.get_fdata() > 0) > 0.5
near = ndimage.binary_dilation(inside)
top = numpy.percentile(grey[near], 99)
level = numpy.clip((grey / top * 16).astype(int), 0, 15)
rows = ["".join("0123456789abcdef"[level[i, j, k]] if near[i, j, k] else "." for i in range(len(x))) for k in range(len(z)) for j in range(len(y))]
assert len(rows) % 5 == 0
lines = ["".join(rows[n:n + 5]) for n in range(0, len(rows), 5)]
OUT.write_text('''/// A head in MNI space on a grid of 8 mm, as grey levels 0…f in and up to 8 mm around the brain, with points elsewhere.
///
/// Made by `Tests/References/make_standard_head.py` of Colin27 (`ch2` of Debian's mricron-data; atlases/NOTICE.mricron-data has its
/// licence). Good enough to tell where a head lies, and for nothing else.
enum StandardHead {
  /// Extents along x, y, z.
  static let extents = (x: %d, y: %d, z: %d)
  /// The first place, mm.
  static let origin = (x: %.1f, y: %.1f, z: %.1f)
  /// Between neighbours, mm.
  static let spacing = %.1f
  /// A letter a place, x fastest, then y, then z.
  static let letters = """
%s
    """
}
''' % (len(x), len(y), len(z), x[0], y[0], z[0], STEP, "\n".join("    " + line + ("\\" if n + 1 < len(lines) else "") for n, line in enumerate(lines))))
print(near.sum(), len(lines))
