"""Subscribers and their preferences, one at a time and in pages.

An address is one subscriber, by its normal form. Whoever unsubscribed stays so until he himself
asks again (`resubscribe`): no import and no other subscriber's row revives him. No row takes a
confirmation back.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from newsletter.errors import NotFound
from newsletter.model import EditionKind, Preferences, Subscriber, SubscriberStatus
from newsletter.store import schema
from newsletter.store.engine import Transaction

_TABLE = schema.subscriber
_CONFIRMED = SubscriberStatus.CONFIRMED
_SHARED = 4_096  # different preferences kept: most readers share a few
_PAGE = 5_000  # rows read at once: a million subscribers in constant memory


def find_subscriber(tx: Transaction, email: str) -> Subscriber:
    """Raises NotFound."""
    return _one(tx, _TABLE.c.normal_email == normal_email(email), email)


def find_subscriber_by_public_id(tx: Transaction, public_id: str) -> Subscriber:
    """Raises NotFound."""
    return _one(tx, _TABLE.c.public_id == public_id, "this link")


def iterate_subscribers(tx: Transaction, *, status: SubscriberStatus | None = None) -> Iterator[Subscriber]:
    """All subscribers, by id."""
    statement = sa.select(_TABLE)
    return iterate_pages(tx, statement if status is None else statement.where(_TABLE.c.status == status))


def iterate_pages(tx: Transaction, statement: sa.Select[Any]) -> Iterator[Subscriber]:
    """The subscribers of a statement that selects their columns, by id, read a page at a time."""
    last, rows = 0, None
    statement = statement.order_by(_TABLE.c.id).limit(_PAGE)
    while rows is None or len(rows) == _PAGE:
        rows = tx.execute(statement.where(_TABLE.c.id > last)).all()
        yield from map(read_subscriber, rows)
        last = rows[-1].id if rows else last


def count_subscribers(tx: Transaction) -> dict[SubscriberStatus, int]:
    rows = tx.execute(sa.select(_TABLE.c.status, sa.func.count()).group_by(_TABLE.c.status))
    return {SubscriberStatus(status): count for status, count in rows}


def unsubscribe(tx: Transaction, subscriber: Subscriber, *, now: datetime) -> None:
    """Idempotent: the first date stands."""
    tx.execute(
        sa.update(_TABLE)
        .where(_TABLE.c.id == subscriber.id, _TABLE.c.status != SubscriberStatus.UNSUBSCRIBED)
        .values(status=SubscriberStatus.UNSUBSCRIBED, unsubscribed_at=now)
    )


def resubscribe(tx: Transaction, subscriber: Subscriber, *, now: datetime) -> None:
    """The subscriber is confirmed from now on, at his own word; who is already stays as he is.

    A suppression stands: it is about the address, not about what its owner wants.
    """
    tx.execute(
        sa.update(_TABLE)
        .where(_TABLE.c.id == subscriber.id, _TABLE.c.status != _CONFIRMED)
        .values(status=_CONFIRMED, confirmed_at=now, unsubscribed_at=None)
    )


def normal_email(email: str) -> str:
    """The address as it is compared: no spaces around, lower case (no real server tells case apart),
    the domain as A-label (RFC 5891) so that both of its spellings are one."""
    email = email.strip().lower()
    if email.isascii() and "@" in email:
        return email
    local, _, domain = email.rpartition("@")
    if not domain.isascii():
        import idna  # noqa: PLC0415 - large tables that hardly any address needs

        with contextlib.suppress(idna.IDNAError):  # not a domain: no subscriber has it
            domain = idna.encode(domain, uts46=True).decode("ascii")
    return f"{local}@{domain}"


def read_subscriber(row: Any) -> Subscriber:
    """A row with the columns of `subscriber` as the model has it."""
    preferences = _read_preferences(row.keywords, row.frequency, row.language, row.paper_limit)
    return Subscriber(row.id, row.public_id, row.email, row.name, _STATUSES[row.status], preferences)


_STATUSES = {status.value: status for status in SubscriberStatus}


@lru_cache(maxsize=_SHARED)
def _read_preferences(
    keywords: str | None, frequency: str, language: str, paper_limit: int | None
) -> Preferences:
    chosen = None if keywords is None else tuple(json.loads(keywords))
    return Preferences(chosen, EditionKind(frequency), language, paper_limit)


def _one(tx: Transaction, condition: sa.ColumnElement[bool], what: str) -> Subscriber:
    row = tx.execute(sa.select(_TABLE).where(condition)).first()
    if row is None:
        raise NotFound(f"{what} belongs to no subscriber")
    return read_subscriber(row)
