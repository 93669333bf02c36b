"""The one writer of a run: takes what came of calls, and hands out the next ones.

A slot takes its next call only when its last result is committed. All slots that wait share one
commit ("record this, offer that"), so offered deliveries never exceed the calls in flight and the
wire is not slowed by a commit for every message. The store is synchronous; it is called in one
thread of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from newsletter.model import Clock
from newsletter.store import Store, Transaction
from newsletter.store.batches import Lease, claim_batch, close_batches, renew_lease
from newsletter.store.ledger import Answer, Decide, Offer, may_offer, offer_next, record


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a run delivers: an edition by a transport, and who decides on choices."""

    edition_id: int
    revision: int
    transport: str
    decide: Decide
    owner: str


@dataclass(frozen=True, slots=True)
class _Request:
    answers: Sequence[Answer]
    want: int
    reply: asyncio.Future[list[Offer]]


class Desk:
    """Opened with `async with`. While `is_stopping` says so, it records answers and offers nothing."""

    def __init__(
        self, store: Store, assignment: Assignment, *, clock: Clock, is_stopping: Callable[[], bool]
    ) -> None:
        self._store = store
        self._assignment = assignment
        self._clock = clock
        self._is_stopping = is_stopping
        self._lease: Lease | None = None
        self._after = 0
        self._unrecorded: list[Answer] = []
        self._requests: asyncio.Queue[_Request | None] = asyncio.Queue()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger")

    async def __aenter__(self) -> Self:
        self._writer = asyncio.create_task(self._serve())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._requests.put(None)
        await self._writer
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown()

    async def exchange(self, answers: Sequence[Answer], *, want: int) -> list[Offer]:
        """Records `answers`, then offers up to `want` deliveries; none: there is nothing more to do."""
        reply: asyncio.Future[list[Offer]] = asyncio.get_running_loop().create_future()
        await self._requests.put(_Request(answers, want, reply))
        return await reply

    async def _serve(self) -> None:
        while (first := await self._requests.get()) is not None:
            waiting = [first]
            while not self._requests.empty():
                following = self._requests.get_nowait()
                if following is None:
                    self._requests.put_nowait(None)
                    break
                waiting.append(following)
            try:
                offers = await asyncio.get_running_loop().run_in_executor(self._thread, self._commit, waiting)
            except Exception as error:
                for request in waiting:
                    if not request.reply.done():
                        request.reply.set_exception(error)
                continue
            for request in waiting:
                share = [offers.pop() for _ in range(min(request.want, len(offers)))]
                if not request.reply.done():
                    request.reply.set_result(share)

    def _commit(self, requests: Sequence[_Request]) -> list[Offer]:
        # A commit that fails leaves them here: what was handed over must be recorded, else it goes twice.
        self._unrecorded += [answer for request in requests for answer in request.answers]
        answers = self._unrecorded
        want = sum(request.want for request in requests)
        now = self._clock()
        with self._store.write() as tx:
            for lease in {answer.offer.lease for answer in answers}.union(
                {self._lease} if self._lease else ()
            ):
                renew_lease(tx, lease, now=now)
            record(tx, answers, now=now)
            stopping = self._is_stopping() or not may_offer(tx, self._assignment.edition_id)
            offers = [] if stopping else self._offer(tx, want)[::-1]
        self._unrecorded = []
        return offers

    def _offer(self, tx: Transaction, want: int) -> list[Offer]:
        job, now = self._assignment, self._clock()
        offers: list[Offer] = []
        while len(offers) < want:
            if self._lease is None:
                self._lease = claim_batch(tx, job.edition_id, owner=job.owner, now=now)
                self._after = 0
            if self._lease is None:
                break
            more, self._after = offer_next(
                tx,
                self._lease,
                after=self._after,
                want=want - len(offers),
                revision=job.revision,
                transport=job.transport,
                decide=job.decide,
                now=now,
            )
            offers += more
            if len(offers) < want:
                self._lease = None
        return offers

    def _close(self) -> None:
        with self._store.write() as tx:
            for lease in {answer.offer.lease for answer in self._unrecorded}:
                renew_lease(tx, lease, now=self._clock())
            record(tx, self._unrecorded, now=self._clock())
            close_batches(tx, self._assignment.edition_id, owner=self._assignment.owner)
