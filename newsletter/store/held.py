"""The digests that wait for a person's word: why, since when, and whether it was given.

A release is of one content: what the source says later is judged anew. Once a digest is taken in, nothing
is held of its day any more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from newsletter.errors import NotFound
from newsletter.model import Digest
from newsletter.store import schema
from newsletter.store.documents import hash_document, write_papers
from newsletter.store.engine import Transaction

_HELD = schema.held_digest


@dataclass(frozen=True, slots=True)
class HeldDigest:
    """A digest kept back: the reason, and since when."""

    day: date
    reason: str
    held_at: datetime


def hold_digest(tx: Transaction, digest: Digest, reason: str, *, now: datetime) -> None:
    """Keeps it back; one that is held already with this content stays as it is, its reason renewed."""
    content_hash = hash_document(write_papers(digest.papers))
    statement = insert(_HELD).values(
        day=digest.date, content_hash=content_hash, reason=reason, held_at=now, released_at=None
    )
    is_new = _HELD.c.content_hash != content_hash
    again = statement.on_conflict_do_update(
        index_elements=["day"],
        set_={
            "reason": reason,
            "held_at": sa.case((is_new, statement.excluded.held_at), else_=_HELD.c.held_at),
            "released_at": sa.case((is_new, None), else_=_HELD.c.released_at),
            "content_hash": content_hash,
        },
    )
    tx.execute(again)


def is_released(tx: Transaction, digest: Digest) -> bool:
    """Whether a person let this very content go."""
    statement = sa.select(_HELD.c.content_hash).where(
        _HELD.c.day == digest.date, _HELD.c.released_at.is_not(None)
    )
    return tx.execute(statement).scalar() == hash_document(write_papers(digest.papers))


def release_digest(tx: Transaction, day: date, *, now: datetime) -> HeldDigest:
    """Lets it go as it is. Raises NotFound where nothing of that day is held."""
    row = tx.execute(sa.select(_HELD).where(_HELD.c.day == day)).first()
    if row is None:
        raise NotFound(f"no digest of {day} is held", fix="newsletter status shows what is held")
    if row.released_at is None:
        tx.execute(sa.update(_HELD).where(_HELD.c.day == day).values(released_at=now))
    return HeldDigest(row.day, row.reason, row.held_at)


def list_held(tx: Transaction) -> list[HeldDigest]:
    """What waits for a person, the latest first."""
    waiting = sa.select(_HELD).where(_HELD.c.released_at.is_(None)).order_by(_HELD.c.day.desc())
    return [HeldDigest(row.day, row.reason, row.held_at) for row in tx.execute(waiting)]


def forget_held(tx: Transaction, days: Iterable[date]) -> None:
    """Of these days something was taken in: what was held of them is settled."""
    tx.execute(sa.delete(_HELD).where(_HELD.c.day.in_(list(days))))
