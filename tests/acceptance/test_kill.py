"""kill -9 in the middle of a delivery: nobody is lost, and at most what was in flight comes twice."""

from __future__ import annotations

import random
import signal
import time

from tests.running import Postbox, Program, today, write_paper

SUBSCRIBERS = 400
KILLS = 4
CONNECTIONS = 5


def test_a_delivery_that_is_killed_again_and_again_loses_nobody(program: Program) -> None:
    postbox = Postbox()
    program.write_digest(today(), [write_paper(number) for number in range(5)])
    addresses = [f"reader{number}@readers.test" for number in range(SUBSCRIBERS)]
    dice = random.Random(20250924)  # noqa: S311
    kills = 0
    with postbox.open() as port:
        program.use_smtp(port)
        program.configure(transport__smtp__connections=CONNECTIONS)
        program.subscribe(*addresses)
        for kill in range(KILLS):
            goal = (kill + 1) * SUBSCRIBERS // (KILLS + 2) + dice.randrange(20)
            process = program.start("send")
            while len(postbox.raw) < goal and process.poll() is None:
                time.sleep(0.002)
            process.send_signal(signal.SIGKILL)
            process.communicate()
            kills += process.returncode == -signal.SIGKILL
        last = program.run("send", "--json")
        assert last.code == 0, last.err
    assert kills == KILLS, "every run was killed in the middle"
    assert '"submitted": 400' in last.out
    taken: dict[str, list[bytes]] = {}
    for mail, raw in zip(postbox.mails, postbox.raw, strict=True):
        taken.setdefault(mail["To"].addresses[0].addr_spec, []).append(raw)
    assert set(taken) == set(addresses)
    assert len(postbox.raw) - SUBSCRIBERS <= KILLS * CONNECTIONS
    assert all(len(set(copies)) == 1 for copies in taken.values()), "every copy has the same bytes"


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
    postbox = Postbox()
    program.write_digest(today(), [write_paper(0)])
    addresses = [f"reader{number}@readers.test" for number in range(SUBSCRIBERS)]
    with postbox.open() as port:
        program.use_smtp(port)
        program.configure(delivery__rate_per_second=150)
        program.subscribe(*addresses)
        first = program.start("send")
        while not postbox.raw:
            time.sleep(0.002)
        second = program.run("send")
        assert second.code == 1
        assert "another newsletter process" in second.err
        first.communicate(timeout=60)
        assert first.returncode == 0
    assert len(postbox.raw) == SUBSCRIBERS
