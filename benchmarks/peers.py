"""Pellucid beside PyTorch, ONNX Runtime, Captum and Zennit: same networks, same images, same threads, one run.

    python peers.py --tool .build/release/pellucid --models FOLDER --out benchmarks/results.md [--repeat 5] [--only rieke]

Each figure is the median of the runs after one warm-up; each peer runs in a process of its own, so that peak memory is its own.
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


def timed(run, repeat):
    """Median seconds of `repeat` runs after one warm-up."""
    seconds = []
    for turn in range(repeat + 1):
        begin = time.perf_counter()
        run()
        if turn:
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
        return timed(lambda: method.attribute(x, target=1, n_steps=20, method='gausslegendre', internal_batch_size=1), 1 if repeat < 3 else 2)
    if what.startswith('captum-occlusion'):
        # A few windows: the time is the same for each.
        from captum.attr import Occlusion
        size = int(what.rsplit('-', 1)[1])
        part, windows = Occlusion(model), 4
        stride = [(image.shape[2] - size) // (windows - 1)] + [max(1, s) for s in image.shape[3:]]
        with torch.no_grad():
            seconds = timed(lambda: part.attribute(x, target=1, sliding_window_shapes=(1, size, image.shape[3], image.shape[4]),
                                                   strides=(1, stride[0], image.shape[3], image.shape[4])), max(2, repeat // 2))
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


def windows(extents, size, stride):
    count = 1
    for extent in extents:
        count *= -(-max(0, extent - size) // stride) + 1
    return count


PLAN = [  # network, ours, options, peer, divisor of ours (windows)
    ('rieke', 'forward', [], 'onnxruntime-forward'), ('rieke', 'forward', [], 'torch-forward'),
    ('rieke', 'saliency', [], 'torch-saliency'), ('rieke', 'lrp', [], 'zennit-lrp'),
    ('rieke', 'integrated-gradients', ['--steps', '20'], 'captum-integrated-gradients'),
    ('rieke', 'occlusion', ['--patch', '16', '--stride', '8'], 'captum-occlusion-16'),
    ('rieke', 'occlusion', ['--patch', '40', '--stride', '20'], 'captum-occlusion-40'),
    ('densenet121', 'forward', [], 'onnxruntime-forward'), ('resnet18', 'forward', [], 'onnxruntime-forward'),
    ('resnet50', 'forward', [], 'onnxruntime-forward'), ('densenet121', 'saliency', [], 'torch-saliency'),
    ('resnet18', 'saliency', [], 'torch-saliency'), ('resnet50', 'saliency', [], 'torch-saliency'),
    ('densenet121', 'occlusion', ['--patch', '16', '--stride', '8'], 'onnxruntime-forward'),
    ('resnet18', 'occlusion', ['--patch', '16', '--stride', '8'], 'onnxruntime-forward'),
    ('sfcn', 'occlusion', ['--patch', '16', '--stride', '8'], 'onnxruntime-forward'),
]
EXTENTS = {'rieke': (193, 229, 193), 'sfcn': (160, 192, 160), 'resnet18': (96,) * 3, 'resnet50': (96,) * 3, 'densenet121': (96,) * 3}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--tool')
    parser.add_argument('--models', type=pathlib.Path, required=True)
    parser.add_argument('--out', type=pathlib.Path)
    parser.add_argument('--repeat', type=int, default=5)
    parser.add_argument('--only')
    parser.add_argument('--peer')
    parser.add_argument('--network')
    a = parser.parse_args()
    if a.peer:
        seconds = peer(a.peer, a.network, a.models, a.repeat)
        print(json.dumps({'seconds': seconds, 'bytes': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))
        return
    rows, seen = [], {}
    for name, what, options, other in PLAN:
        if a.only and name != a.only:
            continue
        mine = seen.get((name, what, *options)) or ours(what, name, a, *options)
        seen[(name, what, *options)] = mine
        theirs = seen.get((name, other)) or isolated(other, name, a)
        seen[(name, other)] = theirs
        label, factor = what, 1
        if what == 'occlusion':
            size, stride = int(options[1]), int(options[3])
            factor = windows(EXTENTS[name], size, stride)
            label = f'occlusion {size}³/{stride}, a window of {factor}'
        if not mine or not theirs:
            continue
        mine_seconds = mine['seconds'] / factor
        rows.append((name, label, mine_seconds, mine['bytes'], other, theirs['seconds'], theirs['bytes'], mine_seconds / theirs['seconds']))
        print(rows[-1], file=sys.stderr, flush=True)
    lines = [
        '# Pellucid beside its peers', '',
        f'Medians of {a.repeat} runs after a warm-up (Captum fewer), {THREADS} threads, one run of `make bench-peers`; {platform.machine()}. '
        'Peers run in processes of their own. Occlusion: seconds a window; a forward pass is what a window costs a tool that runs each in full.', '',
        '| network | what | Pellucid, ms | MB | peer | peer, ms | MB | ratio |', '| --- | --- | ---: | ---: | --- | ---: | ---: | ---: |']
    for name, label, mine, mine_bytes, other, theirs, their_bytes, ratio in rows:
        lines.append(f'| {name} | {label} | {mine * 1e3:.3g} | {mine_bytes / 1e6:.0f} | {other} | {theirs * 1e3:.4g} | {their_bytes / 1e6:.0f} | '
                     f'{"1/%.3g" % (1 / ratio) if ratio < 1 else "%.2f" % ratio} |')
    text = '\n'.join(lines) + '\n'
    if a.out:
        a.out.write_text(text)
    print(text)


if __name__ == '__main__':
    main()
