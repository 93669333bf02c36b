"""Transactions, and what goes wrong with a database file."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.errors import StoreError
from newsletter.store import Store, connect_store, engine, open_store
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


def test_a_connection_is_kept_for_the_next_transaction_and_the_others_go_back(store: Store) -> None:
    with store.read(), store.read(), store.read():
        assert checked_out(store) == 3
    assert checked_out(store) == 1
    with store.write(), store.read():
        assert checked_out(store) == 2
    with pytest.raises(RuntimeError), store.write():
        raise RuntimeError
    assert checked_out(store) == 0, "what failed is not used on"


def checked_out(store: Store) -> int:
    pool = store.engine.pool
    assert isinstance(pool, sa.QueuePool)
    return pool.checkedout()


def test_a_writer_gets_its_turn_in_the_short_pauses_of_another(store: Store, tmp_path: Path) -> None:
    """As between the slices of an import: 40 ms of work, 15 ms of pause."""
    other = connect_store(f"sqlite:///{tmp_path / 'newsletter.db'}")
    ended = threading.Event()

    def write_on_and_on() -> None:
        while not ended.is_set():
            with other.write():
                time.sleep(0.04)
            time.sleep(0.015)

    thread = threading.Thread(target=write_on_and_on)
    thread.start()
    waits = []
    for _ in range(20):
        time.sleep(0.01)
        started = time.monotonic()
        with store.write():
            waits.append(time.monotonic() - started)
    ended.set()
    thread.join()
    other.close()
    assert sorted(waits)[15] < 0.1
    assert max(waits) < 0.5


def test_a_store_that_another_program_holds_is_busy(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_BUSY_TIMEOUT_SECONDS", 0.3)
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="is busy"), store.write():
            pass
        other.execute("ROLLBACK")
    with store.write() as tx:
        secret_key(tx)


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


@pytest.mark.parametrize("folder", ["what?", "a#b", "100%", "%41", "a b&c=d"])
def test_a_folder_may_have_any_name(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir()
    path = tmp_path / folder / "newsletter.db"
    open_store(f"sqlite:///{path}").close()
    assert path.exists()
    assert [each.name for each in tmp_path.iterdir()] == [folder]


def test_a_store_whose_place_another_file_takes_is_given_up(tmp_path: Path) -> None:
    path = tmp_path / "newsletter.db"
    store = open_store(f"sqlite:///{path}")
    with store.write() as tx:
        key = secret_key(tx)
    path.rename(tmp_path / "moved.db")
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE other (id INTEGER)")
    other.close()
    for _ in range(2):
        with pytest.raises(StoreError, match="took the place of the store") as caught, store.write() as tx:
            assert secret_key(tx) == key, "what is open still is the old one"
        assert "start again" in caught.value.fix
    store.close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("other",)]


def test_a_store_that_is_deleted_under_a_run_is_told(tmp_path: Path) -> None:
    path = tmp_path / "newsletter.db"
    store = open_store(f"sqlite:///{path}")
    path.unlink()
    with pytest.raises(StoreError, match="is gone"), store.read():
        pass
    store.close()
