"""Brings the tables of a store up to date, after a copy of what stood before.

The steps are Alembic's, in `migrations/versions/`. Alembic is imported only when there is one to
take: asking a store for its revision costs one query.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from newsletter.errors import StoreError
from newsletter.store.engine import Store

if TYPE_CHECKING:
    from alembic.config import Config as AlembicConfig

HEAD = "0003"
"""The revision this version of the program works with; a test holds it against the migrations."""

_MIGRATIONS = Path(__file__).resolve().parent / "migrations"


def migrate_store(store: Store) -> str | None:
    """Takes the missing steps; what stood before is kept as `<file>.before-<revision>`.

    Returns the revision it stood at, None where there was nothing to do.
    Raises StoreError where the store belongs to a newer version or to another program.
    """
    revision = current_revision(store)
    if revision == HEAD:
        return None
    if revision and revision not in _known_revisions():
        raise StoreError(
            f"the store {store.path} was written by a newer version (revision {revision})",
            fix="install that version of newsletter again, or restore a backup",
        )
    if revision:
        copy_store(store.path, store.path.with_name(f"{store.path.name}.before-{HEAD}"))
    _upgrade(store)
    return revision


def current_revision(store: Store) -> str:
    """The revision of the tables; empty for a store without any."""
    with store.read() as tx:
        tables = set(tx.execute(sa.text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars())
        if "alembic_version" in tables:
            return tx.execute(sa.text("SELECT version_num FROM alembic_version")).scalar() or ""
    if tables:
        raise StoreError(
            f"{store.path} is a database of another program", fix="name another file in [store] url"
        )
    return ""


def copy_store(source: Path, target: Path) -> None:
    """A consistent copy while others may write (SQLite's backup interface), renamed into place."""
    aside = target.with_name(target.name + ".part")
    try:
        with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(aside)) as new:
            old.backup(new)
        aside.replace(target)
    except (sqlite3.Error, OSError) as error:
        raise StoreError(f"cannot copy the store to {target}: {error}") from error


def alembic_config() -> AlembicConfig:
    from alembic.config import Config  # noqa: PLC0415 - 0.2 s, rarely needed

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config


def _known_revisions() -> set[str]:
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    return {script.revision for script in ScriptDirectory.from_config(alembic_config()).walk_revisions()}


def _upgrade(store: Store) -> None:
    from alembic import command  # noqa: PLC0415

    config = alembic_config()
    with store.write() as tx:
        # Another process may have been first; Alembic then finds nothing to do.
        config.attributes["connection"] = tx
        command.upgrade(config, "head")
