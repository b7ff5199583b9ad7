"""What is in memory, as files that the program can read, in a folder that nobody sees."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Union

import nibabel as nib
import numpy as np

from ._errors import PellucidError

#: A file, or an image in memory.
Image = Union[str, "os.PathLike[str]", "nib.spatialimages.SpatialImage"]
#: A scan; a tuple: the files or images of one subject, a channel each.
Scan = Union[Image, tuple[Image, ...]]
#: A file, an ``onnx.ModelProto``, or the bytes of one.
Model = Union[str, "os.PathLike[str]", bytes, Any]


class Workspace:
    """A temporary folder, removed at the end of a ``with`` block."""

    def __init__(self) -> None:
        try:
            self._folder = tempfile.TemporaryDirectory(prefix="pellucid-")
        except OSError as error:
            place = error.filename or tempfile.gettempdir()
            raise PellucidError(
                f"pellucid: {place}: no temporary folder can be made: {error.strerror}; set TMPDIR to one that can be written", 74
            ) from error
        self.path = Path(self._folder.name)
        self._names: set[str] = set()

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._folder.cleanup()

    def scan(self, scan: Scan) -> str:
        """What the command line calls a scan; channels are joined with ``+``."""
        parts = scan if isinstance(scan, tuple) else (scan,)
        return "+".join(self.image(part) for part in parts)

    def image(self, image: Image) -> str:
        """The path of an image's file; one in memory is written first."""
        if isinstance(image, (str, os.PathLike)):
            return os.fspath(image)
        if not isinstance(image, nib.spatialimages.SpatialImage):
            raise PellucidError(
                f"pellucid: an image is a path or a nibabel image, not {type(image).__name__}; "
                "an array needs its affine: nibabel.Nifti1Image(array, affine)",
                64,
            )
        path = self._free(_stem(image), ".nii")
        _nifti(image).to_filename(path)
        return str(path)

    def model(self, model: Model) -> str:
        """The path of a network's file."""
        if isinstance(model, (str, os.PathLike)):
            return os.fspath(model)
        data = model if isinstance(model, bytes) else getattr(model, "SerializeToString", bytes)()
        if not data:
            raise PellucidError(
                f"pellucid: a model is a path or an onnx.ModelProto, not {type(model).__name__}; "
                "write a PyTorch module with pellucid.export first",
                64,
            )
        path = self._free("model", ".onnx")
        path.write_bytes(data)
        return str(path)

    def card(self, card: str | os.PathLike[str] | Mapping[str, Any]) -> str:
        """The path of a model card; one given as a mapping is written as JSON, which YAML includes."""
        if isinstance(card, (str, os.PathLike)):
            return os.fspath(card)
        path = self._free("card", ".yaml")
        path.write_text(json.dumps(card), encoding="utf-8")
        return str(path)

    def labels(self, labels: str | os.PathLike[str] | Mapping[int, str]) -> str:
        """The path of a table of labels; names by number are written as one."""
        if isinstance(labels, (str, os.PathLike)):
            return os.fspath(labels)
        path = self._free("labels", ".tsv")
        lines = ["index\tname", *(f"{number}\t{name}" for number, name in labels.items())]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return str(path)

    def _free(self, stem: str, suffix: str) -> Path:
        name, count = stem, 1
        while name in self._names:
            count += 1
            name = f"{stem}-{count}"
        self._names.add(name)
        return self.path / (name + suffix)


def _stem(image: nib.spatialimages.SpatialImage) -> str:
    name = Path(image.get_filename() or "image").name
    for suffix in (".gz", ".nii", ".hdr", ".img", ".mgz", ".mgh"):
        name = name.removesuffix(suffix)
    return name.replace("+", "-") or "image"


def _nifti(image: nib.spatialimages.SpatialImage) -> nib.Nifti1Image:
    """The image with its values as they are in memory: no new rounding to the type that its header names."""
    data = np.asanyarray(image.dataobj)
    if data.dtype == np.float16 or data.dtype == np.bool_:
        data = data.astype(np.float32 if data.dtype == np.float16 else np.uint8)
    elif data.dtype in (np.int64, np.uint64):
        data = data.astype(np.int32) if np.array_equal(data, data.astype(np.int32)) else data.astype(np.float64)
    header = image.header if isinstance(image.header, nib.Nifti1Header) else None
    made = nib.Nifti1Image(data, image.affine, header)
    made.set_data_dtype(data.dtype)
    made.header.set_slope_inter(1, 0)
    return made
