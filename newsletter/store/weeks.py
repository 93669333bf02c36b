"""Weekly editions: the papers of a week's daily editions, each with the first week that holds it.

`week_paper` remembers which week a paper belongs to, also once a correction took the paper back: no later
week has it again. A week follows its days. While it is open (the latest one, mailed to nobody) it takes what
they have; once it is closed its papers change and leave with theirs, and what comes later for its days stands
in the next one. Which weeks are to be made, and when, is decided in `daily/`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from newsletter.model import EditionKind, edition_name, find_first_day
from newsletter.store import schema
from newsletter.store.documents import hash_document, join_documents
from newsletter.store.engine import Transaction
from newsletter.store.outdated import OutdatedKind, mark_outdated
from newsletter.store.revisions import add_revision
from newsletter.store.slices import select_in
from newsletter.store.uses import recount_uses

_EDITION = schema.edition
_REVISION = schema.edition_revision
_PAPER = schema.paper
_PLACE = schema.edition_paper
_OWNED = schema.week_paper

_WEEK = timedelta(weeks=1)
_FORMAT = "week"


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A paper of the week's days, and the weekly edition it belongs to, where it has one."""

    paper_id: int
    document: str
    owner: int | None


def list_week_ends(tx: Transaction) -> list[date]:
    """The last days of the weekly editions, the earliest first."""
    statement = sa.select(_EDITION.c.period_end).where(_EDITION.c.kind == EditionKind.WEEKLY)
    return list(tx.execute(statement.order_by(_EDITION.c.period_end)).scalars())


def make_week(tx: Transaction, period_end: date, *, published_at: datetime, now: datetime) -> bool:
    """Makes the weekly edition that ends on that day, or lets it follow its days where it stands; False
    where it would have no paper, and is not made."""
    former = tx.execute(
        sa.select(_EDITION).where(_EDITION.c.kind == EditionKind.WEEKLY, _EDITION.c.period_end == period_end)
    ).first()
    ends = list_week_ends(tx)
    candidates = _find_candidates(tx, _find_reach(ends, period_end), period_end)
    if former is not None:
        is_open = former.planned_at is None and former.cancelled_at is None and ends[-1] == period_end
        owners = {former.id, None} if is_open else {former.id}
        _write(tx, former.id, [each for each in candidates if each.owner in owners], is_open, now)
        return True
    kept = [each for each in candidates if each.owner is None]
    if kept:
        row = {"kind": EditionKind.WEEKLY, "period_end": period_end, "revision": 0}
        dates = {"published_at": published_at, "updated_at": published_at}
        statement = sa.insert(_EDITION).values(**row, **dates).returning(_EDITION.c.id)
        _write(tx, int(tx.execute(statement).scalar_one()), kept, True, now)
    return bool(kept)


def follow_days(tx: Transaction, days: Iterable[date], *, now: datetime) -> None:
    """Lets the weekly editions follow daily ones that are new or changed."""
    ends = list_week_ends(tx)
    changed = set(days)
    for end in ends:
        if any(_find_reach(ends, end) <= day <= end for day in changed):
            make_week(tx, end, published_at=now, now=now)


def _find_reach(ends: Sequence[date], period_end: date) -> date:
    """The first day whose papers the week takes: a week before its own days, for digests that came late,
    but none before the first week there was."""
    previous = max((end for end in ends if end < period_end), default=None)
    first_of_all = min([*ends, period_end]) - _WEEK + timedelta(days=1)
    return max(find_first_day(EditionKind.WEEKLY, period_end, previous) - _WEEK, first_of_all)


def _find_candidates(tx: Transaction, since: date, until: date) -> list[_Candidate]:
    """The papers of the daily editions of these days, each where it first stood; the latest day first."""
    statement = (
        sa.select(_EDITION.c.period_end, _PAPER.c.id, _PAPER.c.document, _OWNED.c.edition_id)
        .select_from(_EDITION)
        .join(_PLACE, _PLACE.c.edition_id == _EDITION.c.id)
        .join(_PAPER, _PAPER.c.id == _PLACE.c.paper_id)
        .join(_OWNED, _OWNED.c.paper_id == _PAPER.c.id, isouter=True)
        .where(_EDITION.c.kind == EditionKind.DAILY, _EDITION.c.period_end.between(since, until))
        .order_by(_EDITION.c.period_end, _PLACE.c.position)
    )
    by_day: dict[date, list[_Candidate]] = {}
    seen: set[int] = set()
    for day, paper_id, document, owner in tx.execute(statement):
        if paper_id not in seen:
            seen.add(paper_id)
            by_day.setdefault(day, []).append(_Candidate(paper_id, document, owner))
    return [each for day in sorted(by_day, reverse=True) for each in by_day[day]]


def _write(
    tx: Transaction, edition_id: int, papers: Sequence[_Candidate], is_open: bool, now: datetime
) -> None:
    """A revision with these papers, where they are others than those of the current one."""
    document = join_documents(each.document for each in papers)
    content_hash = hash_document(document)
    edition = tx.execute(sa.select(_EDITION).where(_EDITION.c.id == edition_id)).one()
    of_revision = sa.and_(_REVISION.c.edition_id == edition_id, _REVISION.c.revision == edition.revision)
    if tx.execute(sa.select(_REVISION.c.content_hash).where(of_revision)).scalar() == content_hash:
        return
    revision = edition.revision + 1
    values: dict[str, Any] = {"revision": revision}
    if edition.revision:
        values["updated_at"] = now
    tx.execute(sa.update(_EDITION).where(_EDITION.c.id == edition_id).values(**values))
    add_revision(tx, edition_id, revision, document, origin=("", _FORMAT), now=now)
    _place(tx, edition_id, [each.paper_id for each in papers], is_open)
    name = edition_name(EditionKind.WEEKLY, edition.period_end)
    mark_outdated(tx, OutdatedKind.EDITION, [name])


def _place(tx: Transaction, edition_id: int, paper_ids: Sequence[int], is_open: bool) -> None:
    former = set(tx.execute(sa.select(_PLACE.c.paper_id).where(_PLACE.c.edition_id == edition_id)).scalars())
    tx.execute(sa.delete(_PLACE).where(_PLACE.c.edition_id == edition_id))
    rows = [
        {"edition_id": edition_id, "position": position, "paper_id": paper_id}
        for position, paper_id in enumerate(paper_ids)
    ]
    if rows:
        tx.execute(sa.insert(_PLACE), rows)
    if is_open:  # what nobody was mailed is free for another week
        tx.execute(sa.delete(_OWNED).where(_OWNED.c.edition_id == edition_id))
        if rows:
            owned = [{"paper_id": paper_id, "edition_id": edition_id} for paper_id in paper_ids]
            tx.execute(sa.insert(_OWNED), owned)
    words = schema.paper_keyword
    left = former - set(paper_ids)
    # A paper that its day took back counted as published as long as it stood here.
    touched = select_in(tx, sa.select(words.c.normal), words.c.paper_id, left)
    recount_uses(tx, (row.normal for row in touched))
