"""Whoever unsubscribes during a delivery, a plan or an import waits no longer than a second, and gets
nothing after his word."""

from __future__ import annotations

import random
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from newsletter.model import DeliveryState
from newsletter.store import connect_store, schema
from newsletter.store.settings import secret_key
from newsletter.tokens import Purpose, make_token
from tests.running import Program, today, write_paper
from tests.tally import Tally, wait_for

pytestmark = pytest.mark.soak

MAILED = 4_000
LIST = 30_000
IMPORTED = 50_000
TRIED_AT_LEAST = 30
USUAL, MOST = 1.0, 3.0
"""Seconds that 99 of 100 may wait, and that nobody may exceed, on a machine that does other things too."""


@dataclass
class Leaving:
    """Readers who use their one-click links, two at a time, until told to stop."""

    address: str
    links: list[str]
    waits: list[float] = field(default_factory=list)
    answers: set[int] = field(default_factory=set)
    _stop: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def going_on(self) -> Iterator[None]:
        threads = [threading.Thread(target=self._leave) for _ in range(2)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()
            self._stop.clear()

    def _leave(self) -> None:
        with httpx.Client(timeout=60) as client:
            while not self._stop.wait(0.02) and self.links:
                link = self.links.pop()
                started = time.monotonic()
                answer = client.post(
                    f"{self.address}/unsubscribe/{link}", data={"List-Unsubscribe": "One-Click"}
                )
                self.waits.append(time.monotonic() - started)
                self.answers.add(answer.status_code)

    def judge(self, what: str) -> str:
        """Holds what readers were promised; returns what was measured."""
        waits, self.waits = sorted(self.waits), []
        assert self.answers == {200}
        assert len(waits) >= TRIED_AT_LEAST
        usual = waits[int(len(waits) * 0.99)]
        told = f"{what}: {len(waits)} unsubscribed, median {waits[len(waits) // 2]:.3f} s, "
        told += f"99 of 100 within {usual:.3f} s, at most {waits[-1]:.3f} s"
        assert usual < USUAL, told
        assert waits[-1] < MOST, told
        return told


def write_list(program: Program, name: str, rows: Sequence[str]) -> None:
    (program.folder / name).write_text("\n".join(["email,keywords", *rows]), encoding="utf-8")


def read(program: Program, ask: Callable[[sa.Connection], Any]) -> Any:
    store = connect_store(f"sqlite:///{program.folder / 'newsletter.db'}")
    try:
        with store.read() as tx:
            return ask(tx)
    finally:
        store.close()


def make_links(tx: sa.Connection) -> list[str]:
    """Of all who will be mailed, in any order."""
    key = secret_key(tx)
    columns = schema.subscriber.c
    ids = tx.execute(sa.select(columns.public_id).where(columns.keywords.is_(None))).scalars().all()
    links = [make_token(key, Purpose.UNSUBSCRIBE, each) for each in ids]
    random.Random(5).shuffle(links)  # noqa: S311
    return links


def find_mailed_after_leaving(tx: sa.Connection) -> tuple[int, int, int]:
    """How many left, how many of them were offered the edition before, and how many after."""
    subscriber, delivery = schema.subscriber, schema.delivery
    rows = tx.execute(
        sa.select(subscriber.c.unsubscribed_at, delivery.c.offered_at, delivery.c.state)
        .join(delivery, delivery.c.subscriber_id == subscriber.c.id)
        .where(subscriber.c.unsubscribed_at.is_not(None))
    ).all()
    offered = [row for row in rows if row.offered_at is not None]
    skipped = [row for row in rows if row.state == DeliveryState.SKIPPED]
    assert len(offered) + len(skipped) == len(rows)
    after = [row for row in offered if row.offered_at > row.unsubscribed_at]
    return len(rows), len(offered) - len(after), len(after)


def finish(process: subprocess.Popen[bytes], seconds: float = 300) -> str:
    out, err = process.communicate(timeout=seconds)
    assert process.returncode == 0, err.decode()
    return out.decode()


def test_nobody_who_leaves_waits_and_nobody_who_left_is_mailed(
    program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    tally, told = Tally(), []
    program.write_digest(today(), [write_paper(number) for number in range(5)])
    others = [f"other{number}@readers.test,扩散模型" for number in range(LIST - MAILED)]
    readers = [f"reader{number}@readers.test," for number in range(MAILED)]
    write_list(program, "list.csv", [*others[: LIST // 2], *readers, *others[LIST // 2 :]])
    assert program.run("subscribers", "import", "list.csv", timeout=300).code == 0
    write_list(program, "more.csv", [f"new{number}@readers.test,扩散模型" for number in range(IMPORTED)])
    with tally.open() as port:
        program.use_smtp(port)
        links = read(program, make_links)
        with program.serving() as address:
            leaving = Leaving(address, links)
            with leaving.going_on():
                finish(program.start("send"))
            told.append(leaving.judge(f"while {LIST} were planned and {MAILED} mailed"))
            with leaving.going_on():
                finish(program.start("subscribers", "import", "more.csv"))
            told.append(leaving.judge(f"while {IMPORTED} were imported"))
        wait_for(lambda: tally.connections == 0)
    left, before, after = read(program, find_mailed_after_leaving)
    assert links, "there were enough of them for all the time"
    assert after == 0
    assert 0 < before < left, "some left before their turn, some after"
    assert max(tally.copies.values()) == 1
    with capsys.disabled():
        print("", *told, f"{left} left, {before} of them after their offer; {after} mailed later", sep="\n")  # noqa: T201
