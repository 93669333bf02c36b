"""kill -9 in the middle of a delivery: nobody is lost, and what was in flight comes twice.

The long form stands in tests/soak/.
"""

from __future__ import annotations

import random
import time

from tests.killing import Killing, Moment
from tests.running import Postbox, Program, today, write_paper, yesterday
from tests.tally import Tally

SUBSCRIBERS = 400
KILLS = 4
CONNECTIONS = 5


def test_a_delivery_that_is_killed_again_and_again_loses_nobody(program: Program) -> None:
    tally = Tally()
    program.write_digest(today(), [write_paper(number) for number in range(5)])
    program.subscribe(*(f"reader{number}@readers.test" for number in range(SUBSCRIBERS)))
    assert program.run("dkim", "new").code == 0
    with tally.open() as port:
        program.use_smtp(port)
        program.configure(transport__smtp__connections=CONNECTIONS, dkim__selector="newsletter")
        dice = random.Random(20250924)  # noqa: S311
        killing = Killing(program, tally, SUBSCRIBERS, CONNECTIONS, dice)
        for moment in (Moment.AT_ANY_MAIL, Moment.IN_FLIGHT, Moment.AT_ANY_MAIL, Moment.IN_FLIGHT):
            killing.kill_once(moment, SUBSCRIBERS // (KILLS + 3))
        killing.finish()
    assert killing.kills == KILLS, "every run was killed in the middle"
    assert len(killing.held) == 2


def test_a_week_that_is_killed_again_and_again_loses_nobody(program: Program) -> None:
    tally = Tally()
    program.configure(schedule__week_closes=f"{yesterday():%A}".lower())
    program.write_digest(yesterday(), [write_paper(number) for number in range(5)])
    program.write_digest(today(), [write_paper(9)])
    rows = [f"reader{number}@readers.test,weekly" for number in range(SUBSCRIBERS)]
    (program.folder / "list.csv").write_text("\n".join(["email,frequency", *rows]), encoding="utf-8")
    assert program.run("subscribers", "import", "list.csv").code == 0
    with tally.open() as port:
        program.use_smtp(port)
        program.configure(transport__smtp__connections=CONNECTIONS)
        dice = random.Random(20250928)  # noqa: S311
        killing = Killing(program, tally, SUBSCRIBERS, CONNECTIONS, dice, is_weekly=True)
        for moment in (Moment.AT_ANY_TIME, Moment.AT_ANY_MAIL, Moment.IN_FLIGHT):
            killing.kill_once(moment, SUBSCRIBERS // (KILLS + 3))
        killing.finish()
    assert killing.kills == 3, "every run was killed in the middle"


def test_sigterm_finishes_what_is_in_flight_and_records_it(program: Program) -> None:
    postbox = Postbox()
    program.write_digest(today(), [write_paper(0)])
    addresses = [f"reader{number}@readers.test" for number in range(SUBSCRIBERS)]
    with postbox.open() as port:
        program.use_smtp(port)
        program.subscribe(*addresses)
        process = program.start("send")
        while len(postbox.raw) < 50:
            time.sleep(0.002)
        process.terminate()
        out, _ = process.communicate(timeout=30)
        assert process.returncode == 1
        assert f"{len(postbox.raw)} submitted" in out.decode()
        assert program.run("send").code == 0
    assert len(postbox.raw) == SUBSCRIBERS


def test_of_two_sends_at_once_one_works_and_the_other_says_so(program: Program) -> None:
    tally = Tally()
    program.write_digest(today(), [write_paper(0)])
    program.subscribe(*(f"reader{number}@readers.test" for number in range(SUBSCRIBERS)))
    with tally.open() as port:
        program.use_smtp(port)
        program.configure(transport__smtp__connections=CONNECTIONS)
        first = program.start("send")
        assert tally.hold(CONNECTIONS)
        second = program.run("send")
        assert second.code == 1
        assert "another newsletter process" in second.err
        tally.is_holding = False
        first.communicate(timeout=60)
        assert first.returncode == 0
    assert len(tally.taken) == SUBSCRIBERS
