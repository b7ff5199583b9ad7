"""Relevance propagation on the graph of torch.export, written apart from Pellucid: what compare_zoo.py holds Pellucid against where no
other implementation has a rule.

Every ATen step of the network becomes an autograd function whose backward pass hands on relevance instead of a gradient; steps that only
move values (views, concatenation, max pools) keep their own. The rules are those of docs/composites.md: Zennit's for linear layers (Bach et
al. 2015; Montavon et al. 2019), AttnLRP's (Achtibat et al. 2024, arXiv:2402.05602) for softmax, products and layer normalization. In double.
Normalizations of channels that are not merged (normalization="pass") hand relevance on unchanged, as Zennit does with
BatchNormalization, or ("share") by contribution, which is the ε rule for them.
"""

import operator

import torch
import torch.nn.functional as F

A = torch.ops.aten
EPS = 1e-6


def stabilized(z):
    return z + torch.where(z >= 0, EPS, -EPS)


class Handing(torch.autograd.Function):
    """A step whose backward pass is `rule(relevance, *inputs)`."""

    @staticmethod
    def forward(ctx, step, rule, *inputs):
        ctx.step, ctx.rule = step, rule
        ctx.save_for_backward(*inputs)
        with torch.no_grad():
            return step(*inputs)

    @staticmethod
    def backward(ctx, relevance):
        return (None, None, *ctx.rule(ctx.step, relevance, *ctx.saved_tensors))


def passed(step, r, *inputs):
    """All to the first operand, in its shape."""
    first = inputs[0]
    return (r.sum_to_size(first.shape), *[torch.zeros_like(i) for i in inputs[1:]])


def halves(step, r, a, b):
    return (r / 2).sum_to_size(a.shape), (r / 2).sum_to_size(b.shape)


def second(step, r, a, b):
    return torch.zeros_like(a), r.sum_to_size(b.shape)


def contributions(factor):
    """x_i·∂z_j/∂x_i·R_j / (factor·z_j ± ε): sums and means with factor 1, products of two signals with factor 2."""
    def rule(step, r, *inputs):
        with torch.enable_grad():
            inputs = [i.detach().requires_grad_() for i in inputs]
            z = step(*inputs)
            found = torch.autograd.grad(z, inputs, r / stabilized(factor * z.detach()))
        return tuple(i.detach() * g for i, g in zip(inputs, found))
    return rule


def standardized(step, r, x):
    """By contribution to γ·(x − mean x)/σ + β with σ held constant; β takes its share."""
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        y, mean, inverse, scale = step(x, parts=True)
        linear = (x - mean(x)) * inverse.detach() * scale
        (found,) = torch.autograd.grad(linear, x, r / stabilized(y.detach()))
    return (x.detach() * found,)


def softmax(step, r, x):
    """x·(R − s·ΣR) along the axis of the softmax s."""
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        s = step(x)
        (found,) = torch.autograd.grad(s, x, torch.where(s == 0, 0, r / s.detach()))
    return (torch.where(torch.isfinite(x), x, 0).detach() * found,)


class Layer:
    """A linear layer: a function of input, weights and bias, with a rule."""

    def __init__(self, run, weight, bias, branches):
        self.run, self.weight, self.bias, self.branches = run, weight, bias, branches

    def __call__(self, x):
        return self.run(x, self.weight, self.bias)

    def rule(self, step, r, x):
        total = 0
        y = self(x)
        for share, gate, parts in self.branches(x, self.weight, self.bias):
            with torch.enable_grad():
                inputs = [p[0].detach().expand_as(x).clone().requires_grad_() for p in parts]
                z = sum(p[3] * self.run(i, p[1], p[2]) for i, p in zip(inputs, parts))
                s = r / stabilized(z.detach())
                if gate:
                    s = torch.where(gate * y > 0, s, 0)
                found = torch.autograd.grad(z, inputs, s)
            total = total + share * sum(i.detach() * g for i, g in zip(inputs, found))
        return (total,)


def positive(t):
    return None if t is None else t.clamp(min=0)


def negative(t):
    return None if t is None else t.clamp(max=0)


