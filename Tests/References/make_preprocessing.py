"""Makes Tests/PreprocessingTests/Fixtures: scans, cards, and what a network's input and the maps on the way back must be.

Orientations come from nibabel, interpolation from scipy, intensities from MONAI and numpy; everything is computed in double.

    python3 Tests/References/make_preprocessing.py

Made with nibabel 5.4.2, scipy 1.17.1, numpy 2.4.6, MONAI 1.5.2.
"""

import itertools
import json
import pathlib

import nibabel as nib
import numpy as np
from monai.transforms import NormalizeIntensity, ScaleIntensity, ScaleIntensityRangePercentiles
from nibabel import orientations as ornt
from scipy import ndimage

OUT = pathlib.Path(__file__).parent.parent / "PreprocessingTests" / "Fixtures"
RNG = np.random.default_rng(20240)


def numbers(array, order="C"):
    """The values as float32, with no more digits than tell them apart."""
    return [float(str(x)) for x in np.asarray(array, np.float32).ravel(order)]


def oblique(sizes, angles, origin, codes="RAS"):
    """An affine of rotated voxels whose axes are named by codes."""
    a, b, c = angles
    rx = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    ry = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    rz = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    axes = np.zeros((3, 3))
    for column, (axis, sign) in enumerate(ornt.axcodes2ornt(codes)):
        axes[int(axis), column] = sign
    affine = np.eye(4)
    affine[:3, :3] = rx @ ry @ rz @ axes @ np.diag(sizes)
    affine[:3, 3] = origin
    return affine


def reorient(data, affine, codes):
    if codes is None:
        return data, affine
    change = ornt.ornt_transform(ornt.io_orientation(affine), ornt.axcodes2ornt(codes))
    out = ornt.apply_orientation(data, change)
    return out, affine @ ornt.inv_ornt_aff(change, data.shape[:3])


def resample(data, affine, spacing, rule="linear", antialias=False):
    """Centre on centre; beyond the outermost voxel centres the values at them stay."""
    if spacing is None:
        return data, affine
    old = np.sqrt((affine[:3, :3] ** 2).sum(0))
    ratio = np.where(np.abs(np.asarray(spacing) / old - 1) <= 1e-4, 1.0, np.asarray(spacing) / old)
    n = np.array(data.shape[:3])
    new = np.maximum(1, np.floor(n / ratio + 0.5)).astype(int)
    step = np.eye(4)
    step[:3, :3] = np.diag(ratio)
    step[:3, 3] = (n - 1) / 2 - ratio * (new - 1) / 2
    places = np.stack(np.meshgrid(*[np.arange(m) for m in new], indexing="ij")).astype(float)
    places = places * ratio[:, None, None, None] + step[:3, 3][:, None, None, None]
    places = np.clip(places, 0, (n - 1)[:, None, None, None])
    if rule == "nearest":
        places = np.clip(np.floor(places + 0.5 + 1e-6), 0, (n - 1)[:, None, None, None])

    def channel(values):
        values = values.astype(float)
        if antialias:
            values = ndimage.gaussian_filter(values, np.maximum(0, (ratio - 1) / 2), mode="mirror")
        order = {"nearest": 0, "linear": 1, "cubic": 3}[rule]
        return ndimage.map_coordinates(values, places, order=order, mode="mirror")

    return np.stack([channel(data[..., c]) for c in range(data.shape[3])], -1), affine @ step


def crop_pad(data, affine, shape, fill):
    for axis, wanted in enumerate(shape):
        n = data.shape[axis]
        low = abs(wanted - n) // 2
        move = np.eye(4)
        if wanted > n:
            pad = [(0, 0)] * data.ndim
            pad[axis] = (low, wanted - n - low)
            data = np.pad(data, pad, constant_values=fill)
            move[axis, 3] = -low
        elif wanted < n:
            data = np.take(data, range(low, low + wanted), axis)
            move[axis, 3] = low
        affine = affine @ move
    return data, affine


