"""Makes flow.json in Tests/NetworkViewsTests/Fixtures: attention flow (Abnar & Zuidema 2020) of planted.onnx and twin.onnx, by networkx; rollout
and flow of a transformer of shifted windows.

    python3 Tests/References/make_flow.py

Attention is what ONNX Runtime makes of the softmaxes; an edge holds (mean over heads + I) with rows normalized; the flow begins at the class token behind
the last layer. Also a few random graphs. Made with networkx 3.6.1, onnxruntime and onnx 1.23.2; after make_views.py.
"""

import json
import pathlib

import networkx
import nibabel
import numpy as np
import onnx
import onnxruntime
from onnx import helper

OUT = pathlib.Path(__file__).parent.parent / "NetworkViewsTests" / "Fixtures"


def attention(name, scan):
    model = onnx.load(OUT / f"{name}.onnx")
    # Those that weigh tokens: all but a softmax of the scores.
    found = [n.output[0] for n in model.graph.node if n.op_type == "Softmax"]
    model.graph.output.extend(helper.make_empty_tensor_value_info(n) for n in found)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    # As the card has it: RAS.
    image = np.asarray(nibabel.as_closest_canonical(nibabel.load(OUT / f"bright_{scan}.nii.gz")).dataobj, np.float32)[None, None]
    values = session.run(found, {session.get_inputs()[0].name: image})
    return [v[0] for v in values if v.ndim == 4]


def flow(layers):
    graph, tokens = networkx.DiGraph(), layers[0].shape[-1]
    for depth, heads in enumerate(layers):
        mixed = heads.astype(np.float64).mean(0) + np.eye(tokens)
        mixed /= mixed.sum(1, keepdims=True)
        for query in range(tokens):
            for key in range(tokens):
                graph.add_edge((depth + 1, query), (depth, key), capacity=float(mixed[query, key]))
    # The class token is the first.
    return [networkx.maximum_flow_value(graph, (len(layers), 0), (0, t)) for t in range(1, tokens)]


def random_graph(seed):
    rng = np.random.default_rng(seed)
    edges = [(int(a), int(b), float(np.round(c, 6))) for a, b, c in
             zip(rng.integers(0, 12, 50), rng.integers(0, 12, 50), rng.random(50)) if a != b]
    graph = networkx.DiGraph()
    graph.add_nodes_from(range(12))
    for a, b, c in edges:
        graph.add_edge(a, b, capacity=c + (graph[a][b]["capacity"] if graph.has_edge(a, b) else 0))
    return {"edges": edges, "flow": networkx.maximum_flow_value(graph, 0, 11)}


cases = [{"model": m, "scan": s, "flow": [float(f"{v:.8g}") for v in flow(attention(m, s))]}
         for m in ("planted", "twin") for s in range(3)]
(OUT / "flow.json").write_text(json.dumps({"cases": cases, "graphs": [random_graph(s) for s in range(4)]}))
for c in cases:
    print(c["model"], c["scan"], max(c["flow"]), sorted(c["flow"])[-2])


# ---- shifted windows (the Swin transformer of model_zoo.py, exported by make_attention.py): 8³ tokens, merged to 4³


def dense(heads, extent, size, shift):
    """The attention of windows as one matrix over all tokens, D, H, W, the last fastest."""
    tokens = np.arange(extent**3).reshape((extent,) * 3)
    rolled = np.roll(tokens, (-shift,) * 3, (0, 1, 2))
    count = extent // size
    parts = rolled.reshape(count, size, count, size, count, size).transpose(0, 2, 4, 1, 3, 5).reshape(-1, size**3)
    whole = np.zeros((extent**3, extent**3))
    for part, window in zip(parts, heads):
        whole[np.ix_(part, part)] = window.astype(np.float64).mean(0)
    whole += np.eye(len(whole))
    return whole / whole.sum(1, keepdims=True)


def swin():
    model = onnx.load(OUT.parent.parent / "AttributionTests" / "Fixtures" / "swin.onnx")
    found = [n.output[0] for n in model.graph.node if n.op_type == "Softmax"]
    model.graph.output.extend(helper.make_empty_tensor_value_info(n) for n in found)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    d, h, w = np.meshgrid(*[np.arange(16)] * 3, indexing="ij")
    image = (((7 * d + 5 * h + 3 * w) % 11) / 4 - 1).astype(np.float32)[None, None]
    layers = [dense(v, *form) for v, form in zip(session.run(found, {session.get_inputs()[0].name: image}),
                                                ((8, 4, 0), (8, 4, 2), (4, 2, 0), (4, 2, 1)))]
    at = np.arange(8) // 2
    owner = (at[:, None, None] * 16 + at[None, :, None] * 4 + at[None, None, :]).ravel()
    rolled = np.full(64, 1 / 64) @ layers[3] @ layers[2]
    rolled = rolled[owner] / 8 @ layers[1] @ layers[0]
    graph = networkx.DiGraph()
    for depth, matrix in enumerate(layers):
        # Behind layer 1 stand the 8³ tokens, before layer 2 the merged ones.
        start, end = (depth + 1, depth) if depth < 2 else (depth + 2, depth + 1)
        for query, key in zip(*np.nonzero(matrix)):
            graph.add_edge((start, query), (end, key), capacity=float(matrix[query, key]))
    for token, merged in enumerate(owner):
        graph.add_edge((3, merged), (2, token))
    for token in range(64):
        graph.add_edge("source", (5, token), capacity=1 / 64)
    chosen = [0, 77, 300, 511]
    flows = [networkx.maximum_flow_value(graph, "source", (0, t)) for t in chosen]
    return {"rollout": [float(f"{v:.8g}") for v in rolled], "tokens": chosen, "flow": [float(f"{v:.8g}") for v in flows]}


found = swin()
print(found["flow"])
data = json.loads((OUT / "flow.json").read_text())
(OUT / "flow.json").write_text(json.dumps(data | {"swin": found}))
