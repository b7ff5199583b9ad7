"""What the first two stages of atrophy-cnn make of simulated subjects: what train_resnets.py trains on.

usage: stem_features.py --cohort DIR --bases bases.npz --out DIR [--kind train|validation] [--samples DIR]
DIR is a cohort of make_cohort.py or of make_people.py --fine. Every scan is taken whole as it is, and mirrored, with another contrast and
with holes; and, of the block that holds both temporal lobes, six times with another shape, contrast and holes (subjects.changed), twins
alike. Writes into DIR, float16, KIND.whole.npy (rows, 2, 16, 22, 27, 22), KIND.block.npy (rows, 6, 16, 20, 12, 12), and last
KIND.npz (labels, severities of each, persons and twins); of the validation set only what is as it is. What was begun goes on. Seed 22.
"""
import argparse
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy
import onnx
import onnxruntime
import torch
from onnx.utils import Extractor

from subjects import MIRRORED, Set, changed

BLOCK = (slice(6, 86), slice(32, 80), slice(0, 48))
WHOLE_SHAPE, BLOCK_SHAPE = (16, 22, 27, 22), (16, 20, 12, 12)
VARIANTS, SEED = 6, 22


def stages(samples):
    """Scan or block (i, j, k) → the map after the second pool of atrophy-cnn."""
    model = onnx.load(samples / "atrophy-cnn.onnx")
    output = [n.output[0] for n in model.graph.node if n.op_type == "MaxPool"][1]
    model.graph.output.append(onnx.helper.make_tensor_value_info(output, onnx.TensorProto.FLOAT, [None] * 5))
    model = Extractor(model).extract_model(["scan"], [output])
    for n, size in enumerate(model.graph.input[0].type.tensor_type.shape.dim):
        if n > 1:                                                # blocks as well as whole scans
            size.dim_param = f"extent-{n}"
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return lambda x: session.run([output], {"scan": x.contiguous().numpy()[None, None]})[0][0].astype(numpy.float16)


def opened(path, shape):
    return numpy.lib.format.open_memmap(path, "r+" if path.exists() else "w+", numpy.float16, shape)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cohort", type=Path, required=True)
    parser.add_argument("--bases", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--kind", default="train")
    parser.add_argument("--samples", type=Path, default=Path(__file__).parent.parent)
    parser.add_argument("--threads", type=int, default=2)
    options, started = parser.parse_args(), time.time()
    torch.set_num_threads(1)
    options.out.mkdir(parents=True, exist_ok=True)
    features, data = stages(options.samples), Set([options.cohort], options.kind)
    regions = torch.from_numpy(numpy.load(options.bases)["labels"][::2, ::2, ::2].copy())
    training = options.kind == "train"
    whole = opened(options.out / f"{options.kind}.whole.npy", (len(data), 2 if training else 1, *WHOLE_SHAPE))
    block = opened(options.out / f"{options.kind}.block.npy", (len(data), VARIANTS if training else 0, *BLOCK_SHAPE))

    def made(person):
        """Of a person and the twin: both kinds of map and of severities."""
        rows = [r for r in (data.first[person], data.twin[person]) if r >= 0]
        x, truth = data.normalized(torch.tensor(rows)), data.severities[rows]
        views = {"whole": [(x, truth)], "block": []}
        if training:
            random = numpy.random.default_rng([SEED, person, VARIANTS])
            views["whole"].append(changed(x.flip(1), truth[:, MIRRORED], regions, 1.0, 0.0, random, mirror=0.0))
            for n in range(VARIANTS):
                random = numpy.random.default_rng([SEED, person, n])
                views["block"].append(changed(x[(slice(None), *BLOCK)], truth, regions[BLOCK], 0.8 if n else 0.0, 0.7, random))
        return rows, {k: [(numpy.stack([features(s) for s in scans]), s.numpy()) for scans, s in v] for k, v in views.items()}

    kept = options.out / f"{options.kind}.partial.npz"
    state = dict(numpy.load(kept)) if kept.exists() else {
        "done": numpy.array(0), "whole": numpy.zeros((*whole.shape[:2], 6), numpy.float32), "block": numpy.zeros((*block.shape[:2], 6), numpy.float32)}
    people = range(int(state["done"]), len(data.first))
    with ThreadPoolExecutor(options.threads) as pool:
        for person, (rows, found) in zip(people, pool.map(made, people)):
            for name, maps in (("whole", whole), ("block", block)):
                for n, (values, severities) in enumerate(found[name]):
                    maps[rows, n], state[name][rows, n] = values, severities
            if person % 32 == 31 or person == people[-1]:
                whole.flush()
                block.flush()
                numpy.savez(kept, **state | {"done": numpy.array(person + 1)})
                print(f"{options.kind}: {person + 1} of {len(data.first)} people, {time.time() - started:.0f} s", flush=True)
    numpy.savez(options.out / f"{options.kind}.npz", labels=data.labels.numpy(), first=data.first, twin=data.twin, whole=state["whole"], block=state["block"])
    kept.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
