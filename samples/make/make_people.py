"""Simulates the cohorts that train_networks.py trains on, with people.py.

usage: make_people.py --bases bases.npz --out DIR [--sets train=1600,…] [--device cpu|cuda] [--shard I/N]
Writes SET.I.npy (uint8 greys: (n, 91, 109, 91), the plain sets at 4 mm (n, 46, 55, 46)) and, last, SET.I.tsv into DIR. A shard that
is there is not made again.
"""
import argparse
import time
from pathlib import Path

import numpy
import torch

import people
import simulate

SETS = "train=1600,validation=160,test=400,plain-train=1000,plain-test=100"


def make(kind, numbers, bases, out, shard):
    rows = ["\t".join(["number", "label", "age", "head", "colin27", *simulate.ATROPHY])]
    volumes = []
    for number in numbers:
        person = people.draw(kind, number)
        values, part = people.scan(person, bases)
        volumes.append((values[::2, ::2, ::2] if person.plain else values).cpu().numpy())
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
                make(kind, range(shard, int(count), shards), bases, options.out, shard)
            print(f"{kind}: shard {shard} of {shards}, {time.time() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
