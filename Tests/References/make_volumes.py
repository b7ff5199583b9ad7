"""Makes Tests/VolumesTests/Fixtures: tiny images of every flavour, and what nibabel and scipy make of them.

    python3 Tests/References/make_volumes.py

Expected values are those of `nibabel.load(...).get_fdata()` (i fastest), affines those of `.affine`; versions stand in the files.
"""
import json, pathlib, struct
import nibabel as nib, numpy as np, scipy
from nibabel.orientations import aff2axcodes
from nibabel.processing import resample_from_to
from scipy import io as sio

out = pathlib.Path(__file__).resolve().parent.parent / "VolumesTests" / "Fixtures"
out.mkdir(parents=True, exist_ok=True)
for old in out.iterdir():
    if old.is_file():
        old.unlink()
rng = np.random.default_rng(7)
shape = (4, 3, 2)
cases = []


def rotation(x, y, z):
    c, s = np.cos, np.sin
    rx = np.array([[1, 0, 0], [0, c(x), -s(x)], [0, s(x), c(x)]])
    ry = np.array([[c(y), 0, s(y)], [0, 1, 0], [-s(y), 0, c(y)]])
    rz = np.array([[c(z), -s(z), 0], [s(z), c(z), 0], [0, 0, 1]])
    return rx @ ry @ rz


oblique = np.eye(4)
oblique[:3, :3] = rotation(0.2, -0.35, 0.5) @ np.diag([-1.5, 2, 2.5])
oblique[:3, 3] = [12.5, -31, 7.25]
sheared = oblique.copy()
sheared[:3, :3] = sheared[:3, :3] @ np.array([[1, 0.2, 0], [0, 1, 0.1], [0, 0, 1]])


def values(dtype, shape=shape):
    kind = np.dtype(dtype)
    if kind.kind == "f":
        return rng.normal(0, 100, shape).astype(kind)
    info = np.iinfo(kind)
    data = rng.integers(info.min, info.max, shape, dtype=kind, endpoint=True)
    data.flat[0], data.flat[1] = info.min, info.max
    return data


def record(name, notes=None, channels=1):
    image = nib.load(out / name)
    data = np.asarray(image.dataobj, dtype=np.float64)
    cases.append({
        "file": name, "shape": list(data.shape[:3]) + [1] * (3 - min(3, data.ndim)), "channels": channels,
        "affine": image.affine[:3].ravel().tolist(), "values": [float(v) for v in data.ravel(order="F")],
        "codes": "".join(aff2axcodes(image.affine)),
        "sform": int(image.header.get("sform_code", 2)) if isinstance(image.header, nib.Nifti1Header) else 2,
        "qform": int(image.header.get("qform_code", 0)) if isinstance(image.header, nib.Nifti1Header) else 0,
    })


def save(name, data, affine=oblique, klass=nib.Nifti1Image, endian="<", slope=None, inter=None, sform=1, qform=0, edit=None):
    header = klass.header_class(endianness=endian)
    header.set_data_dtype(data.dtype.newbyteorder(endian))
    image = klass(data, None, header)
    if affine is not None:
        image.header.set_data_shape(data.shape)
        image.set_sform(affine, sform, update_affine=False) if sform else None
        image.set_qform(affine, qform, update_affine=False) if qform else None
    if edit:
        edit(image)
    image.header.set_data_shape(data.shape)
    # Stored numbers as they are: nibabel would rescale them to fit.
    files = {k: pathlib.Path(v.filename) for k, v in klass.filespec_to_file_map(str(out / name)).items()}
    hdr = image.header.copy()
    single = klass in (nib.Nifti1Image, nib.Nifti2Image)
    hdr["magic"] = {(1, True): b"n+1", (1, False): b"ni1", (2, True): b"n+2\0\r\n\032\n", (2, False): b"ni2\0\r\n\032\n"}[
        (2 if "2" in klass.__name__ else 1, single)]
    hdr["vox_offset"] = hdr.single_vox_offset if single else 0
    if slope is not None:
        hdr["scl_slope"], hdr["scl_inter"] = slope, inter
    raw = data.astype(data.dtype.newbyteorder(endian)).tobytes(order="F")
    head = hdr.binaryblock
    import gzip
    def put(path, content):
        path.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)
    if single:
        put(files["image"], head + b"\0" * (int(hdr["vox_offset"]) - len(head)) + raw)
    else:
        put(files["header"], head + b"\0\0\0\0")
        put(files["image"], raw)
    record(name, channels=data.shape[3] if data.ndim > 3 else 1)