def sampled(values, to_model, shape, order, filled):
    """A map on the model's grid at the scan's voxels; to_model takes scan to model indices; filled: (low, high) a model axis."""
    v = np.stack(np.meshgrid(*[np.arange(n) for n in shape], indexing="ij"), -1).astype(float)
    return at_places(values, v @ to_model[:3, :3].T + to_model[:3, 3], order, filled)


def at_places(values, m, order, filled):
    inside = np.ones(m.shape[:-1], bool)
    for axis, (low, high) in enumerate(filled):
        inside &= (m[..., axis] > low - 0.5 - 1e-6) & (m[..., axis] < high - 0.5 + 1e-6)
    part = values[tuple(slice(low, high) for low, high in filled)]
    m = m - np.array([low for low, _ in filled])
    if order == 0:
        m = np.floor(m + 0.5 + 1e-6)
    out = ndimage.map_coordinates(part, np.moveaxis(m, -1, 0), order=order, mode="nearest")
    return np.where(inside, out, 0)


def shared_out(values, to_model, shape, dense_shape, order, filled, finer=40):
    """An extensive map: its density, averaged over that many places an axis in each voxel of the scan, times the voxel's volume.

    The outermost voxels of the scan reach to the border of the resampled grid where that is wider. Axes that were not resampled are
    taken at their centres.
    """
    places, widths = [], []
    for axis, n in enumerate(shape):
        across = int(np.argmax(np.abs(to_model[:3, axis])))
        step = abs(to_model[across, axis])  # model voxels a voxel of the scan
        begin, end = np.arange(n) - 0.5, np.arange(n) + 0.5
        if abs(step - 1) < 1e-6:
            places.append(np.arange(n).astype(float)[:, None])
        else:
            half = dense_shape[across] / step / 2
            begin[0] = min(begin[0], (n - 1) / 2 - half)
            end[-1] = max(end[-1], (n - 1) / 2 + half)
            places.append(begin[:, None] + (end - begin)[:, None] * (np.arange(finer) + 0.5) / finer)
        widths.append((end - begin) * step)
    v = np.stack(np.meshgrid(*[p.ravel() for p in places], indexing="ij"), -1)
    fine = at_places(values, v @ to_model[:3, :3].T + to_model[:3, 3], order, filled)
    for axis, p in enumerate(places):
        fine = fine.reshape(fine.shape[:axis] + p.shape + fine.shape[axis + 1 :]).mean(axis + 1)
    return fine * widths[0][:, None, None] * widths[1][:, None] * widths[2]


def case(name, data, affine, card, normalize, codes=None, spacing=None, shape=None, spatial=None, axes="ijk", fill=0.0,
         **resampling):
    if data.ndim == 3:
        data = data[..., None]
    data = data.astype(np.float32)
    turned, turned_affine = reorient(data, affine, codes)
    dense, dense_affine = resample(turned, turned_affine, spacing, **resampling)
    scaled = np.stack([normalize(dense[..., c]) for c in range(dense.shape[3])], -1)
    model_shape = shape or list(dense.shape[:3])
    model, model_affine = crop_pad(scaled, dense_affine, model_shape, fill)
    order = ["ijk".index(a) for a in axes]
    tensor = np.transpose(model, [3, *order])
    out = {
        "name": name,
        "shape": list(data.shape),
        "voxels": numbers(data, "F"),
        "affine": affine[:3].ravel().tolist(),
        "card": card,
        "spatial": spatial or [model_shape[a] for a in order],
        "axes": axes,
        "tensor": numbers(tensor),
        "modelShape": list(model_shape),
        "modelAffine": model_affine[:3].ravel().tolist(),
        "resampled": spacing is not None,
    }
    # The way back is the same whatever brought the scan to the model's grid.
    if (spacing is not None or "crop" in name) and not resampling:
        relevance = RNG.normal(size=tensor.shape[1:]).astype(np.float32)
        on_grid = np.transpose(relevance, np.argsort(order)).astype(float)
        to_model = np.linalg.inv(model_affine) @ affine
        filled = []
        for wanted, n in zip(model_shape, dense.shape):
            shift = (wanted - n) // 2 if wanted >= n else -((n - wanted) // 2)
            filled.append((max(0, shift), min(wanted, shift + n)))
        arguments = (to_model, data.shape[:3])
        out["relevance"] = numbers(relevance)
        out["linear"] = numbers(sampled(on_grid, *arguments, 1, filled), "F")
        out["nearest"] = numbers(sampled(on_grid, *arguments, 0, filled), "F")
        if spacing is not None:
            out["shared"] = numbers(shared_out(on_grid, *arguments, dense.shape, 1, filled), "F")
            out["filledSum"] = float(on_grid[tuple(slice(a, b) for a, b in filled)].sum())
    return out


