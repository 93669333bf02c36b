"""Kills deliveries and adds up what they did: nobody lost, nobody mailed twice but what was in flight."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import time
from dataclasses import dataclass, field
from enum import Enum

from tests.running import Program
from tests.tally import CALLS_A_CONNECTION, Tally, wait_for


class Moment(Enum):
    """When a run is killed."""

    AT_ANY_TIME = "at any time after its start, be it before its first mail"
    AT_ANY_MAIL = "some mails later"
    IN_FLIGHT = "while the server holds back the answer of every call"


@dataclass
class Killing:
    """Kills `newsletter send` of an edition for `subscribers` at moments of chance."""

    program: Program
    tally: Tally
    subscribers: int
    connections: int
    dice: random.Random
    held: dict[int, set[str]] = field(default_factory=dict)
    """Of each run killed with held answers, whose mails were in flight."""
    kills: int = 0
    is_weekly: bool = False
    """The edition is that of a week: its report stands in the day's."""

    @property
    def in_flight_at_most(self) -> int:
        return CALLS_A_CONNECTION * self.connections

    def kill_once(self, moment: Moment, mails: int) -> None:
        """Starts a run and kills it; `mails` is about how many it may hand over before."""
        self.tally.begin_run()
        process = self.program.start("send")
        if moment is Moment.AT_ANY_TIME:
            # No later than the other moments, else the edition is done before its last kill.
            deadline = time.monotonic() + self.dice.uniform(0.05, 2)
            most = 2 * mails
            wait_for(
                lambda: (
                    time.monotonic() > deadline
                    or self.tally.of_this_run >= most
                    or process.poll() is not None
                )
            )
        else:
            goal = self.dice.randrange(2 * self.connections, max(2 * mails, 2 * self.connections + 1))
            wait_for(lambda: self.tally.of_this_run >= goal or process.poll() is not None)
            time.sleep(self.dice.uniform(0, 0.01))
        if moment is Moment.IN_FLIGHT and self.tally.hold(
            self.connections, until=lambda: process.poll() is not None
        ):
            self.held[self.tally.run] = set(self.tally.held)
        self._kill(process)

    def _kill(self, process: subprocess.Popen[bytes]) -> None:
        process.send_signal(signal.SIGKILL)
        process.communicate()
        self.kills += process.returncode == -signal.SIGKILL

    def finish(self) -> None:
        """Runs to the end and holds what must be true of all runs together."""
        self.tally.begin_run()
        last = self.program.run("send", "--json", timeout=600)
        assert last.code == 0, last.err
        report = json.loads(last.out)
        report = report["weekly"] if self.is_weekly else report
        names = ("planned", "submitted", "failed", "skipped", "unknown", "pending")
        assert [report[name] for name in names] == [self.subscribers, self.subscribers, 0, 0, 0, 0]
        mailed = self.tally.copies
        assert len(mailed) == self.subscribers, "nobody is lost"
        assert self.tally.differing() == [], "every copy has the same bytes"
        taken = self.tally.taken
        assert len({(each.run, each.address) for each in taken}) == len(taken), "a run repeats nothing"
        repeated = self.tally.repeated_of_runs()
        for again in repeated.values():
            assert len(again) <= self.in_flight_at_most, "what was in flight comes twice, and nothing else"
        for run, in_flight in self.held.items():
            assert repeated.get(run, set()) == in_flight
        before = len(self.tally.taken)
        assert self.program.run("send").code == 0
        assert len(self.tally.taken) == before, "a finished edition is mailed to nobody"

    def describe(self) -> str:
        twice = len(self.tally.taken) - self.subscribers
        in_flight = sum(map(len, self.held.values()))
        return (
            f"{self.kills} kills, {self.subscribers} subscribers, {twice} mails twice "
            f"({in_flight} of them held back by the server; at most {self.kills * self.in_flight_at_most})"
        )
