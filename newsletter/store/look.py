"""Looks into a store without a trace: nothing is made, migrated, locked for others or left beside it.

SQLite keeps a log beside a database that is open for writing, and takes it in when the last one leaves;
who only looks does neither. One trace there is: a log that was copied without its index gets a new one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa

from newsletter.errors import StoreError
from newsletter.store.engine import Transaction, mapped_errors

_Found = TypeVar("_Found")
_LOOKS = 3
_PATIENCE_SECONDS = 5


def find_store_path(url: str) -> Path:
    """The file of `sqlite:///FILE`."""
    return Path(url.removeprefix("sqlite:///"))


def open_to_look(path: Path) -> sqlite3.Connection:
    """Leaves the file and its log as they are, and makes none beside a store that has none."""
    return sqlite3.connect(
        f"{path.resolve().as_uri()}?{'mode=ro' if _has_log(path) else 'immutable=1'}",
        uri=True,
        timeout=_PATIENCE_SECONDS,
        check_same_thread=False,
    )


def look_into(path: Path, read: Callable[[Transaction], _Found]) -> _Found:
    """What `read` finds in a store, which must exist; it gets a transaction that cannot write.

    Raises StoreError: cannot be opened, is no store.
    """
    for _ in range(_LOOKS):
        has_log, before = _has_log(path), _stamp(path)
        try:
            found = _look(path, read)
        except StoreError:
            if _stamp(path) == before:
                raise
        else:
            if has_log or _stamp(path) == before:
                return found
        # Without a log it was read as if nobody wrote, and somebody did.
    raise StoreError(f"the store {path} is being written all the time", fix="look again later")


def _look(path: Path, read: Callable[[Transaction], _Found]) -> _Found:
    engine = sa.create_engine("sqlite://", creator=lambda: open_to_look(path), poolclass=sa.NullPool)
    sa.event.listen(engine, "connect", _leave_transactions_to_us)
    try:
        with mapped_errors(path), engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            return read(connection)
    finally:
        engine.dispose()


def _leave_transactions_to_us(connection: Any, _record: Any) -> None:
    connection.isolation_level = None


def _has_log(path: Path) -> bool:
    real = path.resolve()
    return real.with_name(real.name + "-wal").exists()


def _stamp(path: Path) -> tuple[object, ...]:
    """Another one once somebody writes."""
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_ino, status.st_size, status.st_mtime_ns, _has_log(path)
