"""Makes the fixture of SpectralTests from other people's clustering: scikit-learn's graph and k-means, scipy's Laplacian, numpy's eigenvalues.

usage: make_spectral.py --out Tests/StatisticsTests/Fixtures
needs: numpy scipy scikit-learn

Eigenvalues are held within 1e-9; clusters must be the same sets of subjects.
"""
import argparse
import json
from pathlib import Path

import numpy
from scipy.sparse.csgraph import laplacian
from sklearn.cluster import KMeans
from sklearn.neighbors import kneighbors_graph


def case(name, rows, neighbours, most=8):
    rows = rows.astype(numpy.float32)
    graph = kneighbors_graph(rows.astype(float), neighbours, include_self=False).toarray()
    edges = numpy.maximum(graph, graph.T)
    values, vectors = numpy.linalg.eigh(laplacian(edges, normed=True))
    count = int(numpy.argmax(numpy.diff(values)[:most])) + 1
    places = vectors[:, :count] / numpy.linalg.norm(vectors[:, :count], axis=1, keepdims=True)
    found = KMeans(count, n_init=20, random_state=0).fit(places)
    return {"name": name, "neighbours": neighbours, "rows": rows.tolist(), "eigenvalues": values.tolist(), "count": count,
            "clusters": found.labels_.tolist()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True, type=Path)
    out = parser.parse_args().out
    rng = numpy.random.default_rng(18)
    centres = rng.normal(size=(3, 20)) * 2
    three = numpy.concatenate([centre + rng.normal(size=(n, 20)) for centre, n in zip(centres, (18, 12, 9))])
    order = rng.permutation(len(three))
    near = numpy.concatenate([rng.normal(size=(20, 5)), rng.normal(size=(16, 5)) + 1.9])
    cases = [case("three far apart", three[order], 7), case("two that touch", near, 6), case("one", rng.normal(size=(30, 4)), 6)]
    points = rng.normal(size=(60, 3)) + rng.integers(0, 4, 60)[:, None] * 2.5
    best = KMeans(4, n_init=50, random_state=0).fit(points)
    (out / "spectral.json").write_text(json.dumps(
        {"cases": cases, "means": {"points": points.tolist(), "inertia": float(best.inertia_)}}))
    print([(c["name"], c["count"], [round(v, 3) for v in c["eigenvalues"][:6]]) for c in cases])


main()
