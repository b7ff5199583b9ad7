"""Makes Tests/FaithfulnessTests/Fixtures/similarity.json: how alike two maps are, by SciPy and scikit-image.

    python3 Tests/References/make_similarity.py

Made with numpy 2.4.6, scipy 1.17.1, scikit-image 0.26.0.
"""

import json
import pathlib

import numpy as np
import scipy.stats
from skimage.metrics import structural_similarity

OUT = pathlib.Path(__file__).parent.parent / "FaithfulnessTests" / "Fixtures"
rng = np.random.default_rng(7)
shape = (9, 11, 8)
first = np.round(rng.normal(size=shape), 2).astype(np.float32)
# With ties, and partly like the first.
second = np.round(0.6 * first + 0.5 * rng.normal(size=shape), 1).astype(np.float32)
a, b = np.abs(first).astype(np.float64), np.abs(second).astype(np.float64)
json.dump({
    "shape": shape, "first": first.ravel().tolist(), "second": second.ravel().tolist(),
    "spearman": float(scipy.stats.spearmanr(a.ravel(), b.ravel())[0]),
    "ssim": float(structural_similarity(a / a.max(), b / b.max(), win_size=7, data_range=1)),
    "pearson": float(np.corrcoef(first.ravel().astype(np.float64), second.ravel().astype(np.float64))[0, 1]),
}, open(OUT / "similarity.json", "w"))
