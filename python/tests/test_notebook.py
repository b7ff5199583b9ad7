"""The notebook's cells, one after the other, as Jupyter runs them."""

import json
from pathlib import Path


def test_every_cell_runs(elsewhere):
    notebook = json.loads((Path(__file__).parents[1] / "examples/first_explanation.ipynb").read_text())
    names: dict = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
    assert names["result"].target == "AD" and len(names["results"]) == 2
