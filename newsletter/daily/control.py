"""Stops an edition on its way and lets it go on, by its operator's word; a run obeys within one call. A
digest that is held gets its word here too."""

from __future__ import annotations

from datetime import date

from newsletter.daily.publish import publish_site
from newsletter.daily.publisher import Publisher
from newsletter.daily.read import store_digests
from newsletter.errors import AlreadyExists, NotFound
from newsletter.store.closing import Closing, close_open
from newsletter.store.editions import (
    EditionFacts,
    cancel_edition,
    find_edition_named,
    pause_edition,
    resume_edition,
)
from newsletter.store.held import find_held
from newsletter.store.ledger import count_deliveries


def pause(publisher: Publisher, name: str) -> str:
    """Nobody more is mailed until it is resumed. Raises NotFound, AlreadyExists; so do the others."""
    with publisher.store.write() as tx:
        edition = find_edition_named(tx, name)
        _check_open(edition)
        if edition.paused_at is None:
            pause_edition(tx, edition.id, now=publisher.clock())
    return f"edition {name} is paused: {_count(publisher, edition)}; newsletter resume {name} lets it go on"


def resume(publisher: Publisher, name: str) -> str:
    """It may go on; what takes it up is the schedule, or the next send."""
    with publisher.store.write() as tx:
        edition = find_edition_named(tx, name)
        _check_open(edition)
        resume_edition(tx, edition.id)
    if edition.paused_at is None:
        return f"edition {name} was not paused: {_count(publisher, edition)}"
    return (
        f"edition {name} may go on: {_count(publisher, edition)}; the schedule or newsletter send takes it up"
    )


def cancel(publisher: Publisher, name: str) -> str:
    """Nobody more is ever mailed: who has not had it is skipped."""
    now = publisher.clock()
    with publisher.store.write() as tx:
        edition = find_edition_named(tx, name)
        cancel_edition(tx, edition.id, now=now)
    close_open(publisher.store, edition.id, Closing.CANCELLED, now=now)
    return f"edition {name} is cancelled: {_count(publisher, edition)}; its pages and feeds stay"


def release(publisher: Publisher, name: str) -> str:
    """Publishes a digest that is held, as it was when it was held. Raises NotFound."""
    try:
        day = date.fromisoformat(name)
    except ValueError as error:
        fix = "name it by its day, such as 2025-09-24; newsletter status shows what is held"
        raise NotFound(f"no digest of {name} is held", fix=fix) from error
    with publisher.store.write() as tx:
        digest, held = find_held(tx, day)
        store_digests(tx, publisher, [digest])
    publish_site(publisher)
    return (
        f"the digest of {day} is published although {held.reason}; the schedule or newsletter send mails it, "
        f"newsletter send --date {day} where a later one is there already"
    )


def _check_open(edition: EditionFacts) -> None:
    if edition.cancelled_at is not None:
        raise AlreadyExists(f"edition {edition.name} was cancelled on {edition.cancelled_at:%Y-%m-%d}")


def _count(publisher: Publisher, edition: EditionFacts) -> str:
    with publisher.store.read() as tx:
        counts = count_deliveries(tx, edition.id)
    left = f"{counts.skipped} skipped, " if counts.skipped else ""
    return f"{counts.submitted} submitted, {left}{counts.pending} pending"
