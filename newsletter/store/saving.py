"""Saves subscribers in bulk: new addresses are added, known ones brought up to date.

What a row may change is decided here: no row revives who unsubscribed, none takes a confirmation back.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import groupby, repeat
from operator import itemgetter
from typing import NamedTuple

import sqlalchemy as sa

from newsletter.model import Preferences, SubscriberStatus
from newsletter.store import schema
from newsletter.store.adding import Columns, Value, add_alike, add_each, make_public_ids
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


class Wishes(NamedTuple):
    """What a row says beside address and name; most rows of a list share theirs."""

    preferences: Preferences = Preferences()
    named: frozenset[str] = frozenset()
    status: SubscriberStatus | None = None


Addressed = tuple[str, str, str | None, Wishes]
"""A row of a long list: the normal form of its address, the address, the name, the wishes."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Rows of a long list that say the same beside their addresses, each of which is its own normal form."""

    addresses: list[str]
    name: str | None
    wishes: Wishes

    def __len__(self) -> int:
        return len(self.addresses)

    def __iter__(self) -> Iterator[Addressed]:
        return zip(self.addresses, self.addresses, repeat(self.name), repeat(self.wishes), strict=False)


Rows = Alike | list[Addressed]


def save_subscribers(tx: Transaction, rows: Iterable[SubscriberRow], *, now: datetime) -> int:
    """Adds the new addresses and brings the known ones up to date; returns how many were new.

    A new address counts as confirmed unless its row says otherwise.
    """
    addressed = [
        (normal_email(row.email), row.email.strip(), row.name, Wishes(row.preferences, row.named, row.status))
        for row in rows
    ]
    return save_addressed(tx, addressed, now=now)


def save_addressed(tx: Transaction, rows: Rows, *, now: datetime) -> int:
    """The same in bulk, for the thousands of a list."""
    if isinstance(rows, Alike):
        return _save_alike(tx, rows, now)
    new, known = _part(rows, _find_known(tx, [row[0] for row in rows]))
    _insert(tx, new, now)
    _change(tx, known, now)
    return len(new)


def _save_alike(tx: Transaction, rows: Alike, now: datetime) -> int:
    shared = _new_columns(rows.wishes, _write_instant(tx, now), name=rows.name)
    listed = _write_list(rows.addresses)
    with suppress(sqlite3.IntegrityError):  # a look before would take longer than one that fails
        add_alike(tx, shared, listed, len(rows))
        return len(rows)
    new = dict.fromkeys(_find_new(tx, listed))
    if new:
        add_alike(tx, shared, _write_list(list(new)), len(new))
    if is_telling(rows.name, rows.wishes):
        _change(tx, [row for row in rows if row[0] not in new], now)
    return len(new)


def _change(tx: Transaction, rows: Iterable[Addressed], now: datetime) -> None:
    telling = [row for row in rows if is_telling(row[2], row[3])]
    stored = _find_stored(tx, [row[0] for row in telling])  # those just added too
    for address, _, name, wishes in telling:
        stored[address].change(name, wishes)
    _update(tx, stored.values(), now)


def is_telling(name: str | None, wishes: Wishes) -> bool:
    """Whether a row says anything of an address that is stored."""
    return name is not None or bool(wishes.named or wishes.status)


def _part(
    rows: Sequence[Addressed], stored: Container[str]
) -> tuple[Sequence[Addressed], Sequence[Addressed]]:
    """The first rows of new addresses, and the rows of addresses that are stored by then."""
    if not stored and len({row[0] for row in rows}) == len(rows):
        return rows, ()
    new: dict[str, Addressed] = {}
    known: list[Addressed] = []
    for row in rows:
        if row[0] in stored or row[0] in new:
            known.append(row)
        else:
            new[row[0]] = row
    return list(new.values()), known


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

    def change(self, name: str | None, wishes: Wishes) -> None:
        """Takes over what a row says; it leads the status forward only."""
        if name is not None:
            self._set("name", name)
        if wishes.named:
            for column, value in _columns_of(wishes).items():
                self._set(column, value)
        status = wishes.status
        if status is not None and _STEPS.index(status) > _STEPS.index(self.status):
            self._set("status", status.value)
            self.is_confirmed_now = status is SubscriberStatus.CONFIRMED
            self.is_unsubscribed_now = status is SubscriberStatus.UNSUBSCRIBED

    def _set(self, column: str, value: Value) -> None:
        if getattr(self, column) != value:
            setattr(self, column, value)
            self.is_changed = True


