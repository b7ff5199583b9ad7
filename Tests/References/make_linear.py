"""Makes linear.json in Tests/StatisticsTests/Fixtures: what scikit-learn and numpy compute of small sets of rows: principal components,
logistic and ridge regression, centred kernel alignment, Gaussian processes.

    python3 Tests/References/make_linear.py --out Tests/StatisticsTests/Fixtures

Made with scikit-learn 1.9.1, numpy 2.4.6.
"""

import argparse
import json
from pathlib import Path

import numpy
from sklearn.decomposition import PCA
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, DotProduct, WhiteKernel
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler


def components(rows):
    pca = PCA(n_components=3, svd_solver="full").fit(rows)
    return {"coordinates": pca.transform(rows).tolist(), "components": pca.components_.tolist(),
            "variances": pca.explained_variance_.tolist(), "shares": pca.explained_variance_ratio_.tolist()}


def logistic(rows, labels, c):
    fit = LogisticRegression(C=c, tol=1e-12, max_iter=100000, solver="newton-cg").fit(rows, labels)
    return {"labels": labels.tolist(), "c": c, "w": fit.coef_[0].tolist(), "b": float(fit.intercept_[0])}


def ridge(rows, y, penalty):
    fit = Ridge(penalty).fit(rows, y)
    return {"y": y.tolist(), "penalty": penalty, "w": fit.coef_.tolist(), "b": float(fit.intercept_)}


def alignment(a, b):
    n = len(a)
    k, l = a @ a.T, b @ b.T
    h = numpy.eye(n) - 1 / n
    inner = lambda p, q: float(numpy.sum((h @ p @ h) * (h @ q @ h)))
    linear = inner(k, l) / numpy.sqrt(inner(k, k) * inner(l, l))

    def hsic(p, q):
        p, q = p - numpy.diag(numpy.diag(p)), q - numpy.diag(numpy.diag(q))
        one = numpy.ones(n)
        return (numpy.trace(p @ q) + (one @ p @ one) * (one @ q @ one) / ((n - 1) * (n - 2)) - 2 / (n - 2) * one @ p @ q @ one) / (
            n * (n - 3))

    return {"linear": linear, "unbiased": float(hsic(k, l) / numpy.sqrt(hsic(k, k) * hsic(l, l)))}




def process(rng):
    n = 30
    age, sex = rng.uniform(50, 90, n), rng.integers(0, 2, n).astype(float)
    x = numpy.stack([age, sex], 1)
    y = 0.05 * (age - 70) + numpy.sin(age / 6) + 0.5 * sex + 0.2 * rng.standard_normal(n)
    scaler, values = StandardScaler().fit(x), StandardScaler().fit(y[:, None])
    xs, ys = scaler.transform(x), values.transform(y[:, None])[:, 0]
    asked = numpy.stack([numpy.linspace(45, 95, 6), [0, 1, 0, 1, 0, 1]], 1)
    # One covariate and equal slopes are what scikit-learn's DotProduct can say.
    found = {"x": x.tolist(), "y": y.tolist(), "asked": asked.tolist()}
    kernel = ConstantKernel(0.7) * RBF([0.4, 1.5]) + ConstantKernel(0.3) * DotProduct(0, sigma_0_bounds="fixed") + WhiteKernel(0.1)
    fixed = GaussianProcessRegressor(kernel, optimizer=None).fit(xs, ys)
    mean, deviation = fixed.predict(scaler.transform(asked), return_std=True)
    found["fixed"] = {
        "likelihood": float(fixed.log_marginal_likelihood_value_),
        "mean": (values.mean_[0] + values.scale_[0] * mean).tolist(),
        # Without a single subject's noise.
        "deviation": (values.scale_[0] * numpy.sqrt(deviation**2 - 0.1)).tolist()}
    left = []
    for k in range(n):
        rest = [i for i in range(n) if i != k]
        one = GaussianProcessRegressor(kernel, optimizer=None).fit(xs[rest], ys[rest])
        left.append(float(values.mean_[0] + values.scale_[0] * one.predict(xs[k:k + 1])[0]))
    found["fixed"]["left_out"] = left
    # One covariate, hyperparameters by marginal likelihood.
    free = ConstantKernel(0.5, (1e-5, 1e5)) * RBF(1.0, (1e-5, 1e5)) + ConstantKernel(0.5, (1e-5, 1e5)) * DotProduct(
        0, sigma_0_bounds="fixed") + WhiteKernel(0.5, (1e-5, 1e5))
    fit = GaussianProcessRegressor(free, n_restarts_optimizer=20, random_state=0).fit(xs[:, :1], ys)
    mean, deviation = fit.predict(scaler.transform(asked)[:, :1], return_std=True)
    noise = fit.kernel_.k2.noise_level
    found["free"] = {
        "likelihood": float(fit.log_marginal_likelihood_value_), "mean": (values.mean_[0] + values.scale_[0] * mean).tolist(),
        "deviation": (values.scale_[0] * numpy.sqrt(deviation**2 - noise)).tolist(), "noise": float(values.scale_[0] * noise**0.5)}
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True, type=Path)
    out = parser.parse_args().out
    rng = numpy.random.default_rng(19)
    rows = (rng.standard_normal((24, 3)) @ rng.standard_normal((3, 10)) + 0.3 * rng.standard_normal((24, 10)) + 2)
    rows = rows.astype(numpy.float32).astype(float)
    others = (rows[:, :4] @ rng.standard_normal((4, 5)) + rng.standard_normal((24, 5))).astype(numpy.float32).astype(float)
    labels = (rows[:, 0] - rows[:, 3] + 0.8 * rng.standard_normal(24) > 0).astype(int)
    separable = (rows[:, 1] > numpy.median(rows[:, 1])).astype(int)
    y = rows[:, 2] - 0.5 * rows[:, 5] + rng.standard_normal(24)
    fixture = {
        "rows": {"rows": rows.tolist(), "others": others.tolist()}, "components": components(rows),
        "wide": components(rows[:6]),
        "logistic": [logistic(rows, labels, c) for c in (0.01, 1.0, 100.0)] + [logistic(rows, separable, 10.0)],
        "ridge": [ridge(rows, y, p) for p in (0.1, 1.0, 100.0)], "alignment": alignment(rows, others), "process": process(rng),
    }
    (out / "linear.json").write_text(json.dumps(fixture))


main()
