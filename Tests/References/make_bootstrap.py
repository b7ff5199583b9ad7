"""Makes the fixture of BootstrapTests: percentile intervals of scipy's bootstrap.

usage: make_bootstrap.py --out Tests/StatisticsTests/Fixtures
needs: numpy scipy

Draws differ, so intervals are held within 3 % of their width, which is what 100,000 draws of each leave open.
"""
import argparse
import json
from pathlib import Path

import numpy
import scipy.stats


def ends(data, statistic):
    found = scipy.stats.bootstrap(data, statistic, n_resamples=100_000, method="percentile", vectorized=True, batch=10_000,
                                  rng=numpy.random.default_rng(3)).confidence_interval
    return [float(found.low), float(found.high)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True, type=Path)
    out = parser.parse_args().out
    rng = numpy.random.default_rng(7)
    groups = []
    for n, m in ((12, 30), (40, 40), (2, 5)):
        a, b = rng.exponential(1, n) + 0.3, rng.exponential(1, m)
        interval = ends((a, b), lambda x, y, axis=-1: x.mean(axis) - y.mean(axis))
        groups.append({"a": a.tolist(), "b": b.tolist(), "interval": interval})
    x = rng.exponential(1, 15) - 0.5
    pairs = {"x": x.tolist(), "interval": ends((x,), lambda v, axis=-1: v.mean(axis))}
    (out / "bootstrap.json").write_text(json.dumps({"groups": groups, "pairs": pairs}) + "\n")


main()
