"""Judges a digest before anybody sees it: stale, or so unlike the usual that a person must look first.

A partial digest (its program died half-way, its author changed the format) would be mailed once and for
all, and would shrink the feeds. It is kept back instead: `newsletter release` takes it in as it is, and
a mended one goes by itself. What is held stands in the store; nothing is decided here about delivery.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from statistics import median

from newsletter.config.sections import DigestSection
from newsletter.daily.publisher import Publisher
from newsletter.daily.read import Reading
from newsletter.errors import DigestHeld, DigestStale
from newsletter.model import Digest
from newsletter.store import Transaction
from newsletter.store.editions import list_paper_counts
from newsletter.store.held import hold_digest
from newsletter.store.intake import find_changed

EDITIONS_COMPARED = 10
"""What is usual is the median of so many editions."""

EDITIONS_NEEDED = 3
"""With fewer, nothing is usual yet."""


def check_age(publisher: Publisher, digest: Digest) -> None:
    """Raises DigestStale for a digest that only `--force` may mail."""
    judge_age(digest, publisher.config.digest, today=publisher.today())


def judge_age(digest: Digest, limits: DigestSection, *, today: date) -> None:
    """The same of any day."""
    if digest.date < today - timedelta(days=limits.max_age_days):
        age = (today - digest.date).days
        raise DigestStale(
            f"the latest digest is of {digest.date}, {age} days old: nobody is mailed",
            source=digest.source,
            fix=f"check the program that writes {digest.source}, or send it with --force",
        )


def admit(
    publisher: Publisher, reading: Reading, *, force: bool = False, for_good: bool = True
) -> tuple[list[Digest], tuple[DigestHeld, ...]]:
    """The digests to take in, that in question first, and why others of the source are held.

    Only what is new or changed can be held: what stands already stands. `force`: the one in question goes
    whatever it looks like. `for_good`: what is held is remembered, for `newsletter status` and `release`.
    Raises DigestHeld where the one in question is held.
    """
    asked = [reading.digest, *reading.others]
    with publisher.store.read() as tx:
        reasons = {
            each.date: reason
            for each in find_changed(tx, asked)
            if not (force and each is reading.digest)
            and (reason := _find_reason(tx, each, publisher, is_latest=each is reading.digest))
        }
    held = [each for each in asked if each.date in reasons]
    if held and for_good:
        with publisher.store.write() as tx:
            for each in held:
                hold_digest(tx, each, reasons[each.date], now=publisher.clock())
    errors = [_held(each, reasons[each.date]) for each in held]
    if held and held[0] is reading.digest:
        raise errors[0]
    return [each for each in asked if each.date not in reasons], tuple(errors)


def find_reason(
    digest: Digest, usual: Sequence[int], limits: DigestSection, *, today: date, is_latest: bool
) -> str:
    """Why a digest that is new or changed is held; empty: it goes. `usual` as for `find_doubt`."""
    if digest.date > today + timedelta(days=1):
        return f"it is dated {digest.date}, and today is {today}"
    if is_latest and len(digest.papers) < limits.minimum_papers:
        return f"it has {_count(len(digest.papers))}, fewer than [digest] minimum_papers"
    return find_doubt(digest, usual, limits)


def list_usual(tx: Transaction, digest: Digest) -> list[int]:
    """How many papers the editions before the digest have."""
    return list_paper_counts(tx, before=digest.date, newest=EDITIONS_COMPARED)


def find_doubt(digest: Digest, usual: Sequence[int], limits: DigestSection) -> str:
    """Why a person should look at the digest first; empty where it is like the editions before it.

    `usual` are the numbers of papers of those editions.
    """
    papers = len(digest.papers)
    unreadable = sum(problem.lost_paper for problem in digest.problems)
    if unreadable * 100 > limits.hold_unreadable * (papers + unreadable):
        return f"{unreadable} of its {papers + unreadable} papers cannot be read"
    if len(usual) >= EDITIONS_NEEDED and papers * 100 < limits.hold_below * median(usual):
        return f"it has {_count(papers)} where {median(usual):g} are usual"
    return ""


def _find_reason(tx: Transaction, digest: Digest, publisher: Publisher, *, is_latest: bool) -> str:
    limits, today = publisher.config.digest, publisher.today()
    return find_reason(digest, list_usual(tx, digest), limits, today=today, is_latest=is_latest)


def _held(digest: Digest, reason: str) -> DigestHeld:
    return DigestHeld(
        f"the digest of {digest.date} is held, nobody gets it and the feeds stand: {reason}",
        source=digest.source,
        fix=f"mend {digest.source}, or let it go as it is: newsletter release {digest.date}, or send --force",
    )


def _count(papers: int) -> str:
    return f"{papers} paper" if papers == 1 else f"{papers} papers"
