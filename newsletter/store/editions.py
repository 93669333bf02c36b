"""Gives editions and papers back, their keywords resolved by the vocabulary of today."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from newsletter.errors import NotFound
from newsletter.keywords import Vocabulary
from newsletter.model import Edition, EditionKind, Paper, PublishedPaper, edition_name
from newsletter.store import schema
from newsletter.store.documents import read_paper, read_papers
from newsletter.store.engine import Transaction

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
    papers: int

    @property
    def name(self) -> str:
        return edition_name(self.kind, self.period_end)


def list_editions(tx: Transaction, *, newest: int | None = None) -> list[EditionFacts]:
    """Editions, the latest first."""
    statement = _facts().order_by(_EDITION.c.period_end.desc(), _EDITION.c.kind).limit(newest)
    return [_read_facts(row) for row in tx.execute(statement).mappings()]


def find_edition(tx: Transaction, kind: EditionKind, period_end: date) -> EditionFacts:
    """One edition. Raises NotFound."""
    statement = _facts().where(_EDITION.c.kind == kind, _EDITION.c.period_end == period_end)
    row = tx.execute(statement).mappings().first()
    if row is None:
        raise NotFound(
            f"there is no {kind} edition of {period_end}", fix="newsletter status lists the latest editions"
        )
    return _read_facts(row)


def load_edition(
    tx: Transaction, facts: EditionFacts, vocabulary: Vocabulary, *, revision: int | None = None
) -> Edition:
    """An edition with its papers as `revision` (default: the current one) has them."""
    document = tx.execute(
        sa.select(_REVISION.c.document).where(
            _REVISION.c.edition_id == facts.id, _REVISION.c.revision == (revision or facts.revision)
        )
    ).scalar_one()
    papers = read_papers(document)
    dates = _dates(tx, [paper.identity for paper in papers])
    return Edition(
        kind=facts.kind,
        period_end=facts.period_end,
        revision=revision or facts.revision,
        published_at=facts.published_at,
        updated_at=facts.updated_at,
        papers=tuple(_published(paper, vocabulary, dates[paper.identity]) for paper in papers),
    )


def load_papers(
    tx: Transaction, vocabulary: Vocabulary, *, newest: int | None = None
) -> list[PublishedPaper]:
    """The papers of all editions, each once with its latest content, the latest published first."""
    placed = sa.select(_PLACE.c.paper_id)
    statement = (
        sa.select(_PAPER.c.document, *_date_columns())
        .where(_PAPER.c.id.in_(placed))
        .order_by(_PAPER.c.published_at.desc(), _PAPER.c.id)
        .limit(newest)
    )
    rows = tx.execute(statement)
    return [_published(read_paper(row.document), vocabulary, row) for row in rows]


def _facts() -> sa.Select[Any]:
    count = sa.select(sa.func.count()).where(_PLACE.c.edition_id == _EDITION.c.id).scalar_subquery()
    names = ("id", "kind", "period_end", "revision", "published_at", "updated_at", "planned_at")
    return sa.select(*(_EDITION.c[name] for name in names), count.label("papers"))


def _read_facts(row: sa.RowMapping) -> EditionFacts:
    return EditionFacts(**{**row, "kind": EditionKind(row["kind"])})


def _date_columns() -> tuple[Any, ...]:
    first_edition = (
        sa.select(sa.func.min(_EDITION.c.period_end))
        .join(_PLACE, _PLACE.c.edition_id == _EDITION.c.id)
        .where(_PLACE.c.paper_id == _PAPER.c.id, _EDITION.c.kind == EditionKind.DAILY)
        .scalar_subquery()
    )
    # A corrected digest may have dropped the paper from every edition.
    edition = sa.func.coalesce(first_edition, _PAPER.c.content_date, type_=sa.Date).label("first_edition")
    return _PAPER.c.published_at, _PAPER.c.updated_at, edition


def _dates(tx: Transaction, identities: Iterable[str]) -> dict[str, Any]:
    statement = sa.select(_PAPER.c.identity, *_date_columns()).where(_PAPER.c.identity.in_(list(identities)))
    return {row.identity: row for row in tx.execute(statement)}


def _published(paper: Paper, vocabulary: Vocabulary, dates: Any) -> PublishedPaper:
    return PublishedPaper(
        paper=paper,
        keywords=vocabulary.resolve_all(paper.keywords),
        published_at=dates.published_at,
        updated_at=dates.updated_at,
        edition=edition_name(EditionKind.DAILY, dates.first_edition),
    )
