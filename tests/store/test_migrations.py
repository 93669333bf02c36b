"""The schema is the sum of its migrations, there is one head, and an old store is copied first."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory

from newsletter.store import Store, connect_store, migrate, open_store, schema
from newsletter.store.migrate import HEAD, alembic_config


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


def test_opening_twice_migrates_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'newsletter.db'}"
    open_store(url).close()
    open_store(url).close()
    assert [path.name for path in tmp_path.glob("*.before-*")] == []


def test_the_first_store_ever_keeps_its_deliveries_and_gets_its_keywords_counted(tmp_path: Path) -> None:
    path = tmp_path / "newsletter.db"
    store = connect_store(f"sqlite:///{path}")
    config = alembic_config()
    with store.write() as tx:
        config.attributes["connection"] = tx
        command.upgrade(config, "0001")
        for statement in FIRST.strip().splitlines():
            tx.exec_driver_sql(statement)
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
