"""Rehearsals: what a send would do, and single copies to look at. They leave no trace in the ledger.

All of them compose by the functions that a real send uses.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from newsletter.daily.composer import rehearse_edition
from newsletter.daily.publisher import Publisher
from newsletter.delivery.compose import EditionComposer
from newsletter.delivery.transports import Result, Transport, open_transport
from newsletter.errors import NotFound, TransportError
from newsletter.keywords import Choice
from newsletter.model import Call, Digest, Message, Preferences, Subscriber, SubscriberStatus
from newsletter.store.editions import EditionFacts
from newsletter.store.planning import iterate_eligible, iterate_pending
from newsletter.store.subscribers import find_subscriber


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What a subscriber would get: a mail of `size` bytes, or nothing (None: no paper matches)."""

    email: str
    subject: str
    size: int | None


@dataclass(frozen=True, slots=True)
class DryRun:
    """Who would get what of an edition."""

    edition: EditionFacts
    transport: str
    readers: tuple[Rehearsed, ...]

    def as_json(self) -> dict[str, Any]:
        mailed = sum(reader.size is not None for reader in self.readers)
        return {
            "edition": self.edition.name,
            "kind": self.edition.kind.value,
            "revision": self.edition.revision,
            "dry_run": True,
            "planned": len(self.readers),
            "submitted": 0,
            "failed": 0,
            "skipped": len(self.readers) - mailed,
            "unknown": 0,
            "pending": mailed,
            "transport": self.transport,
        }


def rehearse_send(publisher: Publisher, digest: Digest) -> DryRun:
    """Composes the mail of everybody who has not had the edition, and hands none over."""
    with rehearse_edition(publisher, digest) as (tx, edition, composer):
        if edition.planned_at is None:
            readers = iterate_eligible(tx, edition.kind, now=publisher.clock())
        else:
            readers = iterate_pending(tx, edition.id)
        rehearsed = tuple(_rehearse(composer, reader) for reader in readers)
    return DryRun(edition, publisher.config.transport.kind, rehearsed)


def compose_preview(publisher: Publisher, digest: Digest, preferences: Preferences) -> Message | None:
    """The mail of a reader with these preferences; None where no paper matches."""
    reader = _stranger("reader@example.org", preferences)
    with rehearse_edition(publisher, digest) as (_, _, composer):
        choice = composer.decide(reader)
        return None if choice is None else composer.compose_test(reader, choice, "preview")


def send_tests(publisher: Publisher, digest: Digest, addresses: Sequence[str]) -> list[tuple[str, Result]]:
    """Mails the edition to these addresses, marked [test]; a subscriber gets his own choice of it.

    One result an address. Raises what a transport raises when nothing can go.
    """
    with rehearse_edition(publisher, digest) as (tx, _, composer):
        messages = []
        for address in addresses:
            try:
                reader = find_subscriber(tx, address)
            except NotFound:
                reader = _stranger(address, Preferences())
            choice = composer.decide(reader) or Choice().key
            messages.append(composer.compose_test(reader, choice, secrets.token_hex(4)))
    transport = open_transport(publisher.config.transport)
    results = asyncio.run(_submit_each(transport, messages))
    return list(zip(addresses, results, strict=True))


async def _submit_each(transport: Transport, messages: Iterable[Message]) -> list[Result]:
    results: list[Result] = []
    async with transport:
        for message in messages:
            try:
                results += await transport.submit(Call(message.delivery_id, (message,)))
            except TransportError as error:
                results.append(error)
    return results


def _rehearse(composer: EditionComposer, reader: Subscriber) -> Rehearsed:
    choice = composer.decide(reader)
    if choice is None:
        return Rehearsed(reader.email, "", None)
    message = composer.compose_test(reader, choice, "dry-run")
    subject = dict(message.headers)["Subject"].removeprefix("[test] ")
    return Rehearsed(reader.email, subject, len(message.raw))


def _stranger(address: str, preferences: Preferences) -> Subscriber:
    return Subscriber(0, "test", address, "", SubscriberStatus.CONFIRMED, preferences)
