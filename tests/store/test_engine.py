"""Transactions, and what goes wrong with a database file."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from newsletter.errors import StoreError
from newsletter.store import Store, open_store
from newsletter.store.settings import find_secret_key, find_tag_authority, fix_tag_authority, secret_key


def test_what_raises_inside_a_transaction_leaves_nothing(store: Store) -> None:
    first = b""

    def fail() -> None:
        nonlocal first
        with store.write() as tx:
            first = secret_key(tx)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with store.write() as tx:
        assert secret_key(tx) != first


def test_a_rehearsal_leaves_nothing(store: Store) -> None:
    with store.rehearse() as tx:
        rehearsed = secret_key(tx)
    with store.write() as tx:
        assert secret_key(tx) != rehearsed


TODAY, LATER = date(2025, 9, 24), date(2026, 1, 1)


def test_the_key_is_made_once(store: Store) -> None:
    with store.write() as tx:
        assert find_secret_key(tx) is None
        key = secret_key(tx)
    with store.write() as tx:
        assert secret_key(tx) == find_secret_key(tx) == key


def test_the_tag_authority_is_fixed_by_the_first_publication_and_by_nothing_before(store: Store) -> None:
    with store.write() as tx:
        assert find_tag_authority(tx, "wrong.test", LATER) == ("wrong.test", LATER)
        assert fix_tag_authority(tx, "papers.test", TODAY) == ("papers.test", TODAY)
    with store.write() as tx:
        assert find_tag_authority(tx, "moved.test", LATER) == ("papers.test", TODAY)
        assert fix_tag_authority(tx, "moved.test", LATER) == ("papers.test", TODAY)


@pytest.mark.parametrize("host", ["papers.example.org", "localhost", "127.0.0.1"])
def test_an_authority_that_is_nobodys_gives_way_to_the_first_real_host(store: Store, host: str) -> None:
    with store.write() as tx:
        fix_tag_authority(tx, host, LATER)
        assert fix_tag_authority(tx, "papers.test", TODAY) == ("papers.test", TODAY)
        assert fix_tag_authority(tx, "other.test", LATER) == ("papers.test", TODAY)


def test_two_writers_wait_for_each_other(store: Store) -> None:
    order = []

    def write_late() -> None:
        with store.write():
            order.append("second")

    with store.write():
        thread = threading.Thread(target=write_late)
        thread.start()
        time.sleep(0.2)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_a_file_that_is_no_database_is_one_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "newsletter.db"
    path.write_text("# not a database, but long enough to be read as one " * 40)
    with pytest.raises(StoreError, match="is not a store"):
        open_store(f"sqlite:///{path}")


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE account (id INTEGER)")
        connection.commit()
    with pytest.raises(StoreError, match="another program"):
        open_store(f"sqlite:///{path}")


def test_a_store_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'newsletter.db'}"
    open_store(url).close()
    with closing(sqlite3.connect(tmp_path / "newsletter.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    with pytest.raises(StoreError, match="newer version") as caught:
        open_store(url)
    assert "install" in caught.value.fix


def test_a_missing_folder_is_named_with_the_fix(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="folder of the store is missing") as caught:
        open_store(f"sqlite:///{tmp_path / 'none' / 'newsletter.db'}")
    assert "mkdir" in caught.value.fix
