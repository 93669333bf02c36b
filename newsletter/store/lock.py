"""The lock of a delivery: one process at a time delivers from an SQLite store.

The kernel frees it when its holder dies, however it dies, so there is never a stale one.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from newsletter.errors import StoreError
from newsletter.store.engine import Store


@contextmanager
def hold_delivery_lock(store: Store) -> Iterator[bool]:
    """Inside the block, False says that another process holds it. Raises StoreError: cannot be made."""
    path = store.beside(".lock")
    try:
        file = path.open("ab")
    except OSError as error:
        fix = "check the rights on its folder"
        raise StoreError(f"cannot write {path}: {error.strerror}", fix=fix) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
