"""Holds the names in a folder of `pellucid cohort` against the BIDS validator and the standard's entity grammar.

usage: check_bids.py DERIVATIVES
needs: bids-validator (PyPI)

Names that .bidsignore lists are held against the grammar alone: entities KEY-LABEL in the standard's order, labels of letters and digits.
"""
import fnmatch
import re
import sys
from pathlib import Path

from bids_validator import BIDSValidator

ENTITIES = ["sub", "ses", "sample", "task", "acq", "ce", "rec", "dir", "run", "echo", "space", "res", "den", "label", "desc"]


def main():
    root = Path(sys.argv[1])
    ignored = [line for line in (root / ".bidsignore").read_text().splitlines() if line]
    validator = BIDSValidator()
    bad, known, grammar = [], 0, 0
    for file in sorted(root.rglob("*")):
        if not file.is_file():
            continue
        path = "/" + str(file.relative_to(root))
        if file.name == ".bidsignore":
            continue
        if not any(fnmatch.fnmatch(file.name, pattern) for pattern in ignored):
            known += 1
            # The validator knows raw data sets; of derivatives' own files at the top it says nothing.
            if not validator.is_bids(path) and path not in ("/descriptions.tsv",):
                bad.append(path)
            continue
        if file.parent == root:
            continue
        grammar += 1
        *entities, suffix = file.name.split(".")[0].split("_")
        keys = [e.split("-")[0] for e in entities]
        if not all(re.fullmatch(r"[a-z]+-[A-Za-z0-9]+", e) for e in entities) or not re.fullmatch(r"[A-Za-z0-9]+", suffix):
            bad.append(path)
        elif keys != sorted(keys, key=ENTITIES.index):
            bad.append(path)
        elif not re.fullmatch(r"/sub-[A-Za-z0-9]+(/ses-[A-Za-z0-9]+)?/anat/[^/]+", path):
            bad.append(path)
    print(f"{known} names known to BIDS, {grammar} by its grammar")
    sys.exit("not BIDS: " + ", ".join(bad) if bad else 0)


main()
