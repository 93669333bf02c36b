"""Writes a revision of an edition whole, so that a delivery repeated later has the same bytes."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from newsletter.store import schema
from newsletter.store.documents import hash_document
from newsletter.store.engine import Transaction


def add_revision(
    tx: Transaction, edition_id: int, revision: int, document: str, *, origin: tuple[str, str], now: datetime
) -> None:
    """`document` are its papers; `origin` the source and the format it was read in."""
    source, digest_format = origin
    tx.execute(
        sa.insert(schema.edition_revision).values(
            edition_id=edition_id,
            revision=revision,
            document=document,
            content_hash=hash_document(document),
            source=source,
            format=digest_format,
            created_at=now,
        )
    )
