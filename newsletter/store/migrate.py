"""Brings the tables of a store up to date, after a copy of what stood before.

Looking, copying and migrating are one transaction, in which nobody else writes: of processes that open an
old store at once one migrates it, the copy has everything up to that moment, and the others find it done.
A process that dies in it leaves the store as it was.

The steps are Alembic's, in `migrations/versions/`. Alembic is imported only when there is one to
take: asking a store for its revision costs one query.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from newsletter.errors import StoreError
from newsletter.store.copies import copy_store, find_free_name
from newsletter.store.engine import Store, Transaction
from newsletter.store.private import make_private

if TYPE_CHECKING:
    from alembic.config import Config as AlembicConfig

HEAD = "0006"
"""The revision this version of the program works with; a test holds it against the migrations."""

_MIGRATIONS = Path(__file__).resolve().parent / "migrations"


def migrate_store(store: Store) -> str | None:
    """Takes the missing steps; what stood before is kept as `<file>.before-<revision>`.

    A store that is not there yet is made, for its owner and his group alone.
    Returns the revision it stood at, None where there was nothing to do.
    Raises StoreError where the store belongs to a newer version or to another program.
    """
    with suppress(OSError):  # told by SQLite, in the words of this room
        make_private(store.path.resolve())
    if current_revision(store) == HEAD:
        return None
    with store.write() as tx:
        revision = find_revision(tx, store.path)
        if revision == HEAD:
            return None
        check_known(revision, store.path)
        _upgrade(tx, keep=_copy(store) if revision else None)
    return revision


def current_revision(store: Store) -> str:
    """The revision of the tables; empty for a store without any."""
    with store.read() as tx:
        return find_revision(tx, store.path)


def check_known(revision: str, path: Path) -> None:
    """Raises StoreError where this program knows no such revision."""
    if revision and revision not in _known_revisions():
        raise StoreError(
            f"the store {path} was written by a newer version (revision {revision})",
            fix="install that version of newsletter again, or restore a backup",
        )


def find_revision(tx: Transaction, path: Path) -> str:
    """As `current_revision`. Raises StoreError for a database of another program."""
    tables = set(tx.execute(sa.text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars())
    if "alembic_version" in tables:
        return tx.execute(sa.text("SELECT version_num FROM alembic_version")).scalar() or ""
    if tables:
        raise StoreError(f"{path} is a database of another program", fix="name another file in [store] url")
    return ""


def alembic_config() -> AlembicConfig:
    from alembic.config import Config  # noqa: PLC0415 - 0.2 s, rarely needed

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config


def _known_revisions() -> set[str]:
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    return {script.revision for script in ScriptDirectory.from_config(alembic_config()).walk_revisions()}


def _copy(store: Store) -> Path:
    """The store as it is before the transaction that calls this; an earlier copy stands."""
    kept = find_free_name(store.beside(f".before-{HEAD}"))
    copy_store(store.path, kept)
    return kept


def _upgrade(tx: Transaction, *, keep: Path | None) -> None:
    from alembic import command  # noqa: PLC0415

    config = alembic_config()
    config.attributes["connection"] = tx
    try:
        command.upgrade(config, "head")
    except BaseException:
        if keep is not None:
            keep.unlink()  # the store is as it was: tried again and again, copies would fill the disk
        raise
