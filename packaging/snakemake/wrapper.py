"""Snakemake wrapper of `pellucid explain`: one scan by one method."""

__author__ = "The Pellucid developers"
__license__ = "MIT"

import shlex
import shutil
import tempfile
from pathlib import Path

from snakemake.shell import shell

scan = snakemake.input.scan  # noqa: F821
model = snakemake.input.model  # noqa: F821
method = snakemake.params.method  # noqa: F821
extra = snakemake.params.get("extra", "")  # noqa: F821
threads = snakemake.threads  # noqa: F821
log = snakemake.log_fmt_shell(stdout=True, stderr=True)  # noqa: F821
if card := snakemake.input.get("card"):  # noqa: F821
    extra += f" --card {shlex.quote(card)}"

# The program names its files after the scan; the rule names them as it likes.
kinds = {"map": ".nii.gz", "picture": ".png", "record": ".json", "regions": "_regions.tsv"}
with tempfile.TemporaryDirectory() as folder:
    shell("pellucid explain {scan:q} --model {model:q} --method {method:q} --out {folder:q} --threads {threads} {extra} {log}")
    stem = Path(next(iter(Path(folder).glob("*.json")))).name.removesuffix(".json")
    for kind, target in snakemake.output.items():  # noqa: F821
        shutil.move(Path(folder) / (stem + kinds[kind]), target)
