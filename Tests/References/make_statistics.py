"""Makes the fixture of StatisticsTests from other people's statistics: scipy, statsmodels, scikit-learn's companions and nilearn.

usage: make_statistics.py --out Tests/StatisticsTests/Fixtures
needs: numpy scipy statsmodels nilearn

Values are held within 1e-6 (relative) unless the test says otherwise.
"""
import argparse
import json
from pathlib import Path

import nibabel
import numpy
import scipy.stats
import statsmodels.api
from nilearn.maskers import NiftiMasker
from nilearn.mass_univariate import permuted_ols
from nilearn.mass_univariate._utils import calculate_tfce
from scipy import ndimage
from statsmodels.stats.multitest import multipletests


def t_distribution():
    rows = []
    for t in (0, 1e-8, 0.1, 0.7, 1, 1.96, 2.5, 4, 9, 40, 1e4):
        for degrees in (1, 1.5, 2, 3.7, 10, 29.3, 78, 500, 1e5):
            rows.append([t, degrees, float(2 * scipy.stats.t.sf(t, degrees))])
    quantiles = [[p, d, float(scipy.stats.t.ppf(1 - p / 2, d))] for p in (0.5, 0.05, 0.001) for d in (1, 2.5, 10, 77, 1e4)]
    return {"two_sided": rows, "critical": quantiles}


def two_groups(rng):
    cases = []
    for n, m, shift, scale in ((2, 2, 1, 1), (5, 9, 0.3, 2), (40, 40, 0.5, 1), (12, 31, 0, 5)):
        a, b = rng.normal(shift, 1, n), rng.normal(0, scale, m)
        test = scipy.stats.ttest_ind(a, b, equal_var=False)
        low, high = test.confidence_interval(0.95)
        pooled = numpy.sqrt(((n - 1) * a.var(ddof=1) + (m - 1) * b.var(ddof=1)) / (n + m - 2))
        cases.append({"a": a.tolist(), "b": b.tolist(), "t": test.statistic, "p": test.pvalue, "df": test.df, "low": low,
                      "high": high, "d": (a.mean() - b.mean()) / pooled, "gain": a.mean() / b.mean()})
    return cases


def pairs(rng):
    x = rng.normal(0.4, 1, 17)
    test = scipy.stats.ttest_1samp(x, 0)
    low, high = test.confidence_interval(0.95)
    return {"x": x.tolist(), "t": test.statistic, "p": test.pvalue, "low": low, "high": high}


def linear_model(rng):
    n = 60
    is_a = rng.random(n) < 0.5
    age, sex = rng.normal(70, 8, n), (rng.random(n) < 0.5).astype(float)
    y = 0.03 * age + 0.5 * sex + 0.4 * is_a + rng.normal(0, 1, n)
    design = numpy.column_stack([numpy.ones(n), age, sex, is_a])
    fit = statsmodels.api.OLS(y, design).fit()
    reduced = statsmodels.api.OLS(y, design[:, :3]).fit()
    # Freedman and Lane by hand, on statsmodels' fits.
    rng = numpy.random.default_rng(3)
    permutations, above = 4000, 0
    for _ in range(permutations):
        shuffled = reduced.fittedvalues + rng.permutation(reduced.resid)
        above += abs(statsmodels.api.OLS(shuffled, design).fit().tvalues[3]) >= abs(fit.tvalues[3])
    return {"is_a": is_a.tolist(), "age": age.tolist(), "sex": sex.tolist(), "y": y.tolist(),
            "coefficients": fit.params.tolist(), "t": fit.tvalues[3], "p": fit.pvalues[3], "residuals": reduced.resid.tolist(),
            "permutation_p": (above + 1) / (permutations + 1), "error": float(fit.bse[3])}


def permutation(rng):
    cases = []
    for n, m, shift in ((8, 8, 0.9), (20, 14, 0.4)):
        a, b = rng.normal(shift, 1, n), rng.normal(0, 1, m)
        test = scipy.stats.permutation_test(
            (a, b), lambda x, y, axis: scipy.stats.ttest_ind(x, y, equal_var=False, axis=axis).statistic, vectorized=True,
            n_resamples=20000, alternative="two-sided", rng=numpy.random.default_rng(1))
        cases.append({"a": a.tolist(), "b": b.tolist(), "p": test.pvalue})
    x = rng.normal(0.5, 1, 12)
    signs = scipy.stats.permutation_test(
        (x,), lambda v, axis: scipy.stats.ttest_1samp(v, 0, axis=axis).statistic, permutation_type="samples", vectorized=True,
        n_resamples=numpy.inf, alternative="two-sided")
    return {"groups": cases, "signs": {"x": x.tolist(), "p": signs.pvalue}}


