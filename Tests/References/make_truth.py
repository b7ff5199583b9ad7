"""Makes Tests/EvaluationTests/Fixtures/truth.json: maps, masks, and what the metrics of known truth must say of them.

    python3 Tests/References/make_truth.py

The area under the curve is scikit-learn's, relevance mass numpy's, places of regions and Dice scipy's. Relevance rank accuracy, Dice of the
strongest voxels and the pointing game have no reference with ties: they are counted here over every order of the tie for small maps, and with
numpy's sort where there is no tie.
Made with the versions that it prints.
"""
import itertools
import json
import pathlib

import numpy
import scipy
import sklearn
from scipy.spatial.distance import dice
from scipy.stats import rankdata
from sklearn.metrics import roc_auc_score

OUT = pathlib.Path(__file__).resolve().parent.parent / "EvaluationTests" / "Fixtures"


def orders(sizes, small):
    """All orders of all voxels that put larger sizes first."""
    if not small:
        assert len(set(sizes)) == len(sizes)
        return [numpy.argsort(-sizes)]
    return [list(order) for order in itertools.permutations(range(len(sizes)))
            if all(sizes[a] >= sizes[b] for a, b in itertools.pairwise(order))]


def dice_of(order, mask, k):
    top = numpy.zeros(len(mask), bool)
    top[order[:k]] = True
    return 1 - dice(top, mask)


def case(name, relevance, mask, small):
    relevance = numpy.asarray(relevance, numpy.float32)
    mask = numpy.asarray(mask, bool)
    sizes = numpy.abs(relevance.astype(float))
    k = int(mask.sum())
    every = orders(sizes, small)
    rank = float(numpy.mean([mask[order[:k]].mean() for order in every]))
    twice = min(2 * k, len(mask))
    return {
        "name": name, "relevance": [float(v) for v in relevance], "mask": [int(v) for v in mask],
        "mass": float(sizes[mask].sum() / sizes.sum()) if sizes.sum() else None, "rank": rank,
        "dice": float(numpy.mean([dice_of(order, mask, k) for order in every])),
        "dice_of_twice_as_many": float(numpy.mean([dice_of(order, mask, twice) for order in every])),
        "pointing": float(numpy.mean([mask[order[0]] for order in every])),
        "auc": float(roc_auc_score(mask, sizes)), "places": [float(v) for v in rankdata(-sizes)[mask]]}


def main():
    random = numpy.random.default_rng(5)
    cases = [
        case("signs do not matter", [-3, 2, 0.5, -0.25, 1, -1.5], [1, 0, 0, 0, 0, 1], True),
        case("ties across the cut", [2, 1, 1, -1, 0.5, 0, 0, 0], [0, 1, 0, 1, 0, 0, 1, 0], True),
        case("all zero", [0] * 6, [1, 0, 0, 1, 0, 0], True),
        case("minus zero ties with zero", [-0.0, 0.0, -0.0, 1], [1, 0, 1, 0], True),
        case("subnormal and huge", [1e-44, 3e38, -3e38, 0, 1e-38, -1e-44], [0, 1, 0, 1, 0, 1], True),
    ]
    values = random.standard_normal(400) * numpy.exp(random.standard_normal(400))
    mask = random.random(400) < 0.1 + 0.5 * (numpy.abs(values) > 1.5)
    cases.append(case("four hundred voxels", values, mask, False))
    OUT.mkdir(parents=True, exist_ok=True)
    made = {"numpy": numpy.__version__, "scipy": scipy.__version__, "scikit-learn": sklearn.__version__}
    (OUT / "truth.json").write_text(json.dumps({"made_with": made, "cases": cases}, indent=0) + "\n")
    print(made)


if __name__ == "__main__":
    main()
