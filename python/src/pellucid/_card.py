"""Writing a model card."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

_BLANK = """\
name: {name}
# What the network expects of a scan. Every key is optional; take the # away where it applies, and set what the training used.
input:
  axes: ijk               # D, H, W are the scan's voxel axes i, j, k
# orientation: RAS        # reorient first
# spacing: [1, 1, 1]      # mm; resample first
# shape: [d, h, w]        # centred crop or pad
  normalization: none     # none | zscore | minmax | {{mean: m, std: s}} | {{percentile: [lo, hi]}}
# mask: nonzero           # the voxels whose statistics are used
# keep_zeros: true
output:
  kind: classification    # classification | regression
# activation: softmax     # softmax | sigmoid | none
# classes: [CN, AD]
"""


def write_card(path: Path, card: str | PathLike[str] | Mapping[str, Any] | None, name: str) -> None:
    """Write a card: copied from a file, from a mapping, or one to fill in."""
    if card is None:
        path.write_text(_BLANK.format(name=json.dumps(name)), encoding="utf-8")
    elif isinstance(card, Mapping):
        path.write_text("\n".join(_yaml({"name": name, **card}, 0)) + "\n", encoding="utf-8")
    else:
        shutil.copyfile(card, path)


def _yaml(mapping: Mapping[str, Any], depth: int) -> list[str]:
    """Mappings as indented keys; all else as JSON, which YAML includes."""
    lines: list[str] = []
    for key, value in mapping.items():
        if isinstance(value, Mapping) and value:
            lines += ["  " * depth + f"{key}:", *_yaml(value, depth + 1)]
        else:
            lines.append("  " * depth + f"{key}: {json.dumps(value, default=_plain)}")
    return lines


def _plain(value: Any) -> Any:
    """Arrays and their numbers as Python's own."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, PathLike):
        return str(value)
    raise TypeError(f"a card holds text, numbers, lists and mappings, not {type(value).__name__}")
