"""A newsletter that is ready for its first real sending, to plant one fault in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from newsletter.config import Config, load_config
from newsletter.daily.doctor import Examination, Finding, State, examine
from newsletter.daily.doctor.examine import list_checks, run_checks
from newsletter.store.saving import SubscriberRow
from tests.daily.conftest import MORNING, Newsroom
from tests.name_server import NameServer, open_name_server
from tests.running import write_paper


@dataclass
class Patient:
    """What is looked at: a newsroom, the DNS of its sender, and what its configuration says besides."""

    newsroom: Newsroom
    names: NameServer
    now: datetime = MORNING
    variables: dict[str, str] = field(default_factory=dict)
    has_file: bool = True

    @property
    def folder(self) -> Path:
        return self.newsroom.folder

    @property
    def file(self) -> Path:
        return self.folder / "newsletter.toml"

    def set(self, **values: str | int | Path) -> None:
        self.variables |= {f"NEWSLETTER_{name.upper()}": str(value) for name, value in values.items()}

    def config(self) -> Config:
        return load_config(self.file if self.has_file else None, self.variables, self.folder)

    def examine(self, seconds: float = 18.0) -> Examination:
        return examine(
            self.config(),
            lambda: self.now,
            config_file=self.file if self.has_file else None,
            environment=self.variables,
            name_servers=[self.names.address],
            seconds=seconds,
        )

    def find(self, name: str) -> list[Finding]:
        """The findings of one check."""
        checks = list_checks(
            self.config(),
            lambda: self.now,
            config_file=self.file if self.has_file else None,
            environment=self.variables,
            name_servers=[self.names.address],
        )
        return list(run_checks([check for check in checks if check.name == name], 18).findings)

    def find_one(self, name: str, state: State, words: str = "") -> Finding:
        """Its only finding, which must be in this state and hold these words."""
        [finding] = self.find(name)
        assert finding.state is state, finding
        assert words in finding.message, finding
        assert bool(finding.fix) is (state is not State.OK), finding
        return finding


@pytest.fixture
def names() -> Iterator[NameServer]:
    with open_name_server() as server:
        server.records["papers.test"] = ["MX 10 mx.papers.test.", 'TXT "v=spf1 mx -all"', 'TXT "other=1"']
        server.text("_dmarc.papers.test", "v=DMARC1; p=quarantine; rua=mailto:dmarc@papers.test")
        yield server


@pytest.fixture
def patient(newsroom: Newsroom, names: NameServer) -> Patient:
    made = Patient(newsroom, names)
    made.file.write_text('[sender]\npostal_address = "Street 1"\n', encoding="utf-8")
    made.set(sender__address="digest@papers.test", newsletter__base_url="http://127.0.0.1:1/")
    newsroom.variables = made.variables
    newsroom.subscribe(SubscriberRow("li@readers.test"))
    newsroom.write_digest([write_paper(0), write_paper(1)])
    for publisher in newsroom.opened:
        publisher.close()
    return made


@pytest.fixture
def no_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may write everywhere: it is told what the owner of a file would be."""
    monkeypatch.setattr(os, "access", lambda path, mode: (os.stat(path).st_mode >> 6) & mode == mode)  # noqa: PTH116
