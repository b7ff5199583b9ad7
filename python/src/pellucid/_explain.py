"""The two questions that most people ask."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Union, cast

from ._errors import PellucidError
from ._options import Methods, method_words, option_words
from ._result import Result, Results
from ._tool import call, tell
from ._workspace import Image, Model, Scan, Workspace

Card = Union[str, "os.PathLike[str]", Mapping[str, Any]]


def explain(
    image: Scan | list[Scan],
    model: Model,
    method: Methods,
    *,
    atlas: Image | None = None,
    target: str | int | Sequence[str | int] | None = None,
    out: str | os.PathLike[str] | None = None,
    card: Card | None = None,
    labels: str | os.PathLike[str] | Mapping[int, str] | None = None,
    progress: bool | None = None,
    **options: Any,
) -> Result | Results:
    """Explain what a network says of a scan.

    Parameters
    ----------
    image : path-like, nibabel image, tuple, or list of these
        The scan. A tuple is one subject's files, a channel of the network each; a list is several scans.
    model : path-like, onnx.ModelProto or bytes
        The network. Its card lies beside the file (same name, ``.yaml``) unless `card` is given.
    method : str, sequence of str, or mapping
        ``"lrp"``, ``["lrp", "grad-cam"]``, or methods with options of their own: ``{"occlusion": {"patch": (8, 8, 4)}}``.
    atlas : str, path-like or nibabel image, optional
        An atlas's name (``"aal"``) or a label image: the result then has a region table.
    target : str, int or sequence, optional
        A class's name or index, ``"A-B"``, ``"top:3"``, ...; several: a sequence. Default: the class with the highest score.
    out : path-like, optional
        The folder in which all files are kept; it is made if it is missing. Default: they live as long as the result does.
    card : path-like or mapping, optional
        The model card, as a file or as what would stand in it.
    labels : path-like or mapping of int to str, optional
        Names of a label image's regions.
    progress : bool, optional
        Whether a bar shows how far it is; default: on a terminal and in a notebook.
    **options
        The program's options, ``-`` written ``_``: ``patch=(8, 8, 4)`` is ``--patch 8,8,4``, ``report=True`` is ``--report``,
        ``input={"age": 73}`` is ``--input age=73``. ``pellucid explain --help`` lists them.

    Returns
    -------
    Result or Results
        One explanation; a list of them, scan by scan, for a list of images, several methods or several targets.

    Raises
    ------
    PellucidError
        With the program's one line. No file is left in `out` then.

    Warns
    -----
    PellucidWarning
        Where something looks like a mistake, such as an atlas that does not lie on the scan.

    Examples
    --------
    >>> result = pellucid.explain(pellucid.sample_image, pellucid.sample_model, "lrp", atlas="aal")
    >>> result.map.shape
    (181, 217, 181)
    """
    images = image if isinstance(image, list) else [image]
    if not images:
        raise PellucidError("pellucid: there is no image; give one or more", 64)
    keeper = tempfile.TemporaryDirectory(prefix="pellucid-results-") if out is None else None
    folder = Path(keeper.name if keeper else cast("str | os.PathLike[str]", out))
    with Workspace() as work:
        words = ["explain", *(work.scan(entry) for entry in images), "--model", work.model(model)]
        words += ["--method", method_words(method), "--out", str(folder)]
        given: dict[str, Any] = {"target": target, **options}
        if atlas is not None:
            given["atlas"] = work.image(atlas)
        if card is not None:
            given["card"] = work.card(card)
        if labels is not None:
            given["labels"] = work.labels(labels)
        answer = call(words + option_words(given), progress=progress)
    tell(answer.stderr)
    results = Results(Result(record, report, keeper) for record, report in _written(answer.stdout))
    several = isinstance(image, list) or len(results) != 1
    return results if several else results[0]


def predict(
    images: Scan | list[Scan],
    model: Model,
    *,
    card: Card | None = None,
    **options: Any,
) -> dict[str, Any] | list[dict[str, Any]]:
    """Ask a network for its scores.

    Parameters
    ----------
    images : path-like, nibabel image, tuple, or list of these
        The scan, or a list of scans; a tuple is one subject's channels.
    model : path-like, onnx.ModelProto or bytes
        The network.
    card : path-like or mapping, optional
        The model card; default: beside the model.
    **options
        The program's options, ``-`` written ``_``.

    Returns
    -------
    dict or list of dict
        ``scores`` (logits), ``probabilities``, ``classes`` and ``predicted``; for a list of images a list.

    Raises
    ------
    PellucidError
        With the program's one line.
    """
    with Workspace() as work:
        entries = images if isinstance(images, list) else [images]
        given = dict(options)
        if card is not None:
            given["card"] = work.card(card)
        words = ["predict", *(work.scan(entry) for entry in entries), "--model", work.model(model)]
        answer = call(words + option_words(given))
    tell(answer.stderr)
    answers: list[dict[str, Any]] = [json.loads(line) for line in answer.stdout.splitlines()]
    return answers if isinstance(images, list) else answers[0]


def _written(output: str) -> list[tuple[Path, Path | None]]:
    """The records that a run wrote, and the page of each scan, from what it printed of its files."""
    found: list[tuple[Path, Path | None]] = []
    first = 0
    for line in output.splitlines():
        if line.startswith("    volume   "):
            volume = line.removeprefix("    volume   ")
            found.append((Path(volume.removesuffix(".nii.gz") + ".json"), None))
        elif line.startswith("    page     "):
            page = Path(line.removeprefix("    page     "))
            found[first:] = [(record, page) for record, _ in found[first:]]
            first = len(found)
    return found
