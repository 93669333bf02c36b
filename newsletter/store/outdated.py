"""What must be rendered again at the next publication.

Taking a digest in marks what it touches; a publication reads the marks, and forgets them once its
files stand. A publication that dies forgets nothing, and marks made meanwhile stay for the next one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from newsletter.store import schema
from newsletter.store.engine import Transaction

_TABLE = schema.outdated


class OutdatedKind(StrEnum):
    EDITION = "edition"
    """By its name."""
    KEYWORD = "keyword"
    """By its normal form, as a digest wrote it: what it means is the vocabulary's to say."""


@dataclass(frozen=True, slots=True)
class Outdated:
    """The marks up to `seen`."""

    editions: frozenset[str]
    keywords: frozenset[str]
    seen: int


def mark_outdated(tx: Transaction, kind: OutdatedKind, names: Iterable[str]) -> None:
    rows = [{"kind": kind, "name": name} for name in sorted(set(names))]
    if rows:
        tx.execute(sa.insert(_TABLE), rows)


def read_outdated(tx: Transaction) -> Outdated:
    rows = tx.execute(sa.select(_TABLE)).all()
    return Outdated(
        editions=frozenset(row.name for row in rows if row.kind == OutdatedKind.EDITION),
        keywords=frozenset(row.name for row in rows if row.kind == OutdatedKind.KEYWORD),
        seen=max((row.id for row in rows), default=0),
    )


def forget_outdated(tx: Transaction, outdated: Outdated) -> None:
    """Forgets the marks that a publication has worked off."""
    tx.execute(sa.delete(_TABLE).where(_TABLE.c.id <= outdated.seen))
