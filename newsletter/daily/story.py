"""Tells why an address got what it got, or did not: for the operator whom a reader asks."""

from __future__ import annotations

from datetime import datetime

from newsletter.daily.publisher import Publisher
from newsletter.model import DeliveryState, SkipReason, Subscriber, SubscriberStatus
from newsletter.store.story import Chapter, tell_story
from newsletter.store.subscribers import find_subscriber
from newsletter.store.suppressions import find_suppression

_EDITIONS = 14

_SKIPPED = {
    SkipReason.UNSUBSCRIBED: "he had unsubscribed",
    SkipReason.SUPPRESSED: "the address was suppressed",
    SkipReason.NO_MATCH: "no paper had one of his keywords",
    SkipReason.CANCELLED: "the edition was cancelled",
}


def explain_address(publisher: Publisher, address: str) -> list[str]:
    """Lines for a person. Raises NotFound for an address nobody has."""
    with publisher.store.read() as tx:
        subscriber = find_subscriber(tx, address)
        suppression = find_suppression(tx, address)
        chapters = tell_story(tx, subscriber.id, newest=_EDITIONS)
    lines = [_introduce(subscriber)]
    if suppression is not None:
        lines.append(f"suppressed: {suppression}; nothing is mailed to this address")
    if not chapters:
        return [*lines, "no edition has been mailed yet"]
    return [*lines, *(f"{chapter.edition:<11} {_tell(chapter, publisher)}" for chapter in chapters)]


def _introduce(subscriber: Subscriber) -> str:
    wish = subscriber.preferences
    papers = "all papers" if wish.keywords is None else f"papers on {', '.join(wish.keywords)}"
    limit = f", {wish.limit} at most" if wish.limit else ""
    line = f"{subscriber.email}: {subscriber.status}, {wish.frequency}, {papers}{limit}"
    if subscriber.status is SubscriberStatus.UNCONFIRMED:
        return f"{line}; nothing is mailed before the address is confirmed"
    return line


def _tell(chapter: Chapter, publisher: Publisher) -> str:
    said = f": {chapter.answer}" if chapter.answer else ""
    by = f" by {chapter.transport}" if chapter.transport else ""

    def at(moment: datetime | None) -> str:
        return f" at {moment.astimezone(publisher.zone):%Y-%m-%d %H:%M:%S}" if moment else ""

    match chapter.state:
        case None:
            reader = f"{chapter.kind} reader{at(chapter.planned_at)}"
            fate = f"not planned for this address: it was no confirmed {reader}"
        case DeliveryState.PENDING if chapter.retry_at is not None:
            tries = f"put off after {chapter.attempts} attempts"
            fate = f"pending, {tries}, the next{at(chapter.retry_at)}{said}"
        case DeliveryState.PENDING:
            fate = f"pending, not offered yet{said}"
        case DeliveryState.OFFERED:
            fate = f"offered{by}{at(chapter.offered_at)}, no answer yet"
        case DeliveryState.SKIPPED if chapter.skip_reason is not None:
            fate = f"skipped{at(chapter.settled_at)}: {_SKIPPED[chapter.skip_reason]}"
        case DeliveryState.UNKNOWN:
            again = "newsletter send --retry unknown offers it again"
            fate = f"unknown: offered{by}{at(chapter.offered_at)}, the answer was lost{said}; {again}"
        case state:
            fate = f"{state}{by}{at(chapter.settled_at)}{said}"
    return fate
