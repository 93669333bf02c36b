"""Papers as pages and feeds show them: each once, with its latest content and its own dates."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from newsletter.model import EditionKind, Paper, PublishedPaper, edition_name
from newsletter.store import schema
from newsletter.store.documents import read_paper
from newsletter.store.engine import Transaction
from newsletter.store.slices import is_one_of

if TYPE_CHECKING:
    from newsletter.keywords import Vocabulary

_EDITION = schema.edition
_PAPER = schema.paper
_PLACE = schema.edition_paper
_WORD = schema.paper_keyword


def load_papers(
    tx: Transaction, vocabulary: Vocabulary, *, newest: int | None = None
) -> list[PublishedPaper]:
    """The papers of all editions, each once with its latest content, the latest published first."""
    return _read_papers(tx, vocabulary, _newest_first().limit(newest))


def load_papers_of(
    tx: Transaction, vocabulary: Vocabulary, normals: Iterable[str], *, newest: int | None = None
) -> list[PublishedPaper]:
    """The papers with a keyword of one of these normal forms, the latest published first."""
    of_keyword = sa.select(_WORD.c.paper_id).where(is_one_of(_WORD.c.normal, normals))
    return _read_papers(tx, vocabulary, _newest_first().where(_PAPER.c.id.in_(of_keyword)).limit(newest))


def load_papers_between(
    tx: Transaction, vocabulary: Vocabulary, since: datetime, until: datetime
) -> list[PublishedPaper]:
    """The papers published from `since` until before `until`, the latest first."""
    published = _PAPER.c.published_at
    return _read_papers(tx, vocabulary, _newest_first().where(published >= since, published < until))


def list_days(tx: Transaction) -> set[date]:
    """The days, in UTC, on which any paper was published."""
    statement = sa.select(sa.func.date(_PAPER.c.published_at, type_=sa.Text)).where(_is_placed()).distinct()
    return {date.fromisoformat(day) for day in tx.execute(statement).scalars()}


def list_days_of(tx: Transaction, normals: Iterable[str]) -> list[date]:
    """The day of the first edition of each paper with a keyword of one of these normal forms."""
    first = (
        sa.select(sa.func.min(_EDITION.c.period_end, type_=sa.Date).label("day"))
        .join(_PLACE, _PLACE.c.edition_id == _EDITION.c.id)
        .join(_WORD, _WORD.c.paper_id == _PLACE.c.paper_id)
        .where(_EDITION.c.kind == EditionKind.DAILY, is_one_of(_WORD.c.normal, normals))
        .group_by(_WORD.c.paper_id)
        .subquery()
    )
    days = tx.execute(sa.select(first.c.day, sa.func.count()).group_by(first.c.day))
    return [day for day, papers in days for _ in range(papers)]


def list_editions_of(tx: Transaction, normals: Iterable[str]) -> set[str]:
    """The names of the editions that hold a paper with a keyword of one of these normal forms."""
    statement = (
        sa.select(_EDITION.c.kind, _EDITION.c.period_end)
        .join(_PLACE, _PLACE.c.edition_id == _EDITION.c.id)
        .join(_WORD, _WORD.c.paper_id == _PLACE.c.paper_id)
        .where(is_one_of(_WORD.c.normal, normals))
        .distinct()
    )
    return {edition_name(EditionKind(kind), day) for kind, day in tx.execute(statement)}


def publish_paper(paper: Paper, vocabulary: Vocabulary, dates: Any) -> PublishedPaper:
    """The paper with the dates of a row that has `date_columns`."""
    keywords, broader = vocabulary.keywords_of(paper)
    return PublishedPaper(
        paper=paper,
        keywords=keywords,
        broader=broader,
        published_at=dates.published_at,
        updated_at=dates.updated_at,
        edition=edition_name(EditionKind.DAILY, dates.first_edition),
    )


def date_columns() -> tuple[Any, ...]:
    first_edition = (
        sa.select(sa.func.min(_EDITION.c.period_end))
        .join(_PLACE, _PLACE.c.edition_id == _EDITION.c.id)
        .where(_PLACE.c.paper_id == _PAPER.c.id, _EDITION.c.kind == EditionKind.DAILY)
        .scalar_subquery()
    )
    # A corrected digest may have dropped the paper from every edition.
    edition = sa.func.coalesce(first_edition, _PAPER.c.content_date, type_=sa.Date).label("first_edition")
    return _PAPER.c.published_at, _PAPER.c.updated_at, edition


def _newest_first() -> sa.Select[Any]:
    return (
        sa.select(_PAPER.c.document, *date_columns())
        .where(_is_placed())
        .order_by(_PAPER.c.published_at.desc(), _PAPER.c.id)
    )


def _read_papers(tx: Transaction, vocabulary: Vocabulary, statement: sa.Select[Any]) -> list[PublishedPaper]:
    rows = tx.execute(statement)
    return [publish_paper(read_paper(row.document), vocabulary, row) for row in rows]


def _is_placed() -> sa.ColumnElement[bool]:
    """A corrected digest may have dropped a paper from every edition: then nobody shows it."""
    return sa.exists().where(_PLACE.c.paper_id == _PAPER.c.id)
