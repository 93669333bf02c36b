"""kill -9 while the ledger of a large list is written: everybody is planned once, nobody twice."""

from __future__ import annotations

import json
import random
import signal
import time

import pytest

from tests.running import Program, today, write_paper
from tests.tally import CALLS_A_CONNECTION, Tally, wait_for

pytestmark = pytest.mark.soak

LIST = 30_000
MAILED = 300
KILLS = 12
CONNECTIONS = 10


def write_list(program: Program) -> None:
    """Nearly all chose what the edition has not: they are planned, and skipped when their turn comes."""
    rows = [
        f"reader{number}@readers.test,{'' if number % (LIST // MAILED) == 0 else '扩散模型'}"
        for number in range(LIST)
    ]
    (program.folder / "list.csv").write_text("\n".join(["email,keywords", *rows]), encoding="utf-8")
    imported = program.run("subscribers", "import", "list.csv", timeout=300)
    assert imported.code == 0, imported.err


def test_a_plan_that_is_killed_again_and_again_has_everybody_once(
    program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    tally = Tally()
    dice = random.Random(7)  # noqa: S311
    program.write_digest(today(), [write_paper(0)])
    write_list(program)
    planned = []
    with tally.open() as port:
        program.use_smtp(port)
        program.configure(transport__smtp__connections=CONNECTIONS)
        for _ in range(KILLS):
            tally.begin_run()
            process = program.start("send")
            time.sleep(dice.uniform(0.2, 2))
            process.send_signal(signal.SIGKILL)
            process.communicate()
            status = json.loads(program.run("status", "--json").out)["editions"]
            planned.append(status[0]["planned"] if status else 0)
        tally.begin_run()
        last = program.run("send", "--json", timeout=300)
        assert last.code == 0, last.err
        wait_for(lambda: tally.connections == 0)
    report = json.loads(last.out)
    assert (report["planned"], report["submitted"], report["skipped"]) == (LIST, MAILED, LIST - MAILED)
    assert set(planned) <= {0, LIST}, "planned are all or none, however far the ledger is written"
    assert len(tally.copies) == MAILED
    assert tally.differing() == []
    assert all(len(again) <= CALLS_A_CONNECTION * CONNECTIONS for again in tally.repeated_of_runs().values())
    with capsys.disabled():
        twice = len(tally.taken) - MAILED
        print(f"\n{KILLS} kills, planned after each: {planned}; {twice} mails twice")  # noqa: T201
