"""`newsletter doctor` as people run it: lines, a table, a document, exit codes, and nothing left behind."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.name_server import NameServer, open_name_server
from tests.running import PROGRAM, Postbox, Program, today, write_paper


@pytest.fixture
def names() -> Iterator[NameServer]:
    with open_name_server() as server:
        server.records["papers.test"] = ["MX 10 mx.papers.test.", 'TXT "v=spf1 mx -all"']
        server.text("_dmarc.papers.test", "v=DMARC1; p=none")
        yield server


@pytest.fixture
def ready(tmp_path: Path) -> Program:
    """A folder after `init`, with a digest of today and a reader."""
    program = Program(tmp_path)
    assert program.run("init").code == 0
    program.write_digest(today(), [write_paper(0)])
    program.subscribe("li@readers.test")
    return program


def examine(program: Program, names: NameServer, *options: str) -> tuple[int, str]:
    done = program.run("doctor", "--name-server", names.address, *options)
    assert "Traceback" not in done.err
    return done.code, done.out


def test_a_newsletter_that_is_ready_has_no_fault(ready: Program, names: NameServer) -> None:
    postbox = Postbox()
    with postbox.open() as port, ready.serving() as address:
        ready.use_smtp(port)
        ready.configure(newsletter__base_url=f"{address}/", sender__postal_address="Street 1")
        code, out = examine(ready, names)
    assert code == 0, out
    lines = out.splitlines()
    assert all(re.match(r"(ok|warning): [a-z_ ]+: .+", line) for line in lines), out
    for name in ("store", "digest", "transport", "domain", "spf", "dmarc", "dkim", "templates", "disk"):
        assert any(line.startswith(f"ok: {name}: ") for line in lines), name
    assert postbox.raw == []


def test_the_document_names_every_check(ready: Program, names: NameServer) -> None:
    code, out = examine(ready, names, "--json")
    document = json.loads(out)
    assert code == 0
    assert document["ok"] is True
    assert {frozenset(check) for check in document["checks"]} == {
        frozenset({"name", "state", "message", "fix"})
    }
    assert {check["state"] for check in document["checks"]} == {"ok", "warning"}
    assert all(check["fix"] for check in document["checks"] if check["state"] != "ok")


def test_the_exit_code_is_that_of_the_worst_fault(ready: Program, names: NameServer) -> None:
    for path in (ready.folder / "digests").iterdir():
        path.unlink()
    assert examine(ready, names)[0] == 3
    ready.use_smtp(1)
    code, out = examine(ready, names)
    assert code == 2
    assert re.search(r"^wrong: transport: .+ · fix: .+\[transport.smtp\]", out, re.M)
    (ready.folder / "newsletter.db").write_bytes(b"no store" * 1000)
    assert examine(ready, names)[0] == 4


def test_a_configuration_that_cannot_be_read_is_told_like_the_rest(ready: Program, names: NameServer) -> None:
    (ready.folder / "newsletter.toml").write_text(
        "[smtp]\nhost = 1\n[delivery]\nrate = 1\n", encoding="utf-8"
    )
    code, out = examine(ready, names)
    assert code == 2
    assert [line.split(": ")[1] for line in out.splitlines()] == ["configuration", "configuration"]
    assert json.loads(examine(ready, names, "--json")[1])["ok"] is False


def test_a_name_server_that_is_no_address_is_wrong_usage(ready: Program) -> None:
    done = ready.run("doctor", "--name-server", "dns.papers.test")
    assert (done.code, "--name-server" in done.err) == (2, True)


def test_a_terminal_gets_a_table(ready: Program, names: NameServer) -> None:
    ours, theirs = pty.openpty()
    environment = ready.environment() | {"TERM": "xterm", "COLUMNS": "70"}
    arguments = [*PROGRAM, "doctor", "--name-server", names.address]
    process = subprocess.Popen(
        arguments, cwd=ready.folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:  # the other end was closed
            break
        if not piece:
            break
        shown += piece
    os.close(ours)
    assert process.wait(60) == 0
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())
    lines = [line.strip("\r") for line in text.splitlines()]
    assert re.search(r"^ok +store +/", text, re.M), text
    assert re.search(r"^warning +postal address +none is set", text, re.M), text
    assert "→ set [sender] postal_address" in text
    assert max(len(line) for line in lines) <= 80
    assert re.search(r"^0 wrong, \d+ warnings, \d+ ok", text, re.M), text


def test_a_system_that_never_finds_an_address_does_not_keep_the_program(ready: Program) -> None:
    ready.use_smtp(25)
    ready.configure(transport__smtp__host="mx.papers.test")
    program = (
        "import socket, time; socket.getaddrinfo = lambda *_, **__: time.sleep(300);"
        "from newsletter.daily.doctor import reach; reach._SECONDS = 1;"
        "from newsletter.daily.doctor.examine import examine; examine.__kwdefaults__['seconds'] = 3;"
        "from newsletter.cli import main; main()"
    )
    started = time.monotonic()
    done = subprocess.run(
        [*PROGRAM[:-1], program, "doctor", "--name-server", "127.0.0.1:1"],
        cwd=ready.folder,
        env=ready.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert "transport: smtp: no answer within 1 s" in done.stdout
    assert "base_url: not looked at: no answer within 3 s" in done.stdout
    assert time.monotonic() - started < 30


def test_nothing_is_left_in_an_empty_folder(tmp_path: Path, names: NameServer) -> None:
    code, _ = examine(Program(tmp_path), names)
    assert code == 3  # there is no digest
    assert list(tmp_path.iterdir()) == []
