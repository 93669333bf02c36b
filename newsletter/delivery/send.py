"""Delivers a planned edition: N slots, each composing a call, handing it over and recording its answer.

    plan (store) → claim a batch → offer → compose → transport → record, and offer the next
                                    └──────── one commit ────────────────┘

Nobody is lost: a delivery is offered in the ledger before its call and recorded after it, and a new
run takes over what a dead one left. What it does not do: choose papers (`compose`), class replies
(`transports`), decide when to come back (`daily`, `schedule`).
"""

from __future__ import annotations

import asyncio
import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from newsletter.delivery.desk import Assignment, Desk
from newsletter.delivery.handover import HandOver
from newsletter.delivery.limits import DestinationLimits, RateLimit
from newsletter.delivery.refusals import Meaning, Refusals, read_meaning
from newsletter.delivery.retry import judge_result
from newsletter.delivery.transports import Result, Transport
from newsletter.errors import (
    AddressRefused,
    NewsletterError,
    PermanentTransportError,
    TemporaryTransportError,
    TransportBusy,
    TransportError,
    TransportMisconfigured,
    TransportUnreachable,
)
from newsletter.model import Call, Clock, DeliveryState, Message, Submitted
from newsletter.store import Store
from newsletter.store.ledger import Answer
from newsletter.store.offering import Offer

_log = logging.getLogger(__name__)

_UNCOMPOSED_AT_MOST = 3  # mails in a row that this program fails to compose

_COMPOSED_AT_ONCE = 8  # so that other calls go on over their wires while a large one is made

