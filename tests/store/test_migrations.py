"""The schema is the sum of its migrations, there is one head, and an old store is copied first."""

from __future__ import annotations

import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from newsletter.errors import StoreError
from newsletter.store import Store, connect_store, migrate, open_store, schema
from newsletter.store.migrate import HEAD, alembic_config
from tests.store.old_store import make_old_store


def _read_tables(engine: sa.Engine) -> dict[str, list[str]]:
    with engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")).all()
    ours = (row for row in rows if not row.name.startswith(("alembic", "sqlite")))
    return {row.name: _normalise(row.sql) for row in ours}


def _normalise(sql: str) -> list[str]:
    """The parts of a statement, whatever the order of its constraints."""
    flat = re.sub(r"\s+", " ", sql).replace(" )", ")")
    head, *constraints = re.split(r", (?=CONSTRAINT )", flat.removesuffix(" WITHOUT ROWID").removesuffix(")"))
    return [head, *sorted(constraints), "WITHOUT ROWID" if sql.endswith("WITHOUT ROWID") else ""]


def test_the_schema_equals_the_sum_of_its_migrations(store: Store) -> None:
    engine = sa.create_engine("sqlite://")
    schema.metadata.create_all(engine)
    assert _read_tables(store.engine) == _read_tables(engine)
    engine.dispose()


def test_there_is_one_head_and_the_program_knows_it() -> None:
    assert ScriptDirectory.from_config(alembic_config()).get_heads() == [HEAD]


def test_a_store_that_must_be_migrated_is_copied_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'newsletter.db'}"
    open_store(url).close()
    # As if this program were one revision ahead: the step itself finds nothing to do.
    monkeypatch.setattr(migrate, "HEAD", "9999")
    open_store(url).close()
    copy = tmp_path / "newsletter.db.before-9999"
    monkeypatch.undo()
    opened = connect_store(f"sqlite:///{copy}")
    assert migrate.current_revision(opened) == HEAD
    opened.close()


def test_of_processes_that_open_an_old_store_at_once_one_migrates_it(tmp_path: Path) -> None:
    path = tmp_path / "newsletter.db"
    make_old_store(path, FIRST.strip().splitlines())
    at_once = Barrier(4)

    def open_it(_number: int) -> str | None:
        store = connect_store(f"sqlite:///{path}")
        assert migrate.current_revision(store) == "0001"
        at_once.wait()
        try:
            return migrate.migrate_store(store)
        finally:
            store.close()

    with ThreadPoolExecutor(4) as threads:
        assert sorted(map(str, threads.map(open_it, range(4)))) == ["0001", "None", "None", "None"]
    assert [copy.name for copy in tmp_path.glob("*.before-*")] == [f"newsletter.db.before-{HEAD}"]
    assert read_revision(tmp_path / f"newsletter.db.before-{HEAD}") == "0001"


def test_an_earlier_copy_is_never_written_over(tmp_path: Path) -> None:
    path, earlier = tmp_path / "newsletter.db", tmp_path / f"newsletter.db.before-{HEAD}"
    make_old_store(path, FIRST.strip().splitlines())
    earlier.write_bytes(b"what somebody wants to keep")
    open_store(f"sqlite:///{path}").close()
    assert earlier.read_bytes() == b"what somebody wants to keep"
    assert read_revision(tmp_path / f"newsletter.db.before-{HEAD}.2") == "0001"


def test_a_step_that_fails_leaves_the_store_as_it_was_and_no_copy(tmp_path: Path) -> None:
    path = tmp_path / "newsletter.db"
    make_old_store(path, [*FIRST.strip().splitlines(), "CREATE TABLE rendition (id INTEGER)"])
    for _ in range(2):
        with pytest.raises(StoreError):
            open_store(f"sqlite:///{path}")
    assert read_revision(path) == "0001"
    assert list(tmp_path.glob("*.before-*")) == []


def read_revision(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        [(revision,)] = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    return str(revision)


def test_opening_twice_migrates_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'newsletter.db'}"
    open_store(url).close()
    open_store(url).close()
    assert [path.name for path in tmp_path.glob("*.before-*")] == []


def test_the_first_store_ever_keeps_its_deliveries_and_gets_its_keywords_counted(tmp_path: Path) -> None:
    path = tmp_path / "newsletter.db"
    make_old_store(path, FIRST.strip().splitlines())
    store = connect_store(f"sqlite:///{path}")
    assert migrate.migrate_store(store) == "0001"
    with store.read() as tx:
        assert tx.exec_driver_sql("SELECT normal, papers FROM keyword_use ORDER BY normal").all() == [
            ("a", 2),
            ("b", 1),
        ]
        kept = "SELECT subscriber_id, state, key FROM delivery LEFT JOIN rendition ON id = rendition_id"
        assert tx.exec_driver_sql(kept).all() == [(1, "pending", None), (2, "unknown", " a,b|3")]
    store.close()


FIRST = """
INSERT INTO edition VALUES (1, 'daily', '2025-09-24', 1, '2025-09-24', '2025-09-24', NULL, NULL, NULL, NULL)
INSERT INTO paper VALUES (1, 'x', '{}', 'h', '2025-09-24', '2025-09-24 04:00:00', '2025-09-24 04:00:00')
INSERT INTO paper VALUES (2, 'y', '{}', 'h', '2025-09-24', '2025-09-24 03:59:59', '2025-09-24 03:59:59')
INSERT INTO paper VALUES (3, 'z', '{}', 'h', '2025-09-24', '2025-09-24 03:59:58', '2025-09-24 03:59:58')
INSERT INTO edition_paper VALUES (1, 0, 1), (1, 1, 2)
INSERT INTO paper_keyword VALUES (1, 0, 'a', 'A'), (2, 0, 'a', 'A'), (2, 1, 'b', 'B'), (3, 0, 'b', 'B')
INSERT INTO paper_keyword VALUES (1, 1, '', '.')
INSERT INTO delivery (edition_id, subscriber_id, state) VALUES (1, 1, 'pending')
INSERT INTO delivery (edition_id, subscriber_id, state, choice) VALUES (1, 2, 'unknown', 'a,b|3')
"""