def orientations():
    shape = (5, 6, 4)
    affine = oblique((1, 1.2, 2), (0.1, -0.2, 0.15), (-3, 4, 5), "LPS")
    data = (np.arange(np.prod(shape)) + 1).reshape(shape, order="F")
    cases = []
    shapes = [(5, 6, 4), (3, 3, 3), (8, 7, 7), (2, 9, 4), (6, 4, 5)]
    for n, (axes, signs) in enumerate(itertools.product(itertools.permutations(range(3)), itertools.product((0, 1), repeat=3))):
        codes = "".join(("LR", "PA", "IS")[axis][sign] for axis, sign in zip(axes, signs))
        order = ("ijk", "kji", "jki")[n % 3]
        for wanted in (shapes[n % 5], shapes[(n + 1) % 5]):
            turned, turned_affine = reorient(data, affine, codes)
            model, model_affine = crop_pad(turned, turned_affine, wanted, 0)
            tensor = np.transpose(model, ["ijk".index(a) for a in order])
            cases.append(
                {"codes": codes, "axes": order, "shape": list(wanted), "tensor": tensor.ravel().tolist(),
                 "modelAffine": model_affine[:3].ravel().tolist()}
            )  # fmt: skip
    return {"shape": list(shape), "affine": affine[:3].ravel().tolist(), "cases": cases}


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    none = lambda x: x  # noqa: E731
    plain = oblique((1, 1, 1), (0, 0, 0), (-4, -5, -3))
    tilted = oblique((0.9, 1.1, 1.5), (0.2, -0.1, 0.3), (10, -20, 5), "PIR")
    blob = RNG.gamma(2.0, 50.0, size=(8, 7, 6))
    holes = np.where(RNG.uniform(size=(8, 7, 6)) < 0.4, 0, blob)
    two = RNG.normal(100, 20, size=(6, 5, 7, 2))
    cases = [
        case("no card", blob, plain, "", none),
        case("kji", blob, plain, "input: {axes: kji}", none, axes="kji"),
        case("crop and pad, padded with -2", blob, plain, "input: {shape: [6, 11, 7], background: -2}", none,
             shape=[6, 11, 7], fill=-2),
        case("zscore before padding", holes, plain, "input: {normalization: zscore, shape: [12, 5, 9], background: -1}",
             lambda x: (x - x.mean(dtype=float)) / x.std(dtype=float), shape=[12, 5, 9], fill=-1),
        case("zscore of nonzero voxels, all scaled", holes, plain, "input: {normalization: zscore, mask: nonzero}",
             lambda x: (x - x[x != 0].mean(dtype=float)) / x[x != 0].std(dtype=float)),
        case("zscore of nonzero voxels, zeros kept (MONAI)", holes, plain,
             "input: {normalization: zscore, mask: nonzero, keep_zeros: true}",
             lambda x: np.asarray(NormalizeIntensity(nonzero=True)(x.astype(np.float64)))),
        case("minmax (MONAI)", blob - 30, plain, "input: {normalization: minmax}",
             lambda x: np.asarray(ScaleIntensity()(x.astype(np.float64)))),
        case("given mean and deviation", blob, plain, "input: {normalization: {mean: 101.5, std: 40}}", lambda x: (x - 101.5) / 40),
        case("percentiles (MONAI)", blob, plain, "input: {normalization: {percentile: [1, 97.5]}}",
             lambda x: np.asarray(ScaleIntensityRangePercentiles(1, 97.5, 0, 1, clip=True)(x.astype(np.float64)))),
        case("percentiles of nonzero voxels", holes, plain,
             "input: {normalization: {percentile: [5, 95]}, mask: nonzero}",
             lambda x: np.clip((x - np.percentile(x[x != 0].astype(float), 5))
                               / np.subtract(*np.percentile(x[x != 0].astype(float), [95, 5])), 0, 1)),
        case("two channels, each scaled", two, tilted, "input: {normalization: zscore, axes: kji, orientation: RAS}",
             lambda x: (x - x.mean(dtype=float)) / x.std(dtype=float), codes="RAS", axes="kji"),
        case("coarser", blob, plain, "input: {spacing: 2}", none, spacing=[2, 2, 2]),
        case("finer", blob, plain, "input: {spacing: [0.5, 0.4, 0.7]}", none, spacing=[0.5, 0.4, 0.7]),
        case("one axis resampled", blob, plain, "input: {spacing: [1, 1.75, 1.00005]}", none, spacing=[1, 1.75, 1.00005]),
        case("oblique, turned, resampled, cropped and padded", blob, tilted,
             "input: {orientation: RAS, spacing: [1.3, 1.3, 1.3], shape: [8, 5, 9], axes: kji}", none,
             codes="RAS", spacing=[1.3, 1.3, 1.3], shape=[8, 5, 9], axes="kji"),
        case("oblique, turned, resampled to the model's size", blob, tilted,
             "input: {orientation: LAS, spacing: [2, 0.8, 1]}", none, codes="LAS", spacing=[2, 0.8, 1], shape=[4, 14, 12],
             spatial=[4, 14, 12]),
        case("coarser, by cubic B-splines after smoothing", blob, plain,
             "input: {spacing: [2, 1.6, 1], interpolation: cubic, antialias: true}", none, spacing=[2, 1.6, 1],
             rule="cubic", antialias=True),
        case("coarser, trilinear after smoothing", blob, plain, "input: {spacing: 2.5, antialias: true}", none,
             spacing=[2.5, 2.5, 2.5], antialias=True),
        case("finer, by cubic B-splines, two channels", two, plain, "input: {spacing: [0.7, 0.4, 0.9], interpolation: cubic}",
             none, spacing=[0.7, 0.4, 0.9], rule="cubic"),
        case("nearest, coarser and finer", blob, plain, "input: {spacing: [1.5, 0.4, 2], interpolation: nearest}", none,
             spacing=[1.5, 0.4, 2], rule="nearest"),
        case("oblique, turned, cubic, cropped and padded", blob, tilted,
             "input: {orientation: RAS, spacing: [1.3, 1.3, 1.3], interpolation: cubic, antialias: true, shape: [8, 5, 9], axes: kji}",
             none, codes="RAS", spacing=[1.3, 1.3, 1.3], shape=[8, 5, 9], axes="kji", rule="cubic", antialias=True),
    ]  # fmt: skip
    (OUT / "cases.json").write_text(json.dumps(cases))
    (OUT / "orientations.json").write_text(json.dumps(orientations()))

    # Voxel-wise statistics on a coarser grid that covers only part of the scan.
    affine = oblique((2, 2, 2), (0, 0, 0), (-4, -5, -3))
    shape = (4, 4, 4)
    ijk = np.stack(np.meshgrid(*[np.arange(n) for n in shape], indexing="ij"), -1)
    world = ijk @ affine[:3, :3].T + affine[:3, 3]
    mean = 100 + world @ np.array([1.0, -2.0, 0.5])
    std = np.where(ijk[..., 0] >= 0, 10 + world @ np.array([0.25, 0.0, 0.5]), 0)
    for name, data in (("mean", mean), ("std", std)):
        nib.save(nib.Nifti1Image(data.astype(np.float32), affine), OUT / f"{name}.nii.gz")


main()
