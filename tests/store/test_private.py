"""A store and its copies are nobody's to read but their owner's and his group's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.store import open_store
from newsletter.store.copies import copy_store
from newsletter.store.engine import connect_store
from newsletter.store.migrate import migrate_store
from newsletter.store.saving import SubscriberRow, save_subscribers
from tests.builders import NOON


@pytest.fixture
def careless() -> Iterator[None]:
    """Lets everybody read and write what is made."""
    before = os.umask(0)
    yield
    os.umask(before)


def rights(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.usefixtures("careless")
def test_a_store_its_log_and_its_copies_are_not_for_others(tmp_path: Path) -> None:
    path, copy = tmp_path / "newsletter.db", tmp_path / "copy.db"
    store = open_store(f"sqlite:///{path}")
    with store.write() as tx:
        save_subscribers(tx, [SubscriberRow("ann@readers.test")], now=NOON)
    assert rights(path) == rights(path.with_name("newsletter.db-wal")) == 0o660
    copy_store(path, copy)
    assert rights(copy) == 0o660
    path.chmod(0o604)
    copy_store(path, copy)
    assert rights(copy) == 0o600
    store.close()


@pytest.mark.usefixtures("careless")
def test_a_store_that_is_made_by_migrating_is_not_for_others(tmp_path: Path) -> None:
    store = connect_store(f"sqlite:///{tmp_path / 'newsletter.db'}")
    migrate_store(store)
    store.close()
    assert rights(tmp_path / "newsletter.db") == 0o660


def test_a_store_that_stands_keeps_its_rights(tmp_path: Path) -> None:
    path = tmp_path / "newsletter.db"
    open_store(f"sqlite:///{path}").close()
    path.chmod(0o664)
    open_store(f"sqlite:///{path}").close()
    assert rights(path) == 0o664
