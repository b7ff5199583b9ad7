"""The sets of make_cohort.py and make_people.py as networks are trained on them, and how a view of a subject is changed."""
import numpy
import torch
from torch.nn import functional

import simulate

GROUPS = list(simulate.ATROPHY)
MIRRORED = [GROUPS.index(n[:-1] + ("R" if n[-1] == "L" else "L")) for n in GROUPS]
WHOLE = (slice(None),) * 3


class Set:
    """A set of one or more cohorts: greys (n, i, j, k), and what the tables say. A person may have a twin of the other class.

    The z-score is the card's: of the voxels of the `slab` that are not 0, which stay 0.
    """

    def __init__(self, folders, kind, slab=WHOLE):
        tables = [t for f in folders for t in sorted([*f.glob(f"{kind}.tsv"), *f.glob(f"{kind}.*.tsv")])]
        if not tables:
            raise SystemExit(f"{folders[0]}: no {kind}.*.tsv; make_cohort.py and make_people.py make them")
        rows, greys = [], []
        self.first, self.twin = [], []                           # row of each person and of its twin, -1 where there is none
        for table in tables:
            twins = table.with_name(table.name.replace(kind, f"{kind}-twins", 1))
            start = len(rows)
            for path in (table, twins) if twins.exists() else (table,):
                names, *lines = (line.split("\t") for line in path.read_text().splitlines())
                rows += [dict(zip(names, line)) for line in lines]
                greys.append(numpy.load(path.with_suffix(".npy")))
            count = len(greys[-1])
            self.first += range(start, start + count)
            self.twin += range(start + count, start + 2 * count) if twins.exists() else [-1] * count
        self.rows, self.greys = rows, torch.from_numpy(numpy.concatenate(greys))
        self.first, self.twin = numpy.array(self.first), numpy.array(self.twin)
        self.labels = torch.tensor([int(r["label"]) for r in rows])
        self.severities = torch.tensor([[float(r[g]) for g in GROUPS] for r in rows]) / 0.3
        self.scale(slab)

    def scale(self, slab=WHOLE):
        seen = [(v[v > 0].mean(dtype=numpy.float64), v[v > 0].std(dtype=numpy.float64)) for v in (g[slab] for g in self.greys.numpy())]
        self.mean, self.deviation = torch.tensor(seen, dtype=torch.float32).T

    def __len__(self):
        return len(self.rows)

    def normalized(self, chosen, part=WHOLE):
        x = self.greys[chosen][(slice(None), *part)].float()
        mean, deviation = (v[chosen, None, None, None] for v in (self.mean, self.deviation))
        return torch.where(x > 0, (x - mean) / deviation, 0 * x)

    def batches(self, seed, step, pairs, singles):
        """Rows of the step's people: `pairs` with their twins, and `singles` without; each kind in an order of its own."""
        chosen = []
        for kind, (has, size) in enumerate(((self.twin >= 0, pairs), (self.twin < 0, singles))):
            of_kind = numpy.flatnonzero(has)
            if len(of_kind) >= size > 0:
                epoch, batch = divmod(step, len(of_kind) // size)
                order = numpy.random.default_rng([seed, kind, epoch]).permutation(of_kind)
                chosen += [[self.first[n], self.twin[n]][:1 + int(self.twin[n] >= 0)] for n in order[batch * size:][:size]]
        return chosen


def bent(x, random):
    """Another anatomy: rotated, scaled and warped smoothly, up to some voxels; (n, i, j, k), all alike."""
    shape = x.shape[1:]
    axes = [torch.linspace(-1, 1, n) for n in shape]
    place = torch.stack(torch.meshgrid(*axes, indexing="ij"))
    matrix = numpy.diag(random.uniform(0.92, 1.08, 3)) + random.uniform(-0.06, 0.06, (3, 3))
    place = torch.einsum("ab,bijk->aijk", torch.tensor(matrix, dtype=torch.float32), place)
    shift = random.uniform(0, 2.5) * min(shape) / 48 * random.standard_normal((3, 6, 6, 6)) * 2 / numpy.array(shape)[:, None, None, None]
    shift = functional.interpolate(torch.tensor(shift, dtype=torch.float32)[None], shape, mode="trilinear", align_corners=True)[0]
    return functional.grid_sample(
        x[None], (place + shift).flip(0).permute(1, 2, 3, 0)[None], padding_mode="border", align_corners=True)[0]


def changed(x, severities, regions, holes, bend, random, mirror=0.5):
    """A mirrored brain as often as `mirror` says, another shape as often as `bend` says, other contrast, and, as often as `holes` says, boxes
    and AAL regions set to the background, so that occlusion shows the network nothing it has not met. Twins, (n, i, j, k), are
    changed alike, so that nothing but the atrophy tells one from the other."""
    if random.random() < mirror:
        x, severities = x.flip(1), severities[:, MIRRORED]
    if random.random() < bend:
        x = bent(x, random)
    x = torch.where(x == 0, x, x * random.uniform(0.9, 1.1) + random.uniform(-0.1, 0.1))
    if random.random() < 0.5 * holes:
        for _ in range(random.integers(1, 4)):
            size = random.integers(4, 21, 3)
            corner = [random.integers(-s // 2, n - s // 2) for s, n in zip(size, x.shape[1:])]
            x[(slice(None), *(slice(max(0, c), c + s) for c, s in zip(corner, size)))] = 0
    if random.random() < 0.35 * holes:
        for label in random.integers(1, 117, random.integers(1, 4)):
            x[:, regions == int(label)] = 0
    return x, severities


def places(regions, shape):
    """For each group of regions, how much of it every cell of a layer holds, blurred by a cell; 1 where most: (groups, cells…)."""
    inside = torch.stack([torch.isin(regions, torch.tensor(v, dtype=regions.dtype)) for v in simulate.ATROPHY.values()])
    share = functional.avg_pool3d(functional.adaptive_avg_pool3d(inside[None].float(), shape), 3, 1, 1)[0]
    return share / share.amax((1, 2, 3), keepdim=True)
