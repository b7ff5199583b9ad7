"""Makes Tests/TransformsTests/Fixtures: transforms as SimpleITK and nitransforms write them, and where both take points.

    pip install numpy nibabel nitransforms SimpleITK
    python3 Tests/References/make_transforms.py

cases.json: per case the words for `--atlas-transform`, the grids of the scan and the atlas, points of the scan's world (mm, RAS+) and
where they lie in the atlas's world; inverse.json: the same through a field that can be undone. Points of ITK's transforms are SimpleITK's, those of FLIRT's and FreeSurfer's are nitransforms'.
"""
import json
import pathlib
import shutil

import nibabel
import nitransforms
import numpy
import scipy.io
import SimpleITK as sitk
from nitransforms.io.lta import FSLinearTransform, VolumeGeometry
from nitransforms.linear import Affine
from nitransforms.nonlinear import DenseFieldTransform
from scipy import ndimage

OUT = pathlib.Path(__file__).resolve().parent.parent / "TransformsTests" / "Fixtures"
shutil.rmtree(OUT, ignore_errors=True)
OUT.mkdir(parents=True)
rng = numpy.random.default_rng(11)
LPS = numpy.diag([-1.0, -1, 1])
points = rng.uniform(-40, 40, (12, 3))


def image(name, shape, affine):
    """A grid; its voxels do not matter."""
    nibabel.Nifti1Image(numpy.ones(shape, numpy.uint8), affine).to_filename(OUT / name)
    return nibabel.load(OUT / name)


