"""The command ``pellucid``: the program itself takes this process over."""

from __future__ import annotations

import os
import sys

from ._tool import TOOL, unfit


def main() -> None:
    """Run the program with this process's arguments, streams and signals."""
    reason = unfit()
    if reason is not None:
        print(reason, file=sys.stderr)
        sys.exit(70)
    os.execv(TOOL, [str(TOOL), *sys.argv[1:]])


if __name__ == "__main__":
    main()
