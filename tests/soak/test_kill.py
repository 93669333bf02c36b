"""The long form of tests/acceptance/test_kill.py: a large edition, killed a hundred times."""

from __future__ import annotations

import random

import pytest

from tests.killing import Killing, Moment
from tests.running import Program, today, write_paper
from tests.tally import Tally

pytestmark = pytest.mark.soak

SUBSCRIBERS = 10_000
KILLS = 100
CONNECTIONS = 10


def test_an_edition_that_is_killed_a_hundred_times_loses_nobody(
    program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    tally = Tally()
    program.write_digest(today(), [write_paper(number) for number in range(5)])
    program.subscribe(*(f"reader{number}@readers.test" for number in range(SUBSCRIBERS)))
    dice = random.Random(20250924)  # noqa: S311
    with tally.open() as port:
        program.use_smtp(port)
        program.configure(transport__smtp__connections=CONNECTIONS)
        killing = Killing(program, tally, SUBSCRIBERS, CONNECTIONS, dice)
        while killing.kills < KILLS:
            left = SUBSCRIBERS - len(tally.copies)
            moment = dice.choice([Moment.AT_ANY_TIME, *[Moment.AT_ANY_MAIL] * 3, Moment.IN_FLIGHT])
            killing.kill_once(moment, left // (KILLS - killing.kills + 5))
        killing.finish()
    with capsys.disabled():
        print(f"\n{killing.describe()}")  # noqa: T201
