"""Reading, region tables and pictures: Pellucid beside nibabel, one run.

    python anatomy.py --tool .build/release/pellucid --scan SCAN.nii.gz… [--repeat 9]

Reading is timed inside each process (nibabel: to a float32 array, in the faster of its two ways), region tables once map and atlas are
read, a montage from the start of the process to the file on disk. The runs of the two readers alternate; medians.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time


def nibabel_reading(path, repeat):
    """Seconds of each run after a warm-up, by array and by get_fdata."""
    import nibabel as nib
    import numpy as np
    ways = (lambda: np.asarray(nib.load(path).dataobj, dtype=np.float32), lambda: nib.load(path).get_fdata(dtype=np.float32))
    seconds = []
    for way in ways:
        for turn in range(repeat + 1):
            begin = time.perf_counter()
            way()
            if turn:
                seconds.append((way is ways[1], time.perf_counter() - begin))
    return min(statistics.median(s for second, s in seconds if second == wanted) for wanted in (False, True))


def bench(tool, *arguments):
    out = subprocess.run([tool, 'bench', *arguments], check=True, capture_output=True, text=True).stdout
    return json.loads(out)['median']


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--tool', required=True)
    parser.add_argument('--scan', required=True, nargs='+')
    parser.add_argument('--atlas', default='aal')
    parser.add_argument('--repeat', type=int, default=9)
    parser.add_argument('--nibabel')  # for the process that is the peer
    options = parser.parse_args()
    if options.nibabel:
        print(nibabel_reading(options.nibabel, options.repeat))
        return
    tool, repeat = str(pathlib.Path(options.tool).resolve()), str(options.repeat)
    print('| what | Pellucid | nibabel |\n| --- | ---: | ---: |')
    for scan in options.scan:
        ours, theirs = [], []
        for _ in range(3):
            ours.append(bench(tool, scan, '--what', 'read', '--repeat', repeat))
            peer = subprocess.run([sys.executable, __file__, '--tool', tool, '--scan', scan, '--nibabel', scan, '--repeat', repeat],
                                  check=True, capture_output=True, text=True)
            theirs.append(float(peer.stdout))
        name = pathlib.Path(scan).name
        print(f'| reading {name} | {1e3 * statistics.median(ours):.1f} ms | {1e3 * statistics.median(theirs):.1f} ms |')
    scan = options.scan[0]
    name = pathlib.Path(scan).name
    print(f'| region table of {name} by {options.atlas} | {bench(tool, scan, "--what", "regions", "--atlas", options.atlas):.3f} s | |')
    with tempfile.TemporaryDirectory() as folder:
        seconds = []
        for turn in range(6):
            begin = time.perf_counter()
            subprocess.run([tool, 'montage', scan, '--overlay', scan, '--out', folder + '/montage.png'], check=True)
            if turn:
                seconds.append(time.perf_counter() - begin)
    print(f'| montage of {name} over itself, process and file | {statistics.median(seconds):.2f} s | |')


main()
