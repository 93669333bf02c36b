"""Runs the program as people do: as a process of its own, in a folder of its own."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from newsletter.config.sections import WEEKDAYS

PROGRAM = (sys.executable, "-W", "error", "-c", "from newsletter.cli import main; main()")
ZONE = ZoneInfo("Asia/Shanghai")


@dataclass
class Finished:
    """A command that ended."""

    code: int
    out: str
    err: str


@dataclass
class Program:
    """The program in `folder`, configured by variables."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str, stdin: bytes = b"", timeout: float = 120) -> Finished:
        done = subprocess.run(
            [*PROGRAM, *arguments],
            cwd=self.folder,
            env=self.environment(),
            input=stdin,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
        return Finished(done.returncode, done.stdout.decode(), done.stderr.decode())

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*PROGRAM, *arguments],
            cwd=self.folder,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("NEWSLETTER_")}
        return kept | {"PYTHONUTF8": "1", "NEWSLETTER_SCHEDULE__WEEK_CLOSES": _tomorrow()} | self.variables

    def configure(self, **values: str | int) -> None:
        """`transport__smtp__port=25` sets that key from now on."""
        self.variables |= {f"NEWSLETTER_{name.upper()}": str(value) for name, value in values.items()}

    def use_smtp(self, port: int) -> None:
        """From now on mail goes to a server on the loopback, from a newsletter that is no example."""
        self.configure(
            newsletter__base_url="https://papers.test/",
            sender__address="digest@papers.test",
            transport__kind="smtp",
            transport__smtp__host="127.0.0.1",
            transport__smtp__port=port,
            transport__smtp__security="none",
        )

    def subscribe(self, *addresses: str) -> None:
        (self.folder / "readers.csv").write_text("\n".join(["email", *addresses]), encoding="utf-8")
        imported = self.run("subscribers", "import", "readers.csv")
        assert imported.code == 0, imported.err

    def write_digest(self, day: date, papers: Sequence[str]) -> Path:
        path = self.folder / "digests" / f"{day}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"# Papers for {day}\n\n" + "\n".join(papers), encoding="utf-8")
        return path

    def read_public(self) -> dict[str, bytes]:
        public = self.folder / "public"
        return {
            str(path.relative_to(public)): path.read_bytes() for path in public.rglob("*") if path.is_file()
        }

    @contextmanager
    def serving(self) -> Iterator[str]:
        """`newsletter serve` on a free port; yields its address."""
        process = self.start("serve", "--port", "0")
        assert process.stderr is not None
        try:
            yield _wait_for_address(process)
        finally:
            process.terminate()
            process.communicate(timeout=20)


def write_paper(number: int, *, title: str = "", keywords: str = "**强化学习**, **多模态模型**") -> str:
    title = title or f"Paper {number}"
    return (
        f"## {number}.[{title}](https://arxiv.org/pdf/2509.{number:05})\n"
        f"summary:{keywords}  第{number}篇论文提出了新方法。它在基准上达到**73.5%**的性能。\n"
    )


def _tomorrow() -> str:
    """The weekday on which no week closes while tests with digests of these days run."""
    return WEEKDAYS[(today().weekday() + 1) % len(WEEKDAYS)]


def today() -> date:
    """The newsletter's day."""
    return datetime.now(ZONE).date()


def yesterday() -> date:
    return today() - timedelta(days=1)


class Postbox:
    """A real SMTP server on the loopback that keeps what it is handed; it answers after `delay` seconds."""

    def __init__(self, refused: Mapping[str, str] | None = None, *, delay: float = 0) -> None:
        self.refused = dict(refused or {})
        self.delay = delay
        self.raw: list[bytes] = []
        self._lock = threading.Lock()

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[Any]
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        with self._lock:
            self.raw.append(bytes(envelope.original_content or b""))
        await asyncio.sleep(self.delay)
        return "250 ok"

    @property
    def mails(self) -> list[EmailMessage]:
        parser = BytesParser(policy=policy.default)
        return [parser.parsebytes(raw) for raw in self.raw]

    def by_recipient(self) -> dict[str, EmailMessage]:
        return {mail["To"].addresses[0].addr_spec: mail for mail in self.mails}

    @contextmanager
    def open(self) -> Iterator[int]:
        port = find_free_port()
        controller = Controller(self, hostname="127.0.0.1", port=port)
        controller.start()
        try:
            yield port
        finally:
            controller.stop()


def find_free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def _wait_for_address(process: subprocess.Popen[bytes]) -> str:
    assert process.stderr is not None
    lines = []
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        line = process.stderr.readline().decode()
        lines.append(line)
        if found := re.search(r"http://[\w.:\[\]]+", line):
            return found[0]
        if not line:
            break
    raise AssertionError("serve did not come up:\n" + "".join(lines))
