"""Copies of a store: whole or not there at all, and never over one that is there already.

A copy is SQLite's own (its backup interface): consistent while others write. It is made aside, flushed
and renamed, so that what has the name of a copy is one, whenever the process died.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from itertools import count
from pathlib import Path

from newsletter.errors import ConfigError, StoreError
from newsletter.store.private import make_private

COMPANIONS = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a database; the write-ahead log holds what was committed last."""


def backup_store(source: Path, target: Path) -> None:
    """A copy for a person, in the place of an earlier one of that name.

    Raises ConfigError where `target` is the store or a part of it, and StoreError.
    """
    real = source.resolve()
    parts = {real, *(real.with_name(real.name + suffix) for suffix in (*COMPANIONS, ".lock"))}
    if target.resolve() in parts or (target.exists() and source.exists() and target.samefile(source)):
        raise ConfigError([f"{target} is the store itself"], fix="name another file for the copy")
    copy_store(source, target)


def copy_store(source: Path, target: Path) -> None:
    """Copies a store that others may write to; of a failure nothing is left. Raises StoreError."""
    aside = target.with_name(target.name + ".part")
    try:
        _clear(aside)  # that of a process that died
        make_private(aside, like=source)
        with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(aside)) as new:
            old.backup(new)
        _flush(aside)
        aside.replace(target)
    except (sqlite3.Error, OSError) as error:
        raise StoreError(
            f"cannot copy the store to {target}: {error}", fix=_find_fix(target, error)
        ) from error
    finally:
        _clear(aside)


def find_free_name(path: Path) -> Path:
    """`path`, or with the first number behind it that no file has."""
    names = (path.with_name(f"{path.name}.{number}") for number in count(2))
    return path if not path.exists() else next(name for name in names if not name.exists())


def _clear(path: Path) -> None:
    for suffix in ("", *COMPANIONS):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _find_fix(target: Path, error: Exception) -> str:
    if not target.parent.is_dir():
        return f"mkdir -p {target.parent}"
    if "full" in str(error) or "too large" in str(error):
        return "make room there and try again: the store is as it was"
    return "check the disk, the folder and the rights"
