"""The digests that wait for a person's word, whole: a source may show another one by the time it is given.

Once a digest of the day is taken in, nothing is held of it any more.
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
from newsletter.store.documents import read_papers, write_papers
from newsletter.store.engine import Transaction

_HELD = schema.held_digest


@dataclass(frozen=True, slots=True)
class HeldDigest:
    """A digest kept back: the reason, and since when."""

    day: date
    reason: str
    held_at: datetime


def hold_digest(tx: Transaction, digest: Digest, reason: str, *, now: datetime) -> None:
    """Keeps it back, in place of what is held of its day; the same one stays held since then."""
    content = {
        "document": write_papers(digest.papers),
        "source": digest.source,
        "format": digest.format,
        "reason": reason,
    }
    statement = insert(_HELD).values(day=digest.date, held_at=now, **content)
    since = sa.case((_HELD.c.document == statement.excluded.document, _HELD.c.held_at), else_=now)
    tx.execute(statement.on_conflict_do_update(index_elements=["day"], set_={**content, "held_at": since}))


def find_held(tx: Transaction, day: date) -> tuple[Digest, HeldDigest]:
    """The digest of that day and why it is held. Raises NotFound."""
    row = tx.execute(sa.select(_HELD).where(_HELD.c.day == day)).first()
    if row is None:
        raise NotFound(f"no digest of {day} is held", fix="newsletter status shows what is held")
    digest = Digest(row.day, row.format, row.source, read_papers(row.document))
    return digest, HeldDigest(row.day, row.reason, row.held_at)


def list_held(tx: Transaction) -> list[HeldDigest]:
    """What waits for a person, the latest first."""
    rows = tx.execute(sa.select(_HELD.c.day, _HELD.c.reason, _HELD.c.held_at).order_by(_HELD.c.day.desc()))
    return [HeldDigest(row.day, row.reason, row.held_at) for row in rows]


def forget_held(tx: Transaction, days: Iterable[date]) -> None:
    """Of these days something was taken in: what was held of them is settled."""
    tx.execute(sa.delete(_HELD).where(_HELD.c.day.in_(list(days))))
