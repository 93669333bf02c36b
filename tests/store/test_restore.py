"""Copies, and what happens to the store when one is put in its place."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from newsletter.errors import ConfigError, StoreError
from newsletter.store import copies, open_store
from newsletter.store.copies import backup_store, copy_store
from newsletter.store.lock import hold_delivery_lock
from newsletter.store.restore import restore_store
from newsletter.store.saving import SubscriberRow, save_subscribers
from newsletter.store.subscribers import count_subscribers
from tests.builders import NOON


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A store with one subscriber, of which there is a copy, `copy.db`."""
    made = f"sqlite:///{tmp_path / 'newsletter.db'}"
    subscribe(made, "ann@readers.test")
    copy_store(tmp_path / "newsletter.db", tmp_path / "copy.db")
    return made


def subscribe(url: str, *addresses: str) -> None:
    store = open_store(url)
    with store.write() as tx:
        save_subscribers(tx, [SubscriberRow(each) for each in addresses], now=NOON)
    store.close()


def count(url: str) -> int:
    store = open_store(url)
    with store.read() as tx:
        found = sum(count_subscribers(tx).values())
    store.close()
    return found


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def damage(path: Path, how: str) -> bytes:
    data = path.read_bytes()
    page = int.from_bytes(data[16:18], "big")
    damaged = {
        "overwritten": b"something else entirely " * 400,
        "cut off": data[: len(data) // 2],
        "a page of it lost": data[: 2 * page] + os.urandom(4 * page) + data[6 * page :],
        "empty": b"",
    }[how]
    path.write_bytes(damaged)
    return damaged


@pytest.mark.parametrize("how", ["overwritten", "cut off", "a page of it lost", "empty"])
def test_a_damaged_store_is_set_aside_byte_for_byte(url: str, tmp_path: Path, how: str) -> None:
    path = tmp_path / "newsletter.db"
    companions = {"-wal": b"the log of it", "-shm": b"and its index"}
    damaged = damage(path, how)
    for suffix, data in companions.items():
        path.with_name(path.name + suffix).write_bytes(data)
    kept = restore_store(url, tmp_path / "copy.db")
    assert kept is not None
    assert kept.read_bytes() == damaged
    assert kept.with_name(kept.name + "-wal").read_bytes() == companions["-wal"]
    assert kept.with_name(kept.name + "-shm").exists()
    assert count(url) == 1
    assert [name for name in names(tmp_path) if "part" in name or "restored" in name] == []


def test_a_sound_store_is_kept_whole_with_what_was_committed_last(url: str, tmp_path: Path) -> None:
    store = open_store(url)  # its log is not written back while it is open
    with store.write() as tx:
        save_subscribers(tx, [SubscriberRow("bob@readers.test")], now=NOON)
    kept = restore_store(url, tmp_path / "copy.db")
    with store.read() as tx:
        assert sum(count_subscribers(tx).values()) == 1, "who has it open goes on with the copy"
    store.close()
    assert count(f"sqlite:///{kept}") == 2


def test_two_restorations_in_a_second_keep_both(url: str, tmp_path: Path) -> None:
    kept = {restore_store(url, tmp_path / "copy.db") for _ in range(4)}
    assert len(kept) == 4
    assert all(path is not None and path.exists() for path in kept)


def test_a_store_that_is_missing_is_made_of_the_copy(url: str, tmp_path: Path) -> None:
    (tmp_path / "newsletter.db").unlink()
    assert restore_store(url, tmp_path / "copy.db") is None
    assert count(url) == 1
    assert names(tmp_path) == ["copy.db", "newsletter.db", "newsletter.db.lock"]


def test_a_copy_that_is_damaged_or_newer_is_refused_and_the_store_stands(url: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    subscribe(url, "bob@readers.test")
    with pytest.raises(StoreError, match="newer version"):
        restore_store(url, copy)
    damage(copy, "a page of it lost")
    with pytest.raises(StoreError, match="not a whole copy"):
        restore_store(url, copy)
    assert count(url) == 2


def test_nothing_is_restored_under_a_delivery(url: str, tmp_path: Path) -> None:
    store = open_store(url)
    with hold_delivery_lock(store), pytest.raises(StoreError, match="a delivery is at work"):
        restore_store(url, tmp_path / "copy.db")
    store.close()


@pytest.mark.parametrize(
    "name", ["newsletter.db", "newsletter.db-wal", "newsletter.db.lock", "linked.db", "hard.db"]
)
def test_a_store_is_not_copied_onto_itself(url: str, tmp_path: Path, name: str) -> None:
    (tmp_path / "linked.db").symlink_to("newsletter.db")
    (tmp_path / "hard.db").hardlink_to(tmp_path / "newsletter.db")
    with pytest.raises(ConfigError, match="the store itself"):
        backup_store(tmp_path / "newsletter.db", tmp_path / name)
    with pytest.raises(ConfigError, match="the store itself"):
        restore_store(url, tmp_path / "linked.db")
    assert count(url) == 1


def test_a_copy_that_fails_leaves_nothing_and_an_earlier_one_stands(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_path: Path) -> None:
        raise OSError(28, "No space left on device")

    subscribe(url, "bob@readers.test")
    monkeypatch.setattr(copies, "_flush", fail)
    with pytest.raises(StoreError, match="No space left"):
        copy_store(tmp_path / "newsletter.db", tmp_path / "copy.db")
    assert names(tmp_path) == ["copy.db", "newsletter.db"]
    assert count(f"sqlite:///{tmp_path / 'copy.db'}") == 1


def test_what_a_copy_that_died_left_is_no_hindrance(url: str, tmp_path: Path) -> None:
    (tmp_path / "copy.db.part").write_bytes(b"half a copy")
    (tmp_path / "copy.db.part-journal").write_bytes(b"its journal")
    backup_store(tmp_path / "newsletter.db", tmp_path / "copy.db")
    assert names(tmp_path) == ["copy.db", "newsletter.db"]


def test_a_folder_that_is_missing_is_named_with_the_fix(url: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        backup_store(tmp_path / "newsletter.db", tmp_path / "none" / "copy.db")
    assert "mkdir" in caught.value.fix
