"""Occlusion beside its peers: seconds a window, the whole map, regions of an atlas; and how the time grows with the window.

    python occlusion.py --tool .build/release/pellucid --models FOLDER [--only rieke] [--plot docs/images/occlusion_times.png]

A window costs a tool that runs each in full one forward pass: Captum is measured on four windows of the Rieke network, ONNX Runtime's pass
stands for it elsewhere. Pellucid's seconds a window are those of the whole map, the pass on the unchanged scan included, over the windows; in
the plot it is left out, since maps there have fewer windows.
"""
import argparse
import pathlib
import statistics
import sys

import nibabel as nib
import numpy as np

import peers

EXTENTS = {'rieke': (193, 229, 193), 'sfcn': (160, 192, 160), 'resnet18': (96,) * 3, 'resnet50': (96,) * 3, 'densenet121': (96,) * 3}
REGIONS = 116  # of AAL
PLAN = [  # network, what, patch, stride, peer, at most this part of the peer's time a window, rounds
    ('rieke', 'occlusion', 16, 8, 'captum-occlusion-16', 1 / 3000, 3), ('rieke', 'occlusion', 40, 20, 'captum-occlusion-40', 1 / 600, 3),
    ('rieke', 'region-occlusion', None, None, 'captum-occlusion-40', None, 3),
    ('densenet121', 'occlusion', 16, 8, 'onnxruntime-forward', 1 / 8, 3), ('resnet18', 'occlusion', 16, 8, 'onnxruntime-forward', 1 / 12, 1),
    ('sfcn', 'occlusion', 16, 16, 'onnxruntime-forward', 1 / 30, 3),
]
STEPS = {'rieke': 9, 'sfcn': 6, 'resnet18': 3, 'densenet121': 4}  # of a window along the shortest axis, where it is small
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


def table(arguments):
    """The rows of the comparison."""
    lines = ['| network | what | windows | seconds | ms a window | MB | peer | peer, ms a window | ratio | wanted |',
             '| --- | --- | ---: | ---: | ---: | ---: | --- | ---: | ---: | ---: |']
    for name, what, patch, stride, other, most, rounds in PLAN:
        if arguments.only and name != arguments.only:
            continue
        if what == 'occlusion':
            count, label = windows(EXTENTS[name], patch, stride), f'{patch}³, stride {stride}'
            options, image = ['--patch', str(patch), '--stride', str(stride)], None
        else:
            count, label, options, image = REGIONS, 'regions of AAL', ['--atlas', 'aal'], mni(arguments.models, name)
        result = peers.in_turn(lambda: peers.ours(what, name, arguments, 1, *options, image=image, warm_up=0),
                               lambda: peers.isolated(other, name, arguments, 3), rounds)
        if result is None:
            continue
        mine, theirs, ratio = result
        each = ratio / count
        good = '' if most is None else f' ({"yes" if each <= most else "NO"})'
        lines.append(f'| {name} | {label} | {count} | {mine["seconds"]:.3g} | {mine["seconds"] / count * 1e3:.3g} | {mine["bytes"] / 1e6:.0f} | '
                     f'{other} | {theirs["seconds"] * 1e3:.4g} | 1/{1 / each:.3g}{good} | {"1/%.0f" % (1 / most) if most else "–"} |')
        print(lines[-1], file=sys.stderr, flush=True)
    return lines


def growth(arguments):
    """By network: (window size, seconds a window without the pass on the unchanged scan) and the forward pass's seconds."""
    curves = {}
    for name, sizes in SIZES.items():
        if arguments.only and name != arguments.only:
            continue
        points, passes = [], []
        for size in sizes:
            least = min(EXTENTS[name])
            stride = max(1, (least - size) // (STEPS[name] if 4 * size <= least else 2))
            count = windows(EXTENTS[name], size, stride)
            # The pass on the unchanged scan beside each map, since the machine's speed drifts.
            forward = statistics.median(peers.ours('forward', name, arguments, 3)['seconds'])
            run = peers.ours('occlusion', name, arguments, 1 if count > 8 else 5, '--patch', str(size), '--stride', str(stride))
            points.append((size, (statistics.median(run['seconds']) - forward) / count))
            passes.append(forward)
            print(name, points[-1], forward, file=sys.stderr, flush=True)
        forward = statistics.median(passes)
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
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--tool', required=True)
    parser.add_argument('--models', type=pathlib.Path, required=True)
    parser.add_argument('--only')
    parser.add_argument('--plot', type=pathlib.Path, help='measure the growth with the window and draw it, instead of the table')
    a = parser.parse_args()
    if a.plot:
        curves = growth(a)
        plot(curves, a.plot)
    else:
        print('\n'.join(table(a)))


if __name__ == '__main__':
    main()
