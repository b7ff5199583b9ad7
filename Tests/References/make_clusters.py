#!/usr/bin/env python3
"""Makes Tests/References/atlases/clusters.json: small maps and their clusters by nilearn, scipy and numpy.

    pip install nilearn
    python3 Tests/References/make_clusters.py

Per case the map (value = number / scale, i fastest), the options, nilearn's get_clusters_table where it has such options (faces only), and
clusters by scipy.ndimage with means and centres by numpy.
"""
import json
import pathlib
import warnings

import nibabel
import nilearn
import numpy
from nilearn.reporting import get_clusters_table
from scipy import ndimage
from scipy.spatial.transform import Rotation

warnings.simplefilter("ignore")
OUT = pathlib.Path(__file__).resolve().parent / "atlases" / "clusters.json"
SHAPE = (17, 14, 12)


def field(seed, scale, width=1.3):
    rng = numpy.random.default_rng(seed)
    smooth = ndimage.gaussian_filter(rng.standard_normal(SHAPE), width)
    return numpy.rint(smooth / smooth.std() * scale).astype(int)


def affine(degrees, sizes):
    a = numpy.eye(4)
    a[:3, :3] = Rotation.from_euler("xyz", degrees, degrees=True).as_matrix() @ numpy.diag(sizes)
    a[:3, 3] = (-20, -31.5, 7)
    return a


MAPS = {
    "fine": (field(1, 1024), 1024, affine((0, 0, 0), (-2, 2, 2))),
    "oblique": (field(2, 1024), 1024, affine((10, -25, 40), (1.5, 2, 3.5))),
    "wide": (field(3, 1024, 2.2), 1024, affine((0, 0, 0), (3, 3, 3))),
    "binary": ((field(4, 1024) > 700).astype(int), 1, affine((0, 0, 0), (2, 2, 2))),
    "plateaus": (field(5, 4), 4, affine((0, 0, 0), (1, 2, 2))),
}
# map, threshold, two-sided, connectivity, minimum voxels, distance of peaks
CASES = [
    ("fine", 1.0, False, 6, 0, 8), ("fine", 1.0, True, 6, 0, 8), ("fine", 1.2, True, 6, 5, 3), ("fine", -1.3, False, 6, 0, 8),
    ("fine", 1.1, True, 18, 0, 8), ("fine", 1.1, True, 26, 4, 8), ("fine", 9.0, True, 6, 0, 8), ("fine", 0.0, False, 6, 0, 6),
    ("oblique", 0.9, True, 6, 3, 8), ("oblique", 1.5, True, 26, 0, 8), ("wide", 0.8, False, 6, 12, 10),
    ("wide", 0.5, True, 6, 0, 4), ("binary", 0.5, False, 6, 0, 8), ("plateaus", 0.9, True, 6, 4, 8),
]


def by_scipy(values, a, threshold, two_sided, connectivity, least):
    structure = ndimage.generate_binary_structure(3, {6: 1, 18: 2, 26: 3}[connectivity])
    size, out = abs(numpy.linalg.det(a[:3, :3])), []
    for sign in [-1] if threshold < 0 else [1, -1] if two_sided else [1]:
        labels, count = ndimage.label(sign * values > abs(threshold), structure)
        for n in range(1, count + 1):
            mask = labels == n
            if mask.sum() < least:
                continue
            v = values[mask]
            centre = nibabel.affines.apply_affine(a, ndimage.center_of_mass(numpy.abs(values) * mask))
            out.append(dict(voxels=int(mask.sum()), size=float(mask.sum() * size), mean=float(v.mean()), sum=float(v.sum()),
                            share=float(numpy.abs(v).sum() / numpy.abs(values).sum()), peak=float(v[numpy.abs(v).argmax()]),
                            centre=[float(c) for c in centre]))
    return out


def by_nilearn(values, a, threshold, two_sided, least, distance):
    image = nibabel.Nifti1Image(values.astype(numpy.float32), a)
    table = get_clusters_table(image, threshold, least, two_sided, distance)
    rows = []
    for row in table.itertuples(index=False):
        size = None if row[5] == "" else int(row[5])
        rows.append(dict(place=[float(c) for c in row[1:4]], value=float(row[4]), size=size))
    return rows


cases = []
for name, threshold, two_sided, connectivity, least, distance in CASES:
    numbers, scale, a = MAPS[name]
    values = numbers / scale
    cases.append(dict(
        map=name, threshold=threshold, two_sided=two_sided, connectivity=connectivity, least=least, distance=distance,
        clusters=by_scipy(values, a, threshold, two_sided, connectivity, least),
        nilearn=by_nilearn(values, a, threshold, two_sided, least, distance) if connectivity == 6 else None))
maps = {name: dict(shape=SHAPE, affine=a[:3].ravel().tolist(), scale=scale, numbers=numbers.ravel(order="F").tolist())
        for name, (numbers, scale, a) in MAPS.items()}
percentile = float(numpy.percentile(numpy.abs(MAPS["fine"][0] / 1024)[MAPS["fine"][0] != 0], 97.5))
OUT.write_text(json.dumps(dict(nilearn_version=nilearn.__version__, percentile_97_5_of_fine=percentile, maps=maps, cases=cases),
                          separators=(",", ":")))
print(OUT, OUT.stat().st_size, "bytes;", [len(c["clusters"]) for c in cases])
