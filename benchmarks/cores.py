"""All cores: time against threads, what sampling costs beside the passes, and whole commands from start to end.

    python cores.py --tool .build/release/pellucid --models FOLDER --out benchmarks/cores.md [--plot docs/images/threads.png] [--repeat 3]

Rows are measured in turn, round by round, so that a machine that gets slower does not count against one of them. A ratio is the median of
the rounds' ratios; in brackets what is asked for, and whether it is reached.
"""
import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time

import peers

SAMPLE, NETWORK = (str(path) for path in peers.SAMPLE)


def seconds(arguments, what, name, threads, *options, repeat=1):
    """Median seconds of a `bench` row on a network of benchmarks/models.py, or on the sample where `name` is None."""
    image, model, target = ((SAMPLE, NETWORK, 'AD') if name is None
                            else (str(arguments.models / f'{name}.nii'), str(arguments.models / f'{name}.onnx'), '1'))
    done = subprocess.run([arguments.tool, 'bench', image, '--model', model, '--what', what, '--repeat', str(repeat), '--threads', str(threads),
                           '--target', target, *options], capture_output=True, text=True, check=True)
    return peers.json.loads(done.stdout)['median']


def command(arguments, *words):
    """Seconds of a whole command, start to end."""
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        subprocess.run([arguments.tool, *words, '--out', f'{folder}/out'], capture_output=True, check=True)
        return time.perf_counter() - begin


THREADS = [  # network, what, options, two threads against one
    ('rieke', 'occlusion', ['--patch', '16', '--stride', '16'], 0.55), ('rieke', 'forward', [], 0.56), ('rieke', 'saliency', [], 0.58),
    ('rieke', 'lrp', [], 0.58), ('resnet18', 'forward', [], None), ('densenet121', 'forward', [], None),
]
SAMPLING = [  # network, method, options, passes, against what, at most
    ('rieke', 'smoothgrad', ['--samples', '24'], 24, 'saliency', 1.15),
    ('rieke', 'integrated-gradients', ['--steps', '24'], 24, 'saliency', 1.15), ('rieke', 'rise', ['--masks', '64'], 64, 'forward', 1.15),
    (None, 'lime', ['--samples', '240', '--atlas', 'aal'], 240, 'forward', 1.15),
    (None, 'lime', ['--samples', '240', '--supervoxels', '100'], 240, 'forward', None),
    (None, 'kernel-shap', ['--samples', '928', '--atlas', 'aal'], 928, 'forward', 1.15),
    (None, 'shapley-sampling', ['--permutations', '6', '--atlas', 'aal'], 690, 'forward', 1.15),
]
EXPLAIN = ['explain', SAMPLE, '--model', NETWORK, '--target', 'AD']
COMMANDS = [  # words, most seconds
    ([*EXPLAIN, '--method', 'grad-cam,lrp,occlusion,region-occlusion', '--atlas', 'aal'], 2.0), ([*EXPLAIN, '--method', 'grad-cam'], 0.45),
]


def threads_table(arguments):
    counts = [n for n in (1, 2, 4, 8, 16, 32) if n <= os.cpu_count()]
    lines = ['| network | what | ' + ' | '.join(f'{n} threads, ms' for n in counts) + ' | 2 against 1 |', '| --- | --- |' + ' ---: |' * (len(counts) + 1)]
    curves = {}
    for name, what, options, most in THREADS:
        rounds = [[seconds(arguments, what, name, n, *options, repeat=3) for n in counts] for _ in range(arguments.repeat)]
        times = [statistics.median(r[place] for r in rounds) for place in range(len(counts))]
        ratio = statistics.median(r[1] / r[0] for r in rounds) if len(counts) > 1 else float('nan')
        curves[f'{name} {what}'] = counts, times
        lines.append(f'| {name} | {what} | ' + ' | '.join(f'{1e3 * t:.4g}' for t in times) + f' | {peers.reached(ratio, most)} |')
        print(lines[-1], flush=True)
    return lines, curves


