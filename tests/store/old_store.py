"""Makes a store as the first version of the program left it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from alembic import command

from newsletter.store import connect_store
from newsletter.store.migrate import alembic_config


def make_old_store(path: Path, statements: Iterable[str] = ()) -> None:
    """A store at revision 0001, filled by `statements`."""
    store = connect_store(f"sqlite:///{path}")
    config = alembic_config()
    with store.write() as tx:
        config.attributes["connection"] = tx
        command.upgrade(config, "0001")
        for statement in statements:
            tx.exec_driver_sql(statement)
    store.close()
