"""Keeps what addresses of the sources gave, with what their servers know it by (`digests.kept`).

Keys are hashes of addresses, which may hold credentials. Bounded: what nobody asked for in a week is gone,
and the least used beyond 32 documents. Losing them costs a transfer, nothing else.
"""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from newsletter.digests import KeptDocument
from newsletter.model import Clock
from newsletter.store import schema
from newsletter.store.engine import Store

_FETCHED = schema.fetched_document

KEPT_FOR = timedelta(days=7)
MOST_KEPT = 32


class StoredDocuments:
    """The `KeptDocuments` of one store; each call is a transaction of its own. Raises StoreError."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def find(self, key: str) -> KeptDocument | None:
        wanted = sa.select(_FETCHED).where(_FETCHED.c.key == key)
        with self._store.read() as tx:
            row = tx.execute(wanted).first()
        return None if row is None else KeptDocument(row.content, row.etag, row.last_modified)

    def keep(self, key: str, document: KeptDocument) -> None:
        facts = {
            "etag": document.etag,
            "last_modified": document.last_modified,
            "content": document.content,
            "used_at": self._clock(),
        }
        upsert = insert(_FETCHED).values(key=key, **facts)
        newest = sa.select(_FETCHED.c.key).order_by(_FETCHED.c.used_at.desc(), (_FETCHED.c.key == key).desc())
        with self._store.write(lasting=False) as tx:
            tx.execute(upsert.on_conflict_do_update(index_elements=["key"], set_=facts))
            tx.execute(
                sa.delete(_FETCHED).where(
                    sa.or_(
                        _FETCHED.c.used_at < self._clock() - KEPT_FOR,
                        _FETCHED.c.key.not_in(newest.limit(MOST_KEPT)),
                    )
                )
            )
