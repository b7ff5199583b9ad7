"""Pellucid beside PyTorch, ONNX Runtime, Captum and Zennit: same networks, same images, same threads, one run.

    python peers.py --tool .build/release/pellucid --models FOLDER --out benchmarks/results.md [--repeat 5] [--only rieke] [--part engine]

Each figure is the median of the runs after one warm-up; each peer runs in a process of its own, so that peak memory is its own.
The whole takes about twenty minutes on two cores; --part engine leaves occlusion out.
"""
import argparse
import json
import pathlib
import platform
import resource
import statistics
import subprocess
import sys
import time

import occlusion

THREADS = 2


def timed(run, repeat, warm_ups=1):
    """Median seconds of `repeat` runs after the warm-ups."""
    seconds = []
    for turn in range(repeat + warm_ups):
        begin = time.perf_counter()
        run()
        if turn >= warm_ups:
            seconds.append(time.perf_counter() - begin)
    return statistics.median(seconds)


def peer(what, name, folder, repeat):
    """One peer's figure, in this process."""
    import nibabel as nib
    import numpy as np
    image = np.asarray(nib.load(folder / f'{name}.nii').dataobj, dtype=np.float32)[None, None]
    if what == 'onnxruntime-forward':
        import onnxruntime as ort
        options = ort.SessionOptions()
        options.intra_op_num_threads = THREADS
        session = ort.InferenceSession(str(folder / f'{name}.onnx'), options, providers=['CPUExecutionProvider'])
        return timed(lambda: session.run(None, {'image': image}), repeat)
    import torch
    torch.set_num_threads(THREADS)
    model = torch.load(folder / f'{name}.pt', weights_only=False).eval()
    x = torch.from_numpy(image)
    if what == 'torch-forward':
        with torch.no_grad():
            return timed(lambda: model(x), repeat)
    if what == 'torch-saliency':
        def saliency():
            y = x.clone().requires_grad_()
            model(y)[0].reshape(-1)[1].backward()
        return timed(saliency, repeat)
    if what == 'zennit-lrp':
        import zennit.attribution
        import zennit.canonizers
        import zennit.composites
        composite = zennit.composites.EpsilonPlus(canonizers=[zennit.canonizers.SequentialMergeBatchNorm()])
        with zennit.attribution.Gradient(model, composite) as attributor:
            return timed(lambda: attributor(x, lambda out: torch.nn.functional.one_hot(torch.tensor([1]), out.shape[1]) * out.detach()), repeat)
    if what == 'captum-integrated-gradients':
        from captum.attr import IntegratedGradients
        method = IntegratedGradients(model)
        method.attribute(x, target=1, n_steps=1, method='gausslegendre')  # the warm-up: every step is the same work
        return timed(lambda: method.attribute(x, target=1, n_steps=20, method='gausslegendre', internal_batch_size=1), repeat, warm_ups=0)
    if what.startswith('captum-occlusion'):
        # A few windows: the time is the same for each.
        from captum.attr import Occlusion
        size = int(what.rsplit('-', 1)[1])
        part, windows = Occlusion(model), -(-(image.shape[2] - size) // size) + 1
        with torch.no_grad():
            seconds = timed(lambda: part.attribute(x, target=1, sliding_window_shapes=(1, size, image.shape[3], image.shape[4]),
                                                   strides=(1, size, image.shape[3], image.shape[4])), 1)
        return seconds / (windows + 1)  # and one pass on the image itself
    raise SystemExit(f'peers.py: no peer {what}')


def isolated(what, name, arguments):
    """A peer's seconds and peak bytes, measured in a process of its own; None where it cannot run."""
    command = [sys.executable, __file__, '--peer', what, '--network', name, '--models', str(arguments.models), '--repeat', str(arguments.repeat)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        print(f'{what} on {name}: {done.stderr.strip().splitlines()[-1:]}', file=sys.stderr)
        return None
    return json.loads(done.stdout.splitlines()[-1])


def ours(what, name, arguments, *options):
    """Pellucid's seconds and peak bytes."""
    command = [arguments.tool, 'bench', str(arguments.models / f'{name}.nii'), '--model', str(arguments.models / f'{name}.onnx'), '--what',
               what, '--repeat', str(arguments.repeat), '--threads', str(THREADS), '--target', '1', *options]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        print(f'pellucid {what} on {name}: {done.stderr.strip()}', file=sys.stderr)
        return None
    row = json.loads(done.stdout)
    return {'seconds': row['median'], 'bytes': row['peak_rss_bytes']}


ENGINE = [  # network, ours, options, peer, the most that our time may be of the peer's, and our memory of the peer's
    ('rieke', 'forward', [], 'onnxruntime-forward', 0.75, 0.5), ('rieke', 'forward', [], 'torch-forward', 1 / 8, None),
    ('rieke', 'saliency', [], 'torch-saliency', 1 / 10, 0.5), ('rieke', 'lrp', [], 'zennit-lrp', 1 / 8, None),
    ('rieke', 'integrated-gradients', ['--steps', '20'], 'captum-integrated-gradients', 1 / 8, None),
    ('densenet121', 'forward', [], 'onnxruntime-forward', 1, None), ('resnet18', 'forward', [], 'onnxruntime-forward', 1, None),
    ('resnet50', 'forward', [], 'onnxruntime-forward', 1, None), ('densenet121', 'saliency', [], 'torch-saliency', 1 / 2, None),
    ('resnet18', 'saliency', [], 'torch-saliency', 1 / 2, None), ('resnet50', 'saliency', [], 'torch-saliency', 1 / 2, None),
]
SAMPLE = ('samples/patient_T1.nii.gz', 'samples/atrophy-cnn.onnx')
MOST_SECONDS_TO_PREDICT = 0.5


class Measurements:
    """Figures of both sides, each taken once."""

    def __init__(self, arguments):
        self.arguments, self.seen = arguments, {}

    def peer(self, what, name):
        """The peer's figure; None where it cannot run."""
        if (name, what) not in self.seen:
            self.seen[(name, what)] = isolated(what, name, self.arguments)
        return self.seen[(name, what)]

    def pair(self, name, what, options, other):
        """Pellucid's figure and the peer's; None where one is missing."""
        ours_key, their_key = (name, what, *options), (name, other)
        if ours_key not in self.seen:
            self.seen[ours_key] = ours(what, name, self.arguments, *options)
        self.peer(other, name)
        print(name, what, self.seen[ours_key], other, self.seen[their_key], file=sys.stderr, flush=True)
        return (self.seen[ours_key], self.seen[their_key]) if self.seen[ours_key] and self.seen[their_key] else None


def reached(value, most):
    """A ratio beside what it must be."""
    return f'{value:.2f}' + ('' if most is None else f' (≤ {most:.3g}: {"yes" if value <= most else "NO"})')


def engine_table(measurements, only):
    lines = ['| network | what | Pellucid, ms | MB | peer | ms | MB | time ratio | memory ratio |',
             '| --- | --- | ---: | ---: | --- | ---: | ---: | ---: | ---: |']
    for name, what, options, other, most_time, most_memory in ENGINE:
        pair = None if only and name != only else measurements.pair(name, what, options, other)
        if pair:
            mine, theirs = pair
            lines.append(
                f'| {name} | {" ".join([what, *options])} | {mine["seconds"] * 1e3:.4g} | {mine["bytes"] / 1e6:.0f} | {other} | '
                f'{theirs["seconds"] * 1e3:.4g} | {theirs["bytes"] / 1e6:.0f} | {reached(mine["seconds"] / theirs["seconds"], most_time)} | '
                f'{reached(mine["bytes"] / theirs["bytes"], most_memory)} |')
    return lines


def predict_line(tool, repeat):
    """Seconds of `predict` on the sample, from the start of the process to its end."""
    image, model = SAMPLE
    seconds = timed(lambda: subprocess.run([tool, 'predict', image, '--model', model], capture_output=True, check=True), max(5, repeat))
    good = 'yes' if seconds <= MOST_SECONDS_TO_PREDICT else 'NO'
    return f'`predict` on the sample, start of the process to its end: {seconds:.2f} s (≤ {MOST_SECONDS_TO_PREDICT} s: {good}).'


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--tool')
    parser.add_argument('--models', type=pathlib.Path, required=True)
    parser.add_argument('--out', type=pathlib.Path)
    parser.add_argument('--repeat', type=int, default=5)
    parser.add_argument('--only')
    parser.add_argument('--part', choices=['engine', 'occlusion'])
    parser.add_argument('--peer')
    parser.add_argument('--network')
    a = parser.parse_args()
    if a.peer:
        seconds = peer(a.peer, a.network, a.models, a.repeat)
        print(json.dumps({'seconds': seconds, 'bytes': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))
        return
    measurements = Measurements(a)
    lines = [
        '# Pellucid beside its peers', '',
        f'Medians of {a.repeat} runs after a warm-up, {THREADS} threads, same images, one run of `make bench-peers`; {platform.machine()}. '
        'Peers run in processes of their own; MB is a process\'s peak memory. In brackets: what is asked for, and whether it is reached.']
    if a.part != 'occlusion':
        lines += ['', '## Forward and backward', '', *engine_table(measurements, a.only), '', predict_line(a.tool, a.repeat)]
    if a.part != 'engine':
        lines += ['', '## Occlusion', '',
                  'Where the peer is a forward pass, that is what a window costs a tool that runs each in full.', '',
                  *occlusion.table(a, measurements.peer)]
    text = '\n'.join(lines) + '\n'
    if a.out:
        a.out.write_text(text)
    print(text)


if __name__ == '__main__':
    main()
