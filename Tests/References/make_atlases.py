#!/usr/bin/env python3
"""Makes Tests/References/atlases/: small relevance volumes and atlases on other grids, and what numpy and nibabel say of them.

    pip install numpy nibabel scipy
    python3 Tests/References/make_atlases.py

cases.json: per case the grids (shape, affine), the values and labels (i fastest), nibabel's resample_from_to(order=0) labels on the
relevance grid and the region table by numpy.
"""
import json
import pathlib

import nibabel
import numpy
from nibabel.processing import resample_from_to
from scipy.spatial.transform import Rotation

OUT = pathlib.Path(__file__).resolve().parent / "atlases"
OUT.mkdir(exist_ok=True)
NAMES = {1: "Hippocampus_L", 2: "Hippocampus_R", 5: "Vermis", 2001: "Precentral_L", 9: "Nowhere"}


def oblique(degrees, sizes, centre, shape, shear=0.0):
    m = Rotation.from_euler("xyz", degrees, degrees=True).as_matrix() @ numpy.diag(sizes)
    m[0, 1] += shear
    a = numpy.eye(4)
    a[:3, :3] = m
    a[:3, 3] = numpy.array(centre) - m @ ((numpy.array(shape) - 1) / 2)
    return a


def axes(codes, sizes, centre, shape):
    """An affine whose voxel axes run along these codes, centred on a point."""
    m = numpy.zeros((3, 3))
    for column, code in enumerate(codes):
        m["LRPAIS".index(code) // 2, column] = sizes[column] * (1 if code in "RAS" else -1)
    a = numpy.eye(4)
    a[:3, :3] = m
    a[:3, 3] = numpy.array(centre) - m @ ((numpy.array(shape) - 1) / 2)
    return a


def blobs(rng, shape, labels):
    """A label image of ellipsoids with an empty border (nibabel drops the outer half voxel of an image, we do not)."""
    grid = numpy.stack(numpy.meshgrid(*[numpy.arange(n) for n in shape], indexing="ij"), -1)
    out = numpy.zeros(shape, int)
    for label in labels:
        centre = rng.uniform(2.5, numpy.array(shape) - 3.5)
        out[(((grid - centre) / rng.uniform(2, 4, 3)) ** 2).sum(-1) < 1] = label
    out[[0, -1]] = 0
    out[:, [0, -1]] = 0
    out[:, :, [0, -1]] = 0
    return out


def table(values, labels, affine, names, coverage, drops):
    rows = []
    total = numpy.abs(values).sum()
    for n in sorted(names) + [0]:
        mask = labels == n
        v = values[mask]
        row = dict(index=n, name=names.get(n, "outside"), voxels=int(mask.sum()),
                   volume_mm3=float(mask.sum() * abs(numpy.linalg.det(affine[:3, :3]))), coverage=coverage.get(n))
        if v.size:
            magnitude = numpy.where(mask, numpy.abs(values), -1)
            peak = numpy.unravel_index(magnitude.ravel(order="F").argmax(), values.shape,
                                       order="F")
            mm = nibabel.affines.apply_affine(affine, peak)
            row |= dict(sum=v.sum(), mean=v.mean(), sd=v.std(), abs_sum=numpy.abs(v).sum(), abs_share=numpy.abs(v).sum() / total,
                        positive_sum=v[v > 0].sum(), negative_sum=v[v < 0].sum(), min=v.min(), max=v.max(), p95=numpy.percentile(v, 95),
                        peak_value=values[peak], peak_i=int(peak[0]), peak_j=int(peak[1]), peak_k=int(peak[2]), peak_x_mm=mm[0],
                        peak_y_mm=mm[1], peak_z_mm=mm[2])
        if drops is not None:
            row["score_drop"] = drops.get(n)
        rows.append(row)
    filled = [r for r in rows[:-1] if r["voxels"]]
    for key, column in (("abs_sum", "rank_by_abs_sum"), ("mean", "rank_by_mean")):
        for rank, row in enumerate(sorted(filled, key=lambda r: -abs(r[key])), 1):
            row[column] = rank
    return [{k: float(v) if isinstance(v, numpy.floating) else v for k, v in r.items()} for r in rows]


def inside(image, labels, shape, affine):
    """label -> part of its voxels whose nearest voxel of the field of view exists."""
    out = {}
    back = numpy.linalg.inv(affine) @ image
    for n in numpy.unique(labels):
        if n > 0:
            c = numpy.floor(nibabel.affines.apply_affine(back, numpy.argwhere(labels == n)) + 0.5 + 1e-6)
            out[int(n)] = float(((c >= 0) & (c < numpy.array(shape))).all(1).mean())
    return out


def case(seed, name, shape, affine, atlas_shape, atlas_affine, channels=1, field=None, drops=None, constant=False):
    rng = numpy.random.default_rng(seed)
    values = rng.normal(0.1, 1, (*shape, channels)).astype(numpy.float32)
    values[rng.random((*shape, channels)) < 0.3] = 0
    if constant:
        values[...] = -0.25
    labels = blobs(rng, atlas_shape, [n for n in NAMES if n != 9])
    image = nibabel.Nifti1Image(labels.astype(numpy.int16), atlas_affine)
    on_grid = numpy.asanyarray(resample_from_to(image, (shape, affine), order=0, mode="constant").dataobj)
    summed = values.astype(float).sum(-1).astype(numpy.float32).astype(float)
    coverage = inside(atlas_affine, labels, *(field or (shape, affine)))
    rows = table(summed, on_grid, affine, NAMES, coverage, drops)
    return dict(name=name, shape=list(shape), affine=affine[:3].ravel().tolist(), channels=channels,
                values=[float(f"{v:.9g}") for v in values.ravel(order="F")], atlas_shape=list(atlas_shape),
                atlas_affine=atlas_affine[:3].ravel().tolist(), labels=labels.ravel(order="F").tolist(),
                on_grid=on_grid.ravel(order="F").tolist(),
                field=None if field is None else dict(shape=list(field[0]), affine=field[1][:3].ravel().tolist()),
                drops=None if drops is None else {str(k): v for k, v in drops.items()}, table=rows)


S, A = (11, 13, 9), (14, 12, 16)
cases = [
    case(1, "same axes, other spacing", S, axes("RAS", (2, 2, 2), (1, -2, 3), S), A, axes("RAS", (1.5, 1.7, 1.3), (0, 0, 0), A)),
    case(2, "LIA atlas", S, axes("RAS", (2, 1.9, 2.1), (1.05, -2.03, 3.01), S), A, axes("LIA", (1.5, 1.5, 1.5), (0.3, 0.1, 0), A)),
    case(3, "oblique scan, PIR atlas", S, oblique((20, -35, 50), (1.5, 2, 2.5), (0.2, 1.1, -0.7), S), A,
         axes("PIR", (1.4, 1.6, 1.8), (0, 0, 0), A)),
    case(4, "sheared scan, left-handed", S, oblique((10, 15, -20), (-2, 2, 2), (0, 0, 0), S, shear=0.4), A,
         oblique((-30, 5, 12), (1.5, 1.5, 1.5), (0.4, 0, 0.2), A)),
    case(5, "two channels, drops", S, axes("LPS", (2, 2, 2), (0.11, 0.13, 0.17), S), A, axes("SRA", (1.5, 1.5, 1.5), (0, 0, 0), A),
         channels=2, drops={1: 0.5, 2: -0.125, 2001: 1e-7}),
    case(6, "field of view smaller than the scan", S, axes("RAS", (2, 2, 2), (0.1, 0.2, 0.3), S), A,
         axes("RAS", (1.5, 1.5, 1.5), (0, 0, 0), A), field=((5, 6, 4), oblique((0, 0, 25), (2, 2, 2), (2, 1, 0), (5, 6, 4)))),
    case(7, "constant map: ties", S, axes("RAS", (2, 2, 2), (0.1, 0.2, 0.3), S), A, axes("RAS", (1.5, 1.5, 1.5), (0, 0, 0), A),
         constant=True),
    case(8, "same spacing, axes exchanged", S, axes("LIA", (1.5, 1.5, 1.5), (0.2, 1.1, 0.3), S), A,
         axes("PSR", (1.5, 1.5, 1.5), (0, 0, 0), A)),
]
(OUT / "cases.json").write_text("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
print({c["name"]: [r["voxels"] for r in c["table"]] for c in cases}, (OUT / "cases.json").stat().st_size)

# A probabilistic atlas: per cent in uint8, ties, voxels at exactly 25 %, a region that wins nowhere.
rng = numpy.random.default_rng(9)
P = (7, 6, 5)
percent = rng.integers(0, 60, (*P, 4)) * (rng.random((*P, 4)) < 0.5)
percent[0, 0, 0] = (25, 25, 0, 0)
percent[1, 0, 0] = (40, 26, 40, 0)
percent[2, 0, 0] = (0, 26, 0, 0)
percent[3, 0, 0] = (0, 100, 0, 0)
percent[..., 3] = percent[..., 3] // 4
labels = numpy.where(percent.max(-1) > 25, percent.argmax(-1) + 1, 0)
image = nibabel.Nifti1Image(percent.astype(numpy.uint8), axes("LAS", (2, 2, 2), (0, 0, 0), P))
nibabel.save(image, OUT / "probabilities.nii.gz")
(OUT / "probabilities.csv").write_text("index,name\n0,Left_Pole\n1,Right_Pole\n2,Vermis\n3,Thin\n")
(OUT / "probabilities.json").write_text(json.dumps(dict(labels=labels.ravel(order="F").tolist(),
                                                        sums=percent.reshape(-1, 4).sum(0).tolist())) + "\n")

# Tables weighted by the probabilities: nibabel's order-1 resampling on an oblique grid, numpy's sums.
image = nibabel.load(OUT / "probabilities.nii.gz")
shape = (7, 6, 5)
affine = image.affine @ numpy.array([[0.9, 0.1, 0, 0.337], [-0.1, 0.8, 0, 0.443], [0, 0.1, 0.85, 0.229], [0, 0, 0, 1]])
rng = numpy.random.default_rng(5)
relevance = rng.normal(0.2, 1, shape).astype(numpy.float32)
weighted, left = [], numpy.ones(shape)
for n in range(image.shape[3]):
    stored = image.get_fdata()[..., n]
    w = resample_from_to(nibabel.Nifti1Image(stored / (100 if image.get_fdata().max() > 1 else 1), image.affine), (shape, affine), order=1,
                         mode="constant").get_fdata()
    left = numpy.maximum(0, left - w)
    v = relevance.astype(float)
    mean = (w * v).sum() / w.sum() if w.sum() else None
    weighted.append(dict(index=n + 1, voxels=int((w > 0).sum()), volume_mm3=float(w.sum() * abs(numpy.linalg.det(affine[:3, :3])))) | ({} if mean is None else dict(
        sum=(w * v).sum(), mean=mean, sd=((w * (v - mean) ** 2).sum() / w.sum()) ** 0.5, abs_sum=(w * abs(v)).sum(),
        p95=float(numpy.percentile(v[w > 0], 95, method="inverted_cdf", weights=w[w > 0])))))
weighted.append(dict(index=0, sum=(left * relevance).sum(), abs_sum=(left * abs(relevance)).sum()))
(OUT / "weighted.json").write_text(json.dumps(dict(
    shape=shape, affine=affine[:3].ravel().tolist(), values=[float(x) for x in relevance.ravel(order="F")],
    rows=[{k: float(x) for k, x in row.items()} for row in weighted])))

# An atlas brought to a scan by a displacement field and an affine: SimpleITK's nearest neighbour.
import SimpleITK as sitk  # noqa: E402

LPS = numpy.diag([-1.0, -1, 1, 1])


def itk(values, affine, vector=False):
    out = sitk.GetImageFromArray(numpy.ascontiguousarray(values.transpose(2, 1, 0, 3) if vector else values.transpose(2, 1, 0)), isVector=vector)
    m = (LPS @ affine)[:3]
    sizes = numpy.linalg.norm(m[:, :3], axis=0)
    out.SetSpacing(sizes.tolist()), out.SetDirection((m[:, :3] / sizes).ravel().tolist()), out.SetOrigin(m[:, 3].tolist())
    return out


rng = numpy.random.default_rng(8)
here, there, field_shape = (15, 14, 12), (20, 18, 16), (6, 5, 5)
scan_affine = oblique((10, -20, 15), (2.1, 1.9, 2.3), (0.3, 0.2, -0.4), here)
atlas_affine = axes("LAS", (1.7, 1.9, 1.8), (1.3, -2.2, 0.7), there)
bent_atlas = itk(blobs(rng, there, [1, 2, 5, 9]).astype(numpy.int16), atlas_affine)
warp = itk(rng.normal(0, 2.5, (*field_shape, 3)).astype(numpy.float64), oblique((5, 5, -5), (7, 7, 7), (0, 0, 0), field_shape), vector=True)
sitk.WriteImage(bent_atlas, str(OUT / "bent_atlas.nii.gz"))
sitk.WriteImage(sitk.Cast(warp, sitk.sitkVectorFloat32), str(OUT / "bent_warp.nii.gz"))
move = sitk.AffineTransform(3)
move.SetMatrix((numpy.eye(3) + rng.normal(0, 0.05, (3, 3))).ravel().tolist())
move.SetTranslation((1.5, -2, 0.5))
sitk.WriteTransform(move, str(OUT / "bent_affine.mat"))
bend = sitk.DisplacementFieldTransform(sitk.ReadImage(str(OUT / "bent_warp.nii.gz"), sitk.sitkVectorFloat64))
# A composite's last transform takes the point first.
result = sitk.Resample(bent_atlas, itk(numpy.zeros(here), scan_affine), sitk.CompositeTransform([move, bend]), sitk.sitkNearestNeighbor, 0)
sitk.WriteImage(result, str(OUT / "bent_expected.nii.gz"))
print("bent", numpy.unique(sitk.GetArrayFromImage(result), return_counts=True))
