"""Makes Tests/PellucidToolTests/Fixtures/fills: what numpy and scipy say that occluded voxels of a tilted scan become.

    python Tests/References/make_fills.py                   # the fixtures
    python Tests/References/make_fills.py --tool PELLUCID   # the same comparison, here and now, with the tool on a scan of 4 mm

The scan is the sample patient, smoothed and brought to a tilted grid whose axes run to the left, down and to the front. The network adds up
its input, so that occluding a single voxel takes (value - fill) from the score: the map of 1-voxel windows shows the fill. Needs numpy, scipy,
nibabel and onnx (made with the versions that it prints).
"""

import argparse
import json
import pathlib
import subprocess
import tempfile

import nibabel
import numpy
import onnx
import scipy
from onnx import TensorProto, helper, numpy_helper
from scipy import ndimage

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
OUT = ROOT / "Tests" / "PellucidToolTests" / "Fixtures" / "fills"
SIGMA, NUMBER, FEATHER = 14.0, -1.5, 18.0
CENTRE, RADIUS = numpy.array([-20.0, -25.0, 5.0]), 21.0
UNDEFINED, BACKGROUND = 1e6, -0.8
NOTICE = """tilted.nii.gz, template.nii.gz and expected.nii.gz are made from samples/patient_T1.nii.gz and samples/colin27_T1.nii.gz, resampled
to some 9 mm. samples/NOTICE names their source and its licence.
"""
CARD = """input:
  axes: kji
  orientation: RAS
  normalization: zscore
  background: -0.8
output: {kind: regression, activation: none}
"""


def tilted(shape, size, axes, shift):
    """An affine of voxels of these sizes whose axes are those of the world in some order and direction, turned by 12, 8 and 5 degrees."""
    turn = scipy.spatial.transform.Rotation.from_euler("zyx", [12, 8, 5], degrees=True).as_matrix()
    affine = numpy.eye(4)
    affine[:3, :3] = turn @ numpy.array(axes, float).T * size
    affine[:3, 3] = numpy.array(shift) - affine[:3, :3] @ ((numpy.array(shape) - 1) / 2)
    return affine


def resampled(image, affine, shape, smooth=0.0):
    """Trilinear, 0 outside."""
    values = numpy.asarray(image.dataobj, float)
    if smooth:
        values = ndimage.gaussian_filter(values, smooth)
    return at(values, numpy.linalg.inv(image.affine) @ places(affine, shape), shape)


def places(affine, shape):
    grid = numpy.stack([axis.ravel() for axis in numpy.indices(shape)] + [numpy.ones(numpy.prod(shape))])
    return affine @ grid


def at(values, coordinates, shape, outside=0.0):
    return ndimage.map_coordinates(values, coordinates[:3], order=1, mode="constant", cval=outside).reshape(shape)


def blurred(x, sizes):
    """A Gaussian cut at 3 sigma, with weights that sum to 1 inside the image."""
    ones = numpy.ones_like(x)
    for axis, size in enumerate(sizes):
        radius = int(numpy.floor(3 * SIGMA / size))
        weights = numpy.exp(-0.5 * (numpy.arange(-radius, radius + 1) * size / SIGMA) ** 2)
        x, ones = (ndimage.correlate1d(a, weights, axis=axis, mode="constant") for a in (x, ones))
    return x / ones


def mirrored(x, affine):
    """The value at (-x, y, z); undefined where only a part of the eight voxels around it lies on the grid."""
    world = places(affine, x.shape)
    world[0] *= -1
    coordinates = numpy.linalg.inv(affine) @ world
    found = at(x, coordinates, x.shape)
    within = numpy.stack([(c >= 0) & (c <= n - 1) for c, n in zip(coordinates, x.shape)]).all(0).reshape(x.shape)
    outside = numpy.stack([(c <= -1) | (c >= n) for c, n in zip(coordinates, x.shape)]).any(0).reshape(x.shape)
    return numpy.where(within, found, numpy.where(outside, BACKGROUND, UNDEFINED))


def matched(x, scan, template, affine):
    there = resampled(template, affine, x.shape)
    both = (scan != 0) & (there != 0)
    scaled = (there - there[both].mean()) / there[both].std() * x[both].std() + x[both].mean()
    return numpy.where(there == 0, x[scan == 0].mean(), scaled)


def expectation(image, template):
    scan, affine = numpy.asarray(image.dataobj, float), image.affine
    sizes = numpy.linalg.norm(affine[:3, :3], axis=0)
    x = (scan - scan.mean()) / scan.std()
    sphere = (((places(affine, x.shape)[:3] - CENTRE[:, None]) ** 2).sum(0) <= RADIUS**2).reshape(x.shape)
    weight = numpy.clip(1 - ndimage.distance_transform_edt(~sphere, sampling=sizes) / FEATHER, 0, None)
    volumes = {"input": x, "blur": blurred(x, sizes), "mirror": mirrored(x, affine), "template": matched(x, scan, template, affine)}
    numbers = {
        "sigma": SIGMA, "number": NUMBER, "mean": x[scan != 0].mean(), "at": CENTRE.tolist(), "radius": RADIUS, "feather": FEATHER,
        "sphere": int(sphere.sum()), "hard_drop": float((x - NUMBER)[sphere].sum()), "soft_drop": float((weight * (x - NUMBER)).sum()),
        "undefined": UNDEFINED, "volumes": list(volumes),
    }
    return volumes, numbers


