"""The program that the wheel brings, and how it is called."""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import sys
import warnings
from pathlib import Path

from ._errors import PellucidError, PellucidWarning
from ._progress import Terminal, wants_progress

_HOME = Path(__file__).resolve().parent / "_dist"

#: The program.
TOOL = _HOME / "bin" / "pellucid"
#: A simulated patient's T1 scan, and a small network that was trained on simulated atrophy: to try things with.
sample_image = _HOME / "share" / "pellucid" / "samples" / "patient_T1.nii.gz"
sample_model = _HOME / "share" / "pellucid" / "samples" / "atrophy-cnn.onnx"

#: The oldest glibc that the program runs on.
_GLIBC = (2, 34)


def unfit() -> str | None:
    """Why the program cannot run on this machine; None: it can."""
    if not TOOL.exists():
        return f"pellucid: {TOOL} is missing; install the wheel anew: pip install --force-reinstall pellucid"
    name, version = platform.libc_ver()
    if name == "glibc" and tuple(int(part) for part in version.split(".")[:2]) < _GLIBC:
        wanted = ".".join(map(str, _GLIBC))
        return f"pellucid: this machine's glibc is {version}, and {wanted} or newer is needed; use a container (docs/packages.md)"
    return None


def run(*arguments: str | os.PathLike[str], cwd: str | os.PathLike[str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the program itself, as on the command line.

    Parameters
    ----------
    *arguments : str or path-like
        A word each, such as ``"inspect", "cnn.onnx", "--json"``.
    cwd : path-like, optional
        The folder in which it runs.

    Returns
    -------
    subprocess.CompletedProcess
        Its standard output as ``stdout``, its notes and warnings as ``stderr``.

    Raises
    ------
    PellucidError
        Where its exit status is not 0; the text is its one line.

    Examples
    --------
    >>> print(pellucid.run("methods").stdout)
    """
    return call([os.fspath(argument) for argument in arguments], cwd=cwd)


def call(
    arguments: list[str], *, cwd: str | os.PathLike[str] | None = None, progress: bool | None = False
) -> subprocess.CompletedProcess[str]:
    """Run the program; a bar is shown where ``progress`` says so (None: on a terminal and in a notebook)."""
    reason = unfit()
    if reason is not None:
        raise PellucidError(reason, 70)
    shows = wants_progress() if progress is None else progress
    terminal = Terminal() if shows else None
    try:
        process = subprocess.Popen(
            [str(TOOL), *arguments],
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=terminal.program_side if terminal else subprocess.PIPE,
            text=True,
            errors="surrogateescape",
        )
    except OSError as error:
        if terminal:
            terminal.close()
        raise PellucidError(f"pellucid: {TOOL}: it cannot be started: {error.strerror}", 70) from error
    try:
        if terminal:
            terminal.started()
        output, messages = process.communicate()
    except KeyboardInterrupt:
        # The program removes what it has half written.
        process.send_signal(signal.SIGINT)
        process.wait()
        raise
    finally:
        if terminal:
            terminal.close()
    if terminal:
        messages = terminal.text
    if process.returncode != 0:
        raise PellucidError(_last_line(messages, process.returncode), process.returncode)
    return subprocess.CompletedProcess(process.args, 0, output, messages)


def tell(messages: str) -> None:
    """Pass on what the program told: warnings as Python's own, notes on standard error."""
    for line in messages.splitlines():
        if line.startswith("pellucid: warning: "):
            warnings.warn(line.removeprefix("pellucid: warning: "), PellucidWarning, stacklevel=3)
        elif line:
            print(line, file=sys.stderr)


def _last_line(messages: str, status: int) -> str:
    lines = [line for line in messages.splitlines() if line]
    if lines:
        return lines[-1]
    if status < 0:
        return f"pellucid: it was ended by {signal.Signals(-status).name}"
    return f"pellucid: it ended with status {status}"
