"""Rehearsals: what a send would do, and single copies to look at. They leave no trace in the ledger.

All of them compose by the functions that a real send uses. The edition is made in a transaction that is
taken back at once; readers are read after it, so that nobody who writes waits.
"""

from __future__ import annotations

import asyncio
import dataclasses
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from newsletter.daily.composer import Rehearsal, rehearse_edition, rehearse_weeks
from newsletter.daily.publisher import Publisher
from newsletter.daily.transport import choose_reoffer
from newsletter.delivery.compose import EditionComposer
from newsletter.delivery.rendition import Rendition
from newsletter.delivery.transports import Result, Transport, open_transport
from newsletter.errors import NotFound, TransportError
from newsletter.keywords import Choice
from newsletter.model import (
    Call,
    DeliveryCounts,
    Digest,
    EditionKind,
    Message,
    Preferences,
    SkipReason,
    Subscriber,
    SubscriberStatus,
)
from newsletter.store import Transaction
from newsletter.store.editions import EditionFacts
from newsletter.store.planning import iterate_eligible, iterate_ineligible, iterate_open, went_to_files_alone
from newsletter.store.subscribers import find_subscriber

_EVERY_PAPER = Rendition("", Choice()).key
"""What a test copy shows of an edition that was mailed before to its last paper."""


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What a subscriber would get: a mail of `size` bytes, or nothing and why.

    `skipped` is a reason of the ledger; `left_out` says why nothing would be planned for him; `problem`
    is what stands against composing his mail.
    """

    email: str
    subject: str = ""
    size: int = 0
    problem: str = ""
    skipped: str = ""
    left_out: str = ""

    def as_json(self) -> dict[str, Any]:
        """Without what is empty."""
        return {name: value for name, value in dataclasses.asdict(self).items() if value}


@dataclass(frozen=True, slots=True)
class DryRun:
    """Who would get what of an edition, added up: `pending` would be mailed, `left_out` are not planned."""

    edition: EditionFacts
    transport: str
    counts: DeliveryCounts
    seconds: float
    left_out: int = 0

    def as_line(self) -> str:
        unfit = f", {self.counts.failed} cannot be mailed" if self.counts.failed else ""
        others = f", {self.left_out} not asked for" if self.left_out else ""
        return (
            f"edition {self.edition.name}: {self.counts.pending} would be mailed by {self.transport}, "
            f"{self.counts.skipped} skipped{unfit}{others}; nothing was handed over"
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "edition": self.edition.name,
            "kind": self.edition.kind.value,
            "revision": self.edition.revision,
            "dry_run": True,
            "planned": self.counts.planned,
            "submitted": 0,
            "failed": self.counts.failed,
            "skipped": self.counts.skipped,
            "unknown": 0,
            "pending": self.counts.pending,
            "seconds": round(self.seconds, 3),
            "transport": self.transport,
            "left_out": self.left_out,
        }


Tell = Callable[[Rehearsed], None]


def rehearse_send(publisher: Publisher, digest: Digest, *, tell: Tell = lambda rehearsed: None) -> DryRun:
    """Composes the mail of everybody who has not had the edition, hands none over, and tells of each."""
    return _rehearse_edition(publisher, rehearse_edition(publisher, digest), tell)


def rehearse_weekly(
    publisher: Publisher, digests: Sequence[Digest], *, tell: Tell = lambda rehearsed: None
) -> Iterator[DryRun]:
    """The same for each week that a run would mail today, the earliest first."""
    reoffer = choose_reoffer(publisher)
    weeks = rehearse_weeks(publisher, digests, reoffer=reoffer)
    return (_rehearse_edition(publisher, week, tell) for week in weeks)


def _rehearse_edition(publisher: Publisher, rehearsal: Rehearsal, tell: Tell) -> DryRun:
    started = time.monotonic()
    edition, composer = rehearsal
    fates: Counter[str] = Counter()
    with publisher.store.read() as tx:
        for rehearsed in _rehearse_all(tx, publisher, edition, composer):
            fates.update(name for name in _FATES if getattr(rehearsed, name))
            tell(rehearsed)
    counts = DeliveryCounts(failed=fates["problem"], skipped=fates["skipped"], pending=fates["size"])
    kind, seconds = publisher.config.transport.kind, time.monotonic() - started
    return DryRun(edition, kind, counts, seconds, fates["left_out"])


_FATES = ("size", "problem", "skipped", "left_out")


def _rehearse_all(
    tx: Transaction, publisher: Publisher, edition: EditionFacts, composer: EditionComposer
) -> Iterator[Rehearsed]:
    for reader in _find_readers(tx, publisher, edition):
        yield _rehearse(composer, reader)
    if edition.planned_at is None and edition.kind is EditionKind.DAILY:  # of the week's, all is told by then
        for reader, reason in iterate_ineligible(tx, edition.kind):
            yield Rehearsed(reader.email, left_out=reason)


def _find_readers(tx: Transaction, publisher: Publisher, edition: EditionFacts) -> Iterable[Subscriber]:
    transport = open_transport(publisher.config.transport)
    if edition.is_stopped:
        return ()
    if edition.planned_at is None or went_to_files_alone(tx, edition.id, transport.name):
        return iterate_eligible(tx, edition.kind)
    return iterate_open(tx, edition.id, transport=transport.name, reoffer=choose_reoffer(publisher))


def compose_preview(composer: EditionComposer, preferences: Preferences) -> Message | None:
    """The mail of a reader with these preferences; None where no paper matches."""
    reader = _stranger("reader@example.org", preferences)
    rendition = composer.decide(reader)
    return None if rendition is None else composer.compose_test(reader, rendition, "preview")


def send_tests(publisher: Publisher, digest: Digest, addresses: Sequence[str]) -> list[tuple[str, Result]]:
    """Mails the edition to these addresses, marked [test]; a subscriber gets his own choice of it.

    One result an address; a bad one holds no other up. Raises RenderError and StoreError.
    """
    _, composer = rehearse_edition(publisher, digest)
    with publisher.store.read() as tx:
        readers = [_find_reader(tx, address) for address in addresses]
    composed = [_compose_test(composer, reader) for reader in readers]
    transport = open_transport(publisher.config.transport)
    return list(zip(addresses, asyncio.run(_submit_each(transport, composed)), strict=True))


def _find_reader(tx: Transaction, address: str) -> Subscriber:
    try:
        return find_subscriber(tx, address)
    except NotFound:
        return _stranger(address, Preferences())


def _compose_test(composer: EditionComposer, reader: Subscriber) -> Message | TransportError:
    rendition = composer.decide(reader) or composer.decide(_stranger(reader.email, Preferences()))
    try:
        return composer.compose_test(reader, rendition or _EVERY_PAPER, secrets.token_hex(4))
    except TransportError as error:
        return error


async def _submit_each(transport: Transport, composed: Iterable[Message | TransportError]) -> list[Result]:
    results: list[Result] = []
    async with transport:
        for message in composed:
            if isinstance(message, TransportError):
                results.append(message)
                continue
            try:
                results += await transport.submit(Call.of([message]))
            except TransportError as error:
                results.append(error)
    return results


def _rehearse(composer: EditionComposer, reader: Subscriber) -> Rehearsed:
    rendition = composer.decide(reader)
    if rendition is None:
        return Rehearsed(reader.email, skipped=SkipReason.NO_MATCH)
    try:
        message = composer.rehearse(reader, rendition)
    except TransportError as error:
        return Rehearsed(reader.email, problem=error.message)
    return Rehearsed(reader.email, dict(message.headers)["Subject"], len(message.raw))


def _stranger(address: str, preferences: Preferences) -> Subscriber:
    return Subscriber(0, "test", address, "", SubscriberStatus.CONFIRMED, preferences)
