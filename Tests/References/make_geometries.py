"""Makes Tests/VolumesTests/Fixtures/geometries: FreeSurfer's images and SPM's .mat beside Analyze images, and what nibabel makes of them.

    python3 Tests/References/make_geometries.py

Expected values are those of `nibabel.load(...).get_fdata()` (i fastest), affines those of `.affine`.
"""
import gzip, json, pathlib, struct
import nibabel as nib, numpy as np
from scipy import io as sio

out = pathlib.Path(__file__).resolve().parent.parent / "VolumesTests" / "Fixtures" / "geometries"
out.mkdir(parents=True, exist_ok=True)
for old in out.iterdir():
    old.unlink()
rng = np.random.default_rng(11)
shape = (4, 3, 2)
oblique = np.array([[-1.4, 0.3, 0.1, 12.5], [0.2, 0.4, -2.3, -31], [-0.1, -1.9, -0.5, 7.25], [0, 0, 0, 1]])
cases = []


def record(name):
    image = nib.load(out / name)
    data = np.asarray(image.dataobj, dtype=np.float64)
    cases.append({
        "file": name, "shape": list(data.shape[:3]), "channels": data.shape[3] if data.ndim > 3 else 1,
        "affine": np.asarray(image.affine)[:3].ravel().tolist(), "values": [float(v) for v in data.ravel(order="F")],
    })


for kind in ("u1", "i2", "i4", "f4"):
    data = rng.integers(0, 200, shape).astype(kind) if kind != "f4" else rng.normal(0, 100, shape).astype(kind)
    name = f"{kind}.mgz" if kind != "i2" else f"{kind}.mgh"
    nib.MGHImage(data, oblique).to_filename(out / name)
    record(name)
nib.MGHImage(rng.normal(0, 1, shape + (3,)).astype("f4"), oblique).to_filename(out / "frames.mgz")
record("frames.mgz")
# Without a geometry.
bytes_ = bytearray(gzip.decompress((out / "f4.mgz").read_bytes()))
bytes_[28:30] = struct.pack(">h", 0)
(out / "no_geometry.mgh").write_bytes(bytes_)
record("no_geometry.mgh")

one_based = oblique.copy()
one_based[:3, 3] -= oblique[:3, :3].sum(axis=1)
other = np.diag([2.0, 2, 3, 1])
other[:3, 3] = [-4, -5, -6]


def analyze(name, save):
    image = nib.AnalyzeImage(rng.integers(0, 900, shape).astype("i2"), np.diag([-2.0, 2, 3, 1]))
    nib.save(image, out / f"{name}.img")
    save(out / f"{name}.mat")
    record(f"{name}.img")


analyze("mat_and_m", lambda path: sio.savemat(path, {"M": other, "mat": one_based}, format="4"))
analyze("m_alone", lambda path: sio.savemat(path, {"M": other}, format="4"))
analyze("single", lambda path: sio.savemat(path, {"M": other.astype("f4")}, format="4"))
analyze("level5", lambda path: sio.savemat(path, {"M": other, "mat": one_based}, format="5"))
analyze("level7", lambda path: sio.savemat(path, {"text": "x", "mat": one_based}, format="5", do_compression=True))
analyze("several", lambda path: sio.savemat(path, {"mat": np.stack([one_based, other], axis=2)}, format="5"))
analyze("empty", lambda path: path.write_bytes(b""))
analyze("whole", lambda path: sio.savemat(path, {"M": other.astype("i4")}, format="5"))
(out / "cases.json").write_text(json.dumps({"nibabel": nib.__version__, "cases": cases}))
print(len(cases), "cases")