for dtype in ["u1", "i1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"]:
    save(f"type_{dtype}_little.nii", values(dtype))
    save(f"type_{dtype}_big.nii.gz", values(dtype), endian=">")
    if dtype in ("u1", "i2", "f4"):
        save(f"type_{dtype}_scaled.nii.gz", values(dtype), slope=0.0125, inter=-3.5)
save("scaled_big.nii", values("i4"), endian=">", slope=-2.0, inter=10.0)
save("slope_zero.nii", values("i2"), slope=0.0, inter=5.0)
save("pair.img", values("i2"), klass=nib.Nifti1Pair)
save("pair_zipped.img.gz", values("i2"), klass=nib.Nifti1Pair, endian=">")
save("nifti2.nii.gz", values("f4"), klass=nib.Nifti2Image)
save("nifti2_big.nii", values("u2"), klass=nib.Nifti2Image, endian=">", slope=2.0, inter=1.0)
save("nifti2_pair.img", values("f8"), klass=nib.Nifti2Pair)
save("sheared.nii", values("u1"), affine=sheared)
save("qform.nii", values("u1"), sform=0, qform=1)
left = oblique @ np.diag([-1, 1, 1, 1])
save("qform_left.nii.gz", values("u1"), affine=left, sform=0, qform=3, endian=">")
save("qform_half_turn.nii", values("u1"), affine=np.diag([-2.0, -2, 3, 1]), sform=0, qform=1)


def both(image):
    image.set_qform(oblique, 1, update_affine=False)
    image.set_sform(np.diag([2.0, 2, 2, 1]), 4, update_affine=False)


save("qform_and_sform.nii", values("u1"), affine=None, edit=both)
save("no_codes.nii", values("u1"), affine=None, edit=lambda im: im.header.set_zooms((2, 3, 4)))
save("one_volume.nii.gz", values("i2", shape + (1,)))
save("channels.nii.gz", values("i2", shape + (3,)))
save("flat.nii", values("i2", (4, 3)))


def analyze(name, klass, endian, data, **fields):
    header = klass.header_class(endianness=endian)
    header.set_data_dtype(data.dtype)
    header.set_data_shape(data.shape)
    header.set_zooms((2, 3, 4))
    for key, value in fields.items():
        header[key] = value
    (out / f"{name}.hdr").write_bytes(header.binaryblock)
    (out / f"{name}.img").write_bytes(data.astype(data.dtype.newbyteorder(endian)).tobytes(order="F"))
    record(f"{name}.img")


origin = np.array([2, 3, 1, 0, 0], "i2")
analyze("analyze", nib.AnalyzeImage, "<", values("i2"))
analyze("analyze_big", nib.AnalyzeImage, ">", values("f4"))
analyze("analyze_spm99_origin", nib.Spm99AnalyzeImage, ">", values("i2"), origin=origin, scl_slope=0.5)
analyze("analyze_far_origin", nib.Spm99AnalyzeImage, "<", values("i2"), origin=np.array([900, 3, 1, 0, 0], "i2"))
analyze("analyze_spm2", nib.Spm2AnalyzeImage, "<", values("i2"), scl_slope=2, scl_inter=0.5)
analyze("analyze_spm2_range", nib.Spm2AnalyzeImage, ">", values("i2"), scl_slope=0, glmax=110, glmin=10, cal_max=0.75, cal_min=0.25)

(out / "cases.json").write_text(json.dumps({"nibabel": nib.__version__, "cases": cases}))

# Orientation codes of oblique and sheared affines.
codes = []
for _ in range(60):
    m = np.eye(4)
    m[:3, :3] = rotation(*rng.uniform(-np.pi, np.pi, 3)) @ np.diag(rng.uniform(0.4, 4, 3) * rng.choice([-1, 1], 3))
    if rng.random() < 0.4:
        m[:3, :3] = m[:3, :3] @ (np.eye(3) + np.triu(rng.uniform(-0.6, 0.6, (3, 3)), 1))
    codes.append({"affine": m[:3].ravel().tolist(), "codes": "".join(aff2axcodes(m))})
(out / "codes.json").write_text(json.dumps({"nibabel": nib.__version__, "codes": codes}))