# Each: [(factor of the part, sign of the outputs that take part or 0, [(input, weights, bias, sign)])]
def epsilon(x, w, b):
    return [(1, 0, [(x, w, b, 1)])]


def z_plus(x, w, b):
    return [(1, 0, [(positive(x), positive(w), positive(b), 1), (negative(x), negative(w), None, 1)])]


def alpha2_beta1(x, w, b):
    return [(2, 0, [(positive(x), positive(w), positive(b), 1), (negative(x), negative(w), None, 1)]),
            (-1, 0, [(positive(x), negative(w), negative(b), 1), (negative(x), positive(w), None, 1)])]  # fmt: skip


def gamma(x, w, b, g=0.25):
    more = lambda t: None if t is None else t + g * positive(t)
    less = lambda t: None if t is None else t + g * negative(t)
    return [(1, 1, [(positive(x), more(w), more(b), 1), (negative(x), less(w), None, 1)]),
            (1, -1, [(positive(x), less(w), less(b), 1), (negative(x), more(w), None, 1)])]  # fmt: skip


def z_box(low, high):
    def branches(x, w, b):
        at = lambda v: torch.full_like(x, v)
        return [(1, 0, [(x, w, b, 1), (at(low), positive(w), positive(b), -1), (at(high), negative(w), negative(b), -1)])]
    return branches


def flat(x, w, b):
    return [(1, 0, [(torch.ones_like(x), torch.ones_like(w), None, 1)])]


#: convolutions, dense layers, the first convolution, the first linear layer
COMPOSITES = {
    "epsilon": (epsilon, epsilon, None, None), "epsilon-plus": (z_plus, epsilon, None, None),
    "epsilon-alpha2-beta1": (alpha2_beta1, epsilon, None, None), "epsilon-plus-flat": (z_plus, epsilon, None, lambda x: flat),
    "epsilon-gamma-box": (gamma, epsilon, lambda x: z_box(x.min().item(), x.max().item()), None),
}  # fmt: skip

CONVOLUTIONS = (A.conv3d, A.conv_transpose3d, A.convolution)
DENSE = (A.linear,)
MOVES = (
    A.view, A.reshape, A.permute, A.transpose, A.t, A.flatten, A.unflatten, A.unsqueeze, A.squeeze, A.expand, A.expand_as, A.select,
    A.slice, A.contiguous, A.clone, A.roll, A.split, A.split_with_sizes, A.chunk, A.unbind, A.pad, A.constant_pad_nd, A.cat, A.stack,
    A.max_pool3d, A.max_pool3d_with_indices, A.adaptive_max_pool3d, A.dropout, A.feature_dropout, A._to_copy, A.to, A.movedim, A.detach, A.alias,
    A.swapaxes, A.view_as, A.tile, A.repeat, A._unsafe_view, A.unsafe_split, A.index_select, A.index)  # fmt: skip
ACTIVATIONS = (
    A.relu, A.leaky_relu, A.elu, A.gelu, A.silu, A.mish, A.hardtanh, A.sigmoid, A.tanh, A.prelu,
    A.hardswish, A.hardsigmoid, A.softplus, A._prelu_kernel, A.exp)  # fmt: skip
NORMS = (A.layer_norm, A.native_layer_norm, A.instance_norm, A.group_norm)
MEANS = (
    A.mean, A.avg_pool3d, A.adaptive_avg_pool3d, A.sum, A.upsample_trilinear3d, A.upsample_nearest3d, A.avg_pool2d, A.upsample_linear1d)
SQUASHING = (A.sigmoid, A.tanh, A.softmax, A._softmax, A.hardsigmoid, A.hardtanh)
RESAMPLING = (A.upsample_trilinear3d, A.upsample_nearest3d)


