"""An edition on its way: paused, resumed, cancelled, and what an address got of it."""

from __future__ import annotations

import json
import time

from tests.running import Finished, Postbox, Program, today, write_paper

SUBSCRIBERS = 120
CONNECTIONS = 3


def start_slowly(program: Program, postbox: Postbox, port: int) -> None:
    program.write_digest(today(), [write_paper(0)])
    program.use_smtp(port)
    program.configure(transport__smtp__connections=CONNECTIONS)
    program.subscribe(*(f"reader{number}@readers.test" for number in range(SUBSCRIBERS)))


def stop_midway(program: Program, postbox: Postbox, command: str) -> tuple[Finished, int, int]:
    """The command's end, the code of the send it stopped, and how many mails came after it."""
    process = program.start("send")
    while len(postbox.raw) < 20 and process.poll() is None:
        time.sleep(0.005)
    stopped = program.run(command, today().isoformat())
    taken = len(postbox.raw)
    process.communicate(timeout=60)
    return stopped, process.returncode, len(postbox.raw) - taken


def test_a_paused_edition_stops_within_a_call_and_goes_on_where_it_was(program: Program) -> None:
    postbox = Postbox(delay=0.05)
    with postbox.open() as port:
        start_slowly(program, postbox, port)
        paused, code, later = stop_midway(program, postbox, "pause")
        assert paused.code == 0, paused.err
        assert f"newsletter resume {today()}" in paused.out
        assert code == 1
        assert later <= 2 * CONNECTIONS
        again = program.run("send")
        assert again.code == 1
        assert "paused" in again.out
        assert program.run("resume", today().isoformat()).code == 0
        assert program.run("send").code == 0
    assert len(postbox.raw) == SUBSCRIBERS == len({mail["To"] for mail in postbox.mails})


def test_a_cancelled_edition_is_mailed_to_nobody_more(program: Program) -> None:
    postbox = Postbox(delay=0.05)
    with postbox.open() as port:
        start_slowly(program, postbox, port)
        cancelled, _, later = stop_midway(program, postbox, "cancel")
        assert cancelled.code == 0, cancelled.err
        assert later <= 2 * CONNECTIONS
        had_it = len(postbox.raw)
        for command in (("send", "--json"), ("send", "--retry", "failed", "--json")):
            last = program.run(*command)
            assert last.code == 0, last.err
        counts = json.loads(last.out)
        assert (counts["submitted"], counts["skipped"]) == (had_it, SUBSCRIBERS - had_it)
        assert counts["pending"] == 0
        assert len(postbox.raw) == had_it
    assert program.run("resume", today().isoformat()).code == 2
    assert program.run("pause", "2001-01-01").code == 2


def test_why_tells_what_became_of_an_address(program: Program) -> None:
    postbox = Postbox({"bob@readers.test": "550 5.1.1 no such user"})
    with postbox.open() as port:
        program.write_digest(today(), [write_paper(0)])
        program.use_smtp(port)
        program.subscribe("ann@readers.test", "bob@readers.test", "cat@readers.test")
        assert program.run("subscribers", "set", "cat@readers.test", "--keywords", "none such").code == 0
        program.run("send")
        program.subscribe("dan@readers.test")
        stories = {
            name: program.run("why", f"{name}@readers.test").out for name in ("ann", "bob", "cat", "dan")
        }
    assert "submitted by smtp at" in stories["ann"]
    assert "failed by smtp at" in stories["bob"]
    assert "550 5.1.1 no such user" in stories["bob"]
    assert "no paper had one of his keywords" in stories["cat"]
    assert "not planned for this address" in stories["dan"]
    assert program.run("why", "eve@readers.test").code == 2
