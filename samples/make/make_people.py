"""Simulates cohorts of more varied people than make_cohort.py's, and plain ones, with people.py.

usage: make_people.py --bases bases.npz --out DIR [--sets train=800,…] [--fine] [--device cpu|cuda] [--shard I/N]
Writes SET.I.npy (uint8 greys at 4 mm: (n, 46, 55, 46), or at 2 mm) and, last, SET.I.tsv into DIR. A shard that is there is not made again.
SET=A-B makes the subjects from A up to B. Sets: train, train-twins, validation, test; plain-train and plain-test, for the autoencoder, are
smoothed before they get coarser.
"""
import argparse
import time
from pathlib import Path

import numpy
import torch

import people
import simulate

SETS = "train=448,train-twins=448,validation=32,test=80"


def make(kind, numbers, bases, out, shard, coarse):
    rows = ["\t".join(["number", "label", "age", "head", "colin27", *simulate.ATROPHY])]
    volumes = []
    for number in numbers:
        person = people.draw(kind, number)
        values, part = people.scan(person, bases, coarse)
        volumes.append(values.cpu().numpy())
        rows.append(f"{number}\t{int(person.patient)}\t{person.age:.4f}\t{int(person.head)}\t{part:.4f}\t"
                    + "\t".join(f"{person.severities.get(n, (0.0, 0.0))[0]:.4f}" for n in simulate.ATROPHY))
    numpy.save(out / f"{kind}.{shard}.npy", numpy.stack(volumes))
    partial = out / f"{kind}.{shard}.tsv.partial"
    partial.write_text("\n".join(rows) + "\n")
    partial.rename(out / f"{kind}.{shard}.tsv")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bases", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sets", default=SETS)
    parser.add_argument("--fine", action="store_true", help="at 2 mm, which atrophy-cnn takes")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--shard", default="0/1")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    options.out.mkdir(parents=True, exist_ok=True)
    shard, shards = map(int, options.shard.split("/"))
    bases, started = people.Bases(options.bases, options.device), time.time()
    with torch.no_grad():
        for kind, count in (entry.split("=") for entry in options.sets.split(",")):
            if not (options.out / f"{kind}.{shard}.tsv").exists():
                first, _, end = count.rpartition("-")
                smooth = kind.startswith("plain") and not options.fine
                make(kind, range(int(first or 0) + shard, int(end), shards), bases.smoothed(1.5) if smooth else bases, options.out,
                     shard, not options.fine)
            print(f"{kind}: shard {shard} of {shards}, {time.time() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
