"""A publisher on a temporary folder, with a clock to move."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Event

import pytest

from newsletter.config import load_config
from newsletter.daily.job import SendOptions, run_daily
from newsletter.daily.publisher import Publisher, open_publisher
from newsletter.daily.report import SendReport
from newsletter.store.saving import SubscriberRow, save_subscribers
from tests.running import Program

DAY = date(2025, 9, 24)
MORNING = datetime(2025, 9, 24, 1, tzinfo=UTC)  # 09:00 in Shanghai


@dataclass
class Newsroom:
    """A publisher whose folder, time and configuration a test sets."""

    folder: Path
    now: datetime = MORNING
    variables: dict[str, str] = field(default_factory=dict)
    opened: list[Publisher] = field(default_factory=list)

    def open(self) -> Publisher:
        self.opened.append(open_publisher(load_config(None, self.variables, self.folder), lambda: self.now))
        return self.opened[-1]

    def write_digest(self, papers: Sequence[str], day: date = DAY) -> None:
        Program(self.folder).write_digest(day, papers)

    def subscribe(self, *rows: SubscriberRow) -> None:
        with self.open().store.write() as tx:
            save_subscribers(tx, rows, now=self.now)

    def send(self, options: SendOptions | None = None) -> SendReport:
        return run_daily(self.open(), options or SendOptions(), stop=Event())

    @property
    def mails(self) -> dict[str, bytes]:
        """The bytes of each mail by its recipient."""
        found = {}
        for path in (self.folder / "outbox").glob("*.eml"):
            raw = path.read_bytes()
            to = next(line for line in raw.split(b"\r\n") if line.startswith(b"To: "))
            found[to.rpartition(b"<")[2].removeprefix(b"To: ").rstrip(b">").decode()] = raw
        return found


@pytest.fixture
def newsroom(tmp_path: Path) -> Iterator[Newsroom]:
    made = Newsroom(tmp_path)
    yield made
    for publisher in made.opened:
        publisher.close()