class Relevance(torch.fx.Interpreter):
    """Runs an exported network with the rules of a composite."""

    def __init__(self, module, image, composite, normalization=None):
        super().__init__(module)
        self.composite = COMPOSITES[composite]
        self.normalization = normalization or ("share" if composite == "epsilon" else "pass")
        self.image = image
        self.read(module.graph)

    def read(self, graph):
        """What follows from the image, which values are gates, and which BatchNormalization is merged into which layer."""
        self.dynamic, self.gates, self.merged, self.first = set(), set(), {}, {}
        for node in graph.nodes:
            if node.op == "placeholder" or any(i in self.dynamic for i in node.all_input_nodes):
                self.dynamic.add(node)
            if node.op != "call_function":
                continue
            kind = getattr(node.target, "overloadpacket", None)
            inputs = [i for i in node.all_input_nodes if i in self.dynamic]
            if not inputs:
                continue
            if kind in (A.expand_as, A.view_as):  # the other tensor gives its shape alone
                inputs = inputs[:1]
            if kind in SQUASHING or (len(inputs) == 1 and inputs[0] in self.gates and (
                    kind in MOVES + RESAMPLING or kind in (A.mul, A.div, A.add, A.sub))):
                self.gates.add(node)
            for name, kinds in (("convolution", CONVOLUTIONS), ("linear", CONVOLUTIONS + DENSE)):
                if kind in kinds:
                    self.first.setdefault(name, node)
            if kind == A.batch_norm:
                at, positive_factors = inputs[0], bool((self.constant(node.args[1]) > 0).all())
                while len(at.users) == 1 and at.op == "call_function":
                    before = at.target.overloadpacket
                    if before in CONVOLUTIONS + DENSE:
                        self.merged[at] = node
                        break
                    if before not in (A.avg_pool3d, A.adaptive_avg_pool3d) and not (before == A.max_pool3d and positive_factors):
                        break
                    at = at.args[0]

    def constant(self, node):
        return self.fetch_attr(node.target) if isinstance(node, torch.fx.Node) else node

    def affine(self, norm):
        w, b, mean, variance = (self.constant(a) for a in norm.args[1:5])
        scale = w / torch.sqrt(variance + norm.args[7])
        return scale, b - mean * scale

    def run_node(self, node):
        if node.op != "call_function":
            return super().run_node(node)
        args, kwargs = self.fetch_args_kwargs_from_env(node)
        kind = getattr(node.target, "overloadpacket", node.target)
        run = node.target
        if node in self.dynamic and hasattr(run, "_schema") and run._schema.is_mutable:
            run = kind = getattr(A, run._schema.name.split("::")[1].rstrip("_"))
        places = [i for i, a in enumerate(node.args) if isinstance(a, torch.fx.Node) and a in self.dynamic]
        if kind in (A.view, A._unsafe_view):
            return args[0].reshape(args[1])
        if node not in self.dynamic or kind in MOVES or kind is operator.getitem:
            return run(*args, **kwargs)

        def step(*values):
            own = list(args)
            for place, value in zip(places, values):
                own[place] = value
            return run(*own, **kwargs)

        inputs = [args[i] for i in places]
        if kind == A.einsum:
            inputs, step = args[1], lambda *values: run(args[0], values)
            assert all(i in self.dynamic for i in node.args[1])
        handed = lambda rule, s=step: Handing.apply(s, rule, *inputs)
        if kind in CONVOLUTIONS + DENSE and places == [0]:
            return self.linear(node, kind, args, kwargs)
        if kind == A.batch_norm:
            if node in self.merged.values():
                return args[0]
            return handed(passed if self.normalization == "pass" else contributions(1))
        if kind in NORMS:
            passes = self.normalization == "pass" and kind not in (A.layer_norm, A.native_layer_norm)
            return handed(passed) if passes else Handing.apply(self.standardization(node, kind, args), standardized, args[0])
        if kind in ACTIVATIONS:
            return handed(passed)
        if kind in MEANS:
            return handed(contributions(1))
        if kind in (A.softmax, A._softmax):
            return handed(softmax)
        if kind in (A.add, A.sub, A.mul, A.div):
            if len(inputs) == 1:
                constant = next((a for a in args[:2] if torch.is_tensor(a) and a is not inputs[0]), None)
                shares = kind in (A.add, A.sub) and constant is not None and constant.numel() > 1
                return handed(contributions(1) if shares else passed)
            if inputs[0] is inputs[1] and kind == A.mul:
                return handed(halves)
            if kind in (A.add, A.sub):
                return handed(contributions(1))
            if kind in (A.div,):
                return handed(passed)
            gates = [node.args[i] in self.gates for i in places]
            return handed(passed if gates == [False, True] else second if gates == [True, False] else halves)
        if kind in (A.matmul, A.bmm, A.einsum):
            return handed(contributions(2) if len(inputs) == 2 else contributions(1))
        if kind in (A.scaled_dot_product_attention,):
            return self.attention(*args, **kwargs)
        raise NotImplementedError(f"{node.name}: {node.target}")

    @staticmethod
    def standardization(node, kind, args):
        """A normalization as a function that also gives its parts: output, mean of an input, 1/σ, factors."""
        x = args[0]
        if kind == A.layer_norm:
            w, b, eps = (*args[2:5], *(None, None, 1e-5)[len(args) - 2:])
            groups, axes = 1, tuple(range(-len(args[1]), 0))
        elif kind == A.group_norm:
            groups, axes, w, b, eps = args[1], None, args[2], args[3], args[4] if len(args) > 4 else 1e-5
        else:
            groups, axes, w, b, eps = x.shape[1], None, args[1], args[2], args[7]
        channels = lambda t: t if t is None or axes else t.view(-1, *[1] * (x.dim() - 2))

        def mean(v):
            if axes:
                return v.mean(axes, keepdim=True)
            return v.reshape(v.shape[0], groups, -1).mean(2, keepdim=True).expand(-1, -1, v[0].numel() // groups).reshape(v.shape)

        def step(v, parts=False):
            inverse = 1 / torch.sqrt(mean((v - mean(v)) ** 2) + eps)
            scale = torch.ones((), dtype=v.dtype) if w is None else channels(w)
            y = (v - mean(v)) * inverse * scale + (0 if b is None else channels(b))
            return (y, mean, inverse, scale) if parts else y
        return step

    def linear(self, node, kind, args, kwargs):
        weight, bias = args[1], args[2] if len(args) > 2 else None
        rest = args[3:]
        run = lambda x, w, b: kind(x, w, b, *rest, **kwargs)
        if node in self.merged:
            scale, shift = self.affine(self.merged[node])
            axis = 1 if kind == A.conv_transpose3d else 0
            weight = weight * scale.view([-1 if i == axis else 1 for i in range(weight.dim())])
            bias = shift if bias is None else bias * scale + shift
        convolution, dense, first_convolution, first_linear = self.composite
        branches = convolution if kind in CONVOLUTIONS else dense
        if first_convolution and node is self.first.get("convolution"):
            branches = first_convolution(self.image)
        if first_linear and node is self.first.get("linear"):
            branches = first_linear(self.image)
        layer = Layer(run, weight, bias, branches)
        return Handing.apply(layer, layer.rule, args[0])

    def attention(self, q, k, v, mask=None, p=0.0, causal=False, scale=None, **_):
        assert not causal
        scores = Handing.apply(lambda a, b: a @ b.transpose(-2, -1), contributions(2), q, k)
        scores = Handing.apply(lambda s: s * (q.shape[-1] ** -0.5 if scale is None else scale), passed, scores)
        if mask is not None:
            scores = Handing.apply(lambda s: s + mask, contributions(1), scores)
        shares = Handing.apply(lambda s: torch.softmax(s, -1), softmax, scores)
        return Handing.apply(torch.matmul, contributions(2), shares, v)


def exported(net, inputs):
    torch.backends.mha.set_fastpath_enabled(False)
    return torch.export.export_for_training(net, inputs, strict=False).module()


def relevance(module, inputs, output, target, composite, normalization=None):
    """The map of a target of a network from exported(), begun with its logit; the logits."""
    image = inputs[0].detach().clone().requires_grad_()
    answer = Relevance(module, image.detach(), composite, normalization).run(image, *inputs[1:])
    answer = answer[output] if isinstance(answer, (tuple, list)) else answer
    z = answer.reshape(-1)
    (found,) = torch.autograd.grad(z[target], image, z[target].detach())
    return found.detach(), z.detach()
