"""The one writer of a run: takes what came of calls, and hands out the next ones.

A slot takes its next call only when its last result is committed. All slots that wait share one
commit ("record this, offer that"), so offered deliveries never exceed the calls in flight and the
wire is not slowed by a commit for every message.

A commit survives the death of the process. The disk is waited for ten times a second, not at each: a power
cut may take the last tenth of a second back, and who was mailed in it is mailed again, nobody is lost.

The batches of calls in flight stay this run's: every commit renews their leases. Where no call ends for
long, a commit of nothing does that, and puts on the disk what is not there yet.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from newsletter.delivery.transports.base import Features
from newsletter.model import Clock, DeliveryState
from newsletter.store import Store, Transaction
from newsletter.store.batches import LEASE, Lease, claim_batch, close_batches, renew_lease
from newsletter.store.closing import Closing, close_open
from newsletter.store.engine import BREATH
from newsletter.store.ledger import Answer, is_cancelled, may_offer, record
from newsletter.store.offering import Decide, Offer, Offering, PlannedCall, offer_call, offer_next, plan_calls

_RENEW_AFTER = LEASE.total_seconds() / 3
_ON_DISK_EVERY = 0.1  # seconds
_BATCHES_LOOKED_AT = 4  # for one call, in one transaction
_ROUNDS = 4  # of the event loop, from an answer on the wire to its slot here


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a run delivers: an edition by a transport, and who decides on renditions."""

    edition_id: int
    revision: int
    transport: str
    decide: Decide
    owner: str
    fresh_only: bool = False
    """Whoever may have his mail from another transport is left alone."""


@dataclass(slots=True)
class _Request:
    """A slot that waits: what it brings, how much it wants."""

    answers: Sequence[Answer]
    want: int
    reply: asyncio.Future[list[Offer]]