_POLICY_AT_MOST = 5  # refusals in a row that are against the sender

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


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to. `stopped_by`: everything not handed over is still pending."""

    submitted: int
    failed: int
    stopped_by: NewsletterError | None
    refusals: Refusals
    down: TransportError | None = None
    """Why the transport takes nothing: misconfigured, or not to be reached."""
    put_off: tuple[int, ...] = ()
    """The subscribers of the last calls that it did not take: they wait for a later attempt."""

    def followed_by(self, other: Outcome) -> Outcome:
        """Of both runs; what stopped the first is history."""
        return Outcome(
            self.submitted + other.submitted,
            self.failed + other.failed,
            other.stopped_by,
            self.refusals.joined_with(other.refusals),
            other.down,
            other.put_off,
        )


async def deliver(store: Store, assignment: Assignment, transport: Transport, job: Job) -> Outcome:
    """Offers every due delivery of the edition once. Raises StoreError."""
    run = _Run(job, transport)
    async with (
        transport,
        Desk(store, assignment, transport.features, clock=job.clock, is_stopping=run.is_stopping) as desk,
    ):
        slots = [asyncio.create_task(run.work(desk)) for _ in range(transport.features.calls_at_once)]
        try:
            await asyncio.gather(*slots)
        except BaseException:
            run.is_ended = True
            await asyncio.gather(*slots, return_exceptions=True)
            raise
    recorded = desk.recorded
    submitted, failed = recorded[DeliveryState.SUBMITTED], recorded[DeliveryState.FAILED]
    return Outcome(submitted, failed, run.stopped_by, run.refusals, run.down, tuple(run.put_off))


class _Run:
    def __init__(self, job: Job, transport: Transport) -> None:
        self._job = job
        self._transport = transport
        self._calls = HandOver(transport, is_stopping=self.is_stopping)
        self._limit = RateLimit(job.rate_per_second, time=time.monotonic)
        self._destinations = DestinationLimits()
        self._composing = asyncio.Lock()
        self._failures = 0
        self._reached = False
        self._uncomposed = 0
        self._against_us = 0
        self.stopped_by: NewsletterError | None = None
        self.down: TransportError | None = None
        self.put_off: list[int] = []
        self.refusals = Refusals()
        self.is_ended = False

    def is_stopping(self) -> bool:
        return self.is_ended or self._job.stop.is_set()

    async def work(self, desk: Desk) -> None:
        """One slot: from offer to answer to the next offer, until there is none."""
        answers: Sequence[Answer] = ()
        want = self._transport.features.messages_per_call
        while offers := await desk.exchange(answers, want=want):
            answers = await self._hand_over(offers)
            self._job.progress(len(answers))

    async def _hand_over(self, offers: Sequence[Offer]) -> Sequence[Answer]:
        """One answer an offer. Who cannot be composed or must wait takes no part in the call."""
        made: list[tuple[Offer, Message | TransportError | timedelta]] = []
        async with self._composing:  # the first call is on its way while the next is made
            for offer in offers:
                made.append((offer, self._prepare(offer)))
                if len(made) % _COMPOSED_AT_ONCE == 0:
                    await asyncio.sleep(0)
        going = [(offer, each) for offer, each in made if isinstance(each, Message)]
        call = Call.of(
            [message for _, message in going], may_be_repeat=any(offer.may_be_repeat for offer in offers)
        )
        results = iter(await self._submit(call, [offer for offer, _ in going]) if going else ())
        return [
            self._answer(offer, next(results) if isinstance(each, Message) else each) for offer, each in made
        ]

    def _prepare(self, offer: Offer) -> Message | TransportError | timedelta:
        """The mail, why there is none, or how long its destination asked to wait. A lost call goes whole."""
        is_lost_call = offer.call and offer.may_be_repeat
        wait = 0.0 if is_lost_call else self._destinations.delay(offer.subscriber.email, time.monotonic())
        return timedelta(seconds=wait) if wait else self._compose(offer)

    def _answer(self, offer: Offer, result: Result | timedelta) -> Answer:
        now = self._job.clock()
        if isinstance(result, timedelta):
            said = "its destination asked to slow down"
            return Answer(offer, DeliveryState.PENDING, said, retry_at=now + result, attempted=False)
        jitter = random.random()  # noqa: S311
        return judge_result(offer, result, now=now, give_up_at=self._job.give_up_at, jitter=jitter)

    def _compose(self, offer: Offer) -> Message | TransportError:
        """The mail, or why this reader alone gets none, or why nobody does."""
        try:
            message = self._job.composer.compose(offer)
        except TransportError as error:
            return error
        except NewsletterError as error:  # what all share is at fault: everybody stays pending
            self._end(error)
            return TransportMisconfigured(error.message)
        except Exception as error:  # one reader's mail must not hold up the others'
            _log.exception("the mail to %s could not be composed", offer.subscriber.email)
            return self._judge_mistake(error)
        self._uncomposed = 0
        return message

    def _judge_mistake(self, error: Exception) -> TransportError:
        """A mistake of this program: one reader's, or everybody's where there are several in a row."""
        self._uncomposed += 1
        reason = f"the mail could not be composed: {type(error).__name__}: {error}"
        if self._uncomposed < _UNCOMPOSED_AT_MOST:
            return PermanentTransportError(reason)
        stopped_by = TransportMisconfigured(reason, fix="report it; once it is mended, send --retry failed")
        self._end(stopped_by)
        return stopped_by

    async def _submit(self, call: Call, offers: Sequence[Offer]) -> Sequence[Result]:
        messages = call.messages
        await self._limit.wait(len(messages))
        results: Sequence[Result]
        try:
            results = await self._calls.submit(call)
        except TransportBusy as error:  # not even after waiting: it says nothing of the destinations
            self._end(error)
            return (error,) * len(messages)
        except TransportError as error:
            self._note_failure(error, offers)
            results = (error,) * len(messages)
        else:
            self._failures, self._reached = 0, True
            self.put_off.clear()
        for message, result in zip(messages, results, strict=True):
            self._note_result(message.recipient, result)
        return results

    def _note_result(self, address: str, result: Result) -> None:
        self._destinations.note(address, result, time.monotonic())
        if isinstance(result, Submitted):
            self.refusals.note(address, None)
            self._against_us = 0
        elif isinstance(result, AddressRefused):
            self.refusals.note(address, result)
            if read_meaning(result) is Meaning.POLICY:
                self._note_policy(result)

    def _note_policy(self, refusal: AddressRefused) -> None:
        """One recipient's server may have rules of its own; several in a row are a judgement on us."""
        self._against_us += 1
        if self._against_us >= _POLICY_AT_MOST:
            fix = "mend what it names (SPF, DKIM, a blocklist), then send again; nobody is suppressed"
            self._end(TransportMisconfigured(refusal.message, fix=fix))

    def _note_failure(self, error: TransportError, offers: Sequence[Offer]) -> None:
        """Ends the run where nothing can go: misconfigured, never reached, or failing again and again."""
        if isinstance(error, TemporaryTransportError) and not error.too_fast:
            self._failures += 1
            self.put_off += [offer.subscriber.id for offer in offers]
        closed = isinstance(error, TransportMisconfigured) or (
            isinstance(error, TransportUnreachable) and not self._reached
        )
        if closed or self._failures >= 2 * self._transport.features.calls_at_once:
            self.down = self.down or error
            self._end(error)

    def _end(self, error: NewsletterError) -> None:
        self.stopped_by = self.stopped_by or error
        self.is_ended = True
