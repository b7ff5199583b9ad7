"""Makes Tests/PellucidToolTests/Fixtures/shapley.json: what LIME and the Shapley methods have to say of the tiny network, a region at a time.

    python Tests/References/make_shapley.py

Every one of the 256 coalitions of the atlas's eight regions is run by ONNX Runtime, absent regions at 0. Exact Shapley values by their
definition, LIME by scikit-learn's Ridge over all coalitions. Needs numpy, nibabel, onnxruntime and scikit-learn (made with the versions
that it prints).
"""

import itertools
import json
import math
import pathlib

import nibabel
import numpy
import onnxruntime
import sklearn
from sklearn.linear_model import Ridge

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "PellucidToolTests" / "Fixtures"
LABELS = [1, 2, 3, 4, 11, 12, 13, 14]
COUNT, SAMPLES = len(LABELS), 20000


def regions(scan, atlas):
    """The label nearest to each voxel's place in the world; halves are rounded up."""
    grid = numpy.stack([axis.ravel() for axis in numpy.indices(scan.shape)] + [numpy.ones(numpy.prod(scan.shape))])
    voxels = numpy.floor((numpy.linalg.inv(atlas.affine) @ scan.affine @ grid)[:3] + 0.5).astype(int)
    inside = numpy.stack([(v >= 0) & (v < n) for v, n in zip(voxels, atlas.shape)]).all(0)
    labels = numpy.zeros(len(inside), int)
    labels[inside] = numpy.asarray(atlas.dataobj)[tuple(voxels[:, inside])]
    return labels.reshape(scan.shape)


def main():
    print(f"numpy {numpy.__version__}, nibabel {nibabel.__version__}, onnxruntime {onnxruntime.__version__}, scikit-learn {sklearn.__version__}")
    scan = nibabel.load(FIXTURES / "scan.nii.gz")
    labels = regions(scan, nibabel.load(FIXTURES / "quarters.nii.gz"))
    x = numpy.asarray(scan.dataobj, float)
    x = (x - x.mean()) / x.std()
    session = onnxruntime.InferenceSession(FIXTURES / "cnn.onnx")

    def score(there):
        absent = [label for label, flag in zip(LABELS, there) if not flag]
        image = numpy.where(numpy.isin(labels, absent), 0, x)[None, None].astype(numpy.float32)
        logits = session.run(None, {"image": image})[0][0].astype(float)
        return float(numpy.exp(logits[1]) / numpy.exp(logits).sum())

    table = {there: score(there) for there in itertools.product((0, 1), repeat=COUNT)}
    shapley = numpy.zeros(COUNT)
    for there, value in table.items():
        size = sum(there)
        weight = math.factorial(size) * math.factorial(COUNT - size - 1) / math.factorial(COUNT) if size < COUNT else 0
        for i in range(COUNT):
            if not there[i]:
                shapley[i] += weight * (table[there[:i] + (1,) + there[i + 1 :]] - value)
    rows, y = numpy.array(list(table), float), numpy.array(list(table.values()))
    weights = numpy.exp(-((1 - numpy.sqrt(rows.sum(1) / COUNT)) ** 2) / (2 * 0.25**2))
    # The penalty weighs less among more samples.
    lime = Ridge(alpha=256 / SAMPLES).fit(rows, y, sample_weight=weights)
    out = {
        "labels": LABELS, "voxels": [int((labels == label).sum()) for label in LABELS], "score": table[(1,) * COUNT],
        "score_of_none": table[(0,) * COUNT], "shapley": shapley.tolist(), "lime": lime.coef_.tolist(), "lime_samples": SAMPLES,
        "lime_r2": lime.score(rows, y, sample_weight=weights),
    }
    (FIXTURES / "shapley.json").write_text(json.dumps(out, indent=1) + "\n")


if __name__ == "__main__":
    main()