def correlation(rng):
    x = rng.normal(size=30)
    y = 0.5 * x + rng.normal(size=30)
    y[3] = y[4] = y[5]
    return {"x": x.tolist(), "y": y.tolist(), "pearson": list(map(float, scipy.stats.pearsonr(x, y))),
            "spearman": list(map(float, scipy.stats.spearmanr(x, y)))}


def delong(positives, negatives):
    """The structural components of DeLong et al. 1988, pair by pair."""
    psi = (positives[:, None] > negatives[None]) + 0.5 * (positives[:, None] == negatives[None])
    v10, v01 = psi.mean(1), psi.mean(0)
    return psi.mean(), numpy.sqrt(v10.var(ddof=1) / len(v10) + v01.var(ddof=1) / len(v01))


def auc(rng):
    positives, negatives = rng.normal(1, 1, 35).round(1), rng.normal(0, 1, 28).round(1)
    area, error = delong(positives, negatives)
    z = scipy.stats.norm.ppf(0.975)
    u = scipy.stats.mannwhitneyu(positives, negatives).statistic / (35 * 28)
    assert abs(u - area) < 1e-12
    return {"positives": positives.tolist(), "negatives": negatives.tolist(), "area": area,
            "low": max(0, area - z * error), "high": min(1, area + z * error)}


def tfce(rng):
    shape = (14, 12, 10)
    values = ndimage.gaussian_filter(rng.normal(size=shape), 1.2)
    values *= 3 / numpy.abs(values).max()
    mask = rng.random(shape) < 0.93
    values[~mask] = 0
    enhanced = calculate_tfce(values[..., None], ndimage.generate_binary_structure(3, 1), E=0.5, H=2, dh="auto",
                              two_sided_test=True)[..., 0]
    return {"shape": shape, "mask": mask.ravel("F").tolist(), "values": values.ravel("F").tolist(),
            "enhanced": numpy.asarray(enhanced).ravel("F").tolist()}


def voxels(rng):
    """nilearn's permuted_ols on maps: t, TFCE, and the family-wise p of both."""
    shape, n = (8, 7, 6), 24
    mask = numpy.ones(shape, bool)
    mask[0, 0, 0] = False
    is_a = numpy.arange(n) < 12
    age = rng.normal(70, 8, n)
    data = rng.normal(size=(n,) + shape)
    data = numpy.stack([ndimage.gaussian_filter(d, 0.8) for d in data])
    data[is_a, 3:6, 2:5, 2:4] += 0.5
    data += 0.02 * (age - 70)[:, None, None, None]
    image = nibabel.Nifti1Image(mask.astype(numpy.uint8), numpy.eye(4))
    masker = NiftiMasker(image).fit()
    maps = numpy.stack([d[mask] for d in data])
    permutations = 2000
    found = permuted_ols(is_a.astype(float)[:, None], maps, confounding_vars=age[:, None], model_intercept=True,
                         n_perm=permutations, two_sided_test=True, random_state=0, masker=masker, tfce=True, output_type="dict",
                         verbose=0)
    # Voxels in C order here; the test puts them where they belong.
    return {"shape": shape, "mask": mask.ravel("F").tolist(), "is_a": is_a.tolist(), "age": age.tolist(),
            "data": [d.ravel("F").round(6).tolist() for d in data], "t": on(mask, found["t"][0]),
            "tfce": on(mask, found["tfce"][0]), "p": on(mask, 10 ** -found["logp_max_t"][0]),
            "p_tfce": on(mask, 10 ** -found["logp_max_tfce"][0]), "permutations": permutations}


def on(mask, values):
    full = numpy.zeros(mask.shape)
    full[mask] = values
    return full.ravel("F").tolist()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True, type=Path)
    out = parser.parse_args().out
    rng = numpy.random.default_rng(20)
    p = numpy.concatenate([rng.random(30), rng.random(6) * 1e-3, [1, 0.04, 0.04]])
    fixture = {
        "t_distribution": t_distribution(), "two_groups": two_groups(rng), "pairs": pairs(rng), "linear_model": linear_model(rng),
        "permutation": permutation(rng), "correlation": correlation(rng), "auc": auc(rng),
        "false_discovery": {"p": p.tolist(), "q": multipletests(p, method="fdr_bh")[1].tolist()},
        "tfce": tfce(rng), "voxels": voxels(rng),
    }
    (out / "statistics.json").write_text(json.dumps(fixture))


main()