class Desk:
    """Opened with `async with`. While `is_stopping` says so, it records answers and offers nothing."""

    def __init__(
        self,
        store: Store,
        assignment: Assignment,
        features: Features,
        *,
        clock: Clock,
        is_stopping: Callable[[], bool],
    ) -> None:
        self._store = store
        self._edition_id = assignment.edition_id
        self._owner = assignment.owner
        self._offering = Offering(
            assignment.revision,
            assignment.transport,
            assignment.decide,
            shares_bodies=features.shares_bodies,
            keeps_calls=features.idempotent_for is not None,
            fresh_only=assignment.fresh_only,
        )
        self._goes_in_calls = features.messages_per_call > 1 or self._offering.keeps_calls
        self._planned: deque[PlannedCall] = deque()
        """The calls of the batch in hand."""
        self._has_just_planned = False
        """They were planned in the transaction that is open."""
        self._clock = clock
        self._is_stopping = is_stopping
        self._lease: Lease | None = None
        self._last_batch = -1
        """The number of the last batch claimed: a run goes through them once."""
        self._after = 0
        self._nothing_left = False
        self._has_failed = False
        self._on_disk_at = 0.0
        self._is_on_disk = True
        self._in_flight: Counter[Lease] = Counter()
        self._unrecorded: list[Answer] = []
        self._arrived: list[_Request] = []
        self._bell = asyncio.Event()
        """Rung by whoever arrives, and when nobody comes any more."""
        self._is_closing = False
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger")
        self.recorded: Counter[DeliveryState] = Counter()
        """What came of the deliveries of this run."""

    async def __aenter__(self) -> Self:
        self._writer = asyncio.create_task(self._serve())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_closing = True
        self._bell.set()
        await self._writer
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown()

    async def exchange(self, answers: Sequence[Answer], *, want: int) -> list[Offer]:
        """Records `answers`, then offers up to `want` deliveries; none: there is nothing more to do."""
        reply: asyncio.Future[list[Offer]] = asyncio.get_running_loop().create_future()
        self._arrived.append(_Request(answers, want, reply))
        self._bell.set()
        return await reply

    async def _serve(self) -> None:
        waiting: list[_Request] = []
        while await self._gather(waiting) or waiting:
            try:
                shares = await self._commit_somewhere(waiting)
            except Exception as error:
                for request in waiting:
                    if not request.reply.done():
                        request.reply.set_exception(error)
                waiting = []
                continue
            answered = [self._answer(request, share) for request, share in zip(waiting, shares, strict=True)]
            waiting = [request for request, done in zip(waiting, answered, strict=True) if not done]
            if waiting:
                await asyncio.sleep(BREATH)  # nobody to mail was found

    async def _commit_somewhere(self, waiting: Sequence[_Request]) -> list[list[Offer]]:
        """In a thread where the disk is waited for; else here, where it is done sooner than a thread is
        woken (0.7 ms beside 0.5 to 1 ms on a busy machine)."""
        if not self._is_disk_due():
            self._is_on_disk = False
            return self._commit(waiting, lasting=False)
        self._is_on_disk = True
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._commit, waiting)

    async def _gather(self, waiting: list[_Request]) -> bool:
        """Adds whoever waits by now; False: nobody comes any more."""
        if not waiting:
            if not self._arrived and not self._is_closing and not await self._hear_bell():
                return True
            if not self._arrived:
                return False
        # Answers that have arrived already make the commit larger; nobody waits for others to arrive.
        rounds_left = _ROUNDS
        while rounds_left:
            rounds_left = _ROUNDS if self._arrived else rounds_left - 1
            waiting += self._arrived
            self._arrived.clear()
            await asyncio.sleep(0)
        return True

    async def _hear_bell(self) -> bool:
        """False: it is time for a commit of nothing."""
        self._bell.clear()
        try:
            async with asyncio.timeout(_RENEW_AFTER if self._is_on_disk else _ON_DISK_EVERY):
                return await self._bell.wait()
        except TimeoutError:
            return False

    def _answer(self, request: _Request, share: list[Offer]) -> bool:
        """Gives the slot its share; False where it goes on waiting: the next commit looks further."""
        request.answers = ()
        if not share and not self._nothing_left:
            return False
        if not request.reply.done():
            request.reply.set_result(share)
        return True

    def _commit(self, requests: Sequence[_Request], *, lasting: bool = True) -> list[list[Offer]]:
        """The share of each request."""
        # A commit that fails leaves them here: what was handed over must be recorded, else it goes twice.
        self._unrecorded += [answer for request in requests for answer in request.answers]
        wants = [request.want for request in requests]
        before = self._lease, self._last_batch, self._after, self._planned.copy()
        self._has_just_planned = False
        try:
            with self._store.write(lasting=lasting) as tx:
                self._record(tx)
                self._nothing_left = self._is_stopping() or not may_offer(tx, self._edition_id)
                shares = self._offer_shares(tx, [] if self._nothing_left else wants)
        except BaseException:
            self._lease, self._last_batch, self._after, self._planned = before
            self._has_failed = True
            raise
        self._settle()
        self._in_flight.update(offer.lease for share in shares for offer in share)
        return shares + [[]] * (len(wants) - len(shares))

    def _is_disk_due(self) -> bool:
        now = time.monotonic()
        if now - self._on_disk_at < _ON_DISK_EVERY:
            return False
        self._on_disk_at = now
        return True

    def _record(self, tx: Transaction) -> None:
        now = self._clock()
        for lease in self._in_flight.keys() | ({self._lease} if self._lease else set()):
            renew_lease(tx, lease, now=now)
        record(tx, self._unrecorded, now=now)

    def _settle(self) -> None:
        """After the commit: what was recorded is in flight no more."""
        self.recorded.update(answer.state for answer in self._unrecorded)
        self._in_flight.subtract(answer.offer.lease for answer in self._unrecorded)
        self._in_flight = +self._in_flight
        self._unrecorded = []

    def _offer_shares(self, tx: Transaction, wants: Sequence[int]) -> list[list[Offer]]:
        """One share for each of `wants`, in their order, as far as there are offers."""
        if not self._goes_in_calls:
            offers = iter(self._offer(tx, sum(wants)))
            return [list(itertools.islice(offers, want)) for want in wants]
        shares: list[list[Offer]] = []
        for want in wants:
            shares.append(self._offer_call(tx, want))
            if not shares[-1]:
                break
        return shares

    def _offer_call(self, tx: Transaction, want: int) -> list[Offer]:
        """The next call of up to `want`; none where there is no more, or not in the batches looked at."""
        now = self._clock()
        for _ in range(_BATCHES_LOOKED_AT):
            while self._planned and self._lease is not None:
                offers = offer_call(
                    tx,
                    self._lease,
                    self._offering,
                    self._planned.popleft(),
                    now=now,
                    is_fresh=self._has_just_planned,
                )
                if offers:
                    return offers
            lease = self._lease or self._claim(tx)
            if lease is None:
                self._nothing_left = True
                break
            self._planned.extend(plan_calls(tx, lease, self._offering, most=want, now=now))
            self._has_just_planned = True
            if not self._planned:
                self._lease = None
        return []

    def _offer(self, tx: Transaction, want: int) -> list[Offer]:
        """Up to `want` offers; fewer where the look into the ledger is long enough for one commit."""
        now = self._clock()
        offers: list[Offer] = []
        while len(offers) < want:
            lease = self._lease or self._claim(tx)
            if lease is None:
                self._nothing_left = True
                break
            found = offer_next(tx, lease, self._offering, after=self._after, want=want - len(offers), now=now)
            offers += found.offers
            self._after = found.after
            if not found.is_exhausted:
                break
            self._lease = None
        return offers

    def _claim(self, tx: Transaction) -> Lease | None:
        self._lease = claim_batch(
            tx, self._edition_id, owner=self._owner, now=self._clock(), after=self._last_batch
        )
        if self._lease is not None:
            self._last_batch = self._lease.number
            self._after = self._lease.first_subscriber_id - 1
        return self._lease

    def _close(self) -> None:
        if self._has_failed and not self._unrecorded:
            return  # the store is not waited for once more: whoever runs next takes the leases over
        with self._store.write() as tx:
            self._record(tx)
            cancelled = is_cancelled(tx, self._edition_id)
        if cancelled:  # who was put off meanwhile
            close_open(self._store, self._edition_id, Closing.CANCELLED, now=self._clock())
        with self._store.write() as tx:
            close_batches(tx, self._edition_id, owner=self._owner)
        self._settle()
