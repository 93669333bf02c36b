"""The whole program against the API of a provider: a first mail, kill -9 in the middle, the other transport.

Where the provider knows calls by their key nobody gets two copies, whatever dies; elsewhere a call whose
answer is lost is held, and a person's word can repeat what was in flight, and nothing else.
"""

from __future__ import annotations

import json
import random
import signal
import time
from collections import Counter
from typing import Any

import pytest

from tests.contracts.api_peers import API_PEERS, as_variables, reach, running
from tests.contracts.api_server import ApiServer, Fault, status
from tests.running import Postbox, Program, today, write_paper
from tests.tally import wait_for

SUBSCRIBERS = 300
KILLS = 2

every_provider = pytest.mark.parametrize("name", API_PEERS)


def prepare(program: Program, name: str, server: ApiServer, subscribers: int = SUBSCRIBERS) -> None:
    """Two kinds of readers, of all papers and of one keyword, and a transport to the server."""
    kinds = ("**视觉**, **图像**", "**强化学习**, **策略**")
    program.write_digest(today(), [write_paper(number, keywords=kinds[number % 2]) for number in range(6)])
    choices = ["强化学习" if number % 3 == 0 else "" for number in range(subscribers)]
    rows = [f"reader{number}@readers.test,{choice}" for number, choice in enumerate(choices)]
    (program.folder / "list.csv").write_text("\n".join(["email,keywords", *rows]), encoding="utf-8")
    assert program.run("subscribers", "import", "list.csv").code == 0
    use(program, name, server)


def use(program: Program, name: str, server: ApiServer) -> None:
    program.configure(
        newsletter__base_url="https://papers.test/",
        sender__address="digest@papers.test",
        transport__kind=name,
    )
    program.variables |= as_variables(name, server.endpoint)


def send(program: Program, *options: str, code: int = 0) -> dict[str, Any]:
    done = program.run("send", "--json", *options)
    assert done.code == code, done.err
    report: dict[str, Any] = json.loads(done.out)
    names = ("submitted", "failed", "skipped", "unknown", "pending")
    assert sum(report[each] for each in names) == report["planned"]
    return report


@every_provider
def test_everybody_gets_the_papers_of_his_keywords_and_his_own_link(program: Program, name: str) -> None:
    with running(name) as server:
        prepare(program, name, server, 12)
        report = send(program)
        looked = json.loads(program.run("doctor", "--json").out)["checks"]
        mailed = list(server.mails)
        assert program.run("send", "--to", "editor@papers.test").code == 0
    assert [each["state"] for each in looked if each["name"] == "transport"] == ["ok"]
    assert len(mailed) == 12, "a look mails nobody"
    (copy,) = (mail for mail in server.mails if mail not in mailed)
    assert copy.recipient == "editor@papers.test"
    assert copy.subject.startswith("[test] ")
    server.mails = mailed
    assert report["submitted"] == len(server.mails) == 12
    assert report["submitted_by"] == {name: 12}
    links = {mail.headers["list-unsubscribe"] for mail in server.mails}
    assert len(links) == 12
    for mail in server.mails:
        number = int(mail.recipient.removeprefix("reader").partition("@")[0])
        shown = sum(f"Paper {each}" in mail.html for each in range(6))
        assert shown == (3 if number % 3 == 0 else 6)
        assert mail.headers["list-unsubscribe"].strip("<>") in mail.text
        assert "@@" not in mail.text + mail.html


@every_provider
def test_a_sending_that_is_killed_again_and_again_loses_nobody(program: Program, name: str) -> None:
    dice, killed = random.Random(20251122), 0  # noqa: S311
    with running(name) as server:
        prepare(program, name, server)
        features = reach(name, server.endpoint).features
        server.delay = 0.05 if features.messages_per_call == 1 else 0.5
        for _ in range(KILLS):
            before = len(server.requests)
            process = program.start("send")
            goal = before + dice.randrange(1, 16 if features.messages_per_call == 1 else 3)
            wait_for(lambda: len(server.requests) >= goal or process.poll() is not None)  # noqa: B023
            time.sleep(dice.uniform(0, server.delay))
            process.send_signal(signal.SIGKILL)
            process.communicate()
            killed += process.returncode == -signal.SIGKILL
            wait_for(lambda: server.in_flight == 0)
        server.delay = 0
        done = program.run("send", "--json")
        report = json.loads(done.out)
        lost = report["unknown"]
        if lost:
            assert features.idempotent_for is None, "a lost call is repeated by itself"
            assert done.code == 1
            report = send(program, "--retry", "unknown")
    assert killed, "a run was killed in the middle"
    assert report["submitted"] == report["planned"] == SUBSCRIBERS
    copies = Counter(mail.recipient for mail in server.mails)
    assert len(copies) == SUBSCRIBERS, "nobody is lost"
    twice = sum(copies.values()) - SUBSCRIBERS
    # A call is in flight until its answer is recorded: the server sees less of that than the ledger.
    assert twice <= lost <= KILLS * features.calls_at_once * features.messages_per_call
    bodies = {(mail.recipient, mail.subject, mail.text, mail.html) for mail in server.mails}
    assert len(bodies) == SUBSCRIBERS, "every copy is the same"


@pytest.mark.parametrize("name", ["resend", "sendgrid"])
def test_the_fallback_takes_over_from_a_provider_that_refuses_the_key(program: Program, name: str) -> None:
    postbox = Postbox()
    with running(name) as server, postbox.open() as port:
        prepare(program, name, server, 20)
        server.faults.extend(repeat(status(401)))
        fall_back_to(program, port)
        report = send(program)
        told = program.run("send").out
    assert report["submitted_by"] == {"smtp": 20}
    assert len(postbox.by_recipient()) == len(postbox.raw) == 20
    assert server.mails == []
    assert "nothing left to do" in told


def test_the_fallback_takes_over_in_the_middle_and_says_so(program: Program) -> None:
    name, postbox = "resend", Postbox()
    with running(name) as server, postbox.open() as port:
        prepare(program, name, server, 250)
        server.faults.extend([_answer, *repeat(status(401))])
        fall_back_to(program, port, transport__resend__connections=1)
        done = program.run("send")
    assert done.code == 0, done.err
    assert len(server.mails) == 100
    mailed = {mail.recipient for mail in server.mails} | set(postbox.by_recipient())
    assert len(mailed) == 250 == len(server.mails) + len(postbox.raw)
    assert "250 submitted (resend 100, smtp 150)" in done.out
    assert "smtp took over from resend: resend answered 401" in done.out + done.err


def test_the_fallback_takes_over_whom_a_provider_that_is_down_put_off(program: Program) -> None:
    name, postbox = "resend", Postbox()
    with running(name) as server, postbox.open() as port:
        prepare(program, name, server, 350)
        server.faults.extend([_answer, *repeat(status(503))])
        fall_back_to(program, port, transport__resend__connections=1)
        report = send(program)
    assert report["submitted_by"] == {"resend": 100, "smtp": 250}, (
        "two calls were tried, none waits for a retry"
    )
    mailed = {mail.recipient for mail in server.mails} | set(postbox.by_recipient())
    assert len(mailed) == 350 == len(server.mails) + len(postbox.raw)


def fall_back_to(program: Program, port: int, **settings: str | int) -> None:
    """The fallback is the SMTP server there."""
    program.configure(
        transport__fallback="smtp",
        transport__smtp__host="127.0.0.1",
        transport__smtp__port=port,
        transport__smtp__security="none",
        **settings,
    )


async def _answer(server: ApiServer, request: object) -> None:
    """No fault."""


def repeat(fault: Fault) -> list[Fault]:
    return [fault] * 50
