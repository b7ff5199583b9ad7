#!/usr/bin/env python3
"""Runs every block of commands that stands in the pages between ```sh and ```, each page in a fresh folder, as a reader would.

run-commands.py FOLDER_OF_THE_PROGRAM PAGE[+PAGE...]...

Pages joined with + share a folder: the later ones go on with what the first has made.

A command that fails ends it with the page, the command and what it said.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path


def main() -> int:
    program, pages = Path(sys.argv[1]).resolve(), sys.argv[2:]
    repository = Path(__file__).resolve().parents[1]
    environment = {**os.environ, "PATH": f"{program}:{os.environ['PATH']}", "COLUMNS": "80"}
    count = 0
    for page in pages:
        text = "\n".join(Path(part).read_text(encoding="utf-8") for part in page.split("+"))
        blocks = re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        with tempfile.TemporaryDirectory() as folder:
            for name in ("samples", "atlases"):
                (Path(folder) / name).symlink_to(repository / name)
            for block in blocks:
                done = subprocess.run(
                    ["bash", "-euo", "pipefail", "-c", block], cwd=folder, env=environment, capture_output=True, text=True
                )
                # `head` ends what is written to it.
                if done.returncode not in (0, 141):
                    print(f"{page}: status {done.returncode}:\n{block}\n{done.stdout}{done.stderr}", file=sys.stderr)
                    return 1
                count += 1
    print(f"{count} blocks of commands in {sum(page.count('+') + 1 for page in pages)} pages ran")
    return 0 if count else 1


sys.exit(main())
