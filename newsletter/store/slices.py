"""Statements that name many values, in slices that any SQLite takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import sqlalchemy as sa

from newsletter.store.engine import Transaction

_MANY = 5_000


def in_slices(values: Iterable[str]) -> Iterator[list[str]]:
    """Each value once, so many at a time, always in the same order."""
    remaining = iter(sorted(set(values)))
    return iter(lambda: list(islice(remaining, _MANY)), [])


def select_in(
    tx: Transaction, statement: sa.Select[Any], column: sa.ColumnElement[Any], values: Iterable[str] | None
) -> list[Any]:
    """The rows of `statement` whose `column` has one of the values; all rows where that is None."""
    if values is None:
        return list(tx.execute(statement).all())
    return [row for some in in_slices(values) for row in tx.execute(statement.where(column.in_(some)))]
