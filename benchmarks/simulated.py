"""More cores than there are: how many times as fast a program would be with a core for each of its threads.

    python simulated.py --tool .build/release/pellucid --models FOLDER [--threads 16]

The program runs with all its threads on the cores at hand, with `regions.c` loaded before it, which notes the processor time of each thread in each
part that is shared out. Where each has a core of its own, such a part takes what its longest thread takes, and all else what the first thread takes
alone:

    times as fast = (alone + together) / (alone + longest)

in processor time of one and the same run, so that a busy host does not count. What is not in it: threads that wait for memory or for one another's
locks, and waking them, some microseconds a part; and what is done in neither, the column before the last: threads beside the first one's, and waiting
that spins. Two threads are simulated beside it: those can be measured, too.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import peers

SAMPLE, NETWORK = (str(path) for path in peers.SAMPLE)
FIELDS = ('alone', 'longest', 'together', 'process', 'count')


def regions(library, words, threads):
    """What regions.c tells of a run."""
    done = subprocess.run([*words, '--threads', str(threads)], env={**os.environ, 'LD_PRELOAD': library}, capture_output=True, text=True, check=True)
    line = [line for line in done.stderr.splitlines() if line.startswith('regions: ')][-1]
    return [float(re.search(rf'{field} ([\d.]+)', line).group(1)) for field in FIELDS]


def repeated(library, words, threads, more):
    """The same for one repetition: what `more` of them take beyond the first."""
    few, many = (regions(library, [*words, '--repeat', str(count)], threads) for count in (1, 1 + more))
    return [(b - a) / more for a, b in zip(few, many)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--tool', required=True)
    parser.add_argument('--models', type=pathlib.Path, required=True)
    parser.add_argument('--threads', type=int, default=16)
    arguments = parser.parse_args()

    def bench(name, *options):
        return [arguments.tool, 'bench', f'{arguments.models / name}.nii', '--model', f'{arguments.models / name}.onnx', '--target', '1', *options]

    with tempfile.TemporaryDirectory() as folder:
        library = f'{folder}/regions.so'
        subprocess.run(['cc', '-O2', '-shared', '-fPIC', str(pathlib.Path(__file__).with_name('regions.c')), '-o', library, '-ldl'], check=True)
        scans = [shutil.copy(SAMPLE, f'{folder}/p{place}.nii.gz') for place in range(arguments.threads)]
        explain = [arguments.tool, 'explain', *scans, '--model', NETWORK, '--target', 'AD', '--method', 'grad-cam,lrp,occlusion', '--out', f'{folder}/out']
        rows = [
            ('occlusion 16³ stride 8, Rieke net', lambda n: repeated(library, bench('rieke', '--what', 'occlusion', '--patch', '16', '--stride', '8'), n, 3)),
            ('forward, ResNet18', lambda n: repeated(library, bench('resnet18', '--what', 'forward'), n, 10)),
            (f'`explain` of {len(scans)} scans, `--jobs`', lambda n: regions(library, [*explain, '--jobs', str(n)], n)),
        ]
        print('| what | threads | alone, s | longest, s | together, s | parts | in neither, s | times as fast |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |')
        for what, run in rows:
            for threads in (2, arguments.threads):
                shutil.rmtree(f'{folder}/out', ignore_errors=True)
                alone, longest, together, process, count = run(threads)
                print(f'| {what} | {threads} | {alone:.3f} | {longest:.3f} | {together:.2f} | {count:.0f} | {process - alone - together:.2f} | '
                      f'{(alone + together) / (alone + longest):.1f} |', flush=True)


if __name__ == '__main__':
    main()
