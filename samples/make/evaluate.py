"""Measures atrophy-cnn.onnx with onnxruntime: held-out accuracy, reference logits of the samples, region occlusion.

usage: evaluate.py [--cohort DIR] [--templates DIR] [--samples DIR] [--scan NAME=PATH …]
Prints Markdown, as it stands in ../README.md.
"""
import argparse
from pathlib import Path

import numpy
import onnxruntime

import preprocess
import simulate


def probability(logits):
    """Softmax; the second class, AD."""
    return 1 / (1 + numpy.exp(logits[:, 0].astype(float) - logits[:, 1]))


def interval(hits, count):
    """Wilson's 95 % interval of a proportion."""
    z, p = 1.96, hits / count
    centre, half = p + z * z / (2 * count), z * numpy.sqrt(p * (1 - p) / count + z * z / (4 * count * count))
    return (centre - half) / (1 + z * z / count), (centre + half) / (1 + z * z / count)


def accuracy(run, cohort):
    volumes = numpy.load(cohort / "test.npy", mmap_mode="r")
    rows = [line.split("\t") for line in (cohort / "test.tsv").read_text().splitlines()[1:]]
    bases, truth = [row[0] for row in rows], numpy.array([int(row[1]) for row in rows])
    logits = numpy.concatenate([run(preprocess.normalize(v.astype(numpy.float32))[None, None]) for v in volumes])
    right = (logits.argmax(1) == truth)
    print("| base | n | right | accuracy | 95 % interval | sensitivity | specificity |\n| --- | --- | --- | --- | --- | --- | --- |")
    for base in ["all", *dict.fromkeys(bases)]:
        here = numpy.array([base in ("all", b) for b in bases])
        hits, count = int(right[here].sum()), int(here.sum())
        low, high = interval(hits, count)
        print(f"| {base} | {count} | {hits} | {hits / count:.1%} | {low:.1%} – {high:.1%} "
              f"| {right[here & (truth == 1)].mean():.1%} | {right[here & (truth == 0)].mean():.1%} |")
    p = probability(logits)
    print(f"\nmean probability of AD: controls {p[truth == 0].mean():.3f}, patients {p[truth == 1].mean():.3f}\n")


def region_occlusion(run, scan, templates, names):
    """Score drop of every AAL region set to the background (0), on the network's grid."""
    labels = simulate.labels_on(preprocess.network_affine(scan), preprocess.SHAPE, templates / "aal.nii.gz")
    x = preprocess.network_input(scan)
    whole = run(x)
    rows = []
    for label, name in names.items():
        filled = x.copy()
        filled[0, 0][labels == label] = 0
        after = run(filled)
        rows.append((label, name, float((probability(whole) - probability(after))[0]), float(whole[0, 1] - after[0, 1]),
                     int((labels == label).sum())))
    return rows


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cohort", type=Path)
    parser.add_argument("--templates", type=Path, default=Path("/usr/share/mricron/templates"))
    parser.add_argument("--samples", type=Path, default=Path(__file__).parent.parent)
    parser.add_argument("--scan", action="append", default=[], help="NAME=PATH of a further scan to score")
    options = parser.parse_args()
    session = onnxruntime.InferenceSession(str(options.samples / "atrophy-cnn.onnx"), providers=["CPUExecutionProvider"])

    def run(x):
        return session.run(["logits"], {"scan": x})[0]

    if options.cohort:
        accuracy(run, options.cohort)
    scans = [f"{n}={options.samples / n}.nii.gz" for n in ("colin27_T1", "patient_T1")] + options.scan
    print("| scan | mean | deviation | logit CN | logit AD | probability of AD |\n| --- | --- | --- | --- | --- | --- |")
    for entry in scans:
        name, path = entry.split("=", 1)
        values = preprocess.grid(path)
        seen = values[values != 0].astype(float)
        logits = run(preprocess.network_input(path))
        print(f"| {name} | {seen.mean():.4f} | {seen.std():.4f} | {logits[0, 0]:.5f} | {logits[0, 1]:.5f} "
              f"| {probability(logits)[0]:.5f} |")
    lines = (options.templates / "aal.nii.txt").read_text().split("\n")
    names = {int(line.split()[0]): line.split()[1] for line in lines if line.strip()}
    rows = region_occlusion(run, options.samples / "patient_T1.nii.gz", options.templates, names)
    for what, column in (("probability", 2), ("logit", 3)):
        print(f"\n| rank | region | score drop ({what}) | truly atrophied |\n| --- | --- | --- | --- |")
        for rank, row in enumerate(sorted(rows, key=lambda row: -abs(row[column]))[:10], 1):
            hit = "yes" if row[0] in simulate.TARGET_LABELS else "no"
            print(f"| {rank} | {row[1]} | {row[column]:+.4f} | {hit} |")


if __name__ == "__main__":
    main()