def grid(shape, codes, sizes, angles, centre):
    c, s = numpy.cos(angles), numpy.sin(angles)
    rotation = (numpy.array([[c[2], -s[2], 0], [s[2], c[2], 0], [0, 0, 1]]) @ numpy.array([[c[1], 0, s[1]], [0, 1, 0], [-s[1], 0, c[1]]])
                @ numpy.array([[1, 0, 0], [0, c[0], -s[0]], [0, s[0], c[0]]]))
    axes = numpy.zeros((3, 3))
    for column, code in enumerate(codes):
        axes["LRPAIS".index(code) // 2, column] = sizes[column] * (1 if code in "RAS" else -1)
    affine = numpy.eye(4)
    affine[:3, :3] = rotation @ axes
    affine[:3, 3] = centre - affine[:3, :3] @ ((numpy.array(shape) - 1) / 2)
    return affine


scan = image("scan.nii", (20, 24, 18), grid((20, 24, 18), "LAS", (4, 3.5, 4.5), (0.1, -0.2, 0.05), (3, -5, 8)))
right = image("right.nii", (16, 20, 22), grid((16, 20, 22), "RAS", (5, 4, 4), (0, 0, 0), (1, -18, 10)))
left = image("left.nii", (18, 18, 16), grid((18, 18, 16), "LAS", (5, 5, 5), (0, 0, 0), (0, -18, 12)))
cases = []


def case(words, expected, atlas=right, given=points, tolerance=1e-5):
    cases.append({
        "words": words, "tolerance": tolerance,
        "scan": {"shape": list(scan.shape), "affine": scan.affine[:3].ravel().tolist()},
        "atlas": {"shape": list(atlas.shape), "affine": atlas.affine[:3].ravel().tolist()},
        "points": numpy.asarray(given).tolist(), "expected": numpy.asarray(expected).tolist()})


def through(transform, given=points):
    """SimpleITK's points, from and to RAS+."""
    return numpy.array([transform.TransformPoint((LPS @ p).tolist()) for p in given]) @ LPS


# ITK, as SimpleITK writes it.
affine = sitk.AffineTransform(3)
affine.SetMatrix((numpy.eye(3) + rng.normal(0, 0.1, (3, 3))).ravel().tolist())
affine.SetTranslation([4.5, -7.25, 11])
affine.SetCenter([10, -20, 5])
euler = sitk.Euler3DTransform((3, 2, 1), 0.2, -0.35, 0.5, (5, -6, 7))
turned = sitk.Euler3DTransform((3, 2, 1), 0.2, -0.35, 0.5, (5, -6, 7))
turned.SetComputeZYX(True)
versor = sitk.VersorRigid3DTransform()
versor.SetRotation((0.1, 0.9, -0.3), -0.7)
versor.SetTranslation((1, 2, 3))
versor.SetCenter((4, 5, 6))
similarity = sitk.Similarity3DTransform()
similarity.SetRotation((0.3, -0.1, 0.2), 0.4)
similarity.SetScale(1.2)
similarity.SetTranslation((1, 2, 3))
similarity.SetCenter((9, 8, 7))
single = {"affine": affine, "euler": euler, "turned": turned, "versor": versor, "similarity": similarity,
          "translation": sitk.TranslationTransform(3, (3, -4, 5))}
for name, transform in single.items():
    for ending in ("txt", "mat"):
        sitk.WriteTransform(transform, str(OUT / f"{name}.{ending}"))
        case(f"{name}.{ending}", through(transform))
    case(f"inverse:{name}.mat", through(transform.GetInverse()))
composite = sitk.CompositeTransform([affine, euler, similarity])
sitk.WriteTransform(composite, str(OUT / "composite.txt"))
case("composite.txt", through(composite))
case("euler.txt,affine.mat", through(affine, through(euler)))
case("inverse:affine.txt,versor.mat", through(versor, through(affine.GetInverse())))

# A displacement field of ITK on an oblique grid; points in its inside, in its outer half voxel and outside of it.
shape = (7, 6, 5)
field_affine = grid(shape, "LPS", (9, 11, 13), (0.3, 0.1, -0.2), (2, 1, 3))
shifts = rng.normal(0, 6, (*shape, 3)).astype(numpy.float32)
direction = LPS @ field_affine[:3, :3]
sizes = numpy.linalg.norm(direction, axis=0)
vectors = sitk.GetImageFromArray(shifts.transpose(2, 1, 0, 3), isVector=True)
vectors.SetSpacing(sizes.tolist())
vectors.SetDirection((direction / sizes).ravel().tolist())
vectors.SetOrigin((LPS @ field_affine[:3, 3]).tolist())
sitk.WriteImage(vectors, str(OUT / "warp.nii.gz"))
field = sitk.DisplacementFieldTransform(sitk.Cast(sitk.ReadImage(str(OUT / "warp.nii.gz")), sitk.sitkVectorFloat64))
inside = nibabel.affines.apply_affine(field_affine, rng.uniform(0, 1, (12, 3)) * (numpy.array(shape) - 1))
edge = nibabel.affines.apply_affine(field_affine, [[-0.4, 2, 2], [6.4, 5.3, 4.4], [2, -0.45, 1], [3, 2, -0.3]])
outside = nibabel.affines.apply_affine(field_affine, [[-0.7, 2, 2], [6.6, 3, 1], [2, 9, 1], [3, 2, -4]])
everywhere = numpy.concatenate([inside, edge, outside])
case("warp.nii.gz", through(field, everywhere), given=everywhere, tolerance=1e-4)
case("warp.nii.gz,affine.mat", through(affine, through(field, everywhere)), given=everywhere, tolerance=1e-4)
case("affine.mat,warp.nii.gz", through(field, through(affine, everywhere)), given=everywhere, tolerance=1e-4)
# nitransforms on the same file, at voxel centres, where no interpolation takes part.
dense = DenseFieldTransform.from_filename(OUT / "warp.nii.gz", fmt="itk")
centres = nibabel.affines.apply_affine(dense.reference.affine, [[0, 0, 0], [3, 2, 1], [6, 5, 4], [1, 4, 2]])
case("warp.nii.gz", dense.map(centres), given=centres, tolerance=1e-4)

# FLIRT and FreeSurfer, as nitransforms writes them: its matrix takes points of the reference (scan) to the moving image (atlas).
matrix = numpy.eye(4)
matrix[:3, :3] += rng.normal(0, 0.08, (3, 3))
matrix[:3, 3] = [6, -9, 4]
linear = Affine(matrix, reference=scan)
for name, atlas in (("right", right), ("left", left)):
    linear.to_filename(OUT / f"flirt_{name}.mat", fmt="fsl", moving=atlas)
    case(f"flirt_{name}.mat", linear.map(points), atlas=atlas)
    case(f"flirt_{name}.mat:{name}.nii:scan.nii", linear.map(points), atlas=right)
    # The other direction: the scan moved to the atlas.
    back = Affine(numpy.linalg.inv(matrix), reference=atlas)
    back.to_filename(OUT / f"flirt_back_{name}.mat", fmt="fsl", moving=scan)
    case(f"inverse:flirt_back_{name}.mat", linear.map(points), atlas=atlas)
case("euler.txt,flirt_left.mat:left.nii:scan.nii", linear.map(through(euler)))
linear.to_filename(OUT / "world.lta", fmt="fs", moving=right)
case("world.lta", linear.map(points))
case("inverse:world.lta", nibabel.affines.apply_affine(numpy.linalg.inv(matrix), points))
# nitransforms writes world to world only, but reads voxels to voxels; the source is the moving image, as in FreeSurfer's own files.
lta = FSLinearTransform()
fields = lta.structarr
fields["src"] = numpy.asanyarray(VolumeGeometry.from_image(left))
fields["dst"] = numpy.asanyarray(VolumeGeometry.from_image(scan))
fields["m_L"] = numpy.linalg.inv(scan.affine) @ numpy.linalg.inv(matrix) @ left.affine
fields["type"], fields["sigma"] = 0, 1
(OUT / "voxels.lta").write_text(lta.to_string())
read = FSLinearTransform.from_filename(OUT / "voxels.lta").to_ras()
case("voxels.lta", nibabel.affines.apply_affine(read, points), atlas=left, tolerance=1e-4)

# What is no transform that can be used.
(OUT / "afni.1D").write_text("# 3dvolreg matrices (DICOM-to-DICOM, row-by-row):\n" + " ".join(["1", "0", "0", "0"] * 3) + "\n")
(OUT / "sheet.txt").write_text("subject age\nA 71\n")
sitk.WriteTransform(sitk.ScaleTransform(3, (1.1, 1.2, 1.3)), str(OUT / "scale.txt"))
sitk.WriteTransform(sitk.Euler2DTransform((1, 2), 0.1), str(OUT / "flat.txt"))
scipy.io.savemat(OUT / "spm.mat", {"M": numpy.eye(4)})  # MATLAB 5, as SPM writes
(OUT / "x5.x5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(64))

(OUT / "cases.json").write_text(json.dumps({
    "SimpleITK": sitk.Version_VersionString(), "nitransforms": nitransforms.__version__, "cases": cases}))
print(len(cases), sum(f.stat().st_size for f in OUT.iterdir()))

# A smooth field that folds nothing, as registrations make them, with a shear behind it: points, and
# where SimpleITK takes them.
smooth_rng = numpy.random.default_rng(18)
shape = (14, 16, 13)
field_affine = grid(shape, "LPS", (12, 12, 12), (0.1, 0.05, -0.1), (2, -10, 8))
shifts = numpy.stack([ndimage.gaussian_filter(smooth_rng.normal(0, 1, shape), 2.5, mode="constant") for _ in range(3)], axis=-1)
shifts = (shifts * (7 / numpy.abs(shifts).max())).astype(numpy.float32)
direction = LPS @ field_affine[:3, :3]
sizes = numpy.linalg.norm(direction, axis=0)
vectors = sitk.GetImageFromArray(shifts.transpose(2, 1, 0, 3), isVector=True)
vectors.SetSpacing(sizes.tolist())
vectors.SetDirection((direction / sizes).ravel().tolist())
vectors.SetOrigin((LPS @ field_affine[:3, 3]).tolist())
sitk.WriteImage(vectors, str(OUT / "smooth.nii.gz"))
smooth = sitk.DisplacementFieldTransform(sitk.Cast(sitk.ReadImage(str(OUT / "smooth.nii.gz")), sitk.sitkVectorFloat64))
shear = sitk.AffineTransform(3)
shear.SetMatrix([1.05, 0.06, -0.02, 0.01, 0.94, 0.05, -0.03, 0.02, 1.02])
shear.SetTranslation([4, -6, 3])
sitk.WriteTransform(shear, str(OUT / "shear.txt"))


def taken(transform, given):
    return [(LPS @ numpy.array(transform.TransformPoint((LPS @ p).tolist()))).tolist() for p in numpy.asarray(given)]


inside = nibabel.affines.apply_affine(field_affine, 2 + smooth_rng.uniform(0, 1, (40, 3)) * (numpy.array(shape) - 5))
(OUT / "inverse.json").write_text(json.dumps({"SimpleITK": sitk.Version_VersionString(), "cases": [
    {"words": "smooth.nii.gz", "points": inside.tolist(), "expected": taken(smooth, inside)},
    {"words": "smooth.nii.gz,shear.txt", "points": inside.tolist(), "expected": taken(shear, taken(smooth, inside))},
]}))
