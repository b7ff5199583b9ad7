"""The program's bar of progress, where somebody can see it."""

from __future__ import annotations

import os
import pty
import sys
import threading


def wants_progress() -> bool:
    """Whether standard error is a terminal or a notebook's."""
    if sys.stderr is None:
        return False
    return sys.stderr.isatty() or type(sys.stderr).__module__.startswith("ipykernel.")


class Terminal:
    """A terminal for the program's standard error, since it draws its bar on terminals only.

    What begins with a carriage return is the bar's and is drawn on; lines are kept.
    """

    def __init__(self) -> None:
        self._own_side, self.program_side = pty.openpty()
        self._parts: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._is_open = True

    def started(self) -> None:
        """Let go of the program's side, which it now has, and begin to read."""
        os.close(self.program_side)
        self._is_open = False
        self._reader.start()

    def close(self) -> None:
        """Read what is left and close both sides."""
        if self._is_open:
            os.close(self.program_side)
        elif self._reader.ident is not None:
            self._reader.join()
        os.close(self._own_side)

    @property
    def text(self) -> str:
        """The lines that are not the bar's."""
        lines = "".join(self._parts).replace("\r\n", "\n").split("\n")
        return "\n".join(line.rsplit("\r", 1)[-1].removeprefix("\x1b[K") for line in lines)

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._own_side, 65536)
            except OSError:  # EIO: the program has closed its side
                return
            if not data:
                return
            text = data.decode(errors="replace")
            self._parts.append(text)
            if text.startswith("\r") and "\n" not in text:
                # A notebook knows no escape codes: blanks clear the line.
                sys.stderr.write(text.replace("\x1b[K", " " * 78 + "\r"))
                sys.stderr.flush()
