"""Measures sample networks on the cohort of make_people.py with onnxruntime, and their logits for the sample scans.

usage: evaluate_networks.py --cohort DIR [--samples DIR] NAME …
Prints Markdown, as it stands in ../README.md.
"""
import argparse
from pathlib import Path

import numpy
import onnxruntime

import preprocess
from evaluate import interval, probability


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="+")
    parser.add_argument("--cohort", type=Path, required=True)
    parser.add_argument("--samples", type=Path, default=Path(__file__).parent.parent)
    options = parser.parse_args()
    shards = sorted(options.cohort.glob("test.*.tsv"))
    rows = [line.split("\t") for s in shards for line in s.read_text().splitlines()[1:]]
    volumes = numpy.concatenate([numpy.load(s.with_suffix(".npy")) for s in shards])
    truth, head = numpy.array([int(r[1]) for r in rows]), numpy.array([int(r[3]) for r in rows])
    answers = []
    print("| network | subjects | n | right | accuracy | 95 % interval | sensitivity | specificity |\n" + "| --- " * 8 + "|")
    for name in options.names:
        session = onnxruntime.InferenceSession(str(options.samples / f"{name}.onnx"), providers=["CPUExecutionProvider"])

        def run(x):
            return session.run(["logits"], {"scan": x})[0]

        shape = tuple(session.get_inputs()[0].shape[2:])
        if volumes.shape[1:] != shape:
            raise SystemExit(f"{name} takes {shape}, the cohort has {volumes.shape[1:]}; see make_people.py --fine")
        logits = numpy.concatenate([run(preprocess.normalize(v.astype(numpy.float32))[None, None]) for v in volumes])
        right = logits.argmax(1) == truth
        for what, here in (("all", truth >= 0), ("with head", head == 1), ("brain only", head == 0)):
            hits, count = int(right[here].sum()), int(here.sum())
            low, high = interval(hits, count)
            print(f"| {name} | {what} | {count} | {hits} | {hits / count:.1%} | {low:.1%} – {high:.1%} "
                  f"| {right[here & (truth == 1)].mean():.1%} | {right[here & (truth == 0)].mean():.1%} |")
        for scan in ("colin27_T1", "patient_T1"):
            logits = run(preprocess.network_input(options.samples / f"{scan}.nii.gz", (round(182 / shape[0]),) * 3, shape))
            answers.append(f"| {name} | {scan} | {logits[0, 0]:.5f} | {logits[0, 1]:.5f} | {probability(logits)[0]:.5f} |")
    print("\n| network | scan | logit CN | logit AD | probability of AD |\n" + "| --- " * 5 + "|")
    print("\n".join(answers))


if __name__ == "__main__":
    main()
