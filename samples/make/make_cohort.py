"""Makes the simulated cohort, on the network's 2 mm grid, from real brains.

usage: make_cohort.py --out DIR [--templates DIR] [--nilearn DIR] [--train N] [--validation N] [--test N] [--workers N]
Writes {train,validation,test}.npy (N, 91, 109, 91; uint8 greys) and .tsv (base, label, severities) into DIR.

Every subject is one of the base brains under a random smooth warp, small rotation, scaling and shift, loss of tissue in some
regions elsewhere in the brain, contrast (gamma), bias field, blur and noise. Patients (AD) have atrophy of the medial and
inferior temporal lobe besides; controls (CN) have next to none. Subject n of a set depends on the set's seed and n alone.
"""
import argparse
import dataclasses
import multiprocessing
from pathlib import Path

import nibabel
import numpy
from scipy import ndimage

import preprocess
import simulate

SEEDS = {"train": 101, "validation": 202, "test": 303}
BASES = ("colin27", "colin27-brain", "mni152")
fields = {}   # base → Unit; filled before the workers are forked


class Unit:
    """A base brain with the fields of every group at unit severity, on its own 2 mm grid (velocities in mm)."""

    def __init__(self, brain, values=None):
        self.values = brain.values if values is None else values
        self.labels, self.affine = brain.labels, brain.affine
        self.fluid_value = brain.fluid_value
        self.centre = (numpy.array(brain.values.shape, numpy.float32) - 1) / 2
        self.half = (numpy.array(preprocess.SHAPE, numpy.float32) - 1) / 2

    def compute(self, brain):
        at = self.at(2 * (simulate.grid(preprocess.SHAPE) - self.half[:, None, None, None]))
        self.atrophy = {n: self.unit(brain, labels, at) for n, labels in simulate.ATROPHY.items()}
        self.elsewhere = {n: self.unit(brain, labels, at) for n, labels in simulate.ELSEWHERE.items()}
        return self

    def at(self, offset):
        """Offsets from the centre of the grid in mm → voxel coordinates of the base."""
        return offset + self.centre[:, None, None, None]

    @staticmethod
    def unit(brain, labels, at):
        velocity, thinning = simulate.atrophy_field(brain, labels)
        velocity = numpy.stack([simulate.sample(c, at) for c in velocity])
        return velocity.astype(numpy.float16), simulate.sample(thinning, at).astype(numpy.float16)

    def with_values(self, values):
        other = Unit.__new__(Unit)
        other.__dict__.update(self.__dict__, values=values)
        return other


def smooth_noise(random, cells, count):
    """`count` smooth random fields on the network's grid, of unit standard deviation at the control points."""
    coarse = random.standard_normal((count, *cells)).astype(numpy.float32)
    at = simulate.grid(preprocess.SHAPE)
    for axis in range(3):
        at[axis] *= (cells[axis] - 3) / (preprocess.SHAPE[axis] - 1)
        at[axis] += 1
    if count == 1:
        return numpy.stack([ndimage.map_coordinates(c, at, order=3, mode="nearest") for c in coarse])
    half = [ndimage.map_coordinates(c, at[:, ::2, ::2, ::2], order=3, mode="nearest") for c in coarse]
    double = simulate.grid(preprocess.SHAPE) / 2
    return numpy.stack([ndimage.map_coordinates(h, double, order=1, mode="nearest") for h in half])


def rigid_and_scale(random):
    angles = numpy.deg2rad(random.uniform(-4, 4, 3))
    matrix = numpy.diag(random.uniform(0.95, 1.05, 3))
    for axis, angle in enumerate(angles):
        a, b = [k for k in range(3) if k != axis]
        turn = numpy.eye(3)
        turn[a, a] = turn[b, b] = numpy.cos(angle)
        turn[a, b], turn[b, a] = -numpy.sin(angle), numpy.sin(angle)
        matrix = matrix @ turn
    return matrix.astype(numpy.float32), random.uniform(-4, 4, 3).astype(numpy.float32)


def draw_severities(random, patient):
    """Group → (severity, thinning). A patient has at least two groups hit; severity varies by a factor of three and more."""
    drawn = {}
    if patient:
        overall = random.uniform(0.35, 0.85)
        names = [n for n in simulate.ATROPHY if random.random() < 0.75]
        if len(names) < 2:
            names = list(simulate.ATROPHY)
        for name in names:
            factor = {"h": 1.0, "p": 0.75, "i": 0.6}[name[0]]
            drawn[name] = (overall * factor * random.uniform(0.7, 1.2), random.uniform(0.1, 0.35))
    else:
        drawn = {n: (random.uniform(0, 0.08), random.uniform(0, 0.04)) for n in simulate.ATROPHY}
    return drawn


@dataclasses.dataclass
class Draw:
    """Everything that is random about a subject."""
    base: str
    patient: bool
    severities: dict      # group of simulate.ATROPHY → (severity, thinning)
    elsewhere: list       # (group of simulate.ELSEWHERE, severity, thinning)
    matrix: numpy.ndarray
    shift: numpy.ndarray
    warps: list           # (mm, smooth fields)
    gamma: float
    bias: numpy.ndarray
    blur: float
    noise: numpy.ndarray  # parts of white


