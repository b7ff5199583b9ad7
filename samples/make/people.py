"""Simulates people of more varied anatomy than make_cohort.py's, from two brains (bases.py), in PyTorch, on whatever device.

Every subject is a patchwork of both brains with seams of its own (a random smooth field says which brain a place is from), under
a random diffeomorphism, rotation, scaling and shift; with loss of tissue that grows with age all over the cortex and further loss
in a few regions; with greys of its own for fluid, grey and white matter; with or without Colin27's head; and gamma, bias field, blur
and noise. Patients have atrophy of the medial and inferior temporal lobe besides. *Plain* people, for the autoencoder, are all Colin27 with
his head, hardly moved, and photographed alike; their age, atrophy and the side that has more of it are continuous and independent.

Subject n of a set depends on the set's seed and n alone, up to rounding. Fields are (3, i, j, k) and in mm.
"""
import copy
import dataclasses

import numpy
import torch
from torch.nn import functional

import preprocess
import simulate

SEEDS = {"train": 1101, "validation": 1202, "test": 1303, "plain-train": 2101, "plain-test": 2303}
SHAPE = preprocess.SHAPE
COARSE = tuple((n + 1) // 2 for n in SHAPE)                    # 4 mm, same corners: where a place comes from is computed here
WHITE, FLUID, GREY = 170, 0.33, 0.75                           # as in bases.py
STEPS = 4


class Bases:
    """bases.npz on a device."""

    def __init__(self, path, device):
        stored = numpy.load(path)
        self.device = torch.device(device)
        volumes = torch.from_numpy(stored["volumes"]).to(self.device, torch.float32) / WHITE
        colin, mni, head = volumes
        self.volumes = torch.stack([colin, mni, head])
        self.labels = torch.from_numpy(stored["labels"]).to(self.device)
        self.fields = {}
        for key in stored.files:
            if key.startswith("field "):
                name = key.removeprefix("field ")
                self.fields[name] = (stored[f"low {name}"], torch.from_numpy(stored[key]).to(self.device, torch.float32))
        self.place = (grid(COARSE, self.device) - centre(COARSE, self.device)) * 4     # mm from the centre of the grid
        self.splines = {}

    def smoothed(self, deviation):
        """The same with both brains and the head blurred, voxels of 1 mm: what a card's `antialias` does before a scan gets coarser."""
        other = copy.copy(self)
        other.volumes = torch.stack([blurred(v, deviation) for v in self.volumes])
        return other

    def smooth(self, coarse, shape):
        """Random fields of unit deviation from control points: cubic B-splines along each axis. coarse: (c, cells…)."""
        field = torch.from_numpy(coarse).to(self.device, torch.float32)
        for axis, (cells, count) in enumerate(zip(coarse.shape[1:], shape)):
            key = cells, count
            if key not in self.splines:
                self.splines[key] = torch.from_numpy(splines(cells, count)).to(self.device)
            field = torch.movedim(torch.tensordot(field, self.splines[key], ([axis + 1], [1])), -1, axis + 1)
        return field


def splines(cells, count):
    """Weights of `cells` control points at `count` places, scaled so that white control points give unit deviation on average."""
    at = 1 + numpy.arange(count) * (cells - 3) / (count - 1)
    d = numpy.abs(at[:, None] - numpy.arange(cells))
    weights = numpy.where(d < 1, 2 / 3 - d ** 2 + d ** 3 / 2, numpy.where(d < 2, (2 - d) ** 3 / 6, 0))
    return (weights / numpy.sqrt((weights ** 2).sum(1)).mean()).astype(numpy.float32)


def grid(shape, device):
    return torch.stack(torch.meshgrid(*(torch.arange(n, dtype=torch.float32, device=device) for n in shape), indexing="ij"))


def centre(shape, device):
    return (torch.tensor(shape, dtype=torch.float32, device=device)[:, None, None, None] - 1) / 2


def sampled(values, at, mode="bilinear", padding="zeros"):
    """values (c, …) at voxel coordinates (3, …)."""
    half = centre(values.shape[1:], values.device)
    places = (at / half - 1).flip(0).permute(1, 2, 3, 0)[None]          # grid_sample names the last axis first
    return functional.grid_sample(values[None], places, mode=mode, padding_mode=padding, align_corners=True)[0]


def exponential(velocity, spacing, squarings):
    """The displacement of exp(velocity), by scaling and squaring."""
    u = velocity / 2 ** squarings
    here = grid(velocity.shape[1:], velocity.device)
    for _ in range(squarings):
        u = u + sampled(u, here + u / spacing, padding="border")
    return u


def blurred(values, deviation):
    """Gaussian blur of one volume, voxels."""
    radius = max(1, int(4 * deviation + 0.5))
    kernel = torch.exp(-0.5 * (torch.arange(-radius, radius + 1, device=values.device) / deviation) ** 2)
    kernel = kernel / kernel.sum()
    values = values[None, None]
    for axis in range(3):
        shape, pad = [1] * 5, [0] * 3
        shape[axis + 2], pad[axis] = -1, radius
        values = functional.conv3d(values, kernel.view(shape), padding=pad)
    return values[0, 0]


@dataclasses.dataclass
class Person:
    """All that is random about a subject, but for the noise, which has a seed."""
    number: int
    patient: bool
    severities: dict      # group of simulate.ATROPHY → (severity, thinning)
    age: float            # 0…1: the youngest and the oldest
    elsewhere: dict       # group of simulate.ELSEWHERE → (severity, thinning)
    matrix: numpy.ndarray
    shift: numpy.ndarray
    warps: list           # (mm, control points)
    patches: numpy.ndarray
    head: bool
    fluid: float
    grey: float
    gamma: float
    bias: tuple           # (size, control points)
    blur: float
    noise: tuple          # (size, seed)


def rigid_and_scale(random, degrees, scale, mm):
    matrix = numpy.diag(random.uniform(1 - scale, 1 + scale, 3))
    for axis, angle in enumerate(numpy.deg2rad(random.uniform(-degrees, degrees, 3))):
        a, b = [k for k in range(3) if k != axis]
        turn = numpy.eye(3)
        turn[a, a] = turn[b, b] = numpy.cos(angle)
        turn[a, b], turn[b, a] = -numpy.sin(angle), numpy.sin(angle)
        matrix = matrix @ turn
    return matrix.astype(numpy.float32), random.uniform(-mm, mm, 3).astype(numpy.float32)


def draw_severities(random, patient):
    """As make_cohort.draw_severities: a patient has two groups hit or more; severity varies by a factor of three and more."""
    if not patient:
        return {n: (random.uniform(0, 0.08), random.uniform(0, 0.04)) for n in simulate.ATROPHY}
    overall = random.uniform(0.35, 0.85)
    names = [n for n in simulate.ATROPHY if random.random() < 0.75]
    names = names if len(names) > 1 else list(simulate.ATROPHY)
    factor = {"h": 1.0, "p": 0.75, "i": 0.6}
    return {n: (overall * factor[n[0]] * random.uniform(0.7, 1.2), random.uniform(0.1, 0.35)) for n in names}


def draw(kind, number):
    """A subject; of "train-twins" the subject of "train" but for the class: whoever remembers people learns nothing from twins."""
    if kind == "train-twins":
        person = draw("train", number)
        severities = draw_severities(numpy.random.default_rng([SEEDS["train"], number, 1]), not person.patient)
        return dataclasses.replace(person, patient=not person.patient, severities=severities)
    random = numpy.random.default_rng([SEEDS[kind], number])
    if kind.startswith("plain"):
        return draw_plain(random, number)
    patient = number % 2 == 1
    severities = draw_severities(random, patient)
    age = random.uniform()
    elsewhere = {n: (0.45 * age, 0.2 * age) for n in simulate.ELSEWHERE}
    for name in random.choice(list(simulate.ELSEWHERE), random.integers(1, 5), replace=False):
        elsewhere[str(name)] = (0.45 * age + random.uniform(0.1, 0.6), 0.2 * age + random.uniform(0, 0.2))
    matrix, shift = rigid_and_scale(random, 6, 0.08, 5)
    grey = random.uniform(0.64, 0.84)
    return Person(
        number, patient, severities, age, elsewhere, matrix, shift,
        warps=[(random.uniform(1, 4.5), random.standard_normal((3, 8, 9, 8))),       # cells of about 36 mm
               (random.uniform(0.3, 1.5), random.standard_normal((3, 15, 17, 15)))],  # and of about 15 mm
        patches=random.standard_normal((1, 8, 9, 8)), head=bool(random.random() < 0.5),
        fluid=grey * random.uniform(0.25, 0.6), grey=grey, gamma=random.uniform(0.85, 1.2),
        bias=(random.uniform(0, 0.10), random.standard_normal((1, 5, 5, 5))), blur=random.uniform(0, 0.6),
        noise=(random.uniform(0, 0.03), int(random.integers(2 ** 62))))


def draw_plain(random, number):
    age, atrophy = random.uniform(size=2)
    side = random.uniform(-0.5, 0.5)                             # above 0 the left has more
    part = {n: atrophy * (1 + side * (1 if n[-1] == "L" else -1)) for n in simulate.ATROPHY}
    matrix = (1 + random.uniform(-0.002, 0.002)) * numpy.eye(3, dtype=numpy.float32)
    return Person(
        number, atrophy > 0.5, {n: (0.8 * p * {"h": 1.0, "p": 0.75, "i": 0.6}[n[0]], 0.3 * p) for n, p in part.items()}, age,
        {n: (0.8 * age, 0.3 * age) for n in simulate.ELSEWHERE}, matrix,
        2 + random.uniform(-0.1, 0.1, 3).astype(numpy.float32),   # mm: a scan of 181 × 217 × 181 mm has 45 × 54 × 45 voxels, padded at the high end
        warps=[(random.uniform(0, 0.15), random.standard_normal((3, 8, 9, 8)))], patches=numpy.full((1, 8, 9, 8), 9.0), head=True,
        fluid=0.31, grey=0.743, gamma=1.0, bias=(0.0, numpy.zeros((1, 5, 5, 5))), blur=0.0,      # Colin27's own greys
        noise=(random.uniform(0, 0.01), int(random.integers(2 ** 62))))


def anatomy(person, bases, severities=None, coarse=False):
    """The subject's tissue at 2 mm, or at 4 mm if `coarse`, before it is photographed, the voxel of the 1 mm grid that each place comes from, and the part of the
    brain that is from Colin27. `severities`: another atrophy than the drawn one, {} for none."""
    severities = person.severities if severities is None else severities
    device = bases.device
    share = torch.sigmoid(8 * bases.smooth(person.patches, SHAPE))
    both = torch.zeros((2, 4, *SHAPE), device=device)
    both[:, 3] = 1                                               # velocities and what is kept
    for name, (shrink, loss) in {**severities, **person.elsewhere}.items():
        for part, brain in zip(both, ("colin27", "mni152")):
            low, field = bases.fields[f"{brain} {name}"]
            box = tuple(slice(int(a), int(a) + n) for a, n in zip(low, field.shape[1:]))
            part[(slice(0, 3), *box)] += shrink * field[:3]
            part[(3, *box)] *= 1 - loss * field[3]
    mixed = share * both[0] + (1 - share) * both[1]
    velocity = sum(size * bases.smooth(points, COARSE) for size, points in person.warps)
    matrix, shift = torch.from_numpy(person.matrix).to(device), torch.from_numpy(person.shift).to(device)
    place = torch.einsum("ab,bijk->aijk", matrix, bases.place) + shift[:, None, None, None] + exponential(velocity, 4.0, 3)
    half = centre(SHAPE, device)
    for _ in range(STEPS):                                       # back along the atrophy
        place = place - sampled(mixed[:3], place / 2 + half, padding="border") / STEPS
    kept = sampled(torch.cat([mixed[3:], share]), place / 2 + half, padding="border")
    fine = torch.cat([place, kept])
    if not coarse:
        fine = functional.interpolate(fine[None], SHAPE, mode="trilinear", align_corners=True)[0]
    at, kept, share = fine[:3] + centre(bases.volumes.shape[1:], device), fine[3], fine[4]
    colin, mni, head = sampled(bases.volumes, at)
    brain = share * colin + (1 - share) * mni
    brain = torch.where(brain > FLUID, brain + (1 - kept) * (FLUID - brain), brain)
    whole = torch.where(brain > 0.1, brain, torch.maximum(brain, head)) if person.head else brain * (brain > 0.02)
    return whole, at, float((share * (brain > 0.1)).sum() / (brain > 0.1).sum())


def photographed(person, values, bases, noise=True):
    """Greys of the tissues, gamma, bias field, blur and noise; white matter becomes about 110, and what was 0 stays it."""
    inside = values > 0.02
    fluid, grey = person.fluid, person.grey                      # of white matter
    low, middle = values * (fluid / FLUID), fluid + (values - FLUID) * ((grey - fluid) / (GREY - FLUID))
    high = grey + (values - GREY) * ((1 - grey) / (1 - GREY))
    values = torch.where(values < FLUID, low, torch.where(values < GREY, middle, high)).clamp(min=0)
    values = values ** person.gamma * torch.exp(person.bias[0] * bases.smooth(person.bias[1], values.shape)[0])
    blur = person.blur * values.shape[0] / SHAPE[0]               # 2 mm voxels
    if blur > 0.15:
        values = blurred(values, blur)
    if noise:
        random = numpy.random.default_rng(person.noise[1])
        values = values + person.noise[0] * torch.from_numpy(random.standard_normal(tuple(values.shape), dtype=numpy.float32)).to(values.device)
    return torch.where(inside, (values * 110).clamp(1, 255), torch.zeros_like(values))


def scan(person, bases, coarse=False):
    """uint8 greys at 2 mm, or at 4 mm if `coarse`, and the part of the brain that is from Colin27."""
    values, _, part = anatomy(person, bases, coarse=coarse)
    return torch.round(photographed(person, values, bases)).to(torch.uint8), part
