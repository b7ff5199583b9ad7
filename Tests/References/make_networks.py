"""Makes Tests/NetworksTests/Fixtures: small networks exported to ONNX by PyTorch, with scores and input gradients.

Every network is exported by the TorchScript exporter at operator set 11, 13 or 17 with a symbolic batch, and by the newer one
(dynamo=True) at operator set 18. The values are PyTorch's own in float64 with the same (float32) weights and input:

    scores    what the network answers before a final softmax or sigmoid, flattened
    gradient  ∂(Σ upstream · scores)/∂input

`index.json` lists the networks with the place of each array in `values.f32` (flat little-endian float32).

    python3 Tests/References/make_networks.py [NAME…]

Made with torch 2.6.0, onnx 1.23.2, onnxscript 0.1.0.dev20250114 and protobuf 6.31.1 (newer ones of these two break torch 2.6's
newer exporter).
"""

import json
import logging
import pathlib
import sys
import warnings

import numpy as np
import onnx
import torch
from make_networks_models import FURTHER, NETWORKS, OPERATORS

OUT = pathlib.Path(__file__).parent.parent / "NetworksTests" / "Fixtures"
SCRIPT_OPSETS = (11, 13, 17)


def stripped(path):
    """Drops what exporters note about where they ran, and gives the model without it."""
    model = onnx.load(path)
    del model.metadata_props[:]
    model.doc_string = ""
    graphs = [model.graph, *model.functions]
    for graph in graphs:
        graph.doc_string = ""
        if hasattr(graph, "value_info"):
            del graph.value_info[:]
        if hasattr(graph, "metadata_props"):
            del graph.metadata_props[:]
        for node in graph.node:
            node.doc_string = ""
            del node.metadata_props[:]
    for value in [*model.graph.input, *model.graph.output, *model.graph.initializer]:
        value.doc_string = ""
        if hasattr(value, "metadata_props"):
            del value.metadata_props[:]
    onnx.save(model, path)
    return model


def operators_of(model):
    """The ONNX operator types that a model uses, also inside its local functions."""
    own = {(function.domain, function.name): function for function in model.functions}
    found, waiting, seen = set(), list(model.graph.node), set()
    while waiting:
        node = waiting.pop()
        key = (node.domain, node.op_type)
        if key not in own:
            found.add(node.op_type)
        elif key not in seen:
            seen.add(key)
            waiting += own[key].node
    return sorted(found)


def export(network, x, path, dynamo, opset):
    if dynamo:
        program = torch.onnx.export(network, (x,), dynamo=True, verbose=False)
        program.save(str(path))
    else:
        torch.onnx.export(
            network, (x,), str(path), dynamo=False, opset_version=opset, input_names=["x"], output_names=["y"],
            dynamic_axes={"x": {0: "N"}, "y": {0: "N"}},
        )  # fmt: skip
    return stripped(path)


def main():
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    wanted = sys.argv[1:]
    OUT.mkdir(parents=True, exist_ok=True)
    if not wanted:
        for old in OUT.glob("*.onnx"):
            old.unlink()
    values, index = [], []

    def place(array):
        at = sum(v.size for v in values)
        values.append(np.ascontiguousarray(array, dtype="<f4").ravel())
        return {"shape": list(array.shape), "at": at}

    for number, (name, (build, shape)) in enumerate((OPERATORS | NETWORKS | FURTHER).items()):
        if wanted and name not in wanted:
            continue
        torch.manual_seed(number)
        network, to_scores = build()
        network.eval()
        x = torch.randn(shape)
        for parameter in network.parameters():
            parameter.requires_grad_(False)
        files = []
        opsets = SCRIPT_OPSETS if name in NETWORKS else SCRIPT_OPSETS[number % 3 :][:1]
        for dynamo, opset in [(False, opset) for opset in opsets] + [(True, 18)]:
            file = f"{name}_{'dynamo' if dynamo else 'script'}{opset}.onnx"
            try:
                model = export(network, x, OUT / file, dynamo, opset)
            except Exception as error:  # an exporter may refuse a network: then there is nothing to test
                print(f"{file}: not exported: {str(error).splitlines()[0][:120]}")
                (OUT / file).unlink(missing_ok=True)
                continue
            version = next(o.version for o in model.opset_import if o.domain == "")
            files.append({"file": file, "opset": version, "operators": operators_of(model)})
        network.double()
        x64 = x.double().requires_grad_(True)
        scores = to_scores(network(x64), network, x64).reshape(-1)
        upstream = torch.cos(torch.arange(scores.numel(), dtype=torch.float64) + 1)
        (gradient,) = torch.autograd.grad((scores * upstream).sum(), x64)
        arrays = {
            "input": x, "scores": scores.detach(), "upstream": upstream, "gradient": gradient,
        }  # fmt: skip
        index.append({"name": name, "files": files} | {k: place(v.numpy()) for k, v in arrays.items()})
        print(name, [f["file"] for f in files], sorted({o for f in files for o in f["operators"]}), flush=True)
    if wanted:
        return
    np.concatenate(values).tofile(OUT / "values.f32")
    (OUT / "index.json").write_text("[\n" + ",\n".join(json.dumps(entry) for entry in index) + "\n]\n")
    operators = sorted({o for entry in index for f in entry["files"] for o in f["operators"]})
    print(f"{len(index)} networks, {sum(len(e['files']) for e in index)} files, operators {' '.join(operators)}")


if __name__ == "__main__":
    main()
