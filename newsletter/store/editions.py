"""Gives editions back, their keywords resolved by the vocabulary of today."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from newsletter.errors import NotFound
from newsletter.model import Edition, EditionKind, Paper, edition_name, find_first_day
from newsletter.store import schema
from newsletter.store.documents import read_papers
from newsletter.store.engine import Transaction
from newsletter.store.papers import date_columns, publish_paper
from newsletter.store.slices import select_in

if TYPE_CHECKING:
    from newsletter.keywords import Vocabulary

_EDITION = schema.edition
_REVISION = schema.edition_revision
_PAPER = schema.paper
_PLACE = schema.edition_paper


@dataclass(frozen=True, slots=True)
class EditionFacts:
    """An edition without its papers, as lists and the ledger need it."""

    id: int
    kind: EditionKind
    period_end: date
    revision: int
    published_at: datetime
    updated_at: datetime
    planned_at: datetime | None
    paused_at: datetime | None
    cancelled_at: datetime | None
    papers: int
    previous_end: date | None = None
    """Of a weekly edition, where the one before it ended."""

    @property
    def name(self) -> str:
        return edition_name(self.kind, self.period_end)

    @property
    def first_day(self) -> date:
        return find_first_day(self.kind, self.period_end, self.previous_end)

    @property
    def is_stopped(self) -> bool:
        """Paused or cancelled: nobody is mailed."""
        return self.paused_at is not None or self.cancelled_at is not None


def list_editions(
    tx: Transaction, *, newest: int | None = None, kind: EditionKind | None = None
) -> list[EditionFacts]:
    """Editions (of that kind), the latest first; a week's stands behind that of its last day."""
    statement = _facts().order_by(_EDITION.c.period_end.desc(), _EDITION.c.kind).limit(newest)
    if kind is not None:
        statement = statement.where(_EDITION.c.kind == kind)
    return [_read_facts(row) for row in tx.execute(statement).mappings()]


def list_paper_counts(tx: Transaction, *, before: date, newest: int) -> list[int]:
    """How many papers the daily editions before that day have, the latest first."""
    count = sa.select(sa.func.count()).where(_PLACE.c.edition_id == _EDITION.c.id).scalar_subquery()
    statement = (
        sa.select(count)
        .where(_EDITION.c.kind == EditionKind.DAILY, _EDITION.c.period_end < before)
        .order_by(_EDITION.c.period_end.desc())
        .limit(newest)
    )
    return list(tx.execute(statement).scalars())


def find_edition(tx: Transaction, kind: EditionKind, period_end: date) -> EditionFacts:
    """One edition. Raises NotFound."""
    statement = _facts().where(_EDITION.c.kind == kind, _EDITION.c.period_end == period_end)
    row = tx.execute(statement).mappings().first()
    if row is None:
        raise NotFound(
            f"there is no {kind} edition of {period_end}", fix="newsletter status lists the latest editions"
        )
    return _read_facts(row)


def is_taken_in(tx: Transaction, day: date) -> bool:
    """Whether that day has its daily edition."""
    statement = sa.select(_EDITION.c.id).where(
        _EDITION.c.kind == EditionKind.DAILY, _EDITION.c.period_end == day
    )
    return tx.execute(statement).first() is not None


def find_edition_by_id(tx: Transaction, edition_id: int) -> EditionFacts:
    return _read_facts(tx.execute(_facts().where(_EDITION.c.id == edition_id)).mappings().one())


def find_edition_named(tx: Transaction, name: str) -> EditionFacts:
    """The edition called `2025-09-24` or `2025-W39`. Raises NotFound."""
    for facts in list_editions(tx):
        if facts.name == name:
            return facts
    raise NotFound(f"there is no edition {name}", fix="newsletter status lists the latest editions")


def pause_edition(tx: Transaction, edition_id: int, *, now: datetime) -> None:
    tx.execute(sa.update(_EDITION).where(_EDITION.c.id == edition_id).values(paused_at=now))


def resume_edition(tx: Transaction, edition_id: int) -> None:
    tx.execute(sa.update(_EDITION).where(_EDITION.c.id == edition_id).values(paused_at=None))


def cancel_edition(tx: Transaction, edition_id: int, *, now: datetime) -> None:
    """Once cancelled, always cancelled."""
    once = sa.and_(_EDITION.c.id == edition_id, _EDITION.c.cancelled_at.is_(None))
    tx.execute(sa.update(_EDITION).where(once).values(cancelled_at=now))


def read_revision(tx: Transaction, facts: EditionFacts, revision: int) -> tuple[Paper, ...]:
    """The papers as a revision of the edition has them."""
    statement = sa.select(_REVISION.c.document).where(
        _REVISION.c.edition_id == facts.id, _REVISION.c.revision == revision
    )
    return read_papers(tx.execute(statement).scalar_one())


def load_edition(
    tx: Transaction, facts: EditionFacts, vocabulary: Vocabulary, *, revision: int | None = None
) -> Edition:
    """An edition with its papers as `revision` (default: the current one) has them."""
    papers = read_revision(tx, facts, revision or facts.revision)
    dates = _dates(tx, [paper.identity for paper in papers])
    return Edition(
        kind=facts.kind,
        period_end=facts.period_end,
        revision=revision or facts.revision,
        published_at=facts.published_at,
        updated_at=facts.updated_at,
        papers=tuple(publish_paper(paper, vocabulary, dates[paper.identity]) for paper in papers),
        first_day=facts.first_day,
    )


def _facts() -> sa.Select[Any]:
    count = sa.select(sa.func.count()).where(_PLACE.c.edition_id == _EDITION.c.id).scalar_subquery()
    names = [field.name for field in dataclasses.fields(EditionFacts) if field.name in _EDITION.c]
    earlier = _EDITION.alias("earlier")
    before = sa.select(sa.func.max(earlier.c.period_end)).where(
        earlier.c.kind == _EDITION.c.kind, earlier.c.period_end < _EDITION.c.period_end
    )
    # Of the many daily ones nobody asks it.
    is_weekly = _EDITION.c.kind == EditionKind.WEEKLY
    previous = sa.case((is_weekly, before.scalar_subquery()), else_=None)
    return sa.select(
        *(_EDITION.c[name] for name in names),
        count.label("papers"),
        sa.type_coerce(previous, sa.Date).label("previous_end"),
    )


def _read_facts(row: sa.RowMapping) -> EditionFacts:
    return EditionFacts(**{**row, "kind": EditionKind(row["kind"])})


def _dates(tx: Transaction, identities: Iterable[str]) -> dict[str, Any]:
    statement = sa.select(_PAPER.c.identity, *date_columns())
    return {row.identity: row for row in select_in(tx, statement, _PAPER.c.identity, identities)}
