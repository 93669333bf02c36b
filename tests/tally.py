"""An SMTP server that counts: which run handed which mail over, and what was in flight when it ended."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.running import find_free_port

CALLS_A_CONNECTION = 2
"""In flight by SMTP: a mail that waits for its answer, and the next one, which may have been taken before the
first was recorded."""


@dataclass(frozen=True)
class Taken:
    """A mail that the server took."""

    run: int
    address: str
    digest: str
    at: float
    """By `time.time`."""


class Tally:
    """Keeps of each mail whom it is for and a hash of its bytes.

    While `is_holding`, mails are taken and not answered: `held` are the calls in flight.
    """

    def __init__(self) -> None:
        self.run = 0
        self.taken: list[Taken] = []
        self.is_holding = False
        self.held: list[str] = []
        self.connections = 0
        self._of_runs: Counter[int] = Counter()

    @property
    def of_this_run(self) -> int:
        return self._of_runs[self.run]

    def begin_run(self) -> None:
        """What connects from now on belongs to the next run. Waits for the end of the last one's mails."""
        wait_for(lambda: self.connections == 0)
        self.is_holding = False
        self.held = []
        self.run += 1

    def hold(self, calls: int, until: Callable[[], bool] = lambda: False) -> bool:
        """Holds back answers until so many calls wait for one; False where `until` came first."""
        self.held = []
        self.is_holding = True
        wait_for(lambda: len(self.held) >= calls or until())
        return len(self.held) >= calls

    @property
    def copies(self) -> Counter[str]:
        return Counter(each.address for each in self.taken)

    def repeated_of_runs(self) -> dict[int, set[str]]:
        """Of each run, whom it mailed and a later one mailed again."""
        last = {each.address: each.run for each in self.taken}
        repeated: dict[int, set[str]] = defaultdict(set)
        for each in self.taken:
            if each.run < last[each.address]:
                repeated[each.run].add(each.address)
        return repeated

    def differing(self) -> list[str]:
        """Whose copies are not the same bytes."""
        digests: dict[str, set[str]] = defaultdict(set)
        for each in self.taken:
            digests[each.address].add(each.digest)
        return [address for address, found in digests.items() if len(found) > 1]

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(server, _Counted)
        [address] = envelope.rcpt_tos
        digest = hashlib.sha256(envelope.original_content or b"").hexdigest()
        self.taken.append(Taken(server.run, address, digest, time.time()))
        self._of_runs[server.run] += 1
        if self.is_holding:
            self.held.append(address)
        while self.is_holding:
            await asyncio.sleep(0.002)
        return "250 ok"

    @contextmanager
    def open(self) -> Iterator[int]:
        port = find_free_port()
        controller = _CountingController(self, hostname="127.0.0.1", port=port)
        controller.start()
        try:
            yield port
        finally:
            self.is_holding = False
            controller.stop()


class _Counted(SMTP):
    """A connection that knows the run it was opened in."""

    run = 0

    def connection_made(self, transport: Any) -> None:
        self.run = self.event_handler.run
        self.event_handler.connections += 1
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.event_handler.connections -= 1
        super().connection_lost(error)


class _CountingController(Controller):
    def factory(self) -> SMTP:
        return _Counted(self.handler)


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Looks often; raises AssertionError where it takes longer."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.001)
