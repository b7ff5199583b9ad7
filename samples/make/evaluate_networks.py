"""Measures sample networks on the test set of make_cohort.py or make_people.py with onnxruntime, and their logits for the sample scans.

usage: evaluate_networks.py --cohort DIR [--samples DIR] NAME …
NAME may be several joined by commas: the mean of their probabilities. Prints Markdown, as it stands in ../README.md.
"""
import argparse
from pathlib import Path

import numpy
import onnxruntime

import preprocess
from evaluate import interval, probability


class Network:
    """Logits of greys on the network's grid, not yet normalized."""

    def __init__(self, path):
        self.session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        shape = self.session.get_inputs()[0].shape
        self.is_sliced = len(shape) == 4                                     # [N, slices, i, k]: coronal slices 4 mm apart
        self.grid = (91, 54, 91) if self.is_sliced else tuple(shape[2:])     # before slices are cut off
        self.spacing = (2, 4, 2) if self.is_sliced else (round(182 / self.grid[0]),) * 3

    def of(self, greys):
        """A cohort's subject on the network's grid."""
        greys = greys[:, 1::2] if self.is_sliced else greys
        if greys.shape != self.grid:
            raise SystemExit(f"the network takes {self.grid}, the cohort has {greys.shape}; see make_people.py --fine")
        return greys

    def logits(self, greys):
        x = preprocess.normalize(greys.astype(numpy.float32))
        x = preprocess.crop_or_pad(x, (91, 24, 91)).transpose(1, 0, 2)[None] if self.is_sliced else x[None, None]
        return self.session.run(["logits"], {"scan": numpy.ascontiguousarray(x)})[0]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="+")
    parser.add_argument("--cohort", type=Path, required=True)
    parser.add_argument("--samples", type=Path, default=Path(__file__).parent.parent)
    options = parser.parse_args()
    tables = sorted([*options.cohort.glob("test.tsv"), *options.cohort.glob("test.*.tsv")])
    rows = []
    for table in tables:
        names, *lines = (line.split("\t") for line in table.read_text().splitlines())
        rows += [dict(zip(names, line)) for line in lines]
    volumes = numpy.concatenate([numpy.load(t.with_suffix(".npy"), mmap_mode="r") for t in tables])
    truth = numpy.array([int(r["label"]) for r in rows])
    groups = {"all": truth >= 0}
    if "base" in rows[0]:
        groups |= {base: numpy.array([r["base"] == base for r in rows]) for base in dict.fromkeys(r["base"] for r in rows)}
    else:
        head = numpy.array([r["head"] == "1" for r in rows])
        groups |= {"with head": head, "brain only": ~head}
    answers = []
    print("| network | subjects | n | right | accuracy | 95 % interval | sensitivity | specificity |\n" + "| --- " * 8 + "|")
    for name in options.names:
        networks = [Network(options.samples / f"{n}.onnx") for n in name.split(",")]
        p = numpy.array([numpy.mean([probability(n.logits(n.of(v)))[0] for n in networks]) for v in volumes])
        right = (p > 0.5) == truth
        for what, here in groups.items():
            hits, count = int(right[here].sum()), int(here.sum())
            low, high = interval(hits, count)
            print(f"| {name} | {what} | {count} | {hits} | {hits / count:.1%} | {low:.1%} – {high:.1%} "
                  f"| {right[here & (truth == 1)].mean():.1%} | {right[here & (truth == 0)].mean():.1%} |", flush=True)
        for scan in ("colin27_T1", "patient_T1"):
            for n, network in zip(name.split(","), networks):
                logits = network.logits(preprocess.grid(options.samples / f"{scan}.nii.gz", network.spacing, network.grid))
                answers.append(f"| {n} | {scan} | {logits[0, 0]:.5f} | {logits[0, 1]:.5f} | {probability(logits)[0]:.5f} |")
    print("\n| network | scan | logit CN | logit AD | probability of AD |\n" + "| --- " * 5 + "|")
    print("\n".join(answers))


if __name__ == "__main__":
    main()
