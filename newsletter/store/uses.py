"""How often each keyword stands in the archive, kept beside it: a daily build costs what the day brought,
whatever the age of the archive.

`keyword_use` is derived: of every normal form that a digest touched it is counted anew. A test holds it
equal to a count of everything.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from newsletter.keywords import Vocabulary
from newsletter.model import Keyword
from newsletter.store import schema
from newsletter.store.engine import Transaction
from newsletter.store.slices import in_slices, is_one_of, select_in

_USE = schema.keyword_use


@dataclass(frozen=True, slots=True)
class KeywordUse:
    """A keyword with all its spellings: in how many papers it stands, and the date of the newest."""

    keyword: Keyword
    spellings: tuple[str, ...]
    """Normal forms."""
    papers: int
    newest: datetime


def recount_uses(tx: Transaction, normals: Iterable[str]) -> None:
    """Counts the papers of these normal forms anew."""
    word, paper = schema.paper_keyword, schema.paper
    columns = ["normal", "papers", "newest"]
    for some in in_slices(normals):
        counted = (
            sa.select(
                word.c.normal, sa.func.count(word.c.paper_id.distinct()), sa.func.max(paper.c.published_at)
            )
            .join(paper, paper.c.id == word.c.paper_id)
            .where(word.c.normal.in_(some), word.c.normal != "", _is_placed(word.c.paper_id))
            .group_by(word.c.normal)
        )
        tx.execute(sa.delete(_USE).where(_USE.c.normal.in_(some)))
        tx.execute(sa.insert(_USE).from_select(columns, counted))


def list_keyword_uses(tx: Transaction, vocabulary: Vocabulary) -> dict[str, KeywordUse]:
    """Every keyword that a published paper has, by slug."""
    return _group(tx, tx.execute(sa.select(_USE)).all(), vocabulary)


def find_keyword_uses(
    tx: Transaction, vocabulary: Vocabulary, normals: Iterable[str]
) -> dict[str, KeywordUse]:
    """Those of the keywords that these normal forms mean, by slug."""
    rows = select_in(tx, sa.select(_USE), _USE.c.normal, vocabulary.spellings(normals))
    return _group(tx, rows, vocabulary)


def list_common_uses(
    tx: Transaction, vocabulary: Vocabulary, *, papers: int, within: timedelta | None = None
) -> dict[str, KeywordUse]:
    """The keywords with so many papers, and those with one `within` that time before the newest paper."""
    newest = tx.execute(sa.select(sa.func.max(_USE.c.newest))).scalar()
    since = datetime.max.replace(tzinfo=UTC) if within is None or newest is None else newest - within
    is_common = sa.or_(_USE.c.papers >= papers, _USE.c.newest >= since)
    normals = tx.execute(sa.select(_USE.c.normal).where(is_common)).scalars()
    # Two rare spellings may be one common keyword.
    uses = find_keyword_uses(tx, vocabulary, {*normals, *vocabulary.aliased})
    return {slug: use for slug, use in uses.items() if use.papers >= papers or use.newest >= since}


def _group(tx: Transaction, rows: Iterable[Any], vocabulary: Vocabulary) -> dict[str, KeywordUse]:
    uses: dict[str, KeywordUse] = {}
    for normal, count, newest in rows:
        keyword = vocabulary.resolve_normal(normal)
        known = uses.get(keyword.slug)
        if known is None:
            uses[keyword.slug] = KeywordUse(keyword, (normal,), count, newest)
        else:
            spellings, papers = (*known.spellings, normal), known.papers + count
            uses[keyword.slug] = KeywordUse(keyword, spellings, papers, max(known.newest, newest))
    for slug, use in uses.items():
        if len(use.spellings) > 1:  # a paper may have several of them
            uses[slug] = replace(use, papers=_count_papers(tx, use.spellings))
    return uses


def _count_papers(tx: Transaction, normals: Iterable[str]) -> int:
    word = schema.paper_keyword.c
    count = sa.select(sa.func.count(word.paper_id.distinct()))
    return int(
        tx.execute(count.where(is_one_of(word.normal, normals), _is_placed(word.paper_id))).scalar_one()
    )


def _is_placed(paper_id: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """Else a correction took it back."""
    return sa.exists().where(schema.edition_paper.c.paper_id == paper_id)
