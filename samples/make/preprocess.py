"""What Pellucid does to a scan before the network sees it, as the model card says, in numpy.

Reorient to RAS; resample trilinearly to 2 mm about the centre of the grid (outside is 0); centred crop or pad to the shape;
then z-score with the mean and the population standard deviation of the voxels that are not zero, which stay zero.
"""
import nibabel
import numpy
from scipy import ndimage

SPACING = 2.0
SHAPE = (91, 109, 91)


def resample(values, spacing, wanted=(SPACING,) * 3):
    counts = [max(1, int(numpy.floor(n * s / w + 0.5))) for n, s, w in zip(values.shape, spacing, wanted)]
    step = [w / s for s, w in zip(spacing, wanted)]
    start = [(n - 1) / 2 - (m - 1) / 2 * t for n, m, t in zip(values.shape, counts, step)]
    return ndimage.affine_transform(values, step, start, output_shape=tuple(counts), order=1, mode="constant", cval=0.0)


def crop_or_pad(values, shape=SHAPE):
    """Centre on centre; where the sizes differ by an odd number the extra voxel goes (or is padded) at the high end."""
    for axis, wanted in enumerate(shape):
        have = values.shape[axis]
        if have >= wanted:
            low = (have - wanted) // 2
            values = numpy.take(values, numpy.arange(low, low + wanted), axis)
        else:
            low = (wanted - have) // 2
            pads = [(0, 0)] * values.ndim
            pads[axis] = (low, wanted - have - low)
            values = numpy.pad(values, pads)
    return values


def normalize(values):
    seen = values != 0
    mean, deviation = values[seen].mean(dtype=numpy.float64), values[seen].std(dtype=numpy.float64)
    return numpy.where(seen, (values - mean) / deviation, 0).astype(numpy.float32)


def grid(path, spacing=(SPACING,) * 3, shape=SHAPE):
    """The scan on the network's grid, not yet normalized."""
    image = nibabel.as_closest_canonical(nibabel.load(path))
    values = numpy.asarray(image.dataobj, dtype=numpy.float32)
    return crop_or_pad(resample(values, image.header.get_zooms()[:3], spacing), shape)


def network_input(path, spacing=(SPACING,) * 3, shape=SHAPE):
    return normalize(grid(path, spacing, shape))[None, None]


def network_affine(path):
    """Voxel of the network's grid → world (mm), for the scan at `path`."""
    image = nibabel.as_closest_canonical(nibabel.load(path))
    spacing = numpy.array(image.header.get_zooms()[:3], dtype=float)
    centre = (numpy.array(image.shape[:3]) - 1) / 2
    counts = numpy.floor(numpy.array(image.shape[:3]) * spacing / SPACING + 0.5)
    low = numpy.array([(h - w) // 2 if h >= w else -((w - h) // 2) for h, w in zip(counts, SHAPE)])
    step = SPACING / spacing
    matrix = numpy.diag([*step, 1.0])
    matrix[:3, 3] = centre + (low - (counts - 1) / 2) * step
    return image.affine @ matrix
