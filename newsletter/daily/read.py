"""Reads the source and makes editions of its digests: the first two steps of the job.

Older digests that are new or changed are taken in for the pages and feeds; what cannot be read of them is
reported and left alone. Whether a digest may go is judged by `hold`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate, islice

from newsletter.daily.publisher import Publisher
from newsletter.digests import FetchLimits, SourceReading, read_sources
from newsletter.errors import DigestError
from newsletter.model import Digest
from newsletter.store import Transaction
from newsletter.store.fetched import StoredDocuments
from newsletter.store.held import forget_held
from newsletter.store.intake import find_changed, take_in
from newsletter.store.weeks import follow_days


@dataclass(frozen=True, slots=True)
class Reading:
    """What the sources hold: the digest in question, the others, and what could not be read of them."""

    digest: Digest
    others: tuple[Digest, ...]
    broken: tuple[DigestError, ...]


def read_digests(publisher: Publisher, *, day: date | None = None, force: bool = False) -> Reading:
    """The digest of `day` (default: the latest) and the others of the sources.

    Raises DigestError: none, broken, without a paper; one of several sources that cannot be read (not with
    `force`), for the edition would lack its papers.
    """
    config = publisher.config.digest
    found = read_sources(
        config.source,
        today=day or publisher.today(),
        stdin=sys.stdin.buffer,
        limits=FetchLimits(private_addresses=config.private_addresses),
        kept=StoredDocuments(publisher.store, publisher.clock),
    )
    digest = choose_digest(found, day=day, force=force)
    others = tuple(each for each in found.digests if each.papers and each.date != digest.date)
    return Reading(digest, others, found.broken)


def choose_digest(found: SourceReading, *, day: date | None = None, force: bool = False) -> Digest:
    """The digest of `day` (default: the latest) of what was read. Raises DigestError."""
    digest = found.latest(force=force) if day is None else found.of(day, force=force)
    if not digest.papers:
        raise DigestError(
            f"the digest of {digest.date} has no papers: {digest.source}",
            source=digest.source,
            fix="check the program that writes it; the feeds stay as they are",
        )
    return digest


def store_digests(tx: Transaction, publisher: Publisher, digests: Sequence[Digest]) -> None:
    """Takes the digests in, the oldest first, so that a paper's first edition is its earliest; weekly
    editions that stand follow."""
    now = publisher.clock().replace(microsecond=0)
    changed = sorted(find_changed(tx, digests), key=lambda digest: digest.date)
    for digest, moment in zip(changed, _list_moments(changed, now), strict=True):
        # A digest of last week is no news of today: its papers are dated with the end of their day.
        published_at = min(moment, publisher.midnight_after(digest.date))
        take_in(tx, digest, publisher.topics, published_at=published_at, now=moment)
    follow_days(tx, (digest.date for digest in changed), now=now)
    forget_held(tx, (digest.date for digest in digests))


def _list_moments(digests: Sequence[Digest], now: datetime) -> list[datetime]:
    """When each was taken in, the last one `now`. Its papers are dated a second apart before that, and no
    two of a run alike: a reader that sorts or pages by date would miss one of them."""
    papers_after = accumulate((len(digest.papers) for digest in reversed(digests)), initial=0)
    moments = [now - timedelta(seconds=seconds) for seconds in islice(papers_after, len(digests))]
    return moments[::-1]
