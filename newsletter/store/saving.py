"""Saves subscribers in bulk: new addresses are added, known ones brought up to date.

What a row may change is decided here: no row revives who unsubscribed, none takes a confirmation back.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import lru_cache
from itertools import count
from typing import Any, NamedTuple

import sqlalchemy as sa

from newsletter.model import Preferences, SubscriberStatus
from newsletter.store import schema
from newsletter.store.engine import Transaction
from newsletter.store.subscribers import normal_email

_TABLE = schema.subscriber
_CONFIRMED = SubscriberStatus.CONFIRMED


PREFERENCES = frozenset({"keywords", "frequency", "language", "limit"})


class SubscriberRow(NamedTuple):
    """What a list or a command says of an address; of what it says nothing, what is stored stands.

    `named` are the preferences it speaks of.
    """

    email: str
    name: str | None = None
    preferences: Preferences = Preferences()
    named: frozenset[str] = frozenset()
    status: SubscriberStatus | None = None


Addressed = tuple[str, SubscriberRow]
"""A row behind the normal form of its address."""


def save_subscribers(tx: Transaction, rows: Iterable[SubscriberRow], *, now: datetime) -> int:
    """Adds the new addresses and brings the known ones up to date; returns how many were new.

    A new address counts as confirmed unless its row says otherwise.
    """
    addressed = [(normal_email(row.email), row._replace(email=row.email.strip())) for row in rows]
    return save_addressed(tx, addressed, now=now)


def save_addressed(tx: Transaction, rows: Sequence[Addressed], *, now: datetime) -> int:
    """The same in bulk, for the thousands of a list."""
    new, known = _part(rows, _find_known(tx, [address for address, _ in rows]))
    _insert(tx, new, now)
    telling = [each for each in known if each[1].name is not None or each[1].named or each[1].status]
    stored = _find_stored(tx, [address for address, _ in telling])  # those just added too
    for address, row in telling:
        stored[address].change(row)
    _update(tx, stored.values(), now)
    return len(new)


def _part(
    rows: Sequence[Addressed], stored: Container[str]
) -> tuple[dict[str, SubscriberRow], Sequence[Addressed]]:
    """The first rows of new addresses, and the rows of addresses that are stored by then."""
    if not stored and len(new := dict(rows)) == len(rows):
        return new, ()
    new = {}
    known: list[Addressed] = []
    for address, row in rows:
        if address in stored or address in new:
            known.append((address, row))
        else:
            new[address] = row
    return new, known


def make_public_ids(count: int) -> list[str]:
    """New ids, 64 random bits each. Those made together begin alike: they stand together in their index,
    and a slice of an import need not touch every page of it."""
    place, digits = secrets.token_hex(2), secrets.token_hex(8 * count)
    return [place + digits[at : at + 16] for at in range(0, 16 * count, 16)]


@dataclass(slots=True)
class _Stored:
    """What is stored of an address, as far as a row may change it."""

    id: int
    name: str
    status: str
    keywords: str | None
    frequency: str
    language: str
    paper_limit: int | None
    is_changed: bool = False
    is_confirmed_now: bool = False
    is_unsubscribed_now: bool = False

    def change(self, row: SubscriberRow) -> None:
        """Takes over what the row says; it leads the status forward only."""
        if row.name is not None:
            self._set("name", row.name)
        if row.named:
            for column, value in _columns_of(row).items():
                self._set(column, value)
        if row.status is not None and _STEPS.index(row.status) > _STEPS.index(self.status):
            self._set("status", row.status.value)
            self.is_confirmed_now = row.status is SubscriberStatus.CONFIRMED
            self.is_unsubscribed_now = row.status is SubscriberStatus.UNSUBSCRIBED

    def _set(self, column: str, value: _Value) -> None:
        if getattr(self, column) != value:
            setattr(self, column, value)
            self.is_changed = True


_STEPS = [each.value for each in SubscriberStatus]


def _columns_of(row: SubscriberRow) -> dict[str, _Value]:
    """The preferences that the row names, by column."""
    wanted = row.preferences
    columns: dict[str, tuple[str, _Value]] = {
        "keywords": ("keywords", None if wanted.keywords is None else _write_keywords(wanted.keywords)),
        "frequency": ("frequency", wanted.frequency.value),
        "language": ("language", wanted.language),
        "limit": ("paper_limit", wanted.limit),
    }
    return dict(columns[name] for name in row.named)


def _write_keywords(keywords: Sequence[str]) -> str:
    return json.dumps(keywords, ensure_ascii=False)


def _find_known(tx: Transaction, addresses: Sequence[str]) -> frozenset[str]:
    """Those of these normal forms that are stored."""
    statement = sa.select(_TABLE.c.normal_email).where(_IS_ONE_OF)
    return frozenset(tx.execute(statement, {"addresses": json.dumps(addresses)}).scalars())


def _find_stored(tx: Transaction, addresses: Sequence[str]) -> dict[str, _Stored]:
    """What is stored of these normal forms, by them."""
    if not addresses:
        return {}
    columns = [_TABLE.c[each.name] for each in fields(_Stored) if each.name in _TABLE.c]
    statement = sa.select(_TABLE.c.normal_email, *columns).where(_IS_ONE_OF)
    rows = tx.execute(statement, {"addresses": json.dumps(addresses)})
    return {address: _Stored(*values) for address, *values in rows}


_IS_ONE_OF = _TABLE.c.normal_email.in_(  # one parameter, however many addresses
    sa.select(sa.func.json_each(sa.bindparam("addresses")).table_valued("value").c.value)
)


def _insert(tx: Transaction, rows: Mapping[str, SubscriberRow], now: datetime) -> None:
    """Adds these rows by their normal forms."""
    moment = _write_instant(tx, now)
    kinds: dict[tuple[Any, ...], _Kind] = {}
    last: tuple[Any, ...] = ()
    for public_id, (address, row) in zip(make_public_ids(len(rows)), rows.items(), strict=True):
        if row[2:] != last:  # most rows of a list are like the one before
            last = row[2:]
            kind = kinds.setdefault(last, _Kind(_new_columns(row, moment)))
        kind.own += (public_id, address, row.email, row.name or "")
    for kind in kinds.values():
        rest = len(kind.own) % (len(_OWN) * _ROWS_A_STATEMENT)
        _insert_kind(tx, kind.shared, kind.own[: len(kind.own) - rest], _ROWS_A_STATEMENT)
        _insert_kind(tx, kind.shared, kind.own[len(kind.own) - rest :], 1)


_Value = str | int | None
_OWN = ("public_id", "normal_email", "email", "name")
_ROWS_A_STATEMENT = 200


@dataclass(slots=True)
class _Kind:
    """New subscribers alike but for name and address: what they share, by column, and the values of each."""

    shared: dict[str, _Value]
    own: list[_Value] = field(default_factory=list)


def _insert_kind(tx: Transaction, shared: Mapping[str, _Value], own: Sequence[_Value], rows: int) -> None:
    """Many rows a statement, the shared values once in each, straight to the driver: a row a statement takes
    a third longer, and SQLAlchemy's own way twice as long."""
    width = len(_OWN) * rows
    values = [(*shared.values(), *own[at : at + width]) for at in range(0, len(own), width)]
    if values:
        tx.exec_driver_sql(_insert_statement(tuple(shared), rows), values)


