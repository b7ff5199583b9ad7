"""Simulated atrophy: what the patient and the training cohort are made with.

Atrophy of a region is a smooth velocity field, the gradient of a potential whose Laplacian is negative inside the region's
tissue (it shrinks) and positive in the cerebrospinal fluid near it (it widens), with the two in balance, so that nothing far
away moves. The field is integrated to a diffeomorphism (scaling and squaring). What is left of the tissue is also thinned:
a part of every voxel becomes fluid, most where the tissue meets fluid (partial volume).
The idea is that of simulated atrophy in the validation of morphometry, e.g. Karacali & Davatzikos, IEEE TMI 25 (2006).

Arrays are in voxel order i, j, k; fields have shape (3, i, j, k) and are in voxels of their grid, here 1 mm.
"""
from dataclasses import dataclass

import nibabel
import numpy
from scipy import fft, ndimage

# AAL indices as in MRIcron's aal.nii.txt. Odd is left, even is right.
ATROPHY = {
    "hippocampus+amygdala L": (37, 41), "hippocampus+amygdala R": (38, 42),
    "parahippocampal L": (39,), "parahippocampal R": (40,),
    "inferior temporal L": (89,), "inferior temporal R": (90,),
}
# Loss of tissue that says nothing about the class: controls and patients have it alike.
ELSEWHERE = {
    "precentral": (1, 2), "frontal superior": (3, 4), "frontal middle": (7, 8), "frontal inferior": (13, 14),
    "insula": (29, 30), "cingulum middle": (33, 34), "calcarine": (43, 44), "lingual": (47, 48), "occipital middle": (51, 52),
    "parietal inferior": (61, 62), "precuneus": (67, 68), "caudate": (71, 72), "thalamus": (77, 78),
    "temporal superior": (81, 82), "cerebellum crus": (91, 92),
}
TARGET_LABELS = sorted(label for labels in ATROPHY.values() for label in labels)


@dataclass
class Brain:
    """A T1 scan in MNI space at 1 mm, RAS, with AAL labels on its own grid."""
    name: str
    values: numpy.ndarray   # float32
    affine: numpy.ndarray
    labels: numpy.ndarray   # uint8
    fluid: numpy.ndarray    # 0…1: how much of a voxel in or near the brain is cerebrospinal fluid
    fluid_value: float      # grey value of pure fluid


def load_brain(name, scan, atlas):
    image = nibabel.load(scan)
    if nibabel.aff2axcodes(image.affine) != ("R", "A", "S") or not numpy.allclose(image.header.get_zooms()[:3], 1):
        raise SystemExit(f"{scan}: expected a 1 mm scan in RAS order")
    values = numpy.asarray(image.dataobj, dtype=numpy.float32)
    labels = labels_on(image.affine, values.shape, atlas)
    tissue = values[(labels > 0) & (labels <= 90)]
    grey = numpy.median(tissue)                                # cortex and the white matter under it
    lateral = ndimage.binary_erosion(labels == 37) | ndimage.binary_erosion(labels == 38)
    grey = min(grey, float(numpy.median(values[lateral])))     # hippocampal grey matter
    fluid_value = 0.42 * grey
    inside = ndimage.binary_dilation(labels > 0, iterations=4)
    fluid = numpy.clip((0.82 * grey - values) / (0.82 * grey - fluid_value), 0, 1) * inside
    return Brain(name, values, image.affine, labels, fluid.astype(numpy.float32), float(fluid_value))


def labels_on(affine, shape, atlas):
    """The atlas's labels on another grid, nearest neighbour in world space."""
    image = nibabel.load(atlas)
    labels = numpy.asarray(image.dataobj).astype(numpy.uint8)
    to_atlas = numpy.linalg.inv(image.affine) @ affine
    return ndimage.affine_transform(labels, to_atlas[:3, :3], to_atlas[:3, 3], output_shape=shape, order=0)


def gradient_of_potential(divergence):
    """The field v with v = grad(phi), div(v) = divergence; periodic box with a margin."""
    margin = 16
    padded = numpy.pad(divergence.astype(numpy.float32), margin)
    spectrum = fft.rfftn(padded, workers=2)
    k = numpy.meshgrid(*(fft.fftfreq(n) for n in padded.shape[:2]), fft.rfftfreq(padded.shape[2]), indexing="ij", sparse=True)
    k = [2 * numpy.pi * x for x in k]
    square = k[0] ** 2 + k[1] ** 2 + k[2] ** 2
    square[0, 0, 0] = 1
    potential = -spectrum / square
    potential[0, 0, 0] = 0
    inner = tuple(slice(margin, -margin) for _ in range(3))
    return numpy.stack([fft.irfftn(1j * x * potential, padded.shape, workers=2)[inner] for x in k]).astype(numpy.float32)


def balanced(weight, total, most=1.8):
    """`weight` scaled, and cut at `most`, so that it sums to `total` (or as near as the cut allows)."""
    low, high = 0.0, 1e4
    for _ in range(40):
        scale = (low + high) / 2
        low, high = (scale, high) if numpy.minimum(scale * weight, most).sum() < total else (low, scale)
    return numpy.minimum(low * weight, most)


def atrophy_field(brain, labels, reach=12.0):
    """Velocity (voxels per unit of severity) and thinning (0…1) of one group of labels.

    At severity s the tissue inside shrinks to about exp(-s) of its volume; nothing further than `reach` mm away moves.
    """
    region = numpy.isin(brain.labels, labels)
    tissue = region * (1 - brain.fluid)
    distance = ndimage.distance_transform_edt(~region).astype(numpy.float32)
    widening = ndimage.gaussian_filter(brain.fluid * numpy.exp(-distance / 4.0) * (distance < reach), 0.7)
    divergence = -ndimage.gaussian_filter(tissue, 1.0)
    divergence += balanced(widening, -divergence.sum())
    fade = numpy.clip((reach - distance) / (reach - 4.0), 0, 1)
    window = fade * fade * (3 - 2 * fade)
    near_fluid = ndimage.gaussian_filter(brain.fluid, 1.5)
    thinning = ndimage.gaussian_filter(region.astype(numpy.float32), 1.0) * numpy.clip(0.35 + 1.3 * near_fluid, 0, 1)
    thinning[distance > 4] = 0
    return gradient_of_potential(divergence) * window, thinning.astype(numpy.float32)


def sample(values, at, order=1):
    return ndimage.map_coordinates(values, at, order=order, mode="constant", cval=0.0, prefilter=order > 1)


def grid(shape):
    return numpy.stack(numpy.meshgrid(*(numpy.arange(n, dtype=numpy.float32) for n in shape), indexing="ij"))


def integrate(velocity, squarings=5):
    """exp(velocity): the displacement u of the map x → x + u(x)."""
    u = velocity / 2 ** squarings
    here = grid(velocity.shape[1:])
    for _ in range(squarings):
        u = u + numpy.stack([sample(c, here + u) for c in u])
    return u


def thin(values, amount, fluid_value):
    """Mixes fluid into what is brighter than fluid."""
    return numpy.where(values > fluid_value, values + amount * (fluid_value - values), values)
