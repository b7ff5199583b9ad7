"""Pellucid beside PyTorch, ONNX Runtime, Captum and Zennit: same networks, same images, same threads, one run.

    python peers.py --tool .build/release/pellucid --models FOLDER --out benchmarks/results.md [--repeat 5] [--only rieke] [--part engine]

Both sides are measured in turn, round by round, each in a process of its own (so that peak memory is its own) and after a warm-up. A
figure is the median of all runs; a ratio is the median of the rounds' ratios, because a machine's speed drifts. The whole takes about
half an hour on two cores; --part engine leaves occlusion out.
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

THREADS = 2


def timed(run, repeat, warm_ups=1):
    """Seconds of `repeat` runs after the warm-ups."""
    seconds = []
    for turn in range(repeat + warm_ups):
        begin = time.perf_counter()
        run()
        if turn >= warm_ups:
            seconds.append(time.perf_counter() - begin)
    return seconds


def peer(what, name, folder, repeat):
    """Seconds of one peer's runs, in this process."""
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
        return [s / (windows + 1) for s in seconds]  # and one pass on the image itself
    raise SystemExit(f'peers.py: no peer {what}')


def isolated(what, name, arguments, repeat):
    """A peer's runs and peak bytes, measured in a process of its own; None where it cannot run."""
    command = [sys.executable, __file__, '--peer', what, '--network', name, '--models', str(arguments.models), '--repeat', str(repeat)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        print(f'{what} on {name}: {done.stderr.strip().splitlines()[-1:]}', file=sys.stderr)
        return None
    return json.loads(done.stdout.splitlines()[-1])


def ours(what, name, arguments, repeat, *options, image=None, warm_up=1):
    """Pellucid's runs and peak bytes; None where it cannot run."""
    command = [arguments.tool, 'bench', str(image or arguments.models / f'{name}.nii'), '--model', str(arguments.models / f'{name}.onnx'),
               '--what', what, '--repeat', str(repeat), '--warm-up', str(warm_up), '--threads', str(THREADS), '--target', '1', *options]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        print(f'pellucid {what} on {name}: {done.stderr.strip()}', file=sys.stderr)
        return None
    row = json.loads(done.stdout)
    return {'seconds': row['seconds'], 'bytes': row['peak_rss_bytes']}


ENGINE = [  # network, ours, options, peer, the most that our time may be of the peer's, and our memory of the peer's
    ('rieke', 'forward', [], 'onnxruntime-forward', 0.75, 0.5), ('rieke', 'forward', [], 'torch-forward', 1 / 8, None),
    ('rieke', 'saliency', [], 'torch-saliency', 1 / 10, 0.5), ('rieke', 'lrp', [], 'zennit-lrp', 1 / 8, None),
    ('rieke', 'integrated-gradients', ['--steps', '20'], 'captum-integrated-gradients', 1 / 8, None),
    ('densenet121', 'forward', [], 'onnxruntime-forward', 1, None), ('resnet18', 'forward', [], 'onnxruntime-forward', 1, None),
    ('resnet50', 'forward', [], 'onnxruntime-forward', 1, None), ('densenet121', 'saliency', [], 'torch-saliency', 1 / 2, None),
    ('resnet18', 'saliency', [], 'torch-saliency', 1 / 2, None), ('resnet50', 'saliency', [], 'torch-saliency', 1 / 2, None),
    ('swin', 'forward', [], 'onnxruntime-forward', 1, 1.5), ('swin', 'saliency', [], 'torch-saliency', 1 / 2, None),
    ('vit', 'forward', [], 'onnxruntime-forward', 1, 1.5), ('vit', 'saliency', [], 'torch-saliency', 1 / 2, None),
]
SAMPLE = ('samples/patient_T1.nii.gz', 'samples/atrophy-cnn.onnx')
MOST_SECONDS_TO_PREDICT = 0.5


SLOW = {'captum-integrated-gradients'}  # one run of twenty equal steps a round


def in_turn(mine, theirs, rounds):
    """Both sides round by round: medians of all runs, peak bytes, and the median of the rounds' ratios; None where one cannot run.

    `mine` and `theirs` return runs and bytes of one round.
    """
    pairs = [(mine(), theirs()) for _ in range(rounds)]
    if not all(a and b for a, b in pairs):
        return None

    def side(results):
        return {'seconds': statistics.median(s for r in results for s in r['seconds']), 'bytes': max(r['bytes'] for r in results)}

    ratio = statistics.median(statistics.median(a['seconds']) / statistics.median(b['seconds']) for a, b in pairs)
    return side([a for a, _ in pairs]), side([b for _, b in pairs]), ratio


def reached(value, most):
    """A ratio beside what it must be."""
    return f'{value:.2f}' + ('' if most is None else f' (≤ {most:.3g}: {"yes" if value <= most else "NO"})')


def engine_table(arguments):
    lines = ['| network | what | Pellucid, ms | MB | peer | ms | MB | time ratio | memory ratio |',
             '| --- | --- | ---: | ---: | --- | ---: | ---: | ---: | ---: |']
    for name, what, options, other, most_time, most_memory in ENGINE:
        if arguments.only and name != arguments.only:
            continue
        rounds, repeat = (3, 1) if other in SLOW else (3, -(-arguments.repeat // 3))
        result = in_turn(lambda: ours(what, name, arguments, repeat, *options), lambda: isolated(other, name, arguments, repeat), rounds)
        if result is None:
            continue
        mine, theirs, ratio = result
        lines.append(
            f'| {name} | {" ".join([what, *options])} | {mine["seconds"] * 1e3:.4g} | {mine["bytes"] / 1e6:.0f} | {other} | '
            f'{theirs["seconds"] * 1e3:.4g} | {theirs["bytes"] / 1e6:.0f} | {reached(ratio, most_time)} | '
            f'{reached(mine["bytes"] / theirs["bytes"], most_memory)} |')
        print(lines[-1], file=sys.stderr, flush=True)
    return lines


def predict_line(tool, repeat):
    """Seconds of `predict` on the sample, from the start of the process to its end."""
    image, model = SAMPLE
    seconds = statistics.median(timed(
        lambda: subprocess.run([tool, 'predict', image, '--model', model], capture_output=True, check=True), max(5, repeat)))
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
    lines = [
        '# Pellucid beside its peers', '',
        f'Medians of at least {a.repeat} runs after a warm-up (of integrated gradients 3, each of 20 equal steps), {THREADS} threads, same images,\n'
        f'both sides in turn in one run of `make bench-peers`; {platform.machine()}. A ratio is the median of the rounds\' ratios. MB is a process\'s '
        'peak\nmemory. In brackets: what is asked for, and whether it is reached.']
    if a.part != 'occlusion':
        lines += ['', '## Forward and backward', '', *engine_table(a), '', predict_line(a.tool, a.repeat)]
    if a.part != 'engine':
        import occlusion  # which asks this file for its measurements
        lines += ['', '## Occlusion', '',
                  'The whole map, the peer after it, in three rounds (ResNet18: one). Where the peer is a forward pass, that is what a window costs a\ntool '
                  'that runs each in full.', '',
                  *occlusion.table(a)]
    text = '\n'.join(lines) + '\n'
    if a.out:
        a.out.write_text(text)
    print(text)


if __name__ == '__main__':
    main()
