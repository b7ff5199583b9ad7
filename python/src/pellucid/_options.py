"""Python's keyword arguments as the program's options."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Union

from ._errors import PellucidError

#: ``"lrp"``, ``["lrp", "grad-cam"]`` or ``{"lrp": {"composite": "epsilon"}}``.
Methods = Union[str, Sequence[str], Mapping[str, Mapping[str, Any]]]


def method_words(method: Methods) -> str:
    """What stands behind ``--method``."""
    if isinstance(method, str):
        return method
    if isinstance(method, Mapping):
        return ",".join(
            ":".join([name, *(f"{key.replace('_', '-')}={_text(value)}" for key, value in options.items())])
            for name, options in method.items()
        )
    return ",".join(method)


def option_words(options: Mapping[str, Any]) -> list[str]:
    """``patch=(8, 8, 4)`` as ``--patch 8,8,4``; True as the option alone, None and False as nothing.

    A mapping (``input={"age": 73}``) and several targets are given as the option again and again.
    """
    words: list[str] = []
    for key, value in options.items():
        name = "--" + key.strip("_").replace("_", "-")
        if value is None or value is False:
            continue
        if value is True:
            words.append(name)
        elif isinstance(value, Mapping):
            for inner, entry in value.items():
                words += [name, f"{inner}={_text(entry)}"]
        elif key == "target" and isinstance(value, Sequence) and not isinstance(value, str):
            for entry in value:
                words += [name, _text(entry)]
        else:
            # One word, so that values that begin with a dash are no options.
            words.append(f"{name}={_text(value)}")
    return words


def _text(value: object) -> str:
    if isinstance(value, (str, os.PathLike)):
        return os.fspath(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:  # a numpy scalar
        return repr(value.item())
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return ",".join(_text(entry) for entry in value)
    raise PellucidError(f"pellucid: an option has a value of type {type(value).__name__}; give text, numbers or a sequence", 64)
