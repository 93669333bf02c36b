"""Opens the store as every command does: connected, and its tables up to date."""

from __future__ import annotations

from newsletter.store.engine import Store, connect_store
from newsletter.store.migrate import migrate_store


def open_store(url: str) -> Store:
    """Opens `sqlite:///FILE`, made on first use, and migrates it where that is needed.

    Raises StoreError: not a store, made by a newer version, locked, unwritable.
    """
    store = connect_store(url)
    try:
        migrate_store(store)
    except BaseException:
        store.close()
        raise
    return store