def sampling_table(arguments):
    lines = ['| network | what | passes | ms a pass | beside | ms | ratio |', '| --- | --- | ---: | ---: | --- | ---: | ---: |']
    for name, what, options, count, other, most in SAMPLING:
        pairs = [(seconds(arguments, what, name, 2, *options) / count, seconds(arguments, other, name, 2, repeat=3)) for _ in range(arguments.repeat)]
        mine, theirs = (statistics.median(p[side] for p in pairs) for side in (0, 1))
        ratio = statistics.median(a / b for a, b in pairs)
        lines.append(f'| {name or "the sample"} | {" ".join([what, *options[2:]])} | {count} | {1e3 * mine:.4g} | {other} | {1e3 * theirs:.4g} | '
                     f'{peers.reached(ratio, most)} |')
        print(lines[-1], flush=True)
    return lines


def commands_table(arguments):
    lines = ['| command | seconds |', '| --- | ---: |']
    for words, most in COMMANDS:
        taken = statistics.median(command(arguments, *words) for _ in range(max(3, arguments.repeat)))
        lines.append(f'| `pellucid {" ".join(words)}` | {peers.reached(taken, most)} |')
        print(lines[-1], flush=True)
    with tempfile.TemporaryDirectory() as folder:
        scans = [f'{folder}/s{n}.nii.gz' for n in range(os.cpu_count())]
        for scan in scans:
            shutil.copy(SAMPLE, scan)
        words = ['explain', *scans, '--model', NETWORK, '--target', 'AD', '--method', 'grad-cam,lrp,occlusion']
        alone, together = command(arguments, *words, '--threads', '1'), command(arguments, *words, '--jobs', str(len(scans)))
    lines.append(f'| {len(scans)} scans, three methods: `--threads 1` {alone:.3g} s, `--jobs {len(scans)}` | {together:.3g} ({alone / together:.2f} times as fast) |')
    print(lines[-1], flush=True)
    return lines


def plot(curves, path):
    import matplotlib
    matplotlib.use('Agg')
    import matplotlib.pyplot as plt
    figure, axes = plt.subplots(figsize=(7, 4.5), dpi=140, layout='constrained')
    for label, (counts, times) in curves.items():
        axes.plot(counts, [times[0] / t for t in times], marker='o', ms=4, label=label)
    most = max(counts[-1] for counts, _ in curves.values())
    axes.plot([1, most], [1, most], ls='--', lw=1, color='#555555', label='all threads busy')
    axes.set_xticks(sorted({count for counts, _ in curves.values() for count in counts}))
    axes.set_xlabel('threads')
    axes.set_ylabel('times as fast as one thread')
    axes.legend(frameon=False, fontsize=8)
    axes.grid(alpha=.3)
    figure.savefig(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--tool', required=True)
    parser.add_argument('--models', type=pathlib.Path, required=True)
    parser.add_argument('--out', type=pathlib.Path)
    parser.add_argument('--plot', type=pathlib.Path)
    parser.add_argument('--repeat', type=int, default=3)
    parser.add_argument('--part', choices=['threads', 'sampling', 'commands'])
    a = parser.parse_args()
    lines = ['# All cores', '', f'Medians of {a.repeat} rounds on {os.cpu_count()} cores; sampling with 2 threads.']
    if a.part in (None, 'threads'):
        table, curves = threads_table(a)
        lines += ['', '## Threads', '', *table]
        if a.plot:
            plot(curves, a.plot)
    if a.part in (None, 'sampling'):
        lines += ['', '## Beside the passes', '', *sampling_table(a)]
    if a.part in (None, 'commands'):
        lines += ['', '## Start to end', '', *commands_table(a)]
    if a.out:
        a.out.write_text('\n'.join(lines) + '\n')


if __name__ == '__main__':
    main()
