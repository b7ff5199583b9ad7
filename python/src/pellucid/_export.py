"""From a PyTorch module to a network's file that the program answers the same about."""

from __future__ import annotations

import copy
import os
import re
import sys
import tempfile
import warnings
from collections.abc import Callable, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import numpy.typing as npt

from ._card import write_card
from ._errors import PellucidError
from ._explain import explain, predict

_Array = npt.NDArray[np.float32]

#: Largest difference of a score, of the largest score or 1.
_SCORES = 1e-4
#: Difference of the gradient, of its length, or so often what single precision alone makes of the module's own. A deep network's
#: gradient hangs on which of almost equal values is the larger.
_GRADIENT = 1e-3
_ROUNDINGS = 3.0
_MOST_ROUNDING = 0.01
_OPSET = 17

#: What usually helps, by what stands in an exporter's or the program's words.
_ADVICE = (
    (r"[Aa]daptive.*[Pp]ool", "replace adaptive pooling by a pooling of a fixed kernel, or by x.mean((2, 3, 4)) where its output is 1"),
    (r"grid_?sampl|GridSample|affine_grid", "leave resampling out of the module and do it before (the card's spacing and shape)"),
    (r"scaled_dot_product|[Ff]lash|aten::_scaled", "build the module with plain attention (MONAI: use_flash_attention=False)"),
    (r"[Dd]ata-dependent|GuardOn|control flow|Could not guard", "take Python conditions on values out of forward"),
    (r"onnxscript", "pip install onnxscript, which the newer exporter needs"),
    (r"If\b|Loop\b|Scan\b", "take conditions and loops on values out of forward"),
    (
        r"[Uu]nsupported|not supported|lacks|UnsupportedOperator",
        "replace that operation in forward by convolutions, poolings and elementwise ones",
    ),
)


def export(
    module: Any,
    example: Any,
    path: str | os.PathLike[str],
    card: str | os.PathLike[str] | Mapping[str, Any] | None = None,
) -> Path:
    """Write a PyTorch or MONAI module as ONNX, with its model card, once the program answers as the module does.

    Both exporters of PyTorch are tried, TorchScript's first. Each file is given the example; its scores and the gradient of the
    highest score with respect to the input must be the module's.

    Parameters
    ----------
    module : torch.nn.Module
        The network; it is exported as in ``eval()``, and left as it was.
    example : torch.Tensor or numpy.ndarray
        An input, ``[1, C, D, H, W]``, float32: better a real one than noise.
    path : path-like
        The file to write, ``.onnx``; it appears only when it was checked.
    card : mapping or path-like, optional
        What the model card says (``{"input": {"spacing": [1, 1, 1], ...}, "output": {"classes": ["CN", "AD"]}}``), or a card to copy.
        It is written beside the file, as ``.yaml``. Default: a card with the name and comments on what to fill in.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    PellucidError
        Where neither exporter's file is understood and answers the same; it says which operator or number stands against it, and
        what usually helps. Nothing is written then.

    Examples
    --------
    >>> pellucid.export(net, batch["image"][:1], "cnn.onnx", card={"output": {"classes": ["CN", "AD"]}})
    """
    try:
        import torch
    except ImportError as error:
        raise PellucidError("pellucid: export needs PyTorch; pip install torch", 64) from error
    target = Path(path)
    if target.suffix != ".onnx":
        raise PellucidError(f"pellucid: {target}: a network's file ends in .onnx; call it {target.with_suffix('.onnx')}", 64)
    if not target.parent.is_dir():
        raise PellucidError(f"pellucid: {target}: there is no folder {target.parent}; make it first", 74)
    if not isinstance(module, torch.nn.Module):
        raise PellucidError(f"pellucid: a module is a torch.nn.Module, not {type(module).__name__}", 64)

    with _evaluating(module):
        tensor = _example(example, module, torch)
        expected = _Expected(module, tensor, torch)
        faults: list[str] = []
        with tempfile.TemporaryDirectory(prefix="pellucid-export-", dir=target.parent) as folder:
            file = Path(folder) / target.name
            for name, write in _exporters(module, tensor, torch):
                fault = _attempt(write, file, expected)
                if fault is None:
                    write_card(Path(folder) / target.with_suffix(".yaml").name, card, type(module).__name__)
                    os.replace(Path(folder) / target.with_suffix(".yaml").name, target.with_suffix(".yaml"))
                    os.replace(file, target)
                    if expected.note:
                        print(f"pellucid: note: {target}: {expected.note}", file=sys.stderr)
                    return target
                faults.append(f"{name}: {fault}")
                file.unlink(missing_ok=True)
    raise PellucidError(f"pellucid: {target}: not exported: {'; '.join(faults)}; {_advice(faults)}")


