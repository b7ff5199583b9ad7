"""Explanations as Python values."""

from __future__ import annotations

import base64
import csv
import html
import json
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np

#: Regions that a notebook shows.
_ROWS = 10
_COLUMNS = ("name", "mean", "sum", "abs_share", "volume_mm3", "score_drop")


class Result:
    """An explanation of one scan by one method for one target.

    Attributes
    ----------
    map : nibabel.Nifti1Image
        Relevance, float32, on the scan's own grid (``space="model"``: the model's); in memory.
    regions : pandas.DataFrame, list of dict, or None
        The region table, a row a region and a last one ``outside``; a list where pandas is not installed; None without an atlas.
    record : dict
        What the explanation is and how it was made: versions, digests, card, options in force, target, scores, notes.
    picture : pathlib.Path
        The montage, a PNG file.
    report : pathlib.Path or None
        The page of the scan, with ``report=True``.
    files : dict of str to pathlib.Path
        All files by their role: ``volume``, ``picture``, ``regions``, ...; the record as ``record``.
    """

    def __init__(self, record: Path, report: Path | None = None, keeper: tempfile.TemporaryDirectory[str] | None = None) -> None:
        # A temporary folder lives as long as the results in it.
        self._keeper = keeper
        self.record: dict[str, Any] = json.loads(record.read_text(encoding="utf-8"))
        self.files: dict[str, Path] = {
            role: record.parent / entry["name"] for role, entry in self.record["files"].items() if entry.get("name")
        }
        self.files["record"] = record
        self.picture = self.files["picture"]
        self.report = report
        volume = nib.load(self.files["volume"])
        assert isinstance(volume, nib.Nifti1Image)
        self.map = nib.Nifti1Image(np.asarray(volume.dataobj, dtype=np.float32), volume.affine, volume.header)
        self.regions: Any = read_table(self.files["regions"]) if "regions" in self.files else None

    @property
    def method(self) -> str:
        """The method's name."""
        return str(self.record["method"])

    @property
    def target(self) -> str:
        """What was explained, such as a class's name."""
        return str(self.record["target"]["name"])

    @property
    def scores(self) -> dict[str, float]:
        """The network's scores by class."""
        return dict(zip(self.record.get("classes", []), self.record["scores"]))

    def __repr__(self) -> str:
        return f"<pellucid.Result: {Path(self.record['image']).name} by {self.method} for {self.target}>"

    def _repr_html_(self) -> str:
        """The picture and the regions with the largest mean, for a notebook."""
        picture = base64.b64encode(self.picture.read_bytes()).decode()
        parts = [
            f"<p><b>{html.escape(Path(self.record['image']).name)}</b>: {html.escape(self.method)} for "
            f"{html.escape(self.target)} ({html.escape(str(self.record['score']))} {self.record['score_value']:.4g})</p>",
            f'<img alt="relevance" style="max-width:100%" src="data:image/png;base64,{picture}">',
        ]
        rows = self._leading_rows()
        if rows:
            columns = [name for name in _COLUMNS if name in rows[0]]
            head = "".join(f"<th>{html.escape(name)}</th>" for name in columns)
            body = "".join("<tr>" + "".join(f"<td>{_cell(row[name])}</td>" for name in columns) + "</tr>" for row in rows)
            parts.append(f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>")
        return "\n".join(parts)

    def _leading_rows(self) -> list[dict[str, Any]]:
        if self.regions is None:
            return []
        rows = self.regions if isinstance(self.regions, list) else self.regions.to_dict("records")
        ranked = [row for row in rows if row["name"] != "outside" and isinstance(row["mean"], float) and row["mean"] == row["mean"]]
        return sorted(ranked, key=lambda row: -abs(row["mean"]))[:_ROWS]


class Results(list[Result]):
    """Several explanations; shown one below the other in a notebook."""

    def _repr_html_(self) -> str:
        return "\n".join(result._repr_html_() for result in self)


def read_table(path: Path) -> Any:
    """A table as a pandas.DataFrame where pandas is installed, else as a list of dicts; ``n/a`` is missing."""
    try:
        import pandas
    except ImportError:
        with path.open(encoding="utf-8", newline="") as lines:
            return _typed(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    return pandas.read_csv(path, sep="\t", na_values=["n/a", ""], keep_default_na=False, quoting=csv.QUOTE_NONE)


def _typed(rows: Iterable[dict[str, str]]) -> list[dict[str, Any]]:
    table = [dict(row) for row in rows]
    out: list[dict[str, Any]] = [{} for _ in table]
    for name in table[0] if table else ():
        for row, cell in zip(out, _column([row[name] for row in table])):
            row[name] = cell
    return out


def _column(cells: list[str]) -> list[Any]:
    """A column's cells as whole numbers, as numbers, or as text: the first that fits all."""
    kinds: tuple[type, ...] = (int, float)
    for kind in kinds:
        try:
            return [None if cell in ("n/a", "") else kind(cell) for cell in cells]
        except ValueError:
            continue
    return [None if cell == "n/a" else cell for cell in cells]


def _cell(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else html.escape(str(value))
