"""Writes a subscriber list into a file: whole, or what stood there stays. Its format is no matter here."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from newsletter.errors import StoreError
from newsletter.model import Subscriber
from newsletter.store.subscriber_list import write_rows

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def export_subscribers(subscribers: Iterable[Subscriber], target: Path) -> None:
    """Written aside, flushed and renamed; a file that stands there keeps its rights, and a link its place.

    Into what is no file, such as a pipe, it is written straight. Raises StoreError.
    """
    try:
        if target.exists() and not target.is_file():
            _write(subscribers, target)
            return
        real = target.resolve()
        aside = real.with_name(f"{real.name}.part")
        try:
            _write(subscribers, aside, like=real)
            aside.replace(real)
        finally:
            aside.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"cannot write {target}: {error.strerror}", fix=_find_fix(target, error)) from error


def _write(subscribers: Iterable[Subscriber], path: Path, *, like: Path | None = None) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        if like is not None and like.exists():
            shutil.copymode(like, path)  # before any address stands there
        write_rows(subscribers, file)
        file.flush()
        if like is not None:
            os.fsync(file.fileno())


def _find_fix(target: Path, error: OSError) -> str:
    if not target.parent.is_dir():
        return f"mkdir -p {target.parent}"
    if error.errno in _FULL:
        return "make room there and try again: nothing of it was written"
    return "check the disk, the folder and the rights"
