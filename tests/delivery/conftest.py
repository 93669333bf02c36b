"""A store with a planned edition, and a transport that does what a test tells it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from newsletter.delivery.desk import Assignment
from newsletter.delivery.headers import OpenHead
from newsletter.delivery.send import Job, Outcome, deliver
from newsletter.delivery.transports import Features, Result
from newsletter.errors import NewsletterError
from newsletter.model import (
    Call,
    DeliveryCounts,
    DeliveryState,
    Digest,
    EditionKind,
    Message,
    SharedBody,
    Submitted,
)
from newsletter.store import Store, open_store
from newsletter.store.batches import Reoffer, recover_deliveries
from newsletter.store.editions import find_edition
from newsletter.store.intake import take_in
from newsletter.store.ledger import count_deliveries
from newsletter.store.offering import Decide, Offer
from newsletter.store.planning import expand_batches, plan_edition
from newsletter.store.saving import SubscriberRow, save_subscribers
from tests.builders import DAY, NOON, make_paper

Behave = Callable[[Message], Result]


@dataclass
class ToldTransport:
    """Answers as `behave` says; a raised error is the whole call's."""

    behave: Behave = lambda message: Submitted("250 ok")
    calls_at_once: int = 4
    messages_per_call: int = 1
    repeats_are_cheap: bool = True
    shares_bodies: bool = False
    idempotent_for: timedelta | None = None
    name: str = "told"
    taken: list[str] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    in_flight: int = 0
    most_in_flight: int = 0

    @property
    def features(self) -> Features:
        return Features(
            calls_at_once=self.calls_at_once,
            messages_per_call=self.messages_per_call,
            repeats_are_cheap=self.repeats_are_cheap,
            shares_bodies=self.shares_bodies,
            idempotent_for=self.idempotent_for,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    async def check(self) -> str:
        return "told"

    async def submit(self, call: Call) -> tuple[Result, ...]:
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        await asyncio.sleep(0)
        self.in_flight -= 1
        self.calls.append(call)
        results = tuple(self.behave(message) for message in call.messages)
        self.taken += [message.recipient for message in call.messages]
        return results


class PlainComposer:
    """A mail with nothing in it but its recipient."""

    def compose(self, offer: Offer) -> Message:
        address = offer.subscriber.email
        delivery_id = f"edition.{offer.subscriber.public_id}"
        return Message(delivery_id, "a@b.test", address, OpenHead(()), {}, _NOTHING, {})


_NOTHING = SharedBody(lambda blanks: ((), ()), lambda: (("",), ("",)))


@dataclass
class Delivery:
    """One edition with its subscribers, delivered as often as a test likes."""

    store: Store
    edition_id: int
    now: datetime = NOON
    stop: threading.Event = field(default_factory=threading.Event)
    outcome: Outcome | None = None
    """Of the latest run."""

    def run(
        self,
        transport: ToldTransport,
        *,
        decide: Decide = lambda *_: " *",
        reoffer: Reoffer | None = None,
        fresh_only: bool = False,
    ) -> NewsletterError | None:
        with self.store.write() as tx:
            recover_deliveries(tx, self.edition_id, reoffer or self.reoffer(transport))
        assignment = Assignment(self.edition_id, 1, transport.name, decide, "test", fresh_only)
        job = Job(PlainComposer(), lambda: self.now, self.stop, give_up_at=NOON + timedelta(days=3))
        self.outcome = asyncio.run(deliver(self.store, assignment, transport, job))
        return self.outcome.stopped_by

    def reoffer(self, transport: ToldTransport) -> Reoffer:
        known = transport.idempotent_for
        since = self.now - known if known else None
        return Reoffer(transport.name, own=transport.repeats_are_cheap, known_since=since)

    def counts(self) -> DeliveryCounts:
        with self.store.read() as tx:
            return count_deliveries(tx, self.edition_id)

    def states(self) -> dict[str, DeliveryState]:
        from newsletter.store.schema import delivery, subscriber

        with self.store.read() as tx:
            joined = subscriber.join(delivery, delivery.c.subscriber_id == subscriber.c.id)
            rows = tx.execute(joined.select().with_only_columns(subscriber.c.email, delivery.c.state))
            return {email: DeliveryState(state) for email, state in rows}


def address(number: int) -> str:
    return f"reader{number:03}@readers.test"


@pytest.fixture
def make_delivery(tmp_path: Path) -> Iterator[Callable[..., Delivery]]:
    """Called with a number of subscribers, or their addresses, and a size of batch: an edition planned for
    all of them."""
    store = open_store(f"sqlite:///{tmp_path / 'newsletter.db'}")

    def make(subscribers: int = 25, batch_size: int = 10, addresses: Sequence[str] | None = None) -> Delivery:
        digest = Digest(DAY, "papers-for", "test", (make_paper(0),))
        rows = [SubscriberRow(each) for each in addresses or map(address, range(subscribers))]
        with store.write() as tx:
            take_in(tx, digest, published_at=NOON, now=NOON)
            save_subscribers(tx, rows, now=NOON)
            edition = find_edition(tx, EditionKind.DAILY, DAY)
            plan_edition(tx, edition.id, now=NOON, batch_size=batch_size)
        expand_batches(store, edition.id)
        return Delivery(store, edition.id)

    yield make
    store.close()
