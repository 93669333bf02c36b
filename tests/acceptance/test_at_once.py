"""Two programs at once: one works and the other says so; and a second signal leaves at once."""

from __future__ import annotations

import signal
import subprocess

import pytest

from tests.running import Program, today, write_paper
from tests.tally import Tally, wait_for

SUBSCRIBERS = 120
CONNECTIONS = 5


@pytest.fixture
def tally(program: Program) -> Tally:
    program.write_digest(today(), [write_paper(number) for number in range(3)])
    program.subscribe(*(f"reader{number}@readers.test" for number in range(SUBSCRIBERS)))
    program.configure(transport__smtp__connections=CONNECTIONS)
    return Tally()


def test_of_programs_that_begin_at_the_same_moment_one_delivers(program: Program, tally: Tally) -> None:
    with tally.open() as port:
        program.use_smtp(port)
        ended = [(each.communicate(timeout=60), each) for each in [program.start("send") for _ in range(3)]]
    for (out, err), process in ended:
        left_alone = b"another newsletter process" in err
        assert (process.returncode, b"Traceback" in err) == (int(left_alone), False), out + err
    assert any(process.returncode == 0 for _, process in ended)
    assert set(tally.copies.values()) == {1}
    assert len(tally.taken) == SUBSCRIBERS


def test_a_send_beside_the_schedule_says_that_it_leaves_the_edition_alone(
    program: Program, tally: Tally
) -> None:
    program.configure(schedule__cron="0 0 * * *")  # due: the schedule begins at once
    with tally.open() as port:
        program.use_smtp(port)
        schedule = program.start("schedule")
        assert tally.hold(CONNECTIONS)
        beside = program.run("send")
        assert (beside.code, "another newsletter process" in beside.err) == (1, True)
        tally.is_holding = False
        wait_for(lambda: len(tally.copies) == SUBSCRIBERS)
        schedule.terminate()
        _, said = schedule.communicate(timeout=30)
        assert (schedule.returncode, b"Traceback" in said) == (0, False)
        assert program.run("send").code == 0
    assert len(tally.taken) == SUBSCRIBERS


def test_a_schedule_beside_a_send_leaves_the_edition_alone_and_does_it_no_second_time(
    program: Program, tally: Tally
) -> None:
    program.configure(schedule__cron="0 0 * * *")
    with tally.open() as port:
        program.use_smtp(port)
        sending = program.start("send")
        assert tally.hold(CONNECTIONS)
        schedule = program.start("schedule")
        assert schedule.stderr is not None
        said = b""
        while f"edition {today()}".encode() not in said:
            line = schedule.stderr.readline()
            assert line, said.decode()
            said += line
        tally.is_holding = False
        sending.communicate(timeout=30)
        assert sending.returncode == 0
        schedule.terminate()
        schedule.communicate(timeout=30)
        assert schedule.returncode == 0
    assert len(tally.taken) == SUBSCRIBERS


@pytest.mark.parametrize(("command", "number"), [("send", signal.SIGTERM), ("schedule", signal.SIGINT)])
def test_a_second_signal_leaves_at_once_and_loses_nobody(
    program: Program, tally: Tally, command: str, number: signal.Signals
) -> None:
    program.configure(schedule__cron="0 0 * * *")
    with tally.open() as port:
        program.use_smtp(port)
        process = program.start(command)
        wait_for(lambda: len(tally.taken) > 2 * CONNECTIONS)
        assert tally.hold(CONNECTIONS)
        in_flight = set(tally.held)
        process.send_signal(number)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.7)  # what is in flight is waited for
        process.send_signal(number)
        process.communicate(timeout=2)
        assert process.returncode == -number
        tally.begin_run()
        assert program.run("send").code == 0
    assert len(tally.copies) == SUBSCRIBERS
    assert {address for address, copies in tally.copies.items() if copies > 1} == in_flight
