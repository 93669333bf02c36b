"""Puts a copy in the store's place, and keeps what stood there."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from newsletter.errors import StoreError
from newsletter.store.engine import connect_store
from newsletter.store.lock import hold_delivery_lock
from newsletter.store.migrate import copy_store


def restore_store(url: str, copy: Path) -> Path:
    """Replaces the store's content by that of `copy`; returns where the old content is kept.

    Raises StoreError: the copy is no store, or a delivery is at work.
    """
    _check_copy(copy)
    store = connect_store(url)
    try:
        with hold_delivery_lock(store) as held:
            if not held:
                raise StoreError("a delivery is at work on the store", fix="end it first, then restore")
            kept = store.path.with_name(f"{store.path.name}.replaced-{datetime.now(UTC):%Y%m%dT%H%M%S}")
            with store.read():  # makes the file where there is none
                copy_store(store.path, kept)
            _overwrite(store.path, copy)
    finally:
        store.close()
    return kept


def _check_copy(copy: Path) -> None:
    try:
        with closing(sqlite3.connect(f"{copy.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error as error:
        fix = "name a file that newsletter store backup wrote"
        raise StoreError(f"{copy} is not a copy of a store: {error}", fix=fix) from error


def _overwrite(path: Path, copy: Path) -> None:
    """Through SQLite: a renamed file would meet the write-ahead log of the old one."""
    try:
        with closing(sqlite3.connect(copy)) as source, closing(sqlite3.connect(path)) as target:
            source.backup(target)
    except sqlite3.Error as error:
        raise StoreError(f"cannot restore {path} from {copy}: {error}") from error