@lru_cache(maxsize=64)
def _insert_statement(shared: tuple[str, ...], rows: int) -> str:
    common = [f"?{number + 1}" for number in range(len(shared))]
    own = count(len(shared) + 1)
    places = [", ".join([*common, *(f"?{next(own)}" for _ in _OWN)]) for _ in range(rows)]
    return f"INSERT INTO subscriber ({', '.join(shared + _OWN)}) VALUES ({'), ('.join(places)})"  # noqa: S608 - names


def _new_columns(row: SubscriberRow, moment: str) -> dict[str, _Value]:
    status = row.status or _CONFIRMED
    columns: dict[str, _Value] = {
        "status": status.value,
        "created_at": moment,
        "confirmed_at": moment if status is _CONFIRMED else None,
        "unsubscribed_at": moment if status is SubscriberStatus.UNSUBSCRIBED else None,
        "frequency": Preferences().frequency.value,
    }
    columns |= _columns_of(row)
    return {column: value for column, value in columns.items() if value not in (None, "")}


def _write_instant(tx: Transaction, now: datetime) -> str:
    write = schema.Instant().bind_processor(tx.dialect)
    return str(write(now) if write else now)


def _update(tx: Transaction, stored: Iterable[_Stored], now: datetime) -> None:
    changed = [
        {
            "of": each.id,
            "new_name": each.name,
            "new_status": each.status,
            "new_keywords": each.keywords,
            "new_frequency": each.frequency,
            "new_language": each.language,
            "new_limit": each.paper_limit,
            "confirmed_now": now if each.is_confirmed_now else None,
            "unsubscribed_now": now if each.is_unsubscribed_now else None,
        }
        for each in stored
        if each.is_changed
    ]
    if changed:
        tx.execute(_UPDATE, changed)


_UPDATE = (
    sa.update(_TABLE)
    .where(_TABLE.c.id == sa.bindparam("of"))
    .values(
        name=sa.bindparam("new_name"),
        status=sa.bindparam("new_status"),
        keywords=sa.bindparam("new_keywords"),
        frequency=sa.bindparam("new_frequency"),
        language=sa.bindparam("new_language"),
        paper_limit=sa.bindparam("new_limit"),
        confirmed_at=sa.func.coalesce(
            sa.bindparam("confirmed_now", type_=schema.Instant), _TABLE.c.confirmed_at
        ),
        unsubscribed_at=sa.func.coalesce(
            sa.bindparam("unsubscribed_now", type_=schema.Instant), _TABLE.c.unsubscribed_at
        ),
    )
)