class _Expected:
    """What the module says of the example: its scores, and the gradient of the highest."""

    def __init__(self, module: Any, tensor: Any, torch: Any) -> None:
        self._module, self._tensor, self._torch = module, tensor, torch
        #: What is to be told of a file that was accepted; empty: nothing.
        self.note = ""
        given = tensor.clone().requires_grad_(True)
        output = module(given)
        self.is_first = isinstance(output, (tuple, list))
        if self.is_first:
            output = output[0]
        if isinstance(output, dict):
            raise PellucidError("pellucid: the module returns a dict; wrap it in a module that returns one tensor", 64)
        if output.shape[0] != 1 or output.numel() == 0:
            raise PellucidError(f"pellucid: the module returns {list(output.shape)} for one example; one row of scores is explained", 64)
        scores = output.reshape(-1)
        self.top = int(scores.argmax())
        (gradient,) = torch.autograd.grad(scores[self.top], given, allow_unused=True)
        if gradient is None:
            raise PellucidError("pellucid: the scores do not depend on the input; give the module that computes them", 64)
        self.example: _Array = tensor.detach().cpu().numpy()[0]
        self.scores: _Array = scores.detach().cpu().numpy()
        self.gradient: _Array = gradient.detach().cpu().numpy()[0]

    def difference(self, model: Path) -> str | None:
        """In what the program's answer differs; None: in nothing."""
        # The example as a scan without any preparation: voxel axes are the tensor's, channels a fourth axis.
        data = np.moveaxis(self.example, 0, -1)
        scan = nib.Nifti1Image(data[..., 0] if data.shape[-1] == 1 else data, np.eye(4))
        plain = {"input": {"axes": "ijk", "normalization": "none"}}
        answer = predict(scan, model, card=plain)
        assert isinstance(answer, dict)
        score = None
        found: list[float] = []
        for key, scale in (("scores", "logit"), ("probabilities", "probability")):
            values = np.asarray(answer.get(key, []), dtype=np.float64)
            if values.shape != self.scores.shape:
                found.append(float("inf"))
                continue
            found.append(float(np.abs(values - self.scores).max() / max(1.0, float(np.abs(self.scores).max()))))
            if found[-1] <= _SCORES:
                score = scale
                break
        if score is None:
            return f"the scores differ: the module says {_numbers(self.scores)}, the file {_numbers(answer.get('scores', []))}"
        target = None if len(self.scores) == 1 else self.top
        result = explain(scan, model, "saliency", target=target, score=score, space="model", card=plain, progress=False)
        assert not isinstance(result, list)
        gradient = np.asarray(result.map.dataobj)
        gradient = np.moveaxis(gradient, -1, 0) if gradient.ndim == 4 else gradient[np.newaxis]
        if gradient.shape != self.gradient.shape:
            return f"the gradient's shape is {list(gradient.shape)}, the module's {list(self.gradient.shape)}"
        length = float(np.linalg.norm(self.gradient))
        off = float(np.linalg.norm(gradient - self.gradient)) / (length or 1.0)
        if off <= _GRADIENT:
            return None
        rounding = self._rounding()
        if off <= _ROUNDINGS * rounding:
            self.note = (
                f"the input gradient agrees with the module's to {off:.2g} of its length only; "
                f"single precision alone changes the module's own by {rounding:.2g}"
            )
            return None
        return f"the input gradient differs by {off:.2g} of its length, though the scores agree"

    def _rounding(self) -> float:
        """How far the module's gradient is from its own in double precision, of its length; 0 where it does not run so."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                given = self._tensor.double().requires_grad_(True)
                output = copy.deepcopy(self._module).double()(given)
                scores = (output[0] if self.is_first else output).reshape(-1)
                (gradient,) = self._torch.autograd.grad(scores[self.top], given)
        except Exception:  # whatever a module does that is made for single precision alone
            return 0.0
        exact = gradient.detach().cpu().numpy()[0]
        return min(_MOST_ROUNDING, float(np.linalg.norm(self.gradient - exact)) / (float(np.linalg.norm(exact)) or 1.0))


def _exporters(module: Any, tensor: Any, torch: Any) -> list[tuple[str, Callable[[Path], None]]]:
    names: dict[str, Any] = {"input_names": ["input"], "output_names": ["scores"], "opset_version": _OPSET}

    def torchscript(file: Path, **more: Any) -> None:
        # Newer releases of PyTorch take the other one unless told.
        torch.onnx.export(module, (tensor,), str(file), dynamo=False, **names, **more)

    def dynamo(file: Path) -> None:
        # It writes opset 18 and newer.
        program = torch.onnx.export(module, (tensor,), dynamo=True, input_names=["input"], output_names=["scores"])
        program.save(str(file), external_data=False)

    batch = {"dynamic_axes": {"input": {0: "batch"}, "scores": {0: "batch"}}}
    return [
        ("TorchScript's exporter", lambda file: torchscript(file, **batch)),
        ("the same with a fixed batch", torchscript),
        ("torch.export's", dynamo),
    ]


def _attempt(write: Callable[[Path], None], file: Path, expected: _Expected) -> str | None:
    """Writes a file and checks it; None: it answers as the module does."""
    try:
        with warnings.catch_warnings(), redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            warnings.simplefilter("ignore")
            write(file)
    except Exception as error:  # whatever an exporter throws
        return _one_line(error)
    try:
        with redirect_stderr(StringIO()):
            return expected.difference(file)
    except PellucidError as error:
        # The temporary file's name says nothing to the user.
        return str(error).removeprefix("pellucid: ").replace(f"{file}: ", "").replace(str(file), file.name)


def _example(example: Any, module: Any, torch: Any) -> Any:
    tensor = torch.as_tensor(example)
    if tensor.ndim != 5 or tensor.shape[0] != 1:
        raise PellucidError(f"pellucid: an example is one input, [1, C, D, H, W], not {list(tensor.shape)}", 64)
    parameter = next(module.parameters(), None)
    # A plain tensor: MONAI's MetaTensor carries its history into the exporter.
    plain = tensor.as_subclass(torch.Tensor).detach().to(torch.float32)
    return plain.to(parameter.device) if parameter is not None else plain


@contextmanager
def _evaluating(module: Any) -> Any:
    """A module in ``eval()``, and each of its parts as it was afterwards."""
    was = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, training in was:
            part.training = training


def _one_line(error: Exception) -> str:
    """The most telling line of an exporter's many, without its colours."""
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line).strip() for line in str(error).splitlines()]
    for pattern in (r"translating node", r"aten::|[Uu]nsupported|not supported|onnxscript|[Dd]ata-dependent", r"\S"):
        found = next((line for line in lines if re.search(pattern, line)), None)
        if found:
            operator = re.search(r"target=torch\.ops\.([\w.]+)", found)
            text = f"no translation of {operator[1]}" if operator else found
            return text if len(text) <= 240 else text[:237] + "..."
    return type(error).__name__


def _advice(faults: list[str]) -> str:
    text = " ".join(faults)
    return next(
        (advice for pattern, advice in _ADVICE if re.search(pattern, text)),
        "compare the module's forward with docs/export.md, which has the usual cases",
    )


def _numbers(values: Any) -> str:
    shown = [f"{float(value):.6g}" for value in np.asarray(values).reshape(-1)[:4]]
    return "[" + ", ".join(shown) + (", ...]" if len(values) > 4 else "]")