def write(folder, scale):
    """A scan and a template, about `scale` mm a voxel, and the network."""
    folder.mkdir(parents=True, exist_ok=True)
    patient = nibabel.load(ROOT / "samples" / "patient_T1.nii.gz")
    healthy = nibabel.load(ROOT / "samples" / "colin27_T1.nii.gz")
    size = numpy.array([1.0, 1.15, 0.9]) * scale
    shape = tuple(numpy.ceil(numpy.array([170, 190, 200]) / size).astype(int))
    affine = tilted(shape, size, [[-1, 0, 0], [0, 0, -1], [0, 1, 0]], [3, -20, 10])
    values = resampled(patient, affine, shape, scale / 4)
    image = nibabel.Nifti1Image(numpy.where(values > 12, values, 0).round().astype(numpy.int16), affine)
    nibabel.save(image, folder / "tilted.nii.gz")
    # Another grid, another tilt, other units.
    size = numpy.array([1.1, 1.1, 1.1]) * scale
    shape = tuple(numpy.ceil(numpy.array([150, 160, 180]) / size).astype(int))
    affine = tilted(shape, size, [[0, 1, 0], [0, 0, -1], [1, 0, 0]], [0, -15, 15])
    values = resampled(healthy, affine, shape, scale / 4)
    template = nibabel.Nifti1Image(numpy.where(values > 12, 40 * values + 500, 0).round().astype(numpy.int16), affine)
    nibabel.save(template, folder / "template.nii.gz")
    graph = helper.make_graph(
        [helper.make_node("ReduceSum", ["image", "axes"], ["score"], keepdims=0)], "sum",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 1, "D", "H", "W"])],
        [helper.make_tensor_value_info("score", TensorProto.FLOAT, [1, 1])],
        [numpy_helper.from_array(numpy.array([2, 3, 4], numpy.int64), "axes")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="make_fills")
    (folder / "sum.onnx").write_bytes(model.SerializeToString())
    (folder / "sum.yaml").write_text(CARD)
    return image, template


def compare(tool):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        volumes, numbers = expectation(*write(folder, 4.0))
        print("grid", volumes["input"].shape)

        def fill(*options):
            subprocess.run(
                [tool, "explain", "tilted.nii.gz", "--model", "sum.onnx", "--method", "occlusion", "--patch", "1", "--stride", "1",
                 "--score", "logit", "--out", "out", "--fill", *options], cwd=folder, check=True, stdout=subprocess.DEVNULL)
            return volumes["input"] - nibabel.load(folder / "out" / "tilted_occlusion.nii.gz").get_fdata()

        for word, options in [("blur", ["blur", "--sigma", str(SIGMA)]), ("mirror", ["mirror"]), ("template", ["template.nii.gz"])]:
            wanted = volumes[word]
            defined = wanted != UNDEFINED
            found = fill(*options)
            print(f"{word}: largest difference {numpy.abs(found - wanted)[defined].max():.1e}, sd {wanted[defined].std():.2f}, "
                  f"{defined.mean():.1%} of the voxels compared")
        for word, value in [("mean", numbers["mean"]), (str(NUMBER), NUMBER)]:
            print(f"{word}: largest difference {numpy.abs(fill(word) - value).max():.1e}")
        for extra, key in [([], "hard_drop"), (["--feather", str(FEATHER)], "soft_drop")]:
            place = ",".join(map(str, CENTRE))
            answer = subprocess.run(
                [tool, "lesion", "tilted.nii.gz", "--model", "sum.onnx", "--at", place, "--radius", str(RADIUS), "--score", "logit",
                 "--fill", str(NUMBER), *extra], cwd=folder, check=True, capture_output=True, text=True)
            print(f"lesion {extra}: {json.loads(answer.stdout)['score_drop']:.4f}, scipy {numbers[key]:.4f}")
        draws = numpy.stack([fill("noise", "--sigma", str(SIGMA), "--seed", str(seed)) for seed in range(60)])
        x = volumes["input"]
        sizes = numpy.linalg.norm(nibabel.load(folder / "tilted.nii.gz").affine[:3, :3], axis=0)
        mean, spread = blurred(x, sizes), numpy.sqrt(numpy.clip(blurred(x * x, sizes) - blurred(x, sizes) ** 2, 0, None))
        sure = spread > 0.05
        z = (draws.mean(0) - mean)[sure] / (spread[sure] / numpy.sqrt(len(draws)))
        print(f"noise, 60 draws: z of the mean {z.mean():.3f} +- {z.std():.3f} (0 +- 1 wanted), "
              f"sd over the local one {(draws.std(0)[sure] / spread[sure]).mean():.3f} (0.988 wanted of 60)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--tool")
    arguments = parser.parse_args()
    print(f"numpy {numpy.__version__}, scipy {scipy.__version__}, nibabel {nibabel.__version__}, onnx {onnx.__version__}")
    if arguments.tool:
        compare(str(pathlib.Path(arguments.tool).resolve()))
    else:
        image, template = write(OUT, 9.0)
        volumes, numbers = expectation(image, template)
        stack = numpy.stack(list(volumes.values()), -1).astype(numpy.float32)
        nibabel.save(nibabel.Nifti1Image(stack, image.affine), OUT / "expected.nii.gz")
        (OUT / "NOTICE").write_text(NOTICE)
        (OUT / "expected.json").write_text(json.dumps(numbers, indent=1) + "\n")
        print("grid", image.shape, "template", template.shape)
