"""Adds new subscribers in bulk, straight to the driver. What their rows hold is for `saving` to say."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import chain, count

from newsletter.store.engine import Transaction

Value = str | int | None
Columns = tuple[str, ...]
_ROWS_A_STATEMENT = 200
_DIGITS = 16


def make_public_ids(number: int) -> list[str]:
    """New ids, 64 random bits each. Those made together begin alike: they stand together in their index,
    and a slice of an import need not touch every page of it."""
    place, digits = _draw(number)
    return [place + digits[at : at + _DIGITS] for at in range(0, len(digits), _DIGITS)]


def _draw(number: int) -> tuple[str, str]:
    """What ids made together begin with, and what each has for itself, one after the other."""
    return secrets.token_hex(2), secrets.token_hex(_DIGITS // 2 * number)


def add_alike(tx: Transaction, shared: Mapping[str, Value], addresses: str, number: int) -> None:
    """Adds a JSON list of so many addresses that are their own normal form, the shared values in each row.
    Raises sqlite3.IntegrityError where one of them is stored or stands there twice: then none is added.

    SQLite takes the list apart: to make rows in Python and to bind them takes as long as their inserting.
    """
    place, digits = _draw(number)
    values = (addresses, place, digits.encode(), *shared.values())  # of bytes, SQLite need not count letters
    cursor = tx.connection.cursor()
    try:
        # Not through SQLAlchemy: its errors are held in a circle, with all their values.
        cursor.execute(_alike_statement(tuple(shared)), values)
    finally:
        cursor.close()


@lru_cache(maxsize=64)
def _alike_statement(shared: Columns) -> str:
    columns = ", ".join(["email", "normal_email", "public_id", *shared])
    own = f"value, value, ?2 || substr(?3, key * {_DIGITS} + 1, {_DIGITS})"
    values = ", ".join([own, *(f"?{number + 4}" for number in range(len(shared)))])
    return f"INSERT INTO subscriber ({columns}) SELECT {values} FROM json_each(?1)"  # noqa: S608 - names


def add_each(
    tx: Transaction,
    shared: Mapping[str, Value],
    own: tuple[Columns, ...],
    rows: Sequence[tuple[Value, ...]],
) -> None:
    """Many rows a statement, the shared values once in each: a row a statement takes a third longer, and
    SQLAlchemy's own way twice as long. Each value of a row goes into all columns of its place in `own`."""
    rest = len(rows) % _ROWS_A_STATEMENT
    for part, size in ((rows[: len(rows) - rest], _ROWS_A_STATEMENT), (rows[len(rows) - rest :], 1)):
        values = [
            (*shared.values(), *chain.from_iterable(part[at : at + size])) for at in range(0, len(part), size)
        ]
        if values:
            tx.exec_driver_sql(_each_statement(tuple(shared), own, size), values)


@lru_cache(maxsize=64)
def _each_statement(shared: Columns, own: tuple[Columns, ...], rows: int) -> str:
    columns = ", ".join([*shared, *chain.from_iterable(own)])
    common = [f"?{number + 1}" for number in range(len(shared))]
    numbers = count(len(shared) + 1)
    places = []
    for _ in range(rows):
        each = [[f"?{next(numbers)}"] * len(names) for names in own]
        places.append(", ".join([*common, *chain.from_iterable(each)]))
    return f"INSERT INTO subscriber ({columns}) VALUES ({'), ('.join(places)})"  # noqa: S608 - names