_STEPS = [each.value for each in SubscriberStatus]


def _columns_of(wishes: Wishes) -> dict[str, Value]:
    """The preferences that a row names, by column."""
    wanted = wishes.preferences
    columns: dict[str, tuple[str, Value]] = {
        "keywords": ("keywords", None if wanted.keywords is None else _write_keywords(wanted.keywords)),
        "frequency": ("frequency", wanted.frequency.value),
        "language": ("language", wanted.language),
        "limit": ("paper_limit", wanted.limit),
    }
    return dict(columns[name] for name in wishes.named)


def _write_keywords(keywords: Sequence[str]) -> str:
    return json.dumps(keywords, ensure_ascii=False)


def _write_list(values: Sequence[str]) -> str:
    """The values as a JSON list: in a fifth of the time where none holds what must be escaped."""
    text = '","'.join(values)
    if text.isprintable() and "\\" not in text and text.count('"') == 2 * (len(values) - 1):
        return f'["{text}"]'
    return json.dumps(values)


def _find_known(tx: Transaction, addresses: Sequence[str]) -> frozenset[str]:
    """Those of these normal forms that are stored."""
    return frozenset(tx.execute(_KNOWN, {"addresses": _write_list(addresses)}).scalars().all())


def _find_new(tx: Transaction, addresses: str) -> Sequence[str]:
    """Those of a JSON list of normal forms that are not stored."""
    return tx.execute(_NEW, {"addresses": addresses}).scalars().all()


def _find_stored(tx: Transaction, addresses: Sequence[str]) -> dict[str, _Stored]:
    """What is stored of these normal forms, by them."""
    if not addresses:
        return {}
    columns = [_TABLE.c[each.name] for each in fields(_Stored) if each.name in _TABLE.c]
    statement = sa.select(_TABLE.c.normal_email, *columns).where(
        _TABLE.c.normal_email.in_(sa.select(_ADDRESSES))
    )
    rows = tx.execute(statement, {"addresses": _write_list(addresses)})
    return {address: _Stored(*values) for address, *values in rows}


_ADDRESSES = sa.func.json_each(sa.bindparam("addresses")).table_valued("value").c.value
"""One parameter, however many addresses."""
_KNOWN = sa.select(_ADDRESSES).where(_ADDRESSES.in_(sa.select(_TABLE.c.normal_email)))
_NEW = sa.select(_ADDRESSES).where(_ADDRESSES.not_in(sa.select(_TABLE.c.normal_email)))
"""Both look each of them up in the index; the other way round SQLite would sort them first."""


def _insert(tx: Transaction, rows: Iterable[Addressed], now: datetime) -> None:
    moment = _write_instant(tx, now)
    kinds: dict[Wishes, list[Addressed]] = {}
    for wishes, alike in groupby(rows, itemgetter(3)):
        kinds.setdefault(wishes, []).extend(alike)
    for wishes, kind in kinds.items():
        addresses, emails, names, _ = zip(*kind, strict=True)
        shared = _new_columns(wishes, moment)
        if emails == addresses and not any(names):
            add_alike(tx, shared, _write_list(addresses), len(kind))
            continue
        own: dict[Columns, Sequence[Value]] = {("public_id",): make_public_ids(len(kind))}
        if emails == addresses:  # then given once
            own["normal_email", "email"] = emails
        else:
            own |= {("normal_email",): addresses, ("email",): emails}
        if any(names):
            own["name",] = [name or "" for name in names]
        add_each(tx, shared, tuple(own), list(zip(*own.values(), strict=True)))


def _new_columns(wishes: Wishes, moment: str, *, name: str | None = None) -> dict[str, Value]:
    status = wishes.status or _CONFIRMED
    columns: dict[str, Value] = {
        "name": name,
        "status": status.value,
        "created_at": moment,
        "confirmed_at": moment if status is _CONFIRMED else None,
        "unsubscribed_at": moment if status is SubscriberStatus.UNSUBSCRIBED else None,
        "frequency": Preferences().frequency.value,
    }
    columns |= _columns_of(wishes)
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
