"""What goes wrong, in the program's own words."""

from __future__ import annotations


class PellucidError(Exception):
    """The program refused, or could not do, what was asked.

    Its text is the program's one line: which file, what is wrong, how to mend it.

    Attributes
    ----------
    status : int
        The program's exit status: 64 a usage error, 65 bad input, 70 a fault of its own, 74 a file could not be written.
        Negative: the signal that ended it.
    """

    def __init__(self, line: str, status: int = 65) -> None:
        super().__init__(line)
        self.status = status


class PellucidWarning(UserWarning):
    """Something that looks like a mistake, though the program went on."""