# Resampling, order 1, as nibabel.processing (scipy.ndimage.affine_transform, mode constant).
source = rng.normal(0, 1, (7, 6, 5)).astype("f4")
grids = {
    "oblique": (oblique, (6, 7, 5), np.array([[1.2, 0.1, 0, 9], [0, 1.4, 0.2, -34], [-0.1, 0, 1.1, 4], [0, 0, 0, 1]])),
    "finer": (np.diag([2.0, 2, 2, 1]), (11, 9, 8), np.array([[1, 0, 0, 0.5], [0, 1, 0, -1], [0, 0, 1, 0.25], [0, 0, 0, 1]])),
    "permuted": (np.diag([2.0, 3, 2, 1]), (5, 6, 8),
                 np.array([[0, 0, -1.5, 11], [1.75, 0, 0, 0.5], [0, -2, 0, 9.5], [0, 0, 0, 1]], float)),
}
resampled = []
for name, (a, target_shape, b) in grids.items():
    image = nib.Nifti1Image(source, a)
    result = resample_from_to(image, (target_shape, b), order=1, mode="constant", cval=-7)
    resampled.append({
        "name": name, "affine": a[:3].ravel().tolist(), "target": b[:3].ravel().tolist(), "shape": list(target_shape),
        "values": [float(v) for v in result.get_fdata().ravel(order="F")],
    })
(out / "resampled.json").write_text(json.dumps({
    "nibabel": nib.__version__, "scipy": scipy.__version__, "shape": list(source.shape),
    "source": [float(v) for v in source.ravel(order="F")], "cases": resampled}))

# Resampling, order 3 and with a Gaussian before it where the target is coarser, as scipy does; a coarse and oblique grid among them.
import SimpleITK as sitk  # noqa: E402
from scipy import ndimage  # noqa: E402

grids["coarser"] = (np.diag([1.0, 1.2, 0.9, 1]), (4, 3, 4), np.array([[1.9, 0, 0, 0.2], [0, 2.6, 0, 0.1], [0, 0, 1.1, 0.15], [0, 0, 0, 1]]))
grids["coarser, oblique"] = (oblique, (4, 4, 3), oblique @ np.array([[1.8, 0.2, 0, 0.3], [-0.3, 1.5, 0.1, 0.93], [0, 0.2, 1.4, 0.2], [0, 0, 0, 1]]))
cubic = []
for name, (a, target_shape, b) in grids.items():
    image = nib.Nifti1Image(source, a)
    result = resample_from_to(image, (target_shape, b), order=3, mode="constant", cval=-7).get_fdata()
    # The smoothing of scikit-image's resize(anti_aliasing=True), for the steps of the target's grid.
    steps = np.linalg.norm((np.linalg.inv(a) @ b)[:3, :3], axis=1)
    sigma = np.maximum(0, (np.where(steps > 1 + 1e-6, steps, 1) - 1) / 2)
    smooth = ndimage.gaussian_filter(source.astype(float), sigma, mode="mirror")
    calm = [resample_from_to(nib.Nifti1Image(smooth, a), (target_shape, b), order=order, mode="constant", cval=-7).get_fdata() for order in (1, 3)]
    # SimpleITK's B-spline at the same points, where both are defined.
    lps = np.diag([-1.0, -1, 1])
    other = sitk.GetImageFromArray(np.ascontiguousarray(source.transpose(2, 1, 0)).astype(np.float64))
    m = lps @ a[:3, :3]
    inside = None
    if np.allclose(m.T @ m, np.diag(np.diag(m.T @ m)), atol=1e-9):
        sizes = np.linalg.norm(m, axis=0)
        other.SetSpacing(sizes.tolist()), other.SetDirection((m / sizes).ravel().tolist()), other.SetOrigin((lps @ a[:3, 3]).tolist())
        inside = []
        for index in np.ndindex(*target_shape[::-1]):
            p = (b @ np.array([*index[::-1], 1.0]))[:3]
            v = (np.linalg.inv(a) @ np.array([*p, 1.0]))[:3]
            ok = (v >= 0).all() and (v <= np.array(source.shape) - 1).all()
            inside.append(other.EvaluateAtPhysicalPoint((lps @ p).tolist(), sitk.sitkBSpline3) if ok else None)
    cubic.append({
        "name": name, "affine": a[:3].ravel().tolist(), "target": b[:3].ravel().tolist(), "shape": list(target_shape),
        "cubic": result.ravel(order="F").tolist(), "sigma": sigma.tolist(), "smoothed": smooth.ravel(order="F").tolist(),
        "antialiased": [c.ravel(order="F").tolist() for c in calm], "simpleitk": inside})
(out / "cubic.json").write_text(json.dumps({
    "nibabel": nib.__version__, "scipy": scipy.__version__, "SimpleITK": sitk.Version_VersionString(), "cases": cubic}))
