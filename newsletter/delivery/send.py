"""Delivers a planned edition: N slots, each composing a call, handing it over and recording its answer.

    plan (store) → claim a batch → offer → compose → transport → record, and offer the next
                                    └──────── one commit ────────────────┘

Nobody is lost: a delivery is offered in the ledger before its call and recorded after it, and a new
run takes over what a dead one left. What it does not do: choose papers (`compose`), class replies
(`transports`), decide when to come back (`daily`, `schedule`).
"""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from newsletter.delivery.desk import Assignment, Desk
from newsletter.delivery.limits import RateLimit
from newsletter.delivery.retry import judge_result
from newsletter.delivery.transports import Transport
from newsletter.errors import (
    NewsletterError,
    TemporaryTransportError,
    TransportError,
    TransportMisconfigured,
    TransportUnreachable,
)
from newsletter.model import Call, Clock, Message
from newsletter.store import Store
from newsletter.store.ledger import Answer, Offer

Progress = Callable[[int], None]
"""Told how many deliveries were answered."""


class Composer(Protocol):
    """Makes the mail of an offer; `compose.EditionComposer` does."""

    def compose(self, offer: Offer) -> Message: ...


@dataclass(frozen=True, slots=True)
class Job:
    """How a run goes about it. Setting `stop` ends it after the calls in flight."""

    composer: Composer
    clock: Clock
    stop: threading.Event
    give_up_at: datetime
    rate_per_second: int = 0
    progress: Progress = lambda answered: None


async def deliver(
    store: Store, assignment: Assignment, transport: Transport, job: Job
) -> NewsletterError | None:
    """Offers every due delivery of the edition once.

    Returns what stopped the run early, if anything did: everything not handed over is still pending.
    Raises StoreError.
    """
    run = _Run(job, transport)
    async with transport, Desk(store, assignment, clock=job.clock, is_stopping=run.is_stopping) as desk:
        slots = [asyncio.create_task(run.work(desk)) for _ in range(transport.calls_at_once)]
        try:
            await asyncio.gather(*slots)
        except BaseException:
            run.is_ended = True
            await asyncio.gather(*slots, return_exceptions=True)
            raise
    return run.stopped_by


class _Run:
    def __init__(self, job: Job, transport: Transport) -> None:
        self._job = job
        self._transport = transport
        self._limit = RateLimit(job.rate_per_second, time=time.monotonic)
        self._failures = 0
        self._reached = False
        self.stopped_by: NewsletterError | None = None
        self.is_ended = False

    def is_stopping(self) -> bool:
        return self.is_ended or self._job.stop.is_set()

    async def work(self, desk: Desk) -> None:
        """One slot: from offer to answer to the next offer, until there is none."""
        answers: Sequence[Answer] = ()
        want = self._transport.messages_per_call
        while offers := await desk.exchange(answers, want=want):
            answers = await self._hand_over(offers)
            self._job.progress(len(answers))

    async def _hand_over(self, offers: Sequence[Offer]) -> Sequence[Answer]:
        await self._limit.wait(len(offers))
        try:
            call = Call(_call_key(offers), tuple(map(self._job.composer.compose, offers)))
            results = await self._transport.submit(call)
        except TransportError as error:
            self._note_failure(error)
            results = (error,) * len(offers)
        except NewsletterError as error:  # the mail could not be composed: nobody was mailed
            self._end(error)
            results = (TransportMisconfigured(error.message),) * len(offers)
        else:
            self._failures, self._reached = 0, True
        now = self._job.clock()
        return [
            judge_result(offer, result, now=now, give_up_at=self._job.give_up_at, jitter=random.random())  # noqa: S311
            for offer, result in zip(offers, results, strict=True)
        ]

    def _note_failure(self, error: TransportError) -> None:
        """Ends the run where nothing can go: misconfigured, never reached, or failing again and again."""
        self._failures += isinstance(error, TemporaryTransportError)
        closed = isinstance(error, TransportMisconfigured) or (
            isinstance(error, TransportUnreachable) and not self._reached
        )
        if closed or self._failures >= 2 * self._transport.calls_at_once:
            self._end(error)

    def _end(self, error: NewsletterError) -> None:
        self.stopped_by = self.stopped_by or error
        self.is_ended = True


def _call_key(offers: Sequence[Offer]) -> str:
    first = offers[0]
    return f"{first.lease.edition_id}.{first.subscriber.public_id}.{first.attempts}.{len(offers)}"
