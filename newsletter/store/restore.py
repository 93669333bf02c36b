"""Puts a copy in the store's place, and keeps what stood there.

A sound store is written over through SQLite, so that programs that have it open go on with the new content.
A damaged one cannot be: it is set aside as it is, byte for byte and with its write-ahead log, for whoever
wants to save something out of it; programs that had it open are to be started again.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from newsletter.errors import ConfigError, StoreError
from newsletter.store.copies import COMPANIONS, copy_store, find_free_name
from newsletter.store.engine import Store, connect_store
from newsletter.store.lock import hold_delivery_lock
from newsletter.store.look import open_to_look
from newsletter.store.migrate import check_known


def restore_store(url: str, copy: Path) -> Path | None:
    """Replaces the store by `copy`; returns where the old one is kept, None where there was none.

    Raises ConfigError: the copy is the store itself. Raises StoreError: the copy is none or is damaged, or a
    delivery is at work.
    """
    store = connect_store(url)
    try:
        with hold_delivery_lock(store) as held:
            if not held:
                raise StoreError("a delivery is at work on the store", fix="end it first, then restore")
            if store.path.exists() and copy.samefile(store.path):
                raise ConfigError([f"{copy} is the store itself"], fix="name a copy of it")
            _check_copy(copy)
            return _replace(store, copy)
    finally:
        store.close()


def _replace(store: Store, copy: Path) -> Path | None:
    path = store.path.resolve()
    if not path.exists():
        copy_store(copy, path)
        return None
    kept = find_free_name(store.beside(f".replaced-{datetime.now(UTC):%Y%m%dT%H%M%S}"))
    if _find_damage(path):
        _set_aside(path, kept, copy)
    else:
        copy_store(path, kept)
        _overwrite(path, copy)
    return kept


def _check_copy(copy: Path) -> None:
    damage = _find_damage(copy)
    if damage:
        fix = "name a file that newsletter store backup wrote"
        raise StoreError(f"{copy} is not a whole copy of a store: {damage}", fix=fix)
    with closing(open_to_look(copy)) as connection:
        (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    check_known(revision, copy)


def _find_damage(path: Path) -> str:
    """What is wrong with a file as a store; empty: nothing. Raises StoreError where it cannot be asked."""
    if path.stat().st_size == 0:  # asked, SQLite would throw away the log of an empty file
        return "it is empty"
    try:
        with closing(open_to_look(path)) as connection:
            (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if (
                found == "ok"
                and connection.execute("SELECT version_num FROM alembic_version").fetchone() is None
            ):
                found = "it has no revision"
    except sqlite3.Error as error:
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CANTOPEN):
            raise StoreError(
                f"{path} cannot be read: {error}", fix="check the rights; end who holds it"
            ) from error
        return str(error)
    return "" if found == "ok" else str(found).splitlines()[-1]


def _set_aside(path: Path, kept: Path, copy: Path) -> None:
    ready = path.with_name(f"{path.name}.restored")
    copy_store(copy, ready)  # first: where the disk is full, everything stays
    try:
        # The log before its database: a new database must not meet it.
        for suffix in (*COMPANIONS, ""):
            part = path.with_name(path.name + suffix)
            if part.exists():
                part.rename(kept.with_name(kept.name + suffix))
        ready.rename(path)
    except OSError as error:
        raise StoreError(f"cannot set {path} aside: {error}", fix=f"move it by hand to {kept}") from error
    finally:
        ready.unlink(missing_ok=True)


def _overwrite(path: Path, copy: Path) -> None:
    """Through SQLite: a renamed file would meet the write-ahead log of the old one."""
    try:
        with closing(sqlite3.connect(copy)) as source, closing(sqlite3.connect(path)) as target:
            source.backup(target)
    except sqlite3.Error as error:
        fix = "make room, end the programs that use it, and try again: what stood there is kept"
        raise StoreError(f"cannot restore {path} from {copy}: {error}", fix=fix) from error
