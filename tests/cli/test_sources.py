"""Addresses and several sources on the command line: what is shown, and what never is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.digests.servers import Answer, WebServer, run_web_server
from tests.running import Program, today, write_paper


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


@pytest.fixture
def server() -> Iterator[WebServer]:
    with run_web_server() as running:
        yield running


def test_the_latest_of_several_sources_is_shown_merged(program: Program, server: WebServer) -> None:
    program.write_digest(today(), [write_paper(1), "## 9.[No link]()\n"])
    server.answers["/x.md"] = Answer(body=f"# Papers for {today()}\n\n{write_paper(2)}".encode())
    program.configure(
        digest__source=json.dumps(["digests/", f"{server.address}/x.md"]), digest__private_addresses="true"
    )
    shown = program.run("digest", "show", "--json")
    assert shown.code == 0, shown.err
    document = json.loads(shown.out)
    assert [paper["title"] for paper in document["papers"]] == ["Paper 1", "Paper 2"]
    assert all(f"{today()}.md: " in problem["message"] for problem in document["problems"])
    assert document["problems"]
    assert "Paper 2" in program.run("digest", "show").out


def test_a_private_address_is_refused_with_the_key_that_allows_it(
    program: Program, server: WebServer
) -> None:
    server.answers["/x.md"] = Answer(body=f"# Papers for {today()}\n\n{write_paper(2)}".encode())
    for address in (f"{server.address}/x.md", "https://127.0.0.1:9/x.md"):
        shown = program.run("digest", "show", address)
        assert shown.code == 3
        assert "set [digest] private_addresses = true if this server is yours" in shown.err
    assert server.asked == []
    program.configure(digest__private_addresses="true")
    assert program.run("digest", "show", f"{server.address}/x.md").code == 0


def test_no_command_shows_credentials(program: Program, server: WebServer) -> None:
    secret = program.folder / "source"
    address = server.address.replace("://", "://me:s3cret@") + "/x.md?token=s3cret"
    secret.write_text(address + "\n")
    program.configure(digest__source_file=str(secret), digest__private_addresses="true")
    commands = (["-v", "send"], ["digest", "show"], ["digest", "show", address], ["-v", "build"], ["status"])
    for answer in (Answer(403), Answer(404), Answer(body=b"\xff"), Answer(body=b"text")):
        server.answers["/x.md?token=s3cret"] = answer
        for command in commands:
            done = program.run(*command)
            assert "s3cret" not in done.out + done.err, command
            assert done.code in (0, 3)
    server.answers["/x.md?token=s3cret"] = Answer(
        body=f"# Papers for 2025-09-24\n\n{write_paper(1)}".encode()
    )
    stale = program.run("-v", "send")
    assert stale.code == 3
    assert "s3cret" not in stale.out + stale.err
    assert program.run("-v", "build").code == 0
    program.variables["NEWSLETTER_DIGEST__PRIVATE_ADDRESSES"] = "false"
    refused = program.run("send")
    assert refused.code == 2
    assert "private_addresses = true" in refused.err
    assert "s3cret" not in refused.err
