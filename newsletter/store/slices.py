"""Statements that name many values: in slices that any SQLite takes, or as one parameter.

SQLite takes 32,766 parameters at most (by default, since 3.32). Slices are the faster way; one parameter is
for statements that count, order or cut what they find.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

import sqlalchemy as sa

from newsletter.store.engine import Transaction

_MANY = 5_000
_Value = TypeVar("_Value", int, str)


def in_slices(values: Iterable[_Value]) -> Iterator[list[_Value]]:
    """Each value once, so many at a time, always in the same order."""
    remaining = iter(sorted(set(values)))
    return iter(lambda: list(islice(remaining, _MANY)), [])


def select_in(
    tx: Transaction, statement: sa.Select[Any], column: sa.ColumnElement[Any], values: Iterable[_Value] | None
) -> list[Any]:
    """The rows of `statement` whose `column` has one of the values; all rows where that is None."""
    if values is None:
        return list(tx.execute(statement).all())
    return [row for some in in_slices(values) for row in tx.execute(statement.where(column.in_(some)))]


def is_one_of(column: sa.ColumnElement[Any], values: Iterable[str]) -> sa.ColumnElement[bool]:
    """Whether the column has one of the values, however many: they go as one JSON text."""
    listed = sa.func.json_each(json.dumps(sorted(set(values)))).table_valued("value")
    return column.in_(sa.select(listed.c.value))
