"""Statements handed to the driver as they are: lists of any length, and rows that share one."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from newsletter.model import DeliveryState
from newsletter.store import Store, schema, statements
from newsletter.store.statements import Statement, as_stored, one_of
from tests.builders import NOON

_SETTING = schema.setting
_NAMES = [f"name-{number:04}" for number in range(1_200)]
_FIND = Statement(
    sa.select(_SETTING.c.name, _SETTING.c.value)
    .where(_SETTING.c.value != sa.bindparam("without"), _SETTING.c.name.in_(one_of("names")))
    .order_by(_SETTING.c.name),
    *("without", "names"),
)
_WRITE = Statement(
    sa.update(_SETTING)
    .where(_SETTING.c.name.in_(one_of("names")), _SETTING.c.value != DeliveryState.SKIPPED)
    .values(value=sa.bindparam("wanted") + "!"),
    *("wanted", "names"),
)


@pytest.fixture
def settings(store: Store) -> Store:
    with store.write() as tx:
        tx.execute(sa.insert(_SETTING), [{"name": name, "value": "old"} for name in _NAMES])
    return store


def test_a_list_longer_than_a_statement_takes_is_fetched_whole_and_in_its_order(settings: Store) -> None:
    with settings.read() as tx:
        found = _FIND.fetch(tx, "skipped", _NAMES)
    assert [row.name for row in found] == _NAMES
    assert {row.value for row in found} == {"old"}


def test_an_empty_list_finds_nothing(settings: Store) -> None:
    with settings.read() as tx:
        assert _FIND.fetch(tx, "skipped", []) == []


def test_each_row_gets_what_is_its_own_however_many_share_it(settings: Store) -> None:
    rows = [(f"value-{number % 7 if number < 900 else number}", name) for number, name in enumerate(_NAMES)]
    with settings.write() as tx:
        _WRITE.run(tx, rows)
    with settings.read() as tx:
        found = {row.name: row.value for row in tx.execute(sa.select(_SETTING))}
    assert found == {name: f"{value}!" for value, name in rows}


def test_rows_alike_are_one_statement(settings: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statements, "_MANY", 400)
    said: list[str] = []
    with settings.write() as tx:
        tx.connection.driver_connection.set_trace_callback(said.append)
        _WRITE.run(tx, [("new", name) for name in _NAMES])
        tx.connection.driver_connection.set_trace_callback(None)
    assert len(said) == 3


def test_what_is_fixed_in_a_statement_is_compared_as_a_plain_word(settings: Store) -> None:
    with settings.write() as tx:
        tx.execute(sa.update(_SETTING).where(_SETTING.c.name == _NAMES[0]).values(value="skipped"))
        _WRITE.run(tx, [("new", name) for name in _NAMES[:2]])
        values = tx.execute(sa.select(_SETTING.c.value).order_by(_SETTING.c.name).limit(2)).scalars().all()
    assert values == ["skipped", "new!"]


def test_a_time_is_written_as_sqlalchemy_writes_it(store: Store) -> None:
    with store.write() as tx:
        edition = {"kind": "daily", "period_end": NOON.date(), "revision": 1, "updated_at": NOON}
        tx.execute(sa.insert(schema.edition).values(published_at=NOON, **edition))
        assert tx.exec_driver_sql("SELECT published_at FROM edition").scalar() == as_stored(NOON)