def is_patient(number):
    return (number // len(BASES)) % 2 == 1


def draw_subject(kind, number):
    random = numpy.random.default_rng([SEEDS[kind], number])
    patient = is_patient(number)
    severities = draw_severities(random, patient)
    elsewhere = random.choice(list(simulate.ELSEWHERE), random.integers(2, 6), replace=False)
    elsewhere = [(n, random.uniform(0.1, 0.8), random.uniform(0.0, 0.3)) for n in elsewhere]
    matrix, shift = rigid_and_scale(random)
    warps = [(random.uniform(0.5, 2.5), smooth_noise(random, (8, 9, 8), 3)),      # cells of about 36 mm
             (random.uniform(0.1, 0.7), smooth_noise(random, (15, 17, 15), 3))]   # and of about 15 mm
    return Draw(
        BASES[number % len(BASES)], patient, severities, elsewhere, matrix, shift, warps,
        gamma=random.uniform(0.8, 1.25), bias=random.uniform(0.0, 0.08) * smooth_noise(random, (5, 5, 5), 1)[0],
        blur=random.uniform(0, 0.45),
        noise=random.uniform(0.0, 0.03) * random.standard_normal(preprocess.SHAPE).astype(numpy.float32))


def anatomy(draw, unit, severities):
    """The subject's tissue, not yet photographed, and where in the base each of its voxels comes from.

    `severities` are the class's atrophy, the draw's own or none; all else is as drawn.
    """
    drawn = [(unit.atrophy[n], *s) for n, s in severities.items()]
    drawn += [(unit.elsewhere[n], shrink, loss) for n, shrink, loss in draw.elsewhere]
    velocity = numpy.zeros((3, *preprocess.SHAPE), numpy.float32)
    kept = numpy.ones(preprocess.SHAPE, numpy.float32)
    for (field, thinning), shrink, loss in drawn:
        velocity += shrink * field
        kept *= 1 - loss * thinning
    back = simulate.integrate(-velocity / 2, squarings=3) * 2              # mm, on the 2 mm grid of the base

    offset = 2 * (simulate.grid(preprocess.SHAPE) - unit.half[:, None, None, None])
    offset = numpy.einsum("ab,bijk->aijk", draw.matrix, offset) + draw.shift[:, None, None, None]
    for size, warp in draw.warps:
        offset += size * warp
    on_grid = offset / 2 + unit.half[:, None, None, None]
    at = unit.at(offset + numpy.stack([simulate.sample(c, on_grid) for c in back]))
    values = simulate.sample(unit.values, at)
    lost = 1 - ndimage.map_coordinates(kept, at_grid(at, unit), order=1, mode="nearest")
    return simulate.thin(values, lost, unit.fluid_value), at


def white_of(values):
    return numpy.percentile(values[values > 0], 90)


def photograph(draw, values, white, noise=True):
    """Contrast, bias field, blur and noise; white matter becomes about 110, and what was 0 stays it."""
    inside = values > 0
    values = white * numpy.power(values / white, draw.gamma)
    values *= numpy.exp(draw.bias)
    if draw.blur > 0.15:
        values = ndimage.gaussian_filter(values, draw.blur)
    if noise:
        values += white * draw.noise
    return numpy.where(inside, numpy.clip(values * (110 / white), 1, 255), 0)


def make_subject(job):
    draw = draw_subject(*job)
    values, _ = anatomy(draw, fields[draw.base], draw.severities)
    values = photograph(draw, values, white_of(values))
    numbers = [draw.severities.get(n, (0.0, 0.0))[0] for n in simulate.ATROPHY]
    return numpy.rint(values).astype(numpy.uint8), draw.base, int(draw.patient), numbers


def at_grid(at, unit):
    return (at - unit.centre[:, None, None, None]) / 2 + unit.half[:, None, None, None]


def load_bases(options):
    if options.nilearn is None:
        import nilearn
        options.nilearn = Path(nilearn.__file__).parent / "datasets" / "data"
    atlas = options.templates / "aal.nii.gz"
    colin = simulate.load_brain("colin27", options.templates / "ch2.nii.gz", atlas)
    mask = numpy.asarray(nibabel.load(options.templates / "ch2bet.nii.gz").dataobj) > 0
    mask = ndimage.binary_fill_holes(ndimage.binary_closing(mask, iterations=4))
    template = options.nilearn / "mni_icbm152_t1_tal_nlin_sym_09a_converted.nii.gz"
    mni = simulate.load_brain("mni152", template, atlas)
    fields["colin27"] = Unit(colin).compute(colin)
    fields["colin27-brain"] = fields["colin27"].with_values(colin.values * mask)
    fields["mni152"] = Unit(mni).compute(mni)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--templates", type=Path, default=Path("/usr/share/mricron/templates"))
    parser.add_argument("--nilearn", type=Path, help="nilearn's folder datasets/data; default: the installed package's")
    parser.add_argument("--train", type=int, default=540)
    parser.add_argument("--validation", type=int, default=60)
    parser.add_argument("--test", type=int, default=180)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    load_bases(options)
    with multiprocessing.get_context("fork").Pool(options.workers) as pool:
        for kind in SEEDS:
            count = getattr(options, kind)
            shape = (count, *preprocess.SHAPE)
            volumes = numpy.lib.format.open_memmap(options.out / f"{kind}.npy", "w+", numpy.uint8, shape)
            rows = ["base\tlabel\t" + "\t".join(simulate.ATROPHY)]
            subjects = pool.imap(make_subject, ((kind, n) for n in range(count)))
            for n, (values, base, label, numbers) in enumerate(subjects):
                volumes[n] = values
                rows.append(f"{base}\t{label}\t" + "\t".join(f"{x:.3f}" for x in numbers))
                if n % 50 == 49:
                    print(kind, n + 1, flush=True)
            volumes.flush()
            (options.out / f"{kind}.tsv").write_text("\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
