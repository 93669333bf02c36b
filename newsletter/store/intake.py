"""Takes a digest in as the daily edition of its date.

A digest that is stored already changes nothing. A changed one makes a new revision: its papers'
`updated_at` moves where their content does, `published_at` never. An edition made of several sources never
shrinks to what some of them still have: an address shows today's digest alone, a folder all of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa

from newsletter.keywords import NO_TOPICS, Topics
from newsletter.model import Digest, EditionKind, Paper, edition_name, split_sources
from newsletter.store import schema
from newsletter.store.documents import hash_document, write_paper, write_papers
from newsletter.store.engine import Transaction
from newsletter.store.keywords import pin_keywords
from newsletter.store.outdated import OutdatedKind, mark_outdated
from newsletter.store.revisions import add_revision
from newsletter.store.topics import index_paper
from newsletter.store.uses import recount_uses

_EDITION = schema.edition
_REVISION = schema.edition_revision
_PAPER = schema.paper
_PLACE = schema.edition_paper


class TakenIn(StrEnum):
    """What taking a digest in came to."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    PARTIAL = "partial"
    """It lacks a source that the edition was made of; left as it is."""


def find_changed(tx: Transaction, digests: Iterable[Digest]) -> list[Digest]:
    """Those that are not stored yet as they are, and would be by `take_in`."""
    stored = sa.select(_EDITION.c.period_end, _REVISION.c.content_hash, _REVISION.c.source).join(
        _REVISION,
        sa.and_(_REVISION.c.edition_id == _EDITION.c.id, _REVISION.c.revision == _EDITION.c.revision),
    )
    rows = {row.period_end: row for row in tx.execute(stored.where(_EDITION.c.kind == EditionKind.DAILY))}
    return [
        each
        for each in digests
        if (row := rows.get(each.date)) is None
        or (
            row.content_hash != hash_document(write_papers(each.papers))
            and not _lacks_source(each, split_sources(row.source))
        )
    ]


def take_in(
    tx: Transaction, digest: Digest, topics: Topics = NO_TOPICS, *, published_at: datetime, now: datetime
) -> TakenIn:
    """Stores a digest as the daily edition of its date.

    `published_at` is the date of a new edition's papers (a digest of last week is not news of
    today); what changes later is dated `now`.
    """
    document = write_papers(digest.papers)
    content_hash = hash_document(document)
    row = tx.execute(
        sa.select(_EDITION.c.id, _EDITION.c.revision, _REVISION.c.content_hash, _REVISION.c.source)
        .join(
            _REVISION,
            sa.and_(_REVISION.c.edition_id == _EDITION.c.id, _REVISION.c.revision == _EDITION.c.revision),
        )
        .where(_EDITION.c.kind == EditionKind.DAILY, _EDITION.c.period_end == digest.date)
    ).first()
    if row is not None and row.content_hash == content_hash:
        return TakenIn.SAME
    if row is not None and _lacks_source(digest, split_sources(row.source)):
        return TakenIn.PARTIAL
    dated = published_at if row is None else now
    if row is None:
        edition_id, revision = _insert_edition(tx, digest.date, dated), 1
    else:
        edition_id, revision = row.id, row.revision + 1
        tx.execute(
            sa.update(_EDITION).where(_EDITION.c.id == edition_id).values(revision=revision, updated_at=now)
        )
    add_revision(tx, edition_id, revision, document, origin=(digest.source, digest.format), now=now)
    pin_keywords(tx, digest.papers, topics, now=now)
    _place_papers(tx, edition_id, digest, topics, dated)
    return TakenIn.NEW if revision == 1 else TakenIn.CHANGED


def _lacks_source(digest: Digest, stored: tuple[str, ...]) -> bool:
    """A single document may come from anywhere: a file that was renamed is still the digest of its date."""
    return len(stored) > 1 and not set(stored) <= set(digest.sources)


def _insert_edition(tx: Transaction, period_end: date, published_at: datetime) -> int:
    statement = sa.insert(_EDITION).values(
        kind=EditionKind.DAILY,
        period_end=period_end,
        revision=1,
        published_at=published_at,
        updated_at=published_at,
    )
    return int(tx.execute(statement.returning(_EDITION.c.id)).scalar_one())


def _place_papers(tx: Transaction, edition_id: int, digest: Digest, topics: Topics, dated: datetime) -> None:
    touched = _find_keywords(tx, edition_id)  # those of papers that leave
    tx.execute(sa.delete(_PLACE).where(_PLACE.c.edition_id == edition_id))
    for position, paper in enumerate(digest.papers):
        # A second apart, the first the newest: readers sort by date, validators want them distinct.
        paper_id, former = _upsert_paper(tx, paper, topics, digest.date, dated - timedelta(seconds=position))
        tx.execute(sa.insert(_PLACE).values(edition_id=edition_id, position=position, paper_id=paper_id))
        touched |= former  # also of a paper that an earlier edition brought
    touched |= _find_keywords(tx, edition_id)
    recount_uses(tx, touched)
    mark_outdated(tx, OutdatedKind.KEYWORD, touched)
    mark_outdated(tx, OutdatedKind.EDITION, [edition_name(EditionKind.DAILY, digest.date)])


def _find_keywords(tx: Transaction, edition_id: int) -> set[str]:
    """The keywords of the edition's papers: their pages and feeds show these papers."""
    words = schema.paper_keyword
    statement = sa.select(words.c.normal).join(_PLACE, _PLACE.c.paper_id == words.c.paper_id)
    return set(tx.execute(statement.where(_PLACE.c.edition_id == edition_id)).scalars())


def _upsert_paper(
    tx: Transaction, paper: Paper, topics: Topics, day: date, dated: datetime
) -> tuple[int, set[str]]:
    """Its id, and the keywords it gained or lost where its content is another now."""
    document = write_paper(paper)
    content = {"document": document, "content_hash": hash_document(document), "content_date": day}
    row = tx.execute(sa.select(_PAPER).where(_PAPER.c.identity == paper.identity)).first()
    if row is None:
        statement = sa.insert(_PAPER).values(
            identity=paper.identity, published_at=dated, updated_at=dated, **content
        )
        paper_id = int(tx.execute(statement.returning(_PAPER.c.id)).scalar_one())
    else:
        paper_id = int(row.id)
        if row.content_hash == content["content_hash"] or row.content_date > day:
            return paper_id, set()
        # Never back: a correction of an old edition is still later than what readers have.
        updated_at = max(dated, row.updated_at + timedelta(seconds=1))
        tx.execute(sa.update(_PAPER).where(_PAPER.c.id == paper_id).values(updated_at=updated_at, **content))
    return paper_id, index_paper(tx, paper_id, paper, topics)
