"""Occlusion beside its peers: seconds a window, the whole map, regions of an atlas; and how the time grows with the window.

    python occlusion.py --tool .build/release/pellucid --models FOLDER [--coarse] [--only rieke] [--plot docs/images/occlusion_times.png]

A window costs a tool that runs each in full one forward pass: Captum is measured on four windows of the Rieke network, ONNX Runtime's pass
stands for it elsewhere. Pellucid's seconds a window are those of the whole map, the pass on the unchanged scan included, over the windows.
"""
import argparse
import json
import pathlib
import subprocess
import sys

import nibabel as nib
import numpy as np

EXTENTS = {'rieke': (193, 229, 193), 'sfcn': (160, 192, 160), 'resnet18': (96,) * 3, 'resnet50': (96,) * 3, 'densenet121': (96,) * 3}
REGIONS = 116  # of AAL
PLAN = [  # network, what, patch, stride, peer, at most this part of the peer's time a window
    ('rieke', 'occlusion', 16, 8, 'captum-occlusion-16', 1 / 800), ('rieke', 'occlusion', 40, 20, 'captum-occlusion-40', 1 / 300),
    ('rieke', 'region-occlusion', None, None, 'captum-occlusion-40', None),
    ('densenet121', 'occlusion', 16, 8, 'onnxruntime-forward', 1 / 4), ('resnet18', 'occlusion', 16, 8, 'onnxruntime-forward', 1 / 4),
    ('sfcn', 'occlusion', 16, 16, 'onnxruntime-forward', 1 / 30),
]
SIZES = {'rieke': (4, 8, 16, 24, 40, 64, 96, 193), 'sfcn': (4, 8, 16, 24, 40, 64, 96, 160), 'resnet18': (2, 4, 8, 16, 32, 64, 96),
         'densenet121': (2, 4, 8, 16, 32, 64, 96)}


def windows(extents, size, stride):
    """How many windows that are not empty step over a grid, as Captum counts them."""
    count = 1
    for extent in extents:
        size_here = min(size, extent)
        count *= sum(1 for n in range(-(-(extent - size_here) // stride) + 1) if n * stride < extent)
    return count


def mni(models, name):
    """The network's image with the affine of the MNI152 template of its size, so that an atlas meets it."""
    path = models / f'{name}_mni.nii'
    if not path.exists():
        affine = np.eye(4)
        affine[:3, 3] = -96, -132, -78
        nib.save(nib.Nifti1Image(np.asarray(nib.load(models / f'{name}.nii').dataobj), affine), path)
    return path


def ours(arguments, name, what, *options, image=None, repeat=None):
    command = [arguments.tool, 'bench', str(image or arguments.models / f'{name}.nii'), '--model', str(arguments.models / f'{name}.onnx'),
               '--what', what, '--repeat', str(repeat or 1), '--threads', '2', *options]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        print(f'pellucid {what} on {name}: {done.stderr.strip()}', file=sys.stderr)
        return None
    return json.loads(done.stdout)


def table(arguments, peer):
    """The rows of the comparison; `peer(what, network)` measures a peer in a process of its own."""
    lines = ['| network | what | windows | seconds | ms a window | MB | peer | peer, ms a window | ratio | wanted |',
             '| --- | --- | ---: | ---: | ---: | ---: | --- | ---: | ---: | ---: |']
    for name, what, patch, stride, other, most in PLAN:
        if arguments.only and name != arguments.only:
            continue
        if what == 'occlusion':
            stride *= 2 if getattr(arguments, 'coarse', False) else 1
            count, label = windows(EXTENTS[name], patch, stride), f'{patch}³, stride {stride}'
            mine = ours(arguments, name, what, '--patch', str(patch), '--stride', str(stride), '--target', '1')
        else:
            count, label = REGIONS, 'regions of AAL'
            mine = ours(arguments, name, what, '--atlas', 'aal', '--target', '1', image=mni(arguments.models, name), repeat=3)
        theirs = peer(other, name)
        if not mine or not theirs:
            continue
        each, ratio = mine['median'] / count, mine['median'] / count / theirs['seconds']
        lines.append(f'| {name} | {label} | {count} | {mine["median"]:.3g} | {each * 1e3:.3g} | {mine["peak_rss_bytes"] / 1e6:.0f} | '
                     f'{other} | {theirs["seconds"] * 1e3:.4g} | 1/{1 / ratio:.3g} | {"1/%.0f" % (1 / most) if most else "–"} |')
        print(lines[-1], file=sys.stderr, flush=True)
    return lines


def growth(arguments):
    """By network: (window size, seconds a window) and the forward pass's seconds."""
    curves = {}
    for name, sizes in SIZES.items():
        if arguments.only and name != arguments.only:
            continue
        forward = ours(arguments, name, 'forward', repeat=5)['median']
        points = []
        for size in sizes:
            steps = 3 if size <= 40 else 2
            stride = max(1, (min(EXTENTS[name]) - size) // steps)
            run = ours(arguments, name, 'occlusion', '--patch', str(size), '--stride', str(stride), '--target', '1')
            points.append((size, run['median'] / windows(EXTENTS[name], size, stride)))
            print(name, points[-1], forward, file=sys.stderr, flush=True)
        curves[name] = points, forward
    return curves


def plot(curves, path):
    import matplotlib
    matplotlib.use('Agg')
    import matplotlib.pyplot as plt
    names = {'rieke': 'Rieke, 193×229×193', 'sfcn': 'SFCN, 160×192×160', 'resnet18': 'ResNet18, 96³', 'densenet121': 'DenseNet121, 96³'}
    colours = {'rieke': '#0072b2', 'sfcn': '#009e73', 'resnet18': '#d55e00', 'densenet121': '#aa4499'}
    figure, axes = plt.subplots(figsize=(8, 5), dpi=140, layout='constrained')
    for name, (points, forward) in curves.items():
        sizes, seconds = zip(*points)
        axes.plot(sizes, [1e3 * s for s in seconds], marker='o', ms=4, color=colours[name], label=names[name])
        axes.plot([sizes[0], sizes[-1]], [1e3 * forward] * 2, ls='--', lw=1, color=colours[name])
    axes.set_xscale('log', base=2)
    axes.set_yscale('log')
    axes.set_xticks([2, 4, 8, 16, 32, 64, 128, 193], ['2³', '4³', '8³', '16³', '32³', '64³', '128³', '193³'])
    axes.minorticks_off()
    axes.set_xlabel('window (voxels)')
    axes.set_ylabel('ms a window, 2 cores')
    axes.set_title('Occlusion: only what a window can reach is computed again', loc='left')
    axes.grid(alpha=.3)
    axes.plot([], [], ls='--', lw=1, color='#555555', label="Pellucid's whole forward pass")
    axes.legend(frameon=False, fontsize=9)
    figure.savefig(path)


def main():
    import peers
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--tool', required=True)
    parser.add_argument('--models', type=pathlib.Path, required=True)
    parser.add_argument('--only')
    parser.add_argument('--repeat', type=int, default=3)
    parser.add_argument('--coarse', action='store_true', help='strides twice as large: an eighth of the windows')
    parser.add_argument('--plot', type=pathlib.Path, help='measure the growth with the window and draw it, instead of the table')
    a = parser.parse_args()
    if a.plot:
        curves = growth(a)
        plot(curves, a.plot)
    else:
        print('\n'.join(table(a, lambda what, name: peers.isolated(what, name, a))))


if __name__ == '__main__':
    main()
