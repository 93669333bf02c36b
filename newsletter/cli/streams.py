"""The three standard streams, made fit for whatever shell, pipe or service starts the program.

Which characters a terminal knows and who reads the output are no reasons to fail.
"""

from __future__ import annotations

import codecs
import io
import os
import sys
from pathlib import Path
from typing import Literal, TextIO


def open_streams() -> None:
    """Puts the null device where a stream was closed, and lets characters that a stream cannot write
    appear as \\u escapes instead of failing."""
    for descriptor, flags in enumerate((os.O_RDONLY, os.O_WRONLY, os.O_WRONLY)):
        try:
            os.fstat(descriptor)
        except OSError:
            # Else the next file opened, maybe the store, would be given this number.
            os.open(os.devnull, flags)
    # Python has None for a stream that was closed when it started.
    sys.stdin = sys.stdin or _open_null("r")
    sys.stdout = sys.stdout or _open_null("w")
    sys.stderr = sys.stderr or _open_null("w")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def utf8_output() -> TextIO:
    """stdout for data that is UTF-8 whatever the locale, its line ends as written."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="")
    return sys.stdout


def writes_utf8(stream: TextIO) -> bool:
    """Whether any character may be written as it is."""
    return codecs.lookup(stream.encoding or "ascii").name == "utf-8"


def drop_output() -> None:
    """What stdout still holds goes nowhere: the interpreter must not stumble over it while it ends."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)


def _open_null(mode: Literal["r", "w"]) -> TextIO:
    return Path(os.devnull).open(mode, encoding="utf-8")
