"""What a run says and does while another program is at work on the store."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from newsletter.store import engine
from newsletter.store.lock import hold_delivery_lock
from newsletter.store.saving import SubscriberRow
from tests.daily.conftest import Newsroom
from tests.running import write_paper


def test_a_run_beside_another_says_so_in_its_line(newsroom: Newsroom) -> None:
    newsroom.write_digest([write_paper(0)])
    newsroom.subscribe(SubscriberRow("ann@readers.test"))
    with hold_delivery_lock(newsroom.open().store):
        report = newsroom.send()
    assert report.busy
    assert "another newsletter process" in report.as_line()
    assert "nobody to mail" not in report.as_line()


def test_a_store_is_opened_to_read_while_another_program_writes(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = newsroom.open().store.path
    monkeypatch.setattr(engine, "_BUSY_TIMEOUT_SECONDS", 0.2)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        newsroom.open()
