"""Subscribers, their preferences and suppressions.

An address is one subscriber, by its normal form. Whoever unsubscribed stays so until he himself
asks again (`resubscribe`): no import and no other subscriber's row revives him. No row takes a
confirmation back.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import idna
import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from newsletter.errors import NotFound
from newsletter.model import EditionKind, Preferences, Subscriber, SubscriberStatus, SuppressionReason
from newsletter.store import schema
from newsletter.store.engine import Transaction

_TABLE = schema.subscriber
_SUPPRESSION = schema.suppression
_CONFIRMED = SubscriberStatus.CONFIRMED
_PAGE = 5_000  # rows read at once: a million subscribers in constant memory


PREFERENCES = frozenset({"keywords", "frequency", "language", "limit"})


@dataclass(frozen=True, slots=True)
class SubscriberRow:
    """What a list or a command says of an address; of what it says nothing, what is stored stands.

    `named` are the preferences it speaks of.
    """

    email: str
    name: str | None = None
    preferences: Preferences = Preferences()  # noqa: RUF009 - frozen
    named: frozenset[str] = frozenset()
    status: SubscriberStatus | None = None


def save_subscribers(tx: Transaction, rows: Sequence[SubscriberRow], *, now: datetime) -> int:
    """Adds the new addresses and brings the known ones up to date; returns how many were new.

    A new address counts as confirmed unless its row says otherwise.
    """
    known = {row.normal_email: row for row in _find_rows(tx, [normal_email(row.email) for row in rows])}
    added = 0
    for row in rows:
        stored = known.get(normal_email(row.email))
        if stored is None:
            statement = sa.insert(_TABLE).values(_new_values(row, now)).returning(_TABLE)
            # A list may name an address twice: its second row finds the first.
            known[normal_email(row.email)] = tx.execute(statement).one()
            added += 1
        elif changes := _changes(stored, row, now):
            update = sa.update(_TABLE).where(_TABLE.c.id == stored.id).values(changes).returning(_TABLE)
            known[normal_email(row.email)] = tx.execute(update).one()
    return added


def find_subscriber(tx: Transaction, email: str) -> Subscriber:
    """Raises NotFound."""
    return _one(tx, _TABLE.c.normal_email == normal_email(email), email)


def find_subscriber_by_public_id(tx: Transaction, public_id: str) -> Subscriber:
    """Raises NotFound."""
    return _one(tx, _TABLE.c.public_id == public_id, "this link")


def iterate_subscribers(tx: Transaction, *, status: SubscriberStatus | None = None) -> Iterator[Subscriber]:
    """All subscribers in the order they came, read in pages."""
    last = 0
    while True:
        statement = sa.select(_TABLE).where(_TABLE.c.id > last).order_by(_TABLE.c.id).limit(_PAGE)
        if status is not None:
            statement = statement.where(_TABLE.c.status == status)
        rows = tx.execute(statement).all()
        yield from map(read_subscriber, rows)
        if len(rows) < _PAGE:
            return
        last = rows[-1].id


def count_subscribers(tx: Transaction) -> dict[SubscriberStatus, int]:
    rows = tx.execute(sa.select(_TABLE.c.status, sa.func.count()).group_by(_TABLE.c.status))
    return {SubscriberStatus(status): count for status, count in rows}


def count_readers(tx: Transaction, kind: EditionKind) -> int:
    """The confirmed subscribers who want editions of this kind."""
    statement = sa.select(sa.func.count()).where(_TABLE.c.status == _CONFIRMED, _TABLE.c.frequency == kind)
    return int(tx.execute(statement).scalar_one())


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


def erase_subscriber(tx: Transaction, email: str) -> None:
    """Forgets the person; the ledger keeps numbers without a name. Raises NotFound.

    Servers quote the address in their answers: there it is crossed out. A suppression stays, else the
    next list would have mail sent to who complained.
    """
    subscriber = find_subscriber(tx, email)
    normal = normal_email(subscriber.email)
    delivery, event, notice = schema.delivery, schema.delivery_event, schema.notice
    of_delivery = delivery.c.subscriber_id == subscriber.id
    of_event = sa.or_(event.c.subscriber_id == subscriber.id, event.c.normal_email == normal)
    of_notice = sa.or_(notice.c.subscriber_id == subscriber.id, notice.c.email == subscriber.email)
    tx.exec_driver_sql("PRAGMA secure_delete = ON")  # else the bytes stay in the file until they are reused
    tx.execute(sa.delete(_TABLE).where(_TABLE.c.id == subscriber.id))
    _cross_out(tx, delivery.c.answer, of_delivery, subscriber)
    _cross_out(tx, event.c.detail, of_event, subscriber)
    tx.execute(sa.update(event).where(of_event).values(normal_email=ERASED))
    tx.execute(sa.delete(notice).where(of_notice))


ERASED = "(erased)"
"""What stands where an address was."""


def _cross_out(
    tx: Transaction, column: sa.Column[Any], is_his: sa.ColumnElement[bool], subscriber: Subscriber
) -> None:
    """Replaces the address, in each of its spellings, in the texts of these rows."""
    spellings = sorted({subscriber.email, normal_email(subscriber.email)}, key=len, reverse=True)
    address = re.compile("|".join(map(re.escape, spellings)), re.IGNORECASE)
    for text in tx.execute(sa.select(column).where(is_his, column.is_not(None)).distinct()).scalars().all():
        if (without := address.sub(ERASED, text)) != text:
            tx.execute(sa.update(column.table).where(is_his, column == text).values({column.name: without}))


def suppress(
    tx: Transaction, email: str, reason: SuppressionReason, *, now: datetime, detail: str = ""
) -> None:
    """From now on the address gets nothing; the first reason stands."""
    statement = insert(_SUPPRESSION).values(
        normal_email=normal_email(email), reason=reason, detail=detail, created_at=now
    )
    tx.execute(statement.on_conflict_do_nothing())


def find_suppression(tx: Transaction, email: str) -> SuppressionReason | None:
    statement = sa.select(_SUPPRESSION.c.reason).where(_SUPPRESSION.c.normal_email == normal_email(email))
    reason = tx.execute(statement).scalar()
    return SuppressionReason(reason) if reason else None


def normal_email(email: str) -> str:
    """The address as it is compared: no spaces around, lower case (no real server tells case apart),
    the domain as A-label (RFC 5891) so that both of its spellings are one."""
    local, _, domain = email.strip().lower().rpartition("@")
    if not domain.isascii():
        with contextlib.suppress(idna.IDNAError):  # not a domain: no subscriber has it
            domain = idna.encode(domain, uts46=True).decode("ascii")
    return f"{local}@{domain}"


def read_subscriber(row: Any) -> Subscriber:
    """A row with the columns of `subscriber` as the model has it."""
    return Subscriber(
        id=row.id,
        public_id=row.public_id,
        email=row.email,
        name=row.name,
        status=SubscriberStatus(row.status),
        preferences=Preferences(
            keywords=None if row.keywords is None else tuple(json.loads(row.keywords)),
            frequency=EditionKind(row.frequency),
            language=row.language,
            limit=row.paper_limit,
        ),
    )


def _one(tx: Transaction, condition: sa.ColumnElement[bool], what: str) -> Subscriber:
    row = tx.execute(sa.select(_TABLE).where(condition)).first()
    if row is None:
        raise NotFound(f"{what} belongs to no subscriber")
    return read_subscriber(row)


def _find_rows(tx: Transaction, emails: Iterable[str]) -> list[Any]:
    return list(tx.execute(sa.select(_TABLE).where(_TABLE.c.normal_email.in_(list(emails)))))


def _new_values(row: SubscriberRow, now: datetime) -> dict[str, Any]:
    return {
        "public_id": secrets.token_hex(8),
        "email": row.email.strip(),
        "normal_email": normal_email(row.email),
        "created_at": now,
        **_values_of(SubscriberRow(row.email, "", Preferences(), PREFERENCES, _CONFIRMED), now),
        **_values_of(row, now),
    }


def _values_of(row: SubscriberRow, now: datetime) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if row.name is not None:
        values["name"] = row.name
    wanted = row.preferences
    keywords = None if wanted.keywords is None else json.dumps(wanted.keywords, ensure_ascii=False)
    preferences = {
        "keywords": ("keywords", keywords),
        "frequency": ("frequency", wanted.frequency),
        "language": ("language", wanted.language),
        "limit": ("paper_limit", wanted.limit),
    }
    values |= dict(preferences[name] for name in row.named)
    if row.status is not None:
        values["status"] = row.status
        if row.status is SubscriberStatus.CONFIRMED:
            values["confirmed_at"] = now
        elif row.status is SubscriberStatus.UNSUBSCRIBED:
            values["unsubscribed_at"] = now
    return values


def _changes(stored: Any, row: SubscriberRow, now: datetime) -> dict[str, Any]:
    steps = list(SubscriberStatus)  # a row leads forward only
    if row.status is not None and steps.index(row.status) <= steps.index(stored.status):
        row = dataclasses.replace(row, status=None)
    return {name: value for name, value in _values_of(row, now).items() if getattr(stored, name) != value}
