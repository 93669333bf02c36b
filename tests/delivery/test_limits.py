"""Rates, on a clock that the test turns: a transport's own, and those of destinations that asked for less."""

from __future__ import annotations

import asyncio
import heapq
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import pairwise

import pytest

from newsletter.delivery.limits import (
    FIRST_INTERVAL,
    LONGEST_INTERVAL,
    PAUSE,
    TAKEN_IN_A_ROW,
    DestinationLimits,
    RateLimit,
)
from newsletter.errors import AddressRefused, TemporaryTransportError
from newsletter.model import Submitted

START = 5_000.0
TOO_FAST = TemporaryTransportError("450 too many mails", too_fast=True)
LATER = TemporaryTransportError("451 greylisted")


class Clock:
    """Time stands still until all sleep; then it goes to whoever wakes first, `late` seconds too late."""

    def __init__(self, late: Callable[[], float] = lambda: 0.0) -> None:
        self.now = START
        self._late = late
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._number = 0

    def time(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._number += 1
        heapq.heappush(self._sleepers, (self.now + seconds + self._late(), self._number, waiter))
        await waiter

    async def run(self, seconds: float, *slots: Awaitable[None]) -> None:
        """Lets the slots work for so long."""
        tasks = [asyncio.ensure_future(slot) for slot in slots]
        while True:
            for _ in range(len(tasks) + 3):
                await asyncio.sleep(0)
            if not self._sleepers or self._sleepers[0][0] > START + seconds:
                break
            self.now, _, waiter = heapq.heappop(self._sleepers)
            waiter.set_result(None)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def sent_in(
    seconds: float,
    per_second: float,
    *,
    slots: int = 10,
    late: float = 0,
    messages: int = 1,
    takes: float = 0,
) -> list[float]:
    """When each message went; a call of `messages` takes so many seconds, timers are up to `late` late."""
    dice = random.Random(7)  # noqa: S311
    clock = Clock(lambda: dice.uniform(0, late))
    moments: list[float] = []

    async def work(limit: RateLimit) -> None:
        while True:
            await limit.wait(messages)
            moments.extend([clock.now - START] * messages)
            await clock.sleep(takes)

    async def main() -> None:
        limit = RateLimit(per_second, time=clock.time, sleep=clock.sleep)
        await clock.run(seconds, *(work(limit) for _ in range(slots)))

    asyncio.run(main())
    return moments


@pytest.mark.parametrize("per_second", [1, 7, 100, 2_000])
@pytest.mark.parametrize("slots", [1, 10])
def test_a_rate_holds_within_two_per_cent_over_ten_seconds(per_second: int, slots: int) -> None:
    sent = len([at for at in sent_in(10, per_second, slots=slots) if at < 10])
    assert abs(sent - 10 * per_second) <= 0.02 * 10 * per_second


def test_a_rate_holds_with_slow_calls_and_late_timers() -> None:
    sent = len(sent_in(10, 200, takes=0.02, late=0.004))
    assert abs(sent - 2_000) <= 40


def test_a_rate_holds_where_a_call_carries_many() -> None:
    assert abs(len(sent_in(10, 500, messages=50)) - 5_000) <= 100


def test_no_second_has_more_than_the_rate() -> None:
    a_second = Counter(int(at + 1e-6) for at in sent_in(10, 50))
    assert max(a_second.values()) <= 51


def test_there_is_no_burst_after_a_pause() -> None:
    clock = Clock()
    moments: list[float] = []

    async def work(limit: RateLimit) -> None:
        for _ in range(5):
            await limit.wait()
            moments.append(clock.now)

    async def main() -> None:
        limit = RateLimit(10, time=clock.time, sleep=clock.sleep)
        await limit.wait()
        clock.now += 3_600
        await clock.run(3_700, work(limit), work(limit))

    asyncio.run(main())
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert min(gaps) == pytest.approx(0.1)


def test_no_rate_is_no_limit() -> None:
    async def sleep(_: float) -> None:
        raise AssertionError

    async def main() -> None:
        limit = RateLimit(0, time=lambda: START, sleep=sleep)
        for _ in range(1_000):
            await limit.wait()

    asyncio.run(main())


# --- Destinations ---------------------------------------------------------------------------------


def test_nobody_is_slowed_who_did_not_ask_for_it() -> None:
    limits = DestinationLimits()
    limits.note("a@qq.test", LATER, START)
    limits.note("b@qq.test", AddressRefused("550 gone", code=550), START)
    assert [limits.delay(f"{number}@qq.test", START) for number in range(100)] == [0.0] * 100


def test_who_asked_for_less_gets_a_pause_and_everybody_else_goes_on() -> None:
    limits = DestinationLimits()
    limits.note("a@QQ.test", TOO_FAST, START)
    assert limits.delay("b@qq.test", START) == PAUSE
    assert limits.delay("c@mail.qq.test", START) == 0
    assert limits.is_slowed("d@qq.TEST")


def test_the_pause_is_as_long_as_the_destination_said() -> None:
    limits = DestinationLimits()
    said = TemporaryTransportError("429", too_fast=True, retry_after=timedelta(minutes=5))
    limits.note("a@qq.test", said, START)
    assert limits.delay("b@qq.test", START) == 300


def test_who_is_put_off_goes_at_his_turn_and_not_before() -> None:
    limits = DestinationLimits()
    limits.note("a@qq.test", TOO_FAST, START)
    turns = [START + limits.delay(f"{number}@qq.test", START) for number in range(20)]
    assert turns == [START + PAUSE + number * FIRST_INTERVAL for number in range(20)]
    assert [limits.delay(f"{number}@qq.test", turn) for number, turn in enumerate(turns)] == [0.0] * 20


def test_a_slowed_destination_gets_its_rate_and_no_burst() -> None:
    limits = DestinationLimits()
    limits.note("a@qq.test", TOO_FAST, START)
    resumed = START + PAUSE + 3_600
    went = [now for now in range(int(resumed), int(resumed) + 100) if limits.delay("b@qq.test", now) == 0]
    assert len(went) == 100
    assert limits.delay("b@qq.test", went[-1] + 0.5) > 0


def test_complaints_about_what_was_under_way_count_once() -> None:
    limits = DestinationLimits()
    for _ in range(10):
        limits.note("a@qq.test", TOO_FAST, START)
    assert limits.delay("b@qq.test", START + PAUSE) == 0
    assert limits.delay("b@qq.test", START + PAUSE) == FIRST_INTERVAL


def test_each_complaint_after_the_pause_halves_the_rate_down_to_one_a_minute() -> None:
    limits, now, intervals = DestinationLimits(), START, []
    for _ in range(9):
        limits.note("a@qq.test", TOO_FAST, now)
        now += PAUSE
        assert limits.delay("a@qq.test", now) == 0
        intervals.append(limits.delay("b@qq.test", now))
    assert intervals == [1, 2, 4, 8, 16, 32, LONGEST_INTERVAL, LONGEST_INTERVAL, LONGEST_INTERVAL]


def test_a_destination_that_takes_mail_again_is_set_free() -> None:
    limits = DestinationLimits()
    limits.note("a@qq.test", TOO_FAST, START)
    taken, now = 0, START + PAUSE
    while limits.is_slowed("a@qq.test"):
        now += limits.delay("a@qq.test", now)
        limits.note("a@qq.test", Submitted("250 ok"), now)
        taken += 1
    assert taken == 5 * TAKEN_IN_A_ROW  # 1 s, 1/2, 1/4, 1/8, 1/16
    assert now < START + PAUSE + 200
