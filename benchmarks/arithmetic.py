"""The arithmetic that an occlusion map cannot do without: multiply-adds of convolutions where a window reaches, on average over the windows.

    python arithmetic.py --models FOLDER

What a window changes is a box in every layer, and its extent along an axis depends on the window's place along that axis alone; so the sum over
all windows of a box's voxels is the product of three sums. The pass on the unchanged scan is counted beside it.
"""
import argparse
import math
import pathlib

import onnx
from onnx import numpy_helper, shape_inference

import occlusion


def reached(interval, extent, kernel, stride, before, dilation):
    """What an interval of inputs reaches among the outputs of a convolution or pool along an axis."""
    low, high = interval
    first = math.ceil((low + before - (kernel - 1) * dilation) / stride)
    last = (high - 1 + before) // stride
    return max(0, first), min(extent, last + 1)


def triple(attributes, name, default):
    return list(attributes[name].ints) if name in attributes else [default] * 3


class Network:
    def __init__(self, path, extents):
        model = onnx.load(path)
        for dimension, extent in zip(model.graph.input[0].type.tensor_type.shape.dim, (1, 1, *extents)):
            dimension.dim_value = extent
        model = shape_inference.infer_shapes(model)
        self.graph = model.graph
        self.weights = {w.name: numpy_helper.to_array(w).shape for w in model.graph.initializer}
        self.shapes = {v.name: [d.dim_value for d in v.type.tensor_type.shape.dim] for v in [*model.graph.input, *model.graph.value_info]}

    def lengths(self, axis, interval):
        """The length of what is reached along an axis, by the name of each convolution."""
        held, lengths = {self.graph.input[0].name: interval}, {}
        for node in self.graph.node:
            inputs = [held[name] for name in node.input if name in held]
            shape = self.shapes.get(node.output[0])
            if not inputs or shape is None or len(shape) != 5:
                continue
            interval = min(i[0] for i in inputs), max(i[1] for i in inputs)
            attributes = {a.name: a for a in node.attribute}
            if node.op_type in ('Conv', 'MaxPool', 'AveragePool'):
                kernel = self.weights[node.input[1]][2:] if node.op_type == 'Conv' else attributes['kernel_shape'].ints
                interval = reached(interval, shape[2 + axis], kernel[axis], triple(attributes, 'strides', 1)[axis],
                                   (list(attributes['pads'].ints) if 'pads' in attributes else [0] * 6)[axis], triple(attributes, 'dilations', 1)[axis])
                if node.op_type == 'Conv':
                    lengths[node.name or node.output[0]] = max(0, interval[1] - interval[0])
            elif node.op_type.startswith('Global') or node.op_type.startswith('Reduce'):
                continue
            held[node.output[0]] = interval
        return lengths

    def work(self, sums):
        """Multiply-adds for the sums of lengths along three axes."""
        total = 0
        for node in self.graph.node:
            name = node.name or node.output[0]
            if node.op_type == 'Conv' and name in sums[0]:
                total += math.prod(self.weights[node.input[1]]) * math.prod(axis[name] for axis in sums)
        return total


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--models', type=pathlib.Path, required=True)
    folder = parser.parse_args().models
    for name, what, size, stride, *_ in occlusion.PLAN:
        if what != 'occlusion':
            continue
        extents = occlusion.EXTENTS[name]
        network = Network(folder / f'{name}.onnx', extents)
        whole = network.work([network.lengths(axis, (0, extent)) for axis, extent in enumerate(extents)])
        sums, count = [], 1
        for axis, extent in enumerate(extents):
            places = [n * stride for n in range(-(-(extent - size) // stride) + 1) if n * stride < extent]
            each = [network.lengths(axis, (place, min(place + size, extent))) for place in places]
            sums.append({key: sum(lengths[key] for lengths in each) for key in each[0]})
            count *= len(places)
        window = network.work(sums) / count
        print(f'{name} {size}³ stride {stride}: {count} windows, {2e-9 * window:.3g} GFLOP each, {2e-9 * whole:.4g} for a pass: 1/{whole / window:.3g}')


if __name__ == '__main__':
    main()
